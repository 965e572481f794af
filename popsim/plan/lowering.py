"""From a study to a plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from popsim.families.base import Family, Floats
from popsim.layout import CONSTANT
from popsim.plan.dependence import Score, component_scores
from popsim.plan.model import Draws, Integers, Labels, Plan
from popsim.plan.streams import StreamBook
from popsim.plan.tables import Table, make_table
from popsim.study.model import Area, Component, Country, Study

__all__ = ["TableBook", "compile", "pointers"]


class TableBook:
    """Collects tables in one flat array; equal shapes share one."""

    def __init__(self) -> None:
        self._tables: dict[Family, tuple[Table, int]] = {}
        self._numbers: list[float] = []

    def add(self, family: Family, where: str) -> tuple[int, int, float, float]:
        """Give kind, offset, location and scale of a family."""
        shape, location, scale = family.standard()
        if shape not in self._tables:
            table = make_table(shape, where)
            self._tables[shape] = (table, len(self._numbers))
            self._numbers.extend(table.numbers)
        table, offset = self._tables[shape]
        return table.kind, offset, location + scale * table.location, scale * table.scale

    def numbers(self) -> Floats:
        """All tables, one after another."""
        return np.array(self._numbers, dtype=np.float64)


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
    marginals = [tables.add(component.cost, f"{area.id}/{component.id}: cost") for area, component in components]
    factors = np.array([[_scale(country, *pair) for pair in components] for country in study.countries])
    kind = np.array([marginal[0] for marginal in marginals], dtype=np.int64)
    drawn = [score if k != CONSTANT else Score((), ()) for score, k in zip(component_scores(study), kind, strict=True)]
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
    )


def _scale(country: Country, area: Area, component: Component) -> float:
    """Give what a unit of a component's cost amounts to in a country over all years, in the study's money."""
    return float(country.size_factor**area.size_exponent * component.money_factor * sum(component.profile))


def _draws(
    study: Study,
    scores: Sequence[Score],
    marginals: Sequence[tuple[int, int, float, float]],
    factors: Floats,
    tables: Floats,
) -> Draws:
    shared = list(dict.fromkeys(name for score in scores for name, _ in score.shared))
    own = list(dict.fromkeys(name for score in scores for name, _ in score.own))
    book = StreamBook()
    countries = len(study.countries)
    per_country = np.array(marginals, dtype=np.float64).T
    has_common = np.array([bool(score.shared) for score in scores])
    common = [score.shared for score in scores if score.shared]
    terms = [score.own for score in scores]
    return Draws(
        shared_stream=book.numbers([f"common/{name}" for name in shared]),
        common_start=pointers([len(weights) for weights in common]),
        common_basis=np.array([shared.index(name) for weights in common for name, _ in weights], dtype=np.int64),
        common_weight=np.array([weight for weights in common for _, weight in weights], dtype=np.float64),
        own_start=pointers([len(own)] * countries),
        own_stream=book.numbers([f"country/{country.code}/{name}" for country in study.countries for name in own]),
        row_start=pointers([len(scores)] * countries),
        row_common=np.tile(np.where(has_common, np.cumsum(has_common) - 1, -1), countries).astype(np.int64),
        term_start=pointers([len(weights) for weights in terms] * countries),
        term_basis=np.tile(
            np.array([own.index(name) for weights in terms for name, _ in weights], np.int64), countries
        ),
        term_weight=np.tile(np.array([weight for weights in terms for _, weight in weights], np.float64), countries),
        row_kind=np.tile(per_country[0].astype(np.int64), countries),
        row_table=np.tile(per_country[1].astype(np.int64), countries),
        row_location=(factors * per_country[2]).ravel(),
        row_scale=(factors * per_country[3]).ravel(),
        tables=tables,
    ).frozen()


def _labels(study: Study) -> Labels:
    components = [(i, area, component) for i, area in enumerate(study.areas) for component in area.components]
    group_names = tuple(dict.fromkeys(name for country in study.countries for name, _ in country.groups))
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
