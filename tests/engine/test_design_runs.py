"""Runs with a design: gains with exact answers, the same bits whatever the threads and slices, refusals."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popsim.analysis.summarise import summarise
from popsim.engine.breakdowns import arrange, read_breakdowns
from popsim.engine.designs import describe_design, leading_order, make_points
from popsim.engine.plan_file import load_plan
from popsim.engine.runs import load_run, save_run
from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.engine.threads import fill
from popsim.errors import ParameterError
from popsim.families import Family, LogNormal, Normal, Triangular, Uniform
from popsim.plan import compile as compile_study
from popsim.sampling import Sampling
from popsim.study import load_study

from .studies import COUNTRIES, country, gaussian, mixed
from .test_designs import words_of

PLAN = compile_study(mixed())
SUMS = arrange(PLAN, read_breakdowns(["country", ("country", "area", "year")], PLAN.labels))
SEED = 2**64 - 59
COUNT = 1100


def independent(count: int) -> dict[str, Family]:
    return {f"x{place}": Uniform(0.0, 1.0) for place in range(count)}


def test_sobol_samples_are_quantiles_at_the_points() -> None:
    points = (2.0 * words_of("sobol", 3, 512).astype(float) + 1.0) / 2.0**52
    names = {"x0": Normal(0.0, 1.0), "x1": Uniform(2.0, 6.0), "x2": Normal(5.0, 2.0)}
    drawn = sample(names, scenarios=512, seed=1, design="sobol")
    # A bare normal is held to 2e-9; the table of a uniform to 1e-8 of its P5-P95 width.
    np.testing.assert_allclose(drawn["x0"], stats.norm.ppf(points[0]), rtol=0.0, atol=4e-9)
    np.testing.assert_allclose(drawn["x1"], 2.0 + 4.0 * points[1], rtol=0.0, atol=4e-8)
    np.testing.assert_allclose(drawn["x2"], stats.norm.ppf(points[2], 5.0, 2.0), rtol=0.0, atol=8e-9)


# Gains, with exact answers


@pytest.mark.parametrize("design", ["latin", "sobol"])
@pytest.mark.parametrize("scenarios", [64, 1024])
def test_means_of_sums_are_off_by_half_a_cell_at_most(design: str, scenarios: int) -> None:
    """The mean of a stratified uniform is within 1 / (2 n) of 1/2; that of a random one within 1 / sqrt(12 n)."""
    drawn = {
        name: sample(independent(20), scenarios=scenarios, seed=3, design=name).to_array()
        for name in (design, "random")
    }
    bound = 0.5 / scenarios + 1e-8
    assert np.abs(drawn[design].mean("scenario") - 0.5).max() <= bound
    assert np.abs(drawn["random"].mean("scenario") - 0.5).max() > bound


FAMILIES = {"a": LogNormal(0.0, 1.0), "b": Triangular(0.0, 1.0, 4.0), "c": Normal(1.0, 2.0)}


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_marginals_are_those_of_the_families(design: str) -> None:
    """A stratified sample's distribution is nowhere further than one cell from the true one."""
    drawn = {name: sample(FAMILIES, scenarios=2048, seed=4, design=name) for name in (design, "random")}
    reference = {"a": stats.lognorm(1.0).cdf, "b": stats.triang(0.25, 0.0, 4.0).cdf, "c": stats.norm(1.0, 2.0).cdf}
    for name, cdf in reference.items():
        assert stats.kstest(drawn[design][name], cdf).statistic <= 1.0 / 2048 + 1e-7
        assert stats.kstest(drawn["random"][name], cdf).statistic > 2.0 / 2048


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_correlation_is_kept(design: str) -> None:
    """Of normal scores; the standard error of r is (1 - r^2) / sqrt(n) for random scenarios, and less here."""
    drawn = sample({"a": Normal(0, 1), "b": Normal(0, 1)}, scenarios=4096, correlation=0.6, design=design)
    assert abs(np.corrcoef(drawn["a"], drawn["b"])[0, 1] - 0.6) < 4.0 * 0.64 / 64.0


# The same bits, whatever the threads, blocks and slices


def filled(design: str, first: int = 0, length: int = COUNT, block: int = 512, threads: int = 1) -> np.ndarray:
    total = COUNT if design == "latin" else length
    points = make_points(PLAN.draws, Sampling(total, SEED, design, first=0 if design == "latin" else first))
    return fill(PLAN.draws, SUMS, length, SEED, first=first, block=block, threads=threads, points=points)


WHOLE = {design: filled(design) for design in ("latin", "sobol")}


@pytest.mark.parametrize("design", ["latin", "sobol"])
@given(
    first=st.integers(0, COUNT - 1), length=st.integers(1, COUNT), block=st.integers(1, 600), threads=st.integers(1, 3)
)
@settings(max_examples=30, derandomize=True, deadline=None)
def test_any_part_is_the_part_of_the_whole(design: str, first: int, length: int, block: int, threads: int) -> None:
    length = min(length, COUNT - first)
    np.testing.assert_array_equal(
        filled(design, first, length, block, threads), WHOLE[design][:, first : first + length]
    )


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_threads_change_nothing(design: str) -> None:
    one = simulate(PLAN, scenarios=17_001, seed=5, threads=1, breakdowns=(), design=design)
    assert simulate(PLAN, scenarios=17_001, seed=5, threads=3, breakdowns=(), design=design).identical(one)


@pytest.mark.parametrize(("first", "length"), [(0, 1), (1, 1), (255, 3), (17, 200), (256, 44)])
def test_slices_of_sobol_datasets(first: int, length: int) -> None:
    window = slice(first, first + length)
    part = sample(FAMILIES, scenarios=length, seed=3, correlation=0.2, first_scenario=first, design="sobol")
    whole = sample(FAMILIES, scenarios=300, seed=3, correlation=0.2, design="sobol")
    assert part.drop_attrs().identical(whole.isel(scenario=window).drop_attrs())
    costs = simulate(PLAN, scenarios=length, first_scenario=first, breakdowns=["country"], design="sobol")
    assert costs.drop_attrs().identical(
        simulate(PLAN, scenarios=300, breakdowns=["country"], design="sobol").isel(scenario=window).drop_attrs()
    )


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_names_draw_by_name(design: str) -> None:
    """Latin: whatever else is there. Sobol: whatever is added behind."""
    family = independent(5)
    whole = sample(family, scenarios=200, seed=9, design=design)
    for names in (["x0"], ["x0", "x1"]) + ((["x4", "x2"],) if design == "latin" else ()):
        part = sample({name: family[name] for name in names}, scenarios=200, seed=9, design=design)
        for name in names:
            np.testing.assert_array_equal(part[name], whole[name])


def test_streams_beyond_those_of_sobol_draw_at_random() -> None:
    points = make_points(PLAN.draws, Sampling(64, SEED, "sobol"), streams=3)
    made = points.between(0, 64)
    rows = np.concatenate([made.shared_row, made.own_row])[leading_order(PLAN.draws)]
    assert rows.tolist() == [0, 1, 2] + [-1] * (len(rows) - 3)
    none = make_points(PLAN.draws, Sampling(64, SEED, "sobol"), streams=0)
    np.testing.assert_array_equal(fill(PLAN.draws, SUMS, 64, SEED, points=none), fill(PLAN.draws, SUMS, 64, SEED))
    many = PLAN.draws._replace(own_stream=np.zeros(21_211 - len(PLAN.draws.shared_stream), np.uint64))
    assert "in 21201 of 21211 streams. The other 10 draw at random." in describe_design(many, "sobol", 64)


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_errors_of_summaries_are_not_too_small(design: str) -> None:
    """Over 40 seeds: the errors stated are those of random scenarios, which the true ones stay below."""
    study = gaussian()
    runs = [summarise(simulate(study, scenarios=1024, seed=seed, breakdowns=(), design=design)) for seed in range(40)]
    for name, level in (("cost_mean", {}), ("cost_quantile", {"quantile": 0.95})):
        found = [float(run[name].sel(level).item()) for run in runs]
        stated = [float(run[f"{name}_error"].sel(level).item()) for run in runs]
        assert np.std(found, ddof=1) < np.mean(stated)
    assert np.std([run["cost_mean"].item() for run in runs], ddof=1) < 0.2 * runs[0]["cost_mean_error"].item()


# Studies


def test_a_study_states_its_design(tmp_path: Path) -> None:
    """By the key scenarios.design, which the run folder keeps."""
    study = load_study("pops", {"scenarios.design": "sobol", "scenarios.count": 64})
    assert 'design = "sobol"' in dict(study.files)["study.toml"]
    plan = compile_study(study)
    dataset = simulate(plan, breakdowns=())
    assert dataset.attrs["design"] == "sobol"
    default = load_study("pops", {"scenarios.count": 64})
    np.testing.assert_array_equal(dataset.cost, simulate(default, breakdowns=(), design="sobol").cost)
    assert not np.any(dataset.cost.values == simulate(default, breakdowns=()).cost.values)
    save_run(tmp_path, study, plan, dataset)
    assert load_run(tmp_path).study == study
    again = load_plan(tmp_path / "plan.nc")
    assert again.digest == plan.digest
    np.testing.assert_array_equal(simulate(again, breakdowns=()).cost, dataset.cost)


def test_the_digest_knows_the_design() -> None:
    digests = {design: dataclasses.replace(PLAN, design=design).digest for design in ("random", "latin", "sobol")}
    assert len(set(digests.values())) == 3
    assert digests["random"] == PLAN.digest


@pytest.mark.parametrize("place", [0, 2, 4])
def test_with_latin_points_a_country_that_is_added_moves_no_other(place: int) -> None:
    countries = list(COUNTRIES)
    countries.insert(place, country("XXX"))
    more = dataclasses.replace(mixed(), countries=tuple(countries))
    one, two = (
        simulate(study, scenarios=300, breakdowns=["country"], design="latin").cost_by_country
        for study in (mixed(), more)
    )
    np.testing.assert_array_equal(one, two.sel(country=one.country))


# Words and refusals


def test_datasets_say_their_design() -> None:
    assert sample(FAMILIES, scenarios=8).attrs["design"] == "random"
    assert (
        "each of 3 streams falls once into each of 8"
        in sample(FAMILIES, scenarios=8, design="latin").attrs["design_description"]
    )
    assert "in 3 of 3" in sample(FAMILIES, scenarios=8, design="sobol").attrs["design_description"]
    assert "power of two" not in sample(FAMILIES, scenarios=8, design="sobol").attrs["design_description"]
    assert "no power of two" in sample(FAMILIES, scenarios=10, design="sobol").attrs["design_description"]
    costs = simulate(PLAN, scenarios=8, design="latin")
    assert costs.attrs["design"] == "latin"
    assert costs.attrs["plan_digest"] != simulate(PLAN, scenarios=8).attrs["plan_digest"]


@pytest.mark.parametrize("design", ["latn", "Sobol", None, 3])
def test_unknown_designs_are_refused(design: object) -> None:
    with pytest.raises(ParameterError, match='"random", "latin" or "sobol"'):
        sample(FAMILIES, scenarios=8, design=design)


def test_the_nearest_design_is_named() -> None:
    with pytest.raises(ParameterError, match='did you mean "sobol"'):
        simulate(PLAN, scenarios=8, design="Sobol")


def test_a_part_of_a_latin_hypercube_is_refused() -> None:
    with pytest.raises(ParameterError, match="made for all its scenarios together"):
        sample(FAMILIES, scenarios=8, first_scenario=8, design="latin")
    with pytest.raises(ParameterError, match="use design='sobol' or 'random'"):
        simulate(PLAN, scenarios=8, first_scenario=2, design="latin")


@pytest.mark.parametrize(
    ("design", "scenarios", "first", "limit"),
    [
        ("sobol", 2**30 + 1, 0, "1,073,741,824"),
        ("sobol", 1, 2**30, "1,073,741,824"),
        ("latin", 2**31 + 1, 0, "2,147,483,648"),
    ],
)
def test_more_scenarios_than_a_design_has_are_refused(design: str, scenarios: int, first: int, limit: str) -> None:
    with pytest.raises(ParameterError, match=limit):
        Sampling.of(scenarios, design=design, first_scenario=first)
