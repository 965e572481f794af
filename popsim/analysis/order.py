"""Quantiles, moments and coverage intervals over scenarios with their Monte Carlo errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial, reduce

import numpy as np

from popsim.analysis.blocks import BLOCK, Terms, mean_of
from popsim.analysis.few_values import central_moments_of, order_statistics_of
from popsim.analysis.tails import is_heavy, tail_errors
from popsim.analysis.widening import NORMAL, of_deviation, skewness_factor, spacings_factor, student_factor
from popsim.arguments import check_threads
from popsim.arrays import Floats, Integers, Mask
from popsim.errors import ParameterError, Problem, RunError
from popsim.types import Interval

_ROWS = 16
"""Rows given to a thread at a time, at most."""

_FEW = 2**22
"""Values up to which numpy does the work of the kernels: some 40 ms, where loading these takes five times that."""

_FEW_IN_TAILS = 2**16
"""Values whose tails are modelled sooner than a thread starts."""

_TOGETHER = 2**18
"""Values that numpy works on at a time."""

_BLOCKS = 20
"""Blocks of scenarios whose shortest intervals give the error of that of the whole."""

_LEAST = 20
"""Scenarios in each tail of a block, on average, below which the error is not known."""

_SKEWED = 4.0
"""Kurtosis above which that of the squares widens the error of a standard deviation."""

_SQUARED = 4
"""Standard deviations take so many times as many scenarios as means before the tail needs no model."""

_FEWEST = 10
"""Scenarios below which not even the standard deviation of a normal has an interval with two ends."""

_SMALL = 2.0**-300
"""Unit below which squares begin to vanish."""

FAR = 8.0
"""Kurtosis above which few replicates do not know the error of a standard deviation better than scenarios do."""

_SEEN = 4_096
"""Scenarios from which on errors of standard deviations in heavy tails hold as often as they should."""

_FINEST = 0.77
"""Least error of a rank, in scenarios: 95 % of half the difference of two spacings are within 1.5, over 1.96."""


class Moments:
    """Moments over the last axis, with errors; `mean`, `std` and their errors have the shape of the rest.

    The error of the mean is s / sqrt(n), by Student's t for few scenarios; that of the standard deviation uses the
    fourth central moment: var(s^2) ~ (m4 - s^4) / n, widened for skewness (`popsim.analysis.widening`), and infinite
    for fewer than 10 scenarios. Where the kurtosis says that a few scenarios make the variance, both come from a model
    of the tail instead, and are infinite where the sample cannot have seen it (`popsim.analysis.tails`). With
    `replicates`, errors come from the spread of the replicates, scenario s belonging to the one of number s %
    replicates, and in heavy tails, which a design does not make lighter, are no less than those of as many independent
    scenarios. `of` is the number of values that these are some of; it decides what is quickest, and changes no number.

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
        if not np.isfinite(table[:, (0, 6, 7)]).all():
            raise RunError(Problem("dataset", (), "NaN or infinite values among the scenarios", "finite values"))
        mean, self._units, *self._powers, self.lowest, self.highest = table.T
        second, fourth, _, _ = self._powers
        unbiased = second * (self.count / max(self.count - 1, 1))
        self._std = np.sqrt(unbiased) * self._units
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            self._kurtosis = np.where(second > 0.0, fourth / second**2, 0.0)
            square_error = np.sqrt(np.maximum(fourth - unbiased**2, 0.0) / self.count) / unbiased
        self._square_error = np.where(self._std > 0.0, square_error, 0.0)
        self._is_heavy = is_heavy(self._kurtosis, self.count)
        self._is_steep = is_heavy(self._kurtosis, self.count // _SQUARED)
        self.mean = mean.reshape(self.shape)
        self.std = self._std.reshape(self.shape)
        self._replicates = replicates
        self._is_of_few = np.zeros((2, self._length), dtype=np.bool_)

    @property
    def is_of_few_replicates(self) -> Mask:
        """Whether errors of mean and standard deviation (2, ...) are more than the spread of few replicates says."""
        shape = self._errors.shape  # first: what it is made of also finds out which these are
        return self._is_of_few.reshape(shape)

    @property
    def is_skewed(self) -> Mask:
        """Whether the kurtosis is so high (above `FAR`) that few scenarios make the variance."""
        return np.asarray(self._kurtosis > FAR).reshape(self.shape)

    @property
    def is_little_seen(self) -> Mask:
        """Whether scenarios are few for so high a kurtosis: errors of standard deviations may be too small."""
        return np.asarray(self.is_skewed & np.isfinite(self.std_error) & (self.count < _SEEN))

    @property
    def is_modelled(self) -> Mask:
        """Whether the error of the standard deviation is no less than a model of the tail has it."""
        return np.asarray(self._is_steep).reshape(self.shape)

    @property
    def mean_error(self) -> Floats:
        """Error of the mean; infinite where the sample cannot have seen the tail."""
        return np.asarray(self._errors[0])

    @property
    def std_error(self) -> Floats:
        """Error of the standard deviation; infinite where the sample cannot have seen the tail."""
        return np.asarray(self._errors[1])

    @cached_property
    def _errors(self) -> Floats:
        """Errors of mean and standard deviation (2, ...); those of heavy tails take a sort of each row."""
        if self.count < 2:
            return np.full((2, *self.shape), np.inf)
        errors = np.stack([self._std / np.sqrt(self.count) * student_factor(self.count), self._std_errors()])
        steep = np.flatnonzero(self._is_steep)
        if len(steep) * self.count <= _FEW_IN_TAILS:
            found = list(map(_tail_errors_in, self._units[steep], self._rows_at(steep)))
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                found = list(pool.map(_tail_errors_in, self._units[steep], self._rows_at(steep)))
        of_tails = np.array(found).reshape(-1, 2).T
        # The model replaces the error of a mean; a standard deviation is known from both, and no better than from one.
        is_heavy_too = self._is_heavy[steep]
        errors[0, steep] = np.where(is_heavy_too, of_tails[0], errors[0, steep])
        errors[1, steep] = np.maximum(errors[1, steep], of_tails[1])
        if self._replicates > 1:
            spread = self._spread_of_replicates()
            # Replicates that have not seen the tail agree all too well.
            known = np.stack([self._is_heavy, self._kurtosis > FAR])
            self._is_of_few = known & (errors > spread)
            errors = np.where(self._is_of_few, errors, spread)
        return errors.reshape(2, *self.shape)

    def _rows_at(self, places: Integers) -> Iterator[Floats]:
        """Yield the rows of scenarios at some places."""
        firsts = np.cumsum([0, *map(len, self._blocks)])
        for row in places:
            block = int(np.searchsorted(firsts, row, side="right")) - 1
            yield self._blocks[block][row - firsts[block]]

    def _std_errors(self) -> Floats:
        """Return the errors of standard deviations of independent scenarios; kurtosis widens them."""
        if self.count < _FEWEST:
            return np.where(self._std > 0.0, np.inf, 0.0)
        wide = self._square_error.copy()
        skewed = self._kurtosis > _SKEWED
        wide[skewed] *= _factor_of_squares(self.count, *(power[skewed] for power in self._powers))
        return of_deviation(self._std, wide)

    def _spread_of_replicates(self) -> Floats:
        """Return the errors of mean and standard deviation from the spread of replicates; shape (2, row)."""
        count, first, found = self.count, 0, []
        means = self.mean.reshape(-1)
        for rows in self._pieces:
            mean, std = (each[first : first + len(rows), np.newaxis] for each in (means, self._std))
            scale = np.where(std > 0.0, std, 1.0)

            apart, square = (
                spread_error(replicate_means(count, partial(terms, rows, mean, scale), self._replicates))
                for terms in (_scores, _squares)
            )
            found.append(np.stack([scale[:, 0] * apart, of_deviation(std[:, 0], square)]))
            first += len(rows)
        errors = np.concatenate(found, axis=1) if found else np.empty((2, 0))
        if count < 2 * self._replicates:
            errors[1] = np.inf
        # What never varies has no error.
        return np.where(self._std > 0.0, errors, 0.0)

    def _central_moments(self) -> Floats:
        """Return mean, unit, four central moments in it, smallest and largest value; shape (row, 8)."""
        if self._is_few:
            return np.concatenate([central_moments_of(rows) for rows in self._pieces])
        from popsim.kernels.selection import central_moments

        table = np.empty((self._length, 8))
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
        last = self.count - 1
        middle = last * probabilities
        deviation = np.sqrt(self.count * probabilities * (1.0 - probabilities))
        positions = np.stack([middle, middle - 2.0 * deviation, middle + 2.0 * deviation])
        clipped = np.clip(positions, 0.0, last)
        lower = np.floor(clipped).astype(np.int64)
        upper = np.minimum(lower + 1, last)
        ranks, place = np.unique(np.stack([lower, upper]), return_inverse=True)
        neighbours = self.order_statistics(ranks)[..., place.reshape(2, 3, -1)]
        low, high = neighbours[..., 0, :, :], neighbours[..., 1, :, :]
        found = low + (high - low) * (clipped - lower)
        values = np.ascontiguousarray(found[..., 0, :])
        below, above = (values - found[..., 1, :]) / 2.0, (found[..., 2, :] - values) / 2.0
        error = np.sqrt(0.5 * (below**2 + above**2)) * spacings_factor(4.0 * deviation)
        too_few = (positions[1] < 0.0) | (positions[2] > last)
        if self._replicates > 1:
            error *= np.maximum(self.count * self._share_errors(values), _FINEST) / deviation
            # A replicate has to reach into the tail as well.
            points = self.count // self._replicates
            too_few |= np.minimum(probabilities, 1.0 - probabilities) * points < 1.0 - 1e-9
        # Scenarios that all agree have no error, however few; one alone agrees with none.
        flat = ((self.lowest == self.highest) & (self.count > 1)).reshape(*self.shape, 1)
        return values, np.where(flat, 0.0, np.where(too_few, np.inf, error))

    def _share_errors(self, values: Floats) -> Floats:
        """Return the errors, from replicates, of the shares of scenarios up to some values (..., value) of each row."""
        table, found, first = values.reshape(self._length, -1), [], 0
        for rows in self._pieces:
            limits = table[first : first + len(rows)]

            shares = replicate_means(self.count, partial(_within, rows, limits), self._replicates)
            found.append(spread_error(shares))
            first += len(rows)
        return np.concatenate(found).reshape(values.shape) if found else np.empty(values.shape)


def _scores(rows: Floats, mean: Floats, std: Floats, some: slice) -> Floats:
    return np.asarray((rows[..., some] - mean) / std)


def _squares(rows: Floats, mean: Floats, std: Floats, some: slice) -> Floats:
    return np.square(_scores(rows, mean, std, some))


def _within(rows: Floats, limits: Floats, some: slice) -> Floats:
    """Return 1 for scenarios (row, scenario) up to each of the limits (row, limit), 0 for others."""
    return np.asarray(rows[:, np.newaxis, some] <= limits[:, :, np.newaxis], dtype=np.float64)


def _tail_errors_in(unit: float, row: Floats) -> Floats:
    """Return what `tail_errors` does, also of values whose squares are nothing to a float."""
    return unit * np.array(tail_errors(row / unit)) if unit < _SMALL else np.array(tail_errors(row))


def _powers_in(room: Floats, terms: Terms, middle: Floats, some: slice) -> Floats:
    """Return the second, third and fourth power of how far terms are from the middle, in room (3, ..., scenario)."""
    found = room[..., : some.stop - some.start]
    second, third, fourth = found
    # Products: numpy takes a general power for all exponents above 2, which is ten times as slow.
    apart = np.subtract(terms(some), middle, out=fourth)
    np.square(apart, out=second)
    np.multiply(second, apart, out=third)
    np.square(second, out=fourth)
    return found


def mean_factor(count: int, terms: Terms) -> Floats:
    """Return the factor by which skewness widens the error of the mean of terms (..., scenario); 1 where none varies.

    Examples
    --------
    >>> values = np.random.default_rng(1).standard_exponential(1_000)
    >>> mean_factor(1_000, lambda some: values[some]).round(3).item()
    1.004
    """
    middle = np.asarray(mean_of(count, terms))[..., np.newaxis]
    room = np.empty((3, *middle.shape[:-1], min(count, BLOCK)))
    second, third, fourth = mean_of(count, partial(_powers_in, room, terms, middle))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        factor = skewness_factor(third / second**1.5, fourth / second**2, count)
    return np.where(second > 0.0, factor, 1.0)


def _factor_of_squares(count: int, second: Floats, fourth: Floats, sixth: Floats, eighth: Floats) -> Floats:
    """Return the factor of `mean_factor` for the squares of values, from central moments of the values.

    Differences of moments lose digits where the values have little kurtosis; with more than 4, at most two.
    """
    spread = fourth - second**2
    third = sixth - 3.0 * second * fourth + 2.0 * second**3
    last = eighth - 4.0 * second * sixth + 6.0 * second**2 * fourth - 3.0 * second**4
    return skewness_factor(third / spread**1.5, last / spread**2, count)


def replicate_means(count: int, terms: Terms, replicates: int) -> Floats:
    """Return the means of terms over the scenarios of each replicate; shape (..., replicate).

    Parameters
    ----------
    count
        Number of scenarios; scenario s belongs to replicate s % replicates.
    terms
        From some scenarios to terms (..., scenario).
    replicates
        Number of replicates.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, 5.0])
    >>> replicate_means(4, lambda some: values[some], 2).tolist()
    [2.0, 3.5]
    """
    step = max(BLOCK // replicates, 1) * replicates
    sums = np.zeros(replicates)
    for start in range(0, count, step):
        part = terms(slice(start, min(start + step, count)))
        whole = part.shape[-1] // replicates * replicates
        some = part[..., :whole].reshape(*part.shape[:-1], -1, replicates).sum(axis=-2)
        some[..., : part.shape[-1] - whole] += part[..., whole:]
        sums = sums + some
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / (count // replicates + (np.arange(replicates) < count % replicates)))


def compile_selection() -> None:
    """Compile the kernels of `Moments`, or load them, for the types of arrays that it gives them."""
    Moments(np.zeros((1, 2)), threads=1, of=_FEW + 1).order_statistics(np.zeros(1, dtype=np.int64))


def _rows(values: Floats) -> list[Floats]:
    """Return values as tables of rows of scenarios; values that lie so in memory, option by option, are not copied."""
    count = values.shape[-1]
    if values.ndim > 2 and len(values) and not values.flags.c_contiguous and values[0].flags.c_contiguous:
        return [option.reshape(-1, count) for option in values]
    return [np.ascontiguousarray(values).reshape(-1, count)]


def quantile_with_error(values: Floats, probabilities: Floats, replicates: int = 1) -> tuple[Floats, Floats]:
    """Return quantiles over the last axis and their Monte Carlo errors, half-widths of 95 % intervals over 1.96.

    The quantile is the linear interpolation between order statistics (Hyndman and Fan 1996, type 7,
    doi:10.1080/00031305.1996.10473566). Its error is half the distance to the order statistics two standard deviations
    of its rank either side, which needs no density (Conover 1999, Practical Nonparametric Statistics, ch. 3): the root
    mean square of both sides, widened where these hold few scenarios (`popsim.analysis.widening`).

    Parameters
    ----------
    values
        (..., scenario)
    probabilities
        (quantile,), in (0, 1).
    replicates
        Above 1: scenario s belongs to the independent replicate s % replicates. The standard deviation of the rank is
        then that of the shares of the replicates below the quantile (Woodruff 1952,
        doi:10.1080/01621459.1952.10483443), with Student's t for so few.

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
    (5000.0, 50.305091)
    """
    return Moments(values, replicates=replicates).quantiles(probabilities)


def spread_error(parts: Floats) -> Floats:
    """Return the error of an average of independent parts (..., part), by their spread and Student's t for so many.

    Examples
    --------
    >>> spread_error(np.arange(16.0)).round(4).item()
    1.2944
    """
    number = parts.shape[-1]
    if number < 2:
        return np.full(parts.shape[:-1], np.nan)
    # Added one after the other: in which order numpy adds them depends on how many figures there are.
    columns = [parts[..., k] for k in range(number)]
    mean = reduce(np.add, columns) / number
    squares = reduce(np.add, [np.square(part - mean) for part in columns])
    return np.asarray(np.sqrt(squares / (number - 1)) / np.sqrt(number) * student_factor(number))


def half_width(replicates: int = 1, level: float = 0.975) -> float:
    """Return the half-width of an interval in errors: 1.96 for 95 %, since Student's t is in errors of few replicates.

    `level` is the probability below its upper end.

    Examples
    --------
    >>> round(half_width(), 4), round(half_width(16), 4), round(half_width(16, 0.995), 4)
    (1.96, 1.96, 2.7096)
    """
    from scipy.special import ndtri

    return float(ndtri(level)) * (student_factor(replicates, level) / student_factor(replicates))


def share_error(happens: Mask, replicates: int = 1) -> Floats:
    """Return the error of the share of scenarios, on the last axis, in which something happens.

    Examples
    --------
    >>> share_error(np.arange(10_000) < 5_000).round(6).item()
    0.004999
    """
    single = binomial_error(happens.mean(axis=-1), happens.shape[-1])
    if replicates == 1:
        return single
    count = happens.shape[-1]
    spread = spread_error(replicate_means(count, lambda some: happens[..., some].astype(np.float64), replicates))
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
    to 20 blocks, and the standard deviation of the blocks' ends is scaled by 20^(-1/3), with Student's t: subsampling
    with a known rate (Politis and Romano 1994, Ann. Statist. 22). The interval is also found too short, which moves
    an end where the density is steep: how far, the mean of the blocks tells, as if it fell as n^(-1/2). The error is
    half of an interval that reaches so far beyond 1.96 times the spread, over 1.96. Where the interval ends at the edge
    of the distribution, it converges faster, and the error is too large.

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
    spread = student_factor(_BLOCKS) * ends.std(axis=0, ddof=1) * _BLOCKS ** (-1.0 / 3.0)
    return interval, spread + np.abs(ends.mean(axis=0) - interval) / (_BLOCKS**0.5 - 1.0) / NORMAL
