"""Quantities that a study states: known or drawn, the same everywhere or differing among groups of countries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from popsim.errors import Problem, nearest
from popsim.families.base import Family
from popsim.schema import Limits
from popsim.study.distributions import build_at, check_mean, written
from popsim.study.model import Amount, Basis, Setting
from popsim.study.place import Keys, shown, words
from popsim.study.toml_models import StudyFile
from popsim.study.translate import Checked
from popsim.tables import TextTable

__all__ = ["Settings"]


def _is_beyond(family: Family, limits: Limits) -> bool:
    """Whether a distribution has values beyond the limits."""
    low, high = family.support()
    at_low = limits.is_open and low == limits.low and float(family.cdf(limits.low)) > 0.0
    return low < limits.low or high > limits.high or at_low


class Settings:
    """Reads the quantities of one study; problems gather in one list.

    Parameters
    ----------
    study
        The study file.
    table
        The countries file, whose columns `by` may name; None where it could not be read.
    groups
        Columns of it that group countries.
    """

    def __init__(self, study: Checked[StudyFile], table: TextTable | None, groups: tuple[str, ...]) -> None:
        self.study, self.table, self.groups = study, table, groups
        self.problems: list[Problem] = []

    def amount(self, keys: Keys, value: float | dict[str, Any], limits: Limits) -> Amount:
        """Give a number as it is (the schema holds its limits) and build a distribution within the limits."""
        if not isinstance(value, dict) or not self.study.sound(*keys):
            return 0.0 if isinstance(value, dict) else value
        family, problems = build_at(self.study.place, keys, value)
        self.problems += problems
        if family is None:
            return 0.0
        self.problems += self._check(keys, family, value, limits)
        return family

    def _check(self, keys: Keys, family: Family, value: Mapping[str, Any], limits: Limits) -> list[Problem]:
        where, problems = self.study.place.at(*keys), []
        if _is_beyond(family, limits):
            low, high = family.support()
            problems.append(
                Problem(
                    where,
                    (),
                    f"values from {low:.10g} to {high:.10g} ({written(value)})",
                    f"{limits.words()}, in every scenario",
                    "use a family whose smallest and largest value lie within, such as beta, triangular or pert",
                )
            )
        return problems + check_mean(where, family, value)

    def setting(
        self,
        keys: Keys,
        name: str,
        value: float | dict[str, Any],
        by: Mapping[str, Mapping[str, float | dict[str, Any]]],
        limits: Limits,
        basis: Basis,
        rationale: str,
    ) -> Setting:
        """Read the table at `keys`, whose key `name` holds where nothing in `by` applies."""
        entries: list[tuple[str, str, Amount]] = []
        for column, values in by.items():
            self._check_column((*keys, "by"), column, values)
            # Groups of one column exclude each other, so that their order means nothing; written files have numbers
            # before tables.
            ordered = sorted(values.items(), key=lambda item: isinstance(item[1], dict))
            entries += [
                (column, group, self.amount((*keys, "by", column, group), entry, limits)) for group, entry in ordered
            ]
        return Setting(self.amount((*keys, name), value, limits), tuple(entries), basis, rationale)

    def _check_column(self, keys: Keys, column: str, values: Mapping[str, Any]) -> None:
        if self.table is None or not self.table.columns:
            return
        at = self.study.place.at
        if column not in self.groups:
            self.problems.append(
                Problem(
                    at(*keys, column),
                    (),
                    f"unknown group {column!r}",
                    f"columns that group countries: {words(self.groups)}",
                    nearest(column, self.groups),
                )
            )
            return
        present = sorted(set(self.table.column(column)))
        self.problems += [
            Problem(
                at(*keys, column, value),
                (),
                shown(value),
                f"values of column {column} in {self.table.name}: {words(present)}",
                nearest(value, present),
            )
            for value in values
            if value not in present and self.table.whole
        ]
