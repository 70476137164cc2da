"""Time functions against a peer in one interleaved run, on one thread, and report ratios.

Machines drift and are shared, so a second is not a result: ours and theirs alternate round by
round, and the figure is the median of the round-by-round ratios.
"""

import statistics
import time
from dataclasses import dataclass

from threadpoolctl import threadpool_limits


@dataclass(frozen=True)
class Ratio:
    """Time of ours / time of theirs over all rounds; below 1 ours is faster."""

    median: float
    low: float
    high: float
    ours_ms: float
    theirs_ms: float


def interleave(ours, theirs, *, rounds=15, min_time=0.02, sync=None):
    """Time `ours()` and `theirs()` in turn and return their Ratio.

    Args:
        ours, theirs: functions of no arguments.
        rounds: pairs that count, after one that does not.
        min_time: seconds one measurement should last at least; quick functions are repeated.
        sync: called before each reading of the clock, for example torch.cuda.synchronize.
    """
    import torch

    torch.set_num_threads(1)
    sync = sync or (lambda: None)
    with threadpool_limits(1):
        repeats = []
        for function in (ours, theirs):
            function()
            repeats.append(max(1, round(min_time / max(_time(function, 1, sync), 1e-7))))
        pairs = []
        for turn in range(rounds):
            order = (0, 1) if turn % 2 == 0 else (1, 0)
            times = [0.0, 0.0]
            for which in order:
                function = (ours, theirs)[which]
                times[which] = _time(function, repeats[which], sync)
            pairs.append(times)
    ratios = sorted(a / b for a, b in pairs)
    return Ratio(
        statistics.median(ratios),
        ratios[len(ratios) // 10],
        ratios[-1 - len(ratios) // 10],
        1e3 * statistics.median(a for a, _ in pairs),
        1e3 * statistics.median(b for _, b in pairs),
    )


def _time(function, repeats, sync):
    sync()
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    sync()
    return (time.perf_counter() - start) / repeats
