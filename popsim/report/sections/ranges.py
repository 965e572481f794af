"""The ranges: by area, by group of countries, by year; each total beside the other, the headline first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from popsim.report import totals
from popsim.report.document import Figure, Paragraph, Section, Table
from popsim.report.facts import Facts
from popsim.report.figures import Interval, intervals, years
from popsim.report.sections.words import plural

__all__ = ["by_area", "by_group", "by_year", "range_table", "row_of"]

_NO_SUM = (
    "Medians and the ends of ranges do not add up to those of the total: it is unlikely that everything turns out "
    "cheap, or expensive, at once. Means do add up, and so do point estimates, within rounding."
)

Row = tuple[tuple[str, ...], dict[str, object]]
"""Labels of a row of a table, and where it stands in a breakdown; nowhere for the row of all."""


def row_of(facts: Facts, name: str, where: dict[str, object], point: float | None = None) -> tuple[str, ...]:
    """Low end, median, high end and mean of a variable, as one row of a table prints them."""
    low, high = facts.range(name, **where)
    median = facts.quantile(name, 0.5, **where)
    points = () if point is None else (facts.beside_median(point, name, **where),)
    return facts.amounts(low, median, high, facts.mean(name, **where), *points)


def range_table(facts: Facts, by: str, headings: tuple[str, ...], rows: Iterable[Row], *, whole: str = "") -> Table:
    """Set the ranges of every total beside each other, one row for each group.

    Parameters
    ----------
    facts
        The run.
    by
        Name of the breakdown, such as ``area``; every total is broken down alike.
    headings
        Headings of the labels.
    rows
        Labels, and where each row stands.
    whole
        Label of the last row, which stands for all; none where it is empty.
    """
    shown = [total for total in facts.totals if facts.has(f"{total}_by_{by}")]
    points = {total: facts.points_by(total, by) for total in shown}
    lines = list(rows)
    cells = []
    for labels, where in lines:
        key = next(iter(where.values()))
        line = [
            row_of(facts, f"{total}_by_{by}", where, points[total][key] if points[total] else None) for total in shown
        ]
        cells.append((*labels, *(cell for part in line for cell in part)))
    if whole:
        line = [row_of(facts, total, {}, facts.point(total) if points[total] else None) for total in shown]
        cells.append((whole, *("",) * (len(headings) - 1), *(cell for part in line for cell in part)))
    columns, groups = list(headings), []
    for total in shown:
        mine = ["Low end", "Median", "High end", "Mean", *(["Point estimate"] if points[total] else [])]
        columns += mine
        groups.append((totals.title(total, facts.study), len(mine)))
    heading = {"area": "activity area", "year": "year"}.get(by) or facts.study.heading(by, sentence=True)
    # Where several totals stand beside each other, the heading above their columns names them.
    what = "Ranges" if len(shown) > 1 else totals.title(shown[0], facts.study)
    caption = f"{what} by {heading} ({facts.unit_and_prices}; low and high end: {facts.interval})"
    names = [f"{total}_by_{by}" for total in shown] + (list(shown) if whole else [])
    means = facts.about_means(*names)
    if means:
        caption += f"; {means}"
    return Table(
        caption,
        tuple(columns),
        tuple(cells),
        labels=len(headings),
        total=bool(whole),
        groups=tuple(groups) if len(groups) > 1 else (),
    )


def _bar(facts: Facts, label: str, name: str, where: dict[str, object], point: float | None = None) -> Interval:
    ends = [facts.quantile(name, p, **where).value for p in (facts.low, 0.25, 0.5, 0.75, facts.high)]
    low, lower, median, upper, high = (facts.on_axis(value) for value in ends)
    return Interval(label, low, lower, median, upper, high, None if point is None else facts.on_axis(point))


def _area_figure(facts: Facts, total: str) -> Figure:
    name, points = f"{total}_by_area", facts.points_by(total, "area")
    bars = sorted(
        (
            _bar(facts, area.name, name, {"area": area.id}, points[area.id] if points else None)
            for area in facts.study.areas
        ),
        key=lambda bar: -bar.median,
    )
    return Figure(
        "areas" if total == facts.first else f"areas-{total}",
        f"{totals.title(total, facts.study)} of each activity area, all countries and years",
        f"Light bar: {facts.interval}. Dark bar: the middle half of the scenarios. White line: median. "
        + ("Diamond: point estimate. " if points else "")
        + "Areas are in order of their medians.",
        f"Horizontal bars, one for each of {plural(len(bars), 'area')}; the largest median is that of {bars[0].label}. "
        "The table below holds the same numbers.",
        partial(intervals, bars=bars, amount_label=facts.unit_and_prices[:1].upper() + facts.unit_and_prices[1:]),
    )


def by_area(facts: Facts) -> Section | None:
    """Ranges of the areas: figures and table; None when the run has no breakdown by area."""
    if not facts.has("cost_by_area"):
        return None
    figures = [_area_figure(facts, total) for total in facts.totals if facts.has(f"{total}_by_area")]
    rows: list[Row] = [((area.name,), {"area": area.id}) for area in facts.study.areas]
    table = range_table(facts, "area", ("Activity area",), rows, whole="All areas")
    return Section("areas", "Ranges by activity area", "Areas", (*figures, table, Paragraph(_NO_SUM, note=True)))


def _group_table(facts: Facts, group: str) -> Table:
    counted: dict[str, int] = {}
    for country in facts.study.countries:
        value = dict(country.groups).get(group)
        if value is not None:
            counted[value] = counted.get(value, 0) + 1
    rows: list[Row] = [
        ((facts.study.label(group, value), str(counted.get(str(value), 0))), {group: value})
        for value in facts.summary[group].values.tolist()
    ]
    return range_table(facts, group, (facts.study.heading(group), "Countries"), rows)


def by_group(facts: Facts) -> Section | None:
    """Ranges of every grouping of countries in the run; None when it has none."""
    tables = tuple(_group_table(facts, group) for group in facts.groups)
    if not tables:
        return None
    note = (
        "Each table divides the same total in another way; the ends of its ranges do not add up to those of the total."
    )
    return Section("groups", "Ranges by group of countries", "Groups", (*tables, Paragraph(note, note=True)))


def _years_said(bars: Sequence[Interval]) -> str:
    top = max(bars, key=lambda bar: bar.median)
    return (
        f"Vertical bars, one for each year from {bars[0].label} to {bars[-1].label}; the largest median is that of "
        f"{top.label}. The table below holds the same numbers."
    )


def _year_figure(facts: Facts, total: str) -> Figure:
    bars = [
        _bar(facts, str(year), f"{total}_by_year", {"year": year}) for year in facts.summary["year"].values.tolist()
    ]
    noun = totals.noun(total, facts.study)
    return Figure(
        "years" if total == facts.first else f"years-{total}",
        f"{totals.title(total, facts.study)} of each year, all areas and countries",
        f"Light bar: {facts.interval} of that year’s {noun}. Dark bar: the middle half of the scenarios. White line: "
        "median.",
        _years_said(bars),
        partial(years, bars=bars, amount_label=facts.unit_and_prices),
    )


def by_year(facts: Facts) -> Section | None:
    """Ranges of the years: figures and table; None when the run has no breakdown by year."""
    if not facts.has("cost_by_year"):
        return None
    figures = [_year_figure(facts, total) for total in facts.totals if facts.has(f"{total}_by_year")]
    rows: list[Row] = [((str(year),), {"year": year}) for year in facts.summary["year"].values.tolist()]
    table = range_table(facts, "year", ("Year",), rows)
    note = Paragraph(
        "Ranges of single years do not add up to the range of the total. Costs stand in the year in which they arise, "
        "which need not be the year in which they are financed.",
        note=True,
    )
    return Section("years", "Ranges by year", "Years", (*figures, table, note))
