"""From families to the tables that kernels read, checked against the families' own quantiles.

A table holds T(z) = ppf(Phi(z)), or its logarithm, as polynomials of degree 9 in z. The first form that holds is kept:
linear in z, exponential of linear, 16 equal pieces, 16 equal pieces of the logarithm, as many pieces as it takes. Where
none holds, the plan refuses; it never trusts. Members of one class are worked on together, and yet each table is, to
the last bit, what the member alone would get: every step is elementwise along members.
"""

from __future__ import annotations

from popsim.plan.tables.make import make_table, make_tables
from popsim.plan.tables.members import BODY, BODY_TOLERANCE, TAIL_TOLERANCE, score_quantile, tolerance
from popsim.plan.tables.table import Table, closed_form

__all__ = [
    "BODY",
    "BODY_TOLERANCE",
    "TAIL_TOLERANCE",
    "Table",
    "closed_form",
    "make_table",
    "make_tables",
    "score_quantile",
    "tolerance",
]
