# The one source of the exercise `bptt`: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: backpropagation through time
#
# You write a recurrent network from its first state to its last gradient. On the way you find a
# mistake that is in print. At the end your own functions train a network that must repeat a bit
# after k steps, and you see at which k 300 updates fail, and that your norms knew it beforehand.
#
# **How it works.** Use NumPy. The parts stand alone: if you are stuck, go on.
#
# **Letters.** T steps, N sequences, D inputs, M units, K classes. On paper $h_0$ is the start and
# the steps are $t = 1, \dots, T$. In code the start is `h0`, and row `t` of `h` is the state after
# step $t + 1$: the row before it is `h[t - 1]`, and before `h[0]` comes `h0`.

# %% locked="setup"
import numpy as np

from course_lib import plots
from course_lib.checks import bptt as checks
from course_lib.checks import progress

# %% [markdown] about="run_machine" minutes=10 difficulty="easy"
# ## 1. A machine with a state
#
# A rule `step` takes the present state and one input, and gives the next state:
# $s_t = f(s_{t-1}, x_t)$. Begin with `state`, and collect all states. Three letters and the parity,
# which is 1 after an odd number of ones:
#
# ```text
# inputs      1  0  1
# states   0  1  1  0            the start is one of them
# ```
#
# **Your function must**
#
# - give a list: the start first, then one state for each input;
# - give the start alone where there are no inputs.

# %% [markdown] hints="run_machine"
# One variable holds the present state. Each input replaces it.
# ---
# `states = [state]`, and in the loop `state = step(state, x)`.

# %% task="run_machine"
from course_lib.reference.bptt import run_machine

# %% check="run_machine"
checks.run_machine()

# %% [markdown] about="rnn_forward" minutes=15 difficulty="easy"
# ## 2. The states of a recurrent layer
#
# Now the state is a vector of M numbers, and the rule is
#
# $$h_t = \tanh(W_{ih}\, x_t + W_{hh}\, h_{t-1} + b).$$
#
# A whole batch of N sequences runs side by side. `x[t]` is (N, D), a state is (N, M), and a row is
# one sequence: what is $W x$ on paper is `x @ w.T` for all rows at once.
#
# **Your function must**
#
# - take `x` (T, N, D), `w_ih` (M, D), `w_hh` (M, M), `b` (M,) and `h0` (N, M), or None for zeros;
# - give the states after each of the T steps, (T, N, M); the start is not among them.

# %% [markdown] hints="rnn_forward"
# It is your machine again. What is `step` here, and what is left out of the result?
# ---
# Make room with `h = np.empty((T, N, M))`. Then one line per step, no loop over N.

# %% task="rnn_forward"
from course_lib.reference.rnn import rnn_forward

# %% check="rnn_forward"
checks.rnn_forward()

# %% [markdown] about="output_gradients" minutes=20 difficulty="medium"
# ## 3. The loss of each step
#
# Every step has scores $o_t = W_o h_t + c$, one for each of K classes, and a label $y_t$. The loss
# is minus the log of the probability that softmax gives to the label, summed over all steps and all
# sequences:
#
# $$\mathcal{L} = \sum_t \mathcal{L}_t, \qquad
# \mathcal{L}_t = - \sum_n \log \operatorname{softmax}(o_{t,n})_{y_{t,n}}.$$
#
# Go one step back from it. For the scores the gradient is short: the probabilities, minus 1 at the
# label.
#
# ```text
# scores         0.5   0.5   0.5
# probabilities  1/3   1/3   1/3
# label 0:      -2/3   1/3   1/3      this is dL/do
# ```
#
# **Your function must**
#
# - take `h` (T, N, M), `w_o` (K, M), `c` (K,) and `labels` (T, N), ints from 0;
# - give `dh, dw_o, dc` with the shapes of `h`, `w_o` and `c`; `dh[t]` is $\partial \mathcal{L}_t /
#   \partial h_t$, of the loss of that step alone: no later loss is in it yet;
# - sum over steps and sequences, no mean.

# %% [markdown] hints="output_gradients"
# First the scores, (T, N, K). Then the probabilities, over the last axis. Then subtract the 1.
# ---
# `np.eye(K)[labels]` has the shape (T, N, K), with the 1 where you need it.

# %% task="output_gradients"
from course_lib.reference.bptt import output_gradients

# %% check="output_gradients"
checks.output_gradients()

# %% [markdown] about="rnn_backward" minutes=35 difficulty="hard"
# ## 4. Back through time
#
# The heart of the chapter. $F_t$ is the sum of the losses *after* step $t$. Go from the last step
# to the first and carry ${\color{#c96a1b}{\partial F_t / \partial h_t}}$, (N, M), with you:
#
# $${\color{#c96a1b}{\frac{\partial \mathcal{L}}{\partial h_t}}} =
# \frac{\partial \mathcal{L}_t}{\partial h_t} +
# {\color{#c96a1b}{\frac{\partial F_t}{\partial h_t}}}, \qquad
# dz_t = (1 - h_t^2) \odot {\color{#c96a1b}{\frac{\partial \mathcal{L}}{\partial h_t}}}, \qquad
# {\color{#c96a1b}{\frac{\partial F_{t-1}}{\partial h_{t-1}}}} = W_{hh}^\top\, dz_t.$$
#
# Orange is a total: everything that comes later is in it. Blue is what step $t$ alone adds to the
# gradient of a weight, by the immediate partial, with the state before it held fixed: $dz_t$ times
# what the weight was multiplied with in that step. For one sequence and the recurrent weight,
#
# $$dW_{hh} = \sum_t {\color{#2f7fc1}{dz_t\, h_{t-1}^\top}}.$$
#
# Here is the first case of the check, with M = N = D = 1,
# $W_{ih} = 3$ and $W_{hh} = 2$:
#
# ```text
# step        1      2
# h           0.5    0         before step 1: 0
# dL_t/dh_t   0      1         a loss at the end only
# total       2      1         2 = 0 + 2 · 1
# dz          1.5    1         1.5 = (1 - 0.25) · 2
# dw_hh       0   +  0.5       1.5 · 0 + 1 · 0.5 = 0.5
# ```
#
# **Your function must**
#
# - take `dh` (T, N, M), the direct gradient of each step as `output_gradients` gives it, the `x`,
#   `w_ih`, `w_hh` and `h0` of the forward pass, and the `h` that came out of it;
# - give `dx, dw_ih, dw_hh, db, dh0`, each shaped like what it belongs to, `dh0` as (N, M) also
#   where `h0` is None;
# - sum over the sequences.

# %% [markdown] hints="rnn_backward"
# Three variables for the sums, one for what comes back from the future, which is 0 at the end. A
# loop over `reversed(range(T))`.
# ---
# `dz = (dh[t] + future) * (1 - h[t] ** 2)`. On paper a gradient goes through $W^\top$; for rows
# that is `dz @ w_hh`.

# %% task="rnn_backward"
from course_lib.reference.bptt import rnn_backward

# %% check="rnn_backward"
checks.rnn_backward()

# %% [markdown] about="weight_gradient" minutes=25 difficulty="medium"
# ## 5. Debug: one formula, as printed
#
# A network with one unit: $h_t = \tanh(w\, h_{t-1} + x_t)$, $h_0 = 0$, and the loss
# $\mathcal{L} = \sum_t \tfrac12 (h_t - y_t)^2$. Some slides print the gradient of its weight as
#
# $$\frac{d\mathcal{L}}{dw} = \sum_t {\color{#c96a1b}{\frac{d h_t}{d w}}}
# \sum_{u \ge t} {\color{#c96a1b}{\frac{\partial \mathcal{L}_u}{\partial h_t}}},$$
#
# and the next cell computes exactly that. It looks right. Test it against differences, as in the
# chapter on backpropagation. Then find out what it does wrong. Your tool: put a loss at one step
# only, by choosing `y` equal to the states at all others, and compare.
#
# Then write it right: one weight, used at every step, and each use counted once.
#
# **Your function must**
#
# - take a number `w` and `x`, `y` of shape (T,);
# - give one number, the gradient of the loss above: exact, not by differences.


# %%
def states(w, x):
    h = [0.0]
    for number in x:
        h.append(np.tanh(w * h[-1] + number))
    return np.array(h)  # h[0] is the start


def loss(w, x, y):
    return np.sum((states(w, x)[1:] - y) ** 2) / 2


def as_printed(w, x, y):
    T, h = len(x), states(w, x)
    total = np.zeros(T + 1)  # d h_t / d w
    for t in range(1, T + 1):
        total[t] = (1 - h[t] ** 2) * (h[t - 1] + w * total[t - 1])
    gradient = 0.0
    for t in range(1, T + 1):
        signal = 0.0  # the losses from t on, back at h_t
        for u in range(T, t - 1, -1):
            signal += h[u] - y[u - 1]
            if u > t:
                signal *= (1 - h[u] ** 2) * w
        gradient += total[t] * signal
    return gradient


w, x, y = 0.5, np.array([1.0, 0.0, -1.0, 0.5]), np.array([1.0, 0.0, 0.5, 0.0])
difference = (loss(w + 1e-6, x, y) - loss(w - 1e-6, x, y)) / 2e-6
print(f"printed {as_printed(w, x, y):.6f}   differences {difference:.6f}")

for u in range(1, 5):
    y = states(w, x)[1:]
    y[u - 1] += 1  # a loss at step u only
    difference = (loss(w + 1e-6, x, y) - loss(w - 1e-6, x, y)) / 2e-6
    print(f"loss at step {u}: printed {as_printed(w, x, y):.6f}   differences {difference:.6f}")

# %% [markdown] hints="weight_gradient"
# Give every step a weight of its own, $w_1, \dots, w_T$. What is the derivative with respect to
# $w_t$ alone? Which part of `total[t]` is it?
# ---
# One loop backwards is enough, with one number that carries the later losses.

# %% task="weight_gradient"
from course_lib.reference.bptt import weight_gradient

# %% check="weight_gradient"
checks.weight_gradient()

# %% [markdown]
# Now look at your mistake under the glass. There is a loss at step 4 only. Write $g_s$ for what the
# use of $w$ at step $s$ truly adds to the gradient (the derivative with respect to $w_s$).


# %%
h = states(w, x)
y = h[1:].copy()
y[3] -= 1  # at step 4, with dL/dh = 1
signal, uses = 1.0, {}
for s in range(4, 0, -1):
    uses[s] = signal * (1 - h[s] ** 2) * h[s - 1]
    signal *= (1 - h[s] ** 2) * w
print("g:", {s: round(float(g), 6) for s, g in sorted(uses.items())})
print("sum of g:", round(float(sum(uses.values())), 6), "  yours:", weight_gradient(w, x, y))
print("as printed:", round(float(as_printed(w, x, y)), 6))

# %% [markdown]
# **Explain, in three to five sentences.** Why is $g_1$ zero? The printed number is
# $c_2 g_2 + c_3 g_3 + c_4 g_4$ with whole numbers $c_s$: which are they? (Check the sum.) Why is
# the use at an early step counted more often than the one at a late step? What small sign on the
# printed $d h_t / d w$ would have made the formula right?

# %% [markdown] answer="counted" points=2
# $g_1$ is zero because $w$ meets $h_0 = 0$ there. $c_s = 5 - s$: the printed number is
# $3 g_2 + 2 g_3 + 1 g_4$. The total $dh_t/dw$ holds the uses at all steps $s \le t$, and the
# formula sums it over all $t$ from 1 to 4. So the use at step $s$ comes in once with each
# $t = s, \dots, 4$, always along the same path to the loss. The sign is the plus of the immediate
# partial, ${\color{#2f7fc1}{\partial^{+} h_t / \partial w}} = (1 - h_t^2)\, h_{t-1}$, in which the
# state before is held fixed.
#
# *Marking: 1 point for the numbers 3, 2, 1 with the sum checked, 1 point for the reason (the
# total at every later step holds the early use again).*

# %% [markdown] about="jacobian_norms" minutes=20 difficulty="medium"
# ## 6. How much of a state is left?
#
# A small change of $h_t$ changes $h_T$. The matrix between them is a product, one factor for each
# step; as Jacobians are mostly written, outputs in rows:
#
# $${\color{#c96a1b}{\frac{\partial h_T}{\partial h_t}}} = J_T\, J_{T-1} \cdots J_{t+1}, \qquad
# J_s = \operatorname{diag}(1 - h_s^2)\, W_{hh}.$$
#
# (The page writes its transpose. The norm is the same.) Its spectral norm, the largest singular
# value, is the most by which a small change can grow on the way.
#
# **Your function must**
#
# - take the states `h` (T, M) of one sequence and `w_hh` (M, M);
# - give an array (T,): entry `t` is the spectral norm of $\partial h_T / \partial h_t$ for row `t`
#   of `h`, so the last is 1.

# %% [markdown] hints="jacobian_norms"
# Begin at the end with the identity, and multiply one more factor to it for each step back. On
# which side?
# ---
# `np.linalg.norm(matrix, 2)` is the spectral norm. The factor between rows `t - 1` and `t` has the
# slopes of row `t`.

# %% task="jacobian_norms"
from course_lib.reference.bptt import jacobian_norms

# %% check="jacobian_norms"
checks.jacobian_norms()

# %% [markdown] about="clip_by_norm" minutes=10 difficulty="easy"
# ## 7. Not further than this
#
# Take all gradients together as one long vector. If it is longer than `limit`, shorten it to
# `limit`; its direction stays.
#
# ```text
# gradients [3], [[0, 4]]      norm 5      limit 1      [0.6], [[0, 0.8]]
# ```
#
# **Your function must**
#
# - take a list of arrays and give a new list of arrays of the same shapes;
# - change nothing where the norm is at most `limit`, and keep zeros as they are;
# - hit the limit exactly: no small number in the denominator.

# %% [markdown] hints="clip_by_norm"
# How long is the long vector? One factor for all.
# ---
# The squared length is the sum of all squares of all arrays.

# %% task="clip_by_norm"
from course_lib.reference.bptt import clip_by_norm

# %% check="clip_by_norm"
checks.clip_by_norm()

# %% [markdown] part="echo" minutes=20 difficulty="medium"
# ## 8. Your functions learn to echo
#
# Random bits come in, one a step. The network must say at each step which bit came in **k steps
# ago**. Everything that learns here is your own. Three ways to go back: through the whole sequence
# of 40 steps, in pieces of 20 and in pieces of 5. A piece starts from the true state, but no
# gradient crosses its border.


# %%
def new_network(radius, rng, M=16):
    w_hh = rng.normal(size=(M, M))
    w_hh *= radius / np.abs(np.linalg.eigvals(w_hh)).max()
    w_ih, w_o = 0.5 * rng.normal(size=(M, 1)), 0.1 * rng.normal(size=(2, M))
    return [w_ih, w_hh, np.zeros(M), w_o, np.zeros(2)]


def backward_in_pieces(size, dh, x, h, w_ih, w_hh):
    sums = [0, 0, 0]
    for a in range(0, len(x), size):
        piece = slice(a, a + size)
        start = h[a - 1] if a else None
        gradients = rnn_backward(dh[piece], x[piece], h[piece], w_ih, w_hh, start)
        sums = [s + g for s, g in zip(sums, gradients[1:4], strict=True)]
    return sums


def echo(k, size, *, radius=0.5, updates=300, T=40, N=32, seed=0):
    """Train a network to say the bit of k steps ago; return its share of right answers."""
    rng = np.random.default_rng(seed)
    net = new_network(radius, rng)
    for update in range(updates + 1):
        n = N if update < updates else 200
        bits = rng.integers(0, 2, size=(T, n))
        x = 2.0 * bits[:, :, None] - 1
        h = rnn_forward(x, *net[:3])
        if update == updates:
            scores = h[k:] @ net[3].T + net[4]
            return np.mean(scores.argmax(axis=2) == bits[: T - k])
        dh = np.zeros_like(h)
        dh[k:], dw_o, dc = output_gradients(h[k:], net[3], net[4], bits[: T - k])
        gradients = [*backward_in_pieces(size, dh, x, h, *net[:2]), dw_o, dc]
        gradients = clip_by_norm([g / (N * (T - k)) for g in gradients], 1.0)
        net = [part - 0.5 * g for part, g in zip(net, gradients, strict=True)]


# %% [markdown]
# First ask your norms. This network has not learnt anything yet. How large is
# $\lVert \partial h_T / \partial h_{T-k} \rVert$ for each k?
# **Predict:** in 300 small updates, a signal that is a thousand times too faint will hardly move a
# weight. From which k on will the echo fail?


# %%
def norms_of_new_network(radius, seed=0, T=40):
    rng = np.random.default_rng(seed)
    w_ih, w_hh, b, *_ = new_network(radius, rng)
    x = 2.0 * rng.integers(0, 2, size=(T, 8))[:, :, None] - 1
    h = rnn_forward(x, w_ih, w_hh, b)
    return np.mean([jacobian_norms(h[:, n], w_hh) for n in range(8)], axis=0)[::-1]


norms = norms_of_new_network(0.5)  # entry k: from step T back to step T - k
predicted = next((k for k, norm in enumerate(norms) if norm < 1e-3), None)
for k, norm in enumerate(norms[:17]):
    print(f"k = {k:2}   norm {norm:.1e}")
print("first below 0.001:", "never in 40 steps" if predicted is None else f"k = {predicted}")

# %% [markdown]
# Now train 24 networks, a few seconds in all.


# %%
lags = (2, 4, 5, 6, 7, 8, 9, 11)
right = {size: [echo(k, size) for k in lags] for size in (40, 20, 5)}

ax = plots.axes()
for (size, shares), mark in zip(right.items(), "o^s", strict=True):
    name = "all 40 steps" if size == 40 else f"pieces of {size}"
    ax.plot(lags, [100 * share for share in shares], marker=mark, label=name)
if predicted is not None:
    ax.axvline(predicted, linestyle=":", color="black")
    ax.text(predicted + 0.1, 70, "your norms: 0.001")
ax.set_xlabel("lag k")
ax.set_ylabel("% right")
ax.legend(loc="lower left")
plots.show(ax, "Share of right echoes against the lag, for three ways to go back.")

# %% [markdown]
# **Explain, in four to six sentences.** Pieces of 5 fail earlier than the other two. From which lag
# on can *no* target inside a piece of 5 reach the bit that it asks for, and is that where it fails?
# Then take `radius=1.2` for `norms_of_new_network` and for `echo`, with lags up to 16. Where do the
# norms promise success, and what does training say? Last, train lag 9 of the first network with
# `updates=1000`. What do your norms tell, then: when a few hundred updates will fail, when learning
# is impossible, or when it will succeed?

# %% [markdown] answer="horizon" points=3
# In a piece of 5 steps a target can reach at most 4 steps back, so from lag 5 on no gradient leads
# from any target to its bit. In the picture lag 5 is still learnt and lag 6 is not: the state still
# holds the bit of five steps ago by itself, from the random weights, and $W_o$, which needs no way
# back, learns to read it. The untruncated network fails where the norm falls below a thousandth.
# With a radius of 1.2 the norm is still above 0.1 at lag 16, a hundred times more than it needs,
# yet from about lag 12 on the network is far from 100 %. And at radius 0.5 lag 9 is at 50 % after
# 300 updates, but at 100 % after 1000. So a small norm says that a few hundred small updates will
# fail, for each of them hardly moves a weight; it does not say that learning is impossible. A
# large norm promises nothing: the signals of many bits arrive mixed, and 16 units and 300 updates
# are few.
#
# *Marking: 1 point for lag 5 (4 steps back at most) with any reason why lag 5 can still be right
# (the state holds the bit, $W_o$ reads it), 1 point for the student's own numbers at radius 1.2,
# 1 point for: a small norm means failure in these 300 updates, not for ever, and a large norm does
# not mean success.*

# %% locked="progress"
progress(checks.TASKS)
