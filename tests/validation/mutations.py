"""Do the tests notice deliberate faults? Each is put into a copy of the sources, and its tests have to fail.

    python -m tests.validation.mutations                 every fault; writes docs/validation/mutations.md
    python -m tests.validation.mutations compare sobol   those that match; keeps what the page says of others

First the tests of all faults have to pass without any: a test that fails anyway notices nothing. A fault is noticed
where a test fails; one that keeps the sources from being imported, or tests from ending, is not noticed by a test.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

from .faults import analysis, families, files, kernels, plan, report
from .faults.fault import Fault

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "validation" / "mutations.md"
GROUPS: dict[str, tuple[Fault, ...]] = {
    "Kernels": kernels.FAULTS,
    "Plan, engine and money": plan.FAULTS,
    "Families and fits": families.FAULTS,
    "Analysis": analysis.FAULTS,
    "Report": report.FAULTS,
    "Files": files.FAULTS,
}
FAULTS = tuple(fault for group in GROUPS.values() for fault in group)
SECONDS = 200
"""After which tests are stopped, and have noticed nothing."""
_COPIED = ("popsim", "tests", "distributions", "configs", "docs", "examples", "benchmarks")


class Outcome(NamedTuple):
    """What the tests of a fault did."""

    fault: Fault
    status: int
    """Exit status of pytest: 1 where a test failed."""
    noticed_by: str
    """Name of the first test that failed."""
    seconds: float
    """Processor time."""
    printed: str

    @property
    def is_noticed(self) -> bool:
        """Whether a test failed, and not the import or the collection of tests."""
        return self.status == 1 and bool(self.noticed_by)


def place_of(fault: Fault, root: Path = ROOT) -> int:
    """Return the line of the text that a fault replaces.

    Raises
    ------
    ValueError
        When the text stands there more than once, or not at all.
    """
    text = (root / fault.file).read_text(encoding="utf-8")
    if text.count(fault.old) != 1 or fault.old == fault.new:
        message = f"{fault.file}: {fault.old!r} stands there {text.count(fault.old)} times ({fault.what})"
        raise ValueError(message)
    return text[: text.index(fault.old)].count("\n") + 1


def copy_of_sources(folder: Path) -> Path:
    """Copy what tests need into a folder; files keep their times, by which compiled kernels are known."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".numba_cache"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, folder / path.name)
    return folder


@contextmanager
def fault_in(root: Path, fault: Fault) -> Iterator[None]:
    """Put a fault into a copy of the sources, and take it out again."""
    place_of(fault, root)
    path = root / fault.file
    before, status = path.read_bytes(), path.stat()
    path.write_text(before.decode().replace(fault.old, fault.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


_LOADED = ("dask.array", "hypothesis", "matplotlib", "numba", "pandas", "pydantic", "pytest", "scipy.stats", "xarray")
"""Libraries that most tests load: loaded once, since that takes longer than most tests."""


def run_tests(root: Path, tests: Sequence[str], is_compiled: bool) -> tuple[int, str]:
    """Run tests in a copy of the sources until one fails; return the exit status of pytest and what it printed.

    They run in a child of this process, which has loaded no part of popsim.
    """
    for name in _LOADED:
        importlib.import_module(name)
    with tempfile.TemporaryFile("w+") as printed:
        child = os.fork()
        if child == 0:
            _child(root, tests, is_compiled, printed.fileno())
        status = _ended(child)
        printed.seek(0)
        return status, printed.read() if status >= 0 else f"ended by signal {-status}"


def _child(root: Path, tests: Sequence[str], is_compiled: bool, output: int) -> NoReturn:
    """Become a process that runs tests in a folder, and end."""
    status = 3
    try:
        os.setsid()
        os.chdir(root)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # Compiled Python is told apart by whole seconds, and a fault comes and goes within one.
        sys.dont_write_bytecode = True
        os.environ |= {
            "PYTHONPATH": str(root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUMBA_CACHE_DIR": str(root / ".numba"),
            "NUMBA_DISABLE_JIT": "0" if is_compiled else "1",
        }
        import hypothesis
        import numba
        import pytest

        numba.config.reload_config()
        # That a test fails is enough: the smallest example that fails is not looked for.
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("first-failure", derandomize=True, phases=phases)
        sys.path[:] = [str(root), *(path for path in sys.path if path not in ("", str(ROOT)))]
        for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "popsim")]:
            del sys.modules[name]
        options = ("--hypothesis-profile=first-failure",)
        status = int(
            pytest.main(["-x", "-q", "--tb=line", "--assert=plain", "-p", "no:cacheprovider", *options, *tests])
        )
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _ended(child: int) -> int:
    """Return the exit status of a child, less than zero where a signal ended it, as all that takes too long."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL


def tried(root: Path, fault: Fault) -> Outcome:
    """Return what the tests of a fault do when it is in."""
    before = os.times()
    with fault_in(root, fault):
        status, printed = run_tests(root, fault.tests.split(" "), fault.is_compiled)
    after = os.times()
    failed = re.search(r"^FAILED (\S+)", printed, re.MULTILINE)
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return Outcome(fault, status, failed[1].partition("[")[0] if failed else "", seconds, printed)


def check_control(root: Path, faults: Sequence[Fault]) -> None:
    """See that all tests pass without a fault.

    Raises
    ------
    RuntimeError
        With what a test that fails says.
    """
    for is_compiled in (True, False):
        # Calls of pytest with a selection of their own cannot be put together.
        calls = {fault.tests for fault in faults if fault.is_compiled == is_compiled}
        plain = sorted({test for call in calls if " -k " not in call for test in call.split(" ")})
        for tests in [plain, *(call.split(" ") for call in sorted(calls) if " -k " in call)]:
            status, printed = run_tests(root, tests, is_compiled) if tests else (0, "")
            if status != 0:
                message = f"{' '.join(tests)} fails without a fault:\n{printed}"
                raise RuntimeError(message)


Noticed = dict[tuple[str, str], str]
"""By file and fault, the test that noticed it; `NOTHING` where none did."""

NOTHING = "**nothing**"
NOT_TRIED = "not tried yet"


def noticed_by(outcome: Outcome) -> str:
    """Return the cell of a table that says which test noticed a fault."""
    file, _, test = outcome.noticed_by.rpartition("::")
    return f"`{test}` in {file}" if outcome.is_noticed else NOTHING


def noticed_on(page: str) -> Noticed:
    """Return what a page says of each fault."""
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in page.splitlines()]
    return {(cells[0], cells[1]): cells[2] for cells in rows if len(cells) == 3 and cells[0].startswith("popsim/")}


def rendered(noticed: Noticed) -> str:
    """Return the page of the dossier."""
    found = [noticed.get((fault.file, fault.what), NOT_TRIED) for fault in FAULTS]
    tried_ = [each for each in found if each != NOT_TRIED]
    lines = [
        "# Deliberate faults",
        "",
        "Made by `make mutations`. Each fault below was put into a copy of the sources, by itself, and the tests that",
        "are named for it in `tests/validation/faults` were run. The same tests pass without a fault.",
        "",
        f"{len(tried_)} of {len(FAULTS)} faults were tried; {len(tried_) - tried_.count(NOTHING)} were noticed.",
    ]
    for group, faults in GROUPS.items():
        lines += ["", f"## {group}", "", "| file | fault | noticed by |", "| --- | --- | --- |"]
        for fault in faults:
            by = noticed.get((fault.file, fault.what), NOT_TRIED)
            lines.append(f"| {fault.file} | {fault.what} | {by} |")
    return "\n".join([*lines, ""])


def main(words: Sequence[str]) -> int:
    """Try all faults, or those whose file or words match; return 1 where one was not noticed."""
    chosen = [each for each in FAULTS if not words or any(word in f"{each.file} {each.what}" for word in words)]
    for fault in chosen:
        place_of(fault)
    outcomes: list[Outcome] = []
    known = noticed_on(PAGE.read_text(encoding="utf-8")) if words and PAGE.exists() else {}
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_sources(Path(folder))
        check_control(root, chosen)
        sys.stdout.write(f"{len(chosen)} faults; their tests pass without them\n")
        for fault in chosen:
            start = time.monotonic()
            outcome = tried(root, fault)
            outcomes.append(outcome)
            # After each, so that what was tried is known where the rest is stopped.
            known[fault.file, fault.what] = noticed_by(outcome)
            PAGE.write_text(rendered(known), encoding="utf-8")
            verdict = f"noticed by {outcome.noticed_by}" if outcome.is_noticed else "NOT NOTICED"
            seconds = time.monotonic() - start
            sys.stdout.write(f"{seconds:5.0f} s  {fault.file}: {fault.what}: {verdict}\n")
            if not outcome.is_noticed:
                sys.stdout.write(outcome.printed[-2_000:] + "\n")
            sys.stdout.flush()
    return 0 if all(outcome.is_noticed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
