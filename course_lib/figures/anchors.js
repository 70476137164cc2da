// All anchors of a review: anchors.py says for each set of kept words whether the label stays.

const [SETS, PLACES] = [256, [0, 1, 2, 3, 4, 5, 6, 7]];
const [WIDE, TALL] = [400, 290];

// --- The arithmetic -----------------------------------------------------------------------------

const held = (code) => PLACES.filter((i) => (code >> i) & 1);

// The exact precision of every anchor, a set of words as bits: the mean over all that may be lost.
function precisionsOf({ same }) {
  return Array.from({ length: SETS }, (_, code) => {
    let stays = 0;
    for (let mask = 0; mask < SETS; mask++) stays += same[mask | code] === "1";
    return stays / SETS;
  });
}

// A1, A2, A3: all that pass, the shortest of them, the most precise of those, in order.
function selection(precisions, threshold) {
  const all = precisions.map((_, code) => code).filter((c) => 100 * precisions[c] >= threshold);
  const fewest = Math.min(...all.map((code) => held(code).length));
  const short = all.filter((code) => held(code).length === fewest);
  const top = Math.max(...short.map((code) => precisions[code]));
  const order = (a, b) => (held(a).join() < held(b).join() ? -1 : 1);
  return [all, short, short.filter((code) => precisions[code] === top).sort(order)];
}

// The largest q with n KL(p, q) <= beta; without samples everything is possible.
function upper(p, n, beta) {
  const part = (a, b) => (a === 0 ? 0 : a * Math.log(a / b));
  let [low, high] = [n ? p : 1, 1];
  for (let step = 0; step < 50; step++) {
    const q = (low + high) / 2;
    if (n * (part(p, q) + part(1 - p, 1 - q)) <= beta) low = q;
    else high = q;
  }
  return high;
}

// --- The drawing --------------------------------------------------------------------------------

function render({ model, el }) {
  const names = ["reviews", "draws", "most", "beta"];
  const [reviews, draws, most, beta] = names.map((name) => model.get(name));
  const tables = {};
  for (const name in reviews) tables[name] = precisionsOf(reviews[name]);
  const chosen = presets(model);
  const samples = player({
    label: "samples", length: most + 1, pause: 250,
    get: () => model.get("n"), set: (n) => change(model, { n }),
  });
  const text = grid({ rows: 2, columns: 4, width: 84, height: 30, font: 15, label: "the words" });
  const plane = axes({
    x: [0, 1], y: [-0.5, 8.8], width: WIDE, height: TALL,
    xLabel: "precision", yLabel: "words held", label: "all anchors, precision against length",
  });
  const marks = Array.from({ length: SETS }, () => svg("circle"));
  const limit = svg("line", { y1: plane.Y(8.8), y2: plane.Y(-0.5), class: "window" });
  plane.node.append(...marks, limit);
  const { node: field, hand } = plane.underHand();
  const touch = movable(hand, {
    label: "threshold", places: [1, 101],
    describe: () => words(), get: () => [0, model.get("threshold")],
    set: ([, threshold]) => (samples.stop(), change(model, { threshold })),
  });
  const bounds = axes({
    x: [0, most], y: [0, 1.1], width: WIDE, height: TALL,
    xLabel: "samples", yLabel: "still possible", label: "what the samples leave possible",
  });
  const band = bounds.node.appendChild(svg("path", { class: "area" }));
  const [exact, share] = ["dashed", "orange"].map((name) => bounds.curve(`curve ${name}`));
  const dot = bounds.dot();
  const [counted, selected, seen, open, said] = [...Array.from({ length: 4 }, equation), live()];

  // What the samples say of an anchor, one after the other: [share, lower, upper, agreements].
  function course({ same }, anchor, n, stays = 0) {
    return Array.from({ length: n + 1 }, (_, k) => {
      if (k) stays += same[draws[k - 1] | anchor] === "1";
      const p = k ? stays / k : 1;
      return [p, 1 - upper(1 - p, k, beta), upper(p, k, beta), stays];
    });
  }

  const now = () => {
    const [precisions, review] = [tables, reviews].map((all) => all[model.get("review")]);
    const chosen = selection(precisions, model.get("threshold"));
    const anchor = chosen[2][0]; // the whole review always passes
    const name = held(anchor).map((i) => review.tokens[i]).join(" + ") || "no word";
    return { precisions, review, chosen, anchor, name };
  };
  const words = () => {
    const { chosen, name } = now();
    const at = number(model.get("threshold") / 100);
    return `threshold ${at}: ${chosen[0].length} of ${SETS} pass, the anchor is ${name}`;
  };

  function draw() {
    const { precisions, review, chosen: lists, anchor, name } = now();
    const [n, { tokens, label, same }] = [model.get("n"), review];
    chosen.update(model.get("preset"));
    for (const part of [samples, touch]) part.update();
    const [[pass, short, best], groups] = [lists.map((codes) => new Set(codes)), {}];
    // Dots of equal length and precision lie above each other.
    marks.forEach((_, c) => (groups[[held(c).length, precisions[c]]] ??= []).push(c));
    for (const group of Object.values(groups)) group.forEach((code, rank) => {
      const shift = 0.9 * ((rank + 0.5) / group.length - 0.5);
      const [cx, cy] = [plane.X(precisions[code]), plane.Y(held(code).length + shift)];
      fill(marks[code], { cx, cy, r: short.has(code) ? 6 : 3 }, []);
      marks[code].style.fill = pass.has(code) ? "var(--orange)" : "var(--line)";
      marks[code].style.stroke = best.has(code) ? "var(--ink)" : "none";
    });
    for (const x of ["x1", "x2"]) limit.setAttribute(x, plane.X(model.get("threshold") / 100));
    const kept = n ? draws[n - 1] | anchor : SETS - 1;
    PLACES.forEach((i) => {
      const [lit, stays] = [(anchor >> i) & 1, (kept >> i) & 1];
      const colour = lit ? "var(--positive)" : stays ? "transparent" : "var(--faint)";
      text.paint(Math.floor(i / 4), i % 4, { text: stays ? tokens[i] : "", fill: colour });
    });
    const steps = course(review, anchor, n);
    const [p, low, high, stays] = steps[n];
    const edges = [2, 1].map((side) => steps.map((step, k) => [k, step[side]]));
    const outline = [...edges[0], ...edges[1].reverse()];
    band.setAttribute("d", `M${outline.map(([k, q]) => [bounds.X(k), bounds.Y(q)]).join("L")}Z`);
    exact([[0, precisions[anchor]], [most, precisions[anchor]]]);
    share(steps.slice(1).map(([mean], k) => [k + 1, mean]));
    dot(n, p);
    counted.show([lists.map((codes, k) => `A${k + 1}: ${codes.length}`).join(", ")]);
    selected.show(["held: ", [name, "orange"]]);
    const verdict = same[kept] === "1" ? "does" : "does not";
    seen.show([`${stays} of ${n} stay ${label}`, n ? `, this one ${verdict}` : ""]);
    const range = `${number(low, 3)} to ${number(high, 3)}`;
    open.show([[range, "blue"], `, exact ${number(precisions[anchor], 3)}`]);
    said.say(`${words()}. After ${n} samples ${range} is possible`);
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, samples.node),
    row("16rem", column(text.node, counted.node), column(selected.node, seen.node, open.node)),
    row("16rem", field, bounds.node),
    said.node,
  );
}

export default { render };
