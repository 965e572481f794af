"""The adaptive Monte Carlo procedure of JCGM 101:2008, clause 7.9.4, letter by letter.

Evaluation of measurement data, Supplement 1 to the GUM: propagation of distributions using a Monte Carlo method.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from popsim.analysis.intervals import coverage_interval
from popsim.families.base import Floats
from popsim.types import Interval

__all__ = ["batch_size", "batch_statistics", "numerical_tolerance", "stability"]


def batch_size(coverage: float) -> int:
    """Give M of 7.9.4 b): max(J, 10^4), J the smallest whole number of at least 100 / (1 - p).

    Examples
    --------
    >>> batch_size(0.95), batch_size(0.999)
    (10000, 100000)
    """
    return max(math.ceil(round(100.0 / (1.0 - coverage), 6)), 10_000)


def numerical_tolerance(value: float, digits: int) -> float:
    """Give delta of 7.9.2: half a unit of the last of `digits` significant digits of a value; 0 for 0.

    The value is written c x 10^l with c a whole number of so many digits; delta = 10^l / 2.

    Examples
    --------
    >>> numerical_tolerance(0.035, 2), numerical_tolerance(35.0, 1), numerical_tolerance(9.97, 2)
    (0.0005, 5.0, 0.5)
    """
    if value == 0.0:
        return 0.0
    # Through its decimal form, rounded to the digits: 9.97 to two digits is 10, that is 10 x 10^0.
    exponent = int(f"{abs(value):.{digits - 1}e}".partition("e")[2])
    return float(f"0.5e{exponent - digits + 1}")


def batch_statistics(values: Floats, coverage: float, interval: Interval) -> Floats:
    """Estimate, standard uncertainty and the two ends of the coverage interval of one batch, 7.9.4 e); (..., 4)."""
    ends = coverage_interval(values, coverage, interval)
    moments = np.stack([values.mean(axis=-1), values.std(axis=-1, ddof=1)], axis=-1)
    return np.concatenate([moments, ends], axis=-1)


def stability(batches: Sequence[Floats], uncertainty: Floats, digits: int) -> tuple[Floats, Floats]:
    """Twice the standard deviations of the averages over batches, and the tolerance; 7.9.4 g) to k).

    Parameters
    ----------
    batches
        What `batch_statistics` gave for each batch so far, two at least.
    uncertainty
        u(y) from all values so far (...).
    digits
        Significant digits that are wanted of u(y).

    Returns
    -------
    tuple of arrays
        2 s (..., 4) and delta (...). The computation has stabilised when no 2 s exceeds delta.
    """
    table = np.stack(batches)
    spread = 2.0 * table.std(axis=0, ddof=1) / math.sqrt(len(table))
    tolerance = np.vectorize(lambda value: numerical_tolerance(float(value), digits))(uncertainty)
    return spread, np.asarray(tolerance, dtype=np.float64)
