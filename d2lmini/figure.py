"""Figures that show themselves as SVG: words stay words, and equal figures are equal bytes.

A reader's own fonts draw the text of these figures, so that Chinese and Vietnamese labels need no
fonts where the book is built, can be searched and copied, and are read out by a screen reader.
Matplotlib only measures the text, with the font that it ships, to leave room for it.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib import figure as mpl_figure
from matplotlib.axes import Axes

from .checks import as_count, as_number
from .labels import label
from .messages import Phrase, tell
from .palette import LIGHT

__all__ = ["Figure", "subplots"]

# The system's own sans-serif first, then common fonts with Vietnamese and Turkish letters, then
# Chinese ones. An attribute of the root and no style: a page may override it with any CSS rule.
_FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', "
    "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
)

# Used while a figure of ours is made or saved, and never beyond: a reader's own settings neither
# change our figures nor are changed by them.
_STYLE: Any = {  # a dict; Matplotlib's type for its keys differs among versions
    "axes.edgecolor": LIGHT["muted"],
    "axes.facecolor": LIGHT["paper"],
    "axes.formatter.use_mathtext": False,
    "axes.grid": False,
    "axes.labelcolor": LIGHT["ink"],
    "axes.labelpad": 5.0,
    "axes.labelsize": 12,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": LIGHT["ink"],
    "axes.titlesize": 12,
    "axes.unicode_minus": True,
    "figure.dpi": 72,
    "figure.edgecolor": LIGHT["paper"],
    "figure.facecolor": LIGHT["paper"],
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # ships with Matplotlib: text is measured alike everywhere
    "font.size": 11,
    "legend.fontsize": 11,
    "path.simplify": True,
    "path.sketch": None,
    "savefig.bbox": None,
    "savefig.facecolor": "auto",
    "savefig.transparent": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "d2lmini",
    "svg.id": None,
    "text.color": LIGHT["ink"],
    "text.usetex": False,
}

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
_MOST = 20  # panels below or beside one another
_NUMBERS = frozenset({"d", "x", "y", "width", "height", "transform", "points"})


class Figure(mpl_figure.Figure):
    """A Matplotlib figure that a notebook shows as SVG, made by :func:`subplots`.

    Without pyplot there is no list of open figures, nothing to close, and nothing is shown that is
    not asked for: the figure appears where it is the value of a cell.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, ax = d2l.subplots()
    >>> fig
    <Figure: 1 panel>
    >>> fig.svg().startswith("<svg")
    True
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._language_tag = label("language.tag")

    def __repr__(self) -> str:
        count = len(self.axes)
        return f"<Figure: {count} panel{'' if count == 1 else 's'}>"

    def svg(self) -> str:
        """Return the figure as an SVG element.

        Returns
        -------
        str
            An ``<svg>`` element without XML prolog: the same bytes for the same figure, colours
            from :mod:`d2lmini.palette` only, as far as the plot functions drew it, text as text.
        """
        target = io.StringIO()
        with warnings.catch_warnings(), mpl.rc_context(_STYLE):
            # Matplotlib's own font need not have the glyphs, since it only measures the text here;
            # the reader's browser draws it.
            warnings.filterwarnings(
                "ignore", message=r"Glyph \d+ .* missing from", category=UserWarning
            )
            self.savefig(target, format="svg")
        return _tidy(target.getvalue(), self._language_tag)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}


def subplots(
    nrows: int = 1,
    ncols: int = 1,
    *,
    width: float = 7.0,
    height: float | None = None,
    **kwargs: Any,
) -> tuple[Figure, Any]:
    """Make a figure with one or more panels, to be shown by naming it last in a cell.

    Parameters
    ----------
    nrows, ncols : int
        How many panels, below and beside one another.
    width : float
        Width in inches; 7 is the width of the text.
    height : float, optional
        Height in inches; by default in proportion to the width of a panel.
    **kwargs
        Passed on to ``matplotlib.figure.Figure.subplots``: ``sharex``, ``sharey``, ``squeeze``,
        ``width_ratios`` and so on.

    Returns
    -------
    fig : Figure
        Shows itself as SVG in a notebook.
    ax : matplotlib.axes.Axes or ndarray of Axes
        One panel, or an array of them if there are several.

    Raises
    ------
    ValueError, TypeError
        If a count is not a positive whole number or a length is not positive.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> fig, (left, right) = d2l.subplots(1, 2, height=3)
    >>> fig
    <Figure: 2 panels>
    """
    remedy = Phrase("pass for example subplots(1, 2)")
    nrows = as_count("nrows", nrows, remedy, most=_MOST)
    ncols = as_count("ncols", ncols, remedy, most=_MOST)
    for name, count in (("nrows", nrows), ("ncols", ncols)):
        if count == 0:
            raise ValueError(
                tell("{name} must be at least 1, got 0: a figure needs a panel", name=name)
            )
    width = _length("width", width)
    if height is None:
        height = min(max(0.56 * width / ncols, 2.6), 4.2) * nrows
    height = _length("height", height)
    with mpl.rc_context(_STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        axes = fig.subplots(nrows, ncols, **kwargs)
        for ax in fig.axes:
            _dress(ax)
    return fig, axes


def _length(name: str, value: Any) -> float:
    inches = as_number(
        name, value, Phrase("a positive length in inches"), Phrase("7 is the width of the text")
    )
    if not 0 < inches <= 100:
        raise ValueError(
            tell(
                "{name} must be between 0 and 100 inches, got {inches:g}: 7 is the width of "
                "the text",
                name=name,
                inches=inches,
            )
        )
    return inches


def _dress(ax: Axes) -> None:
    # Ticks and grid lines are made when they are needed, which may be outside the style.
    ax.grid(True, color=LIGHT["grid"], linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(
        which="both", color=LIGHT["muted"], labelcolor=LIGHT["muted"], labelsize=11, length=0, pad=5
    )


def _tidy(svg: str, tag: str) -> str:
    """Reduce Matplotlib's SVG to what the picture needs, ready to stand inside a page."""
    root = ElementTree.fromstring(svg)
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', svg))
    for parent in reversed(list(root.iter())):  # children first: what they empty can go, too
        for child in list(parent):
            # The style sheet, *{stroke-linejoin: round}, would leak into the page around it.
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style") or (
                child.tag in (f"{{{_SVG}}}g", f"{{{_SVG}}}defs") and len(child) == 0
            ):
                parent.remove(child)
    for element in root.iter():
        name = element.get("id", "")
        if name.startswith("halo"):
            # A rim in the colour of the page keeps words legible where a line runs behind them.
            element.attrib.update(
                {
                    "stroke": LIGHT["paper"],
                    "stroke-width": "3",
                    "stroke-linejoin": "round",
                    "paint-order": "stroke",
                }
            )
        if name not in used and not name.startswith("measured-"):
            element.attrib.pop("id", None)
        for key in _NUMBERS & element.attrib.keys():
            # A hundredth of a point is below what can be seen, and above what processors differ by.
            element.set(key, re.sub(r"-?\d+\.\d+", _short, element.attrib[key]).strip())
        if re.match(r"rotate\(-?0 ", element.get("transform", "")):
            del element.attrib["transform"]
        if "style" in element.attrib:
            element.set("style", re.sub(r"font-family: [^;]*(; )?", "", element.attrib["style"]))
    root.attrib.update(
        {
            "font-family": _FONTS,
            "stroke-linejoin": "round",
            f"{{{_XML}}}lang": tag,
        }
    )
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    # ElementTree numbers the namespaces unless they are registered, which would be for everybody.
    spaces = dict(re.findall(r'xmlns:(ns\d+)="([^"]+)"', text))
    for prefix, uri in spaces.items():
        ours = {_SVG: "", _XLINK: "xlink:"}[uri]
        text = text.replace(
            f'xmlns:{prefix}="{uri}"', f'xmlns{":" + ours[:-1] if ours else ""}="{uri}"'
        )
        text = re.sub(rf"(</?|\s){prefix}:", rf"\g<1>{ours}", text)
    return text


def _short(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
