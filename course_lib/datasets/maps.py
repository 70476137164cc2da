"""Explanations of digits by networks that learnt to read them, and by one that did not."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_lib import validate

PATH = Path(__file__).parents[1] / "data" / "four_maps.json"


class FourMaps(NamedTuple):
    """Four maps of one digit, (4, 8, 8), and which of them is an untrained network's."""

    maps: NDArray[np.float64]
    untrained: int


def four_maps(*, rng=None):
    """Return maps of one digit by four networks, three of them trained and one not.

    maps[k] = brightness[k] * |SmoothGrad of network k|, all four turned or mirrored alike

    The three trained networks differ in their first weights and in the digits that they learnt
    from. Brightness means nothing: it is drawn.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        FourMaps(maps, untrained): (4, 8, 8), at least 0; the untrained one's index, from 0.

    Source:
        Adebayo et al., Sanity checks for saliency maps (2018), on maps of untrained networks.

    >>> four_maps(rng=0).maps.shape
    (4, 8, 8)
    """
    rng = validate.random_generator(rng)
    trained, untrained = _stored()
    digit, place = rng.integers(len(trained)), int(rng.integers(4))
    odd = untrained[digit, rng.integers(untrained.shape[1])]
    maps = np.insert(trained[digit, rng.permutation(3)], place, odd, axis=0)
    maps = np.rot90(maps, rng.integers(4), axes=(1, 2))
    maps = maps[:, :, ::-1] if rng.integers(2) else maps
    brightness = np.exp(rng.uniform(-2, 2, size=(4, 1, 1)))
    return FourMaps(brightness * maps, place)


@cache
def _stored():
    stored = json.loads(PATH.read_text(encoding="utf-8"))
    return tuple(_unpacked(stored[name]) / 255 for name in ("trained", "untrained"))


def _unpacked(text):
    """Return bytes in base 64 as maps, (digits, networks, 8, 8)."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(40, -1, 8, 8)
