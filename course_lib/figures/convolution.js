// The sliding window over an RGB image: convolution.py holds the starting values and the presets.

const CHANNELS = ["red", "green", "blue"];
const SIZE = 3; // of the kernel
const PLACES = 4; // of the window along each axis
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PATCH = SIZE + PLACES - 1; // pixels of the image along each axis

const turnedHalf = (kernel) =>
  kernel.map((rows) => [...rows].reverse().map((r) => [...r].reverse()));

// One sum for every channel, with the window at (i, j).
const sums = (image, kernel, i, j) =>
  image.map((plane, c) => {
    let sum = 0;
    for (let u = 0; u < SIZE; u++)
      for (let v = 0; v < SIZE; v++) sum += plane[i + u][j + v] * kernel[c][u][v];
    return sum;
  });

// The map of a whole image, (H-2)(W-2) numbers row by row.
function correlate(planes, kernel, bias) {
  const [H, W] = [planes[0].length - SIZE + 1, planes[0][0].length - SIZE + 1];
  const map = new Float64Array(H * W).fill(bias);
  planes.forEach((plane, c) => {
    for (let u = 0; u < SIZE; u++)
      for (let v = 0; v < SIZE; v++) {
        const weight = kernel[c][u][v];
        if (weight === 0) continue;
        for (let i = 0; i < H; i++)
          for (let j = 0; j < W; j++) map[i * W + j] += weight * plane[i + u][j + v];
      }
  });
  return map;
}

// The numbers of a small image: each pixel is three strips, as on a screen.
function pixelGrid() {
  const side = 54;
  const drawing = grid({
    rows: 3 * PATCH,
    columns: PATCH,
    width: side - 6,
    height: (side - 6) / 3,
    font: 13,
    at: (i, j) => [j * side + 3, Math.floor(i / 3) * side + 3 + ((i % 3) * (side - 6)) / 3],
  });
  const pixels = [];
  for (let n = 0; n < PATCH * PATCH; n++) {
    const [x, y] = [(n % PATCH) * side, Math.floor(n / PATCH) * side];
    pixels.push(svg("rect", { x, y, width: side, height: side }));
  }
  drawing.node.prepend(...pixels);
  const veil = svg("path", { class: "veil" });
  drawing.node.append(veil);
  const frame = drawing.frame();
  return {
    node: drawing.node,
    update(image, [i, j]) {
      for (let n = 0; n < PATCH * PATCH; n++) {
        const [r, s] = [Math.floor(n / PATCH), n % PATCH];
        const colours = image.map((plane) => plane[r][s]);
        pixels[n].style.fill = rgb(...colours).fill;
        colours.forEach((value, c) => {
          const parts = [0, 0, 0];
          parts[c] = value;
          drawing.paint(3 * r + c, s, { text: number(value, 0), ...rgb(...parts) });
        });
      }
      const [x, y, w, all] = [j * side, i * side, SIZE * side, PATCH * side];
      veil.setAttribute("d", `M0 0H${all}V${all}H0ZM${x} ${y}v${w}h${w}v${-w}Z`);
      frame(x, y, w, w);
    },
  };
}

// The three slices of the kernel, side by side; one input travels to the weight to be changed.
function kernelGrid(model) {
  const [side, gap] = [36, 14];
  const drawing = grid({
    rows: SIZE,
    columns: 3 * SIZE,
    width: side,
    font: 17,
    at: (u, n) => [n * side + Math.floor(n / SIZE) * gap, u * side],
  });
  const slices = CHANNELS.map((name, c) => {
    const [x, w] = [c * (SIZE * side + gap), SIZE * side];
    return svg("rect", { x, y: 0, width: w, height: w, class: `slice ${name}` });
  });
  drawing.node.append(...slices);
  let chosen = [0, 0]; // row, and column counted through all slices
  const input = element("input", { type: "number", step: "any", class: "weight" });
  const node = element("div", { class: "kernel" }, drawing.node, input);
  const shown = () => (model.get("flip") ? turnedHalf(model.get("kernel")) : model.get("kernel"));
  const weight = ([u, n]) => shown()[Math.floor(n / SIZE)][u][n % SIZE];
  const go = (u, n) => {
    chosen = [(u + SIZE) % SIZE, (n + 3 * SIZE) % (3 * SIZE)];
    place();
    input.select();
  };
  function place() {
    const [u, n] = chosen;
    const { centre } = drawing.cell(u, n);
    const [width, height] = drawing.size;
    input.style.left = `${(100 * (centre[0] - side / 2 + 2)) / (width + 4)}%`;
    input.style.top = `${(100 * (centre[1] - side / 2 + 2)) / (height + 4)}%`;
    input.style.width = `${(100 * side) / (width + 4)}%`;
    input.style.height = `${(100 * side) / (height + 4)}%`;
    const name = `weight, ${CHANNELS[Math.floor(n / SIZE)]}, row ${u}, column ${n % SIZE}`;
    input.setAttribute("aria-label", name);
    input.setAttribute("aria-invalid", "false");
    input.value = Number(weight(chosen).toFixed(4));
  }
  drawing.node.addEventListener("click", (event) => {
    const box = drawing.node.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * drawing.size[0];
    const y = ((event.clientY - box.top) / box.height) * drawing.size[1];
    const n = Math.floor((x - gap * Math.floor(x / (SIZE * side + gap))) / side);
    go(Math.min(SIZE - 1, Math.floor(y / side)), Math.min(3 * SIZE - 1, n));
    input.focus();
    input.select();
  });
  input.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (!by) return;
    event.preventDefault();
    go(chosen[0] + by[0], chosen[1] + by[1]);
  });
  input.addEventListener("input", () => {
    const value = input.valueAsNumber;
    const fits = Number.isFinite(value) && Math.abs(value) <= 99;
    input.setAttribute("aria-invalid", String(!fits));
    if (!fits) return;
    const [u, n] = chosen;
    const edited = shown().map((rows) => rows.map((r) => [...r]));
    edited[Math.floor(n / SIZE)][u][n % SIZE] = value;
    change(model, { kernel: model.get("flip") ? turnedHalf(edited) : edited });
  });
  input.addEventListener("blur", place); // puts the last valid number back
  let flip = model.get("flip");
  return {
    node,
    update() {
      const most = Math.max(...shown().flat(2).map(Math.abs));
      for (let u = 0; u < SIZE; u++)
        for (let n = 0; n < 3 * SIZE; n++) {
          const value = weight([u, n]);
          drawing.paint(u, n, { text: short(value), fill: signedColour(value, most) });
        }
      if (document.activeElement !== input) place();
      if (flip === model.get("flip")) return;
      flip = model.get("flip");
      place();
      input.style.visibility = "hidden";
      animate(900, (t) => {
        const angle = 180 * (1 - t * t * (3 - 2 * t)); // what is left of the half turn
        const scale = 1 - 0.25 * Math.sin((Math.PI * angle) / 180); // so that slices do not collide
        for (let c = 0; c < 3; c++) {
          const [x, y] = drawing.cell(1, SIZE * c + 1).centre;
          const about = `translate(${x} ${y}) rotate(${angle}) scale(${scale})`;
          const turn = `${about} translate(${-x} ${-y})`;
          slices[c].setAttribute("transform", turn);
          for (let n = 0; n < SIZE * SIZE; n++) {
            const [u, v] = [Math.floor(n / SIZE), n % SIZE];
            const { node: cell, text, centre } = drawing.cell(u, SIZE * c + v);
            cell.setAttribute("transform", turn);
            text.setAttribute("transform", `rotate(${-angle} ${centre.join(" ")})`);
          }
        }
        if (t === 1) input.style.visibility = "";
      });
    },
  };
}

// A lens on a picture: the frame around the pixels that the small image or the output holds.
function lensOn({ over }) {
  const frame = svg("rect", { class: "window" });
  over.append(frame);
  return (i, j, side) => fill(frame, { x: j - 1, y: i - 1, width: side + 2, height: side + 2 }, []);
}

function render({ model, el }) {
  const seen = new Set();
  let compared = false;
  let mapped = "";
  const photo = model.get("photo");
  const planes = planesOf(photo);
  const position = () => model.get("position");
  const moveTo = (to) => change(model, { position: to });
  const value = (kernel, [i, j]) =>
    sums(model.get("image"), kernel, i, j).reduce((a, b) => a + b, model.get("bias"));

  // Controls
  const chosen = presets(model);
  const flip = toggle({
    label: "turn the kernel by 180\u00b0",
    set: (on) => change(model, { flip: on }),
  });
  const steps = player({
    label: "window",
    length: PLACES * PLACES,
    format: (n) => `${n + 1} of ${PLACES * PLACES}`,
    get: () => position()[0] * PLACES + position()[1],
    set: (n) => moveTo([Math.floor(n / PLACES), n % PLACES]),
  });
  const blank = button("Blank the output", () => {
    seen.clear();
    draw();
  });

  // The image, the kernel, the outputs
  const pixels = pixelGrid();
  const window_ = movable(pixels.node, {
    label: "window on the image",
    places: [PLACES, PLACES],
    reach: [SIZE, SIZE],
    get: position,
    set: moveTo,
    describe: () => `row ${position()[0]}, column ${position()[1]}`,
  });
  const kernel = kernelGrid(model);
  const bias = field({
    label: "bias",
    min: -9999,
    max: 9999,
    set: (value) => change(model, { bias: value }),
  });
  const total = equation();
  const said = live();
  const outputs = ["output", "true convolution", "difference"].map((title) => {
    const drawing = grid({ rows: PLACES, columns: PLACES, width: 44, font: 17 });
    const node = fill(titled(title, drawing.node), { class: "stack narrow" }, []);
    return { drawing, frame: drawing.frame(), node };
  });
  outputs[0].move = movable(outputs[0].drawing.node, {
    label: "output",
    places: [PLACES, PLACES],
    get: position,
    set: moveTo,
    describe: () => `row ${position()[0]}, column ${position()[1]}`,
  });
  const products = element("details", {}, element("summary", {}, "the 27 products"));
  products.open = matchMedia("(min-width: 600px)").matches;
  const lines = CHANNELS.map((name) => element("p", { class: name }));
  products.append(...lines);

  // The photograph
  const scene = picture("photograph of a temple");
  scene.paint(photo.height, photo.width, (i, j) => [...planes.map((plane) => plane[i][j]), 255]);
  const map = picture("the map of the photograph");
  const [onScene, onMap] = [lensOn(scene), lensOn(map)];
  const scale = element("p", { class: "title" });
  const patch = () => (model.get("patch").length ? model.get("patch") : [40, 60]);
  const lens = movable(scene.over, {
    label: "patch of the photograph",
    places: [photo.height - PATCH + 1, photo.width - PATCH + 1],
    reach: [PATCH, PATCH],
    get: patch,
    set: ([i, j]) => {
      const lines = planes.map((plane) => plane.slice(i, i + PATCH));
      const image = lines.map((plane) => plane.map((line) => line.slice(j, j + PATCH)));
      change(model, { image, patch: [i, j] });
    },
    describe: () => `rows from ${patch()[0]}, columns from ${patch()[1]}`,
  });

  function drawMap(weights) {
    const key = JSON.stringify([weights, model.get("bias")]);
    if (key === mapped) return;
    mapped = key;
    const values = correlate(planes, weights, model.get("bias"));
    const [H, W] = [photo.height - SIZE + 1, photo.width - SIZE + 1];
    const gain = weights.flat(2).reduce((a, b) => a + b, 0);
    if (Math.abs(gain) > 1e-9) {
      map.paint(H, W, (i, j) => [...Array(3).fill(values[i * W + j] / gain), 255]);
      scale.textContent = `its map: black 0, white ${number(255 * gain, 0)}`;
      return;
    }
    const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    map.paint(H, W, (i, j) => {
      const value = values[i * W + j];
      const hue = value < 0 ? [145, 98, 205] : [232, 130, 20];
      return [...hue, 255 * (Math.abs(value) / most) ** 0.6];
    });
    scale.textContent = `its map: purple below 0, orange above, up to ${number(most, 0)}`;
  }

  function draw() {
    const [i, j] = position();
    const image = model.get("image");
    const straight = model.get("kernel");
    const turned = turnedHalf(straight);
    const weights = model.get("flip") ? turned : straight;
    seen.add(i * PLACES + j);
    compared ||= model.get("flip");

    chosen.update(model.get("preset"));
    flip.update(model.get("flip"));
    steps.update();
    pixels.update(image, [i, j]);
    window_.update();
    kernel.update();
    bias.update(model.get("bias"));

    const parts = sums(image, weights, i, j);
    total.show([
      ...parts.map((sum, c) => [`${term(sum, c === 0)} `, CHANNELS[c]]),
      `${term(model.get("bias"))} = `,
      [number(value(weights, [i, j])), "result"],
    ]);
    lines.forEach((line, c) => {
      const terms = weights[c].flatMap((r, u) => r.map((w, v) => w * image[c][i + u][j + v]));
      const text = terms.map((t, n) => term(t, n === 0)).join(" ");
      line.textContent = `${text} = ${number(parts[c])}`;
    });

    const all = Array.from({ length: PLACES ** 2 }, (_, n) => [Math.floor(n / PLACES), n % PLACES]);
    const maps = [straight, turned].map((k) => all.map((at) => value(k, at)));
    maps.push(all.map((_, n) => maps[1][n] - maps[0][n]));
    const most = maps.map((map) => Math.max(...map.map(Math.abs)));
    most[0] = most[1] = 1.4 * Math.max(most[0], most[1]);
    outputs[0].node.firstChild.textContent = compared ? "cross-correlation" : "output";
    outputs.forEach(({ drawing, frame, node }, m) => {
      node.hidden = m > 0 && !compared;
      all.forEach(([r, s], n) => {
        const cell = seen.has(n)
          ? { text: short(maps[m][n]), fill: signedColour(maps[m][n], most[m]) }
          : { text: "?", fill: "transparent", ink: "var(--line)" };
        drawing.paint(r, s, cell);
      });
      const size = m === Number(model.get("flip")) ? 44 : 0;
      frame(j * 44, i * 44, size, size);
    });
    outputs[0].move.update();

    drawMap(weights);
    const here = model.get("patch").length > 0;
    scene.node.classList.toggle("lensless", !here);
    map.node.classList.toggle("lensless", !here);
    onScene(...patch(), PATCH);
    onMap(...patch(), PLACES);
    lens.update();
    const operation = model.get("flip") ? "true convolution" : "cross-correlation";
    const each = parts.map((sum, c) => `${CHANNELS[c]} ${number(sum)}`).join(", ");
    said.say(`Row ${i}, column ${j}, ${operation}: ${each}, bias ${number(model.get("bias"))}, ` +
      `together ${number(value(weights, [i, j]))}`);
  }

  return mount(
    model, el, draw,
    toolbar(chosen.node, bias.node, flip.node),
    row(
      "17rem",
      titled("image: drag the window", pixels.node),
      column(
        titled("kernel: one slice for each channel", kernel.node),
        total.node,
        row("8rem", outputs[0].node, toolbar(steps.node, blank)),
      ),
    ),
    row("8rem", outputs[1].node, outputs[2].node, products),
    row("8rem", titled("a photograph: touch it", scene.node), column(scale, map.node)),
    said.node,
  );
}

export default { render };
