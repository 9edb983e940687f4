"""How long each step was: what a schedule of the learning rate does to momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from ..checks import Array, check_kind, shown
from ..labels import label
from ..messages import Phrase, tell
from .drawing import Artists, check_axes, dot_style, legend, looks, require, whole_steps

_LARGEST = 1e100  # beyond it Matplotlib's own sums overflow


class Path(Protocol):
    """Anything with positions: a `Trace`, or a `DialectTrace`."""

    @property
    def x(self) -> Array:
        """Positions, shape (steps + 1, d)."""


def plot_step_lengths(ax: Axes, runs: Mapping[str, Path]) -> Artists:
    r"""Draw the length of each step, :math:`\lVert x_t - x_{t-1}\rVert`, against its number.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    runs : mapping of str to Trace or DialectTrace
        Label -> run of at least one step.

    Returns
    -------
    Artists
        ``lines`` holds one curve per run.

    Raises
    ------
    ValueError
        If there is no run, or one without a step, or with steps longer than 1e100.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> from d2lmini.dialects import Keras, PyTorch, run
    >>> slope, drop = lambda x: 1 + 0 * x, [1] * 30 + [0.1] * 30
    >>> paths = {
    ...     "PyTorch": run(PyTorch(lr=0.1, momentum=0.9), slope, 0, steps=60, schedule=drop),
    ...     "Keras": run(Keras(learning_rate=0.1, momentum=0.9), slope, 0, steps=60, schedule=drop),
    ... }
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_step_lengths(ax, paths)
    Artists(2 lines, 0 marks, 0 texts)
    """
    check_axes(ax)
    remedy = Phrase("pass for example {example}", example="{'PyTorch': trace}")
    check_kind("runs", runs, Mapping, Phrase("a mapping from labels to runs"), remedy)
    require(runs, "plot_step_lengths", "{'PyTorch': trace}")
    lengths = {}
    for name, run in runs.items():
        places = getattr(run, "x", None)
        if not isinstance(places, np.ndarray) or places.ndim != 2:
            raise TypeError(
                tell(
                    "runs must hold runs with positions x, got {got}: {remedy}",
                    got=shown(run),
                    remedy=remedy,
                )
            )
        if len(run.x) < 2:
            raise ValueError(
                tell("the run {name!r} has no step to draw: run it for at least one", name=name)
            )
        with np.errstate(over="ignore", invalid="ignore"):
            lengths[name] = np.linalg.norm(np.diff(run.x, axis=0), axis=1)
        if not (lengths[name] <= _LARGEST).all():
            raise ValueError(
                tell(
                    "the run {name!r} has steps too long for a float or a figure, above "
                    "{most:g}: draw fewer of its steps",
                    name=name,
                    most=_LARGEST,
                )
            )
    longest = max(float(length.max()) for length in lengths.values()) or 1.0
    ax.set_xlim(0, max(len(length) for length in lengths.values()) + 1)
    ax.set_ylim(0, 1.08 * longest)
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel(label("axis.step_length"))
    lines = []
    for (name, length), look in zip(
        lengths.items(), looks(["momentum"] * len(lengths)), strict=True
    ):
        (line,) = ax.plot(
            np.arange(1, len(length) + 1),
            length,
            linewidth=1.8,
            label=name,
            zorder=3,
            **dot_style(look, len(length), size=4),
        )
        lines.append(line)
    legend(ax, lines)
    return Artists(tuple(lines))
