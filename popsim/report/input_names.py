"""Names of uncertain inputs and of assumptions, as documents print them.

Results of the analysis name them in English, with the study's own words behind a colon. Here the words are those of the
document's language, and the study's own stay as they are.
"""

from __future__ import annotations

import re

import xarray as xr

from popsim.report.language import gettext as _

_GROUP = "Common to the countries of one "
"""Begins the name of what the countries of one group share; the column of these groups follows."""
_AREA = re.compile(r"(.*) \(area ([^()]*)\)(|, .*)", re.DOTALL)
"""How the analysis names a component of an area that has several."""


def input_name(indices: xr.Dataset, by: str, key: str) -> str:
    """Return the name of a group of inputs.

    Parameters
    ----------
    indices
        What `popsim.drivers` returns.
    by
        Its grouping, ``input`` or ``level``.
    key
        Label of the group along it, such as ``unit_cost_f``.
    """
    stored = str(indices[f"{by}_name"].sel({by: key}).item())
    of = stored.partition(": ")[2]
    if key.startswith(("unit_cost_", "overlap_")):
        return _("Unit costs: %(of)s", of=of)
    if key.startswith("unit_costs_"):
        return _("Unit costs, which move together: %(areas)s", areas=of)
    if key == "unit_costs" and "," in stored:
        return _("Unit costs, which move together: all areas")
    if key == "group":
        return _("Common to the countries of one %(grouping)s", grouping=stored.removeprefix(_GROUP))
    known = {
        "unit_costs": _("Unit costs: what all areas share"),
        "needs": _("Needs"),
        "lateness": _("Starts and delays"),
        "prices": _("Prices: escalation, shocks, inflation"),
        "exponents": _("Exponents of size and other drivers"),
        "financing": _("Financing: co-financing and agency fee"),
        "common": _("Common to all countries"),
        "country": _("Each country's own"),
    }
    return known.get(key, stored)


def assumption_name(case: xr.Dataset) -> str:
    """Return the name of the assumption that a case of `popsim.assumptions` changes.

    Assumptions that a study states alternatives to have the name that the study gives them.
    """
    stored, key = str(case["assumption_name"].item()), str(case["assumption"].item())
    if case["kind"].item() != "own":
        return stored
    if key.startswith("shock/"):
        shock = stored.rpartition(": ")[0]
        if key.endswith("/happens"):
            return _("%(shock)s: whether it happens", shock=shock)
        return _("%(shock)s: what it multiplies costs by", shock=shock)
    kind, colon, of = stored.partition(": ")
    if key == "factor":
        return _("Level of unit costs: what all areas share")
    of = _of_component(of)
    if kind.startswith("Exponent of "):
        return _exponent(kind.removeprefix("Exponent of "), of)
    return (_names_of(of) if colon else _names()).get(kind, stored)


def change_name(case: xr.Dataset) -> str:
    """Return to what a case changes its assumption: the percentile of an amount, or the name of an alternative."""
    known = {0.05: _("5th percentile"), 0.95: _("95th percentile")}
    stored = str(case["case_name"].item())
    return known.get(float(case["probability"]), stored) if case["kind"].item() == "own" else stored


def _of_component(of: str) -> str:
    """Return the name of a component with its area behind it, and whatever comes after that."""
    found = _AREA.fullmatch(of)
    if found is None:
        return of
    return _("%(component)s (area %(area)s)", component=found[1], area=found[2]) + found[3]


def _exponent(measure: str, of: str) -> str:
    if not of:
        return _("Exponent of size") if measure == "size" else _("Exponent of %(measure)s", measure=measure)
    if measure == "size":
        return _("Exponent of size: %(of)s", of=of)
    return _("Exponent of %(measure)s: %(of)s", measure=measure, of=of)


def _names() -> dict[str, str]:
    """Return the names of assumptions on all areas alike, by how the analysis calls them."""
    return {
        "Factor on all delays": _("Factor on all delays"),
        "Fee of the agencies": _("Fee of the agencies"),
        "Part of the pledged co-financing that is paid": _("Part of the pledged co-financing that is paid"),
        "Level of needs": _("Level of needs"),
        "Level of delays": _("Level of delays"),
        "Level of starts": _("Level of starts"),
        "Real rise of costs": _("Real rise of costs"),
        "Inflation": _("Inflation"),
        "Co-financing": _("Co-financing"),
    }


def _names_of(of: str) -> dict[str, str]:
    """Return the names of assumptions on one area, component or group, by how the analysis calls their kind."""
    return {
        "Level of unit costs": _("Level of unit costs: %(of)s", of=of),
        "How it is split": _("How it is split: %(of)s", of=of),
        "Probability of need": _("Probability of need: %(of)s", of=of),
        "Factor on all delays": _("Factor on all delays: %(of)s", of=of),
        "Level of needs": _("Level of needs: %(of)s", of=of),
        "Level of delays": _("Level of delays: %(of)s", of=of),
        "Level of starts": _("Level of starts: %(of)s", of=of),
        "Real rise of costs": _("Real rise of costs: %(of)s", of=of),
        "Inflation": _("Inflation: %(of)s", of=of),
        "Co-financing": _("Co-financing: %(of)s", of=of),
    }
