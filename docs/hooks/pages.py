"""Pages of the site that lie outside docs/, and links that work both in the repository and in the site.

Pages are written for the repository: a link leads to a file beside the page, above it, or to a folder. In the site, a
link to a file that is a page leads to that page; to any other file of the repository, to where `repo_url` of mkdocs.yml
has it. A link that leads nowhere is left as it is, and `mkdocs build --strict` refuses it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "configs/README.md": "packaged-study.md",
    "distributions/README.md": "catalogue.md",
    # The README of the repository is the first page of the site; that of docs/ lists all pages.
    "docs/README.md": "contents.md",
}
"""Pages of the repository, with what each is called in the site."""
LISTED = ("decisions",)
"""Folders of docs/ whose pages are listed on a page of their own."""

LINK = re.compile(r"(?P<before>\]\()(?P<target>[^)\s]+)(?P<after>(?:\s+\"[^\"]*\")?\))")
FENCE = re.compile(r"^ *(```+|~~~+)", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put all pages of a listed folder in the place of its name in the navigation."""
    config.nav = [_with_listed_pages(entry) for entry in config.nav or ()]
    return config


def _with_listed_pages(entry: Any) -> Any:
    """Return an entry of the navigation, with `decisions/` replaced by the pages of that folder."""
    if isinstance(entry, list):
        return [_with_listed_pages(each) for each in entry]
    if isinstance(entry, dict):
        return {title: _with_listed_pages(value) for title, value in entry.items()}
    folder = str(entry).rstrip("/")
    if folder not in LISTED:
        return entry
    return [f"{folder}/index.md", *(f"{folder}/{path.name}" for path in _pages_of(folder))]


def _pages_of(folder: str) -> list[Path]:
    return sorted((ROOT / "docs" / folder).glob("[0-9]*.md"))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/, and the pages that list a folder."""
    for source, name in OUTSIDE.items():
        beside = files.get_file_from_path(source.removeprefix("docs/")) if source.startswith("docs/") else None
        if beside is not None:
            files.remove(beside)
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    for folder in LISTED:
        lines = [f"- [{_title(path)}]({path.name})" for path in _pages_of(folder)]
        content = f"# {folder.capitalize()}\n\nThe reasons for decisions of design.\n\n" + "\n".join(lines) + "\n"
        files.append(File.generated(config, f"{folder}/index.md", content=content))
    return files


def _title(path: Path) -> str:
    found = TITLE.search(path.read_text(encoding="utf-8"))
    return found[1] if found else path.stem


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links of the repository into links of the site."""
    source = _in_repository(page.file.src_uri)
    if page.file.src_uri == "index.md":
        page.meta.setdefault("hide", ["navigation"])
    pieces = []
    for is_code, text in _split(markdown):
        if not is_code:
            text = LINK.sub(
                lambda found: found["before"] + _link(found["target"], source, page, config, files) + found["after"],
                text,
            )
        pieces.append(text)
    return "".join(pieces)


def _in_repository(name: str) -> str:
    """Return the path in the repository of a page of the site."""
    for source, called in OUTSIDE.items():
        if called == name:
            return source
    return f"docs/{name}"


def _split(markdown: str) -> Iterator[tuple[bool, str]]:
    """Yield the pieces of a page in order, each with whether it is a fenced block of code."""
    start, opened = 0, ""
    for fence in FENCE.finditer(markdown):
        if not opened:
            yield False, markdown[start : fence.start()]
            start, opened = fence.start(), fence[1]
        elif fence[1].startswith(opened):
            yield True, markdown[start : fence.end()]
            start, opened = fence.end(), ""
    yield bool(opened), markdown[start:]


def _link(target: str, source: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    path, hash_sign, anchor = target.partition("#")
    if not path or re.match(r"[a-z][a-z+.-]*:", path):
        return target
    named = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    file = files.get_file_from_path(_in_site(named))
    if file is not None and file.inclusion.is_included():
        here = posixpath.dirname(page.file.src_uri) or "."
        return posixpath.relpath(file.src_uri, here) + hash_sign + anchor
    if not (ROOT / named).exists():
        return target
    kind = "tree" if (ROOT / named).is_dir() else "blob"
    return f"{config.repo_url.rstrip('/')}/{kind}/main/{quote(named)}{hash_sign}{anchor}"


def _in_site(named: str) -> str:
    """Return what the site calls a file or folder of the repository, were it a page."""
    folder = named.rstrip("/")
    for candidate in (folder, f"{folder}/README.md"):
        if candidate in OUTSIDE:
            return OUTSIDE[candidate]
    inside = folder.removeprefix("docs/") if folder.startswith("docs/") else folder
    if not folder.startswith("docs/"):
        return f"../{folder}"
    return f"{inside}/index.md" if inside in LISTED else inside
