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

__all__ = ["NAME", "files", "inline"]

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
    tags = {key: course.editions[key].tag for key in shown}
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    page = environment.from_string(_text("html")).render(
        editions=[(course.editions[key], editions.ui(key)["course"]) for key in shown],
        first=course.first_page,
        base=course.base_url,
        style=Markup(_style()),
        style_hash=_hash(_style()),
        script=Markup(_script()),
        script_hash=_hash(_script()),
        tags=Markup(json.dumps(tags).replace("</", "<\\/")),
    )
    return {NAME: page.encode()}


def inline() -> dict[str, str]:
    """Return what a policy for the whole site has to allow beside the site's own files."""
    return {"script-src": f"'{_hash(_script())}'", "style-src": f"'{_hash(_style())}'"}


def _text(kind: str) -> str:
    return (FOLDER / f"notfound.{kind}").read_text(encoding="utf-8")


def _style() -> str:
    return frontpage.colours() + _text("css")


def _script() -> str:
    return minified(_text("js"))


def _hash(text: str) -> str:
    """Return what a content security policy calls an inline style or script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
