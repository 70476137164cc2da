"""A channel between two processes: values travel, other objects stay and are asked (see `remote`).

Both sides work alike. `Channel.ask` sends a request and serves what the other side asks meanwhile
(a function that was passed as an argument, say) until the answer comes.
"""

import io
import operator
import signal
import types
from contextlib import nullcontext, redirect_stderr, redirect_stdout

from course_lib.grading import answers, message
from course_lib.grading.message import BadMessage, Gone, TimeUp
from course_lib.grading.remote import Remote, make, parameters

#: Characters that the printed text of one call may have.
_PRINTED = 20_000
_PLAIN = (type(None), bool, int, float, str, bytes)


class Channel:
    """One end of a socket between two processes.

    Args:
        sock: the socket.
        public: whether the other side may only call functions and read attributes whose names do
            not begin with an underscore.
        tensors: whether tensors arrive as such.
    """

    def __init__(self, sock, public, tensors=False):
        self.socket, self.public, self.tensors = sock, public, tensors
        self.owned = {}  # number -> what the other side has a stand-in for
        self.stand_ins = {}
        #: why nothing more can be asked, once that is so
        self.broken = ""
        #: when waiting for an answer ends, as time.monotonic() tells it; None: never
        self.deadline = None
        #: other requests than OPERATIONS: name -> function of the request's dict
        self.requests = {}

    def ask(self, request):
        """Send a request, a dict, and return the answer.

        Raises:
            Gone: the other side has ended or did not answer before the deadline.
        """
        if self.broken:
            raise Gone(self.broken)
        message.write(self.socket, request, owned=self._own)
        try:
            while True:
                came = self._read()
                if "answer" in came:
                    return came["answer"]
                self.serve(came)
        except BadMessage as error:
            self.broken = f"does not keep to the protocol ({error})"
            raise Gone(self.broken) from None
        except BaseException as error:  # its answer would be taken for that of the next request
            self.broken = str(error) or type(error).__name__
            raise

    def serve_for_ever(self):
        """Answer requests until the other side has ended."""
        try:
            while True:
                self.serve(self._read())
        except (Gone, BadMessage):
            pass

    def serve(self, request):
        """Answer one request."""
        name = request.get("do")
        if name == "operate":
            answer = self._operate(request)
        elif name in self.requests:
            answer = self.requests[name](request)
        else:
            raise BadMessage(f"request {name!r}")
        try:
            message.write(self.socket, {"answer": answer}, owned=self._own)
        except Exception as error:  # too large, or an object whose own methods raise
            problem = {"error": {"name": "ValueError", "words": f"the result: {error!r}"[:500]}}
            message.write(self.socket, {"answer": problem})

    def _read(self):
        packed, buffers = message.read(self.socket, self.deadline)
        came = message.unpack(packed, buffers, self._stand_in, self.tensors)
        if not isinstance(came, dict):
            raise BadMessage("not a request")
        return came

    def _own(self, value):
        """Say in JSON what stands for a value that does not travel."""
        if issubclass(type(value), Remote) and value._channel is self:
            return {"yours": value._number}
        number = id(value)
        self.owned[number] = value
        return {
            "mine": number,
            "kind": type(value).__name__,
            "callable": callable(value),
            "names": parameters(value),
            "words": str(getattr(value, "__doc__", None) or "").strip().partition("\n")[0][:200],
        }

    def _stand_in(self, packed):
        if "yours" in packed:
            return self.owned[packed["yours"]]
        number = packed["mine"]
        if not isinstance(number, int):
            raise BadMessage("a stand-in without a number")
        if number not in self.stand_ins:
            self.stand_ins[number] = make(self, packed)
        return self.stand_ins[number]

    def _operate(self, request):
        """Do what the other side asks of one of our objects; say how it ended."""
        target = self.owned.get(request.get("target"))
        operation, arguments = request.get("operation"), list(request.get("arguments", ()))
        options = dict(request.get("options") or {})
        before = [message.pack(v, _nothing) for v in (*arguments, *options.values())]
        caught = _Text()
        answer = {}
        try:
            limited = nullcontext() if self.public else _Limited(request)
            with redirect_stdout(caught), redirect_stderr(caught), limited:
                answer["value"] = self._result(target, operation, arguments, options)
        except Gone:
            raise
        except TimeUp as error:
            answer["endless"] = answers.place(error)
        except BaseException as error:
            answer["error"] = answers.error_of(error)
        answer["printed"] = caught.getvalue()[:_PRINTED]
        after = (*arguments, *options.values())
        answer["changed"] = {
            i: value
            for i, (old, value) in enumerate(zip(before, after, strict=True))
            if not isinstance(value, _PLAIN) and message.pack(value, _nothing) != old
        }
        return answer

    def _result(self, target, operation, arguments, options):
        if operation not in OPERATIONS:
            raise BadMessage(f"operation {operation!r}")
        if target is None:
            raise LookupError("no such object")
        if self.public:
            if operation == "attribute" and str(arguments[0]).startswith("_"):
                raise AttributeError(f"{arguments[0]} is private")
            if operation == "attribute" and isinstance(target, _CODE):
                raise AttributeError(f"a function has no {arguments[0]} here")
        result = OPERATIONS[operation](target, *arguments, **options)
        if self.public and isinstance(result, (types.ModuleType, type, types.FrameType)):
            raise AttributeError("that stays here")
        return result


_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)

OPERATIONS = {
    "call": lambda target, *arguments, **options: target(*arguments, **options),
    "attribute": lambda target, name: getattr(target, str(name)),
    "item": operator.getitem,
    "length": len,
    "text": lambda target: repr(target)[:2000],
    "list": lambda target: [part for part, _ in zip(target, range(100_000), strict=False)],
} | {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "neg", "matmul", "eq", "ne", "lt", "le", "gt",
                 "ge", "contains")
}  # fmt: skip


def _nothing(_):
    return None


class _Text(io.StringIO):
    """Keeps the beginning of what is written."""

    def write(self, text):
        if self.tell() < 2 * _PRINTED:
            super().write(text[: 2 * _PRINTED])
        return len(text)


class _Limited:
    """Raise TimeUp in the code inside when its computing or its time is used up."""

    def __init__(self, request):
        self.times = [
            (signal.ITIMER_VIRTUAL, signal.SIGVTALRM, request.get("computing")),
            (signal.ITIMER_REAL, signal.SIGALRM, request.get("seconds")),
        ]

    def __enter__(self):
        self.before = []
        for timer, number, seconds in self.times:
            if isinstance(seconds, (int, float)) and seconds > 0:
                self.before.append((timer, number, signal.signal(number, _raise_time_up)))
                # Again every half second, in case a bare `except:` caught the first.
                signal.setitimer(timer, seconds, 0.5)

    def __exit__(self, *_):
        for timer, number, handler in self.before:
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _raise_time_up(*_):
    raise TimeUp
