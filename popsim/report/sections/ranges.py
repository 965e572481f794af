"""The ranges: by area, by group of countries, by year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from popsim.report.document import Bars, Block, Details, Figure, Paragraph, RangeBar, Section, Table
from popsim.report.facts import Facts, Measured
from popsim.report.sections.words import plural

__all__ = ["by_area", "by_group", "by_year", "row_of"]

_NO_SUM = (
    "Medians and the ends of ranges do not add up to those of the total: it is unlikely that everything turns out "
    "cheap, or dear, at once. Means do add up, and so do most likely values, within rounding."
)


def row_of(facts: Facts, name: str, where: dict[str, object], point: float | None = None) -> tuple[str, ...]:
    """Low end, median, high end and mean of a variable, as one row of a table prints them."""
    low, high = facts.range(name, **where)
    median = facts.quantile(name, 0.5, **where)
    # The point estimate is exact; it is printed as finely as the median beside it, so that the two can be compared.
    points = () if point is None else (Measured(point, median.error, median.finest),)
    return facts.amounts(low, median, high, facts.mean(name, **where), *points)


def _columns(*first: str) -> tuple[str, ...]:
    return (*first, "Low end", "Median", "High end", "Mean")


def _caption(facts: Facts, by: str) -> str:
    return f"Cost by {by} ({facts.unit_and_prices}; low and high end: {facts.interval})"


def _bar(facts: Facts, label: str, name: str, where: dict[str, object], point: float | None = None) -> RangeBar:
    ends = [facts.quantile(name, p, **where).value for p in (facts.low, 0.25, 0.5, 0.75, facts.high)]
    low, lower, median, upper, high = (facts.on_axis(value) for value in ends)
    return RangeBar(label, low, lower, median, upper, high, None if point is None else facts.on_axis(point))


def _point_of(facts: Facts, area: str) -> float | None:
    if not facts.has("point_estimate_by_area"):
        return None
    return float(facts.points["point_estimate_by_area"].sel(area=area).item())


def _area_rows(facts: Facts) -> Iterator[tuple[str, ...]]:
    for area in facts.study.areas:
        yield area.name, *row_of(facts, "cost_by_area", {"area": area.id}, _point_of(facts, area.id))
    total = facts.points["point_estimate"].item() if facts.has("point_estimate_by_area") else None
    yield "All areas", *row_of(facts, "cost", {}, total)


def by_area(facts: Facts) -> Section | None:
    """Ranges of the areas: figure and table; None when the run has no breakdown by area."""
    if not facts.has("cost_by_area"):
        return None
    bars = sorted(
        (
            _bar(facts, area.name, "cost_by_area", {"area": area.id}, _point_of(facts, area.id))
            for area in facts.study.areas
        ),
        key=lambda bar: -bar.median,
    )
    columns = _columns("Area") + (("Most likely",) if facts.has("point_estimate_by_area") else ())
    figure = Figure(
        "areas",
        Bars(tuple(bars), facts.interval, facts.unit_and_prices[:1].upper() + facts.unit_and_prices[1:], "rows"),
        "Cost of each activity area, all countries and years",
        f"Light bar: {facts.interval}. Dark bar: the middle half of the scenarios. White line: median. "
        + ("Diamond: sum of the most likely values. " if facts.has("point_estimate_by_area") else "")
        + "Areas are in order of their medians.",
        f"Horizontal bars, one for each of {plural(len(bars), 'area')}; the largest median is that of {bars[0].label}. "
        "The table below holds the same numbers.",
    )
    table = Table(_caption(facts, "activity area"), columns, tuple(_area_rows(facts)), total=True)
    return Section("areas", "Ranges by activity area", "Areas", (figure, table, Paragraph(_NO_SUM, note=True)))


def _group_table(facts: Facts, group: str) -> Table:
    name = f"cost_by_{group}"
    counted: dict[str, int] = {}
    for country in facts.study.countries:
        value = dict(country.groups).get(group)
        if value is not None:
            counted[value] = counted.get(value, 0) + 1
    rows = tuple(
        (
            facts.study.label(group, value),
            str(counted.get(str(value), 0)),
            *row_of(facts, name, {group: value}),
        )
        for value in facts.summary[group].values
    )
    heading = facts.study.heading(group, sentence=True)
    return Table(_caption(facts, heading), _columns(facts.study.heading(group), "Countries"), rows)


def by_group(facts: Facts) -> Section | None:
    """Ranges of every grouping of countries in the run; None when it has none."""
    tables = tuple(_group_table(facts, group) for group in facts.groups)
    if not tables:
        return None
    note = (
        "Each table divides the same total in another way; the ends of its ranges do not add up to those of the total."
    )
    return Section("groups", "Ranges by group of countries", "Groups", (*tables, Paragraph(note, note=True)))


def _years_said(bars: Sequence[RangeBar]) -> str:
    top = max(bars, key=lambda bar: bar.median)
    return (
        f"Vertical bars, one for each year from {bars[0].label} to {bars[-1].label}; the largest median is that of "
        f"{top.label}. The table below holds the same numbers."
    )


def by_year(facts: Facts) -> Section | None:
    """Ranges of the years: figure and table; None when the run has no breakdown by year."""
    if not facts.has("cost_by_year"):
        return None
    years = [int(year) for year in facts.summary["year"].values]
    bars = [_bar(facts, str(year), "cost_by_year", {"year": year}) for year in years]
    figure = Figure(
        "years",
        Bars(tuple(bars), facts.interval, facts.unit_and_prices, "years"),
        "Cost of each year, all areas and countries",
        f"Light bar: {facts.interval} of that year’s cost. Dark bar: the middle half of the scenarios. White line: "
        "median.",
        _years_said(bars),
    )
    rows = tuple((str(year), *row_of(facts, "cost_by_year", {"year": year})) for year in years)
    table = Table(_caption(facts, "year"), _columns("Year"), rows)
    note = Paragraph(
        "Ranges of single years do not add up to the range of the total. Costs stand in the year in which they arise, "
        "which need not be the year in which they are financed.",
        note=True,
    )
    blocks: tuple[Block | Details, ...] = (figure, table, note)
    return Section("years", "Ranges by year", "Years", blocks)
