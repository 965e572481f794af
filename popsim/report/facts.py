"""Names of `popsim.report.data` as sections and commands still call them."""

from __future__ import annotations

from popsim.report.data import CONFIDENCE, WIDTHS, gather, names_of, words_of_means
from popsim.report.data import ReportData as Facts
from popsim.report.estimates import Measured, exact_mean

__all__ = ["CONFIDENCE", "WIDTHS", "Facts", "Measured", "exact_mean", "gather", "names_of", "words_of_means"]
