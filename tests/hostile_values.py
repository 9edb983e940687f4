"""What a reader may pass in by accident: values of every wrong kind, and odd ways to say a number.

`ODDITIES` maps a name to a function that makes the value anew, since some could be altered by the
call. `plain` says what a value means as numbers, without the library's own reading of it.
"""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

__all__ = ["ODDITIES", "plain"]


class _Unlike:
    """An object that is nothing in particular."""

    def __repr__(self) -> str:
        return "<an object>"


def _ragged() -> list[Any]:
    return [[1.0, 2.0], [3.0]]


def _masked() -> Any:
    return np.ma.array([0.5, 0.25], mask=[False, True])


def _mixed(*entries: Any) -> Any:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array


_NO_NUMBERS: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "text": lambda: "fast",
    "text of a number": lambda: "0.5",
    "empty text": lambda: "",
    "bytes": lambda: b"0.5",
    "bytearray": lambda: bytearray(b"12"),
    "a complex number": lambda: 0.5 + 1j,
    "a real complex number": lambda: complex(0.5),
    "a complex scalar": lambda: np.complex128(0.5 + 1j),
    "complex array": lambda: np.array([0.5, 0.25], dtype=complex),
    "dict": lambda: {"eta": 0.5},
    "empty dict": dict,
    "set": lambda: {0.5},
    "an object": _Unlike,
    "a class": lambda: _Unlike,
    "a function": lambda: lambda *_: None,
    "a generator": lambda: (number for number in (0.5, 0.25)),
    "a range": lambda: range(2),
    "a slice": lambda: slice(2),
    "a path": lambda: Path("somewhere"),
    "a stream": io.BytesIO,
    "an ellipsis": lambda: ...,
    "datetime": lambda: datetime.datetime(2020, 1, 1),
    "datetime64": lambda: np.datetime64("2020-01-01"),
    "timedelta64": lambda: np.timedelta64(3, "s"),
    "datetime array": lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    "text array": lambda: np.array(["0.5", "0.25"]),
    "objects": lambda: _mixed(_Unlike(), 1.0),
    "objects that are text": lambda: _mixed("0.5", 0.25),
    "one object that is text": lambda: np.array("0.5", dtype=object),
    "objects that are None": lambda: _mixed(None, 0.25),
    "objects that are arrays": lambda: _mixed(np.ones(2), 0.25),
    "objects that are complex": lambda: _mixed(np.complex128(1j), Fraction(1, 2)),
    "one object that is complex": lambda: _mixed(np.complex128(0.5 + 1j)),
    "records": lambda: np.array([(1, 0.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "a record": lambda: np.array([(1, 0.5)], dtype=[("a", "i4"), ("b", "f8")])[0],
    "void": lambda: np.void(b"12345678"),
    "ragged": _ragged,
    "ragged tuple": lambda: ((1.0,), 2.0),
    "list of None": lambda: [None, 0.5],
    "list of text": lambda: ["0.5", "0.25"],
    "list of text and number": lambda: ["0.5", 0.25],
    "list of a large integer and text": lambda: [10**30, "0.5"],
    "list of complex": lambda: [0.5, 1j],
    "list of dicts": lambda: [{}],
    "a tensor that needs its gradient": lambda: torch.ones(2, requires_grad=True),
    "masked array": _masked,
    "masked number": lambda: np.ma.masked,
    "masked 0-d": lambda: np.ma.array(0.5, mask=True),
    "masked integer": lambda: np.ma.array(3, mask=True),
}

_NO_FINITE_NUMBERS: dict[str, Callable[[], Any]] = {
    "NaN": lambda: math.nan,
    "infinity": lambda: math.inf,
    "minus infinity": lambda: -math.inf,
    "float32 NaN": lambda: np.float32(math.nan),
    "float16 infinity": lambda: np.float16(math.inf),
    "list with NaN": lambda: [0.5, math.nan],
    "array with infinity": lambda: np.array([0.5, math.inf]),
    "Decimal NaN": lambda: Decimal("NaN"),
    "Decimal signalling NaN": lambda: Decimal("sNaN"),
    "Decimal infinity": lambda: Decimal("-Infinity"),
    "huge integer": lambda: 10**400,
    "integer of 5000 digits": lambda: 10**5000,  # which Python refuses to write
    "list of an integer of 5000 digits": lambda: [-(10**5000)],
    "huge negative integer": lambda: -(10**400),
    "list of huge integers": lambda: [10**400, 1],
    "object array of huge integers": lambda: np.array([10**400, 1], dtype=object),
    "huge Fraction": lambda: Fraction(10**400, 3),
    "huge Decimal": lambda: Decimal("1e400"),
    "huge long double": lambda: np.longdouble("1e400"),
    "array of huge long doubles": lambda: np.array([np.longdouble("1e400"), 1]),
}

_NUMBERS: dict[str, Callable[[], Any]] = {
    "True": lambda: True,
    "a NumPy bool": lambda: np.True_,
    "bool array": lambda: np.array([True, False]),
    "zero": lambda: 0,
    "minus zero": lambda: -0.0,
    "one": lambda: 1,
    "two": lambda: 2,
    "a half": lambda: 0.5,
    "minus one": lambda: -1,
    "three quarters of an integer": lambda: 2.75,
    "just below one": lambda: math.nextafter(1, 0),
    "just above one": lambda: math.nextafter(1, 2),
    "smallest float": lambda: 5e-324,
    "minus the smallest float": lambda: -5e-324,
    "subnormal": lambda: 1e-310,
    "smallest normal float": lambda: 2.2250738585072014e-308,
    "largest float": lambda: 1.7976931348623157e308,
    "minus the largest float": lambda: -1.7976931348623157e308,
    "huge float": lambda: 1e200,
    "tiny float": lambda: 1e-200,
    "2**53 + 1": lambda: 2**53 + 1,
    "2**63": lambda: 2**63,
    "2**64": lambda: 2**64,
    "a million millions": lambda: 10**12,
    "10**300": lambda: 10**300,
    "Fraction": lambda: Fraction(1, 3),
    "Decimal": lambda: Decimal("0.3"),
    "list of Fractions": lambda: [Fraction(1, 3), Fraction(1, 2)],
    "list of Decimals": lambda: [Decimal("0.3"), Decimal("0.5")],
    "int8": lambda: np.int8(1),
    "int8 array": lambda: np.array([1, 2], dtype=np.int8),
    "smallest int8": lambda: np.array([-128, 127], dtype=np.int8),
    "uint8 array": lambda: np.array([0, 1], dtype=np.uint8),
    "uint64": lambda: np.uint64(2**64 - 1),
    "uint64 array": lambda: np.array([2**64 - 1, 1], dtype=np.uint64),
    "float16": lambda: np.float16(0.3),
    "float16 array": lambda: np.array([0.25, 0.3], dtype=np.float16),
    "float32": lambda: np.float32(0.3),
    "float32 array": lambda: np.array([0.25, 0.3], dtype=np.float32),
    "long double": lambda: np.longdouble("0.3"),
    "big-endian array": lambda: np.array([0.25, 0.5], dtype=">f8"),
    "0-d array": lambda: np.array(0.5),
    "0-d integer": lambda: np.array(3),
    "0-d object": lambda: np.array(Fraction(1, 2), dtype=object),
    "one in a list": lambda: [0.5],
    "integer in a list": lambda: [3],
    "one in a 1-d array": lambda: np.array([3]),
    "one in a 3-d array": lambda: np.array([[[0.5]]]),
    "pair": lambda: (0.25, 0.5),
    "falling pair": lambda: [0.5, 0.25],
    "equal pair": lambda: [0.5, 0.5],
    "pair of integers": lambda: [1, 2],
    "triple": lambda: [0.25, 0.5, 0.75],
    "2-d": lambda: [[0.25, 0.5], [0.5, 0.75]],
    "2-d, skew": lambda: [[0.25, 0.5], [-0.5, 0.75]],
    "3-d": lambda: np.full((2, 2, 2), 0.5),
    "column": lambda: np.array([[0.25], [0.5]]),
    "empty list": list,
    "empty tuple": tuple,
    "empty array": lambda: np.empty(0),
    "empty 2-d array": lambda: np.empty((0, 2)),
    "empty the other way": lambda: np.empty((2, 0)),
    "reversed view": lambda: np.array([0.75, 0.5])[::-1],
    "read-only": lambda: np.broadcast_to(np.float64(0.5), (2,)),
    "masked array without a mask": lambda: np.ma.array([0.5, 0.25]),
    "2**28": lambda: 2**28,
}

ODDITIES: dict[str, Callable[[], Any]] = {**_NO_NUMBERS, **_NO_FINITE_NUMBERS, **_NUMBERS}


def plain(value: Any) -> Any:
    """Return the floats that a value stands for, in nested lists; a TypeError if it has none."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiubO":
            raise TypeError(f"{value!r} holds no real numbers")
        return plain(value.tolist())
    if isinstance(value, list | tuple | range | bytearray):
        return [plain(entry) for entry in value]
    if isinstance(value, bool | int | float | Fraction | Decimal | np.bool_ | np.number):
        if isinstance(value, np.complexfloating | np.timedelta64):
            raise TypeError(f"{value!r} is no real number")
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    raise TypeError(f"{value!r} is no real number")
