// Buttons beside every table and figure: copy it, or save it as CSV, SVG or PNG. All is made from what the page holds.

/** Text that a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;
/** Width in dots of a figure that is saved as PNG: sharp on a page of paper. */
const PNG_WIDTH = 2400;

/**
 * Return a cell of a CSV file. A number is written in full; an apostrophe stands before what looks like a formula.
 * @param {{text: string, value: number | null}} cell
 * @param {{separator: string, decimal: string}} style
 */
export function csvCell(cell, style) {
  if (cell.value !== null) {
    return String(cell.value).replace(".", style.decimal);
  }
  const text = FORMULA.test(cell.text) ? `'${cell.text}` : cell.text;
  return /["\r\n;,\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Return rows of cells as a CSV file; lines end as RFC 4180 says. */
export function csvText(rows, style) {
  return rows.map((row) => row.map((cell) => csvCell(cell, style)).join(style.separator) + "\r\n").join("");
}

/** Return the separators that spreadsheets expect in a language. */
export function csvStyle(language) {
  const parts = new Intl.NumberFormat(language, { numberingSystem: "latn" }).formatToParts(1.5);
  const decimal = parts.find((part) => part.type === "decimal").value === "," ? "," : ".";
  return { separator: decimal === "," ? ";" : ",", decimal };
}

/** Return rows of cells as text with tabs, which spreadsheets and word processors paste as a table. */
export function tabbedText(rows) {
  const plain = (text) => (FORMULA.test(text) ? `'${text}` : text).replaceAll(/[\t\r\n]+/g, " ");
  return rows.map((row) => row.map((cell) => plain(cell.text)).join("\t")).join("\n");
}

/**
 * Lay the cells of a table on a grid: a cell that spans rows or columns stands in each of them.
 * @param {{text: string, value: number | null, rows: number, columns: number}[][]} lines
 */
export function grid(lines) {
  const result = lines.map(() => []);
  lines.forEach((line, down) => {
    let across = 0;
    for (const cell of line) {
      while (result[down][across] !== undefined) {
        across += 1;
      }
      for (let row = 0; row < cell.rows && down + row < lines.length; row += 1) {
        for (let column = 0; column < cell.columns; column += 1) {
          result[down + row][across + column] = cell;
        }
      }
      across += cell.columns;
    }
  });
  return result;
}

/** Join the rows of a head, in which a cell may stand over several columns, to one row of names. */
export function joinedHead(rows) {
  return rows[0].map((_, column) => {
    const words = rows.map((row) => row[column].text).filter((text) => text !== "");
    return { text: [...new Set(words)].join(", "), value: null, kind: rows.at(-1)[column].kind };
  });
}

/** Name the currency in the heads of columns that hold amounts in full. */
export function withCurrency(head, currency) {
  const isMoney = (cell) => cell.kind === "money" && currency !== "";
  return head.map((cell) => (isMoney(cell) ? { ...cell, text: `${cell.text} (${currency})` } : cell));
}

function shown(element) {
  return element.textContent.replaceAll(/[\u2007\u2008]/g, "").replaceAll(/\s*\n\s*/g, " ").trim();
}

/** Return what a cell of the page holds; in a matrix the range below a figure is a cell of its own. */
function cellsOf(element, isMatrix, rangeName) {
  const { rowSpan: rows, colSpan: columns } = element;
  const { value, kind } = element.dataset;
  const cell = { text: shown(element), value: value === undefined ? null : Number(value), kind, rows, columns };
  if (!isMatrix || element.cellIndex === 0) {
    return [cell];
  }
  const small = element.querySelector("small");
  const range = small ? shown(small) : "";
  if (small) {
    cell.text = cell.text.slice(0, -range.length).trim();
  }
  const name = element.tagName === "TH" ? `${cell.text}: ${rangeName}` : range;
  return [cell, { ...cell, text: name, value: null, kind: undefined }];
}

/** Return the head of a table and the rows that the reader sees, in the order in which they stand now. */
function contentOf(table, words) {
  const isMatrix = table.classList.contains("matrix");
  const lineOf = (row) => [...row.cells].flatMap((cell) => cellsOf(cell, isMatrix, words.range));
  const laid = (rows) => grid(rows.map(lineOf));
  const body = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  return { head: joinedHead(laid([...table.tHead.rows])), body: laid(body) };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function svgOf(image) {
  return decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1));
}

/** Draw a figure on white. */
function pngOf(image) {
  return new Promise((resolve, reject) => {
    const drawn = new Image();
    drawn.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = PNG_WIDTH;
      canvas.height = Math.round((PNG_WIDTH * image.getAttribute("height")) / image.getAttribute("width"));
      const context = canvas.getContext("2d");
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no image"))), "image/png");
    };
    drawn.onerror = () => reject(new Error("no image"));
    drawn.src = image.src;
  });
}

/** Copy a table: word processors and spreadsheets paste the second kind, plain text editors the first. */
async function copyTable(table, words) {
  const { head, body } = contentOf(table, words);
  const plain = tabbedText([head, ...body]);
  const copy = document.createElement("table");
  for (const line of [head, ...body]) {
    const row = copy.insertRow();
    for (const cell of line) {
      row.insertCell().textContent = cell.text;
    }
  }
  const blob = (text, type) => new Blob([text], { type });
  const marked = new XMLSerializer().serializeToString(copy);
  const kinds = { "text/plain": blob(plain, "text/plain"), "text/html": blob(marked, "text/html") };
  await navigator.clipboard.write([new ClipboardItem(kinds)]);
}

function csvOf(table, words) {
  const { head, body } = contentOf(table, words);
  const style = csvStyle(document.documentElement.lang);
  // The mark at the beginning tells spreadsheets that the file is in UTF-8.
  return `\ufeff${csvText([withCurrency(head, words.currency), ...body], style)}`;
}

function figureCopy(image) {
  return navigator.clipboard.write([new ClipboardItem({ "image/png": pngOf(image) })]);
}

/** Return the texts of the buttons of a block, each with what it does. */
function actions(block, words) {
  const { name } = block.dataset;
  const table = block.querySelector("table");
  if (table) {
    const csv = () => save(new Blob([csvOf(table, words)], { type: "text/csv" }), `${name}.csv`);
    return [[words.copy, () => copyTable(table, words)], ["CSV", csv]];
  }
  const image = block.querySelector("img");
  return [
    [words.copy, () => figureCopy(image)],
    ["SVG", () => save(new Blob([svgOf(image)], { type: "image/svg+xml" }), `${name}.svg`)],
    ["PNG", async () => save(await pngOf(image), `${name}.png`)],
  ];
}

function button(text, number, act, words) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", `${text}: ${number}`);
  made.addEventListener("click", async () => {
    let told = words.done;
    try {
      await act();
    } catch {
      told = words.failed;
    }
    document.getElementById("status").textContent = `${told} ${text}: ${number}`;
  });
  return made;
}

/** Put the buttons into every block of the page that has a place for them. */
function addButtons() {
  const words = JSON.parse(document.getElementById("words").textContent);
  for (const place of document.querySelectorAll("[data-tools]")) {
    const block = place.closest("[data-name]");
    const made = actions(block, words).map(([text, act]) => button(text, block.dataset.number, act, words));
    place.append(...made);
  }
}

if (typeof document !== "undefined") {
  addButtons();
}
