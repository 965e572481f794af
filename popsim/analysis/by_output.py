"""Variables with scenarios, read a few outputs at a time, so that memory does not grow with their number.

An output is one cell of a variable: the cost of one area in one option, in every scenario. The scenarios of a run that
was written to a store are on disk (dask arrays in the dataset), and all of them together may not fit the memory.
Statistics are of one output at a time or of few, so that no more than these are read: all scenarios of an output at
once, since exact quantiles take all of them. The same code works on scenarios that are in memory, where reading is a
view of them: both give the same numbers to the last bit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.order import quantile_with_error
from popsim.arrays import Floats
from popsim.errors import Problem, RunError

MOST_VALUES = 1 << 21
"""Values that are read at a time, 16 MiB; one output where that alone has more."""

_MOST_IN_MEMORY = 1 << 23
"""Values that are worked on at a time where they are in memory: only what is made of them takes room."""

_JOINED = 1 << 20
"""Values that are joined from their chunks at a time: chunks and what they are joined to are in memory together."""

Place = tuple[slice, ...]
"""Some cells of a variable: a slice of each dimension but that of scenarios."""


def read_values(variable: xr.DataArray | xr.Variable) -> Floats:
    """Return the values of a variable: those in memory as they are, those of a store in one piece, scenarios last.

    Parameters
    ----------
    variable
        With scenarios on its last dimension, or all that is to be read of it.

    Raises
    ------
    RunError
        For values that are NaN or infinite, or so large that their fourth powers would be.

    Examples
    --------
    >>> read_values(xr.Variable("scenario", [1.0, 2.0])).tolist()
    [1.0, 2.0]
    """
    return _finite(_read(variable), variable)


def _read(variable: xr.DataArray | xr.Variable) -> Floats:
    if variable.chunks is None:
        return np.asarray(variable.values, dtype=np.float64)
    data = variable.data
    out = np.empty(data.shape)
    others = math.prod(data.shape[:-1])
    start = stop = 0
    for length in data.chunks[-1]:
        stop += length
        if stop == data.shape[-1] or (stop + length - start) * others > _JOINED:
            out[..., start:stop] = data[..., start:stop].compute()
            start = stop
    return out


def _finite(values: Floats, variable: xr.DataArray | xr.Variable) -> Floats:
    """Return values that are all finite, and of a size with which analyses can compute."""
    if values.size == 0:
        return values
    # NaN is its own minimum: this takes no room, as a mask of all values would.
    largest = max(-values.min(), values.max())
    if largest <= schema.LARGEST_ANALYSED:
        return values
    name = str(getattr(variable, "name", None) or variable.attrs.get("long_name", "a variable"))
    if np.isfinite(largest):
        found, allowed = f"{largest:.3g} as the largest of {name}", f"{schema.LARGEST_ANALYSED:g} at most"
        raise RunError(Problem("dataset", (), found, allowed, "state amounts in another unit"))
    wrong = np.argwhere(~np.isfinite(values))
    where = f", the first in scenario {wrong[0][-1] + 1:,}" if values.ndim else ""
    found = f"NaN or infinite values among the scenarios of {name}: {len(wrong):,} of {values.size:,}{where}"
    mend = "popsim.simulate gives none: what was added, merged or divided since has left them"
    raise RunError(Problem("dataset", (), found, "finite values", mend))


def outputs_of(
    variable: xr.Variable,
    most: int | None = None,
    read: Callable[[xr.DataArray | xr.Variable], Floats] = read_values,
) -> Iterator[tuple[Place, Floats]]:
    """Yield all outputs of a variable, with their place in it; of a store, the next are read meanwhile.

    Parameters
    ----------
    variable
        (..., scenario)
    most
        Values that are read at a time; None for `MOST_VALUES`, and four times as many where they are in memory.
    read
        What reads the values of some outputs.

    Yields
    ------
    tuple
        A place and the values there; these have as many dimensions as the variable.

    Examples
    --------
    >>> variable = xr.Variable(("area", "scenario"), [[1.0, 2.0], [3.0, 4.0]])
    >>> [(place, values.tolist()) for place, values in outputs_of(variable, most=2)]
    [((slice(0, 1, None),), [[1.0, 2.0]]), ((slice(1, 2, None),), [[3.0, 4.0]])]
    """
    if most is None:
        most = _MOST_IN_MEMORY if variable.chunks is None else MOST_VALUES
    places = list(places_of(variable.shape[:-1], most // max(variable.shape[-1], 1)))
    if variable.chunks is None or len(places) == 1:
        for place in places:
            yield place, read(variable[place])
        return
    ahead = _reader().submit(read, variable[places[0]])
    for here, there in zip(places, [*places[1:], None], strict=True):
        values = [ahead.result()]
        if there is not None:
            ahead = _reader().submit(read, variable[there])
        else:
            del ahead
        # What is yielded is the caller's alone, who may let it go before the next.
        yield here, values.pop()


@cache
def _reader() -> ThreadPoolExecutor:
    """Return the thread that reads ahead: one for all, since dask begins threads of its own for each that asks it."""
    return ThreadPoolExecutor(1, thread_name_prefix="popsim-reader")


if hasattr(os, "register_at_fork"):
    # Threads do not live on in a process that is forked: it begins one of its own.
    os.register_at_fork(after_in_child=_reader.cache_clear)


def places_of(shape: tuple[int, ...], most: int) -> Iterator[Place]:
    """Yield places that cover a shape, in order, each of at most so many cells, or of one.

    Examples
    --------
    >>> list(places_of((2, 3), 3))
    [(slice(0, 1, None),), (slice(1, 2, None),)]
    >>> [place[1] for place in places_of((1, 3), 2)]
    [slice(0, 2, None), slice(2, 3, None)]
    >>> list(places_of((), 1))
    [()]
    """
    if not shape:
        yield ()
        return
    inner = math.prod(shape[1:])
    together = most // max(inner, 1)
    if together or inner <= 1:
        for start in range(0, shape[0], max(together, 1)):
            yield (slice(start, min(start + max(together, 1), shape[0])),)
        return
    for start in range(shape[0]):
        for rest in places_of(shape[1:], most):
            yield (slice(start, start + 1), *rest)


def over_outputs(
    variable: xr.DataArray | xr.Variable,
    statistics: Callable[..., Mapping[str, Floats]],
    *beside: Floats | xr.Variable,
    most: int | None = None,
    refuses: bool = False,
) -> dict[str, Floats]:
    """Apply statistics to all outputs of a variable, a few at a time, and join what they return.

    Parameters
    ----------
    variable
        (..., scenario)
    statistics
        From values (..., scenario) to arrays by name, whose first dimensions are those of the values without the
        scenario.
    beside
        Arrays with one number for each output, or variables of the same shape, of which `statistics` gets the part that
        belongs to the values.
    most
        As for `outputs_of`.
    refuses
        Whether `statistics` refuses values that `read_values` would, so that they need not be looked through before.

    Examples
    --------
    >>> variable = xr.Variable(("area", "scenario"), [[1.0, 2.0], [3.0, 4.0]])
    >>> over_outputs(variable, lambda values: {"highest": values.max(axis=-1)}, most=2)
    {'highest': array([2., 4.])}
    """
    plain = variable.variable if isinstance(variable, xr.DataArray) else variable

    def found() -> Iterator[tuple[Place, Mapping[str, Floats]]]:
        for place, values in outputs_of(plain, most, _read if refuses else read_values):
            parts = (read_values(each[place]) if isinstance(each, xr.Variable) else each[place] for each in beside)
            try:
                yield place, statistics(values, *parts)
            except RunError:
                # It does not know the name of the variable, nor which values are wrong.
                _finite(values, plain[place])
                raise
            del values

    return joined(found(), plain.shape[:-1])


def joined(found: Iterable[tuple[Place, Mapping[str, Floats]]], shape: tuple[int, ...]) -> dict[str, Floats]:
    """Join what is said of some outputs of a variable after the other.

    Parameters
    ----------
    found
        Places in the variable, and arrays by name of which the first dimensions are those of the place.
    shape
        Of the variable without its scenarios.

    Examples
    --------
    >>> joined([((slice(0, 1),), {"highest": np.array([2.0])}), ((slice(1, 2),), {"highest": np.array([4.0])})], (2,))
    {'highest': array([2., 4.])}
    """
    whole: dict[str, np.ndarray[Any, Any]] = {}
    for place, parts in found:
        for name, part in parts.items():
            if name not in whole:
                whole[name] = np.empty((*shape, *part.shape[len(shape) :]), part.dtype)
            whole[name][place] = part
    return whole


def quantiles_of_outputs(
    variable: xr.DataArray | xr.Variable, probabilities: Floats, replicates: int = 1
) -> tuple[Floats, Floats]:
    """Return quantiles of all outputs of a variable (..., scenario) and their errors, as `quantile_with_error` does.

    Examples
    --------
    >>> value, error = quantiles_of_outputs(xr.Variable("scenario", np.arange(10_001.0)), np.array([0.5]))
    >>> value.item(), round(error.item(), 6)
    (5000.0, 50.305091)
    """

    def statistics(values: Floats) -> dict[str, Floats]:
        return dict(zip(("value", "error"), quantile_with_error(values, probabilities, replicates), strict=True))

    found = over_outputs(variable, statistics)
    return found["value"], found["error"]
