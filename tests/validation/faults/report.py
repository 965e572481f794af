"""Faults in sentences, counts, figures and tables of reports."""

from __future__ import annotations

from .fault import Fault

SENTENCES = "tests/report/test_sentences.py"
CONTENT = "tests/report/test_content.py"
NUMBERS = "tests/report/test_numbers.py"

FAULTS = (
    Fault(
        "popsim/report/counts.py",
        "int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high))",
        "int(np.count_nonzero(values <= low)), int(np.count_nonzero(values > high))",
        "scenarios at the lower end of a range are counted as below it",
        "tests/report/test_counts.py::test_scenarios_are_counted_as_they_lie",
    ),
    Fault(
        "popsim/report/sections/headline.py",
        "            below=counted.below,\n            above=counted.above,",
        "            below=counted.above,\n            above=counted.below,",
        "the sentence on a range swaps how many scenarios lie below and above it",
        f"{SENTENCES}::test_sentences_agree_with_the_scenarios",
    ),
    Fault(
        "popsim/report/sections/headline.py",
        "share=percent(counted.inside / counted.scenarios),",
        "share=percent(1.0 - counted.inside / counted.scenarios),",
        "the sentence on a range gives the share of scenarios outside",
        f"{SENTENCES}::test_sentences_agree_with_the_scenarios",
    ),
    Fault(
        "popsim/report/sections/headline.py",
        "covered=count(data.covered(total, enough.value)),",
        "covered=count(data.covered(data.first, enough.value)),",
        "what is enough of one total is counted among scenarios of another",
        f"{SENTENCES}::test_sentences_agree_with_the_scenarios",
    ),
    Fault(
        "popsim/report/sections/headline.py",
        'area = spread.idxmax("area").item()',
        'area = spread.idxmin("area").item()',
        "the area that spreads least is called the widest",
        f"{CONTENT}::test_headline_names_the_area_with_the_widest_range",
    ),
    Fault(
        "popsim/report/sections/headline.py",
        "last=data.study.years[-1],",
        "last=data.study.years[0],",
        "what falls after the last year is said to fall after the first",
        f"{SENTENCES}::test_what_falls_after_the_last_year_stands_beside_what_falls_before",
    ),
    Fault(
        "popsim/report/sections/point.py",
        "missing = Measured(enough.value - value, enough.error, enough.finest)",
        "missing = Measured(value - enough.value, enough.error, enough.finest)",
        "a point estimate that is too low is said to reach the budget",
        f"{CONTENT}::test_point_estimate_is_that_of_the_analysis",
    ),
    Fault(
        "popsim/report/sections/point.py",
        "enough, covered = data.enough_for(total), data.covered(total, value)",
        "enough, covered = data.enough_for(total), data.scenarios - data.covered(total, value)",
        "the sentence on a point estimate counts the scenarios in which it is not enough",
        f"{SENTENCES}::test_the_point_estimate_is_enough_as_often_as_is_said",
    ),
    Fault(
        "popsim/report/numbers.py",
        "places += [Decimal(repr(2.0 * float(number))).adjusted() for number in (error,) if number > 0]",
        "places += [Decimal(repr(0.02 * float(number))).adjusted() for number in (error,) if number > 0]",
        "two digits too many are printed",
        f"{NUMBERS}::test_printed_digits_are_supported",
    ),
    Fault(
        "popsim/report/numbers.py",
        'return Printed(_printed(value / scale, error / scale, finest / scale), value, "money")',
        'return Printed(_printed(value / scale, error, finest / scale), value, "money")',
        "the error of an amount in millions is taken in units",
        f"{NUMBERS}::test_spaces_do_not_break_lines",
    ),
    Fault(
        "popsim/report/comparison.py",
        "return 1 if counted.more else -1",
        "return -1 if counted.more else 1",
        "an option that always costs more is said to cost less",
        "tests/report/test_option_sentences.py::test_options_in_time_are_told_as_the_scenarios_have_it "
        "tests/report/test_options.py::test_sentences_say_which_way_and_how_often",
    ),
    Fault(
        "popsim/report/comparison.py",
        'for word in ("dearer", "cheaper", "equal"))',
        'for word in ("cheaper", "dearer", "equal"))',
        "sentences on options swap how often one costs more and less",
        "tests/report/test_option_sentences.py::test_options_in_time_are_told_as_the_scenarios_have_it "
        "tests/report/test_options.py::test_sentences_say_which_way_and_how_often",
    ),
)
