"""A sample of joint scenarios in fine detail: cost and need by area, group of countries and year, of all options.

A run keeps all scenarios of its totals, but not all of what makes them: that would be too much. The page lets readers
compose packages of areas, groups and years from this sample, which `popsim run` writes beside the ensemble.
"""

from __future__ import annotations

import math

import xarray as xr

from popsim.engine.breakdowns import read_breakdowns, scope_of
from popsim.engine.simulation import simulate_scenarios
from popsim.plan.model import Plan
from popsim.sampling import Sampling
from popsim.schema import BREAKDOWNS, breakdown_name

MOST_SCENARIOS = 1_024
"""Scenarios of the sample: the quantiles of a package are then known to 1 or 2 %."""
LEAST_SCENARIOS = 256
"""Scenarios below which a sample in less detail is better."""
MOST_VALUES = 4_000_000
"""Values of the sample: 16 MB, half a second of the packaged study."""
GROUPING = "region"
"""The grouping of countries that is chosen where a study has it; the first of all others."""


def simulate_joint(plan: Plan, threads: int | None = None) -> xr.Dataset:
    """Simulate the first scenarios of a plan in detail.

    The scenarios are those of the run with the same number. A Latin hypercube is made for all its scenarios together:
    there the sample is a smaller one of its own. Of Sobol points with replicates it takes equally many of each.

    Parameters
    ----------
    plan
        The plan of the run, with its options.
    threads
        As for `simulate`.

    Returns
    -------
    xarray.Dataset
        `cost_by_...` and, where an option is financed, `financing_need_by_...`, both (option, scenario, group, area,
        year) in single precision. The dimension of groups of countries is called after their grouping, the attribute
        `grouping` names it; it is "" where the study has none. A study too large for 256 scenarios in 4 million values
        has no years, and one larger still no groups. The attribute `scenarios_of_run` tells of how many scenarios these
        are a sample.

    Examples
    --------
    >>> import popsim as ps
    >>> joint = simulate_joint(ps.compile(ps.load_study("example")))
    >>> joint["cost_by_region_area_year"].dims
    ('option', 'scenario', 'region', 'area', 'year')
    """
    plans = (plan, *plan.alternatives)
    labels = scope_of(plans).labels
    groups = [name for name, _ in labels.groups]
    grouping = [GROUPING] if GROUPING in groups else groups[:1]
    number = {name: len(values) for name, values in scope_of(plans).group_values.items()}
    number |= {"area": len(labels.area), "year": len(labels.years)}
    for layout in ([*grouping, "area", "year"], [*grouping, "area"], ["area"]):
        totals = 2 if any(each.is_financed for each in plans) else 1
        values = totals * len(plans) * math.prod(number[name] for name in layout)
        count = sample_of(plan.sampling, min(MOST_VALUES // values, MOST_SCENARIOS))
        if count >= min(plan.scenarios, LEAST_SCENARIOS) or layout == ["area"]:
            break
    names = read_breakdowns([tuple(layout)], labels)[0]
    dataset = simulate_scenarios(plan, [names], count, threads=threads)
    kept = [variable for base in BREAKDOWNS if (variable := breakdown_name(names, base)) in dataset]
    detailed = dataset[kept].astype("float32", keep_attrs=True)
    unused = [name for name in detailed.coords if not set(detailed[name].dims) <= set(detailed[kept[0]].dims)]
    stated = {"grouping": grouping[0] if set(grouping) & set(names) else "", "scenarios_of_run": plan.scenarios}
    return detailed.drop_vars(unused).assign_attrs(stated)


def sample_of(sampling: Sampling, most: int) -> int:
    """Return how many of the first scenarios to take, at most `most`: all, or a number that suits the design.

    Examples
    --------
    >>> sample_of(Sampling(800), 1_000), sample_of(Sampling(10_000), 1_000)
    (800, 1000)
    >>> sample_of(Sampling(4_096, design="sobol", replicates=16), 1_000)
    512
    """
    most = max(1, most)
    if sampling.count <= most or sampling.design != "sobol":
        return min(sampling.count, most)
    each = most // sampling.replicates
    return sampling.replicates * 2 ** (each.bit_length() - 1) if each else most
