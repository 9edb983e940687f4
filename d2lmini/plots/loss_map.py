"""Final losses of training runs over the plane of learning rate and momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, ScaledTranslation

from ..checks import Array, as_array, as_number, as_reals
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import SMALL, Artists, check_axes, legend, say

_LEVELS = 9  # of shading, at equal factors; without `floor`, a factor √2 each
_GAP = 0.02  # between cells, as a share of a cell
_NEAR = 1e-9  # cells that are narrower than this share of the axis have no area
_ASIDE = (13, 9)  # points by which a number stands aside of the lines through the centres of cells


def plot_loss_map(
    ax: Axes,
    etas: npt.ArrayLike,
    betas: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    limit: float,
    floor: float | None = None,
    effective: Sequence[float] = (),
) -> Artists:
    r"""Draw the loss that training runs ended with, one cell for each learning rate and momentum.

    The darker, the lower. A run that failed is marked with a cross. The axes are :math:`\log\eta`
    and :math:`-\log(1 - \beta)`, so that pairs with the same effective step
    :math:`\eta / (1 - \beta)` lie on a straight line that falls to the right.

    The numbers are drawn as outlines, in groups ``measured-<n>`` of the SVG as the shading is,
    since the last digits of a training run differ among processors.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    etas : array_like, shape (n,)
        Learning rates > 0, ascending, at least two.
    betas : array_like, shape (m,)
        Momenta, 0 <= beta < 1, ascending, at least two.
    losses : array_like, shape (n, m)
        The loss for each eta and beta, as the method ``grid`` of :func:`~d2lmini.sweep`'s result
        gives it. Infinity and NaN stand for a run that diverged.
    limit : float
        The loss > 0 from which on a run has failed, such as that of guessing, ``np.log(10)`` for
        ten classes. The shading begins there.
    floor : float, optional
        The loss, 0 < floor < limit, below which a cell is as dark as can be; by default a sixteenth
        of `limit`. With it, numbers below 0.1 have one significant digit instead of two decimals.
    effective : sequence of float
        Effective steps > 0 to draw a line for.

    Returns
    -------
    Artists
        ``lines`` holds the lines of equal effective step; ``marks`` the shading, then the tint of
        the runs that failed, then one outline per cell, row by row from the lowest beta.

    Raises
    ------
    ValueError
        If `etas`, `betas`, `limit`, `floor` or `effective` is out of its range, or `losses` has
        another shape.
    TypeError
        If an argument is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> import numpy as np
    >>> losses = [[1.8, 0.43], [0.7, 0.28], [0.4, np.inf]]
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_loss_map(ax, [0.02, 0.06, 0.2], [0, 0.9], losses, limit=2.3, effective=[0.2])
    Artists(1 lines, 16 marks, 1 texts)
    """
    check_axes(ax)
    eta = _axis("etas", etas, Phrase("learning rates > 0"), "[0.01, 0.1, 1]")
    if eta[0] <= 0:
        raise ValueError(
            tell(
                "etas must be > 0 on a logarithmic axis, got {least:g}: pass for example "
                "[0.01, 0.1]",
                least=eta[0],
            )
        )
    beta = _axis("betas", betas, Phrase("momenta with 0 <= beta < 1"), "[0, 0.5, 0.9]")
    if beta[0] < 0 or beta[-1] >= 1:
        wrong = beta[0] if beta[0] < 0 else beta[-1]
        raise ValueError(
            tell(
                "betas must be momenta with 0 <= beta < 1, got {wrong:g}: pass for example "
                "[0, 0.9]",
                wrong=wrong,
            )
        )
    loss = _losses(losses, (eta.size, beta.size))
    remedy = Phrase("np.log(10) is the loss of guessing a digit")
    limit = as_number("limit", limit, "limit > 0", remedy)
    if limit <= 0:
        raise ValueError(
            tell(
                "limit must be a loss > 0, got limit={limit:g}: {remedy}",
                limit=limit,
                remedy=remedy,
            )
        )
    lowest = limit * 0.5 ** ((_LEVELS - 1) / 2)
    if floor is not None:
        remedy = Phrase("it is the loss of the darkest cells")
        lowest = as_number("floor", floor, "0 < floor < limit", remedy)
        if not 0 < lowest < limit:
            raise ValueError(
                tell(
                    "floor must be a loss > 0 below limit={limit:g}, got floor={floor:g}: {remedy}",
                    limit=limit,
                    floor=lowest,
                    remedy=remedy,
                )
            )
    steps = as_array("effective", effective, Phrase("pass for example [0.2, 2]"))
    if steps.ndim != 1 or (steps <= 0).any():
        raise ValueError(tell("effective must be effective steps > 0: pass for example [0.2, 2]"))

    x, y = np.log10(eta), -np.log10(1 - beta)
    for name, places in (("etas", x), ("betas", y)):
        if np.diff(places).min() < _NEAR * max(np.ptp(places), 1):
            raise ValueError(
                tell(
                    "{name} holds two numbers that are too close on its logarithmic axis for a "
                    "cell each: leave one of them out",
                    name=name,
                )
            )
    x_edges, y_edges = _edges(x), _edges(y)
    ax.set_xlim(x_edges[0], x_edges[-1])
    ax.set_ylim(y_edges[0], y_edges[-1])
    ax.set_xticks(x, [f"{number:g}" for number in eta])
    ax.set_yticks(y, [f"{number:g}" for number in beta])
    ax.set_xlabel(label("axis.eta"))
    ax.set_ylabel(label("axis.beta"))
    ax.grid(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)

    marks: list[Artist] = []
    levels = limit * (lowest / limit) ** (np.arange(_LEVELS) / (_LEVELS - 1))
    tints = [(loss < level, LIGHT["momentum"], 0.075) for level in levels]
    for chosen, colour, alpha in [*tints, (~(loss < limit), LIGHT["gd"], 0.16)]:
        patch = PathPatch(
            _cells(x_edges, y_edges, chosen),
            facecolor=colour,
            alpha=alpha,
            linewidth=0,
            zorder=1,
            gid=f"measured-{len(marks) + 1}",
        )
        marks.append(ax.add_patch(patch))
    for j in range(beta.size):
        for i in range(eta.size):
            failed = not loss[i, j] < limit
            fine = floor is not None and loss[i, j] < 0.095
            number = f"{loss[i, j]:.1g}" if fine else f"{loss[i, j]:.2f}"
            outline = _outline(ax, "×" if failed else number, (x[i], y[j]))
            outline.set_gid(f"measured-{len(marks) + 1}")
            marks.append(ax.add_patch(outline))
    lines, texts = _equal_steps(ax, x_edges, steps)
    return Artists(tuple(lines), tuple(marks), tuple(texts))


def _axis(name: str, values: npt.ArrayLike, kind: Phrase, example: str) -> Array:
    array = as_array(name, values, Phrase("pass for example {example}", example=example))
    if array.ndim != 1 or array.size < 2 or not (np.diff(array) > 0).all():
        raise ValueError(
            tell(
                "{name} must be at least two {kind} in ascending order, got shape {shape}: "
                "pass for example {example}",
                name=name,
                kind=kind,
                shape=array.shape,
                example=example,
            )
        )
    return array


def _losses(values: npt.ArrayLike, shape: tuple[int, int]) -> Array:
    remedy = Phrase("pass what the sweep's grid('loss') returns")
    loss = as_reals("losses", values, remedy)  # unlike as_array's, these may be infinite
    if loss.shape != shape:
        raise ValueError(
            tell(
                "losses must have the shape (etas, betas) = {shape}, got {got_shape}: {remedy}",
                shape=shape,
                got_shape=loss.shape,
                remedy=remedy,
            )
        )
    return loss


def _edges(centres: Array) -> Array:
    """Return the edges of cells around their centres, half way between neighbours."""
    middles = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middles[0]], middles, [2 * centres[-1] - middles[-1]]])


def _cells(x: Array, y: Array, chosen: npt.NDArray[np.bool_]) -> Path:
    """Return one path around all chosen cells.

    A single path, so that which cells are chosen shows in its points alone. An empty one would
    vanish from the SVG; a square without area stays.
    """
    corners = [np.array([(x[0], y[0])] * 5)]
    for i, j in np.argwhere(chosen):
        dx, dy = _GAP * (x[i + 1] - x[i]), _GAP * (y[j + 1] - y[j])
        left, right, low, high = x[i] + dx, x[i + 1] - dx, y[j] + dy, y[j + 1] - dy
        square = [(left, low), (right, low), (right, high), (left, high), (left, low)]
        corners.append(np.array(square))
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(corners)
    return Path(np.concatenate(corners), codes)


def _outline(ax: Axes, text: str, at: tuple[float, float]) -> PathPatch:
    """Return the outlines of a number in type of `SMALL` points, to the upper right of a point."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    path = TextPath((0, 0), text, size=SMALL)
    box = path.get_extents()
    centred = Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2)
    place = (
        centred.translate(*_ASIDE).scale(1 / 72)
        + figure.dpi_scale_trans
        + ScaledTranslation(*at, ax.transData)  # type: ignore[arg-type]  # as Matplotlib's guide does
    )
    return PathPatch(path, transform=place, facecolor=LIGHT["ink"], linewidth=0, zorder=3)


def _equal_steps(ax: Axes, x_edges: Array, steps: Array) -> tuple[list[Line2D], list[Text]]:
    """Draw where log η - log(1 - β) is the logarithm of each effective step."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    lines: list[Line2D] = []
    texts: list[Text] = []
    for step in steps:
        total = float(np.log10(step))
        start, end = max(left, total - high), min(right, total - low)
        if start >= end:
            continue  # nowhere in the picture
        (line,) = ax.plot(
            [start, end],
            [total - start, total - end],
            color=LIGHT["ink"],
            linewidth=1.1,
            linestyle=(0, (5, 3)),
            zorder=2,
            label="η/(1 − β)",
        )
        lines.append(line)
        # Between two cells, where no number stands, and near the upper end.
        crossings = x_edges[(x_edges > start + 1e-9) & (x_edges < end - 1e-9)]
        at = float(crossings[0]) if crossings.size else (start + end) / 2
        texts.append(say(ax, f"{step:g}", (at, total - at), (0, 0), ha="center", va="center"))
    if lines:
        legend(ax, lines[:1])
    return lines, texts
