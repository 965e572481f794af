// Long tables: rows in the order of any column, and only those that contain some words or belong to a group.
// Order follows the numbers that stand behind the cells, not their text. Without scripts a table stands as written.

import { filled } from "./words.js";

/** Values of a column of words from which readers choose; with more of them, they type. */
const MOST_CHOICES = 12;
/** Rows below which a table needs no filter. */
const LEAST_ROWS = 8;

/**
 * Compare two cells: `value` is the number behind one, null where it is words or nothing is known.
 * What is not known stands last in either direction.
 */
export function compareCells(one, other, isNumber, direction, collator) {
  if (!isNumber) {
    return direction * collator.compare(one.text, other.text);
  }
  if (one.value === null || other.value === null) {
    return Number(one.value === null) - Number(other.value === null);
  }
  return direction * (one.value - other.value);
}

/** Put text into a form in which case and accents do not matter. */
export function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether a row, as the texts of its cells, contains all words of a query and has the chosen text in each column. */
export function isShown(texts, query, chosen) {
  const all = folded(texts.join(" "));
  const words = folded(query).split(/\s+/).filter(Boolean);
  return words.every((word) => all.includes(word)) && chosen.every(([column, text]) => texts[column] === text);
}

/** Columns of words, behind the first, from whose few different texts readers may choose: pairs of column and texts. */
export function choicesOf(rows, isNumber, collator) {
  return isNumber.flatMap((number, column) => {
    const different = new Set(rows.map((row) => row[column]));
    const few = different.size > 1 && different.size <= Math.min(MOST_CHOICES, rows.length / 2);
    // Nobody looks for what belongs to no group.
    const texts = [...different].filter((text) => text !== "").sort(collator.compare);
    return column > 0 && !number && few ? [[column, texts]] : [];
  });
}

class SortableTable {
  constructor(table, words) {
    Object.assign(this, { table, words });
    this.collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    this.heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    this.isNumber = this.heads.map((head) => head.classList.contains("number"));
    this.rows = [...table.tBodies[0].rows].filter((row) => !row.classList.contains("total"));
    this.total = table.tBodies[0].querySelector("tr.total");
    this.texts = this.rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
    this.heads.forEach((head, column) => this.addButton(head, column));
    if (this.rows.length >= LEAST_ROWS) {
      this.addFilter();
    }
  }

  addButton(head, column) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = filled(this.words.sort, { column: head.textContent.trim() });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => this.sort(head, column));
  }

  /** Order the rows by a column: numbers from the largest, words from the first; once more for the other way. */
  sort(head, column) {
    const number = this.isNumber[column];
    const usual = number ? "descending" : "ascending";
    const other = number ? "ascending" : "descending";
    const order = head.getAttribute("aria-sort") === usual ? other : usual;
    this.heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const cellOf = (row) => {
      const { value } = row.cells[column].dataset;
      return { text: row.cells[column].textContent.trim(), value: value === undefined ? null : Number(value) };
    };
    const direction = order === "ascending" ? 1 : -1;
    const cells = new Map(this.rows.map((row) => [row, cellOf(row)]));
    const sorted = [...this.rows].sort((one, another) =>
      compareCells(cells.get(one), cells.get(another), number, direction, this.collator));
    this.table.tBodies[0].append(...sorted, ...(this.total ? [this.total] : []));
  }

  addFilter() {
    const bar = document.createElement("div");
    bar.className = "filter";
    this.query = labelled(bar, this.words.filter, "input");
    this.query.type = "search";
    this.selects = choicesOf(this.texts, this.isNumber, this.collator).map(([column, texts]) => {
      const select = labelled(bar, this.heads[column].textContent.trim(), "select");
      for (const text of [this.words.all, ...texts]) {
        const option = document.createElement("option");
        option.textContent = text;
        select.append(option);
      }
      return [column, select];
    });
    this.status = document.createElement("p");
    this.status.setAttribute("role", "status");
    this.status.className = "shown";
    bar.append(this.status);
    bar.addEventListener("input", () => this.filter());
    this.table.closest(".scroll").before(bar);
  }

  filter() {
    const chosen = this.selects.filter(([, select]) => select.selectedIndex > 0)
      .map(([column, select]) => [column, select.value]);
    let shown = 0;
    this.rows.forEach((row, place) => {
      row.hidden = !isShown(this.texts[place], this.query.value, chosen);
      shown += row.hidden ? 0 : 1;
    });
    if (this.total) {
      this.total.hidden = shown < this.rows.length;
    }
    this.status.textContent = filled(this.words.shown, { shown, rows: this.rows.length });
  }
}

function labelled(bar, text, tag) {
  const label = document.createElement("label");
  const words = document.createElement("span");
  const control = document.createElement(tag);
  words.textContent = text;
  label.append(words, " ", control);
  bar.append(label);
  return control;
}

if (typeof document !== "undefined") {
  const held = document.querySelector("#words");
  const words = held ? JSON.parse(held.textContent) : null;
  document.querySelectorAll("table.sortable").forEach((table) => {
    // Rows that share a cell cannot change places.
    if (words && !table.tBodies[0].querySelector('[rowspan]:not([rowspan="1"])')) {
      new SortableTable(table, words);
    }
  });
}
