// What a reader saves or copies of a table.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  csvCell, csvStyle, csvText, grid, joinedHead, tabbedText, withCurrency,
} from "../../popsim/report/scripts/downloads.js";

const ENGLISH = { separator: ",", decimal: "." };
const cell = (text, value = null, rows = 1, columns = 1) => ({ text, value, rows, columns });

test("a number is saved in full, in the signs of the language", () => {
  assert.equal(csvCell(cell("612", 612345678.9), ENGLISH), "612345678.9");
  assert.equal(csvCell(cell("−5", -5.25), csvStyle("fr")), "-5,25");
  assert.deepEqual(csvStyle("en"), ENGLISH);
  assert.deepEqual(csvStyle("es"), { separator: ";", decimal: "," });
});

test("text is never a formula, and quotes and lines stay inside their cell", () => {
  for (const name of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]) {
    assert.match(csvCell(cell(name), ENGLISH), /^"?'/);
  }
  assert.equal(csvCell(cell('a "b", c'), ENGLISH), '"a ""b"", c"');
  assert.equal(csvCell(cell("a\nb"), ENGLISH), '"a\nb"');
  assert.equal(csvCell(cell("plain"), ENGLISH), "plain");
  assert.equal(csvText([[cell("a"), cell("b")], [cell("c"), cell("1", 1)]], ENGLISH), "a,b\r\nc,1\r\n");
});

test("a cell that spans rows or columns stands in each of them", () => {
  const laid = grid([[cell("one", null, 2), cell("a"), cell("b")], [cell("c", null, 1, 2)]]);
  assert.deepEqual(laid.map((row) => row.map((each) => each.text)), [["one", "a", "b"], ["one", "c", "c"]]);
});

test("heads of two rows are one name for each column, with the currency where amounts are in full", () => {
  const head = joinedHead(grid([
    [cell("", null, 1, 1), cell("Need", null, 1, 2)],
    [cell("Area"), { ...cell("Low"), kind: "money" }, { ...cell("Share"), kind: "share" }],
  ]));
  assert.deepEqual(head.map((each) => each.text), ["Area", "Need, Low", "Need, Share"]);
  assert.deepEqual(withCurrency(head, "US$").map((each) => each.text), ["Area", "Need, Low (US$)", "Need, Share"]);
  assert.deepEqual(withCurrency(head, "").map((each) => each.text), ["Area", "Need, Low", "Need, Share"]);
});

test("what is copied is the text that is shown, in one line a row", () => {
  assert.equal(tabbedText([[cell("a\tb\nc"), cell("612", 612345678)], [cell("=1"), cell("")]]), "a b c\t612\n'=1\t");
});
