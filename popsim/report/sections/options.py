"""What the options cost within the years of the study and after them, and how far each departs from the baseline."""

from __future__ import annotations

from functools import partial

from popsim.analysis.compare import ROUNDING
from popsim.analysis.tails import UNSEEN
from popsim.report import totals
from popsim.report.comparison import Comparison, comparison_of, signed
from popsim.report.document import Block, Details, Figure, Pairs, Paragraph, Section, Table
from popsim.report.facts import Facts, Measured, words_of_means
from popsim.report.figures import Interval, difference
from popsim.report.numbers import UNKNOWN, percent, significant
from popsim.report.rare import rare_sentences
from popsim.report.sections.words import all_of, listed, plural
from popsim.schema import FULL

__all__ = [
    "differences",
    "gains",
    "levels",
    "notes",
    "options",
    "other_prices",
    "says",
    "shares",
    "sources",
]

_SMALLEST_GAIN = 1.5
"""A smaller saving in scenarios is not worth a sentence."""
_MOST_COMPONENTS = 3
"""Components whose payments cease that a sentence names; the others are counted."""
_SMALLEST_MOVE = 0.1
"""A difference after the last year that is a smaller part of that in all years is left to the tables."""


def options(facts: Facts) -> Section | None:
    """Set the options beside each other; None when the run has one."""
    comparison = comparison_of(facts)
    if comparison is None:
        return None
    explained = [
        (comparison.names[option], comparison.rationales.get(option) or "No reason is stated.")
        for option in comparison.options
    ]
    blocks: list[Block | Details] = [_intro(comparison)]
    blocks.append(Pairs(tuple(explained)))
    blocks += [Paragraph(" ".join(says(comparison, option))) for option in comparison.options]
    blocks += [Paragraph(sentence, note=True) for sentence in notes(comparison)]
    if figure := _figure(comparison):
        blocks.append(figure)
    for base in comparison.bases:
        blocks += [levels(comparison, base), differences(comparison, base), shares(comparison, base)]
        if table := other_prices(comparison, base):
            blocks.append(table)
    blocks += [Paragraph(sentence, note=True) for sentence in gains(comparison)]
    blocks += [
        Details(f"Where the difference comes from: {comparison.names[option]}", tables)
        for option in comparison.options
        if (tables := sources(comparison, option))
    ]
    return Section("options", "What do the options cost?", "Options", tuple(blocks))


def _intro(comparison: Comparison) -> Paragraph:
    study = comparison.facts.study
    later = (
        f" What an option moves past {study.years[-1]} is not saved: it is paid later, and all years count."
        if any(len(comparison.spans(base)) > 1 for base in comparison.bases)
        else ""
    )
    return Paragraph(
        f"Beside the study as written stand {plural(len(comparison.options), 'option')}. In each scenario all options "
        "meet the same circumstances, so that a difference between them is due to the option and not to chance."
        f"{later} All other sections of this report are about the study as written."
    )


def _name(comparison: Comparison) -> str:
    if comparison.baseline == FULL:
        return "the study as written"
    return f"“{comparison.names[comparison.baseline]}”"


def _figure(comparison: Comparison) -> Figure:
    """Ranges of all options on one axis, and under them the differences, also those within the years alone."""
    facts = comparison.facts
    ends = (facts.low, 0.25, 0.5, 0.75, facts.high)
    base = comparison.bases[0]
    whole = comparison.whole(base)
    costs = tuple(
        Interval(comparison.names[option], *(facts.on_axis(level.quantile(whole, p).value) for p in ends))
        for option, level in comparison.levels.items()
    )
    apart = []
    for option in comparison.options:
        moved = _moves(comparison, option, base)
        for total in (whole, base) if moved else (whole,):
            label = (
                f"{comparison.names[option]}, {totals.span(total, facts.study)}" if moved else comparison.names[option]
            )
            apart.append(Interval(label, *(facts.on_axis(comparison.quantile(total, option, p).value) for p in ends)))
    widest = max(costs, key=lambda bar: bar.median)
    unit = facts.unit_and_prices
    title = totals.title(whole, facts.study)
    return Figure(
        "options",
        f"{title} of each option, and its difference to {_name(comparison)}",
        f"Light bar: {facts.interval}. Dark bar: the middle half of the scenarios. White line: median. Differences are "
        "taken scenario by scenario; left of the upright line at 0 is less, right of it more.",
        f"Horizontal bars, one for each of {plural(len(costs), 'option')}; the largest median is that of "
        f"{widest.label}. Under them the differences. The tables below hold the same numbers.",
        partial(
            difference,
            bars=costs,
            differences=apart,
            amount_label=f"{title} ({unit})",
            difference_label=f"Difference to {_name(comparison)} ({unit})",
        ),
    )


def _caption(comparison: Comparison, words: str, exact: bool, unknown: bool) -> str:
    facts = comparison.facts
    means = words_of_means(exact, unknown)
    return f"{words} ({facts.unit_and_prices}; low and high end: {facts.interval})" + (f"; {means}" if means else "")


def _levels_said(comparison: Comparison, base: str) -> tuple[bool, bool]:
    """Whether some means of the options are exact, and whether others are n/a since the tail was not seen."""
    cells = [(level, total) for level in comparison.levels.values() for total in comparison.spans(base)]
    exact = [level.is_mean_exact(total) for level, total in cells]
    unseen = [bool(level.unseen(total)) for level, total in cells]
    return any(exact), any(hidden and not known for hidden, known in zip(unseen, exact, strict=True))


def _heads(comparison: Comparison, base: str) -> tuple[str, ...]:
    return ("Option", "Years") if len(comparison.spans(base)) > 1 else ("Option",)


def _labels(comparison: Comparison, option: str, base: str, total: str) -> tuple[str, ...]:
    """Name the option in its first row, and the years of each row."""
    if len(comparison.spans(base)) == 1:
        return (comparison.names[option],)
    return (comparison.names[option] if total == base else "", totals.span(total, comparison.facts.study))


def levels(comparison: Comparison, base: str) -> Table:
    """Range of a total for each option, within the years of the study, after them and in all."""
    facts = comparison.facts
    rows = []
    for option, level in comparison.levels.items():
        for total in comparison.spans(base):
            low, high = level.range(total)
            cells = facts.amounts(low, level.quantile(total, 0.5), high, level.mean(total))
            rows.append((*_labels(comparison, option, base, total), *cells))
    heads = _heads(comparison, base)
    return Table(
        _caption(comparison, f"{totals.title(base, facts.study)} by option", *_levels_said(comparison, base)),
        (*heads, "Low end", "Median", "High end", "Mean"),
        tuple(rows),
        labels=len(heads),
    )


def differences(comparison: Comparison, base: str) -> Table:
    """Range of the difference of each option to the baseline, within the years, after them and in all."""
    facts = comparison.facts
    rows, exact, unknown = [], False, False
    for option in comparison.options:
        for total in comparison.spans(base):
            low, high = comparison.range(total, option)
            exact |= comparison.is_mean_exact(total, option)
            unknown |= facts.scenarios > 1 and not comparison.mean(total, option).is_known
            cells = low, comparison.quantile(total, option, 0.5), high, comparison.mean(total, option)
            rows.append((*_labels(comparison, option, base, total), *map(signed, facts.amounts(*cells))))
    heads = _heads(comparison, base)
    return Table(
        _caption(comparison, f"{totals.title(base, facts.study)}: difference to {_name(comparison)}", exact, unknown),
        (*heads, "Low end", "Median", "High end", "Mean"),
        tuple(rows),
        labels=len(heads),
    )


def shares(comparison: Comparison, base: str) -> Table:
    """Shares of the scenarios in which each option costs more, less and the same."""
    rows = tuple(
        (
            *_labels(comparison, option, base, total),
            *(comparison.share(total, option, word) for word in ("dearer", "cheaper", "equal")),
        )
        for option in comparison.options
        for total in comparison.spans(base)
    )
    heads = _heads(comparison, base)
    title = totals.title(base, comparison.facts.study)
    caption = f"{title}: share of scenarios with more, less and the same as {_name(comparison)}"
    return Table(caption, (*heads, "More", "Less", "The same"), rows, labels=len(heads))


def other_prices(comparison: Comparison, base: str) -> Table | None:
    """Mean of nominal and discounted totals and of their differences; None where the run has neither."""
    facts = comparison.facts
    kinds = [kind for kind in ("nominal", "discounted") if comparison.has(f"{base}_{kind}")]
    if not kinds:
        return None
    rows = []
    for option, level in comparison.levels.items():
        for total in comparison.spans(base):
            cells: list[str] = []
            for kind in kinds:
                name = total.replace(base, f"{base}_{kind}", 1)
                if not comparison.has(name):
                    cells += [UNKNOWN, "" if option == comparison.baseline else UNKNOWN]
                    continue
                apart = "" if option == comparison.baseline else signed(facts.amount(comparison.mean(name, option)))
                cells += [facts.amount(level.mean(name)), apart]
            rows.append((*_labels(comparison, option, base, total), *cells))
    heads = _heads(comparison, base)
    columns = [column for kind in kinds for column in (kind.capitalize(), "Difference")]
    prices = "; ".join(f"{kind}: {totals.prices(f'{base}_{kind}', facts.study)}" for kind in kinds)
    title = totals.title(base, facts.study)
    caption = f"{title} in other prices: mean, and mean difference to {_name(comparison)} ({facts.unit}; {prices})"
    return Table(caption, (*heads, *columns), tuple(rows), labels=len(heads))


def says(comparison: Comparison, option: str) -> tuple[str, ...]:
    """Say what an option costs more or less than the baseline, and when, in sentences."""
    sentences = []
    for place, base in enumerate(comparison.bases):
        name = "It" if place else f"“{comparison.names[option]}”"
        sentences += [_in_all(comparison, option, base, name), _in_time(comparison, option, base)]
    sentences += [_service(comparison, option, ceased) for ceased in (True, False)]
    sentences += [sentence for base in comparison.bases for sentence in _rare(comparison, option, base)]
    return tuple(sentence for sentence in sentences if sentence)


def _way(sign: int) -> str:
    return "more" if sign > 0 else "less"


def _verb(base: str, amount: str, way: str) -> str:
    by = f"{amount} {way}".strip()
    return f"costs {by}" if base == "cost" else f"needs {by} financing"


def _same(base: str) -> str:
    return "costs the same" if base == "cost" else "needs the same financing"


def _in_all(comparison: Comparison, option: str, base: str, name: str) -> str:
    """Say the difference in all years, in how many scenarios it is one, and what is paid after the last year."""
    facts, whole = comparison.facts, comparison.whole(base)
    years = _years(comparison, base)
    mean, (low, high) = comparison.mean(whole, option), comparison.range(whole, option)
    sign = comparison.sign(whole, option)
    counted = comparison.in_scenarios(whole, option)
    if comparison.is_same(whole, option):
        words = f"{name} {_same(base)} in {all_of(facts.scenarios)}"
    elif not mean.is_known:
        why = UNSEEN if facts.scenarios > 1 else "one scenario tells no mean"
        told = f"{_subject(name)} a mean difference in {_noun(base)}{years} that is not known"
        if sign:
            told = f"{name} {_verb(base, '', _way(sign))}{years} by a mean amount that is not known"
        words = f"{told} ({why}), {counted}"
    else:
        spread = ""
        if low.is_known and high.is_known and not _is_constant(mean):
            spread = f" ({facts.interval} of the difference: {facts.money_range(low, high)})"
        if sign:
            amount = facts.money(Measured(abs(mean.value), mean.error, mean.finest))
            told = f"{name} {_verb(base, amount, _way(sign))}{_on_average(mean)}{years}"
        else:
            told = f"{_subject(name)} no difference in the mean {_noun(base)}{years} that the run can tell"
        words = f"{told}{spread}, {counted}"
    return f"{words}{_after(comparison, option, base)}."


def _years(comparison: Comparison, base: str) -> str:
    """Say which years a difference is about; nothing where there are no others."""
    if len(comparison.spans(base)) > 1:
        return " over all years"
    # A run of an earlier version does not know what of the financing need falls after its last year.
    return f" in {totals.span(base, comparison.facts.study)}" if len(comparison.spans("cost")) > 1 else ""


def _subject(name: str) -> str:
    return "There is" if name == "It" else f"{name}:"


def _moves(comparison: Comparison, option: str, base: str) -> bool:
    """Whether the difference after the last year is worth a word beside that in all years."""
    later, whole = f"{base}_after_horizon", comparison.whole(base)
    if whole == base or comparison.is_same(later, option):
        return False
    means = [abs(comparison.mean(total, option).value) for total in (base, later, whole)]
    return means[1] > _SMALLEST_MOVE * max(means)


def _noun(base: str) -> str:
    return "cost" if base == "cost" else "financing need"


def _after(comparison: Comparison, option: str, base: str) -> str:
    """Say what an option pays after the last year where that is not what the baseline pays then."""
    facts, later = comparison.facts, f"{base}_after_horizon"
    if not _moves(comparison, option, base):
        return ""
    last = facts.study.years[-1]

    def paid(which: str) -> str:
        if comparison.is_zero(later, which):
            return "none"
        mean = comparison.levels[which].mean(later)
        if not mean.is_known:
            return "an amount that is not known"
        return facts.money(mean) if _is_constant(mean) else f"on average {facts.money(mean)}"

    other = (
        "" if comparison.is_zero(later, comparison.baseline) else f" ({_name(comparison)}: {paid(comparison.baseline)})"
    )
    return f"; {paid(option)} of its {_noun(base)} falls after {last}{other}"


def _in_time(comparison: Comparison, option: str, base: str) -> str:
    """Say the difference within the years of the study where it is not that in all years."""
    facts = comparison.facts
    if not _moves(comparison, option, base):
        return ""
    years, mean = totals.span(base, facts.study), comparison.mean(base, option)
    if comparison.is_same(base, option):
        return f"In {years} alone it {_same(base)} in {all_of(facts.scenarios)}."
    sign = comparison.sign(base, option)
    if not mean.is_known:
        return f"In {years} alone it {_verb(base, '', _way(sign))}." if sign else ""
    if not sign:
        return f"In {years} alone the run can tell no difference in its mean {_noun(base)}."
    amount = facts.money(Measured(abs(mean.value), mean.error, mean.finest))
    return f"In {years} alone it {_verb(base, amount, _way(sign))}{_on_average(mean)}."


def _on_average(mean: Measured) -> str:
    """Words for a figure that is not the same in every scenario."""
    return "" if _is_constant(mean) else " on average"


def _is_constant(mean: Measured) -> bool:
    """Whether a figure is the same in every scenario but for rounding."""
    return mean.error <= ROUNDING * abs(mean.value)


def _service(comparison: Comparison, option: str, ceased: bool) -> str:
    """Say which payments cease since work begins later, or come on top since it begins earlier, in years and money."""
    facts = comparison.facts
    changed = [each for each in comparison.ceased(option) if (each.payments > 0.0) == ceased]
    if not changed:
        return ""
    counted = [
        f"{_payments(abs(each.payments), further=not ceased)} of “{each.name}”" for each in changed[:_MOST_COMPONENTS]
    ]
    if left := len(changed) - len(counted):
        counted.append(f"payments of {plural(left, 'other component')}")
    one = len(changed) == 1 and abs(changed[0].payments) == 1.0
    made = ("is" if one else "are") + (" not made" if ceased else " made")
    where = " in each country that needs it" if len(facts.study.countries) > 1 else ""
    amounts = []
    for base in changed[0].money:
        value = abs(sum(each.money[base] for each in changed))
        amounts.append(f"{facts.money(comparison.exact(comparison.whole(base), value))} of {_noun(base)}")
    who = " that nobody pays" if ceased else ""
    return f"{'Fewer' if ceased else 'More'} years of service: {listed(counted)} {made}{where}, {listed(amounts)}{who}."


def _rare(comparison: Comparison, option: str, base: str) -> tuple[str, ...]:
    """Name what is not in the range of an option since it is rare, and is not said of the baseline."""
    facts = comparison.facts
    return rare_sentences(
        facts.every_option,
        option,
        facts.coverage,
        variable=comparison.whole(base),
        beside=comparison.baseline,
        name=f"the range of its {_noun(base)}{_years(comparison, base)}",
    )


def _payments(number: float, further: bool) -> str:
    word = "further payment" if further else "payment"
    return f"{significant(number, 4)} {word if number == 1.0 else word + 's'}"


def notes(comparison: Comparison) -> tuple[str, ...]:
    """Say what the financing need is, and which options alone tell it from the cost."""
    studies = comparison.studies
    found = []
    if "financing_need" in comparison.bases:
        financed = [option for option, study in studies.items() if comparison.is_financed(option)]
        described = totals.described(studies[financed[0]]) if financed else totals.DESCRIBED
        found.append(f"The financing need is what a fund is asked for: the cost {described}.")
        told = totals.unfinanced({_quoted(comparison, option): option in financed for option in studies})
        if told:
            found.append(f"{told} The needs are compared on this footing.")
    return tuple(found)


def _quoted(comparison: Comparison, option: str) -> str:
    return f"“{comparison.names[option]}”" if option != FULL else "the study as written"


def sources(comparison: Comparison, option: str) -> tuple[Block, ...]:
    """By area, where the difference comes from; empty where nothing differs or the run has no areas."""
    facts = comparison.facts
    bases = [base for base in comparison.bases if comparison.has(f"{base}_by_area")]
    if not bases or all(comparison.is_same(base, option) for base in bases):
        return ()
    areas = [str(area) for area in comparison.found["area"].values]
    moved = [area for area in areas if not all(comparison.is_same_area(base, option, area) for base in bases)]
    moved.sort(key=lambda area: -abs(comparison.mean(f"{bases[0]}_by_area", option, area=area).value))
    rows = [(comparison.areas[area], *_source(comparison, option, bases, area)) for area in moved]
    rows.append(("All areas", *_source(comparison, option, bases, None)))
    columns = [word for base in bases for word in (totals.title(base, facts.study), "Share")]
    years = totals.span("cost", facts.study)
    caption = (
        f"{comparison.names[option]}: mean difference to {_name(comparison)} by area in {years} "
        f"({facts.unit_and_prices}; share: part of the difference of the total)"
    )
    table = Table(caption, ("Area", *columns), tuple(rows), total=True)
    if len(moved) == len(areas):
        return (table,)
    same = len(areas) - len(moved)
    others = "other area costs" if same == 1 else f"other {same} areas cost"
    return table, Paragraph(f"The {others} the same in {years} in every scenario.", note=True)


def _source(comparison: Comparison, option: str, bases: list[str], area: str | None) -> list[str]:
    """Mean difference and share, for each total, of an area or of all."""
    cells: list[str] = []
    for base in bases:
        where = {} if area is None else {"area": area}
        name = base if area is None else f"{base}_by_area"
        cells.append(signed(comparison.facts.amount(comparison.mean(name, option, **where))))
        if area is None:
            cells.append(UNKNOWN if comparison.is_same(name, option) else percent(1.0))
            continue
        share = comparison.measured(f"{name}_difference_share", option, area=area)
        # A share of all is 1 but for rounding, which depends on how arrays lie in memory.
        value = round(share.value, 12)
        cells.append(percent(value, share.error, finest=0.01) if share.is_known and value == value else UNKNOWN)
    return cells


def gains(comparison: Comparison) -> tuple[str, ...]:
    """Sentences on what shared random numbers gain."""
    whole = comparison.whole("cost")
    told = []
    for option in comparison.options:
        gain = comparison.number(f"{whole}_variance_reduction", option)
        if not comparison.is_same(whole, option) and _SMALLEST_GAIN < gain < float("inf"):
            told.append(f"“{comparison.names[option]}” {significant(gain, 2)} times")
    if not told:
        return ()
    return (
        "All options share their random numbers. Runs with random numbers of their own would need more scenarios to "
        f"know the mean difference as well: for {', for '.join(told)} as many.",
    )
