"""Names that would do harm in some format are text in all of them."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import docx
import openpyxl
import pytest
import xarray as xr
from docx.oxml.ns import qn
from markdown_it import MarkdownIt

from popsim.report.data import gather
from popsim.report.formats import FORMATS
from popsim.study.labels import ColumnLabels
from popsim.study.model import Study

NAMES = (
    '<script>alert("x")</script>',
    "</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.org","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "two\nlines\tand a tab",
    "\u202eright to left\u202d تكاليف",
    "bell\x07 and escape\x1b[31m",
    "[a link](javascript:alert(1)) *bold* `code` | cell",
    "{{ 7 * 7 }} {% raw %} ${1} %(name)s %s",
    "&lt;b&gt; ]]> --> '\"",
    "W" * 200,
)
"""Each of these is the name of an area, of a component, of a country and of a group."""

Check = Callable[[Path, Path], None]


def named(study: Study, names: tuple[str, ...]) -> Study:
    """Return a study with these names everywhere."""
    areas = tuple(
        replace(
            area,
            name=name,
            description=name,
            components=tuple(replace(part, name=name, rationale=name) for part in area.components),
        )
        for area, name in zip(study.areas, names, strict=True)
    )
    countries = tuple(
        replace(each, name=name, size_note=name) for each, name in zip(study.countries, names, strict=True)
    )
    labels = ColumnLabels.of({"region": names[0], "income": names[2]}, {"region": {"African": names[1]}})
    return replace(study, title=names[0], description=names[1], areas=areas, countries=countries, labels=labels)


@pytest.fixture(scope="module")
def folders(
    make_study: Callable[..., Study], make_run: Callable[..., xr.Dataset], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """All documents of a study with harmless names, and of the same study with hostile ones."""
    study = make_study(areas=8, countries=8, years=2)
    made = []
    for which in ("harmless", "hostile"):
        folder = tmp_path_factory.mktemp(which)
        # Names stand on areas and countries in turn: two studies hold them all.
        for part, names in enumerate((NAMES[:8], NAMES[-8:])):
            chosen = names if which == "hostile" else tuple(f"Name {k}" for k in range(8))
            dataset = make_run(study, 100)
            changed = named(study, chosen)
            (folder / str(part)).mkdir()
            data = gather(changed, dataset)
            for each in FORMATS.values():
                if each.name != "pdf":
                    each.write(folder / str(part), changed, dataset, data)
        made.append(folder)
    return made[0], made[1]


class Tags(HTMLParser):
    """Counts what is more than text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: dict[str, int] = {}
        self.handlers: list[str] = []
        self.addresses: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses |= {
            value or "" for name, value in attrs if name in ("href", "src") and "data:" not in (value or "")
        }

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def check_html(harmless: Path, hostile: Path) -> None:
    before, after = (Tags((folder / "report.html").read_text(encoding="utf-8")) for folder in (harmless, hostile))
    assert after.tags.get("script") == before.tags.get("script")
    assert set(after.tags) == set(before.tags)
    assert after.handlers == []
    assert not any(
        "javascript" in address or "example.org" in address for address in after.addresses - before.addresses
    )


def check_docx(harmless: Path, hostile: Path) -> None:
    before, after = (docx.Document(str(folder / "report.docx")) for folder in (harmless, hostile))
    fields = [[each.text for each in word.element.iter(qn("w:instrText"))] for word in (before, after)]
    assert fields[1] == fields[0]
    assert not any(relation.is_external for relation in after.part.rels.values())
    with zipfile.ZipFile(hostile / "report.docx") as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(archive.read(name))


def check_xlsx(harmless: Path, hostile: Path) -> None:
    before, after = (openpyxl.load_workbook(folder / "report.xlsx") for folder in (harmless, hostile))
    formulas = [
        [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        for book in (before, after)
    ]
    assert len(formulas[1]) == len(formulas[0]) > 0
    assert not any(re.search(r"HYPERLINK|cmd|alert", str(each)) for each in formulas[1])
    targets = {cell.hyperlink.target for sheet in after for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert not any(target for target in targets if target)


def check_md(harmless: Path, hostile: Path) -> None:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    kinds, addresses = [], []
    for folder in (harmless, hostile):
        tokens = reader.parse((folder / "report.md").read_text(encoding="utf-8"))
        inside = [each for token in tokens for each in token.children or ()]
        # An address in a name may be a link, as everywhere on GitHub.
        kinds.append({each.type for each in (*tokens, *inside)} - {"text_special", "link_open", "link_close"})
        addresses.append({str(each.attrs.get("href") or each.attrs.get("src")) for each in inside if each.attrs})
    assert kinds[1] == kinds[0]
    assert "html_block" not in kinds[1]
    assert not any(each.startswith("javascript") for each in addresses[1])
    for path in (hostile / "report-figures").iterdir():
        check_svg(path)


def check_svg(path: Path) -> None:
    for element in ET.fromstring(path.read_bytes()).iter():
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "iframe", "a")
        assert not any(name.lower().startswith("on") for name in element.attrib)


def check_csv(harmless: Path, hostile: Path) -> None:
    for path in (hostile / "tables").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert cell.lstrip()[:1] not in ("=", "@", "+", "-") or is_number(cell), cell
            assert not set(cell) & set("\x00\x07\x1b\r"), cell
            check_direction(cell)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def check_sipmath(harmless: Path, hostile: Path) -> None:
    before, after = (
        json.loads((folder / "sipmath.json").read_text(encoding="utf-8")) for folder in (harmless, hostile)
    )
    assert set(after) == set(before)


CHECKS: dict[str, Check] = {
    "html": check_html,
    "docx": check_docx,
    "xlsx": check_xlsx,
    "md": check_md,
    "csv": check_csv,
    "sipmath": check_sipmath,
}


@pytest.mark.parametrize("part", ["0", "1"])
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
@pytest.mark.one_in(2)
def test_hostile_names_are_text(name: str, part: str, folders: tuple[Path, Path]) -> None:
    harmless, hostile = folders
    CHECKS[name](harmless / part, hostile / part)


@pytest.mark.parametrize("name", ["html", "docx", "xlsx", "md", "csv"])
def test_hostile_names_are_shown(name: str, folders: tuple[Path, Path]) -> None:
    words = set()
    for part in ("0", "1"):
        words |= set(map(squeezed, words_of(name, folders[1] / part)))
    whole = "\n".join(words)
    for each in NAMES:
        shown = squeezed(each.replace("\x07", "").replace("\x1b", ""))
        assert shown in whole or shown.replace("'", "") in whole.replace("'", ""), each


def words_of(name: str, folder: Path) -> Iterator[str]:
    """Yield what a reader sees of a document, in pieces."""
    path = folder / FORMATS[name].file("en")
    match name:
        case "html":
            yield from Tags(path.read_text(encoding="utf-8")).words
        case "docx":
            word = docx.Document(str(path))
            yield from (each.text for each in word.paragraphs)
            yield from (cell.text for table in word.tables for row in table.rows for cell in row.cells)
        case "xlsx":
            for sheet in openpyxl.load_workbook(path):
                yield from (str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
        case "md":
            for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
                yield "".join(each.content for each in token.children or ())
        case "csv":
            for file in path.glob("*.csv"):
                with file.open(encoding="utf-8-sig", newline="") as rows:
                    yield from (cell for row in csv.reader(rows) for cell in row)


def squeezed(text: str) -> str:
    """Return a text without spaces, marks of direction and signs for control characters."""
    return "".join(
        letter for letter in text if not letter.isspace() and letter not in "\u202c\u202d\u202e␇␛\x07\x1b\ufffd"
    )


@pytest.mark.parametrize("part", ["0", "1"])
def test_an_override_of_direction_ends_with_its_name(part: str, folders: tuple[Path, Path]) -> None:
    for folder in folders:
        for text in words_of("docx", folder / part):
            check_direction(text)
        for token in MarkdownIt("commonmark").parse((folder / part / "report.md").read_text(encoding="utf-8")):
            check_direction("".join(each.content for each in token.children or ()))


def test_an_open_override_is_noticed() -> None:
    with pytest.raises(AssertionError):
        check_direction("Cost of \u202eabc (US$ million)\u202c")


def check_direction(text: str) -> None:
    """Check that what is written from right to left by force ends before words of the report follow."""
    depth = 0
    for place, letter in enumerate(text):
        depth += letter in "\u202d\u202e"
        depth -= letter == "\u202c"
        assert not (depth and text.startswith(("US$", "(US$"), place)), text
    assert depth == 0, text
