"""The figures of a report: one function for each, from plain numbers and labels to a drawing for one kind of screen."""

from __future__ import annotations

from popsim.report.figures.convergence import Settling, convergence
from popsim.report.figures.difference import difference
from popsim.report.figures.fits import FitPicture, fitted
from popsim.report.figures.intervals import Interval, intervals
from popsim.report.figures.pairs import pairs
from popsim.report.figures.s_curve import Curve, s_curve
from popsim.report.figures.shares import shares
from popsim.report.figures.tornado import tornado
from popsim.report.figures.years import years

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
