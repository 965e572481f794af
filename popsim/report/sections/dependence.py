"""How much of the width of the range comes from countries moving together."""

from __future__ import annotations

from popsim.plan.rows import is_drawn
from popsim.report.data import ReportData
from popsim.report.document import Paragraph, Section, Table
from popsim.report.language import gettext as _
from popsim.report.language import listed
from popsim.report.prose import Prose
from popsim.report.words import basis
from popsim.study.model import Study

_text = Prose("dependence")


def drawn_once(study: Study) -> list[str]:
    """Return what is drawn once for all countries, however far their costs move together, and moves the cost.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> drawn_once(load_study("example", {"delay.level": {"family": "uniform", "low": 0.5, "high": 2.0}}))[0]
    'the level of delays'
    """
    parts = [part for area in study.areas for part in area.components]
    needs = [*(area.need for area in study.areas), *(part.need for part in parts)]
    chances = [chance for need in needs if need for chance in (need.value, *(value for _, _, value in need.by))]
    drawn = {
        _("the level of delays"): [area.delay.level for area in study.areas if area.delay is not None],
        _("rises of prices"): [area.escalation.rate for area in study.areas if area.escalation is not None],
        _("exponents"): [exponent.value for part in parts for exponent in part.exponents],
        _("uncertain chances of need"): chances,
    }
    found = [name for name, amounts in drawn.items() if any(is_drawn(amount) for amount in amounts)]
    return [*found, _("events")] if any(0.0 < shock.probability < 1.0 for shock in study.shocks) else found


def dependence(data: ReportData) -> Section | None:
    """Compare the width as assumed with its two extremes; None where it is not known, or nothing varies.

    One country has none to move with.
    """
    widths, assumed = data.widths, data.study.dependence
    if not widths or len(data.study.countries) < 2:
        return None
    assumptions = {
        "independent": ("cost_countries_independent", _("Every country goes its own way")),
        "study": ("cost", _("As the study assumes")),
        "fully_dependent": ("cost_countries_fully_dependent", _("All countries move together")),
    }
    rows = tuple(
        (label, *data.amounts(*data.range(name), widths[assumption]))
        for assumption, (name, label) in assumptions.items()
    )
    statement = _text(
        "widths",
        interval=data.interval,
        independent=data.money(widths["independent"]),
        fully_dependent=data.money(widths["fully_dependent"]),
        assumed=data.money(widths["study"]),
    )
    always_common = drawn_once(data.study)
    if always_common:
        statement += " " + _text("drawn_once", draws=listed(always_common))
    caption = _text("caption", unit_and_prices=data.unit_and_prices, interval=data.interval)
    blocks = (
        Paragraph(statement),
        Table(caption, (_("Assumption"), _("Low end"), _("High end"), _("Width")), rows, name="dependence"),
        Paragraph(_text("rests_on", basis=basis(assumed.basis), rationale=assumed.rationale)),
    )
    return Section("dependence", _("Do countries’ costs move together?"), _("Dependence"), blocks, is_annex=True)
