"""The data of a report: the study, its run, and what the analysis finds, each computed once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from popsim import analysis, schema
from popsim.analysis.by_country import attached_countries
from popsim.analysis.by_output import over_outputs, read_values
from popsim.analysis.door import dataset_of
from popsim.analysis.order import quantile_with_error, share_error
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError
from popsim.report.comparison import Comparison
from popsim.report.counts import Counts, counted
from popsim.report.estimates import Estimates, Measured, exact_mean, once
from popsim.report.language import current
from popsim.report.language import gettext as _
from popsim.report.numbers import (
    Printed,
    amount,
    finest_of,
    interval,
    money,
    money_range,
    scale_of,
    unit_and_prices,
    unit_for,
    unit_words,
)
from popsim.report.prose import Prose
from popsim.report.study_names import in_language, with_names
from popsim.report.words import country
from popsim.study.model import Study

if TYPE_CHECKING:
    from popsim.report.document import Section
    from popsim.report.live import Live

CONFIDENCE = 0.80
"""The confidence at which the report names a budget."""
WIDTHS = ("independent", "study", "fully_dependent")
"""Assumptions on the dependence between countries whose widths are compared."""
_NOT_GROUPS = ("area", "component", "basis", "width", "year", "country")
_text = Prose("shared")


def about_means(exact: bool, unknown: bool) -> str:
    """Describe in a caption that some means are exact, and that others are n/a; "" where neither is so."""
    return _text("about_means", exact=exact, unknown=unknown)


@dataclass(frozen=True)
class ReportData:
    """A study, its run for one option, the summary, the unit of amounts in the report, and the run of all options."""

    study: Study
    dataset: xr.Dataset
    summary: xr.Dataset
    unit: str
    every_option: xr.Dataset
    every_summary: xr.Dataset | None = None
    """The summary of all options, where it was computed before."""
    joint: xr.Dataset | None = None
    """Some scenarios in fine detail (`popsim.engine.joint`), where the run has them."""

    @cached_property
    def sections(self) -> dict[str, Section | None]:
        """Sections that were written before, by language and function: page and terminal show the same."""
        return {}

    @cached_property
    def live_pages(self) -> dict[str, Live]:
        """What the page computes with, by the code of its language."""
        return {}

    @cached_property
    def in_languages(self) -> dict[str, ReportData]:
        """The same with the study's names in another language, by its code: all formats use one."""
        return {}

    @cached_property
    def comparison(self) -> Comparison | None:
        """All options compared with the full programme, once for all outputs; None of one option."""
        return Comparison(self, breakdowns=("area",)) if self.every_option.sizes["option"] > 1 else None

    @cached_property
    def estimates(self) -> Estimates:
        """The summary, by label."""
        return Estimates(self.summary)

    @property
    def coverage(self) -> float:
        """Coverage of every range in the report."""
        return self.study.coverage

    @property
    def interval(self) -> str:
        """The words "90 % interval"."""
        return interval(self.coverage)

    @property
    def low(self) -> float:
        """Probability of the lower end of a range."""
        return (1.0 - self.coverage) / 2.0

    @property
    def high(self) -> float:
        """Probability of the upper end of a range."""
        return (1.0 + self.coverage) / 2.0

    @property
    def prices(self) -> str:
        """The words "constant 2025 prices"."""
        return _("constant %(year)s prices", year=self.study.price_year)

    @property
    def unit_and_prices(self) -> str:
        """Unit and price year, as on an axis or in the heading of a table."""
        return unit_and_prices(self.unit, self.study.price_year)

    @property
    def unit_words(self) -> str:
        """Unit of the amounts in words; `unit` itself is a key."""
        return unit_words(self.unit)

    @property
    def scenarios(self) -> int:
        """Number of scenarios of the run."""
        return int(self.dataset.sizes["scenario"])

    @property
    def replicates(self) -> int:
        """Number of independent scramblings from whose spread errors are estimated; 1 for single scenarios."""
        return int(self.dataset.attrs.get("replicates", 1))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Names of the breakdowns by one grouping of countries."""
        names = [str(name) for name in self.dataset.data_vars if str(name).startswith("cost_by_")]
        dims = {name.removeprefix("cost_by_"): self.dataset.variables[name].dims for name in names}
        return tuple(by for by, along in dims.items() if len(along) == 3 and along[-1] == by and by not in _NOT_GROUPS)

    @property
    def is_known(self) -> bool:
        """Whether the scenarios suffice for the ends of the range of every total."""
        return all(end.is_known for total in self.totals for end in self.range(total))

    @property
    def is_certain(self) -> bool:
        """Whether every scenario gives the same, for every total."""
        return self.is_known and all(self.counted(total).all_equal for total in self.totals)

    @once
    def counts_nothing_uncertain(self, total: str) -> bool:
        """Whether a total has no spread in the model itself, however many scenarios are run."""
        known = analysis.exact_moments(replace(self.study, options=()))
        is_paid_as_known = total.startswith("cost") or not self.uncertain_financing
        return is_paid_as_known and bool((known["exact_std"] == 0.0).all())

    @cached_property
    def uncertain_financing(self) -> tuple[str, ...]:
        """Which of "cofinancing", "materialised" and "agency_fee" are uncertain in the study."""
        from popsim.plan.financing import uncertain_parts

        return uncertain_parts(self.study)

    @cached_property
    def share_financed(self) -> tuple[Measured, Measured] | None:
        """Ends of the range of what is to be financed of the cost of a scenario, as a share of it.

        None where a scenario costs nothing, or the scenarios are too few for these ends.
        """
        cost = self._scenarios_of("cost")
        if not (self.is_known and (cost > 0.0).all()):
            return None
        share = self._scenarios_of("financing_need") / cost
        ends, errors = quantile_with_error(share[np.newaxis], np.array([self.low, self.high]))
        (low, high), (low_error, high_error) = ends[0].tolist(), errors[0].tolist()
        return Measured(low, low_error), Measured(high, high_error)

    @once
    def counted(self, total: str) -> Counts:
        """Count the scenarios below, inside and above the range of a total."""
        return counted(self.dataset, total, str(self.dataset["option"].values[0]), self.coverage)

    def _covers(self, total: str, amount: float) -> Any:
        """Whether an amount covers each scenario; equal but for rounding is covered."""
        return self._scenarios_of(total) <= amount + 1e-12 * abs(amount)

    def _scenarios_of(self, total: str) -> Floats:
        """Return the scenarios of a total."""
        return read_values(self.dataset[total].isel(option=0))

    def covered(self, total: str, amount: float) -> int:
        """Count the scenarios that an amount covers."""
        return int(self._covers(total, amount).sum())

    def sureness(self, total: str, amount: float) -> Measured:
        """Share of the scenarios that an amount covers, with its error."""
        enough = self._covers(total, amount)
        return Measured(float(enough.mean()), float(share_error(enough, self.replicates).squeeze()))

    def of(self, option: str) -> ReportData:
        """Totals of one option of the run, in the same unit."""
        totals, summary = self.totals_of_options, self._summary_of_options
        known = [f"expected_{name}" for name in totals.data_vars if f"expected_{name}" in self.every_option]
        alone = gather(self.study, totals.assign(self.every_option[known].data_vars).sel(option=[option]), summary)
        return replace(alone, unit=self.unit, every_option=self.every_option)

    @cached_property
    def totals_of_options(self) -> xr.Dataset:
        """Totals of all options, also those of all years together."""
        return self.every_option[[name for name in schema.TOTALS if name in self.every_option]]

    @cached_property
    def _summary_of_options(self) -> xr.Dataset:
        """Summary of the totals of all options."""
        if self.every_summary is None:
            return analysis.summarise(self.totals_of_options, self.coverage)
        kinds = [f"_{kind}{error}" for kind in ("quantile", "mean", "std") for error in ("", "_error")]
        return self.every_summary[[f"{name}{kind}" for name in self.totals_of_options.data_vars for kind in kinds]]

    def totals_by(self, by: str) -> tuple[str, ...]:
        """Return the totals whose ranges by a breakdown are known; of countries a run may keep these alone."""
        return tuple(total for total in self.totals if f"{total}_by_{by}_mean" in self.summary)

    def has(self, name: str) -> bool:
        """Whether the run has this variable."""
        return name in self.dataset.data_vars

    def quantile(self, name: str, probability: float, **where: object) -> Measured:
        """Quantile of a variable of the run, at labels of its other dimensions."""
        return replace(self.estimates.quantile(name, probability, **where), finest=self.finest(name))

    def mean(self, name: str, **where: object) -> Measured:
        """Mean of a variable: over the scenarios, or the exact one where these cannot have seen the tail."""
        if self.is_mean_exact(name):
            expected = self.dataset[f"expected_{name}"].squeeze("option", drop=True)
            return exact_mean(float(expected.sel(where)), self.finest(name))
        return self.mean_of_scenarios(name, **where)

    def mean_of_scenarios(self, name: str, **where: object) -> Measured:
        """Mean over the scenarios."""
        return replace(self.estimates.at(f"{name}_mean", **where), finest=self.finest(name))

    def is_mean_exact(self, name: str) -> bool:
        """Whether the means of a variable are those computed by formula, since scenarios cannot have seen the tail.

        A total and its parts by area have them together: their means add up.
        """
        return self.has(f"expected_{name}") and self._is_total_exact(name.partition("_by_")[0])

    @once
    def _is_total_exact(self, total: str) -> bool:
        unseen = any(map(self.unseen, (total, f"{total}_by_area")))
        return unseen and bool(np.isfinite(self.dataset[f"expected_{total}"]).all())

    def about_means(self, *names: str) -> str:
        """Describe which means are exact, and why others are n/a; "" where the scenarios show all of them."""
        exact = [name for name in names if self.is_mean_exact(name)]
        unknown = any(self.unseen(name) for name in names if name not in exact)
        return about_means(bool(exact), unknown)

    def std(self, name: str) -> Measured:
        """Spread over the scenarios: their standard deviation."""
        return self.estimates.at(f"{name}_std")

    def unseen(self, name: str, statistic: str = "mean") -> str:
        """Why a mean or a standard deviation has no error: "the sample cannot have seen the tail"; "" where it has."""
        error = f"{name}_{statistic}_error"
        if error not in self.summary or not np.isinf(self.summary[error].values).any():
            return ""
        return str(self.summary[error].attrs.get("infinite_because", ""))

    def finest(self, name: str) -> float:
        """Place value at which every figure of a variable ends, so that it is rounded alike in the whole report.

        Totals within the years of the study end at one place, with those of all options; so do totals after these
        years, and all cells of one breakdown.
        """
        return self._finest(_rounded_with(name))

    @once
    def _finest(self, group: str) -> float:
        estimates = self.estimates if group.startswith("by_") else Estimates(self._summary_of_options)
        names = [str(name).rpartition("_") for name in estimates.dataset.data_vars]
        return finest_of(
            cell
            for name, _, kind in names
            if kind in {"quantile", "mean"} and name.startswith(schema.TOTAL_BASES) and _rounded_with(name) == group
            for cell in estimates.cells(f"{name}_{kind}")
        )

    def range(self, name: str, **where: object) -> tuple[Measured, Measured]:
        """Lower and upper end at the study's coverage."""
        return self.quantile(name, self.low, **where), self.quantile(name, self.high, **where)

    def money(self, measured: Measured) -> Printed:
        """Amount with its unit."""
        return money(measured.value, measured.error, self.unit, measured.finest)

    def money_range(self, low: Measured, high: Measured) -> str:
        """Range with its unit."""
        finest = max(low.finest, high.finest)
        return money_range(low.value, low.error, high.value, high.error, self.unit, finest)

    def amount(self, measured: Measured) -> Printed:
        """Amount without its unit."""
        return amount(measured.value, measured.error, self.unit, measured.finest)

    def amounts(self, *cells: Measured) -> tuple[Printed, ...]:
        """Amounts without their unit, each as it is printed everywhere."""
        return tuple(map(self.amount, cells))

    def aligned(self, *cells: Measured) -> tuple[Measured, ...]:
        """Return figures of one column with one precision."""
        finest = finest_of(cells)
        return tuple(replace(cell, finest=finest) for cell in cells)

    def on_axis(self, value: float) -> float:
        """Value in the unit of the axes."""
        return value / scale_of(self.unit)

    @cached_property
    def is_financed(self) -> bool:
        """Whether the option has a financing need of its own beside its cost."""
        coordinate = "option_is_financed"
        return coordinate not in self.dataset.coords or bool(self.dataset.variables[coordinate].values[0])

    @property
    def totals(self) -> tuple[str, ...]:
        """Cost and, where the option has one, the financing need: the headline first."""
        wanted = schema.TOTAL_BASES if self.is_financed else ("cost",)
        present = [name for name in wanted if self.has(name)]
        return tuple(sorted(present, key=lambda name: name != self.study.headline))

    @property
    def every_total(self) -> tuple[str, ...]:
        """Every total of the run, in all prices and years, those of the headline first."""
        present = [name for name in schema.TOTALS if self.has(name) and name.startswith(self.totals)]
        return tuple(sorted(present, key=lambda name: not name.startswith(self.first)))

    @property
    def first(self) -> str:
        """The total that the report names first."""
        return self.totals[0]

    @cached_property
    def widths(self) -> dict[str, Measured]:
        """Widths of the range of the cost by assumption on dependence; empty where the run lacks one."""
        if self.is_certain or not all(map(self.has, schema.EXTREMES)):
            return {}
        effect = analysis.dependence_effect(self.dataset, self.coverage).squeeze("option", drop=True)
        widths = [Estimates(effect).at("width", assumption=each) for each in WIDTHS]
        return dict(zip(WIDTHS, self.aligned(*widths), strict=True)) if all(each.is_known for each in widths) else {}

    @cached_property
    def variance_by_width(self) -> xr.Dataset | None:
        """Shares of the variance of the cost by what widths rest on; None where it is not known."""
        if self.is_certain or self.scenarios < 2 or not self.has("cost_by_width"):
            return None
        found = analysis.variance_shares(self.dataset[["cost", "cost_by_width"]], by="width")
        return found.squeeze("option", drop=True)

    def budget_for(self, confidence: float, total: str = "cost") -> Measured:
        """Amount that suffices for a total with this confidence."""
        try:
            budget = analysis.budget_for(self.dataset, confidence, total)
        except ParameterError:  # the scenarios are too few for this confidence
            return Measured(math.inf, math.inf)
        return Measured(budget["amount"].item(), budget["amount_error"].item(), self.finest(total))

    @once
    def enough_for(self, total: str) -> Measured:
        """Amount that suffices for a total with the confidence at which the report names a budget."""
        amount = self.budget_for(CONFIDENCE, total)
        return amount if amount.is_known else Measured(self.quantile(total, CONFIDENCE).value, math.inf)

    @property
    def enough(self) -> Measured:
        """Budget for the first total."""
        return self.enough_for(self.first)

    def point(self, total: str) -> float | None:
        """Point estimate of a total; None where the run has none."""
        name = schema.point_estimate_name(total)
        return float(self.dataset[name].squeeze().item()) if self.has(name) else None

    def beside_median(self, value: float, name: str, **where: object) -> Measured:
        """Return a figure that is exact, such as a point estimate, with the precision of the median beside it.

        It is printed in full where the scenarios are too few for a median.
        """
        median = self.quantile(name, 0.5, **where)
        return Measured(value, median.error if median.is_known else 0.0, median.finest)

    def points_by(self, total: str, by: str) -> dict[object, float]:
        """Point estimates of a total by a breakdown; empty where the run has none."""
        name = schema.point_estimate_name(f"{total}_by_{by}")
        if not self.has(name):
            return {}
        points = self.dataset[name].squeeze("option", drop=True)
        return dict(zip(points[by].values.tolist(), points.values.tolist(), strict=True))


def _rounded_with(name: str) -> str:
    """Return the group of variables with which one is rounded: a breakdown, totals within or after the years."""
    total, by, grouping = name.partition("_by_")
    return f"by_{grouping}" if by else "after" if total.endswith("_after_horizon") else "total"


def names_of(dataset: xr.Dataset, dim: str) -> dict[object, str]:
    """Return the names of the labels of a dimension, with the label where several have one name; empty without names.

    Examples
    --------
    >>> names = {"country_name": ("country", ["Land A", "Land A", "Land B"])}
    >>> names_of(xr.Dataset(coords={"country": ["007", "30", "BBB"], **names}), "country")
    {'007': 'Land A (007)', '30': 'Land A (30)', 'BBB': 'Land B'}
    """
    # Asked with `in` first: xarray looks for similar names when it has none, which takes long.
    if f"{dim}_name" not in dataset.coords or dataset[f"{dim}_name"].dims != (dim,):
        return {}
    names = [str(name) for name in dataset[f"{dim}_name"].values]
    labels = dataset[dim].values.tolist()
    if dim == "country":
        names = [country(str(label), name) for label, name in zip(labels, names, strict=True)]
    return {
        label: f"{name} ({label})" if names.count(name) > 1 else name for label, name in zip(labels, names, strict=True)
    }


def gather(
    study: Study, dataset: xr.Dataset, summary: xr.Dataset | None = None, joint: xr.Dataset | None = None
) -> ReportData:
    """Return the data of a report, summarised by the analysis.

    Parameters
    ----------
    study
        The study as run.
    dataset
        Its run; of several options, the report is about "full" and compares the others with it.
    summary
        What `summarise` returns for the dataset at the study's coverage; None to compute it now.
    joint
        Some scenarios in fine detail, as a run has them; None where there are none.

    Returns
    -------
    ReportData
        With the study's names in the current language, where it has translations of them.

    Raises
    ------
    RunError
        When the dataset lacks ``cost``, or has no scenario, no option "full" among several, or an option twice.
    """
    dataset = dataset_of(dataset)
    problems = []
    options = [str(option) for option in dataset["option"].values] if "option" in dataset.dims else []
    if "cost" not in dataset.data_vars or {"option", "scenario"} - set(dataset["cost"].dims):
        problems.append(Problem("dataset", (), "no cost (option, scenario)", "a run of popsim", "see popsim.simulate"))
    elif len(options) != 1 and schema.FULL not in options:
        names = ", ".join(options) or "no option"
        problems.append(Problem("dataset", ("option",), names, f'an option "{schema.FULL}", the full programme'))
    elif len(set(options)) < len(options):
        problems.append(Problem("dataset", ("option",), ", ".join(options), "each option once"))
    elif dataset.sizes["scenario"] < 1:
        problems.append(Problem("dataset", ("scenario",), "no scenario", "at least one scenario"))
    if problems:
        raise RunError(problems)
    dataset = _with_all_years(dataset)
    place = options.index(schema.FULL) if len(options) > 1 else 0
    chosen = dataset.isel(option=slice(place, place + 1))
    every_summary = summary
    if summary is None:
        wanted = (*schema.TOTALS, *schema.EXTREMES)
        breakdowns = tuple(f"{base}_by_" for base in schema.TOTAL_BASES)
        spoken = [name for name in map(str, chosen.data_vars) if name in wanted or name.startswith(breakdowns)]
        summary = analysis.summarise(chosen[spoken], study.coverage)
    else:
        new = [name for name in schema.TOTALS if name in dataset and f"{name}_mean" not in summary]
        every_summary = summary.assign(analysis.summarise(dataset[new], study.coverage).data_vars) if new else summary
        summary = every_summary.sel(option=chosen["option"])
    summary = _with_countries(summary.squeeze("option", drop=True), dataset)
    largest = float(summary["cost_quantile"].max())
    if len(options) > 1:
        # An option may cost a thousand times what the full programme does; the smaller stand in its unit.
        cost, level = dataset["cost"].transpose(..., "scenario"), (1.0 + study.coverage) / 2.0
        found = over_outputs(cost, lambda values: {"high": np.quantile(values, level, axis=-1)})
        largest = max(largest, float(found["high"].max()))
    data = ReportData(study, chosen, summary, unit_for(largest, study.currency), dataset, every_summary, joint)
    return data_in_language(study, dataset, data)


def data_in_language(study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> ReportData:
    """Return the data of a report with the study's names in the current language.

    Parameters
    ----------
    study, dataset
        The study as run, and its run.
    data
        What `gather` returned for them, perhaps in another language; None to compute it now.
    """
    if data is None:
        return gather(study, dataset)
    code = current().code
    names = dict(dict(data.study.translations).get(code, ()))
    if not names:
        return data
    if code not in data.in_languages:
        every = data.every_summary
        data.in_languages[code] = replace(
            data,
            study=in_language(data.study, code),
            dataset=with_names(data.dataset, names),
            summary=with_names(data.summary, names),
            every_option=with_names(data.every_option, names),
            every_summary=None if every is None else with_names(every, names),
            joint=None if data.joint is None else with_names(data.joint, names),
        )
    return data.in_languages[code]


def _with_countries(summary: xr.Dataset, dataset: xr.Dataset) -> xr.Dataset:
    """Add the ranges of countries that a run keeps, where it has no scenarios of countries."""
    found = attached_countries(dataset)
    if found is None or "cost_by_country_mean" in summary:
        return summary
    # Groups of countries are coordinates of them, but dimensions of the summary.
    return summary.assign(found.reset_coords(drop=True).data_vars)


def _with_all_years(dataset: xr.Dataset) -> xr.Dataset:
    """Add the totals of all years, but where nothing is paid after the last year: there they are the totals."""
    whole = analysis.with_all_years(dataset)
    same = [
        total.name
        for total in schema.TOTALS.values()
        if total.span == "all_years"
        and total.name not in dataset
        and total.name.replace("_all_years", "_after_horizon") not in dataset
    ]
    return whole.drop_vars(same, errors="ignore")
