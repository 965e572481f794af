"""Quantiles, means and standard deviations over scenarios, each with its Monte Carlo error."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.by_output import over_outputs
from popsim.analysis.door import check_numbers, check_probability, dataset_of, replicates_of, scenario_variables
from popsim.analysis.order import Moments, shortest_with_error
from popsim.analysis.tails import UNSEEN
from popsim.analysis.totals import is_of_other_design
from popsim.analysis.widening import FEW_REPLICATES, LITTLE_SEEN, OTHER_DESIGN, STEEP_END, TOO_LARGE, TOO_SMALL
from popsim.arguments import check_name
from popsim.arrays import Floats
from popsim.errors import Problem, RunError
from popsim.types import INTERVALS, Interval

if TYPE_CHECKING:
    from popsim.engine.runs import Run

STANDARD_QUANTILES = (0.25, 0.5, 0.75, 0.8)

LEVELS_ARE = {
    "units": "1",
    "long_name": "Probability",
    "description": "Probability that the value is not exceeded.",
}

_STATISTICS = {
    "quantile": "quantile",
    "mean": "mean",
    "std": "standard deviation",
    "interval": "shortest coverage interval",
}

_OTHER_DESIGN = (
    "as it would be for as many random scenarios; that of this design is smaller as a rule (docs/designs.md)"
)

_FEW, _LITTLE, MODELLED = "_of_few_replicates", "_of_little_seen", "std_of_model"
"""Behind "mean" or "std": where its error is that of random scenarios, since few replicates may not know the tail, and
where few scenarios show it; and where the error of a standard deviation is that of a model of the tail."""


def summarise(
    dataset: Run | xr.Dataset, coverage: float = 0.90, threads: int | None = None, interval: Interval = "symmetric"
) -> xr.Dataset:
    """Return quantiles, mean and standard deviation of every variable over its scenarios, with their errors.

    Parameters
    ----------
    dataset
        A run, or scenarios as of `simulate` or `sample`.
    coverage
        Probability that a value lies in the range from the lowest to the highest quantile, in (0, 1).
    threads
        None for all cores. The number changes nothing but the time it takes.
    interval
        "symmetric": the range from the lowest to the highest quantile, with equal tails. "shortest": beside the
        quantiles also the shortest interval of that coverage (JCGM 101:2008, 5.3.4 and 7.7).

    Returns
    -------
    xarray.Dataset
        For each variable v: ``v_quantile`` and ``v_quantile_error`` with the dimension `quantile` last, ``v_mean``,
        ``v_std`` and their ``_error``; where asked for, ``v_interval`` and its ``_error`` with the dimension `bound`
        ("low", "high") last; all in the unit of v. Errors are Monte Carlo errors, half-widths of 95 % intervals over
        1.96 (the standard error, where many scenarios of a light tail tell it): what another seed would change, for
        random scenarios and, from their spread, for independent replicates of Sobol points; for other designs, what it
        would be for as many random ones. So is that of the shortest interval. Those of mean and standard deviation are
        infinite, with the attribute `infinite_because`, where the sample cannot have seen the tail
        (`popsim.analysis.tails`). Errors that are known to be too large have the attribute `too_large_because`, those
        that may be too small, since few scenarios show a heavy tail, `too_small_because`.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1), another interval, or scenarios too few for the shortest one.
    RunError
        For a dataset without scenarios, or with values that are NaN or infinite.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> s = ps.summarise(ds, coverage=0.90)
    >>> s["cost_quantile"].dims, s["cost_by_area_quantile"].dims
    (('option', 'quantile'), ('option', 'area', 'quantile'))
    """
    dataset = dataset_of(dataset)
    coverage = check_probability("coverage", coverage)
    kind = check_name("interval", interval, INTERVALS)
    levels = levels_of(coverage)
    result: dict[str, xr.Variable] = {}
    about: dict[Hashable, xr.Variable] = {}
    names = scenario_variables(dataset)
    check_numbers(dataset, names)
    for name in names:
        variable = dataset.variables[name].transpose(..., "scenario")
        about |= coordinates_of(dataset, variable.dims[:-1])
        statistics = over_outputs(
            variable,
            partial(
                statistics_of,
                levels=levels,
                threads=threads,
                replicates=replicates_of(dataset),
                of=variable.size,
                largest=schema.LARGEST_ANALYSED,
            ),
            refuses=True,
        )
        if kind == "shortest":
            statistics |= over_outputs(variable, partial(_shortest, coverage=coverage))
            about["bound"] = xr.Variable("bound", ["low", "high"])
        result |= described_statistics(name, variable, statistics, dataset.attrs)
    about["quantile"] = xr.Variable("quantile", levels, LEVELS_ARE)
    return xr.Dataset(result, about, {**dataset.attrs, "coverage": coverage, "interval": kind})


def levels_of(coverage: float) -> Floats:
    """Return the probabilities of the quantiles of a summary, rising.

    Examples
    --------
    >>> levels_of(0.9).tolist()
    [0.05, 0.25, 0.5, 0.75, 0.8, 0.95]
    """
    tail = (1.0 - coverage) / 2.0
    # Rounded so that labels read 0.05, not 0.04999...; selecting .sel(quantile=0.05) then works.
    return np.array(sorted({round(tail, 12), round(1.0 - tail, 12), *STANDARD_QUANTILES}))


def statistics_of(
    values: Floats,
    levels: Floats,
    threads: int | None,
    replicates: int,
    of: int | None = None,
    largest: float = np.inf,
) -> dict[str, Floats]:
    """Return the quantiles, mean and standard deviation of values (..., scenario), each with its ``_error``.

    The arguments are those of `Moments`, the probabilities of the quantiles, and the largest value that is allowed.

    Raises
    ------
    RunError
        When a value is NaN, infinite, or larger.
    """
    moments = Moments(values, threads, replicates, of)
    if moments.lowest.min() < -largest or moments.highest.max() > largest:
        raise RunError(Problem("dataset", (), "larger values among the scenarios", f"{largest:g} at most"))
    quantiles, errors = moments.quantiles(levels)
    (few_for_mean, few_for_std), is_little_seen = moments.is_of_few_replicates, moments.is_little_seen
    return {
        "quantile": quantiles,
        "quantile_error": errors,
        **{suffix: getattr(moments, suffix) for suffix in ("mean", "mean_error", "std", "std_error")},
        f"mean{_FEW}": few_for_mean,
        f"std{_FEW}": few_for_std & ~is_little_seen,
        f"std{_LITTLE}": is_little_seen,
        MODELLED: moments.is_modelled,
    }


def _shortest(values: Floats, coverage: float) -> dict[str, Floats]:
    ends, errors = shortest_with_error(np.ascontiguousarray(values), coverage)
    return {"interval": ends, "interval_error": errors}


def described_statistics(
    name: str, variable: xr.Variable, statistics: Mapping[str, Floats], about: Mapping[str, object]
) -> dict[str, xr.Variable]:
    """Return the statistics of a variable by their names in a summary, with units and meanings.

    Parameters
    ----------
    name, variable
        The variable (..., scenario), and what it is called.
    statistics
        As `statistics_of` gives them.
    about
        Attributes of the dataset.
    """
    is_other = is_of_other_design(about)
    described = _descriptions(name, variable.attrs, is_other)
    if "interval_error" in statistics:
        described["interval_error"][TOO_LARGE] = STEEP_END
    marks = {_FEW: (TOO_LARGE, FEW_REPLICATES), _LITTLE: (TOO_SMALL, LITTLE_SEEN)}
    for key, where in statistics.items():
        for ending, (mark, words) in marks.items():
            if key.endswith(ending) and where.any() and not is_other:
                described[f"{key.removesuffix(ending)}_error"][mark] = words
    statistics = {key: values for key, values in statistics.items() if not key.endswith((*marks, MODELLED))}
    if is_other:
        for suffix in statistics:
            if suffix.endswith("_error"):
                described[suffix][TOO_LARGE] = OTHER_DESIGN
    for suffix in ("mean_error", "std_error"):
        if variable.shape[-1] > 1 and np.isinf(statistics[suffix]).any():
            described[suffix]["infinite_because"] = UNSEEN
    last = {"quantile": ["quantile"], "interval": ["bound"]}
    return {
        f"{name}_{suffix}": xr.Variable(
            [*variable.dims[:-1], *last.get(suffix.removesuffix("_error"), [])], data, described[suffix]
        )
        for suffix, data in statistics.items()
    }


def coordinates_of(dataset: xr.Dataset, dims: Iterable[Hashable]) -> dict[Hashable, xr.Variable]:
    """Return the coordinates of a dataset along these dimensions and no other; quicker than those of a variable.

    Examples
    --------
    >>> list(coordinates_of(xr.Dataset(coords={"area": ["a"], "year": [2027]}), ["area"]))
    ['area']
    """
    allowed = set(dims)
    coordinates = {name: dataset.variables[name] for name in dataset.coords}
    return {name: variable for name, variable in coordinates.items() if allowed.issuperset(variable.dims)}


def _descriptions(name: str, attributes: dict[str, object], is_other: bool) -> dict[str, dict[str, object]]:
    """Return the attributes of each statistic of a variable: what it is, and what its error means."""
    meaning = _OTHER_DESIGN if is_other else "what another seed would change"
    unit = {"units": attributes.get("units", "1")}
    title = str(attributes.get("long_name", name))
    attributes_of: dict[str, dict[str, object]] = {}
    for suffix, word in _STATISTICS.items():
        attributes_of[suffix] = {
            **unit,
            "long_name": f"{title}, {word}",
            "description": f"The {word} over scenarios.",
        }
        attributes_of[f"{suffix}_error"] = {
            **unit,
            "long_name": f"{title}, Monte Carlo error of the {word}",
            "description": f"Half a 95% interval of the {word}, over 1.96: {meaning}.",
        }
    return attributes_of
