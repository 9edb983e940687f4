"""The best rate that each momentum allows, with the learning rate chosen for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..checks import as_array, shown
from ..labels import label
from ..messages import Phrase, tell
from ..optima import optimal_eta_beta
from ..palette import LIGHT
from ..problems import Quadratic
from ..spectrum import convergence_rate
from .drawing import Artists, check_axes, check_quadratic, legend, say


def plot_best_rates(ax: Axes, betas: npt.ArrayLike, f: Quadratic) -> Artists:
    r"""Draw the rate against the momentum, at the best learning rate for each momentum.

    That learning rate is :math:`\eta = 2 (1 + \beta) / (\lambda_1 + \lambda_n)`. The rate falls
    from that of gradient descent, at :math:`\beta = 0`, to its minimum at :math:`\beta^*`, and from
    there on it is :math:`\sqrt\beta`, which rises to 1.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    betas : array_like, shape (n,)
        Momenta, 0 <= beta < 1, ascending, at least two.
    f : Quadratic
        The objective; all its eigenvalues must be positive.

    Returns
    -------
    Artists
        ``lines`` holds the rate and the level of gradient descent; ``marks`` the star at the best
        momentum, if that is in the range.

    Raises
    ------
    ValueError
        If `betas` does not ascend within its range, or `f` has no minimizer.
    TypeError
        If `betas` is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> drawn = d2l.plot_best_rates(ax, [0, 0.2, 0.4, 0.6, 0.8, 0.95], d2l.ravine())
    >>> drawn.texts[0].get_text()
    'best: β = 0.4026, ρ = 0.6345'
    """
    check_axes(ax)
    check_quadratic(f)
    beta = as_array("betas", betas, Phrase("pass for example np.linspace(0, 0.99, 100)"))
    if (
        beta.ndim != 1
        or beta.size < 2
        or not (np.diff(beta) > 0).all()
        or not 0 <= beta[0] < beta[-1] < 1
    ):
        raise ValueError(
            tell(
                "betas must be at least two momenta in ascending order, 0 <= beta < 1, got "
                "{got}: pass for example np.linspace(0, 0.99, 100)",
                got=shown(betas),
            )
        )
    _ = f.minimizer  # raises, and says why, if there is none
    lams = f.eigenvalues
    best = optimal_eta_beta(lams[0], lams[-1])[1]
    inside = bool(beta[0] <= best <= beta[-1])
    across = np.unique([*beta, best]) if inside else beta  # the kink belongs to the curve

    etas = 2 * (1 + across) / (lams[0] + lams[-1])
    # Only the ends count, and at best they are on the verge of real roots: the largest rate there.
    rates = convergence_rate(lams[[0, -1], None], eta=etas, beta=across).max(axis=0)
    plain = float(convergence_rate(lams[[0, -1]], eta=2 / (lams[0] + lams[-1])).max())
    ax.set_xlim(beta[0], beta[-1])
    ax.set_ylim(0, 1)
    ax.set_xlabel(label("axis.beta"))
    ax.set_ylabel(label("axis.rho"))
    (curve,) = ax.plot(
        across, rates, color=LIGHT["momentum"], linewidth=2.2, label=label("rates.best_eta")
    )
    level = ax.axhline(
        plain, color=LIGHT["gd"], linewidth=1.4, linestyle=(0, (5, 2)), label=label("method.gd")
    )
    marks, texts = [], []
    if inside:
        low = float(best**0.5)
        (star,) = ax.plot(
            best,
            low,
            "*",
            markersize=14,
            color=LIGHT["ink"],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.8,
            zorder=5,
        )
        marks.append(star)
        text = label("rates.best_beta", beta=f"{best:.4g}", rate=f"{low:.4f}")
        texts.append(say(ax, text, (best, low), (0, -12), ha="center", va="top"))
    legend(ax, [curve, level])
    return Artists((curve, level), tuple(marks), tuple(texts))
