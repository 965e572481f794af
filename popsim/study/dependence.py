"""Resolve what a study states of dependence, and check that the stated correlations can exist together.

With one number r between areas, the study's common_share s0 and an area's common_share s, the part of an area's score
that is its own must be shared among countries by t = (s - r s0) / (1 - r), which lies in [0, 1] exactly when
r s0 <= s <= r s0 + 1 - r. Countries of one group share q0 and q instead: their part t' = (q - r q0) / (1 - r) must lie
in [t, 1], which is to say that s + r (q0 - s0) <= q <= r q0 + 1 - r.

With a matrix R, what all countries share is D R D with D = diag(sqrt(s)), s the common_share of each area; what is
left, R - D R D, must be a covariance too, which is to say that it has no negative eigenvalue. Where countries of a
group share more, Q = diag(sqrt(q)) with q the group_share takes the place of D in what is left, and Q R Q - D R D must
meet the same condition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from popsim.arrays import Floats
from popsim.correlation_matrix import covariances, fitting_correlation, rounding_of, wrong_entries
from popsim.errors import Keys, Problem, nearest, shown, words
from popsim.study.model import Dependence
from popsim.study.place import Place
from popsim.study.toml_models import DependenceTable, GroupsTable, MatrixTable, StudyFile
from popsim.study.validate import Checked
from popsim.tables import TextTable

KEYS = ("dependence", "between_areas")
_OFFERED = 60
"""Rows of the largest matrix for which another one is offered: larger ones take long, and nobody reads them."""
ROUNDING = 1e-12
"""Room for rounding in relations among shares, which are exact in decimals but not in binary."""


@dataclass(frozen=True)
class AreaShares:
    """What countries share in one area, and the keys that state it."""

    area: str
    common: float
    group: float | None = None
    """None: countries have no groups."""
    common_keys: Keys = ("dependence", "common_share")
    group_keys: Keys = ("dependence", "group_share")


def area_shares(content: StudyFile, area: str) -> AreaShares:
    """Return the common_share and group_share of an area, its own or those of the study."""

    def stated(key: str) -> tuple[Any, Keys]:
        own = getattr(content.area.get(area), key, None)
        return (getattr(content.dependence, key), ("dependence", key)) if own is None else (own, ("area", area, key))

    (common, common_keys), (group, group_keys) = stated("common_share"), stated("group_share")
    return AreaShares(area, common, group, common_keys, group_keys)


def resolve_dependence(
    study: Checked[StudyFile],
    csv: TextTable | None,
    counted: Sequence[str],
    catalogue: Sequence[str] | None,
    columns: Sequence[str] | None = None,
    stating: Sequence[str] = (),
) -> tuple[Dependence | None, list[Problem]]:
    """Return the dependence of a study and every problem in it; None where the correlations are not known.

    Parameters
    ----------
    study
        The study file.
    csv
        The correlation file, where the study names one.
    counted
        Ids of counted areas whose common_share is known.
    catalogue
        Ids of all areas of the catalogue, in its order; None where they are not all known.
    columns
        Columns that group countries; None where they are not known.
    stating
        Ids of areas that are not counted, and state what components of counted areas are shares of.
    """
    content, place, table = study.content, study.place, study.content.dependence
    problems = _check_groups_of_countries(study, columns)
    # Shares that are wrong by themselves are not compared with others.
    grouped = (
        table.group is not None
        and table.group_share is not None
        and table.group_share + ROUNDING >= table.common_share
        and all(study.has("area", area, "group_share") for area in content.area)
    )
    if not study.sound(*KEYS):
        return None, problems
    if isinstance(table.between_areas, float):
        base = AreaShares("", table.common_share, table.group_share if grouped else None)
        for area in (*counted, *stating):
            problems += check_shares(place, table.between_areas, base, area_shares(content, area))
        return _dependence(table, table.between_areas), problems
    matrix, found = _stated_matrix(study, csv, catalogue)
    problems += found
    if matrix is None or found:
        return None, problems
    shares = [area_shares(content, label) for label in matrix.labels]
    common = tuple(each.common for each in shares)
    group = tuple(each.group for each in shares if grouped and each.group is not None)
    low = [each for each, share in zip(shares, group, strict=False) if share + ROUNDING < each.common]
    problems += [
        place.problem(
            each.group_keys,
            f"group_share = {each.group:.10g} of area {each.area}",
            f"group_share >= common_share = {each.common:.10g} of the area",
            f"raise area.{each.area}.group_share, or lower its common_share",
        )
        for each in low
    ]
    problems += matrix.check(counted, catalogue, common, () if low else group, stating)
    return _dependence(table, None, matrix, common, group), problems


def _dependence(
    table: DependenceTable,
    between: float | None,
    matrix: StatedMatrix | None = None,
    common: tuple[float, ...] = (),
    group: tuple[float, ...] = (),
) -> Dependence:
    return Dependence(
        between_areas=between,
        matrix=tuple(map(tuple, matrix.values)) if matrix else None,
        labels=tuple(matrix.labels) if matrix else (),
        between_components=table.between_components,
        common_share=table.common_share,
        basis=table.basis,
        rationale=table.rationale,
        label_shares=common,
        group=table.group,
        group_share=table.group_share,
        label_group_shares=group,
        between_needs=table.need.between_needs,
        need_with_cost=table.need.with_cost,
        need_common_share=table.need.common_share,
        delay_between_areas=table.delay.between_areas,
        delay_common_share=table.delay.common_share,
        start_common_share=table.start.common_share,
    )


def _check_groups_of_countries(study: Checked[StudyFile], columns: Sequence[str] | None) -> list[Problem]:
    """List what is wrong with groups of countries, apart from the relations that the shares of areas must meet."""
    table, place, keys = study.content.dependence, study.place, ("dependence", "group")
    if not (study.has(*keys) and study.has("dependence", "group_share")):
        return []
    if table.group is None:
        stated: dict[Keys, float | None] = {("dependence",): table.group_share}
        stated |= {("area", area): own.group_share for area, own in study.content.area.items()}
        found, mend = "group_share without dependence.group", 'add dependence.group = "region"'
        return [
            place.problem((*above, "group_share"), found, "both or neither", mend)
            for above, share in stated.items()
            if share is not None
        ]
    problems = []
    if columns is not None and table.group not in columns:
        problems.append(place.unknown(keys, "group", table.group, "columns that group countries", columns))
    if table.group_share is None:
        found = f"group = {shown(table.group)} without group_share"
        mend = f"add dependence.group_share, at least common_share = {table.common_share:.10g}"
        problems.append(place.problem(keys, found, "both or neither", mend))
    elif table.group_share + ROUNDING < table.common_share:
        allowed = f"group_share >= dependence.common_share = {table.common_share:.10g}: countries of a group share at "
        allowed += "least what all countries share"
        found = f"group_share = {table.group_share:.10g}"
        problems.append(place.problem(("dependence", "group_share"), found, allowed))
    return problems


def check_shares(place: Place, between: float, base: AreaShares, area: AreaShares) -> list[Problem]:
    """List one problem unless the shares of an area fit one number between areas (see the head of this file).

    Parameters
    ----------
    place
        The study file.
    between
        Correlation r between areas.
    base
        Shares s0 and q0 of the study; without q0 group shares are not checked.
    area
        Shares s and q of the area.

    Examples
    --------
    >>> check_shares(Place("a.toml"), 0.3, AreaShares("", 0.3), AreaShares("a", 0.35))
    []
    >>> print(check_shares(Place("a.toml"), 0.5, AreaShares("", 0.2, 0.4), AreaShares("a", 0.3, 0.35))[0].allowed)
    0.4 <= group_share <= 0.7, which is s + r x (q0 - s0) <= group_share <= r x q0 + 1 - r with s = common_share = 0.3
    of the area, r = dependence.between_areas = 0.5, s0 = dependence.common_share = 0.2 and
    q0 = dependence.group_share = 0.4
    """
    low, high = between * base.common, between * base.common + 1.0 - between
    if not low - ROUNDING <= area.common <= high + ROUNDING:
        return [
            place.problem(
                area.common_keys,
                f"common_share = {area.common:.10g} of area {area.area}",
                f"{low:.10g} <= common_share <= {high:.10g}, which is r x s0 <= common_share <= r x s0 + 1 - r"
                f" with r = dependence.between_areas = {between:.10g} and s0 = dependence.common_share"
                f" = {base.common:.10g}",
                "bring common_share into these bounds, or lower between_areas",
            )
        ]
    if base.group is None or area.group is None:
        return []
    low, high = area.common + between * (base.group - base.common), between * base.group + 1.0 - between
    if low - ROUNDING <= area.group <= high + ROUNDING:
        return []
    return [
        place.problem(
            area.group_keys,
            f"group_share = {area.group:.10g} of area {area.area}",
            f"{low:.10g} <= group_share <= {high:.10g}, which is s + r x (q0 - s0) <= group_share <= r x q0 + 1 - r"
            f" with s = common_share = {area.common:.10g} of the area, r = dependence.between_areas = {between:.10g},"
            f" s0 = dependence.common_share = {base.common:.10g} and q0 = dependence.group_share = {base.group:.10g}",
            "bring group_share into these bounds, or give the area another common_share",
        )
    ]


@dataclass(frozen=True)
class StatedMatrix:
    """A correlation matrix labelled by areas, and where it is stated: in the study, or in a file of its own."""

    labels: Sequence[str]
    values: Sequence[Sequence[float]]
    place: Place
    label_keys: Keys = ()
    """Keys of the labels in the study; empty for a file of its own."""
    value_keys: Keys = ()

    def _label_problem(self, found: str, allowed: str, mend: str = "") -> Problem:
        if self.label_keys:
            return self.place.problem(self.label_keys, found, allowed, mend)
        return Problem(self.place.file, (), found, allowed, mend, position="first line")

    def check(
        self,
        counted: Sequence[str],
        catalogue: Sequence[str] | None,
        shares: Sequence[float],
        group_shares: Sequence[float] = (),
        stating: Sequence[str] = (),
    ) -> list[Problem]:
        """List what keeps the matrix from being the correlations of the counted areas.

        Parameters
        ----------
        counted
            Ids of the areas that are counted.
        catalogue
            Ids of all areas of the catalogue; None where they are not all known.
        shares, group_shares
            common_share and group_share of each label; no group shares where countries have no groups.
        stating
            Ids of areas that are not counted, and state what components of counted areas are shares of.
        """
        labels, size = list(self.labels), len(self.labels)
        problems = _check_areas(self._label_problem, labels, catalogue)
        problems += [
            self._label_problem(
                f"no row for area {area!r}, which {why}",
                f"labels that cover {words((*counted, *stating))}",
                f"add its row and column{mend}",
            )
            for areas, why, mend in (
                (counted, "is counted", ", or leave the area out"),
                (stating, "states a whole that counted components share", ""),
            )
            for area in areas
            if area not in labels
        ]
        if len(self.values) != size or any(len(row) != size for row in self.values):
            found = f"{len(self.values)} rows of lengths {words(len(row) for row in self.values)}"
            return [
                *problems,
                self.place.problem(self.value_keys, found, f"{size} rows of {size} numbers, as labels"),
            ]
        problems += self._check_entries()
        return problems if problems or not size else self.check_definite(shares, group_shares)

    def _check_entries(self) -> list[Problem]:
        diagonal, outside, uneven = wrong_entries(np.array(self.values).reshape(len(self.labels), len(self.labels)))
        allowed = [
            *((entry, "1 on the diagonal") for entry in diagonal),
            *((entry, "-1 <= correlation <= 1") for entry in outside),
            *((entry, "the same number both ways: a symmetric matrix") for entry in uneven),
        ]
        problems = []
        for (i, j), relation in sorted(allowed):
            one, two = self.labels[i], self.labels[j]
            found = f"correlation of {one} and {two} = {self.values[i][j]:.10g}"
            if (i, j) in uneven:
                found += f", but of {two} and {one} = {self.values[j][i]:.10g}"
            problems.append(self.place.problem(self.value_keys, found, relation))
        return problems

    def check_definite(self, shares: Sequence[float], group_shares: Sequence[float] = ()) -> list[Problem]:
        """Refuse a matrix that is no correlation matrix or leaves no covariance to countries; offer one that is."""
        matrix, common, grouped = np.array(self.values), np.array(shares), np.array(group_shares or shares)
        fault = _definite_fault(matrix, common, grouped)
        if fault is None:
            return []
        found, allowed, mend = fault
        if len(matrix) > _OFFERED:
            return [self.place.problem(self.value_keys, found, allowed, mend)]
        offered, drawn = fitting_correlation(matrix, lambda other: _definite_fault(other, common, grouped) is None)
        means = "the nearest that can (Higham 2002)"
        if drawn > 0.0:
            means = (
                f"near ones that can, drawn {100 * drawn:.3g} % of the way to 0 so that they leave room for the shares"
            )
        mend = f"{mend}, or take {means}:{self._written(offered.tolist())}"
        return [self.place.problem(self.value_keys, found, allowed, mend)]

    def _written(self, values: Sequence[Sequence[float]]) -> str:
        """Write other values as they would stand here."""
        rows = [[f"{value:.10g}" for value in row] for row in values]
        if self.value_keys:
            names = ", ".join(f'"{label}"' for label in self.labels)
            lines = [f"{KEYS[-1]} = {{ labels = [{names}], values = [", *(f"    [{', '.join(row)}]," for row in rows)]
            lines.append("] }")
        else:
            labelled = zip(self.labels, rows, strict=True)
            lines = [",".join(["area", *self.labels]), *(",".join([label, *row]) for label, row in labelled)]
        return "".join(f"\n    {line}" for line in lines)


def _definite_fault(matrix: Floats, shares: Floats, group_shares: Floats) -> tuple[str, str, str] | None:
    """Return what is found, what is allowed and how to mend it for the first part with a negative eigenvalue."""
    same = bool(np.all(shares == group_shares))
    letter, share, countries = ("D", "common", "countries") if same else ("Q", "group", "countries of a group")
    _, grouped, own = covariances(matrix, shares, group_shares)
    positive = "smallest eigenvalue >= 0"
    parts = (
        (
            matrix,
            "",
            f"a positive semidefinite matrix: {positive}",
            "these correlations cannot all hold together: bring the large ones nearer to 0",
        ),
        (
            grouped,
            " of Q R Q - D R D, the part that countries of a group share beside what all share",
            f"{positive}, with D = diag(sqrt(common_share)) and Q = diag(sqrt(group_share))",
            "bring group_share / common_share of the areas nearer to each other",
        ),
        (
            own,
            f" of R - {letter} R {letter}, the part that {countries} do not share",
            f"{positive}, with {letter} = diag(sqrt({share}_share))",
            f"bring the {share}_share of the areas nearer to each other",
        ),
    )
    for part, of, allowed, mend in parts:
        smallest = float(np.linalg.eigvalsh(part)[0])
        if smallest < -rounding_of(len(matrix)):
            return f"smallest eigenvalue {smallest:.4g}{of}", allowed, mend
    return None


def _stated_matrix(
    study: Checked[StudyFile], csv: TextTable | None, catalogue: Sequence[str] | None
) -> tuple[StatedMatrix | None, list[Problem]]:
    """Return the matrix that is stated as a table, by groups of areas or in a file; None where it cannot be read."""
    stated = study.content.dependence.between_areas
    if isinstance(stated, MatrixTable):
        return StatedMatrix(stated.labels, stated.values, study.place, (*KEYS, "labels"), (*KEYS, "values")), []
    if isinstance(stated, GroupsTable) and catalogue is not None:
        return groups_matrix(stated, study.place, catalogue)
    return (None, []) if csv is None else read_matrix(csv)


def read_matrix(table: TextTable) -> tuple[StatedMatrix, list[Problem]]:
    """Read a square table: the first line and the first column name the areas, in the same order."""
    labels = list(table.columns[1:])
    named = [row.cells[0] for row in table.rows]
    problems = []
    if named != labels:
        allowed = f"the names of the first line in their order: {words(labels)}"
        problems.append(table.problem("first column", words(named), allowed))
    values = [[table.number(cell) for cell in row.cells[1:]] for row in table.rows]
    problems += [
        table.problem(f"line {row.line}, column {label}", shown(cell), "a number, -1 <= correlation <= 1")
        for row, numbers in zip(table.rows, values, strict=True)
        for label, cell, number in zip(labels, row.cells[1:], numbers, strict=True)
        if number is None
    ]
    return StatedMatrix(labels, [[number or 0.0 for number in row] for row in values], Place(table.name)), problems


def groups_matrix(table: GroupsTable, place: Place, catalogue: Sequence[str]) -> tuple[StatedMatrix, list[Problem]]:
    """Return the matrix that groups of areas amount to, over all areas of the catalogue, and every problem in them.

    Parameters
    ----------
    table
        The groups, and the correlation of pairs that are in none.
    place
        The study file.
    catalogue
        Ids of all areas of the catalogue, in its order, which becomes that of rows and columns.

    Examples
    --------
    >>> table = GroupsTable.model_validate({"groups": [{"areas": ["a", "c"], "correlation": 0.6}], "otherwise": 0.2})
    >>> groups_matrix(table, Place("s.toml"), ["a", "b", "c"])[0].values
    [[1.0, 0.2, 0.6], [0.2, 1.0, 0.2], [0.6, 0.2, 1.0]]
    """
    keys = (*KEYS, "groups")
    problems: list[Problem] = []
    stated: dict[frozenset[str], tuple[float, int]] = {}
    for index, group in enumerate(table.groups):
        in_areas = partial(place.problem, (*keys, index, "areas"))
        problems += _check_areas(in_areas, group.areas, catalogue, "each area once in a group")
        for one, two in combinations(dict.fromkeys(group.areas), 2):
            before, first = stated.setdefault(frozenset((one, two)), (group.correlation, index))
            if before != group.correlation:
                problems.append(
                    place.problem(
                        (*keys, index, "correlation"),
                        f"correlation of {one} and {two} = {group.correlation:.10g}, but {before:.10g} in "
                        f"groups[{first}]",
                        "one correlation for each pair of areas",
                        "give both groups the same correlation, or take one of the two out of one group",
                    )
                )
    values = [
        [1.0 if one == two else stated.get(frozenset((one, two)), (table.otherwise, 0))[0] for two in catalogue]
        for one in catalogue
    ]
    return StatedMatrix(catalogue, values, place, keys, keys), problems


def _check_areas(
    problem: Callable[[str, str, str], Problem],
    areas: Sequence[str],
    catalogue: Sequence[str] | None,
    once: str = "each area once",
) -> list[Problem]:
    """List areas that the catalogue does not have, and areas that come more than once."""
    known = areas if catalogue is None else catalogue
    return [
        *(
            problem(f"unknown area {area!r}", f"areas of the catalogue: {words(known)}", nearest(area, known))
            for area in areas
            if area not in known
        ),
        *(
            problem(f"{area!r} {areas.count(area)} times", once, "")
            for area in dict.fromkeys(areas)
            if areas.count(area) > 1
        ),
    ]
