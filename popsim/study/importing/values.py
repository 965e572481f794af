"""What a cell of a column says: a value as the catalogue has it, or what is wrong with the cell."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from popsim.errors import shown
from popsim.study.importing.columns import Column, Sort, plain_heading
from popsim.study.importing.grid import parts_of
from popsim.tables.numbers import NumberFormat
from popsim.tables.workbook import Cell

LONGEST = 20_000
"""Characters of one cell: more are no sentences that anybody reads."""


LARGEST = 1e18
"""No amount, year or share is larger."""


class Fault(NamedTuple):
    """What is wrong with a cell."""

    found: str
    allowed: str
    mend: str = ""


def value_of(cell: Cell, column: Column, numbers: NumberFormat, factor: int = 1) -> Any:
    """Return what a filled cell says as the catalogue has it, or the `Fault` for what cannot be read.

    Parameters
    ----------
    cell
        The cell.
    column
        Its column.
    numbers
        How numbers that are text are written.
    factor
        What amounts of money are multiplied by: 1,000 where the table is in thousands.

    Examples
    --------
    >>> from popsim.study.importing.columns import COSTS
    >>> low = COSTS.column("low")
    >>> value_of(Cell("1,5", "text", "C5"), low, NumberFormat(",", "."), 1_000)
    1500.0
    >>> value_of(Cell(0.5, "per cent", "C5"), low, NumberFormat()).found
    '50 %'
    """
    if cell.kind == "formula":
        mend = "open the workbook in the spreadsheet program and save it, or write the value in place of the formula"
        return Fault("a formula without a stored value", "a value", mend)
    if cell.kind == "error":
        return Fault(f"the error {cell.value}", "a value", "mend the formula, or write the value in place of it")
    if isinstance(cell.value, str) and len(cell.value) > LONGEST:
        return Fault(f"{len(cell.value):,} characters", f"at most {LONGEST:,} characters in a cell")
    if isinstance(cell.value, str) and re.search("[\ud800-\udfff]", cell.value):
        return Fault(ascii(cell.value[:40]), "text", "save the file in another encoding, best in UTF-8")
    value = READERS[column.sort](cell, column, numbers)
    if column.sort != "money" or isinstance(value, Fault | dict):
        return value
    # Through decimals: 4.035 thousand is 4,035 and not 4,035.0000000000005.
    return float(Decimal(str(value)) * factor)


def _text(cell: Cell, _column: Column, _numbers: NumberFormat) -> Any:
    if cell.kind == "truth":
        return Fault(shown(cell.value), "text", "write it as text")
    if cell.kind == "per cent":
        return Fault(_per_cent(cell), "text", "write it as text")
    if isinstance(cell.value, dt.date | dt.time | dt.timedelta):
        return _date_text(cell.value)
    if isinstance(cell.value, float) and cell.value.is_integer():
        return str(int(cell.value))
    return str(cell.value).strip()


def _date_text(value: dt.date | dt.time | dt.timedelta) -> str:
    midnight = isinstance(value, dt.datetime) and value.time() == dt.time(0)
    return value.date().isoformat() if isinstance(value, dt.datetime) and midnight else str(value)


def _per_cent(cell: Cell) -> str:
    return f"{100 * float(str(cell.value)):.10g} %"


def _word(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    text = _text(cell, column, numbers)
    plain = plain_heading(text) if isinstance(text, str) else ""
    return column.words.get(plain, text.casefold()) if isinstance(text, str) else text


def _number(cell: Cell, _column: Column, numbers: NumberFormat) -> Any:
    """Return a number without unit."""
    allowed = "a number"
    match cell.kind:
        case "number":
            return cell.value if abs(cell.value) <= LARGEST else Fault(shown(cell.value), allowed)  # type: ignore[arg-type, operator]
        case "per cent":
            return Fault(_per_cent(cell), allowed, "write the amount itself, and format the cell as a number")
        case "date":
            return Fault(f"the date {_date_text(cell.value)}", allowed, "format the cell as a number")  # type: ignore[arg-type]
        case "truth":
            return Fault(shown(cell.value), allowed)
    text = str(cell.value)
    value = numbers.read(text)
    if value is None or abs(value) > LARGEST:
        digits = bool(re.search(r"\d", text))
        mend = "write digits alone; a currency or a unit stands in a column of its own" if digits else ""
        return Fault(shown(text), allowed, mend)
    return value


def _share(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    """Return a share: a number, or per cent."""
    if cell.kind == "per cent":
        return cell.value
    text = str(cell.value).strip() if cell.kind == "text" else ""
    if text.endswith("%"):
        value = numbers.read(text.removesuffix("%"))
        return Fault(shown(text), "a share, such as 0.4 or 40 %") if value is None else _hundredth(value)
    return _number(cell, column, numbers)


def _hundredth(value: float) -> float:
    # 7 % is 0.07, and 7 / 100 in floating point is too; 0.07 times 100 is not 7.
    return float(f"{value / 100:.15g}")


def _whole(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    value = _number(cell, column, numbers)
    if isinstance(value, Fault) or float(value).is_integer():
        return value if isinstance(value, Fault) else int(value)
    return Fault(shown(value), "a whole number")


def _programme_year(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    value = _whole(cell, column, numbers)
    if column.key == "start" and isinstance(value, int) and value >= 1900:
        return Fault(str(value), "a programme year: 1 is the first", "count years from the first of the programme")
    return value


def _shares(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    if cell.kind != "text":
        value = _share(cell, column, numbers)
        return value if isinstance(value, Fault) else [value]
    values = [
        _share(Cell(piece, "text", ""), column, numbers) for piece in parts_of(str(cell.value).replace(" %", "%"))
    ]
    wrong = next((value for value in values if isinstance(value, Fault)), None)
    if wrong is not None:
        return Fault(wrong.found, "shares with blanks between, such as 0.6 0.4 or 60% 40%", wrong.mend)
    return values


def _years(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    if cell.kind == "text" and str(cell.value).strip().casefold() in ("all", "all years"):
        return "all"
    value = _whole(cell, column, numbers)
    return Fault(value.found, "a whole number of years, or all") if isinstance(value, Fault) else value


def _codes(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    text = _text(cell, column, numbers)
    if isinstance(text, Fault):
        return text
    pieces = [piece for piece in re.split(r"[\s;,|/]+", text) if piece]
    return pieces if len(pieces) > 1 else text


def _size(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    if cell.kind == "text" and str(cell.value).strip().casefold() in ("estimate", "study"):
        return str(cell.value).strip().casefold()
    value = _number(cell, column, numbers)
    return Fault(value.found, "estimate, study, or an exponent from 0 to 2") if isinstance(value, Fault) else value


def _table(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    """Return a table as TOML writes it; a cell of another kind is a number."""
    text = str(cell.value).strip() if cell.kind == "text" else ""
    if not text.startswith("{"):
        return _number(cell, column, numbers)
    try:
        read = tomllib.loads(f"table = {text}")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "tables within each other, too deep"
        return Fault(shown(text), f"a table as TOML writes it ({reason})")
    return read["table"] if list(read) == ["table"] else Fault(shown(text), "one table as TOML writes it")


def _portion(cell: Cell, column: Column, numbers: NumberFormat) -> Any:
    """Return a share: a number, per cent, or a table as TOML writes it."""
    is_table = cell.kind == "text" and str(cell.value).lstrip().startswith("{")
    return _table(cell, column, numbers) if is_table else _share(cell, column, numbers)


READERS: dict[Sort, Callable[[Cell, Column, NumberFormat], Any]] = {
    "text": _text,
    "word": _word,
    "money": _number,
    "number": _number,
    "share": _share,
    "whole": _programme_year,
    "year": _whole,
    "shares": _shares,
    "years": _years,
    "codes": _codes,
    "date": _text,
    "size": _size,
    "table": _table,
    "portion": _portion,
}
"""How each kind of column is read."""
