"""What the options cost, and how far each departs from the study as written."""

from __future__ import annotations

from popsim.analysis import BASELINE
from popsim.report.comparison import Comparison, signed
from popsim.report.document import Block, Details, Figure, OptionBars, Pairs, Paragraph, RangeBar, Section, Table
from popsim.report.facts import Facts, Measured
from popsim.report.numbers import count, percent, significant
from popsim.report.sections.words import plural

__all__ = ["differences", "gains", "levels", "options", "probabilities", "sources"]

_TITLES = {"cost": "Total cost", "financing_need": "Need for financing"}
_SMALLEST_GAIN = 1.5
"""A smaller saving in scenarios is not worth a sentence."""


def options(facts: Facts) -> Section | None:
    """Set the options beside each other; None when the run has one."""
    if facts.every_option.sizes["option"] < 2:
        return None
    comparison = Comparison(facts, breakdowns=("area",))
    explained = [
        (comparison.names[option], comparison.rationales.get(option) or "No reason is stated.")
        for option in comparison.options
    ]
    blocks: list[Block | Details] = [_intro(comparison)]
    blocks.append(Pairs(tuple(explained)))
    if figure := _figure(comparison):
        blocks.append(figure)
    for total in _TITLES:
        if comparison.has(total):
            blocks += [levels(comparison, total), differences(comparison, total)]
    blocks += [Paragraph(_says(comparison, option)) for option in comparison.options]
    blocks += [Paragraph(sentence, note=True) for sentence in gains(comparison)]
    blocks += [
        Details(f"Where the difference comes from: {comparison.names[option]}", tables)
        for option in comparison.options
        if (tables := sources(comparison, option))
    ]
    return Section("options", "What do the options cost?", "Options", tuple(blocks))


def _intro(comparison: Comparison) -> Paragraph:
    return Paragraph(
        f"Beside the study as written stand {plural(len(comparison.options), 'option')}. In each scenario all options "
        "meet the same circumstances, so that a difference between them is due to the option and not to chance. All "
        "other sections of this report are about the study as written."
    )


def _name(comparison: Comparison) -> str:
    if comparison.baseline == BASELINE:
        return "the study as written"
    return f"“{comparison.names[comparison.baseline]}”"


def _bar(label: str, ends: list[float]) -> RangeBar:
    low, lower, median, upper, high = ends
    return RangeBar(label, low, lower, median, upper, high)


def _figure(comparison: Comparison) -> Figure | None:
    """Ranges of all options on one axis, and under them the differences; None where scenarios are too few."""
    facts = comparison.facts
    ends = (facts.low, 0.25, 0.5, 0.75, facts.high)
    costs = tuple(
        _bar(comparison.names[option], [facts.on_axis(level.quantile("cost", p).value) for p in ends])
        for option, level in comparison.levels.items()
    )
    apart = tuple(
        _bar(comparison.names[option], [facts.on_axis(comparison.quantile("cost", option, p).value) for p in ends])
        for option in comparison.options
    )
    widest = max(costs, key=lambda bar: bar.median)
    unit = facts.unit_and_prices
    return Figure(
        "options",
        OptionBars(costs, apart, f"Total cost ({unit})", f"Difference to {_name(comparison)} ({unit})"),
        "Total cost of each option, and its difference to the study as written",
        f"Light bar: {facts.interval}. Dark bar: the middle half of the scenarios. White line: median. Differences are "
        "taken scenario by scenario; left of the upright line at 0 an option is cheaper, right of it dearer.",
        f"Horizontal bars, one for each of {plural(len(costs), 'option')}; the largest median is that of "
        f"{widest.label}. Under them the differences. The tables below hold the same numbers.",
    )


def _caption(comparison: Comparison, words: str) -> str:
    facts = comparison.facts
    return f"{words} ({facts.unit_and_prices}; low and high end: {facts.interval})"


def levels(comparison: Comparison, total: str) -> Table:
    """Range of a total for each option."""
    facts = comparison.facts
    rows = []
    for option, level in comparison.levels.items():
        low, high = level.range(total)
        cells = facts.amounts(low, level.quantile(total, 0.5), high, level.mean(total))
        rows.append((comparison.names[option], *cells))
    return Table(
        _caption(comparison, f"{_TITLES[total]} by option"),
        ("Option", "Low end", "Median", "High end", "Mean"),
        tuple(rows),
    )


def differences(comparison: Comparison, total: str, dearer: bool = True) -> Table:
    """Range of the difference of each option to the baseline, and if wanted the probability that it is dearer."""
    facts = comparison.facts
    rows = []
    for option in comparison.options:
        low, high = comparison.range(total, option)
        row = low, comparison.quantile(total, option, 0.5), high, comparison.mean(total, option)
        sure = (comparison.probability(option, "dearer", total),) if dearer else ()
        rows.append((comparison.names[option], *map(signed, facts.amounts(*row)), *sure))
    return Table(
        _caption(comparison, f"{_TITLES[total]}: difference to {_name(comparison)}"),
        ("Option", "Low end", "Median", "High end", "Mean", *(("Dearer",) if dearer else ())),
        tuple(rows),
    )


def probabilities(comparison: Comparison, total: str) -> Table:
    """Probabilities that each option is dearer, cheaper, equal."""
    rows = tuple(
        (
            comparison.names[option],
            *(comparison.probability(option, word, total) for word in ("dearer", "cheaper", "equal")),
        )
        for option in comparison.options
    )
    caption = f"{_TITLES[total]}: share of scenarios in which an option is dearer or cheaper than {_name(comparison)}"
    return Table(caption, ("Option", "Dearer", "Cheaper", "Equal"), rows)


def _says(comparison: Comparison, option: str) -> str:
    """Say the difference of one option in a sentence."""
    facts, name = comparison.facts, comparison.names[option]
    mean, (low, high) = comparison.mean("cost", option), comparison.range("cost", option)
    if comparison.number("cost_equal", option) == 1.0:
        return f"“{name}” costs the same in all of the {count(facts.scenarios)} scenarios."
    way = "more" if mean.value > 0 else "less"
    says = f"“{name}” costs {facts.money(Measured(abs(mean.value), mean.error))} {way} on average"
    if low.is_known and high.is_known:
        says += f" ({facts.interval} of the difference: {facts.money_range(low, high)})"
    dearer, cheaper = (comparison.probability(option, word) for word in ("dearer", "cheaper"))
    return f"{says}. It is dearer in {dearer} of the {count(facts.scenarios)} scenarios, cheaper in {cheaper} of them."


def sources(comparison: Comparison, option: str) -> tuple[Block, ...]:
    """By area, where the difference comes from; empty where nothing differs or the run has no areas."""
    facts = comparison.facts
    totals = [total for total in _TITLES if comparison.has(f"{total}_by_area")]
    if "cost" not in totals or comparison.number("cost_equal", option) == 1.0:
        return ()
    areas = [str(area) for area in comparison.found["area"].values]
    moved = [a for a in areas if any(comparison.mean(f"{t}_by_area", option, area=a).value != 0.0 for t in totals)]
    moved.sort(key=lambda area: -abs(comparison.mean("cost_by_area", option, area=area).value))
    rows = [(comparison.areas[area], *_source(comparison, option, totals, area)) for area in moved]
    rows.append(("All areas", *_source(comparison, option, totals, None)))
    columns = ["Area", "Mean difference", "Share"]
    if len(totals) > 1:
        columns += ["Need for financing", "Share"]
    caption = (
        f"{comparison.names[option]}: mean difference to {_name(comparison)} by area ({facts.unit_and_prices}; share: "
        "part of the difference of the total)"
    )
    table = Table(caption, tuple(columns), tuple(rows), total=True)
    if len(moved) == len(areas):
        return (table,)
    same = plural(len(areas) - len(moved), "area")
    return table, Paragraph(f"The other {same} cost the same in every scenario.", note=True)


def _source(comparison: Comparison, option: str, totals: list[str], area: str | None) -> list[str]:
    """Mean difference and share, for each total, of an area or of all."""
    cells: list[str] = []
    for total in totals:
        where = {} if area is None else {"area": area}
        name = total if area is None else f"{total}_by_area"
        cells.append(signed(comparison.facts.amount(comparison.mean(name, option, **where))))
        if area is None:
            cells.append(percent(1.0))
            continue
        share = comparison.measured(f"{name}_difference_share", option, area=area)
        # A share of all is 1 but for rounding, which depends on how arrays lie in memory.
        value = round(share.value, 12)
        cells.append(percent(value, share.error, finest=0.01) if share.is_known and value == value else "n/a")
    return cells


def gains(comparison: Comparison) -> tuple[str, ...]:
    """Sentences on what shared random numbers gain."""
    told = []
    for option in comparison.options:
        gain = comparison.number("cost_variance_reduction", option)
        if _SMALLEST_GAIN < gain < float("inf"):
            told.append(f"“{comparison.names[option]}” {significant(gain, 2)} times")
    if not told:
        return ()
    return (
        "All options share their random numbers. Runs with random numbers of their own would need more scenarios to "
        f"know the mean difference as well: for {', for '.join(told)} as many.",
    )
