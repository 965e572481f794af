"""From a study to flat arrays."""

from __future__ import annotations

from popsim.plan.lowering import compile
from popsim.plan.model import Plan

__all__ = ["Plan", "compile"]
