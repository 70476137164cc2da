"""A network drawn to scale: one block for each layer, as large as its output."""

import html

import numpy as np

from course_lib.plots.layers import RESULT, SEEN, _line
from course_lib.plots.picture import WIDE, Picture, quote, svg, webp

DEPTH = 0.5  # pixels of the drawing for one channel, along both of its slanted directions


def network(input_shape, sizes, *, images=None, scale=1.0, names=None):
    r"""Draw a network to scale: `track` in blocks.

    .. math::

        (C, H, W) \mapsto \text{block of } H \times W \text{ pixels, } C \text{ deep}, \qquad
        (D) \mapsto \text{strip of } D \text{ pixels}

    Args:
        input_shape: (C, H, W) or (D,).
        sizes: one (layer, shape, parameters) for each layer, as `track` returns them.
        images: a picture (H, W) for the front of each block, the input's first; None for none.
        scale: pixels of the drawing for one pixel of the image.
        names: a name for each layer, in place of those of `sizes`.

    Returns:
        A Picture that wraps on a narrow screen and keeps its scale.

    Raises:
        ValueError: another number of images or names than there are blocks or layers.

    Source:
        LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition
        (1998), figure 2.

    >>> network((1, 4, 4), [("Conv", (3, 2, 2), 30)])
    <picture: A network drawn to scale: input 1 x 4 x 4, Conv 3 x 2 x 2, 30 parameters.>
    """
    sizes = list(sizes)
    names = [size[0] for size in sizes] if names is None else list(names)
    images = [None] * (len(sizes) + 1) if images is None else list(images)
    if len(names) != len(sizes) or len(images) != len(sizes) + 1:
        raise ValueError(
            f"names must have {len(sizes)} entries and images {len(sizes) + 1}, got "
            f"{len(names)} and {len(images)}"
        )
    shapes = [tuple(input_shape), *(shape for _, shape, _ in sizes)]
    labels = ["input", *names]
    counts = [None, *(parameters for *_, parameters in sizes)]
    tallest = scale * max([shape[1] for shape in shapes if len(shape) == 3], default=100)
    parts, words = [], []
    for number, (shape, label, count, image) in enumerate(
        zip(shapes, labels, counts, images, strict=True)
    ):
        size = " × ".join(f"{n:,}" for n in shape)
        learnt = f"{count:,} parameters" if count else ""
        words.append(f"{label} {size.replace('×', 'x')}" + (f", {learnt}" if learnt else ""))
        colour = SEEN if number == 0 else RESULT
        arrow = '<span aria-hidden="true" style="align-self:center">→</span>' if number else ""
        lines = f"<strong>{html.escape(label)}</strong><br/>{size}"
        # Three lines under each, so that all blocks stand on one floor.
        lines += f"<br/>{learnt.replace('parameters', 'par.') or '&#160;'}"
        parts.append(
            f'<div style="display:flex;gap:.5rem;align-items:flex-end">{arrow}<div>'
            f"{_block(shape, image, scale, tallest, colour)}"
            f'<div style="font-size:.8em;line-height:1.3;padding-top:.3rem">{lines}</div>'
            "</div></div>"
        )
    words = f"A network drawn to scale: {', '.join(words)}."
    body = (
        f'<div role="img" aria-label="{quote(words)}" style="display:flex;flex-wrap:wrap;'
        f'gap:1rem .6rem;align-items:flex-end">{"".join(parts)}</div>'
    )
    return Picture(body, words, width=WIDE)


def _block(shape, image, scale, tallest, colour):
    """Return the drawing of one block, in its natural size."""
    if len(shape) == 1:
        area = shape[0] * scale**2
        wide = max(4.0, area / tallest)
        deep, high = 0, area / wide
    else:
        C, H, W = shape
        deep, high, wide = (C * DEPTH if C > 1 else 0), H * scale, W * scale
    body = []
    if deep:
        body.append(
            f'<path d="M0 {deep:g} l{deep:g} {-deep:g} h{wide:g} v{high:g} l{-deep:g} {deep:g} '
            f'v{-high:g} z" fill="{colour}" fill-opacity="0.15" stroke="{colour}"/>'
        )
        body.append(_line(wide, deep, wide + deep, 0, colour))
    if image is not None:
        body.append(
            f'<image href="{_raster(image)}" y="{deep:g}" width="{wide:g}" height="{high:g}" '
            'preserveAspectRatio="none"/>'
        )
    look = 'fill="none"' if image is not None else f'fill="{colour}" fill-opacity="0.35"'
    body.append(f'<rect y="{deep:g}" width="{wide:g}" height="{high:g}" {look} stroke="{colour}"/>')
    width, height = wide + deep, high + deep
    drawing = svg("".join(body), "", width, height)
    drawing = drawing.replace('role="img" aria-label=""', 'aria-hidden="true"')  # named as a whole
    return f'<div aria-hidden="true" style="width:{width:g}px;max-width:100%">{drawing}</div>'


def _raster(image):
    from PIL import Image

    pixels = np.asarray(image, dtype=float)
    pixels = pixels.transpose(1, 2, 0) if pixels.ndim == 3 else pixels
    return webp(Image.fromarray(np.uint8(np.clip(pixels, 0, 1) * 255)))
