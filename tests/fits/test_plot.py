"""The figure of a fit shows the data, the interval and how far each point lies from the fit."""

from __future__ import annotations

import numpy as np
import pytest

import popsim as ps
from popsim.report.figures import FitPicture, canvas, fitted

COSTS = [4.2e6, 0.93e6, 8.2e6, 2.6e6, 6.3e6, 5.5e6, 8.4e6]
SIZES = [4.1, 1.2, 0.12, 1.4, 7.0, 0.5, 2.5]
FITS = {
    "plain": lambda: ps.fit(COSTS),
    "two": lambda: ps.fit(COSTS[:2]),
    "sizes": lambda: ps.fit(COSTS, sizes=SIZES, size_exponent="estimate"),
    "known": lambda: ps.fit(COSTS, "weibull", sizes=SIZES, size_exponent=0.5),
    "gamma": lambda: ps.fit(COSTS, "gamma"),
    "normal": lambda: ps.fit([-2.0, 0.0, 5.0], "normal"),
    "far": lambda: ps.fit([1e-9, 1.0, 1e12]),
}


def points(axes):
    """Return the points of the data; those of a key come before them."""
    return [line for line in axes.lines if line.get_marker() == "o"][-1].get_xydata()


def test_points_are_the_data():
    axes = ps.plot.fit(ps.fit(COSTS), scale=1e6)
    shown = points(axes)
    np.testing.assert_allclose(shown[:, 0], np.sort(COSTS) / 1e6)
    np.testing.assert_allclose(shown[:, 1], (np.arange(7) + 0.5) / 7)
    by_size = points(ps.plot.fit(FITS["sizes"]()))
    np.testing.assert_allclose(by_size, np.column_stack([SIZES, COSTS]))


def test_curves_are_the_fit_and_the_new_amount():
    fit = ps.fit(COSTS)
    axes = ps.plot.fit(fit)
    first, second = (line.get_xydata() for line in axes.lines[:2])
    np.testing.assert_allclose(first[:, 1], fit.distribution.cdf(first[:, 0]))
    np.testing.assert_allclose(second[:, 1], fit.predictive.cdf(second[:, 0]))


def test_thin_lines_end_at_the_fit():
    fit = FITS["sizes"]()
    axes = ps.plot.fit(fit)
    segments = next(each for each in axes.collections if hasattr(each, "get_segments")).get_segments()
    for (x, from_), (_, to), size, cost in zip(*np.array(segments).transpose(1, 0, 2), SIZES, COSTS, strict=True):
        assert x == pytest.approx(size)
        assert sorted([from_, to]) == pytest.approx(sorted([cost, float(fit.distribution_at(size).ppf(0.5))]))


def test_the_key_has_the_numbers():
    fit = FITS["sizes"]()
    texts = [text for _, text in FitPicture(fit, unit="US$").key()]
    low, high = fit.interval(0.9)
    assert texts[0].startswith("7 amounts")
    assert f"{float(f'{low:.3g}'):,.0f} to {float(f'{high:.3g}'):,.0f} US$ (5 degrees of freedom)" in texts[-1]
    assert f"exponent of size {fit.exponent:.2f}".replace("-", "\u2212") in texts[1]


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("screen", [canvas.WIDE, canvas.NARROW])
def test_every_fit_can_be_drawn_with_its_data_inside(name, screen):
    fit = FITS[name]()
    with canvas.style():
        figure = fitted(FitPicture(fit, unit="US$"), screen)
        text = canvas.to_svg(figure, "fit-wide", "A fit")
    assert "<svg" in text
    axes = figure.axes[0]
    inside = axes.viewLim
    for x, y in points(axes):
        assert min(inside.x0, inside.x1) <= x <= max(inside.x0, inside.x1)
        assert min(inside.y0, inside.y1) <= y <= max(inside.y0, inside.y1)


def test_axes_of_the_reader_are_used():
    from matplotlib.figure import Figure

    own = Figure().add_subplot()
    assert ps.plot.fit(ps.fit(COSTS), own) is own
    assert ps.plot.fit(ps.fit(COSTS)) is not own


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"fit": COSTS}, "what popsim.fit returned"),
        ({"fit": ps.fit([1.0, 2.0, 4.0], censored=[None, None, "right"])}, "the value is known"),
        ({"scale": 0}, "a number above 0"),
        ({"scale": "million"}, "a number above 0"),
        ({"coverage": 90}, "a number above 0, below 1"),
    ],
)
def test_refused(given, allowed):
    with pytest.raises(ps.ParameterError, match=allowed):
        ps.plot.fit(**{"fit": ps.fit(COSTS), **given})
