"""The whole cost model again, in plain numpy and scipy: what popsim computes is held against this.

Written straight from the formulas and for reading, not for speed; nothing of popsim is used. Arrays named by a letter
have the axes of its formula: n scenarios of a chunk, c countries; areas a and components k are loops. Every uncertain
quantity is T(z), the quantile of its distribution at the probability Phi(z) of a standard normal score z.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy import special

from .independent_families import transform
from .independent_reading import Entries, read

CELLS = 6_000_000
"""Costs (scenario, country, area, year) that are held at once."""


def run(
    path: Path, scenarios: int, seed: int, option: str = "full", overrides: dict[str, Any] | None = None
) -> dict[str, np.ndarray]:
    """Arrays by the names of popsim's variables, axis 0 = scenario; and the labels of every other axis by its name."""
    study = read(path, option, overrides)
    rng = np.random.Generator(np.random.PCG64(seed))
    size = max(1, CELLS // (len(study.rows) * len(study.areas) * study.years))
    parts = [results(study, rng, min(size, scenarios - first)) for first in range(0, scenarios, size)]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = {name for names in study.breakdowns for name in names}
    return {**arrays, **{name: labels(study, name) for name in names | {"area"}}}


def results(study: SimpleNamespace, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Sums of one chunk."""
    Q = None if study.agency_fee is None else financed(study, rng, n)
    C, N, after, N_after = costs(study, rng, n, Q)
    i = None if study.inflation is None else shared(rng, n, study.inflation)[:, 0]
    found = totals("cost", C, after, study, i) | breakdowns("cost", C, study)
    if Q is not None:
        found |= totals("financing_need", N, N_after, study, i) | breakdowns("financing_need", N, study)
    return found


def financed(study: SimpleNamespace, rng: np.random.Generator, n: int) -> list[list[np.ndarray]]:
    """Q[a][k] (n, c): what is to be financed of a component, (1 - c m)(1 + f).

    The pledge c is drawn once for all countries, for each entry of each table that states it; m and f once in all,
    unless a table states m for itself.
    """
    m, f = shared(rng, n, study.materialised), shared(rng, n, study.agency_fee)

    def paid(entries: Entries | None, own: float | None, otherwise: np.ndarray | None) -> np.ndarray:
        if entries is None:
            assert otherwise is not None
            return otherwise
        c = np.empty((n, len(study.rows)))
        for value, who in entries:
            c[:, who] = shared(rng, n, value)
        return c * (m if own is None else own)

    of_all = paid(study.cofinancing, None, None)
    of_areas = [paid(area.cofinancing, area.materialised, of_all) for area in study.areas]
    return [
        [(1.0 - paid(k.cofinancing, k.materialised, cm)) * (1.0 + f) for k in area.components]
        for area, cm in zip(study.areas, of_areas, strict=True)
    ]


def totals(
    name: str, C: np.ndarray, after: dict[int, np.ndarray] | None, study: SimpleNamespace, i: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Sums within the programme's years and after them: at constant prices, nominal and discounted, where asked for."""
    spans = {"": {y: C[:, y].sum(axis=(0, -1)) for y in range(study.years)}}
    if after is not None:
        spans["_after_horizon"] = {y: late.sum(axis=(0, -1)) for y, late in after.items()}
    found = {}
    for span, yearly in spans.items():
        found[f"{name}{span}"] = sum(yearly.values(), np.zeros(C.shape[2]))
        if i is not None:
            found[f"{name}_nominal{span}"] = sum(
                (paid * (1.0 + i) ** (study.first_year + y - study.price_year) for y, paid in yearly.items()),
                np.zeros(C.shape[2]),
            )
        if study.discount_rate is not None:
            found[f"{name}_discounted{span}"] = sum(
                (paid / (1.0 + study.discount_rate) ** y for y, paid in yearly.items()), np.zeros(C.shape[2])
            )
    return found


def costs(
    study: SimpleNamespace, rng: np.random.Generator, n: int, Q: list[list[np.ndarray]] | None
) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray] | None, dict[int, np.ndarray] | None]:
    """C (a, y, n, c) of the programme's years, and N, what is to be financed of it (where Q says so).

    After these years both are by year, (a, n, c), or None where nothing is late.
    """
    Y, countries = study.years, len(study.rows)
    C = np.zeros((len(study.areas), Y, n, countries))
    N = np.zeros(C.shape if Q is not None else (0,))
    Z = area_scores(study, rng, n)
    wholes = {whole.id: draw_whole(study, rng, n, whole, Z) for whole in study.wholes}
    W = Factors(study, rng, n, study.need["between_needs"], study.need["common_share"])
    delays = Factors(study, rng, n, study.delay["between_areas"], study.delay["common_share"])
    common_level = shared(rng, n, study.level)
    common_rate = None if study.escalation is None else shared(rng, n, study.escalation)
    S = None
    if study.start is not None:
        S = per_country(study.start, layered(study, rng, n, study.start_share, study.start_share))
    shocks = [(shock["areas"], draw_shock(shock, rng, n)) for shock in study.shocks]
    late = S is not None or any(area.delay is not None for area in study.areas)
    after: dict[int, np.ndarray] | None = {} if late else None
    N_after: dict[int, np.ndarray] | None = {} if late else None
    for a, area in enumerate(study.areas):
        D = None if area.delay is None else per_country(area.delay, delays.score())
        if D is not None:
            D = D * (common_level if area.level is None else shared(rng, n, area.level))
        hats = shifts(sum(part for part in (S, D) if part is not None))
        r = common_rate if area.escalation is None else shared(rng, n, area.escalation)
        M = math.prod(shock[1] for shock in shocks if area.id in shock[0])
        N_area = needed(study, rng, n, area.need, Z[a], W)
        gamma_area = {driver: shared(rng, n, value) for driver, value in area.exponents.items()}
        drawn = [unit_cost(study, rng, n, area, k, Z[a], wholes) for k in area.components]
        needs = {
            k.id: needed(study, rng, n, k.need, Z_k, W) for k, (_, Z_k) in zip(area.components, drawn, strict=True)
        }
        for number, (k, (X, _)) in enumerate(zip(area.components, drawn, strict=True)):
            gamma = gamma_area | {driver: shared(rng, n, value) for driver, value in k.exponents.items()}
            if k.whole is not None:
                gamma |= wholes[k.whole].gamma
            base = {**study.drivers, "size": study.drivers.get("size", 1.0) / k.centre}
            F = math.prod(base[driver] ** g for driver, g in gamma.items())
            amount = X * F * M * N_area * needs[k.needed_with or k.id]
            if D is not None:
                amount = amount * (1.0 + area.kappa * D)
            q = None if Q is None else np.broadcast_to(Q[a][number], amount.shape)
            for shift, hat in hats:
                # Few scenarios are very late: the others pay nothing so late.
                late_ones = np.flatnonzero(np.broadcast_to(hat, amount.shape).any(axis=1))
                moved = (amount * hat)[late_ones]
                for y0 in np.flatnonzero(k.u):
                    y = y0 + shift
                    e = 1.0 if r is None else (1.0 + r) ** max(study.first_year + y - study.price_year, 0)
                    paid = moved * (k.u[y0] * np.broadcast_to(e, (n, 1))[late_ones])
                    add(C, after, a, y, late_ones, paid)
                    if q is not None:
                        add(N, N_after, a, y, late_ones, paid * q[late_ones])
    return C, N, after, N_after


def own_shares(w: float, area: SimpleNamespace, k: SimpleNamespace) -> tuple[float, float, float]:
    """How far a component, or a whole, follows its area, and shares of the rest: countries have s and q in common.

    s = w s[a] + (1 - w) t, and so for q and for what only groups share; w is as large as leaves t in [0, 1].
    """
    if k.s is None and k.q is None:
        return w, area.s, area.q
    s = area.s if k.s is None else k.s
    q = k.q if k.q is not None else s + (1.0 - s) * (area.q - area.s) / (1.0 - area.s)
    q = max(q, s)
    mine, theirs = np.array([s, q - s, 1.0 - q]), np.array([area.s, area.q - area.s, 1.0 - area.q])
    w = float(min([w, *(mine[theirs > 0.0] / theirs[theirs > 0.0])]))
    if w == 1.0:
        return w, s, q
    common, group, _ = (mine - w * theirs) / (1.0 - w)
    return w, float(common), float(common + group)


def add(
    within: np.ndarray, after: dict[int, np.ndarray] | None, a: int, y: int, rows: np.ndarray, paid: np.ndarray
) -> None:
    """Add a payment of some scenarios to the programme's years or to those after them."""
    if y < within.shape[1]:
        within[a, y, rows] += paid
    else:
        assert after is not None
        after.setdefault(y, np.zeros(within[:, 0].shape))[a, rows] += paid


def unit_cost(
    study: SimpleNamespace,
    rng: np.random.Generator,
    n: int,
    area: SimpleNamespace,
    k: SimpleNamespace,
    Z: np.ndarray,
    wholes: dict[str, SimpleNamespace],
) -> tuple[np.ndarray, np.ndarray]:
    """X of a component (n, c) in the money of the study, and the score that its need may depend on."""
    if k.whole is not None:
        whole = wholes[k.whole]
        return whole.X * transform(k.cost)(k.sign * whole.split) * k.money_factor, whole.score
    Z_k = component_score(study, rng, n, area, k, Z)
    return transform(k.cost)(Z_k) * k.money_factor, Z_k


def draw_whole(
    study: SimpleNamespace, rng: np.random.Generator, n: int, whole: SimpleNamespace, Z: list[np.ndarray]
) -> SimpleNamespace:
    """A whole X (n, c), its score, which is that of one more component of its area, that of its split, and exponent."""
    area = [*study.areas, *study.stating][whole.area]
    w, s, q = own_shares(study.w, area, whole)
    score = np.sqrt(w) * Z[whole.area] + np.sqrt(1.0 - w) * layered(study, rng, n, s, q)
    return SimpleNamespace(
        X=transform(whole.cost)(score),
        score=score,
        split=layered(study, rng, n, area.s, area.q),
        gamma={} if whole.exponent is None else {"size": shared(rng, n, whole.exponent)},
    )


def shifts(L: Any) -> list[tuple[int, Any]]:
    """Share of every payment that is made so many years later when all is L years late: max(0, 1 - |L - shift|).

    Of L = m + f (m whole) that is 1 - f after m years and f after m + 1.
    """
    return [(shift, np.maximum(0.0, 1.0 - np.abs(L - shift))) for shift in range(int(np.ceil(np.max(L))) + 1)]


def shared(rng: np.random.Generator, n: int, value: Any) -> np.ndarray:
    """One draw for all countries (n, 1); a number is itself (1, 1)."""
    if not isinstance(value, dict):
        return np.array([[float(value)]])
    return transform(value)(rng.standard_normal((n, 1)))


def per_country(entries: Entries, z: np.ndarray) -> np.ndarray:
    """T(z) by each country's own distribution (n, c)."""
    found = np.empty(z.shape)
    for value, who in entries:
        found[:, who] = transform(value)(z[:, who])
    return found


def layered(study: SimpleNamespace, rng: np.random.Generator, n: int, s: float, q: float) -> np.ndarray:
    """Score (n, c) of which all countries share s and countries of one group share q."""
    assert -1e-12 <= s <= q + 1e-12 <= 1.0 + 2e-12, "shares that no study can have"
    s, q = max(s, 0.0), min(max(s, q), 1.0)
    g = rng.standard_normal((n, 1))
    g_group = rng.standard_normal((n, study.group.max() + 1))[:, study.group]
    e = rng.standard_normal((n, len(study.rows)))
    return np.sqrt(s) * g + np.sqrt(q - s) * g_group + np.sqrt(1.0 - q) * e


def area_scores(study: SimpleNamespace, rng: np.random.Generator, n: int) -> list[np.ndarray]:
    """Z[c, a] as a list over areas of (n, c): those that are counted, then those that state a whole of others."""
    scored = [*study.areas, *study.stating]
    if study.R is None:
        r, s0, q0 = study.r, study.s0, study.q0
        H = layered(study, rng, n, s0, q0)
        Z = []
        for area in scored:
            t, tq = ((area.s - r * s0) / (1.0 - r), (area.q - r * q0) / (1.0 - r)) if r < 1.0 else (0.0, 0.0)
            A = layered(study, rng, n, t, tq)
            Z.append(np.sqrt(r) * H + np.sqrt(1.0 - r) * A)
        return Z
    D_s, D_q = (np.diag(np.sqrt([getattr(area, name) for area in scored])) for name in "sq")
    common = D_s @ study.R @ D_s
    group = D_q @ study.R @ D_q - common
    own = study.R - D_q @ study.R @ D_q
    areas = len(scored)
    Z = rng.standard_normal((n, 1, areas)) @ root(common)
    Z = Z + (rng.standard_normal((n, study.group.max() + 1, areas)) @ root(group))[:, study.group]
    Z = Z + rng.standard_normal((n, len(study.rows), areas)) @ root(own)
    return list(np.moveaxis(Z, -1, 0))


def component_score(
    study: SimpleNamespace,
    rng: np.random.Generator,
    n: int,
    area: SimpleNamespace,
    k: SimpleNamespace,
    Z: np.ndarray,
) -> np.ndarray:
    """Score of the cost of one component (n, c)."""
    w, s, q = own_shares(study.w if len(area.components) > 1 else 1.0, area, k)
    return Z if w == 1.0 else np.sqrt(w) * Z + np.sqrt(1.0 - w) * layered(study, rng, n, s, q)


def root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric square root."""
    values, vectors = np.linalg.eigh(covariance)
    assert values.min() >= -1e-9, "a matrix that no study can have"
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0.0))) @ vectors.T


class Factors:
    """Scores that correlate by b within a country, each with a share s common to all countries (n, c)."""

    def __init__(self, study: SimpleNamespace, rng: np.random.Generator, n: int, b: float, s: float) -> None:
        self.draw = lambda: layered(study, rng, n, s, s)
        self.b = b
        self.G = self.draw()

    def score(self) -> np.ndarray:
        return np.sqrt(self.b) * self.G + np.sqrt(1.0 - self.b) * self.draw()


def needed(
    study: SimpleNamespace, rng: np.random.Generator, n: int, need: Entries | None, Z: np.ndarray, W: Factors
) -> Any:
    """N[c]: 1 where the need score is above -Phi^-1(p), else 0."""
    if need is None:
        return 1.0
    rho = study.need["with_cost"]
    score = rho * Z + np.sqrt(1.0 - rho**2) * W.score()
    p = np.empty((n, len(study.rows)))
    for value, who in need:
        p[:, who] = shared(rng, n, value)
    return np.where(score > -special.ndtri(p), 1.0, 0.0)


def draw_shock(shock: dict[str, Any], rng: np.random.Generator, n: int) -> np.ndarray:
    """Factor of one shock (n, 1): its own if it happens, else 1."""
    happens = rng.random((n, 1)) < shock["probability"]
    return np.where(happens, shared(rng, n, shock["factor"]), 1.0)


def labels(study: SimpleNamespace, name: str) -> np.ndarray:
    if name == "area":
        return np.array([area.id for area in study.areas])
    if name == "year":
        return study.first_year + np.arange(study.years)
    return np.array(list(dict.fromkeys(row[name] for row in study.rows)))


def breakdowns(quantity: str, C: np.ndarray, study: SimpleNamespace) -> dict[str, np.ndarray]:
    """Sums of C (a, y, n, c) by every breakdown of the study: (n, groups of countries, areas, years)."""
    found = {}
    for given in study.breakdowns:
        groups = [name for name in given if name not in ("area", "year")]
        kept = [name for name in ("area", "year") if name in given]
        within = C.sum(
            axis=tuple(axis for axis, name in enumerate(("area", "year")) if name not in kept), keepdims=True
        )
        keys = itertools.product(*(labels(study, name) for name in groups))
        member = np.array(
            [[all(row[g] == v for g, v in zip(groups, key, strict=True)) for row in study.rows] for key in keys]
        )
        sums = np.moveaxis(within @ member.T.astype(float), (2, 3), (0, 1))
        shape = [len(labels(study, name)) for name in groups + kept]
        found[f"{quantity}_by_{'_'.join(groups + kept)}"] = sums.reshape(C.shape[2], *shape)
    return found
