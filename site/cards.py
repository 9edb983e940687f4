"""The pictures that other sites show beside a link to the course: ``python site/cards.py``.

One for each language, 1200 by 630 pixels, photographed from a page in Chromium and kept in
``site/cards/``; the site has them as ``cards/<language>.png``. To be made anew after a change of a
title, a description or the fonts, by `make cards`. Needs what the browser tests need.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from PIL import Image

import editions
import frontpage
from files import write_if_changed

HERE = Path(__file__).resolve().parent
SIZE = {"width": 1200, "height": 630}
COLOURS = 96  # enough for smooth edges in six hues, and half the bytes
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def page(edition: editions.Edition) -> str:
    """Return the page that the picture of an edition is taken of."""
    template = (HERE / "cards" / "card.html").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    mark = (HERE / "static" / "favicon.svg").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        edition=edition,
        colours=Markup(frontpage.colours()),
        picture=Markup(frontpage.picture()),
        mark=Markup(mark),
        fonts=Markup((HERE / "fonts" / "fonts.css").as_uri()),
    )


def reduced(png: bytes) -> bytes:
    """Return a PNG of few colours, as small as it can be written."""
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def main() -> int:
    """Make the pictures of all languages."""
    from playwright.sync_api import sync_playwright

    course = editions.load(HERE.parent)
    named = os.environ.get("COURSE_CHROMIUM")
    program = named or next((path for path in map(shutil.which, BROWSERS) if path), None)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        view = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        for key, edition in course.editions.items():
            source = Path(folder, "card.html")
            source.write_text(page(edition), encoding="utf-8")
            view.goto(source.as_uri())
            view.evaluate("document.fonts.ready")
            path = HERE / "cards" / f"{key}.png"
            write_if_changed(path, reduced(view.screenshot()))
            print(f"{path.name}: {path.stat().st_size:,} bytes")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
