"""From a study to a plan."""

from __future__ import annotations

import dataclasses
from typing import cast

import numpy as np

from popsim.errors import PlanError, Problem
from popsim.families.base import Family, Floats
from popsim.plan.book import Marginals, TableBook, pointers
from popsim.plan.dependence import Score, component_scores
from popsim.plan.expectation import expect_rows
from popsim.plan.model import Draws, Labels, Plan
from popsim.plan.moves import NO_MOVES, Moves
from popsim.plan.presence import PresenceBook, all_countries, share_values
from popsim.plan.rows import Row, RowBook, is_drawn
from popsim.plan.sharing import draws_all_of
from popsim.plan.timing import Timing, is_moving, lag_counts, make_timing
from popsim.plan.world import World
from popsim.study.model import Component, Country, Study

__all__ = ["Marginals", "TableBook", "compile", "pointers"]


def compile(study: Study) -> Plan:  # noqa: A001  (the name that users hold on to)
    """Lower a study to flat arrays.

    Parameters
    ----------
    study
        A validated study.

    Returns
    -------
    Plan
        Arrays for the kernels, labels, expected values, and a digest of all that fixes the numbers; the plans of the
        study's options are its `alternatives`.

    Raises
    ------
    PlanError
        When a distribution cannot be tabulated as exactly as promised (1e-8 of its P5-P95 width).

    Examples
    --------
    >>> from popsim.study import load_study
    >>> plan = compile(load_study("pops"))
    >>> plan.labels.area
    ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    """
    plan = _compile(study, "full", "As the study is written")
    others = tuple(_compile(option.study, option.id, option.name) for option in study.options)
    return dataclasses.replace(plan, alternatives=_drawn_together(study, plan, others))


def _drawn_together(study: Study, plan: Plan, others: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Note for each option the first plan that draws all of it, if there is one before."""
    leaders = [(study, plan)]
    noted = []
    for option, other in zip(study.options, others, strict=True):
        found = [leader for drawn, leader in leaders if draws_all_of(option.study, drawn)]
        noted.append(dataclasses.replace(other, drawn_with=found[0].labels.option[0] if found else ""))
        if not found:
            leaders.append((option.study, other))
    return tuple(noted)


def _compile(study: Study, option: str, option_name: str) -> Plan:
    book, moving = RowBook(), is_moving(study)
    if not moving:
        timing = make_timing(study, None)
        _add_countries(study, book, timing, None)
        draws = book.draws()
        return _plan(study, book, draws, NO_MOVES, timing, _labels(study, option, option_name))
    book.begin("")
    world = World(study, book)
    share_values(study, world)
    timing = make_timing(study, world)
    presences = PresenceBook(study, book, world, lag_counts(study))
    _add_countries(study, book, timing, presences)
    moves = Moves(
        row_keep=book.column("keep"),
        row_presence=book.column("presence"),
        row_growth=book.column("growth"),
        counts=np.array([presences.kept_count, presences.slot_count, timing.slots], dtype=np.int64),
        **presences.arrays(),
        **world.path_arrays(timing.paths, timing.profile.shape[1]),
        **timing.arrays(),
    )
    return _plan(study, book, book.draws(), moves.frozen(), timing, _labels(study, option, option_name))


def _add_countries(study: Study, book: RowBook, timing: Timing, presences: PresenceBook | None) -> None:
    scores = component_scores(study)
    pairs = [(area, component) for area in study.areas for component in area.components]
    laws = [book.law(component.cost, f"{area.id}/{component.id}: cost") for area, component in pairs]
    # A cost that is known has no stream.
    drawn = [
        score if is_drawn(component.cost) else Score((), ())
        for score, (_, component) in zip(scores, pairs, strict=True)
    ]
    own = tuple(dict.fromkeys(name for score in drawn for name, _ in score.own))
    for place, country in enumerate(study.countries):
        book.begin(f"country/{country.code}/", own)
        if presences is not None:
            presences.begin(country)
        for k, (area, component) in enumerate(pairs):
            growth = int(timing.component_growth[0, k])
            book.add(
                Row(
                    law=laws[k],
                    factor=_unit(country, component) * (1.0 if growth >= 0 else sum(component.profile)),
                    common=book.common(all_countries(drawn[k], country, study)),
                    own=drawn[k].own,
                    country=place,
                    component=k,
                    presence=-1 if presences is None else presences.presence(country, area, component),
                    growth=growth,
                )
            )


def _unit(country: Country, component: Component) -> float:
    """Give what a unit of a component's cost amounts to in a country, as far as that is known."""
    scale = 1.0
    for exponent in component.exponents:
        if not isinstance(exponent.value, Family):
            scale *= country.factor(exponent.driver) ** exponent.value
    return scale * component.money_factor


def _plan(study: Study, book: RowBook, draws: Draws, moves: Moves, timing: Timing, labels: Labels) -> Plan:
    expected = expect_rows(study)
    costs = book.column("component") >= 0
    shares = financed_shares(study)
    pairs = [component for area in study.areas for component in area.components]

    def spread(values: Floats) -> Floats:
        """Values of costs, at the rows that are costs."""
        out = np.zeros(len(costs))
        out[costs] = values.ravel()
        return out

    return Plan(
        draws=draws,
        moves=moves,
        labels=labels,
        row_country=book.column("country"),
        row_component=book.column("component"),
        row_share=np.zeros(0) if shares is None else spread(shares),
        row_mode=spread(expected.mode),
        row_mean=spread(expected.mean),
        row_std=spread(expected.std),
        year_share=np.array([np.array(component.profile) / sum(component.profile) for component in pairs]),
        component_growth=timing.component_growth,
        component_lags=timing.component_lags,
        component_path=timing.component_path,
        study_name=study.name,
        title=study.title,
        currency=study.currency,
        price_year=study.price_year,
        scenarios=study.scenarios,
        seed=study.seed,
        coverage=study.coverage,
        breakdowns=study.breakdowns,
        study_text=study.files[0][1],
        design=study.design,
        shared_names=book.shared_names,
        own_names=book.own_names,
    )


def financed_shares(study: Study) -> Floats | None:
    """Give what is financed per unit of cost (country, component), agency fee included; None where not stated."""
    if study.agency_fee is None:
        return None
    pairs = [(area, component) for area in study.areas for component in area.components]
    borne = [
        [float(cast(float, area.cofinancing.of(country)[1])) if area.cofinancing else 0.0 for area, _ in pairs]
        for country in study.countries
    ]
    return (1.0 - np.array(borne)) * (1.0 + study.agency_fee)


def _labels(study: Study, option: str, option_name: str) -> Labels:
    components = [(i, area, component) for i, area in enumerate(study.areas) for component in area.components]
    group_names = tuple(name for name, _ in study.countries[0].groups)
    uneven = [country.code for country in study.countries if tuple(name for name, _ in country.groups) != group_names]
    if uneven:
        raise PlanError(
            Problem("study.countries", f"other groups for {uneven[0]}", f"{', '.join(group_names)} for all")
        )
    groups = [dict(country.groups) for country in study.countries]
    return Labels(
        option=(option,),
        option_name=option_name,
        country=tuple(country.code for country in study.countries),
        country_name=tuple(country.name for country in study.countries),
        groups=tuple((name, tuple(values[name] for values in groups)) for name in group_names),
        area=tuple(area.id for area in study.areas),
        area_name=tuple(area.name for area in study.areas),
        component=tuple(f"{area.id}/{component.id}" for _, area, component in components),
        component_name=tuple(component.name for _, _, component in components),
        component_area=tuple(i for i, _, _ in components),
        component_basis=tuple(component.basis for _, _, component in components),
        years=study.years,
    )
