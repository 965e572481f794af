"""Find and read files: the packaged data, the study that was meant, text as UTF-8, TOML."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from popsim.arguments import check_path
from popsim.errors import FileError, Keys, ParameterError, Problem, StudyError, nearest, shown, words
from popsim.schema import STUDY_FILE

LARGEST_FILE = 64 << 20
"""Bytes of the largest file that is read: data of a study have some kilobytes."""
DEEPEST_TABLE = 32
"""Tables and lists within each other that a TOML file may have; the schema has some ten."""
LONGEST_TOML = 4_000_000
"""Characters of the longest TOML text: reading one takes a second for each million."""
_DOTTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}""", re.ASCII)
"""A key of so many parts that to parse it would take time and memory, both of which grow with their square."""
_LONGEST_NUMBER = 256
"""Binary digits of the longest whole number."""
_SOME_DIGITS = "a number of some digits"
_NO_FILES = {
    "a pipe": stat.S_ISFIFO,
    "a device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
    "a socket": stat.S_ISSOCK,
}

PACKAGE = Path(__file__).resolve().parent.parent


def packaged(kind: Literal["configs", "distributions"]) -> Path:
    """Return the folder of packaged data: inside the package where popsim is installed, beside it in a checkout.

    Raises
    ------
    FileError
        When neither folder is there.

    Examples
    --------
    >>> packaged("distributions").name
    'distributions'
    """
    # The inner folder comes first: beside an installed package stand the folders of other packages.
    candidates = (PACKAGE / "data" / kind, PACKAGE.parent / kind)
    for folder in candidates:
        if folder.is_dir():
            return folder
    mend = "install popsim again, or run it from a complete checkout"
    raise FileError(Problem(f"packaged data: {kind}", (), "no such folder", " or ".join(map(str, candidates)), mend))


def packaged_studies() -> dict[str, Path]:
    """List packaged studies by name: each a file of the folder of studies, or a folder there with a file of its name.

    Examples
    --------
    >>> all(path.suffix == ".toml" for path in packaged_studies().values())
    True
    """
    folder = packaged("configs")
    apart = [path for path in folder.glob("*/*.toml") if path.stem == path.parent.name]
    return {path.stem: path for path in sorted([*folder.glob("*.toml"), *apart], key=lambda path: path.stem)}


def find_study(source: str | os.PathLike[str]) -> Path:
    """Return the path of the study file that `source` names: a file, a folder with ``study.toml``, or a packaged study.

    Raises
    ------
    FileError
        When there is no such study, or when the word means both a packaged study and a folder here.
    """
    path = Path(check_path("source", source, "a path, or the name of a packaged study"))
    named = isinstance(source, str) and re.fullmatch(r"[A-Za-z0-9_-]+", source) is not None
    studies = packaged_studies() if named else {}
    inside = path / STUDY_FILE
    if str(source) in studies:
        if inside.is_file() or path.is_file():
            found = f"a packaged study of that name and {(inside if inside.is_file() else path).resolve()}"
            mend = f'write "./{source}" for the one here, or "{studies[str(source)]}" for the packaged one'
            raise FileError(Problem(f'study "{source}"', (), found, "one meaning", mend))
        return studies[str(source)]
    if path.is_dir():
        if inside.is_file():
            # Whoever names a folder does not mean a file that lies elsewhere.
            return StudyFolder(path).find(STUDY_FILE, str(path), ())
        others = ", ".join(sorted(entry.name for entry in path.glob("*.toml"))) or "none"
        found, allowed = "a folder without study.toml", "a study file, or a folder that holds study.toml"
        raise FileError(Problem(str(path), (), found, allowed, f"TOML files in it: {others}"))
    if path.is_file():
        return path
    mends = [f"packaged studies: {', '.join(studies)}" if named else "check the path", nearest(str(source), [*studies])]
    allowed = "a study file (.toml), a folder with study.toml, or a packaged study"
    raise FileError(Problem(str(source), (), "no such file", allowed, "; ".join(filter(None, mends))))


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a study, in which all files that it names lie, and other folders in which they may lie.

    A study may come from somebody else: what it names elsewhere is neither read nor shown, be it by an absolute path,
    by ``..`` or by a link. The packaged data may be named by any study.
    """

    path: Path
    data_folders: tuple[Path, ...] = ()

    @classmethod
    def of(cls, path: Path, data_folders: object = ()) -> StudyFolder:
        """Return the folder of a study, with further folders that its user allows.

        Raises
        ------
        ParameterError
            When `data_folders` is not a list of paths.
        FileError
            When one of them is not a folder.
        """
        if isinstance(data_folders, str | bytes | os.PathLike) or not isinstance(data_folders, Iterable):
            allowed = "a list of folders"
            raise ParameterError(Problem("", ("data_folders",), shown(data_folders, kind=True), allowed))
        folders = tuple(Path(check_path("data_folders", each, "a path")) for each in data_folders)
        others = [str(folder) for folder in folders if not folder.is_dir()]
        if others:
            raise FileError(Problem("", ("data_folders",), f"{words(others)}: no such folder", "folders that exist"))
        return cls(path, folders)

    def find(self, name: str, file: str, keys: Keys, above: Path | None = None) -> Path:
        """Return the path of what `name` means, from the folder of the study or another one `above`.

        Raises
        ------
        FileError
            At these keys of this file, when it lies outside the folders that may be read.
        """
        path = (self.path if above is None else above) / name
        try:
            real = Path(os.path.realpath(path))
        except ValueError:
            return path  # no path at all, as reading it says
        roots = (self.path, *self.data_folders, packaged("distributions"), packaged("configs"))
        if any(real.is_relative_to(os.path.realpath(root)) for root in roots):
            return path
        found = f"{shown(name)}, which lies outside the folder of the study"
        mend = "copy it there, or allow its folder: --data-folder DIR, load_study(..., data_folders=[DIR])"
        raise FileError(Problem(file, keys, found, "a path inside the folder of the study", mend))


def read_text(path: Path) -> str:
    r"""Read the text of a UTF-8 file, with ``\n`` at the end of lines whatever the file has.

    Raises
    ------
    FileError
        When the file is missing, is a folder, cannot be read or is not UTF-8.
    """
    data = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte, line = data[error.start], data[: error.start].count(b"\n") + 1
        found, mend = f"byte 0x{byte:02x} in line {line} is not UTF-8", "save the file again with encoding UTF-8"
        raise FileError(Problem(str(path), (), f"{path}: {found}", "text in UTF-8", mend)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path) -> bytes:
    """Read a file whole.

    Raises
    ------
    FileError
        When the file is missing, is a folder or cannot be read.
    """
    where = str(path)
    try:
        return _content(path)
    except FileError:
        raise
    except FileNotFoundError:
        others = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        problem = Problem(where, (), f"{path}: no such file", "a file that exists", nearest(path.name, others))
    except IsADirectoryError:
        problem = Problem(where, (), f"{path}: a folder", "a file")
    except OSError as error:
        problem = Problem(where, (), f"{path}: {error.strerror}", "a file that can be read")
    except ValueError as error:
        problem = Problem(where, (), f"{str(path)!r}: {error}", "a path that this machine can have")
    raise FileError(problem) from None


def _content(path: Path) -> bytes:
    """Read a regular file of bounded size; opening waits for nobody, as that of a pipe would."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
        about = os.fstat(file.fileno())
        kind = next((name for name, is_kind in _NO_FILES.items() if is_kind(about.st_mode)), None)
        # Files that the system makes as they are read have no size, and may have no end.
        data = b"" if kind is not None else file.read(LARGEST_FILE + 1)
    if kind is None and len(data) <= LARGEST_FILE and (about.st_size > 0 or not data):
        return data
    if kind is None:
        kind = f"a file of more than {LARGEST_FILE >> 20} MiB" if about.st_size > 0 else "a file that has no size"
    allowed = f"a regular file of at most {LARGEST_FILE >> 20} MiB"
    raise FileError(Problem(str(path), (), f"{path}: {kind}", allowed, "copy what is needed of it into a file"))


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    StudyError
        Naming the line and column where the text stops being TOML.

    Examples
    --------
    >>> parse_toml("format = 1", "pops.toml")
    {'format': 1}
    """
    if len(text) > LONGEST_TOML:
        found, allowed = f"{len(text):,} characters", f"TOML of at most {LONGEST_TOML:,} characters"
        raise StudyError(Problem(name, (), found, allowed, "move data into a CSV file"))
    try:
        if _DOTTED.search(text):
            raise RecursionError
        read = tomllib.loads(text)
        if _is_deeper_than(read, DEEPEST_TABLE):
            raise RecursionError
    except RecursionError:
        found = "arrays or tables within each other, too deep to read"
        allowed = f"TOML with at most {DEEPEST_TABLE} tables or lists within each other"
        raise StudyError(Problem(name, (), found, allowed)) from None
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
        lines = text.split("\n")
        number = int(match[2]) if match and match[2] else len(lines)
        place = f"line {number}, column {match[3]}" if match and match[3] else "end of the file"
        found = lines[min(number, len(lines)) - 1].strip()[:80] or "an empty line"
        allowed = f"TOML ({match[1] if match else message})"
        raise StudyError(Problem(name, (), found, allowed, "see https://toml.io", position=place)) from None
    except ValueError:
        # The one thing that Python itself refuses to read: whole numbers of thousands of digits.
        long = re.search(r"[0-9_]{1000,}", text)
        line = text[: long.start()].count("\n") + 1 if long else 1
        found = f"a whole number of {len(long[0]) if long else 'thousands of'} digits"
        raise StudyError(Problem(name, (), found, _SOME_DIGITS, position=f"line {line}")) from None
    if problems := long_numbers(read, name):
        raise StudyError(problems)
    return read


def long_numbers(table: object, name: str, above: Keys = ()) -> list[Problem]:
    """List whole numbers that no message could show and no float could hold."""
    return [
        Problem(name, keys, f"a whole number of some {int(0.30103 * number.bit_length()):,} digits", _SOME_DIGITS)
        for keys, number in _whole_numbers(table, above)
        if number.bit_length() > _LONGEST_NUMBER
    ]


def _whole_numbers(table: object, above: Keys = ()) -> Iterator[tuple[Keys, int]]:
    """Yield the whole numbers of a document, each with its keys."""
    if isinstance(table, dict | list):
        for key, value in table.items() if isinstance(table, dict) else enumerate(table):
            yield from _whole_numbers(value, (*above, key))
    elif isinstance(table, int):
        yield above, table


def _is_deeper_than(value: object, levels: int) -> bool:
    """Return whether tables and lists lie within each other in more than so many levels, without recursion."""
    level: list[object] = [value]
    for _ in range(levels + 1):
        held = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in held for inner in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return False
    return any(isinstance(each, dict | list) for each in level)
