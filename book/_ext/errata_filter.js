(options) => {
  // A row shows while every choice agrees with it; without this script all rows show.
  const table = document.querySelector("table.errata-table");
  const rows = [...table.tBodies[0].rows];
  const form = document.createElement("form");
  form.className = "errata-filter";
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Errata");
  const label = (text, control) => {
    const element = document.createElement("label");
    element.append(text, " ", control);
    form.append(element);
    return control;
  };
  const select = (text, choices) => {
    const control = document.createElement("select");
    for (const choice of ["all", ...choices]) control.append(new Option(choice, choice));
    return label(text, control);
  };
  const words = label("words", Object.assign(document.createElement("input"), { type: "search" }));
  const kind = select("kind", options.kind);
  const source = select("in", options.in);
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  form.append(count);
  const show = () => {
    let shown = 0;
    for (const row of rows) {
      const [, , where, sort] = [...row.cells].map((cell) => cell.textContent.trim());
      const found = words.value.toLowerCase().split(/\s+/)
        .every((word) => row.textContent.toLowerCase().includes(word));
      row.hidden = !found || (kind.value !== "all" && sort !== kind.value) ||
        (source.value !== "all" && !where.includes(source.value));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length}`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  (table.closest(".pst-scrollable-table-container") ?? table).before(form);
  show();
}
