"""Runs made of normals, of which every quantile, shortfall and allocation is known."""

from __future__ import annotations

import numpy as np
import xarray as xr

ROOT = np.array([[3.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0], [-1.0, 0.5, 1.0, 0.0], [0.0, 1.0, 0.0, 0.2]])
MEAN = np.array([40.0, 30.0, 20.0, 10.0])
COVARIANCE = ROOT @ ROOT.T
SPREAD = float(np.sqrt(COVARIANCE.sum()))
"""Standard deviation of the total."""

ERRORS = 5.73
"""Standard errors that a normal estimate exceeds once in 1e8."""


def run(count: int, seed: int, exact: bool = True) -> xr.Dataset:
    """Costs of four areas that go together, their total, exact means, and point estimates 2 below them."""
    values = MEAN + np.random.Generator(np.random.PCG64(seed)).standard_normal((count, 4)) @ ROOT.T
    dataset = xr.Dataset(
        {
            "cost": (("option", "scenario"), values.sum(axis=1)[None], {"units": "USD"}),
            "cost_by_area": (("option", "scenario", "area"), values[None], {"units": "USD"}),
            "point_estimate": ("option", [MEAN.sum() - 8.0]),
            "point_estimate_by_area": (("option", "area"), MEAN[None] - 2.0),
        },
        {"option": ["full"], "scenario": np.arange(count), "area": list("abcd")},
        {"coverage": 0.9, "currency": "USD"},
    )
    if exact:
        dataset["expected_cost"] = ("option", [MEAN.sum()])
        dataset["expected_cost_by_area"] = (("option", "area"), MEAN[None])
    return dataset


def of_parts(values: np.ndarray) -> xr.Dataset:
    """A run of one option whose areas cost this (scenario, area)."""
    return xr.Dataset(
        {
            "cost": (("option", "scenario"), values.sum(axis=1)[None], {"units": "USD"}),
            "cost_by_area": (("option", "scenario", "area"), values[None], {"units": "USD"}),
        },
        {"option": ["full"], "scenario": np.arange(len(values)), "area": [f"a{k}" for k in range(values.shape[1])]},
        {"coverage": 0.9},
    )
