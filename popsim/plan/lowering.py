"""From a study to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from popsim.errors import PlanError, Problem
from popsim.families.base import Family, Floats
from popsim.layout import CONSTANT
from popsim.plan.dependence import Score, component_scores
from popsim.plan.model import Draws, Integers, Labels, Plan
from popsim.plan.streams import StreamBook
from popsim.plan.tables import Table, make_tables
from popsim.study.model import Area, Component, Country, Study

__all__ = ["Marginals", "TableBook", "compile", "pointers"]


class Marginals(NamedTuple):
    """Kind, table, location and scale of marginals, one entry each, as kernels read them."""

    kind: Integers
    table: Integers
    location: Floats
    scale: Floats


class TableBook:
    """Collects tables in one flat array; equal shapes share one."""

    def __init__(self) -> None:
        self._places: dict[Family, int] = {}
        self._tables: list[Table] = []

    def add(self, families: Sequence[Family], wheres: Sequence[str]) -> Marginals:
        """Give kind, offset of the table, location and scale of families; `wheres` name them in refusals.

        Raises
        ------
        PlanError
            With a problem for each distribution that cannot be tabulated.
        """
        standards = [family.standard() for family in families]
        places = self._places
        found: list[int] = []
        new: list[int] = []
        for row, (shape, _, _) in enumerate(standards):
            place = places.setdefault(shape, len(places))
            found.append(place)
            if place == len(self._tables) + len(new):
                new.append(row)
        try:
            self._tables += make_tables([standards[row][0] for row in new], [wheres[row] for row in new])
        except PlanError:
            for row in new:
                del places[standards[row][0]]
            raise
        tables = np.array([(kind, location, scale) for kind, _, location, scale, _ in self._tables]).reshape(-1, 3)[
            found
        ]
        locations, scales = np.array([standard[1:] for standard in standards], dtype=np.float64).reshape(-1, 2).T
        return Marginals(
            kind=tables[:, 0].astype(np.int64),
            table=pointers([len(table.numbers) for table in self._tables])[found],
            location=locations + scales * tables[:, 1],
            scale=scales * tables[:, 2],
        )

    def numbers(self) -> Floats:
        """All tables, one after another."""
        return np.concatenate([np.zeros(0), *(table.numbers for table in self._tables)])


def pointers(lengths: Sequence[int]) -> Integers:
    """Start of each item and the end of the last.

    Examples
    --------
    >>> pointers([2, 0, 3]).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def compile(study: Study) -> Plan:  # noqa: A001  (the name that users hold on to)
    """Lower a study to flat arrays.

    Parameters
    ----------
    study
        A validated study.

    Returns
    -------
    Plan
        Arrays for the kernels, labels, analytic means, and a digest of all that fixes the numbers.

    Raises
    ------
    PlanError
        When a distribution cannot be tabulated as exactly as promised (1e-8 of its P5-P95 width).

    Examples
    --------
    >>> from popsim.study import load_study
    >>> plan = compile(load_study("pops"))
    >>> plan.labels.area
    ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    """
    components = [(area, component) for area in study.areas for component in area.components]
    tables = TableBook()
    marginals = tables.add(
        [component.cost for _, component in components],
        [f"{area.id}/{component.id}: cost" for area, component in components],
    )
    factors = np.array([[_scale(country, *pair) for pair in components] for country in study.countries])
    drawn = [
        score if kind != CONSTANT else Score((), ())
        for score, kind in zip(component_scores(study), marginals.kind, strict=True)
    ]
    return Plan(
        draws=_draws(study, drawn, marginals, factors, tables.numbers()),
        labels=_labels(study),
        row_country=np.repeat(np.arange(len(study.countries)), len(components)),
        row_component=np.tile(np.arange(len(components)), len(study.countries)),
        year_share=np.array([np.array(component.profile) / sum(component.profile) for _, component in components]),
        row_mode=(factors * [component.cost.mode() for _, component in components]).ravel(),
        row_mean=(factors * [component.cost.mean() for _, component in components]).ravel(),
        row_std=(factors * [component.cost.std() for _, component in components]).ravel(),
        study_name=study.name,
        title=study.title,
        currency=study.currency,
        price_year=study.price_year,
        scenarios=study.scenarios,
        seed=study.seed,
        coverage=study.coverage,
        breakdowns=study.breakdowns,
        study_text=study.files[0][1],
        design=study.design,
    )


def _scale(country: Country, area: Area, component: Component) -> float:
    """Give what a unit of a component's cost amounts to in a country over all years, in the study's money."""
    power = area.size_exponent
    if isinstance(power, Family):
        raise PlanError(Problem(f"area.{area.id}.size_exponent", repr(power), "a number"))
    return float(country.size_factor**power * component.money_factor * sum(component.profile))


def _draws(
    study: Study,
    scores: Sequence[Score],
    marginals: Marginals,
    factors: Floats,
    tables: Floats,
) -> Draws:
    shared = _places(name for score in scores for name, _ in score.shared)
    own = _places(name for score in scores for name, _ in score.own)
    book = StreamBook()
    countries = len(study.countries)
    has_common = np.array([bool(score.shared) for score in scores])
    common = [score.shared for score in scores if score.shared]
    terms = [score.own for score in scores]
    return Draws(
        shared_stream=book.numbers([f"common/{name}" for name in shared]),
        common_start=pointers([len(weights) for weights in common]),
        common_basis=np.array([shared[name] for weights in common for name, _ in weights], dtype=np.int64),
        common_weight=np.array([weight for weights in common for _, weight in weights], dtype=np.float64),
        own_start=pointers([len(own)] * countries),
        own_stream=book.numbers([f"country/{country.code}/{name}" for country in study.countries for name in own]),
        row_start=pointers([len(scores)] * countries),
        row_common=np.tile(np.where(has_common, np.cumsum(has_common) - 1, -1), countries).astype(np.int64),
        term_start=pointers([len(weights) for weights in terms] * countries),
        term_basis=np.tile(np.array([own[name] for weights in terms for name, _ in weights], np.int64), countries),
        term_weight=np.tile(np.array([weight for weights in terms for _, weight in weights], np.float64), countries),
        row_kind=np.tile(marginals.kind, countries),
        row_table=np.tile(marginals.table, countries),
        row_location=(factors * marginals.location).ravel(),
        row_scale=(factors * marginals.scale).ravel(),
        tables=tables,
    ).frozen()


def _places(names: Iterable[str]) -> dict[str, int]:
    """Give each different name its place in the order of first mention."""
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def _labels(study: Study) -> Labels:
    components = [(i, area, component) for i, area in enumerate(study.areas) for component in area.components]
    group_names = tuple(name for name, _ in study.countries[0].groups)
    uneven = [country.code for country in study.countries if tuple(name for name, _ in country.groups) != group_names]
    if uneven:
        raise PlanError(
            Problem("study.countries", f"other groups for {uneven[0]}", f"{', '.join(group_names)} for all")
        )
    groups = [dict(country.groups) for country in study.countries]
    return Labels(
        option=("full",),
        country=tuple(country.code for country in study.countries),
        country_name=tuple(country.name for country in study.countries),
        groups=tuple((name, tuple(values[name] for values in groups)) for name in group_names),
        area=tuple(area.id for area in study.areas),
        area_name=tuple(area.name for area in study.areas),
        component=tuple(f"{area.id}/{component.id}" for _, area, component in components),
        component_name=tuple(component.name for _, _, component in components),
        component_area=tuple(i for i, _, _ in components),
        component_basis=tuple(component.basis for _, _, component in components),
        years=study.years,
    )
