"""What must be true between the wholes of a catalogue and the components that are shares of them, over all files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from popsim.errors import Problem, nearest, words
from popsim.families.base import Family
from popsim.study.catalogue_models import CatalogueOverlap, CatalogueShare, Named
from popsim.study.split import exceeds_whole, largest_sum

if TYPE_CHECKING:
    from popsim.study.catalogue import CatalogueArea, CatalogueReading

Fault = tuple[str, str, str]
"""What was found, what is allowed, how to mend it."""


def check_overlaps(catalogue: CatalogueReading) -> list[Problem]:
    """List wholes that two files state or nothing shares, and shares of what no file states or of more than all of it.

    Parameters
    ----------
    catalogue
        What could be read of the catalogue. Where that is not all, nothing is called unknown or not used.
    """
    whole = catalogue.overlaps_complete and all(area.complete for area in catalogue.areas)
    problems = [*_twice(catalogue), *_shares(catalogue, whole)]
    for name, (area, overlap) in catalogue.overlaps().items():
        sharing = catalogue.sharing(name)
        shares = [(f"{each.id}/{component.id}", component.share) for each, component in sharing]
        if fault := sum_fault(name, shares):
            problems.append(_problem(*sharing[-1], "share", fault))
        if whole and not sharing:
            allowed = f"at least one component with overlap = {name!r}"
            problems.append(_problem(area, overlap, "id", (f"{name!r}, of which nothing is a share", allowed, "")))
    return problems


def sum_fault(overlap: str, shares: Sequence[tuple[str, Family | float]]) -> Fault | None:
    """Return what is wrong with shares of a whole that can come to more than it; None where they cannot.

    Examples
    --------
    >>> sum_fault("nip", [("a/inventory", 0.6), ("b/plan", 0.5)])[0]
    "a/inventory 0.6, b/plan 0.5 in one scenario: 1.1 of overlap 'nip' in all"
    """
    total, values = largest_sum([share for _, share in shares])
    if not exceeds_whole(total):
        return None
    parts = words(f"{name} {value:.6g}" for (name, _), value in zip(shares, values, strict=True))
    found = f"{parts} in one scenario: {total:.6g} of overlap {overlap!r} in all"
    return found, "shares whose sum is at most 1 in every scenario", "what one takes of the whole, the others cannot"


def _twice(catalogue: CatalogueReading) -> Iterator[Problem]:
    """Yield ids that were used before, in the same file or in another."""
    seen: dict[str, str] = {}
    for area in catalogue.areas:
        for index, name in enumerate(area.place.overlaps):
            if name in seen:
                found = f"{name!r}, which is the id of one in {seen[name]} too"
                problem = area.place.problem(("overlap", index, "id"), found, "each id once in a catalogue")
                yield area.place.located(problem)
            seen.setdefault(name, area.file)


def _shares(catalogue: CatalogueReading, whole: bool) -> Iterator[Problem]:
    """Yield shares of an unknown whole, and those that state other money than it has."""
    known = catalogue.overlaps()
    for area in catalogue.areas:
        for component in area.components:
            if not isinstance(component, CatalogueShare):
                continue
            name = component.overlap
            if name in known:
                for key, fault in _money_faults(component, known[name][1]):
                    yield _problem(area, component, key, fault)
            elif whole:
                allowed = f"overlaps of the catalogue: {words(known)}"
                fault = f"unknown overlap {name!r}", allowed, nearest(name, list(known))
                yield _problem(area, component, "overlap", fault)


def _money_faults(component: CatalogueShare, overlap: CatalogueOverlap) -> Iterator[tuple[str, Fault]]:
    for key in ("currency", "price_year"):
        own, of_whole = getattr(component, key), getattr(overlap, key)
        if own is not None and own != of_whole:
            found, allowed = f"{own!r} beside overlap = {overlap.id!r}", f"{of_whole!r}, that of the whole"
            yield key, (found, allowed, "leave it out")


def _problem(area: CatalogueArea, entry: Named, key: str, fault: Fault) -> Problem:
    return area.place.located(area.place.problem((*area.keys(entry), key), *fault))
