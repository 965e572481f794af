"""The point estimate: the model once, with every input at its most likely value."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from popsim import schema
from popsim.engine.breakdowns import arrange_together
from popsim.engine.scope import Scope
from popsim.engine.threads import fill, is_written
from popsim.families.base import Floats
from popsim.layout import CONSTANT
from popsim.plan.model import Plan

__all__ = ["point_estimates_of"]


def point_estimates_of(plans: Sequence[Plan], scope: Scope) -> dict[str, tuple[tuple[str, ...], Floats]]:
    """Compute every total, and cost and need by area, with the kernel that computes the scenarios.

    Costs, exponents, starts, delays, rates and the factors of shocks are at their modes; a cost that may not be needed
    is multiplied by the probability that it is; a shock happens where its probability is one half or more. A plan
    without anything uncertain gives each of its scenarios, to the bit.

    Returns
    -------
    dict
        Dimensions and values by the name of the variable; empty for plans of a version that did not store modes.
    """
    if any(plan.row_likely.size == 0 for plan in plans):
        return {}
    drawn = arrange_together([_likely(plan) for plan in plans], [("area",)], scope)
    out = np.zeros((len(drawn[0][1].targets.output_start) - 1, 1))
    for plan, sums in drawn:
        written = is_written(sums.targets)
        out[written] = fill(plan.draws, sums, 1, seed=0)[written]
    by_option = out.reshape(len(plans), -1)
    found: dict[str, tuple[tuple[str, ...], Floats]] = {}
    for item in drawn[0][1].breakdowns:
        size = int(np.prod(item.shape, dtype=np.int64))
        values = by_option[:, item.first_output : item.first_output + size].reshape(len(plans), *item.shape)
        found[schema.point_estimate_name(item.variable)] = (("option", *item.dims), values)
    return found


def _likely(plan: Plan) -> Plan:
    """Return the plan in which every row is the one value that is most likely."""
    draws, moves, rows = plan.draws, plan.moves, len(plan.row_likely)
    nothing = np.zeros(0, dtype=np.int64)
    draws = draws._replace(
        shared_stream=np.zeros(0, dtype=np.uint64),
        common_start=np.zeros(1, dtype=np.int64),
        common_basis=nothing,
        common_weight=np.zeros(0),
        own_start=np.zeros_like(draws.own_start),
        own_stream=np.zeros(0, dtype=np.uint64),
        row_common=np.full(rows, -1, dtype=np.int64),
        term_start=np.zeros(rows + 1, dtype=np.int64),
        term_basis=nothing,
        term_weight=np.zeros(0),
        row_kind=np.full(rows, CONSTANT, dtype=draws.row_kind.dtype),
        row_location=plan.row_likely,
        row_scale=np.zeros(rows),
    )
    moves = moves._replace(
        # The probability of a need and the powers of drivers are in the cost.
        gate_start=np.zeros_like(moves.gate_start),
        power_start=np.zeros_like(moves.power_start),
        # Scores are 0: a shock happens where its threshold is above.
        shock_threshold=np.where(moves.shock_threshold >= 0.0, 1.0, -1.0),
    )
    return dataclasses.replace(plan, draws=draws, moves=moves)
