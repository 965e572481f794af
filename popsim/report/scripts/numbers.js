// Numbers as the page prints them: no digit that the Monte Carlo error does not support, in the signs of its language.
// The rules are those of popsim/report/numbers.py; tests hold the two against each other.

const MOST_DIGITS = 4;
const SMALLEST_IN_FIGURES = 0.001;
const LARGEST_IN_FIGURES = 1e15;

/** Exponent of ten of the first digit of a number: 2 of 612.3. */
function exponentOf(number) {
  return Number(Math.abs(number).toExponential().split("e")[1]);
}

/** Exponent of ten of the last digit that a value with this standard error is printed with. */
export function lastPlace(value, error, finest = 0) {
  const places = [];
  if (value !== 0) {
    places.push(exponentOf(value) - MOST_DIGITS + 1);
  }
  if (error > 0) {
    places.push(exponentOf(2 * error));
  }
  if (finest > 0) {
    places.push(exponentOf(finest));
  }
  return places.length ? Math.max(...places) : 0;
}

/** Round to a multiple of a power of ten, a half to the even digit: sign, digits of the multiple, and the power. */
export function roundTo(value, place) {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const kept = Number(exponent) - place + 1;
  if (kept >= digits.length) {
    return { negative: value < 0, digits: digits + "0".repeat(kept - digits.length), place };
  }
  const head = kept > 0 ? digits.slice(0, kept) : "0";
  const tail = kept >= 0 ? digits.slice(kept) : "0";
  const half = "5".padEnd(tail.length, "0");
  const up = tail > half || (tail === half && Number(head.at(-1)) % 2 === 1);
  const whole = (BigInt(head) + (up ? 1n : 0n)).toString();
  return { negative: value < 0 && whole !== "0", digits: whole, place };
}

/** Digits of a rounded number, as fixed-point text with "." and "-". */
export function plain({ negative, digits, place }) {
  let text = digits;
  if (place > 0) {
    text = digits === "0" ? digits : digits + "0".repeat(place);
  } else if (place < 0) {
    const padded = digits.padStart(1 - place, "0");
    text = `${padded.slice(0, place)}.${padded.slice(place)}`;
  }
  return negative ? `-${text}` : text;
}

/** Formats numbers in the signs and patterns of a page, and reads what people type in them. */
export class Numbers {
  /**
   * @param {object} signs Signs of the language: decimal, group, minus, before (what keeps a sign before its number),
   *   zero (its digit 0), least (digits of a whole number from which it is grouped), percent (pattern of a share),
   *   money and range (patterns of amounts, by plural form), unknown, and scale: 1e6 where amounts are in millions.
   */
  constructor(signs) {
    this.signs = signs;
    this.scale = signs.scale;
    this.plural = new Intl.PluralRules(signs.language);
  }

  /** Put a number, or the ends of a range, into the pattern that agrees with it. */
  inPattern(patterns, size, parts) {
    const pattern = patterns[this.plural.select(Math.abs(size))] ?? patterns.other;
    return pattern.replace(/%[slh]/g, (at) => parts[at]);
  }

  /** Put text with "." and "-" into the signs of the language. */
  localised(text, grouped = true) {
    const { decimal, group, minus, zero, least } = this.signs;
    const [, sign, whole, point, rest] = /^(-?)(\d+)(\.?)(.*)$/.exec(text);
    const parts = grouped && whole.length >= least ? whole.replace(/\B(?=(\d{3})+$)/g, "\0") : whole;
    const inDigits = (digits) => digits.replace(/\d/g, (digit) => String.fromCodePoint(zero.codePointAt(0) + +digit));
    return (sign && minus) + inDigits(parts).replaceAll("\0", group) + (point && decimal) + inDigits(rest);
  }

  /** A rounded number; from 1e15 on, and below 0.001, with a power of ten. */
  written(rounded, grouped = true) {
    const size = Math.abs(Number(plain(rounded)));
    if (size && (size < SMALLEST_IN_FIGURES || size >= LARGEST_IN_FIGURES)) {
      const digits = rounded.digits;
      const power = rounded.place + digits.length - 1;
      const head = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
      return `${this.localised((rounded.negative ? "-" : "") + head)}e${this.localised(String(power))}`;
    }
    return this.localised(plain(rounded), grouped);
  }

  beyond(sign, text) {
    return `${this.signs.before}${sign}\u00a0${text}`;
  }

  /** A number with the digits that its error supports. */
  number(value, error = 0, finest = 0, grouped = true) {
    if (!Number.isFinite(value) || !Number.isFinite(error)) {
      return this.signs.unknown;
    }
    const rounded = roundTo(value, lastPlace(value, error, finest));
    if (rounded.digits === "0" && value !== 0) {
      const place = { negative: value < 0, digits: "1", place: rounded.place };
      return this.beyond(value > 0 ? "<" : ">", this.written(place, grouped));
    }
    return this.written(rounded, grouped);
  }

  /** An amount in the unit of the page, without it: for a table or a field. */
  amount(value, error = 0, finest = 0) {
    return this.number(value / this.scale, error / this.scale, finest / this.scale);
  }

  /** An amount with its unit. */
  money(value, error = 0, finest = 0) {
    const text = this.amount(value, error, finest);
    if (text === this.signs.unknown) {
      return text;
    }
    return this.inPattern(this.signs.money, this.size(value, error, finest), { "%s": text });
  }

  /** An amount with all its digits, in the unit of the page and without it: for an axis or a field. */
  exactAmount(value) {
    const number = Number((value / this.scale).toPrecision(10));
    const digits = Math.abs(number).toExponential().split("e")[0].replace(".", "").length;
    return this.written(roundTo(number, exponentOf(number) - digits + 1));
  }

  /** An amount that somebody stated, with all its digits, and its unit. */
  exactMoney(value) {
    return this.inPattern(this.signs.money, value / this.scale, { "%s": this.exactAmount(value) });
  }

  /** A range of money; ends that print alike are printed once. */
  moneyRange(low, high, finest = 0) {
    const [first, last] = [low, high].map(({ value, error }) => this.amount(value, error, finest));
    if ([first, last].includes(this.signs.unknown)) {
      return this.signs.unknown;
    }
    const size = this.size(high.value, high.error, finest);
    return first === last
      ? this.inPattern(this.signs.money, size, { "%s": first })
      : this.inPattern(this.signs.range, size, { "%l": first, "%h": last });
  }

  /** What the words of an amount agree with: the number as it is printed. */
  size(value, error, finest) {
    const [number, ...others] = [value, error, finest].map((each) => each / this.scale);
    return Number(plain(roundTo(number, lastPlace(number, ...others))));
  }

  /** A share in per cent, with one decimal at most. */
  percent(share, error = 0) {
    if (!Number.isFinite(share) || !Number.isFinite(error)) {
      return this.signs.unknown;
    }
    const value = 100 * share;
    const place = lastPlace(value, 100 * error, 0.1);
    const rounded = roundTo(value, place);
    const one = (digits) => this.localised(plain({ negative: false, digits, place }));
    let text = this.localised(plain(rounded));
    if (rounded.digits === "0" && value !== 0) {
      text = value > 0 ? this.beyond("<", one("1")) : this.beyond(">", this.signs.minus + one("1"));
    } else if (Number(plain(rounded)) >= 100 && share < 1) {
      text = this.beyond(">", this.localised(plain(roundTo(100 - 10 ** place, place))));
    } else if (error === 0 && Number.isInteger(Number(plain(rounded)))) {
      text = this.localised(String(Number(plain(rounded))));
    }
    return this.signs.percent.replace("%s", () => text);
  }

  /** A whole number. */
  count(value) {
    return this.localised(String(value));
  }

  /**
   * The number that somebody typed, in the signs of the language or with a point; NaN where it is none.
   * Groups of thousands count only where they are whole: "2,5" is no 25.
   */
  parse(typed) {
    const { decimal, group, minus, zero } = this.signs;
    const code = zero.codePointAt(0);
    const text = typed
      .replace(/\p{Nd}/gu, (digit) => {
        const value = digit.codePointAt(0) - code;
        return value >= 0 && value <= 9 ? String(value) : digit;
      })
      .replaceAll(minus, "-")
      .replace(/[\s\u200e\u200f']|%/g, "");
    const signless = text.replace(/^[+-]/, "");
    const grouping = /\s/.test(group) ? "" : group;
    let whole = signless;
    if (grouping && whole.includes(grouping)) {
      const [head, ...rest] = whole.split(decimal)[0].split(grouping);
      if (!/^\d{1,3}$/.test(head) || !rest.every((part) => /^\d{3}$/.test(part))) {
        return NaN;
      }
      whole = whole.replaceAll(grouping, "");
    }
    whole = whole.replace(decimal, ".");
    return /^(\d+\.?\d*|\.\d+)(e\d{1,2})?$/i.test(whole) ? Number((text.startsWith("-") ? "-" : "") + whole) : NaN;
  }
}
