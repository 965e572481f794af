"""Expected, most likely and spread of the cost of every component in every country, without drawing anything."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from popsim.families.base import Family, Floats
from popsim.plan.dependence import Score, component_scores, need_scores
from popsim.plan.needs import needed_cost, needs_of
from popsim.plan.quadrature import expect, nodes
from popsim.plan.timing import is_moving, lag_counts
from popsim.study.model import Amount, Area, Component, Country, Study

__all__ = ["Expected", "expect_rows"]


class Expected(NamedTuple):
    """Of each (country, component), in the money of the study."""

    mode: Floats
    mean: Floats
    std: Floats


def expect_rows(study: Study) -> Expected:
    """Give what the costs of a study come to on average, and at their most likely values.

    The mean is that of the cost within the horizon, exact but for quadrature (some 1e-6 of it). The mode is the most
    likely unit cost, at the most likely exponents, on time, at the prices of the study, times the probability that it
    is needed. The standard deviation is exact where costs alone are uncertain, and NaN elsewhere.
    """
    scores, needs = component_scores(study), need_scores(study)
    pairs = [(area, component) for area in study.areas for component in area.components]
    columns = [_expect(study, *pair, score, needs) for pair, score in zip(pairs, scores, strict=True)]
    mode, mean, std = (np.array([column[i] for column in columns]).T for i in range(3))
    return Expected(mode, mean, np.full_like(std, np.nan) if is_moving(study) else std)


def _expect(
    study: Study, area: Area, component: Component, score: Score, needs: dict[str, Score]
) -> tuple[list[float], list[float], list[float]]:
    """Mode, mean and standard deviation of one component in each country."""
    prices = _prices(study, area)
    lags = lag_counts(study)[area.id]
    total = sum(component.profile)
    cost_mode, cost_std = component.cost.mode(), component.cost.std()
    known: dict[tuple[object, ...], float] = {}

    def once(key: tuple[object, ...], make: Callable[[], float]) -> float:
        if key not in known:
            known[key] = make()
        return known[key]

    mode, mean, std = [], [], []
    for country in study.countries:
        chances = {name: setting.of(country)[1] for name, setting in needs_of(area, component)}
        begin = study.start.of(country)[1] if study.start else 0.0
        late = area.delay.years.of(country)[1] if area.delay else 0.0
        needed = once(("needed", *chances.values()), partial(needed_cost, component, chances, score, needs))
        paid = once(("paid", begin, late), partial(_paid, area, component, prices, lags, begin, late))
        likely = _scale(country, component, lambda family, _: family.mode())
        likely *= math.prod(_mean(amount) for amount in chances.values())
        scale = _scale(country, component, lambda family, size: expect(family, lambda x: size**x), powers=True)
        mode.append(cost_mode * likely * total)
        mean.append(needed * scale * paid)
        std.append(cost_std * scale * total)
    return mode, mean, std


def _mean(amount: Amount) -> float:
    return amount.mean() if isinstance(amount, Family) else amount


def _scale(
    country: Country, component: Component, take: Callable[[Family, float], float], powers: bool = False
) -> float:
    """Scale a unit of cost to a country; `take` gives an uncertain exponent, or (`powers`) the power itself."""
    scale = 1.0
    for exponent in component.exponents:
        factor = country.factor(exponent.driver)
        if isinstance(exponent.value, Family):
            taken = take(exponent.value, factor)
            scale *= taken if powers else factor**taken
        else:
            scale *= factor**exponent.value
    return scale * component.money_factor


def _prices(study: Study, area: Area) -> Floats:
    """Give the expected factor on the prices of an area in each year of the programme."""
    ages = [max(year - study.price_year, 0) for year in study.years]
    factor = 1.0
    for shock in study.shocks:
        if area.id in shock.areas:
            factor *= 1.0 + shock.probability * (_mean(shock.factor) - 1.0)
    if area.escalation is None:
        return np.full(len(ages), factor)
    rate = area.escalation.rate
    if isinstance(rate, Family):
        return np.array([factor * expect(rate, partial(_compound, age)) for age in ages])
    return np.array([factor * (1.0 + rate) ** age for age in ages])


def _compound(age: int, rate: Floats) -> Floats:
    return np.asarray((1.0 + rate) ** age)


def _paid(area: Area, component: Component, prices: Floats, lags: int, begin: Amount, late: Amount) -> float:
    """Give what is paid within the horizon for a unit of cost: its profile, moved and prolonged, at the prices."""
    profile, years = np.array(component.profile), len(prices)
    growth = [float(profile[: years - lag] @ prices[lag:]) for lag in range(min(lags, years))]
    cost_per_year = area.delay.cost_per_year if area.delay else 0.0
    return sum(w * g for w, g in zip(_lag_weights(begin, late, cost_per_year, lags), growth, strict=False))


@lru_cache(maxsize=256)
def _lag_weights(begin: Amount, late: Amount, cost_per_year: float, lags: int) -> tuple[float, ...]:
    """Give the expected weight of each lag, what delay adds included."""
    starts, start_weights = _known(begin)
    delays, delay_weights = _known(late)
    paid = (1.0 + cost_per_year * delays) * delay_weights
    # E[max(x - start, 0)], whose second differences over whole years are the shares that fall to each lag.
    weight, moment = (np.concatenate([[0.0], np.cumsum(part)]) for part in (start_weights, start_weights * starts))
    limits = np.arange(-1.0, lags)[:, None] - delays
    below = np.searchsorted(starts, limits)
    ahead = (limits * weight[below] - moment[below]) @ paid
    passed = np.diff(ahead)
    return (*np.diff(passed).tolist(), float(paid.sum() - passed[-1]))


def _known(amount: Amount) -> tuple[Floats, Floats]:
    # Narrow stretches, since weights have a kink at each whole year.
    if isinstance(amount, Family):
        return nodes(amount, order=6, widest=0.01)
    return np.array([amount]), np.ones(1)
