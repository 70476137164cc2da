# The one source of the exercise `dimensions`: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: dimensions
#
# You write what every deep-learning engineer computes in the head: what comes out of a layer, what
# it learns, and what it sees. With these three you mend a network that dies and design one under a
# budget. Then you write the layers themselves that shrink and spread: pooling with its switches,
# fractional tiles, dilation, groups.
#
# **How it works.** Use NumPy; a slow and clear loop gets full marks. No part needs another one: if
# you are stuck, go on. Where a function calls an earlier one of yours that is not right yet, its
# check puts a right one in its place, and says so.

# %% locked="setup"
import numpy as np

from course_lib import plots
from course_lib.checks import dimensions as checks
from course_lib.checks import progress
from course_lib.datasets import photograph


def conv2d(x, w, b):
    """An ordinary layer, for part 9: every filter sees every channel."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwuv,fcuv->nfhw", windows, w) + b[:, None, None]


# %% [markdown] about="output_size" minutes=10 difficulty="easy"
# ## 1. Count the places
#
# A kernel of `k` weights slides along `n` pixels, with `padding` zeros at each end, `stride` pixels
# at a time, and its weights stand `dilation` pixels apart. At how many places does it fit?
#
# $$o = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$
#
# With pencil and paper, 9 pixels, a kernel of 4, stride 3:
#
# ```text
# pixels   0 1 2 3 4 5 6 7 8
# place 0  ^ ^ ^ ^
# place 1        ^ ^ ^ ^            two places; pixels 7 and 8 are never seen
# ```
#
# **Your function must**
#
# - take ints and give one int (2, not 2.0).

# %% [markdown] hints="output_size"
# The kernel reaches over $d(k-1)+1$ pixels. How many steps can it take from the left end until it
# touches the right one?
# ---
# `reach = dilation * (k - 1) + 1`, and `//` divides and rounds down.

# %% task="output_size"
from course_lib.reference.dimensions import output_size

# %% check="output_size"
checks.output_size()

# %% [markdown] about="track" minutes=20 difficulty="medium"
# ## 2. Follow a network
#
# A network is a list of layers, and a layer is a tuple:
#
# | layer | what it does |
# |---|---|
# | `("conv", F, k, s, p)` | F filters of k×k over all channels, stride s, padding p, with a bias |
# | `("pool", k, s)` | max pooling, windows of k×k, stride s, no padding |
# | `("flatten",)` | lays (C, H, W) out in one row |
# | `("dense", units)` | as many weighted sums of all inputs, each with a bias |
#
# Follow the shape of one image through it, and count what each layer learns. The network of the
# recitation slides, with a head of ten scores:
#
# ```text
# (1, 28, 28)   ("conv", 3, 5, 1, 0)   (3, 24, 24)       78
#               ("pool", 2, 2)         (3, 12, 12)        0
#               ("flatten",)           (432,)             0
#               ("dense", 10)          (10,)          4,330
# ```
#
# **Your function must**
#
# - take `input_shape`, (C, H, W) or (D,), and `layers` as above;
# - give a list with one `(shape, parameters)` for each layer, the input not among them; each shape
#   a tuple or a list of ints.
#
# You may call your `output_size`. Then check part 1 first: a mistake there is one here, too.

# %% [markdown] hints="track"
# Keep the present shape in one variable, and let every layer replace it. Only `conv` and `dense`
# learn anything.
# ---
# `for kind, *numbers in layers:`, and in the branch of `conv`: `F, k, s, p = numbers` and
# `C, H, W = shape`.

# %% task="track"
from course_lib.reference.dimensions import track

# %% check="track"
checks.track()

# %% [markdown] about="repair" minutes=25 difficulty="medium"
# ## 3. Debug: a network that dies
#
# Somebody trained this network on images of 32×32 and gave you the weights. Yours are the same
# digits as 28×28. You build the network, load the weights, feed the first image, and:
#
# ```text
# RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x256 and 400x120)
# ```
#
# The message names no layer. Find the place with your `track`: the next cell has the network. Run
# it with (1, 32, 32) and with (1, 28, 28), and see where the two part. You cannot train again, so
# all weights must still fit. Then repair the network for 28×28: same layers, same order, same
# filters, kernels and units.
#
# **Your function must**
#
# - give the repaired list of layers, written as in part 2;
# - deliver 400 numbers from flatten for an image of shape (1, 28, 28);
# - keep the number and the shape of all weights.


# %%
trained_on_32 = [
    ("conv", 6, 5, 1, 0),
    ("pool", 2, 2),
    ("conv", 16, 5, 1, 0),
    ("pool", 2, 2),
    ("flatten",),
    ("dense", 120),
    ("dense", 84),
    ("dense", 10),
]
# Your experiment goes here.

# %% [markdown] hints="repair"
# Which numbers of a layer change the size of its output, but not the number of its weights?
# ---
# You need more rows and columns. One number of one layer is enough.

# %% task="repair"
from course_lib.reference.dimensions import repair

# %% check="repair"
checks.repair()

# %% [markdown]
# **Explain, in three to five sentences.** Two different repairs pass this check, each with one
# number changed, one in the first convolution and one in the second. The weights fit in both. Which
# one would you use for digits that are white on black, and why? Think of what each unit of the
# first map has seen in training.

# %% [markdown] answer="two_repairs" points=2
# Padding 2 in the first convolution. It makes of the 28×28 image exactly the 32×32 image with a
# black frame, and the frame is what the background is: every map after it has the size and the
# content that it had in training. Padding 1 in the second convolution leaves the first map at 24×24
# (12×12 after pooling) and puts a frame of zeros around *features*. In training there was no such
# frame; where the image is black, the first layer answers with its bias, not with 0. And the
# digit is moved: every unit after it looks at another place than in training.
#
# *Marking: 1 point for the first convolution with the reason that a black frame is what the image
# has anyway, 1 point for saying what is different in the second (zeros among features that are not
# 0 in the background, or other places).*

# %% [markdown] about="receptive_field" minutes=25 difficulty="medium"
# ## 4. What a unit sees
#
# Now look back from the top. One unit of the last map depends on `r` by `r` pixels of the image.
# Each layer adds $k_l - 1$ steps, and a step is as long as all strides before it make it:
#
# $$r = 1 + \sum_{l=1}^{L} (k_l - 1)\, s_1 s_2 \cdots s_{l-1}$$
#
# ```text
# conv 5, stride 1     a step is 1 pixel       r = 1 + 4·1 = 5
# pool 2, stride 2     a step is 1 pixel       r = 5 + 1·1 = 6
# conv 3, stride 1     a step is 2 pixels      r = 6 + 2·2 = 10
# ```
#
# **Your function must**
#
# - take a list of pairs `(k, s)`, the first layer first, pooling layers among them;
# - give one int: the width of what one unit after the last layer sees.

# %% [markdown] hints="receptive_field"
# Two numbers are enough while you go through the layers: the field so far, and how many pixels one
# step is.
# ---
# Begin with `field, step = 1, 1`. In the loop, which of the two must change first?

# %% task="receptive_field"
from course_lib.reference.dimensions import receptive_field

# %% check="receptive_field"
checks.receptive_field()

# %% [markdown]
# One 7×7 convolution, or three 3×3 convolutions one after the other? 32 channels come in, 32 go out
# of each.


# %%
one = [("conv", 32, 7, 1, 0)]
three = [("conv", 32, 3, 1, 0)] * 3
for layers in (one, three):
    rows = track((32, 20, 20), layers)
    field = receptive_field([(k, s) for _, _, k, s, _ in layers])
    print(rows[-1][0], "parameters", sum(n for _, n in rows), "field", field)

# %% [markdown]
# **Explain, in four to six sentences.** What is the same for both, and what is not? How does the
# number of weights compare for any number of channels C (C in, C out, biases aside)? If there is
# nothing between the three, which of the two can compute more, and what must be put between them
# before the three can do what the one cannot?

# %% [markdown] answer="one_or_three" points=3
# Both turn (32, 20, 20) into (32, 14, 14), and a unit of both sees 7×7 pixels. The three have
# 27,744 parameters, the one has 50,208: in general $3 \cdot 9 C^2 = 27 C^2$ weights against
# $49 C^2$, a bit more than half. With nothing between them, three convolutions one after the other
# are one linear map, a convolution with some 7×7 kernel: the 7×7 layer can compute all of them, and
# more than them. Only with a nonlinearity between (ReLU, say) can the three compute what no single
# convolution can.
#
# *Marking: 1 point for same shape and same field, 1 point for $27 C^2$ against $49 C^2$, 1 point
# for the linear map (three without anything between are a special 7×7) and the nonlinearity.*

# %% [markdown] about="design" minutes=15 difficulty="medium"
# ## 5. Decide: a network under a budget
#
# Now the network is yours. There are many right answers. Use `track` and `receptive_field` to try
# yours before you run the check.
#
# **Your function must**
#
# - give a list of layers, as in part 2, that turns an image of shape (1, 64, 64) into (10,);
# - learn at most 20,000 numbers;
# - have at least three convolutions, and no kernel or window larger than 7×7;
# - have a receptive field of at least 64 after the last layer before `flatten`, so that a single
#   unit there can see the whole image.

# %% [markdown] hints="design"
# Let `track` print the parameters of a first try. Which layer eats the budget, and what could make
# it smaller? And whose steps does a stride lengthen?
# ---
# Repeat a pair, a convolution that keeps the size and a pooling that halves it. After how many
# pairs is the map small, and the field large?

# %% task="design"
from course_lib.reference.dimensions import design

# %% check="design"
checks.design()

# %% [markdown] about="max_pool2d" minutes=30 difficulty="medium"
# ## 6. Max pooling, with switches
#
# Each window of `kernel_size` by `kernel_size` pixels keeps its largest number. The **switch** says
# where it was: its place in the image, counted row by row from 0, each channel for itself.
#
# $$y_{n,c,i,j} = \max_{u,v}\; x_{n,\,c,\,i s + u,\,j s + v}$$
#
# ```text
# x   1 7 2 0 9 4        y   7 8 9        switches   1  8  4
#     3 5 8 6 1 2
#     0 4 3 1 5 7        the 8 stands in row 1, column 2, of 6 columns: 1·6 + 2 = 8
# ```
#
# (The last row is in no window.)
#
# **Your function must**
#
# - take `x` (N, C, H, W), `kernel_size` as one int, `stride` as one int or `None` for the size of
#   the window; no padding;
# - give `y, switches`, both (N, C, HO, WO), `y` in the dtype of `x`, `switches` in dtype `int`;
# - of equal numbers, take the first one, row by row.

# %% [markdown] hints="max_pool2d"
# Loop over n, c, i, j and cut out the window. `np.argmax` tells where its largest number is, inside
# the window.
# ---
# `np.unravel_index(place, window.shape)` makes of a place in the window its row and its column.
# Now, where is that in the image?

# %% task="max_pool2d"
from course_lib.reference.dimensions import max_pool2d

# %% check="max_pool2d"
checks.max_pool2d()

# %% [markdown] about="fractional_increments" minutes=10 difficulty="medium"
# ## 7. Fractional tiles
#
# Fractional pooling cuts `n_in` pixels into `n_out` tiles of one or two pixels. With
# $\alpha = n_\text{in} / n_\text{out}$ between 1 and 2 and a start $u$ in $[0, 1)$ the edges are
#
# $$a_i = \lceil \alpha\,(i + u) \rceil, \qquad i = 0, \dots, n_\text{out},$$
#
# and tile $i$ has $a_i - a_{i-1}$ pixels, for $i = 1, \dots, n_\text{out}$. For 5 pixels, 3 tiles
# and $u = 0.5$:
#
# ```text
# alpha (i + u)    0.83   2.5   4.17   5.83
# a                1      3     5      6
# tiles                 2     2      1           together 5
# ```
#
# Lay edge $a_0$ on the left border, wherever it is: only the differences count. Why do they add up
# to 5? From the first edge to the last it is $\alpha\, n_\text{out} = n_\text{in}$ before
# rounding. That is whole, so both are rounded up by the same amount.
#
# **Your function must**
#
# - give an array of `n_out` whole numbers (2 or 2.0) that add up to `n_in`.

# %% [markdown] hints="fractional_increments"
# First all the edges, one more than there are tiles. Then the differences of neighbours.
# ---
# `np.arange(n_out + 1)` holds all $i$. `np.ceil` rounds up, `np.diff` takes differences.

# %% task="fractional_increments"
from course_lib.reference.dimensions import fractional_increments

# %% check="fractional_increments"
checks.fractional_increments()

# %% [markdown] about="dilate" minutes=10 difficulty="easy"
# ## 8. Dilation
#
# A convolution with dilation $d$ is an ordinary convolution with a kernel that has $d - 1$ zeros
# between its weights. Make that kernel.
#
# ```text
# w   1 2 3      dilation 2   1 0 2 0 3
#     4 5 6                   0 0 0 0 0
#                             4 0 5 0 6
# ```
#
# **Your function must**
#
# - take `w` (F, C, KH, KW) and give an array (F, C, d·(KH - 1) + 1, d·(KW - 1) + 1);
# - keep the dtype of `w` (float32 stays float32) and leave `w` as it is.

# %% [markdown] hints="dilate"
# Begin with zeros of the right shape. Which places get the weights?
# ---
# Every d-th row and every d-th column: a slice with a step.

# %% task="dilate"
from course_lib.reference.dimensions import dilate

# %% check="dilate"
checks.dilate()

# %% [markdown] about="grouped_conv2d" minutes=20 difficulty="medium"
# ## 9. Groups
#
# With `groups` groups the channels are cut into that many blocks, and so are the filters. Block g
# of the filters sees block g of the channels and nothing else.
#
# ```text
# 4 channels, 6 filters, 2 groups:   filters 0, 1, 2 see channels 0 and 1
#                                    filters 3, 4, 5 see channels 2 and 3
# ```
#
# The first cell has `conv2d(x, w, b)` for you: an ordinary layer in which every filter sees every
# channel. It knows nothing of groups.
#
# **Your function must**
#
# - take `x` (N, C, H, W), `w` (F, C / groups, KH, KW), `b` (F,) and `groups`, which divides C and
#   F;
# - give (N, F, HO, WO), the filters in their order.

# %% [markdown] hints="grouped_conv2d"
# A group is an ordinary layer of its own, with its share of the channels, of the filters and of the
# biases. How do the results of all groups become one array?
# ---
# Collect `conv2d(...)` of each group in a list; `np.concatenate` joins them along the axis of the
# filters.

# %% task="grouped_conv2d"
from course_lib.reference.dimensions import grouped_conv2d

# %% check="grouped_conv2d"
checks.grouped_conv2d()

# %% [markdown] part="drawn" minutes=5 difficulty="easy"
# ## 10. Your network, drawn to scale
#
# Everything here is your own: your design, followed by your `track`. Each block is as high and wide
# as its map. Then the field of one unit after each layer, by your `receptive_field`, drawn into a
# photograph. Change `design` and run this again: what makes the squares grow fastest?


# %%
layers = design()
rows = track((1, 64, 64), layers)
sizes = [(layer[0], *row) for layer, row in zip(layers, rows, strict=True)]
plots.network((1, 64, 64), sizes, scale=2)

# %%
temple = photograph("china", crop=(20, 110, 256, 256), shrink=4)  # 64 x 64
seeing = [layer for layer in layers if layer[0] in ("conv", "pool")]
pairs = [layer[2:4] if layer[0] == "conv" else layer[1:] for layer in seeing]
ax = plots.axes(size=(4.5, 4.5))
ax.imshow(temple, cmap="gray")
for number in range(1, len(pairs) + 1):
    field = min(receptive_field(pairs[:number]), 63)
    low, high = 31.5 - field / 2, 31.5 + field / 2
    ax.plot([low, high, high, low, low], [low, low, high, high, low], color="#fefefe")
ax.axis("off")
plots.show(ax, "A temple, and the fields of all layers as squares in it")

# %% [markdown]
# And your switches: from 16 numbers your `max_pool2d` kept one. Put each back where it was, and
# leave the rest empty. Can you still see the temple?


# %%
large = photograph("china", crop=(20, 110, 256, 256), shrink=2)  # 128 x 128
y, switches = max_pool2d(large[None, None], 4)
back = np.zeros(large.size)
back[switches.ravel()] = y.ravel()
plots.gallery(
    plots.image(large, "A temple", caption="128 × 128", width=384),
    plots.image(y[0, 0], "The temple, 32 by 32 pixels", caption="y", width=384),
    plots.image(back.reshape(large.shape), "Bright dots", caption="y put back", width=384),
    width=384,
)

# %% [markdown]
# Last, the network of part 3 in PyTorch, built from your `repair`. It runs, and the weights of the
# network for 32×32 can be loaded into it. (ReLU sets negative numbers to 0; it changes no shape.)


# %%
import torch
from torch import nn


def build(layers, input_shape):
    modules, shape = [], input_shape
    rows = track(input_shape, layers)
    for (kind, *numbers), (after, _) in zip(layers, rows, strict=True):
        if kind == "conv":
            F, k, s, p = numbers
            modules += [nn.Conv2d(shape[0], F, k, s, p), nn.ReLU()]
        elif kind == "pool":
            modules.append(nn.MaxPool2d(*numbers))
        elif kind == "flatten":
            modules.append(nn.Flatten())
        else:
            modules += [nn.Linear(shape[0], *numbers), nn.ReLU()]
        shape = after
    return nn.Sequential(*modules[:-1])


lenet = [("conv", 6, 5, 1, 0), ("pool", 2, 2), ("conv", 16, 5, 1, 0), ("pool", 2, 2), ("flatten",)]
lenet += [("dense", 120), ("dense", 84), ("dense", 10)]
old = build(lenet, (1, 32, 32))
new = build(repair(), (1, 28, 28))
print(new.load_state_dict(old.state_dict()))
print(tuple(new(torch.zeros(1, 1, 28, 28)).shape))

# %% locked="progress"
progress(checks.TASKS)
