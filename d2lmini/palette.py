"""The colours of the course: one name per meaning, one value for light and one for dark pages.

Figures are drawn with the light values. The book replaces each of them by the CSS variable of the
same name, so a figure follows the theme of the page that it stands on; this is why no two names
share a light value, and why a figure uses no other colours (lighter tones are made with opacity).

Gradient descent is always drawn in ``gd`` and momentum always in ``momentum``. The two also differ
in lightness and are never told apart by colour alone: markers, dashes or labels say it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CSS", "DARK", "LIGHT"]

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#1f2937",
        "muted": "#6b7280",
        "grid": "#d1d5db",
        "contour": "#9aa5b1",
        "paper": "#ffffff",
        "gd": "#c2410c",
        "momentum": "#1d4ed8",
        "nesterov": "#047857",
        "accent": "#a21caf",
    }
)
"""Name -> hexadecimal colour on a light page; what figures are drawn with."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#e5e7eb",
        "muted": "#9ca3af",
        "grid": "#374151",
        "contour": "#5b6675",
        "paper": "transparent",
        "gd": "#fb923c",
        "momentum": "#60a5fa",
        "nesterov": "#34d399",
        "accent": "#e879f9",
    }
)
"""Name -> colour on a dark page; ``paper`` lets the page itself show through."""

CSS: Mapping[str, str] = MappingProxyType({name: f"--mm-{name}" for name in LIGHT})
"""Name -> CSS variable that stands for the colour in the built book."""
