"""What people see of progress on a terminal of 80 columns: a line for each stage, which are gone at the end."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")

SCRIPT = """
import time
from popsim.cli.progress import progress_bar, stages
print("before")
with stages(patience=0):
    with progress_bar("Scenarios", draws=6_166) as bar:
        for done in range(10):
            bar(1_000_000 * done, 10_000_000)
            time.sleep(0.06)
        bar.describe("Scenarios: 12,582,912 reach 0.512 %, wanted 0.5 %")
        time.sleep(0.2)
    with progress_bar("Extremes of dependence"):
        time.sleep(0.2)
    with progress_bar("Report") as bar:
        bar(1, 4)
        time.sleep(0.2)
print("after")
"""


def said(script: str) -> str:
    """Run a script on a terminal of 80 columns and return all that it wrote there."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 2**16):
            written += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0, written.decode()
    return written.decode()


def screens(text: str) -> list[list[str]]:
    """Return the lines of the screen whenever one is written to its end, as a terminal has them."""
    lines, row, seen = [""], 0, []
    for mark in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if mark in "\r\n":
            seen.append([line.rstrip() for line in lines])
        if mark == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif mark.endswith("A"):
            row -= int(mark[2:-1] or 1)
        elif mark == "\x1b[2K":
            lines[row] = ""
        elif mark[0] not in "\r\x1b":
            lines[row] = lines[row] + mark if lines[row] else mark
    return [*seen, [line.rstrip() for line in lines]]


def test_stages_are_lines_that_fit_80_columns_and_disappear() -> None:
    seen = screens(said(SCRIPT))
    assert [line for line in seen[-1] if line] == ["before", "after"]
    assert max(len(line) for screen in seen for line in screen) <= 80
    words = "\n".join(line for screen in seen for line in screen)
    pattern = r"[5-9],000,000 of 10,000,000 scenarios, [\d,]+ M draws/s, 0:00:0\d left, \d+ MiB in u"
    assert re.search(pattern, words), words
    assert "Scenarios: 12,582,912 reach 0.512 %, wanted 0.5 % ━" in words
    assert re.search(r"^1 of 4, \d+ MiB in use", words, re.MULTILINE)
    # The lines of all stages stand together, the finished ones at 100 %.
    together = next(screen for screen in reversed(seen) if any(line.startswith("Report") for line in screen))
    first = [line for line in together if "━" in line]
    assert [line.split(" ")[0].strip(":") for line in first] == ["Scenarios", "Extremes", "Report"]
    assert ["100%" in line for line in first[:2]] == [True, True]


def test_nothing_is_shown_where_standard_error_is_no_terminal() -> None:
    quiet = re.sub(r"\bbar(?=[(.])", "bar and bar", SCRIPT)
    done = subprocess.run([sys.executable, "-c", quiet], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["before", "after"], "")
