"""Expected, most likely and spread of the cost of every component in every country, without drawing anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, cast

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.plan.lateness import lag_weights
from popsim.plan.needs import needed_cost, needs_of
from popsim.plan.quadrature import expect
from popsim.plan.study_view import StudyView
from popsim.study.model import Amount, Area, Study
from popsim.types import Prices, Span


class Expected(NamedTuple):
    """Of each (country, component), in the money of the study; `means` holds every total that the study asks for."""

    mode: Floats
    mean: Floats
    std: Floats
    means: dict[tuple[Prices, Span], Floats]


def expect_rows(view: StudyView) -> Expected:
    """Return what the costs of a study come to on average, and at their most likely values.

    The mean is that of the cost within the horizon, exact but for quadrature (some 1e-6 of it); `means` has the same at
    the other prices that the study asks for, and after the horizon where payments can fall there. The mode is the most
    likely unit cost, at the most likely exponents, on time, at the prices of the study, times the probability that it
    is needed. The standard deviation is exact where costs alone are uncertain, and NaN elsewhere.
    """
    study = view.study
    costs = [component.cost for _, component in view.pairs]
    cost_mode, total = _column([view.mode(cost) for cost in costs]), _column(view.totals)
    needed, chance = _needed(view)
    scale = view.scales(_expected_scale)
    likely = view.scales(_likely_scale)
    # Very large costs may pass the largest float, which is then what they come to.
    with np.errstate(all="ignore"):
        mode = cost_mode * (likely * chance) * total
        means = {
            (prices, span): (needed * scale * _paid_for(view, prices, span)).T
            for prices in _prices_of(study)
            for span in _SPANS
            if span == "within_horizon" or max(view.lags.values(), default=1) > 1
        }
        mean = means["constant", "within_horizon"].T
        std = np.full_like(mean, np.nan) if view.is_moving else _column([cost.std() for cost in costs]) * scale * total
    return Expected(mode.T, mean.T, std.T, means)


def not_expected(view: StudyView) -> Expected:
    """Return what stands in the place of expected costs where nobody asks for them: NaN."""
    nothing = np.full((len(view.study.countries), len(view.pairs)), np.nan)
    return Expected(nothing, nothing, nothing, {})


_SPANS: tuple[Span, ...] = ("within_horizon", "after_horizon")


def _prices_of(study: Study) -> Iterator[Prices]:
    yield "constant"
    if study.inflation is not None:
        yield "nominal"
    if study.discount_rate is not None:
        yield "discounted"


def _column(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)[:, None]


def _by_country(values: Sequence[float | list[float]]) -> Floats:
    """Return an array (component, country) of values that hold in all countries, or one for each of them."""
    lists = [value for value in values if isinstance(value, list)]
    if not lists:
        return np.array(values, dtype=np.float64)[:, None]
    count = len(lists[0])
    return np.array([value if isinstance(value, list) else [value] * count for value in values], dtype=np.float64)


def _needed(view: StudyView) -> tuple[Floats, Floats]:
    """Return the expected unit cost where it is needed, and the probability of that (component, country)."""
    needed: list[float | list[float]] = []
    chance: list[float | list[float]] = []
    for (area, component), score in zip(view.pairs, view.scores, strict=True):
        if area.need is None and component.need is None:
            needed.append(component.cost.mean())
            chance.append(1.0)
            continue
        cost, known = component.cost, 1.0
        if component.part is not None:
            # How a whole is split depends on nothing else.
            cost, known = component.part.whole.cost, _mean(component.part.share)
        settings = list(needs_of(area, component))
        amounts = [view.amounts(setting) for _, setting in settings]
        each = list(zip(*(view.labels(setting) for _, setting in settings), strict=True))
        costs, probabilities = {}, {}
        for labels in set(each):
            chances = {name: of[label] for (name, _), of, label in zip(settings, amounts, labels, strict=True)}
            costs[labels] = known * needed_cost(cost, chances, score, view.needs)
            probabilities[labels] = math.prod(_mean(amount) for amount in chances.values())
        needed.append([costs[labels] for labels in each])
        chance.append([probabilities[labels] for labels in each])
    return _by_country(needed), _by_country(chance)


def likely_weights(view: StudyView) -> Floats:
    """Return what multiplies a most likely cost (country, component), beside what is known and what lateness adds.

    The probability that it is needed, which is the product of those of its needs, each at its most likely value where
    it is uncertain; and its scale factors at the most likely values of uncertain exponents.
    """
    weights = np.ones((len(view.pairs), len(view.study.countries)))
    for row, (area, component) in zip(weights, view.pairs, strict=True):
        for exponent in component.exponents:
            if isinstance(exponent.value, Family):
                power = view.mode(exponent.value)
                row *= [factor**power for factor in view.factors(exponent.driver, exponent.reference)]
        for _, setting in needs_of(area, component):
            modes = {
                label: view.mode(amount) if isinstance(amount, Family) else amount
                for label, amount in view.amounts(setting).items()
            }
            row *= [modes[label] for label in view.labels(setting)]
    return weights.T


def _paid_for(view: StudyView, prices: Prices, span: Span) -> Floats:
    """Return what is paid within or after the horizon for a unit of cost (component, country)."""
    study, sure = view.study, [("", cast(Amount, 0.0))]
    begins = view.entries(study.start) if study.start else sure
    count = len(study.years) + (0 if span == "within_horizon" else max(view.lags.values()) - 1)
    years = range(study.years[0], study.years[0] + count)
    ages = tuple([max(year - study.price_year, 0) for year in years])
    general = _general_prices(study, prices, years)
    areas: dict[tuple[object, ...], dict[tuple[float, ...], float | list[float]]] = {}
    paid = []
    for area in study.areas:
        factor, rate, lags = *_rises(study, area), view.lags[area.id]
        known = areas.setdefault((factor, rate, lags, id(area.delay)), {})
        for component in area.components:
            if component.profile not in known:
                rises = _prices(ages, factor, rate) * general
                price_profile = _price_profile(component.profile, rises, lags, span)
                lates = view.entries(area.delay.years) if area.delay else sure
                count = max(len(begins), len(lates))
                pairs = list(zip(begins * (count // len(begins)), lates * (count // len(lates)), strict=True))
                found = {(begin[0], late[0]): (begin[1], late[1]) for begin, late in pairs}
                each = {labels: _paid(area, price_profile, lags, *late) for labels, late in found.items()}
                row = [each[begin[0], late[0]] for begin, late in pairs]
                known[component.profile] = row if count > 1 else row[0]
            paid.append(known[component.profile])
    return _by_country(paid)


def _mean(amount: Amount) -> float:
    return amount.mean() if isinstance(amount, Family) else amount


def _likely_scale(exponent: Family, measure: float) -> float:
    return float(measure ** exponent.mode())


@lru_cache(maxsize=2048)
def _expected_scale(exponent: Family, measure: float) -> float:
    return expect(exponent, lambda x: measure**x)


def _rises(study: Study, area: Area) -> tuple[float, Amount]:
    """Return what shocks make of the prices of an area on average, and the rate at which these rise."""
    factor = 1.0
    for shock in study.shocks:
        if area.id in shock.areas:
            factor *= 1.0 + shock.probability * (_mean(shock.factor) - 1.0)
    return factor, area.escalation.rate if area.escalation else 0.0


@lru_cache(maxsize=64)
def _prices(ages: tuple[int, ...], factor: float, rate: Amount) -> Floats:
    """Return the expected factor on prices that have risen for so many years."""
    if isinstance(rate, Family):
        prices = np.array([factor * expect(rate, partial(_compound, age)) for age in ages])
    else:
        prices = np.array([factor * (1.0 + rate) ** age for age in ages])
    prices.setflags(write=False)
    return prices


def _compound(age: int, rate: Floats) -> Floats:
    return np.asarray((1.0 + rate) ** age)


def _general_prices(study: Study, prices: Prices, years: range) -> Floats:
    """Return the expected factor of inflation, or that of discounting, on a payment of each year."""
    if prices == "discounted":
        return np.asarray((1.0 + float(study.discount_rate or 0.0)) ** -np.arange(float(len(years))))
    if prices == "nominal":
        return _prices(tuple([year - study.price_year for year in years]), 1.0, study.inflation or 0.0)
    return np.ones(len(years))


def _price_profile(payments: tuple[float, ...], prices: Floats, lags: int, span: Span) -> list[float]:
    """Return what the payments for a unit of cost come to within or after the horizon, by whole years of lateness."""
    profile, years = np.array(payments), len(payments)
    if span == "within_horizon":
        return [float(profile[: years - lag] @ prices[lag:]) for lag in range(min(lags, years))]
    found = [0.0]
    for lag in range(1, lags):
        first = max(years - lag, 0)
        found.append(float(profile[first:] @ prices[first + lag : years + lag]))
    return found


def _paid(area: Area, price_profile: Sequence[float], lags: int, begin: Amount, late: Amount) -> float:
    """Return what is expected to be paid for a unit of cost: payments moved and prolonged by lateness."""
    cost_per_year, level = (area.delay.cost_per_year, area.delay.level) if area.delay else (0.0, 1.0)
    weights = lag_weights(begin, late, cost_per_year, lags, level)
    return sum(w * g for w, g in zip(weights, price_profile, strict=False))
