"""`popsim compare`: tables at the widths of terminals, everything in JSON, refusals."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.engine.runs import save_run

WANTED: dict[str, Any] = {"scenarios": 300, "breakdowns": ["area", "region", ["area", "year"]]}
NAMES = ["Full programme", "Without technology transfer", "Transfer grows less with population"]


def without(dataset: xr.Dataset, area: str) -> xr.Dataset:
    """Leave an area out of the total and its part, as an option that does not include it."""
    by_area = dataset["cost_by_area"].where(dataset["area"] != area, 0.0)
    return dataset.assign(cost=by_area.sum("area"), cost_by_area=by_area)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, plain: Path) -> Path:
    """A run of three options put together by hand, and one of the study alone."""
    folder = tmp_path_factory.mktemp("runs")
    study = ps.load_study(plain)
    plan = ps.compile(study)
    full = ps.simulate(plan, **WANTED)
    less = ps.simulate(ps.load_study(plain, {"area.f.size_exponent": 0.45}), **WANTED)
    every = []
    for option, part in (("full", full), ("without_f", without(full, "f")), ("smaller", less)):
        financed = part.assign(financing_need=0.5 * part["cost"], financing_need_by_area=0.5 * part["cost_by_area"])
        every.append(financed.assign_coords(option=[option]))
    dataset = xr.concat(every, "option", combine_attrs="override").assign_coords(option_name=("option", NAMES))
    for name, content in (("options", dataset), ("alone", full)):
        (folder / name).mkdir()
        save_run(folder / name, study, plan, content)
    return folder


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_the_terminal(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, runs: Path, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = call("compare", str(runs / "options"))
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= columns
    text = " ".join(done.out.split())
    for words in (
        *("Total cost: each option", "Total cost: difference to “Full programme”", "More Less The same"),
        *("Financing need: each option", "by area", "random numbers of their own", "The other 7 areas cost the same"),
        *("“Without technology transfer”, compared with “Full programme”:", "Less in all of the 300 scenarios"),
    ):
        assert words in text
    assert columns == 80 or all(f"\n{name} " in done.out for name in NAMES)


def test_json_holds_what_the_analysis_says(call: Callable[..., Any], runs: Path) -> None:
    done = call("compare", str(runs / "options"), "--json")
    assert (done.status, done.err) == (0, "")
    said = json.loads(done.out)
    dataset = ps.load_run(runs / "options").dataset
    found = ps.compare(dataset)
    assert (said["baseline"], said["scenarios"], said["currency"]) == ("full", 300, "USD")
    assert [option["id"] for option in said["options"]] == ["full", "without_f", "smaller"]
    assert [option["name"] for option in said["options"]] == NAMES
    assert "difference" not in said["options"][0]
    for option in said["options"][1:]:
        at = found.sel(option=option["id"])
        for total in ("cost", "financing_need"):
            told = option["difference"][total]
            assert told["low"] == at[f"{total}_difference_quantile"].sel(quantile=0.05).item()
            assert told["high_error"] == at[f"{total}_difference_quantile_error"].sel(quantile=0.95).item()
            assert told["mean"] == at[f"{total}_difference_mean"].item()
            for name in ("dearer", "cheaper", "equal", "equal_error", "correlation", "correlation_error"):
                assert told[name] == at[f"{total}_{name}"].item()
            assert told["variance_reduction"] == at[f"{total}_variance_reduction"].item()
            assert told["error_ratio"] == at[f"{total}_error_ratio"].item()
        parts = {entry["label"]: entry for entry in option["difference_by"]["cost"]["area"]}
        assert set(parts) == set("abcdefgh")
        assert sum(entry["mean"] for entry in parts.values()) == pytest.approx(option["difference"]["cost"]["mean"])
        assert parts["f"]["share"] == pytest.approx(1.0)
        assert set(option["difference_by"]["cost"]) == {"area", "region"}
        assert set(option["difference_by"]["financing_need"]) == {"area"}
        levels = np.quantile(dataset["cost"].sel(option=option["id"]), [0.05, 0.5, 0.95])
        assert [option["cost"][name] for name in ("low", "median", "high")] == pytest.approx(levels, rel=1e-14)


def test_any_option_may_be_the_baseline(call: Callable[..., Any], runs: Path) -> None:
    said = json.loads(call("compare", str(runs / "options"), "--baseline", "without_f", "--json").out)
    assert [option["id"] for option in said["options"]] == ["without_f", "full", "smaller"]
    assert said["options"][1]["difference"]["cost"]["dearer"] == 1.0
    done = call("compare", str(runs / "options"), "--baseline", "without_f")
    assert "difference to “Without technology transfer”" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("folder", "arguments", "hint"),
    [
        ("alone", (), "add [[option]] to the study"),
        ("options", ("--baseline", "witout_f"), 'did you mean "without_f"'),
        ("options", ("--baseline", "zzz"), "one of full, without_f, smaller"),
        ("missing", (), "missing"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    call: Callable[..., Any], runs: Path, folder: str, arguments: tuple[str, ...], hint: str
) -> None:
    for more in ((), ("--json",)):
        done = call("compare", str(runs / folder), *arguments, *more)
        assert (done.status, done.out) == (2, "")
        assert hint in done.err
        assert "Traceback" not in done.err


def test_the_report_of_options_is_written_from_the_run(call: Callable[..., Any], runs: Path) -> None:
    assert call("report", str(runs / "options")).status == 0
    page = (runs / "options" / "report.html").read_text(encoding="utf-8")
    assert "Without technology transfer" in page
    assert "What do the options cost?" in page


@pytest.mark.slow
def test_a_stored_run_is_not_read_whole(
    call: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("popsim.engine.memory.needed_in_memory", lambda *_: 2**60)
        words = ("--scenarios", "100000", "--no-drivers", "--no-assumptions", "--format", "md")
        call("run", "example", *words, "--out", str(tmp_path / "run"))
    size = sum(each.stat().st_size for each in (tmp_path / "run" / "ensemble.zarr").rglob("c.*"))
    call("compare", str(tmp_path / "run"), "--json")  # with all that is loaded once
    tracemalloc.start()
    try:
        call("compare", str(tmp_path / "run"), "--json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size
