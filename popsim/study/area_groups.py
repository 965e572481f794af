"""Correlations of areas that are stated by groups of areas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from popsim.errors import Problem, nearest
from popsim.study.dependence_tables import GroupsTable, MatrixTable
from popsim.study.place import Place, words

__all__ = ["groups_matrix"]


def groups_matrix(
    table: GroupsTable, place: Place, keys: tuple[str, ...], catalogue: Sequence[str]
) -> tuple[MatrixTable, list[Problem]]:
    """Give the matrix that groups of areas amount to, over all areas of the catalogue, and every problem in them.

    Parameters
    ----------
    table
        The groups, and the correlation of pairs that are in none.
    place, keys
        Where the table stands.
    catalogue
        Ids of all areas of the catalogue, in its order, which becomes that of rows and columns.

    Examples
    --------
    >>> table = GroupsTable.model_validate({"groups": [{"areas": ["a", "c"], "correlation": 0.6}], "otherwise": 0.2})
    >>> groups_matrix(table, Place("s.toml"), (), ["a", "b", "c"])[0].values
    [[1.0, 0.2, 0.6], [0.2, 1.0, 0.2], [0.6, 0.2, 1.0]]
    """
    problems: list[Problem] = []
    stated: dict[frozenset[str], tuple[float, int]] = {}
    for index, group in enumerate(table.groups):
        where = place.at(*keys, "groups", index, "areas")
        problems += [
            Problem(
                where,
                (),
                f"unknown area {area!r}",
                f"areas of the catalogue: {words(catalogue)}",
                nearest(area, catalogue),
            )
            for area in group.areas
            if area not in catalogue
        ]
        problems += [
            Problem(where, (), f"{area!r} {group.areas.count(area)} times", "each area once in a group")
            for area in dict.fromkeys(group.areas)
            if group.areas.count(area) > 1
        ]
        for one, two in combinations(dict.fromkeys(group.areas), 2):
            before, first = stated.setdefault(frozenset((one, two)), (group.correlation, index))
            if before != group.correlation:
                problems.append(
                    Problem(
                        place.at(*keys, "groups", index, "correlation"),
                        (),
                        f"correlation of {one} and {two} = {group.correlation:.10g}, but {before:.10g} in "
                        f"groups[{first}]",
                        "one correlation for each pair of areas",
                        "give both groups the same correlation, or part the pair in one of them",
                    )
                )
    values = [
        [1.0 if one == two else stated.get(frozenset((one, two)), (table.otherwise, 0))[0] for two in catalogue]
        for one in catalogue
    ]
    return MatrixTable.model_construct(labels=list(catalogue), values=values), problems
