"""Whatever operation on a file fails, or ends the process, nothing is lost and the same bits come of going on.

The layer beneath Python counts operations of libraries in C, too; see system_faults.py and engine/system_calls.c.
"""

from __future__ import annotations

import sys

import pytest

from tests.cli.system_faults import CARELESS, FAULTS, WORK, run_faults

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD and fork as Linux has them")
FAILING = [name for name in FAULTS if name != "kill"]
FEW = ("init", "sweep", "run")


@pytest.mark.slow
def test_some_faults_of_some_commands_lose_nothing() -> None:
    """`make test-kills` tries hundreds, of all commands that write."""
    report = run_faults(FEW, most=1)
    assert report.faults == dict.fromkeys(FAULTS, len(FEW))
    assert report.operations["run"] > 100
    assert not report.findings, "\n".join(map(str, report.findings))


@pytest.mark.kills
@pytest.mark.parametrize("name", WORK)
def test_many_faults_lose_nothing(name: str) -> None:
    """Of all commands together, 252 operations that fail or disks that are full, and 224 kills."""
    for kinds, most in ((FAILING, 6), (["kill"], 16)):
        report = run_faults([name], kinds, most=most)
        assert report.faults == dict.fromkeys(kinds, most)
        assert not report.findings, "\n".join(map(str, report.findings))


@pytest.mark.kills
def test_a_command_that_loses_something_is_found() -> None:
    """Negative control: the copy of a study that is written file by file into its place."""
    report = run_faults([CARELESS], ["kill"], most=6)
    assert any("then init" in finding.what for finding in report.findings)
