"""The page of comparison: each function of another tool has the mean and the P90 that popsim's distribution has."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import optimize, stats

import popsim as ps
from popsim.cli.main import main
from popsim.families import build

from .calculation import calculations, executed, rounded

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r'^```(?:toml|csv) title="(.*?)"\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE))
RANKS = np.array([[1, 0.5, 0.2], [0.5, 1, 0.2], [0.2, 0.2, 1]])
"""Rank correlations of the worked example, as its text has them: laboratory, training, office."""


class Law(NamedTuple):
    """A distribution by its quantiles alone; the mean is the integral of these."""

    ppf: Callable[[np.ndarray], np.ndarray]

    def mean(self) -> float:
        middle = (np.arange(200_000) + 0.5) / 200_000
        return float(np.mean(self.ppf(middle)))


def triangle(low: float, mode: float, high: float) -> Any:
    return stats.triang((mode - low) / (high - low), low, high - low)


def trigen(bottom: float, mode: float, top: float, lower: float, upper: float) -> Any:
    def misses(bounds: np.ndarray) -> np.ndarray:
        low, high = mode - np.exp(bounds[0]), mode + np.exp(bounds[1])
        return np.asarray(triangle(low, mode, high).cdf([bottom, top])) - [lower / 100, upper / 100]

    solved = optimize.root(misses, np.log([2 * (mode - bottom), 2 * (top - mode)]), tol=1e-13)
    assert solved.success
    return triangle(mode - np.exp(solved.x[0]), mode, mode + np.exp(solved.x[1]))


def pert(low: float, mode: float, high: float) -> Any:
    width = high - low
    return stats.beta(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width, low, width)


def normal_by_percentiles(lower: float, low: float, upper: float, high: float) -> Any:
    std = (high - low) / (stats.norm.ppf(upper) - stats.norm.ppf(lower))
    return stats.norm(low - std * stats.norm.ppf(lower), std)


def lognormal(mean: float, std: float) -> Any:
    sigma = np.sqrt(np.log1p((std / mean) ** 2))
    return stats.lognorm(sigma, scale=mean / np.sqrt(1 + (std / mean) ** 2))


def cumulative(low: float, high: float, values: list[float], probabilities: list[float]) -> Law:
    return Law(lambda p: np.interp(p, [0, *probabilities, 1], [low, *values, high]))


def truncated(law: Any, low: float, high: float) -> Law:
    below, up_to = law.cdf(low), law.cdf(high)
    return Law(lambda p: law.ppf(below + p * (up_to - below)))


def shifted(law: Any, by: float) -> Law:
    return Law(lambda p: law.ppf(p) + by)


RISK: dict[str, Callable[..., Any]] = {
    "RiskUniform": lambda low, high: stats.uniform(low, high - low),
    "RiskTriang": triangle,
    "RiskTrigen": trigen,
    "RiskPert": pert,
    "RiskNormal": stats.norm,
    "RiskNormalAlt": normal_by_percentiles,
    "RiskLognorm": lognormal,
    "RiskLognorm2": lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
    "RiskGamma": lambda shape, scale: stats.gamma(shape, scale=scale),
    "RiskWeibull": lambda shape, scale: stats.weibull_min(shape, scale=scale),
    "RiskExpon": lambda scale: stats.expon(scale=scale),
    "RiskBetaGeneral": lambda a, b, low, high: stats.beta(a, b, low, high - low),
    "RiskExtValue": stats.gumbel_r,
    "RiskDiscrete": lambda values, chances: stats.rv_discrete(values=(values, chances)),
    "RiskCumul": cumulative,
}
PROPERTIES: dict[str, Callable[..., Any]] = {"RiskTruncate": truncated, "RiskShift": shifted}
INVERSES: dict[str, Callable[..., Any]] = {
    "NORMINV": stats.norm.ppf,
    "LOGNORMINV": lambda p, mu, sigma: np.exp(stats.norm.ppf(p, mu, sigma)),
    "GAMMAINV": lambda p, shape, scale: stats.gamma.ppf(p, shape, scale=scale),
    "BETAINV": lambda p, a, b, low, high: stats.beta.ppf(p, a, b, low, high - low),
}


def in_risk(formula: str) -> Any:
    """Return the distribution that a formula of @RISK stands for."""
    text = re.sub(r"([\d.]+)%", lambda found: str(float(found[1]) / 100), formula)
    text = text.replace("{", "[").replace("}", "]")
    found = re.fullmatch(r"(\w+)\((.*?)(?:, (RiskTruncate|RiskShift)\((.*)\))?\)", text)
    assert found, formula
    law = RISK[found[1]](*eval(f"[{found[2]}]", {"__builtins__": {}}))
    return PROPERTIES[found[3]](law, *eval(f"[{found[4]}]", {"__builtins__": {}})) if found[3] else law


def in_spreadsheet(formula: str) -> Law:
    """Return the distribution that a formula of a spreadsheet draws from."""
    text = formula.replace(".INV", "INV").replace("RAND()", "p")
    return Law(lambda p: eval(text, {"__builtins__": {}}, {**INVERSES, "p": p}))


def table(name: str) -> list[list[str]]:
    (text,) = re.findall(rf"<!-- begin {name} -->\n(.*?)<!-- end {name} -->", PAGE, re.DOTALL)
    rows = [line.strip("|").split(" | ") for line in text.strip().splitlines()[2:]]
    return [[cell.strip(" `") for cell in row] for row in rows]


ROWS = [(row[0], in_risk, *row[2:]) for row in table("mapped")]
ROWS += [(row[0], in_spreadsheet, *row[1:]) for row in table("inverse")]


@pytest.mark.parametrize(("formula", "read", "cost", "mean", "p90"), ROWS, ids=[row[0] for row in ROWS])
def test_a_function_has_the_figures_of_its_distribution(
    formula: str, read: Callable[[str], Any], cost: str, mean: str, p90: str
) -> None:
    theirs = read(formula)
    ours = build(tomllib.loads(f"cost = {cost}")["cost"], "page", ("cost",))
    assert ours.mean() == pytest.approx(float(theirs.mean()), rel=1e-5)
    points = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    assert ours.ppf(points) == pytest.approx(np.asarray(theirs.ppf(points)), rel=1e-6)
    assert [rounded(ours.mean(), mean), rounded(ours.ppf(0.9).item(), p90)] == [mean, p90]
    assert ours.support()[0] >= 0, "a catalogue takes it as a cost"


def test_a_wrong_row_would_be_found() -> None:
    """Negative control: shape and scale changed round, and one lognormal taken for the other."""
    wrong = build({"family": "gamma", "shape": 25, "scale": 4}, "page", ("cost",))
    assert wrong.ppf(0.9).item() != pytest.approx(float(in_risk("RiskGamma(4, 25)").ppf(0.9)), rel=1e-2)
    assert in_risk("RiskLognorm2(4, 2)").mean() == pytest.approx(np.exp(4 + 2**2 / 2))
    assert in_risk("RiskLognorm(4, 2)").mean() == pytest.approx(4)


def test_the_arithmetic_of_the_page() -> None:
    for _, value, printed in executed(calculations(PAGE)):
        assert rounded(value, printed) == printed


@pytest.mark.parametrize("rank", [0.2, 0.5, 0.8])
def test_a_rank_correlation_becomes_one_of_normal_scores(rank: float) -> None:
    scores = 2 * np.sin(np.pi / 6 * rank)
    inputs: dict[str, ps.Family] = {"a": ps.LogNormal(0, 1), "b": ps.Triangular(0, 1, 9)}
    drawn = ps.sample(inputs, scenarios=100_000, seed=1, correlation=float(scores))
    found = stats.spearmanr(drawn["a"].values, drawn["b"].values).statistic
    assert found == pytest.approx(rank, abs=4 / 100_000**0.5)
    apart = np.linspace(0, 1, 1001)
    assert 0.017 < np.max(2 * np.sin(np.pi / 6 * apart) - apart) <= 0.0185, "the page: at most 0.018"


def cells(n: int) -> np.ndarray:
    """Draw the total of the workbook, in thousands, without popsim."""
    generator = np.random.default_rng(5)
    root = np.linalg.cholesky(2 * np.sin(np.pi / 6 * RANKS))
    u = stats.norm.cdf(generator.standard_normal((n, 3)) @ root.T)
    flood = (generator.random(n) < 0.2) * generator.uniform(100, 300, n)
    first, second, third = (in_risk(text).ppf(u[:, k]) for k, text in enumerate(workbook()))
    return np.asarray(first + second + 3 * third + flood)


def workbook() -> list[str]:
    """Return the formulas of the first three cells, without their correlations."""
    found = re.findall(r"`=(Risk\w+\([^`]*), RiskCorrmat\(M, \d\)\)`", PAGE)
    return [f"{formula})" for formula in found]


@pytest.mark.slow
def test_the_workbook_becomes_a_study_with_the_same_total(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    for line in commands:
        with pytest.raises(SystemExit) as leaving:
            main(line.split()[1:])
        assert not leaving.value.code, (line, capsys.readouterr().err)
    ds = ps.load_run("results/moved").dataset
    assert float(ds["expected_cost"][0]) == pytest.approx(1000 * executed(calculations(PAGE))[-1][1], rel=1e-9)
    theirs = cells(400_000)
    (said,) = re.findall(r"([\d,]+), ([\d,]+) and ([\d,]+) thousand dollars", PAGE)
    for p, printed in zip((0.1, 0.5, 0.9), said, strict=True):
        ours = ps.budget_for(ds, confidence=p)
        amount, error = float(ours["amount"][0]) / 1000, float(ours["amount_error"][0]) / 1000
        reference = float(np.quantile(theirs, p))
        assert amount == pytest.approx(reference, abs=4 * error * (1 + 20_000 / 400_000) ** 0.5)
        assert round(reference) == float(printed.replace(",", ""))
