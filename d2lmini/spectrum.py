r"""How fast gradient descent and momentum converge on a quadratic, in closed form.

Along an eigenvector of curvature :math:`\lambda`, momentum is a linear map of the velocity and the
error, :math:`(v, x - x^*)`, and

.. math:: R = \begin{bmatrix} \beta & \lambda \\ -\eta\beta & 1 - \eta\lambda \end{bmatrix},
   \qquad r^2 - (1 + \beta - \eta\lambda)\, r + \beta = 0

is its matrix with its characteristic equation. The larger of the two roots, in absolute value, is
the factor by which the error shrinks or grows per step in the long run.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import as_array, as_number

__all__ = ["convergence_rate", "optimal_eta", "optimal_eta_beta"]


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
    curvature = as_array("lam", lam, "pass curvatures such as [0.2, 4]")
    rate = as_array("eta", eta, "pass a learning rate such as 0.4")
    memory = as_array("beta", beta, "pass a momentum such as 0.9")
    for name, array in (("eta", rate), ("beta", memory)):
        if (array < 0).any():
            raise ValueError(f"{name} must be >= 0, got {array.min():g}: drop the minus sign")
    try:
        curvature, rate, memory = np.broadcast_arrays(curvature, rate, memory)
    except ValueError:
        raise ValueError(
            f"lam, eta and beta must broadcast, got the shapes {curvature.shape}, {rate.shape} and "
            f"{memory.shape}: for every pair, write eta[:, None]"
        ) from None

    with np.errstate(over="ignore"):
        pull = rate * curvature
        root = np.sqrt(memory)
        low, high = (1 - root) ** 2 - pull, (1 + root) ** 2 - pull
        trace = np.abs(1 + memory - pull)
        # Two roots, because low * high may overflow or underflow where each of them does not.
        spread = np.sqrt(np.abs(low)) * np.sqrt(np.abs(high))
        real = trace / 2 + spread / 2
    result = np.where((low < 0) & (high > 0), root, real)
    return np.where(memory == 0, np.abs(1 - pull), result)[()]


def optimal_eta(lam_min: float, lam_max: float) -> float:
    r"""Return the learning rate with which gradient descent converges fastest.

    .. math:: \eta^* = \frac{2}{\lambda_1 + \lambda_n}, \qquad
       \rho^* = \frac{\kappa - 1}{\kappa + 1}, \qquad \kappa = \frac{\lambda_n}{\lambda_1}

    Parameters
    ----------
    lam_min, lam_max : float
        The smallest and the largest curvature, 0 < lam_min <= lam_max.

    Returns
    -------
    float
        The fixed learning rate for which the larger of the two rates is smallest.

    Raises
    ------
    ValueError
        If not 0 < lam_min <= lam_max, or if the curvatures are so small that the result is too
        large for a float.
    TypeError
        If one of them is not a number.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> round(d2l.optimal_eta(0.2, 4), 6)
    0.47619
    """
    low, high = _curvatures(lam_min, lam_max)
    mean = low / 2 + high / 2  # halved first: the sum might overflow
    return _finite(1 / mean if mean else math.inf, low)


def optimal_eta_beta(lam_min: float, lam_max: float) -> tuple[float, float]:
    r"""Return the learning rate and momentum with which the heavy ball converges fastest.

    .. math:: \eta^* = \left( \frac{2}{\sqrt{\lambda_1} + \sqrt{\lambda_n}} \right)^2, \qquad
       \beta^* = \left( \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1} \right)^2, \qquad
       \rho^* = \sqrt{\beta^*}

    Both ends of the spectrum are then critically damped.

    Parameters
    ----------
    lam_min, lam_max : float
        The smallest and the largest curvature, 0 < lam_min <= lam_max.

    Returns
    -------
    eta, beta : float
        The pair for which the slowest rate over the spectrum is smallest.

    Raises
    ------
    ValueError
        If not 0 < lam_min <= lam_max, or if the curvatures are so small that the result is too
        large for a float.
    TypeError
        If one of them is not a number.

    References
    ----------
    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4(5), 1964.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> eta, beta = d2l.optimal_eta_beta(0.2, 4)
    >>> round(eta, 6), round(beta, 6)
    (0.667907, 0.402605)
    """
    low, high = (math.sqrt(lam) for lam in _curvatures(lam_min, lam_max))
    eta = 2 / (low + high) * (2 / (low + high))  # a product overflows to inf, a power raises
    beta = ((high - low) / (high + low)) ** 2
    # For a condition number beyond 1e33 the nearest float to beta is 1, which would never converge.
    return _finite(eta, low), min(beta, math.nextafter(1, 0))


def _curvatures(lam_min: float, lam_max: float) -> tuple[float, float]:
    need, remedy = "0 < lam_min <= lam_max", "pass the ends of the spectrum, such as 0.2 and 4"
    low = as_number("lam_min", lam_min, need, remedy)
    high = as_number("lam_max", lam_max, need, remedy)
    if not 0 < low <= high:
        raise ValueError(f"need {need}, got lam_min={low:g} and lam_max={high:g}: {remedy}")
    return low, high


def _finite(eta: float, low: float) -> float:
    if not math.isfinite(eta):
        raise ValueError(f"lam_min={low:g} is too small: the best eta is too large for a float")
    return eta
