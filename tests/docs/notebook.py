"""The tutorial for analysts is a notebook: ``python -m tests.docs.notebook`` executes it and writes it as a page.

`make notebook` calls it. The notebook keeps its outputs as text and pictures; the page and docs/images/analyst-*.png
are made of it, for the site and for readers of the repository.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOK = DOCS / "tutorial-analyst.ipynb"
PAGE = NOTEBOOK.with_suffix(".md")
MADE = """\
<!-- Made of tutorial-analyst.ipynb by `make notebook`; change that. -->
<!-- code: tests/docs/test_notebook.py -->"""

Notebook = dict[str, Any]


def read(path: Path = NOTEBOOK) -> Notebook:
    """Return a notebook as its JSON says."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """Return the cells with code, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def printed(cell: dict[str, Any]) -> str:
    """Return what a cell has printed."""
    return "".join("".join(each["text"]) for each in cell["outputs"] if each["output_type"] == "stream")


def pictures(cell: dict[str, Any]) -> list[bytes]:
    """Return the pictures that a cell has shown, as PNG."""
    shown = [each["data"] for each in cell["outputs"] if each["output_type"] in ("display_data", "execute_result")]
    return [base64.b64decode("".join(data["image/png"])) for data in shown if "image/png" in data]


def printed_anew(notebook: Notebook) -> Iterator[str]:
    """Run all cells in turn, without Jupyter, and yield what each prints."""
    names: dict[str, Any] = {}
    for cell in code_cells(notebook):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
        yield out.getvalue()


def executed(path: Path = NOTEBOOK) -> Notebook:
    """Return the notebook as a fresh kernel of Jupyter leaves it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    for cell in notebook["cells"]:
        # Times of execution, and forms of outputs that say the same again, would differ or double each change.
        cell["metadata"] = {}
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("text/html", None)
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return dict(json.loads(nbformat.writes(notebook)))


def as_page(notebook: Notebook) -> tuple[str, dict[str, bytes]]:
    """Return the notebook as Markdown, and its pictures by file name."""
    parts, images = [], {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        if text := printed(cell):
            parts.append(f"```text\n{text.rstrip()}\n```")
        for picture in pictures(cell):
            name = f"analyst-{len(images) + 1}.png"
            images[name] = picture
            heading = [line for part in parts for line in part.splitlines() if re.match("#+ ", line)][-1].lstrip("# ")
            parts.append(f"![{heading}](images/{name})")
    title, rest = parts[0].split("\n", 1)
    return "\n\n".join([title, MADE, rest.strip(), *parts[1:]]) + "\n", images


def main() -> None:
    """Execute the notebook, and write it, the page and the pictures."""
    notebook = executed()
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page, images = as_page(notebook)
    PAGE.write_text(page, encoding="utf-8")
    for name, picture in images.items():
        (DOCS / "images" / name).write_bytes(picture)


if __name__ == "__main__":
    main()
