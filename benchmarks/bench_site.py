"""Measure what a first visit to a chapter transfers, beside the same chapter by default.

Usage: ``python benchmarks/bench_site.py``, after ``make book``. Both pages show the chapter "The
ravine":

ours
    The page of the built book.
default
    The same notebook, built by Jupyter Book with a configuration that sets nothing but what the
    text needs to be read at all (its syntax extensions and its bibliography). It is built alone, so
    its index of the search, which every page loads, holds one page instead of all: that is in the
    default's favour.

Counted is every file of the site that the browser asks for until it rests, in a fresh context,
after scrolling to the end of the page: text as ``gzip -6`` leaves it, which is what hosts send,
fonts and pictures as they are. What a page asks of other sites cannot be fetched here: it is
listed as not measured and counts nothing, which is in the default's favour, too.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
PAGE = "ravine"
TARGET = 3  # times smaller
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "site")]

import report  # noqa: E402
from conftest import FLAGS, chromium_path  # noqa: E402

COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml"}
KINDS = {".html": "page", ".css": "styles", ".js": "scripts", ".woff2": "fonts", ".woff": "fonts"}


def default_book(folder: Path) -> Path:
    """Build the chapter as Jupyter Book does by default; return the folder of its page."""
    from jupyter_book.sphinx import build_sphinx

    source = folder / "book"
    source.mkdir()
    notebook = ROOT / "notebooks" / "en" / f"{PAGE}.ipynb"
    (source / notebook.name).write_bytes(notebook.read_bytes())
    bibliography = ROOT / "chapters" / "references.bib"
    (source / bibliography.name).write_bytes(bibliography.read_bytes())
    ours = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config = {
        "title": "Default",
        "execute": {"execute_notebooks": "off"},
        "parse": ours["parse"],
        "bibtex_bibfiles": [bibliography.name],
    }
    toc = {"format": "jb-book", "root": PAGE}
    for name, data in (("_config.yml", config), ("_toc.yml", toc)):
        (source / name).write_text(yaml.safe_dump(data), encoding="utf-8")
    html = folder / "html"
    status = build_sphinx(
        str(source),
        str(html),
        path_config=str(source / "_config.yml"),
        noconfig=True,
        confoverrides={
            "external_toc_path": str(source / "_toc.yml"),
            "latex_individualpages": False,
        },
        quiet=True,
        really_quiet=True,
    )
    if status or not (html / f"{PAGE}.html").is_file():
        raise SystemExit(f"The default book could not be built: {status}")
    return html


def size(path: Path) -> int:
    """Return how many bytes a host sends for a file."""
    data = path.read_bytes()
    return len(gzip.compress(data, 6)) if path.suffix in COMPRESSED else len(data)


def visit(browser: Browser, site: Path, page: str) -> dict[str, Any]:
    """Return the bytes of a first visit by kind, in all, and what it asked of other sites."""
    origin = "https://site.invalid/"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    bytes_of: defaultdict[str, int] = defaultdict(int)
    seen: set[str] = set()
    elsewhere: set[str] = set()

    def answer(route: Any) -> None:
        url = route.request.url.split("#")[0]
        path = site / unquote(urlsplit(url).path).lstrip("/")
        if not url.startswith(origin):
            elsewhere.add(url)
            route.abort()
        elif not path.is_file():
            route.fulfill(status=404)
        else:
            if url not in seen:
                seen.add(url)
                bytes_of[KINDS.get(path.suffix, "other")] += size(path)
            route.fulfill(path=path)

    context.route("**/*", answer)
    tab = context.new_page()
    tab.goto(origin + page, wait_until="load")
    tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    tab.wait_for_load_state("networkidle")
    context.close()
    total = sum(bytes_of.values())
    return {
        "bytes": dict(sorted(bytes_of.items())),
        "total": total,
        "requests": len(seen),
        "not measured": sorted(elsewhere),
    }


def measure() -> report.Found:
    """Return the row, and what the bytes are."""
    if not (BOOK / "en" / f"{PAGE}.html").is_file():
        raise SystemExit("There is no built book: run 'make book' first.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        default = default_book(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        figures = {
            "ours": visit(browser, BOOK, f"en/{PAGE}.html"),
            "default": visit(browser, default, f"{PAGE}.html"),
        }
        browser.close()
    row = report.compare(
        "first visit of a chapter, all that is transferred",
        "the same chapter by Jupyter Book's defaults",
        [figures["ours"]["total"] / 1000],
        [figures["default"]["total"] / 1000],
        unit="kB",
        target=TARGET,
    )
    return [row], figures


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if the target was missed."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("site", measure, quick=quick)


if __name__ == "__main__":
    sys.exit(main())
