"""Commands that read a run from one file load no dask; in a process that others work in too, nothing is changed."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

import popsim as ps
from popsim.cli.main import main
from popsim.cli.sparing import give_back_memory, spare_dask

TELLS = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps([name for name in sys.modules if name.partition(".")[0] == "dask"
                                          and sys.modules[name] is not None]), file=sys.stderr))
from popsim.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    study = ps.load_study("example", {"scenarios.count": 50})
    plan = ps.compile(study)
    ps.save_run(path, study, plan, ps.simulate(plan))
    return path


@pytest.mark.parametrize(
    "command", [["budget", "RUN", "--confidence", "80%"], ["compare", "RUN"], ["report", "RUN", "--format", "md"]]
)
@pytest.mark.one_in(3)
def test_a_command_on_a_run_in_one_file_loads_no_dask(folder: Path, tmp_path: Path, command: list[str]) -> None:
    words = [str(folder) if word == "RUN" else word for word in command]
    words += ["--out", str(tmp_path)] if command[0] == "report" else []
    done = subprocess.run([sys.executable, "-c", TELLS, *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == []


def test_a_program_that_calls_a_command_keeps_dask(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["budget", str(folder), "--confidence", "80%"])
    assert capsys.readouterr().out
    spare_dask(folder)
    assert sys.modules.get("dask", True) is not None


GIVES_BACK = """
import ctypes, gc, sys
import numpy as np
from popsim.cli.sparing import begin_process, give_back_memory
begin_process()
give_back_memory()
class Held: pass
def resident():
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS:"))
before = resident()
for _ in range(5):
    held = Held()
    held.itself, held.row = held, np.ones(3_000_000)
    held = None
    made = [Held() for _ in range(30_000)]
    made = None
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what is resident is read from Linux")
def test_rows_that_are_no_longer_used_are_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 8 * 3_000_000


def test_a_process_that_others_work_in_keeps_its_memory_as_it_is() -> None:
    before = gc.get_threshold()
    give_back_memory()
    assert gc.get_threshold() == before
