"""Names of arguments are known to a type checker, and are answered with the nearest one when a program runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

import popsim as ps
from popsim import types

ROOT = Path(ps.__file__).parents[1]

SNIPPET = """
from pathlib import Path

import numpy as np
import pandas as pd
import popsim as ps
from popsim.types import Design, Interval

study = ps.load_study(Path("pops"), {"scenarios.count": 5_000})
design: Design = "latin"
interval: Interval = "shortest"
ds = ps.simulate(study, scenarios=10, breakdowns=["area", ("area", "year"), ["region", "year"]], design=design)
ds = ps.simulate(study, breakdowns="area", design=None)
ps.simulate(study, breakdowns=("area", "river_basin"))
ps.simulate_to(study, precision=0.01, method="jcgm101", interval=interval)
ps.summarise(ds, interval="shortest")
run = ps.load_run(Path("results/pops"))
for given in (ds, run):
    ps.budget(given, 1e9)
    ps.budget(given, amount=np.float64(1e9), variable="cost_by_area")
ps.joint_budget(run, by=("area", "year"), variable="financing_need")
ps.reserve(dataset=run, over="point_estimate", by=["area"])
ps.drivers(study, by="level")
ps.drivers(run)
ps.sample({"x": ps.Uniform(0, 1)}, scenarios=10, design="sobol")
given_study: ps.Study = run.study
given_plan: ps.Plan = ps.compile(given_study)
inputs: dict[str, ps.Family] = {"x": ps.Discrete(np.array([1.0, 2.0]), pd.Series([0.5, 0.5]))}
ps.Empirical.from_data(pd.DataFrame({"cost": [1.0, 2.0]})["cost"])
ps.Mixture([ps.Normal(0, 1), inputs["x"]], np.array([0.5, 0.5]))
def seed_of(one: ps.Run) -> str:
    return str(one.dataset.attrs["seed"])
ps.Discrete("ab", [0.5, 0.5])  # wrong: arg-type
ps.simulate(study, design="latim")  # wrong: arg-type
ps.sample({"x": ps.Uniform(0, 1)}, scenarios=10, design="Sobol")  # wrong: arg-type
ps.simulate_to(study, precision=0.01, method="quantile")  # wrong: arg-type
ps.simulate_to(study, precision=0.01, interval="shortst")  # wrong: arg-type
ps.summarise(ds, interval="equal")  # wrong: arg-type
ps.drivers(study, by="inputs")  # wrong: arg-type
ps.reserve(ds, over="mean")  # wrong: arg-type
ps.joint_budget(ds, variable="costs")  # wrong: arg-type
ps.variance_shares(ds, by=3)  # wrong: arg-type
ps.budget(study, 1e9)  # wrong: arg-type
ps.summarise("results/pops")  # wrong: arg-type
ps.summarize(ds)  # wrong: attr-defined
ps.simulat(study)  # wrong: attr-defined
ps.simulate(study, scenario=10)  # wrong: call-arg
ps.Triangular(low=0, mod=1, high=2)  # wrong: call-arg
"""


def test_a_type_checker_knows_names_and_finds_wrong_ones(tmp_path: Path) -> None:
    file = tmp_path / "calls.py"
    file.write_text(SNIPPET, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--no-color-output", str(file)],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {int(line): kind for line, kind in re.findall(r"calls\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)}
    wanted = {
        number: line.partition("# wrong: ")[2]
        for number, line in enumerate(SNIPPET.splitlines(), start=1)
        if "# wrong: " in line
    }
    assert found == wanted, done.stdout


WRONG: dict[str, tuple[Callable[[Any], object], str, str]] = {
    "design of simulate": (
        lambda ds: ps.simulate(ps.load_study("pops"), scenarios=10, design="latim"),
        "design",
        "latin",
    ),  # type: ignore[arg-type]
    "design of sample": (
        lambda ds: ps.sample({"x": ps.Uniform(0, 1)}, scenarios=10, design="Sobol"),
        "design",
        "sobol",
    ),  # type: ignore[arg-type]
    "design of indices": (
        lambda ds: ps.sobol_indices(lambda x: x, {"x": ps.Uniform(0, 1)}, 1024, design="randon"),  # type: ignore[arg-type]
        "design",
        "random",
    ),
    "method": (lambda ds: ps.simulate_to(ps.load_study("pops"), precision=0.1, method="jcgm"), "method", "jcgm101"),  # type: ignore[arg-type]
    "interval": (lambda ds: ps.summarise(ds, interval="shortst"), "interval", "shortest"),  # type: ignore[arg-type]
    "interval of precision": (
        lambda ds: ps.simulate_to(ps.load_study("pops"), method="jcgm101", interval="symetric"),  # type: ignore[arg-type]
        "interval",
        "symmetric",
    ),
    "grouping": (lambda ds: ps.drivers(ps.load_study("pops"), by="levels"), "by", "level"),  # type: ignore[arg-type]
    "reference": (lambda ds: ps.reserve(ds, over="point_estimat"), "over", "point_estimate"),  # type: ignore[arg-type]
    "total": (lambda ds: ps.joint_budget(ds, variable="costs"), "variable", "cost"),  # type: ignore[arg-type]
    "breakdown": (lambda ds: ps.simulate(ps.load_study("pops"), scenarios=10, breakdowns="aera"), "breakdowns", "area"),
}


@pytest.fixture(scope="module")
def ds() -> Any:
    return ps.simulate(ps.load_study("pops"), scenarios=100, breakdowns="area")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_name_is_answered_with_the_nearest(name: str, ds: Any) -> None:
    call, argument, meant = WRONG[name]
    with pytest.raises((ps.ParameterError, ps.UnknownNameError)) as caught:
        call(ds)
    (problem,) = caught.value.problems
    assert problem.where == argument
    assert problem.mend == f'did you mean "{meant}"?'


@pytest.mark.parametrize("value", [None, 1, ["random"], ("latin",), {}, float("nan")])
def test_what_is_no_text_is_refused_and_not_a_type_error(value: Any, ds: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: ps.summarise(ds, interval=value),
        lambda: ps.reserve(ds, over=value),
        lambda: ps.sample({"x": ps.Uniform(0, 1)}, scenarios=10, design=value),
        lambda: ps.drivers(ps.load_study("pops"), by=value),
    ]
    for call in calls:
        with pytest.raises(ps.ParameterError):
            call()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("summarize", "summarise"), ("simulat", "simulate"), ("Lognormal", "LogNormal"), ("loadstudy", "load_study")],
)
def test_a_misspelt_attribute_is_answered_with_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'; did you mean \"{meant}\"") as caught:
        getattr(ps, name)
    assert caught.value.name == name
    assert not hasattr(ps, "qqq")
    assert not hasattr(ps, "__wrapped__")


def test_types_and_names_at_run_time_are_the_same() -> None:
    for known, kind in (
        (types.BASES, types.Basis),
        (types.DESIGNS, types.Design),
        (types.INTERVALS, types.Interval),
        (types.METHODS, types.Method),
        (types.GROUPINGS, types.Grouping),
        (types.REFERENCES, types.Reference),
    ):
        assert known == get_args(kind)
    from popsim import schema
    from popsim.study.describe import file_schema

    assert schema.BASES == types.BASES
    assert set(schema.BREAKDOWNS) == set(get_args(types.Base))
    assert {*get_args(types.Dimension), "option", "scenario"} == set(schema.DIMENSIONS)
    text = str(file_schema("study"))
    assert all(f"'{name}'" in text for name in (*types.DESIGNS, *types.BASES))
