"""Train a small network by minibatch gradient descent with momentum, written from scratch.

The method is :func:`sgd_momentum`, two lines. Around it stand :func:`mlp`, which builds a network
from an explicit seed, and :func:`train`, which counts the minibatches that a network needs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import _kept_runs
from ._loop import Settings, modes, run
from .checks import as_count, as_number
from .dataset import Dataset
from .history import History
from .memo import recall
from .network import mlp
from .sgd import sgd_momentum

__all__ = ["History", "mlp", "sgd_momentum", "train"]


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
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
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
        From ``(batch_size, n_features)`` to logits ``(batch_size, n_classes)``.
    data : Dataset
        What to train and to test on.
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
        From logits and classes to the mean cost of a minibatch.
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
        Called after each step as ``callback(step, cost, smoothed_cost)``.
    device : str or torch.device, optional
        Where to move the model and train it; by default where the model is.

    Returns
    -------
    History
        Costs, their smoothed values, the number of steps, the test accuracy.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the model does not fit the data.

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
    """
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
    if device is not None:
        model.to(device)
    _check_fit(model, data)

    def compute() -> History:
        return run(model, data, settings, loss=loss, progress=progress, callback=callback)

    if not memo or callback is not None or not _kept_runs.is_known(model, loss):
        return compute()
    return recall(
        _kept_runs.key(model, data, settings, loss),
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
    remedy = "the step is -eta times the velocity, so choose for example eta=0.01"
    eta = as_number("eta", eta, "eta > 0", remedy)
    if not eta > 0:
        raise ValueError(f"train needs eta > 0, got eta={eta}: {remedy}")
    remedy = "with beta >= 1 past gradients never fade"
    beta = as_number("beta", beta, "0 <= beta < 1", remedy)
    if not 0 <= beta < 1:
        raise ValueError(f"train needs 0 <= beta < 1, got beta={beta}: {remedy}")
    remedy = "0 is no smoothing, 0.99 averages over about the last hundred minibatches"
    smoothing = as_number("smoothing", smoothing, "0 <= smoothing < 1", remedy)
    if not 0 <= smoothing < 1:
        raise ValueError(f"train needs 0 <= smoothing < 1, got smoothing={smoothing}: {remedy}")
    if until is not None:
        remedy = "a cross-entropy stays positive; to run up to max_steps, leave until out"
        until = as_number("until", until, "until > 0", remedy)
        if not until > 0:
            raise ValueError(f"train needs until > 0, got until={until}: {remedy}")
    counts = {"batch_size": batch_size, "epochs": epochs, "max_steps": max_steps}
    for name, count in (counts | {"threads": threads}).items():
        remedy = "with less, nothing would be done"
        if count is not None and as_count(name, count, remedy) < 1:
            raise ValueError(f"train needs {name} >= 1, got {name}={count}: {remedy}")
    examples = len(data.train_x)
    if batch_size > examples:
        raise ValueError(
            f"train needs batch_size <= {examples}, the number of training examples of "
            f"{data.name}, got batch_size={batch_size}: choose a smaller minibatch"
        )
    if epochs is not None:
        max_steps = min(max_steps, epochs * (examples // batch_size))
    return Settings(
        eta=eta,
        beta=beta,
        batch_size=batch_size,
        until=until,
        max_steps=max_steps,
        seed=as_count("seed", seed, "any number from 0 on will do"),
        smoothing=smoothing,
        threads=torch.get_num_threads() if threads is None else threads,
    )


def _check_fit(model: nn.Module, data: Dataset) -> None:
    first = next(model.parameters(), None)
    if first is None or not any(p.requires_grad for p in model.parameters()):
        raise ValueError("train needs a model with parameters that require a gradient, got none")
    remedy = f"build it with mlp([{data.n_features}, ..., {data.n_classes}], seed=0)"
    with modes(model, training=False), torch.no_grad():
        try:
            outputs = model(torch.tensor(data.train_x[:2], dtype=first.dtype, device=first.device))
        except RuntimeError as error:
            raise ValueError(
                f"the model does not take the {data.n_features} features of {data.name} ({error}): "
                f"{remedy}"
            ) from None
    if outputs.ndim != 2 or outputs.shape[1] < data.n_classes:
        raise ValueError(
            f"the model needs an output for each of the {data.n_classes} classes of {data.name}, "
            f"got outputs of shape {tuple(outputs.shape)} for 2 examples: {remedy}"
        )
