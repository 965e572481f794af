from __future__ import annotations

from pathlib import Path

import pytest

from popsim.errors import StudyError
from popsim.families import build
from popsim.families.base import Family
from popsim.study import load_study
from popsim.study.model import Delay, Escalation, Exponent, Setting, Study

FULL = Path(__file__).parent / "fixtures" / "full"


def uniform(low: float, high: float) -> Family:
    return build({"family": "uniform", "low": low, "high": high}, "here")


@pytest.fixture(scope="module")
def full() -> Study:
    return load_study(FULL)


def test_needs_hold_by_the_first_column_that_has_the_country(full: Study) -> None:
    need = full.areas[0].need
    assert need is not None
    # Numbers come before distributions: groups of one column exclude each other.
    assert [entry[:2] for entry in need.by] == [("bloc", "blue"), ("bloc", "red"), ("income", "LIC")]
    country = {country.code: country for country in full.countries}
    red = build({"family": "beta", "a": 4, "b": 6}, "here")
    assert need.of(country["AAA"]) == ("bloc=red", red)  # red and LIC: bloc stands first
    assert need.of(country["CCC"]) == ("bloc=blue", 0.9)
    assert need.value == build({"family": "beta", "a": 8, "b": 2}, "here")
    other = load_study(FULL, {"area.x.need.by": {"income": {"LIC": 0.95}}}).areas[0].need
    assert other is not None
    assert other.of(country["AAA"]) == ("income=LIC", 0.95)
    assert other.of(country["CCC"]) == ("", need.value)
    start_up, running = full.areas[0].components
    assert (start_up.need, running.need) == (Setting(0.5, (), "judgement", "Invented."), None)


def test_columns_keep_the_order_of_the_file() -> None:
    by = {"income": {"LIC": 0.1}, "bloc": {"red": 0.2}}
    need = load_study(FULL, {"area.x.need.by": by}).areas[0].need
    assert need is not None
    assert need.by == (("income", "LIC", 0.1), ("bloc", "red", 0.2))


def test_a_need_can_be_made_by_overrides_alone() -> None:
    table = {"area.f.need.probability": 0.5, "area.f.need.basis": "judgement", "area.f.need.rationale": "Invented."}
    need = next(area.need for area in load_study("pops", table).areas if area.id == "f")
    assert need == Setting(0.5, (), "judgement", "Invented.")


def test_starts_and_delays(full: Study) -> None:
    assert full.start == Setting(uniform(0, 2), (("income", "LIC", 1.0),), "judgement", "Invented.")
    general = Setting(build({"family": "gamma", "shape": 2, "scale": 0.5}, "here"), (), "judgement", "Invented.")
    own = Setting(0.5, (("region", "South", 1.5),), "evidence", "Invented.")
    assert [area.delay for area in full.areas] == [
        Delay(general, 0.05, uniform(0.5, 1.5), "delay/level"),
        Delay(own, 0.0, 1.0, "delay/area/y/level"),
    ]


def test_what_is_needed_with_another_component_has_its_need() -> None:
    stated = {"area.x.component.running.needed_with": "start_up"}
    start_up, running = load_study(FULL, stated).areas[0].components
    assert start_up.needed_with is None
    assert running.needed_with == "start_up"
    assert running.need == start_up.need == Setting(0.5, (), "judgement", "Invented.")
    # Without a need of its own, the other is needed wherever the area is.
    changed = {"area.x.component.start_up.needed_with": "running"}
    with pytest.raises(StudyError, match="beside a need of its own"):
        load_study(FULL, changed)
    small = {"area.y.component.office.include": True, "area.y.component.survey.needed_with": "office"}
    assert [part.need for part in load_study(FULL, small).areas[1].components] == [None, None]


def test_areas_without_a_rate_of_their_own_share_one_draw(full: Study) -> None:
    assert [area.escalation for area in full.areas] == [
        Escalation(uniform(-0.01, 0.03), "escalation", "judgement", "Invented."),
        Escalation(0.01, "escalation/area/y", "proxy", "Invented."),
    ]


def test_shocks_name_the_counted_areas_that_they_hit(full: Study) -> None:
    assert [(shock.id, shock.areas, shock.probability) for shock in full.shocks] == [
        ("war", ("x", "y"), 0.2),
        ("glut", (), 0.1),
    ]
    assert full.options[0].study.shocks[1].areas == ("z",)
    assert full.shocks[1].factor == 0.8


def test_who_pays(full: Study) -> None:
    assert (full.agency_fee, full.financing_basis, full.financing_rationale) == (0.08, "judgement", "Invented.")
    assert [area.cofinancing for area in full.areas] == [
        Setting(0.25, (("bloc", "red", 0.1),), "judgement", "Invented."),
        Setting(0.5, (("bloc", "blue", 0.75),), "judgement", "Invented."),
    ]


def test_uncertain_shares_are_named_after_where_they_stand(full: Study) -> None:
    overrides = {
        "financing.agency_fee": {"family": "uniform", "low": 0.05, "high": 0.1},
        "financing.materialised": {"family": "uniform", "low": 0.5, "high": 1.0},
        "financing.by.bloc.red": {"family": "uniform", "low": 0.0, "high": 0.2},
        "area.y.financing.cofinancing": {"family": "uniform", "low": 0.4, "high": 0.6},
        "area.x.component.running.financing": {"cofinancing": {"family": "uniform", "low": 0.0, "high": 0.5}},
        "area.x.component.start_up.financing": {"cofinancing": 0.3, "rationale": "Another."},
    }
    study = load_study(FULL, overrides)
    assert (study.agency_fee, study.materialised) == (uniform(0.05, 0.1), uniform(0.5, 1.0))
    assert full.materialised == 1.0
    general, own = (area.cofinancing for area in study.areas)
    start_up, running = (part.cofinancing for part in study.areas[0].components)
    assert general is not None
    assert own is not None
    assert running is not None
    assert (general.value, general.by, general.stream) == (0.25, (("bloc", "red", uniform(0.0, 0.2)),), "cofinancing")
    assert (own.value, own.stream) == (uniform(0.4, 0.6), "cofinancing/area/y")
    assert (running.value, running.stream) == (uniform(0.0, 0.5), "cofinancing/area/x/component/running")
    assert running.rationale == "Invented."
    # What is known is drawn from nowhere.
    assert start_up == Setting(0.3, (), "judgement", "Another.")
    assert study.areas[1].components[0].cofinancing is None


def test_rates_of_money(full: Study) -> None:
    assert full.inflation == build({"family": "triangular", "low": 0.0, "mode": 0.02, "high": 0.04}, "here")
    assert full.discount_rate == 0.03


def test_a_component_scales_as_its_area_unless_it_says_otherwise(full: Study) -> None:
    size = build({"family": "triangular", "low": 0.3, "mode": 0.5, "high": 0.7}, "here")
    start_up, running = full.areas[0].components
    assert full.areas[0].size_exponent == size
    assert running.exponents == (
        Exponent("size", size, "exponent/area/x/size"),
        Exponent("income_level", 0.2, "exponent/area/x/income_level"),
    )
    assert start_up.exponents == (
        Exponent("size", 1.0, "exponent/area/x/component/start_up/size"),
        Exponent("income_level", uniform(-0.5, 0.5), "exponent/area/x/component/start_up/income_level"),
    )
    assert full.areas[1].components[0].exponents == ()
    own = load_study(FULL, {"area.x.component.running.exponent.income_level": 0}).areas[0].components[1]
    assert [exponent.driver for exponent in own.exponents] == ["size"]


def test_drivers_by_hand(full: Study) -> None:
    factors = {country.code: dict(country.factors) for country in full.countries}
    assert factors == {
        "AAA": {"size": 1.0, "income_level": 1_000 / 4_000},  # held at the lowest
        "BBB": {"size": 0.005, "income_level": 2.0},
        "CCC": {"size": 20.0, "income_level": 10_000 / 4_000},  # held at the highest
        "DDD": {"size": 2.5, "income_level": 2_500 / 4_000},
        "FFF": {"size": 0.4, "income_level": 1.0},
    }
    assert all(country.factor("size") == country.size_factor for country in full.countries)
    assert full.countries[0].factor("income_level") == 0.25
    assert [name for name, _ in full.countries[0].groups] == ["region", "income", "bloc"]
    (driver,) = full.drivers
    assert (driver.name, driver.column, driver.reference, driver.limits) == (
        "income_level", "gdp_per_head", 4_000.0, (1_000.0, 10_000.0)
    )  # fmt: skip


def test_profiles_of_changed_and_postponed_components(full: Study) -> None:
    start_up, running = full.areas[0].components
    assert start_up.profile == (0.5, 0.25, 0.25, 0.0, 0.0, 0.0)
    assert running.profile == (0.0, 0.0, 1.0, 1.0, 1.0, 1.0)
    (survey,) = full.areas[1].components
    assert survey.profile == (0.0, 1.0, 0.0, 1.0, 0.0, 1.0)  # every second year from year 1, postponed by 1
    later = load_study(FULL, {"area.y.postponed": 4}).areas[1].components[0]
    assert later.profile == (0.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # "all" ends with the programme
    whole = load_study(FULL, {"area.y.component.office.include": True, "area.y.postponed": 4}).areas[1]
    assert whole.components[0].profile == (0.0, 0.0, 0.0, 0.0, 1.0, 1.0)
    rarer = load_study(FULL, {"area.y.component.survey": {"every": 3, "years": 4}}).areas[1].components[0]
    assert rarer.profile == (0.0, 1.0, 0.0, 0.0, 1.0, 0.0)


def test_a_changed_cost_does_not_keep_the_sources_of_the_catalogue() -> None:
    key = "area.x.component.running.cost"
    running = load_study(FULL, {key: {"family": "constant", "value": 2}}).areas[0].components[1]
    assert (running.basis, running.sources) == ("judgement", ())
    assert "in place of the catalogue's" in running.rationale
    reasons = {"area.x.component.running.basis": "proxy", "area.x.component.running.rationale": "Because."}
    running = load_study(FULL, {key: {"family": "constant", "value": 2}, **reasons}).areas[0].components[1]
    assert (running.basis, running.rationale) == ("proxy", "Because.")
    assert running.cost == build({"family": "constant", "value": 2}, "here")


def test_a_study_needs_neither_size_nor_price_index(small: Path) -> None:
    text = (small / "study.toml").read_text()
    start, end = text.index("[size]"), text.index("[dependence]")
    text = (text[:start] + text[end:]).replace('price_index = "prices.csv"\n', "").replace("size_exponent = 0.5\n", "")
    (small / "study.toml").write_text(text)
    for path in (small / "catalogue").glob("*.toml"):
        path.write_text(
            path.read_text().replace("price_year = 2000", "price_year = 2020").replace("2010\nbasis", "2020\nbasis")
        )
    (small / "prices.csv").unlink()
    study = load_study(small)
    assert (study.size_driver, study.size_reference) == ("", 1.0)
    assert {(country.size, country.size_factor, country.factors) for country in study.countries} == {(1.0, 1.0, ())}
    assert {component.exponents for area in study.areas for component in area.components} == {()}
    assert "inputs/prices.csv" not in dict(study.files)
    with pytest.raises(StudyError, match=r"no table \[size\]"):
        load_study(small, {"area.x.size_exponent": 0.0})
