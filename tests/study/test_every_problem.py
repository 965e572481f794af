"""What is refused in one place hides no fault elsewhere, and is said once."""

from __future__ import annotations

from pathlib import Path

import pytest

from popsim.errors import StudyError
from popsim.study import load_study

FULL = Path(__file__).parent / "fixtures" / "full"

REFUSED = [
    ("study.years", 0),
    ("study.title", ""),
    ("money.currency", "dollars"),
    ("catalogue.folder", 3),
    ("countries.file", ""),
    ("countries.rationale", ""),
    ("size.driver", 1),
    ("dependence.basis", "guess"),
    ("dependence.common_share", 2.0),
    ("start.years", -1),
    ("delay", {"years": 1}),
    ("area.y.need", {"probability": 0.5}),
    ("area.y.component.survey.cost", {"family": "uniform", "low": 1}),
    ("report.coverage", 1.0),
]

ELSEWHERE = [
    ("scenarios.replicates", 2, "only Sobol points are scrambled"),
    ("shock.Fire", {"name": "Fire", "areas": ["x"], "probability": 0.1, "factor": 2, "basis": "judgement",
                    "rationale": "Invented."}, "small letters, digits and _"),
    ("area.x.exponent.altitude", 1, "unknown driver 'altitude'"),
    ("area.x.need.by.height", {"high": 1}, "unknown group 'height'"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), REFUSED, ids=[key for key, _ in REFUSED])
@pytest.mark.parametrize(("other", "stated", "fragment"), ELSEWHERE, ids=[key for key, *_ in ELSEWHERE])
def test_a_refused_key_hides_no_fault_of_another_table(
    key: str, value: object, other: str, stated: object, fragment: str
) -> None:
    overrides = {key: value, other: stated}
    with pytest.raises(StudyError) as caught:
        load_study(FULL, overrides)
    texts = [str(problem) for problem in caught.value.problems]
    assert any(text.startswith(f"override {key}") for text in texts), texts
    if key.startswith(("countries", "size")) and fragment.startswith("unknown group"):
        return  # Which columns group countries is not known.
    assert any(fragment in text for text in texts), texts
    assert len(set(texts)) == len(texts)
