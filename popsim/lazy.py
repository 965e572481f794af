"""Packages whose public names are imported when they are first asked for (PEP 562): a command loads what it uses.

The names stand in the stub beside the package, ``__init__.pyi``, where type checkers read them: no second list differs.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from types import ModuleType
from typing import Any


class _LazyPackage(ModuleType):
    """A package that knows from which module each of its public names comes."""

    _homes: dict[str, str]

    def __getattr__(self, name: str) -> object:
        """Import a public name."""
        homes = self.__dict__.get("_homes", {})
        if name not in homes:
            from popsim.errors import nearest

            hint = "" if name.startswith("__") else nearest(name, list(homes))
            message = f"module {self.__name__!r} has no attribute {name!r}{'; ' if hint else ''}{hint}"
            raise AttributeError(message, name=name)
        home = homes[name]
        # What comes from the package itself is one of its modules.
        is_module = home == self.__name__
        value = importlib.import_module(f"{home}.{name}") if is_module else getattr(importlib.import_module(home), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a name; Python does so with each module that it has imported.

        Where a module has the name of its function, such as ``popsim.analysis.compare``, the function is what is meant.
        """
        if isinstance(value, ModuleType) and self.__dict__.get("_homes", {}).get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        """Return the names that a user may ask for."""
        return sorted(self._homes)


def public_names(package: str) -> list[str]:
    """Let a package import its public names when they are asked for; return them, sorted.

    Parameters
    ----------
    package
        Its ``__name__``. The stub beside it has a line ``from module import name as name`` for each name.

    Examples
    --------
    >>> import popsim.analysis
    >>> popsim.analysis.budget.__module__
    'popsim.analysis.budgets'
    """
    module = sys.modules[package]
    with open(os.path.join(os.path.dirname(str(module.__file__)), "__init__.pyi"), encoding="utf-8") as stub:
        found = re.findall(r"^from (\S+) import (\w+) as \2$", stub.read(), re.MULTILINE)
    module.__dict__["_homes"] = {name: home for home, name in found}
    module.__class__ = _LazyPackage
    return sorted(module.__dict__["_homes"])
