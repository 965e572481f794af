"""The whole `popsim run`, with kernels to compile and with kernels at hand, and the memory of the largest jobs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.ratios import timed

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = 10_000_000


def run_command(folder: Path, cache: Path | None, small: bool) -> None:
    """Run the packaged study as a user would; None for the cache of compiled kernels that the user has."""
    words = ["example", "--scenarios", "1000"] if small else []
    command = [sys.executable, "-c", "from popsim.cli.main import main; main()", "run", *words, "--out", str(folder)]
    environment = {**os.environ, **({} if cache is None else {"NUMBA_CACHE_DIR": str(cache)})}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("what", "limit"), [("first run ever (no compiled kernels)", 12.0), ("warm", 2.5)], ids=["cold", "warm"]
)
def test_run(benchmark: BenchmarkFixture, tmp_path: Path, what: str, limit: float, small: bool) -> None:
    cold = what != "warm"
    turn = iter(range(100))

    def prepare() -> tuple[tuple[Path, Path | None, bool], dict[str, object]]:
        number = next(turn)
        return (tmp_path / f"run{number}", tmp_path / f"cache{number}" if cold else None, small), {}

    if not cold and not small:
        run_command(tmp_path / "before", None, small)
    benchmark.group = "run"
    benchmark.extra_info.update(kind="limit", what=f"`popsim run`, {what}", unit="s", limit=limit)
    benchmark.pedantic(run_command, setup=prepare, rounds=1 if small else 3 if cold else 7)


START_UP = {
    "import": ("`import popsim`, above starting Python", "import popsim", 0.060, True),
    "help": ("`popsim --help`, process and all", "from popsim.cli.main import main; main(['--help'])", 0.4, False),
}


@pytest.mark.parametrize("key", START_UP)
def test_start_up(benchmark: BenchmarkFixture, key: str, small: bool) -> None:
    what, code, limit, above_python = START_UP[key]

    def start(script: str = code) -> None:
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)

    rounds = 1 if small else 15
    bare = statistics.median(timed(lambda: start("pass")) for _ in range(rounds)) if above_python else 0.0
    benchmark.group = "run"
    benchmark.pedantic(start, rounds=rounds)
    # Without statistics (--benchmark-disable) nothing is measured.
    measured = {} if benchmark.stats is None else {"value": benchmark.stats.stats.median - bare}
    benchmark.extra_info.update(kind="limit", what=what, unit="s", limit=limit, **measured)


REPORT = """
import resource, sys
if sys.platform == "linux":
    # Not ru_maxrss: on Linux a process takes over the peak of the one that started it.
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    print(float(line.split()[1]) / 1024.0)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0**2)
"""


def peak_memory(script: str) -> float:
    """Peak resident memory of a Python process of its own that runs a script, in MiB."""
    command = [sys.executable, "-c", script + REPORT]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


FUSED = "import popsim as ps\nfrom benchmarks import jobs\nps.simulate(jobs.shared_plan(), {count}, breakdowns={names})"

MEMORY = {
    "breakdowns": (
        "fused job, 10^7 scenarios, by area and region: peak memory",
        '["area", "region"]',
        False,
        1536.0,
    ),
    "cost": ("the same, `cost` only: peak memory above `import popsim`", "[]", True, 400.0),
}


@pytest.mark.parametrize("key", MEMORY)
def test_memory(benchmark: BenchmarkFixture, key: str, small: bool) -> None:
    what, names, above_import, limit = MEMORY[key]
    count = 10_000 if small else SCENARIOS
    base = peak_memory("import popsim") if above_import else 0.0
    script = FUSED.format(count=count, names=names)
    peak = benchmark.pedantic(lambda: peak_memory(script), rounds=1)
    benchmark.group = "memory"
    benchmark.extra_info.update(kind="limit", what=what, unit="MiB", limit=limit, value=peak - base)


DOCUMENTS = {
    "page": ("`popsim report`, the page of a finished run", "html", 2.0),
    "all": ("`popsim report`, all formats of a finished run", "html,docx,xlsx,md,csv,sipmath", 12.0),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, small: bool) -> Path:
    """Folder of a finished run of the packaged study."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    run_command(folder, None, small)
    return folder


@pytest.mark.parametrize("key", DOCUMENTS)
def test_documents(benchmark: BenchmarkFixture, tmp_path: Path, finished: Path, key: str, small: bool) -> None:
    what, formats, limit = DOCUMENTS[key]
    code = "from popsim.cli.main import main; main()"
    command = [sys.executable, "-c", code, "report", str(finished), "--format", formats, "--out", str(tmp_path)]
    benchmark.group = "run"
    benchmark.extra_info.update(kind="limit", what=what, unit="s", limit=limit)
    benchmark.pedantic(
        lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), rounds=1 if small else 7
    )


ON_A_RUN = {
    "budget": ("`popsim budget` on a finished run", ["--confidence", "80%"]),
    "compare": ("`popsim compare` on a finished run", []),
}


@pytest.mark.parametrize("key", ON_A_RUN)
def test_commands_on_a_run(benchmark: BenchmarkFixture, finished: Path, key: str, small: bool) -> None:
    what, more = ON_A_RUN[key]
    command = [sys.executable, "-c", "from popsim.cli.main import main; main()", key, str(finished), *more]
    benchmark.group = "run"
    benchmark.extra_info.update(kind="limit", what=what, unit="s", limit=1.0)
    benchmark.pedantic(
        lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), rounds=1 if small else 7
    )
