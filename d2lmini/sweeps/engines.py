"""Where the runs of a sweep are computed: in this process, on all cores, or on a cluster.

Each engine is a generator: from what all runs share and the runs to do, to what became of each, in
the order in which they end. All three call :func:`perform`, so the numbers are the same.
"""

from __future__ import annotations

import os
import pickle
import re
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cloudpickle
import torch

from .. import _language
from .._worker import begin
from ..data.dataset import Dataset
from ..messages import tell
from ..training import train
from .result import DIED, DONE, ERROR, Outcome
from .runs import Run

__all__ = ["Job", "Package", "Results", "in_processes", "in_this_process", "on_a_cluster"]

Job = tuple[int, Run]
Results = Generator[tuple[int, Outcome], None, None]

# A run that was at work when its worker died is tried again, once: it may have been innocent.
_TRIES = 2
_PACKAGE = "package"  # the file that workers wait for


@dataclass(frozen=True)
class Package:
    """What all runs share, and what is sent to a worker once, however many runs it gets."""

    data: Dataset
    models: dict[int, bytes]  # by seed; pickled with the loss: (model, loss)
    options: dict[str, Any]
    dtype: torch.dtype  # global settings, which a new process would not have
    precision: str
    language: str  # of errors and warnings

    @classmethod
    def of(cls, data: Dataset, models: dict[int, bytes], options: dict[str, Any]) -> Package:
        """Return a package with the settings of this process, as they are now."""
        dtype, precision = torch.get_default_dtype(), torch.get_float32_matmul_precision()
        return cls(data, models, options, dtype, precision, _language.code)


def perform(package: Package, run: Run) -> Outcome:
    """Train one model; whatever it raises becomes part of the outcome."""
    before = torch.get_default_dtype(), torch.get_float32_matmul_precision(), _language.code
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            torch.set_default_dtype(package.dtype)
            torch.set_float32_matmul_precision(package.precision)
            _language.code = package.language
            # A fresh copy for each run, which train changes in place.
            model, loss = pickle.loads(package.models[run.seed])
            history = train(
                model, package.data, **run._asdict(), **package.options, loss=loss, progress=False
            )
            outcome = Outcome(DONE, history)
        except (Exception, SystemExit) as error:
            outcome = Outcome(ERROR, error=_described(error))
        finally:
            torch.set_default_dtype(before[0])
            torch.set_float32_matmul_precision(before[1])
            _language.code = before[2]
    heard = dict.fromkeys((w.category, str(w.message)) for w in caught)
    return replace(outcome, warnings=tuple(heard))


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")


def in_this_process(package: Package, jobs: Iterable[Job]) -> Results:
    """Compute one run after another."""
    for index, run in jobs:
        yield index, perform(package, run)


def in_processes(package: Package, jobs: Iterable[Job], workers: int) -> Results:
    """Compute as many runs at a time as there are workers, each in a process of its own.

    Each worker is an executor of its own with one process: when a process dies, an executor fails
    all that it was given, and so that is one run, known by name, while the others go on.
    """
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

    def executor() -> Any:
        return ProcessPoolExecutor(
            max_workers=1,
            initializer=begin,
            initargs=(os.getpid(), __name__),
            # Read when libraries are loaded, so that none starts threads that would never be used.
            env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    waiting = ((index, run, 1) for index, run in jobs)
    again: deque[tuple[int, Run, int]] = deque()
    running: dict[Future[Outcome], tuple[int, int, Run, int]] = {}
    executors: dict[int, Any] = {}
    free = list(range(workers))
    written = False
    with _temporary_folder() as folder:
        try:
            while True:
                while free:
                    job = next(waiting, None) or (again.popleft() if again else None)
                    if job is None:
                        break
                    slot = free.pop()
                    if slot not in executors:
                        executors[slot] = executor()
                    running[executors[slot].submit(_perform_local, folder, job[1])] = (slot, *job)
                if not running:
                    return
                if not written:  # while the workers load PyTorch
                    _write(package, Path(folder))
                    written = True
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    slot, index, run, tries = running.pop(future)
                    free.append(slot)
                    try:
                        yield index, future.result()
                    except BrokenProcessPool as error:
                        executors.pop(slot).shutdown(wait=True, kill_workers=True)
                        if tries < _TRIES:
                            again.append((index, run, tries + 1))
                        else:
                            yield index, Outcome(DIED, error=_death(error, tries))
                    except Exception as error:  # such as an outcome that cannot be pickled
                        yield index, Outcome(ERROR, error=_described(error))
        finally:
            # All at the same time, for each waits. Work of an abandoned sweep is cut short.
            with ThreadPoolExecutor(workers) as closers:
                for each in executors.values():
                    closers.submit(each.shutdown, wait=True, kill_workers=bool(running))


def on_a_cluster(package: Package, jobs: Iterable[Job], client: Any) -> Results:
    """Compute on the workers of a `distributed.Client`; what all runs share is sent once.

    It is sent as a task, not by `client.scatter`, which cannot mend the death of the worker that
    holds the only copy. The scheduler gives the runs of a worker that died to others, as often as
    its setting ``distributed.scheduler.allowed-failures`` says; then it blames all that the worker
    had in its queue. These are tried once more, one by one, and so the guilty are told apart.
    """
    from distributed import KilledWorker, as_completed

    def submit(run: Run) -> Any:
        # Not pure: else equal settings of two sweeps would be taken for one and the same run.
        return client.submit(_perform_remote, remote, run, pure=False)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph")  # once, on purpose
        remote = client.submit(pickle.loads, cloudpickle.dumps(package), pure=False)
    running = {submit(run): (index, run) for index, run in jobs}
    blamed: list[Job] = []
    try:
        for future in as_completed(list(running)):
            index, run = running.pop(future)
            try:
                yield index, future.result()
            except KilledWorker:
                blamed.append((index, run))
            except Exception as error:  # such as a worker without d2lmini
                yield index, Outcome(ERROR, error=_described(error))
        for index, run in blamed:
            running[again := submit(run)] = index, run
            try:
                yield index, again.result()
            except KilledWorker as error:
                yield index, Outcome(DIED, error=_described(error))
            except Exception as error:
                yield index, Outcome(ERROR, error=_described(error))
            del running[again]
    finally:
        client.cancel([*running, remote])


_one_at_a_time = threading.Lock()


def _perform_remote(package: Package, run: Run) -> Outcome:
    # Seeds and thread counts of PyTorch belong to a process: its threads take turns.
    with _one_at_a_time:
        return perform(package, run)


def _death(error: BaseException, tries: int) -> str:
    code = re.search(r"exit codes of the workers are \{(.*?)\}", str(error))
    if code is None:
        return tell(
            "its worker died, {tries} times: memory may have run out; try fewer workers",
            tries=tries,
        )
    return tell(
        "its worker died by {code}, {tries} times: memory may have run out; try fewer workers",
        code=code[1],
        tries=tries,
    )


@contextmanager
def _temporary_folder() -> Iterator[str]:
    """Make a folder, and remove it even if this process should be killed."""
    from joblib.externals.loky.backend import resource_tracker

    with tempfile.TemporaryDirectory(prefix="d2lmini-sweep-", ignore_cleanup_errors=True) as folder:
        # The tracker is a process that outlives this one, should it be killed, and tidies up.
        resource_tracker.register(folder, "folder")
        try:
            yield folder
        finally:
            resource_tracker.unregister(folder, "folder")


def _write(package: Package, folder: Path) -> None:
    """Put the package on disk, from where all workers map the same memory."""
    import joblib

    try:
        joblib.dump(package, folder / "part")
        (folder / "part").rename(folder / _PACKAGE)  # whole, as soon as it is there
    except OSError as error:
        raise OSError(
            tell(
                "the data cannot be put where the workers find them, in {folder}: "
                "{error}. Make room there, name another folder in TMPDIR, or train in "
                "this process with workers=1",
                folder=tempfile.gettempdir(),
                error=error,
            )
        ) from error


@cache
def _read(folder: str) -> Package:
    """Map the package, in a worker, as soon as it is there."""
    import joblib

    path = Path(folder) / _PACKAGE
    while not path.exists():
        time.sleep(0.01)
    package: Package = joblib.load(path, mmap_mode="r")
    return package


def _perform_local(folder: str, run: Run) -> Outcome:
    return perform(_read(folder), run)
