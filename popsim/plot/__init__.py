"""Figures in matplotlib, for notebooks: ``ps.plot.fit(fit)``."""

from __future__ import annotations

from popsim.plot.fits import fit

__all__ = ["fit"]
