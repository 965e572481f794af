"""The eight areas of UNEP/POPS/INC.2/3, paragraph 3, whose evidence and figures the pages of this repository print.

An area that somebody adds to the catalogue and to the study changes neither: tests of these figures leave it out.
"""

from __future__ import annotations

from popsim.study.load import load_study
from popsim.study.model import Study

AREAS = "abcdefgh"


def published_study() -> Study:
    """Load the packaged study as published: without any area that was added to it."""
    added = [area.id for area in load_study("pops").areas if area.id not in AREAS]
    return load_study("pops", {f"area.{area}.include": False for area in added})
