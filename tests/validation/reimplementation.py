"""popsim against the second implementation of tests/reproduction: the same law, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import xarray as xr

import popsim as ps
from popsim.study.files import packaged_studies

from ..reproduction.agreement import FALSE_ALARM, Comparison, comparisons
from ..reproduction.independent import run
from .claims import Claim, Section, score_limit, score_of

FULL = Path(__file__).parents[1] / "reproduction" / "studies" / "full" / "study.toml"
SEED = 20_260_730
"""Of the re-implementation; a study's own seed is popsim's."""
COUNT = 20_000
ALARM = 1e-8
MOST = 10_000
"""The limit allows for so many comparisons, which is more than any of the studies has."""
FEW = {"countries.select.region": ["Eastern European"]}

STUDIES: dict[str, tuple[Path, str, Mapping[str, Any], str, Any]] = {
    "study of every feature": (FULL, "full", {}, "delay.cost_per_year", 0.12),
    "study of every feature, without an area": (FULL, "without_z", {}, "area.y.delay.years", 1.75),
    "study of every feature, all needs certain": (FULL, "needed_by_all", {}, "escalation.rate", 0.05),
    "packaged study in the countries of Eastern Europe": (
        packaged_studies()["pops"],
        "full",
        FEW,
        "area.f.group_share",
        0.7,
    ),
}
"""Path, option, changes of both, and the key that is changed in the control with its value."""


@cache
def _theirs(name: str) -> xr.Dataset:
    path, option, changes, *_ = STUDIES[name]
    return ps.simulate(ps.load_study(path, dict(changes)), scenarios=COUNT).sel(option=option)


@cache
def compared(name: str, is_control: bool = False) -> list[Comparison]:
    """Return every comparison of a study; a variable that one of the two lacks is one that fails."""
    path, option, changes, key, value = STUDIES[name]
    overrides = {**changes, key: value} if is_control else dict(changes)
    theirs, ours = _theirs(name), run(path, COUNT, SEED, option, overrides)
    sampled = {str(each): values for each, values in theirs.data_vars.items() if "scenario" in values.dims}
    variables = {each for each in ours if each not in theirs.dims}
    found = [Comparison(each, math.nan, math.nan, 0.0, math.inf) for each in sorted(set(sampled) ^ variables)]
    for each in sorted(set(sampled) & variables):
        dims = [str(dim) for dim in sampled[each].dims if dim != "scenario"]
        labels = [ours[dim] for dim in dims]
        there = sampled[each].transpose("scenario", *dims).sel(dict(zip(dims, labels, strict=True)))
        found += comparisons(each, dims, labels, ours[each], there.values)
    return found


def _measure(name: str) -> tuple[float, float]:
    if len(compared(name)) > MOST:
        message = f"{len(compared(name))} comparisons, and the limit is that of {MOST}"
        raise ValueError(message)
    right, wrong = (
        max(score_of(each.probability) for each in compared(name, is_control)) for is_control in (False, True)
    )
    return right, wrong


def claims() -> list[Claim]:
    """Return a claim for each study."""
    return [
        Claim(
            name,
            f"{COUNT:,} scenarios of each; means of all cells, percentiles of totals and areas, dependence",
            "re-implementation in plain numpy, with another generator",
            "largest normal score of all comparisons",
            score_limit(MOST, ALARM),
            f"{key} = {value} in the re-implementation alone",
            partial(_measure, name),
            SEED,
            ALARM,
        )
        for name, (_, _, _, key, value) in STUDIES.items()
    ]


def figure(_: Path) -> str:
    """Return a table: how many comparisons each study has, and how far the means of totals are apart."""
    lines = [
        "| study | comparisons | of means | largest difference of means, in standard errors | that of totals |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in STUDIES:
        found = compared(name)
        means = [each for each in found if not math.isnan(each.z)]
        largest = max(abs(each.z) for each in means)
        total = max(abs(each.z) for each in means if each.total)
        lines.append(f"| {name} | {len(found):,} | {len(means):,} | {largest:.2f} | {total:.2f} |")
    return "\n".join(lines)


SECTION = Section(
    "reimplementation",
    "A second implementation",
    f"""`tests/reproduction` holds a second implementation of what a study says. It reads the same files and shares no
code with popsim. Two samples of one study, one of each, must come from one law. Means are compared by their standard
errors; percentiles, and how often areas are costly together, by exact hypergeometric probabilities. In the tests, and
with 200,000 scenarios (`make test-statistical`), all packaged studies and options are compared at a false alarm of
{FALSE_ALARM:g} each; here there are fewer studies, and {ALARM:g}.""",
    claims,
    figure,
)
