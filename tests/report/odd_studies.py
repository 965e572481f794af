"""Small studies that are odd on purpose: atoms, rare needs, rare events, certain costs, one area, one country."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from popsim.families import Constant, Discrete, Family, LogNormal, Mixture, Triangular, Uniform
from popsim.study.model import Area, Delay, Setting, Shock, Study

from ..engine.studies import area, component, country, number, study

COSTS: tuple[Family, ...] = (
    Constant(1e6),
    Constant(2.5e6),
    Discrete((1e6, 2e6), (0.5, 0.5)),
    Discrete((1e6, 4e6), (0.96, 0.04)),
    Triangular(1e6, 2e6, 6e6),
    LogNormal(14.0, 0.8),
    Mixture((Constant(1e6), Triangular(20e6, 50e6, 80e6)), (0.98, 0.02)),
)
NEEDS = (None, 0.02, 0.1, 0.5, 0.97, 1.0)
LEVELS: tuple[float | Family | None, ...] = (
    None,
    0.0,
    2.0,
    Discrete((0.5, 2.0), (0.5, 0.5)),
    Triangular(0.0, 1.0, 3.0),
)
SHARES = (0.0, 0.25, 0.6, Uniform(0.2, 0.7), Discrete((0.0, 0.9), (0.97, 0.03)))
FEES = (0.0, 0.08, Uniform(0.05, 0.1))


@st.composite
def odd_areas(draw: st.DrawFn, name: str) -> Area:
    parts = draw(st.lists(st.sampled_from(COSTS), min_size=1, max_size=2))
    profiles = st.sampled_from([(1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (1.0, 1.0, 1.0)])
    made = area(name, *(component(f"part{k}", cost, draw(profiles)) for k, cost in enumerate(parts)))
    if len(parts) == 2 and draw(st.booleans()):
        # The second is needed where the first is.
        chance = Setting(draw(st.sampled_from([0.02, 0.5])))
        one, two = made.components
        one, two = dataclasses.replace(one, need=chance), dataclasses.replace(two, need=chance, needed_with=one.id)
        made = dataclasses.replace(made, components=(one, two))
    need, share = draw(st.sampled_from(NEEDS)), draw(st.sampled_from(SHARES))
    return dataclasses.replace(
        made, need=None if need is None else Setting(need), cofinancing=Setting(share) if share else None
    )


@st.composite
def odd_studies(draw: st.DrawFn) -> Study:
    """One to three areas in one or three countries, with or without a financing need and a rare event."""
    areas = [draw(odd_areas("abc"[k])) for k in range(draw(st.integers(1, 3)))]
    countries = [country(code) for code in ("AAA", "BBB", "CCC")[: draw(st.sampled_from([1, 3]))]]
    made = study(countries, areas, number(), seed=draw(st.integers(0, 2**32)))
    financed = draw(st.booleans())
    if financed:
        made = dataclasses.replace(made, agency_fee=draw(st.sampled_from(FEES)), financing_basis="judgement")
        made = dataclasses.replace(made, materialised=draw(st.sampled_from([1.0, 0.5, Triangular(0.4, 0.9, 1.0)])))
        made = dataclasses.replace(made, headline=draw(st.sampled_from(["cost", "financing_need"])))
    if draw(st.booleans()):
        shock = Shock(
            "storm", "Storm", (areas[0].id,), draw(st.sampled_from([0.02, 0.3])), 1.5, "judgement", "of a test"
        )
        made = dataclasses.replace(made, shocks=(shock,))
    level = draw(st.sampled_from(LEVELS))
    if level is not None:
        delay = Delay(Setting(draw(st.sampled_from([0.5, 1.25]))), draw(st.sampled_from([0.0, 0.1])), level)
        made = dataclasses.replace(made, areas=tuple(dataclasses.replace(each, delay=delay) for each in made.areas))
    return dataclasses.replace(made, coverage=draw(st.sampled_from([0.5, 0.9])))


LATE = (0.0, 1.0, 1.5, 4.0, Triangular(0.0, 1.0, 3.0), Discrete((0.0, 2.0), (0.9, 0.1)))


@st.composite
def late_studies(draw: st.DrawFn) -> Study:
    """The same, in which countries begin late: a little, always, seldom, or after the last year."""
    start = Setting(draw(st.sampled_from(LATE)))
    return dataclasses.replace(draw(odd_studies()), start=start)
