"""The page of speed over time, and the comparison of two measurements."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.history import MARK, main, page, read_all

JOBS = {"job one": 10.0, "job two": None}


@pytest.fixture
def measured(tmp_path: Path):
    """Write a file as pytest-benchmark does: each job takes 0.1 s, the reference as many times that as is said."""

    def write(name: str, day: int, **ratios: float) -> Path:
        entries = [
            {
                "stats": {"median": 0.1},
                "extra_info": {
                    "kind": "ratio",
                    "work": job.replace("_", " "),
                    "against": "numpy",
                    "reference": 0.1 * ratio,
                    "target": JOBS.get(job.replace("_", " ")),
                },
            }
            for job, ratio in ratios.items()
        ]
        entries.append({"stats": {"median": 1.0}, "extra_info": {"kind": "stage", "what": "else"}})
        content = {
            "datetime": f"2026-03-{day:02}T03:17:00+00:00",
            "commit_info": {"id": "0123456789abcdef"},
            "machine_info": {"machine": "x86_64", "cpu": {"brand_raw": "A processor"}},
            "benchmarks": entries,
        }
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


def test_the_page_shows_measurements_in_the_order_of_time(measured, tmp_path: Path) -> None:
    measured("a.json", 9, job_one=12.0, job_two=3.0)
    measured("b.json", 2, job_one=8.0)
    measured("c.json", 5, job_one=6.0, job_two=2.0)
    assert main(["page", str(tmp_path)]) == 0
    page = (tmp_path / "history.md").read_text(encoding="utf-8")
    assert "3 measurements from 2026-03-02 to 2026-03-09; the last at 0123456789" in page
    assert "| job one, against numpy | 8 x | 6 x | 12 x | 10 x |" in page
    assert "| job two, against numpy | 2 x | 2 x | 3 x |  |" in page
    drawn = (tmp_path / "history.svg").read_text(encoding="utf-8")
    assert ET.fromstring(drawn).tag.endswith("svg")
    assert main(["page", str(tmp_path)]) == 0
    assert (tmp_path / "history.svg").read_text(encoding="utf-8") == drawn


def test_what_is_kept_gives_the_same_page(measured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = measured("a.json", 9, job_one=12.0, the_row_above_on_two_threads=3.0)
    folder = tmp_path / "kept"
    assert main(["keep", str(whole), str(folder)]) == 0
    (kept,) = folder.iterdir()
    assert kept.name == "2026-03-09T0317.json"
    assert str(kept) in capsys.readouterr().out
    pages = []
    for source in (tmp_path, folder):
        assert main(["page", str(source)]) == 0
        pages.append((source / "history.md").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "| job one, on two threads, against numpy | 3 x | 3 x | 3 x |  |" in pages[0]
    assert "stage" not in kept.read_text(encoding="utf-8")


def test_text_above_the_mark_of_a_page_stays(measured, tmp_path: Path) -> None:
    measured("a.json", 9, job_one=12.0)
    written, figure = tmp_path / "docs" / "speed.md", tmp_path / "docs" / "images" / "speed.svg"
    figure.parent.mkdir(parents=True)
    written.write_text(f"# Ours\n\nWords.\n\n{MARK}\n\nold\n", encoding="utf-8")
    assert main(["page", str(tmp_path), str(written), str(figure)]) == 0
    page = written.read_text(encoding="utf-8")
    assert page.startswith(f"# Ours\n\nWords.\n\n{MARK}\n\nOne measurement on 2026-03-09")
    assert "](images/speed.svg)" in page
    assert "old" not in page
    assert figure.is_file()


def test_the_page_of_the_site_is_that_of_the_stored_measurements(root: Path) -> None:
    stored = read_all(root / "benchmarks" / "history")
    written = (root / "docs" / "speed.md").read_text(encoding="utf-8").partition(MARK)[2]
    assert written.strip() == page(stored, "images/speed.svg").partition("\n\n")[2].strip()
    panels = {group.get("id") for group in ET.parse(root / "docs" / "images" / "speed.svg").iter()}
    assert f"axes_{len(stored[-1].ratios)}" in panels


def test_a_folder_without_measurements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", str(tmp_path)]) == 1
    assert "no JSON files" in capsys.readouterr().err


def test_a_loss_fails_the_comparison(measured, capsys: pytest.CaptureFixture[str]) -> None:
    before = measured("before.json", 1, job_one=10.0, job_two=4.0, job_old=1.0)
    steady = measured("steady.json", 2, job_one=8.0, job_two=4.4, job_new=2.0)
    slow = measured("slow.json", 2, job_one=7.0, job_two=4.0)
    assert main(["compare", str(before), str(steady)]) == 0
    said = capsys.readouterr().out
    assert "-20%      8.00 x  job one, against numpy" in said
    assert "+10%" in said
    assert "new" in said
    assert "gone" in said
    assert main(["compare", str(before), str(slow)]) == 1
    assert "1 ratios lost more than 25%" in capsys.readouterr().out


def test_wrong_words_show_how_to_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare"]) == 2
    assert "benchmarks.history page FOLDER" in capsys.readouterr().err
