"""The languages of the course, and what Jupyter Book is given to build each of them.

``_config.yml`` and ``_toc.yml`` describe the English edition, as Jupyter Book expects; its
top-level key ``languages`` adds the others. From these two files this module derives, for each
language, the pair of files that builds it: same pages, own folder, own title and catalogue.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = [
    "ConfigError",
    "Course",
    "Edition",
    "copied_notebook",
    "load",
    "plain_notebook",
    "settings",
    "site_folder",
]

SOURCE = "en"  # the language that `_toc.yml` names, and that the others are translated from
BASE_URL = "COURSE_BASE_URL"
PLAIN_NOTEBOOKS = "_notebooks"  # the folder of those to download, in that of a language
LAB = "lab"  # the folder of those that JupyterLab opens here, beside the book of a language
COPIES = "my-notebooks"  # the folder of the reader's copies of these
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class ConfigError(ValueError):
    """`_config.yml`, `_toc.yml` or the environment does not say what the build needs to know."""


@dataclass(frozen=True)
class Edition:
    """One language of the course.

    Attributes
    ----------
    key : str
        Its short name: of its folders, of its address and on the command line.
    name : str
        Its name in the language itself.
    tag : str
        BCP 47 tag, for ``<html lang>`` and ``hreflang``.
    sphinx : str
        Sphinx's code of its message catalogue.
    title : str
        Title of the book.
    description : str
        One sentence about it, for the landing page.
    pages : tuple of str
        Names of its own pages in reading order, the root first: those which are translated.
    """

    key: str
    name: str
    tag: str
    sphinx: str
    title: str
    description: str
    pages: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """All of `_config.yml` and `_toc.yml`, read.

    Attributes
    ----------
    root : Path
        The folder of the two files.
    config, toc : mapping
        What they hold.
    editions : dict of str to Edition
        The languages, in the order of `_config.yml`.
    """

    root: Path
    config: Mapping[str, Any]
    toc: Mapping[str, Any]
    editions: Mapping[str, Edition]

    @property
    def base_url(self) -> str:
        """Where the site is published, with a slash at the end, or nothing.

        The environment variable `BASE_URL` says it, where whoever publishes knows it, or else
        ``html: baseurl:`` of `_config.yml`.
        """
        url = os.environ.get(BASE_URL, "").strip()
        url = url or str((self.config.get("html") or {}).get("baseurl") or "")
        return url if not url or url.endswith("/") else url + "/"

    @property
    def first_page(self) -> str:
        """The name of the root of the table of contents, which every language must have."""
        return str(self.toc["root"])

    def site(self, solutions: bool = True) -> Path:
        """Return the folder of the finished site, with or without the solutions."""
        return site_folder(self.root, solutions)

    def books(self, solutions: bool = True) -> Path:
        """Return the folder of what is kept between the builds of that site."""
        return self.site(solutions).with_name("books")

    def pages(self, key: str) -> tuple[str, ...]:
        """Return the pages that language `key` shows, in reading order, borrowed ones included."""
        return tuple(_files(self.derived_toc(key)))

    def sources(self, key: str) -> Path:
        """Return the folder of the notebooks of language `key`."""
        return self.root / "notebooks" / key

    def borrowed(self, key: str) -> tuple[str, ...]:
        """Return the pages which language `key` shows in English, since it has none of its own."""
        own = self.editions[key].pages
        return tuple(page for page in self.editions[SOURCE].pages if page not in own)

    def notebooks(self, key: str) -> dict[str, Path]:
        """Return where the notebook of each page of language `key` is, borrowed ones included."""
        own = {page: self.sources(key) / f"{page}.ipynb" for page in self.editions[key].pages}
        lent = {page: self.sources(SOURCE) / f"{page}.ipynb" for page in self.borrowed(key)}
        return own | lent

    def lab_notebooks(self, key: str) -> dict[str, Path]:
        """Return where the build of the book puts the notebook of each page for JupyterLab."""
        folder = self.books() / key / LAB
        return {page: folder / f"{page}.ipynb" for page in self.pages(key)}

    def derived_toc(self, key: str) -> dict[str, Any]:
        """Return the table of contents of language `key`: the same entries, in its own folder.

        A page whose notebook was not made yet in any language is left out, with all below it.
        """
        toc = copy.deepcopy(dict(self.toc))
        there = self.notebooks(key)
        _prune(toc, lambda file: file in there)
        return toc

    def derived_config(self, key: str, sources: Path) -> dict[str, Any]:
        """Return Jupyter Book's configuration of language `key`, with absolute paths.

        Parameters
        ----------
        key : str
            The language.
        sources : Path
            The folder that the book is built from.
        """
        edition = self.editions[key]
        config = copy.deepcopy(dict(self.config))
        config["title"] = edition.title
        config["html"] = {**(config.get("html") or {})}
        config["html"]["baseurl"] = f"{self.base_url}{key}/" if self.base_url else ""
        sphinx = config["sphinx"] = {**(config.get("sphinx") or {})}
        sphinx["local_extensions"] = {
            name: str((self.root / path).resolve())
            for name, path in (sphinx.get("local_extensions") or {}).items()
        }
        # Sphinx reads a bibliography relative to the sources, even a path that starts with a slash.
        bibliographies = config.get("bibtex_bibfiles") or []
        if isinstance(bibliographies, str):
            bibliographies = [bibliographies]
        if bibliographies:
            config["bibtex_bibfiles"] = [
                Path(os.path.relpath(self.root / path, sources)).as_posix()
                for path in bibliographies
            ]
        sphinx["config"] = {
            **(sphinx.get("config") or {}),
            "language": edition.sphinx,
            "course_root": str(self.root),
            "course_language": key,
        }
        return config


def site_folder(root: Path, solutions: bool = True) -> Path:
    """Return the folder of the finished site of a checkout; each of the two has one of its own.

    Examples
    --------
    >>> site_folder(Path("course"), solutions=False).as_posix()
    'course/_build/without-solutions/html'
    """
    build = root / "_build"
    return (build if solutions else build / "without-solutions") / "html"


def plain_notebook(page: str) -> str:
    """Return where the notebook of a page to download is, in the site's folder of its language.

    Examples
    --------
    >>> plain_notebook("ravine")
    '_notebooks/ravine.ipynb'
    """
    return f"{PLAIN_NOTEBOOKS}/{page}.ipynb"


def copied_notebook(language: str, page: str) -> str:
    """Return where the reader's copy of a notebook is, in the checkout as on Binder.

    Examples
    --------
    >>> copied_notebook("vi", "ravine")
    'my-notebooks/vi/ravine.ipynb'
    """
    return f"{COPIES}/{language}/{page}.ipynb"


def load(root: Path) -> Course:
    """Read ``_config.yml`` and ``_toc.yml`` of the folder `root`.

    Raises
    ------
    ConfigError
        A file is missing or is not YAML, or an entry that the build needs is missing or malformed.
    """
    root = Path(root).resolve()
    config = settings(root)
    toc = _read(root / "_toc.yml")
    _check_base_url()
    languages = config.get("languages")
    if not isinstance(languages, dict) or SOURCE not in languages:
        raise ConfigError(f"_config.yml needs languages: with an entry for {SOURCE!r}")
    prefix = f"notebooks/{SOURCE}/"
    for file in _files(toc):
        if not file.startswith(prefix):
            raise ConfigError(f"_toc.yml names {file!r}: every page must be {prefix}<page>")
    _rename(toc, lambda file: file.removeprefix(prefix))
    pages = list(_files(toc))
    editions = {}
    for key, entry in languages.items():
        there = tuple(p for p in pages if (root / "notebooks" / str(key) / f"{p}.ipynb").is_file())
        editions[key] = _edition(key, entry, there)
    return Course(root, config, toc, editions)


def settings(root: Path) -> dict[str, Any]:
    """Return what ``_config.yml`` of the folder `root` holds.

    Raises
    ------
    ConfigError
        It is missing or is not YAML.
    """
    return _read(Path(root) / "_config.yml")


def _check_base_url() -> None:
    """Refuse an address of the site that would make links of no use."""
    url = os.environ.get(BASE_URL, "").strip()
    if url and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ConfigError(
            f"{BASE_URL}={url!r} is no address of a site: say it in full, such as "
            "https://example.org/momentum/, or unset it"
        )


def _edition(key: Any, entry: Any, pages: tuple[str, ...]) -> Edition:
    """Return the Edition of one entry of ``languages:``, or say what is wrong with it."""
    if not isinstance(key, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", key):
        # Norwegian is the well-known trap: YAML reads a bare `no` as false.
        raise ConfigError(
            f"_config.yml: languages: the name {key!r} must be short, in a-z; quote it"
        )
    fields = ("name", "tag", "sphinx", "title", "description")
    for field in fields:
        value = entry.get(field) if isinstance(entry, dict) else None
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(f"_config.yml: languages: {key}: needs {field}: <text>")
    if not _TAG.fullmatch(entry["tag"]):
        raise ConfigError(
            f"_config.yml: languages: {key}: tag: {entry['tag']!r} is no BCP 47 tag such as zh-CN"
        )
    return Edition(key=key, pages=pages, **{field: entry[field] for field in fields})


def _read(path: Path) -> dict[str, Any]:
    """Return the mapping in the YAML file `path`."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path.name} is missing in {path.parent}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path.name} is not YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path.name} holds {type(data).__name__}, not the mapping it should be")
    return data


def _entries(toc: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping inside a table of contents, from the top down."""
    if isinstance(toc, dict):
        yield toc
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            yield from _entries(toc.get(key))
    elif isinstance(toc, list):
        for item in toc:
            yield from _entries(item)


def _files(toc: Any) -> Iterator[str]:
    """Yield the pages of a table of contents, in reading order."""
    for entry in _entries(toc):
        for key in ("root", "file"):
            if key in entry:
                yield entry[key]


def _rename(toc: Any, new: Any) -> None:
    """Replace each page of a table of contents by ``new(page)``, in place."""
    for entry in _entries(toc):
        for key in ("root", "file"):
            if key in entry:
                entry[key] = new(entry[key])


def _prune(toc: Any, keep: Any) -> None:
    """Remove the entries whose page `keep` does not want, and lists which that leaves empty."""
    for entry in list(_entries(toc)):
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            if key in entry:
                entry[key] = [e for e in entry[key] if "file" not in e or keep(e["file"])]
                if not entry[key]:
                    del entry[key]
    parts = [part for part in toc.get("parts", ()) if "chapters" in part]
    if parts:
        toc["parts"] = parts
    else:
        toc.pop("parts", None)


@cache
def ui(key: str) -> dict[str, Any]:
    """Return the words of the interface in language `key` (``site/ui/<key>.json``)."""
    import json

    path = Path(__file__).resolve().parent / "ui" / f"{key}.json"
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"site/ui/{key}.json is missing: copy site/ui/{SOURCE}.json and translate it"
        ) from None
    except ValueError as error:
        raise ConfigError(f"site/ui/{key}.json is not JSON: {error}") from None
    if not isinstance(words, dict):
        raise ConfigError(f"site/ui/{key}.json must hold an object, not {type(words).__name__}")
    return words
