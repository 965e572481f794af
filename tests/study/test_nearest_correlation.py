from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.correlation_matrix import nearest_correlation
from popsim.errors import Problem, StudyError
from popsim.study import load_study
from popsim.study.dependence import StatedMatrix
from popsim.study.place import Place

ENTRY = st.integers(-64, 64).map(lambda number: number / 64)
FEW = settings(max_examples=40, deadline=None)


def symmetric(entries: list[float]) -> np.ndarray:
    size = int((1 + np.sqrt(1 + 8 * len(entries))) / 2)
    matrix = np.eye(size)
    matrix[np.triu_indices(size, 1)] = entries
    return np.asarray(np.triu(matrix) + np.triu(matrix, 1).T)


def test_the_example_of_the_paper() -> None:
    """Higham 2002, end of section 3: 0.7607 and 0.1573 to the digits printed there."""
    found = nearest_correlation(symmetric([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(found[np.triu_indices(3, 1)], [0.7607, 0.1573, 0.7607], rtol=0, atol=5e-5)


@pytest.mark.parametrize("size", [2, 3, 5, 8])
@pytest.mark.parametrize("stated", [-1.0, -0.9, -0.6])
def test_equal_correlations_by_hand(size: int, stated: float) -> None:
    """By symmetry the nearest has equal correlations too; its smallest eigenvalue 1 + (n - 1) r >= 0 gives r."""
    matrix = np.full((size, size), stated) + (1.0 - stated) * np.eye(size)
    wanted = max(stated, -1.0 / (size - 1))
    found = nearest_correlation(matrix)
    # Turns end when two projections differ by 1e-12 of the norm, some ten times that from where they lead.
    np.testing.assert_allclose(found, np.full((size, size), wanted) + (1.0 - wanted) * np.eye(size), rtol=0, atol=1e-9)


@FEW
@given(st.lists(ENTRY, min_size=6, max_size=6), st.sampled_from([0.0, 1e-6, 0.01]))
def test_what_is_found_is_valid_and_no_correlation_matrix_is_nearer(entries: list[float], floor: float) -> None:
    matrix = symmetric(entries)
    found = nearest_correlation(matrix, floor)
    np.testing.assert_array_equal(np.diagonal(found), 1.0)
    np.testing.assert_array_equal(found, found.T)
    assert np.linalg.eigvalsh(found)[0] >= floor - 1e-11
    # The nearest point X of a convex set to A is that for which <A - X, Y - X> <= 0 for every point Y of the set.
    generator = np.random.default_rng(1)
    for _ in range(50):
        factor = generator.standard_normal((4, 4))
        covariance = factor @ factor.T
        scale = np.sqrt(np.diagonal(covariance))
        other = (1.0 - floor) * covariance / np.outer(scale, scale) + floor * np.eye(4)
        assert np.sum((matrix - found) * (other - found)) <= 1e-6


@FEW
@given(st.lists(ENTRY, min_size=3, max_size=3))
def test_a_valid_matrix_is_its_own_nearest(entries: list[float]) -> None:
    matrix = symmetric(entries)
    if np.linalg.eigvalsh(matrix)[0] >= 1e-9:
        np.testing.assert_allclose(nearest_correlation(matrix), matrix, rtol=0, atol=1e-12)


@FEW
@given(
    st.integers(2, 6).flatmap(
        lambda size: st.lists(ENTRY, min_size=size * (size - 1) // 2, max_size=size * (size - 1) // 2)
    ),
    st.lists(st.integers(0, 64).map(lambda number: number / 64), min_size=6, max_size=6),
)
def test_whatever_is_offered_is_accepted(entries: list[float], shares: list[float]) -> None:
    matrix = symmetric(entries)
    labels = [f"area_{place}" for place in range(len(matrix))]
    shares = shares[: len(labels)]
    keys = ("dependence", "between_areas")

    def check(values: np.ndarray) -> list[Problem]:
        stated = StatedMatrix(labels, values.tolist(), Place("study.toml"), (*keys, "labels"), (*keys, "values"))
        return stated.check_definite(shares)

    for problem in check(matrix):
        table = tomllib.loads(problem.mend[problem.mend.index("between_areas =") :])["between_areas"]
        assert table["labels"] == labels
        offered = np.array(table["values"])
        np.testing.assert_array_equal(offered, offered.T)
        assert check(offered) == []


TABLE = {"labels": ["x", "y", "z"], "values": [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]}
GROUPS = {"groups": [{"areas": ["x", "y"], "correlation": -0.9}], "otherwise": 0.95}


@pytest.mark.parametrize("stated", [TABLE, GROUPS], ids=["table", "groups"])
@pytest.mark.parametrize("share", [0.4, 0.95])
def test_the_offered_table_is_accepted_as_it_is_printed(stated: object, share: float, small: Path) -> None:
    shares = {"area.y.common_share": share}
    with pytest.raises(StudyError) as caught:
        load_study(small, {"dependence.between_areas": stated} | shares)
    text = str(caught.value)
    assert ("drawn" in text) is (share > 0.9)
    table = tomllib.loads(text[text.index("between_areas = {") :])["between_areas"]
    study = load_study(small, {"dependence.between_areas": table} | shares)
    assert study.dependence.labels == ("x", "y", "z")
    assert study.dependence.matrix == tuple(tuple(float(value) for value in row) for row in table["values"])


def test_the_offered_file_is_accepted_as_it_is_printed(small: Path) -> None:
    file = small / "correlation.csv"
    file.write_text("area,x,y,z\nx,1,0.9,-0.9\ny,0.9,1,0.9\nz,-0.9,0.9,1\n", encoding="utf-8")
    overrides = {"dependence.between_areas": "correlation.csv", "area.y.common_share": 0.4}
    with pytest.raises(StudyError) as caught:
        load_study(small, overrides)
    text = str(caught.value)
    file.write_text(text[text.index("area,x,y,z") :], encoding="utf-8")
    # By hand: the nearest of this kind is 0.5, 0.5, -0.5, whose smallest eigenvalue is 0; 3e-6 above that is offered.
    matrix = load_study(small, overrides).dependence.matrix
    assert matrix is not None
    np.testing.assert_allclose(np.abs(matrix), np.full((3, 3), 0.5) + 0.5 * np.eye(3), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "values",
    [
        [[1, -1, 0.2], [-1, 1, -0.2], [0.2, -0.2, 1]],
        [[1, 1, -1], [1, 1, -1], [-1, -1, 1]],
        [[1, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1]],
    ],
)
def test_singular_matrices_are_accepted(values: list[list[float]], small: Path) -> None:
    table = {"labels": ["x", "y", "z"], "values": values}
    study = load_study(small, {"dependence.between_areas": table, "area.y.common_share": 0.4})
    assert study.dependence.matrix == tuple(tuple(map(float, row)) for row in values)
    # What is as singular, and contradicts itself by a millionth, is not.
    worse = [
        [1.0 if i == j else max(-1.0, value - 1e-6) for j, value in enumerate(row)] for i, row in enumerate(values)
    ]
    if np.linalg.eigvalsh(np.array(worse))[0] < -1e-12:
        with pytest.raises(StudyError, match="positive semidefinite"):
            load_study(small, {"dependence.between_areas": table | {"values": worse}, "area.y.common_share": 0.4})


def test_perfect_correlation_needs_equal_shares_and_they_are_offered(small: Path) -> None:
    table = {"labels": ["x", "y", "z"], "values": [[1, -1, 0], [-1, 1, 0], [0, 0, 1]]}
    with pytest.raises(StudyError, match="common_share of the areas nearer to each other"):
        load_study(small, {"dependence.between_areas": table, "area.y.common_share": 0.25})
