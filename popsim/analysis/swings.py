"""How far a group of uncertain inputs moves an expected result: P10 and P90 of E[y | group], from runs in blocks.

The scenarios of a block share the draws of the group and differ in all others. The mean of a block is E[y | group] and
the error of a mean of so few scenarios, which would smear the law: of skewed costs it is wider than the lower tenth of
the law itself. So quantiles are taken in three steps.

1. Most of that error is taken off. Two other runs have the same draws of all others, and a group of their own in each
   scenario; their block means are control variates, with weights from the scenarios within blocks.
2. Means are drawn together, about their mean, until their variance is that of E[y | group]: first-order index times
   variance, and variance of the means less that of their error, each weighted by how well it is known.
3. What the sample of the group has by chance is taken off: the quantile moves with the mean of the blocks, and its
   distance from it with their spread, where means and spreads of all scenarios are known better. Weights come from the
   influence of each block on the quantile, and are within 0 (as for the low end of a skewed law) and 1 (a normal one).

To divide by the spread of the blocks in any case would suit a normal law. But few values of a skewed law mostly spread
less than it: 128 of a lognormal of sigma 1.5 two thirds as far, which moves P10 and P90 from the mean as much more.

The error is that of the rank of the quantile, which is binomial for any law; where the sample ends before its interval,
the wider side counts, as if the law went on as steeply. What is left of the smear is seen by adding the error of the
means once more; the shift that it makes counts as an error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.analysis.widening import spacings_factor
from popsim.arrays import Floats

SWING = np.array([0.1, 0.9])
"""Probabilities at which E[y | group] is given."""

_NORMAL_SCORE = 1.2816
"""Distance of these quantiles from the mean of a normal, in standard deviations."""

_SHIFTS = 16
"""Blocks whose errors are added to each mean in turn, to see the smear."""

_LEAST = 0.2
"""Least part of the variance of a quantile that mean and spread leave: some 0.3 for a normal law."""

_ROUNDING = 1e-9
"""Means that differ by less, in standard deviations of the result, are the same."""


class _Parts(NamedTuple):
    """Block means of a group and what is known of the law of E[y | group]."""

    means: Floats
    """Drawn together to the variance of E[y | group]."""
    smear: Floats
    """How far the quantiles move when the error of the means is added once more."""
    drawn: float
    """By how much they are drawn together."""
    drawn_error: float


def swing(kept: Floats, free: Floats, mixed: Floats, share: float, share_error: float) -> tuple[Floats, Floats]:
    """Return P10 and P90 of the expectation given a group, and their errors.

    Parameters
    ----------
    kept
        Results (block, scenario of the block) of the run in which blocks share the draws of the group.
    free, mixed
        Results of runs with other draws of the group in every scenario, and all other draws as in `kept`.
    share, share_error
        First-order index of the group; one below zero, which may occur by chance, counts as what it may be.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> others = rng.standard_normal((256, 64))
    >>> free, mixed = (others + rng.standard_normal((256, 64)) for _ in range(2))
    >>> found, error = swing(others + rng.standard_normal((256, 1)), free, mixed, 0.5, 0.01)
    >>> bool((np.abs(found - [-1.2816, 1.2816]) < 1.96 * error).all()), bool((error < 0.2).all())
    (True, True)
    """
    # In standard deviations, since fourth powers of amounts leave the range of a float.
    unit = float(np.abs(free).max()) or 1.0
    unit *= float((free / unit).std()) or 1.0
    found, error = _swing(kept / unit, free / unit, mixed / unit, share, share_error)
    return found * unit, error * unit


def _swing(kept: Floats, free: Floats, mixed: Floats, share: float, share_error: float) -> tuple[Floats, Floats]:
    """Return what `swing` does, of results whose squares are neither nothing nor infinite."""
    mean, variance, count = float(free.mean()), float(free.var()), free.size
    mean_error = np.sqrt(variance / count)
    values = _without_others(kept, (free, mixed))
    if float(values.mean(axis=1).std()) <= _ROUNDING * np.sqrt(variance):
        # No block differs from another: the group does nothing, or what it does is rare.
        reach = _NORMAL_SCORE * np.sqrt(variance) * float(np.hypot(*root_of(share, share_error)))
        return np.full(2, mean), np.full(2, np.hypot(mean_error, reach))
    parts = _parts(values, variance, share, share_error)
    if parts.drawn == 0.0:
        # The blocks differ by chance alone.
        reach = _NORMAL_SCORE * float(values.mean(axis=1).std()) * parts.drawn_error
        return np.full(2, mean), np.full(2, np.hypot(mean_error, reach))
    found, error = _known_better(parts.means, free, share, share_error)
    drawn = np.abs(found - mean) / parts.drawn * parts.drawn_error
    return found, np.sqrt(error**2 + mean_error**2 + drawn**2 + parts.smear**2)


def _known_better(means: Floats, free: Floats, share: float, share_error: float) -> tuple[Floats, Floats]:
    """Return quantiles of the expectation and their errors, with the mean and spread that all scenarios have.

    `means` have the variance of the expectation.
    """
    place, error, slope = _by_rank(means)
    mean, variance, blocks = float(free.mean()), float(free.var()), len(means)
    apart = means - means.mean()
    spread = float(apart.var())
    below = SWING[:, np.newaxis] - (means <= place[:, np.newaxis])
    influence = slope[:, np.newaxis] * (below - below.mean(axis=1, keepdims=True))
    whole = np.square(influence).mean(axis=1)
    weight = np.clip(influence @ apart / (blocks * spread + blocks**2 * variance / free.size), 0.0, 1.0)
    influence = influence - weight[:, np.newaxis] * apart
    found = place - weight * (means.mean() - mean)
    # The logarithm of the spread: its influence has the variance (kurtosis - 1) / 4, 1 / 2 for a normal.
    kurtosis = max(float(np.mean(apart**4)) / spread**2, float(np.mean((free - mean) ** 4)) / variance**2)
    uncertain = max((kurtosis - 1.0) / 4.0, 0.5) + blocks * _relative(share, share_error)
    reach = place - means.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        power = influence @ (0.5 * (apart**2 / spread - 1.0)) / blocks / uncertain / reach
        power = np.clip(np.where(reach == 0.0, 0.0, power), 0.0, 1.0)
        left = (np.square(influence).mean(axis=1) - power**2 * uncertain * reach**2) / whole
    known = share * variance / (spread * blocks / (blocks - 1))
    if known > 0.0:
        found = found + reach * (known ** (power / 2.0) - 1.0)
    return found, error * np.sqrt(np.clip(np.where(whole > 0.0, left, 1.0), _LEAST, 1.0))


def root_of(share: float, error: float) -> tuple[float, float]:
    """Return the root of a share that may have come out negative, and its error, which is finite at zero too."""
    root = float(np.sqrt(share)) if share > 0.0 else 0.0
    return root, float(error / max(2.0 * root, np.sqrt(error))) if error > 0.0 else 0.0


def _relative(share: float, error: float) -> float:
    """Return the variance of the logarithm of the root of a share."""
    return float((error / (2.0 * max(share, error))) ** 2) if error > 0.0 else 0.0


def _without_others(kept: Floats, controls: tuple[Floats, Floats]) -> Floats:
    """Return the results of blocks less what the draws of all other groups explain in them."""
    within = (kept - kept.mean(axis=1, keepdims=True)).ravel()
    terms = np.stack([(each - each.mean(axis=1, keepdims=True)).ravel() for each in controls])
    weights = np.linalg.lstsq(terms @ terms.T, terms @ within, rcond=None)[0]
    return np.asarray(kept - sum(w * (each - each.mean()) for w, each in zip(weights, controls, strict=True)))


def _parts(values: Floats, variance: float, share: float, share_error: float) -> _Parts:
    blocks, length = values.shape
    means = values.mean(axis=1)
    apart = means - means.mean()
    spread = float((apart**2).sum() / (blocks - 1))
    noise = float(values.var(axis=1).mean()) / (length - 1)
    # Two estimates of the variance of E[y | group], weighted by the inverse of their squared errors.
    own_error = max(float(np.mean(apart**4)) - spread**2, 2.0 * spread**2) / blocks
    index_error = (share_error * variance) ** 2
    weight = own_error / (own_error + index_error)
    expected = max(weight * share * variance + (1.0 - weight) * (spread - noise), 0.0)
    expected_error = np.sqrt(own_error * index_error / (own_error + index_error))
    whole = expected + noise
    part, part_error = (expected / whole, expected_error * noise / whole**2) if whole > 0.0 else (0.0, 0.0)
    drawn, drawn_error = root_of(part, part_error)
    # The error once more: half the difference of the means of the halves of a block, of other blocks in turn.
    halves = values.reshape(blocks, 2, -1).mean(axis=2)
    errors = 0.5 * (halves[:, 0] - halves[:, 1])
    moved = [sign * np.roll(errors, shift) for shift in range(min(_SHIFTS, blocks)) for sign in (1.0, -1.0)]
    again = apart + np.array(moved)
    again = (again - again.mean(axis=1, keepdims=True)) * np.sqrt(expected / (whole + noise) if whole > 0.0 else 0.0)
    before, after = (np.quantile(each, SWING, axis=-1, method="median_unbiased") for each in (drawn * apart, again))
    return _Parts(means.mean() + drawn * apart, before - after.mean(axis=1), drawn, drawn_error)


def _by_rank(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return quantiles, their errors from the ranks, and by how much they move with a share of the blocks."""
    blocks = len(values)
    ordered, ranks = np.sort(values), np.arange(blocks)
    place = np.clip((blocks + 1.0 / 3.0) * SWING - 2.0 / 3.0, 0.0, blocks - 1.0)
    deviation = np.sqrt(blocks * SWING * (1.0 - SWING))
    found, least, most = (np.interp(place + k * deviation, ranks, ordered) for k in (0.0, -2.0, 2.0))
    below, above = (found - least) / 2.0, (most - found) / 2.0
    slope = np.sqrt(0.5 * (below**2 + above**2)) * np.sqrt(blocks / (SWING * (1.0 - SWING)))
    room_below, room_above = place, blocks - 1.0 - place
    is_short = np.minimum(room_below, room_above) < 2.0 * deviation
    below, above = (
        side * np.maximum(2.0 * deviation / np.maximum(room, 1e-9), 1.0)
        for side, room in ((below, room_below), (above, room_above))
    )
    both = np.where(is_short, np.maximum(below, above), np.sqrt(0.5 * (below**2 + above**2)))
    return found, both * spacings_factor(4.0 * deviation), slope
