"""The kit and the base class, on an example figure of the usual size."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from browsing import hurry

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def Powers():
    """The example figure of `kit_example.py`, imported as a module of the course would be."""
    spec = importlib.util.spec_from_file_location("kit_example", FOLDER / "kit_example.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["kit_example"] = module
    spec.loader.exec_module(module)
    return module.Powers


def test_the_base_derives_name_script_and_state(Powers):
    figure = Powers(preset="grows", step=2)
    assert figure.name == "figure-kit_example"
    assert str(figure._esm).endswith((FOLDER / "kit_example.js").read_text(encoding="utf-8"))
    assert figure.state == {
        "title": "The powers of a weight",
        "caption": "Multiply by w again and again: where does it end?",
        "presets": dict(Powers.presets.default()),
        "preset": "grows",
        "weight": 1.1,
        "step": 2,
    }


def test_what_is_given_beside_a_preset_goes_on_top_of_it(Powers):
    assert Powers(weight=0.9, preset="grows").weight == 0.9


@pytest.mark.browser
def test_all_parts_follow_the_model(Powers, read):
    reader = read(Powers())
    figure = reader.figure
    strip = figure.locator(".grid")
    assert figure.locator(".equation").inner_text() == "0.5 to the power 0 = 1"
    strip.focus()
    for _ in range(3):
        reader.page.keyboard.press("ArrowRight")
    assert figure.locator(".equation").inner_text() == "0.5 to the power 3 = 0.125"
    assert strip.get_attribute("aria-valuetext") == "step 3: 0.125"
    assert figure.get_by_role("slider", name="step").last.input_value() == "3"
    figure.locator("label", has_text="w").locator("input[type=range]").first.fill("-1")
    assert (
        figure.locator(".equation").inner_text()
        == "\N{MINUS SIGN}1 to the power 3 = \N{MINUS SIGN}1"
    )
    assert figure.locator("select").input_value() == "", "a changed preset is the reader's own"
    figure.locator("select").select_option("grows")
    assert figure.locator(".equation").inner_text() == "1.1 to the power 3 = 1.331"
    path = figure.locator(".curve").get_attribute("d")
    assert len(re.findall("[ML]", path)) == 11
    figure.get_by_role("status").filter(has_text="Step 3: 1.331").wait_for(state="attached")
    hurry(reader.page)
    figure.get_by_role("button", name="Play").click()
    figure.locator(".equation").filter(has_text="power 10 = ").wait_for()
    figure.get_by_role("button", name="Play").wait_for()


@pytest.mark.browser
def test_numbers_are_written_as_a_reader_writes_them(Powers, read):
    reader = read(Powers())
    kit = str(Powers._esm)
    kit = kit[: kit.index("// --- Elements")]
    written = reader.page.evaluate(
        kit + "[number(-2.5), number(1e-9), number(-1e-9), number(1 / 3), short(123.456), "
        "short(12.34), short(-0.125), term(5), term(-5), term(5, true), term(-5, true)]"
    )
    minus, space = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
    assert written == [
        f"{minus}2.5", "0", "0", "0.333333", "123", "12.3", f"{minus}0.13",
        f"+{space}5", f"{minus}{space}5", "5", f"{minus}5",
    ]  # fmt: skip
