"""Correlations that the weights of costs, needs, delays and starts imply, against the formulas, exactly."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.variants import with_common_share
from popsim.families import Normal
from popsim.plan.dependence import Score, component_scores, delay_scores, need_scores, start_score
from popsim.study.dependence import AreaShares, StatedMatrix, check_shares
from popsim.study.model import Area, Delay, Dependence, Setting, Study
from popsim.study.place import Place

from ..engine.studies import COUNTRIES, area, component, study

HALF = Setting(0.5)
TOLERANCE = 1e-13
"""Sums of some tens of products of numbers up to 1, each rounded once: a few 1e-16."""
FEW = settings(max_examples=60, deadline=None)
UNIT = st.integers(0, 64).map(lambda number: number / 64)
"""Dyadic shares: relations that hold at their limits do so exactly."""

PLACE = Place("m.csv")
SAME, GROUP, OTHER = "same country", "same group", "different groups"


def correlation(one: Score, two: Score, places: str) -> float:
    """Correlation of two scores whose countries are the same, of one group, or of different groups."""
    parts = [(one.shared, two.shared)]
    parts += [(one.group, two.group)] if places != OTHER else []
    parts += [(one.own, two.own)] if places == SAME else []
    return sum(weight * dict(second).get(name, 0.0) for first, second in parts for name, weight in first)


def norm(score: Score) -> float:
    return sum(weight**2 for part in (score.shared, score.group, score.own) for _, weight in part)


def needed(item: Area, **changes: object) -> Area:
    parts = tuple(dataclasses.replace(part, need=HALF) for part in item.components)
    return dataclasses.replace(item, components=parts, need=HALF, delay=Delay(HALF), **changes)


@st.composite
def dependences(draw: st.DrawFn) -> tuple[Dependence, dict[str, tuple[float, float]]]:
    """A dependence with one number between areas, and (common_share, group_share) of areas a, b, c that fit it."""
    between, base = draw(UNIT), draw(UNIT)
    group_base = draw(st.integers(int(64 * base), 64)) / 64
    shares = {}
    for name in "abc":
        own = draw(UNIT)
        group_own = draw(st.integers(int(64 * own), 64)) / 64
        pair = between * base + (1 - between) * own, between * group_base + (1 - between) * group_own
        shares[name] = pair
    return (
        Dependence(
            between,
            None,
            (),
            draw(UNIT),
            base,
            "judgement",
            "of a test",
            group="region",
            group_share=group_base,
            between_needs=draw(UNIT),
            need_with_cost=draw(st.integers(-63, 63)) / 64,
            need_common_share=draw(UNIT),
            delay_between_areas=draw(UNIT),
            delay_common_share=draw(UNIT),
            start_common_share=draw(UNIT),
        ),
        shares,
    )


def tiny(dependence: Dependence, shares: Mapping[str, tuple[float, float]]) -> Study:
    areas = [
        needed(area("a", Normal(1.0, 1.0))),
        needed(area("b", component("start", Normal(1.0, 1.0)), component("run", Normal(1.0, 1.0)))),
        needed(area("c", Normal(1.0, 1.0))),
    ]
    return study(
        COUNTRIES,
        [dataclasses.replace(item, common_share=shares[item.id][0], group_share=shares[item.id][1]) for item in areas],
        dependence,
    )


def expected_cost(item: Study, one: tuple[str, int], two: tuple[str, int], places: str) -> float:
    """Correlation of the costs of (area, place of the component), from the relations; place -1 is the area itself."""
    stated = item.dependence
    found = {entry.id: entry for entry in item.areas}
    first, second = found[one[0]], found[two[0]]
    if stated.matrix is not None:
        i, j = (stated.labels.index(entry.id) for entry in (first, second))
        shares = {SAME: [1.0] * 9, GROUP: stated.label_group_shares or stated.label_shares, OTHER: stated.label_shares}
        areas = stated.matrix[i][j] * math.sqrt(shares[places][i] * shares[places][j])
    elif first.id == second.id:
        areas = {SAME: 1.0, GROUP: first.group_share, OTHER: first.common_share}[places]
    else:
        areas = stated.between_areas * {SAME: 1.0, GROUP: stated.group_share, OTHER: stated.common_share}[places]
    several = [len(entry.components) > 1 and place >= 0 for entry, (_, place) in ((first, one), (second, two))]
    if first.id == second.id and one[1] == two[1]:
        return areas
    return math.prod(math.sqrt(stated.between_components) for each in several if each) * areas


def costs(item: Study) -> dict[tuple[str, int], Score]:
    keys = [(entry.id, place) for entry in item.areas for place in range(len(entry.components))]
    return dict(zip(keys, component_scores(item), strict=True))


def check_costs(item: Study) -> None:
    scores = costs(item)
    for (one, first), (two, second) in itertools.product(scores.items(), repeat=2):
        for places in (SAME, GROUP, OTHER):
            assert correlation(first, second, places) == pytest.approx(
                expected_cost(item, one, two, places), abs=TOLERANCE
            ), (one, two, places)


@FEW
@given(dependences())
def test_costs_correlate_as_stated(drawn: tuple[Dependence, dict[str, tuple[float, float]]]) -> None:
    dependence, shares = drawn
    for name, (share, group_share) in shares.items():
        base = AreaShares("", dependence.common_share, dependence.group_share)
        assert check_shares(PLACE, dependence.between_areas, base, AreaShares(name, share, group_share)) == []
    check_costs(tiny(*drawn))


@FEW
@given(dependences())
def test_needs_correlate_with_costs_and_with_each_other(
    drawn: tuple[Dependence, dict[str, tuple[float, float]]],
) -> None:
    item = tiny(*drawn)
    stated = item.dependence
    needs = need_scores(item)
    keys = {"area/a": ("a", -1), "area/b": ("b", -1), "area/c": ("c", -1)}
    keys |= {"area/b/component/start": ("b", 0), "area/b/component/run": ("b", 1)}
    keys |= {"area/a/component/part0": ("a", 0), "area/c/component/part0": ("c", 0)}
    assert set(needs) == set(keys)
    rho, between, share = stated.need_with_cost, stated.between_needs, stated.need_common_share
    for one, score in needs.items():
        for cost, cost_score in costs(item).items():
            for places in (SAME, GROUP, OTHER):
                assert correlation(score, cost_score, places) == pytest.approx(
                    rho * expected_cost(item, keys[one], cost, places), abs=TOLERANCE
                )
        for two, other in needs.items():
            for places in (SAME, GROUP, OTHER):
                apart = (1.0 if one == two else between) * (1.0 if places == SAME else share)
                wanted = rho**2 * expected_cost(item, keys[one], keys[two], places) + (1.0 - rho**2) * apart
                assert correlation(score, other, places) == pytest.approx(wanted, abs=TOLERANCE), (one, two, places)


@FEW
@given(dependences())
def test_delays_and_starts_correlate_as_stated(drawn: tuple[Dependence, dict[str, tuple[float, float]]]) -> None:
    item = tiny(*drawn)
    stated = item.dependence
    delays = delay_scores(item)
    assert list(delays) == ["a", "b", "c"]
    for one, two in itertools.product(delays, repeat=2):
        within = 1.0 if one == two else stated.delay_between_areas
        for places in (SAME, GROUP, OTHER):
            wanted = within * (1.0 if places == SAME else stated.delay_common_share)
            assert correlation(delays[one], delays[two], places) == pytest.approx(wanted, abs=TOLERANCE)
    start = start_score(item)
    for places, wanted in ((SAME, 1.0), (GROUP, stated.start_common_share), (OTHER, stated.start_common_share)):
        assert correlation(start, start, places) == pytest.approx(wanted, abs=TOLERANCE)
    for score in (*delays.values(), start):
        for other in (*costs(item).values(), *need_scores(item).values()):
            assert correlation(score, other, SAME) == 0.0
    assert all(correlation(start, delay, SAME) == 0.0 for delay in delays.values())


@FEW
@given(dependences())
def test_squares_of_weights_sum_to_1(drawn: tuple[Dependence, dict[str, tuple[float, float]]]) -> None:
    item = tiny(*drawn)
    scores = [*component_scores(item), *need_scores(item).values(), *delay_scores(item).values(), start_score(item)]
    for score in scores:
        assert norm(score) == pytest.approx(1.0, abs=TOLERANCE)


MATRIX = [[1.0, 0.5, -0.25], [0.5, 1.0, 0.125], [-0.25, 0.125, 1.0]]


@FEW
@given(shares=st.tuples(*[UNIT] * 3), group_shares=st.tuples(*[UNIT] * 3))
def test_with_a_matrix_costs_correlate_as_stated_or_the_study_is_refused(
    shares: tuple[float, ...], group_shares: tuple[float, ...]
) -> None:
    base = np.array(MATRIX)
    roots = [np.sqrt(np.outer(each, each)) for each in (shares, group_shares)]
    parts = [base * roots[1] - base * roots[0], base - base * roots[1]]
    smallest = min(float(np.linalg.eigvalsh(part)[0]) for part in parts)
    refused = bool(StatedMatrix("abc", base.tolist(), PLACE).check_definite(shares, group_shares))
    if smallest < -1e-9:
        assert refused
    if smallest >= 0.0:
        assert not refused
    # Where a part has a null direction its root is known to half its digits alone; that is for the next test.
    if smallest > 1e-6:
        rows = tuple(tuple(row) for row in MATRIX)
        stated = Dependence(None, rows, tuple("abc"), 0.5, 0.25, "judgement", "", shares, "region", 0.5, group_shares)
        check_costs(tiny(stated, dict(zip("abc", zip(shares, group_shares, strict=True), strict=True))))


@pytest.mark.parametrize(("share", "group_share"), [(0.25, 0.25), (0.25, 1.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_with_a_matrix_one_share_for_all_always_fits(share: float, group_share: float) -> None:
    rows = tuple(tuple(row) for row in MATRIX)
    stated = Dependence(
        None, rows, tuple("abc"), 0.5, share, "judgement", "", (share,) * 3, "region", group_share, (group_share,) * 3
    )
    assert StatedMatrix("abc", MATRIX, PLACE).check_definite((share,) * 3, (group_share,) * 3) == []
    check_costs(tiny(stated, dict.fromkeys("abc", (share, group_share))))


@FEW
@given(dependences())
def test_without_groups_nothing_moves(drawn: tuple[Dependence, dict[str, tuple[float, float]]]) -> None:
    dependence, shares = drawn
    plain = dataclasses.replace(dependence, group=None, group_share=None)
    before = tiny(plain, shares)
    areas = tuple(dataclasses.replace(item, group_share=None) for item in before.areas)
    assert component_scores(dataclasses.replace(before, areas=areas)) == component_scores(before)
    # Groups that share no more than all countries do are as good as none, to the bit.
    same = dataclasses.replace(dependence, group_share=dependence.common_share)
    after = tiny(same, {name: (share, share) for name, (share, _) in shares.items()})
    assert component_scores(after) == component_scores(before)
    assert all(score.group == () for score in component_scores(before))


def test_names_of_the_normals() -> None:
    stated = Dependence(
        0.25, None, (), 0.5, 0.25, "judgement", "", (), "region", 0.5, (), 0.25, 0.5, 0.25, 0.25, 0.25, 0.25
    )
    item = tiny(stated, dict.fromkeys("abc", (0.25, 0.5)))
    run = component_scores(item)[2]
    names = ["factor", "area/b", "area/b/component/run"]
    assert [[name for name, _ in part] for part in (run.shared, run.own, run.group)] == [names] * 3
    need = need_scores(item)["area/b/component/run"]
    assert [name for name, _ in need.shared] == [*names, "need", "need/area/b/component/run"]
    assert [name for name, _ in need.own] == [*names, "need", "need/area/b/component/run"]
    assert [name for name, _ in need.group] == names
    assert [name for name, _ in need_scores(item)["area/a"].own] == ["factor", "area/a", "need", "need/area/a"]
    assert [name for name, _ in delay_scores(item)["b"].own] == ["delay", "delay/area/b"]
    assert start_score(item) == Score((("start", 0.5),), (("start", math.sqrt(0.75)),))


def test_only_what_has_a_need_or_a_delay_has_a_score() -> None:
    item = study(COUNTRIES, [area("a", Normal(1.0, 1.0)), needed(area("b", Normal(1.0, 1.0)))])
    item = dataclasses.replace(item, areas=(item.areas[0], dataclasses.replace(item.areas[1], need=None)))
    assert list(need_scores(item)) == ["area/b/component/part0"]
    assert list(delay_scores(item)) == ["b"]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_countries_apart_and_together_leave_no_groups(share: float) -> None:
    item = with_common_share(tiny(*_grouped()), share)
    scores = [*component_scores(item), *need_scores(item).values(), *delay_scores(item).values(), start_score(item)]
    for one, two in itertools.product(scores, repeat=2):
        for places in (GROUP, OTHER):
            assert correlation(one, two, places) == pytest.approx(share * correlation(one, two, SAME), abs=TOLERANCE)


def _grouped() -> tuple[Dependence, dict[str, tuple[float, float]]]:
    stated = Dependence(
        0.25, None, (), 0.5, 0.25, "judgement", "", (), "region", 0.5, (), 0.25, 0.5, 0.25, 0.25, 0.25, 0.25
    )
    return stated, dict.fromkeys("abc", (0.25, 0.5))


def test_the_check_sees_another_group_share() -> None:
    """Negative control."""
    item = tiny(*_grouped())
    other = dataclasses.replace(item, areas=tuple(dataclasses.replace(each, group_share=0.51) for each in item.areas))
    one, two = (costs(each)["a", 0] for each in (item, other))
    assert abs(correlation(one, one, GROUP) - correlation(two, two, GROUP)) > 0.009
