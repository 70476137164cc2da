"""Messages between two processes of which one may be hostile: JSON, and raw numbers beside it.

A message is a nest: None, numbers, words, bytes, arrays, lists, tuples, dicts, sets, slices and
random generators. What is none of these travels as a number that its owner remembers (see
`remote`). Reading a message runs nothing of what the other side wrote: no pickle, no classes.
"""

import json
import keyword
import struct
import time
from collections import namedtuple

import numpy as np

#: Bytes that one message may have.
LARGEST = 128 << 20
_DTYPES = "biufc"


class BadMessage(Exception):
    """The other side does not keep to the protocol."""


class Gone(BaseException):
    """The other side has ended, or did not answer in time; the text says which.

    Not an Exception, so that nothing takes it for an error of the code that asked.
    """


class TimeUp(BaseException):
    """The code took longer than its time; no Exception, so that few programs catch it."""


def pack(nest, owned=None):
    """Return a nest as (what JSON can say, list of buffers).

    Args:
        nest: the nest.
        owned: called with what cannot travel; returns what JSON can say in its place.

    Raises:
        BadMessage: something cannot travel and `owned` is None.
    """
    buffers = []
    return _pack(nest, buffers, owned), buffers


def _pack(nest, buffers, owned):
    kind = type(nest)
    if nest is None or kind in (bool, int, float, str):
        return nest
    if isinstance(nest, str):
        return str.__str__(nest)
    if isinstance(nest, list):
        return [_pack(part, buffers, owned) for part in nest]
    if isinstance(nest, tuple):
        parts = {"tuple": [_pack(part, buffers, owned) for part in nest]}
        fields = getattr(kind, "_fields", None)
        return parts | ({"fields": [str(f) for f in fields]} if fields else {})
    if isinstance(nest, dict):
        return {"dict": [[_pack(part, buffers, owned) for part in pair] for pair in nest.items()]}
    if kind in (set, frozenset):
        return {"set": [_pack(part, buffers, owned) for part in nest]}
    if kind in (bytes, bytearray):
        buffers.append(bytes(nest))
        return {"bytes": len(buffers) - 1}
    if isinstance(nest, (np.ndarray, np.generic)) and nest.dtype.kind in _DTYPES:
        buffers.append(np.ascontiguousarray(nest).tobytes())
        packed = {"array": len(buffers) - 1, "dtype": nest.dtype.str, "shape": list(nest.shape)}
        if isinstance(nest, np.generic):
            return packed | {"single": True}
        return packed if nest.flags.c_contiguous else packed | {"strided": True}
    if kind is complex:
        return _pack(np.complex128(nest), buffers, owned)
    if kind is slice:
        return {"slice": [_pack(v, buffers, owned) for v in (nest.start, nest.stop, nest.step)]}
    if nest is Ellipsis:
        return {"slice": []}
    if kind is np.random.Generator:
        state = nest.bit_generator.state
        return {"generator": _pack(state, buffers, owned)}
    if kind.__module__.partition(".")[0] == "torch" and hasattr(nest, "detach"):
        packed = _pack(nest.detach().cpu().numpy(), buffers, owned)
        return packed | {"tensor": bool(nest.requires_grad)}
    if owned is None:
        raise BadMessage(f"{kind.__name__} cannot travel")
    return owned(nest)


def unpack(packed, buffers, owned=None, tensors=False):
    """Return the nest that `pack` took apart.

    Args:
        packed: what JSON said.
        buffers: list of bytes.
        owned: called with a dict that stands for something that did not travel.
        tensors: whether tensors come back as such; if not, as arrays.

    Raises:
        BadMessage: it is not what `pack` makes.
    """
    try:
        return _unpack(packed, buffers, owned, tensors)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None


def _unpack(packed, buffers, owned, tensors):
    def again(part):
        return _unpack(part, buffers, owned, tensors)

    if packed is None or isinstance(packed, (bool, int, float, str)):
        return packed
    if isinstance(packed, list):
        return [again(part) for part in packed]
    if "tuple" in packed:
        parts = [again(part) for part in packed["tuple"]]
        return _named(packed["fields"], parts) if "fields" in packed else tuple(parts)
    if "dict" in packed:
        return {again(key): again(value) for key, value in packed["dict"]}
    if "set" in packed:
        return {again(part) for part in packed["set"]}
    if "bytes" in packed:
        return buffers[packed["bytes"]]
    if "array" in packed:
        return _array(packed, buffers, tensors)
    if "slice" in packed:
        return slice(*map(again, packed["slice"])) if packed["slice"] else Ellipsis
    if "generator" in packed:
        generator = np.random.Generator(np.random.PCG64(0))
        generator.bit_generator.state = again(packed["generator"])
        return generator
    if owned is None:
        raise BadMessage(f"unknown part {sorted(packed)[:3]}")
    return owned(packed)


def _named(fields, parts):
    fields = [str(field) for field in fields]
    odd = [f for f in fields if not f.isidentifier() or keyword.iskeyword(f) or f.startswith("_")]
    if odd or len(set(fields)) != len(fields) or len(fields) != len(parts) or len(fields) > 50:
        return tuple(parts)
    return namedtuple("Result", fields)(*parts)


def _array(packed, buffers, tensors):
    dtype = np.dtype(str(packed["dtype"]))
    if dtype.kind not in _DTYPES or dtype.fields or dtype.subdtype:
        raise BadMessage(f"dtype {dtype}")
    shape = tuple(int(size) for size in packed["shape"])
    if min(shape, default=0) < 0:
        raise BadMessage(f"shape {shape}")
    array = np.frombuffer(buffers[packed["array"]], dtype).reshape(shape).copy()
    if packed.get("single"):
        return array[()]
    if packed.get("strided") and array.ndim:
        wide = np.zeros((*shape[:-1], 2 * shape[-1]), dtype)
        wide[..., ::2] = array
        array = wide[..., ::2]
    if tensors and "tensor" in packed:
        import torch

        return torch.from_numpy(array).requires_grad_(bool(packed["tensor"]))
    return array


def write(sock, message, largest=LARGEST, owned=None):
    """Send a message through a socket.

    Raises:
        BadMessage: it is too large, or holds what cannot travel.
        Gone: nobody reads there any more.
    """
    try:
        packed, buffers = pack(message, owned)
        head = json.dumps({"message": packed, "sizes": [len(b) for b in buffers]}).encode()
    except RecursionError:
        raise BadMessage("it is nested too deeply") from None
    if len(head) + sum(map(len, buffers)) > largest:
        raise BadMessage(f"it is larger than {largest >> 20} MB")
    try:
        sock.sendall(struct.pack("<Q", len(head)) + head + b"".join(buffers))
    except TimeoutError:
        raise Gone("did not listen in time") from None
    except OSError:
        raise Gone("has ended") from None


def read(sock, deadline=None, largest=LARGEST):
    """Return the next message of a socket as (what JSON said, buffers), for `unpack`.

    Args:
        sock: the socket.
        deadline: as time.monotonic() tells it; None waits for ever.
        largest: bytes that it may have.

    Raises:
        BadMessage: what came is no message.
        Gone: the other side has ended, or did not write in time.
    """
    (size,) = struct.unpack("<Q", _exactly(sock, 8, deadline))
    if size > largest:
        raise BadMessage(f"it has {size} bytes")
    try:
        head = json.loads(_exactly(sock, size, deadline))
        sizes, packed = head["sizes"], head["message"]
        good = all(type(n) is int and n >= 0 for n in sizes) and sum(sizes) + size <= largest
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None
    if not good:
        raise BadMessage(f"sizes {sizes[:5]}")
    return packed, [_exactly(sock, n, deadline) for n in sizes]


def _exactly(sock, size, deadline):
    parts, missing = [], size
    while missing:
        try:
            if deadline is not None:
                sock.settimeout(max(deadline - time.monotonic(), 0.001))
            part = sock.recv(min(missing, 1 << 20))
        except TimeoutError:
            raise Gone("did not answer in time") from None
        except OSError:
            part = b""
        finally:
            if deadline is not None and sock.fileno() >= 0:
                sock.settimeout(None)
        if not part:
            raise Gone("has ended")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
