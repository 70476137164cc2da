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


def conv_matrix(w, input_shape, *, stride, padding, dilation):
    size = input_shape[0] * input_shape[1] * input_shape[2]
    # Column by column: the convolution of each image that is 1 at one pixel, with numbered weights.
    pixels = torch.eye(size, dtype=torch.float64, device=w.device).reshape(size, *input_shape)
    numbers = torch.arange(1, w.numel() + 1, dtype=torch.float64, device=w.device).reshape(w.shape)
    y = F.conv2d(pixels, numbers, None, stride, padding, dilation)
    # Each entry is now the number of its weight, or 0. So it can be infinite beside zeros.
    which = y.reshape(size, -1).T.contiguous().long()
    return torch.cat([w.new_zeros(1), w.flatten()])[which]
