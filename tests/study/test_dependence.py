from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from popsim.study import load_study
from popsim.study.dependence import AreaShares, StatedMatrix, check_shares, read_matrix
from popsim.study.place import Place
from popsim.tables import read_table

SMALL = Path(__file__).parent / "fixtures" / "small"
UNIT = st.floats(0.0, 1.0)
PLACE = Place("m.csv")


def stated(labels: str, values: list[list[float]]) -> StatedMatrix:
    return StatedMatrix(list(labels), values, PLACE)


def refuses(between: float, base: float, share: float) -> bool:
    return bool(check_shares(PLACE, between, AreaShares("", base), AreaShares("a", share)))


def refused_in_groups(between: float, bases: tuple[float, float], shares: tuple[float, float]) -> bool:
    problems = check_shares(PLACE, between, AreaShares("", *bases), AreaShares("a", *shares))
    return bool(problems) and "group_share =" in problems[0].found


@given(between=st.floats(0.0, 0.99), base=UNIT, share=UNIT)
def test_the_relation_is_that_the_shared_part_lies_between_0_and_1(between: float, base: float, share: float) -> None:
    own = (share - between * base) / (1.0 - between)
    refused = refuses(between, base, share)
    # Divided by at least 0.01, the room for rounding of 1e-12 becomes at most 1e-10 here.
    if own < -1e-10 or own > 1.0 + 1e-10:
        assert refused
    if 0.0 <= own <= 1.0:
        assert not refused


@pytest.mark.parametrize(("share", "refused"), [(0.12, False), (0.1199, True), (0.82, False), (0.8201, True)])
def test_the_bounds_of_the_relation_by_hand(share: float, refused: bool) -> None:
    # r = 0.3, s0 = 0.4: from 0.12 to 0.12 + 0.7
    assert refuses(0.3, 0.4, share) is refused


def test_full_correlation_leaves_one_share() -> None:
    assert not refuses(1.0, 0.4, 0.4)
    assert refuses(1.0, 0.4, 0.41)


@given(st.floats(-0.999, 0.999), st.floats(-0.999, 0.999), st.floats(-0.999, 0.999))
def test_a_matrix_of_three_is_definite_when_its_determinant_is_positive(a: float, b: float, c: float) -> None:
    values = [[1.0, a, b], [a, 1.0, c], [b, c, 1.0]]
    determinant = 1.0 + 2.0 * a * b * c - a * a - b * b - c * c
    problems = stated("xyz", values).check("xyz", "xyz", [0.3] * 3)
    # Eigenvalues are at most 3, so the smallest is at least a ninth of a positive determinant.
    if determinant > 1e-9:
        assert problems == []
    if determinant < -1e-9:
        assert "smallest eigenvalue" in problems[0].found


def test_equal_shares_fit_any_matrix_and_distant_ones_do_not() -> None:
    matrix = stated("xy", [[1.0, 0.9], [0.9, 1.0]])
    assert matrix.check("xy", "xy", [0.5, 0.5]) == []
    (problem,) = matrix.check("xy", "xy", [0.1, 0.9])
    # R - D R D = [[0.9, 0.9 (1 - 0.3)], [., 0.1]]: eigenvalues 0.5 -+ sqrt(0.4^2 + 0.63^2)
    smallest = 0.5 - np.hypot(0.4, 0.63)
    assert f"smallest eigenvalue {smallest:.4g}" in problem.found


def test_shares_of_1_and_0_are_limits_that_fit() -> None:
    matrix = stated("xy", [[1.0, 0.5], [0.5, 1.0]])
    assert matrix.check("xy", "xy", [1.0, 1.0]) == []
    assert matrix.check("xy", "xy", [0.0, 0.0]) == []


def test_a_matrix_is_read_with_its_labels() -> None:
    table, problems = read_table("# by hand\narea,x,y\nx,1,-0.25\ny,-0.25,1\n", "m.csv", (), None)
    assert problems == []
    matrix, problems = read_matrix(table)
    assert problems == []
    assert matrix.labels == ["x", "y"]
    assert matrix.values == [[1.0, -0.25], [-0.25, 1.0]]


@given(between=st.floats(0.0, 0.99), base=UNIT, group_base=UNIT, share=UNIT, group_share=UNIT)
def test_what_a_group_shares_beside_all_and_what_it_leaves_are_shares_too(
    between: float, base: float, group_base: float, share: float, group_share: float
) -> None:
    own, own_group = ((s - between * s0) / (1.0 - between) for s, s0 in ((share, base), (group_share, group_base)))
    assume(not refuses(between, base, share))
    refused = refused_in_groups(between, (base, group_base), (share, group_share))
    if own_group < own - 1e-10 or own_group > 1.0 + 1e-10:
        assert refused
    if own + 1e-10 <= own_group <= 1.0:
        assert not refused


@pytest.mark.parametrize(
    ("group_share", "refused"), [(0.56, False), (0.5599, True), (0.88, False), (0.8801, True), (0.25, True)]
)
def test_the_bounds_of_group_shares_by_hand(group_share: float, refused: bool) -> None:
    # r = 0.3, s0 = 0.4, q0 = 0.6, s = 0.5: from 0.5 + 0.3 x 0.2 to 0.3 x 0.6 + 0.7
    assert refused_in_groups(0.3, (0.4, 0.6), (0.5, group_share)) is refused


GROUPS = {
    "groups": [{"areas": ["z", "x"], "correlation": 0.6}, {"areas": ["y", "z"], "correlation": -0.1}],
    "otherwise": 0.2,
}


def test_groups_become_a_matrix_over_the_catalogue_in_its_order() -> None:
    stated = load_study(SMALL, {"dependence.between_areas": GROUPS, "area.x.include": False}).dependence
    assert stated.between_areas is None
    assert stated.labels == ("x", "y", "z")
    assert stated.matrix == ((1.0, 0.2, 0.6), (0.2, 1.0, -0.1), (0.6, -0.1, 1.0))
    assert stated.label_shares == (0.4, 0.25, 0.4)


def test_a_pair_in_two_groups_with_the_same_correlation_is_no_mistake() -> None:
    groups = [{"areas": ["x", "y"], "correlation": 0.5}, {"areas": ["y", "x", "z"], "correlation": 0.5}]
    stated = load_study(SMALL, {"dependence.between_areas": {"groups": groups, "otherwise": 0.2}}).dependence
    assert stated.matrix == ((1.0, 0.5, 0.5), (0.5, 1.0, 0.5), (0.5, 0.5, 1.0))


def test_no_groups_leave_one_correlation_for_all() -> None:
    stated = load_study(SMALL, {"dependence.between_areas": {"groups": [], "otherwise": 0.2}}).dependence
    assert stated.matrix == ((1.0, 0.2, 0.2), (0.2, 1.0, 0.2), (0.2, 0.2, 1.0))


@pytest.mark.parametrize("between", [0.3, GROUPS], ids=["number", "matrix"])
def test_groups_of_countries_reach_the_study(between: object) -> None:
    study = load_study(
        SMALL,
        {
            "dependence.between_areas": between,
            "dependence.group": "bloc",
            "dependence.group_share": 0.5,
            "area.x.group_share": 0.55,
        },
    )
    assert (study.dependence.group, study.dependence.group_share) == ("bloc", 0.5)
    assert [area.group_share for area in study.areas] == [0.55, 0.5, 0.5]
    assert study.dependence.label_group_shares == (() if between == 0.3 else (0.55, 0.5, 0.5))


def test_dependence_of_needs_delays_and_starts_reaches_the_study() -> None:
    plain, stated = (
        load_study(
            SMALL,
            {
                "dependence.need": {"between_needs": 0.1, "with_cost": -0.2, "common_share": 0.3},
                "dependence.delay": {"between_areas": 0.4, "common_share": 0.5},
                "dependence.start.common_share": 0.6,
            }
            if given_
            else {},
        ).dependence
        for given_ in (False, True)
    )
    assert (stated.between_needs, stated.need_with_cost, stated.need_common_share) == (0.1, -0.2, 0.3)
    assert (stated.delay_between_areas, stated.delay_common_share, stated.start_common_share) == (0.4, 0.5, 0.6)
    assert (plain.between_needs, plain.need_with_cost, plain.need_common_share) == (0.0, 0.0, 0.0)
    assert (plain.delay_between_areas, plain.delay_common_share, plain.start_common_share) == (0.0, 0.0, 0.0)
    assert (plain.group, plain.group_share, plain.label_group_shares) == (None, None, ())
