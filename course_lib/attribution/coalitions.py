"""Which coalitions to look at: all of them, or pairs of complements drawn size by size."""

from functools import lru_cache
from itertools import chain, combinations
from math import comb
from typing import NamedTuple

import numpy as np

_BLOCK = 4096


def all_coalitions(d):
    """Yield (number of the first, masks) over all 2^d coalitions; bit j of the number is player j.

    Args:
        d: number of players, at most 32.
    """
    for first in range(0, 2**d, _BLOCK):
        block = np.arange(first, min(first + _BLOCK, 2**d), dtype="<u4")
        octets = block.view(np.uint8).reshape(-1, 4)
        bits = np.unpackbits(octets, axis=1, count=d, bitorder="little")
        yield first, bits.view(bool)


class Pairs(NamedTuple):
    """One coalition of each pair {S, complement of S}, |S| at most d/2, by growing size.

    Attributes:
        masks: (P, d) bool.
        weights: (P,) share of the kernel's mass that the pair stands for; they sum to 1.
        fractions: (P,) share of the pairs of that size that were drawn; 1 where all were.
    """

    masks: np.ndarray
    weights: np.ndarray
    fractions: np.ndarray


def draw_pairs(d, n_pairs, rng):
    """Draw distinct pairs of complementary coalitions as the Shapley kernel weighs them.

    Sizes from 1 up are taken whole as long as their share of the draws covers them, the rest is
    spread over the other sizes in proportion to the kernel's mass, 1 / (s (d - s)).

    Args:
        d: number of players, at least 2.
        n_pairs: pairs to draw, at least d, so that size 1 is whole; fewer are drawn only when there
            are no more.
        rng: NumPy Generator.
    """
    plan = _plan(d, n_pairs)
    if plan.left == 0:
        return Pairs(plan.whole, plan.weights, np.ones(len(plan.whole)))
    # Systematic rounding: each size gets its share up or down to a whole number, on average exactly
    # its share, so that equal weights are unbiased.
    ends = (plan.ends + rng.random()).astype(int)
    ends[-1] = plan.left
    drawn = ends[1:] - ends[:-1]
    fractions = drawn / plan.counts
    blocks = [plan.whole]
    # Drawing blindly until all differ is quick only while most coalitions are left out.
    blind = fractions < 0.5
    for size, n in zip(plan.sizes[~blind], drawn[~blind], strict=True):
        everyone = coalitions_of_size(d, int(size))
        blocks.append(everyone[rng.permutation(len(everyone))[:n]])
    blocks.append(_drawn_blindly(d, plan.sizes[blind].repeat(drawn[blind]), rng))
    shares = [np.ones(len(plan.whole)), fractions.repeat(drawn)]
    return Pairs(np.concatenate(blocks), plan.weights, np.concatenate(shares))


class _Plan(NamedTuple):
    """What `draw_pairs` does not leave to chance: sizes taken whole, and shares of the others."""

    whole: np.ndarray  # masks of the sizes taken whole
    weights: np.ndarray  # of all pairs, those to draw included
    left: int  # pairs to draw
    sizes: np.ndarray  # to draw them from
    counts: np.ndarray  # pairs of each of these sizes, or 1e300 if there are more
    ends: np.ndarray  # draws due up to each of them, from 0 to all that are left


@lru_cache(maxsize=8)  # masks of many coalitions are large
def _plan(d, n_pairs):
    sizes = np.arange(1, d // 2 + 1)
    counts = [comb(d, s) // (2 if 2 * s == d else 1) for s in range(1, d // 2 + 1)]
    mass = np.where(2 * sizes == d, 0.5, 1) / (sizes * (d - sizes))
    mass /= mass.sum()
    whole, left = 1, n_pairs - counts[0]
    while whole < len(counts) and (
        left * mass[whole] >= counts[whole] * mass[whole:].sum() * (1 - 1e-9)
    ):
        left -= counts[whole]
        whole += 1
    rest = mass[whole:]
    left = left if len(rest) else 0
    masks = np.concatenate([coalitions_of_size(d, s) for s in range(1, whole + 1)])
    weights = [m / n for m, n in zip(mass[:whole], counts, strict=False)]
    weights = np.repeat([*weights, rest.sum() / max(left, 1)], [*counts[:whole], left])
    masks.flags.writeable = weights.flags.writeable = False  # shared by later calls
    return _Plan(
        masks,
        weights,
        left,
        sizes[whole:],
        np.array([float(min(n, 10**300)) for n in counts[whole:]]),
        np.append(0, np.cumsum(rest) / rest.sum() * left),
    )


@lru_cache(maxsize=8)
def coalitions_of_size(d, size):
    """Return every coalition of `size` players, (C(d, size), d) bool; of halves, one of each pair.

    When size is d/2, the coalitions with player 0 stand for their complements too.
    """
    if 2 * size == d:
        rest = coalitions_of_size(d - 1, size - 1)
        masks = np.concatenate([np.ones((len(rest), 1), bool), rest], axis=1)
    else:
        n = comb(d, size)
        members = np.fromiter(
            chain.from_iterable(combinations(range(d), size)), dtype=np.int64, count=n * size
        )
        masks = np.zeros((n, d), dtype=bool)
        masks[np.repeat(np.arange(n), size), members] = True
    masks.flags.writeable = False  # shared by later calls
    return masks


def _drawn_blindly(d, sizes, rng):
    """Return distinct random coalitions of the given sizes, (len(sizes), d) bool."""
    players = np.arange(d)
    # Sums of random labels modulo 2^64 tell coalitions apart: in practice two different ones never
    # share a sum, and would only be drawn again.
    labels = np.frombuffer(rng.bytes(8 * d), dtype=np.uint64)
    masks = np.empty((len(sizes), d), dtype=bool)
    again = np.arange(len(sizes))
    while len(again):
        order = rng.permuted(np.broadcast_to(players, (len(again), d)), axis=1)
        fresh = order < sizes[again, None]
        # Of two halves, the one with player 0 stands for the pair.
        fresh ^= ((2 * sizes[again] == d) & ~fresh[:, 0])[:, None]
        masks[again] = fresh
        keys = masks @ labels
        order = keys.argsort(kind="stable")
        keys = keys[order]
        again = order[1:][keys[1:] == keys[:-1]]
    return masks
