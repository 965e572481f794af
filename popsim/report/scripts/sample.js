// The joint scenarios that a page carries: amounts by option, total, area, group of countries and year.
// popsim/report/live/sample.py says how they are held.

const CODES = 255;

/** Joint scenarios, read from their codes when they are asked for. */
export class Sample {
  /**
   * @param {object} stored blocks, scale, and how many there are: scenarios, totals, areas, groups, years.
   * @param {Uint8Array} bytes The codes.
   */
  constructor(stored, bytes) {
    this.stored = stored;
    this.scenarios = stored.scenarios;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.read = new Map();
  }

  /** Amounts of an area in all scenarios, group by group and within it year by year. */
  block(option, total, area) {
    const { blocks, totals, areas } = this.stored;
    let place = (option * totals + total) * areas + area;
    while (blocks[place].kind === "same") {
      place = blocks[place].as;
    }
    if (!this.read.has(place)) {
      // What is the same as an earlier one is a share of the cost of that one.
      this.read.set(place, this.decoded(blocks[place], Math.floor(place / (totals * areas)), area));
    }
    return this.read.get(place);
  }

  decoded({ kind, at }, option, area) {
    const { groups, years, scenarios } = this.stored;
    const columns = groups * years;
    const amounts = new Float64Array(columns * scenarios);
    const codes = at + 8 * columns;
    const cost = kind === "ratio" ? this.block(option, 0, area) : null;
    for (let column = 0; column < columns; column += 1) {
      const one = this.view.getFloat32(at + 8 * column, true);
      const other = this.view.getFloat32(at + 8 * column + 4, true);
      const first = column * scenarios;
      if (kind === "linear") {
        this.linear(amounts.subarray(first, first + scenarios), codes + first, columns * scenarios, one, other);
        continue;
      }
      const table = kind === "ratio" ? shares(one) : steps(one, other);
      for (let place = first; place < first + scenarios; place += 1) {
        amounts[place] = table[this.bytes[codes + place]] * (cost ? cost[place] : 1);
      }
    }
    return amounts;
  }

  /** Codes of two bytes each: all low bytes of a block, then all high ones. */
  linear(amounts, at, plane, low, step) {
    for (let place = 0; place < amounts.length; place += 1) {
      amounts[place] = low + step * (this.bytes[at + place] + 256 * this.bytes[at + plane + place]);
    }
  }

  /** Amounts of a package in every scenario; areas, groups and years are lists of places. */
  amounts({ option, total, areas, groups, years }) {
    const { scenarios } = this;
    const sum = new Float64Array(scenarios);
    for (const area of areas) {
      const block = this.block(option, total, area);
      for (const group of groups) {
        for (const year of years) {
          const first = (group * this.stored.years + year) * scenarios;
          for (let place = 0; place < scenarios; place += 1) {
            sum[place] += block[first + place];
          }
        }
      }
    }
    return sum.map((amount) => amount * this.stored.scale);
  }

  /** The package that holds everything of an option. */
  everything(option, total) {
    const all = (count) => Array.from({ length: count }, (_, place) => place);
    const { areas, groups, years } = this.stored;
    return { option, total, areas: all(areas), groups: all(groups), years: all(years) };
  }
}

/** Amounts by code, on a logarithmic scale below the largest. */
function steps(largest, step) {
  return Float64Array.from({ length: CODES + 1 }, (_, code) => (code ? largest * Math.exp(-(CODES - code) * step) : 0));
}

/** Shares by code, up to the largest. */
function shares(largest) {
  return Float64Array.from({ length: CODES + 1 }, (_, code) => (largest * code) / CODES);
}
