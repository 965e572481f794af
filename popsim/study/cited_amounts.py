"""Could these amounts come from this range? Three tests, each with the share of cases in which it errs.

Each has a level: how often, at most, it objects where the amounts are truly drawn from the range. The sum of the levels
is how often any of them does: 9 of 100. Few amounts can show little, so the absence of an objection proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from popsim.errors import words
from popsim.families.base import Family

COVERAGE = 0.9
"""Of the range that is compared: between its 5th and 95th percentile."""
OUTSIDE_LEVEL = 0.02
"""Probability, at most, that so many of some amounts lie outside by chance."""
SPREAD_LEVEL = 0.06
"""Probability, at most, that some amounts spread so far by chance."""
FAR_LEVEL = 0.01
"""Probability, at most, that the farthest of some amounts is so far out by chance."""
END = 0.01
"""How close to an end of a range an amount must be to stand at it, as a share of that end."""
SHOWN = 6
"""How many amounts are named where there are more."""
FARTHEST = 8.2
"""Normal score that stands for what a range excludes: beyond it, a double rounds the probability to 0 or 1."""

WarningKind = Literal["outside", "spread", "far", "end", "size", "source", "scopes", "financing"]
"""What a warning is about; also the key under `accepted` of a component that answers it. The first four are found here:
too many amounts outside a range, amounts spread too far, one too far out, one at an end of the range."""
FIT_MEND = 'fit the cost to the data, or state a range that holds them; an amount of another kind has use = "shown"'


class Objection(NamedTuple):
    """What speaks against a range, or against how a component is stated."""

    kind: WarningKind
    found: str
    """With the figures."""
    mend: str
    """What can be done."""


def compare(cost: Family, names: Sequence[str], amounts: Sequence[float], *, unit: str = "") -> list[Objection]:
    """Return what speaks against amounts being independent draws of a range.

    Where they are, at most 9 of 100 sets of amounts meet an objection: the levels of the three tests sum to that.

    Parameters
    ----------
    cost
        The range.
    names
        What the amounts are called.
    amounts
        Amounts at its prices and its size.
    unit
        Their unit, for the text.

    Returns
    -------
    list of Objection
        Of kind "outside", "spread", "far" or "end".

    Examples
    --------
    >>> import popsim as ps
    >>> stated = ps.LogNormal.from_quantiles(p05=1.0e6, p95=6.5e6)
    >>> [kind for kind, *_ in compare(stated, ["a", "b", "c"], [0.7e6, 4.1e6, 15.6e6])]
    ['spread', 'far']
    >>> compare(stated, ["a", "b", "c"], [1.7e6, 2.1e6, 5.6e6])
    []
    """
    if not amounts:
        return []
    below, above = ([float(p) for p in probabilities(amounts)] for probabilities in (cost.cdf, cost.sf))
    return [
        *_outside(cost, names, amounts, unit),
        *_spread(below, above),
        *_farthest(cost, names, amounts, [min(pair) for pair in zip(below, above, strict=True)], unit),
    ]


def _outside(cost: Family, names: Sequence[str], amounts: Sequence[float], unit: str) -> Iterator[Objection]:
    """Compare the number of amounts outside the range with a binomial of as many trials."""
    from scipy.special import bdtrc

    low, high = (float(end) for end in cost.ppf([(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]))
    outside = [
        f"{name} ({money(amount)})" for name, amount in zip(names, amounts, strict=True) if not low <= amount <= high
    ]
    chance = float(bdtrc(len(outside) - 1, len(amounts), 1 - COVERAGE)) if outside else 1.0
    if chance <= OUTSIDE_LEVEL:
        yield Objection(
            "outside",
            f"{len(outside)} of {len(amounts)} amounts lie outside the 90 % range, {money(low)} to {money(high)} "
            f"{unit}: {listed(outside)}. Amounts drawn from the range do so in {percent(chance)} of cases",
            FIT_MEND,
        )


def _spread(below: Sequence[float], above: Sequence[float]) -> Iterator[Objection]:
    """Compare the squares of normal scores, around their mean, with chi-square."""
    from scipy.special import chdtrc, ndtri

    if len(below) < 2:
        return
    scores = [float(-ndtri(q) if q < p else ndtri(p)) for p, q in zip(below, above, strict=True)]
    scores = [max(-FARTHEST, min(FARTHEST, score)) for score in scores]
    mean = math.fsum(scores) / len(scores)
    squares = math.fsum((score - mean) ** 2 for score in scores)
    chance = float(chdtrc(len(scores) - 1, squares))
    if chance <= SPREAD_LEVEL:
        yield Objection(
            "spread",
            f"{len(scores)} amounts spread {math.sqrt(squares / (len(scores) - 1)):.1f} times as far as the range, in "
            f"normal scores. Amounts drawn from the range do so in {percent(chance)} of cases",
            FIT_MEND,
        )


def _farthest(
    cost: Family, names: Sequence[str], amounts: Sequence[float], tails: Sequence[float], unit: str
) -> Iterator[Objection]:
    """Compare the amount farthest out with the farthest of as many; `tails` are the probabilities of farther ones."""
    tail = min(tails)
    chance = -math.expm1(len(amounts) * math.log1p(-min(2 * tail, 1 - 1e-16)))
    if chance > FAR_LEVEL:
        return
    place = tails.index(tail)
    name, amount = names[place], amounts[place]
    low, high = cost.support()
    end = next(
        (end for end in (low, high) if math.isfinite(end) and end > 0.0 and abs(amount - end) <= END * end), None
    )
    if end is not None or not low <= amount <= high:
        end = low if end == low or amount < low else high
        yield Objection(
            "end",
            f"{name}, {money(amount)} {unit}, stands {'at' if low <= amount <= high else 'beyond'} the end of the "
            f"range, {money(end)}, beyond which the range allows no cost",
            "state low and high as quantiles (coverage = 0.9), or argue an end that no cost can pass",
        )
        return
    yield Objection(
        "far",
        f"{name}, {money(amount)} {unit}, is farther out than the range allows for. The farthest of "
        f"{counted(len(amounts))} drawn from the range is so far out in {percent(chance)} of cases",
        FIT_MEND,
    )


def counted(number: int) -> str:
    """Return a number of amounts in words."""
    return "1 amount" if number == 1 else f"{number} amounts"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words; of many, the first."""
    if len(names) <= SHOWN + 1:
        return words(names)
    return words([*names[:SHOWN], f"{len(names) - SHOWN} others"])


def money(amount: float) -> str:
    """Return an amount with three significant digits and thousands signs.

    Examples
    --------
    >>> money(1_234_567.0), money(48_210.0), money(7.0)
    ('1,230,000', '48,200', '7.00')
    """
    if not 0.0 < amount < math.inf:
        return f"{amount:g}"
    digits = 2 - math.floor(math.log10(amount))
    return f"{round(amount, digits):,.{max(0, digits)}f}"


def percent(chance: float) -> str:
    """Return a probability in per cent."""
    return "fewer than 0.1 %" if chance < 0.001 else f"{100 * chance:.1f} %"
