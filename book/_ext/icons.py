"""The theme's icons without its 1.8 MB of Font Awesome: one style sheet with those in use."""

import base64
import hashlib
import io
import re
from importlib import resources
from pathlib import Path

# Those of the theme's templates and scripts, and of the boxes that the pages use.
NAMES = (
    "angle-left angle-right arrow-up arrow-up-right-from-square bars check chevron-down "
    "chevron-right circle-exclamation circle-half-stroke circle-info code download expand file "
    "file-pdf lightbulb list magnifying-glass magnifying-glass-minus moon pencil scale-balanced "
    "share sun triangle-exclamation xmark"
).split()
STYLE = """@font-face{font-family:"Icons";font-weight:900;font-display:block;
src:url(data:font/woff;base64,%s) format("woff")}
:root{--fa-font-solid:normal 900 1em/1 "Icons"}
.fas,.fa-solid{font:var(--fa-font-solid);display:inline-block;text-rendering:auto}
.fa-lg{font-size:1.25em}
"""


def style():
    """Return a style sheet that draws NAMES as Font Awesome does, its font inside."""
    from fontTools import subset  # a second to import

    theme = resources.files("pydata_sphinx_theme") / "theme" / "pydata_sphinx_theme" / "static"
    (folder,) = (theme / "vendor" / "fontawesome").iterdir()
    css = (folder / "css" / "all.min.css").read_text(encoding="utf-8")
    codes = {}
    for name in NAMES:
        rule = re.search(rf'\.fa-{name}:before[^{{]*{{content:"\\([0-9a-f]+)"}}', css)
        codes[name] = int(rule[1], 16)
    options = subset.Options(flavor="woff", hinting=False, notdef_outline=True)
    options.drop_tables += ["FFTM"]
    font = subset.load_font(folder / "webfonts" / "fa-solid-900.ttf", options)
    font.recalcTimestamp = False  # two builds are equal
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=codes.values())
    chosen.subset(font)
    file = io.BytesIO()
    subset.save_font(font, file, options)
    rules = [f'.fa-{name}:before{{content:"\\{code:x}"}}' for name, code in codes.items()]
    return STYLE % base64.b64encode(file.getvalue()).decode() + "\n".join(rules)


def write(app, exception):
    """Write the style sheet, where it is not that of this module already."""
    if app.builder.format == "html" and exception is None:
        path = Path(app.outdir, "_static", "icons.css")
        mark = f"/* {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]} */\n"
        if not path.exists() or not path.read_text(encoding="utf-8").startswith(mark):
            path.write_text(mark + style(), encoding="utf-8")


def setup(app):
    """Write the icons when the pages are written."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
