"""Student and log-Student against closed forms at one and two degrees of freedom, scipy and integrals."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from popsim.families import LogNormal, LogStudent, Student, Truncated

P = np.concatenate([np.logspace(-300, -2, 150), np.linspace(0.02, 0.499, 60)])


def test_one_degree_is_the_cauchy_distribution():
    x = Student(0, 1, 1).ppf(P)
    np.testing.assert_allclose(x, -1 / np.tan(np.pi * P), rtol=1e-12)
    np.testing.assert_allclose(Student(0, 1, 1).cdf(x), P, rtol=1e-12)
    np.testing.assert_array_equal(Student(0, 1, 1).isf(P), -x)


def test_two_degrees_have_a_closed_form():
    np.testing.assert_allclose(Student(0, 1, 2).ppf(P), (2 * P - 1) / np.sqrt(2 * P * (1 - P)), rtol=1e-12)


@pytest.mark.parametrize("degrees", [1, 3, 8.5, 28, 1e4])
def test_the_logarithm_of_log_student_is_student(degrees):
    p = np.linspace(0.01, 0.99, 99)
    family, reference = LogStudent(1.5, 0.7, degrees), stats.t(degrees, 1.5, 0.7)
    np.testing.assert_allclose(np.log(family.ppf(p)), reference.ppf(p), rtol=1e-11)
    np.testing.assert_allclose(np.log(family.isf(p)), reference.isf(p), rtol=1e-11)
    x = np.exp(np.linspace(-4, 6, 50))
    np.testing.assert_allclose(family.cdf(x), reference.cdf(np.log(x)), rtol=1e-11)
    np.testing.assert_allclose(family.sf(x), reference.sf(np.log(x)), rtol=1e-11)


@pytest.mark.parametrize("degrees", [1, 2, 4, 30])
@pytest.mark.parametrize("cap", [0.1, 3.0, 4e3])
def test_moments_below_a_cap_are_integrals_of_the_density(degrees, cap):
    """Scipy integrates over the logarithm y, of which the density is a Student t: exp(k y) t(y)."""
    law = stats.t(degrees, 0.3, 0.9)
    top = math.log(cap)
    edges = [-60, -20, -8, -4, -2, *(y for y in (-1, 0, 0.3, 1, 2, 4, 6) if y < top), top]
    first, second = (
        math.fsum(
            integrate.quad(lambda y, k=k: math.exp(k * y) * law.pdf(y), a, b, epsabs=0, epsrel=1e-12)[0]
            for a, b in pairwise(edges)
        )
        / law.cdf(top)
        for k in (1, 2)
    )
    cut = Truncated(LogStudent(0.3, 0.9, degrees), high=cap)
    assert cut.mean() == pytest.approx(first, rel=1e-8)
    assert cut.std() == pytest.approx(math.sqrt(second - first**2), rel=1e-7)


def test_moments_that_do_not_exist():
    assert LogStudent(0, 1, 5).mean() == LogStudent(0, 1, 5).std() == math.inf
    assert math.isnan(Student(2, 1, 1).mean())
    assert Student(2, 1, 1).std() == Student(2, 1, 2).std() == math.inf
    assert Student(2, 1, 1.5).mean() == 2
    assert Truncated(Student(0, 1, 1), low=0).mean() == math.inf
    assert Truncated(Student(0, 1, 1), high=0).mean() == -math.inf
    assert Truncated(LogStudent(0, 1, 5), low=1).mean() == math.inf


def test_the_mode_is_a_peak_of_the_density():
    family = LogStudent(1, 0.6, 5)
    x = family.mode() * np.array([0.99, 1, 1.01])
    density = stats.t.pdf((np.log(x) - 1) / 0.6, 5) / x
    assert density[1] > density[0]
    assert density[1] > density[2]
    assert LogStudent(0, 3, 1).mode() == 0
    assert LogStudent(2, 0.5, 1e6).mode() == pytest.approx(LogNormal(2, 0.5).mode(), rel=1e-4)
