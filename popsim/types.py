"""Names that arguments may take: one type for a checker to read, and the same names when a program runs.

Examples
--------
>>> from popsim.types import DESIGNS, Design
>>> design: Design = "sobol"
>>> design in DESIGNS
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

__all__ = [
    "BASES",
    "DESIGNS",
    "GROUPINGS",
    "INTERVALS",
    "METHODS",
    "RANGE_BASES",
    "REFERENCES",
    "Base",
    "Basis",
    "By",
    "CostScope",
    "Design",
    "Dimension",
    "Grouping",
    "Interval",
    "Method",
    "Prices",
    "RangeBasis",
    "Reference",
    "Scope",
    "Span",
    "Stage",
]

Base = Literal["cost", "financing_need"]
"""The total of a study: what it costs whoever pays, or what a fund is asked for."""
Prices = Literal["constant", "nominal", "discounted"]
"""Prices of the price year, of the year of each payment, or discounted to the first year at constant prices."""
Span = Literal["within_horizon", "after_horizon", "all_years"]
"""The years of the study, those after them, or both together."""
Basis = Literal["evidence", "proxy", "expert", "judgement"]
"""What a figure rests on, the firmest first."""
RangeBasis = Literal["data", "proxy", "expert", "judgement"]
"""What the width or the shape of a range rests on: data of its own, data of comparable work, an expert, a judgement."""
Scope = Literal["grant", "all-in", "cofinancing"]
"""What a cited amount counts: what a fund granted, all that was paid, or what others added."""
CostScope = Literal["whole", "grant", "cofinancing"]
"""What the cost of a component counts: all that is paid, what funds grant, or what others add to it."""
Stage = Literal["planned", "pledged", "approved", "actual"]
"""How far the money of a cited amount had come."""
Dimension = Literal["country", "area", "component", "basis", "width", "year"]
"""What costs can be broken down by, beside the groups of countries of a study."""
By = Dimension | str | Sequence[Dimension | str]
"""One breakdown: a dimension or a column of the countries file, or several together."""
Design = Literal["random", "latin", "sobol"]
"""How scenarios are drawn."""
Interval = Literal["symmetric", "shortest"]
"""A range with equal tails, or the shortest one."""
Method = Literal["quantiles", "jcgm101"]
"""How a stated precision is checked."""
Grouping = Literal["input", "level"]
"""Drivers grouped by what is uncertain, or by which countries share it."""
Reference = Literal["expected", "point_estimate"]
"""What a reserve is added to."""

BASES: tuple[Basis, ...] = get_args(Basis)
RANGE_BASES: tuple[RangeBasis, ...] = get_args(RangeBasis)
DESIGNS: tuple[Design, ...] = get_args(Design)
INTERVALS: tuple[Interval, ...] = get_args(Interval)
METHODS: tuple[Method, ...] = get_args(Method)
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
REFERENCES: tuple[Reference, ...] = get_args(Reference)
