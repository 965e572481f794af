"""Whatever a user hands over, popsim honours it or says what is wrong, and never calls it a fault of its own."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import io
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popsim.cli.main import main

FIXTURES = Path(__file__).parent.parent / "study" / "fixtures"
FILES = ("study.toml", "catalogue/x_first.toml", "catalogue/y_second.toml")
ODD: list[Any] = [
    True, -1, 0, 2.5, -0.0, 10**30, 1e308, 5e-324, float("nan"), float("-inf"), "", "x", "../..", "\x00", "\x1b[31m",
    "a" * 300, [], [[]], [1, "a"], [{}], {}, {"a": 1}, {"family": "lognormal"}, {"family": "constant", "value": 1e300},
    dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.time(1), "all", "/", "=1+1", "é研",
]  # fmt: skip


def call(*arguments: str) -> tuple[int, str]:
    """Exit status and standard error of a command."""
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
    assert status in (0, 2), (arguments, err.getvalue())
    assert "Traceback" not in err.getvalue()
    assert status == 0 or err.getvalue().strip()
    return status, err.getvalue()


def places(table: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


TABLES = {name: tomllib.loads((FIXTURES / "full" / name).read_text(encoding="utf-8")) for name in FILES}
PLACES = [(name, place) for name in FILES for place in places(TABLES[name])]


def mutated(name: str, place: tuple[Any, ...], value: Any) -> str:
    table: Any = copy.deepcopy(TABLES[name])
    inner = table
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return tomli_w.dumps(table)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(FIXTURES / "full", tmp_path_factory.mktemp("any") / "study"))


@pytest.fixture(scope="module")
def run(study: Path) -> Path:
    folder = study.parent / "run"
    assert call("run", str(study), "--scenarios", "60", "--no-drivers", "--out", str(folder))[0] == 0
    return folder


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=st.sampled_from(ODD))
def test_any_value_at_any_key(study: Path, place: tuple[str, tuple[Any, ...]], value: Any) -> None:
    path = study / place[0]
    before = path.read_bytes()
    path.write_text(mutated(*place, value), encoding="utf-8")
    try:
        call("check", str(study))
    finally:
        path.write_bytes(before)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([*FILES, "countries.csv", "prices.csv"]),
    cut=st.floats(0, 1),
    junk=st.sampled_from(
        [b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\r", b'"', b"]", b"[", b"= 1", b"\xe9", b"[" * 5000,
         b"\x1b[2J", b",,,,", b"=1+1"]
    ),
    rest=st.booleans(),
)  # fmt: skip
def test_any_bytes_in_any_file(study: Path, name: str, cut: float, junk: bytes, rest: bool) -> None:
    path = study / name
    before = path.read_bytes()
    at = int(cut * len(before))
    path.write_bytes(before[:at] + junk + (before[at:] if rest else b""))
    try:
        call("check", str(study))
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("ends", [b"\r\n", b"\r"])
def test_ends_of_lines_and_a_byte_order_mark_are_read(study: Path, ends: bytes, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(study, tmp_path / "study"))
    for path in folder.rglob("*.*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", ends))
    assert call("check", str(folder))[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--scenarios", "0"], ["--scenarios", "1e3"], ["--scenarios", "-5"], ["--scenarios", "9" * 30],
        ["--seed", "-1"], ["--seed", "1.5"], ["--seed", "9" * 5000], ["--set", ""], ["--set", "="], ["--set", "a=b=c"],
        ["--set", "study=1"],
        ["--set", "scenarios.count=nan"], ["--set", "scenarios.count=1e400"], ["--set", "scenarios.count=2020-01-01"],
        ["--set", "area.x.include=\x00"], ["--set", "study.name=\x00"], ["--set", "study.name=../x"], ["--set", "=1"],
        ["--set", "a." * 2000 + "b=1"], ["--set", f"a={'[' * 3000}"], ["--set", "study.years=99999999999999999999"],
        ["--out", ""], ["--out", "."], ["--out", "/"], ["--out", "/dev/null"], ["--out", "/proc/x"], ["--out", "\x00"],
        ["--out", "a" * 300], ["--out", "/dev/null/run"], ["--threads", "0"], ["--precision", "0"],
        ["--precision", "nan"], ["--precision", "1e-400"], ["--set", "money.currency=''"], ["--set", "option=[]"],
        ["--set", "report.coverage=1"], ["--set", "report.breakdowns=[[[]]]"], ["--set", "countries.also=[1]"],
    ],
    ids=range(38),
)  # fmt: skip
def test_odd_options_of_a_run(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    size = [] if words[0] == "--scenarios" else ["--scenarios", "20"]
    call("run", str(study), *size, "--no-drivers", *words)


@pytest.mark.parametrize(
    "name", ["", ".", "/", "\x00", "a" * 5000, "~", "pops\n", "/dev/null", "é/研.toml", "*", "\udce9"]
)
@pytest.mark.parametrize("command", ["check", "report", "compare", "budget", "drivers", "catalogue"])
def test_odd_paths(command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    more = ["--amount", "1e6"] if command == "budget" else []
    assert call(command, name, *more)[0] == 2


@pytest.mark.parametrize("words", [["--amount", "0"], ["--amount", "nan"], ["--amount", "1e308"],
                                   ["--amount", "5e-324"],
                                   ["--confidence", "0"], ["--confidence", "100%"], ["--confidence", "99.9999999%"],
                                   ["--confidence", "1e-300"], ["--amount", "1", "--confidence", "50%"]])  # fmt: skip
@pytest.mark.one_in(3)
def test_odd_budgets(run: Path, words: list[str]) -> None:
    call("budget", str(run), *words)


def spoilt(folder: Path, how: str) -> None:
    name, _, what = how.partition(" ")
    path = folder / name
    if what == "missing":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif what == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "noise":
        path.write_bytes(np.random.default_rng(1).bytes(5000))
    elif what == "folder":
        path.unlink()
        path.mkdir()
    elif what == "other":
        path.unlink()
        xr.Dataset({"cost": ("time", [1.0, 2.0])}, attrs={"plan_digest": 5}).to_netcdf(path)
    elif what == "bare":
        with xr.open_dataset(path) as opened:
            attributes = opened.load().attrs
        path.unlink()
        xr.Dataset({"cost": ("scenario", [1.0, 2.0])}, attrs=attributes).to_netcdf(path)
    elif what == "unlabelled":
        with xr.open_dataset(path) as opened:
            dataset = opened.load()
        path.unlink()
        dataset.drop_vars("option").assign_attrs(seed="x", coverage="y").to_netcdf(path)
    else:
        path.write_text(what, encoding="utf-8")


@pytest.mark.parametrize(
    "how",
    [
        f"{name} {what}"
        for name in ("ensemble.nc", "plan.nc", "study.toml")
        for what in ("missing", "cut", "empty", "noise", "folder", "other")
    ]
    + ["ensemble.nc bare", "ensemble.nc unlabelled", "inputs missing", "study.toml format = 1"],
)
def test_odd_run_folders(run: Path, how: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    spoilt(folder, how)
    statuses = [call(*words)[0] for words in (["report", str(folder)], ["compare", str(folder)],
                                              ["budget", str(folder), "--confidence", "50%"])]  # fmt: skip
    assert set(statuses) == {2}
