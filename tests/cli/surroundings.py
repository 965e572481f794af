"""Commands in hostile surroundings: each ends well, or says what is wrong and leaves nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from popsim.schema import ENSEMBLE_FILE, STORE_FILE

FULL = Path(__file__).parent.parent / "study" / "fixtures" / "full"
QUICK = "--no-drivers --no-assumptions"
COSTS = """\
area,name,kind,years,currency,price year,p05,p95,basis,rationale
c: Focal unit,Running the unit,per-year,all,USD,2024,40000,80000,judgement,Known.
"""

COMMANDS = (
    f"run study --scenarios 60 {QUICK} --format html,docx,xlsx,md,csv,sipmath --out new",
    f"run study --scenarios 60 {QUICK} --memory 400MB --format md --out new",
    "check study",
    "check run",
    "check nowhere",
    "resume run",
    "extend run --scenarios 80",
    "rerun run",
    "clean .",
    "report run --format md,csv",
    "report run --format html,docx,xlsx",
    "figures run --format svg,png",
    "budget run --amount 1000 --json",
    "compare run",
    "drivers study --scenarios 1024",
    "assumptions study --scenarios 100",
    "sweep study --scenarios 50 --grid money.discount_rate=0.01,0.03 --out swept",
    "solve study --scenarios 100 --vary money.discount_rate --high 0.5 --confidence 80% --amount 1000 --of cost",
    "init mine --study example",
    "import costs.csv --out imported",
    "import --template template.csv",
    "fit data.csv --figure fit.svg",
    "catalogue study/catalogue",
    "families",
    "schema",
    "completion bash",
    "run --help",
    "--version",
)
"""Each is short, and begins in a folder with a study, its run, a table of costs and one of data."""


@dataclass(frozen=True)
class Surroundings:
    """What is odd around a command."""

    shell: str = "{}"
    """How a shell of bash calls it."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """Variables that are set; None: taken away."""
    is_silent: bool = False
    """Whether nobody can read standard error."""
    as_nobody: bool = False
    """Whether a user calls it who may write nothing."""


def odd(**variables: str | None) -> Surroundings:
    return Surroundings(environment=variables)


NOWHERE = "/dev/null/nowhere"
SURROUNDINGS: dict[str, Surroundings] = {
    "no standard output": Surroundings("{} >&-"),
    "a full standard output": Surroundings("{} >/dev/full"),
    "no standard error": Surroundings("{} 2>&-", is_silent=True),
    "a full standard error": Surroundings("{} 2>/dev/full", is_silent=True),
    "no streams": Surroundings("{} <&- >&- 2>&-", is_silent=True),
    "full streams": Surroundings("{} >/dev/full 2>&1", is_silent=True),
    "no standard input": Surroundings("{} <&-"),
    "a reader that goes": Surroundings("{} | head -n 1; exit ${{PIPESTATUS[0]}}"),
    "a reader that never came": Surroundings("{} | true; exit ${{PIPESTATUS[0]}}"),
    "ASCII": odd(PYTHONIOENCODING="ascii"),
    "Latin-1": odd(PYTHONIOENCODING="latin-1"),
    "UTF-16": odd(PYTHONIOENCODING="utf-16"),
    "locale C": odd(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
    "no such locale": odd(LC_ALL="xx_YY.nonsense", LANG="@@"),
    "one column": odd(COLUMNS="1", LINES="1"),
    "columns that are no number": odd(COLUMNS="abc", LINES="x"),
    "endless columns": odd(COLUMNS="9" * 30),
    "negative columns": odd(COLUMNS="-5"),
    "colours": odd(FORCE_COLOR="1", CLICOLOR_FORCE="1", TERM="xterm-256color"),
    "no terminal": odd(TERM=None, COLUMNS=None, NO_COLOR="1"),
    "no home": odd(HOME=None),
    "a home that is a file": odd(HOME="/etc/passwd"),
    "nonsense of XDG": odd(XDG_CACHE_HOME="relative", XDG_CONFIG_HOME="/etc/passwd", XDG_DATA_HOME=NOWHERE),
    "no temporary folder": odd(TMPDIR=NOWHERE, TEMP=NOWHERE, TMP=NOWHERE),
    "the backend of a notebook": odd(MPLBACKEND="module://matplotlib_inline.backend_inline", MPLCONFIGDIR=NOWHERE),
    "no threads of numba": odd(NUMBA_NUM_THREADS="0", NUMBA_THREADING_LAYER="nonsense"),
    "nonsense of numba": odd(NUMBA_NUM_THREADS="abc", NUMBA_OPT="9", NUMBA_CPU_NAME="x", NUMBA_DISABLE_JIT="2"),
    "no cache of numba": odd(NUMBA_CACHE_DIR=NOWHERE),
    "nonsense of OpenMP": odd(OMP_NUM_THREADS="abc", OPENBLAS_NUM_THREADS="-4", BLOSC_NTHREADS="x"),
    "nonsense of dask": odd(DASK_CONFIG=NOWHERE, DASK_SCHEDULER="nonsense", DASK_ARRAY__CHUNK_SIZE="abc"),
    "nonsense of Zarr": odd(ZARR_ASYNC__CONCURRENCY="abc", ZARR_THREADING__MAX_WORKERS="x"),
    "nonsense of HDF5": odd(HDF5_USE_FILE_LOCKING="x", HDF5_PLUGIN_PATH=NOWHERE),
    "warnings as errors": odd(PYTHONWARNINGS="error"),
    "no such zone of time": odd(TZ="Nowhere/Land"),
    "a zone of time that is another file": odd(TZ=":/etc/passwd"),
    "a day beyond the calendar": odd(SOURCE_DATE_EPOCH="9" * 30),
    "a day that is none": odd(SOURCE_DATE_EPOCH="yesterday"),
    "no docstrings": odd(PYTHONOPTIMIZE="2", PYTHONDONTWRITEBYTECODE="1"),
    **{f"{size} MiB of address space": Surroundings(f"ulimit -v {size << 10}; {{}}") for size in (64, 300, 700, 1600)},
    **{f"{count} open files": Surroundings(f"ulimit -n {count}; {{}}") for count in (10, 24, 64)},
    **{f"files of {size} KiB": Surroundings(f"ulimit -f {size}; {{}}") for size in (0, 1, 16, 128, 256)},
    "no second thread": Surroundings("ulimit -u 1; {}", as_nobody=True),
    "a small stack": Surroundings("ulimit -s 256; {}"),
    "a folder that may not be written": Surroundings(as_nobody=True),
    "no current folder": Surroundings("mkdir gone; cd gone; rmdir ../gone; {}"),
}

UNWANTED = ("Traceback", "fault is its own", "Exception ignored", "Fatal Python", "Warning:")
"""Words that no user may find on standard error."""
SECONDS = 120.0
"""A command that takes longer hangs."""


@dataclass(frozen=True)
class Finding:
    """A command that did not end as it should."""

    surroundings: str
    command: str
    what: str
    said: str


def prepare(folder: Path) -> None:
    """Put into a folder what commands work on."""
    shutil.copytree(FULL, folder / "study")
    (folder / "costs.csv").write_text(COSTS, encoding="utf-8")
    (folder / "data.csv").write_text("amount\n1e6\n2e6\n4e6\n3e6\n2.5e6\n", encoding="utf-8")
    made = call(folder, Surroundings(), f"run study --scenarios 60 {QUICK} --format html --out run")
    assert made.returncode == 0, made.stderr


def call(folder: Path, around: Surroundings, command: str) -> subprocess.CompletedProcess[str]:
    """Call a command in a folder."""
    environment = {**os.environ, "COLUMNS": "80", **around.environment}
    is_other = around.as_nobody and os.getuid() == 0 and is_for_everybody()
    owner = {"user": 65534, "group": 65534, "extra_groups": []} if is_other else {}
    return subprocess.run(
        ["bash", "-c", around.shell.format(f"'{sys.executable}' -m popsim {command}")],
        cwd=folder,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS,
        **owner,  # type: ignore[call-overload]
    )


def is_for_everybody() -> bool:
    """Return whether other users may call this Python and read popsim; in the home folder of root they may not."""
    places = (Path(sys.executable).resolve(), Path(sys.prefix).resolve(), Path(__file__).resolve())
    return all(each.stat().st_mode & 0o001 for place in places for each in place.parents)


def tried(prepared: Path, name: str, command: str) -> Finding | None:
    """Try a command in surroundings; return what was not as it should be."""
    around = SURROUNDINGS[name]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "folder")
        shutil.copytree(prepared, folder)
        os.chmod(place, 0o755)
        before = content(folder)
        try:
            done = call(folder, around, command)
        except subprocess.TimeoutExpired:
            return Finding(name, command, f"it hangs for {SECONDS} s", "")
        after = content(folder)
    what = ""
    if done.returncode not in (0, 2):
        what = f"exit status {done.returncode}"
    elif word := next((each for each in UNWANTED if each in done.stderr), ""):
        what = f"{word!r} on standard error"
    elif done.returncode == 2 and not (done.stderr.strip() or around.is_silent):
        what = "refused without a word"
    elif left := [each for each in after if ".partial" in each or ".removing" in each]:
        what = f"left behind: {left[:3]}"
    elif lost := [each for each in before if not {each, *_instead_of(each)} & after.keys()]:
        what = f"lost: {lost[:3]}"
    return Finding(name, command, what, done.stderr[-1500:]) if what else None


def _instead_of(name: str) -> list[str]:
    """Return what may stand in the place of a file: a run that grows beyond the memory has a store."""
    folder, _, file = name.rpartition("/")
    return [f"{folder}/{STORE_FILE}/zarr.json"] if file == ENSEMBLE_FILE else []


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their names."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def try_surroundings(count: int, seed: int, first: int) -> list[Finding]:
    """Try commands in surroundings, those of a seed from a first number on; all of them come before any again."""
    every = [(name, command) for name in SURROUNDINGS for command in COMMANDS]
    order = np.random.default_rng(seed).permutation(len(every))
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place))
        os.chmod(place, 0o755)
        chosen = [every[order[k % len(every)]] for k in range(first, first + count)]
        return [found for name, command in chosen if (found := tried(Path(place), name, command)) is not None]
