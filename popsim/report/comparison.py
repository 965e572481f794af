"""The options of a run held against one of them, asked once, in the words of the report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import xarray as xr

from popsim import analysis
from popsim.report.facts import Facts, Measured
from popsim.report.numbers import percent

__all__ = ["Comparison", "signed"]

_AS_WRITTEN = "As the study is written"


@dataclass(frozen=True)
class Comparison:
    """A run of several options, and the differences of all to the baseline."""

    facts: Facts
    baseline: str = analysis.BASELINE
    breakdowns: tuple[str, ...] | None = None
    """Groupings by which differences are broken down; None for all of the run."""

    @cached_property
    def found(self) -> xr.Dataset:
        """What the analysis says.

        Raises
        ------
        ParameterError
            When the run has one option.
        UnknownNameError
            When the baseline is none of its options.
        """
        every = self.facts.every_option
        wanted = [
            str(name)
            for name, variable in every.data_vars.items()
            if name in analysis.TOTALS
            or ("scenario" in variable.dims and self._is_wanted(str(name).partition("_by_")[2]))
        ]
        return analysis.compare(every[wanted], self.baseline, self.facts.coverage)

    def _is_wanted(self, grouping: str) -> bool:
        return bool(grouping) and (self.breakdowns is None or grouping in self.breakdowns)

    @cached_property
    def _values(self) -> dict[str, Any]:
        """Arrays of what was found, with the options first; xarray's own look-up takes too long."""
        return {str(name): found.transpose("option", ...).values for name, found in self.found.data_vars.items()}

    @cached_property
    def _places(self) -> dict[str, dict[object, int]]:
        """Position of every label of every dimension of what was found."""
        return {
            str(name): {label: place for place, label in enumerate(values.values.tolist())}
            for name, values in self.found.coords.items()
            if values.dims == (name,)
        }

    @property
    def options(self) -> tuple[str, ...]:
        """Every option but the baseline, in the order of the run."""
        return tuple(str(option) for option in self.found["option"].values)

    @property
    def all_options(self) -> tuple[str, ...]:
        """Every option, the baseline first."""
        return (self.baseline, *self.options)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each option, from the study, else from the run."""
        every = self.facts.every_option
        names = {str(option): str(option) for option in every["option"].values}
        if analysis.BASELINE in names:
            names[analysis.BASELINE] = _AS_WRITTEN
        if "option_name" in every.coords:
            names |= dict(zip(names, map(str, every["option_name"].values), strict=True))
        return names | {option.id: option.name for option in self.facts.study.options}

    @cached_property
    def areas(self) -> dict[str, str]:
        """Name of each area of the run, also of those that an option alone has."""
        every = self.facts.every_option
        found = {str(area): str(area) for area in every["area"].values} if "area" in every.coords else {}
        if "area_name" in every.coords:
            found = dict(zip(found, map(str, every["area_name"].values), strict=True))
        return found | {area.id: area.name for area in self.facts.study.areas}

    @cached_property
    def rationales(self) -> dict[str, str]:
        """Why each option is looked at, where the study says so."""
        return {option.id: option.rationale for option in self.facts.study.options}

    @cached_property
    def levels(self) -> dict[str, Facts]:
        """Totals of each option."""
        return {option: self.facts.of(option) for option in self.all_options}

    def has(self, total: str) -> bool:
        """Whether the run holds this total, or this breakdown."""
        return f"{total}_difference_mean" in self.found

    def measured(self, name: str, option: str, **where: object) -> Measured:
        """Give a number of the comparison that has a Monte Carlo error."""
        at = {"option": option, **where}
        index = tuple(self._places[dimension][label] for dimension, label in at.items())
        return Measured(*(float(self._values[kind][index]) for kind in (name, f"{name}_error")))

    def number(self, name: str, option: str) -> float:
        """Give a number of the comparison."""
        return float(self._values[name][self._places["option"][option]])

    def mean(self, total: str, option: str, **where: object) -> Measured:
        """Mean difference to the baseline."""
        return self.measured(f"{total}_difference_mean", option, **where)

    def quantile(self, total: str, option: str, probability: float) -> Measured:
        """Quantile of the difference to the baseline."""
        levels = self.found["quantile"].values
        level = levels[abs(levels - probability).argmin()]
        return self.measured(f"{total}_difference_quantile", option, quantile=float(level))

    def range(self, total: str, option: str) -> tuple[Measured, Measured]:
        """Range of the difference at the study's coverage."""
        facts = self.facts
        return self.quantile(total, option, facts.low), self.quantile(total, option, facts.high)

    def probability(self, option: str, word: str, total: str = "cost") -> str:
        """Probability that an option is dearer, cheaper or equal; "none" and "all" where it is exactly 0 and 1."""
        found = self.measured(f"{total}_{word}", option)
        return {0.0: "none", 1.0: "all"}.get(found.value) or percent(*found)


def signed(text: str) -> str:
    """Put a plus before an amount that is positive.

    Examples
    --------
    >>> signed("12.5"), signed("0"), signed("< 10")
    ('+12.5', '0', '< 10')
    """
    return f"+{text}" if text[:1].isdigit() and text.strip("0.,") else text
