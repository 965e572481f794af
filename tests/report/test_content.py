"""The report says what the analysis found, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
import xarray as xr

from popsim import analysis
from popsim.errors import RunError
from popsim.report.content import compose
from popsim.report.document import Bullets, Details, Document, Figure, Paragraph, Section, Table
from popsim.report.numbers import amount, money, money_range, percent
from popsim.study.model import Study

from .printed import first_table, lead_of

MakeStudy = Callable[..., Study]
MakeRun = Callable[..., xr.Dataset]


@pytest.fixture(scope="module")
def document(study: Study, dataset: xr.Dataset) -> Document:
    return compose(study, dataset)


@pytest.fixture(scope="module")
def summary(dataset: xr.Dataset) -> xr.Dataset:
    return analysis.summarise(dataset, 0.90).squeeze("option")


def section(document: Document, name: str) -> Section:
    return next(part for part in document.sections if part.id == name)


def find(document: Document, name: str, kind: type) -> list:
    blocks = []
    for block in section(document, name).blocks:
        blocks += [block, *(block.blocks if isinstance(block, Details) else ())]
    return [block for block in blocks if isinstance(block, kind)]


def strings(thing: object) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple):
        for item in thing:
            yield from strings(item)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from strings(getattr(thing, field.name))


def ends(summary: xr.Dataset, name: str, **where: object) -> list[tuple[float, float]]:
    chosen = [
        summary[f"{name}_quantile{suffix}"].sel(where).sel(quantile=q, method="nearest").item()
        for q in (0.05, 0.5, 0.95)
        for suffix in ("", "_error")
    ]
    return [(chosen[0], chosen[1]), (chosen[2], chosen[3]), (chosen[4], chosen[5])]


def column_precision(summary: xr.Dataset, variable: str) -> float:
    """Place at which the coarsest figure of a variable ends, but leaving digits of the smallest and the middle one."""
    cells = []
    for statistic in ("quantile", "mean"):
        values, errors = (summary[f"{variable}_{statistic}{suffix}"].values.ravel() for suffix in ("", "_error"))
        cells += list(zip(values.tolist(), errors.tolist(), strict=True))
    exponent = max(max(np.floor(np.log10(2 * error)), np.floor(np.log10(value)) - 3) for value, error in cells)
    sizes = sorted(value for value, _ in cells)
    usual = min(size for size in sizes if size >= 0.1 * sizes[(len(sizes) - 1) // 2])
    limit = min(np.floor(np.log10(sizes[0])), np.floor(np.log10(usual)) - 1)
    return float(10.0 ** min(exponent, limit))


def test_headline_is_the_range_of_the_summary(document: Document, summary: xr.Dataset) -> None:
    low, _, high = ends(summary, "cost")
    assert document.headline == f"{money_range(*low, *high, 'US$ billion')} (90\u202f%\u00a0interval)"
    assert money_range(*low, *high, "US$ billion") in lead_of(document)[0]


def test_headline_names_the_area_with_the_widest_range(document: Document, summary: xr.Dataset, study: Study) -> None:
    spread = {}
    for area in study.areas:
        low, _, high = ends(summary, "cost_by_area", area=area.id)
        finest = column_precision(summary, "cost_by_area")
        spread[area.name] = (high[0] - low[0], money_range(*low, *high, "US$ billion", finest))
    name = max(spread, key=lambda name: spread[name][0])
    assert f"“{name}”: {spread[name][1]} (90" in lead_of(document)[1]


def test_enough_is_the_budget_of_the_analysis(document: Document, dataset: xr.Dataset) -> None:
    found = analysis.budget_for(dataset, 0.80)
    enough = money(found["amount"].item(), found["amount_error"].item(), "US$ billion")
    covered = int((dataset["cost"] <= found["amount"]).sum())
    says = (
        f"{enough} would be enough for the total cost with 80\u202f% confidence: it covers it in {covered:,} of 2,000"
    )
    assert lead_of(document)[-1].startswith(says)
    assert first_table(document).rows[0][-1] in enough


def test_budgets_are_those_of_the_analysis(document: Document, dataset: xr.Dataset) -> None:
    (table,) = find(document, "budgets", Table)
    assert [row[0] for row in table.rows] == [f"{p}\u202f%" for p in (10, 25, 50, 75, 80, 90, 95)]
    for confidence, row in zip((0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95), table.rows, strict=True):
        found = analysis.budget_for(dataset, confidence)
        assert row[1] == amount(found["amount"].item(), found["amount_error"].item(), "US$ billion")


def test_curve_is_that_of_the_analysis(document: Document, dataset: xr.Dataset) -> None:
    (figure,) = find(document, "page-one", Figure)
    (curve,) = figure.draw.keywords["curves"]
    found = analysis.budget_curve(dataset)["amount"].squeeze("option")
    at = np.interp(found["confidence"], curve.confidences, curve.amounts)
    # Points that lie closer together than anybody sees are left out; those that stay are scenarios.
    np.testing.assert_allclose(at, found / 1e9, rtol=1e-4)
    ordered = np.sort(dataset["cost"].values.ravel()) / 1e9
    np.testing.assert_allclose(ordered[np.searchsorted(ordered, np.array(curve.amounts) - 1e-12)], curve.amounts)
    assert "2025 prices" in figure.draw.keywords["amount_label"]


def test_point_estimate_is_that_of_the_analysis(document: Document, dataset: xr.Dataset) -> None:
    found = analysis.point_estimates(dataset)
    text = section(document, "point-estimate").blocks[0]
    assert isinstance(text, Paragraph)
    sure = found["point_estimate_confidence"].item()
    covered = int((dataset["cost"] <= found["point_estimate"]).sum())
    assert covered == round(2_000 * sure)
    assert f"It is enough in {covered:,} of the 2,000 scenarios ({percent(sure)})." in text.text
    enough = analysis.budget_for(dataset, 0.80)
    gap = enough["amount"].item() - found["point_estimate"].item()
    assert money(gap, enough["amount_error"].item(), "US$ billion") in text.text


def test_point_estimate_that_suffices_is_not_called_too_low(study: Study, dataset: xr.Dataset) -> None:
    rich = dataset.assign(point_estimate=dataset["cost"].max("scenario"))
    first, second, *_ = section(compose(study, rich), "point-estimate").blocks
    assert isinstance(first, Paragraph)
    assert isinstance(second, Paragraph)
    assert "in 2,000 of the 2,000 scenarios (100" in first.text
    assert "short of" not in first.text
    assert "In this study they do not" in second.text


@pytest.mark.parametrize(
    ("name", "variable", "skip"),
    [("areas", "cost_by_area", 1), ("years", "cost_by_year", 1), ("groups", "cost_by_region", 2)],
)
def test_tables_are_those_of_the_analysis(
    document: Document, dataset: xr.Dataset, summary: xr.Dataset, name: str, variable: str, skip: int
) -> None:
    dimension = variable.removeprefix("cost_by_")
    table = find(document, name, Table)[0]
    rows = table.rows[:-1] if table.total else table.rows
    assert len(rows) == summary.sizes[dimension]
    finest = column_precision(summary, variable)
    for row, label in zip(rows, summary[dimension].values, strict=True):
        low, median, high = ends(summary, variable, **{dimension: label})
        mean = [summary[f"{variable}_mean{suffix}"].sel({dimension: label}).item() for suffix in ("", "_error")]
        points = [(dataset["point_estimate_by_area"].sel(area=label).item(), median[1])] if name == "areas" else []
        cells = [low, median, high, mean, *points]
        assert row[skip:] == tuple(amount(value, error, "US$ billion", finest) for value, error in cells)


def test_means_in_tables_add_up_to_the_total_within_rounding(document: Document) -> None:
    areas = find(document, "areas", Table)[0]
    means = [Decimal(row[4]) for row in areas.rows]
    # Each printed number is off by at most half of its last place.
    slack = sum(Decimal(1).scaleb(mean.as_tuple().exponent) for mean in means) / 2
    assert abs(sum(means[:-1]) - means[-1]) <= slack
    assert "do not add up" in find(document, "areas", Paragraph)[0].text


def test_groups_count_every_country_once(document: Document, study: Study) -> None:
    tables = find(document, "groups", Table)
    assert [table.columns[0] for table in tables] == ["Region", "Income"]
    for table in tables:
        assert sum(int(row[1]) for row in table.rows) == len(study.countries)


def test_bars_are_sorted_by_median(document: Document) -> None:
    (figure,) = find(document, "areas", Figure)
    bars = figure.draw.keywords["bars"]
    medians = [bar.median for bar in bars]
    assert medians == sorted(medians, reverse=True)
    assert all(bar.low < bar.lower_quartile < bar.median < bar.upper_quartile < bar.high for bar in bars)


def test_dependence_names_both_extremes(document: Document, dataset: xr.Dataset) -> None:
    (table,) = find(document, "dependence", Table)
    effect = analysis.dependence_effect(dataset).squeeze("option")
    widths = [float(row[3]) for row in table.rows]
    expected = [
        effect["width"].sel(assumption=name).item() / 1e9 for name in ("independent", "study", "fully_dependent")
    ]
    assert widths == pytest.approx(expected, rel=0.05)
    assert widths == sorted(widths)


def test_shares_of_evidence_add_up(document: Document, dataset: xr.Dataset) -> None:
    table = find(document, "evidence", Table)[0]
    expected = dataset["expected_cost_by_component"].squeeze("option")
    for basis, printed in zip(("evidence", "proxy", "judgement"), table.rows[-1][1:], strict=True):
        share = expected.where(dataset["component_basis"] == basis).sum().item() / expected.sum().item()
        assert printed == f"{100 * share:.0f}\u202f%"


def test_countries_left_out_are_listed_with_reasons(document: Document, study: Study) -> None:
    tables = find(document, "countries", Table)
    assert len(tables[0].rows) == len(study.countries)
    assert tables[-1].rows == (("Aland", "XAA", "income is HIC"), ("Bland", "XBB", "named under without"))
    text = " ".join(strings(section(document, "countries")))
    assert "below 2,000,000 and above 300,000,000" in text
    assert "1 country: Country 0" in text


def test_provenance_is_complete(document: Document) -> None:
    text = " ".join(strings(section(document, "provenance")))
    for wanted in ("2,000", "5f1c" * 16, "popsim 0.1.0", "numpy ", "--seed 1", "--scenarios 2000"):
        assert wanted in text


def test_a_simulated_range_is_never_called_a_confidence_interval(document: Document) -> None:
    text = " ".join(strings(document)).lower()
    assert "confidence interval" not in text
    assert not re.search(r"\b(nan|inf|none)\b(?! of)", text)


def test_every_amount_names_unit_and_price_year(document: Document) -> None:
    for table in (table for part in document.sections for table in find(document, part.id, Table)):
        if "End" in " ".join(table.columns) or "Budget" in table.columns:
            assert "US$ billion, constant 2025 prices" in table.caption


def test_only_what_the_run_holds_is_reported(document: Document, study: Study, dataset: xr.Dataset) -> None:
    bare = compose(study, dataset[["cost"]])
    names = [part.id for part in bare.sections]
    assert {"budgets", "credibility", "evidence", "countries", "reading", "provenance"} <= set(names)
    needs_more = {"point-estimate", "areas", "groups", "years", "breakdowns", "dependence", "drivers", "financing"}
    assert not needs_more & set(names)
    # What is left stands in the same order.
    assert names == [part.id for part in document.sections if part.id in names]
    assert len(lead_of(bare)) == 2


def test_every_section_has_content_and_a_name_of_its_own(document: Document) -> None:
    assert all(part.blocks and part.title and part.short for part in document.sections)
    for names in zip(*((part.id, part.title, part.short) for part in document.sections), strict=True):
        assert len(set(names)) == len(names)


def test_dependence_is_left_out_when_half_of_it_is_missing(study: Study, dataset: xr.Dataset) -> None:
    part = dataset.drop_vars("cost_countries_independent")
    assert "dependence" not in [found.id for found in compose(study, part).sections]


def test_one_area_one_country_one_year(make_study: MakeStudy, make_run: MakeRun) -> None:
    small = make_study(areas=1, countries=1, years=1)
    document = compose(small, make_run(small, 200))
    assert "1 activity area · 1 country · 2027 · constant 2025 prices" in document.subtitle
    assert len(lead_of(document)) == 2
    assert "1 country is counted" in " ".join(strings(section(document, "countries")))


def test_study_without_spread(make_study: MakeStudy, make_run: MakeRun) -> None:
    certain = make_study(areas=2, countries=3, years=2, gsd=1.0)
    document = compose(certain, make_run(certain, 100))
    assert document.headline.endswith("(no spread)")
    assert " to " not in document.headline
    assert "nothing that it counts is uncertain" in lead_of(document)[0]
    assert len(lead_of(document)) == 1
    assert "dependence" not in [part.id for part in document.sections]


def test_large_amounts_are_billions_throughout(make_study: MakeStudy, make_run: MakeRun) -> None:
    large = make_study(areas=2, countries=3, years=2, median=5e9)
    document = compose(large, make_run(large, 200))
    text = " ".join(strings(document))
    assert "billion" in document.headline
    assert "US$ million" not in text
    assert "US$\u00a0million" not in text


def test_small_amounts_are_millions(make_study: MakeStudy, make_run: MakeRun) -> None:
    small = make_study(areas=2, countries=3, years=2, median=4e5)
    assert "million" in compose(small, make_run(small, 200)).headline


def test_other_coverage_is_said(study: Study, dataset: xr.Dataset) -> None:
    document = compose(replace(study, coverage=0.5), dataset)
    assert "(50\u202f%\u00a0interval)" in document.headline
    assert "1,000 (50\u202f%) fall inside this range, 500 below it and 500 above it" in lead_of(document)[0]


def test_too_few_scenarios_print_no_digits(make_study: MakeStudy, make_run: MakeRun) -> None:
    small = make_study(areas=2, countries=3, years=2)
    document = compose(small, make_run(small, 5))
    assert document.headline == "Too few scenarios for a range (5 scenarios)"
    assert "run at least 80" in lead_of(document)[0]
    assert len(lead_of(document)) == 1
    table = find(document, "areas", Table)[0]
    assert all(row[1] == row[3] == "n/a" for row in table.rows)
    assert find(document, "budgets", Table)[0].rows[-1][1] == "n/a"
    enough = compose(small, make_run(small, 80))
    assert "n/a" not in " ".join(strings(enough))


@pytest.mark.parametrize("damage", ["no cost", "two options, neither full", "no scenario"])
def test_what_is_no_run_is_refused(study: Study, dataset: xr.Dataset, damage: str) -> None:
    broken = {
        "no cost": lambda: dataset.drop_vars("cost"),
        "two options, neither full": lambda: xr.concat(
            [dataset.assign_coords(option=[name]) for name in ("less", "more")], "option"
        ),
        "no scenario": lambda: dataset.isel(scenario=slice(0)),
    }[damage]()
    with pytest.raises(RunError):
        compose(study, broken)


def test_countries_of_one_name_are_told_apart_by_their_codes(study: Study, dataset: xr.Dataset) -> None:
    held = tuple(
        replace(country, name="Land A", size_held="lowest") if index < 2 else replace(country, size_held="")
        for index, country in enumerate(study.countries)
    )
    same = replace(study, countries=held, size_limits=(1.0, None), notes=("two countries have one name",))
    document = compose(same, dataset)
    paragraphs = [block.text for block in find(document, "countries", Paragraph)]
    codes = [country.code for country in held[:2]]
    assert any(f"Land A ({codes[0]}) and Land A ({codes[1]})" in text for text in paragraphs)
    details = find(document, "country-sizes", Details)
    assert any(block == Bullets(("two countries have one name.",)) for each in details for block in each.blocks)
