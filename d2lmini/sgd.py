"""Gradient descent with momentum on PyTorch's tensors, written from scratch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .checks import as_number, shown

__all__ = ["sgd_momentum"]


@torch.no_grad()
def sgd_momentum(
    params: Sequence[Tensor], states: Sequence[Tensor], *, eta: float, beta: float
) -> None:
    r"""Make one step of gradient descent with momentum, in place.

    .. math:: v \leftarrow \beta v + g, \qquad x \leftarrow x - \eta v

    This is the convention of :class:`torch.optim.SGD` without dampening: the gradient enters the
    velocity unscaled, and the learning rate stands outside, so that a change of :math:`\eta` acts
    at once on all that the velocity has gathered. The velocity form :math:`v \leftarrow mv - \eta
    g`, :math:`x \leftarrow x + v` agrees with it only while :math:`\eta` stays constant.

    Parameters
    ----------
    params : sequence of Tensor
        Parameters :math:`x`, whose ``grad`` is the gradient :math:`g`. Those without a gradient
        are left alone. Gradients are left as they are: clear them before the next ``backward``.
    states : sequence of Tensor
        Velocities :math:`v`, one for each parameter, of the same shape; begin with zeros.
    eta : float
        Learning rate :math:`\eta`.
    beta : float
        Momentum :math:`\beta`; 0 is plain gradient descent.

    Raises
    ------
    ValueError
        If there is not one velocity for each parameter, or if no parameter has a gradient, or `eta`
        or `beta` is not finite.
    TypeError
        If `params` or `states` is not a list of tensors, or `eta` or `beta` not a number.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> v = torch.zeros(2)
    >>> for _ in range(2):
    ...     x.grad = None
    ...     (x**2 / 2).sum().backward()  # so that g = x
    ...     sgd_momentum([x], [v], eta=0.5, beta=0.5)
    >>> x, v
    (tensor([0., 0.], requires_grad=True), tensor([1., 2.]))
    """
    for name, tensors in (("params", params), ("states", states)):
        if not isinstance(tensors, list | tuple) or not all(isinstance(t, Tensor) for t in tensors):
            raise TypeError(
                f"{name} must be a list of tensors, got {shown(tensors)}: "
                "begin with params = list(model.parameters())"
            )
    eta = as_number("eta", eta, "a finite value", "pass for example eta=0.01")
    beta = as_number("beta", beta, "a finite value", "pass for example beta=0.9")
    if len(states) != len(params):
        raise ValueError(
            f"sgd_momentum needs one velocity for each parameter, got {len(states)} for "
            f"{len(params)}: begin with states = [torch.zeros_like(p) for p in params]"
        )
    live = [(x, v, x.grad) for x, v in zip(params, states, strict=True) if x.grad is not None]
    if not live:
        raise ValueError(
            f"sgd_momentum needs gradients, but none of {len(params)} parameters has one: "
            "call loss.backward() first"
        )
    largest = min(torch.finfo(x.dtype).max for x, _, _ in live)
    if abs(eta) > largest:
        raise ValueError(
            f"eta must be at most {largest:.4g}, the largest number of the parameters' type, got "
            f"eta={eta:g}: pass for example eta=0.01"
        )
    for x, v, g in live:
        v.mul_(beta).add_(g)
        x.sub_(v, alpha=eta)
