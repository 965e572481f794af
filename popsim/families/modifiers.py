"""What modifiers share: location and scale, kinks that follow from corners, and moments by quadrature."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.families.base import Family

_REACH = 37.0
_MOST_PIECES, _MANY_PIECES = 20_000, 1_000
_EPS = float(np.finfo(np.float64).eps)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
_ROOT = math.sqrt(2.0 * math.pi)


class Moved(Family):
    """Another distribution, moved and scaled: all of it follows from `standard`, which children state."""

    distribution: Family
    by: float

    def _ppf(self, p: Floats) -> Any:
        shape, location, scale = self.standard()
        return location + scale * shape._ppf(p)

    def _isf(self, q: Floats) -> Any:
        shape, location, scale = self.standard()
        return location + scale * shape._isf(q)

    def _cdf(self, x: Floats) -> Any:
        return self.standard()[0]._cdf(self._back(x))

    def _sf(self, x: Floats) -> Any:
        return self.standard()[0]._sf(self._back(x))

    def _both(self, x: Floats) -> tuple[Any, Any]:
        return self.standard()[0]._both(self._back(x))

    def _below(self, x: Floats) -> Any:
        return self.standard()[0]._below(self._back(x))

    def _from(self, x: Floats) -> Any:
        return self.standard()[0]._from(self._back(x))

    def _back(self, x: Floats) -> Floats:
        """Return values of the shape, which rounding must not carry past an atom or an end of the support."""
        shape, location, scale = self.standard()
        low, high = self.support()
        y = (x - location) / scale
        y = np.where(x < low, -np.inf, np.where(x >= high, np.inf, y))
        atoms = shape.atoms()
        if len(atoms):
            own = location + scale * atoms
            place = np.searchsorted(own, x, side="right")
            y = np.maximum(y, np.append(-np.inf, atoms)[place])
            y = np.minimum(y, np.append(np.nextafter(atoms, -np.inf), np.inf)[place])
            at = np.maximum(place - 1, 0)
            y = np.where(x == own[at], atoms[at], y)
        return np.where(np.isnan(x), np.nan, y)

    def mean(self) -> float:
        """Return the mean of the distribution, moved and scaled."""
        shape, location, scale = self.standard()
        return location + scale * shape.mean()

    def std(self) -> float:
        """Return the standard deviation of the distribution, scaled."""
        shape, _, scale = self.standard()
        return scale * shape.std()

    def support(self) -> tuple[float, float]:
        """Return the support of the distribution, moved and scaled."""
        shape, location, scale = self.standard()
        low, high = shape.support()
        return location + scale * low, location + scale * high

    def mode(self) -> float:
        """Return the mode of the distribution, moved and scaled."""
        shape, location, scale = self.standard()
        return location + scale * shape.mode()

    def _mode_within(self, low: float, high: float) -> float:
        shape, location, scale = self.standard()
        mode = location + scale * shape._mode_within((low - location) / scale, (high - location) / scale)
        return min(max(mode, low), high)

    def kinks(self) -> tuple[float, ...]:
        """Return the kinks of the distribution."""
        return self.standard()[0].kinks()

    def kink_scores(self) -> Floats:
        """Return those of the distribution."""
        return self.standard()[0].kink_scores()

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return those of the distribution, moved and scaled."""
        shape, location, scale = self.standard()
        steps = shape.jumps()
        return None if steps is None else (steps[0], location + scale * steps[1])

    def steep(self) -> bool:
        """Return True where the distribution is steep."""
        return self.distribution.steep()

    def atoms(self) -> Floats:
        """Return those of the distribution, moved and scaled."""
        shape, location, scale = self.standard()
        return location + scale * shape.atoms()

    def corners(self) -> Floats:
        """Return those of the distribution, moved and scaled."""
        shape, location, scale = self.standard()
        return location + scale * shape.corners()


class Cornered(Family):
    """A distribution that states its `corners`: kinks of the quantile function follow from them."""

    def kinks(self) -> tuple[float, ...]:
        """Return the probabilities of the corners, as far as floats distinguish them from each other and from 1."""
        if self.jumps():
            return ()
        p = np.unique(scipy.special.ndtr(self.kink_scores()))
        return tuple(p[(p > 0.0) & (p < 1.0)].tolist())

    def kink_scores(self) -> Floats:
        """Return normal scores, rising, of the probabilities of less than each corner, and of no more than it."""
        x = self.corners()
        with np.errstate(all="ignore"):
            lower = np.concatenate([self._below(x), self._cdf(x)])
            upper = np.concatenate([self._from(x), self._sf(x)])
            z = np.sort(np.where(lower <= 0.5, scipy.special.ndtri(lower), -scipy.special.ndtri(upper)))
        z = z[np.abs(z) < _REACH]
        # The two sides of a gap have one score, but for rounding.
        return np.asarray(z[np.append(True, np.diff(z) > 1e-15 * (1.0 + np.abs(z[1:])))] if len(z) else z)


def central_moment(family: Family, order: int, centre: float, rounding: float, reach: float = _REACH) -> float:
    """Integrate ``(Q(p) - centre)^order dp``, relative error 1e-11 at most as far as rounding allows.

    Gauss-Legendre rules over pieces of the normal score between the kinks; pieces are halved until both halves together
    agree with the whole, or until many differ by no more than rounding of probabilities and quantiles explains.
    Infinite where a value with such a score passes the largest float.

    Parameters
    ----------
    family
        The distribution.
    order, centre
        1 or 2; a value near the mean for 1, so that the digits of the width are kept, and the mean for 2.
    rounding
        Absolute rounding of the probabilities at which quantiles are taken.
    reach
        Largest score; 37, a probability of 6e-300, unless quantiles so far out cannot be computed.

    Raises
    ------
    ArithmeticError
        When 20,000 pieces do not suffice.
    """

    def rule(ends: Floats) -> tuple[Floats, Floats]:
        half = np.diff(ends, axis=1) / 2.0
        z = ends[:, :1] + half + half * NODES
        x = np.where(z < 0.0, family.ppf(scipy.special.ndtr(z)), family.isf(scipy.special.ndtr(-z)))
        share = half * WEIGHTS * np.exp(-0.5 * z * z) / _ROOT
        away = x - centre
        slope = 1.0 if order == 1 else 2.0 * np.abs(away)
        doubt = 4.0 * _EPS * (share * slope * np.abs(x)).sum(axis=1)
        doubt += 4.0 * rounding * np.ptp(x, axis=1) * np.max(slope, axis=-1)
        return np.where(share > 0.0, share * away**order, 0.0).sum(axis=1), np.nan_to_num(doubt, nan=0.0)

    kinks = family.kink_scores()
    edges = np.concatenate([np.arange(-reach, reach, 0.5), [reach], kinks[np.abs(kinks) < reach]])
    edges = np.unique(edges)
    ends = np.stack([edges[:-1], edges[1:]], axis=1)
    with np.errstate(all="ignore"):
        whole, _ = rule(ends)
        size, total, count = float(np.abs(whole).sum()), 0.0, 0
        if not math.isfinite(size):
            return math.inf
        while count < _MOST_PIECES:
            middle = ends.mean(axis=1)
            ends = np.stack([ends[:, 0], middle, middle, ends[:, 1]], axis=1).reshape(-1, 2)
            halves, doubt = (each.reshape(-1, 2) for each in rule(ends))
            error = np.abs(halves.sum(axis=1) - whole)
            good = error <= 1e-14 * size
            total += math.fsum(halves[good].ravel())
            # Far out in a heavy tail, and next to each other, the quantiles themselves have no more digits.
            stuck = len(ends) > _MOST_PIECES // 4 or count > _MANY_PIECES
            if good.all() or (stuck and error[~good].sum() <= 1e-11 * size + doubt[~good].sum()):
                return total + math.fsum(halves[~good].ravel())
            ends, whole = ends[np.repeat(~good, 2)], halves[~good].ravel()
            count += len(ends)
    message = f"no integral found for {family!r}"
    raise ArithmeticError(message)
