"""What a run folder holds beside numbers: its manifest, its request, and the texts in its plan.

The first byte says which. Digests are made to fit, so that what is behind them is reached.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import netCDF4

import popsim as ps
from popsim.engine.manifest import Manifest
from popsim.engine.plan_file import load_plan
from popsim.engine.run_folder import Request
from tests.fuzz.targets.study import SMALL

KINDS = 3


def made(folder: Path) -> Path:
    """Return a small run in a folder."""
    study = ps.load_study(SMALL)
    plan = ps.compile(study)
    run = folder / "run"
    run.mkdir(parents=True)
    ps.save_run(run, study, plan, ps.simulate(plan, scenarios=8))
    return run


def seeds() -> Iterator[bytes]:
    """Yield the texts of a good run."""
    run = made(Path.cwd() / f".seeds-{id(object())}")
    try:
        yield b"\x00" + (run / "manifest.json").read_bytes()
        yield b"\x01" + Request("run", "f00", {"formats": ["html"]}).text().encode()
        with netCDF4.Dataset(run / "plan.nc") as file:
            for number, name in enumerate(file.ncattrs()):
                yield bytes([2, number]) + str(file.getncattr(name)).encode()
    finally:
        shutil.rmtree(run.parent)


def loader(place: Path) -> Callable[[bytes], object]:
    """Return a function that reads one part of a run."""
    run = made(place)
    with netCDF4.Dataset(run / "plan.nc") as file:
        names = file.ncattrs()

    def load(data: bytes) -> object:
        kind, text = (data[0] if data else 0) % KINDS, data[1:].decode("utf-8", "replace")
        if kind == 0:
            return Manifest.read(with_digest(text), "manifest.json")
        if kind == 1:
            return Request.read(text, "request.json")
        changed = shutil.copy(run / "plan.nc", place / "changed.nc")
        with netCDF4.Dataset(changed, "a") as file:
            file.setncattr_string(names[ord(text[0]) % len(names)] if text else names[0], text[1:].replace("\x00", " "))
        return load_plan(Path(changed))

    return load


def with_digest(text: str) -> str:
    """Return JSON with the digest that belongs to it; other texts as they are."""
    try:
        stated = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(stated, dict):
        return text
    stated.pop("sha256", None)
    compact = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    return json.dumps({**stated, "sha256": hashlib.sha256(compact.encode()).hexdigest()})
