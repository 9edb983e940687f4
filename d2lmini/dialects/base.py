"""What the dialects of momentum have in common: the kind of thing a setting is, and its checks."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import fields
from typing import Any

import numpy as np

from ..checks import Array, as_number, shown
from ..messages import Phrase, tell

__all__ = ["Dialect", "refuse_nesterov", "scaled"]

_FLAGS = frozenset({"nesterov", "debias"})
_RATES = frozenset({"eta", "lr", "learning_rate", "epsilon"})


class Dialect(ABC):
    """A setting of one dialect: what :class:`D2L`, :class:`PyTorch` and the others have in common.

    A setting is a frozen dataclass, checked when it is made. Its learning rate is a number >= 0,
    its momentum one with 0 <= momentum < 1.
    """

    def __post_init__(self) -> None:
        for entry in fields(self):  # type: ignore[arg-type]  # the subclasses are dataclasses
            value = getattr(self, entry.name)
            object.__setattr__(self, entry.name, _checked(entry.name, value))

    @abstractmethod
    def _common(self) -> tuple[float, float, bool]:
        """Return eta, beta and nesterov of the `D2L` recurrence with, in the end, the same path."""

    @classmethod
    @abstractmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> Dialect:
        """Return the setting whose path is that of the `D2L` recurrence."""

    @abstractmethod
    def _step(self, x: Array, v: Array, g: Array, factor: float, t: int) -> tuple[Array, Array]:
        """Return position and velocity after step `t`, the first being 0, with eta times factor."""

    def _unlike(self) -> Phrase | None:
        """Say why no constant setting of another dialect has this path, or nothing."""
        return None


def _checked(name: str, value: Any) -> float | bool:
    """Return an argument of a setting as a float within its range, or as a flag."""
    if name in _FLAGS:
        if not isinstance(value, bool | np.bool_):
            raise TypeError(
                tell("{name} must be True or False, got {got}", name=name, got=shown(value))
            )
        return bool(value)
    if name in _RATES:
        number = as_number(name, value, f"{name} >= 0", Phrase("0.1 is a place to start"))
        if number < 0:
            raise ValueError(
                tell(
                    "{name} must be >= 0, got {name}={number:g}: a negative step climbs",
                    name=name,
                    number=number,
                )
            )
        return number
    if name == "dampening":
        number = as_number(
            name, value, "0 <= dampening <= 1", Phrase("0 leaves the gradient as it is")
        )
        if not 0 <= number <= 1:
            raise ValueError(
                tell(
                    "dampening must be between 0 and 1, got dampening={dampening:g}: 0 leaves "
                    "the gradient as it is",
                    dampening=number,
                )
            )
        return number
    number = as_number(name, value, f"0 <= {name} < 1", Phrase("0.9 is a usual value"))
    if not 0 <= number < 1:
        why = (
            Phrase("past gradients never fade") if number >= 1 else Phrase("0 is gradient descent")
        )
        raise ValueError(
            tell(
                "need 0 <= {name} < 1, got {name}={number:g}: {why}",
                name=name,
                number=number,
                why=why,
            )
        )
    return number


def scaled(rate: float, share: float) -> float:
    """Return the product of a learning rate and a share of it, or an error if it underflows."""
    product = rate * share
    if rate and 0 < share < 1 and product < sys.float_info.min:
        raise ValueError(
            tell(
                "the learning rate {rate:g}, times {share:g}, is too small for a float to keep "
                "its digits: choose a larger one",
                rate=rate,
                share=share,
            )
        )
    return product


def refuse_nesterov(cls: type[Dialect], nesterov: bool) -> None:
    """Raise an error if the look-ahead is wanted of a dialect that has none."""
    if nesterov:
        raise ValueError(
            tell(
                "{dialect} has no Nesterov variant, and without the look-ahead no setting has "
                "the same path: convert to D2L, PyTorch, Keras or Optax, or use nesterov=False",
                dialect=cls.__name__,
            )
        )
