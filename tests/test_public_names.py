"""The names that users hold on to are there, each is found where it lives, and importing popsim is quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import popsim

PROMISED = {
    *("load_study", "compile", "simulate", "sample", "summarise"),
    *("budget", "budget_for", "budget_curve", "point_estimates", "load_run", "save_run", "compare"),
    *("joint_budget", "reserve", "contingency", "simulate_to", "convergence"),
    *("dependence_effect", "effective_countries", "exact_moments", "pairs", "variance_shares"),
    "with_all_years",
    *("Family", "Plan", "Run", "Study"),
    *("drivers", "sobol_indices"),
    *("Constant", "Uniform", "Triangular", "Pert", "Normal", "LogNormal", "Gamma", "Beta", "Weibull"),
    *("Metalog", "Empirical", "Discrete", "Truncated", "Shifted", "Scaled", "Mixture"),
    *(
        "PopsimError",
        "ParameterError",
        "StudyError",
        "PlanError",
        "UnknownNameError",
        "FileError",
        "RunError",
        "Problem",
    ),
    "__version__",
}


def test_every_promised_name_is_public_and_there() -> None:
    assert set(popsim.__all__) >= PROMISED
    for name in popsim.__all__:
        assert getattr(popsim, name) is not None
    assert dir(popsim) == sorted(popsim.__all__)


def test_type_checkers_see_the_same_names_in_the_same_places() -> None:
    tree = ast.parse(Path(popsim.__file__).read_text())
    seen = {
        (alias.asname, block.module)
        for node in tree.body
        if isinstance(node, ast.If)
        for block in node.body
        if isinstance(block, ast.ImportFrom)
        for alias in block.names
    }
    assert seen == {(name, module) for module, names in popsim._HOMES.items() for name in names}


def test_every_family_is_at_the_top_level() -> None:
    from popsim.families import families

    known = {family.__module__: (family.__name__,) for family in families().values()}
    assert known == {module: names for module, names in popsim._HOMES.items() if module.startswith("popsim.families.")}
    assert all(getattr(popsim, family.__name__) is family for family in families().values())


def test_every_error_is_at_the_top_level() -> None:
    import popsim.errors

    assert set(popsim._HOMES["popsim.errors"]) == {name for name in popsim.errors.__all__ if name[0].isupper()}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'popsim' has no attribute 'simulat'"):
        popsim.simulat  # noqa: B018


def test_import_brings_nothing_heavy_and_takes_less_than_60_milliseconds() -> None:
    code = (
        "import sys, time\n"
        "begin = time.perf_counter()\n"
        "import popsim\n"
        "seconds = time.perf_counter() - begin\n"
        "print(seconds, *(name for name in sys.modules if name.partition('.')[0] in\n"
        "    ('numpy', 'numba', 'xarray', 'scipy', 'pydantic', 'matplotlib', 'rich', 'click')))\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(5)
    ]
    assert all(len(run) == 1 for run in runs), runs[0][1:]
    assert min(float(run[0]) for run in runs) < 0.060
