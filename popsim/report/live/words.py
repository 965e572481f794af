"""The words and signs that the scripts of the page need: whole sentences, with their values to be put in."""

from __future__ import annotations

from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.language import current
from popsim.report.language import gettext as _
from popsim.report.language import plain_gettext as _kept
from popsim.report.numbers import amount, count, interval, money, money_range, percent, scale_of, unknown


def full_programme() -> str:
    """Return how the option with everything in it is called."""
    return _("Full programme")


def signs(unit: str) -> dict[str, object]:
    """Return the signs of numbers in the current language, and the patterns of amounts in a unit.

    Patterns are by the plural form of the number in them, as Unicode names it; %s stands for the number, or %l and %h
    for the ends of a range.

    Examples
    --------
    >>> found = signs("US$ million")
    >>> found["money"]["other"].replace(chr(0xA0), " "), found["percent"].replace(chr(0x202F), " ")
    ('US$ %s million', '%s %')
    """
    language, scale = current(), scale_of(unit)
    written = language.signs
    rule = language.babel.plural_form
    ranges, amounts = {}, {}
    for form in sorted({*rule.tags, "other"}):
        size = next((number for number in range(1, 103) if rule(number) == form), 2)
        low = next(number for number in (3, 7) if number != size)
        number, first = amount(size * scale, 0.0, unit), amount(low * scale, 0.0, unit)
        amounts[form] = money(size * scale, 0.0, unit).replace(number, "%s", 1)
        ranges[form] = money_range(low * scale, 0.0, size * scale, 0.0, unit).replace(first, "%l", 1)
        ranges[form] = ranges[form].replace(number, "%h", 1)
    return {
        "language": language.babel.language,
        "decimal": written.decimal,
        "group": written.group,
        "minus": written.before + written.minus,
        "before": written.before,
        "zero": written.digits[0],
        "least": 3 + written.least_grouped,
        "percent": written.in_percent("%s"),
        "money": amounts,
        "range": ranges,
        "unknown": unknown(),
        "scale": scale,
    }


def words(data: ReportData) -> dict[str, str]:
    """Return the sentences of slider, composer and tables by name; ``%(name)s`` stands for a value."""
    confidence = percent(CONFIDENCE)
    return {
        "cost_enough": _kept("%(amount)s is enough for the cost in %(share)s of the scenarios."),
        "need_enough": _kept("%(amount)s is enough for the financing need in %(share)s of the scenarios."),
        "cost_always": _kept("%(amount)s is enough for the cost in all scenarios."),
        "need_always": _kept("%(amount)s is enough for the financing need in all scenarios."),
        "cost_never": _kept("%(amount)s is enough for the cost in none of the scenarios."),
        "need_never": _kept("%(amount)s is enough for the financing need in none of the scenarios."),
        "missing": _kept("Where it is not enough, %(missing)s is missing on average."),
        "too_few": _("The scenarios are too few for this confidence."),
        "no_amount": _("Type an amount of money, such as: %(example)s", example=count(100)),
        "no_share": _("Type a confidence between 0 and 100 per cent, such as: %(example)s", example=confidence),
        "slider_chart": _kept("Curve of how sure each amount is; %(amount)s is enough in %(share)s of the scenarios."),
        "amount_axis": data.unit_and_prices,
        "share_axis": _("Confidence that the amount is enough"),
        "package": _("This package"),
        "full": full_programme(),
        "enough": _("Enough with %(confidence)s confidence", confidence=confidence),
        "median": _("Median"),
        "mean": _("Mean"),
        "interval": interval(data.coverage),
        "between": _kept("%(low)s to %(high)s"),
        "part_of_mean": _("Share of the mean of the full programme"),
        "cost_result": _kept(
            "This package costs %(range)s (%(interval)s); %(amount)s is enough with %(confidence)s confidence."
        ),
        "need_result": _kept(
            "The financing need of this package is %(range)s (%(interval)s); %(amount)s is enough with %(confidence)s "
            "confidence."
        ),
        "error": _kept(
            "Computed from %(sample)s of the %(scenarios)s scenarios of the run. With rounding of the amounts that the "
            "page holds (at most %(rounding)s), the standard error of the amount that is enough is %(error)s."
        ),
        "error_of_all": _kept(
            "Computed from all %(scenarios)s scenarios of the run. With rounding of the amounts that the page holds "
            "(at most %(rounding)s), the standard error of the amount that is enough is %(error)s."
        ),
        "package_chart": _kept(
            "Two curves of how sure each amount is: %(amount)s is enough for this package with %(confidence)s "
            "confidence, and %(full)s for the full programme."
        ),
        "nothing": _("Nothing is chosen: tick at least one area and one group, and years in order."),
        "zero": _("This package costs nothing in any scenario."),
        "unknown": _kept("This page has nothing called: %(names)s"),
        "copied": _("The link is copied."),
        "not_copied": _("The browser does not allow copying: mark the link and copy it."),
        "too_old": _("This browser is too old to unpack the scenarios in this page, which packages need."),
    }


def table_words() -> dict[str, str]:
    """Return the words of tables whose rows can be ordered and filtered."""
    return {
        "sort": _kept("Order by: %(column)s"),
        "filter": _("Show rows that contain"),
        "all": _("All"),
        "shown": _kept("Rows shown: %(shown)s of %(rows)s"),
    }
