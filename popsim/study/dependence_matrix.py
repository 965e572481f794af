"""Correlations of areas as a matrix: read it, and check that it can be what countries share and what they do not.

With a matrix R, what all countries share is D R D with D = diag(sqrt(s)), s the common_share of each area; what is
left, R - D R D, must be a covariance too, which is to say that it has no negative eigenvalue. Where countries of a
group share more, Q = diag(sqrt(q)) with q the group_share takes the place of D in what is left, and Q R Q - D R D must
meet the same condition.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from popsim.errors import Problem, nearest
from popsim.families.base import Floats
from popsim.study.dependence_tables import MatrixTable
from popsim.study.nearest_correlation import fitting_correlation, rounding_of
from popsim.study.place import Place, shown, words
from popsim.tables import TextTable

__all__ = ["MatrixPlace", "check_matrix", "covariances", "read_matrix"]


class MatrixPlace:
    """Where the parts of a matrix stand: in a table of the study, or in a file of its own (no `keys`)."""

    def __init__(self, place: Place, keys: tuple[str, ...], parts: tuple[str, str] = ("labels", "values")) -> None:
        self.place, self.keys, self.parts = place, keys, parts

    def labels(self) -> str:
        """Say where the labels are."""
        return self.place.at(*self.keys, self.parts[0]) if self.keys else f"{self.place.file}: first line"

    def values(self) -> str:
        """Say where the numbers are."""
        return self.place.at(*self.keys, self.parts[1]) if self.keys else self.place.file

    def written(self, labels: Sequence[str], values: Sequence[Sequence[float]]) -> str:
        """Write a matrix as it would stand there."""
        rows = [[f"{value:.10g}" for value in row] for row in values]
        if not self.keys:
            lines = [
                ",".join(["area", *labels]),
                *(",".join([label, *row]) for label, row in zip(labels, rows, strict=True)),
            ]
            return "".join(f"\n    {line}" for line in lines)
        names = ", ".join(f'"{label}"' for label in labels)
        lines = [
            f"{self.keys[-1]} = {{ labels = [{names}], values = [",
            *(f"    [{', '.join(row)}]," for row in rows),
            "] }",
        ]
        return "".join(f"\n    {line}" for line in lines)


def check_matrix(
    where: MatrixPlace,
    matrix: MatrixTable,
    counted: Sequence[str],
    catalogue: Sequence[str] | None,
    shares: Sequence[float],
    group_shares: Sequence[float] = (),
) -> list[Problem]:
    """List what keeps a labelled matrix from being the correlations of the counted areas.

    Parameters
    ----------
    where
        Where the matrix stands.
    matrix
        The matrix and its labels.
    counted
        Ids of the areas that are counted.
    catalogue
        Ids of all areas of the catalogue; None where they are not all known.
    shares, group_shares
        common_share and group_share of each label; no group shares where countries have no groups.
    """
    labels, size = matrix.labels, len(matrix.labels)
    known = labels if catalogue is None else catalogue
    problems = [
        Problem(
            where.labels(),
            (),
            f"unknown area {label!r}",
            f"areas of the catalogue: {words(known)}",
            nearest(label, known),
        )
        for label in labels
        if label not in known
    ]
    problems += [
        Problem(where.labels(), (), f"{label!r} {labels.count(label)} times", "each area once")
        for label in dict.fromkeys(labels)
        if labels.count(label) > 1
    ]
    problems += [
        Problem(
            where.labels(),
            (),
            f"no row for area {area!r}, which is counted",
            f"labels that cover {words(counted)}",
            "add its row and column, or leave the area out",
        )
        for area in counted
        if area not in labels
    ]
    if len(matrix.values) != size or any(len(row) != size for row in matrix.values):
        lengths = words(len(row) for row in matrix.values)
        problems.append(
            Problem(
                where.values(),
                (),
                f"{len(matrix.values)} rows of lengths {lengths}",
                f"{size} rows of {size} numbers, as labels",
            )
        )
        return problems
    entries = _check_entries(where, matrix)
    if entries or problems or not size:
        return problems + entries
    return check_definite(where, labels, np.array(matrix.values), shares, group_shares)


def _check_entries(where: MatrixPlace, matrix: MatrixTable) -> list[Problem]:
    labels, values = matrix.labels, matrix.values
    problems = []
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            name = f"correlation of {labels[i]} and {labels[j]} = {value:.10g}"
            if i == j and value != 1.0:
                problems.append(Problem(where.values(), (), name, "1 on the diagonal"))
            elif not -1.0 <= value <= 1.0:
                problems.append(Problem(where.values(), (), name, "-1 <= correlation <= 1"))
            elif j > i and values[j][i] != value:
                problems.append(
                    Problem(
                        where.values(),
                        (),
                        f"{name}, but of {labels[j]} and {labels[i]} = {values[j][i]:.10g}",
                        "the same number both ways: a symmetric matrix",
                    )
                )
    return problems


def covariances(matrix: Floats, shares: Floats, group_shares: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the covariances of what all countries share, of what a group shares beside it, and of a country's own part.

    They are D R D, Q R Q - D R D and R - Q R Q with D = diag(sqrt(shares)) and Q = diag(sqrt(group_shares)).

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> [float(part[0, 0]) for part in covariances(one, np.array([0.25]), np.array([1.0]))]
    [0.25, 0.75, 0.0]
    """
    common = matrix * np.outer(np.sqrt(shares), np.sqrt(shares))
    grouped = matrix * np.outer(np.sqrt(group_shares), np.sqrt(group_shares))
    return common, grouped - common, matrix - grouped


def check_definite(
    where: MatrixPlace,
    labels: Sequence[str],
    matrix: Floats,
    shares: Sequence[float],
    group_shares: Sequence[float] = (),
) -> list[Problem]:
    """Say that a matrix is no correlation matrix, or leaves no covariance to countries, and offer one that is."""
    common, grouped = np.array(shares), np.array(group_shares or shares)
    faults = _faults(matrix, common, grouped)
    if not faults:
        return []
    value, found, allowed, mend = faults[0]
    offered, drawn = fitting_correlation(matrix, lambda other: not _faults(other, common, grouped))
    means = "the nearest that can (Higham 2002)" if drawn == 0.0 else "near ones that can"
    if drawn > 0.0:
        means += f", drawn {100 * drawn:.3g} % of the way to 0 so that they leave room for the shares"
    return [
        Problem(
            where.values(),
            (),
            f"smallest eigenvalue {value:.4g}{found}",
            allowed,
            f"{mend}, or take {means}:{where.written(labels, offered.tolist())}",
        )
    ]


def _faults(matrix: Floats, shares: Floats, group_shares: Floats) -> list[tuple[float, str, str, str]]:
    error = rounding_of(len(matrix))
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest < -error:
        return [
            (
                smallest,
                "",
                "a positive semidefinite matrix: smallest eigenvalue >= 0",
                "these correlations cannot all hold together: bring the large ones nearer to 0",
            )
        ]
    faults = []
    _, grouped, own = covariances(matrix, shares, group_shares)
    whole = bool(np.all(shares == group_shares))
    if (smallest := float(np.linalg.eigvalsh(grouped)[0])) < -error:
        faults.append(
            (
                smallest,
                " of Q R Q - D R D, the part that countries of a group share beside what all share",
                "smallest eigenvalue >= 0, with D = diag(sqrt(common_share)) and Q = diag(sqrt(group_share))",
                "bring group_share / common_share of the areas nearer to each other",
            )
        )
    if (smallest := float(np.linalg.eigvalsh(own)[0])) < -error:
        faults.append(
            (
                smallest,
                " of R - D R D, the part that countries do not share"
                if whole
                else " of R - Q R Q, the part that countries of a group do not share",
                f"smallest eigenvalue >= 0, with {'D = diag(sqrt(common' if whole else 'Q = diag(sqrt(group'}_share))",
                f"bring the {'common' if whole else 'group'}_share of the areas nearer to each other",
            )
        )
    return faults


def read_matrix(table: TextTable) -> tuple[MatrixTable, list[Problem]]:
    """Read a square table: the first line and the first column name the areas, in the same order."""
    problems: list[Problem] = []
    labels = list(table.columns[1:])
    named = [row.cells[0] for row in table.rows]
    if named != labels:
        problems.append(
            Problem(
                f"{table.name}: first column",
                (),
                words(named),
                f"the names of the first line in their order: {words(labels)}",
            )
        )
    values = [
        [_entry(table, row.line, label, cell, problems) for label, cell in zip(labels, row.cells[1:], strict=True)]
        for row in table.rows
    ]
    return MatrixTable.model_construct(labels=labels, values=values), problems


def _entry(table: TextTable, line: int, label: str, cell: str, problems: list[Problem]) -> float:
    value = table.number(cell)
    if value is None:
        problems.append(
            Problem(f"{table.name}: line {line}, column {label}", (), shown(cell), "a number, -1 <= correlation <= 1")
        )
        return 0.0
    return value
