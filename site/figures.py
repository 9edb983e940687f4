"""Figures inside the page: the SVG of a notebook output, made to follow the theme.

A figure that is linked as an image keeps its white background on a dark page, and its words are
no text. Inlined, its colours become the CSS variables of ``d2lmini.palette``, its words are set in
the fonts of the page, and one label describes it to a screen reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from d2lmini import palette

__all__ = ["inline_svg", "theme_css"]

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_HREF = f"{{{XLINK}}}href"
SCALE = "var(--mm-text, 1)"
_COLOURED = ("fill", "stroke", "stop-color", "flood-color", "color")
_DROPPED = frozenset({f"{{{SVG}}}metadata", f"{{{SVG}}}style", f"{{{SVG}}}script"})


def inline_svg(svg: str, *, label: str, prefix: str) -> str:
    """Return `svg` as an element that can stand in an HTML page.

    Parameters
    ----------
    svg : str
        An SVG document, as Matplotlib writes it.
    label : str
        What the figure shows; it becomes the accessible name.
    prefix : str
        Put before every identifier, for those of two figures on one page must differ.

    Returns
    -------
    str
        The ``<svg>`` element: as wide as its surroundings allow up to its own width, of role
        ``img``, colours of the palette as ``var(--mm-name, #hex)``, without style sheet, script
        and metadata.

    Raises
    ------
    ValueError
        `svg` is not an SVG document.

    Examples
    --------
    >>> print(inline_svg('<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" '
    ...     'viewBox="0 0 72 36"><path id="a" d="M0 0" style="stroke: #1f2937"/></svg>',
    ...     label="A line.", prefix="f1-"))  # doctest: +ELLIPSIS
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 36" role="img" aria-label="A line." ...
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"not an SVG document: {error}") from None
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError(f"not an SVG document: its root is <{root.tag}>")
    for parent in root.iter():
        for child in list(parent):
            if child.tag in _DROPPED:
                parent.remove(child)
    width = root.attrib.pop("width", "")
    height = root.attrib.pop("height", "")
    if "viewBox" not in root.attrib and _points(width) and _points(height):
        root.set("viewBox", f"0 0 {_points(width):g} {_points(height):g}")
    for element in root.iter():
        _localise(element, prefix)
        _style(element)
    root.attrib.pop("version", None)
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("class", "mm-svg")
    if _points(width):
        # 4/3 px to the point: the size that the figure was designed at, never more.
        root.set("style", f"max-width: {_points(width) * 4 / 3:.0f}px")
    # Here: other modules have others, for the whole process.
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _points(length: str) -> float:
    """Return a length such as ``504pt`` as a number of points, 0 where it is none."""
    match = re.fullmatch(r"([\d.]+)(pt|px)?", length.strip())
    if not match:
        return 0.0
    return float(match[1]) * (0.75 if match[2] == "px" else 1.0)


def _localise(element: ElementTree.Element, prefix: str) -> None:
    """Put `prefix` before the identifier of `element` and before those that it refers to."""
    href = element.attrib.pop(_HREF, None) or element.attrib.pop("href", None)
    if href is not None:
        element.set("href", f"#{prefix}{href[1:]}" if href.startswith("#") else href)
    for name, value in element.attrib.items():
        if name == "id":
            element.set(name, prefix + value)
        elif "url(#" in value:
            element.set(name, re.sub(r"url\(#", f"url(#{prefix}", value))


def _style(element: ElementTree.Element) -> None:
    """Replace colours of the palette in `element`, and sizes of words, by what a page can set."""
    # A presentation attribute cannot hold var(): it moves to the style, where it can.
    style = element.get("style", "")
    for name in _COLOURED:
        value = element.get(name)
        if value is not None and _variable(value) != value:
            del element.attrib[name]
            style = f"{name}: {value}; {style}"
    if style:
        style = re.sub(r"#[0-9a-fA-F]{6}\b", lambda m: _variable(m[0]), style)
        # Words of a figure which a phone shows at half its size would be too small to read.
        style = re.sub(r"(font(?:-size)?:[^;]*?)\b([\d.]+px)", rf"\1calc(\2 * {SCALE})", style)
        element.set("style", style)


def _variable(colour: str, light: Mapping[str, str] = palette.LIGHT) -> str:
    """Return ``var(--mm-name, #hex)`` for a colour of the palette, any other as it is."""
    for name, value in light.items():
        if colour.lower() == value:
            return f"var({palette.CSS[name]}, {value})"
    return colour


def theme_css() -> str:
    """Return the CSS which gives the variables of the palette their values in both themes.

    Examples
    --------
    >>> "--mm-gd: #c2410c;" in theme_css()
    True
    """

    def block(colours: Mapping[str, str]) -> str:
        return " ".join(f"{palette.CSS[name]}: {value};" for name, value in colours.items())

    return (
        f":root {{ {block(palette.LIGHT)} }}\n"
        f'html[data-theme="dark"] {{ {block(palette.DARK)} }}\n'
        f"@media print {{ html[data-theme] {{ {block(palette.LIGHT)} }} }}\n"
    )
