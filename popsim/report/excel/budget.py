"""The budget sheet: type an amount and read how sure it is, type a confidence and read the amount; and its table.

The table holds every scenario of a run, sorted, in one column for each total and option, so that the formulas of the
sheet give what ``popsim budget`` gives. Of a run with more than `MOST_ROWS` scenarios, or with very many options, it
holds means of neighbours.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from popsim import schema
from popsim.analysis.blocks import blocks_of
from popsim.analysis.by_output import read_values
from popsim.arrays import Floats
from popsim.report import totals
from popsim.report.comparison import full_name
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.excel import charts
from popsim.report.excel.book import INPUT_FILL, QUIET, Book, Cell, Sheet, as_held, quoted
from popsim.report.excel.errors import Shortfall, define, quantile_error, share_error
from popsim.report.language import gettext as _
from popsim.report.numbers import count, percent

MOST_ROWS = 10_000
"""Rows of the table of quantiles."""
MOST_CELLS = 300_000
"""Cells of the table of quantiles: of many options it has fewer rows, so that the file can still be sent."""
LEAST_ROWS = 1_000
"""Rows that the table of quantiles has of any number of options."""
_FIRST_ROW = 4
_LONGEST_LABEL = 120
_LIST = 7
"""Column in which the lists of a sheet begin: beyond those that are printed."""
_POINTS = 99
AMOUNTS = "[<10]0.00;[<100]0.0;#,##0"
"""Format of an amount that a formula computes: its standard error stands beside it."""
_SMALLEST = 4.0
"""Scenarios in a tail, over the share of the rest, below which a quantile is not known (`quantile_with_error`)."""


class QuantileTable:
    """The sorted scenarios of each total and option, and where they stand in the workbook."""

    def __init__(self, book: Book) -> None:
        self.book, self.data = book, book.data
        self.options = [str(option) for option in self.data.every_option["option"].values]
        self.totals = [*self.data.totals, *self._late_totals()]

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each option; numbered, so that each is another and none begins as a formula does."""
        comparison = self.data.comparison
        names = comparison.names if comparison else {schema.FULL: full_name()}
        return {
            option: f"{count(number)}. {names.get(option, option)[:_LONGEST_LABEL]}"
            for number, option in enumerate(self.options, 1)
        }

    def _late_totals(self) -> list[str]:
        """Return the totals of all years, where anything is paid after the last: options may only pay later."""
        every = self.data.every_option
        pairs = [(f"{total}_after_horizon", f"{total}_all_years") for total in self.data.totals]
        return [whole for after, whole in pairs if after in every and whole in every and bool(every[after].any())]

    @cached_property
    def columns(self) -> list[tuple[str, str]]:
        """Total and option of each column."""
        return [(total, option) for total in self.totals for option in self.options]

    @cached_property
    def amounts(self) -> Floats:
        """Amounts in the unit of the report (row, column), rising."""
        every = self.data.every_option
        return np.stack([self._of(read_values(every[total].sel(option=option))) for total, option in self.columns]).T

    def _of(self, values: Floats) -> Floats:
        ordered = self.data.on_axis(1.0) * values
        del values
        ordered.sort()
        return condensed(ordered, min(MOST_ROWS, max(LEAST_ROWS, MOST_CELLS // len(self.columns))))

    @property
    def last_row(self) -> int:
        """Last row of the table in its sheet, counted from 0."""
        return _FIRST_ROW + len(self.amounts) - 1

    def _cells(self, column: int) -> str:
        from xlsxwriter.utility import xl_range_abs

        name = quoted(self.book.names["quantiles"])
        return f"{name}!{xl_range_abs(_FIRST_ROW, column, self.last_row, column)}"

    def curve(self, total: str, option: str) -> tuple[str, str]:
        """Return the cells of the amounts of a column and those of their confidences."""
        return self._cells(1 + self.columns.index((total, option))), self._cells(0)

    def write(self) -> None:
        """Write the sheet of the table."""
        from xlsxwriter.utility import xl_range_abs

        from popsim.report.excel.columns import Column, ColumnSheet

        book, data = self.book, self.data
        rows = len(self.amounts)
        sheet = book.sheet("quantiles", (14.0, *(16.0,) * max(len(self.columns), 7)), kind=ColumnSheet)
        about = _("Amounts in %(unit)s.", unit=data.unit_and_prices)
        if rows == data.scenarios:
            about += " " + _("Each column holds the total of every scenario, sorted.")
        else:
            about += " " + _(
                "Each column holds the %(scenarios)s scenarios, sorted, as means of neighbours in %(rows)s rows.",
                scenarios=count(data.scenarios),
                rows=count(rows),
            )
        sheet.paragraph(about)
        heads = [totals.title(total, data.study) for total, _option in self.columns]
        sheet.head([_("Confidence"), *heads])
        sheet.head(["", *(self.names[option] for _total, option in self.columns)])
        sheet.print_heads(sheet.row - 2, sheet.row - 1)
        share, money = Column(book.format(num_format="0.00%")), Column(book.format(num_format="#,##0.00"))
        confidences = np.arange(1, rows + 1) / rows
        columns = (share, *(money,) * len(self.columns))
        sheet.worksheet.write_columns(_FIRST_ROW, columns, np.column_stack([confidences, self.amounts]))
        book.define("quantile_amounts", sheet.name, xl_range_abs(_FIRST_ROW, 1, self.last_row, len(self.columns)))


def condensed(ordered: Floats, rows: int) -> Floats:
    """Return sorted values as at most so many, each the mean of an equal share of them: their mean stays the same.

    Examples
    --------
    >>> condensed(np.array([1.0, 2.0, 3.0]), 2).round(12).tolist(), condensed(np.array([1.0, 2.0]), 5).tolist()
    ([1.333333333333, 2.666666666667], [1.0, 2.0])
    """
    number = len(ordered)
    if number <= rows:
        return ordered
    ends = np.linspace(0.0, number, rows + 1)
    # Sums up to the scenario at or before each end, and of one more. They are added up block by block.
    before = np.floor(ends).astype(np.int64)
    places = np.stack([before, np.minimum(before + 1, number)])
    sums, reached = np.zeros(places.shape), 0.0
    for some in blocks_of(number):
        running = ordered[some].copy()
        running[0] += reached
        np.cumsum(running, out=running)
        here = (places > some.start) & (places <= some.stop)
        sums[here] = running[places[here] - some.start - 1]
        reached = float(running[-1])
    at = (sums[1] - sums[0]) * (ends - before) + sums[0]
    return np.maximum.accumulate(np.diff(at) * (rows / number))


def choice(sheet: Sheet, label: str, name: str, source: str, chosen: str) -> None:
    """Write a cell with a list to choose from, and give it a name."""
    sheet.text(sheet.row, 0, label)
    style = sheet.book.format(bg_color=INPUT_FILL, border=1, bold=True)
    sheet.worksheet.merge_range(sheet.row, 1, sheet.row, 4, "", style)
    sheet.worksheet.write_string(sheet.row, 1, as_held(chosen), style)
    sheet.worksheet.data_validation(sheet.row, 1, sheet.row, 1, {"validate": "list", "source": f"={source}"})
    define(sheet, name, sheet.row, 1)
    sheet.row += 1


def entry(sheet: Sheet, label: str, name: str, cell: Cell, lowest: float, highest: float, why: str) -> None:
    """Write a cell in which a number is typed, its limits, and give it a name."""
    sheet.text(sheet.row, 0, label)
    sheet.number(sheet.row, 1, cell, bg_color=INPUT_FILL, border=1, bold=True)
    limits = {"validate": "decimal", "criteria": "between", "minimum": lowest, "maximum": highest}
    sheet.worksheet.data_validation(sheet.row, 1, sheet.row, 1, {**limits, "error_message": why[:255]})
    define(sheet, name, sheet.row, 1)
    sheet.row += 1


def result(
    sheet: Sheet,
    label: str,
    name: str,
    formula: tuple[str, float],
    number_format: str,
    error: tuple[str, float | str] | None = None,
) -> None:
    """Write a result by formula, with the value that it has now, give it a name, and write its standard error beside.

    Parameters
    ----------
    sheet
        A sheet of the workbook.
    label, name
        What stands before the result, and the name of its cell.
    formula
        The formula, and its value now.
    number_format
        How the result is shown.
    error
        The formula of its error, and the value of that now, or a text; None where it is not known.
    """
    sheet.text(sheet.row, 0, label)
    edge: dict[str, Any] = {"num_format": number_format, "bold": True, "align": "right", "top": 1, "bottom": 1}
    sheet.formula(sheet.row, 1, *formula, **edge)
    if error is not None:
        own = "0.00%" if "%" in number_format else number_format
        sheet.formula(sheet.row, 2, *error, num_format=own, align="right", font_color=QUIET)
        define(sheet, f"{name}_error", sheet.row, 2)
    define(sheet, name, sheet.row, 1)
    sheet.row += 1


def listing(sheet: Sheet, row: int, column: int, items: list[str]) -> tuple[str, str]:
    """Write a list to choose from with the number of each, and return the cells of items and of numbers."""
    for number, item in enumerate(items):
        sheet.text(row + number, column, item, font_size=8, font_color=QUIET)
        sheet.number(row + number, column + 1, Cell(number + 1, 0, "count"), font_size=8, font_color=QUIET)
    last = row + len(items) - 1
    return sheet.reference(row, column, last), sheet.reference(row, column + 1, last)


def round_amount(amounts: Floats) -> float:
    """Return a round amount to begin with, near the one that is enough with the confidence that the report names."""
    return float(f"{float(np.quantile(amounts, CONFIDENCE)):.2g}") or 1.0


def decimals(value: float) -> int:
    """Return the decimals of an amount of two significant digits."""
    return max(0, 1 - int(np.floor(np.log10(abs(value)))))


def shares(data: ReportData) -> str:
    """Return the number format of a confidence: one decimal from 1,000 scenarios on, as their error supports."""
    return "0.0%" if data.scenarios >= 1_000 else "0%"


def budget(book: Book, table: QuantileTable) -> None:
    """Write the sheet on which an amount gives a confidence, and a confidence an amount."""
    data = book.data
    sheet = book.sheet(
        "budget", (66.0, 16.0, 16.0, 16.0, 16.0, 16.0), _("How sure is an amount to be enough?"), upright=True
    )
    sheet.paragraph(
        _(
            "Choose a total and an option, and type into the yellow cells. Amounts in %(unit)s; totals are those "
            "of the years of the study unless they say otherwise. The results come from the sheet “%(sheet)s” by "
            "formula.",
            unit=data.unit_and_prices,
            sheet=book.names["quantiles"],
        )
    )
    sheet.row += 1
    options = [table.names[option] for option in table.options]
    titles = [totals.title(total, data.study) for total in table.totals]
    top = sheet.row
    total_list, total_numbers = listing(sheet, top, _LIST, titles)
    option_list, option_numbers = listing(sheet, top + len(titles) + 1, _LIST, options)
    choice(sheet, _("Total"), "budget_total", total_list, titles[0])
    place = table.options.index(str(data.dataset["option"].values[0]))
    choice(sheet, _("Option"), "budget_option", option_list, options[place])
    column = table.columns.index((table.totals[0], table.options[place]))
    formula = (
        f"=(SUMPRODUCT(({total_list}=budget_total)*{total_numbers})-1)*{len(options)}"
        f"+SUMPRODUCT(({option_list}=budget_option)*{option_numbers})"
    )
    sheet.formula(top, _LIST + 2, formula, column + 1, font_size=8, font_color=QUIET)
    at = sheet.reference(top, _LIST + 2, top)
    amounts = table.amounts[:, column]
    amount_row = sheet.row + 2
    _of_amount(sheet, amounts, f"INDEX(quantile_amounts,0,{at})", data)
    _of_confidence(sheet, amounts, f"INDEX(quantile_amounts,0,{at})", data)
    sheet.row += 1
    points = s_curve(sheet, f"INDEX(quantile_amounts,0,{at})", amounts, top + len(titles) + len(options) + 3, _LIST)
    name = f"={sheet.reference(top, 1, top)}"
    unit = _("Amount (%(unit_and_prices)s)", unit_and_prices=data.unit_and_prices)
    typed = _("The amount that is typed")
    at_amount, at_confidence = (sheet.reference(row, 1, row) for row in (amount_row, amount_row + 1))
    chart = charts.curves(sheet, [(name, *points)], unit, (typed, at_amount, at_confidence))
    spoken = _("S-curve of the total and the option that are chosen.")
    charts.place(sheet, chart, _("Confidence by amount, for the choice above"), spoken)
    sheet.end_print()


def _of_amount(sheet: Sheet, amounts: Floats, column: str, data: ReportData) -> None:
    """Write the amount that is typed, how sure it is, and what is missing when it is not enough."""
    sheet.heading(_("An amount: how sure is it?"))
    known, number = data.replicates == 1, data.scenarios
    if known:
        sheet.text(sheet.row, 2, _("Standard error"), align="right", font_color=QUIET)
    value = round_amount(amounts)
    why = _("Type an amount above 0, in %(unit)s.", unit=data.unit_words)
    label = _("Amount (%(unit)s)", unit=data.unit_words)
    entry(sheet, label, "budget_amount", Cell(value, decimals(value)), 0.0, 1e30, why)
    sure = float((amounts <= value).mean())
    result(
        sheet,
        _("Confidence that it is enough"),
        "budget_sufficient",
        (f"=IFERROR(MATCH(budget_amount,{column},1),0)/ROWS(quantile_amounts)", sure),
        shares(data),
        share_error("budget_sufficient", str(number), sure, number) if known else None,
    )
    shortfall = Shortfall(column, amounts, value, number / len(amounts))
    errors = shortfall.errors(sheet, _LIST + 4) if known else (None, None)
    for name, words, mean, error in (
        ("budget_shortfall", _("Missing on average where it is not enough"), shortfall.mean, errors[0]),
        ("budget_shortfall_overall", _("Missing on average over all scenarios"), shortfall.overall, errors[1]),
    ):
        result(sheet, _("%(words)s (%(unit)s)", words=words, unit=data.unit_words), name, mean, AMOUNTS, error)


def _of_confidence(sheet: Sheet, amounts: Floats, column: str, data: ReportData) -> None:
    """Write the confidence that is typed, and the amount that is enough with it."""
    sheet.heading(_("A confidence: which amount is it?"))
    least = _SMALLEST / (data.scenarios + _SMALLEST)
    ends = {"low": percent(least), "high": percent(1.0 - least)}
    why = _("From %(low)s to %(high)s: beyond, the scenarios are too few.", **ends)
    entry(sheet, _("Confidence"), "budget_confidence", Cell(CONFIDENCE, 0, "share"), least, 1.0 - least, why)
    error = quantile_error(column, "budget_confidence", amounts, CONFIDENCE, data.scenarios)
    result(
        sheet,
        _("Amount that is enough (%(unit)s)", unit=data.unit_words),
        "budget_enough",
        (f"=PERCENTILE({column},budget_confidence)", float(np.quantile(amounts, CONFIDENCE))),
        AMOUNTS,
        error if data.replicates == 1 else None,
    )


def s_curve(sheet: Sheet, column: str, amounts: Floats, row: int, place: int) -> tuple[str, str]:
    """Write the percentiles of what is chosen by formula, and return the cells of amounts and of confidences."""
    for number in range(_POINTS):
        level = (number + 1) / (_POINTS + 1)
        sheet.number(row + number, place, Cell(level, 0, "share"), font_size=8, font_color=QUIET)
        style = {"num_format": "#,##0.00", "font_size": 8, "font_color": QUIET}
        cell = sheet.reference(row + number, place, row + number).rpartition("!")[2]
        value = float(np.quantile(amounts, level))
        sheet.formula(row + number, place + 1, f"=PERCENTILE({column},{cell})", value, **style)
    last = row + _POINTS - 1
    return sheet.reference(row, place + 1, last), sheet.reference(row, place, last)


def base_totals(data: ReportData) -> tuple[str, ...]:
    """Return the totals that a run breaks down by area."""
    return tuple(total for total in data.totals if total in schema.TOTAL_BASES and data.has(f"{total}_by_area"))
