"""Position against velocity: the phase portrait of runs in one dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Text

from ..checks import Array, as_number
from ..descent import Trace
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import (
    DOTTABLE,
    Artists,
    arrow_out,
    check_axes,
    check_traces,
    dot_style,
    legend,
    looks,
    panel_size,
    require,
    say,
    settings,
    text_width,
    visible,
)

_FARTHEST = 1e100  # beyond it, Matplotlib overflows
_REACH = 3.0  # how many times its starting distance a run may overshoot by


def plot_phase(ax: Axes, *traces: Trace, rest: float | None = None) -> Artists:
    """Draw velocity against position, step by step, for runs in one dimension.

    A run starts on the horizontal axis, at rest, and ends where the gradient vanishes, again on
    the axis. Overdamped runs come in from one side, underdamped ones spiral. A run that leaves the
    picture for good is cut off there, and a label says at which step it left.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    *traces : Trace
        One or more runs with d = 1.
    rest : float, optional
        Where the gradient vanishes, to be marked as the minimizer.

    Returns
    -------
    Artists
        ``lines`` holds one path per trace.

    Raises
    ------
    ValueError
        If there is no trace, or one of them is not one-dimensional, or `rest` is not finite.
    TypeError
        If `rest` is not a number.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> bowl = d2l.Quadratic([1])
    >>> runs = [d2l.momentum(bowl.grad, 4, eta=0.1, beta=b, steps=60) for b in (0.3, 0.9)]
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_phase(ax, *runs, rest=0)
    Artists(2 lines, 3 marks, 1 texts)
    """
    check_axes(ax)
    check_traces(traces)
    require(traces, "plot_phase", "d2l.momentum(lambda x: x, 4, eta=0.1, beta=0.9, steps=60)")
    if any(trace.x.shape[1] != 1 for trace in traces):
        raise ValueError(
            tell(
                "plot_phase draws runs with d = 1, got d = {dims} (for d = 2 there is plot_trace)",
                dims=", ".join(str(trace.x.shape[1]) for trace in traces),
            )
        )
    if rest is not None:
        remedy = Phrase("pass rest=0")
        rest = as_number("rest", rest, Phrase("the position where the gradient vanishes"), remedy)
        if abs(rest) > _FARTHEST:
            raise ValueError(
                tell(
                    "rest must be within {most:g} of 0, got rest={rest:g}: {remedy}",
                    most=_FARTHEST,
                    rest=rest,
                    remedy=remedy,
                )
            )
    paths = [np.concatenate([trace.x, trace.v], axis=1) for trace in traces]  # (steps + 1, 2)
    limits = _window(paths, rest)
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    ax.set_xlabel(label("axis.position"))
    ax.set_ylabel(label("axis.velocity"))

    axis = ax.axhline(0, color=LIGHT["contour"], linewidth=0.8, zorder=1)
    marks: list[Artist] = [axis]
    lines, texts = [], []
    for order, (trace, path, look) in enumerate(
        zip(traces, paths, looks([trace.method for trace in traces]), strict=True)
    ):
        points, left_at = visible(path, limits)
        (line,) = ax.plot(
            *points.T,
            linewidth=1.4,
            label=settings(trace),
            zorder=3 + order / 10,
            **dot_style(look, len(points) - DOTTABLE, size=4.4),  # a spiral has more room
        )
        lines.append(line)
        if left_at:
            arrow, direction = arrow_out(ax, points[-1], limits, look.colour)
            marks.append(arrow)
            texts.append(_leaving(ax, points, limits, left_at, direction, look.colour))
    names = []
    for start in sorted({float(path[0, 0]) for path in paths}):
        (mark,) = ax.plot(
            start,
            0,
            "o",
            markersize=9,
            markerfacecolor=LIGHT["paper"],
            markeredgecolor=LIGHT["ink"],
            markeredgewidth=1.4,
            zorder=4,
        )
        marks.append(mark)
        # On the other side of the axis than the first step.
        up = any(path[0, 0] == start and len(path) > 1 and path[1, 1] > 0 for path in paths)
        names.append(_name(ax, label("point.start"), start, limits, -1 if up else 1))
    named = list(lines)
    if rest is not None:
        (star,) = ax.plot(
            rest,
            0,
            "*",
            markersize=13,
            color=LIGHT["ink"],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.8,
            zorder=5,
            linestyle="",
            label=label("point.minimizer"),
        )
        marks.append(star)
        named.append(star)  # where runs end there is no room for a word
    legend(ax, named)
    return Artists(tuple(lines), tuple(marks), (*names, *texts))


def _window(paths: Sequence[Array], rest: float | None) -> Array:
    """Choose limits, shape (2, 2), that fit what of the paths is within reach of the start."""
    centre = 0.0 if rest is None else rest
    points = np.concatenate(paths)
    starts = np.array([path[0, 0] for path in paths])
    if rest is None and all(np.abs(path[-1, 1]) <= np.abs(path[:, 1]).max() / 2 for path in paths):
        near = points  # all of them are slowing down: nothing runs away
    else:
        away = float(np.abs(starts - centre).max()) or 1.0
        near = points[np.abs(points[:, 0] - centre) <= _REACH * away]
    corners = np.concatenate([near, np.stack([starts, 0 * starts], axis=1)])
    if rest is not None:
        corners = np.concatenate([corners, [[rest, 0]]])
    low, high = corners.min(axis=0), corners.max(axis=0)
    # The axis keeps clear of the edges, for the words beside it.
    low[1], high[1] = min(low[1], -high[1] / 4), max(high[1], -low[1] / 4)
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    half = np.maximum(half, 1e-6 * np.abs(middle))
    half = 1.12 * np.where(half > 0, half, 1.0)
    return np.stack([middle - half, middle + half], axis=1)


def _name(ax: Axes, text: str, x: float, limits: Array, side: int) -> Text:
    """Write above (side 1) or below (-1) a point of the axis, moved inward at the edges."""
    room = panel_size(ax)[0]
    left = (x - limits[0, 0]) / (limits[0, 1] - limits[0, 0]) * room
    half = text_width(text) / 2
    shift = max(0.0, half - left) - max(0.0, half - (room - left))
    va = "bottom" if side > 0 else "top"
    return say(ax, text, (x, 0.0), (shift, 9 * side), ha="center", va=va)


def _leaving(
    ax: Axes, points: Array, limits: Array, step: int, direction: str, colour: str
) -> Text:
    """Say at which step a path leaves the window, ahead of it if there is room, else behind."""
    text = label("trace.leaves", step=step)
    end = points[-1]
    share = (end[0] - limits[0, 0]) / (limits[0, 1] - limits[0, 0])
    ahead = len(points) > 1 and end[0] >= points[-2][0]
    room = panel_size(ax)[0] * (1 - share if ahead else share)
    right = ahead if room > 0.9 * text_width(text) else share < 0.5
    return say(
        ax,
        text,
        end,
        (11 if right else -11, {"^": -4, "v": 4}.get(direction, 12)),
        ha="left" if right else "right",
        va={"^": "top", "v": "bottom"}.get(direction, "bottom"),
        color=colour,
    )
