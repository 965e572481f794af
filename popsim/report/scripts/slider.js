// The budget slider: an amount and the confidence that it is enough, each by dragging or typing.

import { drawAtAnyWidth, pointsOf } from "./curve.js";
import { filled } from "./words.js";

const STEPS = 1000;

export class Slider {
  /**
   * @param {HTMLFieldSetElement} form The controls, and where the answers go.
   * @param {object} live What the page carries.
   * @param {object[]} levels Amounts of all scenarios, by option and total.
   * @param {object} numbers Formats numbers.
   */
  constructor(form, live, levels, numbers) {
    Object.assign(this, { form, live, levels, numbers });
    const { amount, confidence } = form.elements;
    this.fields = { amount, confidence };
    this.ranges = { amount: form.elements["amount-range"], confidence: form.elements["confidence-range"] };
    this.answer = form.querySelector("output");
    this.wrong = form.querySelector(".wrong");
    form.elements.total.value = live.headline;
    this.draw = drawAtAnyWidth(form.querySelector(".chart"), () => this.chart());
    amount.addEventListener("input", () => this.typedAmount());
    confidence.addEventListener("input", () => this.typedConfidence());
    this.ranges.amount.addEventListener("input", () => {
      const [low, high] = this.ends();
      this.setAmount(low + ((high - low) * Number(this.ranges.amount.value)) / STEPS);
    });
    this.ranges.confidence.addEventListener("input", () => {
      this.setConfidence(Number(this.ranges.confidence.value) / 100);
    });
    for (const select of [form.elements.total, form.elements.option]) {
      select.addEventListener("change", () => this.again());
    }
    this.setConfidence(live.confidence);
  }

  get place() {
    const { options, totals } = this.live;
    const { option, total } = this.form.elements;
    return options.indexOf(option.value) * totals.length + totals.indexOf(total.value);
  }

  get level() {
    return this.levels[this.place];
  }

  get finest() {
    return this.live.finest[this.place] ?? 0;
  }

  /** The amounts between which the slider runs. */
  ends() {
    const [low, high] = [this.level.amountFor(0.001), this.level.amountFor(0.995)];
    return high > low ? [low, high] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  }

  /** Compute anew for another total or option, from what was stated last. */
  again() {
    if (this.stated.amount === undefined) {
      this.setConfidence(this.stated.confidence);
    } else {
      this.setAmount(this.stated.amount, this.fields.amount.value);
    }
  }

  typedAmount() {
    const typed = this.fields.amount.value;
    const amount = this.numbers.parse(typed) * this.numbers.scale;
    if (!(amount > 0)) {
      this.refuse(this.fields.amount, this.live.words.no_amount);
      return;
    }
    this.setAmount(amount, typed);
  }

  typedConfidence() {
    const typed = this.fields.confidence.value;
    const confidence = this.numbers.parse(typed) / 100;
    if (!(confidence > 0 && confidence < 1)) {
      this.refuse(this.fields.confidence, this.live.words.no_share);
      return;
    }
    this.setConfidence(confidence, typed);
  }

  refuse(field, sentence) {
    field.setAttribute("aria-invalid", "true");
    this.wrong.textContent = sentence;
  }

  setAmount(amount, typed = null) {
    const share = this.level.confidence(amount);
    this.stated = { amount };
    const shown = typed ?? this.numbers.number(amount / this.numbers.scale);
    this.show(amount, 0, share, shown, this.plainShare(share, this.level.shareError(share)));
  }

  setConfidence(confidence, typed = null) {
    const amount = this.level.amountFor(confidence);
    const error = this.level.amountError(confidence);
    this.stated = { confidence };
    const shown = this.numbers.number(amount / this.numbers.scale, error / this.numbers.scale, this.finestShown());
    this.show(amount, error, confidence, shown, typed ?? this.plainShare(confidence, 0));
  }

  finestShown() {
    return this.finest / this.numbers.scale;
  }

  /** A share in per cent without its sign, for a field. */
  plainShare(share, error) {
    const { signs } = this.numbers;
    const [before, after] = signs.percent.split("%s");
    return this.numbers.percent(share, error).replace(before, "").replace(after, "");
  }

  show(amount, amountError, share, amountText, shareText) {
    const { fields, ranges, numbers } = this;
    for (const field of Object.values(fields)) {
      field.removeAttribute("aria-invalid");
    }
    this.shown = { amount, share };
    fields.amount.value = amountText;
    fields.confidence.value = shareText;
    const [low, high] = this.ends();
    ranges.amount.value = String(Math.round(((amount - low) / (high - low)) * STEPS));
    ranges.confidence.value = String(Math.round(100 * share));
    ranges.amount.setAttribute("aria-valuetext", this.money());
    ranges.confidence.setAttribute("aria-valuetext", numbers.percent(share, this.shareError()));
    const known = Number.isFinite(amountError);
    this.wrong.textContent = known ? "" : this.live.words.too_few;
    this.answer.replaceChildren();
    if (known) {
      this.sentences().forEach((sentence) => {
        const line = document.createElement("span");
        line.textContent = `${sentence} `;
        this.answer.append(line);
      });
    }
    this.draw();
  }

  shareError() {
    return this.stated.amount === undefined ? 0 : this.level.shareError(this.shown.share);
  }

  /** The amount that is shown: as it was stated, or with the digits that its error supports. */
  money() {
    const { amount } = this.shown;
    if (this.stated.amount !== undefined) {
      return this.numbers.exactMoney(amount);
    }
    return this.numbers.money(amount, this.level.amountError(this.stated.confidence), this.finest);
  }

  sentences() {
    const { words } = this.live;
    const { amount, share } = this.shown;
    const which = this.form.elements.total.value === "cost" ? "cost" : "need";
    const how = share === 1 ? "always" : share === 0 ? "never" : "enough";
    const values = { amount: this.money(), share: this.numbers.percent(share, this.shareError()) };
    const sentences = [filled(words[`${which}_${how}`], values)];
    if (how !== "always") {
      const missing = this.numbers.money(this.level.missing(amount), this.level.missingError(share), 0);
      // From a few scenarios in which it is not enough nobody can tell how much is missing.
      if (missing !== this.numbers.signs.unknown) {
        sentences.push(filled(words.missing, { missing }));
      }
    }
    return sentences;
  }

  chart() {
    const { level, numbers, live } = this;
    if (!this.shown) {
      return null;
    }
    const { amount, share } = this.shown;
    const [low, high] = this.ends();
    return {
      curves: [{ points: pointsOf((each) => level.amountFor(each)), name: "first" }],
      marks: [{ amount, share, name: "first" }],
      low: Math.min(low, Math.max(amount, low - (high - low) / 4)),
      high: Math.max(high, Math.min(amount, high + (high - low) / 4)),
      labels: {
        amounts: (each) => numbers.exactAmount(each),
        shares: (each) => numbers.percent(each),
        x: live.words.amount_axis,
      },
      spoken: filled(live.words.slider_chart, {
        amount: this.money(), share: numbers.percent(share, this.shareError()),
      }),
    };
  }
}
