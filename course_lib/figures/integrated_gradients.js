// The way from a baseline to a digit: integrated_gradients.py holds slopes, scores and shares.

const SIDE = 8;
const LEAST = -3.5; // of the logarithm of a gap
const [WIDE, TALL] = [400, 250];

// --- The arithmetic -----------------------------------------------------------------------------

// The places of a rule, [alpha, weight, slope] for each, and what they add up to.
function placesOf(path, rule, n) {
  if (rule === "gauss_legendre") return path.gauss[n];
  const last = path.slopes.length - 1;
  const at = (alpha, weight) => [alpha, weight, path.slopes[Math.round(alpha * last)]];
  const shift = { left: 0, midpoint: 0.5, right: 1 }[rule];
  if (rule !== "trapezoid")
    return Array.from({ length: n }, (_, k) => at((k + shift) / n, 1 / n));
  return Array.from({ length: n + 1 }, (_, k) => at(k / n, (k % n ? 1 : 0.5) / n));
}

const total = (places) => places.reduce((sum, [, weight, slope]) => sum + weight * slope, 0);
const rise = (path) => path.scores[path.scores.length - 1] - path.scores[0];

// What the rule takes for the curve: a line for the trapezoid, else a bar for each place.
function outline(places, rule) {
  if (rule === "trapezoid") return places.map(([alpha, , slope]) => [alpha, slope]);
  const points = [];
  let from = 0;
  for (const [, weight, slope] of places) {
    points.push([from, 0], [from, slope], [from + weight, slope], [from + weight, 0]);
    from += weight;
  }
  return points;
}

// --- The drawing --------------------------------------------------------------------------------

function render({ model, el }) {
  const counts = model.get("counts");
  const rules = model.get("rules");
  const image = model.get("image");
  const paths = model.get("paths");
  const most = model.get("most");
  const path = () => paths[model.get("start")];
  const chosen = presets(model);
  const choice = (label, trait, options) =>
    select({ label, options, set: (name) => change(model, { [trait]: name }) });
  const start = choice("baseline", "start", Object.keys(paths).map((name) => [name, name]));
  const rule = choice("rule", "rule", Object.entries(rules));
  const steps = slider({
    label: "steps n", min: 0, max: counts.length - 1,
    format: (at) => number(counts[at]),
    set: (at) => change(model, { steps: counts[at] }),
  });
  const walk = player({
    label: "way", length: most + 1, pause: 80,
    format: (at) => `${number((100 * at) / most)} %`,
    get: () => model.get("place"), set: (place) => change(model, { place }),
  });

  const square = { rows: SIDE, columns: SIDE, width: 20, font: 1 };
  const here = grid({ ...square, label: "the image on the way" });
  const shares = grid({ ...square, label: "the shares so far" });
  const slopes = Object.values(paths).flatMap((one) => one.slopes);
  const [lowest, highest] = [Math.min(...slopes) - 5, Math.max(...slopes) + 5];
  const plot = axes({
    x: [0, 1], y: [lowest, highest], width: WIDE, height: TALL,
    xLabel: "way from the baseline to the six", yLabel: "slope of the score",
    label: "slope of the score along the way",
  });
  const area = plot.area();
  const bars = plot.curve("curve dashed");
  const line = plot.curve("curve orange");
  const frame = svg("line", { y1: plot.Y(highest), y2: plot.Y(lowest), class: "window" });
  plot.node.append(frame);
  const { node: slope, hand } = plot.underHand();
  const touch = movable(hand, {
    label: "place on the way",
    places: [1, most + 1],
    get: () => [0, model.get("place")],
    set: ([, place]) => (walk.stop(), change(model, { place })),
    describe: () => words(),
  });
  const gaps = axes({
    x: [0, 2], y: [LEAST, 1.5], width: 400, height: 230,
    xLabel: "log10 of the steps n", yLabel: "log10 of the gap", label: "gap against the steps",
  });
  const gapLine = gaps.curve("curve blue");
  const dot = gaps.dot();
  const [gained, summed, said] = [equation(), [equation(), equation(), equation()], live()];
  const log = (value) => Math.max(LEAST, Math.log10(Math.abs(value) + 1e-9));
  const gap = (n) => total(placesOf(path(), model.get("rule"), n)) - rise(path());
  const won = () => path().scores[model.get("place")] - path().scores[0];
  const words = () => {
    const share = number((100 * model.get("place")) / most);
    return `${share} % of the way, the score has gained ${number(won(), 1)}`;
  };

  function draw() {
    const [place, n, name] = [model.get("place"), model.get("steps"), model.get("rule")];
    const now = path();
    chosen.update(model.get("preset"));
    start.update(model.get("start"));
    rule.update(name);
    steps.update(counts.indexOf(n));
    walk.update();
    const got = place ? now.shares[place - 1] : image.map(() => 0);
    const limit = Math.max(...now.shares[most - 1].map(Math.abs));
    image.forEach((pixel, k) => {
      const [i, j] = [Math.floor(k / SIDE), k % SIDE];
      const mixed = now.start + (place / most) * (pixel - now.start);
      here.paint(i, j, rgb(Math.round(255 * mixed)));
      shares.paint(i, j, { fill: signedColour(got[k], limit) });
    });
    const last = now.slopes.length - 1;
    const curve = now.slopes.map((slope, k) => [k / last, slope]);
    line(curve);
    area(curve.slice(0, Math.max(2, (place / most) * last + 1)));
    const places = placesOf(now, name, n);
    bars(outline(places, name));
    const x = plot.X(place / most);
    fill(frame, { x1: x, x2: x }, []);
    touch.update();
    gapLine(counts.map((count) => [Math.log10(count), log(gap(count))]));
    dot(Math.log10(n), log(gap(n)));
    const [before, after] = [number(now.scores[0], 1), number(now.scores[place], 1)];
    gained.show(["gained ", [number(won(), 1), "orange"], ` = ${after} ${MINUS} (${before})`]);
    summed[0].show([`${rules[name]}, n = ${n}: ${number(total(places), 2)}`]);
    summed[1].show([`true rise: ${number(rise(now), 2)}`]);
    summed[2].show(["gap: ", [number(gap(n), 3), "blue"]]);
    said.say(`${words()}. ${rules[name]} with ${n} steps: gap ${number(gap(n), 2)}`);
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, walk.node),
    row("16rem", column(row("7rem", titled("on the way", here.node),
      titled("shares so far", shares.node)), gained.node), slope),
    toolbar(start.node, rule.node, steps.node),
    row("16rem", gaps.node, column(...summed.map((one) => one.node))),
    said.node,
  );
}

export default { render };
