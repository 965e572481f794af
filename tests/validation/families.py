"""Families in extreme shapes against mpmath, with fifty digits: quantiles, moments, and a million draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

import popsim as ps
from popsim.families import Family

from .claims import ALARM, Claim, Section

SEED = 41
COUNT = 1_000_000
DISTANCE = math.sqrt(math.log(2.0 / ALARM) / (2.0 * COUNT))
"""P(sup |F_n - F| > d) <= 2 exp(-2 n d^2) for any distribution (Massart 1990, doi:10.1214/aop/1176990746)."""
LEVELS = (1e-12, 1e-6, 1e-3, 0.05, 0.3, 0.5)
"""Probabilities of quantiles from below, and from above."""
SMALLEST = float(np.finfo(np.float64).tiny)
"""Smallest number with all its digits."""
DIGITS = 1e-11
MOMENT_DIGITS = 1e-11


class Extreme(NamedTuple):
    """A family in an extreme shape; `make` takes a factor on one parameter, 1 for the shape itself."""

    name: str
    make: Callable[[float], Family]
    law: Callable[[Any], Law]
    """Of the module mpmath."""


class Law(NamedTuple):
    """What mpmath says of it; `size` is what an error of a quantile is relative to, None for the quantile itself."""

    cdf: Callable[[Any], Any]
    sf: Callable[[Any], Any]
    pdf: Callable[[Any], Any]
    mean: Any
    std: Any
    size: float | None = None


def _normal(mp: Any, mu: float, sigma: float) -> Law:
    m, s = mp.mpf(mu), mp.mpf(sigma)
    return Law(
        lambda x: mp.ncdf((x - m) / s),
        lambda x: mp.ncdf((m - x) / s),
        lambda x: mp.npdf((x - m) / s) / s,
        m,
        s,
        sigma,
    )


def _lognormal(mp: Any, mu: float, sigma: float) -> Law:
    m, s = mp.mpf(mu), mp.mpf(sigma)
    mean = mp.exp(m + s**2 / 2)
    return Law(
        lambda x: mp.ncdf((mp.log(x) - m) / s),
        lambda x: mp.ncdf((m - mp.log(x)) / s),
        lambda x: mp.npdf((mp.log(x) - m) / s) / s / x,
        mean,
        mean * mp.sqrt(mp.expm1(s**2)),
    )


def _gamma(mp: Any, shape: float, scale: float) -> Law:
    k, t = mp.mpf(shape), mp.mpf(scale)
    return Law(
        lambda x: mp.gammainc(k, 0, x / t, regularized=True),
        lambda x: mp.gammainc(k, x / t, mp.inf, regularized=True),
        lambda x: mp.exp((k - 1) * mp.log(x / t) - x / t - mp.loggamma(k)) / t,
        k * t,
        mp.sqrt(k) * t,
    )


def _beta(mp: Any, a: float, b: float, low: float = 0.0, high: float = 1.0) -> Law:
    p, q, start, width = mp.mpf(a), mp.mpf(b), mp.mpf(low), mp.mpf(high) - mp.mpf(low)
    return Law(
        lambda x: mp.betainc(p, q, 0, (x - start) / width, regularized=True),
        lambda x: mp.betainc(q, p, 0, 1 - (x - start) / width, regularized=True),
        lambda x: (
            mp.exp((p - 1) * mp.log((x - start) / width) + (q - 1) * mp.log(1 - (x - start) / width))
            / mp.beta(p, q)
            / width
        ),
        start + width * p / (p + q),
        width * mp.sqrt(p * q / (p + q + 1)) / (p + q),
        None if low == 0.0 else high - low,
    )


def _weibull(mp: Any, shape: float, scale: float) -> Law:
    k, t = mp.mpf(shape), mp.mpf(scale)
    first, second = mp.gamma(1 + 1 / k), mp.gamma(1 + 2 / k)
    return Law(
        lambda x: -mp.expm1(-((x / t) ** k)),
        lambda x: mp.exp(-((x / t) ** k)),
        lambda x: k / x * (x / t) ** k * mp.exp(-((x / t) ** k)),
        t * first,
        t * mp.sqrt(second - first**2),
    )


def _triangular(mp: Any, low: float, mode: float, high: float) -> Law:
    a, m, b = mp.mpf(low), mp.mpf(mode), mp.mpf(high)

    def cdf(x: Any) -> Any:
        return (x - a) ** 2 / (b - a) / (m - a) if x <= m else 1 - (b - x) ** 2 / (b - a) / (b - m)

    def sf(x: Any) -> Any:
        return 1 - (x - a) ** 2 / (b - a) / (m - a) if x <= m else (b - x) ** 2 / (b - a) / (b - m)

    def pdf(x: Any) -> Any:
        return 2 * (x - a) / (b - a) / (m - a) if x <= m else 2 * (b - x) / (b - a) / (b - m)

    variance = (a**2 + m**2 + b**2 - a * m - a * b - m * b) / 18
    return Law(cdf, sf, pdf, (a + m + b) / 3, mp.sqrt(variance), high - low)


def _student(mp: Any, location: float, scale: float, degrees: float) -> Law:
    m, s, n = mp.mpf(location), mp.mpf(scale), mp.mpf(degrees)

    def tail(t: Any) -> Any:
        """P(T > t) for t >= 0."""
        return mp.betainc(n / 2, mp.mpf(1) / 2, 0, n / (n + t**2), regularized=True) / 2

    def sf(x: Any) -> Any:
        t = (x - m) / s
        return tail(t) if t >= 0 else 1 - tail(-t)

    def cdf(x: Any) -> Any:
        t = (x - m) / s
        return tail(-t) if t <= 0 else 1 - tail(t)

    def pdf(x: Any) -> Any:
        return (1 + ((x - m) / s) ** 2 / n) ** (-(n + 1) / 2) / mp.sqrt(n) / mp.beta(n / 2, mp.mpf(1) / 2) / s

    return Law(cdf, sf, pdf, m, s * mp.sqrt(n / (n - 2)), scale)


def _gumbel(mp: Any, location: float, scale: float) -> Law:
    m, s = mp.mpf(location), mp.mpf(scale)
    return Law(
        lambda x: mp.exp(-mp.exp(-(x - m) / s)),
        lambda x: -mp.expm1(-mp.exp(-(x - m) / s)),
        lambda x: mp.exp(-(x - m) / s - mp.exp(-(x - m) / s)) / s,
        m + mp.euler * s,
        mp.pi * s / mp.sqrt(6),
        scale,
    )


def _shifted(mp: Any, law: Law, by: float) -> Law:
    moved = mp.mpf(by)
    return Law(
        lambda x: law.cdf(x - moved),
        lambda x: law.sf(x - moved),
        lambda x: law.pdf(x - moved),
        law.mean + moved,
        law.std,
    )


def _truncated(mp: Any, law: Law, low: float, high: float) -> Law:
    """Return the law between two values; moments by quadrature, over the logarithm of values."""
    a, b = mp.mpf(low), mp.mpf(high)
    inside = law.sf(a) - law.sf(b)
    steps = mp.linspace(mp.log(a), mp.log(b), 9)
    first, second = (mp.quad(lambda t, k=k: mp.exp((k + 1) * t) * law.pdf(mp.exp(t)), steps) / inside for k in (1, 2))
    return Law(
        lambda x: (law.sf(a) - law.sf(x)) / inside,
        lambda x: (law.sf(x) - law.sf(b)) / inside,
        lambda x: law.pdf(x) / inside,
        first,
        mp.sqrt(second - first**2),
    )


def _metalog(mp: Any, coefficients: Sequence[float], low: float, high: float | None = None) -> Law:
    """Return Keelin's law of the logit t of probabilities: M(t), bounded; moments by quadrature over t."""
    a, start = [mp.mpf(each) for each in coefficients], mp.mpf(low)

    def m(t: Any) -> Any:
        d = 1 / (1 + mp.exp(-t)) - mp.mpf(1) / 2
        return a[0] + a[1] * t + (a[2] * d * t if len(a) > 2 else 0)

    def q(t: Any) -> Any:
        return start + mp.exp(m(t)) if high is None else start + (mp.mpf(high) - start) / (1 + mp.exp(-m(t)))

    def t_of(x: Any) -> Any:
        free = mp.log(x - start) if high is None else mp.log((x - start) / (mp.mpf(high) - x))
        return mp.findroot(lambda t: m(t) - free, (free - a[0]) / a[1], tol=mp.mpf(10) ** -80)

    def density(t: Any) -> Any:
        return 1 / (2 + mp.exp(t) + mp.exp(-t))

    steps = mp.linspace(-500, 500, 101)
    first, second = (mp.quad(lambda t, k=k: (q(t) - start) ** k * density(t), steps) for k in (1, 2))
    return Law(
        lambda x: 1 / (1 + mp.exp(-t_of(x))),
        lambda x: 1 / (1 + mp.exp(t_of(x))),
        lambda x: density(t_of(x)) / mp.diff(q, t_of(x)),
        start + first,
        mp.sqrt(second - first**2),
    )


def _truncated_normal(mp: Any, low: float, high: float) -> Law:
    a, b = mp.mpf(low), mp.mpf(high)
    inside = mp.ncdf(-a) - mp.ncdf(-b)
    mean = (mp.npdf(a) - mp.npdf(b)) / inside
    variance = 1 + (a * mp.npdf(a) - b * mp.npdf(b)) / inside - mean**2
    return Law(
        lambda x: (mp.ncdf(-a) - mp.ncdf(-x)) / inside,
        lambda x: (mp.ncdf(-x) - mp.ncdf(-b)) / inside,
        lambda x: mp.npdf(x) / inside,
        mean,
        mp.sqrt(variance),
    )


def _mixture(mp: Any, laws: Sequence[Law], weights: Sequence[float]) -> Law:
    shares = [mp.mpf(weight) for weight in weights]

    def pooled(part: str) -> Callable[[Any], Any]:
        return lambda x: sum(w * getattr(law, part)(x) for w, law in zip(shares, laws, strict=True))

    mean = sum(w * law.mean for w, law in zip(shares, laws, strict=True))
    variance = sum(w * (law.std**2 + (law.mean - mean) ** 2) for w, law in zip(shares, laws, strict=True))
    return Law(pooled("cdf"), pooled("sf"), pooled("pdf"), mean, mp.sqrt(variance))


def _two_peaks(mp: Any) -> Law:
    return _mixture(mp, [_lognormal(mp, 0.0, 0.1), _lognormal(mp, 9.0, 0.1)], [0.875, 0.125])


EXTREMES = (
    Extreme("Normal(0, 1)", lambda f: ps.Normal(0.0, f), lambda mp: _normal(mp, 0.0, 1.0)),
    Extreme("LogNormal(0, 3), heavy tail", lambda f: ps.LogNormal(0.0, 3.0 * f), lambda mp: _lognormal(mp, 0.0, 3.0)),
    Extreme(
        "LogNormal(12, 0.001), narrow",
        lambda f: ps.LogNormal(12.0, 0.001 * f),
        lambda mp: _lognormal(mp, 12.0, 0.001),
    ),
    Extreme("Gamma(0.05, 2), nearly always zero", lambda f: ps.Gamma(0.05 * f, 2.0), lambda mp: _gamma(mp, 0.05, 2.0)),
    Extreme("Gamma(500000, 2), narrow", lambda f: ps.Gamma(5e5, 2.0 * f), lambda mp: _gamma(mp, 5e5, 2.0)),
    Extreme("Gamma(20000, 0.5), nearly normal", lambda f: ps.Gamma(2e4, 0.5 * f), lambda mp: _gamma(mp, 2e4, 0.5)),
    Extreme("Beta(0.05, 0.5), at the bounds", lambda f: ps.Beta(0.05 * f, 0.5), lambda mp: _beta(mp, 0.05, 0.5)),
    Extreme(
        "Beta(0.01, 0.01), at the bounds",
        lambda f: ps.Beta(0.01 * f, 0.01),
        lambda mp: _beta(mp, 0.01, 0.01),
    ),
    Extreme("Beta(800, 2), at the upper bound", lambda f: ps.Beta(800.0, 2.0 * f), lambda mp: _beta(mp, 800.0, 2.0)),
    Extreme("Weibull(0.25, 3), heavy tail", lambda f: ps.Weibull(0.25 * f, 3.0), lambda mp: _weibull(mp, 0.25, 3.0)),
    Extreme("Weibull(0.2, 1), heavier tail", lambda f: ps.Weibull(0.2 * f, 1.0), lambda mp: _weibull(mp, 0.2, 1.0)),
    Extreme("Weibull(80, 1e6), narrow", lambda f: ps.Weibull(80.0 * f, 1e6), lambda mp: _weibull(mp, 80.0, 1e6)),
    Extreme(
        "Triangular(0, 0.001, 1), mode at the bound",
        lambda f: ps.Triangular(0.0, 0.001, f),
        lambda mp: _triangular(mp, 0.0, 0.001, 1.0),
    ),
    Extreme(
        "Pert(0, 1, 1000, shape=40)",
        lambda f: ps.Pert(0.0, 1.0, 1000.0, shape=40.0 * f),
        lambda mp: _beta(mp, 1.0 + 40.0 * (1.0 / 1000.0), 1.0 + 40.0 * (999.0 / 1000.0), 0.0, 1000.0),
    ),
    Extreme("Student(5, 2, 3)", lambda f: ps.Student(5.0, 2.0 * f, 3.0), lambda mp: _student(mp, 5.0, 2.0, 3.0)),
    Extreme(
        "Student(0, 1, 2.05), variance nearly infinite",
        lambda f: ps.Student(0.0, f, 2.05),
        lambda mp: _student(mp, 0.0, 1.0, 2.05),
    ),
    Extreme(
        "Metalog((2, 0.3, 0.1), low=0), heavy tail",
        lambda f: ps.Metalog((2.0, 0.3 * f, 0.1), low=0.0),
        lambda mp: _metalog(mp, (2.0, 0.3, 0.1), 0.0),
    ),
    Extreme(
        "Metalog((0, 2, 1), low=10, high=20), at the bounds",
        lambda f: ps.Metalog((0.0, 2.0 * f, 1.0), low=10.0, high=20.0),
        lambda mp: _metalog(mp, (0.0, 2.0, 1.0), 10.0, 20.0),
    ),
    Extreme(
        "Shifted(Weibull(0.25, 3), 1000)",
        lambda f: ps.Shifted(ps.Weibull(0.25 * f, 3.0), 1_000.0),
        lambda mp: _shifted(mp, _weibull(mp, 0.25, 3.0), 1_000.0),
    ),
    Extreme("Gumbel(10, 4)", lambda f: ps.Gumbel(10.0, 4.0 * f), lambda mp: _gumbel(mp, 10.0, 4.0)),
    Extreme(
        "Truncated(Normal(0, 1), 8, 9), far tail",
        lambda f: ps.Truncated(ps.Normal(0.0, f), 8.0, 9.0),
        lambda mp: _truncated_normal(mp, 8.0, 9.0),
    ),
    Extreme(
        "Truncated(LogNormal(0, 2), 1e-6, 1e6), six standard deviations each side",
        lambda f: ps.Truncated(ps.LogNormal(0.0, 2.0 * f), 1e-6, 1e6),
        lambda mp: _truncated(mp, _lognormal(mp, 0.0, 2.0), 1e-6, 1e6),
    ),
    Extreme(
        "Mixture of LogNormal(0, 0.1) and LogNormal(9, 0.1)",
        lambda f: ps.Mixture([ps.LogNormal(0.0, 0.1), ps.LogNormal(9.0 * f, 0.1)], [0.875, 0.125]),
        _two_peaks,
    ),
)


def _precise() -> Any:
    import mpmath

    mpmath.mp.dps = 50
    return mpmath.mp


def quantile_error(family: Family, law: Law) -> float:
    """Return the largest relative error of quantiles: that of the probability over density and size."""
    mp, worst = _precise(), 0.0
    low, high = family.support()
    for level in LEVELS:
        for quantiles, probability, end in ((family.ppf, law.cdf, low), (family.isf, law.sf, high)):
            found = float(quantiles(level))
            if abs(found - end) <= SMALLEST:
                # Right where no float with all its digits lies between the quantile and the end.
                inner = float(np.nextafter(end, 0.5 * (low + high))) if end else 2.0 * SMALLEST
                worst = max(worst, 0.0 if probability(mp.mpf(inner)) >= level else math.inf)
                continue
            x = mp.mpf(found)
            # An error of half a last digit of the quantile itself is none of the family.
            worst = max(worst, _apart(mp, law, x, probability(x) - mp.mpf(level)))
    return worst


def probability_error(family: Family, law: Law) -> float:
    """Return the largest error of probabilities of values below and above, in terms of the value."""
    mp, worst = _precise(), 0.0
    for level in LEVELS:
        for quantile, ask, probability in ((family.ppf, family.cdf, law.cdf), (family.isf, family.sf, law.sf)):
            found = float(quantile(level))
            if min(abs(found - end) for end in family.support()) <= SMALLEST:
                continue
            x = mp.mpf(found)
            worst = max(worst, _apart(mp, law, x, probability(x) - mp.mpf(float(ask(found)))))
    return worst


def _apart(mp: Any, law: Law, x: Any, difference: Any) -> float:
    """Return what a difference of probabilities is in terms of the value, relative to that or to the scale."""
    return float(abs(difference / law.pdf(x)) / (abs(x) if law.size is None else max(abs(x), mp.mpf(law.size))))


def moment_error(family: Family, law: Law) -> float:
    """Return the largest relative error of mean and standard deviation."""
    size = max(abs(law.mean), law.std)
    return float(max(abs(family.mean() - law.mean) / size, abs(family.std() - law.std) / law.std))


def distance(name: str, family: Family, points: Sequence[float], probabilities: Sequence[float]) -> float:
    """Return the largest difference of a million draws from probabilities at these points; names are streams."""
    drawn = np.sort(ps.sample({name: family}, scenarios=COUNT, seed=SEED)[name].values)
    below = np.searchsorted(drawn, points, side="right") / COUNT
    return float(np.abs(below - np.array(probabilities)).max())


@cache
def _law(extreme: Extreme) -> Law:
    return extreme.law(_precise())


def _measure_quantiles(extreme: Extreme) -> tuple[float, float]:
    law = _law(extreme)
    return quantile_error(extreme.make(1.0), law), quantile_error(extreme.make(1.0 + 1e-7), law)


def _measure_probabilities(extreme: Extreme) -> tuple[float, float]:
    law = _law(extreme)
    return probability_error(extreme.make(1.0), law), probability_error(extreme.make(1.0 + 1e-7), law)


def _measure_moments(extreme: Extreme) -> tuple[float, float]:
    law = _law(extreme)
    return moment_error(extreme.make(1.0), law), moment_error(extreme.make(1.0 + 1e-7), law)


def _measure_draws(extreme: Extreme) -> tuple[float, float]:
    law = _law(extreme)
    points = extreme.make(1.0).ppf(np.arange(1, 100) / 100.0).tolist()
    probabilities = [float(law.cdf(_precise().mpf(x))) for x in points]
    right, wrong = (distance(extreme.name, extreme.make(f), points, probabilities) for f in (1.0, 1.1))
    return right, wrong


def claims() -> list[Claim]:
    """Return four claims of each extreme shape."""
    levels = ", ".join(f"{level:g}" for level in LEVELS)
    made: list[Claim] = []
    for extreme in EXTREMES:
        made += [
            Claim(
                f"quantiles of {extreme.name}",
                f"quantiles at {levels} from below and from above, put into the distribution function",
                "mpmath, 50 digits",
                "largest relative error",
                DIGITS,
                "a parameter larger by 1e-7",
                partial(_measure_quantiles, extreme),
            ),
            Claim(
                f"probabilities of {extreme.name}",
                "the distribution function at these quantiles, from below and from above",
                "mpmath, 50 digits",
                "largest error, in terms of the value, relative",
                DIGITS,
                "a parameter larger by 1e-7",
                partial(_measure_probabilities, extreme),
            ),
            Claim(
                f"moments of {extreme.name}",
                "mean and standard deviation",
                "closed forms, or quadrature, in mpmath, 50 digits",
                "largest relative error",
                MOMENT_DIGITS,
                "a parameter larger by 1e-7",
                partial(_measure_moments, extreme),
            ),
        ]
        made.append(
            Claim(
                f"draws of {extreme.name}",
                f"{COUNT:,} draws, shares below 99 points",
                "distribution function in mpmath",
                "largest difference of a share",
                DISTANCE,
                "a parameter larger by 10 %",
                partial(_measure_draws, extreme),
                SEED,
                ALARM,
            )
        )
    return made


SECTION = Section(
    "families",
    "Families in extreme shapes",
    """Each family is held against its distribution function and moments in arithmetic of fifty digits, in a shape at
the edge of what it allows. An error of a quantile is that of its probability over the density there, relative to the
quantile (to the scale, where values lie on both sides of zero). Draws are compared by the inequality of Dvoretzky,
Kiefer, Wolfowitz and Massart, which holds for any distribution. All families in usual shapes, and all their examples,
are tested in `tests/families` and `tests/statistical/test_families.py`.""",
    claims,
)
