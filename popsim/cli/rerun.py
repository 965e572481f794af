"""``popsim rerun``: repeat a finished run from its plan, and say whether every bit is the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.folder import some_of
from popsim.cli.loading import say_changed
from popsim.cli.output import print_json, print_text
from popsim.cli.parameters import as_json_option, run_argument, threads_option, trust_option

if TYPE_CHECKING:
    from popsim.engine.again import Repeated

SAME, DIFFERENT = 0, 1


@click.command(
    epilog="""\b
Examples:
  popsim rerun results/pops
  popsim rerun results/pops --json

\b
Exit status: 0 every bit is the same; 1 some are not; 2 no readable run, or
files of it are not as it wrote them."""
)
@run_argument
@threads_option
@trust_option
@as_json_option
def command(run: Path, threads: int | None, trust_edited: bool, as_json: bool) -> int:
    """Repeat a run from the plan that it keeps, and say whether every bit of its scenarios is the same.

    RUN is a folder that "popsim run" made, on this machine or another. Nothing in it is changed. Scenarios, exact means
    and point estimates are compared, which follow from the plan alone; what is computed from the study beside them,
    such as drivers, is named and not compared.
    """
    from popsim.arguments import check_threads
    from popsim.cli.progress import progress_bar
    from popsim.engine.again import repeat
    from popsim.engine.plan_file import load_plan
    from popsim.engine.runs import opened_dataset, verified_run
    from popsim.schema import PLAN_FILE

    verified = verified_run(run, trust_edited)
    say_changed(run, verified.trusted, verified.documents)
    with opened_dataset(run) as dataset, progress_bar("Scenarios") as progress:
        plan = load_plan(run / PLAN_FILE)
        found, others = repeat(dataset, plan, check_threads(threads), progress)
        scenarios = dataset.sizes["scenario"]
    different = [each for each in found if each.different]
    if as_json:
        print_json(
            {
                "folder": str(run),
                "scenarios": scenarios,
                "plan_digest": plan.digest,
                "same": not different,
                "compared": [each.variable for each in found],
                "different": {each.variable: _as_mapping(each) for each in different},
                "not_compared": others,
            }
        )
    else:
        _print(run, scenarios, found, others)
    return DIFFERENT if different else SAME


def _as_mapping(each: Repeated) -> dict[str, int | None]:
    return {"values": each.values, "different": each.different, "first_scenario": each.first}


def _print(run: Path, scenarios: int, found: list[Repeated], others: list[str]) -> None:
    different = [each for each in found if each.different]
    values = sum(each.values for each in found)
    if not different:
        print_text(
            f"{run}: every bit is the same in {values:,} values of {len(found)} variables, {scenarios:,} scenarios."
        )
    else:
        print_text(f"{run}: {len(different)} of {len(found)} variables differ from what their plan gives here.")
    for each in different:
        where = "" if each.first is None else f", from scenario {each.first:,} on"
        print_text(f"{each.variable}: {each.different:,} of {each.values:,} values differ{where}")
    if others:
        print_text(f"Not compared, since they do not follow from the plan alone: {some_of(others)}.")
