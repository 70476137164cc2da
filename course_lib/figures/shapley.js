// Players arrive in one order after the other: shapley.py holds orders, gains, means and errors.

const INKS = ["orange", "blue", "green", "violet", "red"];
const [WIDE, TALL] = [400, 270];

// The least and largest of some numbers, with a little room.
function span(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = 0.06 * (high - low);
  return [low < 0 ? low - room : 0, high + room];
}

function render({ model, el }) {
  const most = model.get("most");
  const walks = model.get("walks");
  const walk = () => walks[`${model.get("game")} ${model.get("way")}`];
  const chosen = presets(model);
  const choice = (label, trait, options) =>
    select({ label, options: Object.entries(options), set: (v) => change(model, { [trait]: v }) });
  const game = choice("game", "game", model.get("games"));
  const way = choice("orders", "way", model.get("ways"));
  const play = player({
    label: "orders seen", length: most, pause: 250,
    format: (at) => number(at + 1),
    get: () => model.get("seen") - 1, set: (at) => change(model, { seen: at + 1 }),
  });

  const blank = axes({ x: [0, 1], y: [0, 1], width: WIDE, height: TALL, label: "" });
  const { node: plot, hand } = blank.underHand(); // `curves` puts the axes of a game in its place
  const touch = movable(hand, {
    label: "orders seen",
    places: [1, most],
    get: () => [0, model.get("seen") - 1],
    set: ([, at]) => (play.stop(), change(model, { seen: at + 1 })),
    describe: () => words(),
  });
  const ladder = element("div");
  const means = [0, 1, 2, 3, 4].map(() => equation());
  for (const one of means) one.node.style = "font-size: 0.95rem; margin: 0";
  const [came, said] = [equation(), live()];
  let frame = null;
  let drawn = "";

  const order = () => walk().orders[model.get("seen") - 1];
  const words = () => {
    const { names, means } = walk();
    const seen = model.get("seen");
    const list = names.map((name, j) => `${name} ${number(means[seen - 1][j], 2)}`);
    return `${seen} orders seen. Means: ${list.join(", ")}`;
  };

  // Means, bands and exact values: they change with the game and the way only.
  function curves() {
    const now = walk();
    const band = (sign) => (row, n) =>
      row.map((mean, j) => mean + 2 * sign * (now.errors[n][j] ?? 0));
    const some = now.means.slice(3);
    const all = [1, -1].flatMap((sign) => some.flatMap((row, n) => band(sign)(row, n + 3)));
    const [low, high] = span([...all, ...now.exact]);
    const field = axes({
      x: [1, most], y: [low, high], width: WIDE, height: TALL,
      xLabel: "orders seen", yLabel: "mean gain", label: "mean gain of each player",
    });
    const inside = (y) => Math.max(low, Math.min(high, y));
    now.names.forEach((_, j) => {
      const ink = `var(--${INKS[j]})`;
      const edge = (sign) => now.means.map((row, n) => [n + 1, inside(band(sign)(row, n)[j])]);
      const known = (points) => points.filter((_, n) => now.errors[n][j] !== null);
      const outline = [...known(edge(1)), ...known(edge(-1)).reverse()];
      const points = outline.map(([a, b]) => `${field.X(a)},${field.Y(b)}`).join(" ");
      field.node.append(svg("polygon", { points, style: `fill: ${ink}; opacity: 0.18` }));
      const exact = field.curve("curve dashed");
      exact([[1, now.exact[j]], [most, now.exact[j]]]);
      const line = field.curve("curve");
      line(now.means.map((row, n) => [n + 1, inside(row[j])]));
      for (const path of [...field.node.querySelectorAll("path")].slice(-2))
        path.style.stroke = ink;
    });
    frame = svg("line", { y1: field.Y(low), y2: field.Y(high), class: "window" });
    frame.at = (n) => fill(frame, { x1: field.X(n), x2: field.X(n) }, []);
    field.node.append(frame);
    plot.firstChild.replaceWith(field.node);
  }

  // Who came in this order, one step of a stair each.
  function stair() {
    const now = walk();
    const gains = now.gains[model.get("seen") - 1];
    const levels = [now.start];
    for (const j of order()) levels.push(levels[levels.length - 1] + gains[j]);
    const ends = now.gains.flatMap((row, n) => now.orders[n].reduce(
      (so, j) => [...so, so[so.length - 1] + row[j]], [now.start]));
    const least = now.start > 0 ? Math.min(...ends) : 0;
    const room = 0.15 * (Math.max(...ends) - Math.min(...ends));
    const [low, high] = [Math.min(least, ...ends) - (least ? room : 0), Math.max(...ends) + room];
    const field = axes({
      x: [0, order().length], y: [low, high], width: WIDE, height: TALL,
      xLabel: "arrived", yLabel: "reward", label: "rewards along this order",
    });
    order().forEach((j, k) => {
      const [from, to] = [field.Y(levels[k]), field.Y(levels[k + 1])];
      const [x, width] = [field.X(k) + 4, field.X(k + 1) - field.X(k) - 8];
      const box = { x, width, y: Math.min(from, to), height: Math.max(2, Math.abs(to - from)) };
      const text = `${gains[j] < 0 ? "" : "+"}${number(gains[j], 1)}`;
      const at = { x: x + width / 2, y: Math.min(from, to) - 7, class: "tick" };
      field.node.append(svg("g", {}, svg("rect", { ...box, style: `fill: var(--${INKS[j]})` })));
      field.node.append(svg("text", { ...at, style: "fill: var(--ink)" }, text));
    });
    ladder.replaceChildren(field.node);
  }

  function draw() {
    const [now, seen] = [walk(), model.get("seen")];
    chosen.update(model.get("preset"));
    game.update(model.get("game"));
    way.update(model.get("way"));
    play.update();
    const key = `${model.get("game")} ${model.get("way")}`;
    if (key !== drawn) curves();
    drawn = key;
    stair();
    frame.at(seen);
    touch.update();
    came.show(["order ", `${seen}: `, ...order().flatMap((j, k) =>
      [k ? ", " : "", [now.names[j], INKS[j]]])]);
    means.forEach((one, j) => {
      one.node.hidden = j >= now.names.length;
      const error = now.errors[seen - 1][j];
      one.show(j >= now.names.length ? [] : [[now.names[j], INKS[j]],
        `: ${number(now.means[seen - 1][j], 2)} \u00b1 `,
        error === null ? "?" : number(error, 2), `, exact ${number(now.exact[j], 2)}`]);
    });
    said.say(words());
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, play.node),
    row("16rem", ladder, plot),
    came.node,
    row("18rem", ...means.map((one) => one.node)),
    toolbar(game.node, way.node),
    said.node,
  );
}

export default { render };
