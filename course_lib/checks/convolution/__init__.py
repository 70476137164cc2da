"""Tasks of the exercise `convolution`, in its order."""

from course_lib.checks.convolution.conv1d import task as conv1d
from course_lib.checks.convolution.conv2d import task as conv2d
from course_lib.checks.convolution.diagonal_kernel import task as diagonal_kernel
from course_lib.checks.convolution.equivariance_error import task as equivariance_error
from course_lib.checks.convolution.move import task as move
from course_lib.checks.convolution.true_convolution2d import task as true_convolution2d

TASKS = (conv1d, conv2d, true_convolution2d, move, equivariance_error, diagonal_kernel)
