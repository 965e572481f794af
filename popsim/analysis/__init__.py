"""Dataset in, Dataset out: ranges, budgets, reserves, point estimates, options compared, dependence, precision."""

from __future__ import annotations

from popsim.lazy import public_names

__all__ = public_names(__name__)
