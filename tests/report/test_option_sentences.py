"""What is said of options is compared with brute-force counts of the ensemble, on odd small studies.

Every sentence is parsed by words alone and checked against the scenarios; the checks must fail for changed sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.report.comparison import Comparison
from popsim.report.data import gather
from popsim.report.document import Figure, Table
from popsim.report.sections import options as words
from popsim.study.model import Study

from .printed import MONEY, SCALES, check_cell, check_money, number, spoken

REASONS = {"basis": "judgement", "rationale": "Made up for a test."}
NOISE = 1e-9
CELL = r"\+?((?:[<>] )?−?[\d,.]+(?:e−?\d+)?)()"
UNKNOWN = "not known"
PAID = rf"none|(?:on average )?{MONEY}|{UNKNOWN}"
LATER = (
    rf"(?:Of its [a-z ]+, ((?:on average )?{MONEY}) falls after 2032|(None) of its [a-z ]+ falls after 2032"
    rf"|How much of its [a-z ]+ falls after 2032 is ({UNKNOWN}))"
)
FINANCING = {"agency_fee": 0.1, "cofinancing": 0.5, **REASONS}


def component(cost: dict[str, Any] | float = 100.0, kind: str = "one-off", **more: Any) -> dict[str, Any]:
    distribution = cost if isinstance(cost, dict) else {"family": "constant", "value": cost}
    return {"kind": kind, "currency": "USD", "price_year": 2030, "cost": distribution, **more}


def study_of(
    folder: Path, areas: dict[str, dict[str, dict[str, Any]]], options: dict[str, dict[str, Any]], **tables: Any
) -> Study:
    """Write a study of two countries and three years, and load it; `options` are the keys that each sets."""
    (folder / "catalogue").mkdir(parents=True)
    for name, components in areas.items():
        listed = [{"id": key, "name": f"part {key}", **REASONS, **table} for key, table in components.items()]
        about = {"id": name, "name": f"area {name}", "document": "made up", "description": "Made up."}
        text = tomli_w.dumps({"format": 1, "area": about, "component": listed})
        (folder / "catalogue" / f"{name}.toml").write_text(text)
    rows = "AAA,Aland,North,1000000,made up\nBBB,Bland,South,4000000,made up\n"
    (folder / "countries.csv").write_text("code,name,region,population,source\n" + rows)
    base: dict[str, Any] = {
        "format": 1,
        "study": {"name": "small", "title": "By hand", "first_year": 2030, "years": 3},
        "scenarios": {"count": 100, "seed": 5},
        "money": {"currency": "USD", "price_year": 2030},
        "catalogue": {"folder": "catalogue"},
        "countries": {"file": "countries.csv", "rationale": "Made up."},
        "dependence": {"between_areas": 0.0, "between_components": 0.0, "common_share": 0.0, **REASONS},
        "area": {name: {} for name in areas},
        "report": {"breakdowns": ["area"]},
        "option": [
            {"id": name, "name": f"Option {name}", "rationale": "Made up.", "set": keys}
            for name, keys in options.items()
        ],
    }
    for key, table in tables.items():
        base[key] = {**base[key], **table} if key in base else table
    (folder / "study.toml").write_text(tomli_w.dumps(base))
    return ps.load_study(folder / "study.toml")


def comparison_of(study: Study, dataset: xr.Dataset | None = None) -> Comparison:
    return Comparison(gather(study, ps.simulate(study) if dataset is None else dataset))


@dataclass(frozen=True)
class Truth:
    """What a base of an option comes to, by sums of the scenarios of the dataset alone."""

    within: np.ndarray
    after: np.ndarray
    base_within: np.ndarray
    base_after: np.ndarray

    @classmethod
    def of(cls, dataset: xr.Dataset, option: str, base: str) -> Truth:
        def values(name: str, which: str) -> np.ndarray:
            return dataset[name].sel(option=which).values if name in dataset else np.zeros(dataset.sizes["scenario"])

        return cls(*(values(name, who) for who in (option, "full") for name in (base, f"{base}_after_horizon")))

    @property
    def scale(self) -> np.ndarray:
        return np.maximum(np.abs(self.within + self.after), np.abs(self.base_within + self.base_after))

    @property
    def whole(self) -> np.ndarray:
        return (self.within + self.after) - (self.base_within + self.base_after)

    def counts(self, difference: np.ndarray) -> dict[str, int]:
        noise = NOISE * self.scale
        return {
            "more": int((difference > noise).sum()),
            "less": int((difference < -noise).sum()),
            "the same": int((np.abs(difference) <= noise).sum()),
        }


BASES = {"cost": "cost", "financing need": "financing_need", "costs": "cost", "needs": "financing_need"}


def exact_of(dataset: xr.Dataset, total: str, option: str) -> float:
    """Give the mean that the plan knows, which is printed where the scenarios cannot have seen the tail."""
    base = total.removesuffix("_all_years")
    names = [f"expected_{name}" for name in ((base,) if base == total else (base, f"{base}_after_horizon"))]
    known = [float(dataset[name].sel(option=option)) if name in dataset else np.nan for name in names]
    return sum(known)


def check_mean_money(printed: re.Match[str] | None, values: np.ndarray, exact: float) -> None:
    """Check a mean: that of the scenarios, or the exact one, which test_exact_means holds against formulas."""
    try:
        check_money(printed, values.mean())
    except AssertionError:
        if not np.isfinite(exact):
            raise
        check_money(printed, exact)


def check_sentences(text: str, dataset: xr.Dataset, option: str, name: str) -> int:
    """Check all that is said of an option; gives the number of statements found true."""
    text = spoken(text)
    assert text.startswith(f"“{name}”")
    checked = 0
    for sentence in re.split(r"(?<=\.) (?=[A-Z“])", text):
        if sentence.startswith(("Fewer years of service", "More years of service")):
            check_service(sentence, dataset, option)
            checked += 1
            continue
        base = BASES[re.search(r"\b(costs|needs|cost|financing need)\b", sentence.replace(name, ""))[1]]
        truth = Truth.of(dataset, option, base)
        alone = sentence.startswith("In 2030–2032 alone")
        difference = truth.within - truth.base_within if alone else truth.whole
        counts = truth.counts(difference)
        # The error that is stated is larger than that of the scenarios where tails are heavy.
        total = base if alone else f"{base}_all_years"
        stated = ps.compare(dataset)[f"{total}_difference_mean_error"].sel(option=option).item()
        exact = exact_of(dataset, total, option) - exact_of(dataset, total, "full")
        checked += check_mean(sentence, difference, counts, stated, exact) + check_counts(sentence, counts)
        if stated_later := re.match(LATER, sentence):
            later = f"{base}_after_horizon"
            paid = next(stated_later[group] for group in (1, 4, 5) if stated_later[group])
            check_after(paid, truth.after, exact_of(dataset, later, option))
            other = re.search(rf"\(the study as written: ({PAID})\)", sentence)
            if truth.base_after.any():
                check_after(other[1], truth.base_after, exact_of(dataset, later, "full"))
            else:
                assert other is None
            checked += 1
    return checked


def check_mean(
    sentence: str, difference: np.ndarray, counts: dict[str, int], stated: float, exact: float = np.nan
) -> int:
    """Check what is said of the mean difference, whose stated standard error and exact value are given."""
    mean, error = difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    if np.isinf(stated) and np.isfinite(exact) and len(difference) > 1:
        mean, error = exact, 1e-6 * abs(exact)
    is_one_way = min(counts["more"], counts["less"]) == 0 and max(counts["more"], counts["less"]) >= 20
    checked = 0
    if told := re.search(r"(?:costs|needs) (more|less)\b", sentence):
        assert is_one_way
        assert counts[told[1]] > 0
        assert not np.isfinite(stated)
        checked += 1
    if told := re.search(MONEY + r" (more|less)", sentence):
        sign = 1 if told[3] == "more" else -1
        assert sign * mean > 2 * error * (1 - 1e-9) or (is_one_way and sign * mean > 0)
        check_money(re.match(MONEY, told[0]), abs(mean))
        checked += 1
    if "the run can show" in sentence:
        assert abs(mean) <= 2 * max(error, stated) * (1 + 1e-9)
        assert counts["the same"] < len(difference)
        assert not is_one_way
        checked += 1
    return checked


def check_counts(sentence: str, counts: dict[str, int]) -> int:
    """Check in how many scenarios an option is said to have more, less and the same."""
    scenarios = sum(counts.values())
    told = re.findall(r"\b(more|less|the same)(?: financing)? in ([\d,]+|all) of the", sentence)
    told += re.findall(r", (more|less|the same) in ([\d,]+)(?=[,.;]| and)", sentence)
    for word, number_of in told:
        assert counts[word] == (scenarios if number_of == "all" else int(number_of.replace(",", "")))
    return len(told)


def check_service(sentence: str, dataset: xr.Dataset, option: str) -> None:
    """Without needs and lateness, payments that cease are the whole difference of what each component costs in all."""
    planned = dataset["planned_payments"]
    ceased = (planned.sel(option="full") - planned.sel(option=option)).where(planned.min("option") > 0, 0.0)
    wanted = ceased.where(ceased > 0 if sentence.startswith("Fewer") else ceased < 0, drop=True)
    assert wanted.size > 0
    for number_of, name in re.findall(r"([\d.]+) (?:further )?payments? of “([^”]+)”", sentence):
        named = wanted.where(wanted["component_name"] == name, drop=True)
        assert float(number_of) in set(np.abs(named.values).ravel())


def check_after(printed: str, values: np.ndarray, exact: float = np.nan) -> None:
    if printed.lower() == "none":
        assert not values.any()
    elif printed == UNKNOWN:
        assert len(values) == 1 or (values != values[0]).any()
    else:
        check_mean_money(re.search(MONEY, printed), values, exact)


def check_tables(comparison: Comparison, dataset: xr.Dataset) -> int:
    """Check every figure of the tables of levels, differences and shares; gives the number of figures."""
    unit = SCALES[comparison.data.unit.partition(" ")[2]]
    checked = 0
    for base in comparison.bases:
        for table, is_difference in (
            (words.levels(comparison, base), False),
            (words.differences(comparison, base), True),
        ):
            names = comparison.options if is_difference else comparison.all_options
            parts = len(table.rows) // len(names)
            assert parts in {1, 3}
            for place, row in enumerate(table.rows):
                truth = Truth.of(dataset, names[place // parts], base)
                spans = (truth.within, truth.after, truth.within + truth.after)
                values = spans[place % parts]
                if is_difference:
                    others = (truth.base_within, truth.base_after, truth.base_within + truth.base_after)
                    values = values - others[place % parts]
                total = f"{base}{('', '_after_horizon', '_all_years')[place % parts]}"
                exact = exact_of(dataset, total, names[place // parts])
                if is_difference:
                    exact -= exact_of(dataset, total, "full")
                *ends, mean = row[table.labels :]
                for cell, value in zip(ends, np.quantile(values, (0.05, 0.5, 0.95)), strict=True):
                    if cell != "n/a":
                        check_cell(cell, value / unit)
                        checked += 1
                if mean != "n/a":
                    check_mean_money(re.fullmatch(CELL, spoken(mean)), values / unit, exact / unit)
                    checked += 1
        checked += check_shares(words.shares(comparison, base), comparison, base, dataset)
    return checked


def check_shares(table: Table, comparison: Comparison, base: str, dataset: xr.Dataset) -> int:
    parts = len(table.rows) // len(comparison.options)
    scenarios = dataset.sizes["scenario"]
    for place, row in enumerate(table.rows):
        truth = Truth.of(dataset, comparison.options[place // parts], base)
        spans = (truth.within - truth.base_within, truth.after - truth.base_after, truth.whole)
        counts = truth.counts(spans[place % parts])
        for cell, counted in zip(row[table.labels :], counts.values(), strict=True):
            if cell in {"none", "all"}:
                assert counted == {"none": 0, "all": scenarios}[cell]
            elif not cell.startswith(("<", ">")):
                shown, half = number(spoken(cell).removesuffix(" %"))
                assert abs(100.0 * counted / scenarios - shown) <= half * (1 + 1e-9)
    return len(table.rows)


def check_all(comparison: Comparison, dataset: xr.Dataset) -> int:
    checked = check_tables(comparison, dataset)
    for option in comparison.options:
        said = words.sentences(comparison, option)
        checked += check_sentences(" ".join(said), dataset, option, comparison.names[option])
    return checked


PER_YEAR = component(100.0, "per-year", years="all")
TWO = {"x": {"k": component({"family": "uniform", "low": 50.0, "high": 150.0}), "l": PER_YEAR}}
ONCE = {"x": {"k": component(300.0)}}
WAYS: dict[str, dict[str, Any]] = {
    "start": {"start.years": 4.0},
    "start_by": {"start.years": 0.0, "start.by.region.North": 4.0},
    "delay": {"delay.years": {"family": "uniform", "low": 1.0, "high": 6.0}},
    "postponed": {"area.x.postponed": 2},
    "component": {"area.x.component.k.start": 3},
    "cheaper": {"area.x.component.k.cost": {"family": "uniform", "low": 40.0, "high": 150.0}},
}
IN_TIME = {
    "start": {"years": 0.0, **REASONS},
    "delay": {"years": 0.0, "cost_per_year": 0.0, **REASONS},
}


@pytest.mark.parametrize("financed", [False, True])
@pytest.mark.parametrize("money", [{}, {"inflation": 0.03}, {"inflation": 0.02, "discount_rate": 0.05}])
def test_options_in_time_are_told_as_the_scenarios_have_it(
    tmp_path: Path, financed: bool, money: dict[str, float]
) -> None:
    tables = {**IN_TIME, "money": money, **({"financing": FINANCING} if financed else {})}
    study = study_of(tmp_path / "study", TWO, WAYS, **tables)
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    assert check_all(comparison, dataset) > 100
    check_other_prices(comparison, dataset)


def check_other_prices(comparison: Comparison, dataset: xr.Dataset) -> None:
    unit = SCALES[comparison.data.unit.partition(" ")[2]]
    for base in comparison.bases:
        table = words.other_prices(comparison, base)
        kinds = [kind for kind in ("nominal", "discounted") if f"{base}_{kind}" in dataset]
        if not kinds:
            assert table is None
            continue
        parts = len(table.rows) // len(comparison.all_options)
        for place, row in enumerate(table.rows):
            option = comparison.all_options[place // parts]
            for kind, (mean, apart) in zip(kinds, zip(*[iter(row[table.labels :])] * 2, strict=True), strict=True):
                truth = Truth.of(dataset, option, f"{base}_{kind}")
                spans = (truth.within, truth.after, truth.within + truth.after)
                others = (truth.base_within, truth.base_after, truth.base_within + truth.base_after)
                check_cell(mean, spans[place % parts].mean() / unit)
                if option == "full":
                    assert apart == ""
                else:
                    difference = (spans[place % parts] - others[place % parts]).mean() / unit
                    check_cell(apart, difference)


def test_what_is_only_paid_later_costs_the_same(tmp_path: Path) -> None:
    """A one-off of 300 in each of two countries, four years later: all of it after the last year, none of it saved."""
    study = study_of(tmp_path / "study", ONCE, {"late": {"start.years": 4.0}}, **IN_TIME)
    (sentence, after, within) = map(spoken, words.sentences(comparison_of(study), "late"))
    assert sentence == "“Option late” costs the same in all of the 100 scenarios."
    assert after == "Of its cost, US$ 600.0 falls after 2032."
    assert within == "In 2030–2032 alone it costs US$ 600.0 less."


YEARLY = {"x": {"k": PER_YEAR}}
PARTS = {"x": {"k": PER_YEAR, "l": component(40.0, "per-year", years="all")}}


@pytest.mark.parametrize("years", [1, 2])
def test_a_payment_that_ceases_is_fewer_years_of_service(tmp_path: Path, years: int) -> None:
    """100 a year in two countries and three years: each year that work begins later is a payment of 200 that ceases."""
    study = study_of(tmp_path / "study", YEARLY, {"late": {"area.x.postponed": years}}, financing=FINANCING)
    (costs, needs, service) = map(spoken, words.sentences(comparison_of(study), "late"))
    assert costs == f"“Option late” costs US$ {200 * years}.0 less, less in all of the 100 scenarios."
    assert needs == f"It needs US$ {110 * years}.0 less financing, less in all of the 100 scenarios."
    number = "1 payment" if years == 1 else "2 payments"
    assert service == (
        f"Fewer years of service: {number} of “part k” {'is' if years == 1 else 'are'} not made in each country that "
        f"needs it, US$ {200 * years}.0 of cost and US$ {110 * years}.0 of financing need that nobody pays."
    )


def test_a_late_start_ceases_no_payment(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", YEARLY, {"late": {"start.years": 2.0}}, **IN_TIME)
    said = spoken(" ".join(words.sentences(comparison_of(study), "late")))
    assert "costs the same in all of the 100 scenarios. Of its cost, US$ 400.0 falls after 2032." in said
    assert "service" not in said


def test_payments_that_come_on_top_are_more_years_of_service(tmp_path: Path) -> None:
    """The study begins a year late in all; the option begins at once: one more payment of each component."""
    study = study_of(tmp_path / "study", PARTS, {"early": {"area.x.postponed": 0}}, area={"x": {"postponed": 1}})
    (costs, service) = map(spoken, words.sentences(comparison_of(study), "early"))
    assert costs == "“Option early” costs US$ 280.0 more, more in all of the 100 scenarios."
    assert service == (
        "More years of service: 1 further payment of “part k” and 1 further payment of “part l” are made in each "
        "country that needs it, US$ 280.0 of cost."
    )


def test_the_figure_shows_what_moves_in_all_years_and_within_them(tmp_path: Path) -> None:
    """Only an option that moves money in time has two bars; each stands for the differences of its years."""
    ways = {"late": {"start.years": 2.0}, "small": {"area.x.component.k.cost": {"family": "constant", "value": 20.0}}}
    study = study_of(tmp_path / "study", TWO, ways, **IN_TIME)
    dataset = ps.simulate(study)
    section = words.options(gather(study, dataset))
    (figure,) = (block for block in section.blocks if isinstance(block, Figure))
    bars = {spoken(bar.label): bar for bar in figure.draw.keywords["differences"]}
    assert list(bars) == ["Option late, all years", "Option late, 2030–2032", "Option small"]
    late, small = (Truth.of(dataset, option, "cost") for option in ("late", "small"))
    for bar, values in zip(bars.values(), (late.whole, late.within - late.base_within, small.whole), strict=True):
        np.testing.assert_allclose(bar[1:6], np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)), atol=1e-9)
    assert [spoken(bar.label) for bar in figure.draw.keywords["bars"]][1:] == ["Option late", "Option small"]


def test_one_scenario_has_no_mean_difference(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", TWO, {"late": {"area.x.postponed": 1}}, scenarios={"count": 1})
    said = spoken(" ".join(words.sentences(comparison_of(study), "late")))
    assert "is not known (there is only one scenario), less in the one scenario." in said


def test_the_sentences_name_the_headline_first(tmp_path: Path) -> None:
    for headline, first in (("cost", "costs"), ("financing_need", "needs")):
        study = study_of(
            tmp_path / headline,
            ONCE,
            {"late": {"start.years": 4.0}},
            **IN_TIME,
            financing=FINANCING,
            report={"headline": headline},
        )
        said = words.sentences(comparison_of(study), "late")
        assert said[0].startswith(f"“Option late” {first} the same")


def test_an_option_that_alone_is_financed_is_said_to_be(tmp_path: Path) -> None:
    with_financing = {f"financing.{key}": value for key, value in FINANCING.items()}
    study = study_of(tmp_path / "study", TWO, {"shared": with_financing, "other": {"area.x.postponed": 1}})
    comparison = comparison_of(study)
    notes = " ".join(words.notes(comparison))
    assert "“Option shared” alone has [financing]." in notes
    assert "The study as written and “Option other” have none: there a fund is asked for the whole cost." in notes
    assert check_all(comparison, ps.simulate(study)) > 20


MUTATIONS = (
    (r"\bmore\b", "less"),
    (r"\bless\b", "more"),
    (r"in all of the", "in 99 of the"),
    (r"US\$ (\d)", r"US$ 1\1"),
    (r"(\d) of the 100", r"\g<1>0 of the 100"),
    (r"Of its cost, (?:on average )?US\$ [\d,.]+ falls", "None of its cost falls"),
)


@pytest.mark.parametrize(("pattern", "other"), MUTATIONS)
def test_a_changed_sentence_is_found_out(tmp_path: Path, pattern: str, other: str) -> None:
    """The negative control of this file: whatever is changed in a sentence, the check fails."""
    rate = {"family": "uniform", "low": -0.02, "high": 0.03}
    study = study_of(tmp_path / "study", TWO, WAYS, **IN_TIME, escalation={"rate": rate, **REASONS})
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    changed = 0
    for option in comparison.options:
        text = spoken(" ".join(words.sentences(comparison, option)))
        assert check_sentences(text, dataset, option, comparison.names[option]) > 0
        wrong = re.sub(pattern, other, text, count=1)
        if wrong == text:
            continue
        changed += 1
        with pytest.raises(AssertionError):
            check_sentences(wrong, dataset, option, comparison.names[option])
    assert changed > 0


COSTS = st.one_of(
    st.builds(lambda value: {"family": "constant", "value": value}, st.sampled_from([1.0, 250.0, 3e6])),
    st.builds(
        lambda p, high: {"family": "discrete", "values": [0.0, high], "probabilities": [1.0 - p, p]},
        st.sampled_from([0.02, 0.5]),
        st.sampled_from([10.0, 4e5]),
    ),
    st.builds(
        lambda low, width: {"family": "uniform", "low": low, "high": low + width},
        st.sampled_from([0.0, 100.0]),
        st.sampled_from([1.0, 1e4]),
    ),
    st.builds(lambda sigma: {"family": "lognormal", "mu": 5.0, "sigma": sigma}, st.sampled_from([0.3, 2.0])),
)
COMPONENTS = st.builds(
    lambda cost, kind, need: {
        **component(cost, kind, **({"years": "all"} if kind == "per-year" else {})),
        **({} if need is None else {"need": need}),
    },
    COSTS,
    st.sampled_from(["one-off", "per-year"]),
    st.none(),
)
LATE = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 4.0]),
    st.just({"family": "uniform", "low": 0.0, "high": 5.0}),
    st.just({"family": "discrete", "values": [0.0, 3.0], "probabilities": [0.95, 0.05]}),
)
KEYS = st.one_of(
    st.builds(lambda late: {"start.years": late}, LATE),
    st.builds(lambda late: {"start.by.region.North": late}, LATE),
    st.builds(lambda late: {"delay.years": late}, LATE),
    st.builds(lambda years: {"area.x.postponed": years}, st.sampled_from([1, 2])),
    st.just({"area.x.component.k.start": 2}),
    st.builds(lambda p: {"area.x.need": {"probability": p, **REASONS}}, st.sampled_from([0.05, 0.5, 1.0])),
    st.builds(lambda cost: {"area.x.component.k.cost": cost}, COSTS),
    st.just({"area.y.include": False}),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=COMPONENTS,
    second=COMPONENTS,
    keys=st.lists(KEYS, min_size=1, max_size=3),
    need=st.sampled_from([0.05, 0.5, 1.0]),
    start=LATE,
    cost_per_year=st.sampled_from([0.0, 0.1]),
    escalation=st.sampled_from([0.0, 0.04]),
    financed=st.booleans(),
    scenarios=st.sampled_from([1, 20, 200]),
)
def test_random_studies(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, Any],
    second: dict[str, Any],
    keys: list[dict[str, Any]],
    need: float,
    start: float | dict[str, Any],
    cost_per_year: float,
    escalation: float,
    financed: bool,
    scenarios: int,
) -> None:
    study = study_of(
        tmp_path_factory.mktemp("random"),
        {"x": {"k": {**first, "start": 1}}, "y": {"k": second}},
        {f"o{place}": each for place, each in enumerate(keys)},
        start={"years": start, **REASONS},
        delay={"years": 0.0, "cost_per_year": cost_per_year, **REASONS},
        escalation={"rate": escalation, **REASONS},
        area={"x": {"need": {"probability": need, **REASONS}}, "y": {}},
        scenarios={"count": scenarios},
        **({"financing": FINANCING} if financed else {}),
    )
    dataset = ps.simulate(study)
    comparison = comparison_of(study, dataset)
    check_tables(comparison, dataset)
    if scenarios > 1:
        for option in comparison.options:
            said = " ".join(words.sentences(comparison, option))
            assert check_sentences(said, dataset, option, comparison.names[option]) >= len(comparison.bases)
