"""Which assumptions matter: what the range does when each is changed, the one that moves the headline most first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import xarray as xr

from popsim.analysis.attached import assumptions_left_out, attached_assumptions
from popsim.report import totals
from popsim.report.comparison import signed
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Block, Details, Entry, Paragraph, Section, Table
from popsim.report.estimates import Measured
from popsim.report.input_names import assumption_name, change_name
from popsim.report.language import gettext as _
from popsim.report.numbers import (
    Printed,
    amount,
    amounts,
    money,
    percent,
    rounded,
    scale_of,
    significant,
    unit_and_prices,
    unit_for,
    unknown,
)
from popsim.report.prose import Prose
from popsim.report.units import with_unit
from popsim.study.model import Study

_text = Prose("which_assumptions")

SHOWN = 12
"""Assumptions in the table that stands open; the others are folded."""
_CLEAR = 1.959964
"""Standard errors beyond which a change is more than chance."""


class Units(NamedTuple):
    """How amounts and the range are named."""

    unit: str
    unit_and_prices: str
    coverage: str


def units_of(found: xr.Dataset, study: Study) -> Units:
    """Choose the unit for results of `popsim.assumptions` that stand alone."""
    unit = unit_for(float(found["cost_quantile"].max()), study.currency)
    return Units(
        unit,
        unit_and_prices(unit, study.price_year),
        percent(float(found.attrs["coverage"])),
    )


def which_assumptions(data: ReportData) -> Section | None:
    """Show what each assumption does to the range, or why that is left out; None where the run holds neither."""
    found, why = attached_assumptions(data.dataset), assumptions_left_out(data.dataset)
    parts: tuple[Block | Details, ...] = (Paragraph(_text("left_out", why=why)),)
    if why is None:
        if found is None:
            return None
        parts = blocks(found, data.study, Units(data.unit, data.unit_and_prices, percent(data.coverage)))
    return Section("which-assumptions", _("Which assumptions matter most?"), _("Assumptions"), parts)


def blocks(found: xr.Dataset, study: Study, units: Units) -> tuple[Block | Details, ...]:
    """Return the sentences and tables on the changes that `popsim.assumptions` made."""
    order = list(dict.fromkeys(found["assumption"].values.tolist()))[1:]
    first, rest = order[:SHOWN], order[SHOWN:]
    leads = [lead(found, units), *of_cost(found, units)]
    parts: list[Block | Details] = [*(Paragraph(text) for text in leads), table(found, study, units, first)]
    if rest:
        bound = _largest_of(found, rest, units)
        summary = _text("others", others=len(rest), total=found.attrs["headline"], bound=bound)
        others = table(found, study, units, rest, is_rest=True)
        parts.append(Details(summary, (others,)))
    parts += [Paragraph(text, note=True) for text in notes(found)]
    if entries := _stated(study):
        parts.append(Details(_text("stated_summary", count=len(entries)), entries))
    return tuple(parts)


def lead(found: xr.Dataset, units: Units) -> str:
    """Name the change that moves the headline most, and what it does; or that chance could do as much."""
    headline, scenarios = found.attrs["headline"], int(found.attrs["scenarios"])
    place = _most(found)
    if place is None:
        return _text("none_stands_out", total=headline, scenarios=scenarios)
    case = found.isel(case=place)
    moved, wider = _moved(case, headline), Measured(*_pair(case, f"{headline}_width_change"))
    if not (moved.is_known and wider.is_known):
        return _text("too_few", total=headline, scenarios=scenarios)
    return _text(
        "largest",
        total=headline,
        assumption=assumption_name(case),
        change=_change(case, with_value=False),
        is_own=case["kind"].item() == "own",
        move=_signed(moved, units),
        wider=_signed(wider, units),
        coverage=units.coverage,
    )


def short(found: xr.Dataset, units: Units) -> str:
    """Name the change that moves the headline most in one line; "" where chance could do as much."""
    place = _most(found)
    if place is None:
        return ""
    headline, case = found.attrs["headline"], found.isel(case=place)
    moved = _moved(case, headline)
    if not moved.is_known:
        return ""
    return _text(
        "short",
        total=headline,
        assumption=assumption_name(case),
        change=_change(case, with_value=False),
        is_own=case["kind"].item() == "own",
        move=_signed(moved, units),
    )


def of_cost(found: xr.Dataset, units: Units) -> tuple[str, ...]:
    """Return a sentence on what moves the median of the cost most, where the need comes first and another moves it.

    What others pay for whatever it costs moves the cost and not the need, and so stands last in the table.
    """
    if found.attrs["headline"] == "cost":
        return ()
    moved = found[["cost_quantile_change", "cost_quantile_change_error"]]
    moves = [_moved(moved.isel(case=place), "cost") for place in range(found.sizes["case"])]
    clear = [abs(each.value) if abs(each.value) > _CLEAR * each.error else 0.0 for each in moves]
    place = int(np.argmax(clear))
    case = found.isel(case=place)
    if clear[place] == 0.0 or case["assumption"].item() == found["assumption"].values[1]:
        return ()
    text = _text(
        "other_total",
        assumption=assumption_name(case),
        change=_change(case, with_value=False),
        is_own=case["kind"].item() == "own",
        move=_signed(moves[place], units),
    )
    return (text,)


def table(found: xr.Dataset, study: Study, units: Units, assumptions: Iterable[str], *, is_rest: bool = False) -> Table:
    """Return what each change of some assumptions makes of the totals, beside no change at all.

    `is_rest` says that these are what another table leaves out.
    """
    wanted = set(assumptions)
    places = [0, *(k for k, each in enumerate(found["assumption"].values.tolist()) if each in wanted)]
    cases = [found.isel(case=place) for place in places]
    rows = [_labels(cases, k) for k in range(len(cases))]
    headings, groups, columns = [_("Assumption"), _("Changed to")], [], []
    low, high = _ends(found)
    kinds: list[tuple[str, tuple[tuple[float, str], ...]]] = [
        ("cost", ((low, _("Low end")), (0.5, _("Median")), (high, _("High end"))))
    ]
    if "cost_all_years_quantile" in found:
        kinds.append(("cost_all_years", ((0.5, _("Median")),)))
    if "financing_need_quantile" in found:
        kinds.append(
            ("financing_need", ((0.5, _("Median")), (CONFIDENCE, _text("enough", confidence=percent(CONFIDENCE)))))
        )
    for total, levels in kinds:
        titles = [title for _, title in levels]
        cells: list[tuple[str, ...]] = [
            amounts([_quantile(case, total, level) for case in cases], units.unit) for level, _ in levels
        ]
        if total == found.attrs["headline"] or (total == "cost" and len(kinds) < 2):
            titles.append(_("Median moves by"))
            cells.append(_moves(cases, total, units))
        headings += titles
        columns += cells
        groups.append((totals.title(total, study), len(titles)))
    caption = _text("caption", unit_and_prices=units.unit_and_prices, coverage=units.coverage, is_rest=is_rest)
    body = tuple((*labels, *figures) for labels, figures in zip(rows, zip(*columns, strict=True), strict=True))
    name = "other-assumptions" if is_rest else "assumptions"
    return Table(caption, tuple(headings), body, labels=2, groups=tuple(groups), name=name)


def notes(found: xr.Dataset) -> tuple[str, ...]:
    """Explain how to read the table."""
    kinds = set(found["kind"].values.tolist())
    return (
        _text("order", total=found.attrs["headline"], scenarios=int(found.attrs["scenarios"])),
        *([_text("own", has_levels=bool(np.isnan(found["value"].values[1:]).any()))] if "own" in kinds else []),
    )


def _stated(study: Study) -> tuple[Entry, ...]:
    """Return each stated alternative with what it changes and why it is looked at."""
    return tuple(
        Entry(each.name, _("stated"), ((_("Assumption"), each.assumption), *each.changes), each.rationale, ())
        for each in study.what_ifs
    )


def _most(found: xr.Dataset) -> int | None:
    """Return the place of the case of the first assumption that moves the median of the headline most.

    Where chance could move the median as far, of the width; None where chance could move both.
    """
    headline = found.attrs["headline"]
    order = found["assumption"].values
    places = [place for place in range(1, len(order)) if order[place] == order[1]]
    cases = [found.isel(case=place) for place in places]
    for figures in (
        [_moved(case, headline) for case in cases],
        [Measured(*_pair(case, f"{headline}_width_change")) for case in cases],
    ):
        clear = [abs(each.value) if abs(each.value) > _CLEAR * each.error else 0.0 for each in figures]
        if max(clear) > 0.0:
            return places[clear.index(max(clear))]
    return None


def _signed(moved: Measured, units: Units) -> str:
    """Return a change with its sign and unit."""
    scale = scale_of(units.unit)
    size, _place = rounded(moved.value / scale, moved.error / scale)
    return with_unit(signed(amount(moved.value, moved.error, units.unit)), units.unit, size)


def _moves(cases: list[xr.Dataset], total: str, units: Units) -> tuple[str, ...]:
    """Print how far the median moves in all cases but the first, with the Monte Carlo error of that."""
    cells: list[str] = [""]
    for case in cases[1:]:
        value, error = _moved(case, total)
        if not math.isfinite(error):
            cells.append(unknown())
        else:
            shown = signed(amount(value, error, units.unit))
            if error > 0.0:
                shown = f"{shown} ± {amount(error, 0.0, units.unit, 10.0 ** math.floor(math.log10(error)))}"
            cells.append(Printed(shown, value, "money"))
    return tuple(cells)


def _largest_of(found: xr.Dataset, assumptions: list[str], units: Units) -> str:
    moved = found["largest_change"].values[np.isin(found["assumption"].values, assumptions)].max()
    return money(float(moved), 0.0, units.unit, 10.0 ** math.floor(math.log10(moved)) if moved > 0.0 else 0.0)


def _labels(cases: list[xr.Dataset], k: int) -> tuple[str, str]:
    """Return the assumption, in the first of its rows alone, and what it is changed to; the first case is no change."""
    if k == 0:
        return _("No assumption changed"), ""
    case = cases[k]
    is_new = cases[k - 1]["assumption"].item() != case["assumption"].item()
    return assumption_name(case) if is_new else "", _change(case)


def _change(case: xr.Dataset, with_value: bool = True) -> str:
    value = float(case["value"])
    if case["kind"].item() == "own" and math.isfinite(value) and with_value:
        return _text("percentile", name=change_name(case), value=significant(value))
    return change_name(case)


def _ends(found: xr.Dataset) -> tuple[float, float]:
    """Return the levels at the ends of the range."""
    tail = (1.0 - float(found.attrs["coverage"])) / 2.0
    return tail, 1.0 - tail


def _quantile(case: xr.Dataset, total: str, level: float) -> Measured:
    # Variables alone: with their coordinates, which no figure needs, xarray takes ten times as long.
    known = case.variables
    place = int(np.abs(known["quantile"].values - level).argmin())
    return Measured(*(float(known[f"{total}_quantile{suffix}"].values[place]) for suffix in ("", "_error")))


def _moved(case: xr.Dataset, total: str) -> Measured:
    known = case.variables
    place = int(np.abs(known["quantile"].values - 0.5).argmin())
    names = (f"{total}_quantile_change", f"{total}_quantile_change_error")
    return Measured(*(float(known[name].values[place]) for name in names))


def _pair(case: xr.Dataset, name: str) -> tuple[float, float]:
    return float(case[name]), float(case[f"{name}_error"])
