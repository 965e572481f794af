"""docs/dependencies.md lists what pyproject.toml declares, with the licence, the size and the moment that are true."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("<!-- dependencies -->")[2].partition("<!-- end")[0].strip().splitlines()[2:]
]
BY_NAME = {row[0]: row for row in ROWS}
OLDER_WORDS = {
    "BSD": {"BSD-2-Clause", "BSD-3-Clause"},
    "BSD License": {"BSD-2-Clause", "BSD-3-Clause"},
    "MIT License": {"MIT"},
    "Python Software Foundation License": {"PSF-2.0"},
}
"""What packages that do not state an SPDX licence say, and what it may stand for."""


def size(name: str) -> float:
    """Return the size of an installed package in MB, without bytecode."""
    files = (Path(str(file.locate())) for file in importlib.metadata.files(name) or ())
    return sum(path.stat().st_size for path in files if path.suffix != ".pyc" and path.is_file()) / 1e6


def licences(name: str) -> set[str]:
    """Return the licences that the metadata of a package can mean."""
    metadata = importlib.metadata.metadata(name)
    if stated := metadata.get("License-Expression"):
        return set(re.split(r" (?:AND|OR|WITH) ", stated))
    classes = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or [] if "License ::" in line]
    return set().union(*(OLDER_WORDS.get(word, {word}) for word in [*classes, metadata.get("License") or ""]))


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The modules that help loads, and that reading a study loads beside."""
    found = {}
    for moment, code in {
        "always": "import popsim.cli.main as m\ntry: m.main(['--help'])\nexcept SystemExit: pass",
        "study": "import popsim as ps; ps.load_study('pops')",
    }.items():
        script = f"{code}\nimport sys; print('MODULES', *sys.modules)"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        found[moment] = set(done.stdout.rpartition("MODULES")[2].split())
    return found


@pytest.fixture(scope="module")
def modules() -> dict[str, set[str]]:
    """The top-level modules of each package."""
    found: dict[str, set[str]] = {}
    for module, owners in importlib.metadata.packages_distributions().items():
        for owner in owners:
            found.setdefault(canonicalize_name(owner), set()).add(module)
    return found


def test_the_page_lists_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [row[0] for row in ROWS] == [Requirement(line).name for line in project["dependencies"]]
    assert all(len(row) == 6 and all(row) for row in ROWS)
    for line in project["optional-dependencies"]["cluster"]:
        assert f"`popsim[cluster]` adds {Requirement(line).name}" in PAGE


@pytest.mark.parametrize("name", BY_NAME)
def test_the_licence_is_what_the_package_says(name: str) -> None:
    assert BY_NAME[name][2] in licences(name)


@pytest.mark.parametrize("name", [name for name, row in BY_NAME.items() if float(row[3]) >= 5])
def test_the_size_is_as_large_as_the_page_says(name: str) -> None:
    # Builds for other systems differ.
    assert 0.4 < size(name) / float(BY_NAME[name][3]) < 2.5


def everything() -> dict[str, float]:
    """Return the sizes in MB of popsim's dependencies, and of theirs, by name."""
    found: dict[str, float] = {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(line) for line in project["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found[name] = size(name)
        waiting += [Requirement(line) for line in importlib.metadata.requires(name) or ()]
    return found


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="builds for other systems have other sizes"
)
def test_the_sizes_of_all_packages_are_those_of_the_pinned_versions() -> None:
    table = PAGE.partition("<!-- sizes -->")[2].partition("<!-- end")[0].strip().splitlines()[2:]
    rows = {name: float(mb) for name, mb in ([cell.strip() for cell in line.split("|")[1:3]] for line in table)}
    together, others = rows.pop("together"), rows.pop("all others, each below 7.5")
    found = everything()
    large = {canonicalize_name(name): mb for name, mb in rows.items()}
    # Twice as large, or a new large one, is news that the page has to tell; a new version is not.
    assert [name for name, mb in found.items() if mb > 15 and name not in large] == []
    assert [name for name, mb in large.items() if not 0.5 < found[name] / mb < 2] == []
    assert abs(sum(rows.values()) + others - together) < 2
    assert 0.8 < sum(found.values()) / together < 1.25


def test_what_is_loaded_when(loaded: dict[str, set[str]], modules: dict[str, set[str]]) -> None:
    for name, row in BY_NAME.items():
        own = modules[canonicalize_name(name)]
        first = next((moment for moment in ("always", "study") if own & loaded[moment]), None)
        assert row[4] == first or (first is None and row[4] in ("run", "used")), name
