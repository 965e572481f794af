"""Sentences and figures of reports against counts of the scenarios themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

import popsim as ps
from popsim.engine.simulate import simulate
from popsim.report.content import compose
from popsim.study.model import Study

from ..engine.studies import mixed
from ..report.odd_studies import late_studies, odd_studies
from ..report.test_sentences import check
from .claims import Claim, Section

STUDIES = 40
SCENARIOS = 200


@cache
def wrong_sentences(kind: str) -> tuple[int, int, int]:
    """Return how many made-up studies have a wrong sentence, how many sentences were read, and of how many studies."""
    strategies: dict[str, Callable[[], SearchStrategy[Study]]] = {"odd": odd_studies, "late": late_studies}
    wrong = read = studies = 0

    # Not @given around an assertion: all studies are looked at, also after a wrong one.
    @settings(
        max_examples=STUDIES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategies[kind]())
    def one(study: Study) -> None:
        nonlocal wrong, read, studies
        dataset = simulate(study, scenarios=SCENARIOS, breakdowns=["area"], threads=1)
        studies += 1
        try:
            read += check(study, dataset, compose(study, dataset))
        except AssertionError:
            wrong += 1

    one()
    return wrong, read, studies


def control() -> float:
    """Return whether sentences about other scenarios than those that they are compared with are called wrong."""
    study = mixed()
    dataset = simulate(study, scenarios=SCENARIOS, breakdowns=["area"])
    document = compose(study, dataset)
    moved = dataset.assign(cost=dataset["cost"].where(dataset["scenario"] % 50 == 0, 1.0))
    try:
        check(study, moved, document)
    except AssertionError:
        return 1.0
    return 0.0


def _measure(kind: str) -> tuple[float, float]:
    wrong, read, _ = wrong_sentences(kind)
    return (float(wrong) if read else float("nan")), control()


def _measure_packaged() -> tuple[float, float]:
    study = ps.load_study("pops")
    dataset = simulate(study, scenarios=2_000, breakdowns=["area"])
    try:
        found = 0.0 if check(study, dataset, compose(study, dataset)) else float("nan")
    except AssertionError:
        found = 1.0
    return found, control()


def claims() -> list[Claim]:
    """Return the claims of this section."""
    wrong = "studies with a wrong sentence"
    counted = "numbers of scenarios below, inside and above, counted one by one; quantiles of the scenarios"
    control_ = "sentences about other scenarios"
    return [
        Claim(
            "sentences of odd studies",
            f"{STUDIES} made-up studies with point masses, rare needs and certain costs, {SCENARIOS} scenarios each",
            counted,
            wrong,
            0.0,
            control_,
            partial(_measure, "odd"),
        ),
        Claim(
            "sentences of late studies",
            f"{STUDIES} made-up studies in which payments fall after the last year",
            counted,
            wrong,
            0.0,
            control_,
            partial(_measure, "late"),
        ),
        Claim(
            "sentences of the packaged study",
            "2,000 scenarios",
            counted,
            wrong,
            0.0,
            control_,
            _measure_packaged,
        ),
    ]


SECTION = Section(
    "sentences",
    "Sentences of the report",
    """Each sentence of the headline says how many scenarios lie below, inside and above a range, and what would be
enough. The sentences are read back from the report, and every number in them is counted in the scenarios. Sentences on
options, on rare events and on point estimates are compared in the same way in `tests/report`.""",
    claims,
)
