"""The report as an information note in Word: four to six pages that a secretariat edits."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from popsim.errors import FileError, Problem
from popsim.report.content import compose
from popsim.report.data import ReportData
from popsim.report.word.selection import selected
from popsim.study.model import Study


def write_word(path: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> None:
    """Write the result of a run as an information note.

    It holds the first page of the report, budgets, options, ranges by area, group and year, what they rest on and how
    to read them; the rest stands in the page and the workbook. Headings, paragraphs, tables and figures are numbered by
    Word.

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
    from popsim.report.word.note import Note

    note = Note(selected(compose(study, dataset, data)))
    try:
        note.save(Path(path))
    except OSError as error:
        raise FileError(Problem(str(path), (), error.strerror or str(error), "a file that can be written")) from error
