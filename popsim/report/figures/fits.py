"""The figure of a fit: data, the fit, and where a new amount may be, read as one picture.

Without sizes the amounts lie along the lower axis, each at the share of the data that is no larger; with sizes the
lower axis is size and amounts rise along the other. The distance of a point from the fit is its residual, drawn as a
thin line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from popsim.errors import ParameterError, Problem
from popsim.fits.result import Fit
from popsim.report.figures import canvas
from popsim.report.figures.canvas import KeyRow, Screen
from popsim.report.language import gettext as _
from popsim.report.language import ngettext
from popsim.report.numbers import percent, significant, written
from popsim.report.words import distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Ticks of an axis of probabilities."""
_POINTS = 121
_WIDEST = 3.0
"""Beyond the data an axis of amounts reaches at most so many times their own reach, as logarithms."""
_LOOKS: dict[str, dict[str, Any]] = {
    "points": {"color": canvas.POINT, "marker": "o", "markersize": 6, "linestyle": "none"},
    "new": {"color": canvas.CURVE, "linewidth": 2.4},
    "fit": {"color": canvas.QUIET, "linewidth": 1.4, "linestyle": (0, (5, 2))},
    "band": {"color": canvas.BAND, "linewidth": 9},
    "residual": {"color": canvas.POINT, "linewidth": 0.9, "alpha": 0.7},
}


@dataclass(frozen=True)
class FitPicture:
    """What the figure of a fit shows, in the unit of its axes.

    Parameters
    ----------
    fit
        The fit.
    coverage
        Probability of the interval.
    unit
        Unit of the amounts, for labels, such as "USD of 2024".
    scale
        Amounts are divided by this before they are drawn, such as 1e6 for millions.
    """

    fit: Fit
    coverage: float = 0.9
    unit: str = ""
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse points of which only bounds are known: as points they would be misread.

        Raises
        ------
        ParameterError
            Where there are such points.
        """
        if self.fit.data.known < self.fit.data.count:
            found = f"{self.fit.data.count - self.fit.data.known} points of which only bounds are known"
            raise ParameterError(Problem("figure of a fit", (), found, "points of which the value is known"))

    @property
    def amount_label(self) -> str:
        """Label of the axis of amounts."""
        return _("Amount (%(unit)s)", unit=self.unit) if self.unit else _("Amount")

    @property
    def size_label(self) -> str:
        """Label of the axis of sizes."""
        return _("Size (1 is the reference size)")

    @property
    def share_label(self) -> str:
        """Label of the axis of probabilities."""
        return _("Share of amounts that are no larger")

    @property
    def is_logarithmic(self) -> bool:
        """Whether the axis of amounts is logarithmic: where all amounts are above zero, unless the fit is a normal."""
        return self.fit.family != "normal" and min(self.fit.data.values) > 0.0

    def key(self) -> list[KeyRow]:
        """Return the rows of the key: each mark, and what it stands for with its numbers."""
        points = ngettext(
            "%(num)s amount; thin line: how far it lies from the fit (residual)",
            "%(num)s amounts; thin lines: how far each lies from the fit (residuals)",
            self.fit.count,
        )
        rows = [(_LOOKS["points"], points), (_LOOKS["fit"], self._about_fit())]
        if self.fit.data.sizes is None:
            rows.append((_LOOKS["new"], _("What a new amount may be, with the errors of the estimates")))
        return [*rows, (_LOOKS["band"], self._about_band())]

    def _about_fit(self) -> str:
        fit = self.fit
        if fit.data.sizes is None:
            return _("The fit: %(family)s", family=distribution(fit.family))
        exponent, error = _decimals(fit.estimate.exponent), _decimals(fit.estimate.exponent_error)
        if not fit.data.estimated:
            return _(
                "The fit: %(family)s, exponent of size %(exponent)s (known)",
                family=distribution(fit.family),
                exponent=exponent,
            )
        return _(
            "The fit: %(family)s, exponent of size %(exponent)s \u00b1 %(error)s",
            family=distribution(fit.family),
            exponent=exponent,
            error=error,
        )

    def _about_band(self) -> str:
        """Return the interval of a new amount in words."""
        fit = self.fit
        low, high = (significant(end / self.scale) for end in fit.interval(self.coverage))
        values: dict[str, object] = {
            "percent": percent(self.coverage),
            "size": "" if fit.data.sizes is None else significant(fit.centre),
            "low": low,
            "high": f"{high} {self.unit}".strip(),
        }
        if fit.data.sizes is None:
            return ngettext(
                "%(percent)s of new amounts: %(low)s to %(high)s (%(num)s degree of freedom)",
                "%(percent)s of new amounts: %(low)s to %(high)s (%(num)s degrees of freedom)",
                fit.degrees,
                **values,
            )
        return ngettext(
            "%(percent)s of new amounts at size %(size)s: %(low)s to %(high)s (%(num)s degree of freedom)",
            "%(percent)s of new amounts at size %(size)s: %(low)s to %(high)s (%(num)s degrees of freedom)",
            fit.degrees,
            **values,
        )

    def draw(self, axes: Axes) -> None:
        """Draw all but the key on axes."""
        if self.fit.data.sizes is None:
            self._draw_shares(axes)
        else:
            self._draw_sizes(axes)

    def _draw_shares(self, axes: Axes) -> None:
        fit = self.fit
        low, high = fit.interval(self.coverage)
        values = np.sort(fit.data.values)
        shares = (np.arange(fit.count) + 0.5) / fit.count
        limits = self._limits([*values.tolist(), low, high])
        x = np.geomspace(*limits, _POINTS) if self.is_logarithmic else np.linspace(*limits, _POINTS)
        axes.axvspan(max(low, limits[0]) / self.scale, min(high, limits[1]) / self.scale, color=canvas.BAND, alpha=0.45)
        axes.hlines(shares, values / self.scale, fit.distribution.ppf(shares) / self.scale, **_LOOKS["residual"])
        axes.plot(x / self.scale, fit.distribution.cdf(x), **_LOOKS["fit"])
        axes.plot(x / self.scale, fit.predictive.cdf(x), **_LOOKS["new"])
        axes.plot(values / self.scale, shares, **_LOOKS["points"], zorder=3)
        if self.is_logarithmic:
            axes.set_xscale("log")
        axes.set(xlim=(limits[0] / self.scale, limits[1] / self.scale), ylim=(0.0, 1.0))

    def _draw_sizes(self, axes: Axes) -> None:
        fit = self.fit
        sizes, values = np.array(fit.data.sizes), np.array(fit.data.values)
        room = max(float(np.ptp(np.log(sizes))), 0.5) * 0.08
        x = np.geomspace(sizes.min() * math.exp(-room), sizes.max() * math.exp(room), 25)
        ends = np.array([fit.interval(self.coverage, size) for size in x.tolist()])
        middle = np.array([float(fit.distribution_at(size).ppf(0.5)) for size in x.tolist()])
        at = np.array([float(fit.distribution_at(size).ppf(0.5)) for size in sizes.tolist()])
        limits = self._limits([*values.tolist(), *ends[:, 0].tolist(), *ends[:, 1].tolist()])
        shown = np.clip(ends, *limits) / self.scale
        axes.fill_between(x, shown[:, 0], shown[:, 1], color=canvas.BAND, alpha=0.45, linewidth=0)
        axes.plot(x, middle / self.scale, **_LOOKS["fit"])
        axes.vlines(sizes, values / self.scale, at / self.scale, **_LOOKS["residual"])
        axes.plot(sizes, values / self.scale, **_LOOKS["points"], zorder=3)
        axes.set_xscale("log")
        if self.is_logarithmic:
            axes.set_yscale("log")
        axes.set(xlim=(x[0], x[-1]), ylim=(limits[0] / self.scale, limits[1] / self.scale))

    def _limits(self, amounts: list[float]) -> tuple[float, float]:
        """Return ends of the axis of amounts: all that is shown, but no end so far that the data cannot be seen."""
        values = self.fit.data.values
        if not self.is_logarithmic:
            return canvas.span([*values, *amounts])
        reach = max(math.log(max(values) / min(values)), 1.0) * _WIDEST
        low = max(math.log(min(amounts)) if min(amounts) > 0.0 else -math.inf, math.log(min(values)) - reach)
        high = min(math.log(max(amounts)) if max(amounts) < math.inf else math.inf, math.log(max(values)) + reach)
        room = 0.06 * (high - low)
        return math.exp(low - room), math.exp(high + room)


def fitted(picture: FitPicture, screen: Screen) -> Figure:
    """Draw a fit with its key above it."""
    size, rows = screen.size, picture.key()
    by_size = picture.fit.data.sizes is not None
    upper = picture.amount_label if by_size else picture.share_label
    lower = picture.size_label if by_size else picture.amount_label
    widest = canvas.tick_width([value / picture.scale for value in picture.fit.data.values], size)
    left = (widest if by_size else canvas.text_width("100 %", size)) + 10.0
    keys = canvas.key_height(screen, rows)
    bottom = canvas.label_height(screen, left, lower)
    figure, axes = canvas.plot(screen, left, keys + 2.6 * size, 0.36 * screen.width + 60.0, bottom)
    canvas.write_key(figure, screen, rows)
    canvas.write(figure, 4.0, keys + 0.8 * size, upper, size)
    canvas.write_label(figure, screen, left, lower)
    picture.draw(axes)
    if by_size:
        _amount_ticks(picture, axes, screen, "y")
        places = canvas.log_amounts(axes.get_xlim(), screen.ticks)
        canvas.ticks(axes, screen, "x", places, [canvas.tick(place) for place in places])
    else:
        _amount_ticks(picture, axes, screen, "x")
        canvas.ticks(axes, screen, "y", SHARES, [percent(share) for share in SHARES])
    return figure


def _amount_ticks(picture: FitPicture, axes: Axes, screen: Screen, which: Literal["x", "y"]) -> None:
    if not picture.is_logarithmic:
        canvas.amount_ticks(axes, screen, which)
        return
    places = canvas.log_amounts(axes.get_xlim() if which == "x" else axes.get_ylim(), screen.ticks)
    canvas.ticks(axes, screen, which, places, [canvas.tick(place) for place in places])


def _decimals(value: float) -> str:
    """Return an exponent with two decimals."""
    return written(Decimal(f"{value:.2f}"))
