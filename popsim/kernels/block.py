"""Scenarios by the block: streams -> normals -> dependence -> values -> sums.

`draws`, `targets` and `design` are named tuples of arrays (`popsim.plan.model`, `popsim.engine.breakdowns`,
`popsim.engine.designs`). Every scenario is computed from its own number alone, so blocks, threads and slices change
nothing.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.elementary import fill_normals
from popsim.kernels.intrinsics import fma, load, store
from popsim.kernels.jit import kernel
from popsim.kernels.marginals import evaluate
from popsim.kernels.philox import fill_bits
from popsim.layout import CONSTANT, NORMAL

__all__ = ["fill_scenarios"]


@kernel
def _draw(out, words, count, seed, stream, aligned, design, row):  # type: ignore[no-untyped-def]
    """Fill normals of a stream, from the points of a design where it has a row of them."""
    if row >= 0:
        fill_normals(out, design.words[row, aligned - design.start :], count)
    else:
        fill_bits(words, count // 2, seed, stream, np.uint64(aligned >> 1))
        fill_normals(out, words, count)


@kernel
def _clear(z, count):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, 0.0)


@kernel
def _add(z, count, weight, basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, fma(weight, load(basis, i), load(z, i)))


@kernel
def _add_two(z, count, weight, basis, next_weight, next_basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, fma(next_weight, load(next_basis, i), fma(weight, load(basis, i), load(z, i))))


@kernel
def _weigh_two(z, count, weight, basis, next_weight, next_basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, fma(next_weight, load(next_basis, i), weight * load(basis, i)))


@kernel
def _weigh(z, count, weight, basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, weight * load(basis, i))


@kernel
def _onto(z, count, start, weight, basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, fma(weight, load(basis, i), load(start, i)))


@kernel
def _onto_two(z, count, start, weight, basis, next_weight, next_basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, fma(next_weight, load(next_basis, i), fma(weight, load(basis, i), load(start, i))))


@kernel
def _combine(z, count, first, last, term_basis, term_weight, basis):  # type: ignore[no-untyped-def]
    """Add weighted normals to z, two at a time; the order of the operations is that of one at a time."""
    term = first
    while term + 1 < last:
        one, two = basis[term_basis[term]], basis[term_basis[term + 1]]
        _add_two(z, count, term_weight[term], one, term_weight[term + 1], two)
        term += 2
    if term < last:
        _add(z, count, term_weight[term], basis[term_basis[term]])


@kernel
def _accumulate(sums, count, location, scale, y):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(sums, i, load(sums, i) + fma(scale, load(y, i), location))


@kernel
def _put(line, count, location, scale, y):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(line, i, fma(scale, load(y, i), location))


@kernel
def _fill_common(common, words, count, seed, aligned, draws, shared, design):  # type: ignore[no-untyped-def]
    """Draw the normals of all groups and sum them to common scores."""
    for j in range(len(draws.shared_stream)):
        _draw(shared[j], words, count, seed, draws.shared_stream[j], aligned, design, design.shared_row[j])
    for j in range(len(draws.common_start) - 1):
        _clear(common[j], count)
        first, last = draws.common_start[j], draws.common_start[j + 1]
        _combine(common[j], count, first, last, draws.common_basis, draws.common_weight, shared)


@kernel
def _score(z, count, row, draws, common, own):  # type: ignore[no-untyped-def]
    """Give the normal score of a row: made in z, or a buffer that holds it already."""
    term, last = draws.term_start[row], draws.term_start[row + 1]
    weight, basis = draws.term_weight, draws.term_basis
    if draws.row_common[row] >= 0:
        start = common[draws.row_common[row]]
        if term == last:
            return start
        if term + 1 == last:
            _onto(z, count, start, weight[term], own[basis[term]])
            return z
        _onto_two(z, count, start, weight[term], own[basis[term]], weight[term + 1], own[basis[term + 1]])
    elif term + 1 < last:
        _weigh_two(z, count, weight[term], own[basis[term]], weight[term + 1], own[basis[term + 1]])
    elif weight[term] == 1.0:
        return own[basis[term]]
    else:
        _weigh(z, count, weight[term], own[basis[term]])
        return z
    _combine(z, count, term + 2, last, basis, weight, own)
    return z


@kernel
def _value(y, z, count, row, draws, common, own):  # type: ignore[no-untyped-def]
    """Give the values of a row's marginal, before location and scale: made in y, or a buffer that holds them."""
    kind = draws.row_kind[row]
    if kind == CONSTANT:
        _clear(y, count)
        return y
    score = _score(z, count, row, draws, common, own)
    if kind == NORMAL:
        return score
    evaluate(y, score, count, kind, draws.tables, draws.row_table[row])
    return y


@kernel
def _write(out, column, sums, lead, length, targets):  # type: ignore[no-untyped-def]
    """Write the outputs of a block, each a weighted sum of accumulators."""
    for j in range(len(targets.output_start) - 1):
        if targets.output_start[j] == targets.output_start[j + 1]:
            continue
        line = out[j, column : column + length]
        _clear(line, length)
        for k in range(targets.output_start[j], targets.output_start[j + 1]):
            _add(line, length, targets.output_weight[k], sums[targets.output_target[k], lead:])


@kernel
def fill_scenarios(out, first, start, stop, block, seed, draws, targets, design):  # type: ignore[no-untyped-def]
    """Fill ``out[:, start - first : stop - first]`` with the outputs of scenarios start ... stop - 1."""
    width = block + 2
    shared = np.empty((len(draws.shared_stream), width))
    common = np.empty((len(draws.common_start) - 1, width))
    largest = 0
    for group in range(len(draws.own_start) - 1):
        largest = max(largest, draws.own_start[group + 1] - draws.own_start[group])
    own = np.empty((largest, width))
    sums = np.empty((targets.target_count, width))
    z = np.empty(width)
    y = np.empty(width)
    words = np.empty(width, np.uint64)
    for block_start in range(start, stop, block):
        block_stop = min(block_start + block, stop)
        # Words come in pairs, for an even scenario and the odd one after it.
        aligned = block_start & ~np.int64(1)
        count = ((block_stop + 1) & ~np.int64(1)) - aligned
        for j in range(targets.target_count):
            _clear(sums[j], count)
        lead, length, column = block_start - aligned, block_stop - block_start, block_start - first
        _fill_common(common, words, count, seed, aligned, draws, shared, design)
        for group in range(len(draws.own_start) - 1):
            first_own = draws.own_start[group]
            for j in range(first_own, draws.own_start[group + 1]):
                _draw(own[j - first_own], words, count, seed, draws.own_stream[j], aligned, design, design.own_row[j])
            for row in range(draws.row_start[group], draws.row_start[group + 1]):
                location, scale = draws.row_location[row], draws.row_scale[row]
                value = _value(y, z, count, row, draws, common, own)
                for k in range(targets.target_start[row], targets.target_start[row + 1]):
                    _accumulate(sums[targets.target[k]], count, location, scale, value)
                if targets.row_output[row] >= 0:
                    line = out[targets.row_output[row], column : column + length]
                    _put(line, length, location, scale, value[lead:])
        _write(out, column, sums, lead, length, targets)
