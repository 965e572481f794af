"""The plan: a study lowered to flat arrays, with a digest of all that fixes the numbers."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from popsim.arrays import Floats, Integers, Words
from popsim.display import Brief, as_html, as_text, listed
from popsim.layout import STREAM_VERSION
from popsim.plan.moves import LATER_ARRAYS, Moves
from popsim.plan.shares import NO_SHARES, Shares
from popsim.sampling import Sampled, Sampling, sampled
from popsim.schema import TOTALS, Total
from popsim.types import Prices, Span

ROW_ARRAYS = (
    "row_country",
    "row_component",
    "row_share",
    "row_mode",
    "row_mean",
    "row_std",
    "year_share",
    "component_growth",
    "component_lags",
    "component_path",
)
"""Arrays of a plan beside what its kernels read."""

GROWTH_ROWS: dict[tuple[Prices, Span], int] = {
    ("constant", "within_horizon"): 0,
    ("constant", "after_horizon"): 1,
    ("nominal", "within_horizon"): 2,
    ("discounted", "within_horizon"): 3,
    ("nominal", "after_horizon"): 4,
    ("discounted", "after_horizon"): 5,
}
"""Row of `component_growth` that makes the totals of these prices and years."""
STORED_GROWTHS = 4
"""Rows of `component_growth` that a plan stores; `popsim.plan.price_profiles.with_growths_after` derives the others."""

_DESCRIBING = ("labels", "scenarios", "about", "drawn_with", "alternatives")
"""What two equal plans have in common beside their digest; names of streams are not kept in files."""


class Draws(NamedTuple):
    """What kernels read. Pointers follow the usual form: item i owns entries start[i] ... start[i + 1] - 1.

    Each group of rows (a country) has normals of its own, `own_stream`; all groups have those of `shared_stream`. A row
    is one uncertain cost. Its normal score is a common score (a weighted sum of shared normals, -1 for none) plus a
    weighted sum of the group's own normals; its value is location + scale * T(score) with T by kind and table.
    """

    shared_stream: Words
    common_start: Integers
    common_basis: Integers
    common_weight: Floats
    own_start: Integers
    own_stream: Words
    row_start: Integers
    row_common: Integers
    term_start: Integers
    term_basis: Integers
    term_weight: Floats
    row_kind: Integers
    row_table: Integers
    row_location: Floats
    row_scale: Floats
    tables: Floats

    def frozen(self) -> Draws:
        """Return the same arrays, no longer writable."""
        for array in self:
            array.setflags(write=False)
        return self

    def __repr__(self) -> str:
        return f"Draws({len(self.row_kind)} rows, {len(self.own_stream)} streams, {self.tables.size} numbers of tables)"


@dataclass(frozen=True, repr=False)
class Labels(Brief):
    """Names of everything that a plan numbers, in its order."""

    option: tuple[str, ...]
    """One id: that of the option whose plan this is."""
    option_name: str
    country: tuple[str, ...]
    country_name: tuple[str, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    """(coordinate, one value per country)."""
    area: tuple[str, ...]
    area_name: tuple[str, ...]
    component: tuple[str, ...]
    component_name: tuple[str, ...]
    component_area: tuple[int, ...]
    component_basis: tuple[str, ...]
    years: tuple[int, ...]
    component_width: tuple[str, ...] = ()
    """What the width of each range rests on; empty in plans that were stored before it was known."""

    @property
    def width(self) -> tuple[str, ...]:
        """What the width of the range of each component rests on; judgement where that is not known."""
        return self.component_width or ("judgement",) * len(self.component)

    def identifiers(self) -> tuple[object, ...]:
        """Return what decides which number is which; names for people are left out."""
        return (self.option, self.country, self.groups, self.area, self.component, self.component_area, self.years)


class About(NamedTuple):
    """What a study says of itself, for the datasets that are made from its plan."""

    study_name: str
    title: str
    currency: str
    price_year: int
    coverage: float
    breakdowns: tuple[tuple[str, ...], ...]
    study_text: str


class StreamNames(NamedTuple):
    """Names of the streams of a plan, in the order of `Draws`; none in a plan that was read from a file."""

    shared: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


class Exact(NamedTuple):
    """What follows from a study without drawing; empty in a plan of a version that had none.

    These arrays change no sample, and so are no part of the digest.
    """

    component_expected: Floats = np.zeros((0, 0))
    """(total, component): exact mean of each of `SIMULATED_TOTALS`; NaN for those that the study does not ask for."""
    component_payments: Floats = np.zeros(0)
    """Payments that each component makes in a country that needs it: years of service, or 1 for a one-off."""
    row_likely: Floats = np.zeros(0)
    """What each row is at the most likely value of its input; a cost times the probability that it is needed, and its
    scale factors at the most likely values of uncertain exponents."""


NOTHING_EXACT, NO_NAMES = Exact(), StreamNames()


@sampled
@dataclass(frozen=True, eq=False, repr=False)
class Plan(Sampled):
    """Flat arrays that give the same samples anywhere, and the words to label them with.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> from popsim.plan import compile
    >>> plan = compile(load_study("pops"))
    >>> len(plan.digest)
    32
    """

    draws: Draws
    moves: Moves
    labels: Labels
    row_country: Integers
    """Country of each row; -1 for a row that is no cost but what costs depend on."""
    row_component: Integers
    """Component of each row; -1 for a row that is no cost."""
    row_share: Floats
    """What is financed per unit of each row's cost, agency fee included, on average where that is uncertain (`shares`
    then says how it is drawn); empty where the study does not say."""
    row_mode: Floats
    """Most likely cost of each row over all years, were all on time and needed as often as expected; `row_likely` is
    what point estimates are made of, and this stays since the digests of stored plans count it."""
    row_mean: Floats
    """Expected cost of each row within the horizon."""
    row_std: Floats
    """Standard deviation of the cost of each row within the horizon; NaN where no formula is at hand."""
    year_share: Floats
    """(component, year): the share of a component's cost that falls in each year, if all is on time; rows sum to 1."""
    component_growth: Integers
    """(total, component): the price profile behind the totals of `GROWTH_ROWS`; -1 where a component needs none."""
    component_lags: Integers
    component_path: Integers
    sampling: Sampling
    about: About
    shares: Shares = NO_SHARES
    """Who pays, where that is uncertain; empty in plans of a version that knew it as certain alone."""
    exact: Exact = NOTHING_EXACT
    streams: StreamNames = NO_NAMES
    drawn_with: str = ""
    """Id of an option whose plan draws all that this one does, number for number; empty where there is none."""
    alternatives: tuple[Plan, ...] = ()
    """Plans of the other options, each without alternatives of its own."""

    def with_sampling(self, sampling: Sampling) -> Plan:
        """Return the same plan, options included, for other scenarios."""
        others = tuple(map(partial(dataclasses.replace, sampling=sampling), self.alternatives))
        return dataclasses.replace(self, sampling=sampling, alternatives=others)

    @property
    def is_financed(self) -> bool:
        """Whether the study states what is to be financed of its costs."""
        return len(self.row_share) > 0

    def has_prices(self, prices: Prices) -> bool:
        """Return whether the study asks for totals at these prices."""
        return prices == "constant" or bool((self.component_growth[GROWTH_ROWS[prices, "within_horizon"]] >= 0).any())

    @property
    def is_ever_late(self) -> bool:
        """Whether payments can fall after the last year."""
        return bool((self.component_growth[GROWTH_ROWS["constant", "after_horizon"]] >= 0).any())

    @property
    def totals(self) -> tuple[Total, ...]:
        """Totals that the study asks for, the cost among them."""
        return tuple(
            total
            for total in TOTALS.values()
            if (total.base == "cost" or self.is_financed)
            and self.has_prices(total.prices)
            and (total.span == "within_horizon" or (total.span == "after_horizon" and self.is_ever_late))
        )

    @cached_property
    def digest(self) -> str:
        """Hash of all that fixes the numbers: two plans with the same digest give the same samples.

        Everything counts but words that only describe (title, study, names) and defaults that a run states itself.
        """
        state = hashlib.blake2b(f"stream {STREAM_VERSION} seed {self.seed}".encode(), digest_size=16)
        state.update(f" {self.about.currency} {self.about.price_year} {self.labels.identifiers()}".encode())
        if self.design != "random":
            state.update(f" design {self.design}".encode())
        if self.replicates != 1:
            state.update(f" replicates {self.replicates}".encode())
        for name, array in {**self.draws._asdict(), **self.moves._asdict(), **self.row_arrays()}.items():
            if name in LATER_ARRAYS and array.size == 0:
                continue
            state.update(f" {name} {array.dtype.str} {array.shape} ".encode())
            state.update(np.ascontiguousarray(array).tobytes())
        # Apart from the others, so that plans in which who pays is known have the digest that they always had.
        for name, array in self.shares._asdict().items() if self.shares.any else ():
            state.update(f" {name} {array.dtype.str} {array.shape} ".encode())
            state.update(np.ascontiguousarray(array).tobytes())
        for other in self.alternatives:
            state.update(f" option {other.digest}".encode())
        return state.hexdigest()

    def _rows(self) -> list[tuple[str, str]]:
        labels = self.labels
        options = [labels.option[0], *(other.labels.option[0] for other in self.alternatives)]
        return [
            ("title", self.about.title),
            ("areas", listed(labels.area)),
            ("countries", listed(labels.country)),
            ("years", f"{labels.years[0]} to {labels.years[-1]}"),
            ("money", f"{self.about.currency} at {self.about.price_year} prices"),
            ("options", listed(options)),
            ("scenarios", f"{self.scenarios:,}, seed {self.seed}, design {self.design}"),
            ("digest", self.digest),
            ("arrays", f"{len(self.row_country):,} rows, {len(self.draws.own_stream):,} streams of countries"),
        ]

    def __repr__(self) -> str:
        return as_text(f"Plan of study {self.about.study_name}", self._rows())

    def _repr_html_(self) -> str:
        return as_html(f"Plan of study {self.about.study_name}", self._rows())

    def __eq__(self, other: object) -> bool:
        """Return whether the other has the same arrays, to the bit, and the same words."""
        if not isinstance(other, Plan):
            return NotImplemented
        return self.digest == other.digest and all(getattr(self, name) == getattr(other, name) for name in _DESCRIBING)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __post_init__(self) -> None:
        self._freeze()

    def __setstate__(self, state: dict[str, object]) -> None:
        # Arrays that were copied or unpickled may be written to until they are frozen again.
        vars(self).update(state)
        self._freeze()

    def _freeze(self) -> None:
        for array in (*self.draws, *self.moves, *self.shares, *self.row_arrays().values()):
            array.setflags(write=False)

    def row_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays beside the draws, by name."""
        return {name: getattr(self, name) for name in ROW_ARRAYS}
