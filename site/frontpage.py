"""The first page of the site: the languages of the course, and the picture of what it is about.

One page without Sphinx, with a style sheet and a script of its own, which stand beside the others,
for the site's policy allows none inside a page.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

import about
import editions

__all__ = ["files", "picture"]

HERE = Path(__file__).resolve().parent
ETA, BETA, STEPS = 0.45, 0.5, 24
LEVELS = (0.02, 0.12, 0.36, 0.8, 1.5, 2.5, 4.0, 6.2, 9.0, 12.6, 17.0)
WIDTH, HEIGHT = 900, 420


def picture() -> str:
    """Return an SVG of the ravine with the paths of both methods, computed by ``d2lmini``.

    The paths start at (-5, -2) and take 24 steps with eta = 0.45, without momentum and with
    beta = 0.5. Colours are the CSS variables of the palette; the reader's text describes it, so
    it is hidden from screen readers.
    """
    import d2lmini as d2l

    f = d2l.ravine()
    start = (-5.0, -2.0)
    paths = {
        "gd": d2l.gradient_descent(f.grad, start, eta=ETA, steps=STEPS).x,
        "momentum": d2l.momentum(f.grad, start, eta=ETA, beta=BETA, steps=STEPS).x,
    }

    def place(points: np.ndarray) -> np.ndarray:  # (..., 2) -> pixels, the minimum right of middle
        return np.asarray(points, dtype=float) * [118.0, -74.0] + [WIDTH - 232.0, HEIGHT / 2]

    centre = place(f.minimizer)
    parts = [
        f'<svg class="ravine" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
    ]
    parts.append(
        '<defs><radialGradient id="fade"><stop offset="0.55" stop-color="#fff"/>'
        '<stop offset="1" stop-color="#000"/></radialGradient><mask id="edge">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#fade)"/></mask></defs>'
        '<g class="contours" mask="url(#edge)">'
    )
    for level in LEVELS:
        # f = level is the ellipse with half axes sqrt(2 level / lambda).
        a, b = np.sqrt(2 * (level - f.minimum) / f.eigenvalues) * [118.0, 74.0]
        parts.append(f'<ellipse cx="{centre[0]:g}" cy="{centre[1]:g}" rx="{a:.1f}" ry="{b:.1f}"/>')
    parts.append("</g>")
    for name, path in paths.items():
        points = place(path)
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>' for x, y in points[1:])
        parts.append(f'<g class="{name}"><polyline points="{line}"/>{dots}</g>')
    x, y = place(np.array(start))
    parts.append(f'<circle class="start" cx="{x:g}" cy="{y:g}" r="7"/>')
    x, y = centre
    parts.append(f'<path class="minimum" d="M{x - 7:g} {y:g}h14M{x:g} {y - 7:g}v14"/></svg>')
    return "".join(parts)


@cache
def _template() -> tuple[Environment, dict[str, str]]:
    folder = HERE / "landing"
    texts = {
        name: (folder / name).read_text(encoding="utf-8")
        for name in ("index.html", "landing.css", "landing.js")
    }
    return Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True), texts


def files(course: editions.Course, shown: list[str]) -> dict[str, bytes]:
    """Return the landing page, and what it loads, as files of the site.

    Parameters
    ----------
    course : Course
        The course.
    shown : list of str
        The languages of the site, in order; the first is the default.
    """
    from d2lmini import palette

    environment, texts = _template()
    cards = [
        {
            "edition": course.editions[key],
            "words": editions.ui(key)["course"],
            "url": f"{key}/{course.first_page}.html",
        }
        for key in shown
    ]
    light, dark = (
        "".join(f"{palette.CSS[n]}:{v};" for n, v in values.items())
        for values in (palette.LIGHT, palette.DARK)
    )
    style = (
        f":root{{{light}}}\n"
        f'@media (prefers-color-scheme: dark){{html:not([data-theme="light"]){{{dark}}}}}\n'
        f'html[data-theme="dark"]{{{dark}}}\n{texts["landing.css"]}'
    ).encode()
    script = texts["landing.js"].encode()
    page = environment.from_string(texts["index.html"]).render(
        cards=cards,
        default=course.editions[shown[0]],
        base=course.base_url,
        picture=Markup(picture()),
        about=about.about(course, shown, shown[0], course.first_page, address=""),
        css_mark=_mark(style),
        js_mark=_mark(script),
        words=Markup(
            json.dumps(
                {
                    c["edition"].key: {"tag": c["edition"].tag, "continue": c["words"]["continue"]}
                    for c in cards
                },
                ensure_ascii=False,
            ).replace("</", "<\\/")
        ),
    )
    icon = (HERE / "static" / "favicon.svg").read_bytes()
    return {
        "index.html": page.encode(),
        "_static/landing.css": style,
        "_static/landing.js": script,
        # Also in books, where it is the same; but a book may have been built before it was changed.
        "_static/head.js": (HERE / "static" / "head.js").read_bytes(),
        "favicon.svg": icon,
        ".nojekyll": b"",
    }


def _mark(data: bytes) -> str:
    """Return what tells one version of a file from another, for its address."""
    return hashlib.sha256(data).hexdigest()[:8]
