# The one source of the exercise `saliency`: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: saliency
#
# You write six explanations and one judge. Three of the six only ever *ask* a network, three use
# its gradient. Then you find, among four maps, the one of a network that learnt nothing. At the
# end your functions explain a network that is right every time, and one picture shows what it
# never learnt.
#
# **How it works.** Use NumPy. The parts stand alone: if you are stuck, go on.
#
# **The network is a function.** `f` takes a *batch* and gives one score for each example: images
# (N, H, W) or words (N, 4, L) in, (N,) out. `gradient` takes a batch and gives the gradient of each
# score in its own example: the shape of the batch. One example `x` becomes a batch of one by
# `x[None]`, and `f(x[None])[0]` is its score.

# %% locked="setup"
import numpy as np

from course_lib import datasets, plots
from course_lib.checks import progress
from course_lib.checks import saliency as checks

# %% [markdown] about="occlusion" minutes=30 difficulty="medium"
# ## 1. Cover it
#
# Cover a window of the image, and see how much of the score is lost. Slide the window over all
# places inside the image, one pixel at a time. A pixel lies in several windows: its entry is the
# **mean** of what they lose,
#
# $$\phi_{i,j} = \operatorname*{mean}_{\text{windows that hold } (i,j)}
# \bigl( f(x) - f(x \text{ with the window covered}) \bigr).$$
#
# With $f$ = the sum of all pixels and windows of 2 by 2:
#
# ```text
# x   1 2 3     windows lose   12 = 1+2+4+5     phi   12 14 16
#     4 5 6                    16 = 2+3+5+6           12 14 16       14 = (12 + 16) / 2
# ```
#
# **Your function must**
#
# - take `f`, an image `x` (H, W), `window` (the side of the window, an int) and `baseline`, the
#   number that covers;
# - give the map (H, W); positive where covering lowers the score;
# - leave `x` as it was.

# %% [markdown] hints="occlusion"
# Two maps of zeros: the losses added up, and how many windows were there.
# ---
# `for i in range(H - window + 1)`, the same for `j`; in the loop a *copy* of `x`, and its square
# `[i : i + window, j : j + window]` set to the baseline.

# %% task="occlusion"
from course_lib.reference.saliency import occlusion

# %% check="occlusion"
checks.occlusion()

# %% [markdown] about="mutagenesis" minutes=15 difficulty="easy"
# ## 2. Change one letter
#
# DNA has no black. Instead of covering a letter, put each other letter in its place. The word is
# one-hot: four rows for A, C, G and T, one column for each place, one 1 in each column.
#
# $$\phi_{a,i} = f(x \text{ with letter } a \text{ at place } i) - f(x)$$
#
# Mind the sign: here positive means that the change *raises* the score.
#
# **Your function must**
#
# - take `f` and one word `one_hot` (4, L);
# - give (4, L): 0 for the letters that are there;
# - change one place at a time, and leave `one_hot` as it was.

# %% [markdown] hints="mutagenesis"
# How many ones has a column after the change? Clear it first.
# ---
# Two loops, over `a` and over `i`, and a fresh copy in each turn.

# %% task="mutagenesis"
from course_lib.reference.saliency import mutagenesis

# %% check="mutagenesis"
checks.mutagenesis()

# %% [markdown] about="saliency" minutes=10 difficulty="easy"
# ## 3. How steep is it?
#
# A colour image has a slope for each channel of each pixel. The map shows the steepest of them,
# whatever its sign:
#
# $$M_{i,j} = \max_c \left| \frac{\partial f}{\partial x_{c,i,j}} \right|.$$
#
# **Your function must**
#
# - take `gradient` and one image `x` (C, H, W);
# - give (H, W).

# %% [markdown] hints="saliency"
# `gradient` wants a batch. What is the shape of what it gives for one image?
# ---
# First the absolute values, then the largest over the axis of the channels.

# %% task="saliency"
from course_lib.reference.saliency import saliency

# %% check="saliency"
checks.saliency()

# %% [markdown] about="class_model" minutes=20 difficulty="medium"
# ## 4. What does the class look like?
#
# No image this time. Begin with zeros and climb: maximise $f(I) - \lambda \lVert I \rVert^2$,
# where $\lVert I \rVert^2$ is the sum of all squares, by `steps` steps of size `lr` along *its*
# gradient. With a constant gradient $w$ the climb ends at $w / (2 \lambda)$.
#
# **Your function must**
#
# - take `gradient`, the `shape` of one image, and by name `l2` (that is $\lambda$), `steps` and
#   `lr`;
# - give the image after the last step, in that shape.

# %% [markdown] hints="class_model"
# What is the derivative of $I^2$? It belongs into every step, taken at the same image as the slope
# of $f$.
# ---
# One line in a loop: the new image is the old one plus `lr` times the whole slope.

# %% task="class_model"
from course_lib.reference.saliency import class_model

# %% check="class_model"
checks.class_model()

# %% [markdown] about="smoothgrad" minutes=10 difficulty="easy"
# ## 5. The mean of many gradients
#
# $$\phi = \frac1n \sum_{k} \nabla f(x + \varepsilon_k)$$
#
# The noise $\varepsilon_k$ comes as an argument, so that your result is a number and not luck.
#
# **Your function must**
#
# - take `gradient`, one input `x` of any shape, and `noise` (n, ...): n arrays of the shape of
#   `x`, to be added as they are;
# - give an array like `x`, signs kept: no absolute values, neither before the mean nor after it.

# %% [markdown] hints="smoothgrad"
# All n points at once are a batch.
# ---
# `x + noise` has the shape of that batch. Over which axis is the mean?

# %% task="smoothgrad"
from course_lib.reference.saliency import smoothgrad

# %% check="smoothgrad"
checks.smoothgrad()

# %% [markdown] about="smoothgrad_bias" minutes=10 difficulty="easy"
# ## 6. What the noise adds
#
# With more and more samples SmoothGrad does not tend to the gradient $g = \nabla f(x)$. For a
# smooth $f$ and small, independent noise of standard deviation $\sigma$ it tends to
#
# $$g_j + \frac{\sigma^2}{2} \operatorname{tr} \nabla^2 g_j(x) + \dots, \quad j = 0, \dots, D - 1.$$
#
# Write the second term. Each component $g_j$ of the gradient is a function of all D inputs, so it
# has a Hessian of its own, (D, D): `third[j]`. (Third derivatives of $f$, hence the name. In the
# cases `third` is any array, without the symmetries that real third derivatives have.)
#
# **Your function must**
#
# - take `third` (D, D, D) and `sigma`;
# - give (D,), the term of each component, without $g_j$.

# %% [markdown] hints="smoothgrad_bias"
# The trace of a matrix is the sum of its diagonal. How many traces do you need?
# ---
# One for each component: that of its own Hessian.

# %% task="smoothgrad_bias"
from course_lib.reference.saliency import smoothgrad_bias

# %% check="smoothgrad_bias"
checks.smoothgrad_bias()

# %% [markdown]
# Put your two functions side by side: what the samples say, and gradient plus your term. One $f$
# is smooth. The other has a kink, and its gradient is a step: second derivative 0 wherever there
# is one. **Predict** for both whether the two numbers agree.

# %%
noise = 0.5 * np.random.default_rng(0).normal(size=(200_000, 1))
functions = {
    "x**4 at 1": (lambda batch: 4 * batch**3, 1.0, 24.0),
    "|x| at 0.25": (np.sign, 0.25, 0.0),
}
for name, (slope, x, second) in functions.items():
    x = np.array([x])
    sampled = smoothgrad(slope, x, noise)[0]
    term = smoothgrad_bias(np.array([[[second]]]), 0.5)[0]
    print(f"{name}: samples {sampled:.3f}   gradient {slope(x)[0]:.3f} + term {term:.3f}")

# %% [markdown] about="untrained" minutes=35 difficulty="hard"
# ## 7. Decide: who learnt nothing?
#
# Four networks look at the same digit, and each gives its SmoothGrad map. Three of them learnt to
# read digits; they began with other weights and learnt from other digits. The fourth has the
# weights that it was born with. `datasets.four_maps` draws such sets: which digit, which untrained
# network, which place it has. It also draws how bright each map is, so brightness means nothing.
# Write a function that decides. It sees the four maps alone: no digit, no network.
#
# **Your function must**
#
# - take `maps` (4, H, W), entries at least 0;
# - give the index of the untrained network's map, an int from 0.

# %% [markdown]
# **Look first, and note your guess for each row** before you run the cell after it. Each map is
# shown in units of its own largest entry.


# %%
def show(seed):
    maps, _ = datasets.four_maps(rng=seed)
    return plots.gallery(
        *(plots.image(m / m.max(), f"Map {k} of set {seed}.", caption=f"{seed}: map {k}", width=150)
          for k, m in enumerate(maps)),
        width=120,
    )  # fmt: skip


plots.gallery(*(show(seed) for seed in range(100, 104)), width=700)

# %%
print({seed: datasets.four_maps(rng=seed).untrained for seed in range(100, 104)})

# %% [markdown]
# Try ideas on many sets. Guessing gives 25 %, and the check wants every set right. Here are two
# ideas to beat:


# %%
def share_right(guess, sets=300):
    drawn = [datasets.four_maps(rng=seed) for seed in range(1000, 1000 + sets)]
    return np.mean([guess(maps) == odd for maps, odd in drawn])


def most_even(maps):
    """The map whose entries differ least from each other, for their size."""
    return (maps.std(axis=(1, 2)) / maps.mean(axis=(1, 2))).argmin()


def sharpest(maps):
    """The map that stands out most from its own mean."""
    return (maps.std(axis=(1, 2)) / maps.mean(axis=(1, 2))).argmax()


for guess in (most_even, sharpest):
    print(f"{guess.__name__}: {100 * share_right(guess):.0f} % of the sets")

# %% [markdown] hints="untrained"
# What do three networks have in common that learnt the same task? Nothing in *one* map will tell.
# ---
# Compare every map with every other, by a number that does not care how bright they are.

# %% task="untrained"
from course_lib.reference.saliency import untrained

# %% check="untrained"
checks.untrained()

# %%
print(f"untrained: {100 * share_right(untrained):.0f} % of the sets")

# %% [markdown]
# **Explain, in three to five sentences.** How many of your four guesses by eye were right, and
# what had you looked for? Give the shares of `most_even`, `sharpest` and your function. What do
# they say to somebody who shows you *one* map and says: "It is sharp, so the
# network has learnt something"? And your function decides by comparing: name a situation in which
# it would accuse the wrong network.

# %% [markdown] answer="looks" points=2
# (The student's own count of guesses.) `most_even` finds about 40 % and `sharpest` about 15 %,
# the function 100 %. How one map looks says little: an untrained network's map may be as
# sharp and lie on the digit just as well, for the gradient follows what is in the input, whoever
# computes it. Agreement between networks that learnt the same is what the untrained one lacks. The
# function is wrong where the majority is: three untrained networks with one pattern in common, or
# one network that learnt something other, perhaps better, than the other three; and it must fail
# if more than one of the four is untrained.
#
# *Marking: 1 point for the student's own numbers with the conclusion that the look of a single map
# proves nothing; 1 point for a situation in which the one that disagrees is not the one that is
# untrained.*

# %% [markdown] part="patches" minutes=40 difficulty="medium"
# ## 8. Does it find what decides?
#
# Here we *know* what decides. Each image has a digit that means nothing and a small sign, plus or
# ×, which is the class. The network is one layer of convolution, and it is small enough to be
# printed. A score above 0 says ×.

# %% locked="network"
from course_lib.reference.patch_net import PatchNet

# %%
net = PatchNet()
images, labels, masks = datasets.planted_patches(20, rng=2)
images = images[:, 0]
print(f"accuracy {100 * np.mean((net.f(images) > 0) == (labels == 1)):.0f} %")

# %% [markdown]
# Your functions explain it. To compare sizes, all four maps are shown without signs. The score is
# the share of a map that lies on the sign.


# %%
noise = 0.2 * np.random.default_rng(1).normal(size=(50, 16, 16))


def explain(net, image):
    return {
        "saliency": saliency(net.gradient, image[None]),
        "gradient × input": np.abs(image * net.gradient(image[None])[0]),
        "SmoothGrad": np.abs(smoothgrad(net.gradient, image, noise)),
        "occlusion": np.abs(occlusion(net.f, image, 3)),
        "the image itself": image,
    }


def scores(net, chosen=labels >= 0):
    found = [explain(net, image) for image in images[chosen]]
    shares = {name: [] for name in found[0]}
    for maps, mask in zip(found, masks[chosen], strict=True):
        for name, m in maps.items():
            shares[name].append(m[mask].sum() / m.sum())
    return {name: np.mean(share) for name, share in shares.items()}


def row(net, n):
    pictures = [plots.image(images[n], "The image.", caption="image", width=130)]
    for name, m in list(explain(net, images[n]).items())[:4]:
        pictures.append(plots.image(m / m.max(), f"Map: {name}.", caption=name, width=130))
    return plots.gallery(*pictures, width=120)


plots.gallery(*(row(net, n) for n in range(3)), width=700)

# %%
new_born = [PatchNet(np.random.default_rng(seed)) for seed in range(5)]
learnt = scores(net)
of_plus, of_cross = scores(net, labels == 0), scores(net, labels == 1)
unlearnt = [scores(one) for one in new_born]
print(f"by chance: {masks.mean():.2f}")
for name, score in learnt.items():
    others = [one[name] for one in unlearnt]
    classes = f"(plus {of_plus[name]:.2f}, × {of_cross[name]:.2f})"
    print(f"{name:18} {score:.2f} {classes}   untrained {min(others):.2f} to {max(others):.2f}")

# %% [markdown]
# Two more looks. The filters: 0 and 1 speak for ×, 2 and 3 against it. And the classes: ask the
# network for its classes. The score of × is `f`; the score of a plus is `-f`, with the slope
# `-gradient`. Orange is above 0, purple below, on one scale for both.

# %%
plots.gallery(
    *(plots.image(w, f"Filter {k}.", signed=True, limits=(-2, 2), width=120,
                  caption=f"filter {k}, bias {b:g}")
      for k, (w, b) in enumerate(zip(net.w.reshape(4, 5, 5), net.b, strict=True))),
    width=110,
)  # fmt: skip

# %%
for pair in ([0, 1], [2, 3]):
    part = PatchNet()
    part.signs = part.signs * np.isin(range(4), pair)
    slopes = np.abs(part.gradient(images))[~masks]
    print(f"filters {pair}: mean size of the slope where no sign is: {slopes.mean():.3f}")

# %%
cross = class_model(net.gradient, (16, 16), l2=0.1, steps=200, lr=0.5)
plus = class_model(lambda batch: -net.gradient(batch), (16, 16), l2=0.1, steps=200, lr=0.5)
ends = -np.abs(cross).max(), np.abs(cross).max()  # one scale for both
plots.gallery(
    *(plots.image(m, f"Class model of {name}.", signed=True, limits=ends, caption=name, width=240)
      for name, m in (("×", cross), ("plus", plus))),
    width=200,
)  # fmt: skip

# %% [markdown]
# **Explain, in five to seven sentences.** Which method finds the sign best, and which of the
# scores would you have praised if you had not computed the last row, the image itself? Saliency
# spreads over the whole image. Look at the filters 0 and 1: what is the one to the other, and what
# do their two ReLUs together make of a window in which there is only faint noise, as value and as
# slope? Why does occlusion not mind? Then look at the two class models. Does this network know
# what a plus looks like? Say what you would try, an image perhaps, to test your answer; try it,
# and give the score.

# %% [markdown] answer="patches" points=3
# Occlusion and gradient × input are best, with about 0.40 and 0.39. But the image itself gets 0.25
# already: a method that only repeats the bright pixels gets that much, and gradient × input of the
# untrained networks does just that (0.21 to 0.27). Saliency gets 0.17, where chance is 0.10.
# Filter 1 is filter 0 with the opposite sign, so together their ReLUs make nearly $|z|$ of a
# window. In faint noise $|z|$ is close to 0, but its slope is as steep as in the sign: every pixel
# gets slopes of the size of the weights. Covering changes $|z|$ there from little to little, so
# nothing is lost. (Filters 2 and 3 have a fifth of the slope there.) Saliency of the plus images
# alone gets 0.07, less than chance: their sign is not what the slope follows. The class model of ×
# alternates between two signs, like the diagonals of ×; that of plus is weak and has one sign only:
# bright, anywhere. The network knows × (and its negative), and calls everything else that is bright
# a plus. Test: a bright square of 5 by 5 has neither sign in it, and gets -0.64, lower than every
# real plus of the 20; a digit alone gets a score below 0, too.
#
# *Marking: 1 point for the student's own scores with the image itself as the thing to beat; 1 point
# for filters 0 and 1 as opposite, small in value and steep in slope where nothing is (or: noise
# wakes one of the two in most windows, with its full slope and hardly any value); 1 point for: the
# plus was not learnt, with a test that was tried and its score.*

# %% locked="progress"
progress(checks.TASKS)
