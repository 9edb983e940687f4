"""A map of real training runs on MNIST over the plane of learning rate and momentum."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure

from ..messages import Phrase
from ..plots import plot_loss_map, subplots
from .base import Explorable, Number, Numbers

__all__ = ["MeasuredRun", "MnistMap"]

_FLOOR = 3e-4  # the loss from which on cells are darkest, as in mnist_map.js
_LINES = (0.01, 0.1, 1.0, 10.0, 100.0)


@cache
def _stored() -> dict[str, Any]:
    """Return what ``make sweep-data`` has written."""
    return json.loads(files(__package__).joinpath("mnist_map.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class MeasuredRun:
    """One of the stored training runs.

    Attributes
    ----------
    eta, beta : float
        Learning rate and momentum.
    steps : tuple of int
        Numbers of minibatches, at about equal factors.
    loss : tuple of float
        The smoothed loss after that many, to three significant digits.
    reached : int or None
        After how many minibatches the smoothed loss was first 0.1 or less; None where it never was.
    diverged : int or None
        After how many minibatches the loss was no longer finite, None where it always was. The
        curve ends before.
    accuracy : float or None
        Fraction of the test images that are told right at the end; None after a divergence.
    """

    eta: float
    beta: float
    steps: tuple[int, ...]
    loss: tuple[float, ...]
    reached: int | None
    diverged: int | None
    accuracy: float | None

    @property
    def effective_step(self) -> float:
        """The step η / (1 - β) of gradients that do not change."""
        return self.eta / (1 - self.beta)

    def loss_after(self, steps: float) -> float:
        """Return the loss at the stored point nearest to `steps`; inf after a divergence."""
        moments = _stored()["steps"]
        point = _nearest([math.log(n) for n in moments], math.log(steps))
        return self.loss[point] if point < len(self.loss) else math.inf


def _nearest(numbers: Sequence[float], value: float) -> int:
    """Return the index of the number nearest to a value, the first of two."""
    return min(range(len(numbers)), key=lambda i: abs(numbers[i] - value))


def _cell(eta: float, beta: float) -> tuple[int, int]:
    """Return the indices of the run nearest to a pair, on the axes log η and -log(1 - β)."""
    stored = _stored()
    i = _nearest([math.log10(e) for e in stored["etas"]], math.log10(max(eta, 1e-9)))
    places = [-math.log10(1 - b) for b in stored["betas"]]
    return i, _nearest(places, -math.log10(max(1 - beta, 1e-9)))


class MnistMap(Explorable):
    r"""Real training runs on MNIST: a map of their losses, and the loss curves of two of them.

    For each of nine learning rates and seven momenta a network 784-256-256-10 was trained for
    10,000 minibatches of 100 images by

    .. math:: v \leftarrow \beta v + g, \quad x \leftarrow x - \eta v

    from the same start with the same minibatches. A cell is the darker the lower the smoothed loss,
    after as many minibatches as the slider says; a cross is a run that does no better than
    guessing. Along a dashed line :math:`\eta/(1-\beta)` is the same. The reader chooses
    two runs, A and B.

    The runs are stored with the package; :func:`~d2lmini.sweep` computed them. As the last
    expression of a notebook cell the map shows itself.

    Parameters
    ----------
    eta : float
        Learning rate of run A, 0.005 to 2; the run nearest to it is shown.
    beta : float
        Momentum of run A, 0 to 0.99, likewise.
    pinned : tuple of float, shape (2,)
        Learning rate and momentum of run B.
    steps : float
        After how many minibatches the map shows the losses, 10 to 10,000.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> runs = d2l.explore.MnistMap(eta=0.01, beta=0.9, pinned=(0.1, 0))
    >>> runs
    MnistMap(eta=0.01, beta=0.9, pinned=(0.1, 0.0))
    >>> a, b = runs.chosen()
    >>> print(round(a.effective_step, 3), round(b.effective_step, 3))
    0.1 0.1
    >>> a.reached < 3000 and b.reached < 3000
    True

    References
    ----------
    .. [1] LeCun, Y., Bottou, L., Bengio, Y., and Haffner, P. (1998). Gradient-based learning
       applied to document recognition. Proceedings of the IEEE, 86(11), 2278-2324.
    """

    eta = Number(0.01, low=0.005, high=2, hint=Phrase("there are runs from 0.005 to 2"))
    beta = Number(
        0.9, low=0, high=0.99, hint=Phrase("0 is gradient descent, and there are runs up to 0.99")
    )
    pinned = Numbers((0.1, 0.0), low=0, high=2, hint=Phrase("give the eta and the beta of a run"))
    steps = Number(10_000, low=10, high=10_000, hint=Phrase("the runs have 10,000 minibatches"))
    _runs = traitlets.Dict(read_only=True).tag(sync=True)
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta", "pinned")

    @traitlets.default("_runs")
    def _stored_runs(self) -> dict[str, Any]:
        return _stored()

    def controls(self) -> list[Any]:
        """Return the slider for the time; η and β are chosen on the map, where there are runs."""
        slider = self.slider("steps", step=0.05, log=True)
        slider.readout_format = ".0f"
        return [slider]

    def run(self, eta: float, beta: float) -> MeasuredRun:
        """Return the stored run nearest to a pair of learning rate and momentum.

        Parameters
        ----------
        eta, beta : float
            Learning rate > 0 and momentum, 0 <= beta < 1.

        Returns
        -------
        MeasuredRun
        """
        stored = _stored()
        i, j = _cell(eta, beta)
        found = dict(stored["runs"][i * len(stored["betas"]) + j])
        found["loss"] = tuple(found["loss"])
        return MeasuredRun(steps=tuple(stored["steps"][: len(found["loss"])]), **found)

    def chosen(self) -> tuple[MeasuredRun, MeasuredRun]:
        """Return the runs A and B."""
        return self.run(self.eta, self.beta), self.run(*self.pinned)

    def grid(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the losses after `steps` minibatches, shape (9, 7); inf after a divergence."""
        stored = _stored()
        return np.array(
            [
                [self.run(eta, beta).loss_after(self.steps) for beta in stored["betas"]]
                for eta in stored["etas"]
            ]
        )

    def figure(self) -> Figure:
        """Return the map as a static figure, with A and B in their cells."""
        stored = _stored()
        fig, ax = subplots(width=9, height=5)
        plot_loss_map(
            ax,
            stored["etas"],
            stored["betas"],
            self.grid(),
            limit=stored["guessing"],
            floor=_FLOOR,
            effective=_LINES,
        )
        for name, run in zip("AB", self.chosen(), strict=True):
            at = math.log10(run.eta), -math.log10(1 - run.beta)
            box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "black"}
            ax.annotate(
                name,
                at,
                (-13, -8),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=8,
                fontweight="bold",
                bbox=box,
                zorder=6,
            )
        return fig
