"""A newcomer types what docs/start.md says, with the wheel, an empty home folder and nothing else, and has a report."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import popsim as ps

PAGE = (Path(__file__).parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
COMMANDS = "".join(re.findall(r"<!-- newcomer -->\n\n```sh\n(.*?)```", PAGE, re.DOTALL)).splitlines()
MARKED = re.findall(r"<!-- (newcomer|code: illustration, \w).*? -->\n\n```(?:sh|powershell)$", PAGE, re.MULTILINE)
RUN_FILES = {
    "ensemble.nc",
    "request.json",
    "manifest.json",
    "joint.nc",
    "plan.nc",
    "study.toml",
    "summary.csv",
    "inputs",
}
DOCUMENTS = {"report.html", "report.docx", "report.xlsx"}


def see_dependencies(environment: Path) -> None:
    """Let a new environment see the packages of this one, except for popsim, in place of a download of all of them."""
    variables = {"base": str(environment), "platbase": str(environment)}
    target = Path(sysconfig.get_path("purelib", "venv", variables))
    # A folder named in a .pth file is searched after the environment's own, and its own .pth files, such as that of an
    # editable popsim, are not read.
    others = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (target / "dependencies.pth").write_text("\n".join(others) + "\n")


def test_every_block_of_the_page_is_followed_or_says_why_not() -> None:
    assert "newcomer" in MARKED
    assert len(MARKED) == len(re.findall(r"^```(?:sh|powershell)$", PAGE, re.MULTILINE))


@pytest.mark.parametrize(
    "has_index",
    [
        pytest.param(False, id="dependencies are there", marks=pytest.mark.slow),
        pytest.param(True, id="dependencies from the index", marks=[pytest.mark.documents, pytest.mark.slow]),
    ],
)
def test_the_page_leads_to_a_report(has_index: bool, wheel: Path, tmp_path: Path) -> None:
    where, home = tmp_path / "here", tmp_path / "home"
    where.mkdir()
    home.mkdir()
    shutil.copy(wheel, where)
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    if has_index:
        environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    else:
        environment |= {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1"}
    printed = ""
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        printed += done.stdout
        if "pip install" in command and not has_index:
            see_dependencies(where / command.partition("/")[0])

    for quoted in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL):
        assert quoted in printed
    assert {path.name for path in (where / "first").iterdir()} == RUN_FILES | DOCUMENTS
    median = ps.budget_for(ps.load_run(where / "first"), confidence=0.5)["amount"].sel(option="full")
    with (where / "first" / "summary.csv").open(encoding="utf-8", newline="") as file:
        assert float(next(csv.DictReader(file))["p50"]) == float(median)
    assert (where / "my-study" / "START-HERE.md").is_file()
    used = [path for path in home.rglob("*") if path.is_file() and "cache" not in path.as_posix().lower()]
    assert used == [], "popsim leaves nothing in the home folder but caches"


@pytest.mark.documents
@pytest.mark.slow
@pytest.mark.parametrize(("title", "tool"), [("With uv", "uv"), ("With pipx", "pipx")])
def test_tools_that_keep_commands_apart_lead_to_a_run(title: str, tool: str, wheel: Path, tmp_path: Path) -> None:
    """Install the tool in an environment of its own, and type the lines of its section, with an empty home folder."""
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0], re.DOTALL)
    where, home = tmp_path / "here", tmp_path / "home"
    for folder in (where, home):
        folder.mkdir()
    shutil.copy(wheel, where)
    tools = tmp_path / "tools"
    subprocess.run([sys.executable, "-m", "venv", str(tools)], check=True)
    subprocess.run([str(tools / "bin" / "pip"), "install", "--quiet", tool], check=True)
    environment = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        # What `pipx ensurepath` and `uv tool update-shell` add.
        "PATH": os.pathsep.join([str(tools / "bin"), str(home / ".local" / "bin"), os.defpath]),
    }
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    for command in block.splitlines():
        done = subprocess.run(
            ["bash", "-c", command], cwd=where, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
    assert (where / "first" / "report.html").is_file()
