"""The information note, opened by LibreOffice: it converts without complaint and has four to six pages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.documents.conftest import HOSTILE, popsim

if TYPE_CHECKING:
    from pypdf import PdfReader

pytestmark = pytest.mark.documents


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], PdfReader]:
    """Return a function that writes the note of a run and prints it through LibreOffice."""
    from pypdf import PdfReader

    def function(run: Path) -> PdfReader:
        folder = tmp_path_factory.mktemp("note")
        popsim("report", str(run), "--format", "docx", "--out", str(folder))
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
        done = subprocess.run(
            [*command, str(folder / "report.docx")], capture_output=True, text=True, timeout=120, check=True
        )
        assert "rror" not in done.stdout + done.stderr
        return PdfReader(folder / "report.pdf")

    return function


@pytest.fixture(scope="module")
def note(printed: Callable[[Path], PdfReader], pops: Path) -> PdfReader:
    return printed(pops)


def test_the_note_of_the_packaged_study_has_four_to_six_pages(note: PdfReader) -> None:
    assert 4 <= len(note.pages) <= 6
    sizes = {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in note.pages}
    assert sizes == {(595, 842)}


def test_pages_say_their_number_and_paragraphs_theirs(note: PdfReader) -> None:
    texts = [page.extract_text() for page in note.pages]
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text
    whole = "\n".join(texts)
    found = [int(number) for number in re.findall(r"^(\d+)\. +\S", whole, re.MULTILINE)]
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= 6
    assert re.search(r"\bparas?\. 1\b", whole)
    for roman in ("I.", "II.", "III.", "IV."):
        assert re.search(rf"^{re.escape(roman)} +\S", whole, re.MULTILINE)


def test_figures_are_pictures_with_a_caption_above_them(note: PdfReader) -> None:
    pictures = len({image.data for page in note.pages for image in page.images})
    captions = re.findall(r"^Figure (\d+)\. ", "\n".join(page.extract_text() for page in note.pages), re.MULTILINE)
    assert pictures == len(captions) >= 2
    assert captions == [str(number) for number in range(1, pictures + 1)]


def test_hostile_names_are_text_in_the_note(printed: Callable[[Path], PdfReader], hostile: Path) -> None:
    text = "".join("".join(page.extract_text() for page in printed(hostile).pages).split())
    for name in (HOSTILE[0], HOSTILE[1]):
        assert "".join(name.split()) in text
