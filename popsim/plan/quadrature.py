"""Expected values of functions of a quantity, by Gauss-Legendre quadrature over its normal score."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.layout import SCORE_LIMIT

_ORDER = 24
_WIDEST = 0.75


def expect(family: Family, function: Callable[[Floats], Floats]) -> float:
    """Return the mean of function(X), smooth between the kinks of X, to some 1e-9 of its size.

    Parameters
    ----------
    family
        The distribution of X.
    function
        Takes and gives an array of values.

    Examples
    --------
    >>> from popsim.families.lognormal import LogNormal
    >>> round(expect(LogNormal(0, 1), lambda x: x**2), 7)  # exp(2)
    7.3890561
    """
    values, weights = nodes(family)
    return float(np.asarray(function(values)) @ weights)


def nodes(family: Family, order: int = _ORDER, widest: float = _WIDEST) -> tuple[Floats, Floats]:
    """Return values and weights, which sum to 1, whose weighted sums are means.

    Parameters
    ----------
    family
        The distribution of the values.
    order, widest
        Points in each stretch of the normal score, and how wide a stretch may be.

    Examples
    --------
    >>> from popsim.families.discrete import Discrete
    >>> [array.tolist() for array in nodes(Discrete([1, 2], [0.25, 0.75]))]
    [[1.0, 2.0], [0.25, 0.75]]
    """
    jumps = family.jumps()
    if jumps is not None:
        cumulative, values = jumps
        return np.asarray(values), np.diff(np.concatenate([[0.0], cumulative]))
    _, values, weights = scored_nodes(family, order, widest)
    return values, weights


@lru_cache(maxsize=256)
def scored_nodes(
    family: Family, order: int = _ORDER, widest: float = _WIDEST, limit: float = SCORE_LIMIT
) -> tuple[Floats, Floats, Floats]:
    """Return normal scores up to a limit, the values there, and weights, for functions of both.

    Examples
    --------
    >>> from popsim.families.normal import Normal
    >>> score, value, weight = scored_nodes(Normal(0, 2))
    >>> round(float((score * value) @ weight), 9)
    2.0
    """
    jumps = family.jumps()
    breaks = ndtri(np.array(family.kinks() if jumps is None else jumps[0][:-1], dtype=np.float64)).tolist()
    edges = [-limit, *(z for z in breaks if -limit < z < limit), limit]
    points, point_weights = legendre(order)
    scores, weights = [], []
    for low, high in itertools.pairwise(edges):
        cuts = np.linspace(low, high, max(1, int(np.ceil((high - low) / widest))) + 1)
        half = np.diff(cuts)[:, None] / 2.0
        scores.append(((cuts[:-1] + cuts[1:])[:, None] / 2.0 + half * points).ravel())
        weights.append((half * point_weights).ravel())
    score = np.concatenate(scores)
    weight = np.concatenate(weights) * np.exp(-0.5 * score * score)
    upper = score > 0.0
    values = np.empty_like(score)
    values[~upper], values[upper] = family.ppf(ndtr(score[~upper])), family.isf(ndtr(-score[upper]))
    weight /= weight.sum()
    for array in (score, values, weight):
        array.setflags(write=False)
    return score, values, weight


@cache
def legendre(order: int) -> tuple[Floats, Floats]:
    """Return points and weights of Gauss-Legendre quadrature on -1 to 1."""
    points, weights = np.polynomial.legendre.leggauss(order)
    return points, weights
