"""The rate of momentum over the plane of learning rate and momentum."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

from ..checks import Array, as_array
from ..labels import label
from ..messages import Phrase, tell
from ..optima import optimal_eta_beta
from ..palette import LIGHT
from ..problems import Quadratic
from .drawing import (
    SMALL,
    Artists,
    ascending,
    check_axes,
    check_quadratic,
    legend,
    panel_size,
    say,
)

_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_FEWER = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95)  # where more than six would be in the picture
_FINEST = 140  # points per side: beyond that, contours only become longer


def plot_rate_map(
    ax: Axes, etas: npt.ArrayLike, betas: npt.ArrayLike, rates: npt.ArrayLike, f: Quadratic
) -> Artists:
    r"""Draw how fast momentum converges, over learning rate and momentum, by contour lines.

    The darker, the faster. Beyond the line :math:`\eta\lambda_n = 2(1 + \beta)` it diverges. Along
    the dashed curves, :math:`\beta = (1 - \sqrt{\eta\lambda})^2`, the flattest and the steepest
    direction are critically damped; where the two cross, both are, and the slower of them is as
    fast as it can be.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    etas : array_like, shape (n,)
        Learning rates >= 0, ascending, at least two.
    betas : array_like, shape (m,)
        Momenta, 0 <= beta <= 1, ascending, at least two.
    rates : array_like, shape (m, n)
        The rate for each beta (down) and eta (across), as :func:`convergence_rate` gives it; for
        several eigenvalues, the largest of theirs.
    f : Quadratic
        The objective that the rates belong to; all its eigenvalues must be positive.

    Returns
    -------
    Artists
        ``lines`` holds the curves of critical damping, flattest direction first; the last of
        ``marks`` is the star at the best pair, if that is in the picture.

    Raises
    ------
    ValueError
        If `etas` or `betas` does not ascend within its range, `rates` has another shape, or `f` has
        no minimizer.
    TypeError
        If an argument is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> import numpy as np
    >>> f, eta, beta = d2l.ravine(), np.linspace(0, 1, 101), np.linspace(0, 1, 101)
    >>> rates = d2l.convergence_rate(f.eigenvalues, eta=eta[:, None], beta=beta[:, None, None])
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_rate_map(ax, eta, beta, rates.max(axis=-1), f).marks[-1].get_label()
    'best: η = 0.6679, β = 0.4026'
    """
    check_axes(ax)
    check_quadratic(f)
    eta = _axis("etas", etas, "np.linspace(0, 1, 101)")
    beta = _axis("betas", betas, "np.linspace(0, 1, 101)")
    if beta[-1] > 1:
        raise ValueError(
            tell(
                "betas must not exceed 1, got {largest:g}: beyond it nothing converges; pass "
                "for example np.linspace(0, 1, 101)",
                largest=beta[-1],
            )
        )
    rate = as_array("rates", rates, Phrase("pass what convergence_rate returns"))
    if rate.shape != (beta.size, eta.size):
        raise ValueError(
            tell(
                "rates must have the shape (betas, etas) = {shape}, got {got_shape}: pass "
                "convergence_rate(f.eigenvalues, eta=etas[:, None], "
                "beta=betas[:, None, None]).max(axis=-1)",
                shape=(beta.size, eta.size),
                got_shape=rate.shape,
            )
        )
    _ = f.minimizer  # raises, and says why, if there is none
    lowest, highest = float(f.eigenvalues[0]), float(f.eigenvalues[-1])
    ax.set_xlim(eta[0], eta[-1])
    ax.set_ylim(beta[0], beta[-1])
    ax.set_xlabel(label("axis.eta"))
    ax.set_ylabel(label("axis.beta"))

    marks, texts = _contours(ax, eta, beta, rate)
    edge = 2 * (1 + beta[[0, -1]]) / highest
    band = ax.fill_betweenx(
        beta[[0, -1]],
        np.minimum(edge, eta[-1]),
        eta[-1],
        facecolor=LIGHT["gd"],
        alpha=0.12,
        linewidth=0,
        zorder=0.6,
    )
    (border,) = ax.plot(edge, beta[[0, -1]], color=LIGHT["gd"], linewidth=1.4, zorder=2)
    marks += [band, border]
    if edge[0] < eta[-1]:
        texts.append(
            say(
                ax,
                label("rates.diverges"),
                (eta[-1], beta[0]),
                (-8, 9),
                ha="right",
                va="bottom",
                color=LIGHT["gd"],
                gid="word",
            )
        )
    lines = _critical(ax, eta, beta, sorted({lowest, highest}))
    named = list(lines)
    best = optimal_eta_beta(lowest, highest)
    if eta[0] <= best[0] <= eta[-1] and beta[0] <= best[1] <= beta[-1]:
        (star,) = ax.plot(
            *best,
            "*",
            markersize=14,
            color=LIGHT["ink"],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.8,
            zorder=5,
            clip_on=False,
            label=label("map.optimum", eta=f"{best[0]:.4g}", beta=f"{best[1]:.4g}"),
        )
        marks.append(star)
        named.append(star)
    legend(ax, named)
    return Artists(tuple(lines), tuple(marks), tuple(texts))


def _axis(name: str, values: npt.ArrayLike, example: str) -> Array:
    array = as_array(name, values, Phrase("pass for example {example}", example=example))
    if array.ndim != 1 or array.size < 2 or not ascending(array):
        raise ValueError(
            tell(
                "{name} must be at least two numbers from 0 to 1e100 in ascending order, got "
                "shape {shape}: pass for example {example}",
                name=name,
                shape=array.shape,
                example=example,
            )
        )
    return array


def _contours(ax: Axes, eta: Array, beta: Array, rate: Array) -> tuple[list[Artist], list[Text]]:
    """Draw the contour lines, shade what is inside each of them, and write their rates on them."""
    marks: list[Artist] = []
    texts: list[Text] = []
    rows, columns = (np.unique(np.linspace(0, k - 1, min(k, _FINEST)).round()).astype(int)
                     for k in rate.shape)  # fmt: skip
    eta, beta, rate = eta[columns], beta[rows], rate[np.ix_(rows, columns)]
    inside = [level for level in _LEVELS if rate.min() < level < rate.max()]
    if len(inside) > len(_FEWER):
        inside = [level for level in _FEWER if level in inside]
    lowest = np.inf
    for level in reversed(inside):
        shade = ax.contourf(
            eta,
            beta,
            rate,
            [-1, level],
            colors=LIGHT["momentum"],
            alpha=0.09,
            antialiased=True,
            zorder=0.7,
        )
        line = ax.contour(
            eta, beta, rate, [level], colors=LIGHT["momentum"], linewidths=0.9, alpha=0.6, zorder=1
        )
        marks += [shade, line]
        points = np.concatenate([path.vertices for path in line.get_paths()])
        # A contour is flat at its top, where the slowest direction is underdamped.
        height = float(np.max(points[:, 1]))
        spacing = 1.3 * SMALL * (beta[-1] - beta[0]) / panel_size(ax)[1]
        # Not across the line above it, nor out of the panel.
        if height > lowest - spacing or height > beta[-1] - spacing:
            continue
        lowest = height
        flat = points[points[:, 1] > height - 0.01 * (beta[-1] - beta[0])]
        middle = float(flat[:, 0].min() / 2 + flat[:, 0].max() / 2)
        texts.append(
            say(
                ax,
                f"ρ = {level:g}",
                (middle, height),
                (0, 2),
                ha="center",
                va="bottom",
                color=LIGHT["momentum"],
            )
        )
    return marks, texts


def _critical(ax: Axes, eta: Array, beta: Array, curvatures: list[float]) -> list[Line2D]:
    """Draw beta = (1 - √(ηλ))², evenly in √η, in which it is a parabola."""
    lines = []
    for lam, dashes in zip(curvatures, ((0, (5, 2)), (0, (1.2, 1.8))), strict=False):
        root = np.linspace(np.sqrt(eta[0]), np.sqrt(min(eta[-1], 4 / lam)), 81)
        height = (1 - root * np.sqrt(lam)) ** 2
        (line,) = ax.plot(
            root**2,
            np.where((height >= beta[0]) & (height <= beta[-1]), height, np.nan),
            color=LIGHT["ink"],
            linestyle=dashes,
            linewidth=1.5,
            zorder=3,
            label=label("map.critical", lam=f"{lam:.3g}"),
        )
        lines.append(line)
    return lines
