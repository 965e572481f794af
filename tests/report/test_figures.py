"""Figures: nothing overlaps, everything is inside, and the same data give the same bytes."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from popsim.report.document import (
    Bars,
    Convergence,
    Curve,
    Curves,
    Mark,
    OptionBars,
    PairGrid,
    RangeBar,
    Settling,
    ShareBar,
    ShareBars,
    SwingBar,
    Tornado,
)
from popsim.report.figures import areas, canvas, convergence, drivers, options, pairs, s_curve, tornado, years

LONG = (
    "Enhancement of local commerce infrastructure for distributing alternative technologies and their support services"
)
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def curve(low: float = 610.0, high: float = 940.0, label: str = "Point estimate: US$ 540 million") -> Curves:
    confidences = tuple(k / 200 for k in range(1, 200))
    amounts = tuple(low + (high - low) * c for c in confidences)
    marks = (Mark(low + 0.8 * (high - low), 0.8, "80 % confidence: US$ 850 million"), Mark(0.9 * low, 0.0, label))
    interval = "90 % interval: US$ 610 to 940 million"
    one = Curve("Total cost", amounts, confidences, low, high, interval, marks)
    return Curves((one,), "Budget (US$ million, constant 2025 prices)")


def two_curves(low: float = 610.0, high: float = 940.0) -> Curves:
    """Two totals over one axis."""
    first, second = curve(low, high).curves[0], curve(1.3 * low, 1.4 * high, LONG).curves[0]
    return Curves((replace(first, label="Financing need"), second), "Budget (US$ million, constant 2025 prices)")


def bars(names: list[str], scale: float = 100.0, along: str = "rows", width: float = 1.0) -> Bars:
    made = tuple(
        RangeBar(
            name,
            *(scale * (k + 1) * (1 + width * step) for step in (0.0, 0.1, 0.2, 0.4, 1.0)),
            scale * (k + 1) * 0.9 if along == "rows" else None,
        )
        for k, name in enumerate(names)
    )
    return Bars(made, "90 % interval", "US$ million, constant 2025 prices", along)


def year_bars(count: int, scale: float = 100.0) -> Bars:
    return bars([str(2027 + k) for k in range(count)], scale, "years")


def option_bars(names: list[str], scale: float = 100.0, shift: float = -150.0) -> OptionBars:
    costs = bars(names, scale, "options").bars
    apart = tuple(
        RangeBar(bar.label, *(shift + scale * step for step in (-0.5, 0.0, 0.5, 1.0, 2.0))) for bar in costs[1:]
    )
    label = "Difference to “The study as written” (US$ million, constant 2025 prices)"
    return OptionBars(costs, apart, "Total cost (US$ million, constant 2025 prices)", label)


def pair_grid(names: list[str], cells: int = 24) -> PairGrid:
    """Members whose scenarios lie about a diagonal; the first has all of them in one cell."""
    x = np.arange(cells)
    row = np.exp(-0.05 * (x - 8.0) ** 2)
    both = np.exp(-0.05 * (x[:, None] - x) ** 2 - 0.02 * (x - 8.0) ** 2)
    one = np.zeros((cells, cells))
    one[3, 3] = 1.0
    count = range(len(names))
    regions = [[(one if min(i, j) == 0 else both / both.sum()).tolist() for j in count] for i in count]
    frozen = tuple(tuple(tuple(map(tuple, cell)) for cell in line) for line in regions)
    shares = tuple(tuple((row / row.sum()).tolist()) for _ in count)
    return PairGrid(tuple(names), shares, frozen, tuple(("\u22120.21 ± 0.04",) * len(names) for _ in count))


def settling(counts: tuple[int, ...], scale: float = 1_000.0, width: float = 1.0) -> Convergence:
    lines = []
    for words, middle in (("Upper end of the range: US$ 940 million", 3.0), ("Median", 2.0), ("Lower end", 1.0)):
        bands = [width * 0.5 * scale * (counts[0] / count) ** 0.5 for count in counts]
        values = [scale * middle for _ in counts]
        ends = [tuple(v + side * b for v, b in zip(values, bands, strict=True)) for side in (-1.0, 1.0)]
        lines.append(Settling(words, tuple(values), *ends))
    band = "Within this band with 95 % confidence"
    return Convergence(counts, tuple(lines), band, "Total cost (US$ million, constant 2025 prices)")


def swings(names: list[str], middle: float = 100.0, reach: float = 10.0) -> Tornado:
    bars = tuple(SwingBar(name, middle - reach / (k + 1), middle + 2 * reach / (k + 1)) for k, name in enumerate(names))
    return Tornado(bars, middle, "US$ million, constant 2025 prices")


def shares(names: list[str], first: float = 0.7) -> ShareBars:
    bars = tuple(ShareBar(name, first / (k + 1), 1.2 * first / (k + 1)) for k, name in enumerate(names))
    return ShareBars(bars, "Share of the variance, per cent")


CASES = {
    "settling": (convergence.draw, settling((78, 200, 500, 2_000, 10_000))),
    "pairs": (pairs.draw, pair_grid(["Technology transfer: US$ 440 to 3,500 million", "Total", LONG, UNBROKEN])),
    "pairs of two": (pairs.draw, pair_grid(["One", "Two"])),
    "settling of few": (convergence.draw, settling((78, 90))),
    "settling of very many": (convergence.draw, settling((78, 10_000, 100_000_000))),
    "settling of large amounts": (convergence.draw, settling((78, 1_000), 123_456.0)),
    "settling without spread": (convergence.draw, settling((78, 1_000), 500.0, 0.0)),
    "settling of nothing": (convergence.draw, settling((78, 1_000), 0.0)),
    "swings": (tornado.draw, swings(["Unit costs", "Needs", "Prices"])),
    "swings with long names": (tornado.draw, swings([LONG, UNBROKEN, "Short"])),
    "no swing at all": (tornado.draw, swings(["Unit costs"], reach=0.0)),
    "swings of large amounts": (tornado.draw, swings(["Unit costs", "Needs"], 987_654.0, 123_456.0)),
    "shares": (drivers.draw, shares(["Unit costs", "Needs", "Prices"])),
    "shares with long names": (drivers.draw, shares([LONG, UNBROKEN, "Short"])),
    "no share at all": (drivers.draw, shares(["Unit costs"], 0.0)),
    "curve": (s_curve.draw, curve()),
    "two curves": (s_curve.draw, two_curves()),
    "curve of a constant": (s_curve.draw, curve(500.0, 500.0)),
    "curve of nothing": (s_curve.draw, curve(0.0, 0.0)),
    "curve of large amounts": (s_curve.draw, curve(123_456.0, 987_654.0)),
    "curve with a long key": (s_curve.draw, curve(label=LONG)),
    "eight areas": (areas.draw, bars([f"Area number {k}" for k in range(8)])),
    "one area": (areas.draw, bars(["Country inventory"])),
    "long names": (areas.draw, bars([LONG, UNBROKEN, "Short", LONG])),
    "areas without spread": (areas.draw, bars(["A", "B"], width=0.0)),
    "areas that cost nothing": (areas.draw, bars(["A", "B"], scale=0.0)),
    "areas of large amounts": (areas.draw, bars(["A", "B"], scale=123_456.0)),
    "three options": (options.draw, option_bars(["The study as written", "Less", "More"])),
    "options with long names": (options.draw, option_bars([LONG, UNBROKEN, "Short", LONG])),
    "options all cheaper": (options.draw, option_bars(["Full", "Less"], shift=-9_000.0)),
    "options all dearer": (options.draw, option_bars(["Full", "More"], shift=9_000.0)),
    "options that are the same": (options.draw, option_bars(["Full", "Same"], scale=0.0, shift=0.0)),
    "options of large amounts": (options.draw, option_bars(["Full", "Less"], 123_456.0, -500_000.0)),
    "ten years": (years.draw, year_bars(10)),
    "one year": (years.draw, year_bars(1)),
    "forty years": (years.draw, year_bars(40)),
    "years that cost nothing": (years.draw, year_bars(3, 0.0)),
    "years of small amounts": (years.draw, year_bars(3, 0.001)),
}


def text_boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Boxes in points of every text that is drawn."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    hidden: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                if not low <= tick.get_loc() <= high:
                    hidden |= {id(tick.label1), id(tick.label2)}
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text() and id(text) not in hidden]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts]


def overlapping(boxes: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    return [
        (first, second)
        for (first, a), (second, b) in itertools.combinations(boxes, 2)
        if min(a.x1, b.x1) > max(a.x0, b.x0) and min(a.y1, b.y1) > max(a.y0, b.y0)
    ]


@pytest.mark.parametrize("variant", [canvas.WIDE, canvas.NARROW], ids=lambda variant: variant.name)
@pytest.mark.parametrize("case", CASES)
def test_texts_neither_overlap_nor_leave_the_figure(case: str, variant: canvas.Variant) -> None:
    draw, data = CASES[case]
    with canvas.style():
        figure = draw(data, variant)
        boxes = text_boxes(figure)
    width, height = (72.0 * side for side in figure.get_size_inches())
    assert len(boxes) >= 3
    assert overlapping(boxes) == []
    outside = [
        (text, box)
        for text, box in boxes
        if box.x0 < -0.01 or box.y0 < -0.01 or box.x1 > width + 0.01 or box.y1 > height + 0.01
    ]
    assert outside == []


def test_control_overlap_and_escape_are_noticed() -> None:
    with canvas.style():
        figure = s_curve.draw(curve(), canvas.WIDE)
        before = len(overlapping(text_boxes(figure)))
        canvas.write(figure, 28.0, 3.0, "written over the key", 10.0)
        after = overlapping(text_boxes(figure))
    assert before == 0
    assert after


def svg(case: str, variant: canvas.Variant) -> str:
    draw, data = CASES[case]
    with canvas.style():
        return canvas.to_svg(draw(data, variant), f"figure-{variant.name}", 'spoken "<words>" & more')


@pytest.mark.parametrize("case", ["curve", "eight areas", "three options", "ten years"])
def test_same_data_same_bytes_whatever_the_settings(case: str) -> None:
    first = svg(case, canvas.WIDE)
    with mpl.rc_context({"font.size": 30.0, "svg.hashsalt": "other", "svg.fonttype": "path", "axes.grid": True}):
        assert svg(case, canvas.WIDE) == first
    assert svg(case, canvas.NARROW) != first


@pytest.mark.parametrize("case", ["curve", "eight areas", "three options", "ten years"])
def test_svg_needs_nothing_from_outside(case: str) -> None:
    text = svg(case, canvas.WIDE)
    assert "http" not in text
    assert "<metadata" not in text
    assert 'role="img" aria-label="spoken &quot;&lt;words&gt;&quot; &amp; more"' in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("figure-wide-") for name in ids)
    for used in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text):
        assert (used[0] or used[1]) in ids


def test_settings_of_the_reader_are_left_alone() -> None:
    with mpl.rc_context({"font.size": 31.0}):
        svg("curve", canvas.WIDE)
        assert mpl.rcParams["font.size"] == 31.0


def test_lines_are_no_wider_than_asked() -> None:
    for text in (LONG, UNBROKEN, "a"):
        lines = canvas.wrap(text, 120.0, 10.0).split("\n")
        assert all(canvas.text_width(line, 10.0) <= 120.0 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("values", [[5.0, 5.0], [0.0, 0.0], [1.0, 2.0], [-3.0, 4.0], [1e9, 1e9]])
def test_limits_hold_the_values_with_room(values: list[float]) -> None:
    low, high = canvas.span(values)
    assert low < high
    assert low <= min(values) <= max(values) < high
