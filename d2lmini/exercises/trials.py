"""The exercises that have many right answers: the reader's numbers are run, and the run is judged.

Each function takes the numbers of an answer and returns what
:class:`d2lmini.exercises.judges.Trial` wants: the key of what there is to say, with the values that
the text needs.
"""

from __future__ import annotations

import numpy as np

from ..checks import Array
from ..descent import momentum
from ..landscapes import lessard_recht_packard
from ..problems import ravine
from .judges import RIGHT, Finding

__all__ = ["try_on_ravine", "try_to_cycle"]

_FLAT, _STEEP = (float(lam) for lam in ravine().eigenvalues)


def try_on_ravine(eta: float, beta: float) -> Finding:
    """Run twenty steps on the ravine; where that is not enough, say which direction is to blame."""
    if not (eta > 0 and 0 <= beta < 1):
        return "range", {}
    trace = momentum(ravine().grad, [-5, -2], eta=eta, beta=beta, steps=20)
    # Close to the limit twenty steps are not enough to see it.
    if trace.diverged or eta * _STEEP > 2 * (1 + beta):
        return "diverges", {}
    distance = float(np.linalg.norm(trace.final))
    if distance <= 0.005:
        return RIGHT
    key = "across"
    if abs(trace.final[0]) > abs(trace.final[1]):
        # Complex roots, and an envelope 5 β^(20/2) that is still too wide whatever η is.
        swings = (1 + beta - eta * _FLAT) ** 2 < 4 * beta and 5 * beta**10 > 0.01
        key = "swings" if swings else "along"
    return key, {"distance": f"{distance:.2g}"}


def _end_of_heavy_ball(x0: float) -> Array:
    """The last six of a thousand steps, two turns of a cycle of three."""
    f = lessard_recht_packard()
    return momentum(f.grad, x0, eta=1 / 9, beta=4 / 9, steps=1000).x[-6:, 0]


def try_to_cycle(x0: float) -> Finding:
    """Run the heavy ball from a start and look whether it ends in the cycle of three points."""
    if abs(x0) > 100:
        return "far", {}
    if abs(x0 - 3.3) < 0.1 - 1e-9:  # 3.2 is 0.1 away, though not in floating point
        return "known", {}
    end = _end_of_heavy_ball(x0)
    if np.abs(end).max() > 0.1 and np.allclose(end[:3], end[3:], rtol=1e-6):
        return RIGHT
    on_cycle = np.abs(_end_of_heavy_ball(3.3) - x0).min() < 0.01
    return ("point" if on_cycle else "converges"), {}
