"""Which groups of uncertain inputs make the range of a study.

Sobol indices say which share of the variance a group of inputs makes. What would be left of the range if the group were
known comes from runs in blocks: K scenarios that share the draws of the group and differ in all others. Over many
blocks:

    E[y | group]    the mean of a block, up to the error of a mean of K scenarios, most of which
                    `popsim.analysis.swings` takes off.
    width           the distance between two quantiles within a block, averaged over blocks. Quantiles of K scenarios
                    are slightly biased (0 to 4 % for K = 64), and so are those of blocks that share no draws; the ratio
                    of the two is used, which is biased only as far as the distributions differ.

Its errors are those of a jackknife that leaves out one sixteenth of the blocks at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.door import check_probability, options_of, study_of
from popsim.analysis.driver_figures import figure_suffix
from popsim.analysis.order import Moments
from popsim.analysis.parts import covariance_shares
from popsim.analysis.sobol import REFERENCES, Bootstrap, index_variables, indices, is_far, without_errors
from popsim.analysis.swings import swing
from popsim.analysis.widening import LITTLE_SEEN, SWINGS, TOO_LARGE, TOO_SMALL, student_factor
from popsim.arguments import as_list, check_callable, check_name, check_text, check_threads
from popsim.arrays import Floats
from popsim.engine.simulation import provenance
from popsim.engine.sums import Names
from popsim.engine.threads import Progress
from popsim.engine.variants import Variants
from popsim.errors import ParameterError, Problem, UnknownNameError, nearest
from popsim.plan import compile as compile_plan
from popsim.plan.lowering import compile_draws
from popsim.plan.model import Plan
from popsim.plan.streams import FINANCING, Groups, group_streams
from popsim.sampling import Sampling
from popsim.study.model import Study
from popsim.types import GROUPINGS, Grouping

if TYPE_CHECKING:
    from popsim.engine.runs import Run

SCENARIOS = 16_384
"""Scenarios of a run, unless stated."""

PARTS = 16
"""Parts of the jackknife."""


class _Setting(NamedTuple):
    """What a call asks for, checked."""

    plan: Plan
    study: Study
    breakdowns: tuple[Names, ...]
    coverage: float
    confidence: float
    threads: int


def drivers(
    study: Run | Study,
    scenarios: int = SCENARIOS,
    seed: int | None = None,
    by: Grouping = "input",
    option: str = schema.FULL,
    coverage: float | None = None,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Progress | None = None,
    only: Sequence[str] | None = None,
) -> xr.Dataset:
    """Return which groups of uncertain inputs make the range: Sobol indices, swings, and what knowing a group leaves.

    Each group of random streams is kept in turn while all others are drawn again. That takes two runs for all and two
    for each group.

    Parameters
    ----------
    study
        A study, or a run of it. Its design is not used: scenarios are independent.
    scenarios
        Of each run: a multiple of 1,024 (of more where the coverage is above 0.906).
    seed
        0 to 2**64 - 1; None for that of the study.
    by
        "input": unit costs of each area, needs, lateness, prices, exponents. "level": common to all countries, common
        to a group of countries, each country's own. Two ways to share out the same variance.
    option
        Which option of the study.
    coverage
        Of the range whose width is given, in (0, 1); None for that of the study.
    confidence
        Of the bootstrap intervals of indices, in (0, 0.99].
    threads, progress
        As for `simulate`; progress is reported after each run.
    only
        Totals, such as ``cost``, for which alone figures and shares by area are returned; sums and indices of other
        totals, of areas and of groups of countries take most of the time in a short run. None for all.

    Returns
    -------
    xarray.Dataset
        On the dimension `input` (or `level`), for the cost:

        - `first_order` and `total`, with ``_error``, ``_low`` and ``_high``, as `sobol_indices` gives them;
        - `swing_low` and `swing_high`: P10 and P90 of the expected cost given the group, in the study's currency;
        - `width_given`: the expected width of the range at `coverage`, were the group known; and `width` as it is.

        The same for other totals with ``_of_financing_need`` and so on behind the name, and the indices for breakdowns
        by area or one group of countries, such as `first_order_by_area` (input, area). `variance_share_by_area` is the
        covariance of an area's cost with the whole over the variance of the whole; the shares sum to 1. Every figure
        has its standard error, ``..._error``: infinite where the sample cannot have seen the tail that makes the
        variance. How often errors hold is measured (docs/concepts/precision.md). What never varies has NaN.

    Raises
    ------
    ParameterError, UnknownNameError
        For arguments that cannot be honoured, or a study in which nothing is uncertain.
    PlanError
        When a distribution cannot be tabulated.

    References
    ----------
    See docs/concepts/drivers.md.

    Examples
    --------
    >>> import popsim as ps
    >>> d = ps.drivers(ps.load_study("pops"), scenarios=1024, by="level")
    >>> d["first_order"].idxmax().item(), bool(d["width_given"].sel(level="common") < d["width"])
    ('common', True)
    """
    check_callable("progress", progress)
    asked = _check(study, scenarios, seed, option, coverage, confidence, threads)
    groups = group_streams(asked.study, (*asked.plan.streams.shared, *asked.plan.streams.own), by)
    if not groups.ids:
        raise ParameterError(
            Problem("", ("study",), "nothing in it is uncertain", "a study with at least one uncertain quantity")
        )
    wanted = None if only is None else [check_name("only", each, schema.TOTALS) for each in as_list(only) or [only]]
    spread = Bootstrap(asked.plan.scenarios, asked.plan.seed, asked.confidence)
    breakdowns = asked.breakdowns if wanted is None else (("area",),)
    variants = Variants(asked.plan, breakdowns, asked.threads)
    count = itertools.count(1)

    def run(*arguments: Any) -> dict[str, Floats]:
        totals = variants.run(*arguments)
        if progress is not None:
            progress(next(count), 2 + 2 * len(groups.ids))
        return totals

    everything = np.ones(len(variants.names), dtype=bool)
    one, other = run(~everything), run(everything)
    mixed = [run(groups.group == place) for place in range(len(groups.ids))]
    times = block_length(asked.coverage)
    kept = [run(~everything, groups.group == place, times) for place in range(len(groups.ids))]
    result = xr.Dataset(coords=_coordinates(groups, by, asked.plan))
    for name, (dims, labels) in variants.dims.items():
        result = result.assign_coords({dim: list(values) for dim, values in zip(dims, labels, strict=True)})
        total = name.partition("_by_")[0]
        if wanted is not None and (total not in wanted or dims not in {(), ("area",)}):
            continue
        if wanted is not None and dims:
            result = result.assign(_variance_shares(one[name], one[total], name, dims))
            continue
        table = np.array([_indices(one[name], other[name], each[name], spread) for each in mixed])
        title = schema.describe(name, asked.plan.about.currency, asked.plan.about.price_year)["long_name"].lower()
        result = result.assign(
            index_variables(
                table, (by, *dims), asked.confidence, figure_suffix(name), f"the {title}", is_far(one[name])
            )
        )
        if dims:
            result = result.assign(_variance_shares(one[name], one[total], name, dims))
        else:
            result = result.assign(
                _swings_and_widths(
                    one[name], [[each[name] for each in runs] for runs in (kept, mixed)], table, name, by, asked
                )
            )
    return result.assign_attrs(_attributes(asked, option))


class Work(NamedTuple):
    """What `drivers` takes for both groupings, and what there is to find."""

    runs: int
    draws: int
    """Random numbers that each scenario draws."""
    is_cost_uncertain: bool
    """Whether any of them changes a cost, and not what is financed of it alone."""


def driver_work(study: Study) -> Work:
    """Return how many runs `drivers` takes for both groupings, and how many random numbers each scenario draws.

    Examples
    --------
    >>> import popsim as ps
    >>> work = driver_work(ps.load_study("example"))
    >>> work.runs >= 8, work.draws > 0, work.is_cost_uncertain
    (True, True, True)
    """
    plan = compile_draws(replace(study, options=()))
    names = (*plan.streams.shared, *plan.streams.own)
    groups = {by: group_streams(study, names, by).ids for by in GROUPINGS}
    runs = sum(2 + 2 * len(ids) for ids in groups.values())
    return Work(runs, len(names), set(groups["input"]) - {FINANCING} != set())


def least_scenarios(coverage: float) -> int:
    """Return the number of scenarios of which that of a run has to be a multiple.

    Examples
    --------
    >>> least_scenarios(0.9), least_scenarios(0.99)
    (1024, 16384)
    """
    return block_length(coverage) * PARTS


def _check(
    study: Run | Study,
    scenarios: object,
    seed: object,
    option: str,
    coverage: object,
    confidence: object,
    threads: int | None,
) -> _Setting:
    study = study_of(study)
    wanted = check_probability("coverage", study.coverage if coverage is None else coverage)
    study = replace(study, sampling=Sampling.of(scenarios, study.seed if seed is None else seed))
    least = least_scenarios(wanted)
    if study.scenarios % least:
        mend = f"{-(-study.scenarios // least) * least:,}"
        raise ParameterError(Problem("", ("scenarios",), repr(scenarios), f"a multiple of {least:,}", mend))
    studies = options_of(study)
    if check_text("option", option, ", ".join(studies)) not in studies:
        raise UnknownNameError(
            Problem("", ("option",), repr(option), ", ".join(studies), nearest(str(option), list(studies)))
        )
    # Without the others, which take as long again to compile.
    chosen = compile_plan(replace(studies[option], options=()))
    chosen = replace(chosen, labels=replace(chosen.labels, option=(option,)))
    groups = {name for name, _ in chosen.labels.groups}
    stated = [names for names in study.breakdowns if len(names) == 1 and names[0] in groups]
    return _Setting(
        plan=chosen.with_sampling(study.sampling),
        study=studies[option],
        breakdowns=(("area",), *stated),
        coverage=wanted,
        confidence=check_probability("confidence", confidence),
        threads=check_threads(threads),
    )


def _coordinates(groups: Groups, by: str, plan: Plan) -> dict[str, object]:
    return {
        by: list(groups.ids),
        f"{by}_name": (by, list(groups.names)),
        "area": list(plan.labels.area),
        "area_name": ("area", list(plan.labels.area_name)),
    }


def _indices(one: Floats, other: Floats, mixed: Floats, spread: Bootstrap) -> Floats:
    """Return the indices of every cell of a variable: (..., first-order and total, estimate)."""
    rows = zip(*(each.reshape(-1, each.shape[-1]) for each in (one, other, mixed)), strict=True)
    table = np.array([indices(a, b, both, spread) for a, b, both in rows], dtype=np.float64)
    return without_errors(table.reshape(*one.shape[:-1], 2, 4), one)


def _variance_shares(part: Floats, whole: Floats, name: str, dims: Names) -> dict[str, xr.DataArray]:
    """Return the covariance of each part with the whole, over the variance of the whole; error from the influences."""
    share, error = covariance_shares(part, whole)
    if np.isinf(Moments(whole).std_error):
        error = np.where(error > 0.0, np.inf, error)
    title, suffix = "Share of the variance", figure_suffix(name)
    meaning = "Covariance with the whole over the variance of the whole."
    return {
        f"variance_share{suffix}": _described(share, dims, title, meaning),
        f"variance_share{suffix}_error": _described(error, dims, f"{title}, standard error", meaning),
    }


def _swings_and_widths(
    free: Floats, runs: Sequence[Sequence[Floats]], table: Floats, name: str, by: str, asked: _Setting
) -> dict[str, xr.DataArray]:
    """Return the swing of a total, the width of its range, and what is left of the width once a group is known.

    `runs` are those with the draws of each group kept, and those with them drawn again.
    """
    moments, tail = Moments(free), (1.0 - asked.coverage) / 2.0
    (low, high), (low_error, high_error) = moments.quantiles(np.array([tail, 1.0 - tail]))
    width, width_error = float(high - low), float(np.hypot(low_error, high_error))
    length = block_length(asked.coverage)
    whole, kept, mixed = free.reshape(-1, length), *([each.reshape(-1, length) for each in some] for some in runs)
    left, left_error = np.array(widths_given(kept, whole, asked.coverage))
    # A swing rests on a first-order index.
    is_known = ~np.isinf(table[:, 0, 1])
    swings = [
        swing(each, whole, again, value, error if known else 0.0)
        for each, again, (value, error), known in zip(kept, mixed, table[:, 0, :2].tolist(), is_known, strict=True)
    ]
    (lows, highs), (lows_error, highs_error) = np.array(swings).transpose(1, 2, 0)
    lows_error, highs_error = (np.where(is_known, error, np.inf) for error in (lows_error, highs_error))
    if np.isinf(moments.std_error):
        # A mean width has the tail of the variance.
        left_error = np.full(len(left), np.inf)
    units = schema.describe(name, asked.plan.about.currency, asked.plan.about.price_year)["units"]
    range_words = f"the {100 * asked.coverage:.12g}% range"
    figures = [
        ("swing_low", (by,), lows, lows_error, "Tenth percentile of the expectation given the group"),
        ("swing_high", (by,), highs, highs_error, "Ninetieth percentile of the expectation given the group"),
        ("width_given", (by,), left, left_error, "Width if known"),
        ("width", (), np.array(width), np.array(width_error), "Width"),
        ("mean", (), moments.mean, moments.mean_error, "Mean"),
        ("std", (), moments.std, moments.std_error, "Standard deviation"),
    ]
    meanings = {
        "width_given": f"Expected width of {range_words} if the group were known.",
        "width": f"Width of {range_words}.",
    }
    result = {
        f"{figure}{figure_suffix(name)}{part}": _described(
            values, dims, title, meanings.get(figure, f"{title}."), units
        )
        for figure, dims, value, error, title in figures
        for part, values in (("", value), ("_error", error))
    }
    for figure in ("swing_low", "swing_high"):
        result[f"{figure}{figure_suffix(name)}_error"].attrs[TOO_LARGE] = SWINGS
    if moments.is_little_seen:
        # The end that lies in the tail rests on it.
        end = result[f"swing_{'high' if moments.mean > np.median(free) else 'low'}{figure_suffix(name)}_error"]
        del end.attrs[TOO_LARGE]
        for error in (end, result[f"std{figure_suffix(name)}_error"]):
            error.attrs[TOO_SMALL] = LITTLE_SEEN
    return result


def _described(values: Floats, dims: Names, title: str, meaning: str, units: str = "1") -> xr.DataArray:
    return xr.DataArray(values, dims=dims, attrs={"units": units, "long_name": title, "description": meaning})


def _attributes(asked: _Setting, option: str) -> dict[str, object]:
    about = {**provenance(asked.plan), "scenarios": asked.plan.scenarios, "option": option}
    return {**about, "coverage": asked.coverage, "confidence": asked.confidence, "references": REFERENCES}


def block_length(coverage: float) -> int:
    """Return the length of a block in scenarios: at least three are expected beyond either end of the range.

    Examples
    --------
    >>> block_length(0.9), block_length(0.99)
    (64, 1024)
    """
    length = 64
    while length * (1.0 - coverage) / 2.0 < 3.0:
        length *= 2
    return length


def widths_given(kept: Sequence[Floats], free: Floats, coverage: float) -> tuple[list[float], list[float]]:
    """Return the widths that are left of the range in runs with the draws of a group kept, and their errors.

    Parameters
    ----------
    kept, free
        Results (block, scenario of the block) of each such run and of one without; the same number of blocks, a
        multiple of `PARTS`.
    coverage
        Of the range whose width is asked for.

    Examples
    --------
    >>> free = np.arange(1024.0).reshape(64, 16).T
    >>> widths_given([np.repeat(free[:, :1], 64, axis=1)], free, 0.9)  # nothing else is uncertain
    ([0.0], [0.0])
    """
    tails = [(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0]

    def within(blocks: Floats) -> Floats:
        low, high = np.quantile(blocks, tails, axis=1, method="median_unbiased")
        return np.asarray(high - low)

    # The width of the whole range and those of its blocks go up and down together: one jackknife for both.
    part = np.arange(len(free)) % PARTS
    some = [part >= 0, *(part != k for k in range(PARTS))]
    of_blocks = within(free)
    scale = np.array([np.subtract(*np.quantile(free[each], tails[::-1])) for each in some])
    full = np.array([of_blocks[each].mean() for each in some])
    values, errors = [], []
    for blocks in kept:
        widths = within(blocks)
        left = np.array([widths[each].mean() for each in some])
        with np.errstate(invalid="ignore", divide="ignore"):
            value, *without = np.where(full > 0.0, left / full * scale, np.nan)
        values.append(float(value))
        errors.append(float(np.sqrt((PARTS - 1) * np.var(without)) * student_factor(PARTS)))
    return values, errors
