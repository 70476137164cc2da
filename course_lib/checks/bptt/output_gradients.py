"""output_gradients: from the states to the loss of each step, and one step back."""

import numpy as np

from course_lib.checks.cases import Case, array, arrays, call, mistakes


def _case(why, numbers, arguments, group=None):
    expected = arrays(numbers, *(one.shape for one in arguments[:3]))
    return Case(why, call(*arguments), expected, group)


def cases():
    h, w_o, c = array("0.5 -0.5", 1, 1, 2), array("1 0 0 1 0 0", 3, 2), array([0, 1, 0.5])
    why = "three scores of 0.5: a third each, and the label takes 1 away"
    numbers = """-0.666666666667 0.333333333333 | -0.333333333333 0.333333333333 0.166666666667
        -0.166666666667 0.166666666667 -0.166666666667 | -0.666666666667 0.333333333333
        0.333333333333"""
    yield _case(why, numbers, (h, w_o, c, np.array([[0]])))
    h, labels = array("0.5 0 1 0.25 0 -1", 3, 1, 2), np.array([[2], [0], [1]])
    numbers = """0.274068619061 0.451862761878 -0.654045805178 0.444213979162 0.274068619061
        -0.725931380939 | -0.517011495647 -0.437580070356 0.6701453601 0.836984875729
        -0.153133864453 -0.399404805374 | -0.105908567055 0.1701453601 -0.0642367930452"""
    yield _case("three steps", numbers, (h, w_o, c, labels))
    h, labels = array("0.5 -1 1 0 0.5 1", 2, 3, 1), np.array([[3, 0, 1], [0, 2, 2]])
    w_o, c = array("1 0 -1 0.5", 4, 1), array([0, 0.5, 0, -1])
    numbers = """-0.207889707093 -1.45155941351 0.496810042167 -0.954205126728 1.29211029291
        1.49681004217 | 2.32034996094 -0.338466280083 -1.77192111349 -0.209962567367 |
        0.0944498556299 1.1138191305 -0.78784051156 -0.420428474565"""
    yield _case("two steps, three sequences", numbers, (h, w_o, c, labels), "details")


def random(rng):
    for group in ("idea", "details"):
        T, N, M, K = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        N = 1 if group == "idea" else N
        h, w_o, c = rng.normal(size=(T, N, M)), rng.normal(size=(K, M)), rng.normal(size=K)
        yield Case("random numbers", call(h, w_o, c, rng.integers(0, K, size=(T, N))), group=group)


POINTS = {"idea": 1, "details": 1}
RETURNS = ("dh", "dw_o", "dc")
SHAPES = "h: T N M, w_o: K M, c: K, labels: T N"
MISTAKES = mistakes(r"""
mean for sum: Is the loss a mean over steps and sequences, or a sum?
    do = p - np.eye(len(c))[labels] -> do = (p - np.eye(len(c))[labels]) / labels.size
    [labels] -> [labels]\n    do /= h.shape[1] || [labels]\n    do = do / h[:, :, 0].size
softmax over another axis: Over which axis must the probabilities add up to 1?
    axis=2 -> axis=0 || axis=1 || axis=(0, 2) || axis=(0, 1, 2)
    p /= p.sum(axis=2, keepdims=True) -> p = np.exp(scores) / np.exp(scores).sum()
label not subtracted: Which score should rise, and where does the gradient say so?
    p - np.eye(len(c))[labels] -> p || p - 0
no softmax: Are scores probabilities?
    do = p -> do = scores || do = h @ w_o.T + c
softmax differentiated twice: What is the gradient of softmax and cross-entropy taken together?
    [labels] -> [labels]\n    do *= p * (1 - p) || [labels]\n    do = do * (p - p**2)
bias ignored: What is added to the scores?
    w_o.T + c -> w_o.T || w_o.T + 0 * c
""")
