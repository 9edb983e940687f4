r"""The learning rate, and the momentum, that converge fastest on a quadratic.

The slowest direction sets the pace. Where the curvatures fill the range from
:math:`\lambda_1` to :math:`\lambda_n`, the slowest is always one of the two ends, so that their
ratio :math:`\kappa` alone decides how fast the method can be.
"""

from __future__ import annotations

import math

from .checks import as_number
from .messages import Phrase, tell

__all__ = ["optimal_eta", "optimal_eta_beta"]


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
    lam_min, lam_max = _curvatures(lam_min, lam_max)
    low, high = math.sqrt(lam_min), math.sqrt(lam_max)
    eta = 2 / (low + high) * (2 / (low + high))  # a product overflows to inf, a power raises
    beta = ((high - low) / (high + low)) ** 2
    # For a condition number beyond 1e33 the nearest float to beta is 1, which would never converge.
    return _finite(eta, lam_min), min(beta, math.nextafter(1, 0))


def _curvatures(lam_min: float, lam_max: float) -> tuple[float, float]:
    need = "0 < lam_min <= lam_max"
    remedy = Phrase("pass the ends of the spectrum, such as 0.2 and 4")
    low = as_number("lam_min", lam_min, need, remedy)
    high = as_number("lam_max", lam_max, need, remedy)
    if not 0 < low <= high:
        raise ValueError(
            tell(
                "need {need}, got lam_min={lam_min:g} and lam_max={lam_max:g}: {remedy}",
                need=need,
                lam_min=low,
                lam_max=high,
                remedy=remedy,
            )
        )
    return low, high


def _finite(eta: float, lam_min: float) -> float:
    if not math.isfinite(eta):
        raise ValueError(
            tell(
                "lam_min={lam_min:g} is too small: the best eta is too large for a float",
                lam_min=lam_min,
            )
        )
    return eta
