"""Tell how far a long computation is, in the three ways that `progress` allows."""

from contextlib import contextmanager

from tqdm.auto import tqdm


@contextmanager
def reporting(progress, total, title):
    """Yield `advance(n)`, which reports that n more of `total` evaluations are done.

    Args:
        progress: False for silence, True for a bar, or a function of (done, total).
        total: evaluations of the model; None where it cannot be known beforehand.
        title: what the bar is called.
    """
    if not isinstance(progress, bool) and not callable(progress):
        raise TypeError(
            f"progress must be False, True or a function of (done, total), got {progress!r}"
        )
    if progress is False:
        yield lambda n: None
    elif progress is True:
        with tqdm(total=total, desc=title) as bar:
            yield bar.update
    else:
        done = 0

        def advance(n):
            nonlocal done
            done += n
            progress(done, total)

        yield advance
