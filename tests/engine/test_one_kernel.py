"""The kernel that fills scenarios takes seconds to compile: all parts of a run share one."""

from __future__ import annotations

import pytest

import popsim as ps
from popsim.engine.joint import simulate_joint
from popsim.engine.variants import dependence_extremes
from popsim.kernels.block import fill_scenarios


@pytest.mark.skipif(not hasattr(fill_scenarios, "signatures"), reason="nothing is compiled")
def test_drivers_assumptions_and_samples_compile_no_kernel_of_their_own() -> None:
    study = ps.load_study("example", {"scenarios.count": 100})
    plan = ps.compile(study)
    ps.simulate(plan)
    compiled = set(fill_scenarios.signatures)
    ps.drivers(study, scenarios=1024)
    ps.assumptions(study, scenarios=100)
    simulate_joint(plan)
    dependence_extremes(study)
    assert set(fill_scenarios.signatures) == compiled
