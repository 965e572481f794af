"""The distribution families: one file each, found by their files, imported when needed.

A family is at hand here by the name of its class (``popsim.families.LogNormal``), which imports its file and no other.
"""

from __future__ import annotations

from typing import Any

from popsim.families.base import Family
from popsim.families.registry import build, catalogue, families, family_class, family_names, to_toml

__all__ = ["Family", "build", "catalogue", "families", "family_class", "family_names", "to_toml"]


def __getattr__(name: str) -> Any:
    """Find a family by the name of its class."""
    if name != name.lower() and name.lower() in family_names():
        cls = family_class(name.lower())
        if cls.__name__ == name:
            return cls
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(cls.__name__ for cls in families().values())])
