"""The same plan and seed give the same bits: threads, blocks, slices, engines, designs, processors, plain Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import popsim as ps
from popsim.engine.breakdowns import arrange, read_breakdowns
from popsim.engine.threads import fill

from .claims import Claim, Section

FULL = Path(__file__).parents[1] / "reproduction" / "studies" / "full" / "study.toml"
SEED = 46
COUNT = 4_099
BREAKDOWNS = ["area", "country", ("area", "year")]
DESIGNS = ("random", "latin", "sobol")
PROCESSORS = {
    "without AVX-512": ("haswell", "+avx,+avx2,+bmi,+bmi2,+fma,+sse4.2"),
    "with SSE and FMA alone": ("x86-64", "+fma,+sse4.2"),
}
"""Name and features of a processor, for which numba compiles."""


def differing(one: xr.Dataset, two: xr.Dataset) -> float:
    """Return how many values of scenarios differ in any bit."""
    names = [name for name, values in one.data_vars.items() if "scenario" in values.dims]
    return float(sum((one[name].values.view(np.uint64) != two[name].values.view(np.uint64)).sum() for name in names))


@cache
def _plan() -> Any:
    return ps.compile(ps.load_study(FULL))


def _simulated(**options: Any) -> xr.Dataset:
    return ps.simulate(_plan(), **{"scenarios": COUNT, "seed": SEED, "breakdowns": BREAKDOWNS, "threads": 1, **options})


@cache
def _whole(design: str = "random") -> xr.Dataset:
    return _simulated(design=design)


def _other_seed(design: str = "random") -> float:
    return differing(_whole(design), _simulated(design=design, seed=SEED + 1))


def _measure_threads(design: str) -> tuple[float, float]:
    return max(differing(_whole(design), _simulated(design=design, threads=n)) for n in (2, 3)), _other_seed(design)


def _measure_blocks() -> tuple[float, float]:
    plan = _plan()
    sums = arrange(plan, read_breakdowns(BREAKDOWNS, plan.labels))

    def filled(block: int, seed: int = SEED) -> Any:
        return fill(plan.draws, sums, 1_100, seed, block=block).view(np.uint64)

    whole = filled(512)
    return float(max((filled(block) != whole).sum() for block in (1, 2, 7, 1_000))), float(
        (filled(7, 1) != whole).sum()
    )


def _measure_slices(design: str) -> tuple[float, float]:
    parts = ((0, 1), (1, 1), (511, 3), (2_047, 513), (COUNT - 1, 1))

    def wrong_by(shift: int) -> float:
        return sum(
            differing(
                _simulated(design=design, scenarios=length, first_scenario=first),
                _whole(design).isel(scenario=slice(first + shift, first + shift + length)),
            )
            for first, length in parts[:-1]
        )

    return wrong_by(0), wrong_by(1)


def _measure_store() -> tuple[float, float]:
    from popsim.engine.simulate import simulate

    with tempfile.TemporaryDirectory() as folder:
        stored = simulate(
            _plan(), scenarios=COUNT, seed=SEED, breakdowns=BREAKDOWNS, store=Path(folder, "a.zarr")
        ).load()
        other = simulate(
            _plan(), scenarios=COUNT, seed=SEED + 1, breakdowns=BREAKDOWNS, store=Path(folder, "b.zarr")
        ).load()
    return differing(_whole(), stored), differing(_whole(), other)


def _measure_run() -> tuple[float, float]:
    """Through the files of a run: what `popsim rerun` finds when it draws a run again from the plan beside it."""
    from popsim.engine.again import repeat

    again, _ = repeat(_whole(), _plan().with_sampling(_plan().sampling.changed(seed=SEED)), threads=2)
    other, _ = repeat(_whole(), _plan().with_sampling(_plan().sampling.changed(seed=SEED + 1)), threads=2)
    right, wrong = (float(sum(each.different for each in found)) for found in (again, other))
    return right, wrong


def _measure_detail() -> tuple[float, float]:
    """All detail, computed when it is used: its sums over countries, areas and years are the total to rounding."""
    ensemble = ps.open_ensemble(_plan(), scenarios=COUNT, seed=SEED)
    cost = ensemble["cost"] if "cost" in ensemble else next(iter(ensemble.data_vars.values()))
    total = cost.isel(scenario=slice(0, 64)).sum([dim for dim in cost.dims if dim not in ("option", "scenario")])
    whole = _whole()["cost"].transpose(*total.dims).values

    def apart(shift: int) -> float:
        return float(np.abs(total.values / whole[..., shift : shift + 64] - 1.0).max())

    return apart(0), apart(1)


_SCRIPT = """
import sys, hashlib
import numpy as np
import popsim as ps
plan = ps.compile(ps.load_study(sys.argv[1]))
seed, count, design = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
ds = ps.simulate(plan, scenarios=count, seed=seed, design=design, threads=1)
arrays = [v.values for v in ds.data_vars.values() if "scenario" in v.dims]
print(hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest())
"""


@cache
def _digest(count: int, design: str, seed: int, *settings: tuple[str, str]) -> str:
    """Return the digest of the samples of another process with these settings of the environment."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(FULL), str(seed), str(count), design],
        env={**os.environ, **dict(settings)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _measure_environment(count: int, design: str, *settings: tuple[str, str]) -> tuple[float, float]:
    usual = _digest(count, design, SEED)
    return (
        float(_digest(count, design, SEED, *settings) != usual),
        float(_digest(count, design, SEED + 1, *settings) != usual),
    )


def claims() -> list[Claim]:
    """Return the claims of this section."""
    values, seed = "values that differ in any bit", "the next seed"
    other = "samples of which the digest differs"
    rows: list[tuple[str, str, str, float, str, Callable[[], tuple[float, float]]]] = [
        *(
            (
                f"threads, design {design}",
                f"{COUNT:,} scenarios on one, two and three threads",
                values,
                0.0,
                seed,
                partial(_measure_threads, design),
            )
            for design in DESIGNS
        ),
        ("blocks", "1,100 scenarios in blocks of 1, 2, 7, 512 and 1,000", values, 0.0, seed, _measure_blocks),
        *(
            (
                f"slices, design {design}",
                "four ranges of scenarios, each by itself",
                values,
                0.0,
                "the range one scenario later",
                partial(_measure_slices, design),
            )
            for design in ("random", "sobol")
        ),
        (
            "a store on the disk",
            "the same scenarios written range by range, and read",
            values,
            0.0,
            seed,
            _measure_store,
        ),
        ("a run drawn again", "what `popsim rerun` compares, in parts", values, 0.0, seed, _measure_run),
        (
            "all detail on demand",
            "sums over countries, areas and years of `ps.open_ensemble`, 64 scenarios",
            "largest relative difference",
            1e-9,
            "the next scenario",
            _measure_detail,
        ),
        *(
            (
                f"a processor {name}",
                f"another process, 600 scenarios, {design}",
                other,
                0.0,
                seed,
                partial(_measure_environment, 600, design, ("NUMBA_CPU_NAME", cpu), ("NUMBA_CPU_FEATURES", features)),
            )
            for name, (cpu, features) in PROCESSORS.items()
            for design in ("random",)
        ),
        *(
            (
                f"plain Python, design {design}",
                "another process without compiled code, 7 scenarios",
                other,
                0.0,
                seed,
                partial(_measure_environment, 7, design, ("NUMBA_DISABLE_JIT", "1")),
            )
            for design in ("random", "sobol")
        ),
    ]
    return [
        Claim(name, test, "the same scenarios on one thread in memory", measured, limit, control, measure, SEED)
        for name, test, measured, limit, control, measure in rows
    ]


SECTION = Section(
    "determinism",
    "The same numbers everywhere",
    """The study of every feature (`tests/reproduction/studies/full`) is simulated in several ways, and every bit of
every total and breakdown is compared. Processors are those that the compiler is set to make code for; that of the
machine on which the dossier is made has, or lacks, further instructions. Digests of samples of earlier versions are
tests (`tests/engine/test_same_numbers.py`), which run on other machines as well.""",
    claims,
)
