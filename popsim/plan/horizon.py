"""What is paid after the horizon in nominal and in discounted money, from what a plan stores."""

from __future__ import annotations

import dataclasses

import numpy as np

from popsim.plan.model import GROWTH_ROWS, STORED_GROWTHS, Plan
from popsim.schema import Prices

__all__ = ["with_growths_after"]

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
