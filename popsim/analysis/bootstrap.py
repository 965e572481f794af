"""Intervals of what is computed from means over independent scenarios, by drawing the scenarios again."""

from __future__ import annotations

import numpy as np

from popsim.errors import ParameterError, Problem
from popsim.families.base import Floats
from popsim.kernels.philox import fill_bits
from popsim.plan.streams import stream_number

__all__ = ["MOST_CONFIDENT", "RESAMPLES", "Bootstrap"]

RESAMPLES = 1_000
MOST_CONFIDENT = 0.99
"""Beyond, less than five resamples lie in each tail."""

_BLOCKS = 1_024
"""Scenarios are drawn again by blocks of neighbours, at most so many: as good for means, and the faster."""
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
        For a higher confidence than so many resamples can tell.

    Examples
    --------
    >>> values = np.arange(1000.0)
    >>> bootstrap = Bootstrap(1000, seed=1, confidence=0.95)
    >>> low, high = bootstrap.ends(bootstrap.means(values[np.newaxis])[:, 0])
    >>> bool(abs(low - (499.5 - 1.96 * 9.13)) < 2.0), bool(abs(high - (499.5 + 1.96 * 9.13)) < 2.0)
    (True, True)
    """

    def __init__(self, scenarios: int, seed: int, confidence: float) -> None:
        if confidence > MOST_CONFIDENT:
            reason = f"at most {MOST_CONFIDENT}: {RESAMPLES:,} resamples tell no more"
            raise ParameterError(Problem("confidence", (), repr(confidence), reason))
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
        """Give the means of columns (column, scenario) in every resample; shape (resample, column)."""
        sums = np.add.reduceat(columns, self._starts, axis=1)
        return np.asarray(self._counts @ sums.T / self._lengths[:, np.newaxis])

    def ends(self, values: Floats) -> tuple[float, float]:
        """Give the interval of a statistic from its value in every resample."""
        tail = (1.0 - self.confidence) / 2.0
        low, high = np.quantile(values, [tail, 1.0 - tail])
        return float(low), float(high)
