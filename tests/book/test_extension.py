"""The extension: no stale numbers, and no warning that a second build forgets."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    import course_book

    yield course_book
    sys.modules.pop("course_book")


@pytest.fixture
def library(extension, monkeypatch, tmp_path):
    """A small library for the extension to watch."""
    (tmp_path / "course_lib").mkdir()
    (tmp_path / "course_lib" / "convolution.py").write_text("pi = 3\n")
    (tmp_path / "constraints.txt").write_text("numpy==1\n")
    monkeypatch.setattr(extension, "ROOT", tmp_path)
    return tmp_path


def test_the_key_follows_the_library(extension, library):
    before = extension.library_key()
    assert extension.library_key() == before
    (library / "course_lib" / "convolution.py").write_text("pi = 4\n")
    edited = extension.library_key()
    (library / "constraints.txt").write_text("numpy==2\n")
    assert len({before, edited, extension.library_key()}) == 3


def test_only_the_cache_of_this_library_stays(extension, library):
    app = SimpleNamespace(outdir=str(library / "_build" / "html"))
    config = SimpleNamespace()
    caches = library / "_build" / ".jupyter_cache"
    (caches / "old").mkdir(parents=True)
    (caches / extension.library_key()).mkdir()
    extension.choose_cache(app, config)
    assert [path.name for path in caches.iterdir()] == [extension.library_key()]
    assert config.nb_execution_cache_path == str(caches / extension.library_key())


def test_a_warning_fails_the_build_every_time(build, tmp_path):
    for name in (
        "_config.yml",
        "constraints.txt",
        "book/_ext",
        "book/assets",
        "book/references.bib",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    (tmp_path / "page.md").write_text("# A page\n\nA [link](#nowhere).\n")
    for _ in range(2):
        done = build(tmp_path)
        assert done.returncode != 0, done.stdout
        assert "nowhere" in done.stdout + done.stderr
