"""Dataset in, Dataset out: ranges, budgets, point estimates, options compared, the effect of dependence."""

from popsim.analysis.attached import attach_drivers, attached_drivers
from popsim.analysis.budgets import budget, budget_curve, budget_for, point_estimates
from popsim.analysis.compare import BASELINE, TOTALS, compare
from popsim.analysis.dependence import dependence_effect
from popsim.analysis.summarise import summarise

__all__ = [
    "BASELINE",
    "TOTALS",
    "attach_drivers",
    "attached_drivers",
    "budget",
    "budget_curve",
    "budget_for",
    "compare",
    "dependence_effect",
    "point_estimates",
    "summarise",
]
