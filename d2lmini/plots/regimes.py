"""The plane of ηλ and momentum, divided by what a single direction does there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.text import Text

from ..checks import as_array, check_kind, shown
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import DASHES, Artists, check_axes, legend, say

_WIDEST = 4.4  # ηλ; everything beyond 4 diverges, whatever β is
_REMEDY = Phrase("pass (ηλ, β), for example {example}", example="{'A': (0.1, 0.9)}")


def plot_regimes(ax: Axes, points: Mapping[str, npt.ArrayLike] | None = None) -> Artists:
    r"""Draw which values of ηλ and β make one direction creep, swing, alternate or diverge.

    The curve :math:`\beta = (1 - \sqrt{\eta\lambda})^2` has two branches. Left of the first the
    roots of :math:`r^2 - (1 + \beta - \eta\lambda) r + \beta` are positive, between the branches
    they are complex, right of the second they are negative, and from the line
    :math:`\eta\lambda = 2 (1 + \beta)` on one of them is -1 or below.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    points : mapping of str to (float, float), optional
        Name -> (ηλ, β), settings to mark, with 0 <= ηλ <= 4.4 and 0 <= β <= 1.

    Returns
    -------
    Artists
        ``lines`` holds the two branches of critical damping, the slower one first, and the border
        of divergence; ``marks`` the shaded regions and then the points; ``texts`` the names of the
        four regions and then those of the points.

    Raises
    ------
    ValueError
        If a point is not two finite numbers in the picture.
    TypeError
        If a point is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_regimes(ax, {"A": (0.1, 0.9)})
    Artists(3 lines, 4 marks, 5 texts)
    """
    check_axes(ax)
    given = {} if points is None else points
    check_kind("points", given, Mapping, Phrase("a mapping from names to pairs"), _REMEDY)
    named = {name: _point(name, value) for name, value in given.items()}
    ax.set_xlim(0, _WIDEST)
    ax.set_ylim(0, 1)
    ax.set_xlabel("ηλ")
    ax.set_ylabel(label("axis.beta"))

    # Evenly in √β, in which both branches are parabolas.
    root = np.linspace(0, 1, 81)
    beta, low, high, edge = root**2, (1 - root) ** 2, (1 + root) ** 2, 2 * (1 + root**2)
    marks = [
        ax.fill_betweenx(beta, left, right, facecolor=colour, alpha=shade, linewidth=0, zorder=0.6)
        for left, right, colour, shade in (
            (low, high, LIGHT["momentum"], 0.14),
            (high, edge, LIGHT["accent"], 0.12),
            (edge, np.full_like(edge, _WIDEST), LIGHT["gd"], 0.14),
        )
    ]
    lines = []
    for across, colour, dashes, text in (
        (low, LIGHT["ink"], DASHES[1], label("regimes.critical", formula="ηλ = (1 − √β)²")),
        (high, LIGHT["ink"], DASHES[2], label("regimes.critical", formula="ηλ = (1 + √β)²")),
        (edge, LIGHT["gd"], DASHES[0], "ηλ = 2 (1 + β)"),
    ):
        (line,) = ax.plot(across, beta, color=colour, linestyle=dashes, linewidth=1.5, label=text)
        lines.append(line)

    def point_into(text: str, at: tuple[float, float], by: tuple[float, float], ink: str) -> Text:
        arrow = {"arrowstyle": "-", "color": LIGHT[ink], "linewidth": 1, "shrinkB": 0}
        return say(ax, text, at, by, color=LIGHT[ink], gid="word", arrowprops=arrow)

    texts = [
        # Two regions are too small for their names, which stand outside and point into them.
        point_into(label("regimes.over"), (0.42, 0.05), (45, 16), "ink"),
        say(ax, label("regimes.under"), (1.45, 0.62), (0, 0), ha="center", gid="word"),
        point_into(label("regimes.alternating"), (2.25, 0.2), (64, 18), "accent"),
        say(
            ax,
            label("rates.diverges"),
            (_WIDEST, 0),
            (-8, 9),
            ha="right",
            va="bottom",
            color=LIGHT["gd"],
            gid="word",
        ),
    ]
    points_drawn = []
    for name, (pull, memory) in named.items():
        (dot,) = ax.plot(
            pull,
            memory,
            "o",
            markersize=8,
            color=LIGHT["ink"],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.8,
            clip_on=False,
            zorder=5,
        )
        points_drawn.append(dot)
        inward = -1 if memory > 0.9 else 1
        side = -8 if pull > 0.9 * _WIDEST else 8
        texts.append(
            say(
                ax,
                name,
                (pull, memory),
                (side, 5 * inward),
                ha="right" if side < 0 else "left",
                va="top" if inward < 0 else "bottom",
                fontweight="bold",
            )
        )
    legend(ax, lines)
    return Artists(tuple(lines), (*marks, *points_drawn), tuple(texts))


def _point(name: str, value: npt.ArrayLike) -> tuple[float, float]:
    pair = as_array("points", value, _REMEDY)
    if pair.shape != (2,) or not (0 <= pair[0] <= _WIDEST and 0 <= pair[1] <= 1):
        raise ValueError(
            tell(
                "the point {name!r} must be a pair with 0 <= ηλ <= {widest:g} and 0 <= β <= 1, "
                "got {got}: {remedy}",
                name=name,
                widest=_WIDEST,
                got=shown(value),
                remedy=_REMEDY,
            )
        )
    return float(pair[0]), float(pair[1])
