"""Stand-ins: objects here, whose operations are done to an object of another process."""

import inspect
import signal
import time

from course_lib.grading import answers


class Remote:
    """A stand-in: what is done to it is done to an object of the other process."""

    def __init__(self, channel, number, words):
        self.__dict__.update(_channel=channel, _number=number, __doc__=words)

    def _ask(self, operation, *arguments, **options):
        seconds, _ = signal.getitimer(signal.ITIMER_VIRTUAL)
        channel = self._channel
        answer = channel.ask(
            {
                "do": "operate",
                "target": self._number,
                "operation": operation,
                "arguments": arguments,
                "options": options,
                "computing": seconds or None,
                "seconds": channel.deadline and max(channel.deadline - time.monotonic() - 2, 0.1),
            }
        )
        return answers.outcome(answer, [*arguments, *options.values()])

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("attribute", name)

    def __getitem__(self, key):
        return self._ask("item", key)

    def __len__(self):
        return int(self._ask("length"))

    def __iter__(self):
        return iter(self._ask("list"))

    def __repr__(self):
        return str(self._ask("text"))

    def __bool__(self):
        return True

    __hash__ = object.__hash__


def _operation(name):
    def method(self, *others):
        return self._ask(name, *others)

    return method


for _name in ("add", "sub", "mul", "truediv", "neg", "matmul", "lt", "le", "gt", "ge", "contains"):
    setattr(Remote, f"__{_name}__", _operation(_name))


class RemoteFunction(Remote):
    """A stand-in for a function, with the names of its parameters."""

    def __call__(self, *arguments, **options):
        return self._ask("call", *arguments, **options)

    @property
    def __globals__(self):
        return Names(self._channel)


class Names:
    """The variables of the other side's cells, as far as a check needs them of a dict."""

    def __init__(self, channel):
        self.channel = channel

    def get(self, name):
        """Return what a name stands for, or None."""
        came = self.channel.ask({"do": "names", "names": [name]})
        return came.get(name) if isinstance(came, dict) else None

    def __setitem__(self, name, value):
        self.channel.ask({"do": "bind", "name": name, "value": value})

    def __delitem__(self, name):
        self.channel.ask({"do": "unbind", "name": name})


def make(channel, packed):
    """Return the stand-in for what the other side says in JSON."""
    kind = str(packed.get("kind", ""))
    kind = kind if kind.isidentifier() and len(kind) < 80 else "object"
    base = RemoteFunction if packed.get("callable") else Remote
    stand_in = type(kind, (base,), {})(channel, packed["mine"], str(packed.get("words", "")))
    names = packed.get("names")
    if base is RemoteFunction and isinstance(names, list):
        stand_in.__dict__["__signature__"] = _signature(names)
    return stand_in


def parameters(value):
    """Say in JSON what a function takes; None where that is not known."""
    try:
        return [
            [p.name, p.kind.name, p.default is not p.empty]
            for p in inspect.signature(value).parameters.values()
        ]
    except Exception:  # whatever a class of the student's raises
        return None


def _signature(names):
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    str(name), inspect._ParameterKind[kind],
                    default=None if has_default else inspect.Parameter.empty,
                )
                for name, kind, has_default in names
            ]
        )  # fmt: skip
    except (KeyError, ValueError, TypeError):
        return inspect.Signature([])
