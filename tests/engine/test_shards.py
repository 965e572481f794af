"""Files of a store that are written and read without Zarr: as Zarr writes and reads them, whatever their shapes."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, Crc32cCodec

from popsim.arrays import Floats
from popsim.engine.shards import CODEC, LEVEL, Shards


def made(folder: Path, shards: Shards) -> zarr.Array:  # type: ignore[type-arg]
    """Make an array of Zarr with such files, and none of them yet."""
    shutil.rmtree(folder, ignore_errors=True)
    return zarr.create_array(
        folder,
        shape=shards.shape,
        chunks=shards.piece,
        shards=shards.whole,
        dtype="float64",
        fill_value=np.nan,
        compressors=[BloscCodec(cname=CODEC, clevel=LEVEL, shuffle="bitshuffle", typesize=8), Crc32cCodec()],
        chunk_key_encoding={"name": "default", "separator": "."},
        config={"write_empty_chunks": True},
    )


def write(shards: Shards, values: Floats, threads: int = 2) -> None:
    counts = [-(-length // whole) for length, whole in zip(shards.shape, shards.whole, strict=True)]
    with ThreadPoolExecutor(threads) as pool:
        for place in np.ndindex(*counts):
            part = values[
                tuple(slice(n * whole, (n + 1) * whole) for n, whole in zip(place, shards.whole, strict=True))
            ]
            path = shards.folder / ".".join(["c", *map(str, place)])
            path.write_bytes(b"".join(shards.packed(part, pool)))


@st.composite
def layouts(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of a variable, a piece and a file; pieces and files may end beyond the variable."""
    further = draw(st.lists(st.integers(1, 7), max_size=2))
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 3000)), *further)
    piece = (1, draw(st.integers(1, 1500)), *(draw(st.integers(1, length)) for length in further))
    options = draw(st.sampled_from([1, shape[0]]))
    rest = (-(-length // size) * size for length, size in zip(further, piece[2:], strict=True))
    return shape, piece, (options, piece[1], *rest)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layout=layouts(), is_view=st.booleans())
def test_files_are_those_of_zarr(
    layout: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], is_view: bool, tmp_path: Path
) -> None:
    shape, *rest = layout
    values = np.random.default_rng(3).lognormal(size=shape)
    values[0] = 0
    if is_view:
        values = np.moveaxis(np.ascontiguousarray(np.moveaxis(values, 1, -1)), -1, 1)
    ours, theirs = (Shards(tmp_path / name, shape, *rest) for name in ("ours", "theirs"))
    array, other = (made(shards.folder, shards) for shards in (ours, theirs))
    write(ours, values)
    other[...] = values
    np.testing.assert_array_equal(np.asarray(array[...]), values)
    sizes, others = ({path.name: path.stat().st_size for path in each.folder.glob("c.*")} for each in (ours, theirs))
    assert sizes == others
    last = [range(length - 1, length) for length in shape]
    column = [last[0], range(shape[1]), *last[2:]]
    for shards in (ours, theirs):
        np.testing.assert_array_equal(shards.read(column), values[np.ix_(*column)])


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_bytes_do_not_depend_on_threads(threads: int, tmp_path: Path) -> None:
    shards = Shards(tmp_path, (3, 40_000, 9), (1, 40_000, 1), (3, 40_000, 9))
    values = np.random.default_rng(4).normal(size=shards.shape)
    with ThreadPoolExecutor(threads) as pool, ThreadPoolExecutor(1) as alone:
        assert b"".join(shards.packed(values, pool)) == b"".join(shards.packed(values, alone))
