"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import numpy as np

NAMES = {"np": np}

CHECK_FLAT = """
def gradient_check(f, x, gradient, *, step=1e-6):
    errors = []
    for k in range(x.size):
        up = x.astype(float).copy()
        down = x.astype(float).copy()
        up.ravel()[k] += step
        down.ravel()[k] -= step
        numeric = (f(up) - f(down)) / (2 * step)
        given = gradient.ravel()[k]
        bottom = max(abs(given), abs(numeric))
        if bottom == 0:
            errors.append(0.0)
        else:
            errors.append(abs(given - numeric) / bottom)
    return max(errors)
"""

CHECK_ARRAY = """
def gradient_check(f, x, gradient, *, step=1e-6):
    n = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    for _ in it:
        i = it.multi_index
        h = np.zeros(x.shape)
        h[i] = step
        n[i] = (f(x + h) - f(x - h)) / (2 * step)
    top = np.abs(gradient - n)
    bottom = np.maximum(np.abs(gradient), np.abs(n))
    bottom[bottom == 0] = 1
    return (top / bottom).max()
"""

RELU = """
def relu_backward(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx
"""

MATRIX = """
def conv_matrix(w, input_shape):
    F, C, KH, KW = w.shape
    _, H, W = input_shape
    HO = H - KH + 1
    WO = W - KW + 1
    m = np.zeros((F * HO * WO, C * H * W))
    r = 0
    for f in range(F):
        for i in range(HO):
            for j in range(WO):
                image = np.zeros((C, H, W))
                image[:, i:i + KH, j:j + KW] = w[f]
                m[r] = image.ravel()
                r += 1
    return m
"""

CONV = """
def conv2d_backward(dy, x, w, *, stride=1, padding=0):
    p, s = padding, stride
    N, F, HO, WO = dy.shape
    _, C, H, W = x.shape
    KH, KW = w.shape[2:]
    xp = np.zeros((N, C, H + 2 * p, W + 2 * p))
    xp[:, :, p:p + H, p:p + W] = x
    dxp = np.zeros(xp.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(F)
    for n in range(N):
        for f in range(F):
            for i in range(HO):
                for j in range(WO):
                    g = dy[n, f, i, j]
                    db[f] += g
                    for u in range(KH):
                        for v in range(KW):
                            dxp[n, :, i * s + u, j * s + v] += g * w[f, :, u, v]
                            dw[f, :, u, v] += g * xp[n, :, i * s + u, j * s + v]
    dx = dxp[:, :, p:p + H, p:p + W]
    return dx, dw, db
"""

POOL = """
def max_pool2d_backward(dy, switches, input_shape):
    N, C, H, W = input_shape
    out = np.zeros((N, C, H * W))
    for n in range(N):
        for c in range(C):
            for g, s in zip(dy[n, c].ravel(), switches[n, c].ravel()):
                out[n, c, s] += g
    return out.reshape(N, C, H, W)
"""

NET = """
def backward1d(x, w1, w2, y):
    n, k = len(x), len(w1)
    m = k // 2
    z = np.zeros(n)
    for i in range(n):
        for u in range(k):
            if 0 <= i + u - m < n:
                z[i] += w1[u] * x[i + u - m]
    a = np.where(z > 0, z, 0)
    out = (w2 * a).sum()
    do = 2 * (out - y)
    dw2 = do * a
    da = do * w2
    dz = np.where(z > 0, da, 0)
    dw1 = np.zeros(k)
    dx = np.zeros(n)
    for i in range(n):
        for u in range(k):
            if 0 <= i + u - m < n:
                dw1[u] += dz[i] * x[i + u - m]
                dx[i + u - m] += dz[i] * w1[u]
    return dw1, dw2, dx
"""

MLP = """
def mlp_gradients(x, weights, activation, derivative):
    gs = [x]
    fs = []
    for i, w in enumerate(weights):
        fs.append(np.dot(w, gs[-1]))
        if i < len(weights) - 1:
            gs.append(activation(fs[-1]))
    delta = np.array([1.0])
    out = []
    for i in reversed(range(len(weights))):
        out.append(delta[:, None] * gs[i][None, :])
        delta = np.dot(weights[i].T, delta)
        if i > 0:
            delta = delta * derivative(fs[i - 1])
    out.reverse()
    return out, delta
"""

WRONG = {
    "gradient_check": [
        (CHECK_FLAT, {"step on one side only"}, [("f(down)) / (2 * step)", "f(x)) / step")]),
        (CHECK_ARRAY, {"step on one side only"}, [("f(x + h) - f(x - h)) / (2 * step)",
                                                   "f(x) - f(x - h)) / step")]),
        (CHECK_FLAT, {"step on one side only"}, [("f(up) - f(down)) / (2 * step)",
                                                  "f(up) - f(x)) / step")]),
        (CHECK_FLAT, {"half or twice the slope"}, [("(2 * step)", "step")]),
        (CHECK_ARRAY, {"multiplied by the step"}, [("(2 * step)", "2 * step")]),
        (CHECK_FLAT, {"no absolute values below"}, [("max(abs(given), abs(numeric))",
                                                     "max(given, numeric)")]),
        (CHECK_ARRAY, {"no absolute values below"}, [("np.maximum(np.abs(gradient), np.abs(n))",
                                                      "np.maximum(gradient, n)")]),
        (CHECK_ARRAY, {"absolute instead of relative"}, [("return (top / bottom)", "return top")]),
        (CHECK_ARRAY, {"not relative to the larger one"}, [("np.maximum(np.abs(gradient), np.abs(n))",
                                                 "np.abs(n)")]),
        (CHECK_FLAT, {"not relative to the larger one"}, [("max(abs(given), abs(numeric))", "abs(given)")]),
        (CHECK_FLAT, {"relative to the sum"}, [("max(abs(given), abs(numeric))",
                                                "abs(given) + abs(numeric)")]),
        (CHECK_FLAT, {"not relative to the larger one"}, [("max(abs(given), abs(numeric))",
                                                        "min(abs(given), abs(numeric))")]),
        (CHECK_FLAT, {"only the first entry"}, [("return max(errors)", "return errors[0]")]),
        (CHECK_FLAT, {"only the last entry"}, [("return max(errors)", "return errors[-1]")]),
        (CHECK_ARRAY, {"mean instead of the largest"}, [(".max()", ".mean()")]),
        (CHECK_FLAT, {"all errors added up"}, [("return max(errors)", "return sum(errors)")]),
        (CHECK_FLAT, set(), [("x.astype(float).copy()\n        down", "x\n        down")]),
        (CHECK_FLAT, set(), [("        if bottom == 0:\n            errors.append(0.0)\n"
                              "        else:\n    ", "")]),
        (CHECK_ARRAY, {"all entries moved at once"}, [("h[i] = step", "h[:] = step")]),
        (CHECK_ARRAY, {"step not used"}, [("h[i] = step", "h[i] = step = 1e-4")]),
        (CHECK_ARRAY, set(), [("return (top / bottom).max()", "return top / bottom")]),
        (CHECK_FLAT, set(), [("range(x.size)", "range(len(x))")]),
    ],
    "relu_backward": [
        (RELU, {"mask of dy"}, [("x <= 0", "dy <= 0")]),
        (RELU, {"masks of both"}, [("    return", "    dx[dy < 0] = 0\n    return")]),
        (RELU, {"x = 0 let through"}, [("x <= 0", "x < 0")]),
        (RELU, {"everything let through"}, [("    dx[x <= 0] = 0\n", "")]),
        (RELU, set(), [("x <= 0", "x >= 0")]),
        (RELU, {"the ReLU instead of its derivative"}, [("= dy.copy()", "= dy * x")]),
        (RELU, {"dy left out"}, [("dy.copy()", "np.ones_like(x)")]),
        (RELU, {"forward instead of back"}, [("dy.copy()", "x.copy()")]),
        (RELU, set(), [("dx[x <= 0] = 0", "dx[x <= 0] *= 0.01")]),
        (RELU, set(), [("dy.copy()", "dy")]),
        (RELU, set(), [("    return dx\n", "")]),
    ],
    "conv_matrix": [
        (MATRIX, {"rows and columns exchanged"}, [("return m", "return m.transpose()")]),
        (MATRIX, {"kernel flipped"}, [("= w[f]", "= w[f][:, ::-1, ::-1]")]),
        (MATRIX, {"kernel flipped"}, [("= w[f]", "= np.flip(w[f], (1, 2))")]),
        (MATRIX, set(), [("= w[f]", "= w[f][:, ::-1]")]),
        (MATRIX, {"channels side by side"}, [("image.ravel()",
                                              "np.moveaxis(image, 0, -1).ravel()")]),
        (MATRIX, set(), [("image.ravel()", "image.ravel(order='F')")]),
        (MATRIX, {"only the first filter"}, [("= w[f]", "= w[0]")]),
        (MATRIX, set(), [("    r = 0\n    for f in range(F):\n",
                          "    for f in range(F):\n        r = 0\n")]),
        (MATRIX, {"only the first channel"}, [("image[:, i:i + KH, j:j + KW] = w[f]",
                                               "image[:1, i:i + KH, j:j + KW] = w[f, :1]")]),
        (MATRIX, {"only the first channel"}, [("image[:, i:i + KH, j:j + KW] = w[f]",
                                               "image[:, i:i + KH, j:j + KW] = w[f, 0]")]),
        (MATRIX, set(), [("WO = W - KW + 1", "WO = W - KW")]),
        (MATRIX, set(), [("HO = H - KH + 1", "HO = H - KH")]),
        (MATRIX, set(), [("image.ravel()", "image[0].ravel()")]),
        (MATRIX, set(), [("range(HO):\n            for j in range(WO)",
                          "range(WO):\n            for j in range(HO)")]),
    ],
    "conv2d_backward": [
        (CONV, {"dx with the turned kernel"}, [("g * w[f, :, u, v]",
                                                "g * w[f, :, KH - 1 - u, KW - 1 - v]")]),
        (CONV, {"dx with the turned kernel"}, [("g * w[f, :, u, v]",
                                                "g * w[f, :, -u - 1, -v - 1]")]),
        (CONV, {"dw turned"}, [("dw[f, :, u, v]", "dw[f, :, KH - u - 1, KW - v - 1]")]),
        (CONV, {"windows in dx overwrite"}, [("j * s + v] += g", "j * s + v] = g")]),
        (CONV, {"places in dw overwrite"}, [("dw[f, :, u, v] +=", "dw[f, :, u, v] =")]),
        (CONV, {"stride left out"}, [("i * s + u, j * s + v", "i + u, j + v")]),
        (CONV, set(), [("+= g * xp[n, :, i * s + u, j * s + v]", "+= g * xp[n, :, i + u, j + v]")]),
        (CONV, {"padding left at the front"}, [("dxp[:, :, p:p + H, p:p + W]",
                                                "dxp[:, :, :H, :W]")]),
        (CONV, {"padding not cut off"}, [("dx = dxp[:, :, p:p + H, p:p + W]", "dx = dxp")]),
        (CONV, {"nothing left without padding"}, [("dxp[:, :, p:p + H, p:p + W]",
                                                   "dxp[:, :, p:-p, p:-p]")]),
        (CONV, {"mean over the examples"}, [("dx, dw, db\n", "dx, dw / N, db / N\n")]),
        (CONV, set(), [("dx, dw, db\n", "dx / N, dw / N, db / N\n")]),
        (CONV, {"db of one example"}, [("db[f] += g", "db[f] += g if n == 0 else 0")]),
        (CONV, set(), [("db = np.zeros(F)", "db = dy.sum(axis=0)"), ("db[f] += g", "pass")]),
        (CONV, {"one db for all filters"}, [("return dx, dw, db", "return dx, dw, dy.sum()")]),
        (CONV, {"db the last place"}, [("db[f] += g", "db[f] = g")]),
        (CONV, {"db mean over the places"}, [("dw, db\n", "dw, db / (HO * WO)\n")]),
        (CONV, {"last row missing"}, [("range(HO)", "range(HO - 1)")]),
        (CONV, {"last column missing"}, [("range(WO)", "range(WO - 1)")]),
        (CONV, set(), [("range(N)", "range(1)")]),
        (CONV, {"only the first filter sends back"}, [
            ("j * s + v] += g * w", "j * s + v] += (f == 0) * g * w")
        ]),
        (CONV, set(), [("return dx, dw, db", "return dw, dx, db")]),
        (CONV, set(), [("return dx, dw, db", "return dx, dw")]),
        (CONV, set(), [("xp[:, :, p:p + H, p:p + W] = x", "xp[:, :, :H, :W] = x")]),
        (CONV, set(), [("g * xp[", "g * x[")]),
        (CONV, set(), [("g * w[f, :, u, v]", "g * w[f, 0, u, v]")]),
        (CONV, set(), [("dw = np.zeros(w.shape)", "dw = w")]),
    ],
    "max_pool2d_backward": [
        (POOL, {"the last window wins"}, [("+= g", "= g")]),
        (POOL, {"the first window wins"}, [("+= g", "= g if out[n, c, s] == 0 else out[n, c, s]")]),
        (POOL, {"shared among the windows"}, [("+= g", "+= g / (switches[n, c] == s).sum()")]),
        (POOL, {"all channels in the first"}, [("out[n, c, s]", "out[n, 0, s]")]),
        (POOL, {"all images in the first"}, [("out[n, c, s]", "out[0, c, s]")]),
        (POOL, {"counted by columns"}, [("out.reshape(N, C, H, W)",
                                         "out.reshape(N, C, W, H).swapaxes(2, 3)")]),
        (POOL, set(), [("out.reshape(N, C, H, W)", "out")]),
        (POOL, set(), [("+= g", "+= 1")]),
        (POOL, set(), [("+= g", "-= g")]),
        (POOL, set(), [("range(C)", "range(C - 1)")]),
        (POOL, set(), [("    return out.reshape(N, C, H, W)\n", "")]),
    ],
    "backward1d": [
        (NET, {"factor 2 missing"}, [("do = 2 * (out - y)", "do = out - y")]),
        (NET, {"ReLU left out on the way back"}, [("np.where(z > 0, da, 0)", "da")]),
        (NET, {"mask of x"}, [("dz = np.where(z > 0", "dz = np.where(x > 0")]),
        (NET, set(), [("dz = np.where(z > 0", "dz = np.where(w2 > 0")]),
        (NET, {"mask of what arrives"}, [("dz = np.where(z > 0", "dz = np.where(da > 0")]),
        (NET, {"ReLU for its derivative"}, [("np.where(z > 0, da, 0)", "da * a")]),
        (NET, {"w2 left out"}, [("da = do * w2", "da = do * np.ones(n)")]),
        (NET, {"gradient of w1 reversed"}, [("dw1[u] +=", "dw1[k - 1 - u] +=")]),
        (NET, {"dx with the turned kernel"}, [("dz[i] * w1[u]", "dz[i] * w1[k - 1 - u]")]),
        (NET, {"gradient of w2 from z"}, [("dw2 = do * a", "dw2 = do * z")]),
        (NET, {"dw1 overwrites"}, [("dw1[u] +=", "dw1[u] =")]),
        (NET, {"dx overwrites"}, [("dx[i + u - m] +=", "dx[i + u - m] =")]),
        (NET, set(), [("do = 2 * (out - y)", "do = 2 * (y - out)")]),
        (NET, {"loss for its slope"}, [("do = 2 * (out - y)", "do = (out - y) ** 2")]),
        (NET, {"w1 turned on the way forward"}, [("z[i] += w1[u]", "z[i] += w1[k - 1 - u]")]),
        (NET, {"w1 turned on the way forward"}, [("    a = np.where", "    z = np.convolve(x, w1)[m:m + n]\n    a = np.where")]),
        (NET, set(), [("return dw1, dw2, dx", "return dw2, dw1, dx")]),
        (NET, set(), [("return dw1, dw2, dx", "return dx, dw1, dw2")]),
        (NET, set(), [("dw2 = do * a", "dw2 = a")]),
        (NET, {"one off in the gradient of w1"}, [
            ("dw1[u] += dz[i] * x[i + u - m]", "dw1[u] += dz[i] * x[(i + u - m + 1) % n]")
        ]),
    ],
    "mlp_gradients": [
        (MLP, {"activation for its derivative"}, [("derivative(fs[i - 1])",
                                                   "activation(fs[i - 1])")]),
        (MLP, {"derivative taken at g"}, [("derivative(fs[i - 1])", "derivative(gs[i])")]),
        (MLP, {"derivative left out"}, [("delta * derivative(fs[i - 1])", "delta")]),
        (MLP, {"an activation at the output"}, [("np.array([1.0])", "derivative(fs[-1])")]),
        (MLP, {"last matrix first"}, [("    out.reverse()\n", "")]),
        (MLP, {"f instead of g in the gradients"}, [("gs[i][None, :]",
                                                     "(fs[i - 1] if i else x)[None, :]")]),
        (MLP, {"x behind an activation"}, [("gs = [x]", "gs = [activation(x)]")]),
        (MLP, {"dx behind an activation"}, [("return out, delta",
                                             "return out, delta * derivative(x)")]),
        (MLP, {"output instead of 1 at the start"}, [("np.array([1.0])", "fs[-1]")]),
        (MLP, set(), [("delta[:, None] * gs[i][None, :]", "gs[i][:, None] * delta[None, :]")]),
        (MLP, {"dW and dx exchanged"}, [("return out, delta", "return delta, out")]),
        (MLP, set(), [("return out, delta", "return out")]),
        (MLP, set(), [("weights[i].T", "weights[i]")]),
        (MLP, set(), [("derivative(fs[i - 1])", "derivative(fs[i])")]),
    ],
}  # fmt: skip

RIGHT = {
    "gradient_check": [CHECK_FLAT, CHECK_ARRAY],
    "relu_backward": [RELU, "def relu_backward(dy, x):\n    return dy * np.heaviside(x, 0)\n"],
    "conv_matrix": [MATRIX],
    "conv2d_backward": [CONV, CONV.replace("return dx, dw, db", "return [dx, dw, db]")],
    "max_pool2d_backward": [POOL],
    "backward1d": [NET],
    "mlp_gradients": [MLP, MLP.replace("return out, delta", "return tuple(out), delta")],
}
