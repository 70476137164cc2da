"""Mistakes in writing a convolution that are known by name, each with a question out of it.

A mistake is a whole implementation: on the right arguments it does what the student's does.
"""

import numpy as np

import course_lib as lib
from course_lib.checks.check import Misconception


def _flip(w, axes):
    return np.ascontiguousarray(np.flip(w, axes))


def _without(*names):
    """Return the options that a mistake ignores, put back to their defaults."""
    defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    return {name: defaults[name] for name in names}


def _first_channel(convolve):
    return lambda x, w, b=None, **o: convolve(x[:, :1].copy(), w[:, :1].copy(), b, **o)


def _mean_of_channels(convolve):
    def mistake(x, w, b=None, **options):
        y = convolve(x, w, **options) / x.shape[1]
        return y if b is None else y + b.reshape(-1, *[1] * (y.ndim - 2))

    return mistake


def _bias_per_channel(convolve):
    return lambda x, w, b=None, **o: convolve(x, w, None if b is None else b * x.shape[1], **o)


def _first_bias(convolve):
    return lambda x, w, b=None, **o: convolve(x, w, None if b is None else b * 0 + b[0], **o)


def _last_window_missing(convolve):
    def mistake(x, w, b=None, **options):
        y = convolve(x, w, b, **options)
        return y[tuple(slice(None) if axis < 2 else slice(-1) for axis in range(y.ndim))]

    return mistake


def _stride_only_in_size(convolve):
    """The output has the right size, but window i starts at i instead of i*stride."""

    def mistake(x, w, b=None, **options):
        size = convolve(x, w, b, **options).shape
        dense = convolve(x, w, b, **{**options, "stride": 1})
        return dense[tuple(slice(n) for n in size)]

    return mistake


def _padding_in_front(convolve):
    def mistake(x, w, b=None, **options):
        padding = options.pop("padding", 0)
        sides = [(int(p), 0) for p in np.broadcast_to(padding, x.ndim - 2)]
        return convolve(np.pad(x, [(0, 0), (0, 0), *sides]), w, b, **options)

    return mistake


def _in_float64(convolve):
    return lambda x, w, b=None, **o: convolve(x, w, b, **o).astype(np.float64)


def _common(convolve, axes):
    """Return the mistakes that one and two dimensions share."""
    return (
        Misconception(
            "kernel flipped",
            "Which weight meets the first number of a window: the first one or the last one?",
            lambda x, w, b=None, **o: convolve(x, _flip(w, axes), b, **o),
        ),
        Misconception(
            "stride ignored",
            "How many stops are left when the filter moves `stride` steps at a time?",
            lambda x, w, b=None, **o: convolve(x, w, b, **o | _without("stride")),
        ),
        Misconception(
            "stride in the size only",
            "Output number i has its place. At which number of the input does its window start?",
            _stride_only_in_size(convolve),
        ),
        Misconception(
            "padding ignored",
            "What does the filter see when it starts `padding` steps before the first number?",
            lambda x, w, b=None, **o: convolve(x, w, b, **o | _without("padding")),
        ),
        Misconception(
            "padding on one side only",
            "The formula has 2p in the output size. Where do the second p zeros go?",
            _padding_in_front(convolve),
        ),
        Misconception(
            "only the first channel",
            "A filter has weights for every channel. Which of them does your sum use?",
            _first_channel(convolve),
        ),
        Misconception(
            "mean of the channels instead of the sum",
            "Is there a division in the formula?",
            _mean_of_channels(convolve),
        ),
        Misconception(
            "bias ignored",
            "What should come out where the whole input is zero?",
            lambda x, w, b=None, **o: convolve(x, w, **o),
        ),
        Misconception(
            "bias added once per channel",
            "Is b inside or outside the sum over c? How often is it added?",
            _bias_per_channel(convolve),
        ),
        Misconception(
            "one bias for all filters",
            "b has one number per filter. Along which axis of the output does it change?",
            _first_bias(convolve),
        ),
        Misconception(
            "last window missing",
            "A sequence of 3 and a filter of 2: at how many places does the filter fit?",
            _last_window_missing(convolve),
        ),
        Misconception(
            "result always float64",
            "Which dtype has an array from np.zeros(shape), whatever x is?",
            _in_float64(convolve),
        ),
    )


def _pairs_swapped(x, w, b=None, **options):
    swapped = {name: tuple(np.broadcast_to(v, 2).tolist()[::-1]) for name, v in options.items()}
    return lib.conv2d(x, w, b, **swapped)


def _depthwise_cut(x, w, b=None, **options):
    """Filter f sees channel f alone."""
    shared = min(x.shape[1], w.shape[0])
    own = np.zeros_like(w)
    own[range(shared), range(shared)] = w[range(shared), range(shared)]
    return lib.conv2d(x, own, b, **options)


CONV1D = _common(lib.conv1d, (2,))
CONV2D = (
    *_common(lib.conv2d, (2, 3)),
    Misconception(
        "kernel transposed",
        "In w[f, c, k, l], does k count rows or columns? And in x[n, c, i, j], what does i count?",
        lambda x, w, b=None, **o: lib.conv2d(x, w.swapaxes(2, 3).copy(), b, **o),
    ),
    Misconception(
        "output transposed",
        "Does the first of the two output indices move the window down or to the right?",
        lambda x, w, b=None, **o: lib.conv2d(x, w, b, **o).swapaxes(2, 3),
    ),
    Misconception(
        "rows and columns of a pair exchanged",
        "In stride=(2, 1), which number belongs to the rows?",
        _pairs_swapped,
    ),
    Misconception(
        "each filter sees one channel",
        "How many channels does one filter read, and how many does it give?",
        _depthwise_cut,
    ),
)


def _dilated_kernel(change):
    def mistake(x, w, b=None, *, dilation=1, **options):
        dilation = tuple(change(int(d)) for d in np.broadcast_to(dilation, 2))
        return lib.conv2d(x, w, b, dilation=dilation, **options)

    return mistake


def _dilation_as_stride(x, w, b=None, *, dilation=1, stride=1, **options):
    product = np.broadcast_to(stride, 2) * np.broadcast_to(dilation, 2)
    return lib.conv2d(x, w, b, stride=tuple(product.tolist()), **options)


def _dilation_not_in_size(x, w, b=None, *, dilation=1, padding=0, **options):
    """The output is as large as without dilation; windows that stick out see zeros."""
    size = lib.conv2d(x, w, b, padding=padding, **options).shape
    ph, pw = np.broadcast_to(padding, 2)
    rows, columns = (np.broadcast_to(dilation, 2) - 1) * (np.array(w.shape[2:]) - 1)
    wide = np.pad(x, [(0, 0), (0, 0), (ph, ph + rows), (pw, pw + columns)])
    return lib.conv2d(wide, w, b, dilation=dilation, **options)[:, :, : size[2], : size[3]]


def _order_of_groups(order):
    """Filters and channels are dealt to the groups in `order(count, groups)`."""

    def mistake(x, w, b=None, *, groups=1, **options):
        filters = order(w.shape[0], groups)
        y = np.zeros_like(lib.conv2d(x, w, groups=groups, **options))
        channels = w.shape[1]
        for f, group in enumerate(filters):
            seen = x[:, group * channels : (group + 1) * channels].copy()
            y[:, f] = lib.conv2d(seen, w[f : f + 1], **options)[:, 0]
        return y if b is None else y + b[:, None, None]

    return mistake


def _interleaved_channels(x, w, b=None, *, groups=1, **options):
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    return lib.conv2d(x[:, order], w, b, groups=groups, **options)


DILATION_GROUPS = (
    CONV2D[0],  # the flipped kernel, which is flipped here too
    Misconception(
        "dilation ignored",
        "How far apart in the image are two neighbouring weights when the dilation is 2?",
        _dilated_kernel(lambda d: 1),
    ),
    Misconception(
        "dilation counted as the gap",
        "With dilation 1 the weights are neighbours. How many pixels lie between them then?",
        _dilated_kernel(lambda d: d + 1),
    ),
    Misconception(
        "dilation not in the output size",
        "How many pixels do 2 weights with dilation 2 cover? Where does that still fit?",
        _dilation_not_in_size,
    ),
    Misconception(
        "dilation applied to the stride",
        "Does dilation change where a window starts, or what lies inside it?",
        _dilation_as_stride,
    ),
    Misconception(
        "every filter reads the first group",
        "Which channels does the last filter see, and at which channel do they start?",
        _order_of_groups(lambda filters, groups: [0] * filters),
    ),
    Misconception(
        "filters dealt to the groups in turn",
        "Filters 0 and 1 of four: do they belong to the same group or to different ones?",
        _order_of_groups(lambda filters, groups: [f % groups for f in range(filters)]),
    ),
    Misconception(
        "channels dealt to the groups in turn",
        "Four channels, two groups: does the first group see channels 0 and 1, or 0 and 2?",
        _interleaved_channels,
    ),
)
