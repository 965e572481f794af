"""Faults in run folders, stores and what is read back."""

from __future__ import annotations

from .fault import Fault

FILES = "popsim/engine/files.py"
FOLDER = "popsim/engine/run_folder.py"
STORE = "popsim/engine/store.py"
STORAGE = "popsim/engine/storage.py"

RUN_FOLDER = "tests/engine/test_run_folder.py"
FLUSHING = "tests/engine/test_flushing.py"
STORES = "tests/engine/test_store.py"

FAULTS = (
    Fault(
        FILES,
        "            flush(partial)\n            rename(partial, path)",
        "            rename(partial, path)",
        "a file is put in its place before it is on the disk",
        FLUSHING,
    ),
    Fault(
        FILES,
        "            yield partial\n            flush(partial)",
        "            yield path\n            path.replace(partial)\n            flush(partial)",
        "a file is written over the old one and not beside it",
        f"{RUN_FOLDER}::test_a_file_is_written_whole_or_not_at_all",
    ),
    Fault(
        FILES,
        "    for folder in {source.parent, target.parent}:\n        flush(folder)",
        "    return",
        "a new name is not on the disk when the next step begins",
        FLUSHING,
    ),
    Fault(
        FOLDER,
        "        files.flush_all(made)\n",
        "",
        "a run is put in its place before its files are on the disk",
        FLUSHING,
    ),
    Fault(
        FOLDER,
        "            files.rename(target, aside)\n            files.rename(made, target)\n        except",
        "            files.remove(target)\n            files.rename(made, target)\n        except",
        "the old run is deleted before the new one is in its place",
        f"{RUN_FOLDER}::test_a_kill_at_any_operation_leaves_a_whole_run_which_the_next_command_finds",
    ),
    Fault(
        FOLDER,
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        "two processes can work on one run",
        f"{RUN_FOLDER}::test_two_cannot_work_on_one_run",
    ),
    Fault(
        FOLDER,
        "            if os.path.samestat(os.fstat(descriptor), path.stat()):",
        "            if True:",
        "a lock of a file that was removed counts",
        f"{RUN_FOLDER}::test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew",
    ),
    Fault(
        STORE,
        'finished = {int(found[1]) for name in names if (found := re.fullmatch(r"c\\.(\\d+)\\.0", name))}',
        'finished = {int(found[1]) - 1 for name in names if (found := re.fullmatch(r"c\\.(\\d+)\\.0", name))}',
        "a store thinks that another range is finished",
        f"{STORES}::test_ranges_come_in_any_order {STORES}::test_what_is_finished_is_not_computed_again",
    ),
    Fault(
        "popsim/engine/store_reader.py",
        'values.dtype.kind == "f" and np.isnan(values).any()',
        "False",
        "what a store lacks is read as NaN",
        f"{STORES}::test_a_file_that_an_object_storage_lost_is_an_error",
    ),
    Fault(
        STORE,
        "out = rooms[i % 2].reshape(-1)",
        "out = rooms[0].reshape(-1)",
        "a range is drawn where another one is still being written from",
        f"{STORES}::test_a_store_has_the_bits_and_labels_of_a_run_in_memory",
    ),
    Fault(
        STORAGE,
        "self._flushes.append(self._flusher.submit(flush, path))",
        "pass",
        "a range counts as finished before its files are on the disk",
        f"{FLUSHING}::test_a_range_is_recorded_when_its_files_are_on_the_disk",
    ),
    Fault(
        STORAGE,
        "                for each in self._flushes:\n                    each.result()\n",
        "",
        "a range counts as finished although one of its files cannot be flushed",
        f"{FLUSHING}::test_a_range_whose_files_cannot_be_flushed_is_missing",
    ),
    Fault(
        STORAGE,
        "return [name for name in sync(listed()) if name and not name.endswith(PARTIAL)]",
        "return [name for name in sync(listed()) if name]",
        "half a file counts as a whole one",
        f"{STORES}::test_what_a_killed_process_left_is_removed",
    ),
)
