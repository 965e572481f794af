"""Commands in which one operation on a file fails or ends the process, at whatever place: nothing is lost by it.

`tests/engine/system_calls.c` stands between this process and the system, so that operations count which libraries do in
C, too: HDF5, for example. A process that has loaded popsim forks itself for each fault, which takes a fraction of the
time of a new process. It is run as a script with that file loaded before the C library; see `run_faults`.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import gc
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

SOURCE = Path(__file__).parent.parent / "engine" / "system_calls.c"
ROOT = Path(__file__).parent.parent.parent
LONGEST = 120.0
"""Seconds that a command may take."""
COUNT, FAIL, KILL, FULL = range(4)
FAULTS = {
    "no room": (FAIL, errno.ENOSPC),
    "broken": (FAIL, errno.EIO),
    "full": (FULL, errno.ENOSPC),
    "kill": (KILL, 0),
}
"""What happens at an operation: it alone fails, or all from there on that need room, or the process is killed."""

Words = tuple[str, ...]
Content = dict[str, bytes]
QUICK = ("--threads", "1", "--no-drivers", "--no-assumptions", "--format", "md")
OUT = "results/one"
RUN = ("run", "example", "--scenarios", "1100", "--out", OUT, *QUICK)
SHORTER = ("run", "example", "--scenarios", "700", "--out", OUT, *QUICK)
SWEEP = ("sweep", "example", "--grid", "start.years=0,1", "--scenarios", "40", "--out", OUT, "--threads", "1")


@dataclass(frozen=True)
class Work:
    """A command, and what is there when it is called."""

    command: Words
    before: tuple[Words, ...] = ()
    """Commands that were called before."""
    after_half_of: Words = ()
    """A command that was killed at half of its operations before."""
    in_store: bool = False
    """Whether scenarios are written to a store range by range, as if memory were short."""
    damaged: str = ""
    """A file that was damaged before."""
    aim: Words = ()
    """The command whose result this one is to have, where it is not its own."""
    folder: str = "results"
    """The folder in which its result is."""
    adds_variables: bool = False
    """Whether variables are added to those that are there, whose order in the file is then another the second time."""
    is_careless: bool = False
    """Whether files are written in their place, as they are not to be."""


WORK = {
    "run": Work(RUN),
    "run over another": Work(RUN, before=((*RUN, "--seed", "7"),)),
    "run with a store": Work(RUN, in_store=True),
    "extend": Work(("extend", OUT, "--scenarios", "1100", "--threads", "1"), before=(SHORTER,)),
    "extend with a store": Work(
        ("extend", OUT, "--scenarios", "1100", "--threads", "1"), before=(SHORTER,), in_store=True
    ),
    "resume": Work(("resume", OUT, "--threads", "1"), after_half_of=RUN, aim=RUN, in_store=True),
    "repair": Work(
        ("resume", OUT, "--threads", "1"), before=(RUN,), damaged=f"{OUT}/ensemble.zarr/cost/c.0.0", in_store=True
    ),
    "report": Work(("report", OUT, "--format", "md,csv,xlsx"), before=((*RUN, "--seed", "7"),)),
    "report with drivers": Work(("report", OUT, "--format", "md", "--drivers"), before=(SHORTER,), adds_variables=True),
    "sweep": Work(SWEEP),
    "resume of a sweep": Work(("resume", OUT, "--threads", "1"), after_half_of=SWEEP, aim=SWEEP),
    "clean": Work(("clean", "results"), before=(SHORTER,), after_half_of=RUN, in_store=True),
    "init": Work(("init", "results/mine", "--study", "example")),
    "tables of a catalogue": Work(("catalogue", "--tables", "results/mine")),
}
"""By name."""
CARELESS = "careless"
CONTROL = {CARELESS: Work(("init", "results/mine", "--study", "example"), is_careless=True)}


@dataclass(frozen=True)
class Finding:
    """What should not have come of a fault."""

    work: str
    fault: str
    number: int
    operation: str
    what: str

    def __str__(self) -> str:
        return f"{self.work}: {self.fault} at operation {self.number}, {self.operation}: {self.what}"


@dataclass
class Report:
    """How many faults there were of each kind, of how many operations of a command, and what was found."""

    faults: dict[str, int] = field(default_factory=dict)
    operations: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def run_faults(names: Sequence[str] = tuple(WORK), kinds: Sequence[str] = tuple(FAULTS), most: int = 10**6) -> Report:
    """Call commands again and again, each time with another fault; in a process of its own, on Linux.

    Parameters
    ----------
    names, kinds
        Of `WORK` and `FAULTS`.
    most
        Of how many operations of each command, spread evenly, each kind of fault is tried.
    """
    with tempfile.TemporaryDirectory(prefix="popsim-") as folder:
        library = Path(folder, "system_calls.so")
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            message = "a C compiler is missing, of which tests of faults in files have need: apt-get install gcc"
            raise RuntimeError(message)
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
        done = subprocess.run(
            [sys.executable, "-m", "tests.cli.system_faults", folder, json.dumps([names, kinds, most])],
            cwd=ROOT,
            env={**os.environ, "LD_PRELOAD": str(library), "SOURCE_DATE_EPOCH": "86400"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        report = Report(**json.loads(Path(folder, "report").read_text(encoding="utf-8")))
    report.findings = [Finding(**each) for each in report.findings]  # type: ignore[arg-type]
    return report


class Calls:
    """The functions of `system_calls.c`, which this process has loaded."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        for name in ("faults_name", "faults_path"):
            getattr(self._library, name).restype = ctypes.c_char_p
        self._library.faults_disarm.restype = ctypes.c_long
        if self._library.faults_prepare():
            message = "no memory to share"
            raise MemoryError(message)

    def arm(self, folder: Path, number: int, fault: str = "") -> None:
        how, error = FAULTS.get(fault, (COUNT, 0))
        self._library.faults_arm(os.fsencode(folder), ctypes.c_long(number), how, error)

    def list_in(self, file: int) -> None:
        """List operations in an open file, from now on."""
        self._library.faults_list(file)

    def disarm(self) -> int:
        """Return how many operations there were."""
        return int(self._library.faults_disarm())

    @property
    def operation(self) -> str:
        return f"{self._library.faults_name().decode()} {os.fsdecode(self._library.faults_path())}"


CALLS: Calls


@dataclass(frozen=True)
class Ending:
    """How a command in a process of its own ended."""

    status: int
    """As the system says: negative for a signal."""
    answer: Any = None
    operations: int = 0


def in_process(work: Callable[[], Any], folder: Path | None = None, number: int = 0, fault: str = "") -> Ending:
    """Do some work in a copy of this process, with a fault in a folder; what it returns is JSON."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _answer(work, writing, folder, number, fault)
    os.close(writing)
    parts, end = [], time.monotonic() + LONGEST
    while time.monotonic() < end:
        if select.select([reading], [], [], 1.0)[0]:
            if not (part := os.read(reading, 2**16)):
                break
            parts.append(part)
    else:
        os.kill(process, signal.SIGABRT)
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return Ending(status, json.loads(b"".join(parts) or b"null"), CALLS.disarm())


def _answer(work: Callable[[], Any], writing: int, folder: Path | None, number: int, fault: str) -> NoReturn:
    """Do the work and end as processes end: with what libraries do then."""
    if folder is not None:
        CALLS.arm(folder, number, fault)
    status = 0
    try:
        answer = json.dumps(work())
    except SystemExit as leaving:
        answer, status = "null", int(leaving.code or 0)
    except BaseException as error:
        answer, status = json.dumps(f"{type(error).__name__}: {error}"), 1
    with os.fdopen(writing, "w") as file:
        file.write(answer)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    gc.collect()
    atexit._run_exitfuncs()
    ctypes.CDLL(None).exit(status)
    raise AssertionError


def commanded(words: Words, work: Work, folder: Path, number: int = 0, fault: str = "") -> Ending:
    """Call a command as a shell does, in a copy of this process, with a fault in a folder."""
    said = folder.with_name("said")

    def done_by_shell() -> None:
        prepare(work)
        for stream, name in ((1, "out"), (2, "err")):
            file = os.open(f"{said}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(file, stream)
        sys.argv = ["popsim", *words]
        from popsim.cli.main import main

        main()

    done = in_process(done_by_shell, folder, number, fault)
    out, err = (Path(f"{said}.{name}").read_text(encoding="utf-8") for name in ("out", "err"))
    return Ending(done.status, {"status": done.status, "out": out, "err": err}, done.operations)


def prepare(work: Work) -> None:
    """Let commands work as if memory were short, and ranges small; or write files in their place."""
    import popsim.cli.init
    import popsim.engine.memory
    import popsim.engine.store

    if work.is_careless:
        popsim.cli.init.added_to = nullcontext  # type: ignore[assignment]
    if work.in_store:
        popsim.engine.memory.needed_in_memory = lambda *_: 2**60
        popsim.engine.store.range_length = lambda *_: 512  # type: ignore[assignment]


def call(words: Words, work: Work) -> dict[str, Any]:
    """Call a command within this process."""
    from tests.engine.damaged import called

    prepare(work)
    return asdict(called(words))


def content(folder: Path) -> Content:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in Path(name).parts)


class Trial:
    """One command, and all faults that it is tried with."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.work = name, {**WORK, **CONTROL}[name]
        self.folder, self.start = folder / "here", folder / "start"
        self.start.mkdir()
        self._copy()
        for words in self.work.before:
            self._do(words)
        if self.work.after_half_of:
            shutil.copytree(self.folder, folder / "counted")
            operations = commanded(self.work.after_half_of, self.work, self.folder).operations
            self._copy(folder / "counted")
            commanded(self.work.after_half_of, self.work, self.folder, operations // 2, "kill")
        if self.work.damaged:
            path = self.folder / self.work.damaged
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        shutil.rmtree(self.start)
        shutil.copytree(self.folder, self.start, symlinks=True)
        self.old = self._whole()
        with (folder / "operations").open("w+b") as listed:
            CALLS.list_in(listed.fileno())
            done = commanded(self.work.command, self.work, self.folder)
            CALLS.list_in(-1)
            listed.seek(0)
            self._listed = listed.read().decode().splitlines()
        if done.answer["status"] != 0:
            raise RuntimeError(done.answer["err"])
        self.operations, self.new = done.operations, self._whole()
        if self.work.aim:
            self._copy(None)
            self._do(self.work.aim)
            assert self._whole() == self.new

    def _copy(self, source: Path | None = None) -> None:
        """Begin where the command begins."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if source is None:
            self.folder.mkdir()
        else:
            shutil.copytree(source, self.folder, symlinks=True)
        os.chdir(self.folder)

    def _do(self, words: Words) -> None:
        done = in_process(lambda: call(words, self.work))
        if done.status or done.answer["status"] != 0:
            raise RuntimeError(done)

    def _whole(self) -> Content:
        """Return what is there but for what is being made."""
        place = self.folder / self.work.folder
        return {name: each for name, each in content(place).items() if not is_hidden(name)} if place.is_dir() else {}

    def numbers(self, most: int, shift: int) -> list[int]:
        """Return operations at which something is to go wrong: those after which another begins, or some of them.

        A library writes a file in hundreds of pieces: the first and the last of them stand for all.
        """
        names = ["", *self._listed, ""]
        edges = [
            place for place in range(1, len(names) - 1) if not names[place - 1] == names[place] == names[place + 1]
        ]
        places = (np.arange(most) + (shift + 0.5) / len(FAULTS)) / most
        return edges if len(edges) <= most else sorted({edges[int(each * len(edges))] for each in places})

    def tried(self, fault: str, number: int) -> Iterator[str]:
        """Call the command with a fault, then what a user would call; yield what is wrong."""
        self._copy(self.start)
        done = commanded(self.work.command, self.work, self.folder, number, fault)
        self.operation = CALLS.operation
        is_over = yield from self._ended(done, fault)
        after = in_process(lambda: list(self._after(number, is_over)))
        yield from after.answer if isinstance(after.answer, list) else [f"then: {after}"]

    def _after(self, number: int, is_over: bool) -> Iterator[str]:
        """Read, clean and call again what a fault has left, as a user would; yield what is wrong."""
        yield from self._unread()
        if is_over and self._whole() != self.new:
            yield f"exit status 0, and {self._differing(self.new)}"
        words = self.work.command
        if number % 2:
            yield from self._cleaned()
            words = self.work.aim or words
        if not number % 2 and any(self.folder.glob(f"{self.work.folder}/.*.unfinished/request.json")):
            words = ("resume", OUT, "--threads", "1")
        again = call(words, self.work)
        if words[0] == "resume" and again["status"] != 0:
            words = self.work.aim or self.work.command
            again = call(words, self.work)
        if again["status"] not in self._allowed_again(is_over):
            yield f"then {words[0]}: {again}"
        elif not self._is_as_new():
            yield f"then {words[0]}: {self._differing(self.new)}"
        yield from self._cleaned()

    def _is_as_new(self) -> bool:
        """Return whether what is there is the new result: its bytes, or its values where variables are added anew."""
        import xarray as xr

        there, ensemble = self._whole(), "one/ensemble.nc"
        names = {name for name in {*there, *self.new} if there.get(name) != self.new.get(name)}
        if not names or not self.work.adds_variables or names != {ensemble, "one/manifest.json"}:
            return not names
        with tempfile.TemporaryDirectory() as folder:
            wanted = Path(folder, "wanted.nc")
            wanted.write_bytes(self.new[ensemble])
            found = xr.load_dataset(self.folder / self.work.folder / ensemble, engine="netcdf4")
            return found.identical(xr.load_dataset(wanted, engine="netcdf4"))

    def _allowed_again(self, is_over: bool) -> tuple[int, ...]:
        """Return what a command may say that is called once more: that there is nothing to go on with, for example."""
        is_done = is_over or self._whole() == self.new
        return (0, 2) if is_done and self.work.command[0] in ("resume", "init") else (0,)

    def _ended(self, done: Ending, fault: str) -> Generator[str, None, bool]:
        """Yield what is wrong with the end of a command with a fault; return whether it said that all went well."""
        if fault == "kill":
            if done.status not in (0, -signal.SIGKILL):
                yield f"ended by {done.status}"
            return done.status == 0
        status, said = done.status, done.answer["err"]
        if status not in (0, 2):
            yield f"ended by {status}: {said}"
        elif status == 2 and (not said.strip() or "standard output" in said):
            yield f"says nothing of it: {said}"
        return bool(status == 0)

    def _unread(self) -> Iterator[str]:
        """Read what is there as the next command does; yield what is wrong with it."""
        import popsim as ps
        from popsim.engine.run_folder import ensure_found
        from popsim.schema import is_document

        target = self.folder / OUT
        ensure_found(target)
        if self.work.damaged or not target.exists():
            if self.old and not target.exists():
                yield "neither old nor new"
            return
        is_same = self._whole() in (self.old, self.new)
        if self.work.command[0] == "report":  # documents take their places one by one
            # A folder of pictures that is replaced is missing for a moment: the same command makes it again.
            kept = {name for name in self.old if not is_document(name.partition("/")[2])}
            is_same = kept <= set(self._whole()) <= {*self.old, *self.new}
        if not is_same:
            yield f"neither old nor new: {self._differing(self.old)}; {self._differing(self.new)}"
        try:
            (ps.load_sweep if "sweep" in self.name else ps.load_run)(target)
        except ps.PopsimError as error:
            yield f"not read: {error}"

    def _cleaned(self) -> Iterator[str]:
        """Clean, and yield what is left nevertheless."""
        if not (self.folder / self.work.folder).is_dir():
            return
        before = self._hidden()
        cleaned = call(("clean", self.work.folder), self.work)
        if cleaned["status"] != 0:
            yield f"then clean: {cleaned}"
        if left := self._hidden():
            yield f"left after clean: {', '.join(left[:3])} of {', '.join(before[:5])}"

    def _hidden(self) -> list[str]:
        # A lock whose holder has not written its name might be somebody's own file; the next command takes it.
        paths = [path for path in self.folder.rglob("*") if path.suffix != ".lock" or path.stat().st_size]
        return [name for path in paths if is_hidden(name := path.relative_to(self.folder).as_posix())]

    def _differing(self, wanted: Content) -> str:
        there = self._whole()
        names = sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))
        return f"other files than wanted: {', '.join(names[:4])} of {len(names)}" if names else "as wanted"


def main() -> None:
    """Try what the arguments say, and print what was found."""
    global CALLS
    CALLS = Calls()
    folder, (names, kinds, most) = Path(sys.argv[1]).resolve(), json.loads(sys.argv[2])
    warm_up()
    report = Report()
    for name in names:
        place = folder / name.replace(" ", "-")
        place.mkdir()
        trial = Trial(name, place)
        report.operations[name] = trial.operations
        for shift, fault in enumerate(kinds):
            for number in trial.numbers(most, shift):
                report.faults[fault] = report.faults.get(fault, 0) + 1
                report.findings += [
                    Finding(name, fault, number, trial.operation, what) for what in trial.tried(fault, number)
                ]
        os.chdir(folder)
        shutil.rmtree(place)
    (folder / "report").write_text(json.dumps(asdict(report)), encoding="utf-8")


def warm_up() -> None:
    """Load what commands load, so that forked processes have it."""

    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        call((*RUN[:3], "100", *RUN[4:]), WORK["run"])
        call(("report", OUT, "--format", "md,csv,xlsx"), WORK["report"])
        os.chdir(before)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
