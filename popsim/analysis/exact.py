"""Mean and standard deviation of a total without drawing anything: the method of moments, wherever the model allows it.

    Var(total) = sum over pairs of cells (c, k), (d, l) of E[Y Y'] - E[Y] E[Y'],      Y = u X N F

with u known, X the unit cost, N whether it is needed and F the power of a country's size (or another measure) with an
uncertain exponent. The three are independent of each other, so that E[Y Y'] = u u' E[X X'] E[N N'] E[F F']. Of what is
a share S of a whole W, X = W S and E[X X'] = E[W W'] E[S S'], as the split does not depend on the whole. Two cells
are of one country, of one group of countries, or neither, and each relation has one correlation of scores for a pair of
components. E[N N'] follows from the bivariate normal probability, E[F F'] from quadrature over exponents that both have
in common, and E[X X'] from series in Hermite polynomials:

A quantity T(z) of finite variance is sum_k a_k h_k(z), h_k the orthonormal Hermite polynomials, a_k = E[T(z) h_k(z)].
Where two scores correlate by r, E[h_j(z) h_k(z')] is r^k for j = k and 0 otherwise (Mehler 1866,
doi:10.1515/crll.1866.66.161; Lancaster 1957, doi:10.1093/biomet/44.1-2.289), so

    Cov(T(z), U(z')) = sum_{k >= 1} a_k b_k r^k.

What the series leaves off after K terms is at most |r|^(K + 1) times the root of what each quantity's variance has
beyond sum a_k^2 (Cauchy and Schwarz).
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr
from scipy.special import ndtr, ndtri

from popsim import schema
from popsim.analysis.door import options_of, study_of
from popsim.arrays import Floats, Integers
from popsim.families.base import Family
from popsim.families.constant import Constant
from popsim.plan.dependence import Score, component_scores, need_scores, share_score
from popsim.plan.expectation import expect_rows
from popsim.plan.needs import both_below, needs_of
from popsim.plan.quadrature import nodes, scored_nodes
from popsim.plan.rows import is_drawn
from popsim.plan.study_view import StudyView
from popsim.study.model import Amount, Area, Component, Exponent, Setting, Study

if TYPE_CHECKING:
    from popsim.engine.runs import Run

_ACCURACY = 1e-6
"""Largest relative error of a variance that counts as exact."""
_SAME_NEED = 1e-12
"""Scores of needs whose correlation is so near 1 are the same score."""

_TOO_HEAVY = "tails too heavy or steps too steep for the formula"

TERMS = 400
"""Terms of a series."""
_LIMIT = 14.0
"""Scores are integrated up to here: of a lognormal with sigma 4, what lies beyond is below 1e-9 of its variance."""
_ORDER, _WIDEST = 24, 0.5
_SAME_COST = 1e-9
"""Scores of costs whose correlation is so near 1 are the same score."""


def exact_moments(study: Run | Study) -> xr.Dataset:
    """Return the exact mean and, where the model allows it, the exact standard deviation of the total cost.

    The mean is always known. The standard deviation is where unit costs, exponents and needs of a known chance that do
    not depend on costs are all that is uncertain; correlated costs by the series of their distributions in Hermite
    polynomials, to 1e-6 of the variance. See docs/concepts/precision.md.

    Parameters
    ----------
    study
        A study, or a run of it.

    Returns
    -------
    xarray.Dataset
        `expected_cost` and `exact_std` (option), in the study's currency; NaN where the standard deviation is not
        known, and `unknown_because` (option) then says what stands in the way, else "".

    Raises
    ------
    ParameterError
        For anything but a study or a run.

    Examples
    --------
    >>> import popsim as ps
    >>> ps.exact_moments(ps.load_study("pops"))["unknown_because"].sel(option="full").item().split(", ")[0]
    'starts of countries'
    """
    study = study_of(study)
    studies = {**options_of(study), schema.FULL: replace(study, options=())}
    means = [float(expect_rows(StudyView(each)).mean.sum()) for each in studies.values()]
    spreads = [total_std(each) for each in studies.values()]
    result = xr.Dataset(
        {
            "expected_cost": (("option",), np.array(means)),
            "exact_std": (("option",), np.array([each.std for each in spreads])),
            "unknown_because": (("option",), np.array([", ".join(each.reasons) for each in spreads])),
        },
        {"option": list(studies)},
        {"study_name": study.name, "currency": study.currency, "price_year": study.price_year},
    )
    for name in ("expected_cost", "exact_std"):
        result[name].attrs = schema.describe("expected_cost", study.currency, study.price_year)
    result["exact_std"].attrs |= {
        "long_name": "Standard deviation",
        "description": "Exact standard deviation of the total cost, by the method of moments.",
    }
    result["unknown_because"].attrs = {
        "units": "1",
        "long_name": "Why the standard deviation is not known",
        "description": "What is uncertain beside what the formula knows.",
    }
    return result


class Spread(NamedTuple):
    """Standard deviation of the total cost, NaN where no formula is known, and the reasons why."""

    std: float
    reasons: tuple[str, ...] = ()


class _Part(NamedTuple):
    """A component in all countries: its score, the score of its need, and what multiplies its cost."""

    cost: Family
    """Of the whole, where it is a share of one."""
    score: Score
    share: Family
    """Share of the whole; 1 for all else."""
    split: Score
    """Score of the share."""
    need: Score | None
    threshold: Floats
    """By country: it is needed where its need's score is below; infinite where it always is."""
    known: Floats
    """By country: what a unit cost is multiplied by, at the expected powers of uncertain exponents."""
    powers: dict[str, tuple[Floats, Floats]]
    """By stream of an uncertain exponent: weights of its nodes, and (node, country) the power over the expected one."""


def total_std(study: Study) -> Spread:
    """Return the standard deviation of the total cost within the horizon, to 1e-6 of it.

    Options of the study are ignored. It is exact for studies in which only unit costs, exponents and needs of a known
    chance are uncertain, needs independently of costs; starts, delays and rises of prices have to be known.

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
        covered, bound = _pair(parts[i], parts[j], i == j, group)
        variance += covered if i == j else 2.0 * covered
        error += bound if i == j else 2.0 * bound
    if not (np.isfinite(variance) and error <= _ACCURACY * variance):
        return Spread(0.0) if variance == error == 0.0 else Spread(float("nan"), (_TOO_HEAVY,))
    return Spread(float(np.sqrt(max(variance, 0.0))))


def _reasons(study: Study) -> tuple[str, ...]:
    """Return what is uncertain in a study beside what the formula knows."""
    areas, delays = study.areas, [area.delay for area in study.areas if area.delay is not None]
    pairs = [(area, component) for area in areas for component in area.components]
    needs = [[setting for _, setting in needs_of(*pair)] for pair in pairs]
    shocked = {area for shock in study.shocks for area in shock.areas}
    amounts = [value for each in needs for setting in each for value in _values(setting)]
    uncertain = [value for value in amounts if value not in (0.0, 1.0)]
    tests = {
        "starts of countries": _is_uncertain(study.start),
        "delays": any(_is_uncertain(each.years) or is_drawn(each.level) for each in delays),
        "rises of prices": any(is_drawn(area.escalation.rate) for area in areas if area.escalation),
        "events that raise prices": any(area.id in shocked for area in areas),
        "chances of need that are uncertain": any(is_drawn(value) for value in amounts),
        "needs that are correlated with costs": bool(uncertain) and study.dependence.need_with_cost != 0.0,
        "components with two needs": any(len(each) > 1 for each in needs),
        "costs without a standard deviation": not all(np.isfinite(part.cost.std()) for _, part in pairs),
        _TOO_HEAVY: any(_is_heavy(cost) for _, part in pairs for cost in _factors(part)),
    }
    return tuple(reason for reason, is_true in tests.items() if is_true)


def _values(setting: Setting) -> list[Amount]:
    return [setting.value, *(value for _, _, value in setting.by)]


def _is_uncertain(setting: Setting | None) -> bool:
    return setting is not None and any(is_drawn(value) for value in _values(setting))


def _is_heavy(cost: Family) -> bool:
    """Return whether the variance depends on scores beyond those that are integrated over."""
    if not is_drawn(cost) or not np.isfinite(cost.std()):
        return False
    # A square may pass the range of floating point at either end; that is beyond the formula too.
    with np.errstate(all="ignore"):
        return not abs(series(cost)[1] / np.square(cost.std()) - 1.0) <= _ACCURACY


def _parts(study: Study) -> list[_Part]:
    scores, needs = component_scores(study), need_scores(study)
    mean = expect_rows(StudyView(study)).mean.T
    pairs = [(area, component) for area in study.areas for component in area.components]
    return [_part(study, *pair, score, needs, row) for pair, score, row in zip(pairs, scores, mean, strict=True)]


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
    cost, share = _factors(component)
    split = Score((), ()) if component.part is None else share_score(study, component.part)
    return _Part(cost, score, share, split, need, np.asarray(ndtri(chance)), known, powers)


def _factors(component: Component) -> tuple[Family, Family]:
    """Return the two independent factors of a unit cost: the whole and the share of it, or the cost and 1."""
    part = component.part
    if part is None:
        return component.cost, Constant(1.0)
    return part.whole.cost, part.share if isinstance(part.share, Family) else Constant(part.share)


def _powers(study: Study, exponents: list[Exponent]) -> tuple[Floats, Floats]:
    """Return the weights of the nodes of one exponent, and each country's power there over the expected power."""
    family = exponents[0].value
    assert isinstance(family, Family)  # noqa: S101
    value, weight = nodes(family)
    logs = np.array(
        [[np.log(country.factor(each.driver) / each.reference) for country in study.countries] for each in exponents]
    )
    power = np.exp(np.outer(value, logs.sum(axis=0)))
    return weight, power / (weight @ power)


def _pair(one: _Part, two: _Part, same: bool, group: Integers) -> tuple[float, float]:
    """Return the covariance of two components over all countries, and a bound of its error."""
    scores, splits = _layers(one.score, two.score), _layers(one.split, two.split)
    needs = _layers(one.need, two.need) if one.need is not None and two.need is not None else np.zeros(3)
    apart = np.not_equal.outer(group, group)
    alone = np.eye(len(group), dtype=bool)
    means, split_means = (a.mean() * b.mean() for a, b in ((one.cost, two.cost), (one.share, two.share)))
    moment, error = np.zeros(apart.shape), np.zeros(apart.shape)
    for layers, where in enumerate((apart, ~apart & ~alone, alone), 1):
        if not where.any():
            continue
        is_one = same and layers == 3
        together, bound = _covariance(one.cost, two.cost, 1.0 if is_one else scores[:layers].sum())
        split, split_bound = _covariance(one.share, two.share, 1.0 if is_one else splits[:layers].sum())
        whole, part = together + means, split + split_means
        moment[where] = (whole * part * _both(one, two, float(needs[:layers].sum())))[where]
        error[where] = bound * abs(part) + split_bound * (abs(whole) + bound)
    means *= split_means
    factors = np.outer(one.known, two.known)
    expected = factors * means * np.outer(ndtr(one.threshold), ndtr(two.threshold))
    for stream in one.powers.keys() & two.powers.keys():
        weight, power = one.powers[stream]
        factors = factors * ((power * weight[:, None]).T @ two.powers[stream][1])
    return float((factors * moment - expected).sum()), float((factors * error).sum())


def _covariance(one: Family, two: Family, correlation: float) -> tuple[float, float]:
    """Return the covariance of two quantities, either of which may be known, and a bound of its error."""
    if not (is_drawn(one) and is_drawn(two)):
        return 0.0, 0.0
    # Rounding alone can carry a correlation a hair beyond 1.
    return covariance(one, two, float(np.clip(correlation, -1.0, 1.0)))


def _layers(one: Score, two: Score) -> Floats:
    """Return what two scores have in common: over all countries, over those of a group, within a country."""
    layers = ((one.shared, two.shared), (one.group, two.group), (one.own, two.own))
    return np.array([sum(weight * dict(others).get(name, 0.0) for name, weight in mine) for mine, others in layers])


def _both(one: _Part, two: _Part, r: float) -> Floats:
    """Return the probability that both are needed, by country of the one and of the other."""
    first, second = (np.unique(part.threshold, return_inverse=True) for part in (one, two))
    if r > 1.0 - _SAME_NEED:
        both = ndtr(np.minimum.outer(first[0], second[0]))
    elif r == 0.0:
        both = np.outer(ndtr(first[0]), ndtr(second[0]))
    else:
        both = both_below(first[0][:, None], second[0][None, :], r)
    return np.asarray(both[np.ix_(first[1], second[1])])


@lru_cache(maxsize=1024)
def series(family: Family) -> tuple[Floats, float]:
    """Return a_1 ... a_K of a quantity, and its variance as integrated.

    Examples
    --------
    >>> from popsim.families.normal import Normal
    >>> coefficients, variance = series(Normal(5.0, 2.0))
    >>> coefficients[:2].round(9).tolist(), round(variance, 9)
    ([2.0, 0.0], 4.0)
    """
    z, value, weight = scored_nodes(family, _ORDER, _WIDEST, _LIMIT)
    apart = value - value @ weight
    parts = apart * weight
    coefficients = np.empty(TERMS)
    before, now = np.zeros_like(z), np.ones_like(z)
    for k in range(TERMS):
        before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1.0)
        coefficients[k] = parts @ now
    coefficients.setflags(write=False)
    return coefficients, float(parts @ apart)


def covariance(one: Family, two: Family, correlation: float) -> tuple[float, float]:
    """Return the covariance of two quantities whose normal scores correlate, and a bound of its error.

    Examples
    --------
    >>> from popsim.families.lognormal import LogNormal
    >>> value, _ = covariance(LogNormal(0.0, 1.0), LogNormal(0.0, 0.5), 0.3)
    >>> bool(abs(value / (np.exp(0.625) * np.expm1(0.15)) - 1.0) < 1e-9)
    True
    """
    if correlation == 0.0:
        return 0.0, 0.0
    if abs(correlation) > 1.0 - _SAME_COST:
        return (one.std() ** 2, 0.0) if one == two and correlation > 0.0 else (_alike(one, two, correlation > 0.0), 0.0)
    (a, variance), (b, other) = series(one), series(two)
    powers = correlation ** np.arange(1.0, TERMS + 1.0)
    beyond = max(variance - float(a @ a), 0.0) * max(other - float(b @ b), 0.0)
    return float((a * b) @ powers), abs(correlation) ** (TERMS + 1) * float(np.sqrt(beyond))


def _alike(one: Family, two: Family, same: bool) -> float:
    """Return the covariance where both have the same or opposite scores: integrated between the kinks of both."""
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
    """Return the scores at which a quantity has a kink or a jump."""
    jumps = family.jumps()
    return np.asarray(ndtri(np.array(family.kinks() if jumps is None else jumps[0][:-1], dtype=np.float64)))
