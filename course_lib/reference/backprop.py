"""The answers of the exercise `backprop`: gradients by hand, and the check that finds mistakes."""

import numpy as np


def gradient_check(f, x, gradient, *, step=1e-6):
    """Return the largest |a - n| / max(|a|, |n|) over the entries of x, with 0 for 0 / 0.

    a is the entry of `gradient`, and n = (f(x + step*e) - f(x - step*e)) / (2*step), where e has
    the shape of x, a 1 at that entry and 0 elsewhere.
    """
    worst = 0.0
    for at in np.ndindex(*x.shape):
        e = np.zeros(x.shape)
        e[at] = step
        a, n = gradient[at], (f(x + e) - f(x - e)) / (2 * step)
        if a != n:
            worst = max(worst, abs(a - n) / max(abs(a), abs(n)))
    return worst


def relu_backward(dy, x):
    """dx = dy where x > 0, and 0 elsewhere."""
    return np.where(x > 0, dy, 0)


def conv_matrix(w, input_shape):
    """Return C(w) with vec(y) = C(w) vec(x): y[f, i, j] = sum of w[f, c, u, v] * x[c, i+u, j+v].

    w is (F, C, KH, KW), `input_shape` is (C, H, W); the result is (F*HO*WO, C*H*W).
    """
    C, H, W = input_shape
    F, _, KH, KW = w.shape
    HO, WO = H - KH + 1, W - KW + 1
    matrix = np.zeros((F * HO * WO, C * H * W))
    for f, i, j, c, u, v in np.ndindex(F, HO, WO, C, KH, KW):
        row = (f * HO + i) * WO + j
        column = (c * H + i + u) * W + j + v
        matrix[row, column] = w[f, c, u, v]
    return matrix


def conv2d_backward(dy, x, w, *, stride=1, padding=0):
    """Return dx, dw, db of y[n, f, i, j] = b[f] + sum of w[f, c, u, v] * x[n, c, i*s+u-p, j*s+v-p].

    s is the stride and p the padding, one whole number each. dy is (N, F, HO, WO), x (N, C, H, W)
    and w (F, C, KH, KW); dx, dw and db have the shapes of x, w and b.
    """
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(F)
    for n, f, i, j in np.ndindex(*dy.shape):
        top, left = i * stride, j * stride
        window = n, slice(None), slice(top, top + KH), slice(left, left + KW)
        dx[window] += dy[n, f, i, j] * w[f]
        dw[f] += dy[n, f, i, j] * x[window]
        db[f] += dy[n, f, i, j]
    return dx[:, :, padding : padding + H, padding : padding + W], dw, db


def max_pool2d_backward(dy, switches, input_shape):
    """dx[n, c, s] = sum of dy[n, c, i, j] over the windows (i, j) with switches[n, c, i, j] = s.

    dy and switches are (N, C, HO, WO); `input_shape` is (N, C, H, W), the shape of dx. A place s in
    the image is counted row by row: s = row * W + column.
    """
    dx = np.zeros(input_shape)
    W = input_shape[3]
    for n, c, i, j in np.ndindex(*dy.shape):
        row, column = divmod(switches[n, c, i, j], W)
        dx[n, c, row, column] += dy[n, c, i, j]
    return dx


def backward1d(x, w1, w2, y):
    """Return dw1, dw2 and dx of (w2 . ReLU(z) - y)**2, z[i] = sum of w1[u] * x[i + u - k // 2].

    x and w2 are (n,), w1 is (k,) with k odd, y is a number; outside of x there are zeros.
    """
    n, k = len(x), len(w1)
    x = np.pad(x, k // 2)
    z = np.array([np.sum(w1 * x[i : i + k]) for i in range(n)])
    a = np.maximum(z, 0)
    dout = 2 * (np.sum(w2 * a) - y)
    dz = dout * w2 * (z > 0)
    dw1, dx = np.zeros(k), np.zeros(len(x))
    for i in range(n):
        dw1 += dz[i] * x[i : i + k]
        dx[i : i + k] += dz[i] * w1
    return dw1, dout * a, dx[k // 2 : k // 2 + n]


def mlp_gradients(x, weights, activation, derivative):
    """Return ([dW of each matrix], dx) of the network f_h = W_h g_(h-1), g_h = activation(f_h).

    g_0 is x, (D,). The last of `weights` has one row, and its f is the output, without activation.
    """
    f, g = [], [x]
    for w in weights:
        f.append(w @ g[-1])
        g.append(activation(f[-1]))
    back, gradients = np.ones(1), []
    for h in range(len(weights) - 1, -1, -1):
        gradients.insert(0, np.outer(back, g[h]))
        back = weights[h].T @ back
        if h > 0:
            back = derivative(f[h - 1]) * back
    return gradients, back


def printed_gradients(x, weights, activation, derivative):
    """Return ([dW of each matrix], dx) by the formula of a lecture slide, as it is printed."""
    L = len(weights) - 1  # hidden layers
    f = {1: weights[0] @ x}
    for h in range(2, L + 2):
        f[h] = weights[h - 1] @ activation(f[h - 1])
    b = {L + 1: np.ones(1)}
    for h in range(L, 0, -1):
        D = np.diag(activation(f[h]))
        b[h] = D @ weights[h].T @ b[h + 1]
    inputs = [x] + [activation(f[h]) for h in range(1, L + 1)]
    gradients = [np.outer(b[h], inputs[h - 1]) for h in range(1, L + 2)]
    return gradients, weights[0].T @ b[1]
