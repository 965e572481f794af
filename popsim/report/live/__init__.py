"""What the page computes with: amounts of all scenarios for a slider, joint scenarios for packages, and words."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from popsim.analysis.blocks import blocks_of
from popsim.analysis.by_output import read_values
from popsim.arrays import Floats
from popsim.report.data import CONFIDENCE, ReportData, names_of
from popsim.report.language import current
from popsim.report.language import gettext as _
from popsim.report.live.levels import stored_levels
from popsim.report.live.sample import arranged, pack
from popsim.report.live.words import full_programme, signs, words
from popsim.report.numbers import unit_words


@dataclass(frozen=True)
class Choice:
    """Something that readers may choose: its label in the data, and its name."""

    id: str
    name: str


@dataclass(frozen=True)
class Composer:
    """What a package may be composed of, and how well it is known.

    `groups` and `years` are empty where the sample does not tell them apart.
    """

    areas: tuple[Choice, ...]
    grouping: str
    groups: tuple[Choice, ...]
    years: tuple[int, ...]
    scenarios: int
    of_scenarios: int


@dataclass(frozen=True)
class Live:
    """The part of the page that computes: what its template shows, and what its scripts read.

    `payload` is JSON in which nothing ends the element that holds it.
    """

    totals: tuple[Choice, ...]
    options: tuple[Choice, ...]
    unit: str
    scenarios: int
    composer: Composer | None
    payload: str


def live_of(data: ReportData) -> Live:
    """Return what the page computes with, in the current language; it is computed once.

    Parameters
    ----------
    data
        A run; where it has no joint scenarios, the page has no packages.
    """
    code = current().code
    if code not in data.live_pages:
        data.live_pages[code] = _computed(data)
    return data.live_pages[code]


def _computed(data: ReportData) -> Live:
    totals = tuple(Choice(total, _total_name(total)) for total in _totals(data))
    options = _options(data)
    composer = _composer(data, options)
    held: dict[str, Any] = {
        "coverage": data.coverage,
        "confidence": CONFIDENCE,
        "signs": signs(data.unit),
        "words": words(data),
        "totals": [total.id for total in totals],
        "options": [option.id for option in options],
        "headline": data.first,
        **_levels(data, totals, options),
    }
    if composer is not None and data.joint is not None:
        joint = data.joint.sel(option=[option.id for option in options])
        sample = pack(arranged(joint, tuple(total.id for total in totals)))
        held["sample"] = {
            "blocks": sample.blocks,
            "packed": sample.packed,
            "scale": sample.scale,
            "rounding": float(f"{sample.rounding:.4g}"),
            "scenarios": composer.scenarios,
            "totals": len(totals),
            "areas": len(composer.areas),
            "groups": max(1, len(composer.groups)),
            "years": max(1, len(composer.years)),
        }
        held["known"] = {
            "areas": [area.id for area in composer.areas],
            "groups": [group.id for group in composer.groups],
            "years": list(composer.years),
        }
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Live(
        totals,
        options,
        unit_words(data.unit),
        data.scenarios,
        composer,
        text.replace("<", "\\u003c").replace("&", "\\u0026"),
    )


def _totals(data: ReportData) -> tuple[str, ...]:
    """Return the cost, and the need where any option is financed; a need is held as a share of its cost."""
    return tuple(total for total in ("cost", "financing_need") if total in data.every_option)


def _total_name(total: str) -> str:
    return _("Cost") if total == "cost" else _("Financing need")


def _options(data: ReportData) -> tuple[Choice, ...]:
    """Return the options, the full programme first."""
    names = data.comparison.names if data.comparison is not None else {}
    first = str(data.dataset["option"].values[0])
    every = [first, *(str(option) for option in data.every_option["option"].values if option != first)]
    return tuple(Choice(option, full_programme() if option == first else names.get(option, option)) for option in every)


def _levels(data: ReportData, totals: tuple[Choice, ...], options: tuple[Choice, ...]) -> dict[str, Any]:
    """Return amounts by option and total, those that are equal once; and means with their errors."""
    tables: list[dict[str, Any]] = []
    seen: list[bytes] = []
    which, means, finest = [], [], []
    for option in options:
        alone = data.comparison.levels[option.id] if data.comparison is not None else data
        for total in totals:
            values = read_values(data.every_option[total.id].sel(option=option.id)).astype(np.float64, copy=False)
            # Of all scenarios of many options only digests are kept.
            digest = _digest_of(values)
            place = seen.index(digest) if digest in seen else len(seen)
            if place == len(seen):
                seen.append(digest)
                tables.append(stored_levels(values, data.replicates))
            mean = alone.mean(total.id)
            which.append(place)
            means.append([_finite(mean.value), _finite(mean.error)])
            finest.append(_finite(data.finest(total.id)))
    return {"tables": tables, "levels": which, "means": means, "finest": finest}


def _digest_of(values: Floats) -> bytes:
    digest = sha256()
    for some in blocks_of(len(values)):
        # Added to zero, a negative zero is a plain one.
        digest.update((values[some] + 0.0).tobytes())
    return digest.digest()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _composer(data: ReportData, options: tuple[Choice, ...]) -> Composer | None:
    """Return what packages may hold; None without joint scenarios of every option."""
    joint = data.joint
    if joint is None or not {option.id for option in options} <= set(joint["option"].values.tolist()):
        return None
    names = names_of(joint, "area") | {area.id: area.name for area in data.study.areas}
    grouping = str(joint.attrs.get("grouping", ""))
    groups = joint[grouping].values.tolist() if grouping else []
    return Composer(
        areas=tuple(Choice(str(area), names.get(str(area), str(area))) for area in joint["area"].values),
        grouping=data.study.heading(grouping) if grouping else "",
        groups=tuple(Choice(str(group), data.study.label(grouping, group)) for group in groups),
        years=tuple(int(year) for year in joint["year"].values) if "year" in joint.dims else (),
        scenarios=joint.sizes["scenario"],
        of_scenarios=data.scenarios,
    )
