"""From a study to flat arrays."""

from popsim.plan.lowering import compile
from popsim.plan.model import Plan

__all__ = ["Plan", "compile"]
