"""The tasks of the exercise `shapley`."""

from course_lib.checks.shapley.broken_axiom import task as broken_axiom
from course_lib.checks.shapley.kernel_shap import task as kernel_shap
from course_lib.checks.shapley.marginal_values import task as marginal_values
from course_lib.checks.shapley.shapley_exact import task as shapley_exact
from course_lib.checks.shapley.shapley_regression import task as shapley_regression
from course_lib.checks.shapley.shapley_sampling import task as shapley_sampling

TASKS = (
    shapley_sampling,
    shapley_exact,
    broken_axiom,
    marginal_values,
    shapley_regression,
    kernel_shap,
)
