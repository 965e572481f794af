"""The page on tables: what it quotes is what popsim says, and what it writes in TOML loads."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import click
import pytest

from popsim.errors import StudyError
from popsim.study import load_study
from popsim.study.toml_models import CsvTable, StudyFile

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "tables.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests" / "study" / "fixtures" / "small", tmp_path / "small"))


def countries(*populations: str) -> str:
    rows = (f"A{i};Land {i};North;LIC;red;{people}\n" for i, people in enumerate(populations))
    return "".join(("code;name;region;income;bloc;population\n", *rows))


def test_the_note_and_the_message_are_as_quoted(small: Path) -> None:
    (small / "countries.csv").write_text(countries("1.234,5", "345.678"), encoding="utf-8")
    (line,) = load_study(small, {"countries.select": {}}).reading
    assert click.wrap_text(f"Note: {line}.", 80, subsequent_indent="  ") + "\n" == QUOTED[0]
    (small / "countries.csv").write_text(countries("8.078.314", "345.678"), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(small, {"countries.select": {}})
    assert f"{caught.value}\n" == QUOTED[1]


def test_the_blocks_load(small: Path) -> None:
    marks, names = map(tomllib.loads, BLOCKS)
    said = CsvTable.model_validate(marks["csv"])
    assert said.of("countries").encoding == "windows-1252"
    assert said.of("price_index").decimal == "."
    assert said.of("exchange_rates").decimal == ","
    study = load_study(small, names)
    assert study.left_out_in_words() == "high income (World Bank income group)"
    assert f'reads "{study.left_out_in_words()}"' in " ".join(PAGE.split())


def test_the_page_names_every_file_and_every_mark() -> None:
    for role in ("countries.file", "money.price_index", "money.exchange_rates", "dependence.between_areas"):
        assert f"`{role}`" in PAGE
    assert set(CsvTable.model_fields) >= {"countries", "price_index", "exchange_rates", "between_areas"}
    assert {"csv", "headings", "labels"} <= set(StudyFile.model_fields)
