"""Who pays: which share of each cost is to be financed, where that is known and where it is drawn.

    share = (1 - cofinancing * materialised) * (1 + agency fee)

Co-financing may differ by area, component and group of countries. What is uncertain is drawn once for all countries,
from a stream named after where it is stated; the three parts are independent of one another and of all costs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from popsim.arrays import Floats, Integers
from popsim.families.base import Family
from popsim.plan.activation import GlobalFactors
from popsim.plan.rows import is_drawn
from popsim.plan.shares import NO_SHARES, PARTS, Shares
from popsim.plan.streams import StreamNumbers
from popsim.plan.study_view import AGENCY_FEE, MATERIALISED, StudyView, stream_of
from popsim.study.model import Amount, Setting, Study

_NOTHING = Setting(0.0)
"""What others pledge where the study does not say that anybody does."""

_Part = tuple[float, str]
"""A number, and the stream from which it is drawn instead ("" for none)."""


def expected_shares(view: StudyView) -> Floats | None:
    """Return what is financed on average per unit of cost (country, component), fee included; None where not stated.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> shares = expected_shares(StudyView(load_study("example")))
    >>> round(float(shares.max()), 3)  # (1 - 0.1) * (1 + 0.08)
    0.972
    """
    study = view.study
    if study.agency_fee is None:
        return None
    pledged = np.zeros((len(view.cofinancing), len(study.countries)))
    # Components of an area have most settings in common.
    means: dict[int, Floats] = {}
    for k, each in enumerate(view.cofinancing):
        if each is None:
            continue
        setting = each[1]
        if id(setting) not in means:
            kinds, entries = view.by_kind(setting)
            means[id(setting)] = np.array([_mean(share) for _, share in entries])[kinds]
        pledged[k] = means[id(setting)]
    paid = [_mean(_materialised(study, each)) for each in view.cofinancing]
    return np.asarray((1.0 - pledged.T * paid) * (1.0 + _mean(study.agency_fee)))


def _materialised(study: Study, pledged: tuple[str, Setting] | None) -> Amount:
    own = None if pledged is None else pledged[1].materialised
    return study.materialised if own is None else own


def uncertain_parts(study: Study) -> tuple[str, ...]:
    """Return which of "cofinancing", "materialised" and "agency_fee" are uncertain in a study, in this order.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> fee = {"family": "uniform", "low": 0.05, "high": 0.1}
    >>> uncertain_parts(load_study("example")), uncertain_parts(load_study("example", {"financing.agency_fee": fee}))
    ((), ('agency_fee',))
    """
    names = {"agency_fee": AGENCY_FEE, "materialised": MATERIALISED}
    draws = StudyView(study).financing_draws
    found = {part for part, name in names.items() if name in draws}
    # All others are pledges, each named after where it is stated.
    pledges = {"cofinancing"} if len(draws) > len(found) else set()
    return tuple(part for part in PARTS if part in found | pledges)


def _mean(amount: Amount) -> float:
    return amount.mean() if isinstance(amount, Family) else amount


def register_shares(view: StudyView, factors: GlobalFactors) -> None:
    """Draw what is uncertain of who pays for all countries at once, before any country begins."""
    for name, distribution in view.financing_draws.items():
        factors.register(name, distribution, name.replace("/", "."))


def make_shares(
    view: StudyView, register: Callable[[str], int], streams: StreamNumbers, country: Integers, component: Integers
) -> Shares:
    """Return the shares of rows.

    Parameters
    ----------
    view
        The study.
    register
        Returns the register of what is drawn from a stream of `StudyView.financing_draws`.
    streams
        Numbers of streams.
    country, component
        Those of each row, -1 where it is no cost.
    """
    study, draws = view.study, view.financing_draws
    if study.agency_fee is None or not draws:
        return NO_SHARES
    fee = _part(study.agency_fee, AGENCY_FEE)
    kinds: dict[tuple[_Part, ...], int] = {}
    kind = np.zeros((len(study.countries), len(view.pairs)), dtype=np.int64)
    # Components of an area have most settings in common.
    known: dict[tuple[str, int], Integers] = {}
    for k, pledged in enumerate(view.cofinancing):
        place, setting = ("", _NOTHING) if pledged is None else pledged
        if (place, id(setting)) not in known:
            paid = _part(_materialised(study, pledged), MATERIALISED)
            of_country, entries = view.by_kind(setting)
            numbers = [
                kinds.setdefault((_part(amount, stream_of(place, label)), paid, fee), len(kinds))
                for label, amount in entries
            ]
            known[place, id(setting)] = np.array(numbers, dtype=np.int64)[of_country]
        kind[:, k] = known[place, id(setting)]
    stated = np.array([[number for number, _ in parts] for parts in kinds])
    registers, drawn_from = np.full(stated.shape, -1, dtype=np.int64), np.zeros(stated.shape, dtype=np.uint64)
    for i, parts in enumerate(kinds):
        for j, (_, stream) in enumerate(parts):
            if stream:
                registers[i, j] = register(stream)
                drawn_from[i, j] = streams.numbers([f"common/{stream}"])[0]
    return Shares(np.where(component >= 0, kind[country, component], -1), stated, registers, drawn_from).frozen()


def _part(amount: Amount, stream: str) -> _Part:
    if not isinstance(amount, Family):
        return amount, ""
    return (0.0, stream) if is_drawn(amount) else (amount.support()[0], "")
