"""The validated, frozen study: everything a plan needs, in the words of the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from popsim.families.base import Family

__all__ = ["Area", "Basis", "Component", "Country", "Dependence", "Source", "Study"]

Basis = Literal["evidence", "proxy", "judgement"]


@dataclass(frozen=True)
class Source:
    """Where a figure was read."""

    document: str
    figure: str
    status: Literal["verified", "derived"]
    address: str = ""


@dataclass(frozen=True)
class Component:
    """One cost component of an activity area.

    `cost` is per country of reference size, in `currency` at prices of `price_year`: in all for a one-off, per year for
    a recurrent one. `money_factor` brings it to the money of the study. `profile` has one entry per study year: for a
    one-off the share paid in that year (they sum to 1), for a recurrent cost 1.0 in each year paid and 0.0 otherwise.
    """

    id: str
    name: str
    kind: Literal["one-off", "per-year"]
    cost: Family
    currency: str
    price_year: int
    money_factor: float
    profile: tuple[float, ...]
    basis: Basis
    rationale: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Area:
    """One activity area: its components, how size scales it, and how much of it all countries share.

    `common_share` is the correlation, between two countries, of the normal scores of this area.
    """

    id: str
    name: str
    description: str
    document: str
    size_exponent: float
    common_share: float
    components: tuple[Component, ...]


@dataclass(frozen=True)
class Country:
    """One country that is counted, with its groups and its size factor (1.0 at the reference size)."""

    code: str
    name: str
    groups: tuple[tuple[str, str], ...]
    """(coordinate, value) pairs: region, category, income, ldc, sids."""
    size: float
    """Value of the size driver."""
    size_factor: float
    """size / reference, held within the limits that the study states."""
    size_basis: Basis
    size_note: str
    size_held: Literal["", "lowest", "highest"] = ""
    """Which of the stated limits the size was held at; empty for most."""


@dataclass(frozen=True)
class Dependence:
    """How normal scores hang together; see docs/dependence.md for the formula.

    `between_areas` is the correlation of area scores within a country: one number (then `labels` is empty) or a matrix
    labelled by `labels`, which may name more areas than are counted. `between_components` is the correlation of two
    components of one area in one country. `common_share` is the share of what areas of a country have in common that
    is common to all countries.
    """

    between_areas: float | None
    matrix: tuple[tuple[float, ...], ...] | None
    labels: tuple[str, ...]
    between_components: float
    common_share: float
    basis: Basis
    rationale: str
    label_shares: tuple[float, ...] = ()
    """common_share of each label, areas that are not counted included; empty without a matrix."""


@dataclass(frozen=True)
class Study:
    """A study as it will be run: validated, complete, immutable."""

    name: str
    title: str
    description: str
    years: tuple[int, ...]
    currency: str
    price_year: int
    scenarios: int
    seed: int
    coverage: float
    breakdowns: tuple[tuple[str, ...], ...]
    countries: tuple[Country, ...]
    countries_rationale: str
    left_out: tuple[tuple[str, str, str], ...]
    """(code, name, reason) of every country of the file that is not counted."""
    areas: tuple[Area, ...]
    dependence: Dependence
    size_driver: str
    size_rationale: str
    files: tuple[tuple[str, str], ...]
    """(relative path, text) of every file that the study was read from, defaults written out: enough to load it again.
    The first is ``study.toml``; it refers to the others by these relative paths."""
    size_reference: float = 1.0
    """Size of the country that the costs describe."""
    size_limits: tuple[float | None, float | None] = (None, None)
    """A smaller size is counted as the first, a larger one as the second; None: no limit."""
    size_basis: Basis = "judgement"
    """What the rule of size rests on."""
    design: Literal["random", "latin", "sobol"] = "random"
    """How the scenarios are drawn; see docs/designs.md."""
