"""Fractional max pooling: shrink by a factor between 1 and 2."""

from typing import Any

import numpy as np

from course_lib import backends, validate
from course_lib.arrays import AnyArray, Array, Backend, Pair
from course_lib.pooling import MaxPool


def fractional_max_pool2d(
    x: Array, output_size: Pair, *, u: float | AnyArray | None = None,
    overlapping: bool = False, rng: int | np.random.Generator | None = None,
    backend: Backend = None,
) -> MaxPool[Array]:  # fmt: skip
    r"""Max pooling that shrinks by a fraction, with tiles of two neighbouring sizes.

    Disjoint tiles of rows:

    .. math::

        [\, a_{i-1} - a_0, \; a_i - a_0 \,), \qquad a_i = \lceil \alpha (i + u) \rceil, \qquad
        \alpha = H / HO

    so that the sizes are 1 or 2 when alpha is between 1 and 2, and add up to H. Overlapping tiles:

    .. math::

        2 \text{ rows from } \lfloor \alpha (i + u) \rfloor - \lfloor \alpha u \rfloor, \qquad
        \alpha = \frac{H - 2}{HO - 1}

    as torch's `fractional_max_pool2d` with a kernel of 2. Columns likewise.

    Args:
        x: (N, C, H, W).
        output_size: (HO, WO), or an int for both; smaller than the image.
        u: where the sequence starts, in [0, 1): one number, or an (N, C, 2) array as torch's
            `_random_samples`, u[..., 0] for the columns and u[..., 1] for the rows. The sequence is
            then the pseudo-random one of the equations.
        overlapping: tiles of 2 by 2 that may overlap, instead of disjoint ones.
        rng: None, a seed or a NumPy Generator, without u: the sizes are the same but in a random
            order, drawn for every example and channel. None draws anew, a seed repeats itself.
        backend: "reference", "numpy" or "torch"; None picks by the type of x.

    Returns:
        MaxPool(y, switches), both (N, C, HO, WO), as `max_pool2d`.

    Raises:
        TypeError: x is not a floating array, or rng none of those.
        ValueError: output_size not below the image's, u outside [0, 1) or of another shape, or both
            u and rng given.

    Source:
        Graham, Fractional Max-Pooling (2014), section 2.

    >>> import numpy as np
    >>> x = np.array([[[[3.0, 1.0, 2.0]]]]).repeat(2, axis=2)
    >>> fractional_max_pool2d(x, (1, 2), u=0.5)
    MaxPool(y=array([[[[3., 2.]]]]), switches=array([[[[0, 2]]]]))
    """
    validate.arrays(x=x)
    validate.batch("x", x, ["N", "C", "H", "W"])
    N, C, H, W = x.shape
    HO, WO = validate.pair("output_size", output_size, minimum=1)
    if HO >= H or WO >= W:
        raise ValueError(f"output_size must be below the image's {(H, W)}, got {(HO, WO)}")
    if u is not None and rng is not None:
        raise ValueError(
            "u and rng must not both be given: u places the pseudo-random sequence, rng draws a "
            "random one"
        )
    if u is not None:
        given: Any = u
        if validate.array_kind(u) == "torch":
            given = given.detach().cpu().numpy()
        u = 1.0 * np.asarray(given)
        if u.shape not in ((), (N, C, 2)):
            raise ValueError(f"u must be a number or of shape {(N, C, 2)}, got shape {u.shape}")
        if not np.all((u >= 0) & (u < 1)):
            raise ValueError(f"u must lie in [0, 1), got {u.min()} to {u.max()}")
        u = np.broadcast_to(u, (N, C, 2))
    else:
        rng = validate.random_generator(rng)
    options = dict(output_size=(HO, WO), u=u, overlapping=overlapping, rng=rng)
    result = backends.call("fractional_pooling.fractional_max_pool2d", backend, (x,), **options)
    return MaxPool(*result)
