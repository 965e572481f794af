"""What is rare, against brute force: the same study simulated with and without it, and scenarios counted one by one."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

import popsim as ps
from popsim.analysis.attached import attach_rare, attached_rare
from popsim.analysis.rare import rare_events
from popsim.analysis.rare_chances import Condition, anywhere
from popsim.analysis.rare_ends import rare_ends
from popsim.errors import ParameterError, RunError
from popsim.families import (
    Beta,
    Constant,
    Discrete,
    Empirical,
    Family,
    Gamma,
    LogNormal,
    Mixture,
    Normal,
    Scaled,
    Shifted,
    Triangular,
    Truncated,
    Uniform,
)
from popsim.plan.dependence import Score
from popsim.report.rare import rare_sentences
from popsim.study.model import Component, Delay, Escalation, Option, Setting, Shock, Study
from tests.engine.features import with_all_areas
from tests.engine.studies import COUNTRIES, all_examples, area, component, country, number, replace_area, study

ONE = (country("AAA"),)
SCENARIOS = 4_000


def needed(name: str, cost: Family, chance: float | Family, profile: tuple[float, ...] = (1.0, 0.0, 0.0)) -> Component:
    return dataclasses.replace(component(name, cost, profile), need=Setting(chance))


def shock(name: str, areas: str, probability: float, factor: float | Family) -> Shock:
    return Shock(name, f"Shock {name}", tuple(areas), probability, factor, "judgement", "")


def counts(values: np.ndarray, happens: np.ndarray, coverage: float) -> tuple[int, int, int]:
    """Below, inside and above the range, by a loop."""
    low, high = np.quantile(values, [(1 - coverage) / 2, (1 + coverage) / 2])
    here = values[happens]
    return sum(v < low for v in here), sum(low <= v <= high for v in here), sum(v > high for v in here)


def check_event(found: xr.Dataset, event: str, values: np.ndarray, adds: np.ndarray, happens: np.ndarray) -> None:
    """Hold an event to what brute force says of it, for the total cost of the first option."""
    one = found.isel(option=0).sel(event=event, total="cost")
    coverage = float(found.attrs["coverage"])
    assert int(one["happens"]) == happens.sum() > 0
    assert (int(one["below"]), int(one["inside"]), int(one["above"])) == counts(values, happens, coverage)
    here = adds[happens]
    assert float(one["adds_low"]) == pytest.approx(here.min(), rel=1e-6)
    assert float(one["adds_high"]) == pytest.approx(here.max(), rel=1e-6)
    if happens.sum() >= 20:
        assert float(one["adds_p05"]) == pytest.approx(np.quantile(here, 0.05), rel=1e-6)
        assert float(one["adds_p95"]) == pytest.approx(np.quantile(here, 0.95), rel=1e-6)
    assert float(one["total_low"]) == values[happens].min()
    assert float(one["total_high"]) == values[happens].max()
    chance = float(one["chance"])
    if math.isfinite(chance):
        # False alarms: 1e-6 a check.
        assert stats.binomtest(int(happens.sum()), len(values), chance).pvalue > 1e-6


MILLION = component("base", Constant(1e6))


@pytest.mark.parametrize(
    ("cost", "chance", "adds"),
    [
        (needed("spill", Uniform(20e6, 80e6), 0.02), 0.02, lambda x: x),
        (component("spill", Mixture([Constant(0), Uniform(20e6, 80e6)], [0.98, 0.02])), 0.02, lambda x: x),
        (component("spill", Discrete([3e5, 5e7], [0.995, 0.005])), 0.005, lambda x: x - 3e5),
        (component("spill", Discrete([0, 2e7, 5e7], [0.97, 0.02, 0.01])), 0.03, lambda x: x),
        (component("spill", Discrete([1e6, 7e7], [0.02, 0.98])), 0.02, lambda x: x - 7e7),
    ],
    ids=["need", "mixture", "atom", "two atoms", "rare saving"],
)
def test_a_constant_million_and_a_rare_event(cost: Component, chance: float, adds: object) -> None:
    item = study(ONE, [area("a", MILLION, cost)])
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    spill = run["cost_by_component"].values[0, :, 1]
    usual = np.median(spill)
    found = rare_events(item, run, 0.9)
    assert found.sizes["event"] == 1
    assert float(found["chance"].item()) == pytest.approx(chance, rel=1e-9)
    check_event(found, found["event"].item(), run["cost"].values[0], adds(spill), spill != usual)  # type: ignore[operator]
    # The range shows nothing of it: all of its scenarios lie outside.
    one = found.sel(total="cost").squeeze()
    assert int(one["inside"]) == 0
    assert int(one["below"]) + int(one["above"]) == int(one["happens"])


def test_a_mixture_whose_body_has_no_end() -> None:
    law = Mixture([LogNormal(0, 0.2), Uniform(20, 80)], [0.99, 0.01])
    item = study(ONE, [area("a", LogNormal(1, 0.3), component("m", law))])
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    value = run["cost_by_component"].values[0, :, 1]
    happens = value > 10
    middle = Truncated(law, high=10.0).ppf(0.5)
    check_event(rare_events(item, run, 0.9), "high cost/a/m", run["cost"].values[0], value - middle, happens)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.89])
def test_a_need_of_a_tenth_is_partly_in_a_narrow_range(coverage: float) -> None:
    item = study(ONE, [area("a", component("base", Normal(10, 1)), needed("n", LogNormal(4, 0.2), 0.1))])
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    value = run["cost_by_component"].values[0, :, 1]
    found = rare_events(item, run, coverage)
    check_event(found, "need/a/n", run["cost"].values[0], value, value > 0)
    inside = int(found["inside"].sel(total="cost").item())
    # Its tail of 25 % holds all of them, one of 5.5 % does not; at 10 % chance decides.
    assert coverage == 0.8 or (inside > 0) == (coverage > 0.8)


def test_a_need_of_a_tenth_is_no_event_of_a_wide_range() -> None:
    item = study(ONE, [area("a", component("base", Normal(10, 1)), needed("n", LogNormal(4, 0.2), 0.1))])
    assert rare_events(item, ps.simulate(item, scenarios=200), 0.95).sizes["event"] == 0


def test_an_event_that_is_inside_by_luck() -> None:
    item = study(ONE, [area("a", component("base", LogNormal(5, 1)), needed("n", Constant(1.0), 0.02))])
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    value = run["cost_by_component"].values[0, :, 1]
    found = rare_events(item, run, 0.9)
    check_event(found, "need/a/n", run["cost"].values[0], value, value > 0)
    one = found.sel(total="cost").squeeze()
    assert int(one["inside"]) > int(one["below"]) + int(one["above"])


def test_what_no_scenario_has_is_told_from_its_distribution() -> None:
    item = study(ONE, [area("a", component("base", Normal(10, 1)), needed("n", Uniform(20, 80), 1e-5))])
    found = rare_events(item, ps.simulate(item, scenarios=1_000), 0.9).sel(total="cost").squeeze()
    assert (int(found["happens"]), float(found["chance"])) == (0, pytest.approx(1e-5))
    assert np.isnan(float(found["adds_low"]))
    # 5 % and 95 % of 20 to 80, from 1,000 scenarios: six standard errors of a quantile are some 2.5.
    assert float(found["would_add_low"]) == pytest.approx(23.0, abs=2.5)
    assert float(found["would_add_high"]) == pytest.approx(77.0, abs=2.5)


SHOCKS = (
    shock("one", "a", 0.02, Uniform(2.0, 3.0)),
    shock("two", "a", 0.03, 1.5),
    shock("three", "ab", 0.95, Triangular(1.0, 2.0, 3.0)),
    shock("four", "ab", 0.5, Discrete([1.2, 9.0], [0.95, 0.05])),
)


def without(item: Study, which: str, probability: float) -> Study:
    changed = tuple(
        dataclasses.replace(each, probability=probability) if each.id == which else each for each in item.shocks
    )
    return dataclasses.replace(item, shocks=changed)


def test_shocks_that_come_together() -> None:
    areas = [area("a", LogNormal(0, 0.3), LogNormal(0, 0.2)), area("b", LogNormal(1, 0.3))]
    delayed = [dataclasses.replace(each, delay=Delay(Setting(Uniform(0, 4)), 0.1)) for each in areas]
    item = dataclasses.replace(study(COUNTRIES, delayed), shocks=SHOCKS, agency_fee=0.1, inflation=0.02)
    run = ps.simulate(item, scenarios=SCENARIOS)
    found = rare_events(item, run, 0.9)
    assert set(found["event"].values) == {"shock/one", "shock/two", "no shock/three", "high factor/four"}
    for which, event, usual in (("one", "shock/one", 0.0), ("two", "shock/two", 0.0), ("three", "no shock/three", 1.0)):
        other = ps.simulate(without(item, which, usual), scenarios=SCENARIOS)
        adds = (run["cost"] - other["cost"]).values[0]
        # All payments of a scenario may fall behind the horizon.
        whole = adds + (run["cost_after_horizon"] - other["cost_after_horizon"]).values[0]
        happens = np.abs(whole) > 1e-9
        check_event(found, event, run["cost"].values[0], adds, happens)
        for total in ("cost_after_horizon", "cost_nominal", "financing_need"):
            more = (run[total] - other[total]).values[0][happens]
            assert float(found["adds_high"].sel(event=event, total=total).item()) == pytest.approx(more.max(), rel=1e-9)
        every = found.sel(event=event, total="cost_all_years").squeeze()
        assert float(every["adds_low"]) == pytest.approx(whole[happens].min(), rel=1e-9)
    capped = dataclasses.replace(item, shocks=(*SHOCKS[:3], shock("four", "ab", 0.5, 1.2)))
    other = ps.simulate(capped, scenarios=SCENARIOS)
    adds = (run["cost"] - other["cost"]).values[0]
    whole = adds + (run["cost_after_horizon"] - other["cost_after_horizon"]).values[0]
    check_event(found, "high factor/four", run["cost"].values[0], adds, np.abs(whole) > 1e-9)


@pytest.mark.parametrize("design", [("random", 1), ("latin", 1), ("sobol", 1), ("sobol", 4)])
def test_every_design_and_a_later_stretch_of_scenarios(design: tuple[str, int]) -> None:
    item = study(ONE, [area("a", LogNormal(0, 0.3), needed("n", LogNormal(3, 0.5), 0.03)), area("b", Normal(9, 1))])
    item = dataclasses.replace(item, shocks=(shock("one", "b", 0.02, 4.0),))
    first = 0 if design[0] == "latin" else 1_001
    run = ps.simulate(
        item,
        scenarios=2_048,
        seed=5,
        breakdowns=["component"],
        design=design[0],
        replicates=design[1],
        first_scenario=first,
    )
    found = rare_events(item, run, 0.9)
    value = run["cost_by_component"].sel(component="a/n").values[0]
    check_event(found, "need/a/n", run["cost"].values[0], value, value > 0)
    b = run["cost_by_component"].sel(component="b/part0").values[0]
    check_event(found, "shock/one", run["cost"].values[0], b * 0.75, b > 20)


def test_needs_of_several_countries_that_go_together() -> None:
    rare = needed("n", LogNormal(3, 0.5), 0.01)
    item = study(COUNTRIES, [area("a", LogNormal(0, 0.3), rare)])
    item = dataclasses.replace(item, dependence=dataclasses.replace(item.dependence, need_common_share=0.6))
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    value = run["cost_by_component"].sel(component="a/n").values[0]
    found = rare_events(item, run, 0.9)
    check_event(found, "need/a/n", run["cost"].values[0], value, value > 0)
    assert found["event_countries"].item() == 4
    # Less than the sum of four, more than that of one.
    assert 0.01 < float(found["chance"].item()) < 0.04


def test_a_rare_start_and_a_rare_delay() -> None:
    late = Discrete([0.0, 2.0], [0.97, 0.03])
    spread = (0.0, 0.0, 1.0)
    item = study(ONE, [area("a", component("x", LogNormal(0, 0.3), spread), component("y", LogNormal(2, 0.3), spread))])
    for changed, event in (
        (dataclasses.replace(item, start=Setting(late)), "high start"),
        (replace_area(item, "a", delay=Delay(Setting(late), 0.0)), "high delay/a"),
    ):
        run = ps.simulate(changed, scenarios=SCENARIOS)
        on_time = ps.simulate(item, scenarios=SCENARIOS)["cost"].values[0]
        adds = run["cost"].values[0] - on_time
        found = rare_events(changed, run, 0.9)
        check_event(found, event, run["cost"].values[0], adds, adds < 0)
        # Nothing is saved: what is not paid in these years is paid after them.
        every = found.sel(total="cost_all_years").squeeze()
        assert float(every["adds_low"]) == float(every["adds_high"]) == 0.0


def test_a_level_of_all_delays_that_is_rarely_high() -> None:
    """Delays are drawn in both areas, and the one level decides whether they count at all."""
    level = Discrete([0.5, 4.0], [0.97, 0.03])
    spread = (0.0, 0.0, 1.0)
    item = study(ONE, [area(name, component("x", LogNormal(0, 0.3), spread)) for name in "ab"])
    delay = Delay(Setting(Uniform(0.25, 1.0)), 0.0, level)
    late, usual = (with_all_areas(item, delay=dataclasses.replace(delay, level=each)) for each in (level, 0.5))
    run = ps.simulate(late, scenarios=SCENARIOS)
    adds = (run["cost"] - ps.simulate(usual, scenarios=SCENARIOS)["cost"]).values[0]
    found = rare_events(late, run, 0.9)
    check_event(found, "high delay/level", run["cost"].values[0], adds, adds < 0)
    assert found["event_kind"].values.tolist() == ["high level"]
    assert abs(float(found["chance"].item()) - 0.03) < 1e-12
    # An area's own level is an event of its own, with its name.
    own = dataclasses.replace(delay, level_stream="delay/area/b/level")
    apart = replace_area(late, "b", delay=own)
    events = rare_events(apart, ps.simulate(apart, scenarios=SCENARIOS), 0.9)
    assert sorted(events["event"].values.tolist()) == ["high delay/area/b/level", "high delay/level"]


@pytest.mark.parametrize("with_cost", [0.0, 0.5])
def test_what_is_rarely_needed_with_another_is_one_event_with_it(with_cost: float) -> None:
    parts = [
        component("base", LogNormal(3, 0.2)),
        needed("k", LogNormal(1, 0.5), 0.02),
        component("l", LogNormal(2, 0.5)),
    ]
    parts[2] = dataclasses.replace(parts[2], need=parts[1].need, needed_with="k")
    item = study(ONE, [area("a", *parts)], dataclasses.replace(number(), need_with_cost=with_cost))
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    adds = run["cost_by_component"].sel(component=["a/k", "a/l"]).sum("component").values[0]
    found = rare_events(item, run, 0.9)
    check_event(found, "need/a/k", run["cost"].values[0], adds, adds > 0)
    assert found["event"].values.tolist() == ["need/a/k"]
    # Needed often, a rare cost of what is needed with another happens only where that one is.
    dear = Mixture([Constant(1.0), Uniform(200.0, 300.0)], [0.98, 0.02])
    often = dataclasses.replace(parts[1], need=Setting(0.5))
    parts = [parts[0], often, dataclasses.replace(parts[2], need=often.need, cost=dear)]
    item = study(ONE, [area("a", *parts)], dataclasses.replace(number(), need_with_cost=with_cost))
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    paid = run["cost_by_component"].sel(component="a/l").values[0]
    found = rare_events(item, run, 0.9)
    adds = np.where(paid > 100.0, paid - 1.0, 0.0)
    check_event(found.sel(event=["high cost/a/l"]), "high cost/a/l", run["cost"].values[0], adds, adds > 0)


PLEDGE = Discrete([0.1, 0.9], [0.03, 0.97])


@pytest.mark.parametrize(
    ("name", "kind", "changes"),
    [
        ("cofinancing", "low cofinancing", {"usual": 0.9}),
        ("cofinancing/area/a", "low cofinancing", {"usual": 0.9}),
        ("financing/materialised", "low materialised", {"materialised": (PLEDGE, 0.9)}),
        ("financing/agency_fee", "low agency_fee", {"agency_fee": (PLEDGE, 0.9)}),
    ],
)
def test_who_pays_is_rarely_otherwise(name: str, kind: str, changes: dict[str, Any]) -> None:
    """What a rare share of who pays adds to the need is the difference to a study without it; the cost has none."""
    base = study(COUNTRIES, [area("a", LogNormal(0, 0.3), LogNormal(0, 0.2)), area("b", LogNormal(0, 0.2))])
    base = dataclasses.replace(base, agency_fee=0.1)
    if "usual" in changes:
        wheres = ["a"] if name.endswith("a") else ["a", "b"]
        rare, usual = base, base
        for where in wheres:
            rare = replace_area(rare, where, cofinancing=Setting(PLEDGE, stream=name))
            usual = replace_area(usual, where, cofinancing=Setting(changes["usual"]))
    else:
        pledged = replace_area(base, "b", cofinancing=Setting(0.5))
        ((key, (drawn, known)),) = changes.items()
        rare, usual = (dataclasses.replace(pledged, **{key: value}) for value in (drawn, known))
    run, other = (ps.simulate(item, scenarios=SCENARIOS) for item in (rare, usual))
    adds = (run["financing_need"] - other["financing_need"]).values[0]
    found = rare_events(rare, run, 0.9)
    (event,) = found["event"].values
    assert (str(event), found["event_kind"].item()) == (f"low {name}", kind)
    at = found.sel(event=event, total="financing_need").squeeze()
    happens = np.abs(adds) > 1e-9
    assert int(at["happens"]) == happens.sum() > 0
    assert float(at["chance"]) == pytest.approx(0.03)
    for column, value in (("adds_low", adds[happens].min()), ("adds_high", adds[happens].max())):
        assert float(at[column]) == pytest.approx(value, rel=1e-9)
    of_cost = found.sel(event=event, total="cost").squeeze()
    assert float(of_cost["adds_low"]) == float(of_cost["adds_high"]) == 0.0
    assert rare_sentences(attach_rare(run, found), "full", 0.9) == ()
    said = rare_sentences(attach_rare(run, found), "full", 0.9, variable="financing_need")
    if int(at["below"] + at["above"]) > 0.5 * int(at["happens"]):
        assert "a rare" in said[0]


def test_a_rare_pledge_of_one_group_is_seen_where_it_holds() -> None:
    """A pledge of the countries of one region alone, which a rare share of what is paid changes nowhere else."""
    pledge = Setting(0.0, (("region", "South", PLEDGE),), stream="cofinancing")
    base = study(COUNTRIES, [area("a", LogNormal(0, 0.3))])
    rare = dataclasses.replace(replace_area(base, "a", cofinancing=pledge), agency_fee=0.0)
    found = rare_events(rare, ps.simulate(rare, scenarios=SCENARIOS), 0.9)
    assert found["event"].values.tolist() == ["low cofinancing/region=South"]
    drawn = dataclasses.replace(rare, materialised=PLEDGE)
    events = rare_events(drawn, ps.simulate(drawn, scenarios=SCENARIOS), 0.9)["event"].values.tolist()
    assert set(events) == {"low cofinancing/region=South", "low financing/materialised"}
    none = dataclasses.replace(drawn, areas=tuple(dataclasses.replace(a, cofinancing=None) for a in drawn.areas))
    assert rare_events(none, ps.simulate(none, scenarios=500), 0.9).sizes["event"] == 0


def test_rates_that_are_rarely_high() -> None:
    rate = Discrete([0.02, 0.5], [0.97, 0.03])
    base = study(ONE, [area("a", component("x", LogNormal(0, 0.3), (0.0, 1.0, 1.0))), area("b", LogNormal(0, 0.2))])
    rises = replace_area(base, "a", escalation=Escalation(rate, "escalation/area/a"))
    usual = replace_area(base, "a", escalation=Escalation(0.02, "escalation/area/a"))
    run = ps.simulate(rises, scenarios=SCENARIOS)
    adds = (run["cost"] - ps.simulate(usual, scenarios=SCENARIOS)["cost"]).values[0]
    check_event(rare_events(rises, run, 0.9), "high escalation/area/a", run["cost"].values[0], adds, adds > 1e-9)
    inflated = dataclasses.replace(base, inflation=rate)
    run = ps.simulate(inflated, scenarios=SCENARIOS)
    found = rare_events(inflated, run, 0.9).sel(event="high inflation").squeeze()
    other = ps.simulate(dataclasses.replace(base, inflation=0.02), scenarios=SCENARIOS)
    adds = (run["cost_nominal"] - other["cost_nominal"]).values[0]
    assert int(found["happens"]) == (adds > 1e-9).sum()
    assert float(found["adds_high"].sel(total="cost_nominal")) == pytest.approx(adds.max(), rel=1e-9)
    # At constant prices inflation adds nothing.
    assert float(found["adds_high"].sel(total="cost")) == 0.0


def test_options_have_their_own_events() -> None:
    base = study(ONE, [area("a", LogNormal(0, 0.3), needed("n", LogNormal(3, 0.5), 0.03))])
    surely = replace_area(base, "a", components=(base.areas[0].components[0], component("n", LogNormal(3, 0.5))))
    rarer = replace_area(base, "a", components=(base.areas[0].components[0], needed("n", LogNormal(3, 0.5), 0.01)))
    options = tuple(Option(name, name, "", (), each) for name, each in (("surely", surely), ("rarer", rarer)))
    item = dataclasses.replace(base, options=options)
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    found = rare_events(item, run, 0.9).sel(event="need/a/n")
    np.testing.assert_allclose(found["chance"].values, [0.03, np.nan, 0.01], rtol=1e-12)
    value = run["cost_by_component"].sel(component="a/n").values
    assert found["happens"].values.tolist() == [(value[0] > 0).sum(), 0, (value[2] > 0).sum()]


def test_nothing_rare_leaves_the_dataset_as_it_is() -> None:
    item = study(COUNTRIES, [area("a", LogNormal(0, 0.3), Triangular(1, 2, 4)), area("b", Gamma(2, 1))])
    run = ps.simulate(item, scenarios=200)
    found = rare_events(item, run, 0.9)
    assert found.sizes["event"] == 0
    assert attach_rare(run, found) is run
    assert attached_rare(run) is None


def test_what_is_attached_comes_back_also_from_a_file(tmp_path: object) -> None:
    item = study(ONE, [area("a", MILLION, needed("spill", Uniform(20e6, 80e6), 0.02))])
    run = ps.simulate(item, scenarios=500)
    found = rare_events(item, run, 0.9)
    kept = attach_rare(run, found)
    path = f"{tmp_path}/run.nc"
    kept.to_netcdf(path)
    for dataset in (kept, xr.load_dataset(path)):
        back = attached_rare(dataset)
        assert back is not None
        assert float(back.attrs["coverage"]) == 0.9
        for name, values in found.data_vars.items():
            xr.testing.assert_equal(back[name].reset_coords(drop=True), values.reset_coords(drop=True))
        assert back["event_name"].values.tolist() == ["spill component"]


def test_what_cannot_be_is_refused() -> None:
    item = study(ONE, [area("a", MILLION, needed("spill", Uniform(20e6, 80e6), 0.02))])
    run = ps.simulate(item, scenarios=100)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        rare_events(item, run, 90)
    with pytest.raises(ParameterError, match="a Study, or a Run"):
        rare_events(run)  # type: ignore[arg-type]
    other = study(ONE, [area("a", MILLION, needed("spill", Uniform(20e6, 70e6), 0.02))])
    with pytest.raises(RunError, match="simulate the study again"):
        rare_events(other, run)


ENDS = {
    "a body and a part": (Mixture([Constant(1), Uniform(20, 80)], [0.98, 0.02]), [("high", 20.0, 0.02)]),
    "an atom": (Discrete([1, 50], [0.995, 0.005]), [("high", 50.0, 0.005)]),
    "both ends": (Discrete([0, 100, 900], [0.01, 0.97, 0.02]), [("high", 900.0, 0.02), ("low", 0.0, 0.01)]),
    "moved and scaled": (Shifted(Scaled(Discrete([1, 50], [0.99, 0.01]), 2.0), 3.0), [("high", 103.0, 0.01)]),
    "truncated": (
        Truncated(Mixture([Uniform(0, 1), Uniform(9, 11)], [0.98, 0.02]), high=10.0),
        [("high", 9.0, 0.01 / 0.99)],
    ),
    "pool of experts": (Mixture([LogNormal(0, 0.3), LogNormal(0.2, 0.3)], [0.95, 0.05]), []),
    "counts": (Discrete(list(range(20)), [0.05] * 20), []),
    "a long tail": (Empirical([0, 0.95, 1], [0, 1, 20]), []),
    "too likely": (Discrete([0, 1], [0.8, 0.2]), []),
    "smooth": (Beta(2, 3), []),
    "constant": (Constant(3), []),
}


@pytest.mark.parametrize("name", ENDS)
def test_ends_that_lie_apart(name: str) -> None:
    law, expected = ENDS[name]
    found = [(end.side, end.edge, end.chance) for end in rare_ends(law, 0.1)]
    assert [side for side, _, _ in found] == [side for side, _, _ in expected]
    assert [edge for _, edge, _ in found] == pytest.approx([edge for _, edge, _ in expected], rel=1e-12)
    assert [chance for *_, chance in found] == pytest.approx([chance for *_, chance in expected], rel=1e-9)


EXAMPLES = all_examples()
THIN = (
    Mixture([LogNormal(0, 0.1), Gamma(0.3, 1e4)], [1 - 1e-6, 1e-6]),
    Shifted(Scaled(Mixture([LogNormal(0, 0.1), Uniform(50, 1e9)], [0.99, 0.01]), 3.0), 2.0),
    Truncated(Mixture([Uniform(1, 2), LogNormal(6, 2)], [0.99, 0.01]), high=1e6),
)


@pytest.mark.parametrize("limit", [0.02, 0.1, 0.2])
def test_ends_of_every_family_are_cut_off_as_they_are(limit: float) -> None:
    """Laws of what an end adds, of the rest and of the end itself are those of the whole, quantile by quantile."""
    p = np.array([1e-9, 1e-4, 0.001, 0.011, 0.051, 0.11, 0.31, 0.49, 0.71, 0.91, 0.951, 0.991, 0.999, 1 - 1e-6])
    met = 0
    for law in (*EXAMPLES.values(), *THIN):
        for end in rare_ends(law, limit):
            met += 1
            whole = law.ppf(p)
            here = whole >= end.edge if end.side == "high" else whole <= end.edge
            assert np.array_equal(here, end.contains(whole))
            near = {"rtol": 1e-6, "atol": 1e-6, "err_msg": repr(law)}
            np.testing.assert_allclose(end.added().ppf(p), np.where(here, whole - end.middle, 0.0), **near)
            low, high = end.given().support()
            assert (low if end.side == "high" else -high) >= (end.edge if end.side == "high" else -end.edge) - 1e-6
            drawn = end.added_given().ppf([0.0, 0.5, 1.0])
            share = end.chance * np.array([1.0, 0.5, 0.0])
            of_whole = law.isf(share) if end.side == "high" else law.ppf(end.chance - share)
            np.testing.assert_allclose(drawn[1], of_whole[1] - end.middle, **near)
            if end.has_gap():
                np.testing.assert_allclose(end.usual().ppf(p)[~here], whole[~here], **near)
    assert met > 0


@pytest.mark.parametrize("chance", [0.01, 0.2, Discrete([0.0, 0.3], [0.9, 0.1])])
@pytest.mark.parametrize(("shared", "count"), [(0.0, 5), (0.3, 5), (0.9, 3), (1.0, 4), (0.3, 1)])
def test_the_chance_of_anything_anywhere(chance: float | Family, shared: float, count: int) -> None:
    """Against 10**6 scenarios drawn by numpy: false alarms 1e-6 a check."""
    score = Score((("s", math.sqrt(shared)),) if shared else (), (("o", math.sqrt(1 - shared)),) if shared < 1 else ())
    found = anywhere([[Condition(score, chance)]] * count)
    rng = np.random.default_rng(11)
    scenarios = 200_000
    z = math.sqrt(shared) * rng.standard_normal((scenarios, 1)) + math.sqrt(1 - shared) * rng.standard_normal(
        (scenarios, count)
    )
    p = np.full((scenarios, 1), chance) if isinstance(chance, float) else chance.ppf(rng.random((scenarios, 1)))
    happens = (z > stats.norm.isf(p)).any(axis=1).sum()
    assert found.least - 1e-6 <= found.value <= found.most + 1e-6
    assert stats.binomtest(int(happens), scenarios, found.value).pvalue > 1e-6
    # Negative control: as if all countries were independent, or there were one.
    if shared > 0.0 and count > 1 and isinstance(chance, float):
        wrong = 1 - (1 - chance) ** count
        assert stats.binomtest(int(happens), scenarios, wrong).pvalue < 1e-6


@pytest.mark.parametrize("chance", [0.02, Uniform(0.0, 0.05)])
@pytest.mark.one_in(2)
def test_the_chance_anywhere_in_countries_of_two_groups(chance: float | Family) -> None:
    score = Score((("s", math.sqrt(0.2)),), (("o", math.sqrt(0.5)),), (("g", math.sqrt(0.3)),))
    found = anywhere([[Condition(score, chance, group=group)] for group in "NNNSS"])
    rng = np.random.default_rng(13)
    scenarios = 200_000
    common = math.sqrt(0.2) * rng.standard_normal((scenarios, 1))
    groups = math.sqrt(0.3) * rng.standard_normal((scenarios, 2))[:, [0, 0, 0, 1, 1]]
    z = common + groups + math.sqrt(0.5) * rng.standard_normal((scenarios, 5))
    p = np.full((scenarios, 1), chance) if isinstance(chance, float) else chance.ppf(rng.random((scenarios, 1)))
    happens = (z > stats.norm.isf(p)).any(axis=1).sum()
    assert stats.binomtest(int(happens), scenarios, found.value).pvalue > 1e-6
    # Negative control: as if all countries were of one group.
    wrong = anywhere([[Condition(score, chance, group="N")] for _ in range(5)]).value
    assert stats.binomtest(int(happens), scenarios, wrong).pvalue < 1e-6


def test_two_conditions_of_one_country_that_go_together() -> None:
    one, two = Score((), (("x", 1.0),)), Score((), (("x", 0.6), ("y", 0.8)))
    found = anywhere([[Condition(one, 0.1), Condition(two, between=(1.0, 2.0))]])
    z = np.random.default_rng(12).standard_normal((400_000, 2))
    happens = (z[:, 0] > stats.norm.isf(0.1)) & (np.abs(z @ [0.6, 0.8] - 1.5) < 0.5)
    assert stats.binomtest(int(happens.sum()), len(z), found.value).pvalue > 1e-6


LAWS = st.sampled_from(
    [
        LogNormal(0, 0.4),
        Constant(2.0),
        Uniform(1, 3),
        Discrete([1, 30], [0.97, 0.03]),
        Discrete([0, 8], [0.04, 0.96]),
        Mixture([Constant(0), Uniform(20, 80)], [0.98, 0.02]),
        Mixture([Uniform(1, 2), Uniform(15, 20)], [0.95, 0.05]),
    ]
)
NEEDS = st.sampled_from([None, 0.005, 0.03, 0.5, 0.97, Uniform(0.0, 0.05)])


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Small studies with atoms, rare needs and shocks."""
    countries = COUNTRIES[: draw(st.integers(1, 3))]
    areas = []
    for name in "ab"[: draw(st.integers(1, 2))]:
        parts = []
        for place in range(draw(st.integers(1, 2))):
            chance = draw(NEEDS)
            need = None if chance is None else Setting(chance)
            other = "part0" if place > 0 and parts[0].need is not None and draw(st.booleans()) else None
            need = need if other is None else parts[0].need
            parts.append(dataclasses.replace(component(f"part{place}", draw(LAWS)), need=need, needed_with=other))
        chance = draw(NEEDS)
        areas.append(dataclasses.replace(area(name, *parts), need=None if chance is None else Setting(chance)))
    shocks = draw(st.lists(st.sampled_from([(0.02, 3.0), (0.04, Uniform(1.5, 2.0)), (0.6, 2.0)]), max_size=2))
    hit = tuple(shock(f"s{place}", areas[0].id, *each) for place, each in enumerate(shocks))
    base = study(countries, areas, number(0.2, 0.1, 0.3))
    dependence = dataclasses.replace(
        base.dependence,
        between_needs=draw(st.sampled_from([0.0, 0.5])),
        need_with_cost=draw(st.sampled_from([0.0, 0.5])),
        need_common_share=draw(st.sampled_from([0.0, 0.5])),
    )
    return dataclasses.replace(base, dependence=dependence, shocks=hit)


def followers(item: Study, where: str) -> list[Component]:
    """Components that are needed with the one at area/component."""
    area_id, _, name = where.partition("/")
    return [part for each in item.areas for part in each.components if each.id == area_id and part.needed_with == name]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(studies(), st.sampled_from([0.8, 0.9, 0.95]))
def test_any_small_study(item: Study, coverage: float) -> None:
    """Needs and shocks are those of brute force, and every chance is borne out by the scenarios."""
    run = ps.simulate(item, scenarios=2_000, breakdowns=["component", "area"])
    found = rare_events(item, run, coverage)
    values = run["cost"].values[0]
    for event in found["event"].values.tolist():
        one = found.isel(option=0).sel(event=event, total="cost")
        kind, _, where = event.partition("/")
        happens = int(one["happens"])
        assert int(one["below"]) + int(one["inside"]) + int(one["above"]) == happens
        if math.isfinite(float(one["chance"])):
            # False alarms: 1e-8 a check, some 25 x 10 checks.
            assert stats.binomtest(happens, len(values), float(one["chance"])).pvalue > 1e-8
        if kind == "need":
            with_it = [f"{where.partition('/')[0]}/{part.id}" for part in followers(item, where)]
            by = run["cost_by_component"] if "/" in where else run["cost_by_area"]
            dim = "component" if "/" in where else "area"
            adds = by.isel(option=0).sel({dim: [where, *with_it]}).sum(dim).values
        elif kind == "shock":
            adds = values - ps.simulate(without(item, where, 0.0), scenarios=2_000)["cost"].values[0]
            adds = np.where(np.abs(adds) > 1e-9 * values, adds, 0.0)
        else:
            continue
        here = adds[adds != 0.0]
        if len(here):
            assert float(one["adds_high"]) == pytest.approx(
                max(here.max(), 0.0 if len(here) < happens else -np.inf), rel=1e-6
            )
            # What is needed may cost nothing.
            assert happens >= len(here)
            assert float(one["adds_low"]) == pytest.approx(
                here.min() if len(here) == happens else min(here.min(), 0.0), rel=1e-6
            )


@pytest.mark.parametrize("law", THIN)
def test_thin_ends_are_drawn_or_said_to_be_left_out(law: Family) -> None:
    item = study(ONE, [area("a", LogNormal(0, 0.1), component("x", law))])
    run = ps.simulate(item, scenarios=1_000, breakdowns=["component"])
    found = rare_events(item, run, 0.9)
    ends = len(rare_ends(law, 0.1))
    assert found.sizes["event"] + found.attrs["left_out"] == ends
    for event in found["event"].values.tolist():
        value = run["cost_by_component"].sel(component="a/x").values[0]
        (end,) = rare_ends(law, 0.1)
        happens = value >= end.edge
        if happens.any():
            check_event(found, event, run["cost"].values[0], value - end.middle, happens)


def test_an_option_without_financing_needs_all_that_it_costs() -> None:
    base = study(ONE, [area("a", LogNormal(0, 0.3), needed("n", LogNormal(3, 0.5), 0.03))])
    base = dataclasses.replace(base, shocks=(shock("one", "a", 0.02, 4.0),))
    option = Option("free", "Free", "", (), base)
    item = dataclasses.replace(base, agency_fee=0.1, options=(option,))
    run = ps.simulate(item, scenarios=SCENARIOS, breakdowns=["component"])
    found = rare_events(item, run, 0.9)
    for event in ("need/a/n", "shock/one"):
        one = found.sel(event=event)
        for name in ("adds_low", "adds_high"):
            costs, needs = (one[name].sel(total=total).values for total in ("cost", "financing_need"))
            np.testing.assert_allclose(needs, costs * [1.1, 1.0], rtol=1e-9)
    value = run["cost_by_component"].sel(component="a/n").values[1]
    assert float(found["adds_high"].sel(option="free", event="need/a/n", total="financing_need")) == pytest.approx(
        value.max(), rel=1e-9
    )
