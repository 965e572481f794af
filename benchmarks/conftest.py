"""What every benchmark stands on: the size of the run, and a name for what its median is divided by."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --smoke: every benchmark once, with less to do."""
    parser.addoption("--smoke", action="store_true", help="run every benchmark once, with less to do")
    parser.addoption("--rounds", type=int, default=7, help="rounds that a median is taken of")


@pytest.fixture(scope="session")
def small(request: pytest.FixtureRequest) -> bool:
    """Whether the run is a quick one."""
    return bool(request.config.getoption("--smoke"))


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest, small: bool) -> int:
    """How many rounds a median is taken of."""
    return 1 if small else int(request.config.getoption("--rounds"))
