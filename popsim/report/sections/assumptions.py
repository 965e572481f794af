"""What a study assumes beside its costs: needs, starts and delays, prices, shocks, co-financing, correlations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar

from popsim.families.base import Family
from popsim.plan.rows import is_drawn
from popsim.report.data import ReportData
from popsim.report.document import Block, Details, Entry
from popsim.report.language import gettext as _
from popsim.report.language import listed
from popsim.report.numbers import plain, significant
from popsim.report.prose import Prose
from popsim.report.words import basis as basis_word
from popsim.report.words import distribution
from popsim.study.model import Amount, Area, Setting, Study

T = TypeVar("T")
Pairs = list[tuple[str, str]]
Unit = Literal["percent", "years", "times"]

_text = Prose("assumptions")


def assumptions(data: ReportData) -> tuple[Details, ...]:
    """Return every assumption with what it rests on and why, folded by what it is about."""
    subjects: tuple[tuple[str, list[Block]], ...] = (
        (_("Whether it is needed"), _needs(data)),
        (_("Starts and delays"), _lateness(data)),
        (_("Rises of prices and shocks"), _prices(data)),
        (_("Further measures of countries"), _measures(data.study)),
        (_("Who pays"), _financing(data)),
        (_("Correlations"), [_correlations(data.study)]),
    )
    return tuple(
        Details(_text("summary", title=title, entries=len(entries)), tuple(entries))
        for title, entries in subjects
        if entries
    )


def _needs(data: ReportData) -> list[Block]:
    needs: list[tuple[str, Setting | None, list[str]]] = []
    for area in data.study.areas:
        needs.append((area.name, area.need, []))
        for part in area.components:
            # What is needed with another component stands in the entry of that one.
            if part.needed_with is None:
                followers = [each.name for each in area.components if each.needed_with == part.id]
                needs.append((_text("component", area=area.name, name=part.name), part.need, followers))
    entries: list[Block] = []
    for name, need, followers in needs:
        if need is not None:
            pairs = _setting(data, _("Probability of need"), need, "percent")
            pairs += [(_("Needed exactly where it is"), listed(followers))] if followers else []
            entries.append(_entry(name, need.basis, pairs, need.rationale))
    return entries


def _lateness(data: ReportData) -> list[Block]:
    study, entries = data.study, list[Block]()
    if study.start is not None:
        pairs = _setting(data, _("Begins after"), study.start, "years")
        entries.append(_entry(_("Start of a country"), study.start.basis, pairs, study.start.rationale))
    for delay, names in _alike((area, area.delay) for area in study.areas):
        pairs = [_where(study, names), *_setting(data, _("Late by"), delay.years, "years")]
        if delay.level != 1.0:
            pairs.append((_text("level", drawn=is_drawn(delay.level)), _amount(data, delay.level, "times")))
        pairs.append((_("A year of delay adds"), _amount(data, delay.cost_per_year, "percent")))
        entries.append(_entry(_("Delay of an area’s work"), delay.years.basis, pairs, delay.years.rationale))
    return entries


def _prices(data: ReportData) -> list[Block]:
    study, entries = data.study, list[Block]()
    for rise, names in _alike((area, area.escalation) for area in study.areas):
        pairs = [_where(study, names), (_("Real rise per year"), _amount(data, rise.rate, "percent"))]
        entries.append(_entry(_("Rise of costs beyond general prices"), rise.basis, pairs, rise.rationale))
    names_of = {area.id: area.name for area in study.areas}
    for shock in study.shocks:
        pairs = [
            _where(study, [names_of[area] for area in shock.areas if area in names_of]),
            (_("Probability"), _amount(data, shock.probability, "percent")),
            (_("Costs become"), _amount(data, shock.factor, "times")),
        ]
        entries.append(_entry(shock.name, shock.basis, pairs, shock.rationale))
    return entries


def _measures(study: Study) -> list[Block]:
    entries: list[Block] = []
    for measure in study.drivers:
        pairs = [(_("Column"), measure.column), (_("Reference"), plain(measure.reference))]
        limits = zip((_("Counted as at least"), _("Counted as at most")), measure.limits, strict=True)
        pairs += [(label, plain(limit)) for label, limit in limits if limit is not None]
        entries.append(_entry(measure.name.replace("_", " ").capitalize(), measure.basis, pairs, measure.rationale))
    return entries


def _financing(data: ReportData) -> list[Block]:
    """Return co-financing, of all areas, of some and of components, how much of it is paid, and the agency fee."""
    study, entries = data.study, list[Block]()
    if study.agency_fee is None:
        return entries
    stated = [
        (_where(study, names), share) for share, names in _alike((area, area.cofinancing) for area in study.areas)
    ]
    stated += [
        ((_("Component"), _text("component", area=area.name, name=part.name)), part.cofinancing)
        for area in study.areas
        for part in area.components
        if part.cofinancing is not None
    ]
    for where, share in stated:
        pairs = [where, *_setting(data, _("Share of the cost"), share, "percent")]
        if share.materialised is not None:
            pairs.append((_("Paid of what is pledged"), _amount(data, share.materialised, "percent")))
        if any(isinstance(each[-1], Family) for each in (*share.by, (share.value,))):
            pairs.append((_("Uncertain shares"), _text("drawn_once")))
        entries.append(_entry(_("Co-financing"), share.basis, pairs, share.rationale))
    general: tuple[tuple[str, str, Amount, bool], ...] = (
        # What is as it is unless said, and a fee that is known, stand beside the totals.
        (
            _("What is paid of the co-financing"),
            _("Share of what is pledged"),
            study.materialised,
            study.materialised != 1.0,
        ),
        (_("Agency fee"), _("Share of what is financed"), study.agency_fee, isinstance(study.agency_fee, Family)),
    )
    for title, of, amount, is_told in general:
        if is_told:
            pairs = [(of, _amount(data, amount, "percent"))]
            pairs += [(_("Uncertain share"), _text("drawn_once"))] if isinstance(amount, Family) else []
            entries.append(_entry(title, study.financing_basis, pairs, study.financing_rationale))
    return entries


def _correlations(study: Study) -> Block:
    assumed = study.dependence
    between = _("a matrix") if assumed.between_areas is None else significant(assumed.between_areas)
    pairs = [
        (_("Two areas in one country"), between),
        (_("Two components of one area"), significant(assumed.between_components)),
        (_("One area in two countries"), significant(assumed.common_share)),
    ]
    if assumed.group is not None and assumed.group_share is not None:
        column = study.heading(assumed.group, sentence=True)
        pairs.append((_text("within_group", column=column), significant(assumed.group_share)))
    if any(area.need or any(part.need for part in area.components) for area in study.areas):
        pairs += [
            (_("Need and cost"), significant(assumed.need_with_cost)),
            (_("Two needs of one country"), significant(assumed.between_needs)),
            (_("One need in two countries"), significant(assumed.need_common_share)),
        ]
    if any(area.delay for area in study.areas):
        pairs += [
            (_("Delays of two areas in one country"), significant(assumed.delay_between_areas)),
            (_("Delays in two countries"), significant(assumed.delay_common_share)),
        ]
    if study.start is not None:
        pairs.append((_("Starts of two countries"), significant(assumed.start_common_share)))
    return _entry(_("Correlations of normal scores"), assumed.basis, pairs, assumed.rationale)


def _entry(title: str, basis: str, pairs: Pairs, rationale: str) -> Entry:
    return Entry(title, basis_word(basis), tuple(pairs), rationale, (), basis)


def _where(study: Study, names: list[str]) -> tuple[str, str]:
    return (_("Areas"), _("all") if len(names) == len(study.areas) else listed(names))


def _alike(areas: Iterable[tuple[Area, T | None]]) -> list[tuple[T, list[str]]]:
    """Gather the areas of which the same is assumed."""
    groups: list[tuple[T, list[str]]] = []
    for area, value in areas:
        if value is None:
            continue
        names = next((names for known, names in groups if known == value), None)
        if names is None:
            groups.append((value, [area.name]))
        else:
            names.append(area.name)
    return groups


def _setting(data: ReportData, name: str, setting: Setting, unit: Unit) -> Pairs:
    """Return a quantity, and what holds instead for groups of countries: of several groups the first applies."""
    study, pairs = data.study, Pairs()
    for column, group, value in setting.by:
        heading, label = study.heading(column, sentence=True), study.label(column, group, sentence=True)
        pairs.append((_text("for_group", name=name, column=heading, group=label), _amount(data, value, unit)))
    others = _text("for_others", name=name) if pairs else name
    return [*pairs, (others, _amount(data, setting.value, unit))]


def _amount(data: ReportData, value: Amount, unit: Unit) -> str:
    """Print a number in its unit, or the range and the median of an uncertain one."""
    scale = 100.0 if unit == "percent" else 1.0
    if not isinstance(value, Family):
        return _text("certain", unit=unit, value=scale * value)
    low, median, high = (scale * float(value.ppf(p)) for p in (data.low, 0.5, data.high))
    ends = _text("span", low=significant(low), high=significant(high))
    shape = distribution(value.family)
    return _text("uncertain", unit=unit, range=ends, interval=data.interval, median=median, family=shape)
