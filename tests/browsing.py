"""Fixtures for all tests: the book, built once, and a browser to read it or one figure with."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def jupyter_book(source, *arguments):
    """Run `jupyter-book build` as `make book` does and return what it did."""
    command = [Path(sys.executable).parent / "jupyter-book", "build", source]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, "-W", "-n", "--keep-going", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.fixture(scope="session")
def build():
    """A function that builds the book in a folder."""
    return jupyter_book


@pytest.fixture(scope="session")
def site(testrun_uid):
    """The folder of the built site. It is built here, so it cannot be older than its sources."""
    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    built = folder / ".built"  # by which test run: it has several processes
    with FileLock(folder / ".lock"):
        if not built.exists() or built.read_text() != testrun_uid:
            done = jupyter_book(ROOT)
            assert done.returncode == 0, f"the book does not build:\n{done.stdout}\n{done.stderr}"
            built.write_text(testrun_uid)
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def server(site):
    """The address of the site over http."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def tabs(browser):
    """The tabs that are open, by the options of their context."""
    return {}


@pytest.fixture
def tab(browser, tabs):
    """A function: a tab of the browser, as if new. To open one takes longer than most pages."""

    def clean(**options):
        key = tuple(sorted(options.items()))
        if key not in tabs:
            tabs[key] = browser.new_context(reduced_motion="reduce", **options).new_page()
        page = tabs[key]
        page.goto("about:blank")
        page.mouse.move(0, 0)
        page.emulate_media(media="null", color_scheme="light")
        return page

    return clean


@contextmanager
def listening(page, inside, levels=("error", "warning")):
    """Collect what a page asks for that does not begin with `inside`, and what goes wrong."""
    problems = []

    def asked(request):
        if not request.url.startswith((inside, "data:", "blob:")):
            problems.append(f"asked for {request.url}")

    def said(line):
        if line.type in levels:
            problems.append(line.text)

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # by going on to the next page
            problems.append(f"did not get {request.url}")

    heard = {"request": asked, "console": said, "requestfailed": failed}
    heard["pageerror"] = lambda error: problems.append(str(error))
    for event, listener in heard.items():
        page.on(event, listener)
    try:
        yield problems
    finally:
        for event, listener in heard.items():
            page.remove_listener(event, listener)


def number(text):
    """A number as the book writes it: with a true minus sign, and perhaps a space after it."""
    return float("".join(text.replace("\N{MINUS SIGN}", "-").split()))


def place(box, share):
    """The point at a share (x, y) of the width and the height of a box."""
    return box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"]


def drag(page, box, start, end):
    """Drag by the mouse from one share (x, y) of a box to another."""
    page.mouse.move(*place(box, start))
    page.mouse.down()
    page.mouse.move(*place(box, end), steps=5)
    page.mouse.up()


def hurry(page):
    """Let what a page plays from now on go fifty times as fast."""
    page.evaluate("{ const real = setInterval; setInterval = (f, pause) => real(f, pause / 50); }")


class Reader:
    """A reader in front of one figure. A chapter's own adds what there is to see and to do."""

    def __init__(self, page, figure):
        self.page, self.figure = page, figure


@pytest.fixture
def read(tab, tmp_path):
    """A function that opens a figure on a page with the book's styles and width.

    Whatever goes wrong there, a fetch included, fails the test at its end.
    """
    import pydata_sphinx_theme
    import sphinx_book_theme

    sheets = [
        next(Path(package.__file__).parent.rglob(name))
        for package, name in (
            (pydata_sphinx_theme, "bootstrap.css"),
            (pydata_sphinx_theme, "pydata-sphinx-theme.css"),
            (sphinx_book_theme, "sphinx-book-theme.css"),
        )
    ]
    sheets.append(ROOT / "book" / "_ext" / "static" / "book.css")
    style = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)

    def opened(figure, kind=Reader, *, width=1300, scheme="light", **options):
        path = tmp_path / f"{figure.name}.html"
        path.write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figure</title>'
            '<meta name="viewport" content="width=device-width">'
            f"<style>{style} main {{ display: block; max-width: 704px; margin: auto; }}"
            "body { padding: 0 1rem; }</style>"
            '</head><body><main class="bd-article"><h1>Figure</h1>'
            f"{figure.to_html()}<p><a href='#'>what follows</a></p></main></body></html>",
            encoding="utf-8",
        )
        page = tab(**options)
        wrong.append(stack.enter_context(listening(page, path.as_uri(), ("error",))))
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(path.as_uri())
        page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
        return kind(page, page.locator(".course-figure"))

    wrong = []
    with ExitStack() as stack:
        yield opened
    assert not sum(wrong, [])
