"""What every figure must satisfy; tests/chapters/<word>/test_figure.py compares its numbers."""

import importlib
import inspect
import json
import re
from pathlib import Path

import pytest
from browsing import drag, place

from course_lib.figures import Figure

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "course_lib" / "figures").glob("*.js"))
WORDS = [path.stem for path in SCRIPTS if path.stem != "kit"]


def figure_class(word):
    """Return the one figure that a module defines."""
    module = importlib.import_module(f"course_lib.figures.{word}")
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Figure)
        and value.__module__ == module.__name__
    ]
    assert len(found) == 1, f"{module.__name__} must define one figure, it has {found}"
    return found[0]


@pytest.fixture(params=WORDS)
def figure(request):
    """Every figure in turn; the test's id begins with the chapter's word."""
    return figure_class(request.param)()


def test_a_notebook_gets_the_widget_and_a_page_the_html(figure):
    data, _ = figure._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "text/html" in data and "0x" not in data["text/plain"]


def test_the_page_is_small_fetches_nothing_and_comes_out_the_same(figure):
    page = figure.to_html()
    assert page == type(figure)().to_html()
    assert len(page) < 300_000
    foreign = re.findall(
        r"https?://(?!www\.w3\.org/2000/svg)\S+|\simport\s*\(|\ssrc=(?!.data:)|@import", page
    )
    assert not foreign, "the page would fetch something"


def test_the_static_state_is_a_drawing_or_a_table_with_words(figure):
    static = figure.static_html()
    assert "<script" not in static
    named = r'<(?:svg|div)[^>]*role="img"[^>]*aria-label="([^"]{20,})"|<img[^>]*alt="([^"]{20,})"'
    drawn = re.findall(named, static)
    assert drawn or "<caption>" in static


def test_title_and_caption_say_something(figure):
    assert len(figure.title) > 10 and len(figure.caption) > 20


def test_every_preset_can_be_set_and_another_name_is_refused(figure):
    for preset, content in figure.presets.items():
        shown = type(figure)(preset=preset)
        for trait, value in {**content["state"], **content.get("view", {})}.items():
            assert getattr(shown, trait) == value
    with pytest.raises(Exception, match="preset must be one of"):
        figure.preset = "no such preset"
    with pytest.raises(TypeError, match="takes .*caption, .*title.*, got 'colour'"):
        type(figure)(colour="red")


def test_every_preset_that_a_page_links_exists(chapter):
    """The answers of a page lead to a figure on it: "Show it in the figure"."""
    text = (ROOT / "book" / f"{chapter}.md").read_text(encoding="utf-8")
    links = re.findall(r'<a href="#figure-(\w+)" data-preset="(\w+)">', text)
    assert len(links) == text.count("data-preset") >= 2
    for word, preset in links:
        assert preset in figure_class(word)().presets, (word, preset)
        assert f"course_lib.figures.{word} import" in text, f"no figure {word} on the page"


# --- In the browser: one page load for what can be seen at once ----------------------------------

CONTRASTS = """(figure) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colours) => {  // painted over each other, then WCAG's luminance
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) =>
      v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const node of figure.querySelectorAll("*")) {
    const words = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const style = getComputedStyle(node);
    if (!words && node.tagName !== "INPUT") continue;
    const set_aside = ".kernel input, .said, [aria-disabled=true]";
    if (!node.checkVisibility() || node.closest(set_aside)) continue;
    const behind = [];
    for (let above = node; above; above = above.parentElement)
      behind.unshift(getComputedStyle(above).backgroundColor);
    const box = node.ownerSVGElement && node.previousElementSibling;
    const fill = box?.tagName === "rect" ? getComputedStyle(box).fill : "none";
    if (fill !== "none") behind.push(fill);
    const ink = node.ownerSVGElement ? style.fill : style.color;
    const [paper, pen] = [light(behind), light([...behind, ink])];
    const contrast = (Math.max(paper, pen) + 0.05) / (Math.min(paper, pen) + 0.05);
    found.push([contrast, node.textContent.slice(0, 20) || node.tagName]);
  }
  return found;
}"""

UNNAMED = """(figure) => [
    ...figure.querySelectorAll("button, input, select, [tabindex], [role]:not([role=status])")]
  .filter((e) => !(e.ariaLabel || e.labels?.[0]?.textContent || e.textContent).trim())
  .map((e) => e.outerHTML)"""

SMALL = """(figure) => [...figure.querySelectorAll("button, input, select, summary, .movable")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 80)])
  .filter(([box]) => box.width < 23.5 || box.height < 23.5)
  .map(([box, html]) => `${box.width} x ${box.height}: ${html}`)"""


@pytest.mark.browser
def test_it_fits_is_named_and_can_be_read(figure, read):
    reader = read(figure)
    shown = reader.figure
    assert shown.get_attribute("role") == "figure"
    assert shown.get_attribute("aria-label") == figure.title
    assert shown.locator(".caption").inner_text() == figure.caption
    assert shown.locator("[aria-live=polite]").count() >= 1
    assert shown.evaluate(UNNAMED) == []
    for width, most in ((1300, 1.3 * 844), (390, 2 * 844)):
        reader.page.set_viewport_size({"width": width, "height": 844})
        for scheme in ("light", "dark"):
            where = f"at {width} pixels, {scheme}"
            reader.page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
            assert shown.evaluate(SMALL) == [], where
            contrasts = shown.evaluate(CONTRASTS)
            assert len(contrasts) > 5 and min(contrasts)[0] >= 4.5, (where, sorted(contrasts)[:5])
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, where
        assert shown.bounding_box()["height"] < most, where
    reader.page.emulate_media(media="print")
    assert not shown.locator(".controls").first.is_visible()


@pytest.mark.browser
def test_it_works_from_the_keyboard_with_few_tab_stops(figure, read):
    reader = read(figure)
    stops = reader.figure.evaluate(
        "f => [...f.querySelectorAll('button, input, select, summary, [tabindex]')]"
        ".filter((e) => e.checkVisibility() && e.tabIndex >= 0).length"
    )
    assert stops <= 20
    focused = "document.activeElement.closest('.course-figure') !== null"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(stops):
        reader.page.keyboard.press("Tab")
        assert reader.page.evaluate(focused), "the focus leaves too early"
        assert reader.page.evaluate(outline) == "solid", "the focused control is not marked"
    reader.page.keyboard.press("Tab")
    assert not reader.page.evaluate(focused), "the focus is trapped"

    movables = reader.figure.locator(".movable").all()
    assert movables, "nothing can be dragged"
    for movable in movables:
        movable.focus()
        seen = [movable.get_attribute("aria-valuetext")]
        for key in ("End", "Home", "ArrowRight"):
            reader.page.keyboard.press(key)
            seen.append(movable.get_attribute("aria-valuetext"))
            assert seen[-1] != seen[-2], f"{key} moves nothing"


def drag_by_finger(page, box, start, end):
    touch = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
        points = [] if share is None else [dict(zip("xy", place(box, share), strict=True))]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.mark.browser
def test_mouse_and_finger_drag_the_same_thing(figure, read):
    reader = read(figure, width=390, has_touch=True)
    for movable in reader.figure.locator(".movable").all():
        movable.scroll_into_view_if_needed()
        for move in (drag, drag_by_finger):
            box = movable.bounding_box()
            corner = 3 / box["width"], 3 / box["height"]
            far = 1 - corner[0], 1 - corner[1]
            places = []
            for start, end in ((far, corner), (corner, far)):
                move(reader.page, box, start, end)
                places.append(movable.get_attribute("aria-valuetext"))
            assert places[0] != places[1], f"{move.__name__} does not move it"
            assert movable.bounding_box() == box, f"{move.__name__} scrolls the page"


@pytest.mark.browser
def test_every_preset_can_be_chosen_also_by_a_link_on_the_page(figure, read):
    reader = read(figure)
    choice = reader.figure.locator("select", has=reader.page.locator("option[value='']")).first
    for preset in figure.presets:
        choice.select_option(preset)
        assert choice.input_value() == preset
    first = next(iter(figure.presets))
    reader.page.evaluate(
        "([id, preset]) => document.body.insertAdjacentHTML('beforeend',"
        "  `<a href='#${id}' data-preset='${preset}' id='show'>show</a>`)",
        [figure.name, first],
    )
    reader.page.locator("#show").click()
    assert choice.input_value() == first


@pytest.mark.browser
def test_it_is_an_anywidget_module_that_can_be_taken_down(figure, read):
    reader = read(figure)
    left = reader.page.evaluate(
        """async ([code, state]) => {
          const file = new Blob([code], { type: "text/javascript" });
          const module = await import(URL.createObjectURL(file));
          const listeners = new Set();
          const model = {
            get: (name) => state[name],
            set(name, value) { state[name] = value; for (const l of [...listeners]) l(); },
            on(event, l) { listeners.add(l); },
            off(event, l) { listeners.delete(l); },
            save_changes() {},
          };
          const el = document.body.appendChild(document.createElement("div"));
          const down = module.default.render({ model, el });
          const frame = [el.getAttribute("role"), el.getAttribute("aria-label")];
          const lived = listeners.size;
          down();
          return [...frame, lived, listeners.size];
        }""",
        [str(figure._esm), json.loads(json.dumps(figure.state))],
    )
    assert left == ["figure", figure.title, 1, 0]
