"""Faults between a study and what is drawn: streams, weights, tables, needs, time, money, sums."""

from __future__ import annotations

from .fault import Fault

STREAMS = "popsim/plan/streams.py"
DEPENDENCE = "popsim/plan/dependence.py"
LOWERING = "popsim/plan/lowering.py"
ACTIVATION = "popsim/plan/activation.py"
PROGRAM = "popsim/plan/program.py"
ROW_STEPS = "popsim/plan/row_steps.py"
NEEDS = "popsim/plan/needs.py"
LATENESS = "popsim/plan/lateness.py"
PROFILES = "popsim/plan/price_profiles.py"
PIECES = "popsim/plan/tables/pieces.py"
ENDS = "popsim/plan/tables/ends.py"
KNOTS = "popsim/plan/tables/knots.py"
SUMS = "popsim/engine/sums.py"
VARIANTS = "popsim/engine/variants.py"
THREADS = "popsim/engine/threads.py"
MONEY = "popsim/study/money.py"

TERMS = "tests/reproduction/test_terms.py"
TIME = "tests/reproduction/test_terms_of_time.py"
SCORES = "tests/plan/test_scores.py"
EXPECTED = "tests/plan/test_expectation.py"

FAULTS = (
    Fault(
        STREAMS,
        'hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")',
        'hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")',
        "streams have other numbers, and so has every draw",
        "tests/plan/test_streams.py::test_numbers_are_the_hash_of_the_name",
    ),
    Fault(
        LOWERING,
        'prefix = f"country/{country.code}/"',
        'prefix = f"country/{place}/"',
        "streams are named after the place of a country in the list",
        "tests/engine/test_stable_streams.py::test_deleting_a_country_changes_no_other tests/plan/test_streams.py",
    ),
    Fault(
        LOWERING,
        "builder.extend(costs, place, factor, commons[group], activation)",
        "builder.extend(costs, place, factor, [-1] * len(factor), activation)",
        "what all countries share of a cost is left out of its score",
        "tests/plan/test_dependence.py::test_weights_give_the_correlations_asked_for "
        "tests/reproduction/test_terms.py::test_sum_of_lognormals_with_common_group_and_own_parts",
    ),
    Fault(
        LOWERING,
        "for place, (country, factor) in enumerate(zip(study.countries, _factors(view, timing), strict=True)):",
        "for place, (country, factor) in enumerate(zip(study.countries[1:], _factors(view, timing)[1:]), 1):",
        "the first country is lost",
        "tests/engine/test_closed_forms.py tests/engine/test_money_in_time.py",
    ),
    Fault(
        LOWERING,
        "all(areas.get(area.id) == _without_payers(area) for area in one.areas)\n        and all(countries.get",
        "all(area.id in areas for area in one.areas)\n        and all(countries.get",
        "an option with other costs of an area is drawn with the study, and has its costs",
        "tests/engine/test_drawn_together.py",
    ),
    Fault(
        LOWERING,
        'totals[row(total_name("financing_need", prices, span))] = (means * share).sum(axis=0)',
        'totals[row(total_name("financing_need", prices, span))] = means.sum(axis=0)',
        "the expected need for financing is the expected cost",
        "tests/engine/test_totals.py",
    ),
    Fault(
        DEPENDENCE,
        "return score if part.direction > 0 else Score(*(_times(-1.0, weights) for weights in score))",
        "return score",
        "shares of a whole go up together, so that they do not sum to it",
        "tests/reproduction/test_overlaps.py::test_the_split_is_the_same_score_in_either_direction "
        "tests/study/test_overlaps.py::test_what_they_cost_is_the_whole_in_every_scenario",
    ),
    Fault(
        DEPENDENCE,
        "return math.sqrt(share), math.sqrt(1.0 - group_share), math.sqrt(group_share - share)",
        "return math.sqrt(share), math.sqrt(1.0 - share), math.sqrt(group_share - share)",
        "weights of a component's score have squares that sum to more than 1",
        f"{SCORES}::test_squares_of_weights_sum_to_1",
    ),
    Fault(
        DEPENDENCE,
        "rest = math.sqrt(1.0 - stated.need_with_cost**2)",
        "rest = math.sqrt(1.0 - stated.need_with_cost)",
        "a need that goes with cost has a score whose variance is not 1",
        f"{SCORES}::test_needs_correlate_with_costs_and_with_each_other {SCORES}::test_squares_of_weights_sum_to_1",
    ),
    Fault(
        DEPENDENCE,
        'return _score((("start", math.sqrt(share)),), (("start", math.sqrt(1.0 - share)),))',
        'return _score((("start", math.sqrt(1.0 - share)),), (("start", math.sqrt(share)),))',
        "what starts have in common and what is each country's own are swapped",
        f"{SCORES}::test_delays_and_starts_correlate_as_stated",
    ),
    Fault(
        DEPENDENCE,
        "follow, rest = math.sqrt(between), math.sqrt(1.0 - between)\n    followed",
        "follow, rest = between, math.sqrt(1.0 - between**2)\n    followed",
        "components follow their area by the square of what the study says",
        f"{SCORES}::test_costs_correlate_as_stated",
    ),
    Fault(
        ACTIVATION,
        "row *= [math.pow(1.0 + rate, int(age)) for age in since[late]]",
        "row *= [math.pow(1.0 + rate, int(age) + 1) for age in since[late]]",
        "prices rise one year too early",
        "tests/plan/test_expectation.py::test_escalation "
        f"{TIME}::test_escalation_of_known_rate_begins_after_the_price_year",
    ),
    Fault(
        ACTIVATION,
        "return _ShockRow(happens, factor, float(ndtri(shock.probability)))",
        "return _ShockRow(happens, factor, float(ndtri(1.0 - shock.probability)))",
        "a shock happens as often as it should not",
        f"tests/plan/test_lowering.py::test_thresholds_of_shocks {TERMS}::test_shock_hits_its_areas_together",
    ),
    Fault(
        "popsim/plan/study_view.py",
        "[math.log(factor) for factor in self.factors(measure, reference)]",
        "[-math.log(factor) for factor in self.factors(measure, reference)]",
        "large countries are cheap where an exponent is uncertain",
        f"{TERMS}::test_an_uncertain_exponent_is_one_draw_for_all_countries",
    ),
    Fault(
        ACTIVATION,
        "slot + (3 if found.lags > 1 else 1)",
        "slot + (2 if found.lags > 1 else 1)",
        "two activations share a buffer",
        "tests/plan/test_lowering.py::test_activations_are_made_before_they_are_used_and_do_not_overlap",
    ),
    Fault(
        ACTIVATION,
        "if not source.where and amount == 1.0:\n                continue",
        "if not source.where:\n                continue",
        "no need is ever drawn: all is needed",
        f"{TERMS}::test_need_is_a_bernoulli_factor",
    ),
    Fault(
        PROGRAM,
        "for year in range(max(m.growth_from[growth], lag), m.growth_to[growth]):",
        "for year in range(max(m.growth_from[growth] + 1, lag), m.growth_to[growth]):",
        "what is paid in the first year is dropped",
        f"{TIME}::test_delay_moves_known_amounts tests/engine/test_totals.py::test_totals_of_a_certain_study_by_hand",
    ),
    Fault(
        ROW_STEPS,
        "number=lags - 1)",
        "number=lags)",
        "lateness passes the last lag",
        "tests/plan/test_program.py tests/engine/test_money_in_time.py tests/engine/test_payments.py",
    ),
    Fault(
        PROGRAM,
        "write(add_share(at, _SCRATCH, -1.0 if arrival >= 0 else -materialised))",
        "write(add_share(at, _SCRATCH, -1.0))",
        "a pledge is taken to be paid in full",
        "tests/engine/test_financing.py::test_a_known_part_of_an_uncertain_pledge_is_paid",
    ),
    Fault(
        PROGRAM,
        "for lag in range(min(lags, cell.year + 1)):",
        "for lag in range(min(lags, cell.year)):",
        "a year lacks what is paid with the longest lateness that it can hold",
        "tests/engine/test_money_in_time.py::test_every_breakdown_sums_to_its_total",
    ),
    Fault(
        ROW_STEPS,
        "lag[pair], to[pair + 1])",
        "lag[pair], to[pair])",
        "every second sum by lag is left empty, and the others are doubled",
        f"{TIME}::test_delay_moves_known_amounts "
        "tests/engine/test_money_in_time.py::test_every_breakdown_sums_to_its_total",
    ),
    Fault(
        NEEDS,
        "return ndtri(np.clip(probability, _EDGE, 1.0 - _EDGE))",
        "return -ndtri(np.clip(probability, _EDGE, 1.0 - _EDGE))",
        "an uncertain probability of need has the wrong sign",
        "tests/plan/test_needs.py::test_probit_is_the_threshold_of_the_probability",
    ),
    Fault(
        NEEDS,
        "integral * widest / (4.0 * math.pi)",
        "integral * widest / (2.0 * math.pi)",
        "the chance of two needs together is wrong",
        "tests/plan/test_needs.py::test_both_below_is_the_bivariate_normal",
    ),
    Fault(
        LATENESS,
        "paid = outer_weights[:, None] * inner_weights * (1.0 + cost_per_year * delayed)",
        "paid = outer_weights[:, None] * inner_weights * (1.0 + cost_per_year * lateness)",
        "a late start costs more in expectation, as a delay does",
        "tests/plan/test_expectation.py",
    ),
    Fault(
        PROFILES,
        'first, last = (0, years) if span == "within_horizon" else (years, years + lags[k] - 1)',
        'first, last = (0, years) if span == "within_horizon" else (years, years + lags[k] - 2)',
        "the last year after the horizon is lost",
        "tests/plan/test_lowering.py::test_growths_cover_the_horizon_and_what_lies_after_it "
        f"{TIME}::test_delay_moves_known_amounts",
    ),
    Fault(
        PIECES,
        "numbers[:, 1:2] = -left / width - 0.5",
        "numbers[:, 1:2] = -left / width",
        "tables are laid out half a piece too far",
        "tests/kernels/test_marginals.py::test_every_family_has_a_table_that_reproduces_its_quantiles",
    ),
    Fault(
        ENDS,
        "            low - table.location,\n",
        "            low - table.location - 1e-6,\n",
        "a lower end of the support is moved by a millionth",
        "tests/kernels/test_marginals.py::test_every_family_has_a_table_that_reproduces_its_quantiles",
    ),
    Fault(
        KNOTS,
        "knots[1 : len(values)] = special.ndtri(cumulative[:-1])",
        "knots[1 : len(values)] = special.ndtri(cumulative[1:])",
        "probabilities of separate values are moved on by one",
        "tests/kernels/test_marginals.py::test_a_score_at_a_threshold_has_the_value_above",
    ),
    Fault(
        SUMS,
        'prices: Prices = total.prices if self._plan.has_prices(total.prices) else "constant"',
        'prices: Prices = "constant"',
        "nominal and discounted totals are at constant prices",
        "tests/engine/test_totals.py::test_totals_of_a_certain_study_by_hand "
        f"{TIME}::test_discounting {TIME}::test_nominal_before_and_after_the_price_year",
    ),
    Fault(
        SUMS,
        "return _Financing((1.0 - pledged * materialised) * (1.0 + fee))",
        "return _Financing((1.0 - pledged * materialised) + fee)",
        "the agency fee is taken on the whole cost and not on what is financed",
        "tests/engine/test_financing.py::test_a_known_part_of_an_uncertain_pledge_is_paid",
    ),
    Fault(
        SUMS,
        "share.weight * float(self._plan.year_share[component, year])",
        "share.weight * float(self._plan.year_share[component, 0])",
        "every year of a component has the payments of the first",
        "tests/engine/test_breakdowns.py::test_years_follow_the_profiles",
    ),
    Fault(
        VARIANTS,
        'EXTREME_SHARES = {"cost_countries_independent": 0.0, "cost_countries_fully_dependent": 1.0}',
        'EXTREME_SHARES = {"cost_countries_independent": 1.0, "cost_countries_fully_dependent": 0.0}',
        "the two extremes of dependence are swapped",
        "tests/analysis/test_budgets.py::test_effect_of_dependence_on_a_study_of_normals",
    ),
    Fault(
        THREADS,
        "np.int64(first - column),",
        "np.int64(first),",
        "scenarios that are added to a run stand before their place",
        "tests/engine/test_open_ensemble.py",
    ),
    Fault(
        MONEY,
        "return None if back is None else 1.0 / back",
        "return back",
        "an exchange rate that is read backwards is not inverted",
        "tests/study/test_exchange.py::test_rates_by_hand",
    ),
    Fault(
        MONEY,
        "factor = self.prices.factor(self.currency, year, self.price_year)",
        "factor = self.prices.factor(self.currency, self.price_year, year)",
        "costs are deflated where they should be inflated",
        "tests/study/test_load.py::test_money_factors_by_hand "
        "tests/study/test_exchange.py::test_a_cost_is_exchanged_in_its_own_year_and_then_brought_to_the_prices_of_the_study",
    ),
)
