"""Options of one run: what they share is equal to the bit, what they alone have is zero elsewhere, no money is lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from popsim.analysis.compare import compare
from popsim.engine.breakdowns import arrange, scope_of
from popsim.engine.plan_file import load_plan, save_plan
from popsim.engine.runs import load_run, save_run
from popsim.engine.simulate import simulate
from popsim.engine.variants import dependence_extremes, with_common_share
from popsim.errors import RunError, UnknownNameError
from popsim.families import LogNormal
from popsim.plan import Plan
from popsim.plan import compile as compile_study
from popsim.plan.moves import LATER_ARRAYS, Moves
from popsim.study.model import Country, Study

from . import features
from .features import BREAKDOWNS, FEATURES, full, with_options
from .studies import COUNTRIES, area, country, mixed

EVERYTHING = features.everything(mixed())
PLAN = compile_study(full())


def sums_up(dataset: xr.Dataset) -> None:
    for name, values in dataset.data_vars.items():
        total, by, _ = str(name).partition("_by_")
        if by and "scenario" in values.dims:
            parts = values.sum([dim for dim in values.dims if dim not in ("option", "scenario")])
            np.testing.assert_allclose(parts, dataset[total], rtol=1e-11, err_msg=str(name))


@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_an_identical_option_differs_in_no_bit(design: str) -> None:
    dataset = simulate(with_options(EVERYTHING, same=EVERYTHING), scenarios=256, breakdowns=BREAKDOWNS, design=design)
    assert dataset["option"].values.tolist() == ["full", "same"]
    for name, values in dataset.data_vars.items():
        np.testing.assert_array_equal(values.sel(option="same"), values.sel(option="full"), err_msg=str(name))
    assert (compare(dataset)["cost_equal"] == 1.0).all()


ALONE = [(design, option) for design in ("random", "latin") for option in ("full", "without_z", "needed_by_all")]


# Of Sobol points, the study itself says which stream takes which dimension; an option alone would say otherwise.
@pytest.mark.parametrize(("design", "option"), [*ALONE, ("sobol", "full")])
def test_an_option_is_what_it_would_be_alone(design: str, option: str) -> None:
    study = full()
    together = simulate(PLAN, scenarios=128, breakdowns=["area", ("region", "year")], design=design).sel(option=option)
    others = {each.id: each.study for each in study.options}
    lonely = dataclasses.replace(others.get(option, study), options=())
    alone = simulate(lonely, scenarios=128, breakdowns=["area"], design=design).sel(option="full")
    for name in (total.name for total in PLAN.totals):
        np.testing.assert_array_equal(together[name], alone[name])
    areas = alone["area"].values
    np.testing.assert_array_equal(together["cost_by_area"].sel(area=areas), alone["cost_by_area"])


@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_options_share_their_draws(design: str) -> None:
    """Whatever the design: areas that an option does not touch cost the same to the bit."""
    both = simulate(PLAN, scenarios=128, breakdowns=[("country", "area")], design=design)["cost_by_country_area"]
    for name in ("x", "y"):
        one, two = (both.sel(option=option, area=name).values for option in ("full", "without_z"))
        np.testing.assert_array_equal(one, two)
    assert (both.sel(option="without_z", area="z") == 0.0).all()


def test_who_pays_changes_no_bit_of_cost() -> None:
    study = features.everything(mixed())
    free = features.with_all_areas(dataclasses.replace(study, agency_fee=None), cofinancing=None)
    dataset = simulate(with_options(free, financed=study), scenarios=300, breakdowns=BREAKDOWNS)
    for name, values in dataset.data_vars.items():
        if not str(name).startswith(("financing_need", "expected_financing", "point_estimate_financing")):
            np.testing.assert_array_equal(values.sel(option="financed"), values.sel(option="full"), err_msg=str(name))
    # An option without a word on financing needs it for all that it costs.
    np.testing.assert_allclose(dataset["financing_need"].sel(option="full"), dataset["cost"].sel(option="full"))
    # Nobody may pay next to nothing in a scenario; the fee is a tenth at most.
    assert (dataset["financing_need"].sel(option="financed") <= 1.1 * dataset["cost"].sel(option="financed")).all()
    sums_up(dataset)


@pytest.mark.parametrize("name", FEATURES)
def test_an_option_that_alone_has_a_feature(name: str) -> None:
    plain = mixed()
    dataset = simulate(with_options(plain, other=FEATURES[name](plain)), scenarios=200, breakdowns=BREAKDOWNS)
    sums_up(dataset)
    assert all(np.isfinite(values).all() for values in dataset.data_vars.values())
    alone = simulate(plain, scenarios=200, breakdowns=BREAKDOWNS)
    for variable in alone.data_vars:
        np.testing.assert_array_equal(dataset[variable].sel(option="full"), alone[variable].sel(option="full"))
    if "cost_after_horizon" in dataset:
        assert (dataset["cost_after_horizon"].sel(option="full") == 0.0).all()
        assert (dataset["cost_after_horizon"].sel(option="other") > 0.0).any()


def moved(countries: tuple[Country, ...], code: str, region: str) -> tuple[Country, ...]:
    groups = (("region", region), ("income", "LIC"))
    return tuple(dataclasses.replace(each, groups=groups) if each.code == code else each for each in countries)


def test_options_with_other_countries_areas_and_groups_lose_nothing() -> None:
    study = features.everything(mixed())
    more = dataclasses.replace(
        study,
        countries=(country("EEE", "East"), *moved(COUNTRIES, "AAA", "Far East")[:3]),
        areas=(area("n", LogNormal(0.0, 1.0)), *study.areas[1:]),
    )
    dataset = simulate(with_options(study, more=more), scenarios=200, breakdowns=BREAKDOWNS)
    sums_up(dataset)
    assert dataset["country"].values.tolist() == ["AAA", "BBB", "CCC", "DDD", "EEE"]
    assert dataset["area"].values.tolist() == ["a", "b", "c", "n"]
    assert dataset["region"].values.tolist() == ["North", "South", "East", "Far East"]
    by_region = dataset["cost_by_region"].sel(option="more")
    np.testing.assert_array_equal(by_region.sel(region="Far East"), dataset["cost_by_country"].sel(country="AAA")[1])
    assert (dataset["cost_by_area"].sel(option="more", area="a") == 0.0).all()
    assert (dataset["cost_by_area"].sel(option="full", area="n") == 0.0).all()
    assert (dataset["cost_by_country"].sel(option="more", country="DDD") == 0.0).all()
    for name in ("expected_cost", "point_estimate"):
        np.testing.assert_allclose(dataset[f"{name}_by_area"].sum("area"), dataset[name])


def test_a_group_that_an_option_lacks_cannot_be_asked_for() -> None:
    bare = tuple(dataclasses.replace(each, groups=(("region", "North"),)) for each in (*COUNTRIES, country("EEE")))
    study = with_options(mixed(), bare=dataclasses.replace(mixed(), countries=bare))
    sums_up(simulate(study, scenarios=50, breakdowns=["region", "country"]))
    with pytest.raises(UnknownNameError, match="country, region, area, component, basis, width, year"):
        simulate(study, scenarios=50, breakdowns=["income"])


def test_scope_of_one_plan_is_the_plan() -> None:
    scope = scope_of([PLAN])
    assert scope.labels is PLAN.labels
    assert scope.group_values["region"] == tuple(dict.fromkeys(dict(PLAN.labels.groups)["region"]))
    bases, prices, spans = ("cost", "financing_need"), ("", "_nominal", "_discounted"), ("", "_after_horizon")
    every = {f"{base}{price}{span}" for base in bases for price in prices for span in spans}
    assert {total.name for total in scope.totals} == every
    assert {item.variable for item in arrange(PLAN, ()).breakdowns} == every


def test_progress_of_options_is_that_of_the_whole() -> None:
    told: list[tuple[int, int]] = []
    simulate(PLAN, scenarios=40, progress=lambda done, wanted: told.append((done, wanted)))
    assert told[-1] == (40, 40)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {wanted for _, wanted in told} == {40}


# Options on disk.


def same_plan(one: Plan, two: Plan) -> None:
    arrays = {**one.draws._asdict(), **one.moves._asdict(), **one.row_arrays()}
    others = {**two.draws._asdict(), **two.moves._asdict(), **two.row_arrays()}
    for name, array in arrays.items():
        np.testing.assert_array_equal(others[name], array, err_msg=name)
        assert others[name].dtype == array.dtype
        assert others[name].shape == array.shape
    assert one.labels == two.labels
    assert one.digest == two.digest
    for ours, theirs in zip(one.alternatives, two.alternatives, strict=True):
        same_plan(ours, theirs)


@pytest.mark.parametrize(
    "study", [full(), with_options(EVERYTHING, plain=mixed()), mixed()], ids=["full", "two", "one"]
)
def test_a_plan_comes_back_from_its_file(study: Study, tmp_path: Path) -> None:
    plan = compile_study(study)
    save_plan(tmp_path / "plan.nc", plan)
    kept = load_plan(tmp_path / "plan.nc")
    same_plan(plan, kept)
    assert simulate(kept, scenarios=60, first_scenario=3).identical(simulate(plan, scenarios=60, first_scenario=3))


def test_a_run_with_options_comes_back(tmp_path: Path) -> None:
    study = full()
    dataset = simulate(PLAN, scenarios=40)
    save_run(tmp_path, study, PLAN, dataset)
    run = load_run(tmp_path)
    assert run.dataset.identical(dataset)
    assert run.study == study
    assert simulate(compile_study(run.study), scenarios=40)["cost"].identical(dataset["cost"])


@pytest.mark.parametrize("name", ["gate_threshold", "profile", "power_log", "rate_power", "presence_slot"])
def test_a_changed_option_of_a_plan_is_refused(name: str, tmp_path: Path) -> None:
    import netCDF4

    assert name in Moves._fields
    save_plan(tmp_path / "plan.nc", PLAN)
    with netCDF4.Dataset(tmp_path / "plan.nc", "r+") as stored:
        option = stored.groups["option_without_z"]
        values = (option if name in option.variables else stored)[name]
        place = (0,) * values.ndim
        values[place] = values[place] + 1
    with pytest.raises(RunError, match="digest"):
        load_plan(tmp_path / "plan.nc")


def test_an_option_keeps_only_what_differs_from_the_study_as_written(tmp_path: Path) -> None:
    import netCDF4

    save_plan(tmp_path / "plan.nc", PLAN)
    with netCDF4.Dataset(tmp_path / "plan.nc") as stored:
        every = set(stored.variables)
        for other in PLAN.alternatives:
            group = stored.groups[f"option_{other.labels.option[0]}"]
            arrays, base = (
                {
                    **plan.draws._asdict(),
                    **plan.moves._asdict(),
                    **plan.row_arrays(),
                    **plan.exact._asdict(),
                }
                for plan in (other, PLAN)
            )
            assert every == {name for name in base if base[name].size > 0 or name not in LATER_ARRAYS}
            assert set(group.variables) == {
                name for name in arrays if not np.array_equal(arrays[name], base[name], equal_nan=True)
            }


# Countries apart, and countries as one.


def test_extremes_hold_every_option_and_every_score() -> None:
    study = with_options(EVERYTHING, same=EVERYTHING)
    assert simulate(with_common_share(study, 1.0), scenarios=10).sizes["option"] == 2
    dataset = dependence_extremes(study, 4000)
    apart, together = (dataset[f"cost_countries_{word}"] for word in ("independent", "fully_dependent"))
    assert (apart.std("scenario") < 0.8 * together.std("scenario")).all()
    alike = dataclasses.replace(
        features.needs_with_cost(mixed()), countries=tuple(country(code) for code in ("AAA", "BBB", "CCC"))
    )
    costs = simulate(with_common_share(alike, 1.0), scenarios=300, breakdowns=["country"])["cost_by_country"].values[0]
    np.testing.assert_allclose(costs, np.broadcast_to(costs[:, :1], costs.shape), rtol=1e-12)
