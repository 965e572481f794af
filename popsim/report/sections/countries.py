"""Who is counted and why, what each country costs, who is left out and why, and how size enters."""

from __future__ import annotations

import unicodedata

from popsim.analysis.by_country import attached_countries
from popsim.report import totals
from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Details, Paragraph, Section, Table
from popsim.report.headings import with_remark
from popsim.report.language import gettext as _
from popsim.report.numbers import Printed, percent, plain, significant
from popsim.report.prose import Prose
from popsim.report.words import basis
from popsim.report.words import country as country_name
from popsim.study.model import Country, Study

_text = Prose("countries")


def countries(data: ReportData) -> Section:
    """List the countries that are counted, with what each costs, and those that are left out, with reasons."""
    study = data.study
    number = len(study.countries)
    blocks: list[Block | Details] = [
        Paragraph(_text("counted", countries=number, rationale=study.countries_rationale)),
        *_size(study),
        Details(summary(data), _counted(data)),
        *_left_out(study),
    ]
    return Section("countries", _("Which countries are counted"), _("Countries"), tuple(blocks))


def summary(data: ReportData) -> str:
    """Return what the table of countries holds, as its heading."""
    return _text("summary", countries=len(data.study.countries), totals=data.totals_by("country"))


def sizes(data: ReportData) -> Section | None:
    """List the sizes of countries and what is odd in the tables: matter for analysts; None where there is neither."""
    study, blocks = data.study, list[Block | Details]()
    if study.size_driver:
        columns = (_("Country"), _("Basis of size"), study.heading(study.size_driver), _("Over the reference"))
        rows = tuple(
            (_name(study, country), basis(country.size_basis), plain(country.size), significant(country.size_factor))
            for country in _in_order(study)
        )
        blocks.append(Table(_("Sizes of countries"), columns, rows, labels=2, sortable=True, name="country-sizes"))
    notes = tuple((_name(study, country), country.size_note) for country in _in_order(study) if country.size_note)
    if notes:
        blocks.append(Table(_("Notes on size"), (_("Country"), _("Note")), notes, labels=2, name="notes-on-size"))
    if study.notes:
        # Lines on how files were read are not here: a stored run keeps its files in UTF-8.
        odd = Bullets(tuple(f"{note}." for note in study.notes))
        blocks.append(Details(_text("odd_summary", lines=len(study.notes)), (odd,)))
    if not blocks:
        return None
    title = _("How large countries are") if study.size_driver else _("What is odd in the tables")
    return Section("country-sizes", title, _("Sizes"), tuple(blocks), is_annex=True)


def _size(study: Study) -> list[Block]:
    """Explain by what size is measured, its reference, its limits, and which countries these concern."""
    if not study.size_driver:
        return []
    measure = study.heading(study.size_driver, sentence=True)
    sentences = [
        _text("size", measure=measure, rationale=study.size_rationale),
        _text("reference", size=plain(study.size_reference)),
    ]
    lowest, highest = ("" if limit is None else plain(limit) for limit in study.size_limits)
    if lowest or highest:
        sentences.append(_text("limits", lowest=lowest, highest=highest))
        limited = [_name(study, country) for country in study.countries if country.size_held]
        if limited:
            sentences.append(_text("at_a_limit", names=limited))
    return [Paragraph(" ".join(sentences))]


def _counted(data: ReportData) -> tuple[Block, ...]:
    """Return a table of the countries: their groups, and the ranges of what each costs where they are known."""
    study, shown = data.study, data.totals_by("country")
    groupings = _groupings(study)
    columns = [_("Country"), *(study.heading(grouping) for grouping in groupings)]
    labels = len(columns)
    for _total in shown:
        columns += [_("Low end"), _("Mean"), _("High end")]
    rows = tuple((*_labels(study, country, groupings), *_ranges(data, country)) for country in _in_order(study))
    caption = _text("caption", totals=shown, coverage=percent(data.coverage), unit_and_prices=data.unit_and_prices)
    table = Table(
        with_remark(caption, data.about_means(*(f"{total}_by_country" for total in shown))),
        tuple(columns),
        rows,
        labels=labels,
        groups=tuple((totals.title(total, study), 3) for total in shown) if len(shown) > 1 else (),
        sortable=True,
        name="countries",
    )
    return (table, *(Paragraph(text, note=True) for text in _notes(data, groupings)))


def _notes(data: ReportData, groupings: list[str]) -> list[str]:
    """Explain what the groups are called, and of what the ranges are."""
    study, notes = data.study, list[str]()
    pairs = sorted({(name, value) for country in study.countries for name, value in country.groups})
    meanings = [
        _text("meaning", group=value, meaning=study.label(name, value, sentence=True))
        for name, value in pairs
        if name in groupings and _is_listed(value) and study.label(name, value, sentence=True) != value
        if study.labels.is_named(name, value)
    ]
    if meanings:
        notes.append(_text("groups", meanings=meanings))
    if not data.totals_by("country"):
        return [*notes, _text("no_ranges")]
    found = attached_countries(data.dataset)
    taken = data.scenarios if found is None else int(found.attrs["scenarios"])
    if taken < data.scenarios:
        notes.append(_text("first_scenarios", shown=taken, scenarios=data.scenarios))
    return [*notes, *([_text("ranges_note")] if len(study.countries) > 1 else [])]


def _groupings(study: Study) -> list[str]:
    """Return the groupings of countries that have a heading, or else all of them; none that puts all into one group."""
    values: dict[str, set[str]] = {}
    for country in study.countries:
        for name, value in country.groups:
            values.setdefault(name, set()).add(value)
    headed = [name for name in dict(study.labels.headings) if name in values]
    return [name for name in headed or values if len(values[name]) > 1 or len(study.countries) == 1]


def _labels(study: Study, country: Country, groupings: list[str]) -> tuple[str, ...]:
    groups = dict(country.groups)
    values = ((name, groups.get(name, "")) for name in groupings)
    return _name(study, country), *(_group(study, name, value) if _is_listed(value) else "" for name, value in values)


def _group(study: Study, name: str, value: str) -> str:
    """Return a group as a table names it: by its own word, which notes explain where the study has a name for it."""
    return value if study.labels.is_named(name, value) else study.label(name, value)


def _is_listed(value: str) -> bool:
    """Whether a group is named beside its countries; that a country is not in some group goes without saying."""
    return not value.startswith("not ")


def _ranges(data: ReportData, country: Country) -> tuple[Printed, ...]:
    cells: list[Printed] = []
    for total in data.totals_by("country"):
        name = f"{total}_by_country"
        low, high = data.range(name, country=country.code)
        cells += data.amounts(low, data.mean(name, country=country.code), high)
    return tuple(cells)


def _in_order(study: Study) -> list[Country]:
    """Return the countries by name, in the language of the document; accents do not count."""

    def key(country: Country) -> tuple[str, str]:
        letters = unicodedata.normalize("NFKD", country_name(country.code, country.name)).casefold()
        return "".join(letter for letter in letters if not unicodedata.combining(letter)), country.code

    return sorted(study.countries, key=key)


def _name(study: Study, country: Country) -> str:
    """Return the name of a country; its code follows where several have one name."""
    name = country_name(country.code, country.name)
    is_alone = [each.name for each in study.countries].count(country.name) == 1
    return name if is_alone else f"{name} ({country.code})"


def _left_out(study: Study) -> list[Block | Details]:
    number = len(study.left_out)
    if not number:
        return [Paragraph(_text("none_left_out"), note=True)]
    rows = tuple((country_name(code, name), code, _reason(reason)) for code, name, reason in study.left_out)
    columns = (_("Country"), _("Code"), _("Why"))
    table = Table(_("Countries that are left out"), columns, rows, labels=3, name="countries-left-out")
    reasons = study.left_out_reasons()
    words = [
        _reason(reason) if len(reasons) == 1 else _text("counted_reason", countries=count, reason=_reason(reason))
        for reason, count in reasons.items()
    ]
    return [
        Paragraph(_text("left_out", countries=number, reasons=words)),
        Details(_text("left_out_summary", countries=number), (table,)),
    ]


def _reason(reason: str) -> str:
    """Return why a country is left out: by its name, or by groups, which have the study's own words."""
    return _("by name, in the study") if reason == "by name, in the study" else reason
