"""Which scenarios are drawn, and how: the one record that a study, a plan and a run pass on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from popsim.arguments import as_whole, check_name
from popsim.errors import ParameterError, Problem
from popsim.types import DESIGNS, Design

SOBOL_BITS = 30
"""Bits of the number of a Sobol point."""
SOBOL_LIMIT = 2**SOBOL_BITS
"""Points of a Sobol sequence that can be asked for."""
MOST_REPLICATES = 1_024
"""Independent scramblings of a Sobol sequence."""
LATIN_LIMIT = 2**31
"""Scenarios of a Latin hypercube."""

MOST_SCENARIOS = 2**48
"""Scenarios of a run."""

_LIMITS = {
    "scenarios": (1, MOST_SCENARIOS, f"a whole number from 1 to {MOST_SCENARIOS:,}"),
    "seed": (0, 2**64 - 1, "a whole number from 0 to 2**64 - 1"),
    "first_scenario": (0, 2**62, "a whole number from 0 to 2**62"),
    "replicates": (1, MOST_REPLICATES, f"a whole number from 1 to {MOST_REPLICATES}"),
}


@dataclass(frozen=True)
class Sampling:
    """Scenarios `first` ... `first` + `count` - 1 of the random numbers that a seed and a design stand for."""

    count: int
    seed: int = 0
    design: Design = "random"
    replicates: int = 1
    """Independent scramblings of Sobol points, which take turns from scenario to scenario."""
    first: int = 0
    """Number of the first scenario."""

    @classmethod
    def of(
        cls,
        scenarios: object,
        seed: object = 0,
        design: object = "random",
        replicates: object = 1,
        first_scenario: object = 0,
    ) -> Sampling:
        """Return the sampling that arguments of these names ask for.

        Raises
        ------
        ParameterError
            With every problem: numbers that are not whole or out of range, an unknown design, a part of a Latin
            hypercube, more scenarios than a design has, or replicates of a design that is not scrambled.

        Examples
        --------
        >>> Sampling.of(1e3, seed=7)
        Sampling(count=1000, seed=7, design='random', replicates=1, first=0)
        """
        problems: list[Problem] = []
        name: Design = "random"
        try:
            name = check_name("design", design, DESIGNS)
        except ParameterError as error:
            problems += error.problems
        given = {"scenarios": scenarios, "seed": seed, "first_scenario": first_scenario, "replicates": replicates}
        read: dict[str, int] = {}
        for argument, value in given.items():
            low, high, allowed = _LIMITS[argument]
            number = as_whole(value)
            if number is None or not low <= number <= high:
                problems.append(Problem("", (argument,), repr(value), allowed))
            else:
                read[argument] = number
        if not problems:
            problems = _unfit(name, read["scenarios"], read["first_scenario"], read["replicates"])
        if problems:
            raise ParameterError(problems)
        return cls(read["scenarios"], read["seed"], name, read["replicates"], read["first_scenario"])

    def changed(
        self,
        scenarios: object = None,
        seed: object = None,
        design: object = None,
        replicates: object = None,
        first_scenario: object = 0,
    ) -> Sampling:
        """Return the sampling that arguments ask for, where None leaves a value as it is.

        Another design has no replicates unless they are stated with it.

        Raises
        ------
        ParameterError
            As `of`.

        Examples
        --------
        >>> Sampling(1_000, seed=7).changed(scenarios=64, design="sobol")
        Sampling(count=64, seed=7, design='sobol', replicates=1, first=0)
        """
        if design is None:
            design = self.design
        if replicates is None:
            replicates = self.replicates if isinstance(design, str) and design == self.design else 1
        count = self.count if scenarios is None else scenarios
        return Sampling.of(count, self.seed if seed is None else seed, design, replicates, first_scenario)


def _unfit(design: Design, count: int, first: int, replicates: int) -> list[Problem]:
    """Return what a design cannot honour."""
    problems = []
    if replicates > 1 and design != "sobol":
        allowed = f"1 where design = {design!r}: only Sobol points are scrambled"
        problems.append(Problem("", ("replicates",), repr(replicates), allowed, "use design='sobol'"))
    if design == "latin" and first != 0:
        allowed = "0 where design = 'latin': a Latin hypercube is made for all its scenarios together"
        mend = "use design='sobol' or 'random', whose runs can be continued"
        problems.append(Problem("", ("first_scenario",), repr(first), allowed, mend))
    if design == "latin" and count > LATIN_LIMIT:
        problems.append(Problem("", ("scenarios",), repr(count), f"at most {LATIN_LIMIT:,} where design = 'latin'"))
    if design == "sobol" and first + count > SOBOL_LIMIT:
        found = f"{count} from scenario {first} on"
        problems.append(Problem("", ("scenarios",), found, f"none beyond {SOBOL_LIMIT:,} where design = 'sobol'"))
    return problems


class Sampled:
    """Names of the parts of a `sampling`, for whatever has one."""

    sampling: Sampling

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.sampling.count

    @property
    def seed(self) -> int:
        """Seed of the random numbers."""
        return self.sampling.seed

    @property
    def design(self) -> Design:
        """How the scenarios are drawn; see docs/designs.md."""
        return self.sampling.design

    @property
    def replicates(self) -> int:
        """Independent scramblings of Sobol points."""
        return self.sampling.replicates


_PARTS = {"scenarios": "count", "seed": "seed", "design": "design", "replicates": "replicates"}

Kind = TypeVar("Kind", bound=type[Sampled])


def sampled(kind: Kind) -> Kind:
    """Return a dataclass with a field `sampling` that can be made, and replaced, by single parts of it as well.

    So ``dataclasses.replace(study, seed=8)`` is the study with another seed, although its seed is no field.

    Examples
    --------
    >>> @sampled
    ... @dataclass(frozen=True)
    ... class Wanted(Sampled):
    ...     sampling: Sampling
    >>> dataclasses.replace(Wanted(Sampling(100)), seed=8).sampling
    Sampling(count=100, seed=8, design='random', replicates=1, first=0)
    """
    initialise: Callable[..., None] = kind.__init__

    @wraps(initialise)
    def made(self: Any, *args: Any, **given: Any) -> None:
        parts = {part: given.pop(name) for name, part in _PARTS.items() if name in given}
        if parts:
            known = given.get("sampling")
            given["sampling"] = Sampling(**parts) if known is None else dataclasses.replace(known, **parts)
        initialise(self, *args, **given)

    kind.__init__ = made  # type: ignore[method-assign]
    return kind
