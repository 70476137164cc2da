"""The types of the arguments that operations share: for editors, type checkers and readers.

The first array decides: an operation on NumPy arrays returns NumPy arrays, one on tensors tensors.
"""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, Union

from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

#: The array that decides, and the results, which are of its kind.
Array = TypeVar("Array", NDArray[Any], "torch.Tensor")

#: Another array, which must be of that kind: types cannot say so, the operations check it.
AnyArray: TypeAlias = Union[NDArray[Any], "torch.Tensor"]

#: One int for rows and columns, or one for each.
Pair: TypeAlias = int | tuple[int, int]

#: What computes; None lets the first array decide.
Backend: TypeAlias = Literal["reference", "numpy", "torch", "triton"] | None
