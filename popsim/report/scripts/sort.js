// Lets readers order the rows of a table by any column. Without scripts the table stands as it was written.
(function () {
  "use strict";
  const words = new Intl.Collator(document.documentElement.lang, { numeric: true });
  function text(row, column) {
    return row.cells[column].textContent.trim();
  }
  function number(row, column) {
    const shown = text(row, column);
    const value = parseFloat(shown.replace("\u2212", "-").replace(/[^0-9.-]/g, ""));
    if (isNaN(value)) { return null; }
    return shown.charAt(0) === "<" ? value * (1 - 1e-9) : value;
  }
  function compare(one, other, column, numeric) {
    if (!numeric) { return words.compare(text(one, column), text(other, column)); }
    return number(one, column) - number(other, column);
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    const heads = Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells);
    heads.forEach(function (head, column) {
      const numeric = head.classList.contains("number");
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Order the rows by this column";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        const down = head.getAttribute("aria-sort") === (numeric ? "descending" : "ascending");
        const direction = (down ? !numeric : numeric) ? -1 : 1;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        const rows = Array.from(table.tBodies[0].rows);
        const known = rows.filter(function (row) { return !numeric || number(row, column) !== null; });
        const unknown = rows.filter(function (row) { return numeric && number(row, column) === null; });
        known.sort(function (one, other) { return direction * compare(one, other, column, numeric); });
        known.concat(unknown).forEach(function (row) { table.tBodies[0].appendChild(row); });
      });
    });
  });
})();
