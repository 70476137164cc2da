// The race for the two best words: race.py says what is known after each round.

const [WIDE, TALL] = [420, 300];

function render({ model, el }) {
  const [races, tolerance] = [model.get("races"), model.get("tolerance")];
  const chosen = presets(model);
  const { tokens } = Object.values(races)[0];
  const race = () => races[model.get("race")];
  const at = () => Math.min(model.get("at"), race().rounds.length - 1);
  const documents = (known) => known.counts.reduce((sum, n) => sum + n, 0);
  const gapOf = ({ low, high, pair: [leader, other] }) => high[other] - low[leader];

  const go = (to) => change(model, { at: Math.max(0, Math.min(race().rounds.length - 1, to)) });
  const scrub = player({
    label: "round", length: () => race().rounds.length, pause: 700, get: at, set: go,
  });
  const step = (by) => () => (scrub.stop(), go(at() + by));
  const [back, on] = [button("\u25c2 Back", step(-1)), button("Step \u25b8", step(1))];
  const shows = toggle({
    label: "the two in question", set: (show_pair) => change(model, { show_pair }),
  });

  const plane = axes({
    x: [0, 1.16], y: [7.6, -0.9], width: WIDE, height: TALL, xLabel: "precision",
    yNames: tokens, label: "what the samples of each word leave possible",
  });
  const overlap = plane.node.appendChild(svg("rect", { class: "overlap moving" }));
  const bars = tokens.map((_, i) => ({
    bar: svg("rect", { class: "moving" }),
    dot: svg("circle", { cy: plane.Y(i), r: 5, class: "moving ringed" }),
    exact: svg("line", { y1: plane.Y(i - 0.32), y2: plane.Y(i + 0.32), class: "stroke" }),
    count: svg("text", { x: plane.X(1.09), y: plane.Y(i), class: "tick" }),
  }));
  for (const parts of bars) plane.node.append(...Object.values(parts));
  const size = Math.max(...Object.values(races).map(({ rounds }) => documents(rounds.at(-1))));
  const course = axes({
    x: [0, size], y: [0, 0.7], width: WIDE, height: TALL,
    xLabel: "documents", yLabel: "overlap", label: "how the overlap shrinks",
  });
  const [limit, shrinks] = ["dashed", "orange"].map((name) => course.curve(`curve ${name}`));
  const dot = course.dot();
  const { node: past, hand } = course.underHand();
  const touch = movable(hand, {
    label: "round on the curve", places: () => [1, race().rounds.length], describe: () => words(),
    get: () => [0, at()], set: ([, round]) => (scrub.stop(), go(round)),
  });
  const [asked, gap, verdict, said] = [equation(), equation(), equation(), live()];

  const words = () => {
    const { tokens, rounds } = race();
    const known = rounds[at()];
    const found = known.leaders.map((i) => tokens[i]).join(" and ");
    return `round ${at()} of ${rounds.length - 1}: ${found} lead, ${documents(known)} documents, ` +
      `overlap ${number(gapOf(known), 3)}`;
  };

  function draw() {
    const { tokens, exact, rounds } = race();
    const [known, round, marked] = [rounds[at()], at(), model.get("show_pair")];
    const { low, high, share, counts, leaders, pair: [leader, other] } = known;
    chosen.update(model.get("preset"));
    scrub.update();
    shows.update(marked);
    back.setAttribute("aria-disabled", String(round === 0));
    on.setAttribute("aria-disabled", String(round === rounds.length - 1));
    bars.forEach(({ bar, dot, exact: line, count }, i) => {
      const tall = known.asked.includes(i) ? 9 : 4;
      const colour = `var(--${leaders.includes(i) ? "orange" : "blue"})`;
      const width = plane.X(high[i]) - plane.X(low[i]);
      fill(bar, { x: plane.X(low[i]), width, y: plane.Y(i) - tall / 2, height: tall }, []);
      fill(dot, { cx: plane.X(share[i]) }, []);
      fill(line, { x1: plane.X(exact[i]), x2: plane.X(exact[i]) }, []);
      for (const mark of [bar, dot]) mark.style.fill = colour;
      plane.names[i].textContent = tokens[i];
      plane.names[i].style.fontWeight = marked && [leader, other].includes(i) ? "bold" : "normal";
      count.textContent = counts[i];
    });
    const wide = Math.max(0, gapOf(known));
    overlap.toggleAttribute("hidden", !marked);
    fill(overlap, { y: plane.Y(-0.9), height: plane.Y(7.6) - plane.Y(-0.9) }, []);
    fill(overlap, { x: plane.X(low[leader]), width: plane.X(wide) - plane.X(0) }, []);
    limit([[0, tolerance], [size, tolerance]]);
    shrinks(rounds.slice(0, round + 1).map((one) => [documents(one), gapOf(one)]));
    dot(documents(known), gapOf(known));
    const every = known.asked.length === tokens.length;
    const names = every ? "every word" : known.asked.map((i) => tokens[i]).join(" and ");
    asked.show([`round ${round}, asked: ${names}`]);
    const [from, to, left] = [high[other], low[leader], gapOf(known)].map((v) => number(v, 3));
    const sum = documents(known);
    const difference = [[from, "blue"], ` ${MINUS} `, [to, "orange"]];
    gap.show([`${sum} documents, overlap: `, ...difference, ` = ${left}`]);
    const pair = [[tokens[leader], "orange"], " and ", [tokens[other], "blue"]];
    const stop = ["stop: ", [leaders.map((i) => tokens[i]).join(" and "), "orange"]];
    const open = ["in question: ", ...(marked ? pair : ["which two?"])];
    verdict.show(round === rounds.length - 1 ? stop : open);
    // The hand lies over the rounds of the race, which may end before the axes do.
    const ends = [0, rounds.length - 1].map((n) => (100 * course.X(documents(rounds[n]))) / WIDE);
    const half = (ends[1] - ends[0]) / (rounds.length - 1) / 2;
    hand.style.left = `${ends[0] - half}%`;
    hand.style.width = `${ends[1] - ends[0] + 2 * half}%`;
    touch.update();
    said.say(words());
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, back, on, shows.node),
    scrub.node,
    row("16rem", plane.node, past),
    row("16rem", asked.node, verdict.node),
    gap.node,
    said.node,
  );
}

export default { render };
