"""Imports go one way: the contracts of pyproject.toml hold, and a contract that does not hold is seen to fail."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import popsim

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(root: Path, config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", str(config), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold(root: Path) -> None:
    done = lint(root, root / "pyproject.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_a_broken_contract_is_seen(root: Path, tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text(
        '[tool.importlinter]\nroot_package = "popsim"\n'
        '[[tool.importlinter.contracts]]\nname = "Upside down"\ntype = "layers"\n'
        'layers = ["popsim.errors", "popsim.families", "popsim.cli"]\n'
    )
    done = lint(root, config)
    assert done.returncode == 1
    assert "1 broken" in done.stdout


def test_every_module_stands_in_a_layer(root: Path) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {
        name.strip() for contract in contracts for layer in contract.get("layers", ()) for name in layer.split("|")
    }
    package = Path(popsim.__file__).parent
    modules = {
        f"popsim.{path.stem}"
        for path in package.iterdir()
        if (path / "__init__.py").is_file() or (path.suffix == ".py" and path.stem not in {"__init__", "version"})
    }
    assert modules == layers


def test_every_module_may_or_may_not_use_each_library(root: Path) -> None:
    """A module that no contract names could import numba, xarray or pydantic unseen."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if "layers" in contract)
    modules = {name.strip() for layer in layers for name in layer.split("|")}
    homes = {
        "numba": {"popsim.kernels"},
        "pydantic": {"popsim.study"},
        "xarray": {
            *("popsim.__main__", "popsim.cli", "popsim.plot", "popsim.report", "popsim.analysis", "popsim.engine"),
        },
    }
    forbidden = {contract["forbidden_modules"][0]: set(contract["source_modules"]) for contract in contracts[1:]}
    assert forbidden == {library: modules - allowed for library, allowed in homes.items()}
