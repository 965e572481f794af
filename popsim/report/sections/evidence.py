"""What the numbers rest on: evidence, proxy or judgement, component by component."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from popsim.families.base import Family
from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Details, Entry, Paragraph, Section, Table
from popsim.report.language import gettext as _
from popsim.report.numbers import percent, significant, stated_range, unit_for
from popsim.report.prose import Prose, sentence_case
from popsim.report.rests_on import expected_costs
from popsim.report.sections.assumptions import assumptions
from popsim.report.sections.behind_ranges import bases, evidence_of, family, posts
from popsim.report.words import basis, status
from popsim.study.catalogue_models import DataRow, Source
from popsim.study.evidence import reference_quantiles
from popsim.study.model import Amount, Area, Component, Exponent, Overlap, Study
from popsim.types import BASES

_text = Prose("evidence")


def evidence(data: ReportData) -> Section:
    """Show the shares of expected cost by basis, what is not known, and every component with its sources."""
    study = data.study
    blocks: list[Block | Details] = [
        *((Paragraph(study.description),) if study.description else ()),
        Paragraph(_text("bases")),
        *_shares(data),
        Paragraph(_("What the report does not know:")),
        _unknown(study),
        *_not_counted(study),
        Paragraph(_("Components, ranges and sources, area by area:")),
        *(_area(area, data) for area in study.areas),
        *posts(data),
        Paragraph(_("What else is assumed:")),
        *assumptions(data),
    ]
    return Section("evidence", _("What the numbers rest on"), _("Evidence"), tuple(blocks))


def _shares(data: ReportData) -> list[Table]:
    costs = expected_costs(data)
    if not costs:
        return []
    found = [each for each in BASES if any(part.basis == each for _area, part, _cost in costs)]
    by_basis = {
        area.id: [sum(cost for of, part, cost in costs if of is area and part.basis == each) for each in found]
        for area in data.study.areas
    }
    rows = [(area.name, *_row(by_basis[area.id])) for area in data.study.areas]
    rows.append((_("All areas"), *_row([sum(each) for each in zip(*by_basis.values(), strict=True)])))
    columns = (_("Area"), *(sentence_case(basis(each)) for each in found))
    return [Table(_text("shares_caption"), columns, tuple(rows), total=True, name="basis")]


def _row(costs: list[float]) -> tuple[str, ...]:
    whole = sum(costs)
    return tuple(percent(cost / whole, 0.0, finest=0.01) if cost else "–" for cost in costs)


def _unknown(study: Study) -> Bullets:
    judged = {a.name: [c.name for c in a.components if c.basis == "judgement"] for a in study.areas}
    number = sum(map(len, judged.values()))
    sizes = sum(country.size_basis == "judgement" for country in study.countries)
    items = list(study.not_known)
    if number:
        by_area = [_text("components_of", area=area, components=parts) for area, parts in judged.items() if parts]
        components = sum(len(area.components) for area in study.areas)
        items.append(_text("judged_components", judged=number, components=components, by_area=by_area))
    if sizes:
        items.append(_text("judged_sizes", judged=sizes, countries=len(study.countries)))
    if len(study.areas) * len(study.countries) > 1:
        items.append(_text("dependence", basis=basis(study.dependence.basis)))
    return Bullets((*items, _text("not_counted")))


def _not_counted(study: Study) -> list[Table]:
    """Show what the study leaves out; nothing where it does not say."""
    rows = tuple((row.what, row.why, row.known or "–") for row in study.not_counted)
    columns = (_("Not counted"), _("Why"), _("What is known of it"))
    return [Table(_text("left_out"), columns, rows, labels=3, name="not-counted")] if rows else []


def _area(area: Area, data: ReportData) -> Details:
    about = area.description
    if area.document:
        about = _text("about_area", description=area.description, document=area.document)
    exponent = "" if area.size_exponent == 0 else _exponent(area.size_exponent, data)
    note = _text("cost_per_country", exponent=exponent, correlation=significant(area.common_share))
    blocks: list[Block] = [Paragraph(about), Paragraph(note, note=True)]
    for whole in _shown_first(area, data.study):
        blocks += _whole(whole, data), *evidence_of(whole, _exponents(whole, data.study), data, f"fit_{whole.id}")
    for part in area.components:
        blocks += _entry(part, area, data), *evidence_of(part, part.exponents, data, f"fit_{area.id}_{part.id}")
    return Details(_text("area_summary", name=area.name, components=len(area.components)), tuple(blocks))


def _exponent(exponent: Amount, data: ReportData) -> str:
    if not isinstance(exponent, Family):
        return significant(exponent)
    return _range(exponent.ppf([data.low, data.high]).tolist(), data)


def _range(ends: Iterable[float], data: ReportData) -> str:
    low, high = map(significant, ends)
    return _text("range", low=low, high=high, interval=data.interval)


def _at_reference(cost: Family, exponents: Sequence[Exponent], data: ReportData) -> tuple[float, ...]:
    """Return the ends of the range of a cost in a country of reference size."""
    return reference_quantiles(cost, exponents, (data.low, data.high))


def _shown_first(area: Area, study: Study) -> list[Overlap]:
    """Return the wholes that are shown in an area: the first of those in which anything is a share of them."""
    shared = {whole.id: next(each.id for each, _ in _sharing(whole, study)) for whole in study.overlaps}
    return [whole for whole in study.overlaps if shared[whole.id] == area.id]


def _sharing(whole: Overlap, study: Study) -> list[tuple[Area, Component]]:
    return [
        (area, component)
        for area in study.areas
        for component in area.components
        if component.part is not None and component.part.whole.id == whole.id
    ]


def _exponents(whole: Overlap, study: Study) -> tuple[Exponent, ...]:
    """Return what a whole scales with: what its first component does."""
    return _sharing(whole, study)[0][1].exponents


def _whole(whole: Overlap, data: ReportData) -> Entry:
    """Show what several components share, once."""
    sharing = [component.name for _, component in _sharing(whole, data.study)]
    exponents = _exponents(whole, data.study)
    has_size = any(exponent.driver == "size" for exponent in exponents)
    at_reference = _at_reference(whole.cost, exponents, data)
    known = (
        *_money(whole, at_reference, "one-off", has_size, data),
        (_("Shared by"), _text("shared_by", components=sharing)),
        *bases(whole),
    )
    return Entry(whole.name, basis(whole.basis), known, whole.rationale, _sources(whole), whole.basis)


def _money(
    stated: Component | Overlap, at_reference: tuple[float, ...], kind: str, has_size: bool, data: ReportData
) -> tuple[tuple[str, str], tuple[str, str], tuple[str, str]]:
    """Return what a cost is, its family and its prices."""
    low, high = at_reference
    amount = stated_range(low, high, unit_for(0.0, stated.currency))
    amount = (
        amount if significant(low) == significant(high) else _text("money_range", range=amount, interval=data.interval)
    )
    cost = _text("cost", range=amount, kind=kind, has_reference_size=has_size)
    factor = "" if stated.money_factor == 1.0 else significant(stated.money_factor, 4)
    prices = _text("prices", price_year=stated.price_year, factor=factor, study_year=data.study.price_year)
    return (_("Range"), cost), (_("Distribution"), family(stated)), (_("Prices"), prices)


def _entry(component: Component, area: Area, data: ReportData) -> Entry:
    paid = (_("When it is paid"), _paid(component, data.study))
    sources = _sources(component)
    if component.part is not None:
        share = component.part.share
        low, high = (
            percent(share) if isinstance(share, float) else percent(float(share.ppf(p))) for p in (data.low, data.high)
        )
        known: tuple[tuple[str, str], ...] = (
            (_("Share"), _text("share", low=low, high=high, interval=data.interval, whole=component.part.whole.name)),
            paid,
        )
        key = component.part.basis
        return Entry(component.name, basis(key), known, component.rationale, sources, key)
    at_reference = _at_reference(component.cost, component.exponents, data)
    has_size = bool(area.size_exponent) or any(exponent.driver == "size" for exponent in component.exponents)
    known = (*_money(component, at_reference, component.kind, has_size, data), paid, *bases(component))
    return Entry(component.name, basis(component.basis), known, component.rationale, sources, component.basis)


def _paid(component: Component, study: Study) -> str:
    paid = [(str(year), share) for year, share in zip(study.years, component.profile, strict=True) if share]
    years = [year for year, _ in paid]
    span = "–".join(dict.fromkeys((years[0], years[-1]))) if years else ""
    return _text("paid", kind=component.kind, years=years, span=span, shares=[percent(share) for _, share in paid])


def _sources(stated: Component | Overlap) -> tuple[str, ...]:
    """Return where the figures of a cost were read, those of its data too."""
    read: list[Source | DataRow] = [*stated.sources, *(datum.row for datum in stated.data)]
    return tuple(dict.fromkeys(map(_source, read)))


def _source(source: Source | DataRow) -> str:
    return _text(
        "source",
        document=source.document,
        figure=source.figure,
        status=status(source.status),
        address=source.address,
    )
