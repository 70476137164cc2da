"""Convolution in torch, on the tensor's own device: the native kernels."""

import torch
import torch.nn.functional as F


def conv1d(x, w, b=None, *, stride, padding, dilation, groups):
    return F.conv1d(x, w, b, stride, padding, dilation, groups)


def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    return F.conv2d(x, w, b, stride, padding, dilation, groups)


def _backward(dy, x, w, stride, padding, dilation, groups):
    return torch.ops.aten.convolution_backward(
        dy, x, w, [w.shape[0]], stride, padding, dilation,
        False, [0] * len(stride), groups, [True, True, True],
    )  # fmt: skip


def conv1d_backward(dy, x, w, *, stride, padding, dilation, groups):
    return _backward(dy, x, w, [stride], [padding], [dilation], groups)


def conv2d_backward(dy, x, w, *, stride, padding, dilation, groups):
    return _backward(dy, x, w, list(stride), list(padding), list(dilation), groups)
