"""Checking the answers to the course's exercises.

:func:`check` compares an answer with what the library computes. A wrong answer gets a hint, in the
reader's language, about where to look again; it never gets the right one.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from ..checks import shown
from ..labels import label
from ..messages import Phrase, tell
from .answers import EXERCISES

__all__ = ["Verdict", "check", "exercise_names"]

# Texts that are the same for all exercises; the others stand under the name of an exercise.
_COMMON = frozenset(
    {"right", "rounded", "number", "numbers", "finite", "function", "raised", "nothing", "parts"}
    | {"result", "shape", "case", "open"}
)


@dataclass(frozen=True)
class Verdict:
    """What :func:`check` has to say about an answer.

    Attributes
    ----------
    name : str
        The exercise.
    right : bool
        Whether the answer is right.
    message : str
        What to say to the reader, in the language in use.
    answered : bool
        Whether there was an answer at all.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.check("gd-limit", 0.5)
    ✓ gd-limit: That is right.
    """

    name: str
    right: bool
    message: str
    answered: bool = True

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        mark = "✓" if self.right else "✗" if self.answered else "…"
        return f"{mark} {self.name}: {self.message}"


def exercise_names() -> tuple[str, ...]:
    """Return the names of the exercises that :func:`check` knows, in the order of the course.

    Returns
    -------
    tuple of str
        Names such as ``"gd-limit"``.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.exercise_names()[0]
    'gd-limit'
    """
    return tuple(EXERCISES)


def check(name: str, answer: Any = ...) -> Verdict:
    """Say whether an answer to an exercise is right, or where to look again.

    Parameters
    ----------
    name : str
        The exercise, one of :func:`exercise_names`; its text says what kind of answer it wants.
    answer : float, array_like or callable
        The answer. A number may be rounded to three digits. An array may be any array_like. A
        function is called with several arguments, which its exercise names. ``...``, as in the
        cells of the course, stands for no answer yet.

    Returns
    -------
    Verdict
        True in an ``if`` when the answer is right. Whatever the answer is, a number that is not
        finite or a function that raises an error included, the verdict says so, and no exception
        reaches the reader.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.check("gd-limit", 10)
    ✗ gd-limit: That is the limit of the flat direction. Which one diverges first?
    >>> d2l.check("momentum-step", lambda x, v, g, eta, beta: (x - eta * g, beta * v + g))
    ✗ momentum-step: The position must move by the new velocity, not by the gradient alone.
    """
    if not isinstance(name, str) or name not in EXERCISES:
        near = difflib.get_close_matches(name, EXERCISES, n=1) if isinstance(name, str) else []
        meant = (
            Phrase("did you mean {near!r}?", near=near[0])
            if near
            else Phrase("use one of {names}", names=", ".join(EXERCISES))
        )
        raise ValueError(
            tell(
                "name must be that of an exercise, got {got}: {meant}", got=shown(name), meant=meant
            )
        )
    if answer is ...:
        return Verdict(name, False, label("check.open"), answered=False)
    key, fields = EXERCISES[name](answer)
    path = key if key in _COMMON else f"{name.replace('-', '_')}.{key}"
    return Verdict(name, key == "right", label(f"check.{path}", **fields))
