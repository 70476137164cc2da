"""Fixtures for all tests: the book, built once, and a browser to read it or one figure with."""

import fcntl
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

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
def site():
    """The folder of the built site. It is built here, so it cannot be older than its sources."""
    (ROOT / "_build").mkdir(exist_ok=True)
    with open(ROOT / "_build" / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest-xdist starts one session per process
        done = jupyter_book(ROOT)
    assert done.returncode == 0, f"the book does not build:\n{done.stdout}\n{done.stderr}"
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


class Reader:
    """A reader in front of one figure; what goes wrong, a fetch included, is in `errors`."""

    def __init__(self, browser, address, width, scheme, options):
        self.context = browser.new_context(
            viewport={"width": width, "height": 844}, reduced_motion="reduce", **options
        )
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url, address))
        self.page.goto(address)
        self.page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
        self.figure = self.page.locator(".course-figure")

    def _asked(self, url, address):
        if url != address and not url.startswith("data:"):
            self.errors.append(f"asked for {url}")


@pytest.fixture
def read(browser, tmp_path):
    """A function that opens a figure on a page with the book's styles and width."""
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
    readers = []

    def opened(figure, *, width=1300, scheme="light", **options):
        path = tmp_path / f"{figure.name}.html"
        path.write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figure</title>'
            '<meta name="viewport" content="width=device-width">'
            f"<style>{style} main {{ display: block; max-width: 704px; margin: auto; }}"
            "body { padding: 0 1rem; }</style>"
            '</head><body><main class="bd-article"><h1>Figure</h1>'
            f"{figure.to_html()}</main></body></html>",
            encoding="utf-8",
        )
        readers.append(Reader(browser, path.as_uri(), width, scheme, options))
        return readers[-1]

    yield opened
    for reader in readers:
        reader.context.close()
