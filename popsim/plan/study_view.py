"""What several steps of lowering a study need, worked out once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from popsim.arrays import Floats, Integers
from popsim.families.base import Family
from popsim.plan.dependence import Score, component_scores, need_scores, share_score
from popsim.plan.rows import is_drawn
from popsim.study.model import Amount, Area, Component, Country, Overlap, Setting, Study

AGENCY_FEE, MATERIALISED = "financing/agency_fee", "financing/materialised"
"""Names of the streams of what all costs have in common of who pays."""

Power = Callable[[Family, float], float]
"""Scale factor from an uncertain exponent and a measure over its reference."""


def drawn_amount(component: Component) -> Amount:
    """Return what is drawn for a component alone: its unit cost, or its share of a whole.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> inventory, update = load_study("pops").areas[0].components
    >>> drawn_amount(update) == update.cost, drawn_amount(inventory) == inventory.part.share
    (True, True)
    """
    return component.cost if component.part is None else component.part.share


def stream_of(place: str, label: str) -> str:
    """Return the name of the draw of one entry of a setting, "" being the one that holds for all others.

    Examples
    --------
    >>> stream_of("cofinancing/area/f", ""), stream_of("cofinancing", "ldc=yes")
    ('cofinancing/area/f', 'cofinancing/ldc=yes')
    """
    return f"{place}/{label}" if label else place


class Shared:
    """What views of several studies have in common: options and cases count the same countries, at many of the costs.

    All is known by place, as in a view, and what it is known by is held, so that no other takes its place.
    """

    def __init__(self) -> None:
        self._modes: dict[int, tuple[Family, float]] = {}
        self._groups: dict[int, tuple[tuple[Country, ...], list[dict[str, str]]]] = {}
        self._kinds: dict[tuple[int, tuple[str, ...]], tuple[Integers, list[Country]]] = {}

    def mode(self, cost: Family) -> float:
        """Return the most likely value of a cost."""
        if id(cost) not in self._modes:
            self._modes[id(cost)] = (cost, cost.mode())
        return self._modes[id(cost)][1]

    def groups(self, countries: tuple[Country, ...]) -> list[dict[str, str]]:
        """Return the groups of each country."""
        if id(countries) not in self._groups:
            self._groups[id(countries)] = (countries, [dict(country.groups) for country in countries])
        return self._groups[id(countries)][1]

    def kinds(self, countries: tuple[Country, ...], columns: tuple[str, ...]) -> tuple[Integers, list[Country]]:
        """Return the kind of each country by its groups in some columns, and the first country of each kind."""
        groups = self.groups(countries)
        if (id(countries), columns) not in self._kinds:
            first: dict[tuple[str | None, ...], int] = {}
            keys = [tuple([each.get(column) for column in columns]) for each in groups]
            for place, key in enumerate(keys):
                first.setdefault(key, place)
            number = {key: kind for kind, key in enumerate(first)}
            kinds = np.array([number[key] for key in keys], dtype=np.int64)
            self._kinds[id(countries), columns] = kinds, [countries[place] for place in first.values()]
        return self._kinds[id(countries), columns]


class StudyView:
    """A study with its scores, its settings country by country, and how its costs scale.

    Parameters
    ----------
    study
        A validated study.
    shared
        What is known from other options and cases; more is added.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> view = StudyView(load_study("pops"))
    >>> len(view.entries(Setting(2.0))) == len(view.study.countries)
    True
    """

    def __init__(self, study: Study, shared: Shared | None = None) -> None:
        self.study = study
        self._shared = Shared() if shared is None else shared
        self.pairs: list[tuple[Area, Component]] = [(area, each) for area in study.areas for each in area.components]
        self._entries: dict[int, tuple[Setting, list[tuple[str, Amount]]]] = {}
        self._factors: dict[tuple[str, float], list[float]] = {}
        self._logarithms: dict[tuple[str, float], list[float]] = {}
        self._scales: dict[Power | None, Floats] = {}

    @cached_property
    def is_moving(self) -> bool:
        """Whether anything beside costs is uncertain, late or priced in another year's money."""
        study = self.study
        named = {area for shock in study.shocks for area in shock.areas}
        return (
            study.start is not None
            or study.inflation is not None
            or study.discount_rate is not None
            or any(area.need or area.delay or area.escalation or area.id in named for area in study.areas)
            or any(
                component.need
                or component.part
                or any(isinstance(exponent.value, Family) for exponent in component.exponents)
                for _, component in self.pairs
            )
            or bool(self.financing_draws)
        )

    @cached_property
    def cofinancing(self) -> list[tuple[str, Setting] | None]:
        """Of each component the share that others pledge, and the name of its draws; None where nobody does."""
        found: list[tuple[str, Setting] | None] = []
        for area, component in self.pairs:
            own = component.cofinancing is not None
            setting = component.cofinancing if own else area.cofinancing
            place = f"cofinancing/area/{area.id}" + (f"/component/{component.id}" if own else "")
            found.append(None if setting is None else (setting.stream or place, setting))
        return found

    @cached_property
    def financing_draws(self) -> dict[str, Family]:
        """What is uncertain of who pays, by the name of its stream: one draw each, for all countries."""
        study, amounts = self.study, dict[str, Amount]()
        if study.agency_fee is None:
            return {}
        amounts = {AGENCY_FEE: study.agency_fee, MATERIALISED: study.materialised}
        for pledged in self.cofinancing:
            if pledged is not None and any(
                isinstance(each[-1], Family) for each in (*pledged[1].by, (pledged[1].value,))
            ):
                amounts |= {stream_of(pledged[0], label): each for label, each in self.amounts(pledged[1]).items()}
        return {name: each for name, each in amounts.items() if isinstance(each, Family) and is_drawn(each)}

    @cached_property
    def scores(self) -> tuple[Score, ...]:
        """Score of every component, that of its whole where it is a share of one."""
        return component_scores(self.study)

    @cached_property
    def wholes(self) -> tuple[Overlap, ...]:
        """What several components are shares of."""
        return self.study.overlaps

    @cached_property
    def drawn(self) -> list[Score]:
        """Score of what is drawn for every component; what is known has none, and so no stream."""
        none = Score((), ())
        return [
            (score if component.part is None else share_score(self.study, component.part))
            if is_drawn(drawn_amount(component))
            else none
            for score, (_, component) in zip(self.scores, self.pairs, strict=True)
        ]

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Names of the normals of a country in the scores of its costs."""
        return tuple(dict.fromkeys([name for score in self.drawn for name, _ in score.own]))

    @cached_property
    def needs(self) -> dict[str, Score]:
        """Score of every need."""
        return need_scores(self.study, self.scores)

    def longest(self, setting: Setting | None) -> list[float]:
        """Return the largest number of years that a setting can give in each country.

        Examples
        --------
        >>> from popsim.study import load_study
        >>> set(StudyView(load_study("pops")).longest(Setting(2.0)))
        {2.0}
        """
        if setting is None:
            return [0.0] * len(self.study.countries)
        longest_of = {
            label: amount.support()[1] if isinstance(amount, Family) else amount
            for label, amount in self.amounts(setting).items()
        }
        return [longest_of[label] for label in self.labels(setting)]

    @cached_property
    def lags(self) -> dict[str, int]:
        """Number of lags of each area, lag 0 included: 1 where it is always on time.

        Beyond the horizon, lags only decide at which prices is paid. So lateness by more years than the programme has
        counts as just so many where the prices of all years are the same, and where it has no upper limit.

        Examples
        --------
        >>> from popsim.study import load_study
        >>> StudyView(load_study("pops", {"start.years": 0.5, "delay.years": 0.5, "delay.level": 2.5})).lags["a"]
        3
        """
        study = self.study
        begin = self.longest(study.start)
        counts = {}
        for area in study.areas:
            late = self._longest_delay(area)
            most = max({start + delay for start, delay in zip(begin, late, strict=True)})
            differ = area.escalation is not None or study.inflation is not None or study.discount_rate is not None
            counted = most if differ and not math.isinf(most) else min(most, len(study.years))
            counts[area.id] = 1 + math.ceil(counted)
        return counts

    def _longest_delay(self, area: Area) -> list[float]:
        if area.delay is None:
            return self.longest(None)
        level = area.delay.level
        most = level.support()[1] if isinstance(level, Family) else level
        # Zero times what has no upper limit is zero.
        return [most * years if most > 0.0 and years > 0.0 else 0.0 for years in self.longest(area.delay.years)]

    @cached_property
    def groups(self) -> list[dict[str, str]]:
        """Groups of each country."""
        return self._shared.groups(self.study.countries)

    @cached_property
    def totals(self) -> list[float]:
        """What each component pays in all for a unit of cost."""
        return [sum(component.profile) for _, component in self.pairs]

    def entries(self, setting: Setting) -> list[tuple[str, Amount]]:
        """Return which entry of a setting applies to each country, and its value (`Setting.of`)."""
        # Settings are known by place: their hashes would take longer than what is looked up.
        if id(setting) not in self._entries:
            kinds, found = self.by_kind(setting)
            self._entries[id(setting)] = (setting, [found[kind] for kind in kinds.tolist()])
        return self._entries[id(setting)][1]

    def by_kind(self, setting: Setting) -> tuple[Integers, list[tuple[str, Amount]]]:
        """Return the kind of each country by the columns of a setting, and the entry that applies to each kind."""
        columns = tuple(dict.fromkeys(column for column, _, _ in setting.by))
        kinds, first = self._shared.kinds(self.study.countries, columns)
        return kinds, [setting.of(country) for country in first]

    def labels(self, setting: Setting) -> list[str]:
        """Return which entry of a setting applies to each country."""
        return [label for label, _ in self.entries(setting)]

    def mode(self, cost: Family) -> float:
        """Return the most likely value of a cost, which may take a search; options have most costs in common."""
        return self._shared.mode(cost)

    def amounts(self, setting: Setting) -> dict[str, Amount]:
        """Return the entries of a setting that apply to some country, in the order of countries."""
        return dict(self.by_kind(setting)[1])

    def factors(self, measure: str, reference: float = 1.0) -> list[float]:
        """Return a scaling measure over its reference, in each country; `reference` is over that of the study."""
        if (measure, reference) not in self._factors:
            factors = [country.factor(measure) / reference for country in self.study.countries]
            self._factors[measure, reference] = factors
        return self._factors[measure, reference]

    def logarithms(self, measure: str, reference: float) -> list[float]:
        """Return the logarithms of what `factors` gives."""
        if (measure, reference) not in self._logarithms:
            self._logarithms[measure, reference] = [math.log(factor) for factor in self.factors(measure, reference)]
        return self._logarithms[measure, reference]

    def scales(self, power: Power | None = None) -> Floats:
        """Return what a unit of cost comes to (component, country), in the money of the study.

        `power` gives the scale factor of a measure at an uncertain exponent; without it such exponents are left out.
        """
        places, exponents = self._exponents
        if not any(isinstance(value, Family) for each in exponents for *_, value in each):
            power = None
        if power not in self._scales:
            rows = np.array([self._row(each, power) for each in exponents])[places]
            money = np.array([component.money_factor for _, component in self.pairs])
            self._scales[power] = np.asarray(rows * money[:, None])
        return self._scales[power]

    @cached_property
    def _exponents(self) -> tuple[list[int], list[tuple[tuple[str, float, Amount], ...]]]:
        """For each component the place of its exponents among those that differ; and these."""
        places: dict[tuple[tuple[str, float, Amount], ...], int] = {}
        found = [
            places.setdefault(
                tuple([(each.driver, each.reference, each.value) for each in component.exponents]), len(places)
            )
            for _, component in self.pairs
        ]
        return found, list(places)

    def _row(self, exponents: Sequence[tuple[str, float, Amount]], power: Power | None) -> list[float]:
        row = [1.0] * len(self.study.countries)
        for measure, reference, value in exponents:
            factors = self.factors(measure, reference)
            if not isinstance(value, Family):
                row = [scale * factor**value for scale, factor in zip(row, factors, strict=True)]
            elif power is not None:
                row = [scale * power(value, factor) for scale, factor in zip(row, factors, strict=True)]
        return row
