"""What grading one submission takes and gives: bytes, scores and words; no path."""

from dataclasses import asdict, dataclass, field, fields


@dataclass
class Paper:
    """One notebook of an assignment.

    Fields: name, without its ending; release, the students' version as bytes of its file; cells,
    grade_id -> what nbgrader's gradebook knows of the cell: source (hidden tests included),
    checksum; uses, what the instructor's code takes from the watched packages (see `evidence`).
    """

    name: str
    release: bytes
    cells: dict
    uses: dict = field(default_factory=dict)


@dataclass
class Job:
    """One submission to grade.

    Fields: assignment, student; files, name -> bytes of what was handed in; left_out, names of
    files that were not taken along; given, name -> bytes of the files that the assignment brings;
    papers; seed of the random numbers in the tests; timeout, seconds for one cell; limit, seconds
    for one notebook.
    """

    assignment: str
    student: str
    files: dict = field(repr=False)
    papers: list = field(repr=False)
    left_out: list = field(default_factory=list)
    given: dict = field(default_factory=dict, repr=False)
    seed: int = 0
    timeout: float = 30
    limit: float = 300

    def packed(self):
        """Return it as a nest that travels."""
        return asdict(self)

    @classmethod
    def unpacked(cls, nest):
        """Return what `packed` took apart."""
        return cls(**nest | {"papers": [Paper(**paper) for paper in nest["papers"]]})


@dataclass
class Outcome:
    """What grading one submission came to.

    Fields:
        status: "graded"; "rejected", the student or the teacher must act; or "failed", the machine
            could not, and the next run tries again.
        reason: in a sentence, where it is not graded.
        notebooks: name -> bytes of the notebook with its outputs, as nbgrader's autograded one.
        cells: name -> grade_id -> {"state": ok, error, timeout, died or not run; "reason";
            "mistakes": names of those that the check recognised}, for locked tests.
        repairs: sentences about what was mended.
        events: sentences about what stopped.
        findings: sentences about what a person should look at; they never change a score.
        fingerprint: numbers that stand for the student's own text (see `likeness`).
        layers: the walls that stood around the student's code.
        seconds: that it took.
    """

    status: str = "failed"
    reason: str = ""
    notebooks: dict = field(default_factory=dict, repr=False)
    cells: dict = field(default_factory=dict)
    repairs: list = field(default_factory=list)
    events: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    fingerprint: list = field(default_factory=list, repr=False)
    layers: list = field(default_factory=list)
    seconds: float = 0.0

    def packed(self):
        """Return it as a nest that travels."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def unpacked(cls, nest):
        """Return what `packed` took apart."""
        return cls(**nest)
