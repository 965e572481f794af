"""``popsim figures``: the figures of a run as files that stand alone."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib.image
import pytest

from popsim.cli.folder import check_replaceable
from popsim.errors import FileError

Call = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, plain: Path) -> Path:
    """A quick run."""
    from popsim.cli.main import main

    folder = tmp_path_factory.mktemp("figures") / "run"
    quick = ["--no-drivers", "--no-assumptions"]
    with pytest.raises(SystemExit) as leaving:
        main(["run", str(plain), "--scenarios", "200", "--out", str(folder), *quick])
    assert leaving.value.code == 0
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of it to be changed."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def words(path: Path) -> list[str]:
    return [element.text or "" for element in ET.parse(path).getroot().iter(f"{SVG}text")]


def test_every_figure_of_the_report_is_a_file(call: Call, run: Path) -> None:
    done = call("figures", str(run), "--json")
    assert (done.status, done.err) == (0, "")
    listed = json.loads(done.out)["figures"]
    page = (run / "report.html").read_text(encoding="utf-8")
    assert len([name for name in listed if not name.startswith("groups-")]) == page.count("<figure") >= 3
    assert {"s-curve", "areas", "groups-region"} <= set(listed)
    assert "Technology transfer" in words(run / "figures" / "areas.svg")
    assert all(Path(path).is_file() for paths in listed.values() for path in paths)


@pytest.mark.slow
def test_a_run_gives_the_same_bytes_each_time_in_every_format(call: Call, run: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        assert call("figures", str(run), "--format", "svg, PNG,pdf", "--out", str(folder)).status == 0
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert first == second
    assert {name.rpartition(".")[2] for name in first} == {"svg", "png", "pdf"}
    wide = matplotlib.image.imread(io.BytesIO(first["areas.png"])).shape[1]
    assert wide == pytest.approx(160.0 / 25.4 * 300.0, abs=2.0)
    assert first["areas.pdf"].startswith(b"%PDF")
    assert not (run / "figures").exists()


@pytest.mark.slow
def test_another_language_has_files_of_its_own(call: Call, run: Path) -> None:
    call("figures", str(run))
    english = (run / "figures" / "years.svg").read_bytes()
    assert call("figures", str(run), "--language", "fr").status == 0
    assert (run / "figures" / "years.svg").read_bytes() == english
    # French marks thousands with a narrow space and decimals with a comma.
    assert any("\u202f" in text for text in words(run / "figures" / "areas.fr.svg"))
    assert not any("\u202f" in text for text in words(run / "figures" / "areas.svg"))


def test_unknown_formats_are_refused_together(call: Call, run: Path) -> None:
    done = call("figures", str(run), "--format", "jpeg,svg,pgn")
    assert (done.status, done.out) == (2, "")
    assert "found    jpeg" in done.err
    assert 'did you mean "png"' in done.err
    assert not (run / "figures").exists()


def test_what_is_no_run_is_refused(call: Call, tmp_path: Path) -> None:
    done = call("figures", str(tmp_path))
    assert (done.status, done.out) == (2, "")
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_a_new_run_may_replace_figures_but_nothing_else(call: Call, run: Path) -> None:
    call("figures", str(run), "--format", "svg,png")
    assert check_replaceable(run) == run.resolve()
    (run / "figures" / "mine.docx").write_text("notes")
    with pytest.raises(FileError, match="figures"):
        check_replaceable(run)
