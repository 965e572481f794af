"""Every bad parameter is refused, with the relation that it breaks and all problems at once."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from popsim.errors import ParameterError
from popsim.families import families
from popsim.families.beta import Beta
from popsim.families.betaprime import BetaPrime
from popsim.families.constant import Constant
from popsim.families.discrete import Discrete
from popsim.families.empirical import Empirical
from popsim.families.gamma import Gamma
from popsim.families.gumbel import Gumbel
from popsim.families.lognormal import LogNormal
from popsim.families.logstudent import LogStudent
from popsim.families.metalog import Metalog
from popsim.families.mixture import Mixture
from popsim.families.normal import Normal
from popsim.families.pert import Pert
from popsim.families.scaled import Scaled
from popsim.families.shifted import Shifted
from popsim.families.student import Student
from popsim.families.triangular import Triangular
from popsim.families.truncated import Truncated
from popsim.families.uniform import Uniform
from popsim.families.weibull import Weibull

RATIO = "a ratio of the two between 1.00191 and 7.18e+23"
SHAPES = "0.001 <= shape <= 1e+06"
MIDDLE = "a middle value strictly between 3.49513 and 6.50487, given the outer ones"
BROKEN = [
    (lambda: Uniform(1, 1), ["low < high"]),
    (lambda: Uniform(-1.7e308, 1.7e308), ["high - low within the range of floats"]),
    (lambda: Triangular(0, 5, 3), ["low <= mode <= high"]),
    (lambda: Triangular(3, 2, 1), ["low <= mode <= high"]),
    (lambda: Triangular(1, 1, 1), ["low < high"]),
    (lambda: Triangular(-1.7e308, 0, 1.7e308), ["high - low within the range of floats"]),
    (lambda: Pert(0, 5, 3, -1), ["0.001 <= shape <= 1e+06", "low <= mode <= high"]),
    (lambda: Pert(1, 1, 1), ["low < high"]),
    (lambda: Normal(0, 0), ["std > 0"]),
    (lambda: Gumbel(0, -1), ["scale > 0"]),
    (lambda: BetaPrime(0, 1, -1, 0), ["0.001 <= a <= 1e+08", "scale > 0", "0.001 <= power <= 10000"]),
    (lambda: Student(0, -1, 0.5), ["scale > 0", "1 <= degrees <= 1e+06"]),
    (lambda: LogStudent(800, 0, 2e6), ["-700 <= mu <= 700", "sigma > 0", "1 <= degrees <= 1e+06"]),
    (lambda: Gumbel.from_range(1, 2, 1), ["0 < coverage < 1"]),
    (lambda: LogNormal(800, -1), ["-700 <= mu <= 700", "sigma > 0"]),
    (lambda: LogNormal.from_mean_std(0, -1), ["mean > 0", "std > 0"]),
    (lambda: LogNormal.from_median_gsd(-1, 1), ["median > 0", "gsd > 1"]),
    (lambda: LogNormal.from_quantiles(p05=-1, p95=1), ["values above 0"]),
    (lambda: Gamma(0, 0), ["0.02 <= shape <= 500000", "scale > 0"]),
    (lambda: Gamma.from_quantiles(p05=0, p95=1), ["values above 0"]),
    (lambda: Weibull(0, -1), ["shape >= 0.01", "scale > 0"]),
    (lambda: Weibull.from_quantiles(p05=0, p95=1), ["values above 0"]),
    (lambda: Beta(0, 1e7, 3, 3), ["0.01 <= a <= 1e+06", "0.01 <= b <= 1e+06", "low < high"]),
    (lambda: Discrete([1, 1], [0.5, 0.4]), ["values that are all different", "sum of probabilities = 1"]),
    (lambda: Discrete([1, 2], [-0.5, 1.5]), ["each probability 0 or from 1e-12 to 1"]),
    (lambda: Discrete([1, 2, 3], [0.5, 0.5]), ["as many probabilities as values"]),
    (lambda: Empirical([0.1, 0.9], [1, 2]), ["first probability 0 and last 1"]),
    (lambda: Empirical([0, 0.5, 0.5, 1], [1, 2, 1, 3]), ["probabilities that rise", "values that never fall"]),
    (lambda: Empirical([0, 1], [2, 2]), ["first value < last value"]),
    (lambda: Empirical([0, 1], [2, 3, 4]), ["as many values as probabilities, two or more"]),
    (lambda: Empirical([0], [2]), ["as many values as probabilities, two or more"]),
    (lambda: Empirical.from_data([2, 2]), ["two different observations or more"]),
    (lambda: Empirical.from_quantiles(low=2, p50=1, high=3), ["low < quantiles < high"]),
    (lambda: Empirical.from_quantiles(p50=1), ["a finite number", "a finite number"]),
    (lambda: Metalog([1]), ["2 to 16 of them"]),
    (lambda: Metalog([1, -1], 3, 2), ["low < high", "coefficients whose quantile function rises everywhere"]),
    (lambda: Metalog.from_quantiles(p10=1, p50=2, p90=3, low=1), ["1 < quantiles"]),
    (lambda: Metalog.from_quantiles(p10=1, p50=2, p90=3, low=4, high=2), ["low < high"]),
    (lambda: Metalog.from_quantiles(p10=1, p50=2), ["3 to 16 quantiles pNN for this family"]),
    (lambda: Triangular.from_quantiles(p05=1, p95=2), ["3 quantiles pNN for this family"]),
    (lambda: Normal.from_quantiles(p05=2, p95=1), ["values that rise with their probability"]),
    (lambda: Normal.from_quantiles(p05=1, p050=2), ["values that rise with their probability"]),
    (lambda: Normal.from_quantiles(), ["2 quantiles pNN for this family"]),
    (lambda: Truncated(Normal(0, 1), 3, 2), ["low <= high"]),
    (lambda: Truncated(Normal(0, 1), 40), ["an interval with a probability of at least 1e-09"]),
    (
        lambda: Truncated(Normal(0, 1), 1, 1 + 2e-10),
        ["an interval with a probability of at least 1e-09, or at the end of a tail, where 1e-290 is enough"],
    ),
    (lambda: Truncated(Uniform(0, 1), 2, 3), ["an interval with a probability of at least 1e-09"]),
    (lambda: Truncated(Discrete([0, 1], [0.5, 0.5]), 0.2, 0.8), ["an interval with a probability of at least 1e-09"]),
    (lambda: Shifted(Normal(1.7e308, 1), 1.7e308), ["a sum within the range of floats"]),
    (lambda: Scaled(Normal(0, 1), -1), ["by > 0"]),
    (lambda: Scaled(Normal(0, 1), 0), ["by > 0"]),
    (lambda: Scaled(Normal(0, 1e300), 1e300), ["a product within the range of floats"]),
    (lambda: Mixture([Normal(0, 1)], [0.5, 0.5]), ["as many weights as distributions"]),
    (lambda: Mixture([Normal(0, 1), 3], [0.5, 0.5]), ["a distribution, such as Uniform(0, 1)"]),
    (lambda: Mixture([Normal(0, 1)] * 2, [0.5, 0.5 + 2e-9]), ["sum of weights = 1"]),
    (lambda: Mixture([Normal(0, 1)] * 3, [-0.5, 0, 1.6]), ["weight > 0", "weight > 0", "sum of weights = 1"]),
    (lambda: Triangular.from_range(1, 6, 5, 0.8), ["low <= mode <= high, low < high"]),
    (lambda: Triangular.from_range(1, 2, 5, 80), ["0 < coverage <= 1"]),
    (lambda: Pert.from_range(1, 1, 1, 1.5, -1), ["low <= mode <= high, low < high", "0 < coverage <= 1", SHAPES]),
    (lambda: Pert.from_quantiles(p10=1, p50=1.01, p90=9), [MIDDLE]),
    (lambda: LogNormal.from_range(-1, 5, 1), ["low > 0", "0 < coverage < 1"]),
    (lambda: Normal.from_range(5, 1, 0), ["low < high", "0 < coverage < 1"]),
    (lambda: Gamma.from_range(1, 1 + 1e-9, 0.5), [RATIO]),
    (lambda: Uniform.from_range(1, 1, 0.5), ["low < high"]),
    (
        lambda: Normal.from_quantiles(q05=1, p00=math.nan),
        ["pNN with at least two digits, such as p05, p50, p995"] * 2,
    ),
]


@pytest.mark.parametrize(("make", "relations"), BROKEN, ids=[str(index) for index in range(len(BROKEN))])
def test_relation_is_named(make, relations):
    with pytest.raises(ParameterError) as caught:
        make()
    assert [problem.allowed for problem in caught.value.problems] == relations
    assert all(problem.found and problem.where for problem in caught.value.problems)


def test_values_are_shown():
    with pytest.raises(ParameterError, match=r"low = 0, mode = 5, high = 3\n +allowed  low <= mode <= high"):
        Triangular(0, 5, 3)
    with pytest.raises(ParameterError, match="use Constant"):
        Normal(1, 0)


def means_no_bound(cls, name, value):
    """None is no bound of a metalog or of a truncation; so is an infinity, of a truncation, on its own side."""
    if name not in ("low", "high") or cls not in (Metalog, Truncated):
        return False
    return value is None or (cls is Truncated and value == {"low": -math.inf, "high": math.inf}[name])


NOT_NUMBERS = [math.nan, math.inf, -math.inf, True, "1", None, [1], 10**400, 1j, np.bool(True)]


@pytest.mark.parametrize("cls", families().values(), ids=families())
@pytest.mark.parametrize("bad", NOT_NUMBERS, ids=repr)
def test_what_is_no_finite_number_is_refused_everywhere_at_once(cls, bad):
    good = cls.examples()[0].parameters()
    for name in inspect.signature(cls).parameters:
        if means_no_bound(cls, name, bad):
            continue
        lists = isinstance(good.get(name), tuple)
        value = [*good[name][:-1], bad] if lists else bad
        with pytest.raises(ParameterError) as caught:
            cls(**(good | {name: value}))
        (problem,) = caught.value.problems
        assert (problem.file, problem.keys[0]) == (f"{cls.__name__}()", name)
        assert problem.found == repr(bad)
        if lists:
            with pytest.raises(ParameterError, match=r"a list of (finite numbers|distributions)"):
                cls(**(good | {name: "12"}))
    if isinstance(bad, list):
        return
    everything = dict.fromkeys(good, bad)
    with pytest.raises(ParameterError) as caught:
        cls(**everything)
    assert len(caught.value.problems) == sum(not means_no_bound(cls, name, bad) for name in everything)


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.int64(2)])
def test_any_finite_number_is_taken_as_a_float(number):
    assert Constant(number) == Constant(2.0)
    assert type(Constant(number).value) is float
    assert Discrete(np.array([1, 2]), (0.5, 0.5)) == Discrete([1.0, 2.0], [0.5, 0.5])
    assert repr(Constant(-0.0)) == "Constant(value=0)"


def test_positional_and_keyword_construction_agree():
    assert Triangular(0, 1, 3) == Triangular(low=0, mode=1, high=3)
    assert repr(Triangular(0, 1, 3)) == "Triangular(low=0, mode=1, high=3)"
    assert Triangular(0, 1, 3).parameters() == {"low": 0.0, "mode": 1.0, "high": 3.0}
    assert Normal(mean=1, std=2).mean() == 1
    assert Normal(0, 1) != Normal(0, 2)
    assert Normal(0, 1) != LogNormal(0, 1)


def test_a_constructor_that_forgets_a_field_is_a_bug_of_ours():
    class Forgetful(Constant):
        def __init__(self, value):
            self._take(value=value, other=2)

    with pytest.raises(TypeError, match="no field for other"):
        Forgetful(1)
