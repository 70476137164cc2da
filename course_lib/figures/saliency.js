// A score that saturates: saliency.py holds the presets and the names of the methods.

// --- The arithmetic -----------------------------------------------------------------------------

const score = (a, b) => 1 - Math.max(0, 1 - a - b);

// The error function, to 2e-7 (Abramowitz and Stegun, Handbook of mathematical functions, 7.1.26).
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const factors = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const sum = factors.reduce((total, factor) => (total + factor) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

// method -> what it gives to the two inputs.
function attributions(a, b, sigma) {
  const [y, total] = [score(a, b), a + b];
  const alone = [score(a, 0), score(0, b)];
  const slope = total < 1 - 1e-9 ? 1 : 0;
  const smooth = (1 + erf((1 - total) / (2 * sigma))) / 2;
  return {
    gradient: [slope, slope],
    times: [slope * a, slope * b],
    occlusion: [y - alone[1], y - alone[0]],
    smooth: [smooth, smooth],
    integrated: [a / Math.max(1, total), b / Math.max(1, total)],
    shapley: [(alone[0] + y - alone[1]) / 2, (alone[1] + y - alone[0]) / 2],
  };
}

// --- The drawing --------------------------------------------------------------------------------

const SIDE = 21; // places of the point along each input, 0.1 apart
const X = (v) => 10 * v + 0.5;
const Y = (v) => SIDE - 0.5 - 10 * v;
const digits = (v) => v.toFixed(2).replace("-", MINUS);

// The plane: bands of equal score up to the edge, then the plateau.
function plane() {
  const node = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}` });
  const shape = (points, value) => {
    const at = points.map(([a, b]) => `${X(a)},${Y(b)}`).join(" ");
    node.append(svg("polygon", { points: at, style: `fill: ${signedColour(value, 1.3)}` }));
  };
  for (let k = 0; k < 10; k++) {
    const [s, t] = [k / 10, (k + 1) / 10];
    shape([[s, 0], [t, 0], [0, t], [0, s]], s + 0.05);
  }
  shape([[1, 0], [2, 0], [2, 2], [0, 2], [0, 1]], 1);
  const style = "stroke: var(--ink); stroke-width: 0.12; stroke-dasharray: 0.5 0.4";
  node.append(svg("line", { x1: X(1), y1: Y(0), x2: X(0), y2: Y(1), style }));
  const words = [[1.35, 1.72, "plateau: y = 1"], [0.42, 0.13, "slope"], [1.0, 0.05, "1"],
    [1.96, 0.05, "2"], [0.04, 1.0, "1"], [0.04, 1.93, "2"]];
  for (const [a, b, text] of words)
    node.append(svg("text", { x: X(a), y: Y(b), "font-size": 0.95 }, text));
  return node;
}

function render({ model, el }) {
  const at = () => ["i1", "i2", "sigma"].map((name) => model.get(name));
  const chosen = presets(model);
  const noise = slider({
    label: "noise \u03c3", min: 0.05, max: 1, step: 0.05, format: digits,
    set: (sigma) => change(model, { sigma }),
  });

  const map = plane();
  const style = "fill: none; stroke: var(--ink); stroke-width: 0.1; stroke-dasharray: 0.3 0.3";
  const circle = svg("circle", { style });
  const dot = svg("circle", { r: 0.55, style: "fill: var(--frame); stroke: var(--ink)" });
  dot.style.strokeWidth = 0.15;
  map.append(circle, dot);
  map.style.overflow = "hidden"; // a wide circle ends at the rim
  map.style.maxWidth = "15.5rem"; // so that a phone shows the bars, too
  const touch = movable(map, {
    label: "the two inputs",
    places: [SIDE, SIDE],
    get: () => [SIDE - 1 - Math.round(10 * at()[1]), Math.round(10 * at()[0])],
    set: ([i, j]) => change(model, { i1: j / 10, i2: (SIDE - 1 - i) / 10 }),
    describe: () => `input 1 ${number(at()[0])}, input 2 ${number(at()[1])}`,
  });

  const names = Object.entries(model.get("methods"));
  const label = "what each explanation gives to the two inputs";
  const bars = svg("svg", { viewBox: `0 0 340 ${46 * names.length}`, role: "img" });
  const strips = svg("g");
  bars.append(strips);
  const made = names.map(([method, name], row) => {
    const top = 46 * row;
    const start = "text-anchor: start";
    bars.append(svg("text", { x: 0, y: top + 8, "font-size": 13, style: start }, name));
    const sum = svg("text", { x: 338, y: top + 8, "font-size": 12, style: "text-anchor: end" });
    const pair = ["--blue", "--orange"].map((ink, j) => {
      const y = top + 17 + 12 * j;
      const bar = svg("rect", { x: 0, y, height: 10, style: `fill: var(${ink})` });
      const text = svg("text", { y: y + 5, "font-size": 11, style: start });
      text.dataset.value = `${method}-${j + 1}`;
      strips.append(bar);
      bars.append(text);
      return { bar, text };
    });
    bars.append(sum);
    return { method, sum, pair };
  });
  const [formula, said] = [equation(), live()];

  function draw() {
    const [a, b, sigma] = at();
    const found = attributions(a, b, sigma);
    chosen.update(model.get("preset"));
    noise.update(sigma);
    fill(dot, { cx: X(a), cy: Y(b) }, []);
    fill(circle, { cx: X(a), cy: Y(b), r: 10 * sigma }, []);
    touch.update();
    for (const { method, sum, pair } of made) {
      const values = found[method];
      pair.forEach(({ bar, text }, j) => {
        bar.setAttribute("width", Math.max(1, 250 * values[j]));
        text.setAttribute("x", 6 + 250 * values[j]);
        text.textContent = digits(values[j]);
      });
      sum.textContent = `sum ${digits(values[0] + values[1])}`;
    }
    bars.setAttribute("aria-label", `${label}: ${names.map(([method, name]) =>
      `${name} ${found[method].map(digits).join(" and ")}`).join("; ")}`);
    formula.show([
      "y = 1 \u2212 max(0, 1 \u2212 ", [number(a), "blue"], " \u2212 ", [number(b), "orange"],
      ") = ", [digits(score(a, b)), "result"],
    ]);
    said.say(`Inputs ${number(a)} and ${number(b)}, score ${digits(score(a, b))}. ` +
      `Gradient ${found.gradient[0]}, SmoothGrad ${digits(found.smooth[0])}.`);
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, noise.node),
    formula.node,
    row("14rem", titled("input 1 to the right, input 2 upwards", map), bars),
    said.node,
  );
}

export default { render };
