"""Distributions as files state them: built, checked, and every problem said where it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from popsim.errors import PopsimError, Problem
from popsim.families import build
from popsim.families.base import Family
from popsim.study.place import Keys, Place, words

__all__ = ["build_at", "check_cost", "check_mean", "written"]


def build_at(place: Place, keys: Keys, spec: Mapping[str, Any]) -> tuple[Family | None, list[Problem]]:
    """Build the distribution that stands at `keys`: None, with problems that say where, if it cannot be.

    Examples
    --------
    >>> family, problems = build_at(Place("a.toml"), ("shock", "war", "factor"), {"family": "uniform", "low": 1})
    >>> problems[0].where
    'a.toml: shock.war.factor.high'
    """
    try:
        return build(spec), []
    except PopsimError as error:
        return None, [
            Problem(place.at(*keys, *problem.keys), (), problem.found, problem.allowed, problem.mend)
            for problem in error.problems
        ]


def written(spec: Mapping[str, Any]) -> str:
    """Show a distribution as it stands in the file."""
    return words(f"{name} = {value!r}" for name, value in spec.items())


def check_mean(where: str, family: Family, spec: Mapping[str, Any]) -> list[Problem]:
    """List one problem unless the mean is finite."""
    if math.isfinite(family.mean()):
        return []
    return [
        Problem(
            where,
            (),
            f"mean = {family.mean()} ({written(spec)})",
            "a finite mean",
            "use a lighter tail, or truncate it",
        )
    ]


def check_cost(where: str, cost: Family, spec: Mapping[str, Any]) -> list[Problem]:
    """List what keeps a distribution from being a cost."""
    problems = []
    lowest = cost.support()[0]
    if lowest < 0:
        problems.append(
            Problem(
                where,
                (),
                f"values down to {lowest:.10g} ({written(spec)})",
                "smallest value >= 0: a cost cannot be negative",
                "use a family with a smallest value, such as lognormal, gamma or pert",
            )
        )
    return problems + check_mean(where, cost, spec)
