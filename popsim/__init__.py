"""Cost uncertainty for international programmes: ranges instead of point estimates, by Monte Carlo.

Examples
--------
>>> import popsim as ps
>>> cost = ps.Triangular(low=1.0, mode=2.0, high=6.0)
>>> cost.mean()
3.0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from popsim.version import __version__ as __version__

if TYPE_CHECKING:
    from popsim.analysis.budgets import budget as budget
    from popsim.analysis.budgets import budget_curve as budget_curve
    from popsim.analysis.budgets import budget_for as budget_for
    from popsim.analysis.budgets import point_estimates as point_estimates
    from popsim.analysis.compare import compare as compare
    from popsim.analysis.convergence import convergence as convergence
    from popsim.analysis.dependence import dependence_effect as dependence_effect
    from popsim.analysis.dependence import effective_countries as effective_countries
    from popsim.analysis.drivers import drivers as drivers
    from popsim.analysis.horizon import with_all_years as with_all_years
    from popsim.analysis.joint import joint_budget as joint_budget
    from popsim.analysis.moments import exact_moments as exact_moments
    from popsim.analysis.pairs import pairs as pairs
    from popsim.analysis.precision import simulate_to as simulate_to
    from popsim.analysis.rare import rare_events as rare_events
    from popsim.analysis.reserve import contingency as contingency
    from popsim.analysis.reserve import reserve as reserve
    from popsim.analysis.shares import variance_shares as variance_shares
    from popsim.analysis.sobol import sobol_indices as sobol_indices
    from popsim.analysis.summarise import summarise as summarise
    from popsim.engine.runs import Run as Run
    from popsim.engine.runs import load_run as load_run
    from popsim.engine.runs import save_run as save_run
    from popsim.engine.sample import sample as sample
    from popsim.engine.simulate import simulate as simulate
    from popsim.errors import FileError as FileError
    from popsim.errors import ParameterError as ParameterError
    from popsim.errors import PlanError as PlanError
    from popsim.errors import PopsimError as PopsimError
    from popsim.errors import Problem as Problem
    from popsim.errors import RunError as RunError
    from popsim.errors import StudyError as StudyError
    from popsim.errors import UnknownNameError as UnknownNameError
    from popsim.families import Family as Family
    from popsim.families.beta import Beta as Beta
    from popsim.families.constant import Constant as Constant
    from popsim.families.discrete import Discrete as Discrete
    from popsim.families.empirical import Empirical as Empirical
    from popsim.families.gamma import Gamma as Gamma
    from popsim.families.lognormal import LogNormal as LogNormal
    from popsim.families.metalog import Metalog as Metalog
    from popsim.families.mixture import Mixture as Mixture
    from popsim.families.normal import Normal as Normal
    from popsim.families.pert import Pert as Pert
    from popsim.families.scaled import Scaled as Scaled
    from popsim.families.shifted import Shifted as Shifted
    from popsim.families.triangular import Triangular as Triangular
    from popsim.families.truncated import Truncated as Truncated
    from popsim.families.uniform import Uniform as Uniform
    from popsim.families.weibull import Weibull as Weibull
    from popsim.plan import Plan as Plan
    from popsim.plan import compile as compile
    from popsim.study.load import load_study as load_study
    from popsim.study.model import Study as Study

_HOMES: dict[str, tuple[str, ...]] = {
    "popsim.analysis.budgets": ("budget", "budget_curve", "budget_for", "point_estimates"),
    "popsim.analysis.compare": ("compare",),
    "popsim.analysis.convergence": ("convergence",),
    "popsim.analysis.dependence": ("dependence_effect", "effective_countries"),
    "popsim.analysis.drivers": ("drivers",),
    "popsim.analysis.horizon": ("with_all_years",),
    "popsim.analysis.joint": ("joint_budget",),
    "popsim.analysis.moments": ("exact_moments",),
    "popsim.analysis.pairs": ("pairs",),
    "popsim.analysis.precision": ("simulate_to",),
    "popsim.analysis.rare": ("rare_events",),
    "popsim.analysis.reserve": ("contingency", "reserve"),
    "popsim.analysis.shares": ("variance_shares",),
    "popsim.analysis.sobol": ("sobol_indices",),
    "popsim.analysis.summarise": ("summarise",),
    "popsim.engine.runs": ("Run", "load_run", "save_run"),
    "popsim.engine.sample": ("sample",),
    "popsim.engine.simulate": ("simulate",),
    "popsim.errors": (
        "FileError",
        "ParameterError",
        "PlanError",
        "PopsimError",
        "Problem",
        "RunError",
        "StudyError",
        "UnknownNameError",
    ),
    "popsim.families": ("Family",),
    "popsim.families.beta": ("Beta",),
    "popsim.families.constant": ("Constant",),
    "popsim.families.discrete": ("Discrete",),
    "popsim.families.empirical": ("Empirical",),
    "popsim.families.gamma": ("Gamma",),
    "popsim.families.lognormal": ("LogNormal",),
    "popsim.families.metalog": ("Metalog",),
    "popsim.families.mixture": ("Mixture",),
    "popsim.families.normal": ("Normal",),
    "popsim.families.pert": ("Pert",),
    "popsim.families.scaled": ("Scaled",),
    "popsim.families.shifted": ("Shifted",),
    "popsim.families.triangular": ("Triangular",),
    "popsim.families.truncated": ("Truncated",),
    "popsim.families.uniform": ("Uniform",),
    "popsim.families.weibull": ("Weibull",),
    "popsim.plan": ("Plan", "compile"),
    "popsim.study.load": ("load_study",),
    "popsim.study.model": ("Study",),
}
"""Where each public name lives; imported when first asked for, so that ``import popsim`` stays quick (PEP 562)."""

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


if not TYPE_CHECKING:  # a checker knows all names from above, and would take any other for one of these

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for."""
        if name not in _HOME_OF:
            from popsim.errors import nearest

            hint = "" if name.startswith("__") else nearest(name, __all__)
            message = f"module 'popsim' has no attribute {name!r}{'; ' if hint else ''}{hint}"
            raise AttributeError(message, name=name)
        value: object = getattr(importlib.import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Names that a user may ask for."""
    return sorted(__all__)
