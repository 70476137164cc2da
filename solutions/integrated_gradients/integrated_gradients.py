# The one source of this exercise: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: integrated gradients
#
# You write integrated gradients with four rules, then without any rule at all, then DeepLIFT. First
# of all you write the tool that tells you when one of them is wrong, and with it you find a mistake
# that is in print. At the end your own functions explain a trained network, and one that has learnt
# nothing.
#
# **How it works.** Use NumPy. The parts stand alone: if you are stuck, go on.
#
# **Functions of a batch.** You get a network as two functions. `f` takes a batch of inputs,
# (n, ...), and gives the score of each, (n,). `gradient` takes a batch and gives the gradient of
# the score at each input, shaped like the batch. For one input `x` that is `f(x[None])[0]` and
# `gradient(x[None])[0]`.

# %% locked="setup"
import numpy as np

from course_lib import plots
from course_lib.checks import integrated_gradients as checks
from course_lib.checks import progress

# %% [markdown] about="completeness_gap" minutes=10 difficulty="easy"
# ## 1. The tool: is everything shared out?
#
# Shares $\phi_i$ are **complete** if they add up to what happens to the score on the way from the
# baseline $x'$ to $x$. The gap is what they have too much:
#
# $$\text{gap} = \sum_i \phi_i - \bigl( f(x) - f(x') \bigr)$$
#
# ```text
# f(x) = x0² + x1²     x = (1, 2)     baseline (0, 0)     shares (1.5, 5)
# 6.5 - (5 - 0) = 1.5
# ```
#
# **Your function must**
#
# - take `f`, a function of a batch, and `x`, `baseline`, `attributions` of one shape, whichever it
#   is;
# - give a number with its sign: below 0 where the shares are too small.

# %% [markdown] hints="completeness_gap"
# Three numbers: the sum of the shares, the score at the end, the score at the start.
# ---
# `f` wants a batch: `f(x[None])` has one entry.

# %% task="completeness_gap"
from course_lib.reference.integrated_gradients import completeness_gap

# %% check="completeness_gap"
checks.completeness_gap()

# %% [markdown] about="linear_attribution" minutes=25 difficulty="easy"
# ## 2. Debug: a derivation, as printed
#
# A linear score, $f(\xi) = \lambda \cdot \xi$. Some slides derive its integrated gradients like
# this. On the path stands the point $\xi' + \alpha (\xi - \xi')$. The score there is a function of
# $\xi$; take its derivative by $\xi_j$, the mean over all $\alpha$ from 0 to 1, and multiply by
# $\xi_j - \xi'_j$:
#
# $$\phi_j = (\xi_j - \xi'_j) \int_0^1 \frac{\partial}{\partial \xi_j}
# \Bigl[ f\bigl(\xi' + \alpha (\xi - \xi') \bigr) \Bigr] \, d\alpha.$$
#
# The next cell does exactly that, for any score. Run it. What is the gap? Change the weights, the
# input and the baseline: is the gap ever 0? What has it to do with the scores? Then look again
# at the definition on the page.
#
# Now write the shares of a linear score, right.
#
# **Your function must**
#
# - take `weights`, `x` and `baseline`, each (D,);
# - give an array (D,) with the exact shares: no steps, no small differences.


# %%
def as_printed(f, x, baseline, n_steps=200, step=1e-6):
    shares = np.zeros(x.shape)
    for alpha in (np.arange(n_steps) + 0.5) / n_steps:
        for j in range(len(x)):
            e = np.zeros(len(x))
            e[j] = step
            more = f((baseline + alpha * (x + e - baseline))[None])[0]
            less = f((baseline + alpha * (x - e - baseline))[None])[0]
            shares[j] += (more - less) / (2 * step) / n_steps
    return (x - baseline) * shares


weights = np.array([2.0, -1.0, 0.5])
x, baseline = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 0.0])
shares = as_printed(lambda batch: batch @ weights, x, baseline)
print("shares     ", shares.round(6), "  their sum", shares.sum().round(6))
print("the score  ", "from", weights @ baseline, "to", weights @ x)

# %% [markdown] hints="linear_attribution"
# The gradient of a linear score is the same at every point of the path. What is its mean?
# ---
# For three weights the shares are three products. They must add up to what the score changes by.

# %% task="linear_attribution"
from course_lib.reference.integrated_gradients import linear_attribution

# %% check="linear_attribution"
checks.linear_attribution()

# %% [markdown]
# Is a wrong factor all there is? Put the printed derivation to other scores: $\sum_j \xi_j^p$,
# from a black baseline.

# %%
for p in (1, 2, 3, 5):
    shares = as_printed(lambda batch, p=p: np.sum(batch**p, axis=1), x, np.zeros(3))
    print(f"p = {p}: the shares make {shares.sum() / np.sum(x**p):.4f} of the score")

# %% [markdown]
# **Explain, in three to five sentences.** Which rule do your four numbers follow, for any $p$?
# From which step of the derivation does the factor come? (Write down the derivative in the square
# brackets, for one input.) Why can no constant in front of the integral repair it? What must be
# differentiated instead, and where?

# %% [markdown] answer="derivation" points=2
# The shares make $p / (p + 1)$ of the score: 1/2, 2/3, 3/4, 5/6. The derivation differentiates by
# $\xi$, the end of the path. A step of $\xi_j$ moves the point of the path only $\alpha$ times as
# far, so the chain rule gives $\alpha\, \partial_j f$ and not $\partial_j f$: points near the
# baseline hardly count. For $\xi^p$ that is $\int_0^1 \alpha \cdot p\, \alpha^{p-1} d\alpha = p /
# (p+1)$. The factor depends on the score, so doubling repairs the linear one only. Integrated
# gradients take the gradient of $f$ itself, by its own argument, at the points of the path.
#
# *Marking: 1 point for p / (p + 1) with the factor alpha from the chain rule, 1 point for: the
# factor differs from score to score, and the gradient of f at the point of the path is what is
# needed.*

# %% [markdown] about="integrated_gradients" minutes=30 difficulty="medium"
# ## 3. Integrated gradients, four rules
#
# $$\phi_i = (x_i - x'_i) \int_0^1 \partial_i f \bigl( x' + \alpha (x - x') \bigr) \, d\alpha$$
#
# Cut the way from 0 to 1 into `n_steps` pieces of equal length. The integral is about a sum: the
# gradient at one place of each piece, times the length of the piece. The rule says which place:
# `"left"`, the end nearer to the baseline; `"right"`, the other end; `"midpoint"`. And
# `"trapezoid"` takes for each piece the mean of the gradients at its two ends.
#
# ```text
# f(x) = x³ from 0 to 1: the gradient at alpha is 3 alpha²     two pieces
# left        at 0 and 1/2         (0    + 0.75) / 2 = 0.375
# right       at 1/2 and 1         (0.75 + 3   ) / 2 = 1.875
# midpoint    at 1/4 and 3/4       (0.1875 + 1.6875) / 2 = 0.9375
# trapezoid   left and right mixed                         1.125       right: 1
# ```
#
# **Your function must**
#
# - take `gradient`, a function of a batch, and `x` and `baseline` of one shape, whichever it is;
# - give the shares in that shape;
# - know the four rules and any `n_steps` from 1 on.

# %% [markdown] hints="integrated_gradients"
# First the numbers alpha, then the points of the path, then the mean of the gradients there, then
# the difference from the baseline. A loop over alpha keeps the shapes simple.
# ---
# `edges = np.arange(n_steps + 1) / n_steps` are the ends of all pieces. Which does each rule need?

# %% task="integrated_gradients"
from course_lib.reference.integrated_gradients import integrated_gradients

# %% check="integrated_gradients"
checks.integrated_gradients()

# %% [markdown] about="exact_on_pieces" minutes=40 difficulty="hard"
# ## 4. No rule, no error
#
# Take $f(x) = w_2 \cdot \operatorname{relu}(W_1 x + b_1)$. On the path each $z_m$ is a straight
# line in $\alpha$, so it has at most one **kink**, the place where $z_m = 0$ and the unit wakes up
# or falls asleep. Between two kinks nothing changes: there the gradient is the sum of
# $w_{2,m}\, W_{1,m}$ over the units $m$ that are awake, $z_m > 0$. Add up length times gradient,
# piece by piece.
#
# ```text
# w1 = [[4, 0], [0, 4], [4, 0]]    b1 = [-2, -1, -3.5]    w2 = [1, 10, 100]    from (0, 0) to (1, 1)
# kinks 1/2, 1/4, 7/8
# piece          awake      gradient
# 0   to 1/4     none       (0, 0)
# 1/4 to 1/2     1          (0, 40)
# 1/2 to 7/8     0, 1       (4, 40)
# 7/8 to 1       0, 1, 2    (404, 40)       shares (52, 30)
# ```
#
# **Your function must**
#
# - take `w1` (M, D), `b1` and `w2` (M,), `x` and `baseline` (D,), and give an array (D,);
# - be exact, not a sum over many steps;
# - cope with units that do not change on the way, and with kinks that lie before the baseline or
#   behind `x`.

# %% [markdown] hints="exact_on_pieces"
# Two arrays of length M: z at the baseline, and its change up to x. Where is
# `start + alpha * change` zero? Keep the places between 0 and 1, sort them, 0 and 1 at the ends.
# ---
# To see who is awake on a piece, look at its middle: at its ends somebody is exactly at 0. (Or go
# unit by unit: on what part of the path is it awake?)

# %% task="exact_on_pieces"
from course_lib.reference.integrated_gradients import exact_on_pieces

# %% check="exact_on_pieces"
checks.exact_on_pieces()

# %% [markdown] about="deeplift_rescale" minutes=30 difficulty="hard"
# ## 5. DeepLIFT
#
# No path this time, but two runs: one on $x$, one on the baseline $x'$. At each ReLU compare the
# two. Its **slope** is
#
# $$s = \frac{\operatorname{relu}(z) - \operatorname{relu}(z')}{z - z'},
# \qquad \text{and } s = 1 \text{ or } 0 \text{ as } z > 0 \text{ or not, where }
# |z - z'| \le 10^{-12}.$$
#
# Then go back from the score as with gradients, with these slopes in the place of the derivatives.
# What arrives at input $i$ is its multiplier $m_i$, and its contribution is $m_i (x_i - x'_i)$.
#
# ```text
# weights [[1, 2], [-1, 1], [2, 0]] and [[1, 10, 100]]    biases [-4, 0, -1] and [5]
#               z at (-2, 1)    z at (2, 3)    slope
# unit 0        -4              4              4 / 8 = 0.5
# unit 1         3              1              1
# unit 2        -5              3              3 / 8 = 0.375
# multipliers   0.5 · (1, 2) + 10 · (-1, 1) + 37.5 · (2, 0) = (65.5, 11)
# contributions (65.5 · 4, 11 · 2) = (262, 22)
# ```
#
# **Your function must**
#
# - take lists of matrices (outputs, inputs) and of biases, of two layers or more, with a ReLU after
#   every layer but the last, whose matrix is (1, M);
# - take `x` and `baseline`, (D,), and give an array (D,).

# %% [markdown] hints="deeplift_rescale"
# On the way forward carry both vectors, and keep a list of slopes, one vector for each ReLU. Then
# go through weights and slopes from the end.
# ---
# Begin the way back with `m = weights[-1][0]`. Over a ReLU: `m * slope`. Over a layer: `m @ w`.

# %% task="deeplift_rescale"
from course_lib.reference.integrated_gradients import deeplift_rescale

# %% check="deeplift_rescale"
checks.deeplift_rescale()

# %% [markdown] about="choose_baseline" minutes=10 difficulty="medium"
# ## 6. Decide: make this pixel matter
#
# A share belongs to a question: compared with what? You choose the question. Given an image and one
# of its pixels, find a baseline from which this pixel gets at least half of all that is shared
# out, $|\phi_{\text{pixel}}| \ge \tfrac12 \sum_i |\phi_i|$, and the sum is not 0. There are many
# right answers.
#
# **Your function must**
#
# - take `f`, a function of a batch, an image `x` of any shape with entries in [0, 1], and `pixel`,
#   a tuple: `x[pixel]` is the one;
# - give a new array shaped like `x`, entries in [0, 1];
# - find one for black pixels too, and where a change of the pixel to black or to white leaves the
#   score as it was (one of the two changes it).

# %% [markdown] hints="choose_baseline"
# Which pixels get a share of exactly 0, whatever the network is?
# ---
# Try more than one value for the pixel and let `f` tell you which of them does something.

# %% task="choose_baseline"
from course_lib.reference.integrated_gradients import choose_baseline

# %% check="choose_baseline"
checks.choose_baseline()

# %% [markdown] part="digits" minutes=40 difficulty="medium"
# ## 7. Your functions explain a network
#
# A small network that reads digits of 8 x 8 pixels, trained, and one of the same build that has
# learnt nothing. The next cell wraps them into `f` and `gradient`. It is the only one that needs
# PyTorch, and its first run may take ten seconds, for the training.

# %%
import torch

from course_lib import models


def as_functions(model, number):
    """The score of one digit, and its gradient, as functions of a batch of arrays."""
    model = model.double().eval()

    def f(batch):
        with torch.no_grad():
            return model(torch.tensor(batch))[:, number].numpy()

    def gradient(batch):
        x = torch.tensor(batch, requires_grad=True)
        model(x)[:, number].sum().backward()
        return x.grad.numpy()

    return f, gradient


digits = models.trained("digits_cnn")
torch.manual_seed(0)
untrained = models.GapCNN(classes=10)
image, label = digits.inputs[9].double().numpy(), int(digits.labels[9])
networks = {"trained": digits.model, "untrained": untrained}
baselines = {"black": np.zeros_like(image), "grey": np.full_like(image, 0.5),
             "white": np.ones_like(image)}  # fmt: skip

# %% [markdown]
# **Predict:** this is a seven, bright on black. From a white baseline, where will the large shares
# lie? And on the untrained network, from a black one?

# %%
maps = {
    (name, start): integrated_gradients(as_functions(network, label)[1], image, baseline)
    for name, network in networks.items()
    for start, baseline in baselines.items()
}


def picture(name, start):
    shares = maps[name, start][0]
    most = np.abs(shares).max()
    words = f"{name}, from {start}"
    return plots.image(shares, f"Shares: {words}", caption=words, signed=True, limits=(-most, most))


seven = plots.image(image[0], "A handwritten seven", caption="the digit")
plots.gallery(seven, *(picture(name, start) for name, start in maps), width=150)

# %% [markdown]
# Orange shares raise the score, purple ones lower it. Each map has a scale of its own. First the
# tool of part 1: can you trust them?


# %%
def alike(one, other):
    """The correlation of two maps, signs left aside: 1 for the same pattern."""
    return np.corrcoef(np.abs(one).ravel(), np.abs(other).ravel())[0, 1]


for (name, start), shares in maps.items():
    f = as_functions(networks[name], label)[0]
    gap = completeness_gap(f, image, baselines[start], shares)
    print(f"{name:9} from {start}: sum {shares.sum():9.4f}   gap {gap:8.4f}")

print()
for start, baseline in baselines.items():
    trained, blank = maps["trained", start], maps["untrained", start]
    between = alike(trained, blank)
    moved = [alike(shares, image - baseline) for shares in (trained, blank)]
    still = np.sum(np.abs(image - baseline) < 0.05)
    print(f"from {start}: trained ~ untrained {between:.2f}   pixels that hardly move {still:2}")
    print(f"  |x - x'| ~ trained {moved[0]:.2f}   |x - x'| ~ untrained {moved[1]:.2f}")

# %% [markdown]
# **Explain, in five to seven sentences, with your own numbers.** (a) From black the maps of the
# two networks are much alike, from grey and from white they are not, though the formula has the
# factor $x - x'$ each time. What does this factor look like in the three cases, and what decides
# the rest of a map? (b) The shares from white make a much larger sum than those from
# black. Is the map from white the better explanation? Say what each sum is, in scores. (c)
# Somebody asks: *why a seven and not a nine?* Which score `f` would you share out, from which
# baseline and why from that one, and what would the sum of the shares mean then?

# %% [markdown] answer="judgement" points=3
# (a) From black $|x - x'|$ is the image: large on the strokes, and it keeps 29 of 64 pixels at 0
# or nearly, in both maps. Each map follows it (correlations 0.87 and 0.81), so they are alike
# (0.72). From grey it is about ½ nearly everywhere, from white it is large over the whole
# background and keeps 8 pixels still: the maps follow it only loosely (0.5 to 0.6). The gradients
# decide the rest, and those of the two networks differ (0.14 and 0.15). (b) Neither is better for
# its sum. From black it is $f(x) - f(\text{black})$, about 17, from white $f(x) -
# f(\text{white})$, about 40: white has the much lower score for a seven (about −30 against −8).
# They are two questions. (c) For instance $f$ = score of seven minus score of nine, and as the
# baseline a nine (or an average of nines). The sum is then how much the lead of seven over nine
# grows from that nine to this image, and the background that both share gets nothing.
#
# *Marking: 1 point for (a): from black the factor keeps the background of both maps at 0, from
# grey and white it leaves nearly all pixels to the gradients, which differ ("flat" is true of
# grey only); 1 point for (b): differences from two baselines' scores, with own numbers; 1 point
# for (c): the difference of the two scores, or the seven's score from a nine, with a reason for
# the baseline (a nine, their mean, an image with both scores equal: all are right) and what the
# sum then means.*

# %% locked="progress"
progress(checks.TASKS)
