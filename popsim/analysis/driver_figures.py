"""Names of the figures that `popsim.drivers` gives: those of the cost, and of the financing need beside it."""

from __future__ import annotations

import xarray as xr

from popsim.plan.streams import FINANCING


def figure_suffix(name: str) -> str:
    """Return what is appended to the name of a figure: nothing for the cost."""
    return name.removeprefix("cost") if name == "cost" or name.startswith("cost_by_") else f"_of_{name}"


def figure_names(found: xr.Dataset, total: str) -> dict[str, str]:
    """Return the names of the figures of one total, each with the name that the same figure of the cost has.

    Examples
    --------
    >>> import popsim as ps
    >>> found = ps.drivers(ps.load_study("pops"), scenarios=1024, by="level")
    >>> figure_names(found, "financing_need")["variance_share_of_financing_need_by_area"]
    'variance_share_by_area'
    """
    ending, names = figure_suffix(total), dict[str, str]()
    for name in map(str, found.data_vars):
        figure, by, grouping = name.removesuffix("_error").partition("_by_")
        if figure.endswith(ending) if ending else "_of_" not in figure:
            error = "_error" if name.endswith("_error") else ""
            names[name] = figure[: len(figure) - len(ending)] + by + grouping + error
    return names


def figures_of(found: xr.Dataset, total: str) -> xr.Dataset:
    """Return the figures of one total under the names that those of the cost have.

    Of the cost, without the input that changes no cost: who pays.
    """
    names = figure_names(found, total)
    figures = found[list(names)].rename({name: short for name, short in names.items() if name != short})
    is_cost = total == "cost" and "input" in figures.coords
    return figures.drop_sel(input=FINANCING, errors="ignore") if is_cost else figures
