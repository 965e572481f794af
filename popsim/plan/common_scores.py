"""The normal scores that all countries have in common: of which amounts they are, and where a plan draws them.

An uncertain amount that is drawn once for all countries, such as an exponent, has such a score by itself. The unit cost
of a component, a need or a delay has one as a part of its own score: the level that it has in all countries alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from popsim.families.base import Family
from popsim.plan.model import Plan
from popsim.plan.study_view import AGENCY_FEE, MATERIALISED, StudyView
from popsim.study.model import Amount, Setting, Study

_COMMON, _GROUP = "common/", "common/group/"
_DIGITS = 12
"""Decimals to which two scores of one direction agree."""


class CommonScore(NamedTuple):
    """A normal score that all countries have in common.

    Among the weights of common score number k of the plan, those of the streams `streams` make up `size` times this
    score, for each (k, size) of `parts`; a negative size is that of an amount which falls where others rise.
    """

    id: str
    name: str
    area: str
    """The one area whose payments depend on it; empty where others may."""
    amount: Family | None
    """What is drawn with it; None for a level, which moves amounts that differ from country to country."""
    streams: frozenset[int]
    parts: tuple[tuple[int, float], ...]


def common_scores(study: Study, plan: Plan) -> tuple[CommonScore, ...]:
    """Return every normal score that all countries have in common, in the order of the plan.

    Scores that always move together are one. What all areas share, the stream ``factor``, comes last.

    Parameters
    ----------
    study
        A validated study.
    plan
        Its plan, compiled and not read from a file: it knows the names of its streams.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> [score.id for score in common_scores(study, ps.compile(study))][:2]
    ['exponent/area/a/size', 'exponent/area/c/size']
    """
    amounts = {name: amount for name, amount in _amounts(study) if isinstance(amount, Family)}
    gathered: dict[tuple[tuple[int, float], ...], list[tuple[int, float]]] = {}
    for number, weights in _weights(plan).items():
        size = math.sqrt(sum(weight**2 for _, weight in weights)) * math.copysign(1.0, weights[0][1])
        direction = tuple((stream, round(weight / size, _DIGITS)) for stream, weight in weights)
        gathered.setdefault(direction, []).append((number, size))
    found: dict[str, CommonScore] = {}
    for direction, parts in gathered.items():
        name = _stream_name(plan, direction[-1][0])
        key = name if name not in found else f"{name} ({len(found) + 1})"
        streams = frozenset(stream for stream, _ in direction)
        area = _area_of(plan, name, [number for number, _ in parts])
        found[key] = CommonScore(key, _describe(study, name), area, amounts.get(name), streams, tuple(parts))
    shared = _what_areas_share(study, plan)
    return (*found.values(), *([shared] if shared and shared.id not in found else []))


def _weights(plan: Plan) -> dict[int, list[tuple[int, float]]]:
    """Return the weights of each common score that some row has, but for those on streams of groups of countries."""
    draws, names = plan.draws, plan.streams.shared
    found = {}
    for number in sorted(set(draws.row_common[draws.row_common >= 0].tolist())):
        part = slice(*draws.common_start[number : number + 2].tolist())
        pairs = zip(draws.common_basis[part].tolist(), draws.common_weight[part].tolist(), strict=True)
        weights = [(stream, weight) for stream, weight in pairs if not names[stream].startswith(_GROUP)]
        if weights:
            found[number] = weights
    return found


def _what_areas_share(study: Study, plan: Plan) -> CommonScore | None:
    """Return the score of the factor that all areas have in common; None where there is none, or one area alone."""
    name = f"{_COMMON}factor"
    if name not in plan.streams.shared or len(study.areas) < 2:
        return None
    stream = plan.streams.shared.index(name)
    parts = [
        (number, weight) for number, weights in _weights(plan).items() for each, weight in weights if each == stream
    ]
    return CommonScore("factor", _describe(study, "factor"), "", None, frozenset([stream]), tuple(parts))


def _stream_name(plan: Plan, stream: int) -> str:
    return plan.streams.shared[stream].removeprefix(_COMMON)


def _area_of(plan: Plan, name: str, numbers: list[int]) -> str:
    """Return the one area that a stream is named after, where no payment of another has one of these common scores."""
    named = re.search(r"(?:^|/)area/([^/]+)", name)
    if named is None:
        return ""
    keep = plan.moves.row_keep
    wholes = plan.draws.row_common[np.isin(keep, plan.moves.presence_whole) & (keep >= 0)] if plan.moves.any else keep
    if np.isin(wholes, numbers).any():
        # Components of other areas may be shares of a whole that the area states.
        return ""
    components = plan.row_component[np.isin(plan.draws.row_common, numbers) & (plan.row_component >= 0)]
    areas = {plan.labels.area[plan.labels.component_area[component]] for component in set(components.tolist())}
    return named[1] if areas <= {named[1]} else ""


def _amounts(study: Study) -> Iterator[tuple[str, Amount]]:
    """Yield every amount that is drawn once for all countries, with the name of its stream."""
    for area in study.areas:
        for component in area.components:
            yield from ((exponent.stream, exponent.value) for exponent in component.exponents)
            if component.need is not None:
                yield from _chances(f"area/{area.id}/component/{component.id}", component.need)
        if area.need is not None:
            yield from _chances(f"area/{area.id}", area.need)
        if area.escalation is not None:
            yield area.escalation.stream, area.escalation.rate
        if area.delay is not None:
            yield area.delay.level_stream, area.delay.level
    yield from StudyView(study).financing_draws.items()
    yield from ((f"shock/{shock.id}/factor", shock.factor) for shock in study.shocks)
    if study.inflation is not None:
        yield "inflation", study.inflation


def _chances(place: str, need: Setting) -> Iterator[tuple[str, Amount]]:
    name = f"need/{place}/probability"
    yield name, need.value
    yield from ((f"{name}/{column}={group}", value) for column, group, value in need.by)


def _describe(study: Study, stream: str) -> str:
    """Return in words of what the score of a stream is."""
    kind, _, rest = stream.partition("/")
    place, after = _place(study, rest)
    if kind == "area":
        return f"Level of unit costs: {_place(study, stream)[0]}"
    if kind == "exponent":
        return f"Exponent of {after.replace('_', ' ')}{f': {place}' if place else ''}"
    if kind == "need" and after.startswith("probability"):
        column, _, group = after.removeprefix("probability/").partition("=")
        whom = f", {study.label(column, group, sentence=True)}" if group else ""
        return f"Probability of need: {place}{whom}"
    if kind == "shock":
        id_, _, what = rest.partition("/")
        name = next((shock.name for shock in study.shocks if shock.id == id_), id_)
        return f"{name}: {'whether it happens' if what == 'happens' else 'what it multiplies costs by'}"
    if kind == "overlap":
        id_, _, what = rest.partition("/")
        name = next((whole.name for whole in study.overlaps if whole.id == id_), id_)
        return f"How it is split: {name}" if what else f"Level of unit costs: {name}"
    if kind == "delay" and after == "level":
        return "Factor on all delays" + (f": {place}" if place else "")
    if stream in (AGENCY_FEE, MATERIALISED):
        return "Fee of the agencies" if stream == AGENCY_FEE else "Part of the pledged co-financing that is paid"
    known = {
        "factor": "Level of unit costs: what all areas share",
        "need": "Level of needs",
        "delay": "Level of delays",
        "start": "Level of starts",
        "escalation": "Real rise of costs",
        "inflation": "Inflation",
        "cofinancing": "Co-financing",
    }
    words = known.get(kind, kind.replace("_", " ").capitalize())
    where = ", ".join(part for part in (place, after.replace("_", " ").replace("/", ", ")) if part)
    return f"{words}: {where}" if where else words


def _place(study: Study, text: str) -> tuple[str, str]:
    """Return the names of the area and component that a text begins with, and what stands after them."""
    named = re.match(r"area/([^/]+)(?:/component/([^/]+))?(?:/|$)", text)
    if named is None:
        return "", text
    area = next((area for area in study.areas if area.id == named[1]), None)
    component = next((each for each in area.components if each.id == named[2]), None) if area else None
    if component is not None and area is not None and len(area.components) > 1:
        return f"{component.name} (area {area.id})", text[named.end() :]
    return area.name if area is not None else named[1], text[named.end() :]
