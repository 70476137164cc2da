"""The references, close to their formulas, against the fast library and the worked numbers."""

import inspect
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.stats import binom

from course_lib import attribution
from course_lib.reference import anchors, integrated_gradients, relu_rules, saliency, shapley

#: As in the exercises' tasks: what a student is asked to write.
SIGNATURES = {
    saliency: [
        "occlusion(f, x, window, baseline=0.0)",
        "mutagenesis(f, one_hot)",
        "saliency(gradient, x)",
        "smoothgrad(gradient, x, noise)",
        "smoothgrad_bias(third, sigma)",
        "class_model(gradient, shape, *, l2, steps, lr)",
    ],
    integrated_gradients: [
        "integrated_gradients(gradient, x, baseline, *, n_steps=50, rule='midpoint')",
        "completeness_gap(f, x, baseline, attributions)",
        "linear_attribution(weights, x, baseline)",
        "exact_on_pieces(w1, b1, w2, x, baseline)",
        "deeplift_rescale(weights, biases, x, baseline)",
        "choose_baseline(f, x, pixel)",
    ],
    shapley: [
        "shapley_exact(value, d)",
        "marginal_values(f, x, background, masks)",
        "shapley_sampling(value, orders)",
        "kernel_shap(masks, values, v_none, v_all)",
        "shapley_regression(X, y, x)",
        "broken_axiom(rule, games)",
    ],
    anchors: [
        "coverage(words, documents)",
        "exact_precision(tokens, predict, positions, *, p_unk=0.5)",
        "pass_rate(p, n, threshold)",
        "kl_upper(p_hat, n, beta)",
        "select_anchors(precisions, threshold)",
        "beam_search(precision, n_tokens, *, beam, threshold)",
    ],
}


def rng(seed=0):
    return np.random.default_rng(seed)


def near(result, expected, rtol=1e-12):
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("module", SIGNATURES, ids=lambda module: module.__name__.split(".")[-1])
def test_names_and_arguments_are_those_of_the_tasks(module):
    for signature in SIGNATURES[module]:
        name = signature.split("(")[0]
        assert name + str(inspect.signature(getattr(module, name))) == signature


@pytest.fixture
def net():
    """A small network: as a torch model, and as the functions f and gradient of arrays."""
    torch.manual_seed(0)
    layers = torch.nn.Conv2d(2, 4, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.LazyLinear(3)
    model = torch.nn.Sequential(*layers).double()
    model(torch.zeros(1, 2, 5, 6).double())

    def f(batch):
        with torch.no_grad():
            return model(torch.from_numpy(batch))[:, 1].numpy()

    def gradient(batch):
        leaf = torch.from_numpy(batch).requires_grad_()
        return torch.autograd.grad(model(leaf)[:, 1].sum(), leaf)[0].numpy()

    return model, f, gradient, rng().normal(size=(2, 5, 6))


# saliency


@pytest.mark.parametrize(("window", "baseline"), [(1, 0.0), (2, 0.0), (3, -0.5), (5, 0.3)])
def test_occlusion(net, window, baseline):
    model, f, _, (x, _) = net
    result = saliency.occlusion(lambda b: f(np.stack([b, 0 * b], axis=1)), x, window, baseline)
    expected = attribution.occlusion(
        lambda x: model(torch.cat([x, torch.zeros_like(x)], dim=1)),
        torch.from_numpy(x)[None, None],
        1,
        window=window,
        baseline=baseline,
    )
    near(result, expected[0, 0])


def test_mutagenesis():
    r = rng(1)
    weights, one_hot = r.normal(size=(4, 7)), np.eye(4)[r.integers(4, size=7)].T
    score = lambda x: (x * weights).sum((1, 2)) ** 2  # noqa: E731
    before = one_hot.copy()
    result = saliency.mutagenesis(score, one_hot)
    expected = attribution.in_silico_mutagenesis(
        lambda x: (x * torch.from_numpy(weights)).sum((1, 2)) ** 2,
        torch.from_numpy(one_hot)[None],
        0,
    )
    near(result, expected[0])
    assert (one_hot == before).all() and (result[one_hot == 1] == 0).all()


def test_saliency_and_smoothgrad(net):
    model, _, gradient, x = net
    fast = attribution.saliency(model, torch.from_numpy(x)[None], 1, reduce="max_abs")
    near(saliency.saliency(gradient, x), fast[0])
    drawn = torch.randn(
        5, 1, *x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4)
    )
    fast = attribution.smoothgrad(
        model, torch.from_numpy(x)[None], 1, n_samples=5, stdev=0.2,
        rng=torch.Generator().manual_seed(4),
    )  # fmt: skip
    scaled = 0.2 * (x.max() - x.min()) * drawn[:, 0].numpy()
    near(saliency.smoothgrad(gradient, x, scaled), fast[0])


def test_smoothgrads_bias(oracles):
    case = oracles["smoothgrad_trace"]
    H, sigma = np.array(case["inputs"]["H"]), case["inputs"]["sigma"]
    near(saliency.smoothgrad_bias(H[None], sigma), [case["expected"]["half"]])
    # g(x) = 3 x^2 is exactly quadratic: its bias is the whole of the difference.
    sigma = case["inputs"]["cubic"]["sigma"]
    bias = saliency.smoothgrad_bias(np.array([[[6.0]]]), sigma)
    near(case["expected"]["cubic_gradient"] + bias, [case["expected"]["cubic_smoothgrad"]])
    # For a quadratic map of three variables the average over +-e in each direction is exact.
    third = rng().normal(size=(3, 3, 3))
    third += third.swapaxes(1, 2)
    g = lambda batch: np.einsum("nk,jkl,nl->nj", batch, third, batch) / 2  # noqa: E731
    noise = 0.3 * np.sqrt(3) * np.concatenate([np.eye(3), -np.eye(3)])
    x = rng(1).normal(size=3)
    near(saliency.smoothgrad(g, x, noise) - g(x[None])[0], saliency.smoothgrad_bias(third, 0.3))


def test_class_model(net, oracles):
    model, _, gradient, x = net
    options = dict(l2=0.3, steps=7, lr=0.2)
    fast = attribution.class_model(model, 1, shape=x.shape, **options)
    near(saliency.class_model(gradient, x.shape, **options), fast, rtol=1e-9)
    case = oracles["class_model_linear"]
    w, l2 = np.array(case["inputs"]["w"]), case["inputs"]["lam"]
    climbed = saliency.class_model(lambda batch: w[None], (3,), l2=l2, steps=200, lr=0.5)
    near(climbed, case["expected"]["argmax"])


# integrated_gradients


@pytest.mark.parametrize("rule", ["left", "midpoint", "right", "trapezoid"])
@pytest.mark.parametrize("n_steps", [1, 2, 9])
def test_integrated_gradients(net, rule, n_steps):
    model, f, gradient, x = net
    baseline = rng(3).normal(size=x.shape)
    result = integrated_gradients.integrated_gradients(
        gradient, x, baseline, n_steps=n_steps, rule=rule
    )
    start, end, fast_rule = baseline, x, rule
    if rule == "left":  # from the other end it is the rule on the right
        start, end, fast_rule = x, baseline, "right"
    fast, delta = attribution.integrated_gradients(
        model, torch.from_numpy(end)[None], 1, torch.from_numpy(start)[None],
        n_steps=n_steps, rule=fast_rule, return_delta=True,
    )  # fmt: skip
    sign = -1 if rule == "left" else 1
    near(result, sign * fast[0])
    gap = integrated_gradients.completeness_gap(f, x, baseline, result)
    near(gap, sign * delta[0], rtol=1e-9)
    assert abs(gap) > 1e-6, "tells nothing"


def test_linear_attribution(oracles):
    case = oracles["ig_linear"]
    weights, x, baseline = (np.array(case["inputs"][name]) for name in ("lam", "xi", "x0"))
    result = integrated_gradients.linear_attribution(weights, x, baseline)
    near(result, case["expected"]["ig"])
    f = lambda batch: batch @ weights  # noqa: E731
    near(integrated_gradients.completeness_gap(f, x, baseline, result), 0)


def relu_net(seed, sizes=(4, 6, 5, 1)):
    r = rng(seed)
    weights = [r.normal(size=(m, d)) for d, m in zip(sizes, sizes[1:], strict=False)]
    biases = [r.normal(size=m) for m in sizes[1:]]

    def model(x):
        for w, b in zip(weights, biases, strict=True):
            x = x @ torch.from_numpy(w).T + torch.from_numpy(b)
            x = torch.relu(x) if w is not weights[-1] else x
        return x

    return weights, biases, model, r.normal(size=sizes[0]), r.normal(size=sizes[0])


@pytest.mark.parametrize("seed", range(6))
def test_integrated_gradients_piece_by_piece(seed):
    (w1, w2), (b1, b2), model, x, baseline = relu_net(seed, (4, 9, 1))
    exact = integrated_gradients.exact_on_pieces(w1, b1, w2[0], x, baseline)
    f = lambda batch: model(torch.from_numpy(batch))[:, 0].numpy()  # noqa: E731
    near(integrated_gradients.completeness_gap(f, x, baseline, exact), 0)
    fast = attribution.integrated_gradients(
        model, torch.from_numpy(x)[None], 0, torch.from_numpy(baseline)[None], n_steps=200_000,
        chunk=50_000,
    )  # fmt: skip
    np.testing.assert_allclose(exact, fast[0], atol=1e-4)
    coarse = attribution.integrated_gradients(
        model, torch.from_numpy(x)[None], 0, torch.from_numpy(baseline)[None], n_steps=3
    )
    assert abs(exact - coarse[0].numpy()).max() > 1e-3, "no kink on the way: tells nothing"


@pytest.mark.parametrize("seed", range(6))
def test_deeplift_rescale(seed):
    weights, biases, model, x, baseline = relu_net(seed)
    if seed == 5:  # what changes cancels out in one unit, which takes its derivative
        x[:] = baseline + [0.5, 0.5, 0, 0]
        weights[0][:, 1] = -weights[0][:, 0]
        weights[0][2:, 1] += 1
        biases[0][1] -= 10
        assert (weights[0][:2] @ baseline + biases[0][:2] > 0).tolist() == [True, False]
    result = integrated_gradients.deeplift_rescale(weights, biases, x, baseline)
    fast = attribution.deeplift(
        model, torch.from_numpy(x)[None], 0, torch.from_numpy(baseline)[None]
    )
    near(result, fast[0], rtol=1e-9)
    inputs = [np.array([[1.0]])] * 2, [np.zeros(1)] * 2, np.array([-2.0]), np.array([2.0])
    near(integrated_gradients.deeplift_rescale(*inputs), [-2])
    # Where nothing differs, the derivative at z.
    same = integrated_gradients.deeplift_rescale(weights, biases, x, x)
    assert (same == 0).all()


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_choose_baseline(value):
    (w1, w2), (b1, _), model, *_ = relu_net(2, (6, 12, 1))
    x = rng(4).random(6).reshape(2, 3)
    x[1, 2] = value
    f = lambda batch: model(torch.from_numpy(batch).flatten(1))[:, 0].numpy()  # noqa: E731
    baseline = integrated_gradients.choose_baseline(f, x, (1, 2))
    assert ((0 <= baseline) & (baseline <= 1)).all()
    shares = np.abs(
        integrated_gradients.exact_on_pieces(w1, b1, w2[0], x.ravel(), baseline.ravel())
    ).reshape(2, 3)
    assert shares[1, 2] >= shares.sum() / 2 > 0


# shapley


def table_game(table):
    table = np.asarray(table, dtype=float)
    powers = 1 << np.arange(len(table).bit_length() - 1)
    return lambda masks: table[masks @ powers]


def bits(d):
    return (np.arange(2**d)[:, None] >> np.arange(d)) % 2 == 1


@pytest.mark.parametrize("d", [1, 2, 3, 5, 7])
def test_exact_shapley_values(d):
    value = table_game(rng(d).normal(size=2**d) + 5)
    exact = attribution.shapley_exact(value, d)
    near(shapley.shapley_exact(value, d), exact)
    if d > 1:
        interior = bits(d)[1:-1]
        ends = value(bits(d)[[0, -1]])
        fitted = shapley.kernel_shap(interior, value(interior), *ends)
        near(fitted, exact, rtol=1e-9)


def test_kernel_shap_of_a_sample_is_the_constrained_minimum(oracles):
    case = oracles["kernelshap_2p"]["expected"]
    masks = np.array([[True, False], [False, True]])
    near(shapley.kernel_shap(masks, np.array([1.0, 2.0]), 0.0, 4.0), case["constrained"])
    d, value = 6, table_game(rng(1).normal(size=64))
    masks = bits(d)[1:-1][rng(2).permutation(62)[:25]]
    v_none, v_all = value(bits(d)[[0, -1]])
    phi = shapley.kernel_shap(masks, value(masks), v_none, v_all)
    near(phi.sum(), v_all - v_none)
    weights = attribution.kernel_weights(d)[masks.sum(axis=1) - 1]
    loss = lambda phi: weights @ (value(masks) - v_none - masks @ phi) ** 2  # noqa: E731
    for j in range(d - 1):  # no step along the constraint goes down
        step = 1e-4 * (np.eye(d)[j] - np.eye(d)[-1])
        assert loss(phi) < min(loss(phi + step), loss(phi - step))


def test_marginal_values():
    r = rng(5)
    w, x, background = r.normal(size=(4, 3)), r.normal(size=4), r.normal(size=(7, 4))
    f = lambda rows: np.tanh(rows @ w).sum(axis=1)  # noqa: E731
    near(
        shapley.marginal_values(f, x, background, bits(4)),
        attribution.masked_game(f, x, background)(bits(4)),
    )


def test_shapley_values_from_orders():
    d, value = 4, table_game(rng(6).normal(size=16))
    values, _ = shapley.shapley_sampling(value, np.array(list(permutations(range(d)))))
    near(values, attribution.shapley_exact(value, d))
    orders = np.array([[2, 0, 1, 3], [3, 1, 0, 2]])  # one and its reverse
    values, error = shapley.shapley_sampling(value, orders)
    single = [shapley.shapley_sampling(value, orders[[i, i]])[0] for i in (0, 1)]
    near(values, np.mean(single, axis=0))
    near(error, np.abs(single[0] - single[1]) / 2)
    # The fast one walks each order both ways, too: it is the mean over all orders' pairs.
    drawn = rng(3).permuted(np.tile(np.arange(d), (5, 1)), axis=1).argsort(axis=1)
    fast = attribution.shapley_sampling(value, d, n_evals=2 + 5 * 6, rng=rng(3))
    both = np.concatenate([drawn, drawn[:, ::-1]])
    near(shapley.shapley_sampling(value, both)[0], fast.values)


def test_shapley_regression():
    r = rng(7)
    X = r.normal(size=(30, 4)) @ r.normal(size=(4, 4)) + 3
    y, x = X @ r.normal(size=4) + r.normal(size=30), r.normal(size=4)
    near(shapley.shapley_regression(X, y, x), attribution.shapley_regression(X, y, x), rtol=1e-9)


def normalised(rule):
    """The rule's values, spread so that they are efficient."""

    def other(value, d):
        phi = rule(value, d)
        ends = value(bits(d)[[0, -1]])
        return phi + (ends[1] - ends[0] - phi.sum()) / d

    return other


def alone(value, d):
    return value(np.eye(d, dtype=bool)) - value(np.zeros((1, d), bool))


def first_come(value, d):
    return np.diff(value(np.tri(d + 1, d, -1, dtype=bool)))


def banzhaf(value, d):
    v = value(bits(d))
    return np.array([np.mean(v[bits(d)[:, j]]) - np.mean(v[~bits(d)[:, j]]) for j in range(d)])


def shared_by_need(value, d):
    """Efficient, symmetric, nothing for null players, but not linear."""
    v = value(bits(d))
    need = np.array([np.abs(v[bits(d)[:, j]] - v[~bits(d)[:, j]]).sum() for j in range(d)])
    return need / need.sum() * (v[-1] - v[0])


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (shapley.shapley_exact, None),
        (attribution.shapley_exact, None),
        (banzhaf, "efficiency"),
        (lambda value, d: 2 * shapley.shapley_exact(value, d), "efficiency"),
        (first_come, "symmetry"),
        (lambda value, d: first_come(lambda m: value(m[:, ::-1]), d)[::-1], "symmetry"),
        (normalised(banzhaf), "null player"),
        (normalised(lambda value, d: np.zeros(d)), "null player"),
        (shared_by_need, "linearity"),
    ],
)
def test_the_axiom_that_a_rule_breaks(rule, broken):
    r = rng(8)
    unlike = table_game(r.normal(size=8) + 3)
    d = 4
    games = [
        (lambda masks: unlike(masks[:, :3]), d),  # the last is a null player
        (lambda masks: 1 + masks[:, 0] * 2.0 + masks[:, 1:].sum(axis=1) ** 2, d),  # equal ones
        (lambda masks: masks.all(axis=1) * 3.0 - 1, d),
    ]
    assert shapley.broken_axiom(rule, games) == broken


# anchors

WORDS = ["a", "good", "film", "not"]


def good_not(documents):
    return [int("good" in words and "not" in words) for words in documents]


@pytest.mark.parametrize("p_unk", [0.5, 0.2, 0.7])
def test_precision(p_unk):
    for anchor in attribution.all_anchors(4):
        near(
            anchors.exact_precision(WORDS, good_not, anchor, p_unk=p_unk),
            attribution.exact_precision(WORDS, good_not, anchor, p_unk=p_unk),
        )


@pytest.mark.parametrize("p_hat", [0.0, 0.13, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 10, 400])
def test_bounds(p_hat, n):
    for beta in (0.0, 0.1, 3.0):
        result, fast = anchors.kl_upper(p_hat, n, beta), attribution.kl_upper(p_hat, n, beta)
        np.testing.assert_allclose(result, float(fast), atol=1e-7 if beta == 0 else 1e-10)
        # The lower bound is the upper bound of the share of failures.
        turned = 1 - anchors.kl_upper(1 - p_hat, n, beta)
        lower = float(attribution.kl_lower(p_hat, n, beta))
        np.testing.assert_allclose(turned, lower, atol=1e-7 if beta == 0 else 1e-10)


def test_coverage(oracles):
    case = oracles["coverage_toy"]
    for name, expected in case["expected"]["fraction"].items():
        near(anchors.coverage(name.split("+"), case["inputs"]["docs"]), expected)
        near(attribution.corpus_coverage(name.split("+"), case["inputs"]["docs"]), expected)


def toy(oracles):
    case = oracles["anchors_exact_toy"]
    words, weights = case["inputs"]["words"], case["inputs"]["weights"]
    worth = dict(zip(words, weights, strict=True))

    def predict(documents):
        return [int(sum(worth.get(word, 0) for word in words) > 3) for words in documents]

    return words, predict


def test_selected_anchors(oracles):
    precisions = attribution.all_precisions(*toy(oracles))
    expected = oracles["anchors_exact_toy"]["expected"]
    for threshold in (0.6, 0.8, 0.9):
        fast = attribution.select_anchors(precisions, threshold)
        result = anchors.select_anchors(precisions, threshold)
        assert [sorted(part) for part in fast] == list(result)
    named = [["+".join("abcde"[i] for i in anchor) for anchor in part]
             for part in anchors.select_anchors(precisions, 0.8)]  # fmt: skip
    assert [sorted(expected[name]) for name in ("A1", "A2", "A3")] == list(map(sorted, named))
    assert anchors.select_anchors({(0,): 0.1}, 0.5) == ([], [], [])


def test_beam_search(oracles):
    words, predict = toy(oracles)
    precisions = attribution.all_precisions(words, predict)
    asked = []

    def precision(anchor):
        asked.append(anchor)
        return precisions[anchor]

    for threshold in (0.3, 0.7, 0.8, 0.99):
        wide = anchors.beam_search(precision, 5, beam=32, threshold=threshold)
        assert wide == min(attribution.select_anchors(precisions, threshold).best)
    assert asked[0] == () and all(anchor == tuple(sorted(anchor)) for anchor in asked)
    found = attribution.explain_anchor(words, predict, threshold=0.8, rng=0)
    assert anchors.beam_search(precision, 5, beam=1, threshold=0.8) == found.positions
    assert anchors.beam_search(lambda anchor: 0.5, 3, beam=1, threshold=0.9) is None
    assert anchors.beam_search(lambda anchor: 1.0, 3, beam=1, threshold=0.9) == ()
    # Of ties the smaller tuple is kept: with 0 kept, 2 alone is never extended by 3.
    tied = lambda anchor: float(anchor == (2, 3)) + 0.1  # noqa: E731
    assert anchors.beam_search(tied, 4, beam=1, threshold=0.9) is None
    assert anchors.beam_search(tied, 4, beam=3, threshold=0.9) == (2, 3)


def test_pass_rate(oracles):
    expected = oracles["anchors_n10"]["expected"]
    near(anchors.pass_rate(0.8, 10, 0.95), expected["P_pass_if_true_prec_0_8"])
    near(anchors.pass_rate(0.95, 10, 0.95), expected["P_pass_if_true_prec_0_95"])
    for n, threshold, least in ((10, 0.9, 9), (20, 0.95, 19), (7, 0.5, 4), (5, 0.0, 0)):
        near(anchors.pass_rate(0.7, n, threshold), binom.sf(least - 1, n, 0.7))


# relu_rules


@pytest.mark.parametrize("rule", ["gradient", "deconvnet", "guided"])
def test_the_three_ways_back_through_a_relu(rule, oracles):
    case = oracles["three_rules_tiny_net"]
    weights = [np.array(case["inputs"][name]) for name in ("W1", "W2", "W3")]
    none = [np.zeros(len(w)) for w in weights]
    result = relu_rules.relu_rule_map(weights, none, np.array(case["inputs"]["x"]), rule)
    near(result, case["expected"]["backprop" if rule == "gradient" else rule])
    fast = {
        "gradient": attribution.saliency,
        "deconvnet": attribution.deconvnet,
        "guided": attribution.guided_backprop,
    }[rule]
    for seed in range(10):
        weights, biases, model, x, _ = relu_net(seed)
        near(
            relu_rules.relu_rule_map(weights, biases, x, rule),
            fast(model, torch.from_numpy(x)[None], 0)[0],
        )
