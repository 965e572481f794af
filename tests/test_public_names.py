"""The names that users hold on to are there, each is found where it lives, and the import brings nothing heavy."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import popsim
import popsim.analysis
import popsim.plan
import popsim.study

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
    stub = ast.parse(Path(popsim.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname: node.module for node in imports for alias in node.names}
    assert set(seen) == set(popsim.__all__)
    for name, module in seen.items():
        assert getattr(importlib.import_module(str(module)), name) is getattr(popsim, name)


@pytest.mark.parametrize("package", [popsim.analysis, popsim.plan, popsim.study])
def test_a_package_has_its_functions_whatever_was_imported_first(package: ModuleType) -> None:
    """A module of the name of its function, such as popsim.analysis.compare, does not take its place."""
    for name in package.__all__:
        found = getattr(package, name)
        assert not isinstance(found, ModuleType)
        assert getattr(importlib.import_module(found.__module__), name) is found
        assert getattr(package, name) is found


def test_every_family_is_at_the_top_level() -> None:
    from popsim.families import families

    assert all(getattr(popsim, family.__name__) is family for family in families().values())


def test_every_error_is_at_the_top_level() -> None:
    import popsim.errors

    assert set(popsim.__all__) >= {name for name in popsim.errors.__all__ if name[0].isupper()}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'popsim' has no attribute 'simulat'; did you mean"):
        popsim.simulat  # noqa: B018


def test_import_brings_nothing_heavy() -> None:
    code = (
        "import sys, popsim\n"
        "print(*(name for name in sys.modules if name.partition('.')[0] in\n"
        "    ('numpy', 'numba', 'xarray', 'scipy', 'pydantic', 'matplotlib', 'rich', 'click')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
