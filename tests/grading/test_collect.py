"""Collecting: every file of a download is accounted for, and no submission is written over."""

import os
import zipfile
from datetime import UTC, datetime

import pytest
from filelock import FileLock
from nbgrader.utils import parse_utc

from course_lib import cli
from course_lib.grading import collect, downloads

WORK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def zipped(path, files):
    """Write a zip file: name -> bytes, or a ZipInfo -> bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def unpacked(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def course_collect(tiny, place, *more):
    return cli.main(
        ["collect", str(place), "--assignment", "tiny", "--course", str(tiny.root), *more]
    )


def submitted(tiny):
    """Return student -> names of the files that lie in submitted/."""
    place = tiny.root / "submitted"
    found = {}
    for path in sorted(place.rglob("*")):
        if path.is_file():
            student, assignment, *rest = path.relative_to(place).parts
            assert assignment == "tiny"
            found.setdefault(student, []).append("/".join(rest))
    return found


MOODLE_FOLDERS = {
    "Ana María Lee_101_assignsubmission_file/tiny.ipynb": WORK,
    "Ana María Lee_102_assignsubmission_file_/data/a.csv": b"1",  # as older versions name it
    "Ana María Lee_102_assignsubmission_file_/tiny.ipynb": WORK,
    "Participant_7_assignsubmission_file/tiny.ipynb": WORK,
}
MOODLE_FLAT = {
    "Ana María Lee_101_assignsubmission_file_tiny.ipynb": WORK,
    "O'Neil Jr. x_102_assignsubmission_file_my work_2.ipynb": WORK,
}
CANVAS = {
    "leeana_340934_208490284_tiny.ipynb": WORK,
    "smithbob_LATE_334244_394803489_tiny-2.ipynb": WORK + b"\n",
    "smithbob_LATE_334244_394803480_tiny.ipynb": WORK,
    "smithbob_LATE_334244_394803490_a-1.csv": b"1",
    "anon_x7k2p_208490285_tiny.ipynb": WORK,
    "LATE_anon_Qq11z_208490286_tiny.ipynb": WORK,
}
GITHUB = {
    "tiny-ana-lee/tiny.ipynb": WORK,
    "tiny-ana-lee/.git/HEAD": b"ref: refs/heads/main",
    "tiny-bob/tiny.ipynb": WORK,
    "tiny-bob/.git/HEAD": b"ref: refs/heads/main",
    "tiny-bob/.github/workflows/run.yml": b"x",
}
FLAT = {"ana/tiny.ipynb": WORK, "bob.ipynb": WORK, "ana/sub/photo.png": b"p"}


@pytest.mark.parametrize("kind", ["zip", "folder"])
@pytest.mark.parametrize(
    "layout, files, expected",
    [
        (
            "Moodle",
            MOODLE_FOLDERS,
            {
                "Ana María Lee_101": ["tiny.ipynb"],
                "Ana María Lee_102": ["data/a.csv", "tiny.ipynb"],
                "Participant_7": ["tiny.ipynb"],
            },
        ),
        (
            "Moodle",
            MOODLE_FLAT,
            {"Ana María Lee_101": ["tiny.ipynb"], "O'Neil Jr. x_102": ["my work_2.ipynb"]},
        ),
        (
            "Canvas",
            CANVAS,
            {
                "anon_Qq11z": ["tiny.ipynb"],
                "anon_x7k2p": ["tiny.ipynb"],
                "leeana_340934": ["tiny.ipynb"],
                "smithbob_334244": ["a-1.csv", "tiny.ipynb"],
            },
        ),
        (
            "GitHub Classroom",
            GITHUB,
            {"ana-lee": ["tiny.ipynb"], "bob": [".github/workflows/run.yml", "tiny.ipynb"]},
        ),
        ("flat", FLAT, {"ana": ["sub/photo.png", "tiny.ipynb"], "bob": ["tiny.ipynb"]}),
        (
            "flat",
            {f"all of them/{name}": data for name, data in FLAT.items() if "/" in name},
            {"ana": ["sub/photo.png", "tiny.ipynb"]},
        ),
    ],
)
def test_a_download_finds_its_students(tiny, tmp_path, capsys, kind, layout, files, expected):
    make = zipped if kind == "zip" else unpacked
    place = make(tmp_path / ("submissions.zip" if kind == "zip" else "download"), files)
    assert course_collect(tiny, place) == 0
    said = capsys.readouterr()
    assert submitted(tiny) == expected
    assert f"{layout}: {len(expected)} of {len(expected)} submissions" in said.out
    assert not said.err
    assert tiny.course.students("tiny") == sorted(expected)
    assert tiny.course.unassigned() == []


def test_canvas_late_and_its_newest_file(tiny, tmp_path, capsys):
    assert course_collect(tiny, zipped(tmp_path / "submissions.zip", CANVAS)) == 0
    bob = tiny.root / "submitted" / "smithbob_334244" / "tiny" / "tiny.ipynb"
    assert bob.read_bytes() == WORK + b"\n"
    [older] = (tiny.root / "replaced").rglob("*.ipynb")
    assert older.name == "smithbob_LATE_334244_394803480_tiny.ipynb"
    lines = capsys.readouterr().out.splitlines()
    assert ["late" in line for line in lines[:4]] == [True, False, False, True]


def test_what_was_typed_in_or_has_another_name_is_told(tiny, tmp_path, capsys):
    files = MOODLE_FLAT | {
        "Ana María Lee_101_assignsubmission_onlinetext_onlinetext.html": b"hello",
        "readme.txt": b"?",
        "__MACOSX/._x": b"",
    }
    assert course_collect(tiny, zipped(tmp_path / "a.zip", files)) == 1
    said = capsys.readouterr().err
    assert "onlinetext.html: typed into Moodle" in said
    assert "readme.txt: no name of Moodle's" in said
    assert "MACOSX" not in said
    assert len(submitted(tiny)) == 2


def test_nothing_is_written_over(tiny, tmp_path, capsys):
    place = unpacked(tmp_path / "one", {"ana/tiny.ipynb": b"first"})
    assert course_collect(tiny, place) == 0
    assert course_collect(tiny, place) == 0
    assert "unchanged" in capsys.readouterr().out
    assert not (tiny.root / "replaced").exists()
    for number, text in enumerate((b"second", b"third"), start=1):
        unpacked(place, {"ana/tiny.ipynb": text})
        assert course_collect(tiny, place) == 0
        assert "NEWER" in capsys.readouterr().out
        kept = tiny.root / "replaced" / "ana" / "tiny" / str(number) / "tiny.ipynb"
        assert kept.read_bytes() == (b"first", b"second")[number - 1]
    work = tiny.root / "submitted" / "ana" / "tiny" / "tiny.ipynb"
    assert work.read_bytes() == b"third"


def test_an_older_download_does_not_replace_a_newer_one(tiny, tmp_path, capsys):
    place = unpacked(tmp_path / "one", {"ana/tiny.ipynb": b"newer"})
    names = tmp_path / "map.csv"
    names.write_text("key,student,timestamp\nana,a.lee,2026-05-02 10:00 +0000\n")
    assert course_collect(tiny, place, "--map", str(names)) == 0
    unpacked(place, {"ana/tiny.ipynb": b"older"})
    names.write_text("key,student,timestamp\nana,a.lee,2026-05-02 11:30 +0200\n")
    assert course_collect(tiny, place, "--map", str(names)) == 0
    assert "OLDER" in capsys.readouterr().out
    folder = tiny.root / "submitted" / "a.lee" / "tiny"
    assert (folder / "tiny.ipynb").read_bytes() == b"newer"
    assert (folder / "timestamp.txt").read_text() == "2026-05-02 10:00:00.000000 UTC"
    assert (tiny.root / "replaced/a.lee/tiny/1/tiny.ipynb").read_bytes() == b"older"


def test_a_map_names_students_and_says_who_is_missing(tiny, tmp_path, capsys):
    sheet = tmp_path / "worksheet.csv"
    sheet.write_text(
        "\ufeffIdentifier,Full name,Email address,Status,Grade,Last modified (submission)\n"
        'Participant 101,Ana,ana@x.org,,,"Wednesday, September 23, 2026, 9:00 PM"\n'
        "Participant 999,Zoe,zoe@x.org,,,-\n"
    )
    place = zipped(tmp_path / "a.zip", MOODLE_FOLDERS)
    assert course_collect(tiny, place, "--map", str(sheet)) == 0
    said = capsys.readouterr().out
    assert set(submitted(tiny)) == {"ana@x.org", "Ana María Lee_102", "Participant_7"}
    assert "nothing came: zoe@x.org" in said
    assert said.count("not in the list") == 2
    time = (tiny.root / "submitted/ana@x.org/tiny/timestamp.txt").read_text()
    local = datetime(2026, 9, 23, 21).astimezone()
    assert parse_utc(time) == local.astimezone(UTC).replace(tzinfo=None)  # as the grader reads it


def test_two_that_are_given_one_name_do_not_mix(tiny, tmp_path, capsys):
    names = tmp_path / "map.csv"
    names.write_text("key,student\nana,same\nbob,same\n")
    place = unpacked(tmp_path / "d", {"ana/tiny.ipynb": b"a", "bob/tiny.ipynb": b"b"})
    assert course_collect(tiny, place, "--map", str(names)) == 1
    assert (tiny.root / "submitted/same/tiny/tiny.ipynb").read_bytes() == b"a"
    assert "bob/tiny.ipynb: ana was put there as same, too" in capsys.readouterr().err


def test_a_time_that_a_student_wrote_is_not_believed(tiny, tmp_path, capsys):
    files = {"ana/tiny.ipynb": WORK, "ana/timestamp.txt": b"2001-01-01 00:00"}
    assert course_collect(tiny, unpacked(tmp_path / "d", files)) == 1
    assert submitted(tiny) == {"ana": ["tiny.ipynb"]}
    assert "a time that a student wrote" in capsys.readouterr().err


def link(name):
    one = zipfile.ZipInfo(name)
    one.external_attr = 0o120777 << 16
    return one


HOSTILE = {
    "up": ("../../evil.ipynb", "does not stay"),
    "up inside": ("zed/../../evil.ipynb", "does not stay"),
    "absolute": ("/tmp/evil.ipynb", "does not stay"),
    "drive": ("C:/evil.ipynb", "does not stay"),
    "backslash": ("..\\evil.ipynb", "does not stay"),
    "link": (link("eve/tiny.ipynb"), "a link"),
    "long": ("eve/" + "x" * 300 + ".ipynb", "too long"),
    "deep": ("eve/" + "d/" * 60 + "tiny.ipynb", "too long"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_name_is_refused_and_nobody_else_lost(tiny, tmp_path, capsys, kind):
    name, why = HOSTILE[kind]
    place = zipped(tmp_path / "a.zip", {name: b"evil", "ana/tiny.ipynb": WORK})
    before = {path for path in tmp_path.rglob("*")}
    assert course_collect(tiny, place) == 1
    said = capsys.readouterr().err
    assert why in said and len(said.splitlines()) == 1
    assert submitted(tiny) == {"ana": ["tiny.ipynb"]}
    new = {path for path in tmp_path.rglob("*")} - before
    assert not [path for path in new if "evil" in path.name or "eve" in path.parts]


def test_bombs_are_refused_one_by_one(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(downloads, "LARGEST", 10_000)
    monkeypatch.setattr(downloads, "LARGEST_ALL", 25_000)
    monkeypatch.setattr(downloads, "MOST_FILES", 5)
    files = {"bomb/tiny.ipynb": bytes(1_000_000), "ana/tiny.ipynb": WORK}
    files |= {f"many/{n}.txt": b"x" for n in range(8)}
    files |= {f"much/{n}.txt": bytes(9000) for n in range(4)}
    assert course_collect(tiny, zipped(tmp_path / "a.zip", files)) == 1
    said = capsys.readouterr().err
    assert "bomb/tiny.ipynb: larger than" in said
    assert said.count("more than 5 files") == 3
    assert said.count("of one student") == 3 + 2
    assert set(submitted(tiny)) == {"ana", "many", "much"}


def test_a_wrong_checksum_costs_one_file(tiny, tmp_path, capsys):
    place = zipped(tmp_path / "a.zip", {"ana/tiny.ipynb": WORK, "bob/tiny.ipynb": os.urandom(200)})
    data = bytearray(place.read_bytes())
    at = data.index(b"bob/tiny.ipynb") + 30
    data[at : at + 8] = bytes(8)
    place.write_bytes(data)
    assert course_collect(tiny, place) == 1
    assert submitted(tiny) == {"ana": ["tiny.ipynb"]}
    assert "bob/tiny.ipynb: cannot be unpacked" in capsys.readouterr().err


def test_names_in_utf8_that_do_not_say_so(tiny, tmp_path):
    place = zipped(tmp_path / "a.zip", {"Ana Mar??a/tiny.ipynb": WORK})
    raw = "Ana María".encode()
    place.write_bytes(place.read_bytes().replace(b"Ana Mar??a", raw))
    assert course_collect(tiny, place) == 0
    assert set(submitted(tiny)) == {"Ana María"}


def test_a_file_where_another_wants_a_folder_costs_its_student_alone(tiny, tmp_path, capsys):
    files = {"eve/a": b"1", "eve/a/b": b"2", "zoe/tiny.ipynb": WORK}
    assert course_collect(tiny, zipped(tmp_path / "a.zip", files)) == 1
    assert "cannot be written" in capsys.readouterr().out
    assert submitted(tiny) == {"zoe": ["tiny.ipynb"]}


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_links_in_a_folder_are_not_followed(tiny, tmp_path, capsys):
    place = unpacked(tmp_path / "d", {"ana/tiny.ipynb": WORK, "../secret/tiny.ipynb": b"s"})
    (place / "ana" / "linked.ipynb").symlink_to(tmp_path / "secret" / "tiny.ipynb")
    (place / "eve").symlink_to(tmp_path / "secret")
    assert course_collect(tiny, place) == 1
    assert submitted(tiny) == {"ana": ["tiny.ipynb"]}
    assert capsys.readouterr().err.count("a link") == 2


@pytest.mark.parametrize(
    "more, said",
    [
        (["--map", "nowhere.csv"], "--map must be a CSV file"),
        ([], "DIR|ZIP must be a folder or a zip file"),
    ],
)
def test_wrong_use_is_one_line(tiny, tmp_path, capsys, more, said):
    assert course_collect(tiny, tmp_path / "nothing.zip", *more) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_folder_that_is_being_graded_is_left_alone(tiny, tmp_path, capsys):
    place = unpacked(tmp_path / "d", {"ana/tiny.ipynb": WORK})
    tiny.course.work.mkdir(parents=True, exist_ok=True)
    with FileLock(tiny.course.work / "lock"):
        assert course_collect(tiny, place) == 2
        assert cli.main(["feedback", "tiny", "--course", str(tiny.root)]) == 2
    assert capsys.readouterr().err.count("being graded") == 2
    assert not (tiny.root / "submitted").exists()


def test_a_map_must_name_a_key_once(tmp_path):
    path = tmp_path / "map.csv"
    path.write_text("key,student\nana,a\nana,b\n")
    with pytest.raises(ValueError, match="must name 'ana' once; .* line 3"):
        collect.read_map(path)
    path.write_text("name,mail\nana,a\n")
    with pytest.raises(ValueError, match="must have a column of key, .*has name, mail"):
        collect.read_map(path)


def test_of_two_with_one_path_the_second_is_left_out(tiny, tmp_path, capsys):
    twice = {"ana/tiny.ipynb": WORK, zipfile.ZipInfo("ana/tiny.ipynb"): b"second"}
    with pytest.warns(UserWarning, match="Duplicate name"):
        place = zipped(tmp_path / "a.zip", twice)
    assert course_collect(tiny, place) == 1
    assert "a second file of the same name" in capsys.readouterr().err
    assert (tiny.root / "submitted/ana/tiny/tiny.ipynb").read_bytes() == WORK


@pytest.mark.parametrize("pack", [zipped, unpacked])
def test_a_download_without_end_is_refused_before_anything_is_written(
    tiny, tmp_path, capsys, monkeypatch, pack
):
    monkeypatch.setattr(downloads, "MOST_ENTRIES", 3)
    place = pack(tmp_path / "download", {f"student {n}/tiny.ipynb": WORK for n in range(4)})
    assert course_collect(tiny, place) == 2
    assert "DIR|ZIP must have at most 3 files" in capsys.readouterr().err
    assert submitted(tiny) == {}
