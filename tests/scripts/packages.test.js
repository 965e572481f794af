// Packages: joint scenarios read from their codes, weights, errors, and links.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ticks } from "../../popsim/report/scripts/curve.js";
import { fromFragment, toFragment } from "../../popsim/report/scripts/fragment.js";
import { Levels } from "../../popsim/report/scripts/levels.js";
import { Sample } from "../../popsim/report/scripts/sample.js";
import { Weighted, classesOf } from "../../popsim/report/scripts/weighted.js";
import { filled } from "../../popsim/report/scripts/words.js";

const levelsOf = (values) =>
  new Levels(Float64Array.from(values).sort(), values.map(() => 1), { share: [0, 1], missing_error: [0, 0] });

/** Normal scores from a small generator, so that each run is the same. */
function normal(count, seed) {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Array.from({ length: count }, () =>
    Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

function floats(...values) {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, place) => view.setFloat32(4 * place, value, true));
  return [...new Uint8Array(view.buffer)];
}

test("amounts are read from their codes", () => {
  // Two options, two totals, one area, one group, two years, three scenarios.
  const cost = [...floats(100, Math.LN2, 8, Math.LN2), 255, 254, 0, 253, 255, 255];
  const need = [...floats(0.5, 0, 1, 0), 255, 0, 255, 51, 255, 255];
  const linear = [...floats(-10, 0.5, 0, 1), 0, 1, 2, 0, 0, 1, 0, 0, 1, 0, 0, 0];
  const blocks = [
    { kind: "logarithmic", at: 0 }, { kind: "ratio", at: cost.length }, { kind: "same", as: 0 },
    { kind: "linear", at: cost.length + need.length },
  ];
  const stored = { blocks, scale: 10, scenarios: 3, totals: 2, areas: 1, groups: 1, years: 2 };
  const sample = new Sample(stored, Uint8Array.from([...cost, ...need, ...linear]));
  const amounts = (option, total, years) =>
    [...sample.amounts({ option, total, areas: [0], groups: [0], years })].map((value) => Number(value.toFixed(3)));
  assert.deepEqual(amounts(0, 0, [0]), [1000, 500, 0]);
  assert.deepEqual(amounts(0, 0, [1]), [20, 80, 80]);
  assert.deepEqual(amounts(0, 0, [0, 1]), [1020, 580, 80]);
  assert.deepEqual(amounts(1, 0, [0, 1]), [1020, 580, 80]);
  assert.deepEqual(amounts(0, 1, [0, 1]), [504, 80, 80]);
  assert.deepEqual(amounts(1, 1, [0]), [-100, -95, 1190]);
  assert.deepEqual(sample.everything(0, 0).years, [0, 1]);
});

test("without classes, quantiles, means and errors are the usual ones", () => {
  const values = Float64Array.from(normal(400, 3));
  const weighted = new Weighted(values, classesOf(values, levelsOf([...values])));
  const levels = levelsOf([...values]);
  for (const share of [0.05, 0.5, 0.8, 0.95]) {
    assert.ok(Math.abs(weighted.quantile(share) - levels.amountFor(share)) < 1e-9);
    assert.ok(Math.abs(weighted.quantileError(share) - levels.amountError(share)) < 0.01);
  }
  const mean = values.reduce((sum, value) => sum + value / 400, 0);
  assert.ok(Math.abs(weighted.mean - mean) < 1e-12);
  assert.ok(Math.abs(weighted.meanError() - 1 / 20) < 0.01);
  assert.equal(weighted.quantileError(0.001), Infinity);
});

test("a sample that drew high totals by chance is weighted back to the run", () => {
  const run = normal(8000, 11);
  const levels = levelsOf(run);
  // Every fourth scenario, but of the lower half of the totals only half of these.
  const chosen = run.filter((value, place) => place % 4 === 0 && (value > 0 || place % 8 === 0));
  const totals = Float64Array.from(chosen);
  const own = normal(chosen.length, 5);
  const part = totals.map((total, place) => 2 * total + 0.5 * own[place]);
  const weighted = new Weighted(part, classesOf(totals, levels));
  const plain = new Weighted(part, classesOf(part, levelsOf([...part])));
  assert.ok(Math.abs(weighted.mean) < 0.06);
  assert.ok(plain.mean > 0.3);
  assert.ok(Math.abs(weighted.quantile(0.5)) < 0.1);
});

test("stated errors are those that samples make", () => {
  // 300 samples of a run whose part has a correlation of 0.8 with its total: the spread of the estimates is the error.
  const run = normal(20_000, 23);
  const levels = levelsOf(run);
  const [estimates, errors] = [[], []];
  for (let k = 0; k < 300; k += 1) {
    const totals = Float64Array.from(normal(512, 1000 + 7 * k));
    const own = normal(512, 500_000 + 13 * k);
    const weighted = new Weighted(totals.map((x, place) => 0.8 * x + 0.6 * own[place]), classesOf(totals, levels));
    estimates.push(weighted.quantile(0.8));
    errors.push(weighted.quantileError(0.8));
  }
  const mean = (values) => values.reduce((sum, value) => sum + value / values.length, 0);
  const centre = mean(estimates);
  const spread = Math.sqrt(mean(estimates.map((value) => (value - centre) ** 2)));
  assert.ok(Math.abs(mean(errors) / spread - 1) < 0.2, `${mean(errors)} ${spread}`);
  assert.ok(Math.abs(centre - 0.8416) < 0.02);
  // Unweighted, the error would be larger.
  assert.ok(spread < 0.9 * Math.sqrt(0.16 / 512) / 0.28);
});

test("totals that are all alike, or are few different amounts, make few classes", () => {
  for (const totals of [[5, 5, 5, 5], Array.from({ length: 100 }, (_, k) => k % 2)]) {
    const run = [...totals, ...totals, ...totals];
    const classes = classesOf(Float64Array.from(totals), levelsOf(run));
    assert.ok(Math.abs(classes.weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
    assert.equal(classes.counts.reduce((sum, count) => sum + count, 0), totals.length);
    const weighted = new Weighted(Float64Array.from(totals), classes);
    assert.ok(Math.abs(weighted.mean - totals.reduce((sum, value) => sum + value, 0) / totals.length) < 1e-9);
  }
  const one = new Weighted(Float64Array.from([3]), classesOf(Float64Array.from([3]), levelsOf([3])));
  assert.deepEqual([one.quantile(0.5), one.mean, one.quantileError(0.5)], [3, 3, Infinity]);
});

const KNOWN = {
  options: ["full", "less"], totals: ["cost", "financing_need"], total: "financing_need",
  areas: ["a", "b&c", "d,e"], groups: ["African", "Asia Pacific", "<script>"], years: [2027, 2028, 2029],
};

test("a package comes back from its link", () => {
  const chosen = {
    option: "less", total: "cost", areas: ["b&c", "d,e"], groups: ["<script>"], years: [2027, 2028],
  };
  const link = toFragment(chosen, KNOWN);
  assert.match(link, /^#package[-\w=&,.%]*$/);
  assert.deepEqual(fromFragment(link, KNOWN), { ...chosen, unknown: [] });
  const whole = { option: "full", total: "cost", areas: KNOWN.areas, groups: KNOWN.groups, years: [2027, 2029] };
  assert.equal(toFragment(whole, KNOWN), "#package&option=full&total=cost");
  assert.deepEqual(fromFragment("#package", KNOWN), { ...whole, total: "financing_need", unknown: [] });
  const none = { ...whole, areas: [] };
  assert.deepEqual(fromFragment(toFragment(none, KNOWN), KNOWN), { ...none, unknown: [] });
});

test("what a page does not have is named, and other links are no packages", () => {
  const found = fromFragment("#package&areas=a,zz&option=%E0%A4%A&years=2027-2050", KNOWN);
  assert.deepEqual(found.areas, ["a"]);
  assert.deepEqual(found.unknown.sort(), ["%E0%A4%A", "2027-2050", "zz"]);
  assert.deepEqual(found.years, [2027, 2029]);
  assert.equal(fromFragment("#table-3", KNOWN), null);
  assert.equal(fromFragment("", KNOWN), null);
});

test("sentences take their values, whatever these hold", () => {
  assert.equal(filled("%(a)s of 100 %% and %(b)s", { a: "$&", b: "%(a)s" }), "$& of 100 % and %(a)s");
});

test("ticks are round values within the axis", () => {
  assert.deepEqual(ticks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(-3, 3, 3), [-2, 0, 2]);
  assert.deepEqual(ticks(2.1e9, 2.9e9, 4), [2.2e9, 2.4e9, 2.6e9, 2.8e9]);
});
