"""One argument for all that is random, with one meaning: None, a seed, or a Generator."""

import inspect

import numpy as np
import pytest
import torch

from course_lib import attribution, datasets, models

WORDS = [f"w{i}" for i in range(12)]
NET = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()


def square(masks):
    return np.tanh(masks @ np.arange(12.0)) + masks[:, :3].all(axis=1)


def some_left(documents):
    return [len(set(words) & set(WORDS[:6])) > 2 for words in documents]


def weights(steps):
    return [layer.state_dict() for _, layer in steps][-1]["0.weight"].numpy()


def trained_briefly(rng):
    model = torch.nn.utils.skip_init(torch.nn.Linear, 1, 2)
    with torch.no_grad():
        model.weight[:], model.bias[:] = 0, 0
    x = np.arange(8.0)[:, None] / 8
    models.train(model, x, (x[:, 0] > 0.4).astype(int), epochs=1, batch_size=3, rng=rng)
    return model.weight.detach().numpy()


#: Every function that draws: name -> call with rng, giving an array.
FUNCTIONS = {
    "kernel_shap": lambda rng: attribution.kernel_shap(square, 12, n_evals=60, rng=rng).values,
    "shapley_sampling": lambda rng: (
        attribution.shapley_sampling(square, 12, n_evals=60, rng=rng).values
    ),
    "sample_unk": lambda rng: attribution.sample_unk(WORDS, [0], 9, rng=rng),
    "sampled_precision": lambda rng: np.array(
        attribution.sampled_precision(WORDS, some_left, [0], n=1001, rng=rng)
    ),
    "sample_neighbours": lambda rng: np.array(
        attribution.sample_neighbours(WORDS, [], 9, neighbours={w: ["x"] for w in WORDS}, rng=rng)
    ),
    "explain_anchor": lambda rng: np.array(
        attribution.explain_anchor(
            WORDS, some_left, threshold=0.999, max_evals=1500, rng=rng
        ).precision
    ),
    "smoothgrad": lambda rng: attribution.smoothgrad(
        NET, torch.ones(2, 3).double() * torch.arange(3), 0, n_samples=3, rng=rng
    ).numpy(),
    "randomise": lambda rng: weights(attribution.randomise(NET, rng=rng)),
    "digits": lambda rng: datasets.digits(rng=rng).x_test,
    "planted_patches": lambda rng: datasets.planted_patches(9, rng=rng).images,
    "four_maps": lambda rng: datasets.four_maps(rng=rng).maps,
    "planted_motif": lambda rng: datasets.planted_motif(9, rng=rng).one_hot,
    "restaurant_reviews": lambda rng: np.array(
        [len(words) for words in datasets.restaurant_reviews(99, rng=rng).tokens]
    ),
    "gene_expression": lambda rng: datasets.gene_expression(9, rng=rng)[0],
    "time_course": lambda rng: datasets.time_course(9, 5, rng=rng),
    "train": lambda rng: trained_briefly(rng),
}
OF_TORCH = ("smoothgrad", "randomise", "train")


def test_every_function_with_an_rng_is_here():
    drawing = {}
    for package in (attribution, datasets, models):
        for name in package.__all__:
            if inspect.isfunction(function := getattr(package, name)):
                parameters = inspect.signature(function).parameters
                assert "generator" not in parameters
                if "rng" in parameters:
                    drawing[name] = parameters["rng"]
    assert {name for name in drawing if not name.startswith("train_")} == set(FUNCTIONS)
    for rng in drawing.values():
        assert rng.default is None and rng.kind is rng.KEYWORD_ONLY


@pytest.mark.parametrize("name", FUNCTIONS)
def test_none_draws_anew_a_seed_repeats_itself_and_a_generator_goes_on(name):
    draw = FUNCTIONS[name]

    def differ(rngs):
        return any(not np.array_equal(draw(a), draw(b)) for a, b in rngs)

    assert differ([(None, None)] * 5)
    assert not differ([(3, 3), (np.int64(3), np.random.default_rng(3))])
    assert differ([(3, 4), (5, 6)])
    same = np.random.default_rng(3)
    assert differ([(same, same)] * 3)
    if name in OF_TORCH:
        one, two = (torch.Generator().manual_seed(1) for _ in range(2))
        assert np.array_equal(draw(one), draw(two))
        assert differ([(one, one)])
        torch.manual_seed(0)
        before = torch.get_rng_state()
        draw(None)
        assert torch.equal(torch.get_rng_state(), before)  # the caller's own is left alone


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("rng", [True, 1.0, "0", [1]])
def test_anything_else_is_refused(name, rng):
    with pytest.raises(
        TypeError, match=f"rng must be None, a seed or .*, got {type(rng).__name__}"
    ):
        FUNCTIONS[name](rng)
    with pytest.raises(ValueError, match="rng must be an integer of at least 0, got -1"):
        FUNCTIONS[name](-1)
