"""The book of a language as one PDF: ``python site/pdf.py --lang vi`` → ``_build/pdf/``.

The pages of the built site are put together, and headless Chromium prints them: twice, since the
numbers of the pages in the contents are known only after the first time. A run that fails or is
stopped leaves the PDF as it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

import editions
import frontpage
import onepage
import release
from chromium import BrowserError, launched
from errors import refused
from files import write_if_changed
from locking import exclusive
from pdffile import About, describe, pages_of
from printing import PAPERS, MissingGlyphs, Printer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


class PdfError(Exception):
    """A PDF could not be made; the message is what its maker must see."""


def read(course: editions.Course, key: str, site: Path) -> tuple[list[onepage.Chapter], list[str]]:
    """Return the chapters of language `key`, and the links to the style sheets of the site.

    Raises
    ------
    FileNotFoundError
        A page was not built.
    """
    pages = course.pages(key)
    words = editions.ui(key)["course"]
    base = f"{course.base_url}{key}/" if course.base_url else ""
    chapters, sheets = [], []
    for page in pages:
        text = (site / key / f"{page}.html").read_text(encoding="utf-8")
        chapters.append(onepage.read_chapter(page, text, pages, base, words["live_figure"]))
        sheets = sheets or onepage.style_sheets(text)
    return chapters, sheets


def cover(course: editions.Course, key: str, solutions: bool, paper: str) -> dict[str, Any]:
    """Return what the cover says."""
    edition = course.editions[key]
    words = editions.ui(key)["course"]
    day = release.date(course.root)
    return {
        "title": edition.title,
        "description": edition.description,
        "tag": edition.tag,
        "edition": edition.name,
        "imprint": [words["version"] % release.version(), *([day] if day else [])],
        "note": "" if solutions else words["no_solutions"],
        "authors": words["authors"],
        "licence": words["licence"],
        "contents": words["contents"],
        "base": course.base_url + f"{key}/" if course.base_url else "",
        "picture": Markup(frontpage.picture()),
        "paper": PAPERS[paper],
    }


def numbered(
    printer: Printer,
    chapters: list[onepage.Chapter],
    sheets: list[str],
    said: Mapping[str, Any],
    key: str,
    paper: str,
) -> bytes:
    """Print the book twice: where its headings stand is known only from a print."""

    def print_with(numbers: Mapping[str, int], draft: bool) -> bytes:
        text = onepage.compose(chapters, sheets, said, numbers)
        return printer.print(text, f"{key}/book.html", paper, draft=draft)

    numbers = pages_of(print_with({}, draft=True))
    pdf = print_with(numbers, draft=False)
    if pages_of(pdf) != numbers:
        raise PdfError(
            "the numbers in the contents moved the pages that they name: give them room in "
            "site/printed/book.css (.mm-contents-page)"
        )
    return pdf


def make(root: Path, key: str, solutions: bool, paper: str) -> tuple[Path, int]:
    """Make the PDF of a language; return where it is, and how many pages it has.

    Raises
    ------
    PdfError, BrowserError, MissingGlyphs
        It could not be made. An earlier one is as it was.
    """
    course = editions.load(root)
    if key not in course.editions:
        raise PdfError(
            f"there is no language {key!r}: _config.yml has {', '.join(course.editions)}"
        )
    site = course.site(solutions)
    try:
        chapters, sheets = read(course, key, site)
    except FileNotFoundError as error:
        make_it = "make book" + ("" if solutions else " SOLUTIONS=no")
        shown = os.path.relpath(error.filename)
        raise PdfError(f"{shown} is missing: run '{make_it}' first") from None
    said = cover(course, key, solutions, paper)
    with launched() as browser:
        printer = Printer(browser, site)
        pdf = numbered(printer, chapters, sheets, said, key, paper)
    for start in printer.too_wide:
        print(f"wider than the paper, and cut at its edge: {start} …", file=sys.stderr)
    about = About(
        title=said["title"],
        author=said["authors"],
        subject=said["description"],
        language=said["tag"],
        date=release.date(course.root),
    )
    finished, count = describe(pdf, about)
    target = course.root / "_build" / "pdf" / file_name(key, solutions)
    write_if_changed(target, finished)
    return target, count


def file_name(key: str, solutions: bool) -> str:
    """Return what the PDF of a language is called.

    Examples
    --------
    >>> file_name("vi", solutions=True), file_name("vi", solutions=False)
    ('momentum-vi.pdf', 'momentum-vi-without-solutions.pdf')
    """
    return f"momentum-{key}{'' if solutions else '-without-solutions'}.pdf"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Print the built book of a language as a PDF.")
    parser.add_argument("--lang", default=editions.SOURCE, metavar="KEY", help="default: en")
    parser.add_argument(
        "--solutions", choices=("yes", "no"), default="yes", help="of the exercises (default: yes)"
    )
    parser.add_argument("--paper", choices=tuple(PAPERS), default="a4", help="default: a4")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of _config.yml")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        with exclusive(options.root, "book"):
            path, count = make(
                options.root, options.lang, options.solutions == "yes", options.paper
            )
    except (PdfError, BrowserError, MissingGlyphs, editions.ConfigError) as error:
        print(f"{error}\nThe PDF was not made.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{refused(error)}\nThe PDF was not made.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. An earlier PDF is as it was.", file=sys.stderr)
        return 130
    shown = os.path.relpath(path)
    seconds = time.perf_counter() - started
    print(
        f"{path if shown.startswith('..') else shown}: {count} pages, "
        f"{path.stat().st_size / 1e6:.1f} MB, in {seconds:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
