import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.study.dependence_matrix import MatrixPlace, check_matrix, read_matrix
from popsim.study.dependence_shares import check_share
from popsim.study.place import Place
from popsim.study.toml_models import MatrixTable

UNIT = st.floats(0.0, 1.0)
PLACE = MatrixPlace(Place("m.csv"), ())


@given(between=st.floats(0.0, 0.99), base=UNIT, share=UNIT)
def test_the_relation_is_that_the_shared_part_lies_between_0_and_1(between: float, base: float, share: float) -> None:
    own = (share - between * base) / (1.0 - between)
    refused = bool(check_share("here", between, base, share, "a"))
    # Divided by at least 0.01, the room for rounding of 1e-12 becomes at most 1e-10 here.
    if own < -1e-10 or own > 1.0 + 1e-10:
        assert refused
    if 0.0 <= own <= 1.0:
        assert not refused


@pytest.mark.parametrize(("share", "refused"), [(0.12, False), (0.1199, True), (0.82, False), (0.8201, True)])
def test_the_bounds_of_the_relation_by_hand(share: float, refused: bool) -> None:
    # r = 0.3, s0 = 0.4: from 0.12 to 0.12 + 0.7
    assert bool(check_share("here", 0.3, 0.4, share, "a")) is refused


def test_full_correlation_leaves_one_share() -> None:
    assert not check_share("here", 1.0, 0.4, 0.4, "a")
    assert check_share("here", 1.0, 0.4, 0.41, "a")


@given(st.floats(-0.999, 0.999), st.floats(-0.999, 0.999), st.floats(-0.999, 0.999))
def test_a_matrix_of_three_is_definite_when_its_determinant_is_positive(a: float, b: float, c: float) -> None:
    values = [[1.0, a, b], [a, 1.0, c], [b, c, 1.0]]
    determinant = 1.0 + 2.0 * a * b * c - a * a - b * b - c * c
    problems = check_matrix(PLACE, MatrixTable(labels=list("xyz"), values=values), "xyz", "xyz", [0.3] * 3)
    # Eigenvalues are at most 3, so the smallest is at least a ninth of a positive determinant.
    if determinant > 1e-9:
        assert problems == []
    if determinant < -1e-9:
        assert "smallest eigenvalue" in problems[0].found


def test_equal_shares_fit_any_matrix_and_distant_ones_do_not() -> None:
    matrix = MatrixTable(labels=["x", "y"], values=[[1.0, 0.9], [0.9, 1.0]])
    assert check_matrix(PLACE, matrix, "xy", "xy", [0.5, 0.5]) == []
    (problem,) = check_matrix(PLACE, matrix, "xy", "xy", [0.1, 0.9])
    # R - D R D = [[0.9, 0.9 (1 - 0.3)], [., 0.1]]: eigenvalues 0.5 -+ sqrt(0.4^2 + 0.63^2)
    smallest = 0.5 - np.hypot(0.4, 0.63)
    assert f"smallest eigenvalue {smallest:.4g}" in problem.found


def test_shares_of_1_and_0_are_limits_that_fit() -> None:
    matrix = MatrixTable(labels=["x", "y"], values=[[1.0, 0.5], [0.5, 1.0]])
    assert check_matrix(PLACE, matrix, "xy", "xy", [1.0, 1.0]) == []
    assert check_matrix(PLACE, matrix, "xy", "xy", [0.0, 0.0]) == []


def test_a_matrix_is_read_with_its_labels() -> None:
    matrix, problems = read_matrix("# by hand\narea,x,y\nx,1,-0.25\ny,-0.25,1\n", "m.csv")
    assert problems == []
    assert matrix.labels == ["x", "y"]
    assert matrix.values == [[1.0, -0.25], [-0.25, 1.0]]
