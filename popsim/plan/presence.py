"""Which payments of a country are made, and when: needs, uncertain exponents, starts and delays, lowered to arrays."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from popsim.families.base import Family
from popsim.families.normal import Normal
from popsim.plan.book import pointers
from popsim.plan.dependence import Score, delay_scores, need_scores, start_score
from popsim.plan.model import Integers
from popsim.plan.needs import needs_of
from popsim.plan.rows import Row, RowBook, Weights, is_drawn
from popsim.plan.world import World
from popsim.study.model import Area, Component, Country, Setting, Study

__all__ = ["PresenceBook", "all_countries", "share_values"]


class _Gate(NamedTuple):
    score: int
    kept: int
    threshold: float


class _Presence(NamedTuple):
    slot: int
    lags: int
    begin: int
    late: int
    late_cost: float
    gates: tuple[_Gate, ...]
    powers: tuple[tuple[int, float], ...]


def all_countries(score: Score, country: Country, study: Study) -> Weights:
    """Weights of a score on normals that the country shares: with all countries, and with those of its group."""
    column = study.dependence.group
    if not score.group:
        return score.shared
    prefix = f"group/{column}={dict(country.groups)[str(column)]}"
    return (*score.shared, *((f"{prefix}/{name}", weight) for name, weight in score.group))


def share_values(study: Study, world: World) -> None:
    """Draw for all countries at once what needs and exponents share, before any country begins."""
    for area in study.areas:
        for component in area.components:
            for exponent in component.exponents:
                if isinstance(exponent.value, Family):
                    world.value(exponent.stream, exponent.value, exponent.stream)
            for name, setting in needs_of(area, component):
                for country in study.countries:
                    _threshold(world, name, setting, country)


def _threshold(world: World, name: str, setting: Setting, country: Country) -> tuple[int, float]:
    label, amount = setting.of(country)
    return world.threshold(f"need/{name}/probability", label, amount, f"need of {name}: probability")


class PresenceBook:
    """Makes the presences of all countries; those of one country take the same buffers as those of another."""

    def __init__(self, study: Study, book: RowBook, world: World, lags: dict[str, int]) -> None:
        self._study, self._book, self._world, self._lags = study, book, world, lags
        self._need_scores, self._delay_scores = need_scores(study), delay_scores(study)
        self._normal = book.law(Normal(0.0, 1.0), "score of a need")
        self._kept: dict[str, int] = {}
        self._laws: dict[tuple[str, str], tuple[int, Score]] = {}
        self._presences: list[_Presence] = []
        self._rows: list[int] = []
        self._slots = 0

    def begin(self, country: Country) -> None:
        """Add the rows of a country that its costs depend on."""
        study = self._study
        self._made: dict[tuple[object, ...], int] = {}
        self._used: dict[str, int] = {}
        self._drawn: set[str] = set()
        if study.start is not None:
            self._setting("start", study.start, country, start_score(study), "start: years")
        for area in study.areas:
            if area.delay is not None:
                score = self._delay_scores[area.id]
                self._setting(f"delay/{area.id}", area.delay.years, country, score, f"delay of area {area.id}: years")
            for component in area.components:
                for name, setting in needs_of(area, component):
                    if setting.of(country)[1] != 1.0 and name not in self._drawn:
                        self._drawn.add(name)
                        self._keep(f"need/{name}", self._normal, country, self._need_scores[name])

    def presence(self, country: Country, area: Area, component: Component) -> int:
        """Tell the presence of a component in a country, for the row that is added next; -1 for none."""
        gates = tuple(
            _Gate(self._kept[f"need/{name}"], *_threshold(self._world, name, setting, country))
            for name, setting in needs_of(area, component)
            if name in self._drawn
        )
        powers = tuple(
            (
                self._world.value(exponent.stream, exponent.value, exponent.stream),
                math.log(country.factor(exponent.driver)),
            )
            for exponent in component.exponents
            if isinstance(exponent.value, Family)
        )
        lags = self._lags[area.id]
        if not (gates or powers or lags > 1):
            return -1
        key = (area.id, gates, powers)
        if key not in self._made:
            slot = self._used.get(area.id, 0)
            self._used[area.id] = slot + (3 if lags > 1 else 1)
            self._slots = max(self._slots, self._used[area.id])
            begin = self._kept["start"] if lags > 1 and self._study.start is not None else -1
            late = self._kept[f"delay/{area.id}"] if lags > 1 and area.delay is not None else -1
            late_cost = area.delay.cost_per_year if area.delay is not None else 0.0
            self._made[key] = len(self._presences)
            self._presences.append(_Presence(slot, lags, begin, late, late_cost, gates, powers))
            self._rows.append(len(self._book.rows))
        return self._made[key]

    @property
    def kept_count(self) -> int:
        """How many values are kept at a time, those of all countries included."""
        return self._world.count + len(self._kept)

    @property
    def slot_count(self) -> int:
        """How many weights are kept at a time."""
        return self._slots

    def arrays(self) -> dict[str, Any]:
        """Arrays of `Moves` that say what the presences are."""
        made = self._presences
        gates = [gate for presence in made for gate in presence.gates]
        powers = [power for presence in made for power in presence.powers]
        before = np.bincount(self._rows, minlength=len(self._book.rows)) if made else [0] * len(self._book.rows)

        def whole(numbers: list[int]) -> Integers:
            return np.array(numbers, dtype=np.int64)

        return {
            "presence_start": pointers(list(before)),
            "presence_slot": whole([presence.slot for presence in made]),
            "presence_lags": whole([presence.lags for presence in made]),
            "presence_begin": whole([presence.begin for presence in made]),
            "presence_late": whole([presence.late for presence in made]),
            "presence_late_cost": np.array([presence.late_cost for presence in made], dtype=np.float64),
            "gate_start": pointers([len(presence.gates) for presence in made]),
            "gate_score": whole([gate.score for gate in gates]),
            "gate_kept": whole([gate.kept for gate in gates]),
            "gate_threshold": np.array([gate.threshold for gate in gates], dtype=np.float64),
            "power_start": pointers([len(presence.powers) for presence in made]),
            "power_kept": whole([kept for kept, _ in powers]),
            "power_log": np.array([logarithm for _, logarithm in powers], dtype=np.float64),
        }

    def _setting(self, name: str, setting: Setting, country: Country, score: Score, where: str) -> None:
        label, amount = setting.of(country)
        if (name, label) not in self._laws:
            self._laws[name, label] = (self._book.law(amount, where), score if is_drawn(amount) else Score((), ()))
        law, hangs_on = self._laws[name, label]
        self._keep(name, law, country, hangs_on)

    def _keep(self, name: str, law: int, country: Country, score: Score) -> None:
        kept = self._kept.setdefault(name, self._world.count + len(self._kept))
        common = self._book.common(all_countries(score, country, self._study))
        self._book.add(Row(law, 1.0, common, score.own, keep=kept))
