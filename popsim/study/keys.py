"""Dotted keys and values as TOML writes them, and keys laid into parsed files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from popsim.errors import dotted

__all__ = ["dotted", "lay", "split_key", "toml_text"]

_QUOTED = r'"(?:[^"\\]|\\.)*"' + r"|'[^']*'"


def split_key(text: str) -> tuple[str, ...]:
    """Split a dotted key; parts with dots or spaces may stand in quotation marks.

    Examples
    --------
    >>> split_key("area.f.include"), split_key('by.ldc."not LDC"'), split_key("by.ldc.not LDC")
    (('area', 'f', 'include'), ('by', 'ldc', 'not LDC'), ('by', 'ldc', 'not LDC'))
    """
    if not re.fullmatch(rf"(?:{_QUOTED}|[^.\"']+)(?:\.(?:{_QUOTED}|[^.\"']+))*", text):
        return tuple(text.split("."))
    return tuple(_unquoted(part) for part in re.findall(rf"{_QUOTED}|[^.\"']+", text))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    try:
        return str(tomllib.loads(f"key = {part}")["key"])
    except tomllib.TOMLDecodeError:
        return part


def lay(table: dict[str, Any], keys: tuple[str, ...], value: object) -> tuple[str, Any] | None:
    """Put a value into nested tables, made where they are missing: None, or key and value that stand in the way.

    Examples
    --------
    >>> table = {"a": 1}
    >>> lay(table, ("b", "c"), 2), table
    (None, {'a': 1, 'b': {'c': 2}})
    >>> lay(table, ("a", "c"), 2)
    ('a', 1)
    """
    current: Any = table
    for position, key in enumerate(keys[:-1]):
        current = current.setdefault(key, {})
        if not isinstance(current, dict):
            return ".".join(keys[: position + 1]), current
    current[keys[-1]] = value
    return None


def toml_text(value: object) -> str:
    """Write a value as TOML does, tables and lists in one line.

    Examples
    --------
    >>> toml_text({"family": "uniform", "low": 1, "high": 2.5}), toml_text(["a", True])
    ('{ family = "uniform", low = 1, high = 2.5 }', '["a", true]')
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{dotted((key,))} = {toml_text(entry)}" for key, entry in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_text(entry) for entry in value)}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
