"""The scripts of a page as one: inline modules cannot import each other, so each becomes a function with its exports.

The files in `popsim/report/scripts` are plain modules, which node tests and a linter reads. They use two forms alone:
``import { a, b as c } from "./other.js";`` and ``export`` before a function, a class or a constant.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z_0-9-]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) ([A-Za-z_$][\w$]*))", re.MULTILINE)
_UNKNOWN = re.compile(r"^(import|export)\b.*$", re.MULTILINE)


@cache
def bundled(*entries: str, folder: Path = FOLDER) -> str:
    """Return scripts and all that they import as one script, each file once and after those that it imports.

    Parameters
    ----------
    entries
        Names of files without their ending, in the order in which they run.
    folder
        Where the files are.

    Raises
    ------
    ValueError
        For an import or an export of another form, and where files import each other in a circle.
    """
    texts: dict[str, str] = {}

    def add(name: str, importing: tuple[str, ...]) -> None:
        if name in importing:
            raise ValueError(f"scripts import each other: {' > '.join((*importing, name))}")
        if name in texts:
            return
        text = (folder / f"{name}.js").read_text(encoding="utf-8")
        for _names, other in _IMPORT.findall(text):
            add(other, (*importing, name))
        texts[name] = _as_function(name, text)

    for entry in entries:
        add(entry, ())
    return "".join(texts.values())


def _as_function(name: str, text: str) -> str:
    exports = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(_as_constants, text))
    if other := _UNKNOWN.search(body):
        raise ValueError(f"{name}.js: {other[0]}")
    returned = f"return {{ {', '.join(exports)} }};\n" if exports else ""
    return f"const {_variable(name)} = (() => {{\n{body}{returned}}})();\n"


def _as_constants(found: re.Match[str]) -> str:
    names = re.sub(r"\s+", " ", found[1].replace(" as ", ": ")).strip().rstrip(",")
    return f"const {{ {names} }} = {_variable(found[2])};"


def _variable(name: str) -> str:
    return f"script_{re.sub(r'[^a-z0-9]', '_', name)}"
