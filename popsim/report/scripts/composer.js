// Packages: ticked areas, groups of countries and years of an option, beside the full programme.

import { drawAtAnyWidth, pointsOf } from "./curve.js";
import { fromFragment, toFragment } from "./fragment.js";
import { Weighted, classesOf } from "./weighted.js";
import { filled } from "./words.js";

/** A package below this share of the full programme is drawn alone: beside it, it would be a line. */
const SMALL = 0.5;

export class Composer {
  /**
   * @param {HTMLFieldSetElement} form The controls, and where the answers go.
   * @param {object} live What the page carries.
   * @param {object[]} levels Amounts of all scenarios, by option and total.
   * @param {object} numbers Formats numbers.
   * @param {object} sample Joint scenarios.
   */
  constructor(form, live, levels, numbers, sample) {
    Object.assign(this, { form, live, levels, numbers, sample, classes: new Map() });
    this.known = { ...live.known, options: live.options, totals: live.totals, total: live.headline };
    this.answer = form.querySelector("output");
    this.wrong = form.querySelector(".wrong");
    this.status = form.querySelector(".status");
    this.link = form.querySelector(".link");
    this.draw = drawAtAnyWidth(form.querySelector(".chart"), () => this.chart());
    form.addEventListener("change", (event) => {
      if (event.target !== this.link.querySelector("input")) {
        this.changed();
      }
    });
    form.addEventListener("click", (event) => this.clicked(event.target.dataset ?? {}));
    window.addEventListener("hashchange", () => this.fromAddress());
    this.reset();
    this.fromAddress();
  }

  clicked({ tick, of, do: act }) {
    if (tick) {
      this.tick(of, tick === "all" ? this.known[of] : []);
      this.changed();
    } else if (act === "reset") {
      this.reset();
      history.replaceState(null, "", location.href.split("#")[0]);
    } else if (act === "copy") {
      this.copy();
    }
  }

  /** Go back to the full programme. */
  reset() {
    this.choose({
      option: this.known.options[0],
      total: this.live.headline,
      areas: this.known.areas,
      groups: this.known.groups,
      years: [this.known.years[0], this.known.years.at(-1)],
    });
    this.compute();
  }

  fromAddress() {
    const chosen = fromFragment(location.hash, this.known);
    if (chosen) {
      this.choose(chosen);
      this.compute();
      if (chosen.unknown.length) {
        this.wrong.textContent = filled(this.live.words.unknown, { names: chosen.unknown.join("; ") });
      }
      this.form.scrollIntoView();
    }
  }

  tick(name, ids) {
    this.form.querySelectorAll(`[data-choice="${name}"] input`).forEach((box) => {
      box.checked = ids.includes(box.value);
    });
  }

  choose({ option, total, areas, groups, years }) {
    const { elements } = this.form;
    elements.option.value = option;
    elements.total.value = total;
    this.tick("areas", areas);
    this.tick("groups", groups);
    if (elements.first) {
      [elements.first.value, elements.last.value] = years.map(String);
    }
  }

  /** What is chosen now, by ids. */
  chosen() {
    const { elements } = this.form;
    const ticked = (name) => {
      const boxes = [...this.form.querySelectorAll(`[data-choice="${name}"] input`)];
      return boxes.length ? boxes.filter((box) => box.checked).map((box) => box.value) : this.known[name];
    };
    const { years } = this.known;
    const all = [years[0], years.at(-1)];
    const ends = elements.first ? [elements.first, elements.last].map((select) => Number(select.value)) : all;
    return {
      option: elements.option.value, total: elements.total.value,
      areas: ticked("areas"), groups: ticked("groups"), years: ends,
    };
  }

  changed() {
    this.status.textContent = "";
    this.link.hidden = true;
    this.compute();
    if (location.hash.startsWith("#package")) {
      history.replaceState(null, "", toFragment(this.chosen(), this.known));
    }
  }

  /** The places of what is chosen; null where nothing is. */
  places(chosen) {
    const { known } = this;
    const { groups, years } = this.live.sample;
    const places = (name) => chosen[name].map((id) => known[name].indexOf(id));
    const [first, last] = chosen.years;
    const package_ = {
      option: known.options.indexOf(chosen.option),
      total: known.totals.indexOf(chosen.total),
      areas: places("areas"),
      groups: known.groups.length ? places("groups") : Array.from({ length: groups }, (_, place) => place),
      years: known.years.length
        ? known.years.flatMap((year, place) => (year >= first && year <= last ? [place] : []))
        : Array.from({ length: years }, (_, place) => place),
    };
    const isEmpty = ["areas", "groups", "years"].some((name) => package_[name].length === 0);
    return isEmpty ? null : package_;
  }

  classesFor(option, total) {
    const key = `${option} ${total}`;
    if (!this.classes.has(key)) {
      const totals = this.sample.amounts(this.sample.everything(option, total));
      this.classes.set(key, classesOf(totals, this.levels[option * this.live.totals.length + total]));
    }
    return this.classes.get(key);
  }

  /** What a package takes: functions of a share, and figures with their errors. */
  figures(chosen) {
    const { option, total } = chosen;
    const all = this.sample.everything(option, total);
    const isWhole = ["areas", "groups", "years"].every((name) => chosen[name].length === all[name].length);
    if (isWhole) {
      return this.wholeOf(option, total);
    }
    const weighted = new Weighted(this.sample.amounts(chosen), this.classesFor(option, total));
    const known = this.live.means[option * this.live.totals.length + total][1] !== null;
    const { rounding } = this.live.sample;
    const rounded = (value, error) => ({ value, error: Math.hypot(error, rounding * value) });
    return {
      isWhole: false,
      finest: 0,
      amountFor: (share) => weighted.quantile(share),
      at: (share) => rounded(weighted.quantile(share), weighted.quantileError(share)),
      mean: rounded(weighted.mean, known ? weighted.meanError() : Infinity),
      highest: weighted.highest,
    };
  }

  /** The same of everything in an option, from all scenarios of the run. */
  wholeOf(option, total) {
    const place = option * this.live.totals.length + total;
    const level = this.levels[place];
    const [mean, error] = this.live.means[place];
    return {
      isWhole: true,
      finest: this.live.finest[place] ?? 0,
      amountFor: (share) => level.amountFor(share),
      at: (share) => ({ value: level.amountFor(share), error: level.amountError(share) }),
      mean: { value: mean ?? NaN, error: error ?? Infinity },
      highest: level.amounts.at(-1),
    };
  }

  compute() {
    const { words } = this.live;
    const places = this.places(this.chosen());
    this.shown = places && { ...places, figures: this.figures(places), full: this.wholeOf(0, places.total) };
    this.wrong.textContent = places ? "" : words.nothing;
    for (const part of [this.answer, this.form.querySelector("thead"), this.form.querySelector("tbody")]) {
      part.replaceChildren();
    }
    this.form.querySelector(".error").textContent = "";
    this.form.querySelector(".chart").hidden = !places;
    this.form.querySelector(".scroll").hidden = !places;
    if (places) {
      this.answer.textContent = this.sentence();
      this.fillTable();
      this.form.querySelector(".error").textContent = this.aboutErrors();
      this.draw();
    }
  }

  get ends() {
    const { coverage } = this.live;
    return [(1 - coverage) / 2, (1 + coverage) / 2];
  }

  money({ value, error }, finest) {
    return this.numbers.money(value, error, finest);
  }

  amount({ value, error }, finest) {
    return this.numbers.amount(value, error, finest);
  }

  /** A range in a table; ends that print alike are printed once. */
  between(low, high, finest) {
    const [first, last] = [low, high].map((each) => this.amount(each, finest));
    return first === last ? first : filled(this.live.words.between, { low: first, high: last });
  }

  sentence() {
    const { figures, total } = this.shown;
    const { words, confidence, totals } = this.live;
    if (figures.highest === 0 && figures.amountFor(0) === 0) {
      return words.zero;
    }
    const [low, high] = this.ends.map((share) => figures.at(share));
    return filled(totals[total] === "cost" ? words.cost_result : words.need_result, {
      range: this.numbers.moneyRange(low, high, figures.finest),
      interval: words.interval,
      amount: this.money(figures.at(confidence), figures.finest),
      confidence: this.numbers.percent(confidence),
    });
  }

  fillTable() {
    const { words, confidence } = this.live;
    const { figures, full } = this.shown;
    const [low, high] = this.ends;
    const both = (title, write) => [title, write(figures), write(full)];
    const rows = [
      both(words.enough, (each) => this.amount(each.at(confidence), each.finest)),
      both(words.interval, (each) => this.between(each.at(low), each.at(high), each.finest)),
      both(words.median, (each) => this.amount(each.at(0.5), each.finest)),
      both(words.mean, (each) => this.amount(each.mean, each.finest)),
      both(words.part_of_mean, (each) => this.part(each.mean, full.mean, each === full)),
    ];
    this.form.querySelector("thead").append(row([words.amount_axis, words.package, words.full], "col"));
    this.form.querySelector("tbody").append(...rows.map((cells) => row(cells, "row")));
  }

  part(mean, whole, isItself) {
    if (!(Math.abs(whole.value) > 0)) {
      return this.numbers.signs.unknown;
    }
    const share = mean.value / whole.value;
    const error = Math.hypot(mean.error, share * whole.error) / Math.abs(whole.value);
    return isItself ? this.numbers.percent(1) : this.numbers.percent(share, error, 0.01);
  }

  aboutErrors() {
    const { words, confidence, sample } = this.live;
    const { figures, option, total } = this.shown;
    const { value, error } = figures.at(confidence);
    if (figures.isWhole || !(Math.abs(value) > 0)) {
      return "";
    }
    const run = this.levels[option * this.live.totals.length + total].scenarios;
    return filled(sample.scenarios < run ? words.error : words.error_of_all, {
      sample: this.numbers.count(sample.scenarios),
      scenarios: this.numbers.count(run),
      rounding: this.numbers.percent(sample.rounding, sample.rounding),
      error: Number.isFinite(error)
        ? this.numbers.percent(error / Math.abs(value), 0.05 * (error / Math.abs(value)))
        : this.numbers.signs.unknown,
    });
  }

  chart() {
    if (!this.shown) {
      return null;
    }
    const { figures, full } = this.shown;
    const { words, confidence } = this.live;
    const [amount, whole] = [figures, full].map((each) => each.amountFor(confidence));
    const isSmall = figures.amountFor(0.995) < SMALL * full.amountFor(0.05);
    const shown = [
      { each: figures, name: "first", text: words.package, amount },
      ...(isSmall ? [] : [{ each: full, name: "second", text: words.full, amount: whole }]),
    ];
    return {
      curves: shown.map(({ each, name }) => ({ points: pointsOf(each.amountFor), name })).reverse(),
      marks: shown.map(({ name, amount: at }) => ({ amount: at, share: confidence, name })).reverse(),
      low: Math.min(0, ...shown.map(({ each }) => each.amountFor(0))),
      high: Math.max(...shown.map(({ each }) => each.amountFor(0.995))),
      labels: {
        amounts: (each) => this.numbers.exactAmount(each),
        shares: (each) => this.numbers.percent(each),
        x: words.amount_axis,
      },
      keys: shown,
      spoken: filled(words.package_chart, {
        amount: this.money(figures.at(confidence), figures.finest),
        full: this.money(full.at(confidence), full.finest),
        confidence: this.numbers.percent(confidence),
      }),
    };
  }

  /** Put the link to the package into the address and the clipboard. */
  async copy() {
    history.replaceState(null, "", toFragment(this.chosen(), this.known));
    const field = this.link.querySelector("input");
    field.value = location.href;
    this.link.hidden = false;
    try {
      await navigator.clipboard.writeText(location.href);
      this.status.textContent = this.live.words.copied;
    } catch {
      field.select();
      this.status.textContent = this.live.words.not_copied;
    }
  }
}

function row(cells, scope) {
  const made = document.createElement("tr");
  cells.forEach((text, place) => {
    const isHead = scope === "col" ? place > 0 : place === 0;
    const cell = document.createElement(isHead ? "th" : "td");
    if (isHead) {
      cell.scope = scope;
    }
    if (place > 0) {
      cell.className = "number";
    }
    cell.textContent = text;
    made.append(cell);
  });
  return made;
}
