# The one source of this exercise: `course release` makes the notebooks from it.

# %% [markdown] table="tasks"
# # Exercise: anchors
#
# You write all that an anchor is judged by: how often it applies, how often it keeps its promise,
# what a sample can prove of that, and a search that finds it without looking at everything. At the
# end your own functions look into two closed boxes and find out which of them can read "not".
#
# **How it works.** Use NumPy and the standard library. The parts stand alone: if you are stuck, go
# on.
#
# **Reviews, labels, anchors.** A review is a list of words, its tokens. A classifier is a function
# `predict`: it takes a *list of reviews* and gives a label for each. For one review that is
# `predict([tokens])[0]`. An anchor is a set of positions, `(3, 4)` for the words 3 and 4.

# %% locked="setup"
from itertools import combinations, product
from math import comb

import numpy as np

from course_lib import plots
from course_lib.checks import anchors as checks
from course_lib.checks import progress
from course_lib.datasets import closed_boxes, restaurant_reviews

# %% [markdown] about="coverage" minutes=10 difficulty="easy"
# ## 1. How often does the rule apply?
#
# An anchor is a rule: *if these words are there, the label is this one*. Its coverage is the share
# of documents in which all of its words occur, wherever they stand.
#
# ```text
# documents   a the | the | the and | zyx | the and a
# the, and    2 of 5 documents hold both: 0.4
# ```
#
# **Your function must**
#
# - take `words`, a list of words, and `documents`, a list of lists of words, at least one;
# - give a number from 0 to 1; no word at all is held by every document.

# %% [markdown] hints="coverage"
# First one document: does it hold all the words? Then the same for each.
# ---
# `word in document` compares whole words where `document` is a list.

# %% task="coverage"
from course_lib.reference.anchors import coverage

# %% check="coverage"
checks.coverage()

# %% [markdown] about="exact_precision" minutes=25 difficulty="medium"
# ## 2. How often does the rule keep its promise?
#
# Hold the words of the anchor. Each other word becomes `"UNK"` with probability `p_unk`, on its
# own. The precision is the probability that the label stays that of the whole review:
#
# $$\operatorname{Prec}(A) = \sum_{\text{documents } d} P(d)\; [\,\text{label of } d =
# \text{label of the review}\,]$$
#
# With $m$ words that are not held, $2^m$ documents can arise. $P(d)$ is a product: a factor
# `p_unk` for each word that went, `1 - p_unk` for each that stayed and was not held.
#
# ```text
# not bad wine     label 1 where "not" stands right before "bad"     "bad" is held, p_unk = 0.25
# not bad wine     0.75 · 0.75    label 1, as the review
# not bad UNK      0.75 · 0.25    label 1
# UNK bad wine     0.25 · 0.75    label 0
# UNK bad UNK      0.25 · 0.25    label 0            precision 0.5625 + 0.1875 = 0.75
# ```
#
# **Your function must**
#
# - take `tokens`, `predict`, a list or tuple `positions`, and `p_unk` by name;
# - put `"UNK"` in the place of a word: the review keeps its length;
# - work for any labels, not only 0 and 1, and for the anchor without a word;
# - leave `tokens` as it is.

# %% [markdown] hints="exact_precision"
# Which positions are free? Go through all the ways in which each of them goes or stays, make the
# document and its chance, and add up the chances where the label is right.
# ---
# `from itertools import product`, and `product([False, True], repeat=m)` gives all ways for m
# words.

# %% task="exact_precision"
from course_lib.reference.anchors import exact_precision

# %% check="exact_precision"
checks.exact_precision()

# %% [markdown] about="pass_rate" minutes=30 difficulty="easy"
# ## 3. Predict: what is a test with ten samples worth?
#
# Long reviews have too many documents, so one samples: draw $n$ of them, count the $k$ whose label
# stays, and let the anchor pass if $k / n$ is at least the threshold.
#
# **First guess, on paper.** The threshold is 0.95, and $n = 10$. An anchor has a precision of 0.8.
# How often does it pass? And one of exactly 0.95? What happens to both if $n$ is 1,000?
#
# Then write the function that knows. Each sample agrees with probability $p$, on its own, so $k$
# agreements have the chance $\binom{n}{k} p^k (1 - p)^{n - k}$.
#
# ```text
# p = 0.75, n = 3, threshold 0.6: 2/3 passes, and 3/3
# 3 · 0.75² · 0.25 + 0.75³ = 0.421875 + 0.421875 = 0.84375
# ```
#
# **Your function must**
#
# - take `p` between 0 and 1, `n` at least 1, and `threshold`;
# - let every `k` pass for which `k / n >= threshold`;
# - give the exact probability: no random numbers.

# %% [markdown] hints="pass_rate"
# Which of the numbers 0, 1, ..., n pass? Add up their chances.
# ---
# `from math import comb`, and `comb(n, k)` says in how many orders k of n samples agree.

# %% task="pass_rate"
from course_lib.reference.anchors import pass_rate

# %% check="pass_rate"
checks.pass_rate()

# %%
print("true p   n=10    100     1000    (how often it passes at 0.95)")
for p in (0.8, 0.9, 0.95, 0.97, 0.99):
    print(f"{p:.2f}   ", "   ".join(f"{pass_rate(p, n, 0.95):.3f}" for n in (10, 100, 1000)))

# %% [markdown]
# **Explain, in three to five sentences, with your own numbers.** How far off were your guesses? For
# which of these anchors do 1,000 samples settle the matter, and for which do they not? Why can no
# number of samples make the row of 0.95 come near 1? A shop wants to *promise* 0.95. What would you
# compare with 0.95 in the place of $k / n$, and what does that change for the rows 0.8 and 0.97?

# %% [markdown] answer="samples" points=2
# With n = 10 an anchor of 0.8 passes in 10.7 % of all tests and one of 0.9 in 35 %: ten of ten
# prove little, and one of 0.95 passes in 60 %. With 1,000 samples 0.8 and 0.9 never pass (0.000)
# and 0.97 and 0.99 always do; 0.95 passes in about half of all tests, since the share falls as
# often below the true value as above it, however close. To promise 0.95 one compares the *lower
# bound* of the precision with 0.95, not the share itself. Then 0.8 hardly ever passes, even with
# n = 10 (nothing does, there); 0.97 needs many samples before its bound is above 0.95, and passes
# then.
#
# *Marking: 1 point for own numbers with: what lies away from the threshold is settled, 0.95 is a
# coin toss at any n; 1 point for the lower bound and its price, more samples for 0.97.*

# %% [markdown] about="kl_upper" minutes=30 difficulty="hard"
# ## 4. What do n samples leave possible?
#
# A share of $\hat p$ was seen in $n$ samples. Which true shares $q$ are still possible? Those for
# which $n \operatorname{KL}(\hat p, q)$ is at most some $\beta$, where
#
# $$\operatorname{KL}(p, q) = p \log \frac{p}{q} + (1 - p) \log \frac{1 - p}{1 - q},
# \qquad 0 \log 0 = 0.$$
#
# Find the largest such $q$. From $q = \hat p$ up, KL rises from 0 without a bound (for $\hat p <
# 1$).
#
# ```text
# p_hat = 0.5, q = 0.8:  KL = 0.5 log(0.5 / 0.8) + 0.5 log(0.5 / 0.2) = log 1.25
# so kl_upper(0.5, 20, 20 log 1.25) = 0.8
# p_hat = 0:             KL(0, q) = log(1 / (1 - q))
# ```
#
# **Your function must**
#
# - take `p_hat` from 0 to 1, both ends included, `n` at least 1 and `beta` above 0;
# - give a number that is right to 0.000001; at `p_hat = 1` it is 1.

# %% [markdown] hints="kl_upper"
# Somewhere between `p_hat` and 1 the value passes `beta`. Halve the interval again and again: in
# which half is the place? The ends 0 and 1 of `p_hat` each lose one term of KL.
# ---
# `low, high = p_hat, 1.0`, then fifty times: `middle = (low + high) / 2`, and one of the two moves.

# %% task="kl_upper"
from course_lib.reference.anchors import kl_upper

# %% check="kl_upper"
checks.kl_upper()

# %% [markdown]
# A share of failures is a share, too: turn the sample around, and the upper bound becomes the lower
# one. In all samples agree, and still:


# %%
def kl_lower(p_hat, n, beta):
    """The smallest share that n samples with mean p_hat leave possible."""
    return 1 - kl_upper(1 - p_hat, n, beta)


for n in (10, 30, 100, 300):
    print(f"{n:4} of {n}: precision at least {kl_lower(1.0, n, np.log(20)):.3f}")

# %% [markdown] about="select_anchors" minutes=15 difficulty="easy"
# ## 5. Which anchor?
#
# Say the precision of every anchor is known. Three lists:
#
# - $A_1$, the anchors whose precision is at least the threshold;
# - $A_2$, those of $A_1$ with the fewest words;
# - $A_3$, those of $A_2$ with the highest precision.
#
# ```text
# () 0.5    (0,) 0.75    (1,) 0.7    (0, 1) 0.9      threshold 0.6
# A1 = [(0,), (0, 1), (1,)]    A2 = [(0,), (1,)]    A3 = [(0,)]
# ```
#
# **Your function must**
#
# - take `precisions`, a dict from tuples of positions to numbers, and `threshold`;
# - give the three lists, each in the order that `sorted()` gives tuples;
# - keep all of several equal ones; give three empty lists where none passes.

# %% [markdown] hints="select_anchors"
# Three lists, each made from the one before.
# ---
# `min(..., default=0)` does not fail where there is nothing.

# %% task="select_anchors"
from course_lib.reference.anchors import select_anchors

# %% check="select_anchors"
checks.select_anchors()

# %% [markdown] about="beam_search" minutes=35 difficulty="hard"
# ## 6. Find it without looking at everything
#
# Twenty words have a million anchors. A beam search looks at few: it begins with the anchor of no
# word, `()`, and goes level by level.
#
# - If an anchor of this level passes (its precision is at least the threshold), the most precise of
#   the level is the answer.
# - Else the `beam` most precise go on: each is extended by each word that it does not hold, and
#   that is the next level.
#
# Of equally precise anchors the smaller tuple comes first, as the answer and in the beam.
#
# ```text
# precision 0.1 + 0.3, 0.2, 0.35, 0.1 for the words 0, 1, 2, 3      beam 2, threshold 0.6
# ()           0.1                                       does not pass
# (0,) 0.4   (1,) 0.3   (2,) 0.45   (3,) 0.2             none passes; (2,) and (0,) go on
# (0, 1) 0.6   (0, 2) 0.75   (0, 3) 0.5   (1, 2) 0.65   (2, 3) 0.55       the answer: (0, 2)
# ```
#
# **Your function must**
#
# - take `precision`, a function of a sorted tuple of positions, `n_tokens`, and `beam` and
#   `threshold` by name;
# - give a sorted tuple; `None` where not even the whole review passes.

# %% [markdown] hints="beam_search"
# A list of anchors, the level. Sort it: the best first. Does the first pass? If not, make the next
# level from the first `beam`.
# ---
# `sorted(level, key=lambda anchor: (-precision(anchor), anchor))` has both rules in it. And
# `tuple(sorted(anchor + (i,)))` is an anchor with one word more.

# %% task="beam_search"
from course_lib.reference.anchors import beam_search

# %% check="beam_search"
checks.beam_search()

# %% [markdown] part="boxes" minutes=35 difficulty="medium"
# ## 7. Two closed boxes
#
# Two classifiers of restaurant reviews, 1 for praise and 0 for complaint. On two reviews of
# three they agree. You can only ask them. One can read "not", the other counts words: which is
# which? Your functions find out what they hold on to.

# %%
BOXES = closed_boxes()
reviews = restaurant_reviews(2000, rng=np.random.default_rng(4)).tokens
same = np.mean(np.array(BOXES["box A"](reviews)) == np.array(BOXES["box B"](reviews)))
print(f"the boxes agree on {same:.0%} of {len(reviews)} reviews")

# %% [markdown]
# **Predict:** for each review below, which words will the anchor of a box that can read "not" hold?
# And that of a box that only counts words? Then run the cell. The words of the anchor are lit.

# %%
CHOSEN = [
    "the service is not bad prices are fine",
    "the wine is great portions are not slow desserts are lovely",
    "the bread is not tasty portions are rude",
    "portions are awful and so is the selection",
]


def known(predict, tokens, p_unk=0.5):
    """The precision of an anchor as a function that remembers what it has worked out."""
    memory = {}

    def precision(anchor):
        if anchor not in memory:
            memory[anchor] = exact_precision(tokens, predict, anchor, p_unk=p_unk)
        return memory[anchor]

    return precision


def lit(tokens, anchor, words):
    values = np.array([float(i in anchor) for i in range(len(tokens))])
    return plots.highlighted_text(tokens, values, limit=1, title=words)


shown = []
for text in CHOSEN:
    tokens = text.split()
    for name, predict in BOXES.items():
        precision = known(predict, tokens)
        anchor = beam_search(precision, len(tokens), beam=2, threshold=0.95)
        share = coverage([tokens[i] for i in anchor], reviews)
        words = f"{name}, label {predict([tokens])[0]}: precision {precision(anchor):.2f}"
        shown.append(lit(tokens, anchor, f"{words}, coverage {share:.2f}"))
plots.gallery(*shown, width=280)

# %% [markdown]
# Was the search right? Here are all the anchors of one review, and your three lists; then the
# search with two beams; then other chances to lose a word.

# %%
tokens = "tables are not bad desserts are not rude".split()
precision = known(BOXES["box A"], tokens)
all_of_them = [a for size in range(9) for a in combinations(range(len(tokens)), size)]
A1, A2, A3 = select_anchors({anchor: precision(anchor) for anchor in all_of_them}, 0.95)
print(len(A1), "of", len(all_of_them), "pass; the shortest:", A2, " the best of these:", A3)
for beam in (1, 4):
    found = beam_search(precision, len(tokens), beam=beam, threshold=0.95)
    print(f"beam {beam}: {found} {[tokens[i] for i in found]}")

print()
for p_unk in (0.1, 0.3, 0.5, 0.7):
    precision = known(BOXES["box A"], tokens, p_unk)
    found = beam_search(precision, len(tokens), beam=4, threshold=0.7)
    words = " ".join(tokens[i] for i in found) or "no word"
    print(f"p_unk {p_unk}: no word {precision(()):.3f}; the anchor at 0.7: {words}")

# %% [markdown]
# **Explain, in five to seven sentences, with your own results.** (a) Which box reads "not"? Show
# it by a review on which the two boxes *agree*, and say what the anchors tell that the labels do
# not. (b) The shortest anchors at 0.95 are several, and the search gives one of them. Somebody
# reads: "the word that is not in this anchor does not matter". Use your lists to answer. (c) With
# another `p_unk` the anchor of the same review and the same box changes. Has the box changed?
# What question does each of the anchors answer?

# %% [markdown] answer="boxes" points=3
# (a) Box A. On the review of the wine both say 1, and on that of the bread both say 0; the labels
# are the same. But the anchor of A holds a "not" (great + not; not), which in B is a word like
# any other: B holds great + lovely, and rude. (b) No. At 0.95 there are two shortest anchors, not
# + bad + not and not + not + rude, each with precision 1. "bad" is in one and not in the other:
# an anchor says which words are *enough*, not which are needed. If a word were without
# importance, it would be missing in every one of them, as the things and the small words are. (c)
# The box is the same function. With p_unk = 0.1 most words stay anyway, and with no word held the
# label stays in 82 % of all documents: nothing needs to be held. With 0.5 and more much is lost,
# and not + bad must be held. An anchor answers: what is enough if *so many* of the other words
# are lost, in this way? With the anchor belongs the distribution.
#
# *Marking: 1 point each for (a): box A, a review with equal labels and its two anchors; (b): two
# shortest anchors, enough is not needed; (c): the box is the same, the question (how much is lost)
# is another, with own numbers.*

# %% locked="progress"
progress(checks.TASKS)
