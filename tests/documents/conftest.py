"""What tests of documents share: a browser, a run of the packaged study, and a run whose names are hostile.

All of it is made once in a session. Nothing may write into these folders: `copy_of` gives a copy that may be changed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from popsim.cli.main import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCENARIOS = "1000"
HOSTILE = (
    '<script>alert("x")</script>',
    '=HYPERLINK("http://example.org","\'x\'")',
    "+1+1",
    "-2\n& 3",
    "@SUM(A1)",
    "\u202eالتكاليف\u202c {{ 7 }} ${1} </style><!--",
    "W" * 200,
)
"""Names that would do harm in a format which takes them for more than text."""


def popsim(*arguments: str) -> str:
    """Call the command line within this process and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as end:
        main(arguments)
    assert not end.value.code, out.getvalue()
    return out.getvalue()


@pytest.fixture(scope="session")
def pops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the packaged study in few scenarios, with what makes its range."""
    folder = tmp_path_factory.mktemp("packaged") / "pops"
    popsim("run", "--scenarios", SCENARIOS, "--no-assumptions", "--out", str(folder))
    return folder


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A run of a small study in which every name is one of `HOSTILE`."""
    source = tmp_path_factory.mktemp("hostile") / "study"
    shutil.copytree(root / "tests" / "study" / "fixtures" / "small", source)
    names = {
        "study.toml": {"Three areas, six countries": HOSTILE[0], "All but high-income countries.": HOSTILE[3]},
        "catalogue/x_first.toml": {"First": HOSTILE[1], "Start-up": HOSTILE[0], "Running": HOSTILE[2]},
        "catalogue/y_second.toml": {"Second": HOSTILE[5], "Office": HOSTILE[4]},
        "catalogue/z_third.toml": {"Third": HOSTILE[6], "Fee": HOSTILE[3]},
    }
    for file, changes in names.items():
        text = (source / file).read_text(encoding="utf-8")
        for old, new in changes.items():
            # JSON's escapes are TOML's, but for characters beyond 16 bits, of which there are none.
            assert f'"{old}"' in text, old
            text = text.replace(f'"{old}"', json.dumps(new))
        (source / file).write_text(text, encoding="utf-8")
    countries = (source / "countries.csv").read_text(encoding="utf-8")
    for number, letter in enumerate("ABDF"):
        name = '"' + HOSTILE[number].replace("\n", " ").replace('"', '""') + '"'
        countries = countries.replace(f",Land {letter},", f",{name},")
    (source / "countries.csv").write_text(countries, encoding="utf-8")
    folder = source.parent / "run"
    popsim("run", str(source / "study.toml"), "--scenarios", SCENARIOS, "--no-assumptions", "--out", str(folder))
    return folder


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Return a function that copies a run folder to where it may be changed."""

    def function(run: Path) -> Path:
        return Path(shutil.copytree(run, tmp_path / run.name))

    return function


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = os.environ.get("CHROME") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found, f"none of {', '.join(CHROMIUM)} is on PATH"
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless browser, which may not use the network."""
    # Ordinary tests, whose collection reads this file, do without it.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


class Opened:
    """A file in a browser tab, with everything that the browser complains about or asks for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        # What the policy of the page forbids is announced, and never asked for.
        page.on("requestfailed", self._forget)

    def _forget(self, request: Request) -> None:
        if request.failure and "csp" in request.failure.lower():
            self.requests.remove(request.url)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens an HTML file; keywords are those of Playwright's `new_context`, as width is.

    `link` is what stands behind # in the address; `init_script` runs before the scripts of the page. The tab notes
    messages of the console, errors and requests. All tabs are closed at the end of the test.
    """
    contexts = []

    def function(path: Path, width: int = 1440, link: str = "", init_script: str = "", **settings: object) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            offline=True,
            **settings,  # type: ignore[arg-type]
        )
        contexts.append(context)
        tab = Opened(context.new_page())
        if init_script:
            tab.page.add_init_script(init_script)
        tab.page.goto(path.as_uri() + (f"#{link}" if link else ""))
        return tab

    yield function
    for context in contexts:
        context.close()
