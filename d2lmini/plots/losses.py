"""Losses of training runs against the number of minibatches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from ..checks import as_number, check_kind
from ..history import History
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from .drawing import DASHES, Artists, check_axes, legend, require

_LARGEST = 1e100  # beyond it, and below its inverse, Matplotlib overflows
_POINTS = 400  # per curve: as many as a panel has room for


def plot_losses(ax: Axes, histories: Mapping[str, History], target: float | None = None) -> Artists:
    """Draw the smoothed loss of training runs against the number of minibatches.

    The limits are rounded outward and each curve is a group ``measured-<n>`` of the SVG, since the
    last digits of a training run differ among processors.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    histories : mapping of str to History
        Label -> run. Runs with ``beta`` 0 are drawn in the colour of gradient descent, others in
        that of momentum.
    target : float, optional
        A loss > 0 to mark with a dashed line; dotted lines go down from where each run first
        reaches it.

    Returns
    -------
    Artists
        ``lines`` holds one curve per run.

    Raises
    ------
    ValueError
        If there is no run, a run has no finite positive loss, or `target` is not positive.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> import numpy as np
    >>> loss = np.geomspace(2.3, 0.1, 500)
    >>> run = d2l.History(loss=loss, smoothed=loss, steps=500, eta=0.01, beta=0.9, accuracy=0.97,
    ...                   seconds=1.0, data="example")
    >>> fig, ax = d2l.subplots()
    >>> d2l.plot_losses(ax, {"β = 0.9": run}, target=0.1)
    Artists(1 lines, 2 marks, 0 texts)
    """
    check_axes(ax)
    remedy = Phrase("pass for example {example}", example="{'β = 0.9': history}")
    check_kind("histories", histories, Mapping, Phrase("a mapping from labels to runs"), remedy)
    for history in histories.values():
        check_kind(
            "history", history, History, Phrase("a History"), Phrase("pass what d2l.train returned")
        )
    require(histories, "plot_losses", "{'β = 0.9': history}")
    curves = {}
    for name, history in histories.items():
        loss = np.asarray(history.smoothed, dtype=np.float64)
        drawable = (loss >= 1 / _LARGEST) & (loss <= _LARGEST)
        if loss.ndim != 1 or not drawable.any():
            raise ValueError(
                tell(
                    "the run {name!r} has no finite positive loss to draw, shape {got_shape}: "
                    "train for at least one step, with an eta that does not diverge",
                    name=name,
                    got_shape=loss.shape,
                )
            )
        curves[name] = np.where(drawable, loss, np.nan)
    bounds = [np.nanmin(c) for c in curves.values()] + [np.nanmax(c) for c in curves.values()]
    if target is not None:
        target = as_number("target", target, "target > 0", Phrase("pass for example target=0.1"))
        if not 1 / _LARGEST <= target <= _LARGEST:
            raise ValueError(
                tell(
                    "target must be > 0 on a logarithmic axis, and between {least:g} and "
                    "{most:g}, got target={target:g}: pass for example target=0.1",
                    least=1 / _LARGEST,
                    most=_LARGEST,
                    target=target,
                )
            )
        bounds.append(target)
    # The extra room keeps a last digit from deciding which round number comes next.
    low, high = _down(min(bounds) / 1.2), _up(max(bounds) * 1.05)
    longest = _up(max(len(curve) for curve in curves.values()) * 1.02)

    ax.set_yscale("log")
    ax.set_xlim(0, longest)
    ax.set_ylim(low, high)
    ax.set_xlabel(label("axis.minibatch"))
    ax.set_ylabel(label("axis.loss"))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda n, _: _thousands(n)))
    ladder = [m * 10.0**k for k in range(-12, 13) for m in (1, 2, 5)]
    ticks = [tick for tick in ladder if low * 0.999 <= tick <= high * 1.001]
    if len(ticks) > 9:
        ticks = [tick for tick in ticks if round(np.log10(tick) % 1, 6) in (0, 1)]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    ax.yaxis.set_minor_locator(FixedLocator([]))

    marks: list[Artist] = []
    lines = []
    used: list[str] = []
    for i, (name, curve) in enumerate(curves.items()):
        method = "momentum" if histories[name].beta > 0 else "gd"
        # Equally spaced points, and always the last one.
        chosen = np.unique(np.linspace(0, len(curve) - 1, _POINTS).round().astype(int))
        (line,) = ax.plot(
            chosen + 1,
            curve[chosen],
            color=LIGHT[method],
            linestyle=DASHES[used.count(method) % len(DASHES)],
            linewidth=1.4 if method == "gd" else 2.2,
            label=name,
            gid=f"measured-{i + 1}",
            zorder=3,
        )
        used.append(method)
        lines.append(line)
        if target is not None and (reached := np.flatnonzero(curve <= target)).size:
            (drop,) = ax.plot(
                [reached[0] + 1] * 2,
                [target, low],
                color=LIGHT[method],
                linewidth=1.3,
                linestyle=(0, (1, 2)),
                gid=f"measured-{len(curves) + i + 1}",
            )
            marks.append(drop)
    named = list(lines)
    if target is not None:
        mark = ax.axhline(target, color=LIGHT["ink"], linewidth=1, linestyle=(0, (4, 3)), zorder=2)
        mark.set_label(label("losses.target", target=f"{target:g}"))
        marks.insert(0, mark)
        named.append(mark)
    legend(ax, named)
    return Artists(tuple(lines), tuple(marks))


def _thousands(number: float) -> str:
    """Group digits by thin spaces, which no language mistakes for a decimal sign."""
    return f"{number:,.0f}".replace(",", "\u2009")


def _up(value: float) -> float:
    """Round up to 1, 1.5, 2, 2.5, 3, 5 or 7 times a power of ten."""
    return min(step for step in _ladder(value) if step >= value)


def _down(value: float) -> float:
    """Round down to 1, 1.5, 2, 2.5, 3, 5 or 7 times a power of ten."""
    return max(step for step in _ladder(value) if step <= value)


def _ladder(value: float) -> list[float]:
    exponent = int(np.floor(np.log10(value)))
    return [
        float(f"{mantissa}e{k}")
        for k in range(exponent - 1, exponent + 2)
        for mantissa in (1, 1.5, 2, 2.5, 3, 5, 7)
    ]
