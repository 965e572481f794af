"""How often estimates and their errors cover the truth, over 400 seeds of small studies whose truth is known."""

from __future__ import annotations

import math
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats

import popsim as ps
from popsim.analysis.order import half_width
from popsim.plan import compile as compile_study

from ..engine.studies import area, country, study
from .claims import ALARM, Claim, Section

SEEDS = 400
FIRST_SEED = 47_000
REPLICATES = 16


class Setting(NamedTuple):
    """A law of one cost, a design, and the number of scenarios."""

    sigma: float
    design: str
    scenarios: int

    @property
    def name(self) -> str:
        """Return it in words."""
        points = f"{self.scenarios:,} scenarios" if self.design == "random" else f"16 x {self.scenarios // REPLICATES}"
        return f"lognormal of sigma {self.sigma}, {self.design}, {points}"


SETTINGS = (
    Setting(0.5, "random", 1_000),
    Setting(1.0, "random", 10_000),
    Setting(0.5, "sobol", REPLICATES * 64),
    Setting(1.0, "sobol", REPLICATES * 256),
)


def truths(sigma: float) -> dict[str, float]:
    """Return what the statistics of a lognormal with a median of 1 are."""
    law = stats.lognorm(sigma)
    return {
        "mean": float(law.mean()),
        "P5": float(law.ppf(0.05)),
        "P50": 1.0,
        "P80": float(law.ppf(0.8)),
        "P95": float(law.ppf(0.95)),
        "chance that an amount suffices": 0.8,
    }


def _estimates(dataset: Any, sigma: float, scale: float) -> dict[str, tuple[float, float]]:
    """Return each statistic with its standard error, in units of the median."""
    summary = ps.summarise(dataset, coverage=0.90).squeeze("option")
    sure = ps.budget(dataset, amount=truths(sigma)["P80"] * scale).squeeze("option")
    needed = ps.budget_for(dataset, confidence=0.8).squeeze("option")
    found = {"mean": (summary["cost_mean"].item() / scale, summary["cost_mean_error"].item() / scale)}
    for name, level in (("P5", 0.05), ("P50", 0.5), ("P95", 0.95)):
        at = summary.sel(quantile=level)
        found[name] = at["cost_quantile"].item() / scale, at["cost_quantile_error"].item() / scale
    found["P80"] = needed["amount"].item() / scale, needed["amount_error"].item() / scale
    found["chance that an amount suffices"] = sure["sufficient"].item(), sure["sufficient_error"].item()
    return found


@cache
def missed(setting: Setting, factor: float = 1.0) -> dict[str, float]:
    """Return the share of seeds in which 95 % intervals, with errors times a factor, do not hold the truth."""
    made = study([country("AAA")], [area("a", ps.LogNormal(0.0, setting.sigma))])
    plan = compile_study(made)
    scale = float(plan.row_mean.sum() / math.exp(setting.sigma**2 / 2.0))
    replicates = REPLICATES if setting.design == "sobol" else 1
    expected, wide = truths(setting.sigma), factor * half_width(replicates)
    out = dict.fromkeys(expected, 0)
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        options = {"design": "sobol", "replicates": replicates} if replicates > 1 else {}
        dataset = ps.simulate(plan, scenarios=setting.scenarios, seed=seed, breakdowns=(), threads=1, **options)
        for name, (value, error) in _estimates(dataset, setting.sigma, scale).items():
            out[name] += not abs(value - expected[name]) <= wide * error
    return {name: count / SEEDS for name, count in out.items()}


def limit(comparisons: int) -> float:
    """Return the share of misses that intervals which cover 93 % pass with a chance of `ALARM` at most."""
    return float(stats.binom(SEEDS, 0.07).isf(ALARM / comparisons)) / SEEDS


def _measure(setting: Setting) -> tuple[float, float]:
    return max(missed(setting).values()), max(missed(setting, 0.5).values())


def claims() -> list[Claim]:
    """Return a claim for each law, design and number of scenarios."""
    return [
        Claim(
            setting.name,
            f"{SEEDS} seeds; {', '.join(truths(1.0))}",
            "closed forms of the lognormal",
            "largest share of seeds in which a 95 % interval misses the truth",
            limit(len(truths(1.0))),
            "errors halved",
            partial(_measure, setting),
            FIRST_SEED,
            ALARM,
        )
        for setting in SETTINGS
    ]


def figure(_: Path) -> str:
    """Return a table of all shares."""
    names = list(truths(1.0))
    lines = ["Share of seeds in which the interval holds the truth; 95 % is aimed at.", ""]
    lines += [f"| | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for setting in SETTINGS:
        shares = (f"{100.0 * (1.0 - missed(setting)[name]):.1f} %" for name in names)
        lines.append(f"| {setting.name} | {' | '.join(shares)} |")
    return "\n".join(lines)


SECTION = Section(
    "coverage",
    "Coverage of errors",
    f"""Of {SEEDS} seeds, a 95 % interval must hold the truth in at least 93 %: the limit is the share of misses that a
coverage of 93 % passes with a chance of {ALARM:g}. [Precision](../concepts/precision.md) says what errors are, and has
more laws, statistics and designs.""",
    claims,
    figure,
)
