"""What tells a right answer from a wrong one, and a wrong one from a known mistake.

A judge takes an answer and returns the key of what there is to say about it, with the values that
the text needs: ``("right", {})``, or the key of a hint. The truth is a function that is called when
an answer comes in, so that it is computed by the library and written down nowhere.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..checks import Array, real_array

__all__ = ["RIGHT", "Finding", "Function", "Judge", "Numbers", "Trial"]

Finding = tuple[str, dict[str, Any]]

RIGHT: Finding = ("right", {})
_WRONG: Finding = ("hint", {})


class Judge(Protocol):
    """What an exercise has: it looks at an answer and says what it found."""

    def __call__(self, answer: Any) -> Finding:
        """Return the key of a text, and the values that it needs."""


def _same(a: Array, b: Array, tolerance: float) -> bool:
    """Whether two arrays agree: relative to each entry, and to the largest where one is tiny."""
    scale = np.abs(b).max(initial=0.0)
    return bool(np.allclose(a, b, rtol=tolerance, atol=1e-9 * scale))


def _is_rounded(given: Array, truth: Array, tolerance: float) -> bool:
    """Whether each entry is right, or would be if two digits were enough."""
    rounded = np.array([float(f"{entry:.1e}") for entry in truth.flat]).reshape(truth.shape)
    near = np.isclose(given, truth, rtol=tolerance, atol=0.0)
    return bool(np.all(near | np.isclose(given, rounded, rtol=1e-9, atol=0.0)))


@dataclass(frozen=True)
class Numbers:
    """One number, or an array of them.

    Attributes
    ----------
    truth : callable
        Returns the right answer.
    mistakes : mapping
        From the key of a hint to a function that returns the wrong answer which it is for.
    tolerance : float
        How far off an answer may be, relative to the truth: an answer may be rounded to three
        digits.
    """

    truth: Callable[[], Any]
    mistakes: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    tolerance: float = 0.005

    def __call__(self, answer: Any) -> Finding:
        """Compare with the truth first, then with each known mistake."""
        truth = np.asarray(self.truth(), dtype=np.float64)
        try:
            given = real_array(answer)
            if given.dtype != np.float64 or isinstance(answer, bool | np.bool_):
                raise TypeError
        except (TypeError, ValueError):
            given = np.array([])
        if given.shape != truth.shape and not (truth.ndim == 0 and given.size == 1):
            if truth.ndim == 0:
                return "number", {"answer": _shown(answer)}
            return "numbers", {"count": truth.size, "answer": _shown(answer)}
        given = given.reshape(truth.shape)
        if not np.isfinite(given).all():
            return "finite", {"answer": _shown(answer)}
        if _same(given, truth, self.tolerance):
            return RIGHT
        for key, mistake in self.mistakes.items():
            if _same(given, np.asarray(mistake(), dtype=np.float64), self.tolerance):
                return key, {}
        return ("rounded", {}) if _is_rounded(given, truth, self.tolerance) else _WRONG


@dataclass(frozen=True)
class Function:
    """A function that is to agree with another on a list of cases.

    Attributes
    ----------
    truth : callable
        The function that the answer is to agree with; its result is a number, an array, or a tuple
        of arrays.
    cases : sequence of tuple
        Arguments to try, the simplest first.
    names : tuple of str
        What the arguments are called, for the message.
    mistakes : mapping
        From the key of a hint to a function with that mistake.
    tolerance : float
        Relative.
    """

    truth: Callable[..., Any]
    cases: Sequence[tuple[Any, ...]]
    names: tuple[str, ...]
    mistakes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    tolerance: float = 1e-7

    def __call__(self, answer: Any) -> Finding:
        """Call the answer on all cases; name the first where it goes wrong."""
        if not callable(answer):
            return "function", {"names": ", ".join(self.names), "answer": _shown(answer)}
        results: list[list[Array]] = []
        for case in self.cases:
            where = {"case": self._described(case)}
            try:
                with np.errstate(all="ignore"):
                    returned = answer(*copy.deepcopy(case))
            except Exception as error:  # whatever the reader's code raises is shown, not thrown
                return "raised", {**where, "error": f"{type(error).__name__}: {error}"}
            if returned is None:
                return "nothing", where
            expected = _parts(self.truth(*copy.deepcopy(case)))
            if len(expected) > 1 and not _has_parts(returned, len(expected)):
                return "parts", {**where, "count": len(expected), "answer": _shown(returned)}
            try:
                parts = list(returned) if len(expected) > 1 else [returned]
                given = [real_array(part) for part in parts]
            except (TypeError, ValueError):
                return "result", {**where, "answer": _shown(returned)}
            wanted = [part.shape for part in expected]
            # One number may come in any form, as it may from the reader's own hand.
            given = [
                part.reshape(()) if not shape and part.size == 1 else part
                for part, shape in zip(given, wanted, strict=True)
            ]
            got = [part.shape for part in given]
            if got != wanted:
                return "shape", {**where, "shape": _shapes(wanted), "answer": _shapes(got)}
            results.append(given)
        wrong = self._first_wrong(results, self.truth)
        if wrong is None:
            return RIGHT
        for key, mistake in self.mistakes.items():
            if self._first_wrong(results, mistake) is None:
                return key, {}
        return "case", {"case": self._described(self.cases[wrong])}

    def _first_wrong(self, results: list[list[Array]], function: Callable[..., Any]) -> int | None:
        for index, (case, given) in enumerate(zip(self.cases, results, strict=True)):
            with np.errstate(all="ignore"):
                expected = _parts(function(*copy.deepcopy(case)))
            same = len(given) == len(expected) and all(
                a.shape == b.shape and _same(a, b, self.tolerance)
                for a, b in zip(given, expected, strict=True)
            )
            if not same:
                return index
        return None

    def _described(self, case: tuple[Any, ...]) -> str:
        shown = (
            np.array2string(np.asarray(value), precision=4, separator=", ").replace("\n", "")
            for value in case
        )
        return ", ".join(f"{name} = {text}" for name, text in zip(self.names, shown, strict=True))


@dataclass(frozen=True)
class Trial:
    """Numbers that are tried out: there are many right answers, and a run tells.

    Attributes
    ----------
    run : callable
        Takes the numbers as floats and returns what it found.
    names : tuple of str
        What the numbers are called.
    """

    run: Callable[..., Finding]
    names: tuple[str, ...]

    def __call__(self, answer: Any) -> Finding:
        """Run with the numbers of the answer."""
        try:
            given = real_array(answer).reshape(-1)
        except (TypeError, ValueError):
            given = np.array([])
        if given.size != len(self.names):
            if len(self.names) == 1:
                return "number", {"answer": _shown(answer)}
            return "numbers", {"count": len(self.names), "answer": _shown(answer)}
        if not np.isfinite(given).all():
            return "finite", {"answer": _shown(answer)}
        return self.run(*(float(number) for number in given))


def _parts(value: Any) -> list[Array]:
    """Return the arrays that a function of the library returned."""
    parts = value if isinstance(value, tuple) else (value,)
    return [np.asarray(part, dtype=np.float64) for part in parts]


def _has_parts(returned: Any, count: int) -> bool:
    """Whether a reader's function returned `count` results."""
    if isinstance(returned, np.ndarray):
        return returned.shape[:1] == (count,)
    return isinstance(returned, tuple | list) and len(returned) == count


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(str(shape) for shape in shapes)


def _shown(value: Any) -> str:
    """Return a short repr of an answer; that of a strange object may fail."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    text = " ".join(text.split())  # the repr of an array may have several lines
    return text if len(text) <= 60 else text[:57] + "..."
