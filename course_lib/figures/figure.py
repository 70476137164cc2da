"""The base of every interactive figure: one Python module and one JavaScript module each.

In a live notebook a figure is an anywidget and its traits follow the reader's clicks. In the book,
where no kernel runs, the same JavaScript is mounted on a stand-in for the widget's model, inside
the page: nothing is fetched, and it works from file:// too.
"""

import html
import inspect
import json
from pathlib import Path

import anywidget
import traitlets

_FOLDER = Path(__file__).parent
_KIT = (_FOLDER / "kit.js").read_text(encoding="utf-8")

# What a figure's JavaScript uses of an anywidget model, without a kernel behind it. A link to the
# figure that names a preset chooses it: <a href="#figure-word" data-preset="name">.
_STAND_IN = """
const state = %s;
const listeners = {};
const model = {
  get: (name) => state[name],
  set(name, value) {
    if (state[name] === value) return;
    state[name] = value;
    for (const event of [`change:${name}`, "change"])
      for (const listener of listeners[event] ?? []) listener();
  },
  on(event, listener) { (listeners[event] ??= []).push(listener); },
  off(event, listener) {
    listeners[event] = (listeners[event] ?? []).filter((other) => other !== listener);
  },
  save_changes() {},
};
const frame = document.getElementById("%s");
frame.replaceChildren();
figure.render({ model, el: frame });
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(`a[href="#${frame.id}"][data-preset]`);
  if (link) choosePreset(model, link.dataset.preset);
});
"""


class Figure(anywidget.AnyWidget):
    """A figure that is live in Jupyter and stands alone in the book.

    A subclass in `figures/<word>.py` has its JavaScript beside it in `<word>.js`, which may use all
    that `kit.js` defines; its traits tagged `sync=True` are the state that both sides share. It
    draws its starting state in `static_html`, for print and for readers without JavaScript.

    >>> from course_lib.figures.convolution import SlidingWindow
    >>> SlidingWindow(preset="identity").kernel[0]
    [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    """

    _css = _FOLDER / "style.css"

    #: the page's id of the figure
    name = ""
    #: what the figure is called, and the sentence below it
    title = traitlets.Unicode().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    #: name -> {"label": what the reader chooses, "state": {trait: value}}, and perhaps "view":
    #: {trait: value}, which is where to look and may change without leaving the preset
    presets = traitlets.Dict(read_only=True).tag(sync=True)
    #: the preset shown, or "" once the reader has changed something
    preset = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(cls, **options):
        script = Path(inspect.getfile(cls)).with_suffix(".js")
        if script.is_file() and "_esm" not in vars(cls):  # anywidget's own subclass has it
            cls.name = f"figure-{script.stem}"
            cls._esm = _KIT + script.read_text(encoding="utf-8")
        super().__init_subclass__(**options)

    def __init__(self, **state):
        super().__init__()
        # The preset first: what is given beside it goes on top of it.
        for trait, value in sorted(state.items(), key=lambda item: item[0] != "preset"):
            settable = [name for name in self.state if not self.traits()[name].read_only]
            if trait not in settable:
                allowed = ", ".join(settable)
                raise TypeError(f"{type(self).__name__} takes {allowed}, got {trait!r}")
            setattr(self, trait, value)

    @traitlets.validate("preset")
    def _check_preset(self, proposal):
        if proposal.value and proposal.value not in self.presets:
            raise traitlets.TraitError(
                f"preset must be one of {', '.join(self.presets)}, got {proposal.value!r}"
            )
        return proposal.value

    @traitlets.observe("preset")
    def _show_preset(self, change):
        preset = self.presets.get(change.new, {})
        for trait, value in {**preset.get("state", {}), **preset.get("view", {})}.items():
            setattr(self, trait, value)

    @property
    def state(self):
        """The values of the traits that the JavaScript reads, by name."""
        inherited = anywidget.AnyWidget.class_traits()
        names = [name for name in self.traits(sync=True) if name not in inherited]
        return {name: getattr(self, name) for name in names if not name.startswith("_")}

    def static_html(self):
        """Return the state as HTML that needs no JavaScript: a drawing, or a table."""
        raise NotImplementedError

    def to_html(self):
        """Return the figure as HTML that needs no kernel and nothing from outside the page.

        Returns:
            A string: the style, the static state inside the mount element, and the script, which
            replaces the static state when it runs.
        """
        figure = str(self._esm).replace("export default", "const figure =")
        script = (figure + _STAND_IN % (json.dumps(self.state), self.name)).replace("</", "<\\/")
        return (
            f"<style>{self._css}</style>"
            f'<div class="course-figure" id="{self.name}" role="figure" '
            f'aria-label="{html.escape(self.title)}">{self.static_html()}'
            f'<p class="caption">{html.escape(self.caption)}</p></div>'
            f'<script type="module">{script}</script>'
        )

    def _repr_mimebundle_(self, **options):
        # JupyterLab shows the widget; whatever has no widget manager shows the HTML.
        data, metadata = super()._repr_mimebundle_(**options)
        plain = f"{type(self).__name__}()"  # the inherited one holds an address in memory
        return {**data, "text/plain": plain, "text/html": self.to_html()}, metadata
