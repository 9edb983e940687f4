"""Gradient descent with momentum on PyTorch's tensors, written from scratch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .checks import as_number, shown
from .messages import Phrase, tell

__all__ = ["descend", "sgd_momentum", "update"]

# Made once, and not at every step.
_NEED = Phrase("a finite value")
_ETA_REMEDY = Phrase("pass for example eta=0.01")
_BETA_REMEDY = Phrase("pass for example beta=0.9")


@torch.no_grad()
def update(params: Sequence[Tensor], states: Sequence[Tensor], *, eta: float, beta: float) -> None:
    """Make the step of :func:`sgd_momentum`, unchecked: for a loop that made the states itself."""
    for x, v in zip(params, states, strict=True):
        if x.grad is not None:
            v.mul_(beta).add_(x.grad)
            x.sub_(v, alpha=eta)


@torch.no_grad()
def descend(params: Sequence[Tensor], *, eta: float) -> None:
    """Make the step of :func:`update` for beta = 0, where the velocity is the gradient itself.

    That is one pass over memory instead of three, and no velocities to keep.
    """
    for x in params:
        if x.grad is not None:
            x.sub_(x.grad, alpha=eta)


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
                tell(
                    "{name} must be a list of tensors, got {got}: begin with params = "
                    "list(model.parameters())",
                    name=name,
                    got=shown(tensors),
                )
            )
    eta = as_number("eta", eta, _NEED, _ETA_REMEDY)
    beta = as_number("beta", beta, _NEED, _BETA_REMEDY)
    if len(states) != len(params):
        raise ValueError(
            tell(
                "sgd_momentum needs one velocity for each parameter, got {states} for "
                "{parameters}: begin with states = [torch.zeros_like(p) for p in params]",
                states=len(states),
                parameters=len(params),
            )
        )
    kinds = {x.dtype for x in params if x.grad is not None}
    if not kinds:
        raise ValueError(
            tell(
                "sgd_momentum needs gradients, but none of {parameters} parameters has one: "
                "call loss.backward() first",
                parameters=len(params),
            )
        )
    largest = min(torch.finfo(kind).max for kind in kinds)
    if abs(eta) > largest:
        raise ValueError(
            tell(
                "eta must be at most {largest:.4g}, the largest number of the parameters' "
                "type, got eta={eta:g}: pass for example eta=0.01",
                largest=largest,
                eta=eta,
            )
        )
    update(params, states, eta=eta, beta=beta)
