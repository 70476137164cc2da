function render({ model, el }) {
  const { bytes, height, width } = model.get("photo");
  const photo = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const scene = picture("photograph of a temple; right of the edge, what the kernel sees of it");
  scene.node.firstChild.style.imageRendering = "auto"; // a photograph, not cells
  const weights = grid({ rows: 3, columns: 3, width: 46, label: "the kernel" });
  const edge = svg("line", { class: "window" });
  const handle = svg("circle", { class: "window", r: 5, style: "fill: var(--paper)" });
  const kernels = presets(model, "Kernel for");
  const { node, say } = live();
  let mapped = null;
  let values = [];

  const slide = movable(scene.over, {
    label: "edge between the photograph and its map",
    places: [1, width + 1],
    get: () => [0, model.get("edge")],
    set: ([, at]) => change(model, { edge: at }),
    describe: () => `column ${model.get("edge")} of ${width}`,
  });

  // The map of the photograph, 0 outside: a value for every pixel.
  function correlate(kernel) {
    const key = JSON.stringify(kernel);
    if (key === mapped) return;
    mapped = key;
    values = new Float64Array(height * width);
    for (let i = 1; i < height - 1; i++)
      for (let j = 1; j < width - 1; j++) {
        let sum = 0;
        for (let u = 0; u < 3; u++)
          for (let v = 0; v < 3; v++)
            sum += kernel[u][v] * photo[(i + u - 1) * width + j + v - 1];
        values[i * width + j] = sum;
      }
  }

  function draw() {
    const kernel = model.get("kernel");
    const at = model.get("edge");
    correlate(kernel);
    const sum = kernel.flat().reduce((a, b) => a + b, 0);
    const most = 0.5 * values.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    scene.paint(height, width, (i, j) => {
      const n = i * width + j;
      if (j < at) return [photo[n], photo[n], photo[n], 255];
      if (sum > 1e-9) return [values[n] / sum, values[n] / sum, values[n] / sum, 255];
      const strength = Math.min(1, Math.abs(values[n]) / most) ** 0.7;
      return [...(values[n] < 0 ? [145, 98, 205] : [232, 130, 20]), 255 * strength];
    });
    fill(edge, { x1: at, x2: at, y1: 0, y2: height }, []);
    fill(handle, { cx: at, cy: height / 2 }, []);
    scene.over.replaceChildren(edge, handle);
    slide.update();
    const top = Math.max(...kernel.flat().map(Math.abs));
    kernel.forEach((line, i) => line.forEach((value, j) =>
      weights.paint(i, j, { text: short(value), fill: signedColour(value, top) })));
    kernels.update(model.get("preset"));
    const known = model.get("presets")[model.get("preset")];
    say(`The kernel for ${known?.label ?? "your own numbers"}.`);
  }

  const kernel = element("div", { style: "flex: 0 0 6.5rem" }, weights.node);
  const across = element("div", { class: "across" }, kernel, toolbar(kernels.node));
  return mount(model, el, draw, scene.node, across, node);
}
export default { render };
