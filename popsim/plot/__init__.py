"""Figures in matplotlib, for notebooks: ``ps.plot.s_curve(ds)``.

Each function takes a Dataset or a Run, draws on the axes that it is given or on new ones, and returns them. The figures
of the report are drawn by the same code.
"""

from __future__ import annotations

from popsim.plot.convergence import convergence
from popsim.plot.difference import difference
from popsim.plot.fan import fan
from popsim.plot.fits import fit
from popsim.plot.groups import groups
from popsim.plot.intervals import intervals
from popsim.plot.pairs import pairs
from popsim.plot.s_curve import s_curve
from popsim.plot.tornado import tornado

__all__ = ["convergence", "difference", "fan", "fit", "groups", "intervals", "pairs", "s_curve", "tornado"]
