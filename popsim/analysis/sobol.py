"""Sobol indices of any function of independent inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from popsim.analysis.bootstrap import Bootstrap
from popsim.analysis.indices import REFERENCES, Index, Replicates, indices, without_errors
from popsim.analysis.summarise import check_coverage
from popsim.analysis.tails import UNSEEN
from popsim.arguments import check_name
from popsim.engine.sample import sample
from popsim.errors import ParameterError, Problem, nearest
from popsim.families.base import Family, Floats
from popsim.sampling import Sampling
from popsim.types import DESIGNS, Design
from popsim.version import __version__

__all__ = ["index_variables", "sobol_indices"]

Function = Callable[..., Any]

_REPLICATES = 16
"""Independent scramblings of a design, from whose spread the error is told."""
_SINGLE = "result"


def sobol_indices(
    function: Function,
    distributions: Mapping[str, Family],
    scenarios: int = 2**16,
    seed: int = 0,
    groups: Mapping[str, Sequence[str]] | None = None,
    design: Design = "sobol",
    confidence: float = 0.95,
    threads: int | None = None,
) -> xr.Dataset:
    """Give the first-order and total Sobol indices of a function of independent inputs.

    The first-order index of an input is the share of the variance that would go, on average, if the input were known;
    its total index is the share that would be left if all others were known. The difference is what the input does
    together with others.

    Parameters
    ----------
    function
        Called as ``function(x1=..., x2=...)`` with one array (scenario,) for each name; returns an array (scenario,),
        or a dict of such arrays by name. It is called ``scenarios x (inputs or groups + 2)`` scenarios in all.
    distributions
        A family by name; inputs are independent.
    scenarios
        Size of each run. With a design other than "random", a multiple of 16; best a power of two.
    seed
        0 to 2**64 - 1.
    groups
        Names of inputs by the name of a group; each input in one group at most, and those in none stand alone.
    design
        "sobol": 16 independently scrambled sets of Sobol points, whose spread tells the error (intervals of Student's
        t). "latin": 16 Latin hypercubes. "random": independent scenarios (bootstrap intervals).
    confidence
        Of the intervals, in (0, 1); with independent scenarios at most 0.99.
    threads
        For drawing; None for all cores. The number changes nothing but the time it takes.

    Returns
    -------
    xarray.Dataset
        `first_order` and `total` by `input` (by `group` where groups are given), with ``_error`` (one standard error)
        and the ends ``_low`` and ``_high`` of an interval that covers the index with `confidence`. An estimate and its
        interval can reach a little below 0 or above 1. Indices are NaN where the result never varies; errors are
        infinite, with the attribute `infinite_because`, where the sample cannot have seen the tail that makes the
        variance. A dict of results adds the dimension `output`.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured, or a function that gives anything but finite numbers by scenario.

    References
    ----------
    Sobol (2001), doi:10.1016/S0378-4754(00)00270-6; see `popsim.analysis.indices` for the estimators.

    Examples
    --------
    >>> import popsim as ps
    >>> inputs = {"x": ps.Uniform(0, 1), "y": ps.Uniform(0, 1)}
    >>> d = ps.sobol_indices(lambda x, y: 2 * x + y, inputs, scenarios=2**12, seed=1)
    >>> d["first_order"].round(2).values.tolist(), d["total"].round(2).values.tolist()
    ([0.8, 0.2], [0.8, 0.2])
    """
    sampling = Sampling.of(scenarios, seed)
    count, start_seed = sampling.count, sampling.seed
    level = check_coverage("confidence", confidence)
    if not callable(function):
        raise ParameterError(Problem("function", (), repr(function), "a function of one array for each name"))
    design = check_name("design", design, DESIGNS)
    replicates = 0 if design == "random" else _REPLICATES
    _check_count(count, replicates, design)
    sets = _sets(distributions, groups)
    spread = Replicates(replicates, level) if replicates else Bootstrap(count, start_seed, level)
    one, other = _draw(distributions, count, start_seed, design, replicates, threads)
    runs = [_call(function, inputs, count) for inputs in (one, other)]
    names, single = list(runs[0]), list(runs[0]) == [_SINGLE]
    found: list[list[Index]] = []
    for members in sets.values():
        mixed = _call(function, {**one, **{name: other[name] for name in members}}, count)
        found.append([indices(runs[0][name], runs[1][name], mixed[name], spread) for name in names])
    dimension = "input" if groups is None else "group"
    coordinates: dict[str, object] = {dimension: list(sets)}
    if groups is not None:
        coordinates["members"] = (dimension, [", ".join(members) for members in sets.values()])
    table = np.array(found, dtype=object).reshape(len(sets), len(names), 2, 4).astype(np.float64)
    for place, name in enumerate(names):
        table[:, place] = without_errors(table[:, place], runs[0][name])
    dims = (dimension,) if single else (dimension, "output")
    if not single:
        coordinates["output"] = names
    variables = index_variables(table[:, 0] if single else table, dims, level)
    attributes = {
        "title": "Sobol indices",
        "seed": str(start_seed),
        "scenarios": count,
        "design": design,
        "confidence": level,
        "references": REFERENCES,
        "popsim_version": __version__,
    }
    return xr.Dataset(variables, coordinates, attributes)


def index_variables(
    table: Floats, dims: tuple[str, ...], confidence: float, suffix: str = "", of: str = "the result"
) -> dict[str, xr.DataArray]:
    """Give the variables of a table of indices, whose last two axes are (first-order, total) and the estimate."""
    titles = {
        "first_order": ("First-order Sobol index", "Share of the variance of {of} that knowing the input takes away"),
        "total": ("Total Sobol index", "Share of the variance of {of} that is left when all other inputs are known"),
    }
    variables, percent = {}, f"{100 * confidence:.12g}%"
    for place, (name, (title, meaning)) in enumerate(titles.items()):
        value, error, low, high = np.moveaxis(table[..., place, :], -1, 0)
        described = {
            "": (value, title, meaning),
            "_error": (error, f"{title}, standard error", "Monte Carlo standard error"),
            "_low": (low, f"{title}, lower limit", f"Lower end of a {percent} interval"),
            "_high": (high, f"{title}, upper limit", f"Upper end of a {percent} interval"),
        }
        for part, (values, words, description) in described.items():
            attributes = {"units": "1", "long_name": words, "description": f"{description.format(of=of)}."}
            if part == "_error" and np.isinf(values).any():
                attributes["infinite_because"] = UNSEEN
            variables[f"{name}{suffix}{part}"] = xr.DataArray(values, dims=dims, attrs=attributes)
    return variables


def _check_count(count: int, replicates: int, design: str) -> None:
    if replicates and (count % replicates or count < 2 * replicates):
        mend = f"{max(2, -(-count // replicates)) * replicates}, or design='random'"
        raise ParameterError(
            Problem("scenarios", (), repr(count), f"a multiple of 16, at least 32, with {design!r}", mend)
        )
    if count < 32:
        raise ParameterError(Problem("scenarios", (), repr(count), "at least 32", "indices want some thousands"))


def _sets(
    distributions: Mapping[str, Family], groups: Mapping[str, Sequence[str]] | None
) -> dict[str, tuple[str, ...]]:
    """Give the inputs of each group, in the order of groups; inputs in no group follow, each by itself."""
    known = list(distributions) if isinstance(distributions, Mapping) else []
    if groups is None:
        return {name: (name,) for name in known}
    if not isinstance(groups, Mapping):
        raise ParameterError(Problem("groups", (), repr(groups), "lists of inputs by name", '{"soil": ["x1", "x2"]}'))
    problems = []
    home: dict[str, str] = {}
    for group, members in groups.items():
        where = f"groups[{group!r}]"
        if isinstance(members, str) or not isinstance(members, Sequence) or not members:
            problems.append(Problem(where, (), repr(members), "a list of one or more inputs", f"[{members!r}]"))
            continue
        for name in members:
            if name not in known:
                problems.append(Problem(where, (), repr(name), ", ".join(known), nearest(str(name), known)))
            elif name in home:
                problems.append(Problem(where, (), f"{name!r}, which is in {home[name]!r}", "each input in one group"))
            home[name] = group
    alone = [name for name in known if name not in home]
    problems += [
        Problem(f"groups[{name!r}]", (), f"{name!r} is an input too, and in no group", "another name")
        for name in alone
        if name in groups
    ]
    if problems:
        raise ParameterError(problems)
    return {**{group: tuple(members) for group, members in groups.items()}, **{name: (name,) for name in alone}}


def _draw(
    distributions: Mapping[str, Family], count: int, seed: int, design: Design, replicates: int, threads: int | None
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Draw two independent runs of all inputs; of a design, so many independent parts one after another."""
    # What is wrong is said by the names that were given.
    sample(distributions, 1, seed)
    parts = []
    for part in range(max(replicates, 1)):
        # Both runs are one set of points: a design balances them together. Names make the parts independent.
        again = {f"{part}/{run}/{name}": family for run in ("one", "other") for name, family in distributions.items()}
        parts.append(sample(again, count // max(replicates, 1), seed, design=design, threads=threads))
    one, other = (
        {
            name: np.concatenate([drawn[f"{part}/{run}/{name}"].values for part, drawn in enumerate(parts)])
            for name in distributions
        }
        for run in ("one", "other")
    )
    return one, other


def _call(function: Function, inputs: Mapping[str, Floats], count: int) -> dict[str, Floats]:
    """Call the function, and hold what it gives to finite numbers by scenario."""
    # Copies, so that a function that works in place spoils no other run.
    given = function(**{name: values.copy() for name, values in inputs.items()})
    results = given if isinstance(given, Mapping) else {_SINGLE: given}
    problems, checked = [], {}
    for name, result in results.items():
        where = "function" if result is given else f"function: {name!r}"
        values = np.asarray(result)
        if values.dtype.kind not in "biuf":
            problems.append(Problem(where, (), f"a result of type {values.dtype}", "numbers"))
        elif values.shape != (count,):
            found = f"a result of shape {values.shape}"
            problems.append(Problem(where, (), found, f"one number for each scenario, shape ({count},)"))
        elif not np.isfinite(values).all():
            problems.append(
                Problem(where, (), f"{(~np.isfinite(values)).sum()} results NaN or infinite", "finite numbers")
            )
        else:
            checked[str(name)] = values.astype(np.float64)
    if not results:
        problems.append(Problem("function", (), "an empty dict", "at least one array by name"))
    if problems:
        raise ParameterError(problems)
    return checked
