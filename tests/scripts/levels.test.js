// The budget slider's arithmetic against direct counts over the scenarios.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Levels, between, readLevels } from "../../popsim/report/scripts/levels.js";

const NO_ERRORS = { share: [0, 1], missing_error: [0, 0] };

/** Even numbers between 0 and 1 without a generator of random ones: multiples of the golden ratio. */
const even = (count) => Array.from({ length: count }, (_, k) => ((k + 1) * 0.6180339887498949) % 1);
const single = (values) => new Levels(Float64Array.from(values).sort(), values.map(() => 1), NO_ERRORS);

/** Encode as the page holds amounts: steps between bits that rise with the numbers, seven bits to a byte. */
function stored(values, more = {}) {
  const view = new DataView(new ArrayBuffer(4));
  const bytes = [];
  let last = 0n;
  for (const value of [...values].sort((one, other) => one - other)) {
    view.setFloat32(0, value);
    const bits = BigInt(view.getUint32(0));
    const rising = bits >= 2n ** 31n ? 2n ** 32n - 1n - bits : bits + 2n ** 31n;
    let step = rising - last;
    last = rising;
    do {
      bytes.push(Number(step % 128n) + (step >= 128n ? 128 : 0));
      step /= 128n;
    } while (step > 0n);
  }
  const count = values.length;
  const amounts = Buffer.from(bytes).toString("base64");
  return { amounts, count, block: 1, single: count, scenarios: count, scale: 1, errors: NO_ERRORS, ...more };
}

test("amounts come back as they were held, negative ones and zeros too", () => {
  const values = [-2.5e9, -1, 0, 0, 1e-3, 1, 1.5, 2.5e9];
  assert.deepEqual([...readLevels(stored(values)).amounts], values.map(Math.fround));
  assert.deepEqual([...readLevels(stored([1, 2], { scale: 1e70 })).amounts], [1e70, 2e70]);
});

test("a confidence is the share of the scenarios that an amount covers", () => {
  const values = even(1000).map((u) => Math.exp(2 * u));
  const levels = single(values);
  for (const amount of [0.5, 1, 2, 3.3, 7, 8, ...values.slice(0, 5)]) {
    assert.equal(levels.confidence(amount), values.filter((value) => value <= amount).length / 1000);
  }
  assert.notEqual(levels.confidence(2), levels.confidence(2.1));
});

test("an amount that some scenarios need exactly covers them", () => {
  const levels = readLevels(stored([0.1, 0.1, 0.1, 7.3e9, 7.3e9]));
  assert.equal(levels.confidence(0.1), 0.6);
  assert.equal(levels.confidence(7.3e9), 1);
  assert.equal(levels.confidence(7.2999e9), 0.6);
});

test("what is missing is the mean beyond the amount", () => {
  const values = even(500).map((u) => 10 * u ** 3);
  const levels = single(values);
  for (const amount of [0, 1, 5, 9.9]) {
    const beyond = values.filter((value) => value > amount);
    const mean = beyond.reduce((sum, value) => sum + value - amount, 0) / beyond.length;
    assert.ok(Math.abs(levels.missing(amount) - mean) < 1e-9);
  }
  assert.equal(levels.missing(10), 0);
});

test("an amount for a confidence is linear between scenarios", () => {
  const levels = single([10, 20, 40, 80]);
  assert.equal(levels.amountFor(0), 10);
  assert.equal(levels.amountFor(0.5), 30);
  assert.ok(Math.abs(levels.amountFor(0.9) - 68) < 1e-9);
  assert.equal(levels.amountFor(1), 80);
});

test("means of neighbours give what all scenarios give, to the digit that is shown", () => {
  const values = even(91_000).map((u) => -Math.log(1 - u)).sort((one, other) => one - other);
  const all = single(values);
  const means = Array.from({ length: 9000 }, (_, k) =>
    values.slice(10 * k, 10 * k + 10).reduce((sum, value) => sum + value / 10, 0));
  const sizes = [...Array(9000).fill(10), ...Array(1000).fill(1)];
  const held = new Levels(Float64Array.from([...means, ...values.slice(90_000)]), sizes, NO_ERRORS);
  assert.equal(held.scenarios, 91_000);
  for (const amount of [0.01, 0.3, 1, 2, 4.5]) {
    assert.ok(Math.abs(held.confidence(amount) - all.confidence(amount)) < 1e-4);
    assert.ok(Math.abs(held.missing(amount) - all.missing(amount)) < 1e-3);
  }
  for (const share of [0.05, 0.5, 0.8, 0.999]) {
    assert.ok(Math.abs(held.amountFor(share) / all.amountFor(share) - 1) < 1e-3);
  }
});

test("errors are those of independent scenarios, or what the page hands over", () => {
  const levels = single(even(10_001).map((u) => 10_000 * u));
  assert.ok(Math.abs(levels.shareError(0.5) - 0.005) < 1e-5);
  assert.ok(Math.abs(levels.amountError(0.5) - 50) < 2);
  assert.equal(levels.amountError(0.0001), Infinity);
  assert.equal(single([5, 5, 5]).amountError(0.5), 0);
  assert.equal(single([5]).amountError(0.5), Infinity);
  const errors = { ...NO_ERRORS, share: [0, 0.5, 1], share_error: [0, 0.2, null], amount_error: [1, 1, 1] };
  const other = new Levels(levels.amounts, levels.sizes, errors);
  assert.equal(other.shareError(0.25), 0.1);
  assert.equal(other.shareError(0.75), Infinity);
  assert.equal(between([0, 1], [3, 5], 2), 5);
});
