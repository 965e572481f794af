"""One family of errors: where it is, what was found, what is allowed, how to mend it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "ClusterError",
    "DamagedRunError",
    "FileError",
    "ParameterError",
    "PlanError",
    "PopsimError",
    "Problem",
    "RunError",
    "StudyError",
    "UnknownNameError",
    "bounded",
    "closest",
    "dotted",
    "kind_of",
    "nearest",
    "shown",
    "visible",
    "visible_json",
    "words",
]


LONGEST_TEXT = 600
"""Characters of one line of a message; of what is longer, the beginning and the end are shown."""
LONGEST_MEND = 10_000
"""Characters of what is allowed and how to mend it, which readers may copy, such as a matrix of correlations."""
MOST_PROBLEMS = 50
"""Problems that a message shows; the others are counted."""

_MANY = 1_000
"""Names from which on only those that begin alike are compared: to compare takes time."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What a message shows as an escape: control characters but for tab and end of line, marks of direction, no letters."""

Key = str | int
Keys = tuple[Key, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, with all that a reader needs to mend it.

    Parameters
    ----------
    file
        The file, such as ``pops.toml``; a call, such as ``Triangular()``; or empty for an argument of the function
        that was called.
    keys
        The path of keys in that file, or the argument of that call; positions in lists are whole numbers from 0.
    found
        What is there.
    allowed
        What may stand there, or the relation that it breaks.
    mend
        What to do about it; empty when `allowed` already says so.
    origin
        What set these keys where it was not the file itself, as it is printed before them: ``override``, or the file
        and the option of the study.
    part
        Name of the entry of a list that the keys lie in, for readers who do not count from 0.
    position
        Where in a file that has no keys, such as ``line 3, column code`` of a CSV file.

    Examples
    --------
    >>> print(Problem("pops.toml", ("scenarios", "count"), "-5", "a whole number of at least 1"))
    pops.toml: scenarios.count
        found    -5
        allowed  a whole number of at least 1
    >>> Problem("Triangular()", ("low",), "nan", "a finite number").where
    'Triangular(low)'
    >>> Problem("countries.csv", (), "nothing", "a name", position="line 3, column name").where
    'countries.csv: line 3, column name'
    """

    file: str
    keys: Keys
    found: str
    allowed: str
    mend: str = ""
    origin: str = ""
    part: str = ""
    position: str = ""

    def __post_init__(self) -> None:
        for name in ("file", "found", "origin", "part", "position"):
            object.__setattr__(self, name, bounded(visible(getattr(self, name))))
        for name in ("allowed", "mend"):
            object.__setattr__(self, name, bounded(visible(getattr(self, name)), LONGEST_MEND))

    @property
    def where(self) -> str:
        """File and key path, or call and argument, in one text."""
        path = (bounded(visible(dotted(self.keys))) or self.position) + (f" ({self.part})" if self.part else "")
        if self.origin:
            return f"{self.origin} {path}" if path else self.origin
        if self.file.endswith("()"):
            return f"{self.file[:-1]}{path})"
        return f"{self.file}: {path}" if self.file and path else self.file or path

    def __str__(self) -> str:
        lines = [self.where, f"    found    {self.found}", f"    allowed  {self.allowed}"]
        if self.mend:
            lines.append(f"    to mend  {self.mend}")
        return "\n".join(lines)


class PopsimError(Exception):
    """Base of everything that popsim refuses; carries one `Problem` or several.

    Parameters
    ----------
    problems
        The problems, in the order in which a reader meets them.

    Examples
    --------
    >>> try:
    ...     raise PopsimError([Problem("here", (), "1", "2")])
    ... except PopsimError as error:
    ...     error.problems[0].found
    '1'
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        more = len(self.problems) - len(shown)
        return "\n".join(shown + ([f"... and {more:,} more"] if more else []))


class ParameterError(PopsimError, ValueError):
    """An argument has a value that cannot be honoured."""


class StudyError(PopsimError, ValueError):
    """A study, its catalogue or its countries cannot be honoured."""


class PlanError(PopsimError, ValueError):
    """A study cannot be lowered to arrays as exactly as promised."""


class UnknownNameError(PopsimError, KeyError):
    """A name that is not known; the message offers the nearest one."""


class FileError(PopsimError, OSError):
    """A file is missing, cannot be read or cannot be written."""


class RunError(PopsimError, ValueError):
    """A folder or dataset is not a run of popsim, or lacks what was asked of it."""


class DamagedRunError(RunError, FileError):
    """Files of a run are not as it wrote them: edited, damaged, missing, or of another run."""


class ClusterError(PopsimError, RuntimeError):
    """The scheduler or the workers of a cluster cannot do what is asked of them."""


def bounded(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text of at most about `most` characters: of a longer one its beginning, its end and its length.

    Examples
    --------
    >>> bounded("abc"), bounded("0123456789" * 9, most=20)
    ('abc', '01234567890123 ... 456789 (90 characters)')
    """
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end]} ... {text[-end:]} ({len(text):,} characters)"


def visible(text: str) -> str:
    r"""Return a text with escapes for control characters, and for those that change the direction of text.

    Examples
    --------
    >>> print(visible("\x1b[31mred"))
    \x1b[31mred
    """
    return text if text.isprintable() else _HIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)


def visible_json(text: str) -> str:
    r"""Return JSON with escapes for control characters in its texts, of which JSON allows some to stand as they are.

    Examples
    --------
    >>> print(visible_json('{"name": "\x9b2J\u202e"}'))
    {"name": "\u009b2J\u202e"}
    """
    return text if text.isascii() and "\x7f" not in text else _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def dotted(keys: Keys) -> str:
    """Return a key path as TOML writes it, with positions in lists in brackets.

    Examples
    --------
    >>> dotted(("component", 0, "low")), dotted(("by", "ldc", "not LDC"))
    ('component[0].low', 'by.ldc."not LDC"')
    """
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            quoted = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
            text += f".{quoted}" if text else quoted
    return text


def kind_of(value: object) -> str:
    """Name the type of a value in a sentence.

    Examples
    --------
    >>> kind_of([1]), kind_of(1), kind_of(None)
    ('a list', 'an int', 'None')
    """
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"


def nearest(name: str, known: Sequence[str]) -> str:
    """Suggest the known name that is spelt most like `name`.

    Returns
    -------
    str
        ``did you mean "x"?``, or the empty string when nothing is close.

    Examples
    --------
    >>> nearest("lognormall", ["normal", "lognormal"])
    'did you mean "lognormal"?'
    >>> nearest("qqq", ["normal"])
    ''
    """
    known_name = closest(name, known)
    return "" if known_name is None else f'did you mean "{known_name}"?'


def closest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that is spelt most like `name`, whatever its case; None when nothing is close.

    Examples
    --------
    >>> closest("Sigm", ["mu", "sigma"])
    'sigma'
    """
    if len(name) > LONGEST_TEXT:
        return None
    by_fold = {candidate.lower(): candidate for candidate in known}
    if len(by_fold) > _MANY:
        alike = name[:1].lower()
        by_fold = {fold: each for fold, each in by_fold.items() if fold[:1] == alike and abs(len(fold) - len(name)) < 3}
    close = difflib.get_close_matches(name.lower(), list(by_fold), n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def shown(value: object, kind: bool = False) -> str:
    """Show a value, shortened; with `kind`, also what sort of value it is.

    Examples
    --------
    >>> shown("ten", kind=True)
    "'ten' (text)"
    >>> shown(True, kind=True)
    'true (a truth value)'
    """
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int) and abs(value) >= 10**40:
        text = f"a whole number of {int(value.bit_length() * 0.30103) + 1:,} digits"
    else:
        text = repr(value)
    if len(text) > 80:
        text = f"{text[:77]}..."
    return f"{text} ({_kind(value)})" if kind else text


def _kind(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a truth value"),
        (str, "text"),
        (int, "a whole number"),
        (float, "a number with a decimal point"),
        ((list, tuple), "a list"),
        (Mapping, "a table"),
    )
    return next((name for types, name in kinds if isinstance(value, types)), type(value).__name__)


def words(names: Iterable[object], limit: int = 20) -> str:
    """List names for a message: at most `limit` of them."""
    listed = [str(name) for name in names]
    if not listed:
        return "none"
    return ", ".join(listed[:limit]) + (f", ... ({len(listed)} in all)" if len(listed) > limit else "")
