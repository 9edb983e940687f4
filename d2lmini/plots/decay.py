"""Distances to the minimizer, one curve per eigenvector."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from ..checks import Array
from ..labels import label
from ..messages import tell
from ..problems import Quadratic
from ..trace import Trace, eigenmode_errors
from .drawing import (
    DASHES,
    DOTTABLE,
    SMALL,
    Artists,
    check_axes,
    check_quadratic,
    check_traces,
    legend,
    log_axis,
    looks,
    panel_size,
    require,
    say,
    settings,
    whole_decades,
    whole_steps,
)


def plot_decay(ax: Axes, f: Quadratic, *traces: Trace) -> Artists:
    r"""Draw how far from the minimizer each trace is, along each eigenvector, step by step.

    For the eigenvector :math:`q_i` this is :math:`|q_i^\top (x_t - x^*)|`, on a logarithmic axis,
    on which a constant rate is a straight line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    f : Quadratic
        The objective, which must have a minimizer.
    *traces : Trace
        One or more paths with as many coordinates as `f`.

    Returns
    -------
    Artists
        ``lines`` holds d curves per trace, flattest direction first. Where a distance is exactly
        zero, the curve has a gap.

    Raises
    ------
    ValueError
        If there is no trace, `f` has no minimizer, or the dimensions differ.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_decay(ax, f, d2l.gradient_descent(f.grad, [-5, -2], eta=0.4, steps=20))
    Artists(2 lines, 0 marks, 2 texts)
    """
    check_axes(ax)
    check_quadratic(f)
    check_traces(traces)
    require(traces, "plot_decay", "d2l.gradient_descent(f.grad, [-5, -2], eta=0.4, steps=20)")
    _ = f.minimizer  # raises, and says why, if there is none
    for trace in traces:
        if trace.x.shape[1] != f.dim:
            raise ValueError(
                tell(
                    "f has d = {dim} and a trace has d = {trace_dim}: pass the function that "
                    "the trace descended",
                    dim=f.dim,
                    trace_dim=trace.x.shape[1],
                )
            )
    distances = [eigenmode_errors(trace, f) for trace in traces]  # each (steps + 1, d)
    low, high = whole_decades(np.concatenate([distance.ravel() for distance in distances]))
    longest = max(trace.steps for trace in traces)

    log_axis(ax)
    ax.set_ylim(10.0**low, 10.0**high)
    ax.set_xlim(0, max(longest, 1))
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel(label("axis.distance"))

    lines, ends = [], []
    for trace, distance, look in zip(
        traces, distances, looks([trace.method for trace in traces]), strict=True
    ):
        for i in range(f.dim):
            heights = np.where(distance[:, i] > 0, distance[:, i], np.nan)
            (line,) = ax.plot(
                np.arange(len(heights)),
                heights,
                color=look.colour,
                linestyle=DASHES[i % len(DASHES)],
                linewidth=1.6,
                marker=look.marker if trace.steps <= DOTTABLE else "",
                markersize=4 if look.marker == "o" else 3.4,
                markeredgewidth=0,
                label=settings(trace),
            )
            lines.append(line)
            if f.dim <= 4 or i in (0, f.dim - 1):
                ends.append((heights, f"λ = {f.eigenvalues[i]:.3g}", look.colour))
    legend(ax, lines[:: f.dim])
    return Artists(tuple(lines), (), _end_labels(ax, ends, low, high, longest))


def _end_labels(
    ax: Axes, ends: list[tuple[Array, str, str]], low: int, high: int, longest: int
) -> tuple[Text, ...]:
    """Name curves at their right ends, pushed apart where they would overlap."""
    gap = 1.25 * SMALL / panel_size(ax)[1] * (high - low)  # in decades
    found = []
    for heights, text, colour in ends:
        seen = np.flatnonzero(heights >= 10.0**low)
        if seen.size:
            found.append((float(np.log10(heights[seen[-1]])), int(seen[-1]), text, colour))
    floor = -np.inf
    texts = []
    for level, step, text, colour in sorted(found):
        floor = max(level, floor + gap)
        at = (longest if step > 0.9 * longest else step, 10.0**floor)
        texts.append(say(ax, text, at, (8, 0), va="center", color=colour))
    return tuple(texts)
