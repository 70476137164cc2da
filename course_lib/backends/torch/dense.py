"""Dense layers, ReLU and the softmax loss through torch's own kernels."""

import torch
import torch.nn.functional as F


def dense(x, w, b=None):
    return F.linear(x, w, b)


def dense_backward(dy, x, w):
    return dy @ w, dy.T @ x, dy.sum(0)


def relu(x):
    return torch.relu(x)


def relu_backward(dy, x, *, rule):
    if rule != "gradient":
        dy = torch.relu(dy)
    return dy if rule == "deconvnet" else torch.where(x > 0, dy, 0)


def softmax_cross_entropy(scores, labels):
    N = max(len(scores), 1)
    log_p = torch.log_softmax(scores, 1)
    labels = labels[:, None]
    # Half precision is added up in single: the sum before the mean may be too large for it.
    total = log_p.gather(1, labels).sum(dtype=torch.promote_types(scores.dtype, torch.float32))
    loss = (-total / N).to(scores.dtype)
    dscores = log_p.exp() / N
    return loss, dscores.scatter_add(1, labels, dscores.new_full(labels.shape, -1 / N))
