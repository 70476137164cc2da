"""Sequences of symbols: DNA with a planted motif, and a text for character models."""

from importlib.resources import files
from typing import NamedTuple

import numpy as np

from course_lib import validate

#: The alphabet of DNA.
DNA = "ACGT"


class PlantedMotif(NamedTuple):
    """Sequences, whether the motif was planted in them, and where."""

    one_hot: np.ndarray
    labels: np.ndarray
    masks: np.ndarray


def one_hot(sequence, alphabet=DNA):
    """Write each symbol of a sequence as a column with a single one.

    x[a, i] = 1 if sequence[i] is alphabet[a], else 0

    Args:
        sequence: a string (or list of symbols) of length L.
        alphabet: the symbols in the order of the rows.

    Returns:
        (len(alphabet), L) float64; each column sums to one.

    Raises:
        ValueError: a symbol that is not in the alphabet.

    Source:
        Document 000, structured data, example 3.

    >>> one_hot("CA")
    array([[0., 1.],
           [1., 0.],
           [0., 0.],
           [0., 0.]])
    """
    places = {symbol: row for row, symbol in enumerate(alphabet)}
    x = np.zeros((len(alphabet), len(sequence)))
    for position, symbol in enumerate(sequence):
        if symbol not in places:
            raise ValueError(
                f"sequence must use the symbols of the alphabet {alphabet!r}, got {symbol!r} at "
                f"position {position}"
            )
        x[places[symbol], position] = 1
    return x


def decode(x, alphabet=DNA):
    """Turn one-hot columns back into a string, the inverse of `one_hot`.

    sequence[i] = alphabet[a] where x[a, i] = 1

    Args:
        x: (len(alphabet), L), one-hot in each column.
        alphabet: the symbols in the order of the rows.

    Returns:
        A string of length L.

    Raises:
        ValueError: x has another number of rows, or a column that is not one-hot.

    Source:
        Document 000, structured data, example 3.

    >>> decode(one_hot("GATTACA"))
    'GATTACA'
    """
    x = np.asarray(x)
    validate.shape("x", x, [len(alphabet), "L"])
    if not (((x == 0) | (x == 1)).all() and (x.sum(axis=0) == 1).all()):
        raise ValueError("x must be one-hot: exactly one 1 in each column and 0 elsewhere")
    return "".join(alphabet[row] for row in x.argmax(axis=0))


def planted_motif(n, *, rng=None, length=40, motif="TATAAT"):
    """Make random DNA; half of the sequences hold the motif once, the others never.

    P(base) = 1/4 at every position that the motif does not cover

    Args:
        n: how many sequences.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.
        length: bases in each sequence.
        motif: the string to plant; the default is the Pribnow box of bacterial promoters.

    Returns:
        PlantedMotif(one_hot, labels, masks): (N, 4, L), (N,) with 1 where the motif is, (N, L)
        bool, true on the motif's bases.

    Raises:
        ValueError: n below 0, a motif that is empty or has other symbols, or a length below the
            motif's K bases or above 3 * 4**K, where chance alone puts it nearly everywhere.

    Source:
        Lanchantin et al., Deep Motif Dashboard (2017), on motifs as explanations.

    >>> planted_motif(2, rng=np.random.default_rng(0), length=8).one_hot.shape
    (2, 4, 8)
    """
    rng = validate.random_generator(rng)
    n = validate.integer("n", n, minimum=0)
    one_hot(motif)  # refuses other symbols
    K = validate.integer("the length of motif", len(motif), minimum=1)
    length = validate.integer("length", length, minimum=K, maximum=3 * 4**K)
    labels = rng.permutation(n) % 2
    masks = np.zeros((n, length), dtype=bool)
    sequences = []
    for label, mask in zip(labels, masks, strict=True):
        while True:
            sequence = "".join(DNA[base] for base in rng.integers(4, size=length))
            start = rng.integers(length - K + 1)
            if label:
                sequence = sequence[:start] + motif + sequence[start + K :]
            places = [i for i in range(length - K + 1) if sequence.startswith(motif, i)]
            if len(places) == label:
                break
        mask[start : start + K] = label
        sequences.append(one_hot(sequence))
    return PlantedMotif(np.array(sequences).reshape(n, 4, length), labels, masks)


def character_text():
    """Return a short story with quotations and line breaks, written for this course.

    Lines are at most 32 characters wide, so that a model must know where in the line it is; each
    quotation opens and closes with the same mark and is in capitals, so that it must know whether
    one is open.

    Returns:
        A string of about 5,000 characters.

    Source:
        Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks (2016), for
        what such a text must hold.

    >>> character_text()[:8]
    'The mill'
    """
    return (files("course_lib") / "data" / "mill.txt").read_text(encoding="utf-8")
