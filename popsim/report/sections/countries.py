"""Who is counted and why, who is left out and why, and how size enters."""

from __future__ import annotations

from popsim.report.document import Block, Bullets, Details, Paragraph, Section, Table
from popsim.report.facts import Facts
from popsim.report.numbers import significant
from popsim.report.sections.words import listed, plural
from popsim.study.model import Country, Study

__all__ = ["countries"]


def _limits(study: Study) -> str:
    """Say the reference size and the limits of the study."""
    parts = [f"The reference size is {study.size_reference:,.10g}."]
    bounds = [
        f"{word} {limit:,.10g}"
        for limit, word in zip(study.size_limits, ("below", "above"), strict=True)
        if limit is not None
    ]
    if bounds:
        parts.append(f"Countries {listed(bounds)} are counted at that limit.")
        names = [country.name for country in study.countries]
        held = [
            f"{country.name} ({country.code})" if names.count(country.name) > 1 else country.name
            for country in study.countries
            if country.size_held
        ]
        if held:
            parts.append(f"This concerns {plural(len(held), 'country', 'countries')}: {listed(held)}.")
    return " ".join(parts)


def _table(study: Study) -> tuple[Block, ...]:
    sized = ("Basis of size", study.heading(study.size_driver), "Size factor") if study.size_driver else ()
    columns = ("Country", "Groups", *sized)
    rows = tuple(_country(country)[: len(columns)] for country in study.countries)
    table = Table("Countries that are counted", columns, rows, labels=min(3, len(columns)))
    pairs = sorted({pair for country in study.countries for pair in country.groups if _is_listed(pair[1])})
    meanings = [(value, study.label(group, value, sentence=True)) for group, value in pairs]
    short = "; ".join(f"{value}: {meaning}" for value, meaning in meanings if meaning != value)
    return (table, Paragraph(f"{short}.", note=True)) if short else (table,)


def _is_listed(value: str) -> bool:
    """Whether a group is named beside its countries; that a country is not in some group goes without saying."""
    return not value.startswith("not ")


def _country(country: Country) -> tuple[str, ...]:
    groups = ", ".join(value for _, value in country.groups if _is_listed(value))
    size = f"{country.size:,.10g}"
    return f"{country.name} ({country.code})", groups, country.size_basis, size, significant(country.size_factor)


def countries(facts: Facts) -> Section:
    """Countries counted and left out, with reasons."""
    study = facts.study
    number = plural(len(study.countries), "country is", "countries are")
    blocks: list[Block | Details] = [Paragraph(f"{number} counted. {study.countries_rationale}".strip())]
    if study.size_driver:
        driver = study.heading(study.size_driver, sentence=True)
        blocks.append(
            Paragraph(
                f"Where cost depends on the size of a country, size is measured by {driver}. "
                f"{study.size_rationale} {_limits(study)}".strip()
            )
        )
    counted: list[Block] = [*_table(study)]
    notes = [(country.name, country.size_note) for country in study.countries if country.size_note]
    if notes:
        counted.append(Table("Notes on size", ("Country", "Note"), tuple(notes), labels=2))
    blocks.append(Details(f"Countries that are counted ({len(study.countries)})", tuple(counted)))
    if study.left_out:
        number = plural(len(study.left_out), "country is", "countries are")
        blocks.append(Paragraph(f"{number} left out: {study.left_out_in_words()}."))
        rows = tuple((name, code, reason) for code, name, reason in study.left_out)
        table = Table("Countries that are left out", ("Country", "Code", "Why"), rows, labels=3)
        blocks.append(Details(f"Countries that are left out ({len(rows)})", (table,)))
    else:
        blocks.append(Paragraph("No country of the list is left out.", note=True))
    if study.notes:
        # Lines on how files were read are not here: a stored run keeps its files in UTF-8.
        blocks.append(
            Details(
                f"What is odd in the tables ({len(study.notes)})", (Bullets(tuple(f"{note}." for note in study.notes)),)
            )
        )
    return Section("countries", "Which countries are counted", "Countries", tuple(blocks))
