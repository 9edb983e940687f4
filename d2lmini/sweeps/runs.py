"""Which runs a sweep consists of, in which order, and how many of them at a time."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..checks import as_array, as_count, shown
from ..messages import Phrase, tell

__all__ = ["MOST", "Run", "runs_of", "worker_count"]

#: How many runs a sweep may have. Nobody waits for more; a slip of the pen asks for more.
MOST = 1_000_000

T = TypeVar("T")


class Run(NamedTuple):
    """The settings in which the runs of a sweep differ."""

    eta: float
    beta: float
    seed: int

    def __str__(self) -> str:
        return f"eta={self.eta:g}, beta={self.beta:g}, seed={self.seed}"


def runs_of(*, eta: Any, beta: Any, seed: Any, pairs: Any) -> list[Run]:
    """Return the runs, the seed changing fastest, then beta; or say what cannot be.

    Parameters
    ----------
    eta, beta, seed, pairs
        As for :func:`~d2lmini.sweeps.sweep`; None stands for what was not given.

    Examples
    --------
    >>> for run in runs_of(eta=[0.1, 0.2], beta=None, seed=[1, 2], pairs=None):
    ...     print(run)
    eta=0.1, beta=0, seed=1
    eta=0.1, beta=0, seed=2
    eta=0.2, beta=0, seed=1
    eta=0.2, beta=0, seed=2
    """
    if pairs is None:
        if eta is None:
            raise TypeError(
                tell("sweep needs eta or pairs, got neither: write for example eta=[0.01, 0.1]")
            )
        etas = _numbers("eta", eta, "eta=[0.01, 0.1]")
        betas = _numbers("beta", 0.0 if beta is None else beta, "beta=[0, 0.9]")
        _check_number(len(etas) * len(betas))
        chosen = [(e, b) for e in etas for b in betas]
    elif eta is not None or beta is not None:
        raise TypeError(
            tell(
                "sweep needs either pairs or eta and beta, got both: pairs lists eta and beta "
                "together"
            )
        )
    else:
        chosen = _pairs(pairs)
    seeds = _seeds(0 if seed is None else seed)
    _check_number(len(chosen) * len(seeds))
    return [Run(e, b, s) for e, b in chosen for s in seeds]


def worker_count(workers: int | None, client: Any) -> int:
    """Return how many processes train at the same time; 1 with a client, which decides itself."""
    if client is not None:
        if workers is not None:
            raise TypeError(
                tell(
                    "sweep needs workers or client, got both (workers={workers}): the client's "
                    "cluster has its own workers",
                    workers=shown(workers),
                )
            )
        if not callable(getattr(client, "scatter", None)) or getattr(client, "asynchronous", True):
            raise TypeError(
                tell(
                    "sweep needs for client a distributed.Client that is not asynchronous, got "
                    "{got}: write for example client=distributed.Client(address)",
                    got=shown(client),
                )
            )
        return 1
    remedy = Phrase("leave it out for one worker per processor; 1 trains in this process")
    if workers is None:
        import joblib

        return int(joblib.cpu_count())  # of those that this process may use
    count = as_count("workers", workers, remedy)
    if count < 1:
        raise ValueError(
            tell(
                "sweep needs workers >= 1, got workers={workers}: {remedy}",
                workers=count,
                remedy=remedy,
            )
        )
    return count


def _numbers(name: str, value: Any, example: str) -> list[float]:
    remedy = Phrase("write for example {example}", example=example)
    array = np.atleast_1d(as_array(name, _listed(value), remedy))
    if array.ndim != 1 or not array.size:
        raise ValueError(
            tell(
                "sweep needs for {name} a number or a sequence of at least one, got shape "
                "{shape}: {remedy}",
                name=name,
                shape=array.shape,
                remedy=remedy,
            )
        )
    return _once(name, [float(number) for number in array])


def _pairs(value: Any) -> list[tuple[float, float]]:
    remedy = Phrase("write for example pairs=[(0.01, 0.9), (0.1, 0)]")
    array = as_array("pairs", _listed(value), remedy)
    if array.ndim != 2 or array.shape[1] != 2 or not array.size:
        raise ValueError(
            tell(
                "sweep needs for pairs a sequence of (eta, beta), got shape {shape}: {remedy}",
                shape=array.shape,
                remedy=remedy,
            )
        )
    return _once("pairs", [(float(e), float(b)) for e, b in array])


def _seeds(value: Any) -> list[int]:
    remedy = Phrase("write for example seed=[1, 2, 3]")
    values = _listed(value)
    if isinstance(values, np.ndarray) and values.ndim:
        values = list(values)
    if not isinstance(values, list):
        values = [values]
    if not values:
        raise ValueError(
            tell(
                "sweep needs at least one seed, got {got}: {remedy}",
                got=shown(value),
                remedy=remedy,
            )
        )
    return _once("seed", [as_count("seed", each, remedy) for each in values])


def _listed(value: Any) -> Any:
    """Return a list for what can be gone through (a range, a generator), else `value`.

    Not to its end, for it may have none: only as far as it takes to know that it is too long.
    """
    if isinstance(value, np.ndarray):  # an array may have a mask, a list has none
        _check_number(len(value) if value.ndim else 1)
        return value
    if isinstance(value, str | bytes):
        return value
    try:
        listed = list(islice(value, MOST + 1))
    except TypeError:  # a number
        return value
    _check_number(len(listed))
    return listed


def _check_number(runs: int) -> None:
    if runs > MOST:
        raise ValueError(
            tell(
                "sweep makes at most {most} runs, got at least {runs}: choose fewer values, or "
                "call it for some of them at a time, with the same folder",
                most=MOST,
                runs=runs,
            )
        )


def _once(name: str, values: list[T]) -> list[T]:
    """Return the values if they differ from each other."""
    twice = [value for value, n in Counter(values).items() if n > 1]
    if twice:
        raise ValueError(
            tell(
                "sweep needs each value of {name} once, got {got} more than once: the same "
                "settings give the same run",
                name=name,
                got=shown(twice[0]),
            )
        )
    return values
