"""requirements/constraints.txt pins all that an environment of popsim holds, at versions that pyproject.toml allows."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FROM_PYTHON = {"pip", "setuptools"}


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    lines = (root / "requirements" / "constraints.txt").read_text().splitlines()
    pairs = [tuple(line.split("==")) for line in lines if line and not line.startswith("#")]
    assert pairs == sorted(pairs), "in order of names, each once"
    return dict(pairs)


@pytest.fixture(scope="module")
def declared(root: Path) -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    lines = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
        *project["build-system"]["requires"],
        *(line for line in (root / "requirements" / "build.txt").read_text().splitlines() if not line.startswith("#")),
    ]
    return [Requirement(line) for line in lines]


def test_every_pin_is_one_version_that_the_project_allows(pins: dict[str, str], declared: list[Requirement]) -> None:
    for name, version in pins.items():
        assert name == canonicalize_name(name)
        assert re.fullmatch(r"\d[\w.]*", version)
    for requirement in declared:
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_what_the_dependencies_need_is_pinned_too(pins: dict[str, str], declared: list[Requirement]) -> None:
    seen: set[str] = set()
    waiting = list(declared)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        assert name in pins or name in FROM_PYTHON, f"{requirement} is not pinned"
        if name == "editables":  # wanted by `pip install --editable` alone
            continue
        waiting += [Requirement(line) for line in importlib.metadata.requires(name) or ()]
    assert len(seen) > len(declared)
