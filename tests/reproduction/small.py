"""Studies so small that their results can be worked out by hand, written to files as a user would write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import xarray as xr
from scipy import stats

import popsim as ps

from .independent import run

REASONS = {"basis": "judgement", "rationale": "Made up for a test."}
BY = ["area", "year", "country", ["area", "year"], ["country", "area"]]
COUNTRIES = (("AAA", "North", 1_000_000), ("BBB", "South", 4_000_000))
ONE = (("AAA", "North", 1_000_000),)
LIMIT = 6.0
"""Standard errors allowed: 2e-9 for one normal estimate."""


def component(cost: float | dict[str, Any] = 100.0, kind: str = "one-off", **more: Any) -> dict[str, Any]:
    """One component at prices of the study; a number is a constant cost."""
    distribution = cost if isinstance(cost, dict) else {"family": "constant", "value": cost}
    return {"kind": kind, "currency": "USD", "price_year": 2030, "cost": distribution, **more}


def lognormal(mean: float, sigma: float) -> dict[str, object]:
    return {"family": "lognormal", "mu": float(np.log(mean) - sigma**2 / 2), "sigma": sigma}


def uniform(low: float, high: float) -> dict[str, object]:
    return {"family": "uniform", "low": low, "high": high}


def write(
    folder: Path,
    areas: dict[str, dict[str, dict[str, Any]]],
    countries: tuple[tuple[str, str, float], ...] = COUNTRIES,
    overlap: Sequence[dict[str, Any]] = (),
    **tables: Any,
) -> Path:
    """Write a study of these areas (id -> component -> its table); `tables` are laid over those of the study.

    The file of the first area states what components share, `overlap`.
    """
    (folder / "catalogue").mkdir()
    for name, components in areas.items():
        listed = [{"id": key, "name": key, **REASONS, **table} for key, table in components.items()]
        about = {"id": name, "name": f"area {name}", "document": "made up", "description": "Made up."}
        shared = {"overlap": list(overlap)} if overlap and name == next(iter(areas)) else {}
        text = tomli_w.dumps({"format": 1, "area": about, "component": listed, **shared})
        (folder / "catalogue" / f"{name}.toml").write_text(text)
    rows = [f"{code},{code},{region},{population},made up" for code, region, population in countries]
    (folder / "countries.csv").write_text("\n".join(["code,name,region,population,source", *rows, ""]))
    base: dict[str, Any] = {
        "format": 1,
        "study": {"name": "small", "title": "By hand", "first_year": 2030, "years": 3},
        "scenarios": {"count": 100, "seed": 5},
        "money": {"currency": "USD", "price_year": 2030},
        "catalogue": {"folder": "catalogue"},
        "countries": {"file": "countries.csv", "rationale": "Made up."},
        "dependence": {"between_areas": 0.0, "between_components": 0.0, "common_share": 0.0, **REASONS},
        "area": {name: {} for name in areas},
        "report": {"breakdowns": BY},
    }
    for key, table in tables.items():
        base[key] = {**base[key], **table} if key in base else table
    (folder / "study.toml").write_text(tomli_w.dumps(base))
    return folder / "study.toml"


def through_popsim(path: Path, scenarios: int) -> xr.Dataset:
    """Results of a study as it is written, without its options."""
    return ps.simulate(ps.load_study(path), scenarios=scenarios).sel(option="full")


def through_reimplementation(path: Path, scenarios: int) -> xr.Dataset:
    """The same, of the re-implementation: what popsim is held against has to pass the same tests."""
    arrays = run(path, scenarios, seed=5)
    labels = {name: values for name, values in arrays.items() if not name.startswith(("cost", "financing"))}
    dims = {name: name.partition("_by_")[2].split("_") if "_by_" in name else [] for name in arrays.keys() - labels}
    return xr.Dataset({name: (("scenario", *dims[name]), arrays[name]) for name in dims}, labels)


def check_mean(values: np.ndarray, expected: float) -> None:
    assert abs(values.mean() - expected) <= LIMIT * values.std() / np.sqrt(len(values))


def check_variance(values: np.ndarray, expected: float) -> None:
    """The standard error of a variance is that of the mean of the squared deviations."""
    squares = (values - values.mean()) ** 2
    assert abs(squares.mean() - expected) <= LIMIT * squares.std() / np.sqrt(len(values))


def check_share(happened: np.ndarray, expected: float) -> None:
    """Exact two-sided binomial probability above 1e-9."""
    law = stats.binom(len(happened), expected)
    count = int(np.sum(happened))
    assert 2.0 * min(law.cdf(count), law.sf(count - 1)) > 1e-9
