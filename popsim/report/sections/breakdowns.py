"""Every breakdown that has no section of its own: by country, by component, and by two or more things at once."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Sequence
from dataclasses import replace

import xarray as xr

from popsim import analysis, schema
from popsim.report.data import ReportData, names_of
from popsim.report.document import Block, Details, Matrix, MatrixCell, MatrixRow, Paragraph, Section, Table
from popsim.report.headings import heading, heading_in_sentence, with_remark
from popsim.report.language import gettext as _
from popsim.report.language import listed
from popsim.report.numbers import percent, unknown
from popsim.report.prose import Prose, sentence_case
from popsim.report.words import basis
from popsim.study.model import Study

_text = Prose("breakdowns")

MOST_COLUMNS = 12
"""Columns of a matrix; what has more along both dimensions is listed row by row."""
MOST_OPEN = 12
"""Rows that are shown without a click."""
MOST_ROWS = 1_000
"""Rows of a list; of a longer one the largest are shown, and summary.csv holds all."""


def breakdowns(data: ReportData) -> Section | None:
    """Show every breakdown that has no section of its own; None when there is none.

    What fits is a matrix of means with their ranges, and anything else a list; what is long is folded.
    """
    blocks: list[Block | Details] = []
    for name, variable in data.dataset.data_vars.items():
        if not str(name).startswith("cost_by_") or "scenario" not in variable.dims:
            continue
        dims = dims_of(data, str(name))
        # How costs divide by what widths rest on is kept in every run, for another section.
        if _has_own_section(data, dims) or (dims == ("width",) and dims not in data.study.breakdowns):
            continue
        across = _columns_of(data, dims)
        blocks += _matrices(data, dims, across) if across is not None else _list(data, dims)
    if not blocks:
        return None
    note = Paragraph(_text("note"), note=True)
    return Section("breakdowns", _("Further breakdowns"), _("Breakdowns"), (*blocks, note))


def dims_of(data: ReportData, name: str) -> tuple[str, ...]:
    """Return the dimensions of a breakdown beside option and scenario."""
    return tuple(str(dim) for dim in data.dataset[name].dims if dim not in {"option", "scenario"})


def _has_own_section(data: ReportData, dims: tuple[str, ...]) -> bool:
    """Whether another section shows a breakdown by these dimensions."""
    return len(dims) == 1 and (dims[0] in {"area", "country", "year"} or dims[0] in data.groups)


def _title(study: Study, dims: Sequence[str]) -> str:
    """Return what a breakdown is by, within a sentence, such as "activity area and year"."""
    return listed([heading_in_sentence(study, dim) for dim in dims])


def _totals(shown: Sequence[str]) -> dict[str, str]:
    """Return the headings over the columns of the totals that are shown."""
    known = {"cost": _("Cost"), "financing_need": _("Financing need")}
    return {total: known[total] for total in shown}


def _label_of(data: ReportData, dim: str, value: object) -> str:
    """Name a label of a dimension, as the study names it; its code follows where several have one name."""
    if dim in {"basis", "width"}:
        return sentence_case(basis(str(value)))
    return names_of(data.dataset, dim).get(value) or data.study.label(dim, value)


def _columns_of(data: ReportData, dims: tuple[str, ...]) -> str | None:
    """Choose the dimension that is laid out in columns; None where the breakdown is to be listed."""
    if len(dims) != 2:
        return None
    sizes = {dim: data.dataset.sizes[dim] for dim in dims}
    shortest = min(reversed(dims), key=lambda dim: sizes[dim])
    chosen = "year" if sizes.get("year", MOST_COLUMNS + 1) <= MOST_COLUMNS else shortest
    return chosen if sizes[chosen] <= MOST_COLUMNS else None


def _labels(data: ReportData, dim: str, along: ReportData) -> list[object]:
    """Return labels in the order in which they are shown: countries and components by size, others as they come."""
    labels: list[object] = data.dataset[dim].values.tolist()
    name = schema.breakdown_name((dim,), data.first)
    if dim not in {"country", "component"} or not along.has(name):
        return labels
    return sorted(labels, key=lambda label: -along.mean(name, **{dim: label}).value)


def _with_sums(data: ReportData, dims: tuple[str, ...]) -> ReportData:
    """Add the sums of a breakdown over all but one of its dimensions, for the margins of a matrix."""
    sums = {}
    for total, dim in itertools.product(data.totals, dims):
        name = schema.breakdown_name((dim,), total)
        if f"{name}_mean" not in data.summary:
            whole = data.dataset[schema.breakdown_name(dims, total)]
            # One part after the other, so that sums are rounded alike wherever the scenarios are.
            rest = [range(whole.sizes[other]) if other != dim else (slice(None),) for other in dims]
            each = (whole.isel(dict(zip(dims, place, strict=True))) for place in itertools.product(*rest))
            sums[name] = functools.reduce(operator.add, each)
    if not sums:
        return data
    added = xr.Dataset(sums, attrs=data.dataset.attrs)
    summary = analysis.summarise(added, data.coverage).squeeze("option", drop=True)
    return replace(data, dataset=data.dataset.assign(sums), summary=data.summary.assign(summary.data_vars))


def _cell(data: ReportData, name: str, where: dict[str, object]) -> MatrixCell:
    low, high = data.amounts(*data.range(name, **where))
    ends = unknown() if unknown() in (low, high) else f"{low}–{high}" if low != high else ""
    return MatrixCell(data.amount(data.mean(name, **where)), ends)


def _matrices(data: ReportData, dims: tuple[str, ...], across: str) -> list[Block | Details]:
    down = next(dim for dim in dims if dim != across)
    along, title = _with_sums(data, dims), _title(data.study, dims)
    rows, columns = _labels(data, down, along), _labels(data, across, along)
    tables: list[Block] = []
    for total in data.totals:
        name = schema.breakdown_name(dims, total)
        by_row, by_column = (schema.breakdown_name((dim,), total) for dim in (down, across))
        lines = []
        for row in rows:
            cells = [_cell(along, name, {down: row, across: column}) for column in columns]
            lines.append(MatrixRow(_label_of(data, down, row), (*cells, _cell(along, by_row, {down: row}))))
        sums = (*(_cell(along, by_column, {across: column}) for column in columns), _cell(along, total, {}))
        caption = _text(
            "matrix_caption",
            total=total,
            by=title,
            coverage=percent(data.coverage),
            unit_and_prices=data.unit_and_prices,
        )
        tables.append(
            Matrix(
                with_remark(caption, along.about_means(name, by_row, by_column, total)),
                heading(data.study, down),
                (*(_label_of(data, across, column) for column in columns), _("All")),
                (*lines, MatrixRow(_("All"), sums)),
                name=_slug(dims, total if len(data.totals) > 1 else ""),
            )
        )
    if len(rows) <= MOST_OPEN:
        return list(tables)
    return [Details(_text("matrix_summary", by=title, rows=len(rows), columns=len(columns)), tuple(tables))]


def _list(data: ReportData, dims: tuple[str, ...]) -> list[Block | Details]:
    """List the cells of a breakdown row by row, with the totals side by side."""
    keys = list(itertools.product(*(_labels(data, dim, data) for dim in dims)))
    whole, note = len(keys), list[Block]()
    if whole > MOST_ROWS:
        first = schema.breakdown_name(dims, data.first)
        keys.sort(key=lambda key: -data.mean(first, **dict(zip(dims, key, strict=True))).value)
        note.append(Paragraph(_text("largest_rows", shown=MOST_ROWS, rows=whole), note=True))
    labels = [heading(data.study, dim) for dim in dims]
    if "country" in dims:
        labels.insert(dims.index("country") + 1, _("Code"))
    shown, title = data.totals, _title(data.study, dims)
    caption = _text(
        "list_caption",
        total="" if len(shown) > 1 else shown[0],
        by=title,
        coverage=percent(data.coverage),
        unit_and_prices=data.unit_and_prices,
    )
    columns = (_("Low end"), _("Mean"), _("High end"), _("Share"))
    table = Table(
        with_remark(caption, data.about_means(*(schema.breakdown_name(dims, total) for total in shown))),
        (*labels, *columns * len(shown)),
        tuple((*_row_labels(data, dims, key), *_row(data, dims, key)) for key in keys[:MOST_ROWS]),
        labels=len(labels),
        sortable=whole > MOST_OPEN,
        groups=tuple((title, len(columns)) for title in _totals(shown).values()) if len(shown) > 1 else (),
        name=_slug(dims),
    )
    if whole <= MOST_OPEN:
        return [table]
    return [Details(_text("list_summary", by=title, rows=whole), (table, *note))]


def _row_labels(data: ReportData, dims: tuple[str, ...], key: tuple[object, ...]) -> list[str]:
    labels = []
    for dim, value in zip(dims, key, strict=True):
        if dim == "country":  # its code has a column of its own
            labels += [str(data.dataset["country_name"].sel(country=value).item()), str(value)]
        else:
            labels.append(_label_of(data, dim, value))
    return labels


def _row(data: ReportData, dims: tuple[str, ...], key: tuple[object, ...]) -> list[str]:
    where = dict(zip(dims, key, strict=True))
    cells: list[str] = []
    for total in data.totals:
        name = schema.breakdown_name(dims, total)
        (low, high), mean, whole = data.range(name, **where), data.mean(name, **where), data.mean(total).value
        share = percent(mean.value / whole, mean.error / whole) if whole > 0.0 and mean.is_known else unknown()
        cells += [*data.amounts(low, mean, high), share]
    return cells


def _slug(dims: Sequence[str], total: str = "") -> str:
    """Name a table by what it is by, and by its total where others stand beside it."""
    return "-".join(["by", *dims, *([total] if total else [])]).replace("_", "-")
