# The one source of the exercise `convolution`: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: convolution
#
# You write the operation that gives convolutional networks their name, first along a sequence,
# then over an image. You find out why it should carry another name. You measure how well it keeps
# its best promise: when the input moves, the output moves with it. At the end a photograph goes
# through your own function.
#
# **How it works.** Use NumPy; a slow and clear loop gets full marks. The parts stand alone: if you
# are stuck, go on. Where a function calls an earlier one of yours that is not right yet, its check
# puts a right one in its place, and says so.

# %% locked="setup"
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_lib import plots
from course_lib.checks import convolution as checks
from course_lib.checks import progress
from course_lib.datasets import photograph

# %% [markdown] about="conv1d" minutes=30 difficulty="easy"
# ## 1. Along a sequence
#
# A filter slides along a sequence. At each stop it multiplies what lies under it, number by number,
# and adds up:
#
# $$y_{n,f,i} = b_f + \sum_{c=0}^{C-1} \sum_{u=0}^{KL-1} w_{f,c,u}\; x_{n,\,c,\,i s + u - p}$$
#
# | | shape | what it is |
# |---|---|---|
# | `x` | (N, C, L) | N sequences, each with C channels of length L |
# | `w` | (F, C, KL) | F filters; each has one row of KL weights for every channel |
# | `b` | (F,) or `None` | one number per filter, added once |
# | result | (N, F, LO) | one output channel per filter |
#
# The **stride** $s$ is the step from one stop to the next. The **padding** $p$ is the number of
# zeros put before and after the sequence. The filter stops wherever it fits entirely:
# $LO = \lfloor (L + 2p - KL) / s \rfloor + 1$.
#
# With pencil and paper, the sequence 1, 2, 4 and the filter 1, 10:
#
# ```text
# x    1   2   4         x    1   2   4
# w    1  10             w        1  10
#      1 + 20 = 21                2 + 40 = 42        y = 21, 42
# ```
#
# **Your function must**
#
# - take a batch of sequences, several channels and several filters;
# - work with and without a bias;
# - give a new array and leave `x` and `w` as they are;
# - keep the dtype of `x`: float32 stays float32 (half a point, in this part alone).

# %% [markdown] hints="conv1d"
# Everything is known once you know $n$, $f$ and $i$: which example, which filter, which stop. So
# loop over these three, cut the window out of `x`, and let NumPy multiply and add.
# ---
# Give the padded sequence a name of its own, say
# `padded = np.pad(x, ((0, 0), (0, 0), (padding, padding)))`: in the formula for $LO$ the $L$ is the
# length *before* padding. In `padded` the window of stop $i$ begins at `i * stride`.

# %% task="conv1d"
from course_lib.reference.convolution_tasks import conv1d

# %% check="conv1d"
checks.conv1d()

# %% [markdown] about="conv2d" minutes=20 difficulty="medium"
# ## 2. Over an image
#
# The same in two dimensions: a window of KH by KW pixels slides over an image.
#
# $$y_{n,f,i,j} = b_f + \sum_{c} \sum_{u} \sum_{v}
#   w_{f,c,u,v}\; x_{n,\,c,\,i s_h + u - p_h,\;j s_w + v - p_w}$$
#
# | | shape | what it is |
# |---|---|---|
# | `x` | (N, C, H, W) | N images with C channels, for example red, green and blue |
# | `w` | (F, C, KH, KW) | F filters; each sees **all** channels and adds them up |
# | `b` | (F,) or `None` | one number per filter, added once |
# | result | (N, F, HO, WO) | $HO = \lfloor (H + 2p_h - KH)/s_h \rfloor + 1$, $WO$ likewise |
#
# Predict first. The image and the kernel below have a single channel. What is the first number of
# the result?
#
# ```text
# image   1 2 0 3 1 0 3        kernel       1     10    100
#         4 1 2 0 5 4 0                  1000  10000 100000
#         0 5 1 2 3 0 2
# ```
#
# <details><summary>Answer</summary>
#
# 214021. Read from the right, each digit tells which pixel met which weight: 1, 2, 0 in the upper
# row, 4, 1 and 2 in the lower one.
#
# </details>
#
# **Your function must**
#
# - take a batch, several channels and several filters, with and without a bias;
# - take `stride` and `padding` as one number for both directions, or as a pair `(rows, columns)`;
# - treat height and width each by themselves: no image here is a square.

# %% [markdown] hints="conv2d"
# Take your `conv1d` and give every line that speaks of the position a twin: one for the rows, one
# for the columns.
# ---
# `sh, sw = np.broadcast_to(stride, 2)` gives a pair, whichever of the two was given.

# %% task="conv2d"
from course_lib.reference.convolution_tasks import conv2d

# %% check="conv2d"
checks.conv2d()

# %% [markdown] about="true_convolution2d" minutes=20 difficulty="medium"
# ## 3. The name
#
# What you have written is called convolution in every deep-learning library. In mathematics
# convolution is this:
#
# $$y_{i,j} = \sum_c \sum_u \sum_v w_{c,u,v}\; x_{c,\,i-u,\,j-v}$$
#
# taken at every $(i,j)$ for which all indices lie inside the image. The first such place is
# $(KH-1,\,KW-1)$, so that place becomes element `[0, 0]` of your result. Small numbers to try by
# hand, with one place only:
#
# ```text
# x   1  2      w     1    10        your conv2d     1·1 + 2·10 + 3·100 + 4·1000 = 4321
#     3  4          100  1000        convolution     4·1 + 3·10 + 2·100 + 1·1000 = 1234
# ```
#
# What differs is the sign of an index. The operation with plus is **cross-correlation**.
#
# **Your function must**
#
# - take one image `x` (C, H, W) and one kernel `w` (C, KH, KW), and sum over the channels;
# - give an array of shape (H - KH + 1, W - KW + 1).

# %% [markdown] hints="true_convolution2d"
# Two ways lead there: follow the formula with its own indices, or find out what to do with the
# kernel so that a sum with plus gives the same.
# ---
# With its own indices: `for i in range(KH - 1, H):` and `for j in range(KW - 1, W):`. Mind that
# the sum for $(KH-1,\,KW-1)$ is element `[0, 0]` of the result.

# %% task="true_convolution2d"
from course_lib.reference.convolution_tasks import true_convolution2d

# %% check="true_convolution2d"
checks.true_convolution2d()

# %% [markdown]
# **Explain, in three to five sentences.** You load a friend's trained network into a library that
# computes true convolution. The network is two layers of your `conv2d` with a ReLU between, and
# its kernels have the shape (F, C, KH, KW). Which of these four axes must you turn around so that
# the output stays the same, and which must you not? Is it enough to do so in the first layer? Then
# write down a 3 by 3 kernel, with five different numbers, that need not be turned.

# %% [markdown] answer="another_library" points=2
# The axes KH and KW must be turned, both of them: true convolution reads the kernel from its last
# row and column, and turning it beforehand undoes that. C must stay, because the sum over the
# channels has no minus, and F must stay, or the output channels would change places. The first
# layer alone is not enough: it would hand the right numbers to the second, which would then apply
# its own kernels turned. A kernel that half a turn leaves as it is need not be turned, for example
# 1 2 3 / 4 5 4 / 3 2 1.
#
# *Marking: 1 point for the axes (half a point for KH and KW, half for F and C left), half a point
# for both layers, half a point for a kernel that is the same after half a turn.*

# %% [markdown] about="equivariance_error" minutes=30 difficulty="hard"
# ## 4. Does the output move along?
#
# Let $g$ move an image down by one row: a bright pixel at (1, 1) goes to (2, 1). A layer is
# **equivariant** to $g$ when it does not matter whether the image moves before the layer or its
# output moves after it. You measure how far this is from true:
#
# $$\text{error} = \max_{i,j}\; \bigl|\; \text{layer}(g\,x) - g\,\text{layer}(x) \;\bigr|_{i,j}$$
#
# The layer is given in the next cell. It keeps the size of the image and then takes every
# `stride`-th row and column. What lies outside is the opposite edge in mode `"wrap"`, and zeros in
# mode `"constant"`. The same holds for what comes in when an image moves:
#
# ```text
# rows = 1:    image = 1 2      "wrap":  5 6      "constant":  0 0
#                      3 4               1 2                   1 2
#                      5 6               3 4                   3 4
# ```
#
# **Your function must**
#
# - for `move(image, rows, mode)`: give a new image of the same shape, moved down by 0 or more rows;
# - for `equivariance_error`: move the input by `shift` rows and the output by `shift // stride`
#   rows (the output has only every `stride`-th row), with the same `mode` everywhere;
# - give one number, the largest absolute difference over all pixels.

# %% locked="layer"
from course_lib.reference.convolution_tasks import layer

# %% [markdown] hints="equivariance_error"
# Write `move` first and let its check pass. Then the error needs three lines: one way, the other
# way, the largest difference.
# ---
# `before = layer(move(x, shift, mode), w, stride, mode)` is one way.

# %% task="move"
from course_lib.reference.convolution_tasks import move

# %% check="move"
checks.move()

# %% task="equivariance_error"
from course_lib.reference.convolution_tasks import equivariance_error

# %% check="equivariance_error"
checks.equivariance_error()

# %% [markdown]
# Now use it. The two images are random, one has 12 rows, the other 13. A value like 1e-15 is zero
# up to rounding.


# %%
rng = np.random.default_rng(0)
kernel = rng.normal(size=(3, 5))
for rows in (12, 13):
    for stride in (1, 3):
        image = rng.normal(size=(rows, 9))
        errors = [equivariance_error(image, kernel, s, stride=stride) for s in range(5)]
        print(f"{rows} rows, stride {stride}, shift 0 to 4: ", *(f"{e:.2g}" for e in errors))

# %% [markdown]
# **Explain, in four to six sentences.** Look at the four lines, all of them with `"wrap"`. For
# 12 rows, which shifts are exact at stride 3, and why these? For 13 rows there is one line in which
# even a shift by 3 is not exact. Which one, and why? Follow one row of the image.

# %% [markdown] answer="thirteen_rows" points=3
# With stride 1 every shift is exact for both images. At stride 3 the layer keeps rows 0, 3, 6 and 9
# of 12. A shift by 3 sends each kept row to a kept row, and row 9 to row 12, which wraps to row 0:
# kept again. A shift by 1, 2 or 4 sends kept rows to rows that the layer throws away, so only the
# shifts 0 and 3, the multiples of the stride, are exact. Of 13 rows the layer keeps 0, 3, 6, 9 and
# 12. A shift by 3 sends row 12 to row 15, which wraps to row 2, and that row is not kept: the
# distance from the last kept row around to the first is 1 and not 3. So moving the output by one
# row is not what moving the image by three rows does. It would be exact only if the number of rows
# is a multiple of the stride.
#
# *Marking: 1 point for the multiples of the stride at 12 rows with the reason (kept rows go to kept
# rows), 1 point for naming that 13 is no multiple of 3, 1 point for following one row around the
# edge.*

# %% [markdown] about="diagonal_kernel" minutes=10 difficulty="medium"
# ## 5. Decide: a kernel for one direction
#
# So far the kernel was given. Now you choose it. Nine weights, and many right answers.
#
# ```text
# falling   1 . . .     level   . . . .     upright   . 1 . .     rising   . . . 1
#           . 1 . .             1 1 1 1               . 1 . .              . . 1 .
#           . . 1 .             . . . .               . 1 . .              . 1 . .
#           . . . 1             . . . .               . 1 . .              1 . . .
# ```
#
# **Your function must**
#
# - give an array of shape (3, 3), the weights of a kernel for your `conv2d`;
# - answer more to a falling line of ones than to a level, an upright and a rising one: the largest
#   number of the output counts, away from the border;
# - answer 0 to an image in which all pixels are equal.

# %% [markdown] hints="diagonal_kernel"
# A kernel answers most to a piece of image that looks like the kernel itself.
# ---
# Where all pixels are equal, each of the nine products is a weight times the same number.

# %% task="diagonal_kernel"
from course_lib.reference.convolution_tasks import diagonal_kernel

# %% check="diagonal_kernel"
checks.diagonal_kernel()

# %% [markdown] part="photograph" minutes=5 difficulty="easy"
# ## 6. Your function on a photograph
#
# Everything here is your own: your kernel, your `conv2d`. Orange is a positive answer, purple a
# negative one. Then replace `mine` by a kernel of your choice: what does it keep of the temple?


# %%
temple = photograph("china", shrink=3)
mine = diagonal_kernel()
answer = conv2d(temple[None, None], mine[None, None])[0, 0]
plots.gallery(
    plots.image(temple, "A temple and its roof", caption="the photograph"),
    plots.image(mine, "The kernel", caption="your kernel", signed=True),
    plots.image(answer, "What the kernel answers to", caption="its answer", signed=True),
    width=220,
)

# %% locked="progress"
progress(checks.TASKS)
