// The matrix of a convolution: backprop.py holds the numbers and the presets.

// The weight, row by row, that joins an output (row of the matrix) and a pixel (column), or -1.
function weightAt(r, c) {
  const u = Math.floor(c / 4) - Math.floor(r / 3);
  const v = (c % 4) - (r % 3);
  return u >= 0 && u < 2 && v >= 0 && v < 2 ? 2 * u + v : -1;
}

const tint = (colour, share) => `color-mix(in srgb, ${colour} ${share}%, var(--paper))`;
const place = (n, width) => `(${Math.floor(n / width)}, ${n % width})`;

function render({ model, el }) {
  const colours = model.get("colours"); // of the weights, row by row
  const way = () => {
    const [r, c] = model.get("cell");
    const back = model.get("back");
    const [x, dy] = [model.get("image").flat(), model.get("gradient").flat()];
    // All sums of one way: [weight, number that it meets, where that number stands].
    const sums = Array.from({ length: back ? 16 : 9 }, () => []);
    for (let i = 0; i < 9; i++)
      for (let j = 0; j < 16; j++) {
        const k = weightAt(i, j);
        if (k >= 0) sums[back ? j : i].push(back ? [k, dy[i], i] : [k, x[j], j]);
      }
    return { r, c, back, x, dy, sums, chosen: weightAt(r, c), at: back ? c : r };
  };
  const shown = presets(model);
  const turn = toggle({ label: "go back", set: (on) => change(model, { back: on }) });
  const matrix = grid({ rows: 9, columns: 16, width: 24, label: "matrix" });
  const line = matrix.frame();
  const mark = matrix.frame();
  const touch = movable(matrix.node, {
    label: "cell of the matrix",
    places: [9, 16],
    get: () => model.get("cell"),
    set: (cell) => change(model, { cell }),
    describe: () => words(way()),
  });
  const pixels = grid({ rows: 4, columns: 4, label: "pixels" });
  const kernel = grid({ rows: 2, columns: 2, label: "kernel" });
  const outputs = grid({ rows: 3, columns: 3, label: "outputs" });
  const [pixel, weight, output] = [pixels.frame(), kernel.frame(), outputs.frame()];
  const [left, right] = [element("p", { class: "title" }), element("p", { class: "title" })];
  const [formula, sentence, said] = [equation(), element("p"), live()];

  function words({ r, c, chosen }) {
    const names = `pixel ${place(c, 4)}, output ${place(r, 3)}`;
    return chosen < 0
      ? `${names}: not in its window, no wire`
      : `${names}: wired by the weight ${number(model.get("kernel").flat()[chosen])}`;
  }

  function draw() {
    const now = way();
    const { r, c, back, x, dy, sums, chosen, at } = now;
    const w = model.get("kernel").flat();
    const total = (terms) => terms.reduce((sum, [k, value]) => sum + w[k] * value, 0);
    shown.update(model.get("preset"));
    turn.update(back);
    for (let i = 0; i < 9; i++)
      for (let j = 0; j < 16; j++) {
        const k = weightAt(i, j);
        const share = k === chosen ? 40 : 14; // the twins of the chosen weight stand out
        matrix.paint(i, j, k < 0 ? {} : { text: number(w[k]), fill: tint(colours[k], share) });
      }
    if (back) line(24 * c, 0, 24, 216);
    else line(0, 24 * r, 384, 24);
    mark(24 * c + 3, 24 * r + 3, 18, 18);
    touch.update();

    // What goes in carries the colours of the weights that it meets.
    const met = new Map(sums[at].map(([k, , where]) => [where, k]));
    const paint = (drawn, width, values, goesIn) => values.forEach((value, n) => {
      const fill = goesIn && met.has(n) ? tint(colours[met.get(n)], 30) : undefined;
      drawn.paint(Math.floor(n / width), n % width, { text: number(value), fill });
    });
    paint(pixels, 4, back ? sums.map(total) : x, !back);
    paint(outputs, 3, back ? dy : sums.map(total), back);
    w.forEach((value, k) => kernel.paint(k >> 1, k % 2, {
      text: number(value),
      fill: tint(colours[k], k === chosen ? 40 : 14),
    }));
    pixel(40 * (c % 4), 40 * Math.floor(c / 4), 40, 40);
    output(40 * (r % 3), 40 * Math.floor(r / 3), 40, 40);
    if (chosen < 0) weight(0, 0, 0, 0);
    else weight(40 * (chosen % 2), 40 * (chosen >> 1), 40, 40);
    left.textContent = back ? "gradient dx" : "image x";
    right.textContent = back ? "gradient dy" : "map y";

    const parts = sums[at].flatMap(([k, value], n) => [
      n ? " + " : "",
      [number(w[k]), "weight"],
      `\u00b7${value < 0 ? `(${number(value)})` : number(value)}`,
    ]);
    const name = back ? `dx${place(c, 4)}` : `y${place(r, 3)}`;
    formula.show([`${name} = `, ...parts, " = ", [number(total(sums[at])), "result"]]);
    formula.node.querySelectorAll(".weight").forEach((span, n) => {
      span.style.color = `color-mix(in srgb, ${colours[sums[at][n][0]]} 45%, var(--ink))`;
    });
    const text = `${words(now)}.`;
    sentence.textContent = text[0].toUpperCase() + text.slice(1);
    said.say(`${sentence.textContent} ${formula.node.textContent}`);
  }

  // One size of cell in all three.
  const parts = [column(left, pixels.node), titled("kernel w", kernel.node),
    column(right, outputs.node)];
  parts.forEach((part, n) => (part.style.flex = `${[4, 2, 3][n]} 1 0`));
  const three = row("0", ...parts);
  three.style.maxWidth = "28rem";
  return mount(
    model, el, draw,
    toolbar(shown.node, turn.node),
    matrix.node,
    formula.node,
    sentence,
    three,
    said.node,
  );
}

export default { render };
