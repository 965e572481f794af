"""The calculations on the page "From evidence to a range" are executed as they stand, and its numbers follow."""

from __future__ import annotations

import json
import math
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import popsim as ps
from popsim.cli.main import main
from popsim.study import load_study
from popsim.study.evidence_check import check_evidence

from ..study.evidence_studies import write
from .calculation import calculations, executed, rounded

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "concepts" / "evidence-to-range.md").read_text(encoding="utf-8")
CALCULATIONS = calculations(PAGE)
ROWS: list[dict[str, Any]] = tomllib.loads(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])["component"][0]["data"]
LINES = executed(CALCULATIONS)
VALUES = {name: value for name, value, _ in LINES}


@pytest.mark.parametrize(("name", "value", "printed"), LINES, ids=[name for name, *_ in LINES])
def test_a_printed_number_is_what_its_line_gives(name: str, value: float, printed: str) -> None:
    assert rounded(value, printed) == printed


def test_a_wrong_number_would_be_found() -> None:
    ((_, value, printed),) = executed("m = ln(2) / 2 = 0.374")
    assert rounded(value, printed) == "0.347"


def test_the_lines_are_those_of_the_data() -> None:
    assert [row["amount"] / 1e6 for row in ROWS] == [3.30, 5.55, 0.90]
    index = {2002: 179.9, 2006: 201.6, 2010: 218.056}
    for k, row in enumerate(ROWS, 1):
        assert VALUES[f"a{k}"] == pytest.approx(row["amount"] / 1e6 * index[2010] / index[row["year"]])
        assert VALUES[f"x{k}"] == row["size"] / 10_000_000


def test_numpy_agrees_with_the_calculation_by_hand() -> None:
    amounts = np.array([VALUES[f"a{k}"] for k in (1, 2, 3)])
    sizes = np.array([1.0, 4.0, 0.5])
    scores = np.log(amounts / sizes**0.5)
    assert VALUES["m"] == pytest.approx(scores.mean())
    assert VALUES["s"] == pytest.approx(scores.std(ddof=1))
    line = stats.linregress(np.log(sizes), np.log(amounts))
    assert VALUES["g"] == pytest.approx(line.slope)
    assert VALUES["error_of_g"] == pytest.approx(line.stderr)


def test_ps_fit_agrees_with_the_calculation_by_hand() -> None:
    amounts = [VALUES[f"a{k}"] for k in (1, 2, 3)]
    known = ps.fit(amounts, sizes=[1.0, 4.0, 0.5], size_exponent=0.5)
    assert known.predictive_at(1.0).ppf([0.05, 0.5, 0.95]) == pytest.approx(
        [VALUES["low"], VALUES["middle"], VALUES["high"]], rel=1e-9
    )
    assert known.common_share == pytest.approx(VALUES["common"])
    estimated = ps.fit(amounts, sizes=[1.0, 4.0, 0.5], size_exponent="estimate")
    assert estimated.centre == pytest.approx(VALUES["centre"])
    assert estimated.exponent == pytest.approx(VALUES["g"])
    assert estimated.spread == pytest.approx(VALUES["s_fit"])
    assert estimated.predictive.ppf([0.05, 0.95]) == pytest.approx([VALUES["low_fit"], VALUES["high_fit"]], rel=1e-9)
    x = math.log(3.0)
    scale = VALUES["s_fit"] * math.sqrt(1 + 1 / 3 + (x - VALUES["u"]) ** 2 / VALUES["squares"])
    high = math.exp(VALUES["v"] + VALUES["g"] * (x - VALUES["u"]) + VALUES["t95_fit"] * scale)
    assert estimated.predictive_at(3.0).ppf(0.95).item() == pytest.approx(high, rel=1e-9)


def test_the_entry_loads_and_costs_what_the_page_says(tmp_path: Path) -> None:
    file = write(tmp_path, re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])
    shutil.copy(ROOT / "configs" / "prices.csv", file.parent)
    study = load_study(file, {"size.reference": 10_000_000.0, "size.highest": 100_000_000.0})
    (component,) = study.areas[-1].components
    assert [datum.reference_amount for datum in component.data] == pytest.approx(
        [1e6 * VALUES[f"r{k}"] for k in (1, 2, 3)]
    )
    (exponent,) = component.exponents
    to_reference = exponent.reference**-0.5
    cap = stats.t.cdf((math.log(20.0) - VALUES["m"]) / VALUES["scale"], 2)
    low = math.exp(VALUES["m"] + stats.t.ppf(0.05 * cap, 2) * VALUES["scale"])
    assert to_reference * component.cost.ppf(0.05).item() == pytest.approx(1e6 * low)
    assert to_reference * component.cost.support()[1] == pytest.approx(20e6)
    assert f"{to_reference * component.cost.mean() / 1e6:.2f}" == dict(row[::2] for row in table("| cap |"))["20"]
    assert component.common_share == pytest.approx(VALUES["common"])
    assert check_evidence(study) == ()


@pytest.mark.slow
def test_the_command_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = re.findall(r"```sh\npopsim (.*)\n```", PAGE)
    file = tmp_path / "projects.csv"
    rows = [f"{1e6 * VALUES[f'a{k}']!r},{row['size']}" for k, row in enumerate(ROWS, 1)]
    file.write_text("\n".join(["amount,people", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(SystemExit) as leaving:
        main([*line.replace("projects.csv", str(file)).split(), "--json"])
    assert leaving.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert [said["low"], said["high"]] == pytest.approx([1e6 * VALUES["low_fit"], 1e6 * VALUES["high_fit"]])


def prose_numbers(text: str) -> set[str]:
    """Return the numbers with a decimal point that stand in the running text of some sections."""
    without = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    without = "\n".join(line for line in without.splitlines() if not line.startswith(("|", "    ")))
    return set(re.findall(r"(?<![\w.])\d+\.\d+(?!\w|\.\d)", without))


def test_numbers_in_the_prose_follow_from_the_lines() -> None:
    start, end = PAGE.index("## Step 1"), PAGE.index("## What is assumed")
    stated = {"179.9", "201.6", "218.056", "0.5", "0.95", "0.1", "6.5"}
    values = [*VALUES.values(), VALUES["centre"] * 10, stats.norm.ppf(0.95)]
    for number in prose_numbers(PAGE[start:end]) - stated:
        decimals = len(number.partition(".")[2])
        assert any(f"{value:.{decimals}f}" == number for value in values), number
    assert {"0.33", "18.5", "0.93", "6.6", "2.48", "12.6"} <= prose_numbers(PAGE)
    assert f"{VALUES['p_spread']:.0%}"[:-1] == "33"
    assert "33 of 100 sets" in PAGE


def table(heading: str) -> list[list[str]]:
    """Return the rows below the heading row of the table that begins so."""
    lines = PAGE[PAGE.index(heading) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_what_few_data_cost() -> None:
    rows = table("| points n | exponent known")
    assert len(rows) == 6
    for points, known, estimated in rows:
        n = int(points)
        for cell, k in ((known, 1), (estimated, 2)):
            factor = stats.t.ppf(0.95, n - k) * math.sqrt(1 + 1 / n) / stats.norm.ppf(0.95)
            assert f"{factor:.2f}" == cell


def test_what_the_cap_does() -> None:
    m, scale = VALUES["m"], VALUES["scale"]
    rows = table("| cap |")
    assert len(rows) == 5
    for cap, chance, mean in rows:
        end = (math.log(float(cap)) - m) / scale
        assert f"{stats.t.sf(end, 2):.1%}" == chance.replace(" ", "")
        area, _ = integrate.quad(lambda v: math.exp(m + scale * v) * stats.t.pdf(v, 2), -np.inf, end)
        assert f"{area / stats.t.cdf(end, 2):.2f}" == mean


def test_how_far_out_the_ends_lie_where_level_and_exponent_are_drawn_apart() -> None:
    rng = np.random.default_rng(20261129)
    rows = table("| points n | too far by |")
    assert len(rows) == 4
    for points, stated in rows:
        n = int(points)
        apart = rng.standard_t(n - 2, 400_000) * math.sqrt(1 + 1 / n) + rng.standard_t(n - 2, 400_000)
        together = stats.t.ppf(0.95, n - 2) * math.sqrt(1 + 1 / n + 1)
        assert np.quantile(apart, 0.95) / together - 1 == pytest.approx(float(stated.rstrip(" %")) / 100, abs=0.012)


def is_gamma_likelier(costs: np.ndarray) -> bool:
    """Return whether a gamma is likelier than a lognormal, each at its own estimates (both have two parameters)."""
    logs = np.log(costs)
    gap = math.log(costs.mean()) - logs.mean()
    shape = optimize.brentq(lambda k: math.log(k) - special.digamma(k) - gap, 1e-3, 1e6)
    gamma = stats.gamma.logpdf(costs, shape, scale=costs.mean() / shape).sum()
    return bool(gamma > stats.norm.logpdf(logs, logs.mean(), logs.std()).sum() - logs.sum())


@pytest.mark.parametrize(("points", "stated"), [(6, 43), (30, 30), (100, 14)])
def test_how_seldom_costs_tell_a_lognormal_from_a_gamma(points: int, stated: int) -> None:
    rng = np.random.default_rng(points)
    share = np.mean([is_gamma_likelier(np.exp(0.6 * rng.normal(size=points))) for _ in range(2_000)])
    assert 100 * share == pytest.approx(stated, abs=3.5)
    assert "in 43 of 100 cases, of\nthirty costs in 30, of a hundred in 14" in PAGE


def coverage(interval: Any, points: int, *, sets: int = 4000) -> float:
    """Return how often an interval from some simulated points covers a new one."""
    rng = np.random.default_rng(20261129)
    data = rng.normal(size=(sets, points))
    level, spread, new = data.mean(axis=1), data.std(axis=1, ddof=1), rng.normal(size=sets)
    half = interval(spread, points)
    return float(np.mean(np.abs(new - level) <= half))


def test_the_predictive_range_covers_what_it_says_and_the_tempting_one_does_not() -> None:
    def predictive(spread: np.ndarray, n: int) -> np.ndarray:
        return np.asarray(stats.t.ppf(0.95, n - 1) * spread * math.sqrt(1 + 1 / n))

    def plugged(spread: np.ndarray, n: int) -> np.ndarray:
        return np.asarray(stats.norm.ppf(0.95) * spread)

    assert coverage(predictive, 3) == pytest.approx(0.90, abs=0.015)
    assert coverage(plugged, 3) < 0.75


def test_the_common_share_is_the_correlation_of_two_new_countries() -> None:
    """The errors of prediction of two countries from the same three points are correlated by 1 / (n + 1)."""
    rng = np.random.default_rng(3)
    level = rng.normal(size=(200_000, 3)).mean(axis=1)
    first, second = rng.normal(size=(2, 200_000)) - level
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.25, abs=0.01)
    for words, n in (("1/4 from three", 3), ("1/8 from seven", 7)):
        assert words in PAGE
        assert words.startswith(f"1/{n + 1}")
