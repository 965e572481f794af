"""The validated, frozen study: everything a plan needs, in the words of the field."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from popsim.display import WIDTH, Brief, as_html, as_text, listed, one_line
from popsim.families.base import Family
from popsim.sampling import Sampled, Sampling, sampled
from popsim.schema import FULL
from popsim.study.catalogue_models import DataRow, Expert, Source
from popsim.study.labels import ColumnLabels
from popsim.study.toml_models import CrossCheckTable, NotCountedTable
from popsim.types import Base, Basis, CostScope, RangeBasis

if TYPE_CHECKING:
    from popsim.fits import Fit

Amount = float | Family
"""A number that is known, or one that is drawn."""


@dataclass(frozen=True, repr=False)
class Setting(Brief):
    """A quantity that may differ among groups of countries, certain or uncertain."""

    value: Amount
    """Holds where nothing in `by` applies."""
    by: tuple[tuple[str, str, Amount], ...] = ()
    """(coordinate, group, value): the first whose group the country belongs to applies."""
    basis: Basis = "judgement"
    rationale: str = ""
    stream: str = ""
    """Of what is drawn once for all countries: where it is stated, equal for one and the same draw; else empty."""
    materialised: float | None = None
    """Of a share that others pledge: the part of it that is paid, where it is not that of the study."""

    def of(self, country: Country) -> tuple[str, Amount]:
        """Return which entry applies to a country ("" or such as "ldc=yes") and its value."""
        groups = dict(country.groups)
        for coordinate, group, value in self.by:
            if groups.get(coordinate) == group:
                return f"{coordinate}={group}", value
        return "", self.value


@dataclass(frozen=True, repr=False)
class Delay(Brief):
    """How many years an area's work in a country is late, and what a year of delay adds to its cost (a share)."""

    years: Setting
    cost_per_year: float = 0.0
    level: Amount = 1.0
    """Factor on the years, the same for all countries."""
    level_stream: str = "delay/level"
    """Equal streams mean the same draw."""


@dataclass(frozen=True, repr=False)
class Escalation(Brief):
    """Real rise of an area's cost per year, on top of general prices; equal `stream` means the same draw."""

    rate: Amount
    stream: str
    basis: Basis = "judgement"
    rationale: str = ""


@dataclass(frozen=True, repr=False)
class Exponent(Brief):
    """Cost is multiplied by driver ** value; equal `stream` means the same draw, shared by all countries."""

    driver: str
    value: Amount
    stream: str
    reference: float = 1.0
    """Driver, over the reference of the study, at which the cost stands: it is multiplied by (driver / reference) **
    value."""


@dataclass(frozen=True, repr=False)
class Driver(Brief):
    """A measure of countries beside their size that costs scale with."""

    name: str
    column: str
    reference: float
    limits: tuple[float | None, float | None]
    basis: Basis
    rationale: str


@dataclass(frozen=True, repr=False)
class Shock(Brief):
    """An event common to all countries that multiplies the cost of some areas."""

    id: str
    name: str
    areas: tuple[str, ...]
    probability: float
    factor: Amount
    basis: Basis
    rationale: str


@dataclass(frozen=True, repr=False)
class Overlap(Brief):
    """A whole that several components are shares of, such as one national plan: drawn once for a country, then split.

    `cost` is that of the whole, per country of reference size, in `currency` at prices of `price_year`; `money_factor`
    brings it to the money of the study. Its score correlates with the costs of areas as one of several components of
    `area` does.
    """

    id: str
    name: str
    area: str
    """Id of the area of the catalogue that states it, counted or not."""
    cost: Family
    currency: str
    price_year: int
    money_factor: float
    basis: Basis
    rationale: str
    sources: tuple[Source, ...]
    area_shares: tuple[float, float | None]
    """common_share and group_share of `area`, which hold for the split, too."""
    width_basis: RangeBasis = "judgement"
    shape_basis: RangeBasis = "judgement"
    covers: str = ""
    scope: CostScope = "whole"
    experts: tuple[Expert, ...] = ()
    accepted: tuple[tuple[str, str], ...] = ()
    """(warning about evidence, why it is accepted)."""
    data: tuple[Datum, ...] = ()
    fit: Fit | None = field(default=None, compare=False)
    """What `cost` was fitted as; None where the range is stated."""
    cap: float | None = None
    """No fitted cost is above this, in a country of reference size; None for no cap."""
    cap_rationale: str = ""
    common_share: float | None = None
    """As that of the area; None where the area's holds."""
    group_share: float | None = None

    def __repr__(self) -> str:
        money = f"{self.currency} of {self.price_year}"
        return one_line(f"Overlap({self.id!r}, {self.name!r}, {self.cost}, {money})", 4 * WIDTH)


@dataclass(frozen=True, repr=False)
class Part(Brief):
    """What a component is of a whole: its cost is the whole times a share, which is drawn once for a country."""

    whole: Overlap
    share: Amount
    direction: Literal[1, -1]
    """Sign of the score of the split: 1 in the first component of the catalogue that shares the whole, -1 in others."""
    basis: Basis = "judgement"
    rationale: str = ""


@dataclass(frozen=True, repr=False)
class Datum(Brief):
    """An amount that was read, and what it comes to beside others."""

    row: DataRow
    """The amount as it was read, what it was paid for, and where it was read."""
    unit_amount: float
    """For one country, of the part that counts, in the money of the component."""
    size_factor: float | None
    """Size of the country over the reference size; the geometric mean of several; None where it is not known."""
    reference_amount: float | None
    """In a country of reference size; None where the size is not known."""
    is_fitted: bool = False
    """Whether the cost is fitted to it; a fit may choose among the rows."""


@dataclass(frozen=True, repr=False)
class Payment(Brief):
    """Money that was really paid or pledged, to compare with; `money_factor` brings it to the money of the study."""

    row: CrossCheckTable
    money_factor: float


@dataclass(frozen=True, repr=False)
class Component(Brief):
    """One cost component of an activity area.

    `cost` is per country of reference size, in `currency` at prices of `price_year`: in all for a one-off, per payment
    for a recurrent (every year) or stepped one (every few years). `money_factor` brings it to the money of the study.
    `profile` has one entry per study year, were all on time: for a one-off the share paid in that year (they sum to 1),
    otherwise 1.0 in each year paid and 0.0 in the others.
    """

    id: str
    name: str
    kind: Literal["one-off", "per-year", "stepped"]
    cost: Family
    currency: str
    price_year: int
    money_factor: float
    profile: tuple[float, ...]
    basis: Basis
    rationale: str
    sources: tuple[Source, ...]
    exponents: tuple[Exponent, ...] = ()
    """What it scales with; the exponent of size is among them, under the driver "size"."""
    need: Setting | None = None
    """Probability that a country which needs the area needs this component; None: it always does."""
    part: Part | None = None
    """The whole that this component is a share of, where it is one; `cost` is then what the share of it comes to."""
    cofinancing: Setting | None = None
    """Share of its cost that others pledge to co-finance; None: that of its area."""
    width_basis: RangeBasis = "judgement"
    """What the width of the range rests on; `basis` says it of its centre."""
    shape_basis: RangeBasis = "judgement"
    """What the shape of the range rests on."""
    covers: str = ""
    """What the range is meant to cover."""
    scope: CostScope = "whole"
    person_years: float | None = None
    """Posts that it pays in a country of reference size: person-years a year, or in all for a one-off."""
    experts: tuple[Expert, ...] = ()
    data: tuple[Datum, ...] = ()
    fit: Fit | None = field(default=None, compare=False)
    """What `cost` was fitted as; None where the range is stated."""
    cap: float | None = None
    """No fitted cost is above this, in a country of reference size; None for no cap."""
    cap_rationale: str = ""
    accepted: tuple[tuple[str, str], ...] = ()
    """(warning, reason) of each warning about its evidence that it accepts."""
    common_share: float | None = None
    """As that of the area; None where the area's holds."""
    group_share: float | None = None
    needed_with: str | None = None
    """Id of the component of the area whose need decides on this one too, and whose probability `need` is."""

    def __repr__(self) -> str:
        money = f"{self.currency} of {self.price_year}"
        return one_line(f"Component({self.id!r}, {self.name!r}, {self.kind}, {self.cost}, {money})", 4 * WIDTH)


@dataclass(frozen=True, repr=False)
class Area(Brief):
    """One activity area: its components, how size scales it, and how much of it all countries share.

    `common_share` is the correlation, between two countries, of the normal scores of this area; `group_share` that
    between two countries of one group (None: as `common_share`).
    """

    id: str
    name: str
    description: str
    document: str
    size_exponent: Amount
    common_share: float
    components: tuple[Component, ...]
    group_share: float | None = None
    need: Setting | None = None
    """Probability that a country needs the area; None: it always does."""
    delay: Delay | None = None
    escalation: Escalation | None = None
    cofinancing: Setting | None = None
    """Share of the cost that governments, agencies and other donors pledge to co-finance; None: nobody does."""

    def __repr__(self) -> str:
        components = listed(component.id for component in self.components)
        return one_line(f"Area({self.id!r}, {self.name!r}, components {components})", 2 * WIDTH)


@dataclass(frozen=True, repr=False)
class Country(Brief):
    """One country that is counted, with its groups and its relative size (1.0 at the reference size)."""

    code: str
    name: str
    groups: tuple[tuple[str, str], ...]
    """(column, value) pairs, one for each column of the countries file that groups countries."""
    size: float
    """Value of the size driver."""
    size_factor: float
    """size / reference, within the limits that the study states."""
    size_basis: Basis
    size_note: str
    size_held: Literal["", "lowest", "highest"] = ""
    """Which of these limits took the place of the size; empty for most."""
    factors: tuple[tuple[str, float], ...] = ()
    """(driver, value / reference within its limits), of "size" and of every further driver."""

    def __repr__(self) -> str:
        groups = "".join(f", {name}={value!r}" for name, value in self.groups)
        return one_line(
            f"Country({self.code!r}, {self.name!r}, relative size {self.size_factor:.4g}{groups})", 2 * WIDTH
        )

    def factor(self, driver: str) -> float:
        """Return the driver over its reference."""
        return self.size_factor if driver == "size" else dict(self.factors)[driver]


@dataclass(frozen=True, repr=False)
class Dependence(Brief):
    """How normal scores are correlated; see docs/dependence.md for the formula.

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
    group: str | None = None
    """Group of countries, such as region, within which countries share more than all countries do."""
    group_share: float | None = None
    """As common_share, between countries of one group; at least as large."""
    label_group_shares: tuple[float, ...] = ()
    """group_share of each label; empty without a matrix or without groups."""
    between_needs: float = 0.0
    need_with_cost: float = 0.0
    need_common_share: float = 0.0
    delay_between_areas: float = 0.0
    delay_common_share: float = 0.0
    start_common_share: float = 0.0


@dataclass(frozen=True, repr=False)
class Option(Brief):
    """A negotiating alternative: the study with some keys changed."""

    id: str
    name: str
    rationale: str
    changes: tuple[tuple[str, str], ...]
    """(dotted key, value as TOML writes it)."""
    study: Study

    def __repr__(self) -> str:
        changes = ", ".join(f"{key} = {value}" for key, value in self.changes)
        return one_line(f"Option({self.id!r}, {self.name!r}, changes: {changes})", 4 * WIDTH)


@dataclass(frozen=True, repr=False)
class WhatIf(Option):
    """A stated alternative to an assumption: the study with some keys changed, to see how far results rest on it."""

    assumption: str
    """What it is an alternative to; several may share one."""
    all_years: bool = False
    """Whether what is paid after the last year of the study counts, too."""

    def __repr__(self) -> str:
        changes = ", ".join([*(f"{key} = {value}" for key, value in self.changes), *["all years"] * self.all_years])
        return one_line(f"WhatIf({self.id!r}, {self.name!r}, changes: {changes})", 4 * WIDTH)


@sampled
@dataclass(frozen=True, repr=False)
class Study(Sampled):
    """A study as it will be run: validated, complete, immutable."""

    name: str
    title: str
    description: str
    years: tuple[int, ...]
    currency: str
    price_year: int
    sampling: Sampling
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
    drivers: tuple[Driver, ...] = ()
    """Measures of countries beside their size."""
    start: Setting | None = None
    """Years after the first year at which a country begins; None: at once."""
    shocks: tuple[Shock, ...] = ()
    agency_fee: Amount | None = None
    """Share that comes on top of what is financed; None: the study has no need for financing."""
    materialised: Amount = 1.0
    """Share of the pledged co-financing that is paid in the end."""
    financing_basis: Basis = "judgement"
    financing_rationale: str = ""
    inflation: Amount | None = None
    """General rise of prices per year; None: no nominal total."""
    discount_rate: float | None = None
    """None: no discounted total."""
    headline: Base = "cost"
    """The total that the report speaks of first."""
    areas_left_out: tuple[tuple[str, str], ...] = ()
    """(id, name) of every area of the catalogue that is not counted."""
    not_known: tuple[str, ...] = ()
    """Sentences on what could not be found out."""
    not_counted: tuple[NotCountedTable, ...] = ()
    cross_check: tuple[Payment, ...] = ()
    """Money that was really paid, to compare the result with."""
    options: tuple[Option, ...] = ()
    """Alternatives beside the full programme, which is the option "full"."""
    what_ifs: tuple[WhatIf, ...] = ()
    """Stated alternatives to assumptions. They are no options: `popsim.assumptions` alone runs them."""
    design_is_stated: bool = field(default=False, compare=False)
    """Whether the study says how scenarios are drawn, and not only how many."""
    reading: tuple[str, ...] = field(default=(), compare=False)
    """How CSV files were read, a line for each whose signs or encoding were concluded from the file."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What is odd in the study and its tables, and yet allowed."""
    labels: ColumnLabels = field(default_factory=ColumnLabels)
    """Names of columns and values of the countries file, for print."""
    translations: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """(code of a language, (name, its translation) pairs): names of the study in other languages."""
    source: str = field(default="", compare=False)
    """Path of the file that it was loaded from; empty where it was made otherwise."""

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Wholes that counted components share, in the order of these."""
        parts = [each.part for area in self.areas for each in area.components if each.part is not None]
        return tuple({part.whole.id: part.whole for part in parts}.values())

    def heading(self, column: str, sentence: bool = False) -> str:
        """Return the name of a column of the countries file, as a heading or as it stands inside a sentence."""
        return self.labels.heading(column, sentence)

    def label(self, column: str, value: object, sentence: bool = False) -> str:
        """Return the name of a value of such a column, as it stands in a table or inside a sentence."""
        return self.labels.label(column, value, sentence)

    def left_out_reasons(self) -> dict[str, int]:
        """Count the countries that are left out by the reason why, the commonest reason first."""
        return dict(Counter(reason for *_, reason in self.left_out).most_common())

    def left_out_in_words(self) -> str:
        """Describe why countries are left out, with their number where there are several reasons."""
        reasons = self.left_out_reasons()
        return next(iter(reasons)) if len(reasons) == 1 else ", ".join(f"{n} {why}" for why, n in reasons.items())

    def _rows(self) -> list[tuple[str, str]]:
        known = [
            ("title", self.title),
            ("source", self.source),
            ("areas", listed(area.id for area in self.areas)),
            ("countries", listed(country.code for country in self.countries)),
            ("years", f"{self.years[0]} to {self.years[-1]}" if self.years else "none"),
            ("money", f"{self.currency} at {self.price_year} prices"),
            ("options", listed([FULL, *(option.id for option in self.options)])),
            ("scenarios", f"{self.scenarios:,}, seed {self.seed}, design {self.design}"),
        ]
        return [(label, text) for label, text in known if text]

    def __repr__(self) -> str:
        return as_text(f"Study {self.name}", self._rows())

    def _repr_html_(self) -> str:
        return as_html(f"Study {self.name}", self._rows())
