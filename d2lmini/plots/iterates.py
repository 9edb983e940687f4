"""Positions against the step, for problems with one variable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ..checks import Array, check_kind
from ..descent import Trace
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import (
    Artists,
    check_axes,
    check_traces,
    dot_style,
    legend,
    looks,
    require,
    whole_steps,
)


def plot_iterates(ax: Axes, traces: Mapping[str, Trace]) -> Artists:
    """Draw the position against the step for problems with one variable.

    The window fits the traces that converge; those that diverge are cut off where they leave it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    traces : mapping of str to Trace
        Label -> trace, each with d = 1.

    Returns
    -------
    Artists
        ``lines`` holds one curve per trace.

    Raises
    ------
    ValueError
        If there is no trace, or if one has more than one variable.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> trace = d2l.gradient_descent(lambda x: x, 5, eta=0.4, steps=20)
    >>> d2l.plot_iterates(ax, {"η = 0.4": trace})
    Artists(1 lines, 1 marks, 0 texts)
    """
    check_axes(ax)
    remedy = Phrase("pass for example {example}", example="{'η = 0.4': trace}")
    check_kind("traces", traces, Mapping, Phrase("a mapping from labels to runs"), remedy)
    check_traces(traces.values())
    require(traces, "plot_iterates", "{'η = 0.4': trace}")
    for name, trace in traces.items():
        if trace.x.shape[1] != 1:
            raise ValueError(
                tell(
                    "plot_iterates draws one variable, and {name!r} has d = {trace_dim}: for d "
                    "= 2 there is plot_trace",
                    name=name,
                    trace_dim=trace.x.shape[1],
                )
            )
    runs = list(traces.values())
    calm = [trace.x for trace in runs if not trace.diverged]
    # If all diverge, the window fits the start and the first swings.
    start = max(float(np.abs(trace.x[0]).max()) for trace in runs) or 1.0
    shown = calm or [trace.x[np.abs(trace.x) <= 4 * start] for trace in runs]
    values = np.concatenate([x.ravel() for x in shown] + [[0.0]] + [t.x[0] for t in runs])
    low, high = float(values.min()), float(values.max())
    room = 0.1 * ((high - low) or 1.0)
    limits = np.array([[0, max(max(trace.steps for trace in runs), 1)], [low - room, high + room]])
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel("x", style="italic", rotation=0, labelpad=8)

    zero = ax.axhline(0, color=LIGHT["muted"], linewidth=0.8, zorder=1.5)
    lines = []
    for name, trace, look in zip(
        traces, runs, looks([trace.method for trace in runs]), strict=True
    ):
        path = np.column_stack([np.arange(trace.steps + 1), trace.x[:, 0]])  # (steps + 1, 2)
        points = _first_outside(path, limits)
        (line,) = ax.plot(
            *points.T,
            linewidth=1.6,
            label=name,
            zorder=3.5 if trace.diverged else 3,  # short, and would be hidden
            **dot_style(look, trace.steps, size=5),
        )
        lines.append(line)
    legend(ax, lines)
    return Artists(tuple(lines), (zero,))


def _first_outside(path: Array, limits: Array) -> Array:
    """Drop what comes after a path has left the window for good, and bound the step that leaves.

    The path goes on beyond the edge, so that somebody who then widens the window sees it leave.
    """
    inside = np.flatnonzero((path[:, 1] >= limits[1, 0]) & (path[:, 1] <= limits[1, 1]))
    kept = path[: int(inside[-1]) + 2] if inside.size else path[:1]
    height = limits[1, 1] - limits[1, 0]
    return np.column_stack(
        [kept[:, 0], np.clip(kept[:, 1], limits[1, 0] - 2 * height, limits[1, 1] + 2 * height)]
    )
