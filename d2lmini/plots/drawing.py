"""What the figures of the course have in common: how a run looks, and how words are set."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator

from ..checks import Array, check_kind
from ..descent import Trace
from ..labels import label
from ..messages import Phrase, tell
from ..palette import LIGHT
from ..problems import Quadratic

SMALL = 11  # points, for words inside and above a panel
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.8)), (0, (6, 2, 1.2, 2)))
_DECADES = 12  # of errors tell the story; what is below them is rounding
DOTTABLE = 60  # with more steps than this, a marker on each would be a thick line


@dataclass(frozen=True)
class Artists:
    """What a plot function drew, for those who want to change it.

    Attributes
    ----------
    lines : tuple of Line2D
        The curves or paths, in the order of the arguments.
    marks : tuple of Artist
        Contours, points, reference lines and shading.
    texts : tuple of Text
        The words inside the panel.
    """

    lines: tuple[Line2D, ...]
    marks: tuple[Artist, ...] = ()
    texts: tuple[Text, ...] = ()

    def __repr__(self) -> str:
        counts = f"{len(self.lines)} lines, {len(self.marks)} marks, {len(self.texts)} texts"
        return f"Artists({counts})"


@dataclass(frozen=True)
class Look:
    """How one run is drawn: by colour and by marker or dashes, so that colour is never alone."""

    colour: str
    marker: str
    dashes: Any


def looks(methods: Sequence[str]) -> list[Look]:
    """Give each run its look: a method's own colour first, then others that mean no method."""
    found = []
    for i, method in enumerate(methods):
        nth = sum(other == method for other in methods[:i])
        colour = LIGHT[(method, "accent", "ink", "muted")[nth % 4]]
        markers = {"gd": "osv^", "momentum": "D^sv", "nesterov": "^vDs"}[method]
        found.append(Look(colour, markers[nth % 4], DASHES[nth % 4]))
    return found


def dot_style(look: Look, steps: int, size: float) -> dict[str, Any]:
    """Return the style of a line with a dot per step, or of a dashed one if they are too many."""
    dotted = steps <= DOTTABLE
    return {
        "color": look.colour,
        "marker": look.marker if dotted else "",
        "linestyle": "-" if dotted else look.dashes,
        "markersize": size * (0.85 if look.marker == "D" else 1),  # a diamond looks larger
        "markeredgewidth": 0.7,
        "markeredgecolor": LIGHT["paper"],
        "solid_joinstyle": "round",
    }


def ascending(values: Array) -> bool:
    """Tell whether numbers rise from 0 or more to what Matplotlib can place without overflow."""
    return bool((values[1:] > values[:-1]).all() and values[0] >= 0 and values[-1] <= 1e100)


def check_axes(ax: Any) -> None:
    """Raise an error if there is nothing to draw on."""
    check_kind(
        "ax",
        ax,
        Axes,
        Phrase("an Axes of Matplotlib"),
        Phrase("begin with fig, ax = d2l.subplots()"),
    )


def check_quadratic(f: Any) -> None:
    """Raise an error if `f` is no quadratic, whose curvature is known."""
    check_kind("f", f, Quadratic, Phrase("a Quadratic"), Phrase("pass for example d2l.ravine()"))


def check_traces(traces: Iterable[Any]) -> None:
    """Raise an error if one of several runs is none."""
    for trace in traces:
        check_kind(
            "trace", trace, Trace, Phrase("a Trace"), Phrase("pass what d2l.momentum returned")
        )


def require(things: Any, function: str, example: str) -> None:
    """Raise an error if there is nothing to draw."""
    if not things:
        raise ValueError(
            tell(
                "{function} has nothing to draw: pass at least one run, such as {example}",
                function=function,
                example=example,
            )
        )


def settings(trace: Trace) -> str:
    """Name a trace by its method and hyperparameters."""
    beta = f", β = {trace.beta:.4g}" if trace.method != "gd" else ""
    decay = f", δ = {trace.decay:.4g}" if trace.decay != 1 else ""
    return f"{label('method.' + trace.method)}, η = {trace.eta:.4g}{beta}{decay}"


def say(ax: Axes, text: str, at: Any, offset: tuple[float, float], **style: Any) -> Text:
    """Write a word beside a point, `offset` in points, with a rim in the colour of the paper."""
    return ax.annotate(
        text,
        tuple(at),
        xytext=offset,
        textcoords="offset points",
        annotation_clip=False,
        **{"fontsize": SMALL, "color": LIGHT["ink"], "gid": "halo", "zorder": 6, **style},
    )


def wide(text: str) -> int:
    """Count the characters of `text` that are as wide as high, as Chinese ones are."""
    return sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def text_width(text: str) -> float:
    """Estimate the width of a text in points, generously: the reader's font is not known."""
    return 0.56 * SMALL * (len(text) + 0.75 * wide(text))


def panel_size(ax: Axes) -> tuple[float, float]:
    """Return width and height of a panel in points, as planned before the layout is computed."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    columns, rows = 1, 1
    spec = ax.get_subplotspec()
    if spec is not None:
        rows, columns = spec.get_gridspec().get_geometry()
    # What axis labels, ticks and gaps usually leave.
    return (
        72 * figure.get_figwidth() / columns - 50,
        72 * figure.get_figheight() / rows - 60,
    )


def legend(ax: Axes, lines: Sequence[Line2D]) -> None:
    """Name the lines in a row above the panel, where no change of limits can hide or cross them."""
    texts = [str(line.get_label()) for line in lines]
    widths = [text_width(text) + 5 * SMALL for text in texts]  # with line sample and gaps
    room = panel_size(ax)[0]
    columns = len(texts) if sum(widths) <= room else max(int(room / max(widths)), 1)
    ax.legend(
        lines,
        texts,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        labelcolor=LIGHT["ink"],
        borderaxespad=0.2,
        borderpad=0.2,
        handlelength=2.2,
        handletextpad=0.6,
        # Matplotlib's font has no Chinese, and measures each character as too narrow.
        columnspacing=1.6 + 0.4 * max(map(wide, texts)),
    )


def visible(x: Array, limits: Array) -> tuple[Array, int]:
    """Cut a path where it leaves a window for good; return it with the step of that, or with 0.

    `x` has shape (steps + 1, d) and `limits` (d, 2), lower and upper. The last point returned is
    on the edge of the window if the path was cut.
    """
    inside = ((x >= limits[:, 0]) & (x <= limits[:, 1])).all(axis=1)
    last = int(np.flatnonzero(inside)[-1]) if inside.any() else 0
    if last == len(x) - 1:
        return x, 0
    a, b = x[last], x[last + 1]
    shares = [1.0]
    for i in range(x.shape[1]):
        edge = limits[i, 1] if b[i] > a[i] else limits[i, 0]
        length = b[i] / 2 - a[i] / 2  # halved: the step that leaves may be very long
        if length and not limits[i, 0] <= b[i] <= limits[i, 1]:
            shares.append(float((edge - a[i]) / 2 / length))
    share = max(min(shares), 0.0)
    return np.vstack([x[: last + 1], a * (1 - share) + b * share]), last + 1


def arrow_out(ax: Axes, end: Array, limits: Array, colour: str) -> tuple[Line2D, str]:
    """Mark where a path leaves the window; return the arrow head and its direction, such as "^"."""
    size = limits[:, 1] - limits[:, 0]
    gaps = np.abs(end[:, None] - limits) / size[:, None]  # to left, right; bottom, top
    i, j = np.unravel_index(int(gaps.argmin()), (2, 2))
    direction = (("<", ">"), ("v", "^"))[i][j]
    (arrow,) = ax.plot(
        *end, marker=direction, linestyle="", markersize=7, color=colour, clip_on=False, zorder=6
    )
    return arrow, direction


def whole_steps(ax: Axes) -> None:
    """Put the ticks of the horizontal axis at whole numbers."""
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))


def log_axis(ax: Axes) -> None:
    """Make the vertical axis logarithmic, with ticks at powers of ten alone."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(10, numticks=8))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: _power(y)))
    ax.yaxis.set_minor_locator(FixedLocator([]))


def whole_decades(values: Array) -> tuple[int, int]:
    """Return the powers of ten between which the positive ones among numbers >= 0 are drawn."""
    positive = values[values > 0] if (values > 0).any() else np.ones(1)
    high = min(int(np.ceil(np.log10(positive.max()))), 308)  # the largest decade of a float
    low = min(max(int(np.floor(np.log10(positive.min()))), high - _DECADES), high - 1)
    return low, high


def _power(value: float) -> str:
    exponent = round(float(np.log10(value)))
    if -2 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
