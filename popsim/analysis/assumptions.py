"""Which assumptions matter: what the range does when each is changed, on common random numbers.

An assumption is changed in one of two ways. Within its own uncertainty: an amount that is drawn once for all countries,
or the level that the costs, needs or delays of all countries have in common, is fixed at its 5th and at its 95th
percentile while all else is drawn as before. By alternatives that the study states: its tables ``[[what_if]]``.

Every run has the scenarios of the full programme, number for number, so that a difference is due to the change. What
changes one area alone is drawn for that area alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.compare import ROUNDING
from popsim.analysis.door import check_probability, study_of
from popsim.analysis.order import Moments
from popsim.arguments import check_callable, check_threads
from popsim.arrays import Floats
from popsim.engine.fixed import FixedRuns, run_together
from popsim.engine.simulation import provenance
from popsim.errors import ParameterError, Problem, kind_of
from popsim.plan import compile as compile_plan
from popsim.plan.common_scores import CommonScore, common_scores
from popsim.plan.lowering import compile_draws
from popsim.plan.model import Plan
from popsim.sampling import Sampling
from popsim.schema import FULL, FULL_NAME
from popsim.study.model import Study, WhatIf

if TYPE_CHECKING:
    from popsim.engine.runs import Run

SCENARIOS = 2_048
"""Scenarios of each run unless stated."""
FIXED_AT = (0.05, 0.95)
"""Percentiles at which an uncertain amount is fixed."""
ENOUGH = 0.8
"""Confidence of the amount that is shown beside the range."""
KINDS = ("written", "own", "stated")
"""What a case is: the full programme, an uncertain amount that is fixed, or a stated alternative."""

_DRAWN = ("cost", "cost_after_horizon", "financing_need", "financing_need_after_horizon")
"""Totals of every run, in the order in which they are read."""

Totals = dict[str, Floats]


def assumptions(
    study: Run | Study,
    *,
    scenarios: int = SCENARIOS,
    seed: int | None = None,
    coverage: float | None = None,
    own: bool = True,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Return what the range does when each assumption of a study is changed.

    Parameters
    ----------
    study
        A study, or a run, whose study it is. Its design is not used: scenarios are independent.
    scenarios
        Of each run.
    seed
        0 to 2**64 - 1; None for that of the study.
    coverage
        Of the range, in (0, 1); None for that of the study.
    own
        Whether uncertain amounts are fixed as well; False for the alternatives that the study states alone.
    threads, progress
        As for `simulate`; progress is reported after each run.

    Returns
    -------
    xarray.Dataset
        On the dimension `case`: the full programme, with no assumption changed ("full"), first, then each change, those
        of one `assumption` together, the assumption that moves the headline of the report most first. `case_name` and
        `assumption_name` are for print; `kind` is one of `KINDS`; `probability` and `value` are the percentile at which
        an amount is fixed, and the amount there (NaN where it differs among countries, or for a stated alternative).

        For each total t of ``cost``, ``financing_need`` (with `[financing]`) and the same ``_all_years`` (where
        payments can fall after the last year): `t_quantile` (case, quantile) at the ends of the range, the median and
        80 %, `t_quantile_change` from the full programme, and `t_width_change`, that of the width of the range; each
        with its Monte Carlo standard error, ``..._error``. That of a change counts what the two runs have in common.
        `largest_change` is the larger of the changes of median and width of the headline, over all cases of the
        assumption: the order of cases.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured.
    PlanError
        When a distribution cannot be tabulated.

    References
    ----------
    See docs/concepts/assumptions.md.

    Examples
    --------
    >>> import popsim as ps
    >>> found = ps.assumptions(ps.load_study("example"), scenarios=500)
    >>> found["case"].values[0].item(), found["cost_quantile"].dims
    ('full', ('case', 'quantile'))
    """
    study = study_of(study)
    wanted = check_probability("coverage", study.coverage if coverage is None else coverage)
    if not isinstance(own, bool):
        raise ParameterError(Problem("", ("own",), kind_of(own), "True or False"))
    sampling = Sampling.of(scenarios, study.seed if seed is None else seed)
    thread_count = check_threads(threads)
    check_callable("progress", progress)
    # Alternatives are run as options are.
    plan = compile_plan(replace(study, options=study.what_ifs, what_ifs=())).with_sampling(sampling)
    written, *stated = (_read(totals) for totals in run_together(plan, thread_count))
    scores = common_scores(study, plan) if own else ()
    done, count = len(study.what_ifs) + 1, len(study.what_ifs) + 1 + len(FIXED_AT) * len(scores)
    figures = _Figures(written, wanted)
    cases = [_Case(FULL, FULL_NAME, FULL, FULL_NAME, "written", figures.of(written))]
    for what_if, totals in zip(study.what_ifs, stated, strict=True):
        counted = _in_all_years(totals) if what_if.all_years else totals
        cases.append(_Case(what_if.id, what_if.name, *_assumed(what_if), "stated", figures.of(counted)))
    for case, totals in _fixed(study, plan, scores, written, thread_count):
        cases.append(case._replace(figures=figures.of(totals)))
        done += 1
        if progress is not None:
            progress(done, count)
    return _dataset(study, plan, cases, figures, wanted)


def assumption_work(study: Study) -> tuple[int, int]:
    """Return how many random numbers a scenario takes for all stated alternatives, and for all uncertain amounts.

    Examples
    --------
    >>> import popsim as ps
    >>> stated, own = assumption_work(ps.load_study("pops"))
    >>> 0 < stated < own
    True
    """
    plan = compile_draws(replace(study, options=(), what_ifs=()))
    draws = len(plan.streams.shared) + len(plan.streams.own)
    rows = np.bincount(plan.row_component[plan.row_component >= 0], minlength=len(plan.labels.component))
    of_areas = np.bincount(plan.labels.component_area, rows, len(plan.labels.area)) / max(int(rows.sum()), 1)
    share = {area: float(part) for area, part in zip(plan.labels.area, of_areas, strict=True)}
    runs = sum(share.get(score.area, 1.0) for score in common_scores(study, plan))
    return draws * (len(study.what_ifs) + 1), int(draws * (len(FIXED_AT) * runs + 1.0))


class _Case(NamedTuple):
    """One change of one assumption, and the figures of its run by name."""

    id: str
    name: str
    assumption: str
    assumption_name: str
    kind: str
    figures: dict[str, Floats]
    probability: float = np.nan
    value: float = np.nan


def _assumed(what_if: WhatIf) -> tuple[str, str]:
    return f"what_if/{what_if.assumption}", what_if.assumption


def _in_all_years(totals: Totals) -> Totals:
    """Return totals as if the years of the study had no end: nothing falls after them."""
    counted = dict(totals)
    for base in schema.TOTAL_BASES:
        later = schema.total_name(base, span="after_horizon")
        if base in counted and later in counted:
            counted[base] = counted[base] + counted[later]
            counted[later] = np.zeros_like(counted[later])
    return counted


def _read(totals: Totals) -> Totals:
    """Return the totals that are compared, in order."""
    return {name: totals[name] for name in _DRAWN if name in totals}


def _fixed(
    study: Study, plan: Plan, scores: tuple[CommonScore, ...], written: Totals, threads: int
) -> Iterator[tuple[_Case, Totals]]:
    """Yield each uncertain amount that is fixed, as a case without figures, and the totals of its run."""
    parts = _Parts(study, plan, scores, threads)
    for score in scores:
        for probability, end in zip(FIXED_AT, ("low", "high"), strict=True):
            name = f"{_ordinal(probability)} percentile"
            value = np.nan if score.amount is None else float(score.amount.ppf(probability))
            case = _Case(f"{score.id}/{end}", name, score.id, score.name, "own", {}, probability, value)
            yield case, parts.changed(score, probability, written)


def _ordinal(probability: float) -> str:
    return f"{round(100 * probability)}th"


class _Parts:
    """Runs of the areas that a change can reach, beside those of the same areas as written."""

    def __init__(self, study: Study, plan: Plan, scores: tuple[CommonScore, ...], threads: int) -> None:
        self._study, self._threads = study, threads
        self._whole = _Part(plan, threads, {score.id: score for score in scores})
        self._parts: dict[str, _Part] = {}

    def changed(self, score: CommonScore, probability: float, written: Totals) -> Totals:
        """Return the totals of the whole study with a score fixed at a percentile."""
        part = self._whole
        if score.area and len(self._study.areas) > 1:
            part = self._part_of(score.area)
            # A part that tells scores apart in another way than the whole does is no part of it.
            part = part if score.id in part.scores else self._whole
        now, before = part.runs.run(part.scores[score.id], probability), part.before
        for totals in (now, before):
            for name in written:
                if name not in totals:
                    cost = name.replace("financing_need", "cost")
                    totals[name] = totals.get(cost, np.zeros(()))
        return {name: written[name] + (now[name] - before[name]) for name in written}

    def _part_of(self, area: str) -> _Part:
        if area not in self._parts:
            areas = tuple(each for each in self._study.areas if each.id == area)
            alone = replace(self._study, areas=areas, options=(), what_ifs=())
            plan = compile_draws(alone).with_sampling(self._whole.runs.plan.sampling)
            scores = {score.id: score for score in common_scores(alone, plan)}
            self._parts[area] = _Part(plan, self._threads, scores)
        return self._parts[area]


class _Part:
    """The runs of one plan, that of the full programme among them, and its common scores by id."""

    def __init__(self, plan: Plan, threads: int, scores: Mapping[str, CommonScore]) -> None:
        self.runs, self.scores = FixedRuns(plan, threads), scores
        self.before = self.runs.run()


class _Figures:
    """Quantiles of runs, and their changes from the full programme.

    The error of a quantile is that of `Moments`. Two quantiles of paired runs err together as far as their scenarios
    fall below them together: to first order a quantile of probability p differs from the true one by the mean of
    (p - [scenario below it]) over the density, so errors correlate as these indicators do.
    """

    def __init__(self, written: Totals, coverage: float) -> None:
        tail = (1.0 - coverage) / 2.0
        self.levels = np.array(sorted({round(tail, 12), 0.5, ENOUGH, round(1.0 - tail, 12)}))
        self._ends = [
            int(np.flatnonzero(self.levels == level)[0]) for level in (round(tail, 12), round(1.0 - tail, 12))
        ]
        self._totals = written
        self._written = {name: self._measured(values) for name, values in _with_all_years(written).items()}

    @property
    def totals(self) -> tuple[str, ...]:
        """Names of the totals, the cost first."""
        return tuple(self._written)

    def of(self, totals: Totals) -> dict[str, Floats]:
        """Return the figures of a run by name: of each total t ``t_quantile``, ``t_quantile_change`` and so on."""
        figures: dict[str, Floats] = {}
        for name, values in _with_all_years(totals).items():
            written = self._written[name]
            same = np.abs(values - written.values) <= ROUNDING * np.abs(written.values)
            # What was only added up in another order is the same.
            measured = written if same.all() else self._measured(values)
            figures[f"{name}_quantile"] = measured.quantiles
            figures[f"{name}_quantile_error"] = measured.errors
            figures[f"{name}_quantile_change"] = measured.quantiles - written.quantiles
            figures[f"{name}_quantile_change_error"] = np.array(
                [self._error(written, measured, {place: 1.0}) for place in range(len(self.levels))]
            )
            low, high = self._ends
            widths = [each.quantiles[high] - each.quantiles[low] for each in (written, measured)]
            figures[f"{name}_width_change"] = np.array(widths[1] - widths[0])
            figures[f"{name}_width_change_error"] = np.array(self._error(written, measured, {low: -1.0, high: 1.0}))
        return figures

    def _measured(self, values: Floats) -> _Measured:
        quantiles, errors = Moments(values, threads=1).quantiles(self.levels)
        below = (values <= quantiles[:, np.newaxis]).astype(np.float64)
        below -= below.mean(axis=1, keepdims=True)
        spread = np.sqrt((below**2).mean(axis=1, keepdims=True))
        return _Measured(values, quantiles, errors, np.divide(below, spread, out=below, where=spread > 0.0))

    def _error(self, written: _Measured, measured: _Measured, weights: Mapping[int, float]) -> float:
        """Return the error of a weighted sum of quantiles of a run, less the same of the full programme."""
        if measured is written:
            return 0.0
        places = list(weights)
        errors = np.concatenate([measured.errors[places], written.errors[places]])
        if not np.isfinite(errors).all():
            return np.inf
        signed = np.array([*weights.values(), *(-weight for weight in weights.values())]) * errors
        scores = np.concatenate([measured.below[places], written.below[places]])
        correlation = scores @ scores.T / scores.shape[1]
        np.fill_diagonal(correlation, 1.0)
        return float(np.sqrt(max(signed @ correlation @ signed, 0.0)))


class _Measured(NamedTuple):
    """A total by scenario, its quantiles with their errors, and the standardised indicators of lying below each."""

    values: Floats
    quantiles: Floats
    errors: Floats
    below: Floats


def _with_all_years(totals: Totals) -> Totals:
    """Return what is paid within the years of the study, and, where payments fall after them, in all years."""
    found: Totals = {}
    for base in schema.TOTAL_BASES:
        later = schema.total_name(base, span="after_horizon")
        if base in totals:
            found[base] = totals[base]
        if later in totals:
            found[schema.total_name(base, span="all_years")] = totals[base] + totals[later]
    return found


def _dataset(study: Study, plan: Plan, cases: list[_Case], figures: _Figures, coverage: float) -> xr.Dataset:
    """Put the cases in order and describe their figures."""
    headline = study.headline if study.headline in figures.totals else "cost"
    middle = int(np.flatnonzero(figures.levels == 0.5)[0])
    largest: dict[str, float] = {}
    for case in cases:
        median, width = case.figures[f"{headline}_quantile_change"][middle], case.figures[f"{headline}_width_change"]
        moved = max(abs(float(median)), abs(float(width)))
        largest[case.assumption] = max(largest.get(case.assumption, 0.0), moved)
    cases = [cases[0], *sorted(cases[1:], key=lambda case: -largest[case.assumption])]
    labels = {
        "case": [case.id for case in cases],
        "quantile": figures.levels,
        "case_name": ("case", [case.name for case in cases]),
        "assumption": ("case", [case.assumption for case in cases]),
        "assumption_name": ("case", [case.assumption_name for case in cases]),
        "kind": ("case", [case.kind for case in cases]),
        "probability": ("case", [case.probability for case in cases]),
        "value": ("case", [case.value for case in cases]),
    }
    result = xr.Dataset(coords=labels)
    for name in cases[0].figures:
        values = np.array([case.figures[name] for case in cases])
        about = _about(name, study)
        result[name] = xr.DataArray(values, dims=("case", "quantile")[: values.ndim], attrs=about)
    result["largest_change"] = xr.DataArray(
        [largest[case.assumption] for case in cases],
        dims="case",
        attrs={
            "units": study.currency,
            "long_name": "Largest change of median or width",
            "description": f"Of {headline}, over all cases of the assumption: the order of cases.",
        },
    )
    attributes = {**provenance(plan), "scenarios": plan.scenarios, "coverage": coverage, "headline": headline}
    return result.assign_attrs(attributes)


_STATISTICS = {
    "quantile": "quantile",
    "quantile_change": "quantile, change from the full programme",
    "width_change": "width of the range, change from the full programme",
}


def _about(name: str, study: Study) -> dict[str, str]:
    of, suffix = name.removesuffix("_error"), ", Monte Carlo standard error" if name.endswith("_error") else ""
    total, statistic = next(
        (of.removesuffix(f"_{key}"), words)
        for key, words in sorted(_STATISTICS.items(), key=lambda item: -len(item[0]))
        if of.endswith(f"_{key}")
    )
    about = schema.describe(total, study.currency, study.price_year)
    return {
        "units": study.currency,
        "long_name": f"{about['long_name']}: {statistic}{suffix}",
        "description": about["description"],
    }
