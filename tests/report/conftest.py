"""A study and a run made by hand with numpy: everything a report needs, and quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from popsim.families.constant import Constant
from popsim.families.lognormal import LogNormal
from popsim.study.labels import ColumnLabels
from popsim.study.model import Area, Component, Country, Dependence, Exponent, Option, Source, Study

NAMES = (
    "Country inventory",
    "Action plan",
    "Focal unit",
    "Regulatory controls",
    "Enforcement capacities",
    "Technology transfer",
    "Local commerce infrastructure for alternatives",
    "Outreach and information",
)
REGIONS = ("African", "Asia-Pacific", "Latin America and Caribbean")
INCOMES = ("LIC", "LMC", "UMC")
BASES = ("evidence", "proxy", "judgement")
STUDY_TEXT = (
    'format = 1\n[study]\nname = "fake"\n[size]\nreference = 10_000_000\nlowest = 2_000_000\nhighest = 300_000_000\n'
)


def fake_component(number: int, years: int, median: float, gsd: float, exponent: float) -> Component:
    per_year = number % 2 == 1
    profile = (1.0,) * years if per_year else (0.5, 0.5, *(0.0,) * (years - 2)) if years > 1 else (1.0,)
    basis = BASES[number % 3]
    source = Source(
        document="Programme report 7, p. 23",
        figure="up to US$ 500,000 in 2001",
        status="verified",
        address="example.org/report/7",
    )
    return Component(
        id=f"part_{number}",
        name=f"Component {number}",
        kind="per-year" if per_year else "one-off",
        cost=LogNormal(float(np.log(median)), float(np.log(gsd))) if gsd > 1 else Constant(median),
        currency="USD",
        price_year=2002,
        money_factor=1.25,
        profile=profile,
        basis=basis,
        rationale="Seen in comparable programmes of twelve countries. The range is wide because their sizes differ.",
        sources=() if basis == "judgement" else (source,),
        exponents=(Exponent("size", exponent, f"exponent/area/{number // 2}/size"),),
    )


def fake_study(areas: int = 8, countries: int = 40, years: int = 10, median: float = 4e5, gsd: float = 2.0) -> Study:
    return Study(
        name="fake",
        title="Cost of capacity-building under an agreement",
        description="Costs of eight areas, put together by hand for tests.",
        years=tuple(range(2027, 2027 + years)),
        currency="USD",
        price_year=2025,
        scenarios=2000,
        seed=1,
        coverage=0.90,
        breakdowns=(("area",), ("region",), ("income",), ("year",)),
        countries=tuple(
            Country(
                code=f"C{k:02d}",
                name=f"Country {k}",
                groups=(("region", REGIONS[k % 3]), ("income", INCOMES[k % 2])),
                size=1e6 * (1 + k),
                size_factor=max(1e6 * (1 + k), 2e6) / 1e7,
                size_basis="judgement" if k % 9 == 0 else "evidence",
                size_note="Estimated from a census" if k % 9 == 0 else "",
                size_held="lowest" if k == 0 else "",
            )
            for k in range(countries)
        ),
        countries_rationale="All developing countries are counted.",
        left_out=(("XAA", "Aland", "income is HIC"), ("XBB", "Bland", "named under without")),
        areas=tuple(
            Area(
                id="abcdefghijkl"[a],
                name=NAMES[a % 8],
                description="What the area is for, in a sentence.",
                document="INC.2/3, para. 3",
                size_exponent=0.2 * (a % 2),
                common_share=0.3,
                components=tuple(
                    fake_component(2 * a + k, years, median * (1 + a % 6) ** 1.5, gsd, 0.2 * (a % 2)) for k in range(2)
                ),
            )
            for a in range(areas)
        ),
        dependence=Dependence(0.0, None, (), 1.0, 0.3, "judgement", "Neighbours buy from the same suppliers."),
        size_driver="population",
        size_rationale="Larger countries need more of most things.",
        size_reference=1e7,
        size_limits=(2e6, 3e8),
        files=(("study.toml", STUDY_TEXT),),
    )


def fake_run(study: Study, scenarios: int = 2000) -> xr.Dataset:
    """Draw a run of this study, with independent areas and a shared factor for all countries, by plain numpy."""
    rng = np.random.default_rng(7)
    shape = (len(study.countries), len(study.areas), len(study.years))
    factor = np.array([country.size_factor for country in study.countries])
    cost = np.zeros((scenarios, *shape))
    extremes = {"independent": np.zeros(scenarios), "fully_dependent": np.zeros(scenarios)}
    expected, point = {}, np.zeros(len(study.areas))
    for a, area in enumerate(study.areas):
        size = factor**area.size_exponent
        common = rng.standard_normal((scenarios, 1))
        score = np.sqrt(0.3) * common + np.sqrt(0.7) * rng.standard_normal((scenarios, shape[0]))
        for part in area.components:
            paid = part.money_factor * np.array(part.profile)
            spread = part.cost.sigma if isinstance(part.cost, LogNormal) else 0.0
            middle = float(part.cost.ppf(0.5))
            cost[:, :, a, :] += (middle * np.exp(spread * score) * size)[..., None] * paid
            own = middle * np.exp(spread * rng.standard_normal((scenarios, shape[0]))) * size
            extremes["independent"] += own.sum(axis=1) * paid.sum()
            extremes["fully_dependent"] += middle * np.exp(spread * common[:, 0]) * size.sum() * paid.sum()
            expected[f"{area.id}/{part.id}"] = (part.cost.mean() * size.sum() * paid.sum(), area.id, part.basis)
            point[a] += part.cost.mode() * size.sum() * paid.sum()
    dims = ("option", "scenario")
    dataset = xr.Dataset(
        {
            "cost": (dims, cost.sum(axis=(1, 2, 3))[None]),
            "cost_by_area": ((*dims, "area"), cost.sum(axis=(1, 3))[None]),
            "cost_by_year": ((*dims, "year"), cost.sum(axis=(1, 2))[None]),
            "point_estimate": (("option",), [point.sum()]),
            "point_estimate_by_area": (("option", "area"), point[None]),
            "expected_cost": (("option",), [sum(value for value, _, _ in expected.values())]),
            "expected_cost_by_component": (("option", "component"), [[value for value, _, _ in expected.values()]]),
            "cost_countries_independent": (dims, extremes["independent"][None]),
            "cost_countries_fully_dependent": (dims, extremes["fully_dependent"][None]),
        },
        coords={
            "option": ["full"],
            "scenario": np.arange(scenarios),
            "area": [area.id for area in study.areas],
            "year": list(study.years),
            "component": list(expected),
            "component_area": ("component", [area for _, area, _ in expected.values()]),
            "component_basis": ("component", [basis for _, _, basis in expected.values()]),
        },
        attrs={
            "title": study.title,
            "seed": 1,
            "first_scenario": 0,
            "currency": "USD",
            "price_year": 2025,
            "coverage": study.coverage,
            "plan_digest": "5f1c" * 16,
            "study": STUDY_TEXT,
            "popsim_version": "0.1.0",
            "numpy_version": np.__version__,
        },
    )
    for group in dict.fromkeys(group for country in study.countries for group, _ in country.groups):
        values = [dict(country.groups)[group] for country in study.countries]
        labels = sorted(set(values))
        sums = np.stack([cost[:, np.array(values) == label].sum(axis=(1, 2, 3)) for label in labels], axis=-1)
        dataset[f"cost_by_{group}"] = ((*dims, group), sums[None])
        dataset = dataset.assign_coords({group: labels})
    for variable in dataset.data_vars.values():
        variable.attrs["units"] = "USD"
    return dataset


def with_options(study: Study, dataset: xr.Dataset) -> tuple[Study, xr.Dataset]:
    """Add what is financed, and three options: without the last area, dearer or cheaper by chance, all alike.

    The extremes of dependence are known for the full programme alone, as where nobody simulated them for options.
    """
    last = study.areas[-1].id
    rng = np.random.default_rng(8)
    moved = dataset["cost_by_area"] * rng.choice([0.9, 1.1], size=(1, dataset.sizes["scenario"], 1))
    areas = {
        "full": dataset["cost_by_area"],
        "less": dataset["cost_by_area"].where(dataset["area"] != last, 0.0),
        "moved": dataset["cost_by_area"].where(dataset["area"] != study.areas[0].id, moved),
        "alike": dataset["cost_by_area"],
    }
    extremes = ["cost_countries_independent", "cost_countries_fully_dependent"]
    every = []
    for option, by_area in areas.items():
        part = dataset if option == "full" else dataset.drop_vars(extremes)
        need = 0.75 * 1.08 * by_area
        total = by_area.sum("area")
        part = part.assign(
            cost_by_area=by_area,
            financing_need_by_area=need,
            **{
                f"{base}{prices}{span}": factor * share * values
                for base, values in (("cost", total), ("financing_need", need.sum("area")))
                for prices, factor in (("", 1.0), ("_nominal", 1.2), ("_discounted", 0.8))
                for span, share in (("", 1.0), ("_after_horizon", 0.02))
            },
        )
        every.append(part.assign_coords(option=[option]))
    result = xr.concat(every, "option", data_vars="all", join="outer", combine_attrs="override")
    for variable in result.data_vars.values():
        variable.attrs["units"] = "USD"
    changes = ((f"area.{last}.include", "false"),)
    names = {"less": "Without the last area", "moved": "First area moved", "alike": "Nothing changed"}
    options = tuple(Option(key, name, f"Asked for by some, {key}.", changes, study) for key, name in names.items())
    financed = replace(
        study, options=options, agency_fee=0.08, inflation=0.02, discount_rate=0.035, financing_rationale="As usual."
    )
    return financed, result


@pytest.fixture(scope="session")
def with_alternatives(study: Study, dataset: xr.Dataset) -> tuple[Study, xr.Dataset]:
    return with_options(study, dataset)


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Study]:
    return fake_study


@pytest.fixture(scope="session")
def make_run() -> Callable[..., xr.Dataset]:
    return fake_run


@pytest.fixture(scope="session")
def study() -> Study:
    return fake_study()


@pytest.fixture(scope="session")
def dataset(study: Study) -> xr.Dataset:
    return fake_run(study)


@pytest.fixture(scope="session")
def hostile() -> Study:
    """A study whose every name would break a page that does not escape."""
    bad = '<script>alert("x")</script> & $a_b$ "q"'
    base = fake_study(areas=2, countries=3, years=2)
    areas = tuple(replace(area, name=f"{bad} {area.id}", description=bad) for area in base.areas)
    countries = tuple(replace(country, name=bad, size_note=bad) for country in base.countries)
    labels = ColumnLabels.of({"region": bad, "income": bad}, {"income": dict.fromkeys(INCOMES, bad)})
    left_out = (("ZZZ", bad, bad),)
    base = replace(base, labels=labels, left_out=left_out)
    return replace(base, title=bad, description=bad, areas=areas, countries=countries, countries_rationale=bad)
