"""Distances to the minimizer against the step: one curve per run, whatever made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..checks import as_array, check_kind, shown
from ..labels import label
from ..messages import Phrase, tell
from .drawing import (
    Artists,
    check_axes,
    legend,
    log_axis,
    looks,
    require,
    whole_decades,
    whole_steps,
)

_METHODS = ("gd", "momentum", "nesterov")


def plot_distances(
    ax: Axes,
    distances: Mapping[str, npt.ArrayLike],
    *,
    methods: Iterable[str] | None = None,
) -> Artists:
    """Draw how far each run is from the minimizer, step by step, on a logarithmic axis.

    A constant rate is a straight line there. Distances are taken as they are, so that runs of any
    origin can be compared, in any number of variables; `plot_decay` splits a Trace by eigenvector.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    distances : mapping of str to array_like, shape (steps + 1,)
        Label -> distances >= 0, the one at the start first.
    methods : iterable of {"gd", "momentum", "nesterov"}, optional
        The method of each run, which gives it its colour; Nesterov's method by default.

    Returns
    -------
    Artists
        ``lines`` holds one curve per run. Where a distance is exactly zero, it has a gap.

    Raises
    ------
    ValueError
        If there is no run, a distance is negative or not finite, or `methods` does not name a
        known method for each run.

    Examples
    --------
    >>> import numpy as np
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> trace = d2l.nesterov(f.grad, [-5, -2], eta=0.25, beta=0.6, steps=40)
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_distances(ax, {"β = 0.6": np.linalg.norm(trace.x, axis=1)})
    Artists(1 lines, 0 marks, 0 texts)
    """
    check_axes(ax)
    example = "{'β = 0.6': np.linalg.norm(trace.x, axis=1)}"
    what = Phrase("a mapping from labels to distances")
    check_kind(
        "distances", distances, Mapping, what, Phrase("pass for example {example}", example=example)
    )
    require(distances, "plot_distances", example)
    remedy = Phrase("pass for example methods={methods}", methods=["gd"] * len(distances))
    try:
        methods = ["nesterov"] * len(distances) if methods is None else list(methods)
    except TypeError:  # also of an array without dimensions
        raise TypeError(
            tell("methods must be a list, got {got}: {remedy}", got=shown(methods), remedy=remedy)
        ) from None
    known = [isinstance(method, str) and method in _METHODS for method in methods]
    if len(methods) != len(distances) or not all(known):
        raise ValueError(
            tell(
                "methods must name one of {names} for each of the {count} runs, got {got}: "
                "{remedy}",
                names=", ".join(_METHODS),
                count=len(distances),
                got=shown(methods),
                remedy=remedy,
            )
        )
    curves = {}
    for name, given in distances.items():
        curve = as_array(
            f"distances[{name!r}]", given, Phrase("pass np.linalg.norm(trace.x, axis=1)")
        )
        if curve.ndim != 1 or curve.size == 0 or (curve < 0).any():
            raise ValueError(
                tell(
                    "distances[{name!r}] must be distances >= 0 of shape (steps + 1,), got "
                    "shape {shape}: pass np.linalg.norm(trace.x, axis=1)",
                    name=name,
                    shape=curve.shape,
                )
            )
        curves[name] = curve
    low, high = whole_decades(np.concatenate(list(curves.values())))

    log_axis(ax)
    ax.set_ylim(10.0**low, 10.0**high)
    ax.set_xlim(0, max(max(curve.size for curve in curves.values()) - 1, 1))
    whole_steps(ax)
    ax.set_xlabel(label("axis.step"))
    ax.set_ylabel(label("axis.distance"))

    lines = []
    for (name, curve), look in zip(curves.items(), looks(methods), strict=True):
        (line,) = ax.plot(
            np.arange(curve.size),
            np.where(curve > 0, curve, np.nan),
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.7,
            label=name,
        )
        lines.append(line)
    legend(ax, lines)
    return Artists(tuple(lines))
