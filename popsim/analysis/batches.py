"""Batches of scenarios put together into one run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["joined"]


def joined(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Put batches together as `simulate` would have laid them out: scenarios next to each other in memory."""
    whole = parts[0]
    if len(parts) > 1:
        coordinates = {name: value for name, value in whole.coords.items() if name != "scenario"}
        numbers = pd.RangeIndex(0, sum(part.sizes["scenario"] for part in parts))
        scenario = xr.Variable(("scenario",), numbers, whole["scenario"].attrs)
        variables = {
            name: _in_line([part[name] for part in parts]) if "scenario" in variable.dims else variable.variable
            for name, variable in whole.data_vars.items()
        }
        whole = xr.Dataset(variables, {**coordinates, "scenario": scenario}, whole.attrs)
    return whole


def _in_line(parts: Sequence[xr.DataArray]) -> xr.Variable:
    dims = parts[0].dims
    moved = [part.transpose(..., "scenario").values for part in parts]
    data = np.moveaxis(np.concatenate(moved, axis=-1), -1, dims.index("scenario"))
    return xr.Variable(dims, data, parts[0].attrs)
