// Quantiles and means of a sample of the scenarios, weighted so that the total of its option is spread as in all.
//
// The scenarios of the sample are put into classes by the total of their option, between evenly spaced quantiles of all
// scenarios of the run, and each class weighs what it weighs in the run (post-stratification: Cochran 1977, Sampling
// Techniques, 5A.9). What a package has in common with the whole is then known as well as from all scenarios.

import { WIDENING } from "./levels.js";

const CLASSES = 32;
const LEAST = 8;

/**
 * Classes of the scenarios of a sample: `of` (by scenario), `weights` and `counts` (by class).
 *
 * @param {Float64Array} totals The total of the option in the scenarios of the sample.
 * @param {object} levels The same total in all scenarios of the run (see levels.js).
 */
export function classesOf(totals, levels) {
  const whole = levels.scenarios <= totals.length;
  const number = whole ? 1 : Math.max(1, Math.min(CLASSES, Math.floor(totals.length / (2 * LEAST))));
  const ends = [...new Set(Array.from({ length: number - 1 }, (_, k) => levels.amountFor((k + 1) / number)))];
  const first = Array.from(totals, (total) => ends.filter((end) => total > end).length);
  const shares = [...ends.map((end) => levels.confidence(end)), 1];
  const counts = shares.map(() => 0);
  first.forEach((place) => {
    counts[place] += 1;
  });
  // A class of few is joined with the next.
  const joined = [];
  const merged = [];
  let [count, below] = [0, 0];
  shares.forEach((share, place) => {
    count += counts[place];
    joined.push(merged.length);
    const left = counts.slice(place + 1).reduce((sum, each) => sum + each, 0);
    if (place === shares.length - 1 || (count >= LEAST && left >= LEAST && share > below)) {
      merged.push({ count, weight: share - below });
      [count, below] = [0, share];
    }
  });
  return {
    of: first.map((place) => joined[place]),
    weights: merged.map(({ weight }) => weight),
    counts: merged.map(({ count: each }) => each),
    run: Math.max(levels.scenarios, totals.length),
  };
}

/** Amounts of a package in the scenarios of a sample. */
export class Weighted {
  /**
   * @param {Float64Array} values
   * @param {object} classes What `classesOf` returns.
   */
  constructor(values, classes) {
    this.values = values;
    this.classes = classes;
    this.order = Uint32Array.from(values.keys()).sort((one, other) => values[one] - values[other]);
    const weight = (place) => classes.weights[classes.of[place]] / classes.counts[classes.of[place]];
    const ends = (weight(this.order[0]) + weight(this.order.at(-1))) / 2;
    let below = -weight(this.order[0]) / 2;
    /** Probabilities of the amounts in rising order: 0 of the first, 1 of the last. */
    this.probabilities = Float64Array.from(this.order, (place) => {
      below += weight(place);
      return values.length > 1 ? Math.max(0, below - weight(place) / 2) / (1 - ends) : 0.5;
    });
    this.mean = values.reduce((sum, value, place) => sum + value * weight(place), 0);
  }

  get lowest() {
    return this.values[this.order[0]];
  }

  get highest() {
    return this.values[this.order.at(-1)];
  }

  /** The amount that is enough with a probability. */
  quantile(probability) {
    const [rising, last] = [this.probabilities, this.values.length - 1];
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (rising[middle] <= probability) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const next = Math.min(low + 1, last);
    const [from, to] = [this.values[this.order[low]], this.values[this.order[next]]];
    const gap = rising[next] - rising[low];
    return gap > 0 ? from + ((to - from) * Math.max(0, probability - rising[low])) / gap : from;
  }

  /** Standard error of the share of the scenarios below the quantile of a probability. */
  shareError(probability) {
    const limit = this.quantile(probability);
    const { of, weights, counts, run } = this.classes;
    const below = weights.map(() => 0);
    this.values.forEach((value, place) => {
      below[of[place]] += value <= limit ? 1 : 0;
    });
    const left = 1 - this.values.length / run;
    const within = weights.reduce((sum, weight, place) => {
      const share = (below[place] + 0.5) / (counts[place] + 1);
      return sum + (weight ** 2 * share * (1 - share) * left) / counts[place];
    }, 0);
    return Math.sqrt(within + (probability * (1 - probability)) / run);
  }

  /** Standard error of a quantile; infinite where the scenarios are too few for it. */
  quantileError(probability) {
    if (this.lowest === this.highest && this.values.length > 1) {
      return 0;
    }
    const spread = 2 * this.shareError(probability);
    if (probability - spread < 0 || probability + spread > 1) {
      return Infinity;
    }
    const value = this.quantile(probability);
    const [below, above] = [probability - spread, probability + spread].map((each) => this.quantile(each) - value);
    return (Math.hypot(below, above) / Math.SQRT2 / 2) * (1 + WIDENING / Math.max(2 * spread * this.values.length, 1));
  }

  /** Standard error of the mean. */
  meanError() {
    const { of, weights, counts, run } = this.classes;
    const sums = weights.map(() => 0);
    this.values.forEach((value, place) => {
      sums[of[place]] += value;
    });
    const means = sums.map((sum, place) => sum / counts[place]);
    const squares = weights.map(() => 0);
    let variance = 0;
    this.values.forEach((value, place) => {
      squares[of[place]] += (value - means[of[place]]) ** 2;
      variance += ((value - this.mean) ** 2 * weights[of[place]]) / counts[of[place]];
    });
    const left = 1 - this.values.length / run;
    const within = weights.reduce((sum, weight, place) => {
      const each = squares[place] / Math.max(1, counts[place] - 1);
      return sum + (weight ** 2 * each * left) / counts[place];
    }, 0);
    return this.values.length > 1 ? Math.sqrt(within + variance / run) : Infinity;
  }
}
