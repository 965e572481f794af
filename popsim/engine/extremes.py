"""The same study with its countries independent, and with its countries moving together."""

from __future__ import annotations

import dataclasses

import xarray as xr

from popsim import schema
from popsim.engine.simulate import simulate
from popsim.plan import compile
from popsim.plan.model import Plan
from popsim.study.model import Study

__all__ = ["dependence_extremes", "with_common_share"]


def with_common_share(study: Study, share: float) -> Study:
    """Return the study with one number for every share between countries; dependence within a country stays as it is.

    Its options are changed likewise. Groups of countries then share no more than all countries do; needs, delays and
    starts share as much as costs.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> with_common_share(load_study("pops"), 1.0).areas[0].common_share
    1.0
    """
    dependence = dataclasses.replace(
        study.dependence,
        common_share=share,
        label_shares=tuple(share for _ in study.dependence.label_shares),
        group=None,
        group_share=None,
        label_group_shares=(),
        need_common_share=share,
        delay_common_share=share,
        start_common_share=share,
    )
    areas = tuple(dataclasses.replace(area, common_share=share, group_share=None) for area in study.areas)
    options = tuple(
        dataclasses.replace(option, study=with_common_share(option.study, share)) for option in study.options
    )
    return dataclasses.replace(study, dependence=dependence, areas=areas, options=options)


def dependence_extremes(
    study: Study, scenarios: int | None = None, seed: int | None = None, threads: int | None = None
) -> xr.Dataset:
    """Sample the total cost with countries independent, and with every draw common to all countries.

    Parameters
    ----------
    study
        The study; its own common shares are not used.
    scenarios, seed, threads
        As for `simulate`.

    Returns
    -------
    xarray.Dataset
        `cost_countries_independent` and `cost_countries_fully_dependent` (option, scenario), in the study's currency.

    Raises
    ------
    PlanError, ParameterError
        As for `simulate`.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> ds = dependence_extremes(load_study("pops"), scenarios=200)
    >>> bool(ds["cost_countries_independent"].std() < ds["cost_countries_fully_dependent"].std())
    True
    """
    result = {}
    for name, share in (("cost_countries_independent", 0.0), ("cost_countries_fully_dependent", 1.0)):
        plan: Plan = compile(with_common_share(study, share))
        cost = simulate(plan, scenarios, seed, breakdowns=(), threads=threads)["cost"]
        cost.attrs.update(schema.describe(name, study.currency, study.price_year))
        # Without what is said of options, so that the result can be merged with the dataset of the study.
        result[name] = cost.drop_vars(["option_name", "option_is_financed"])
    return xr.Dataset(result)
