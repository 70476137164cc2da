"""design: a network that sees the whole image and has few parameters."""

from course_lib.checks.cases import Case, call, mistakes
from course_lib.checks.dimensions.networks import field, tracked
from course_lib.checks.task import Task

_BUDGET, _FIELD = 20_000, 64


def _result(layers):
    rows = tracked(layers, (1, 64, 64))
    if isinstance(rows, str):
        return rows
    return None if rows[-1].shape == (10,) else f"what comes out is {rows[-1].shape}, not (10,)"


def _budget(layers):
    if problem := _result(layers):
        return problem
    rows = tracked(layers, (1, 64, 64))
    total = sum(row.parameters for row in rows)
    if total <= _BUDGET:
        return None
    most = max(range(len(rows)), key=lambda number: rows[number].parameters)
    return (
        f"it learns {total:,} numbers, more than {_BUDGET:,}; most of them, "
        f"{rows[most].parameters:,}, in layers[{most}], {tuple(layers[most])}"
    )


def _field(layers):
    if problem := _result(layers):
        return problem
    kinds = [layer[0] for layer in layers]
    seen = field(layers[: kinds.index("flatten")]) if "flatten" in kinds else 1
    return None if seen >= _FIELD else f"a unit before flatten sees {seen} pixels, not {_FIELD}"


def cases():
    yield Case("from (1, 64, 64) to (10,)", call(), _result, "budget")
    yield Case("the budget", call(), _budget, "budget")
    yield Case("the field", call(), _field, "field")


task = Task(
    __name__,
    answer="course_lib.reference.dimensions",
    points={"field": 0.5, "budget": 0.5},
    cases=cases,
    mistakes=mistakes(r"""
strides too late: Whose strides lengthen the steps of a layer, those before it or those after it?
    ("pool", 2, 2) -> ("pool", 1, 1) ;; ("flatten" -> ("pool", 16, 16), ("flatten"
    ("pool", 2, 2), -> ("conv", 8, 1, 1, 0), ;; ("flatten" -> ("pool", 16, 16), ("flatten"
"""),
)
