// The powers of a weight: kit_example.py holds the starting values.

function render({ model, el }) {
  const powers = () => Array.from({ length: 11 }, (_, n) => model.get("weight") ** n);
  const chosen = presets(model);
  const weight = slider({
    label: "w",
    min: -1.2,
    max: 1.2,
    step: 0.1,
    set: (value) => change(model, { weight: value }),
  });
  const steps = player({
    label: "step",
    length: 11,
    get: () => model.get("step"),
    set: (n) => change(model, { step: n }),
  });
  const ranges = { x: [0, 10], y: [-2, 3] };
  const plot = axes({ ...ranges, xLabel: "step n", yLabel: "wⁿ", label: "powers of w" });
  const [area, curve, dot] = [plot.area(), plot.curve(), plot.dot()];
  const strip = grid({ rows: 1, columns: 11, width: 34 });
  const mark = strip.frame();
  const places = movable(strip.node, {
    label: "step",
    places: [1, 11],
    get: () => [0, model.get("step")],
    set: ([, n]) => change(model, { step: n }),
    describe: () => `step ${model.get("step")}: ${number(powers()[model.get("step")])}`,
  });
  const formula = equation();
  const said = live();

  function draw() {
    const [w, n, values] = [model.get("weight"), model.get("step"), powers()];
    chosen.update(model.get("preset"));
    weight.update(w);
    steps.update();
    area(values.map((value, m) => [m, value]));
    curve(values.map((value, m) => [m, value]));
    dot(n, values[n]);
    values.forEach((value, m) =>
      strip.paint(0, m, { text: short(value), fill: signedColour(value, 2) }));
    mark(34 * n, 0, 34, 34);
    places.update();
    formula.show([[number(w), "blue"], ` to the power ${n} = `, [number(values[n]), "result"]]);
    said.say(`Step ${n}: ${number(values[n])}`);
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, weight.node),
    row("16rem", plot.node, column(strip.node, formula.node)),
    steps.node,
    said.node,
  );
}

export default { render };
