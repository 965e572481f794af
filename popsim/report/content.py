"""What the report says, once, for every format: strings and numbers without layout."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import xarray as xr

from popsim.report.data import ReportData, gather
from popsim.report.document import Document, Section
from popsim.report.sections import headline
from popsim.study.model import Study

Writer = Callable[[ReportData], Section | None]

SECTIONS = (
    "point",
    "budgets",
    "options",
    "financing",
    "ranges.by_area",
    "ranges.by_group",
    "ranges.by_year",
    "breakdowns",
    "drivers",
    "which_assumptions",
    "dependence",
    "credibility",
    "evidence",
    "cross_check",
    "countries",
    "reading",
    "provenance",
)
"""Sections in the order in which they are read: modules of `popsim.report.sections`, each with a function of its name.

Where a module has several sections, its functions are named.
"""


def compose(study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> Document:
    """Return the report of a run as a document; sections whose variables the run lacks are left out.

    Parameters
    ----------
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    data
        The data that `gather` returns for the run; None to compute them now.

    Returns
    -------
    Document
        Headline, key figures and sections, in the order in which they are read. Ranges have the study's coverage.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    """
    data = gather(study, dataset) if data is None else data
    sections = (section for name in SECTIONS if (section := section_of(_function(name), data)) is not None)
    return Document(
        title=study.title,
        subtitle=headline.subtitle(data),
        headlines=headline.headlines(data),
        lead=headline.lead(data),
        key_figures=headline.key_figures(data),
        sections=tuple(sections),
        footer=f"{study.title}. All amounts in {data.unit_and_prices}, unless said otherwise.",
    )


def _function(name: str) -> Writer:
    module, _, function = name.partition(".")
    write: Writer = getattr(import_module(f"popsim.report.sections.{module}"), function or module)
    return write


def section_of(write: Writer, data: ReportData) -> Section | None:
    """Return a section of the report of a run; it is written once, for page and terminal alike."""
    name = f"{write.__module__}.{write.__name__}"
    if name not in data.sections:
        data.sections[name] = write(data)
    return data.sections[name]
