"""Resolve what a study says of dependence, and check that the stated correlations can exist together.

The relations are in `dependence_shares` for one number between areas, and in `dependence_matrix` for a matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from popsim.errors import Problem, nearest
from popsim.study.area_groups import groups_matrix
from popsim.study.dependence_matrix import MatrixPlace, check_matrix, read_matrix
from popsim.study.dependence_shares import ROUNDING, check_group_share, check_share
from popsim.study.dependence_tables import DependenceTable, GroupsTable, MatrixTable
from popsim.study.model import Dependence
from popsim.study.place import Place, shown, words
from popsim.study.toml_models import StudyFile
from popsim.study.translate import Checked
from popsim.tables import TextTable

__all__ = ["group_share", "resolve_dependence"]

KEYS = ("dependence", "between_areas")


def resolve_dependence(
    study: Checked[StudyFile],
    csv: TextTable | None,
    shares: Mapping[str, float],
    catalogue: Sequence[str] | None,
    columns: Sequence[str] | None = None,
) -> tuple[Dependence | None, list[Problem]]:
    """Dependence of the study and every problem in it.

    Parameters
    ----------
    study
        The study file.
    csv
        The correlation file, where the study names one.
    shares
        common_share of each counted area.
    catalogue
        Ids of all areas of the catalogue, in its order; None where they are not all known.
    columns
        Columns that group countries; None where they are not known.
    """
    table = study.content.dependence
    problems = _check_group(study, columns)
    # Shares that are wrong by themselves are held to no relation.
    grouped = (
        table.group is not None
        and table.group_share is not None
        and table.group_share + ROUNDING >= table.common_share
        and all(study.sound("area", area, "group_share") for area in study.content.area)
    )
    if not study.sound(*KEYS):
        return None, problems
    if isinstance(table.between_areas, float):
        if study.sound("dependence", "common_share"):
            problems += _check_shares(study, table.between_areas, shares, grouped)
        return _dependence(table, table.between_areas), list(dict.fromkeys(problems))
    matrix, place, found = _matrix(study, csv, catalogue)
    problems += found
    if matrix is None or found:
        return None, problems
    all_shares = [_share(study, label) for label in matrix.labels]
    group_shares = [_group_share(study, label) for label in matrix.labels] if grouped else []
    low = [label for label, s, q in zip(matrix.labels, all_shares, group_shares, strict=False) if q + ROUNDING < s]
    problems += [_too_low(study, label) for label in low]
    problems += check_matrix(place, matrix, list(shares), catalogue, all_shares, [] if low else group_shares)
    values = tuple(tuple(row) for row in matrix.values)
    return _dependence(table, None, values, matrix.labels, all_shares, group_shares), problems


def _matrix(
    study: Checked[StudyFile], csv: TextTable | None, catalogue: Sequence[str] | None
) -> tuple[MatrixTable | None, MatrixPlace, list[Problem]]:
    stated = study.content.dependence.between_areas
    place = MatrixPlace(study.place, KEYS)
    if isinstance(stated, MatrixTable):
        return stated, place, []
    if isinstance(stated, GroupsTable) and catalogue is not None:
        matrix, problems = groups_matrix(stated, study.place, KEYS, catalogue)
        return matrix, MatrixPlace(study.place, KEYS, ("groups", "groups")), problems
    if csv is not None:
        matrix, problems = read_matrix(csv)
        return matrix, MatrixPlace(Place(csv.name), ()), problems
    return None, place, []


def _check_group(study: Checked[StudyFile], columns: Sequence[str] | None) -> list[Problem]:
    """List what is wrong with the groups of countries, apart from the relations that their shares must hold."""
    table, at = study.content.dependence, study.place.at
    if not (study.sound("dependence", "group") and study.sound("dependence", "group_share")):
        return []
    problems = []
    if table.group is None:
        places: list[tuple[str, ...]] = [("dependence", "group_share")] if table.group_share is not None else []
        places += [
            ("area", area, "group_share") for area, own in study.content.area.items() if own.group_share is not None
        ]
        return [
            Problem(
                at(*keys),
                (),
                "group_share without dependence.group",
                "both or neither",
                'add dependence.group = "region"',
            )
            for keys in places
        ]
    if columns is not None and table.group not in columns:
        problems.append(
            Problem(
                at("dependence", "group"),
                (),
                f"unknown group {table.group!r}",
                f"columns that group countries: {words(columns)}",
                nearest(table.group, columns),
            )
        )
    if table.group_share is None:
        problems.append(
            Problem(
                at("dependence", "group"),
                (),
                f"group = {shown(table.group)} without group_share",
                "both or neither",
                f"add dependence.group_share, at least common_share = {table.common_share:.10g}",
            )
        )
    elif table.group_share + ROUNDING < table.common_share and study.sound("dependence", "common_share"):
        problems.append(
            Problem(
                at("dependence", "group_share"),
                (),
                f"group_share = {table.group_share:.10g}",
                f"group_share >= dependence.common_share = {table.common_share:.10g}: countries of a group share at "
                "least what all countries share",
            )
        )
    return problems


def _check_shares(
    study: Checked[StudyFile], between: float, shares: Mapping[str, float], grouped: bool
) -> list[Problem]:
    table, at = study.content.dependence, study.place.at
    problems = []
    for area, share in shares.items():
        own = study.content.area[area]
        where = at(*(("area", area) if own.common_share is not None else ("dependence",)), "common_share")
        found = check_share(where, between, table.common_share, share, area)
        if grouped and not found and table.group_share is not None:
            found = check_group_share(
                _place_of_group_share(study, area),
                between,
                (table.common_share, table.group_share),
                (share, _group_share(study, area)),
                area,
            )
        problems += found
    return problems


def _place_of_group_share(study: Checked[StudyFile], area: str) -> str:
    own = study.content.area.get(area)
    return study.place.at(*(("area", area) if own and own.group_share is not None else ("dependence",)), "group_share")


def _too_low(study: Checked[StudyFile], area: str) -> Problem:
    return Problem(
        _place_of_group_share(study, area),
        (),
        f"group_share = {_group_share(study, area):.10g} of area {area}",
        f"group_share >= common_share = {_share(study, area):.10g} of the area",
        f"raise area.{area}.group_share, or lower its common_share",
    )


def _share(study: Checked[StudyFile], label: str) -> float:
    table = study.content.area.get(label)
    share = table.common_share if table else None
    return study.content.dependence.common_share if share is None else share


def group_share(study: Checked[StudyFile], area: str) -> float | None:
    """Give the group_share of an area, its own or that of the study; None where countries have no groups."""
    table = study.content.area.get(area)
    own = table.group_share if table else None
    return study.content.dependence.group_share if own is None else own


def _group_share(study: Checked[StudyFile], area: str) -> float:
    share = group_share(study, area)
    assert share is not None  # noqa: S101  (asked for only where countries have groups)
    return share


def _dependence(
    table: DependenceTable,
    number: float | None,
    matrix: tuple[tuple[float, ...], ...] | None = None,
    labels: Sequence[str] = (),
    label_shares: Sequence[float] = (),
    label_group_shares: Sequence[float] = (),
) -> Dependence:
    return Dependence(
        between_areas=number,
        matrix=matrix,
        labels=tuple(labels),
        between_components=table.between_components,
        common_share=table.common_share,
        basis=table.basis,
        rationale=table.rationale,
        label_shares=tuple(label_shares),
        group=table.group,
        group_share=table.group_share,
        label_group_shares=tuple(label_group_shares),
        between_needs=table.need.between_needs,
        need_with_cost=table.need.with_cost,
        need_common_share=table.need.common_share,
        delay_between_areas=table.delay.between_areas,
        delay_common_share=table.delay.common_share,
        start_common_share=table.start.common_share,
    )
