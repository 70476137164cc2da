// The kit, put before every figure's own module: what it defines, a figure may use.

// --- Text ---------------------------------------------------------------------------------------

const MINUS = "\u2212";

// A number in full: at most `digits` decimals, with a real minus sign.
function number(value, digits = 6) {
  return String(Number(value.toFixed(digits)) + 0).replace("-", MINUS);
}

// A number for a small cell: three digits that count.
function short(value) {
  const size = Math.abs(value);
  return number(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

// A term of a sum: "+ 5" or "\u2212 5", and without the plus where it comes first.
function term(value, first = false) {
  const sign = value < 0 ? MINUS : first ? "" : "+";
  return `${sign}${first ? "" : "\u00a0"}${number(Math.abs(value))}`;
}

// --- Elements -----------------------------------------------------------------------------------

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// Parts side by side that share the width; one that would get less than `least` wraps.
function row(least, ...parts) {
  return element("div", { class: "across", style: `--least: ${least}` }, ...parts);
}

function column(...parts) {
  return element("div", { class: "stack" }, ...parts);
}

// A part with a title above it.
function titled(title, ...parts) {
  return element("div", { class: "stack" }, element("p", { class: "title" }, title), ...parts);
}

function toolbar(...controls) {
  return element("div", { class: "controls" }, ...controls);
}

// --- The model ----------------------------------------------------------------------------------

// Set traits together. What the reader changes by hand is no preset any more.
function change(model, values) {
  const before = model.get("preset");
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  if (before && Object.keys(values).some((name) => name in model.get("presets")[before].state))
    model.set("preset", "");
  model.save_changes();
}

function choosePreset(model, name) {
  const preset = model.get("presets")[name];
  if (!preset) return;
  const values = { ...preset.state, ...preset.view };
  for (const [trait, value] of Object.entries(values)) model.set(trait, value);
  model.set("preset", name);
  model.save_changes();
}

// Put the parts of a figure on the page, with name and caption, and draw whenever the model
// changes. Returns what takes it down again.
function mount(model, el, draw, ...parts) {
  el.classList.add("course-figure");
  el.setAttribute("role", "figure");
  el.setAttribute("aria-label", model.get("title"));
  el.replaceChildren(...parts, element("p", { class: "caption" }, model.get("caption")));
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

// --- Controls -----------------------------------------------------------------------------------

function button(label, action, attributes = {}) {
  const node = element("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", action);
  return node;
}

// Every control is { node, update(value) }: put the node somewhere, call update in draw.
function slider({ label, min, max, step = 1, format = number, set }) {
  const input = element("input", { type: "range", min, max, step });
  const shown = element("output");
  input.addEventListener("input", () => set(input.valueAsNumber));
  return {
    node: element("label", { class: "slider" }, element("span", {}, label), input, shown),
    update(value, limit = max) {
      input.max = limit;
      input.value = value;
      shown.textContent = format(value);
      input.setAttribute("aria-valuetext", format(value));
    },
  };
}

// A whole number with a button on either side.
function stepper({ label, name = label, min, max, set }) {
  let value = min;
  const shown = element("output", { "aria-live": "off" });
  const less = button(MINUS, () => set(value - 1), { "aria-label": `${name} less` });
  const more = button("+", () => set(value + 1), { "aria-label": `${name} more` });
  return {
    node: element("span", { class: "stepper", role: "group", "aria-label": name },
      element("span", { class: "name" }, label), less, shown, more),
    update(next, limit = max) {
      value = next;
      shown.textContent = number(value);
      less.setAttribute("aria-disabled", String(value <= min));
      more.setAttribute("aria-disabled", String(value >= limit));
    },
  };
}

// A number to type: what does not fit is marked, and put back when the reader leaves.
function field({ label, name = label, min = -Infinity, max = Infinity, whole = false, set }) {
  const input = element("input", { type: "number", step: "any", "aria-label": name });
  let shown = 0;
  input.addEventListener("input", () => {
    const value = input.valueAsNumber;
    const fits = value >= min && value <= max && (!whole || Number.isInteger(value));
    input.setAttribute("aria-invalid", String(!fits));
    if (fits) set(value);
  });
  const update = (value) => {
    shown = value;
    if (document.activeElement === input) return;
    input.value = value;
    input.setAttribute("aria-invalid", "false");
  };
  input.addEventListener("blur", () => setTimeout(() => update(shown)));
  return { node: element("label", {}, element("span", { class: "name" }, label), input), update };
}

// `options` is a list of [value, text].
function select({ label, options, set }) {
  const input = element("select");
  for (const [value, text] of options) input.append(element("option", { value }, text));
  input.addEventListener("change", () => set(input.value));
  return {
    node: element("label", {}, element("span", {}, label), input),
    update: (value) => (input.value = value),
  };
}

function toggle({ label, set }) {
  const input = element("input", { type: "checkbox", role: "switch" });
  input.addEventListener("change", () => set(input.checked));
  return {
    node: element("label", { class: "switch" }, input, label),
    update: (value) => (input.checked = value),
  };
}

// One of several drawings, update([[node, name], ...], chosen): a single Tab stop, arrows choose.
function choices({ label, set }) {
  const node = element("div", { class: "choices", role: "radiogroup", "aria-label": label });
  const made = [];
  node.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = made.findIndex((part) => part.tabIndex === 0);
    const to = Math.max(0, Math.min(made.length - 1, at + by));
    set(to);
    made[to].focus();
  });
  return {
    node,
    update(parts, chosen) {
      while (made.length > parts.length) made.pop().remove();
      while (made.length < parts.length) {
        const at = made.length;
        made.push(button("", () => set(at), { role: "radio" }));
        node.append(made[at]);
      }
      parts.forEach(([content, name], n) => {
        made[n].replaceChildren(content);
        made[n].tabIndex = n === chosen ? 0 : -1;
        fill(made[n], { "aria-label": name, "aria-checked": n === chosen }, []);
      });
    },
  };
}

// The figure's presets, and "your own" once the reader has changed one.
function presets(model, label = "Show") {
  const named = Object.entries(model.get("presets")).map(([name, { label }]) => [name, label]);
  const options = [...named, ["", "your own"]];
  return select({ label, options, set: (name) => choosePreset(model, name) });
}

// --- Time ---------------------------------------------------------------------------------------

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Call frame(t) with t from 0 to 1 in so many milliseconds; for who wants no motion, frame(1).
function animate(milliseconds, frame) {
  if (still()) return frame(1);
  const start = performance.now();
  const tick = (now) => {
    const t = Math.min(1, Math.max(0, (now - start) / milliseconds));
    frame(t);
    if (t < 1) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

// Play and scrub through steps 0 to length - 1; length may be a function.
function player({ label, length, pause = 400, format = number, get, set }) {
  let timer = null;
  const last = () => (typeof length === "function" ? length() : length) - 1;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "\u25b6 Play";
  };
  const tick = () => {
    if (!play.isConnected || get() >= last()) return stop();
    set(get() + 1);
  };
  const play = button("\u25b6 Play", () => {
    if (timer) return stop();
    if (get() >= last()) set(0);
    timer = setInterval(tick, pause);
    play.textContent = "\u275a\u275a Pause";
  });
  const scrub = slider({ label, min: 0, max: last(), format, set: (at) => (stop(), set(at)) });
  return {
    node: element("div", { class: "player" }, play, scrub.node),
    update: () => scrub.update(get(), last()),
    stop,
  };
}

// --- Words --------------------------------------------------------------------------------------

// What a screen reader hears once the reader's hand has come to rest.
function live() {
  const node = element("p", { class: "said", role: "status", "aria-live": "polite" });
  let timer = null;
  return {
    node,
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => (node.textContent = text), 250);
    },
  };
}

// A formula with its numbers: show(["1 + ", ["2", "red"], " = 3"]) colours the 2.
function equation() {
  const node = element("p", { class: "equation" });
  return {
    node,
    show(parts) {
      node.replaceChildren(...parts.map((part) =>
        Array.isArray(part) ? element("span", { class: part[1] }, part[0]) : part));
    },
  };
}

// --- Colours ------------------------------------------------------------------------------------

// Orange above zero, purple below, the page's own colour at zero: dark and light both.
function signedColour(value, most) {
  const share = most ? Math.min(1, Math.abs(value) / most) : 0;
  const hue = value < 0 ? "--negative" : "--positive";
  return `color-mix(in srgb, var(${hue}) ${Math.round(100 * share)}%, var(--paper))`;
}

// A colour of a screen, each part from 0 to 255, and black or white to write on it.
function rgb(red, green = red, blue = red) {
  const linear = [red, green, blue].map((v) => {
    const part = Math.min(255, Math.max(0, v)) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return { fill: `rgb(${red} ${green} ${blue})`, ink: light > 0.179 ? "black" : "white" };
}

// --- Grids --------------------------------------------------------------------------------------

// Cells with numbers on them, and frames around some of them. `at(i, j)` is a cell's corner.
function grid({ rows, columns, width = 40, height = width, font = 0.4 * height, at, label }) {
  at ??= (i, j) => [j * width, i * height];
  const cells = svg("g");
  const made = [];
  for (let i = 0; i < rows; i++) {
    made.push([]);
    for (let j = 0; j < columns; j++) {
      const [x, y] = at(i, j);
      const box = svg("rect", { x, y, width, height, class: "cell" });
      const text = svg("text", { x: x + width / 2, y: y + height / 2, "font-size": font });
      const centre = [x + width / 2, y + height / 2];
      made[i].push({ box, text, centre, node: svg("g", {}, box, text) });
      cells.append(made[i][j].node);
    }
  }
  const [right, bottom] = at(rows - 1, columns - 1);
  const size = [right + width, bottom + height];
  const node = svg("svg", { viewBox: `-2 -2 ${size[0] + 4} ${size[1] + 4}`, class: "grid" }, cells);
  if (label) fill(node, { role: "img", "aria-label": label }, []);
  return {
    node,
    size,
    cell: (i, j) => made[i][j],
    paint(i, j, { text = "", fill, ink = "var(--ink)" }) {
      const cell = made[i][j];
      cell.box.style.fill = fill ?? "transparent";
      cell.text.textContent = text;
      cell.text.style.fill = ink;
      const room = (1.3 * width) / font; // so many digits fit
      cell.text.setAttribute("font-size", text.length > room ? (font * room) / text.length : font);
    },
    // A rectangle to lay over the grid: move(x, y, width, height) in the drawing's units.
    frame(name = "window") {
      const box = svg("rect", { class: name });
      node.append(box);
      return (x, y, width, height) => fill(box, { x, y, width, height }, []);
    },
  };
}

// Pixels, with an SVG over them in the same units: paint(height, width, (i, j) => [r, g, b, a]).
// Without a label it is hidden from a screen reader: something beside it must say what it shows.
function picture(label) {
  const words = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const canvas = element("canvas", words);
  const over = svg("svg", { "aria-hidden": "true" });
  return {
    node: element("div", { class: "picture" }, canvas, over),
    over,
    paint(height, width, colour) {
      fill(canvas, { height, width }, []);
      fill(over, { viewBox: `0 0 ${width} ${height}` }, []);
      const pen = canvas.getContext("2d");
      const image = pen.createImageData(width, height);
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) image.data.set(colour(i, j), 4 * (i * width + j));
      pen.putImageData(image, 0, 0);
    },
  };
}

// Bytes of a photograph, red, green and blue for each pixel, as three planes of rows.
function planesOf({ bytes, height, width }) {
  const values = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const plane = (c) => Array.from({ length: height }, (_, i) =>
    Array.from({ length: width }, (_, j) => values[3 * (i * width + j) + c]));
  return [0, 1, 2].map(plane);
}

// One place (i, j) on a drawing, moved by mouse, finger and arrow keys: a single Tab stop.
// `places` counts the places along each axis, `reach` the cells that a place covers.
function movable(node, { label, places, reach = [1, 1], get, set, describe }) {
  node.removeAttribute("aria-hidden");
  fill(node, { tabindex: 0, role: "slider", "aria-roledescription": "2D slider" }, []);
  fill(node, { "aria-label": label, "aria-valuemin": 0 }, []);
  node.classList.add("movable");
  let grip = null;
  const count = () => (typeof places === "function" ? places() : places);
  const move = (i, j) => {
    const [rows, columns] = count();
    const to = [Math.max(0, Math.min(rows - 1, i)), Math.max(0, Math.min(columns - 1, j))];
    const from = get();
    if (to[0] !== from[0] || to[1] !== from[1]) set(to);
  };
  const where = (event) => {
    const box = node.getBoundingClientRect();
    const [rows, columns] = count();
    return [
      ((event.clientY - box.top) / box.height) * (rows + reach[0] - 1),
      ((event.clientX - box.left) / box.width) * (columns + reach[1] - 1),
    ];
  };
  const follow = (event) => {
    const [y, x] = where(event);
    move(Math.round(y - grip[0]), Math.round(x - grip[1]));
  };
  node.addEventListener("pointerdown", (event) => {
    const [y, x] = where(event);
    const [i, j] = get();
    const held = y >= i && y < i + reach[0] && x >= j && x < j + reach[1];
    grip = held ? [y - i, x - j] : [reach[0] / 2, reach[1] / 2];
    node.setPointerCapture(event.pointerId);
    follow(event);
  });
  node.addEventListener("pointermove", (event) => grip && follow(event));
  for (const end of ["pointerup", "pointercancel"])
    node.addEventListener(end, () => (grip = null));
  node.addEventListener("keydown", (event) => {
    const [i, j] = get();
    const [rows, columns] = count();
    const to = {
      ArrowUp: [i - 1, j],
      ArrowDown: [i + 1, j],
      ArrowLeft: [i, j - 1],
      ArrowRight: [i, j + 1],
      Home: event.ctrlKey ? [0, 0] : [i, 0],
      End: event.ctrlKey ? [rows - 1, columns - 1] : [i, columns - 1],
    }[event.key];
    if (!to || event.altKey) return;
    event.preventDefault();
    move(...to);
  });
  return {
    update() {
      const [i, j] = get();
      const [rows, columns] = count();
      fill(node, { "aria-valuemax": rows * columns - 1, "aria-valuenow": i * columns + j }, []);
      node.setAttribute("aria-valuetext", describe());
    },
  };
}

// --- Curves -------------------------------------------------------------------------------------

// Round steps of 1, 2 or 5 between two ends.
function ticks([from, to], about = 5) {
  const raw = (to - from) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw);
  const [first, last] = [Math.ceil(from / step - 1e-9), Math.floor(to / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
}

// Axes from x[0] to x[1] and y[0] to y[1]; X and Y turn values into places in the drawing. With
// `yNames` y counts rows, from 0, and each has its name: `names` are the nodes.
function axes({ width = 360, height = 220, x, y, xLabel = "", yLabel = "", yNames, label }) {
  const [left, top, right, bottom] = [yNames ? 76 : 46, 12, width - 12, height - 40];
  const X = (v) => left + ((v - x[0]) / (x[1] - x[0])) * (right - left);
  const Y = (v) => bottom - ((v - y[0]) / (y[1] - y[0])) * (bottom - top);
  const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "axes" });
  fill(node, { role: "img", "aria-label": label }, []);
  const line = (x1, y1, x2, y2, name) => node.append(svg("line", { x1, y1, x2, y2, class: name }));
  const text = (x, y, words, name) => {
    const mark = svg("text", { x, y, class: name }, words);
    node.append(mark);
    return mark;
  };
  for (const v of ticks(x)) {
    line(X(v), top, X(v), bottom, "rule");
    text(X(v), bottom + 14, number(v), "tick");
  }
  const heights = yNames ? [...yNames.keys()] : ticks(y);
  const names = heights.map((v) => {
    line(left, Y(v), right, Y(v), "rule");
    const hidden = yLabel && Y(v) < top + 12; // the label of the axis stands there
    return text(left - 6, Y(v), yNames ? yNames[v] : hidden ? "" : number(v), "tick left");
  });
  text((left + right) / 2, height - 6, xLabel, "tick");
  text(left - 34, top - 2, yLabel, "tick start");
  const kept = (tag, name) => {
    const mark = svg(tag, { class: name });
    node.append(mark);
    return mark;
  };
  const path = (points) => points.map(([a, b], n) => `${n ? "L" : "M"}${X(a)} ${Y(b)}`).join("");
  return {
    node,
    names,
    X,
    Y,
    // Each returns the function that draws it anew.
    curve(name = "curve") {
      const mark = kept("path", name);
      return (points) => mark.setAttribute("d", path(points));
    },
    area(name = "area") {
      const mark = kept("path", name);
      return (points) => {
        const [first, last] = [points[0], points[points.length - 1]];
        mark.setAttribute("d", `${path([[first[0], 0], ...points, [last[0], 0]])}Z`);
      };
    },
    dot(name = "dot") {
      const mark = kept("circle", name);
      return (a, b) => fill(mark, { cx: X(a), cy: Y(b), r: 6 }, []);
    },
    // The drawing under a hand for `movable`, which lies over the field whatever their size.
    underHand() {
      const share = (part, whole) => `${(100 * part) / whole}%`;
      const hand = element("div", { class: "hand" });
      const [wide, tall] = [share(right - left, width), share(bottom - top, height)];
      const place = { left: share(left, width), top: share(top, height), width: wide, height: tall };
      Object.assign(hand.style, place);
      return { node: element("div", { class: "under-hand" }, node, hand), hand };
    },
  };
}

