"""Faults in what is computed from scenarios: ranges, budgets, comparisons, drivers, reserves."""

from __future__ import annotations

from .fault import Fault

BUDGETS = "popsim/analysis/budgets.py"
ORDER = "popsim/analysis/order.py"
COMPARE = "popsim/analysis/compare.py"
SOBOL = "popsim/analysis/sobol.py"
RESERVE = "popsim/analysis/reserve.py"
PARTS = "popsim/analysis/parts.py"
JOINT = "popsim/analysis/joint.py"
AGAIN = "popsim/engine/again.py"

FAULTS = (
    Fault(
        BUDGETS,
        "short = values > limit[..., np.newaxis]",
        "short = values >= limit[..., np.newaxis]",
        "an amount that is just enough counts as too little",
        "tests/analysis/test_budgets.py::test_budget_by_hand",
    ),
    Fault(
        BUDGETS,
        "shortfall = np.where(number > 0, missing.sum(axis=-1) / number, 0.0)",
        "shortfall = np.where(number > 0, missing.mean(axis=-1), 0.0)",
        "what is missing is averaged over all scenarios and not over those that lack something",
        "tests/analysis/test_budgets.py::test_budget_by_hand",
    ),
    Fault(
        BUDGETS,
        "levels = np.arange(1, points + 1) / (points + 1.0)",
        "levels = np.arange(1, points + 1) / points",
        "the confidences of a curve are moved",
        "tests/analysis/test_budgets.py::test_budget_curve_by_hand",
    ),
    Fault(
        ORDER,
        "found = low + (high - low) * (clipped - lower)",
        "found = low",
        "quantiles are not interpolated",
        "tests/analysis/test_summarise.py::test_quantiles_are_those_of_numpy",
    ),
    Fault(
        ORDER,
        "inside = math.floor(coverage * count + 0.5)",
        "inside = math.floor(coverage * count + 0.5) - 1",
        "an interval of JCGM 101 holds one scenario too few",
        "tests/analysis/test_intervals.py::test_symmetric_interval_by_hand",
    ),
    Fault(
        ORDER,
        "first = np.argmin(ordered[..., inside:] - ordered[..., : count - inside], axis=-1)[..., np.newaxis]",
        "first = np.argmax(ordered[..., inside:] - ordered[..., : count - inside], axis=-1)[..., np.newaxis]",
        "the shortest interval is the longest",
        "tests/analysis/test_intervals.py::test_shortest_interval_by_hand",
    ),
    Fault(
        COMPARE,
        "difference = np.ascontiguousarray(own) - np.ascontiguousarray(other)",
        "difference = np.ascontiguousarray(other) - np.ascontiguousarray(own)",
        "differences of options have the wrong sign",
        "tests/analysis/test_compare.py::test_differences_are_taken_scenario_by_scenario_and_exactly",
    ),
    Fault(
        COMPARE,
        "return np.asarray(ROUNDING * np.maximum(own, other))",
        "return np.asarray(1e6 * ROUNDING * np.maximum(own, other))",
        "small differences of options are taken for rounding",
        "tests/analysis/test_compare.py::test_a_difference_of_rounding_is_none_and_one_above_it_is_one",
    ),
    Fault(
        COMPARE,
        'for place, word in enumerate(("dearer", "cheaper", "equal")):',
        'for place, word in enumerate(("cheaper", "dearer", "equal")):',
        "how often an option costs more is how often it costs less",
        "tests/analysis/test_compare.py::test_dearer_cheaper_and_equal_are_counted",
    ),
    Fault(
        SOBOL,
        "mixed = _call(function, {**one, **{name: other[name] for name in members}}, count)",
        "mixed = _call(function, {**other, **{name: one[name] for name in members}}, count)",
        "the inputs of the two runs are swapped: indices are those of all other inputs",
        "tests/analysis/test_sobol.py::test_ishigami",
    ),
    Fault(
        SOBOL,
        "product, square = y * other, 0.5 * (y**2 + other**2)",
        "product, square = y * other, y**2 + other**2",
        "indices are half of what they should be",
        "tests/analysis/test_sobol.py::test_ishigami",
    ),
    Fault(
        SOBOL,
        "weights = np.array([high_error**2, low_error**2])",
        "weights = np.array([low_error**2, high_error**2])",
        "of two indices in the wrong order the worse one counts for more",
        "tests/analysis/test_sobol.py::test_indices_in_the_wrong_order_are_averaged_by_what_their_errors_say",
    ),
    Fault(
        RESERVE,
        "value = means + slope * (quantile - centre)",
        "value = means",
        "the parts of a reserve do not add up to it",
        "tests/analysis/test_reserve.py::test_normals",
    ),
    Fault(
        RESERVE,
        "contribution, unknown = lines.value - part_base, np.full(number, np.nan)",
        "contribution, unknown = part_base - lines.value, np.full(number, np.nan)",
        "parts of a reserve have the wrong sign",
        "tests/analysis/test_reserve.py::test_normals",
    ),
    Fault(
        PARTS,
        "lambda some: (parts[..., some] - part_mean) * (whole[some] - mean)) / scale",
        "lambda some: np.square(parts[..., some] - part_mean)) / scale",
        "shares of a variance leave out what parts have in common, and do not sum to 1",
        "tests/analysis/test_shares.py::test_shares_are_those_of_theory",
    ),
    Fault(
        JOINT,
        '"separate_joint_confidence": float(fits(values, separate).mean()),',
        '"separate_joint_confidence": float((values <= separate[:, np.newaxis]).mean()),',
        "the confidence that all parts suffice is that of one of them",
        "tests/analysis/test_joint.py::test_amounts_of_each_alone_rarely_suffice_together",
    ),
    Fault(
        JOINT,
        "unseen += [fits(halves[1 - k], best[k]).mean() for k in (0, 1)]",
        "unseen += [fits(halves[k], best[k]).mean() for k in (0, 1)]",
        "joint amounts are tried on the scenarios that they were searched in",
        "tests/analysis/test_joint.py::test_scenarios_that_were_not_searched_tell_that_a_search_finds_too_little",
    ),
    Fault(
        "popsim/analysis/precision.py",
        "foreseen = min(_next(goal, done, needed), limit)",
        "foreseen = min(_next(goal, done, needed), limit) + 1",
        "a run to a precision has another number of scenarios than it says",
        "tests/analysis/test_precision.py::test_the_run_is_that_of_as_many_scenarios_and_is_exact_enough "
        "tests/analysis/test_precision_sobol.py::test_the_run_is_that_of_as_many_points_and_scramblings",
    ),
    Fault(
        AGAIN,
        "different: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = bits[0] != bits[1]",
        "different: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = bits[0] >> 8 != bits[1] >> 8",
        "a run that is repeated may differ in its last bits without a word",
        "tests/engine/test_again.py::test_one_bit_is_a_difference",
    ),
    Fault(
        AGAIN,
        "part = dataset.isel(scenario=slice(start - simulation.sampling.first, stop - simulation.sampling.first))",
        "part = dataset.isel(scenario=slice(0, stop - start))",
        "a run that is extended repeats its first scenarios",
        "tests/engine/test_again.py::test_a_run_in_memory_becomes_a_store_when_it_grows",
    ),
)
