"""Objections to ranges: each is raised by a study that deserves it, and by none that does not; each can be accepted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from popsim.errors import StudyError
from popsim.study import load_study
from popsim.study.evidence_check import check_evidence, cited_amounts, idle_acceptances

from .evidence_studies import GOOD, WIDE, component, row, write
from .test_cited_amounts import PROJECTS, ROOT, pcb_projects, people


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a study whose area z has some components; return its file."""
    return partial(write, tmp_path)


def raised(file: Path, **overrides: object) -> dict[str, str]:
    """Return what is found, by kind of warning."""
    warnings = check_evidence(load_study(file, overrides))
    assert len({warning.kind for warning in warnings}) == len(warnings)
    return {warning.kind: warning.found for warning in warnings}


def test_amounts_inside_the_range_raise_nothing(written: Callable[..., Path]) -> None:
    file = written(component(*GOOD))
    assert raised(file) == {}
    assert cited_amounts(load_study(file))[0] == 3


def test_the_old_range_of_pcb_is_caught_with_its_projects_as_rows(written: Callable[..., Path]) -> None:
    """The case that the check was made for: the range as it was, the projects as they were read."""
    tenth = {code: count / 10 for code, count in people().items()}  # the study's reference is one million people
    rows = [row(name, dollars, year=year, more=f"size = {tenth[code]}") for name, code, dollars, year in PROJECTS]
    file = written(component(*rows))
    shutil.copy(ROOT / "configs" / "prices.csv", file.parent)
    study = load_study(file, {"area.z.size_exponent": 0.5, "size.highest": 2_000_000_000})
    brought = [datum.reference_amount for datum in study.areas[-1].components[0].data]
    assert brought == pytest.approx(pcb_projects()[1])
    found = {warning.kind: warning.found for warning in check_evidence(study)}
    assert set(found) == {"outside", "spread", "far"}
    assert "3 of 6 amounts" in found["outside"]
    assert all(name in found["outside"] for name in ("peru", "mongolia", "south_africa"))


def test_amounts_are_compared_at_prices_size_and_share_of_the_component(written: Callable[..., Path]) -> None:
    """By hand: 160 million of 2000 for two countries, half of it, 1.25 times the prices, 16 times the size."""
    more = "countries = 2\nsize = 16_000_000\nshare = 0.5\nshare_rationale = 'The rest stands elsewhere.'"
    file = written(component(row("two", 160_000_000, year=2000, more=more)))
    found = raised(file, **{"area.z.size_exponent": 0.5, "size.highest": 16_000_000})
    assert found["far"].startswith("two, 12,500,000 USD of 2010, is farther out")


def test_amounts_that_are_only_shown_are_not_compared(written: Callable[..., Path]) -> None:
    shown = row("cancelled", 44_000_000, more='use = "shown"\nreason = "Cancelled: a planned cost only."')
    file = written(component(*GOOD, shown))
    assert raised(file) == {}
    assert cited_amounts(load_study(file))[0] == 3


def test_an_amount_without_a_size_is_not_passed_over(written: Callable[..., Path]) -> None:
    file = written(component(*GOOD[:1], row("peru", 2_600_000, more="size = 1_000_000")))
    assert raised(file) == {}
    found = raised(file, **{"area.z.size_exponent": 0.5})
    assert found["size"].startswith("1 of 2 amounts cannot be compared")
    assert found["size"].endswith(": kenya")


def test_a_fit_to_its_own_data_raises_nothing(written: Callable[..., Path]) -> None:
    cost = '{ fit = "lognormal", cap = 100_000_000, cap_rationale = "Invented." }'
    wild = [row("kenya", 170_000), row("peru", 2_600_000), row("nepal", 41_000_000)]
    assert raised(written(component(*wild, cost=cost))) == {}


def test_a_fit_away_from_the_reference_size_is_compared_where_it_stands(written: Callable[..., Path]) -> None:
    cost = '{ fit = "lognormal", size = 1.0, cap = 100_000_000, cap_rationale = "Invented." }'
    large = [row(name, amount, more="size = 50_000_000") for name, amount in (("a", 5e7), ("b", 9e7), ("c", 2e8))]
    assert raised(written(component(*large, cost=cost))) == {}


def test_one_range_does_not_mix_grants_and_whole_costs(written: Callable[..., Path]) -> None:
    found = raised(written(component(*GOOD, row("mali", 2_000_000, scope="grant"))))
    assert found == {"scopes": "one range mixes whole costs (kenya, peru, nepal), grants (mali)"}


@pytest.mark.parametrize(("scope", "raises"), [("whole", True), ("cofinancing", True), ("grant", False)])
def test_a_cost_has_the_scope_of_its_amounts(written: Callable[..., Path], scope: str, raises: bool) -> None:
    rows = [row("kenya", 1_700_000, scope="grant"), row("peru", 2_600_000, scope="grant")]
    assert ("scopes" in raised(written(component(*rows, scope=scope)))) is raises


FINANCING = """
[financing]
agency_fee = 0.1
cofinancing = {share}
basis = "judgement"
rationale = "Invented."
"""


@pytest.mark.parametrize(
    ("scope", "share", "raises"),
    [
        ("whole", 0.5, False),
        ("grant", 0.5, True),
        ("grant", 0.0, False),
        ("cofinancing", 0.5, True),
        ("cofinancing", 1.0, False),
    ],
)
def test_co_financing_is_not_taken_off_a_grant(
    written: Callable[..., Path], scope: str, share: float, raises: bool
) -> None:
    found = raised(written(component(scope=scope), ending=FINANCING.format(share=share)))
    assert set(found) == ({"financing"} if raises else set())
    if raises:
        assert "50 %" in found["financing"]


def test_co_financing_of_the_component_counts_and_not_that_of_its_area(written: Callable[..., Path]) -> None:
    file = written(component(scope="cofinancing"), ending=FINANCING.format(share=0.5))
    own = "area.z.component.equipment.financing.cofinancing"
    assert raised(file, **{own: 1.0}) == {}
    found = raised(file, **{own: {"family": "uniform", "low": 0.6, "high": 1.0}})
    assert "20 % of it is asked of the fund" in found["financing"]


def test_a_study_without_financing_asks_nobody(written: Callable[..., Path]) -> None:
    assert raised(written(component(scope="grant"))) == {}


def pair(first: str, second: str, scopes: tuple[str, str] = ("whole", "whole")) -> list[str]:
    """Return two components, each with one row."""
    return [
        component(first, name="first", scope=scopes[0]),
        component(second, name="second", scope=scopes[1]),
    ]


def test_one_source_is_not_used_in_two_components(written: Callable[..., Path]) -> None:
    once = row("peru", 2_600_000, document="Project page")
    file = written(*pair(once, once))
    (warning,) = check_evidence(load_study(file))
    assert warning.kind == "source"
    assert warning.components == ("z/first", "z/second")
    assert '"Project page"' in warning.found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("share = 0.5\nshare_rationale = 'a'", "share = 0.5\nshare_rationale = 'b'"),
        ("address = 'example.org/one'", "address = 'example.org/two'"),
        ("", "use = 'shown'\nreason = 'It stands in the first component.'"),
    ],
)
def test_shares_two_addresses_and_what_is_only_shown_use_nothing_twice(
    written: Callable[..., Path], first: str, second: str
) -> None:
    amount = 5_200_000 if "share" in first else 2_600_000
    rows = [row("peru", amount, document="Project page", more=more) for more in (first, second)]
    assert raised(written(*pair(*rows))) == {}


def test_a_grant_and_what_others_added_to_it_are_different_money(written: Callable[..., Path]) -> None:
    rows = [row("peru", 2_600_000, document="Project page", scope=scope) for scope in ("grant", "cofinancing")]
    assert raised(written(*pair(*rows, scopes=("grant", "cofinancing")))) == {}


@pytest.mark.parametrize("address", ["https://Example.org/page/", "http://example.org/page", "example.org/page."])
def test_copies_of_one_address_are_one_source(written: Callable[..., Path], address: str) -> None:
    rows = [
        row("peru", 2_600_000, document=f"Page {a}", more=f"address = '{a}'") for a in (address, "example.org/page")
    ]
    assert set(raised(written(*pair(*rows)))) == {"source"}


def test_a_document_without_an_address_is_the_one_that_has_it(written: Callable[..., Path]) -> None:
    rows = [
        row("peru", 2_600_000, document="Project  PAGE", more="address = 'example.org'"),
        row("peru", 2_600_000, document="Project page"),
    ]
    assert set(raised(written(*pair(*rows)))) == {"source"}


def test_a_warning_is_accepted_with_a_reason_in_any_component_that_it_names(written: Callable[..., Path]) -> None:
    once = row("peru", 2_600_000, document="Project page")
    parts = [component(once, name="first"), component(once, name="second", accepted='source = "Different parts."')]
    study = load_study(written(*parts))
    (warning,) = check_evidence(study)
    assert warning.accepted == "Different parts."
    assert idle_acceptances(study, [warning]) == ()


def test_a_reason_that_answers_nothing_is_named(written: Callable[..., Path]) -> None:
    study = load_study(written(component(*GOOD, accepted='spread = "No longer so."')))
    assert check_evidence(study) == ()
    assert idle_acceptances(study, ()) == ('z/equipment accepts "spread", and no such warning is left',)


def test_a_cost_that_the_study_states_leaves_the_reasons_of_the_catalogue_behind(written: Callable[..., Path]) -> None:
    file = written(component(*GOOD, accepted='spread = "Of the other cost."'))
    study = load_study(file, {"area.z.component.equipment.cost": {"family": "constant", "value": 5.0}})
    assert study.areas[-1].components[0].accepted == ()
    assert cited_amounts(study) == (0, 0, 0)


def test_accepted_names_a_warning(written: Callable[..., Path]) -> None:
    with pytest.raises(StudyError, match="sprad") as refused:
        load_study(written(component(*GOOD, accepted='sprad = "Misspelt."')))
    assert "spread" in str(refused.value)


WHOLE = """
[[overlap]]
id = "plan"
name = "One national plan"
currency = "USD"
price_year = 2010
basis = "judgement"
rationale = "Invented."
cost = { family = "lognormal", p05 = 1_000_000, p95 = 6_500_000 }
"""
SHARE = """
[[component]]
id = "{id}"
name = "{id}"
kind = "one-off"
overlap = "plan"
share = {share}
basis = "judgement"
rationale = "Invented."

[[component.source]]
document = "Project page"
figure = "a share"
status = "verified"
"""
SHARES = [SHARE.format(id="inventory", share=0.6), SHARE.format(id="plan", share=0.3)]


def of_whole(*rows: str, accepted: str = "") -> str:
    """Return the TOML of a whole with rows of data."""
    text = "".join([WHOLE, *rows, f"[component.accepted]\n{accepted}" if accepted else ""])
    return text.replace("component.", "overlap.")


def test_amounts_of_a_whole_are_compared_with_the_whole(written: Callable[..., Path]) -> None:
    study = load_study(written(of_whole(*WIDE), *SHARES))
    assert cited_amounts(study) == (3, 0, 0)
    assert {warning.kind for warning in check_evidence(study)} == {"outside", "spread", "far"}
    assert {warning.components for warning in check_evidence(study)} == {("overlap/plan",)}


def test_a_whole_accepts_a_warning(written: Callable[..., Path]) -> None:
    study = load_study(written(of_whole(*WIDE, accepted='outside = "a"\nspread = "b"\nfar = "c"'), *SHARES))
    assert [warning.accepted for warning in check_evidence(study)] == ["a", "b", "c"]


def test_a_source_of_a_whole_and_of_its_shares_is_used_once(written: Callable[..., Path]) -> None:
    whole = of_whole(row("peru", 2_600_000, document="Project page"))
    assert raised(written(whole, *SHARES)) == {}


def test_a_source_of_a_whole_and_of_another_component_is_used_twice(written: Callable[..., Path]) -> None:
    page = row("peru", 2_600_000, document="Project page")
    (warning,) = check_evidence(load_study(written(of_whole(page), *SHARES, component(page))))
    assert warning.kind == "source"
    assert set(warning.components) == {"overlap/plan", "z/inventory", "z/plan", "z/equipment"}
