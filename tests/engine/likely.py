"""The model at the most likely value of every input, again: one payment at a time, in plain Python."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

from popsim.families.base import Family
from popsim.study.model import Amount, Area, Component, Country, Setting, Study

PRICES = ("constant", "nominal", "discounted")


def mode(amount: Amount) -> float:
    return amount.mode() if isinstance(amount, Family) else float(amount)


def of_country(setting: Setting | None, country: Country, otherwise: float) -> float:
    return otherwise if setting is None else mode(setting.of(country)[1])


def payments(study: Study, country: Country, area: Area, component: Component) -> list[tuple[int, float]]:
    """(years after the first year, amount at the prices of the study) of every payment; a year of lateness is split."""
    unit = component.cost.mode() * component.money_factor
    for exponent in component.exponents:
        unit *= (country.factor(exponent.driver) / exponent.reference) ** mode(exponent.value)
    needs = {each.id: each.need for each in area.components}
    need = needs[component.needed_with] if component.needed_with else component.need
    unit *= of_country(area.need, country, 1.0) * of_country(need, country, 1.0)
    late = mode(area.delay.level) * of_country(area.delay.years, country, 0.0) if area.delay else 0.0
    if area.delay:
        unit *= 1.0 + area.delay.cost_per_year * late
    lateness = of_country(study.start, country, 0.0) + late
    whole = math.floor(lateness)
    part = lateness - whole
    return [
        (year + whole + lag, unit * share * weight)
        for year, share in enumerate(component.profile)
        for lag, weight in ((0, 1.0 - part), (1, part))
        if share and weight
    ]


def factor(study: Study, area: Area, year: int, prices: str) -> float:
    """What a payment comes to so many years after the first year."""
    calendar = study.years[0] + year
    found = 1.0
    if area.escalation is not None:
        found *= (1.0 + mode(area.escalation.rate)) ** max(calendar - study.price_year, 0)
    for shock in study.shocks:
        if area.id in shock.areas and shock.probability >= 0.5:
            found *= mode(shock.factor)
    if prices == "nominal":
        found *= (1.0 + mode(study.inflation or 0.0)) ** (calendar - study.price_year)
    if prices == "discounted":
        found /= (1.0 + (study.discount_rate or 0.0)) ** year
    return found


def totals(study: Study) -> dict[str, float]:
    """Every total, and cost and need within the horizon by area: "cost", "cost/a", "cost_nominal_after_horizon" ..."""
    parts: dict[str, list[float]] = defaultdict(list)
    for country, area in itertools.product(study.countries, study.areas):
        for component in area.components:
            financed = 1.0
            if study.agency_fee is not None:
                pledge = component.cofinancing or area.cofinancing
                own = None if pledge is None else pledge.materialised
                paid = of_country(pledge, country, 0.0) * mode(study.materialised if own is None else own)
                financed = (1.0 - paid) * (1.0 + mode(study.agency_fee))
            for year, amount in payments(study, country, area, component):
                for prices, (base, share) in itertools.product(PRICES, (("cost", 1.0), ("financing_need", financed))):
                    name = base + ("" if prices == "constant" else f"_{prices}")
                    paid = share * amount * factor(study, area, year, prices)
                    parts[name + ("" if year < len(study.years) else "_after_horizon")].append(paid)
                    parts[f"{name}_all_years"].append(paid)
                    if prices == "constant" and year < len(study.years):
                        parts[f"{base}/{area.id}"].append(paid)
    return defaultdict(float, {name: math.fsum(each) for name, each in parts.items()})
