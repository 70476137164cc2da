"""Arrays of pixels as images on the page."""

import numpy as np

from course_lib.plots.picture import LINE, Picture, quote, webp
from course_lib.plots.style import NEGATIVE, POSITIVE


def image(pixels, alt, *, caption=None, limits=None, signed=False, width=None):
    r"""Draw pixels as an image: grey, colour, or positive against negative.

    .. math::

        \text{grey} = \frac{x - \text{low}}{\text{high} - \text{low}}, \qquad
        \text{or, signed, } \text{opacity} = \frac{|x|}{\text{high}}

    Args:
        pixels: (H, W), or (3, H, W) for red, green and blue.
        alt: what is shown, in words.
        caption: a line below, or None.
        limits: (low, high), the values of black and white; None for (0, 1). With `signed`, (-high,
            high) around zero; None for the largest absolute value.
        signed: zero is the colour of the page, orange is positive, purple negative.
        width: its width on the page in CSS pixels; None for its own, small ones enlarged.

    Returns:
        A Picture. An image of fewer than 100 pixels a side keeps its squares when enlarged.

    Raises:
        ValueError: other shapes, empty, NaN or infinite, or limits that are not in order.

    Source:
        Brewer, ColorBrewer (2003), on colours for values around zero.

    >>> image([[0.0, 1.0]], "Black and white.", width=40).width
    40
    """
    pixels = np.asarray(pixels, dtype=np.float64)
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and len(pixels) == 3 and not signed)):
        allowed = "(H, W)" if signed else "(H, W) or (3, H, W)"
        raise ValueError(f"pixels must have the shape {allowed}, got {pixels.shape}")
    if pixels.size == 0 or not np.isfinite(pixels).all():
        raise ValueError(f"pixels must be finite and not empty, got shape {pixels.shape}")
    if limits is None:
        high = float(np.abs(pixels).max()) or 1.0
        limits = (-high, high) if signed else (0.0, 1.0)
    low, high = limits
    if not low < high:
        raise ValueError(f"limits must be (low, high) with low below high, got {limits}")
    if signed and low != -high:
        raise ValueError(f"limits must be (-high, high) for a signed image, got {limits}")
    channels = _signed(pixels / high) if signed else _grey_or_colour((pixels - low) / (high - low))
    address = webp(_bitmap(channels))
    H, W = pixels.shape[-2:]
    small = max(H, W) < 100
    if width is None:
        width = max(W, 160) if small else W
    style = "image-rendering:pixelated;" if small else ""
    if signed:  # its zeros are the page: say where it ends
        style += f"outline:1px solid {LINE};"
    # The class keeps the theme from dimming the image in the dark.
    body = (
        f'<img class="dark-light" src="{address}" alt="{quote(alt)}" width="{W}" height="{H}" '
        f'style="{style}display:block;width:100%;height:auto;background:none"/>'
    )
    return Picture(body, alt, width=width, caption=caption)


def _grey_or_colour(shares):
    return shares if shares.ndim == 2 else np.moveaxis(shares, 0, -1)


def _signed(shares):
    """Return red, green, blue and opacity: the page shows through where the value is 0."""
    from matplotlib.colors import to_rgb

    colour = np.where(shares[..., None] < 0, to_rgb(NEGATIVE), to_rgb(POSITIVE))
    return np.concatenate([colour, np.abs(shares)[..., None]], axis=-1)


def _bitmap(channels):
    from PIL import Image

    return Image.fromarray(np.round(np.clip(channels, 0, 1) * 255).astype(np.uint8))
