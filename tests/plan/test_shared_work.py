"""What steps and options of one compilation share, against working it out alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from popsim.families import Discrete, Family, Triangular, Uniform
from popsim.plan import compile as compile_study
from popsim.plan.dependence import component_scores, need_scores
from popsim.plan.expectation import expect_rows
from popsim.plan.model import Plan
from popsim.plan.study_view import Shared, StudyView
from popsim.plan.tables import builder, make_table
from popsim.plan.tables.builder import TableBuilder
from popsim.study.model import Exponent, Option, Setting, Study

from ..engine.features import FEATURES, everything, with_all_areas, with_component
from ..engine.studies import COUNTRIES, matrix, mixed

BASE = mixed()
BY = (("income", "UMC", 0.75), ("region", "South", Uniform(0.0, 0.5)), ("region", "North", 0.1), ("income", "LIC", 0.2))


def arrays(plan: Plan) -> dict[str, np.ndarray]:
    return {**plan.draws._asdict(), **plan.moves._asdict(), **plan.row_arrays()}


def with_option(item: Study, other: Study) -> Study:
    return dataclasses.replace(item, options=(Option("other", "Other", "Invented.", (), other),))


# Settings, country by country.


@pytest.mark.parametrize("by", [BY[:n] for n in range(len(BY) + 1)])
def test_entries_are_those_of_each_country(by: tuple[tuple[str, str, float | Family], ...]) -> None:
    setting, view = Setting(0.3, by), StudyView(BASE)
    expected = [setting.of(country) for country in BASE.countries]
    assert view.entries(setting) == expected
    assert view.labels(setting) == [label for label, _ in expected]
    assert view.amounts(setting) == dict(expected)


def test_equal_settings_are_told_apart_by_their_values() -> None:
    view = StudyView(BASE)
    assert {amount for _, amount in view.entries(Setting(0.3))} == {0.3}
    assert {amount for _, amount in view.entries(Setting(0.4))} == {0.4}


def test_scales_are_products_of_powers() -> None:
    uncertain = (Exponent("size", 0.5, "one"), Exponent("size", Uniform(0.2, 0.4), "two"))
    item = with_component(BASE, "b", 1, exponents=uncertain)
    view = StudyView(item)
    known, means = view.scales(), view.scales(lambda exponent, driver: driver ** exponent.mean())
    for k, (_, component) in enumerate(view.pairs):
        for c, country in enumerate(item.countries):
            certain = [e.value for e in component.exponents if not isinstance(e.value, Family)]
            scale = component.money_factor * country.size_factor ** sum(certain)
            assert known[k, c] == pytest.approx(scale, rel=1e-14)
            drawn = [e.value.mean() for e in component.exponents if isinstance(e.value, Family)]
            assert means[k, c] == pytest.approx(scale * country.size_factor ** sum(drawn), rel=1e-14)


@pytest.mark.parametrize("name", sorted(FEATURES))
@pytest.mark.parametrize(
    "base", [BASE, mixed(dependence=matrix(("a", "b", "c"), 0.3 * np.ones((3, 3)) + 0.7 * np.eye(3), (0.2, 0.3, 0.4)))]
)
def test_scores_at_hand_give_the_same_needs(name: str, base: Study) -> None:
    item = FEATURES[name](base)
    assert need_scores(item, component_scores(item)) == need_scores(item)


def test_no_need_no_scores_of_needs() -> None:
    assert need_scores(BASE) == {}


# Countries of one kind.


@pytest.mark.parametrize("name", [*sorted(FEATURES), "everything"])
def test_a_country_has_the_rows_that_it_has_among_fewer(name: str) -> None:
    """Countries of one kind are made from one pattern: the last of all countries is as it would be by itself."""
    item = everything(BASE) if name == "everything" else FEATURES[name](BASE)
    twins = tuple(
        dataclasses.replace(country, code=f"{country.code[:2]}{letter}") for letter in "XYZ" for country in COUNTRIES
    )
    many = compile_study(dataclasses.replace(item, countries=(*COUNTRIES, *twins)))
    few = compile_study(dataclasses.replace(item, countries=(*COUNTRIES, *twins[-len(COUNTRIES) :])))
    last = len(COUNTRIES)
    for array in ("row_kind", "row_location", "row_scale"):
        tails = [getattr(plan.draws, array)[plan.draws.row_start[-1 - last] :] for plan in (many, few)]
        np.testing.assert_array_equal(*tails)
    for array in ("row_mode", "row_mean", "row_std"):
        tails = [getattr(plan, array)[plan.draws.row_start[-1 - last] :] for plan in (many, few)]
        np.testing.assert_array_equal(*tails)
    streams = [plan.draws.own_stream[plan.draws.own_start[-1 - last] :] for plan in (many, few)]
    np.testing.assert_array_equal(*streams)
    names = [plan.streams.own[-len(streams[0]) :] for plan in (many, few)]
    assert names[0] == names[1]


# Options.


@pytest.mark.parametrize("name", [*sorted(FEATURES), "everything"])
def test_an_option_is_compiled_as_if_alone(name: str) -> None:
    item = everything(BASE) if name == "everything" else FEATURES[name](BASE)
    (other,) = compile_study(with_option(BASE, item)).alternatives
    alone = compile_study(item)
    for key, array in arrays(alone).items():
        np.testing.assert_array_equal(arrays(other)[key], array, err_msg=key)
    assert other.streams == alone.streams


def test_modes_are_those_of_the_costs_at_hand() -> None:
    """The memory of modes goes by place, which another cost may not take while a study is compiled."""
    shared, modes = Shared(), set()
    for peak in (1.0, 2.0, 3.0):
        item = with_component(BASE, "a", 0, cost=Triangular(0.0, peak, 4.0))
        view = StudyView(item, shared)
        np.testing.assert_array_equal(expect_rows(view).mode, expect_rows(StudyView(item)).mode)
        modes.add(view.mode(item.areas[0].components[0].cost))
    assert modes == {1.0, 2.0, 3.0}


def test_expected_values_change_with_what_they_rest_on() -> None:
    """A negative control of what is remembered: each of these differs from all others."""
    probabilities = (0.2, 0.4, Uniform(0.1, 0.2))
    needs = [with_all_areas(BASE, need=Setting(each)) for each in probabilities]
    correlated = [
        dataclasses.replace(need, dependence=dataclasses.replace(need.dependence, need_with_cost=0.5)) for need in needs
    ]
    exponents = [
        with_component(BASE, "b", 0, exponents=(Exponent("size", Uniform(0.1, high), "size"),)) for high in (0.2, 0.3)
    ]
    means = [float(expect_rows(StudyView(item)).mean.sum()) for item in (BASE, *needs, *correlated, *exponents)]
    assert len({round(each, 6) for each in means}) == len(means)


# Tables that were made lately.


def test_kept_tables_are_those_that_would_be_made() -> None:
    shapes = [Triangular(0.0, peak, 1.0) for peak in (0.1, 0.3, 0.7)]
    for _ in range(2):
        numbers = TableBuilder()
        numbers.add(shapes, ["here"] * 3)
        np.testing.assert_array_equal(numbers.numbers(), np.concatenate([make_table(s).numbers for s in shapes]))


def test_few_tables_are_kept_and_no_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    builder.RECENT.clear()
    monkeypatch.setattr(builder, "MOST_RECENT", 4)
    for start in range(3):
        TableBuilder().add([Triangular(0.0, (3 * start + k + 1) / 20.0, 1.0) for k in range(3)], ["here"] * 3)
    assert [shape.mode() for shape in builder.RECENT] == [6 / 20.0, 7 / 20.0, 8 / 20.0, 9 / 20.0]
    TableBuilder().add([Triangular(0.0, 6 / 20.0, 1.0)], ["here"])
    assert [shape.mode() for shape in builder.RECENT] == [7 / 20.0, 8 / 20.0, 9 / 20.0, 6 / 20.0]
    # More at once than are kept would only drive the others out.
    TableBuilder().add([Triangular(0.0, (2 * k + 1) / 40.0, 1.0) for k in range(5)], ["here"] * 5)
    assert len(builder.RECENT) == 4
    large = Discrete(tuple(float(k * k) for k in range(1000)), (0.001,) * 1000)
    TableBuilder().add([large], ["here"])
    assert large.standard()[0] not in builder.RECENT
    assert all(table.numbers.base is None for table in builder.RECENT.values())
    builder.RECENT.clear()
