"""The whole book of a language as one HTML page, to be printed: cover, contents, every chapter.

The chapters are those of the built site, taken as they stand. What must change when pages come
together changes here: identifiers are made different, links between pages become links within the
page, links to what is not on paper go, and what is folded is opened.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

__all__ = ["Chapter", "Heading", "compose", "join", "read_chapter", "style_sheets"]

HERE = Path(__file__).resolve().parent

_ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.DOTALL)
_SHEET = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*>')
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
_PERMALINK = re.compile(r'<a class="headerlink"[^>]*>.*?</a>', re.DOTALL)
# A tag, and an attribute in it; in what Sphinx, KaTeX and `figures` write, values are quoted.
_TAG = re.compile(r'<[a-zA-Z](?:[^>"\']|"[^"]*"|\'[^\']*\')*>')
_ATTRIBUTE = re.compile(r'\s([a-zA-Z:-]+)="([^"]*)"')
_REFERS = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers")
_HEADING = re.compile(
    r'<section\b[^>]*\bid="([^"]+)"[^>]*>\s*(?:<span id="[^"]*"></span>\s*)*'
    r"<h([12])\b[^>]*>(.*?)</h\2>",
    re.DOTALL,
)
_FORMULA = re.compile(
    r'<span class="katex"><span class="katex-mathml"><math.*?'
    r'<annotation encoding="application/x-tex">(.*?)</annotation></semantics></math></span>'
    r'<span class="katex-html" aria-hidden="true">',
    re.DOTALL,
)
_EXPLORABLE = re.compile(r'(<div class="mm-explorable".*?)(</figcaption>|</figure>)', re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A line of the contents.

    Attributes
    ----------
    level : int
        1 for a chapter, 2 for a section.
    anchor : str
        The identifier that it is linked by.
    title : Markup
        What it says, with formulas.
    text : str
        The same as plain text.
    """

    level: int
    anchor: str
    title: Markup
    text: str


@dataclass(frozen=True)
class Chapter:
    """A page of the site as a chapter of the book.

    Attributes
    ----------
    page : str
        Its name, without a suffix.
    body : str
        Its text, HTML.
    headings : tuple of Heading
        Its title, then its sections.
    """

    page: str
    body: str
    headings: tuple[Heading, ...]

    @property
    def anchor(self) -> str:
        """The identifier of the chapter."""
        return _anchor(self.page)

    @property
    def title(self) -> str:
        """What the chapter is called, with its number."""
        return self.headings[0].text if self.headings else self.page


def _anchor(page: str) -> str:
    return page.replace("/", "-")


def _identifier(page: str, identifier: str) -> str:
    """Return what `identifier` of `page` is called in the book, where all pages are one."""
    return f"{_anchor(page)}--{identifier}"


def join(page: str, link: str, pages: Iterable[str], base: str = "") -> str | None:
    """Return where a link of `page` leads in the book; None if to nothing that a book can reach.

    Parameters
    ----------
    page : str
        The page which the link stands on.
    link : str
        Its target.
    pages : iterable of str
        The pages of the book.
    base : str
        The address of the pages on the published site, with a slash at its end, or nothing.

    Examples
    --------
    >>> join("ravine", "#fig-valley", ["ravine"]), join("ravine", "noise.html", ["noise"])
    ('#ravine--fig-valley', '#noise')
    >>> join("ravine", "noise.html#floor", ["noise"])
    '#noise--floor'
    >>> join("ravine", "https://example.org/x", []), join("ravine", "_sources/ravine.ipynb", [])
    ('https://example.org/x', None)
    >>> join("ravine", "../en/ravine.html", [], base="https://example.org/vi/")
    'https://example.org/en/ravine.html'
    """
    if re.match(r"(https?|mailto):", link):
        return link
    path, _, fragment = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else None
    other = page if target is None else target.removesuffix(".html")
    if target is None or (target.endswith(".html") and other in set(pages)):
        # A browser looks for the decoded fragment, and so does whoever reads the file.
        fragment = unquote(fragment)
        return "#" + (_identifier(other, fragment) if fragment else _anchor(other))
    if not base or re.match(r"[a-z]+:|/", link):
        return None
    start = base.count("/", len("https://")) - 1  # folders that may be left by ..
    return None if target.count("../") > start else _climb(base, target, fragment)


def _climb(base: str, target: str, fragment: str) -> str:
    while target.startswith("../"):
        base, target = base[: base[:-1].rindex("/") + 1], target[3:]
    return base + target + (f"#{fragment}" if fragment else "")


def _adapt(
    page: str, body: str, link: Callable[[str], str | None], file: Callable[[str], str]
) -> str:
    """Make the identifiers of a page those of the book, and its links lead to them.

    `link` and `file` say where a link leads and where a picture is; a link that leads nowhere
    stays as text.
    """

    def tag(match: re.Match[str]) -> str:
        name = re.match(r"<([a-zA-Z0-9-]+)", match[0])
        assert name is not None
        opened = _ATTRIBUTE.sub(lambda m: attribute(name[1].lower(), m), match[0])
        # What is folded is unfolded: nobody can click on paper.
        return opened.replace("<details", "<details open", 1) if name[1] == "details" else opened

    def attribute(element: str, match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if name == "id":
            value = _identifier(page, value)
        elif name == "open":
            return ""
        elif name in _REFERS:
            value = " ".join(_identifier(page, one) for one in value.split())
        elif name == "href" and element == "a":
            target = link(html.unescape(value))
            if target is None:
                return ""
            value = html.escape(target)
        elif name == "href" and value.startswith("#"):
            value = "#" + _identifier(page, value[1:])
        elif name == "src":
            value = html.escape(file(html.unescape(value)))
        elif "url(#" in value:
            value = value.replace("url(#", f"url(#{_identifier(page, '')}")
        return f' {name}="{value}"'

    return _TAG.sub(tag, body)


def read_chapter(page: str, text: str, pages: Iterable[str], base: str, live: str) -> Chapter:
    """Return a page of the site as a chapter.

    Parameters
    ----------
    page : str
        Its name.
    text : str
        The finished page, HTML.
    pages : iterable of str
        All pages of the book.
    base : str
        The address of the pages on the published site, with a slash at its end, or nothing.
    live : str
        What to say below a figure which can be touched on the site.

    Raises
    ------
    ValueError
        `text` is not a page of the site.
    """
    found = _ARTICLE.search(text)
    if found is None:
        raise ValueError(f"{page}.html is not a page of the book: it has no article")
    body = _PERMALINK.sub("", _SCRIPT.sub("", found[1]))
    body = _EXPLORABLE.sub(lambda m: _say_live(m, page, base, live), body)
    names = set(pages)
    folder = posixpath.dirname(page)
    body = _adapt(
        page,
        body,
        lambda target: join(page, target, names, base),
        lambda source: posixpath.normpath(posixpath.join(folder, source)),
    )
    headings = tuple(
        Heading(int(level), anchor, Markup(_say_formulas(title.strip())), plain(title))
        for anchor, level, title in _HEADING.findall(body)
    )
    return Chapter(page, _say_formulas(body), headings)


def _say_formulas(body: str) -> str:
    """Give each formula its TeX as the text which a screen reader says.

    Chromium writes the picture of a formula into a PDF, and neither its MathML nor anything else in
    its place.
    """

    def say(match: re.Match[str]) -> str:
        tex = " ".join(match[1].split()).replace('"', "&quot;")
        return f'<span class="katex" role="img" aria-label="{tex}"><span class="katex-html">'

    return _FORMULA.sub(say, body)


def _say_live(match: re.Match[str], page: str, base: str, live: str) -> str:
    """Add to an explorable where it can be touched."""
    said = html.escape(live)
    if base:
        address = html.escape(f"{base}{page}.html")
        said = f'<a href="{address}">{said}</a>'
    return f'{match[1]}<p class="mm-live-at">{said}</p>{match[2]}'


def plain(title: str) -> str:
    """Return a heading as plain text.

    Examples
    --------
    >>> plain('<span class="section-number">1. </span>The <em>ravine</em>')
    '1. The ravine'
    """
    soup = BeautifulSoup(title, "html.parser")
    for twice in soup.select(".katex-html, annotation"):
        twice.decompose()
    return " ".join(soup.get_text().split())


def style_sheets(text: str) -> list[str]:
    """Return the links to the style sheets of a page of the site."""
    return _SHEET.findall(text)


def compose(
    chapters: list[Chapter],
    sheets: list[str],
    cover: Mapping[str, Any],
    numbers: Mapping[str, int],
) -> str:
    """Return the book as one HTML page.

    Parameters
    ----------
    chapters : list of Chapter
        What it consists of.
    sheets : list of str
        Links to the style sheets of the site.
    cover : mapping
        What the cover says: see ``printed/book.html``.
    numbers : mapping of str to int
        The number of the page that each heading stands on, by its anchor; 0 where not yet known.
    """
    environment = Environment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["css_string"] = _css_string
    template = environment.from_string((HERE / "printed" / "book.html").read_text("utf-8"))
    css = (HERE / "printed" / "book.css").read_text("utf-8")
    return template.render(
        chapters=chapters,
        sheets=[Markup(sheet) for sheet in sheets],
        css=Markup(css),
        numbers=numbers,
        **cover,
    )


def _css_string(text: str) -> Markup:
    """Return `text` as a string of CSS."""
    escaped = re.sub(r'["\\<\n]', lambda match: f"\\{ord(match[0]):x} ", text)
    return Markup(f'"{escaped}"')
