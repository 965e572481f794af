"""The TOML study, the catalogue of costs and the countries, checked and turned into a frozen `Study`."""

from __future__ import annotations

from popsim.lazy import public_names

__all__ = public_names(__name__)
