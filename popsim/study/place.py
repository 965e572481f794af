"""Problems of one file: where they are, and what set the keys that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from popsim.errors import Keys, Problem, nearest, words


@dataclass(frozen=True)
class Place:
    """A file, what has set single keys in it beside the file itself, and the names of its components.

    Parameters
    ----------
    file
        Name of the file.
    set_by
        Keys that were set from outside, each with what set it: an option first, then overrides.
    components, overlaps
        Names of the entries of the lists `component` and `overlap`.

    Examples
    --------
    >>> place = Place("pops.toml", ((("scenarios", "count"), "override"),))
    >>> place.located(place.problem(("scenarios", "count"), "-5", "a whole number of at least 1")).where
    'override scenarios.count'
    >>> place = Place("a.toml", components=("survey",))
    >>> place.located(place.problem(("component", 0, "cost", "low"), "nan", "a finite number")).where
    'a.toml: component[0].cost.low (survey)'
    """

    file: str
    set_by: tuple[tuple[Keys, str], ...] = ()
    components: tuple[str, ...] = ()
    overlaps: tuple[str, ...] = ()

    def problem(self, keys: Keys, found: str, allowed: str, mend: str = "") -> Problem:
        """Return a problem of what stands at `keys`."""
        return Problem(self.file, keys, found, allowed, mend)

    def unknown(self, keys: Keys, what: str, name: str, allowed: str, known: Sequence[str]) -> Problem:
        """Return the problem of a name that is not known, with those that are and the nearest of them."""
        return self.problem(keys, f"unknown {what} {name!r}", f"{allowed}: {words(known)}", nearest(name, known))

    def at(self, *keys: str | int) -> str:
        """Return where keys are, in one text."""
        return self.located(self.problem(keys, "", "")).where

    def located(self, problem: Problem) -> Problem:
        """Return a problem with what set its keys, and with the name of the component or overlap that they lie in."""
        keys = problem.keys
        if problem.file != self.file or not keys or problem.origin or problem.part:
            return problem
        for stated, origin in self.set_by:
            if keys[: len(stated)] == stated:
                return replace(problem, origin=origin)
            if len(keys) > 1 and stated[: len(keys)] == keys:
                return replace(problem, origin=origin, keys=stated)
        match keys:
            case ("component", int(position), *_) if position < len(self.components):
                return replace(problem, part=self.components[position])
            case ("overlap", int(position), *_) if position < len(self.overlaps):
                return replace(problem, part=self.overlaps[position])
        return problem
