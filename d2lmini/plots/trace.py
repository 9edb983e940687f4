"""Paths in the plane over contour lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse
from matplotlib.text import Text

from ..checks import Array, as_array, shown
from ..descent import Trace
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from ..problems import Quadratic
from .drawing import (
    DOTTABLE,
    SMALL,
    Artists,
    Look,
    arrow_out,
    check_axes,
    check_quadratic,
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

# How many times its starting distance a path may overshoot by before it counts as off the picture.
_REACH = 3.0


def plot_trace(
    ax: Axes,
    f: Quadratic,
    *traces: Trace,
    window: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Artists:
    r"""Draw paths in the plane over the contour lines of the function that they descend.

    The contours stand at values in geometric progression, :math:`f^* + 2^k (f(x_0) - f^*)`, so
    that one of them runs through the start. The window fits the start, the minimizer and as much of
    the path as stays within reach; a path that leaves it for good is cut off there, and a label
    says at which step it left.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    f : Quadratic
        The objective, with d = 2.
    *traces : Trace
        One or more paths with the same start.
    window : ((float, float), (float, float)), optional
        Limits of x₁ and of x₂, in place of the ones chosen from the paths.

    Returns
    -------
    Artists
        ``lines`` holds one path per trace.

    Raises
    ------
    ValueError
        If there is no trace, or if `f` or a trace is not two-dimensional.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> trace = d2l.gradient_descent(f.grad, [-5, -2], eta=0.6, steps=20)
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_trace(ax, f, trace).texts[-1].get_text()
    'leaves at step 4'
    """
    check_axes(ax)
    check_quadratic(f)
    check_traces(traces)
    require(traces, "plot_trace", "d2l.gradient_descent(f.grad, [-5, -2], eta=0.4, steps=20)")
    if f.dim != 2 or any(trace.x.shape[1] != 2 for trace in traces):
        raise ValueError(
            tell(
                "plot_trace draws in the plane: it needs d = 2, got a function with d = {dim} "
                "and paths with d = {dims} (for d = 1 there is plot_iterates)",
                dim=f.dim,
                dims=", ".join(str(t.x.shape[1]) for t in traces),
            )
        )
    start = traces[0].x[0]
    center = f.stationary if f.eigenvalues.all() else start
    if window is None:
        limits = _window(ax, start, center, traces)
    else:
        limits = as_array("window", window, Phrase("pass ((-6, 2), (-3, 3))"))
        if limits.shape != (2, 2) or not (limits[:, 0] < limits[:, 1]).all():
            raise ValueError(
                tell(
                    "window must be two rising pairs, got {got}: pass ((-6, 2), (-3, 3))",
                    got=shown(window),
                )
            )
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    ax.grid(False)  # the contours are the grid of this plot
    ax.set_xlabel("x₁", style="italic")
    ax.set_ylabel("x₂", style="italic", rotation=0, labelpad=10)

    marks = _contours(ax, f, start, center, limits)
    lines, texts = [], []
    for order, (trace, look) in enumerate(
        zip(traces, looks([trace.method for trace in traces]), strict=True)
    ):
        points, left_at = visible(trace.x, limits)
        style = dot_style(look, min(len(points), DOTTABLE), size=4.8)
        if len(points) > 4 * DOTTABLE:
            style["marker"] = ""
        (line,) = ax.plot(
            *points.T, linewidth=1.5, label=settings(trace), zorder=3 + order / 10, **style
        )
        lines.append(line)
        if left_at:
            arrow, direction = arrow_out(ax, points[-1], limits, look.colour)
            marks.append(arrow)
            texts.append(_leaving(ax, points[-1], limits, look, left_at, direction))
        elif len(traces) == 1 and not _near(trace.final, center, limits):
            texts.append(_ending(ax, trace, center, limits, look))
    marks.append(
        ax.plot(
            *start,
            "o",
            markersize=9,
            markerfacecolor=LIGHT["paper"],
            markeredgecolor=LIGHT["ink"],
            markeredgewidth=1.4,
            zorder=4,
        )[0]
    )
    up = len(traces[0].x) > 1 and traces[0].x[1][1] > start[1]
    texts.insert(0, _beside(ax, label("point.start"), start, -1 if up else 1))
    if f.eigenvalues.all():
        star, word = _goal(ax, f, center, limits)
        marks.append(star)
        texts.insert(1, word)
    legend(ax, lines)
    return Artists(tuple(lines), tuple(marks), tuple(texts))


def _window(ax: Axes, start: Array, center: Array, traces: Sequence[Trace]) -> Array:
    """Choose limits, shape (2, 2), that fit start, centre and what of the paths is within reach."""
    away = np.abs(start - center)
    away = np.maximum(away, 0.2 * away.max() or 1.0)  # a start on an axis still gets a picture
    points = np.concatenate([trace.x for trace in traces])
    near = points[(np.abs(points - center) <= _REACH * away).all(axis=1)]
    corners = np.concatenate([near, [start, center]])
    low, high = corners.min(axis=0), corners.max(axis=0)
    # Room beyond the centre, for its name and to see that the valley goes on.
    from_below = start <= center
    low = np.where(from_below, low, np.minimum(low, center - 0.3 * away))
    high = np.where(from_below, np.maximum(high, center + 0.3 * away), high)
    above = max(0.13, 2.2 * SMALL / panel_size(ax)[1])  # a line of words above or below a point
    room = np.array([0.09, above]) * (high - low)
    return np.stack([low - room, high + room], axis=1)


def _contours(ax: Axes, f: Quadratic, start: Array, center: Array, limits: Array) -> list[Artist]:
    corners = np.stack(np.meshgrid(*limits), axis=-1).reshape(-1, 2)
    base = float(f.value(center))
    outermost = float(np.abs(f.value(corners) - base).max())
    through_start = abs(float(f.value(start)) - base)
    # From the minimizer itself, or along a level line of a saddle, the window sets the scale.
    scale = through_start if through_start > 1e-3 * outermost else outermost / 8
    if scale == 0:
        return []
    top = int(np.ceil(np.log2(outermost / scale)))
    if f.eigenvalues[0] > 0:
        # Ellipses, known exactly: a few curves in place of some thousand points.
        direction = f.eigenvectors[:, 0]
        angle = float(np.degrees(np.arctan2(direction[1], direction[0])))
        ellipses: list[Artist] = []
        for k in range(top, -8, -1):
            width, height = 2 * np.sqrt(2 * scale * 2.0**k / f.eigenvalues)
            ellipses.append(
                ax.add_patch(
                    Ellipse(
                        (center[0], center[1]),
                        width,
                        height,
                        angle=angle,
                        fill=False,
                        edgecolor=LIGHT["contour"],
                        linewidth=0.8,
                    )
                )
            )
        return ellipses
    steps = scale * 2.0 ** np.arange(-4, top + 1)
    x, y = np.meshgrid(
        np.linspace(limits[0, 0], limits[0, 1], 61), np.linspace(limits[1, 0], limits[1, 1], 41)
    )
    lines = ax.contour(
        x,
        y,
        f.value(np.stack([x, y], axis=-1)),
        base + np.concatenate([-steps[::-1], [0], steps]),
        colors=LIGHT["contour"],
        linestyles="solid",
        linewidths=0.8,
    )
    return [lines]


def _near(a: Array, b: Array, limits: Array) -> bool:
    return bool((np.abs(a - b) < 0.08 * (limits[:, 1] - limits[:, 0])).all())


def _beside(ax: Axes, text: str, at: Array, side: int, **style: Any) -> Text:
    """Write above (side 1) or below (-1) a point, moved inward where it would cross an edge."""
    low, high = ax.get_xlim()
    left = (at[0] - low) / (high - low) * panel_size(ax)[0]
    right = panel_size(ax)[0] - left
    half = text_width(text) / 2
    shift = max(0.0, half - left) - max(0.0, half - right)
    va = "bottom" if side > 0 else "top"
    return say(ax, text, at, (shift, 9 * side), ha="center", va=va, **style)


def _goal(ax: Axes, f: Quadratic, center: Array, limits: Array) -> tuple[Artist, Text]:
    """Mark the point where the gradient vanishes, and say what it is."""
    lowest, highest = f.eigenvalues
    kind = "minimizer" if lowest > 0 else "saddle" if highest > 0 else "maximizer"
    (mark,) = ax.plot(
        *center,
        "*" if lowest > 0 else "X",
        markersize=13 if lowest > 0 else 9,
        color=LIGHT["ink"],
        markeredgecolor=LIGHT["paper"],
        markeredgewidth=0.8,
        zorder=5,
    )
    text = label(f"point.{kind}")
    share = (limits[0, 1] - center[0]) / (limits[0, 1] - limits[0, 0])
    if share * panel_size(ax)[0] > text_width(text) + 12:
        return mark, say(ax, text, center, (10, 0), ha="left", va="center")
    return mark, _beside(ax, text, center, -1)


def _ending(ax: Axes, trace: Trace, center: Array, limits: Array, look: Look) -> Text:
    """Say at which step a path stops short of the centre."""
    end = trace.final
    level = abs(end[1] - center[1]) < 0.1 * (limits[1, 1] - limits[1, 0])
    upward = trace.steps and end[1] > trace.x[-2][1]
    text = label("trace.end", step=trace.steps)
    return _beside(ax, text, end, 1 if level or upward else -1, color=look.colour)


def _leaving(ax: Axes, end: Array, limits: Array, look: Look, step: int, direction: str) -> Text:
    """Say at which step a path leaves the window, on the side where there is more room."""
    share = (end[0] - limits[0, 0]) / (limits[0, 1] - limits[0, 0])
    side = 1 if share < 0.5 else -1
    return say(
        ax,
        label("trace.leaves", step=step),
        end,
        (11 * side, {"^": -4, "v": 4}.get(direction, 12)),
        ha="left" if side > 0 else "right",
        va={"^": "top", "v": "bottom"}.get(direction, "bottom"),
        color=look.colour,
    )
