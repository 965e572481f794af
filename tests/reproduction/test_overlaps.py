"""A whole that components share, through popsim and through the re-implementation, against results on paper."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from scipy import stats

import popsim as ps

from .agreement import compare
from .conftest import Simulate
from .independent import run
from .small import ONE, REASONS, check_mean, check_share, check_variance, component, lognormal, uniform, write

COUNT = 200_000
FULL = Path(__file__).parent / "studies" / "full"
QUICK = 20_000
SEED = 20_261_129


def share(of: Any, kind: str = "one-off", **more: Any) -> dict[str, Any]:
    """A component that is a share of the whole."""
    return {"kind": kind, "overlap": "whole", "share": of, **more}


def whole(cost: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "whole", "name": "whole", **REASONS, "currency": "USD", "price_year": 2030, "cost": cost, **more}


@pytest.mark.parametrize("wrong", [0.0, 0.1], ids=["stated", "negative control"])
def test_two_shares_of_one_lognormal(simulate: Simulate, wrong: float) -> None:
    """x + y = W in every scenario; of one share, E[W] E[S] and E[W^2] E[S^2] - E[W]^2 E[S]^2."""
    m, sigma, low, high = 100.0, 0.6, 0.2, 0.6
    ds = simulate(
        {"x": {"one": share(uniform(low, high))}, "y": {"two": share(uniform(1.0 - high, 1.0 - low))}},
        COUNT,
        countries=ONE,
        overlap=[whole(lognormal(m, sigma))],
    )
    x, y = ds["cost_by_area"].sel(area=["x", "y"]).transpose("area", "scenario").values
    v, s, t = m**2 * np.expm1(sigma**2), (low + high) / 2.0 + wrong, (high - low) ** 2 / 12.0
    if wrong:
        with pytest.raises(AssertionError):
            check_mean(x, m * s)
        return
    check_mean(x, m * s)
    check_variance(x, (v + m**2) * (t + s**2) - (m * s) ** 2)
    check_mean(x + y, m)
    check_variance(x + y, v)
    # W is lognormal: P(x + y <= its median).
    check_share(x + y <= m * np.exp(-(sigma**2) / 2.0), 0.5)
    assert (x / (x + y)).min() >= low - 1e-7
    assert (x / (x + y)).max() <= high + 1e-7


def test_a_whole_correlates_as_one_of_several_components_of_its_area(simulate: Simulate) -> None:
    """Scores: w with a cost of its area, sqrt(w) r with another area's, s among countries; the split s among them."""
    r, w, s = 0.5, 0.4, 0.3
    countries = (("AAA", "North", 1e6), ("BBB", "South", 1e6))
    cost = lognormal(100.0, 1.0)
    ds = simulate(
        {"x": {"own": component(cost), "one": share(0.5)}, "y": {"two": share(0.5)}, "z": {"other": component(cost)}},
        COUNT,
        countries=countries,
        overlap=[whole(cost)],
        area={"x": {"common_share": s}},
        dependence={"between_areas": r, "between_components": w, "common_share": s},
    )
    by = ds["cost_by_country_area"].transpose("country", "area", "scenario")
    y, z = (by.sel(area=name).values for name in "yz")
    x = by.sel(area="x").values - y
    for expected, one, other in ((w, y[0], x[0]), (np.sqrt(w) * r, y[0], z[0]), (s, y[0], y[1])):
        found = np.corrcoef(np.log(one), np.log(other))[0, 1]
        assert abs(np.arctanh(found) - np.arctanh(expected)) <= 6.0 / np.sqrt(COUNT)


def test_the_split_is_the_same_score_in_either_direction(simulate: Simulate) -> None:
    """Uniform shares of a known whole: rank correlations -1 within a country, (6 / pi) asin(s / 2) among countries."""
    s, countries = 0.5, (("AAA", "North", 1e6), ("BBB", "South", 1e6))
    ds = simulate(
        {"x": {"one": share(uniform(0.1, 0.5))}, "y": {"two": share(uniform(0.3, 0.4))}},
        COUNT,
        countries=countries,
        overlap=[whole({"family": "constant", "value": 10.0})],
        dependence={"common_share": s},
    )
    x, y = ds["cost_by_country_area"].sel(area=["x", "y"]).transpose("area", "country", "scenario").values
    assert stats.spearmanr(x[0], y[0]).statistic == pytest.approx(-1.0, abs=1e-6)
    found = stats.spearmanr(x[0], x[1]).statistic
    # The standard error of a rank correlation is below 1 / sqrt(n).
    assert abs(found - 6.0 / np.pi * np.arcsin(s / 2.0)) <= 6.0 / np.sqrt(COUNT)


def test_each_share_has_its_own_need_size_and_years(simulate: Simulate) -> None:
    """Size 4 to the power 0.5 in x alone; y is needed with 0.3, and a country that does not need it pays x alone."""
    size = {"driver": "population", "reference": 1_000_000, **REASONS}
    ds = simulate(
        {"x": {"one": share(0.75)}, "y": {"two": share(0.25, "per-year", start=2, years=2)}},
        COUNT,
        countries=(("AAA", "North", 4e6),),
        size=size,
        overlap=[whole({"family": "constant", "value": 100.0})],
        area={"x": {"size_exponent": 0.5}, "y": {"need": {"probability": 0.3, **REASONS}}},
    )
    x, y = ds["cost_by_area"].sel(area=["x", "y"]).transpose("area", "scenario").values
    np.testing.assert_allclose(x, 150.0, rtol=1e-12)
    check_share(y > 0.0, 0.3)
    np.testing.assert_allclose(y[y > 0.0], 50.0, rtol=1e-12)


def test_a_need_that_goes_with_cost_goes_with_the_whole(simulate: Simulate) -> None:
    """E[W S 1(n > -t)] = E[S] m Phi(t + rho sigma) where component one is needed with p."""
    m, sigma, p, rho = 100.0, 0.8, 0.3, 0.6
    ds = simulate(
        {"x": {"one": share(uniform(0.2, 0.4))}, "y": {"two": share(0.5)}},
        COUNT,
        countries=ONE,
        overlap=[whole(lognormal(m, sigma))],
        dependence={"need": {"with_cost": rho}},
        area={"x": {"component": {"one": {"need": {"probability": p, **REASONS}}}}, "y": {}},
    )
    x = ds["cost_by_area"].sel(area="x").values
    check_share(x > 0.0, p)
    check_mean(x, 0.3 * m * stats.norm.cdf(stats.norm.ppf(p) + rho * sigma))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with every feature, in which a component of each of two areas is a share of a whole of the first."""
    folder = Path(shutil.copytree(FULL, tmp_path_factory.mktemp("overlaps") / "full"))
    new = {"id": "plan_part", "name": "part", **REASONS}
    cases = ((300_000, 4e5), (900_000, 2e6), (250_000, 1e6), (2_000_000, 9e6), (700_000, 3e6))
    figures = {"scope": "all-in", "document": "made up", "figure": "made up", "status": "verified"}
    data = [
        {"id": f"case{i}", "name": "case", "amount": amount, "year": 2024, "size": size, **figures}
        for i, (amount, size) in enumerate(cases)
    ]
    stated = whole(lognormal(400_000, 0.7), currency="EUR", price_year=2024, data=data)
    for name, more, tables in (
        (
            "x",
            share({"family": "triangular", "low": 0.2, "mode": 0.3, "high": 0.6}, spread=[0.5, 0.5]),
            {"overlap": [stated]},
        ),
        ("z", share(uniform(0.1, 0.4), "stepped", start=2, every=3, years="all"), {}),
    ):
        file = folder / "catalogue" / f"{name}.toml"
        text = tomli_w.dumps({"component": [{**new, **more}], **tables})
        file.write_text(f"{file.read_text()}\n{text}")
    return folder / "study.toml"


@pytest.mark.parametrize("option", ["full", "without_z", "needed_by_all"])
@pytest.mark.one_in(3)
def test_with_every_other_feature_both_agree(everything: Path, option: str) -> None:
    theirs = ps.simulate(ps.load_study(everything), scenarios=QUICK)
    assert compare(run(everything, QUICK, SEED, option), theirs, option) == []


FIT = {"fit": "lognormal", "cap": 3_000_000, "cap_rationale": "Made up."}
CHANGES: dict[str, dict[str, Any]] = {
    "not the area that states it": {"area.x.include": False},
    "another whole": {"overlap.whole.cost": lognormal(90_000, 0.2), "overlap.whole.common_share": 0.1},
    "fitted": {"overlap.whole.cost": {**FIT, "size": "estimate"}},
    "fitted, of the study's exponent": {"overlap.whole.cost": {**FIT, "size": "study"}},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.one_in(2)
def test_with_changes_both_agree(everything: Path, name: str) -> None:
    change = CHANGES[name]
    theirs = ps.simulate(ps.load_study(everything, change), scenarios=QUICK)
    assert compare(run(everything, QUICK, SEED, overrides=change), theirs) == []


def test_shares_in_one_direction_would_be_seen(everything: Path) -> None:
    """Negative control: a whole that is not shared out, but drawn twice."""
    theirs = ps.simulate(ps.load_study(everything), scenarios=QUICK)
    twice = run(everything, QUICK, SEED, overrides={"overlap.whole.cost": lognormal(440_000, 0.7)})
    assert compare(twice, theirs)


def test_files_are_written_as_a_user_would(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"x": {"one": share(0.5)}, "y": {"two": share(0.5)}},
        overlap=[whole({"family": "constant", "value": 1.0})],
    )
    assert [each.id for each in ps.load_study(path).overlaps] == ["whole"]
