"""The page as PDF, printed by a browser that is installed: Chromium or Chrome, without network and within a minute."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import xarray as xr

from popsim.errors import FileError, Problem
from popsim.report.data import ReportData
from popsim.report.html import write_html
from popsim.study.model import Study

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
"""Names on PATH, the first that is there wins; the environment variable CHROME may hold the path of another."""
SECONDS = 60.0
"""Time for printing, after which the browser is stopped."""

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
_BY_HAND = "open the HTML page (--format html) in any browser, print it on A4 and choose “save as PDF” as the printer"


def write_pdf(path: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> None:
    """Write the report of a run as PDF: what the page prints.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    data
        The data that `gather` returns for the run; None to compute them now.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    FileError
        Where there is no browser to print with, it fails, or the file cannot be written.
    """
    browser = find_browser()
    # A browser may still write into its profile while it ends.
    with tempfile.TemporaryDirectory(prefix="popsim-", ignore_cleanup_errors=True) as folder:
        page, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        write_html(page, study, dataset, data)
        _print(browser, page, printed, Path(folder, "profile"))
        if not printed.is_file() or not printed.stat().st_size:
            raise _failed(f"{browser} printed nothing")
        try:
            shutil.copyfile(printed, path)
        except OSError as error:
            allowed = "a file that can be written"
            raise FileError(Problem(str(path), (), error.strerror or str(error), allowed)) from error


def find_browser() -> str:
    """Return the path of a browser that can print.

    Raises
    ------
    FileError
        Where there is none.
    """
    named = os.environ.get("CHROME")
    if named:
        if found := shutil.which(named):
            return found
        raise _failed(f"no program at CHROME={named}")
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise _failed("no Chromium or Chrome on PATH")


def _print(browser: str, page: Path, printed: Path, profile: Path) -> None:
    command = [browser, *_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={printed}", page.as_uri()]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium's sandbox does not run as root, as in a container; the page loads nothing and runs our own script.
        command.insert(1, "--no-sandbox")
    with subprocess.Popen(  # noqa: S603  no shell, and no name of a study among the arguments
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            _stop(process)
            raise _failed(f"{browser} did not print within {SECONDS:g} seconds") from None
    if status:
        raise _failed(f"{browser} ended with status {status}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a browser and the processes that it started."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _failed(found: str) -> FileError:
    return FileError(
        Problem("--format pdf", (), found, "a Chromium or Chrome that prints, on PATH or named by CHROME", _BY_HAND)
    )
