"""Native charts of the workbook: they are drawn by the spreadsheet from cells, and change with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from popsim.report.excel.book import BAND, CURVE, GRID, INK, POINT, QUIET, Cell, Sheet, as_held
from popsim.report.language import current
from popsim.report.language import gettext as _

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart

WIDTH, HEIGHT = 860, 400
"""Size of a chart, in pixels."""
_ROW = 20
"""Height of a row, in pixels."""
_LONGEST_LABEL = 60
DOMINATES = 4.0
"""Times that the largest bar is longer than the second from which a second chart shows the others alone."""


def _directed(text: str) -> str:
    """Return a text of a chart in the direction of its words: charts run from left to right if nothing is said."""
    return f"\u202b{text}\u202c" if current().direction == "rtl" else text


def _axis(name: str, **more: object) -> dict[str, object]:
    return {
        "name": _directed(name),
        "name_font": {"bold": False, "color": QUIET, "size": 9},
        "num_font": {"color": INK, "size": 9},
        "line": {"color": QUIET},
        "major_gridlines": {"visible": True, "line": {"color": GRID}},
        **more,
    }


def place(sheet: Sheet, chart: Chart, title: str, spoken: str, height: int = HEIGHT) -> None:
    """Put a chart into the next free rows of a sheet, with its title and a text for those who cannot see it."""
    name = _directed(as_held(title)[:250])
    chart.set_title({"name": name, "overlay": False, "name_font": {"size": 12, "bold": True, "color": INK}})
    chart.set_size({"width": WIDTH, "height": height})
    chart.set_legend({"position": "bottom", "font": {"size": 9, "color": INK}})
    sheet.worksheet.insert_chart(sheet.row, 0, chart, {"description": as_held(spoken), "object_position": 2})
    sheet.row += height // _ROW + 2


def curves(
    sheet: Sheet,
    series: Sequence[tuple[str, str, str]],
    amount: str,
    point: tuple[str, str, str] | None = None,
) -> Chart:
    """Return a chart of S-curves: for each series its name, and where its amounts and its confidences stand.

    Parameters
    ----------
    sheet
        A sheet of the workbook.
    series
        Name, cells of the amounts, cells of the confidences.
    amount
        Name of the axis of amounts.
    point
        One point to mark: its name, and the cells of its amount and its confidence.
    """
    chart = sheet.book.workbook.add_chart({"type": "scatter", "subtype": "straight"})
    for (name, amounts, confidences), colour in zip(series, (CURVE, POINT, QUIET), strict=False):
        line = {"color": colour, "width": 2.25}
        chart.add_series({"name": name, "categories": f"={amounts}", "values": f"={confidences}", "line": line})
    if point is not None:
        name, amounts, confidences = point
        marker = {"type": "circle", "size": 9, "fill": {"color": POINT}, "border": {"color": POINT}}
        place_of = {"categories": f"={amounts}", "values": f"={confidences}"}
        chart.add_series({"name": name, **place_of, "marker": marker, "line": {"none": True}})
    chart.set_x_axis(_axis(amount, num_format="#,##0", min=0))
    chart.set_y_axis(_axis(_("Confidence that the amount is enough"), num_format="0%", min=0, max=1))
    return chart


def intervals(
    sheet: Sheet,
    title: str,
    rows: Sequence[tuple[str, float, float, float]],
    amount: str,
    interval: str,
    is_part: bool = False,
) -> None:
    """Draw ranges as bars, the longest first, and write their values below; where one dwarfs the rest, these again.

    Parameters
    ----------
    sheet
        Where the charts stand.
    title
        Title of the chart.
    rows
        Label, low end, median and high end.
    amount
        Name of the axis.
    interval
        Words such as "90 % interval".
    is_part
        Whether the largest has been left out already.
    """
    # The first bar stands at the bottom.
    ordered = sorted(rows, key=lambda row: row[2])
    chart = sheet.book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    height = max(200, 130 + 34 * len(ordered))
    heads = (title, _("Low end"), _("From low end to median"), _("From median to high end"))
    values = [(label, low, median - low, high - median) for label, low, median, high in ordered]
    first, last, left = _values(sheet, heads, values)
    labels = f"={sheet.reference(first, left, last)}"
    for column, fill in ((1, None), (2, BAND), (3, CURVE)):
        paint: dict[str, Any] = {"none": True} if fill is None else {"color": fill}
        chart.add_series(
            {
                "name": f"={sheet.reference(first - 1, left + column, first - 1)}",
                "categories": labels,
                "values": f"={sheet.reference(first, left + column, last)}",
                "fill": paint,
                "border": {"none": True},
                "gap": 60,
            }
        )
    spoken = _(
        "Bars from the low to the high end of the %(interval)s; the colour changes at the median.", interval=interval
    )
    chart.set_x_axis(_axis(f"{amount}. {spoken}", num_format="#,##0", min=0))
    chart.set_y_axis(_axis("", major_gridlines={"visible": False}))
    place(sheet, chart, title, spoken, height)
    chart.set_legend({"none": True})
    if not is_part and len(ordered) > 2 and ordered[-1][3] > DOMINATES * ordered[-2][3]:
        others = _("%(title)s, without: %(largest)s", title=title, largest=ordered[-1][0])
        intervals(sheet, others, ordered[:-1], amount, interval, is_part=True)


def fan(sheet: Sheet, title: str, rows: Sequence[tuple[str, tuple[float, ...]]], amount: str, interval: str) -> None:
    """Draw the ranges of years as bands around the median, and write their values below.

    Parameters
    ----------
    sheet
        Where the chart stands.
    title
        Title of the chart.
    rows
        The year, and its low end, lower quartile, median, upper quartile and high end.
    amount
        Name of the axis.
    interval
        Words such as "90 % interval".
    """
    chart = sheet.book.workbook.add_chart({"type": "area", "subtype": "stacked"})
    heads = (
        title,
        _("Low end"),
        _("From low end to lower quartile"),
        _("From lower to upper quartile"),
        _("From upper quartile to high end"),
        _("Median"),
    )
    values = [
        (year, low, lower - low, upper - lower, high - upper, median)
        for year, (low, lower, median, upper, high) in rows
    ]
    first, last, left = _values(sheet, heads, values)
    years = f"={sheet.reference(first, left, last)}"
    for column, colour in ((1, None), (2, "#D6E5F0"), (3, BAND), (4, "#D6E5F0")):
        chart.add_series(
            {
                "name": f"={sheet.reference(first - 1, left + column, first - 1)}",
                "categories": years,
                "values": f"={sheet.reference(first, left + column, last)}",
                "fill": {"none": True} if colour is None else {"color": colour},
                "border": {"none": True},
            }
        )
    middle = sheet.book.workbook.add_chart({"type": "line"})
    middle.add_series(
        {
            "name": f"={sheet.reference(first - 1, left + 5, first - 1)}",
            "categories": years,
            "values": f"={sheet.reference(first, left + 5, last)}",
            "line": {"color": CURVE, "width": 2.25},
        }
    )
    chart.combine(middle)
    chart.set_x_axis(_axis("", major_gridlines={"visible": False}))
    chart.set_y_axis(_axis(amount, num_format="#,##0", min=0))
    spoken = _(
        "A line through the medians of the years, in bands of the quartiles and of the %(interval)s.", interval=interval
    )
    place(sheet, chart, title, spoken)
    chart.set_legend({"position": "bottom", "delete_series": [0], "font": {"size": 9, "color": INK}})


def _values(sheet: Sheet, heads: Sequence[str], rows: Sequence[tuple[str | float, ...]]) -> tuple[int, int, int]:
    """Write the values of a chart in small print beside it, beyond the columns that are printed.

    Returns
    -------
    tuple
        Their first and last row, and their first column.
    """
    left = len(sheet.widths) + 1
    for column, text in enumerate(heads):
        align = "right" if column else "left"
        sheet.text(sheet.row, left + column, text, font_size=8, font_color=QUIET, align=align)
        sheet.worksheet.set_column(left + column, left + column, 24)
    digits = 0 if max((float(value) for row in rows for value in row[1:]), default=0.0) >= 100 else 2
    for place, row in enumerate(rows, sheet.row + 1):
        for column, value in enumerate(row, left):
            if isinstance(value, str):
                # A label of any length would leave no room for the bars.
                label = value if len(value) <= _LONGEST_LABEL else f"{value[:_LONGEST_LABEL]}…"
                sheet.text(place, column, label, font_size=8, font_color=QUIET)
            else:
                sheet.number(place, column, Cell(value, digits), font_size=8, font_color=QUIET)
    return sheet.row + 1, sheet.row + len(rows), left
