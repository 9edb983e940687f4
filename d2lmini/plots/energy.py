"""Energy against position: the landscape of a function of one variable, and runs above it."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Text

from ..checks import Array, check_kind
from ..descent import Trace
from ..labels import label
from ..landscapes import Landscape
from ..mechanics import energy
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import (
    Artists,
    check_axes,
    check_traces,
    legend,
    looks,
    panel_size,
    require,
    say,
    settings,
    text_width,
)

_POINTS = 301  # of the curve


def plot_energy(ax: Axes, f: Landscape, *traces: Trace) -> Artists:
    r"""Draw the graph of f, and above it the energy of each run against its position.

    The height of a run over the graph is its kinetic energy. Where it touches the graph, the ball
    stands still and turns; as long as its steps gain no energy (see `energy`), it cannot get to a
    place that is higher than it. The end of each run is marked.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    f : Landscape
        The function of one variable that was minimised.
    *traces : Trace
        One or more runs of gradient descent or momentum; those that diverge cannot be drawn.

    Returns
    -------
    Artists
        ``lines`` holds one path per trace; ``marks`` the graph, the starts and the ends.

    Raises
    ------
    ValueError
        If there is no trace, or one has more than one variable, diverges or is of Nesterov's
        method.
    TypeError
        If `f` is not a Landscape.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.two_valleys()
    >>> run = d2l.momentum(f.grad, -3, eta=0.01, beta=0.975, steps=1000)
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_energy(ax, f, run)
    Artists(1 lines, 3 marks, 1 texts)
    """
    check_axes(ax)
    remedy = Phrase("for a Quadratic there are plot_phase and plot_trace")
    check_kind("f", f, Landscape, Phrase("a Landscape"), remedy)
    check_traces(traces)
    require(traces, "plot_energy", "d2l.momentum(f.grad, -3, eta=0.2, beta=0.9, steps=200)")
    for trace in traces:
        if trace.diverged:
            raise ValueError(
                tell(
                    "plot_energy draws runs that stay in the picture, and {trace!r} does not: "
                    "take a smaller eta",
                    trace=trace,
                )
            )
    paths = [np.column_stack([trace.x[:, 0], energy(trace, f)]) for trace in traces]
    x = _places(f, paths)
    heights = f.value(x)
    low, high = float(heights.min()), max(float(path[:, 1].max()) for path in paths)
    room = 0.1 * ((high - low) or 1.0)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(low - room, high + 2 * room)  # a word above the start
    ax.set_xlabel(label("axis.position"))
    ax.set_ylabel(label("axis.energy"))

    (graph,) = ax.plot(x, heights, color=LIGHT["ink"], linewidth=1.8, zorder=2)
    marks: list[Artist] = [graph]
    lines = []
    for order, (trace, path, look) in enumerate(
        zip(traces, paths, looks([trace.method for trace in traces]), strict=True)
    ):
        (line,) = ax.plot(
            *path.T,
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.6,
            label=settings(trace),
            solid_joinstyle="round",
            zorder=3 + order / 10,
        )
        (end,) = ax.plot(
            *path[-1],
            look.marker,
            markersize=9,
            color=look.colour,
            markeredgecolor=LIGHT["paper"],
            zorder=5 + order / 10,
        )
        lines.append(line)
        marks.append(end)
    texts = []
    for start in sorted({(float(path[0, 0]), float(path[0, 1])) for path in paths}):
        (mark,) = ax.plot(
            *start,
            "o",
            markersize=9,
            markerfacecolor=LIGHT["paper"],
            markeredgecolor=LIGHT["ink"],
            markeredgewidth=1.4,
            zorder=4,
        )
        marks.append(mark)
        texts.append(_start(ax, start, x))
    legend(ax, lines)
    return Artists(tuple(lines), tuple(marks), tuple(texts))


def _places(f: Landscape, paths: list[Array]) -> Array:
    """Choose where to draw the graph: around all runs and all minima."""
    known = np.concatenate([path[:, 0] for path in paths] + [f.minima])
    room = 0.08 * (float(np.ptp(known)) or 1.0)
    return np.linspace(known.min() - room, known.max() + room, _POINTS)


def _start(ax: Axes, at: tuple[float, float], x: Array) -> Text:
    """Write above a starting point what it is, moved inward at the edges."""
    text, room = label("point.start"), panel_size(ax)[0]
    left = (at[0] - x[0]) / (x[-1] - x[0]) * room
    half = text_width(text) / 2
    shift = max(0.0, half - left) - max(0.0, half - (room - left))
    return say(ax, text, at, (shift, 9), ha="center", va="bottom")
