"""What a reader passes in, as float64, or an error that says what is wanted.

Every hyperparameter and every array of the library goes through one of these functions, so that a
list, a tuple, an integer or a 0-d array is as good as a float, and a NaN, a string or a negative
step count is met where it enters, by name, and not ten lines further down by NumPy.
"""

from __future__ import annotations

import math
import numbers
import operator
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from .messages import Phrase, tell

Array = npt.NDArray[np.float64]

MOST = 2**24
"""The most steps, weights or positions that one call makes: 128 MiB of them."""

_LONGEST = 200  # characters of a value in a message


def shown(value: Any) -> str:
    """Return a value as it is written in a message, cut short where it would fill the screen."""
    try:
        text = repr(value)
    except Exception:  # whatever a foreign __repr__ does; Python's int refuses beyond 4300 digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-20:]}"


def real_array(value: Any) -> Array:
    """Return a fresh float64 array of the real numbers in `value`, infinities and NaN included.

    Raises
    ------
    TypeError
        If something in it is not a real number: text, a complex number, None, a masked entry; or is
        an integer or a fraction too large for a float.
    ValueError
        If it is not an array at all: a ragged list, a tensor that needs its gradient.
    """
    try:
        return _float64(_raw(value))
    except OverflowError as error:
        raise TypeError(str(error)) from error


def as_reals(name: str | Phrase, value: Any, remedy: Phrase) -> Array:
    """Return `real_array` of a value, or an error that names it."""
    try:
        return real_array(value)
    except TypeError as error:
        raise TypeError(
            tell(
                "{name} must hold real numbers, got {got}: {remedy}",
                name=name,
                got=shown(value),
                remedy=remedy,
            )
        ) from error
    except ValueError as error:
        raise ValueError(
            tell(
                "{name} must be an array of numbers, got {got}: {remedy}",
                name=name,
                got=shown(value),
                remedy=remedy,
            )
        ) from error


def as_array(name: str | Phrase, value: Any, remedy: Phrase) -> Array:
    """Return a fresh float64 array of the finite numbers in `value`, whatever its shape."""
    array = as_reals(name, value, remedy)
    if not np.isfinite(array).all():
        raise ValueError(
            tell(
                "{name} must be finite, got {got}: {remedy}",
                name=name,
                got=shown(value),
                remedy=remedy,
            )
        )
    return array


def as_number(name: str, value: Any, need: str | Phrase, remedy: Phrase) -> float:
    """Return `value` as a float if it is one finite number; `need` reads like ``0 <= beta < 1``.

    A formula is the same in all languages; a need in words is a phrase.
    """
    if type(value) is float and math.isfinite(value):  # the usual case, also within a loop
        return value
    if isinstance(value, str | bytes | bool | np.bool_) or value is None:
        raise TypeError(
            tell(
                "{name} must be a number with {need}, got {got}: {remedy}",
                name=name,
                need=need,
                got=shown(value),
                remedy=remedy,
            )
        )
    try:
        raw = _raw(value)
    except (TypeError, ValueError):
        raw = np.empty(0)
    except OverflowError:
        raw = np.array(math.inf)
    if raw.size != 1 or raw.dtype.kind == "b":
        raise TypeError(
            tell(
                "{name} must be one number with {need}, got {got}: {remedy}",
                name=name,
                need=need,
                got=shown(value),
                remedy=remedy,
            )
        )
    number = float(_float64(raw).reshape(()))
    if not math.isfinite(number):
        raise ValueError(
            tell(
                "{name} must be a finite number with {need}, got {got}: {remedy}",
                name=name,
                need=need,
                got=shown(value),
                remedy=remedy,
            )
        )
    return number


def as_count(name: str, value: Any, remedy: Phrase, *, most: int | None = None) -> int:
    """Return `value` as an int if it is a whole number that is not negative, nor above `most`."""
    if isinstance(value, bool | np.bool_) or np.ma.is_masked(value):
        raise TypeError(
            tell(
                "{name} must be a whole number >= 0, got {got}: {remedy}",
                name=name,
                got=shown(value),
                remedy=remedy,
            )
        )
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(
            tell(
                "{name} must be a whole number >= 0, got {got}: {remedy}",
                name=name,
                got=shown(value),
                remedy=remedy,
            )
        ) from None
    if count < 0:
        raise ValueError(
            tell(
                "{name} must be a whole number >= 0, got {name}={got}: {remedy}",
                name=name,
                got=shown(count),
                remedy=remedy,
            )
        )
    if most is not None and count > most:
        raise ValueError(
            tell(
                "{name} must be at most {most}, got {name}={got}: more would take hours or all "
                "of the memory; {remedy}",
                name=name,
                most=most,
                got=shown(count),
                remedy=remedy,
            )
        )
    return count


def as_flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False, and not what merely counts as such."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            tell(
                "{name} must be True or False, got {got}: pass for example {name}=True",
                name=name,
                got=shown(value),
            )
        )
    return bool(value)


def check_kind(
    name: str, value: Any, kind: type | tuple[type, ...], what: Phrase, remedy: Phrase
) -> None:
    """Raise an error unless `value` is of a kind; `what` reads like ``a Quadratic``."""
    if not isinstance(value, kind):
        raise TypeError(
            tell(
                "{name} must be {what}, got {got}: {remedy}",
                name=name,
                what=what,
                got=shown(value),
                remedy=remedy,
            )
        )


def as_generator(name: str, value: Any) -> np.random.Generator:
    """Return a generator of random numbers: `value` itself, or a new one with that seed."""
    if isinstance(value, np.random.Generator):
        return value
    remedy = Phrase("pass a whole number such as 0, or numpy.random.default_rng(0)")
    return np.random.default_rng(as_count(name, value, remedy))


def _raw(value: Any) -> npt.NDArray[Any]:
    """Return the real numbers in `value` as an array of a real type, which may be their own."""
    if np.ma.is_masked(value):  # NumPy would take the numbers under the mask
        raise TypeError("masked entries")
    try:
        raw = np.asarray(value)
    except (TypeError, RuntimeError) as error:
        raise ValueError(str(error)) from error
    if raw.dtype == object:  # fractions, decimals, integers beyond 64 bits; or no numbers at all
        entries = [_float(entry) for entry in raw.flat]
        raw = np.array(entries, dtype=np.float64).reshape(raw.shape)
    if raw.dtype.kind not in "fiub":
        raise TypeError(f"no real numbers, but {raw.dtype}")
    return raw


def _float(entry: Any) -> float:
    # Not whatever has a float(): text has one, and a complex NumPy number drops its imaginary part.
    if not isinstance(entry, numbers.Real | Decimal | np.bool_):
        raise TypeError(f"no real number, but a {type(entry).__name__}")
    try:
        return float(entry)
    except ValueError as error:  # a signalling NaN
        raise TypeError(str(error)) from error


def _float64(raw: npt.NDArray[Any]) -> Array:
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf
        return np.array(raw, dtype=np.float64)
