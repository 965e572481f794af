"""Whole studies against means, variances and correlations that are known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from popsim.engine.simulate import simulate
from popsim.engine.variants import dependence_extremes, with_common_share
from popsim.families import LogNormal, Normal
from popsim.plan import compile as compile_study
from popsim.study.load import load_study
from popsim.study.model import Study

from ..engine.studies import COUNTRIES, area, component, expected_correlation, gaussian, matrix, number, rows, study

MATRIX = matrix("abc", [[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]], (0.5, 0.2, 0.4))
DEPENDENCES = {"number": number(0.3, 0.25, 0.5), "matrix": MATRIX}


def lognormals(dependence: object = None) -> Study:
    areas = (
        area("a", LogNormal(1.0, 0.5), share=0.5, exponent=0.3),
        area("b", LogNormal(0.5, 0.3), component("run", LogNormal(0.0, 0.4), (0.0, 1.0, 1.0), 1.25), share=0.2),
        area("c", LogNormal(2.0, 0.25), share=0.4, exponent=0.5),
    )
    return study(COUNTRIES, areas, dependence)


def exact_covariance(item: Study) -> np.ndarray:
    """Covariance of all rows' costs, for normals and lognormals, from the correlations of their scores."""
    plan = compile_study(item)
    correlation = expected_correlation(item)
    families = [area.components[k].cost for _, area, k in rows(item)]
    if isinstance(families[0], Normal):
        return correlation * np.outer(plan.row_std, plan.row_std)
    sigma = np.array([family.sigma for family in families])
    # E exp(x + y) of two normals: cov = m1 m2 (exp(r s1 s2) - 1)
    return np.outer(plan.row_mean, plan.row_mean) * np.expm1(correlation * np.outer(sigma, sigma))


COUNT = 400_000
ERRORS = 5.0
"""Standard errors allowed: 6e-7 for a normal estimate if seeds were drawn anew; seeds are fixed."""


def check_moments(item: Study, expected: Study) -> None:
    """Mean and variance of the total, and of every area, country and pair of areas."""
    covariance = exact_covariance(expected)
    plan = compile_study(item)
    dataset = simulate(plan, scenarios=COUNT, breakdowns=[("country", "area")])
    cells = dataset["cost_by_country_area"].values[0].reshape(COUNT, -1)
    names = [(c.code, a.id) for c, a, _ in rows(item)]
    labels = list(dict.fromkeys(names))
    gather = np.array([[name == label for name in names] for label in labels], dtype=float)
    exact = gather @ covariance @ gather.T
    centred = cells - gather @ plan.row_mean
    products = centred.T @ centred / COUNT
    # The standard error of a mean product of two centred values, by their fourth moments.
    squares = centred**2
    error = np.sqrt(np.maximum(squares.T @ squares / COUNT - products**2, 0.0) / COUNT)
    assert np.all(np.abs(products - exact) <= ERRORS * error)
    assert np.all(np.abs(centred.mean(axis=0)) <= ERRORS * np.sqrt(np.diag(exact) / COUNT))
    total = dataset["cost"].values[0] - plan.row_mean.sum()
    assert abs(total.mean()) <= ERRORS * np.sqrt(covariance.sum() / COUNT)
    spread = np.sqrt((np.mean(total**4) - np.mean(total**2) ** 2) / COUNT)
    assert abs(np.mean(total**2) - covariance.sum()) <= ERRORS * spread


@pytest.mark.parametrize("name", DEPENDENCES)
@pytest.mark.parametrize("make", [gaussian, lognormals])
def test_means_and_covariances_are_the_exact_ones(make, name: str) -> None:  # type: ignore[no-untyped-def]
    check_moments(make(DEPENDENCES[name]), make(DEPENDENCES[name]))


def test_the_check_sees_a_slightly_different_dependence() -> None:
    """Negative control: 0.02 of the correlation between areas is some ten standard errors, 1 / sqrt(n) = 0.0016."""
    with pytest.raises(AssertionError):
        check_moments(gaussian(number(0.3)), gaussian(number(0.32)))


@pytest.mark.parametrize("name", DEPENDENCES)
def test_extremes_have_their_exact_variances(name: str) -> None:
    item = gaussian(DEPENDENCES[name])
    found = dependence_extremes(item, 100_000)
    for variable, share in (("cost_countries_independent", 0.0), ("cost_countries_fully_dependent", 1.0)):
        variance = exact_covariance(with_common_share(item, share)).sum()
        # The variance of a normal sample errs by sqrt(2 / n) of itself.
        assert abs(float(found[variable].var()) / variance - 1.0) <= ERRORS * np.sqrt(2.0 / 100_000)


def test_the_packaged_study_has_its_exact_means() -> None:
    """Total and areas of six options within 4 standard errors: false alarm 6 x 9 x 6e-5; the seed is fixed."""
    dataset = simulate(load_study("pops"), scenarios=20_000, seed=2, breakdowns=["area"])
    for suffix in ("", "_by_area"):
        cost, mean = dataset[f"cost{suffix}"], dataset[f"expected_cost{suffix}"]
        error = cost.std("scenario", ddof=1) / np.sqrt(cost.sizes["scenario"])
        assert np.all(np.abs(cost.mean("scenario") - mean) <= 4.0 * error)
        # Negative control: a mean that is wrong by ten errors.
        assert not np.all(np.abs(cost.mean("scenario") - mean - 10.0 * error) <= 4.0 * error)


def test_the_plain_study_has_the_width_of_its_dependence(plain: Path) -> None:
    """Independent < as studied < fully dependent, and independent countries with the variance of their sum.

    With common shares 0 countries are independent, so that the variance of the total is the sum of theirs; each is
    estimated from the breakdown by country of the same run, and cross terms of n scenarios err by sqrt(1 / n) of the
    product of standard deviations, together sqrt(2 / n) of the total variance at most.
    """
    item = load_study(plain)
    count = 2_000
    apart = simulate(with_common_share(item, 0.0), scenarios=count, breakdowns=["country"])
    variances = float(apart["cost_by_country"].var("scenario").sum())
    assert abs(float(apart["cost"].var()) / variances - 1.0) <= ERRORS * np.sqrt(2.0 / count)
    study_std = float(simulate(item, scenarios=count, breakdowns=())["cost"].std())
    together = float(dependence_extremes(item, count)["cost_countries_fully_dependent"].std())
    assert float(apart["cost"].std()) < study_std < together
