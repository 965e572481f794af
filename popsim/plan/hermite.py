"""Covariances of two quantities whose normal scores correlate, by their series in Hermite polynomials.

A quantity T(z) of finite variance is sum_k a_k h_k(z), h_k the orthonormal Hermite polynomials, a_k = E[T(z) h_k(z)].
Where two scores correlate by r, E[h_j(z) h_k(z')] is r^k for j = k and 0 otherwise (Mehler 1866,
doi:10.1515/crll.1866.66.161; Lancaster 1957, doi:10.1093/biomet/44.1-2.289), so

    Cov(T(z), U(z')) = sum_{k >= 1} a_k b_k r^k.

What the series leaves off after K terms is at most |r|^(K + 1) times the root of what each quantity's variance has
beyond sum a_k^2 (Cauchy and Schwarz).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from popsim.families.base import Family, Floats
from popsim.plan.quadrature import scored_nodes

__all__ = ["TERMS", "covariance", "series"]

TERMS = 400
"""Terms of a series."""
_LIMIT = 14.0
"""Scores are integrated up to here: of a lognormal with sigma 4, what lies beyond is below 1e-9 of its variance."""
_ORDER, _WIDEST = 24, 0.5
_ALIKE = 1e-9
"""Scores that correlate so nearly are the same score."""


@lru_cache(maxsize=1024)
def series(family: Family) -> tuple[Floats, float]:
    """Give a_1 ... a_K of a quantity, and its variance as integrated.

    Examples
    --------
    >>> from popsim.families.normal import Normal
    >>> found, variance = series(Normal(5.0, 2.0))
    >>> found[:2].round(9).tolist(), round(variance, 9)
    ([2.0, 0.0], 4.0)
    """
    z, value, weight = scored_nodes(family, _ORDER, _WIDEST, _LIMIT)
    apart = value - value @ weight
    parts = apart * weight
    found = np.empty(TERMS)
    before, now = np.zeros_like(z), np.ones_like(z)
    for k in range(TERMS):
        before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1.0)
        found[k] = parts @ now
    found.setflags(write=False)
    return found, float(parts @ apart)


def covariance(one: Family, two: Family, correlation: float) -> tuple[float, float]:
    """Give the covariance of two quantities whose normal scores correlate, and a bound of its error.

    Examples
    --------
    >>> from popsim.families.lognormal import LogNormal
    >>> found, _ = covariance(LogNormal(0.0, 1.0), LogNormal(0.0, 0.5), 0.3)
    >>> bool(abs(found / (np.exp(0.625) * np.expm1(0.15)) - 1.0) < 1e-9)
    True
    """
    if correlation == 0.0:
        return 0.0, 0.0
    if abs(correlation) > 1.0 - _ALIKE:
        return (one.std() ** 2, 0.0) if one == two and correlation > 0.0 else (_alike(one, two, correlation > 0.0), 0.0)
    (a, variance), (b, other) = series(one), series(two)
    powers = correlation ** np.arange(1.0, TERMS + 1.0)
    beyond = max(variance - float(a @ a), 0.0) * max(other - float(b @ b), 0.0)
    return float((a * b) @ powers), abs(correlation) ** (TERMS + 1) * float(np.sqrt(beyond))


def _alike(one: Family, two: Family, same: bool) -> float:
    """Covariance where both have the same score, or opposite ones: by halves of stretches without a kink of either."""
    from scipy.special import ndtr

    sign = 1.0 if same else -1.0
    edges = np.unique(np.concatenate([[-_LIMIT, _LIMIT], _breaks(one), sign * _breaks(two)]))
    points, weights = np.polynomial.legendre.leggauss(_ORDER)
    cuts = np.unique(np.concatenate([np.arange(-_LIMIT, _LIMIT + 0.25, _WIDEST), edges[np.abs(edges) <= _LIMIT]]))
    half = np.diff(cuts)[:, None] / 2.0
    z = ((cuts[1:] + cuts[:-1])[:, None] / 2.0 + half * points).ravel()
    weight = (half * weights).ravel() * np.exp(-0.5 * z * z)
    weight /= weight.sum()

    def values(family: Family, score: Floats) -> Floats:
        out = np.empty_like(score)
        upper = score > 0.0
        out[~upper], out[upper] = family.ppf(ndtr(score[~upper])), family.isf(ndtr(-score[upper]))
        return out

    x, y = values(one, z), values(two, sign * z)
    return float(((x - x @ weight) * (y - y @ weight)) @ weight)


def _breaks(family: Family) -> Floats:
    """Scores at which a quantity has a kink or a jump."""
    from scipy.special import ndtri

    jumps = family.jumps()
    return np.asarray(ndtri(np.array(family.kinks() if jumps is None else jumps[0][:-1], dtype=np.float64)))
