"""The part of a plan that some countries and areas need: fewer rows and streams, and the same draws in each.

A stream is named after what it is for, and a row is computed from the streams that it names. So what a part draws has
the bits that it has in the whole, and nothing needs to be compiled again.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from popsim.arrays import Integers, Mask, pointers
from popsim.plan.model import Draws, Exact, Labels, Plan, StreamNames
from popsim.plan.moves import Moves


class _Taken(NamedTuple):
    """What a part takes of the items of a plan."""

    rows: Mask
    groups: Mask
    """Groups of rows: what all countries share (in a plan with moves), then one group for each country."""
    shared: Mask
    """Streams that all groups have in common."""
    own: Mask
    """Streams of groups."""


def subset(plan: Plan, countries: Collection[str], areas: Collection[str] | None = None) -> Plan:
    """Return the part of a plan that some countries need, without its alternatives.

    Parameters
    ----------
    plan
        A compiled plan, or one that was read from a file.
    countries
        Codes; those that the plan does not have add nothing.
    areas
        Ids of the areas whose costs are kept; None for all.

    Returns
    -------
    Plan
        With the countries that were asked for, in the order of the plan, and with all its components, of which those
        of other areas have no rows. Exact means are left out, since they are sums over all countries. A Sobol sequence
        needs the order of streams of the whole plan (`popsim.engine.designs.queue`).

    Examples
    --------
    >>> import popsim as ps
    >>> plan = ps.compile(ps.load_study("pops"))
    >>> part = subset(plan, ["KEN", "UGA"], ["f"])
    >>> part.labels.country, len(part.row_country) < len(plan.row_country) / 60
    (('KEN', 'UGA'), True)
    """
    is_taken = np.array([code in countries for code in plan.labels.country], dtype=bool)
    taken = _taken(plan, is_taken, areas)
    rows, number = taken.rows, np.cumsum(is_taken) - 1
    shares, exact, streams = plan.shares, plan.exact, plan.streams
    return dataclasses.replace(
        plan,
        draws=_draws(plan.draws, taken),
        moves=_moves(plan.moves, rows) if plan.moves.any else plan.moves,
        labels=_labels(plan.labels, is_taken),
        row_country=np.where(plan.row_country[rows] >= 0, number[plan.row_country[rows]], -1),
        row_component=plan.row_component[rows],
        row_share=plan.row_share[rows] if plan.is_financed else plan.row_share,
        row_mode=plan.row_mode[rows],
        row_mean=plan.row_mean[rows],
        row_std=plan.row_std[rows],
        shares=shares._replace(row_kind_of_share=shares.row_kind_of_share[rows]) if shares.any else shares,
        exact=Exact(
            component_payments=exact.component_payments,
            row_likely=exact.row_likely[rows] if exact.row_likely.size else exact.row_likely,
        ),
        streams=StreamNames(_names(streams.shared, taken.shared), _names(streams.own, taken.own)),
        alternatives=(),
    )


def _taken(plan: Plan, is_taken: Mask, areas: Collection[str] | None) -> _Taken:
    draws, moves = plan.draws, plan.moves
    group = np.repeat(np.arange(len(draws.row_start) - 1), np.diff(draws.row_start))
    # A plan with moves begins with a group of what all countries share.
    groups = np.concatenate([np.ones(len(draws.row_start) - 1 - len(is_taken), dtype=bool), is_taken])
    is_counted = np.array([areas is None or plan.labels.area[k] in areas for k in plan.labels.component_area])
    is_cost = plan.row_component >= 0
    rows = groups[group] & is_cost & is_counted[plan.row_component]
    if moves.any:
        rows |= groups[group] & ~is_cost & np.isin(moves.row_keep, _registers(plan, rows))
    shared, own = np.zeros(len(draws.shared_stream), dtype=bool), np.zeros(len(draws.own_stream), dtype=bool)
    shared[draws.common_basis[_entries(draws.common_start, _commons(draws, rows))]] = True
    terms = _entries(draws.term_start, rows)
    first = np.repeat(draws.own_start[group], np.diff(draws.term_start))
    own[(first + draws.term_basis)[terms]] = True
    return _Taken(rows, groups, shared, own)


def _registers(plan: Plan, rows: Mask) -> Integers:
    """Return the registers that rows, and what all countries share, read."""
    moves = plan.moves
    activations = _entries(moves.presence_start, rows)
    of_activations = (moves.presence_begin, moves.presence_late, moves.presence_whole, moves.presence_level)
    gates, powers = _entries(moves.gate_start, activations), _entries(moves.power_start, activations)
    read = [
        *(column[activations] for column in of_activations if column.size),
        moves.gate_score[gates],
        moves.gate_kept[gates],
        moves.power_kept[powers],
        moves.rate_kept,
        moves.shock_score,
        moves.shock_factor,
        plan.shares.share_drawn.ravel(),
    ]
    return np.unique(np.concatenate(read))


def _draws(draws: Draws, taken: _Taken) -> Draws:
    rows, groups = taken.rows, taken.groups
    commons, terms = _commons(draws, rows), _entries(draws.term_start, rows)
    entries = _entries(draws.common_start, commons)
    # Terms name the streams of their group by number, so by the place among those of the group that are taken.
    before = pointers(taken.own.astype(np.int64))
    group = np.repeat(np.arange(len(groups)), np.diff(draws.row_start))
    first = np.repeat(draws.own_start[group], np.diff(draws.term_start))
    place = before[first + draws.term_basis] - before[first]
    return Draws(
        shared_stream=draws.shared_stream[taken.shared],
        common_start=_pointers(draws.common_start, commons),
        common_basis=_renumbered(draws.common_basis[entries], taken.shared),
        common_weight=draws.common_weight[entries],
        own_start=pointers(np.diff(before[draws.own_start])[groups]),
        own_stream=draws.own_stream[taken.own],
        row_start=pointers(np.diff(pointers(rows.astype(np.int64))[draws.row_start])[groups]),
        row_common=_renumbered(draws.row_common[rows], commons),
        term_start=_pointers(draws.term_start, rows),
        term_basis=place[terms],
        term_weight=draws.term_weight[terms],
        row_kind=draws.row_kind[rows],
        row_table=draws.row_table[rows],
        row_location=draws.row_location[rows],
        row_scale=draws.row_scale[rows],
        tables=draws.tables,
    )


def _moves(moves: Moves, rows: Mask) -> Moves:
    """Return the moves of some rows; price paths and profiles, which all countries share, stay as they are."""
    activations = _entries(moves.presence_start, rows)
    gates, powers = _entries(moves.gate_start, activations), _entries(moves.power_start, activations)
    by_activation = (
        *("presence_slot", "presence_lags", "presence_begin", "presence_late", "presence_late_cost"),
        *("presence_whole", "presence_level"),
    )
    of_activations = {name: getattr(moves, name) for name in by_activation}
    return moves._replace(
        row_keep=moves.row_keep[rows],
        row_presence=_renumbered(moves.row_presence[rows], activations),
        row_growth=moves.row_growth[rows],
        presence_start=_pointers(moves.presence_start, rows),
        **{name: column[activations] for name, column in of_activations.items() if column.size},
        gate_start=_pointers(moves.gate_start, activations),
        gate_score=moves.gate_score[gates],
        gate_kept=moves.gate_kept[gates],
        gate_threshold=moves.gate_threshold[gates],
        power_start=_pointers(moves.power_start, activations),
        power_kept=moves.power_kept[powers],
        power_log=moves.power_log[powers],
    )


def _labels(labels: Labels, is_taken: Mask) -> Labels:
    return dataclasses.replace(
        labels,
        country=_names(labels.country, is_taken),
        country_name=_names(labels.country_name, is_taken),
        groups=tuple((name, _names(values, is_taken)) for name, values in labels.groups),
    )


def _names(names: tuple[str, ...], taken: Mask) -> tuple[str, ...]:
    """Return the names that are taken; none where there were none."""
    return tuple(itertools.compress(names, taken.tolist()))


def _commons(draws: Draws, rows: Mask) -> Mask:
    """Return which common scores some rows have."""
    used = np.zeros(len(draws.common_start) - 1, dtype=bool)
    numbers = draws.row_common[rows]
    used[numbers[numbers >= 0]] = True
    return used


def _entries(start: Integers, taken: Mask) -> Mask:
    """Return which entries belong to the items that are taken."""
    entries: Mask = np.repeat(taken, np.diff(start))
    return entries


def _pointers(start: Integers, taken: Mask) -> Integers:
    return pointers(np.diff(start)[taken])


def _renumbered(numbers: Integers, taken: Mask) -> Integers:
    """Return numbers of items as numbers among those that are taken; -1 stays."""
    return np.append(np.cumsum(taken) - 1, -1)[numbers]
