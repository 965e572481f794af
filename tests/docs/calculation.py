"""Calculations on pages: each line ``name = expression = printed`` of a fenced block named calculation is executed."""

from __future__ import annotations

import math
import re
from typing import Any

from scipy import stats

FUNCTIONS: dict[str, Any] = {
    "ln": math.log,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "asin": math.asin,
    "sin": math.sin,
    "pi": math.pi,
    "z": lambda p: float(stats.norm.ppf(p)),
    "t": lambda p, degrees: float(stats.t.ppf(p, degrees)),
    "chi2_above": lambda x, degrees: float(stats.chi2.sf(x, degrees)),
    "binomial_at_least": lambda k, n, p: float(stats.binom.sf(k - 1, n, p)),
}


def calculations(page: str) -> str:
    """Return the lines of all calculations of a page, or of a part of it."""
    return "".join(re.findall(r"```calculation\n(.*?)```", page, re.DOTALL))


def executed(lines: str) -> list[tuple[str, float, str]]:
    """Return name, value and printed value of each line, executed in turn."""
    names: dict[str, float] = {}
    found = []
    for line in lines.splitlines():
        name, expression, printed = line.split(" = ")
        names[name] = eval(expression, {"__builtins__": {}}, {**FUNCTIONS, **names})
        found.append((name, names[name], printed))
    return found


def rounded(value: float, like: str) -> str:
    """Return a value with as many decimals as a printed one."""
    return f"{value:.{len(like.partition('.')[2])}f}"
