"""Which known mistake gives these results? A name must be deserved; a wrong one is worse than none.

The results of every mistake on the visible cases are made at release and shipped as fingerprints,
so a student's machine needs neither wrong nor right code for this.
"""

import json
from collections import Counter
from functools import cache
from importlib import resources

from course_lib.checks import detectives
from course_lib.checks.fingerprint import alike, fingerprint
from course_lib.checks.values import part

#: The share of the wrong calls that a mistake must explain, and that a detective must see alike.
MOST, HALF = 0.6, 0.5
#: What one call can show by luck: all that are wrong must show it.
_BY_LUCK = ("factor", "times", "large by", "small by", "always 0")


@cache
def shipped(chapter):
    """Return the results of a chapter's mistakes: task -> mistake -> spellings -> calls."""
    path = resources.files("course_lib.checks") / chapter / "results.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}


def result(outcome):
    """Return the fingerprint of an Outcome; an exception's is what it says."""
    if outcome.state == "returned":
        return fingerprint(outcome.value)
    return [outcome.problem.words.split("\n")[0], [], 0.0]


def diagnose(task, trials, known=None):
    """Return the mistake or what a detective saw, None where nothing is deserved, and the trial to
    show: the first of the task's own order, but a case about the dtype only for a wrong dtype.

    Args:
        task: a Task.
        trials: all that were made, of which one at least has a problem.
        known: results of the task's mistakes; None for those that were shipped.
    """
    if known is None:
        known = shipped(task.chapter).get(task.name, {})
    problems = sorted((trial for trial in trials if trial.problem), key=_last)
    wrong = [trial for trial in problems if trial.wrong]
    if not wrong:
        return None, None, problems[0]
    if task.none_is_right and all(_gave_none(trial) for trial in trials):
        return None, detectives.Seen("none", "None every time: is there a `return`?"), wrong[0]
    name, explained = _name(known, [trial for trial in trials if not trial.random])
    mistake = next((m for m in task.mistakes if m.name == name), None)
    if mistake:
        return mistake, None, min(explained, key=_last)
    telling = [t for t in wrong if t.problem.kind in ("none", "type", "nan", "raised")]
    if telling:
        return None, None, telling[0]
    seen, shown = _first_seen(wrong)
    return None, seen, shown or wrong[0]


def _name(known, trials):
    """Return the name of the best mistake and the trials that it explains, or None and none."""
    results = [result(trial.outcome) for trial in trials]
    wrong = [i for i, trial in enumerate(trials) if trial.wrong]
    changed = [i for i in wrong if trials[i].outcome.state == "returned" and _raised(trials[i])]
    scores = {}
    for name, spellings in known.items():
        for spelling in spellings:
            if len(spelling) != len(trials):
                continue
            fits = [alike(mine, its) for mine, its in zip(results, spelling, strict=True)]
            if not all(fits[i] for i in range(len(trials)) if i not in wrong):
                continue  # it would be wrong where this answer is right
            explained = [i for i in wrong if fits[i] and i not in changed]
            came = [i for i in wrong if fits[i] or trials[i].outcome.state == "returned"]
            if not any(trials[i].outcome.state == "returned" for i in explained):
                explained = explained if explained == wrong else []  # errors alone say little
            if len(explained) >= MOST * len(came) and _informative(explained, results):
                scores[name] = max(scores.get(name, []), explained, key=len)
    most = max(map(len, scores.values()), default=0)
    best = [name for name, explained in scores.items() if len(explained) == most]
    if len(best) != 1:
        return None, []
    explained = [trials[i] for i in scores[best[0]]]
    if len(explained) == 1 and len(wrong) > 1:
        return None, []  # one call of several: too little to go by
    returned = [trial for trial in explained if trial.outcome.state == "returned"]
    return best[0], returned or explained


def _gave_none(trial):
    return trial.outcome.value is None and trial.outcome.problem is None


def _raised(trial):
    return trial.problem.kind == "raised"


def _informative(explained, results):
    """Whether results say anything: one number for all calls does not."""
    returned = [results[i] for i in explained if results[i][1]]
    single = all(structure == "1" for structure, _, _ in returned)
    constant = single and len(returned) > 1 and len({tuple(sums) for _, sums, _ in returned}) == 1
    return bool(explained) and not constant


def _first_seen(wrong):
    """Return what most of the wrong calls have in common, and the trial that shows it best."""
    looks = {id(trial): _look(trial) for trial in wrong}
    kinds = Counter(kind for seen in looks.values() for kind in {one.kind for one in seen})
    numbers = all(_is_single(trial) for trial in wrong if looks[id(trial)])
    for trial in wrong:
        for seen in looks.get(id(trial), []):
            often = kinds[seen.kind]
            share = 1 if seen.kind.startswith(_BY_LUCK) else HALF
            if often >= share * len(wrong) and (often > 1 or not numbers):
                return seen, trial
    return None, None


def _is_single(trial):
    return not hasattr(part(trial.case.expected, trial.problem.place), "__len__")


def _look(trial):
    case, problem = trial.case, trial.problem
    if trial.outcome.state != "returned" or callable(case.expected):
        return []
    if problem.kind not in ("value", "shape"):
        return []
    return detectives.look(trial.outcome.value, case.expected, case.tolerance, problem.place)


def _last(trial):
    """What is shown last: it is about the dtype, or has no expected result to put beside."""
    return trial.random, trial.case.dtype, callable(trial.case.expected)
