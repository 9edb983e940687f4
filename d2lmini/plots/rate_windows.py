"""The rate of momentum along one direction against ηλ, and whether a spectrum fits below it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator

from ..checks import Array, as_array, shown
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from ..problems import Quadratic
from ..spectrum import convergence_rate
from .drawing import DASHES, Artists, check_axes, check_quadratic, legend, say

_TOP = 1.12
_LOOKS = (("momentum", "D"), ("accent", "s"), ("ink", "v"), ("muted", "^"), ("nesterov", "P"))


def plot_rate_windows(ax: Axes, betas: npt.ArrayLike, f: Quadratic) -> Artists:
    r"""Draw the rate against ηλ, on a logarithmic axis, and the spectrum of f on each curve.

    With momentum the curve has a flat bottom of height :math:`\sqrt\beta`, from
    :math:`(1 - \sqrt\beta)^2` to :math:`(1 + \sqrt\beta)^2`. On a logarithmic axis the eigenvalues
    of `f` have fixed distances, and the learning rate shifts them all together; the rate of the
    method is that of the highest. They are drawn for the best learning rate of each :math:`\beta`,
    :math:`\eta = 2 (1 + \beta) / (\lambda_1 + \lambda_n)`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    betas : float or array_like, shape (n,)
        One to five different momenta, 0 <= beta < 1.
    f : Quadratic
        The objective; all its eigenvalues must be positive.

    Returns
    -------
    Artists
        ``lines`` holds one curve per beta, and ``marks`` the eigenvalues on it, in the same order.

    Raises
    ------
    ValueError
        If there is no beta or more than five, one is out of range, or `f` has no minimizer.
    TypeError
        If a beta is not a real number.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_rate_windows(ax, [0, 0.9], d2l.ravine())
    Artists(2 lines, 2 marks, 1 texts)
    """
    check_axes(ax)
    check_quadratic(f)
    beta = _momenta(betas)
    _ = f.minimizer  # raises, and says why, if there is none
    lams = f.eigenvalues
    pulls = 2 * (1 + beta)[:, None] * lams / (lams[0] + lams[-1])  # (n, d), that is, ηλ
    low = min(0.5 * float(pulls.min()), 0.1)
    high = 2 * (1 + float(beta.max())) * 1.5
    grid = np.geomspace(low, high, 241)

    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ax.set_ylim(0, _TOP)
    ax.set_xlabel("ηλ")
    ax.set_ylabel(label("axis.rho"))
    ax.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5), numticks=20))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(FixedLocator([]))

    ax.axhspan(1, _TOP, facecolor=LIGHT["gd"], alpha=0.09, linewidth=0, zorder=0.6)
    ax.axhline(1, color=LIGHT["gd"], linewidth=1, linestyle=(0, (4, 3)), zorder=1.5)
    word = say(ax, label("rates.diverges"), (low, 1), (8, 5), color=LIGHT["gd"], gid="word")
    lines, marks = [], []
    others = iter(_LOOKS)
    for i, memory in enumerate(beta):
        colour, marker = ("gd", "o") if memory == 0 else next(others)
        # The corners belong to the curve: between points of the grid they would be cut off.
        corners = [(1 - memory**0.5) ** 2, (1 + memory**0.5) ** 2, 2 * (1 + memory)]
        across = np.unique([*grid, *(corner for corner in corners if low <= corner <= high)])
        (line,) = ax.plot(
            across,
            convergence_rate(across, eta=1, beta=memory),
            color=LIGHT[colour],
            linestyle=DASHES[i % len(DASHES)],
            linewidth=1.8,
            label=f"β = {memory:.4g}",
            zorder=3,
        )
        (dots,) = ax.plot(
            pulls[i],
            convergence_rate(pulls[i], eta=1, beta=memory),
            linestyle="",
            marker=marker,
            markersize=8,
            color=LIGHT[colour],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.8,
            zorder=4,
        )
        lines.append(line)
        marks.append(dots)
    drawn: list[Artist] = list(marks)
    legend(ax, lines)
    return Artists(tuple(lines), tuple(drawn), (word,))


def _momenta(betas: npt.ArrayLike) -> Array:
    beta = np.atleast_1d(as_array("betas", betas, Phrase("pass momenta such as [0, 0.9]")))
    if beta.ndim != 1 or not 1 <= beta.size <= len(_LOOKS) or np.unique(beta).size != beta.size:
        raise ValueError(
            tell(
                "betas must be 1 to {most} different momenta, got {got}: draw the others in a "
                "second panel",
                most=len(_LOOKS),
                got=shown(betas),
            )
        )
    if not ((beta >= 0) & (beta < 1)).all():
        wrong = beta[(beta < 0) | (beta >= 1)][0]
        raise ValueError(
            tell("betas need 0 <= beta < 1, got {wrong:g}: nothing else converges", wrong=wrong)
        )
    return beta
