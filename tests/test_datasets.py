"""Data for the chapters: shapes, ranges, planted truth, seeding and refusals."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from course_lib import datasets


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_worked_numbers_are_arrays_of_their_own(oracles):
    example = datasets.worked("conv2d_rgb")
    assert example["inputs"]["image"].shape == (3, 6, 6)
    assert np.array_equal(example["inputs"]["image"], oracles["conv2d_rgb"]["inputs"]["image"])
    example["inputs"]["image"][:] = 0
    assert datasets.worked("conv2d_rgb")["inputs"]["image"].any()
    assert isinstance(datasets.worked("anchors_samples")["inputs"]["tokens"][0], str)


def test_an_unknown_worked_example_is_refused():
    with pytest.raises(ValueError, match="name must be one of .*conv2d_rgb.*, got 'rgb'"):
        datasets.worked("rgb")


def test_every_worked_example_can_be_read(oracles):
    for name in oracles:
        assert set(datasets.worked(name)) >= {"documents", "formula", "inputs", "expected"}


def test_digits_are_split_without_loss(rng, oracles):
    data = datasets.digits(rng=rng, test_share=0.2)
    assert data.x_test.shape == (359, 1, 8, 8) and data.x_train.shape == (1438, 1, 8, 8)
    assert len(data.y_test) == 359 and len(data.y_train) == 1438
    images = np.concatenate([data.x_train, data.x_test])
    labels = np.concatenate([data.y_train, data.y_test])
    assert images.min() == 0 and images.max() == 1 and images.dtype == np.float64
    printed = np.array(oracles["digit_matrix"]["expected"]["matrix"])[1:-1, 1:-1]
    found = np.flatnonzero((images[:, 0] * 16 == printed).all(axis=(1, 2)))
    assert len(found) == 1 and labels[found[0]] == 0
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_are_scikit_learns(rng):
    from sklearn.datasets import load_digits

    mine, theirs = datasets.digits(rng=rng, test_share=0.5), load_digits()
    found = Counter(zip(map(bytes, np.vstack([mine.x_train, mine.x_test])),
                        np.append(mine.y_train, mine.y_test), strict=True))  # fmt: skip
    assert found == Counter(zip(map(bytes, theirs.images / 16), theirs.target, strict=True))


def test_where_scikit_learn_keeps_its_files_elsewhere_it_is_asked_itself(monkeypatch):
    here = datasets.digits(rng=np.random.default_rng(1)), datasets.photograph("flower")
    monkeypatch.setattr("course_lib.datasets.images._bundled", lambda *path: Path("nowhere"))
    there = datasets.digits(rng=np.random.default_rng(1)), datasets.photograph("flower")
    assert all(map(np.array_equal, (*here[0], here[1]), (*there[0], there[1])))


def test_without_scikit_learn_the_message_names_it(monkeypatch):
    monkeypatch.setattr("course_lib.datasets.images.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="sklearn"):
        datasets.photograph()


def test_digits_follow_the_generator():
    first, same, other = (datasets.digits(rng=np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first.x_test, same.x_test)
    assert not np.array_equal(first.x_test, other.x_test)


@pytest.mark.parametrize("share", [0, 1, -0.1, float("nan")])
def test_digits_refuse_a_share_outside_zero_and_one(share, rng):
    with pytest.raises(ValueError, match="test_share must be above 0 and below 1"):
        datasets.digits(rng=rng, test_share=share)


def test_planted_patches_hold_the_patch_where_the_mask_says(rng):
    images, labels, masks = datasets.planted_patches(60, rng=rng, noise=0)
    assert images.shape == (60, 1, 16, 16) and images.min() >= 0 and images.max() <= 1
    assert set(labels) == {0, 1}
    plus = np.zeros((5, 5))
    plus[2] = plus[:, 2] = 1
    cross = np.maximum(np.eye(5), np.eye(5)[::-1])
    quadrants = set()
    for image, label, mask in zip(images[:, 0], labels, masks, strict=True):
        assert np.array_equal(image[mask].reshape(5, 5), cross if label else plus)
        rows, columns = np.nonzero(mask)
        assert np.ptp(rows) == np.ptp(columns) == 4
        outside = image[~mask] > 0
        assert 10 < outside.sum() < 64  # the digit that means nothing
        quadrants.add((rows[0] // 8, columns[0] // 8))
        assert rows[0] // 8 == rows[-1] // 8 and columns[0] // 8 == columns[-1] // 8
    assert len(quadrants) == 4


def test_planted_patches_are_noisy_by_the_amount_asked(rng):
    corner = datasets.planted_patches(3000, rng=rng, noise=0.05).images[:, 0, 7, 7]
    noisy = corner[(corner > 0) & (corner < 0.15)]  # the upper half of the noise, nothing else
    assert np.sqrt((noisy**2).mean()) == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"n": -1}, "n must be an integer of at least 0"), ({"n": 2, "noise": -1}, "noise must be")],
)
def test_planted_patches_refuse(options, message, rng):
    with pytest.raises(ValueError, match=message):
        datasets.planted_patches(rng=rng, **options)


def test_photographs_are_grey_shrunk_and_cropped():
    from sklearn.datasets import load_sample_image

    china = load_sample_image("china.jpg") / 255
    whole = datasets.photograph()
    assert whole.shape == (427, 640) and 0 <= whole.min() < whole.max() <= 1
    r, g, b = china[3, 5]
    assert whole[3, 5] == pytest.approx(0.299 * r + 0.587 * g + 0.114 * b, rel=1e-12)
    colour = datasets.photograph("flower", crop=(10, 20, 30, 42), colour=True)
    flower = load_sample_image("flower.jpg") / 255
    assert np.array_equal(colour, flower[10:40, 20:62].transpose(2, 0, 1))
    small = datasets.photograph(shrink=4)
    assert small.shape == (106, 160)
    assert small[1, 2] == pytest.approx(whole[4:8, 8:12].mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "cat"}, "name must be one of 'china', 'flower', got 'cat'"),
        ({"crop": (400, 0, 28, 10)}, "crop must be .* inside 427 x 640"),
        ({"crop": (0, 600, 10, 41)}, "crop must be .* inside 427 x 640"),
        ({"crop": (0, 0, 0, 10)}, "crop must be"),
        ({"crop": (0, 0, 10, 0)}, "crop must be"),
        ({"crop": (-1, 0, 10, 10)}, "crop must be an integer of at least 0"),
        ({"shrink": 0}, "shrink must be an integer of at least 1"),
        ({"shrink": 6, "crop": (0, 0, 5, 50)}, "shrink must be .* at most 5"),
    ],
)
def test_photographs_refuse(options, message):
    with pytest.raises(ValueError, match=message):
        datasets.photograph(**options)


def test_a_crop_may_touch_the_edges():
    assert datasets.photograph(crop=(426, 639, 1, 1)).shape == (1, 1)
    assert datasets.photograph(crop=(0, 0, 427, 640)).shape == (427, 640)


def test_mri_slice_is_a_head_on_black():
    image = datasets.mri_slice()
    assert image.shape == (256, 256) and image.min() == 0 and image.max() == 1
    assert image[:10, :10].mean() < 0.05 < image[100:150, 100:150].mean()


def test_one_hot_and_decode_undo_each_other(rng):
    sequence = "".join(rng.choice(list("ACGT"), size=50))
    x = datasets.one_hot(sequence)
    assert x.shape == (4, 50) and x.dtype == np.float64
    assert (x.sum(axis=0) == 1).all()
    assert datasets.decode(x) == sequence
    assert datasets.one_hot("ba", alphabet="ab").tolist() == [[0, 1], [1, 0]]
    assert datasets.decode(np.array([[0, 1], [1, 0]]), alphabet="ab") == "ba"
    assert datasets.one_hot("").shape == (4, 0) and datasets.decode(np.zeros((4, 0))) == ""


def test_one_hot_refuses_a_stranger():
    with pytest.raises(ValueError, match="alphabet 'ACGT', got 'N' at position 2"):
        datasets.one_hot("ACN")


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((3, 2)), r"x must have shape \(4, L\)"),
        (np.zeros((4, 2)), "x must be one-hot"),
        (np.eye(4) * 0.5, "x must be one-hot"),
        (np.array([[1.0, 1], [1, 0], [0, 0], [0, 0]]), "x must be one-hot"),
        (np.array([[2.0], [-1], [0], [0]]), "x must be one-hot"),
    ],
)
def test_decode_refuses(x, message):
    with pytest.raises(ValueError, match=message):
        datasets.decode(x)


def test_the_motif_is_where_the_mask_says_and_nowhere_else(rng):
    x, labels, masks = datasets.planted_motif(601, rng=rng, length=30, motif="GAT")
    assert x.shape == (601, 4, 30) and masks.shape == (601, 30)
    assert labels.sum() == 300
    starts = set()
    for sequence, label, mask in zip(map(datasets.decode, x), labels, masks, strict=True):
        assert sequence.count("GAT") == label
        assert "".join(np.array(list(sequence))[mask]) == "GAT" * label
        if label:
            starts.add(int(mask.argmax()))
    assert starts == set(range(28))
    assert np.allclose(x[labels == 0].mean(axis=(0, 2)), 0.25, atol=0.03)


def test_no_sequences_are_an_empty_batch(rng):
    assert datasets.planted_motif(0, rng=rng).one_hot.shape == (0, 4, 40)
    assert datasets.restaurant_reviews(0, rng=rng).labels.shape == (0,)
    assert datasets.planted_patches(0, rng=rng).images.shape == (0, 1, 16, 16)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": -1}, "n must be"),
        ({"n": 1, "motif": "TAXA"}, "got 'X' at position 2"),
        ({"n": 1, "motif": ""}, "length of motif must be an integer of at least 1"),
        ({"n": 1, "length": 5}, "length must be an integer of at least 6"),
        ({"n": 1, "length": 49, "motif": "TA"}, "length must be .* at most 48"),
    ],
)
def test_planted_motif_refuses(options, message, rng):
    with pytest.raises(ValueError, match=message):
        datasets.planted_motif(rng=rng, **options)


def test_the_longest_sequence_for_a_short_motif_is_still_made(rng):
    x, labels, _ = datasets.planted_motif(4, rng=rng, length=48, motif="TA")
    assert [datasets.decode(one).count("TA") for one in x] == labels.tolist()


def test_the_text_has_lines_and_closed_quotations():
    text = datasets.character_text()
    lines = text.split("\n")
    assert 4000 < len(text) < 8000
    assert max(map(len, lines)) <= 32 and len(lines) > 80
    assert text.count('"') % 2 == 0 and text.count('"') > 60
    assert text.isascii()


def test_the_example_of_the_document_belongs_to_the_language(oracles):
    tokens = oracles["anchors_samples"]["inputs"]["tokens"]
    assert list(datasets.EXAMPLE_REVIEW) == tokens and len(tokens) == 20
    assert datasets.sentiment(tokens) == 1
    deciding = np.flatnonzero(datasets.deciding_words(tokens))
    assert [tokens[i] for i in deciding] == oracles["anchors_samples"]["inputs"]["anchor"]
    vocabulary = {
        word
        for review in datasets.restaurant_reviews(400, rng=np.random.default_rng(0)).tokens
        for word in review
    }
    assert set(tokens) <= vocabulary


@pytest.mark.parametrize(
    ("review", "label", "deciding"),
    [
        ("the food is bad", 0, [3]),
        ("the food is not bad", 1, [3, 4]),
        ("the food is not great", 0, [3, 4]),
        ("the food is bad and so is the soup prices are fine", 0, [3, 11]),
        ("the food is fine prices are slow the cake is tasty", 1, [3, 6, 10]),
        ("the food is not bad and so is the soup prices are rude", 1, [3, 4, 12]),
        ("UNK not UNK", 0, []),
        ("not UNK great", 1, [2]),
        ("great", 1, [0]),
        ("bad not", 0, [0]),
    ],
)
def test_sentiment_counts_votes(review, label, deciding):
    tokens = review.split()
    assert datasets.sentiment(tokens) == label
    assert np.flatnonzero(datasets.deciding_words(tokens)).tolist() == deciding


def test_reviews_carry_their_labels_and_masks(rng):
    tokens, labels, masks = datasets.restaurant_reviews(500, rng=rng)
    assert 0.4 < labels.mean() < 0.6
    assert labels.tolist() == [datasets.sentiment(review) for review in tokens]
    assert all(len(mask) == len(review) for mask, review in zip(masks, tokens, strict=True))
    assert all(review[0] != "and" for review in tokens)
    joined = " ".join(" ".join(review) for review in tokens)
    for part in ("on the menu is", "and so is the", "is not", "are not"):
        assert part in joined
    assert {review.count("is") + review.count("are") for review in tokens} == {2, 3, 4}
    with pytest.raises(ValueError, match="n must be an integer of at least 0"):
        datasets.restaurant_reviews(-1, rng=rng)


def test_gene_expression_separates_the_classes_by_ten_genes(rng):
    x, labels = datasets.gene_expression(4000, genes=30, rng=rng)
    difference = x[labels == 1].mean(axis=0) - x[labels == 0].mean(axis=0)
    assert (np.abs(difference - 2) < 0.2).sum() == 10
    assert (np.abs(difference) < 0.2).sum() == 20
    with pytest.raises(ValueError, match="genes must be an integer of at least 10"):
        datasets.gene_expression(1, genes=9, rng=rng)
    with pytest.raises(ValueError, match="n must be"):
        datasets.gene_expression(-1, rng=rng)


def test_time_course_is_smooth_in_time_only(rng):
    x = datasets.time_course(200, 60, rng=rng)
    along_time = np.corrcoef(x[:, :-1].ravel(), x[:, 1:].ravel())[0, 1]
    along_genes = np.corrcoef(x[:-1].ravel(), x[1:].ravel())[0, 1]
    assert along_time > 0.85 and abs(along_genes) < 0.1
    for bad in ((0, 5), (5, 0)):
        with pytest.raises(ValueError, match="must be an integer of at least 1"):
            datasets.time_course(*bad, rng=rng)


def test_phantom_is_symmetric_and_beats():
    still = datasets.phantom((20, 20, 20))
    assert set(np.unique(still)) == {0, 0.5, 1}
    assert np.array_equal(still, still[::-1]) and np.array_equal(still, still.transpose(2, 0, 1))
    assert (still > 0).mean() == pytest.approx(np.pi / 6 * 0.9**3, rel=0.03)
    assert (still == 1).mean() == pytest.approx(np.pi / 6 * 0.4**3, rel=0.1)
    beating = datasets.phantom((20, 20, 20, 8))
    volume = (beating == 1).mean(axis=(0, 1, 2))
    assert beating.shape == (20, 20, 20, 8)
    assert np.array_equal(beating[..., 0], still)
    assert volume[2] == pytest.approx(np.pi / 6 * 0.6**3, rel=0.1) and volume.argmax() == 2
    assert volume[6] == pytest.approx(np.pi / 6 * 0.2**3, rel=0.2) and volume.argmin() == 6


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 3, 3, 3), (3, 0, 3)])
def test_phantom_refuses(shape):
    with pytest.raises(ValueError, match="shape must"):
        datasets.phantom(shape)


def test_datasets_import_nothing_that_takes_a_second_and_no_reference():
    script = (
        "import sys, course_lib.datasets as d, numpy as np;"
        "d.digits(rng=np.random.default_rng(0)); d.photograph(); d.mri_slice();"
        "d.planted_motif(2, rng=np.random.default_rng(0)); d.character_text();"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('torch', 'triton', 'sklearn')"
        " or m.startswith('course_lib.reference')];"
        "sys.exit(str(bad) if bad else 0)"
    )
    root = Path(__file__).resolve().parents[1]
    result = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True)
    assert result.returncode == 0, result.stderr.decode()
