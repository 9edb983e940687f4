r"""Random numbers from a seed and an index, the exact twin of ``_random.js``.

NumPy's generators are better and faster, but no browser has them. With these, Python and a picture
in the page see the same noise. The number at an index does not depend on those before it.

.. math:: b_i = h(h(i) \oplus h(s + \lfloor 2^{32} / \varphi \rfloor)), \qquad
   u_i = \frac{b_i + \frac12}{2^{32}}

with the seed :math:`s` and the hash :math:`h`, which is lowbias32 of C. Wellons. Seed and index are
hashed before they meet, because seeds that differ in few bits would else share their numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..checks import Array

__all__ = ["normals", "uniforms"]

Bits = npt.NDArray[np.uint32]


def _mixed(n: Bits) -> Bits:
    """Return lowbias32 of each number; arrays of uint32 wrap around as the hash wants it."""
    n = (n ^ (n >> np.uint32(16))) * np.uint32(0x7FEB352D)
    n = (n ^ (n >> np.uint32(15))) * np.uint32(0x846CA68B)
    return n ^ (n >> np.uint32(16))


def uniforms(seed: int, first: int, count: int) -> Array:
    """Return numbers ``first`` to ``first + count`` of a seed, uniform between 0 and 1.

    Parameters
    ----------
    seed : int
        Any; seeds that are equal modulo 2³² are the same.
    first, count : int
        Which numbers, of 2³² that there are.

    Returns
    -------
    ndarray, shape (count,)
        Neither 0 nor 1 is among them; they are odd multiples of 2⁻³³.

    Examples
    --------
    >>> uniforms(0, 0, 3).round(4)
    array([0.6814, 0.8891, 0.4342])
    >>> bool((uniforms(0, 1, 2) == uniforms(0, 0, 3)[1:]).all())
    True
    """
    key = _mixed(np.array([(seed + 0x9E3779B9) % 2**32], dtype=np.uint32))
    index = (np.arange(first, first + count, dtype=np.uint64) % 2**32).astype(np.uint32)
    return (_mixed(_mixed(index) ^ key) + 0.5) / 2**32


def normals(seed: int, first: int, count: int) -> Array:
    r"""Return standard normal numbers by the method of Box and Muller.

    .. math:: z_{2i} = \sqrt{-2 \ln u_{2i}} \cos 2\pi u_{2i+1}, \qquad
       z_{2i+1} = \sqrt{-2 \ln u_{2i}} \sin 2\pi u_{2i+1}

    Parameters
    ----------
    seed : int
        As for :func:`uniforms`.
    first, count : int
        Which numbers; both are even.

    Returns
    -------
    ndarray, shape (count,)
        None is larger than 6.8, where a normal number is once in 10¹¹.

    Examples
    --------
    >>> normals(0, 0, 4).round(4)
    array([ 0.6718, -0.562 ,  0.4863, -1.1967])
    """
    even, odd = uniforms(seed, first, count).reshape(-1, 2).T
    radius, angle = np.sqrt(-2 * np.log(even)), 2 * np.pi * odd
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
