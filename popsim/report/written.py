"""What stands in the files that popsim writes: every column, attribute and key, for docs/reference/files.md.

``make docs-reference`` fills the tables of that page, each between a pair of comments that name it. Names in capitals
stand for many: ``pNN`` for quantiles, ``GROUPING`` for columns of the countries file, ``KEY`` for what a sweep changes.
The variables of datasets are described in `popsim.schema`, the tables of `popsim report --format csv` in
`popsim.report.tidy_csv`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from popsim import schema

QUANTILE, GROUPING, KEY = "pNN", "GROUPING", "KEY"
_ERROR = "Its Monte Carlo standard error."
_FIGURES_OF_CASES = {
    "low": "Lower end of the range of the total in this case.",
    "median": "Its median.",
    "high": "Upper end of the range.",
    "enough": "Amount that suffices with 80 % confidence.",
    "mean": "Its mean.",
}

SUMMARY = {
    "variable": "What the row is about: a total or its breakdown, as `cost_by_area`; with `_difference`, an option "
    "less the full programme, scenario by scenario; with `rare_` before it, an event that is not in the range.",
    "option": "Identifier of the option; `full` is the full programme.",
    "option_name": "Its name.",
    "area": "Identifier of the activity area; empty where the row is for all.",
    "area_name": "Its name.",
    "country": "Code of the country; empty where the row is for all.",
    "country_name": "Its name.",
    GROUPING: "Group of countries: a column for each grouping that the study breaks totals down by, such as `region`.",
    "year": "Calendar year of the payments; empty where the row is for all.",
    "basis": "What the centres of ranges rest on, in rows by basis.",
    "width": "What the widths of ranges rest on, in rows by width.",
    "component": "Area and component, in rows by component.",
    "component_name": "Name of the component.",
    "event": "Identifier of a rare event; filled in rows of rare events alone, as the columns down to `above` are.",
    "name": "Name of the event.",
    "kind": "Kind of the event: a shock, a need, or an end of a distribution.",
    "countries": "In how many countries it can happen; 0: common to all.",
    "chance": "Chance that it happens, by the study.",
    "happens": "Scenarios in which it happens.",
    "range_low": "Lower end of the range of the total.",
    "range_high": "Upper end of the range.",
    "adds_low": "Least that the event adds to the total in a scenario.",
    "adds_high": "Most that it adds.",
    "adds_p05": "5 % quantile of what it adds.",
    "adds_p95": "95 % quantile of what it adds.",
    "would_add_low": "5 % quantile of what it would add, where no scenario has it.",
    "would_add_high": "95 % quantile of what it would add.",
    "total_low": "Lowest total of the scenarios that have the event.",
    "total_high": "Highest total of these scenarios.",
    "below": "How many of these scenarios lie below the range.",
    "inside": "How many lie inside it.",
    "above": "How many lie above it.",
    QUANTILE: "Quantile: `p05` is not exceeded with 5 % probability, `p975` with 97.5 %.",
    f"{QUANTILE}_monte_carlo_error": _ERROR,
    "mean": "Mean over the scenarios.",
    "mean_monte_carlo_error": _ERROR,
    "standard_deviation": "Standard deviation over the scenarios.",
    "standard_deviation_monte_carlo_error": _ERROR,
    "exact_mean": "Mean by formula, without any error; empty where there is no formula.",
    "unit": "Currency of the amounts.",
    "price_year": "Year of the prices; empty for nominal amounts.",
}
"""Columns of summary.csv."""

SWEEP = {
    "case": "Number of the case, from 0.",
    "option": "Identifier of the option; `full` is the full programme.",
    "total": "The total that the row is about, such as `financing_need`.",
    **{
        f"{name}{ending}": meaning
        for name, first in _FIGURES_OF_CASES.items()
        for ending, meaning in {
            "": first,
            "_error": _ERROR,
            "_difference": "Its difference from that of the first case, on the same random numbers.",
            "_difference_error": "Monte Carlo standard error of this difference.",
        }.items()
    },
    KEY: "Value of a key in this case: a column for each key that cases change, called by its last words.",
}
"""Columns of sweep.csv."""

ATTRIBUTES = {
    "title": "Title of the study.",
    "study_name": "Its short name.",
    "study": "The study as TOML, defaults and overrides written out.",
    "currency": "Currency of all amounts.",
    "price_year": "Year of constant prices.",
    "coverage": "Coverage of the ranges of the study, in (0, 1).",
    "seed": "Seed of the random streams, as text.",
    "first_scenario": "Number of the first scenario.",
    "design": "How scenarios are drawn: random, latin or sobol.",
    "design_description": "The same in words.",
    "replicates": "Independent replicates of a design of Sobol points; 1 for others.",
    "stream_version": "Version of the random streams: the same version gives the same numbers.",
    "plan_digest": "Digest of all that fixes the numbers.",
    "comment": "What an option lacks that the variables of the dataset have.",
    "date": "Day of the run.",
    "popsim_version": "Version of popsim that made it; `numpy_version`, `scipy_version`, `numba_version` and "
    "`xarray_version` likewise.",
    "drivers_left_out": "Why a run has no drivers.",
    "assumptions_left_out": "Why a run has no assumptions.",
    schema.TRUSTED: "Files of the run that were changed since and are taken as they are.",
    "grouping": "Of joint.nc: the dimension of groups of countries.",
    "scenarios_of_run": "Of joint.nc: of how many scenarios these are a sample.",
    "sweep_digest": "Of sweep.nc: digest of the plans of all cases.",
    "failed": "Of sweep.nc: cases that failed, as JSON, each with its number, changes and reason.",
}
"""Attributes of the datasets in ensemble.nc, ensemble.zarr, joint.nc and sweep.nc."""

BESIDE = {
    "drivers_input_": 'What each input explains, as `popsim.drivers(by="input")` names it; on `input`.',
    "drivers_level_": "What is common to all countries, to a group or to one; on `level`.",
    "assumptions_": "What each change of an assumption does to the range, as `popsim.assumptions` names it.",
    "countries_": "Range, mean and standard deviation of each country, whose scenarios are not kept.",
    "rare_": "What is rare and so not in the range, as `popsim.rare_events` names it.",
}
"""Variables and attributes that the dataset of a run has beside its totals, by what their names begin with."""

MANIFEST = {
    "format": "Version of the manifest.",
    "popsim_version": "Version of popsim that wrote it.",
    "plan_digest": "Digest of the plan of the run.",
    "scenarios": "Number of scenarios.",
    "seed": "Seed, as text.",
    "trusted": "Files that were changed and are taken as they are.",
    "is_store_changing": "Whether variables are being added to the store at this moment.",
    "coming": "Files that are being replaced at this moment: name to size and SHA-256.",
    "files": "Every file of the run: name to size in bytes and SHA-256.",
    "sha256": "Digest of the manifest itself.",
}
"""Keys of manifest.json."""

REQUEST = {
    "command": "The command that made the folder: `run` or `sweep`.",
    "plan_digest": "Digest of the plan whose scenarios are drawn.",
    "popsim_version": "Version of popsim.",
    "options": "What else was asked, by name.",
    "options.formats": "Of a run: documents that are written.",
    "options.drivers": "Of a run: true for more precise drivers, false for none, null as affordable.",
    "options.assumptions": "Of a run: likewise for assumptions.",
    "options.precision": "Of a run: the precision to be reached; null where the number of scenarios is stated.",
    "options.max_scenarios": "Of a run: at most so many scenarios, with a precision.",
    "options.date": "Of a run: its day.",
    "options.reading": "Of a run: how its files were read.",
    "options.notes": "Of a run: what is odd in the study.",
    "options.trusted": "Of a run: files that are taken as they are.",
    "options.grid": "Of a sweep: values by key.",
    "options.cases": "Of a sweep: the cases of a table, each as values by key.",
    "options.options": "Of a sweep: whether the options of the study are simulated too.",
    "options.breakdowns": "Of a sweep: breakdowns that are kept.",
    "options.amount": "Of a sweep: the budget that is asked about.",
    "options.of": "Of a sweep: the total that is printed.",
}
"""Keys of request.json."""

SIPMATH = {
    "name": "Short name of the study.",
    "objectType": "`sipModel`, as the standard wants it.",
    "libraryType": "`SIPmath_3_0`.",
    "dateCreated": "Day of the run.",
    "version": "Version of the library.",
    "provenance": "Title, version of popsim, scenarios, seed, plan, currency and prices.",
    "globalVariables": "The matrix of correlations of the normal scores of all metalogs.",
    "U01": "Generators of uniform numbers, and the copula between them.",
    "sips": "Each total, and its part in each area: as a metalog, and with `_samples` as the scenarios themselves.",
}
"""Keys of sipmath.json."""

FIGURES = {
    "s-curve": "How sure a budget is to be enough.",
    "areas": "Range of each activity area.",
    "years": "Range of each year.",
    "groups-GROUPING": "Range of each group of countries.",
    "options": "Difference of each option from the full programme.",
    "tornado": "Between which amounts each input moves the expected total.",
    "drivers": "Share of each input in the variance.",
    "convergence": "Range from growing numbers of scenarios.",
    "pairs": "How the largest parts of the total depend on each other.",
}
"""Figures of `popsim figures`; with `-TOTAL` behind the name, of another total than the first."""

TABLES: dict[str, tuple[str, Mapping[str, str]]] = {
    "summary": ("Column", SUMMARY),
    "sweep": ("Column", SWEEP),
    "attributes": ("Attribute", ATTRIBUTES),
    "beside": ("Begins with", BESIDE),
    "manifest": ("Key", MANIFEST),
    "request": ("Key", REQUEST),
    "sipmath": ("Key", SIPMATH),
    "figures": ("File", FIGURES),
}
"""Tables of the page, by the name in their comments: the head of the first column, and the rows."""


def undescribed(names: Iterable[str], described: Mapping[str, str], many: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the names of a file that have no row on the page.

    Parameters
    ----------
    names
        Columns, attributes or keys of a file.
    described
        The rows of its table.
    many
        What names in capitals stand for there, such as ``{"GROUPING": ["region"]}``; quantiles are known.

    Examples
    --------
    >>> undescribed(["p05", "p975_monte_carlo_error", "region", "new"], SUMMARY, {"GROUPING": ["region"]})
    {'new'}
    """
    known = {name for word, meant in many.items() if word in described for name in meant}
    plain = {re.sub(r"^p\d+(?=_|$)", QUANTILE, name): name for name in names}
    return {name for word, name in plain.items() if word not in described and name not in known}


def filled(page: str) -> str:
    r"""Return a page with its tables written anew.

    Examples
    --------
    >>> "| `exact_mean` |" in filled("<!-- begin summary -->\n<!-- end summary -->\n")
    True
    """
    for name, (head, rows) in TABLES.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        if begin in page:
            above, _, rest = page.partition(begin)
            lines = [
                f"| {head} | What it holds |",
                "|---|---|",
                *(f"| `{key}` | {said} |" for key, said in rows.items()),
            ]
            table = "\n".join(lines)
            page = f"{above}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return page


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
