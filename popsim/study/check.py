"""Say in a few sentences what a study holds."""

from __future__ import annotations

from collections import Counter

from popsim.study.model import Study

__all__ = ["describe"]


def describe(study: Study) -> list[str]:
    """Facts of a study that has been loaded, one sentence or two per entry.

    Examples
    --------
    >>> from popsim.study.load import load_study
    >>> describe(load_study("pops"))[0].split(":")[0]
    'pops'
    """
    components = [component for area in study.areas for component in area.components]
    basis = Counter(component.basis for component in components)
    held = [country for country in study.countries if country.size_held]
    dependence = study.dependence
    between = (
        f"{dependence.between_areas:.10g} between areas"
        if dependence.between_areas is not None
        else f"a matrix of {len(dependence.labels)} areas"
    )
    return [
        f"{study.name}: {study.title}",
        f"{_count(len(study.countries), 'country', 'countries')} x {_count(len(study.areas), 'area')}"
        f" x {_count(len(study.years), 'year')} ({study.years[0]} to {study.years[-1]}),"
        f" {_count(len(components), 'component')}; {_count(study.scenarios, 'scenario')}, seed {study.seed}.",
        f"Areas: {', '.join(f'{area.id} ({area.name})' for area in study.areas)}.",
        f"Money: {study.currency} at constant prices of {study.price_year}.",
        "Costs rest on: "
        + ", ".join(f"{word} {basis[word]}" for word in ("evidence", "proxy", "judgement"))
        + " components.",
        f"Size of countries: {study.size_driver}, reference {study.size_reference:,.10g};"
        f" {_count(len(held), 'country', 'countries')} held at a stated limit.",
        f"Correlation: {between}, {dependence.between_components:.10g} between components of an area;"
        f" common share {dependence.common_share:.10g}.",
        f"Left out: {_count(len(study.left_out), 'country', 'countries')} of the countries file.",
    ]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
