"""How much a past gradient still counts, against its age."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..averages import weights
from ..checks import as_array, as_count, as_flag
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import Artists, check_axes, legend, panel_size, whole_steps

_MARKERS = "oDs^v"
_MOST = 5  # as many as there are looks; more stems would be a thicket
_WIDEST = 4.0  # points
_LONGEST = 10_000  # stems of each: there are not nearly as many pixels


def plot_weights(
    ax: Axes, betas: npt.ArrayLike, *, n: int = 40, normalised: bool = False
) -> Artists:
    r"""Draw the weights of past gradients in the velocity, one family of stems per momentum.

    The gradient of k steps ago counts :math:`\beta^k` in a leaky average, and
    :math:`(1 - \beta)\beta^k` in the normalised one. The sum of all weights,
    :math:`1 / (1 - \beta)`, stands beside each beta; normalised, it is 1.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    betas : float or array_like, shape (m,)
        Momenta, 0 <= beta < 1, at most five.
    n : int
        How many weights of each to draw, at least one.
    normalised : bool
        Whether to draw the weights that add up to 1.

    Returns
    -------
    Artists
        ``lines`` holds the heads of the stems, one line per beta; ``marks`` the stems, likewise.

    Raises
    ------
    ValueError
        If there is no beta or too many of them, or a beta or `n` is out of its range.
    TypeError
        If an argument is of another kind.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_weights(ax, [0.95, 0.9, 0.6, 0])
    Artists(4 lines, 4 marks, 0 texts)
    """
    check_axes(ax)
    memory = np.atleast_1d(as_array("betas", betas, Phrase("pass for example [0.95, 0.9, 0.6, 0]")))
    if memory.ndim != 1 or not 1 <= memory.size <= _MOST:
        raise ValueError(
            tell(
                "betas must be 1 to {most} momenta, got shape {shape}: pass for example "
                "[0.95, 0.9, 0.6, 0]",
                most=_MOST,
                shape=memory.shape,
            )
        )
    if (memory < 0).any() or (memory >= 1).any():
        bad = memory[(memory < 0) | (memory >= 1)][0]
        raise ValueError(
            tell(
                "plot_weights needs 0 <= beta < 1, got beta={beta:g}: with beta >= 1 past "
                "gradients never fade",
                beta=bad,
            )
        )
    count = as_count("n", n, Phrase("pass for example n=40"), most=_LONGEST)
    if count == 0:
        raise ValueError(tell("n must be at least 1, got n=0: pass for example n=40"))
    heights = weights(memory, count)  # (n, m)
    if as_flag("normalised", normalised):
        heights = heights * (1 - memory)
    ages = np.arange(count)
    top = float(heights.max())

    ax.set_xlim(-0.75, count - 0.25)
    ax.set_ylim(0, 1.06 * top)
    whole_steps(ax)
    ax.set_xlabel(label("axis.age"))
    ax.set_ylabel(label("axis.weight_normalised" if normalised else "axis.weight"))

    # The stems of one age stand side by side; together they take most of a step.
    slot = 0.8 / memory.size
    width = min(0.62 * slot * panel_size(ax)[0] / (count + 0.5), _WIDEST)
    colours = iter(["momentum", "accent", "nesterov", "ink", "muted"])
    lines, stems = [], []
    for i, beta in enumerate(memory):
        # beta = 0 is gradient descent, and drawn as such.
        colour = LIGHT["gd" if beta == 0 else next(colours)]
        x = ages + (i - (memory.size - 1) / 2) * slot
        seen = heights[:, i] > 0.002 * top
        x, y = x[seen], heights[seen, i]
        gap = np.full(len(x), np.nan)  # between stems: one path for all of them
        (stem,) = ax.plot(
            np.stack([x, x, gap], axis=1).ravel(),
            np.stack([0 * y, y, gap], axis=1).ravel(),
            color=colour,
            alpha=0.45,
            linewidth=width,
            solid_capstyle="butt",
        )
        text = f"β = {beta:.4g}"
        if not normalised:
            text = label("weights.sum", beta=f"{beta:.4g}", sum=f"{1 / (1 - beta):.4g}")
        (head,) = ax.plot(
            x,
            y,
            linestyle="",
            marker=_MARKERS[i],
            markersize=min(max(1.5 * width, 3.4), 6),
            markeredgewidth=0,
            color=colour,
            label=text,
            clip_on=False,
            zorder=3,
        )
        lines.append(head)
        stems.append(stem)
    legend(ax, lines)
    return Artists(tuple(lines), tuple(stems))
