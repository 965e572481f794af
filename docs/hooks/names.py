"""The pages of public names: ``make docs-reference`` writes their overviews and entries anew.

A page says which names it has in a comment, ``<!-- names: simulate sample -->``, in the order in which they are shown;
``popsim.families.*`` stands for all public names from there. Below the comment the script writes a table with the
first line of each docstring, and one line ``::: popsim.simulate`` for each name, which the site replaces by signature
and docstring. ``<!-- all names: simulation families -->`` on the first page becomes the tables of these pages.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import popsim

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "docs" / "reference" / "api"
SELECTED = re.compile(r"<!-- names: (.+?) -->\n.*?<!-- end names -->", re.DOTALL)
ALL = re.compile(r"<!-- all names: (.+?) -->\n.*?<!-- end names -->", re.DOTALL)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def public_names() -> dict[str, str]:
    """Return every public name of `popsim`, and the figures of `popsim.plot`, with the module that each lives in."""
    homes = {name: getattr(getattr(popsim, name), "__module__", "popsim") for name in popsim.__all__ if name != "plot"}
    return homes | {f"plot.{name}": f"popsim.plot.{name}" for name in popsim.plot.__all__}


def names_on(page: str) -> list[str]:
    """Return the names that a page says it has, in order."""
    names = []
    for selection in SELECTED.findall(page):
        for word in selection.split():
            if word.endswith(".*"):
                package = word.removesuffix("*")
                names += [name for name, home in public_names().items() if f"{home}.".startswith(package)]
            else:
                names.append(word)
    return names


def filled(page: str) -> str:
    """Return a page of names, with its tables and entries written anew."""

    def entries(found: re.Match[str]) -> str:
        names = names_on(found[0])
        directives = "\n".join(f"::: popsim.{each}\n" for each in names)
        return f"<!-- names: {found[1]} -->\n\n{_table(names, '')}\n{directives}\n<!-- end names -->"

    def overview(found: re.Match[str]) -> str:
        parts = []
        for name in found[1].split():
            text = (API / f"{name}.md").read_text(encoding="utf-8")
            title = TITLE.search(text)
            heading = title[1] if title else name
            parts.append(f"## [{heading}]({name}.md)\n\n{_table(names_on(text), f'{name}.md')}")
        return f"<!-- all names: {found[1]} -->\n\n" + "\n".join(parts) + "\n<!-- end names -->"

    return ALL.sub(overview, SELECTED.sub(entries, page))


def _table(names: list[str], page: str) -> str:
    rows = [f"| [`{name}`]({page}#popsim.{name}) | {_first_line(name)} |" for name in names]
    return "\n".join(["| Name | What it is |", "|---|---|", *rows]) + "\n"


def _first_line(name: str) -> str:
    value = popsim
    for part in name.split("."):
        value = getattr(value, part)
    if isinstance(value, str):
        return "Version of popsim."
    docstring = inspect.getdoc(value) or ""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
