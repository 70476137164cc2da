"""The LSTM on tensors. torch's own LSTM returns no gates, so the steps are written out.

They are small operations, and on the CPU a call of NumPy costs a third of a call of torch. So where
neither autograd nor a GPU needs torch, the NumPy steps run on the tensors' own memory.
"""

import torch

from course_lib.backends.numpy import lstm as in_numpy


def lstm_forward(x, w_ih, w_hh, b, h0=None, c0=None):
    arrays = x, w_ih, w_hh, b, h0, c0
    recorded = torch.is_grad_enabled() and any(a is not None and a.requires_grad for a in arrays)
    if recorded or not _shares_memory(x):
        return forward_in_torch(*arrays)
    return _to_torch(in_numpy.lstm_forward(*_to_numpy(arrays)))


def lstm_backward(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    arrays = dh, x, w_ih, w_hh, h0, c0
    if not _shares_memory(x):
        return backward_in_torch(dh, trace, *arrays[1:])
    dh, *others = _to_numpy(arrays)
    return _to_torch(in_numpy.lstm_backward(dh, _to_numpy(trace), *others))


def _shares_memory(x):
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


def _to_numpy(arrays):
    return [None if a is None else a.detach().numpy() for a in arrays]


def _to_torch(arrays):
    return tuple(torch.from_numpy(a) for a in arrays)


def forward_in_torch(x, w_ih, w_hh, b, h0=None, c0=None):
    T, N, D = x.shape
    M = w_hh.shape[1]
    h, c = (x.new_zeros(N, M) if state is None else state for state in (h0, c0))
    from_input = torch.addmm(b, x.reshape(T * N, D), w_ih.T).view(T, N, 4 * M)
    steps = []
    for z in from_input.unbind():
        z_i, z_f, z_g, z_o = torch.addmm(z, h, w_hh.T).chunk(4, 1)
        i, f, g, o = z_i.sigmoid(), z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
        c = torch.addcmul(f * c, i, g)
        h = o * c.tanh()
        steps.append((h, c, i, f, g, o))
    if not steps:
        return tuple(x.new_zeros(6, 0, N, M))
    return tuple(torch.stack(parts) for parts in zip(*steps, strict=True))


@torch.no_grad()
def backward_in_torch(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    h0, c0 = (dh.new_zeros(N, M) if state is None else state for state in (h0, c0))
    h_before, c_before = (torch.cat([first[None], a])[:T] for first, a in ((h0, h), (c0, c)))
    squashed = torch.tanh(c)
    # What each pre-activation's gradient is per unit of dc (i, f, g) or of dh (o).
    slopes = [g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g), squashed * o * (1 - o)]
    dz = torch.stack(slopes, 2)
    through_h = o * (1 - squashed * squashed)
    carried, dc = dh.new_zeros(2, N, M)
    for t in reversed(range(T)):
        whole = dh[t] + carried
        dc = torch.addcmul(dc, whole, through_h[t])
        dz[t, :, :3] *= dc[:, None]
        dz[t, :, 3] *= whole
        carried = dz[t].view(N, 4 * M) @ w_hh
        dc = dc * f[t]
    flat = dz.view(T * N, 4 * M)
    dx = (flat @ w_ih).view(x.shape)
    dw_ih, dw_hh = flat.T @ x.reshape(T * N, x.shape[2]), flat.T @ h_before.view(T * N, M)
    return dx, dw_ih, dw_hh, flat.sum(0), carried, dc


def lstm_jacobian(trace, t, w_hh, c0=None):
    return in_numpy.lstm_jacobian(trace, t, w_hh, c0, library=torch)
