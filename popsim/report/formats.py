"""The formats of documents: what each is for, what its file is called, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popsim.errors import ParameterError, Problem, nearest
from popsim.report import language
from popsim.schema import document_file

if TYPE_CHECKING:
    import xarray as xr

    from popsim.report.data import ReportData
    from popsim.study.model import Study


@dataclass(frozen=True)
class Format:
    """A kind of document.

    Attributes
    ----------
    name
        What a user types after ``--format``.
    about
        What it is for, in a few words.
    module, function
        Where it is written: ``function(path, study, dataset, data)``. Imported when it is used.
    has_words
        Whether it depends on the language.
    takes_locale
        Whether its numbers are plain text, so that the function takes a `locale` too.
    needs
        Function of the module that refuses when a program is missing; empty where none is needed.
    """

    name: str
    about: str
    module: str
    function: str
    has_words: bool = True
    takes_locale: bool = False
    needs: str = ""

    def check(self) -> None:
        """Refuse a format whose program is not installed, before anything is simulated or written.

        Raises
        ------
        FileError
            With what to do without the program.
        """
        if self.needs:
            getattr(import_module(self.module), self.needs)()

    def file(self, code: str) -> str:
        """Return the name of its file, or folder, in a language."""
        return document_file(self.name, code if self.has_words else "en")

    def write(
        self, folder: Path, study: Study, dataset: xr.Dataset, data: ReportData, locale: str | None = None
    ) -> Path:
        """Write the document of a run, in the current language, into an existing folder.

        Parameters
        ----------
        folder
            Where the document is put; what it needs besides, such as pictures, is put there too.
        study, dataset, data
            The study as run, its run, and what `gather` returns for them.
        locale
            Locale of numbers where they are plain text, such as ``fr``; None for the current language's.

        Returns
        -------
        Path
            The file, or the folder of files.
        """
        path = folder / self.file(language.current().code)
        write: Callable[..., Any] = getattr(import_module(self.module), self.function)
        more = {"locale": locale} if self.takes_locale and locale is not None else {}
        write(path, study, dataset, data, **more)
        return path


FORMATS = {
    each.name: each
    for each in (
        Format("html", "a page for the browser, with everything in it", "popsim.report.html", "write_html"),
        Format("docx", "an information note of some five pages, for Word", "popsim.report.word", "write_word"),
        Format("xlsx", "a workbook: tables, charts, and sheets that compute", "popsim.report.excel", "write_workbook"),
        Format("md", "text, with the figures in a folder beside it", "popsim.report.markdown", "write_markdown"),
        Format(
            "csv",
            "a folder of tables for other programs",
            "popsim.report.tidy_csv",
            "write_tidy_csv",
            has_words=False,
            takes_locale=True,
        ),
        Format(
            "sipmath",
            "a SIPmath 3.0 library, for others who compute with the totals",
            "popsim.report.sipmath",
            "write_sipmath",
            has_words=False,
        ),
        Format(
            "pdf",
            "the page as it prints; needs Chromium or Chrome",
            "popsim.report.pdf",
            "write_pdf",
            needs="find_browser",
        ),
    )
}
"""All formats by name, in the order in which help lists them."""


def chosen(text: str) -> list[Format]:
    """Return the formats that a text names, separated by commas, each once.

    Raises
    ------
    ParameterError
        For every name that is no format.
    FileError
        For a format whose program is not installed.

    Examples
    --------
    >>> [each.file("fr") for each in chosen("html, html")]
    ['report.fr.html']
    """
    formats = [FORMATS[name] for name in _known("--format", text, list(FORMATS))]
    for each in formats:
        each.check()
    return formats


def chosen_languages(text: str) -> list[str]:
    """Return the codes of languages that a text names, separated by commas, each once.

    Raises
    ------
    ParameterError
        For every code that is no language of the documents.

    Examples
    --------
    >>> chosen_languages("en,fr")
    ['en', 'fr']
    """
    return _known("--language", text, list(language.LANGUAGES))


def _known(option: str, text: str, known: Sequence[str]) -> list[str]:
    """Return the words of a list; refuse together those that are not known."""
    words = [word.strip().lower() for word in text.split(",")]
    problems = [
        Problem(option, (), word or "nothing", ", ".join(known), nearest(word, known))
        for word in words
        if word not in known
    ]
    if problems:
        raise ParameterError(problems)
    return list(dict.fromkeys(words))
