"""When payments fall and at what prices: lags, price paths and price profiles of every component."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from popsim.errors import PlanError, Problem
from popsim.families.base import Floats
from popsim.plan.activation import Path, World
from popsim.plan.model import GROWTH_ROWS, STORED_GROWTHS, Integers, Plan
from popsim.plan.study_view import Survey, is_moving, lag_counts, longest
from popsim.schema import Prices
from popsim.study.model import Study

__all__ = ["STILL", "Timing", "is_moving", "lag_counts", "longest", "make_timing", "with_growths_after"]

MOST_YEARS = 10_000
"""Years after the first within which all payments fall; each takes memory for every cost component."""

STILL = Path((), (), ())
"""The prices of the price year, in every year."""


class Timing(NamedTuple):
    """Growths of components; `component_growth` is -1 where one is always on time at the prices of the study."""

    component_growth: Integers
    component_lags: Integers
    component_path: Integers
    profile: Floats
    growth_path: Integers
    growth_profile: Integers
    growth_from: Integers
    growth_to: Integers
    growth_lags: Integers
    growth_slot: Integers
    paths: tuple[Path, ...]
    slots: int

    def arrays(self) -> dict[str, Any]:
        """Arrays of `Moves` that say what the growths are."""
        return {
            name: value for name, value in self._asdict().items() if name.startswith("growth_") or name == "profile"
        }


def make_timing(study: Study, world: World | None, survey: Survey | None = None) -> Timing:
    """Lay out lags, paths and growths; without a world nothing moves."""
    known = survey or Survey(study)
    years, lags = len(study.years), known.lags if world is not None else {}
    pairs = known.pairs
    counts = [lags.get(area.id, 1) for area, _ in pairs]
    extended = years + max(counts, default=1) - 1
    if extended > MOST_YEARS:
        found = f"payments up to {extended:,} years after the first year"
        mend = "an earlier start, shorter delays or fewer years of service"
        raise PlanError(Problem("study", (), found, f"payments within {MOST_YEARS:,} years", mend))
    profile = np.zeros((len(pairs), extended))
    profile[:, :years] = [component.profile for _, component in pairs]
    table = np.full((STORED_GROWTHS, len(pairs)), -1, dtype=np.int64)
    paths: dict[Path, int] = {STILL: 0}
    made: list[tuple[int, int, int, int, int]] = []
    component_path = np.zeros(len(pairs), dtype=np.int64)

    def grow(kind: int, k: int, path: Path, start: int, stop: int) -> None:
        table[kind, k] = len(made)
        made.append((paths.setdefault(path, len(paths)), k, start, stop, counts[k]))

    asked = study.inflation is not None or study.discount_rate is not None
    for k, (area, _) in enumerate(pairs if world is not None else ()):
        assert world is not None  # noqa: S101
        path = world.path(area)
        component_path[k] = paths.setdefault(path, len(paths))
        if path != STILL or counts[k] > 1 or asked:
            grow(0, k, path, 0, years)
        if counts[k] > 1:
            grow(GROWTH_ROWS["constant", "after_horizon"], k, path, years, years + counts[k] - 1)
        if study.inflation is not None:
            grow(GROWTH_ROWS["nominal", "within_horizon"], k, world.nominal(path), 0, years)
        if study.discount_rate is not None:
            grow(GROWTH_ROWS["discounted", "within_horizon"], k, path._replace(discounted=True), 0, years)
    columns = np.array(made, dtype=np.int64).reshape(-1, 5).T
    return Timing(
        component_growth=table,
        component_lags=np.array(counts, dtype=np.int64),
        component_path=component_path,
        profile=profile,
        growth_path=columns[0],
        growth_profile=columns[1],
        growth_from=columns[2],
        growth_to=columns[3],
        growth_lags=columns[4],
        growth_slot=np.cumsum(columns[4]) - columns[4],
        paths=tuple(paths),
        slots=int(columns[4].sum()),
    )


_DERIVED: tuple[Prices, ...] = ("nominal", "discounted")


def with_growths_after(plan: Plan) -> Plan:
    """Return the plan with a row of `component_growth` for each entry of `GROWTH_ROWS`.

    Growths after the last year have the path of prices of those within the years, and the lags of their component. They
    are derived and not stored, so that plans of earlier runs give them as well, under the digest that they have.

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
        path, profile, first, last, lags = np.array(made, dtype=np.int64).T
        counts = moves.counts.copy()
        slot = counts[2] + np.cumsum(lags) - lags
        counts[2] += lags.sum()
        moves = moves._replace(
            growth_path=np.append(moves.growth_path, path),
            growth_profile=np.append(moves.growth_profile, profile),
            growth_from=np.append(moves.growth_from, first),
            growth_to=np.append(moves.growth_to, last),
            growth_lags=np.append(moves.growth_lags, lags),
            growth_slot=np.append(moves.growth_slot, slot),
            counts=counts,
        )
    return dataclasses.replace(plan, moves=moves, component_growth=table)
