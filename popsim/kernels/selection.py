"""Order statistics without sorting: a histogram finds the few values that matter, and only these are put in order.

Values are counted in equal buckets over the mean and four standard deviations either side; the buckets that hold a
wanted rank are gathered, and quickselect (Hoare 1961, doi:10.1145/366622.366647) finds the ranks within each. The
result is exact whatever the distribution; an uneven one only takes longer.
"""

from __future__ import annotations

import math

import numpy as np

from popsim.kernels.jit import kernel, pasted
from popsim.kernels.lanes import add_powers, add_values
from popsim.kernels.vectors import LANES

BUCKETS = 4096
_LAST = np.float64(BUCKETS - 1)


@pasted
def _place(places, row, low, scale):  # type: ignore[no-untyped-def]
    """Write the bucket of each value; what lies outside goes to the first or the last."""
    for i in range(len(row)):
        places[i] = np.int32(min(max((row[i] - low) * scale, 0.0), _LAST))


@pasted
def _count(counts, places):  # type: ignore[no-untyped-def]
    for k in range(counts.shape[1]):
        counts[0, k] = 0
        counts[1, k] = 0
    # Two tables, since neighbours often fall in one bucket and would wait for each other's count.
    pairs = len(places) // 2
    for i in range(pairs):
        counts[0, places[2 * i]] += 1
        counts[1, places[2 * i + 1]] += 1
    if 2 * pairs < len(places):
        counts[0, places[2 * pairs]] += 1
    for k in range(counts.shape[1]):
        counts[0, k] += counts[1, k]


@pasted
def _quickselect(values, first, last, rank):  # type: ignore[no-untyped-def]
    """Put the value of a rank in its place within values[first : last + 1]."""
    while first < last:
        middle = (first + last) // 2
        a, b, c = values[first], values[middle], values[last]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            last = j
        elif rank >= i:
            first = i
        else:
            return


@pasted
def _all_equal(values, first, last):  # type: ignore[no-untyped-def]
    i = first
    while i < last and values[i] == values[last]:
        i += 1
    return i == last


@pasted
def _select(out, row, low, scale, ranks, places, counts, gathered, where, step):  # type: ignore[no-untyped-def]
    _place(places, row, low, scale)
    _count(counts, places)
    # Every value is written, to the next free place of its bucket or, where no rank is wanted of it, to one spare place
    # that is never left: cheaper than a branch that cannot be foreseen.
    wanted = 0
    below = 0
    size = 0
    for k in range(counts.shape[1]):
        inside = below + counts[0, k]
        where[k] = len(row)
        step[k] = 0
        if wanted < len(ranks) and ranks[wanted] < inside:
            where[k] = size
            step[k] = 1
            counts[1, k] = size
            size += counts[0, k]
            while wanted < len(ranks) and ranks[wanted] < inside:
                wanted += 1
        below = inside
    for i in range(len(row)):
        place = places[i]
        gathered[where[place]] = row[i]
        where[place] += step[place]
    wanted = 0
    below = 0
    for k in range(counts.shape[1]):
        inside = below + counts[0, k]
        if wanted < len(ranks) and ranks[wanted] < inside:
            first = np.int64(counts[1, k])
            start, last = first, first + counts[0, k] - 1
            equal = _all_equal(gathered, start, last)
            while wanted < len(ranks) and ranks[wanted] < inside:
                rank = first + ranks[wanted] - below
                if not equal:
                    _quickselect(gathered, start, last, rank)
                    start = rank
                out[wanted] = gathered[rank]
                wanted += 1
        below = inside


UNIT_POWERS = 1_000
"""Units of moments are powers of two between 2^-1000 and 2^1000, whose inverses are no less exact."""


@pasted
def _total(sums, which):  # type: ignore[no-untyped-def]
    """Add the partial sums of a kind, in order; numba's own reductions take longer to compile than all else here."""
    total = 0.0
    for j in range(LANES):
        total += sums[which, j]
    return total


@pasted
def _unit_of(distance):  # type: ignore[no-untyped-def]
    """Return a power of two above a distance; in it, eighth powers neither overflow nor vanish."""
    _, power = math.frexp(distance)
    return math.ldexp(1.0, min(max(power, -UNIT_POWERS), UNIT_POWERS))


@pasted
def _spread_out(sums, row, whole):  # type: ignore[no-untyped-def]
    """Make eight sums, eight smallest and eight largest values of a row."""
    for j in range(LANES):
        sums[0, j] = 0.0
        sums[1, j] = row[0]
        sums[2, j] = row[0]
    for i in range(0, whole, LANES):
        add_values(sums, row, i)
    for i in range(whole, len(row)):
        sums[0, 0] += row[i]
        sums[1, 0] = min(sums[1, 0], row[i])
        sums[2, 0] = max(sums[2, 0], row[i])


@pasted
def _powers(sums, row, whole, mean, scale):  # type: ignore[no-untyped-def]
    """Make eight sums of each power of how far the values of a row are from their mean."""
    for k in range(4):
        for j in range(LANES):
            sums[k, j] = 0.0
    for i in range(0, whole, LANES):
        add_powers(sums, row, i, mean, scale)
    for i in range(whole, len(row)):
        square = ((row[i] - mean) * scale) * ((row[i] - mean) * scale)
        fourth = square * square
        sums[0, 0] += square
        sums[1, 0] += fourth
        sums[2, 0] += square * fourth
        sums[3, 0] += fourth * fourth


@kernel
def central_moments(out, values):  # type: ignore[no-untyped-def]
    """Write mean, unit, second, fourth, sixth and eighth central moment, smallest and largest value of every row.

    Moments (sums over n) are those of values over the unit, a power of two. Eight partial sums each, in a fixed order.
    Rows are contiguous.
    """
    count = values.shape[1]
    whole = count - count % LANES
    sums = np.empty((4, LANES))
    for r in range(values.shape[0]):
        row = values[r]
        _spread_out(sums, row, whole)
        mean = _total(sums, 0) / count
        smallest, largest = sums[1, 0], sums[2, 0]
        for j in range(LANES):
            smallest, largest = min(smallest, sums[1, j]), max(largest, sums[2, j])
        unit = _unit_of(max(mean - smallest, largest - mean))
        _powers(sums, row, whole, mean, 1.0 / unit)
        out[r, 0] = mean
        out[r, 1] = unit
        for k in range(4):
            out[r, 2 + k] = _total(sums, k) / count
        out[r, 6] = smallest
        out[r, 7] = largest


@kernel
def select_rows(out, values, lows, scales, ranks):  # type: ignore[no-untyped-def]
    """Write the values of the ranks (rising, from 0) of each row; `lows` and `scales` place the buckets of a row."""
    count = values.shape[1]
    places = np.empty(count, np.int32)
    gathered = np.empty(count + 1)
    counts = np.empty((2, BUCKETS), np.int32)
    where = np.empty(BUCKETS, np.int32)
    step = np.empty(BUCKETS, np.int32)
    for r in range(values.shape[0]):
        _select(out[r], values[r], lows[r], scales[r], ranks, places, counts, gathered, where, step)
