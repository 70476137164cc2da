"""memory_bias: a forget gate that holds a memory for as long as you want."""

import numpy as np

from course_lib.checks.cases import Case, call, mistakes


def _case(why, steps, share):
    def keeps(b):
        if not isinstance(b, (int, float, np.number)) or not np.isfinite(b):
            return f"it is {b!r}, not a finite number"
        kept = float((1 / (1 + np.exp(-float(b)))) ** steps)
        if abs(kept - share) > 1e-6:
            return f"the gate sigmoid({b:.6g}) leaves {kept:.6g}, not {share:g}"

    return Case(why, call(steps, share), keeps)


def cases():
    for steps, share in ((1, 0.5), (2, 0.25), (1, 0.1), (7, 0.05), (100, 0.5), (1000, 0.99)):
        yield _case(f"{share:g} of the cell is left, steps: {steps}", steps, share)


POINTS = {"idea": 2}
MISTAKES = mistakes(r"""
the bias of one step: How often does the gate act in all the steps together?
    share ** (1 / steps) -> share || share * 1
the share divided by the steps: If a gate of 0.5 acts twice, how much is left?
    share ** (1 / steps) -> share / steps || share * (1 / steps)
the loss spread over the steps: If a gate keeps 0.9 twice, is 0.8 left, or more?
    share ** (1 / steps) -> 1 - (1 - share) / steps || (steps - 1 + share) / steps
the power turned round: What is left after so many steps, and what after one?
    share ** (1 / steps) -> share**steps || np.exp(steps * np.log(share))
sign of the bias: Does a larger bias open the gate, or close it?
    gate / (1 - gate) -> (1 - gate) / gate || 1 / gate - 1
the gate given, not its bias: Which number goes into the sigmoid?
    return np.log(gate / (1 - gate)) -> return gate || return 1.0 * gate
log of the gate alone: For which b is 1 / (1 + exp(-b)) the gate?
    np.log(gate / (1 - gate)) -> np.log(gate) || np.log(share) / steps
""")
