"""Dataset in, Dataset out: ranges, budgets, reserves, point estimates, options compared, dependence, precision."""

from __future__ import annotations

from popsim.analysis.assumptions import assumptions
from popsim.analysis.attached import attach_drivers, attach_rare, attached_drivers, attached_rare, drivers_left_out
from popsim.analysis.budgets import budget, budget_curve, budget_for, point_estimates
from popsim.analysis.compare import compare
from popsim.analysis.dependence import dependence_effect, effective_countries
from popsim.analysis.exact import exact_moments
from popsim.analysis.joint import joint_budget
from popsim.analysis.parts import pairs, variance_shares
from popsim.analysis.precision import convergence, simulate_to
from popsim.analysis.rare import rare_events
from popsim.analysis.reserve import contingency, reserve
from popsim.analysis.summarise import summarise
from popsim.analysis.totals import with_all_years

__all__ = [
    "assumptions",
    "attach_drivers",
    "attach_rare",
    "attached_drivers",
    "attached_rare",
    "budget",
    "budget_curve",
    "budget_for",
    "compare",
    "contingency",
    "convergence",
    "dependence_effect",
    "drivers_left_out",
    "effective_countries",
    "exact_moments",
    "joint_budget",
    "pairs",
    "point_estimates",
    "rare_events",
    "reserve",
    "simulate_to",
    "summarise",
    "variance_shares",
    "with_all_years",
]
