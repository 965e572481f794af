"""Headings of columns by dimension, and captions with a remark: what sections share."""

from __future__ import annotations

from popsim.report.language import gettext as _
from popsim.study.model import Study


def heading(study: Study, dim: str) -> str:
    """Return what labels of a dimension, or of a grouping of countries, are called at the head of a column.

    Parameters
    ----------
    study
        It names its groupings itself, in its own language.
    dim
        Name of the dimension, such as ``area``.
    """
    known = {
        "country": _("Country"),
        "area": _("Activity area"),
        "component": _("Cost component"),
        "basis": _("Basis of the centre"),
        "width": _("Basis of the width"),
        "year": _("Year"),
    }
    return known.get(dim) or study.heading(dim)


def heading_in_sentence(study: Study, dim: str) -> str:
    """Return what labels of a dimension are called within a sentence, such as "activity area"."""
    known = {
        "country": _("country"),
        "area": _("activity area"),
        "component": _("cost component"),
        "basis": _("basis of the centre"),
        "width": _("basis of the width"),
        "year": _("year"),
    }
    return known.get(dim) or study.heading(dim, sentence=True)


def with_remark(caption: str, remark: str) -> str:
    """Append a remark to a caption; the caption itself where there is none.

    Examples
    --------
    >>> with_remark("Ranges by year", "means are exact"), with_remark("Ranges by year", "")
    ('Ranges by year; means are exact', 'Ranges by year')
    """
    return _("%(caption)s; %(remark)s", caption=caption, remark=remark) if remark else caption
