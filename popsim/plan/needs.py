"""Needs: a probability as the threshold of a normal score, and the expected cost of what may not be needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.plan.dependence import Score
from popsim.plan.quadrature import expect, legendre, nodes, scored_nodes
from popsim.study.model import Amount, Area, Component, Setting

_EDGE = 1e-10


class Probit(Family):
    """The distribution of ``ppf(P)`` of the standard normal, where P is a probability that is drawn.

    A P within 1e-10 of 0 or 1 counts as that: no number of scenarios that can be run tells them apart.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> Probit(Uniform(0.25, 0.75)).ppf(0.5).item()
    0.0
    """

    family = "probit"
    summary = "an uncertain probability, inside a plan"

    probability: Family

    def _ppf(self, p: Floats) -> Any:
        return _threshold(self.probability.ppf(p))

    def _isf(self, q: Floats) -> Any:
        return _threshold(self.probability.isf(q))

    def _cdf(self, x: Floats) -> Any:
        low, high = self.support()
        return np.where(x >= high, 1.0, np.where(x < low, 0.0, self.probability.cdf(ndtr(x))))

    def mean(self) -> float:
        """Return the mean, by quadrature."""
        return expect(self, lambda x: x)

    def std(self) -> float:
        """Return the standard deviation, by quadrature."""
        mean = self.mean()
        return float(np.sqrt(expect(self, lambda x: (x - mean) ** 2)))

    def support(self) -> tuple[float, float]:
        """Return the thresholds of the least and the greatest probability."""
        low, high = _threshold(np.array(self.probability.support())).tolist()
        return low, high

    def mode(self) -> float:
        """Return the threshold of the most likely probability."""
        return float(_threshold(np.array(self.probability.mode())))

    def kinks(self) -> tuple[float, ...]:
        """Return the kinks of the probability, and where it meets the edges."""
        edges = (float(self.probability.cdf(_EDGE)), float(self.probability.cdf(1.0 - _EDGE)))
        inside = {p for p in (*self.probability.kinks(), *edges) if 1e-15 < p < 1.0 - 1e-15}
        return tuple(sorted(inside))

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return the jumps of a probability of separate values."""
        jumps = self.probability.jumps()
        if jumps is None:
            return None
        cumulative, values = jumps
        return cumulative, np.asarray(_threshold(values), dtype=np.float64)


def _threshold(probability: Floats) -> Any:
    return ndtri(np.clip(probability, _EDGE, 1.0 - _EDGE))


_COARSE = (8, 1.25)
"""Order and widest stretch of the normal score where up to three quantities are integrated over at once."""


def needs_of(area: Area, component: Component) -> Iterator[tuple[str, Setting]]:
    """Yield the settings that a component is needed by, with the names of their scores."""
    if area.need is not None:
        yield f"area/{area.id}", area.need
    if component.need is not None:
        yield f"area/{area.id}/component/{component.needed_with or component.id}", component.need


def correlation(one: Score, two: Score) -> float:
    """Return the correlation of two scores of one country.

    Examples
    --------
    >>> correlation(Score((("a", 0.6),), (("b", 0.8),)), Score((("a", 1.0),), ()))
    0.6
    """
    pairs = ((one.shared, two.shared), (one.group, two.group), (one.own, two.own))
    return sum(weight * dict(others).get(name, 0.0) for weights, others in pairs for name, weight in weights)


def both_below(h: Floats, k: Floats, r: float) -> Floats:
    """Return the probability that two standard normals of correlation r stay below h and k.

    Plackett's integral over the correlation; Drezner and Wesolowsky (1990), doi:10.1080/00949659008811236.

    Examples
    --------
    >>> round(both_below(0.0, 0.0, 0.5).item(), 12)  # 1/4 + arcsin(r) / (2 pi)
    0.333333333333
    """
    one, two = np.clip(np.asarray(h), -40.0, 40.0), np.clip(np.asarray(k), -40.0, 40.0)
    # Rounding alone can carry a correlation a hair beyond 1.
    widest = math.asin(min(max(r, -1.0), 1.0))
    points, weights = legendre(12 if abs(r) < 0.5 else 24 if abs(r) < 0.9 else 48)
    integral = np.zeros(np.broadcast_shapes(one.shape, two.shape))
    for point, weight in zip(points.tolist(), weights.tolist(), strict=True):
        # t = sin(angle) takes the root out of the density.
        angle = widest * (point + 1.0) / 2.0
        integral += weight * np.exp(
            (2.0 * math.sin(angle) * one * two - one**2 - two**2) / (2.0 * math.cos(angle) ** 2)
        )
    return np.asarray(ndtr(one) * ndtr(two) + integral * widest / (4.0 * math.pi))


def needed_cost(cost: Family, chances: Mapping[str, Amount], score: Score, needs: Mapping[str, Score]) -> float:
    """Return the expected unit cost where it is needed, and zero elsewhere.

    Parameters
    ----------
    cost
        The unit cost.
    chances
        Probability of each need that must hold, by the name of its score; one or two.
    score, needs
        Weights of the cost's score, and of the scores of needs.
    """
    names = [name for name, chance in chances.items() if chance != 1.0]
    to_cost = tuple([correlation(score, needs[name]) for name in names])
    between = correlation(needs[names[0]], needs[names[1]]) if len(names) == 2 else 0.0
    if not any(to_cost) and between == 0.0:
        means = [chance.mean() if isinstance(chance, Family) else chance for chance in chances.values()]
        return float(cost.mean() * np.prod(means))
    return _dependent_cost(cost, tuple([chances[name] for name in names]), to_cost, between)


@lru_cache(maxsize=1024)
def _dependent_cost(cost: Family, chances: tuple[Amount, ...], to_cost: tuple[float, ...], between: float) -> float:
    z, value, weight = scored_nodes(cost, *_COARSE)
    thresholds = [_thresholds(chance) for chance in chances]
    if len(chances) == 1:
        level, weights = thresholds[0]
        chance = ndtr(_given(level[None, :], z[:, None], to_cost[0])) @ weights
    else:
        (one, one_weights), (two, two_weights) = thresholds
        rest = math.sqrt((1.0 - to_cost[0] ** 2) * (1.0 - to_cost[1] ** 2))
        apart = (between - to_cost[0] * to_cost[1]) / rest
        # One score at a time, for memory.
        chance = np.array(
            [
                one_weights
                @ both_below(_given(one[:, None], score, to_cost[0]), _given(two, score, to_cost[1]), apart)
                @ two_weights
                for score in z.tolist()
            ]
        )
    return float((value * chance) @ weight)


def _given(level: Floats, z: Floats | float, correlation: float) -> Floats:
    return (level + correlation * z) / math.sqrt(1.0 - correlation**2)


def _thresholds(chance: Amount) -> tuple[Floats, Floats]:
    if isinstance(chance, Family):
        levels, weights = nodes(Probit(chance), *_COARSE)
        # What lies beyond some 6.5 standard deviations adds nothing that could be seen.
        counts = weights > 1e-11
        return levels[counts], weights[counts]
    return np.array([np.clip(ndtri(chance), -40.0, 40.0)]), np.ones(1)
