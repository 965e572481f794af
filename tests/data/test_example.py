"""The second packaged study: its real figures are those of their sources, its invented ones say that they are."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from popsim.study import load_study, packaged_studies

CONFIGS = Path(__file__).parents[2] / "configs"
PARITY = 100 * 6.55957
"""100 CFA francs for a French franc, 6.55957 French francs for a euro."""


def rows(path: str) -> list[dict[str, str]]:
    text = (CONFIGS / path).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def test_it_is_found_by_its_name() -> None:
    assert packaged_studies()["example"] == CONFIGS / "example" / "example.toml"
    study = load_study("example")
    assert (study.name, study.currency, study.price_year) == ("example", "EUR", 2024)
    assert [area.id for area in study.areas] == ["network", "centre", "alerts"]
    assert [option.id for option in study.options] == ["without_sirens"]


def test_its_countries_are_those_of_the_packaged_file_with_a_column_more() -> None:
    known = {row["code"]: row for row in rows("countries.csv")}
    own = rows("example/countries.csv")
    assert len(own) == 12
    for row in own:
        zone, population = row.pop("zone"), int(row.pop("population"))
        # Older and newer versions of one list of populations.
        assert 1 / 2 < population / int(known[row["code"]]["population"]) < 2
        assert row.items() <= known[row["code"]].items()
        assert zone == ("franc" if row["code"] in {"BEN", "BFA", "CIV", "GNB", "MLI", "NER", "SEN", "TGO"} else "other")
        assert row["population_basis"] == "evidence"


def test_francs_become_euros_at_the_parity() -> None:
    study = load_study("example")
    factors = {
        (area.id, part.id): part.money_factor
        for area in study.areas
        for part in area.components
        if part.currency == "XOF"
    }
    assert set(factors) == {("network", "upkeep"), ("centre", "staff"), ("alerts", "campaigns")}
    for factor in factors.values():
        assert factor == pytest.approx(1 / PARITY, rel=1e-12)
    assert all(part.money_factor == 1.0 for area in study.areas for part in area.components if part.currency == "EUR")


def test_every_invented_figure_is_called_a_judgement_made_for_the_example() -> None:
    study = load_study("example")
    parts = [part for area in study.areas for part in area.components]
    stated = [(part.basis, part.rationale) for part in parts]
    stated += [(shock.basis, shock.rationale) for shock in study.shocks]
    for setting in (study.start, *(area.need for area in study.areas), *(part.need for part in parts)):
        stated += [(setting.basis, setting.rationale)] if setting is not None else []
    stated += [(area.delay.years.basis, area.delay.years.rationale) for area in study.areas if area.delay is not None]
    stated += [(study.financing_basis, study.financing_rationale), (study.size_basis, study.size_rationale)]
    assert len(stated) >= 14
    for basis, rationale in stated:
        assert basis == "judgement"
        assert "made for this example" in " ".join(rationale.split())
    assert all(not part.sources for part in parts)


def test_stepped_costs_are_paid_when_the_files_say() -> None:
    profiles = {part.id: part.profile for area in load_study("example").areas for part in area.components}
    assert profiles["renewal"] == (0, 0, 0, 1, 0, 0, 1, 0)
    assert profiles["campaigns"] == (0, 1, 0, 1, 0, 1, 0, 1)
