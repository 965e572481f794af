"""From a study to a plan."""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers
from popsim.arrays import pointers as pointers
from popsim.errors import ParameterError, PlanError, Problem, kind_of
from popsim.families.base import Family
from popsim.plan.activation import ActivationBuilder, GlobalFactors, common_weights, register_shared_values
from popsim.plan.expectation import Expected, expect_rows, likely_weights, not_expected
from popsim.plan.financing import expected_shares, make_shares, register_shares
from popsim.plan.model import About, Draws, Exact, Labels, Plan, StreamNames
from popsim.plan.moves import NO_MOVES, Moves
from popsim.plan.price_profiles import Timing, make_timing
from popsim.plan.rows import Block, Row, RowBuilder, Rows, integers, is_drawn
from popsim.plan.shares import NO_SHARES, Shares
from popsim.plan.streams import StreamNumbers
from popsim.plan.study_view import Shared, StudyView, drawn_amount
from popsim.schema import FULL, FULL_NAME, SIMULATED_TOTALS, total_name
from popsim.study.model import Area, Component, Exponent, Study


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
        raise ParameterError(Problem("", ("study",), kind_of(study), "a Study", mend))
    return _compiled(study, Compiler())


def compile_draws(study: Study) -> Plan:
    """Lower a study to what its draws need alone; expected and most likely costs are NaN.

    For runs beside that of a study, of which scenarios are all that is wanted.

    Raises
    ------
    PlanError
        As for `compile`.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> study = load_study("example")
    >>> bool((compile_draws(study).draws.tables == compile(study).draws.tables).all())
    True
    """
    return _compiled(study, Compiler(expects=False))


def _compiled(study: Study, compiler: Compiler) -> Plan:
    plan, *others = compiler.plans(study)
    return dataclasses.replace(plan, alternatives=_drawn_together(study, plan, tuple(others)))


class Compiler:
    """Lowers one study after another, and does once what several have in common.

    Studies that draw the same and differ in who pays have all arrays in common but those of who pays.

    Parameters
    ----------
    expects
        Whether plans know what costs come to on average and at their most likely values, which no draw needs; where
        they do not it is NaN, except in plans that differ from one that does in who pays alone.
    before
        A compiler that is done, of which all that it knows is taken over.

    Examples
    --------
    >>> from popsim.study.load import StudyReader
    >>> reader, compiler = StudyReader("example"), Compiler()
    >>> one, other = [compiler.plans(reader.load({"financing.cofinancing": share}))[0] for share in (0.1, 0.2)]
    >>> one.draws is other.draws, one.digest == other.digest
    (True, False)
    """

    def __init__(self, *, expects: bool = True, before: Compiler | None = None) -> None:
        self._expects = expects
        self._streams = StreamNumbers()
        self._shared = Shared()
        self._drawn: dict[str, deque[_Drawn]] = {}
        if before is not None:
            self._streams, self._shared, self._drawn = before._streams, before._shared, before._drawn

    def plans(self, study: Study) -> tuple[Plan, ...]:
        """Return the plan of a study, then those of its options, none of them with a note of what draws the same.

        Raises
        ------
        PlanError
            As for `compile`.
        """
        options = ((option.study, option.id, option.name) for option in study.options)
        return tuple(self._plan(*each) for each in ((study, FULL, FULL_NAME), *options))

    def _plan(self, study: Study, option: str, option_name: str) -> Plan:
        view = StudyView(study, self._shared)
        known = self._drawn.setdefault(option, deque(maxlen=_MOST_DRAWN))
        of_costs = (drawn for drawn in known if _cost_the_same(study, drawn.study))
        same = next((drawn for drawn in of_costs if _agree_but_for_costs(view, drawn)), None)
        alike = next((drawn for drawn in known if _agree_but_for_costs(view, drawn)), None) if same is None else same
        if alike is not None:
            drawn = alike if same is not None else self._costing_otherwise(view, alike)
            plan = self._paid_otherwise(view, drawn, option_name)
            if plan is not None:
                if same is None:
                    known.appendleft(drawn._replace(plan=plan))
                return plan
        drawn = self._lowered(view, option, option_name)
        known.appendleft(drawn)
        return drawn.plan

    def _paid_otherwise(self, view: StudyView, drawn: _Drawn, option_name: str) -> Plan | None:
        """Return the plan of a study that draws what another does; None where a share was not among its draws."""
        plan, study = drawn.plan, view.study
        streams = plan.shares.share_stream[plan.shares.share_drawn >= 0].tolist()
        registers: dict[int, int] = dict(
            zip(streams, plan.shares.share_drawn[plan.shares.share_drawn >= 0].tolist(), strict=True)
        )

        def register(stream: str) -> int:
            return registers[int(self._streams.numbers([f"common/{stream}"])[0])]

        try:
            shares = make_shares(view, register, self._streams, plan.row_country, plan.row_component)
        except KeyError:
            return None
        share = expected_shares(view)
        expected = _expected_totals(drawn.expected, share)
        return dataclasses.replace(
            plan,
            labels=plan.labels
            if option_name == plan.labels.option_name
            else dataclasses.replace(plan.labels, option_name=option_name),
            row_share=_row_share(plan.row_component, share),
            shares=shares,
            sampling=study.sampling,
            about=_about(study),
            exact=plan.exact._replace(component_expected=expected),
        )

    def _lowered(self, view: StudyView, option: str, option_name: str) -> _Drawn:
        study, builder = view.study, RowBuilder()
        labels = _labels(study, option, option_name)
        if not view.is_moving:
            timing = make_timing(view, None)
            _add_countries(view, builder, timing, None)
            return self._drawn_by(view, builder.rows(), NO_MOVES, NO_SHARES, timing, labels)
        builder.begin("")
        factors = GlobalFactors(study, builder)
        register_shared_values(view, factors)
        timing = make_timing(view, factors)
        register_shares(view, factors)
        activations = ActivationBuilder(view, builder, factors)
        _add_countries(view, builder, timing, activations)
        rows = builder.rows()
        moves = Moves(
            row_keep=rows.columns.register,
            row_presence=rows.activation,
            row_growth=rows.columns.price_profile,
            counts=np.array([activations.register_count, activations.slot_count, timing.slots], dtype=np.int64),
            **activations.arrays(),
            **factors.path_arrays(timing.paths, timing.years),
            **timing.arrays,
        )

        def register(stream: str) -> int:
            return factors.register(stream, view.financing_draws[stream], stream)

        shares = make_shares(view, register, self._streams, rows.country, rows.columns.component)
        return self._drawn_by(view, rows, moves.frozen(), shares, timing, labels)

    def _costing_otherwise(self, view: StudyView, known: _Drawn) -> _Drawn:
        """Return the plan of a study of which costs are others than in one that is known, and who pays is as there."""
        rows = known.rows.costing(
            [drawn_amount(component) for _, component in view.pairs], _factors(view, known.timing)
        )
        plan = known.plan
        return self._drawn_by(view, rows, plan.moves, plan.shares, known.timing, plan.labels, alike=plan.draws)

    def _drawn_by(
        self,
        view: StudyView,
        rows: Rows,
        moves: Moves,
        shares: Shares,
        timing: Timing,
        labels: Labels,
        alike: Draws | None = None,
    ) -> _Drawn:
        """Return the plan of rows; `alike` are the draws of the same rows with other costs."""
        study, draws, component = view.study, rows.draws(self._streams, alike), rows.columns.component
        expected, share = expect_rows(view) if self._expects else not_expected(view), expected_shares(view)
        costs = component >= 0

        def spread(values: Floats) -> Floats:
            """Return values of costs at the rows that are costs."""
            out = np.zeros(len(costs))
            out[costs] = values.ravel()
            return out

        likely = np.full(len(costs), np.nan)
        if self._expects:
            likely = rows.likely(view.mode) * np.where(costs, spread(likely_weights(view)), 1.0)
        plan = Plan(
            draws=draws,
            moves=moves,
            labels=labels,
            row_country=rows.country,
            row_component=component,
            row_share=_row_share(component, share),
            row_mode=spread(expected.mode),
            row_mean=spread(expected.mean),
            row_std=spread(expected.std),
            year_share=np.array([component.profile for _, component in view.pairs]) / np.array(view.totals)[:, None],
            component_growth=timing.component_growth,
            component_lags=timing.component_lags,
            component_path=timing.component_path,
            sampling=study.sampling,
            about=_about(study),
            shares=shares,
            exact=Exact(
                component_expected=_expected_totals(expected, share),
                component_payments=np.array(view.totals, dtype=np.float64),
                row_likely=likely,
            ),
            streams=StreamNames(rows.shared_names, rows.own_names),
        )
        return _Drawn(study, view.financing_draws, plan, expected, rows, timing)


_MOST_DRAWN = 32
"""Studies whose draws are remembered, of each option."""


class _Drawn(NamedTuple):
    """A study that was lowered, and what its costs come to on average."""

    study: Study
    paying: dict[str, Family]
    """What is uncertain of who pays."""
    plan: Plan
    expected: Expected
    rows: Rows
    timing: Timing


def _agree_but_for_costs(view: StudyView, known: _Drawn) -> bool:
    """Return whether a study has the rows, streams, activations and prices of one that was lowered."""
    study, other = view.study, known.study
    return (
        (study.agency_fee is None) == (other.agency_fee is None)
        and study.countries == other.countries
        and _common(study) == _common(other)
        and len(study.areas) == len(other.areas)
        and all(map(_areas_agree, study.areas, other.areas))
        and view.financing_draws == known.paying
    )


def _areas_agree(one: Area, other: Area) -> bool:
    return one is other or (
        all(getattr(one, name) == getattr(other, name) for name in _AREA_FIELDS)
        and len(one.components) == len(other.components)
        and all(map(_are_drawn_alike, one.components, other.components))
    )


def _are_drawn_alike(one: Component, other: Component) -> bool:
    """Return whether two components agree in all but their costs, fixed exponents and who pays."""
    return one is other or (
        all(getattr(one, name) == getattr(other, name) for name in _COMPONENT_FIELDS)
        and _uncertain(one.exponents) == _uncertain(other.exponents)
        # A cost that turns out to be one number has no stream.
        and is_drawn(drawn_amount(one)) == is_drawn(drawn_amount(other))
    )


def _uncertain(exponents: tuple[Exponent, ...]) -> list[Exponent]:
    return [each for each in exponents if isinstance(each.value, Family)]


def _cost_the_same(one: Study, other: Study) -> bool:
    """Return whether what is drawn for components, and what it is multiplied by, are the same in two studies."""
    return len(one.areas) == len(other.areas) and all(map(_areas_cost_the_same, one.areas, other.areas))


def _areas_cost_the_same(one: Area, other: Area) -> bool:
    return one is other or (
        len(one.components) == len(other.components)
        and all(
            a is b or (a.cost, a.money_factor, a.exponents) == (b.cost, b.money_factor, b.exponents)
            for a, b in zip(one.components, other.components, strict=True)
        )
    )


def _compared(kind: type, *others: str) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind) if each.compare and each.name not in others)


# The exponent of size is among those of components.
_AREA_FIELDS = _compared(Area, "components", "cofinancing", "size_exponent")
_COMPONENT_FIELDS = _compared(Component, "cost", "money_factor", "exponents", "cofinancing")


def _drawn_together(study: Study, plan: Plan, others: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Return the plans of options, each with the name of the first plan before it that draws all of it."""
    leaders = [(study, plan)]
    noted = []
    for option, other in zip(study.options, others, strict=True):
        found = [leader for drawn, leader in leaders if draws_all_of(option.study, drawn)]
        noted.append(dataclasses.replace(other, drawn_with=found[0].labels.option[0] if found else ""))
        if not found:
            leaders.append((option.study, other))
    return tuple(noted)


def _add_countries(view: StudyView, builder: RowBuilder, timing: Timing, activations: ActivationBuilder | None) -> None:
    """Add the rows of all countries: what costs depend on, and costs."""
    study, pairs = view.study, view.pairs
    growth = timing.component_growth[0]
    rows = []
    for k, ((area, component), score, profile) in enumerate(zip(pairs, view.drawn, growth.tolist(), strict=True)):
        where = f"{area.id}/{component.id}: {'cost' if component.part is None else 'share'}"
        number = builder.distribution(drawn_amount(component), where)
        rows.append(Row(number, score.own, k, price_profile=profile))
    costs = Block.of(rows, {name: number for number, name in enumerate(view.own)})
    commons: dict[str | None, Integers] = {}
    column = study.dependence.group
    for place, (country, factor) in enumerate(zip(study.countries, _factors(view, timing), strict=True)):
        prefix = f"country/{country.code}/"
        if activations is None:
            builder.begin(prefix, view.own)
            activation = np.full(len(pairs), -1, dtype=np.int64)
        else:
            activation = activations.add(place, prefix)
        group = view.groups[place].get(column) if column is not None else None
        if group not in commons:
            commons[group] = integers([builder.common(common_weights(score, country, study)) for score in view.drawn])
        builder.extend(costs, place, factor, commons[group], activation)


def _factors(view: StudyView, timing: Timing) -> Floats:
    """Return what each draw is multiplied by (country, component); prices are multiplied on later where they move."""
    moves = timing.component_growth[0] >= 0
    return (view.scales() * np.where(moves, 1.0, view.totals)[:, None]).T


def _row_share(row_component: Integers, share: Floats | None) -> Floats:
    """Return what is financed of each row on average; empty where the study does not say."""
    if share is None:
        return np.zeros(0)
    found = np.zeros(len(row_component))
    found[row_component >= 0] = share.ravel()
    return found


def _expected_totals(expected: Expected, share: Floats | None) -> Floats:
    """Return the exact mean of every total by component, from those of each row; NaN where it is not asked for."""
    totals = np.full((len(SIMULATED_TOTALS), expected.mean.shape[1]), np.nan)
    for (prices, span), means in expected.means.items():
        row = SIMULATED_TOTALS.index
        totals[row(total_name("cost", prices, span))] = means.sum(axis=0)
        if share is not None:
            totals[row(total_name("financing_need", prices, span))] = (means * share).sum(axis=0)
    return totals


def _about(study: Study) -> About:
    return About(
        study_name=study.name,
        title=study.title,
        currency=study.currency,
        price_year=study.price_year,
        coverage=study.coverage,
        breakdowns=study.breakdowns,
        study_text=study.files[0][1],
    )


def _labels(study: Study, option: str, option_name: str) -> Labels:
    components = [(i, area, component) for i, area in enumerate(study.areas) for component in area.components]
    group_names = tuple(name for name, _ in study.countries[0].groups)
    uneven = [country.code for country in study.countries if tuple(name for name, _ in country.groups) != group_names]
    if uneven:
        raise PlanError(
            Problem("study", ("countries",), f"other groups for {uneven[0]}", f"{', '.join(group_names)} for all")
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
        component_width=tuple(component.width_basis for _, _, component in components),
        years=study.years,
    )


def draws_all_of(one: Study, other: Study) -> bool:
    """Return whether every amount that one study draws is drawn by another too, to the bit.

    It may leave out areas and countries, and have other shares of who pays, if it draws no other ones.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> study, fewer = load_study("pops"), load_study("pops", {"area.f.include": False})
    >>> draws_all_of(fewer, study), draws_all_of(study, fewer)
    (True, False)
    """
    areas = {area.id: _without_payers(area) for area in other.areas}
    countries = {country.code: country for country in other.countries}
    return (
        _common(one) == _common(other)
        and all(areas.get(area.id) == _without_payers(area) for area in one.areas)
        and all(countries.get(country.code) == country for country in one.countries)
        and StudyView(one).financing_draws.items() <= StudyView(other).financing_draws.items()
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


def _without_payers(area: Area) -> Area:
    """Return an area without who pays, of which what is drawn is compared by itself."""
    parts = tuple(
        part if part.cofinancing is None else dataclasses.replace(part, cofinancing=None) for part in area.components
    )
    return dataclasses.replace(area, cofinancing=None, components=parts)
