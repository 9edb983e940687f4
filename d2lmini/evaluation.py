"""How good a model is on a data set, and whether it fits the data at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from .checks import check_kind, shown
from .data.dataset import Dataset
from .losses import Loss, default_loss, paired
from .messages import Phrase, tell

__all__ = [
    "accuracy",
    "check_fit",
    "check_kinds",
    "check_loss",
    "check_loss_function",
    "evaluate_loss",
    "mean_loss",
    "modes",
]

_BLOCK = 1000  # examples at a time


@contextmanager
def modes(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Put the model into training or evaluation mode, and each part back afterwards."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


def evaluate_loss(
    model: nn.Module, data: Dataset, *, split: str = "train", loss: Loss | None = None
) -> float:
    r"""Return the mean loss of a model over all examples of one part of a data set.

    .. math:: L = \frac{1}{n} \sum_{i=1}^{n} \ell(m(x_i), y_i)

    The model is left as it is: it runs in evaluation mode, without gradients.

    Parameters
    ----------
    model : torch.nn.Module
        As for :func:`~d2lmini.training.train`.
    data : Dataset
        What to measure it on.
    split : {"train", "test"}, optional
        Which part of the data set.
    loss : callable, optional
        From outputs and targets to their mean loss; by default cross-entropy for classes and
        :func:`~d2lmini.losses.half_mse` for values.

    Returns
    -------
    float
        In float32 the last digits depend on the number of threads: round what you print.

    Raises
    ------
    ValueError
        If `split` is neither of the two, or the model does not fit the data.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0]], dtype=np.float32)
    >>> data = Dataset("line", "made up", x, 2 * x[:, 0], x, 2 * x[:, 0])
    >>> model = nn.Linear(1, 1, bias=False)
    >>> _ = nn.init.ones_(model.weight)
    >>> round(evaluate_loss(model, data), 6)  # the errors are 0, 1, 2
    0.833333
    """
    if not isinstance(split, str) or split not in ("train", "test"):
        raise ValueError(
            tell(
                'evaluate_loss needs split="train" or split="test", got {got}: choose one',
                got=shown(split),
            )
        )
    check_loss_function(loss)
    check_fit(model, data)
    return mean_loss(model, data, split, default_loss(data) if loss is None else loss)


def mean_loss(model: nn.Module, data: Dataset, split: str, loss: Loss) -> float:
    """Return the mean loss over one part of the data, without any check."""
    total, count = 0.0, len(getattr(data, f"{split}_x"))
    with modes(model, training=False), torch.no_grad():
        for outputs, targets in _outputs(model, data, split):
            cost = loss(outputs, paired(outputs, targets))
            check_loss(cost)
            total += cost.item() * len(targets)
    return total / count


def accuracy(model: nn.Module, data: Dataset) -> float:
    """Return the fraction of the test examples whose class has the largest output."""
    with modes(model, training=False), torch.no_grad():
        correct = sum(
            int((outputs.argmax(dim=1) == classes).sum())
            for outputs, classes in _outputs(model, data, "test")
        )
    return correct / len(data.test_x)


def _outputs(model: nn.Module, data: Dataset, split: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the outputs for a block of examples, and its targets."""
    like = next(model.parameters())
    all_x, all_y = getattr(data, f"{split}_x"), getattr(data, f"{split}_y")
    kind = like.dtype if data.n_classes is None else None
    for start in range(0, len(all_x), _BLOCK):
        block = slice(start, start + _BLOCK)
        x = torch.tensor(all_x[block], dtype=like.dtype, device=like.device)
        yield model(x), torch.tensor(all_y[block], dtype=kind, device=like.device)


def check_loss(cost: object) -> None:
    """Refuse what no gradient can be taken of."""
    if not isinstance(cost, Tensor) or cost.numel() != 1:
        got: str | Phrase = type(cost).__name__
        if isinstance(cost, Tensor):
            got = Phrase("shape {shape}", shape=tuple(cost.shape))
        raise ValueError(
            tell(
                "the loss needs to return a tensor with one number, got {got}: take the mean "
                "over the minibatch, for example loss=torch.nn.functional.mse_loss",
                got=got,
            )
        )


def check_loss_function(loss: object) -> None:
    """Refuse what cannot be called as a loss; None stands for the default."""
    if loss is not None and not callable(loss):
        raise TypeError(
            tell(
                "loss must be a function of outputs and targets, got {got}: pass for example "
                "loss=torch.nn.functional.mse_loss, without ()",
                got=shown(loss),
            )
        )


def check_kinds(model: object, data: object) -> None:
    """Raise a TypeError where one of the two is something else, or they were exchanged."""
    check_kind(
        "model", model, nn.Module, Phrase("a torch.nn.Module"), Phrase("build it with d2l.mlp")
    )
    check_kind(
        "data", data, Dataset, Phrase("a Dataset"), Phrase("pass for example d2l.load_mnist()")
    )


def check_fit(model: nn.Module, data: Dataset) -> None:
    """Raise an error where the model does not take the data, or its outputs do not fit."""
    check_kinds(model, data)
    first = next(model.parameters(), None)
    width = 1 if data.n_classes is None else data.n_classes
    remedy = Phrase(
        "build it with mlp([{features}, ..., {width}], seed=0)",
        features=data.n_features,
        width=width,
    )
    if first is None:
        raise ValueError(tell("the model needs parameters, got none: {remedy}", remedy=remedy))
    with modes(model, training=False), torch.no_grad():
        try:
            outputs = model(torch.tensor(data.train_x[:2], dtype=first.dtype, device=first.device))
        except RuntimeError as error:
            raise ValueError(
                tell(
                    "the model does not take the {features} features of {data} ({error}): {remedy}",
                    features=data.n_features,
                    data=data.name,
                    error=error,
                    remedy=remedy,
                )
            ) from None
    if not isinstance(outputs, Tensor):
        raise ValueError(
            tell(
                "the model needs to return one tensor, got {got}: {remedy}",
                got=type(outputs).__name__,
                remedy=remedy,
            )
        )
    shape, n = tuple(outputs.shape), len(data.train_x[:2])
    if data.n_classes is None:
        if shape not in ((n,), (n, 1)):
            raise ValueError(
                tell(
                    "the model needs one output for each example of {data}, got outputs of "
                    "shape {shape} for {n} examples: {remedy}",
                    data=data.name,
                    shape=shape,
                    n=n,
                    remedy=remedy,
                )
            )
    elif outputs.ndim != 2 or shape[1] < data.n_classes:
        raise ValueError(
            tell(
                "the model needs an output for each of the {classes} classes of {data}, got "
                "outputs of shape {shape} for {n} examples: {remedy}",
                classes=data.n_classes,
                data=data.name,
                shape=shape,
                n=n,
                remedy=remedy,
            )
        )
