"""Scenarios by the block: streams -> normals -> dependence -> values -> payments -> sums.

`draws`, `program`, `targets` and `design` are named tuples of arrays (`popsim.plan.model`, `popsim.plan.program`,
`popsim.engine.sums`, `popsim.engine.designs`). Every scenario is computed from its own number alone, so blocks,
threads and slices change nothing.

All buffers are stretches of one array, named by where they start, so that no reference is counted on the way; and what
takes a named tuple is made part of its caller, since handing over some hundred words costs as much as a short loop.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.elementary import normals, probabilities, triangles
from popsim.kernels.intrinsics import fma, load, store
from popsim.kernels.jit import kernel, part, pasted
from popsim.kernels.marginals import values
from popsim.kernels.outputs import LINE, from_line, put, put_out, put_sums
from popsim.kernels.philox import fill_bits
from popsim.kernels.sobol import sobol_words
from popsim.kernels.steps import run_steps
from popsim.layout import CONSTANT, EVEN, NORMAL, TRIANGLE

_SCORE = np.int64(0)
"""Where the score of a row is made; its values are made one buffer further on."""


@pasted
def _draw(work, at, words, count, seed, stream, aligned, design, row, kind, mode):  # type: ignore[no-untyped-def]
    """Fill normals of a stream, from the points of a design where it has a row of them; or what has a closed form."""
    source, start = words, np.int64(0)
    if row >= 0 and len(design.first) > 0:
        last = aligned + count
        start = sobol_words(words, aligned, last, design.first, design.column, row, design.bits, design.replicates)
    elif row >= 0:
        source, start = design.words[row], aligned - design.start
    else:
        fill_bits(words, count // 2, seed, stream, np.uint64(aligned >> 1))
    if kind == EVEN:
        probabilities(work, at, source, start, count)
    elif kind == TRIANGLE:
        triangles(work, at, source, start, count, mode)
    else:
        normals(work, at, source, start, count)


@part
def _clear(work, at, count):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(work, at + i, 0.0)


@part
def _weigh(work, at, count, weight, one):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(work, at + i, weight * load(work, one + i))


@part
def _weigh_two(work, at, count, weight, one, next_weight, two):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(work, at + i, fma(next_weight, load(work, two + i), weight * load(work, one + i)))


@part
def _onto(work, at, count, start, weight, one):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(work, at + i, fma(weight, load(work, one + i), load(work, start + i)))


@part
def onto_two(work, at, count, start, weight, one, next_weight, two):  # type: ignore[no-untyped-def]
    """Add two weighted buffers to what starts at `start`, in one pass; the order of additions is one, then two."""
    for i in range(count):
        sum_of_one = fma(weight, load(work, one + i), load(work, start + i))
        store(work, at + i, fma(next_weight, load(work, two + i), sum_of_one))


@pasted
def _combine(work, at, count, first, last, term_basis, term_weight, basis, width):  # type: ignore[no-untyped-def]
    """Add weighted normals, two at a time; the order of the operations is that of one at a time."""
    term = first
    while term + 1 < last:
        one, two = basis + term_basis[term] * width, basis + term_basis[term + 1] * width
        onto_two(work, at, count, at, term_weight[term], one, term_weight[term + 1], two)
        term += 2
    if term < last:
        _onto(work, at, count, at, term_weight[term], basis + term_basis[term] * width)


@part
def _accumulate(work, at, count, location, scale, value):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(work, at + i, load(work, at + i) + fma(scale, load(work, value + i), location))


@pasted
def _fill_common(work, common, shared, width, words, count, seed, aligned, draws, design):  # type: ignore[no-untyped-def]
    """Draw the normals of all groups and sum them to common scores."""
    for j in range(len(draws.shared_stream)):
        stream, row = draws.shared_stream[j], design.shared_row[j]
        _draw(work, shared + j * width, words, count, seed, stream, aligned, design, row, NORMAL, 0.0)
    for j in range(len(draws.common_start) - 1):
        at = common + j * width
        _clear(work, at, count)
        first, last = draws.common_start[j], draws.common_start[j + 1]
        _combine(work, at, count, first, last, draws.common_basis, draws.common_weight, shared, width)


@pasted
def _closed_form(draws, row, last):  # type: ignore[no-untyped-def]
    """Return by what the normals of a group are replaced, with the mode of a triangle; NORMAL for nothing."""
    if row == last or draws.row_kind[row] not in (EVEN, TRIANGLE):
        return np.int64(NORMAL), 0.0
    kind = draws.row_kind[row]
    return kind, draws.tables[draws.row_table[row]] if kind == TRIANGLE else 0.0


@pasted
def _score(work, width, count, row, draws, common, own):  # type: ignore[no-untyped-def]
    """Return where the normal score of a row is: made now, or a buffer that holds it already."""
    term, last = draws.term_start[row], draws.term_start[row + 1]
    weight, basis = draws.term_weight, draws.term_basis
    at = _SCORE
    if draws.row_common[row] >= 0:
        start = common + draws.row_common[row] * width
        if term == last:
            return start
        one = own + basis[term] * width
        if term + 1 == last:
            _onto(work, at, count, start, weight[term], one)
            return at
        onto_two(work, at, count, start, weight[term], one, weight[term + 1], own + basis[term + 1] * width)
    elif term + 1 < last:
        one, two = own + basis[term] * width, own + basis[term + 1] * width
        _weigh_two(work, at, count, weight[term], one, weight[term + 1], two)
    elif weight[term] == 1.0:
        return own + basis[term] * width
    else:
        _weigh(work, at, count, weight[term], own + basis[term] * width)
        return at
    _combine(work, at, count, term + 2, last, basis, weight, own, width)
    return at


@pasted
def _value(work, width, count, row, draws, common, own):  # type: ignore[no-untyped-def]
    """Return where the values of a row's marginal are, before location and scale."""
    kind = draws.row_kind[row]
    at = _SCORE + width
    if kind == CONSTANT:
        _clear(work, at, count)
        return at
    score = _score(work, width, count, row, draws, common, own)
    if kind in (NORMAL, EVEN, TRIANGLE):
        return score
    values(work, at, work, score, count, kind, draws.tables, draws.row_table[row])
    return at


@kernel
def fill_scenarios(out, first, start, stop, block, seed, draws, program, targets, design):  # type: ignore[no-untyped-def]
    """Fill ``out[:, start - first : stop - first]`` with the outputs of scenarios start ... stop - 1."""
    # Whole cache lines, an odd number of them: buffers at equal distances from a page would push each other out.
    width = ((block + LINE + 1) // LINE | 1) * LINE
    columns = out.shape[1]
    flat = out.reshape(out.size)
    has_steps = len(program.row_keep) > 0
    largest = 0
    for group in range(len(draws.own_start) - 1):
        largest = max(largest, draws.own_start[group + 1] - draws.own_start[group])
    shared = _SCORE + 2 * width
    common = shared + len(draws.shared_stream) * width
    own = common + (len(draws.common_start) - 1) * width
    slots = own + largest * width
    sums = slots + program.slots * width
    work = from_line(np.empty(sums + targets.target_count * width + LINE))
    words = from_line(np.empty(width + LINE + 2 * design.replicates, np.uint64))
    for block_start in range(start, stop, block):
        block_stop = min(block_start + block, stop)
        # Words come in pairs, for an even scenario and the odd one after it.
        aligned = block_start & ~np.int64(1)
        count = ((block_stop + 1) & ~np.int64(1)) - aligned
        lead, length, column = block_start - aligned, block_stop - block_start, block_start - first
        _clear(work, sums, targets.target_count * width)
        _fill_common(work, common, shared, width, words, count, seed, aligned, draws, design)
        for group in range(len(draws.own_start) - 1):
            first_own, first_row = draws.own_start[group], draws.row_start[group]
            kind, mode = _closed_form(draws, first_row, draws.row_start[group + 1])
            for j in range(first_own, draws.own_start[group + 1]):
                at, stream = own + (j - first_own) * width, draws.own_stream[j]
                _draw(work, at, words, count, seed, stream, aligned, design, design.own_row[j], kind, mode)
            for row in range(first_row, draws.row_start[group + 1]):
                location, scale = draws.row_location[row], draws.row_scale[row]
                value = _value(work, width, count, row, draws, common, own)
                if has_steps and program.row_keep[row] >= 0:
                    put(work, slots + program.row_keep[row] * width, count, location, scale, work, value)
                    location, scale, value = 0.0, 1.0, slots + program.row_value[row] * width
                    from_step, to_step = program.row_start[row], program.row_start[row + 1]
                    run_steps(work, slots, width, count, program.steps, program.numbers, from_step, to_step)
                for k in range(targets.target_start[row], targets.target_start[row + 1]):
                    _accumulate(work, sums + targets.target[k] * width, count, location, scale, value)
                output = targets.row_output[row]
                if output >= 0:
                    put_out(flat, output * columns + column, length, location, scale, work, value + lead)
        if has_steps:
            from_step, to_step = program.row_start[-1], len(program.numbers)
            run_steps(work, slots, width, count, program.steps, program.numbers, from_step, to_step)
        put_sums(flat, columns, column, length, work, sums + lead, width, targets)
