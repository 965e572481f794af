"""From a study to flat arrays."""

from __future__ import annotations

from popsim.lazy import public_names

__all__ = public_names(__name__)
