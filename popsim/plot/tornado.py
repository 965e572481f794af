"""How far each input moves the expected total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.analysis.attached import attached_drivers
from popsim.analysis.door import dataset_of
from popsim.analysis.driver_figures import figures_of
from popsim.arguments import check_name
from popsim.errors import Problem, RunError
from popsim.plot import plain
from popsim.plot.source import Source, title, unit_of
from popsim.schema import TOTAL_BASES
from popsim.types import GROUPINGS, Grouping

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run


def tornado(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    by: Grouping = "input",
    variable: str = "cost",
    unit: str | None = None,
) -> Axes:
    """Draw between which amounts each input moves the expected total: its P10 and P90, given the input alone.

    Parameters
    ----------
    source
        What `drivers` returned, or a run that holds it.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    by
        "input", or "level": what is common to all countries, to a group of them, or each country's own.
    variable
        The total: "cost" or "financing_need".
    unit
        Of the axis, such as ``"US$ billion"``; None for one that suits the amounts.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; the input that moves the total farthest is at the top.

    Raises
    ------
    ParameterError
        For an argument outside these limits.
    RunError
        For a dataset or a run without drivers.

    Examples
    --------
    >>> import popsim as ps
    >>> found = ps.drivers(ps.load_study("pops"), scenarios=1_024, only=["cost"])
    >>> ps.plot.tornado(found).get_yticklabels()[0].get_text().startswith("Unit costs")
    True
    """
    from popsim.report.figures.tornado import Swing, draw, limits
    from popsim.report.numbers import scale_of

    by, total = check_name("by", by, GROUPINGS), check_name("variable", variable, TOTAL_BASES)
    dataset = dataset_of(source)
    found = _drivers(dataset, by, total)
    currency = str(dataset.attrs.get("currency", "USD"))
    stated = unit_of(unit, float(found["mean"]), currency)
    scale = float(scale_of(stated))
    at = found.sortby(found["swing_low"] - found["swing_high"])
    names = at[f"{by}_name"] if f"{by}_name" in at.coords else at[by]
    ends = zip(at["swing_low"].values.tolist(), at["swing_high"].values.tolist(), strict=True)
    swings = [Swing(str(name), low / scale, high / scale) for name, (low, high) in zip(names.values, ends, strict=True)]
    mean = float(found["mean"]) / scale
    axes = plain.axes_for(ax, (7.0, 1.2 + 0.36 * len(swings)))
    plain.names(axes, [swing.label for swing in swings])
    draw(axes, range(len(swings)), swings, mean)
    axes.set_xlim(limits(swings, mean))
    plain.amounts(axes, "x")
    label = Source(dataset, None, 0.8, stated, scale).labelled(f"Expected {title(dataset, total).lower()}", total)
    plain.label(axes, "x", f"{label}, P10–P90")
    return axes


def _drivers(dataset: xr.Dataset, by: Grouping, total: str) -> xr.Dataset:
    """Return the swings of a total by input or level: of the dataset itself, or those that a run holds."""
    found = figures_of(dataset, total) if by in dataset.dims and "scenario" not in dataset.dims else None
    found = attached_drivers(dataset, by, total) if found is None else found
    if found is None or "swing_low" not in found:
        mend = f'run "popsim report RUN --drivers", or give what popsim.drivers(study, by="{by}") returns'
        raise RunError(Problem("dataset", (), f"no drivers of {total} by {by}", "what popsim.drivers returns", mend))
    return found
