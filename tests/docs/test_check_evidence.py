"""What the page on checking the evidence writes is run, and its table follows from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from popsim.cli.main import COMMANDS
from popsim.study import load_study
from popsim.study.catalogue_models import AcceptedTable
from popsim.study.cited_amounts import FAR_LEVEL, OUTSIDE_LEVEL, SPREAD_LEVEL
from popsim.study.evidence_check import check_evidence

from ..study.evidence_studies import GOOD, WIDE, component, row, write

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "check-evidence.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_warning_is_listed_with_its_level() -> None:
    for kind in AcceptedTable.model_fields:
        assert f"| `{kind}` |" in PAGE
    for kind, level in (("outside", OUTSIDE_LEVEL), ("spread", SPREAD_LEVEL), ("far", FAR_LEVEL)):
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |")]
        assert f"warns below {100 * level:.0f} %" in line
    assert f"at most {100 * (OUTSIDE_LEVEL + SPREAD_LEVEL + FAR_LEVEL):.0f} of 100 sets" in PAGE


def test_reasons_are_written_as_shown(tmp_path: Path) -> None:
    accepted, _ = blocks("toml")
    study = load_study(write(tmp_path, component(*WIDE) + accepted))
    assert dict(study.areas[-1].components[0].accepted).keys() == {"source", "spread"}
    assert {warning.kind for warning in check_evidence(study) if not warning.accepted} == {"outside", "far"}


def test_another_cap_is_written_as_shown(tmp_path: Path) -> None:
    _, what_if = blocks("toml")
    fitted = '{ fit = "lognormal", size = "estimate", cap = 25_000_000, cap_rationale = "Invented." }'
    sized = [
        row(f"p{size}", amount, more=f"size = {size}") for size, amount in ((10**6, 2e6), (10**7, 3e6), (10**8, 5e6))
    ]
    ending = what_if.replace("area.f.component.pcb", "area.z.component.equipment")
    study = load_study(write(tmp_path, component(*sized, cost=fitted), ending="\n" + ending))
    (alternative,) = study.what_ifs
    before, after = (each.areas[-1].components[0] for each in (study, alternative.study))
    assert after.cost.support()[1] == pytest.approx(2 * before.cost.support()[1])
    assert after.cost.mean() > before.cost.mean()
    assert "`popsim assumptions`" in PAGE
    assert "assumptions" in COMMANDS


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = blocks("python")
    exec(compile(source, "check-evidence.md", "exec"), {})
    assert capsys.readouterr().err == ""


def test_the_example_is_what_the_check_prints(tmp_path: Path) -> None:
    (shown,) = blocks("text")
    assert "3 of 6 amounts lie outside the 90 % range" in " ".join(shown.split())
    assert check_evidence(load_study(write(tmp_path, component(*GOOD)))) == ()
