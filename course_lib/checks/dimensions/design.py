"""design: a network that sees the whole image and has few parameters."""

from course_lib.checks.cases import Case, call, mistakes
from course_lib.checks.dimensions.networks import field, rule

_BUDGET, _FIELD, _WINDOW = 20_000, 64, 7


@rule((1, 64, 64))
def _result(layers, rows):
    return None if rows[-1].shape == (10,) else f"what comes out is {rows[-1].shape}, not (10,)"


@rule((1, 64, 64))
def _budget(layers, rows):
    total, most = sum(row.parameters for row in rows), max(rows, key=lambda row: row.parameters)
    number = rows.index(most)
    return None if total <= _BUDGET else (
        f"it learns {total:,} numbers, more than {_BUDGET:,}; most of them, "
        f"{most.parameters:,}, in layers[{number}], {tuple(layers[number])}"
    )  # fmt: skip


@rule((1, 64, 64))
def _small(layers, rows):
    for number, (kind, *numbers) in enumerate(layers):
        k = {"conv": numbers[1:2], "pool": numbers[:1]}.get(kind, [1])[0]
        if k > _WINDOW:
            return f"layers[{number}] has a window of {k} x {k}, larger than {_WINDOW} x {_WINDOW}"
    convolutions = sum(layer[0] == "conv" for layer in layers)
    return None if convolutions >= 3 else f"convolutions: {convolutions}, not three or more"


@rule((1, 64, 64))
def _field(layers, rows):
    kinds = [layer[0] for layer in layers]
    seen = field(layers[: kinds.index("flatten")]) if "flatten" in kinds else 1
    return None if seen >= _FIELD else f"a unit before flatten sees {seen} pixels, not {_FIELD}"


def cases():
    yield Case("from (1, 64, 64) to (10,)", call(), _result, "budget")
    yield Case("the budget", call(), _budget, "budget")
    yield Case("three convolutions, small windows", call(), _small, "field")
    yield Case("the field", call(), _field, "field")


POINTS = {"field": 0.5, "budget": 0.5}
MISTAKES = mistakes(r"""
strides too late: Whose strides lengthen the steps of a layer, those before it or those after it?
    ("pool", 2, 2) -> ("pool", 1, 1) ;; ("flatten" -> ("pool", 4, 4), ("pool", 4, 4), ("flatten"
    ("pool", 2, 2), -> ("conv", 8, 1, 1, 0),
    ;; ("flatten" -> ("pool", 4, 4), ("pool", 4, 4), ("flatten"
""")
