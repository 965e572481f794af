"""The pages on importing costs: their tables become what they show, and their messages are what popsim says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w
from openpyxl import Workbook

from popsim.cli.main import main
from popsim.errors import PopsimError, StudyError
from popsim.study import load_study
from popsim.study.catalogue import load_catalogue
from popsim.study.describe import filled, heading_tables
from popsim.study.importing import Choices, import_costs
from popsim.study.importing.template import template_text

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
IMPORT = (HOW_TO / "import-costs.md").read_text(encoding="utf-8")
INF_3 = (HOW_TO / "table-of-inf-3.md").read_text(encoding="utf-8")
ADDRESS = "pops.int/Portals/0/docs/from_old_website/documents/meetings/inc2/en/inf3.htm"


def block(page: str, kind: str) -> str:
    (found,) = re.findall(rf"```{kind}[^\n]*\n(.*?)```", page, re.DOTALL)
    return str(found)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Run a command line of a page, in an empty folder; it must succeed."""
    monkeypatch.chdir(tmp_path)

    def function(line: str) -> None:
        words = line.split()
        assert words[0] == "popsim"
        with pytest.raises(SystemExit) as leaving:
            main(words[1:])
        assert not leaving.value.code, line

    return function


def test_the_headings_on_the_page_are_those_that_are_known() -> None:
    assert filled(IMPORT) == IMPORT, "make docs-reference"
    assert all(table in IMPORT for table in heading_tables().values())


def test_the_table_of_the_page_becomes_the_file_that_it_shows(tmp_path: Path) -> None:
    (tmp_path / "costs.csv").write_text(block(IMPORT, "csv"), encoding="utf-8")
    import_costs(tmp_path / "costs.csv", tmp_path / "out")
    assert block(IMPORT, "toml") in (tmp_path / "out" / "c_focal_unit.toml").read_text(encoding="utf-8")
    assert [area.id for area in load_catalogue(tmp_path / "out")] == ["c", "e"]


def test_the_message_of_the_page_is_what_is_said(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Costs"
    head, *rows = (line.split(",") for line in block(IMPORT, "csv").replace('"', "").splitlines())
    names = ["Area", "Name", "Kind", "Years", "Currency", "Price year", "Low", "Mode", "High"]
    assert [name.casefold() for name in names] == head[:9]
    book.active.append([*names, "basis", "rationale"])
    first = [*rows[1][:9], "judgement", "Offers of two makers."]
    book.active.append(first)
    book.active.append([*first[:1], "Another", *first[2:6], "US$ 300,000", *first[7:]])
    book.save(tmp_path / "costs.xlsx")
    with pytest.raises(PopsimError) as caught:
        import_costs(tmp_path / "costs.xlsx", tmp_path / "out")
    assert f"{caught.value}\n" == block(IMPORT, "text")


def test_the_page_on_inf_3_leads_from_the_template_to_a_study_in_order(
    call: Callable[[str], None], tmp_path: Path
) -> None:
    first, second = re.findall(r"```sh\n(.*?)```", INF_3, re.DOTALL)
    for line in first.splitlines():
        call(line)
    template = (tmp_path / "inf3.csv").read_text(encoding="utf-8")
    assert template == template_text()
    assert all(f"\n{letter}: " in template for letter in "abcdefgh")
    (tmp_path / "inf3.csv").write_text(block(INF_3, "csv"), encoding="utf-8")
    lines = second.splitlines()
    assert [line.split()[1] for line in lines] == ["init", "import", "check", "run", "run"]
    for line in lines[:2]:
        call(line)
    components = {
        each.id: each for area in load_catalogue(tmp_path / "inf3-study/catalogue") for each in area.components
    }
    assert components["inventory_as_in_table_1"].price_year == 1998
    assert components["technology_as_in_table_1"].source[0].status == "derived"
    # As the page says: what the study says of components that are gone is refused until it is taken out.
    path = tmp_path / "inf3-study" / "study.toml"
    study = tomllib.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(StudyError, match="unknown component"):
        load_study(path.parent)
    for area in "abcf":
        study["area"][area].pop("component", None)
    for key in ("option", "what_if"):
        study.pop(key, None)
    path.write_text(tomli_w.dumps(study), encoding="utf-8")
    assert "technology_as_in_table_1" in {each.id for area in load_study(path.parent).areas for each in area.components}


def test_no_amount_of_the_page_on_inf_3_passes_for_one_of_the_table() -> None:
    assert ADDRESS in INF_3
    assert "**Their amounts are invented**" in INF_3
    assert "no number in popsim comes from" in " ".join(INF_3.split())
    outside = re.sub(r"```csv.*?```", "", INF_3, flags=re.DOTALL)
    assert not re.search(r"US\$|dollars", outside)


def test_a_total_for_many_countries_comes_to_one_as_the_page_says() -> None:
    """Independent arithmetic: the sum of what countries cost by the rule is the total again."""
    people, exponent, total = [2.0, 10.0, 45.0], 0.5, 7_000_000.0
    reference = total / sum((each / 10) ** exponent for each in people)
    assert sum(reference * (each / 10) ** exponent for each in people) == pytest.approx(total, rel=1e-12)
    assert "divide a total by the sum of (*m*/10)^*e*" in " ".join(INF_3.split())


def test_the_page_on_imports_speaks_of_what_there_is(tmp_path: Path) -> None:
    assert Choices(partial=True).partial
    for option in ("--ignore", "--single", "--hidden", "--partial", "--overwrite", "--amounts-in", "--sheet"):
        assert option in IMPORT
