"""Made examples of data with zero, one, three and four structured axes."""

import numpy as np

from course_lib import validate


def gene_expression(n, *, genes=50, rng=None):
    """Make unstructured data: expression levels of genes, in two classes.

    x[n, g] = noise + (2 if the class is 1 and gene g is one of ten markers)

    The order of the genes carries no information; the markers lie anywhere.

    Args:
        n: how many samples.
        genes: how many genes, at least 10.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        (x, labels): (N, genes) and (N,) with classes 0 and 1.

    Raises:
        ValueError: n below 0 or fewer than 10 genes.

    Source:
        Document 000, structured data, example 1.

    >>> gene_expression(4, rng=np.random.default_rng(0))[0].shape
    (4, 50)
    """
    rng = validate.random_generator(rng)
    n = validate.integer("n", n, minimum=0)
    genes = validate.integer("genes", genes, minimum=10)
    markers = rng.permutation(genes)[:10]
    labels = rng.integers(2, size=n)
    x = rng.normal(size=(n, genes))
    x[:, markers] += 2 * labels[:, None]
    return x, labels


def time_course(genes, steps, *, rng=None):
    """Make data with one structured axis: the expression of genes over time.

    x[g, t] = sin(2 pi t / period[g] + phase[g]) + noise

    Args:
        genes: how many genes; their order means nothing.
        steps: how many points in time; their order does.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        (genes, steps).

    Raises:
        ValueError: genes or steps below 1.

    Source:
        Document 000, structured data, example 2.

    >>> time_course(3, 24, rng=np.random.default_rng(0)).shape
    (3, 24)
    """
    rng = validate.random_generator(rng)
    genes = validate.integer("genes", genes, minimum=1)
    steps = validate.integer("steps", steps, minimum=1)
    period = rng.uniform(8, 24, size=(genes, 1))
    phase = rng.uniform(0, 2 * np.pi, size=(genes, 1))
    return np.sin(2 * np.pi * np.arange(steps) / period + phase) + rng.normal(
        0, 0.1, size=(genes, steps)
    )


def phantom(shape):
    """Make a volume that stands in for a scan: a ball in a ball, beating if there is a time axis.

    x[p] = 0.5 if |p| < 0.9, and 0.5 more if |p| < r; r = 0.4 + 0.2 sin(2 pi t / T)

    Args:
        shape: (D, H, W) for voxels, or (D, H, W, T) for doxels; positions p run from -1 to 1.

    Returns:
        An array of that shape, values 0, 0.5 and 1.

    Raises:
        ValueError: not three or four axes, or one below 1.

    Source:
        Document 000, structured data, examples 6 and 7.

    >>> phantom((3, 3, 3))[1]
    array([[0. , 0.5, 0. ],
           [0.5, 1. , 0.5],
           [0. , 0.5, 0. ]])
    """
    if len(shape) not in (3, 4):
        raise ValueError(f"shape must have 3 axes (D, H, W) or 4 (D, H, W, T), got {shape}")
    sizes = [validate.integer("shape", size, minimum=1) for size in shape]
    # The centres of the cells, so that one cell alone lies at 0.
    axes = [(2 * np.arange(size) + 1) / size - 1 for size in sizes[:3]]
    radius = np.sqrt(sum(grid**2 for grid in np.meshgrid(*axes, indexing="ij")))
    if len(sizes) == 3:
        return 0.5 * (radius < 0.9) + 0.5 * (radius < 0.4)
    beat = 0.4 + 0.2 * np.sin(2 * np.pi * np.arange(sizes[3]) / sizes[3])
    return 0.5 * (radius < 0.9)[..., None] + 0.5 * (radius[..., None] < beat)
