"""What several steps of lowering ask of a study, worked out once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from popsim.families.base import Family, Floats
from popsim.plan.dependence import Score, component_scores, need_scores
from popsim.plan.rows import is_drawn
from popsim.study.model import Amount, Area, Component, Setting, Study

__all__ = ["Survey", "is_moving", "lag_counts", "longest"]

Power = Callable[[Family, float], float]
"""What an uncertain exponent makes of a driver."""


class Survey:
    """A study with its scores, its settings country by country, and how its costs scale.

    Parameters
    ----------
    study
        A validated study.
    modes
        What is known of the same costs from other options; more is added.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> survey = Survey(load_study("pops"))
    >>> len(survey.entries(Setting(2.0))) == len(survey.study.countries)
    True
    """

    def __init__(self, study: Study, modes: dict[int, tuple[Family, float]] | None = None) -> None:
        self.study = study
        self._modes = {} if modes is None else modes
        self.pairs: list[tuple[Area, Component]] = [(area, each) for area in study.areas for each in area.components]
        self._entries: dict[int, tuple[Setting, list[tuple[str, Amount]]]] = {}
        self._factors: dict[str, list[float]] = {}

    @cached_property
    def moving(self) -> bool:
        """Return whether anything beside costs is uncertain, late or priced in another year's money."""
        return is_moving(self.study)

    @cached_property
    def scores(self) -> tuple[Score, ...]:
        """Score of every component."""
        return component_scores(self.study)

    @cached_property
    def drawn(self) -> list[Score]:
        """Score of every component; a cost that is known has none, and so no stream."""
        none = Score((), ())
        return [
            score if is_drawn(component.cost) else none
            for score, (_, component) in zip(self.scores, self.pairs, strict=True)
        ]

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Names of the normals of a country that its costs hang on."""
        return tuple(dict.fromkeys([name for score in self.drawn for name, _ in score.own]))

    @cached_property
    def needs(self) -> dict[str, Score]:
        """Score of every need."""
        return need_scores(self.study, self.scores)

    @cached_property
    def lags(self) -> dict[str, int]:
        """Count of lags of each area."""
        return lag_counts(self.study, self)

    @cached_property
    def groups(self) -> list[dict[str, str]]:
        """Groups of each country."""
        return [dict(country.groups) for country in self.study.countries]

    @cached_property
    def totals(self) -> list[float]:
        """What each component pays in all for a unit of cost."""
        return [sum(component.profile) for _, component in self.pairs]

    def entries(self, setting: Setting) -> list[tuple[str, Amount]]:
        """Return which entry of a setting applies to each country, and its value (`Setting.of`)."""
        # Settings are known by place: their hashes would take longer than what is looked up.
        if id(setting) not in self._entries:
            columns = tuple(dict.fromkeys(column for column, _, _ in setting.by))
            found: dict[tuple[str | None, ...], tuple[str, Amount]] = {}
            entries = []
            for country, groups in zip(self.study.countries, self.groups, strict=True):
                key = tuple([groups.get(column) for column in columns])
                if key not in found:
                    found[key] = setting.of(country)
                entries.append(found[key])
            self._entries[id(setting)] = (setting, entries)
        return self._entries[id(setting)][1]

    def labels(self, setting: Setting) -> list[str]:
        """Return which entry of a setting applies to each country."""
        return [label for label, _ in self.entries(setting)]

    def mode(self, cost: Family) -> float:
        """Return the most likely value of a cost, which may take a search; options have most costs in common."""
        if id(cost) not in self._modes:
            self._modes[id(cost)] = (cost, cost.mode())
        return self._modes[id(cost)][1]

    def amounts(self, setting: Setting) -> dict[str, Amount]:
        """Return the entries of a setting that apply to some country, in the order of countries."""
        return dict(self.entries(setting))

    def factors(self, driver: str) -> list[float]:
        """Return a driver over its reference, in each country."""
        if driver not in self._factors:
            self._factors[driver] = [country.factor(driver) for country in self.study.countries]
        return self._factors[driver]

    def scales(self, power: Power | None = None) -> Floats:
        """Return what a unit of cost comes to (component, country), in the money of the study.

        `power` gives what a driver comes to at an uncertain exponent; without it such exponents are left out.
        """
        places, exponents = self._exponents
        uncertain = any(isinstance(value, Family) for each in exponents for _, value in each)
        if not uncertain or power is None:
            return self._known_scales
        return self._scaled([self._row(each, power) for each in exponents], places)

    @cached_property
    def _known_scales(self) -> Floats:
        places, exponents = self._exponents
        return self._scaled([self._row(each, None) for each in exponents], places)

    @cached_property
    def _exponents(self) -> tuple[list[int], list[tuple[tuple[str, Amount], ...]]]:
        """For each component the place of its exponents among those that differ; and these."""
        places: dict[tuple[tuple[str, Amount], ...], int] = {}
        found = [
            places.setdefault(tuple([(each.driver, each.value) for each in component.exponents]), len(places))
            for _, component in self.pairs
        ]
        return found, list(places)

    def _row(self, exponents: Sequence[tuple[str, Amount]], power: Power | None) -> list[float]:
        row = [1.0] * len(self.study.countries)
        for driver, value in exponents:
            factors = self.factors(driver)
            if not isinstance(value, Family):
                row = [scale * factor**value for scale, factor in zip(row, factors, strict=True)]
            elif power is not None:
                row = [scale * power(value, factor) for scale, factor in zip(row, factors, strict=True)]
        return row

    def _scaled(self, rows: list[list[float]], places: list[int]) -> Floats:
        money = np.array([component.money_factor for _, component in self.pairs])
        return np.asarray(np.array(rows)[places] * money[:, None])


def is_moving(study: Study) -> bool:
    """Return whether anything beside costs is uncertain, late or priced in another year's money."""
    areas = study.areas
    named = {area for shock in study.shocks for area in shock.areas}
    return (
        study.start is not None
        or study.inflation is not None
        or study.discount_rate is not None
        or any(area.need or area.delay or area.escalation or area.id in named for area in areas)
        or any(component.need for area in areas for component in area.components)
        or any(
            isinstance(e.value, Family) for area in areas for component in area.components for e in component.exponents
        )
    )


def longest(setting: Setting | None, study: Study, survey: Survey | None = None) -> dict[str, float]:
    """Largest number of years that a setting can give in each country.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> longest(Setting(2.0), load_study("pops"))["KEN"]
    2.0
    """
    codes = [country.code for country in study.countries]
    if setting is None:
        return dict.fromkeys(codes, 0.0)
    known = survey or Survey(study)
    longest_of = {
        label: amount.support()[1] if isinstance(amount, Family) else amount
        for label, amount in known.amounts(setting).items()
    }
    return {code: longest_of[label] for code, (label, _) in zip(codes, known.entries(setting), strict=True)}


def lag_counts(study: Study, survey: Survey | None = None) -> dict[str, int]:
    """Count the lags of each area, 0 among them: 1 where it is always on time.

    Beyond the horizon, lags tell only at which prices is paid. So lateness by more years than the programme has counts
    as just so many where the prices of no year differ from those of another, and where it has no upper limit.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> lag_counts(load_study("pops", {"start.years": 0.5, "delay.years": 1.25}))["a"]
    3
    """
    known = survey or Survey(study)
    begin = longest(study.start, study, known)
    counts = {}
    for area in study.areas:
        late = longest(area.delay.years if area.delay else None, study, known)
        most = max({start + delay for start, delay in zip(begin.values(), late.values(), strict=True)})
        differ = area.escalation is not None or study.inflation is not None or study.discount_rate is not None
        counted = most if differ and not math.isinf(most) else min(most, len(study.years))
        counts[area.id] = 1 + math.ceil(counted)
    return counts
