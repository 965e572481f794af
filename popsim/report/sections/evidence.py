"""What the numbers rest on: evidence, proxy or judgement, component by component."""

from __future__ import annotations

from popsim.families.base import Family
from popsim.report.document import Block, Bullets, Details, Entry, Paragraph, Section, Table
from popsim.report.facts import Facts
from popsim.report.numbers import count, percent, significant, unit_for
from popsim.report.sections.assumptions import assumptions
from popsim.report.sections.words import listed, plural
from popsim.study.model import Amount, Area, Component, Source, Study
from popsim.types import BASES

__all__ = ["evidence"]


def _shares(facts: Facts) -> Table | None:
    if not facts.has("expected_cost_by_component"):
        return None
    expected = facts.dataset["expected_cost_by_component"].squeeze("option", drop=True)
    costs = {str(key): float(value) for key, value in zip(expected["component"].values, expected.values, strict=True)}
    total: dict[str, float] = dict.fromkeys(BASES, 0.0)
    rows = []
    for area in facts.study.areas:
        by_basis: dict[str, float] = dict.fromkeys(BASES, 0.0)
        for component in area.components:
            by_basis[component.basis] += costs[f"{area.id}/{component.id}"]
        for basis in BASES:
            total[basis] += by_basis[basis]
        rows.append((area.name, *_row(by_basis)))
    rows.append(("All areas", *_row(total)))
    caption = "Share of the expected cost by what it rests on"
    return Table(caption, ("Area", "Evidence", "Proxy", "Judgement"), tuple(rows), total=True)


def _row(costs: dict[str, float]) -> tuple[str, ...]:
    whole = sum(costs.values())
    return tuple(percent(cost / whole, 0.0, finest=0.01) if cost else "–" for cost in costs.values())


def _paid(component: Component, study: Study) -> str:
    paid = [(year, share) for year, share in zip(study.years, component.profile, strict=True) if share]
    if not paid:
        return "not within the years of the study"
    first, last = paid[0][0], paid[-1][0]
    when = str(first) if first == last else f"{first}–{last}"
    if component.kind == "per-year":
        return f"every year, {when}"
    if component.kind == "stepped":
        return "in " + listed([str(year) for year, _ in paid])
    if len(paid) == 1:
        return f"once, {when}"
    return f"once, spread over {when} (" + ", ".join(percent(share) for _, share in paid) + ")"


def _entry(component: Component, area: Area, facts: Facts) -> Entry:
    low, high = (float(component.cost.ppf(p)) for p in (facts.low, facts.high))
    unit = unit_for(0.0, component.currency)
    found = (
        f"{unit} {significant(low)}"
        if low == high
        else f"{unit} {significant(low)} to {significant(high)} ({facts.interval})"
    )
    per = " per country" + (" of reference size" if area.size_exponent else "")
    per += {"per-year": ", each year", "stepped": ", each payment"}.get(component.kind, "")
    prices = f"{component.price_year} prices"
    if component.money_factor != 1.0:
        prices += f", times {significant(component.money_factor, 4)} for {facts.study.price_year} prices"
    return Entry(
        component.name,
        component.basis,
        (
            ("Range", f"{found}{per}".replace("US$ ", "US$\u00a0")),
            ("Family", component.cost.family),
            ("Prices", prices),
            ("Paid", _paid(component, facts.study)),
        ),
        component.rationale,
        tuple(_source(source) for source in component.sources),
    )


def _source(source: Source) -> str:
    text = f"{source.document}: {source.figure} ({source.status})"
    return f"{text}. {source.address}" if source.address else text


def _power(exponent: Amount, facts: Facts) -> str:
    if not isinstance(exponent, Family):
        return significant(exponent)
    low, high = (significant(float(exponent.ppf(p))) for p in (facts.low, facts.high))
    return f"{low} to {high} ({facts.interval})"


def _area(area: Area, facts: Facts) -> Details:
    size = (
        "the same in every country, whatever its size"
        if area.size_exponent == 0
        else f"grows with the size of the country to the power {_power(area.size_exponent, facts)}"
    )
    about = f"{area.description} ({area.document})" if area.document else area.description
    blocks: tuple[Block, ...] = (
        Paragraph(about),
        Paragraph(
            f"Cost per country: {size}. Correlation between two countries: {significant(area.common_share)}.", note=True
        ),
        *(_entry(component, area, facts) for component in area.components),
    )
    return Details(f"{area.name}: {plural(len(area.components), 'component')}", blocks)


def _unknown(study: Study) -> Bullets:
    judged = {a.name: [c.name for c in a.components if c.basis == "judgement"] for a in study.areas}
    named = "; ".join(f"{area}: {listed(components)}" for area, components in judged.items() if components)
    number = sum(map(len, judged.values()))
    sizes = sum(country.size_basis == "judgement" for country in study.countries)
    items = list(study.not_known)
    if number:
        total = sum(len(area.components) for area in study.areas)
        rest = "rests" if number == 1 else "rest"
        items.append(f"{number} of {plural(total, 'component')} {rest} on judgement alone. {named}.")
    if sizes:
        counted = plural(len(study.countries), "country", "countries")
        items.append(f"The size of {count(sizes)} of {counted} was filled in by judgement.")
    items += [
        f"That costs move together between areas and countries is assumed, on the basis of {study.dependence.basis}.",
        "The ranges say what follows from these inputs. Activities, countries and events that the study does not count "
        "are in none of them, and neither is inflation after the price year.",
    ]
    return Bullets(tuple(items))


def evidence(facts: Facts) -> Section:
    """Shares of expected cost by basis, what is not known, and every component with its sources."""
    shares = _shares(facts)
    says = (
        "Evidence: figures from programmes of this very kind. Proxy: figures from comparable programmes. Judgement: no "
        "figure was found, and the range is an estimate whose reasons are given."
    )
    study = facts.study
    return Section(
        "evidence",
        "What the numbers rest on",
        "Evidence",
        (
            *((Paragraph(study.description),) if study.description else ()),
            Paragraph(says),
            *((shares,) if shares else ()),
            Paragraph("What the report does not know:"),
            _unknown(study),
            Paragraph("Components, ranges and sources, area by area:"),
            *(_area(area, facts) for area in study.areas),
            Paragraph("What else is assumed:"),
            *assumptions(facts),
        ),
    )
