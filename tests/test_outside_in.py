"""Tests ask popsim as its users do: none uses a name with a leading underscore of a popsim module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TUPLES = {"_asdict", "_fields", "_make", "_replace"}
"""What named tuples offer to everybody."""


HOOKS = {"_ppf", "_isf", "_cdf"}
"""What the author of a family writes; tests write wrong families with them."""


XML_OF_WORD = {"_element", "_inline", "_p", "_tbl", "_tr"}
"""The XML behind the objects of python-docx, which has no other name for it."""


OF_PYTHON = {"_exit", "_run_exitfuncs"}
"""What Python itself, `os` and `atexit`, offers to a process that was forked."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_") and name not in TUPLES | HOOKS | XML_OF_WORD | OF_PYTHON


def private_uses(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name: what is imported, reached by a dot, or named in a text such as monkeypatch takes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=module, names=names) if module and module.partition(".")[0] == "popsim":
                yield from ((node.lineno, f"{module}.{each.name}") for each in names if is_private(each.name))
            case ast.Attribute(value=owner, attr=name) if is_private(name):
                if ast.unparse(owner) not in ("self", "cls", "super()"):
                    yield node.lineno, name
            case ast.Constant(value=str(text)) if re.fullmatch(r"popsim(\.\w+)*\._[A-Za-z]\w*", text):
                if is_private(text.rpartition(".")[2]):
                    yield node.lineno, text
            case ast.Call(args=[_, ast.Constant(value=str(text)), *_]) if text.isidentifier() and is_private(text):
                yield node.lineno, text


TESTS = Path(__file__).resolve().parent


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_uses_a_private_name(path: Path) -> None:
    assert list(private_uses(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "from popsim.engine.simulate import _parts",
        "import popsim\npopsim.engine._parts",
        "monkeypatch.setattr('popsim.engine._parts', None)",
        "monkeypatch.setattr(popsim.engine, '_parts', None)",
        "getattr(popsim, '_parts')",
    ],
)
def test_a_private_name_is_seen(source: str) -> None:
    """Negative control."""
    assert [name.rpartition(".")[2] for _, name in private_uses(source)] == ["_parts"]


@pytest.mark.parametrize(
    "source", ["row._replace(x=1)", "self._rows()", "super()._take(x=1)", "study._repr_html_()", "popsim.__version__"]
)
def test_what_anybody_may_use_is_not(source: str) -> None:
    assert list(private_uses(source)) == []
