# The one source of the exercise `backprop`: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: backpropagation
#
# You write the way back through a network, layer by layer, and at the end you train a
# convolutional network with it. Before all that you write the tool that tells a right gradient from
# a wrong one. With it you can find your mistakes alone, here and for the rest of your life.
#
# **How it works.** Use NumPy; a slow and clear loop gets full marks. The parts stand alone: if you
# are stuck, go on.
#
# `dx` is always the gradient of a loss with respect to `x`, in the shape of `x`, and `dy` is what
# arrives from above.

# %% locked="setup"
import numpy as np

from course_lib import conv2d, dense, dense_backward, max_pool2d, plots, softmax_cross_entropy
from course_lib.checks import backprop as checks
from course_lib.checks import progress
from course_lib.datasets import digits

# %% [markdown] about="gradient_check" minutes=20 difficulty="easy"
# ## 1. Trust no gradient
#
# Somebody gives you a function $f$, a point $x$ and a gradient. Is it the gradient of $f$ at $x$?
# Take a small step in the direction of one entry, forwards and backwards, and see how fast $f$
# changes:
#
# $$n = \frac{f(x + s\,e) - f(x - s\,e)}{2 s}, \qquad
#   \text{error} = \frac{|a - n|}{\max(|a|, |n|)}$$
#
# Here $e$ has a 1 at that entry and 0 elsewhere, $s$ is the step, and $a$ is the entry of the
# gradient that you were given. Do this for every entry. The largest error is the answer.
#
# ```text
# f(x) = x[0]**3 + x[1]**3     x = 1, 2     gradient = 3, 12     s = 0.1
# entry 0    n = (1.1**3 - 0.9**3) / 0.2 = 3.01       error  0.01 / 3.01  = 0.0033
# entry 1    n = (2.1**3 - 1.9**3) / 0.2 = 12.01      error  0.01 / 12.01 = 0.0008
# ```
#
# **Your function must**
#
# - take a function `f` that gives one number for an array, an array `x` of any shape (a vector, a
#   table, a stack of tables), and `gradient`, an array like `x`;
# - give one number, the largest error over all entries; an entry with $a = n = 0$ has the error 0;
# - leave `x` as it was.

# %% [markdown] hints="gradient_check"
# `np.ndindex(*x.shape)` goes through the index of every entry, whatever the number of axes.
# ---
# Begin the loop with a fresh step: `e = np.zeros(x.shape)`, then `e[at] = step`. Now `x + e` is a
# new array.

# %% task="gradient_check"
from course_lib.reference.backprop import gradient_check

# %% check="gradient_check"
checks.gradient_check()

# %% [markdown] about="relu_backward" minutes=10 difficulty="easy"
# ## 2. Back through a ReLU
#
# A ReLU gives $\max(0, x)$, entry by entry. Above 0 its slope is 1, below 0 it is 0. At 0 it has no
# slope, and one agrees on 0. What arrives from above is multiplied by the slope.
#
# ```text
# x     3    2   -1   -5
# dy    1  -20  300   -4
# dx    1  -20    0    0
# ```
#
# **Your function must**
#
# - take `dy` and `x` of one shape, whatever it is, and give `dx` in that shape.

# %% [markdown] hints="relu_backward"
# Two things come in. One of them decides what passes, the other is what passes.
# ---
# `x > 0` is an array of True and False.

# %% task="relu_backward"
from course_lib.reference.backprop import relu_backward

# %% check="relu_backward"
checks.relu_backward()

# %% [markdown]
# Your two functions can now check each other. The loss is $\sum dy \cdot \max(0, x)$, so its
# gradient is what `relu_backward` gives. We try four sizes of the step.


# %%
x, dy = np.array([0.5, -0.5, 0.0004, -2.0]), np.array([1.0, 10.0, 100.0, 1000.0])


def loss(x):
    return np.sum(dy * np.maximum(x, 0))


for step in (1e-2, 1e-3, 1e-4, 1e-5):
    print(f"step {step:g}: error {gradient_check(loss, x, relu_backward(dy, x), step=step):.2g}")

# %% [markdown]
# **Explain, in three to five sentences.** Suppose `relu_backward` is right. Why does the check find
# an error with the larger steps? Show with numbers where the second one comes from. And if an entry
# of `x` were exactly 0: what would your check say, with which step, and what do you conclude about
# checking networks with ReLUs?

# %% [markdown] answer="kink" points=2
# The third entry is 0.0004, nearer to the kink than the step. With step 0.001 it goes to 0.0014,
# where the ReLU gives 0.0014, and to -0.0006, where it gives 0: n = 100 * 0.0014 / 0.002 = 70. The
# gradient says 100, so the error is 30 / 100 = 0.3. With steps below 0.0004 both ends are on the
# same side, and the error is 0. At x = 0 the two ends are on both sides for every step: n = 50, a =
# 0, error 1, although 0 is what was agreed on. So a large error may come from a kink within reach
# of the step: try a smaller step or another x before you look for a mistake.
#
# *Marking: 1 point for the kink between the two ends, with the numbers of the second line (70
# against 100), half a point for x = 0 (error 1 with every step), half a point for a conclusion:
# smaller step, other x, or other inputs.*

# %% [markdown] about="conv_matrix" minutes=25 difficulty="medium"
# ## 3. The matrix of a convolution
#
# Every entry of a convolution is a weighted sum of pixels, so there is a matrix $C(w)$ with
#
# $$\operatorname{vec}(y) = C(w)\, \operatorname{vec}(x).$$
#
# $\operatorname{vec}$ lays an array out in one row as `x.ravel()` does: channel by channel, each
# row by row. So there is one row of $C(w)$ for each number of `y`, and one column for each number
# of `x`.
#
# ```text
# w   1 10     x   a b c     C(w)    1 10  0
#                                    0  1 10       y = a + 10 b,  b + 10 c
# ```
#
# **Your function must**
#
# - take `w` (F, C, KH, KW) and `input_shape`, (C, H, W) of one image; stride 1, no padding, no
#   bias;
# - give an array (F·HO·WO, C·H·W), HO = H - KH + 1 and WO = W - KW + 1.

# %% [markdown] hints="conv_matrix"
# Take the place (f, i, j) of an output and the weight (c, u, v). Which pixel do they join? Two
# numbers are to be found: the row of the matrix and its column.
# ---
# Pixel (c, r, q) of an image with C channels, H rows and W columns stands at place
# `(c * H + r) * W + q` of `x.ravel()`.

# %% task="conv_matrix"
from course_lib.reference.backprop import conv_matrix

# %% check="conv_matrix"
checks.conv_matrix()

# %% [markdown]
# Is it the same as a convolution? And is its transpose the way back? Both numbers should be 0, but
# for rounding.


# %%
rng = np.random.default_rng(0)
x, w, dy = rng.normal(size=(3, 5, 6)), rng.normal(size=(2, 3, 2, 4)), rng.normal(size=(2, 4, 3))
matrix = conv_matrix(w, x.shape)
dx = (matrix.T @ dy.ravel()).reshape(x.shape)
print(np.max(np.abs(matrix @ x.ravel() - conv2d(x[None], w).ravel())))
print(gradient_check(lambda x: np.sum(dy * conv2d(x[None], w)[0]), x, dx))

# %% [markdown] about="conv2d_backward" minutes=40 difficulty="hard"
# ## 4. Back through a convolution
#
# The matrix is clear, and mostly zeros. Nobody stores it. On the way forward, with stride $s$ and
# padding $p$,
#
# $$y_{n,f,i,j} = b_f + \sum_{c} \sum_{u} \sum_{v} w_{f,c,u,v}\;
#   x_{n,\,c,\,i s + u - p,\;j s + v - p}.$$
#
# Each product $w \cdot x$ of this sum sends back: to its $x$ it sends $dy \cdot w$, and to its $w$
# it sends $dy \cdot x$. What arrives at the same number adds up. The bias has a product, too: with
# 1.
#
# ```text
# x   1 2 0 3     w   1 10     dy   1  2  0      dx    1  12  20   0      dw   52 67     db   15
#     1 0 5 4                      -3  5 10           -3 -25  60 100
# ```
#
# **Your function must**
#
# - take `dy` (N, F, HO, WO), `x` (N, C, H, W), `w` (F, C, KH, KW), and `stride` and `padding` as
#   one int each;
# - give `dx, dw, db` in the shapes of `x`, `w` and of the bias, (F,); sums over the examples, not
#   means;
# - leave its inputs as they are.

# %% [markdown] hints="conv2d_backward"
# Pad `x` first, and keep a `dx` as large as the padded image. Go through every number of `dy`. It
# had one window. What does it send to the window, and what to the filter? Cut the padding off at
# the end.
# ---
# For one number of `dy`: `dx[n, :, top:top + KH, left:left + KW] += dy[n, f, i, j] * w[f]`.

# %% task="conv2d_backward"
from course_lib.reference.backprop import conv2d_backward

# %% check="conv2d_backward"
checks.conv2d_backward()

# %% [markdown]
# Your own check agrees, if both are right:


# %%
x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 2, 3)), rng.normal(size=4)
dy = rng.normal(size=(2, 4, 3, 3))
dx, dw, db = conv2d_backward(dy, x, w, stride=2, padding=1)


def loss(x, w, b):
    return np.sum(dy * conv2d(x, w, b, stride=2, padding=1))


print("dx", gradient_check(lambda x: loss(x, w, b), x, dx))
print("dw", gradient_check(lambda w: loss(x, w, b), w, dw))
print("db", gradient_check(lambda b: loss(x, w, b), b, db))

# %% [markdown] about="max_pool2d_backward" minutes=15 difficulty="medium"
# ## 5. Back through max pooling
#
# Max pooling remembers where each maximum was: its **switches** (from the exercise on dimensions),
# places in the image counted row by row. Only that pixel made a difference, so only it gets the
# gradient. A pixel that won in several windows gets the sum.
#
# ```text
# x           1  5  2  0      windows of two, stride 1
# switches       1  1  2      5 won twice, then 2
# dy             1 10 100
# dx          0 11 100 0
# ```
#
# **Your function must**
#
# - take `dy` and `switches`, both (N, C, HO, WO), and `input_shape`, (N, C, H, W);
# - give `dx` of that shape.

# %% [markdown] hints="max_pool2d_backward"
# Start from zeros and go through every number of `dy`. Its switch is one number; row and column are
# two.
# ---
# `divmod(place, W)` gives the row and the column.

# %% task="max_pool2d_backward"
from course_lib.reference.backprop import max_pool2d_backward

# %% check="max_pool2d_backward"
checks.max_pool2d_backward()

# %%
x, dy = 1.0 * rng.permutation(60).reshape(1, 2, 5, 6), rng.normal(size=(1, 2, 4, 5))
dx = max_pool2d_backward(dy, max_pool2d(x, 2, stride=1).switches, x.shape)
print(gradient_check(lambda x: np.sum(dy * max_pool2d(x, 2, stride=1).y), x, dx))

# %% [markdown] about="backward1d" minutes=25 difficulty="medium"
# ## 6. All the way back
#
# A whole network, with one number at its end, the one of the recitation slides. A kernel $w_1$ of
# odd length $k$ slides along $x$ with zeros at both ends, so that there is one place for each
# pixel. Then a ReLU, then a weighted sum, then the squared distance from what it should be:
#
# $$z_i = \sum_{u=0}^{k-1} w_{1,u}\; x_{i + u - \lfloor k/2 \rfloor}, \qquad
#   a = \max(0, z), \qquad o = \sum_i w_{2,i}\, a_i, \qquad \mathcal{L} = (o - y)^2$$
#
# ```text
# x   1 2 -3    w1   2    w2   1 10 100    y = 39
# z   2 4 -6    a   2 4 0    o = 2 + 40 + 0 = 42    loss = 3**2
# dw2   12 24 0     dz   6 60 0      dw1   126      dx   12 120 0
# ```
#
# **Your function must**
#
# - take `x` and `w2` (n,), `w1` (k,) and a number `y`, and compute the way forward itself;
# - give `dw1, dw2, dx` in the shapes of `w1`, `w2` and `x`.

# %% [markdown] hints="backward1d"
# Go forward and keep `z` and `a`. Then back, one arrow at a time: from the loss to `o`, to `w2` and
# `a`, to `z`, to `w1` and `x`. Each place $i$ had its window of `x`.
# ---
# With `x` padded by `k // 2` zeros at each end, the window of place $i$ is `x[i : i + k]`. The
# first step back is `do = 2 * (o - y)`.

# %% task="backward1d"
from course_lib.reference.backprop import backward1d

# %% check="backward1d"
checks.backward1d()


# %%
def loss1d(x, w1, w2, y):
    z = np.correlate(np.pad(x, len(w1) // 2), w1, mode="valid")
    return (w2 @ np.maximum(z, 0) - y) ** 2


x, w1, w2, y = rng.normal(size=9), rng.normal(size=5), rng.normal(size=9), 0.5
dw1, dw2, dx = backward1d(x, w1, w2, y)
print("dw1", gradient_check(lambda w1: loss1d(x, w1, w2, y), w1, dw1))
print("dw2", gradient_check(lambda w2: loss1d(x, w1, w2, y), w2, dw2))
print("dx ", gradient_check(lambda x: loss1d(x, w1, w2, y), x, dx))

# %% [markdown] about="mlp_gradients" minutes=30 difficulty="medium"
# ## 7. Debug: a formula from a slide
#
# Dense layers without biases: $g^{(0)} = x$, then $f^{(h)} = W^{(h)} g^{(h-1)}$ and
# $g^{(h)} = \psi(f^{(h)})$, with an activation $\psi$ between the layers and none at the end. The
# last matrix has one row, so the last $f$ is one number, the output. A lecture slide prints its
# gradients so, $L$ being the number of hidden layers:
#
# $$D^{(h)} = \operatorname{diag}\bigl(\psi(f^{(h)})\bigr), \qquad b^{(L+1)} = 1, \qquad
#   b^{(h)} = D^{(h)} W^{(h+1)\top} b^{(h+1)}, \qquad
#   \frac{\partial f}{\partial W^{(h)}} = b^{(h)} g^{(h-1)\top}$$
#
# and $\partial f / \partial x = W^{(1)\top} b^{(1)}$. The next cell is this formula, line by line.
# One thing in it is wrong. Do not search by reading: let the cell after it find out *which* of the
# gradients are wrong, and for which activations. Then write the function anew, and right.
#
# **Your function must**
#
# - take `x` (D,), a list `weights` of one matrix or more, the last with one row, and two functions,
#   `activation` and `derivative`;
# - give `(list of dW, dx)`, the list in the order of `weights`.

# %% locked="printed"
from course_lib.reference.backprop import printed_gradients

# %%
rng = np.random.default_rng(0)
weights = [0.6 * rng.normal(size=shape) for shape in ((4, 3), (5, 4), (1, 5))]
x = rng.normal(size=3)
ACTIVATIONS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "exp": (np.exp, np.exp),
}


def output(x, weights, activation):
    for w in weights[:-1]:
        x = activation(w @ x)
    return (weights[-1] @ x)[0]


def errors(gradients):
    """Check the gradient of every matrix, and that of x, for every activation."""
    for name, (activation, derivative) in ACTIVATIONS.items():
        dw, dx = gradients(x, weights, activation, derivative)
        print(f"{name:6}", end="")
        for h, label in enumerate(("W1", "W2", "W3", "x")):

            def f(value, h=h, activation=activation):
                net = [*weights, x]
                net[h] = value
                return output(net[-1], net[:-1], activation)

            found = gradient_check(f, [*weights, x][h], [*dw, dx][h])
            print(f"{label}: {found:<10.2g}", end="")
        print()


errors(printed_gradients)

# %% [markdown] hints="mlp_gradients"
# Look at the table. Which gradients does the formula get right for every activation? What does it
# use for the others that it does not use for these? The function is handed `derivative`: where does
# the formula use it?
# ---
# Go forward and keep all `f` and `g` in lists. Then go back from the last matrix, with
# `back = np.ones(1)`.

# %% task="mlp_gradients"
from course_lib.reference.backprop import mlp_gradients

# %% check="mlp_gradients"
checks.mlp_gradients()

# %%
errors(mlp_gradients)

# %% [markdown]
# **Explain, in four to six sentences.** Go back to the table of `printed_gradients`. What is wrong
# in the printed formula? Why is the gradient of `W3` right for every activation all the same? Why
# does one of the three activations hide the mistake completely, and which test would you therefore
# never rely on? (What the slide has, and what it should have, is
# [E40](../../book/errata/backprop.md) of the errata.)

# %% [markdown] answer="hidden_mistake" points=3
# $D^{(h)}$ must hold the derivative of the activation, $\dot\psi(f^{(h)})$, not the activation: the
# chain rule multiplies by how fast $g$ changes with $f$. The gradient of the last matrix is
# $b^{(L+1)} g^{(L)\top}$ with $b^{(L+1)} = 1$: no $D$ has come in yet, so it cannot be wrong. All
# others have at least one $D$ as a factor. The exponential function is its own derivative, so for
# it the printed formula is right, and a test with exp passes. A test should use an activation that
# differs from its derivative, better several, and check every gradient, not the last one alone.
#
# *Marking: 1 point for activation instead of derivative, 1 point for W3 (no D before it), 1 point
# for exp being its own derivative and the consequence for testing.*

# %% [markdown] part="training" minutes=10 difficulty="easy"
# ## 8. Train a network with it
#
# Everything on the way back is now your own, and so is the way forward: the convolution is a
# product with your matrix. Two convolutions with ReLUs, max pooling, a dense layer, ten classes.
# First your check looks at the gradient of the first filters, through all the layers above them.


# %%
def conv(x, w, b):
    HO, WO = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    y = x.reshape(len(x), -1) @ conv_matrix(w, x.shape[1:]).T
    return y.reshape(len(x), len(w), HO, WO) + b[:, None, None]


def forward(x, p):
    z1 = conv(x, p["w1"], p["b1"])
    a1 = np.maximum(z1, 0)
    z2 = conv(a1, p["w2"], p["b2"])
    a2 = np.maximum(z2, 0)
    pooled, switches = max_pool2d(a2, 2)
    scores = dense(pooled.reshape(len(x), -1), p["w3"], p["b3"])
    return scores, (z1, a1, z2, a2, pooled, switches)


def loss_and_gradients(x, labels, p):
    scores, (z1, a1, z2, a2, pooled, switches) = forward(x, p)
    loss, dscores = softmax_cross_entropy(scores, labels)
    dpooled, dw3, db3 = dense_backward(dscores, pooled.reshape(len(x), -1), p["w3"])
    da2 = max_pool2d_backward(dpooled.reshape(pooled.shape), switches, a2.shape)
    da1, dw2, db2 = conv2d_backward(relu_backward(da2, z2), a1, p["w2"])
    _, dw1, db1 = conv2d_backward(relu_backward(da1, z1), x, p["w1"])
    return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2, "w3": dw3, "b3": db3}


data = digits(rng=0)
rng = np.random.default_rng(0)
p = {
    "w1": rng.normal(size=(4, 1, 3, 3)) / 2,
    "w2": rng.normal(size=(8, 4, 3, 3)) / 4,
    "w3": rng.normal(size=(10, 32)) / 6,
    "b1": np.zeros(4),
    "b2": np.zeros(8),
    "b3": np.zeros(10),
}
few, labels = data.x_train[:5], data.y_train[:5]
_, gradients = loss_and_gradients(few, labels, p)


def loss_of(w1):
    return loss_and_gradients(few, labels, {**p, "w1": w1})[0]


print("the first filters:", gradient_check(loss_of, p["w1"], gradients["w1"]))

# %% [markdown]
# A number like 1e-7? Then train: three times through 1,348 digits, 16 at a time. It takes about
# half a minute.


# %%
before, losses = p["w1"].copy(), []
for epoch in range(3):
    order = rng.permutation(len(data.x_train))
    for start in range(0, len(order), 16):
        batch = order[start : start + 16]
        loss, gradients = loss_and_gradients(data.x_train[batch], data.y_train[batch], p)
        for name in p:
            p[name] -= 0.3 * (1 - epoch / 3) * gradients[name]
        losses.append(loss)
guesses = forward(data.x_test, p)[0].argmax(axis=1)
print(f"right on {np.mean(guesses == data.y_test):.1%} of {len(guesses)} digits never seen")

# %%
ax = plots.axes(size=(4.8, 2.6))
ax.plot(losses, linewidth=0.7, color="#888888")
ax.plot(np.convolve(losses, np.ones(20) / 20, mode="valid"))
ax.set(xlabel="step", ylabel="loss", ylim=(0, 3))
plots.show(ax, "The loss falls, fast at first")

# %%
limit = np.abs(p["w1"]).max()
kernels = [*before[:, 0], *p["w1"][:, 0]]
names = [f"{when}, filter {f}" for when in ("before", "after") for f in range(4)]
plots.gallery(
    *(
        plots.image(k, name, signed=True, limits=(-limit, limit), caption=name)
        for k, name in zip(kernels, names, strict=True)
    ),
    width=110,
)

# %% locked="progress"
progress(checks.TASKS)
