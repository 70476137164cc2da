"""Explanation methods: what in an input made the model say what it said.

Gradient methods take a torch `model`, `inputs` (N, ...) and a `target` class, and return a tensor
like `inputs`. Games and anchors are NumPy: they see the model as a function only.
"""
