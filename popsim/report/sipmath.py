"""The totals of a run as a SIPmath 3.0 library: metalogs with a Gaussian copula, and the plain samples, in one file.

SIPmath is the open standard of ProbabilityManagement.org (https://www.probabilitymanagement.org/sipmath) for uncertain
quantities that others compute with, in spreadsheets or in any language. The fields here are those of its JSON schema
and the example in it (https://github.com/probability-management/PySIPmath, tests/multi-lib-schema-2021-08-19.json) and
of the reader in the same repository (PySIP/chanceCalc.py); no other is used, but for names in the free table
``metadata``.

A quantity is given twice. As a metalog (``Metalog_1_0``) it is drawn anew by the reader, as many trials as wanted, from
uniforms of the counter-based generator HDR (``HDR_2_0``) that the copula correlates. As samples (``SIP_Array``) it is
the scenarios of the run themselves, in their order, so that sums over areas are exact.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from scipy import special

from popsim.analysis.by_output import read_values
from popsim.arrays import Floats
from popsim.errors import FileError, ParameterError, Problem, visible_json
from popsim.families.metalog import Metalog, basis
from popsim.report import language
from popsim.report.citation import day_of
from popsim.report.data import ReportData, gather
from popsim.schema import seed_of
from popsim.study.model import Study

MOST_SCENARIOS = 5_000
"""Scenarios of the plain samples."""
TERMS = range(3, 13)
"""Numbers of coefficients that are tried; the standard allows up to 16."""
CHECKED = np.linspace(0.01, 0.99, 99)
"""Probabilities at which a fit is compared with the quantiles of the run."""
_POINTS = 1_000
"""Quantiles to which a metalog is fitted."""
_INDEPENDENT_PART = 1e-6
"""Share of each score that the copula leaves to itself: quantities may be exact multiples of each other."""
_DENSITIES = 25
_MOST_RANKS = 1 << 26
"""Ranks that are held at a time: a quarter of a gigabyte."""


@dataclass(frozen=True)
class Fit:
    """A metalog fitted to the scenarios of a quantity.

    `deviation` is the largest deviation of its quantiles from those of the run, between 1 % and 99 %, as a share of
    the latter.
    """

    distribution: Metalog
    deviation: float


def fit_metalog(values: Floats) -> Fit | None:
    """Fit a metalog to scenarios by least squares of quantiles; None where no curve of this kind fits.

    It is bounded below by 0 where all values are positive, else unbounded. Of the numbers of coefficients in `TERMS`,
    the one whose quantiles deviate least is taken, among those whose curve rises and has a mean.

    Parameters
    ----------
    values
        Scenarios of one quantity.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> fit_metalog(rng.lognormal(0.0, 0.5, 20_000)).deviation < 0.02
    True
    >>> fit_metalog(np.ones(100)) is None
    True
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if len(ordered) < _DENSITIES or not ordered[0] < ordered[-1]:
        return None
    low = 0.0 if ordered[0] > 0.0 else None
    number = min(_POINTS, len(ordered))
    probability = (np.arange(number) + 0.5) / number
    points = np.quantile(ordered, probability)
    target = points if low is None else np.log(points)
    known = np.quantile(ordered, CHECKED)
    scale = np.maximum(np.abs(known), 1e-3 * float(np.abs(ordered).max()))
    matrix = basis(TERMS[-1], probability - 0.5, special.logit(probability))
    best: Fit | None = None
    for terms in TERMS:
        coefficients = np.linalg.lstsq(matrix[:, :terms], target, rcond=None)[0]
        try:
            fitted = Metalog(coefficients.tolist(), low=low)
        except ParameterError:  # the curve falls somewhere
            continue
        deviation = float(np.max(np.abs(fitted.ppf(CHECKED) - known) / scale))
        if math.isfinite(fitted.mean()) and (best is None or deviation < best.deviation):
            best = Fit(fitted, deviation)
    return best


def write_sipmath(path: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> None:
    """Write the totals of a run, and those by area, as a SIPmath 3.0 library.

    Quantities are the cost and the financing need in the years of the study, at constant prices and in units of the
    currency, of the option that the report is about: ``cost``, ``cost_a`` (of area a), ``financing_need`` ... as
    metalogs, and the same with ``_samples`` behind the name as plain samples. A quantity that no metalog fits, such as
    one that is the same in all scenarios, is there as samples alone.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    data
        The data that `gather` returns for the run; None to compute them now.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    FileError
        When the file cannot be written.
    """
    # In the study's own words, whatever the language: programs look for them.
    with language.using("en"):
        data = gather(study, dataset) if data is None else data
    text = visible_json(json.dumps(library(data), ensure_ascii=False, allow_nan=False, indent=1)) + "\n"
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(Problem(str(path), (), error.strerror or str(error), "a file that can be written")) from error


def library(data: ReportData) -> dict[str, Any]:
    """Return the library as the standard has it."""
    rows = _rows(data)
    quantities = {name: _quantity(read_values(row)) for name, row in rows.items()}
    fits = {name: each.fit for name, each in quantities.items() if each.fit is not None}
    names = list(fits)
    attributes = data.dataset.attrs
    day = day_of(data)
    provenance = (
        f"{data.study.title}. popsim {attributes.get('popsim_version', '')}, {data.scenarios} scenarios, "
        f"seed {seed_of(attributes, data.study.seed)}, plan {attributes.get('plan_digest', '')}. "
        f"{data.study.currency} at constant prices of {data.study.price_year}."
    )
    matrix = [
        {"row": names[row], "col": names[column], "value": value}
        for row, values in enumerate(_correlations([rows[name] for name in names]))
        for column, value in enumerate(values[: row + 1])
    ]
    return {
        "name": data.study.name,
        "objectType": "sipModel",
        "libraryType": "SIPmath_3_0",
        **({"dateCreated": day.isoformat()} if day else {}),
        "version": "1",
        "provenance": provenance,
        "globalVariables": [
            {"name": "correlationMatrix", "value": {"columns": names, "rows": names, "matrix": matrix}}
        ],
        "U01": _uniforms(names),
        "sips": [
            *(_metalog(name, place, fits[name], quantities[name].described) for place, name in enumerate(names, 1)),
            *(_samples(name, each.samples) for name, each in quantities.items()),
        ],
    }


class _Quantity(NamedTuple):
    """What is kept of a quantity when its scenarios are not in memory any more."""

    fit: Fit | None
    described: dict[str, float]
    samples: list[float]


def _rows(data: ReportData) -> dict[str, xr.Variable]:
    """Return the scenarios of each total and of its parts by area, not yet read."""
    chosen = data.dataset.isel(option=0)
    found = {}
    for total in data.totals:
        found[total] = chosen[total].variable
        if data.has(f"{total}_by_area"):
            by_area = chosen[f"{total}_by_area"].transpose("area", "scenario")
            found |= {f"{total}_{area}": by_area.variable[k] for k, area in enumerate(by_area["area"].values.tolist())}
    return found


def _quantity(values: Floats) -> _Quantity:
    values = np.asarray(values, dtype=np.float64)
    return _Quantity(fit_metalog(values), _described(values), values[:MOST_SCENARIOS].tolist())


def _correlations(rows: list[xr.Variable]) -> list[list[float]]:
    """Return the correlations of the normal scores of quantities, by their ranks.

    All quantities have the same scores, each in an order of its own. The ranks of some quantities are held at a time;
    of many scenarios those of all would not fit the memory.
    """
    count = rows[0].shape[-1] if rows else 1
    scores = special.ndtri((np.arange(count) + 0.5) / count)
    square, held = float(np.square(scores).sum()), max(1, _MOST_RANKS // count)
    matrix = np.eye(len(rows))
    for start in range(0, len(rows), held):
        ranks = [_ranks(row) for row in rows[start : start + held]]
        for place in range(start, len(rows)):
            own = scores[ranks[place - start] if place < start + held else _ranks(rows[place])]
            for other in range(start, min(place, start + held)):
                share = float((own * scores[ranks[other - start]]).sum()) / square
                matrix[place, other] = matrix[other, place] = (1.0 - _INDEPENDENT_PART) * share
    found: list[list[float]] = matrix.tolist()
    return found


def _ranks(row: xr.Variable) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Return the ranks of scenarios, from 0; equal ones in their order."""
    order = np.argsort(read_values(row), kind="stable")
    ranks = np.empty(len(order), dtype=np.uint32)
    ranks[order] = np.arange(len(order), dtype=np.uint32)
    return ranks


def _uniforms(names: list[str]) -> dict[str, Any]:
    """Return the generators, one for each quantity and the number of the trial, and the copula between them."""
    generators: list[dict[str, Any]] = [
        {
            "name": f"hdr{place}",
            "function": "HDR_2_0",
            "arguments": {"counter": "PM_Index", "entity": 1, "varId": place, "seed3": 0, "seed4": 0},
        }
        for place in range(1, len(names) + 1)
    ]
    index = {"name": "index", "function": "Index", "arguments": {"counter": "PM_Index"}}
    copula = {
        "name": "Gaussian",
        "function": "GaussianCopula",
        "arguments": {
            "correlationMatrix": {"type": "globalVariables", "value": "correlationMatrix"},
            "rng": [each["name"] for each in generators],
        },
        "copulaLayer": [f"c{place}" for place in range(1, len(names) + 1)],
    }
    return {"rng": [*generators, index], "copula": [copula] if names else []}


def _metalog(name: str, place: int, fit: Fit, described: dict[str, float]) -> dict[str, Any]:
    """Return a quantity as a metalog, with what the scenarios say of it and the error of the fit."""
    bound = {} if fit.distribution.low is None else {"lowerBound": fit.distribution.low}
    return {
        "name": name,
        "ref": {"source": "copula", "name": "Gaussian", "copulaLayer": f"c{place}"},
        "function": "Metalog_1_0",
        "arguments": {**bound, "aCoefficients": list(fit.distribution.coefficients)},
        "metadata": {
            **described,
            "largestDeviationOfQuantiles": fit.deviation,
            "density": _density(fit.distribution),
        },
    }


def _described(values: Floats) -> dict[str, float]:
    """Return what the reader's own libraries state of a quantity: number, mean, spread and quartiles."""
    low, lower, median, upper, high = np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0]).tolist()
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {
        "count": len(values),
        "mean": float(np.mean(values)),
        "std": spread,
        "min": low,
        "P25": lower,
        "P50": median,
        "P75": upper,
        "max": high,
    }


def _density(fitted: Metalog) -> list[float]:
    """Return the density at evenly spaced amounts between the quantiles of 0.1 % and 99.9 %, for small pictures."""
    probability = np.linspace(0.001, 0.999, 999)
    amounts = np.asarray(fitted.ppf(probability), dtype=np.float64)
    slopes = np.gradient(probability, amounts)
    density: list[float] = np.interp(np.linspace(amounts[0], amounts[-1], _DENSITIES), amounts, slopes).tolist()
    return density


def _samples(name: str, values: list[float]) -> dict[str, Any]:
    """Return the scenarios of a quantity: trial number k is scenario k - 1."""
    return {
        "name": f"{name}_samples",
        "ref": {"source": "rng", "name": "index"},
        "function": "SIP_Array",
        "arguments": {"type": "array", "value": [float(f"{value:.10g}") for value in values]},
    }
