"""Run folders with one damage each: a command either gives the numbers of the whole run, or names the damaged file."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from popsim.cli.main import main
from popsim.errors import PopsimError
from popsim.schema import MANIFEST_FILE, is_document

Damage = Callable[[Path, Path, np.random.Generator], None]


def one_byte(file: Path, _: Path, random: np.random.Generator) -> None:
    """Change one byte."""
    content = bytearray(file.read_bytes())
    content[random.integers(len(content))] ^= int(random.integers(1, 256))
    rewrite(file, bytes(content))


def one_bit(file: Path, _: Path, random: np.random.Generator) -> None:
    """Flip one bit."""
    content = bytearray(file.read_bytes())
    content[random.integers(len(content))] ^= 1 << int(random.integers(8))
    rewrite(file, bytes(content))


def one_edit(file: Path, _: Path, random: np.random.Generator) -> None:
    """Put one byte more somewhere."""
    content = file.read_bytes()
    place = int(random.integers(len(content) + 1))
    rewrite(file, content[:place] + b"1" + content[place:])


def cut(file: Path, _: Path, random: np.random.Generator) -> None:
    """Cut the end off."""
    rewrite(file, file.read_bytes()[: int(random.integers(file.stat().st_size))])


def removed(file: Path, _: Path, __: np.random.Generator) -> None:
    """Remove the file."""
    file.unlink()


def swapped(file: Path, other: Path, _: np.random.Generator) -> None:
    """Take the file of another run."""
    if other.is_file():
        rewrite(file, other.read_bytes())


DAMAGES: tuple[Damage, ...] = (one_byte, one_byte, one_bit, one_bit, one_edit, cut, removed, swapped)


def rewrite(file: Path, content: bytes) -> None:
    """Write a file anew, so that other names of it stay as they are."""
    file.unlink()
    file.write_bytes(content)


def linked_copy(source: Path, target: Path) -> None:
    """Copy a folder; its files are second names of those of the source."""
    shutil.copytree(source, target, copy_function=os.link)


@dataclass(frozen=True)
class Outcome:
    """What came of a command."""

    status: int | None
    out: str
    err: str


def called(arguments: Sequence[str]) -> Outcome:
    """Call a command in this process; status None where it ended with an error that it should have caught."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as leaving:
            return Outcome(int(leaving.code or 0), out.getvalue(), err.getvalue())
        except Exception as error:
            return Outcome(None, out.getvalue(), repr(error))
    return Outcome(None, out.getvalue(), "no exit")


def failures(
    run: Path, other: Path, folder: Path, commands: Sequence[Sequence[str]], count: int, seed: int
) -> list[str]:
    """Damage a run again and again; return what neither gave the numbers of the whole run nor named the file.

    Parameters
    ----------
    run, other
        A run, which stays as it is, and another one from which files are swapped.
    folder
        Where damaged copies are made; the arguments of `commands` name it.
    commands
        What is called, one after the other in turn.
    count, seed
        How many damages, and which.
    """
    random = np.random.default_rng(seed)
    names = sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())
    whole: dict[int, Outcome] = {}
    found = []
    for number in range(count):
        place = number % len(commands)
        if place not in whole:
            linked_copy(run, folder)
            whole[place] = called(commands[place])
            shutil.rmtree(folder)
            assert whole[place].status == 0, whole[place].err
        name = names[random.integers(len(names))]
        damage = DAMAGES[random.integers(len(DAMAGES))]
        linked_copy(run, folder)
        if (folder / name).stat().st_size:
            damage(folder / name, other / name, random)
        done = called(commands[place])
        shutil.rmtree(folder)
        is_same = (done.status, done.out) == (0, whole[place].out)
        is_named = done.status == 2 and not done.out and (name in done.err or folder.name in done.err)
        if not is_same and not is_named:
            found.append(f"{damage.__name__} of {name}, then {' '.join(commands[place])}: {done}")
    return found


def values_of(run: Path) -> dict[str, bytes]:
    """Return the bits of every variable of a run, read as a user of Python reads them."""
    import popsim as ps

    dataset = ps.load_run(run).dataset
    return {str(name): values.values.tobytes() for name, values in dataset.variables.items()}


def misread(run: Path, other: Path, folder: Path, count: int, seed: int) -> list[str]:
    """As `failures`, for `popsim.load_run`: every value is that of the whole run, or an error names the file."""
    random = np.random.default_rng(seed)
    names = sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())
    whole = values_of(run)
    found = []
    for _ in range(count):
        name = names[random.integers(len(names))]
        damage = DAMAGES[random.integers(len(DAMAGES))]
        linked_copy(run, folder)
        before = (run / name).read_bytes()
        if before:
            damage(folder / name, other / name, random)
        is_changed = not (folder / name).is_file() or (folder / name).read_bytes() != before
        try:
            values, said = values_of(folder), ""
        except PopsimError as error:
            values, said = None, str(error)
        shutil.rmtree(folder)
        if values is None:
            # By the whole manifest of another run, all other files are wrong.
            is_named = Path(name).name in said or (name == MANIFEST_FILE and damage is swapped and str(folder) in said)
            ends_well = is_named and is_changed and not is_document(name)
        else:
            ends_well = values == whole and (is_document(name) or not is_changed)
        if not ends_well:
            found.append(f"{damage.__name__} of {name}: {said or 'other values, or nothing said'}")
    return found


def made_runs(folder: Path) -> tuple[Path, Path]:
    """Make two runs as `popsim run` does, which differ in their seed; return their folders."""
    runs = folder / "one", folder / "two"
    for seed, run in enumerate(runs, 1):
        quick = ("--no-drivers", "--no-assumptions", "--format", "html")
        done = called(["run", "example", "--scenarios", "150", "--seed", str(seed), "--out", str(run), *quick])
        if done.status != 0:
            raise RuntimeError(done.err)
    return runs


def read_damaged(count: int, seed: int) -> list[str]:
    """Damage runs that are made for it again and again, and read them, by `popsim budget` and in Python."""
    with tempfile.TemporaryDirectory(prefix="popsim-") as place:
        one, two = made_runs(Path(place))
        copy = Path(place, "copy")
        command = ["budget", str(copy), "--confidence", "80%", "--json"]
        found = failures(one, two, copy, [command], (count + 1) // 2, seed)
        return found + misread(one, two, copy, count // 2, seed)
