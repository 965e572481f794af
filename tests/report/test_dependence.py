"""What the section on dependence says is drawn once for all countries, against the streams of a plan."""

from __future__ import annotations

import dataclasses

import pytest

from popsim.engine.simulate import simulate
from popsim.engine.variants import dependence_extremes, with_common_share
from popsim.plan import compile as compile_study
from popsim.report.content import compose
from popsim.report.document import Paragraph
from popsim.report.sections.dependence import drawn_once

from ..engine.features import FEATURES, delay, level_of_delay
from ..engine.studies import mixed

STREAMS = {
    "delay": "the level of delays",
    "escalation": "rises of prices",
    "exponent": "exponents",
    "need": "uncertain chances of need",
    "shock": "events",
}
"""What is said of shared streams by the first part of their names; others do not move the cost at constant prices."""


@pytest.mark.parametrize("name", FEATURES)
def test_what_is_drawn_once_is_what_independent_countries_share(name: str) -> None:
    study = FEATURES[name](mixed())
    shared = compile_study(with_common_share(study, 0.0)).streams.shared
    found = {STREAMS[part] for stream in shared if (part := stream.split("/")[1]) in STREAMS}
    assert set(drawn_once(study)) == found


@pytest.mark.parametrize(("feature", "says"), [(level_of_delay, True), (delay, False)])
def test_the_section_says_what_stays_common(feature: object, says: bool) -> None:
    study = dataclasses.replace(feature(mixed()), options=())  # type: ignore[operator]
    dataset = simulate(study, scenarios=300, breakdowns=["area"])
    document = compose(study, dataset.merge(dependence_extremes(study, 300)))
    (section,) = (part for part in document.sections if part.id == "dependence")
    text = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))
    sentence = "In all three, what is drawn once for all countries stays so: the level of delays."
    assert (sentence in text.replace("\u00a0", " ")) == says
