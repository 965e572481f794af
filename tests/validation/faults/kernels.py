"""Faults in random numbers, elementary functions, tables, designs, steps and blocks."""

from __future__ import annotations

from .fault import Fault

PHILOX = "popsim/kernels/philox.py"
ELEMENTARY = "popsim/kernels/elementary.py"
MARGINALS = "popsim/kernels/marginals.py"
STEPS = "popsim/kernels/steps.py"
BLOCK = "popsim/kernels/block.py"
SOBOL = "popsim/kernels/sobol.py"
LATIN = "popsim/kernels/latin.py"
SELECTION = "popsim/kernels/selection.py"
LANES = "popsim/kernels/lanes.py"

KNOWN_ANSWERS = "tests/kernels/test_philox.py::test_known_answers_of_random123"
NORMALS = "tests/kernels/test_elementary.py"
TABLES = "tests/kernels/test_marginals.py"
AT_THRESHOLDS = f"{TABLES}::test_a_score_at_a_threshold_has_the_value_above"
STEP = "tests/kernels/test_steps.py"
SAMPLES = "tests/engine/test_sample.py"
DESIGNS = "tests/engine/test_designs.py"

FAULTS = (
    Fault(PHILOX, "_ROUNDS = 10\n", "_ROUNDS = 9\n", "one round of Philox is left out", KNOWN_ANSWERS, False),
    Fault(
        PHILOX,
        "k0 = (k0 + _WEYL_0) & _LOW",
        "k0 = (k0 + _WEYL_1) & _LOW",
        "the two key schedules of Philox are one",
        KNOWN_ANSWERS,
        False,
    ),
    Fault(
        PHILOX,
        "store(out, 2 * i, (b << _HALF) | a)",
        "store(out, 2 * i, (d << _HALF) | c)",
        "an even scenario draws the word of the odd one after it",
        KNOWN_ANSWERS,
        False,
    ),
    Fault(
        PHILOX,
        "s1 = stream >> _HALF",
        "s1 = stream & _LOW",
        "the high half of a stream's number is lost",
        KNOWN_ANSWERS,
        False,
    ),
    Fault(
        PHILOX,
        "lanes = ir.Constant(WORDS, [0, 4, 1, 5, 2, 6, 3, 7])",
        "lanes = ir.Constant(WORDS, [0, 4, 1, 5, 2, 6, 7, 3])",
        "vector code swaps two scenarios (compiled code with AVX-512 alone)",
        "tests/kernels/test_philox.py::test_whole_streams_equal_an_independent_generator",
    ),
    Fault(
        ELEMENTARY,
        "bits_to_float((word >> _SHIFT_DROP) | _TWO_AND_HALF_CELL_BITS) - 3.0",
        "bits_to_float((word >> _SHIFT_DROP) | _TWO_AND_HALF_CELL_BITS) - 2.9999999",
        "the middle of all draws is moved by 1e-7",
        f"{NORMALS}::test_inverse_normal_holds_to_2e_9_everywhere",
        False,
    ),
    Fault(
        ELEMENTARY,
        "return p if x > 0.0 else -p",
        "return p",
        "draws far out in the lower tail have the wrong sign",
        f"{NORMALS}::test_inverse_normal_holds_to_2e_9_everywhere",
        False,
    ),
    Fault(
        ELEMENTARY,
        "CENTRAL_LIMIT = 2.0**-16",
        "CENTRAL_LIMIT = 2.0**-19",
        "the central polynomial is used beyond where it holds",
        f"{NORMALS}::test_inverse_normal_holds_to_2e_9_everywhere",
        False,
    ),
    Fault(
        ELEMENTARY,
        "r = fma(n, -_LOG2_LOW, fma(n, -_LOG2_HIGH, x))",
        "r = fma(n, -_LOG2_HIGH, x) + 1e-8",
        "the exponential is off by one part in 10^8",
        f"{NORMALS}::test_exponential_is_within_1e_9",
        False,
    ),
    Fault(
        ELEMENTARY,
        "root = np.sqrt(u * mode if u <= mode else (1.0 - u) * above)",
        "root = np.sqrt(u * mode if u <= mode else (1.0 - u) * mode)",
        "the upper side of a triangle has the slope of the lower",
        "tests/engine/test_closed_forms.py::test_a_name_alone_is_the_quantile_at_the_drawn_probability",
    ),
    Fault(
        MARGINALS,
        "step = size >> 1\n        while step > 0:",
        "step = size >> 2\n        while step > 0:",
        "the search of a table stops one halving short",
        AT_THRESHOLDS,
        False,
    ),
    Fault(
        MARGINALS,
        "            k += step if table_load(tables, knots + k + step) <= score else np.int64(0)\n",
        "            k += step if table_load(tables, knots + k + step) < score else np.int64(0)\n",
        "a score at a knot falls into the piece before it",
        AT_THRESHOLDS,
        False,
    ),
    Fault(
        MARGINALS,
        "k = base + (float_to_bits(nearest) & _PIECE_MASK)",
        "k = base + ((float_to_bits(nearest) + 1) & _PIECE_MASK)",
        "a table of pieces is read one piece too far",
        f"{TABLES}::test_every_family_has_a_table_that_reproduces_its_quantiles",
        False,
    ),
    Fault(
        MARGINALS,
        "for step in (8, 4, 2, 1):\n            k += np.int64(step) if",
        "for step in (8, 4, 2):\n            k += np.int64(step) if",
        "the search among uneven pieces leaves out its last step",
        f"{TABLES}::test_every_family_has_a_table_that_reproduces_its_quantiles",
        False,
    ),
    Fault(
        MARGINALS,
        "for j in range(degree - 1, -1, -1):\n            p = fma(p, f, table_load(tables, lowest + j))",
        "for j in range(degree - 1, 0, -1):\n            p = fma(p, f, table_load(tables, lowest + j))",
        "the constant of a polynomial between knots is left out",
        f"{TABLES}::test_every_family_has_a_table_that_reproduces_its_quantiles",
        False,
    ),
    Fault(
        STEPS,
        "store(work, to + i, fma(x, load(work, one + i), load(work, to + i)))",
        "store(work, to + i, fma(-x, load(work, one + i), load(work, to + i)))",
        "a share is taken off and not added",
        f"{STEP} -k ADD_SHARE",
    ),
    Fault(
        STEPS,
        "store(work, to + i, load(work, to + i) / (1.0 + load(work, one + i)))",
        "store(work, to + i, load(work, to + i) * (1.0 - load(work, one + i)))",
        "discounting takes off the rate and does not divide",
        f"{STEP} -k DISCOUNT",
    ),
    Fault(
        STEPS,
        "most = np.inf if (load(work, one + i) + load(work, two + i)) + x > 0.0 else 0.0",
        "most = np.inf if (load(work, one + i) + load(work, two + i)) + x >= 0.0 else 0.0",
        "a need whose score is at its threshold holds",
        f"{STEP}::test_a_gate_at_its_threshold_is_closed",
    ),
    Fault(
        STEPS,
        "left = load(work, two + i) if load(work, one + i) + x > 0.0 else 1.0",
        "left = load(work, two + i) if load(work, one + i) + x > 0.0 else 0.0",
        "a shock that does not happen makes its areas free",
        f"{STEP} -k STRIKE",
    ),
    Fault(
        STEPS,
        "store(work, to + width + distance, fma(paid, part, load(work, to + width + distance)))\n"
        "        elif code == LAGGED_TWICE:",
        "store(work, to + width + distance, load(work, to + width + distance))\n        elif code == LAGGED_TWICE:",
        "what is paid a year later is lost",
        f"{STEP}::test_payments_that_are_split_are_all_there",
    ),
    Fault(
        STEPS,
        "for lag in range(1, fifth):",
        "for lag in range(1, fifth - 1):",
        "the last year of lateness is left out of a sum",
        f"{STEP} -k DOT",
    ),
    Fault(
        BLOCK,
        "store(work, at + i, fma(next_weight, load(work, two + i), weight * load(work, one + i)))",
        "store(work, at + i, fma(weight, load(work, two + i), weight * load(work, one + i)))",
        "two parts of a score have the weight of the first",
        f"{SAMPLES}::test_scores_correlate_as_asked {SAMPLES}::test_singular_correlations_are_met",
    ),
    Fault(
        BLOCK,
        "fill_bits(words, count // 2, seed, stream, np.uint64(aligned >> 1))",
        "fill_bits(words, count // 2, seed, stream, np.uint64(0))",
        "every block of scenarios draws the numbers of the first",
        "tests/engine/test_same_numbers.py::test_slices_far_out",
    ),
    Fault(
        BLOCK,
        "put_out(flat, output * columns + column, length, location, scale, work, value + lead)",
        "put_out(flat, output * columns + column, length, location, scale, work, value)",
        "a slice that begins at an odd scenario begins one too early",
        "tests/engine/test_same_numbers.py::test_slices_of_datasets",
    ),
    Fault(
        BLOCK,
        "_clear(work, sums, targets.target_count * width)",
        "_clear(work, sums, targets.target_count)",
        "sums of one block begin with those of the block before",
        "tests/engine/test_same_numbers.py::test_blocks_change_nothing",
    ),
    Fault(
        SOBOL,
        "column[(row * bits + bit) * replicates + replicate] = (brought ^ before) << _DROP",
        "column[(row * bits + bit) * replicates + replicate] = brought << _DROP",
        "points of a Sobol sequence are counted in plain order and not in that of Gray's code",
        f"{DESIGNS}::test_sobol_points_are_those_of_scipy_scrambled_by_hand",
        False,
    ),
    Fault(
        SOBOL,
        "_SCRAMBLE_PAIRS + np.uint64(replicate) * _PAIRS_APART",
        "_SCRAMBLE_PAIRS",
        "all replicates have one scramble, so that errors seem to be nothing",
        f"{DESIGNS}::test_each_scrambling_has_words_of_its_own {DESIGNS}::test_scramblings_are_nets_each_and_differ",
        False,
    ),
    Fault(
        SOBOL,
        "bit = levels\n",
        "bit = levels + 1\n",
        "a stretch of Sobol points begins without one of its direction numbers",
        f"{DESIGNS}::test_sobol_points_are_those_of_scipy_scrambled_by_hand {DESIGNS}::test_scramblings_take_turns "
        "tests/engine/test_design_runs.py::test_any_part_is_the_part_of_the_whole",
    ),
    Fault(
        LATIN,
        "beyond += np.int64(cells[i] >= total)",
        "beyond += np.int64(cells[i] > total)",
        "a scenario may fall into a Latin cell beyond the last",
        f"{DESIGNS}::test_each_stream_of_a_latin_hypercube_falls_once_into_each_cell",
    ),
    Fault(
        LATIN,
        "width = np.int64(whole) + np.int64(more)",
        "width = np.int64(whole) + np.int64(whole)",
        "cells of a Latin hypercube are twice as wide as they should be",
        f"{DESIGNS}::test_each_stream_of_a_latin_hypercube_falls_once_into_each_cell",
    ),
    Fault(
        SELECTION,
        "rank = first + ranks[wanted] - below",
        "rank = min(first + ranks[wanted] - below + 1, last)",
        "an order statistic is that of the next rank",
        "tests/analysis/test_few_values.py::test_few_and_many_rows_have_the_same_quantiles",
    ),
    Fault(
        LANES,
        "fourth = builder.fmul(square, square)",
        "fourth = square",
        "the fourth moment, by which heavy tails are known, is the second",
        "tests/analysis/test_few_values.py",
    ),
)
