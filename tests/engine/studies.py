"""Small studies built in code, and what theory says of their scores."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np

from popsim.families import Discrete, Empirical, Family, LogNormal, Normal, Triangular, families
from popsim.plan import Plan
from popsim.study.model import Area, Component, Country, Dependence, Exponent, Study

YEARS = (2030, 2031, 2032)


def component(name: str, cost: Family, profile: Sequence[float] = (1.0, 0.0, 0.0), factor: float = 1.0) -> Component:
    kind = "one-off" if abs(sum(profile) - 1.0) < 1e-9 else "per-year"
    return Component(name, f"{name} component", kind, cost, "USD", 2020, factor, tuple(profile), "proxy", "given", ())


def area(name: str, *costs: Component | Family, share: float = 0.4, exponent: float = 0.0) -> Area:
    parts = [
        cost if isinstance(cost, Component) else component(f"part{place}", cost) for place, cost in enumerate(costs)
    ]
    if exponent:
        size = Exponent("size", exponent, f"exponent/area/{name}/size")
        parts = [dataclasses.replace(part, exponents=(size,)) for part in parts]
    return Area(name, f"area {name}", "of a test", "none", exponent, share, tuple(parts))


def country(code: str, region: str = "North", income: str = "LIC", factor: float = 1.0) -> Country:
    return Country(code, f"name of {code}", (("region", region), ("income", income)), factor, factor, "proxy", "")


def number(between: float = 0.3, base: float = 0.25, within: float = 0.5) -> Dependence:
    return Dependence(between, None, (), within, base, "judgement", "of a test")


def matrix(
    labels: str, values: Sequence[Sequence[float]], shares: Sequence[float], base: float = 0.25, within: float = 0.5
) -> Dependence:
    rows = tuple(tuple(row) for row in values)
    return Dependence(None, rows, tuple(labels), within, base, "judgement", "of a test", tuple(shares))


def study(
    countries: Sequence[Country], areas: Sequence[Area], dependence: Dependence | None = None, seed: int = 7
) -> Study:
    return Study(
        name="tiny",
        title="A study for tests",
        description="",
        years=YEARS,
        currency="USD",
        price_year=2025,
        scenarios=100,
        seed=seed,
        coverage=0.9,
        breakdowns=(("area",),),
        countries=tuple(countries),
        countries_rationale="",
        left_out=(),
        areas=tuple(areas),
        dependence=number() if dependence is None else dependence,
        size_driver="population",
        size_rationale="",
        files=(("study.toml", "text of the study"),),
    )


COUNTRIES = (
    country("AAA", "North", "LIC", 0.5),
    country("BBB", "South", "LIC", 1.0),
    country("CCC", "North", "UMC", 3.0),
    country("DDD", "South", "UMC", 7.0),
)


def mixed(seed: int = 7, dependence: Dependence | None = None) -> Study:
    """Three areas, one with two components, with smooth, kinked and jumping distributions."""
    areas = (
        area("a", LogNormal(3.0, 0.5), share=0.5, exponent=0.3),
        area(
            "b",
            component("start", Triangular(1.0, 2.0, 6.0), (0.25, 0.75, 0.0)),
            component("run", Empirical((0.0, 0.2, 0.9, 1.0), (0.0, 1.0, 4.0, 9.0)), (0.0, 1.0, 1.0), 1.25),
            share=0.2,
        ),
        area("c", Discrete((0.0, 5.0, 20.0), (0.5, 0.25, 0.25)), share=0.4, exponent=0.5),
    )
    return study(COUNTRIES, areas, dependence, seed)


def exact(seed: int = 7) -> Study:
    """A study whose samples need no rounded table: jumps and constants alone, sizes 1.

    Only the thresholds of the jumps come from scipy; a last bit of one decides a draw once in some 10**15.
    """
    areas = (
        area("a", Discrete((1.0, 2.0, 4.0, 8.0), (0.25, 0.25, 0.25, 0.25)), share=0.5),
        area("b", Discrete((0.0, 3.0), (0.9, 0.1)), Discrete((0.0, 0.1, 0.7), (0.5, 0.3, 0.2)), share=0.2),
        area("c", Discrete((0.0, 5.0, 20.0), (0.5, 0.25, 0.25)), share=0.4),
    )
    return study([country(code) for code in ("AAA", "BBB", "CCC")], areas, number(0.25, 0.25, 0.5), seed)


def gaussian(dependence: Dependence | None = None) -> Study:
    """Normals alone, so that every sum of costs is normal with a variance known exactly."""
    areas = (
        area("a", Normal(10.0, 2.0), share=0.5, exponent=0.3),
        area("b", Normal(5.0, 1.0), component("run", Normal(4.0, 3.0), (0.0, 1.0, 1.0), 1.25), share=0.2),
        area("c", Normal(100.0, 4.0), share=0.4, exponent=0.5),
    )
    return study(COUNTRIES, areas, dependence)


def all_examples() -> dict[str, Family]:
    """Every example of every family by a name of its own."""
    return {f"{name} {i}": family for name, cls in families().items() for i, family in enumerate(cls.examples())}


def replace_area(old: Study, which: str, /, **changes: object) -> Study:
    areas = tuple(dataclasses.replace(item, **changes) if item.id == which else item for item in old.areas)
    return dataclasses.replace(old, areas=areas)


def rows(item: Study) -> list[tuple[Country, Area, int]]:
    """(country, area, place of the component) of every row of the plan, in its order."""
    return [(c, a, k) for c in item.countries for a in item.areas for k in range(len(a.components))]


def expected_correlation(item: Study) -> np.ndarray:
    """Correlation of scores of all rows, from the relations that popsim.plan.dependence states, not from weights."""
    dependence = item.dependence
    share_of = dict(zip(dependence.labels, dependence.label_shares, strict=True))

    def between(one: Area, two: Area, same_country: bool) -> float:
        if one.id == two.id:
            return 1.0 if same_country else one.common_share
        if dependence.matrix is None:
            return dependence.between_areas * (1.0 if same_country else dependence.common_share)
        entry = dependence.matrix[dependence.labels.index(one.id)][dependence.labels.index(two.id)]
        return entry if same_country else entry * np.sqrt(share_of[one.id] * share_of[two.id])

    def pair(first: tuple[Country, Area, int], second: tuple[Country, Area, int]) -> float:
        (c, one, k), (d, two, m) = first, second
        area_score = between(one, two, c == d)
        follow = [1.0 if len(x.components) == 1 else dependence.between_components for x in (one, two)]
        if one.id != two.id:
            return float(np.sqrt(follow[0] * follow[1]) * area_score)
        return area_score if k == m else follow[0] * area_score

    every = rows(item)
    return np.array([[pair(first, second) for second in every] for first in every])


def row_weights(plan: Plan) -> list[dict[int, float]]:
    """Weights of every row's score by stream number, read from the arrays of a plan."""
    draws, found = plan.draws, []
    for group in range(len(draws.row_start) - 1):
        for row in range(draws.row_start[group], draws.row_start[group + 1]):
            weights: dict[int, float] = {}
            if (common := draws.row_common[row]) >= 0:
                for k in range(draws.common_start[common], draws.common_start[common + 1]):
                    weights[int(draws.shared_stream[draws.common_basis[k]])] = float(draws.common_weight[k])
            for k in range(draws.term_start[row], draws.term_start[row + 1]):
                stream = int(draws.own_stream[draws.own_start[group] + draws.term_basis[k]])
                weights[stream] = float(draws.term_weight[k])
            found.append(weights)
    return found


def plan_correlation(plan: Plan) -> np.ndarray:
    """Covariance of the scores of all rows that follows from a plan's weights."""
    weights = row_weights(plan)
    return np.array(
        [[sum(x * other.get(stream, 0.0) for stream, x in one.items()) for other in weights] for one in weights]
    )


def sha256(*arrays: np.ndarray) -> str:
    """Hash of the bits of arrays, little end first."""
    state = hashlib.sha256()
    for array in arrays:
        state.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return state.hexdigest()
