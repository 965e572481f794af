"""Dataset in, Dataset out: ranges, budgets, point estimates, the effect of dependence."""

from popsim.analysis.budgets import budget, budget_curve, budget_for, point_estimates
from popsim.analysis.dependence import dependence_effect
from popsim.analysis.summarise import summarise

__all__ = ["budget", "budget_curve", "budget_for", "dependence_effect", "point_estimates", "summarise"]
