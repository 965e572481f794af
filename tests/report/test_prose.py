"""Sections and their templates agree: every sentence is used, and gets all its values and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError, nodes

import popsim.report
from popsim.report.prose import Prose, environment

REPORT = Path(popsim.report.__file__).parent
TEMPLATES = sorted(path.name for path in (REPORT / "templates").glob("*.j2") if not path.name.endswith(".html.j2"))


def macros(template: str) -> dict[str, set[str]]:
    """Sentences of a template and their values."""
    source = (REPORT / "templates" / template).read_text(encoding="utf-8")
    found = environment().parse(source).find_all(nodes.Macro)
    return {macro.name: {argument.name for argument in macro.args} for macro in found}


def users(template: str) -> list[ast.AST]:
    """Python files that ask for sentences of a template."""
    sources = [path.read_text(encoding="utf-8") for path in REPORT.rglob("*.py") if path.name != "prose.py"]
    wanted = f'Prose("{template.removesuffix(".j2")}")'
    return [node for source in sources if wanted in source for node in ast.walk(ast.parse(source))]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_sentence_is_used_with_the_values_that_it_names(template: str) -> None:
    sentences, nodes_of = macros(template), users(template)
    assert sentences
    for node in nodes_of:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_text"):
            continue
        values = {each.arg for each in node.keywords}
        for name in (each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)):
            assert values - {None} <= sentences[name]
            # Values that several sentences share may stand in a dictionary.
            assert values == sentences[name] or None in values
    if template != "shared.j2":
        texts = {node.value for node in nodes_of if isinstance(node, ast.Constant)}
        assert {name for name in sentences if not name.startswith("_")} <= texts


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_compile_and_know_their_filters(template: str) -> None:
    source = (REPORT / "templates" / template).read_text(encoding="utf-8")
    used = {node.name for node in environment().parse(source).find_all(nodes.Filter)}
    assert used <= set(environment().filters)
    assert all(len(line) <= 120 for line in source.splitlines())


def words_outside(source: str) -> list[str]:
    """Text of a template that no catalogue has; what is within `trans` is a call and no text."""
    texts = (node.data.strip() for node in environment().parse(source).find_all(nodes.TemplateData))
    return [text for text in texts if re.search("[A-Za-z]", text)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_word_of_a_template_is_outside_the_catalogue(template: str) -> None:
    assert words_outside((REPORT / "templates" / template).read_text(encoding="utf-8")) == []


def test_a_word_outside_the_catalogue_is_found() -> None:
    source = "{% macro one(number) %}{% trans %}Seen{% endtrans %} {{ number }} years{% endmacro %}"
    assert words_outside(source) == ["years"]


def test_a_missing_value_is_an_error() -> None:
    text = Prose("headline")
    with pytest.raises((UndefinedError, TypeError)):
        text("no_range")
    with pytest.raises(TypeError):
        text("no_range", scenarios=1, scenario=1)
    with pytest.raises(AttributeError):
        text("no_such_sentence")
