"""How large a cost becomes by all that multiplies it: refused where sums or squares would leave what numbers can hold.

Each number of a study has limits of its own. What they come to together, in money of the study and in one country, must
lie within limits too: then neither a total of all countries and years nor its variance overflows or vanishes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from popsim.errors import Keys, Problem
from popsim.families.base import Family
from popsim.schema import COST_SCALE, MOST_YEARS_LATE
from popsim.study.catalogue import CatalogueArea
from popsim.study.model import Amount, Area, Component, Setting, Study
from popsim.study.place import Place

_RARE = 1e-16
"""Probability beyond which no draw lies."""


@dataclass(frozen=True)
class _Factor:
    """What multiplies a cost: decimal logarithms of its smallest and largest value, and where it is stated."""

    name: str
    low: float
    high: float
    place: Place
    keys: Keys


def check_magnitudes(study: Study, place: Place, areas: Iterable[CatalogueArea]) -> list[Problem]:
    """List costs that what multiplies them makes too large or too small, each at what does most to it.

    Parameters
    ----------
    study
        The study.
    place
        Its file.
    areas
        The areas of its catalogue.
    """
    planned = {area.id: area for area in areas}
    general = _money_factors(study, place)
    drivers = {each.driver for area in study.areas for component in area.components for each in component.exponents}
    powers = {driver: _powers(study, driver) for driver in drivers}
    problems = []
    for area in study.areas:
        problems += _late(study, area, place)
        common = [*general, *_area_factors(study, area, place)]
        for component in area.components:
            factors = [_cost(component, planned[area.id]), *_sizes(component, powers, place), *common]
            if component.money_factor != 1.0:
                factors.append(_exchange(component, study, place))
            problems += _fault(study, area, component, factors)
    return problems


def _fault(study: Study, area: Area, component: Component, factors: list[_Factor]) -> list[Problem]:
    low, high = (sum(getattr(factor, end) for factor in factors) for end in ("low", "high"))
    least, most = map(math.log10, COST_SCALE)
    if least <= low and high <= most:
        return []
    is_large = high > most
    end = "high" if is_large else "low"
    by_weight = sorted(factors, key=lambda factor: -getattr(factor, end) if is_large else getattr(factor, end))
    parts = ", ".join(
        f"{each.name} 1e{getattr(each, end):+.0f}" for each in by_weight if abs(getattr(each, end)) >= 0.5
    )
    bound = f"{'up' if is_large else 'down'} to 1e{high if is_large else low:+.0f} {study.currency}"
    found = f"a mean cost of {area.id}.{component.id} of {bound} in a country: {parts}"
    allowed = f"from {COST_SCALE[0]:g} to {COST_SCALE[1]:g} {study.currency} in a country"
    worst = by_weight[0]
    return [worst.place.located(worst.place.problem(worst.keys, found, allowed))]


def _logarithm(value: float) -> float:
    return math.log10(value) if value > 0.0 else 0.0


def _cost(component: Component, planned: CatalogueArea) -> _Factor:
    mean = _mean_logarithm(component.cost)
    stated = next(each for each in planned.components if each.id == component.id)
    return _Factor("cost", mean, mean, planned.place, (*planned.keys(stated), "cost"))


@lru_cache(maxsize=256)
def _mean_logarithm(cost: Family) -> float:
    """Return the logarithm of a mean, which may take an integral; options and cases have most costs in common."""
    return _logarithm(cost.mean())


def _exchange(component: Component, study: Study, place: Place) -> _Factor:
    power = _logarithm(component.money_factor)
    key = "price_index" if component.currency == study.currency else "exchange_rates"
    return _Factor("money", power, power, place, ("money", key))


def _powers(study: Study, driver: str) -> tuple[float, float]:
    """Return the logarithms of a driver in the smallest and in the largest country."""
    powers = [_logarithm(country.factor(driver)) for country in study.countries]
    return min(powers), max(powers)


def _sizes(component: Component, powers: Mapping[str, tuple[float, float]], place: Place) -> list[_Factor]:
    """Return what each driver makes of a cost, in the smallest and in the largest country."""
    found = []
    for exponent in component.exponents:
        reference = _logarithm(exponent.reference)
        ends = exponent.value.support() if isinstance(exponent.value, Family) else (exponent.value,)
        products = [end * (power - reference) for end in ends for power in powers[exponent.driver]]
        keys: Keys = ("size", "reference") if exponent.driver == "size" else ("driver", exponent.driver, "reference")
        found.append(_Factor(exponent.driver, min(products), max(products), place, keys))
    return found


def _money_factors(study: Study, place: Place) -> list[_Factor]:
    """Return what the general rise of prices makes of a cost of the last year."""
    if study.inflation is None:
        return []
    return [_growth("inflation", study.inflation, _years(study, study.areas), place, ("money", "inflation"))]


def _area_factors(study: Study, area: Area, place: Place) -> list[_Factor]:
    found = []
    if area.escalation is not None:
        own = area.escalation.stream != "escalation"
        keys: Keys = ("area", area.id, "escalation", "rate") if own else ("escalation", "rate")
        found.append(_growth("escalation", area.escalation.rate, _years(study, [area]), place, keys))
    for shock in study.shocks:
        if area.id in shock.areas:
            mean = _logarithm(_mean(shock.factor))
            found.append(_Factor(shock.id, min(mean, 0.0), max(mean, 0.0), place, ("shock", shock.id, "factor")))
    return found


def _growth(name: str, rate: Amount, years: float, place: Place, keys: Keys) -> _Factor:
    low, high = _ends(rate) if isinstance(rate, Family) else (rate, rate)
    powers = [years * math.log10(max(1.0 + each, 1e-300)) for each in (low, high)]
    return _Factor(name, min(powers[0], 0.0), max(powers[1], 0.0), place, keys)


@lru_cache(maxsize=256)
def _ends(rate: Family) -> tuple[float, float]:
    """Return the ends of what is drawn of a rate, which all areas may have in common."""
    return float(rate.ppf(_RARE)), float(rate.isf(_RARE))


def _years(study: Study, areas: Iterable[Area]) -> float:
    """Return the years between the prices of the study and the last payment, as far as lateness has an upper limit."""
    late = max((_latest(study, area) for area in areas), default=0.0)
    return abs(study.years[-1] - study.price_year) + (late if math.isfinite(late) else 0.0)


def _late(study: Study, area: Area, place: Place) -> list[Problem]:
    """List lateness beyond what a plan has rows for; without an upper limit it counts up to the last year alone."""
    latest = _latest(study, area)
    if math.isinf(latest) or latest <= MOST_YEARS_LATE:
        return []
    own = area.delay is not None and area.delay.level_stream != "delay/level"
    by_start = study.start is not None and _highest_of(study.start) > latest / 2
    keys: Keys = ("start", "years") if by_start else ("area", area.id, "delay", "years") if own else ("delay", "years")
    found = f"payments of {area.id} up to {latest:,.0f} years late"
    allowed = f"at most {MOST_YEARS_LATE:,} years, by start, delay and its level together"
    return [place.located(place.problem(keys, found, allowed))]


def _latest(study: Study, area: Area) -> float:
    begin = 0.0 if study.start is None else _highest_of(study.start)
    if area.delay is None:
        return begin
    years, level = _highest_of(area.delay.years), _highest(area.delay.level)
    return begin + (years * level if years > 0.0 and level > 0.0 else 0.0)


def _highest_of(setting: Setting) -> float:
    return max(map(_highest, [setting.value, *(value for *_, value in setting.by)]))


def _mean(amount: Amount) -> float:
    return float(amount.mean()) if isinstance(amount, Family) else amount


def _highest(amount: Amount) -> float:
    return float(amount.support()[1]) if isinstance(amount, Family) else amount
