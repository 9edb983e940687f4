"""What the books and the site were built from, as digests: where nothing changed, nothing is done.

There are two. That of the whole site takes in everything that may have a part in it, and is looked
at first: while it holds, and the site is as it was left, a build ends before it has imported what
builds. Those of each language tell which of them are to be built, and what of the last build of
each may be used again.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import editions
import reference
import release
from files import write_if_changed
from repository import Repository, plain_branch

__all__ = ["SiteStamp", "content", "frame", "site"]

HERE = Path(__file__).resolve().parent
LOCK = HERE.parent / "requirements.txt"
_IMPORT = re.compile(r"^ *(?:import|from) (\w+)", re.MULTILINE)  # one a line, as the linter asks


def _digest(paths: Iterable[Path], *more: str) -> str:
    """Return a digest of the content of files, their names, and further texts."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        digest.update(f"{path.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    for text in more:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _below(folder: Path) -> list[Path]:
    """Return the files below a folder, but for those that Python makes for itself."""
    return [p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


@cache
def _packages() -> str:
    """Return the versions of the locked packages that are installed: another theme, other pages.

    What is installed besides, for JupyterLab or for the tests, has no part in the book. Name and
    version stand in the name of the folder that each package leaves beside itself; to open all of
    these folders would take most of the time of a build with nothing to do.
    """

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    lines = re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    names = {plain(name) for name in lines}
    installed = [
        path.name.removesuffix(".dist-info")
        for entry in sys.path
        for path in Path(entry).glob("*.dist-info")
    ]
    return "\n".join(sorted(each for each in installed if plain(each.rpartition("-")[0]) in names))


@cache
def _modules(*names: str) -> tuple[Path, ...]:
    """Return the files of some modules of this folder, and of all those which these import."""
    found: dict[str, Path] = {}
    queue = list(names)
    while queue:
        name = queue.pop()
        path = HERE / f"{name}.py"
        if name not in found and path.is_file():
            found[name] = path
            queue += _IMPORT.findall(path.read_text(encoding="utf-8"))
    return tuple(found.values())


def _bibliographies(course: editions.Course) -> list[Path]:
    named = course.config.get("bibtex_bibfiles") or []
    paths = [course.root / name for name in ([named] if isinstance(named, str) else named)]
    return [path for path in paths if path.is_file()]


def frame(course: editions.Course, key: str, settings: Iterable[Path]) -> str:
    """Return a digest of everything but the pages: where it differs, nothing is reused.

    Static files and explorables are not part of it. A change of theirs needs no page to be read
    again; `course_sphinx.note_changes` sees to it. Of our modules it has those that run while a
    book is built, and not those that put the site together.

    Parameters
    ----------
    course : Course
        The course.
    key : str
        The language.
    settings : iterable of Path
        The files of settings that its book is built with.
    """
    code = [*_modules("course_sphinx", "onebook"), *_below(HERE / "templates")]
    code += [HERE / "ui" / f"{key}.json", HERE / "katex" / "katex.min.js"]
    return _digest([*code, *_bibliographies(course), *settings], _packages())


def content(course: editions.Course, sources: Path) -> str:
    """Return a digest of the pages, and of the files which the finished pages load."""
    used = [*_below(sources), *_below(reference.package_folder())]
    used += [
        path for name in ("static", "katex", "fonts", "explore") for path in _below(HERE / name)
    ]
    glossary = course.root / "chapters" / "glossary.csv"
    return _digest([*used, glossary] if glossary.is_file() else used)


def site(course: editions.Course, shown: list[str], published: Repository | None) -> str:
    """Return a digest of whatever may have a part in the site.

    Parameters
    ----------
    course : Course
        The course.
    shown : list of str
        The languages of the site.
    published : Repository, optional
        Where readers find the notebooks.
    """
    used = [*_below(HERE), *_below(reference.package_folder()), *_bibliographies(course)]
    used += [course.root / name for name in ("_config.yml", "_toc.yml")]
    used += [path for key in shown for path in course.notebooks(key).values()]
    used += course.root.glob("chapters/glossary.csv")
    said = [course.base_url, release.version(), release.date(course.root), sys.version]
    said.append(json.dumps([asdict(published), plain_branch()]) if published else "")
    return _digest(used, _packages(), *shown, *said)


@dataclass(frozen=True)
class SiteStamp:
    """What is kept of a site that was built to the end.

    Attributes
    ----------
    path : Path
        Where it is kept, beside the folders of the books.
    target : Path
        The folder of the site.
    """

    path: Path
    target: Path

    def holds(self, made_of: str) -> bool:
        """Whether the site was made of just this, and its folder is as it was left."""
        try:
            stamp = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return bool(stamp == self._now(made_of))

    def write(self, made_of: str) -> None:
        """Note what the site was made of, once all of it is in its place."""
        write_if_changed(self.path, json.dumps(self._now(made_of)).encode())

    def _now(self, made_of: str) -> dict[str, str]:
        # With the books: whoever throws one away wants it to be built.
        books = self.path.parent
        there = [
            *_below(self.target),
            *books.glob("*/built.json"),
            *books.glob(f"*/{editions.LAB}/*.ipynb"),
        ]
        return {"made_of": made_of, "site": _digest(there)}
