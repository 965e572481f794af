"""Every line of TOML on the page about distributions is built, and what the page says of it holds."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import pytest

from popsim.families import build, family_names, to_toml
from popsim.families.lognormal import LogNormal

PAGE = (Path(__file__).parents[2] / "docs" / "concepts" / "distributions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_toml_is_a_cost(line: str) -> None:
    spec = tomllib.loads(line)["cost"]
    family = build(spec, "page", ("cost",))
    assert family.support()[0] >= 0
    assert math.isfinite(family.mean())
    assert build(to_toml(family), "page", ("cost",)) == family


def test_the_families_shown_are_those_that_there_are() -> None:
    shown = set(re.findall(r'family = "(\w+)"', "\n".join(LINES)))
    assert shown <= set(family_names())
    assert shown >= {"constant", "uniform", "triangular", "pert", "normal", "lognormal", "gamma", "beta", "weibull"}
    assert shown >= {"metalog", "empirical", "discrete", "truncated", "shifted", "scaled", "mixture"}


def test_no_line_of_toml_is_overlooked() -> None:
    assert len(LINES) == len(re.findall(r"^cost = ", PAGE, re.MULTILINE)) > 0


def test_the_three_best_guesses_of_a_lognormal() -> None:
    cost = LogNormal(0, 0.8)
    said = [round(cost.mode(), 2), round(cost.ppf(0.5).item(), 2), round(cost.mean(), 2)]
    assert said == [0.53, 1, 1.38]
    assert "0.53, 1 and 1.38 times the median" in PAGE
