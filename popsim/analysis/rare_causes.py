"""Everything in a study that may happen with a small chance, and how its scenarios and its size are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from popsim.analysis.rare_chances import Chance, Condition, anywhere
from popsim.analysis.rare_laws import RareEnd, rare_ends
from popsim.engine.variants import Scenarios, simulate_part
from popsim.families.base import Family, Floats
from popsim.families.constant import Constant
from popsim.plan.dependence import Score, delay_scores, start_score
from popsim.plan.needs import needs_of
from popsim.plan.study_view import StudyView
from popsim.schema import STUDY_FILE
from popsim.study.model import Amount, Area, Component, Country, Escalation, Setting, Shock, Study

__all__ = ["Event", "Mask", "Sampler", "Totals", "events_of"]

_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
_NOISE = 1e-9
"""Share of an amount below which a difference is rounding."""

_NO_FILES = ((STUDY_FILE, ""),)

Mask = NDArray[np.bool_]
Totals = dict[str, Floats]


@dataclass(frozen=True)
class Event:
    """Something that may happen, and how to see in which scenarios it does and what it adds there."""

    id: str
    kind: str
    name: str
    countries: int
    """Countries in which it can happen; 0 for what is common to all."""
    chance: Chance
    measure: Callable[[Sampler], tuple[Mask, Totals]]
    """Scenarios in which it happens, and what it adds to each total in each scenario."""
    forced: Callable[[Sampler], Totals]
    """What it adds where it is made to happen, in one country (several, one after the other) or in all at once."""


class Sampler:
    """Totals of parts of one option, on the scenarios of the run."""

    def __init__(
        self, study: Study, totals: Totals, scenarios: Scenarios, known: list[tuple[Study, Totals]] | None = None
    ) -> None:
        self.study, self.totals, self.scenarios = study, totals, scenarios
        self._known = [] if known is None else known
        """Parts that were simulated, which other options may have as well."""

    def areas(self, ids: tuple[str, ...]) -> Totals:
        """Totals of some areas, as they are."""
        if set(ids) == {area.id for area in self.study.areas}:
            return self.totals
        return self.part(_of_areas(self.study, ids))

    def part(self, part: Study) -> Totals:
        """Totals of a part, by the names of those of the whole."""
        found = next((totals for study, totals in self._known if study == part), None)
        if found is None:
            found = simulate_part(part, self.scenarios)
            self._known.append((part, found))
        zero = np.zeros(self.scenarios.sampling.count)
        # An option that does not say who pays needs financing for all that it costs.
        own = {
            name: name if part.agency_fee is not None else name.replace("financing_need", "cost")
            for name in self.totals
        }
        return {name: found.get(own[name], zero) for name in self.totals}

    def shock(self, shock: Shock) -> tuple[Mask, Floats]:
        """Scenarios in which a shock happens, and its factor in every scenario, were it to happen."""
        return self._struck(replace(shock, factor=2.0)) > 1.5, self._struck(replace(shock, probability=1.0))

    def _struck(self, shock: Shock) -> Floats:
        """Cost of one unit that a shock multiplies."""
        area = next(area for area in self.study.areas if area.id in shock.areas)
        unit = replace(
            area.components[0],
            kind="one-off",
            cost=Constant(1.0),
            money_factor=1.0,
            profile=(1.0, *(0.0,) * (len(self.study.years) - 1)),
            exponents=(),
            need=None,
        )
        plain = replace(area, components=(unit,), need=None, delay=None, escalation=None, cofinancing=None)
        alone = replace(
            _of_areas(self.study, (area.id,)),
            areas=(plain,),
            countries=self.study.countries[:1],
            shocks=(shock,),
            start=None,
            inflation=None,
            discount_rate=None,
            agency_fee=None,
        )
        return simulate_part(alone, self.scenarios)["cost"]


def events_of(study: Study, limit: float) -> tuple[Event, ...]:
    """Return everything that can happen in a study with a chance below a limit.

    Parameters
    ----------
    study
        One option of a study.
    limit
        Chance below which an event is rare.
    """
    survey = StudyView(study)
    return (
        *_shocks(study, limit),
        *_areas(study, survey, limit),
        *_times(study, survey, limit),
        *_prices(study, limit),
    )


def _shocks(study: Study, limit: float) -> Iterator[Event]:
    for shock in study.shocks:
        if not shock.areas or shock.probability == 0.0:
            continue
        rarely_not = 1.0 - shock.probability
        if shock.probability < limit:
            yield _shock_event(shock, "shock", shock.probability, None)
        elif 0.0 < rarely_not < limit:
            yield _shock_event(shock, "no shock", rarely_not, None)
        if shock.probability >= limit and isinstance(shock.factor, Family):
            for end in rare_ends(shock.factor, limit / shock.probability):
                yield _shock_event(shock, f"{end.side} factor", shock.probability * end.chance, end)


def _shock_event(shock: Shock, kind: str, chance: float, end: RareEnd | None) -> Event:
    """Make the event that a shock happens, that it does not, or that its factor is at a rare end."""

    def measure(sampler: Sampler) -> tuple[Mask, Totals]:
        struck, factor = sampler.shock(shock)
        happens = ~struck if kind == "no shock" else struck if end is None else struck & end.holds(factor)
        without = {"shock": 1.0 / factor, "no shock": factor}.get(kind)
        share = 1.0 - (without if without is not None else end.middle / factor if end is not None else 1.0)
        return happens, {
            name: np.where(happens, values * share, 0.0) for name, values in sampler.areas(shock.areas).items()
        }

    def forced(sampler: Sampler) -> Totals:
        struck, factor = sampler.shock(shock)
        if end is not None:
            factor = np.asarray(end.law.ppf(_of_end(end, len(factor))), dtype=np.float64)
        other = end.middle if end is not None else 1.0
        more = 1.0 - factor if kind == "no shock" else factor - other
        return {
            name: values / np.where(struck, sampler.shock(shock)[1], 1.0) * more
            for name, values in sampler.areas(shock.areas).items()
        }

    return Event(f"{kind}/{shock.id}", kind, shock.name, 0, Chance(chance, chance, chance), measure, forced)


def _of_end(end: RareEnd, count: int) -> Floats:
    """Probabilities, even and in the order of multiples of the golden section, at which the values of an end lie."""
    shuffled = np.argsort(np.modf(np.arange(count) * _GOLDEN)[0])
    even = (shuffled + 0.5) / count * end.chance
    return 1.0 - even if end.side == "high" else even


def _areas(study: Study, survey: StudyView, limit: float) -> Iterator[Event]:
    """Yield needs of areas and components, and ends of the costs of components."""
    places = range(len(study.countries))
    groups = [each.get(study.dependence.group or "", "") for each in survey.groups]

    def needed(settings: list[tuple[str, Setting]]) -> list[list[Condition]]:
        """Conditions of each country."""
        entries = [(name, survey.entries(setting)) for name, setting in settings]
        return [
            [
                Condition(survey.needs[name], found[place][1], f"{name} {found[place][0]}", group=groups[place])
                for name, found in entries
            ]
            for place in places
        ]

    scores = iter(survey.scores)
    for area in study.areas:
        of_area = [] if area.need is None else [(f"area/{area.id}", area.need)]
        whole = needed(of_area)
        is_rare = bool(of_area) and anywhere(whole, limit).is_below(limit)
        if is_rare:
            yield _need(study, area, None, whole)
        yield from _no_need(study, area, None, whole, limit)
        for component, score in zip(area.components, scores, strict=False):
            if is_rare:
                continue
            both = needed(list(needs_of(area, component)))
            if component.need is not None:
                if anywhere(both, limit).is_below(limit):
                    yield _need(study, area, component, both)
                    continue
                yield from _no_need(study, area, component, [each[len(of_area) :] for each in both], limit)
            for end in rare_ends(component.cost, limit):
                drawn = [Condition(score, between=end.interval(), group=group) for group in groups]
                with_end = [[*each, one] for each, one in zip(both, drawn, strict=True)]
                if anywhere(with_end, limit).is_below(limit):
                    yield _cost_end(study, area, component, end, with_end)


def _possible(places: list[list[Condition]]) -> int:
    """Count the countries in which something can happen."""
    return sum(all(each.mean() > 0.0 for each in conditions) for conditions in places)


def _need(study: Study, area: Area, component: Component | None, places: list[list[Condition]]) -> Event:
    """Make the event that what is rarely needed is needed, in any country."""
    part = _of_areas(study, (area.id,)) if component is None else _with_areas(study, _only(area, component))
    sure = _with_need(part, component is None, 1.0)
    if component is not None:
        sure = _with_need(sure, True, 1.0)
    unit = _unit(study, area, component)

    def measure(sampler: Sampler) -> tuple[Mask, Totals]:
        return _difference(sampler.part(unit), None)[0], _difference(sampler.part(part), None)[1]

    def forced(sampler: Sampler) -> Totals:
        return _one_country(sampler, sure, None)

    where = area.id if component is None else f"{area.id}/{component.id}"
    name = area.name if component is None else component.name
    return Event(f"need/{where}", "need", name, _possible(places), anywhere(places), measure, forced)


def _no_need(
    study: Study, area: Area, component: Component | None, places: list[list[Condition]], limit: float
) -> Iterator[Event]:
    """Yield the event that what is nearly always needed is not, in any country."""
    turned = [[replace(each, reverse=True) for each in conditions] for conditions in places]
    chance = anywhere(turned, limit)
    if not all(turned) or not chance.is_below(limit):
        return
    part = _of_areas(study, (area.id,)) if component is None else _with_areas(study, _only(area, component))
    always, never = (_with_need(part, component is None, sure) for sure in (1.0, 0.0))
    unit = _unit(study, area if component is None else replace(area, need=None), component)
    whole = _with_need(unit, component is None, 1.0)

    def measure(sampler: Sampler) -> tuple[Mask, Totals]:
        happens, _ = _difference(sampler.part(unit), sampler.part(whole))
        return happens, _difference(sampler.part(part), sampler.part(always))[1]

    def forced(sampler: Sampler) -> Totals:
        return _one_country(sampler, never, always)

    where = area.id if component is None else f"{area.id}/{component.id}"
    name = area.name if component is None else component.name
    yield Event(f"no need/{where}", "no need", name, _possible(turned), chance, measure, forced)


def _unit(study: Study, area: Area, component: Component | None) -> Study:
    """Return an area, or one component of it, that costs one unit wherever it is needed."""
    if component is not None:
        return _with_areas(study, _only(area, replace(component, cost=Constant(1.0), exponents=())))
    alone = replace(area.components[0], cost=Constant(1.0), exponents=(), need=None)
    return _with_areas(study, replace(area, components=(alone,)))


def _cost_end(study: Study, area: Area, component: Component, end: RareEnd, places: list[list[Condition]]) -> Event:
    """Make the event that a cost is at a rare end of its distribution, in any country."""
    part = _with_areas(study, _only(area, replace(component, cost=end.difference())))
    always = _with_areas(study, _only(area, replace(component, cost=end.alone())))
    sure = _with_need(_with_need(always, False, 1.0), True, 1.0)

    def measure(sampler: Sampler) -> tuple[Mask, Totals]:
        return _difference(sampler.part(part), None)

    def forced(sampler: Sampler) -> Totals:
        return _one_country(sampler, sure, None)

    kind, where = f"{end.side} cost", f"{area.id}/{component.id}"
    return Event(f"{kind}/{where}", kind, component.name, _possible(places), anywhere(places), measure, forced)


def _times(study: Study, survey: StudyView, limit: float) -> Iterator[Event]:
    """Yield starts and delays that are rarely so late, or so early."""
    if study.start is not None:
        yield from _time(study, survey, None, start_score(study), limit)
    for area in study.areas:
        if area.delay is not None:
            yield from _time(study, survey, area, delay_scores(study)[area.id], limit)


def _time(study: Study, survey: StudyView, area: Area | None, score: Score, limit: float) -> Iterator[Event]:
    """Yield rare ends of the start of countries, or of the delay of an area."""
    late = area.delay if area is not None else None
    setting = late.years if late is not None else study.start
    assert setting is not None  # noqa: S101
    labels = survey.labels(setting)
    ends = {
        (label, end.side): end
        for label, amount in survey.amounts(setting).items()
        if isinstance(amount, Family)
        for end in rare_ends(amount, limit)
        if end.has_gap()
    }

    def changed(part: Study, to: Setting) -> Study:
        if late is None:
            return replace(part, start=to)
        return _with_areas(part, replace(part.areas[0], delay=replace(late, years=to)))

    areas = (area.id,) if area is not None else tuple(each.id for each in study.areas)
    part = _of_areas(study, areas)
    # Prices that rise every year tell how late a unit is paid.
    unit = replace(
        (area or study.areas[0]).components[0],
        kind="one-off",
        cost=Constant(1.0),
        exponents=(),
        need=None,
        profile=(1.0, *(0.0,) * (len(study.years) - 1)),
    )
    rising = replace(part.areas[0], components=(unit,), need=None, escalation=Escalation(0.5, ""))
    seen = _with_areas(replace(study, start=study.start if late is None else None), rising)
    if late is None:
        seen = _with_areas(seen, replace(rising, delay=None))
    for side in ("high", "low"):
        here = {label: end for (label, found), end in ends.items() if found == side}
        places = [[Condition(score, between=here[label].interval())] for label in labels if label in here]
        chance = anywhere(places, limit)
        if chance.is_below(limit):
            usual = _setting(setting, {label: end.usual() for label, end in here.items()})
            sure = _setting(setting, {label: end.itself() for label, end in here.items()})
            codes = [country for country, label in zip(study.countries, labels, strict=True) if label in here]
            few = replace(part, countries=tuple(codes))
            kind = f"{side} {'start' if area is None else 'delay'}"
            name = f"{kind}/{area.id}" if area is not None else kind
            event = (name, kind, area.name if area is not None else study.title, len(places), chance)
            yield _changed_event(
                event,
                areas,
                changed(part, usual),
                (seen, changed(seen, usual)),
                (changed(few, sure), changed(few, usual)),
            )


def _setting(setting: Setting, amounts: Mapping[str, Amount]) -> Setting:
    """Return a setting with other values of some of its entries."""
    by = tuple((column, group, amounts.get(f"{column}={group}", value)) for column, group, value in setting.by)
    return replace(setting, value=amounts.get("", setting.value), by=by)


def _changed_event(
    event: tuple[str, str, str, int, Chance],
    areas: tuple[str, ...],
    usual: Study,
    seen: tuple[Study, Study],
    sure: tuple[Study, Study],
) -> Event:
    """Make the event that a quantity is at a rare end, against its usual values.

    Parameters
    ----------
    event
        Its first fields.
    areas, usual
        The areas that depend on the quantity, and the part of the study in which it has usual values alone.
    seen, sure
        Two parts of which totals differ where the event happens; and two that differ by what it adds where it is made
        to happen.
    """

    def measure(sampler: Sampler) -> tuple[Mask, Totals]:
        happens, _ = _difference(*map(sampler.part, seen))
        return happens, _difference(sampler.areas(areas), sampler.part(usual))[1]

    def forced(sampler: Sampler) -> Totals:
        if event[3] > 0:
            return _one_country(sampler, *sure)
        return _difference(*map(sampler.part, sure))[1]

    return Event(*event, measure, forced)


def _prices(study: Study, limit: float) -> Iterator[Event]:
    """Yield rates of escalation and of inflation, and exponents, that are rarely so high or so low."""
    everything = tuple(area.id for area in study.areas)
    streams: dict[str, tuple[Family, tuple[str, ...], str]] = {}
    for area in study.areas:
        if area.escalation is not None and isinstance(area.escalation.rate, Family):
            _, areas, _ = streams.get(area.escalation.stream, (None, (), ""))
            name = area.name if "/" in area.escalation.stream else study.title
            streams[area.escalation.stream] = (area.escalation.rate, (*areas, area.id), name)
        for component in area.components:
            for exponent in component.exponents:
                if isinstance(exponent.value, Family):
                    _, areas, _ = streams.get(exponent.stream, (None, (), ""))
                    known = tuple(dict.fromkeys((*areas, area.id)))
                    streams[exponent.stream] = (exponent.value, known, exponent.driver)
    if isinstance(study.inflation, Family):
        streams["inflation"] = (study.inflation, everything, study.title)
    for stream, (law, areas, name) in streams.items():
        for end in rare_ends(law, limit):
            if end.has_gap():
                part, unit = _of_areas(study, areas), _price_unit(study, stream, areas[0])
                usual, sure = (_with_stream(part, stream, each) for each in (end.usual(), end.itself()))
                kind = f"{end.side} {stream.partition('/')[0]}"
                event = (f"{end.side} {stream}", kind, name, 0, Chance(end.chance, end.chance, end.chance))
                seen = (unit, _with_stream(unit, stream, end.usual()))
                yield _changed_event(event, areas, usual, seen, (sure, usual))


def _price_unit(study: Study, stream: str, area_id: str) -> Study:
    """Return one unit that is paid in the last year in a country twice as large as others, whatever else there is."""
    area = next(area for area in study.areas if area.id == area_id)
    powers = [(part, each) for part in area.components for each in part.exponents if each.stream == stream]
    unit = replace(
        area.components[0],
        kind="one-off",
        cost=Constant(1.0),
        profile=(*(0.0,) * (len(study.years) - 1), 1.0),
        exponents=(powers[0][1],) if powers else (),
        need=None,
    )
    country = study.countries[0]
    doubled = replace(country, size_factor=2.0, factors=tuple((name, 2.0) for name, _ in country.factors))
    rise = area.escalation if area.escalation is not None and area.escalation.stream == stream else None
    plain = replace(area, components=(unit,), need=None, delay=None, escalation=rise)
    inflation = study.inflation if stream == "inflation" else None
    return replace(_with_areas(study, plain), countries=(doubled,), start=None, inflation=inflation)


def _with_stream(part: Study, stream: str, law: Family) -> Study:
    """Return a part in which what is drawn from a stream that all countries share has another law."""
    if stream == "inflation":
        return replace(part, inflation=law)

    def changed(component: Component) -> Component:
        exponents = tuple(replace(each, value=law) if each.stream == stream else each for each in component.exponents)
        return replace(component, exponents=exponents)

    areas = []
    for area in part.areas:
        rise = area.escalation
        if rise is not None and rise.stream == stream:
            rise = replace(rise, rate=law)
        areas.append(replace(area, escalation=rise, components=tuple(map(changed, area.components))))
    return _with_areas(part, *areas)


# Parts of a study, and what they come to.


def _with_areas(study: Study, *areas: Area) -> Study:
    # Without what tells options apart and changes no draw: the same part of two options is then equal.
    return replace(study, areas=areas, options=(), breakdowns=(), files=_NO_FILES, title="", description="")


def _of_areas(study: Study, ids: tuple[str, ...]) -> Study:
    return _with_areas(study, *(area for area in study.areas if area.id in ids))


def _only(area: Area, component: Component) -> Area:
    """Return an area with one component that costs anything.

    Another stays where there are several, at no cost: components of an area draw otherwise than one alone.
    """
    others = [each for each in area.components if each.id != component.id][:1]
    idle = [replace(each, cost=Constant(0.0), need=None, exponents=()) for each in others]
    return replace(area, components=(component, *idle))


def _with_need(part: Study, of_area: bool, chance: float) -> Study:
    """Return a part whose area, or whose components, are needed with another probability, where they have one."""
    (area,) = part.areas
    need = Setting(chance)
    if of_area:
        return _with_areas(part, replace(area, need=need if area.need is not None else None))
    parts = tuple(replace(each, need=need if each.need is not None else None) for each in area.components)
    return _with_areas(part, replace(area, components=parts))


def _difference(actual: Totals, without: Totals | None) -> tuple[Mask, Totals]:
    """Scenarios in which totals differ by more than rounding, and by how much."""
    happens: Mask = np.zeros(len(next(iter(actual.values()))), dtype=bool)
    adds = {}
    for name, values in actual.items():
        more = values if without is None else values - without[name]
        differs = np.abs(more) > (0.0 if without is None else _NOISE) * np.abs(values)
        happens |= differs
        adds[name] = np.where(differs, more, 0.0)
    return happens, adds


def _one_country(sampler: Sampler, sure: Study, usual: Study | None) -> Totals:
    """Return what something adds in one country: in the smallest and in the largest, scenarios of both together."""
    sizes = [country.size_factor for country in sure.countries]
    chosen: dict[str, Country] = {}
    for place in (int(np.argmin(sizes)), int(np.argmax(sizes))):
        chosen[sure.countries[place].code] = sure.countries[place]
    found: dict[str, list[Floats]] = {}
    for country in chosen.values():
        other = None if usual is None else sampler.part(replace(usual, countries=(country,)))
        for name, values in _difference(sampler.part(replace(sure, countries=(country,))), other)[1].items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}
