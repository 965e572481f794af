"""Formulas become MathML when the site is built: browsers lay it out themselves, without a script or a font."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

# What pymdownx.arithmatex leaves of $...$ and $$...$$ with `generic: true`.
INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
DISPLAYED = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Return a page with each formula in MathML."""
    content = DISPLAYED.sub(lambda found: f'<div class="formula">{_math(found[1], "block")}</div>', content)
    return INLINE.sub(lambda found: _math(found[1], "inline"), content)


def _math(formula: str, display: str) -> str:
    return convert(html.unescape(formula).strip(), display=display)
