"""The documentation site in a browser: nothing sticks out, nothing is asked of another host, and search finds."""

from __future__ import annotations

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .test_page import OVERFLOW, axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.documents

LOOKED_AT = ("", "tutorial/", "reference/api/ranges/", "reference/keys/", "concepts/evidence-to-range/", "dependence/")
"""Home, a tutorial, the Python API, long tables, and pages with code, formulas and tables."""
SCHEMES = ("light", "dark")


class Tab:
    """A page of the site in a browser tab, with what the browser complains of and asks for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.messages: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.elsewhere.append(url)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path, wait_until="networkidle")


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the site is served on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Callable[..., Tab]]:
    """Return a function that opens a tab of a width, in a scheme of colours; all are closed at the end."""
    contexts = []

    def function(width: int = 1280, scheme: str = "light") -> Tab:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        return Tab(context.new_page(), address)

    yield function
    for context in contexts:
        context.close()


def pages_of(site: Path) -> list[str]:
    """Return the addresses of all pages, below that of the site."""
    found = (path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))
    return sorted("" if name == "." else f"{name}/" for name in found)


@pytest.mark.parametrize("paths", [LOOKED_AT, pytest.param(None, marks=pytest.mark.slow)], ids=["some", "all"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen_complains_or_asks_another_host(
    site: Path, tab: Callable[..., Tab], width: int, paths: tuple[str, ...] | None
) -> None:
    opened = tab(width)
    wide = []
    for path in paths or pages_of(site):
        opened.open(path)
        if opened.page.evaluate(OVERFLOW) > 0:
            wide.append(path)
    assert len(pages_of(site)) > 60
    assert (wide, opened.messages, opened.elsewhere) == ([], [], [])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", LOOKED_AT)
@pytest.mark.one_in(3)
def test_everybody_can_use_a_page(tab: Callable[..., Tab], path: str, scheme: str) -> None:
    opened = tab(scheme=scheme)
    opened.open(path)
    wanted = "slate" if scheme == "dark" else "default"
    assert opened.page.evaluate("document.body.dataset.mdColorScheme") == wanted
    assert axe(opened.page) == []


def test_search_finds_a_word_of_a_heading(tab: Callable[..., Tab]) -> None:
    opened = tab()
    opened.open("")
    opened.page.locator("input.md-search__input").click()
    opened.page.keyboard.type("budget")
    opened.page.wait_for_selector(".md-search-result__item")
    titles = opened.page.locator(".md-search-result__item h1, .md-search-result__item h2").all_inner_texts()
    assert any("udget" in title for title in titles)
    assert opened.elsewhere == []


def test_formulas_are_laid_out_by_the_browser(site: Path) -> None:
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("index.html")]
    assert not any(re.search(r'class="arithmatex"', page) for page in pages)


def test_every_public_name_has_its_place(site: Path) -> None:
    import popsim as ps

    pages = "".join(path.read_text(encoding="utf-8") for path in (site / "reference" / "api").rglob("index.html"))
    for name in {*ps.__all__, *(f"plot.{each}" for each in ps.plot.__all__)} - {"plot"}:
        assert f'id="popsim.{name}"' in pages, name


@pytest.mark.parametrize("fault", ["[nowhere](nowhere.md)", "[no heading](tutorial.md#nothing)"])
def test_a_dead_link_stops_the_build(root: Path, tmp_path: Path, fault: str) -> None:
    """Negative control."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Home\n\n{fault}\n", encoding="utf-8")
    (tmp_path / "docs" / "tutorial.md").write_text("# Tutorial\n", encoding="utf-8")
    settings = (root / "mkdocs.yml").read_text(encoding="utf-8")
    validation = re.search(r"^validation:\n(?:  .*\n)+", settings, re.MULTILINE)
    assert validation is not None
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\nstrict: true\n{validation[0]}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr or "nothing" in done.stderr
