"""A sequence and what smoothing makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..checks import MOST, Array, as_array, as_count, check_kind
from ..labels import label
from ..messages import Phrase, tell
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
    what = Phrase("a mapping from labels to averages")
    check_kind(
        "averages", averages, Mapping, what, Phrase("pass for example {example}", example=example)
    )
    require(averages, "plot_smoothing", example)
    if len(averages) > len(_COLOURS):
        raise ValueError(
            tell(
                "plot_smoothing draws at most {most} averages, got {count}: more could not be "
                "told apart; use a second panel",
                most=len(_COLOURS),
                count=len(averages),
            )
        )
    begin = as_count("first", first, Phrase("pass 0 or 1"), most=MOST)
    sequence = _drawable("y", y, Phrase("pass a sequence such as [1, 2, 3]"))
    if sequence.ndim != 1 or sequence.size == 0:
        raise ValueError(
            tell(
                "y must be a sequence of shape (n,), got shape {shape}: pass one coordinate",
                shape=sequence.shape,
            )
        )
    curves = {
        name: _drawable(
            Phrase("in averages, {name}", name=name), curve, Phrase("pass one number per step")
        )
        for name, curve in averages.items()
    }
    for name, curve in curves.items():
        if curve.shape != sequence.shape:
            raise ValueError(
                tell(
                    "in averages, {name!r} must be as long as y, got the shapes {got_shape} "
                    "and {shape}: average y itself",
                    name=name,
                    got_shape=curve.shape,
                    shape=sequence.shape,
                )
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


def _drawable(name: str | Phrase, values: npt.ArrayLike, remedy: Phrase) -> Array:
    array = as_array(name, values, remedy)
    if np.abs(array).max(initial=0) > _LARGEST:
        raise ValueError(
            tell(
                "{name} must be at most {most:g} in size to be drawn, got {largest:g}: draw "
                "fewer steps",
                name=name,
                most=_LARGEST,
                largest=np.abs(array).max(),
            )
        )
    return array
