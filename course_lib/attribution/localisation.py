"""Score an explanation against a planted truth: does it point where the class was put?"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from course_lib import validate
from course_lib.arrays import AnyArray
from course_lib.attribution.kinds import Floats


def localisation_score(
    attribution: AnyArray, mask: AnyArray, *, measure: Literal["mass", "rank", "pointing"] = "mass"
) -> Floats:
    r"""Return how much of an attribution lies on the part that is known to decide.

    .. math::

        \text{mass:} \quad & \frac{\sum_{\text{mask}} R}{\sum R},
            \qquad R = \max(\text{attribution}, 0) \\
        \text{rank:} \quad & \frac{|\text{mask} \cap \{\text{the } K \text{ largest of } R\}|}{K},
            \qquad K = |\text{mask}| \\
        \text{pointing:} \quad & \mathbb{1}[\operatorname{argmax} R \in \text{mask}]

    An attribution without a positive entry scores 0. A random one scores the mask's share of the
    image in mass and rank, on average.

    Args:
        attribution: (N, ...) array or tensor; with one axis more than the mask, (N, C, ...), its
            channels are summed first.
        mask: (N, ...) bool array or tensor, true on what decides; at least one true in each row.
        measure: "mass", "rank" or "pointing".

    Returns:
        (N,) array of numbers from 0 to 1.

    Raises:
        TypeError: mask is not boolean.
        ValueError: NaN or infinity, shapes that do not fit, a mask with an empty row, an unknown
            measure.

    Source:
        Arras, Osman and Samek, CLEVR-XAI (2022), for relevance mass accuracy and relevance rank
        accuracy; Zhang et al., Top-down neural attention by excitation backprop (2016), for
        the pointing game.

    >>> localisation_score(np.array([[3.0, 1.0, -9.0]]), np.array([[True, False, False]]))
    array([0.75])
    """
    validate.choice("measure", measure, ("mass", "rank", "pointing"))
    attribution, mask = _as_numpy(attribution), _as_numpy(mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must be boolean, got dtype {mask.dtype}")
    if not np.isfinite(attribution).all():
        raise ValueError("attribution must be finite, got NaN or infinity")
    if attribution.ndim == mask.ndim + 1:
        attribution = attribution.sum(axis=1)
    if attribution.shape != mask.shape or mask.ndim < 2:
        raise ValueError(
            "attribution and mask must be (N, ...) of one shape, or attribution (N, C, ...), got "
            f"{attribution.shape} and {mask.shape}"
        )
    mask = mask.reshape(len(mask), -1)
    if not mask.any(axis=1).all():
        raise ValueError("mask must have at least one true entry in each row")
    positive = np.maximum(np.asarray(attribution, dtype=np.float64).reshape(mask.shape), 0)
    return np.array([_MEASURES[measure](r, m) for r, m in zip(positive, mask, strict=True)])


def _mass(positive, mask):
    total = positive.sum()
    return positive[mask].sum() / total if total else 0.0


def _rank(positive, mask):
    K = mask.sum()
    largest = np.argsort(-positive, kind="stable")[:K]
    return (mask[largest] & (positive[largest] > 0)).sum() / K


def _pointing(positive, mask):
    largest = positive.argmax()
    return float(mask[largest] and positive[largest] > 0)


_MEASURES = {"mass": _mass, "rank": _rank, "pointing": _pointing}


def _as_numpy(array: AnyArray) -> NDArray[Any]:
    return array.detach().cpu().numpy() if hasattr(array, "detach") else np.asarray(array)
