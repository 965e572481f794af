"""What holds of every study and of all scenarios: generated ones are tried, some in tests, many by `make fuzz`."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import xarray as xr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.engine.runs import save_study
from popsim.study.model import Study
from tests.study.generated import MISTAKES, Generated, scenarios, studies

QUIETLY = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    # A smaller example takes minutes to find, of a study as of anything large.
    phases=[Phase.explicit, Phase.generate],
)
BY = ("area", "country", "year", "region", ("area", "year"))
SMALL = Path(__file__).parent / "fixtures" / "small"


@cache
def base() -> xr.Dataset:
    """Return scenarios whose costs are replaced."""
    return ps.simulate(ps.load_study(SMALL), scenarios=60)


@contextmanager
def loaded(files: Generated) -> Iterator[Study]:
    """Yield the study of some files."""
    with tempfile.TemporaryDirectory() as folder:
        yield ps.load_study(files.write(Path(folder, "study")))


def refusal(files: Generated) -> list[str]:
    """Return the problems for which a study is refused; none where it is not."""
    try:
        with loaded(files):
            return []
    except ps.PopsimError as error:
        return [str(problem) for problem in error.problems]


def check_sums(files: Generated) -> None:
    """A good study runs, every part adds up to the total, and every number is finite."""
    with loaded(files) as study:
        dataset = ps.simulate(study, scenarios=100, breakdowns=BY)
    total = dataset["cost"]
    assert np.isfinite(total).all()
    for names in BY:
        dims = (names,) if isinstance(names, str) else names
        parts = dataset[f"cost_by_{'_'.join(dims)}"].sum(dims)
        np.testing.assert_allclose(parts.transpose(*total.dims), total, rtol=1e-9, atol=1e-9)
    check_finite(ps.summarise(dataset))


def check_finite(summary: xr.Dataset) -> None:
    """Every number of a summary is finite; an error that the scenarios do not tell is infinite, and never NaN."""
    for name, values in summary.data_vars.items():
        if values.dtype.kind == "f":
            fits = ~np.isnan(values) if str(name).endswith("_error") else np.isfinite(values)
            assert fits.all(), name


def check_order(files: Generated, random: Any) -> None:
    """Neither the order of countries nor that of areas changes a total."""
    other = files.copy()
    random.shuffle(other.countries)
    names = list(other.catalogue)
    random.shuffle(names)
    other.catalogue = {name: other.catalogue[name] for name in names}
    other.study["area"] = {name: other.study["area"][name] for name in reversed(names)}
    with loaded(files) as one, loaded(other) as two:
        wanted, found = (ps.simulate(each, scenarios=16)["cost"] for each in (one, two))
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def check_round_trip(files: Generated) -> None:
    """A study that is saved and loaded gives the same plan."""
    with loaded(files) as study, tempfile.TemporaryDirectory() as folder:
        save_study(Path(folder), study)
        again = ps.load_study(folder)
    assert ps.compile(again).digest == ps.compile(study).digest


def check_mistake(files: Generated, name: str) -> None:
    """A mistake in a good study is refused, and its key is named."""
    with loaded(files):
        pass
    bad = files.copy()
    key = MISTAKES[name](bad)
    said = refusal(bad)
    assert said, f"{name} was not noticed"
    assert any(key in each.partition("allowed")[0] for each in said), said


def check_ranges(dataset: xr.Dataset) -> None:
    """Quantiles are in order and within the scenarios, and the mean is theirs."""
    found = ps.summarise(dataset, coverage=0.8)
    low, high = dataset["cost"].min("scenario"), dataset["cost"].max("scenario")
    quantiles, room = found["cost_quantile"], 1e-9 * (1.0 + abs(high))
    assert (quantiles.diff("quantile") >= -room).all()
    assert (quantiles >= low - room).all()
    assert (quantiles <= high + room).all()
    np.testing.assert_allclose(found["cost_mean"], dataset["cost"].mean("scenario"), rtol=1e-9)
    check_finite(found)


def check_budgets(dataset: xr.Dataset, one: float, other: float) -> None:
    """More certainty costs more, and the amount that it costs is as sure as was asked."""
    less, more = sorted((one, other))
    needed = [ps.budget_for(dataset, confidence=each)["amount"] for each in (less, more)]
    assert (needed[0] <= needed[1]).all()
    highest = needed[1].max().item()
    for amount in (highest * (1.0 + 1e-9) + 1e-9, 2.0 * highest + 1.0):
        sure = ps.budget(dataset, amount=amount)["sufficient"]
        assert (sure >= less - 1.0 / dataset.sizes["scenario"]).all()
        assert (sure <= 1.0).all()


PROPERTIES: dict[str, tuple[Callable[..., None], tuple[Callable[[], Any], ...]]] = {
    "sums": (check_sums, (studies,)),
    "order": (check_order, (studies, lambda: st.randoms(use_true_random=False))),
    "round trip": (check_round_trip, (studies,)),
    "mistakes": (check_mistake, (studies, lambda: st.sampled_from(sorted(MISTAKES)))),
    "ranges": (check_ranges, (lambda: scenarios(base()),)),
    "budgets": (
        check_budgets,
        (lambda: scenarios(base()), lambda: st.floats(0.3, 0.7), lambda: st.floats(0.3, 0.7)),
    ),
}
"""By name, what is checked, and what is generated for it."""


def tried(name: str, how: settings) -> Callable[[], None]:
    """Return a function that checks a property of generated examples."""
    check, strategies = PROPERTIES[name]

    def function(examples: tuple[Any, ...]) -> None:
        check(*examples)

    return how(given(st.tuples(*(each() for each in strategies)))(function))


def run_properties(count: int, seed: int, first: int = 0) -> list[str]:
    """Check every property of some examples; return what does not hold.

    Parameters
    ----------
    count
        Of examples, of all properties together.
    seed, first
        Which: the same three give the same examples.
    """
    how = settings(QUIETLY, max_examples=max(1, count // len(PROPERTIES)), derandomize=False, print_blob=True)
    found = []
    for name in PROPERTIES:
        try:
            hypothesis.seed(f"{seed}/{first}")(tried(name, how))()
        except Exception:
            found.append(f"{name}:\n{traceback.format_exc()[-6000:]}")
    return found
