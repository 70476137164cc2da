# The one source of this exercise: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: Shapley values
#
# You share out rewards: from a few orders, then exactly, then by a straight fit. You write a judge
# that tells which promise a rule does not keep. Then features become players, and at the end your
# own functions explain the prediction for one patient, twice, with two answers.
#
# **How it works.** Use NumPy. The parts stand alone: if you are stuck, go on.
#
# **Games.** A game is a function `value`. It takes coalitions as **masks**, a boolean array (M, d)
# with one row for each coalition, True for the players that are in it, and gives their rewards,
# (M,). For a single coalition that is `value(mask[None])[0]`. Players are 0 to d - 1.

# %% locked="setup"
from itertools import combinations
from math import comb, factorial

import numpy as np

from course_lib import plots
from course_lib.checks import progress
from course_lib.checks import shapley as checks

# %% [markdown] about="shapley_sampling" minutes=20 difficulty="easy"
# ## 1. Some orders
#
# The players arrive one after the other, in some order. What a player adds on arrival is its
# **gain**. The Shapley value is the mean gain over all orders; the mean over a few orders is an
# estimate. Say also how sure it is. With the gains $g_1, \dots, g_n$ of one player and their mean
# $\bar g$, the **standard error** is
#
# $$\text{error} = \frac{s}{\sqrt n}, \qquad s^2 = \frac{1}{n - 1} \sum_i (g_i - \bar g)^2.$$
#
# ```text
# rewards: {} 0   {0} 1   {1} 2   {0, 1} 4
# order 0, 1     0 adds 1 - 0 = 1     1 adds 4 - 1 = 3
# order 1, 0     1 adds 2 - 0 = 2     0 adds 4 - 2 = 2
# values (1.5, 2.5)     errors (0.5, 0.5)
# ```
#
# **Your function must**
#
# - take `value` and `orders`, an integer array (n, d) with n of 2 or more: each row names the
#   players in the order in which they arrive;
# - give a tuple of two arrays (d,): the means and their standard errors, entry j for player j.

# %% [markdown] hints="shapley_sampling"
# For one order you need d + 1 coalitions, from nobody to everybody. Fill a table of gains (n, d):
# one row for each order, one **column for each player**.
# ---
# Start a row with `team = np.zeros((1, d), dtype=bool)`, and let the players in one by one.

# %% task="shapley_sampling"
from course_lib.reference.shapley import shapley_sampling

# %% check="shapley_sampling"
checks.shapley_sampling()

# %% [markdown] about="shapley_exact" minutes=25 difficulty="medium"
# ## 2. All orders at once
#
# Many orders have the same players before $j$. So go over the coalitions $S$ without $j$, and give
# each the share of the orders in which exactly $S$ has come before $j$:
#
# $$\phi_j = \sum_{S \not\ni j} \frac{|S|!\,(d - |S| - 1)!}{d!}
# \bigl( v(S \cup \{j\}) - v(S) \bigr)$$
#
# **Your function must**
#
# - take `value` and the number of players `d`, 2 to 5 here, and give an array (d,);
# - be exact, whatever the reward of the empty coalition is;
# - go over coalitions, not over orders: at the end you will call it with d = 10, and ten players
#   have 3,628,800 orders.

# %% [markdown] hints="shapley_exact"
# Three loops: over the player j, over the size of S, over the coalitions of this size among the
# others. `combinations(others, size)` and `factorial` are imported.
# ---
# For player 1 of three, `others` is `[0, 2]`; the coalitions are (), (0,), (2,) and (0, 2), and
# their weights 2/6, 1/6, 1/6 and 2/6.

# %% task="shapley_exact"
from course_lib.reference.shapley import shapley_exact

# %% check="shapley_exact"
checks.shapley_exact()

# %% [markdown] about="broken_axiom" minutes=50 difficulty="hard"
# ## 3. Decide: which promise is broken?
#
# A **rule** is a function `rule(value, d)` that gives (d,) shares. `shapley_exact` is one. It keeps
# four promises:
#
# | name | promise |
# |---|---|
# | `"efficiency"` | the shares add up to $v(\text{all}) - v(\text{none})$ |
# | `"symmetry"` | same share if $v(S \cup \{i\}) = v(S \cup \{j\})$ for all $S$ without $i, j$ |
# | `"linearity"` | the shares of $v + w$ are those of $v$ plus those of $w$ |
# | `"null player"` | $j$ gets 0 if $v(S \cup \{j\}) = v(S)$ for all $S$ |
#
# You get a rule and a few games. Try it on them, and say which promise it breaks. A rule here
# breaks one of them or none. The games are well chosen: if a rule breaks a promise, it does so on
# one of them, or on the sum of two of them.
#
# **Your function must**
#
# - take `rule` and `games`, a list of pairs `(value, d)`, all with the same d (2 or 3);
# - give the name of the broken promise, as in the table, or `None`;
# - forgive rounding: call numbers equal that differ by less than $10^{-8}$.

# %% [markdown] hints="broken_axiom"
# First ask each game for the rewards of all $2^d$ coalitions, and keep them, in a dict for
# instance. Three promises are about one game at a time. For linearity you need two games, and a
# function that is their sum: `lambda masks: one(masks) + two(masks)`.
# ---
# Try all pairs $i, j$, and all pairs of games. The premise comes first: only if two players are
# equal in **all** coalitions S must their shares be.

# %% task="broken_axiom"
from course_lib.reference.shapley import broken_axiom

# %% check="broken_axiom"
checks.broken_axiom()

# %% [markdown]
# A lecture prints the promise of symmetry with one sign less: for all $S \subseteq [D]$, where this
# notebook says *for all S without i, j*. Here is the printed premise on a game of two players
# who are alike in everything.

# %%
v = {"": 0, "1": 1, "2": 1, "12": 4}
for S in v:
    with_1, with_2 = ("".join(sorted({*S, player})) for player in "12")
    print(f"S = {{{S}}}:  v(S + 1) = {v[with_1]}   v(S + 2) = {v[with_2]}")

# %% [markdown]
# **Explain, in three to five sentences.** For which $S$ does the printed premise fail here, and
# why has that nothing to do with the two players? For which pairs of players can it hold at all?
# One rule gives each player what it adds in the order 1, 2, ..., d. Does it keep the printed
# promise on this game, and on the game where {1}, {2} and {1, 2} are all worth 1?

# %% [markdown] answer="premise" points=2
# It fails for {1} and {2}: with $S = \{1\}$ it compares $v(\{1\})$ with $v(\{1, 2\})$, that is, it
# asks whether player 2 adds nothing to 1. So it can hold only for two players of whom neither adds
# anything once the other is there. About all other equal players the printed promise is silent. The
# rule by the fixed order gives (1, 3) to the two, and keeps the promise here, since its premise is
# false. On the second game every coalition passes, 1 = 1, but the rule gives (1, 0): there the
# printed promise is broken.
#
# *Marking: 1 point for: fails at {1} and {2}, where the premise asks if one adds nothing to the
# other (half without that reason); half a point for: kept on the first game, its premise being
# false; half for: broken on the second, (1, 0). Who says that the printed four still lead to the
# Shapley value is right: games like the second, one for each group of players, make up all games.*

# %% [markdown] about="marginal_values" minutes=15 difficulty="easy"
# ## 4. Features as players
#
# A model $f$ wants all features. So those outside the coalition are taken from data: from each of
# the $B$ rows of a background in turn, and the outputs averaged.
#
# $$v(S) = \frac{1}{B} \sum_{b=1}^{B}
# f(x \text{ on } S,\ \text{background}_b \text{ elsewhere})$$
#
# ```text
# f(x) = x0 * x1     x = (3, 4)     background (1, 2), (2, 5), (0, 2)
# S = {0}     (3*2 + 3*5 + 3*2) / 3 = 9          S = {}     (1*2 + 2*5 + 0*2) / 3 = 4
# ```
#
# **Your function must**
#
# - take `f`, a function of rows (n, d) to (n,), `x` (d,), `background` (B, d), and `masks` (M, d);
# - give the rewards of the masks, an array (M,).

# %% [markdown] hints="marginal_values"
# For one mask build B rows: a copy of the background with some columns replaced.
# ---
# `np.where(mask, a, b)` takes from `a` where the mask is True. It also stretches (d,) to (B, d).

# %% task="marginal_values"
from course_lib.reference.shapley import marginal_values

# %% check="marginal_values"
checks.marginal_values()

# %% [markdown] about="shapley_regression" minutes=20 difficulty="medium"
# ## 5. Another game: fit again
#
# There is another way to do without a feature: fit the model without it. For a linear regression
# that is quick. $v(S)$ is what a least-squares fit **with a constant**, on the features of $S$
# alone, predicts at $x$. For the empty coalition only the constant is left, which is the mean of
# $y$. Share out this game.
#
# **Your function must**
#
# - take training inputs `X` (n, d), targets `y` (n,), and the input `x` (d,), with d of 2 to 4;
# - give the Shapley values, (d,). You may call your `shapley_exact`: where it is not right, the
#   check takes a right one in its place.

# %% [markdown] hints="shapley_regression"
# Inside your function write another, `value(masks)`, that fits once for each mask, and hand it to
# `shapley_exact`.
# ---
# `A = np.column_stack([np.ones(len(X)), X[:, mask]])` and `np.linalg.lstsq(A, y)[0]` are the fit of
# one coalition; its first entry is the constant.

# %% task="shapley_regression"
from course_lib.reference.shapley import shapley_regression

# %% check="shapley_regression"
checks.shapley_regression()

# %% [markdown] about="kernel_shap" minutes=40 difficulty="hard"
# ## 6. Debug: a straight fit
#
# Write a coalition as zeros and ones, $z$. Kernel SHAP fits a straight function $\phi^\top z$ to
# the rewards, with the weights
#
# $$\pi(z) = \frac{d - 1}{\binom{d}{|z|}\, |z|\, (d - |z|)}.$$
#
# A lecture prints: take the minimizer of $\sum_z \pi(z) (v(z) - \phi^\top z)^2$. The next cell
# does this, for the coalitions whose weight is finite. What does it say of the lecture's own game,
# whose values are (1.5, 2.5)? What do its values add up to, and what should they? Add 10 to every
# reward, the empty coalition's too: the values should stay. Do they?
#
# Repair it. The two coalitions of infinite weight, nobody and everybody, are not in the sum, but
# they must be met exactly:
#
# $$\min_\phi \sum_z \pi(z) \bigl( v(z) - v_{\text{none}} - \phi^\top z \bigr)^2
# \quad\text{subject to}\quad \sum_j \phi_j = v_{\text{all}} - v_{\text{none}}.$$
#
# **Your function must**
#
# - take `masks` (M, d), without nobody and everybody, their rewards `values` (M,), and the numbers
#   `v_none` and `v_all`; some coalitions may be missing, but enough are there;
# - give $\phi$, (d,), with the constraint met up to rounding (a large weight in its place is not
#   exact).


# %%
def as_printed(masks, values):
    d = masks.shape[1]
    pi = [(d - 1) / (comb(d, s) * s * (d - s)) for s in masks.sum(axis=1).tolist()]
    root = np.sqrt(pi)
    return np.linalg.lstsq(masks * root[:, None], values * root)[0]


alone = np.array([[True, False], [False, True]])
print("rewards 1, 2 and together 4:  ", as_printed(alone, np.array([1.0, 2.0])).round(6))
print("rewards 11, 12 and together 14:", as_printed(alone, np.array([11.0, 12.0])).round(6))

# %% [markdown] hints="kernel_shap"
# Use the constraint to get rid of one unknown: the last value is what the others leave,
# $\phi_{d-1} = t - \phi_0 - \dots - \phi_{d-2}$ with $t = v_{\text{all}} - v_{\text{none}}$. Put it
# in. What is left is a fit without a constraint. (Or: Lagrange.)
# ---
# $\phi^\top z = t\, z_{d-1} + \sum_{j < d-1} \phi_j (z_j - z_{d-1})$. So the columns are the
# differences `Z[:, :-1] - Z[:, -1:]`. What is the right side? `np.linalg.lstsq(A, b)` minimises a
# sum without weights: multiply both sides by the roots of the weights.

# %% task="kernel_shap"
from course_lib.reference.shapley import kernel_shap

# %% check="kernel_shap"
checks.kernel_shap()

# %% [markdown] part="patient" minutes=30 difficulty="medium"
# ## 7. Your functions explain a patient
#
# 442 people with diabetes, ten measurements each, and how far the disease went in a year (25 to
# 346). We fit a linear model, and a tree. One patient's predictions are to be explained. (`s1` is
# total cholesterol, `s2` and `s3` its bad and good part, `s5` about the fat in the blood.)

# %%
from sklearn.datasets import load_diabetes
from sklearn.tree import DecisionTreeRegressor

data = load_diabetes()
names, X, y = data.feature_names, data.data, data.target
tree = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, y)
weights = np.linalg.lstsq(np.column_stack([np.ones(len(X)), X]), y)[0]


def linear(rows):
    return weights[0] + rows @ weights[1:]


patient, background = X[230], X[::9]
everyone = (np.arange(2**10)[:, None] >> np.arange(10)) % 2 == 1


def explained(f):
    """All 1024 rewards once, then the values from this table."""
    rewards = marginal_values(f, patient, background, everyone)
    return shapley_exact(lambda masks: rewards[masks @ 2 ** np.arange(10)], 10), rewards


of_tree, rewards = explained(tree.predict)
of_linear, _ = explained(linear)
by_hand = weights[1:] * (patient - background.mean(axis=0))
by_fit = kernel_shap(everyone[1:-1], rewards[1:-1], rewards[0], rewards[-1])
print("tree  : from", rewards[0].round(2), "to", rewards[-1].round(2))
print("linear: weight times distance from the mean is the same:", np.allclose(of_linear, by_hand))
print("tree  : the straight fit over all coalitions is the same:", np.allclose(of_tree, by_fit))
plots.show(plots.waterfall(of_tree, base=rewards[0], names=names, title="the tree, patient 230"))

# %% [markdown]
# **Predict:** how far off will 20 random orders be? Draw 20, then 20 others.

# %%
rng = np.random.default_rng(1)
for _ in range(2):
    orders = rng.permuted(np.tile(np.arange(10), (20, 1)), axis=1)
    guess, error = shapley_sampling(lambda masks: rewards[masks @ 2 ** np.arange(10)], orders)
    within = np.mean(np.abs(guess - of_tree) <= 2 * error)
    largest = np.abs(guess - of_tree).max()
    print(f"largest error {largest:.1f}, within two standard errors: {within:.0%}")

# %% [markdown]
# Now the linear model alone, and four measurements of blood fat: total cholesterol `s1`, its two
# parts `s2` and `s3`, and `s5`. A model on these four, explained in both ways: once with all 442
# people as the background, once fitted again.

# %%
four = [names.index(name) for name in ("s1", "s2", "s3", "s5")]
X4, patient4 = X[:, four], patient[four]
weights4 = np.linalg.lstsq(np.column_stack([np.ones(len(X4)), X4]), y)[0]
marginal = shapley_exact(
    lambda masks: marginal_values(lambda rows: rows @ weights4[1:], patient4, X4, masks), 4
)
refitted = shapley_regression(X4, y, patient4)
print("correlation of s1 and s2:", np.corrcoef(X4[:, 0], X4[:, 1])[0, 1].round(2))
for j, at in enumerate(four):
    one = np.corrcoef(X4[:, j], y)[0, 1]
    print(f"{names[at]}   patient {patient4[j]:6.3f}   weight {weights4[1 + j]:6.0f}   "
          f"correlation with y {one:5.2f}   from data {marginal[j]:7.1f}   "
          f"fitted again {refitted[j]:5.1f}")  # fmt: skip
print("sums", marginal.sum().round(3), refitted.sum().round(3))

# %% [markdown]
# **Explain, in five to seven sentences, with your own numbers.** (a) The two columns have the same
# sum. Why? (b) Take `s1`. What do the two games say of it, and how do the weight, the correlation
# with `y` and that with `s2` explain the difference? (c) Two people ask you. One audits the model:
# *what did it do with the number in the field s1?* The other is a doctor: *what does this
# patient's cholesterol tell us about the disease?* Which column do you show to whom, and what would
# go wrong if you exchanged them? (d) Does either column say what a drug that lowers `s1` would do?

# %% [markdown] answer="two_games" points=3
# (a) Both games go from the same start, the mean of all predictions, to the same end, the
# prediction for the patient: efficiency. (b) s1 is high. From data it gets about -142, fitted
# again about +15. Its weight is negative (-921) although it rises with y (0.21): s1 and s2 have a
# correlation of 0.9, and the fit plays them off against each other, with 741 for s2. The game
# from data moves s1 alone and leaves s2 where it was, so it sees the bare weight. In the other
# game s1, without s2, gets a weight of its own that is positive, and the two share what they tell
# together. (c) The auditor gets the column from data: the model did subtract 142 for this field.
# The doctor gets the refitted one: a high s1 goes with a somewhat worse course. Exchanged, the
# doctor would hear that much cholesterol protects, and the auditor would miss that two large
# terms cancel (and that a feature which the model does not read can get a share). (d) No. Both
# are about prediction; a drug changes s1 and what depends on it, which no correlation tells.
#
# *Marking: 1 point for: both are efficient, with the same two ends (why these are the same, since
# the mean of a fit with a constant is the mean of y, is not asked); 1 point for: s1 and s2 go
# together, the weights of opposite sign cancel, with own numbers; half a point for: model to the
# auditor and data to the doctor, with what goes wrong if exchanged; half for: no drug.*

# %% locked="progress"
progress(checks.TASKS)
