"""What makes the range: the inputs that it comes from."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import xarray as xr

from popsim.analysis import attached_drivers, drivers_left_out
from popsim.analysis.sobol import Share, reported, share_of
from popsim.report import figures
from popsim.report.data import ReportData
from popsim.report.document import Block, Figure, Paragraph, Section, Table
from popsim.report.estimates import Measured
from popsim.report.input_names import input_name
from popsim.report.language import gettext as _
from popsim.report.numbers import (
    Printed,
    amount,
    amounts,
    finest_of,
    money,
    percent,
    unit_and_prices,
    unit_for,
    unknown,
)
from popsim.report.prose import Prose, sentence_case
from popsim.study.model import Study

_text = Prose("drivers")

_NEED = "financing_need"
_FINEST = 0.001
"""Place at which shares end: tenths of a per cent."""
_ROUNDING = 1e-9
"""Shares below are rounding of the computer."""


class Units(NamedTuple):
    """How amounts and the range are named."""

    unit: str
    unit_and_prices: str
    coverage: str
    width: Measured | None = None
    """Width of the range where more scenarios know it than those of the drivers."""


def units_of(indices: xr.Dataset, study: Study) -> Units:
    """Choose the unit for results of `popsim.drivers` that stand alone."""
    unit = unit_for(float(indices["swing_high"].max()), study.currency)
    return Units(
        unit,
        unit_and_prices(unit, study.price_year),
        percent(float(indices.attrs["coverage"])),
    )


def drivers(data: ReportData) -> Section | None:
    """Show which inputs make the range, or why that is left out; None where the run holds neither."""
    blocks: tuple[Block, ...] | None
    why = left_out(data.dataset, data.scenarios)
    blocks = _blocks(data) if why is None else (Paragraph(why),)
    return None if blocks is None else Section("drivers", _("What makes the range?"), _("What makes it"), blocks)


def further(data: ReportData) -> Section | None:
    """Show the range divided in other ways, for analysts: by level and by area; None where nobody knows."""
    by_input, by_level = (attached_drivers(data.dataset, by) for by in ("input", "level"))
    is_left_out = left_out(data.dataset, data.scenarios) is not None
    if is_left_out or by_input is None or by_level is None or data.is_certain or is_unseen(by_input):
        return None
    blocks: tuple[Block, ...] = (
        Paragraph(_text("levels")),
        share_table(by_level, "level"),
        swing_table(by_level, "level", _units(data)),
        area_table(by_input, {area.id: area.name for area in data.study.areas}),
        Paragraph(_text("areas_note"), note=True),
    )
    title = _("What makes the range, by level and by area")
    return Section("drivers-further", title, _("Levels and areas"), blocks, is_annex=True)


def _units(data: ReportData) -> Units:
    return Units(data.unit, data.unit_and_prices, percent(data.coverage), data.widths.get("study"))


def _blocks(data: ReportData) -> tuple[Block, ...] | None:
    by_input, by_level = (attached_drivers(data.dataset, by) for by in ("input", "level"))
    if by_input is None or by_level is None or data.is_certain:
        return None
    units = _units(data)
    first = Paragraph(lead(by_input, units))
    of_need = attached_drivers(data.dataset, "input", _NEED)
    need = () if of_need is None else need_blocks(of_need, units._replace(width=None))
    if is_unseen(by_input):
        return (first, *need)
    return (
        first,
        _tornado(by_input, data),
        _shares(by_input),
        share_table(by_input, "input"),
        swing_table(by_input, "input", units),
        *need,
        # What the areas share is explained beside their table, in the annex.
        *(Paragraph(text, note=True) for text in notes(by_input)[:-1]),
    )


def need_blocks(indices: xr.Dataset, units: Units) -> tuple[Paragraph | Table, ...]:
    """Show which inputs make the range of the financing need, where who pays is uncertain.

    Parameters
    ----------
    indices
        Of the need, as `popsim.analysis.driver_figures.figures_of` gives them.
    units
        As for the other tables.
    """
    if is_unseen(indices) or not _measured(indices, "std").value > 0.0:
        return ()
    shares = {str(key): _reported(indices, "input", str(key))[0] for key in indices["input"].values}
    first = max(shares, key=lambda key: shares[key].value if shares[key].is_resolved else -1.0)
    name = input_name(indices, "input", first) if shares[first].is_resolved else ""
    return (
        Paragraph(_text("of_need", name=name, share=_share(shares[first]))),
        share_table(indices, "input", _NEED),
        swing_table(indices, "input", units, _NEED),
    )


def left_out(dataset: xr.Dataset, scenarios: int) -> str | None:
    """Return why a run has no drivers, in a sentence; None where it has them, or nobody noted why not."""
    why = drivers_left_out(dataset)
    return None if why is None else _text("left_out", why=why, scenarios=scenarios)


def lead(indices: xr.Dataset, units: Units) -> str:
    """Name the input that matters most, and what knowing it would change."""
    if not _measured(indices, "std").value > 0.0:
        return _text("nothing_varies")
    if is_unseen(indices):
        is_known = "input" in indices.dims and float(indices["first_order"].max()) > 0.0
        largest = input_name(indices, "input", str(indices["first_order"].idxmax().item())) if is_known else ""
        return _text("unseen", largest=largest)
    shares = {str(key): _reported(indices, "input", str(key))[0] for key in indices["input"].values}
    known = {key: share for key, share in shares.items() if share.is_known}
    if not known:
        return _text("too_few")
    first = max(known, key=lambda key: known[key].value)
    if not known[first].is_resolved:
        return _text("none_stands_out", bound=_upward(max(each.bound for each in known.values())))
    name, share = input_name(indices, "input", first), _share(known[first])
    left, width = _measured(indices, "width_given", input=first), _width(indices, units)
    if not (width.is_known and left.is_known):
        return _text("largest", name=name, share=share)
    finest = finest_of(_measured(indices, "width_given", input=key) for key in _order(indices, "input"))
    return _text(
        "largest_and_narrower" if left.value < width.value else "largest_but_no_narrower",
        name=name,
        share=share,
        coverage=units.coverage,
        then=money(left.value, left.error, units.unit, finest),
        now=money(width.value, width.error, units.unit, width.finest),
    )


def is_unseen(indices: xr.Dataset) -> bool:
    """Whether the runs cannot have seen the tail that makes the variance, so that nobody knows its shares."""
    return _measured(indices, "std").error == math.inf


def share_table(indices: xr.Dataset, by: str, total: str = "cost") -> Table:
    """Return the shares of the variance of a total by group of inputs."""
    rows = tuple(
        (input_name(indices, by, key), *map(_share, _reported(indices, by, key))) for key in _order(indices, by)
    )
    columns = (_heading(by), _("Alone"), _("With others"))
    return Table(_text("shares_table", total=total), columns, rows, name=_slug("shares-of-variance", by, total))


def swing_table(indices: xr.Dataset, by: str, units: Units, total: str = "cost") -> Table:
    """Return the swings of the expected total, and what is left of the width, by group of inputs."""
    keys, width = _order(indices, by), _width(indices, units)
    columns = [
        amounts([_measured(indices, name, **{by: key}) for key in keys], units.unit)
        for name in ("swing_low", "swing_high", "width_given")
    ]
    rows = tuple(zip((input_name(indices, by, key) for key in keys), *columns, strict=True))
    caption = _text(
        "swings_caption",
        total=total,
        coverage=units.coverage,
        width=amount(width.value, width.error, units.unit, width.finest),
        unit_and_prices=units.unit_and_prices,
    )
    headings = (_heading(by), _("Low (P10)"), _("High (P90)"), _("Width if known"))
    return Table(caption, headings, rows, name=_slug("swings", by, total))


def area_table(indices: xr.Dataset, names: dict[str, str]) -> Table:
    """Return the shares of the variance by area, what areas share included; the largest first."""
    shares = {area: _measured(indices, "variance_share_by_area", area=area) for area in names}
    order = sorted(shares, key=lambda area: -shares[area].value)
    rows = tuple((names[area], _part(shares[area])) for area in order)
    caption = _("Share of each area in the variance of the total cost")
    return Table(caption, (_("Area"), _("Share")), rows, name="shares-of-areas")


def notes(indices: xr.Dataset) -> tuple[str, ...]:
    """Explain how to read the tables."""
    by = "input" if "input" in indices.dims else "level"
    shares = [share for key in map(str, indices[by].values) for share in _reported(indices, by, key)]
    hidden = max((share.bound for share in shares if share.is_known and not share.is_resolved), default=0.0)
    return (
        _text("shares_note", hidden=_upward(hidden) if hidden > _ROUNDING else ""),
        _text(
            "swings_note",
            scenarios=int(indices.attrs["scenarios"]),
            has_shared_inputs="unit_costs" in indices.coords.get("input", ()),
        ),
        _text("areas_note"),
    )


def _tornado(indices: xr.Dataset, data: ReportData) -> Figure:
    at = indices.sortby(indices["swing_low"] - indices["swing_high"])
    labels = [input_name(indices, "input", str(key)) for key in at["input"].values]
    lows, highs = ([data.on_axis(value) for value in at[name].values.tolist()] for name in ("swing_low", "swing_high"))
    return Figure(
        "tornado",
        _("How far each input moves the expected total cost"),
        _text("tornado_caption"),
        _text("tornado_spoken", widest=labels[0]),
        partial(
            figures.tornado,
            labels=labels,
            lows=lows,
            highs=highs,
            mean=data.on_axis(indices["mean"].item()),
            amount_label=sentence_case(data.unit_and_prices),
        ),
    )


def _shares(indices: xr.Dataset) -> Figure:
    keys = _order(indices, "input")
    labels = [input_name(indices, "input", key) for key in keys]
    # A share that its error hides has no bar.
    alone, with_others = (
        [100.0 * share.value if share.is_resolved else 0.0 for share in each]
        for each in zip(*(_reported(indices, "input", key) for key in keys), strict=True)
    )
    return Figure(
        "drivers",
        _text("shares_table", total="cost"),
        _text("shares_caption"),
        _text("shares_spoken", largest=labels[0]),
        partial(
            figures.shares,
            labels=labels,
            alone=alone,
            with_others=with_others,
            share_label=_("Share of the variance, per cent"),
        ),
    )


def _order(indices: xr.Dataset, by: str) -> list[str]:
    """Return the groups with the largest first; those that their errors hide come last, in their own order."""

    def size(key: str) -> float:
        total = _reported(indices, by, key)[1]
        return -total.value if total.is_resolved else 0.0

    return sorted(map(str, indices[by].values), key=size)


def _reported(indices: xr.Dataset, by: str, key: str) -> tuple[Share, Share]:
    """Return the first-order and the total index of a group, as reported."""
    first, total = (_measured(indices, name, **{by: key}) for name in ("first_order", "total"))
    return reported((first.value, first.error), (total.value, total.error))


def _heading(by: str) -> str:
    return _("Uncertain input") if by == "input" else _("Common to whom")


def _slug(table: str, by: str, total: str) -> str:
    return "-".join([table, by, *(["need"] if total == _NEED else [])])


def _measured(indices: xr.Dataset, name: str, **where: str) -> Measured:
    # By place in plain arrays: xarray's own look-up takes too long for a report.
    places = {dim: indices.variables[dim].values.tolist().index(label) for dim, label in where.items()}
    value, error = (indices.variables[each].isel(places).values.item() for each in (name, f"{name}_error"))
    return Measured(value, error if math.isfinite(error) else math.inf)


def _width(indices: xr.Dataset, units: Units) -> Measured:
    """Width of the range: of the run where it is known, or else of the scenarios of the drivers."""
    return units.width or _measured(indices, "width")


def _share(share: Share) -> Printed:
    """Print a share, or what it lies below where its error hides it."""
    if not share.is_known:
        return unknown()
    if share.is_resolved:
        return percent(share.value, share.error, finest=_FINEST)
    if share.bound > _ROUNDING:
        return Printed(_text("below", bound=_upward(share.bound)), math.nan, "share")
    return percent(0.0)


def _upward(bound: float) -> Printed:
    """Print a bound rounded up to one digit, of a tenth of a per cent at least."""
    bound = max(bound, _FINEST)
    place = 10.0 ** math.floor(math.log10(bound))
    return percent(min(math.ceil(bound / place - 1e-9) * place, 1.0))


def _part(share: Measured) -> Printed:
    """Print a part of a variance, which is negative where a cost moves against the total."""
    size = share_of(abs(share.value), share.error)
    is_negative = size.is_resolved and share.value < 0.0
    return percent(share.value, share.error, finest=_FINEST) if is_negative else _share(size)
