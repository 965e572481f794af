"""When payments fall and at what prices: lags, price paths and price profiles of every component.

A price profile holds, for each lag of 0, 1, ... whole years, what one unit planned by a profile comes to between two
years: a path of prices, times the profile moved by the lag. Plans store price profiles as `growth_...`.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from popsim.arrays import Integers
from popsim.errors import PlanError, Problem
from popsim.plan.activation import GlobalFactors, PricePath
from popsim.plan.model import GROWTH_ROWS, STORED_GROWTHS, Plan
from popsim.plan.study_view import StudyView
from popsim.types import Prices, Span

MOST_YEARS = 10_000
"""Years after the first within which all payments fall; each takes memory for every cost component."""

CONSTANT_PRICES = PricePath((), (), ())
"""The prices of the price year, in every year."""

_DERIVED: tuple[Prices, ...] = ("nominal", "discounted")


class Timing(NamedTuple):
    """Price profiles of components; `component_growth` is -1 where one is always on time at the prices of the study."""

    component_growth: Integers
    component_lags: Integers
    component_path: Integers
    paths: tuple[PricePath, ...]
    years: int
    """Years in which payments can fall."""
    slots: int
    """Number of price profiles, each lag counted."""
    arrays: dict[str, Any]
    """Arrays of `Moves` that describe price profiles."""


def make_timing(view: StudyView, factors: GlobalFactors | None) -> Timing:
    """Lay out lags, price paths and price profiles; without global factors every payment is on time.

    Raises
    ------
    PlanError
        Where payments fall later than `MOST_YEARS` years after the first year.
    """
    study, pairs, years = view.study, view.pairs, len(view.study.years)
    lags = [1 if factors is None else view.lags[area.id] for area, _ in pairs]
    extended = years + max(lags, default=1) - 1
    if extended > MOST_YEARS:
        found = f"payments up to {extended:,} years after the first year"
        mend = "an earlier start, shorter delays or fewer years of service"
        raise PlanError(Problem("", ("study",), found, f"payments within {MOST_YEARS:,} years", mend))
    profile = np.zeros((len(pairs), extended))
    profile[:, :years] = [component.profile for _, component in pairs]
    table = np.full((STORED_GROWTHS, len(pairs)), -1, dtype=np.int64)
    paths: dict[PricePath, int] = {CONSTANT_PRICES: 0}
    made: list[tuple[int, int, int, int, int]] = []
    component_path = np.zeros(len(pairs), dtype=np.int64)

    def add(prices: Prices, k: int, path: PricePath, span: Span = "within_horizon") -> None:
        table[GROWTH_ROWS[prices, span], k] = len(made)
        first, last = (0, years) if span == "within_horizon" else (years, years + lags[k] - 1)
        made.append((paths.setdefault(path, len(paths)), k, first, last, lags[k]))

    asked = study.inflation is not None or study.discount_rate is not None
    if factors is not None:
        for k, (area, _) in enumerate(pairs):
            path = factors.price_path(area)
            component_path[k] = paths.setdefault(path, len(paths))
            if path != CONSTANT_PRICES or lags[k] > 1 or asked:
                add("constant", k, path)
            if lags[k] > 1:
                add("constant", k, path, "after_horizon")
            if study.inflation is not None:
                add("nominal", k, factors.nominal(path))
            if study.discount_rate is not None:
                add("discounted", k, path._replace(discounted=True))
    return Timing(
        component_growth=table,
        component_lags=np.array(lags, dtype=np.int64),
        component_path=component_path,
        paths=tuple(paths),
        years=extended,
        slots=sum(each[4] for each in made),
        arrays={"profile": profile, **_growth_arrays(made, 0)},
    )


def _growth_arrays(made: list[tuple[int, int, int, int, int]], first_slot: int) -> dict[str, Integers]:
    """Return the arrays of price profiles given as (path, profile, first year, year after the last, lags)."""
    columns = np.array(made, dtype=np.int64).reshape(-1, 5).T
    slots = first_slot + np.cumsum(columns[4]) - columns[4]
    names = ("growth_path", "growth_profile", "growth_from", "growth_to", "growth_lags", "growth_slot")
    return dict(zip(names, (*columns, slots), strict=True))


def with_growths_after(plan: Plan) -> Plan:
    """Return the plan with a row of `component_growth` for each entry of `GROWTH_ROWS`.

    Price profiles after the last year have the path of prices of those within the years, and the lags of their
    component. They are derived and not stored, so that plans of earlier runs have them as well, under their digest.

    Examples
    --------
    >>> from popsim.plan import compile
    >>> from popsim.study import load_study
    >>> len(with_growths_after(compile(load_study("pops"))).component_growth) == len(GROWTH_ROWS)
    True
    """
    stored = plan.component_growth
    if len(stored) != STORED_GROWTHS:
        return plan
    moves = plan.moves
    table = np.full((len(GROWTH_ROWS), stored.shape[1]), -1, dtype=np.int64)
    table[:STORED_GROWTHS] = stored
    years = len(plan.labels.years)
    made: list[tuple[int, int, int, int, int]] = []
    late = np.flatnonzero(stored[GROWTH_ROWS["constant", "after_horizon"]] >= 0).tolist()
    for prices in _DERIVED:
        within = stored[GROWTH_ROWS[prices, "within_horizon"]]
        for component in late if plan.has_prices(prices) else ():
            table[GROWTH_ROWS[prices, "after_horizon"], component] = len(moves.growth_path) + len(made)
            lags = int(plan.component_lags[component])
            path = int(moves.growth_path[within[component]])
            made.append((path, int(moves.growth_profile[within[component]]), years, years + lags - 1, lags))
    if made:
        more = _growth_arrays(made, int(moves.counts[2]))
        counts = moves.counts.copy()
        counts[2] += more["growth_lags"].sum()
        moves = moves._replace(
            counts=counts, **{name: np.append(getattr(moves, name), values) for name, values in more.items()}
        )
    return dataclasses.replace(plan, moves=moves, component_growth=table)
