"""Which assumptions matter: changes that are known on paper, changes made by hand, and errors held against seeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import popsim as ps
from popsim.errors import ParameterError
from popsim.study.model import Study

from ..reproduction.small import LIMIT, ONE, REASONS, component, lognormal, uniform, write

COUNT = 4_000
FULL = Path(__file__).parents[1] / "study" / "fixtures" / "full"
FOUR = tuple((code, region, 1e6) for code, region in zip(("AAA", "BBB", "CCC", "DDD"), "NNSS", strict=True))
LEVELS = np.array([0.05, 0.5, 0.8, 0.95])
Z = float(stats.norm.ppf(0.95))

Make = Callable[..., Study]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def function(areas: dict[str, Any], **tables: Any) -> Study:
        return ps.load_study(write(tmp_path, areas, **tables))

    return function


def what_if(id: str, **changes: Any) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "name": id, "rationale": "Made up.", "assumption": "Made up", "set": changes}


def agree(found: xr.Dataset, case: str, expected: np.ndarray) -> bool:
    """Whether the quantiles of the cost in a case are within `LIMIT` errors of what they should be."""
    at = found.sel(case=case)
    apart = np.abs(at["cost_quantile"].values - expected)
    return bool((apart <= LIMIT * at["cost_quantile_error"].values + 1e-6 * expected).all())


def test_an_exponent_that_is_fixed_leaves_a_constant_cost(make: Make) -> None:
    """100 x 4^g with g fixed at the 5th and 95th percentile of a uniform distribution: one amount, and no width."""
    study = make(
        {"x": {"k": component(100.0)}},
        countries=(("AAA", "North", 4e6),),
        size={"driver": "population", "reference": 1_000_000, **REASONS},
        area={"x": {"size_exponent": uniform(0.2, 0.6)}},
    )
    found = ps.assumptions(study, scenarios=COUNT)
    assert found["case"].values.tolist() == ["full", "exponent/area/x/size/low", "exponent/area/x/size/high"]
    assert found["assumption_name"].values[1] == "Exponent of size: area x"
    for case, exponent in (("low", 0.22), ("high", 0.58)):
        at = found.sel(case=f"exponent/area/x/size/{case}")
        np.testing.assert_allclose(at["cost_quantile"], 100.0 * 4.0**exponent, rtol=1e-8)
        np.testing.assert_allclose(at["value"], exponent, rtol=1e-12)
        assert (at["cost_quantile_error"] == 0.0).all()
        # All the width goes, and all the error of the change is that of the study as written.
        np.testing.assert_allclose(
            at["cost_quantile_change_error"], found["cost_quantile_error"].sel(case="full"), rtol=1e-12
        )
    written = found["cost_quantile"].sel(case="full").values
    np.testing.assert_allclose(found["cost_width_change"].values[1:], written[0] - written[-1], rtol=1e-8)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_level_of_a_lognormal_cost_moves_its_median_and_takes_its_part_of_the_spread(
    share: float, make: Make
) -> None:
    """ln X = mu + sigma (sqrt(s) H + sqrt(1 - s) h): with H at z, a lognormal of mu + sigma sqrt(s) z and the rest."""
    mu, sigma = 4.0, 0.7
    cost = {"family": "lognormal", "mu": mu, "sigma": sigma}
    study = make({"x": {"k": component(cost)}}, countries=ONE, dependence={"common_share": share})
    found = ps.assumptions(study, scenarios=COUNT)

    def quantiles(z: float, part: float) -> np.ndarray:
        rest = sigma * np.sqrt(1.0 - part)
        return np.asarray(np.exp(mu + sigma * np.sqrt(part) * z + rest * stats.norm.ppf(LEVELS)))

    assert agree(found, "area/x/low", quantiles(-Z, share))
    assert agree(found, "area/x/high", quantiles(Z, share))
    assert agree(found, "full", quantiles(0.0, 0.0))
    # Negative control: that of another share is told apart.
    assert not agree(found, "area/x/high", quantiles(Z, 0.6 * share))


def test_a_level_of_two_regions_is_what_all_countries_share(make: Make) -> None:
    """Two countries of one region each, all of the region's part in common: sums of exp over what is left."""
    sigma, s, q = 0.5, 0.4, 1.0
    study = make(
        {"x": {"k": component({"family": "lognormal", "mu": 0.0, "sigma": sigma})}},
        countries=(("AAA", "N", 1e6), ("BBB", "N", 1e6)),
        dependence={"common_share": s, "group": "region", "group_share": q},
    )
    found = ps.assumptions(study, scenarios=COUNT)
    expected = 2.0 * np.exp(sigma * np.sqrt(s) * Z + sigma * np.sqrt(q - s) * stats.norm.ppf(LEVELS))
    assert agree(found, "area/x/high", expected)


def test_a_shock_that_is_fixed_happens_or_does_not(make: Make) -> None:
    shock = {"name": "War", "areas": ["x"], "probability": 0.3, "factor": 2.0, **REASONS}
    found = ps.assumptions(make({"x": {"k": component(100.0)}}, countries=ONE, shock={"war": shock}), scenarios=500)
    assert found["cost_quantile"].sel(case="shock/war/happens/low").values.tolist() == [100.0] * 4
    assert found["cost_quantile"].sel(case="shock/war/happens/high").values.tolist() == [200.0] * 4
    assert found["assumption_name"].values[1] == "War: whether it happens"


def test_a_cost_twice_as_high_moves_every_quantile_by_itself(make: Make) -> None:
    """All scenarios double: the change of a quantile is that quantile, and its error is that of the quantile."""
    costs = [component(lognormal(mean, 0.6)) for mean in (100.0, 200.0)]
    changes = {"area.x.component.k.cost": costs[1]["cost"]}
    study = make({"x": {"k": costs[0]}}, dependence={"common_share": 0.2}, what_if=[what_if("twice", **changes)])
    found = ps.assumptions(study, scenarios=COUNT, own=False)
    assert found["case"].values.tolist() == ["full", "twice"]
    assert found["kind"].values.tolist() == ["written", "stated"]
    written, twice = found.sel(case="full"), found.sel(case="twice")
    np.testing.assert_allclose(twice["cost_quantile_change"], written["cost_quantile"], rtol=1e-9)
    np.testing.assert_allclose(twice["cost_quantile_change_error"], written["cost_quantile_error"], rtol=1e-6)
    np.testing.assert_allclose(twice["cost_width_change"], np.ptp(written["cost_quantile"].values), rtol=1e-9)


def test_a_fee_moves_the_need_by_a_known_factor_and_the_cost_not_at_all(make: Make) -> None:
    financing = {"agency_fee": 0.1, "cofinancing": 0.25, **REASONS}
    study = make(
        {"x": {"k": component(lognormal(100.0, 0.6))}},
        financing=financing,
        what_if=[what_if("fee", **{"financing.agency_fee": 0.2})],
        report={"headline": "financing_need", "breakdowns": []},
    )
    found = ps.assumptions(study, scenarios=COUNT)
    fee = found.sel(case="fee")
    assert (fee["cost_quantile_change"] == 0.0).all()
    assert (fee["cost_quantile_change_error"] == 0.0).all()
    need = found["financing_need_quantile"]
    np.testing.assert_allclose(need.sel(case="fee"), need.sel(case="full") * 1.2 / 1.1, rtol=1e-12)
    assert found.attrs["headline"] == "financing_need"


def test_a_what_if_that_changes_nothing_moves_nothing(make: Make) -> None:
    costs = {"x": {"k": component(lognormal(100.0, 0.6))}}
    same = what_if("same", **{"area.x.component.k.cost": costs["x"]["k"]["cost"]})
    found = ps.assumptions(make(costs, what_if=[same]), scenarios=500).sel(case="same")
    for name in ("cost_quantile_change", "cost_quantile_change_error", "cost_width_change", "largest_change"):
        assert (found[name] == 0.0).all()


def test_what_moves_most_comes_first(make: Make) -> None:
    costs = {name: {"k": component(lognormal(mean, 0.5))} for name, mean in (("x", 10.0), ("y", 100.0), ("z", 50.0))}
    stated = [what_if("little", **{"area.x.include": False}), what_if("much", **{"area.y.include": False})]
    stated[0]["assumption"] = "Area x"
    study = make(costs, dependence={"common_share": 0.3}, what_if=stated)
    found = ps.assumptions(study, scenarios=COUNT)
    order = list(dict.fromkeys(found["assumption"].values.tolist()))
    assert order == ["full", "what_if/Made up", "area/y", "area/z", "what_if/Area x", "area/x"]
    assert (np.diff(found["largest_change"].values[1:]) <= 0.0).all()


def by_hand(found: xr.Dataset, case: str, study: Study) -> None:
    """Compare a case with a run of a study that was changed by hand, on the same scenarios."""
    totals = ps.with_all_years(ps.simulate(study, scenarios=500, design="random", breakdowns=())).sel(option="full")
    names = [name for name in ("cost", "cost_all_years", "financing_need") if f"{name}_quantile" in found]
    for name in names:
        expected = np.quantile(totals[name], found["quantile"])
        np.testing.assert_allclose(found[f"{name}_quantile"].sel(case=case), expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("key", "case"),
    [
        ("area.x.size_exponent", "exponent/area/x/size/high"),
        ("escalation.rate", "escalation/low"),
        ("money.inflation", "inflation/high"),
    ],
)
def test_an_amount_that_is_fixed_is_a_study_with_that_number(key: str, case: str) -> None:
    """Whatever else the study has: needs, delays, starts, shocks, groups. Areas alone sum to the whole."""
    study = ps.load_study(FULL)
    found = ps.assumptions(study, scenarios=500)
    value = found["value"].sel(case=case).item()
    by_hand(found, case, ps.load_study(FULL, {key: value}))


@pytest.mark.parametrize(
    ("key", "case"), [("escalation.rate", "escalation/high"), ("area.c.size_exponent", "exponent/area/c/size/low")]
)
@pytest.mark.one_in(2)
def test_of_the_packaged_study_too(key: str, case: str) -> None:
    """In an area without a fit: amounts that a cost is fitted to are brought to one size by the exponent, too."""
    found = ps.assumptions(ps.load_study("pops"), scenarios=500)
    by_hand(found, case, ps.load_study("pops", {key: found["value"].sel(case=case).item()}))


def test_every_amount_that_countries_have_in_common_is_there() -> None:
    study = ps.load_study("pops")
    plan = ps.compile(study)
    found = ps.assumptions(study, scenarios=200)
    amounts = found["case"].values[~np.isnan(found["value"].values)].tolist()
    streams = [name.removeprefix("common/") for name in plan.streams.shared]
    kinds = ("exponent/", "escalation", "delay/level", "financing/", "cofinancing")
    drawn = [name for name in streams if name.startswith(kinds) or "/probability" in name]
    assert sorted(amounts) == sorted(f"{name}/{end}" for name in drawn for end in ("low", "high"))
    alone = [(area, each) for area in study.areas for each in area.components if each.part is None]
    levels = [f"area/{area.id}/component/{each.id}" for area, each in alone]
    levels += [name for whole in study.overlaps for name in (f"overlap/{whole.id}", f"overlap/{whole.id}/share")]
    assert set(levels) <= set(found["assumption"].values.tolist())


def test_stated_alternatives_are_the_studies_that_they_name() -> None:
    study = ps.load_study(FULL)
    found = ps.assumptions(study, scenarios=500, own=False)
    for each in study.what_ifs:
        by_hand(found, each.id, each.study)
    assert set(found["assumption_name"].values[1:]) == {"Starts", "What countries share", "Others pay more"}


def test_a_study_without_anything_to_change_has_one_case(make: Make) -> None:
    found = ps.assumptions(make({"x": {"k": component(100.0)}}), scenarios=100)
    assert found["case"].values.tolist() == ["full"]


@pytest.mark.slow
def test_errors_of_changes_are_their_spread_over_seeds(make: Make) -> None:
    """The error of the change of a quantile, paired and so much smaller, against 300 seeds; 4 % is its own error."""
    study = make(
        {"x": {"k": component(lognormal(100.0, 0.6))}, "y": {"k": component(lognormal(30.0, 0.6))}},
        dependence={"common_share": 0.3},
        what_if=[what_if("y_dear", **{"area.y.component.k.cost": lognormal(45.0, 0.6)})],
    )
    runs = [ps.assumptions(study, scenarios=1_000, seed=seed, own=False, threads=1) for seed in range(300)]
    for name in ("cost_quantile_change", "cost_width_change"):
        changes = np.array([run[name].sel(case="y_dear").values for run in runs])
        errors = np.array([run[f"{name}_error"].sel(case="y_dear").values for run in runs])
        ratio = np.sqrt((errors**2).mean(axis=0)) / changes.std(axis=0, ddof=1)
        assert (np.abs(ratio - 1.0) < 0.25).all(), (name, ratio)
    # Negative control: errors as if the two runs had random numbers of their own are far too large.
    apart = [
        np.hypot(*(run["cost_quantile_error"].sel(case=case).values for case in ("full", "y_dear"))) for run in runs
    ]
    changes = np.array([run["cost_quantile_change"].sel(case="y_dear").values for run in runs])
    assert (np.sqrt(np.square(apart).mean(axis=0)) > 2.0 * changes.std(axis=0, ddof=1)).all()


def test_threads_change_nothing() -> None:
    study = ps.load_study("example")
    assert ps.assumptions(study, scenarios=300, threads=1).identical(ps.assumptions(study, scenarios=300, threads=2))


def test_arguments_that_cannot_be_honoured_are_refused() -> None:
    study = ps.load_study("example")
    for wrong in ({"scenarios": 0}, {"seed": -1}, {"coverage": 1.0}, {"threads": 0}):
        with pytest.raises(ParameterError) as caught:
            ps.assumptions(study, **wrong)  # type: ignore[arg-type]
        assert caught.value.problems[0].keys == tuple(wrong)
    with pytest.raises(ParameterError):
        ps.assumptions(ps.compile(study))  # type: ignore[arg-type]


def test_a_what_if_without_the_cut_has_the_quantiles_of_all_years() -> None:
    study = ps.load_study("pops")
    ends = {each.id for each in study.what_ifs if each.all_years}
    assert len(ends) == 1
    found = ps.assumptions(study, scenarios=500, own=False)
    full, whole = found.sel(case="full"), found.sel(case=ends.pop())
    for base in ("cost", "financing_need"):
        # What is counted in all years is the same in both, and the years of the study hold all of it in one of them.
        expected = full[f"{base}_all_years_quantile"].values
        np.testing.assert_allclose(whole[f"{base}_quantile"].values, expected, rtol=1e-12)
        np.testing.assert_allclose(whole[f"{base}_all_years_quantile"].values, expected, rtol=1e-12)
        assert (full[f"{base}_quantile"].values < expected).all()
        change = whole[f"{base}_quantile_change"].values
        np.testing.assert_allclose(change, expected - full[f"{base}_quantile"].values, rtol=1e-9)
