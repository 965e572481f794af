"""The columns of a table of costs and of the tables beside it: headings, keys of the catalogue, kinds of value.

Declared here once: headings are recognised by it, docs/how-to/import-costs.md lists it, the template has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from popsim.errors import Keys, closest

Sort = Literal[
    "text",
    "word",
    "money",
    "number",
    "share",
    "whole",
    "year",
    "shares",
    "years",
    "codes",
    "date",
    "size",
    "table",
    "portion",
]
"""What the cells of a column hold: text; one of a few words; an amount of money; a number without unit; a share, also
in per cent; a whole number; a calendar year; a list of shares; a number of years or all; codes; a date; a number or a
word; a table as TOML writes it; a share, or such a table."""

AMOUNTS = frozenset({"money", "number", "share", "whole", "year", "shares", "years", "size", "portion"})
"""Kinds of value with digits in them, whose decimal sign has to be known."""


@dataclass(frozen=True)
class Column:
    """A column: the key of the catalogue that it fills, what it holds, by which headings it is known."""

    key: str
    sort: Sort
    meaning: str
    headings: tuple[str, ...] = ()
    """Further headings; the key, with blanks for underscores, is one as well."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Of a column of words: other spellings of the words that the catalogue has."""

    @property
    def path(self) -> Keys:
        """Path of keys in a component."""
        return tuple(self.key.split("."))

    @property
    def heading(self) -> str:
        """The heading that stands in templates and messages."""
        return self.headings[0] if self.headings and "." in self.key else self.key.replace("_", " ")

    @property
    def names(self) -> tuple[str, ...]:
        """All headings by which the column is known."""
        own = () if "." in self.key else (self.key.replace("_", " "),)
        return tuple(dict.fromkeys((*own, *self.headings)))


@dataclass(frozen=True)
class TableKind:
    """A kind of table, by the name of its sheet: what a row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    """Keys of columns without which no row can be read."""

    def column(self, heading: str) -> Column | None:
        """Return the column that a heading names; None where it names none.

        Examples
        --------
        >>> COSTS.column("Price-Year").key, COSTS.column("P5").key, COSTS.column("colour")
        ('price_year', 'cost.p05', None)
        """
        plain = plain_heading(heading)
        for column in self.columns:
            if plain in column.names:
                return column
        quantile = re.fullmatch(r"p ?(\d{1,3})|(\d{1,2}) ?%", plain) if self.name in ("costs", "overlaps") else None
        if quantile:
            name = f"p{(quantile[1] or quantile[2]).zfill(2)}"
            return Column(f"cost.{name}", "money", QUANTILE, (name,))
        return None

    def nearest(self, heading: str) -> str:
        """Return the advice for a heading that names no column: the one that is spelt most like it."""
        known = closest(plain_heading(heading), [name for column in self.columns for name in column.names])
        return f'did you mean "{known}"? ' if known else ""


def plain_heading(text: str) -> str:
    """Return a heading in small letters, with one blank for all that is no letter, digit or sign of per cent.

    Examples
    --------
    >>> plain_heading(" Price_Year: "), plain_heading("One-off/recurrent")
    ('price year', 'one off recurrent')
    """
    return " ".join(re.sub(r"[^\w%]|_", " ", text.casefold()).split())


QUANTILE = "quantile of the cost: p05 = one chance in twenty that it is lower"
KINDS = {
    **dict.fromkeys(("one off", "oneoff", "once", "single", "one time"), "one-off"),
    **dict.fromkeys(("per year", "yearly", "annual", "annually", "a year", "recurrent", "recurring"), "per-year"),
    **dict.fromkeys(("stepped", "periodic", "every few years"), "stepped"),
}
BASES = {"judgment": "judgement", "expert judgement": "expert", "expert judgment": "expert"}
SCOPES = {"all in": "all-in", "co financing": "cofinancing", "grants": "grant", "whole cost": "whole"}
AREA = Column("area", "text", "id or name of the activity area", ("area id", "activity area", "area name"))
COMPONENT = Column("component", "text", "id or name of the component, as in the table of costs", ("component id",))
SOURCE = (
    Column("document", "text", "document symbol or page where the figure was read", ("source", "reference")),
    Column("figure", "text", "what was read there, with its year and unit", ("figure read", "source figure")),
    Column("status", "word", "verified: read there; derived: arithmetic on verified figures", ("source status",)),
    Column("address", "text", "web address", ("url", "link", "web address")),
)


COSTS = TableKind(
    name="costs",
    row="a component",
    columns=(
        AREA,
        Column("id", "text", "short id; made from the name unless stated", ("component id", "code")),
        Column("name", "text", "what is paid for", ("component", "component name", "cost component", "item")),
        Column("kind", "word", "one-off, per-year or stepped (every few years)", ("type",), KINDS),
        Column("start", "whole", "programme year of the first payment, 1 is the first", ("start year",)),
        Column("spread", "shares", "one-off: shares paid in successive years, such as 0.6 0.4", ("payment shares",)),
        Column("years", "years", "per-year, stepped: number of years paid, or all", ("number of years", "duration")),
        Column("every", "whole", "stepped: years from one payment to the next", ("every years", "interval")),
        Column("currency", "text", "three letters, such as USD"),
        Column("price_year", "year", "year whose prices the amounts are in", ("prices of", "money of", "base year")),
        Column("cost.family", "text", "shape, as `popsim families` lists them", ("family", "distribution family")),
        Column("cost.low", "money", "lowest amount: a limit", ("low", "lowest", "minimum", "min")),
        Column("cost.mode", "money", "likeliest amount", ("mode", "likely", "most likely", "usual", "likeliest")),
        Column("cost.high", "money", "highest amount: a limit", ("high", "highest", "maximum", "max")),
        Column(
            "cost.coverage", "share", "with it, low and high are no limits: the chance that they hold", ("coverage",)
        ),
        Column("cost.p05", "money", QUANTILE, ("p05", "5th percentile")),
        Column("cost.p50", "money", "half of all cases are lower", ("p50", "median", "50th percentile")),
        Column("cost.p95", "money", "one chance in twenty that it is higher", ("p95", "95th percentile")),
        Column("cost.mean", "money", "mean", ("mean", "average", "expected value")),
        Column("cost.std", "money", "standard deviation", ("std", "standard deviation", "sd")),
        Column(
            "cost.value",
            "money",
            "one amount: needs a range, or family = constant",
            ("amount", "value", "single amount"),
        ),
        Column("cost.fit", "word", "family that is fitted to the rows of the sheet data", ("fit", "fitted family")),
        Column("cost.data", "codes", "ids of the data that are fitted; all unless stated", ("fit data", "fitted data")),
        Column("cost.size", "size", "growth of a fit with size: estimate, study, or an exponent", ("fit size",)),
        Column("cost.cap", "money", "of a fit: no cost can be higher", ("cap", "fit cap")),
        Column("cost.cap_rationale", "text", "why none can", ("cap rationale",)),
        Column("cost", "table", "an amount, or any shape as TOML writes it: { family = ..., ... }", ("distribution",)),
        Column("overlap", "text", "id of a row of the table of overlaps, of which this is a share: it has no amounts"),
        Column("share", "portion", "its share of that whole: 0.4, 40 %, or a shape as TOML writes it"),
        Column("basis", "word", "what the centre rests on: evidence, proxy, expert, judgement", (), BASES),
        Column("width_basis", "word", "what the width rests on: data, proxy, expert, judgement", (), BASES),
        Column("shape_basis", "word", "what the shape rests on, in the same words", (), BASES),
        Column("covers", "text", "what low and high are meant to cover", ("range covers",)),
        Column("scope", "word", "whole, grant or cofinancing: what the cost counts", ("cost scope",), SCOPES),
        Column("person_years", "number", "posts that the cost pays, in person-years", ("posts",)),
        Column("rationale", "text", "why this cost, in sentences", ("reason", "explanation", "justification")),
        Column("accepted", "table", "warnings about evidence that are accepted, as TOML writes them"),
        *(Column(f"source.{each.key}", each.sort, each.meaning, each.names) for each in SOURCE),
        Column("expert.name", "text", "who was asked", ("expert", "expert name")),
        Column("expert.role", "text", "role of who was asked", ("expert role",)),
        Column("expert.date", "date", "when, such as 2026-11-29", ("expert date", "date of estimate")),
        Column("expert.method", "text", "how the range was asked for", ("expert method",)),
    ),
    required=("area", "name"),
)

OVERLAPS = TableKind(
    "overlaps",
    "a whole that several components share",
    tuple(
        column
        for column in COSTS.columns
        if column.key not in ("kind", "start", "spread", "years", "every", "person_years", "overlap", "share")
    ),
    ("area", "name"),
)

DATA = TableKind(
    name="data",
    row="an amount that was read",
    columns=(
        AREA,
        COMPONENT,
        Column("id", "text", "short id, unique in the component; made from the name unless stated", ("data id",)),
        Column("name", "text", "what was paid for, and where", ("project",)),
        Column("amount", "money", "amount, in money of its year, for all its countries together", ("cost", "value")),
        Column("currency", "text", "three letters; that of the component unless stated"),
        Column("year", "year", "year of that money", ("money of", "price year")),
        Column("country", "codes", "code, or several with blanks between", ("country code", "country codes")),
        Column("countries", "whole", "number of countries that the amount is for", ("number of countries",)),
        Column("size", "number", "size of such a country where the countries file has none", ("population",)),
        Column("scope", "word", "grant, all-in or cofinancing", (), SCOPES),
        Column("stage", "word", "planned, pledged, approved or actual"),
        Column("share", "share", "part of the amount that was for this component"),
        Column("share_rationale", "text", "where the rest of it stands"),
        Column("use", "word", "fit, or shown beside the fit"),
        Column("reason", "text", "why it is only shown"),
        *SOURCE,
        Column("read", "date", "when it was read", ("date read",)),
    ),
    required=("component", "amount"),
)

SOURCES = TableKind("sources", "a source of a component", (AREA, COMPONENT, *SOURCE), ("component", "document"))

EXPERTS = TableKind(
    "experts",
    "somebody who was asked about a component",
    (
        AREA,
        COMPONENT,
        Column("name", "text", "who was asked", ("expert",)),
        Column("role", "text", "role of who was asked"),
        Column("date", "date", "when, such as 2026-11-29"),
        Column("method", "text", "how the range was asked for"),
    ),
    ("component", "method"),
)

AREAS = TableKind(
    "areas",
    "an activity area",
    (
        Column("id", "text", "short id, as studies name it", ("area", "area id")),
        Column("name", "text", "name, as the report shows it", ("area name",)),
        Column("document", "text", "where the area is defined", ("source",)),
        Column("description", "text", "what it takes, in own words"),
    ),
    ("id", "name"),
)

BESIDE = (OVERLAPS, DATA, SOURCES, EXPERTS, AREAS)
"""Tables that may stand beside that of costs."""
