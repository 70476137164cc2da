"""Every public function says the types of its arguments and of its result."""

import inspect
from pathlib import Path
from typing import get_args

import pytest

from course_lib import attribution
from course_lib.attribution import kinds
from course_lib.attribution.cam import VARIANTS
from course_lib.attribution.integrated_gradients import RULES


@pytest.mark.parametrize("name", attribution.__all__)
def test_every_method_says_the_types_of_its_arguments_and_result(name):
    signature = inspect.signature(getattr(attribution, name))
    untyped = [p.name for p in signature.parameters.values() if p.annotation is p.empty]
    assert not untyped and signature.return_annotation is not signature.empty


def test_the_literals_are_the_choices():
    assert get_args(kinds.Rule) == RULES
    assert set(get_args(kinds.Variant)) == set(VARIANTS)


def test_the_functions_that_hide_their_modules_are_the_documented_ones():
    folder = Path(attribution.__file__).parent
    hidden = {p.stem for p in folder.glob("*.py")} & set(attribution.__all__)
    assert hidden == {"activations", "cam", "deeplift", "integrated_gradients", "kernel_shap"}
    assert all(name in attribution.__doc__ for name in hidden)
