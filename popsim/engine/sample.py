"""Correlated samples of named distributions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from popsim.arguments import by_keyword, check_callable, check_threads
from popsim.arrays import pointers
from popsim.engine.breakdowns import Breakdown
from popsim.engine.correlation import Correlation, read_correlation
from popsim.engine.designs import describe_design, make_points
from popsim.engine.targets import Sums, rows_as_they_are
from popsim.engine.threads import Progress, fill
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.layout import CONSTANT, STREAM_VERSION
from popsim.plan.model import Draws
from popsim.plan.streams import StreamNumbers
from popsim.plan.tables.builder import TableBuilder
from popsim.sampling import Sampling
from popsim.types import Design
from popsim.version import __version__


@by_keyword("scenarios", "seed", "correlation", "design", "threads", "first_scenario", "progress")
def sample(
    distributions: Mapping[str, Family],
    *,
    scenarios: int,
    seed: int = 0,
    correlation: object = None,
    design: Design = "random",
    first_scenario: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Sample named distributions, correlated through a Gaussian copula.

    Parameters
    ----------
    distributions
        A family by name. The draws of a name depend on the name and the seed, not on its position.
    scenarios
        How many.
    seed
        0 to 2**64 - 1.
    correlation
        Of the normal scores: None, one number for all pairs, or a DataArray, DataFrame or nested dict labelled by the
        names; pairs that a nested dict leaves out are 0. It may be singular: names with correlation 1 or -1 move
        together, or against each other, in every scenario.
    design
        "random": independent scenarios. "latin": a Latin hypercube in every stream. "sobol": scrambled Sobol points in
        the first 21,201 streams, best balanced where `scenarios` is a power of two. See docs/designs.md.
    first_scenario
        Where the scenarios start: the result equals that slice of a longer run, to the bit. 0 for "latin".
    threads
        None for all cores. The number changes nothing but the time it takes.
    progress
        Called with the number of scenarios done and wanted.

    Returns
    -------
    xarray.Dataset
        One variable per name on the dimension `scenario`, in the unit of its distribution's parameters. popsim does
        not know that unit: `units` is "1" until you set it.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured. Where correlations cannot all hold together, the nearest that can are
        offered.
    PlanError
        When a distribution cannot be tabulated.

    Examples
    --------
    >>> import popsim as ps
    >>> x = ps.sample({"a": ps.Triangular(0, 1, 3), "b": ps.Normal(0, 1)}, scenarios=10_000, seed=1, correlation=0.3)
    >>> x["a"].dims, bool(0 <= x["a"].min() and x["a"].max() <= 3)
    (('scenario',), True)
    """
    sampling = Sampling.of(scenarios, seed, design, first_scenario=first_scenario)
    names = _check_names(distributions)
    parts = read_correlation(correlation, names)
    ordered = [name for block, _ in parts.blocks for name in block]
    sums = Sums(
        rows_as_they_are(len(ordered)), tuple(Breakdown(name, (), (), i, name) for i, name in enumerate(ordered))
    )
    draws = sample_draws(distributions, parts)
    first, last = sampling.first, sampling.first + sampling.count
    points = make_points(draws, sampling)
    threads = check_threads(threads)
    check_callable("progress", progress)
    out = fill(draws, sums, sampling.count, sampling.seed, first, threads, points=points, progress=progress)
    place = {name: i for i, name in enumerate(ordered)}
    variables = {
        name: ("scenario", out[place[name]], {"units": "1", "long_name": name, "description": repr(family)})
        for name, family in distributions.items()
    }
    attributes = {
        "seed": str(sampling.seed),
        "first_scenario": first,
        "design": sampling.design,
        "design_description": describe_design(draws, sampling.design, sampling.count),
        "stream_version": STREAM_VERSION,
        "popsim_version": __version__,
    }
    return xr.Dataset(variables, {"scenario": pd.RangeIndex(first, last)}, attributes)


def _check_names(distributions: Mapping[str, Family]) -> list[str]:
    if not isinstance(distributions, Mapping):
        found = type(distributions).__name__
        raise ParameterError(
            Problem("", ("distributions",), found, "a dict of families by name", '{"x": ps.Normal(0, 1)}')
        )
    problems = [
        Problem("", ("distributions", str(name)), repr(family), "a family, such as ps.Normal(0, 1)")
        for name, family in distributions.items()
        if not isinstance(family, Family)
    ]
    problems += [
        Problem("", ("distributions",), repr(name), "names that are text and not 'scenario'")
        for name in distributions
        if not isinstance(name, str) or name == "scenario"
    ]
    if not distributions:
        problems.append(Problem("", ("distributions",), "none", "at least one name with its family"))
    if problems:
        raise ParameterError(problems)
    return list(distributions)


def sample_draws(distributions: Mapping[str, Family], parts: Correlation) -> Draws:
    """Return the distributions as arrays of a plan: each block of correlated names is a group of rows."""
    tables, streams = TableBuilder(), StreamNumbers()
    names = [name for block, _ in parts.blocks for name in block]
    shared = parts.shared_weight != 0.0
    alone = [len(block) == 1 and not shared for block, _ in parts.blocks for _ in block]
    marginals = tables.add([distributions[name] for name in names], names, alone)
    drawn = marginals.kind != CONSTANT
    entries = [np.nonzero(root) for _, root in parts.blocks]
    terms = [np.bincount(rows, minlength=len(root)) for (rows, _), (_, root) in zip(entries, parts.blocks, strict=True)]
    weights = [root[entry] for entry, (_, root) in zip(entries, parts.blocks, strict=True)]
    lengths = [len(block) for block, _ in parts.blocks]
    return Draws(
        shared_stream=streams.numbers(["sample factor"] if shared else []),
        common_start=pointers([1] if shared else []),
        common_basis=np.zeros(int(shared), dtype=np.int64),
        common_weight=np.full(int(shared), parts.shared_weight),
        own_start=pointers(lengths),
        own_stream=streams.numbers([f"sample/{name}" for name in names]),
        row_start=pointers(lengths),
        row_common=np.where(drawn & shared, 0, -1).astype(np.int64),
        term_start=pointers(np.concatenate(terms).tolist()),
        term_basis=np.concatenate([columns for _, columns in entries]).astype(np.int64),
        term_weight=np.concatenate(weights),
        row_kind=marginals.kind,
        row_table=marginals.table,
        row_location=marginals.location,
        row_scale=marginals.scale,
        tables=tables.numbers(),
    ).frozen()
