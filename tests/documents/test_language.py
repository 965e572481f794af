"""A run as `popsim run` makes it, with drivers and what is rare, says nothing past the catalogue of a language."""

from __future__ import annotations

from pathlib import Path

import pytest

import popsim as ps
from popsim.report.content import compose
from popsim.report.language import using

from ..report.pseudo import PSEUDO, allowed, foreign_run, foreign_study, pieces, unmarked

pytestmark = pytest.mark.documents


def test_every_word_of_a_whole_run_is_of_its_language(pops: Path) -> None:
    run = ps.load_run(pops)
    study, dataset = foreign_study(run.study), foreign_run(run.dataset, run.study)
    with using(PSEUDO):
        document = compose(study, dataset)
    known = allowed(study, dataset)
    assert {section.id for section in document.sections} > {"page-one", "drivers", "evidence"}
    found = [(place, bad) for place, text in pieces(document) if (bad := unmarked(text, known))]
    assert found == []
