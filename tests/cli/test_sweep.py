"""`popsim sweep` and `popsim solve`: what they print and keep; a sweep that is stopped goes on to the same bytes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

import popsim as ps
from popsim.cli.main import main
from popsim.engine import sweep_folder
from popsim.engine.run_folder import unfinished_of
from tests.engine.faults import Killed, number_of_operations, stopped_at

YEARS = ",".join(f"{year / 20:g}" for year in range(50))
ASKED = ("sweep", "example", "--grid", f"start.years={YEARS}", "--no-options", "--scenarios", "60", "--out", "swept")
"""Cases for three parts, since each moves all payments."""


def content(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a sweep gives that nothing stops."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        with pytest.raises(SystemExit) as leaving:
            main(ASKED)
        assert not leaving.value.code
    return content(folder / "swept")


def test_a_piece_of_a_netcdf_file_that_cannot_be_written_is_said(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, content: memoryview) -> None:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "write_bytes", broken)
    done = call("sweep", "example", "--grid", "start.years=0,1", "--scenarios", "20", "--out", "swept")
    assert (done.status, done.out) == (2, "")
    assert "Input/output error" in done.err
    assert "to mend  make room" in done.err


def test_a_sweep_prints_a_row_for_each_case_and_keeps_all_scenarios(call: Callable[..., Any]) -> None:
    grids = ("--grid", "financing.cofinancing=0.1,0.3", "--grid", "start.years=0,1")
    done = call("sweep", "example", *grids, "--scenarios", "200", "--amount", "60e6", "--of", "financing_need")
    assert done.status == 0
    rows = [line.split() for line in done.out.splitlines() if line.startswith("0.")]
    assert [row[:2] for row in rows] == [["0.1", "0"], ["0.1", "1"], ["0.3", "0"], ["0.3", "1"]]
    assert "Financing need: range (90 % interval) of each case" in done.out
    dataset = ps.load_sweep("results/example-sweep")
    again = ps.sweep("example", grid={"financing.cofinancing": [0.1, 0.3], "start.years": [0, 1]}, scenarios=200)
    np.testing.assert_array_equal(dataset["financing_need"], again["financing_need"])
    table = pd.read_csv("results/example-sweep/sweep.csv")
    found = ps.compare_cases(again, variable="financing_need")["median"].values
    row = table[(table.option == "full") & (table.total == "financing_need")]
    np.testing.assert_allclose(row["median"], found, rtol=1e-12)
    assert ps.load_study("results/example-sweep/study.toml").scenarios == 200
    again = call("sweep", "example", *grids, "--scenarios", "100")
    assert "replaced the run of" in again.err


def test_cases_of_a_file(call: Callable[..., Any]) -> None:
    Path("cases.csv").write_text("financing.cofinancing;countries.without\n0.2;\n;['BEN']\n".replace("'", '"'))
    done = call("sweep", "example", "--cases", "cases.csv", "--scenarios", "50", "--breakdown", "area", "--json")
    assert done.status == 0
    found = json.loads(done.out)
    assert [case["case"] for case in found["cases"]] == [0, 1]
    assert len(found["options"]["without_sirens"]["cost"]) == 2
    dataset = ps.load_sweep("results/example-sweep")
    alone = ps.simulate(ps.load_study("example", {"countries.without": ["BEN"]}), scenarios=50, breakdowns=["area"])
    np.testing.assert_array_equal(dataset["cost_by_area"][1], alone["cost_by_area"])


def test_cases_that_fail_are_named_and_the_status_says_so(call: Callable[..., Any]) -> None:
    done = call("sweep", "example", "--grid", "financing.cofinancing=0.1,7", "--scenarios", "50")
    assert done.status == 2
    assert "Case 1 failed: financing.cofinancing = 7\noverride financing.cofinancing\n" in done.err
    assert "50 scenarios in each of 1 cases" in done.out
    assert np.isnan(ps.load_sweep("results/example-sweep")["cost"].sel(cofinancing=7)).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "state either --grid KEY=V1,V2"),
        (("--grid", "start.years"), "KEY=V1,V2"),
        (("--grid", "start.years=1", "--grid", "start.years=2"), "given more than once"),
        (("--grid", "start.years=[1"), "values as TOML writes them"),
        (("--grid", "start.yeers=1,2"), 'did you mean "start.years"'),
        (("--grid", "financing.cofinancing=7,8"), "cofinancing <= 1"),
        (("--cases", "nothing.csv"), "nothing.csv"),
        (("--cases", "empty.csv"), "a row for each case"),
        (("--cases", "wrong.csv"), "line 2, column start.years"),
    ],
)
def test_what_is_wrong_is_said_and_leaves_nothing(call: Callable[..., Any], words: tuple[str, ...], said: str) -> None:
    Path("empty.csv").write_text("start.years\n")
    Path("wrong.csv").write_text("start.years\n[1\n")
    done = call("sweep", "example", *words, "--scenarios", "20")
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert not Path("results/example-sweep").exists()
    assert not unfinished_of(Path("results/example-sweep")).exists()


def stop_after(parts: int, patched: pytest.MonkeyPatch) -> None:
    write, count = sweep_folder.write_part, [0]

    def stopping(*arguments: Any) -> None:
        if count[0] == parts:
            raise KeyboardInterrupt
        count[0] += 1
        write(*arguments)

    patched.setattr("popsim.engine.sweep_folder.write_part", stopping)


@pytest.mark.parametrize("again", [("resume", "swept"), ASKED], ids=["resume", "the same command"])
def test_a_sweep_that_was_interrupted_computes_no_finished_case_again(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes], again: tuple[str, ...]
) -> None:
    with monkeypatch.context() as patched:
        stop_after(1, patched)
        done = call(*ASKED)
    assert (done.status, done.out) == (130, "")
    assert "To go on: popsim resume swept" in done.err
    other = call("sweep", "example", "--grid", "start.years=0,1", "--out", "swept")
    assert (other.status, "`popsim resume swept` goes on with it" in other.err) == (2, True)
    other = call("run", "example", "--out", "swept")
    assert (other.status, "`popsim resume swept` goes on with it" in other.err) == (2, True)
    done = call(*again)
    assert (done.status, "Going on with a sweep, of which 24 of 50 cases are done." in done.err) == (0, True)
    assert content(Path("swept")) == uninterrupted


def test_a_sweep_whose_cases_were_all_finished_when_it_was_stopped_is_completed(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("popsim.engine.sweep_folder.write_sweep", Mock(side_effect=KeyboardInterrupt))
        assert call(*ASKED).status == 130
    done = call("resume", "swept")
    assert (done.status, "Going on with a sweep, of which 50 of 50 cases are done." in done.err) == (0, True)
    assert content(Path("swept")) == uninterrupted


def test_wherever_a_sweep_stops_it_goes_on_to_the_same_bytes(
    call: Callable[..., Any], uninterrupted: dict[str, bytes]
) -> None:
    """Stopped at every third operation on a file, each time going on from where it was."""
    total = number_of_operations(lambda: call(*ASKED[:-1], "counted"))
    assert total > 20
    for count in range(0, total, 3):
        try:
            with stopped_at(count):
                call(*ASKED)
        except Killed:
            pass
        if Path("swept").exists():
            break
    call(*ASKED)
    assert content(Path("swept")) == uninterrupted


def test_a_damaged_part_is_refused(call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        stop_after(1, patched)
        call(*ASKED)
    (part,) = (unfinished_of(Path("swept")) / "cases").iterdir()
    data = bytearray(part.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    part.write_bytes(data)
    done = call("resume", "swept")
    assert (done.status, done.out) == (2, "")
    assert "remove it: its cases are simulated again" in done.err
    part.unlink()
    assert call("resume", "swept").status == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("kills", [pytest.param(1, marks=pytest.mark.slow), pytest.param(25, marks=pytest.mark.kills)])
def test_killed_at_random_moments_it_resumes_to_the_same_bits(
    tmp_path: Path, uninterrupted: dict[str, bytes], kills: int
) -> None:
    """Processes of their own, killed without warning."""
    popsim = (sys.executable, "-m", "popsim")
    begun = time.monotonic()
    subprocess.run([*popsim, *ASKED], cwd=tmp_path, check=True, capture_output=True)
    took = time.monotonic() - begun
    whole = content(tmp_path / "swept")
    assert whole["sweep.nc"] == uninterrupted["sweep.nc"]
    moments = random.Random(1)
    for kill in range(kills):
        folder = tmp_path / str(kill)
        folder.mkdir()
        with subprocess.Popen(
            [*popsim, *ASKED], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as it:
            time.sleep(moments.uniform(0.3, 1.0) * took)
            it.send_signal(signal.SIGKILL)
        if not (folder / "swept").exists():
            again = subprocess.run([*popsim, *ASKED], cwd=folder, check=False, capture_output=True, text=True)
            assert again.returncode == 0, again.stderr
        assert content(folder / "swept") == whole
        assert [path.name for path in folder.iterdir()] == ["swept"]


def test_solve_prints_the_value_its_error_and_what_it_is_for(call: Callable[..., Any]) -> None:
    words = ("--vary", "financing.cofinancing", "--confidence", "80%", "--amount", "60e6", "--of", "financing_need")
    done = call("solve", "example", *words, "--scenarios", "500")
    assert done.status == 0
    assert "financing.cofinancing = 0.05" in done.out
    assert "60 million is enough with 80 % confidence" in " ".join(done.out.replace("\xa0", " ").split())
    found = json.loads(call("solve", "example", *words, "--scenarios", "500", "--json").out)
    alone = ps.solve("example", vary=words[1], confidence=0.8, amount=60e6, variable="financing_need", scenarios=500)
    assert found["value"] == alone["value"].item()
    assert found["value_error"] == alone["value_error"].item()
    assert [each["value"] for each in found["tried"]] == sorted(alone["tried"].values.tolist())


def test_solve_says_why_there_is_no_value(call: Callable[..., Any]) -> None:
    words = ("--vary", "financing.cofinancing", "--confidence", "80%", "--of", "financing_need", "--scenarios", "200")
    done = call("solve", "example", *words, "--amount", "1e9")
    assert (done.status, done.out) == (2, "")
    assert "every value from 0 to 1 meets" in done.err
