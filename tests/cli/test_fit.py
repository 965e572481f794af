"""`popsim fit`: what it prints is what `ps.fit` finds, and every wrong file or option is refused."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import popsim as ps

AMOUNTS = [4_200_000.0, 930_000.0, 8_208_318.0, 2_600_000.0, 6_300_000.0]
SIZES = [4.1, 1.2, 0.12, 1.4, 7.0]


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    rows = [f"p{k},{amount:.0f},{size},2012" for k, (amount, size) in enumerate(zip(AMOUNTS, SIZES, strict=True))]
    path = tmp_path / "projects.csv"
    path.write_text("\n".join(["id,amount,people,year", *rows, ""]))
    return path


def test_it_prints_what_the_fit_finds(call: Callable[..., Any], projects: Path) -> None:
    done = call("fit", "projects.csv")
    fit = ps.fit(AMOUNTS)
    assert (done.status, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    text = " ".join(done.out.split())
    low, high = (f"{float(f'{end:.4g}'):,.0f}" for end in fit.interval(0.9))
    assert f"90% of new amounts lie between {low} and {high}." in text
    assert "5 amounts from 930,000 to 8,208,000; lognormal, 4 degrees of freedom." in text
    assert "common share 0.1667" in text
    for family in ("lognormal", "gamma", "weibull", "normal"):
        assert f"{family} {ps.fit(AMOUNTS, family).aicc:.2f}" in re.sub(r" +", " ", done.out)


@pytest.mark.slow
def test_json_holds_all_of_it(call: Callable[..., Any], projects: Path) -> None:
    facts = json.loads(call("fit", "projects.csv", "--size-column", "people", "--coverage", "80%", "--json").out)
    fit = ps.fit(AMOUNTS, sizes=SIZES, size_exponent="estimate")
    assert [facts["low"], facts["high"]] == pytest.approx(fit.interval(0.8), rel=1e-12)
    assert facts["exponent"] == pytest.approx(fit.exponent, rel=1e-12)
    assert facts["exponent_error"] == pytest.approx(fit.estimate.exponent_error)
    assert facts["p_value"] == fit.anderson_darling.p_value
    assert facts["residuals"] == pytest.approx(fit.residuals)
    assert {each["family"] for each in facts["ranking"]} == {"lognormal", "gamma", "weibull"}
    assert facts["predictive_mean"] is None


@pytest.mark.slow
def test_the_line_of_a_catalogue_is_toml(call: Callable[..., Any], projects: Path) -> None:
    line = json.loads(call("fit", "projects.csv", "--size-column", "people", "--json").out)["toml"]
    cost = tomllib.loads(line.replace("CAP", "30_000_000"))["cost"]
    assert cost == {"fit": "lognormal", "size": "estimate", "cap": 30_000_000, "cap_rationale": "WHY"}
    known = json.loads(call("fit", "projects.csv", "--size-column", "people", "--size-exponent", "0.6", "--json").out)
    assert 'fit = "lognormal", size = 0.6' in known["toml"]
    assert known["exponent_error"] is None


def test_of_several_families_the_best(call: Callable[..., Any], projects: Path) -> None:
    facts = json.loads(call("fit", "projects.csv", "--family", "gamma", "--family", "normal", "--json").out)
    assert facts["family"] == ps.fit(AMOUNTS, families=["gamma", "normal"]).family


@pytest.mark.slow
def test_where_no_aicc_is_to_be_had_the_order_is_explained(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("amount\n2\n3\n7\n")
    few, more = call("fit", "few.csv").out, call("fit", "few.csv", "--family", "lognormal").out
    assert all("in order of their likelihood" in " ".join(out.split()) for out in (few, more))
    order = re.findall(r"^  (lognormal|gamma|weibull|normal) +- ", few, re.MULTILINE)
    assert order == sorted(order, key=lambda family: -ps.fit([2, 3, 7], family).estimate.log_likelihood)
    (tmp_path / "enough.csv").write_text("amount\n2\n3\n7\n9\n")
    assert "likelihood" not in call("fit", "enough.csv").out


@pytest.mark.slow
def test_sizes_are_over_that_of_the_reference(call: Callable[..., Any], projects: Path) -> None:
    options = ("--size-column", "people", "--json")
    one = json.loads(call("fit", "projects.csv", *options).out)
    ten = json.loads(call("fit", "projects.csv", *options, "--reference-size", "10").out)
    assert ten["centre"] == pytest.approx(one["centre"] / 10)
    assert ten["high"] == pytest.approx(one["high"])


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG")])
def test_a_figure_is_the_same_each_time(
    call: Callable[..., Any], projects: Path, tmp_path: Path, name: str, begins: bytes
) -> None:
    assert call("fit", "projects.csv", "--figure", name).status == 0
    first = (tmp_path / name).read_bytes()
    assert call("fit", "projects.csv", "--figure", name).status == 0
    assert first.startswith(begins)
    assert (tmp_path / name).read_bytes() == first


def test_rows_that_are_only_shown_stay_out(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("amount;use;year\n1;fit;2010\n2;fit;2011\n9;shown;2011\n4;;2011\n")
    done = call("fit", "d.csv")
    assert done.out.startswith("3 amounts from 1 to 4")
    assert "1 row that is only shown (use = shown) is left out" in " ".join(done.out.split())
    assert "the column year holds 2010, 2011: amounts are compared as they are" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("amount\n1\n", (), "2 points or more"),
        ("amount\n3\n3\n", (), "points that differ"),
        ("amount\n3\n-1\n", (), "a number above 0"),
        ("amount\n3\nmany\n", (), "line 3, column amount"),
        ("amount\n", (), "a row for each amount"),
        ("cost\n3\n1\n", (), "columns amount"),
        ("cost,people\n3,1\n1,2\n", (), "a column amount"),
        ("amount\n3\n1\n", ("--size-column", "people"), "columns amount, people"),
        ("amount,people\n3,1\n1,0\n4,1\n", ("--size-column", "people"), "a number above 0"),
        ("amount,people\n3,1\n1,2\n", ("--size-column", "people"), "3 points or more"),
        ("amount\n3\n1\n", ("--size-exponent", "0.5"), "only with --size-column"),
        ("amount\n3\n1\n", ("--family", "cauchy"), '"lognormal", "gamma"'),
        ("amount\n3\n1\n", ("--figure", "a.gif"), ".svg or .png"),
        ("amount\n3\n1\n", ("--figure", "no/such/a.svg"), "writing"),
        ("amount\n3\n1\n", ("--coverage", "2"), "neither between 0% and 100%"),
        ("amount\n3\n1\n", ("--size-exponent", "big"), "neither a number nor the word estimate"),
    ],
)
def test_refused(call: Callable[..., Any], tmp_path: Path, text: str, options: tuple[str, ...], said: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    done = call("fit", "d.csv", *options)
    assert done.status == 2
    assert said in " ".join((done.out + done.err).split())


def test_a_missing_file_is_refused(call: Callable[..., Any]) -> None:
    done = call("fit", "none.csv")
    assert done.status == 2
    assert "none.csv" in done.err
