"""Commands refuse a run whose files were changed, unless they are trusted; then its report says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from popsim.cli.main import main
from popsim.engine.manifest import verify
from popsim.engine.run_folder import locked, unfinished_of

Call = Callable[..., Any]
QUICK = ("--no-drivers", "--no-assumptions")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick run."""
    folder = tmp_path_factory.mktemp("edited") / "run"
    with pytest.raises(SystemExit) as leaving:
        main(["run", "example", "--scenarios", "100", "--format", "md", "--out", str(folder), *QUICK])
    assert leaving.value.code == 0
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of it to be changed."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def edit(run: Path) -> None:
    """Change a word of the study, and not its length."""
    path = run / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert 'title = "Flood' in text
    path.write_text(text.replace('title = "Flood', 'title = "Frost'), encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    [
        ("report", "run"),
        ("budget", "run", "--confidence", "80%"),
        ("compare", "run"),
        ("figures", "run"),
        ("rerun", "run"),
        ("extend", "run", "--scenarios", "120"),
        ("check", "run"),
        ("run", "run", "--out", "other"),
        ("drivers", "run/study.toml"),
        ("assumptions", "run"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_refuses_an_edited_study(call: Call, run: Path, command: tuple[str, ...]) -> None:
    edit(run)
    done = call(*command)
    assert (done.status, done.out) == (2, "")
    assert "study.toml" in done.err
    assert "other content than the run wrote" in done.err
    assert "--trust-edited" in done.err
    assert not Path("other").exists()


def test_what_is_trusted_is_said_in_the_report_from_then_on(call: Call, run: Path) -> None:
    edit(run)
    done = call("report", "run", "--format", "md", "--trust-edited")
    assert done.status == 0
    assert "changed since the run and taken as it is: study.toml" in done.err
    sentence = "changed after it was made, and are taken as they are: study.toml"
    assert sentence in " ".join((run / "report.md").read_text(encoding="utf-8").split())
    assert json.loads(call("budget", "run", "--confidence", "80%", "--json").out)["trusted"] == ["study.toml"]
    # It is recorded: the files are as they were when they were trusted.
    done = call("report", "run", "--format", "md", "--language", "fr")
    assert done.status == 0
    assert "study.toml" in (run / "report.fr.md").read_text(encoding="utf-8")
    assert verify(run, strict=True).trusted == ("study.toml",)
    longer = call("extend", "run", "--scenarios", "120")
    assert longer.status == 0, longer.err
    assert sentence in " ".join((run / "report.md").read_text(encoding="utf-8").split())
    assert verify(run, strict=True).trusted == ("study.toml",)


def test_a_run_of_an_earlier_version_is_trusted_once(call: Call, run: Path) -> None:
    (run / "manifest.json").unlink()
    assert call("budget", "run", "--confidence", "80%").status == 2
    assert call("budget", "run", "--confidence", "80%", "--trust-edited").status == 0
    assert call("report", "run", "--format", "md", "--trust-edited").status == 0
    assert "it has no record of them (manifest.json)" in (run / "report.md").read_text(encoding="utf-8")
    assert call("budget", "run", "--confidence", "80%").status == 0


def test_documents_that_were_edited_are_named_and_made_anew(call: Call, run: Path) -> None:
    before = (run / "report.md").read_bytes()
    (run / "report.md").write_text("mine")
    done = call("budget", "run", "--confidence", "80%")
    assert (done.status, "not as popsim wrote it: report.md" in done.err) == (0, True)
    done = call("check", "run")
    assert (done.status, "report.md" in done.err) == (2, True)
    assert call("report", "run", "--format", "md").status == 0
    assert (run / "report.md").read_bytes() == before
    done = call("check", "run")
    assert (done.status, done.err) == (0, "")
    assert "files are as they were written" in done.out


def test_drivers_that_are_added_come_into_the_manifest(call: Call, run: Path) -> None:
    assert call("report", "run", "--format", "md", "--drivers").status == 0
    verify(run, strict=True)


@pytest.mark.parametrize(
    "name", ["notes.txt", "inputs/notes.txt", "inputs/mine/notes.txt", "inputs/catalogue/notes.txt"]
)
def test_files_of_ones_own_are_never_deleted(call: Call, run: Path, name: str) -> None:
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_text("mine")
    done = call("run", "example", "--scenarios", "20", "--out", "run", *QUICK)
    assert (done.status, done.out) == (2, "")
    assert f"{name}, which a new run would delete" in done.err
    assert (run / name).read_text() == "mine"
    assert call("budget", "run", "--confidence", "80%").status == 0


def test_files_that_come_while_a_run_is_made_are_not_deleted(
    call: Call, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import popsim.report.markdown as markdown

    write = markdown.write_markdown

    def late(*arguments: Any, **options: Any) -> Any:
        (run / "inputs" / "notes.txt").write_text("mine")
        return write(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(markdown, "write_markdown", late)
        done = call("run", "example", "--scenarios", "20", "--format", "md", "--out", "run", *QUICK)
    assert done.status == 2
    assert "inputs/notes.txt, which would be deleted" in done.err
    assert (run / "inputs" / "notes.txt").read_text() == "mine"
    (run / "inputs" / "notes.txt").unlink()
    assert call("resume", "run").status == 0
    assert not unfinished_of(run).exists()


def test_tables_of_ones_own_are_not_replaced(call: Call, run: Path) -> None:
    assert call("report", "run", "--format", "csv").status == 0
    (run / "tables" / "notes.txt").write_text("mine")
    done = call("report", "run", "--format", "csv")
    assert done.status == 2
    assert "tables/notes.txt" in done.err
    assert (run / "tables" / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_documents_are_not_put_into_a_run_that_another_popsim_works_on(call: Call, run: Path) -> None:
    with locked(run):
        done = call("report", "run", "--format", "md")
        assert (done.status, "another popsim at work on it" in done.err) == (2, True)
        assert call("report", "run", "--format", "md", "--out", "elsewhere").status == 0
