"""Sobol indices of a function of independent inputs, their errors and how they are reported.

The indices of a group of inputs come from three runs: runs a and b draw all inputs independently, the mixed run takes
the group from b and all else from a. With R(y, y') the
correlation of two columns that have the same mean and variance,

    first-order  S = Var(E[y | group]) / Var(y)      = R(b, mixed)        (what the two share is the group)
    total        T = E[Var(y | the rest)] / Var(y)   = 1 - R(a, mixed)    (what the two do not share is the group)

R is estimated as by Janon et al. (2014, doi:10.1051/ps/2013040), with mean and variance pooled over both columns; so
T is Jansen's (1999, doi:10.1016/S0010-4655(98)00154-4) mean squared difference over twice that variance. Some
functions of the three columns have an expectation of zero: the product of the centred a and b, differences of means and
of squares. Their sample means, weighted by regression, are taken off as control variates. With a weight of one, the
first of these gives the estimator of Saltelli et al. (2010, doi:10.1016/j.cpc.2009.09.018), with a weight of zero that
of Janon et al.; the fitted weight is, for large samples, at least as good as either.

Standard errors come from the influence of each scenario on the estimate (the infinitesimal jackknife), intervals from
the bootstrap; where runs are made of independent replicates, both from the spread of these. An index is a quotient, and
misses where the variance that divides it does: its error is wider by as much as that of the standard deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from popsim.analysis.door import check_probability
from popsim.analysis.order import FAR, Moments, mean_factor
from popsim.analysis.tails import UNSEEN
from popsim.analysis.widening import SKEWED_INDICES, TOO_LARGE, student_factor
from popsim.arguments import check_name
from popsim.arrays import Floats
from popsim.engine.sample import sample
from popsim.errors import ParameterError, Problem, nearest
from popsim.families.base import Family
from popsim.plan.streams import stream_number
from popsim.sampling import Sampling
from popsim.types import DESIGNS, Design
from popsim.version import __version__

REFERENCES = (
    "Sobol (2001), doi:10.1016/S0378-4754(00)00270-6; Jansen (1999), doi:10.1016/S0010-4655(98)00154-4; "
    "Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018; Janon et al. (2014), doi:10.1051/ps/2013040"
)
"""Where indices and estimators are from."""

Function = Callable[..., Any]

_REPLICATES = 16
"""Independent scramblings of a design, whose spread gives the error."""

_SINGLE = "result"

_HALF_WIDTH = 1.959964
"""Half a 95 % interval of a normal, in standard errors."""

_NOTHING = 1e-9
"""Shares below are rounding of the computer."""


def sobol_indices(
    function: Function,
    distributions: Mapping[str, Family],
    scenarios: int = 2**16,
    seed: int = 0,
    groups: Mapping[str, Sequence[str]] | None = None,
    design: Design = "sobol",
    confidence: float = 0.95,
    threads: int | None = None,
) -> xr.Dataset:
    """Return the first-order and total Sobol indices of a function of independent inputs.

    The first-order index of an input is the share of the variance that would go, on average, if the input were known;
    its total index is the share that would be left if all others were known. The difference is what the input does
    together with others.

    Parameters
    ----------
    function
        Called as ``function(x1=..., x2=...)`` with one array (scenario,) for each name; returns an array (scenario,),
        or a dict of such arrays by name. It is called ``scenarios x (inputs or groups + 2)`` scenarios in all.
    distributions
        A family by name; inputs are independent.
    scenarios
        Size of each run. With a design other than "random", a multiple of 16; best a power of two.
    seed
        0 to 2**64 - 1.
    groups
        Names of inputs by the name of a group; each input in one group at most, and those in none stand alone.
    design
        "sobol": 16 independently scrambled sets of Sobol points, whose spread gives the error (intervals of Student's
        t); where the kurtosis of the results is above 8, it is no less than that of as many random points. "latin": 16
        Latin hypercubes. "random": independent scenarios (bootstrap intervals).
    confidence
        Of the intervals, in (0, 1); with independent scenarios at most 0.99.
    threads
        For drawing; None for all cores. The number changes nothing but the time it takes.

    Returns
    -------
    xarray.Dataset
        `first_order` and `total` by `input` (by `group` where groups are given), with ``_error`` (one standard error)
        and the ends ``_low`` and ``_high`` of an interval that covers the index with `confidence`. An estimate and its
        interval can reach a little below 0 or above 1. Indices are NaN where the result never varies; errors are
        infinite, with the attribute `infinite_because`, where the sample cannot have seen the tail that makes the
        variance. Those of skewed results (kurtosis above 8) are too large as a rule, and say so (`too_large_because`).
        A dict of results adds the dimension `output`.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured, or a function that gives anything but finite numbers by scenario.

    References
    ----------
    Sobol (2001), doi:10.1016/S0378-4754(00)00270-6; see `popsim.analysis.sobol` for the estimators.

    Examples
    --------
    >>> import popsim as ps
    >>> inputs = {"x": ps.Uniform(0, 1), "y": ps.Uniform(0, 1)}
    >>> d = ps.sobol_indices(lambda x, y: 2 * x + y, inputs, scenarios=2**12, seed=1)
    >>> d["first_order"].round(2).values.tolist(), d["total"].round(2).values.tolist()
    ([0.8, 0.2], [0.8, 0.2])
    """
    sampling = Sampling.of(scenarios, seed)
    count, start_seed = sampling.count, sampling.seed
    level = check_probability("confidence", confidence)
    if not callable(function):
        raise ParameterError(Problem("", ("function",), repr(function), "a function of one array for each name"))
    design = check_name("design", design, DESIGNS)
    replicates = 0 if design == "random" else _REPLICATES
    _check_count(count, replicates, design)
    sets = _sets(distributions, groups)
    spread = Replicates(replicates, level) if replicates else Bootstrap(count, start_seed, level)
    one, other = _draw(distributions, count, start_seed, design, replicates, threads)
    runs = [_call(function, inputs, count) for inputs in (one, other)]
    names, single = list(runs[0]), list(runs[0]) == [_SINGLE]
    estimates: list[list[Index]] = []
    for members in sets.values():
        mixed = _call(function, {**one, **{name: other[name] for name in members}}, count)
        estimates.append([indices(runs[0][name], runs[1][name], mixed[name], spread) for name in names])
    dimension = "input" if groups is None else "group"
    coordinates: dict[str, object] = {dimension: list(sets)}
    if groups is not None:
        coordinates["members"] = (dimension, [", ".join(members) for members in sets.values()])
    table = np.array(estimates, dtype=object).reshape(len(sets), len(names), 2, 4).astype(np.float64)
    for place, name in enumerate(names):
        table[:, place] = without_errors(table[:, place], runs[0][name])
    dims = (dimension,) if single else (dimension, "output")
    if not single:
        coordinates["output"] = names
    is_skewed = any(is_far(results) for results in runs[0].values())
    variables = index_variables(table[:, 0] if single else table, dims, level, is_skewed=is_skewed)
    attributes = {
        "title": "Sobol indices",
        "seed": str(start_seed),
        "scenarios": count,
        "design": design,
        "confidence": level,
        "references": REFERENCES,
        "popsim_version": __version__,
    }
    return xr.Dataset(variables, coordinates, attributes)


def index_variables(
    table: Floats,
    dims: tuple[str, ...],
    confidence: float,
    suffix: str = "",
    of: str = "the result",
    is_skewed: bool = False,
) -> dict[str, xr.DataArray]:
    """Return the variables for a table of indices, whose last two axes are (first-order, total) and `Estimate`.

    Where results are skewed, errors say that they are too large.
    """
    titles = {
        "first_order": ("First-order Sobol index", "Share of the variance of {of} that knowing the input takes away"),
        "total": ("Total Sobol index", "Share of the variance of {of} that is left when all other inputs are known"),
    }
    variables, percent = {}, f"{100 * confidence:.12g}%"
    for place, (name, (title, meaning)) in enumerate(titles.items()):
        value, error, low, high = np.moveaxis(table[..., place, :], -1, 0)
        described = {
            "": (value, title, meaning),
            "_error": (error, f"{title}, standard error", "Monte Carlo standard error"),
            "_low": (low, f"{title}, lower limit", f"Lower end of a {percent} interval"),
            "_high": (high, f"{title}, upper limit", f"Upper end of a {percent} interval"),
        }
        for part, (values, long_name, description) in described.items():
            attributes = {"units": "1", "long_name": long_name, "description": f"{description.format(of=of)}."}
            if part == "_error" and np.isinf(values).any():
                attributes["infinite_because"] = UNSEEN
            if part == "_error" and is_skewed and not np.isinf(values).all():
                attributes[TOO_LARGE] = SKEWED_INDICES
            variables[f"{name}{suffix}{part}"] = xr.DataArray(values, dims=dims, attrs=attributes)
    return variables


def _check_count(count: int, replicates: int, design: str) -> None:
    if replicates and (count % replicates or count < 2 * replicates):
        mend = f"{max(2, -(-count // replicates)) * replicates}, or design='random'"
        raise ParameterError(
            Problem("", ("scenarios",), repr(count), f"a multiple of 16, at least 32, with {design!r}", mend)
        )
    if count < 32:
        raise ParameterError(Problem("", ("scenarios",), repr(count), "at least 32", "indices want some thousands"))


def _sets(
    distributions: Mapping[str, Family], groups: Mapping[str, Sequence[str]] | None
) -> dict[str, tuple[str, ...]]:
    """Return the inputs of each group, in the order of groups; inputs in no group follow, each by itself."""
    known = list(distributions) if isinstance(distributions, Mapping) else []
    if groups is None:
        return {name: (name,) for name in known}
    if not isinstance(groups, Mapping):
        raise ParameterError(
            Problem("", ("groups",), repr(groups), "lists of inputs by name", '{"soil": ["x1", "x2"]}')
        )
    problems = []
    group_of: dict[str, str] = {}
    for group, members in groups.items():
        if isinstance(members, str) or not isinstance(members, Sequence) or not members:
            problems.append(
                Problem("", ("groups", group), repr(members), "a list of one or more inputs", f"[{members!r}]")
            )
            continue
        for name in members:
            if name not in known:
                mend = nearest(str(name), known)
                problems.append(Problem("", ("groups", group), repr(name), ", ".join(known), mend))
            elif name in group_of:
                twice = f"{name!r}, which is in {group_of[name]!r}"
                problems.append(Problem("", ("groups", group), twice, "each input in one group"))
            group_of[name] = group
    alone = [name for name in known if name not in group_of]
    problems += [
        Problem("", ("groups", name), f"{name!r} is an input too, and in no group", "another name")
        for name in alone
        if name in groups
    ]
    if problems:
        raise ParameterError(problems)
    return {**{group: tuple(members) for group, members in groups.items()}, **{name: (name,) for name in alone}}


def _draw(
    distributions: Mapping[str, Family], count: int, seed: int, design: Design, replicates: int, threads: int | None
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Draw two independent runs of all inputs; of a design, so many independent parts one after another."""
    # Checks the distributions under the names that the caller gave them.
    sample(distributions, scenarios=1, seed=seed)
    parts = []
    for part in range(max(replicates, 1)):
        # Both runs are one set of points: a design balances them together. Names make the parts independent.
        again = {f"{part}/{run}/{name}": family for run in ("one", "other") for name, family in distributions.items()}
        parts.append(sample(again, scenarios=count // max(replicates, 1), seed=seed, design=design, threads=threads))
    one, other = (
        {
            name: np.concatenate([drawn[f"{part}/{run}/{name}"].values for part, drawn in enumerate(parts)])
            for name in distributions
        }
        for run in ("one", "other")
    )
    return one, other


def _call(function: Function, inputs: Mapping[str, Floats], count: int) -> dict[str, Floats]:
    """Return what the function gives, checked to be finite numbers by scenario."""
    # Copies, so that a function that works in place spoils no other run.
    given = function(**{name: values.copy() for name, values in inputs.items()})
    results = given if isinstance(given, Mapping) else {_SINGLE: given}
    problems, checked = [], {}
    for name, result in results.items():
        keys = ("function",) if result is given else ("function", str(name))
        values = np.asarray(result)
        if values.dtype.kind not in "biuf":
            problems.append(Problem("", keys, f"a result of type {values.dtype}", "numbers"))
        elif values.shape != (count,):
            allowed = f"one number for each scenario, shape ({count},)"
            problems.append(Problem("", keys, f"a result of shape {values.shape}", allowed))
        elif not np.isfinite(values).all():
            wrong = f"{(~np.isfinite(values)).sum()} results NaN or infinite"
            problems.append(Problem("", keys, wrong, "finite numbers"))
        else:
            checked[str(name)] = values.astype(np.float64)
    if not results:
        problems.append(Problem("", ("function",), "an empty dict", "at least one array by name"))
    if problems:
        raise ParameterError(problems)
    return checked


class Estimate(NamedTuple):
    """A figure, its standard error, and an interval, which may reach below 0 or above 1."""

    value: float
    error: float
    low: float
    high: float


class Index(NamedTuple):
    """First-order and total index of a group of inputs."""

    first_order: Estimate
    total: Estimate


class Replicates(NamedTuple):
    """Runs of so many independent parts of equal length, one after another, such as scrambled Sobol points."""

    number: int
    confidence: float


def indices(a: Floats, b: Floats, mixed: Floats, spread: Bootstrap | Replicates) -> Index:
    """Estimate the first-order and total index of a group; NaN where the result never varies.

    Parameters
    ----------
    a, b
        Results of two independent runs, by scenario.
    mixed
        Results with the group's inputs from b and all others from a.
    spread
        Where the interval comes from: the bootstrap where all scenarios are independent, else replicates.

    Examples
    --------
    >>> x, y = np.arange(4.0), np.array([1.0, 3.0, 0.0, 2.0])
    >>> index = indices(x, y, x, Replicates(2, 0.95))  # nothing is taken from b
    >>> round(index.first_order.value, 9) + 0.0, index.total.value
    (0.0, 0.0)
    """
    columns = np.stack([a, b, mixed])
    if np.ptp(columns) == 0.0:
        nothing = Estimate(np.nan, np.nan, np.nan, np.nan)
        return Index(nothing, nothing)
    one, other, both = (columns - columns.mean()) / columns.std()
    features = np.stack([one, other, both, one**2, other**2, both**2, one * other, one * both, other * both])
    again = spread.means(features) if isinstance(spread, Bootstrap) else np.empty((0, len(features)))
    controls = _controls(features)
    # Of the results as they are: where a tail begins is part of what is known of it.
    wider = _variance_factors(np.stack([a, b, mixed])) if isinstance(spread, Bootstrap) else np.ones(3)
    first = _estimate((other, both), (1, 2, 8), controls, again, spread, max(wider[1:]))
    rest = _estimate((one, both), (0, 2, 7), controls, again, spread, max(wider[::2]))
    return Index(first, Estimate(1.0 - rest.value, rest.error, 1.0 - rest.high, 1.0 - rest.low))


def _controls(features: Floats) -> Floats:
    """Return control variates, whose expectation is zero, from the features along the first axis."""
    one, other, both, one_squared, other_squared, both_squared, product = features[:7]
    return np.stack([product, one - other, one - both, one_squared - other_squared, one_squared - both_squared])


def _estimate(
    pair: tuple[Floats, Floats],
    places: tuple[int, int, int],
    controls: Floats,
    again: Floats,
    spread: Bootstrap | Replicates,
    of_variance: float,
) -> Estimate:
    """Estimate the correlation of two columns; `places` are theirs and that of their product among the features.

    `of_variance` is the factor by which the error of a variance of independent results is wider than its standard
    error.
    """
    plain, influence = _correlation(*pair)
    means = controls.mean(axis=1)
    apart = controls - means[:, np.newaxis]
    # Controls can be linear in one another, as where the group is empty: the smallest weights then.
    weights = np.linalg.lstsq(apart @ apart.T, apart @ influence, rcond=None)[0]
    value, influence = plain - float(weights @ means), influence - weights @ apart
    wider = float(mean_factor(len(influence), influence.__getitem__))
    if isinstance(spread, Bootstrap):
        error = _error(influence) * wider * of_variance
        if error == np.inf:
            return Estimate(value, np.inf, -np.inf, np.inf)
        return Estimate(value, error, *spread.ends(_resampled(again, *places) - weights @ _controls(again.T)))
    # An index is a quotient, and the variance that divides is skewed as well.
    squares = 0.5 * (pair[0] ** 2 + pair[1] ** 2)
    wider *= float(mean_factor(len(squares), squares.__getitem__))
    from scipy.special import stdtrit

    error = _error(influence.reshape(spread.number, -1).mean(axis=1)) * wider
    if max(float(np.square(np.square(each)).mean()) for each in pair) > FAR:
        # Replicates that have not seen the tail agree all too well.
        error = max(error, _error(influence) * wider)
    reach = float(stdtrit(spread.number - 1, (1.0 + spread.confidence) / 2.0)) * error
    # 1.96 errors are the half-width of Student's t.
    return Estimate(value, error * student_factor(spread.number), value - reach, value + reach)


def _variance_factors(columns: Floats) -> Floats:
    """Return by how much the errors of the standard deviations of columns of independent results are widened.

    An index is over that variance. It misses in the same runs, those that have seen less of the tail than most, and
    its error is wider by the same: the skewness of squares, the inverse of the variance, the model of the tail.
    """
    moments, count = Moments(columns, threads=1), columns.shape[1]
    apart = np.square(columns - moments.mean[:, np.newaxis])
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = apart / moments.std[:, np.newaxis] ** 2
        plain = 0.5 * moments.std * np.sqrt(np.maximum(np.square(scores).mean(axis=1) - 1.0, 0.0) / count)
        factor = moments.std_error / plain
    return np.where(plain > 0.0, np.maximum(factor, 1.0), 1.0)


def _resampled(means: Floats, y: int, other: int, product: int) -> Floats:
    """Return the correlation of two columns in every resample, from the means of features."""
    middle = 0.5 * (means[:, y] + means[:, other])
    variance = 0.5 * (means[:, 3 + y] + means[:, 3 + other]) - middle**2
    return np.asarray((means[:, product] - middle**2) / variance)


def _correlation(y: Floats, other: Floats) -> tuple[float, Floats]:
    """Return the correlation of two columns of equal mean and variance, and the influence of each scenario on it."""
    middle = 0.5 * (y.mean() + other.mean())
    y, other = y - middle, other - middle
    product, square = y * other, 0.5 * (y**2 + other**2)
    variance = square.mean()
    value = product.mean() / variance
    return float(value), (product - value * square) / variance


def _error(influence: Floats) -> float:
    return float(np.sqrt((influence**2).sum() / (len(influence) - 1) / len(influence)))


def is_far(results: Floats) -> bool:
    """Return whether some results (..., scenario) have so high a kurtosis that few scenarios make the variance.

    Examples
    --------
    >>> values = np.random.default_rng(1).standard_normal(10_000)
    >>> is_far(values), is_far(np.exp(values))
    (False, True)
    """
    return bool(Moments(results).is_skewed.any())


_UNKNOWN = np.array([False, True, True, True])


def without_errors(table: Floats, run: Floats) -> Floats:
    """Return indices with infinite errors where the run cannot have seen the tail that makes the variance.

    Parameters
    ----------
    table
        (..., index, estimate): value, error, and the ends of its interval.
    run
        Results (..., scenario).

    Examples
    --------
    >>> table = np.array([[0.3, 0.01, 0.28, 0.32]])
    >>> run = np.exp(5.0 * np.random.default_rng(1).standard_normal(10_000))
    >>> without_errors(table, run).tolist()
    [[0.3, inf, -inf, inf]]
    """
    unseen = np.isinf(Moments(run).std_error)
    return np.where(unseen[..., np.newaxis, np.newaxis] & _UNKNOWN, np.array([0.0, np.inf, -np.inf, np.inf]), table)


class Share(NamedTuple):
    """A share of a variance as it is reported: an estimate or, where that is within its error, an upper bound."""

    value: float
    """Within 0 and 1."""
    error: float
    bound: float
    """Upper end of the 95 % interval."""

    @property
    def is_known(self) -> bool:
        """Whether there is a share at all, and an error of it."""
        return bool(np.isfinite(self.value) and np.isfinite(self.error))

    @property
    def is_resolved(self) -> bool:
        """Whether the share is more than its own error: 1.96 standard errors above 0."""
        return self.is_known and self.value > _NOTHING and self.value > _HALF_WIDTH * self.error


def share_of(value: float, error: float) -> Share:
    """Return a share of a variance as it is reported, from its estimate and standard error.

    Examples
    --------
    >>> share_of(0.30, 0.01).is_resolved, share_of(0.01, 0.02).is_resolved, round(share_of(0.01, 0.02).bound, 3)
    (True, False, 0.049)
    """
    within = min(max(value, 0.0), 1.0) + 0.0 if np.isfinite(value) else value
    return Share(within, error, min(within + _HALF_WIDTH * error, 1.0))


def reported(first_order: tuple[float, float], total: tuple[float, float]) -> tuple[Share, Share]:
    """Return the first-order and total index of one input as they are reported, from (estimate, standard error) each.

    A total index is no smaller than the first-order one. Estimates in the wrong order are both replaced by their
    average with weights 1 / error^2, the least-squares estimate under that order (isotonic regression: Barlow et al.
    1972, Statistical Inference under Order Restrictions). Where the first-order index is resolved, so is the total.

    Examples
    --------
    >>> first, total = reported((0.04, 0.01), (0.03, 0.01))
    >>> round(first.value, 3), round(total.value, 3), round(total.error, 4)
    (0.035, 0.035, 0.0071)
    """
    (low, low_error), (high, high_error) = first_order, total
    if low > high and np.isfinite([low_error, high_error]).all():
        weights = np.array([high_error**2, low_error**2])
        if weights.sum() > 0.0:
            weights = weights / weights.sum()
            low = high = float(weights @ [low, high])
            low_error = high_error = float(np.hypot(weights[0] * low_error, weights[1] * high_error))
        else:
            high = low
    alone, whole = share_of(low, low_error), share_of(high, high_error)
    if alone.is_resolved and not whole.is_resolved:
        # Known from below by the first-order index.
        whole = whole._replace(error=min(whole.error, whole.value / (1.0001 * _HALF_WIDTH)))
    return alone._replace(bound=min(alone.bound, whole.bound)), whole


RESAMPLES = 1_000

MOST_CONFIDENT = 0.99
"""Highest confidence of an interval: beyond it, fewer than five resamples lie in each tail."""

_BLOCKS = 1_024
"""Scenarios are drawn again in blocks of neighbours, at most so many: as good for means, and faster."""

_STREAM = "analysis/bootstrap"


class Bootstrap:
    """Percentile intervals from resamples (Efron and Tibshirani 1993, doi:10.1201/9780429246593, ch. 13).

    Parameters
    ----------
    scenarios, seed
        Of the run. The same run gives the same intervals.
    confidence
        In (0, 0.99].

    Raises
    ------
    ParameterError
        For a confidence above 0.99, which so many resamples do not give.

    Examples
    --------
    >>> values = np.arange(1000.0)
    >>> bootstrap = Bootstrap(1000, seed=1, confidence=0.95)
    >>> low, high = bootstrap.ends(bootstrap.means(values[np.newaxis])[:, 0])
    >>> bool(abs(low - (499.5 - 1.96 * 9.13)) < 2.0), bool(abs(high - (499.5 + 1.96 * 9.13)) < 2.0)
    (True, True)
    """

    def __init__(self, scenarios: int, seed: int, confidence: float) -> None:
        from popsim.kernels.philox import fill_bits

        if confidence > MOST_CONFIDENT:
            reason = f"at most {MOST_CONFIDENT}: {RESAMPLES:,} resamples tell no more"
            raise ParameterError(Problem("", ("confidence",), repr(confidence), reason))
        self.confidence = confidence
        blocks = min(scenarios, _BLOCKS)
        self._starts = np.arange(blocks) * scenarios // blocks
        self._sizes = np.diff(np.append(self._starts, scenarios)).astype(np.float64)
        pairs = -(-RESAMPLES * blocks // 2)
        words = np.empty(2 * pairs, dtype=np.uint64)
        fill_bits(words, pairs, np.uint64(seed), np.uint64(stream_number(_STREAM)), np.uint64(0))
        # The upper 32 bits times the number of blocks, over 2^32: even to one part in some million.
        drawn = ((words[: RESAMPLES * blocks] >> np.uint64(32)) * np.uint64(blocks)) >> np.uint64(32)
        places = drawn.astype(np.int64).reshape(RESAMPLES, blocks) + blocks * np.arange(RESAMPLES)[:, np.newaxis]
        counts = np.bincount(places.ravel(), minlength=RESAMPLES * blocks)
        self._counts = counts.reshape(RESAMPLES, blocks).astype(np.float64)
        self._lengths = self._counts @ self._sizes

    def means(self, columns: Floats) -> Floats:
        """Return the means of columns (column, scenario) in every resample; shape (resample, column)."""
        sums = np.add.reduceat(columns, self._starts, axis=1)
        return np.asarray(self._counts @ sums.T / self._lengths[:, np.newaxis])

    def ends(self, values: Floats) -> tuple[float, float]:
        """Return the interval of a statistic from its value in every resample."""
        tail = (1.0 - self.confidence) / 2.0
        low, high = np.quantile(values, [tail, 1.0 - tail])
        return float(low), float(high)
