"""The wheel holds all that popsim needs, and uses its own files far from the checkout. test_newcomer.py runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that has the wheel, and sees this environment's packages except for popsim."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    variables = {"base": str(folder), "platbase": str(folder)}
    target = Path(sysconfig.get_path("purelib", "venv", variables))
    python = Path(sysconfig.get_path("scripts", "venv", variables)) / Path(sys.executable).name
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            str(wheel),
        ],
        check=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    # A folder named in a .pth file is searched after the environment's own, and its own .pth files, such as that of an
    # editable popsim, are not read.
    others = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (target / "dependencies.pth").write_text("\n".join(others) + "\n")
    return python


def run(python: Path, where: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # Compiled code is kept by the path of its source, which no later run will have.
    environment["NUMBA_CACHE_DIR"] = str(where)
    done = subprocess.run(
        [python, *arguments], cwd=where, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_package_and_the_data(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        f"{inside}/{path.relative_to(root / outside).as_posix()}"
        for outside, inside in {
            "popsim": "popsim",
            "distributions": "popsim/data/distributions",
            "configs": "popsim/data/configs",
        }.items()
        for path in (root / outside).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= held
    templates = {f"popsim/report/templates/{name}" for name in ("report.html.j2", "headline.j2")}
    assert templates | {"popsim/py.typed", "popsim/data/configs/pops.toml"} <= held
    assert not [name for name in held if name.startswith(("tests/", "benchmarks/", "docs/"))]


def test_the_installed_popsim_uses_its_own_files(installed: Path, tmp_path: Path) -> None:
    code = (
        "import popsim, popsim.study.files as files\n"
        "print(popsim.__file__, files.packaged('configs'), files.packaged('distributions'), sep='\\n')\n"
    )
    home = installed.parent.parent.resolve()
    for line in run(installed, tmp_path, "-c", code).splitlines():
        assert Path(line).resolve().is_relative_to(home), line
