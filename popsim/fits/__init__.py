"""Fits of families to data: estimates, their errors, and what a new observation may be."""

from __future__ import annotations

from popsim.fits.fitting import fit as fit
from popsim.fits.result import Fit as Fit

__all__ = ["Fit", "fit"]
