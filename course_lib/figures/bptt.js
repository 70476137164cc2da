// How far back a loss is heard: bptt.py holds the weights, the inputs and the presets.

// --- The arithmetic -----------------------------------------------------------------------------

// The product of two matrices of 2 by 2, [[a, b], [c, d]].
function times(A, B) {
  return A.map((row) => [0, 1].map((j) => row[0] * B[0][j] + row[1] * B[1][j]));
}

// The largest singular value, from the sum of squares and the determinant.
function spectral([[a, b], [c, d]]) {
  const squares = a * a + b * b + c * c + d * d;
  const det = a * d - b * c;
  return Math.sqrt((squares + Math.sqrt(Math.max(0, squares * squares - 4 * det * det))) / 2);
}

// One entry for each step from 1 to T: total, alone (from the step before) and bound.
function follow({ radius, size, steps, turn, inputs }) {
  const W = turn.map((row) => row.map((v) => radius * v));
  const factors = [];
  let h = [0, 0];
  for (let t = 0; t < steps; t++) {
    h = [0, 1].map((i) => Math.tanh(size * inputs[t][i] + W[i][0] * h[0] + W[i][1] * h[1]));
    factors.push(W.map((row, i) => row.map((v) => (1 - h[i] * h[i]) * v)));
  }
  const found = [];
  let product = [[1, 0], [0, 1]];
  for (let t = steps - 1; t >= 0; t--) {
    const bound = spectral(W) ** (steps - 1 - t);
    found[t] = { total: spectral(product), alone: spectral(factors[t]), bound };
    product = times(product, factors[t]);
  }
  return found;
}

// A number of any size, in words for the reader: 0.013, 2.4e-7.
function brief(value) {
  if (value === 0) return "0";
  const small = value < 0.001 || value >= 10000;
  return small ? value.toExponential(1).replace("-", MINUS) : String(+value.toPrecision(3));
}

// --- The drawing --------------------------------------------------------------------------------

const [LOW, HIGH] = [-10, 10]; // powers of ten on the axis
const [WIDE, TALL] = [880, 68]; // of the chain, in the drawing's units

function render({ model, el }) {
  const names = ["radius", "size", "steps", "turn", "inputs"];
  const now = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const at = () => Math.min(model.get("step"), model.get("steps"));
  const most = model.get("inputs").length;
  const chosen = presets(model);
  const numeric = (name, label, min, max, step) =>
    slider({ label, min, max, step, set: (v) => change(model, { [name]: v }) });
  const radius = numeric("radius", "spectral radius of W", 0.1, 2.5, 0.05);
  const size = numeric("size", "size of the inputs", 0, 3, 0.05);
  const steps = numeric("steps", "steps T", 3, most, 1);

  const chain = svg("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, class: "grid" });
  const links = [];
  const states = [];
  for (let t = 0; t < most; t++) {
    links.push(svg("line", { y1: TALL / 2, y2: TALL / 2, class: "orange" }));
    const look = "fill: var(--paper); stroke: currentColor";
    states.push(svg("circle", { cy: TALL / 2, r: 8, style: look }));
  }
  const mark = svg("rect", { y: 2, height: TALL - 4, class: "window" });
  chain.append(...links, ...states, mark);
  let found = [];
  const touch = movable(chain, {
    label: "step of the network",
    places: () => [1, model.get("steps")],
    get: () => [0, at() - 1],
    set: ([, t]) => change(model, { step: t + 1 }),
    describe: () => `step ${at()} of ${model.get("steps")}, norm ${brief(found[at() - 1].total)}`,
  });

  const plot = axes({
    x: [0, most], y: [LOW, HIGH], width: 420, height: 250,
    xLabel: "step t", yLabel: "log10 of the norm", label: "norms against the step",
  });
  const bound = plot.curve("curve dashed");
  const alone = plot.curve("curve blue");
  const total = plot.curve("curve orange");
  const dot = plot.dot();
  const height = (value) => Math.max(LOW, Math.min(HIGH, Math.log10(Math.max(value, 1e-300))));
  const [sum, limit, words, said] = [equation(), equation(), equation(), live()];

  function draw() {
    const state = now();
    const [T, t] = [state.steps, at()];
    found = follow(state);
    const largest = Math.max(...found.map((step) => step.total));
    chosen.update(model.get("preset"));
    radius.update(state.radius);
    size.update(state.size);
    steps.update(T);
    const place = WIDE / T;
    states.forEach((node, n) => {
      node.style.display = n < T ? "" : "none";
      fill(node, { cx: place * (n + 0.5) }, []);
    });
    links.forEach((node, n) => {
      node.style.display = n > 0 && n < T ? "" : "none";
      if (n === 0 || n >= T) return;
      fill(node, { x1: place * (n - 0.5) + 8, x2: place * (n + 0.5) - 8 }, []);
      const share = found[n - 1].total / largest; // what flows back from step n + 1 to step n
      node.style.strokeWidth = Math.max(0.5, 24 * share);
      node.style.strokeDasharray = share < 0.01 ? "1 4" : "none";
    });
    fill(mark, { x: place * (t - 1), width: place }, []);
    touch.update();
    const line = (name, from) =>
      found.map((step, n) => [n + 1, height(step[name])]).slice(from);
    bound(line("bound", 0));
    alone(line("alone", 1));
    total(line("total", 0));
    const here = found[t - 1];
    dot(t, height(here.total));
    sum.show([
      "\u2016\u2202h", element("sub", {}, T), "/\u2202h", element("sub", {}, t), "\u2016 = ",
      [brief(here.total), "orange"],
    ]);
    limit.show([
      `bound ${brief(found[T - 2].bound)}`, element("sup", {}, T - t), ` = ${brief(here.bound)}`,
    ]);
    words.show(["next step alone: ", t < T ? [brief(found[t].alone), "blue"] : "none"]);
    said.say(`Step ${t} of ${T}: norm ${brief(here.total)}, bound ${brief(here.bound)}`);
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node),
    toolbar(radius.node, size.node, steps.node),
    chain,
    row("16rem", plot.node, column(sum.node, limit.node, words.node)),
    said.node,
  );
}

export default { render };
