"""Gradients by hand: the bits of autograd where they serve, and autograd everywhere else."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from d2lmini._backprop import Gradient, plain_gradient
from d2lmini.data.dataset import Dataset
from d2lmini.losses import default_loss, half_mse
from d2lmini.training import mlp, train


def made_up(*, classes: bool) -> Dataset:
    """Return points of a cube, with classes in bands or with a value."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 3)).astype(np.float32)
    x[:, 1] = x[:, 1].clip(0)  # zeros, as images have them
    total = x.sum(axis=1)
    y: Any = (total > 0).astype(np.int64) + (total > 1) if classes else total
    return Dataset("made up", "random numbers", x[:120], y[:120], x[120:], y[120:])


def plain(model: nn.Module, loss: Any = F.cross_entropy, **options: Any) -> Gradient | None:
    return plain_gradient(model, loss, **({"classes": True, "batch_size": 10} | options))


def without_biases(model: nn.Sequential) -> nn.Sequential:
    for layer in model:
        if isinstance(layer, nn.Linear):
            layer.bias = None
    return model


MODELS: dict[str, Callable[[int], nn.Sequential]] = {
    "linear": lambda width: mlp([3, width], seed=1),
    "one hidden layer": lambda width: mlp([3, 16, width], seed=1),
    "deep, with a bottleneck": lambda width: mlp([3, 33, 1, 17, 64, width], seed=1),
    "float64": lambda width: mlp([3, 40, width], seed=1).double(),
    "without biases": lambda width: without_biases(mlp([3, 9, width], seed=1)),
}


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "options",
    [
        {"eta": 0.1, "beta": 0.9},
        {"eta": 0.1, "batch_size": 2},
        {"eta": 0.5, "batch_size": 120},
        {"eta": 1e6, "beta": 0.5},
    ],
    ids=["momentum", "two examples", "all examples", "diverges"],
)
def test_a_run_has_the_bits_that_autograd_gives(
    classes: bool, name: str, options: dict[str, Any]
) -> None:
    data = made_up(classes=classes)
    by_hand = MODELS[name](3 if classes else 1)
    by_autograd = copy.deepcopy(by_hand)
    assert plain(copy.deepcopy(by_hand), default_loss(data), classes=classes)
    settings = {"batch_size": 7, "max_steps": 60, "memo": False} | options
    ours = train(by_hand, data, **settings)
    # A callback might change the model, and so autograd looks at it in each step.
    theirs = train(by_autograd, data, **settings, callback=lambda *_: None)
    np.testing.assert_array_equal(ours.loss, theirs.loss)
    assert ours.diverged == theirs.diverged
    for p, q in zip(by_hand.parameters(), by_autograd.parameters(), strict=True):
        assert torch.equal(p.nan_to_num(), q.nan_to_num())
        assert torch.equal(p.isnan(), q.isnan())
        assert p.grad is q.grad is None


class Doubled(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


def tied() -> nn.Module:
    middle = nn.Linear(4, 4)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), middle, nn.ReLU(), middle)


def changed(change: Callable[[nn.Sequential], object]) -> nn.Module:
    model = mlp([3, 4, 3], seed=0)
    change(model)
    return model


OTHERS: dict[str, Callable[[], nn.Module]] = {
    "another layer": lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)),
    "one more layer": lambda: nn.Sequential(*mlp([3, 4], seed=0), nn.ReLU()),
    "one layer less": lambda: nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 3)),
    "nested": lambda: nn.Sequential(mlp([3, 4, 3], seed=0)),
    "a subclass": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), Doubled(4, 3)),
    "tied weights": tied,
    "a frozen bias": lambda: changed(lambda m: m[0].bias.requires_grad_(False)),
    "half precision": lambda: changed(lambda m: m.bfloat16()),
    "a hook of a layer": lambda: changed(lambda m: m[0].register_forward_hook(print)),
    "a hook of a parameter": lambda: changed(lambda m: m[0].weight.register_hook(print)),
    "a hook after a gradient": lambda: changed(
        lambda m: m[0].weight.register_post_accumulate_grad_hook(print)
    ),
    "spectral norm": lambda: changed(lambda m: nn.utils.parametrizations.spectral_norm(m[0])),
    "a forward of its own": lambda: changed(lambda m: setattr(m[1], "forward", torch.sin)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_model_is_left_to_autograd(name: str) -> None:
    model = OTHERS[name]()
    assert plain(model) is None
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ("loss", "classes"),
    [(nn.CrossEntropyLoss(), True), (half_mse, True), (F.cross_entropy, False)],
)
def test_another_loss_is_left_to_autograd(loss: Any, classes: bool) -> None:
    assert plain(mlp([3, 1], seed=0), loss, classes=classes) is None


def test_a_single_example_is_left_to_autograd() -> None:
    assert plain(mlp([3, 1, 3], seed=0), batch_size=1) is None


@pytest.fixture
def global_hook() -> Iterator[None]:
    handle = nn.modules.module.register_module_forward_hook(lambda *_: None)
    yield
    handle.remove()


@pytest.mark.parametrize(
    ("surroundings", "by_hand"),
    [
        (nullcontext, True),
        (lambda: torch.autocast("cpu", dtype=torch.bfloat16), False),
        (lambda: torch.autograd.set_detect_anomaly(True), False),
    ],
    ids=["usual", "autocast", "anomaly detection"],
)
def test_autograd_serves_those_who_asked_pytorch_for_something_else(
    surroundings: Callable[[], AbstractContextManager[object]], by_hand: bool
) -> None:
    with surroundings():
        found = plain(mlp([3, 3], seed=0))
    assert (found is not None) == by_hand


@pytest.mark.usefixtures("global_hook")
def test_autograd_serves_those_who_look_at_all_modules() -> None:
    assert plain(mlp([3, 3], seed=0)) is None
