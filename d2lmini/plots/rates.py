"""The rate of gradient descent against the learning rate."""

from __future__ import annotations

import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Text

from ..checks import Array, as_array
from ..labels import label
from ..messages import Phrase, tell
from ..optima import optimal_eta
from ..palette import LIGHT
from ..problems import Quadratic
from ..spectrum import convergence_rate
from .drawing import DASHES, Artists, ascending, check_axes, check_quadratic, legend, say


def plot_rates(ax: Axes, etas: npt.ArrayLike, f: Quadratic) -> Artists:
    r"""Draw the rate of gradient descent against the learning rate, for each eigenvalue of f.

    For the eigenvalue :math:`\lambda` this is :math:`|1 - \eta\lambda|`; the largest of them, in
    bold, is the rate of the method. It diverges where that is above 1. The best learning rate is
    marked if it is in the range.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    etas : array_like, shape (n,)
        Learning rates, ascending, at least two.
    f : Quadratic
        The objective; all its eigenvalues must be positive.

    Returns
    -------
    Artists
        ``lines`` holds one curve per eigenvalue, ascending, and the bold one last.

    Raises
    ------
    ValueError
        If `etas` is not an ascending sequence of numbers >= 0, or `f` has no minimizer.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_rates(ax, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], d2l.ravine()).texts[-1].get_text()
    'best: η = 0.4762'
    """
    check_axes(ax)
    check_quadratic(f)
    eta = as_array("etas", etas, Phrase("pass for example np.linspace(0, 0.6, 301)"))
    if eta.ndim != 1 or eta.size < 2 or not ascending(eta):
        raise ValueError(
            tell(
                "etas must be at least two learning rates from 0 to 1e100 in ascending order, "
                "got shape {shape}: pass for example np.linspace(0, 0.6, 301)",
                shape=eta.shape,
            )
        )
    _ = f.minimizer  # raises, and says why, if there is none
    lams = f.eigenvalues
    rates = convergence_rate(lams[:, None], eta=eta)  # (d, n)
    overall = rates.max(axis=0)
    top = min(max(1.3, float(overall.max())), 2.0)
    ax.set_xlim(eta[0], eta[-1])
    ax.set_ylim(0, top)
    ax.set_xlabel(label("axis.eta"))
    ax.set_ylabel(label("axis.rate"))

    band = ax.axhspan(1, top, facecolor=LIGHT["gd"], alpha=0.09, linewidth=0, zorder=0.6)
    edge = ax.axhline(1, color=LIGHT["gd"], linewidth=1, linestyle=(0, (4, 3)), zorder=1.5)
    texts = [say(ax, label("rates.diverges"), (eta[0], 1), (10, 8), color=LIGHT["gd"], gid="word")]
    lines = []
    shown = range(len(lams)) if len(lams) <= 4 else (0, len(lams) - 1)
    for i, lam in enumerate(lams):
        (line,) = ax.plot(
            eta, rates[i], color=LIGHT["muted"], linewidth=1.2, linestyle=DASHES[(1, 3, 2)[i % 3]]
        )
        lines.append(line)
        if i in shown:
            texts.append(_rate_label(ax, eta, float(lam), first=i == 0))
    (bold,) = ax.plot(
        eta, overall, color=LIGHT["gd"], linewidth=2.6, zorder=3, label=label("rates.slowest")
    )
    lines.append(bold)

    marks: list[Artist] = [band, edge]
    best = optimal_eta(lams[0], lams[-1])
    if eta[0] <= best <= eta[-1]:
        rate = float(convergence_rate(lams, eta=best).max())
        drop = ax.vlines(best, 0, rate, color=LIGHT["ink"], linewidth=1, linestyle=(0, (1, 2)))
        (star,) = ax.plot(
            best,
            rate,
            "*",
            markersize=13,
            color=LIGHT["ink"],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.8,
            zorder=4,
        )
        marks += [drop, star]
        right = best < (eta[0] + eta[-1]) / 2
        texts.append(
            say(
                ax,
                label("rates.optimum", eta=f"{best:.4g}"),
                (best, 0),
                (7 if right else -7, 10),
                ha="left" if right else "right",
                va="bottom",
            )
        )
    legend(ax, [bold])
    return Artists(tuple(lines), tuple(marks), tuple(texts))


def _rate_label(ax: Axes, eta: Array, lam: float, *, first: bool) -> Text:
    """Name the curve of one eigenvalue: beside its falling branch, or below it if it is flat."""
    half = 0.5 / lam
    if eta[0] < half < eta[0] + 0.8 * (eta[-1] - eta[0]):
        at, offset, va = (half, 0.5), (6, 2), "bottom"
    else:
        middle = float(eta[0] + (0.3 if first else 0.5) * (eta[-1] - eta[0]))
        at, offset, va = (middle, abs(1 - lam * middle)), (0, -6), "top"
    return say(ax, f"λ = {lam:.3g}", at, offset, ha="left", va=va, color=LIGHT["muted"])
