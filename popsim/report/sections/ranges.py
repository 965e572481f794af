"""The ranges: by area, by group of countries, by year; each total beside the other, the headline first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from popsim.report import figures, totals
from popsim.report.data import ReportData
from popsim.report.document import Block, Figure, Paragraph, Section, Table
from popsim.report.headings import with_remark
from popsim.report.language import gettext as _
from popsim.report.numbers import count, percent
from popsim.report.prose import Prose, sentence_case

Labelled = tuple[tuple[str, ...], object]
"""Labels of a row of a table, and the label of a breakdown for which it stands."""

_text = Prose("ranges")


def by_area(data: ReportData) -> Section | None:
    """Show the ranges of the areas: figures and table; None when the run has no breakdown by area."""
    if not data.has("cost_by_area"):
        return None
    shown = [_area_figure(data, total) for total in data.totals if data.has(f"{total}_by_area")]
    rows = [((area.name,), area.id) for area in data.study.areas]
    table = range_table(data, "area", (_("Activity area"),), rows, whole=_("All areas"))
    blocks: tuple[Block, ...] = (*shown, table, Paragraph(_text("areas_note"), note=True))
    return Section("areas", _("Ranges by activity area"), _("Areas"), blocks)


def by_group(data: ReportData) -> Section | None:
    """Show the ranges of every grouping of countries in the run; None when it has none."""
    if not data.groups:
        return None
    blocks: tuple[Block, ...] = (
        *(_group_table(data, group) for group in data.groups),
        Paragraph(_text("groups_note"), note=True),
    )
    return Section("groups", _("Ranges by group of countries"), _("Groups"), blocks)


def by_year(data: ReportData) -> Section | None:
    """Show the ranges of the years: figures and table; None when the run has no breakdown by year."""
    if not data.has("cost_by_year"):
        return None
    shown = [_year_figure(data, total) for total in data.totals if data.has(f"{total}_by_year")]
    rows = [((str(year),), year) for year in data.summary["year"].values.tolist()]
    blocks: tuple[Block, ...] = (
        *shown,
        range_table(data, "year", (_("Year"),), rows),
        Paragraph(_text("years_note"), note=True),
    )
    return Section("years", _("Ranges by year"), _("Years"), blocks)


def row_of(data: ReportData, name: str, where: dict[str, object], point: float | None = None) -> tuple[str, ...]:
    """Return the low end, median, high end and mean of a variable, as one row of a table prints them."""
    low, high = data.range(name, **where)
    median = data.quantile(name, 0.5, **where)
    points = () if point is None else (data.beside_median(point, name, **where),)
    return data.amounts(low, median, high, data.mean(name, **where), *points)


def range_table(
    data: ReportData, by: str, headings: tuple[str, ...], rows: Sequence[Labelled], *, whole: str = ""
) -> Table:
    """Return a table with the ranges of every total beside each other, one row for each group.

    Parameters
    ----------
    data
        The run.
    by
        Name of the breakdown, such as ``area``; every total is broken down alike.
    headings
        Headings of the labels.
    rows
        Labels, and for which label of the breakdown each row stands.
    whole
        Label of the last row, which stands for all; none where it is empty.
    """
    shown = [total for total in data.totals if data.has(f"{total}_by_{by}")]
    columns, groups = list(headings), []
    cells = [list(labels) for labels, __ in rows]
    if whole:
        cells.append([whole, *("",) * (len(headings) - 1)])
    for total in shown:
        name, points = f"{total}_by_{by}", data.points_by(total, by)
        for line, (__, label) in zip(cells, rows, strict=False):
            line += row_of(data, name, {by: label}, points[label] if points else None)
        if whole:
            cells[-1] += row_of(data, total, {}, data.point(total) if points else None)
        statistics = [_("Low end"), _("Median"), _("High end"), _("Mean"), *([_("Point estimate")] if points else [])]
        columns += statistics
        groups.append((totals.title(total, data.study), len(statistics)))
    # Where several totals stand beside each other, the heading above their columns names them.
    kind = by if by in {"area", "year"} else "group"
    grouping = "" if kind != "group" else data.study.heading(by, sentence=True)
    title = _text("table_title", total="" if len(shown) > 1 else shown[0], by=kind, grouping=grouping)
    caption = _text("table_caption", title=title, coverage=percent(data.coverage), unit_and_prices=data.unit_and_prices)
    about_means = data.about_means(*(f"{total}_by_{by}" for total in shown), *(shown if whole else []))
    return Table(
        with_remark(caption, about_means),
        tuple(columns),
        tuple(map(tuple, cells)),
        labels=len(headings),
        total=bool(whole),
        groups=tuple(groups) if len(groups) > 1 else (),
        name=f"by-{by}".replace("_", "-"),
    )


def _group_table(data: ReportData, group: str) -> Table:
    study = data.study
    countries = Counter(dict(country.groups).get(group) for country in study.countries)
    labels = data.summary[group].values.tolist()
    rows = [((study.label(group, label), count(countries[str(label)])), label) for label in labels]
    return range_table(data, group, (study.heading(group), _("Countries")), rows)


def group_figures(data: ReportData) -> list[Figure]:
    """Return figures of the ranges of groups of countries, one for each grouping and total; the page has tables."""
    return [
        _group_figure(data, group, total)
        for group in data.groups
        for total in data.totals
        if data.has(f"{total}_by_{group}")
    ]


def _group_figure(data: ReportData, group: str, total: str) -> Figure:
    name, labels = f"{total}_by_{group}", data.summary[group].values.tolist()
    bars = [_bar(data, data.study.label(group, label), name, {group: label}) for label in labels]
    bars.sort(key=lambda bar: -bar.median)
    title = _("%(total)s: %(grouping)s", total=totals.title(total, data.study), grouping=data.study.heading(group))
    return Figure(
        f"groups-{group}" if total == data.first else f"groups-{group}-{total}",
        title,
        _text("groups_caption", coverage=percent(data.coverage)),
        _text("groups_spoken", groups=len(bars), largest=bars[0].label),
        partial(figures.intervals, bars=bars, amount_label=sentence_case(data.unit_and_prices)),
    )


def _area_figure(data: ReportData, total: str) -> Figure:
    name, points = f"{total}_by_area", data.points_by(total, "area")
    bars = [_bar(data, area.name, name, {"area": area.id}, points.get(area.id)) for area in data.study.areas]
    bars.sort(key=lambda bar: -bar.median)
    return Figure(
        "areas" if total == data.first else f"areas-{total}",
        _text("areas_title", total=total),
        _text("areas_caption", coverage=percent(data.coverage), has_points=bool(points)),
        _text("areas_spoken", areas=len(bars), largest=bars[0].label),
        partial(figures.intervals, bars=bars, amount_label=sentence_case(data.unit_and_prices)),
    )


def _year_figure(data: ReportData, total: str) -> Figure:
    years = data.summary["year"].values.tolist()
    bars = [_bar(data, str(year), f"{total}_by_year", {"year": year}) for year in years]
    largest = max(bars, key=lambda bar: bar.median)
    return Figure(
        "years" if total == data.first else f"years-{total}",
        _text("years_title", total=total),
        _text("years_caption", total=total, coverage=percent(data.coverage)),
        _text("years_spoken", first=bars[0].label, last=bars[-1].label, largest=largest.label),
        partial(figures.years, bars=bars, amount_label=data.unit_and_prices),
    )


def _bar(
    data: ReportData, label: str, name: str, where: dict[str, object], point: float | None = None
) -> figures.Interval:
    ends = [data.quantile(name, p, **where).value for p in (data.low, 0.25, 0.5, 0.75, data.high)]
    low, lower, median, upper, high = (data.on_axis(value) for value in ends)
    return figures.Interval(label, low, lower, median, upper, high, None if point is None else data.on_axis(point))
