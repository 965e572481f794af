"""Distributions from scipy.stats, and the few that scipy has not; nothing of popsim is used.

A distribution is a pair of functions: `ppf`, the quantile at a probability, and `cdf`, the probability of at most x.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special, stats

Function = Callable[[np.ndarray], np.ndarray]
GRID = np.linspace(-9.0, 9.0, 2**17 + 1)
"""Normal scores at which a quantile function that is found by iteration is tabulated."""


class Dist(NamedTuple):
    ppf: Function
    cdf: Function
    closed: bool = True
    """Whether ppf is a formula; otherwise it is slow, and `transform` joins tabulated values by straight lines."""


def transform(spec: Any) -> Function:
    """T(z) = ppf(Phi(z)) of a distribution given by its TOML table; a number is always itself.

    Straight lines between scores that are h = 1.4e-4 apart err by h**2 / 8 = 2.4e-9 of the second derivative of T.
    """
    if not isinstance(spec, dict):
        return lambda z: np.full(z.shape, float(spec))
    return _transform(json.dumps(spec))


@cache
def _transform(text: str) -> Function:
    dist = build(json.loads(text))
    if dist.closed:
        return lambda z: dist.ppf(special.ndtr(z))
    table = dist.ppf(special.ndtr(GRID))
    return lambda z: np.interp(z, GRID, table)


def build(spec: dict[str, Any]) -> Dist:
    """Read a TOML table such as {family = "lognormal", p05 = 1, p95 = 9}."""
    known = {key: value for key, value in spec.items() if key != "family" and not re.fullmatch(r"p\d+", key)}
    points = sorted((float(f"0.{key[1:]}"), float(value)) for key, value in spec.items() if re.fullmatch(r"p\d+", key))
    return FAMILIES[spec["family"]](points, **known)


def scipy_dist(frozen: Any, closed: bool = True) -> Dist:
    return Dist(frozen.ppf, frozen.cdf, closed)


def solve(function: Function, target: Any, low: Any, high: Any) -> np.ndarray:
    """Where a function that never falls first reaches the target, by halving."""
    low, high = (np.broadcast_to(np.asarray(end, float), np.shape(target)).copy() for end in (low, high))
    for _ in range(60):
        middle = 0.5 * (low + high)
        reached = function(middle) >= target
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def constant(points: list, value: float) -> Dist:
    return Dist(lambda p: np.full(np.shape(p), float(value)), lambda x: np.where(x >= value, 1.0, 0.0))


def uniform(points: list, low: float = 0.0, high: float = 1.0) -> Dist:
    if points:
        (p1, x1), (p2, x2) = points
        slope = (x2 - x1) / (p2 - p1)
        low, high = x1 - p1 * slope, x2 + (1.0 - p2) * slope
    return scipy_dist(stats.uniform(low, high - low))


def triangular(points: list, low: float, mode: float, high: float) -> Dist:
    return scipy_dist(stats.triang((mode - low) / (high - low), low, high - low))


def beta(points: list, a: float, b: float, low: float = 0.0, high: float = 1.0) -> Dist:
    return scipy_dist(stats.beta(a, b, low, high - low), closed=False)


def pert(points: list, low: float, mode: float, high: float, shape: float = 4.0) -> Dist:
    width = high - low
    return beta([], 1.0 + shape * (mode - low) / width, 1.0 + shape * (high - mode) / width, low, high)


def normal(points: list, mean: float = 0.0, std: float = 1.0) -> Dist:
    if points:
        (p1, x1), (p2, x2) = points
        std = (x2 - x1) / (stats.norm.ppf(p2) - stats.norm.ppf(p1))
        mean = x1 - std * stats.norm.ppf(p1)
    return scipy_dist(stats.norm(mean, std))


def lognormal(points: list, **keys: float) -> Dist:
    if points:
        (p1, x1), (p2, x2) = points
        sigma = np.log(x2 / x1) / (stats.norm.ppf(p2) - stats.norm.ppf(p1))
        mu = np.log(x1) - sigma * stats.norm.ppf(p1)
    elif "mean" in keys:
        sigma = np.sqrt(np.log1p((keys["std"] / keys["mean"]) ** 2))
        mu = np.log(keys["mean"]) - sigma**2 / 2.0
    elif "median" in keys:
        mu, sigma = np.log(keys["median"]), np.log(keys["gsd"])
    else:
        mu, sigma = keys["mu"], keys["sigma"]
    return scipy_dist(stats.lognorm(sigma, scale=np.exp(mu)))


def student(points: list, mean: float, scale: float, degrees: float) -> Dist:
    return scipy_dist(stats.t(degrees, mean, scale), closed=False)


def logstudent(points: list, mu: float, sigma: float, degrees: float) -> Dist:
    """Its logarithm is a Student t."""
    inner = stats.t(degrees, mu, sigma)
    return Dist(lambda p: np.exp(inner.ppf(p)), lambda x: inner.cdf(np.log(np.maximum(x, 1e-300))), closed=False)


def gamma(points: list, shape: float = 1.0, scale: float = 1.0) -> Dist:
    if points:
        (p1, x1), (p2, x2) = points
        shape = optimize.brentq(lambda k: stats.gamma.ppf(p2, k) / stats.gamma.ppf(p1, k) - x2 / x1, 0.1, 1e4)
        scale = x1 / stats.gamma.ppf(p1, shape)
    return scipy_dist(stats.gamma(shape, scale=scale), closed=False)


def weibull(points: list, shape: float = 1.0, scale: float = 1.0) -> Dist:
    if points:
        (p1, x1), (p2, x2) = points
        shape = np.log(np.log1p(-p2) / np.log1p(-p1)) / np.log(x2 / x1)
        scale = x1 / (-np.log1p(-p1)) ** (1.0 / shape)
    return scipy_dist(stats.weibull_min(shape, scale=scale))


def metalog(
    points: list, coefficients: list | None = None, low: float | None = None, high: float | None = None
) -> Dist:
    """Keelin (2016), doi:10.1287/deca.2016.0338: terms of equation 6, bounds as the logs of section 3.4."""

    def terms(p: np.ndarray, count: int) -> list[np.ndarray]:
        d, logit = p - 0.5, special.logit(p)
        listed = [np.ones_like(p), logit, d * logit, d]
        for power in range(2, count):
            listed += [d**power, d**power * logit]
        return listed[:count]

    if points:
        p, x = np.array(points).T
        if low is not None and high is not None:
            x = np.log((x - low) / (high - x))
        elif low is not None:
            x = np.log(x - low)
        elif high is not None:
            x = -np.log(high - x)
        coefficients = list(np.linalg.solve(np.stack(terms(p, len(p)), axis=1), x))

    def ppf(p: np.ndarray) -> np.ndarray:
        m = sum(
            a * term for a, term in zip(coefficients or [], terms(np.asarray(p), len(coefficients or [])), strict=True)
        )
        if low is not None and high is not None:
            return low + (high - low) * special.expit(m)
        return low + np.exp(m) if low is not None else high - np.exp(-m) if high is not None else m

    return Dist(ppf, lambda x: solve(ppf, x, 0.0, 1.0))


def empirical(
    points: list,
    probabilities: list | None = None,
    values: list | None = None,
    sample: list | None = None,
    low: float = 0.0,
    high: float = 0.0,
) -> Dist:
    """Straight lines through (probability, value); of a sample through (i / (n - 1), i-th smallest)."""
    if points:
        probabilities, values = zip(*[(0.0, low), *points, (1.0, high)], strict=True)  # type: ignore[assignment]
    elif sample:
        probabilities, values = list(np.linspace(0.0, 1.0, len(sample))), sorted(sample)
    return Dist(
        lambda p: np.interp(p, probabilities, values), lambda x: np.interp(x, values, probabilities, left=0, right=1)
    )


def discrete(points: list, values: list, probabilities: list) -> Dist:
    order = np.argsort(values)
    x, cumulative = np.array(values, float)[order], np.cumsum(np.array(probabilities, float)[order])
    return Dist(
        lambda p: x[np.searchsorted(cumulative[:-1], p)],
        lambda v: np.concatenate([[0.0], cumulative])[np.searchsorted(x, v, side="right")],
    )


def truncated(points: list, distribution: dict, low: float = -np.inf, high: float = np.inf) -> Dist:
    """Given that it lies within low to high, both included."""
    inner = build(distribution)
    below, upto = inner.cdf(np.nextafter(low, -np.inf)), inner.cdf(np.float64(high))
    return Dist(
        lambda p: np.clip(inner.ppf(below + p * (upto - below)), low, high),
        lambda x: np.clip((inner.cdf(x) - below) / (upto - below), 0.0, 1.0),
        inner.closed,
    )


def shifted(points: list, distribution: dict, by: float) -> Dist:
    inner = build(distribution)
    return Dist(lambda p: by + inner.ppf(p), lambda x: inner.cdf(x - by), inner.closed)


def scaled(points: list, distribution: dict, by: float) -> Dist:
    inner = build(distribution)
    return Dist(lambda p: by * inner.ppf(p), lambda x: inner.cdf(x / by), inner.closed)


def mixture(points: list, distributions: list, weights: list) -> Dist:
    """F = w1 F1 + w2 F2 + ...; the quantile is where F first reaches p."""
    members = [build(each) for each in distributions]

    def cdf(x: np.ndarray) -> np.ndarray:
        return sum(weight * member.cdf(x) for weight, member in zip(weights, members, strict=True))

    def ppf(p: np.ndarray) -> np.ndarray:
        inside = np.clip(p, 1e-18, 1.0 - 1e-15)
        each = [member.ppf(inside) for member in members]
        return solve(cdf, inside, np.nextafter(np.min(each, axis=0), -np.inf), np.max(each, axis=0))

    return Dist(ppf, cdf, closed=False)


FAMILIES: dict[str, Callable[..., Dist]] = {
    "constant": constant,
    "uniform": uniform,
    "triangular": triangular,
    "beta": beta,
    "pert": pert,
    "normal": normal,
    "lognormal": lognormal,
    "student": student,
    "logstudent": logstudent,
    "gamma": gamma,
    "weibull": weibull,
    "metalog": metalog,
    "empirical": empirical,
    "discrete": discrete,
    "truncated": truncated,
    "shifted": shifted,
    "scaled": scaled,
    "mixture": mixture,
}
