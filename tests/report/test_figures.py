"""Figures: nothing overlaps, everything is inside, and the same data give the same bytes."""

from __future__ import annotations

import io
import itertools
import re
from functools import partial
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import matplotlib.image as plt_image
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from popsim.report.figures import (
    Curve,
    Interval,
    Settling,
    canvas,
    convergence,
    difference,
    intervals,
    pairs,
    s_curve,
    shares,
    tornado,
    years,
)
from popsim.report.figures.s_curve import STEPS, thinned

SVG = "{http://www.w3.org/2000/svg}"
AMOUNT = "US$ million, constant 2025 prices"
BUDGET = f"Budget ({AMOUNT})"
LONG = (
    "Enhancement of local commerce infrastructure for distributing alternative technologies and their support services"
)
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def curve(low: float = 610.0, high: float = 940.0, label: str = "Point estimate: US$ 540 million") -> Curve:
    confidences = [k / 200 for k in range(1, 200)]
    amounts = [low + (high - low) * c for c in confidences]
    marks = [(low + 0.8 * (high - low), 0.8, "80 % confidence: US$ 850 million"), (0.9 * low, 0.0, label)]
    return Curve("Total cost", amounts, confidences, low, high, "90 % interval: US$ 610 to 940 million", marks)


def curves(*args: Any) -> partial[Figure]:
    return partial(s_curve, curves=[curve(*args)], amount_label=BUDGET)


def two_curves(low: float = 610.0, high: float = 940.0) -> partial[Figure]:
    """Two totals over one axis."""
    first = curve(low, high)._replace(label="Financing need")
    return partial(s_curve, curves=[first, curve(1.3 * low, 1.4 * high, LONG)], amount_label=BUDGET)


def bars(names: list[str], scale: float = 100.0, width: float = 1.0, with_point: bool = True) -> list[Interval]:
    return [
        Interval(
            name,
            *(scale * (k + 1) * (1 + width * step) for step in (0.0, 0.1, 0.2, 0.4, 1.0)),
            point=scale * (k + 1) * 0.9 if with_point else None,
        )
        for k, name in enumerate(names)
    ]


def areas(names: list[str], scale: float = 100.0, width: float = 1.0) -> partial[Figure]:
    return partial(intervals, bars=bars(names, scale, width), amount_label=AMOUNT)


def year_bars(count: int, scale: float = 100.0) -> partial[Figure]:
    names = [str(2027 + k) for k in range(count)]
    return partial(years, bars=bars(names, scale, with_point=False), amount_label=AMOUNT)


def options(names: list[str], scale: float = 100.0, shift: float = -150.0) -> partial[Figure]:
    return partial(
        difference,
        bars=bars(names, scale, with_point=False),
        differences=[
            Interval(name, *(shift + scale * step for step in (-0.5, 0.0, 0.5, 1.0, 2.0))) for name in names[1:]
        ],
        amount_label=f"Total cost ({AMOUNT})",
        difference_label=f"Difference to “Full programme” ({AMOUNT})",
    )


def pair_grid(names: list[str], cells: int = 24) -> partial[Figure]:
    """Members whose scenarios lie about a diagonal; the first has all of them in one cell."""
    x = np.arange(cells)
    row = np.exp(-0.05 * (x - 8.0) ** 2)
    both = np.exp(-0.05 * (x[:, None] - x) ** 2 - 0.02 * (x - 8.0) ** 2)
    one = np.zeros((cells, cells))
    one[3, 3] = 1.0
    count = range(len(names))
    return partial(
        pairs,
        names=names,
        histograms=np.array([row / row.sum() for _ in count]),
        regions=np.array([[one if min(i, j) == 0 else both / both.sum() for j in count] for i in count]),
        correlations=[["\u22120.21 ± 0.04"] * len(names) for _ in count],
    )


def settling(counts: tuple[int, ...], scale: float = 1_000.0, width: float = 1.0) -> partial[Figure]:
    lines = []
    for words, middle in (("Upper end of the range: US$ 940 million", 3.0), ("Median", 2.0), ("Lower end", 1.0)):
        bands = [width * 0.5 * scale * (counts[0] / count) ** 0.5 for count in counts]
        values = [scale * middle for _ in counts]
        ends = [tuple(v + side * b for v, b in zip(values, bands, strict=True)) for side in (-1.0, 1.0)]
        lines.append(Settling(words, values, *ends))
    band = "Within this band with 95 % confidence"
    return partial(convergence, counts=counts, quantiles=lines, band=band, amount_label=f"Total cost ({AMOUNT})")


def swings(names: list[str], mean: float = 100.0, reach: float = 10.0) -> partial[Figure]:
    steps = [reach / (k + 1) for k in range(len(names))]
    lows, highs = [mean - step for step in steps], [mean + 2 * step for step in steps]
    return partial(tornado, labels=names, lows=lows, highs=highs, mean=mean, amount_label=AMOUNT)


def parts(names: list[str], first: float = 70.0) -> partial[Figure]:
    alone = [first / (k + 1) for k in range(len(names))]
    with_others = [1.2 * share for share in alone]
    label = "Share of the variance, per cent"
    return partial(shares, labels=names, alone=alone, with_others=with_others, share_label=label)


CASES = {
    "settling": settling((78, 200, 500, 2_000, 10_000)),
    "pairs": pair_grid(["Technology transfer: US$ 440 to 3,500 million", "Total", LONG, UNBROKEN]),
    "pairs of two": pair_grid(["One", "Two"]),
    "settling of few": settling((78, 90)),
    "settling of very many": settling((78, 10_000, 100_000_000)),
    "settling of large amounts": settling((78, 1_000), 123_456.0),
    "settling without spread": settling((78, 1_000), 500.0, 0.0),
    "settling of nothing": settling((78, 1_000), 0.0),
    "swings": swings(["Unit costs", "Needs", "Prices"]),
    "swings with long names": swings([LONG, UNBROKEN, "Short"]),
    "no swing at all": swings(["Unit costs"], reach=0.0),
    "swings of large amounts": swings(["Unit costs", "Needs"], 987_654.0, 123_456.0),
    "shares": parts(["Unit costs", "Needs", "Prices"]),
    "shares with long names": parts([LONG, UNBROKEN, "Short"]),
    "no share at all": parts(["Unit costs"], 0.0),
    "curve": curves(),
    "two curves": two_curves(),
    "curve of a constant": curves(500.0, 500.0),
    "curve of nothing": curves(0.0, 0.0),
    "curve of large amounts": curves(123_456.0, 987_654.0),
    "curve with a long key": curves(610.0, 940.0, LONG),
    "eight areas": areas([f"Area number {k}" for k in range(8)]),
    "one area": areas(["Country inventory"]),
    "long names": areas([LONG, UNBROKEN, "Short", LONG]),
    "areas without spread": areas(["A", "B"], width=0.0),
    "areas that cost nothing": areas(["A", "B"], scale=0.0),
    "areas of large amounts": areas(["A", "B"], scale=123_456.0),
    "three options": options(["Full programme", "Less", "More"]),
    "options with long names": options([LONG, UNBROKEN, "Short", LONG]),
    "options all cheaper": options(["Full", "Less"], shift=-9_000.0),
    "options all above": options(["Full", "More"], shift=9_000.0),
    "options that are the same": options(["Full", "Same"], scale=0.0, shift=0.0),
    "options of large amounts": options(["Full", "Less"], 123_456.0, -500_000.0),
    "ten years": year_bars(10),
    "one year": year_bars(1),
    "forty years": year_bars(40),
    "years that cost nothing": year_bars(3, 0.0),
    "years of small amounts": year_bars(3, 0.001),
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


@pytest.mark.parametrize("screen", [canvas.WIDE, canvas.NARROW, canvas.PAPER], ids=lambda screen: screen.name)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.one_in(2)
def test_texts_neither_overlap_nor_leave_the_figure(case: str, screen: canvas.Screen) -> None:
    with canvas.style():
        figure = CASES[case](screen=screen)
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
        figure = CASES["curve"](screen=canvas.WIDE)
        before = len(overlapping(text_boxes(figure)))
        canvas.write(figure, 28.0, 3.0, "written over the key", 10.0)
        after = overlapping(text_boxes(figure))
    assert before == 0
    assert after


def svg(case: str, screen: canvas.Screen) -> str:
    with canvas.style():
        return canvas.to_svg(CASES[case](screen=screen), f"figure-{screen.name}", 'spoken "<words>" & more')


@pytest.mark.parametrize("case", ["curve", "eight areas", "three options", "ten years"])
def test_same_data_same_bytes_whatever_the_settings(case: str) -> None:
    first = svg(case, canvas.WIDE)
    with mpl.rc_context({"font.size": 30.0, "svg.hashsalt": "other", "svg.fonttype": "path", "axes.grid": True}):
        assert svg(case, canvas.WIDE) == first
    assert svg(case, canvas.NARROW) != first


@pytest.mark.parametrize("case", ["curve", "eight areas", "three options", "ten years"])
def test_svg_needs_nothing_from_outside(case: str) -> None:
    text = svg(case, canvas.WIDE)
    assert set(re.findall(r"http[^\"]*", text)) == {"http://www.w3.org/2000/svg"}
    assert "<metadata" not in text
    assert 'role="img" aria-label="spoken &quot;&lt;words&gt;&quot; &amp; more"' in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("figure-wide-") for name in ids)
    for used in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text):
        assert (used[0] or used[1]) in ids


HOSTILE = [
    '<script>alert("x")</script>',
    "=1+1 & 'quotes' \"double\"",
    "line\none\x00 \x1b \x7f",
    "$x_1$ \\alpha %d",
    "مرحبا بالعالم",
    "x" * 200,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_text(name: str) -> None:
    with canvas.style():
        figure = intervals(bars([name, "Other"]), name, canvas.WIDE)
        drawn = canvas.to_svg(figure, "areas-wide", name)
    root = ET.fromstring(drawn)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {"svg", "path", "g", "text", "clipPath"}
    texts = "".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    shown = name.translate({0: "\u2400", 0x1B: "\u241b", 0x7F: "\u2421"})
    assert "".join(shown.split()) in texts.replace(" ", "")
    assert canvas.png(partial(intervals, bars=bars([name, "Other"]), amount_label=name), dpi=30)


def test_text_from_right_to_left_keeps_its_own_direction() -> None:
    with canvas.style():
        drawn = canvas.to_svg(intervals(bars(["90 % مرحبا", "90 % left"]), AMOUNT, canvas.WIDE), "areas", "spoken")
    texts = [element.text for element in ET.fromstring(drawn).iter(f"{SVG}text")]
    assert "\u206890 % مرحبا\u2069" in texts
    assert "90 % left" in texts


def test_names_over_lines_have_a_halo_on_phones_alone() -> None:
    assert "paint-order" in canvas.svg_file(CASES["three options"], screen=canvas.NARROW)
    assert "paint-order" not in canvas.svg_file(CASES["three options"], screen=canvas.WIDE)


@pytest.mark.parametrize("case", CASES)
def test_a_drawing_needs_no_style_that_a_page_may_forbid(case: str) -> None:
    root = ET.fromstring(svg(case, canvas.WIDE))
    assert not [element for element in root.iter() if element.tag.endswith("style") or element.get("style")]
    colours = {element.get(kind) for element in root.iter() for kind in ("fill", "stroke")} - {None, "none"}
    known = {canvas.INK, canvas.QUIET, canvas.GRID, canvas.BAND, canvas.CURVE, canvas.POINT, canvas.WHITE}
    assert colours <= known


def test_a_figure_that_is_drawn_small_has_text_to_search() -> None:
    """Words and numbers are text: no letter became a shape."""
    words = "".join(ET.fromstring(svg("eight areas", canvas.NARROW)).itertext())
    assert "Area number 7" in words
    assert "1,500" in words


def test_a_picture_has_the_dots_that_were_asked_for() -> None:
    picture = canvas.png(CASES["ten years"], dpi=144)
    assert picture == canvas.png(CASES["ten years"], dpi=144)
    pixels = plt_image.imread(io.BytesIO(picture))
    assert pixels.shape[1] == round(2 * canvas.PAPER.width)
    assert pixels[0, 0].tolist() == [1.0, 1.0, 1.0, 1.0]  # white, not transparent
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 10


def test_a_file_of_a_figure_stands_alone() -> None:
    text = canvas.svg_file(CASES["ten years"], "years", 'bars & "years"')
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.get("aria-label") == 'bars & "years"'
    words = {element.text for element in root.iter(f"{SVG}text")}
    assert {"2027", "2036"} <= words


def test_a_page_of_pdf_is_the_same_to_the_byte() -> None:
    assert canvas.pdf(CASES["eight areas"]) == canvas.pdf(CASES["eight areas"])
    assert canvas.pdf(CASES["eight areas"]).startswith(b"%PDF")


def longest_share(axes: Any) -> float:
    """How much of the axis the longest bar takes."""
    low, high = axes.get_xlim()
    ends = [segment for lines in axes.collections for segment in lines.get_segments() if lines.get_linewidth()[0] > 5]
    return max(np.ptp(np.asarray(segment)[:, 0]) for segment in ends) / (high - low)


def one_fills_the_axis() -> list[Interval]:
    small = bars([f"Area {k}" for k in range(7)], scale=10.0)
    return [*bars(["Technology transfer"], scale=10_000.0), *small]


@pytest.mark.parametrize("screen", [canvas.WIDE, canvas.NARROW], ids=lambda screen: screen.name)
def test_what_is_short_beside_one_area_is_drawn_again_where_it_can_be_read(screen: canvas.Screen) -> None:
    with canvas.style():
        figure = intervals(one_fills_the_axis(), AMOUNT, screen)
        boxes = text_boxes(figure)
        even = CASES["eight areas"](screen=screen)
    assert overlapping(boxes) == []
    first, second = figure.axes
    assert longest_share(first) > 0.4
    assert longest_share(second) > 0.4
    assert second.get_xlim()[1] < 0.02 * first.get_xlim()[1]
    names = [text for text, _ in boxes]
    assert names.count("Area 3") == 2
    assert names.count("Technology transfer") == 1
    assert len(even.axes) == 1  # control: nothing is too short there


def test_small_swings_and_years_are_drawn_again_too() -> None:
    names = [f"Input {k}" for k in range(6)]
    with canvas.style():
        twice = tornado(names, [0.0, *[99.0] * 5], [300.0, *[101.0 + k for k in range(5)]], 100.0, AMOUNT, canvas.WIDE)
        years_twice = years(
            [bar._replace(label=str(2027 + k)) for k, bar in enumerate(one_fills_the_axis())], AMOUNT, canvas.WIDE
        )
        overlaps = overlapping(text_boxes(twice)) + overlapping(text_boxes(years_twice))
    assert len(twice.axes) == len(years_twice.axes) == 2
    assert twice.axes[1].get_xlim()[0] > 90.0
    assert overlaps == []


def far_from(curve: tuple[np.ndarray, np.ndarray], kept: tuple[np.ndarray, np.ndarray]) -> float:
    """How far any point of a curve is from the line through those that are kept, as a share of width plus height."""
    scaled = [((x - curve[0][0]) / np.ptp(curve[0]), (y - curve[1][0]) / np.ptp(curve[1])) for x, y in (curve, kept)]
    (x, y), (line_x, line_y) = scaled
    upwards, across = abs(y - np.interp(x, line_x, line_y)), abs(x - np.interp(y, line_y, line_x))
    return float(np.minimum(upwards, across).max()) / 2.0


@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
def test_a_curve_of_all_scenarios_is_drawn_as_it_is(spread: float) -> None:
    amounts = np.sort(np.exp(spread * np.random.default_rng(1).standard_normal(200_000)))
    curve = amounts, np.arange(1, 200_001) / 200_000
    kept = thinned(*curve)
    assert len(kept[0]) <= 2 * STEPS
    assert far_from(curve, kept) <= 1.0 / STEPS
    coarse = tuple(each[:: len(each) // 20] for each in kept)
    assert far_from(curve, coarse) > 1.0 / STEPS  # control


def test_a_few_scenarios_are_all_drawn() -> None:
    curve = np.arange(50.0), np.arange(1, 51) / 50
    assert thinned(*curve)[0] is curve[0]


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
