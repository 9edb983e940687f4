"""What a method has done for each eigenvalue: one number per eigenvalue, one curve per setting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from ..checks import Array, as_array, check_kind
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import DASHES, Artists, check_axes, legend, require

_COLOURS = ("gd", "momentum", "nesterov", "accent", "ink", "muted")
_LARGEST = 1e100  # beyond it Matplotlib's own sums overflow


def plot_filters(
    ax: Axes,
    lams: npt.ArrayLike,
    filters: Mapping[str, npt.ArrayLike],
    references: Mapping[str, npt.ArrayLike] | None = None,
) -> Artists:
    r"""Draw which share of the way to the minimum is done, against the eigenvalue.

    For gradient descent from the origin that share is :math:`1 - (1 - \eta\lambda)^t`. Where it is
    1, that part of the solution is complete; where it is 0, it is still missing; above 1 the method
    has overshot.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    lams : array_like, shape (n,)
        Eigenvalues > 0, ascending, at least two; the axis is logarithmic.
    filters : mapping of str to array_like, shape (n,)
        Label -> the share at each eigenvalue. One to six curves.
    references : mapping of str to array_like, shape (n,), optional
        Curves to compare with, drawn thin and dashed, the first in the colour of the first filter,
        and so on. At most as many as there are filters.

    Returns
    -------
    Artists
        ``lines`` holds the filters and then the references; ``marks`` the level 1.

    Raises
    ------
    ValueError
        If there is no filter or there are too many curves, `lams` does not ascend or is not
        positive, or a curve has another length.
    TypeError
        If something is not made of real numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> import numpy as np
    >>> lam = np.geomspace(1e-3, 1, 50)
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_filters(ax, lam, {"t = 10": 1 - (1 - lam) ** 10})
    Artists(1 lines, 1 marks, 0 texts)
    """
    check_axes(ax)
    compared = {} if references is None else references
    example = "{'t = 10': 1 - (1 - eta * lam) ** 10}"
    for role, given in (("filters", filters), ("references", compared)):
        what = Phrase("a mapping from labels to curves")
        check_kind(
            role, given, Mapping, what, Phrase("pass for example {example}", example=example)
        )
    require(filters, "plot_filters", example)
    if len(filters) > len(_COLOURS) or len(compared) > len(filters):
        raise ValueError(
            tell(
                "plot_filters draws up to {most} filters and no more references than filters, "
                "got {filters} and {references}: draw the others in a second panel",
                most=len(_COLOURS),
                filters=len(filters),
                references=len(compared),
            )
        )
    lam = as_array("lams", lams, Phrase("pass for example np.geomspace(1e-3, 1, 50)"))
    if lam.ndim != 1 or lam.size < 2 or lam[0] <= 0 or not (np.diff(lam) > 0).all():
        raise ValueError(
            tell(
                "lams must be at least two numbers > 0 in ascending order, got shape {shape}: "
                "pass for example np.geomspace(1e-3, 1, 50)",
                shape=lam.shape,
            )
        )
    curves = [(name, _curve("filters", name, given, lam)) for name, given in filters.items()]
    others = [(name, _curve("references", name, given, lam)) for name, given in compared.items()]
    top = max(1.0, *(float(values.max()) for _, values in (*curves, *others)))
    bottom = min(0.0, *(float(values.min()) for _, values in (*curves, *others)))

    ax.set_xscale("log")
    ax.set_xlim(lam[0], lam[-1])
    ax.set_ylim(1.05 * bottom, 1.05 * top)
    ax.set_xlabel(label("axis.eigenvalue"))
    ax.set_ylabel(label("axis.share"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(FixedLocator([]))
    level = ax.axhline(1, color=LIGHT["muted"], linewidth=0.8, zorder=1.5)
    lines = [
        ax.plot(
            lam,
            values,
            color=LIGHT[colour],
            linewidth=1.8,
            # Colour is not alone: each filter has a marker of its own, at a few of its points.
            marker=marker,
            markersize=5,
            markevery=max(lam.size // 8, 1),
            markeredgewidth=0,
            label=name,
            zorder=3,
        )[0]
        for (name, values), colour, marker in zip(curves, _COLOURS, "oD^svP", strict=False)
    ]
    lines += [
        ax.plot(lam, values, color=LIGHT[colour], linewidth=1.3, linestyle=DASHES[1], label=name)[0]
        for (name, values), colour in zip(others, _COLOURS, strict=False)
    ]
    legend(ax, lines)
    return Artists(tuple(lines), (level,))


def _curve(role: str, name: str, values: npt.ArrayLike, lam: Array) -> Array:
    curve = as_array(
        Phrase("in {role}, the curve {name!r}", role=role, name=name),
        values,
        Phrase("pass one number per eigenvalue"),
    )
    if curve.shape != lam.shape:
        raise ValueError(
            tell(
                "in {role}, the curve {name!r} must have the shape of lams, {shape}, got "
                "{got_shape}: pass one number per eigenvalue",
                role=role,
                name=name,
                shape=lam.shape,
                got_shape=curve.shape,
            )
        )
    if np.abs(curve).max() > _LARGEST:
        raise ValueError(
            tell(
                "in {role}, the curve {name!r} must be at most {most:g} in size to be drawn, "
                "got {largest:g}: take a smaller eta, or fewer steps",
                role=role,
                name=name,
                most=_LARGEST,
                largest=curve[np.abs(curve).argmax()],
            )
        )
    return curve
