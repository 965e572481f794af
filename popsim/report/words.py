"""The words for what studies and runs say by a key: what a figure rests on, what an amount counts, a distribution."""

from __future__ import annotations

from popsim.analysis.tails import UNSEEN
from popsim.report.language import current, pgettext, territory
from popsim.report.language import gettext as _


def country(code: str, name: str) -> str:
    """Return the name of a country in the current language; in English, what the study calls it.

    Where the United Nations call a country otherwise than Babel's data do, a translation of their name is used.

    Parameters
    ----------
    code
        Its code of ISO 3166, of three letters.
    name
        What the study calls it.

    Examples
    --------
    >>> country("BOL", "Bolivia (Plurinational State of)")
    'Bolivia (Plurinational State of)'
    """
    if current().code == "en":
        return name
    return _united_nations().get(code) or territory(code, name)


def _united_nations() -> dict[str, str]:
    """Return the names that the United Nations use, where Babel has another one in one of the languages, by code."""
    return {
        "BGD": pgettext("country", "Bangladesh"),
        "BHR": pgettext("country", "Bahrain"),
        "BLR": pgettext("country", "Belarus"),
        "BOL": pgettext("country", "Bolivia (Plurinational State of)"),
        "BRN": pgettext("country", "Brunei Darussalam"),
        "BTN": pgettext("country", "Bhutan"),
        "BWA": pgettext("country", "Botswana"),
        "COD": pgettext("country", "Democratic Republic of the Congo"),
        "COG": pgettext("country", "Congo"),
        "CPV": pgettext("country", "Cabo Verde"),
        "DJI": pgettext("country", "Djibouti"),
        "FJI": pgettext("country", "Fiji"),
        "FSM": pgettext("country", "Micronesia (Federated States of)"),
        "GNB": pgettext("country", "Guinea-Bissau"),
        "IRN": pgettext("country", "Iran (Islamic Republic of)"),
        "IRQ": pgettext("country", "Iraq"),
        "KAZ": pgettext("country", "Kazakhstan"),
        "KEN": pgettext("country", "Kenya"),
        "KGZ": pgettext("country", "Kyrgyzstan"),
        "KNA": pgettext("country", "Saint Kitts and Nevis"),
        "KOR": pgettext("country", "Republic of Korea"),
        "LAO": pgettext("country", "Lao People's Democratic Republic"),
        "LBR": pgettext("country", "Liberia"),
        "LSO": pgettext("country", "Lesotho"),
        "MDA": pgettext("country", "Republic of Moldova"),
        "MLI": pgettext("country", "Mali"),
        "MMR": pgettext("country", "Myanmar"),
        "MWI": pgettext("country", "Malawi"),
        "NGA": pgettext("country", "Nigeria"),
        "PLW": pgettext("country", "Palau"),
        "PNG": pgettext("country", "Papua New Guinea"),
        "PRK": pgettext("country", "Democratic People's Republic of Korea"),
        "PSE": pgettext("country", "State of Palestine"),
        "QAT": pgettext("country", "Qatar"),
        "RUS": pgettext("country", "Russian Federation"),
        "RWA": pgettext("country", "Rwanda"),
        "SAU": pgettext("country", "Saudi Arabia"),
        "SLV": pgettext("country", "El Salvador"),
        "SUR": pgettext("country", "Suriname"),
        "SWZ": pgettext("country", "Eswatini"),
        "SYR": pgettext("country", "Syrian Arab Republic"),
        "TLS": pgettext("country", "Timor-Leste"),
        "TTO": pgettext("country", "Trinidad and Tobago"),
        "TUR": pgettext("country", "Türkiye"),
        "TZA": pgettext("country", "United Republic of Tanzania"),
        "VEN": pgettext("country", "Venezuela (Bolivarian Republic of)"),
        "VNM": pgettext("country", "Viet Nam"),
        "ZWE": pgettext("country", "Zimbabwe"),
    }


def basis(key: str) -> str:
    """Return what a figure rests on, as it stands in a sentence or a table.

    Examples
    --------
    >>> basis("judgement"), basis("data")
    ('judgement', 'data')
    """
    return {
        "evidence": _("evidence"),
        "proxy": _("proxy"),
        "expert": _("expert"),
        "judgement": _("judgement"),
        "data": pgettext("basis", "data"),
    }.get(key, key)


def scope(key: str) -> str:
    """Return what an amount that was read counts.

    Examples
    --------
    >>> scope("all-in"), scope("cofinancing")
    ('whole cost', 'co-financing')
    """
    return {
        "grant": _("grant"),
        "all-in": _("whole cost"),
        "whole": _("whole cost"),
        "cofinancing": _("co-financing"),
    }.get(key, key)


def stage(key: str) -> str:
    """Return how far the money of an amount that was read had come.

    Examples
    --------
    >>> stage("pledged")
    'pledged'
    """
    return {
        "planned": pgettext("money", "planned"),
        "pledged": pgettext("money", "pledged"),
        "approved": pgettext("money", "approved"),
        "actual": pgettext("money", "actual"),
    }.get(key, key)


def status(key: str) -> str:
    """Return how a figure was taken from its source.

    Examples
    --------
    >>> status("verified")
    'verified'
    """
    return {"verified": pgettext("source", "verified"), "derived": pgettext("source", "derived")}.get(key, key)


def distribution(family: str) -> str:
    """Return the name of a family of distributions.

    Examples
    --------
    >>> distribution("lognormal"), distribution("betaprime")
    ('lognormal', 'beta prime')
    """
    return {
        "beta": pgettext("distribution", "beta"),
        "betaprime": pgettext("distribution", "beta prime"),
        "constant": pgettext("distribution", "constant"),
        "discrete": pgettext("distribution", "discrete"),
        "empirical": pgettext("distribution", "empirical"),
        "gamma": pgettext("distribution", "gamma"),
        "gumbel": pgettext("distribution", "Gumbel"),
        "lognormal": pgettext("distribution", "lognormal"),
        "logstudent": pgettext("distribution", "log-Student"),
        "metalog": pgettext("distribution", "metalog"),
        "mixture": pgettext("distribution", "mixture"),
        "normal": pgettext("distribution", "normal"),
        "pert": pgettext("distribution", "PERT"),
        "scaled": pgettext("distribution", "scaled"),
        "shifted": pgettext("distribution", "shifted"),
        "student": pgettext("distribution", "Student"),
        "triangular": pgettext("distribution", "triangular"),
        "truncated": pgettext("distribution", "truncated"),
        "uniform": pgettext("distribution", "uniform"),
        "weibull": pgettext("distribution", "Weibull"),
    }.get(family, family)


def why_unknown(reason: str) -> str:
    """Return why nothing is known of a mean or an error, in words for readers.

    Examples
    --------
    >>> why_unknown("the sample cannot have seen the tail")
    'the sample cannot have seen the tail'
    """
    return _("the sample cannot have seen the tail") if reason == UNSEEN else reason
