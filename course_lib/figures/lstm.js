// The ways of a change through the cells of an LSTM: lstm.py holds the weights and the presets.

// --- The arithmetic, on matrices of 2 by 2, [[a, b], [c, d]] --------------------------------------

const PAIR = [0, 1];
const matrix = (entry) => PAIR.map((j) => PAIR.map((k) => entry(j, k)));
const times = (A, B) => matrix((j, k) => A[j][0] * B[0][k] + A[j][1] * B[1][k]);
const plus = (...all) => matrix((j, k) => all.reduce((sum, A) => sum + A[j][k], 0));
const rows = (scale, A) => matrix((j, k) => scale[j] * A[j][k]);
const columns = (A, scale) => matrix((j, k) => A[j][k] * scale[k]);
const ONE = [[1, 0], [0, 1]];

// The largest singular value, from the sum of squares and the determinant.
function spectral([[a, b], [c, d]]) {
  const [squares, det] = [a * a + b * b + c * c + d * d, a * d - b * c];
  return Math.sqrt((squares + Math.sqrt(Math.max(0, squares * squares - 4 * det * det))) / 2);
}

// The gates i, f, o and the candidate g of one step, after the state and the cell before it.
function advance({ w_ih, w_hh, biases, size }, x, before) {
  const z = (gate, j, past = before.h) => {
    const [u, w] = [w_ih[2 * gate + j], w_hh[2 * gate + j]];
    return biases[gate] + u[0] * x[0] + u[1] * x[1] + size * (w[0] * past[0] + w[1] * past[1]);
  };
  const sigmoid = (v) => 1 / (1 + Math.exp(-v));
  const [i, f, o] = [0, 1, 3].map((gate) => PAIR.map((j) => sigmoid(z(gate, j))));
  const g = PAIR.map((j) => Math.tanh(z(2, j)));
  const c = PAIR.map((j) => f[j] * before.c[j] + i[j] * g[j]);
  const h = PAIR.map((j) => o[j] * Math.tanh(c[j]));
  const out = PAIR.map((j) => o[j] * (1 - Math.tanh(c[j]) ** 2)); // dh/dc
  const rnn = PAIR.map((j) => Math.tanh(z(2, j, before.rnn))); // the candidate's bias is 0
  return { i, f, g, o, c, h, out, rnn };
}

// For each step its four matrices, and the sizes of what arrives from it at the end.
function follow(state, x) {
  const block = (gate) => matrix((j, k) => state.size * state.w_hh[2 * gate + j][k]);
  const steps = [{ c: [0, 0], h: [0, 0], out: [0, 0], rnn: [0, 0] }];
  for (const input of x) steps.push(advance(state, input, steps[steps.length - 1]));
  const found = [];
  let [byCell, byState, chained, straight, plain] = [ONE, rows([0, 0], ONE), ONE, ONE, ONE];
  for (let t = x.length; t > 0; t--) {
    const [{ i, f, g, o, c, out, rnn }, before] = [steps[t], steps[t - 1]];
    const through = [
      rows(PAIR.map((j) => before.c[j] * f[j] * (1 - f[j])), block(1)),
      rows(PAIR.map((j) => g[j] * i[j] * (1 - i[j])), block(0)),
      rows(PAIR.map((j) => i[j] * (1 - g[j] ** 2)), block(2)),
    ];
    const [A, C, D] = through.map((way) => columns(way, before.out));
    const B = rows(f, ONE);
    const whole = plus(byCell, columns(byState, out));
    const sizes = [whole, chained, straight, plain].map(spectral);
    found[t - 1] = { ways: [A, B, C, D], sizes };
    const intoH = rows(PAIR.map((j) => Math.tanh(c[j]) * o[j] * (1 - o[j])), block(3));
    byState = plus(times(whole, plus(...through)), times(byState, intoH));
    byCell = times(whole, B);
    chained = times(chained, plus(A, B, C, D));
    straight = times(straight, B);
    plain = times(plain, rows(PAIR.map((j) => 1 - rnn[j] ** 2), block(2)));
  }
  return found;
}

// --- The drawing --------------------------------------------------------------------------------

const WAYS = [["A", "violet", "through f"], ["B", "green", "straight"],
  ["C", "blue", "through i"], ["D", "red", "through g"]];
const [LOW, HIGH, WIDE, TALL, HEAD] = [-12, 6, 660, 150, 18];

const brief = (value) => value < 0.001 || value >= 10000
  ? value.toExponential(1).replace("-", MINUS) : String(+value.toPrecision(3));

function render({ model, el }) {
  const { w_ih, w_hh, x } = model.get("weights");
  const T = x.length;
  const chosen = presets(model);
  const knobs = [["forget", "forget bias", -6, 6], ["write", "input bias", -6, 6],
    ["show", "output bias", -6, 6], ["size", "size of the weights", 0, 8]].map(
    ([name, label, min, max]) => [name, slider({ label, min, max, step: 0.25,
      set: (v) => change(model, { [name]: v }) })]);
  const chart = svg("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, class: "grid" });
  const place = WIDE / T;
  const bars = x.map((_, t) => WAYS.map(([, colour]) => chart.appendChild(svg("rect", {
    x: place * t + 1, width: place - 2, style: `fill: var(--${colour})` }))));
  const top = svg("text", { x: 2, y: 8, "font-size": 14, style: "text-anchor: start" });
  const mark = chart.appendChild(svg("rect", { width: place, height: TALL, class: "window" }));
  chart.append(top);
  let found = [];
  const touch = movable(chart, {
    label: "step of the network",
    places: [1, T], get: () => [0, model.get("step") - 1],
    set: ([, t]) => change(model, { step: Math.max(2, t + 1) }),
    describe: () => `step ${model.get("step")} of ${T}`,
  });
  const tables = WAYS.map(([name, , words]) =>
    grid({ rows: 2, columns: 2, width: 56, height: 40, font: 17, label: `${name}, ${words}` }));
  const labels = WAYS.map(() => equation());
  WAYS.forEach(([name, colour, words], n) => labels[n].show([[name, colour], ` ${words}`]));
  const plot = axes({ x: [0, T], y: [LOW, HIGH], width: 420, height: 240,
    xLabel: "step t", yLabel: "log10 of the norm", label: "what arrives at the last step" });
  const lines = ["curve", "curve green", "curve orange", "curve dashed"].map(plot.curve);
  const dot = plot.dot();
  const height = (value) => Math.max(LOW, Math.min(HIGH, Math.log10(Math.max(value, 1e-300))));
  const said = live();
  const results = [["arrives", "orange"], ["product"], ["straight", "green"], ["plain RNN"]].map(
    ([words, colour]) => [words, colour, equation()]);

  function draw() {
    const state = Object.fromEntries(knobs.map(([name]) => [name, model.get(name)]));
    const biases = [state.write, state.forget, 0, state.show];
    found = follow({ w_ih, w_hh, biases, size: state.size }, x);
    const step = model.get("step");
    chosen.update(model.get("preset"));
    knobs.forEach(([name, knob]) => knob.update(state[name]));
    const norms = found.map(({ ways }) => ways.map(spectral));
    const sums = norms.map((four) => four.reduce((a, b) => a + b));
    const most = Math.max(2, ...sums);
    norms.forEach((four, t) => {
      let y = TALL;
      four.forEach((value, n) => {
        const tall = ((TALL - HEAD) * value) / most;
        y -= tall;
        fill(bars[t][n], { y, height: tall }, []);
      });
    });
    top.textContent = `largest sum ${brief(Math.max(...sums))}`;
    fill(mark, { x: place * (step - 1) }, []);
    touch.update();
    const { ways, sizes } = found[step - 1];
    ways.forEach((way, n) => way.forEach((line, j) => line.forEach((value, k) =>
      tables[n].paint(j, k, { text: short(value), fill: signedColour(value, 1) }))));
    [3, 2, 0, 1].forEach((which, n) =>
      lines[n](found.map((one, t) => [t + 1, height(one.sizes[which])])));
    dot(step, height(sizes[0]));
    results.forEach(([words, colour, line], n) =>
      line.show([`${words}: `, [brief(sizes[n]), colour ?? ""]]));
    said.say(`Step ${step} of ${T}: ${brief(sizes[0])} of a change arrives at the end, ` +
      `a plain RNN ${brief(sizes[3])}`);
  }

  const four = tables.map((table, n) => column(labels[n].node, table.node));
  return mount(
    model, el, draw,
    toolbar(chosen.node), toolbar(...knobs.map(([, knob]) => knob.node)), chart,
    row("7rem", ...four),
    row("16rem", plot.node, column(...results.map(([, , line]) => line.node))), said.node,
  );
}

export default { render };
