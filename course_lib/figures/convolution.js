// The sliding window over an RGB image: see convolution.py, which holds the starting values.

const CHANNELS = ["red", "green", "blue"];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function number(value) {
  return String(Number(value.toFixed(6)) + 0).replace("-", "\u2212");
}

function element(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A table with one cell per entry; `cells` keeps them for later updates.
function grid(caption, rows, columns, fill) {
  const cells = [];
  const body = element("tbody");
  for (let i = 0; i < rows; i++) {
    const row = element("tr");
    cells.push([]);
    for (let j = 0; j < columns; j++) {
      const cell = element("td", {}, [fill(i, j)]);
      cells[i].push(cell);
      row.append(cell);
    }
    body.append(row);
  }
  return { table: element("table", {}, [element("caption", {}, [caption]), body]), cells };
}

function render({ model, el }) {
  const image = model.get("image");
  const size = model.get("kernel")[0].length;
  const last = image[0].length - size;

  const weight = (c, k, l) => {
    const kernel = model.get("kernel")[c];
    return model.get("flip") ? kernel[size - 1 - k][size - 1 - l] : kernel[k][l];
  };
  const channelSum = (c, i, j) => {
    let sum = 0;
    for (let k = 0; k < size; k++)
      for (let l = 0; l < size; l++) sum += image[c][i + k][j + l] * weight(c, k, l);
    return sum;
  };
  const total = (i, j) =>
    image.reduce((sum, _, c) => sum + channelSum(c, i, j), 0) + model.get("bias");

  const change = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const moveTo = (i, j) => {
    if (i >= 0 && i <= last && j >= 0 && j <= last) change("position", [i, j]);
  };
  const step = (by) => {
    const [i, j] = model.get("position");
    const next = i * (last + 1) + j + by;
    if (next >= 0 && next < (last + 1) ** 2)
      moveTo(Math.floor(next / (last + 1)), next % (last + 1));
  };

  // Controls
  const button = (label, action) => {
    const node = element("button", { type: "button" }, [label]);
    node.addEventListener("click", action);
    return node;
  };
  const previous = button("\u2190 Previous", () => step(-1));
  const next = button("Next \u2192", () => step(1));
  const flip = element("input", { type: "checkbox", role: "switch" });
  flip.addEventListener("change", () => change("flip", flip.checked));
  const start = { kernel: model.get("kernel"), flip: model.get("flip"), position: model.get("position") };
  const reset = button("Reset", () => {
    for (const [name, value] of Object.entries(start)) change(name, value);
  });
  const controls = element("div", { class: "controls" }, [
    previous,
    next,
    element("label", {}, [flip, " flip the kernel (true convolution)"]),
    reset,
  ]);

  // One column per channel: the image with its window, the kernel to edit, the products
  const channels = image.map((plane, c) => {
    const pixels = grid("image", plane.length, plane[0].length, (i, j) => number(plane[i][j]));
    const inputs = [];
    const kernel = grid("kernel", size, size, (k, l) => {
      const label = `kernel ${CHANNELS[c]}, row ${k}, column ${l}`;
      const input = element("input", { type: "number", step: "any", "aria-label": label });
      input.addEventListener("input", () => {
        const value = input.valueAsNumber;
        input.setAttribute("aria-invalid", String(!Number.isFinite(value)));
        if (!Number.isFinite(value)) return;
        const edited = model.get("kernel").map((rows) => rows.map((row) => [...row]));
        edited[c][k][l] = value;
        change("kernel", edited);
      });
      input.addEventListener("blur", draw); // puts the last valid number back
      inputs.push(input);
      return input;
    });
    const products = grid("pixel \u00d7 weight", size, size, () => "");
    const sum = element("strong", { class: "sum" });
    const name = element("strong", {}, [CHANNELS[c]]);
    const group = { class: `channel ${CHANNELS[c]}`, role: "group", "aria-label": CHANNELS[c] };
    const section = element("div", group, [
      name,
      pixels.table,
      kernel.table,
      products.table,
      element("p", {}, ["sum ", sum]),
    ]);
    return { pixels, inputs, products, sum, section };
  });

  // The output: every cell is a button, the arrow keys move among them
  const results = grid("output", last + 1, last + 1, (i, j) => {
    const cell = button("", () => moveTo(i, j));
    cell.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const [down, right] = ARROWS[event.key];
      const [row, column] = model.get("position");
      moveTo(row + down, column + right);
      const [toRow, toColumn] = model.get("position");
      results.cells[toRow][toColumn].firstChild.focus();
    });
    return cell;
  });
  const said = element("p", { class: "said", role: "status", "aria-live": "polite" });

  function draw() {
    const [i, j] = model.get("position");
    flip.checked = model.get("flip");
    previous.disabled = i === 0 && j === 0;
    next.disabled = i === last && j === last;
    channels.forEach(({ pixels, inputs, products, sum }, c) => {
      pixels.cells.forEach((row, r) =>
        row.forEach((cell, s) => {
          const inside = r >= i && r < i + size && s >= j && s < j + size;
          cell.classList.toggle("window", inside);
        }),
      );
      inputs.forEach((input, index) => {
        const value = model.get("kernel")[c][Math.floor(index / size)][index % size];
        if (input.valueAsNumber === value || document.activeElement === input) return;
        input.value = String(value);
        input.setAttribute("aria-invalid", "false");
      });
      products.cells.forEach((row, k) =>
        row.forEach((cell, l) => {
          cell.textContent = `${number(image[c][i + k][j + l])}\u00d7${number(weight(c, k, l))}`;
        }),
      );
      sum.textContent = number(channelSum(c, i, j));
    });
    results.cells.forEach((row, r) =>
      row.forEach((cell, s) => {
        const here = r === i && s === j;
        const value = number(total(r, s));
        cell.firstChild.textContent = value;
        cell.firstChild.setAttribute("aria-label", `row ${r}, column ${s}: ${value}`);
        cell.firstChild.setAttribute("aria-pressed", String(here));
        cell.firstChild.tabIndex = here ? 0 : -1;
      }),
    );
    const sums = image.map((_, c) => `${CHANNELS[c]} ${number(channelSum(c, i, j))}`).join(" + ");
    const operation = model.get("flip") ? "true convolution" : "cross-correlation";
    said.textContent =
      `Row ${i}, column ${j}, ${operation}: ${sums} + bias ${number(model.get("bias"))} = ` +
      number(total(i, j));
  }

  el.replaceChildren(
    controls,
    said,
    element("div", { class: "channels" }, channels.map(({ section }) => section)),
    results.table,
  );
  el.classList.add("course-figure");
  const names = ["kernel", "flip", "position"];
  for (const name of names) model.on(`change:${name}`, draw);
  draw();
  return () => {
    for (const name of names) model.off(`change:${name}`, draw);
  };
}

export default { render };
