"""What the detectives share: parts of an array, and the words for its axes."""

import numpy as np


def distinct(array):
    return len(np.unique(array)) > 1


def part(ndim, axis, indices):
    return tuple(indices if a == axis else slice(None) for a in range(ndim))


def listed(numbers):
    return " and ".join([", ".join(map(str, numbers[:-1])), str(numbers[-1])])


def axes_text(axes):
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {listed(list(axes))}"


def ordinal(number):
    return {2: "second", 3: "third"}.get(number, f"{number}th")
