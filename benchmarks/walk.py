"""Follow one value through `popsim run`: the frames that hold it, their files, and the forms that it takes.

A frame holds a value where a local variable is that value or its text, or has it one level inside: in a dict, a
sequence, an array, or an object of popsim. A form of a cost is a type of record that holds the cost: the number itself,
or a record with the number. Compiled kernels are not seen. ``python -m benchmarks.walk seed`` follows the seed,
``python -m benchmarks.walk cost`` the cost of one component of the packaged study.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

import numpy as np

from popsim.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
SEED = 918273645546372819
COST = 918273.645546
MOST_CALLS, MOST_PARTS = 300, 2_000
"""Calls of one function that are looked at, and entries of one sequence."""
PLAIN = {"bool", "dict_items", "float", "int", "list", "list_iterator", "str", "tuple"}
"""Types that are no records."""


class Walk:
    """Notes which frames of popsim hold a value; its method `note` is a profile function."""

    def __init__(self, value: float, depth: int) -> None:
        self.value = value
        self.depth = depth
        self.calls: Counter[CodeType] = Counter()
        self.frames: dict[tuple[str, str], set[str]] = {}

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "return" or not frame.f_code.co_filename.startswith(f"{ROOT / 'popsim'}/"):
            return
        self.calls[frame.f_code] += 1
        if self.calls[frame.f_code] > MOST_CALLS:
            return
        forms: set[str] = set()
        for held in frame.f_locals.values():
            self.add_forms(held, self.depth, forms)
        if forms:
            name = Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()
            self.frames.setdefault((name, frame.f_code.co_qualname), set()).update(forms)

    def add_forms(self, held: object, depth: int, forms: set[str]) -> bool:
        """Add the types that hold the value at most `depth` levels inside, and return whether there is one."""
        if self.is_value(held):
            forms.add(type(held).__name__)
            return True
        # Every part is looked at, though one is enough for the answer.
        inside = [self.add_forms(part, depth - 1, forms) for part in parts(held)] if depth > 0 else []
        holds = any(inside)
        if holds:
            forms.add(type(held).__name__)
        return holds

    def is_value(self, held: object) -> bool:
        if isinstance(held, str):
            return held == str(self.value)
        if isinstance(held, np.ndarray):
            return held.dtype.kind in "iuf" and bool(np.any(held == self.value))
        return isinstance(held, int | float | np.number) and not isinstance(held, bool) and bool(held == self.value)

    def forms(self) -> set[str]:
        """Return the records that held the value."""
        return set().union(*self.frames.values()) - PLAIN


def parts(held: object) -> list[object]:
    """List what is one level inside a record or a container."""
    if isinstance(held, dict):
        return list(held.values())
    if isinstance(held, list | tuple | set | frozenset):
        return list(itertools.islice(held, MOST_PARTS))
    if type(held).__module__.startswith("popsim."):
        return list(getattr(held, "__dict__", {}).values())
    return []


def follow(value: float, arguments: list[str], depth: int = 1) -> Walk:
    """Run a command of popsim with a profile that notes the value."""
    walk = Walk(value, depth)
    sys.setprofile(walk.note)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            main(arguments)
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.setprofile(None)
    return walk


def with_cost(folder: Path) -> Path:
    """Copy the packaged study with one cost that no other number equals; return the file of the study."""
    for kind in ("configs", "distributions"):
        shutil.copytree(ROOT / kind, folder / kind)
    catalogue = folder / "distributions" / "a_country_inventory.toml"
    cost = f'cost = {{ family = "uniform", low = {COST}, high = 1.5e6 }}'
    catalogue.write_text(re.sub(r"^cost = .*$", cost, catalogue.read_text(), count=1, flags=re.MULTILINE))
    return folder / "configs" / "pops.toml"


def report(walk: Walk) -> None:
    """Print the frames, and how many frames, files and forms there are."""
    for (name, function), forms in walk.frames.items():
        print(f"{name:40} {function:45} {', '.join(sorted(forms))}")
    files = {name for name, _ in walk.frames}
    print(f"{len(walk.frames)} frames in {len(files)} files; records: {', '.join(sorted(walk.forms()))}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary)
        command = ["run", "--scenarios", "200", "--threads", "1", "--out", str(target / "run")]
        if sys.argv[1:] == ["seed"]:
            report(follow(SEED, [*command, "--seed", str(SEED)]))
        elif sys.argv[1:] == ["cost"]:
            report(follow(COST, [*command, str(with_cost(target))], depth=2))
        else:
            sys.exit("usage: python -m benchmarks.walk (seed | cost)")
