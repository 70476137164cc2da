"""Checks of the exercise `convolution`: numbers of the source documents, then properties.

The worked numbers are stored. The random cases compare with the library, and where only
`course_lib.reference` has the answer they need it: a student's installation may leave it out.
"""

import numpy as np

import course_lib as lib
from course_lib.checks.check import Case, Check
from course_lib.checks.convolution_mistakes import CONV1D, CONV2D, DILATION_GROUPS
from course_lib.checks.equivariance_mistakes import EQUIVARIANCE, TRUE_CONVOLUTION
from course_lib.datasets.documents import IMAGE, KERNEL, RGB, RGB_KERNELS


def _floats(values):
    return np.array(values, dtype=np.float64)


_DIGITS = _floats([[[[1, 10], [100, 1000]]]])  # each weight leaves its own digit in the result


def _conv(why, x, w, expected, b=None, dtype=np.float64, **options):
    arguments = {"x": np.asarray(x, dtype), "w": np.asarray(w, dtype)}
    if b is not None:
        arguments["b"] = np.asarray(b, dtype)
    if not callable(expected):
        expected = np.asarray(expected, dtype)
    return Case(why, arguments, options, expected)


def _conv1d_worked():
    yield _conv("one channel", [[[1, 2, 4]]], [[[1, 10]]], [[[21, 42]]])
    x, w = [[[1, 2, 4, 8, 16]]], [[[1, 10, 100]]]
    yield _conv("stride 2", x, w, [[[421, 1684]]], stride=2)
    yield _conv("padding 1", [[[1, 2, 4]]], w, [[[210, 421, 42]]], padding=1)
    x = [[[1, 2, 3], [10, 20, 30]], [[4, 5, 6], [40, 50, 60]]]
    w = [[[1, 0], [0, 1]], [[2, 1], [1, -1]], [[0, 3], [1, 0]]]
    y = _floats([[[121, 132], [194, 197], [316, 329]], [[154, 165], [203, 206], [355, 368]]])
    yield _conv("two sequences, two channels, three filters, bias", x, w, y, [100, 200, 300])
    x = [[[1, 2, 3, 4, 5]]]
    y = [[[1000, 1032, 1005]]]
    yield _conv(
        "bias, stride 3 and padding 2 together", x, [[[1, 10]]], y, [1000], stride=3, padding=2
    )
    yield _conv("float32 stays float32", x, [[[1, 10]]], [[[21, 32, 43, 54]]], dtype=np.float32)
    yield _linear(_floats([[[1, 2, 4, 8]]]), _floats([[[5, 0, 3, 1]]]), _floats([[[2, -1, 3]]]))


def _linear(x1, x2, w, **options):
    def expected(function):
        return function(x1, w, **options) + 2 * function(x2, w, **options)

    return _conv("linear: the sum x1 + 2*x2 gives y1 + 2*y2", x1 + 2 * x2, w, expected, **options)


def _conv2d_worked():
    y = [[[[4, 3, 4], [2, 4, 3], [2, 3, 4]]]]
    yield _conv("one channel, the 5x5 example", IMAGE[None, None], KERNEL[None, None], y)
    x = [[[[1, 2], [3, 4]]]]
    yield _conv("one window, 1 + 20 + 300 + 4000", x, _DIGITS, [[[[4321]]]])
    y = [
        [
            [
                [-25, 466, 466, 475],
                [295, 787, 798, 812],
                [291, 776, 784, 800],
                [293, 771, 773, 782],
            ]
        ]
    ]
    yield _conv("three channels and a bias, the RGB example", RGB[None], RGB_KERNELS[None], y, [1])
    y = [[[[4, 4], [2, 4]]]]
    yield _conv("stride 2 on the 5x5 example", IMAGE[None, None], KERNEL[None, None], y, stride=2)
    y = [[[[1000, 2100, 200], [3010, 4321, 402], [30, 43, 4]]]]
    yield _conv("padding 1", x, _DIGITS, y, padding=1)
    x = np.arange(1, 10).reshape(1, 1, 3, 3)
    y = [[[[10, 21, 32, 3], [70, 87, 98, 9]]]]
    options = dict(stride=(2, 1), padding=(0, 1))
    yield _conv("pairs (rows, columns), a kernel of one row", x, [[[[1, 10]]]], y, **options)
    x = [[[[1, 2], [3, 4]], [[10, 20], [30, 40]]], [[[5, 6], [7, 8]], [[50, 60], [70, 80]]]]
    w = [[[[1, 0]], [[0, 1]]], [[[0, 2]], [[1, 0]]]]
    y = [[[[1021], [1043]], [[2014], [2038]]], [[[1065], [1087]], [[2062], [2086]]]]
    yield _conv("two images, two channels, two filters, bias", x, w, y, [1000, 2000])
    x = [[[[1, 2], [3, 4]]]]
    yield _conv("float32 stays float32", x, _DIGITS, [[[[4321]]]], dtype=np.float32)
    x1, x2 = _floats([[[[1, 2], [3, 4]]]]), _floats([[[[0, 5], [1, 0]]]])
    yield _linear(x1, x2, _DIGITS, padding=1)


def _dilation_groups_worked():
    x = np.arange(1, 17).reshape(1, 1, 4, 4)
    y = [[[[11931, 13042], [16375, 17486]]]]
    yield _conv("dilation 2", x, _DIGITS, y, dilation=2)
    y = [[[[7531, 8642], [11975, 13086]]]]
    yield _conv("dilation (1, 2): rows, columns", x[:, :, :3], _DIGITS, y, dilation=(1, 2))
    options = dict(dilation=2, stride=2, padding=1)
    y = [[[[6000, 8600], [14060, 17486]]]]
    yield _conv("dilation, stride and padding together", x, _DIGITS, y, **options)
    x, w = [[[[1, 2]], [[3, 4]]]], [[[[1, 10]]], [[[100, 1000]]]]
    yield _conv("2 groups: each channel its filter", x, w, [[[[26]], [[4306]]]], [5, 6], groups=2)
    x = _floats([1, 2, 3, 4]).reshape(1, 4, 1, 1)
    w = _floats([[1, 10], [100, 1000], [1, 10], [100, 1000]]).reshape(4, 2, 1, 1)
    y = _floats([21, 2100, 43, 4300]).reshape(1, 4, 1, 1)
    yield _conv("2 groups of 2 channels and 2 filters", x, w, y, groups=2)
    x, w = _floats([1, 2]).reshape(1, 2, 1, 1), _floats([1, 10, 100, 1000]).reshape(4, 1, 1, 1)
    y = _floats([1, 10, 200, 2000]).reshape(1, 4, 1, 1)
    yield _conv("2 groups, more filters than channels", x, w, y, groups=2)


def _true_convolution_worked():
    x, w = _floats([[[1, 2], [3, 4]]]), _DIGITS[0]
    yield _conv("one window, 4*1 + 3*10 + 2*100 + 1*1000", x, w, [[1234]])
    y = [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    yield _conv("the 5x5 example", IMAGE[None], KERNEL[None], y)
    y = [[336, 326, 333, 339], [653, 799, 809, 814], [645, 798, 806, 811], [633, 786, 797, 806]]
    yield _conv("the RGB example without its bias", RGB, RGB_KERNELS, y)
    x, w = _floats([[[1, 2, 3]], [[4, 5, 6]]]), _floats([[[1, 10]], [[100, 1000]]])
    yield _conv("two channels, one row", x, w, [[4512, 5623]])
    yield _conv("float32 stays float32", [[[1, 2, 3]]], [[[1, 10]]], [[12, 23]], dtype=np.float32)
    pixel = np.zeros((1, 5, 5))
    pixel[0, 2, 2] = 1
    w = _floats([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]])
    yield _conv("one bright pixel gives the kernel itself", pixel, w, w[0])
    yield _linear(pixel, _floats([np.arange(25).reshape(5, 5)]), w)


def _equivariance(why, x, w, shift, expected, **options):
    return Case(why, {"x": x, "w": w, "shift": shift}, options, expected)


def _equivariance_worked():
    x = _floats([[1, 2, 0, 0], [3, 4, 0, 1], [0, 0, 5, 0], [2, 0, 0, 6]])
    w = _floats([[0, 1, 0], [2, 3, 4], [0, 5, -7]])
    yield _equivariance("wrap, shift 1: exact", x, w, 1, 0.0)
    yield _equivariance("wrap, stride 2, shift 1: not a multiple", x, w, 1, 64.0, stride=2)
    yield _equivariance("wrap, stride 2, shift 2: exact again", x, w, 2, 0.0, stride=2)
    yield _equivariance("wrap, stride 2, shift 3", x, w, 3, 64.0, stride=2)
    x = _floats([[9, 2, 0], [3, 4, 1], [0, 5, 0], [2, 0, 6], [8, 1, 3]])
    zeros = dict(mode="constant")
    yield _equivariance("zeros outside, no shift: exact", x, w, 0, 0.0, **zeros)
    yield _equivariance("zeros outside, shift 1", x, w, 1, 33.0, **zeros)
    yield _equivariance("zeros outside, shift 3", x, w, 3, 35.0, **zeros)
    yield _equivariance("zeros outside, stride 2, shift 1", x, w, 1, 34.0, stride=2, **zeros)
    yield _equivariance("zeros outside, stride 2, shift 2", x, w, 2, 30.0, stride=2, **zeros)


def _random_conv1d(rng):
    for low, dtype in _RANDOM_CASES:
        N, C, F, K = (int(v) for v in rng.integers(low, 4, size=4))
        stride, padding = int(rng.integers(low, 4)), int(rng.integers(low - 1, 3))
        x = _normal(rng, N, C, K + stride + rng.integers(0, 5), dtype=dtype)
        w = _normal(rng, F, C, K, dtype=dtype)
        b = _normal(rng, F, dtype=dtype) if low > 1 or rng.random() < 0.5 else None
        options = dict(stride=stride, padding=padding)
        yield _conv("random numbers", x, w, lib.conv1d(x, w, b, **options), b, dtype, **options)


def _random_conv2d(rng, dilated=False):
    for low, dtype in _RANDOM_CASES:
        N, KH, KW = (int(v) for v in rng.integers(low, 4, size=3))
        groups = int(rng.integers(low, 4)) if dilated else 1
        C, F = (groups * int(v) for v in rng.integers(low, 4, size=2))
        stride, padding = _pair(rng, low, 4), _pair(rng, low - 1, 3)
        dilation = _pair(rng, low, 4) if dilated else 1
        reach = np.broadcast_to(dilation, 2) * (np.array([KH, KW]) - 1) + 1
        H, W = reach + np.broadcast_to(stride, 2) + rng.integers(0, 4, size=2)
        x = _normal(rng, N, C, H, W, dtype=dtype)
        w = _normal(rng, F, C // groups, KH, KW, dtype=dtype)
        b = _normal(rng, F, dtype=dtype) if low > 1 or rng.random() < 0.5 else None
        options = dict(stride=stride, padding=padding)
        if dilated:
            options |= dict(dilation=dilation, groups=groups)
        yield _conv("random numbers", x, w, lib.conv2d(x, w, b, **options), b, dtype, **options)


def _random_dilation_groups(rng):
    return _random_conv2d(rng, dilated=True)


def _random_true_convolution(rng):
    from course_lib.reference.true_convolution import true_convolution2d

    for low, dtype in _RANDOM_CASES:
        C, KH, KW = (int(v) for v in rng.integers(low, 4, size=3))
        x = _normal(rng, C, KH + rng.integers(0, 5), KW + rng.integers(0, 5), dtype=dtype)
        w = _normal(rng, C, KH, KW, dtype=dtype)
        yield _conv("random numbers", x, w, true_convolution2d(x, w), dtype=dtype)


def _random_equivariance(rng):
    from course_lib.reference.equivariance import equivariance_error

    for i in range(16):
        H, W = (int(v) for v in rng.integers(5, 10, size=2))
        shift, stride = int(rng.integers(0, 4)), int(rng.integers(1, 4))
        K = int(rng.choice([3, 5]))
        x, w = _normal(rng, H, W), _normal(rng, K, K)
        options = dict(stride=stride, mode=("wrap", "constant")[i % 2])
        expected = equivariance_error(x, w, shift, **options)
        yield _equivariance("random numbers", x, w, shift, expected, **options)


#: The smallest number of channels, strides and so on, and the dtype, of each random case.
_RANDOM_CASES = ((1, np.float64), (2, np.float64)) * 4 + ((1, np.float32),)


def _normal(rng, *shape, dtype=np.float64):
    """Return normal numbers, half of the time in memory that is not contiguous."""
    *leading, last = (int(v) for v in shape)
    if rng.random() < 0.5:
        return rng.normal(size=(*leading, last)).astype(dtype)
    return rng.normal(size=(*leading, 2 * last)).astype(dtype)[..., ::2]


def _pair(rng, low, high):
    rows, columns = (int(v) for v in rng.integers(low, high, size=2))
    return rows if rows == columns else (rows, columns)


conv1d = Check("conv1d", _conv1d_worked, _random_conv1d, CONV1D)
conv2d = Check("conv2d", _conv2d_worked, _random_conv2d, CONV2D)
conv2d_dilation_groups = Check(
    "conv2d_dilation_groups",
    _dilation_groups_worked,
    _random_dilation_groups,
    DILATION_GROUPS,
    function="conv2d",
)
true_convolution2d = Check(
    "true_convolution2d", _true_convolution_worked, _random_true_convolution, TRUE_CONVOLUTION
)
equivariance_error = Check(
    "equivariance_error", _equivariance_worked, _random_equivariance, EQUIVARIANCE
)
