"""Every example of every family passes the driver, and a family that is wrong fails each of its checks."""

from __future__ import annotations

import numpy as np
import pytest

from popsim.families import families
from popsim.families.normal import Normal

EXAMPLES = [
    pytest.param(example, id=f"{name}{index}")
    for name, cls in families().items()
    for index, example in enumerate(cls.examples())
]
QUICK = (
    "cdf_against_reference",
    "isf_against_reference",
    "isf_is_ppf_of_the_rest",
    "kinks_and_jumps",
    "moments",
    "moments_against_reference",
    "monotone",
    "ppf_against_reference",
    "round_trip",
    "standard",
    "support",
    "value_semantics",
)


def test_no_check_is_forgotten(checks):
    assert sorted(checks) == sorted([*QUICK, "kolmogorov_smirnov"])


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("family", EXAMPLES)
def test_conforms(checks, name, family):
    checks[name](family)


@pytest.mark.parametrize("family", EXAMPLES)
@pytest.mark.one_in(3)
def test_draws_have_the_law(checks, family):
    """False alarm at most 1e-9 each; 1e6 draws for the first example of a family, 1e5 for the others.

    A beta quantile takes scipy some 2 microseconds, one of a mixture some more, so that these families get 2e5.
    """
    first = family == type(family).examples()[0]
    most = 200_000 if family.family in ("beta", "pert", "mixture") else 1_000_000
    checks["kolmogorov_smirnov"](family, most if first else 100_000)


PPF, ISF, CDF = Normal._ppf, Normal._isf, Normal._cdf


def _tail_off(self, p):
    return np.where(p < 1e-6, 1.001, 1.0) * PPF(self, p)


def _shifted(self, q):
    return PPF(self, 1 - q) + 1e-9


def _through_the_rest(self, q):
    return PPF(self, 1 - q)


CONTROLS = [
    ("ppf_against_reference", {"_ppf": _tail_off}),
    ("isf_against_reference", {"_isf": _shifted}),
    ("isf_against_reference", {"_isf": _through_the_rest}),
    ("isf_is_ppf_of_the_rest", {"_isf": _shifted}),
    ("cdf_against_reference", {"_cdf": lambda self, x: CDF(self, x) ** 1.0001}),
    ("round_trip", {"_cdf": lambda self, x: CDF(self, x) ** 1.0001}),
    ("round_trip", {"_ppf": _tail_off}),
    ("monotone", {"_ppf": lambda self, p: np.where(np.abs(p - 0.5) < 1e-9, 0.1, PPF(self, p))}),
    ("monotone", {"_isf": lambda self, q: -ISF(self, q)}),
    ("support", {"support": lambda self: (-10.0, 10.0)}),
    ("support", {"mode": lambda self: float("nan")}),
    ("moments", {"mean": lambda self: 1e-8}),
    ("moments", {"std": lambda self: 1.00001}),
    ("moments_against_reference", {"std": lambda self: 1.00001}),
    ("standard", {"standard": lambda self: (Normal(0, 1), 0.0, 1.0 + 1e-9)}),
    ("standard", {"standard": lambda self: (Normal(0, 2), 0.0, 0.5)}),
    ("kinks_and_jumps", {"kinks": lambda self: (0.5, 0.2)}),
    ("kinks_and_jumps", {"jumps": lambda self: (np.array([0.5, 1.0]), np.array([-1.0, 1.0]))}),
    ("value_semantics", {"__hash__": lambda self: id(self)}),
    ("kolmogorov_smirnov", {"_ppf": lambda self, p: 1.02 * PPF(self, p)}),
]


@pytest.mark.parametrize(("name", "spoilt"), CONTROLS, ids=[f"{name}-{'-'.join(s)}" for name, s in CONTROLS])
def test_the_driver_sees_what_is_wrong(checks, monkeypatch, name, spoilt):
    for attribute, wrong in spoilt.items():
        monkeypatch.setattr(Normal, attribute, wrong)
    with pytest.raises(AssertionError):
        checks[name](Normal(0, 1))


def test_every_check_has_a_control(checks):
    assert {name for name, _ in CONTROLS} == set(checks)
