"""Calls of the public functions with wrong arguments, made at random from a seed, and what came of them.

A call ends well or with a PopsimError; anything else is a finding: another exception, a warning, more than 20 s of
processor time or 2 GiB of memory. Each call is made from the seed and its own number, so that it can be repeated alone.

Run as a script with a number of calls and a seed, it prints the findings.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
import math
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import popsim as ps
from popsim.engine.variants import dependence_extremes

SMALL = Path(__file__).parent.parent / "study" / "fixtures" / "small"
MOST_SECONDS = 20.0
MOST_BYTES = 2**31
OFTEN = 0.7
"""Share of the calls that are of functions, not of families."""
LONG = 8
"""Processor seconds of a call that a signal ends, over `MOST_SECONDS`, where there are signals."""

Made = Callable[[random.Random], Any]


@dataclass(frozen=True)
class Finding:
    """A call that came to something else than a result or a refusal."""

    number: int
    call: str
    what: str

    def __str__(self) -> str:
        return f"call {self.number}: {self.call}\n    {self.what}"


@dataclass(frozen=True)
class Outcome:
    """How many calls were honoured and how many refused, and the findings."""

    honoured: int
    refused: int
    findings: tuple[Finding, ...]


def run_calls(count: int, seed: int, first: int = 0, targets: Mapping[str, Target] | None = None) -> Outcome:
    """Make `count` calls with wrong arguments, from call `first` on, in a folder of their own.

    Parameters
    ----------
    count, seed, first
        Calls `first` to `first` + `count` - 1 of this seed.
    targets
        What is called; None for all public functions and families.
    """
    honoured = refused = 0
    findings = []
    with _in_folder():
        known = targets_of(Usual.made()) if targets is None else targets
        whole = [name for name in known if name[0].islower()]
        for number in range(first, first + count):
            draw = random.Random(f"{seed}/{number}")
            # Families have many methods, which are alike.
            name = draw.choice(whole if whole and draw.random() < OFTEN else list(known))
            arguments = known[name].wrong(draw)
            what = _outcome_of(partial(known[name].function, **arguments))
            honoured, refused = honoured + (what == ""), refused + (what is None)
            if what:
                call = f"{name}({', '.join(f'{key}={_shown(value)}' for key, value in arguments.items())})"
                findings.append(Finding(number, call, what))
    return Outcome(honoured, refused, tuple(findings))


def _outcome_of(call: Callable[[], object]) -> str | None:
    """Return "" where a call was honoured, None where it was refused, else what is wrong with it."""
    before, begun = _memory(reset=True), time.process_time()
    found: str | None = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with _limited():
                call()
        except ps.PopsimError as error:
            found = _wrong_message(error)
        except Exception as error:
            found = f"{type(error).__name__}: {str(error)[:200]} at {_place(error)}"
    seconds, grown = time.process_time() - begun, _memory() - before
    if seconds > MOST_SECONDS:
        return f"took {seconds:.0f} s"
    if grown > MOST_BYTES:
        return f"took {grown / 2**30:.1f} GiB"
    return found


def _wrong_message(error: ps.PopsimError) -> str | None:
    message = str(error)
    if len(message) > 50_000:
        return f"a message of {len(message):,} characters"
    return None if error.problems and all(each.found and each.allowed for each in error.problems) else "says nothing"


def _place(error: BaseException) -> str:
    frames = [each for each in traceback.extract_tb(error.__traceback__) if f"{os.sep}popsim{os.sep}" in each.filename]
    return ", ".join(f"{Path(each.filename).name}:{each.lineno}" for each in frames[-3:]) or "no place of popsim"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:
        text = f"{type(value).__name__} without repr ({error})"
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:117]}..."


@contextlib.contextmanager
def _in_folder() -> Iterator[None]:
    """Work in an empty folder: a path that is wrong may be one that can be written."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """End a call that hangs, where there are signals for it."""
    try:
        import signal

        usual = signal.signal(signal.SIGPROF, _too_long)
    except (ImportError, AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS + LONG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, usual)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"more than {MOST_SECONDS + LONG:.0f} s of processor time")


def _memory(reset: bool = False) -> int:
    """Return the largest memory of the process since it was reset; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


# What functions are usually given.


@dataclass(frozen=True)
class Usual:
    """Arguments with which calls end well: of a small study in some scenarios."""

    study: Any
    plan: Any
    dataset: xr.Dataset
    sobol: xr.Dataset
    swept: xr.Dataset
    drivers: xr.Dataset
    run: Any
    fit: Any

    @classmethod
    def made(cls) -> Usual:
        study = ps.load_study(SMALL)
        plan = ps.compile(study)
        breakdowns = ["area", "basis", "year"]
        plain = ps.simulate(plan, scenarios=128, breakdowns=breakdowns)
        Path("run").mkdir()
        ps.save_run("run", study, plan, plain)
        return cls(
            study,
            plan,
            plain.assign(dependence_extremes(study, scenarios=128)),
            ps.simulate(plan, scenarios=128, breakdowns=breakdowns, design="sobol", replicates=8),
            ps.sweep(study, grid={"area.x.size_exponent": [0.2, 0.5]}, scenarios=50),
            ps.drivers(study, 1024),
            ps.load_run("run"),
            ps.fit([1.0, 2.0, 4.0], simulations=19),
        )

    def arguments(self) -> dict[str, dict[str, Any]]:
        """Return arguments by the name of the function, or of its first argument."""
        two = {"x": ps.Uniform(0, 1), "y": ps.Normal(0, 1)}
        return {
            "study": {"study": self.plan, "scenarios": 20},
            "dataset": {"dataset": self.dataset},
            "source": {"source": self.dataset},
            "folder": {"folder": "run", "study": self.study, "plan": self.plan, "dataset": self.dataset},
            "swept": {"swept": self.swept},
            "assumptions": {"study": self.study, "scenarios": 20},
            "budget": {"amount": 10.0},
            "budget_for": {"confidence": 0.8},
            "compile": {"study": self.study},
            "drivers": {"study": self.study, "scenarios": 1024},
            "effective_countries": {"countries": 6},
            "exact_moments": {"study": self.study},
            "fit": {"values": [1.0, 2.0, 4.0], "simulations": 19},
            "load_run": {"folder": "run"},
            "load_study": {"source": SMALL},
            "load_sweep": {"folder": "sweep"},
            "rare_events": {"source": self.study, "dataset": self.dataset},
            "sample": {"distributions": two, "scenarios": 10},
            "simulate_to": {"precision": 0.2, "max_scenarios": 20_000},
            "solve": {
                "study": self.study,
                "vary": "area.x.size_exponent",
                "confidence": 0.8,
                "amount": 10.0,
                "scenarios": 20,
            },
            "sweep": {"study": self.study, "grid": {"area.x.size_exponent": [0.2, 0.5]}, "scenarios": 20},
            "sobol_indices": {"function": lambda x, y: x + y, "distributions": two, "scenarios": 1024},
            "plot.tornado": {"source": self.drivers},
            "plot.fit": {"fit": self.fit},
        }


@dataclass(frozen=True)
class Target:
    """A function, the arguments that it is usually given, and what else may be tried for each parameter."""

    function: Callable[..., object]
    usual: Mapping[str, Any]
    parameters: tuple[str, ...]
    fitting: Mapping[str, tuple[Made, ...]]

    def wrong(self, draw: random.Random) -> dict[str, Any]:
        """Return arguments of which one, two or three are something else than usual."""
        arguments = dict(self.usual)
        number = min(draw.choice((1, 1, 1, 2, 3)), len(self.parameters))
        for parameter in draw.sample(self.parameters, number):
            fitting = self.fitting.get(parameter, ())
            made = draw.choice(fitting) if fitting and draw.random() < 0.6 else draw.choice(ANYTHING)
            arguments[parameter] = made(draw)
        return arguments


def targets_of(usual: Usual) -> dict[str, Target]:
    """Return all public functions, figures, families and what families have, by name."""
    fitting = _fitting(usual)
    known = usual.arguments()
    functions = {name: value for name in ps.__all__ if inspect.isfunction(value := getattr(ps, name))}
    functions |= {f"plot.{name}": getattr(ps.plot, name) for name in ps.plot.__all__}
    targets = {}
    for name, function in functions.items():
        parameters = tuple(inspect.signature(function).parameters)
        given = {**known.get(parameters[0], {}), **known.get(name, {})}
        given = {key: value for key, value in given.items() if key in parameters}
        targets[name] = Target(function, given, parameters, fitting)
    families = [
        value for name in ps.__all__ if isinstance(value := getattr(ps, name), type) and issubclass(value, ps.Family)
    ]
    for family in (each for each in families if each is not ps.Family):
        for example in list(family.examples())[:1]:
            fields = example.parameters()
            targets[family.__name__] = Target(family, fields, tuple(fields), _numbers_for(fields))
            for method in ("ppf", "isf", "cdf", "sf"):
                function = partial(_method, example, method)
                targets[f"{family.__name__}.{method}"] = Target(function, {"values": 0.5}, ("values",), fitting)
        for name, method in inspect.getmembers(family, inspect.ismethod):
            if name.startswith("from_"):
                shares = {"p05": 1.0, "p50": 2.0, "p95": 5.0}
                own = [key for key in inspect.signature(method).parameters if key not in ("quantiles", "kwargs")]
                usual_of = dict.fromkeys(own, 2.0) if own else shares
                targets[f"{family.__name__}.{name}"] = Target(method, usual_of, tuple(usual_of), _numbers_for(usual_of))
    return targets


def _method(family: Any, name: str, values: object) -> object:
    return getattr(family, name)(values)


def _numbers_for(names: Mapping[str, object]) -> dict[str, tuple[Made, ...]]:
    return dict.fromkeys(names, (_number, _number, _list_of_numbers))


# What is tried.

_SINGLE = (
    *(None, True, False, "", "x", "cost", "full", "full ", "area", "sobol", "0.8", "\ud800", "\x00", "\u202ea\x1b[31m"),
    *(0, 1, 2, -1, 3.7, 80, 0.5, 1.0, 1e308, -1e308, 5e-324, 1e-300, math.nan, math.inf, -math.inf),
    *(10**30, -(10**30), 2**63, 2**64, -(2**70), 10**400, 2**48 + 1, 1e20),
    *(1 + 2j, b"bytes", Fraction(1, 3), dt.date(2027, 1, 1), np.datetime64("2027-01-01"), np.nan, pd.NA, pd.NaT),
    *((), [], {}, set(), [None], [True], ["a"], [math.nan], {"a": 1}, {3: 4}, {1}, ("a", 3), [[1.0], [1.0, 2.0]]),
    # As functions that are given they take two numbers: what fails within them would be no fault of popsim.
    *(complex, max),
    *(object(), Exception("x"), ..., range(3), slice(3), memoryview(b"x"), Path("x"), Path("nowhere/at/all")),
)
_ARRAYS: tuple[Callable[[], Any], ...] = (
    lambda: np.array([]),
    lambda: np.array([1.0, math.nan]),
    lambda: np.array(["a"]),
    lambda: np.array([object()]),
    lambda: np.zeros((2, 3)),
    lambda: np.array(1.0),
    lambda: np.array([1 + 1j]),
    lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    lambda: np.zeros(3, dtype=[("a", float)]),
    lambda: xr.DataArray([1.0]),
    lambda: xr.DataArray(math.nan),
    lambda: xr.DataArray([1.0, 2.0, 3.0], {"area": ["x", "y", "q"]}, ["area"]),
    lambda: xr.DataArray([1.0, 1.0], {"option": ["full", "full"]}, ["option"]),
    lambda: xr.Dataset({"cost": 1.0}),
    lambda: xr.Dataset(),
    lambda: pd.Series([1.0, 2.0]),
    lambda: pd.Series({"x": 1.0, "y": -2.0}).rename_axis("area"),
    lambda: pd.Series([1.0], index=pd.MultiIndex.from_tuples([("a", 1)])),
    lambda: pd.DataFrame([[1.0, 0.2], [0.3, 1.0]]),
    lambda: pd.DataFrame({"a": ["x"]}),
    lambda: iter([1, 2]),
    lambda: (each for each in "ab"),
    lambda: lambda *_, **__: math.nan,
    lambda: "x" * 100_000,
    lambda: [1.0] * 5_000,
    lambda: list(range(5_000)),
    lambda: {f"key{k}": k for k in range(2_000)},
    lambda: _nested(500),
)


def _nested(depth: int) -> object:
    nested: object = 1.0
    for _ in range(depth):
        nested = [nested]
    return nested


def _single(draw: random.Random) -> object:
    return draw.choice(_SINGLE)


def _array(draw: random.Random) -> object:
    return draw.choice(_ARRAYS)()


def _text(draw: random.Random) -> str:
    return "".join(
        draw.choice("abcost_0.,;:/\\\"'=[]{}\n\t\r\x07é€漢\u202e\ud83d ") for _ in range(draw.choice((1, 5, 40)))
    )


def _number(draw: random.Random) -> object:
    scale = 10.0 ** draw.choice((-320, -200, -20, -3, 0, 0, 0, 3, 20, 200, 308))
    value = draw.choice((-1.0, 1.0, 1.0, 1.0)) * draw.uniform(0.0, 1.5) * scale
    return draw.choice((float, float, np.float64, np.float32 if abs(value) < 1e38 else float))(value)


def _list_of_numbers(draw: random.Random) -> object:
    values = [_number(draw) for _ in range(draw.choice((0, 1, 2, 3, 20)))]
    with np.errstate(over="ignore"):
        return draw.choice((list, tuple, np.array, sorted))(values)


ANYTHING: tuple[Made, ...] = (_single, _single, _single, _array, _text, _number, _list_of_numbers)


def _data(usual: Usual) -> tuple[Made, ...]:
    """Ways to spoil a dataset, and things that are near one."""

    def spoilt(draw: random.Random) -> object:
        ds = draw.choice((usual.dataset, usual.dataset, usual.sobol, usual.swept, usual.drivers))
        for _ in range(draw.choice((1, 1, 2))):
            if ds.data_vars and ds.sizes:
                ds = draw.choice(SPOIL)(ds, draw)
        return ds.chunk() if draw.random() < 0.2 and not any("\x00" in str(name) for name in ds) else ds

    near = (
        usual.dataset["cost"],
        usual.study,
        usual.plan,
        usual.fit,
        usual.run,
        usual.sobol,
        usual.swept,
        usual.drivers,
    )
    return spoilt, spoilt, spoilt, lambda draw: draw.choice(near)


def _some(ds: xr.Dataset, draw: random.Random) -> str:
    return str(draw.choice(list(ds.data_vars)))


def _value_at(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    name = _some(ds, draw)
    values = ds[name].copy(deep=True)
    if values.dtype.kind == "f" and values.size:
        values.values.flat[draw.randrange(values.size)] = draw.choice(
            (math.nan, math.inf, -math.inf, 1e308, -1e308, -1.0)
        )
    return ds.assign({name: values})


def _other_type(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    name = _some(ds, draw)
    kinds = (object, bool, str, np.float32, np.float16, complex) if ds[name].dtype.kind == "f" else (object, str)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ds.assign({name: ds[name].astype(draw.choice(kinds))})


def _selected(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    dim = str(draw.choice(list(ds.sizes)))
    number = ds.sizes[dim]
    if not number:
        return ds
    places: list[Any] = [[], [0], 0, [0, 0], slice(None, None, -1), slice(0, None, 3), slice(1, 20), [number - 1, 0]]
    return ds.isel({dim: draw.choice(places)})


def _relabelled(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    dim = str(draw.choice(list(ds.sizes)))
    number = ds.sizes[dim]
    labels: list[Any] = [["x"] * number, [math.nan] * number, np.arange(number) / 2.0, [f"l{k}" for k in range(number)]]
    labels += [pd.date_range("2027", periods=number), np.arange(number)[::-1]]
    return ds.assign_coords({dim: draw.choice(labels)})


def _renamed(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    name = draw.choice([str(each) for each in (*ds.sizes, *ds.data_vars)])
    return ds.rename({name: draw.choice(("other", "cost_by_other", f"{name}s"))})


def _without(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    return ds.drop_vars(draw.sample([str(name) for name in ds.variables], draw.choice((1, 2, len(ds.variables)))))


def _attributes(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    names = [str(name) for name in ds.attrs]
    if not names or draw.random() < 0.2:
        return ds.drop_attrs()
    return ds.assign_attrs({name: draw.choice(_SINGLE) for name in draw.sample(names, min(3, len(names)))})


def _scaled(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    factor = draw.choice((0.0, -1.0, 1e-300, 1e290, 1e-9))
    with np.errstate(all="ignore"):
        return ds.assign({name: ds[name] * factor for name in ds.data_vars if ds[name].dtype.kind == "f"})


def _constant(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    name = _some(ds, draw)
    return ds.assign({name: xr.full_like(ds[name], 3)}) if ds[name].dtype.kind == "f" else ds


def _without_dimension(ds: xr.Dataset, draw: random.Random) -> xr.Dataset:
    name = _some(ds, draw)
    dims = [dim for dim in ds[name].dims if ds.sizes[dim]]
    return ds.assign({name: ds[name].isel({draw.choice(dims): 0}, drop=True)}) if dims else ds


SPOIL = (
    *(_value_at, _other_type, _selected, _selected, _relabelled, _renamed, _without, _attributes, _scaled),
    *(_constant, _without_dimension),
)


def _fitting(usual: Usual) -> dict[str, tuple[Made, ...]]:
    """Return what is nearly right for parameters of these names."""
    whole = (
        lambda draw: draw.choice((0, 1, 2, 3, 17, 64, 1000, 1.5, -5, 2**36, 2**40, 2**48, 2**62, 1e3, "10", True)),
    )
    share = (lambda draw: draw.choice((0.0, 1.0, 1e-300, 1 - 1e-16, 1e-9, 0.999999, 0.5, -0.1, 95, "0.9")), _number)
    amount = (
        _number,
        _array,
        lambda draw: draw.choice((usual.dataset["cost"], usual.dataset["cost_by_area"].isel(scenario=0))),
    )
    names = (
        *usual.dataset.data_vars,
        *usual.dataset.dims,
        "cost_all_years",
        "cost_by_area_year",
        "financing_need",
        "costs",
    )
    name = (lambda draw: draw.choice(names), _text)
    by = (
        lambda draw: draw.choice(
            (
                "area",
                "basis",
                "year",
                ("area", "year"),
                ("year", "area"),
                ["area", "area"],
                "area,year",
                (),
                "scenario",
                "option",
                ["area", 3],
            )
        ),
    )
    key = "area.x.size_exponent"
    keys = (
        key,
        "area.x",
        "area",
        "",
        ".",
        "scenarios.count",
        "scenarios.seed",
        "nothing.like.it",
        "name",
        "option",
        3,
        ("area", "x"),
    )
    values: tuple[Any, ...] = (0.2, "0.2", -1, math.nan, None, {}, [], 10**30, {"family": "normal"}, "x" * 2_000)
    table = (lambda draw: {draw.choice(keys): draw.choice(values) for _ in range(draw.choice((0, 1, 3)))},)
    grid = (
        lambda draw: {draw.choice(keys): draw.choice((values[:3], [], 3, "ab", [0.1] * 5, iter([0.3]), range(3)))},
        lambda draw: [{draw.choice(keys): draw.choice(values)} for _ in range(draw.choice((0, 1, 3)))],
    )
    laws = (
        ps.Uniform(0, 1),
        ps.Constant(2.0),
        ps.Normal,
        "normal",
        None,
        ps.LogNormal(0.0, 3.0),
        ps.Discrete([1.0], [1.0]),
        {"family": "normal"},
    )
    distributions = (
        lambda draw: {
            draw.choice(("x", "y", "", "scenario", 3, None, "a b")): draw.choice(laws)
            for _ in range(draw.choice((0, 1, 2, 3)))
        },
    )
    matrices: tuple[Any, ...] = (
        pd.DataFrame([[1.0, 2.0], [2.0, 1.0]], ["x", "y"], ["x", "y"]),
        pd.DataFrame([[1.0, math.nan], [0.1, 1.0]], ["x", "y"], ["x", "y"]),
        pd.DataFrame([[1.0, 0.5], [0.5, 1.0]], ["x", "z"], ["x", "z"]),
        {"x": {"y": 0.5}},
        {"x": {"y": 5}},
        {"x": 3},
        -0.9999,
        1.0,
        0.3,
        np.eye(2),
        np.full((2, 2), -1.0),
    )
    functions = (
        lambda draw: draw.choice(
            (
                lambda x, y: x,
                lambda x, y: None,
                lambda x, y: "a",
                lambda x, y: x[:3],
                lambda x, y: x * math.nan,
                lambda x, y: {"a": x, "b": y * 0.0},
                lambda x, y: np.stack([x, y]),
                lambda x: x,
                3,
            )
        ),
    )
    studies = (
        lambda draw: draw.choice(
            (usual.study, usual.plan, usual.run, SMALL, "pops!", usual.dataset, replace(usual.study, options=()))
        ),
    )
    data = _data(usual)
    return {
        **dict.fromkeys(
            ("scenarios", "max_scenarios", "points", "cells", "most", "countries", "digits", "replicates"), whole
        ),
        **dict.fromkeys(("first_scenario", "chunk", "seed", "threads", "baseline", "simulations"), whole),
        **dict.fromkeys(("confidence", "coverage", "precision", "confidences"), share),
        **dict.fromkeys(
            ("amount", "scale", "low", "high", "values", "sizes", "weights", "censored", "size_exponent"), amount
        ),
        **dict.fromkeys(("variable", "option", "vary", "unit", "only", "over"), name),
        **dict.fromkeys(("by", "breakdowns"), by),
        **dict.fromkeys(("overrides",), table),
        **dict.fromkeys(("grid", "cases"), grid),
        **dict.fromkeys(("dataset", "source", "swept", "joint"), data),
        "distributions": distributions,
        "correlation": (lambda draw: draw.choice(matrices),),
        "groups": (
            lambda draw: draw.choice(
                ({"g": ["x"]}, {"g": []}, {"g": ["x", "x"]}, {"g": ["z"]}, {"x": "x"}, {3: ["x"]})
            ),
        ),
        "function": functions,
        "study": studies,
        "memory": (lambda draw: draw.choice(("2GiB", "1", "0", "-3MB", "x GiB", 1, 10**20, "1e400", 0.5)),),
        "store": (lambda draw: draw.choice(("run", "x.zarr", ".", "a/b/c.zarr", "", "\x00")),),
        "folder": (lambda draw: draw.choice(("run", ".", "nowhere", "run/study.toml", "", "\x00", "x" * 5_000)),),
    }


if __name__ == "__main__":
    outcome = run_calls(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 0)
    for finding in outcome.findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{outcome.honoured} honoured, {outcome.refused} refused, {len(outcome.findings)} findings\n")
