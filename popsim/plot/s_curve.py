"""How sure a budget is to be enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from popsim import schema
from popsim.analysis.budgets import budget_for
from popsim.analysis.door import check_numbers
from popsim.arguments import as_list
from popsim.errors import ParameterError, Problem, RunError, shown
from popsim.plot import plain
from popsim.plot.source import Source, read, title

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from popsim.engine.runs import Run
    from popsim.report.figures import Curve

_MOST = 2
"""Totals that one figure can show."""


def s_curve(
    source: Run | xr.Dataset,
    ax: Axes | None = None,
    *,
    variable: str | Sequence[str] = "cost",
    option: str | None = None,
    coverage: float | None = None,
    confidence: float | None = 0.8,
    unit: str | None = None,
) -> Axes:
    """Draw how sure a budget is to be enough, from all scenarios.

    Parameters
    ----------
    source
        A run, or a dataset of `simulate` or `sample`.
    ax
        Axes of matplotlib to draw on; None makes a figure.
    variable
        What the budget has to pay for, such as ``"cost"`` or ``"financing_need"``; or two of them.
    option
        Which option; None for "full".
    coverage
        Of the range that is shaded; None for that of the dataset, or else 0.90.
    confidence
        At which the budget is marked; None for no mark.
    unit
        Of the axis, such as ``"US$ billion"``; None for one that suits the amounts.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ParameterError
        For an argument outside these limits, or scenarios too few for the confidence.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=[])
    >>> ps.plot.s_curve(ds).get_xlabel()
    'Total cost (US$ million, constant 2025 prices)'
    """
    from popsim.report.figures.s_curve import confidence_label, draw, key

    names = [variable] if isinstance(variable, str) else as_list(variable) or []
    if not 1 <= len(names) <= _MOST:
        raise ParameterError(Problem("", ("variable",), shown(variable), "the name of a variable, or two of them"))
    read_all = [read(source, name, option=option, coverage=coverage, unit=unit) for name in names]
    # Two totals share one axis: in the unit of the larger.
    first = max(read_all, key=lambda each: each.scale)
    curves = [_curve(first, name, confidence) for name in names]
    rows = key(curves)
    axes = plain.axes_for(ax, (7.0, 3.8 + 0.2 * len(rows)))
    draw(axes, curves)
    plain.amounts(axes, "x")
    plain.shares(axes, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    plain.label(axes, "x", first.label(names[0]) if len(names) == 1 else first.labelled("Budget", names[0]))
    plain.label(axes, "y", confidence_label())
    plain.key(axes, rows)
    return axes


def _curve(source: Source, name: str, confidence: float | None) -> Curve:
    from popsim.report.figures import Curve
    from popsim.report.numbers import percent

    values = np.sort(source.total(name))
    low, high = np.quantile(values, (source.levels[0], source.levels[-1])) / source.scale
    marks = []
    if confidence is not None:
        found = budget_for(source.dataset, confidence, name)
        amount, error = (float(source.of_option(found[each])) for each in ("amount", "amount_error"))
        text = f"{percent(confidence)} confidence: {source.money(amount, error)}"
        marks.append((amount / source.scale, confidence, text))
    point = schema.point_estimate_name(name)
    if confidence is not None and point in source.dataset:
        estimate = source.of_option(source.dataset[point])
        if estimate.ndim:
            across = f"by {', '.join(map(str, estimate.dims))}"
            raise RunError(Problem("dataset", (point,), across, f"one for each option of {name}"))
        check_numbers(source.dataset, [point])
        value = float(estimate)
        share = float(np.searchsorted(values, value * (1.0 + 1e-12), side="right")) / len(values)
        marks.append((value / source.scale, share, f"Point estimate: {source.money(value, error)}"))
    return Curve(
        label=title(source.dataset, name),
        amounts=values / source.scale,
        confidences=np.arange(1, len(values) + 1) / len(values),
        low=float(low),
        high=float(high),
        interval=source.range_text(values),
        marks=marks,
    )
