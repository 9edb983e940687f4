"""Functions to minimise whose curvature is known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import Array, as_array, as_number, real_array, shown
from .messages import Phrase, tell

__all__ = ["Quadratic", "ravine"]

# How far apart Q[i, j] and Q[j, i] may be, relative to the largest entry, to count as rounding.
_SYMMETRY = 1e-12


@dataclass(frozen=True, eq=False, init=False)
class Quadratic:
    r"""A quadratic function of :math:`d` variables.

    .. math:: f(x) = \tfrac12 x^\top Q x + c^\top x + b, \qquad \nabla f(x) = Q x + c

    If :math:`Q` is positive definite, the minimizer is :math:`x^* = -Q^{-1} c`, the minimum is
    :math:`b - \tfrac12 c^\top Q^{-1} c`, and along the eigenvectors of :math:`Q` the function falls
    apart into :math:`d` independent parabolas. An indefinite :math:`Q` makes a saddle.

    Parameters
    ----------
    Q : array_like, shape (d,) or (d, d)
        The curvature: a symmetric matrix, or its diagonal. A number is a diagonal with one entry.
        Diagonal problems are computed element by element, and therefore bit for bit alike on every
        machine.
    c : array_like, shape (d,), optional
        The linear term; zero by default.
    b : float
        The constant term.

    Attributes
    ----------
    Q, c, b
        As given, in float64; `Q` keeps its shape (d,) or (d, d). The arrays are read-only.

    Raises
    ------
    ValueError
        If `Q` is not symmetric, if shapes do not fit, or if an entry is not finite.
    TypeError
        If something is not a real number.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.Quadratic([[2, 1], [1, 2]], c=[-3, -3])
    >>> f.eigenvalues.round(12)
    array([1., 3.])
    >>> f.minimizer
    array([1., 1.])
    >>> f.grad([1, 1])
    array([0., 0.])
    """

    Q: Array
    c: Array
    b: float

    def __init__(self, Q: npt.ArrayLike, c: npt.ArrayLike | None = None, b: float = 0.0) -> None:
        curvature = as_array("Q", Q, Phrase("pass the curvatures [0.2, 4], or a symmetric matrix"))
        curvature = np.atleast_1d(curvature)
        if curvature.size == 0:
            raise ValueError(
                tell("Q must have at least one entry, got {got}: pass [0.2, 4], say", got=shown(Q))
            )
        if curvature.ndim > 2 or (curvature.ndim == 2 and len(set(curvature.shape)) != 1):
            raise ValueError(
                tell(
                    "Q must have shape (d,) or (d, d), got shape {shape}: pass a diagonal or a "
                    "square matrix",
                    shape=curvature.shape,
                )
            )
        if curvature.ndim == 2:
            difference = np.abs(curvature / 2 - curvature.T / 2).max()  # halved: cannot overflow
            if difference > _SYMMETRY * np.abs(curvature).max():
                raise ValueError(
                    tell(
                        "Q must be symmetric, got entries that differ across the diagonal: use "
                        "(Q + Q.T) / 2, which gives the same function"
                    )
                )
            curvature = curvature / 2 + curvature.T / 2
        d = curvature.shape[0]
        linear = np.zeros(d) if c is None else as_array("c", c, Phrase("pass {d} numbers", d=d))
        if linear.shape != (d,) and not (d == 1 and linear.size == 1):
            raise ValueError(
                tell(
                    "c must have shape ({d},) as Q has {d} rows, got shape {shape}: pass {d} "
                    "numbers",
                    d=d,
                    shape=linear.shape,
                )
            )
        linear = linear.reshape(d)
        curvature.setflags(write=False)
        linear.setflags(write=False)
        object.__setattr__(self, "Q", curvature)  # the dataclass is frozen
        object.__setattr__(self, "c", linear)
        object.__setattr__(
            self, "b", as_number("b", b, Phrase("any value"), Phrase("pass a constant such as 0"))
        )

    def __repr__(self) -> str:
        linear = f", c={self.c.tolist()}" if self.c.any() else ""
        constant = f", b={self.b:g}" if self.b else ""
        return f"Quadratic({self.Q.tolist()}{linear}{constant})"

    @property
    def dim(self) -> int:
        """Number of variables, d."""
        return int(self.c.size)

    def value(self, x: npt.ArrayLike) -> Any:
        """Return f(x).

        Parameters
        ----------
        x : array_like, shape (..., d)
            One point, or many along the leading axes.

        Returns
        -------
        float or ndarray, shape (...)
            The value at each point; ``inf`` where it is too large for a float.

        Raises
        ------
        ValueError
            If the last axis of `x` does not have length d.

        Examples
        --------
        >>> import d2lmini as d2l
        >>> float(d2l.ravine().value([-5, -2]))
        10.5
        """
        point = self._points(x)
        with np.errstate(over="ignore", invalid="ignore"):
            # One term after the other: the order of a vectorised sum depends on the processor.
            slope = self._curve(point)
            total = np.zeros(point.shape[:-1])
            for i in range(self.dim):
                total = total + (slope[..., i] / 2 + self.c[i]) * point[..., i]
            return (total + self.b)[()]

    def grad(self, x: npt.ArrayLike) -> Array:
        """Return the gradient at x.

        Parameters
        ----------
        x : array_like, shape (..., d)
            One point, or many along the leading axes.

        Returns
        -------
        ndarray, shape (..., d)
            The gradient at each point; ``inf`` where it is too large for a float.

        Raises
        ------
        ValueError
            If the last axis of `x` does not have length d.

        Examples
        --------
        >>> import d2lmini as d2l
        >>> d2l.ravine().grad([-5, -2])
        array([-1., -8.])
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self._curve(self._points(x)) + self.c

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        """Which entry of a diagonal Q is the smallest, the second, and so on."""
        return np.argsort(self.Q, kind="stable")

    @cached_property
    def _spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues, ascending, and the eigenvectors as columns, each with its sign fixed."""
        if self.Q.ndim == 1:
            values, vectors = self.Q[self._order], np.eye(self.dim)[:, self._order]
        else:
            values, vectors = np.linalg.eigh(self.Q)
            largest = np.abs(vectors).argmax(axis=0)
            vectors = vectors * np.sign(vectors[largest, np.arange(self.dim)])
        values.setflags(write=False)
        vectors.setflags(write=False)
        return values, vectors

    @property
    def eigenvalues(self) -> Array:
        """Curvatures along the eigenvectors, ascending; shape (d,)."""
        return self._spectrum[0]

    @property
    def eigenvectors(self) -> Array:
        """Orthonormal eigenvectors as columns, in the order of the eigenvalues; shape (d, d)."""
        return self._spectrum[1]

    def to_eigenbasis(self, x: npt.ArrayLike) -> Array:
        r"""Return the coordinates of x along the eigenvectors, seen from the stationary point.

        .. math:: z = O (x - x^*), \qquad Q = O^\top \Lambda O

        where the rows of :math:`O` are the eigenvectors. In these coordinates the function is
        :math:`f(x^*) + \tfrac12 \sum_i \lambda_i z_i^2`, with no term that mixes two of them.

        Parameters
        ----------
        x : array_like, shape (..., d)
            One point, or many along the leading axes, such as the ``x`` of a trace.

        Returns
        -------
        ndarray, shape (..., d)
            The coordinates, in the order of `eigenvalues`.

        Raises
        ------
        ValueError
            If the last axis of `x` does not have length d, or if an eigenvalue is 0 and there is
            no single stationary point.

        See Also
        --------
        Quadratic.from_eigenbasis : The way back.

        Examples
        --------
        >>> import d2lmini as d2l
        >>> f = d2l.Quadratic([[2, 1], [1, 2]], c=[-3, -3])  # its minimizer is (1, 1)
        >>> f.to_eigenbasis([[1, 1], [2, 0], [2, 2]]).round(6) + 0.0
        array([[0.      , 0.      ],
               [1.414214, 0.      ],
               [0.      , 1.414214]])
        """
        with np.errstate(over="ignore", invalid="ignore"):
            error = self._points(x) - self.stationary
            if self.Q.ndim == 1:  # no product with a matrix, hence the same bits on every machine
                return error[..., self._order]
            return np.asarray(error @ self.eigenvectors)

    def from_eigenbasis(self, z: npt.ArrayLike) -> Array:
        r"""Return the points with given coordinates along the eigenvectors.

        .. math:: x = x^* + O^\top z

        Parameters
        ----------
        z : array_like, shape (..., d)
            Coordinates in the order of `eigenvalues`, as from `to_eigenbasis`.

        Returns
        -------
        ndarray, shape (..., d)
            The points.

        Raises
        ------
        ValueError
            If the last axis of `z` does not have length d, or if an eigenvalue is 0 and there is
            no single stationary point.

        Examples
        --------
        >>> import d2lmini as d2l
        >>> f = d2l.Quadratic([4, 0.2])  # the flat direction, which comes first in z, is x2
        >>> f.from_eigenbasis([-5, -2])
        array([-2., -5.])
        """
        with np.errstate(over="ignore", invalid="ignore"):
            z = self._points(z, "z")
            if self.Q.ndim == 1:
                return self.stationary + z[..., np.argsort(self._order)]
            return np.asarray(self.stationary + z @ self.eigenvectors.T)

    @property
    def condition_number(self) -> float:
        """Largest eigenvalue over smallest, for a convex quadratic; ``inf`` if it is flat."""
        smallest, largest = float(self.eigenvalues[0]), float(self.eigenvalues[-1])
        if smallest < 0 or largest == 0:
            raise ValueError(
                tell(
                    "the condition number is that of a convex quadratic, and this one has the "
                    "eigenvalues {smallest:g} to {largest:g}: look at .eigenvalues instead",
                    smallest=smallest,
                    largest=largest,
                )
            )
        with np.errstate(over="ignore", divide="ignore"):
            return float(np.float64(largest) / np.float64(smallest))

    @property
    def stationary(self) -> Array:
        """The one point where the gradient vanishes, -Q⁻¹c: minimum, saddle or maximum."""
        if not self.eigenvalues.all():
            raise ValueError(
                tell(
                    "the gradient vanishes along a whole line or nowhere, since Q has the "
                    "eigenvalue 0: give every direction some curvature"
                )
            )
        with np.errstate(over="ignore", invalid="ignore"):  # beyond float64 it is infinite
            if self.Q.ndim == 1:
                return -self.c / self.Q + 0.0  # + 0.0 turns -0.0 into 0.0
            return np.asarray(np.linalg.solve(self.Q, -self.c) + 0.0, dtype=np.float64)

    @property
    def minimizer(self) -> Array:
        """The point -Q⁻¹c, shape (d,), if the quadratic has exactly one minimum there."""
        self._require_minimum()
        return self.stationary

    @property
    def minimum(self) -> float:
        """The smallest value, b - ½ cᵀQ⁻¹c."""
        self._require_minimum()
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.b + (self.c * self.stationary).sum() / 2)

    def _require_minimum(self) -> None:
        smallest = float(self.eigenvalues[0])
        if smallest <= 0:
            shape = (
                Phrase("it is flat in the direction of its eigenvalue 0")
                if smallest == 0
                else Phrase(
                    "it falls without end in the direction of its eigenvalue {smallest:g}",
                    smallest=smallest,
                )
            )
            raise ValueError(
                tell(
                    "this quadratic has no single minimum: {shape}; all eigenvalues must be > 0 "
                    "(the point where the gradient vanishes is .stationary)",
                    shape=shape,
                )
            )

    def _curve(self, x: Array) -> Array:
        """Return Qx for points along the leading axes."""
        return self.Q * x if self.Q.ndim == 1 else x @ self.Q

    def _points(self, x: npt.ArrayLike, name: str = "x") -> Array:
        # Not as_array: a path that diverges may be looked at up to its very end, inf included.
        try:
            point = real_array(x)
        except (TypeError, ValueError):
            raise TypeError(
                tell(
                    "{name} must hold real numbers, got {got}: pass {dim} numbers per point",
                    name=name,
                    got=shown(x),
                    dim=self.dim,
                )
            ) from None
        if point.ndim == 0 and self.dim == 1:
            return point.reshape(1)
        if point.ndim == 0 or point.shape[-1] != self.dim:
            raise ValueError(
                tell(
                    "{name} must have shape (..., {dim}), got shape {shape}: the last axis "
                    "holds the coordinates of a point",
                    name=name,
                    dim=self.dim,
                    shape=point.shape,
                )
            )
        return point


def ravine() -> Quadratic:
    r"""Return the course's ravine, twenty times as steep across as along.

    .. math:: f(x_1, x_2) = 0.1\, x_1^2 + 2\, x_2^2

    Its eigenvalues are 0.2 and 4, its condition number is 20 and its minimum is 0, at the origin.

    Returns
    -------
    Quadratic
        The function, with d = 2.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> f.eigenvalues, f.condition_number, f.minimizer
    (array([0.2, 4. ]), 20.0, array([0., 0.]))
    """
    return Quadratic([0.2, 4.0])
