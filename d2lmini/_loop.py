"""The loop of :func:`d2lmini.training.train`, and what it must put back as it was."""

from __future__ import annotations

import itertools
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ._backprop import Gradient, plain_gradient
from ._progress import progress_bar
from .data.dataset import Dataset
from .evaluation import accuracy, check_loss, mean_loss, modes
from .history import History
from .losses import Loss, paired
from .sgd import descend, update

__all__ = ["Settings", "run"]

Callback = Callable[[int, float, float], object]


@dataclass(frozen=True)
class Settings:
    """The arguments of :func:`~d2lmini.training.train` that the numbers depend on."""

    eta: float
    beta: float
    batch_size: int
    until: float | None
    max_steps: int
    seed: int
    smoothing: float
    threads: int


@contextmanager
def _surroundings(seed: int, threads: int) -> Iterator[None]:
    """Set PyTorch's thread count and global CPU random state, and both back afterwards."""
    threads_before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would seed the generators of all devices.
        torch.default_generator.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(threads_before)


def run(
    model: nn.Module,
    data: Dataset,
    settings: Settings,
    *,
    loss: Loss,
    progress: bool | None,
    callback: Callback | None,
) -> History:
    """Train the model in place; the arguments are those of :func:`~d2lmini.training.train`."""
    started = time.perf_counter()
    params = [p for p in model.parameters() if p.requires_grad]
    states = [torch.zeros_like(p) for p in params] if settings.beta else []
    costs: list[float] = []
    smoothed: list[float] = []
    s = settings.smoothing
    weighted, weight = 0.0, 0.0  # numerator and denominator of the smoothed cost
    diverged = False
    with (
        _surroundings(settings.seed, settings.threads),
        modes(model, training=True),
        progress_bar(
            total=settings.max_steps, desc=data.name, unit=" minibatches", show=progress
        ) as bar,
    ):
        gradient: Gradient | None = None
        if callback is None:  # which could change the model meanwhile
            gradient = plain_gradient(
                model, loss, classes=data.n_classes is not None, batch_size=settings.batch_size
            )
        if gradient is None:
            gradient = _autograd_gradient(model, params, loss)
        minibatches = _minibatches(data, params[0], settings.batch_size, settings.seed)
        for x, y in itertools.islice(minibatches, settings.max_steps):
            value = gradient(x, y)
            if not math.isfinite(value):
                diverged = True
                break
            if settings.beta:
                update(params, states, eta=settings.eta, beta=settings.beta)
            else:
                descend(params, eta=settings.eta)

            weighted = s * weighted + (1 - s) * value
            weight = s * weight + (1 - s)
            costs.append(value)
            smoothed.append(weighted / weight)
            bar.update()
            if callback is not None:
                callback(len(costs), value, smoothed[-1])
            if settings.until is not None and smoothed[-1] <= settings.until:
                break
        model.zero_grad(set_to_none=True)
        right: float | None = None
        test_loss: float | None = None
        if data.n_classes is None:
            test_loss = math.nan if diverged else mean_loss(model, data, "test", loss)
        else:
            right = math.nan if diverged else accuracy(model, data)
    return History(
        loss=np.array(costs),
        smoothed=np.array(smoothed),
        steps=len(costs),
        eta=settings.eta,
        beta=settings.beta,
        accuracy=right,
        seconds=time.perf_counter() - started,
        data=data.name,
        diverged=diverged,
        test_loss=test_loss,
    )


def _autograd_gradient(model: nn.Module, params: list[nn.Parameter], loss: Loss) -> Gradient:
    """Return what computes cost and gradient of a minibatch, for any model and any loss."""

    def gradient(x: Tensor, y: Tensor) -> float:
        for p in params:
            p.grad = None
        outputs = model(x)
        cost = loss(outputs, paired(outputs, y))
        check_loss(cost)
        value = cost.item()
        if math.isfinite(value):
            cost.backward()
        return value

    return gradient


def _minibatches(
    data: Dataset, like: Tensor, batch_size: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield minibatches without end, each in the memory of the one before.

    Gathering 100 rows into the same place keeps them in the processor's cache; gathering a whole
    shuffled epoch, or allocating each minibatch anew, costs 5 to 20 % more time.
    """
    examples = _tensor(data.train_x).to(like.device, like.dtype)
    kind = like.dtype if data.n_classes is None else None
    targets = _tensor(data.train_y).to(like.device, kind)
    x = torch.empty(batch_size, data.n_features, dtype=like.dtype, device=like.device)
    y = torch.empty(batch_size, dtype=targets.dtype, device=like.device)
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(examples), generator=generator).to(like.device)
        for chosen in order[: len(order) // batch_size * batch_size].split(batch_size):
            torch.index_select(examples, 0, chosen, out=x)
            torch.index_select(targets, 0, chosen, out=y)
            yield x, y


def _tensor(array: npt.NDArray[Any]) -> Tensor:
    """Return a tensor in the memory of the array, for reading only.

    A copy of MNIST would be 188 MB and a tenth of a second, for each run of a sweep.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.as_tensor(np.ascontiguousarray(array))
