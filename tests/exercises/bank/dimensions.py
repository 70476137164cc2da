"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import course_lib

NAMES = {
    "np": np,
    "math": math,
    "sliding_window_view": sliding_window_view,
    "conv2d": course_lib.conv2d,
}

SIZE = """
def output_size(n, k, *, stride=1, padding=0, dilation=1):
    total = n + padding + padding
    covered = 1 + (k - 1) * dilation
    free = total - covered
    return int(free / stride) + 1
"""

TRACK = """
def track(input_shape, layers):
    result = []
    current = input_shape
    for layer in layers:
        name = layer[0]
        if name == "conv":
            _, filters, k, s, p = layer
            channels, height, width = current
            h = int((height + 2 * p - k) / s) + 1
            w = int((width + 2 * p - k) / s) + 1
            weights = filters * channels * k ** 2 + filters
            current = (filters, h, w)
        if name == "pool":
            k, s = layer[1:]
            channels, height, width = current
            h = int((height - k) / s) + 1
            w = int((width - k) / s) + 1
            weights = 0
            current = (channels, h, w)
        if name == "flatten":
            total = 1
            for size in current:
                total *= size
            weights = 0
            current = (total,)
        if name == "dense":
            units = layer[1]
            weights = current[0] * units + units
            current = (units,)
        result.append((current, weights))
    return result
"""

FIELD = """
def receptive_field(layers):
    jump = 1
    r = 1
    for layer in layers:
        kernel = layer[0]
        r = r + (kernel - 1) * jump
        jump = jump * layer[1]
    return r
"""

FIELD_BACK = """
def receptive_field(layers):
    size = 1
    for k, s in reversed(layers):
        size = (size - 1) * s + k
    return size
"""

POOL = """
def max_pool2d(x, kernel_size, *, stride=None):
    if stride is None:
        stride = kernel_size
    N, C, H, W = x.shape
    rows = (H - kernel_size) // stride + 1
    cols = (W - kernel_size) // stride + 1
    y = np.empty((N, C, rows, cols), x.dtype)
    where = np.empty((N, C, rows, cols), np.int64)
    for n in range(N):
        for c in range(C):
            for i in range(rows):
                for j in range(cols):
                    best = -np.inf
                    for a in range(kernel_size):
                        for b in range(kernel_size):
                            r = i * stride + a
                            q = j * stride + b
                            if x[n, c, r, q] > best:
                                best = x[n, c, r, q]
                                place = r * W + q
                    y[n, c, i, j] = best
                    where[n, c, i, j] = place
    return y, where
"""

STEPS = """
def fractional_increments(n_in, n_out, u):
    ratio = n_in / n_out
    sizes = []
    for i in range(1, n_out + 1):
        now = math.ceil(ratio * (i + u))
        before = math.ceil(ratio * (i - 1 + u))
        sizes.append(now - before)
    return np.array(sizes)
"""

SPREAD = """
def dilate(w, dilation):
    F, C, KH, KW = w.shape
    rows = (KH - 1) * dilation + 1
    cols = (KW - 1) * dilation + 1
    out = np.zeros((F, C, rows, cols), w.dtype)
    for u in range(KH):
        for v in range(KW):
            out[:, :, u * dilation, v * dilation] = w[:, :, u, v]
    return out
"""

GROUPS = """
def grouped_conv2d(x, w, b, groups):
    per_group = w.shape[1]
    filters = w.shape[0] // groups
    outputs = []
    for g in range(groups):
        xs = x[:, g * per_group:(g + 1) * per_group]
        ws = w[g * filters:(g + 1) * filters]
        bs = b[g * filters:(g + 1) * filters]
        outputs.append(conv2d(xs, ws, bs))
    return np.concatenate(outputs, axis=1)
"""

NET = """
def design():
    net = []
    for filters in (4, 8, 16, 24):
        net.append(("conv", filters, 5, 1, 2))
        net.append(("pool", 2, 2))
    net.append(("conv", 8, 3, 1, 1))
    net.append(("flatten",))
    net.append(("dense", 10))
    return net
"""

MENDED = """
def repair():
    net = [("conv", 6, 5, 1, 2), ("pool", 2, 2), ("conv", 16, 5, 1, 0), ("pool", 2, 2)]
    net += [("flatten",), ("dense", 120), ("dense", 84), ("dense", 10)]
    return net
"""

WRONG = {
    "output_size": [
        (SIZE, {"no floor"}, [("int(free / stride)", "free / stride")]),
        (SIZE, {"ceiling"}, [("int(free / stride)", "math.ceil(free / stride)")]),
        (SIZE, {"ceiling"}, [("int(free / stride)", "-(-free // stride)")]),
        (SIZE, {"padding counted once"}, [("+ padding + padding", "+ padding")]),
        (SIZE, {"padding ignored"}, [("n + padding + padding", "n")]),
        (SIZE, {"effective size d*k"}, [("1 + (k - 1) * dilation", "k * dilation")]),
        (SIZE, {"last place forgotten"}, [("int(free / stride) + 1", "free // stride")]),
        (SIZE, {"stride ignored"}, [("int(free / stride)", "free")]),
        (SIZE, {"dilation ignored"}, [("* dilation", "* 1")]),
        (
            SIZE,
            {"1 added before the division"},
            [("int(free / stride) + 1", "(free + 1) // stride")],
        ),
        (
            SIZE,
            {"rounded to the nearest"},
            [("int(free / stride) + 1", "int(free / stride + 1.5)")],
        ),
        (
            SIZE,
            {"rounded to the nearest"},
            [("int(free / stride) + 1", "round(free / stride) + 1")],
        ),
        (SIZE, {"the kernel's own pixel not taken off"}, [("1 + (k - 1)", "(k - 1)")]),
        (SIZE, set(), [("return int", "print(int"), (" + 1\n", " + 1)\n")]),
        (SIZE, set(), [("1 + (k - 1) * dilation", "k + dilation")]),
    ],
    "track": [
        (
            TRACK,
            {"bias not counted"},
            [("k ** 2 + filters", "k ** 2"), ("* units + units", "* units")],
        ),
        (TRACK, {"bias of a convolution not counted"}, [("k ** 2 + filters", "k ** 2")]),
        (TRACK, {"bias of a dense layer not counted"}, [("* units + units", "* units")]),
        (TRACK, {"bias per channel"}, [("k ** 2 + filters", "k ** 2 + filters * channels")]),
        (TRACK, {"channels of the input left out"}, [("filters * channels * k", "filters * k")]),
        (TRACK, {"kernel not squared"}, [("k ** 2", "k")]),
        (TRACK, {"height for width"}, [("w = int((width", "w = int((height")]),
        (TRACK, {"channels of the input stay"}, [("(filters, h, w)", "(channels, h, w)")]),
        (TRACK, {"one bias for all filters"}, [("k ** 2 + filters", "k ** 2 + 1")]),
        (
            TRACK,
            {"one bias for all filters"},
            [("k ** 2 + filters", "k ** 2 + 1"), ("* units + units", "* units + 1")],
        ),
        (
            TRACK,
            {"dense counted by its own units"},
            [
                (
                    "            weights = current[0] * units + units\n"
                    "            current = (units,)\n",
                    "            current = (units,)\n"
                    "            weights = current[0] * units + units\n",
                )
            ],
        ),
        (
            TRACK,
            {"flatten keeps the channels"},
            [
                ("total = 1", "total = current[1] * current[2]"),
                ("for size in current:\n                total *= size", ""),
                ("(total,)", "(current[0], total)"),
            ],
        ),
        (
            TRACK,
            {"pooling by its kernel"},
            [
                ("int((height - k) / s) + 1", "height // k"),
                ("int((width - k) / s) + 1", "width // k"),
            ],
        ),
        (TRACK, {"pooling by its kernel"}, [("k, s = layer[1:]", "k, s = layer[1], layer[1]")]),
        (
            TRACK,
            {"pooling changes the channels"},
            [("current = (channels, h, w)", "current = (channels // s, h, w)")],
        ),
        (
            TRACK,
            {"flatten keeps the channels"},
            [
                ("for size in current:", "for size in current[1:]:"),
                ("current = (total,)", "current = (current[0], total)"),
            ],
        ),
        (TRACK, {"padding counted once", "padding ignored"}, [("2 * p - k", "p - k")]),
        (TRACK, {"padding ignored"}, [("2 * p - k", "0 - k")]),
        (TRACK, {"input among the results"}, [("result = []", "result = [(input_shape, 0)]")]),
        (TRACK, set(), [("current = (filters, h, w)", "current = (h, w, filters)")]),
        (TRACK, set(), [("current = (filters, h, w)", "current = [filters, w, h]")]),
        (TRACK, set(), [("    return result", "        return result")]),
        (TRACK, set(), [("result.append((current, weights))", "result.append(current)")]),
        (TRACK, set(), [("    return result", "    return result[-1]")]),
        (
            TRACK,
            {"all parameters so far"},
            [
                ("result = []", "result = []\n    weights = sofar = 0"),
                (
                    "result.append((current, weights))",
                    "sofar += weights\n        result.append((current, sofar))",
                ),
            ],
        ),
    ],
    "repair": [
        (MENDED, {"not repaired"}, [("6, 5, 1, 2", "6, 5, 1, 0")]),
        (MENDED, set(), [("6, 5, 1, 2", "6, 5, 1, 1")]),
        (MENDED, set(), [("6, 5, 1, 2", "6, 5, 1, 0"), ("16, 5, 1, 0", "25, 5, 1, 0")]),
        (MENDED, set(), [("6, 5, 1, 2", "6, 1, 1, 0")]),
        (MENDED, set(), [('("dense", 120), ', "")]),
        (MENDED, set(), [("6, 5, 1, 2", "6, 5, 1, 0"), ('("dense", 120)', '("dense", 187)')]),
        (MENDED, set(), [("return net", "return None")]),
    ],
    "receptive_field": [
        (FIELD, {"strides added"}, [("jump * layer[1]", "jump + layer[1]")]),
        (
            FIELD,
            {"own stride counted"},
            [
                (
                    "        r = r + (kernel - 1) * jump\n        jump = jump * layer[1]\n",
                    "        jump = jump * layer[1]\n        r = r + (kernel - 1) * jump\n",
                )
            ],
        ),
        (FIELD, {"first layer missing"}, [("in layers:", "in layers[1:]:")]),
        (FIELD, {"k for k - 1"}, [("(kernel - 1)", "kernel")]),
        (FIELD, {"starts at 0"}, [("r = 1\n", "r = 0\n")]),
        (FIELD, {"strides ignored"}, [("jump = jump * layer[1]", "pass")]),
        (FIELD, {"only the stride before"}, [("jump = jump * layer[1]", "jump = layer[1]")]),
        (FIELD, {"last layer first"}, [("in layers:", "in layers[::-1]:")]),
        (FIELD_BACK, {"last layer first"}, [("reversed(layers)", "layers")]),
        (FIELD_BACK, {"strides ignored"}, [("(size - 1) * s + k", "size - 1 + k")]),
        (FIELD_BACK, set(), [("(size - 1) * s + k", "size * s + k")]),
        (FIELD_BACK, set(), [("(size - 1) * s + k", "(size - 1) * s + k - 1")]),
        (FIELD, {"last layer missing"}, [("in layers:", "in layers[:-1]:")]),
        (FIELD, set(), [("    return r", "        return r")]),
    ],
    "design": [
        (NET, set(), [("4, 8, 16, 24", "8, 16, 32, 64")]),
        (NET, set(), [("4, 8, 16, 24", "4, 8, 16")]),
        (
            NET,
            set(),
            [("filters, 5, 1, 2", "filters, 3, 1, 1"), ('("conv", 8, 3, 1, 1)', '("pool", 1, 1)')],
        ),
        (NET, set(), [('net.append(("flatten",))', "")]),
        (NET, set(), [('("dense", 10)', '("dense", 9)')]),
        (NET, set(), [('("conv", 8, 3, 1, 1)', '("conv", 8, 9, 1, 0)')]),
        (NET, set(), [("return net", "return net, 10")]),
        (NET, set(), [("filters, 5, 1, 2", "filters, 5")]),
        (
            """
def design():
    return [("pool", 8, 8), ("pool", 8, 8), ("flatten",), ("dense", 10)]
""",
            set(),
            [],
        ),
        (
            """
def design():
    return [["conv", 4, 64, 1, 0], ["flatten"], ["dense", 10]]
""",
            set(),
            [],
        ),
        (
            """
def design():
    return [("conv", 4, 3, 1, 1), ("pool", 64, 64), ("flatten",), ("dense", 10)]
""",
            set(),
            [],
        ),
        (NET, set(), [('net.append(("conv", 8, 3, 1, 1))', 'net.append(("dense", 8))')]),
    ],
    "max_pool2d": [
        (
            POOL,
            {"switch inside the window"},
            [("place = r * W + q", "place = a * kernel_size + b")],
        ),
        (POOL, {"last of equals"}, [("] > best", "] >= best")]),
        (POOL, {"stride ignored"}, [("if stride is None:\n        ", "")]),
        (POOL, {"width of the result in the switch"}, [("r * W + q", "r * cols + q")]),
        (POOL, {"switch counted by columns"}, [("r * W + q", "q * H + r")]),
        (POOL, {"height for width in the switch"}, [("r * W + q", "r * H + q")]),
        (
            POOL,
            {"switch counted through all channels"},
            [("place = r * W + q", "place = ((n * C + c) * H + r) * W + q")],
        ),
        (POOL, set(), [("best = -np.inf", "best = 0; place = 0")]),
        (POOL, set(), [("> best", "< best"), ("-np.inf", "np.inf")]),
        (POOL, set(), [("return y, where", "return y")]),
        (POOL, {"switches first"}, [("return y, where", "return where, y")]),
        (
            POOL,
            {"kernel for stride in the switch"},
            [("place = r * W + q", "place = (i * kernel_size + a) * W + j * kernel_size + b")],
        ),
        (POOL, {"every image read as the first"}, [("x[n, c, r, q]", "x[0, c, r, q]")]),
        (POOL, {"last window missing"}, [("// stride + 1", "// stride")]),
        (POOL, set(), [("x.dtype)", "np.float64)")]),
        (
            POOL,
            {"stride in the size only"},
            [("i * stride + a", "i + a"), ("j * stride + b", "j + b")],
        ),
        (POOL, set(), [("place = r * W + q", "place = (r, q)")]),
        (POOL, {"columns take the stride of 1"}, [("j * stride + b", "j + b")]),
    ],
    "fractional_increments": [
        (STEPS, {"u ignored"}, [("(i + u)", "i"), ("(i - 1 + u)", "(i - 1)")]),
        (
            STEPS,
            {"floor"},
            [
                ("math.ceil(ratio * (i + u))", "int(ratio * (i + u))"),
                ("math.ceil(ratio * (i - 1 + u))", "int(ratio * (i - 1 + u))"),
            ],
        ),
        (STEPS, {"edges for tiles"}, [("sizes.append(now - before)", "sizes.append(now)")]),
        (
            STEPS,
            {"u outside the factor"},
            [("ratio * (i + u)", "ratio * i + u"), ("ratio * (i - 1 + u)", "ratio * (i - 1) + u")],
        ),
        (STEPS, {"rounded to the nearest"}, [("math.ceil", "round")]),
        (STEPS, {"ratio upside down"}, [("n_in / n_out", "n_out / n_in")]),
        (STEPS, {"an edge missing"}, [("range(1, n_out + 1)", "range(1, n_out)")]),
        (STEPS, set(), [("return np.array(sizes)", "return np.full(n_out, n_in // n_out)")]),
        (
            STEPS,
            {"begins at the wrong edge"},
            [("range(1, n_out + 1)", "range(n_out)"), ("(i - 1 + u)", "(i - 1 + u) if i else 0")],
        ),
        (STEPS, {"begins a tile late"}, [("range(1, n_out + 1)", "range(2, n_out + 2)")]),
        (STEPS, set(), [("now - before", "before - now")]),
        (STEPS, set(), [("np.array(sizes)", "np.array(sizes) - 1")]),
        (
            STEPS,
            {"first edge taken as 0"},
            [("before = math.ceil(ratio * (i - 1 + u))", "before = sum(sizes)")],
        ),
        (STEPS, set(), [("return np.array(sizes)", "return sizes[::-1]")]),
    ],
    "dilate": [
        (
            SPREAD,
            {"zeros at the end"},
            [
                ("(KH - 1) * dilation + 1", "KH * dilation"),
                ("(KW - 1) * dilation + 1", "KW * dilation"),
            ],
        ),
        (
            SPREAD,
            {"weights repeated"},
            [
                (
                    "out[:, :, u * dilation, v * dilation] = w[:, :, u, v]",
                    "for a in range(dilation):\n"
                    "                for b in range(dilation):\n"
                    "                    if u * dilation + a < rows and v * dilation + b < cols:\n"
                    "                        out[:, :, u * dilation + a, v * dilation + b] = w[:, :, u, v]",
                )
            ],
        ),
        (SPREAD, {"along one axis only"}, [("(KW - 1) * dilation + 1", "KW"), ("v * dilation]", "v]")]),
        (SPREAD, {"along one axis only"}, [("(KH - 1) * dilation + 1", "KH"), ("u * dilation,", "u,")]),
        (SPREAD, {"a zero too many"}, [("F, C, KH", "dilation = dilation + 1\n    F, C, KH")]),
        (SPREAD, {"weights not moved apart"}, [("u * dilation, v * dilation]", "u, v]")]),
        (SPREAD, set(), [("w.dtype)", "float)")]),
        (SPREAD, {"always two"}, [("F, C, KH", "dilation = 2\n    F, C, KH")]),
        (SPREAD, set(), [("w[:, :, u, v]", "w[:, :, -1 - u, -1 - v]")]),
        (SPREAD, set(), [("    return out", "            return out")]),
    ],
    "grouped_conv2d": [
        (
            GROUPS,
            {"every group reads the first channels"},
            [("x[:, g * per_group:(g + 1) * per_group]", "x[:, :per_group]")],
        ),
        (
            GROUPS,
            {"filters interleaved"},
            [
                ("w[g * filters:(g + 1) * filters]", "w[g::groups]"),
                ("b[g * filters:(g + 1) * filters]", "b[g::groups]"),
            ],
        ),
        (
            GROUPS,
            {"channels interleaved"},
            [("x[:, g * per_group:(g + 1) * per_group]", "x[:, g::groups]")],
        ),
        (
            GROUPS,
            {"bias of the first group for all"},
            [("b[g * filters:(g + 1) * filters]", "b[:filters]")],
        ),
        (GROUPS, {"groups added up"}, [("np.concatenate(outputs, axis=1)", "sum(outputs)")]),
        (
            GROUPS,
            {"joined along the images"},
            [("np.concatenate(outputs, axis=1)", "np.concatenate(outputs)")],
        ),
        (GROUPS, {"filters interleaved"}, [("w[g * filters:(g + 1) * filters]", "w[g::groups]")]),
        (GROUPS, set(), [("b[g * filters:(g + 1) * filters]", "b")]),
        (GROUPS, set(), [("np.concatenate(outputs, axis=1)", "np.stack(outputs, axis=1)")]),
        (GROUPS, {"bias left out"}, [("conv2d(xs, ws, bs)", "conv2d(xs, ws, 0 * bs)")]),
        (
            GROUPS,
            {"every group uses the first filters"},
            [("w[g * filters:(g + 1) * filters]", "w[:filters]")],
        ),
        (
            GROUPS,
            set(),
            [("np.concatenate(outputs, axis=1)", "np.concatenate(outputs[::-1], axis=1)")],
        ),
        (GROUPS, set(), [("return np.concatenate(outputs, axis=1)", "return conv2d(x, w, b)")]),
        (GROUPS, set(), [("    return np.conc", "        return np.conc")]),
    ],
}

RIGHT = {
    "output_size": [
        SIZE,
        """
def output_size(n, k, *, stride=1, padding=0, dilation=1):
    row = range(-padding, n + padding)
    last = dilation * (k - 1)
    return sum(1 for start in row[::stride] if start + last in row)
""",
        """
def output_size(n, k, *, stride=1, padding=0, dilation=1):
    return np.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride + 1).astype(int)
""",
    ],
    "track": [
        TRACK,
        TRACK.replace("current = (channels, h, w)", "current = [channels, h, w]"),
        """
def track(input_shape, layers):
    def one(shape, kind, a=None, k=None, s=None, p=0):
        if kind == "flatten":
            return (int(np.prod(shape)),), 0
        if kind == "dense":
            return (a,), a * (1 + shape[0])
        if kind == "pool":
            k, s = a, k
        F = a if kind == "conv" else shape[0]
        sizes = [(n + 2 * p - k) // s + 1 for n in shape[1:]]
        return (F, *sizes), F * (1 + shape[0] * k * k) if kind == "conv" else 0

    if not layers:
        return []
    first = one(input_shape, *layers[0])
    return [first] + track(first[0], layers[1:])
""",
    ],
    "repair": [
        MENDED,
        MENDED.replace("6, 5, 1, 2", "6, 5, 1, 0").replace("16, 5, 1, 0", "16, 5, 1, 1"),
        MENDED.replace("return net", "return tuple(net)"),
    ],
    "receptive_field": [
        FIELD,
        FIELD_BACK,
        """
def receptive_field(layers):
    strides = np.cumprod([1] + [s for _, s in layers])
    return 1 + sum((k - 1) * step for (k, _), step in zip(layers, strides))
""",
    ],
    "design": [
        NET,
        """
def design():
    down = [("conv", f, 3, 2, 1) for f in (8, 12, 16, 20, 20)]
    return [("conv", 4, 3, 1, 1)] + down + [("conv", 20, 2, 1, 0), ("flatten",), ("dense", 10)]
""",
        """
def design():
    net = [["pool", 2, 2]] + [["conv", f, 7, 2, 3] for f in (4, 6, 8, 10)]
    return (*net, ["conv", 10, 2, 1, 0], ["flatten"], ["dense", 10])
""",
    ],
    "max_pool2d": [
        POOL,
        """
def max_pool2d(x, kernel_size, *, stride=None):
    s = stride or kernel_size
    N, C, H, W = x.shape
    win = sliding_window_view(x, (kernel_size, kernel_size), axis=(2, 3))[:, :, ::s, ::s]
    flat = win.reshape(*win.shape[:4], -1)
    best = flat.argmax(axis=-1)
    rows, cols = np.divmod(best, kernel_size)
    top = np.arange(win.shape[2])[:, None] * s
    left = np.arange(win.shape[3]) * s
    return flat.max(axis=-1), (rows + top) * W + cols + left
""",
        POOL.replace("return y, where", "return [y, where]"),
    ],
    "fractional_increments": [
        STEPS,
        STEPS.replace("return np.array(sizes)", "return np.array(sizes, dtype=np.int32)"),
        """
def fractional_increments(n_in, n_out, u):
    a = -np.floor(-(n_in / n_out) * (np.arange(n_out + 1) + u))
    return (a[1:] - a[:-1]).astype(int)
""",
    ],
    "dilate": [
        SPREAD,
        """
def dilate(w, dilation):
    mask = np.zeros((dilation, dilation), dtype=w.dtype)
    mask[0, 0] = 1
    big = np.kron(w, mask)
    cut = 1 - dilation or None
    return big[:, :, :cut, :cut]
""",
    ],
    "grouped_conv2d": [
        GROUPS,
        """
def grouped_conv2d(x, w, b, groups):
    wide = np.zeros((w.shape[0], x.shape[1], *w.shape[2:]), dtype=w.dtype)
    C, F = w.shape[1], w.shape[0] // groups
    for f in range(w.shape[0]):
        g = f // F
        wide[f, g * C:(g + 1) * C] = w[f]
    return conv2d(x, wide, b)
""",
    ],
}
