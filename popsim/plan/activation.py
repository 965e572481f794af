"""What costs depend on, as rows and arrays: factors common to all countries, and what activates and delays payments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from popsim.arrays import Floats, Integers, pointers
from popsim.families.base import Family
from popsim.families.normal import Normal
from popsim.plan.dependence import Score, delay_scores, start_score, whole_score
from popsim.plan.needs import Probit, needs_of
from popsim.plan.rows import Block, Row, RowBuilder, Weights, integers, is_drawn
from popsim.plan.study_view import StudyView
from popsim.study.model import Amount, Area, Component, Country, Delay, Setting, Shock, Study


class PricePath(NamedTuple):
    """Factors on prices: rates as (register, whether it counts from the price year on), constants, shocks."""

    rates: tuple[tuple[int, bool], ...]
    constants: tuple[tuple[float, bool], ...]
    shocks: tuple[str, ...]
    discounted: bool = False


class _ShockRow(NamedTuple):
    """Registers of the score and the factor of a shock; it happens where score + threshold > 0."""

    score: int
    factor: int
    threshold: float


class GlobalFactors:
    """Values that are drawn once for all countries, in a group of rows of their own, the first."""

    def __init__(self, study: Study, builder: RowBuilder) -> None:
        self._study, self._builder = study, builder
        self._registers: dict[str, int] = {}
        self._shocks = {shock.id: self._shock(shock) for shock in study.shocks}

    @property
    def count(self) -> int:
        """How many registers there are."""
        return len(self._registers)

    def register(self, name: str, amount: Amount, where: str) -> int:
        """Return the register of the value of a shared stream; the same name is the same draw."""
        if name not in self._registers:
            self._registers[name] = len(self._registers)
            common = self._builder.common(((name, 1.0),)) if isinstance(amount, Family) else -1
            row = Row(self._builder.distribution(amount, where), register=self._registers[name])
            self._builder.extend(Block.of([row], {}), -1, [1.0], [common], [-1])
        return self._registers[name]

    def threshold(self, name: str, label: str, amount: Amount) -> tuple[int, float]:
        """Return the register of the threshold of a need (-1: none), and the part of it that is known."""
        if not isinstance(amount, Family):
            return -1, float(ndtri(amount))
        stream = f"need/{name}/probability" + (f"/{label}" if label else "")
        # To make a threshold of a probability takes time.
        known = self._registers.get(stream)
        return self.register(stream, Probit(amount), f"need of {name}: probability") if known is None else known, 0.0

    def level(self, delay: Delay) -> int:
        """Return the register of the factor on the years of a delay; -1 where it changes nothing."""
        if delay.level == 1.0:
            return -1
        return self.register(delay.level_stream, delay.level, f"{delay.level_stream}: level")

    def price_path(self, area: Area) -> PricePath:
        """Return the path of the prices of an area."""
        shocks = tuple(shock.id for shock in self._study.shocks if area.id in shock.areas)
        escalation = area.escalation
        if escalation is None or escalation.rate == 0.0:
            return PricePath((), (), shocks)
        if isinstance(escalation.rate, Family):
            register = self.register(escalation.stream, escalation.rate, f"{escalation.stream}: rate")
            return PricePath(((register, True),), (), shocks)
        return PricePath((), ((escalation.rate, True),), shocks)

    def nominal(self, path: PricePath) -> PricePath:
        """Return the same path in money of the day."""
        inflation = self._study.inflation
        if isinstance(inflation, Family):
            register = self.register("inflation", inflation, "money.inflation")
            return path._replace(rates=(*path.rates, (register, False)))
        return path._replace(constants=(*path.constants, (float(inflation or 0.0), False)))

    def path_arrays(self, paths: Sequence[PricePath], years: int) -> dict[str, Any]:
        """Return the arrays of `Moves` that describe paths, over so many years."""
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
            "rate_kept": integers([register for register, _ in rates]),
            "rate_power": np.array([since[late] for _, late in rates], dtype=np.int64).reshape(len(rates), years),
            "shock_start": pointers([len(path.shocks) for path in paths]),
            "shock_score": integers([shock.score for shock in shocks]),
            "shock_factor": integers([shock.factor for shock in shocks]),
            "shock_threshold": np.array([shock.threshold for shock in shocks], dtype=np.float64),
        }

    def _shock(self, shock: Shock) -> _ShockRow:
        where = f"shock {shock.id}"
        happens = self.register(f"shock/{shock.id}/happens", Normal(0.0, 1.0), where)
        factor = self.register(f"shock/{shock.id}/factor", shock.factor, f"{where}: factor")
        return _ShockRow(happens, factor, float(ndtri(shock.probability)))


def register_shared_values(view: StudyView, factors: GlobalFactors) -> None:
    """Draw for all countries at once what needs and exponents share, before any country begins."""
    for area, component in view.pairs:
        for exponent in component.exponents:
            if isinstance(exponent.value, Family):
                factors.register(exponent.stream, exponent.value, exponent.stream)
        for name, setting in needs_of(area, component):
            for label, amount in view.amounts(setting).items():
                factors.threshold(name, label, amount)
    for area in view.study.areas:
        if area.delay is not None and view.lags[area.id] > 1:
            factors.level(area.delay)


def common_weights(score: Score, country: Country, study: Study) -> Weights:
    """Return the weights of a score on normals that a country shares with all countries, or with those of its group."""
    column = study.dependence.group
    if not score.group:
        return score.shared
    prefix = f"group/{column}={dict(country.groups)[str(column)]}"
    return (*score.shared, *((f"{prefix}/{name}", weight) for name, weight in score.group))


class _NeedIndicator(NamedTuple):
    """A need holds where score + threshold + what the register holds > 0."""

    score: int
    register: int
    threshold: float


class _Activation(NamedTuple):
    """What activates the payments for a component in a country: needs, scale factors, lateness."""

    slot: int
    lags: int
    begin: int
    late: int
    late_cost: float
    level: int
    needs: tuple[_NeedIndicator, ...]
    scale_factors: tuple[tuple[int, str, float], ...]
    """(register of the exponent, measure, where the cost stands in it)."""
    whole: int = -1
    """Register of the whole that the components are shares of; -1 for none."""


class _Kind(NamedTuple):
    """What costs depend on in every country of one kind: those to which the same entries of all settings apply."""

    block: Block
    common: Integers
    own: tuple[str, ...]
    """Names of the country's own normals, as `block` numbers them."""
    rows: Integers
    """Component before which each activation is made."""
    of: Integers
    """Activation of each component, -1 for none."""
    arrays: dict[str, NDArray[Any]]
    """Activations as arrays of `Moves`; needs and scale factors are counted where those have starts."""
    logarithms: Floats
    """Of the measure of each scale factor in each country (scale factor, country)."""


class _Source(NamedTuple):
    """What one row of a country is made from, where it has one: a start, a delay, the score of a need, or a whole."""

    name: str
    setting: Setting
    score: Score
    where: str
    """Empty for the score of a need."""


class ActivationBuilder:
    """Builds the activations of all countries; those of one country take the same buffers as those of another.

    Countries of one kind have the same rows, but for the names of their streams and the sizes of their measures.
    """

    def __init__(self, view: StudyView, builder: RowBuilder, factors: GlobalFactors) -> None:
        self._view, self._builder, self._factors = view, builder, factors
        self._normal = builder.distribution(Normal(0.0, 1.0), "score of a need")
        self._sources = list(self._found_sources())
        self._source_entries = [view.entries(source.setting) for source in self._sources]
        self._keys = self._found_keys()
        self._registers: dict[str, int] = {}
        self._distributions: dict[tuple[str, str], tuple[int, Score]] = {}
        self._needs: dict[tuple[str, str], _NeedIndicator] = {}
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._pair_needs = [
            [(name, f"need/{name}", view.entries(setting)) for name, setting in needs_of(area, component)]
            for area, component in view.pairs
        ]
        self._alike: list[_Activation] = []
        self._added: list[tuple[int, _Kind]] = []
        self._rows: list[Integers] = []
        self._count = 0
        self._slots = 0

    def add(self, place: int, prefix: str) -> Integers:
        """Begin the group of a country with the rows that its costs depend on; return the activation of each cost."""
        key = self._keys[place]
        if key not in self._kinds:
            self._kinds[key] = self._new_kind(place)
        kind = self._kinds[key]
        count = len(kind.common)
        self._builder.begin(prefix, kind.own)
        self._builder.extend(kind.block, -1, np.ones(count), kind.common, np.full(count, -1))
        start = self._count
        self._added.append((place, kind))
        self._rows.append(len(self._builder) + kind.rows)
        self._count += len(kind.rows)
        return np.where(kind.of >= 0, start + kind.of, -1)

    @property
    def register_count(self) -> int:
        """How many registers there are at a time, those of all countries included."""
        return self._factors.count + len(self._registers)

    @property
    def slot_count(self) -> int:
        """How many weights are kept at a time."""
        return self._slots

    def arrays(self) -> dict[str, Any]:
        """Return the arrays of `Moves` that describe activations."""
        arrays = {
            name: np.concatenate([empty, *(kind.arrays[name] for _, kind in self._added)])
            for name, empty in self._arrays_of([]).items()
        }
        if not (arrays["presence_level"] >= 0).any():
            arrays["presence_level"] = integers([])
        # Left empty without wholes: such plans keep the digest that they had before there were any.
        if not self._view.wholes:
            arrays["presence_whole"] = integers([])
        rows = np.concatenate([integers([]), *self._rows])
        return {
            **arrays,
            "presence_start": pointers(np.bincount(rows, minlength=len(self._builder))),
            "gate_start": pointers(arrays["gate_start"]),
            "power_start": pointers(arrays["power_start"]),
            "power_log": np.concatenate([np.zeros(0), *(kind.logarithms[:, place] for place, kind in self._added)]),
        }

    def _arrays_of(self, activations: Sequence[_Activation]) -> dict[str, NDArray[Any]]:
        """Return activations as arrays of `Moves`; needs and scale factors are counted where those have starts."""
        needs = [need for activation in activations for need in activation.needs]
        scale_factors = [each for activation in activations for each in activation.scale_factors]
        return {
            "presence_slot": integers([activation.slot for activation in activations]),
            "presence_lags": integers([activation.lags for activation in activations]),
            "presence_begin": integers([activation.begin for activation in activations]),
            "presence_late": integers([activation.late for activation in activations]),
            "presence_late_cost": np.array([activation.late_cost for activation in activations], dtype=np.float64),
            "presence_level": integers([activation.level for activation in activations]),
            "presence_whole": integers([activation.whole for activation in activations]),
            "gate_start": integers([len(activation.needs) for activation in activations]),
            "gate_score": integers([need.score for need in needs]),
            "gate_kept": integers([need.register for need in needs]),
            "gate_threshold": np.array([need.threshold for need in needs], dtype=np.float64),
            "power_start": integers([len(activation.scale_factors) for activation in activations]),
            "power_kept": integers([register for register, _, _ in scale_factors]),
        }

    def _found_sources(self) -> Iterator[_Source]:
        """Yield what rows are made from, in the order of the rows of a country."""
        study, delays = self._view.study, delay_scores(self._view.study)
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
                        yield _Source(f"need/{name}", setting, self._view.needs[name], "")
        for whole in self._view.wholes:
            where = f"overlap {whole.id}: cost"
            yield _Source(f"overlap/{whole.id}", Setting(whole.cost), whole_score(study, whole), where)

    def _found_keys(self) -> list[tuple[object, ...]]:
        """Return of each country its group, and which entries of settings apply to it."""
        group, view = self._view.study.dependence.group, self._view
        groups = [None if group is None else each.get(group) for each in view.groups]
        settings = {id(source.setting): source.setting for source in self._sources}
        labels = [[label for label, _ in view.entries(setting)] for setting in settings.values()]
        return list(zip(groups, *labels, strict=True))

    def _new_kind(self, place: int) -> _Kind:
        """Return the rows that costs depend on in a country, and its activations."""
        view, study = self._view, self._view.study
        own = {name: number for number, name in enumerate(view.own)}
        rows: list[Row] = []
        common: list[int] = []
        drawn = set()
        for source, entries in zip(self._sources, self._source_entries, strict=True):
            label, amount = entries[place]
            if not source.where and amount == 1.0:
                continue
            drawn.add(source.name)
            distribution, score = self._distribution(source, label, amount)
            register = self._registers.setdefault(source.name, self._factors.count + len(self._registers))
            rows.append(Row(distribution, score.own, register=register))
            common.append(self._builder.common(common_weights(score, study.countries[place], study)))
        # Components of an area with the same needs, scale factors and whole share an activation.
        activations: dict[tuple[object, ...], int] = {}
        made: list[tuple[int, _Activation]] = []
        used: dict[str, int] = {}
        of: list[int] = []
        if not self._alike:
            self._alike = [self._activation(area, component) for area, component in view.pairs]
        for k, (area, _) in enumerate(view.pairs):
            found = self._needed(self._alike[k], place, k, drawn)
            if found is None:
                of.append(-1)
                continue
            key = (area.id, found.needs, found.scale_factors, found.whole)
            if key not in activations:
                slot = used.get(area.id, 0)
                used[area.id] = slot + (3 if found.lags > 1 else 1)
                activations[key] = len(made)
                made.append((k, found._replace(slot=slot)))
            of.append(activations[key])
        self._slots = max(self._slots, *used.values(), 0)
        block = Block.of(rows, own)
        activated = [each for _, each in made]
        scales = [(measure, reference) for each in activated for _, measure, reference in each.scale_factors]
        return _Kind(
            block,
            integers(common),
            tuple(own),
            integers([row for row, _ in made]),
            integers(of),
            self._arrays_of(activated),
            np.array([view.logarithms(*scale) for scale in scales]).reshape(len(scales), len(study.countries)),
        )

    def _needed(self, alike: _Activation, place: int, k: int, drawn: set[str]) -> _Activation | None:
        """Return the activation of a component in a country, its slot left open; None where it needs none."""
        needs = tuple(
            [self._need(name, *entries[place]) for name, source, entries in self._pair_needs[k] if source in drawn]
        )
        if not (needs or alike.scale_factors or alike.lags > 1 or alike.whole >= 0):
            return None
        return alike._replace(needs=needs)

    def _activation(self, area: Area, component: Component) -> _Activation:
        """Return what activations of a component have alike in all countries: all but slot and needs."""
        scale_factors = tuple(
            (
                self._factors.register(exponent.stream, exponent.value, exponent.stream),
                exponent.driver,
                exponent.reference,
            )
            for exponent in component.exponents
            if isinstance(exponent.value, Family)
        )
        lags = self._view.lags[area.id]
        whole = -1 if component.part is None else self._registers[f"overlap/{component.part.whole.id}"]
        begin = self._registers["start"] if lags > 1 and self._view.study.start is not None else -1
        late = self._registers[f"delay/{area.id}"] if lags > 1 and area.delay is not None else -1
        late_cost, level = 0.0, -1
        if area.delay is not None and lags > 1:
            late_cost, level = area.delay.cost_per_year, self._factors.level(area.delay)
        return _Activation(0, lags, begin, late, late_cost, level, (), scale_factors, whole)

    def _need(self, name: str, label: str, amount: Amount) -> _NeedIndicator:
        if (name, label) not in self._needs:
            register, threshold = self._factors.threshold(name, label, amount)
            self._needs[name, label] = _NeedIndicator(self._registers[f"need/{name}"], register, threshold)
        return self._needs[name, label]

    def _distribution(self, source: _Source, label: str, amount: Amount) -> tuple[int, Score]:
        if not source.where:
            return self._normal, source.score
        if (source.name, label) not in self._distributions:
            number = self._builder.distribution(amount, source.where)
            self._distributions[source.name, label] = (number, source.score if is_drawn(amount) else Score((), ()))
        return self._distributions[source.name, label]
