"""The figures of a report: one function for each, from plain numbers and labels to a drawing for one kind of screen."""

from __future__ import annotations

from popsim.report.figures.bars import Interval, difference, intervals, shares, tornado, years
from popsim.report.figures.curves import Curve, Settling, convergence, s_curve
from popsim.report.figures.fits import FitPicture, fitted
from popsim.report.figures.matrix import pairs

__all__ = [
    "Curve",
    "FitPicture",
    "Interval",
    "Settling",
    "convergence",
    "difference",
    "fitted",
    "intervals",
    "pairs",
    "s_curve",
    "shares",
    "tornado",
    "years",
]
