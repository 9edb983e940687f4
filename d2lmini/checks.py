"""What a reader passes in, as float64, or an error that says what is wanted.

Every hyperparameter and every array of the library goes through one of these functions, so that a
list, a tuple, an integer or a 0-d array is as good as a float, and a NaN, a string or a negative
step count is met where it enters, by name, and not ten lines further down by NumPy.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def real_array(value: Any) -> Array:
    """Return a fresh float64 array of the real numbers in `value`, infinite ones included.

    Raises
    ------
    TypeError
        If something in it is not a real number: text, a complex number, None, a missing entry.
    ValueError
        If it is not an array at all: a ragged list, a tensor that needs its gradient.
    """
    try:
        raw = np.asarray(value)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    if raw.dtype == object and not any(isinstance(entry, str | None) for entry in raw.flat):
        try:
            raw = raw.astype(np.float64)  # fractions, integers beyond 64 bits
        except (ValueError, OverflowError) as error:
            raise TypeError(str(error)) from error
    if raw.dtype.kind not in "fiub" or np.ma.is_masked(value):
        raise TypeError(f"not real numbers: {value!r}")
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf
        return np.array(raw, dtype=np.float64)


def as_array(name: str, value: Any, remedy: str) -> Array:
    """Return a fresh float64 array of the finite numbers in `value`, whatever its shape."""
    try:
        array = real_array(value)
    except TypeError as error:
        raise TypeError(f"{name} must hold real numbers, got {value!r}: {remedy}") from error
    except ValueError as error:
        raise ValueError(f"{name} must be an array of numbers, got {value!r}: {remedy}") from error
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {value!r}: {remedy}")
    return array


def as_number(name: str, value: Any, need: str, remedy: str) -> float:
    """Return `value` as a float if it is one finite number; `need` reads like ``0 <= beta < 1``."""
    if isinstance(value, str | bytes | bool | np.bool_) or value is None:
        raise TypeError(f"{name} must be a number with {need}, got {value!r}: {remedy}")
    try:
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "fiuO":
            raise TypeError
        number = float(array.reshape(()).item())
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be one number with {need}, got {value!r}: {remedy}") from None
    except OverflowError:
        number = float("inf")
    if not np.isfinite(number):
        raise ValueError(f"{name} must be a finite number with {need}, got {value!r}: {remedy}")
    return number


def as_count(name: str, value: Any, remedy: str) -> int:
    """Return `value` as an int if it is a whole number that is not negative."""
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a whole number >= 0, got {value!r}: {remedy}")
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number >= 0, got {value!r}: {remedy}") from None
    if count < 0:
        raise ValueError(f"{name} must be a whole number >= 0, got {name}={count}: {remedy}")
    return count


def as_generator(name: str, value: Any) -> np.random.Generator:
    """Return a generator of random numbers: `value` itself, or a new one with that seed."""
    if isinstance(value, np.random.Generator):
        return value
    remedy = "pass a whole number such as 0, or numpy.random.default_rng(0)"
    return np.random.default_rng(as_count(name, value, remedy))
