"""Check that the stated correlations can exist together.

With one number r between areas, base share s0 and area share s, the part of an area's score that is its own must be
shared among countries by t = (s - r s0) / (1 - r), which lies in [0, 1] exactly when r s0 <= s <= r s0 + 1 - r.
With a matrix R, what all countries share is D R D with D = diag(sqrt(s)), and what is left, R - D R D, must be a
covariance too, which is to say that it has no negative eigenvalue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from popsim.errors import Problem, nearest
from popsim.study.model import Dependence
from popsim.study.place import Place, shown, words
from popsim.study.tables import TextTable, number, read_table
from popsim.study.toml_models import DependenceTable, MatrixTable, StudyFile
from popsim.study.translate import Checked

__all__ = ["check_matrix", "check_share", "read_matrix", "resolve_dependence"]

ROUNDING = 1e-12
"""Room for rounding in relations among shares, which are exact in decimals but not in binary."""


def resolve_dependence(
    study: Checked[StudyFile], csv: tuple[str, str] | None, shares: Mapping[str, float], catalogue: Sequence[str] | None
) -> tuple[Dependence | None, list[Problem]]:
    """Dependence of the study and every problem in it.

    Parameters
    ----------
    study
        The study file.
    csv
        Name and text of the correlation file, where the study names one.
    shares
        common_share of each counted area.
    catalogue
        Ids of all areas of the catalogue; None where they are not all known.
    """
    table, at = study.content.dependence, study.place.at
    if not study.sound("dependence", "between_areas"):
        return None, []
    if isinstance(table.between_areas, float):
        problems = []
        if study.sound("dependence", "common_share"):
            for area, share in shares.items():
                own = study.content.area[area].common_share is not None
                where = at("area", area, "common_share") if own else at("dependence", "common_share")
                problems += check_share(where, table.between_areas, table.common_share, share, area)
        return _dependence(table, table.between_areas, None, (), ()), list(dict.fromkeys(problems))
    if isinstance(table.between_areas, MatrixTable):
        keys = ("dependence", "between_areas")
        matrix, problems = table.between_areas, []
        place = MatrixPlace(study.place, keys)
    elif csv is not None:
        matrix, problems = read_matrix(csv[1], csv[0])
        place = MatrixPlace(Place(csv[0]), ())
    else:
        return None, []
    if problems:
        return None, problems
    all_shares = [_share(study, label) for label in matrix.labels]
    problems = check_matrix(place, matrix, list(shares), catalogue, all_shares)
    values = tuple(tuple(row) for row in matrix.values)
    return _dependence(table, None, values, tuple(matrix.labels), tuple(all_shares)), problems


def _share(study: Checked[StudyFile], label: str) -> float:
    table = study.content.area.get(label)
    share = table.common_share if table else None
    return study.content.dependence.common_share if share is None else share


def _dependence(
    table: DependenceTable,
    number_: float | None,
    matrix: tuple[tuple[float, ...], ...] | None,
    labels: tuple[str, ...],
    label_shares: tuple[float, ...],
) -> Dependence:
    return Dependence(
        between_areas=number_,
        matrix=matrix,
        labels=labels,
        between_components=table.between_components,
        common_share=table.common_share,
        basis=table.basis,
        rationale=table.rationale,
        label_shares=label_shares,
    )


def check_share(where: str, between: float, base: float, share: float, area: str) -> list[Problem]:
    """List one problem unless r s0 <= s <= r s0 + 1 - r (see the head of this file).

    Examples
    --------
    >>> check_share("here", 0.3, 0.3, 0.35, "a")
    []
    >>> check_share("here", 0.5, 0.4, 0.1, "a")[0].found
    'common_share = 0.1 of area a'
    """
    low, high = between * base, between * base + 1.0 - between
    if low - ROUNDING <= share <= high + ROUNDING:
        return []
    return [
        Problem(
            where,
            f"common_share = {share:.10g} of area {area}",
            f"{low:.10g} <= common_share <= {high:.10g}, which is r x s0 <= common_share <= r x s0 + 1 - r"
            f" with r = dependence.between_areas = {between:.10g} and s0 = dependence.common_share = {base:.10g}",
            "bring common_share into these bounds, or lower between_areas",
        )
    ]


class MatrixPlace:
    """Where the parts of a matrix stand: in a table of the study, or in a file of its own."""

    def __init__(self, place: Place, keys: tuple[str, ...]) -> None:
        self.place, self.keys = place, keys

    def labels(self) -> str:
        """Say where the labels are."""
        return self.place.at(*self.keys, "labels") if self.keys else f"{self.place.file}: first line"

    def values(self) -> str:
        """Say where the numbers are."""
        return self.place.at(*self.keys, "values") if self.keys else self.place.file


def check_matrix(
    where: MatrixPlace,
    matrix: MatrixTable,
    counted: Sequence[str],
    catalogue: Sequence[str] | None,
    shares: Sequence[float],
) -> list[Problem]:
    """List what keeps a labelled matrix from being the correlations of the counted areas."""
    labels, size = matrix.labels, len(matrix.labels)
    known = labels if catalogue is None else catalogue
    problems = [
        Problem(
            where.labels(),
            f"unknown area {label!r}",
            f"areas of the catalogue: {words(known)}",
            nearest(label, known),
        )
        for label in labels
        if label not in known
    ]
    problems += [
        Problem(where.labels(), f"{label!r} {labels.count(label)} times", "each area once")
        for label in dict.fromkeys(labels)
        if labels.count(label) > 1
    ]
    problems += [
        Problem(
            where.labels(),
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
                f"{len(matrix.values)} rows of lengths {lengths}",
                f"{size} rows of {size} numbers, as labels",
            )
        )
        return problems
    entries = _check_entries(where, matrix)
    if entries or problems or not size:
        return problems + entries
    return _check_definite(where, np.array(matrix.values), np.array(shares))


def _check_entries(where: MatrixPlace, matrix: MatrixTable) -> list[Problem]:
    labels, values = matrix.labels, matrix.values
    problems = []
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            name = f"correlation of {labels[i]} and {labels[j]} = {value:.10g}"
            if i == j and value != 1.0:
                problems.append(Problem(where.values(), name, "1 on the diagonal"))
            elif not -1.0 <= value <= 1.0:
                problems.append(Problem(where.values(), name, "-1 <= correlation <= 1"))
            elif j > i and values[j][i] != value:
                problems.append(
                    Problem(
                        where.values(),
                        f"{name}, but of {labels[j]} and {labels[i]} = {values[j][i]:.10g}",
                        "the same number both ways: a symmetric matrix",
                    )
                )
    return problems


def _check_definite(where: MatrixPlace, matrix: np.ndarray, shares: np.ndarray) -> list[Problem]:
    # eigvalsh errs by a small multiple of size x machine epsilon for a matrix whose entries are at most 1.
    error = 8.0 * len(matrix) * np.finfo(float).eps * len(matrix)
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest <= error:
        return [
            Problem(
                where.values(),
                f"smallest eigenvalue {smallest:.4g}",
                "a positive definite matrix: smallest eigenvalue > 0",
                "these correlations cannot all hold together: bring the large ones nearer to 0",
            )
        ]
    scale = np.sqrt(shares)
    own = float(np.linalg.eigvalsh(matrix - scale[:, None] * matrix * scale[None, :])[0])
    if own < -error:
        return [
            Problem(
                where.values(),
                f"smallest eigenvalue {own:.4g} of R - D R D, the part that countries do not share",
                "smallest eigenvalue >= 0, with D = diag(sqrt(common_share))",
                "bring the common_share of the areas nearer to each other, or lower correlations",
            )
        ]
    return []


def read_matrix(text: str, name: str) -> tuple[MatrixTable, list[Problem]]:
    """Read a square CSV: the first line and the first column name the areas, in the same order."""
    table, problems = read_table(text, name, ())
    labels = list(table.columns[1:])
    named = [row.cells[0] for row in table.rows]
    if not problems and named != labels:
        problems.append(
            Problem(
                f"{name}: first column", words(named), f"the names of the first line in their order: {words(labels)}"
            )
        )
    values = [
        [_entry(table, row.line, label, cell, problems) for label, cell in zip(labels, row.cells[1:], strict=True)]
        for row in table.rows
    ]
    return MatrixTable.model_construct(labels=labels, values=values), problems


def _entry(table: TextTable, line: int, label: str, cell: str, problems: list[Problem]) -> float:
    value = number(cell)
    if value is None:
        problems.append(
            Problem(f"{table.name}: line {line}, column {label}", shown(cell), "a number, -1 <= correlation <= 1")
        )
        return 0.0
    return value
