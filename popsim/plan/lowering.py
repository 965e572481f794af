"""From a study to a plan."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, cast

import numpy as np

from popsim.errors import ParameterError, PlanError, Problem, kind_of
from popsim.families.base import Family, Floats
from popsim.plan.activation import PresenceBook, World, all_countries, share_values
from popsim.plan.expectation import expect_rows, likely_weights
from popsim.plan.model import Draws, Labels, Plan
from popsim.plan.moves import NO_MOVES, Moves
from popsim.plan.price_profiles import Timing, make_timing
from popsim.plan.rows import Block, RowBook
from popsim.plan.streams import StreamBook
from popsim.plan.study_view import Survey
from popsim.plan.tables.builder import Marginals, TableBook, pointers
from popsim.schema import FULL, FULL_NAME, SIMULATED_TOTALS, total_name
from popsim.study.model import Area, Study

__all__ = ["Marginals", "TableBook", "compile", "draws_all_of", "pointers"]


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
    ParameterError
        For anything but a study.
    PlanError
        When a distribution cannot be tabulated as exactly as promised (1e-8 of its P5-P95 width).

    Examples
    --------
    >>> from popsim.study import load_study
    >>> plan = compile(load_study("pops"))
    >>> plan.labels.area
    ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    """
    if not isinstance(study, Study):
        mend = "popsim.load_study(...) gives a Study, and run.study is that of a Run"
        raise ParameterError(Problem("study", (), kind_of(study), "a Study", mend))
    known = _Known(StreamBook(), {})
    plan = _compile(study, FULL, FULL_NAME, known)
    others = tuple(_compile(option.study, option.id, option.name, known) for option in study.options)
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


class _Known(NamedTuple):
    """What the options of a study have in common, for the most part."""

    streams: StreamBook
    modes: dict[int, tuple[Family, float]]


def _compile(study: Study, option: str, option_name: str, known: _Known) -> Plan:
    book, survey = RowBook(), Survey(study, known.modes)
    labels = _labels(study, option, option_name)
    if not survey.moving:
        timing = make_timing(study, None, survey)
        _add_countries(survey, book, timing, None)
        return _plan(survey, book, book.draws(known.streams), NO_MOVES, timing, labels)
    book.begin("")
    world = World(study, book)
    share_values(survey, world)
    timing = make_timing(study, world, survey)
    presences = PresenceBook(survey, book, world)
    _add_countries(survey, book, timing, presences)
    moves = Moves(
        row_keep=book.column("keep"),
        row_presence=book.column("presence"),
        row_growth=book.column("growth"),
        counts=np.array([presences.kept_count, presences.slot_count, timing.slots], dtype=np.int64),
        **presences.arrays(),
        **world.path_arrays(timing.paths, timing.profile.shape[1]),
        **timing.arrays(),
    )
    return _plan(survey, book, book.draws(known.streams), moves.frozen(), timing, labels)


def _add_countries(survey: Survey, book: RowBook, timing: Timing, presences: PresenceBook | None) -> None:
    """Add the rows of all countries: what costs depend on, and costs."""
    study, pairs, drawn, own = survey.study, survey.pairs, survey.drawn, survey.own
    growth = timing.component_growth[0]
    places = {name: place for place, name in enumerate(own)}
    costs = Block(
        law=[book.law(component.cost, f"{area.id}/{component.id}: cost") for area, component in pairs],
        component=list(range(len(pairs))),
        keep=[-1] * len(pairs),
        growth=growth.tolist(),
        lengths=[len(score.own) for score in drawn],
        bases=[places[name] for score in drawn for name, _ in score.own],
        weights=[weight for score in drawn for _, weight in score.own],
    )
    factors = survey.scales() * np.where(growth >= 0, 1.0, survey.totals)[:, None]
    commons: dict[str | None, list[int]] = {}
    column = study.dependence.group
    for place, (country, factor) in enumerate(zip(study.countries, factors.T.tolist(), strict=True)):
        prefix = f"country/{country.code}/"
        if presences is None:
            book.begin(prefix, own)
            presence = [-1] * len(pairs)
        else:
            presence = presences.add(place, prefix)
        group = survey.groups[place].get(column) if column is not None else None
        if group not in commons:
            commons[group] = [book.common(all_countries(score, country, study)) for score in drawn]
        book.extend(costs, place, factor, commons[group], presence)


def _plan(survey: Survey, book: RowBook, draws: Draws, moves: Moves, timing: Timing, labels: Labels) -> Plan:
    study, expected = survey.study, expect_rows(survey.study, survey)
    costs = book.column("component") >= 0
    shares = financed_shares(study, survey)
    profiles = np.array([component.profile for _, component in survey.pairs])

    def spread(values: Floats) -> Floats:
        """Values of costs, at the rows that are costs."""
        out = np.zeros(len(costs))
        out[costs] = values.ravel()
        return out

    expected_totals = np.full((len(SIMULATED_TOTALS), len(survey.pairs)), np.nan)
    for (prices, span), means in expected.means.items():
        expected_totals[SIMULATED_TOTALS.index(total_name("cost", prices, span))] = means.sum(axis=0)
        if shares is not None:
            expected_totals[SIMULATED_TOTALS.index(total_name("financing_need", prices, span))] = (means * shares).sum(
                0
            )
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
        year_share=profiles / np.array(survey.totals)[:, None],
        component_growth=timing.component_growth,
        component_lags=timing.component_lags,
        component_path=timing.component_path,
        study_name=study.name,
        title=study.title,
        currency=study.currency,
        price_year=study.price_year,
        sampling=study.sampling,
        coverage=study.coverage,
        breakdowns=study.breakdowns,
        study_text=study.files[0][1],
        shared_names=book.shared_names,
        own_names=book.own_names,
        component_expected=expected_totals,
        component_payments=np.array(survey.totals, dtype=np.float64),
        row_likely=book.likely(survey.mode) * np.where(costs, spread(likely_weights(survey)), 1.0),
    )


def financed_shares(study: Study, survey: Survey | None = None) -> Floats | None:
    """Return what is financed per unit of cost (country, component), agency fee included; None where not stated."""
    if study.agency_fee is None:
        return None
    known = survey or Survey(study)
    borne = [
        [float(cast(float, share)) for _, share in known.entries(area.cofinancing)]
        if area.cofinancing
        else [0.0] * len(study.countries)
        for area, _ in known.pairs
    ]
    return (1.0 - np.array(borne).T) * (1.0 + study.agency_fee)


def _labels(study: Study, option: str, option_name: str) -> Labels:
    components = [(i, area, component) for i, area in enumerate(study.areas) for component in area.components]
    group_names = tuple(name for name, _ in study.countries[0].groups)
    uneven = [country.code for country in study.countries if tuple(name for name, _ in country.groups) != group_names]
    if uneven:
        raise PlanError(
            Problem("study.countries", (), f"other groups for {uneven[0]}", f"{', '.join(group_names)} for all")
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


def draws_all_of(one: Study, other: Study) -> bool:
    """Return whether every amount that one study draws is drawn by another too, to the bit.

    It may leave out areas and countries, and say otherwise who pays.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> study, fewer = load_study("pops"), load_study("pops", {"area.f.include": False})
    >>> draws_all_of(fewer, study), draws_all_of(study, fewer)
    (True, False)
    """
    areas = {area.id: _drawn(area) for area in other.areas}
    countries = {country.code: country for country in other.countries}
    return (
        _common(one) == _common(other)
        and all(areas.get(area.id) == _drawn(area) for area in one.areas)
        and all(countries.get(country.code) == country for country in one.countries)
    )


def _common(study: Study) -> tuple[object, ...]:
    """Return what the draws of all areas and countries depend on."""
    return (
        study.years,
        study.currency,
        study.price_year,
        study.dependence,
        study.start,
        study.shocks,
        study.inflation,
        study.discount_rate,
    )


def _drawn(area: Area) -> Area:
    """Return an area without what changes no draw."""
    return dataclasses.replace(area, cofinancing=None)
