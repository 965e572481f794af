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
    official = {
        "BLR": pgettext("country", "Belarus"),
        "BOL": pgettext("country", "Bolivia (Plurinational State of)"),
        "BRN": pgettext("country", "Brunei Darussalam"),
        "COD": pgettext("country", "Democratic Republic of the Congo"),
        "COG": pgettext("country", "Congo"),
        "CPV": pgettext("country", "Cabo Verde"),
        "FSM": pgettext("country", "Micronesia (Federated States of)"),
        "IRN": pgettext("country", "Iran (Islamic Republic of)"),
        "IRQ": pgettext("country", "Iraq"),
        "KGZ": pgettext("country", "Kyrgyzstan"),
        "KNA": pgettext("country", "Saint Kitts and Nevis"),
        "KOR": pgettext("country", "Republic of Korea"),
        "LAO": pgettext("country", "Lao People's Democratic Republic"),
        "LBR": pgettext("country", "Liberia"),
        "MDA": pgettext("country", "Republic of Moldova"),
        "MMR": pgettext("country", "Myanmar"),
        "NGA": pgettext("country", "Nigeria"),
        "PRK": pgettext("country", "Democratic People's Republic of Korea"),
        "PSE": pgettext("country", "State of Palestine"),
        "RUS": pgettext("country", "Russian Federation"),
        "SLV": pgettext("country", "El Salvador"),
        "SYR": pgettext("country", "Syrian Arab Republic"),
        "TLS": pgettext("country", "Timor-Leste"),
        "TUR": pgettext("country", "Türkiye"),
        "TZA": pgettext("country", "United Republic of Tanzania"),
        "VEN": pgettext("country", "Venezuela (Bolivarian Republic of)"),
        "VNM": pgettext("country", "Viet Nam"),
    }
    return official.get(code) or territory(code, name)


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
