"""What a sweep leaves behind: a row and a history for each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_count, as_number, shown
from ..history import History
from ..messages import Phrase, tell
from . import files
from .runs import Run

__all__ = ["DIED", "DONE", "ERROR", "Outcome", "Sweep", "tabulate"]

Array = npt.NDArray[np.float64]

#: What `status` in the table may say.
DONE, ERROR, DIED = "done", "error", "worker died"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a run, and the warnings that it gave."""

    status: str
    history: History | None = None
    error: str = ""
    warnings: tuple[tuple[type[Warning], str], ...] = ()


def tabulate(runs: Sequence[Run], outcomes: Sequence[Outcome]) -> npt.NDArray[np.void]:
    """Return one row a run; the columns are described in :class:`Sweep`."""
    seeds = np.int64 if max(run.seed for run in runs) < 2**63 else np.uint64
    columns: dict[str, tuple[Any, list[Any]]] = {
        "eta": (np.float64, [run.eta for run in runs]),
        "beta": (np.float64, [run.beta for run in runs]),
        "seed": (seeds, [run.seed for run in runs]),
    }
    rows = [_row(outcome) for outcome in outcomes]
    kinds = {"steps": np.int64, "diverged": np.bool_, "status": np.str_, "error": np.str_}
    for name in rows[0]:
        columns[name] = (kinds.get(name, np.float64), [row[name] for row in rows])
    # np.array gives a text column the width of its longest text.
    arrays = {name: np.array(values, dtype=kind) for name, (kind, values) in columns.items()}
    table = np.empty(len(runs), dtype=[(name, array.dtype) for name, array in arrays.items()])
    for name, array in arrays.items():
        table[name] = array
    table.flags.writeable = False
    return table


def _row(outcome: Outcome) -> dict[str, Any]:
    h = outcome.history
    row: dict[str, Any] = dict.fromkeys(("loss", "best_loss", "accuracy", "test_loss"), np.nan)
    row |= {"steps": 0, "diverged": False, "seconds": np.nan}
    if h is not None:
        row |= {"steps": h.steps, "diverged": h.diverged, "seconds": h.seconds}
        row["loss"] = np.inf if h.diverged else h.smoothed[-1]
        row["best_loss"] = h.smoothed.min(initial=np.inf)
        row["accuracy"] = np.nan if h.accuracy is None else h.accuracy
        row["test_loss"] = np.nan if h.test_loss is None else h.test_loss
    order = ("steps", "loss", "best_loss", "accuracy", "test_loss", "diverged", "seconds")
    return {name: row[name] for name in order} | {"status": outcome.status, "error": outcome.error}


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """Many training runs: a table with a row for each, and their histories.

    Attributes
    ----------
    table : structured ndarray, shape (n_runs,)
        One row a run, in the order of :func:`~d2lmini.sweeps.sweep`. Its columns:

        - ``eta``, ``beta``, ``seed``: the settings;
        - ``steps``: minibatches seen;
        - ``loss``: the smoothed cost at the end, **inf** where the run diverged;
        - ``best_loss``: the smallest smoothed cost on the way;
        - ``accuracy``, ``test_loss``: as in :class:`~d2lmini.history.History`, NaN where that
          says None, and after a divergence;
        - ``diverged``: whether the cost stopped being finite;
        - ``seconds``: how long the run took when it was computed;
        - ``status``: ``"done"`` (a divergence is a result, too), ``"error"`` or ``"worker died"``;
        - ``error``: what the run raised, or the empty text.

        A run that is not done has NaN for its numbers, and 0 steps.
    histories : tuple of History or None, length n_runs
        In the order of the table; None for a run that is not done.
    eta : ndarray, shape (n_eta,)
        The different learning rates, in the order in which they were given.
    beta : ndarray, shape (n_beta,)
        The different momenta, likewise.
    data : str
        Name of the data set.

    Examples
    --------
    >>> import numpy as np
    >>> cost = np.array([2.0, 1.0])
    >>> runs = [Run(eta, 0.9, seed) for eta in (0.1, 1.0) for seed in (1, 2)]
    >>> outcomes = [
    ...     Outcome("done", History(cost, cost / run.seed, 2, run.eta, 0.9, 0.5, 0.1, "toy"))
    ...     for run in runs
    ... ]
    >>> result = Sweep(tabulate(runs, outcomes), tuple(o.history for o in outcomes), "toy")
    >>> result
    Sweep(toy: 4 runs, 2 eta x 1 beta x 2 seeds; all done; best loss 0.5 at eta=0.1, beta=0.9, \
seed=2)
    >>> result.grid("loss")  # averages over the two seeds
    array([[0.75],
           [0.75]])
    >>> result.history(eta=1.0, seed=2).smoothed
    array([1. , 0.5])
    """

    table: npt.NDArray[np.void]
    histories: tuple[History | None, ...]
    data: str

    @property
    def eta(self) -> Array:
        """The different learning rates, in the order in which they were given."""
        return _distinct(self.table["eta"])

    @property
    def beta(self) -> Array:
        """The different momenta, in the order in which they were given."""
        return _distinct(self.table["beta"])

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        seeds = len(_distinct(self.table["seed"]))
        size = f"{len(self.eta)} eta x {len(self.beta)} beta x {seeds} seeds"
        if len(self) != len(self.eta) * len(self.beta) * seeds:
            size = f"{len(self) // seeds} pairs of eta and beta x {seeds} seeds"
        lost = int((self.table["status"] != DONE).sum())
        wild = int(self.table["diverged"].sum())
        parts = [f"{wild} diverged"] if wild else []
        parts += [f"{lost} without a result"] if lost else []
        text = f"{len(self)} runs, {size}; {', '.join(parts) or 'all done'}"
        if (best := self.best) is not None:
            run = Run(float(best["eta"]), float(best["beta"]), int(best["seed"]))
            text += f"; best loss {best['loss']:.4g} at {run}"
        return f"Sweep({self.data}: {text})"

    @property
    def best(self) -> np.void | None:
        """The row with the smallest loss at the end; None where no run ended with a finite one."""
        loss = self.table["loss"]
        if not np.isfinite(loss).any():
            return None
        row = self.table[np.nanargmin(loss)]
        assert isinstance(row, np.void)
        return row

    def history(
        self, *, eta: float | None = None, beta: float | None = None, seed: int | None = None
    ) -> History:
        """Return what happened in one run.

        Parameters
        ----------
        eta, beta : float, optional
            As they were given to the sweep; what has one value only may be left out.
        seed : int, optional
            Likewise.

        Returns
        -------
        History

        Raises
        ------
        ValueError
            If no run has these settings, or several have, or the run has no result.
        """
        chosen = np.ones(len(self), dtype=np.bool_)
        remedy = Phrase("pass one that the sweep was given")
        wanted = {
            "eta": None if eta is None else as_number("eta", eta, "eta > 0", remedy),
            "beta": None if beta is None else as_number("beta", beta, "0 <= beta < 1", remedy),
            "seed": None if seed is None else as_count("seed", seed, remedy),
        }
        for name, value in wanted.items():
            if value is not None and name == "seed":
                chosen &= np.array([known == value for known in self.table["seed"].tolist()])
            elif value is not None:
                # 0.1 is also what a computation such as 10**-1 or linspace makes of it.
                with np.errstate(over="ignore"):
                    chosen &= abs(self.table[name] - value) <= 1e-9 * abs(value)
        asked = ", ".join(f"{name}={shown(v)}" for name, v in wanted.items() if v is not None)
        found = np.flatnonzero(chosen)
        if len(found) != 1:
            ranges = "; ".join(f"{n}: {_listed(_distinct(self.table[n]))}" for n in wanted)
            raise ValueError(
                tell(
                    "history needs the settings of exactly one run, got {asked}, which {found} "
                    "of {runs} runs have: choose from {ranges}",
                    asked=asked or Phrase("none"),
                    found=len(found),
                    runs=len(self),
                    ranges=ranges,
                )
            )
        history = self.histories[found[0]]
        if history is None:
            row = self.table[found[0]]
            raise ValueError(
                tell(
                    "the run with {asked} has no history: {error}. Run the sweep again, or "
                    "this run alone with d2lmini.train",
                    asked=asked,
                    error=row["error"] or row["status"],
                )
            )
        return history

    def grid(self, name: str) -> Array:
        """Return one number for each pair of eta and beta: the average over the seeds.

        Parameters
        ----------
        name : str
            A column of the table that holds numbers, such as ``"loss"``. ``"diverged"`` gives the
            fraction of the runs that diverged.

        Returns
        -------
        ndarray, shape (n_eta, n_beta)
            For the loss, a cell is inf as soon as one of its runs diverged. A cell is NaN where
            one of its runs has no such number, or where there is no run.

        Raises
        ------
        ValueError
            If there is no such column, or it holds text.
        """
        names = self.table.dtype.names or ()
        numeric = [column for column in names if self.table[column].dtype.kind != "U"]
        if not isinstance(name, str) or name not in numeric:
            raise ValueError(
                tell(
                    "name must be one of the columns {columns}, got {got}: the others hold text",
                    columns=", ".join(numeric),
                    got=shown(name),
                )
            )
        values = np.full((len(self.eta), len(self.beta)), np.nan)
        lost = self.table["status"] != DONE
        for i, eta in enumerate(self.eta):
            for j, beta in enumerate(self.beta):
                cell = (self.table["eta"] == eta) & (self.table["beta"] == beta)
                if cell.any() and not (cell & lost).any():
                    values[i, j] = self.table[name][cell].mean(dtype=np.float64)
        return values

    def save(self, path: str | PathLike[str]) -> None:
        """Write the table as text, or everything in one file that `load` reads.

        Parameters
        ----------
        path : path
            Ends in ``.csv`` for the table, or in ``.npz`` for the table and the histories. Its
            folder must exist. What is there is replaced at once or, if something goes wrong, not
            at all.

        Raises
        ------
        ValueError
            If `path` ends in something else.
        OSError
            If the folder does not exist, or the file cannot be written.
        """
        files.save(files.as_path("path", path, "sweep.npz"), self.table, self.histories, self.data)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Sweep:
        """Return what `save` wrote into a file that ends in ``.npz``.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Sweep

        Raises
        ------
        ValueError
            If the file is damaged or no sweep.
        OSError
            If it cannot be read.
        """
        return cls(*files.load(files.as_path("path", path, "sweep.npz")))


def _distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return each value once, in the order of first appearance."""
    _, first = np.unique(values, return_index=True)
    return values[np.sort(first)]


def _listed(values: npt.NDArray[Any]) -> str:
    return ", ".join(f"{value:g}" if values.dtype.kind == "f" else str(value) for value in values)
