"""Dialects with the learning rate inside of the velocity: it scales each gradient as that comes.

:mod:`d2lmini.dialects` is the place to import them from, and has the table of their formulas.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..checks import Array
from .base import Dialect, refuse_nesterov

__all__ = ["Keras", "Velocity"]


@dataclass(frozen=True, kw_only=True)
class Keras(Dialect):
    r"""The convention of ``keras.optimizers.SGD`` (and so of TensorFlow): steps, not gradients.

    .. math:: m_t = \mu m_{t-1} - \eta_t g_t, \qquad x_t = x_{t-1} + u_t

    with :math:`u_t = m_t`, or :math:`u_t = \mu m_t - \eta_t g_t` for ``nesterov``.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, learning_rate >= 0.
    momentum : float
        :math:`\mu`, 0 <= momentum < 1.
    nesterov : bool
        Look ahead.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range.

    Examples
    --------
    >>> from d2lmini.dialects import Keras, PyTorch, convert
    >>> convert(Keras(learning_rate=0.01, momentum=0.9, nesterov=True), to=PyTorch)
    PyTorch(lr=0.01, momentum=0.9, dampening=0.0, nesterov=True)
    """

    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False

    def _common(self) -> tuple[float, float, bool]:
        return self.learning_rate, self.momentum, self.nesterov

    @classmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> Keras:
        return cls(learning_rate=eta, momentum=beta, nesterov=nesterov)

    def _step(self, x: Array, v: Array, g: Array, factor: float, t: int) -> tuple[Array, Array]:
        pull = self.learning_rate * factor * g
        m = self.momentum * v - pull
        return x + (self.momentum * m - pull if self.nesterov else m), m


@dataclass(frozen=True, kw_only=True)
class Velocity(Dialect):
    r"""The velocity form, in the letters of lectures on neural networks.

    .. math:: v_t = m v_{t-1} - \epsilon_t g_t, \qquad x_t = x_{t-1} + v_t

    Parameters
    ----------
    epsilon : float
        Learning rate, epsilon >= 0.
    m : float
        Momentum, 0 <= m < 1.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range.

    Examples
    --------
    >>> from d2lmini.dialects import D2L, Velocity, convert
    >>> convert(D2L(eta=0.1, beta=0.9), to=Velocity)
    Velocity(epsilon=0.1, m=0.9)
    """

    epsilon: float
    m: float = 0.0

    def _common(self) -> tuple[float, float, bool]:
        return self.epsilon, self.m, False

    @classmethod
    def _of(cls, eta: float, beta: float, nesterov: bool) -> Velocity:
        refuse_nesterov(cls, nesterov)
        return cls(epsilon=eta, m=beta)

    def _step(self, x: Array, v: Array, g: Array, factor: float, t: int) -> tuple[Array, Array]:
        v = self.m * v - self.epsilon * factor * g
        return x + v, v
