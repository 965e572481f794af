"""What the options of one study have in common, read or made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from popsim.errors import Problem
from popsim.study.catalogue import CatalogueReading, read_catalogue
from popsim.study.toml_models import StudyFile
from popsim.study.translate import Checked

__all__ = ["Shared", "said"]

Made = TypeVar("Made")


class Shared:
    """Keeps what was made without a problem; a problem says where it stands, and that is elsewhere in each option."""

    def __init__(self) -> None:
        self._catalogues: dict[Path, tuple[CatalogueReading, list[Problem]]] = {}
        self._made: dict[tuple[object, ...], Any] = {}
        self.reading: list[str] = []
        """How files were read, where the study does not say it."""
        self.notes: list[str] = []
        """What is odd in the files themselves."""

    def catalogue(self, folder: Path, where: str) -> tuple[CatalogueReading, list[Problem]]:
        """Read a catalogue, which is the same in all options; `where` says who refers to the folder."""
        if folder not in self._catalogues:
            self._catalogues[folder] = read_catalogue(folder, where)
        return self._catalogues[folder]

    def once(self, key: tuple[object, ...], make: Callable[[], Made], *problems: list[Problem]) -> Made:
        """Give what was made of the same before, or make it; `problems` are the lists that `make` adds to.

        A key with None in it says that nothing is known to be the same.

        Examples
        --------
        >>> shared = Shared()
        >>> shared.once(("size", 1), lambda: [1]) is shared.once(("size", 1), lambda: [1])
        True
        """
        if None in key:
            return make()
        if key not in self._made:
            before = [len(found) for found in problems]
            made = make()
            if [len(found) for found in problems] != before:
                return made
            self._made[key] = made
        return cast(Made, self._made[key])


def said(study: Checked[StudyFile], *parts: object) -> str | None:
    """Write out what parts of a study file say; None where something in the file was refused, and so was not read."""
    if study.refused:
        return None
    # As Python shows it: there 1, 1.0 and true are three things, and infinity is one.
    return repr([part.model_dump() if isinstance(part, BaseModel) else part for part in parts])
