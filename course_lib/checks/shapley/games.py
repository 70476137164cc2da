"""Games as the tasks get them: functions of masks (M, d) bool, which refuse anything else."""

import numpy as np

from course_lib.checks.cases import named


def game(words, function):
    """Return the function of masks; its words stand in a message."""

    def value(masks):
        masks = np.asarray(masks)
        if masks.ndim != 2 or masks.dtype != bool:
            came = f"{masks.dtype} of shape {masks.shape}"
            raise ValueError(f"value wants masks, (M, d) of True and False, not {came}")
        return function(masks)

    return named(f"value: {words}", value)


def table(numbers):
    """Return the game of so many rewards: of no one, {0}, {1}, {0, 1}, {2}, {0, 2}, ..."""
    rewards = np.array(numbers.split(), dtype=np.float64)
    d = len(rewards).bit_length() - 1
    who = {n: "".join(str(j) for j in range(d) if n >> j & 1) for n in range(2**d)}
    words = ", ".join(f"{{{who[n]}}} {rewards[n]:g}" for n in sorted(who, key=int.bit_count))
    return game(words, lambda masks: rewards[masks @ 2 ** np.arange(d)])


#: The game of the explainability lecture, and its like for three.
pair = table("0 1 2 4")
three = table("0 1 0 3 2 4 2 7")
shifted = table("10 11 10 13 12 14 12 17")
runway = game("the highest cost among 1, 2, 3, 4", lambda m: (m * [1.0, 2, 3, 4]).max(1))
#: For any number of players: no two coalitions alike, and nobody gets something too.
surprise = game(
    "sin(1 + n), n = sum of 2**j over the players j",
    lambda masks: np.sin(1 + masks @ 2 ** np.arange(masks.shape[1])),
)
team = game(
    "3 + (sum of j + 1 over the players j)**2",
    lambda masks: 3 + (masks @ np.arange(1.0, masks.shape[1] + 1)) ** 2,
)
