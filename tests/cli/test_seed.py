"""A seed is a whole number wherever JSON says it, also one that no float can hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popsim as ps
from popsim.schema import seed_of

LARGE = 2**64 - 1
STUDY = str(Path(__file__).parents[2] / "configs" / "example" / "example.toml")


@pytest.mark.parametrize(
    "seed", [pytest.param(0, marks=pytest.mark.slow), pytest.param(2**53 + 1, marks=pytest.mark.slow), LARGE]
)
def test_one_type_in_all_json(call: Callable[..., Any], seed: int) -> None:
    done = call("run", STUDY, "--scenarios", "400", "--seed", str(seed), "--out", "out", "--json")
    assert done.status == 0
    calls = (
        ("check", STUDY, "--set", f"scenarios.seed={seed}"),
        ("budget", "out", "--confidence", "80%"),
        ("budget", "out", "--amount", "1e6"),
        ("budget", "out", "--confidence", "80%", "--by", "area"),
        ("compare", "out"),
        ("drivers", STUDY, "--scenarios", "1024", "--seed", str(seed)),
    )
    texts = [done.out]
    for arguments in calls:
        done = call(*arguments, "--json")
        assert done.status == 0, (arguments, done.err)
        texts.append(done.out)
    for text in texts:
        found = json.loads(text)["seed"]
        assert (type(found), found) == (int, seed)


def test_datasets_keep_the_seed_and_one_helper_reads_it(tmp_path: Path) -> None:
    study = ps.load_study(STUDY, {"scenarios.seed": LARGE})
    plan = ps.compile(study)
    ds = ps.simulate(plan, scenarios=50)
    ps.save_run(tmp_path, study, plan, ds)
    drawn = ps.sample({"x": ps.Uniform(0, 1)}, scenarios=10, seed=np.uint64(LARGE))
    indices = ps.sobol_indices(lambda x: x, {"x": ps.Uniform(0, 1)}, scenarios=1024, seed=LARGE)
    for dataset in (ds, ps.load_run(tmp_path).dataset, ps.budget(ds, 1e6), ps.summarise(ds), drawn, indices):
        assert seed_of(dataset.attrs) == LARGE
    assert seed_of({}, 7) == 7
