"""A whole that is drawn once and then split: the cost of one share of it, and whether shares can exceed the whole.

Two components that share a whole W draw one score S of how it is split: the first costs W Q1(Phi(S)), the second
W Q2(Phi(-S)), Q being the quantile function of each share. Where more share it, all but the first have the score -S.
S is independent of W, so that means multiply.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.constant import Constant
from popsim.families.roots import find_crossings

_ROUNDING = 1e-9
"""By how much the shares of a whole may sum to more than 1."""
_REACH, _STRETCHES, _ORDER = 8.25, 22, 24
"""Normal scores of a share that are integrated over, in so many stretches of so many points."""
_SCORES = np.linspace(-_REACH, _REACH, 1651)


class ShareOfWhole(Family):
    """The distribution of W S: a whole times a share of it that is drawn independently.

    Both are at least 0. Its most likely value is that of the whole times that of the share, as in a point estimate, in
    which every input is at its most likely value. Quantiles follow from P(W S <= x) = E[P(W <= x / S)] by quadrature,
    to some 1e-5 of probability where the whole has ends.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> cost = ShareOfWhole(Uniform(0, 1), Uniform(0, 1))
    >>> cost.mean(), round(float(cost.cdf(0.5)), 6)  # x - x ln x
    (0.25, 0.846574)
    """

    family = "share of a whole"
    summary = "a share of a whole that several components share, inside a study"

    whole: Family
    share: Family

    def _ppf(self, p: Floats) -> Any:
        return self._quantiles(p, self.whole._ppf, lambda x: self._cdf(x), 1.0)

    def _isf(self, q: Floats) -> Any:
        return self._quantiles(q, self.whole._isf, lambda x: self._sf(x), -1.0)

    def _quantiles(self, p: Floats, of_whole: Any, chance: Any, sign: float) -> Any:
        """Return where a rising (sign 1) or falling chance passes `p`, between the whole at its ends of shares."""
        least, most = self.share.support()
        result = of_whole(p) * np.where(p == (0.0 if sign > 0.0 else 1.0), least, most)
        rest = (p > 0.0) & (p < 1.0)
        inner = p[rest]
        at = of_whole(inner)
        result[rest] = find_crossings(lambda x, rows: sign * np.log(chance(x) / inner[rows]), at * least, at * most)
        return result

    def _cdf(self, x: Floats) -> Any:
        return self._expected(self.whole._cdf, np.asarray(x, dtype=np.float64), 1.0)

    def _sf(self, x: Floats) -> Any:
        return self._expected(self.whole._sf, np.asarray(x, dtype=np.float64), 0.0)

    def _expected(self, chance: Any, x: Floats, of_nothing: float) -> Any:
        """Return the mean over shares of the chance that the whole is at most, or above, a value over the share."""
        total = np.zeros(x.shape)
        for share, weight in zip(*_nodes(self.share), strict=True):
            here = chance(x / share) if share > 0.0 else np.where(x >= 0.0, of_nothing, 1.0 - of_nothing)
            total += weight * here
        return np.clip(total, 0.0, 1.0)

    def mean(self) -> float:
        """Return the mean of the whole times that of the share."""
        return self.whole.mean() * self.share.mean()

    def std(self) -> float:
        """Return the root of E[W^2] E[S^2] - E[W]^2 E[S]^2."""
        (m, s), (n, t) = ((each.mean(), each.std()) for each in (self.whole, self.share))
        return math.hypot(s * n, s * t, m * t)

    def support(self) -> tuple[float, float]:
        """Return the products of the smallest and of the largest values."""
        (low, high), (least, most) = self.whole.support(), self.share.support()
        return low * least, high * most if most > 0.0 else 0.0

    def mode(self) -> float:
        """Return the most likely whole times the most likely share."""
        return self.whole.mode() * self.share.mode()


def share_of(whole: Family, share: Family | float) -> Family:
    """Return the distribution of what a share of a whole costs; a simpler one where one of the two is known.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> share_of(Uniform(0, 100), 0.5).mean(), share_of(Constant(100), Uniform(0.4, 0.6)).mean()
    (25.0, 50.0)
    """
    # Modifiers import scipy, which a study without wholes need not wait for.
    from popsim.families.scaled import Scaled

    known = share if isinstance(share, float) else _known(share)
    if known is not None:
        return Scaled(whole, known) if known > 0.0 else Constant(0.0)
    amount = _known(whole)
    assert isinstance(share, Family)  # noqa: S101
    if amount is not None:
        return Scaled(share, amount) if amount > 0.0 else Constant(0.0)
    return ShareOfWhole(whole, share)


def largest_sum(shares: Sequence[Family | float]) -> tuple[float, tuple[float, ...]]:
    """Return the largest sum of the shares of a whole in any scenario, and the shares that make it.

    Two shares have opposite scores, so that the largest of the one meets the smallest of the other; of more than two,
    the largest values are summed.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> largest_sum([Uniform(0.4, 0.6), Uniform(0.4, 0.6)])[0], largest_sum([0.5, Uniform(0.4, 0.6)])[0]
    (1.0, 1.1)
    """
    from scipy.special import ndtr

    families = [share if isinstance(share, Family) else Constant(share) for share in shares]
    if len(families) != 2:
        most = tuple(family.support()[1] for family in families)
        return math.fsum(most), most
    one, two = families
    kinks = [p for p in (*one.kinks(), *(1.0 - p for p in two.kinks())) if 0.0 < p < 1.0]
    beside = [each for p in kinks for each in (np.nextafter(p, 0.0), p, np.nextafter(p, 1.0))]
    low = np.unique(np.concatenate([[0.0], ndtr(_SCORES[_SCORES <= 0.0]), [p for p in beside if p <= 0.5]]))
    high = np.unique(np.concatenate([[0.0], ndtr(-_SCORES[_SCORES > 0.0]), [1.0 - p for p in beside if p > 0.5]]))
    values = np.concatenate(
        [np.stack([one.ppf(low), two.isf(low)], axis=1), np.stack([one.isf(high), two.ppf(high)], axis=1)]
    )
    sums = values.sum(axis=1)
    best = int(np.argmax(sums))
    return float(sums[best]), tuple(values[best].tolist())


def exceeds_whole(total: float) -> bool:
    """Return whether shares that sum to so much are more than the whole, rounding apart."""
    return total > 1.0 + _ROUNDING


def _known(amount: Family) -> float | None:
    """Return the one value of a distribution that has only one."""
    low, high = amount.support()
    return float(low) if low == high else None


def _nodes(share: Family) -> tuple[list[float], list[float]]:
    """Return values of a share and their weights, which sum to 1: Gauss-Legendre over its normal score."""
    from scipy.special import ndtr

    steps = share.jumps()
    if steps is not None:
        return steps[1].tolist(), np.diff(steps[0], prepend=0.0).tolist()
    inner = [float(z) for z in share.kink_scores() if -_REACH < z < _REACH]
    edges = np.unique(np.concatenate([np.linspace(-_REACH, _REACH, _STRETCHES + 1), inner]))
    points, weights = np.polynomial.legendre.leggauss(_ORDER)
    half = np.diff(edges)[:, None] / 2.0
    score = ((edges[:-1] + edges[1:])[:, None] / 2.0 + half * points).ravel()
    weight = (half * weights).ravel() * np.exp(-0.5 * score * score)
    values = np.where(score > 0.0, share.isf(ndtr(-score)), share.ppf(ndtr(score)))
    return values.tolist(), (weight / weight.sum()).tolist()
