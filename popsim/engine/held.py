"""Sums of scenarios that were drawn, held so that studies which draw the same are computed without drawing.

Who pays, and prices that nobody draws, count after all countries are summed (`popsim.plan.program`). So the sums of all
rows, and what all countries have in common, are enough for any study that differs in nothing else. What is made of them
has the bits of a run that draws, since the same steps are run on the same numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from popsim.arrays import Floats, Integers, pointers
from popsim.engine.designs import queue
from popsim.engine.memory import free_memory
from popsim.engine.simulation import Simulation
from popsim.engine.targets import Sums, Targets
from popsim.engine.threads import Progress, is_written, make_room
from popsim.plan.model import Plan
from popsim.plan.program import LagSums, make_ending, make_program

_MOST_BYTES = 2**30
"""What may be held; where more would be, each study is drawn."""
_BLOCK = 512
_OF_ROWS = ("row_keep", "row_presence", "presence_", "gate_", "power_")
"""Beginnings of the names of arrays that say what is done with a row before it is summed."""

_SUM, _LAG, _REGISTER = "sum", "lag", "register"

_Key = tuple[object, ...]


class HeldSums:
    """Computes one simulation after another, and draws only what those before did not."""

    def __init__(self) -> None:
        self._held: _Held | None = None

    def fill(self, simulation: Simulation, threads: int, progress: Progress | None = None) -> Floats:
        """Compute the outputs of all scenarios of a simulation, as `Simulation.fill` does.

        Parameters
        ----------
        simulation
            Of plans that are merged.
        threads
            Checked before.
        progress
            Called with the number of scenarios done and wanted.

        Raises
        ------
        ParameterError
            When the outputs do not fit the memory.
        """
        first, count = simulation.sampling.first, simulation.sampling.count
        asked = _asked(simulation)
        if asked is None:
            return simulation.fill(first, first + count, threads, progress)
        plan, sums, lag_sums = asked
        key = _key(simulation, plan)
        wanted = _places(plan, sums.targets, lag_sums)
        if self._held is None or self._held.key != key or not wanted.keys() <= self._held.row.keys():
            if 8 * count * (len(wanted) + len(plan.labels.component)) > min(_MOST_BYTES, free_memory() // 2):
                return simulation.fill(first, first + count, threads, progress)
            self._held = None
            self._held = _drawn(simulation, plan, sums, lag_sums, threads, progress)
        elif progress is not None:
            progress(count, count)
        return self._held.made(plan, sums, lag_sums, wanted)


@dataclass(frozen=True, eq=False)
class _Held:
    """Sums and registers of all scenarios."""

    key: _Key
    values: Floats
    """(sum or register, scenario)"""
    row: dict[_Key, int]
    """Row of what is known by the costs in it, or by its register."""

    def made(self, plan: Plan, sums: Sums, lag_sums: LagSums, wanted: dict[_Key, int]) -> Floats:
        """Return outputs (output, scenario)."""
        # Imported when used, as everywhere: who reads a run needs no numba.
        from popsim.kernels.ending import end_scenarios

        program, registers = make_ending(plan, lag_sums)
        place = {self.row[name]: program.slots + place for name, place in wanted.items()}
        place |= {self.row[_REGISTER, each]: place for each, place in registers.items()}
        out = make_room(len(sums.targets.output_start) - 1, self.values.shape[1])
        out[~is_written(sums.targets)] = 0.0
        rows, places = _column(place), _column(place.values())
        end_scenarios(out, self.values, rows, places, np.int64(_BLOCK), program, sums.targets)
        return out


def _asked(simulation: Simulation) -> tuple[Plan, Sums, LagSums] | None:
    """Return the one plan that is drawn, with its sums; None where there are several, or rows count in other ways."""
    if len(simulation.drawn) != 1:
        return None
    ((plan, sums),) = simulation.drawn
    lag_sums = sums.lag_sums
    if lag_sums is None or (plan.moves.any and (plan.moves.row_growth[lag_sums.is_summed] >= 0).any()):
        return None
    return plan, sums, lag_sums


def _key(simulation: Simulation, plan: Plan) -> _Key:
    """Return what fixes the sums of rows."""
    arrays = [*plan.draws, plan.row_component]
    if plan.moves.any:
        fields = plan.moves._asdict()
        arrays += [array for name, array in fields.items() if name.startswith(_OF_ROWS)]
    if simulation.sampling.design == "sobol":
        arrays.append(queue([each.draws for each in simulation.plans]))
    return simulation.sampling, *(array.tobytes() for array in arrays)


def _places(plan: Plan, targets: Targets, lag_sums: LagSums) -> dict[_Key, int]:
    """Return the accumulators that rows add to and that anything is made of, each by the rows that add to it."""
    lags: dict[int, int] = {}
    for cell in lag_sums.cells:
        lags[cell.source] = max(lags.get(cell.source, 0), int(plan.component_lags[cell.component]))
    found: dict[_Key, int] = {(_SUM, rows): place for place, rows in _rows_of(targets.target_start, targets.target)}
    for first, rows in _rows_of(lag_sums.start, lag_sums.target):
        found |= {(_LAG, rows, lag): first + lag for lag in range(lags.get(first, 0))}
    return found


def _rows_of(start: Integers, target: Integers) -> Iterator[tuple[int, bytes]]:
    """Yield each accumulator and the rows that add to it."""
    rows = np.repeat(np.arange(len(start) - 1), np.diff(start))
    order = np.argsort(target, kind="stable")
    numbers, first = np.unique(target[order], return_index=True)
    for place, members in zip(numbers.tolist(), np.split(rows[order], first[1:]), strict=False):
        yield place, members.tobytes()


def _drawn(
    simulation: Simulation, plan: Plan, sums: Sums, lag_sums: LagSums, threads: int, progress: Progress | None
) -> _Held:
    """Draw all scenarios, and hold their sums."""
    wanted = _places(plan, sums.targets, lag_sums)
    _, registers = make_ending(plan, lag_sums)
    count = sums.targets.target_count
    copies = {register: count + number for number, register in enumerate(registers)}
    held: dict[_Key, int] = {**wanted, **{(_REGISTER, each): place for each, place in copies.items()}}
    plain = lag_sums._replace(cells={}, shares=(), financed={}, registers=tuple(copies.items()))
    targets = sums.targets._replace(
        target_count=count + len(copies),
        output_start=pointers([1] * len(held)),
        output_target=_column(held.values()),
        output_weight=np.ones(len(held)),
    )
    alone = dataclasses.replace(
        simulation, drawn=((plan, Sums(targets, sums.breakdowns, make_program(plan, plain), plain)),)
    )
    first = simulation.sampling.first
    values = alone.fill(first, first + simulation.sampling.count, threads, progress)
    return _Held(_key(simulation, plan), values, {name: row for row, name in enumerate(held)})


def _column(numbers: Iterable[int]) -> Integers:
    return np.array(list(numbers), dtype=np.int64)
