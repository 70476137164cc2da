"""For every test process, doctests included: one thread, and Triton where it can run."""

import importlib.util
import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy or torch start their pools
if shutil.which("nvidia-smi") is None:
    # Without a GPU the kernels are interpreted. Triton asks when a kernel is decorated.
    os.environ.setdefault("TRITON_INTERPRET", "1")

pytest_plugins = ["browsing", "running"]  # of tests/

collect_ignore = []
if importlib.util.find_spec("triton") is None:  # the optional extra `gpu`
    collect_ignore += ["course_lib/backends/triton", "tests/operations/compile_triton.py"]
