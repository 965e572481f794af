"""Scenarios by the block: streams -> normals -> dependence -> values -> sums.

The arguments are the arrays of a plan (`popsim.plan`), documented there. Every scenario is computed from its own
number alone, so blocks, threads and slices change nothing.
"""

from __future__ import annotations

import numba
import numpy as np

from popsim.kernels.elementary import fill_normals
from popsim.kernels.intrinsics import fma, load, store
from popsim.kernels.marginals import evaluate
from popsim.kernels.philox import fill_bits
from popsim.layout import CONSTANT

__all__ = ["fill_scenarios"]


@numba.njit(cache=True, error_model="numpy", nogil=True)
def _draw(out, words, count, seed, stream, start):  # type: ignore[no-untyped-def]
    fill_bits(words, count // 2, seed, stream, np.uint64(start >> 1))
    fill_normals(out, words, count)


@numba.njit(cache=True, error_model="numpy", nogil=True)
def _scale(z, count, weight, basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, weight * load(basis, i))


@numba.njit(cache=True, error_model="numpy", nogil=True)
def _add(z, count, weight, basis):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(z, i, fma(weight, load(basis, i), load(z, i)))


@numba.njit(cache=True, error_model="numpy", nogil=True)
def _combine(z, count, first, last, term_basis, term_weight, basis):  # type: ignore[no-untyped-def]
    """Sum weighted basis normals onto z."""
    for term in range(first, last):
        _add(z, count, term_weight[term], basis[term_basis[term]])


@numba.njit(cache=True, error_model="numpy", nogil=True)
def _accumulate(sums, count, location, scale, y):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(sums, i, load(sums, i) + fma(scale, load(y, i), location))


@numba.njit(cache=True, error_model="numpy", nogil=True)
def fill_scenarios(  # type: ignore[no-untyped-def]
    out,
    first,
    start,
    stop,
    block,
    seed,
    shared_stream,
    common_start,
    common_basis,
    common_weight,
    own_start,
    own_stream,
    row_start,
    row_common,
    term_start,
    term_basis,
    term_weight,
    row_kind,
    row_table,
    row_location,
    row_scale,
    tables,
    target_start,
    target,
    target_count,
    output_start,
    output_target,
    output_weight,
):
    """Fill ``out[:, start - first : stop - first]`` with the outputs of scenarios start ... stop - 1."""
    width = block + 2
    shared = np.empty((len(shared_stream), width))
    common = np.empty((len(common_start) - 1, width))
    own = np.empty((np.max(np.diff(own_start)), width))
    sums = np.empty((target_count, width))
    z = np.empty(width)
    y = np.empty(width)
    words = np.empty(width, np.uint64)
    place = np.empty(width, np.int64)
    for block_start in range(start, stop, block):
        block_stop = min(block_start + block, stop)
        aligned = block_start & ~np.int64(1)
        count = ((block_stop + 1) & ~np.int64(1)) - aligned
        sums[:] = 0.0
        for j in range(len(shared_stream)):
            _draw(shared[j], words, count, seed, shared_stream[j], aligned)
        for j in range(len(common_start) - 1):
            common[j, :count] = 0.0
            _combine(common[j], count, common_start[j], common_start[j + 1], common_basis, common_weight, shared)
        for group in range(len(own_start) - 1):
            for j in range(own_start[group], own_start[group + 1]):
                _draw(own[j - own_start[group]], words, count, seed, own_stream[j], aligned)
            for row in range(row_start[group], row_start[group + 1]):
                if row_kind[row] != CONSTANT:
                    term = term_start[row]
                    if row_common[row] >= 0:
                        z[:count] = common[row_common[row], :count]
                    else:
                        _scale(z, count, term_weight[term], own[term_basis[term]])
                        term += 1
                    _combine(z, count, term, term_start[row + 1], term_basis, term_weight, own)
                    evaluate(y, z, count, row_kind[row], tables, row_table[row], place)
                else:
                    y[:count] = 0.0
                for k in range(target_start[row], target_start[row + 1]):
                    _accumulate(sums[target[k]], count, row_location[row], row_scale[row], y)
        lead = block_start - aligned
        length = block_stop - block_start
        column = block_start - first
        for j in range(len(output_start) - 1):
            line = out[j, column : column + length]
            line[:] = 0.0
            for k in range(output_start[j], output_start[j + 1]):
                _add(line, length, output_weight[k], sums[output_target[k], lead:])
