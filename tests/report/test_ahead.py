"""Sections that another process wrote and drew make the same page, and none is written or drawn again."""

from __future__ import annotations

import pickle

import pytest
import xarray as xr

import popsim as ps
from popsim.report import language
from popsim.report.ahead import HALF, OTHER_HALF, take_over, write_ahead
from popsim.report.content import SECTIONS, compose
from popsim.report.data import gather
from popsim.report.figures import canvas
from popsim.report.html import render
from popsim.report.live import live_of
from popsim.report.numbers import Printed


@pytest.fixture(scope="module")
def run() -> tuple[ps.Study, xr.Dataset]:
    study = ps.load_study("pops", {"scenarios.count": 60})
    return study, ps.simulate(study)


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.one_in(2)
def test_a_page_of_two_processes_is_that_of_one(
    run: tuple[ps.Study, xr.Dataset], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, dataset = run
    with language.using(code):
        alone, shared = gather(study, dataset), gather(study, dataset)
        page = render(compose(study, dataset, alone), live_of(alone))
        sent = pickle.dumps(write_ahead(gather(study, dataset), HALF))
        write_ahead(shared, OTHER_HALF)
        take_over(shared, pickle.loads(sent))

        def drawn_again(*_: object, **__: object) -> str:
            raise AssertionError("a figure is drawn a second time")

        monkeypatch.setattr(canvas, "to_svg", drawn_again)
        assert render(compose(study, dataset, shared), live_of(shared)) == page


def test_each_section_is_in_one_half() -> None:
    assert set(SECTIONS) > HALF
    assert set(SECTIONS) - HALF == OTHER_HALF


def test_a_printed_number_comes_back_from_another_process() -> None:
    found = pickle.loads(pickle.dumps(Printed("1,200", 1.2e9, "money")))
    assert (found, found.value, found.kind) == ("1,200", 1.2e9, "money")
