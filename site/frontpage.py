"""The first page of the site: the languages of the course, and the picture of what it is about.

A page without Sphinx. Its picture is part of it, drawn here, and can be looked at while nothing
else is loaded; with scripts its starting point can be dragged.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

import about
import editions
import release

__all__ = ["files", "picture"]

HERE = Path(__file__).resolve().parent
START, STEPS = (-5.0, -2.0), 24
METHODS = {"gd": {"eta": 0.45, "beta": 0.0}, "momentum": {"eta": 0.45, "beta": 0.5}}
LEVELS = (0.02, 0.12, 0.36, 0.8, 1.5, 2.5, 4.0, 6.2, 9.0, 12.6, 17.0)
WIDTH, HEIGHT = 900, 420
SCALE, ORIGIN = (118.0, -74.0), (WIDTH - 232.0, HEIGHT / 2)  # pixels; the minimum right of middle
REACH = ((-5.6, 1.9), (-2.7, 2.7))  # where a reader may put the starting point: in the picture
CARDS = HERE / "cards"


def picture() -> str:
    """Return an SVG of the ravine with the paths of both methods, computed by ``d2lmini``.

    The paths start at (-5, -2) and take 24 steps with eta = 0.45, without momentum and with
    beta = 0.5. Colours are the CSS variables of the palette; the reader's text describes it, so
    it is hidden from screen readers.
    """
    import d2lmini as d2l

    f = d2l.ravine()
    paths = {
        name: d2l.momentum(f.grad, START, steps=STEPS, **method).x
        for name, method in METHODS.items()
    }

    def place(points: np.ndarray) -> np.ndarray:  # (..., 2) -> pixels
        return np.asarray(points, dtype=float) * SCALE + ORIGIN

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
        a, b = np.sqrt(2 * (level - f.minimum) / f.eigenvalues) * np.abs(SCALE)
        parts.append(f'<ellipse cx="{centre[0]:g}" cy="{centre[1]:g}" rx="{a:.1f}" ry="{b:.1f}"/>')
    parts.append("</g>")
    for name, path in paths.items():
        points = place(path)
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>' for x, y in points[1:])
        parts.append(f'<g class="{name}"><polyline pathLength="1" points="{line}"/>{dots}</g>')
    x, y = place(np.array(START))
    parts.append(f'<circle class="start" transform="translate({x:g} {y:g})" r="7"/>')
    x, y = centre
    parts.append(f'<path class="minimum" d="M{x - 7:g} {y:g}h14M{x:g} {y - 7:g}v14"/></svg>')
    return "".join(parts)


@cache
def _texts() -> dict[str, str]:
    """Return the files of the folder ``landing``."""
    return {path.name: path.read_text(encoding="utf-8") for path in (HERE / "landing").iterdir()}


def colours() -> str:
    """Return the CSS that gives the variables of the palette their values, before any choice."""
    from d2lmini import palette

    light, dark = (
        "".join(f"{palette.CSS[name]}:{value};" for name, value in values.items())
        for values in (palette.LIGHT, palette.DARK)
    )
    system = "@media screen and (prefers-color-scheme:dark)"
    return (
        f":root{{{light}}}\n"
        f'{system}{{html:not([data-theme="light"]){{{dark}}}}}\n'
        f'@media screen{{html[data-theme="dark"]{{{dark}}}}}\n'
    )


def files(
    course: editions.Course, shown: list[str], *, repository: str | None = None
) -> dict[str, bytes]:
    """Return the landing page, and what it loads, as files of the site.

    Parameters
    ----------
    course : Course
        The course.
    shown : list of str
        The languages of the site, in order; the first is the default.
    repository : str, optional
        The address of the sources, which the foot of the page then links.
    """
    import d2lmini as d2l
    from d2lmini.explore.scripts import minified, shared_script

    cards = [
        {
            "edition": course.editions[key],
            "words": editions.ui(key)["course"],
            "methods": _methods(key),
            "url": f"{key}/{course.first_page}.html",
        }
        for key in shown
    ]
    live = {
        "languages": {
            card["edition"].key: {
                "tag": card["edition"].tag,
                "title": card["edition"].title,
                "continue": card["words"]["continue"],
                "drag": card["words"]["drag"],
            }
            for card in cards
        },
        "ravine": {
            "lams": d2l.ravine().eigenvalues.tolist(),
            "methods": {name: {**method, "steps": STEPS} for name, method in METHODS.items()},
            "start": START,
            "scale": SCALE,
            "origin": ORIGIN,
            "reach": REACH,
        },
    }
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    page = environment.from_string(_texts()["index.html"]).render(
        cards=cards,
        default=course.editions[shown[0]],
        base=course.base_url,
        picture=Markup(picture()),
        words=Markup(json.dumps(live, ensure_ascii=False).replace("</", "<\\/")),
        version=release.version(),
        date=release.date(course.root),
        repository=repository,
        about=about.about(course, shown, shown[0], course.first_page, address=""),
    )
    made = {
        "index.html": page,
        "landing/landing.css": colours() + _texts()["landing.css"],
        # Also in books, where it is the same; but a book may have been built before it was changed.
        "_static/head.js": (HERE / "static" / "head.js").read_text(encoding="utf-8"),
        "landing/landing.js": minified(_texts()["landing.js"]),
        "landing/shared.js": shared_script(),
        ".nojekyll": "",
    }
    pictures = {f"cards/{key}.png": CARDS / f"{key}.png" for key in shown}
    pictures["favicon.svg"] = HERE / "static" / "favicon.svg"
    return {name: text.encode() for name, text in made.items()} | {
        name: path.read_bytes() for name, path in pictures.items() if path.is_file()
    }


def _methods(key: str) -> dict[str, str]:
    """Return what the two methods are called in language `key`, as in the figures."""
    from d2lmini import labels as module

    folder = Path(module.__file__).parent / "languages"
    path = folder / f"{key}.json"
    labels = (path if path.is_file() else folder / f"{editions.SOURCE}.json").read_text("utf-8")
    return {name: json.loads(labels)[f"method.{name}"] for name in METHODS}
