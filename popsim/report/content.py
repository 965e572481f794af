"""What the report says, once, for every format: strings and numbers without layout."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from popsim.report.document import Document, Section
from popsim.report.facts import Facts, gather
from popsim.report.sections import headline
from popsim.report.sections.breakdowns import breakdowns
from popsim.report.sections.budgets import budgets
from popsim.report.sections.countries import countries
from popsim.report.sections.credibility import credibility
from popsim.report.sections.dependence import dependence
from popsim.report.sections.drivers import drivers
from popsim.report.sections.evidence import evidence
from popsim.report.sections.financing import financing
from popsim.report.sections.options import options
from popsim.report.sections.point import point
from popsim.report.sections.provenance import provenance
from popsim.report.sections.ranges import by_area, by_group, by_year
from popsim.report.sections.reading import reading
from popsim.study.model import Study

__all__ = ["compose", "section_of"]

_SECTIONS = (
    point,
    budgets,
    options,
    financing,
    by_area,
    by_group,
    by_year,
    breakdowns,
    drivers,
    dependence,
    credibility,
    evidence,
    countries,
    reading,
    provenance,
)


def compose(study: Study, dataset: xr.Dataset, facts: Facts | None = None) -> Document:
    """Write the report of a run as a document; sections whose variables the run lacks are left out.

    Parameters
    ----------
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    facts
        What `gather` says of the run; None to ask it now.

    Returns
    -------
    Document
        Headline, key figures and sections, in the order in which they are read. Ranges have the study's coverage.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    """
    facts = gather(study, dataset) if facts is None else facts
    sections = (section for write in _SECTIONS if (section := section_of(write, facts)) is not None)
    return Document(
        title=study.title,
        subtitle=headline.subtitle(facts),
        headlines=headline.headlines(facts),
        lead=headline.lead(facts),
        key_figures=headline.key_figures(facts),
        sections=tuple(sections),
        footer=f"{study.title}. All amounts in {facts.unit_and_prices}, unless said otherwise.",
    )


def section_of(write: Callable[[Facts], Section | None], facts: Facts) -> Section | None:
    """Give what a section says of a run; it is made once, for page and terminal alike."""
    name = f"{write.__module__}.{write.__name__}"
    if name not in facts.made:
        facts.made[name] = write(facts)
    section: Section | None = facts.made[name]
    return section
