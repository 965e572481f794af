"""The cash flow of a plan: what turns drawn amounts into payments; empty where costs are all there is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers

LATER_ARRAYS = frozenset({"presence_whole", "presence_level"})
"""Arrays of `Moves` that earlier versions did not have: where they are empty, a plan has the digest that it had."""

NOTHING = np.zeros(0, dtype=np.int64)
NOTHING.setflags(write=False)


class Moves(NamedTuple):
    """The stored arrays of a cash flow. Pointers follow the usual form, as in `popsim.plan.model.Draws`.

    The first group of rows draws what all countries share. A row with `row_keep` >= 0 is no cost: its value is in the
    register of that number, for others to use. A row with `row_presence` >= 0 is paid by that activation (a presence,
    as plans store it): times a weight, which is made of need indicators (gates), scale factors (powers) and what delay
    adds, and, with more than one lag, with a lateness of whole years and a part of one. A price profile (growth) holds,
    for each lag of 0, 1, ... whole years, what one unit planned by a profile comes to between two years: a price path,
    times the profile moved by the lag.
    """

    row_keep: Integers
    row_presence: Integers
    row_growth: Integers
    presence_start: Integers
    """Activations that are made before each row."""
    presence_slot: Integers
    presence_lags: Integers
    presence_begin: Integers
    """Register of the start of the country, -1 for none."""
    presence_late: Integers
    """Register of the delay of the work, -1 for none."""
    presence_late_cost: Floats
    gate_start: Integers
    gate_score: Integers
    gate_kept: Integers
    gate_threshold: Floats
    """A need holds where score + threshold + what its register holds (`gate_kept`, -1 for none) > 0."""
    power_start: Integers
    power_kept: Integers
    power_log: Floats
    path_static: Floats
    """(path, year): what is known of the factor on prices."""
    rate_start: Integers
    rate_kept: Integers
    rate_power: Integers
    """(rate, year): the power of 1 + rate."""
    shock_start: Integers
    shock_score: Integers
    shock_factor: Integers
    shock_threshold: Floats
    profile: Floats
    """(profile, year): what one unit pays in each year, were all on time; zero beyond the horizon."""
    growth_path: Integers
    growth_profile: Integers
    growth_from: Integers
    growth_to: Integers
    growth_lags: Integers
    growth_slot: Integers
    counts: Integers
    """Buffers that are needed: registers, weights of activations, price profiles."""
    presence_whole: Integers = NOTHING
    """Register of the whole that a cost is a share of, -1 for none; empty in a plan without such costs."""
    presence_level: Integers = NOTHING
    """Register of the factor on the delay of the work, -1 for none; empty where no delay has one."""

    def frozen(self) -> Moves:
        """Return the same arrays, no longer writable."""
        for array in self:
            array.setflags(write=False)
        return self

    def __repr__(self) -> str:
        return f"Moves({len(self.presence_slot)} presences, {len(self.growth_slot)} growths)"

    @property
    def any(self) -> bool:
        """Return whether there is anything here."""
        return len(self.row_keep) > 0


def _nothing() -> Moves:
    whole: dict[str, Any] = {name: np.zeros(0, dtype=np.int64) for name in Moves._fields}
    real = {"presence_late_cost", "gate_threshold", "power_log", "shock_threshold"}
    tables = {"path_static": np.zeros((0, 0)), "profile": np.zeros((0, 0)), "rate_power": np.zeros((0, 0), np.int64)}
    return Moves(**{**whole, **{name: np.zeros(0) for name in real}, **tables}).frozen()


NO_MOVES = _nothing()
"""Costs that are always needed, on time and at the prices of the price year."""
