"""Runs of a study beside one another: with its options, or with one common normal score the same in every scenario."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from popsim.arrays import Floats, Integers, Words, pointers
from popsim.engine.breakdowns import arrange, arrange_merged, scope_of
from popsim.engine.designs import Design
from popsim.engine.threads import fill, is_written, make_room
from popsim.plan.common_scores import CommonScore
from popsim.plan.model import Draws, Plan

_BITS = 51
_DROP = 13
"""A kernel makes its uniform from the first 51 of the 64 bits of a word."""


def run_together(plan: Plan, threads: int) -> list[dict[str, Floats]]:
    """Return every total of a plan and of its alternatives, by scenario; what they have in common is drawn once.

    This is `simulate` without what takes its time beside the scenarios: point estimates, exact means, labels.

    Parameters
    ----------
    plan
        With independent scenarios.
    threads
        Checked before.

    Examples
    --------
    >>> import popsim as ps
    >>> plan = ps.compile(ps.load_study("pops", {"scenarios.count": 50}))
    >>> ds = ps.simulate(plan, breakdowns=())
    >>> bool((run_together(plan, 1)[1]["financing_need"] == ds["financing_need"][1]).all())
    True
    """
    plans = (plan, *plan.alternatives)
    drawn = arrange_merged(plans, (), scope_of(plans))
    out = make_room(len(drawn[0][1].targets.output_start) - 1, plan.scenarios)
    for each, sums in drawn:
        fill(each.draws, sums, plan.scenarios, plan.seed, plan.sampling.first, threads, out=out)
    out[~np.any([is_written(sums.targets) for _, sums in drawn], axis=0)] = 0.0
    described = drawn[0][1].breakdowns
    return [{item.variable: item.part_of(part) for item in described} for part in np.split(out, len(plans))]


class FixedRuns:
    """Runs of one plan on the same random numbers, in each of which one common score may be fixed.

    Parameters
    ----------
    plan
        A compiled plan; every run has its sampling, with independent scenarios.
    threads
        Of every run, checked before.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.plan.common_scores import common_scores
    >>> study = ps.load_study("pops", {"scenarios.count": 200})
    >>> plan = ps.compile(study)
    >>> runs, score = FixedRuns(plan, 1), common_scores(study, plan)[0]
    >>> bool(runs.run(score, 0.05)["cost"].mean() < runs.run(score, 0.95)["cost"].mean())
    True
    """

    def __init__(self, plan: Plan, threads: int) -> None:
        self.plan, self.threads = plan, threads
        self._sums = arrange(plan, ())

    def run(self, score: CommonScore | None = None, probability: float = 0.5) -> dict[str, Floats]:
        """Return every total by scenario, with a score fixed at a quantile; without a score, as the plan draws.

        Parameters
        ----------
        score
            Of `common_scores` of this plan.
        probability
            Strictly between 0 and 1, to 2**-51.
        """
        plan = self.plan
        draws, points = (plan.draws, None) if score is None else _fixed(plan.draws, score, probability)
        out = fill(draws, self._sums, plan.scenarios, plan.seed, plan.sampling.first, self.threads, points=points)
        return {item.variable: item.part_of(out) for item in self._sums.breakdowns}


def _fixed(draws: Draws, score: CommonScore, probability: float) -> tuple[Draws, _Constant]:
    """Return the draws with one more shared stream in the place of those of a score, and the design that fixes it."""
    added, sizes = len(draws.shared_stream), dict(score.parts)
    basis: list[list[int]] = []
    weight: list[list[float]] = []
    for number, (start, stop) in enumerate(zip(draws.common_start[:-1], draws.common_start[1:], strict=True)):
        kept = [
            place
            for place in range(start, stop)
            if number not in sizes or draws.common_basis[place] not in score.streams
        ]
        own = [sizes[number]] if number in sizes else []
        basis.append([*draws.common_basis[kept].tolist(), *(added for _ in own)])
        weight.append([*draws.common_weight[kept].tolist(), *own])
    changed = draws._replace(
        # The number of the new stream means nothing: its words are those of the design.
        shared_stream=np.append(draws.shared_stream, np.uint64(0)),
        common_start=pointers([len(row) for row in basis]),
        common_basis=np.array([entry for row in basis for entry in row], dtype=np.int64),
        common_weight=np.array([entry for row in weight for entry in row], dtype=np.float64),
    )
    shared_row = np.full(added + 1, -1, dtype=np.int64)
    shared_row[added] = 0
    word = np.uint64(int(probability * 2.0**_BITS) << _DROP)
    return changed.frozen(), _Constant(word, shared_row, np.full(len(draws.own_stream), -1, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class _Constant:
    """The design in which one stream has the same word in all scenarios."""

    word: np.uint64
    shared_row: Integers
    own_row: Integers
    rows: int = 1

    def between(self, start: int, stop: int) -> Design:
        first, last = start - start % 2, stop + stop % 2
        words: Words = np.full((1, last - first), self.word, dtype=np.uint64)
        return Design(words, first, self.shared_row, self.own_row)
