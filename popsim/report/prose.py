"""The sentences of the report, from templates: one for each section, and in it one macro for each sentence.

A template holds whole sentences and chooses among them; Python decides what is reported and hands over the values by
name. Nothing is glued together from halves, so that a translation may replace a template sentence by sentence.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from popsim.report import language
from popsim.report.characters import closed
from popsim.report.numbers import agrees, count, in_percent, percent, plain, significant, stated_share

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

_SPACES = re.compile(r"[ \t\n]+")


class Prose:
    """The sentences of one template.

    Parameters
    ----------
    template
        Name of the file in the folder of templates, without its ending. It is read when the first sentence is asked
        for.

    Examples
    --------
    >>> text = Prose("headline")
    >>> text("no_range", scenarios=1), text("no_range", scenarios=5)
    ('Too few scenarios for a range (1 scenario)', 'Too few scenarios for a range (5 scenarios)')
    """

    def __init__(self, template: str) -> None:
        self.template = template

    def __call__(self, sentence: str, /, **values: object) -> str:
        """Return a sentence with these values; runs of spaces and line breaks are one space.

        Parameters
        ----------
        sentence
            Name of the macro.
        **values
            Its parameters, all of them.

        Raises
        ------
        AttributeError
            When the template has no such sentence.
        TypeError
            For a value that is none of the sentence's parameters, or a missing one that is counted.
        jinja2.UndefinedError
            For another value that is missing.
        """
        macro = getattr(environment().get_template(f"{self.template}.j2").module, sentence)
        return _SPACES.sub(" ", macro(**closed(values))).strip()


@cache
def environment() -> Environment:
    """Return the environment of all templates, those of the page included.

    Compiled templates are kept in the user's cache, where it can be written: compiling them all takes as long as a
    tenth of a run. jinja2 is imported when a report is written, not before.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    loaded = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        # Sentences are plain text, which the page escapes.
        autoescape=select_autoescape(("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled_templates(),
        extensions=["jinja2.ext.i18n"],
    )
    loaded.policies["ext.i18n.trimmed"] = True
    # The language is asked for when a sentence is written: one environment serves all of them.
    loaded.install_gettext_callables(  # type: ignore[attr-defined]
        language.plain_gettext, language.plain_ngettext, newstyle=True, pgettext=language.plain_pgettext
    )
    numbers = (agrees, count, in_percent, percent, plain, significant, stated_share)
    for each in (*numbers, language.listed, sentence_case):
        loaded.filters[each.__name__] = _when_written(each)
    return loaded


def _when_written(function: Callable[..., object]) -> Callable[..., object]:
    """Return a filter that is asked when a sentence is written, and not while the template is compiled."""
    from jinja2 import pass_context

    def ask(_: object, /, *values: object, **named: object) -> object:
        return function(*values, **named)

    return pass_context(ask)


def _compiled_templates() -> BytecodeCache | None:
    from jinja2 import FileSystemBytecodeCache

    # jinja2 knows a template by its text alone; what it was compiled with is written here, and in no template.
    environment = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    folder = Path(platformdirs.user_cache_dir("popsim")) / "templates" / environment
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def plural(number: int, one: str, many: str, none: str = "") -> str:
    """Count things in English words that agree, for the terminal; `none`, where it is given, stands for 0 of them.

    Examples
    --------
    >>> plural(1, "country", "countries"), plural(1200, "area", "areas"), plural(0, "area", "areas", "no area")
    ('1 country', '1,200 areas', 'no area')
    """
    return none if none and number == 0 else f"{number:,} {one if number == 1 else many}"


def sentence_case(text: str) -> str:
    """Put a capital at the beginning, and leave the rest as it is.

    Examples
    --------
    >>> sentence_case("total cost in US$")
    'Total cost in US$'
    """
    return text[:1].upper() + text[1:]
