"""Everything in a study that may happen with a small chance, in which scenarios it does, and what it adds there.

Both are found by simulating parts of the study on the random numbers of the run: a part in which totals differ only
where the event happens, and a part with the event and without it. Streams of random numbers are named after what they
are for, so that a part draws what the whole study draws.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from popsim.analysis.rare_chances import Chance, Condition, anywhere
from popsim.analysis.rare_ends import RareEnd, rare_ends
from popsim.analysis.rare_parts import (
    always_needed,
    drawing,
    of_areas,
    only,
    parts_sharing,
    price_unit,
    unit_of,
    unit_part,
    with_areas,
    with_level,
    with_need,
    with_share,
    with_stream,
)
from popsim.arrays import Floats, Mask
from popsim.engine.variants import Scenarios, simulate_part
from popsim.families.base import Family
from popsim.plan.dependence import Score, delay_scores, share_score, start_score, whole_score
from popsim.plan.needs import needs_of
from popsim.plan.study_view import AGENCY_FEE, MATERIALISED, StudyView, stream_of
from popsim.study.model import Amount, Area, Component, Country, Delay, Escalation, Setting, Shock, Study

_NOISE = 1e-9
"""Share of an amount below which a difference is rounding."""

Totals = dict[str, Floats]
Part = Study | tuple[str, ...]
"""A part of a study: a study of its own, or the identifiers of areas, as the study has them."""
Pair = tuple[Part, Part | None]
"""Two parts whose totals are subtracted; None stands for no cost."""


@dataclass(eq=False)
class Sampler:
    """Totals of parts of one option, on the scenarios of the run.

    Parameters
    ----------
    study, totals
        The option, and its totals.
    scenarios
        Which scenarios of which random numbers.
    simulated
        Parts that were simulated before, which other options may have as well; more are added.
    """

    study: Study
    totals: Totals
    scenarios: Scenarios
    simulated: list[tuple[Study, Totals]] = field(default_factory=list)

    def part(self, part: Part) -> Totals:
        """Return the totals of a part, by the names of those of the whole."""
        if isinstance(part, tuple):
            if set(part) == {area.id for area in self.study.areas}:
                return self.totals
            part = of_areas(self.study, part)
        totals = next((totals for study, totals in self.simulated if study == part), None)
        if totals is None:
            totals = simulate_part(part, self.scenarios)
            self.simulated.append((part, totals))
        zero = np.zeros(self.scenarios.sampling.count)
        # An option that does not say who pays needs financing for all that it costs.
        is_financed = part.agency_fee is not None
        names = {name: name if is_financed else name.replace("financing_need", "cost") for name in self.totals}
        return {name: totals.get(own, zero) for name, own in names.items()}

    def difference(self, pair: Pair) -> tuple[Mask, Totals]:
        """Return in which scenarios two parts differ by more than rounding, and by how much."""
        part, other = pair
        without = None if other is None else self.part(other)
        happens: Mask = np.zeros(self.scenarios.sampling.count, dtype=np.bool_)
        adds = {}
        for name, values in self.part(part).items():
            more = values if without is None else values - without[name]
            differs = np.abs(more) > (0.0 if without is None else _NOISE) * np.abs(values)
            happens |= differs
            adds[name] = np.where(differs, more, 0.0)
        return happens, adds

    def in_one_country(self, pair: tuple[Study, Study | None]) -> Totals:
        """Return by how much two parts differ in one country: the scenarios of the smallest, then of the largest."""
        part, other = pair
        sizes = [country.size_factor for country in part.countries]
        chosen: dict[str, Country] = {}
        for place in (int(np.argmin(sizes)), int(np.argmax(sizes))):
            chosen[part.countries[place].code] = part.countries[place]
        differences = []
        for country in chosen.values():
            alone = None if other is None else replace(other, countries=(country,))
            differences.append(self.difference((replace(part, countries=(country,)), alone))[1])
        return {name: np.concatenate([each[name] for each in differences]) for name in self.totals}

    def shock(self, shock: Shock) -> tuple[Mask, Floats]:
        """Return in which scenarios a shock happens, and its factor in every scenario, were it to happen."""
        happens = self._cost_of_a_unit(replace(shock, factor=2.0)) > 1.5
        return happens, self._cost_of_a_unit(replace(shock, probability=1.0))

    def _cost_of_a_unit(self, shock: Shock) -> Floats:
        """Return the cost of one unit that is paid in the first year and that a shock multiplies."""
        area = next(area for area in self.study.areas if area.id in shock.areas)
        unit = replace(unit_of(self.study, area), money_factor=1.0)
        plain = replace(area, components=(unit,), need=None, delay=None, escalation=None, cofinancing=None)
        alone = replace(
            of_areas(self.study, (area.id,)),
            areas=(plain,),
            countries=self.study.countries[:1],
            shocks=(shock,),
            start=None,
            inflation=None,
            discount_rate=None,
            agency_fee=None,
        )
        return simulate_part(alone, self.scenarios)["cost"]


@dataclass(frozen=True)
class Event(ABC):
    """Something that may happen, and how to see in which scenarios it does and what it adds there."""

    id: str
    kind: str
    name: str
    countries: int
    """Countries in which it can happen; 0 for what is common to all."""
    chance: Chance

    @abstractmethod
    def measure(self, sampler: Sampler) -> tuple[Mask, Totals]:
        """Return in which scenarios it happens, and what it adds to each total in each scenario."""

    @abstractmethod
    def forced(self, sampler: Sampler) -> Totals:
        """Return what it adds where it is made to happen: in one country (several in turn), or in all at once."""


@dataclass(frozen=True)
class _ShockEvent(Event):
    """A shock happens, it does not, or its factor is at a rare end of its distribution."""

    shock: Shock
    end: RareEnd | None = None

    def measure(self, sampler: Sampler) -> tuple[Mask, Totals]:
        struck, factor = sampler.shock(self.shock)
        if self.end is not None:
            happens, without = struck & self.end.contains(factor), self.end.middle / factor
        elif self.kind == "no shock":
            happens, without = ~struck, factor
        else:
            happens, without = struck, 1.0 / factor
        totals = sampler.part(self.shock.areas)
        return happens, {name: np.where(happens, values * (1.0 - without), 0.0) for name, values in totals.items()}

    def forced(self, sampler: Sampler) -> Totals:
        struck, drawn = sampler.shock(self.shock)
        factor, usual = drawn, 1.0
        if self.end is not None:
            factor, usual = self.end.spread_values(len(drawn)), self.end.middle
        more = 1.0 - factor if self.kind == "no shock" else factor - usual
        totals = sampler.part(self.shock.areas)
        return {name: values / np.where(struck, drawn, 1.0) * more for name, values in totals.items()}


@dataclass(frozen=True)
class _PartEvent(Event):
    """An event that is seen in parts of the study, each time in the difference between two of them.

    Totals of `shows` differ in the scenarios in which it happens, those of `adds` by what it adds there, and those of
    `certain` by what it adds where it is made to happen.
    """

    shows: Pair
    adds: Pair
    certain: tuple[Study, Study | None]

    def measure(self, sampler: Sampler) -> tuple[Mask, Totals]:
        happens, _ = sampler.difference(self.shows)
        return happens, sampler.difference(self.adds)[1]

    def forced(self, sampler: Sampler) -> Totals:
        return sampler.in_one_country(self.certain) if self.countries > 0 else sampler.difference(self.certain)[1]


def events_of(study: Study, limit: float) -> tuple[Event, ...]:
    """Return everything that can happen in a study with a chance below a limit.

    Parameters
    ----------
    study
        One option of a study.
    limit
        Chance below which an event is rare.

    Examples
    --------
    >>> import popsim as ps
    >>> shock = {"name": "Embargo", "areas": ["f"], "probability": 0.02, "factor": 1.5, "basis": "judgement"}
    >>> study = ps.load_study("pops", {"shock.embargo": {**shock, "rationale": "An example."}})
    >>> [(event.kind, event.name, event.chance.value) for event in events_of(study, 0.1)]
    [('shock', 'Embargo', 0.02)]
    """
    view = StudyView(study)
    return (
        *_shock_events(study, limit),
        *_area_events(study, view, limit),
        *_whole_events(study, view, limit),
        *_time_events(study, view, limit),
        *_price_events(study, limit),
        *_financing_events(study, view, limit),
    )


def _shock_events(study: Study, limit: float) -> Iterator[Event]:
    """Yield shocks that happen rarely or nearly always, and rare ends of their factors."""

    def event(kind: str, chance: float, end: RareEnd | None = None) -> Event:
        return _ShockEvent(f"{kind}/{shock.id}", kind, shock.name, 0, Chance.known(chance), shock, end)

    for shock in study.shocks:
        if not shock.areas or shock.probability == 0.0:
            continue
        if shock.probability < limit:
            yield event("shock", shock.probability)
            continue
        if 0.0 < 1.0 - shock.probability < limit:
            yield event("no shock", 1.0 - shock.probability)
        if isinstance(shock.factor, Family):
            for end in rare_ends(shock.factor, limit / shock.probability):
                yield event(f"{end.side} factor", shock.probability * end.chance, end)


def _area_events(study: Study, view: StudyView, limit: float) -> Iterator[Event]:
    """Yield needs of areas and components that are rarely there or rarely not, and rare ends of what they draw."""
    scores = iter(view.scores)
    for area in study.areas:
        of_area = [] if area.need is None else [(f"area/{area.id}", area.need)]
        whole = _needed(view, of_area)
        is_rare = bool(of_area) and anywhere(whole, limit).is_below(limit)
        if is_rare:
            yield _need_event(study, area, None, whole, anywhere(whole))
        yield from _no_need_event(study, area, None, whole, limit)
        for component, score in zip(area.components, scores, strict=False):
            if not is_rare:
                yield from _component_events(study, view, area, component, score, limit)


def _component_events(
    study: Study, view: StudyView, area: Area, component: Component, score: Score, limit: float
) -> Iterator[Event]:
    """Yield that a component is rarely needed, or rarely not; and, where it is often, rare ends of what it draws."""
    needs = list(needs_of(area, component))
    both = _needed(view, needs)
    if component.need is not None:
        is_seldom = anywhere(both, limit).is_below(limit)
        # What is needed with another component belongs to the event of that one.
        if component.needed_with is None and is_seldom:
            yield _need_event(study, area, component, both, anywhere(both))
        elif component.needed_with is None:
            yield from _no_need_event(study, area, component, _needed(view, needs[-1:]), limit)
        if is_seldom:
            return
    cost: Amount = component.cost
    if component.part is not None:
        cost, score = component.part.share, share_score(study, component.part)
    for end in rare_ends(cost, limit) if isinstance(cost, Family) else ():
        with_end = _with_end(both, score, end, _groups(view))
        if anywhere(with_end, limit).is_below(limit):
            yield _cost_event(study, area, component, end, with_end)


def _groups(view: StudyView) -> list[str]:
    """Return the group of each country that shares more than all countries do."""
    return [each.get(view.study.dependence.group or "", "") for each in view.groups]


def _needed(view: StudyView, settings: list[tuple[str, Setting]]) -> list[list[Condition]]:
    """Return the conditions of each country for needs to hold."""
    entries = [(name, view.entries(setting)) for name, setting in settings]
    return [
        [
            Condition(view.needs[name], values[place][1], f"{name} {values[place][0]}", group=group)
            for name, values in entries
        ]
        for place, group in enumerate(_groups(view))
    ]


def _with_end(places: list[list[Condition]], score: Score, end: RareEnd, groups: list[str]) -> list[list[Condition]]:
    """Return the conditions of each country with the one that a value is at a rare end of its distribution."""
    drawn = [Condition(score, between=end.interval(), group=group) for group in groups]
    return [[*each, one] for each, one in zip(places, drawn, strict=True)]


def _whole_events(study: Study, view: StudyView, limit: float) -> Iterator[Event]:
    """Yield rare ends of the cost of what several components share."""
    groups = _groups(view)
    for whole in view.wholes:
        sharing = [pair for pair in view.pairs if pair[1].part is not None and pair[1].part.whole.id == whole.id]
        for end in rare_ends(whole.cost, limit):
            score = whole_score(study, whole)
            places = [_with_end(_needed(view, list(needs_of(*pair))), score, end, groups) for pair in sharing]
            alone = anywhere(_with_end([[] for _ in groups], score, end, groups))
            chance = _any_of([anywhere(each) for each in places], alone)
            if chance.is_below(limit):
                part = parts_sharing(study, whole, end.added())
                yield _PartEvent(
                    f"{end.side} cost/overlap/{whole.id}",
                    f"{end.side} cost",
                    whole.name,
                    max(map(_possible, places)),
                    chance,
                    shows=(part, None),
                    adds=(part, None),
                    certain=(always_needed(parts_sharing(study, whole, end.added_given())), None),
                )


def _any_of(chances: list[Chance], alone: Chance) -> Chance:
    """Return the chance that a rare whole is needed by any of those that share it; `alone`, were it always needed.

    It is known where only one shares it, or where one of them always needs it.
    """
    if len(chances) == 1 or alone in chances:
        return chances[0] if len(chances) == 1 else alone
    return Chance(math.nan, max(each.least for each in chances), min(sum(each.most for each in chances), alone.most))


def _possible(places: list[list[Condition]]) -> int:
    """Count the countries in which something can happen."""
    return sum(all(each.mean() > 0.0 for each in conditions) for conditions in places)


def _need_event(
    study: Study, area: Area, component: Component | None, places: list[list[Condition]], chance: Chance
) -> Event:
    """Return the event that an area, or a component of it, which is rarely needed is needed in any country."""
    where, name, part = _need_part(study, area, component)
    always = with_need(part, component is None, 1.0)
    return _PartEvent(
        f"need/{where}",
        "need",
        name,
        _possible(places),
        chance,
        shows=(unit_part(study, area, component), None),
        adds=(part, None),
        certain=(always if component is None else with_need(always, True, 1.0), None),
    )


def _no_need_event(
    study: Study, area: Area, component: Component | None, places: list[list[Condition]], limit: float
) -> Iterator[Event]:
    """Yield the event that an area, or a component of it, which is nearly always needed is not, if that is rare."""
    reversed_ = [[replace(each, reverse=True) for each in conditions] for conditions in places]
    chance = anywhere(reversed_, limit)
    if not (all(reversed_) and chance.is_below(limit)):
        return
    of_area = component is None
    where, name, part = _need_part(study, area, component)
    unit = unit_part(study, area if of_area else replace(area, need=None), component)
    always = with_need(part, of_area, 1.0)
    yield _PartEvent(
        f"no need/{where}",
        "no need",
        name,
        _possible(reversed_),
        chance,
        shows=(unit, with_need(unit, of_area, 1.0)),
        adds=(part, always),
        certain=(with_need(part, of_area, 0.0), always),
    )


def _need_part(study: Study, area: Area, component: Component | None) -> tuple[str, str, Study]:
    """Return the identifier and the name of an area, or of a component of it, and the part of the study that it is."""
    if component is None:
        return area.id, area.name, of_areas(study, (area.id,))
    followers = [each for each in area.components if each.needed_with == component.id]
    return f"{area.id}/{component.id}", component.name, with_areas(study, only(area, component, *followers))


def _cost_event(study: Study, area: Area, component: Component, end: RareEnd, places: list[list[Condition]]) -> Event:
    """Return the event that a cost, or a share of a whole, is at a rare end of its distribution, in any country."""
    part = with_areas(study, only(area, drawing(component, end.added())))
    always = with_areas(study, only(area, drawing(component, end.added_given())))
    certain = with_need(with_need(always, False, 1.0), True, 1.0)
    kind = f"{end.side} cost"
    return _PartEvent(
        f"{kind}/{area.id}/{component.id}",
        kind,
        component.name,
        _possible(places),
        anywhere(places),
        shows=(part, None),
        adds=(part, None),
        certain=(certain, None),
    )


def _time_events(study: Study, view: StudyView, limit: float) -> Iterator[Event]:
    """Yield starts, delays and levels of delays that are rarely so late, or so early."""
    if study.start is not None:
        yield from _late_or_early(study, view, study.start, start_score(study), limit)
    for area in study.areas:
        if area.delay is not None:
            yield from _late_or_early(study, view, area.delay.years, delay_scores(study)[area.id], limit, area)
    yield from _level_events(study, limit)


def _late_or_early(
    study: Study, view: StudyView, setting: Setting, score: Score, limit: float, area: Area | None = None
) -> Iterator[Event]:
    """Yield the events that countries start at a rare end of their distribution, or an area is delayed so."""
    labels = view.labels(setting)
    ends = {
        (label, end.side): end
        for label, amount in view.amounts(setting).items()
        if isinstance(amount, Family)
        for end in rare_ends(amount, limit)
        if end.has_gap()
    }

    def changed(part: Study, to: Mapping[str, Amount]) -> Study:
        """Return a part with other values for some entries of the setting."""
        by = tuple((column, group, to.get(f"{column}={group}", value)) for column, group, value in setting.by)
        other = replace(setting, value=to.get("", setting.value), by=by)
        if area is None or area.delay is None:
            return replace(part, start=other)
        return with_areas(part, replace(part.areas[0], delay=replace(area.delay, years=other)))

    areas = (area.id,) if area is not None else tuple(each.id for each in study.areas)
    part = of_areas(study, areas)
    # Prices that rise every year show how late a unit is paid.
    unit = unit_of(study, area or study.areas[0])
    rising = replace(part.areas[0], components=(unit,), need=None, escalation=Escalation(0.5, ""))
    if area is None:
        shown = with_areas(study, replace(rising, delay=None))
    else:
        shown = with_areas(replace(study, start=None), rising)
    for side in ("high", "low"):
        here = {label: end for (label, end_side), end in ends.items() if end_side == side}
        places = [[Condition(score, between=here[label].interval())] for label in labels if label in here]
        chance = anywhere(places, limit)
        if not chance.is_below(limit):
            continue
        usual = {label: end.usual() for label, end in here.items()}
        codes = [country for country, label in zip(study.countries, labels, strict=True) if label in here]
        few = replace(part, countries=tuple(codes))
        kind = f"{side} {'start' if area is None else 'delay'}"
        yield _PartEvent(
            kind if area is None else f"{kind}/{area.id}",
            kind,
            study.title if area is None else area.name,
            len(places),
            chance,
            shows=(shown, changed(shown, usual)),
            adds=(areas, changed(part, usual)),
            certain=(changed(few, {label: end.given() for label, end in here.items()}), changed(few, usual)),
        )


def _level_events(study: Study, limit: float) -> Iterator[Event]:
    """Yield levels of delays, each common to all countries, that are rarely so high or so low."""
    delayed = [(area, area.delay) for area in study.areas if area.delay is not None]
    for stream, level in {delay.level_stream: delay.level for _, delay in delayed}.items():
        if not isinstance(level, Family):
            continue
        areas = [area for area, delay in delayed if delay.level_stream == stream]
        part = of_areas(study, tuple(area.id for area in areas))
        # Prices that rise every year show how late a unit is paid whose delay is the level itself.
        unit = replace(areas[0], components=(unit_of(study, areas[0]),), need=None, escalation=Escalation(0.5, ""))
        unit = replace(unit, delay=Delay(Setting(1.0), 0.0, level, stream))
        shown = replace(with_areas(study, unit), start=None, countries=study.countries[:1])
        for end in rare_ends(level, limit):
            if end.has_gap():
                yield _PartEvent(
                    f"{end.side} {stream}",
                    f"{end.side} level",
                    areas[0].name if "/area/" in stream else study.title,
                    0,
                    Chance.known(end.chance),
                    shows=(shown, with_level(shown, stream, end.usual())),
                    adds=(tuple(area.id for area in areas), with_level(part, stream, end.usual())),
                    certain=(with_level(part, stream, end.given()), with_level(part, stream, end.usual())),
                )


def _price_events(study: Study, limit: float) -> Iterator[Event]:
    """Yield rates of escalation and of inflation, and exponents, that are rarely so high or so low."""
    for stream, (distribution, areas, name) in _price_streams(study).items():
        for end in rare_ends(distribution, limit):
            if end.has_gap():
                part, unit = of_areas(study, areas), price_unit(study, stream, areas[0])
                usual = with_stream(part, stream, end.usual())
                yield _PartEvent(
                    f"{end.side} {stream}",
                    f"{end.side} {stream.partition('/')[0]}",
                    name,
                    0,
                    Chance.known(end.chance),
                    shows=(unit, with_stream(unit, stream, end.usual())),
                    adds=(areas, usual),
                    certain=(with_stream(part, stream, end.given()), usual),
                )


def _price_streams(study: Study) -> dict[str, tuple[Family, tuple[str, ...], str]]:
    """Return by stream that all countries share: its distribution, the areas that depend on it, and its name."""
    streams: dict[str, tuple[Family, tuple[str, ...], str]] = {}

    def add(stream: str, distribution: object, area: Area, name: str) -> None:
        if isinstance(distribution, Family):
            areas = streams[stream][1] if stream in streams else ()
            streams[stream] = (distribution, tuple(dict.fromkeys((*areas, area.id))), name)

    for area in study.areas:
        if area.escalation is not None:
            stream = area.escalation.stream
            add(stream, area.escalation.rate, area, area.name if "/" in stream else study.title)
        for component in area.components:
            for exponent in component.exponents:
                add(exponent.stream, exponent.value, area, exponent.driver)
    if isinstance(study.inflation, Family):
        streams["inflation"] = (study.inflation, tuple(area.id for area in study.areas), study.title)
    return streams


def _financing_events(study: Study, view: StudyView, limit: float) -> Iterator[Event]:
    """Yield shares of who pays that are rarely so high or so low."""
    for stream, distribution in view.financing_draws.items():
        for end in rare_ends(distribution, limit):
            payers = _payers(view, stream)
            if not (payers and end.has_gap()):
                continue
            kind, (area, component, country) = stream.rpartition("financing/")[2], payers[0]
            kind = kind if stream.startswith("financing/") else "cofinancing"
            ids = tuple(dict.fromkeys(area.id for area, _, _ in payers))
            alone = replace(unit_of(study, area), id=component.id, cofinancing=component.cofinancing)
            shown = replace(with_areas(study, replace(area, components=(alone,), need=None)), countries=(country,))
            part = of_areas(study, ids)
            usual = with_share(part, stream, end.usual())
            yield _PartEvent(
                f"{end.side} {stream}",
                f"{end.side} {kind}",
                area.name if len(ids) == 1 else study.title,
                0,
                Chance.known(end.chance),
                shows=(shown, with_share(shown, stream, end.usual())),
                adds=(ids, usual),
                certain=(with_share(part, stream, end.given()), usual),
            )


def _payers(view: StudyView, stream: str) -> list[tuple[Area, Component, Country]]:
    """Return of each component that a stream of who pays matters to, one country where it does."""
    found = []
    for (area, component), pledged in zip(view.pairs, view.cofinancing, strict=True):
        entries = [("", cast(Amount, 0.0))] * len(view.study.countries) if pledged is None else view.entries(pledged[1])
        for country, (label, amount) in zip(view.study.countries, entries, strict=True):
            is_pledge = pledged is not None and stream_of(pledged[0], label) == stream
            is_general = pledged is not None and pledged[1].materialised is None
            if is_pledge or stream == AGENCY_FEE or (stream == MATERIALISED and is_general and amount != 0.0):
                found.append((area, component, country))
                break
    return found
