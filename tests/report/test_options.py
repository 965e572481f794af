"""Options and totals in the report: what the analysis says of them, and everything else about the full programme."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from popsim import analysis, schema
from popsim.errors import RunError
from popsim.families.uniform import Uniform
from popsim.report.comparison import Comparison
from popsim.report.content import compose
from popsim.report.data import gather
from popsim.report.document import Bullets, Details, Document, Figure, Paragraph, Section, Table
from popsim.report.html import render
from popsim.report.numbering import numbered
from popsim.report.summary_csv import write_summary_csv
from popsim.report.totals import title
from popsim.schema import SIMULATED_TOTALS
from popsim.study.model import Study

from .printed import check_cell, first_table, lead_of

UNIT = "US$ billion"
Pair = tuple[Study, xr.Dataset]


@pytest.fixture(scope="module")
def document(with_alternatives: Pair) -> Document:
    return compose(*with_alternatives)


@pytest.fixture(scope="module")
def found(with_alternatives: Pair) -> xr.Dataset:
    dataset = with_alternatives[1]
    names = [name for name in dataset.data_vars if name in SIMULATED_TOTALS or str(name).endswith("_by_area")]
    kept = [name for name in names if "scenario" in dataset[name].dims]
    return analysis.compare(dataset[kept], coverage=0.9)


def section(document: Document, name: str) -> Section:
    return next(part for part in document.sections if part.id == name)


def blocks(document: Document, name: str, kind: type) -> list:
    return [block for block in section(document, name).blocks if isinstance(block, kind)]


def strings(thing: object) -> Iterator[str]:
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple):
        for item in thing:
            yield from strings(item)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from strings(getattr(thing, field.name))


def test_every_option_stands_with_its_name_and_reason(document: Document) -> None:
    texts = [block.text for block in blocks(document, "options", Paragraph)]
    assert texts[1:4] == [
        "“Without the last area”: Asked for by some, less.",
        "“First area moved”: Asked for by some, moved.",
        "“Nothing changed”: Asked for by some, alike.",
    ]
    assert len(blocks(document, "options", Bullets)) == 3


def cells(dataset: xr.Dataset, name: str, option: str) -> list[tuple[float, float]]:
    quantiles = [
        tuple(dataset[f"{name}_quantile{end}"].sel(option=option, quantile=q).item() for end in ("", "_error"))
        for q in (0.05, 0.5, 0.95)
    ]
    return [*quantiles, tuple(dataset[f"{name}_mean{end}"].sel(option=option).item() for end in ("", "_error"))]


SPANS = ("", "_after_horizon", "_all_years")
YEARS = ["2027–2036", "after\u00a02036", "all years"]


@pytest.mark.parametrize(("total", "first"), [("cost", 0), ("financing_need", 2)])
def test_tables_are_those_of_the_analysis(
    document: Document, with_alternatives: Pair, found: xr.Dataset, total: str, first: int
) -> None:
    tables = blocks(document, "options", Table)
    detailed = blocks(document, "options-in-detail", Table)
    known = [name for name in with_alternatives[1].data_vars if name in SIMULATED_TOTALS]
    summary = analysis.summarise(analysis.with_all_years(with_alternatives[1][known]), 0.9)
    (levels, apart), (shares, _) = tables[first : first + 2], detailed[first : first + 2]
    assert [row[0] for row in levels.rows][::3] == [
        "Full programme",
        "Without the last area",
        "First area moved",
        "Nothing changed",
    ]
    for table, asked, options in (
        (levels, summary, ("full", "less", "moved", "alike")),
        (apart, found, ("less", "moved", "alike")),
    ):
        assert [row[1] for row in table.rows] == YEARS * len(options)
        for place, row in enumerate(table.rows):
            name = f"{total}{SPANS[place % 3]}{'_difference' if table is apart else ''}"
            expected = cells(asked, name, options[place // 3])
            for cell, (value, error) in zip(row[2:], expected, strict=True):
                assert (cell == "n/a") == np.isinf(error)
                if np.isfinite(error):
                    check_cell(cell, value / 1e9)
    assert {row[2:] for row in shares.rows[:3]} == {("0\u202f%", "100\u202f%", "0\u202f%")}
    assert {row[2:] for row in shares.rows[6:]} == {("0\u202f%", "0\u202f%", "100\u202f%")}
    share = found[f"{total}_dearer"].sel(option="moved").item()
    assert 0.4 < share < 0.6
    assert shares.rows[5][2].startswith(f"{100 * share:.0f}"[:1])
    assert apart.rows[3][4].startswith("+")
    assert apart.rows[0][2].startswith("−")


def test_where_a_difference_comes_from_is_told_by_area(document: Document, found: xr.Dataset, study: Study) -> None:
    details = blocks(document, "options-in-detail", Details)
    assert [part.summary.rpartition(": ")[2] for part in details] == ["Without the last area", "First area moved"]
    table, note = details[0].blocks
    assert [row[0] for row in table.rows] == [study.areas[-1].name, "All areas"]
    assert table.rows[0][1] == table.rows[1][1]
    assert table.rows[0][2].startswith("100")
    assert "other 7 areas" in note.text
    assert found["cost_by_area_difference_share"].sel(option="less", area=study.areas[-1].id).item() == pytest.approx(1)


def test_the_figure_holds_the_numbers_of_the_tables(document: Document, found: xr.Dataset) -> None:
    (figure,) = blocks(document, "options", Figure)
    bars, differences = (figure.draw.keywords[name] for name in ("bars", "differences"))
    assert [bar.label for bar in bars][1:] == [bar.label for bar in differences]
    for bar, option in zip(differences, ("less", "moved", "alike"), strict=True):
        quantiles = found["cost_all_years_difference_quantile"].sel(option=option)
        expected = quantiles.sel(quantile=[0.05, 0.25, 0.5, 0.75, 0.95]).values / 1e9
        np.testing.assert_allclose(bar[1:6], expected)


def test_sentences_say_which_way_and_how_often(document: Document) -> None:
    less, _, alike = (block.items for block in blocks(document, "options", Bullets))
    assert less[0].startswith("Cost in all years: US$")
    assert less[0].endswith("Less in all of the 2,000 scenarios.")
    assert alike == (
        "Cost in all years: the same in all of the 2,000 scenarios.",
        "Financing need in all years: the same in all of the 2,000 scenarios.",
    )
    assert any("as many" in block.text for block in blocks(document, "options-in-detail", Paragraph))


def without_options(section: Section) -> Section:
    """Take the short table of the options from the first page."""
    blocks = (block for block in section.blocks if getattr(block, "name", "") != "options-at-a-glance")
    return replace(section, blocks=tuple(blocks))


def test_all_other_sections_are_about_the_full_programme(document: Document, with_alternatives: Pair) -> None:
    study, dataset = with_alternatives
    alone = compose(replace(study, options=()), dataset.sel(option=["full"]))
    names = [part.id for part in document.sections if not part.id.startswith("options")]
    assert names == [part.id for part in alone.sections]
    assert document.headline == alone.headline
    assert lead_of(document) == lead_of(alone)
    assert first_table(document) == first_table(alone)
    # Wherever it stands among the options.
    turned = compose(study, dataset.isel(option=slice(None, None, -1)))
    page = render(alone)
    for among in (document, turned):
        others = numbered(without_options(part) for part in among.sections if not part.id.startswith("options"))
        assert render(replace(among, sections=others)) == page


def test_a_run_of_one_option_has_neither_section(study: Study, dataset: xr.Dataset) -> None:
    names = [part.id for part in compose(study, dataset).sections]
    assert "options" not in names
    assert "financing" not in names


def test_totals_stand_beside_each_other(document: Document, with_alternatives: Pair) -> None:
    (totals,) = blocks(document, "financing", Table)
    full = analysis.with_all_years(with_alternatives[1].sel(option=["full"]))
    summary = analysis.summarise(full, 0.9)
    titles = {name: title(name, with_alternatives[0]) for name in schema.TOTALS}
    assert len(totals.rows) == len(titles) == 18
    for row in totals.rows:
        (name,) = (name for name in titles if row[0].partition(",")[0] == titles[name])
        for printed, (value, error) in zip(row[1:], cells(summary, name, "full"), strict=True):
            assert abs(float(printed) - value / 1e9) <= max(2 * error / 1e9, 0.1 * value / 1e9)
    assert "2025" not in totals.caption
    assert {row[0].partition(",")[0]: "2025" in row[0] for row in totals.rows} == {
        words: "nominal" not in name for name, words in titles.items()
    }
    table = blocks(document, "areas", Table)[0]
    assert table.groups == (("Total cost", 5), ("Financing need", 4))
    assert table.rows[-1][0] == "All areas"
    by_label = {row[0].partition(",")[0]: row[1:] for row in totals.rows}
    assert table.rows[-1][1:5] == by_label["Total cost"]
    assert table.rows[-1][6:] == by_label["Financing need"]
    text = " ".join(strings(section(document, "financing")))
    for words in ("fee of 8\u202f%", "81\u202f% of the cost", "inflation of 2\u202f% a year", "at 3.5\u202f% a year"):
        assert words in text
    assert "beyond 2036" in text
    assert "judgement. As usual." in text
    assert any("financing need is put at US$" in sentence for sentence in lead_of(document))
    assert "nominal total" in " ".join(strings(section(document, "reading")))


def test_an_uncertain_inflation_is_said_to_be_so(with_alternatives: Pair) -> None:
    study, dataset = with_alternatives
    document = compose(replace(study, inflation=Uniform(0.01, 0.03)), dataset)
    assert "itself uncertain" in " ".join(strings(section(document, "financing")))


def test_the_page_is_whole(document: Document) -> None:
    text = render(document)
    drawn = [block for part in document.sections for block in part.blocks if isinstance(block, Figure)]
    assert text.count("<figure") == len(drawn)
    assert 'id="options"' in text
    # One heading for the three rows of each option: within the years, after them and in all.
    tables = [*blocks(document, "options", Table), *blocks(document, "options-in-detail", Table)]
    options = [row[0] for table in tables if table.labels == 2 for row in table.rows]
    assert text.count('<th scope="rowgroup" rowspan="3">') == sum(map(bool, options)) == len(options) / 3
    assert not re.search(r"\bnan\b", text)


def test_few_scenarios_are_no_hindrance(with_alternatives: Pair) -> None:
    study, dataset = with_alternatives
    text = render(compose(study, dataset.isel(scenario=slice(0, 20))))
    assert "n/a" in text
    one = render(compose(study, dataset.isel(scenario=slice(0, 1))))
    assert ">nan" not in one


def test_a_run_of_an_earlier_version_says_what_it_does_not_know(with_alternatives: Pair) -> None:
    """Such a run has no need, and no nominal money, after its last year."""
    study, dataset = with_alternatives
    later = [
        name for name in dataset.data_vars if str(name).endswith("_after_horizon") and name != "cost_after_horizon"
    ]
    document = compose(study, dataset.drop_vars(later))
    texts = " ".join(item for block in blocks(document, "options", Bullets) for item in block.items)
    assert re.search(r"Cost in all years: US\$\u00a0[\d.]+\u00a0billion less on average", texts)
    assert re.search(r"Financing need, 2027–2036: US\$\u00a0[\d.]+\u00a0billion less on average", texts)
    _, other_prices, *_ = blocks(document, "options-in-detail", Table)
    assert [row[1] for row in other_prices.rows[:3]] == YEARS
    assert [row[2::2] for row in other_prices.rows[1:3]] == [("n/a", "n/a")] * 2
    assert blocks(document, "options", Table)[2].columns == ("Option", "Low end", "Median", "High end", "Mean")


def test_any_option_may_be_the_baseline(with_alternatives: Pair) -> None:
    comparison = Comparison(gather(*with_alternatives), "less")
    assert comparison.all_options == ("less", "full", "moved", "alike")
    assert comparison.mean("cost", "full").value > 0


def test_names_come_from_the_run_where_the_study_has_none(with_alternatives: Pair) -> None:
    study, dataset = with_alternatives
    named = dataset.assign_coords(option_name=("option", ["A", "B", "C", "D"]))
    assert Comparison(gather(replace(study, options=()), named)).names["less"] == "B"
    assert Comparison(gather(replace(study, options=()), dataset)).names["less"] == "less"


def test_options_without_a_study_as_written_are_refused(with_alternatives: Pair) -> None:
    study, dataset = with_alternatives
    with pytest.raises(RunError, match='an option "full"'):
        gather(study, dataset.drop_sel(option="full"))
    with pytest.raises(RunError, match="each option once"):
        gather(study, dataset.sel(option=["full", "less", "less"]))


def test_the_summary_holds_every_option(with_alternatives: Pair, tmp_path: Path) -> None:
    dataset = with_alternatives[1][["cost", "cost_by_area", "cost_nominal", "financing_need"]]
    dataset = dataset.assign_coords(option_name=("option", ["A", "B", "C", "D"]))
    write_summary_csv(tmp_path / "summary.csv", dataset, 0.9)
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:4] == ["variable", "option", "option_name", "area"]
    for variable, each in (("cost", 4), ("financing_need", 4), ("cost_nominal", 4), ("cost_by_area", 32)):
        assert sum(row["variable"] == variable for row in rows) == each
    assert {(row["option"], row["option_name"]) for row in rows} == {
        ("full", "A"),
        ("less", "B"),
        ("moved", "C"),
        ("alike", "D"),
    }
    assert {row["price_year"] for row in rows if "nominal" in row["variable"]} == {""}
    assert {row["price_year"] for row in rows if "nominal" not in row["variable"]} == {"2025"}


def test_the_summary_holds_all_years_and_differences(with_alternatives: Pair, tmp_path: Path) -> None:
    dataset = with_alternatives[1]
    kept = [name for name in dataset.data_vars if name in SIMULATED_TOTALS or str(name).endswith("_by_area")]
    dataset = dataset[[name for name in kept if "scenario" in dataset[name].dims]]
    write_summary_csv(tmp_path / "summary.csv", dataset, 0.9)
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["variable"], row["option"], row["area"]): row for row in csv.DictReader(file)}
    for base in ("cost", "financing_need", "cost_nominal", "financing_need_discounted"):
        whole = dataset[base] + dataset[f"{base}_after_horizon"]
        for option in ("less", "moved", "alike"):
            own, other = (whole.sel(option=which).values for which in (option, "full"))
            for name, values in ((base + "_all_years", own), (base + "_all_years_difference", own - other)):
                row = rows[name, option, ""]
                assert float(row["mean"]) == pytest.approx(values.mean(), rel=1e-9, abs=1e-3)
                assert float(row["p95"]) == pytest.approx(np.quantile(values, 0.95), rel=1e-9, abs=1e-3)
    apart = dataset["cost_by_area"].sel(option="moved", area="b") - dataset["cost_by_area"].sel(option="full", area="b")
    assert float(rows["cost_by_area_difference", "moved", "b"]["mean"]) == pytest.approx(apart.mean().item())
    assert not any(variable.endswith("_difference") and option == "full" for variable, option, _ in rows)
