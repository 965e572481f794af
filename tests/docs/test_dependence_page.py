"""What the page on dependence writes in TOML loads: shares over a study of costs alone, the rest over the packaged."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from popsim.study import load_study

from .test_concepts import leaves

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dependence.md").read_text(encoding="utf-8")
*SHARES, NEEDS = (dict(leaves(tomllib.loads(block))) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize("count", range(1, len(SHARES) + 1))
def test_shares_load_over_costs_alone(plain: Path, count: int) -> None:
    stated = {key: value for block in SHARES[:count] for key, value in block.items()}
    written = dict(leaves(tomllib.loads(dict(load_study(plain, stated).files)["study.toml"])))
    assert {key: written[key] for key in stated} == stated


def test_dependence_of_needs_and_years_loads_over_the_packaged_study() -> None:
    study = load_study("pops", NEEDS)
    written = dict(leaves(tomllib.loads(dict(study.files)["study.toml"])))
    assert {key: written[key] for key in NEEDS} == NEEDS
