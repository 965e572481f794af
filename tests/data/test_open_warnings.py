"""The packaged study answers every warning about its evidence, and most of what it cites was looked at."""

from __future__ import annotations

from popsim.study import load_study
from popsim.study.evidence_check import check_evidence, cited_amounts, idle_acceptances


def test_no_warning_is_left_open() -> None:
    study = load_study("pops")
    warnings = check_evidence(study)
    assert [warning for warning in warnings if not warning.accepted] == []
    assert idle_acceptances(study, warnings) == ()


def test_amounts_are_compared_and_none_lacks_a_size() -> None:
    compared, _, unsized = cited_amounts(load_study("pops"))
    assert compared >= 25
    assert unsized == 0
