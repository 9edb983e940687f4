"""The page for addresses where there is none, ``404.html``, which web servers show in its place.

It is shown at any depth below the site, so it can name nothing by a relative path, and where the
site is published need not be known. One file holds all of it, then: a security policy in its head
lets just its own style and script run, by their hashes, and the script looks for the site, folder
by folder upwards from the address that was asked for. It puts the reader's language first, which
is that of the address or else that of the browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

import editions
import frontpage
from d2lmini.explore.scripts import minified

__all__ = ["files"]

FOLDER = Path(__file__).resolve().parent / "notfound"
NAME = "404.html"


def files(course: editions.Course, shown: list[str]) -> dict[str, bytes]:
    """Return the page as a file of the site.

    Parameters
    ----------
    course : Course
        The course.
    shown : list of str
        The languages of the site, in order.
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    style = frontpage.colours() + texts["notfound.css"]
    script = minified(texts["notfound.js"])
    tags = {key: course.editions[key].tag for key in shown}
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    page = environment.from_string(texts["notfound.html"]).render(
        editions=[(course.editions[key], editions.ui(key)["course"]) for key in shown],
        first=course.first_page,
        base=course.base_url,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        tags=Markup(json.dumps(tags).replace("</", "<\\/")),
    )
    return {NAME: page.encode()}


def _hash(text: str) -> str:
    """Return what a content security policy calls an inline style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
