"""Who is counted and why, who is left out and why, and how size enters."""

from __future__ import annotations

from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Details, Paragraph, Section, Table
from popsim.report.numbers import significant
from popsim.report.prose import Prose
from popsim.study.model import Country, Study

_text = Prose("countries")


def countries(data: ReportData) -> Section:
    """List the countries that are counted and those that are left out, with reasons."""
    study = data.study
    number = len(study.countries)
    blocks: list[Block | Details] = [
        Paragraph(_text("counted", countries=number, rationale=study.countries_rationale)),
        *_size(study),
        Details(f"Countries that are counted ({number})", _counted(study)),
        *_left_out(study),
    ]
    if study.notes:
        # Lines on how files were read are not here: a stored run keeps its files in UTF-8.
        odd = Bullets(tuple(f"{note}." for note in study.notes))
        blocks.append(Details(f"What is odd in the tables ({len(study.notes)})", (odd,)))
    return Section("countries", "Which countries are counted", "Countries", tuple(blocks))


def _size(study: Study) -> list[Block]:
    """Explain by what size is measured, its reference, its limits, and which countries these concern."""
    if not study.size_driver:
        return []
    measure = study.heading(study.size_driver, sentence=True)
    sentences = [
        _text("size", measure=measure, rationale=study.size_rationale),
        _text("reference", size=_in_full(study.size_reference)),
    ]
    lowest, highest = ("" if limit is None else _in_full(limit) for limit in study.size_limits)
    if lowest or highest:
        sentences.append(_text("limits", lowest=lowest, highest=highest))
        names = [country.name for country in study.countries]
        limited = [
            f"{country.name} ({country.code})" if names.count(country.name) > 1 else country.name
            for country in study.countries
            if country.size_held
        ]
        if limited:
            sentences.append(_text("at_a_limit", names=limited))
    return [Paragraph(" ".join(sentences))]


def _counted(study: Study) -> tuple[Block, ...]:
    sized = ("Basis of size", study.heading(study.size_driver), "Size factor") if study.size_driver else ()
    columns = ("Country", "Groups", *sized)
    rows = tuple(_country(country)[: len(columns)] for country in study.countries)
    blocks: list[Block] = [Table("Countries that are counted", columns, rows, labels=min(3, len(columns)))]
    pairs = sorted({pair for country in study.countries for pair in country.groups if _is_listed(pair[1])})
    meanings = [(value, study.label(group, value, sentence=True)) for group, value in pairs]
    meanings = [(value, meaning) for value, meaning in meanings if meaning != value]
    if meanings:
        blocks.append(Paragraph(_text("groups", meanings=meanings), note=True))
    notes = tuple((country.name, country.size_note) for country in study.countries if country.size_note)
    if notes:
        blocks.append(Table("Notes on size", ("Country", "Note"), notes, labels=2))
    return tuple(blocks)


def _country(country: Country) -> tuple[str, ...]:
    groups = ", ".join(value for _, value in country.groups if _is_listed(value))
    size = _in_full(country.size)
    return f"{country.name} ({country.code})", groups, country.size_basis, size, significant(country.size_factor)


def _is_listed(value: str) -> bool:
    """Whether a group is named beside its countries; that a country is not in some group goes without saying."""
    return not value.startswith("not ")


def _in_full(size: float) -> str:
    return f"{size:,.10g}"


def _left_out(study: Study) -> list[Block | Details]:
    number = len(study.left_out)
    if not number:
        return [Paragraph(_text("none_left_out"), note=True)]
    rows = tuple((name, code, reason) for code, name, reason in study.left_out)
    table = Table("Countries that are left out", ("Country", "Code", "Why"), rows, labels=3)
    return [
        Paragraph(_text("left_out", countries=number, reasons=study.left_out_in_words())),
        Details(f"Countries that are left out ({number})", (table,)),
    ]
