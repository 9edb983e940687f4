"""A sequence and what smoothing makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..checks import MOST, Array, as_array, as_count, check_kind
from ..labels import label
from ..palette import LIGHT
from .drawing import DASHES, Artists, check_axes, legend, require, whole_steps

_COLOURS = ("momentum", "accent", "nesterov", "ink")
_LARGEST = 1e100  # beyond it Matplotlib's own sums overflow


def plot_smoothing(
    ax: Axes, y: npt.ArrayLike, averages: Mapping[str, npt.ArrayLike], *, first: int = 0
) -> Artists:
    """Draw a sequence, thin, and one or more averages of it over the same steps.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    y : array_like, shape (n,)
        The sequence, n >= 1.
    averages : mapping of str to array_like, shape (n,)
        Label -> average, at most four.
    first : int
        The step of the first entry: 0 for positions with their start, 1 for what a step produced.

    Returns
    -------
    Artists
        ``lines`` holds the sequence first, then one curve per average.

    Raises
    ------
    ValueError
        If there is no average or there are more than four, a length differs, or a value is not
        finite.
    TypeError
        If a sequence is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> walk = d2l.random_walk(steps=100, seed=0)
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_smoothing(ax, walk, {"β = 0.9": d2l.ema(walk, 0.9)})
    Artists(2 lines, 0 marks, 0 texts)
    """
    check_axes(ax)
    example = '{"β = 0.9": d2l.ema(y, 0.9)}'
    what = "a mapping from labels to averages"
    check_kind("averages", averages, Mapping, what, f"pass for example {example}")
    require(averages, "plot_smoothing", example)
    if len(averages) > len(_COLOURS):
        raise ValueError(
            f"plot_smoothing draws at most {len(_COLOURS)} averages, got {len(averages)}: "
            "more could not be told apart; use a second panel"
        )
    begin = as_count("first", first, "pass 0 or 1", most=MOST)
    sequence = _drawable("y", y, "pass a sequence such as [1, 2, 3]")
    if sequence.ndim != 1 or sequence.size == 0:
        raise ValueError(
            f"y must be a sequence of shape (n,), got shape {sequence.shape}: pass one coordinate"
        )
    curves = {
        name: _drawable(f"in averages, {name}", curve, "pass one number per step")
        for name, curve in averages.items()
    }
    for name, curve in curves.items():
        if curve.shape != sequence.shape:
            raise ValueError(
                f"in averages, {name!r} must be as long as y, got the shapes {curve.shape} and "
                f"{sequence.shape}: average y itself"
            )
    steps = np.arange(begin, begin + sequence.size)

    ax.set_xlim(steps[0], max(steps[-1], steps[0] + 1))
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel(label("axis.value"))
    (raw,) = ax.plot(
        steps, sequence, color=LIGHT["muted"], linewidth=0.9, label=label("smoothing.raw")
    )
    lines = [raw]
    for i, (name, curve) in enumerate(curves.items()):
        (line,) = ax.plot(
            steps,
            curve,
            color=LIGHT[_COLOURS[i]],
            linestyle=DASHES[i],
            linewidth=2,
            label=name,
            zorder=3,
        )
        lines.append(line)
    legend(ax, lines)
    return Artists(tuple(lines))


def _drawable(name: str, values: npt.ArrayLike, remedy: str) -> Array:
    array = as_array(name, values, remedy)
    if np.abs(array).max(initial=0) > _LARGEST:
        raise ValueError(
            f"{name} must be at most {_LARGEST:g} in size to be drawn, got "
            f"{np.abs(array).max():g}: draw fewer steps"
        )
    return array
