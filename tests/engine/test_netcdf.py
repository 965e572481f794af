"""netCDF files are made in memory: what they hold, what they cannot hold, and what is said where there is no room."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from popsim.engine import netcdf
from popsim.engine.netcdf import dataset_written, netcdf_written
from popsim.errors import ParameterError, RunError

RNG = np.random.Generator(np.random.PCG64(5))
OUTPUTS = RNG.lognormal(size=(6, 70_001))
DATASET = xr.Dataset(
    {
        "cost": (("option", "scenario"), OUTPUTS[:2], {"units": "USD"}),
        # In another order in memory than in the file, and more than goes into it at a time.
        "cost_by_area": (("option", "scenario", "area"), np.moveaxis(OUTPUTS.reshape(2, 3, -1), 1, 2)),
        "has_need": ("area", [True, False, True]),
        "share": ("option", [np.nan, 0.25]),
        "title": ((), "a programme"),
    },
    {"option": ["full", "fewer"], "scenario": np.arange(70_001), "area": list("abc")},
    {"plan_digest": "1f0a"},
)
CHUNKS = {"cost_by_area": {"chunksizes": (1, 10_000, 3), "fletcher32": True, "zlib": True, "complevel": 1}}


@pytest.mark.parametrize("encoding", [{}, CHUNKS, {"cost_by_area": {"chunksizes": (2, 999, 2)}}])
@pytest.mark.parametrize("dataset", [DATASET, DATASET.chunk({"scenario": 30_000})])
def test_a_file_holds_what_xarray_writes(dataset: xr.Dataset, encoding: dict, tmp_path: Path) -> None:
    path, other = tmp_path / "a.nc", tmp_path / "b.nc"
    with dataset_written(path, dataset, encoding):
        assert not path.exists()
    DATASET.to_netcdf(other, engine="netcdf4", encoding=encoding)
    found, wanted = (xr.load_dataset(each, engine="netcdf4") for each in (path, other))
    assert found.identical(wanted)
    for name, variable in wanted.variables.items():
        stored = found[name].encoding
        for key in ("dtype", "chunksizes", "fletcher32", "zlib"):
            assert stored.get(key) == variable.encoding.get(key), (name, key)


def test_a_file_has_the_bytes_of_one_that_is_made_on_the_disk(tmp_path: Path) -> None:
    def fill(file: netCDF4.Dataset) -> None:
        file.createDimension("scenario", 10_000)
        for group in (file, file.createGroup("option")):
            group.createVariable("cost", "f8", ("scenario",), fletcher32=True)[...] = OUTPUTS[0, :10_000]
        file.setncatts({"title": "a programme"})

    with netcdf_written(tmp_path / "a.nc", fill):
        pass
    with netCDF4.Dataset(tmp_path / "b.nc", "w") as file:
        fill(file)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (RuntimeError("NetCDF: HDF error"), MemoryError),
        (RuntimeError("NetCDF: Name contains illegal characters"), RunError),
        (TypeError("no such type"), RunError),
        (ValueError("no such value"), RunError),
    ],
)
def test_what_the_library_says_is_told_apart(error: Exception, raised: type[Exception], tmp_path: Path) -> None:
    def failing(file: netCDF4.Dataset) -> None:
        file.createDimension("scenario", 10)
        raise error

    with pytest.raises(raised, match=r"a\.nc"), netcdf_written(tmp_path / "a.nc", failing):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_the_memory_is_refused_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import dask.array as da

    large = xr.Dataset({"cost": (("option", "scenario"), da.zeros((1, 10**8), chunks=10**6))})
    monkeypatch.setattr(netcdf, "free_memory", lambda: 2**29)
    refused = pytest.raises(ParameterError, match=r"512\.0 MiB are free(.|\n)*store=")
    with refused, dataset_written(tmp_path / "a.nc", large, {}):
        pass
