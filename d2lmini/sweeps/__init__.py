"""Train one model for many learning rates, momenta and seeds, on all cores or on a cluster.

:func:`sweep` says which runs, and puts their results together; where they are computed is the
matter of :mod:`d2lmini.sweeps.engines`, how they are kept that of :mod:`d2lmini.sweeps.folder`.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from os import PathLike
from typing import Any

import cloudpickle
import torch
from numpy.typing import ArrayLike
from torch import nn

from .._progress import progress_bar
from ..checks import as_flag, check_kind
from ..data.dataset import Dataset
from ..evaluation import check_fit, check_loss_function
from ..history import History
from ..losses import Loss, default_loss
from ..messages import Phrase, tell
from ..training import _check_trainable, _checked, train
from .engines import Job, Package, Results, in_processes, in_this_process, on_a_cluster
from .folder import Keeper, Memo, ResultFolder
from .result import DONE, ERROR, Outcome, Sweep, tabulate
from .runs import Run, runs_of, worker_count

__all__ = ["Sweep", "sweep"]


def sweep(
    make_model: Callable[[int], nn.Module],
    data: Dataset,
    *,
    eta: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    seed: int | Sequence[int] | None = None,
    pairs: ArrayLike | None = None,
    batch_size: int = 100,
    epochs: int | None = None,
    until: float | None = None,
    max_steps: int = 100_000,
    loss: Loss | None = None,
    smoothing: float = 0.99,
    device: str | torch.device | None = None,
    workers: int | None = None,
    client: Any = None,
    folder: str | PathLike[str] | None = None,
    memo: bool = True,
    progress: bool | None = None,
) -> Sweep:
    r"""Train a model once for each learning rate, momentum and seed, and tabulate what happened.

    The runs are the product :math:`\{\eta\} \times \{\beta\} \times \{\text{seed}\}`, in this
    order: the seed changes fastest, then beta. Each is one call of
    :func:`~d2lmini.training.train` on a fresh model, with one thread, and gives the same numbers
    to the last bit wherever and in whichever order the runs are computed.

    **What happens when something breaks.** A run that diverges is a row of the table like any
    other. A run that raises an error, or whose worker dies twice (say, because memory runs out), is
    a row without numbers that says so; one warning at the end counts them. With `folder`, each
    result is on disk as soon as it is there, whole: when this process is killed, the machine goes
    down or the disk is full, the runs that had ended are safe, and the same call computes those
    that lack, with the numbers that it would have had. A file there that was damaged, or comes from
    another version, is thrown away with a warning, and its run computed again; one that cannot be
    read stays, and is an error. Workers end with the process that started them.

    An argument that cannot be raises before anything starts, as does an error in the first step of
    the first run. When all runs fail alike, that is an error.

    Parameters
    ----------
    make_model : callable
        From a seed to a :class:`torch.nn.Module`, such as ``lambda seed: d2l.mlp([8, 1],
        seed=seed)``. It is called here, once for each seed, after seeding PyTorch's random state.
    data : Dataset
        As for :func:`~d2lmini.training.train`.
    eta : float or sequence of float
        Learning rates, positive, each once.
    beta : float or sequence of float, optional
        Momenta, in [0, 1), each once; by default 0.
    seed : int or sequence of int, optional
        Seeds of the model and of the order of the examples, each once; by default 0.
    pairs : sequence of (float, float), optional
        Pairs of a learning rate and a momentum, in place of `eta` and `beta`, where not every
        learning rate goes with every momentum.
    batch_size, epochs, until, max_steps, loss, smoothing, device
        As for :func:`~d2lmini.training.train`.
    workers : int, optional
        Processes that train at the same time; by default as many as there are processors that
        this process may use. With 1, everything happens in this process.
    client : distributed.Client, optional
        A cluster whose workers shall train, instead of processes of this machine. They need
        d2lmini, and one thread each makes the best use of them, because the runs in one process
        take turns. The scheduler decides how often a run whose worker died is tried again, and how
        long the sweep waits for a worker when there is none: for ever, unless its setting
        ``distributed.scheduler.no-workers-timeout`` says less. When the scheduler itself is gone,
        the runs that lack are rows that say so.
    folder : path, optional
        Keep each result here as soon as it is there, and use what is kept: the same call goes on
        where one before was stopped. A kept result is used only for the same data, initial
        weights, code (of your layers and your loss, too) and settings. The table lies there, too,
        as ``table-….csv``: a row is added when a run has ended, and at the end they are put in
        order. Several sweeps may share a folder; each has a table of its own.
    memo : bool, optional
        Without a folder, whether to use and to fill the memo of :func:`~d2lmini.training.train`.
    progress : bool, optional
        Whether to show a progress bar; by default on a terminal only.

    Returns
    -------
    Sweep
        A table with a row for each run, and the histories.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the model does not fit the data, or these would be
        more than a million runs.
    TypeError
        If an argument is of the wrong kind.
    OSError
        If `folder` cannot be written to, or holds a result that cannot be read, or a disk is full;
        what was kept before stays.
    RuntimeError
        If all runs fail alike.

    Examples
    --------
    >>> import numpy as np
    >>> from d2lmini.network import mlp
    >>> x = np.random.default_rng(0).random((400, 2), dtype=np.float32)
    >>> y = x[:, 0] - 2 * x[:, 1]
    >>> line = Dataset("line", "made up", x[:300], y[:300], x[300:], y[300:])
    >>> runs = sweep(
    ...     lambda seed: mlp([2, 1], seed=seed),
    ...     line,
    ...     eta=[0.1, 10],
    ...     beta=[0, 0.5, 0.9],
    ...     seed=[1, 2],
    ...     batch_size=10,
    ...     max_steps=200,
    ...     workers=1,  # of such small runs, one process is done before others would have started
    ...     memo=False,
    ... )
    >>> runs.grid("loss").shape
    (2, 3)
    >>> runs.history(eta=0.1, beta=0.9, seed=2).steps
    200
    >>> print(runs.best["eta"], runs.best["beta"])
    0.1 0.9
    """
    check_kind(
        "data", data, Dataset, Phrase("a Dataset"), Phrase("pass for example d2l.load_mnist()")
    )
    check_loss_function(loss)
    memo = as_flag("memo", memo)
    if progress is not None:
        progress = as_flag("progress", progress)
    runs = runs_of(eta=eta, beta=beta, seed=seed, pairs=pairs)
    options: dict[str, Any] = {
        "batch_size": batch_size,
        "epochs": epochs,
        "until": until,
        "max_steps": max_steps,
        "smoothing": smoothing,
    }
    settings = [_checked(data, **run._asdict(), **options, threads=1) for run in runs]
    count = worker_count(workers, client)
    cost = default_loss(data) if loss is None else loss
    models = {run.seed: _model(make_model, run.seed, data) for run in runs}
    for run in runs:
        _check_trainable(models[run.seed], run.eta)
    keeper = Keeper()
    if folder is not None:
        keeper = ResultFolder(folder, device=device)
    elif memo and str(device) in ("None", "cpu"):  # what train keeps
        keeper = Memo()

    def known(index: int) -> History | None:
        return keeper.read(models[runs[index].seed], data, settings[index], cost)

    outcomes = {
        index: Outcome(DONE, history)
        for index in range(len(runs))
        if (history := known(index)) is not None
    }
    missing = [index for index in range(len(runs)) if index not in outcomes]
    table = keeper.table(
        [(models[r.seed], s) for r, s in zip(runs, settings, strict=True)], data, cost
    )
    table.write(runs, outcomes)
    with progress_bar(total=len(runs), desc=data.name, unit=" runs", show=progress) as bar:
        bar.update(len(outcomes))

        def ended(index: int, outcome: Outcome) -> None:
            outcomes[index] = outcome
            table.add(runs[index], outcome)
            bar.update()

        if missing:
            pickled = {s: _pickled(model, loss) for s, model in models.items()}
            options |= {"device": device, "memo": memo and folder is None}
            package = Package.of(data, pickled, options)
            _try(package, runs[missing[0]])

            def jobs() -> Iterator[Job]:
                for index in missing:
                    # Asked again, and late: another sweep may have computed it meanwhile.
                    history = known(index) if folder is not None else None
                    if history is None:
                        yield index, runs[index]
                    else:
                        ended(index, Outcome(DONE, history))

            with closing(_engine(package, jobs(), min(count, len(missing)), client)) as results:
                for index, outcome in results:
                    if outcome.history is not None:
                        # Made anew, for arrays come out of a pickle writeable.
                        history = replace(outcome.history)
                        outcome = replace(outcome, history=history)
                        model = models[runs[index].seed]
                        keeper.write(model, data, settings[index], cost, history)
                    ended(index, outcome)
    table.write(runs, outcomes)
    ordered = [outcomes[index] for index in range(len(runs))]
    _report(runs, ordered)
    return Sweep(tabulate(runs, ordered), tuple(o.history for o in ordered), data.name)


def _model(make_model: Callable[[int], nn.Module], seed: int, data: Dataset) -> nn.Module:
    """Return a new model, the same one for the same seed even if it comes from global numbers."""
    remedy = Phrase("write for example lambda seed: d2l.mlp([784, 10], seed=seed)")
    if isinstance(make_model, nn.Module) or not callable(make_model):
        raise TypeError(
            tell(
                "make_model must be a function that makes a model from a seed, got a {got}: "
                "{remedy}",
                got=type(make_model).__name__,
                remedy=remedy,
            )
        )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = make_model(seed)
    if not isinstance(model, nn.Module):
        raise TypeError(
            tell(
                "make_model needs to return a torch.nn.Module, got {got} for seed={seed}: {remedy}",
                got=type(model).__name__,
                seed=seed,
                remedy=remedy,
            )
        )
    check_fit(model, data)
    return model


def _pickled(model: nn.Module, loss: Loss | None) -> bytes:
    try:
        return cloudpickle.dumps((model, loss))
    except Exception as error:  # pickling runs code of whoever wrote the model
        raise TypeError(
            tell(
                "the model or the loss cannot be sent to a worker ({error}): they must not "
                "hold open files, locks or generators",
                error=error,
            )
        ) from error


def _try(package: Package, run: Run) -> None:
    """Do one step in this process, so that what fails in every run fails here, and at once."""
    data, size = package.data, package.options["batch_size"]
    few = Dataset(
        data.name,
        data.source,
        data.train_x[:size],
        data.train_y[:size],
        data.test_x[:1],
        data.test_y[:1],
    )
    model, loss = pickle.loads(package.models[run.seed])
    options = package.options | {"epochs": None, "max_steps": 1, "memo": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the runs themselves will give them again
        train(model, few, **run._asdict(), **options, loss=loss, progress=False)


def _engine(package: Package, jobs: Iterator[Job], workers: int, client: Any) -> Results:
    if client is not None:
        return on_a_cluster(package, jobs, client)
    if workers == 1:
        return in_this_process(package, jobs)
    return in_processes(package, jobs, workers)


def _report(runs: Sequence[Run], outcomes: Sequence[Outcome]) -> None:
    """Say what a table of numbers would hide."""
    heard = dict.fromkeys(warning for outcome in outcomes for warning in outcome.warnings)
    for category, text in heard:
        warnings.warn(text, category, stacklevel=3)
    failed = [(run, o) for run, o in zip(runs, outcomes, strict=True) if o.status != DONE]
    if not failed:
        return
    first, outcome = failed[0]
    errors = {o.error for _, o in failed}
    if len(failed) == len(runs) and len(errors) == 1 and outcome.status == ERROR:
        raise RuntimeError(
            tell(
                "all {runs} runs of the sweep failed alike: {error}",
                runs=len(runs),
                error=outcome.error,
            )
        )
    warnings.warn(
        tell(
            "{failed} of {runs} runs have no result, the first of them {first} ({error}). The "
            'columns "status" and "error" of the table name them all; d2lmini.train with the '
            "same settings shows where one fails",
            failed=len(failed),
            runs=len(runs),
            first=first,
            error=outcome.error,
        ),
        RuntimeWarning,
        stacklevel=3,
    )
