"""The options of a run compared with one of them, once, in the words of the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from popsim import analysis
from popsim.report import totals
from popsim.report.estimates import Estimates, Measured, exact_mean, once
from popsim.report.language import current
from popsim.report.language import gettext as _
from popsim.report.numbers import Printed, finest_of, percent
from popsim.schema import FULL, FULL_NAME, TOTAL_BASES
from popsim.study.model import Study

if TYPE_CHECKING:
    from popsim.report.data import ReportData

_ONE_WAY = 20
"""Scenarios that differ in one direction alone, and so show its sign: by chance with a probability of 2 in 2**20."""
_CLEAR = 2.0
"""Standard errors beyond which the sign of a mean difference is known."""
_NAMES_OF_FULL = (FULL, FULL_NAME, "As the study is written")
"""What runs call the full programme themselves, the last of them those of version 0.1."""


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

    data: ReportData
    baseline: str = FULL
    breakdowns: tuple[str, ...] | None = None
    """Groupings by which differences are broken down; None for all of the run."""

    @cached_property
    def differences(self) -> xr.Dataset:
        """The differences that the analysis finds.

        Raises
        ------
        ParameterError
            When the run has one option.
        UnknownNameError
            When the baseline is none of its options.
        """
        every = self.data.every_option
        wanted = [
            str(name)
            for name in every.data_vars
            if ("scenario" in every.variables[name].dims and self._is_wanted(str(name).partition("_by_")[2]))
            or str(name).startswith(("planned_", "expected_"))
        ]
        together = every[wanted].assign(self.data.totals_of_options.data_vars)
        return analysis.compare(together, self.baseline, self.data.coverage)

    def _is_wanted(self, grouping: str) -> bool:
        return bool(grouping) and (self.breakdowns is None or grouping in self.breakdowns)

    @cached_property
    def estimates(self) -> Estimates:
        """The differences by label."""
        return Estimates(self.differences)

    @property
    def options(self) -> tuple[str, ...]:
        """Every option but the baseline, in the order of the run."""
        return tuple(str(option) for option in self.differences["option"].values)

    @property
    def all_options(self) -> tuple[str, ...]:
        """Every option, the baseline first."""
        return (self.baseline, *self.options)

    @property
    def names(self) -> dict[str, str]:
        """Name of each option, from the study, else from the run; the full programme in the current language."""
        names = dict(self._names_of_run)
        if names.get(FULL) in _NAMES_OF_FULL:
            names[FULL] = full_name()
        return names | {option.id: option.name for option in self.data.study.options}

    @cached_property
    def _names_of_run(self) -> dict[str, str]:
        return _names(self.data.every_option, "option")

    @cached_property
    def areas(self) -> dict[str, str]:
        """Name of each area of the run, also of those that an option alone has."""
        return _names(self.data.every_option, "area") | {area.id: area.name for area in self.data.study.areas}

    @cached_property
    def rationales(self) -> dict[str, str]:
        """Why each option is looked at, where the study says so."""
        return {option.id: option.rationale for option in self.data.study.options}

    @cached_property
    def studies(self) -> dict[str, Study]:
        """The study that each option is; the full programme where the study does not know the option."""
        own = {option.id: option.study for option in self.data.study.options}
        return {option: own.get(option, self.data.study) for option in self.all_options}

    @cached_property
    def levels(self) -> dict[str, ReportData]:
        """Totals of each option."""
        return {option: self.data.of(option) for option in self.all_options}

    @property
    def bases(self) -> tuple[str, ...]:
        """Cost and, where an option has one, financing need: the headline of the study first."""
        present = [base for base in TOTAL_BASES if self.has(base)]
        return tuple(sorted(present, key=lambda base: base != self.data.study.headline))

    def spans(self, total: str) -> tuple[str, ...]:
        """Return a total within the study's years, after them and in all years; alone where nothing falls later."""
        after, whole = f"{total}_after_horizon", f"{total}_all_years"
        return (total, after, whole) if self._is_ever_late(total) else (total,)

    @once
    def _is_ever_late(self, total: str) -> bool:
        known, after = self.data.totals_of_options, f"{total}_after_horizon"
        return after in known and f"{total}_all_years" in known and bool(known[after].any())

    def whole(self, total: str) -> str:
        """Return the name of the total in all years."""
        return self.spans(total)[-1]

    def has(self, total: str) -> bool:
        """Whether the run holds this total, or this breakdown."""
        return f"{total}_difference_mean" in self.differences

    def is_zero(self, total: str, option: str) -> bool:
        """Whether a total of an option is 0 in every scenario."""
        return not self.data.totals_of_options[total].sel(option=option).any()

    def counted(self, total: str, option: str) -> Counted:
        """Count the scenarios in which an option has more, less and the same of a total as the baseline."""
        shares = (self.number(f"{total}_{word}", option) for word in ("dearer", "cheaper", "equal"))
        return Counted(*(round(share * self.data.scenarios) for share in shares))

    def is_same(self, total: str, option: str) -> bool:
        """Whether an option has the same of a total as the baseline in every scenario."""
        return self.counted(total, option).same == self.data.scenarios

    def is_same_area(self, total: str, option: str, area: str) -> bool:
        """Whether an area of an option has the same of a total as in the baseline in every scenario."""
        # Differences by rounding alone are exactly 0.
        statistics = (f"{total}_by_area_difference_{statistic}" for statistic in ("mean", "std"))
        return all(self.estimates.number(name, option=option, area=area) == 0.0 for name in statistics)

    def is_financed(self, option: str) -> bool:
        """Whether an option distinguishes what a fund is asked for from what is paid."""
        every = self.data.every_option
        if "option_is_financed" in every.coords:
            return bool(every["option_is_financed"].sel(option=option).item())
        return self.studies[option].agency_fee is not None

    def sign(self, total: str, option: str) -> int:
        """Return whether an option has more (1) or less (-1) on average; 0 where the scenarios do not show it.

        They do where the mean is beyond two standard errors, and where they differ in one direction alone: a mean of
        heavy tails may have a large error, and its sign is known nevertheless.
        """
        mean, counted = self.mean(total, option), self.counted(total, option)
        if min(counted.more, counted.less) == 0 and max(counted.more, counted.less) >= _ONE_WAY:
            return 1 if counted.more else -1
        if counted.same == self.data.scenarios or not mean.is_known or abs(mean.value) <= _CLEAR * mean.error:
            return 0
        return 1 if mean.value > 0.0 else -1

    def measured(self, name: str, option: str, **where: object) -> Measured:
        """Return a number of the comparison and its Monte Carlo error."""
        return self.estimates.at(name, option=option, **where)

    def number(self, name: str, option: str) -> float:
        """Return a number of the comparison."""
        return self.estimates.number(name, option=option)

    def mean(self, total: str, option: str, **where: object) -> Measured:
        """Mean difference to the baseline; the exact one where the scenarios cannot have seen the tail of it."""
        mean = self.measured(f"{total}_difference_mean", option, **where)
        if self.is_mean_exact(total, option, **where):
            every = self.data.every_option[f"expected_{total}"]
            own, other = (exact_mean(float(every.sel({"option": each, **where}))) for each in (option, self.baseline))
            mean = Measured(own.value - other.value, max(own.error, other.error))
        return replace(mean, finest=self._finest(total))

    def is_mean_exact(self, total: str, option: str, **where: object) -> bool:
        """Whether a mean difference is the one that the plan knows, since the scenarios cannot have seen the tail."""
        name, every = f"expected_{total}", self.data.every_option
        if self.data.scenarios == 1 or name not in every:
            return False
        if self.measured(f"{total}_difference_mean", option, **where).is_known:
            return False
        return bool(np.isfinite(every[name].sel({"option": [option, self.baseline], **where})).all())

    def quantile(self, total: str, option: str, probability: float) -> Measured:
        """Quantile of the difference to the baseline."""
        quantile = self.estimates.quantile(f"{total}_difference", probability, option=option)
        return replace(quantile, finest=self._finest(total))

    def range(self, total: str, option: str) -> tuple[Measured, Measured]:
        """Range of the difference at the study's coverage."""
        data = self.data
        return self.quantile(total, option, data.low), self.quantile(total, option, data.high)

    def exact(self, total: str, value: float) -> Measured:
        """Return a difference of a total that is known without error, printed as finely as the others."""
        return Measured(value, 0.0, self._finest(total))

    @once
    def _finest(self, total: str) -> float:
        """Place at which differences of a total, or of its parts, end, whatever the years and the options.

        No mean difference in a sentence is left with less than two digits.
        """
        cells = self.estimates.cells
        total, by, grouping = total.partition("_by_")
        base, prices, _ = totals.parts(total)
        if by:
            return finest_of(cells(f"{total}_by_{grouping}_difference_mean") + cells(f"{base}_difference_mean"))
        names = self.spans(base if prices == "constant" else f"{base}_{prices}")
        kinds = [f"{name}_difference_{kind}" for name in names for kind in ("quantile", "mean")]
        place = finest_of(cell for kind in kinds for cell in cells(kind))
        clear = [value for value, error in cells(f"{names[-1]}_difference_mean") if abs(value) > _CLEAR * error]
        return min([place, *(float(Decimal(1).scaleb(Decimal(repr(value)).adjusted() - 1)) for value in clear)])

    @once
    def ceased(self, option: str) -> tuple[Ceased, ...]:
        """Payments that an option no longer makes of components that it shares with the baseline, the largest first."""
        if "payments_ceased" not in self.differences:
            return ()
        bases = [base for base in self.bases if f"payments_ceased_{base}" in self.differences]

        def number(component: str, of: str = "") -> float:
            return self.estimates.number(f"payments_ceased{of}", option=option, component=component)

        ceased = [
            Ceased(component, name, number(component), {base: number(component, f"_{base}") for base in bases})
            for component, name in _names(self.data.every_option, "component").items()
        ]
        changed = [each for each in ceased if each.payments]
        return tuple(sorted(changed, key=lambda each: -abs(each.money.get("cost", 0.0))))

    def share(self, total: str, option: str, word: str) -> str:
        """Share of scenarios in which an option is "dearer", "cheaper" or "equal"; 0 and 100 % only where it is so."""
        share = self.measured(f"{total}_{word}", option)
        return percent(share.value, 0.0 if share.value in {0.0, 1.0} else share.error)


def _names(dataset: xr.Dataset, dim: str) -> dict[str, str]:
    """Return the name of each label of a dimension, or the label itself."""
    labels = [str(label) for label in dataset[dim].values] if dim in dataset.coords else []
    names = dataset[f"{dim}_name"].values if f"{dim}_name" in dataset.coords else labels
    return dict(zip(labels, map(str, names), strict=True))


def full_name() -> str:
    """Return what the study without any option is called among options.

    Examples
    --------
    >>> full_name()
    'Full programme'
    """
    return _("Full programme")


def signed(text: str) -> str:
    """Put a plus before an amount that is positive.

    Examples
    --------
    >>> signed("12.5"), signed("0"), signed("< 10")
    ('+12.5', '0', '< 10')
    """
    if not text[:1].isdigit() or not text.strip("0.,"):
        return text
    with_sign = f"{current().signs.before}+{text}"
    # A printed number stays one, so that a workbook has the number and not its text.
    return Printed(with_sign, text.value, text.kind) if isinstance(text, Printed) else with_sign
