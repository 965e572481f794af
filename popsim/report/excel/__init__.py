"""The report as an Excel workbook: results with number formats and native charts, and two sheets that compute.

Typing an amount gives its confidence, ticking areas gives the range of a package, both by formulas over sheets that the
workbook carries: nothing is sampled again.
"""

from __future__ import annotations

from popsim.report.excel.workbook import write_workbook

__all__ = ["write_workbook"]
