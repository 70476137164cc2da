// A chain of layers: dimensions.py holds the presets and the bounds of every number.

const KINDS = [
  ["conv", "convolution"],
  ["pool", "max pooling"],
  ["average", "global average"],
  ["dense", "dense"],
];
const COLOURS = { k: "red", s: "green", p: "blue", d: "violet" };
const FRESH = {
  conv: { kind: "conv", filters: 16, k: 3, s: 1, p: 1, d: 1 },
  pool: { kind: "pool", k: 2, s: 2, p: 0 },
  average: { kind: "average" },
  dense: { kind: "dense", inputs: 1, units: 10 },
};
const LABELS = {
  filters: "filters",
  inputs: "inputs",
  units: "units",
  k: "kernel k",
  s: "stride s",
  p: "padding p",
  d: "dilation d",
};
const grouped = (n) => n.toLocaleString("en");

// --- The arithmetic -----------------------------------------------------------------------------

// What takes the whole map is one window as large as the map.
function windowOf({ kind, k, s, p, d = 1 }, n) {
  return kind === "conv" || kind === "pool" ? { k, s, p, d } : { k: n, s: 1, p: 0, d: 1 };
}

// Follow the shape through the layers; after one that does not fit, nothing comes out.
function follow(size, layers) {
  const steps = [{ n: size, channels: 3, flat: false, parameters: 0, field: 1, jump: 1 }];
  for (const layer of layers) {
    const before = steps[steps.length - 1];
    const step = { ...before, before, layer, parameters: 0, window: null };
    steps.push(step);
    step.dead = Boolean(before.error || before.dead);
    step.error = step.dead ? "" : misfit(layer, before);
    if (step.error || step.dead) continue;
    const { k, s, p, d } = (step.window = windowOf(layer, before.n));
    step.field = before.field + d * (k - 1) * before.jump;
    step.jump = before.jump * s;
    step.n = Math.floor((before.n + 2 * p - d * (k - 1) - 1) / s) + 1;
    step.flat = before.flat || layer.kind === "average" || layer.kind === "dense";
    if (layer.kind === "conv") step.channels = layer.filters;
    if (layer.kind === "conv") step.parameters = layer.filters * (before.channels * k * k + 1);
    if (layer.kind === "dense") step.channels = layer.units;
    if (layer.kind === "dense") step.parameters = layer.units * (layer.inputs + 1);
  }
  return steps;
}

// Say why a layer cannot follow, or "".
function misfit(layer, { n, channels, flat }) {
  if (layer.kind === "dense") {
    const shapes = `(1x${channels * n * n} and ${layer.inputs}x${layer.units})`;
    const fits = channels * n * n === layer.inputs;
    return fits ? "" : `mat1 and mat2 shapes cannot be multiplied ${shapes}`; // torch's words
  }
  if (flat) return "this layer needs an image, but a flat vector comes in";
  if (layer.kind === "average") return "";
  const reach = (layer.d ?? 1) * (layer.k - 1) + 1;
  if (layer.kind === "pool" && 2 * layer.p > layer.k)
    return "the padding is more than half of the window";
  const room = n + 2 * layer.p;
  if (reach <= room) return "";
  return `the kernel covers ${reach} pixels, the padded input has only ${room}`;
}

// The rows of the picture that one row of a step's map sees; columns are alike.
function seenBy(step, row) {
  let rows = new Set([row]);
  for (; step.before; step = step.before) {
    const { k, s, p, d } = step.window;
    const next = new Set();
    for (const i of rows)
      for (let u = 0; u < k; u++) next.add(i * s - p + d * u);
    rows = new Set([...next].filter((r) => r >= 0 && r < step.before.n));
  }
  return [...rows].sort((a, b) => a - b);
}

// Where consecutive numbers begin and end: [1, 2, 5] gives [[1, 3], [5, 6]].
function runs(numbers) {
  const found = [];
  for (const r of numbers) {
    if (found.length && found[found.length - 1][1] === r) found[found.length - 1][1]++;
    else found.push([r, r + 1]);
  }
  return found;
}

// --- The drawing --------------------------------------------------------------------------------

function shapeOf({ flat, channels, n }) {
  return flat ? `${channels}` : `${channels}\u00d7${n}\u00d7${n}`;
}

function nameOf({ layer }) {
  if (!layer) return "input";
  return layer.kind + (layer.k ? ` ${layer.k}\u00d7${layer.k}` : "");
}

// A new layer of a kind; a dense one fits what arrives.
function freshAfter({ channels, n }, kind) {
  return kind === "dense" ? { ...FRESH.dense, inputs: channels * n * n } : FRESH[kind];
}

function render({ model, el }) {
  const photo = planesOf(model.get("photo"));
  const bounds = model.get("numbers");
  const layers = () => model.get("layers");
  const chosen = () => Math.min(model.get("layer"), layers().length);
  let steps = [];
  let maps = [];
  let drawn = "";

  // Each unit in the mean colour of what it sees; computed anew when the chain changes.
  function refresh() {
    const size = model.get("size");
    const key = JSON.stringify([size, layers()]);
    if (key === drawn) return;
    drawn = key;
    steps = follow(size, layers());
    const all = photo[0].length;
    const pick = Array.from({ length: size }, (_, i) => Math.floor(((i + 0.5) * all) / size));
    const image = photo.map((plane) => pick.map((i) => pick.map((j) => plane[i][j])));
    maps = steps.map((step) => {
      if (step.error || step.dead) return null;
      const seen = Array.from({ length: step.n }, (_, i) => seenBy(step, i));
      const mean = (values, at) =>
        at.reduce((sum, r) => sum + values[r], 0) / Math.max(1, at.length);
      const planes = image.map((plane) => {
        const narrow = plane.map((line) => seen.map((at) => mean(line, at)));
        return seen.map((at) => seen.map((_, j) => mean(narrow.map((line) => line[j]), at)));
      });
      return { planes, seen };
    });
    scene.paint(size, size, colour(maps[0]));
  }
  const colour = (map) => (i, j) => [...map.planes.map((plane) => plane[i][j]), 255];

  // Controls of the chosen layer
  const edit = (values) => {
    const next = layers().map((layer, n) => (n === chosen() - 1 ? { ...layer, ...values } : layer));
    change(model, { layers: next });
  };
  const shown = presets(model);
  const size = slider({
    label: "input size",
    min: 8,
    max: photo[0].length,
    set: (n) => change(model, { size: n }),
  });
  const kind = select({
    label: "kind",
    options: KINDS,
    set: (name) => {
      const fresh = freshAfter(steps[chosen() - 1], name);
      change(model, { layers: layers().map((l, n) => (n === chosen() - 1 ? fresh : l)) });
    },
  });
  const controls = Object.entries(LABELS).map(([name, label]) => {
    const [min, max] = Object.values(bounds).map((all) => all[name]).find(Boolean);
    const make = name in COLOURS ? stepper : field;
    const set = (value) => edit({ [name]: Math.max(min, Math.min(max, value)) });
    const control = make({ label, min, max, whole: true, set });
    control.node.classList.add(COLOURS[name] ?? "plain");
    return { name, ...control };
  });
  const add = button("Add a layer after", () => {
    const next = [...layers()];
    const step = steps[chosen()];
    next.splice(chosen(), 0, freshAfter(step, step.flat ? "dense" : "conv"));
    change(model, { layers: next, layer: chosen() + 1 });
  });
  const remove = button("Remove", () => {
    if (chosen() === 0) return;
    const rest = layers().filter((_, n) => n !== chosen() - 1);
    change(model, { layers: rest, layer: chosen() - 1 });
  });

  // The chain, and the sums of the chosen layer
  const chain = choices({ label: "layers", set: (n) => change(model, { layer: n }) });
  const blocks = [];
  function block(step, n) {
    blocks[n] ??= picture();
    const scale = 60 / Math.max(...steps.map((s) => s.n));
    const depth = Math.min(6, Math.round(Math.log2(step.channels)));
    const shadow = Array.from({ length: depth }, (_, m) =>
      `${m + 1}px -${m + 1}px 0 0 var(${m % 2 ? "--faint" : "--line"})`);
    const map = maps[n];
    const words = element("span", { class: "words" }, element("b", {}, nameOf(step)));
    let shape = element("span", { class: "broken" }, step.error ? "\u2717" : "?");
    if (map && step.flat) {
      const height = Math.min(60, 10 + 7 * Math.log2(step.channels));
      shape = element("span", { class: "vector", style: `height: ${height}px` });
    } else if (map) {
      blocks[n].paint(step.n, step.n, colour(map));
      shape = blocks[n].node;
      shape.style.width = `${Math.max(3, scale * step.n)}px`;
      shape.style.boxShadow = shadow.join(", ");
    }
    if (map) {
      words.append(element("span", {}, shapeOf(step)));
      words.append(element("span", {}, n ? `${grouped(step.parameters)} par.` : "pixels"));
    }
    const state = map ? `${shapeOf(step)}, ${step.parameters} parameters` : "not reached";
    const name = `${n}: ${nameOf(step)}, ${step.error || state}`;
    return [element("span", { class: "block" }, shape, words), name];
  }
  const formula = equation();
  const costs = equation();
  const trouble = element("p", { class: "trouble" });
  const summary = element("p");
  const said = live();

  // What the unit sees
  const scene = picture("the photograph, with what the unit sees");
  const shade = svg("path", { class: "shade" });
  const lines = { id: `${el.id}-hatch`, width: 1, height: 1, patternUnits: "userSpaceOnUse" };
  const hatch = svg("pattern", lines, svg("path", { d: "M0 1L1 0", class: "hatch" }));
  const unseen = svg("path", { fill: `url(#${hatch.id})` });
  const frame = svg("rect", { class: "window" });
  scene.over.append(svg("defs", {}, hatch), shade, unseen, frame);
  const map = picture("the map of the layer");
  const unitBox = svg("rect", { class: "window" });
  map.over.append(unitBox);
  const title = element("p", { class: "title" });
  const unit = () => {
    const last = steps[chosen()].n - 1;
    return model.get("unit").map((i) => Math.min(i, last));
  };
  const touch = movable(map.over, {
    label: "unit of the map",
    places: () => [steps[chosen()].n, steps[chosen()].n],
    get: unit,
    set: (to) => change(model, { unit: to }),
    describe: () => `row ${unit()[0]}, column ${unit()[1]}`,
  });
  const result = element("p");

  function drawField(step, { seen }) {
    const [i, j] = unit();
    const [N, n] = [model.get("size"), step.n];
    const [rows, columns] = [runs(seen[i]), runs(seen[j])];
    const holes = rows.flatMap(([a, b]) => columns.map(([c, d]) => `M${c} ${a}V${b}H${d}V${a}Z`));
    shade.setAttribute("d", `M0 0H${N}V${N}H0Z${holes.join("")}`);
    const all = new Set(seen.flat());
    const missing = runs(Array.from({ length: N }, (_, r) => r).filter((r) => !all.has(r)));
    unseen.setAttribute("d", missing.map(([a, b]) =>
      `M0 ${a}H${N}V${b}H0ZM${a} 0H${b}V${N}H${a}Z`).join(""));
    let [top, left] = [i, j];
    for (let at = step; at.before; at = at.before) {
      top = top * at.window.s - at.window.p;
      left = left * at.window.s - at.window.p;
    }
    fill(frame, { x: left, y: top, width: step.field, height: step.field }, []);
    map.paint(n, n, colour(maps[chosen()]));
    fill(unitBox, { x: j, y: i, width: 1, height: 1 }, []);
    touch.update();
    const count = seen[i].length * seen[j].length;
    const hidden = N * N - all.size * all.size;
    const beyond = Math.min(top, left) < 0 || Math.max(top, left) + step.field > N;
    result.replaceChildren(
      `This unit sees ${grouped(count)} of ${grouped(N * N)} pixels. Its receptive field is `,
      element("b", {}, `${step.field}\u00d7${step.field}`),
      beyond ? ", partly in the padding. " : ". ",
      `Its neighbours look ${step.jump} ${step.jump === 1 ? "pixel" : "pixels"} further. `,
      hidden ? `No unit sees the ${grouped(hidden)} hatched pixels.` : "",
    );
    return `Unit ${i}, ${j} sees ${count} of ${N * N} pixels, receptive field ${step.field}`;
  }

  function drawSums(step) {
    const { layer, before, window: w } = step;
    costs.show([]);
    formula.show([`${model.get("size")} rows and columns, 3 channels`]);
    if (step.dead) formula.show(["nothing arrives here"]);
    if (!layer || step.dead) return;
    const price = (n) => [[grouped(n), "result"], " parameters"];
    if (layer.kind === "dense") {
      const arriving = before.channels * before.n * before.n;
      const right = arriving === layer.inputs;
      const but = right ? "" : `, but the layer was built for ${layer.inputs}`;
      formula.show([`${grouped(arriving)} numbers come in${but}`]);
      const { inputs, units } = layer;
      costs.show([`${units} \u00b7 (${inputs} + 1) = `, ...price(units * (inputs + 1))]);
    } else if (layer.kind === "average") {
      formula.show(["one mean for each channel, no parameters"]);
    } else {
      const { k, s, p, d = 1 } = layer;
      formula.show([
        `\u230a(${before.n} + 2\u00b7`, [p, "blue"],
        ` ${MINUS} `, [d, "violet"], "\u00b7(", [k, "red"], ` ${MINUS} 1) ${MINUS} 1) / `,
        [s, "green"], "\u230b + 1 = ", [w ? step.n : "?", "result"],
      ]);
      const [F, C] = [layer.filters, before.channels];
      if (layer.kind === "conv")
        costs.show([
          `${F} \u00b7 (${C} \u00b7 `, [k, "red"], "\u00b2 + 1) = ", ...price(F * (C * k * k + 1)),
        ]);
    }
  }

  function draw() {
    refresh();
    const step = steps[chosen()];
    shown.update(model.get("preset"));
    size.update(model.get("size"));
    chain.update(steps.map(block), chosen());
    kind.node.hidden = !step.layer;
    kind.update(step.layer?.kind);
    for (const { name, node, update } of controls) {
      node.hidden = !(step.layer && name in bounds[step.layer.kind]);
      if (!node.hidden) update(step.layer[name]);
    }
    remove.setAttribute("aria-disabled", String(!step.layer));
    drawSums(step);
    const broken = steps.find(({ error }) => error);
    trouble.hidden = !broken;
    trouble.textContent = broken ? `Layer ${steps.indexOf(broken)}: ${broken.error}` : "";
    const all = steps.reduce((sum, { parameters }) => sum + parameters, 0);
    const out = shapeOf(steps[steps.length - 1]);
    summary.textContent = broken ? "" : `${grouped(all)} parameters in all; ${out} come out.`;
    const reached = maps[chosen()];
    sight.hidden = !reached;
    title.textContent = chosen() ? `layer ${chosen()}: touch it` : "the input: touch it";
    said.say(reached ? drawField(step, reached) : trouble.textContent);
  }

  const sight = row("9rem",
    titled("what the unit sees", scene.node),
    column(title, map.node),
    column(result));
  return mount(
    model, el,
    draw,
    toolbar(shown.node, size.node),
    chain.node,
    trouble,
    sight,
    element("div", { class: "panel" },
      toolbar(kind.node, ...controls.map(({ node }) => node), add, remove),
      formula.node, costs.node),
    summary,
    said.node,
  );
}

export default { render };
