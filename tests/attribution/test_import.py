"""What the attribution methods cost before they are used: the import, and what they keep."""

import subprocess
import sys

from course_lib.attribution import coalitions, interactions, kernel_shap


def test_importing_them_imports_no_scipy():
    code = (
        "import sys, torch\n"
        "import course_lib.attribution\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'scipy'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_few_lists_of_coalitions_are_kept():
    for d in range(5, 25):
        kernel_shap(lambda masks: masks.sum(axis=1), d, n_evals=8 * d, rng=0)
    caches = coalitions._plan, coalitions.coalitions_of_size, interactions._tables
    assert all(0 < cache.cache_info().currsize <= 8 for cache in caches)
