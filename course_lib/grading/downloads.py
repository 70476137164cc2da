"""What an LMS lets a teacher download, read as files that belong to students.

Four layouts are known, each by its names:

- Moodle, "Download all submissions": `Full Name_12345_assignsubmission_file/work.ipynb` in folders,
  `Full Name_12345_assignsubmission_file_work.ipynb` without; `_onlinetext` is what was typed in;
- Canvas, submissions.zip: `namefull_LATE_340934_208490284_work-1.ipynb`, with the numbers of the
  user and of the file; LATE only if so; `anon_x7k2p` for the user where grading is anonymous;
- GitHub Classroom: a clone `assignment-username/` for every student;
- flat: `student/work.ipynb` or `student.ipynb`.

Nothing here writes, and a name that would lead out of its folder never leaves this module.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

#: Entries of one download, files of one student, and bytes of one file.
MOST_ENTRIES, MOST_FILES, LARGEST = 200_000, 1000, 50_000_000
#: Bytes of one student's files.
LARGEST_ALL = 100_000_000
_LONGEST = 255  # bytes of a name that file systems take

_MOODLE = re.compile(
    r"(?P<name>.*)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<rest>.*)", re.DOTALL
)
_CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?P<late>LATE_)?(?P<id>\d+|anon_[A-Za-z0-9]+)_"
    r"(?:(?P<number>\d+)_(?P<rest>.+)|(?P<typed>text|link)\.html)",
    re.DOTALL,
)
_AGAIN = re.compile(r"(?P<stem>.*?)(?: \(\d+\)|-\d+)")
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".ipynb_checkpoints")


class Entry(NamedTuple):
    """A file of a download: its path there, and a function that reads it or raises Refused."""

    path: str
    read: Callable[[], bytes]


class Refused(Exception):
    """A file that is not taken, and why."""


@dataclass
class HandIn:
    """What one student handed in.

    Args:
        name: what the download calls the student, unique in it.
        keys: what else a list of students may call this one.
        files: path -> Entry.
        older: path -> Entry, versions that a newer one of the same name replaces.
        late: whether the download says that it came late.
    """

    name: str
    keys: tuple[str, ...]
    files: dict[str, Entry]
    older: dict[str, Entry]
    late: bool = False


class Download(NamedTuple):
    """Everything in a download: its layout, HandIns, and (path, why) of the files left out."""

    layout: str
    hand_ins: list[HandIn]
    left_out: list[tuple[str, str]]


def read(place, notebooks=()):
    """Read a folder or a zip file.

    Args:
        place: its path.
        notebooks: names of the assignment's notebooks without their ending, under which Canvas's
            `name-1.ipynb` is put.

    Returns:
        Download.

    Raises:
        ValueError: it is neither, or it has too many entries.
    """
    place = Path(place)
    left_out = []
    if place.is_dir():
        found = _of_folder(place)
    elif zipfile.is_zipfile(place):
        found = _of_zip(place)
    else:
        raise ValueError(f"DIR|ZIP must be a folder or a zip file, got {str(place)!r}")
    entries = _accepted(found, left_out)
    junk = [entry for entry in entries if _is_junk(entry.path)]
    entries = [entry for entry in entries if not _is_junk(entry.path)]
    entries = _without_wrapper(entries)
    names = [PurePosixPath(entry.path).parts[0] for entry in entries]
    if any(_MOODLE.fullmatch(name) for name in names):
        layout, owner = "Moodle", _moodle
    elif names and 2 * sum(bool(_CANVAS.fullmatch(name)) for name in names) > len(names):
        layout, owner = "Canvas", _canvas(notebooks)
    elif any("/.git/" in f"/{entry.path}" for entry in junk):
        layout, owner = "GitHub Classroom", _github(place, set(names))
    else:
        layout, owner = "flat", _flat(notebooks)
    hand_ins = {}
    for entry in entries:
        try:
            _own(hand_ins, entry, *owner(entry.path))
        except Refused as why:
            left_out.append((entry.path, str(why)))
    return Download(layout, [hand_ins[name] for name in sorted(hand_ins)], sorted(left_out))


def _own(hand_ins, entry, name, keys, path, late=False, number=0):
    """Give a file to its student; of two with one name the higher number wins."""
    if path.lower() == "timestamp.txt":
        raise Refused("a time that a student wrote; give --map a timestamp column")
    one = hand_ins.setdefault(name, HandIn(name, keys, {}, {}))
    one.late |= late
    if len(one.files) >= MOST_FILES:
        raise Refused(f"more than {MOST_FILES} files of one student")
    before = one.files.setdefault(path, entry)
    if before is not entry:
        newer, older = (entry, before) if number >= _number(before.path) else (before, entry)
        one.files[path] = newer
        one.older[PurePosixPath(older.path).name] = older


def _number(path):
    found = _CANVAS.fullmatch(PurePosixPath(path).parts[0])
    return int(found["number"] or 0) if found else 0


def _moodle(path):
    first, *below = PurePosixPath(path).parts
    found = _MOODLE.fullmatch(first)
    if not found:
        raise Refused("no name of Moodle's, which ends in _12345_assignsubmission_file")
    if found["kind"] == "onlinetext":
        raise Refused("typed into Moodle, not a file")
    name, number = found["name"].strip(), found["id"]
    inside = "/".join([found["rest"], *below] if found["rest"] else below)
    return f"{name}_{number}", (number, f"Participant {number}", name), inside


def _canvas(notebooks):
    def owner(path):
        first, *below = PurePosixPath(path).parts
        found = _CANVAS.fullmatch(first)
        if not found or below:
            raise Refused("no name of Canvas's, which is name_12345_67890_file")
        if found["typed"]:
            raise Refused("typed into Canvas, not a file")
        name = "_".join(filter(None, (found["name"], found["id"])))
        inside = _plain(found["rest"], notebooks)
        return name, (found["id"],), inside, bool(found["late"]), int(found["number"])

    return owner


def _plain(name, notebooks):
    """A notebook's own name for `name-1.ipynb` and `name (1).ipynb`, which mean "once more"."""
    stem, ending = os.path.splitext(name)
    found = _AGAIN.fullmatch(stem)
    return found["stem"] + ending if found and found["stem"] in notebooks else name


def _github(place, names):
    """Student = the clone's name without the assignment's, which all clones begin with."""
    slug = re.fullmatch(r"(.+)-submissions", place.stem)
    prefix = f"{slug[1]}-" if slug else os.path.commonprefix(sorted(names)).rpartition("-")[0] + "-"
    if len(names) == 1 and not slug:
        prefix = ""

    def owner(path):
        first, *below = PurePosixPath(path).parts
        if not below:
            raise Refused("it lies in no student's clone")
        name = first.removeprefix(prefix)
        return name, (name, first), "/".join(below)

    return owner


def _flat(notebooks):
    def owner(path):
        first, *below = PurePosixPath(path).parts
        if below:
            return first, (first,), "/".join(below)
        stem, ending = os.path.splitext(first)
        if ending.lower() != ".ipynb" or stem in notebooks:
            raise Refused("it lies in no student's folder")
        return stem, (stem,), f"{notebooks[0]}{ending}" if len(notebooks) == 1 else first

    return owner


def _without_wrapper(entries):
    """Leave out a folder that holds everything, as `submissions/` in some archives."""
    firsts = {PurePosixPath(entry.path).parts[:1] for entry in entries}
    deep = all(len(PurePosixPath(entry.path).parts) > 2 for entry in entries)
    if len(firsts) == 1 and deep and entries:
        return [Entry("/".join(PurePosixPath(e.path).parts[1:]), e.read) for e in entries]
    return entries


def _is_junk(path):
    parts = PurePosixPath(path).parts
    return any(part in _JUNK for part in parts) or parts[-1].startswith("._")


def _check(path):
    """Refuse a path that leads elsewhere, or that no file system takes."""
    parts = PurePosixPath(path).parts
    elsewhere = path.startswith("/") or re.match(r"[A-Za-z]:", path)
    if not parts or elsewhere or ".." in parts or "\0" in path or "\\" in path:
        raise Refused("its path does not stay in the download")
    if any(len(os.fsencode(part)) > _LONGEST for part in parts) or len(parts) > 40:
        raise Refused("its name is too long")


def _accepted(found, left_out):
    """The Entries that are taken, of pairs (Entry, whether it is a file); others are left out."""
    entries = {}
    for entry, is_file in found:
        try:
            _check(entry.path)
            if not is_file:
                raise Refused("a link, or not a file")
            if entry.path in entries:
                raise Refused("a second file of the same name")
            entries[entry.path] = entry
        except Refused as why:
            left_out.append((entry.path, str(why)))
        if len(entries) + len(left_out) > MOST_ENTRIES:
            raise ValueError(f"DIR|ZIP must have at most {MOST_ENTRIES} files")
    return list(entries.values())


def _of_folder(place):
    for folder, folders, names in os.walk(place):
        folders.sort()
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(folder, name)
            entry = Entry(path.relative_to(place).as_posix(), lambda path=path: _read_file(path))
            yield entry, path.is_file() and not path.is_symlink()


def _read_file(path):
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(f"larger than {LARGEST / 1e6:.0f} MB")
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror})") from error


def _of_zip(place):
    try:
        archive = zipfile.ZipFile(place)  # stays open as long as an Entry may be read
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ValueError(f"DIR|ZIP must be a whole zip file; {place}: {error}") from None
    for one in archive.infolist():
        if not one.is_dir():
            entry = Entry(_decoded(one), lambda one=one: _read_zipped(archive, one))
            yield entry, not stat.S_ISLNK(one.external_attr >> 16)


def _decoded(one):
    """The entry's name: many archives have UTF-8 without saying so, which reads as cp437."""
    if one.flag_bits & 0x800:
        return one.orig_filename
    try:
        return one.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return one.orig_filename


def _read_zipped(archive, one):
    """Unpack one entry, at most LARGEST bytes of it whatever it says of its size."""
    try:
        with archive.open(one) as file:
            data = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Refused(f"cannot be unpacked ({error})") from error
    if len(data) > LARGEST:
        raise Refused(f"larger than {LARGEST / 1e6:.0f} MB")
    return data
