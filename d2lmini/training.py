"""Train a small model by minibatch gradient descent with momentum, written from scratch.

The method is :func:`sgd_momentum`, two lines. Around it stand :func:`mlp`, which builds a network
from an explicit seed, and :func:`train`, which counts the minibatches that a model needs, whether
it tells classes apart or predicts values. :func:`evaluate_loss` measures it afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import nn

from . import _kept_runs
from ._loop import Settings, run
from .checks import as_count, as_flag, as_number, shown
from .data.dataset import Dataset
from .evaluation import check_fit, check_kinds, check_loss_function, evaluate_loss
from .history import History
from .losses import Loss, default_loss, half_mse
from .memo import recall
from .messages import Phrase, tell
from .network import mlp
from .sgd import sgd_momentum

__all__ = ["History", "evaluate_loss", "half_mse", "mlp", "sgd_momentum", "train"]

# More than any machine has use for; with many more, the process may be killed.
_MOST_THREADS = 1024


def train(
    model: nn.Module,
    data: Dataset,
    *,
    eta: float,
    beta: float = 0.0,
    batch_size: int = 100,
    epochs: int | None = None,
    until: float | None = None,
    max_steps: int = 100_000,
    seed: int = 0,
    loss: Loss | None = None,
    smoothing: float = 0.99,
    memo: bool = True,
    progress: bool | None = None,
    threads: int | None = 1,
    callback: Callable[[int, float, float], object] | None = None,
    device: str | torch.device | None = None,
) -> History:
    r"""Train a model in place by :func:`sgd_momentum`, and return what happened.

    The minibatches of an epoch are consecutive blocks of a fresh permutation of the training
    examples; what is left after the last full block is left out of that epoch. The smoothed cost
    after :math:`t` minibatches with costs :math:`\ell_1, \dots, \ell_t` is

    .. math:: \bar\ell_t = \frac{1 - s}{1 - s^t} \sum_{i=1}^{t} s^{t-i} \ell_i .

    The run ends as soon as one of `epochs`, `until` and `max_steps` is reached, or when a cost is
    not finite: that is a result, see `History.diverged`.

    The result depends on the arguments alone: the order comes from `seed`, and layers that draw
    random numbers on the CPU, such as dropout, draw from `seed`, too. The global random state and
    the number of threads are after the call what they were before.

    Parameters
    ----------
    model : torch.nn.Module
        From ``(batch_size, n_features)`` to logits ``(batch_size, n_classes)``; for regression, to
        values ``(batch_size, 1)`` or ``(batch_size,)``.
    data : Dataset
        What to train and to test on; its targets say whether this is classification (whole
        numbers) or regression (floating-point numbers).
    eta : float
        Learning rate, positive.
    beta : float, optional
        Momentum, in [0, 1).
    batch_size : int, optional
        Examples in a minibatch, from 1 to the number of training examples.
    epochs : int, optional
        Passes through the training examples.
    until : float, optional
        End when the smoothed cost is at most this, positive.
    max_steps : int, optional
        End after this many minibatches in any case.
    seed : int, optional
        Seed of the order of the examples.
    loss : callable, optional
        From outputs and targets to the mean cost of a minibatch. For classification, targets are
        classes, and the default is :func:`torch.nn.functional.cross_entropy`. For regression,
        targets have the shape of the outputs, and the default is
        :func:`~d2lmini.losses.half_mse`, **half** the mean squared error; with
        :func:`torch.nn.functional.mse_loss`, which lacks the half, each gradient is twice as large.
    smoothing : float, optional
        The :math:`s` above, in [0, 1).
    memo : bool, optional
        Whether to keep the result on disk and to use a kept one (see :mod:`d2lmini.memo`); the
        model ends with the trained weights either way. Runs with a callback, on another device
        than the CPU, or with code that is not PyTorch's own (a loss or a layer that you wrote, a
        hook) are always computed, because a kept result could not know of a change.
    progress : bool, optional
        Whether to show a progress bar; by default on a terminal only, so that nothing gets into
        the stored output of a notebook.
    threads : int or None, optional
        Threads that PyTorch may use meanwhile; None leaves that as it is. One is fastest for small
        networks, and it makes the last digits of the result independent of the machine's load.
    callback : callable, optional
        Called after each step as ``callback(step, cost, smoothed_cost)``. The model is trained in
        place, so a callback may look at it, too, for example by :func:`evaluate_loss`.
    device : str or torch.device, optional
        Where to move the model and train it, ``"auto"`` for a GPU if there is one; by default where
        the model is.

    Returns
    -------
    History
        Costs, their smoothed values, the number of steps; the test accuracy for classification,
        the test loss for regression.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the model does not fit the data, or the loss does
        not return one number.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.random((400, 2), dtype=np.float32)
    >>> y = (x[:, 0] > x[:, 1]).astype(np.int64)
    >>> data = Dataset("toy", "made up", x[:300], y[:300], x[300:], y[300:])
    >>> slow = train(mlp([2, 8, 2], seed=0), data, eta=0.1, until=0.2, batch_size=20, memo=False)
    >>> fast = train(
    ...     mlp([2, 8, 2], seed=0), data, eta=0.1, beta=0.9, until=0.2, batch_size=20, memo=False
    ... )
    >>> slow.steps_to(0.2) > 3 * fast.steps_to(0.2)
    True

    Linear regression:

    >>> y = x[:, 0] - 2 * x[:, 1]
    >>> line = Dataset("line", "made up", x[:300], y[:300], x[300:], y[300:])
    >>> model = mlp([2, 1], seed=0)
    >>> history = train(model, line, eta=0.1, beta=0.9, batch_size=10, epochs=5, memo=False)
    >>> model[0].weight.detach().numpy().round(2)
    array([[ 1., -2.]], dtype=float32)
    """
    check_kinds(model, data)
    check_loss_function(loss)
    if callback is not None and not callable(callback):
        raise TypeError(
            tell(
                "callback must be a function of step, cost and smoothed cost, got {got}: leave "
                "it out, or pass for example callback=print",
                got=shown(callback),
            )
        )
    if progress is not None:
        progress = as_flag("progress", progress)
    settings = _checked(
        data,
        eta=eta,
        beta=beta,
        batch_size=batch_size,
        epochs=epochs,
        until=until,
        max_steps=max_steps,
        seed=seed,
        smoothing=smoothing,
        threads=threads,
    )
    cost = default_loss(data) if loss is None else loss
    if device is not None:
        _move(model, device)
    _check_trainable(model, settings.eta)
    check_fit(model, data)

    def compute() -> History:
        return run(model, data, settings, loss=cost, progress=progress, callback=callback)

    if not as_flag("memo", memo) or callback is not None or not _kept_runs.is_known(model, cost):
        return compute()
    return recall(
        _kept_runs.key(model, data, settings, cost),
        compute,
        dump=lambda history: _kept_runs.dump(history, model),
        load=lambda payload: _kept_runs.load(payload, model),
    )


def _checked(
    data: Dataset,
    *,
    eta: float,
    beta: float,
    batch_size: int,
    epochs: int | None,
    until: float | None,
    max_steps: int,
    seed: int,
    smoothing: float,
    threads: int | None,
) -> Settings:
    """Return the settings of a run, or say which of them cannot be."""
    remedy = Phrase("the step is -eta times the velocity, so choose for example eta=0.01")
    eta = as_number("eta", eta, "eta > 0", remedy)
    if not eta > 0:
        raise ValueError(
            tell("train needs eta > 0, got eta={eta}: {remedy}", eta=eta, remedy=remedy)
        )
    remedy = Phrase("with beta >= 1 past gradients never fade")
    beta = as_number("beta", beta, "0 <= beta < 1", remedy)
    if not 0 <= beta < 1:
        raise ValueError(
            tell("train needs 0 <= beta < 1, got beta={beta}: {remedy}", beta=beta, remedy=remedy)
        )
    remedy = Phrase("0 is no smoothing; 0.99 has a mean age of 99 minibatches")
    smoothing = as_number("smoothing", smoothing, "0 <= smoothing < 1", remedy)
    if not 0 <= smoothing < 1:
        raise ValueError(
            tell(
                "train needs 0 <= smoothing < 1, got smoothing={smoothing}: {remedy}",
                smoothing=smoothing,
                remedy=remedy,
            )
        )
    if until is not None:
        remedy = Phrase("costs stay positive; to run up to max_steps, leave until out")
        until = as_number("until", until, "until > 0", remedy)
        if not until > 0:
            raise ValueError(
                tell(
                    "train needs until > 0, got until={until}: {remedy}", until=until, remedy=remedy
                )
            )
    remedy = Phrase("with less, nothing would be done")

    def at_least_one(name: str, value: int) -> int:
        count = as_count(name, value, remedy)
        if count < 1:
            raise ValueError(
                tell(
                    "train needs {name} >= 1, got {name}={count}: {remedy}",
                    name=name,
                    count=count,
                    remedy=remedy,
                )
            )
        return count

    batch_size = at_least_one("batch_size", batch_size)
    max_steps = min(at_least_one("max_steps", max_steps), sys.maxsize)
    examples = len(data.train_x)
    if batch_size > examples:
        raise ValueError(
            tell(
                "train needs batch_size <= {examples}, the number of training examples of "
                "{data}, got batch_size={batch_size}: choose a smaller minibatch",
                examples=examples,
                data=data.name,
                batch_size=shown(batch_size),
            )
        )
    if epochs is not None:
        max_steps = min(max_steps, at_least_one("epochs", epochs) * (examples // batch_size))
    threads = torch.get_num_threads() if threads is None else at_least_one("threads", threads)
    if threads > _MOST_THREADS:
        raise ValueError(
            tell(
                "train needs threads <= {most}, got threads={threads}: one thread is fastest "
                "for a small network",
                most=_MOST_THREADS,
                threads=shown(threads),
            )
        )
    remedy = Phrase("any number from 0 on that has 64 bits will do")
    seed = as_count("seed", seed, remedy)
    if seed >= 2**64:
        raise ValueError(
            tell(
                "train needs seed < 2**64, got seed={seed}: {remedy}",
                seed=shown(seed),
                remedy=remedy,
            )
        )
    return Settings(
        eta=eta,
        beta=beta,
        batch_size=batch_size,
        until=until,
        max_steps=max_steps,
        seed=seed,
        smoothing=smoothing,
        threads=threads,
    )


def _move(model: nn.Module, device: str | torch.device) -> None:
    if isinstance(device, str) and device == "auto":
        gpus = {"cuda": torch.cuda, "mps": torch.backends.mps}
        device = next((name for name, gpu in gpus.items() if gpu.is_available()), "cpu")
    try:
        target = torch.device(device)
        if target.type == "meta":
            raise RuntimeError(tell("it holds no numbers"))
        model.to(target)
    except (RuntimeError, AssertionError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            tell(
                'train cannot use device={device} ({error}): choose device="cpu", or '
                'device="auto" for a GPU if there is one',
                device=shown(device),
                error=str(error).splitlines()[0],
            )
        ) from None


def _check_trainable(model: nn.Module, eta: float) -> None:
    kinds = {p.dtype for p in model.parameters() if p.requires_grad}
    if not kinds:
        raise ValueError(
            tell("train needs a model with parameters that require a gradient, got none")
        )
    kind = min(kinds, key=lambda kind: torch.finfo(kind).max)
    if eta > torch.finfo(kind).max:
        raise ValueError(
            tell(
                "train needs eta <= {largest:.4g}, the largest number of the model's {kind}, "
                "got eta={eta}: choose for example eta=0.01",
                largest=torch.finfo(kind).max,
                kind=kind,
                eta=eta,
            )
        )
