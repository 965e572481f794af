"""The dossier in docs/validation is that of the claims in the code, and a claim that does not hold would be seen."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from .__main__ import FOLDER, SECTIONS, summary
from .claims import FAMILY, Claim, Result, Section, names_on, page_of, run
from .mutations import FAULTS, NOT_TRIED, NOTHING, PAGE, Outcome, noticed_by, noticed_on, place_of, rendered

ANY = Section("any", "Any", "Of a test.", tuple)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_a_page_holds_the_claims_of_its_section_and_all_passed(section: Section) -> None:
    page = (FOLDER / f"{section.key}.md").read_text(encoding="utf-8")
    names = [claim.name for claim in section.claims()]
    assert names_on(page) == names, "make validate"
    assert len(set(names)) == len(names)
    assert page.count(" | pass |\n") == len(names)
    assert "FAIL" not in page


def test_the_summary_is_that_of_the_pages() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == summary(FOLDER), "make validate"


def test_false_alarms_are_rare() -> None:
    """What is drawn has a seed and a chance of a false alarm, and all chances together are less than is stated."""
    claims = [claim for section in SECTIONS for claim in section.claims()]
    assert sum(claim.alarm for claim in claims) <= FAMILY
    assert all(claim.seed is not None for claim in claims if claim.alarm)
    assert all(claim.control for claim in claims)


@pytest.mark.parametrize("name", ["sum of four normals", "known answers of Philox4x32-10", "sum of five uniforms"])
def test_some_claims_hold_and_their_controls_fail(name: str) -> None:
    (claim,) = [claim for section in SECTIONS for claim in section.claims() if claim.name == name]
    (result,) = run([claim])
    assert result.passed, result


@pytest.mark.parametrize(
    ("found", "control", "passed"), [(0.5, 2.0, True), (1.5, 2.0, False), (0.5, 0.9, False), (math.nan, 2.0, False)]
)
def test_a_claim_fails_when_it_passes_its_limit_or_its_control_does_not(
    found: float, control: float, passed: bool
) -> None:
    claim = Claim("c", "t", "r", "m", 1.0, "wrong", lambda: (found, control))
    (result,) = run([claim])
    assert result.passed is passed
    page = page_of(ANY, [result])
    assert names_on(page) == ["c"]
    assert ("**FAIL**" in page) is not passed


def test_deliberate_faults_are_those_of_the_sources() -> None:
    """Each text that is replaced stands once in its file, as the sources are now, and the page lists all faults."""
    assert len({(fault.file, fault.new) for fault in FAULTS}) == len(FAULTS) >= 60
    assert all(place_of(fault) > 0 for fault in FAULTS)
    for fault in FAULTS:
        for test in fault.tests.split(" -k ")[0].split(" "):
            assert (FOLDER.parents[1] / test.partition("::")[0]).exists(), test


def test_the_page_of_faults_lists_them_all_and_none_went_unnoticed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    noticed = noticed_on(page)
    assert list(noticed) == [(fault.file, fault.what) for fault in FAULTS], "make mutations"
    assert NOTHING not in noticed.values()
    assert sum(by != NOT_TRIED for by in noticed.values()) >= 60
    assert page == rendered(noticed)


def test_a_fault_that_no_test_notices_is_told() -> None:
    unseen = {(fault.file, fault.what): noticed_by(Outcome(fault, 0, "", 1.0, "all passed")) for fault in FAULTS}
    assert f"{len(FAULTS)} of {len(FAULTS)} faults were tried; 0 were noticed." in rendered(unseen)
    # Tests that cannot be collected have noticed nothing either.
    assert noticed_by(Outcome(FAULTS[0], 2, "", 1.0, "error")) == NOTHING
    assert noticed_by(Outcome(FAULTS[0], 1, "tests/x.py::test_y", 1.0, "")) == "`test_y` in tests/x.py"


def test_a_text_that_does_not_stand_once_is_an_error(tmp_path: Path) -> None:
    fault = FAULTS[0]
    target = tmp_path / fault.file
    target.parent.mkdir(parents=True)
    for text in ("", 2 * fault.old):
        target.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="stands there"):
            place_of(fault, tmp_path)


def test_numbers_are_written_as_they_are_read() -> None:
    claim = Claim("c", "t", "r", "m", 1e-11, "wrong", lambda: (0.0, 0.0), seed=1, alarm=1e-9)
    page = page_of(ANY, [Result(claim, 2.345e-13, 1e-7)])
    assert "| 2.3e-13 | 1.0e-11 | 1e-09 | 1 | wrong | 1.0e-07 | pass |" in page
