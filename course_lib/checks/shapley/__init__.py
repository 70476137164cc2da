"""Tasks of the exercise `shapley`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "shapley_sampling shapley_exact broken_axiom marginal_values shapley_regression kernel_shap",
    answer="course_lib.reference.shapley",
)
