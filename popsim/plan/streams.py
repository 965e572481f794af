"""Random streams: their names, the 64-bit numbers that stand for them, and groups of what they are for.

Two groupings share out the same variance. By input: which quantity is uncertain. By level: whether a draw is common to
all countries, to those of a group, or a country's own. Every stream is in one group of each, and streams are
independent, so groups are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popsim.arguments import check_name
from popsim.arrays import Floats, Integers, Words
from popsim.errors import PlanError, Problem
from popsim.study.model import Area, Study
from popsim.types import GROUPINGS, Grouping


def stream_number(name: str) -> int:
    """Return the number of a stream: the first 64 bits of the BLAKE2b hash of its name (RFC 7693), little end first.

    Examples
    --------
    >>> stream_number("country/KEN/area/a")
    1139310560192254521
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class StreamNumbers:
    """Numbers of the streams that were asked for; two names with one number are refused."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def numbers(self, names: Sequence[str]) -> Words:
        """Return the numbers of the streams of these names.

        Raises
        ------
        PlanError
            When two names hash to the same number (expected once in some 10**19 pairs).
        """
        known = self._numbers
        for name in names:
            if name in known:
                continue
            number = stream_number(name)
            other = self._names.setdefault(number, name)
            if other != name:
                raise PlanError(
                    Problem(
                        "plan",
                        (),
                        f"streams {other!r} and {name!r} have one number",
                        "one number per name",
                        "rename one",
                    )
                )
            known[name] = number
        return np.array([known[name] for name in names], dtype=np.uint64)


FINANCING = "financing"
"""The group of streams that change what is to be financed, and no cost."""


class Groups(NamedTuple):
    """Groups of streams: id and name of each, and the group of each stream, shared streams before own ones."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    group: Integers


def group_streams(study: Study, names: Sequence[str], by: Grouping = "input") -> Groups:
    """Group the streams of these names.

    By input: ``unit_costs``, what unit costs of several areas depend on together (the factor of each country, or, with
    a matrix between areas, all scores of areas that correlate); ``unit_cost_f``, what the unit costs of area f alone
    depend on; ``overlap_nip``, a whole that several components share, and how it is split; ``needs``; ``lateness``,
    starts and delays; ``prices``, escalation, shocks and inflation; ``exponents``; ``financing``, co-financing and
    agency fee, which no cost depends on.
    By level: ``common``, ``group``, ``country``. Groups without a stream are left out.

    Raises
    ------
    ParameterError
        For an unknown grouping.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> names = ["common/factor", "common/area/f", "country/KEN/factor", "country/KEN/area/f"]
    >>> groups = group_streams(load_study("pops"), names)
    >>> groups.ids, groups.group.tolist()
    (('unit_costs', 'unit_cost_f'), [0, 1, 0, 1])
    >>> group_streams(load_study("pops"), names, "level").ids
    ('common', 'country')
    """
    by = check_name("by", by, GROUPINGS)
    known = _levels(study) if by == "level" else _inputs(study)
    homes = _homes(study)
    found = [_level(name) if by == "level" else _input(name, homes) for name in names]
    ids = tuple(each for each in known if each in set(found))
    place = {each: number for number, each in enumerate(ids)}
    return Groups(ids, tuple(known[each] for each in ids), np.array([place[each] for each in found], dtype=np.int64))


def _levels(study: Study) -> dict[str, str]:
    group = study.dependence.group
    return {
        "common": "Common to all countries",
        "group": f"Common to the countries of one {group}",
        "country": "Each country's own",
    }


def _level(name: str) -> str:
    if name.startswith("country/"):
        return "country"
    return "group" if name.startswith("common/group/") else "common"


def _inputs(study: Study) -> dict[str, str]:
    blocks = _blocks(study)
    several = {_block_id(block, blocks): _block_name(block, blocks) for block in blocks if len(block) > 1}
    factor = {"unit_costs": "Unit costs: what all areas share"} if study.dependence.matrix is None else several
    return {
        **factor,
        **{_alone(area): f"Unit costs: {area.name}" for area in study.areas},
        **{f"overlap_{whole.id}": f"Unit costs: {whole.name}" for whole in study.overlaps},
        "needs": "Needs",
        "lateness": "Starts and delays",
        "prices": "Prices: escalation, shocks, inflation",
        "exponents": "Exponents of size and other drivers",
        FINANCING: "Financing: co-financing and agency fee",
    }


def _input(name: str, homes: dict[str, str]) -> str:
    """Return the group of a stream by its name, of which the first parts say whose it is."""
    parts = name.split("/")
    place = 2 if parts[0] == "country" or parts[1] == "group" else 1
    if parts[:2] == ["common", "group"]:
        place = len(parts) - len(_purpose(parts[2:]))
    rest = parts[place:]
    if rest[0] == "factor":
        return "unit_costs"
    if rest[0] == "area":
        return f"unit_cost_{rest[1]}" if len(rest) > 2 else homes[rest[1]]
    if rest[0] == "overlap":
        return f"overlap_{rest[1]}"
    sorts = {"need": "needs", "start": "lateness", "delay": "lateness", "exponent": "exponents"}
    sorts |= {"financing": FINANCING, "cofinancing": FINANCING}
    return sorts.get(rest[0], "prices")


def _purpose(parts: list[str]) -> list[str]:
    """Cut the group of countries, whose name may hold a stroke, off the parts of a name: ``region=Africa/area/f``."""
    if parts[-1] == "factor":
        return parts[-1:]
    if len(parts) > 3 and parts[-3] == "overlap" and parts[-1] == "share":
        return parts[-3:]
    return parts[-4:] if len(parts) > 4 and parts[-2] == "component" and parts[-4] == "area" else parts[-2:]


def _alone(area: Area) -> str:
    return f"unit_cost_{area.id}"


def _blocks(study: Study) -> list[tuple[Area, ...]]:
    """Return the areas that correlate with one another, directly or through others, in the order of areas."""
    stated = study.dependence
    if stated.matrix is None:
        return [(area,) for area in study.areas]
    block = _connected(np.array(stated.matrix))
    home = dict(zip(stated.labels, block.tolist(), strict=True))
    numbers = dict.fromkeys(home[area.id] for area in study.areas)
    return [tuple(area for area in study.areas if home[area.id] == number) for number in numbers]


def _connected(matrix: Floats) -> Integers:
    """Return each row a number: one and the same to those that correlate, directly or through others."""
    # scipy.sparse has this too, but a run would import it for this alone.
    number = np.arange(len(matrix))
    while True:
        lowest = np.where(matrix != 0.0, number, len(matrix)).min(axis=1)
        if (lowest == number).all():
            return number
        number = lowest


def _block_id(block: tuple[Area, ...], blocks: list[tuple[Area, ...]]) -> str:
    if len(block) == 1:
        return _alone(block[0])
    return "unit_costs" if len(blocks) == 1 else "unit_costs_" + "_".join(area.id for area in block)


def _block_name(block: tuple[Area, ...], blocks: list[tuple[Area, ...]]) -> str:
    names = "all areas" if len(blocks) == 1 else ", ".join(area.name for area in block)
    return f"Unit costs, which move together: {names}"


def _homes(study: Study) -> dict[str, str]:
    """Return the group of each area's stream; an area that is not counted is in that of those it correlates with.

    One that correlates with none of them, and states a whole that is counted, is in the group of that.
    """
    blocks = _blocks(study)
    homes = {area.id: _block_id(block, blocks) for block in blocks for area in block}
    stated = study.dependence
    if stated.matrix is not None:
        number = _connected(np.array(stated.matrix))
        group = {number[stated.labels.index(area.id)]: homes[area.id] for area in study.areas}
        homes |= {label: group[each] for label, each in zip(stated.labels, number, strict=True) if each in group}
    for whole in study.overlaps:
        homes.setdefault(whole.area, f"overlap_{whole.id}")
    return homes
