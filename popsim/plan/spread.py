"""Standard deviation of the total cost without drawing anything: the method of moments, wherever the model allows it.

    Var(total) = sum over pairs of cells (c, k), (d, l) of E[Y Y'] - E[Y] E[Y'],      Y = u X N F

with u known, X the unit cost, N whether it is needed and F the power of a country's size (or another driver) with an
uncertain exponent. The three are independent of each other, so that E[Y Y'] = u u' E[X X'] E[N N'] E[F F']. Two cells
are of one country, of one group of countries, or neither, and each relation has one correlation of scores for a pair of
components: E[X X'] follows from the series of `popsim.plan.hermite`, E[N N'] from the bivariate normal probability,
E[F F'] from quadrature over exponents that both have in common.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from popsim.families.base import Family, Floats
from popsim.plan.dependence import Score, component_scores, need_scores
from popsim.plan.expectation import expect_rows
from popsim.plan.hermite import covariance, series
from popsim.plan.moves import Integers
from popsim.plan.needs import both_below, needs_of
from popsim.plan.quadrature import nodes
from popsim.plan.rows import is_drawn
from popsim.study.model import Amount, Area, Component, Exponent, Setting, Study

__all__ = ["Spread", "total_std"]

_ACCURACY = 1e-6
"""Largest relative error of a variance that counts as exact."""
_ALIKE = 1e-12
"""Scores of needs that correlate so nearly are the same score."""


class Spread(NamedTuple):
    """Standard deviation of the total cost, NaN where no formula is at hand; and why there is none."""

    std: float
    reasons: tuple[str, ...] = ()


class _Part(NamedTuple):
    """A component in all countries: its score, the score of its need, and what multiplies its cost."""

    cost: Family
    score: Score
    need: Score | None
    threshold: Floats
    """By country: it is needed where its need's score is below; infinite where it always is."""
    known: Floats
    """By country: what a unit cost is multiplied by, at the expected powers of uncertain exponents."""
    powers: dict[str, tuple[Floats, Floats]]
    """By stream of an uncertain exponent: weights of its nodes, and (node, country) the power over the expected one."""


def total_std(study: Study) -> Spread:
    """Give the standard deviation of the total cost within the horizon, to 1e-6 of it.

    Options of the study are not looked at. Exact are studies in which unit costs, exponents and needs of a known chance
    are uncertain, needs independently of costs; starts, delays and rises of prices have to be known.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> [reason for reason in total_std(load_study("pops")).reasons][:2]
    ['starts of countries', 'delays']
    """
    reasons = _reasons(study)
    if reasons:
        return Spread(float("nan"), reasons)
    parts = _parts(study)
    home = [dict(country.groups).get(str(study.dependence.group), country.code) for country in study.countries]
    _, group = np.unique(np.array(home), return_inverse=True)
    variance, error = 0.0, 0.0
    for i, j in itertools.combinations_with_replacement(range(len(parts)), 2):
        found, bound = _pair(parts[i], parts[j], i == j, group)
        variance += found if i == j else 2.0 * found
        error += bound if i == j else 2.0 * bound
    if not (np.isfinite(variance) and error <= _ACCURACY * variance):
        return (
            Spread(0.0)
            if variance == error == 0.0
            else Spread(float("nan"), ("tails too heavy or steps too steep for the formula",))
        )
    return Spread(float(np.sqrt(max(variance, 0.0))))


def _reasons(study: Study) -> tuple[str, ...]:
    """Say what is uncertain in a study beside what the formula knows."""
    areas = study.areas
    pairs = [(area, component) for area in areas for component in area.components]
    needs = [[setting for _, setting in needs_of(*pair)] for pair in pairs]
    shocked = {area for shock in study.shocks for area in shock.areas}
    amounts = [value for each in needs for setting in each for value in _values(setting)]
    uncertain = [value for value in amounts if value not in (0.0, 1.0)]
    tests = {
        "starts of countries": _is_uncertain(study.start),
        "delays": any(_is_uncertain(area.delay.years) for area in areas if area.delay),
        "rises of prices": any(is_drawn(area.escalation.rate) for area in areas if area.escalation),
        "events that raise prices": any(area.id in shocked for area in areas),
        "chances of need that are uncertain": any(is_drawn(value) for value in amounts),
        "needs that hang together with costs": bool(uncertain) and study.dependence.need_with_cost != 0.0,
        "components with two needs": any(len(each) > 1 for each in needs),
        "costs without a standard deviation": not all(np.isfinite(part.cost.std()) for _, part in pairs),
        "tails too heavy or steps too steep for the formula": any(_is_heavy(part.cost) for _, part in pairs),
    }
    return tuple(words for words, holds in tests.items() if holds)


def _values(setting: Setting) -> list[Amount]:
    return [setting.value, *(value for _, _, value in setting.by)]


def _is_uncertain(setting: Setting | None) -> bool:
    return setting is not None and any(is_drawn(value) for value in _values(setting))


def _is_heavy(cost: Family) -> bool:
    """Whether what lies beyond the scores that are integrated over is seen in the variance."""
    if not is_drawn(cost) or not np.isfinite(cost.std()):
        return False
    # A square may pass the range of floating point at either end; that is beyond the formula too.
    with np.errstate(all="ignore"):
        return not abs(series(cost)[1] / np.square(cost.std()) - 1.0) <= _ACCURACY


def _parts(study: Study) -> list[_Part]:
    scores, needs = component_scores(study), need_scores(study)
    mean = expect_rows(study).mean.T
    pairs = [(area, component) for area in study.areas for component in area.components]
    return [
        _part(study, area, component, score, needs, row)
        for (area, component), score, row in zip(pairs, scores, mean, strict=True)
    ]


def _part(study: Study, area: Area, component: Component, score: Score, needs: dict[str, Score], mean: Floats) -> _Part:
    named = list(needs_of(area, component))
    chance = np.ones(len(study.countries))
    if named:
        chance = np.array([float(named[0][1].of(country)[1]) for country in study.countries])  # type: ignore[arg-type]
    expected = component.cost.mean() * chance
    known = np.divide(mean, expected, out=np.zeros_like(mean), where=expected > 0.0)
    powers: dict[str, tuple[Floats, Floats]] = {}
    for stream in dict.fromkeys(each.stream for each in component.exponents if is_drawn(each.value)):
        powers[stream] = _powers(study, [each for each in component.exponents if each.stream == stream])
    need = needs[named[0][0]] if named else None
    return _Part(component.cost, score, need, np.asarray(ndtri(chance)), known, powers)


def _powers(study: Study, exponents: list[Exponent]) -> tuple[Floats, Floats]:
    """Weights of the nodes of one exponent, and the power of each country's drivers there over the expected power."""
    family = exponents[0].value
    assert isinstance(family, Family)  # noqa: S101
    value, weight = nodes(family)
    logs = np.array([[np.log(country.factor(each.driver)) for country in study.countries] for each in exponents])
    power = np.exp(np.outer(value, logs.sum(axis=0)))
    return weight, power / (weight @ power)


def _pair(one: _Part, two: _Part, same: bool, group: Integers) -> tuple[float, float]:
    """Covariance of two components over all countries, and a bound of its error."""
    scores = _layers(one.score, two.score)
    needs = _layers(one.need, two.need) if one.need is not None and two.need is not None else np.zeros(3)
    apart = np.not_equal.outer(group, group)
    alone = np.eye(len(group), dtype=bool)
    means = one.cost.mean() * two.cost.mean()
    moment, error = np.zeros(apart.shape), np.zeros(apart.shape)
    for layers, where in enumerate((apart, ~apart & ~alone, alone), 1):
        if not where.any():
            continue
        # Rounding alone can carry a correlation a hair beyond 1.
        r = 1.0 if same and layers == 3 else float(np.clip(scores[:layers].sum(), -1.0, 1.0))
        drawn = is_drawn(one.cost) and is_drawn(two.cost)
        found, bound = covariance(one.cost, two.cost, r) if drawn else (0.0, 0.0)
        moment[where] = ((found + means) * _both(one, two, float(needs[:layers].sum())))[where]
        error[where] = bound
    factors = np.outer(one.known, two.known)
    expected = factors * means * np.outer(ndtr(one.threshold), ndtr(two.threshold))
    for stream in one.powers.keys() & two.powers.keys():
        weight, power = one.powers[stream]
        factors = factors * ((power * weight[:, None]).T @ two.powers[stream][1])
    return float((factors * moment - expected).sum()), float((factors * error).sum())


def _layers(one: Score, two: Score) -> Floats:
    """Give what two scores have in common: over all countries, over those of a group, within a country."""
    layers = ((one.shared, two.shared), (one.group, two.group), (one.own, two.own))
    return np.array([sum(weight * dict(others).get(name, 0.0) for name, weight in mine) for mine, others in layers])


def _both(one: _Part, two: _Part, r: float) -> Floats:
    """Probability that both are needed, by country of the one and of the other."""
    first, second = (np.unique(part.threshold, return_inverse=True) for part in (one, two))
    if r > 1.0 - _ALIKE:
        both = ndtr(np.minimum.outer(first[0], second[0]))
    elif r == 0.0:
        both = np.outer(ndtr(first[0]), ndtr(second[0]))
    else:
        both = both_below(first[0][:, None], second[0][None, :], r)
    return np.asarray(both[np.ix_(first[1], second[1])])
