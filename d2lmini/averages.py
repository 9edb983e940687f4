r"""Leaky averages: the sum of everything so far, with the past fading away.

The convention is that of the velocity of momentum,

.. math:: v_t = \beta v_{t-1} + g_t = \sum_{k=0}^{t-1} \beta^k g_{t-k}, \qquad v_0 = 0

which is a sum and no average, for its weights add up to :math:`1 / (1 - \beta)` in the long run.
The exponential moving average has the factor :math:`1 - \beta` in front of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import MOST, Array, as_array, as_count, as_flag
from .messages import Phrase, tell

__all__ = [
    "effective_samples",
    "ema",
    "leaky_average",
    "mean_age",
    "variance_effective_samples",
    "weights",
]

_LARGEST = float(np.finfo(np.float64).max)


def leaky_average(g: npt.ArrayLike, beta: npt.ArrayLike) -> Array:
    r"""Return the leaky average of a sequence, at every time.

    .. math:: v_t = \beta v_{t-1} + g_t, \qquad v_0 = 0

    Parameters
    ----------
    g : array_like, shape (n, ...)
        The sequence; the first axis is time.
    beta : array_like
        How much of the past survives a step, 0 <= beta <= 1; 1 makes the running sum. Several are
        taken at once if they broadcast with an entry ``g[t]``.

    Returns
    -------
    ndarray, shape (n, ...)
        The averages :math:`v_1, \dots, v_n`; infinite from where one is too large for a float on.

    Raises
    ------
    ValueError
        If `g` is a single number or not finite, `beta` is out of its range, or shapes do not
        broadcast.
    TypeError
        If an argument is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.leaky_average([1, 1, 1, 1], 0.5)
    array([1.   , 1.5  , 1.75 , 1.875])
    >>> d2l.leaky_average([1, 0, 0], [0.1, 0.9])
    array([[1.  , 1.  ],
           [0.1 , 0.9 ],
           [0.01, 0.81]])
    """
    return _fade(_sequence(g), _memory(beta, below_one=False))


def ema(g: npt.ArrayLike, beta: npt.ArrayLike, *, debias: bool = False) -> Array:
    r"""Return the exponential moving average of a sequence, at every time.

    .. math:: s_t = \beta s_{t-1} + (1 - \beta) g_t, \qquad s_0 = 0

    Its weights add up to :math:`1 - \beta^t`, so that it starts too close to zero. With `debias` it
    is divided by that, :math:`\hat s_t = s_t / (1 - \beta^t)`, as in Adam.

    Parameters
    ----------
    g : array_like, shape (n, ...)
        The sequence; the first axis is time.
    beta : array_like
        How much of the past survives a step, 0 <= beta < 1. Several are taken at once if they
        broadcast with an entry ``g[t]``.
    debias : bool
        Whether to divide by the sum of the weights so far.

    Returns
    -------
    ndarray, shape (n, ...)
        The averages :math:`s_1, \dots, s_n`, or :math:`\hat s_1, \dots, \hat s_n`.

    Raises
    ------
    ValueError
        If `g` is a single number or not finite, `beta` is out of its range, or shapes do not
        broadcast.
    TypeError
        If an argument is not made of real numbers, or `debias` is neither True nor False.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.ema([1, 1, 1, 1], 0.5)
    array([0.5   , 0.75  , 0.875 , 0.9375])
    >>> d2l.ema([1, 1, 1, 1], 0.5, debias=True)
    array([1., 1., 1., 1.])
    """
    sequence, memory = _sequence(g), _memory(beta, below_one=True)
    corrected = as_flag("debias", debias)
    average = _fade(sequence, memory, 1 - memory)
    if not corrected:
        return average
    ones = np.ones((len(average), *(1,) * (average.ndim - 1)))
    # The sum of the weights, 1 - beta**t, added up as the average itself is: no digits cancel.
    with np.errstate(over="ignore"):  # by rounding: a mean is not beyond its largest entry
        mean = average / _fade(ones, memory, 1 - memory)
    return np.clip(mean, -_LARGEST, _LARGEST)


def weights(beta: npt.ArrayLike, n: int) -> Array:
    r"""Return the weights of the n latest entries in a leaky average, the latest first.

    .. math:: w_k = \beta^k, \qquad k = 0, \dots, n - 1

    Parameters
    ----------
    beta : array_like
        How much of the past survives a step, 0 <= beta <= 1.
    n : int
        How many weights.

    Returns
    -------
    ndarray, shape (n, ...)
        1, beta, beta², and so on down the first axis, one column for each entry of `beta`.

    Raises
    ------
    ValueError
        If `beta` is out of its range, or `n` is negative or above :math:`2^{24}` weights in all.
    TypeError
        If `beta` is not made of real numbers or `n` is not a whole number.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.weights(0.9, 4)
    array([1.   , 0.9  , 0.81 , 0.729])
    """
    memory = _memory(beta, below_one=False)
    most = MOST // max(memory.size, 1)
    age = np.arange(as_count("n", n, Phrase("pass for example n=40"), most=most))
    return np.asarray(memory ** age.reshape(-1, *(1,) * memory.ndim))


def effective_samples(beta: npt.ArrayLike) -> Any:
    r"""Return the sum of all weights of a leaky average.

    .. math:: \sum_{k=0}^\infty \beta^k = \frac{1}{1 - \beta}

    It says by how much steady gradients add up, and it is often called the number of samples that
    are averaged. Two rivals have as good a claim to that name: `variance_effective_samples` is the
    number of samples whose plain mean is just as noisy, and `mean_age` says how far the average
    lags behind. For beta = 0.9 the three are 10, 19 and 9.

    Parameters
    ----------
    beta : array_like
        How much of the past survives a step, 0 <= beta < 1.

    Returns
    -------
    float or ndarray
        The sum, in the shape of `beta`.

    Raises
    ------
    ValueError
        If `beta` is out of its range.
    TypeError
        If `beta` is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.effective_samples([0.5, 0.9]).round(6)
    array([ 2., 10.])
    """
    memory = _memory(beta, below_one=True)
    return (1 / (1 - memory))[()]


def variance_effective_samples(beta: npt.ArrayLike) -> Any:
    r"""Return how many independent samples have a plain mean as noisy as the moving average.

    .. math:: \frac{\left( \sum_k \beta^k \right)^2}{\sum_k \beta^{2k}}
       = \frac{1 + \beta}{1 - \beta}

    Parameters
    ----------
    beta : array_like
        How much of the past survives a step, 0 <= beta < 1.

    Returns
    -------
    float or ndarray
        The number of samples, in the shape of `beta`.

    Raises
    ------
    ValueError
        If `beta` is out of its range.
    TypeError
        If `beta` is not made of real numbers.

    See Also
    --------
    effective_samples, mean_age : Two other sizes that go by similar names.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.variance_effective_samples([0.5, 0.9]).round(6)
    array([ 3., 19.])
    """
    memory = _memory(beta, below_one=True)
    return ((1 + memory) / (1 - memory))[()]


def mean_age(beta: npt.ArrayLike) -> Any:
    r"""Return how many steps old the entries of the moving average are, on average.

    .. math:: \frac{\sum_k k \beta^k}{\sum_k \beta^k} = \frac{\beta}{1 - \beta}

    On a sequence that rises steadily, this is how many steps the moving average lags behind.

    Parameters
    ----------
    beta : array_like
        How much of the past survives a step, 0 <= beta < 1.

    Returns
    -------
    float or ndarray
        The age in steps, in the shape of `beta`; the latest entry has age 0.

    Raises
    ------
    ValueError
        If `beta` is out of its range.
    TypeError
        If `beta` is not made of real numbers.

    See Also
    --------
    effective_samples, variance_effective_samples : Two other sizes that go by similar names.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.mean_age([0.5, 0.9]).round(6)
    array([1., 9.])
    """
    memory = _memory(beta, below_one=True)
    return (memory / (1 - memory))[()]


def _sequence(g: npt.ArrayLike) -> Array:
    sequence = as_array("g", g, Phrase("pass a sequence such as [1, 2, 3]"))
    if sequence.ndim == 0:
        raise ValueError(
            tell(
                "g must be a sequence, got the number {sequence:g}: pass [1, 2, 3], say",
                sequence=sequence,
            )
        )
    return sequence


def _memory(beta: npt.ArrayLike, *, below_one: bool) -> Array:
    memory = as_array("beta", beta, Phrase("0.9 is a usual value"))
    too_large = memory >= 1 if below_one else memory > 1
    if (memory < 0).any() or too_large.any():
        bad = memory[(memory < 0) | too_large].flat[0]
        need = "0 <= beta < 1" if below_one else "0 <= beta <= 1"
        reason = (
            Phrase("the past would count with alternating signs")
            if bad < 0
            else Phrase("nothing would fade")
        )
        raise ValueError(
            tell(
                "beta must be {need}, got beta={beta:g}: {reason}; 0.9 is a usual value",
                need=need,
                beta=bad,
                reason=reason,
            )
        )
    return memory


def _fade(sequence: Array, memory: Array, scale: npt.ArrayLike = 1.0) -> Array:
    """Run v = beta * v + scale * g over the first axis of g."""
    try:
        shape = np.broadcast_shapes(sequence.shape[1:], memory.shape)
    except ValueError:
        raise ValueError(
            tell(
                "beta must broadcast with an entry of g, got the shapes {beta_shape} and "
                "{g_shape}: for every pair, add axes to the end of g",
                beta_shape=memory.shape,
                g_shape=sequence.shape[1:],
            )
        ) from None
    averages = np.empty((len(sequence), *shape))
    v: Any = np.zeros(shape)
    with np.errstate(over="ignore"):
        for t, g in enumerate(sequence):
            v = averages[t] = memory * v + scale * g
    return averages
