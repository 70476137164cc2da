"""Interactive figures: one Python module and one JavaScript module of the same name each.

In a live notebook a figure is an anywidget and its traits follow the reader's clicks. In the book,
where no kernel runs, the same JavaScript is mounted on a stand-in for the widget's model, inside
the page: nothing is fetched, and it works from file:// too.
"""

import json
from pathlib import Path

import anywidget

_FOLDER = Path(__file__).parent

# What a figure's JavaScript uses of an anywidget model, without a kernel behind it.
_STAND_IN = """
const state = %s;
const listeners = {};
const model = {
  get: (name) => state[name],
  set(name, value) {
    state[name] = value;
    for (const listener of listeners[`change:${name}`] ?? []) listener();
  },
  on(event, listener) { (listeners[event] ??= []).push(listener); },
  off(event, listener) {
    listeners[event] = (listeners[event] ?? []).filter((other) => other !== listener);
  },
  save_changes() {},
};
figure.render({ model, el: document.getElementById("%s") });
"""


class Figure(anywidget.AnyWidget):
    """A figure that is live in Jupyter and stands alone in the book.

    A subclass sets `_esm`, names its synced traits in `state`, and draws its starting state as
    plain HTML in `static_html`, for print and for readers without JavaScript.
    """

    _css = _FOLDER / "style.css"

    #: the page's id of the figure
    name = ""
    #: the traits that the JavaScript reads
    state = ()

    def static_html(self):
        """Return the state as HTML that needs no JavaScript."""
        raise NotImplementedError

    def to_html(self):
        """Return the figure as HTML that needs no kernel and nothing from outside the page.

        Returns:
            A string: the style, the static state inside the mount element, and the script, which
            replaces the static state when it runs.
        """
        figure = str(self._esm).replace("export default", "const figure =")
        state = json.dumps({name: getattr(self, name) for name in self.state})
        script = (figure + _STAND_IN % (state, self.name)).replace("</", "<\\/")
        return (
            f"<style>{self._css}</style>"
            f'<div class="course-figure" id="{self.name}">{self.static_html()}</div>'
            f'<script type="module">{script}</script>'
        )

    def _repr_mimebundle_(self, **options):
        # JupyterLab shows the widget; whatever has no widget manager shows the HTML.
        data, metadata = super()._repr_mimebundle_(**options)
        plain = f"{type(self).__name__}()"  # the inherited one holds an address in memory
        return {**data, "text/plain": plain, "text/html": self.to_html()}, metadata
