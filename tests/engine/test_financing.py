"""Who pays, where that is uncertain: distributions in closed form, one draw for all countries, every output alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from scipy import stats

from popsim.engine.breakdowns import arrange, arrange_together, read_breakdowns, scope_of
from popsim.engine.plan_file import load_plan, save_plan
from popsim.engine.simulate import simulate
from popsim.engine.threads import fill
from popsim.families import Constant, Discrete, LogNormal, Triangular, Uniform
from popsim.plan import compile as compile_study
from popsim.plan.shares import Shares
from popsim.study.model import Delay, Setting, Study

from . import features
from .features import BREAKDOWNS, with_all_areas, with_area, with_component, with_options
from .studies import area, component, country, mixed
from .studies import study as study_of

ALPHA = 1e-6
"""False alarms of a test of a distribution."""


def certain(**changes: object) -> Study:
    """Two areas and two countries that cost 100 each, whatever the scenario."""
    areas = [area(name, component("one", Constant(100.0), (0.5, 0.25, 0.25))) for name in ("a", "b")]
    return dataclasses.replace(
        study_of([country("AAA", "North"), country("BBB", "South")], areas), agency_fee=0.0, **changes
    )


def financed(study: Study, scenarios: int = 20_000) -> np.ndarray:
    dataset = simulate(study, scenarios=scenarios, breakdowns=())
    return np.asarray(dataset["financing_need"].values[0] / dataset["cost"].values[0])


def test_a_uniform_share_of_a_certain_cost_is_a_uniform_need() -> None:
    shares = financed(with_all_areas(certain(), cofinancing=Setting(Uniform(0.2, 0.6), stream="cofinancing")))
    assert stats.kstest(shares, stats.uniform(0.4, 0.4).cdf).pvalue > ALPHA
    assert 0.4 <= shares.min() < shares.max() <= 0.8


def test_the_test_of_the_distribution_sees_another_one() -> None:
    """Negative control: a pledge whose range is a twentieth wider."""
    shares = financed(with_all_areas(certain(), cofinancing=Setting(Uniform(0.19, 0.61), stream="cofinancing")))
    assert stats.kstest(shares, stats.uniform(0.4, 0.4).cdf).pvalue < ALPHA


def test_what_is_paid_of_a_pledge_may_be_its_own() -> None:
    """One area as in the study, whose pledges come to half; in the other, nine tenths of them are paid."""
    known = certain(materialised=0.5)
    study = with_all_areas(known, cofinancing=Setting(0.6))
    own = with_area(study, "b", cofinancing=Setting(0.6, materialised=0.9))
    np.testing.assert_allclose(financed(own, 50), (0.7 + 0.46) / 2)
    assert simulate(own, scenarios=50)["expected_financing_need"].item() == pytest.approx(200.0 * (0.7 + 0.46))
    # What comes of the pledges of the study is drawn, and does not matter where a pledge has its own.
    drawn = with_all_areas(certain(materialised=Uniform(0.0, 1.0)), cofinancing=Setting(0.6, materialised=0.9))
    np.testing.assert_allclose(financed(drawn, 50), 0.46)


def test_what_is_pledged_and_what_of_it_is_paid_are_independent() -> None:
    """The product of two uniforms on 0 to 1 has the distribution x (1 - log x)."""
    study = with_all_areas(certain(materialised=Uniform(0.0, 1.0)), cofinancing=Setting(Uniform(0.0, 1.0), stream="c"))
    shares = financed(study)
    assert stats.kstest(1.0 - shares, lambda x: x * (1.0 - np.log(x))).pvalue > ALPHA


def test_a_known_part_of_an_uncertain_pledge_is_paid() -> None:
    """Half of a uniform pledge; another area beside it has a known one, and a fee on what it has to finance."""
    study = with_all_areas(certain(materialised=0.5), cofinancing=Setting(Uniform(0.2, 0.6), stream="c"))
    shares = financed(study)
    assert stats.kstest((1.0 - shares) / 0.5, stats.uniform(0.2, 0.4).cdf).pvalue > ALPHA
    beside = dataclasses.replace(with_area(study, "b", cofinancing=Setting(0.8, materialised=0.5)), agency_fee=0.1)
    needs = simulate(beside, scenarios=50, breakdowns=("area",))["financing_need_by_area"].sel(area="b")
    np.testing.assert_allclose(needs.values, 200.0 * 0.6 * 1.1)


def test_an_uncertain_fee_comes_on_top_of_what_is_financed() -> None:
    study = with_all_areas(certain(), cofinancing=Setting(0.5))
    shares = financed(dataclasses.replace(study, agency_fee=Triangular(0.0, 0.1, 0.2)))
    assert stats.kstest(shares / 0.5 - 1.0, stats.triang(0.5, 0.0, 0.2).cdf).pvalue > ALPHA


def test_a_pledge_that_never_comes_leaves_the_whole_cost() -> None:
    pledge = Setting(Uniform(0.2, 0.6), stream="cofinancing")
    np.testing.assert_allclose(financed(with_all_areas(certain(materialised=0.0), cofinancing=pledge), 50), 1.0)
    np.testing.assert_allclose(financed(with_all_areas(certain(materialised=0.5), cofinancing=Setting(0.6)), 50), 0.7)


def test_nothing_is_asked_for_where_all_is_paid_by_others() -> None:
    """The table of a distribution may pass its limits by a rounding error, and a need is never negative."""
    study = with_all_areas(certain(), cofinancing=Setting(Uniform(1.0 - 1e-12, 1.0), stream="cofinancing"))
    shares = financed(study, 5_000)
    assert 0.0 <= shares.min() <= shares.max() <= 2e-12


def test_a_draw_is_shared_by_all_that_take_it_from_one_place() -> None:
    pledge = Setting(Uniform(0.0, 1.0), (("region", "South", Uniform(0.0, 1.0)),), stream="cofinancing")
    study = with_area(with_all_areas(certain(), cofinancing=pledge), "b", cofinancing=Setting(Uniform(0.0, 1.0)))
    found = simulate(study, scenarios=4_000, breakdowns=[("country", "area")])
    shares = (found["financing_need_by_country_area"] / found["cost_by_country_area"]).sel(option="full")
    north, south, own = (
        shares.sel(country=code, area=name).values for code, name in (("AAA", "a"), ("BBB", "a"), ("AAA", "b"))
    )
    np.testing.assert_allclose(own, shares.sel(country="BBB", area="b"), rtol=1e-12)
    for one, other in ((north, south), (north, own), (south, own)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5.0 / np.sqrt(4_000)
    both = with_all_areas(certain(), cofinancing=pledge)
    found = simulate(both, scenarios=100, breakdowns=[("country", "area")])
    shares = (found["financing_need_by_country_area"] / found["cost_by_country_area"]).sel(option="full")
    np.testing.assert_allclose(shares.sel(area="a"), shares.sel(area="b"), rtol=1e-12)


STUDY = features.uncertain_financing(features.everything(mixed()))


def test_every_output_is_the_sum_of_its_cells() -> None:
    """The share of each cell follows from its smallest breakdown; every other one is made of these."""
    study = features.with_area(STUDY, "b", delay=None)
    found = simulate(study, scenarios=300, breakdowns=[*BREAKDOWNS, ("country", "component", "year")])
    cost, need = (found[f"{base}_by_country_component_year"].squeeze() for base in ("cost", "financing_need"))
    share = (need.sum("year") / cost.sum("year").where(cost.sum("year") > 0.0)).fillna(0.0)
    np.testing.assert_allclose(need, cost * share, rtol=1e-9, atol=1e-9)
    of = {"component": need, "country": need, "year": need}
    for name in of:
        expected = need.sum([dim for dim in need.dims if dim not in ("scenario", name)])
        np.testing.assert_allclose(found[f"financing_need_by_{name}"].squeeze(), expected, rtol=1e-9, err_msg=name)
    by_group = found["financing_need_by_region_component"].squeeze()
    region = {each.code: dict(each.groups)["region"] for each in study.countries}
    for name in by_group["region"].values:
        inside = [code for code, where in region.items() if where == name]
        expected = need.sel(country=inside).sum(["country", "year"])
        np.testing.assert_allclose(by_group.sel(region=name), expected, rtol=1e-9)
    np.testing.assert_allclose(found["financing_need"].squeeze(), need.sum(["country", "component", "year"]), rtol=1e-9)


def test_what_falls_after_the_horizon_and_other_prices_have_the_share_of_their_scenario() -> None:
    pledge = Setting(Uniform(0.2, 0.6), stream="cofinancing")
    study = with_all_areas(features.money(mixed()), cofinancing=pledge, delay=Delay(Setting(Uniform(0.0, 2.0))))
    found = simulate(dataclasses.replace(study, agency_fee=Uniform(0.0, 0.2)), scenarios=400, breakdowns=())
    share = (found["financing_need"] / found["cost"]).values
    assert share.std() > 0.05
    for prices in ("", "_nominal", "_discounted"):
        for span in ("", "_after_horizon"):
            need, cost = found[f"financing_need{prices}{span}"], found[f"cost{prices}{span}"]
            np.testing.assert_allclose(need, cost * share, rtol=1e-12, err_msg=f"{prices}{span}")


def test_costs_have_the_bits_that_they_have_without() -> None:
    for before in (mixed(), features.financing(mixed()), features.everything(mixed())):
        plain, uncertain = (
            simulate(each, scenarios=300, breakdowns=BREAKDOWNS) for each in (before, uncertain_of(before))
        )
        for name in plain.data_vars:
            if str(name).startswith("cost"):
                np.testing.assert_array_equal(plain[name], uncertain[name], err_msg=str(name))


def uncertain_of(study: Study) -> Study:
    return features.uncertain_financing(study)


def test_threads_blocks_and_slices_change_nothing() -> None:
    plan = compile_study(STUDY)
    sums = arrange(plan, read_breakdowns(BREAKDOWNS, plan.labels))
    whole = fill(plan.draws, sums, 1_100, 5)
    for block in (1, 7, 512):
        np.testing.assert_array_equal(fill(plan.draws, sums, 1_000, 5, first=100, block=block), whole[:, 100:])
    np.testing.assert_array_equal(fill(plan.draws, sums, 1_100, 5, threads=2), whole)


def test_a_plan_knows_who_pays_when_it_is_read_again(tmp_path: Path) -> None:
    options = with_options(STUDY, known=features.financing(STUDY), uncertain=with_all_areas(STUDY, cofinancing=None))
    for number, study in enumerate((options, with_options(features.financing(mixed()), uncertain=STUDY))):
        plan = compile_study(study)
        save_plan(tmp_path / f"{number}.nc", plan)
        again = load_plan(tmp_path / f"{number}.nc")
        assert again == plan
        assert simulate(again, scenarios=50, breakdowns=["area"]).identical(
            simulate(plan, scenarios=50, breakdowns=["area"])
        )


def test_a_plan_in_which_who_pays_is_known_is_stored_as_ever(tmp_path: Path) -> None:
    plan = compile_study(features.financing(mixed()))
    assert not plan.shares.any
    save_plan(tmp_path / "plan.nc", plan)
    with netCDF4.Dataset(tmp_path / "plan.nc") as file:
        assert not file.variables.keys() & set(Shares._fields)


def known(study: Study) -> Study:
    return features.financing(dataclasses.replace(study, materialised=1.0))


def without_one(study: Study) -> Study:
    parts = tuple(dataclasses.replace(each, cofinancing=None) for each in study.areas[1].components)
    return with_area(study, "b", components=parts)


def another_fee(study: Study) -> Study:
    return dataclasses.replace(study, agency_fee=Uniform(0.05, 0.11))


def another_pledge(study: Study) -> Study:
    return with_component(study, "b", 1, cofinancing=Setting(Discrete((0.0, 0.5), (0.3, 0.7))))


@pytest.mark.parametrize(
    ("change", "together"), [(known, True), (without_one, True), (another_fee, False), (another_pledge, False)]
)
def test_options_are_drawn_together_where_they_draw_nothing_else_of_who_pays(change: object, together: bool) -> None:
    option = change(STUDY)  # type: ignore[operator]
    plan = compile_study(with_options(STUDY, option=option))
    assert (plan.alternatives[0].drawn_with == "full") == together
    plans = (plan, *plan.alternatives)
    assert len(arrange_together(plans, (), scope_of(plans))) == (1 if together else 2)
    held = simulate(plan, scenarios=200, breakdowns=BREAKDOWNS).sel(option="option")
    alone = simulate(option, scenarios=200, breakdowns=BREAKDOWNS).sel(option="full")
    for variable in alone.data_vars:
        np.testing.assert_array_equal(held[variable], alone[variable], err_msg=str(variable))


def test_a_note_that_is_wrong_changes_no_need() -> None:
    """The engine looks at what is drawn of who pays before it takes the draws of another plan."""
    plan = compile_study(with_options(STUDY, other=another_fee(STUDY)))
    wrong = tuple(dataclasses.replace(each, drawn_with="full") for each in plan.alternatives)
    right, noted = (
        simulate(each, scenarios=50, breakdowns=()) for each in (plan, dataclasses.replace(plan, alternatives=wrong))
    )
    np.testing.assert_array_equal(noted["financing_need"], right["financing_need"])


def test_draws_of_an_area_stay_when_another_is_added() -> None:
    fewer = dataclasses.replace(STUDY, areas=STUDY.areas[1:])
    whole, part = (simulate(each, scenarios=100, breakdowns=["area"]) for each in (STUDY, fewer))
    for name in part["area"].values:
        np.testing.assert_array_equal(
            whole["financing_need_by_area"].sel(area=name), part["financing_need_by_area"].sel(area=name)
        )


def test_a_known_share_written_as_a_distribution_is_a_number() -> None:
    numbers = features.financing(mixed())
    written = dataclasses.replace(numbers, agency_fee=Constant(0.09), materialised=Constant(1.0))
    assert not compile_study(written).shares.any
    np.testing.assert_array_equal(
        simulate(written, scenarios=50, breakdowns=())["financing_need"],
        simulate(numbers, scenarios=50, breakdowns=())["financing_need"],
    )


def test_the_expected_need_is_the_product_of_means() -> None:
    """By hand: 400 * (1 - 0.4 * 0.7) * (1 + 0.06), and twice the half of it that area b costs."""
    pledge = Setting(Uniform(0.2, 0.6), stream="cofinancing")
    study = dataclasses.replace(certain(materialised=Uniform(0.4, 1.0)), agency_fee=Uniform(0.02, 0.1))
    found = simulate(with_all_areas(study, cofinancing=pledge), scenarios=10, breakdowns=())
    assert found["expected_financing_need"].item() == pytest.approx(400.0 * 0.72 * 1.06, rel=1e-12)
    assert found["point_estimate_financing_need"].item() >= 0.0


def test_an_uncertain_cost_and_who_pays_are_independent() -> None:
    study = with_all_areas(
        study_of([country("AAA")], [area("a", LogNormal(0.0, 0.5))]), cofinancing=Setting(Uniform(0.0, 1.0))
    )
    found = simulate(dataclasses.replace(study, agency_fee=0.0), scenarios=20_000, breakdowns=())
    cost, need = (found[name].values[0] for name in ("cost", "financing_need"))
    assert abs(stats.spearmanr(cost, need / cost).statistic) < 5.0 / np.sqrt(20_000)
