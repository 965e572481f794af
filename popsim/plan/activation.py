"""What costs depend on, as rows and arrays: factors common to all countries, and what activates and delays payments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from popsim.families.base import Family
from popsim.families.normal import Normal
from popsim.plan.dependence import Score, delay_scores, start_score
from popsim.plan.model import Integers
from popsim.plan.needs import Probit, needs_of
from popsim.plan.rows import Block, Row, RowBook, Weights, is_drawn
from popsim.plan.study_view import Survey
from popsim.plan.tables.builder import pointers
from popsim.study.model import Amount, Area, Component, Country, Setting, Shock, Study

__all__ = ["Path", "PresenceBook", "World", "all_countries", "share_values"]


class Path(NamedTuple):
    """Factors on prices: rates as (where it is kept, whether it starts at the price year), constants, shocks."""

    rates: tuple[tuple[int, bool], ...]
    constants: tuple[tuple[float, bool], ...]
    shocks: tuple[str, ...]
    discounted: bool = False


class World:
    """Values that are drawn once for all countries, in a group of rows of their own, the first."""

    def __init__(self, study: Study, book: RowBook) -> None:
        self._study, self._book = study, book
        self._kept: dict[str, int] = {}
        self._shocks = {shock.id: self._shock(shock) for shock in study.shocks}

    @property
    def count(self) -> int:
        """How many values are kept."""
        return len(self._kept)

    def value(self, name: str, amount: Amount, where: str) -> int:
        """Keep the value of a shared stream, and tell where; the same name is the same draw."""
        if name not in self._kept:
            self._kept[name] = len(self._kept)
            common = self._book.common(((name, 1.0),)) if isinstance(amount, Family) else -1
            self._book.add(Row(self._book.law(amount, where), 1.0, common, (), keep=self._kept[name]))
        return self._kept[name]

    def threshold(self, name: str, label: str, amount: Amount, where: str) -> tuple[int, float]:
        """Tell where the threshold of a probability is kept (-1: nowhere), and the part of it that is known."""
        from scipy.special import ndtri

        if isinstance(amount, Family):
            name = f"{name}/{label}" if label else name
            kept = self._kept.get(name)
            return self.value(name, Probit(amount), where) if kept is None else kept, 0.0
        return -1, float(ndtri(amount))

    def path(self, area: Area) -> Path:
        """Path of the prices of an area."""
        shocks = tuple(shock.id for shock in self._study.shocks if area.id in shock.areas)
        escalation = area.escalation
        if escalation is None or escalation.rate == 0.0:
            return Path((), (), shocks)
        if isinstance(escalation.rate, Family):
            kept = self.value(escalation.stream, escalation.rate, f"{escalation.stream}: rate")
            return Path(((kept, True),), (), shocks)
        return Path((), ((escalation.rate, True),), shocks)

    def nominal(self, path: Path) -> Path:
        """Return the same path in money of the day."""
        inflation = self._study.inflation
        if isinstance(inflation, Family):
            kept = self.value("inflation", inflation, "money.inflation")
            return path._replace(rates=(*path.rates, (kept, False)))
        return path._replace(constants=(*path.constants, (float(inflation or 0.0), False)))

    def path_arrays(self, paths: Sequence[Path], years: int) -> dict[str, Any]:
        """Arrays of `Moves` that say what the paths are, over so many years."""
        ages = np.array([self._study.years[0] + year - self._study.price_year for year in range(years)])
        since = {True: np.maximum(ages, 0), False: ages}
        static = np.ones((len(paths), years))
        for row, path in zip(static, paths, strict=True):
            for rate, late in path.constants:
                row *= [math.pow(1.0 + rate, int(age)) for age in since[late]]
            if path.discounted:
                row /= [math.pow(1.0 + float(self._study.discount_rate or 0.0), year) for year in range(years)]
        rates = [entry for path in paths for entry in path.rates]
        shocks = [self._shocks[name] for path in paths for name in path.shocks]
        return {
            "path_static": static,
            "rate_start": pointers([len(path.rates) for path in paths]),
            "rate_kept": np.array([kept for kept, _ in rates], dtype=np.int64),
            "rate_power": np.array([since[late] for _, late in rates], dtype=np.int64).reshape(len(rates), years),
            "shock_start": pointers([len(path.shocks) for path in paths]),
            "shock_score": np.array([score for score, _, _ in shocks], dtype=np.int64),
            "shock_factor": np.array([factor for _, factor, _ in shocks], dtype=np.int64),
            "shock_threshold": np.array([threshold for _, _, threshold in shocks], dtype=np.float64),
        }

    def _shock(self, shock: Shock) -> tuple[int, int, float]:
        from scipy.special import ndtri

        where = f"shock {shock.id}"
        happens = self.value(f"shock/{shock.id}/happens", Normal(0.0, 1.0), where)
        factor = self.value(f"shock/{shock.id}/factor", shock.factor, f"{where}: factor")
        return happens, factor, float(ndtri(shock.probability))


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
    powers: tuple[tuple[int, str], ...]
    """(where the exponent is kept, driver)."""


class _Kind(NamedTuple):
    """What costs depend on in every country of one kind: those to which the same entries of all settings apply."""

    block: Block
    common: list[int]
    own: tuple[str, ...]
    """Names of the country's own normals that these rows hang on, as `Block` numbers them."""
    presences: tuple[_Presence, ...]
    rows: tuple[int, ...]
    """Component that each presence is made for."""
    of: tuple[int, ...]
    """Presence of each component, -1 for none."""


class _Source(NamedTuple):
    """What one row of a country is made from, where it has one: a start, a delay, or the score of a need."""

    name: str
    setting: Setting
    score: Score
    where: str
    """Empty for the score of a need."""


def all_countries(score: Score, country: Country, study: Study) -> Weights:
    """Weights of a score on normals that the country shares: with all countries, and with those of its group."""
    column = study.dependence.group
    if not score.group:
        return score.shared
    prefix = f"group/{column}={dict(country.groups)[str(column)]}"
    return (*score.shared, *((f"{prefix}/{name}", weight) for name, weight in score.group))


def share_values(survey: Survey, world: World) -> None:
    """Draw for all countries at once what needs and exponents share, before any country begins."""
    for area, component in survey.pairs:
        for exponent in component.exponents:
            if isinstance(exponent.value, Family):
                world.value(exponent.stream, exponent.value, exponent.stream)
        for name, setting in needs_of(area, component):
            for label, amount in survey.amounts(setting).items():
                _threshold(world, name, label, amount)


def _threshold(world: World, name: str, label: str, amount: Amount) -> tuple[int, float]:
    return world.threshold(f"need/{name}/probability", label, amount, f"need of {name}: probability")


class PresenceBook:
    """Makes the presences of all countries; those of one country take the same buffers as those of another.

    Countries of one kind have the same rows, but for the names of their streams and the sizes of their drivers.
    """

    def __init__(self, survey: Survey, book: RowBook, world: World) -> None:
        self._survey, self._book, self._world = survey, book, world
        self._normal = book.law(Normal(0.0, 1.0), "score of a need")
        self._sources = list(self._found_sources())
        self._keys = self._found_keys()
        self._kept: dict[str, int] = {}
        self._laws: dict[tuple[str, str], tuple[int, Score]] = {}
        self._gates: dict[tuple[str, str], _Gate] = {}
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._made: list[tuple[int, _Kind]] = []
        self._rows: list[int] = []
        self._slots = 0

    def add(self, place: int, prefix: str) -> list[int]:
        """Begin the group of a country, add the rows that its costs depend on, and give the presences of these."""
        kind = self._kind(place)
        count = len(kind.block.law)
        self._book.begin(prefix, kind.own)
        self._book.extend(kind.block, -1, [1.0] * count, kind.common, [-1] * count)
        start, first = len(self._rows), len(self._book)
        self._made.append((place, kind))
        self._rows += [first + row for row in kind.rows]
        return [start + number if number >= 0 else -1 for number in kind.of]

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
        made = [presence for _, kind in self._made for presence in kind.presences]
        gates = [gate for presence in made for gate in presence.gates]
        powers = [
            (kept, math.log(self._survey.factors(driver)[place]))
            for place, kind in self._made
            for presence in kind.presences
            for kept, driver in presence.powers
        ]

        def whole(numbers: list[int]) -> Integers:
            return np.array(numbers, dtype=np.int64)

        return {
            "presence_start": pointers(np.bincount(whole(self._rows), minlength=len(self._book))),
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

    def _found_sources(self) -> Iterator[_Source]:
        """Yield what rows are made from, in the order of the rows of a country."""
        study, delays = self._survey.study, delay_scores(self._survey.study)
        if study.start is not None:
            yield _Source("start", study.start, start_score(study), "start: years")
        met = set()
        for area in study.areas:
            if area.delay is not None:
                where = f"delay of area {area.id}: years"
                yield _Source(f"delay/{area.id}", area.delay.years, delays[area.id], where)
            for component in area.components:
                for name, setting in needs_of(area, component):
                    if name not in met:
                        met.add(name)
                        yield _Source(f"need/{name}", setting, self._survey.needs[name], "")

    def _found_keys(self) -> list[tuple[object, ...]]:
        """Say of each country which group it is in, and which entries of settings apply to it."""
        group, survey = self._survey.study.dependence.group, self._survey
        groups = [None if group is None else each.get(group) for each in survey.groups]
        settings = {id(source.setting): source.setting for source in self._sources}
        labels = [[label for label, _ in survey.entries(setting)] for setting in settings.values()]
        return list(zip(groups, *labels, strict=True))

    def _kind(self, place: int) -> _Kind:
        """Return what the costs of a country depend on."""
        key = self._keys[place]
        if key not in self._kinds:
            self._kinds[key] = self._new_kind(place)
        return self._kinds[key]

    def _new_kind(self, place: int) -> _Kind:
        """Work out the rows of a country that its costs depend on, and its presences."""
        survey = self._survey
        own = {name: number for number, name in enumerate(survey.own)}
        block, common, drawn = Block([], [], [], [], [], [], []), [], set()
        for source in self._sources:
            label, amount = survey.entries(source.setting)[place]
            if not source.where and amount == 1.0:
                continue
            drawn.add(source.name)
            law, score = self._law(source, label, amount)
            block.law.append(law)
            block.keep.append(self._kept.setdefault(source.name, self._world.count + len(self._kept)))
            common.append(self._book.common(all_countries(score, survey.study.countries[place], survey.study)))
            block.lengths.append(len(score.own))
            block.bases.extend([own.setdefault(name, len(own)) for name, _ in score.own])
            block.weights.extend([weight for _, weight in score.own])
        block.component.extend([-1] * len(common))
        block.growth.extend([-1] * len(common))
        presences: dict[tuple[object, ...], int] = {}
        made: list[_Presence] = []
        rows: list[int] = []
        of: list[int] = []
        used: dict[str, int] = {}
        for k, (area, component) in enumerate(survey.pairs):
            found = self._presence(place, area, component, drawn)
            if found is None:
                of.append(-1)
                continue
            key = (area.id, found.gates, found.powers)
            if key not in presences:
                slot = used.get(area.id, 0)
                used[area.id] = slot + (3 if found.lags > 1 else 1)
                presences[key] = len(made)
                made.append(found._replace(slot=slot))
                rows.append(k)
            of.append(presences[key])
        self._slots = max(self._slots, *used.values(), 0)
        return _Kind(block, common, tuple(own), tuple(made), tuple(rows), tuple(of))

    def _presence(self, place: int, area: Area, component: Component, drawn: set[str]) -> _Presence | None:
        """Return the presence of a component in a country, its slot left open; None where it needs none."""
        gates = tuple(
            [
                self._gate(name, *self._survey.entries(setting)[place])
                for name, setting in needs_of(area, component)
                if f"need/{name}" in drawn
            ]
        )
        powers = tuple(
            (self._world.value(exponent.stream, exponent.value, exponent.stream), exponent.driver)
            for exponent in component.exponents
            if isinstance(exponent.value, Family)
        )
        lags = self._survey.lags[area.id]
        if not (gates or powers or lags > 1):
            return None
        begin = self._kept["start"] if lags > 1 and self._survey.study.start is not None else -1
        late = self._kept[f"delay/{area.id}"] if lags > 1 and area.delay is not None else -1
        late_cost = area.delay.cost_per_year if area.delay is not None else 0.0
        return _Presence(0, lags, begin, late, late_cost, gates, powers)

    def _gate(self, name: str, label: str, amount: Amount) -> _Gate:
        if (name, label) not in self._gates:
            kept, threshold = _threshold(self._world, name, label, amount)
            self._gates[name, label] = _Gate(self._kept[f"need/{name}"], kept, threshold)
        return self._gates[name, label]

    def _law(self, source: _Source, label: str, amount: Amount) -> tuple[int, Score]:
        if not source.where:
            return self._normal, source.score
        if (source.name, label) not in self._laws:
            law = self._book.law(amount, source.where)
            self._laws[source.name, label] = (law, source.score if is_drawn(amount) else Score((), ()))
        return self._laws[source.name, label]
