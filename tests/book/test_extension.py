"""The extension: no warning that a second build forgets."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
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
