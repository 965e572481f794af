"""When payments fall and at what prices: lags, paths and growths of every component."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from popsim.families.base import Family, Floats
from popsim.plan.model import TOTALS, Integers
from popsim.plan.world import Path, World
from popsim.study.model import Setting, Study

__all__ = ["STILL", "Timing", "is_moving", "lag_counts", "longest", "make_timing"]

STILL = Path((), (), ())
"""The prices of the price year, in every year."""


class Timing(NamedTuple):
    """Growths of components; `component_growth` is -1 where one is always on time at the prices of the study."""

    component_growth: Integers
    component_lags: Integers
    component_path: Integers
    profile: Floats
    growth_path: Integers
    growth_profile: Integers
    growth_from: Integers
    growth_to: Integers
    growth_lags: Integers
    growth_slot: Integers
    paths: tuple[Path, ...]
    slots: int

    def arrays(self) -> dict[str, Any]:
        """Arrays of `Moves` that say what the growths are."""
        return {
            name: value for name, value in self._asdict().items() if name.startswith("growth_") or name == "profile"
        }


def is_moving(study: Study) -> bool:
    """Whether anything beside costs is uncertain, late or priced in another year's money."""
    areas = study.areas
    named = {area for shock in study.shocks for area in shock.areas}
    return (
        study.start is not None
        or study.inflation is not None
        or study.discount_rate is not None
        or any(area.need or area.delay or area.escalation or area.id in named for area in areas)
        or any(component.need for area in areas for component in area.components)
        or any(
            isinstance(e.value, Family) for area in areas for component in area.components for e in component.exponents
        )
    )


def longest(setting: Setting | None, study: Study) -> dict[str, float]:
    """Largest number of years that a setting can give in each country.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> longest(Setting(2.0), load_study("pops"))["KEN"]
    2.0
    """
    if setting is None:
        return dict.fromkeys((country.code for country in study.countries), 0.0)
    amounts = {country.code: setting.of(country) for country in study.countries}
    longest_of = {
        label: amount.support()[1] if isinstance(amount, Family) else amount for label, amount in amounts.values()
    }
    return {code: longest_of[label] for code, (label, _) in amounts.items()}


def lag_counts(study: Study) -> dict[str, int]:
    """Count the lags of each area, 0 among them: 1 where it is always on time.

    Beyond the horizon, lags tell only what prices have risen to. So lateness by more years than the programme has
    counts as just so many where an area's prices do not rise, and where it has no upper limit.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> lag_counts(load_study("pops", {"start.years": 0.5, "delay.years": 1.25}))["a"]
    3
    """
    begin = longest(study.start, study)
    counts = {}
    for area in study.areas:
        late = longest(area.delay.years if area.delay else None, study)
        most = max(begin[code] + late[code] for code in begin)
        rises = area.escalation is not None and not math.isinf(most)
        counts[area.id] = 1 + math.ceil(most if rises else min(most, len(study.years)))
    return counts


def make_timing(study: Study, world: World | None) -> Timing:
    """Lay out lags, paths and growths; without a world nothing moves."""
    years, lags = len(study.years), lag_counts(study) if world is not None else {}
    pairs = [(area, component) for area in study.areas for component in area.components]
    counts = [lags.get(area.id, 1) for area, _ in pairs]
    extended = years + max(counts, default=1) - 1
    profile = np.zeros((len(pairs), extended))
    table = np.full((1 + len(TOTALS), len(pairs)), -1, dtype=np.int64)
    paths: dict[Path, int] = {STILL: 0}
    made: list[tuple[int, int, int, int, int]] = []
    component_path = []

    def grow(kind: int, k: int, path: Path, start: int, stop: int) -> None:
        table[kind, k] = len(made)
        made.append((paths.setdefault(path, len(paths)), k, start, stop, counts[k]))

    for k, (area, component) in enumerate(pairs):
        profile[k, :years] = component.profile
        path = world.path(area) if world is not None else STILL
        component_path.append(paths.setdefault(path, len(paths)))
        asked = study.inflation is not None or study.discount_rate is not None
        if world is not None and (path != STILL or counts[k] > 1 or asked):
            grow(0, k, path, 0, years)
        if world is not None and counts[k] > 1:
            grow(TOTALS["cost_after_horizon"], k, path, years, years + counts[k] - 1)
        if world is not None and study.inflation is not None:
            grow(TOTALS["cost_nominal"], k, world.nominal(path), 0, years)
        if world is not None and study.discount_rate is not None:
            grow(TOTALS["cost_discounted"], k, path._replace(discounted=True), 0, years)
    columns = np.array(made, dtype=np.int64).reshape(-1, 5).T
    return Timing(
        component_growth=table,
        component_lags=np.array(counts, dtype=np.int64),
        component_path=np.array(component_path, dtype=np.int64),
        profile=profile,
        growth_path=columns[0],
        growth_profile=columns[1],
        growth_from=columns[2],
        growth_to=columns[3],
        growth_lags=columns[4],
        growth_slot=np.cumsum(columns[4]) - columns[4],
        paths=tuple(paths),
        slots=int(columns[4].sum()),
    )
