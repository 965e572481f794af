"""CSV files: by themselves, and as the countries and the prices of a study. The first byte says which."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import popsim as ps
from popsim.errors import FileError
from popsim.tables import decode, read_table
from tests.fuzz.targets.study import SMALL, TESTS, spoilt

NAMES = ("countries.csv", "prices.csv")


def seeds() -> Iterator[bytes]:
    """Yield tables of good studies, and the same with each mistake of tests/bad_inputs."""
    for first, name in enumerate(NAMES):
        for text in (*spoilt(name), *(path.read_bytes() for path in TESTS.glob(f"study/fixtures/*/{name}"))):
            yield bytes([first]) + text
            yield bytes([len(NAMES)]) + text


def loader(place: Path) -> Callable[[bytes], object]:
    """Return a function that reads a table."""
    shutil.copytree(SMALL, place, dirs_exist_ok=True)

    def load(data: bytes) -> object:
        kind, content = (data[0] if data else 0) % (len(NAMES) + 1), data[1:]
        if kind < len(NAMES):
            (place / NAMES[kind]).write_bytes(content)
            try:
                return ps.load_study(place / "study.toml")
            finally:
                shutil.copy(SMALL / NAMES[kind], place)
        text, _ = decode(content, "table.csv", None)
        table, problems = read_table(text, "table.csv", [], None)
        if problems:
            raise FileError(problems)
        return [[table.number(cell) for cell in table.column(name) if cell] for name in table.columns[1:]]

    return load
