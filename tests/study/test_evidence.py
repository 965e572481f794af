"""Amounts that were read, brought to one price year and size, and costs that are fitted to them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import popsim as ps
from popsim.families import Truncated
from popsim.study.evidence import reference_quantiles
from popsim.study.model import Component, Study

FITTED = Path(__file__).parent / "fixtures" / "fitted" / "study.toml"


@pytest.fixture(scope="module")
def study() -> Study:
    return ps.load_study(FITTED)


def component(study: Study, name: str) -> Component:
    return next(each for area in study.areas for each in area.components if each.id == name)


def test_amounts_are_brought_to_one_country_of_reference_size_and_one_year(study: Study) -> None:
    projects = component(study, "projects")
    by_id = {datum.row.id: datum for datum in projects.data}
    # Prices of 2000 are 100, those of 2010 are 125; Land C counts as 10 million people, the limit of the study.
    assert by_id["land_a"].unit_amount == 40.0
    assert by_id["land_c"].unit_amount == pytest.approx(90.0 * 1.25, rel=1e-15)
    assert by_id["land_c"].size_factor == 10.0
    assert by_id["lands_d_and_e"].unit_amount == pytest.approx(300.0 * 0.5 / 2, rel=1e-15)
    assert by_id["lands_d_and_e"].size_factor == pytest.approx(math.sqrt(2.5 * 9.0), rel=1e-15)
    assert by_id["elsewhere"].size_factor == pytest.approx(0.6, rel=1e-15)
    assert projects.fit is not None
    for datum in projects.data:
        known = datum.unit_amount / datum.size_factor**projects.fit.exponent
        assert datum.reference_amount == pytest.approx(known, rel=1e-12)


def test_without_a_fit_amounts_are_brought_to_reference_size_by_the_exponent_of_the_study(study: Study) -> None:
    one, two = component(study, "stated").data
    assert (one.size_factor, one.reference_amount) == (1.0, 2.0)
    # Two countries that are not named: half of it each, and no size.
    assert (two.unit_amount, two.size_factor, two.reference_amount) == (4.0, None, None)


def test_a_cost_is_the_predictive_distribution_of_a_reference_class(study: Study) -> None:
    projects = component(study, "projects")
    sizes, amounts = np.array([1.0, 10.0, math.sqrt(22.5), 0.6]), np.array([40.0, 112.5, 75.0, 30.0])
    slope, level = np.polyfit(np.log(sizes) - np.log(sizes).mean(), np.log(amounts), 1)
    left = np.log(amounts) - level - slope * (np.log(sizes) - np.log(sizes).mean())
    spread, degrees = math.sqrt((left**2).sum() / 2), 2
    centre = math.exp(np.log(sizes).mean())
    whole = stats.t(degrees, level, spread * math.sqrt(1 + 1 / 4))
    assert isinstance(projects.cost, Truncated)
    most = whole.cdf(math.log(900.0 * centre**slope))
    for p in (0.05, 0.3, 0.5, 0.95):
        assert projects.cost.ppf(p) == pytest.approx(math.exp(whole.ppf(p * most)), rel=1e-9)
    (exponent,) = projects.exponents
    assert (exponent.driver, exponent.reference) == ("size", pytest.approx(centre, rel=1e-12))
    drawn = stats.t(degrees, slope, spread / math.sqrt(((np.log(sizes) - np.log(sizes).mean()) ** 2).sum()))
    low, high = drawn.cdf([0.0, 2.0])
    assert exponent.value.ppf(0.9) == pytest.approx(drawn.ppf(low + 0.9 * (high - low)), rel=1e-9)
    assert projects.common_share == pytest.approx(1 / 5)
    assert (projects.basis, projects.width_basis, projects.shape_basis) == ("evidence", "data", "judgement")


def test_a_known_exponent_leaves_level_and_spread_to_the_data(study: Study) -> None:
    cases = component(study, "from_file")
    # Land B has 5,000 people and counts as 10,000; C and D together have 10 and 2.5 million.
    sizes, amounts = np.array([1.0, 0.01, 5.0]), np.array([5.0, 2.0, 8.0])
    logs = np.log(amounts / np.sqrt(sizes))
    whole = stats.t(2, logs.mean(), logs.std(ddof=1) * math.sqrt(1 + 1 / 3))
    at_reference = whole.cdf(math.log(50.0))
    (exponent,) = cases.exponents
    assert exponent.value == 0.5
    scale = exponent.reference**0.5
    assert cases.cost.ppf(0.7) == pytest.approx(math.exp(whole.ppf(0.7 * at_reference)) * scale, rel=1e-9)
    assert cases.common_share == pytest.approx(1 / 4)


def test_what_a_component_rests_on_is_kept(study: Study) -> None:
    stated = component(study, "stated")
    assert (stated.basis, stated.width_basis, stated.shape_basis) == ("expert", "data", "expert")
    assert (stated.person_years, stated.experts[0].role, stated.common_share) == (1.5, "head of the office", None)
    assert component(study, "projects").scope == "grant"
    shown = [datum.row.id for datum in component(study, "projects").data if datum.row.use == "shown"]
    assert shown == ["cancelled"]


def test_a_study_with_data_is_written_whole(study: Study, tmp_path: Path) -> None:
    for name, text in study.files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    again = ps.load_study(tmp_path / "study.toml")
    assert again.areas == study.areas
    assert again.files == study.files
    assert ps.compile(again).digest == ps.compile(study).digest


def test_a_cost_that_the_study_states_has_none_of_the_evidence(study: Study) -> None:
    stated = {"area.x.component.projects.cost": {"family": "uniform", "low": 1.0, "high": 2.0}}
    changed = component(ps.load_study(FITTED, stated), "projects")
    assert (changed.data, changed.fit, changed.common_share, changed.width_basis) == ((), None, None, "judgement")
    assert changed.exponents[0].value == 0.5


def test_a_study_may_fit_the_same_data_in_another_way(study: Study) -> None:
    fit = {"fit": "lognormal", "size": "study", "cap": 900.0, "cap_rationale": "As before."}
    changed = component(ps.load_study(FITTED, {"area.x.component.projects.cost": fit}), "projects")
    assert changed.fit is not None
    assert changed.fit.count == 4
    assert changed.exponents[0].value == 0.5
    assert changed.common_share == pytest.approx(1 / 5)


def test_sizes_of_data_may_be_those_of_another_year(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FITTED.parent, tmp_path / "study"))
    lines = (folder / "countries.csv").read_text().splitlines()
    then = {"code": "people_then"}
    text = [line if line[0] == "#" else f"{line},{then.get(line[:4], '750000')}" for line in lines]
    (folder / "countries.csv").write_text("\n".join(text) + "\n")
    study = ps.load_study(folder / "study.toml", {"size.data_driver": "people_then"})
    factors = {datum.row.id: datum.size_factor for datum in component(study, "stated").data}
    assert factors["one"] == 0.75
    assert study.countries[0].size_factor == 1.0
    assert "people_then" not in dict(study.countries[0].groups)


def test_a_fit_on_sizes_of_another_year_is_used_at_the_sizes_of_the_programme(tmp_path: Path) -> None:
    """Twice as many people now as then: the level is that of the data, and costs follow today's people from there."""
    folder = Path(shutil.copytree(FITTED.parent, tmp_path / "study"))
    rows = [line.split(",") for line in (folder / "countries.csv").read_text().splitlines()]
    then = {"AAA": 500_000, "BBB": 20_000, "CCC": 8_000_000, "DDD": 1_250_000, "EEE": 9_000_000, "FFF": 200_000}
    text = [",".join(row if row[0][0] == "#" else [*row, str(then.get(row[0], "people_then"))]) for row in rows]
    (folder / "countries.csv").write_text("\n".join(text) + "\n")
    study = ps.load_study(folder / "study.toml", {"size.data_driver": "people_then", "dependence.common_share": 0.0})
    cases = component(study, "from_file")
    # C and D together had 8 and 1.25 million; the exponent is known to be a half.
    sizes, amounts = np.array([0.5, 0.02, math.sqrt(8.0 * 1.25)]), np.array([5.0, 2.0, 8.0])
    logs = np.log(amounts / np.sqrt(sizes))
    whole = stats.t(2, logs.mean(), logs.std(ddof=1) * math.sqrt(1 + 1 / 3))
    (exponent,) = cases.exponents
    assert exponent.reference == pytest.approx(math.exp(np.log(sizes).mean()), rel=1e-12)
    at_centre = exponent.reference**0.5
    most = whole.cdf(math.log(50.0))
    assert cases.cost.ppf(0.7) == pytest.approx(math.exp(whole.ppf(0.7 * most)) * at_centre, rel=1e-9)
    # Land A has 1 million people in the programme, its limits are 10,000 and 10 million; years 2 to 4 are paid.
    now = np.sqrt([1.0, 0.01, 10.0, 2.5, 9.0, 0.4])
    ds = ps.simulate(study, scenarios=20, breakdowns=["component"])
    expected = ds["expected_cost_by_component"].sel(component="x/from_file").item()
    money = cases.money_factor
    assert expected == pytest.approx(3.0 * money * cases.cost.mean() / at_centre * now.sum(), rel=1e-9)


def test_shares_of_a_component_hold_between_countries() -> None:
    shares = {"dependence.group": "region", "dependence.group_share": 0.5}
    shares |= {"area.x.component.stated": {"common_share": 0.15, "group_share": 0.6}}
    plan = ps.compile(ps.load_study(FITTED, {**shares, "scenarios.count": 200_000}))
    ds = ps.simulate(plan, breakdowns=[("country", "component")])
    costs = ds["cost_by_country_component"].isel(option=0).sel(component="x/stated").transpose("scenario", "country")
    scores = stats.norm.ppf((stats.rankdata(costs.values, axis=0) - 0.5) / len(costs))
    stated = dict(zip(costs["country"].values.tolist(), scores.T, strict=True))

    def correlation(one: np.ndarray, two: np.ndarray) -> float:
        return float(np.corrcoef(one, two)[0, 1])

    # A correlation from 200,000 scenarios has a standard error of at most 0.0023; five of them leave 6e-7 by chance.
    assert correlation(stated["AAA"], stated["DDD"]) == pytest.approx(0.15, abs=0.0115)
    assert correlation(stated["AAA"], stated["BBB"]) == pytest.approx(0.6, abs=0.0115)
    # The area's own share, which the component would have without one: the test tells them apart.
    assert abs(correlation(stated["AAA"], stated["DDD"]) - 0.4) > 0.2


def test_a_fitted_cost_is_known_at_reference_size(study: Study) -> None:
    """By brute force: draws of cost and exponent, independent of each other."""
    projects = component(study, "projects")
    (exponent,) = projects.exponents
    rng = np.random.default_rng(20_261_129)
    u, v = rng.random((2, 400_000))
    drawn = projects.cost.ppf(u) * exponent.reference ** -exponent.value.ppf(v)
    ends = (0.05, 0.5, 0.95)
    for p, quantile in zip(ends, reference_quantiles(projects.cost, projects.exponents, ends), strict=True):
        # Six standard errors of a share of 400,000 draws, and what the grid leaves out.
        assert np.mean(drawn <= quantile) == pytest.approx(p, abs=6 * math.sqrt(p * (1 - p) / 400_000) + 0.001)
    cases = component(study, "from_file")
    scale = cases.exponents[0].reference ** 0.5
    (median,) = reference_quantiles(cases.cost, cases.exponents, [0.5])
    assert median == pytest.approx(cases.cost.ppf(0.5) / scale)


def test_stated_sizes_of_data_keep_the_limits_of_the_study() -> None:
    narrow = ps.load_study(FITTED, {"size.lowest": 800_000, "size.highest": 2_000_000})
    factors = {datum.row.id: datum.size_factor for datum in component(narrow, "projects").data}
    assert (factors["elsewhere"], factors["land_c"]) == (0.8, 2.0)
