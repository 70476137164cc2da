# The one source of the exercise `convolution`: `course release` makes the notebooks from it.

# %% [markdown]
# # Exercise: convolution
#
# You write the operation that gives convolutional networks their name, first along a sequence,
# then over an image. You find out why it should carry another name, and you measure how well it
# keeps its best promise: when the input moves, the output moves with it.
#
# | part | you write | points |
# |---|---|---|
# | 1 | `conv1d`: one dimension | 3 |
# | 2 | `conv2d`: images, channels, stride, padding | 4 |
# | 3 | `conv2d` again, with dilation and groups | 2 |
# | 4 | `true_convolution2d`: find the mistake | 3, and 2 for your explanation |
# | 5 | `equivariance_error`: does the output move with the input? | 3, and 3 for your explanation |
#
# **How it works.** Under each function there is a check. Run it as often as you like: it calls your
# function on numbers small enough for pencil and paper, shows what it expected and what came back,
# and where it recognises a mistake it asks you a question. For the grade the same checks run again
# on random data, so an answer that only fits the numbers shown here is not enough. Use NumPy; a
# slow and clear loop gets full marks.

# %% locked="setup"
import numpy as np
from scipy import ndimage, signal

from course_lib.checks import convolution as checks
from course_lib.datasets.documents import IMAGE, KERNEL, RGB, RGB_KERNELS

# %% [markdown]
# ## 1. One dimension
#
# A filter slides along a sequence. At each stop it multiplies what lies under it, number by number,
# and adds up:
#
# $$y_{n,f,i} = b_f + \sum_{c=0}^{C-1} \sum_{k=0}^{K-1} x_{n,\,c,\,i s + k - p}\; w_{f,c,k}$$
#
# | | shape | what it is |
# |---|---|---|
# | `x` | (N, C, L) | N sequences, each with C channels of length L |
# | `w` | (F, C, K) | F filters; each has one row of K weights for every channel |
# | `b` | (F,) or `None` | one number per filter, added once |
# | `y` | (N, F, LO) | one output channel per filter |
#
# The **stride** $s$ is the step from one stop to the next. The **padding** $p$ is the number of
# zeros put before and after the sequence. The filter stops wherever it fits entirely:
# $L_O = \lfloor (L + 2p - K) / s \rfloor + 1$.
#
# With pencil and paper: the sequence 1, 2, 4 and the filter 1, 10.
#
# ```text
# x    1   2   4         x    1   2   4
# w    1  10             w        1  10
#      1 + 20 = 21                2 + 40 = 42        y = 21, 42
# ```
#
# The result has the dtype of `x`. The arguments `dilation` and `groups` are not used in this part:
# they stay 1.

# %% exercise="conv1d"
from course_lib.reference.convolution import conv1d

# %% check="conv1d" points=3
checks.conv1d(conv1d)

# %% [markdown]
# ## 2. Images
#
# The same in two dimensions: a window of KH by KW pixels slides over an image.
#
# $$y_{n,f,i,j} = b_f + \sum_{c} \sum_{k} \sum_{l}
#   x_{n,\,c,\,i s_h + k - p_h,\;j s_w + l - p_w}\; w_{f,c,k,l}$$
#
# | | shape | what it is |
# |---|---|---|
# | `x` | (N, C, H, W) | N images with C channels, for example red, green and blue |
# | `w` | (F, C, KH, KW) | F filters; each sees **all** channels and adds them up |
# | `b` | (F,) or `None` | one number per filter, added once |
# | `y` | (N, F, HO, WO) | $H_O = \lfloor (H + 2p_h - KH)/s_h \rfloor + 1$, $W_O$ likewise |
#
# `stride` and `padding` are one number for both directions or a pair `(rows, columns)`.
# `np.broadcast_to(stride, 2)` gives a pair either way.
#
# **One channel** (the 5x5 example of documents 000 and 001). The first window holds the ones under
# the five ones of the filter: four of them are 1, so the first output is 4.
#
# ```text
# image                    filter        output
# [1 1 1] 0 0              1 0 1         4 3 4
# [0 1 1] 1 0              0 1 0         2 4 3
# [0 0 1] 1 1              1 0 1         2 3 4
#  0 0 1  1 0
#  0 1 1  0 0
# ```
#
# **Three channels** (document 000). Each channel has its own 3x3 weights; at row 0, column 1 the
# three sums are 310, -170 and 325, and the bias is 1:
#
# $$310 - 170 + 325 + 1 = 466$$
#
# `IMAGE`, `KERNEL`, `RGB` and `RGB_KERNELS` hold these numbers, with the shapes (5, 5), (3, 3),
# (3, 6, 6) and (3, 3, 3). Leave `dilation` and `groups` for part 3.

# %% exercise="conv2d"
from course_lib.reference.convolution import conv2d

# %% check="conv2d" points=4
checks.conv2d(conv2d)

# %% [markdown]
# ## 3. Dilation and groups
#
# Now go back to **your `conv2d` above** and let it understand its last two arguments.
#
# **Dilation** $d$ spreads the filter: from one weight to the next it goes $d$ pixels instead of 1,
# so a filter of $K$ weights covers $d(K-1)+1$ pixels. The index in the sum becomes
# $i s + k d - p$. With $d = 2$:
#
# ```text
# K = 3, d = 1:   w w w            covers 3
# K = 3, d = 2:   w . w . w        covers 5
# ```
#
# **Groups** cut the channels into blocks that do not see each other. With C channels, F filters and
# G groups, the first F/G filters see the first C/G channels, the next F/G filters the next C/G
# channels, and so on. The filters have shape (F, C/G, KH, KW).
#
# ```text
# C = 4 channels, F = 4 filters, G = 2:
#   filters 0 and 1 see channels 0 and 1
#   filters 2 and 3 see channels 2 and 3
# ```

# %% check="conv2d_dilation_groups" points=2
checks.conv2d_dilation_groups(conv2d)

# %% [markdown]
# ## 4. Find the mistake
#
# Document 000 introduces convolution with an integral, $s(t) = \int x(a)\,w(t-a)\,da$, and then
# gives this for images, under the same name and the same star:
#
# $$S(i,j) = \sum_m \sum_n I(i+m,\,j+n)\, W(m,n)$$
#
# Document 002 says of its own formula, which is the same one, that this is what other areas of
# mathematics do too. Here it is as a function of one image, summed over its channels. The cell
# compares it with SciPy's `convolve2d`, which is convolution as mathematics defines it.


# %%
def convolution_as_printed(x, w):
    """Sum over c, m, n. x is (C, H, W), w is (C, KH, KW)."""
    C, KH, KW = w.shape

    def S(i, j):
        return sum(x[c, i + m, j + n] * w[c, m, n] for c, m, n in np.ndindex(C, KH, KW))

    rows, columns = range(x.shape[1] - KH + 1), range(x.shape[2] - KW + 1)
    return np.array([[S(i, j) for j in columns] for i in rows])


def scipy_convolution(x, w):
    """Sum SciPy's convolution over the channels, wherever the kernel fits."""
    return sum(signal.convolve2d(x[c], w[c], mode="valid") for c in range(len(x)))


print("The 5x5 example, as printed and by SciPy:")
print(convolution_as_printed(IMAGE[None], KERNEL[None]))
print(scipy_convolution(IMAGE[None], KERNEL[None]))
print("The RGB example without bias, first row, as printed and by SciPy:")
print(convolution_as_printed(RGB, RGB_KERNELS)[0])
print(scipy_convolution(RGB, RGB_KERNELS)[0])

# %% [markdown]
# The 5x5 example agrees, the RGB example does not: in column 1, 465 as printed (466 with the bias)
# and 326 by SciPy. So the printed formula is a good operation under a wrong name. It is called
# **cross-correlation**, and it is what every deep-learning library computes.
#
# Convolution has $i-m$ and $j-n$ where the printed formula has $i+m$ and $j+n$:
#
# $$S(i,j) = \sum_c \sum_m \sum_n x(c,\,i-m,\,j-n)\; w(c,m,n)$$
#
# taken at every $(i,j)$ where all these indices lie inside the image. The first such place is
# $(KH-1,\,KW-1)$, so it becomes element `[0, 0]` of your result, whose shape is
# (H - KH + 1, W - KW + 1). Small numbers to try by hand:
#
# ```text
# x   1  2      w     1    10
#     3  4          100  1000
#
# as printed     1·1 + 2·10 + 3·100 + 4·1000 = 4321
# convolution    4·1 + 3·10 + 2·100 + 1·1000 = 1234
# ```
#
# Write the corrected function, without SciPy.

# %% exercise="true_convolution2d"
from course_lib.reference.true_convolution import true_convolution2d

# %% check="true_convolution2d" points=3
checks.true_convolution2d(true_convolution2d)

# %% [markdown]
# **Explain, in three to five sentences.** Why could the 5x5 example not show the difference, while
# the RGB example does? And why does the difference not matter to a network that *learns* its
# kernels?

# %% [markdown] answer="which_convolution" points=2
# The 5x5 example's kernel does not change when it is turned by 180 degrees, so convolution and
# cross-correlation are the same sum in another order: every symmetric kernel hides the difference.
# The three kernels of the RGB example have no such symmetry, so turning them gives other products,
# and 466 becomes 327. A network that learns its kernels can learn the turned kernel just as well:
# the set of functions that the layer can represent is the same, only the stored weights are turned.
#
# *Marking: 1 point for the symmetry of the kernel (not of the image), 1 point for learned kernels
# coming out turned while the layer's outputs stay the same.*

# %% [markdown]
# ## 5. Does the output move with the input?
#
# Let $g$ move an image down by one row: $(gI)(i,j) = I(i-1,j)$, so a bright pixel at (1, 1) goes to
# (2, 1). A layer $w\,\star$ is **equivariant** to $g$ when it does not matter whether the image
# moves before the layer or after it:
#
# $$w \star (g I) = g\,(w \star I)$$
#
# You measure how far this is from true, as the largest absolute difference over all pixels:
#
# $$\text{error} = \max_{i,j}\; \bigl|\; w \star (gI) - g(w \star I) \;\bigr|_{i,j}$$
#
# - `x` is one image (H, W), `w` one kernel (K, K) with K odd. The layer keeps the size of the image
#   and takes every `stride`-th row and column of the result; so that this part does not depend on
#   your `conv2d`, use `ndimage.correlate(image, w, mode=mode)[::stride, ::stride]`.
# - `mode` says what lies outside: `"wrap"` (the opposite edge) or `"constant"` (zeros). It holds
#   for the layer **and** for $g$: rows that come in from outside are the opposite ones or zeros.
# - On the input $g$ moves `shift` rows (0 or more). The output has only every `stride`-th row, so
#   there $g$ moves `shift // stride` rows.
# - The result is one number.
#
# ```text
# shift = 1:    x = 1 2      "wrap":  5 6      "constant":  0 0
#                   3 4               1 2                   1 2
#                   5 6               3 4                   3 4
# ```

# %% exercise="equivariance_error"
from course_lib.reference.equivariance import equivariance_error

# %% check="equivariance_error" points=3
checks.equivariance_error(equivariance_error)

# %% [markdown]
# Now use it. The image is random, the kernel has no symmetry; a value like 1e-15 is zero up to
# rounding.

# %%
rng = np.random.default_rng(0)
image, kernel = rng.normal(size=(8, 8)), rng.normal(size=(5, 5))
for mode in ("wrap", "constant"):
    for stride in (1, 2):
        for shift in (1, 2):
            error = equivariance_error(image, kernel, shift, stride=stride, mode=mode)
            print(f"{mode:8}  stride {stride}  shift {shift}:  error {error:.3g}")

# %% [markdown]
# **Explain, in four to six sentences.** Document 002 calls a convolutional layer *invariant* by
# small translations. Is it invariant or equivariant, and what is the difference? In which lines
# printed above does the promise hold exactly, and what breaks it in the others?

# %% [markdown] answer="equivariant_or_invariant" points=3
# Invariant means that the output stays the same when the input moves; equivariant means that the
# output moves along. A convolutional layer is equivariant: a shifted edge gives a shifted response,
# not the same response. (Invariance comes later and only roughly, from pooling or averaging over
# all positions.) The promise is exact in mode "wrap" with stride 1 for every shift, and with stride
# 2 for shift 2, a multiple of the stride. Zero padding breaks it at the border: rows near the edge
# see zeros in place of what moved out. Stride 2 breaks it for shift 1: the layer samples every
# second row, and after an odd shift it samples the rows that it skipped before.
#
# *Marking: 1 point for the difference between the two words, 1 point for the lines with error 0,
# 1 point for both causes, the border and the stride.*
