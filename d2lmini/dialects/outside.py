"""Dialects with the learning rate outside of the velocity: it scales what the velocity holds.

:mod:`d2lmini.dialects` is the place to import them from, and has the table of their formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..checks import Array
from ..messages import Phrase, tell
from .base import Dialect, refuse_nesterov, scaled

__all__ = ["D2L", "EMA", "Optax", "PyTorch"]


class Accumulating(Dialect):
    """A dialect that adds up gradients as they are; D2L and Optax differ in their words alone."""

    def _step(self, x: Array, v: Array, g: Array, factor: float, t: int) -> tuple[Array, Array]:
        eta, beta, nesterov = self._common()
        v = beta * v + g
        return x - eta * factor * (g + beta * v if nesterov else v), v


@dataclass(frozen=True, kw_only=True)
class D2L(Accumulating):
    r"""The convention of this course and of *Dive into Deep Learning*.

    .. math:: v_t = \beta v_{t-1} + g_t, \qquad x_t = x_{t-1} - \eta_t u_t

    with :math:`u_t = v_t`, or :math:`u_t = g_t + \beta v_t` for ``nesterov``.

    Parameters
    ----------
    eta : float
        Learning rate, eta >= 0.
    beta : float
        Momentum, 0 <= beta < 1.
    nesterov : bool
        Look ahead, as :func:`d2lmini.nesterov` does.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range.

    Examples
    --------
    >>> from d2lmini.dialects import D2L, Keras, convert
    >>> convert(D2L(eta=0.1, beta=0.9), to=Keras)
    Keras(learning_rate=0.1, momentum=0.9, nesterov=False)
    """

    eta: float
    beta: float = 0.0
    nesterov: bool = False

    def _common(self) -> tuple[float, float, bool]:
        return self.eta, self.beta, self.nesterov

    @classmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> D2L:
        return cls(eta=eta, beta=beta, nesterov=nesterov)


@dataclass(frozen=True, kw_only=True)
class Optax(Accumulating):
    r"""The convention of ``optax.sgd``, which chains ``optax.trace`` and a scaling.

    .. math:: v_t = \mu v_{t-1} + g_t, \qquad x_t = x_{t-1} - \eta_t u_t

    with :math:`u_t = v_t`, or :math:`u_t = g_t + \mu v_t` for ``nesterov``.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, learning_rate >= 0.
    momentum : float
        :math:`\mu`, 0 <= momentum < 1; the ``decay`` of ``optax.trace``.
    nesterov : bool
        Look ahead.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range.

    Examples
    --------
    >>> from d2lmini.dialects import Optax, Velocity, convert
    >>> convert(Velocity(epsilon=0.1, m=0.9), to=Optax)
    Optax(learning_rate=0.1, momentum=0.9, nesterov=False)
    """

    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False

    def _common(self) -> tuple[float, float, bool]:
        return self.learning_rate, self.momentum, self.nesterov

    @classmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> Optax:
        return cls(learning_rate=eta, momentum=beta, nesterov=nesterov)


@dataclass(frozen=True, kw_only=True)
class PyTorch(Dialect):
    r"""The convention of ``torch.optim.SGD``.

    .. math:: v_1 = g_1, \qquad v_t = \mu v_{t-1} + (1 - \tau) g_t, \qquad
       x_t = x_{t-1} - \eta_t u_t

    with :math:`u_t = v_t`, or :math:`u_t = g_t + \mu v_t` for ``nesterov``. The dampening
    :math:`\tau` is not applied to the first gradient, and not at all if :math:`\mu = 0`.

    Parameters
    ----------
    lr : float
        Learning rate :math:`\eta`, lr >= 0.
    momentum : float
        :math:`\mu`, 0 <= momentum < 1.
    dampening : float
        :math:`\tau`, 0 <= dampening <= 1.
    nesterov : bool
        Look ahead; needs a momentum above 0 and no dampening, as PyTorch does.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range.

    Examples
    --------
    >>> from d2lmini.dialects import EMA, PyTorch, convert
    >>> convert(PyTorch(lr=0.1, momentum=0.75), to=EMA)
    EMA(eta=0.4, beta=0.75, debias=False)
    """

    lr: float
    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(
                tell(
                    "PyTorch's nesterov needs momentum > 0 and dampening = 0, got "
                    "momentum={momentum:g} and dampening={dampening:g}: without momentum, "
                    "leave nesterov=False, which is the same",
                    momentum=self.momentum,
                    dampening=self.dampening,
                )
            )

    def _common(self) -> tuple[float, float, bool]:
        share = 1 - self.dampening if self.momentum else 1.0
        return scaled(self.lr, share), self.momentum, self.nesterov

    @classmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> PyTorch:
        return cls(lr=eta, momentum=beta, nesterov=nesterov)

    def _step(self, x: Array, v: Array, g: Array, factor: float, t: int) -> tuple[Array, Array]:
        first = t == 0 or self.momentum == 0
        v = g if first else self.momentum * v + (1 - self.dampening) * g
        update = g + self.momentum * v if self.nesterov else v
        return x - self.lr * factor * update, v

    def _unlike(self) -> Phrase | None:
        if self.momentum == 0 or self.dampening == 0:
            return None
        return Phrase(
            "PyTorch applies the dampening {dampening:g} to every gradient but the first, which no "
            "other dialect singles out",
            dampening=self.dampening,
        )


@dataclass(frozen=True, kw_only=True)
class EMA(Dialect):
    r"""The averaging form: the velocity is an exponentially weighted moving average.

    .. math:: v_t = \beta v_{t-1} + (1 - \beta) g_t, \qquad x_t = x_{t-1} - \eta_t u_t

    with :math:`u_t = v_t`, or :math:`u_t = v_t / (1 - \beta^t)` for ``debias``, which makes up for
    the start at zero.

    Parameters
    ----------
    eta : float
        Learning rate, eta >= 0.
    beta : float
        Momentum, 0 <= beta < 1.
    debias : bool
        Correct the bias of the start.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range.

    Examples
    --------
    >>> from d2lmini.dialects import D2L, EMA, convert
    >>> convert(EMA(eta=0.4, beta=0.75), to=D2L)
    D2L(eta=0.1, beta=0.75, nesterov=False)
    """

    eta: float
    beta: float = 0.0
    debias: bool = False

    def _common(self) -> tuple[float, float, bool]:
        return scaled(self.eta, 1 - self.beta), self.beta, False

    @classmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> EMA:
        refuse_nesterov(cls, nesterov)
        larger = eta / (1 - beta)
        if not math.isfinite(larger):
            raise ValueError(
                tell(
                    "EMA needs the learning rate eta / (1 - beta), and for eta={eta:g} and "
                    "beta={beta:g} it is too large for a float: choose a smaller eta",
                    eta=eta,
                    beta=beta,
                )
            )
        return cls(eta=larger, beta=beta)

    def _step(self, x: Array, v: Array, g: Array, factor: float, t: int) -> tuple[Array, Array]:
        v = self.beta * v + (1 - self.beta) * g
        update = v / (1 - self.beta ** (t + 1)) if self.debias else v
        return x - self.eta * factor * update, v

    def _unlike(self) -> Phrase | None:
        if not self.debias or self.beta == 0:
            return None
        return Phrase(
            "the correction 1 / (1 - beta**t) of the debiased average is another factor at every "
            "step, and the other dialects have one eta"
        )
