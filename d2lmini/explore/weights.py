"""Weights: how much past gradients count in a leaky average, and what they amount to."""

from __future__ import annotations

from typing import Any, ClassVar

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..averages import effective_samples, mean_age, variance_effective_samples
from ..averages import weights as fading
from ..checks import Array
from ..labels import label
from ..messages import Phrase
from ..palette import LIGHT
from ..plots import plot_weights, subplots
from .base import Choice, Explorable, Number, Whole

__all__ = ["Weights"]

# A triangle whose tip is the point that it marks.
_FULCRUM = [(0, 0), (-0.55, -1), (0.55, -1)]


class Weights(Explorable):
    r"""The weights of past gradients, with a slider for β and three measures of the memory.

    .. math::

        v_t = \sum_{k \ge 0} \beta^k g_{t-k}, \qquad
        \text{sum } \frac{1}{1-\beta}, \quad
        \text{samples } \frac{1+\beta}{1-\beta}, \quad
        \text{mean age } \frac{\beta}{1-\beta}

    One bar for each gradient, by its age. The triangle under the axis, which one drags, is the
    point at which the bars balance, their mean age; β follows it. Two boxes have the area of all
    bars: a grey one, as high as the newest, is as long as the weights add up to; a dashed one is
    the ordinary average, of equally weighted values, with the same variance and the same mean age.

    Parameters
    ----------
    beta : float
        Momentum, 0 to 0.999.
    bars : int
        How many bars to draw, 10 to 200.
    scale : str
        ``"raw"``, the weights :math:`\beta^k`, or ``"normalised"``, :math:`(1-\beta)\beta^k`, which
        add up to 1.
    age : int
        The gradient whose weight is told, by its age in steps, 0 to 199.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Weights(beta=0.9)
    >>> {name: round(value, 6) for name, value in figure.sizes().items()}
    {'sum': 10.0, 'samples': 19.0, 'age': 9.0}
    >>> figure.values()[:3].round(6)
    array([1.  , 0.9 , 0.81])

    See Also
    --------
    d2lmini.weights, d2lmini.effective_samples, d2lmini.variance_effective_samples, d2lmini.mean_age
    """

    beta = Number(0.9, low=0, high=0.999, hint=Phrase("with 1 past gradients never fade"))
    bars = Whole(40, low=10, high=200, hint=Phrase("more bars than that nobody can tell apart"))
    scale = Choice("raw", words=("raw", "normalised"))
    age = Whole(10, low=0, high=199, hint=Phrase("count the steps since the gradient was computed"))
    shown: ClassVar[tuple[str, ...]] = ("beta",)

    def controls(self) -> list[Any]:
        """Return the sliders for β and for the number of bars."""
        return [self.slider("beta", step=0.01), self.slider("bars", step=10)]

    def values(self) -> Array:
        """Return the weights that are shown, the newest first; shape (bars,)."""
        heights = fading(self.beta, self.bars)
        return heights if self.scale == "raw" else (1 - self.beta) * heights

    def sizes(self) -> dict[str, float]:
        """Return the sum of all weights, the samples that it is worth, and the mean age."""
        return {
            "sum": float(effective_samples(self.beta)),
            "samples": float(variance_effective_samples(self.beta)),
            "age": float(mean_age(self.beta)),
        }

    def figure(self) -> Figure:
        """Return the weights as a static figure."""
        fig, ax = subplots(width=7.2, height=3.2)
        plot_weights(ax, [self.beta], n=self.bars, normalised=self.scale == "normalised")
        size, first = self.sizes(), float(self.values()[0])
        total = first * size["sum"]
        ax.set_ylim(0, 1.18 * first)
        looks: tuple[dict[str, Any], ...] = (
            {"facecolor": LIGHT["contour"], "alpha": 0.35, "zorder": 0.5},
            {"fill": False, "edgecolor": LIGHT["ink"], "linestyle": "--"},
        )
        for name, look in zip(("sum", "samples"), looks, strict=True):
            width, height = size[name], total / size[name]
            ax.add_patch(Rectangle((-0.5, 0), width, height, **look))
            inside = width < 0.7 * self.bars
            ax.annotate(
                f"{width:.3g} × {height:.3g} = {total:.3g}",
                (min(width, self.bars) - 0.5, height),
                xytext=(4 if inside else -4, 3 if name == "sum" or not inside else -11),
                textcoords="offset points",
                horizontalalignment="left" if inside else "right",
                color=LIGHT["ink"],
            )
        ax.tick_params(axis="x", pad=14)
        beyond = self.beta**self.bars
        if beyond > 0.005:
            ax.annotate(
                label("explore.percent", n=f"{100 * beyond:.2g}") + " →",
                (1, 0), xytext=(0, -19), xycoords="axes fraction", textcoords="offset points",
                horizontalalignment="right", verticalalignment="top", color=LIGHT["ink"],
            )  # fmt: skip
        if size["age"] < self.bars:
            ax.plot(
                size["age"], 0, marker=_FULCRUM, markersize=20, markeredgewidth=0,
                color=LIGHT["accent"], clip_on=False, zorder=4,
            )  # fmt: skip
        return fig
