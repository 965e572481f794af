"""What the report says, once, for every format: strings and numbers without layout."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import xarray as xr

from popsim.report import language
from popsim.report.citation import cite_as, day_of, version_of
from popsim.report.data import ReportData, data_in_language
from popsim.report.document import Document, Section
from popsim.report.language import gettext as _
from popsim.report.numbering import numbered
from popsim.report.sections import headline
from popsim.study.model import Study

Writer = Callable[[ReportData], Section | None]

SECTIONS = (
    "page_one",
    "budgets",
    "point",
    "options",
    "options.details",
    "financing",
    "ranges.by_area",
    "ranges.by_group",
    "ranges.by_year",
    "breakdowns",
    "drivers",
    "drivers.further",
    "which_assumptions",
    "dependence",
    "credibility",
    "computation",
    "evidence",
    "cross_check",
    "countries",
    "countries.sizes",
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
        Headline, key figures and sections, in the order in which they are read, those for analysts at the end; tables
        and figures are numbered. Ranges have the study's coverage. The words are of the language that is current.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    """
    data = data_in_language(study, dataset, data)
    study = data.study
    written = [section for name in SECTIONS if (section := section_named(name, data)) is not None]
    return Document(
        title=study.title,
        subtitle=_subtitle(data),
        headlines=headline.headlines(data),
        sections=numbered(sorted(written, key=lambda section: section.is_annex)),
        footer=_(
            "%(title)s. All amounts in %(unit_and_prices)s, unless said otherwise.",
            title=study.title,
            unit_and_prices=data.unit_and_prices,
        ),
        version=version_of(data),
        date=day_of(data),
        cite_as=cite_as(data),
        language=language.current().code,
        currency=data.unit.partition(" ")[0],
    )


def _subtitle(data: ReportData) -> str:
    """Return what is counted, and where nobody has revised the translation, that it is a draft."""
    subtitle = headline.subtitle(data)
    if not language.current().is_draft:
        return subtitle
    return _("%(subtitle)s · Draft: translated by machine, not revised", subtitle=subtitle)


def _function(name: str) -> Writer:
    module, _, function = name.partition(".")
    write: Writer = getattr(import_module(f"popsim.report.sections.{module}"), function or module)
    return write


def section_named(name: str, data: ReportData) -> Section | None:
    """Return one of `SECTIONS`, as `section_of` does."""
    return section_of(_function(name), data)


def section_key(name: str) -> str:
    """Return the name under which one of `SECTIONS` is kept in `ReportData.sections`, in the current language."""
    return _key(_function(name))


def section_of(write: Writer, data: ReportData) -> Section | None:
    """Return a section of the report of a run; it is written once in each language, for page and terminal alike."""
    name = _key(write)
    if name not in data.sections:
        data.sections[name] = write(data)
    return data.sections[name]


def _key(write: Writer) -> str:
    return f"{language.current().code}:{write.__module__}.{write.__name__}"
