"""The three ways back through a ReLU, written out for a network of dense layers."""

import numpy as np


def relu_rule_map(weights, biases, x, rule):
    """Carry R = 1 of the score back to the input; at each ReLU of f keep of R what

    "gradient": came through, f > 0,  "deconvnet": is positive, R > 0,  "guided": is both
    """
    a, before = x, []
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        before.append(w @ a + b)
        a = np.maximum(before[-1], 0)
    R = weights[-1][0]  # of the score, the last layer's only row
    for w, f in zip(weights[-2::-1], before[::-1], strict=True):
        if rule in ("gradient", "guided"):
            R = np.where(f > 0, R, 0)
        if rule in ("deconvnet", "guided"):
            R = np.where(R > 0, R, 0)
        R = R @ w
    return R
