"""The only door to numba: how loops are compiled, and the few instructions that numba lacks.

Importing this takes a second, so it is imported where loops are needed: `import octavo`, its help
pages and a process that only starts others do without.

numba keeps on disk what it compiled, and looks at the date of the file that a loop stands in, not
at those of what the loop calls. Whoever changes a function that loops of other files call, one
that is here included, removes the files `*.nbi` and `*.nbc` below src first. (An installation
writes all files anew.)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import event
from numba.extending import intrinsic

PADDING = 8  # bytes after the end of a text, so that eight can be read at once anywhere
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: odd, its bits are mixed
MESSAGE = "octavo: compiling loops, kept for the next time"
PACKAGE = __name__.partition(".")[0]

compiled: Any = njit(cache=True, nogil=True)
# For sums of floats, which may be added in any order: several at once. Infinity and NaN stay.
vectorised: Any = njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"}
)
# For what gets arrays and is called in an inner loop: every other call counts references to them.
inlined: Any = njit(inline="always")
_instruction: Any = intrinsic  # called without the first argument, which its type does not tell

# SplitMix64 (Steele, Lea and Flood 2014): a stream of numbers is mix(state), state += STEP.
STEP = HASH_FACTOR
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31 = np.uint64(27), np.uint64(30), np.uint64(31)


@inlined
def mix(bits):
    """64 bits that depend on all 64 given."""
    bits = (bits ^ (bits >> _S30)) * _MIX_1
    bits = (bits ^ (bits >> _S27)) * _MIX_2
    return bits ^ (bits >> _S31)


@contextmanager
def compiling_said() -> Iterator[None]:
    """While this lasts, say on a terminal that something of octavo's is compiled, if it is; once.

    Example:
        >>> with compiling_said():
        ...     pass
    """
    with event.install_listener("numba:compile", _Listener()):
        yield


class _Listener(event.Listener):
    """Hears what is compiled, not what is loaded."""

    said = False  # in this process

    def on_start(self, event: Any) -> None:
        module = event.data["dispatcher"].py_func.__module__
        ours = module.partition(".")[0] == PACKAGE
        if ours and not _Listener.said and sys.stderr.isatty():
            _Listener.said = True
            print(MESSAGE, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        pass


def _address(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Where an element of an array lies, counted over all its rows."""
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    return builder.gep(data, [arguments[1]])


@_instruction
def prefetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Ask for an element of an array, counted over all its rows, to be brought into the cache."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        address = builder.bitcast(_address(context, builder, signature, arguments), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(ask, [address, number(0), number(3), number(1)])  # to read, to keep, data
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@_instruction
def read_eight(typing_context: Any, array: Any, place: Any) -> Any:
    """Eight bytes of an array of bytes, from any place, as one number: uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature, arguments)
        return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(array, types.intp), generate


@_instruction
def nonzero_bits(typing_context: Any, array: Any, place: Any) -> Any:
    """Which of 64 bytes are not 0, as the bits of a uint64, the first byte's the lowest."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        many = ir.VectorType(ir.IntType(8), 64)
        address = _address(context, builder, signature, arguments)
        data = builder.load(builder.bitcast(address, many.as_pointer()), align=1)
        bits = builder.icmp_unsigned("!=", data, ir.Constant(many, None))
        return builder.bitcast(bits, ir.IntType(64))

    return types.uint64(array, types.intp), generate


@_instruction
def lowest_bit(typing_context: Any, number: Any) -> Any:
    """The place of the lowest bit that is set in a uint64 that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@_instruction
def bits_of(typing_context: Any, number: Any) -> Any:
    """The 64 bits of a float64, as an int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@_instruction
def float_of(typing_context: Any, bits: Any) -> Any:
    """The float64 that has the 64 bits of an int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate
