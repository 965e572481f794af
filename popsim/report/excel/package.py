"""The package sheet: tick areas and read the range of what they cost together, from the samples sheet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from popsim.analysis.by_output import read_values
from popsim.analysis.order import quantile_with_error
from popsim.arrays import Floats
from popsim.report import totals
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.excel import charts
from popsim.report.excel.book import INPUT_FILL, QUIET, Book, Cell, Sheet, as_held, lines, quoted
from popsim.report.excel.budget import (
    AMOUNTS,
    base_totals,
    choice,
    decimals,
    entry,
    listing,
    result,
    round_amount,
    s_curve,
    shares,
)
from popsim.report.excel.errors import quantile_error, share_error
from popsim.report.language import gettext as _
from popsim.report.numbers import count, money, percent, unknown

MOST_SCENARIOS = 5_000
"""Scenarios of the samples sheet."""
_FIRST_ROW = 6
_LIST = 7


@dataclass(frozen=True)
class Samples:
    """Totals by area of the first scenarios of a run, for the option that the report is about.

    `values` (total, scenario, area) are in the unit of the report.
    """

    totals: tuple[str, ...]
    areas: tuple[str, ...]
    names: tuple[str, ...]
    values: Floats
    scenarios: tuple[int, ...]

    @property
    def last_row(self) -> int:
        """Last row of the samples in their sheet, counted from 0."""
        return _FIRST_ROW + len(self.scenarios) - 1

    def column(self, total: int, area: int) -> int:
        """Column of a total of an area in its sheet."""
        return 3 + total * len(self.areas) + area


def samples_of(data: ReportData) -> Samples | None:
    """Return the samples that the workbook holds; None where the run has no totals by area.

    They are the first scenarios: scenarios are numbered, and each is as good a draw as any other, so that a rerun with
    as few scenarios gives the same. With replicates, each is held as often.
    """
    shown = base_totals(data)
    if not shown:
        return None
    number = min(data.scenarios, MOST_SCENARIOS)
    number -= number % data.replicates if number > data.replicates else 0
    known = {area.id: area.name for area in data.study.areas}
    areas = tuple(str(area) for area in data.dataset["area"].values)
    chosen = data.dataset.isel(option=0, scenario=slice(0, number))
    by_area = [chosen[f"{total}_by_area"].transpose("scenario", "area").values for total in shown]
    scenarios = tuple(int(each) for each in chosen["scenario"].values) if "scenario" in chosen.coords else ()
    return Samples(
        totals=shown,
        areas=areas,
        names=tuple(known.get(area, area) for area in areas),
        values=np.stack(by_area) * data.on_axis(1.0),
        scenarios=scenarios or tuple(range(number)),
    )


def about(samples: Samples, data: ReportData) -> str:
    """Describe which scenarios the workbook holds, and the error that using fewer of them adds."""
    held = len(samples.scenarios)
    if held == data.scenarios:
        return _("All %(scenarios)s scenarios of the run are held.", scenarios=count(held))
    level = np.array([CONFIDENCE])
    every = read_values(data.dataset[samples.totals[0]].isel(option=0))[np.newaxis]
    full = float(quantile_with_error(every, level, data.replicates)[1][0, 0])
    # Of independent scenarios the error falls with the root of their number, which is steadier than its estimate.
    fewer = full * (data.scenarios / held) ** 0.5
    if data.replicates > 1:
        fewer = float(quantile_with_error(every[:, :held], level, data.replicates)[1][0, 0])
    return _(
        "The first %(held)s of %(scenarios)s scenarios are held. This adds to the error: the amount that is enough "
        "with %(confidence)s confidence has a standard error of %(error)s from these, and of %(full)s from all.",
        held=count(held),
        scenarios=count(data.scenarios),
        confidence=percent(CONFIDENCE),
        error=money(fewer, fewer / 8.0, data.unit) if np.isfinite(fewer) else unknown(),
        full=money(full, full / 8.0, data.unit) if np.isfinite(full) else unknown(),
    )


def package(book: Book, samples: Samples) -> int:
    """Write the sheet on which areas are ticked, with the range of their sum and its S-curve.

    Returns
    -------
    int
        Row of the first area, counted from 0.
    """
    data = book.data
    sheet = book.sheet(
        "package", (66.0, 16.0, 16.0, 16.0, 16.0, 16.0), _("What does a package of areas cost?"), upright=True
    )
    sheet.paragraph(
        _(
            "Type 1 beside the areas that belong to the package, and 0 beside the others. Amounts in %(unit)s, in the "
            "years of the study. The results come from the sheet “%(sheet)s” by formula.",
            unit=data.unit_and_prices,
            sheet=book.names["samples"],
        )
    )
    sheet.paragraph(about(samples, data), font_color=QUIET)
    if data.comparison is not None:
        sheet.paragraph(_("Option: %(option)s", option=data.comparison.names[str(data.dataset["option"].values[0])]))
    sheet.row += 1
    titles = [totals.title(total, data.study) for total in samples.totals]
    top = sheet.row
    total_list, _numbers = listing(sheet, top, _LIST, titles)
    choice(sheet, _("Total"), "package_choice", total_list, titles[0])
    sheet.row += 1
    sheet.head([_("Area"), _("In the package: 1 or 0"), _("Mean (%(unit)s)", unit=data.unit_words)], labels=1)
    first = sheet.row
    for place, name in enumerate(samples.names):
        _tick(sheet, samples, place, name, sheet.reference(top, _LIST, top))
    book.define("package_ticks", sheet.name, sheet.reference(first, 1, sheet.row - 1).rpartition("!")[2])
    _results(sheet, samples, data)
    sheet.row += 1
    whole = samples.values[0].sum(axis=-1)
    package_points = s_curve(sheet, "package_samples", whole, top + len(titles) + 1, _LIST)
    all_points = s_curve(sheet, "package_all", whole, top + len(titles) + 1, _LIST + 2)
    unit = _("Amount (%(unit_and_prices)s)", unit_and_prices=data.unit_and_prices)
    series = [(_("The package"), *package_points), (_("All areas"), *all_points)]
    chart = charts.curves(sheet, series, unit)
    spoken = _("S-curves of the package that is ticked and of all areas together.")
    charts.place(sheet, chart, _("The package beside all areas"), spoken)
    sheet.end_print()
    return first


def _tick(sheet: Sheet, samples: Samples, place: int, name: str, first_total: str) -> None:
    """Write one area with its tick and its mean."""
    sheet.text(sheet.row, 0, name, text_wrap=True)
    sheet.worksheet.set_row(sheet.row, 15 * min(lines(as_held(name), sheet.widths[0]), 8))
    sheet.number(sheet.row, 1, Cell(1.0, 0, "count"), bg_color=INPUT_FILL, border=1, bold=True)
    sheet.worksheet.data_validation(
        sheet.row, 1, sheet.row, 1, {"validate": "list", "source": ["1", "0"], "error_message": _("Type 1 or 0.")}
    )
    parts = [_column(sheet.book, samples, samples.column(total, place)) for total in range(len(samples.totals))]
    formula = f"AVERAGE({parts[0]})"
    if len(parts) > 1:
        # The name of the total stands in a cell: no text is part of a formula.
        formula = f"IF(package_choice={first_total},AVERAGE({parts[0]}),AVERAGE({parts[1]}))"
    value = float(samples.values[0, :, place].mean())
    sheet.formula(sheet.row, 2, f"={formula}", value, num_format=AMOUNTS, align="right")
    sheet.row += 1


def _column(book: Book, samples: Samples, column: int) -> str:
    from xlsxwriter.utility import xl_range_abs

    return f"{quoted(book.names['samples'])}!{xl_range_abs(_FIRST_ROW, column, samples.last_row, column)}"


def _results(sheet: Sheet, samples: Samples, data: ReportData) -> None:
    """Write the mean and the quantiles of the package beside those of all areas, and the confidence of an amount."""
    sheet.heading(_("The package"))
    heads = (_("The package"), _("Standard error"), _("All areas"), _("Part of all areas"))
    sheet.head([_("In %(unit)s", unit=data.unit_words), *heads])
    whole = samples.values[0].sum(axis=-1)
    levels = [
        ("low", _("Low end (%(share)s)", share=percent(data.low)), data.low),
        ("median", _("Median"), 0.5),
        ("enough", _("Enough with %(share)s confidence", share=percent(CONFIDENCE)), CONFIDENCE),
        ("high", _("High end (%(share)s)", share=percent(data.high)), data.high),
    ]
    for key, label, level in levels:
        error = quantile_error("package_samples", repr(level), whole, level)
        _compared(sheet, key, label, f"PERCENTILE({{}},{level!r})", float(np.quantile(whole, level)), error)
    mean_error = "=IF(ROWS(package_samples)<2,0,STDEV(package_samples)/SQRT(ROWS(package_samples)))"
    spread = float(whole.std(ddof=1) / np.sqrt(len(whole))) if len(whole) > 1 else 0.0
    _compared(sheet, "mean", _("Mean"), "AVERAGE({})", float(whole.mean()), (mean_error, spread))
    sheet.row += 1
    why = _("Type an amount above 0, in %(unit)s.", unit=data.unit_words)
    label = _("An amount for the package (%(unit)s)", unit=data.unit_words)
    value = round_amount(whole)
    entry(sheet, label, "package_amount", Cell(value, decimals(value)), 0.0, 1e30, why)
    sure = float((whole <= value).mean())
    result(
        sheet,
        _("Confidence that it is enough"),
        "package_sufficient",
        ("=SUMPRODUCT(--(package_samples<=package_amount))/ROWS(package_samples)", sure),
        shares(data),
        share_error("package_sufficient", "ROWS(package_samples)", sure, len(whole)),
    )


def _compared(sheet: Sheet, key: str, label: str, formula: str, value: float, error: tuple[str, float]) -> None:
    from xlsxwriter.utility import xl_rowcol_to_cell

    row = sheet.row
    ours, theirs = (xl_rowcol_to_cell(row, column) for column in (1, 3))
    result(sheet, label, f"package_{key}", ("=" + formula.format("package_samples"), value), AMOUNTS, error)
    sheet.formula(row, 3, "=" + formula.format("package_all"), value, num_format=AMOUNTS, align="right")
    share = f"=IF({theirs}=0,0,{ours}/{theirs})"
    sheet.formula(row, 4, share, 1.0 if value else 0.0, num_format="0%", align="right")


def write_samples(book: Book, samples: Samples, first: int) -> None:
    """Write the samples sheet; its second column is the package, by formula, its third the sum of all areas.

    Parameters
    ----------
    book
        The workbook.
    samples
        What it holds.
    first
        Row of the first area on the package sheet.
    """
    from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

    from popsim.report.excel.columns import Column, ColumnSheet

    data = book.data
    width = len(samples.totals) * len(samples.areas)
    sheet = book.sheet("samples", (12.0, 14.0, 14.0, *(14.0,) * max(width, 6)), kind=ColumnSheet)
    ticks = quoted(book.names["package"])
    intro = _("Totals by area of each scenario, in %(unit)s.", unit=data.unit_and_prices)
    sheet.paragraph(f"{intro} {about(samples, data)}")
    quiet = {"font_size": 8, "font_color": QUIET}
    sheet.text(2, 0, _("In the package"), **quiet)
    sheet.text(3, 0, _("Counted"), **quiet)
    for total, name in enumerate(samples.totals):
        for area in range(len(samples.areas)):
            column = samples.column(total, area)
            chosen = f"package_choice={xl_rowcol_to_cell(4, column)}"
            tick = xl_rowcol_to_cell(first + area, 1, row_abs=True, col_abs=True)
            now = 1.0 if total == 0 else 0.0
            sheet.formula(2, column, f"=IF({chosen},{ticks}!{tick},0)", now, **quiet)
            sheet.formula(3, column, f"=IF({chosen},1,0)", now, **quiet)
            sheet.text(4, column, totals.title(name, data.study), bold=True, text_wrap=True)
    sheet.row = 5
    sheet.head([_("Scenario"), _("The package"), _("All areas"), *samples.names * len(samples.totals)], labels=0)
    sheet.print_heads(4, 5)
    money_format, whole_number = book.format(num_format="#,##0.00"), book.format(num_format="0")
    ticked, counted = (xl_range_abs(row, 3, row, 2 + width) for row in (2, 3))
    here = f"D{{row}}:{xl_col_to_name(2 + width)}{{row}}"
    columns = (
        Column(whole_number),
        *(Column(money_format, f"=SUMPRODUCT({chosen},{here})") for chosen in (ticked, counted)),
        *(Column(money_format),) * width,
    )
    sums = samples.values[0].sum(axis=-1)
    rows = samples.values.transpose(1, 0, 2).reshape(len(samples.scenarios), -1)
    sheet.worksheet.write_columns(_FIRST_ROW, columns, np.column_stack([samples.scenarios, sums, sums, rows]))
    for name, column in (("package_samples", 1), ("package_all", 2)):
        book.define(name, sheet.name, xl_range_abs(_FIRST_ROW, column, samples.last_row, column))
