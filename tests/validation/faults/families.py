"""Faults in distributions: quantiles, probabilities, moments, fits and elicitation."""

from __future__ import annotations

from .fault import Fault

CONFORMS = "tests/families/test_conformance.py::test_conforms"


def _conforms(family: str) -> str:
    return f"{CONFORMS} -k {family}"


FAULTS = (
    Fault(
        "popsim/families/triangular.py",
        "return self._quantile(q, self.high, self.low)",
        "return self._quantile(1.0 - q, self.low, self.high)",
        "the upper tail of a triangle loses its digits",
        _conforms("triangular"),
    ),
    Fault(
        "popsim/families/triangular.py",
        "return (self.high - self.low) * math.sqrt((1.0 - peak + peak * peak) / 18.0)",
        "return (self.high - self.low) * math.sqrt((1.0 - peak - peak * peak) / 18.0)",
        "the standard deviation of a triangle has a wrong sign in it",
        _conforms("triangular"),
    ),
    Fault(
        "popsim/families/lognormal.py",
        "return _exp(self.mu + 0.5 * self.sigma**2)",
        "return _exp(self.mu - 0.5 * self.sigma**2)",
        "the mean of a lognormal has a wrong sign in it",
        _conforms("lognormal"),
    ),
    Fault(
        "popsim/families/lognormal.py",
        "return np.exp(self.mu) * np.exp(-self.sigma * scipy.special.ndtri(q))",
        "return np.exp(self.mu) * np.exp(self.sigma * scipy.special.ndtri(q))",
        "the upper quantiles of a lognormal are its lower ones",
        _conforms("lognormal"),
    ),
    Fault(
        "popsim/families/lognormal.py",
        "sigma = math.log(x2 / x1) / (z2 - z1)",
        "sigma = math.log(x2 / x1) / (2.0 * z2)",
        "a lognormal is fitted as if its two quantiles were as far from the median",
        "tests/families/test_quantiles.py::test_two_quantiles_are_hit",
    ),
    Fault(
        "popsim/families/gamma.py",
        "return self.scale * scipy.special.gammaincinv(self.shape, p)",
        "return self.scale * scipy.special.gammaincinv(self.shape + 1e-7, p)",
        "quantiles of a gamma distribution are those of a slightly larger shape",
        _conforms("gamma"),
    ),
    Fault(
        "popsim/families/weibull.py",
        "g = float(np.sum(special.zeta(n) * (-k) ** n * (2.0**n - 2.0) / n))",
        "g = float(np.sum(special.zeta(n) * k**n * (2.0**n - 2.0) / n))",
        "the standard deviation of a narrow Weibull distribution has a wrong sign in its series",
        _conforms("weibull"),
    ),
    Fault(
        "popsim/families/pert.py",
        "a = 1.0 + self.shape * ((self.mode_ - self.low) / width)",
        "a = 1.0 + self.shape * ((self.high - self.mode_) / width)",
        "a PERT distribution is its mirror image",
        _conforms("pert"),
    ),
    Fault(
        "popsim/families/discrete.py",
        'place = np.searchsorted(cumulative, p, side="left")',
        'place = np.searchsorted(cumulative, p, side="right")',
        "the quantile at a jump is the value above it",
        "tests/families/test_quantiles.py::test_a_quantile_at_a_jump_is_the_value_below_it",
    ),
    Fault(
        "popsim/families/uniform.py",
        "return cls(x1 - p1 * slope, x2 + (1.0 - p2) * slope)",
        "return cls(x1 - p1 * slope, x2 + p2 * slope)",
        "a uniform distribution is fitted with a wrong upper end",
        "tests/families/test_quantiles.py::test_two_quantiles_are_hit "
        "tests/families/test_quantiles.py::test_families_of_two_quantiles_are_found",
    ),
    Fault(
        "popsim/families/mixture.py",
        "parts = [weight * ask(member) for weight, member in zip(self._shares, self.distributions, strict=True)]",
        "parts = [ask(member) / len(self._shares) for member in self.distributions]",
        "experts have equal weights whatever is stated",
        "tests/families/test_modifiers.py::test_a_mixture_comes_back_from_its_quantiles " + _conforms("mixture"),
    ),
    Fault(
        "popsim/families/shifted.py",
        "return shape, location + self.by, scale",
        "return shape, location + self.by * scale, scale",
        "what is added to a distribution is scaled as the distribution is",
        _conforms("shifted"),
    ),
    Fault(
        "popsim/families/scaled.py",
        "return shape, location * self.by, scale * self.by",
        "return shape, location, scale * self.by",
        "a distribution is stretched about its lower end and not about zero",
        _conforms("scaled"),
    ),
    Fault(
        "popsim/families/truncated.py",
        "share = (self.distribution._cdf(x) - below) / inside",
        "share = self.distribution._cdf(x) / inside",
        "what lies below a truncated distribution is counted with it",
        "tests/families/test_truncated_moments.py::test_a_uniform_stays_one",
    ),
    Fault(
        "popsim/correlation_matrix.py",
        "return common, grouped - common, matrix - grouped",
        "return common, grouped, matrix - grouped",
        "what a group of countries shares holds what all countries share once more",
        "tests/plan/test_scores.py::test_with_a_matrix_costs_correlate_as_stated_or_the_study_is_refused "
        "tests/plan/test_dependence.py::test_shares_at_their_limits",
    ),
    Fault(
        "popsim/fits/result.py",
        "return 1.0 / (float(self.data.weight.sum()) + 1.0)",
        "return 1.0 / float(self.data.weight.sum())",
        "what fitted costs have in common between countries is too much",
        "tests/fits/test_least_squares.py -k weigh",
    ),
    Fault(
        "popsim/fits/result.py",
        "return float(np.log(number)) - math.log(self.centre)",
        "return float(np.log(number)) + math.log(self.centre)",
        "a fit is read at another size than was asked for",
        "tests/fits/test_published.py::test_line_of_the_statistical_reference_datasets",
    ),
    Fault(
        "popsim/fits/goodness.py",
        "special.log_ndtr(ordered) + special.log_ndtr(-ordered[::-1])",
        "special.log_ndtr(ordered) + special.log_ndtr(-ordered)",
        "the statistic of Anderson and Darling leaves out that the upper half is read backwards",
        "tests/fits/test_goodness.py::test_the_statistic_is_that_of_scipy",
    ),
)
