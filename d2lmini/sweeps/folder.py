"""The results of a sweep on disk: a file for each run, from which a stopped sweep goes on.

Beside them lies the table of the sweep, which grows by a row whenever a run ends.
"""

from __future__ import annotations

import copy
import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import torch
from torch import nn

from .. import _kept_runs, memo
from .._files import locked, write_atomically
from .._loop import Settings
from ..data.dataset import Dataset
from ..history import History
from ..losses import Loss
from ..messages import tell
from .code import code_digest
from .files import COLUMNS, as_path, as_text
from .result import Outcome, tabulate
from .runs import Run

__all__ = ["GrowingTable", "Keeper", "Memo", "ResultFolder", "TableNowhere", "run_key"]


def run_key(model: nn.Module, data: Dataset, settings: Settings, loss: Loss, device: object) -> str:
    """Return a name that differs for any two runs that may differ, whoever wrote their code.

    Parameters
    ----------
    model : torch.nn.Module
        Before training.
    data, settings, loss, device
        As for :func:`~d2lmini.training.train`.
    """
    if any(tensor.device.type != "cpu" for tensor in model.state_dict().values()):
        model = copy.deepcopy(model).to("cpu")
    # A loss may also be an object, which has no name of its own.
    named = loss if hasattr(loss, "__qualname__") else type(loss)
    parts = [
        _kept_runs.key(model, data, settings, named),
        str(device),
        str(torch.get_default_dtype()),
        torch.get_float32_matmul_precision(),
    ]
    if not _kept_runs.is_known(model, loss):
        parts += [code_digest(model), code_digest(loss)]
    return f"run-{hashlib.sha256(' '.join(parts).encode()).hexdigest()}"


class TableNowhere:
    """The table of a sweep that is not on disk while it runs."""

    def write(self, runs: Sequence[Run], outcomes: Mapping[int, Outcome]) -> None:
        """Write what is known so far, by index, in the order of the runs."""

    def add(self, run: Run, outcome: Outcome) -> None:
        """Add the row of a run that has ended."""


class GrowingTable(TableNowhere):
    """The table of one sweep in its folder, a .csv file with the columns of `Sweep.table`.

    Parameters
    ----------
    folder : Path
        With the results.
    names : sequence of str
        Of the files of all runs: another sweep in the folder has another table.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()
        self.path = folder / f"table-{digest[:12]}.csv"

    def write(self, runs: Sequence[Run], outcomes: Mapping[int, Outcome]) -> None:
        """Write what is known so far, in the place of what was there."""
        content = f"{','.join(COLUMNS)}\n".encode()
        if known := sorted(outcomes):
            content = as_text(tabulate([runs[i] for i in known], [outcomes[i] for i in known]))
        with _writing(self.folder):
            write_atomically(self.path, content)

    def add(self, run: Run, outcome: Outcome) -> None:
        """Add a row at the end: all of it, or nothing."""
        row = as_text(tabulate([run], [outcome]), heading=False)
        with _writing(self.folder), open(self.path, "ab", buffering=0) as file:
            end = file.tell()
            try:
                while row:
                    row = row[file.write(row) :]  # a disk that is nearly full takes a part
            except OSError:
                file.truncate(end)
                raise


class Keeper:
    """Keeps nothing; its subclasses do."""

    def table(
        self, runs: Sequence[tuple[nn.Module, Settings]], data: Dataset, loss: Loss
    ) -> TableNowhere:
        """Return the table that a sweep of these runs writes as it goes."""
        return TableNowhere()

    def read(
        self, model: nn.Module, data: Dataset, settings: Settings, loss: Loss
    ) -> History | None:
        """Return what is kept of a run, or None; the model is the one before training."""
        return None

    def write(
        self, model: nn.Module, data: Dataset, settings: Settings, loss: Loss, history: History
    ) -> None:
        """Keep the result of a run."""


class Memo(Keeper):
    """The memo of :func:`~d2lmini.training.train`, which fills it itself.

    Asked here, too, so that no worker need be started for what is known.
    """

    def read(
        self, model: nn.Module, data: Dataset, settings: Settings, loss: Loss
    ) -> History | None:
        """Return what is kept of a run, or None."""
        if not _kept_runs.is_known(model, loss):
            return None
        path = memo.memo_folder() / f"{_kept_runs.key(model, data, settings, loss)}.memo"
        try:
            known = memo.read(path, lambda kept: _kept_runs.load(kept, copy.deepcopy(model)))
        except OSError:
            return None
        return known[0] if known else None


class ResultFolder(Keeper):
    """A folder with a file for each run, in the format of :mod:`d2lmini.memo`.

    Several sweeps may use it at the same time: files appear whole, and a run that another sweep
    has ended meanwhile is read.

    Parameters
    ----------
    folder : path
        Made if need be.
    device
        As for :func:`~d2lmini.training.train`.

    Raises
    ------
    OSError
        If it cannot be written to: better now than after the first run.
    """

    def __init__(self, folder: str | PathLike[str], *, device: object = None) -> None:
        self.device = device
        self.path = as_path("folder", folder, "runs").expanduser()
        try:
            with locked(self.path) as problem:
                if problem is not None:
                    raise problem
        except (OSError, NotImplementedError) as error:
            raise OSError(
                tell(
                    "sweep cannot write to folder={folder!r}: {error}",
                    folder=str(folder),
                    error=error,
                )
            ) from error

    def table(
        self, runs: Sequence[tuple[nn.Module, Settings]], data: Dataset, loss: Loss
    ) -> TableNowhere:
        """Return the table of a sweep, a file beside the results."""
        names = [self._file(model, data, settings, loss).name for model, settings in runs]
        return GrowingTable(self.path, names)

    def _file(self, model: nn.Module, data: Dataset, settings: Settings, loss: Loss) -> Path:
        return self.path / f"{run_key(model, data, settings, loss, self.device)}.memo"

    def read(
        self, model: nn.Module, data: Dataset, settings: Settings, loss: Loss
    ) -> History | None:
        """Return what is kept of a run, or None; what is damaged is thrown away.

        Raises
        ------
        OSError
            If there is something that cannot be read. It may be sound, so it stays.
        """
        path = self._file(model, data, settings, loss)
        try:
            known = memo.read(path, lambda kept: _kept_runs.load(kept, nn.Module()))
            if known is not None:
                return known[0]
            path.unlink(missing_ok=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OSError(
                tell(
                    "sweep cannot read a result in its folder ({error}): make the file readable, "
                    "or remove it, and its run is computed again",
                    error=error,
                )
            ) from error
        warnings.warn(
            tell(
                "{path} was damaged and has been thrown away; its run is computed again",
                path=path,
            ),
            UserWarning,
            stacklevel=4,
        )
        return None

    def write(
        self, model: nn.Module, data: Dataset, settings: Settings, loss: Loss, history: History
    ) -> None:
        """Keep a history; whoever looks finds all of it or nothing."""
        path = self._file(model, data, settings, loss)
        # The history alone: a model would make the file a thousand times larger.
        payload = _kept_runs.dump(history, nn.Module())
        with _writing(self.path):
            memo.write(path, payload)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Let one writer at a time into the block, and say what is safe when it cannot write."""
    try:
        with locked(folder) as problem:
            if problem is not None:
                raise problem
            yield
    except (OSError, NotImplementedError) as error:
        raise OSError(
            tell(
                "a result cannot be kept in folder={folder!r}: {error}. Earlier ones are "
                "safe: make room, then call sweep again, and it goes on from what is kept",
                folder=str(folder),
                error=error,
            )
        ) from error
