"""The text of a study file, beside a good catalogue and good tables."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import popsim as ps

TESTS = Path(__file__).parent.parent.parent
SMALL = TESTS / "study" / "fixtures" / "small"


def seeds() -> Iterator[bytes]:
    """Yield good study files, and the same with each mistake of tests/bad_inputs."""
    yield from spoilt("study.toml")
    for path in (*TESTS.glob("study/fixtures/*/study.toml"), *TESTS.parent.glob("configs/example/*.toml")):
        yield path.read_bytes()


def spoilt(name: str) -> Iterator[bytes]:
    """Yield what the mistakes of tests/bad_inputs make of one file of their good study."""
    for path in sorted(TESTS.glob("bad_inputs/*.toml")):
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        source = TESTS / "study" / "fixtures" / case.get("study", "small") / name
        for edit in case.get("edit", []):
            if edit["file"] == name and source.is_file():
                text = source.read_text(encoding="utf-8")
                if "find" in edit:
                    yield text.replace(edit["find"], edit["replace"]).encode()
                elif "text" in edit:
                    yield edit["text"].encode("utf-8", "surrogatepass")
                elif "append_bytes" in edit:
                    yield text.encode() + bytes.fromhex(edit["append_bytes"])


def loader(place: Path) -> Callable[[bytes], object]:
    """Return a function that loads and compiles a study of some bytes."""
    shutil.copytree(SMALL, place, dirs_exist_ok=True)

    def load(data: bytes) -> object:
        (place / "study.toml").write_bytes(data)
        return ps.compile(ps.load_study(place / "study.toml"))

    return load
