r"""One update, many dialects: how the frameworks write momentum, and how to translate settings.

================= ===============================================================================
:class:`D2L`      :math:`v \leftarrow \beta v + g, \quad x \leftarrow x - \eta v`
:class:`PyTorch`  :math:`v \leftarrow \mu v + (1 - \tau) g, \quad x \leftarrow x - \eta v`
:class:`Optax`    :math:`v \leftarrow \mu v + g, \quad x \leftarrow x - \eta v`
:class:`Keras`    :math:`m \leftarrow \mu m - \eta g, \quad x \leftarrow x + m`
:class:`Velocity` :math:`v \leftarrow m v - \epsilon g, \quad x \leftarrow x + v`
:class:`EMA`      :math:`v \leftarrow \beta v + (1 - \beta) g, \quad x \leftarrow x - \eta v`
================= ===============================================================================

where PyTorch does not apply the dampening :math:`\tau` to the first gradient.

As long as :math:`\eta` is constant, :func:`convert` carries a setting from one dialect to another
so that the paths coincide, or says why it cannot. Under a schedule they may part, which
:func:`run` shows, since it executes each dialect's own recurrence: where :math:`\eta` stands
outside of the velocity, a change of it rescales all that the velocity remembers; where it stands
inside, only the gradients to come. A setting holds the framework's own names for its arguments,
so that ``torch.optim.SGD(parameters, **dataclasses.asdict(setting))`` is the real thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..checks import Array, as_array, as_flag, shown
from ..iterate import Gradient, Path, count_steps, iterate
from ..messages import Phrase, tell
from .base import Dialect
from .inside import Keras, Velocity
from .outside import D2L, EMA, Optax, PyTorch

__all__ = [
    "D2L",
    "EMA",
    "Dialect",
    "DialectTrace",
    "Keras",
    "Optax",
    "PyTorch",
    "Velocity",
    "convert",
    "run",
]

D = TypeVar("D", bound=Dialect)
_DIALECTS = (D2L, PyTorch, Optax, Keras, Velocity, EMA)


@dataclass(frozen=True, eq=False)
class DialectTrace(Path):
    """What a run of one dialect passed through.

    Attributes
    ----------
    x : ndarray, shape (steps + 1, d)
        Positions, the start first. All of them are finite.
    v : ndarray, shape (steps + 1, d)
        What the dialect itself calls velocity, momentum or trace: gradients in some dialects and
        steps in others, with signs and scales of their own. ``v[0]`` is zero.
    setting : Dialect
        The setting that was run.
    factors : ndarray, shape (steps,)
        What the learning rate was multiplied by at each step.
    overflowed : bool
        Whether a number too large for float64 (or a NaN) came up. The trace then ends at the last
        finite point, so that `steps` may be smaller than asked for.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> from d2lmini.dialects import Keras, run
    >>> run(Keras(learning_rate=0.6, momentum=0.5), d2l.ravine().grad, [-5, -2], steps=20)
    DialectTrace(Keras, steps=20, final=[0.00718787, 0.00255327])
    """

    setting: Dialect
    factors: Array  # (steps,)

    def __repr__(self) -> str:
        end = ", overflowed" if self.overflowed else ""
        return f"DialectTrace({type(self.setting).__name__}, {self._end()}{end})"


def convert(setting: Dialect, *, to: type[D], exact: bool = True) -> D:
    r"""Carry a setting to another dialect, so that the path stays the same for a constant eta.

    With :math:`\eta` and :math:`\beta` in the convention of :class:`D2L`, PyTorch without
    dampening, Optax, Keras and the velocity form take the same two numbers, and the averaging form
    takes :math:`\eta / (1 - \beta)` for :math:`\eta`. Nesterov's look-ahead exists in `D2L`,
    PyTorch, Keras and Optax, and is the same in all four.

    Parameters
    ----------
    setting : Dialect
        What to translate, such as ``D2L(eta=0.1, beta=0.9)``.
    to : type
        The dialect to translate into, such as `Keras`.
    exact : bool
        Whether only an exact translation will do. If not, a dampened `PyTorch` and a debiased `EMA`
        become the setting whose steps are the same in the long run, with the learning rate
        :math:`(1 - \tau)\eta` and :math:`(1 - \beta)\eta` in the convention of `D2L`.

    Returns
    -------
    Dialect
        A setting of the class `to`; `setting` itself if it is of that class already.

    Raises
    ------
    ValueError
        If no setting has the same path, with the reason; or if the learning rate that is needed is
        too large or too small for a float.
    TypeError
        If `setting` is not a setting or `to` not a dialect.

    Notes
    -----
    Under a schedule :math:`\eta_t` the dialects with :math:`\eta` outside of the velocity (`D2L`,
    `PyTorch`, `Optax`, `EMA`) agree with one another, and so do those with :math:`\eta` inside
    (`Keras`, `Velocity`). From one group to the other, no constant momentum will do: outside,
    it would have to be :math:`\beta\,\eta_{t-1} / \eta_t` at step t to match a constant
    :math:`\beta` inside.

    Examples
    --------
    >>> from d2lmini.dialects import EMA, Keras, PyTorch, convert
    >>> convert(Keras(learning_rate=0.1, momentum=0.75), to=EMA)
    EMA(eta=0.4, beta=0.75, debias=False)
    >>> convert(PyTorch(lr=0.4, momentum=0.9, dampening=0.75), to=Keras, exact=False)
    Keras(learning_rate=0.1, momentum=0.9, nesterov=False)
    """
    if not isinstance(setting, Dialect):
        raise TypeError(
            tell(
                "setting must be a setting of a dialect, got {got}: pass for example "
                "D2L(eta=0.1, beta=0.9)",
                got=shown(setting),
            )
        )
    if not (isinstance(to, type) and to in _DIALECTS):
        names = ", ".join(dialect.__name__ for dialect in _DIALECTS)
        raise TypeError(
            tell(
                "to must be a dialect, got {got}: pass one of the classes {names}",
                got=shown(to),
                names=names,
            )
        )
    if isinstance(setting, to):
        return setting
    reason = setting._unlike()
    if as_flag("exact", exact) and reason:
        raise ValueError(
            tell(
                "{setting} has no exact translation into {to}: {reason}; exact=False gives the "
                "setting that is the same in the long run",
                setting=setting,
                to=to.__name__,
                reason=reason,
            )
        )
    eta, beta, nesterov = setting._common()
    # Looking ahead along no velocity changes nothing, and PyTorch refuses it.
    return to._of(eta, beta, nesterov and beta > 0)  # type: ignore[return-value]


def run(
    setting: Dialect,
    grad: Gradient,
    x0: npt.ArrayLike,
    *,
    steps: int,
    schedule: npt.ArrayLike | Callable[[int], float] | None = None,
) -> DialectTrace:
    r"""Run a dialect's own recurrence from a starting point, with or without a schedule.

    At step t, counted from 0, the learning rate of the setting is multiplied by the factor
    :math:`s_t` of the schedule.

    Parameters
    ----------
    setting : Dialect
        Which recurrence, with which hyperparameters.
    grad : callable
        The gradient of the objective: takes an array of shape (d,) and returns one.
    x0 : float or array_like, shape (d,)
        The start; a number means d = 1.
    steps : int
        How many steps to take, at most ten million.
    schedule : array_like, shape (steps,), or callable, optional
        The factors, each >= 0, or a function from t to the factor; by default all are 1.

    Returns
    -------
    DialectTrace
        Positions, velocities and factors.

    Raises
    ------
    ValueError, TypeError
        If the start, the number of steps or the schedule is not of the kind described, or `grad`
        returns something of another shape.

    Examples
    --------
    A learning rate that drops to nothing stops one group of dialects at once; in the other, the
    velocity rolls on.

    >>> import d2lmini as d2l
    >>> from d2lmini.dialects import D2L, Keras, run
    >>> f, stop = d2l.ravine(), [1, 1, 1, 0, 0, 0, 0, 0]
    >>> outside = run(D2L(eta=0.1, beta=0.9), f.grad, [-5, -2], steps=8, schedule=stop)
    >>> inside = run(
    ...     Keras(learning_rate=0.1, momentum=0.9), f.grad, [-5, -2], steps=8, schedule=stop
    ... )
    >>> bool((outside.x[3] == outside.x[8]).all()), bool((inside.x[3] == inside.x[8]).all())
    (True, False)
    """
    if not isinstance(setting, Dialect):
        raise TypeError(
            tell(
                "setting must be a setting of a dialect, got {got}: pass for example "
                "D2L(eta=0.1, beta=0.9)",
                got=shown(setting),
            )
        )
    steps = count_steps(steps)
    factors = _factors(schedule, steps)

    def step(x: Array, v: Array, g: Array, t: int) -> tuple[Array, Array]:
        return setting._step(x, v, g, float(factors[t]), t)

    x, v, _, overflowed = iterate(step, grad, x0, steps=steps)
    factors = factors[: len(x) - 1]
    factors.setflags(write=False)
    return DialectTrace(x=x, v=v, setting=setting, factors=factors, overflowed=overflowed)


def _factors(schedule: Any, steps: int) -> Array:
    """Return the factors of the learning rate, shape (steps,)."""
    remedy = Phrase("pass one factor per step, such as [1, 1, 0.1], or a function of t")
    if schedule is None:
        return np.ones(steps)
    if callable(schedule):
        schedule = [schedule(t) for t in range(steps)]
    factors = as_array("schedule", schedule, remedy)
    if factors.shape != (steps,):
        raise ValueError(
            tell(
                "schedule must hold steps={steps} factors, got shape {shape}: {remedy}",
                steps=steps,
                shape=factors.shape,
                remedy=remedy,
            )
        )
    if (factors < 0).any():
        raise ValueError(
            tell(
                "schedule must hold factors >= 0, got {least:g}: a negative step climbs",
                least=factors.min(),
            )
        )
    return factors
