// Order and filter of long tables.

import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesOf, compareCells, isShown } from "../../popsim/report/scripts/tables.js";

const collator = new Intl.Collator("en", { numeric: true });
const ordered = (cells, isNumber, direction) =>
  [...cells].sort((one, other) => compareCells(one, other, isNumber, direction, collator)).map(({ text }) => text);

test("numbers are ordered by what stands behind them, and what is unknown stands last either way", () => {
  const cells = [
    { text: "< 10", value: 4e6 }, { text: "n/a", value: null }, { text: "1,234", value: 1.234e9 },
    { text: "9", value: 9e6 }, { text: "−5", value: -5e6 },
  ];
  assert.deepEqual(ordered(cells, true, 1), ["−5", "< 10", "9", "1,234", "n/a"]);
  assert.deepEqual(ordered(cells, true, -1), ["1,234", "9", "< 10", "−5", "n/a"]);
  // By text the order would be another.
  assert.notDeepEqual(ordered(cells, false, 1), ordered(cells, true, 1));
});

test("words are ordered as the language does, numbers in them by their size", () => {
  const cells = ["Zambia", "Åland", "area 10", "area 9", "Benin"].map((text) => ({ text, value: null }));
  assert.deepEqual(ordered(cells, false, 1), ["Åland", "area 9", "area 10", "Benin", "Zambia"]);
});

test("rows are found by words in any column, whatever their case and accents", () => {
  const texts = ["Côte d'Ivoire (CIV)", "African", "12"];
  assert.ok(isShown(texts, "", []));
  assert.ok(isShown(texts, "cote african", []));
  assert.ok(isShown(texts, "", [[1, "African"]]));
  assert.ok(!isShown(texts, "cote asia", []));
  assert.ok(!isShown(texts, "", [[1, "Asia-Pacific"]]));
});

test("readers choose from columns of words with few different texts", () => {
  const row = (k) => [`Land ${k}`, k % 2 ? "LDC" : "not LDC", `${k}`, "", "same", k % 3 ? "" : "SIDS"];
  const rows = Array.from({ length: 20 }, (_, k) => row(k));
  const found = choicesOf(rows, [false, false, true, false, false, false], collator);
  assert.deepEqual(found, [[1, ["LDC", "not LDC"]], [5, ["SIDS"]]]);
});
