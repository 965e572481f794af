"""Names for parts of each page that readers with a screen reader move between; the theme leaves them without."""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

SEARCH = 'data-md-component="search" role="dialog"'
PRIMARY = re.compile(r'(<nav class="md-nav md-nav--primary[^"]*") aria-label="[^"]*"')
# A section with a page of its own has a label that holds an arrow alone; its title stands in the list below it.
SECTION = re.compile(
    r'(<nav class="md-nav"[^>]*?) aria-labelledby="[^"]*"([^>]*>\s*<label[^>]*>\s*<span[^>]*></span>)([^<]*)'
)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001
    """Return a page with names for its search, its navigation and each section of that."""
    output = output.replace(SEARCH, f'{SEARCH} aria-label="Search"', 1)
    output = PRIMARY.sub(r'\1 aria-label="All pages"', output)
    return SECTION.sub(lambda found: f'{found[1]} aria-label="{found[3].strip()}"{found[2]}{found[3]}', output)
