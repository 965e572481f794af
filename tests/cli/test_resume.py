"""`popsim resume`, `extend`, `rerun`, `clean`: a run that was stopped goes on, and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import popsim as ps
from popsim.cli.main import main
from popsim.engine.run_folder import Request, replaced_of, unfinished_of
from tests.engine.faults import Killed, number_of_operations, stopped_at

ASKED = ("run", "example", "--scenarios", "300", "--no-drivers", "--no-assumptions", "--format", "md")
SHORTER = ("run", "example", "--scenarios", "100", "--no-drivers", "--no-assumptions", "--format", "md")
FOLDER = Path("results", "example")
UNFINISHED = unfinished_of(FOLDER)


def content(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, to the byte."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module", autouse=True)
def one_day() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOURCE_DATE_EPOCH", "86400")
        yield


def made(asked: tuple[str, ...], folder: Path) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        with pytest.raises(SystemExit) as leaving:
            main(asked)
        assert not leaving.value.code
    return content(folder / FOLDER)


@pytest.fixture(scope="module")
def uninterrupted(one_day: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run gives that nothing stops."""
    return made(ASKED, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def short(one_day: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shorter run of the same study; nothing may change it."""
    folder = tmp_path_factory.mktemp("short")
    made(SHORTER, folder)
    return folder / FOLDER


def raising(error: BaseException) -> Callable[..., Any]:
    def function(*arguments: object, **options: object) -> None:
        raise error

    return function


def but_asked(content: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a run without the request, and the manifest with its digest."""
    return {name: data for name, data in content.items() if name not in ("request.json", "manifest.json")}


PLACES = {
    "scenarios": "popsim.engine.simulate.simulation_of",
    "figures": "popsim.analysis.by_country.country_ranges",
    "documents": "popsim.report.markdown.write_markdown",
    "end": "popsim.engine.run_folder.finish",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.one_in(3)
def test_an_interrupted_run_goes_on_and_ends_as_if_nothing_had_happened(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes], place: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(PLACES[place], raising(KeyboardInterrupt()))
        done = call(*ASKED)
    assert (done.status, done.out) == (130, "")
    assert done.err == f"\nInterrupted; what is finished is kept. To go on: popsim resume {FOLDER}\n"
    assert not FOLDER.exists()
    with monkeypatch.context() as patched:
        if place in ("documents", "end"):  # the scenarios and all beside them are there
            for path in ("popsim.analysis.rare.rare_events", "popsim.engine.variants.dependence_extremes"):
                patched.setattr(path, raising(AssertionError("computed again")))
        done = call("resume", str(FOLDER))
    assert done.status == 0
    assert f"Going on with {FOLDER}, which has " in done.err
    assert done.out.endswith(f"Report: {FOLDER / 'report.md'}\n")
    assert content(FOLDER) == uninterrupted
    assert [path.name for path in FOLDER.parent.iterdir()] == ["example"]


def test_the_same_command_again_goes_on_as_well(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["documents"], raising(KeyboardInterrupt()))
        call(*ASKED)
    with monkeypatch.context() as patched:
        patched.setattr("popsim.analysis.rare.rare_events", raising(AssertionError("computed again")))
        done = call(*ASKED)
    assert (done.status, "Going on with an unfinished run, which has all scenarios." in done.err) == (0, True)
    assert content(FOLDER) == uninterrupted


def test_an_unfinished_run_of_another_request_is_not_lost(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["documents"], raising(KeyboardInterrupt()))
        call(*ASKED)
    for other in ((*ASKED[:-1], "html"), (*ASKED, "--seed", "7"), SHORTER):
        done = call(*other)
        assert (done.status, done.out) == (2, "")
        assert "an unfinished run of another study or other options, with all scenarios" in done.err
        assert f"`popsim resume {FOLDER}` goes on with it, `popsim clean {FOLDER}` removes it" in done.err
    assert call("resume", str(FOLDER)).status == 0
    assert content(FOLDER) == uninterrupted


def test_an_unfinished_run_without_scenarios_gives_way_and_that_is_said(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["scenarios"], raising(KeyboardInterrupt()))
        call(*SHORTER)
    done = call(*ASKED)
    assert (done.status, done.err) == (0, f"Removed {UNFINISHED.resolve()}: an unfinished run without scenarios.\n")
    assert content(FOLDER) == uninterrupted


def test_a_failure_says_how_to_go_on_where_anything_is_kept(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(28, "No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["documents"], raising(full))
        done = call(*ASKED)
    assert (done.status, "No space left on device" in done.err) == (2, True)
    assert f"What is finished is kept. To go on, once that is mended: popsim resume {FOLDER}\n" in done.err
    call("clean", str(FOLDER))
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["scenarios"], raising(full))
        done = call(*ASKED)
    assert (done.status, "resume" in done.err) == (2, False)
    assert list(FOLDER.parent.iterdir()) == []


def test_a_kill_at_some_operations_on_files_loses_nothing(
    call: Callable[..., Any], uninterrupted: dict[str, bytes]
) -> None:
    operations = number_of_operations(lambda: call(*ASKED))
    shutil.rmtree(FOLDER)
    for count in np.random.default_rng(1).integers(operations, size=2):
        with stopped_at(int(count)), pytest.raises(Killed):
            main(ASKED)
        if call("resume", str(FOLDER)).status:  # killed before it had begun, or after its end
            assert call(*ASKED).status == 0
        assert content(FOLDER) == uninterrupted
        assert [path.name for path in FOLDER.parent.iterdir()] == ["example"]
        shutil.rmtree(FOLDER)


@pytest.mark.slow
def test_a_run_to_a_precision_goes_on_with_the_scenarios_that_it_took(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    to = ("run", "example", "--precision", "8%", *ASKED[4:])
    assert call(*to).status == 0
    whole = content(FOLDER)
    shutil.rmtree(FOLDER)
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["documents"], raising(KeyboardInterrupt()))
        call(*to)
    with monkeypatch.context() as patched:
        patched.setattr("popsim.analysis.precision.simulate_to", raising(AssertionError("computed again")))
        done = call("resume", str(FOLDER))
    assert (done.status, "Precision: " in done.out) == (0, True)
    assert content(FOLDER) == whole


@pytest.mark.slow
def test_a_precision_that_takes_more_than_the_memory_holds_goes_to_a_store(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    to = ("run", "example", "--precision", "1%", *ASKED[4:])
    assert call(*to).status == 0
    whole = content(FOLDER)
    shutil.rmtree(FOLDER)
    with monkeypatch.context() as patched:
        patched.setattr("popsim.engine.batches.InMemory.room", lambda *_: 5_000)
        patched.setattr(PLACES["figures"], raising(KeyboardInterrupt()))
        assert call(*to).status == 130
    with monkeypatch.context() as patched:
        patched.setattr("popsim.analysis.precision.simulate_to", raising(AssertionError("computed again")))
        done = call("resume", str(FOLDER))
    assert (done.status, "Precision: " in done.out) == (0, True)
    assert (FOLDER / "ensemble.zarr").is_dir()
    assert but_ensemble(content(FOLDER)) == but_ensemble(whole)


def test_a_precision_takes_no_more_scenarios_than_have_documents_in_the_memory(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popsim.engine.batches.InMemory.room", lambda *_: 2_000)
    monkeypatch.setattr("popsim.engine.memory.scenarios_for_documents", lambda _: 4_096)
    done = call("run", "example", "--precision", "0.1%", *ASKED[4:])
    assert (done.status, done.out) == (2, "")
    assert "At most 4,096 scenarios: documents of more would not fit the memory" in done.err
    assert "4,096 scenarios reach, which is the most allowed" in " ".join(done.err.split())


def test_a_finished_run_whose_store_is_damaged_is_mended(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, short_of_memory: None
) -> None:
    assert call(*SHORTER).status == 0
    before = content(FOLDER)
    damaged = min((FOLDER / "ensemble.zarr" / "cost_by_area").glob("c.*"))
    damaged.write_bytes(b"")
    done = call("report", str(FOLDER))
    assert (done.status, "popsim resume draws it again" in done.err) == (2, True)
    done = call("resume", str(FOLDER))
    assert (done.status, done.out) == (0, "")
    assert f"In {FOLDER}: drew 64 damaged scenarios again." in done.err
    assert content(FOLDER) == before
    # What a repair that was killed leaves in the store of a finished run.
    left = damaged.with_name(f".{damaged.name}.1234abcd.partial")
    left.write_bytes(b"half of it")
    before = content(FOLDER)
    assert call("clean", str(FOLDER.parent)).out == f"Removed {left.absolute()}\n"
    assert content(FOLDER) == {name: data for name, data in before.items() if not name.endswith(".partial")}


@pytest.fixture
def short_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no run fitted the memory, and ranges were small."""
    monkeypatch.setattr("popsim.engine.memory.needed_in_memory", lambda *_: 2**60)
    monkeypatch.setattr("popsim.engine.store.range_length", lambda *_: 64)


def but_ensemble(content: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of a run without those that hold its scenarios, the manifest of them, and the request."""
    others = ("ensemble.", "manifest.", "request.")
    return {name: data for name, data in content.items() if not name.startswith(others)}


@pytest.mark.usefixtures("short_of_memory")
def test_a_run_that_does_not_fit_the_memory_has_the_same_files(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, uninterrupted: dict[str, bytes], tmp_path: Path
) -> None:
    wrote = ps.engine.store.Store.write
    written: list[int] = []

    def write(self: ps.engine.store.Store, start: int, stop: int, out: Any) -> None:
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(start)
        wrote(self, start, stop, out)

    with monkeypatch.context() as patched:
        patched.setattr("popsim.engine.store.Store.write", write)
        done = call(*ASKED)
    assert (done.status, written) == (130, [0, 64, 128])
    (damaged,) = (path for path in (UNFINISHED / "ensemble.zarr" / "cost").iterdir() if path.name.startswith("c.0.1"))
    damaged.write_bytes(damaged.read_bytes()[::-1])
    drawn: list[int] = []
    with monkeypatch.context() as patched:

        def written_again(self: ps.engine.store.Store, start: int, stop: int, out: Any) -> None:
            if "extremes" not in str(self.path):
                drawn.append(start)
            wrote(self, start, stop, out)

        patched.setattr("popsim.engine.store.Store.write", written_again)
        done = call("resume", str(FOLDER))
    assert done.status == 0
    assert f"Going on with {FOLDER}, which has 192 of 300 scenarios." in done.err
    assert "Drawn again, since it is damaged: " in done.err
    # Of what was finished only the damaged range is computed again.
    assert drawn == [64, 192, 256]
    assert but_ensemble(content(FOLDER)) == but_ensemble(uninterrupted)
    assert not (FOLDER / "ensemble.nc").exists()
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "ensemble.nc").write_bytes(uninterrupted["ensemble.nc"])
    assert ps.engine.runs.load_dataset(FOLDER).identical(ps.engine.runs.load_dataset(tmp_path / "memory"))


@pytest.mark.usefixtures("short_of_memory")
@pytest.mark.parametrize("is_short_streamed", [False, True])
@pytest.mark.one_in(2)
def test_a_run_that_grows_beyond_the_memory_becomes_a_store(
    call: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    short: Path,
    uninterrupted: dict[str, bytes],
    is_short_streamed: bool,
) -> None:
    if is_short_streamed:
        assert call(*SHORTER).status == 0
    else:
        shutil.copytree(short, tmp_path / FOLDER)
    assert call("extend", str(FOLDER), "--scenarios", "300").status == 0
    assert (FOLDER / "ensemble.zarr").is_dir()
    assert but_ensemble(content(FOLDER)) == but_ensemble(uninterrupted)
    done = call("rerun", str(FOLDER))
    assert (done.status, "every bit is the same" in done.out) == (0, True)


def test_a_memory_that_is_no_size_or_too_small_is_refused(call: Callable[..., Any]) -> None:
    for size, words in (("much", "1 MiB or more"), ("2MiB", "state more with --memory")):
        done = call(*ASKED, "--memory", size)
        assert (done.status, done.out) == (2, "")
        assert words in done.err
        assert not FOLDER.parent.exists() or list(FOLDER.parent.iterdir()) == []


def test_there_is_not_always_something_to_resume(call: Callable[..., Any], short: Path) -> None:
    for folder, found in ((short, "a finished run, and nothing unfinished"), (Path("none"), "no run, finished or not")):
        done = call("resume", str(folder))
        assert (done.status, done.out) == (2, "")
        assert found in done.err


@pytest.fixture
def stopped(call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The unfinished folder of a run that was stopped before its scenarios."""
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["scenarios"], raising(KeyboardInterrupt()))
        call(*ASKED)
    return UNFINISHED.resolve()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"popsim_version": "0.0.1"}, "a run that popsim 0.0.1 began"),
        ({"plan_digest": "f00"}, "that of plan f00"),
        ({"options": {"unknown": 1}}, "found    unknown"),
        ({"command": "dance"}, "found    dance"),
    ],
)
def test_what_cannot_go_on_is_refused_and_stays(
    call: Callable[..., Any], stopped: Path, change: dict[str, Any], words: str
) -> None:
    request = stopped / "request.json"
    request.write_text(json.dumps({**json.loads(request.read_text()), **change}))
    before = content(stopped)
    done = call("resume", str(FOLDER))
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert content(stopped) == before


def test_a_changed_study_does_not_go_on(call: Callable[..., Any], stopped: Path) -> None:
    study = stopped / "study.toml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("seed = ", "seed = 1"), encoding="utf-8")
    done = call("resume", str(FOLDER))
    assert (done.status, done.out) == (2, "")
    assert "it was changed" in done.err
    study.write_text(text, encoding="utf-8")
    assert call("resume", str(FOLDER)).status == 0


def test_what_has_come_into_the_place_of_a_run_is_not_deleted(call: Callable[..., Any], stopped: Path) -> None:
    FOLDER.mkdir()
    (FOLDER / "thesis.tex").write_text("work of years")
    done = call("resume", str(FOLDER))
    assert (done.status, done.out) == (2, "")
    assert "thesis.tex" in done.err
    assert (FOLDER / "thesis.tex").exists()


def test_a_longer_run_is_an_extended_one(
    call: Callable[..., Any], tmp_path: Path, short: Path, uninterrupted: dict[str, bytes]
) -> None:
    shutil.copytree(short, tmp_path / FOLDER)
    done = call("extend", str(FOLDER), "--scenarios", "300")
    assert done.status == 0
    assert ", 100 scenarios." in done.err
    assert but_asked(content(FOLDER)) == but_asked(uninterrupted)
    before = content(FOLDER)
    done = call("extend", str(FOLDER), "--scenarios", "300", "--json")
    assert (done.status, done.err) == (0, f"{FOLDER} has 300 scenarios already.\n")
    assert json.loads(done.out)["scenarios"] == 300
    done = call("extend", str(FOLDER), "--scenarios", "299")
    assert (done.status, done.out) == (2, "")
    assert f"at least 300, which {FOLDER} has" in done.err
    assert content(FOLDER) == before


def test_an_extension_draws_the_new_scenarios_alone_and_goes_on_when_it_was_stopped(
    call: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    short: Path,
    uninterrupted: dict[str, bytes],
) -> None:
    shutil.copytree(short, tmp_path / FOLDER)
    with monkeypatch.context() as patched:
        patched.setattr(PLACES["figures"], raising(KeyboardInterrupt()))
        done = call("extend", str(FOLDER), "--scenarios", "300")
    assert (done.status, f"popsim resume {FOLDER}" in done.err) == (130, True)
    assert content(FOLDER) == content(short)
    assert call("resume", str(FOLDER)).status == 0
    assert but_asked(content(FOLDER)) == but_asked(uninterrupted)


@pytest.mark.slow
def test_points_of_a_sequence_are_added(call: Callable[..., Any]) -> None:
    asked = ("--set", "scenarios.design=sobol", *ASKED[4:])
    for count, folder in (("64", "one"), ("128", "two")):
        assert call("run", "example", "--scenarios", count, *asked, "--out", folder).status == 0
    assert call("extend", "one", "--scenarios", "128").status == 0
    assert but_asked(content(Path("one"))) == but_asked(content(Path("two")))


@pytest.mark.parametrize(
    ("overrides", "first", "words"),
    [
        ({"scenarios.design": "latin"}, 0, "a Latin hypercube is made for all its scenarios together"),
        ({}, 5, "a part that begins at scenario 5"),
    ],
)
def test_not_every_run_can_be_extended(
    call: Callable[..., Any], overrides: dict[str, object], first: int, words: str
) -> None:
    study = ps.load_study("example", {"scenarios.count": 10, **overrides})
    plan = ps.compile(study)
    FOLDER.mkdir(parents=True)
    ps.save_run(FOLDER, study, plan, ps.simulate(plan, first_scenario=first))
    before = content(FOLDER)
    done = call("extend", str(FOLDER), "--scenarios", "20")
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert content(FOLDER) == before


@pytest.mark.slow
def test_a_run_that_was_saved_from_python_is_extended_with_the_documents_that_it_has(
    call: Callable[..., Any], short: Path
) -> None:
    study = ps.load_study("example", {"scenarios.count": 10})
    plan = ps.compile(study)
    FOLDER.mkdir(parents=True)
    ps.save_run(FOLDER, study, plan, ps.simulate(plan, breakdowns=[*study.breakdowns, "width"]))
    done = call("extend", str(FOLDER), "--scenarios", "100")
    assert (done.status, "Report: " in done.out) == (0, False)
    found, wanted = (ps.load_run(folder).dataset for folder in (FOLDER, short))
    assert found["cost_by_area"].identical(wanted["cost_by_area"])
    assert not (FOLDER / "report.md").exists()


def test_a_run_is_repeated_to_the_bit(call: Callable[..., Any], tmp_path: Path, short: Path) -> None:
    done = call("rerun", str(short))
    assert done.status == 0
    assert "every bit is the same" in " ".join(done.out.split())
    run = ps.load_run(short)
    found = json.loads(call("rerun", str(short), "--json").out)
    assert (found["same"], found["scenarios"], found["different"]) == (True, 100, {})
    assert "cost" in found["compared"]
    assert "cost_countries_independent" in found["not_compared"]
    assert set(found["compared"]) | set(found["not_compared"]) == set(map(str, run.dataset.data_vars))


def test_a_run_that_differs_in_one_bit_is_told(call: Callable[..., Any], tmp_path: Path, short: Path) -> None:
    shutil.copytree(short, tmp_path / "changed")
    run = ps.load_run(short)
    cost = run.dataset["cost"].copy()
    cost[0, 40] = np.nextafter(cost[0, 40], np.inf)
    ps.save_run("changed", run.study, ps.compile(run.study), run.dataset.assign(cost=cost))
    done = call("rerun", "changed")
    assert done.status == 1
    assert "changed: 1 of " in done.out
    assert f"cost: 1 of {cost.size:,} values differ, from scenario 40 on" in " ".join(done.out.split())
    found = json.loads(call("rerun", "changed", "--json").out)
    assert found["different"] == {"cost": {"values": cost.size, "different": 1, "first_scenario": 40}}


def test_what_is_no_run_cannot_be_repeated(call: Callable[..., Any]) -> None:
    for command in (("rerun",), ("extend", "--scenarios", "5")):
        done = call(command[0], "nowhere", *command[1:])
        assert (done.status, done.out) == (2, "")
        assert "nowhere" in done.err


def test_leftovers_are_named_and_removed(call: Callable[..., Any], stopped: Path, tmp_path: Path, short: Path) -> None:
    shutil.copytree(short, tmp_path / "results" / "other")
    (tmp_path / "results" / "other" / ".1234.partial").mkdir()
    (tmp_path / "results" / "other" / ".1234.partial.removing").mkdir()
    (tmp_path / "results" / ".gone.lock").write_text("process 1 on nowhere\n", encoding="utf-8")
    words = f"{stopped} (an unfinished run, with no scenarios)"
    before = content(tmp_path / "results")
    said = call("clean", "results", "--dry-run").out
    assert f"Found {words}\n" in said
    assert content(tmp_path / "results") == before
    assert f"Found {tmp_path / 'results' / '.gone.lock'}\n" in said  # whoever locks the run next removes it
    assert f"Removed {words}\n" in call("clean", "results").out
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["other"]
    assert content(tmp_path / "results" / "other") == content(short)
    assert call("clean", "results").out == "Nothing to remove in results.\n"
    assert json.loads(call("clean", "results/other", "--json").out) == {"removed": []}
    assert call("clean", "no/such/folder").status == 2


def test_what_cannot_be_removed_is_said_and_removed_the_next_time(
    call: Callable[..., Any], stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        done = call("clean", "results")
    assert done.status == 2
    assert f"{stopped.name}.removing\n    found    files that could not be removed" in done.err
    assert call("clean", "results").status == 0
    assert list((tmp_path / "results").iterdir()) == []


def test_what_is_no_lock_of_a_run_stays(call: Callable[..., Any], tmp_path: Path) -> None:
    for text in ("", "4711\n"):
        (tmp_path / ".mail.lock").write_text(text, encoding="utf-8")
        assert call("clean", ".").out == "Nothing to remove in ..\n"
        assert (tmp_path / ".mail.lock").read_text(encoding="utf-8") == text


def test_a_full_disk_is_cleaned_though_a_lock_cannot_name_its_holder(
    call: Callable[..., Any], stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "truncate", full)
    assert call("clean", "results").status == 0
    assert list((tmp_path / "results").iterdir()) == []


def test_an_old_run_that_was_moved_aside_is_put_back_by_whoever_reads_it(
    call: Callable[..., Any], tmp_path: Path, short: Path
) -> None:
    shutil.copytree(short, replaced_of(tmp_path / "run"))
    shutil.copytree(short, unfinished_of(tmp_path / "run"))
    assert call("budget", "run", "--confidence", "80%").status == 0
    assert content(tmp_path / "run") == content(short)
    shutil.rmtree(tmp_path / "run")
    shutil.copytree(short, replaced_of(tmp_path / "run"))
    call("clean", "run")
    assert content(tmp_path / "run") == content(short)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_request_is_of_the_command_that_made_the_run(short: Path) -> None:
    text = (short / "request.json").read_text()
    request = Request.read(text, "request.json")
    assert request.command == "run"
    assert request.plan_digest == ps.load_run(short).dataset.attrs["plan_digest"]


def test_a_dry_run_of_clean_names_who_is_at_work(call: Callable[..., Any], stopped: Path) -> None:
    from popsim.engine.run_folder import locked

    with locked(Path(FOLDER).absolute()):
        done = call("clean", str(FOLDER), "--dry-run")
    assert done.status == 2
    assert "another popsim at work on it (process " in done.err
