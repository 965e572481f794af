"""The notebook for analysts: its outputs are those of a fresh execution, and its page is made of it."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from .notebook import DOCS, as_page, code_cells, printed, printed_anew, read


@pytest.fixture
def plain_figures() -> object:
    """Draw without windows, and close what was drawn."""
    before = plt.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def test_the_outputs_are_those_of_the_code(plain_figures: object) -> None:
    notebook = read()
    kept = [printed(cell) for cell in code_cells(notebook)]
    assert len(list(filter(None, kept))) >= 10
    for cell, before, now in zip(code_cells(notebook), kept, printed_anew(notebook), strict=True):
        assert now == before, "".join(cell["source"])


def test_no_output_is_of_this_machine() -> None:
    whole = (DOCS / "tutorial-analyst.ipynb").read_text(encoding="utf-8")
    assert "/home/" not in whole
    assert "0x" not in "".join(printed(cell) for cell in code_cells(read()))


def test_the_page_is_made_of_the_notebook() -> None:
    page, images = as_page(read())
    assert (DOCS / "tutorial-analyst.md").read_text(encoding="utf-8") == page, "make notebook"
    assert page.count("```python\n") == len(code_cells(read()))
    assert page.count("```text\n") == len(list(filter(None, map(printed, code_cells(read())))))
    assert len(images) >= 2
    for name, picture in images.items():
        assert (DOCS / "images" / name).read_bytes() == picture, "make notebook"
        assert len(picture) < 150_000
