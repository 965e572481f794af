"""Quantiles, moments and coverage intervals over scenarios with their Monte Carlo errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, reduce

import numpy as np

from popsim.analysis.few_values import central_moments_of, order_statistics_of
from popsim.analysis.tails import is_heavy, tail_errors
from popsim.arrays import Floats, Mask
from popsim.engine.threads import check_threads
from popsim.errors import ParameterError, Problem, RunError
from popsim.types import Interval

_ROWS = 16
"""Rows given to a thread at a time, at most."""

_FEW = 2**22
"""Values up to which numpy does the work of the kernels: some 40 ms, where loading these takes five times that."""

_TOGETHER = 2**18
"""Values that numpy works on at a time."""

_BLOCKS = 20
"""Blocks of scenarios whose shortest intervals give the error of that of the whole."""

_LEAST = 20
"""Scenarios in each tail of a block, on average, below which the error is not known."""


class Moments:
    """Moments over the last axis, with standard errors; `mean`, `std` and their errors have the shape of the rest.

    The error of the mean is s / sqrt(n), that of the standard deviation uses the fourth central moment: var(s) ~
    (m4 - s^4) / (4 s^2 n). Where the kurtosis says that a few scenarios make the variance, both come from a model of
    the tail instead, and are infinite where the sample cannot have seen it (`popsim.analysis.tails`). With
    `replicates`, errors come from the spread of the replicates: scenario s belongs to the one of number s % replicates.
    `of` is the number of values that these are some of; it decides what is quickest, and changes no number.

    Raises
    ------
    RunError
        When a value is NaN or infinite.

    Examples
    --------
    >>> moments = Moments(np.array([[1.0, 2.0, 3.0, 4.0]]))
    >>> moments.mean.item(), round(moments.std.item(), 6)
    (2.5, 1.290994)
    """

    def __init__(self, values: Floats, threads: int | None = None, replicates: int = 1, of: int | None = None) -> None:
        self._blocks = _rows(np.asarray(values, dtype=np.float64))
        self.threads = check_threads(threads)
        self.shape = values.shape[:-1]
        self.count = values.shape[-1]
        self._length = sum(map(len, self._blocks))
        self._is_few = (self._length * self.count if of is None else of) <= _FEW
        table = self._central_moments()
        if not np.isfinite(table[:, (0, 3, 4)]).all():
            raise RunError(Problem("dataset", (), "NaN or infinite values among the scenarios", "finite values"))
        mean, second, fourth, self.lowest, self.highest = table.T
        unbiased = second * (self.count / max(self.count - 1, 1))
        self._std = np.sqrt(unbiased)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            std_error = np.sqrt(np.maximum(fourth - unbiased**2, 0.0) / self.count) / (2.0 * self._std)
            kurtosis = np.where(second > 0.0, fourth / second**2, 0.0)
        self._std_error = np.where(self._std > 0.0, std_error, 0.0)
        self._is_heavy = is_heavy(kurtosis, self.count)
        self.mean = mean.reshape(self.shape)
        self.std = self._std.reshape(self.shape)
        self._parts = [
            Moments(values[..., first::replicates], threads, of=of)
            for first in range(replicates if replicates > 1 else 0)
        ]

    @property
    def mean_error(self) -> Floats:
        """Standard error of the mean; infinite where the sample cannot have seen the tail."""
        return np.asarray(self._errors[0])

    @property
    def std_error(self) -> Floats:
        """Standard error of the standard deviation; infinite where the sample cannot have seen the tail."""
        return np.asarray(self._errors[1])

    @cached_property
    def _errors(self) -> Floats:
        """Errors of mean and standard deviation (2, ...); those of heavy tails take a sort of each row."""
        if self.count < 2:
            return np.full((2, *self.shape), np.inf)
        errors = np.stack([self._std / np.sqrt(self.count), self._std_error])
        heavy = np.flatnonzero(self._is_heavy)
        firsts = np.cumsum([0, *map(len, self._blocks)])
        blocks = np.searchsorted(firsts, heavy, side="right") - 1
        rows = [self._blocks[block][row - firsts[block]] for row, block in zip(heavy, blocks, strict=True)]
        with ThreadPoolExecutor(self.threads) as pool:
            of_tails = np.array(list(pool.map(tail_errors, rows))).reshape(-1, 2).T
        if not self._parts:
            errors[:, heavy] = of_tails
            return errors.reshape(2, *self.shape)
        spread = np.stack([spread_error([getattr(part, name) for part in self._parts]) for name in ("mean", "std")])
        if self.count < 2 * len(self._parts):
            spread[1] = np.inf
        # Replicates that have not seen the tail agree all too well.
        unseen = np.zeros_like(errors, dtype=bool)
        unseen[:, heavy] = np.isinf(of_tails)
        return np.where(unseen.reshape(spread.shape), np.inf, spread)

    def _central_moments(self) -> Floats:
        """Return mean, second and fourth central moment, smallest and largest value; shape (row, 5)."""
        if self._is_few:
            return np.concatenate([central_moments_of(rows) for rows in self._pieces])
        from popsim.kernels.selection import central_moments

        table = np.empty((self._length, 5))
        self._spread(lambda part, rows: central_moments(table[part], rows))
        return table

    @property
    def _pieces(self) -> Iterator[Floats]:
        """Some rows at a time, so that what numpy makes of them fits a cache."""
        step = max(1, _TOGETHER // max(self.count, 1))
        for block in self._blocks:
            for start in range(0, len(block), step):
                yield block[start : start + step]

    def _spread(self, work: Callable[[slice, Floats], object]) -> None:
        """Apply work to slices of rows and their values, on several threads: kernels release the interpreter."""
        parts, places, first = [], [], 0
        for block in self._blocks:
            # Few long rows are spread over all threads as well.
            step = min(_ROWS, -(-len(block) // self.threads))
            for start in range(0, len(block), step):
                parts.append(block[start : start + step])
                places.append(slice(first + start, first + start + len(parts[-1])))
            first += len(block)
        if self.threads == 1 or len(parts) == 1:
            for place, part in zip(places, parts, strict=True):
                work(place, part)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, places, parts))

    def order_statistics(self, ranks: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """Return the values of rising ranks, counted from 0; shape (..., rank)."""
        if self._is_few:
            few = [order_statistics_of(rows, ranks) for rows in self._pieces]
            return np.concatenate(few).reshape(*self.shape, len(ranks))
        from popsim.kernels.selection import BUCKETS, select_rows

        mean = self.mean.reshape(-1)
        low = np.maximum(self.lowest, mean - 4.0 * self._std)
        span = np.minimum(self.highest, mean + 4.0 * self._std) - low
        usable = (span > 0.0) & np.isfinite(span)
        scale = BUCKETS / np.where(usable, span, np.inf)
        out = np.empty((self._length, len(ranks)))
        self._spread(lambda part, rows: select_rows(out[part], rows, low[part], scale[part], ranks))
        return out.reshape(*self.shape, len(ranks))

    def quantiles(self, probabilities: Floats) -> tuple[Floats, Floats]:
        """Return quantiles and their errors, as `quantile_with_error` does."""
        values, error = self._quantiles(probabilities)
        if not self._parts:
            return values, error
        spread = spread_error([part._quantiles(probabilities)[0] for part in self._parts])
        # A replicate has to reach into the tail as well.
        resolved = np.minimum(probabilities, 1.0 - probabilities) * (self.count // len(self._parts)) >= 1.0 - 1e-9
        return values, np.where(np.isfinite(error) & resolved, spread, np.where(error == 0.0, 0.0, np.inf))

    def _quantiles(self, probabilities: Floats) -> tuple[Floats, Floats]:
        last = self.count - 1
        middle = last * probabilities
        spread = 2.0 * np.sqrt(self.count * probabilities * (1.0 - probabilities))
        positions = np.stack([middle, middle - spread, middle + spread])
        clipped = np.clip(positions, 0.0, last)
        lower = np.floor(clipped).astype(np.int64)
        upper = np.minimum(lower + 1, last)
        ranks, place = np.unique(np.stack([lower, upper]), return_inverse=True)
        neighbours = self.order_statistics(ranks)[..., place.reshape(2, 3, -1)]
        low, high = neighbours[..., 0, :, :], neighbours[..., 1, :, :]
        values = low + (high - low) * (clipped - lower)
        error = (values[..., 2, :] - values[..., 1, :]) / 4.0
        # Scenarios that all agree have no error, however few; one alone agrees with none.
        flat = ((self.lowest == self.highest) & (self.count > 1)).reshape(*self.shape, 1)
        too_few = (positions[1] < 0.0) | (positions[2] > last)
        return np.ascontiguousarray(values[..., 0, :]), np.where(too_few & ~flat, np.inf, error)


def _rows(values: Floats) -> list[Floats]:
    """Return values as tables of rows of scenarios; values that lie so in memory, option by option, are not copied."""
    count = values.shape[-1]
    if values.ndim > 2 and len(values) and not values.flags.c_contiguous and values[0].flags.c_contiguous:
        return [option.reshape(-1, count) for option in values]
    return [np.ascontiguousarray(values).reshape(-1, count)]


def quantile_with_error(values: Floats, probabilities: Floats, replicates: int = 1) -> tuple[Floats, Floats]:
    """Return quantiles over the last axis and their Monte Carlo standard errors.

    The quantile is the linear interpolation between order statistics (Hyndman and Fan 1996, type 7,
    doi:10.1080/00031305.1996.10473566). Its error is a quarter of the distance between the order statistics two
    binomial standard deviations either side, which needs no density (Conover 1999, Practical Nonparametric Statistics,
    ch. 3).

    Parameters
    ----------
    values
        (..., scenario)
    probabilities
        (quantile,), in (0, 1).
    replicates
        Above 1: scenario s belongs to the independent replicate s % replicates, and the error is the standard deviation
        of the quantiles of the replicates over sqrt(replicates).

    Returns
    -------
    tuple of arrays
        Quantiles and errors, both (..., quantile). An error is infinite where two standard deviations reach past the
        sample, since the scenarios are too few: fewer than 4 (1 - p) / p for a low p.

    Raises
    ------
    RunError
        When a value is NaN or infinite.

    Examples
    --------
    >>> value, error = quantile_with_error(np.arange(10_001.0), np.array([0.5]))
    >>> value.item(), round(error.item(), 6)
    (5000.0, 50.0025)
    """
    return Moments(values, replicates=replicates).quantiles(probabilities)


def spread_error(parts: Sequence[Floats]) -> Floats:
    """Return the standard error of an average of independent parts: their spread over the root of their number.

    Examples
    --------
    >>> spread_error([np.array(1.0), np.array(3.0)]).item()
    1.0
    """
    # Added one after the other: in which order numpy adds them depends on how many figures there are.
    mean = reduce(np.add, parts) / len(parts)
    squares = reduce(np.add, [np.square(part - mean) for part in parts])
    return np.asarray(np.sqrt(squares / (len(parts) - 1)) / np.sqrt(len(parts)))


def half_width(replicates: int = 1, level: float = 0.975) -> float:
    """Return the half-width of a 95 % interval in standard errors: by Student's t where they are of few replicates.

    `level` is the probability below its upper end.

    Examples
    --------
    >>> round(half_width(), 4), round(half_width(16), 4)
    (1.96, 2.1314)
    """
    from scipy.special import ndtri, stdtrit

    return float(ndtri(level) if replicates == 1 else stdtrit(replicates - 1, level))


def share_error(happens: Mask, replicates: int = 1) -> Floats:
    """Return the standard error of the share of scenarios, on the last axis, in which something happens.

    Examples
    --------
    >>> share_error(np.arange(10_000) < 5_000).round(6).item()
    0.004999
    """
    single = binomial_error(happens.mean(axis=-1), happens.shape[-1])
    if replicates == 1:
        return single
    spread = spread_error([happens[..., first::replicates].mean(axis=-1) for first in range(replicates)])
    # Replicates may agree to the last scenario although the share is not known exactly.
    return np.where(spread > 0.0, spread, single)


def binomial_error(share: Floats, count: int) -> Floats:
    """Return the standard error of a share of `count` scenarios; never zero, after Agresti and Coull (1998).

    doi:10.1080/00031305.1998.10480550

    Examples
    --------
    >>> binomial_error(np.array([0.5]), 10_000).round(6).item()
    0.004999
    """
    adjusted = (share * count + 2.0) / (count + 4.0)
    return np.asarray(np.sqrt(adjusted * (1.0 - adjusted) / (count + 4.0)))


def scenarios_for(level: float, replicates: int = 1) -> int:
    """Return the least number of scenarios whose quantile at a level has an error.

    Two standard deviations of its rank have to fit beyond it, and one scenario of each replicate.

    Examples
    --------
    >>> scenarios_for(0.8), scenarios_for(0.9999), scenarios_for(0.99, replicates=16)
    (18, 39998, 1600)
    """
    level = max(level, 1e-18)  # below, numbers of scenarios are beyond all that can be counted
    odds = max(level / (1.0 - level), (1.0 - level) / level)
    # Rounded: odds that should be whole come out a last bit above it.
    single = math.ceil(round(4.0 * odds, 6)) + 2
    return single if replicates == 1 else max(single, replicates * math.ceil(round(1.0 / min(level, 1.0 - level), 6)))


def check_supported(level: float, count: int, errors: Floats, replicates: int = 1) -> None:
    """Refuse a confidence that so many scenarios cannot support: one whose quantile has no finite error.

    Raises
    ------
    ParameterError
        With the number of scenarios that it needs.
    """
    if not np.isfinite(errors).all():
        allowed = "a confidence that the scenarios can support"
        raise too_few_scenarios(level, count, allowed, scenarios_for(level, replicates))


def too_few_scenarios(level: float, count: int, allowed: str, needed: int) -> ParameterError:
    """Return the error of a confidence for which a run has too few scenarios."""
    mend = f"run at least {needed} scenarios"
    return ParameterError(Problem("", ("confidence",), f"{level} from {count} scenarios", allowed, mend))


def coverage_interval(values: Floats, coverage: float, interval: Interval = "symmetric") -> Floats:
    """Return the coverage interval of JCGM 101:2008, clause 7.7, over the last axis; shape (..., 2).

    With M scenarios in order and q = coverage x M, rounded to the nearest whole number, it runs from value r to value
    r + q: r = (M - q) / 2, or (M - q + 1) / 2 rounded down, for equal tails (7.7.2); for the shortest, the r at which
    the interval is shortest, the first where several are (5.3.4 and 7.7.4).

    Raises
    ------
    ParameterError
        When the scenarios are too few: q = M leaves no interval of M values to choose.

    Examples
    --------
    >>> coverage_interval(np.array([[1.0, 2.0, 4.0, 8.0, 16.0]]), 0.6, "shortest").tolist()
    [[1.0, 8.0]]
    """
    count = values.shape[-1]
    inside = math.floor(coverage * count + 0.5)
    if inside >= count:
        needed = math.floor(0.5 / (1.0 - coverage)) + 1
        too_few = f"{coverage} of {count} scenarios"
        raise ParameterError(Problem("", ("coverage",), too_few, "fewer than all scenarios", f"at least {needed}"))
    ordered = np.sort(values, axis=-1)
    if interval == "shortest":
        first = np.argmin(ordered[..., inside:] - ordered[..., : count - inside], axis=-1)[..., np.newaxis]
    else:
        place = max((count - inside + (count - inside) % 2) // 2, 1) - 1
        first = np.full((*values.shape[:-1], 1), place, dtype=np.int64)
    return np.concatenate([np.take_along_axis(ordered, first + step, axis=-1) for step in (0, inside)], axis=-1)


def shortest_with_error(values: Floats, coverage: float) -> tuple[Floats, Floats]:
    """Return the shortest coverage interval over the last axis and the errors of its ends; shapes (..., 2).

    The ends of a shortest interval converge as n^(-1/3), slower than quantiles (Kim and Pollard 1990, Cube root
    asymptotics, Ann. Statist. 18), and no formula without densities gives their errors. So the scenarios are dealt out
    to 20 blocks, and the standard deviation of the blocks' ends is scaled by 20^(-1/3): subsampling with a known rate
    (Politis and Romano 1994, Ann. Statist. 22). Where the shortest interval ends at the edge of the distribution, it
    converges faster and the error is too large.

    Returns
    -------
    tuple of arrays
        Errors are infinite where a block has too few scenarios: fewer than 20 in its tails on average.

    Raises
    ------
    RunError
        When a value is NaN or infinite.

    Examples
    --------
    >>> ends, errors = shortest_with_error(np.linspace(0.0, 1.0, 10_001) ** 2, 0.5)
    >>> ends.round(3).tolist(), bool((errors < 0.01).all())
    ([0.0, 0.25], True)
    """
    if not np.isfinite(values).all():
        raise RunError(Problem("dataset", (), "NaN or infinite values among the scenarios", "finite values"))
    interval = coverage_interval(values, coverage, "shortest")
    size = values.shape[-1] // _BLOCKS
    if size * (1.0 - coverage) < _LEAST:
        return interval, np.full(interval.shape, np.inf)
    # Every 20th scenario, so that points of a design are dealt out evenly.
    blocks = np.stack([values[..., k : size * _BLOCKS : _BLOCKS] for k in range(_BLOCKS)])
    ends = coverage_interval(blocks, coverage, "shortest")
    return interval, ends.std(axis=0, ddof=1) * _BLOCKS ** (-1.0 / 3.0)
