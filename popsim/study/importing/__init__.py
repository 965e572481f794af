"""Tables of own costs, in spreadsheets and CSV files, as files of the catalogue."""

from __future__ import annotations

from popsim.study.importing.importer import Choices, Imported, import_costs

__all__ = ["Choices", "Imported", "import_costs"]
