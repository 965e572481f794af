"""The page in a browser: nothing that it complains of, everything within reach, and what is saved is what is shown."""

from __future__ import annotations

import csv
import io
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from popsim import load_run
from popsim.report.content import compose
from popsim.report.document import Document, Figure, Matrix, Table
from popsim.report.numbering import captioned, heading, label
from popsim.report.numbers import Printed

from .conftest import HOSTILE, Opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.documents

Open = Callable[..., Opened]

WIDTHS = (1440, 390, 320)
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter((each) => each.checkVisibility() && !each.disabled).length"""
FOCUSED = "document.activeElement === document.body ? -1 : (window.seen ??= []).push(document.activeElement)"


@pytest.fixture(scope="module", params=["pops", "hostile"])
def page_file(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder / "report.html"


@pytest.fixture(scope="module")
def packaged(pops: Path) -> Document:
    run = load_run(pops)
    return compose(run.study, run.dataset)


def axe(page: Page) -> list[str]:
    """Return what axe-core objects to, with the places."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes'][:5]]} ({len(each['nodes'])})" for each in found]


def test_browser_has_nothing_to_say(page_file: Path, opened: Open) -> None:
    tab = opened(page_file)
    tab.page.evaluate(OPEN_ALL)
    assert tab.messages == []
    assert [request for request in tab.requests if not request.startswith("data:image/svg+xml")] == [page_file.as_uri()]
    broken = "[...document.images].filter((each) => !each.complete || each.naturalWidth === 0).length"
    assert tab.page.evaluate(broken) == 0


def test_control_messages_and_requests_are_noticed(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "bad.html").write_text('<!DOCTYPE html><img src="x.png"><script>fail()</script>', encoding="utf-8")
    tab = opened(tmp_path / "bad.html")
    assert any("fail is not defined" in message for message in tab.messages)
    assert (tmp_path / "x.png").as_uri() in tab.requests


@pytest.mark.parametrize(
    "intruder",
    [
        "<script>document.title = 'taken'</script>",
        "<script src='https://example.org/x.js'></script>",
        "<p style='color: red'>",
        "<img src='x' onerror='document.title = \"taken\"'>",
        "<link rel='stylesheet' href='https://example.org/x.css'>",
        "<iframe src='https://example.org'></iframe>",
    ],
)
def test_policy_keeps_out_what_the_page_did_not_bring(
    hostile: Path, tmp_path: Path, opened: Open, intruder: str
) -> None:
    text = (hostile / "report.html").read_text(encoding="utf-8")
    (tmp_path / "changed.html").write_text(text.replace("<main", f"{intruder}<main", 1), encoding="utf-8")
    tab = opened(tmp_path / "changed.html")
    assert any("Content Security Policy" in message for message in tab.messages)
    assert tab.page.title().startswith(HOSTILE[0])
    assert not any("example.org" in request for request in tab.requests)


@pytest.mark.parametrize("width", WIDTHS)
def test_page_is_no_wider_than_the_screen(page_file: Path, opened: Open, width: int) -> None:
    page = opened(page_file, width=width).page
    assert page.evaluate(OVERFLOW) == 0
    page.evaluate(OPEN_ALL)
    assert page.evaluate(OVERFLOW) == 0


def test_long_keys_of_the_packaged_study_fit_a_small_screen(pops: Path, opened: Open) -> None:
    page = opened(pops / "report.html", width=WIDTHS[-1]).page
    page.evaluate(OPEN_ALL)
    assert page.evaluate(OVERFLOW) == 0


# The small study has every kind of block; the long page of the packaged one takes many seconds each time.
@pytest.mark.parametrize(
    ("run", "width", "scheme"),
    [
        *(("hostile", width, scheme) for width in WIDTHS for scheme in ("light", "dark")),
        ("pops", 1440, "light"),
        ("pops", 390, "dark"),
    ],
)
@pytest.mark.one_in(3)
def test_page_is_accessible(request: pytest.FixtureRequest, opened: Open, run: str, width: int, scheme: str) -> None:
    folder: Path = request.getfixturevalue(run)
    page = opened(folder / "report.html", width=width, color_scheme=scheme).page
    page.evaluate(OPEN_ALL)
    assert axe(page) == []


def test_control_axe_notices_faults(tmp_path: Path, opened: Open) -> None:
    text = "<!DOCTYPE html><title>x</title><p><a href='#'></a><img src='data:,'><span>no language</span>"
    (tmp_path / "bad.html").write_text(text, encoding="utf-8")
    found = " ".join(axe(opened(tmp_path / "bad.html").page))
    assert "html-has-lang" in found
    assert "image-alt" in found
    assert "link-name" in found


def test_keyboard_alone_reaches_everything(page_file: Path, opened: Open) -> None:
    page = opened(page_file).page
    page.evaluate(OPEN_ALL)
    expected = page.evaluate(REACHABLE)
    assert expected > 40
    for _ in range(expected + 5):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == -1:
            break
    assert page.evaluate("new Set(window.seen).size") == expected
    # What has the focus is seen to have it.
    assert page.evaluate("window.seen.every((each) => each.getClientRects().length > 0)")


def test_keyboard_opens_what_is_folded(pops: Path, opened: Open) -> None:
    page = opened(pops / "report.html").page
    first = page.locator("summary").first
    first.focus()
    assert not first.evaluate("(each) => each.parentElement.open")
    page.keyboard.press("Enter")
    assert first.evaluate("(each) => each.parentElement.open")


def test_link_opens_the_part_in_which_a_table_is_folded(pops: Path, packaged: Document, opened: Open) -> None:
    page = opened(pops / "report.html").page
    name = page.evaluate("document.querySelector('details:not([open]) [data-name]').id")
    page.goto(f"{(pops / 'report.html').as_uri()}#{name}")
    assert page.locator(f"#{name}").is_visible()


def saved(page: Page, block: str, button: str) -> bytes:
    with page.expect_download() as download:
        page.locator(f"#{block} .tools button", has_text=button).click()
    path = download.value.path()
    assert download.value.suggested_filename == f"{block.partition('-')[2]}.{button.lower()}"
    return Path(path).read_bytes()


def full(cell: str) -> str | float:
    """Return what CSV holds of a cell: the number where it is known, else the text, harmless."""
    if isinstance(cell, Printed) and math.isfinite(cell.value):
        return cell.value
    text = " ".join(part.strip() for part in cell.split("\n")).strip()
    return f"'{text}" if text[:1] in tuple("=+-@") else text


def read_back(cell: str, expected: str | float) -> Any:
    return pytest.approx(float(cell), rel=1e-12) if isinstance(expected, float) else cell


def filled(table: Table) -> list[list[str]]:
    """Return the rows of a table in which a label that stands for several rows stands in each."""
    rows: list[list[str]] = []
    for row in table.rows:
        above = not row[0] and table.labels > 1 and rows
        rows.append([rows[-1][0] if above else row[0], *row[1:]])
    return rows


@pytest.mark.parametrize("run", ["pops", "hostile"])
@pytest.mark.one_in(2)
def test_csv_of_each_table_holds_what_it_shows(request: pytest.FixtureRequest, opened: Open, run: str) -> None:
    folder: Path = request.getfixturevalue(run)
    loaded = load_run(folder)
    document = compose(loaded.study, loaded.dataset)
    page = opened(folder / "report.html").page
    page.evaluate(OPEN_ALL)
    tables = [block for block in captioned(document.sections) if isinstance(block, Table)]
    assert len(tables) > 8
    for place, table in enumerate(tables):
        if place % 8 == 7:
            # A browser drops downloads that come faster than ten in a second.
            page.wait_for_timeout(1100)
        text = saved(page, f"table-{table.name}", "CSV").decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(text, newline=""))
        assert len(head) == len(table.columns)
        assert all(name in cell for name, cell in zip(table.columns, head, strict=True))
        assert not any(cell.startswith(tuple("=+@")) for row in rows for cell in row)
        for expected, row in zip(filled(table), rows, strict=True):
            wanted = [full(cell) for cell in expected]
            assert [read_back(cell, want) for cell, want in zip(row, wanted, strict=True)] == wanted, table.caption


def test_csv_of_a_matrix_has_ranges_in_columns_of_their_own(pops: Path, packaged: Document, opened: Open) -> None:
    page = opened(pops / "report.html").page
    page.evaluate(OPEN_ALL)
    matrix = next(block for block in captioned(packaged.sections) if isinstance(block, Matrix))
    text = saved(page, f"table-{matrix.name}", "CSV").decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(head) == 1 + 2 * len(matrix.columns)
    assert head[1] == f"{matrix.columns[0]} ({packaged.currency})"
    for expected, row in zip(matrix.rows, rows, strict=True):
        assert row[0] == expected.label
        assert row[2::2] == [cell.range for cell in expected.cells]
        assert [float(cell) for cell in row[1::2]] == pytest.approx([full(cell.value) for cell in expected.cells])


def test_figures_are_saved_as_svg_and_png(pops: Path, packaged: Document, opened: Open) -> None:
    page = opened(pops / "report.html", color_scheme="dark").page
    page.evaluate(OPEN_ALL)
    figures = [block for block in captioned(packaged.sections) if isinstance(block, Figure)]
    for figure in figures[:3]:
        root = ET.fromstring(saved(page, f"figure-{figure.name}", "SVG"))
        assert root.attrib["aria-label"] == figure.spoken
        drawing = saved(page, f"figure-{figure.name}", "PNG")
        assert drawing.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", drawing[16:24])
        box = [float(side) for side in root.attrib["viewBox"].split()]
        assert width == 2400
        assert width / height == pytest.approx(box[2] / box[3], rel=0.01)


def test_table_is_copied_for_word_processors_and_for_text(pops: Path, packaged: Document, opened: Open) -> None:
    from playwright.sync_api import expect

    tab = opened(pops / "report.html", permissions=["clipboard-read", "clipboard-write"])
    table = next(block for block in captioned(packaged.sections) if isinstance(block, Table))
    tab.page.locator(f"#table-{table.name} .tools button", has_text="Copy").click()
    # `wait_for_function` would poll by evaluating text, which the policy of the page forbids.
    expect(tab.page.locator("#status")).to_have_text(f"Done. Copy: {label(table)}")
    copied = """async (kind) => (await (await navigator.clipboard.read())[0].getType(kind)).text()"""
    plain = tab.page.evaluate(copied, "text/plain").split("\n")
    assert len(plain) == 1 + len(table.rows)
    assert plain[1].split("\t")[0] == table.rows[0][0]
    assert "<table" in tab.page.evaluate(copied, "text/html")
    assert tab.messages == []


def test_without_scripts_the_page_is_all_there(pops: Path, packaged: Document, opened: Open) -> None:
    page = opened(pops / "report.html", java_script_enabled=False).page
    words = page.locator("body").text_content() or ""
    for block in captioned(packaged.sections):
        assert heading(block) in words
    assert page.locator(".tools button").count() == 0
    assert page.locator("details:not([open])").count() > 0


def test_dark_page_is_dark_with_its_figures(pops: Path, opened: Open, tmp_path: Path) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        page = opened(pops / "report.html", color_scheme=scheme).page
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3
        effect = page.evaluate("getComputedStyle(document.querySelector('figure img')).filter")
        assert ("invert" in effect) == (scheme == "dark")
    assert shades["light"] > 200
    assert shades["dark"] < 60
