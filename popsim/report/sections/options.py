"""What the options cost within the years of the study and after them, and how far each is from the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from popsim.analysis.compare import ROUNDING
from popsim.report import figures, totals
from popsim.report.comparison import Ceased, Comparison, signed
from popsim.report.data import ReportData, about_means
from popsim.report.document import Block, Bullets, Details, Figure, Paragraph, Section, Table
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.language import listed
from popsim.report.numbers import count, percent, significant, unknown
from popsim.report.prose import Prose
from popsim.report.rare import rare_sentences

_SMALLEST_GAIN = 1.5
"""A smaller saving in scenarios is not worth a sentence."""
_MOST_COMPONENTS = 3
"""Components whose payments cease that a sentence names; the others are counted."""
_SMALLEST_MOVE = 0.1
"""A difference after the last year that is a smaller part of that in all years is left to the tables."""

_text = Prose("options")


def options(data: ReportData) -> Section | None:
    """Compare the options with the full programme; None when the run has one."""
    comparison = data.comparison
    if comparison is None:
        return None
    names, reasons = comparison.names, comparison.rationales
    moves_money = any(len(comparison.spans(base)) > 1 for base in comparison.bases)
    intro = _text(
        "intro",
        options=len(comparison.options),
        baseline=names[comparison.baseline],
        last=data.study.years[-1] if moves_money else "",
    )
    blocks: list[Block | Details] = [Paragraph(intro)]
    for option in comparison.options:
        reason = reasons.get(option) or _text("no_reason")
        blocks += [Paragraph(_text("option", name=names[option], reason=reason)), Bullets(facts(comparison, option))]
    blocks += [*(Paragraph(sentence, note=True) for sentence in notes(comparison)), _figure(comparison)]
    for base in comparison.bases:
        blocks += [levels(comparison, base), differences(comparison, base)]
    return Section("options", _("What do the options cost?"), _("Options"), tuple(blocks))


def details(data: ReportData) -> Section | None:
    """Show how often each option costs more, other prices, and where the differences come from; for analysts."""
    comparison = data.comparison
    if comparison is None:
        return None
    blocks: list[Block | Details] = []
    for base in comparison.bases:
        blocks.append(shares(comparison, base))
        if table := other_prices(comparison, base):
            blocks.append(table)
    blocks += [Paragraph(sentence, note=True) for sentence in gains(comparison)]
    blocks += [
        Details(_text("sources_summary", name=comparison.names[option]), tables)
        for option in comparison.options
        if (tables := sources(comparison, option))
    ]
    title, short = _("The options in detail"), _("Options in detail")
    return Section("options-in-detail", title, short, tuple(blocks), is_annex=True)


def _baseline(comparison: Comparison) -> str:
    return comparison.names[comparison.baseline]


def _figure(comparison: Comparison) -> Figure:
    """Ranges of all options on one axis, and under them the differences, also those within the years alone."""
    data, names, base = comparison.data, comparison.names, comparison.bases[0]
    whole, baseline = comparison.whole(base), _baseline(comparison)
    ends = (data.low, 0.25, 0.5, 0.75, data.high)

    def bar(label: str, quantiles: Iterable[Measured]) -> figures.Interval:
        return figures.Interval(label, *(data.on_axis(each.value) for each in quantiles))

    costs = [
        bar(names[option], (level.quantile(whole, p) for p in ends)) for option, level in comparison.levels.items()
    ]
    apart = []
    for option in comparison.options:
        moves = _moves(comparison, option, base)
        for total in (whole, base) if moves else (whole,):
            years = totals.span(total, data.study)
            label = _text("option_in_years", name=names[option], years=years) if moves else names[option]
            apart.append(bar(label, (comparison.quantile(total, option, p) for p in ends)))
    title = totals.title(whole, data.study)
    return Figure(
        "options",
        _text("figure_title", title=title, baseline=baseline),
        _text("figure_caption", interval=data.interval),
        _text("figure_spoken", options=len(costs), largest=max(costs, key=lambda each: each.median).label),
        partial(
            figures.difference,
            bars=costs,
            differences=apart,
            amount_label=_text("amount_label", title=title, unit_and_prices=data.unit_and_prices),
            difference_label=_text("difference_label", baseline=baseline, unit_and_prices=data.unit_and_prices),
        ),
    )


def _heads(comparison: Comparison, base: str) -> tuple[str, ...]:
    return (_("Option"), _("Years")) if len(comparison.spans(base)) > 1 else (_("Option"),)


def _ends() -> tuple[str, ...]:
    return (_("Low end"), _("Median"), _("High end"), _("Mean"))


def _labels(comparison: Comparison, option: str, base: str, total: str) -> tuple[str, ...]:
    """Name the option in its first row, and the years of each row."""
    if len(comparison.spans(base)) == 1:
        return (comparison.names[option],)
    return (comparison.names[option] if total == base else "", totals.span(total, comparison.data.study))


def levels(comparison: Comparison, base: str) -> Table:
    """Return the range of a total for each option, within the years of the study, after them and in all."""
    data, rows, exact, unknown = comparison.data, [], False, False
    for option, level in comparison.levels.items():
        for total in comparison.spans(base):
            low, high = level.range(total)
            is_exact = level.is_mean_exact(total)
            exact |= is_exact
            unknown |= bool(level.unseen(total)) and not is_exact
            cells = data.amounts(low, level.quantile(total, 0.5), high, level.mean(total))
            rows.append((*_labels(comparison, option, base, total), *cells))
    caption = _text(
        "levels_caption",
        title=totals.title(base, data.study),
        interval=data.interval,
        unit_and_prices=data.unit_and_prices,
        about_means=about_means(exact, unknown),
    )
    heads = _heads(comparison, base)
    return Table(caption, (*heads, *_ends()), tuple(rows), labels=len(heads), name=f"options-{base}")


def differences(comparison: Comparison, base: str) -> Table:
    """Return the range of the difference of each option to the baseline, within the years, after them and in all."""
    data, rows, exact, unknown = comparison.data, [], False, False
    for option in comparison.options:
        for total in comparison.spans(base):
            (low, high), mean = comparison.range(total, option), comparison.mean(total, option)
            exact |= comparison.is_mean_exact(total, option)
            unknown |= data.scenarios > 1 and not mean.is_known
            cells = data.amounts(low, comparison.quantile(total, option, 0.5), high, mean)
            rows.append((*_labels(comparison, option, base, total), *map(signed, cells)))
    caption = _text(
        "differences_caption",
        title=totals.title(base, data.study),
        baseline=_baseline(comparison),
        interval=data.interval,
        unit_and_prices=data.unit_and_prices,
        about_means=about_means(exact, unknown),
    )
    heads = _heads(comparison, base)
    return Table(caption, (*heads, *_ends()), tuple(rows), labels=len(heads), name=f"differences-{base}")


def shares(comparison: Comparison, base: str) -> Table:
    """Return the shares of the scenarios in which each option costs more, less and the same."""
    rows = tuple(
        (
            *_labels(comparison, option, base, total),
            *(comparison.share(total, option, word) for word in ("dearer", "cheaper", "equal")),
        )
        for option in comparison.options
        for total in comparison.spans(base)
    )
    heads = _heads(comparison, base)
    title = totals.title(base, comparison.data.study)
    caption = _text("shares_caption", title=title, baseline=_baseline(comparison))
    columns = (*heads, _("More"), _("Less"), _("The same"))
    return Table(caption, columns, rows, labels=len(heads), name=f"shares-{base}")


def other_prices(comparison: Comparison, base: str) -> Table | None:
    """Return the mean of nominal and discounted totals and of their differences; None where the run has neither."""
    data = comparison.data
    kinds = [kind for kind in ("nominal", "discounted") if comparison.has(f"{base}_{kind}")]
    if not kinds:
        return None
    rows = []
    for option, level in comparison.levels.items():
        for total in comparison.spans(base):
            cells: list[str] = []
            for kind in kinds:
                name = total.replace(base, f"{base}_{kind}", 1)
                if not comparison.has(name):
                    cells += [unknown(), "" if option == comparison.baseline else unknown()]
                    continue
                apart = "" if option == comparison.baseline else signed(data.amount(comparison.mean(name, option)))
                cells += [data.amount(level.mean(name)), apart]
            rows.append((*_labels(comparison, option, base, total), *cells))
    heads = _heads(comparison, base)
    columns = [column for kind in kinds for column in (_text("kind_of_prices", kind=kind), _("Difference"))]
    caption = _text(
        "prices_caption",
        title=totals.title(base, data.study),
        baseline=_baseline(comparison),
        unit=data.unit,
        prices="; ".join(
            _text(
                "prices_of_kind",
                kind=_text("kind_of_prices", kind=kind),
                prices=totals.prices(f"{base}_{kind}", data.study),
            )
            for kind in kinds
        ),
    )
    return Table(caption, (*heads, *columns), tuple(rows), labels=len(heads), name=f"other-prices-{base}")


def sentences(comparison: Comparison, option: str) -> tuple[str, ...]:
    """Return what is compared, and then the facts."""
    compared = _text("compared", name=comparison.names[option], baseline=_baseline(comparison))
    return (compared, *facts(comparison, option))


def facts(comparison: Comparison, option: str) -> tuple[str, ...]:
    """Return what an option costs more or less than the baseline, and when: sentences that each name their total."""
    found: list[str] = []
    for base in comparison.bases:
        found.append(_in_all(comparison, option, base))
        if _moves(comparison, option, base):
            found += [_after(comparison, option, base), *_within(comparison, option, base)]
    found += _service(comparison, option)
    for base in comparison.bases:
        found += _rare(comparison, option, base)
    return tuple(found)


def _in_all(comparison: Comparison, option: str, base: str) -> str:
    """State the difference in all years, and in how many scenarios there is one."""
    whole, label = comparison.whole(base), _in_all_years(comparison, base)
    if comparison.is_same(whole, option):
        return _text("same", label=label, scenarios=comparison.data.scenarios)
    more, less, same = comparison.counted(whole, option)
    counts = _text(
        "counts",
        more=count(more),
        less=count(less),
        same=count(same),
        scenarios=more + less + same,
        way="more" if less == same == 0 else "less" if more == same == 0 else "",
    )
    return f"{_difference(comparison, whole, option, label)} {counts}"


def _in_all_years(comparison: Comparison, base: str) -> str:
    """Name a total in all years that the run knows of it."""
    title = totals.title(comparison.whole(base), comparison.data.study)
    # A run of an earlier version does not know what of the financing need falls after its last year.
    if len(comparison.spans(base)) == 1 < len(comparison.spans("cost")):
        return _text("in_years", title=title, years=totals.span(base, comparison.data.study))
    return title


def _difference(comparison: Comparison, total: str, option: str, label: str, *, with_range: bool = True) -> str:
    """State a mean difference as far as it is known: its size, or its sign alone, or neither."""
    data, mean, (low, high) = comparison.data, comparison.mean(total, option), comparison.range(total, option)
    way, is_constant = _way(comparison, total, option), _is_constant(mean)
    if not mean.is_known:
        return _text("unknown_difference", label=label, way=way, is_one_scenario=data.scenarios == 1)
    range_ = ""
    if with_range and low.is_known and high.is_known and not is_constant:
        range_ = data.money_range(low, high)
    known = {"label": label, "interval": data.interval, "range": range_}
    if not way:
        return _text("no_difference", **known)
    amount = data.money(Measured(abs(mean.value), mean.error, mean.finest))
    return _text("differs", way=way, amount=amount, is_constant=is_constant, **known)


def _way(comparison: Comparison, total: str, option: str) -> str:
    """Return "more" or "less"; "" where the scenarios do not show which."""
    return {1: "more", -1: "less", 0: ""}[comparison.sign(total, option)]


def _is_constant(mean: Measured) -> bool:
    """Whether a figure is the same in every scenario but for rounding."""
    return mean.error <= ROUNDING * abs(mean.value)


def _moves(comparison: Comparison, option: str, base: str) -> bool:
    """Whether the difference after the last year is worth a sentence beside that in all years."""
    later, whole = f"{base}_after_horizon", comparison.whole(base)
    if whole == base or comparison.is_same(later, option):
        return False
    means = [abs(comparison.mean(total, option).value) for total in (base, later, whole)]
    return means[1] > _SMALLEST_MOVE * max(means)


def _after(comparison: Comparison, option: str, base: str) -> str:
    """State what an option pays after the last year, and what the baseline does."""
    data, later = comparison.data, f"{base}_after_horizon"

    def paid(which: str) -> str:
        mean, is_none = comparison.levels[which].mean(later), comparison.is_zero(later, which)
        return _text(
            "paid",
            amount="none" if is_none else data.money(mean) if mean.is_known else "",
            is_constant=_is_constant(mean),
        )

    return _text(
        "after",
        label=totals.title(later, data.study),
        paid=paid(option),
        baseline=_baseline(comparison),
        other=paid(comparison.baseline),
    )


def _within(comparison: Comparison, option: str, base: str) -> list[str]:
    """State the difference within the years of the study; nothing where it is not known."""
    data = comparison.data
    label = _text("in_years_alone", title=totals.title(base, data.study), years=totals.span(base, data.study))
    if comparison.is_same(base, option):
        return [_text("same", label=label, scenarios=data.scenarios)]
    if not comparison.mean(base, option).is_known and not _way(comparison, base, option):
        return []
    return [_difference(comparison, base, option, label, with_range=False)]


def _service(comparison: Comparison, option: str) -> list[str]:
    """Name the payments that cease since work begins later, and those on top since it begins earlier."""
    ceased = comparison.ceased(option)
    fewer, more = ([each for each in ceased if (each.payments > 0.0) == is_fewer] for is_fewer in (True, False))
    return [
        _years_of_service(comparison, sentence, changed)
        for sentence, changed in (("fewer_years_of_service", fewer), ("more_years_of_service", more))
        if changed
    ]


def _years_of_service(comparison: Comparison, sentence: str, changed: list[Ceased]) -> str:
    data = comparison.data
    payments = [
        _text("payments", number=significant(abs(each.payments), 4), name=each.name)
        for each in changed[:_MOST_COMPONENTS]
    ]
    if left := len(changed) - len(payments):
        payments.append(_text("other_payments", components=left))
    amounts = []
    for base in changed[0].money:
        value = comparison.exact(comparison.whole(base), abs(sum(each.money[base] for each in changed)))
        amounts.append(_text("service_amount", base=base, amount=data.money(value)))
    return _text(
        sentence,
        payments="; ".join(payments),
        has_countries=len(data.study.countries) > 1,
        amounts="; ".join(amounts),
    )


def _rare(comparison: Comparison, option: str, base: str) -> tuple[str, ...]:
    """Name what is not in the range of an option since it is rare, and is not named for the baseline."""
    data = comparison.data
    return rare_sentences(
        data.every_option,
        option,
        data.coverage,
        variable=comparison.whole(base),
        beside=comparison.baseline,
        name=_text("range_name", title=_in_all_years(comparison, base)),
    )


def notes(comparison: Comparison) -> tuple[str, ...]:
    """Return what the financing need is, and which options alone distinguish it from the cost."""
    if "financing_need" not in comparison.bases:
        return ()
    financed = {option: comparison.is_financed(option) for option in comparison.studies}
    first = next((study for option, study in comparison.studies.items() if financed[option]), None)
    lines = [_text("financing_need", has_fee=first is not None and bool(first.agency_fee))]
    if different := unfinanced({comparison.names[option]: known for option, known in financed.items()}):
        lines.append(f"{different} {_text('needs_compared')}")
    return tuple(lines)


def unfinanced(options: Mapping[str, bool]) -> str:
    """Return which options have co-financing of their own; empty where all do, or none.

    Parameters
    ----------
    options
        Names of the options as they are printed, and whether each has [financing].

    Examples
    --------
    >>> print(unfinanced({"Full programme": False, "A": True}))
    With a share that others pay: “A”. Without: “Full programme”; there a fund is asked for the whole cost.
    """
    financed = [_text("quoted", name=name) for name, is_financed in options.items() if is_financed]
    others = [_text("quoted", name=name) for name, is_financed in options.items() if not is_financed]
    return _text("unfinanced", financed=listed(financed), others=listed(others)) if financed and others else ""


def sources(comparison: Comparison, option: str) -> tuple[Block, ...]:
    """Return where the difference comes from, by area; empty where nothing differs or the run has no areas."""
    data = comparison.data
    bases = [base for base in comparison.bases if comparison.has(f"{base}_by_area")]
    if not bases or all(comparison.is_same(base, option) for base in bases):
        return ()
    areas = [str(area) for area in comparison.differences["area"].values]
    moved = [area for area in areas if not all(comparison.is_same_area(base, option, area) for base in bases)]
    moved.sort(key=lambda area: -abs(comparison.mean(f"{bases[0]}_by_area", option, area=area).value))
    rows = [(comparison.areas[area], *_source(comparison, option, bases, area)) for area in moved]
    rows.append((_("All areas"), *_source(comparison, option, bases, None)))
    columns = [column for base in bases for column in (totals.title(base, data.study), _("Share"))]
    years = totals.span("cost", data.study)
    caption = _text(
        "sources_caption",
        name=comparison.names[option],
        baseline=_baseline(comparison),
        years=years,
        unit_and_prices=data.unit_and_prices,
    )
    table = Table(caption, (_("Area"), *columns), tuple(rows), total=True, name=f"difference-by-area-{option}")
    same = len(areas) - len(moved)
    return (table, Paragraph(_text("same_areas", areas=same, years=years), note=True)) if same else (table,)


def _source(comparison: Comparison, option: str, bases: list[str], area: str | None) -> list[str]:
    """Mean difference and share, for each total, of an area or of all."""
    cells: list[str] = []
    for base in bases:
        where = {} if area is None else {"area": area}
        name = base if area is None else f"{base}_by_area"
        cells.append(signed(comparison.data.amount(comparison.mean(name, option, **where))))
        if area is None:
            cells.append(unknown() if comparison.is_same(name, option) else percent(1.0))
            continue
        share = comparison.measured(f"{name}_difference_share", option, area=area)
        # A share of all is 1 but for rounding, which depends on how arrays lie in memory.
        value = round(share.value, 12)
        cells.append(percent(value, share.error, finest=0.01) if share.is_known and value == value else unknown())
    return cells


def gains(comparison: Comparison) -> tuple[str, ...]:
    """Return a sentence on what shared random numbers gain; nothing where they gain little."""
    whole = comparison.whole("cost")
    found = []
    for option in comparison.options:
        gain = comparison.number(f"{whole}_variance_reduction", option)
        if not comparison.is_same(whole, option) and _SMALLEST_GAIN < gain < float("inf"):
            found.append(_text("gain", name=comparison.names[option], times=significant(gain, 2)))
    return (_text("gains", gains="; ".join(found)),) if found else ()
