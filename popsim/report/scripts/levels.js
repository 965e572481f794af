// The budget slider's arithmetic: how sure an amount is, what is missing, and which amount is sure enough.
// All scenarios of the run count. Above some 10,000 the page holds means of scenarios that are next to each other.

import { fromBase64, risingNumbers } from "./bytes.js";

/** Single precision rounds by less than this share. */
const ROUNDING = 1e-7;

/** By how much, over the number of scenarios between its ends, the error of a quantile is widened: (1.96^2 + 1) / 4. */
export const WIDENING = 1.210365;

/** The amounts of a total in all scenarios, in rising order. */
export class Levels {
  /**
   * @param {Float64Array} amounts Rising; each the mean of as many scenarios as `sizes` says.
   * @param {number[]} sizes
   * @param {object} errors Standard errors at rising shares: share, share_error, amount_error (null where the formulas
   *   for independent scenarios hold), missing_error.
   */
  constructor(amounts, sizes, errors) {
    this.amounts = amounts;
    this.sizes = sizes;
    this.errors = errors;
    this.below = [0];
    for (const size of sizes) {
      this.below.push(this.below.at(-1) + size);
    }
    this.scenarios = this.below.at(-1);
    /** Sums of the amounts from each place on. */
    this.beyond = new Float64Array(amounts.length + 1);
    for (let place = amounts.length - 1; place >= 0; place -= 1) {
      this.beyond[place] = this.beyond[place + 1] + amounts[place] * sizes[place];
    }
  }

  /** Number of places whose amount is at most this one. */
  placesUpTo(amount) {
    const limit = amount + ROUNDING * Math.abs(amount);
    let [low, high] = [0, this.amounts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.amounts[middle] <= limit) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Rank of the middle of the scenarios at a place, counted from 0. */
  rank(place) {
    return this.below[place] + (this.sizes[place] - 1) / 2;
  }

  /** Share of the scenarios in which an amount is enough. */
  confidence(amount) {
    const places = this.placesUpTo(amount);
    if (places === 0 || places === this.amounts.length) {
      return places ? 1 : 0;
    }
    if (this.sizes[places - 1] === 1 && this.sizes[places] === 1) {
      return this.below[places] / this.scenarios;
    }
    const [from, to] = [this.amounts[places - 1], this.amounts[places]];
    const part = Math.max(0, amount - from) / (to - from);
    const rank = this.rank(places - 1) + part * (this.rank(places) - this.rank(places - 1));
    return (rank + 0.5) / this.scenarios;
  }

  /** What is missing on average where an amount is not enough; 0 where it always is. */
  missing(amount) {
    const places = this.placesUpTo(amount);
    const count = this.scenarios - this.below[places];
    const short = this.scenarios * (1 - this.confidence(amount));
    return count ? (this.beyond[places] - amount * count) / short : 0;
  }

  /** The amount at a rank between 0 and the number of scenarios - 1, linear between ranks. */
  atRank(rank) {
    const last = this.amounts.length - 1;
    const wanted = Math.min(Math.max(rank, 0), this.scenarios - 1);
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rank(middle) <= wanted) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const next = Math.min(low + 1, last);
    const gap = this.rank(next) - this.rank(low);
    const part = gap > 0 ? Math.min(1, Math.max(0, (wanted - this.rank(low)) / gap)) : 0;
    return this.amounts[low] + part * (this.amounts[next] - this.amounts[low]);
  }

  /** The amount that is enough with a confidence. */
  amountFor(confidence) {
    return this.atRank((this.scenarios - 1) * confidence);
  }

  /** Standard error of a share of the scenarios. */
  shareError(share) {
    if (this.errors.share_error) {
      return between(this.errors.share, this.errors.share_error, share);
    }
    const count = this.scenarios + 4;
    const adjusted = (share * this.scenarios + 2) / count;
    return Math.sqrt((adjusted * (1 - adjusted)) / count);
  }

  /** Standard error of the amount for a confidence; infinite where the scenarios are too few. */
  amountError(confidence) {
    const last = this.scenarios - 1;
    if (this.scenarios > 1 && this.amounts[0] === this.amounts.at(-1)) {
      return 0;
    }
    const middle = last * confidence;
    const spread = 2 * Math.sqrt(this.scenarios * confidence * (1 - confidence));
    if (middle - spread < 0 || middle + spread > last) {
      return Infinity;
    }
    if (this.errors.amount_error) {
      return between(this.errors.share, this.errors.amount_error, confidence);
    }
    const value = this.atRank(middle);
    const sides = Math.hypot(this.atRank(middle + spread) - value, value - this.atRank(middle - spread)) / Math.SQRT2;
    return (sides / 2) * (1 + WIDENING / Math.max(2 * spread, 1));
  }

  /** Standard error of what is missing on average where an amount of this confidence is not enough. */
  missingError(confidence) {
    return confidence === 1 ? 0 : between(this.errors.share, this.errors.missing_error, confidence);
  }
}

/** Linear interpolation between points whose first coordinates rise; null stands for an infinite value. */
export function between(xs, ys, x) {
  const value = (place) => ys[place] ?? Infinity;
  const after = xs.findIndex((each) => each >= x);
  if (after <= 0) {
    return value(after < 0 ? xs.length - 1 : 0);
  }
  const [low, high] = [value(after - 1), value(after)];
  const part = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
  return Number.isFinite(low) && Number.isFinite(high) ? low + part * (high - low) : part === 1 ? high : Infinity;
}

/** Read the amounts of one total as a page holds them. */
export function readLevels({ amounts, count, block, single, scenarios, scale, errors }) {
  const sizes = Array(count).fill(1);
  const means = count - single;
  for (let place = 0; place < means; place += 1) {
    sizes[place] = place < means - 1 ? block : scenarios - single - block * (means - 1);
  }
  return new Levels(risingNumbers(fromBase64(amounts), count).map((amount) => amount * scale), sizes, errors);
}
