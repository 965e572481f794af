"""The options of a run held against one of them, asked once, in the words of the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from popsim import analysis
from popsim.analysis.compare import ROUNDING
from popsim.families.base import Floats
from popsim.report import totals
from popsim.report.facts import Facts, Measured, exact_mean
from popsim.report.numbers import count, finest_of, percent
from popsim.report.sections.words import all_of
from popsim.schema import FULL, FULL_NAME, TOTAL_BASES
from popsim.study.model import Study

__all__ = ["Ceased", "Comparison", "Counted", "comparison_of", "signed"]

_ONE_WAY = 20
"""Scenarios that all differ in one direction, and tell it: by chance with a probability of 2 in 2**20."""
_CLEAR = 2.0
"""Standard errors beyond which the sign of a mean difference is told."""


class Counted(NamedTuple):
    """In how many scenarios an option costs more than the baseline, less, and the same."""

    more: int
    less: int
    same: int


class Ceased(NamedTuple):
    """Payments of a component that an option makes no longer, or further ones where the number is negative."""

    component: str
    name: str
    payments: float
    money: dict[str, float]
    """Their expected cost and, where there is one, financing need."""


@dataclass(frozen=True)
class Comparison:
    """A run of several options, and the differences of all to the baseline."""

    facts: Facts
    baseline: str = FULL
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
            if ("scenario" in variable.dims and self._is_wanted(str(name).partition("_by_")[2]))
            or str(name).startswith(("planned_", "expected_"))
        ]
        together = every[wanted].assign(self.facts.totals_of_options.data_vars)
        return analysis.compare(together, self.baseline, self.facts.coverage)

    def _is_wanted(self, grouping: str) -> bool:
        return bool(grouping) and (self.breakdowns is None or grouping in self.breakdowns)

    @cached_property
    def _values(self) -> dict[str, Any]:
        """Arrays of what was found, with the options first; xarray's own look-up takes too long."""
        return {
            str(name): found.transpose("option", ...).values
            for name, found in self.found.data_vars.items()
            if "option" in found.dims
        }

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
        if FULL in names:
            names[FULL] = FULL_NAME
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
    def studies(self) -> dict[str, Study]:
        """The study that each option is; that as written where the study does not know the option."""
        own = {option.id: option.study for option in self.facts.study.options}
        return {option: own.get(option, self.facts.study) for option in self.all_options}

    @cached_property
    def levels(self) -> dict[str, Facts]:
        """Totals of each option."""
        return {option: self.facts.of(option) for option in self.all_options}

    @property
    def bases(self) -> tuple[str, ...]:
        """Cost and, where an option has one, financing need: the headline of the study first."""
        present = [base for base in TOTAL_BASES if self.has(base)]
        return tuple(sorted(present, key=lambda base: base != self.facts.study.headline))

    def spans(self, total: str) -> tuple[str, ...]:
        """Name a total within the years of the study, after them and in all years; alone where nothing falls later."""
        after, whole = f"{total}_after_horizon", f"{total}_all_years"
        if after not in self._amounts or whole not in self._amounts or not self._amounts[after].any():
            return (total,)
        return (total, after, whole)

    def whole(self, total: str) -> str:
        """Name what a total comes to in all years."""
        return self.spans(total)[-1]

    def has(self, total: str) -> bool:
        """Whether the run holds this total, or this breakdown."""
        return f"{total}_difference_mean" in self.found

    @cached_property
    def _amounts(self) -> dict[str, Floats]:
        """Totals by option and scenario."""
        every = self.facts.totals_of_options
        return {str(name): found.transpose("option", "scenario").values for name, found in every.data_vars.items()}

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Position of each option in the run."""
        return {str(option): row for row, option in enumerate(self.facts.totals_of_options["option"].values)}

    def is_zero(self, total: str, option: str) -> bool:
        """Whether a total of an option is 0 in every scenario."""
        return not self._amounts[total][self._rows[option]].any()

    def counted(self, total: str, option: str) -> Counted:
        """Count the scenarios in which an option has more, less and the same of a total as the baseline."""
        shares = (self.number(f"{total}_{word}", option) for word in ("dearer", "cheaper", "equal"))
        return Counted(*(round(share * self.facts.scenarios) for share in shares))

    def is_same(self, total: str, option: str) -> bool:
        """Whether an option has the same of a total as the baseline in every scenario."""
        return self.counted(total, option).same == self.facts.scenarios

    def is_same_area(self, total: str, option: str, area: str) -> bool:
        """Whether an area of an option has the same of a total as in the baseline in every scenario."""
        found = self.facts.every_option[f"{total}_by_area"].sel(area=area)
        own, other = (found.sel(option=name).values for name in (option, self.baseline))
        return bool((np.abs(own - other) <= ROUNDING * np.maximum(np.abs(own), np.abs(other))).all())

    def is_financed(self, option: str) -> bool:
        """Whether an option tells what a fund is asked for from what is paid."""
        every = self.facts.every_option
        if "option_is_financed" in every.coords:
            return bool(every["option_is_financed"].sel(option=option).item())
        return self.studies[option].agency_fee is not None

    def sign(self, total: str, option: str) -> int:
        """Tell whether an option has more (1) or less (-1) on average; 0 where the scenarios do not tell.

        They do where the mean is beyond two standard errors, and where they differ in one direction alone: a mean of
        heavy tails may have a large error, and its sign is known for all that.
        """
        mean, counted = self.mean(total, option), self.counted(total, option)
        if min(counted.more, counted.less) == 0 and max(counted.more, counted.less) >= _ONE_WAY:
            return 1 if counted.more else -1
        if counted.same == self.facts.scenarios or not mean.is_known or abs(mean.value) <= _CLEAR * mean.error:
            return 0
        return 1 if mean.value > 0.0 else -1

    def measured(self, name: str, option: str, **where: object) -> Measured:
        """Give a number of the comparison that has a Monte Carlo error."""
        at = {"option": option, **where}
        index = tuple(self._places[dimension][label] for dimension, label in at.items())
        return Measured(*(float(self._values[kind][index]) for kind in (name, f"{name}_error")))

    def number(self, name: str, option: str) -> float:
        """Give a number of the comparison."""
        return float(self._values[name][self._places["option"][option]])

    def mean(self, total: str, option: str, **where: object) -> Measured:
        """Mean difference to the baseline; the exact one where the scenarios cannot have seen the tail of it."""
        found = self.measured(f"{total}_difference_mean", option, **where)
        if self.is_mean_exact(total, option, **where):
            every = self.facts.every_option[f"expected_{total}"]
            own, other = (
                exact_mean(float(every.sel({"option": each, **where})), 0.0) for each in (option, self.baseline)
            )
            found = Measured(own.value - other.value, max(own.error, other.error))
        return replace(found, finest=self._finest(total))

    def is_mean_exact(self, total: str, option: str, **where: object) -> bool:
        """Whether a mean difference is the one that the plan knows, since the scenarios cannot have seen the tail."""
        name, every = f"expected_{total}", self.facts.every_option
        if self.facts.scenarios == 1 or name not in every:
            return False
        levels = every[name].sel({"option": [option, self.baseline], **where})
        known = self.measured(f"{total}_difference_mean", option, **where).is_known
        return not known and bool(np.isfinite(levels).all())

    def quantile(self, total: str, option: str, probability: float) -> Measured:
        """Quantile of the difference to the baseline."""
        levels = self.found["quantile"].values
        level = levels[abs(levels - probability).argmin()]
        found = self.measured(f"{total}_difference_quantile", option, quantile=float(level))
        return replace(found, finest=self._finest(total))

    def range(self, total: str, option: str) -> tuple[Measured, Measured]:
        """Range of the difference at the study's coverage."""
        facts = self.facts
        return self.quantile(total, option, facts.low), self.quantile(total, option, facts.high)

    def exact(self, total: str, value: float) -> Measured:
        """Give a difference of a total that is known without error, to be printed as the others are."""
        return Measured(value, 0.0, self._finest(total))

    def _finest(self, total: str) -> float:
        """Place at which differences of a total, or of its parts, end, whatever the years and the options.

        No mean difference that sentences say is left with less than two digits.
        """
        named, by, _ = total.partition("_by_")
        base, prices, _ = totals.parts(named)
        key = f"difference {total if by else base} {prices}"
        if key not in self._finest_known:
            means = f"{total}_difference_mean"
            if by:
                self._finest_known[key] = finest_of((*self._cells(means), *self._cells(f"{base}_difference_mean")))
                return self._finest_known[key]
            names = self.spans(base if prices == "constant" else f"{base}_{prices}")
            kinds = (f"{name}_difference_{kind}" for name in names for kind in ("quantile", "mean"))
            place = finest_of(cell for kind in kinds for cell in self._cells(kind))
            said = self._cells(f"{names[-1]}_difference_mean")
            told = [Decimal(repr(value)) for value, error in said if abs(value) > _CLEAR * error]
            least = min((float(Decimal(1).scaleb(value.adjusted() - 1)) for value in told), default=place)
            self._finest_known[key] = min(place, least)
        return self._finest_known[key]

    @cached_property
    def _finest_known(self) -> dict[str, float]:
        """Places that were asked for: those of another baseline are others."""
        return {}

    def _cells(self, name: str) -> list[tuple[float, float]]:
        """Give figures of all options with their errors."""
        return list(zip(*(self._values[of].ravel().tolist() for of in (name, f"{name}_error")), strict=True))

    def ceased(self, option: str) -> tuple[Ceased, ...]:
        """Payments that an option no longer makes of components that it shares with the baseline, the largest first."""
        if "payments_ceased" not in self.found:
            return ()
        row = self._places["option"][option]
        components = [str(component) for component in self.found["component"].values]
        named = self.facts.every_option.coords.get("component_name")
        names = components if named is None else [str(name) for name in named.values]
        bases = [base for base in self.bases if f"payments_ceased_{base}" in self.found]
        found = [
            Ceased(
                component,
                names[place],
                float(self._values["payments_ceased"][row, place]),
                {base: float(self._values[f"payments_ceased_{base}"][row, place]) for base in bases},
            )
            for place, component in enumerate(components)
        ]
        return tuple(
            sorted((each for each in found if each.payments), key=lambda each: -abs(each.money.get("cost", 0.0)))
        )

    def share(self, total: str, option: str, word: str) -> str:
        """Share of scenarios in which an option is "dearer", "cheaper" or "equal"; "none" and "all" where it is so."""
        found = self.measured(f"{total}_{word}", option)
        return {0.0: "none", 1.0: "all"}.get(found.value) or percent(*found)

    def in_scenarios(self, total: str, option: str) -> str:
        """Say in how many scenarios an option has more, less and the same: "more in 51 of the 100 scenarios, ..."."""
        scenarios = self.facts.scenarios
        parts = [
            (word, number)
            for word, number in zip(("more", "less", "the same"), self.counted(total, option), strict=True)
            if number
        ]
        if len(parts) == 1:
            return f"{parts[0][0]} in {all_of(scenarios)}"
        (word, number), *others = parts
        rest = "".join(f", {name} in {count(found)}" for name, found in others)
        return f"{word} in {count(number)} of the {count(scenarios)} scenarios{rest}"


def comparison_of(facts: Facts) -> Comparison | None:
    """Give the comparison of a run with the study as written, asked once for all outputs; None of one option."""
    if facts.every_option.sizes["option"] < 2:
        return None
    if "comparison" not in facts.made:
        facts.made["comparison"] = Comparison(facts, breakdowns=("area",))
    found: Comparison = facts.made["comparison"]
    return found


def signed(text: str) -> str:
    """Put a plus before an amount that is positive.

    Examples
    --------
    >>> signed("12.5"), signed("0"), signed("< 10")
    ('+12.5', '0', '< 10')
    """
    return f"+{text}" if text[:1].isdigit() and text.strip("0.,") else text
