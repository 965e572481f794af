"""The sheets that show results: summary, areas, groups, years, options, what the numbers rest on, countries."""

from __future__ import annotations

from collections.abc import Sequence

from popsim.report import totals
from popsim.report import words as word
from popsim.report.data import ReportData
from popsim.report.document import Block, Details, Matrix, Section, Table
from popsim.report.estimates import Measured
from popsim.report.excel import charts
from popsim.report.excel.book import Book, Cell, Sheet, amount_cell
from popsim.report.excel.budget import QuantileTable
from popsim.report.language import gettext as _
from popsim.report.numbers import percent

_WIDTHS = (52.0, *(13.0,) * 8)


def summary(book: Book, table: QuantileTable) -> None:
    """Write every total with its quantiles and its mean, and the S-curves of cost and need."""
    data = book.data
    sheet = book.sheet("summary", _WIDTHS)
    for line in book.document.headlines:
        sheet.paragraph(line, bold=True)
    sheet.paragraph(
        _(
            "Low and high end enclose the %(interval)s. Amounts in %(unit)s; prices as each row says.",
            interval=data.interval,
            unit=data.unit_words,
        )
    )
    sheet.row += 1
    levels = [float(level) for level in data.summary["quantile"].values]
    sheet.head(
        [_("Total"), *(_level(level, data) for level in levels), _("Mean"), _("Standard error of the mean")],
    )
    sheet.print_heads(sheet.row - 1, sheet.row - 1)
    for total in data.every_total:
        mean = data.mean(total)
        label = f"{totals.title(total, data.study)} ({totals.prices(total, data.study)})"
        cells = [amount_cell(data.quantile(total, level), data.unit) for level in levels]
        cells += [amount_cell(mean, data.unit), _error(mean.error, data)]
        sheet.cells([label, *cells])
    sheet.row += 1
    option = str(data.dataset["option"].values[0])
    series = [(totals.title(total, data.study), *table.curve(total, option)) for total in data.totals]
    chart = charts.curves(sheet, series, _amounts(data))
    spoken = _("S-curves: the confidence that an amount is enough, from 0 to 100 per cent, over the amount.")
    charts.place(sheet, chart, _("How sure is an amount to be enough?"), spoken)


def _level(level: float, data: ReportData) -> str:
    if abs(level - data.low) < 1e-9:
        return _("Low end (%(share)s)", share=percent(level))
    if abs(level - data.high) < 1e-9:
        return _("High end (%(share)s)", share=percent(level))
    if level == 0.5:
        return _("Median")
    return _("Enough with %(share)s confidence", share=percent(level))


def _error(error: float, data: ReportData) -> Cell | str:
    return amount_cell(Measured(error, error / 4.0 if error < float("inf") else error), data.unit)


def _amounts(data: ReportData) -> str:
    return _("Amount (%(unit_and_prices)s)", unit_and_prices=data.unit_and_prices)


def areas(book: Book) -> None:
    """Write the ranges by area, with bars."""
    sheet = _tables(book, "areas", ("areas",), upright=True)
    if sheet is None:
        return
    data = book.data
    names = {area.id: area.name for area in data.study.areas}
    for total in _shown(data, "area"):
        rows = [(name, *_ends(data, f"{total}_by_area", area=key)) for key, name in names.items()]
        charts.intervals(sheet, totals.title(total, data.study), rows, _amounts(data), data.interval)
    sheet.end_print()


def groups(book: Book) -> None:
    """Write the ranges by group of countries, one table for each grouping."""
    _tables(book, "groups", ("groups",))


def years(book: Book) -> None:
    """Write the ranges by year, with a fan."""
    sheet = _tables(book, "years", ("years",), upright=True)
    if sheet is None:
        return
    data = book.data
    for total in _shown(data, "year"):
        levels = (data.low, 0.25, 0.5, 0.75, data.high)
        rows = [
            (str(year), tuple(data.on_axis(data.quantile(f"{total}_by_year", p, year=year).value) for p in levels))
            for year in data.summary["year"].values.tolist()
        ]
        charts.fan(sheet, totals.title(total, data.study), rows, _amounts(data), data.interval)
    sheet.end_print()


def options(book: Book) -> None:
    """Write what the options cost, within the years and after them, and how far each is from the baseline."""
    comparison, data = book.data.comparison, book.data
    sheet = _tables(book, "options", ("options", "options-in-detail"), upright=True)
    if sheet is None or comparison is None:
        return
    for base in comparison.bases:
        whole = comparison.spans(base)[-1]
        rows = [
            (comparison.names[option], *_total_ends(data, level, whole))
            for option, level in comparison.levels.items()
            if level.has(whole)
        ]
        charts.intervals(sheet, totals.title(whole, data.study), rows, _amounts(data), data.interval)
    sheet.end_print()


def drivers(book: Book) -> None:
    """Write what makes the range, where the run knows it."""
    _tables(book, "drivers", ("drivers", "drivers-further"))


def basis(book: Book) -> None:
    """Write what the numbers rest on."""
    _tables(book, "basis", ("evidence",))


def countries(book: Book) -> None:
    """Write the countries with their groups, each in a column that can be filtered, and what each costs."""
    data = book.data
    study = data.study
    groupings = list(dict.fromkeys(name for country in study.countries for name, _value in country.groups))
    money = data.totals_by("country")
    names = [word.country(country.code, country.name) for country in study.countries]
    labels_of = [[study.label(name, dict(each.groups).get(name, "")) for each in study.countries] for name in groupings]
    widths = (
        _width(names),
        9.0,
        *map(_width, labels_of),
        *((14.0,) if study.size_driver else ()),
        *(12.0,) * 4 * len(money),
    )
    sheet = book.sheet("countries", widths)
    if money:
        sheet.paragraph(
            _("Ranges are %(interval)s, amounts in %(unit)s.", interval=data.interval, unit=data.unit_and_prices)
        )
    heads = [_("Country"), _("Code"), *(study.heading(name) for name in groupings)]
    labels = len(heads)
    if study.size_driver:
        heads.append(study.heading(study.size_driver))
    for total in money:
        title = totals.title(total, study)
        figures = (_("Low end"), _("Median"), _("High end"), _("Mean"))
        heads += [_("%(total)s: %(figure)s", total=title, figure=figure) for figure in figures]
    sheet.head(heads, labels)
    sheet.print_heads(sheet.row - 1, sheet.row - 1)
    top = sheet.row - 1
    for country, *texts in zip(study.countries, names, *labels_of, strict=True):
        cells: list[Cell | str] = [texts[0], country.code, *texts[1:]]
        if study.size_driver:
            cells.append(Cell(country.size, 0, "count"))
        for total in money:
            name, where = f"{total}_by_country", country.code
            ends = [data.quantile(name, p, country=where) for p in (data.low, 0.5, data.high)]
            cells += [amount_cell(each, data.unit) for each in (*ends, data.mean(name, country=where))]
        sheet.cells(cells, labels=labels)
    sheet.worksheet.autofilter(top, 0, max(top, sheet.row - 1), len(heads) - 1)


def _width(texts: Sequence[str]) -> float:
    """Return the width of a column that holds texts, in characters."""
    return float(min(max(14, max(map(len, texts), default=0)) + 3, 60))


def _shown(data: ReportData, by: str) -> list[str]:
    return [total for total in data.totals if data.has(f"{total}_by_{by}")]


def _ends(data: ReportData, name: str, **where: object) -> tuple[float, float, float]:
    low, median, high = (data.on_axis(data.quantile(name, p, **where).value) for p in (data.low, 0.5, data.high))
    return low, median, high


def _total_ends(data: ReportData, level: ReportData, total: str) -> tuple[float, float, float]:
    low, high = level.range(total)
    return data.on_axis(low.value), data.on_axis(level.quantile(total, 0.5).value), data.on_axis(high.value)


def _tables(book: Book, key: str, ids: Sequence[str], upright: bool = False) -> Sheet | None:
    """Write all tables of some sections of the document on one sheet; None where it has none of them."""
    found = [section for section in book.document.sections if section.id in ids]
    blocks = [block for section in found for block in _flat(section)]
    shown = [block for block in blocks if isinstance(block, Table | Matrix)]
    if not shown:
        return None
    labels = max((table.labels for table in shown if isinstance(table, Table)), default=1)
    width = max(len(block.columns) + isinstance(block, Matrix) for block in shown)
    firsts = [row[0] if isinstance(row, tuple) else row.label for block in shown for row in block.rows]
    widths = (max(30.0, _width(firsts)), *(30.0,) * (labels - 1), *(14.0,) * max(width - labels, 7 - labels, 0))
    sheet = book.sheet(key, widths, found[0].title, upright)
    sheet.row += 1
    for block in shown:
        if isinstance(block, Table):
            sheet.table(block)
        else:
            sheet.matrix(block)
    return sheet


def _flat(section: Section) -> list[Block]:
    blocks: list[Block] = []
    for block in section.blocks:
        blocks += [] if isinstance(block, Details) else [block]
    return blocks
