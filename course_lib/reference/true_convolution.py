"""Convolution as mathematics means it: the kernel runs backwards."""

import numpy as np


def true_convolution2d(x, w):
    """S[i, j] = sum_{c,m,n} x[c, i - m, j - n] * w[c, m, n] wherever all indices lie inside x.

    x is (C, H, W), w is (C, KH, KW), the result (H - KH + 1, W - KW + 1).
    """
    C, H, W = x.shape
    C, KH, KW = w.shape
    turned = w[:, ::-1, ::-1]
    S = np.zeros((H - KH + 1, W - KW + 1), dtype=np.result_type(x, w))
    for i, j in np.ndindex(*S.shape):
        S[i, j] = np.sum(x[:, i : i + KH, j : j + KW] * turned)
    return S
