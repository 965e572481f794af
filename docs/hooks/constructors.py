"""Families in the Python API: how each is built. Constructors follow from declared parameters when a class is made.

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
    """Leaves each family with its constructor and its class methods."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add the constructor of a class, once its members are read."""
        home = cls.module.path
        if not home.startswith("popsim.families."):
            return
        made = getattr(importlib.import_module(home), cls.name, None)
        if not (isinstance(made, type) and issubclass(made, Family) and made._params):
            return
        # What every family has is described once, at `Family`; here stand the ways to build this one.
        for name in [*cls.members]:
            if name != "__init__" and not name.startswith("from_"):
                cls.del_member(name)
        if "__init__" in cls.members:
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
