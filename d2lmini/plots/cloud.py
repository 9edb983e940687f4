"""Many noisy paths at once: the band that holds most of them, and the floor it settles on."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..checks import as_count, as_number, check_kind
from ..checks import shown as written
from ..ensemble import NoisyPaths
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import Artists, check_axes, legend, whole_steps

_SHARE = (0.05, 0.95)
_REACH = 1.6448536269514722  # a normal variable is within so many deviations 90 % of the time
_FAR = 1e100  # a path that diverges is drawn to here: Matplotlib's own sums overflow beyond
_POINTS = 200  # per curve: the band has two, and a page has several clouds


def plot_cloud(
    ax: Axes,
    runs: NoisyPaths,
    *,
    floor: float | None = None,
    coordinate: int = 0,
    shown: int = 3,
) -> Artists:
    r"""Draw the band that holds 90 % of many noisy paths, their mean, and a few single paths.

    With the variance that the paths settle on, dashed lines at :math:`\pm 1.645` times its root
    show where the band ends in the long run: a normal variable lies between them 90 % of the time.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    runs : NoisyPaths
        What :func:`~d2lmini.ensemble.noisy_descent` returned, with the minimizer at 0.
    floor : float, optional
        The stationary variance, >= 0; see :func:`~d2lmini.noise.noise_floor`.
    coordinate : int
        Which coordinate of the position.
    shown : int
        How many single paths to draw.

    Returns
    -------
    Artists
        ``lines`` holds the mean, then the single paths; ``marks`` the band, then the two dashed
        lines of the floor.

    Raises
    ------
    ValueError
        If the coordinate does not exist, or `floor` is negative or not finite.
    TypeError
        If an argument is of another kind.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.Quadratic([1])
    >>> runs = d2l.noisy_descent(
    ...     f.grad, 3, eta=0.1, beta=0.5, sigma=1, steps=100, paths=500, seed=0
    ... )
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_cloud(ax, runs, floor=d2l.noise_floor(1, eta=0.1, beta=0.5, sigma=1))
    Artists(4 lines, 3 marks, 0 texts)
    """
    check_axes(ax)
    remedy = Phrase("pass d2l.noisy_descent(...)")
    check_kind("runs", runs, NoisyPaths, Phrase("what noisy_descent returned"), remedy)
    i = as_count("coordinate", coordinate, Phrase("the first is 0"))
    if i >= runs.x.shape[2]:
        raise ValueError(
            tell(
                "coordinate must be below {dim}, got coordinate={coordinate}: the first is 0",
                dim=runs.x.shape[2],
                coordinate=written(i),
            )
        )
    single = min(as_count("shown", shown, Phrase("pass for example shown=3")), runs.paths)
    x = np.clip(runs.x[:, :, i], -_FAR, _FAR)  # (steps + 1, paths)
    steps = np.unique(np.linspace(0, runs.steps, min(_POINTS, runs.steps + 1)).round().astype(int))
    low, high = np.quantile(x[steps], _SHARE, axis=1)
    colour = LIGHT["gd" if runs.beta == 0 else "momentum"]

    ax.set_xlim(0, max(runs.steps, 1))
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel("x", style="italic", rotation=0, labelpad=8)
    band = ax.fill_between(steps, low, high, color=colour, alpha=0.22, linewidth=0)
    marks: list[Artist] = [band]
    (mean,) = ax.plot(
        steps, x[steps].mean(axis=1), color=colour, linewidth=2.2, label=_name(runs), zorder=4
    )
    lines = [mean]
    for j in range(single):
        (path,) = ax.plot(
            steps, x[steps, j], color=LIGHT["ink"], linewidth=0.7, alpha=0.6, zorder=3
        )
        lines.append(path)
    named = [mean, Line2D([], [], color=colour, alpha=0.22, linewidth=9, label=label("cloud.band"))]
    if floor is not None:
        variance = as_number("floor", floor, "floor >= 0", Phrase("pass d2l.noise_floor(...)"))
        if not 0 <= variance <= _FAR**2:
            raise ValueError(
                tell(
                    "floor must be a variance >= 0, got floor={floor:g}, and at most {most:g}: "
                    "pass d2l.noise_floor(...) where that is finite",
                    floor=variance,
                    most=_FAR**2,
                )
            )
        for sign in (1, -1):
            mark = ax.axhline(
                sign * _REACH * np.sqrt(variance),
                color=LIGHT["ink"],
                linewidth=1.2,
                linestyle=(0, (5, 3)),
                zorder=5,
                label=label("cloud.floor"),
            )
            marks.append(mark)
        named.append(mark)
    legend(ax, named)
    return Artists(tuple(lines), tuple(marks))


def _name(runs: NoisyPaths) -> str:
    """Name the mean by what it was run with; a schedule has no single learning rate."""
    rates = np.unique(runs.eta)
    eta = f"η = {rates[0]:.4g}, " if rates.size == 1 else ""
    return label("cloud.mean", settings=f"{eta}β = {runs.beta:.4g}")
