"""The LSTM in torch operations. torch's own LSTM returns no gates, so the steps are written out."""

import torch


def lstm_forward(x, w_ih, w_hh, b, h0=None, c0=None):
    T, N, D = x.shape
    M = w_hh.shape[1]
    zeros = x.new_zeros(N, M)
    h, c = (zeros if state is None else state for state in (h0, c0))
    from_input = torch.addmm(b, x.reshape(T * N, D), w_ih.T).view(T, N, 4 * M)
    turned = w_hh.T
    steps = []
    for z in from_input.unbind():
        z_i, z_f, z_g, z_o = torch.addmm(z, h, turned).chunk(4, 1)
        i, f, g, o = z_i.sigmoid(), z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
        c = torch.addcmul(f * c, i, g)
        h = o * c.tanh()
        steps.append((h, c, i, f, g, o))
    if not steps:
        return tuple(x.new_zeros(6, 0, N, M))
    return tuple(torch.stack(parts) for parts in zip(*steps, strict=True))


def lstm_backward(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    zeros = dh.new_zeros(N, M)
    h0, c0 = (zeros if state is None else state for state in (h0, c0))
    c_before = torch.cat([c0[None], c[:-1]])[:T]
    squashed = torch.tanh(c)
    # What each pre-activation's gradient is per unit of dc (i, f, g) or of dh (o).
    by_cell = torch.stack([g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g)], 2)
    by_state = squashed * o * (1 - o)
    from_state = o * (1 - squashed * squashed)
    dz = dh.new_empty(T, N, 4, M)
    carried, dc = zeros, zeros
    for t in reversed(range(T)):
        whole = dh[t] + carried
        dc = torch.addcmul(dc, whole, from_state[t])
        torch.mul(by_cell[t], dc[:, None], out=dz[t, :, :3])
        torch.mul(by_state[t], whole, out=dz[t, :, 3])
        carried = dz[t].view(N, 4 * M) @ w_hh
        dc = dc * f[t]
    flat = dz.view(T * N, 4 * M)
    dx = (flat @ w_ih).view(x.shape)
    dw_ih = flat.T @ x.reshape(T * N, x.shape[2])
    dw_hh = (
        torch.addmm(flat[:N].T @ h0, flat[N:].T, h[:-1].flatten(0, 1))
        if T
        else torch.zeros_like(w_hh)
    )
    return dx, dw_ih, dw_hh, flat.sum(0), carried, dc
