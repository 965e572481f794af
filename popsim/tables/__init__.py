"""Reading of CSV files as people and spreadsheets write them; knows nothing of studies."""

from __future__ import annotations

from popsim.tables.encoding import decode
from popsim.tables.numbers import Dialect
from popsim.tables.table import DELIMITERS, Fault, Row, TextTable, read_table

__all__ = ["DELIMITERS", "Dialect", "Fault", "Row", "TextTable", "decode", "read_table"]
