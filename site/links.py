"""Links of the built site: does each lead somewhere, and which of them lead out of it?

``python site/links.py`` checks every link, script, style sheet, picture and font of every page, and
every place that the search can send to; ``--external`` lists the addresses elsewhere with the pages
that name them, for somebody with a connection to try. Pages are only read, so it takes seconds.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import posixpath
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from editions import BASE_URL

__all__ = ["Site", "external", "problems"]

ROOT = Path(__file__).resolve().parents[1]

# Data in a page (the state of widgets) may quote HTML; its links are none.
_DATA = re.compile(r"(<script\b[^>]*>).*?</script>", re.DOTALL)
_TAG = re.compile(r"<([a-zA-Z][\w-]*)\b([^>]*)>")
_ATTRIBUTE = re.compile(r'\b(href|src|srcset|action|data|poster|id|name|rel)="([^"]*)"')
_REFERENCE = re.compile(r"url\((?:&quot;|[\"'])?(#?[^)\"'&]+)")
_CSS = re.compile(r"url\(\s*[\"']?([^)\"']+)[\"']?\s*\)|@import\s+[\"']([^\"']+)[\"']")
_CARD = re.compile(r'property="og:image" content="([^"]*)"')
_LOADED = {
    *("script", "img", "iframe", "source", "video", "audio", "embed", "object", "use", "image"),
}
# Links which tell something, and load nothing.
_TOLD = {"canonical", "alternate", "next", "prev", "search", "author", "license", "index"}


@dataclass(frozen=True)
class Link:
    """One address in a page.

    Attributes
    ----------
    target : str
        The address, as it stands there.
    loaded : bool
        Whether the browser fetches it by itself.
    """

    target: str
    loaded: bool


@dataclass
class Page:
    """What a page offers as places to go to, and what it refers to."""

    ids: set[str] = field(default_factory=set)
    links: list[Link] = field(default_factory=list)


@dataclass
class Site:
    """The files of a built site.

    Attributes
    ----------
    folder : Path
        Where its first page is.
    """

    folder: Path

    @cached_property
    def files(self) -> set[str]:
        """Every file, by its path with slashes."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix() for path in found}

    @cached_property
    def pages(self) -> dict[str, Page]:
        """Every page, by its path."""
        names = sorted(name for name in self.files if name.endswith(".html"))
        return {name: read(self.text(name)) for name in names if "/_static/" not in f"/{name}"}

    def text(self, name: str) -> str:
        """Return the text of a file."""
        return (self.folder / name).read_text(encoding="utf-8")


def read(text: str) -> Page:
    """Return what stands in a page.

    Examples
    --------
    >>> page = read('<p id="a"><a href="b.html?x=1&amp;y#c">b</a><img src="d.svg"></p>')
    >>> page.ids, [link.target for link in page.links]
    ({'a'}, ['b.html?x=1&y#c', 'd.svg'])
    """
    page = Page()
    for tag, inside in _TAG.findall(_DATA.sub(r"\1</script>", text)):
        attributes = dict(_ATTRIBUTE.findall(inside))
        if "id" in attributes:
            page.ids.add(html.unescape(attributes["id"]))
        if tag == "a" and "name" in attributes:
            page.ids.add(html.unescape(attributes["name"]))
        loaded = tag in _LOADED or (
            tag == "link" and not set(attributes.get("rel", "").split()) & _TOLD
        )
        for name in ("href", "src", "action", "data", "poster"):
            if name in attributes:
                page.links.append(Link(html.unescape(attributes[name]), loaded))
        if "srcset" in attributes:
            parts = html.unescape(attributes["srcset"]).split(",")
            page.links += [Link(part.split()[0], True) for part in parts if part.strip()]
        if tag == "meta":
            # A card for a link shows this picture.
            page.links += [Link(html.unescape(url), True) for url in _CARD.findall(inside)]
        if "url(" in inside:
            page.links += [Link(target, True) for target in _REFERENCE.findall(inside)]
    return page


def _elsewhere(target: str) -> bool:
    parts = urlsplit(target)
    return bool(parts.netloc) or parts.scheme in ("mailto", "tel")


def problems(site: Site, base: str = "") -> list[str]:
    """Return what is wrong with the links of `site`, a line each.

    Parameters
    ----------
    site : Site
        The site.
    base : str, optional
        The address that it is published at: links that start with it lead into the site.
    """
    found = []
    for name, page in site.pages.items():
        for link in page.links:
            target = link.target
            if base and target.startswith(base):
                problem = _missing(site, "index.html", target.removeprefix(base))
            elif _elsewhere(target):
                problem = "is loaded from elsewhere" if link.loaded else ""
            else:
                problem = _missing(site, name, target)
            if problem:
                found.append(f"{name}: {target} {problem}")
    return found + list(_styles(site)) + list(_searches(site))


def _missing(site: Site, name: str, target: str) -> str:
    """Return what is wrong with the link `target` in the file `name`, or nothing."""
    parts = urlsplit(target)
    if parts.scheme == "data":
        return ""
    if parts.scheme:
        return "is neither a page nor a site"
    if parts.path.startswith("/"):
        return "starts at the root of the server: below another path it leads nowhere"
    there = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
    there = name if not parts.path else there
    if there == ".":
        there = "index.html"
    if there.startswith("../"):
        return "leads out of the site"
    if there not in site.files:
        return "is not there"
    # An explorable's setting, such as #ravine:eta=0.6, is no place in the page.
    if parts.fragment and there in site.pages and ":" not in parts.fragment:
        place = unquote(parts.fragment)
        if place not in ("top", *site.pages[there].ids):
            return "leads to a place which the page does not have"
    return ""


def _styles(site: Site) -> Iterator[str]:
    """Yield what style sheets refer to in vain."""
    for name in sorted(name for name in site.files if name.endswith(".css")):
        for first, second in _CSS.findall(site.text(name)):
            target = first or second
            if target.startswith(("data:", "#")):
                continue
            problem = "is loaded from elsewhere" if _elsewhere(target) else ""
            problem = problem or _missing(site, name, target)
            if problem:
                yield f"{name}: {target} {problem}"


def _searches(site: Site) -> Iterator[str]:
    """Yield the results of a search that lead nowhere."""
    for name in sorted(name for name in site.files if name.endswith("searchindex.js")):
        text = site.text(name)
        index: dict[str, Any] = json.loads(text[text.index("(") + 1 : text.rindex(")")])
        documents = [f"{document}.html" for document in index["docnames"]]
        places = {(number, "") for number in range(len(documents))}
        for group in (index.get("alltitles", {}), index.get("indexentries", {})):
            for entries in group.values():
                places |= {(entry[0], entry[1] or "") for entry in entries}
        for number, place in sorted(places):
            target = documents[number] + (f"#{place}" if place else "")
            problem = _missing(site, name, target)
            if problem:
                yield f"{name}: {target} {problem}"


def external(site: Site, base: str = "") -> dict[str, list[str]]:
    """Return the addresses outside of `site`, each with the pages that link to it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, page in site.pages.items():
        for link in page.links:
            if _elsewhere(link.target) and not (base and link.target.startswith(base)):
                found[link.target].add(name)
    return {target: sorted(names) for target, names in sorted(found.items())}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Check the links of the built site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument(
        "--base",
        default=os.environ.get(BASE_URL, ""),
        help=f"the address that the site is published at (default: the environment's {BASE_URL})",
    )
    parser.add_argument(
        "--external", action="store_true", help="list the addresses elsewhere, with their pages"
    )
    options = parser.parse_args(arguments)
    if not (options.folder / "index.html").is_file():
        print(f"There is no site in {options.folder}: run 'make book' first.", file=sys.stderr)
        return 1
    site = Site(options.folder)
    base = options.base.rstrip("/") + "/" if options.base else ""
    if options.external:
        for target, names in external(site, base).items():
            print(f"{target}  ({', '.join(names)})")
        return 0
    found = problems(site, base)
    print("\n".join(found) or f"All links of {len(site.pages)} pages lead somewhere.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
