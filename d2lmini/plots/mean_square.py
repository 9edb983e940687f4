"""How far from the minimum noisy runs are, in the mean over many of them, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..checks import as_count, as_number, check_kind, shown
from ..ensemble import NoisyPaths
from ..labels import label
from ..messages import Phrase, tell
from .drawing import Artists, check_axes, legend, log_axis, looks, require, whole_steps

_FAR = 1e100  # squares beyond overflow; a path that diverges is drawn to here
_POINTS = 300  # per curve: as many as a panel has room for


def plot_mean_square(
    ax: Axes,
    runs: Mapping[str, NoisyPaths],
    *,
    floors: Mapping[str, float] | None = None,
    coordinate: int = 0,
) -> Artists:
    r"""Draw the mean of :math:`x^2` over the paths against the step, on a logarithmic axis.

    The transient is the part that falls, the floor the part that does not.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    runs : mapping of str to NoisyPaths
        Label -> paths, with the minimizer at 0. Those with ``beta`` 0 are drawn in the colour of
        gradient descent first, others in that of momentum.
    floors : mapping of str to float, optional
        Label -> stationary variance > 0, drawn as a dashed line in the colour of its curve.
    coordinate : int
        Which coordinate of the position.

    Returns
    -------
    Artists
        ``lines`` holds one curve per label; where all paths are exactly at 0 it has a gap.
        ``marks`` holds the floors.

    Raises
    ------
    ValueError
        If there is nothing to draw, a floor is not positive or belongs to no curve, or the
        coordinate does not exist.
    TypeError
        If a value is of another kind.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.Quadratic([1])
    >>> runs = d2l.noisy_descent(
    ...     f.grad, 3, eta=0.1, beta=0.5, sigma=1, steps=100, paths=500, seed=0
    ... )
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_mean_square(ax, {"β = 0.5": runs}, floors={"β = 0.5": 0.1017})
    Artists(1 lines, 1 marks, 0 texts)
    """
    check_axes(ax)
    remedy = Phrase("pass for example {example}", example="{'β = 0.9': d2l.noisy_descent(...)}")
    check_kind("runs", runs, Mapping, Phrase("a mapping from labels to noisy runs"), remedy)
    known = {} if floors is None else floors
    remedy = Phrase("pass for example {example}", example="{'β = 0.9': d2l.noise_floor(...)}")
    check_kind("floors", known, Mapping, Phrase("a mapping from labels to variances"), remedy)
    require(runs, "plot_mean_square", "{'β = 0.9': d2l.noisy_descent(...)}")
    i = as_count("coordinate", coordinate, Phrase("the first is 0"))
    squares = {}
    for name, paths in runs.items():
        if not isinstance(paths, NoisyPaths):
            raise TypeError(
                tell(
                    "runs must hold what noisy_descent returned, and {name!r} is {got}: pass "
                    "d2l.noisy_descent(...)",
                    name=name,
                    got=type(paths).__name__,
                )
            )
        if i >= paths.x.shape[2]:
            raise ValueError(
                tell(
                    "coordinate must be below {dim}, got coordinate={coordinate}: the first is 0",
                    dim=paths.x.shape[2],
                    coordinate=shown(i),
                )
            )
        square = (np.clip(paths.x[:, :, i], -_FAR, _FAR) ** 2).mean(axis=1)  # (steps + 1,)
        squares[name] = np.where(square > 0, square, np.nan)
    levels = {}
    for name, floor in known.items():
        level = as_number("floor", floor, "floor > 0", Phrase("pass d2l.noise_floor(...)"))
        if not 0 < level <= _FAR**2:
            raise ValueError(
                tell(
                    "floor must be > 0 on a logarithmic axis, got floor={floor:g}, and at most "
                    "{most:g}: pass d2l.noise_floor(...) where that is finite",
                    floor=level,
                    most=_FAR**2,
                )
            )
        if name not in runs:
            raise ValueError(
                tell(
                    "the floor {name!r} belongs to no curve: use one of the labels {labels}",
                    name=name,
                    labels=", ".join(map(repr, runs)),
                )
            )
        levels[name] = level
    seen = np.concatenate([*squares.values(), list(levels.values())])
    seen = seen[np.isfinite(seen)]
    low, high = (seen.min(), seen.max()) if seen.size else (0.1, 1.0)

    log_axis(ax)
    ax.set_ylim(low / 1.6, high * 1.6)
    ax.set_xlim(0, max(1, *(paths.steps for paths in runs.values())))
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel(label("axis.mean_square"))

    methods = ["gd" if paths.beta == 0 else "momentum" for paths in runs.values()]
    lines: list[Line2D] = []
    marks: list[Artist] = []
    for (name, square), look in zip(squares.items(), looks(methods), strict=True):
        chosen = np.unique(np.linspace(0, len(square) - 1, _POINTS).round().astype(int))
        (line,) = ax.plot(
            chosen,
            square[chosen],
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.8,
            label=name,
            zorder=3,
        )
        lines.append(line)
        if name in levels:
            marks.append(
                ax.axhline(
                    levels[name], color=look.colour, linewidth=1, linestyle=(0, (4, 3)), zorder=2
                )
            )
    legend(ax, lines)
    return Artists(tuple(lines), tuple(marks))
