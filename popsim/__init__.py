"""Cost uncertainty for international programmes: ranges instead of point estimates, by Monte Carlo.

Examples
--------
>>> import popsim as ps
>>> cost = ps.Triangular(low=1.0, mode=2.0, high=6.0)
>>> cost.mean()
3.0
"""

from __future__ import annotations

import importlib
import os
import re

from popsim.version import __version__ as __version__

# Type checkers read the public names in the stub beside this file, and so does this file: no second list can differ.
with open(os.path.join(os.path.dirname(__file__), "__init__.pyi"), encoding="utf-8") as _stub:
    _MODULES = {name: module for module, name in re.findall(r"^from (\S+) import (\w+) as \2$", _stub.read(), re.M)}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that ``import popsim`` stays quick (PEP 562)."""
    if name not in _MODULES:
        from popsim.errors import nearest

        hint = "" if name.startswith("__") else nearest(name, __all__)
        message = f"module 'popsim' has no attribute {name!r}{'; ' if hint else ''}{hint}"
        raise AttributeError(message, name=name)
    home = _MODULES[name]
    # What comes from the package itself is one of its modules.
    value = (
        importlib.import_module(f"{home}.{name}") if home == __name__ else getattr(importlib.import_module(home), name)
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names that a user may ask for."""
    return list(__all__)
