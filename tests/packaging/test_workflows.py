"""The workflows of CI: pinned actions, few rights, versions of Python that are declared, and commands that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def workflow(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_an_action_has_one_version() -> None:
    found: dict[str, set[str]] = {}
    for path in FILES:
        for name, version in re.findall(r"uses: ([\w./-]+)@(.*)", path.read_text(encoding="utf-8")):
            found.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in found.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_jobs_may_read_and_end(path: Path) -> None:
    content = workflow(path)
    assert content["permissions"] == {"contents": "read"}
    for name, job in content["jobs"].items():
        assert "timeout-minutes" in job, name
        if "permissions" in job:
            assert (path.stem, name, job["environment"]) == ("release", "publish", "pypi")
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_called_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    called = re.findall(r"(?<![\w-])make ([\w-]+)", text)
    assert [name for name in called if name not in targets] == []
    files = re.findall(r"(?<![\w./])(?:requirements|tests|\.ci)/[\w./-]+\w", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    modules = re.findall(r"-m ((?:requirements|tests|benchmarks)\.\w+)", text)
    assert [name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


def test_ci_covers_every_version_and_system_that_is_declared() -> None:
    declared = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    jobs = workflow(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    for name in ("check", "platforms"):
        assert jobs[name]["strategy"]["matrix"]["python"] == declared
    systems = {system.partition("-")[0] for system in jobs["platforms"]["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert set(jobs["hashes"]["needs"]) == {"check", "platforms", "oldest"}


def test_pages_and_scripts_say_the_versions_of_python_that_are_declared() -> None:
    declared = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    first, last = declared[0], declared[-1]
    assert PROJECT["requires-python"] == f">={first}"
    either = f"{', '.join(declared[:-1])} or {last}"
    limits = ", ".join(f"({version.replace('.', ', ')})" for version in (first, last))
    said = {
        "README.md": [f"[Python {', '.join(declared)}]", f"Python {first} to {last}"],
        "docs/start.md": [f"You need Python {either}", f"take Python {first} to {last}"],
        "docs/faq.md": [f"Python {first} to {last}"],
        "docs/releases.md": [f"Python {first} to {last}"],
        "docs/images/badge-python.svg": [" | ".join(declared)],
        "Makefile": [f"the newest Python of {first} to {last}"],
        "requirements/constraints.txt": [f"One set for Python {first} to {last}."],
        "requirements/make_venv.sh": [
            f"popsim needs Python {either}.",
            limits.replace(", (", " <= sys.version_info[:2] <= ("),
            " ".join(f"python{version}" for version in reversed(declared)),
        ],
    }
    for name, texts in said.items():
        content = " ".join((ROOT / name).read_text(encoding="utf-8").split())
        assert [text for text in texts if text not in content] == [], name


def test_the_oldest_versions_are_those_that_are_declared() -> None:
    lines = (ROOT / "requirements" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    declared = [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["cluster"]]
    for requirement in declared:
        (floor,) = requirement.specifier
        assert floor.operator == ">="
        pinned = Version(pins[canonicalize_name(requirement.name)])
        assert pinned.release[: len(Version(floor.version).release)] == Version(floor.version).release, requirement
        # Of a version that was repaired, such as 1.7.1.post1, the repaired one.
        assert pinned.base_version in (floor.version, f"{floor.version}.0"), requirement


def test_a_commit_is_checked_by_what_lint_checks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    entries = " ".join(hook["entry"] for hook in hooks)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    tools = set(re.findall(r"\$\(BIN\)/([\w-]+(?: check| format)?)", recipe[1]))
    schemas = set(re.findall(r"\$\(SCHEMA\)([\w-]+)", recipe[1]))
    assert tools
    assert schemas
    assert [tool for tool in tools if f".venv/bin/{tool}" not in entries] == []
    assert [schema for schema in schemas if f"vendor.{schema}" not in entries] == []
    for hook in hooks:
        assert hook["language"] == "system"
