r"""The gradient of a minibatch by hand, for networks such as those of :func:`d2lmini.network.mlp`.

For a layer :math:`z = hW^\top + b` and its error :math:`\delta = \partial\ell/\partial z`,

.. math::

    \partial_W \ell = \delta^\top h, \qquad
    \partial_b \ell = \textstyle\sum_i \delta_i, \qquad
    \delta_{\text{below}} = (\delta W) \odot [h > 0] .

Autograd calls the same kernels in the same order, so its numbers are the same to the last bit. But
in each step it writes down what it does, takes it apart again, and gives every gradient new memory:
an eighth of the time of a step of the course's network, which is saved here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules import module as torch_modules

from .losses import Loss, half_mse

__all__ = ["Gradient", "has_hooks", "plain_gradient"]

#: From the examples of a minibatch and their targets to the cost; leaves its gradient in ``grad``.
Gradient = Callable[[Tensor, Tensor], float]

_aten = torch.ops.aten  # the kernels that autograd calls


def plain_gradient(
    model: nn.Module, loss: Loss, *, classes: bool, batch_size: int
) -> Gradient | None:
    """Return what computes cost and gradient of a minibatch, or None where autograd has to.

    Parameters
    ----------
    model : torch.nn.Module
        Must be nothing else than linear layers with ReLU between them, on the CPU, in float32 or
        float64, of whose parameters each is trained and stands in one place, and nobody may have
        asked to look on.
    loss : callable
        Must be the default for the kind of the targets.
    classes : bool
        Whether the targets are classes.
    batch_size : int
        At least 2: autograd has a product of its own for a layer with one input and one example.
    """
    usual = loss is (F.cross_entropy if classes else half_mse) and batch_size > 1
    if not usual or not _is_plain(model):
        return None
    cost_and_error = _cross_entropy if classes else _half_mse
    layers = [(layer.weight, layer.bias) for layer in model.children() if type(layer) is nn.Linear]
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)  # filled anew in each step

    @torch.no_grad()
    def gradient(x: Tensor, y: Tensor) -> float:
        inputs = [x]  # of each layer
        for w, b in layers[:-1]:
            inputs.append(F.linear(inputs[-1], w, b).relu_())
        cost, error = cost_and_error(F.linear(inputs[-1], *layers[-1]), y)
        for depth in reversed(range(len(layers))):
            (w, b), h = layers[depth], inputs[depth]
            torch.mm(error.T, h, out=w.grad)
            if b is not None:
                torch.sum(error, 0, out=b.grad)
            if depth:
                error = _aten.threshold_backward(error @ w, h, 0)
        return cost

    return gradient


def _cross_entropy(outputs: Tensor, classes: Tensor) -> tuple[float, Tensor]:
    """Return the cost and its derivative by the outputs."""
    log_p = torch.log_softmax(outputs, 1)
    cost, weight = _aten.nll_loss_forward(log_p, classes, None, 1, -100)
    error = _aten.nll_loss_backward(torch.ones_like(cost), log_p, classes, None, 1, -100, weight)
    return cost.item(), _aten._log_softmax_backward_data(error, log_p, 1, log_p.dtype)


def _half_mse(outputs: Tensor, values: Tensor) -> tuple[float, Tensor]:
    """Return the cost and its derivative by the outputs."""
    values = values.view_as(outputs)
    cost = half_mse(outputs, values)
    return cost.item(), _aten.mse_loss_backward(torch.full_like(cost, 0.5), outputs, values, 1)


def _is_plain(model: nn.Module) -> bool:
    # Exactly these types: of a subclass nobody knows what it computes.
    if type(model) is not nn.Sequential:
        return False
    kinds = [type(layer) for layer in model]
    params = [p for layer in model for p in layer.parameters()]
    return (
        kinds == [nn.Linear, *[nn.ReLU, nn.Linear] * (len(kinds) // 2)]
        and len({id(p) for p in params}) == len(params)
        and len({p.dtype for p in params}) == 1
        and all(_is_usual(p) for p in params)
        and not any(has_hooks(module) or "forward" in vars(module) for module in model.modules())
        and not has_hooks(torch_modules)  # those of all modules
        and not torch.is_autocast_enabled("cpu")
        and not torch.is_anomaly_enabled()
    )


def _is_usual(p: Tensor) -> bool:
    return (
        type(p) is nn.Parameter
        and p.requires_grad
        and p.device.type == "cpu"
        and p.dtype in (torch.float32, torch.float64)
        and p.is_contiguous()
        and not (p._backward_hooks or p._post_accumulate_grad_hooks)
    )


def has_hooks(module: nn.Module | ModuleType) -> bool:
    """Return whether somebody asked to have something called on each pass."""
    return any(value for name, value in vars(module).items() if name.endswith("_hooks"))
