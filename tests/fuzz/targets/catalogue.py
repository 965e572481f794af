"""The text of a catalogue file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from popsim.study.catalogue import load_catalogue
from tests.fuzz.targets.study import TESTS, spoilt


def seeds() -> Iterator[bytes]:
    """Yield good catalogue files, and the same with each mistake of tests/bad_inputs."""
    for name in ("x", "y", "z"):
        yield from spoilt(f"catalogue/{name}.toml")
    for path in (*TESTS.glob("study/fixtures/*/catalogue/*.toml"), *TESTS.parent.glob("distributions/*.toml")):
        yield path.read_bytes()


def loader(place: Path) -> Callable[[bytes], object]:
    """Return a function that loads a catalogue of one file."""

    def load(data: bytes) -> object:
        (place / "x.toml").write_bytes(data)
        return load_catalogue(place)

    return load
