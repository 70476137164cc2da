"""One copy of each trained network per machine: whoever asks first trains it, all others read it.

In a checkout the copies lie in `build/models/` and may be deleted at any time; a copy made by other
code, data or versions is not used. Elsewhere each process trains its own.
"""

import hashlib
import os
import pickle
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import sklearn
import torch
from filelock import FileLock

from course_lib import validate
from course_lib.models import chapters

_LIBRARY = Path(__file__).parents[1]
_FOLDER = _LIBRARY.parent / "build" / "models"
_SEED = 0
NETWORKS = {
    "digits_cnn": chapters.train_digits_cnn,
    "patch_cnn": chapters.train_patch_cnn,
    "motif_cnn": chapters.train_motif_cnn,
    "motif_lstm": chapters.train_motif_lstm,
    "character_lstm": chapters.train_character_lstm,
    "review_cnn": chapters.train_review_cnn,
}


def trained(name, *, progress=False):
    """Return one of the chapters' networks, trained: always the same one, and never twice.

    theta = train(seed 0)

    Args:
        name: "digits_cnn", "patch_cnn", "motif_cnn", "motif_lstm", "character_lstm" or
            "review_cnn".
        progress: show a bar if it has to be trained, which takes seconds.

    Returns:
        Trained(model, accuracy, inputs, labels, masks), a copy of the caller's own.

    Raises:
        ValueError: an unknown name.

    Source:
        The function `train_<name>` of this package names it.

    >>> trained("motif_cnn").inputs.shape
    torch.Size([300, 4, 40])
    """
    validate.choice("name", name, tuple(NETWORKS))
    return pickle.loads(_copy(name, progress))


def _copy(name, progress):
    """Return the pickled network, from this machine's copy if it has one."""
    path = _FOLDER / f"{name}-{_key()}.pickle"
    if path.is_file():
        return path.read_bytes()
    if not _can_write():
        return _kept_by_this_process(name, progress)
    with FileLock(_FOLDER / f"{name}.lock"):  # whoever waits here reads what the first one made
        if not path.is_file():
            for old in _FOLDER.glob(f"{name}-*"):
                old.unlink()
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_bytes(_trained(name, progress))
            os.replace(unfinished, path)
        return path.read_bytes()


def _can_write():
    """Whether this is a checkout with a build folder, and not an installed package."""
    if not (_LIBRARY.parent / "pyproject.toml").is_file():
        return False
    try:
        _FOLDER.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(_FOLDER, os.W_OK)


@cache
def _key():
    """Return what a copy depends on, as one word: the code, the data, the versions, the seed."""
    digest = hashlib.sha256()
    for pattern in ("models/*.py", "datasets/*.py", "data/*.txt"):
        for path in sorted(_LIBRARY.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    versions = torch.__version__, np.__version__, sklearn.__version__, _SEED
    digest.update(repr(versions).encode())
    return digest.hexdigest()[:16]


@cache
def _kept_by_this_process(name, progress):
    return _trained(name, progress)


def _trained(name, progress):
    with _one_thread():
        network = NETWORKS[name](rng=torch.Generator().manual_seed(_SEED), progress=progress)
    return pickle.dumps(network)


@contextmanager
def _one_thread():
    """Results of several threads differ from machine to machine, and small nets gain nothing."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
