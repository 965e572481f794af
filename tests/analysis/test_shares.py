"""Shares of the variance: what theory says of independent and of dependent parts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from popsim.analysis.parts import variance_shares
from popsim.engine.simulate import simulate
from popsim.errors import RunError
from popsim.families import Normal
from popsim.study.model import Study

from ..engine.studies import area, component, country, gaussian, number, study

STDS = {"evidence": 1.0, "proxy": 2.0, "judgement": 4.0}


def of_bases(between: float) -> Study:
    """One country, and an area for each basis."""
    areas = []
    for basis, std in STDS.items():
        part = dataclasses.replace(component("part", Normal(100.0, std)), basis=basis)
        areas.append(area(basis, part, share=0.0))
    return study([country("AAA")], areas, number(between, 0.0))


@pytest.mark.parametrize("between", [0.0, 0.6])
@pytest.mark.parametrize("design", [("random", 1), ("sobol", 16)])
def test_shares_are_those_of_theory(between: float, design: tuple[str, int]) -> None:
    name, replicates = design
    dataset = simulate(
        of_bases(between),
        scenarios=32_768,
        seed=5,
        breakdowns=["basis", "component"],
        design=name,
        replicates=replicates,
    )
    std = np.array(list(STDS.values()))
    covariance = np.outer(std, std) * np.where(np.eye(3) > 0.0, 1.0, between)
    true = covariance.sum(axis=1) / covariance.sum()
    for by in ("basis", "component"):
        found = variance_shares(dataset, by).isel(option=0)
        error = found["variance_share_error"].values
        assert (error < 0.01).all()
        # Six standard errors, and Student's t with 15 degrees of freedom at the same probability of 2e-9.
        limit = 6.0 if replicates == 1 else 12.0
        assert (np.abs(found["variance_share"].values - true) < limit * error).all()
        assert found["variance_share"].sum().item() == pytest.approx(1.0, abs=1e-9)
        # Negative control: the shares of independent parts are others.
        if between:
            assert (np.abs(found["variance_share"].values - std**2 / (std**2).sum()) > limit * error).any()


@pytest.mark.parametrize("design", [("random", 1), ("sobol", 16)])
def test_rank_correlations_are_those_of_normals(design: tuple[str, int]) -> None:
    """6 / pi arcsin(r / 2) (Pearson 1907), r the correlation of each part with the sum of independent ones."""
    name, replicates = design
    dataset = simulate(
        of_bases(0.0), scenarios=32_768, seed=5, breakdowns=["basis"], design=name, replicates=replicates
    )
    found = variance_shares(dataset).isel(option=0)
    std = np.array(list(STDS.values()))
    true = 6.0 / np.pi * np.arcsin(std / np.sqrt((std**2).sum()) / 2.0)
    error = found["rank_correlation_error"].values
    assert (np.abs(found["rank_correlation"].values - true) < (6.0 if replicates == 1 else 12.0) * error).all()
    assert (error < 0.01).all()


def test_errors_are_those_of_other_seeds() -> None:
    """The spread over 100 seeds is known to 7 %; six of that to either side."""
    item = of_bases(0.3)
    found = [
        variance_shares(simulate(item, scenarios=2_000, seed=seed, breakdowns=["basis"])).isel(option=0)
        for seed in range(100)
    ]
    spread = np.std([each["variance_share"].values for each in found], axis=0, ddof=1)
    told = np.mean([each["variance_share_error"].values for each in found], axis=0)
    np.testing.assert_allclose(told, spread, rtol=0.43)


def test_a_part_that_moves_against_the_total_has_a_negative_share() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=1_000)
    parts = np.stack([2.0 * x, -x], axis=-1)[None]
    dataset = xr.Dataset(
        {"cost": (("option", "scenario"), parts.sum(axis=-1)), "cost_by_area": (("option", "scenario", "area"), parts)}
    )
    found = variance_shares(dataset, "area")["variance_share"].values[0]
    np.testing.assert_allclose(found, [2.0, -1.0], rtol=1e-12)


def test_what_never_varies_has_no_shares() -> None:
    dataset = simulate(gaussian(), scenarios=100, breakdowns=["area"])
    still = dataset.assign(cost=dataset["cost"] * 0.0 + 3.0)
    assert np.isnan(variance_shares(still, "area")["variance_share"]).all()
    with pytest.raises(RunError, match="cost_by_basis"):
        variance_shares(dataset)


def test_replicates_of_one_scenario_tell_no_error() -> None:
    found = variance_shares(
        simulate(of_bases(0.0), scenarios=32, seed=5, breakdowns=["basis"], design="sobol", replicates=32)
    )
    for name in ("variance_share", "rank_correlation"):
        assert np.isfinite(found[name]).all()
        assert np.isinf(found[f"{name}_error"]).all()
