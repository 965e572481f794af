"""A study in many cases, on common random numbers: what no case changes is drawn once.

Cases are loaded and lowered one after another, and drawn in parts: some cases and their options together, merged so
that a row which several have in common is drawn once (`popsim.plan.merge`). Each case has the bits of a run of its own.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from popsim import schema
from popsim.arguments import by_keyword, check_callable, check_threads
from popsim.arrays import Floats, Words
from popsim.display import as_size
from popsim.engine.breakdowns import arrange_merged, describe_variables, read_breakdowns, scope_of
from popsim.engine.cases import CASE, Cases
from popsim.engine.designs import queue
from popsim.engine.held import HeldSums
from popsim.engine.memory import free_memory
from popsim.engine.simulation import Simulation, provenance
from popsim.engine.sums import Names
from popsim.engine.threads import Progress
from popsim.errors import ParameterError, PopsimError, Problem, StudyError, kind_of
from popsim.plan.lowering import Compiler
from popsim.plan.model import Plan
from popsim.sampling import Sampling
from popsim.study.cases import CaseReader
from popsim.study.model import Study
from popsim.types import By, Design

_MOST_DRAWN = 24
"""Plans of different draws that are merged: more of them share little more, and fill the caches."""
_MOST_BYTES = 2**30
"""Results of the cases that are drawn together."""

FAILED = "failed"
"""Variable of a grid that says of each case why it failed; empty where it did not."""


@by_keyword(
    "grid",
    "cases",
    "overrides",
    "options",
    "scenarios",
    "seed",
    "breakdowns",
    "design",
    "replicates",
    "threads",
    "progress",
)
def sweep(
    study: Study | str | os.PathLike[str],
    *,
    grid: Mapping[str, Iterable[object]] | None = None,
    cases: Iterable[Mapping[str, object]] | None = None,
    overrides: Mapping[str, object] | None = None,
    options: bool = True,
    scenarios: int | None = None,
    seed: int | None = None,
    breakdowns: str | Iterable[By] = (),
    design: Design | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Simulate a study in many cases, each with other values of some keys, on common random numbers.

    Parameters
    ----------
    study
        A study, the path of a study file, or the name of a packaged study.
    grid
        Values by dotted key, such as ``{"financing.cofinancing": [0.2, 0.4]}``: every value of each key with every
        value of the others.
    cases
        In place of a grid, a list of cases, each with values by dotted key.
    overrides
        Values by dotted key that hold in all cases.
    options
        Whether the options of the study are simulated in every case, or the full programme alone.
    scenarios, seed, breakdowns, design, replicates, threads
        As for `simulate`, but without breakdowns unless they are asked for.
    progress
        Called with the number of scenarios done and wanted, of all cases.

    Returns
    -------
    xarray.Dataset
        The totals of `simulate` and the breakdowns, with a dimension for each key of a grid before `option` and
        `scenario`; of a list, with the dimension `case` and a coordinate for each key. A key has the name of its last
        part, or its whole name where that would mean two things; its attribute `key` is the whole. Each case has the
        bits of a run of its own, and scenario s is the same joint draw in all cases. Where a case fails, a warning says
        why, and the others are finished: of a grid its values are NaN and `failed` holds the reason; a list is without
        it. The attribute `failed` lists all of them as JSON.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured.
    FileError, StudyError
        Where the study itself is wrong, or every case is.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.sweep("example", grid={"financing.cofinancing": [0.1, 0.3], "start.years": [0, 1]}, scenarios=200)
    >>> ds["financing_need"].dims
    ('cofinancing', 'years', 'option', 'scenario')
    >>> bool((ds["financing_need"].sel(cofinancing=0.3) < ds["financing_need"].sel(cofinancing=0.1)).all())
    True
    """
    check_callable("progress", progress)
    wanted = Cases.of(grid, cases)
    sampling = (scenarios, seed, design, replicates)
    with sweep_of(study, wanted, overrides, options=options, sampling=sampling, breakdowns=breakdowns) as job:
        job.check_fits()
        parts = list(job.parts(range(len(wanted.changes)), check_threads(threads), progress))
        dataset = job.dataset(parts)
    if failed := json.loads(dataset.attrs[FAILED]):
        reasons = "\n".join(f"{case['changes']}\n{case['why']}" for case in failed)
        warnings.warn(f"{len(failed)} of {len(wanted.changes)} cases failed:\n{reasons}", UserWarning, stacklevel=3)
    return dataset


@dataclass(frozen=True, eq=False)
class Part:
    """What some cases came to."""

    numbers: tuple[int, ...]
    """Places of the cases that are done, in the order of `dataset`."""
    dataset: xr.Dataset | None
    """Variables with the dimensions case, option, scenario and so on; None where all failed."""
    failed: Mapping[int, str] = field(default_factory=dict)
    """Why the others failed."""
    drawn_rows: int = 0
    """Rows that were drawn for each scenario of these cases together."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Cases of a study that are to be simulated alike."""

    study: Study
    plan: Plan
    """Of the study without the changes of any case, with the sampling of all."""
    cases: Cases
    reader: CaseReader
    breakdowns: tuple[Names, ...]
    options: bool
    compiler: Compiler
    held: HeldSums | None = None
    """Of the cases before, where those to come may draw the same; None draws the cases of each part."""

    @property
    def digest(self) -> str:
        """Hash of all that fixes the numbers: two sweeps with the same digest have the same results."""
        asked = [self.cases.dims, self.cases.changes, self.breakdowns, self.options]
        sampling = self.plan.sampling
        text = json.dumps([self.study.files, asked, sampling.count, sampling.first, self.plan.digest], default=str)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def check_fits(self) -> None:
        """Check that the results fit the memory, before any of the work is done.

        Raises
        ------
        ParameterError
            When they do not.
        """
        variables = describe_variables(self.breakdowns, scope_of([self.plan]))
        options = 1 + len(self.study.options) * self.options
        cases, scenarios = len(self.cases.changes), self.plan.scenarios
        of_case = 8 * options * scenarios * sum(math.prod(each.shape) for each in variables)
        needed, free = of_case * cases + max(of_case, min(_MOST_BYTES, of_case * cases)), free_memory()
        if needed > free:
            found = f"{cases:,} cases of {scenarios:,} scenarios with {options} options: {as_size(needed)}"
            allowed = f"results that fit the memory: {as_size(free)}"
            mend = "fewer scenarios or cases at a time, fewer breakdowns, or the full programme alone (--no-options)"
            raise ParameterError(Problem("", ("scenarios",), found, allowed, mend))

    def parts(self, numbers: Iterable[int], threads: int, progress: Progress | None = None) -> Iterator[Part]:
        """Yield what the cases of these numbers come to, some at a time.

        Parameters
        ----------
        numbers
            Places of cases among all cases.
        threads
            Checked before.
        progress
            Called with the number of scenarios done and wanted, of these cases.
        """
        numbers = list(numbers)
        done, count = 0, self.plan.scenarios
        for batch in self._batches(numbers):

            def report(now: int, _of: int, before: int = done, cases: int = len(batch.plans)) -> None:
                if progress is not None:
                    progress(before + now * cases, len(numbers) * count)

            yield self._part(batch, threads, report)
            done += count * (len(batch.plans) + len(batch.failed))

    def _batches(self, numbers: Sequence[int]) -> Iterator[_Batch]:
        batch = _Batch()
        for number in numbers:
            try:
                study = self.reader.load(self.cases.changes[number])
                plans = self.compiler.plans(study if self.options else _without_options(study))
            except PopsimError as error:
                batch.failed[number] = str(error)
                continue
            # Sobol points take dimensions by the order of streams in a case and its options.
            order = queue([plan.draws for plan in plans]) if self.plan.design == "sobol" else None
            if batch.plans and not batch.takes(plans, order, self.plan.scenarios):
                yield batch
                batch = _Batch()
            batch.plans[number] = tuple(plan.with_sampling(self.plan.sampling) for plan in plans)
            batch.order = order
        if batch.plans or batch.failed:
            yield batch

    def _part(self, batch: _Batch, threads: int, progress: Progress) -> Part:
        if not batch.plans:
            return Part((), None, batch.failed)
        plans = [plan for of_case in batch.plans.values() for plan in of_case]
        scope = scope_of(plans)
        simulation = Simulation(tuple(plans), scope, tuple(arrange_merged(plans, self.breakdowns, scope)))
        first, count = self.plan.sampling.first, self.plan.scenarios
        if self.held is None:
            out = simulation.fill(first, first + count, threads, progress)
        else:
            out = self.held.fill(simulation, threads, progress)
        options = len(plans) // len(batch.plans)
        variables: dict[str, Any] = {}
        labels: dict[str, Any] = {}
        for item in simulation.breakdowns:
            shaped = simulation.shaped(item, out)
            cells = shaped.reshape(len(batch.plans), options, *shaped.shape[1:])
            variables[item.variable] = ((CASE, *simulation.dims_of(item)), cells)
            labels |= dict(zip(item.dims, map(np.array, item.labels), strict=True))
        labels["option"] = np.array([plan.labels.option[0] for plan in plans[:options]])
        rows = sum(len(plan.row_component) for plan, _ in simulation.drawn)
        return Part(tuple(batch.plans), xr.Dataset(variables, labels), batch.failed, rows)

    def dataset(self, parts: Iterable[Part]) -> xr.Dataset:
        """Return all parts as one dataset, labelled and described.

        Raises
        ------
        StudyError
            When every case failed.
        """
        found = list(parts)
        failed = {number: why for part in found for number, why in sorted(part.failed.items())}
        if len(failed) == len(self.cases.changes):
            problems = dict.fromkeys(failed.values())
            raise StudyError(
                Problem("", ("cases",), f"{why}", "at least one case that can be simulated") for why in problems
            )
        dataset = _assembled(found, len(self.cases.changes), failed)
        dataset = self._labelled(dataset, failed)
        about = self.plan.about
        for name in dataset.variables:
            if schema.variable_of(str(name)) is not None:
                dataset[name].attrs.update(schema.describe(str(name), about.currency, about.price_year))
        dims = (*self.cases.dims, "option", "scenario")
        listed = [{CASE: n, "changes": self.cases.text(n), "why": why} for n, why in failed.items()]
        attributes = {key: value for key, value in provenance(self.plan).items() if key != "plan_digest"}
        attributes |= {"sweep_digest": self.digest, FAILED: json.dumps(listed, ensure_ascii=False)}
        return dataset.transpose(*dims, ..., missing_dims="ignore").assign_attrs(attributes)

    def _labelled(self, dataset: xr.Dataset, failed: Mapping[int, str]) -> xr.Dataset:
        first, cases = self.plan.sampling.first, self.cases
        names = {option.id: option.name for option in self.study.options}
        options = dataset["option"].values.tolist()
        dataset = dataset.assign_coords(
            option_name=("option", np.array([names.get(each, schema.FULL_NAME) for each in options])),
            scenario=pd.RangeIndex(first, first + dataset.sizes["scenario"]),
        )
        axes = {axis.name: axis.coordinate() for axis in cases.axes}
        if cases.dims == (CASE,):
            kept = [number for number in range(len(cases.changes)) if number not in failed]
            axes = {name: (dims, values[kept], attrs) for name, (dims, values, attrs) in axes.items()}
            return dataset.isel({CASE: kept}).assign_coords({CASE: np.array(kept), **axes})
        sizes = dict(zip(cases.dims, cases.shape, strict=True))
        variables: dict[str, Any] = {
            str(name): ((*cases.dims, *values.dims[1:]), values.values.reshape(*cases.shape, *values.shape[1:]))
            for name, values in dataset.data_vars.items()
        }
        if failed:
            why = np.array([failed.get(number, "") for number in range(len(cases.changes))])
            words = {"long_name": "Why the case failed", "description": "Empty where it was simulated."}
            variables[FAILED] = (cases.dims, why.reshape(tuple(sizes.values())), words)
        return xr.Dataset(variables, {**dataset.coords, **axes})


@dataclass(eq=False)
class _Batch:
    """Cases that are drawn together: the plans of each, and why others failed."""

    plans: dict[int, tuple[Plan, ...]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    order: Words | None = None

    def takes(self, plans: Sequence[Plan], order: Words | None, scenarios: int) -> bool:
        """Return whether one more case fits."""
        drawn = {id(plan.draws) for of_case in (*self.plans.values(), plans) for plan in of_case}
        totals = len(schema.SIMULATED_TOTALS) // 3
        size = 8 * totals * scenarios * len(plans) * (len(self.plans) + 1)
        is_alike = order is None or (self.order is not None and np.array_equal(order, self.order))
        return len(drawn) <= max(_MOST_DRAWN, len(plans)) and size <= _MOST_BYTES and is_alike


def _without_options(study: Study) -> Study:
    return replace(study, options=())


@contextmanager
def sweep_of(
    study: Study | str | os.PathLike[str],
    cases: Cases,
    overrides: Mapping[str, object] | None = None,
    *,
    options: bool = True,
    sampling: tuple[object, object, object, object] = (None, None, None, None),
    breakdowns: str | Iterable[By] = (),
) -> Iterator[Sweep]:
    """Yield the sweep of a study, whose files it needs until the end.

    Parameters
    ----------
    study, cases, overrides, options, breakdowns
        As for `sweep`.
    sampling
        scenarios, seed, design and replicates as for `simulate`.

    Raises
    ------
    FileError, StudyError
        Where the study itself is wrong.
    ParameterError
        For arguments that cannot be honoured.
    """
    if not isinstance(options, bool):
        raise ParameterError(Problem("", ("options",), kind_of(options), "True or False"))
    if not isinstance(study, Study | str | os.PathLike):
        mend = "popsim.load_study(...) gives a Study, and run.study is that of a Run"
        raise ParameterError(Problem("", ("study",), kind_of(study), "a Study, or the path or name of one", mend))
    if overrides is not None and not isinstance(overrides, Mapping):
        allowed = 'a dict by dotted key: {"scenarios.count": 5_000}'
        raise ParameterError(Problem("", ("overrides",), kind_of(overrides), allowed))
    with TemporaryDirectory(prefix="popsim-") as folder:
        if isinstance(study, Study):
            for name, text in study.files:
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="")
        source: str | os.PathLike[str] = folder if isinstance(study, Study) else study
        reader = CaseReader(source, overrides)
        base = study if isinstance(study, Study) and not overrides else reader.base()
        first = Compiler()
        (plan,) = first.plans(_without_options(base))
        # No case needs expected costs; of the plan of the study, cases lower what they change alone.
        compiler = Compiler(expects=False, before=first)
        drawn: Sampling = base.sampling.changed(*sampling)
        names = read_breakdowns(breakdowns, scope_of([plan]).labels)
        yield Sweep(base, plan.with_sampling(drawn), cases, reader, names, options, compiler)


def _assembled(parts: Sequence[Part], count: int, failed: Mapping[int, str]) -> xr.Dataset:
    """Return the variables of all parts on the dimension of all cases; NaN where a case failed."""
    datasets = [part.dataset for part in parts if part.dataset is not None]
    names = list(dict.fromkeys(str(name) for dataset in datasets for name in dataset.data_vars))
    names.sort(key=lambda name: ("_by_" in name, not name.startswith("cost")))
    labels: dict[str, Any] = {}
    for dataset in datasets:
        for dim in set(map(str, dataset.dims)) - {CASE, "scenario"}:
            labels[dim] = list(dict.fromkeys([*labels.get(dim, ()), *dataset[dim].values.tolist()]))
    labels = {dim: np.array(values) for dim, values in labels.items()}
    arrays: dict[str, tuple[tuple[str, ...], Floats]] = {}
    for name in names:
        for part in parts:
            if part.dataset is None:
                continue
            values = _found(part.dataset, name)
            lacking = {dim: labels[dim] for dim in map(str, values.dims) if dim in labels}
            if any(not np.array_equal(values[dim].values, at) for dim, at in lacking.items()):
                values = values.reindex(lacking, fill_value=0.0)
            if name not in arrays:
                room = np.empty((count, *values.shape[1:]))
                room[list(failed)] = np.nan
                arrays[name] = tuple(map(str, values.dims)), room
            arrays[name][1][list(part.numbers)] = values.values
    return xr.Dataset(arrays, labels)


def _found(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable that other cases have, by the rules of `scope_of` where these cases have none of their own."""
    if name in dataset:
        return dataset[name]
    total = schema.total_of(name)
    if total is not None and "_by_" not in name:
        if total.span == "after_horizon" and schema.total_name("cost", span="after_horizon") not in dataset:
            return xr.zeros_like(dataset["cost"])
        if total.prices != "constant" and schema.total_name("cost", total.prices, total.span) not in dataset:
            return _found(dataset, schema.total_name(total.base, "constant", total.span))
    return _found(dataset, name.replace("financing_need", "cost", 1))
