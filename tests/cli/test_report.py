"""``popsim report``: documents from the folder of a run, and messages where it lacks a part."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from popsim.cli.folder import added_to, check_replaceable
from popsim.errors import FileError
from popsim.report.formats import FORMATS

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, plain: Path) -> Path:
    """A quick run."""
    from popsim.cli.main import main

    folder = tmp_path_factory.mktemp("report") / "run"
    quick = ["--no-drivers", "--no-assumptions"]
    with pytest.raises(SystemExit) as leaving:
        main(["run", str(plain), "--scenarios", "60", "--out", str(folder), *quick])
    assert leaving.value.code == 0
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of it to be changed."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def test_documents_are_written_into_the_run_or_elsewhere(call: Call, run: Path, tmp_path: Path) -> None:
    before = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    assert call("report", str(run)).out.endswith(f"Report: {run / 'report.html'}\n")
    assert (run / "report.html").read_bytes() == before
    done = call("report", str(run), "--out", str(tmp_path / "new" / "folder"), "--json")
    written = tmp_path / "new" / "folder" / "report.html"
    assert json.loads(done.out)["files"] == {"html": str(written)}
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == ["report.html"]


def test_progress_counts_the_documents(call: Call, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two languages; figures for a spreadsheet have no words, and are written once."""
    seen: list[tuple[str, int, int]] = []

    @contextmanager
    def shown(label: str, draws: int = 0) -> Iterator[Callable[[int, int], None]]:
        yield lambda done, wanted: seen.append((label, done, wanted))

    monkeypatch.setattr("popsim.cli.progress.progress_bar", shown)
    assert call("report", str(run), "--format", "md,sipmath", "--language", "en,fr").status == 0
    assert seen == [("Documents", done, 3) for done in (1, 2, 3)]


def test_unknown_formats_and_languages_are_refused_together(call: Call, run: Path) -> None:
    done = call("report", str(run), "--format", "htlm,html,,wrod")
    assert (done.status, done.out) == (2, "")
    for found in ("htlm", "nothing", "wrod"):
        assert f"found    {found}" in done.err
    assert 'did you mean "html"' in done.err
    done = call("report", str(run), "--language", "fra")
    assert (done.status, done.out) == (2, "")
    assert 'did you mean "fr"' in done.err


def test_the_locale_is_that_of_tables(call: Call, run: Path) -> None:
    assert call("report", str(run), "--format", "csv", "--locale", "fr").status == 0
    assert ";" in (run / "tables" / "totals.csv").read_text(encoding="utf-8-sig").partition("\n")[0]
    for arguments, hint in (("--locale fr", "--format csv"), ("--format csv --locale french-ish", "french-ish")):
        done = call("report", str(run), *arguments.split())
        assert (done.status, done.out) == (2, "")
        assert hint in done.err


@pytest.mark.slow
def test_documents_without_words_are_written_once(call: Call, run: Path) -> None:
    done = call("report", str(run), "--format", "html,csv", "--language", "en,fr", "--json")
    assert json.loads(done.out)["files"] == {
        "html": str(run / "report.html"),
        "csv": str(run / "tables"),
        "html.fr": str(run / "report.fr.html"),
    }


@pytest.mark.parametrize("part", ["ensemble.nc", "plan.nc", "study.toml", "inputs", "inputs/countries.csv"])
def test_a_run_that_lacks_a_part_says_which(call: Call, run: Path, part: str) -> None:
    (shutil.rmtree if (run / part).is_dir() else Path.unlink)(run / part)
    (run / "report.html").unlink()
    done = call("report", str(run))
    assert (done.status, done.out) == (2, "")
    assert Path(part).name in done.err
    assert "Traceback" not in done.err
    assert not (run / "report.html").exists()


def test_parts_that_documents_do_not_need_may_be_missing(call: Call, run: Path) -> None:
    for name in ("summary.csv", "report.html"):
        (run / name).unlink()
    done = call("report", str(run), "--format", ",".join(name for name in FORMATS if name != "pdf"))
    assert (done.status, done.err) == (0, "")
    assert (run / "report.html").is_file()


def test_a_folder_with_documents_in_it_is_still_a_run(run: Path) -> None:
    for name in ("report.docx", "report.fr.docx", "report.ar.html", "sipmath.json"):
        (run / name).write_text("old")
    for folder, name in (("tables", "cost.csv"), ("report-figures", "a.svg"), ("figures", "a.png")):
        (run / folder).mkdir()
        (run / folder / name).write_text("old")
    assert check_replaceable(run) == run
    (run / "figures" / "holiday.jpeg").write_text("mine")
    with pytest.raises(FileError, match="figures"):
        check_replaceable(run)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_stopped_report_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "report.html").write_text("old")

    def stopped() -> None:
        with added_to(tmp_path) as partial:
            (partial / "report.html").write_text("half")
            raise error

    with pytest.raises(error):
        stopped()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.html", "old")]


def test_a_folder_that_cannot_be_written_is_refused(call: Call, run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    done = call("report", str(run), "--out", str(tmp_path / "file"))
    assert (done.status, done.out) == (2, "")
    assert str(tmp_path / "file") in done.err


def test_a_missing_browser_is_said_before_anything_is_done(
    call: Call, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROME", str(tmp_path / "no-browser"))
    done = call("report", str(run), "--format", "md,pdf")
    assert (done.status, done.out) == (2, "")
    assert "no-browser" in done.err
    assert not (run / "report.md").exists()
    done = call("run", "pops", "--format", "pdf", "--out", "other")
    assert (done.status, done.out) == (2, "")
    assert not Path("other").exists()


def test_a_document_of_tables_replaces_its_folder_whole(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "old.csv").write_text("old")
    with added_to(tmp_path) as partial:
        (partial / "tables").mkdir()
        (partial / "tables" / "new.csv").write_text("new")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["tables", "tables/new.csv"]
