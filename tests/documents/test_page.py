"""The page in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Opened

pytestmark = pytest.mark.documents

Open = Callable[..., Opened]


@pytest.mark.parametrize("run", ["pops", "hostile"])
def test_browser_has_nothing_to_say(request: pytest.FixtureRequest, opened: Open, run: str) -> None:
    folder: Path = request.getfixturevalue(run)
    tab = opened(folder / "report.html")
    assert tab.messages == []
    assert tab.requests == [(folder / "report.html").as_uri()]


def test_control_messages_and_requests_are_noticed(tmp_path: Path, opened: Open) -> None:
    (tmp_path / "bad.html").write_text('<!DOCTYPE html><img src="x.png"><script>fail()</script>', encoding="utf-8")
    tab = opened(tmp_path / "bad.html")
    assert any("fail is not defined" in message for message in tab.messages)
    assert (tmp_path / "x.png").as_uri() in tab.requests
