"""How long each eigenmode of a run takes: one bar per eigenvalue, one tint per decade."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from ..checks import Array
from ..labels import label
from ..messages import tell
from ..palette import LIGHT
from ..problems import Quadratic
from ..trace import Trace, eigenmode_errors
from .drawing import (
    Artists,
    check_axes,
    check_quadratic,
    check_traces,
    legend,
    looks,
    require,
    settings,
    whole_steps,
)

_DECADES = 3  # the error is followed down to a thousandth
_TINTS = (1.0, 0.5, 0.22)
_NAMED = 12  # more eigenvalues than this are not all named


def plot_eigenmodes(ax: Axes, f: Quadratic, *traces: Trace) -> Artists:
    r"""Draw until which step the error along each eigenvector is above 1/10, 1/100 and 1/1000.

    One bar per eigenvector, the flattest on top. The full tint lasts as long as the error is, now
    or at a later step of the run, above a tenth of what it was at the start; the next tint lasts
    until it stays below a hundredth, the last one until it stays below a thousandth.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    f : Quadratic
        The objective, with an eigenvalue other than 0 in each direction.
    *traces : Trace
        One run with as many coordinates as `f`; a second one gives each eigenvector a second bar.

    Returns
    -------
    Artists
        ``lines`` holds a sample of each trace's colour, and ``marks`` the bars: for each trace, d
        of the full tint, d of the next and d of the lightest. In a direction in which the run
        started at the minimum they have no length.

    Raises
    ------
    ValueError
        If there are no traces or more than two, or the dimensions differ.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.Quadratic([0.25, 0.5, 1])
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_eigenmodes(ax, f, d2l.gradient_descent(f.grad, [1, 1, 1], eta=1.6, steps=40))
    Artists(1 lines, 9 marks, 0 texts)
    """
    check_axes(ax)
    check_quadratic(f)
    check_traces(traces)
    require(traces, "plot_eigenmodes", "d2l.gradient_descent(f.grad, x0, eta=0.4, steps=20)")
    if len(traces) > 2:
        raise ValueError(
            tell(
                "plot_eigenmodes draws one or two runs, got {count}: draw the others in a "
                "second panel",
                count=len(traces),
            )
        )
    rows = np.arange(f.dim, dtype=np.float64)
    height = 0.8 / len(traces)
    samples: list[Line2D] = []
    marks: list[Artist] = []
    for k, (trace, look) in enumerate(
        zip(traces, looks([trace.method for trace in traces]), strict=True)
    ):
        ends = _ends(eigenmode_errors(trace, f))  # (decades, d)
        place = rows + height * (k - (len(traces) - 1) / 2)
        begin = np.zeros(f.dim)
        for end, tint in zip(ends, _TINTS, strict=True):
            marks.extend(
                ax.barh(
                    place,
                    end - begin,
                    left=begin,
                    height=0.9 * height,
                    color=look.colour,
                    alpha=tint,
                    linewidth=0,
                    zorder=3,
                )
            )
            begin = end
        samples.append(Line2D([], [], color=look.colour, linewidth=7, label=settings(trace)))
    longest = max(trace.steps for trace in traces)
    ax.set_xlim(0, max(longest, 1))
    ax.set_ylim(f.dim - 0.5, -0.5)
    ax.grid(False, axis="y")
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel(label("axis.eigenvalue"))
    every = -(-f.dim // _NAMED)
    ax.yaxis.set_major_locator(FixedLocator(list(rows[::every])))
    ax.set_yticklabels([f"{lam:.3g}" for lam in f.eigenvalues[::every]], color=LIGHT["muted"])
    legend(ax, samples)
    return Artists(tuple(samples), tuple(marks))


def _ends(error: Array) -> Array:
    """Return the step from which on each error stays below a decade, shape (decades, d)."""
    start = error[0]
    # The largest error still to come; without it, a mode that swings through 0 would count as done.
    ahead = np.maximum.accumulate(error[::-1])[::-1]
    above = [
        np.where(start > 0, (ahead > start * 10.0**-k).sum(axis=0), 0)
        for k in range(1, _DECADES + 1)
    ]
    return np.asarray(above, dtype=np.float64)
