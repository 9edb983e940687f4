"""A sweep as a file: its table as text, or all of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._files import locked, write_atomically
from ..checks import check_kind
from ..history import History
from ..messages import Phrase, tell

__all__ = ["COLUMNS", "as_path", "as_text", "load", "save"]

#: The columns of the table, in their order, and NumPy's letter of what each holds.
COLUMNS = {
    "eta": "f",
    "beta": "f",
    "seed": "i",
    "steps": "i",
    "loss": "f",
    "best_loss": "f",
    "accuracy": "f",
    "test_loss": "f",
    "diverged": "b",
    "seconds": "f",
    "status": "U",
    "error": "U",
}

Table = npt.NDArray[np.void]
Histories = Sequence[History | None]


def as_path(name: str, value: Any, example: str) -> Path:
    """Return a path, or an error that names the argument."""
    check_kind(
        name,
        value,
        (str, PathLike),
        Phrase("a path"),
        Phrase("write for example {name}={example!r}", name=name, example=example),
    )
    return Path(value)


def save(path: Path, table: Table, histories: Histories, data: str) -> None:
    """Write as :meth:`d2lmini.sweeps.Sweep.save` says."""
    if path.suffix not in (".csv", ".npz"):
        raise ValueError(
            tell("save needs a path that ends in .csv or .npz, got {path!r}", path=str(path))
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            tell(
                "the sweep cannot be saved as {path}: {problem}",
                path=path,
                problem=Phrase("there is no folder {folder}", folder=path.parent),
            )
        )
    content = as_text(table) if path.suffix == ".csv" else _packed(table, histories, data)
    try:
        with locked(path.parent, f".{path.name}", leave_file=False) as problem:
            if problem is not None:
                raise problem
            write_atomically(path, content)
    except (OSError, NotImplementedError) as error:
        raise OSError(
            tell("the sweep cannot be saved as {path}: {problem}", path=path, problem=error)
        ) from error


def as_text(table: Table, *, heading: bool = True) -> bytes:
    """Return the rows as lines of a .csv file, below the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if heading:
        writer.writerow(table.dtype.names or ())
    writer.writerows(table.tolist())
    return text.getvalue().encode()


def _packed(table: Table, histories: Histories, data: str) -> bytes:
    known = [history for history in histories if history is not None]
    none = [np.empty(0)]  # there may be no run with a result
    arrays: dict[str, npt.NDArray[Any]] = {
        "table": table,
        "data": np.array(data),
        "loss": np.concatenate([history.loss for history in known] or none),
        "smoothed": np.concatenate([history.smoothed for history in known] or none),
        # Which of the NaNs of the table are a None.
        "has": np.array([[h.accuracy is not None, h.test_loss is not None] for h in known]),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def load(path: Path) -> tuple[Table, tuple[History | None, ...], str]:
    """Read as :meth:`d2lmini.sweeps.Sweep.load` says."""
    if path.suffix == ".csv":
        raise ValueError(
            tell(
                "load needs a path that ends in .npz, got {path!r}: a .csv file holds the table "
                "without the histories",
                path=str(path),
            )
        )
    content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in ("table", "data", "loss", "smoothed", "has")}
        return _unpacked(arrays)
    except Exception as error:  # zipfile, zlib and NumPy each have their own
        raise ValueError(
            tell(
                "{path} is damaged or was not written by Sweep.save ({error}): save it again",
                path=path,
                error=error,
            )
        ) from error


def _unpacked(arrays: dict[str, npt.NDArray[Any]]) -> tuple[Table, tuple[History | None, ...], str]:
    """Return a sweep, if its parts belong together."""
    table = arrays["table"]
    kinds = {name: table.dtype[name].kind for name in table.dtype.names or ()}
    if table.ndim != 1 or kinds not in (COLUMNS, COLUMNS | {"seed": "u"}):
        raise ValueError(tell("its columns are {columns}", columns=", ".join(kinds) or "-"))
    table.flags.writeable = False
    done = np.flatnonzero(table["status"] == "done")
    lengths = [len(arrays[name]) for name in ("loss", "smoothed", "has")]
    if lengths != [table["steps"][done].sum()] * 2 + [len(done)]:
        raise ValueError(tell("its table and its histories are of different runs"))
    histories: list[History | None] = [None] * len(table)
    start = 0
    for index, (classes, values) in zip(done, arrays["has"], strict=True):
        row = table[index]
        stop = start + int(row["steps"])
        histories[index] = History(
            loss=arrays["loss"][start:stop],
            smoothed=arrays["smoothed"][start:stop],
            steps=int(row["steps"]),
            eta=float(row["eta"]),
            beta=float(row["beta"]),
            accuracy=float(row["accuracy"]) if classes else None,
            seconds=float(row["seconds"]),
            data=str(arrays["data"]),
            diverged=bool(row["diverged"]),
            test_loss=float(row["test_loss"]) if values else None,
        )
        start = stop
    return table, tuple(histories), str(arrays["data"])
