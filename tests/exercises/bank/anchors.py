"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import itertools
import math

import numpy as np

NAMES = {"np": np, "math": math, "itertools": itertools}

COVERAGE = """
def coverage(words, documents):
    n = 0
    for doc in documents:
        ok = True
        for w in words:
            if w not in doc:
                ok = False
        if ok:
            n += 1
    return n / len(documents)
"""

PRECISION = """
def exact_precision(tokens, predict, positions, *, p_unk=0.5):
    b = len(tokens)
    original = predict([tokens])[0]
    others = [i for i in range(b) if i not in positions]
    docs = []
    weights = []
    for code in range(2 ** len(others)):
        doc = tokens[:]
        weight = 1.0
        for j, i in enumerate(others):
            if (code >> j) & 1:
                doc[i] = "UNK"
                weight *= p_unk
            else:
                weight *= 1 - p_unk
        docs.append(doc)
        weights.append(weight)
    labels = predict(docs)
    total = 0
    for label, weight in zip(labels, weights):
        if label == original:
            total += weight
    return total
"""

RATE = """
def pass_rate(p, n, threshold):
    total = 0
    for k in range(0, n + 1):
        if k / n >= threshold:
            total = total + math.comb(n, k) * p ** k * (1 - p) ** (n - k)
    return total
"""

UPPER = """
def kl_upper(p_hat, n, beta):
    def term(a, b):
        if a == 0:
            return 0.0
        return a * math.log(a / b)
    lo = p_hat
    hi = 1.0
    if p_hat == 1:
        return 1.0
    for _ in range(60):
        mid = 0.5 * (lo + hi)
        d = term(p_hat, mid) + term(1 - p_hat, 1 - mid)
        if n * d > beta:
            hi = mid
        else:
            lo = mid
    return hi
"""

SELECT = """
def select_anchors(precisions, threshold):
    a1 = []
    for a, p in precisions.items():
        if p >= threshold:
            a1.append(a)
    a1.sort()
    if not a1:
        return [], [], []
    shortest = min(len(a) for a in a1)
    a2 = [a for a in a1 if len(a) == shortest]
    top = max(precisions[a] for a in a2)
    a3 = [a for a in a2 if precisions[a] == top]
    return a1, a2, a3
"""

SEARCH = """
def beam_search(precision, n_tokens, *, beam, threshold):
    level = [()]
    for size in range(n_tokens + 1):
        scored = [(-precision(a), a) for a in level]
        scored.sort()
        best = scored[0]
        if -best[0] >= threshold:
            return best[1]
        new = []
        for _, a in scored[:beam]:
            for i in range(n_tokens):
                if i in a:
                    continue
                child = tuple(sorted(a + (i,)))
                if child not in new:
                    new.append(child)
        level = new
    return None
"""

WRONG = {
    "coverage": [
        (COVERAGE, {"a count"}, [("n / len(documents)", "n")]),
        (COVERAGE, {"one of the words is enough"}, [
            ("ok = True", "ok = False"), ("w not in doc", "w in doc"),
            ("                ok = False", "                ok = True")]),
        (COVERAGE, {"parts of words"}, [("w not in doc", "w not in ' '.join(doc)")]),
        (COVERAGE, {"share of the words"}, [
            ("len(documents)", "sum(map(len, documents))")]),
        (COVERAGE, set(), [("    return n /", "            return n /")]),
        (COVERAGE, set(), [("return n /", "print(n /"), ("len(documents)", "len(documents))")]),
        (COVERAGE, set(), [("n / len(documents)", "1 - n / len(documents)")]),
    ],
    "exact_precision": [
        (PRECISION, {"the anchor's own words masked"}, [(" if i not in positions", "")]),
        (PRECISION, {"the anchor masked, the others held"}, [("not in positions", "in positions")]),
        (PRECISION, {"the same word elsewhere held"}, [
            ("i not in positions", "tokens[i] not in {tokens[k] for k in positions}")]),
        (PRECISION, {"words left out"}, [
            ("docs.append(doc)", "docs.append([w for w in doc if w != 'UNK'])")]),
        (PRECISION, {"agreement with label 1"}, [("label == original", "label == 1")]),
        (PRECISION, {"agreement with label 1"}, [("label == original", "label")]),
        (PRECISION, {"the share that changes"}, [("label == original", "label != original")]),
        (PRECISION, {"p_unk for 1 - p_unk"}, [
            ("    weights = []", "    weights = []\n    p_unk = 1 - p_unk")]),
        (PRECISION, {"p_unk for 1 - p_unk", "only the masked words counted"}, [
            ("*= p_unk", "*= 1 - p_unk"),
            ("*= 1 - p_unk\n        docs", "*= p_unk\n        docs")]),
        (PRECISION, {"all documents alike"}, [
            ("total += weight", "total += 1 / len(labels)")]),
        (PRECISION, {"all documents alike"}, [("*= p_unk", "/= 2"), ("*= 1 - p_unk", "/= 2")]),
        (PRECISION, {"only the masked words counted"}, [("*= 1 - p_unk", "*= 1")]),
        (PRECISION, {"chances not multiplied"}, [
            ("weight *= p_unk", "weight = p_unk"), ("weight *= 1 - p", "weight = 1 - p")]),
        (PRECISION, set(), [("total += weight", "total += 1")]),
        (PRECISION, set(), [("tokens[:]", "tokens")]),
        (PRECISION, set(), [("predict([tokens])[0]", "predict(tokens)[0]")]),
        (PRECISION, set(), [("predict([tokens])[0]", "predict(tokens)")]),
    ],
    "pass_rate": [
        (RATE, {"above the threshold only"}, [(">= threshold", "> threshold")]),
        (RATE, {"orders not counted"}, [("math.comb(n, k) * ", "")]),
        (RATE, {"p and 1 - p exchanged"}, [("(p,", "(p_,"), (
            "    total = 0", "    p = 1 - p\n    total = 0"), ("(p_,", "(p,")]),
        (RATE, {"all n agree is left out"}, [("n + 1)", "n)")]),
        (RATE, {"one number of agreements only"}, [
            ("total = total +", "return")]),
        (RATE, {"only all n of n"}, [("total = total + ", "total = ")]),
        (RATE, {"the share that fails"}, [("return total", "return 1 - total")]),
        (RATE, {"rounded down"}, [("k / n >= threshold", "k >= math.floor(n * threshold)")]),
        (RATE, set(), [("p ** k * (1 - p) ** (n - k)", "p ** k")]),
        (RATE, set(), [("    return total", "    print(total)")]),
        (RATE, set(), [("if k / n", "if k // n")]),
    ],
    "kl_upper": [
        (UPPER, {"n forgotten"}, [("n * d", "d")]),
        (UPPER, {"n on the wrong side"}, [("n * d > beta", "d > beta * n")]),
        (UPPER, {"KL the wrong way round"}, [
            ("term(p_hat, mid) + term(1 - p_hat, 1 - mid)",
             "term(mid, p_hat) + term(1 - mid, 1 - p_hat)")]),
        (UPPER, {"the failures left out"}, [
            ("+ term(1 - p_hat, 1 - mid)", ""), ("d > b", "-d > b")]),
        (UPPER, {"the agreements left out"}, [("term(p_hat, mid) +", "")]),
        (UPPER, {"the lower bound"}, [("hi = 1.0", "hi = 0.0")]),
        (UPPER, {"another logarithm"}, [("math.log(", "math.log2(")]),
        (UPPER, {"another logarithm"}, [("math.log(", "math.log10(")]),
        (UPPER, {"the square root bound"}, [
            ("return hi", "return min(1, p_hat + math.sqrt(beta / 2 / n))")]),
        (UPPER, {"a bound from the normal distribution"}, [
            ("return hi",
             "return min(1, p_hat + math.sqrt(2 * beta / n * (p_hat - p_hat ** 2)))")]),
        (UPPER, set(), [("        if a == 0:\n            return 0.0\n", "")]),
        (UPPER, set(), [("lo = p_hat", "lo = 0.0")]),
        (UPPER, set(), [("range(60)", "range(3)")]),
        (UPPER, set(), [("return hi", "hi")]),
    ],
    "select_anchors": [
        (SELECT, {"above the threshold only"}, [("p >= threshold", "p > threshold")]),
        (SELECT, {"shortest of all, not of A1"}, [("for a in a1)", "for a in precisions)"), (
            "max(precisions[a] for a in a2)", "max([precisions[a] for a in a2] + [0])")]),
        (SELECT, {"the best of all that pass"}, [
            ("max(precisions[a] for a in a2)", "max(precisions[a] for a in a1)")]),
        (SELECT, {"the best of all that pass"}, [
            ("max(precisions[a] for a in a2)", "max(precisions[a] for a in a1)"),
            ("for a in a2 if prec", "for a in a1 if prec")]),
        (SELECT, {"one of the ties"}, [("return a1, a2, a3", "return a1, a2, [a3[0]]")]),
        (SELECT, {"the order of the dict"}, [("    a1.sort()\n", "")]),
        (SELECT, {"short before long"}, [("a1.sort()", "a1.sort(key=lambda a: (len(a), a))")]),
        (SELECT, {"the longest for the shortest"}, [("min(len", "max(len")]),
        (SELECT, {"the least precise of A2"}, [("top = max", "top = min")]),
        (SELECT, {"one of the shortest"}, [
            ("if len(a) == shortest]", "if len(a) == shortest][:1]")]),
        (SELECT, set(), [("a1.append(a)", "a1.append((a, p))")]),
        (SELECT, set(), [("    if not a1:\n        return [], [], []\n", "")]),
        (SELECT, set(), [("return a1, a2, a3", "return a3, a2, a1")]),
        (SELECT, set(), [("return a1, a2, a3", "return a3")]),
    ],
    "beam_search": [
        (SEARCH, {"the empty anchor forgotten"}, [
            ("level = [()]", "level = [(k,) for k in range(n_tokens)]")]),
        (SEARCH, {"stops at the first level"}, [("range(n_tokens + 1):", "range(2):")]),
        (SEARCH, {"the beam ignored"}, [("scored[:beam]", "scored")]),
        (SEARCH, {"a beam of 1"}, [("scored[:beam]", "[best]")]),
        (SEARCH, {"words added on the right only"}, [
            ("if i in a:", "if a and i <= a[-1]:")]),
        (SEARCH, {"the first that passes"}, [
            ("best = scored[0]",
             "best = min([s for s in scored if -s[0] >= threshold], key=lambda s: s[1],"
             " default=scored[0])")]),
        (SEARCH, {"above the threshold only"}, [(">= threshold", "> threshold")]),
        (SEARCH, {"of ties the larger"}, [
            ("scored.sort()", "scored.sort(key=lambda s: (-s[0], s[1]), reverse=True)")]),
        (SEARCH, {"an anchor twice in the beam"}, [("if child not in new:", "if True:")]),
        (SEARCH, {"the beam from the wrong end"}, [("scored[:beam]", "scored[-beam:]")]),
        (SEARCH, {"words not sorted by precision"}, [
            ("scored[:beam]", "sorted(scored, key=lambda s: s[1])[:beam]")]),
        (SEARCH, set(), [("tuple(sorted(a + (i,)))", "a + (i,)")]),
        (SEARCH, set(), [("return best[1]", "return -best[0]")]),
        (SEARCH, set(), [("return best[1]", "return list(best[1])[0]")]),
        (SEARCH, set(), [("scored.sort()", "scored.sort(reverse=True)")]),
        (SEARCH, {"stops at the first level"}, [("range(n_tokens + 1):", "range(n_tokens):")]),
    ],
}  # fmt: skip

RIGHT = {
    "coverage": [COVERAGE, "coverage = lambda words, documents: sum(set(words) <= set(d) for d in"
                 " documents) / len(documents)"],
    "exact_precision": [PRECISION, PRECISION.replace("tokens[:]", "list(tokens)")],
    "pass_rate": [RATE, RATE.replace("k / n >= threshold", "k >= threshold * n")],
    "kl_upper": [UPPER, UPPER.replace("return hi", "return (lo + hi) / 2")],
    "select_anchors": [SELECT, SELECT.replace("return a1, a2, a3", "return [a1, a2, a3]")],
    "beam_search": [SEARCH, SEARCH.replace("new = []", "new = list()")],
}  # fmt: skip
