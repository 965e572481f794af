"""Take the pictures of the pages that show documents: `make screenshots`, or ``python -m tests.documents.screenshots``.

An argument names a run of the packaged study; without it one is made, as `popsim run` makes it. Pictures are written to
docs/images, in few colours, so that they stay small. They need chromium, LibreOffice and pdftoppm, as the tests of
documents do.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.documents.conftest import CHROMIUM, FLAGS, popsim

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LIMIT = 150_000
"""No picture has more bytes."""
READY = "#composer output:not(:empty)"
PACKAGE = ("a", "b", "c", "h")
"""Areas that stay ticked in the picture of a package."""


def save(picture: Path | bytes, name: str) -> None:
    """Write a picture in few colours; refuse one that is large all the same."""
    path = IMAGES / f"{name}.png"
    if isinstance(picture, bytes):
        path.write_bytes(picture)
        picture = path
    with Image.open(picture) as opened:
        few = opened.convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    assert path.stat().st_size < LIMIT, path


@contextmanager
def opened(page: Path, width: int) -> Iterator[Page]:
    """Open a page in a browser that may not use the network, in light colours."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, CHROMIUM)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, color_scheme="light")
        tab = context.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_selector(READY)
        yield tab
        browser.close()


def page_pictures(report: Path) -> None:
    """Take the pictures of the page: what stands first, a budget, a package, an option."""
    with opened(report, width=1000) as tab:
        bottom = tab.locator("#page-one").bounding_box()
        assert bottom is not None
        height = bottom["y"] + bottom["height"]
        clip = {"x": 0, "y": 0, "width": 1000, "height": height}
        save(tab.screenshot(clip=clip, full_page=True), "page-one")  # type: ignore[arg-type]

        tab.fill("#amount", "2500")
        save(tab.locator("#slider").screenshot(), "budget")

        tab.click("#composer [data-tick=none][data-of=areas]")
        for area in PACKAGE:
            tab.check(f"#composer [name=areas][value={area}]")
        save(tab.locator("#composer").screenshot(), "package")

        tab.click("#composer [data-do=reset]")
        tab.select_option("#composer [name=option]", "slow_start")
        tab.evaluate("scrollTo(0, 0)")
        answer, table = (tab.locator(f"#composer {part}").bounding_box() for part in ("output", ".result-table"))
        assert answer is not None
        assert table is not None
        tall = table["y"] + table["height"] - answer["y"]
        clip = {"x": answer["x"] - 24, "y": answer["y"] - 12, "width": table["width"] + 48, "height": tall + 24}
        save(tab.screenshot(clip=clip, full_page=True), "option")  # type: ignore[arg-type]


def printed(document: Path, folder: Path, form: str = "pdf") -> Path:
    """Print a document through LibreOffice, and return the PDF."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", str(folder), str(document)]
    subprocess.run(command, capture_output=True, check=True, timeout=300)
    return folder / f"{document.stem}.pdf"


def picture_of(pdf: Path, page: int = 1, *, dots: int = 90) -> Path:
    """Return the picture of a page of a PDF."""
    chosen = ["-f", str(page), "-l", str(page), "-singlefile", "-r", str(dots)]
    subprocess.run(["pdftoppm", "-png", *chosen, str(pdf), str(pdf.with_suffix(""))], check=True, timeout=300)
    return pdf.with_suffix(".png")


def sheet_picture(book: Path, folder: Path) -> Path:
    """Return the picture of the sheet Budget, without the white below it and the footer of the page."""
    from pypdf import PdfReader

    # Behind the sheets that people read are thousands of rows of scenarios.
    few = 'pdf:calc_pdf_Export:{"PageRange":{"type":"string","value":"1-20"}}'
    pdf = printed(book, folder, few)
    texts = [page.extract_text() for page in PdfReader(pdf).pages]
    (page,) = [number for number, text in enumerate(texts, 1) if "A confidence: which amount is it?" in text]
    path = picture_of(pdf, page, dots=110)
    with Image.open(path) as opened:
        body = opened.convert("L").crop((0, 0, opened.width, opened.height * 9 // 10))
        left, top, right, bottom = body.point(lambda value: 255 - value).getbbox() or (0, 0, *body.size)
        opened.crop((left - 20, top - 20, right + 20, bottom + 20)).save(path)
    return path


def main(*arguments: str) -> None:
    """Take all pictures, of the run that the arguments name or of a new one."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        run = Path(arguments[0]) if arguments else folder / "run"
        if not arguments:
            popsim("run", "--out", str(run), "--format", "html")
        documents = folder / "documents"
        popsim("report", str(run), "--format", "html,docx,xlsx,pdf", "--out", str(documents))
        page_pictures(documents / "report.html")
        save(picture_of(documents / "report.pdf", dots=110), "report")
        (folder / "note").mkdir()
        save(picture_of(printed(documents / "report.docx", folder / "note")), "note")
        (folder / "book").mkdir()
        save(sheet_picture(documents / "report.xlsx", folder / "book"), "workbook")


if __name__ == "__main__":
    main(*sys.argv[1:])
