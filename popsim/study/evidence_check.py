"""Do ranges follow from the amounts that are cited for them? What a careful reviewer would object to, found by rules.

The amounts of a component, at its prices and at the size at which its cost stands, are compared with its range
(`cited_amounts`). The other rules are about kinds of money: what one range must not mix, and what must not be counted
twice, or taken off twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from popsim.errors import words
from popsim.families.base import Family
from popsim.study.cited_amounts import Objection, WarningKind, compare, counted, listed
from popsim.study.model import Amount, Area, Component, Datum, Overlap, Setting, Study

MONEY = {"grant": ("grant",), "cofinancing": ("cofinancing",), "all-in": ("grant", "cofinancing")}
"""Which money an amount of a scope holds: what a fund pays, and what others add."""
SCOPE_OF_COST = {"whole": "all-in", "grant": "grant", "cofinancing": "cofinancing"}
"""Scope of the amounts that a cost of each scope should rest on."""
Holder = Component | Overlap
"""What has a range and data of its own: a component, or a whole that components are shares of."""
SCOPE_WORDS = {"grant": "grants", "all-in": "whole costs", "cofinancing": "co-financing"}


@dataclass(frozen=True)
class EvidenceWarning:
    """An objection to a component, or to several together, with the figures that raise it."""

    kind: WarningKind
    components: tuple[str, ...]
    """Area and component of each, such as "f/pcb"."""
    found: str
    """What was found, with the figures."""
    mend: str
    """What can be done."""
    accepted: str = ""
    """Why it is accepted, as a component says; empty where none does."""


def check_evidence(study: Study) -> tuple[EvidenceWarning, ...]:
    """Return every objection to how the ranges of a study follow from its data.

    Parameters
    ----------
    study
        The study; its options are not looked at.

    Returns
    -------
    tuple of EvidenceWarning
        About amounts, wholes first and then components; about who pays; about sources. Each has the reason for which
        it is accepted, where there is one.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> check_evidence(load_study("example"))
    ()
    """
    warnings = []
    for name, holder in _holders(study):
        reasons = dict(holder.accepted)
        for kind, found, mend in _about_data(holder):
            warnings.append(EvidenceWarning(kind, (name,), found, mend, reasons.get(kind, "")))
    for area in study.areas:
        for component in area.components:
            reasons = dict(component.accepted)
            for kind, found, mend in _financing(study, area, component):
                warnings.append(EvidenceWarning(kind, (_name(area, component),), found, mend, reasons.get(kind, "")))
    return (*warnings, *_shared_sources(study))


def cited_amounts(study: Study) -> tuple[int, int, int]:
    """Return how many amounts are compared with a range, are only shown beside it, and cannot be compared."""
    data = [datum for _, holder in _holders(study) for datum in holder.data]
    counted = [datum for datum in data if datum.row.use == "fit"]
    compared = sum(datum.reference_amount is not None for datum in counted)
    return compared, len(data) - len(counted), len(counted) - compared


def idle_acceptances(study: Study, warnings: Sequence[EvidenceWarning]) -> tuple[str, ...]:
    """Return a line for each reason under `accepted` that answers none of the warnings: it may be out of date."""
    raised = {(name, warning.kind) for warning in warnings for name in warning.components}
    return tuple(
        f'{name} accepts "{kind}", and no such warning is left'
        for name, holder in _holders(study)
        for kind, _ in holder.accepted
        if (name, kind) not in raised
    )


def _holders(study: Study) -> Iterator[tuple[str, Holder]]:
    """Return wholes, and then components, each with its name."""
    yield from ((f"overlap/{whole.id}", whole) for whole in study.overlaps)
    yield from ((_name(area, component), component) for area in study.areas for component in area.components)


def _name(area: Area, component: Component) -> str:
    return f"{area.id}/{component.id}"


def _about_data(holder: Holder) -> Iterator[Objection]:
    fitted = [datum for datum in holder.data if datum.row.use == "fit"]
    yield from _sizes(fitted)
    names, amounts = _at_range(holder, fitted)
    yield from compare(holder.cost, names, amounts, unit=f"{holder.currency} of {holder.price_year}")
    yield from _scopes(holder, fitted)


# -- Amounts against the range ---------------------------------------------------------------------------------------


def _at_range(holder: Holder, fitted: Sequence[Datum]) -> tuple[list[str], list[float]]:
    """Return names and amounts, at the size at which the range stands, of all data whose size is known."""
    known = [(datum.row.id, datum.reference_amount) for datum in fitted if datum.reference_amount is not None]
    factor = 1.0
    if holder.fit is not None:
        factor = holder.fit.centre ** (holder.fit.exponent or 0.0)
    return [name for name, _ in known], [amount * factor for _, amount in known]


def _sizes(fitted: Sequence[Datum]) -> Iterator[Objection]:
    unknown = [datum.row.id for datum in fitted if datum.reference_amount is None]
    if unknown:
        yield Objection(
            "size",
            f"{len(unknown)} of {counted(len(fitted))} cannot be compared with the range, since the size of the "
            f"country is not known: {listed(unknown)}",
            'state country or size, or use = "shown" with a reason',
        )


# -- Money of one kind -----------------------------------------------------------------------------------------------


def _scopes(holder: Holder, fitted: Sequence[Datum]) -> Iterator[Objection]:
    by_scope: dict[str, list[str]] = {}
    for datum in fitted:
        by_scope.setdefault(datum.row.scope, []).append(datum.row.id)
    mend = 'one scope in one range: the others use = "shown" with a reason, or a component of their own'
    if len(by_scope) > 1:
        mixed = words([f"{SCOPE_WORDS[scope]} ({listed(ids)})" for scope, ids in by_scope.items()])
        yield Objection("scopes", f"one range mixes {mixed}", mend)
    elif by_scope and SCOPE_OF_COST[holder.scope] not in by_scope:
        (scope,) = by_scope
        yield Objection(
            "scopes",
            f'scope = "{holder.scope}", and the amounts are {SCOPE_WORDS[scope]}: {listed(by_scope[scope])}',
            "state the scope that the amounts have, or amounts of the scope that the cost has",
        )


def _financing(study: Study, area: Area, component: Component) -> Iterator[Objection]:
    scope = component.scope if component.part is None else component.part.whole.scope
    if study.agency_fee is None or scope == "whole":
        return
    shares = _shares(component.cofinancing or area.cofinancing)
    if scope == "grant" and max(shares) > 0.0:
        yield Objection(
            "financing",
            f"the cost is what funds grant, and co-financing of up to {100 * max(shares):.0f} % is taken off it: "
            "a grant is what is left once others have paid",
            f"cofinancing = 0 under [area.{area.id}.component.{component.id}.financing], or a cost that is all-in",
        )
    if scope == "cofinancing" and min(shares) < 1.0:
        yield Objection(
            "financing",
            f"the cost is what others add to grants, and {100 * (1 - min(shares)):.0f} % of it is asked of the fund",
            f"cofinancing = 1 under [area.{area.id}.component.{component.id}.financing]",
        )


def _shares(setting: Setting | None) -> list[float]:
    """Return the expected share that others pay, in every group of countries that has one of its own."""
    if setting is None:
        return [0.0]
    return [_mean(value) for value in (setting.value, *(value for _, _, value in setting.by))]


def _mean(value: Amount) -> float:
    return value.mean() if isinstance(value, Family) else value


# -- One source in two components ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Use:
    """A source that a component rests on, and which part of its money the component takes."""

    component: str
    document: str
    address: str
    money: tuple[str, ...]
    share: float
    whole: str
    """Id of the whole that the component is a share of; empty where it is none."""
    reason: str
    """Why the component accepts that another uses the source too."""


def _plain(text: str) -> str:
    """Return a text without what two copies of one address or title may differ by."""
    return " ".join(text.casefold().split()).removeprefix("https://").removeprefix("http://").rstrip("/.")


def _uses(name: str, holder: Holder) -> Iterator[_Use]:
    reason = dict(holder.accepted).get("source", "")
    rows = [datum.row for datum in holder.data if datum.row.use == "fit"]
    cited: list[tuple[str, str, str, float]] = [(row.document, row.address, row.scope, row.share) for row in rows]
    cited += [(each.document, each.address, SCOPE_OF_COST[holder.scope], 1.0) for each in holder.sources]
    whole = holder if isinstance(holder, Overlap) else holder.part.whole if holder.part else None
    for document, address, scope, share in cited:
        yield _Use(name, document, _plain(address), MONEY[scope], share, whole.id if whole else "", reason)


def _shared_sources(study: Study) -> Iterator[EvidenceWarning]:
    """Find sources of which several components together take more money than there is.

    A source is an address, or a document where no address is stated.
    """
    uses = [use for name, holder in _holders(study) for use in _uses(name, holder)]
    address_of = {_plain(use.document): use.address for use in reversed(uses) if use.address}
    sources: dict[str, list[_Use]] = {}
    for use in uses:
        document = _plain(use.document)
        sources.setdefault(use.address or address_of.get(document, document), []).append(use)
    for group in sources.values():
        names = tuple(dict.fromkeys(use.component for use in group))
        if len(names) > 1 and _taken(group) > 1.0 + 1e-9:
            yield EvidenceWarning(
                "source",
                names,
                f'"{group[0].document}" is a source of each, and the same money may be counted more than once',
                "state which share of the amount is for which (share, share_rationale), or one [[overlap]] for both",
                next((use.reason for use in group if use.reason), ""),
            )


def _taken(group: Sequence[_Use]) -> float:
    """Return how often the money of a source is taken: the sum of shares over components, of the kind taken most.

    Components that share one whole take it once, and one component alone takes nothing twice.
    """
    most = 0.0
    for kind in ("grant", "cofinancing"):
        shares: dict[str, float] = {}
        for use in group:
            if kind in use.money:
                holder = f"overlap {use.whole}" if use.whole else use.component
                shares[holder] = max(use.share, shares.get(holder, 0.0))
        most = max(most, math.fsum(shares.values()) if len(shares) > 1 else 0.0)
    return most
