"""Ranges of countries that a run keeps: those of its own scenarios, whatever options and groups it has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis import by_country
from popsim.analysis.by_country import attach_countries, attached_countries, country_ranges
from popsim.engine.runs import load_run, save_run
from popsim.plan import compile as compile_study
from popsim.study.model import Study

FULL = Path(__file__).parents[1] / "study" / "fixtures" / "full" / "study.toml"
NAMES = ("cost_by_country", "financing_need_by_country")


def study_with(count: int, **keys: object) -> Study:
    return ps.load_study(
        FULL, {"scenarios.count": count, **{key.replace("__", "."): each for key, each in keys.items()}}
    )


def agrees(found: xr.Dataset, run: xr.Dataset) -> None:
    """Compare quantiles and means with those that numpy computes of the scenarios of the option "full"."""
    for name in NAMES:
        values = run[name].sel(option="full").transpose("country", "scenario").values
        np.testing.assert_allclose(found[f"{name}_mean"], values.mean(axis=1), rtol=1e-12)
        levels = found["quantile"].values
        for place, level in enumerate(levels):
            quantiles = np.quantile(values, level, axis=1, method="hazen")
            near = np.abs(found[f"{name}_quantile"].values[:, place] - quantiles)
            assert (near <= 4.0 * found[f"{name}_quantile_error"].values[:, place] + 1e-9 * quantiles).all()


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_the_ranges_are_of_the_scenarios_of_the_run(design: str) -> None:
    more = {"scenarios__replicates": 8} if design == "sobol" else {}
    study = study_with(512, scenarios__design=design, **more)
    assert study.options
    found = country_ranges(study)
    run = ps.simulate(study, breakdowns=["country"])
    agrees(found, run)
    assert found.attrs["scenarios"] == 512
    with pytest.raises(AssertionError):
        agrees(found, run.assign({name: run[name].roll(country=1, roll_coords=False) for name in NAMES}))


def test_of_very_many_scenarios_the_first_are_taken_and_their_number_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_with(600)
    monkeypatch.setattr(by_country, "MOST_VALUES", 2 * 250 * len(study.countries))
    found = country_ranges(study)
    assert found.attrs["scenarios"] == 250
    agrees(found, ps.simulate(study, scenarios=250, breakdowns=["country"]))


@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_countries_that_are_not_held_together_have_the_same_ranges(
    design: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_with(512, scenarios__design=design)
    together = country_ranges(study)
    monkeypatch.setattr(by_country, "MOST_TOGETHER", 2 * 512 * 2)
    assert len(study.countries) == 5
    xr.testing.assert_identical(country_ranges(study), together)


def test_a_stored_run_keeps_them(tmp_path: Path) -> None:
    study = study_with(200)
    plan, found = compile_study(study), country_ranges(study)
    run = attach_countries(ps.simulate(plan, breakdowns=["region"]), found)
    save_run(tmp_path, study, plan, run)
    kept = attached_countries(load_run(tmp_path))
    assert kept is not None
    for name in found.data_vars:
        np.testing.assert_array_equal(kept[name], found[name])
    assert kept["country_name"].values.tolist() == [country.name for country in study.countries]
    assert attached_countries(ps.simulate(study)) is None
