"""Datasets that are kept within that of a run: each of their names has a prefix there, so that none meets another."""

from __future__ import annotations

from collections.abc import Iterable

import xarray as xr


def put_beside(dataset: xr.Dataset, found: xr.Dataset, prefix: str, attributes: Iterable[str]) -> xr.Dataset:
    """Add a dataset to that of a run: its variables, coordinates and these attributes, after a prefix.

    Each dimension has a coordinate.

    Examples
    --------
    >>> found = xr.Dataset({"x": ("case", [1.0, 2.0])}, {"case": ["a", "b"]}, attrs={"coverage": 0.9})
    >>> run = put_beside(xr.Dataset(attrs={"coverage": 0.8}), found, "kept_", ["coverage"])
    >>> list(run), run.attrs
    (['kept_x'], {'coverage': 0.8, 'kept_coverage': 0.9})
    >>> take_from_beside(run, "kept_", ["coverage"]).identical(found)
    True
    """
    stored = found.rename({name: f"{prefix}{name}" for name in map(str, found.variables)})
    named = {f"{prefix}{name}": found.attrs[name] for name in attributes}
    return dataset.assign_coords(stored.coords).assign(stored.data_vars).assign_attrs(named)


def take_from_beside(dataset: xr.Dataset, prefix: str, attributes: Iterable[str]) -> xr.Dataset | None:
    """Return what `put_beside` added, with these attributes alone; None where there is nothing of it.

    Parameters
    ----------
    dataset
        The dataset of a run.
    prefix, attributes
        As for `put_beside`.
    """
    names = {str(name): str(name).removeprefix(prefix) for name in dataset.variables if str(name).startswith(prefix)}
    if not names:
        return None
    found = dataset[[name for name in names if name in dataset.data_vars]]
    found = found.drop_vars([name for name in found.coords if str(name) not in names]).rename(names)
    found.attrs = {name: dataset.attrs[f"{prefix}{name}"] for name in attributes}
    return found
