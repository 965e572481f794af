"""Taylor series of quantiles in the normal score, by recurrence, for distributions whose inverse has no closed form.

Let y be the logit (beta) or the logarithm (gamma) of the quantile x, and v = dy/dz. From F(x) = Phi(z) follows
v = phi(z) / g(y), g the density of y, so that (log v)' = -z - (log g)'(y) v, and (log g)' is a polynomial in x. One
inverse of F at z gives x and v there; products of series give all that follows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

from popsim.arrays import Floats

_LOG_ROOT = 0.5 * math.log(2.0 * math.pi)


def beta_series(a: Any, b: Any, z: Floats, x: Floats, rest: Floats, order: int) -> tuple[Floats, Floats, Floats]:
    """Return series about z of x, v and x v for a beta distribution; `rest` is 1 - x with digits of its own.

    Here (log g)' = a - (a + b) x and x' = x (1 - x) v; the slopes of log x and log(1 - x) are v - x v and -x v.
    Shape of each: (order + 1, *shape of x); the last of x v is not set.
    """
    xs, v, q, w = (np.empty((order + 1, *x.shape)) for _ in range(4))
    scratch = np.empty((order, *x.shape))
    log_x, log_rest = np.log(x), np.log(rest)
    xs[0] = x
    v[0] = np.exp(scipy.special.betaln(a, b) - a * log_x - b * log_rest - (0.5 * z * z + _LOG_ROOT))
    for k in range(order):
        _product(xs, v, k, scratch, q[k])
        w[k] = (a + b) * q[k] - a * v[k]
        w[k] -= z if k == 0 else float(k == 1)
        _product(xs, q, k, scratch, xs[k + 1])
        xs[k + 1] = (q[k] - xs[k + 1]) / (k + 1)
        _product(v, w, k, scratch, v[k + 1])
        v[k + 1] /= k + 1
    return xs, v, q


def gamma_series(shape: Any, z: Floats, x: Floats, order: int, logarithm: bool) -> Floats:
    """Return the series about z of x, or of log x, for a gamma distribution of scale 1.

    Here (log g)' = shape - x and x' = x v. Shape: (order + 1, *shape of x).
    """
    xs, v, w = (np.empty((order + 1, *x.shape)) for _ in range(3))
    scratch = np.empty((order, *x.shape))
    log_x = np.log(x)
    xs[0] = x
    v[0] = np.exp(scipy.special.gammaln(shape) - shape * log_x + x - (0.5 * z * z + _LOG_ROOT))
    for k in range(order):
        _product(xs, v, k, scratch, xs[k + 1])
        w[k] = xs[k + 1] - shape * v[k]
        w[k] -= z if k == 0 else float(k == 1)
        xs[k + 1] /= k + 1
        _product(v, w, k, scratch, v[k + 1])
        v[k + 1] /= k + 1
    return integral(log_x, v) if logarithm else xs


def integral(constant: Floats, slope: Floats) -> Floats:
    """Integrate a series but for its last term, which is lost."""
    result = np.empty_like(slope)
    result[0] = constant
    for k in range(1, len(slope)):
        np.divide(slope[k - 1], k, out=result[k])
    return result


def _product(left: Floats, right: Floats, k: int, scratch: Floats, out: Floats) -> None:
    """Write coefficient k of the product of two series. Summed term by term, so that no neighbour changes a bit."""
    np.multiply(left[: k + 1], right[k::-1], out=scratch[: k + 1])
    np.add.reduce(scratch[: k + 1], axis=0, out=out)
