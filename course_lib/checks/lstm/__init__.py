"""The tasks of the exercise `lstm`."""

from course_lib.checks.lstm.gate_product import task as gate_product
from course_lib.checks.lstm.lstm_backward import task as lstm_backward
from course_lib.checks.lstm.lstm_jacobian import task as lstm_jacobian
from course_lib.checks.lstm.lstm_step import task as lstm_step
from course_lib.checks.lstm.memory_bias import task as memory_bias

TASKS = (lstm_step, gate_product, memory_bias, lstm_jacobian, lstm_backward)
