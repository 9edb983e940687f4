"""From one HTML page to paper: headless Chromium prints it, without a network and without a server.

The page is given an address of its own, below which the files of the site are found; nothing of
this address may remain in what is printed.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import weights

__all__ = ["ADDRESS", "PAPERS", "MissingGlyphs", "Printer"]

ADDRESS = "http://course.invalid/"
"""Where the browser believes the site to be; a name that is reserved for leading nowhere."""

PAPERS = {"a4": "A4", "letter": "letter"}
"""Names of sizes, as they are given on the command line and as CSS knows them."""

# The height does not matter, the width does: formulas are fitted to it. A4 less its margins.
_WIDTH = {"a4": 612, "letter": 634}

_PATIENCE = 300_000  # milliseconds; a long book on a busy machine takes its time

# A character without a glyph is drawn as the same box as one that can have none.
_WITHOUT_GLYPH = """
() => {
  const side = 28;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * 2;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const draw = (text, font) => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.font = font;
    context.fillText(text, side / 2, side * 1.3);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let drawn = "";
    for (let i = 3; i < data.length; i += 4) drawn += data[i] >> 4 ? "x" : " ";
    return drawn;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, {
    acceptNode: (node) => node.parentElement.closest(".katex, script, style")
      ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  });
  const seen = new Set(document.title);
  while (walker.nextNode()) for (const character of walker.currentNode.data) seen.add(character);
  const wanted = [...seen].filter((c) => /[^\\p{C}\\p{Z}\\p{M}\\u0000-\\u007f]|\\p{Cn}/u.test(c));
  const font = `${side}px ${getComputedStyle(document.body).fontFamily}`;
  const boxes = ["\\u{10ffff}", "\\u{2ffff}"].map((c) => draw(c, font));
  return wanted.filter((c) => boxes.includes(draw(c, font)));
}
"""

# On a screen a wide formula scrolls. On paper it is set smaller, as far as it must be.
_FIT = """
() => {
  const tooWide = [];
  const regions = document.querySelectorAll(".mm-scroll, .pst-scrollable-table-container");
  for (const region of regions) {
    const inner = region.querySelector(".katex, table");
    const wide = () => region.scrollWidth > region.clientWidth + 1;
    const usual = parseFloat(getComputedStyle(inner).fontSize);
    for (let part = 0.95; part > 0.5 && wide(); part -= 0.05)
      inner.style.fontSize = `${usual * part}px`;
    if (wide()) tooWide.push(inner.textContent.trim().slice(0, 60));
  }
  return tooWide;
}
"""


class MissingGlyphs(Exception):
    """Some characters of the text are in none of this machine's fonts.

    Attributes
    ----------
    characters : list of str
        Which.
    """

    def __init__(self, characters: list[str]) -> None:
        self.characters = characters
        some = " ".join(characters[:10]) + (" …" if len(characters) > 10 else "")
        cjk = any("\u2e80" <= c <= "\u9fff" or "\u3000" <= c <= "\u30ff" for c in characters)
        package = "fonts-noto-cjk" if cjk else "fonts-noto-core"
        super().__init__(
            f"no font of this machine has {some} ({len(characters)} characters), and they would be "
            f"printed as empty boxes: install a font that has them, on Debian and Ubuntu "
            f"'sudo apt install {package}'"
        )


class Printer:
    """A browser's page that prints.

    Parameters
    ----------
    browser : Browser
        Playwright's Chromium.
    site : Path
        The folder of the site.

    Attributes
    ----------
    too_wide : list of str
        How the formulas and tables begin which do not fit on the paper, although they were set at
        half their size.
    """

    def __init__(self, browser: Any, site: Path) -> None:
        self.browser = browser
        self.site = site.resolve()
        self.too_wide: list[str] = []

    def print(self, text: str, at: str, paper: str, *, draft: bool = False) -> bytes:
        """Return the PDF of a page.

        Parameters
        ----------
        text : str
            HTML.
        at : str
            The path below the folder of the site that relative addresses start from.
        paper : str
            One of `PAPERS`.
        draft : bool
            Leave out what only a reader needs, which saves a third of the time: the structure for
            screen readers, and the outline.

        Raises
        ------
        MissingGlyphs
            Some of its characters could not be drawn.
        """
        size = {"width": _WIDTH[paper], "height": 900}
        page = self.browser.new_page(viewport=size, color_scheme="light")
        failed: list[Exception] = []

        def answer(route: Any) -> None:
            # Without an answer the browser would wait for the file until its patience ends.
            try:
                self._answer(route, ADDRESS + at, text)
            except Exception as error:
                failed.append(error)
                route.abort()

        try:
            page.set_default_timeout(_PATIENCE)
            page.route("**", answer)
            page.emulate_media(media="print", color_scheme="light")
            page.goto(ADDRESS + at)
            page.evaluate("document.fonts.ready")
            if failed:
                raise failed[0]
            missing = page.evaluate(_WITHOUT_GLYPH)
            if missing:
                raise MissingGlyphs(sorted(missing))
            self.too_wide = page.evaluate(_FIT)
            pdf: bytes = page.pdf(
                prefer_css_page_size=True,
                print_background=True,
                tagged=not draft,
                outline=not draft,
            )
            return pdf
        finally:
            page.close()

    def _answer(self, route: Any, page: str, text: str) -> None:
        """Answer the browser from the folder of the site, and nothing beyond it."""
        url = route.request.url
        if url == page:
            route.fulfill(body=text, content_type="text/html; charset=utf-8")
            return
        parts = urlsplit(url)
        path = (self.site / unquote(parts.path).lstrip("/")).resolve()
        if not url.startswith(ADDRESS) or not path.is_relative_to(self.site) or not path.is_file():
            route.abort()
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        weight = parse_qs(parts.query).get("weight")
        if weight:
            route.fulfill(
                body=weights.cut(path.read_bytes(), int(weight[0])), content_type="font/ttf"
            )
        elif path.name == "fonts.css":
            route.fulfill(body=weights.faces(path.read_text("utf-8")), content_type=kind)
        else:
            route.fulfill(body=path.read_bytes(), content_type=kind)
