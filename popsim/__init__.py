"""Cost uncertainty for international programmes: ranges instead of point estimates, by Monte Carlo.

Examples
--------
>>> import popsim as ps
>>> cost = ps.Triangular(low=1.0, mode=2.0, high=6.0)
>>> cost.mean()
3.0
"""

from __future__ import annotations

from popsim.lazy import public_names
from popsim.version import __version__ as __version__

__all__ = public_names(__name__)
