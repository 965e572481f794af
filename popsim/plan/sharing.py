"""Which options draw the same numbers, so that a run need draw them once."""

from __future__ import annotations

import dataclasses

from popsim.study.model import Area, Study

__all__ = ["draws_all_of"]


def draws_all_of(one: Study, other: Study) -> bool:
    """Return whether every amount that one study draws is drawn by another too, to the bit.

    It may leave out areas and countries, and say otherwise who pays.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> study, fewer = load_study("pops"), load_study("pops", {"area.f.include": False})
    >>> draws_all_of(fewer, study), draws_all_of(study, fewer)
    (True, False)
    """
    areas = {area.id: _drawn(area) for area in other.areas}
    countries = {country.code: country for country in other.countries}
    return (
        _common(one) == _common(other)
        and all(areas.get(area.id) == _drawn(area) for area in one.areas)
        and all(countries.get(country.code) == country for country in one.countries)
    )


def _common(study: Study) -> tuple[object, ...]:
    """Return what the draws of all areas and countries depend on."""
    return (
        study.years,
        study.currency,
        study.price_year,
        study.dependence,
        study.start,
        study.shocks,
        study.inflation,
        study.discount_rate,
    )


def _drawn(area: Area) -> Area:
    """Return an area without what changes no draw."""
    return dataclasses.replace(area, cofinancing=None)
