"""The reader's copies of the notebooks: ``python site/copies.py`` makes those of all languages.

Readers change and run copies, in ``my-notebooks/<language>/``, of the plain notebooks that the book
is built with (`plain`), which JupyterLab shows as it is. A copy that was not touched follows the
course; one that was is the reader's, and is never written again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

import editions
from errors import refused
from files import write_if_changed
from locking import exclusive

__all__ = ["bring", "build", "main", "renew"]

HERE = Path(__file__).resolve().parent
_RECORD = ".copied.json"  # by page, the digest of the cells that were copied


def build(course: editions.Course, keys: Sequence[str], jobs: int | None = None) -> bool:
    """Bring the books of some languages up to date; return whether they are, else it was said why.

    In a process of its own: what builds a book would stay in the memory of whatever comes next.
    """
    command = [sys.executable, HERE / "book.py", "--root", course.root, "--lang", *keys]
    command += ["--jobs", str(jobs)] if jobs else []
    return subprocess.run(command, check=False).returncode == 0


def renew(course: editions.Course, key: str, folder: Path) -> list[str]:
    """Bring the copies of a language up to date with its book; return what `bring` returns."""
    with exclusive(course.root, "lab"):
        return bring(course.lab_notebooks(key), folder / key)


def bring(notebooks: Mapping[str, Path], folder: Path) -> list[str]:
    """Copy notebooks into a reader's folder, but over nothing that the reader changed.

    Parameters
    ----------
    notebooks : mapping of str to Path
        Where the notebook of each page is.
    folder : Path
        The folder.

    Returns
    -------
    list of str
        The pages which the reader changed, and the course has changed since, too.
    """
    record = _record(folder)
    behind = []
    notary = NotebookNotary()
    for page, path in notebooks.items():
        data = path.read_bytes()
        copy, new, old = folder / f"{page}.ipynb", _digest(data), record.get(page)
        present = _digests(copy.read_bytes()) if copy.is_file() else set()
        if present and not present & {old, new}:
            if old != new:
                behind.append(page)
            continue
        if new not in present:
            write_if_changed(copy, data)
            # Its outputs are those of the course, so they may be shown before a cell has run.
            notary.sign(nbformat.reads(data.decode("utf-8"), as_version=4))
        record[page] = new
    notary.store.close()
    write_if_changed(folder / _RECORD, json.dumps(record, indent=1).encode())
    return behind


def _record(folder: Path) -> dict[str, str]:
    try:
        record = json.loads((folder / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _digests(data: bytes) -> set[str]:
    """Return the digests of a copy: of its cells, and of the file, which earlier versions noted."""
    return {_digest(data), hashlib.sha256(data).hexdigest()}


def _digest(data: bytes) -> str:
    """Return a digest of the cells of a notebook.

    The rest is about the kernel and the widgets: JupyterLab changes it as soon as a notebook is
    opened, and saves it by itself, whether or not the reader has changed anything.
    """
    # If it has none, the reader has made something else of it.
    with contextlib.suppress(ValueError, TypeError, KeyError):
        data = json.dumps(json.loads(data)["cells"], sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--root", type=Path, default=HERE.parent, help="folder of _config.yml")
    parser.add_argument("--jobs", type=int, help="languages at a time (default: cores)")
    options = parser.parse_args(argv)
    try:
        course = editions.load(options.root)
        if not build(course, list(course.editions), options.jobs):
            return 1
        for key in course.editions:
            renew(course, key, course.root / editions.COPIES)
    except (editions.ConfigError, OSError) as error:
        said = refused(error) if isinstance(error, OSError) else error
        print(f"{said}\nThe copies are not complete.", file=sys.stderr)
        return 1
    print(f"The copies of the notebooks are in {editions.COPIES}/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
