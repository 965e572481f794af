"""The sample in fine detail: scenarios of the run itself, as many as suit design and size, kept beside the ensemble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from popsim.engine import joint as sampled
from popsim.engine.joint import sample_of, simulate_joint
from popsim.engine.runs import load_run, save_run
from popsim.engine.simulate import simulate
from popsim.errors import FileError, RunError
from popsim.plan import compile as compile_study
from popsim.sampling import Sampling
from popsim.schema import JOINT_FILE, PLAN_FILE
from popsim.study.load import load_study

from .features import full

PLAN = compile_study(full())


def agrees(joint: xr.Dataset, dataset: xr.Dataset) -> None:
    """Hold the sums of a sample against the totals of the same scenarios of a run."""
    for base in ("cost", "financing_need"):
        (name,) = (name for name in joint.data_vars if str(name).startswith(f"{base}_by_"))
        parts = [dim for dim in joint[name].dims if dim not in ("option", "scenario")]
        total = dataset[base].sel(scenario=joint["scenario"])
        np.testing.assert_allclose(joint[name].astype(float).sum(parts), total, rtol=1e-6)


@pytest.mark.parametrize("sampling", [Sampling(3_000, 5), Sampling(2_048, 5, "sobol", 16)], ids=["random", "sobol"])
def test_a_sample_is_of_the_scenarios_of_the_run(sampling: Sampling) -> None:
    plan = PLAN.with_sampling(sampling)
    joint = simulate_joint(plan)
    assert joint.sizes["scenario"] == 1_024
    assert joint.attrs["scenarios_of_run"] == sampling.count
    agrees(joint, simulate(plan))
    with pytest.raises(AssertionError):
        agrees(joint, simulate(plan, seed=6))


def test_a_latin_hypercube_has_a_sample_that_is_one_itself() -> None:
    plan = PLAN.with_sampling(Sampling(3_000, 5, "latin"))
    joint = simulate_joint(plan)
    agrees(joint, simulate(plan, scenarios=1_024))
    with pytest.raises(AssertionError):
        agrees(joint, simulate(plan))


def test_a_short_run_is_its_own_sample() -> None:
    plan = PLAN.with_sampling(Sampling(30, 5, "latin"))
    agrees(simulate_joint(plan), simulate(plan))


def test_samples_of_sobol_points_take_equally_many_of_each_scrambling() -> None:
    for replicates in (1, 3, 16, 100):
        count = sample_of(Sampling(100_000, design="sobol", replicates=replicates), 1_000)
        each, left = divmod(count, replicates)
        assert not left
        assert each & (each - 1) == 0
        assert 500 < count <= 1_000
    assert sample_of(Sampling(100_000, design="sobol", replicates=1_024), 1_000) == 1_000


def test_a_large_study_has_less_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate_joint(PLAN.with_sampling(Sampling(100, 5)))
    cells = whole["cost_by_region_area_year"][:, 0].size * 2
    found = []
    for most in (cells * 100, cells * 90, cells * 20, cells):
        monkeypatch.setattr(sampled, "MOST_VALUES", most)
        joint = simulate_joint(PLAN.with_sampling(Sampling(100, 5)))
        agrees(joint, simulate(PLAN, scenarios=100, seed=5))
        found.append((*joint["cost_by_" + "_".join(map(str, next(iter(joint.data_vars.values())).dims[2:]))].dims[2:],))
        assert joint.sizes["scenario"] * joint[next(iter(joint.data_vars))][:, 0].size * 2 <= most
        assert joint.attrs["grouping"] == ("region" if "region" in joint.dims else "")
    assert found[0] == ("region", "area", "year")
    assert found[1] == ("region", "area")
    assert len(set(found)) >= 2


def test_a_sample_comes_back_with_its_run(tmp_path: Path) -> None:
    study = load_study("pops", {"scenarios.count": 20})
    plan = compile_study(study)
    dataset, joint = simulate(plan), simulate_joint(plan)
    save_run(tmp_path, study, plan, dataset, joint)
    run = load_run(tmp_path)
    assert run.joint is not None
    assert run.joint.identical(joint)
    assert run.dataset.identical(dataset)
    # Earlier runs have none.
    (tmp_path / JOINT_FILE).unlink()
    assert load_run(tmp_path, trust_edited=True).joint is None


@pytest.mark.slow
def test_a_sample_of_another_run_is_refused(tmp_path: Path) -> None:
    study = load_study("pops", {"scenarios.count": 20})
    plan = compile_study(study)
    dataset, joint = simulate(plan), simulate_joint(plan)
    with pytest.raises(RunError, match="an ensemble of plan other"):
        save_run(tmp_path, study, plan, dataset, joint.assign_attrs(plan_digest="other"))
    save_run(tmp_path, study, plan, dataset, joint)
    path = tmp_path / JOINT_FILE
    joint.assign_attrs(plan_digest="other").to_netcdf(path)
    with pytest.raises(RunError, match="a sample of plan other"):
        _ = load_run(tmp_path, trust_edited=True).joint
    joint.drop_vars(list(joint.data_vars)).to_netcdf(path)
    with pytest.raises(RunError, match="no cost in it"):
        _ = load_run(tmp_path, trust_edited=True).joint
    path.write_bytes((tmp_path / PLAN_FILE).read_bytes()[:1_000])
    with pytest.raises(FileError):
        _ = load_run(tmp_path, trust_edited=True).joint
