"""Say where in a file a problem is, and what was found there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from popsim.study.keys import dotted

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

    def component(self, *keys: Key) -> str:
        """Name, in brackets, of the component that the keys lie in; empty for other keys and where it has none."""
        if len(keys) > 1 and keys[0] == "component" and isinstance(keys[1], int) and keys[1] < len(self.components):
            name = self.components[keys[1]]
            return f" ({name})" if name else ""
        return ""


def shown(value: object, kind: bool = False) -> str:
    """Show a value, shortened; with `kind`, also what sort of value it is.

    Examples
    --------
    >>> shown("ten", kind=True)
    "'ten' (text)"
    >>> shown(True, kind=True)
    'true (a truth value)'
    """
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    if len(text) > 80:
        text = f"{text[:77]}..."
    return f"{text} ({_kind(value)})" if kind else text


def _kind(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a truth value"),
        (str, "text"),
        (int, "a whole number"),
        (float, "a number with a decimal point"),
        ((list, tuple), "a list"),
        (Mapping, "a table"),
    )
    return next((name for types, name in kinds if isinstance(value, types)), type(value).__name__)


def words(names: Iterable[object], limit: int = 20) -> str:
    """List names for a message: at most `limit` of them."""
    listed = [str(name) for name in names]
    if not listed:
        return "none"
    return ", ".join(listed[:limit]) + (f", ... ({len(listed)} in all)" if len(listed) > limit else "")
