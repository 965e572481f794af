"""The workbook of a run: its sheets in their order, and the sheet that explains them."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from popsim.errors import FileError, Problem
from popsim.report.content import compose
from popsim.report.data import ReportData, data_in_language
from popsim.report.excel import summary
from popsim.report.excel.book import CURVE, QUIET, Book, Sheet, lines, quoted
from popsim.report.excel.budget import QuantileTable, budget
from popsim.report.excel.package import Samples, about, package, samples_of, write_samples
from popsim.report.language import gettext as _
from popsim.report.language import long_date
from popsim.report.numbers import count, percent
from popsim.schema import seed_of
from popsim.study.model import Study


def sheet_titles() -> dict[str, tuple[str, str]]:
    """Return the name of every sheet, and what it holds, by key and in their order, in the current language."""
    return {
        "read_me": (_("Read me"), _("What this workbook is, and how to use it.")),
        "summary": (_("Summary"), _("The totals with their ranges, and how sure an amount is to be enough.")),
        "areas": (_("Areas"), _("Ranges by activity area.")),
        "groups": (_("Groups"), _("Ranges by group of countries.")),
        "years": (_("Years"), _("Ranges by year.")),
        "options": (_("Options"), _("What the options cost, and how far each is from the baseline.")),
        "drivers": (_("Drivers"), _("What makes the range.")),
        "basis": (_("Basis"), _("What the numbers rest on.")),
        "budget": (_("Budget"), _("Type an amount and read how sure it is; type a confidence and read the amount.")),
        "package": (_("Package"), _("Tick areas and read what they cost together.")),
        "countries": (_("Countries"), _("The countries that are counted, to be filtered by group.")),
        "quantiles": (_("Quantiles"), _("The table from which the budget sheet computes.")),
        "samples": (_("Samples"), _("Totals by area, scenario by scenario, from which the package sheet computes.")),
    }


def write_workbook(path: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> None:
    """Write the report of a run as an Excel workbook, in the current language.

    The same run gives the same bytes.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    data
        The data that `gather` returns for the run; None to compute them now.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    FileError
        When the file cannot be written.
    """
    from xlsxwriter.exceptions import FileCreateError

    data = data_in_language(study, dataset, data)
    titles = sheet_titles()
    names = {key: title for key, (title, _about) in titles.items()}
    book = Book(Path(path), data, compose(study, dataset, data), names)
    samples = samples_of(data)
    table = QuantileTable(book)
    front = book.sheet("read_me", (44.0, 100.0), book.document.title)
    summary.summary(book, table)
    summary.areas(book)
    summary.groups(book)
    summary.years(book)
    summary.options(book)
    summary.drivers(book)
    summary.basis(book)
    budget(book, table)
    first = package(book, samples) if samples is not None else 0
    summary.countries(book)
    table.write()
    if samples is not None:
        write_samples(book, samples, first)
    _read_me(book, front, titles, samples)
    try:
        book.close()
    except (OSError, FileCreateError) as error:
        reason = error.__cause__ or error
        raise FileError(Problem(str(path), (), str(reason), "a file that can be written")) from error


def _read_me(book: Book, sheet: Sheet, titles: dict[str, tuple[str, str]], samples: Samples | None) -> None:
    """Write what the workbook is, how to use it, and its sheets with links to them."""
    data, document = book.data, book.document
    sheet.paragraph(document.subtitle, font_color=QUIET)
    for line in document.headlines:
        sheet.paragraph(line, bold=True, font_size=12)
    sheet.heading(_("The run"))
    day = long_date(document.date) if document.date else _("not stated by the run")
    for name, text in (
        (_("Date"), day),
        (_("Version of popsim"), document.version),
        (_("Cite as"), document.cite_as),
        (_("Scenarios"), _held(data, samples)),
        (_("Seed"), str(seed_of(data.dataset.attrs, data.study.seed))),
        (_("Unit"), data.unit_and_prices),
        (_("Ranges"), _ranges(data)),
        (_("Digits"), _digits()),
    ):
        _pair(sheet, name, text)
    sheet.heading(_("How to use it"))
    for name, text in (
        (_("How sure is an amount?"), _how_to_budget(book)),
        (_("What does a package cost?"), _how_to_package(book)),
    ):
        _pair(sheet, name, text)
    sheet.heading(_("The sheets"))
    written = {each.get_name() for each in book.workbook.worksheets()}
    link = book.format(font_color=CURVE, underline=1)
    for key, (_title, what) in titles.items():
        name = book.names[key]
        if name in written and key != "read_me":
            sheet.worksheet.write_url(sheet.row, 0, f"internal:{quoted(name)}!A1", link, name)
            sheet.text(sheet.row, 1, what, text_wrap=True)
            sheet.row += 1


def _pair(sheet: Sheet, name: str, text: str) -> None:
    sheet.text(sheet.row, 0, name, bold=True)
    sheet.text(sheet.row, 1, text, text_wrap=True)
    sheet.worksheet.set_row(sheet.row, 15 * lines(text, sheet.widths[1]) + 1)
    sheet.row += 1


def _held(data: ReportData, samples: Samples | None) -> str:
    held = count(data.scenarios)
    return held if samples is None else f"{held}. {about(samples, data)}"


def _ranges(data: ReportData) -> str:
    return _(
        "Low and high end enclose %(coverage)s of the scenarios: below and above lie %(tail)s each.",
        coverage=percent(data.coverage),
        tail=percent(data.low),
    )


def _digits() -> str:
    return _(
        "Cells hold numbers in full. They show the digits that the error of the simulation supports; where that means "
        "tens or more, the cell rounds the full number by a formula."
    )


def _how_to_budget(book: Book) -> str:
    return _(
        "On the sheet “%(sheet)s”, choose a total and an option and type an amount into the yellow cell: its "
        "confidence and what is missing on average follow. Or type a confidence: the amount follows.",
        sheet=book.names["budget"],
    )


def _how_to_package(book: Book) -> str:
    return _(
        "On the sheet “%(sheet)s”, type 1 or 0 beside each area: the range of the package and its S-curve follow.",
        sheet=book.names["package"],
    )
