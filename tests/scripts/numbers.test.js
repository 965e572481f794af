// Numbers of the page: digits by the error, signs of the language, and what people type.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Numbers, plain, roundTo } from "../../popsim/report/scripts/numbers.js";

const ENGLISH = {
  language: "en", decimal: ".", group: ",", minus: "\u2212", before: "", zero: "0", least: 4, scale: 1e6,
  percent: "%s\u202f%", money: { other: "US$\u00a0%s\u00a0million" }, unknown: "n/a",
  range: { other: "US$\u00a0%l to %h\u00a0million" },
};
const FRENCH = {
  ...ENGLISH, language: "fr", decimal: ",", group: "\u202f", percent: "%s\u00a0%", scale: 1,
  money: { one: "%s\u00a0million", other: "%s\u00a0millions" }, range: { other: "de %l à %h\u00a0millions" },
};
const SPANISH = { ...ENGLISH, scale: 1, decimal: ",", group: ".", least: 5 };
const ARABIC = { ...ENGLISH, scale: 1, before: "\u200e", decimal: "٫", group: "٬", zero: "٠" };

const english = new Numbers(ENGLISH);

test("a value is rounded at the leading digit of twice its error, and to four digits at most", () => {
  assert.equal(english.number(612.3456, 0.3), "612.3");
  assert.equal(english.number(612.3456, 7), "610");
  assert.equal(english.number(612345.678, 0), "612,300");
  assert.equal(english.number(0, 3), "0");
  assert.equal(english.number(0.4, 6), "<\u00a010");
  assert.equal(english.number(612, Infinity), "n/a");
});

test("a half goes to the even digit, as decimals are written", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 3.5].map((value) => plain(roundTo(value, 0))), ["0", "2", "2", "4"]);
  assert.equal(plain(roundTo(79.65, -1)), "79.6");
  assert.equal(plain(roundTo(79.75, -1)), "79.8");
  assert.equal(plain(roundTo(-0.04, -1)), "0.0");
  assert.equal(plain(roundTo(9.96, -1)), "10.0");
  assert.equal(plain(roundTo(0.07, -1)), "0.1");
  assert.equal(plain(roundTo(0.04, 0)), "0");
  assert.notEqual(plain(roundTo(79.651, -1)), "79.6");
});

test("shares have one decimal at most, and are never all of it unless they are", () => {
  assert.equal(english.percent(0.7964, 0.004), "79.6\u202f%");
  assert.equal(english.percent(0.7964, 0.01), "80\u202f%");
  assert.equal(english.percent(0.99999, 0.0001), ">\u00a099.9\u202f%");
  assert.equal(english.percent(0.00004, 0.00006), "<\u00a00.1\u202f%");
  assert.equal(english.percent(0.8), "80\u202f%");
});

test("amounts stand in the unit of the page", () => {
  assert.equal(english.money(612_345_678, 1_200_000), "US$\u00a0612\u00a0million");
  const range = english.moneyRange({ value: 612e6, error: 1.2e6 }, { value: 943e6, error: 6e6 });
  assert.equal(range, "US$\u00a0612 to 940\u00a0million");
  assert.equal(english.moneyRange({ value: 5e6, error: 0 }, { value: 5e6, error: 0 }), "US$\u00a05.000\u00a0million");
  assert.equal(english.money(1e30, 0), "US$\u00a01.000e24\u00a0million");
});

test("words agree with the number as it is printed", () => {
  const french = new Numbers(FRENCH);
  assert.equal(french.money(1.04, 0.3), "1,0\u00a0million");
  assert.equal(french.money(1.96, 0.3), "2,0\u00a0millions");
  assert.equal(french.moneyRange({ value: 1, error: 0 }, { value: 3.4, error: 0.4 }), "de 1,000 à 3,4\u00a0millions");
});

test("signs are those of the language", () => {
  const written = (signs, value) => new Numbers(signs).number(value, 0.3);
  assert.equal(written(FRENCH, 1234.56), "1\u202f235");
  assert.equal(written(FRENCH, 34.56), "34,6");
  assert.equal(written(SPANISH, 1234.56), "1235");
  assert.equal(new Numbers(SPANISH).count(12345), "12.345");
  assert.equal(new Numbers(ARABIC).number(1234.5, 30), "١٬٢٣٠");
});

test("what people type is read in the signs of the language, or not at all", () => {
  const read = (signs, text) => new Numbers(signs).parse(text);
  assert.equal(read(ENGLISH, " 2,531.5 "), 2531.5);
  assert.equal(read(ENGLISH, "80 %"), 80);
  assert.equal(read(ENGLISH, "\u22123"), -3);
  assert.equal(read(FRENCH, "2 531,5"), 2531.5);
  assert.equal(read(FRENCH, "2531.5"), 2531.5);
  assert.equal(read(SPANISH, "2.531,5"), 2531.5);
  assert.equal(read(ARABIC, "١٬٢٣٤٫٥"), 1234.5);
  for (const wrong of ["", "abc", "2,5", "1,23,456", "1e", "--2", "NaN", "Infinity"]) {
    assert.ok(Number.isNaN(read(ENGLISH, wrong)), wrong);
  }
});
