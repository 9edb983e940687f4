"""Make decks of the built book: ``python site/slides.py`` writes ``_build/slides/``.

One deck for each page on which something is marked for slides, in each language, from the pages
that ``site/book.py`` has built: what is on a slide was rendered for the book. Everything that a
deck loads is in ``_build/slides/_static/``, so the folder can be carried to a room without a
connection.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import decks
import editions
from errors import refused
from files import write_if_changed
from locking import exclusive
from processes import end_with_parent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

# What decks load that the pages of the book load as well.
_FROM_BOOK = ("pygments.css", "palette.css", "course.css", "favicon.svg")
_FROM_BOOK += ("katex", "fonts", "explore")


class SlidesError(Exception):
    """The decks could not be made; the message says what to do."""


@dataclass(frozen=True)
class Task:
    """What it takes to make the decks of one language, in a process of its own.

    Attributes
    ----------
    course : Course
        The course.
    key : str
        The language.
    shown : list of str
        The languages that have decks.
    """

    course: editions.Course
    key: str
    shown: list[str]


def pages_of(course: editions.Course, key: str) -> Path:
    """Return the folder of the finished pages of a language."""
    return course.root / "_build" / "html" / key


def book_address(course: editions.Course, key: str, page: str) -> str:
    """Return where a deck finds a page of the book: on its site, or else beside the decks."""
    return f"{course.base_url or '../../html/'}{key}/{page}"


def speaker_view(key: str) -> str:
    """Return the notes plugin with the words of a language in its speaker's view.

    Raises
    ------
    SlidesError
        If a word is not there that is to be replaced.
    """
    script = (HERE / "reveal" / "notes.js").read_text(encoding="utf-8")
    for english, word in editions.ui(key)["speaker"].items():
        places = (f">{english}<", f">{english} <", f"'{english}'", f"`{english}`")
        if not any(place in script for place in places):
            raise SlidesError(
                f"site/reveal/notes.js does not say {english!r} any more: "
                "change the key under speaker in every file of site/ui"
            )
        for place in places:
            script = script.replace(place, place.replace(english, _quoted(word)))
    return script


def _quoted(word: str) -> str:
    """Return a word so that it may stand in HTML within a script."""
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), ("'", "’"), ("`", "’"), ("\\", "")):
        word = word.replace(sign, safe)
    return word


def make(task: Task) -> tuple[dict[str, bytes], dict[str, int]]:
    """Make the decks of a language: its files by name, and the number of slides of each page.

    Raises
    ------
    SlidesError
        No page of the language has anything marked.
    """
    course, key = task.course, task.key
    edition = course.editions[key]
    words = editions.ui(key)["slides"]
    environment = Environment(
        loader=FileSystemLoader(HERE / "slides"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    controls = json.dumps(words["controls"], ensure_ascii=False)
    files: dict[str, bytes] = {
        f"_static/reveal/notes-{key}.js": speaker_view(key).encode(),
        f"_static/words-{key}.js": f"const deckWords = {controls};\n".encode(),
    }
    entries = []
    for page in edition.pages:

        def link(target: str, page: str = page) -> str:
            return book_address(course, key, f"{page}.html{target}" if target[0] == "#" else target)

        html = (pages_of(course, key) / f"{page}.html").read_text(encoding="utf-8")
        deck = decks.read(html, link)
        if deck is None:
            continue
        entries.append({"page": page, "deck": deck})
        scripts = [f"explore/{name}.js" for name in ("shared", "host", *deck.kinds) if deck.kinds]
        scripts += ["reveal/reveal.js", f"reveal/notes-{key}.js", f"words-{key}.js", "deck.js"]
        files[f"{key}/{page}.html"] = (
            environment.get_template("deck.html")
            .render(
                deck=deck, edition=edition, words=words, scripts=scripts, book=link(f"{page}.html")
            )
            .encode()
        )
    if not entries:
        raise SlidesError(f"nothing in chapters/{key}/ is marked for slides: see CONTRIBUTING.md")
    files[f"{key}/index.html"] = (
        environment.get_template("index.html")
        .render(
            entries=entries,
            edition=edition,
            words=words,
            book=book_address(course, key, f"{course.first_page}.html"),
            others=[course.editions[other] for other in task.shown],
            languages_label=editions.ui(key)["course"]["language"],
        )
        .encode()
    )
    return files, {entry["page"]: len(entry["deck"].slides) for entry in entries}


def assets(course: editions.Course, key: str) -> Iterator[tuple[str, bytes]]:
    """Yield what the decks of all languages load, by its name below ``_static/``."""
    static = pages_of(course, key) / "_static"
    shared = course.root / "_build" / "html" / "_static"
    for name in _FROM_BOOK:
        source = next((p / name for p in (static, shared) if (p / name).exists()), static / name)
        paths = sorted(source.rglob("*.*")) if source.is_dir() else [source]
        for path in paths:
            yield f"{name}{path.as_posix()[len(source.as_posix()) :]}", path.read_bytes()
    for name in ("reveal.css", "reveal.js", "LICENSE"):
        yield f"reveal/{name}", (HERE / "reveal" / name).read_bytes()
    for name in ("deck.css", "deck.js", "theme.js", "contents.css"):
        yield name, (HERE / "slides" / name).read_bytes()


def build(root: Path, wanted: list[str], jobs: int) -> Path:
    """Write the decks of some languages, of all if none is named; return the first index.

    Raises
    ------
    SlidesError
        A language is unknown, or its book is not built.
    """
    started = time.perf_counter()
    course = editions.load(root)
    keys = wanted or list(course.editions)
    for key in keys:
        if key not in course.editions:
            raise SlidesError(
                f"there is no language {key!r}: _config.yml has {', '.join(course.editions)}"
            )
        if not (pages_of(course, key) / f"{course.first_page}.html").is_file():
            raise SlidesError(f"_build/html/{key}/ is not there: run 'make book' first")
    target = course.root / "_build" / "slides"
    there = {key for key in course.editions if (target / key / "index.html").is_file()}
    shown = [key for key in course.editions if key in keys or key in there]
    tasks = [Task(course, key, shown) for key in keys]
    # Of the pools, this one notices that a process of it was killed, and does not wait for it.
    with ProcessPoolExecutor(
        min(jobs, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=end_with_parent,
    ) as pool:
        results = list(pool.map(make, tasks))
    files = {f"_static/{name}": data for name, data in assets(course, keys[0])}
    for key, (made, counts) in zip(keys, results, strict=True):
        files |= made
        print(f"{key}: {len(counts)} decks, {sum(counts.values())} slides", flush=True)
    for key in keys:
        _remove_old(target / key, files, target)
    for name, data in files.items():
        write_if_changed(target / name, data)
    print(f"{len(files)} files in {time.perf_counter() - started:.1f} s")
    return target / keys[0] / "index.html"


def _remove_old(folder: Path, files: dict[str, Any], target: Path) -> None:
    """Remove decks of pages which have none any more."""
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.relative_to(target).as_posix() not in files:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make decks of the built book.")
    parser.add_argument(
        "--lang", nargs="+", default=[], metavar="KEY", help="only these (default: all)"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="languages at a time (default: cores)"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of _config.yml")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {options.jobs}")
    try:
        # Nobody may replace the pages of the book while they are read.
        with exclusive(options.root, "book"):
            page = build(options.root, options.lang, options.jobs)
    except (SlidesError, editions.ConfigError) as error:
        print(f"{error}\nThe slides were not made.", file=sys.stderr)
        return 1
    except BrokenProcessPool:
        print(
            "A process that made slides was killed; where memory is short, JOBS=1 makes one "
            "language at a time.\nThe slides were not made.",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(
            f"{refused(error)}\nNot all slides were made; the next run makes the others.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next run makes what is missing.", file=sys.stderr)
        return 130
    shown = os.path.relpath(page)
    print(f"Open {shown if not shown.startswith('..') else page}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
