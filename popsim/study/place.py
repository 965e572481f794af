"""Say where in a file a problem is, and what was found there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from popsim.errors import Problem, dotted, nearest, shown, words

__all__ = ["Key", "Keys", "Place", "shown", "words"]

Key = str | int
Keys = tuple[Key, ...]


@dataclass(frozen=True)
class Place:
    """A file, the keys in it that overrides or an option have set, and the names of its components.

    Examples
    --------
    >>> Place("a.toml").at("component", 0, "cost", "low")
    'a.toml: component[0].cost.low'
    >>> Place("a.toml", components=("survey",)).at("component", 0, "cost", "low")
    'a.toml: component[0].cost.low (survey)'
    >>> Place("pops.toml", (("scenarios", "count"),)).at("scenarios", "count")
    'override scenarios.count'
    """

    file: str
    overridden: tuple[tuple[str, ...], ...] = ()
    components: tuple[str, ...] = ()
    option: str = ""
    changed: tuple[tuple[str, ...], ...] = ()
    """Keys that the option has set."""

    def at(self, *keys: Key) -> str:
        """File and key path; entries of lists are counted from 0, so a component is named as well."""
        option = f'{self.file}: option "{self.option}", key'
        for said, stated in ((option, self.changed), ("override", self.overridden)):
            if any(keys[: len(key)] == key for key in stated):
                return f"{said} {dotted(keys)}"
            inside = [key for key in stated if key[: len(keys)] == keys and len(keys) > 1]
            if inside:
                return f"{said} {dotted(inside[0])}"
        return f"{self.file}: {dotted(keys)}{self.component(*keys)}" if keys else self.file

    def located(self, problem: Problem) -> Problem:
        """Return a problem with what set its keys: an override, an option, or the file itself.

        Examples
        --------
        >>> place = Place("pops.toml", (("scenarios", "count"),))
        >>> place.located(Problem("pops.toml", ("scenarios", "count"), "-5", "a whole number of at least 1")).where
        'override scenarios.count'
        """
        keys = problem.keys
        if problem.file != self.file or not keys or problem.origin or problem.part:
            return problem
        option = f'{self.file}: option "{self.option}", key'
        for origin, stated in ((option, self.changed), ("override", self.overridden)):
            if any(keys[: len(key)] == key for key in stated):
                return replace(problem, origin=origin)
            inside = [key for key in stated if key[: len(keys)] == keys and len(keys) > 1]
            if inside:
                return replace(problem, origin=origin, keys=inside[0])
        return replace(problem, part=self.component(*keys)[2:-1])

    def problem(self, keys: Keys, found: str, allowed: str, mend: str = "") -> Problem:
        """Return a problem of what stands at `keys`."""
        return Problem(self.file, keys, found, allowed, mend)

    def unknown(self, keys: Keys, what: str, name: str, allowed: str, known: Sequence[str]) -> Problem:
        """Return the problem of a name that is not known, with those that are and the nearest of them."""
        return self.problem(keys, f"unknown {what} {name!r}", f"{allowed}: {words(known)}", nearest(name, known))

    def component(self, *keys: Key) -> str:
        """Name, in brackets, of the component that the keys lie in; empty for other keys and where it has none."""
        if len(keys) > 1 and keys[0] == "component" and isinstance(keys[1], int) and keys[1] < len(self.components):
            name = self.components[keys[1]]
            return f" ({name})" if name else ""
        return ""
