"""Write a study so that it stands by itself: every default and override said, every file beside it."""

from __future__ import annotations

from typing import Any

import tomli_w

from popsim.study.catalogue import CatalogueReading
from popsim.study.toml_models import StudyFile

__all__ = ["study_files"]

INPUTS = "inputs"


def study_files(
    content: StudyFile,
    catalogue: CatalogueReading,
    countries: str,
    prices: str,
    correlation: str | None,
) -> tuple[tuple[str, str], ...]:
    """(relative path, text) of every file of a study; the first is ``study.toml``, which refers to the others.

    Loading what is written gives the same study, and writing that gives the same files.

    Parameters
    ----------
    content
        The study file, defaults and overrides included.
    catalogue
        The catalogue, whose files are copied as they are.
    countries, prices, correlation
        Texts of the CSV files; `correlation` is None where the study names no such file.
    """
    document: dict[str, Any] = content.model_dump(exclude_none=True)
    document["money"]["price_index"] = f"{INPUTS}/prices.csv"
    document["catalogue"]["folder"] = f"{INPUTS}/catalogue"
    document["countries"]["file"] = f"{INPUTS}/countries.csv"
    if correlation is not None:
        document["dependence"]["between_areas"] = f"{INPUTS}/correlation.csv"
    base = document["dependence"]["common_share"]
    order = [area.id for area in catalogue.areas if area.id in document["area"]]
    document["area"] = {area: {"common_share": base} | document["area"][area] for area in order}
    files = [
        ("study.toml", tomli_w.dumps(document)),
        (f"{INPUTS}/countries.csv", countries),
        (f"{INPUTS}/prices.csv", prices),
    ]
    if correlation is not None:
        files.append((f"{INPUTS}/correlation.csv", correlation))
    files += [(f"{INPUTS}/catalogue/{name}", text) for name, text in catalogue.files]
    return tuple(files)
