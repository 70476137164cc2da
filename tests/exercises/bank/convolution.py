"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, signal

NAMES = {
    "np": np,
    "sliding_window_view": sliding_window_view,
    "ndimage": ndimage,
    "signal": signal,
}

CONV1D_LOOPS = """
def conv1d(x, w, b=None, *, stride=1, padding=0):
    N, C, L = x.shape
    F, _, K = w.shape
    xp = np.zeros((N, C, L + 2 * padding), dtype=x.dtype)
    xp[:, :, padding:padding + L] = x
    LO = (L + 2 * padding - K) // stride + 1
    out = np.zeros((N, F, LO), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(LO):
                total = 0
                for c in range(C):
                    for k in range(K):
                        total += xp[n, c, i * stride + k] * w[f, c, k]
                if b is not None:
                    total += b[f]
                out[n, f, i] = total
    return out
"""

CONV1D_WINDOWS = """
def conv1d(x, w, b=None, *, stride=1, padding=0):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding)])
    win = sliding_window_view(x, w.shape[2], axis=2)[:, :, ::stride]
    y = np.einsum("ncik,fck->nfi", win, w)
    if b is not None:
        y = y + b[None, :, None]
    return y
"""

CONV2D_LOOPS = """
def conv2d(x, w, b=None, *, stride=1, padding=0):
    if isinstance(stride, tuple):
        s1, s2 = stride
    else:
        s1 = s2 = stride
    if isinstance(padding, tuple):
        p1, p2 = padding
    else:
        p1 = p2 = padding
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    big = np.zeros((N, C, H + 2 * p1, W + 2 * p2), dtype=x.dtype)
    big[:, :, p1:p1 + H, p2:p2 + W] = x
    rows = (H + 2 * p1 - KH) // s1 + 1
    cols = (W + 2 * p2 - KW) // s2 + 1
    out = np.zeros((N, F, rows, cols), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(rows):
                for j in range(cols):
                    acc = 0
                    for c in range(C):
                        patch = big[n, c, i * s1:i * s1 + KH, j * s2:j * s2 + KW]
                        acc += (patch * w[f, c]).sum()
                    out[n, f, i, j] = acc
            if b is not None:
                out[n, f] += b[f]
    return out
"""

CONV2D_WINDOWS = """
def conv2d(x, w, b=None, *, stride=1, padding=0):
    sh, sw = np.broadcast_to(stride, 2)
    ph, pw = np.broadcast_to(padding, 2)
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    win = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::sh, ::sw]
    y = np.einsum("ncijkl,fckl->nfij", win, w)
    if b is not None:
        y = y + b.reshape(1, -1, 1, 1)
    return y
"""

TRUE_TURNED = """
def true_convolution2d(x, w):
    C, H, W = x.shape
    _, KH, KW = w.shape
    turned = w[:, ::-1, ::-1]
    out = np.zeros((H - KH + 1, W - KW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(x[:, i:i + KH, j:j + KW] * turned)
    return out
"""

TRUE_LITERAL = """
def true_convolution2d(x, w):
    C, KH, KW = w.shape
    H, W = x.shape[1:]
    out = np.zeros((H - KH + 1, W - KW + 1))
    for i in range(H - KH + 1):
        for j in range(W - KW + 1):
            s = 0.0
            for c in range(C):
                for m in range(KH):
                    for n in range(KW):
                        s += x[c, i + KH - 1 - m, j + KW - 1 - n] * w[c, m, n]
            out[i, j] = s
    return out
"""

MOVE_SLICES = """
def move(image, rows, mode):
    H = image.shape[0]
    moved = np.zeros_like(image)
    if mode == "wrap":
        for i in range(H):
            moved[i] = image[(i - rows) % H]
    else:
        for i in range(rows, H):
            moved[i] = image[i - rows]
    return moved
"""

ERROR_PLAIN = """
def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    first = layer(move(x, shift, mode), w, stride, mode)
    second = layer(x, w, stride, mode)
    second = move(second, shift // stride, mode)
    gap = np.abs(first - second)
    return gap.max()
"""

DIAGONAL = """
def diagonal_kernel():
    k = np.array([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]])
    return k
"""

WRONG = {
    "conv1d": [
        (CONV1D_LOOPS, {"kernel flipped"}, [("w[f, c, k]", "w[f, c, K - 1 - k]")]),
        (CONV1D_WINDOWS, {"kernel flipped"}, [(", win, w)", ", win, w[..., ::-1])")]),
        (CONV1D_LOOPS, {"kernel flipped"}, [("i * stride + k]", "i * stride + K - k - 1]")]),
        (CONV1D_LOOPS, {"last window missing"}, [("// stride + 1\n", "// stride\n")]),
        (CONV1D_LOOPS, {"last window missing"}, [("range(LO)", "range(LO - 1)")]),
        (CONV1D_WINDOWS, {"last window missing"}, [("::stride]", ":-1:stride]")]),
        (CONV1D_LOOPS, {"stride in the size only"}, [("i * stride + k]", "i + k]")]),
        (
            CONV1D_LOOPS,
            {"size not divided by the stride"},
            [("- K) // stride + 1", "- K) // 1 + 1")],
        ),
        (CONV1D_WINDOWS, {"stride ignored"}, [("[:, :, ::stride]", "")]),
        (
            CONV1D_LOOPS,
            {"stride ignored"},
            [("i * stride + k]", "i + k]"), ("- K) // stride + 1", "- K + 1)")],
        ),
        (CONV1D_LOOPS, set(), [("// stride + 1\n", "// stride + 2\n")]),
        (CONV1D_LOOPS, set(), [("i * stride + k]", "(i + k) * stride]")]),
        (CONV1D_LOOPS, set(), [("i * stride + k]", "i + k * stride]")]),
        (CONV1D_WINDOWS, {"padding ignored"}, [("(padding, padding)", "(0, 0)")]),
        (
            CONV1D_WINDOWS,
            {"padding counted on one side only"},
            [("(padding, padding)", "(padding, 0)")],
        ),
        (
            CONV1D_LOOPS,
            {"padding counted on one side only"},
            [("L + 2 * padding - K", "L + padding - K")],
        ),
        (CONV1D_LOOPS, set(), [("xp[:, :, padding:padding + L]", "xp[:, :, 2 * padding:]")]),
        (CONV1D_LOOPS, set(), [("xp[:, :, padding:padding + L]", "xp[:, :, :L]")]),
        (CONV1D_WINDOWS, set(), [("(padding, padding)])", '(padding, padding)], mode="edge")')]),
        (CONV1D_WINDOWS, set(), [("(padding, padding)])", '(padding, padding)], mode="wrap")')]),
        (
            CONV1D_WINDOWS,
            set(),
            [("(padding, padding)])", "(padding, padding)], constant_values=1)")],
        ),
        (CONV1D_WINDOWS, {"bias along the wrong axis"}, [("b[None, :, None]", "b")]),
        (CONV1D_WINDOWS, {"bias ignored"}, [("y = y + b[None, :, None]", "y + b[None, :, None]")]),
        (CONV1D_LOOPS, {"one bias for all filters"}, [("b[f]", "b[0]")]),
        (CONV1D_LOOPS, set(), [("b[f]", "b[n]")]),
        (CONV1D_LOOPS, {"one bias for all filters"}, [("b[f]", "b.sum()")]),
        (CONV1D_LOOPS, set(), [("total += b[f]", "total -= b[f]")]),
        (
            CONV1D_LOOPS,
            {"bias added once per channel"},
            [
                ("total += xp", "total += (b[f] / K if b is not None else 0) + xp"),
                ("total += b[f]", "pass"),
            ],
        ),
        (CONV1D_LOOPS, {"only the first channel"}, [("range(C)", "range(1)")]),
        (
            CONV1D_WINDOWS,
            {"only the first channel"},
            [("ncik,fck->nfi", "nik,fk->nfi"), (", win, w)", ", win[:, 0], w[:, 0])")],
        ),
        (
            CONV1D_LOOPS,
            {"only the last channel"},
            [("for c in range(C):", "for c in range(C):\n                    total = 0")],
        ),
        (CONV1D_LOOPS, {"only the last product"}, [("total += xp", "total = xp")]),
        (CONV1D_LOOPS, set(), [("w[f, c, k]", "w[0, c, k]")]),
        (CONV1D_LOOPS, set(), [("w[f, c, k]", "w[f, 0, k]")]),
        (CONV1D_LOOPS, set(), [("xp[n, c,", "xp[0, c,")]),
        (CONV1D_LOOPS, {"mean instead of sum"}, [("= total\n", "= total / (C * K)\n")]),
        (CONV1D_LOOPS, {"mean instead of sum"}, [("= total\n", "= total / C\n")]),
        (
            CONV1D_LOOPS,
            set(),
            [
                (
                    "                out[n, f, i] = total\n    return out",
                    "                out[n, f, i] = total\n        return out",
                )
            ],
        ),
        (CONV1D_LOOPS, set(), [("    return out\n", "")]),
        (
            CONV1D_LOOPS,
            set(),
            [
                (
                    "out = np.zeros((N, F, LO), dtype=x.dtype)",
                    "out = np.zeros((N, F, LO), dtype=int)",
                )
            ],
        ),
        (
            CONV1D_LOOPS,
            set(),
            [("out = np.zeros((N, F, LO), dtype=x.dtype)", "out = np.zeros((N, F, LO))")],
        ),
        (
            CONV1D_LOOPS,
            set(),
            [
                ("out = np.zeros((N, F, LO)", "out = np.zeros((F, N, LO)"),
                ("out[n, f, i]", "out[f, n, i]"),
            ],
        ),
        (CONV1D_LOOPS, set(), [("if b is not None", "if b")]),
        (
            CONV1D_LOOPS,
            set(),
            [
                (
                    "LO = (L + 2 * padding - K) // stride + 1",
                    "LO = int(np.ceil((L + 2 * padding - K) / stride)) + 1",
                )
            ],
        ),
        (CONV1D_LOOPS, set(), [("out[n, f, i] = total", "out[n, f, i] += total ** 2")]),
        (CONV1D_WINDOWS, set(), [("    return y", "    return np.maximum(y, 0)")]),
        (CONV1D_WINDOWS, set(), [("    return y", "    return y.tolist()")]),
        (CONV1D_WINDOWS, set(), [("    return y", "    return y.squeeze()")]),
        (CONV1D_WINDOWS, set(), [("    return y", "    return np.round(y)")]),
        (CONV1D_WINDOWS, set(), [("    return y", "    return np.abs(y)")]),
    ],
    "conv2d": [
        (CONV2D_WINDOWS, {"kernel flipped"}, [(", win, w)", ", win, w[:, :, ::-1, ::-1])")]),
        (CONV2D_WINDOWS, {"kernel flipped"}, [(", win, w)", ", win, np.rot90(w, 2, (2, 3)))")]),
        (CONV2D_LOOPS, {"kernel reversed along one axis"}, [("w[f, c])", "w[f, c][::-1])")]),
        (CONV2D_LOOPS, {"kernel reversed along one axis"}, [("w[f, c])", "np.fliplr(w[f, c]))")]),
        (CONV2D_LOOPS, {"H taken for the width"}, [("cols = (W +", "cols = (H +")]),
        (
            CONV2D_LOOPS,
            {"H taken for the width"},
            [("N, C, H, W = x.shape", "N, C, W, H = x.shape")],
        ),
        (CONV2D_LOOPS, {"stride ignored"}, [("    N, C, H, W", "    s1 = s2 = 1\n    N, C, H, W")]),
        (
            CONV2D_LOOPS,
            {"stride in the size only"},
            [("i * s1:i * s1 + KH, j * s2:j * s2 + KW", "i:i + KH, j:j + KW")],
        ),
        (CONV2D_LOOPS, set(), [("j * s2:j * s2 + KW", "j * s1:j * s1 + KW")]),
        (CONV2D_LOOPS, set(), [("i * s1:i * s1 + KH", "i * s1:(i + KH) * s1")]),
        (
            CONV2D_LOOPS,
            {"rows and columns of a pair exchanged"},
            [("s1, s2 = stride", "s2, s1 = stride")],
        ),
        (
            CONV2D_WINDOWS,
            {"rows and columns of a pair exchanged"},
            [("ph, pw = np", "pw, ph = np")],
        ),
        (
            CONV2D_WINDOWS,
            {"rows and columns of a pair exchanged"},
            [("sh, sw = np", "sw, sh = np"), ("ph, pw = np", "pw, ph = np")],
        ),
        (CONV2D_WINDOWS, set(), [("np.broadcast_to(padding, 2)", "padding, padding")]),
        (CONV2D_WINDOWS, {"padding ignored"}, [("(ph, ph), (pw, pw)", "(0, 0), (0, 0)")]),
        (
            CONV2D_WINDOWS,
            {"padding counted on one side only"},
            [("(ph, ph), (pw, pw)", "(ph, 0), (pw, 0)")],
        ),
        (CONV2D_WINDOWS, {"padding of the rows only"}, [("(pw, pw)", "(0, 0)")]),
        (
            CONV2D_WINDOWS,
            set(),
            [("x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])", "x = np.pad(x, ph)")],
        ),
        (CONV2D_WINDOWS, set(), [("(pw, pw)])", '(pw, pw)], mode="reflect")')]),
        (CONV2D_LOOPS, {"only the first channel"}, [("for c in range(C)", "for c in range(1)")]),
        (CONV2D_LOOPS, {"only the last channel"}, [("acc += (", "acc = (")]),
        (CONV2D_LOOPS, set(), [("w[f, c])", "w[f, 0])")]),
        (CONV2D_LOOPS, set(), [("big[n, c,", "big[n, 0,")]),
        (CONV2D_LOOPS, set(), [("w[f, c])", "w[0, c])")]),
        (CONV2D_LOOPS, set(), [("big[n, c,", "big[0, c,")]),
        (
            CONV2D_LOOPS,
            {"bias added once per channel"},
            [
                (
                    "acc += (patch * w[f, c]).sum()",
                    "acc += (patch * w[f, c]).sum() + (0 if b is None else b[f])",
                ),
                ("out[n, f] += b[f]", "pass"),
            ],
        ),
        (CONV2D_LOOPS, {"bias ignored"}, [("out[n, f] += b[f]", "out[n, f] + b[f]")]),
        (CONV2D_WINDOWS, {"bias along the wrong axis"}, [("b.reshape(1, -1, 1, 1)", "b")]),
        (CONV2D_LOOPS, {"one bias for all filters"}, [("+= b[f]", "+= b[-1]")]),
        (
            CONV2D_LOOPS,
            set(),
            [
                (
                    "            if b is not None:\n                out[n, f] += b[f]",
                    "        if b is not None:\n            out[n, f] += b[f]",
                ),
            ],
        ),
        (CONV2D_LOOPS, {"mean instead of sum"}, [(".sum()", ".mean()")]),
        (
            CONV2D_WINDOWS,
            {"mean instead of sum"},
            [('ncijkl,fckl->nfij", win, w)', 'ncijkl,fckl->nfij", win, w) / x.shape[1]')],
        ),
        (CONV2D_LOOPS, {"last window missing"}, [("// s1 + 1", "// s1"), ("// s2 + 1", "// s2")]),
        (CONV2D_LOOPS, set(), [("range(rows)", "range(rows - 1)")]),
        (CONV2D_LOOPS, set(), [("range(cols)", "range(1, cols)")]),
        (CONV2D_WINDOWS, {"output transposed"}, [("->nfij", "->nfji")]),
        (CONV2D_LOOPS, set(), [("w[f, c])", "w[f, c].T)")]),
        (CONV2D_LOOPS, set(), [("out[n, f, i, j] = acc", "out[n, f, i, j] = max(acc, 0)")]),
        (CONV2D_LOOPS, set(), [("out[n, f, i, j] = acc", "out[n, f, j, i] = acc")]),
        (CONV2D_LOOPS, set(), [("dtype=x.dtype)\n    for", "dtype=np.int64)\n    for")]),
        (
            CONV2D_LOOPS,
            set(),
            [
                (
                    "                    out[n, f, i, j] = acc\n",
                    "                out[n, f, i, j] = acc\n",
                )
            ],
        ),
        (CONV2D_LOOPS, set(), [("    return out", "        return out")]),
        (CONV2D_WINDOWS, set(), [("    return y", "    return y[0]")]),
        (CONV2D_WINDOWS, set(), [("    return y", "    return y.transpose(0, 2, 3, 1)")]),
        (CONV2D_WINDOWS, set(), [("    return y", "    print(y)")]),
        (CONV2D_WINDOWS, set(), [("    return y", "    return -y")]),
        (
            CONV2D_WINDOWS,
            {'size kept as in "same"'},
            [
                (
                    "x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])",
                    "x = np.pad(x, [(0, 0), (0, 0), (w.shape[2] // 2,) * 2, "
                    "(w.shape[3] // 2,) * 2])",
                )
            ],
        ),
    ],
    "true_convolution2d": [
        (TRUE_TURNED, {"cross-correlation"}, [("w[:, ::-1, ::-1]", "w")]),
        (TRUE_TURNED, {"cross-correlation"}, [("turned)", "w)")]),
        (TRUE_LITERAL, {"cross-correlation"}, [("i + KH - 1 - m, j + KW - 1 - n", "i + m, j + n")]),
        (TRUE_TURNED, {"turned along one axis only"}, [("w[:, ::-1, ::-1]", "w[:, ::-1]")]),
        (TRUE_TURNED, {"turned along one axis only"}, [("w[:, ::-1, ::-1]", "np.flip(w, -1)")]),
        (TRUE_LITERAL, {"turned along one axis only"}, [("j + KW - 1 - n", "j + n")]),
        (TRUE_TURNED, {"channels turned too"}, [("w[:, ::-1, ::-1]", "w[::-1, ::-1, ::-1]")]),
        (TRUE_TURNED, {"channels turned too"}, [("w[:, ::-1, ::-1]", "np.flip(w)")]),
        (TRUE_TURNED, set(), [("w[:, ::-1, ::-1]", "w[::-1]")]),
        (
            TRUE_LITERAL,
            {"negative indices wrap around"},
            [("i + KH - 1 - m, j + KW - 1 - n", "i - m, j - n")],
        ),
        (TRUE_TURNED, set(), [("w[:, ::-1, ::-1]", "w.transpose(0, 2, 1).reshape(w.shape)")]),
        (
            TRUE_TURNED,
            {"cross-correlation"},
            [
                (
                    "turned = w[:, ::-1, ::-1]",
                    "turned = w[:, ::-1, ::-1]\n    x = x[:, ::-1, ::-1]",
                ),
                ("return out", "return out[::-1, ::-1]"),
            ],
        ),
        (
            TRUE_TURNED,
            set(),
            [("turned = w[:, ::-1, ::-1]", "turned = w\n    x = x[:, ::-1, ::-1]")],
        ),
        (TRUE_LITERAL, set(), [("i + KH - 1 - m", "i + KH - m")]),
        (TRUE_LITERAL, set(), [("out[i, j] = s", "out[i, j] = s / C")]),
        (TRUE_LITERAL, {"only the first channel"}, [("range(C)", "range(1)")]),
        (TRUE_LITERAL, {"only the last product"}, [("s += x", "s = x")]),
        (TRUE_LITERAL, set(), [("for i in range(H - KH + 1)", "for i in range(H - KH)")]),
        (
            TRUE_LITERAL,
            {"only the last channel"},
            [
                (
                    "            s = 0.0\n            for c in range(C):",
                    "            for c in range(C):\n                s = 0.0",
                )
            ],
        ),
        (TRUE_TURNED, set(), [("    return out", "    return out[None]")]),
        (TRUE_TURNED, set(), [("    return out", "    return out[::-1, ::-1]")]),
        (
            """
def true_convolution2d(x, w):
    return sum(signal.convolve2d(x[c], w[c], mode="same") for c in range(len(x)))
""",
            set(),
            [],
        ),
        (
            """
def true_convolution2d(x, w):
    return sum(signal.convolve2d(x[c], w[c]) for c in range(len(x)))
""",
            set(),
            [],
        ),
        (
            """
def true_convolution2d(x, w):
    return sum(signal.correlate2d(x[c], w[c], mode="valid") for c in range(len(x)))
""",
            {"cross-correlation"},
            [],
        ),
        (
            """
def true_convolution2d(x, w):
    return np.array([signal.convolve2d(x[c], w[c], mode="valid") for c in range(len(x))])
""",
            set(),
            [],
        ),
        (
            """
def true_convolution2d(x, w):
    return signal.convolve2d(x.sum(axis=0), w.sum(axis=0), mode="valid")
""",
            set(),
            [],
        ),
    ],
    "move": [
        (
            MOVE_SLICES,
            {"moves up"},
            [
                ("(i - rows) % H", "(i + rows) % H"),
                ("range(rows, H)", "range(H - rows)"),
                ("image[i - rows]", "image[i + rows]"),
            ],
        ),
        (
            MOVE_SLICES,
            {"moves to the right"},
            [
                ("H = image.shape[0]", "image = image.T\n    H = image.shape[0]"),
                ("return moved", "return moved.T"),
            ],
        ),
        (
            """
def move(image, rows, mode):
    return np.roll(image, rows, axis=0)
""",
            {"mode ignored"},
            [],
        ),
        (
            """
def move(image, rows, mode):
    moved = np.zeros_like(image)
    moved[rows:] = image[:-rows]
    if mode == "wrap":
        moved[:rows] = image[-rows:]
    return moved
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    moved = np.roll(image, rows)
    if mode == "constant":
        moved[:rows] = 0
    return moved
""",
            {"pixels moved in reading order"},
            [],
        ),
        (
            """
def move(image, rows, mode):
    moved = np.roll(image, rows, axis=0)
    if mode == "constant":
        moved[rows:] = 0
    return moved
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    moved = np.roll(image, 1, axis=0)
    if mode == "constant":
        moved[:1] = 0
    return moved
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    for i in range(len(image) - 1, rows - 1, -1):
        image[i] = image[i - rows]
    image[:rows] = 0
    return image
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    return np.concatenate([np.zeros((rows, image.shape[1])), image])
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    moved = np.roll(image, rows, axis=0)
    if mode == "constant":
        moved[:rows] = image[:1]
    return moved
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    padded = np.pad(image, ((rows, 0), (0, 0)), mode=mode)
    return padded[rows:]
""",
            set(),
            [],
        ),
        (
            """
def move(image, rows, mode):
    moved = np.roll(image, rows, axis=0)
    if mode == "zeros":
        moved[:rows] = 0
    return moved
""",
            {"mode ignored"},
            [],
        ),
    ],
    "equivariance_error": [
        (
            ERROR_PLAIN,
            {"moves up"},
            [
                ("move(x, shift, mode)", "move(x, -shift, mode)"),
                ("shift // stride", "-(shift // stride)"),
            ],
        ),
        (
            ERROR_PLAIN,
            set(),
            [
                (
                    "second = layer(x, w, stride, mode)\n    second = move(second, shift // stride, mode)",
                    "second = layer(move(x, shift, mode), w, stride, mode)",
                )
            ],
        ),
        (
            ERROR_PLAIN,
            {"output not moved"},
            [("    second = move(second, shift // stride, mode)\n", "")],
        ),
        (ERROR_PLAIN, {"shift not divided by the stride"}, [("shift // stride", "shift")]),
        (ERROR_PLAIN, {"shift not divided by the stride"}, [("shift // stride", "shift * stride")]),
        (ERROR_PLAIN, set(), [("shift // stride", "-(-shift // stride)")]),
        (
            ERROR_PLAIN,
            {"stride ignored"},
            [("w, stride, mode", "w, 1, mode"), ("shift // stride", "shift")],
        ),
        (
            ERROR_PLAIN,
            {"mode ignored"},
            [
                ("w, stride, mode)", 'w, stride, "wrap")'),
                ("shift, mode)", 'shift, "wrap")'),
                ("stride, mode)\n    gap", 'stride, "wrap")\n    gap'),
            ],
        ),
        (ERROR_PLAIN, {"mode of the layer ignored"}, [("w, stride, mode)", 'w, stride, "wrap")')]),
        (ERROR_PLAIN, {"another number than the maximum"}, [("gap.max()", "gap.mean()")]),
        (ERROR_PLAIN, {"no absolute value"}, [("np.abs(first - second)", "first - second")]),
        (
            ERROR_PLAIN,
            {"another number than the maximum"},
            [("gap.max()", "np.sqrt((gap ** 2).sum())")],
        ),
        (ERROR_PLAIN, {"another number than the maximum"}, [("gap.max()", "gap.sum()")]),
        (ERROR_PLAIN, {"another number than the maximum"}, [("gap.max()", "gap.min()")]),
        (ERROR_PLAIN, {"border left out"}, [("gap.max()", "gap[1:-1, 1:-1].max()")]),
        (ERROR_PLAIN, {"border left out"}, [("gap.max()", "gap[shift:].max()")]),
        (ERROR_PLAIN, set(), [("gap.max()", "gap")]),
        (ERROR_PLAIN, set(), [("gap.max()", "bool(gap.max() < 1e-9)")]),
        (ERROR_PLAIN, set(), [("gap.max()", "gap.max() / np.abs(second).max()")]),
        (ERROR_PLAIN, set(), [("    return gap.max()", "    gap.max()")]),
        (ERROR_PLAIN, set(), [("np.abs(first - second)", "np.abs(first + second)")]),
        (ERROR_PLAIN, {"input not moved"}, [("layer(move(x, shift, mode), w", "layer(x, w")]),
        (ERROR_PLAIN, set(), [("gap.max()", "round(gap.max(), 2)")]),
        (ERROR_PLAIN, {"kernel flipped"}, [("w, stride, mode", "w[::-1, ::-1], stride, mode")]),
        (ERROR_PLAIN, set(), [("gap.max()", "int(gap.max())")]),
        (ERROR_PLAIN, set(), [("gap.max()", "gap[0, 0]")]),
    ],
    "diagonal_kernel": [
        (DIAGONAL, set(), [("return k", "return np.eye(3)")]),
        (DIAGONAL, {"the other diagonal"}, [("return k", "return k[::-1]")]),
        (DIAGONAL, set(), [("return k", "return np.ones((3, 3))")]),
        (DIAGONAL, set(), [("return k", "return np.zeros((3, 3))")]),
        (DIAGONAL, set(), [("return k", "return k[:2]")]),
        (DIAGONAL, set(), [("return k", "return k.tolist()")]),
        (DIAGONAL, set(), [("return k", "return k[None, None]")]),
        (DIAGONAL, set(), [("return k", "pass")]),
        (DIAGONAL, set(), [("return k", "return np.array([[-1, -1, -1], [2, 2, 2], [-1] * 3])")]),
        (DIAGONAL, set(), [("return k", "return np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])")]),
        (DIAGONAL, set(), [("return k", "return np.eye(3) - 1")]),
        (DIAGONAL, set(), [("return k", "return k + 1e-3")]),
        (DIAGONAL, set(), [("return k", "return np.eye(3) - 1 / 9")]),
        (DIAGONAL, set(), [("return k", "return np.full((3, 3), np.nan)")]),
        (DIAGONAL, set(), [("return k", "return np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])")]),
    ],
}

RIGHT = {
    "conv1d": [
        CONV1D_LOOPS,
        CONV1D_WINDOWS,
        """
def conv1d(x, w, b=None, *, stride=1, padding=0):
    N, C, L = x.shape
    F, C, K = w.shape
    padded = np.concatenate([np.zeros((N, C, padding), x.dtype), x,
                             np.zeros((N, C, padding), x.dtype)], axis=2)
    columns = []
    start = 0
    while start + K <= padded.shape[2]:
        columns.append(np.tensordot(padded[:, :, start:start + K], w, axes=([1, 2], [1, 2])))
        start += stride
    y = np.stack(columns, axis=2)
    if b is not None:
        y += b[:, np.newaxis]
    return y
""",
        """
def conv1d(x, w, b=None, **rest):
    x = x[:, :, None, :]
    p, s = rest.get("padding", 0), rest.get("stride", 1)
    x = np.pad(x, ((0, 0), (0, 0), (0, 0), (p, p)))
    y = np.array([[sum(signal.correlate(a[0], k, "valid") for a, k in zip(img, f))[::s]
                   + (0 if b is None else b[i]) for i, f in enumerate(w)] for img in x])
    return y.astype(x.dtype)
""",
        """
def conv1d(x, w, b=None, *, stride=1, padding=0):
    import warnings
    warnings.warn("slow")
    print("shapes", x.shape, w.shape)
    N, C, L = x.shape
    F, _, K = w.shape
    LO = (L + 2 * padding - K) // stride + 1
    bias = b if b is not None else [0] * F
    def at(n, c, i):
        return x[n, c, i] if 0 <= i < L else 0
    return np.array([[[sum(at(n, c, i * stride + k - padding) * w[f, c, k]
                           for c in range(C) for k in range(K)) + bias[f]
                       for i in range(LO)] for f in range(F)] for n in range(N)], dtype=x.dtype)
""",
    ],
    "conv2d": [
        CONV2D_LOOPS,
        CONV2D_WINDOWS,
        """
def conv2d(x, w, b=None, *, stride=1, padding=0):
    sh, sw = (stride, stride) if np.isscalar(stride) else stride
    ph, pw = (padding, padding) if np.isscalar(padding) else padding
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    y = 0
    HO, WO = (x.shape[2] - w.shape[2]) // sh + 1, (x.shape[3] - w.shape[3]) // sw + 1
    for k in range(w.shape[2]):
        for l in range(w.shape[3]):
            part = x[:, :, k:k + (HO - 1) * sh + 1:sh, l:l + (WO - 1) * sw + 1:sw]
            y = y + np.einsum("ncij,fc->nfij", part, w[:, :, k, l])
    return y if b is None else y + b[:, None, None]
""",
        """
def conv2d(x, w, b=None, *, stride=1, padding=0):
    sh, sw = np.broadcast_to(stride, 2)
    ph, pw = np.broadcast_to(padding, 2)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    y = np.array([[sum(signal.correlate2d(x[n, c], w[f, c], mode="valid")
                       for c in range(x.shape[1])) for f in range(len(w))] for n in range(len(x))])
    y = y[:, :, ::sh, ::sw]
    return y if b is None else y + b.reshape(-1, 1, 1)
""",
        """
def conv2d(x, w, b=None, *, stride=1, padding=0):
    sh, sw = np.broadcast_to(stride, 2)
    ph, pw = np.broadcast_to(padding, 2)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    spread = np.zeros((F, C, H, W))
    spread[:, :, :KH, :KW] = w
    product = np.einsum("ncij,fcij->nfij", np.fft.fft2(x), np.conj(np.fft.fft2(spread)))
    y = np.fft.ifft2(product).real[:, :, :H - KH + 1:sh, :W - KW + 1:sw]
    return y if b is None else y + b.reshape(-1, 1, 1)
""",
    ],
    "true_convolution2d": [
        TRUE_TURNED,
        TRUE_LITERAL,
        """
def true_convolution2d(x, w):
    return sum(signal.convolve2d(x[c], w[c], mode="valid") for c in range(len(x)))
""",
        """
def true_convolution2d(x, w):
    win = sliding_window_view(x[:, ::-1, ::-1], w.shape[1:], axis=(1, 2))
    return np.einsum("cijkl,ckl->ij", win, w)[::-1, ::-1].astype(x.dtype)
""",
    ],
    "move": [
        MOVE_SLICES,
        """
def move(image, rows, mode):
    if mode == "wrap":
        return np.roll(image, rows, 0)
    return ndimage.shift(image, (rows, 0), order=0, mode="grid-constant")
""",
        """
def move(image, rows, mode):
    keep = max(len(image) - rows, 0)
    top = image[keep:] if mode == "wrap" else 0 * image[keep:]
    return np.vstack([top, image[:keep]])
""",
    ],
    "equivariance_error": [
        ERROR_PLAIN,
        """
def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    outside = {"wrap": "wrap", "constant": "constant"}[mode]

    def conv(image):
        return ndimage.correlate(image, w, mode=outside)[::stride, ::stride]

    def g(image, rows):
        out = np.roll(image, rows, axis=0)
        if mode == "constant":
            out[:rows] = 0
        return out

    return np.array(np.abs(conv(g(x, shift)) - g(conv(x), shift // stride)).max())
""",
        """
def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    a = layer(move(x, shift, mode), w, stride, mode)
    b = move(layer(x, w, stride, mode), shift // stride, mode)
    return max(abs(p - q) for p, q in zip(a.ravel(), b.ravel()))
""",
    ],
    "diagonal_kernel": [
        DIAGONAL,
        """
def diagonal_kernel():
    return np.array([[1, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1]], dtype=np.float32)
""",
        """
def diagonal_kernel():
    return np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]])
""",
    ],
}


# A second lot, written when the first had been used to mend the checks.

CONV1D_AT = """
def conv1d(x, w, b=None, *, stride=1, padding=0):
    N, C, L = x.shape
    F, _, K = w.shape
    out_len = 1 + (L + 2 * padding - K) // stride
    res = np.empty((N, F, out_len), x.dtype)
    for i in range(out_len):
        for f in range(F):
            acc = np.zeros(N)
            for c in range(C):
                for k in range(K):
                    pos = i * stride + k - padding
                    if pos >= 0 and pos < L:
                        acc = acc + x[:, c, pos] * w[f, c, k]
            if b is not None:
                acc = acc + b[f]
            res[:, f, i] = acc
    return res
"""
CONV1D_PADDED = """
def conv1d(x, w, b=None, *, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    N, C, L = x.shape
    F, C, K = w.shape
    LO = (L + 2 * padding - K) // stride + 1
    y = np.zeros((N, F, LO), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(LO):
                window = x[n, :, i * stride:i * stride + K]
                y[n, f, i] = (window * w[f]).sum() + (0 if b is None else b[f])
    return y
"""
CONV2D_DOT = """
def conv2d(x, w, b=None, *, stride=1, padding=0):
    if np.isscalar(stride):
        stride = (stride, stride)
    if np.isscalar(padding):
        padding = (padding, padding)
    xp = np.pad(x, ((0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1])))
    N, C, H, W = xp.shape
    F, _, h, wd = w.shape
    rows = range(0, H - h + 1, stride[0])
    cols = range(0, W - wd + 1, stride[1])
    out = np.zeros((N, F, len(rows), len(cols)))
    for a, r in enumerate(rows):
        for d, q in enumerate(cols):
            block = xp[:, :, r:r + h, q:q + wd]
            out[:, :, a, d] = np.tensordot(block, w, axes=([1, 2, 3], [1, 2, 3]))
    if b is not None:
        out += b[None, :, None, None]
    return out
"""
TRUE_PARTS = """
def true_convolution2d(x, w):
    total = None
    for c in range(x.shape[0]):
        k = np.rot90(w[c], 2)
        win = sliding_window_view(x[c], k.shape)
        part = (win * k).sum(axis=(2, 3))
        total = part if total is None else total + part
    return total
"""
MOVE_ROWS = """
def move(image, rows, mode):
    H, W = image.shape
    out = np.empty((H, W))
    for i in range(H):
        src = i - rows
        if src >= 0:
            out[i] = image[src]
        elif mode == "wrap":
            out[i] = image[src % H]
        else:
            out[i] = 0
    return out
"""
ERROR_LOOPS = """
def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    moved_first = layer(move(x, shift, mode), w, stride, mode)
    moved_last = move(layer(x, w, stride, mode), shift // stride, mode)
    worst = 0
    for i in range(moved_first.shape[0]):
        for j in range(moved_first.shape[1]):
            worst = max(worst, abs(moved_first[i, j] - moved_last[i, j]))
    return worst
"""
KERNEL = "def diagonal_kernel():\n    return WEIGHTS\n"
MORE = {
    "conv1d": [
        (
            CONV1D_AT,
            {"kernel flipped"},
            [("x[:, c, pos] * w[f, c, k]", "x[:, c, pos] * w[f, c, -k - 1]")],
        ),
        (CONV1D_AT, set(), [("- padding\n", "+ padding\n")]),
        (CONV1D_AT, set(), [("- padding\n", "\n")]),
        (CONV1D_AT, set(), [("pos >= 0 and pos < L", "pos < L")]),
        (CONV1D_AT, set(), [("pos >= 0 and pos < L", "0 < pos < L")]),
        (CONV1D_AT, {"last window missing"}, [("1 + (L", "0 + (L")]),
        (CONV1D_AT, {"stride in the size only"}, [("i * stride + k", "i + k")]),
        (CONV1D_AT, set(), [("i * stride + k", "(i * stride + k) % L")]),
        (CONV1D_AT, {"padding counted on one side only"}, [("2 * padding", "padding")]),
        (CONV1D_AT, set(), [("2 * padding", "0")]),
        (CONV1D_PADDED, {"stops beyond the padded sequence"}, []),
        (
            CONV1D_PADDED,
            {"stops beyond the padded sequence"},
            [("    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))\n", "")],
        ),
        (
            CONV1D_PADDED,
            {"stops beyond the padded sequence", "size not divided by the stride"},
            [("(L + 2 * padding - K) // stride", "L + 2 * padding - K // stride")],
        ),
        (
            CONV1D_PADDED,
            {"zeros along every axis"},
            [
                ("    N, C, L = x.shape\n", ""),
                ("    x = np.pad", "    N, C, L = x.shape\n    x = np.pad"),
                ("((0, 0), (0, 0), (padding, padding))", "padding"),
            ],
        ),
        (
            CONV1D_PADDED,
            {"bias in place of the sum"},
            [
                ("    N, C, L = x.shape\n", ""),
                ("    x = np.pad", "    N, C, L = x.shape\n    x = np.pad"),
                ("+ (0 if b is None else b[f])", "if b is None else b[f]"),
            ],
        ),
        (CONV1D_AT, {"bias along the wrong axis"}, [("acc + b[f]", "acc + b[i % F]")]),
        (CONV1D_AT, set(), [("acc = acc + b[f]", "acc = acc * b[f]")]),
        (CONV1D_AT, set(), [("b is not None", "b is None")]),
        (
            CONV1D_AT,
            {"only the last channel"},
            [("for c in range(C):", "for c in range(C):\n                acc = np.zeros(N)")],
        ),
        (CONV1D_AT, set(), [("acc = acc + x", "acc = x")]),
        (CONV1D_AT, set(), [("range(K)", "range(K - 1)")]),
        (CONV1D_AT, set(), [("range(K)", "range(1, K)")]),
        (CONV1D_AT, set(), [("res[:, f, i] = acc", "res[:, f, i] = acc[0]")]),
        (CONV1D_AT, set(), [("res[:, f, i] = acc", "res[:, f, i] = acc / K")]),
        (CONV1D_AT, set(), [("w[f, c, k]", "w[f, c, 0]")]),
        (CONV1D_AT, set(), [("x.dtype)", "np.int32)")]),
        (CONV1D_AT, set(), [("x.dtype)", "np.float16)")]),
        (CONV1D_AT, set(), [("return res", "return res[0]")]),
        (CONV1D_AT, set(), [("return res", "return res.mean(axis=1)")]),
        (CONV1D_AT, set(), [("return res", "return (res, res.shape)")]),
        (CONV1D_AT, set(), [("    res = np.empty", "    x[:] = x - x.mean()\n    res = np.empty")]),
    ],
    "conv2d": [
        (CONV2D_DOT, {"kernel flipped"}, [("block, w, axes", "block, w[:, :, ::-1, ::-1], axes")]),
        (
            CONV2D_DOT,
            {"kernel reversed along one axis"},
            [("block, w, axes", "block[..., ::-1], w, axes")],
        ),
        (
            CONV2D_DOT,
            {"kernel reversed along one axis"},
            [("block, w, axes", "block, w[:, :, range(h - 1, -1, -1)], axes")],
        ),
        (CONV2D_DOT, set(), [("block, w, axes", "block, w[:, ::-1], axes")]),
        (
            CONV2D_DOT,
            {"rows and columns of a pair exchanged"},
            [
                ("stride[0]", "stride[2]"),
                ("stride[1]", "stride[0]"),
                ("stride[2]", "stride[1]"),
                ("(stride, stride)", "(stride, stride, 0)"),
            ],
        ),
        (CONV2D_DOT, set(), [("H - h + 1, stride[0]", "H - h, stride[0]")]),
        (CONV2D_DOT, {"last window missing"}, [("H - h + 1", "H - h"), ("W - wd + 1", "W - wd")]),
        (CONV2D_DOT, set(), [("W - wd + 1, stride[1]", "W - wd + 1, stride[0]")]),
        (CONV2D_DOT, set(), [("H - h + 1, stride[0]", "H, stride[0]"), ("W - wd + 1", "W")]),
        (CONV2D_DOT, set(), [("(padding[1], padding[1])", "(padding[0], padding[0])")]),
        (
            CONV2D_DOT,
            {"rows and columns of a pair exchanged"},
            [
                (
                    "(padding[0], padding[0]), (padding[1], padding[1])",
                    "(padding[1], padding[1]), (padding[0], padding[0])",
                )
            ],
        ),
        (
            CONV2D_DOT,
            {"padding counted on one side only"},
            [
                (
                    "(padding[0], padding[0]), (padding[1], padding[1])",
                    "(padding[0], 0), (padding[1], 0)",
                )
            ],
        ),
        (
            CONV2D_DOT,
            set(),
            [
                (
                    "(padding[0], padding[0]), (padding[1], padding[1])",
                    "(0, padding[0]), (0, padding[1])",
                )
            ],
        ),
        (CONV2D_DOT, set(), [("out += b[None, :, None, None]", "out += b.mean()")]),
        (
            CONV2D_DOT,
            set(),
            [("out += b[None, :, None, None]", "out = out * (1 + b[None, :, None, None])")],
        ),
        (CONV2D_DOT, set(), [("out[:, :, a, d] =", "out[0, :, a, d] =")]),
        (CONV2D_DOT, set(), [("out[:, :, a, d] = np", "out[:, :, d, a] = np")]),
        (
            CONV2D_DOT,
            {"stride in the size only"},
            [("xp[:, :, r:r + h, q:q + wd]", "xp[:, :, a:a + h, d:d + wd]")],
        ),
        (CONV2D_DOT, set(), [("xp[:, :, r:r + h, q:q + wd]", "xp[:, :, r:r + wd, q:q + h]")]),
        (CONV2D_DOT, set(), [("    return out", "    return np.transpose(out, (1, 0, 2, 3))")]),
        (CONV2D_DOT, set(), [("    return out", "    return out.sum(axis=1, keepdims=True)")]),
        (CONV2D_DOT, set(), [("    return out", "    return out / np.abs(out).max()")]),
        (CONV2D_DOT, set(), [("    return out", "    return out.astype(int)")]),
        (CONV2D_DOT, set(), [("    return out", "    return 1 / (1 + np.exp(-out))")]),
        (
            CONV2D_DOT,
            set(),
            [("if np.isscalar(stride):\n        stride = (stride, stride)", "pass")],
        ),
        (
            CONV2D_DOT,
            set(),
            [
                ("cols = range(0, W - wd + 1", "cols = range(0, W + 2 * padding[1] - wd + 1"),
                ("rows = range(0, H - h + 1", "rows = range(0, H + 2 * padding[0] - h + 1"),
            ],
        ),
        (
            CONV2D_DOT,
            {"bias in place of the sum"},
            [("out += b[None, :, None, None]", "out = 0 * out + b[None, :, None, None]")],
        ),
        (
            CONV2D_DOT,
            set(),
            [
                (
                    "    N, C, H, W = xp.shape",
                    "    w = np.swapaxes(w, -1, -2)\n    N, C, H, W = xp.shape",
                )
            ],
        ),
        (CONV2D_DOT, set(), [("axes=([1, 2, 3], [1, 2, 3])", "axes=([1, 2, 3], [1, 3, 2])")]),
    ],
    "true_convolution2d": [
        (TRUE_PARTS, {"cross-correlation"}, [("np.rot90(w[c], 2)", "w[c]")]),
        (TRUE_PARTS, set(), [("np.rot90(w[c], 2)", "np.rot90(w[c], 1)")]),
        (TRUE_PARTS, {"turned along one axis only"}, [("np.rot90(w[c], 2)", "np.flipud(w[c])")]),
        (TRUE_PARTS, {"turned along one axis only"}, [("np.rot90(w[c], 2)", "w[c][:, ::-1]")]),
        (TRUE_PARTS, {"channels turned too"}, [("w[c], 2", "w[-c - 1], 2")]),
        (
            TRUE_PARTS,
            {"only the last channel"},
            [("total = part if total is None else total + part", "total = part")],
        ),
        (TRUE_PARTS, set(), [("    return total", "    return total / x.shape[0]")]),
        (TRUE_PARTS, {"only the first channel"}, [("    return total", "        return total")]),
        (TRUE_PARTS, set(), [("total + part", "total * part")]),
        (TRUE_PARTS, set(), [("    return total", "    return total.T")]),
        (TRUE_PARTS, set(), [("x[c], k.shape", "x[c][::-1, ::-1], k.shape")]),
        (TRUE_PARTS, set(), [("np.rot90(w[c], 2)", "-np.rot90(w[c], 2)")]),
    ],
    "move": [
        (MOVE_ROWS, {"moves up"}, [("src = i - rows", "src = i + rows"), ("src >= 0", "src < H")]),
        (MOVE_ROWS, set(), [("src >= 0", "src > 0")]),
        (
            "def move(image, rows, mode):\n    out = np.roll(image, rows, 1)\n    if mode == 'constant':\n        out[:rows] = 0\n    return out",
            {"moves to the right"},
            [],
        ),
        (MOVE_ROWS, set(), [("image[src % H]", "image[-1]")]),
        (MOVE_ROWS, set(), [("image[src % H]", "image[0]")]),
        (MOVE_ROWS, {"zeros in both modes"}, [('mode == "wrap"', 'mode == "Wrap"')]),
        (MOVE_ROWS, {"mode ignored"}, [('elif mode == "wrap"', "elif mode")]),
        (MOVE_ROWS, set(), [("out[i] = 0", "out[i] = np.nan")]),
        (MOVE_ROWS, set(), [("out[i] = 0", "pass"), ("np.empty", "np.ones")]),
        (MOVE_ROWS, set(), [("return out", "return out[rows:]")]),
        (MOVE_ROWS, set(), [("src = i - rows", "src = i - rows - 1")]),
    ],
    "equivariance_error": [
        (
            ERROR_LOOPS,
            {"output not moved"},
            [
                (
                    "move(layer(x, w, stride, mode), shift // stride, mode)",
                    "layer(x, w, stride, mode)",
                )
            ],
        ),
        (ERROR_LOOPS, {"shift not divided by the stride"}, [("shift // stride", "shift")]),
        (
            ERROR_LOOPS,
            {"no absolute value"},
            [("abs(moved_first[i, j] - moved_last[i, j])", "moved_first[i, j] - moved_last[i, j]")],
        ),
        (
            ERROR_LOOPS,
            {"another number than the maximum"},
            [
                (
                    "worst = max(worst, abs(moved_first[i, j] - moved_last[i, j]))",
                    "worst += abs(moved_first[i, j] - moved_last[i, j])",
                )
            ],
        ),
        (
            ERROR_LOOPS,
            {"another number than the maximum"},
            [
                (
                    "worst = max(worst, abs(moved_first[i, j] - moved_last[i, j]))",
                    "worst += abs(moved_first[i, j] - moved_last[i, j]) / moved_first.size",
                )
            ],
        ),
        (
            ERROR_LOOPS,
            {"border left out"},
            [
                ("range(moved_first.shape[0])", "range(1, moved_first.shape[0] - 1)"),
                ("range(moved_first.shape[1])", "range(1, moved_first.shape[1] - 1)"),
            ],
        ),
        (
            ERROR_LOOPS,
            {"border left out"},
            [("range(moved_first.shape[0])", "range(shift, moved_first.shape[0])")],
        ),
        (ERROR_LOOPS, set(), [("range(moved_first.shape[0])", "range(1)")]),
        (ERROR_LOOPS, set(), [("return worst", "return worst > 0")]),
        (ERROR_LOOPS, set(), [("return worst", "return worst ** 2")]),
        (ERROR_LOOPS, set(), [("return worst", "return worst / 2")]),
        (ERROR_LOOPS, {"mode ignored"}, [(", mode)", ', "wrap")')]),
        (
            ERROR_LOOPS,
            {"one of the moves ignores the mode"},
            [("shift // stride, mode)", 'shift // stride, mode="wrap")')],
        ),
        (
            ERROR_LOOPS,
            {"one of the moves ignores the mode"},
            [("layer(move(x, shift, mode)", "layer(np.roll(x, shift, 0)")],
        ),
        (
            ERROR_LOOPS,
            {"input not moved"},
            [("layer(move(x, shift, mode), w, stride, mode)", "layer(x, w, stride, mode)")],
        ),
        (ERROR_LOOPS, set(), [("            worst = max", "            worst = min")]),
        (ERROR_LOOPS, set(), [("shift // stride", "round(shift / stride)")]),
        (ERROR_LOOPS, set(), [("x, shift, mode", "x, stride, mode")]),
    ],
    "diagonal_kernel": [
        (
            KERNEL.replace("WEIGHTS", "np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]) - 1 / 3"),
            {"the other diagonal"},
            [],
        ),
        (KERNEL.replace("WEIGHTS", "np.random.rand(3, 3)"), set(), []),
        (
            KERNEL.replace("WEIGHTS", "np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])"),
            set(),
            [],
        ),
        (KERNEL.replace("WEIGHTS", "np.array([1, 0, -1])"), set(), []),
        (KERNEL.replace("WEIGHTS", "[[1, 0], [0, -1]]"), set(), []),
    ],
}

MORE_RIGHT = {
    "conv1d": [CONV1D_AT],
    "conv2d": [CONV2D_DOT],
    "true_convolution2d": [TRUE_PARTS],
    "move": [MOVE_ROWS],
    "equivariance_error": [ERROR_LOOPS],
    "diagonal_kernel": [KERNEL.replace("WEIGHTS", "np.diag([1, 2, 3]) - 2 / 3")],
}
WRONG = {task: found + MORE[task] for task, found in WRONG.items()}
RIGHT = {task: found + MORE_RIGHT[task] for task, found in RIGHT.items()}
