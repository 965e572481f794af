"""A run keeps the day on which it was made, and its report shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import popsim as ps

QUICK = ("--scenarios", "20", "--no-drivers", "--no-assumptions")


@pytest.mark.parametrize(("stated", "day"), [("86400", "1970-01-02"), ("no moment", ""), (None, "")])
@pytest.mark.one_in(3)
def test_a_run_keeps_its_day(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stated: str | None, day: str
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if stated is not None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    before = datetime.now(UTC).date().isoformat()
    assert call("run", "example", *QUICK, "--format", "html", "--out", str(tmp_path / "run")).status == 0
    kept = ps.load_run(tmp_path / "run").dataset.attrs["date"]
    assert kept == day if day else before <= kept <= datetime.now(UTC).date().isoformat()
    if day:
        assert "2 January 1970" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
