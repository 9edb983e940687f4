r"""What gradient descent and momentum do on a quadratic, in closed form.

Along an eigenvector of curvature :math:`\lambda`, momentum is a linear map of the velocity and the
error, :math:`(v, x - x^*)`, and

.. math:: R = \begin{bmatrix} \beta & \lambda \\ -\eta\beta & 1 - \eta\lambda \end{bmatrix},
   \qquad r^2 - (1 + \beta - \eta\lambda)\, r + \beta = 0

is its matrix with its characteristic equation. The larger of the two roots, in absolute value, is
the factor by which the error shrinks or grows per step in the long run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import Array, as_array
from .messages import Phrase, tell

__all__ = ["convergence_rate", "damping", "is_stable", "iteration_matrix"]

# How far sqrt(eta * lam) may be from a double root, relative to 1 + sqrt(beta), to count as one.
_CRITICAL = 1e-12

# How many rates are computed at a time: their intermediate results fit in a processor's own cache.
_BLOCK = 2**14


def iteration_matrix(lam: npt.ArrayLike, *, eta: npt.ArrayLike, beta: npt.ArrayLike) -> Array:
    r"""Return the matrix that takes (v, x - x*) to the next step.

    .. math:: \begin{bmatrix} v_{t+1} \\ x_{t+1} - x^* \end{bmatrix}
       = \begin{bmatrix} \beta & \lambda \\ -\eta\beta & 1 - \eta\lambda \end{bmatrix}
       \begin{bmatrix} v_t \\ x_t - x^* \end{bmatrix}

    Its determinant is :math:`\beta`, whatever :math:`\eta\lambda` is.

    Parameters
    ----------
    lam : array_like
        Curvature (an eigenvalue of the Hessian), of either sign.
    eta : array_like
        Learning rate, eta >= 0.
    beta : array_like
        Momentum, beta >= 0.

    Returns
    -------
    ndarray, shape (..., 2, 2)
        One matrix for each entry of the shape that `lam`, `eta` and `beta` broadcast to; an entry
        is infinite where ``eta * lam`` or ``eta * beta`` is too large for a float.

    Raises
    ------
    ValueError
        If an argument is not finite, `eta` or `beta` is negative, or shapes do not broadcast.
    TypeError
        If an argument is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.iteration_matrix(4, eta=0.5, beta=0.25)
    array([[ 0.25 ,  4.   ],
           [-0.125, -1.   ]])
    >>> d2l.iteration_matrix([0.2, 4], eta=0.5, beta=0.25).shape
    (2, 2, 2)
    """
    curvature, rate, memory, shape = _settings(lam, eta, beta)
    matrix = np.empty((*shape, 2, 2))
    with np.errstate(over="ignore"):
        matrix[..., 0, 0] = memory
        matrix[..., 0, 1] = curvature
        matrix[..., 1, 0] = 0.0 - rate * memory  # 0.0 -, since -(0.0) would be shown as -0.
        matrix[..., 1, 1] = 1 - rate * curvature
    return matrix


def convergence_rate(lam: npt.ArrayLike, *, eta: npt.ArrayLike, beta: npt.ArrayLike = 0.0) -> Any:
    r"""Return the factor by which the error shrinks per step, in the long run.

    This is the spectral radius :math:`\rho` of the iteration: with
    :math:`s = 1 + \beta - \eta\lambda`,

    .. math:: \rho = \begin{cases} \sqrt\beta & \text{if } s^2 < 4\beta, \\
       \tfrac12 \left( |s| + \sqrt{s^2 - 4\beta} \right) & \text{otherwise,} \end{cases}

    and :math:`|1 - \eta\lambda|` for :math:`\beta = 0`. The method converges where
    :math:`\rho < 1`; smaller is faster.

    Parameters
    ----------
    lam : array_like
        Curvature (an eigenvalue of the Hessian); negative ones are allowed, and give a rate above
        1.
    eta : array_like
        Learning rate, eta >= 0.
    beta : array_like
        Momentum, beta >= 0. Values from 1 on are allowed here, and never converge.

    Returns
    -------
    float or ndarray
        The rate, in the shape that `lam`, `eta` and `beta` broadcast to; ``inf`` where
        ``eta * lam`` is too large for a float.

    Raises
    ------
    ValueError
        If an argument is not finite, `eta` or `beta` is negative, or shapes do not broadcast.
    TypeError
        If an argument is not made of real numbers.

    Notes
    -----
    The discriminant is computed as
    :math:`((1 - \sqrt\beta)^2 - \eta\lambda)((1 + \sqrt\beta)^2 - \eta\lambda)`, which does not
    lose its digits at critical damping, :math:`\eta\lambda = (1 - \sqrt\beta)^2`, where
    :math:`s^2 - 4\beta` would.

    References
    ----------
    G. Goh, "Why Momentum Really Works", Distill, 2017, doi:10.23915/distill.00006.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.convergence_rate([0.2, 4], eta=0.4).round(12)
    array([0.92, 0.6 ])
    >>> d2l.convergence_rate([0.2, 4], eta=0.6, beta=0.5).round(4)
    array([0.7071, 0.7071])
    """
    curvature, rate, memory, shape = _settings(lam, eta, beta)
    with np.errstate(over="ignore"):
        pull, root = rate * curvature, np.sqrt(memory)
        # What depends on beta alone, or on eta and lam alone, is not computed for every pair.
        parts = (pull, root, (1 - root) ** 2, (1 + root) ** 2, 1 + memory)
        result = _larger_root(*parts, shape)
        np.copyto(result, np.abs(1 - pull), where=memory == 0)
    return result[()]


def _larger_root(
    pull: Array, root: Array, lower: Array, upper: Array, top: Array, shape: tuple[int, ...]
) -> Array:
    """Return the modulus of the larger root, block by block, so that a map stays in the cache.

    Parameters
    ----------
    pull, root, lower, upper, top : ndarray
        eta * lam, sqrt(beta), (1 - sqrt(beta))**2, (1 + sqrt(beta))**2 and 1 + beta.
    shape : tuple of int
        What they broadcast to.
    """
    result = np.empty(shape)
    whole = result.reshape(shape or (1,))
    parts = [np.broadcast_to(part, whole.shape) for part in (pull, root, lower, upper, top)]
    rows = max(1, _BLOCK // max(1, whole[:1].size))
    for start in range(0, len(whole), rows):
        block = slice(start, start + rows)
        p, r, lo, up, s = (part[block] for part in parts)
        low, high, real = lo - p, up - p, whole[block]
        swinging = (low < 0) & (high > 0)
        # Two roots, because low * high may overflow or underflow where each of them does not.
        np.sqrt(np.abs(low, out=low), out=low)
        np.sqrt(np.abs(high, out=high), out=high)
        np.multiply(low, high, out=low)
        np.abs(np.subtract(s, p, out=high), out=high)
        # Halved before they are added, because the sum may overflow.
        np.multiply(low, 0.5, out=low)
        np.multiply(high, 0.5, out=high)
        np.add(low, high, out=real)
        # The product of the roots is beta: where rounding hides a tiny one, the larger is no less.
        np.maximum(real, r, out=real)
        np.copyto(real, r, where=swinging)
    return result


def is_stable(lam: npt.ArrayLike, *, eta: npt.ArrayLike, beta: npt.ArrayLike = 0.0) -> Any:
    r"""Tell whether momentum converges along a direction of curvature lam.

    .. math:: 0 < \eta\lambda < 2 (1 + \beta), \qquad 0 \le \beta < 1

    which is where both roots of the characteristic equation lie inside the unit circle. For
    :math:`\beta = 0` it is the limit of gradient descent, :math:`\eta\lambda < 2`.

    Parameters
    ----------
    lam : array_like
        Curvature; along a flat or a falling direction (lam <= 0) nothing converges.
    eta : array_like
        Learning rate, eta >= 0.
    beta : array_like
        Momentum, beta >= 0; from 1 on nothing converges.

    Returns
    -------
    bool or ndarray of bool
        Strictly inside the region or not, in the shape that `lam`, `eta` and `beta` broadcast to.
        On its border the product ``eta * lam``, as rounded, decides.

    Raises
    ------
    ValueError
        If an argument is not finite, `eta` or `beta` is negative, or shapes do not broadcast.
    TypeError
        If an argument is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.is_stable([0.2, 4], eta=0.6)
    array([ True, False])
    >>> d2l.is_stable([0.2, 4], eta=0.6, beta=0.25)
    array([ True,  True])
    """
    curvature, rate, memory, _ = _settings(lam, eta, beta)
    with np.errstate(over="ignore"):
        below = rate * curvature < 2 * (1 + memory)
    # The signs one by one, because the product of two tiny numbers is rounded to zero.
    return ((rate > 0) & (curvature > 0) & below & (memory < 1))[()]


def damping(lam: npt.ArrayLike, *, eta: npt.ArrayLike, beta: npt.ArrayLike) -> Any:
    r"""Tell whether the roots of the iteration are real, equal or complex.

    .. math:: \beta = \left( 1 - \sqrt{\eta\lambda} \right)^2

    is critical damping, a double root. With more momentum than that the roots are complex and the
    error swings around the minimum, each time smaller by :math:`\sqrt\beta` per step
    (under-damped). With less they are real and the error decays without swinging (over-damped).

    Parameters
    ----------
    lam : array_like
        Curvature; for lam < 0 the roots are always real.
    eta : array_like
        Learning rate, eta >= 0.
    beta : array_like
        Momentum, beta >= 0.

    Returns
    -------
    str or ndarray of str
        ``"over"``, ``"critical"`` or ``"under"``, in the shape that `lam`, `eta` and `beta`
        broadcast to. Critical is what is within rounding of a double root: where
        :math:`\sqrt{\eta\lambda}` is no further than :math:`10^{-12} (1 + \sqrt\beta)` from one.

    Raises
    ------
    ValueError
        If an argument is not finite, `eta` or `beta` is negative, or shapes do not broadcast.
    TypeError
        If an argument is not made of real numbers.

    Notes
    -----
    There are two double roots, at :math:`\sqrt{\eta\lambda} = |1 \mp \sqrt\beta|`. Beyond the upper
    one the roots are real but negative: the error changes its sign at every step, and ``"over"``
    says no more than that it does so without a slower swing on top. `damping` says nothing about
    convergence, which is the business of `is_stable`.

    References
    ----------
    G. Goh, "Why Momentum Really Works", Distill, 2017, doi:10.23915/distill.00006.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.damping(1, eta=0.25, beta=[0.1, 0.25, 0.9])
    array(['over', 'critical', 'under'], dtype='<U8')
    """
    curvature, rate, memory, _ = _settings(lam, eta, beta)
    with np.errstate(over="ignore"):
        pull = rate * curvature
    root = np.sqrt(memory)
    frequency = np.sqrt(np.maximum(pull, 0))
    # Negative between the double roots, where the roots are complex; zero at them.
    distance = np.maximum(np.abs(1 - root) - frequency, frequency - (1 + root))
    kinds = np.where(distance < 0, "under", "over")
    kinds = np.where(np.abs(distance) <= _CRITICAL * (1 + root), "critical", kinds)
    return np.where(pull < 0, "over", kinds)[()]


def _settings(
    lam: npt.ArrayLike, eta: npt.ArrayLike, beta: npt.ArrayLike
) -> tuple[Array, Array, Array, tuple[int, ...]]:
    """Return curvature, learning rate and momentum, and the shape that they broadcast to."""
    curvature = as_array("lam", lam, Phrase("pass curvatures such as [0.2, 4]"))
    rate = as_array("eta", eta, Phrase("pass a learning rate such as 0.4"))
    memory = as_array("beta", beta, Phrase("pass a momentum such as 0.9"))
    for name, array in (("eta", rate), ("beta", memory)):
        if (array < 0).any():
            raise ValueError(
                tell(
                    "{name} must be >= 0, got {least:g}: drop the minus sign",
                    name=name,
                    least=array.min(),
                )
            )
    try:
        shape = np.broadcast_shapes(curvature.shape, rate.shape, memory.shape)
    except ValueError:
        raise ValueError(
            tell(
                "lam, eta and beta must broadcast, got the shapes {lam_shape}, {eta_shape} and "
                "{beta_shape}: for every pair, write eta[:, None]",
                lam_shape=curvature.shape,
                eta_shape=rate.shape,
                beta_shape=memory.shape,
            )
        ) from None
    return curvature, rate, memory, shape
