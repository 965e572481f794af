"""Public names, each with the module that it lives in; `popsim.analysis` imports one when it is first asked for."""

from popsim.analysis.assumptions import assumptions as assumptions
from popsim.analysis.attached import attach_drivers as attach_drivers
from popsim.analysis.attached import attach_rare as attach_rare
from popsim.analysis.attached import attached_drivers as attached_drivers
from popsim.analysis.attached import attached_rare as attached_rare
from popsim.analysis.attached import drivers_left_out as drivers_left_out
from popsim.analysis.budgets import budget as budget
from popsim.analysis.budgets import budget_curve as budget_curve
from popsim.analysis.budgets import budget_for as budget_for
from popsim.analysis.budgets import point_estimates as point_estimates
from popsim.analysis.compare import compare as compare
from popsim.analysis.dependence import dependence_effect as dependence_effect
from popsim.analysis.dependence import effective_countries as effective_countries
from popsim.analysis.exact import exact_moments as exact_moments
from popsim.analysis.joint import joint_budget as joint_budget
from popsim.analysis.parts import pairs as pairs
from popsim.analysis.parts import variance_shares as variance_shares
from popsim.analysis.precision import convergence as convergence
from popsim.analysis.precision import simulate_to as simulate_to
from popsim.analysis.rare import rare_events as rare_events
from popsim.analysis.reserve import contingency as contingency
from popsim.analysis.reserve import reserve as reserve
from popsim.analysis.summarise import summarise as summarise
from popsim.analysis.totals import with_all_years as with_all_years
