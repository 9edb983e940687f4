"""Everything about the sources that can be checked without building: ``python site/check.py``.

Stored notebooks that are not up to date, pages that differ among the languages, formulas that do
not parse, wording that is off the glossary, errors and warnings whose translations do not fit. Each
finding names a file and a line.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import chapters
import editions
import formulas
import messages
import notebooks
import parity
import reference
import terms
import wording
from chapters import content_hash
from errors import ChapterError, Finding, refused
from files import write_if_changed

__all__ = ["accept", "check", "main", "untranslated"]

ROOT = Path(__file__).resolve().parents[1]
_CODE_WIDTH = 80


def check(root: Path) -> list[Finding]:
    """Check a checkout and return all findings, sorted by file and line."""
    pages, errors = notebooks.read_pages(root)
    found = [Finding(error.path, error.line, error.message) for error in errors]
    found += notebooks.check(root, pages) + notebooks.orphans(root)
    found += _languages(root)
    found += _same_pages(root)
    found += _contents(root)
    found += _listed(root)
    vocabulary = wording.Terms(root)
    by_name = {(page.chapter.language, page.chapter.page): page.chapter for page in pages}
    for (language, page), chapter in by_name.items():
        english = by_name.get(("en", page))
        found += wording.check_wording(chapter, english, vocabulary)
        found += _wide_code(chapter)
        if english is not None and language != "en":
            found += parity.compare(english, chapter)
    for problem in formulas.check([page.chapter.path for page in pages]):
        found.append(Finding(problem.path, problem.line, str(problem.error)))
    found += messages.check(root)
    for pattern in ("chapters/*/*.md", "d2lmini/languages/**/*.json", "site/ui/*.json"):
        for path in root.glob(pattern):
            found += wording.check_text(path)
    return sorted(set(found), key=lambda f: (f.path.as_posix(), f.line, f.message))


def _wide_code(chapter: chapters.Chapter) -> Iterator[Finding]:
    """Code that is wider than the page would be cut off at its edge."""
    for cell in chapter.cells:
        for number, line in enumerate(cell.source.split("\n"), start=cell.code_line):
            if len(line) > _CODE_WIDTH:
                message = f"{len(line)} characters of code; a line on a page holds {_CODE_WIDTH}"
                yield Finding(chapter.path, number, message)


def _languages(root: Path) -> Iterator[Finding]:
    """Every language of ``_config.yml`` has what its edition cannot be built or read without."""
    try:
        course = editions.load(root)
    except editions.ConfigError as error:
        yield Finding(root / "_config.yml", 1, str(error))
        return
    config, source, first = root / "_config.yml", editions.SOURCE, course.first_page
    labels, glossary = root / "d2lmini" / "languages", root / "chapters" / "glossary.csv"
    columns = glossary.read_text("utf-8").partition("\n")[0].split(",") if glossary.exists() else ()
    for key in course.editions:
        try:
            words, english = editions.ui(key), editions.ui(source)
        except editions.ConfigError as error:
            yield Finding(config, 1, f"{key}: {error}")
        else:
            lacking = sorted(set(english["course"]) - set(words.get("course", {})))
            if lacking:
                yield Finding(config, 1, f"{key}: site/ui/{key}.json lacks {', '.join(lacking)}")
        if not (root / "chapters" / key / f"{first}.md").is_file():
            why = "an edition begins with it; other pages may follow later"
            yield Finding(config, 1, f"{key}: chapters/{key}/{first}.md is missing: {why}")
        if labels.is_dir() and not (labels / f"{key}.json").is_file():
            why = f"copy {source}.json and translate it"
            yield Finding(config, 1, f"{key}: d2lmini/languages/{key}.json is missing: {why}")
        if columns and key not in columns:
            yield Finding(config, 1, f"{key}: chapters/glossary.csv has no column {key}")


def _same_pages(root: Path) -> Iterator[Finding]:
    folders = chapters.languages(root)
    if "en" not in folders:
        yield Finding(root / "chapters" / "en", 1, "there are no English chapters")
        return
    english = {path.name for path in chapters.pages(root, "en")}
    for language in folders[1:]:
        names = {path.name for path in chapters.pages(root, language)}
        for name in sorted(names - english):
            yield Finding(root / "chapters" / language / name, 1, "English has no such page")


def _listed(root: Path) -> Iterator[Finding]:
    """The pages that list things list each of them once: terms, and names of the library."""
    glossary, api = (root / "chapters" / "en" / f"{name}.md" for name in ("glossary", "api"))
    if glossary.is_file():
        table = terms.rows(root / "chapters" / "glossary.csv")
        yield from _once(glossary, set(table), "chapters/glossary.csv has it", "is no term of it")
    if api.is_file():
        public = set(reference.read(root / "d2lmini"))
        yield from _once(api, public, "it is public in d2lmini", "is not public in d2lmini")


def _once(path: Path, wanted: set[str], why: str, unknown: str) -> Iterator[Finding]:
    """Find what is missing from the lists of a page, listed twice, or not to be listed."""
    try:
        listed = chapters.read(path).of_kind("term")
    except ChapterError:
        return  # said by whoever reads all pages
    seen: set[str] = set()
    for element in listed:
        if element.value in seen:
            yield Finding(path, element.line, f"{element.value} is listed a second time")
        elif element.value not in wanted:
            yield Finding(path, element.line, f"{element.value} {unknown}")
        seen.add(element.value)
    for name in sorted(wanted - seen):
        yield Finding(path, 1, f"{name} is not listed: {why}")


def untranslated(root: Path) -> dict[str, list[str]]:
    """Return, for each language that lacks some, the pages which exist in English only.

    That is not a fault: until they are translated, the edition shows the English page.
    """
    folders = [name for name in chapters.languages(root) if name != "en"]
    english = [path.stem for path in chapters.pages(root, "en")]
    there = {name: {path.stem for path in chapters.pages(root, name)} for name in folders}
    missing = {name: [page for page in english if page not in there[name]] for name in folders}
    return {name: pages for name, pages in missing.items() if pages}


def _contents(root: Path) -> Iterator[Finding]:
    """The table of contents names all English pages, and nothing else that is a notebook."""
    path = root / "_toc.yml"
    if not path.is_file():
        yield Finding(path, 1, "missing: it lists the pages of the book")
        return
    listed: dict[str, int] = {}
    for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
        entry = re.match(r"\s*(?:- )?(?:root|file):\s*notebooks/en/(\S+)", line)
        if entry:
            listed[entry[1]] = number
    pages = {chapter.stem: chapter for chapter in chapters.pages(root, "en")}
    for name in sorted(pages.keys() - listed.keys()):
        yield Finding(path, 1, f"notebooks/en/{name} is not in the table of contents")
    for name in sorted(listed.keys() - pages.keys()):
        yield Finding(path, listed[name], f"there is no chapters/en/{name}.md")


def accept(root: Path, name: str) -> str:
    """Record that a translation renders the English page as that is now.

    Parameters
    ----------
    root : Path
        The checkout.
    name : str
        ``vi/ravine``.

    Returns
    -------
    str
        The hash that was recorded.

    Raises
    ------
    SystemExit
        If there is no such translation, or no such English page.
    ChapterError
        If one of the two cannot be read. The translation is as it was.
    """
    language, _, page = name.removeprefix("chapters/").removesuffix(".md").partition("/")
    path = root / "chapters" / language / f"{page}.md"
    english = root / "chapters" / "en" / f"{page}.md"
    if language == "en" or not path.is_file() or not english.is_file():
        raise SystemExit(f"--accept takes a translated page, like vi/ravine; got {name!r}")
    chapters.read(path)  # its front matter must be sound before a line of it is replaced
    chapters.read(english)  # of which there is no translation as long as it is broken
    current = content_hash(english)
    line = f"translation_of: {current}"
    text = path.read_bytes().decode("utf-8")
    head, mark, rest = text[3:].partition("\n---")
    if re.search(r"^translation_of:.*$", head, re.MULTILINE):
        head = re.sub(r"^translation_of:[^\r\n]*", line, head, count=1, flags=re.MULTILINE)
    else:
        head += f"\n{line}"
    write_if_changed(path, (text[:3] + head + mark + rest).encode("utf-8"))
    return current


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--accept",
        nargs="+",
        metavar="LANG/PAGE",
        help="record that these translations render the English pages as they are now",
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    root = arguments.root.resolve()
    notebooks.use_checkout(root)
    if arguments.accept:
        try:
            for name in arguments.accept:
                print(f"{name}: translation_of: {accept(root, name)}")
        except (ChapterError, OSError) as error:
            said = refused(error) if isinstance(error, OSError) else error
            print(f"{said}\n{name} was not accepted.", file=sys.stderr)
            return 1
        return 0
    began = time.perf_counter()
    found = check(root)
    for finding in found:
        print(finding)
    for language, names in untranslated(root).items():
        print(f"not yet translated: {language}: {', '.join(names)}")
    for language in messages.without_translations(root):
        print(f"not yet translated: {language}: errors and warnings, which are in English")
    seconds = time.perf_counter() - began
    if found:
        print(f"{len(found)} findings, {seconds:.1f} s", file=sys.stderr)
        return 1
    pages = sum(len(chapters.pages(root, language)) for language in chapters.languages(root))
    print(f"{pages} pages in {len(chapters.languages(root))} languages checked, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
