"use strict";
// Sorts and filters the tables. Without it everything is there, in the order of the names.
const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const value = (row, column) => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();

function sort(table, column, up) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [value(row, column), row]);
  rows.sort(([a], [b]) => {
    if (a === "" || b === "") return (a === "") - (b === ""); // nothing known: last, either way
    const numbers = !isNaN(a) && !isNaN(b);
    return (numbers ? a - b : order.compare(a, b)) * (up ? 1 : -1);
  });
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(table, column, up);
    });
  });
}

for (const form of document.querySelectorAll(".filter")) {
  const rows = [...document.getElementById(form.dataset.table).tBodies[0].rows];
  const [name, kind, count] = ["input", "select", "output"].map((tag) => form.querySelector(tag));
  const letters = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const show = () => {
    const wanted = letters(name.value.trim());
    for (const row of rows) {
      const is = kind.value === "" || row.dataset.is.split(" ").includes(kind.value);
      row.hidden = !(is && letters(row.cells[0].textContent).includes(wanted));
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
  };
  name.addEventListener("input", show);
  kind.addEventListener("change", show);
  show();
  form.hidden = false;
}
