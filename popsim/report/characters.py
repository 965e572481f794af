"""Characters that documents cannot hold, or that would change more than their own text."""

from __future__ import annotations

from collections.abc import Mapping

CONTROL_SIGNS = {
    code: chr(0x2421) if code == 0x7F else "\ufffd" if code > 0x7F else chr(0x2400 + code)
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\n\t"
} | dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")
"""Control characters, which neither HTML nor XML can contain, by the pictures of them that Unicode has."""

_OPENING, _CLOSING = {"\u202a", "\u202b", "\u202d", "\u202e"}, "\u202c"
_ISOLATING, _ISOLATED = {"\u2066", "\u2067", "\u2068"}, "\u2069"
_LAST_SURROGATE = 0xDFFF


def plain(text: str) -> str:
    r"""Return a text with control characters as signs, and every override of its direction closed at its end.

    Parameters
    ----------
    text
        What a user wrote, such as the name of an area. Tabulators stay, and ends of lines as ``\n``.

    Examples
    --------
    >>> plain("a\x00b\x1b")
    'a␀b␛'
    >>> plain("\u202eabc") == "\u202eabc\u202c"
    True
    """
    shown = text.replace("\r\n", "\n").replace("\r", "\n").translate(CONTROL_SIGNS)
    if not shown.isprintable():
        shown = "".join("\ufffd" if 0xD800 <= ord(letter) <= _LAST_SURROGATE else letter for letter in shown)
    return shown + _closing(shown)


def closed_text(text: str) -> str:
    """Return a text with every override of its direction closed at its end."""
    return text + _closing(text)


def closed(values: Mapping[str, object]) -> dict[str, object]:
    r"""Return the values of a sentence; a name that overrides the direction of its letters does so up to its end.

    Parameters
    ----------
    values
        Values by name; texts and lists of texts may be names that users wrote.

    Examples
    --------
    >>> closed({"name": "\u202eabc", "names": ["\u2067d"], "count": 3}) == {
    ...     "name": "\u202eabc\u202c", "names": ["\u2067d\u2069"], "count": 3
    ... }
    True
    """
    return {name: _closed(value) for name, value in values.items()}


def _closed(value: object) -> object:
    # Printed numbers are texts too, of a kind of their own.
    if type(value) is str:
        return value + _closing(value)
    if type(value) is list:
        return [_closed(each) for each in value]
    if type(value) is tuple:
        return tuple(_closed(each) for each in value)
    return value


def _closing(text: str) -> str:
    """Return what ends the overrides and isolations of direction that a text begins and does not end."""
    if text.isprintable():
        return ""
    open_: list[str] = []
    for letter in text:
        if letter in _OPENING:
            open_.append(_CLOSING)
        elif letter in _ISOLATING:
            open_.append(_ISOLATED)
        elif letter in (_CLOSING, _ISOLATED) and letter in open_:
            # An isolate that ends takes the embeddings within it along.
            while open_.pop() != letter:
                pass
    return "".join(reversed(open_))
