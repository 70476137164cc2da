"""The LSTM cell fused into one Triton kernel each way; the matrix products stay in torch.

Eager torch runs the pointwise part of a step as a dozen kernels that each read and write device
memory. Fused, a step reads the four pre-activations and the old cell once and writes the gates, the
new cell and the new state once: eleven numbers per unit, which is the least that the trace allows.
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _read(pointer, inside):
    # Half precision is computed in single: there is no exponential for less.
    value = tl.load(pointer, inside, other=0.0)
    if value.dtype != tl.float64:
        value = value.to(tl.float32)
    return value


@triton.jit
def _sigmoid(v):
    return 1.0 / (1.0 + tl.exp(-v))


@triton.jit
def _tanh(v):
    # Not libdevice.tanh, which the interpreter does not have.
    return 2.0 / (1.0 + tl.exp(-2.0 * v)) - 1.0


@triton.jit
def _cell_forward(z, c_before, h, c, i, f, g, o, M, BLOCK: tl.constexpr):
    """One program: BLOCK units of one sequence. z is (N, 4M), everything else (N, M)."""
    row = tl.program_id(0).to(tl.int64)
    unit = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = unit < M
    at = row * M + unit
    gates = z + row * 4 * M + unit
    i_now = _sigmoid(_read(gates, inside))
    f_now = _sigmoid(_read(gates + M, inside))
    g_now = _tanh(_read(gates + 2 * M, inside))
    o_now = _sigmoid(_read(gates + 3 * M, inside))
    c_now = f_now * _read(c_before + at, inside) + i_now * g_now
    tl.store(i + at, i_now, inside)
    tl.store(f + at, f_now, inside)
    tl.store(g + at, g_now, inside)
    tl.store(o + at, o_now, inside)
    tl.store(c + at, c_now, inside)
    tl.store(h + at, o_now * _tanh(c_now), inside)


@triton.jit
def _cell_backward(dh, dc, c_before, c, i, f, g, o, dz, dc_before, M, BLOCK: tl.constexpr):
    """One program: BLOCK units of one sequence. dz is (N, 4M), everything else (N, M)."""
    row = tl.program_id(0).to(tl.int64)
    unit = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = unit < M
    at = row * M + unit
    i_now = _read(i + at, inside)
    f_now = _read(f + at, inside)
    g_now = _read(g + at, inside)
    o_now = _read(o + at, inside)
    squashed = _tanh(_read(c + at, inside))
    dh_now = _read(dh + at, inside)
    dc_now = _read(dc + at, inside) + dh_now * o_now * (1.0 - squashed * squashed)
    c_then = _read(c_before + at, inside)
    gates = dz + row * 4 * M + unit
    tl.store(gates, dc_now * g_now * i_now * (1.0 - i_now), inside)
    tl.store(gates + M, dc_now * c_then * f_now * (1.0 - f_now), inside)
    tl.store(gates + 2 * M, dc_now * i_now * (1.0 - g_now * g_now), inside)
    tl.store(gates + 3 * M, dh_now * squashed * o_now * (1.0 - o_now), inside)
    tl.store(dc_before + at, dc_now * f_now, inside)


def _launch(M):
    block = min(1024, triton.next_power_of_2(M))
    return block, triton.cdiv(M, block)


def cell_forward(z, c_before, h, c, i, f, g, o):
    """Run one step; write the (N, M) results into the contiguous tensors h, c, i, f, g, o."""
    N, M = c_before.shape
    block, columns = _launch(M)
    if N and M:
        _cell_forward[N, columns](z, c_before, h, c, i, f, g, o, M, BLOCK=block)


def cell_backward(dh, dc, c_before, c, i, f, g, o):
    """Carry (dh, dc) of one step back to (dz (N, 4M), dc_before (N, M))."""
    N, M = c.shape
    dz, dc_before = dh.new_empty(N, 4 * M), torch.empty_like(dc)
    block, columns = _launch(M)
    if N and M:
        _cell_backward[N, columns](
            dh, dc, c_before, c, i, f, g, o, dz, dc_before, M, BLOCK=block
        )  # fmt: skip
    return dz, dc_before


def lstm_forward(x, w_ih, w_hh, b, h0=None, c0=None):
    T, N, _ = x.shape
    M = w_hh.shape[1]
    trace = x.new_empty(6, T, N, M)  # h, c, i, f, g, o: each step a contiguous (N, M) block
    h = x.new_zeros(N, M) if h0 is None else h0.contiguous()
    c = x.new_zeros(N, M) if c0 is None else c0.contiguous()
    from_input = torch.addmm(b, x.reshape(T * N, -1), w_ih.T).view(T, N, 4 * M)
    for t in range(T):
        cell_forward(torch.addmm(from_input[t], h, w_hh.T), c, *trace[:, t])
        h, c = trace[0, t], trace[1, t]
    return tuple(trace)


def lstm_backward(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    T, N, D = x.shape
    M = w_hh.shape[1]
    zeros = x.new_zeros(N, M)
    h0 = zeros if h0 is None else h0.contiguous()
    c0 = zeros if c0 is None else c0.contiguous()
    h, c, *gates = (part.contiguous() for part in trace)
    dz = x.new_empty(T, N, 4 * M)
    carried, dc = zeros, zeros
    for t in reversed(range(T)):
        c_before = c[t - 1] if t else c0
        step = [part[t] for part in gates]
        dz[t], dc = cell_backward((dh[t] + carried).contiguous(), dc, c_before, c[t], *step)
        carried = dz[t] @ w_hh
    flat = dz.view(T * N, 4 * M)
    before = torch.cat([h0[None], h[:-1]]) if T else h
    dx = (flat @ w_ih).view(T, N, D)
    dw_ih = flat.T @ x.reshape(T * N, D)
    dw_hh = flat.T @ before.reshape(T * N, M)
    return dx, dw_ih, dw_hh, flat.sum(0), carried, dc
