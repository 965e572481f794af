"""Constructors of families for the Python API: they follow from declared parameters when a class is made.

The site reads sources and does not run them; the constructor of a family stands in none.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import griffe

from popsim.families import Family

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: griffe.ParameterKind.positional_only,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: griffe.ParameterKind.positional_or_keyword,
    inspect.Parameter.VAR_POSITIONAL: griffe.ParameterKind.var_positional,
    inspect.Parameter.KEYWORD_ONLY: griffe.ParameterKind.keyword_only,
    inspect.Parameter.VAR_KEYWORD: griffe.ParameterKind.var_keyword,
}


class Constructors(griffe.Extension):
    """Adds the constructor of each family that has none in its source."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add the constructor of a class, once its members are read."""
        home = cls.module.path
        if not home.startswith("popsim.families.") or "__init__" in cls.members:
            return
        made = getattr(importlib.import_module(home), cls.name, None)
        if not (isinstance(made, type) and issubclass(made, Family) and made._params):
            return
        parameters = [
            griffe.Parameter(
                each.name,
                annotation=inspect.formatannotation(each.annotation),
                kind=KINDS[each.kind],
                default=None if each.default is inspect.Parameter.empty else repr(each.default),
            )
            for each in inspect.signature(made).parameters.values()
        ]
        own = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
        cls.set_member("__init__", griffe.Function("__init__", parameters=griffe.Parameters(own, *parameters)))
