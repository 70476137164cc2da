"""Compile every Triton kernel to PTX without a GPU and print one line for each.

Run by test_triton.py in a process of its own: under TRITON_INTERPRET the kernels are interpreted,
and there is nothing to compile.
"""

import sys

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from course_lib.backends.triton import convolution, lstm, pooling

FLOATS = ("fp32", "fp16", "bf16")


def kernels():
    """Yield (name, kernel, signature, constants) for the kernels in every dtype they take."""
    window = dict(KH=3, KW=3, SH=1, SW=1, PH=1, PW=1)
    for kind in (*FLOATS, "fp64"):
        yield from _cells(kind)
        pool = dict(
            x=f"*{kind}", y=f"*{kind}", switches="*i64", H="i32", W="i32", HO="i32", WO="i32"
        )
        yield f"max_pool2d {kind}", pooling._max_pool2d, pool, window | dict(BLOCK=pooling.BLOCK)
        send = dict(source=f"*{kind}", switches="*i64", target=f"*{kind}", pixels="i32", size="i32")
        for add in (False, True):
            yield f"send {kind} add={add}", pooling._send, send, dict(ADD=add, BLOCK=pooling.BLOCK)
    for kind in FLOATS:
        for precision in ("ieee", "tf32"):
            p, f, c = convolution.blocks(64, 64)
            conv = {name: f"*{kind}" for name in "xwby"}
            conv |= {name: "i32" for name in ("C", "H", "W", "F", "HO", "WO", "pixels")}
            constants = window | dict(
                DH=1, DW=1, BIAS=True, PRECISION=precision, BLOCK_P=p, BLOCK_F=f, BLOCK_C=c
            )
            yield f"conv2d {kind} {precision}", convolution._conv2d, conv, constants


def _cells(kind):
    forward = ("z", "c_before", "h", "c", "i", "f", "g", "o")
    backward = ("dh", "dc", "c_before", "c", "i", "f", "g", "o", "dz", "dc_before")
    for name, kernel, pointers in (
        ("cell_forward", lstm._cell_forward, forward),
        ("cell_backward", lstm._cell_backward, backward),
    ):
        signature = {pointer: f"*{kind}" for pointer in pointers} | {"M": "i32"}
        yield f"{name} {kind}", kernel, signature, dict(BLOCK=128)


def main():
    for name, kernel, signature, constants in kernels():
        signature = signature | {constant: "constexpr" for constant in constants}
        source = ASTSource(kernel, signature, constants)
        for capability in (80, 90):
            options = dict(num_warps=8) if name.startswith("conv2d") else {}
            compiled = triton.compile(source, GPUTarget("cuda", capability, 32), options)
            if f"sm_{capability}" not in compiled.asm["ptx"]:
                sys.exit(f"{name}: no PTX for sm_{capability}")
            print(name, f"sm_{capability}")


if __name__ == "__main__":
    main()
