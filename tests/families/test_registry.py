"""Families are found by their files, built from TOML tables, and refused with the key that is wrong."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import popsim.families as package
from popsim.errors import ParameterError
from popsim.families import build, catalogue, families, family_class, family_names, to_toml
from popsim.families.base import Family
from popsim.families.lognormal import LogNormal
from popsim.families.metalog import Metalog
from popsim.families.registry import choose_form, forms

FILE = "a.toml"
KEYS = ("component", 0, "cost")
EXPECTED = {
    "beta",
    "constant",
    "discrete",
    "empirical",
    "gamma",
    "lognormal",
    "metalog",
    "mixture",
    "normal",
    "pert",
    "scaled",
    "shifted",
    "triangular",
    "truncated",
    "uniform",
    "weibull",
}


def problems(spec):
    with pytest.raises(ParameterError) as caught:
        build(spec, FILE, KEYS)
    return caught.value.problems


def test_the_promised_families_are_found():
    assert set(family_names()) >= EXPECTED
    assert list(families()) == list(family_names())


def test_every_file_is_a_family_or_named_as_support():
    files = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    support = {"base", "elicitation", "modifiers", "parameters", "registry", "roots", "series"}
    assert files == set(family_names()) | support


@pytest.mark.parametrize("name", family_names())
def test_names_agree(name):
    cls = family_class(name)
    assert name == cls.family == cls.__name__.lower() == cls.__module__.rpartition(".")[2]
    assert getattr(package, cls.__name__) is cls
    assert cls.summary
    assert "\n" not in cls.summary
    for heading in ("Parameters\n", "Raises\n", "References\n", "Examples\n"):
        assert heading in (cls.__doc__ or "")
    assert len(cls.examples()) >= 3


@pytest.mark.parametrize("name", family_names())
def test_forms_of_a_family_do_not_overlap(name):
    """Keys that make one form complete leave something out of, or are too many for, every other; so it is chosen."""
    named = [form for form in forms(family_class(name)) if not form.quantile_counts]
    for first in named:
        for keys in (first.required, first.keys):
            fitting = [form for form in named if set(form.required) <= set(keys) <= set(form.keys)]
            assert [str(form) for form in fitting] == [str(first)]
            assert str(choose_form(named, dict.fromkeys(keys))) == str(first)


def test_importing_the_package_imports_no_scipy():
    code = "import sys, popsim.families as f; f.family_names(); print(sorted(m for m in sys.modules if m == 'scipy'))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_one_family_imports_no_other():
    code = "import sys, popsim.families as f; f.Uniform(0, 1); print('popsim.families.beta' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="Lognormal"):
        _ = package.Lognormal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('family = "lognormal"\nmu = 1\nsigma = 2', LogNormal(1, 2)),
        ('family = "lognormal"\np05 = 80_000\np95 = 400_000', LogNormal.from_quantiles(p05=80_000, p95=400_000)),
        ('family = "lognormal"\nmean = 5\nstd = 2.0', LogNormal.from_mean_std(5, 2)),
        ('family = "lognormal"\ngsd = 2\nmedian = 5', LogNormal.from_median_gsd(5, 2)),
        (
            'family = "metalog"\np10 = 1\np50 = 2\np90 = 5\nlow = 0',
            Metalog.from_quantiles(p10=1, p50=2, p90=5, low=0),
        ),
        ('family = "metalog"\ncoefficients = [1, 2]\nhigh = 3', Metalog([1, 2], high=3)),
        ('family = "pert"\nlow = 0\nmode = 1\nhigh = 3', family_class("pert")(0, 1, 3, 4)),
        ('family = "empirical"\nsample = [3, 1, 2]', family_class("empirical")([0, 0.5, 1], [1, 2, 3])),
        ('family = "empirical"\nlow = 1\np50 = 2\nhigh = 3', family_class("empirical")([0, 0.5, 1], [1, 2, 3])),
    ],
)
def test_builds_from_toml(text, expected):
    built = build(tomllib.loads(text))
    assert built == expected
    assert build(to_toml(built)) == built


def test_unknown_family_is_offered_the_nearest():
    (problem,) = problems({"family": "lognormall", "mu": 1})
    assert (problem.file, problem.keys) == (FILE, (*KEYS, "family"))
    assert problem.where == "a.toml: component[0].cost.family"
    assert problem.mend == 'did you mean "lognormal"?'
    assert "weibull" in problem.allowed


@pytest.mark.parametrize(("spec", "found"), [({}, "nothing"), ({"family": 3}, "3"), ({"family": ["a"]}, "['a']")])
def test_family_must_be_named(spec, found):
    (problem,) = problems(spec)
    assert (problem.keys, problem.found) == ((*KEYS, "family"), found)


def test_unknown_key_is_offered_the_nearest_and_all_sets():
    (problem,) = problems({"family": "lognormal", "medain": 3, "gsd": 2})
    assert problem.keys == (*KEYS, "medain")
    assert problem.mend == 'did you mean "median"?'
    sets = "mu, sigma; or mean, std; or median, gsd; or low, high, coverage; or 2 quantiles pNN"
    assert problem.allowed == f"lognormal takes: {sets}"


def test_keys_of_two_sets_do_not_mix():
    found = problems({"family": "lognormal", "mean": 3, "sigma": 2})
    assert len(found) == 2
    assert {problem.keys[-1] for problem in found} <= {"mean", "std", "mu", "sigma"}


def test_quantiles_do_not_mix_with_other_keys():
    (problem,) = problems({"family": "lognormal", "p05": 1, "p95": 2, "mean": 3})
    assert problem.keys == (*KEYS, "mean")


def test_every_missing_and_unknown_key_is_listed():
    found = problems({"family": "triangular", "low": 1, "zzz": 2})
    assert [problem.keys[-1] for problem in found] == ["zzz", "mode", "high"]


@pytest.mark.parametrize(
    ("spec", "places"),
    [
        ({"family": "uniform", "low": "1", "high": True}, [("low",), ("high",)]),
        ({"family": "uniform", "low": 3, "high": 2}, [()]),
        ({"family": "normal", "mean": float("nan"), "std": -1}, [("mean",), ("std",)]),
        ({"family": "lognormal", "mean": -1, "std": 0}, [("mean",), ("std",)]),
        ({"family": "lognormal", "p05": 1}, [()]),
        ({"family": "lognormal", "p05": 1, "p95": "x"}, [("p95",)]),
        ({"family": "lognormal", "p5": 1, "p95": 2}, [("p5",)]),
        ({"family": "lognormal", "p05": 0, "p95": 2}, [()]),
        ({"family": "discrete", "values": [1, "x", True], "probabilities": [1]}, [("values", 1), ("values", 2)]),
        ({"family": "discrete", "values": 3, "probabilities": [1]}, [("values",)]),
        ({"family": "beta", "p05": 1, "p95": 2}, [("p05",), ("p95",), ("a",), ("b",)]),
        ({"family": "metalog", "p10": 1, "p50": 2, "p90": 3, "low": "0"}, [("low",)]),
        ({"family": "empirical", "p10": 1, "high": 3}, [("low",)]),
    ],
)
def test_problems_say_their_key(spec, places):
    assert [problem.keys for problem in problems(spec)] == [KEYS + place for place in places]


def test_catalogue_lists_every_family_once():
    rows = catalogue()
    assert [row.name for row in rows] == list(family_names())
    (row,) = (row for row in rows if row.name == "metalog")
    assert row.parameters == ("coefficients [, low] [, high]", "3 to 16 quantiles pNN [, low] [, high]")
    assert row.summary


def test_a_family_without_quantiles_says_so():
    class Bare(Family):
        family = "bare"

    with pytest.raises(TypeError, match="no examples"):
        Bare.examples()
    with pytest.raises(ParameterError, match="parameters by name: value"):
        family_class("constant").from_quantiles(p05=1)
