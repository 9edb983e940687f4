"""Functions of one variable on which momentum shows what it can do, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import Array, real_array, shown
from .messages import tell

__all__ = ["Landscape", "lessard_recht_packard", "two_valleys"]

Formula = Callable[[Array], Array]

# Two valleys: depth, centre and width of each, and where the walls at both ends begin to rise.
_WELLS = ((0.7, 0.0, 0.7), (2.0, 2.6, 0.8))
_WALL, _STEEPNESS = 7.0, 8


@dataclass(frozen=True, eq=False)
class Landscape:
    """A function of one variable, with its derivative and its minima.

    Attributes
    ----------
    name : str
        What the function is called.
    minima : ndarray
        Where its local minima are, ascending.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.lessard_recht_packard()
    >>> f
    Landscape('Lessard-Recht-Packard', minima=[0])
    >>> f.value([0, 1, 2]), f.grad([0, 1, 2])
    (array([ 0. , 12.5, 38. ]), array([ 0., 25., 26.]))
    """

    name: str
    minima: Array
    _value: Formula
    _grad: Formula

    def __repr__(self) -> str:
        places = ", ".join(f"{place:g}" for place in self.minima)
        return f"Landscape({self.name!r}, minima=[{places}])"

    @property
    def minimizer(self) -> float:
        """The lowest of the minima."""
        return float(self.minima[np.argmin(self.value(self.minima))])

    def value(self, x: npt.ArrayLike) -> Any:
        """Return f(x).

        Parameters
        ----------
        x : array_like
            One position or many; every entry is a position of its own.

        Returns
        -------
        float or ndarray
            The values, in the shape of `x`; ``inf`` where one is too large for a float.

        Raises
        ------
        TypeError
            If `x` is not made of real numbers.

        Examples
        --------
        >>> import d2lmini as d2l
        >>> float(d2l.lessard_recht_packard().value(-2))
        50.0
        """
        return self._at(self._value, x)

    def grad(self, x: npt.ArrayLike) -> Any:
        """Return the derivative at x.

        Parameters
        ----------
        x : array_like
            One position or many; every entry is a position of its own.

        Returns
        -------
        float or ndarray
            The slopes, in the shape of `x`; infinite where one is too large for a float.

        Raises
        ------
        TypeError
            If `x` is not made of real numbers.

        Examples
        --------
        >>> import d2lmini as d2l
        >>> float(d2l.lessard_recht_packard().grad(-2))
        -50.0
        """
        return self._at(self._grad, x)

    @staticmethod
    def _at(formula: Formula, x: npt.ArrayLike) -> Any:
        # Not as_array: a path that diverges may be looked at up to its very end, inf included.
        try:
            place = real_array(x)
        except (TypeError, ValueError):
            raise TypeError(
                tell(
                    "x must hold real numbers, got {got}: pass positions such as [-1, 0, 1]",
                    got=shown(x),
                )
            ) from None
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return np.asarray(formula(place))[()]


def two_valleys() -> Landscape:
    r"""Return a plateau, a shallow valley and a deep one, from left to right.

    .. math:: f(x) = -0.7\, e^{-x^2 / (2 \cdot 0.7^2)} - 2\, e^{-(x - 2.6)^2 / (2 \cdot 0.8^2)}
       + (x / 7)^8

    Two Gaussian wells between two walls. On the plateau to their left the slope is almost nothing.
    From -3, with a learning rate of 0.2 and 200 steps, gradient descent is still up there; momentum
    0.8 crosses the plateau and settles in the shallow valley; momentum 0.9 leaves that as well and
    settles in the deep one, for whose higher rims it has lost too much speed.

    Returns
    -------
    Landscape
        The function; its two minima are the shallow one and the deep one.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.two_valleys()
    >>> f.minima.round(3), f.value(f.minima).round(3)
    (array([0.033, 2.598]), array([-0.711, -2.   ]))
    >>> runs = [d2l.momentum(f.grad, -3, eta=0.2, beta=b, steps=200) for b in (0, 0.8, 0.9)]
    >>> [round(float(run.final[0]), 1) for run in runs]
    [-2.9, -0.1, 2.6]
    """

    def value(x: Array) -> Array:
        wells = [-depth * np.exp(-(_inside(x, at, width) ** 2) / 2) for depth, at, width in _WELLS]
        return np.asarray(sum(wells) + (x / _WALL) ** _STEEPNESS)

    def grad(x: Array) -> Array:
        slopes = []
        for depth, at, width in _WELLS:
            z = _inside(x, at, width)
            slopes.append(depth / width * z * np.exp(-(z**2) / 2))
        wall = _STEEPNESS / _WALL * (x / _WALL) ** (_STEEPNESS - 1)
        return np.asarray(sum(slopes) + wall)

    minima = np.array([_zero(grad, at - 0.3, at + 0.3) for _, at, _ in _WELLS])
    minima.setflags(write=False)
    return Landscape("two valleys", minima, value, grad)


def lessard_recht_packard() -> Landscape:
    r"""Return a convex function on which the best heavy ball need not converge.

    .. math:: f'(x) = \begin{cases} 25 x & x < 1 \\ x + 24 & 1 \le x < 2 \\ 25 x - 24 & x \ge 2
       \end{cases}

    and :math:`f(0) = 0`. Its curvature lies between 1 and 25, for which a quadratic would want
    :math:`\eta = 1/9` and :math:`\beta = 4/9`. With these, the heavy ball goes round in a cycle of
    three points from some starts. Nesterov's method, with its :math:`\eta = 1/25` and
    :math:`\beta = 2/3` for such a function, converges.

    Returns
    -------
    Landscape
        The function; its minimum is 0, at 0.

    References
    ----------
    L. Lessard, B. Recht and A. Packard, "Analysis and Design of Optimization Algorithms via
    Integral Quadratic Constraints", SIAM Journal on Optimization 26(1), 2016.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.lessard_recht_packard()
    >>> trace = d2l.momentum(f.grad, 3.3, eta=1 / 9, beta=4 / 9, steps=300)
    >>> trace.x[-3:, 0].round(4)
    array([-1.8024,  2.1159,  0.6465])
    """

    def value(x: Array) -> Array:
        pieces = [12.5 * x * x, (0.5 * x + 24) * x - 12]
        return np.asarray(np.select([x < 1, x < 2], pieces, (12.5 * x - 24) * x + 36))

    def grad(x: Array) -> Array:
        return np.asarray(np.select([x < 1, x < 2], [25 * x, x + 24], 25 * x - 24))

    minima = np.zeros(1)
    minima.setflags(write=False)
    return Landscape("Lessard-Recht-Packard", minima, value, grad)


def _inside(x: Array, at: float, width: float) -> Array:
    """Return how many widths x is from the centre; 40 is as good as infinity to a Gaussian."""
    return np.clip((x - at) / width, -40, 40)


def _zero(slope: Formula, low: float, high: float) -> float:
    """Return where a slope that is negative at `low` and positive at `high` vanishes."""
    while True:
        middle = (low + high) / 2
        if middle in (low, high):  # neighbouring floats
            return middle
        if slope(np.array(middle)) < 0:
            low = middle
        else:
            high = middle
