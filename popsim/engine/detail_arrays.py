"""Arrays of dask that read the detail of a study: what is selected of one is again a rule, and not a table of chunks.

A billion scenarios of 133 countries are millions of chunks. So the layers of the graph make tasks when dask asks for
them (`cull`), and an index along the dimensions gives an array that reads just that. When dask asks, it also becomes
known which chunks are wanted of one total alone and which of both: the latter are drawn once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, cast

import dask.array as da
import numpy as np
from dask._task_spec import Alias, DataNode, GraphNode, Task, TaskRef
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph, Layer, MaterializedLayer
from dask.typing import Key

from popsim.arrays import Floats
from popsim.engine.detail import DIMS, Axis, Detail
from popsim.engine.sums import Names
from popsim.engine.threads import make_room

_OPTION, _SCENARIO, _COUNTRY = (DIMS.index(name) for name in ("option", "scenario", "country"))


@dataclass(frozen=True)
class Selection:
    """What an array reads along each dimension, and into which chunks it is cut: scenarios, and single countries."""

    axes: tuple[Axis, ...]
    chunk: int
    """Scenarios of a chunk."""

    def narrowed(self, index: object) -> Selection | None:
        """Return the selection that an index leaves; None for an index that is more than numbers, slices and one list.

        Examples
        --------
        >>> of = Selection((range(6), range(10_000), 67, range(8), range(10)), 4_096)
        >>> of.narrowed((0, slice(100, 200), [5, 7])).axes
        (0, range(100, 200), 67, (5, 7), range(0, 10))
        """
        given = list(index) if isinstance(index, tuple) else [index]
        kept = [dim for dim, axis in enumerate(self.axes) if not isinstance(axis, int)]
        # By identity, since arrays compare with everything entry by entry.
        places = [place for place, each in enumerate(given) if each is Ellipsis]
        if places:
            given[places[0] : places[0] + 1] = [slice(None)] * (len(kept) - len(given) + 1)
        lists = sum(isinstance(each, np.ndarray | list) for each in given)
        if len(given) > len(kept) or lists > 1:
            return None
        axes = list(self.axes)
        for dim, each in zip(kept, given, strict=False):
            try:
                found = _along(axes[dim], each)
            except IndexError:
                return None  # dask says what is wrong with it.
            if found is None:
                return None
            axes[dim] = found
        return Selection(tuple(axes), self.chunk)

    @cached_property
    def blocks(self) -> tuple[int, int]:
        """How many chunks there are along scenarios and countries: one, where nothing is selected."""
        scenarios, countries = self.axes[_SCENARIO], self.axes[_COUNTRY]
        along = 1 if isinstance(scenarios, int) else max(1, math.ceil(len(scenarios) / self.chunk))
        return along, 1 if isinstance(countries, int) else max(1, len(countries))

    @cached_property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of chunks along each dimension that is left."""
        found: list[tuple[int, ...]] = []
        for dim, axis in enumerate(self.axes):
            if isinstance(axis, int):
                continue
            size = {_SCENARIO: self.chunk, _COUNTRY: 1}.get(dim, len(axis))
            whole, rest = divmod(len(axis), max(size, 1))
            found.append((size,) * whole + ((rest,) if rest or not whole else ()))
        return tuple(found)

    def block(self, along: int, country: int) -> tuple[Axis, ...]:
        """Return what one chunk reads."""
        axes = list(self.axes)
        for dim, start, size in ((_SCENARIO, along * self.chunk, self.chunk), (_COUNTRY, country, 1)):
            axis = axes[dim]
            axes[dim] = axis if isinstance(axis, int) else axis[start : start + size]
        return tuple(axes)


def _along(axis: Axis, index: Any) -> Axis | None:
    """Return what an index leaves of an axis that is no single number; None for an index of another kind."""
    assert not isinstance(axis, int)  # noqa: S101
    if isinstance(index, slice):
        return axis[index]
    if isinstance(index, int | np.integer) and not isinstance(index, bool):
        return axis[int(index)]
    if isinstance(index, np.ndarray | list):
        numbers = np.asarray(index)
        if numbers.ndim == 1 and numbers.dtype.kind == "b" and len(numbers) == len(axis):
            numbers = np.flatnonzero(numbers)
        if numbers.ndim == 1 and (numbers.dtype.kind in "iu" or not len(numbers)):
            return tuple(axis[int(k)] for k in numbers)
    return None


class DetailArray(da.Array):
    """One total of the detail; an index along its dimensions gives an array that reads that part alone."""

    made_of: tuple[Detail, str, Selection, str]
    """The arguments that it was made of."""
    own_name: str

    def __new__(cls, detail: Detail, total: str, selection: Selection, token: str) -> DetailArray:
        """Return the array of a total.

        Parameters
        ----------
        detail
            What is read.
        total
            Which of its totals.
        selection
            What is read along its dimensions.
        token
            The same token stands for the same detail.
        """
        part = f"{token}-{tokenize(repr(selection))}"
        source, blocks, name = f"detail-{token}", f"blocks-{part}", f"{total}-{part}"
        layers = {
            source: MaterializedLayer({source: DataNode(source, detail)}),
            blocks: _Blocks(blocks, source, detail.totals, selection),
            name: _Chunks(name, blocks, total, selection),
        }
        graph = HighLevelGraph(layers, {source: set(), blocks: {source}, name: {blocks}})
        array: DetailArray = super().__new__(cls, graph, name, selection.chunks, dtype=float)  # type: ignore[no-untyped-call]
        array.made_of, array.own_name = (detail, total, selection, token), name
        return array

    def __getitem__(self, index: Any) -> da.Array:
        """Return the part of an index; what is more than one number, slice or list along dimensions is left to dask."""
        detail, total, selection, token = self.made_of
        narrowed = selection.narrowed(index)
        # An array that was assigned to is another one, under another name.
        if narrowed is None or self.name != self.own_name:
            found: da.Array = super().__getitem__(index)  # type: ignore[no-untyped-call]
            return found
        return DetailArray(detail, total, narrowed, token)

    def __dask_postcompute__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return what makes one array of computed chunks, and its further arguments."""
        scenarios = self.made_of[2].axes[_SCENARIO]
        if self.name != self.own_name or isinstance(scenarios, int):
            found: tuple[Callable[..., Any], tuple[Any, ...]] = super().__dask_postcompute__()  # type: ignore[no-untyped-call]
            return found
        options = self.made_of[2].axes[_OPTION]
        return _joined, (self.chunks, 0 if isinstance(options, int) else 1)


def _joined(blocks: Any, chunks: tuple[tuple[int, ...], ...], scenario: int) -> Floats:
    """Return chunks as one array in whose memory the scenarios of an output follow one another, as they do in chunks.

    dask would put them in the order of the dimensions, which takes half as long again.

    Parameters
    ----------
    blocks
        Lists of lists of chunks, a level for each dimension.
    chunks
        Their lengths along each dimension.
    scenario
        Which dimension that of scenarios is.
    """
    shape = [sum(lengths) for lengths in chunks]
    count = shape.pop(scenario)
    out = np.moveaxis(make_room(math.prod(shape), count).reshape(*shape, count), -1, scenario)
    parts = [list(itertools.pairwise(itertools.accumulate(lengths, initial=0))) for lengths in chunks]
    for place in itertools.product(*(range(len(lengths)) for lengths in chunks)):
        block = blocks
        for k in place:
            block = block[k]
        out[tuple(slice(*part[k]) for part, k in zip(parts, place, strict=True))] = block
    return out


class _Rule(Layer):
    """A layer of a graph that makes its tasks when they are asked for."""

    has_legacy_tasks = False

    def __init__(self, *parts: Collection[Any]) -> None:
        """Remember what each part of a key may be."""
        super().__init__()
        self.parts = parts

    def tasks(self, keys: Collection[Key]) -> dict[Key, GraphNode]:
        """Return the tasks of these keys, with any others that they need."""
        raise NotImplementedError

    def is_materialized(self) -> bool:
        """Return False: there are only rules."""
        return False

    def get_output_keys(self) -> Set[Key]:
        """Return all keys, which are counted out one by one."""
        return set(self)

    def cull(self, keys: set[Key], all_hlg_keys: Collection[Key]) -> tuple[Layer, Mapping[Key, set[Key]]]:  # noqa: ARG002
        """Return the tasks of those keys that are of this layer, and what each depends on."""
        tasks = self.tasks([key for key in keys if key in self])
        return MaterializedLayer(tasks), {key: set(task.dependencies) for key, task in tasks.items()}

    def __contains__(self, key: object) -> bool:
        """Return whether this layer has a key."""
        return (
            isinstance(key, tuple)
            and len(key) == len(self.parts)
            and all(part in allowed for part, allowed in zip(key, self.parts, strict=True))
        )

    def __getitem__(self, key: Key) -> GraphNode:
        """Return one task."""
        if key not in self:
            raise KeyError(key)
        return self.tasks([key])[key]

    def __iter__(self) -> Iterator[Key]:
        """Return all keys, one by one."""
        return itertools.product(*self.parts)

    def __len__(self) -> int:
        """Return the number of keys."""
        return math.prod(map(len, self.parts))


class _Blocks(_Rule):
    """Parts of the detail: (name, total, place along scenarios, place along countries)."""

    def __init__(self, name: str, source: str, totals: Names, selection: Selection) -> None:
        """Remember what is read, and of what."""
        super().__init__((name,), totals, *map(range, selection.blocks))
        self.name, self.source, self.totals, self.selection = name, source, totals, selection

    def tasks(self, keys: Collection[Key]) -> dict[Key, GraphNode]:
        """Return a task for each place, and one that picks a total where several are computed together."""
        wanted: dict[tuple[int, int], set[str]] = {}
        for key in keys:
            _, total, along, country = cast(tuple[str, str, int, int], key)
            wanted.setdefault((along, country), set()).add(total)
        tasks: dict[Key, GraphNode] = {}
        for place, which in wanted.items():
            totals, block = tuple(total for total in self.totals if total in which), (self.name, *place)
            tasks[block] = Task(block, Detail.read, TaskRef(self.source), totals, self.selection.block(*place))
            for number, total in enumerate(totals):
                of_total = (self.name, total, *place)
                tasks[of_total] = Task(of_total, itemgetter(number), TaskRef(block))
        return tasks


class _Chunks(_Rule):
    """Chunks of the array of a total, by their place in it."""

    def __init__(self, name: str, blocks: str, total: str, selection: Selection) -> None:
        """Remember of which blocks the chunks are."""
        super().__init__((name,), *(range(len(lengths)) for lengths in selection.chunks))
        kept = [dim for dim, axis in enumerate(selection.axes) if not isinstance(axis, int)]
        self.blocks, self.total = blocks, total
        # Where the place along scenarios and countries stands in a key; these may have become one number.
        self.at = [kept.index(dim) + 1 if dim in kept else None for dim in (_SCENARIO, _COUNTRY)]

    def tasks(self, keys: Collection[Key]) -> dict[Key, GraphNode]:
        """Return for each chunk the block that it is."""
        found: dict[Key, GraphNode] = {}
        for key in keys:
            place = [0 if at is None else cast(tuple[int, ...], key)[at] for at in self.at]
            found[key] = Alias(key, (self.blocks, self.total, *place))
        return found
