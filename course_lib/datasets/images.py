"""Images: real digits, photographs and an MRI slice, and images whose class is a planted patch."""

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib import validate


class LabelledImages(NamedTuple):
    """Images with their classes, split into a part for training and one for testing."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class PlantedPatches(NamedTuple):
    """Images, their classes, and where in each image the patch lies that decides the class."""

    images: np.ndarray
    labels: np.ndarray
    masks: np.ndarray


#: The two patches of `planted_patches`: class 0 is a plus sign, class 1 a multiplication sign.
PATCHES = np.array(
    [
        [[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0]],
        [[1, 0, 0, 0, 1], [0, 1, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 1]],
    ],
    dtype=np.float64,
)


def digits(*, rng=None, test_share=0.25):
    """Return the 1,797 handwritten digits of scikit-learn, shuffled and split.

    x = pixel / 16

    Args:
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.
        test_share: the share of images kept for testing, above 0 and below 1.

    Returns:
        LabelledImages(x_train, y_train, x_test, y_test): images (N, 1, 8, 8) in [0, 1], classes
        (N,) in 0..9.

    Raises:
        ValueError: test_share outside (0, 1).

    Source:
        Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI repository (1998).

    >>> digits(rng=np.random.default_rng(0)).x_train.shape
    (1348, 1, 8, 8)
    """
    rng = validate.random_generator(rng)
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must be above 0 and below 1, got {test_share}")
    images, labels = _scanned()
    images = images[:, None] / 16
    order = rng.permutation(len(labels))
    test, train = np.split(order, [round(test_share * len(order))])
    return LabelledImages(images[train], labels[train], images[test], labels[test])


def planted_patches(n, *, rng=None, noise=0.1):
    """Make images with a digit that means nothing and a patch that is the class.

    image = digit in one quadrant + patch in another + noise, clipped to [0, 1]

    An explanation of a model that solves this task should point at the patch.

    Args:
        n: how many images.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.
        noise: standard deviation of the noise on every pixel.

    Returns:
        PlantedPatches(images, labels, masks): (N, 1, 16, 16) in [0, 1]; (N,), 0 for a plus sign
        and 1 for a multiplication sign; (N, 16, 16) bool, true on the 5x5 patch.

    Raises:
        TypeError: n is not an integer.
        ValueError: n below 0, or noise below 0.

    Source:
        Arras, Osman and Samek, CLEVR-XAI (2022), on ground truth for explanations.

    >>> planted_patches(3, rng=np.random.default_rng(0)).masks.sum(axis=(1, 2))
    array([25, 25, 25])
    """
    rng = validate.random_generator(rng)
    n = validate.integer("n", n, minimum=0)
    if noise < 0:
        raise ValueError(f"noise must be at least 0, got {noise}")
    distractors = _scanned()[0] / 16
    images = rng.normal(0, noise, size=(n, 1, 16, 16))
    labels = rng.integers(2, size=n)
    masks = np.zeros((n, 16, 16), dtype=bool)
    for image, label, mask in zip(images[:, 0], labels, masks, strict=True):
        corners = rng.permutation([(0, 0), (0, 8), (8, 0), (8, 8)])
        (top, left), corner = corners[0], corners[1] + rng.integers(4, size=2)
        image[top : top + 8, left : left + 8] += distractors[rng.integers(len(distractors))]
        place = slice(corner[0], corner[0] + 5), slice(corner[1], corner[1] + 5)
        image[place] += PATCHES[label]
        mask[place] = True
    return PlantedPatches(images.clip(0, 1), labels, masks)


def photograph(name="china", *, shrink=1, crop=None, colour=False):
    """Return one of scikit-learn's two photographs, 427 rows by 640 columns.

    grey = 0.299 red + 0.587 green + 0.114 blue

    Args:
        name: "china" (a temple) or "flower".
        shrink: average blocks of shrink x shrink pixels; rows and columns left over are cut off.
        crop: (top, left, height, width) in pixels before shrinking, or None for the whole.
        colour: keep the three channels.

    Returns:
        (H, W) grey values in [0, 1], or (3, H, W) with `colour`.

    Raises:
        ValueError: an unknown name, a crop outside the photograph, or shrink below 1 or above the
            size of the crop.

    Source:
        scikit-learn, load_sample_image; the weights of grey are those of ITU-R BT.601.

    >>> photograph("flower", shrink=4).shape
    (106, 160)
    """
    validate.choice("name", name, ("china", "flower"))
    image = _bundled_photograph(f"{name}.jpg").transpose(2, 0, 1) / 255
    if crop is not None:
        top, left, height, width = (validate.integer("crop", part, minimum=0) for part in crop)
        if height < 1 or width < 1 or top + height > 427 or left + width > 640:
            raise ValueError(
                f"crop must be a (top, left, height, width) inside 427 x 640 pixels, got {crop}"
            )
        image = image[:, top : top + height, left : left + width]
    H, W = image.shape[1:]
    shrink = validate.integer("shrink", shrink, minimum=1, maximum=min(H, W))
    H, W = H // shrink, W // shrink
    blocks = image[:, : H * shrink, : W * shrink].reshape(3, H, shrink, W, shrink)
    image = blocks.mean(axis=(2, 4))
    return image if colour else np.tensordot([0.299, 0.587, 0.114], image, axes=1)


def mri_slice():
    """Return a slice of a magnetic resonance image of a head, which comes with matplotlib.

    x = value / largest value

    Returns:
        (256, 256) grey values in [0, 1].

    Source:
        matplotlib's sample data, `s1045.ima.gz`: 16-bit integers, high byte first.

    >>> mri_slice().shape
    (256, 256)
    """
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "sample_data" / "s1045.ima.gz"
    with gzip.open(path) as file:
        image = np.frombuffer(file.read(), dtype=">u2").reshape(256, 256).astype(np.float64)
    return image / image.max()


def _bundled(*path):
    """Return the path of a file in scikit-learn, whose import alone would take a second."""
    package = find_spec("sklearn")
    return Path(package.origin if package else "").parent.joinpath("datasets", *path)


def _scanned():
    """Return scikit-learn's 1797 digits, (N, 8, 8) from 0 to 16, and their labels."""
    try:
        rows = np.loadtxt(_bundled("data", "digits.csv.gz"), delimiter=",")
    except OSError:  # kept elsewhere by this version, or not installed: the import says which
        from sklearn.datasets import load_digits

        found = load_digits()
        return found.images, found.target
    return rows[:, :-1].reshape(-1, 8, 8), rows[:, -1].astype(int)


def _bundled_photograph(file):
    """Return a photograph of scikit-learn, (H, W, 3) from 0 to 255."""
    from PIL import Image

    try:
        with Image.open(_bundled("images", file)) as image:
            return np.asarray(image)
    except OSError:
        from sklearn.datasets import load_sample_image

        return load_sample_image(file)
