"""What a training run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .checks import as_number, as_reals
from .messages import Phrase, tell

__all__ = ["History"]


@dataclass(frozen=True, eq=False, repr=False)
class History:
    """What happened in a training run.

    Attributes
    ----------
    loss : ndarray, shape (steps,)
        Cost of each minibatch, before the step that it led to.
    smoothed : ndarray, shape (steps,)
        Bias-corrected exponential moving average of `loss`.
    steps : int
        Minibatches seen.
    eta, beta : float
        Learning rate and momentum.
    accuracy : float or None
        Fraction of the test examples that the trained model classifies correctly; NaN after a
        divergence. None for regression, where nothing is classified.
    seconds : float
        How long the run took when it was computed.
    data : str
        Name of the data set.
    diverged : bool
        Whether the cost stopped being finite; the history ends with the last finite cost.
    test_loss : float or None
        For regression, mean loss of the trained model over the test examples, by the loss that it
        was trained with; NaN after a divergence. None for classification.
    """

    loss: npt.NDArray[np.float64]  # (steps,)
    smoothed: npt.NDArray[np.float64]  # (steps,)
    steps: int
    eta: float
    beta: float
    accuracy: float | None
    seconds: float
    data: str
    diverged: bool = False
    test_loss: float | None = None

    def __post_init__(self) -> None:
        for name in ("loss", "smoothed"):
            costs = as_reals(name, getattr(self, name), Phrase("pass the cost of each minibatch"))
            if costs.ndim != 1:
                raise ValueError(
                    tell(
                        "{name} must have shape (steps,), got shape {shape}: pass the cost of "
                        "each minibatch",
                        name=name,
                        shape=costs.shape,
                    )
                )
            costs.flags.writeable = False
            object.__setattr__(self, name, costs)  # a copy, so that the caller's stays writeable

    def __repr__(self) -> str:
        if self.diverged:
            end = "diverged"
        elif self.accuracy is not None:
            end = f"test accuracy {self.accuracy:.3f}"
        else:
            end = "no test" if self.test_loss is None else f"test loss {self.test_loss:.3g}"
        return (
            f"History({self.data}, eta={self.eta:g}, beta={self.beta:g}: {self.steps} steps, {end})"
        )

    def steps_to(self, target: float) -> int | None:
        """Return after how many minibatches the smoothed cost was first at most `target`.

        Parameters
        ----------
        target : float
            The cost to reach.

        Returns
        -------
        int or None
            A number from 1 to `steps`, or None where the cost was never that small.

        Raises
        ------
        ValueError, TypeError
            If `target` is not a finite number.

        Examples
        --------
        >>> cost = np.array([2.0, 1.0, 0.5, 0.7])
        >>> history = History(cost, cost, 4, 0.1, 0.0, 0.9, 1.0, "toy")
        >>> history.steps_to(1.0)
        2
        >>> history.steps_to(0.1) is None
        True
        """
        cost = as_number(
            "target", target, Phrase("a finite value"), Phrase("pass a cost such as target=0.1")
        )
        reached = np.flatnonzero(self.smoothed <= cost)
        return int(reached[0]) + 1 if len(reached) else None
