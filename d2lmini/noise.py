"""Noise: the floor that it keeps a run above, and a random walk to smooth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import MOST, Array, as_array, as_count, as_generator, as_number
from .messages import Phrase, tell
from .spectrum import is_stable

__all__ = ["noise_floor", "random_walk"]


def noise_floor(
    lam: npt.ArrayLike, *, eta: npt.ArrayLike, beta: npt.ArrayLike = 0.0, sigma: npt.ArrayLike
) -> Any:
    r"""Return the variance of the position that noisy gradients keep up for ever.

    .. math:: \operatorname{Var} x
       = \frac{\sigma^2 \eta\, (1 + \beta)}{(1 - \beta)\, \lambda\, (2 (1 + \beta) - \eta\lambda)}

    Parameters
    ----------
    lam : array_like
        Curvature.
    eta : array_like
        Learning rate, eta >= 0; the variance is 0 for eta = 0, where the noise moves nothing.
    beta : array_like
        Momentum, beta >= 0.
    sigma : array_like
        Standard deviation of the noise in the gradient, sigma >= 0.

    Returns
    -------
    float or ndarray
        The variance, in the shape that the arguments broadcast to; ``inf`` where `is_stable` is
        False and eta > 0, since the variance there is not bounded, and where the number is too
        large for a float.

    Raises
    ------
    ValueError
        If an argument is not finite, `eta`, `beta` or `sigma` is negative, or shapes do not
        broadcast.
    TypeError
        If an argument is not made of real numbers.

    Notes
    -----
    The noise is drawn anew at each step, :math:`v_{t+1} = \beta v_t + \lambda x_t + \sigma\xi_t`
    and :math:`x_{t+1} = x_t - \eta v_{t+1}`, with :math:`x^* = 0` and :math:`\operatorname{Var}
    \xi_t = 1`. Since :math:`\eta v_t = x_{t-1} - x_t`, the velocity can be eliminated:

    .. math:: x_{t+1} = (1 + \beta - \eta\lambda)\, x_t - \beta\, x_{t-1} - \eta\sigma\xi_t

    Let :math:`s = 1 + \beta - \eta\lambda`, :math:`\gamma_0 = \operatorname{Var} x_t` and
    :math:`\gamma_1 = \operatorname{Cov}(x_t, x_{t-1})`, the same at all times. Multiplying the
    equation by :math:`x_t` and taking means gives :math:`\gamma_1 = s\gamma_0 - \beta\gamma_1`, so
    :math:`\gamma_1 = s \gamma_0 / (1 + \beta)`. The variances of both sides give

    .. math:: \gamma_0 = (s^2 + \beta^2)\, \gamma_0 - 2 s \beta\, \gamma_1 + \eta^2\sigma^2

    Put the first into the second and solve for :math:`\gamma_0`:

    .. math:: \gamma_0 = \frac{(1 + \beta)\, \eta^2\sigma^2}{(1 - \beta)((1 + \beta)^2 - s^2)},
       \qquad (1 + \beta)^2 - s^2 = \eta\lambda\, (2 (1 + \beta) - \eta\lambda)

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.noise_floor([0.2, 4], eta=0.1, beta=0.9, sigma=1).round(4)
    array([2.5132, 0.1397])
    """
    deviation = as_array("sigma", sigma, Phrase("pass a standard deviation such as 1"))
    if (deviation < 0).any():
        raise ValueError(
            tell("sigma must be >= 0, got {least:g}: drop the minus sign", least=deviation.min())
        )
    stable = is_stable(lam, eta=eta, beta=beta)  # which checks lam, eta and beta
    curvature, rate, memory = (
        as_array(name, value, Phrase("pass numbers"))
        for name, value in (("lam", lam), ("eta", eta), ("beta", beta))
    )
    try:
        stable, curvature, rate, memory, deviation = np.broadcast_arrays(
            stable, curvature, rate, memory, deviation
        )
    except ValueError:
        raise ValueError(
            tell(
                "sigma must broadcast with lam, eta and beta, got the shapes {sigma_shape} and "
                "{shape}: for every pair, write sigma[:, None]",
                sigma_shape=deviation.shape,
                shape=np.shape(stable),
            )
        ) from None
    floor = np.where(rate == 0, 0.0, np.inf)  # where the formula does not hold
    curvature, rate, memory, deviation = (
        value[stable] for value in (curvature, rate, memory, deviation)
    )
    with np.errstate(over="ignore"):
        # The root of eta / lam, because eta / lam and sigma² may overflow where the result is fine.
        spread = deviation * np.sqrt(rate) / np.sqrt(curvature)
        gap = 2 * (1 + memory) - rate * curvature
        # Nor is it squared before the factor is in, in case the square of a tiny one is zero.
        floor[stable] = (spread * np.sqrt((1 + memory) / ((1 - memory) * gap))) ** 2
    return floor[()]


def random_walk(
    *, steps: int, low: float = -10.0, high: float = 10.0, seed: int | np.random.Generator
) -> Array:
    r"""Return a random walk from zero, something to smooth.

    .. math:: y_t = y_{t-1} + u_t, \qquad u_t \sim \mathcal{U}(\text{low}, \text{high}),
       \qquad y_0 = 0

    Parameters
    ----------
    steps : int
        How many steps to take.
    low, high : float
        The ends of the range that each step is drawn from, low <= high.
    seed : int or numpy.random.Generator
        Where the randomness comes from; the same seed makes the same walk.

    Returns
    -------
    ndarray, shape (steps + 1,)
        The positions, the start first; infinite where one is too large for a float.

    Raises
    ------
    ValueError
        If `steps` is negative or above :math:`2^{24}`, `seed` is negative, or not low <= high.
    TypeError
        If an argument is not a number (`seed` may be a generator as well).

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.random_walk(steps=3, seed=0).round(2)
    array([  0.  ,   2.74,  -1.87, -11.05])
    """
    count = as_count("steps", steps, Phrase("pass for example steps=200"), most=MOST)
    need, remedy = "low <= high", Phrase("pass for example low=-10, high=10")
    least, most = as_number("low", low, need, remedy), as_number("high", high, need, remedy)
    if least > most:
        raise ValueError(
            tell(
                "need {need}, got low={low:g} and high={high:g}: swap them",
                need=need,
                low=least,
                high=most,
            )
        )
    share = as_generator("seed", seed).random(count)
    with np.errstate(over="ignore"):
        # Not low + (high - low) * share, where the difference may overflow.
        return np.concatenate([[0.0], np.cumsum(least * (1 - share) + most * share)])
