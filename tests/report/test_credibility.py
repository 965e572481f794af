"""The page on whether a result can be believed says what the analysis found of this run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from popsim import analysis
from popsim.families import Uniform
from popsim.report.content import compose
from popsim.report.document import Bullets, Figure, Section, Table
from popsim.report.html import render
from popsim.report.numbers import percent
from popsim.study.model import Setting, Study

MakeStudy = Callable[..., Study]
MakeRun = Callable[..., xr.Dataset]


def section(study: Study, dataset: xr.Dataset, name: str = "credibility") -> Section:
    return next(part for part in compose(study, dataset).sections if part.id == name)


def items(study: Study, dataset: xr.Dataset, name: str = "credibility") -> str:
    return " ".join(next(block for block in section(study, dataset, name).blocks if isinstance(block, Bullets)).items)


def test_shares_by_basis_and_the_largest_assumption(study: Study, dataset: xr.Dataset) -> None:
    text = items(study, dataset)
    costs = dataset["expected_cost_by_component"].squeeze("option").to_series()
    basis = dict(zip(costs.index, dataset["component_basis"].values, strict=True))
    for name in ("evidence", "proxy", "judgement"):
        share = sum(value for key, value in costs.items() if basis[key] == name) / costs.sum()
        assert f"{percent(share, finest=0.01)} on {name}" in text
    judged = {key: value for key, value in costs.items() if basis[key] == "judgement"}
    largest = max(judged, key=lambda key: judged[key])
    component = next(c for a in study.areas for c in a.components if f"{a.id}/{c.id}" == largest)
    assert f"“{component.name}”" in text
    assert f"carries {percent(judged[largest] / costs.sum(), finest=0.01)}" in text


def test_a_study_without_judgement_has_no_largest_assumption(study: Study, dataset: xr.Dataset) -> None:
    areas = tuple(
        replace(area, components=tuple(replace(part, basis="evidence") for part in area.components))
        for area in study.areas
    )
    text = items(replace(study, areas=areas), dataset)
    assert "as shares of the expected cost: 100\u202f% on evidence." in text
    assert "largest single assumption" not in text


def test_countries_that_are_correlated(study: Study, dataset: xr.Dataset) -> None:
    text = items(study, dataset)
    found = analysis.effective_countries(dataset, len(study.countries))["effective_countries"].item()
    said = float(re.search(r"40 countries average out chance no better than ([\d.]+)", text)[1])
    assert said == pytest.approx(found, rel=0.1)


def test_exact_and_simulated_mean(study: Study, dataset: xr.Dataset) -> None:
    text = items(study, dataset, "computation")
    summary = analysis.summarise(dataset[["cost"]])
    apart = abs(summary["cost_mean"] - dataset["expected_cost"]).item() / summary["cost_mean_error"].item()
    assert f"The two are {apart:.1f} standard errors apart, as near as chance leads one to expect" in text
    # Negative control: an exact mean that is wrong is not called near.
    wrong = dataset.assign(expected_cost=1.2 * dataset["expected_cost"])
    assert "further than chance explains" in items(study, wrong, "computation")


def test_exact_and_simulated_standard_deviation(study: Study, dataset: xr.Dataset) -> None:
    text = items(study, dataset, "computation")
    summary = analysis.summarise(dataset[["cost"]])
    exact = analysis.exact_moments(study)["exact_std"].item()
    apart = abs(summary["cost_std"].item() - exact) / summary["cost_std_error"].item()
    assert "of the total cost is known exactly as well, by the method of moments" in text
    assert f"The two are {apart:.1f} standard errors apart, as near" in text
    assert "further than chance explains" not in text
    # Negative control: a study whose countries share more than those of the run.
    more = replace(study, areas=tuple(replace(area, common_share=0.9) for area in study.areas))
    assert "further than chance explains" in items(more, dataset, "computation")


def test_a_standard_deviation_without_a_formula_says_why(study: Study, dataset: xr.Dataset) -> None:
    late = replace(study, start=Setting(Uniform(0.0, 2.0)))
    text = items(late, dataset, "computation")
    assert "Only the mean is known exactly. There is no formula" in text
    assert "of a study with: starts of countries." in text


def test_precision_is_that_of_the_summary(study: Study, dataset: xr.Dataset) -> None:
    worst = analysis.precision.relative_error(dataset["cost"].values, 0.9)
    said = float(re.search(r"no more than ([\d.]+)\u202f% of each", items(study, dataset))[1])
    assert said == pytest.approx(100 * worst, rel=0.05)


def test_the_figure_is_the_convergence_of_the_analysis(study: Study, dataset: xr.Dataset) -> None:
    (figure,) = (
        block for block in section(study, dataset, "computation").blocks if getattr(block, "name", "") == "convergence"
    )
    data = figure.draw.keywords
    found = analysis.convergence(dataset).squeeze("option")
    np.testing.assert_array_equal(data["counts"], found["count"])
    for line, level in zip(data["quantiles"], (0.95, 0.5, 0.05), strict=True):
        np.testing.assert_allclose(line.values, found["value"].sel(quantile=level) / 1e9, rtol=1e-12)
        assert all(low <= value <= high for low, value, high in zip(line.lows, line.values, line.highs, strict=True))
        assert line.highs[-1] - line.lows[-1] < line.highs[0] - line.lows[0]


def test_shares_of_the_variance_by_what_widths_rest_on(study: Study, dataset: xr.Dataset) -> None:
    assert "of the variance" not in items(study, dataset)
    parts = np.stack([dataset["cost"] * share for share in (0.25, 0.0, 0.75)], axis=-1)
    by_width = xr.DataArray(
        parts, dims=("option", "scenario", "width"), coords={"width": ["data", "proxy", "judgement"]}
    )
    text = items(study, dataset.assign(cost_by_width=by_width))
    assert "of the variance of the total cost, 25\u202f% on data and 75\u202f% on judgement" in text


def test_the_pairs_are_those_of_the_analysis(study: Study, dataset: xr.Dataset) -> None:
    (figure,) = (
        block for block in section(study, dataset, "computation").blocks if getattr(block, "name", "") == "pairs"
    )
    data = figure.draw.keywords
    found = analysis.pairs(dataset)
    assert len(data["names"]) == 4
    np.testing.assert_array_equal(data["histograms"], found["share"])
    np.testing.assert_array_equal(data["regions"], found["density"])
    said = data["correlations"][0][3]
    assert said.startswith(f"{found['rank_correlation'].values[0, 3]:.2f} ±")
    assert said in figure.spoken
    few = section(study, dataset.isel(scenario=slice(700)), "computation")
    assert all(getattr(block, "name", "") != "pairs" for block in few.blocks)


def test_contingency_is_that_of_the_analysis(study: Study, dataset: xr.Dataset) -> None:
    tables = [block for block in section(study, dataset, "point-estimate").blocks if isinstance(block, Table)]
    found = analysis.contingency(dataset).squeeze("option")
    assert [row[0] for row in tables[0].rows] == ["50\u202f%", "80\u202f%", "90\u202f%"]
    for row, level in zip(tables[0].rows, (0.5, 0.8, 0.9), strict=True):
        said = float(row[2].replace(",", "")) * 1e9
        assert said == pytest.approx(found["contingency"].sel(confidence=level).item(), rel=0.1)
    parts = [float(row[3].replace(",", "").replace("\u2212", "-")) for row in tables[1].rows]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], rel=0.05)


@pytest.mark.parametrize("share", [0.25, 0.8, 2.0, 0.0])
def test_a_contingency_may_exceed_the_estimate_that_it_tops(study: Study, dataset: xr.Dataset, share: float) -> None:
    estimate = share * dataset["cost"].mean().item()
    changed = dataset.assign(point_estimate=("option", [estimate]))
    table = next(block for block in section(study, changed, "point-estimate").blocks if isinstance(block, Table))
    for row, level in zip(table.rows, (0.5, 0.8, 0.9), strict=True):
        if not estimate:
            assert row[-1] == "–"
            continue
        on_top = float(row[-1].removesuffix("\u202f%").replace(",", "").replace("\u2212", "-"))
        enough = analysis.budget_for(dataset, level)["amount"].item()
        assert on_top == pytest.approx(100 * (enough / estimate - 1), rel=0.05, abs=1.0)


@pytest.mark.parametrize("scenarios", [1, 2, 5, 20, 60, 100])
def test_few_scenarios(study: Study, dataset: xr.Dataset, scenarios: int) -> None:
    text = render(compose(study, dataset.isel(scenario=slice(scenarios))))
    assert not re.search(r">(nan|inf)|\bnan\b", text)
    if scenarios < 78:
        assert "too few to know the error of this range" in text


def test_a_certain_study_has_nothing_to_settle(make_study: MakeStudy, make_run: MakeRun) -> None:
    certain = make_study(areas=2, countries=3, years=2, gsd=1.0)
    document = compose(certain, make_run(certain, 100))
    names = {block.name for part in document.sections for block in part.blocks if isinstance(block, Figure)}
    assert not names & {"convergence", "pairs"}


@pytest.mark.parametrize("countries", [1, 2])
def test_one_country_has_none_to_move_with(make_study: MakeStudy, make_run: MakeRun, countries: int) -> None:
    study = make_study(areas=1, countries=countries, years=2)
    document = compose(study, make_run(study, 200))
    text = render(document)
    is_said = countries > 1
    assert ("dependence" in {part.id for part in document.sections}) == is_said
    assert ("Were countries independent of each other" in text) == is_said
    assert ("That costs move together between areas and countries is assumed" in text) == is_said


@pytest.mark.parametrize(
    ("value", "error", "printed"), [(-0.001, 0.012, "0.00 ± 0.02"), (-0.25, 0.01, "\u22120.25 ± 0.01")]
)
def test_a_correlation_that_is_printed_as_0_has_no_minus(
    study: Study, dataset: xr.Dataset, monkeypatch: pytest.MonkeyPatch, value: float, error: float, printed: str
) -> None:
    found = analysis.pairs(dataset)
    made = {"rank_correlation": value, "rank_correlation_error": error}
    changed = found.assign({name: xr.full_like(found[name], number) for name, number in made.items()})
    monkeypatch.setattr(analysis, "pairs", lambda *_: changed)
    (figure,) = (
        block for block in section(study, dataset, "computation").blocks if getattr(block, "name", "") == "pairs"
    )
    assert figure.spoken.count(printed) == 6


def test_shares_without_an_error_are_left_out(study: Study, dataset: xr.Dataset) -> None:
    """Replicates of one scenario each have no spread that shows an error of shares of the variance."""
    few = dataset.isel(scenario=slice(0, 32)).assign_attrs(replicates=32)
    assert "of the variance of the total cost" not in items(study, few)
