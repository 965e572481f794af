"""How others name a report: its title, day, version, and what gives the same numbers again."""

from __future__ import annotations

from datetime import date

from popsim.report.data import ReportData
from popsim.report.language import gettext as _
from popsim.report.language import long_date, ngettext
from popsim.schema import seed_of


def day_of(data: ReportData) -> date | None:
    """Return the day on which the run was made; None where it does not say."""
    try:
        return date.fromisoformat(str(data.dataset.attrs.get("date", ""))[:10])
    except ValueError:
        return None


def version_of(data: ReportData) -> str:
    """Return the version of popsim that made the run; "" where it does not say."""
    return str(data.dataset.attrs.get("popsim_version", ""))


def cite_as(data: ReportData) -> str:
    """Return how others name the report: title, version, date, and what gives the same numbers again."""
    day, attrs, study = day_of(data), data.dataset.attrs, data.study
    known = {
        "title": study.title,
        "study": study.name,
        "version": version_of(data),
        "seed": str(seed_of(attrs, study.seed)),
        "digest": str(attrs.get("plan_digest", ""))[:12],
        "scenarios": ngettext("%(num)s scenario", "%(num)s scenarios", data.scenarios),
    }
    if day is None:
        return _(
            "%(title)s. popsim %(version)s, study %(study)s, plan %(digest)s, seed %(seed)s, %(scenarios)s.", **known
        )
    return _(
        "%(title)s. %(date)s. popsim %(version)s, study %(study)s, plan %(digest)s, seed %(seed)s, %(scenarios)s.",
        date=long_date(day),
        **known,
    )
