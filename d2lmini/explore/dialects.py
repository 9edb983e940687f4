"""The dialect converter: one setting in the words of all frameworks, and two of their paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from ..dialects import (
    D2L,
    EMA,
    Dialect,
    DialectTrace,
    Keras,
    Optax,
    PyTorch,
    Velocity,
    convert,
    run,
)
from ..messages import Phrase, tell
from ..plots import plot_step_lengths, subplots
from ..problems import ravine
from .base import Choice, Explorable, Number, Whole

__all__ = ["Dialects"]

_CLASSES: dict[str, type[Dialect]] = {
    "D2L": D2L,
    "PyTorch": PyTorch,
    "Dampened": PyTorch,
    "Optax": Optax,
    "EMA": EMA,
    "Keras": Keras,
    "Velocity": Velocity,
}
_STEPS = 60
_START = (-5.0, -2.0)


class Dialects(Explorable):
    r"""One setting in the words of all frameworks, and the paths of two of them under a schedule.

    .. math::

        \text{gradients held:}\quad v \leftarrow \beta v + g, \; x \leftarrow x - \eta_t v
        \qquad
        \text{steps held:}\quad v \leftarrow \beta v - \eta_t g, \; x \leftarrow x + v

    The learning rate and the momentum are those of dialect A; a table holds the settings with the
    same steps in all the others. Two paths of 60 steps in the ravine, and the length of their steps
    on an even slope, coincide while :math:`\eta` is constant and part when it changes. As the last
    expression of a notebook cell the converter shows itself.

    Parameters
    ----------
    dialect, other : str
        The dialects A and B: ``"D2L"`` (this course), ``"PyTorch"``, ``"Dampened"`` (PyTorch with
        ``dampening`` equal to its momentum), ``"Optax"``, ``"EMA"``, ``"Keras"`` or ``"Velocity"``.
    eta : float
        Learning rate in the convention of A, 0 to 1.
    beta : float
        Momentum, 0 to 0.99.
    schedule : str
        ``"constant"``; ``"drop"``, to `factor` times the learning rate after step `when`;
        ``"warmup"``, a linear rise from `factor` to 1 times the learning rate in the first `when`
        steps; or ``"decay"``, a constant factor per step that comes to `factor` in `when` steps.
    factor : float
        0 to 1.
    when : int
        1 to 59.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> converter = d2l.explore.Dialects(dialect="PyTorch", other="EMA", eta=0.05, beta=0.75)
    >>> converter
    Dialects(dialect='PyTorch', other='EMA', eta=0.05, beta=0.75)
    >>> converter.setting("EMA")
    EMA(eta=0.2, beta=0.75, debias=False)
    >>> converter.distance() < 1e-12           # both hold gradients
    True
    >>> converter.other = "Keras"              # holds steps
    >>> converter.distance() > 0.1
    True

    References
    ----------
    .. [1] Goyal, P., et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour.
       arXiv:1706.02677.
    """

    dialect = Choice("PyTorch", words=tuple(_CLASSES))
    other = Choice("Keras", words=tuple(_CLASSES))
    eta = Number(0.05, low=0, high=1, hint=Phrase("negative ones climb"))
    beta = Number(
        0.9,
        low=0,
        high=0.99,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    schedule = Choice("drop", words=("constant", "drop", "warmup", "decay"))
    factor = Number(0.1, low=0, high=1, hint=Phrase("0 stops, 1 changes nothing"))
    when = Whole(15, low=1, high=_STEPS - 1, hint=Phrase("the paths have 60 steps"))
    shown: ClassVar[tuple[str, ...]] = ("dialect", "other", "eta", "beta")

    def controls(self) -> list[Any]:
        """Return the sliders for η, β and the factor of the schedule."""
        return [
            self.slider("eta", step=0.01),
            self.slider("beta", step=0.01),
            self.slider("factor", step=0.05),
        ]

    def setting(self, name: str) -> Dialect:
        """Return the setting of a dialect that takes the same steps as A, in the long run at least.

        Parameters
        ----------
        name : str
            One of the words that `dialect` may be.

        Returns
        -------
        Dialect
            With the framework's own names; one of the classes of :mod:`d2lmini.dialects`.
        """
        if name not in _CLASSES:
            raise ValueError(
                tell(
                    "no dialect {name!r}: use one of {names}", name=name, names=", ".join(_CLASSES)
                )
            )
        words = {"D2L": "eta", "EMA": "eta", "Keras": "learning_rate", "Optax": "learning_rate"}
        typed: Dialect
        if self.dialect in ("PyTorch", "Dampened"):
            typed = self._pytorch(self.dialect, self.eta)
        elif self.dialect == "Velocity":
            typed = Velocity(epsilon=self.eta, m=self.beta)
        else:
            momentum = "beta" if words[self.dialect] == "eta" else "momentum"
            values = {words[self.dialect]: self.eta, momentum: self.beta}
            typed = _CLASSES[self.dialect](**values)
        if name == self.dialect:
            return typed
        if name == "Dampened":
            ours = convert(typed, to=D2L, exact=False)
            return self._pytorch(name, ours.eta / (1 - self.beta))
        if isinstance(typed, _CLASSES[name]):  # PyTorch without the dampening
            typed = convert(typed, to=D2L, exact=False)
        return convert(typed, to=_CLASSES[name], exact=False)

    def _pytorch(self, name: str, rate: float) -> PyTorch:
        dampening = self.beta if name == "Dampened" else 0.0
        return PyTorch(lr=rate, momentum=self.beta, dampening=dampening)

    def factors(self) -> npt.NDArray[np.float64]:
        """Return what the schedule multiplies the learning rate by, shape (60,)."""
        t = np.arange(_STEPS)
        rise = self.factor + (1 - self.factor) * t / self.when
        laws: dict[str, Callable[[], Any]] = {
            "constant": lambda: np.ones(_STEPS),
            "drop": lambda: np.where(t < self.when, 1.0, self.factor),
            "warmup": lambda: np.where(t < self.when, rise, 1.0),
            "decay": lambda: self.factor ** (t / self.when),
        }
        return np.asarray(laws[self.schedule](), dtype=np.float64)

    def trace(self, name: str) -> DialectTrace:
        """Return the path of a dialect in the ravine, 60 steps from (-5, -2)."""
        return run(self.setting(name), ravine().grad, _START, steps=_STEPS, schedule=self.factors())

    def distance(self, name: str | None = None) -> float:
        """Return the largest distance of a dialect's path, B's by default, from that of A."""
        a, b = self.trace(self.dialect).x, self.trace(self.other if name is None else name).x
        return float(np.linalg.norm(a - b, axis=1).max())

    def figure(self) -> Figure:
        """Return the lengths of the steps of A and B on an even slope as a static figure.

        A full step, that of a full velocity without the schedule, has the length 1.
        """

        def slope(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.ones_like(x)

        full = Dialects(dialect="D2L", eta=1 - self.beta, beta=self.beta)
        paths = {}
        for mark, name in (("A", self.dialect), ("B", self.other)):
            title = f"{mark}: {self.labels[f'dialects.{name}']}"
            paths[title] = run(full.setting(name), slope, 0, steps=_STEPS, schedule=self.factors())
        fig, ax = subplots()
        plot_step_lengths(ax, paths)
        return fig
