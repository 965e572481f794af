"""Figures of a report as SVG; imports the drawing library when the first is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.report.document import Bars, Convergence, Drawing, Figure, OptionBars, PairGrid, ShareBars, Tornado

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

    from popsim.report.figures.canvas import Variant

__all__ = ["draw"]


def draw(figure: Figure) -> str:
    """Draw a figure twice, for wide and for narrow screens; the style sheet shows one of them."""
    from popsim.report.figures import canvas

    parts = []
    with canvas.style():
        for variant in (canvas.WIDE, canvas.NARROW):
            drawn = _draw(figure.data, variant)
            parts.append(canvas.to_svg(drawn, f"{figure.name}-{variant.name}", figure.spoken))
    return "\n".join(parts)


def _draw(data: Drawing, variant: Variant) -> MatplotlibFigure:
    from popsim.report.figures import areas, convergence, drivers, options, pairs, s_curve, tornado, years

    if isinstance(data, Tornado):
        return tornado.draw(data, variant)
    if isinstance(data, ShareBars):
        return drivers.draw(data, variant)
    if isinstance(data, PairGrid):
        return pairs.draw(data, variant)
    if isinstance(data, Convergence):
        return convergence.draw(data, variant)
    if isinstance(data, OptionBars):
        return options.draw(data, variant)
    if isinstance(data, Bars):
        return years.draw(data, variant) if data.along == "years" else areas.draw(data, variant)
    return s_curve.draw(data, variant)
