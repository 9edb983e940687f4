"""The book of one language: what Jupyter Book is given to build it, and the build.

What is kept between builds stands in ``_build/books/<lang>/``. `building` does this for all that
need it, each in a process of its own.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

import editions
import formulas
import repository
from files import write_if_changed

__all__ = ["BuildError", "Built", "Task", "build_language", "on_colab", "prepare"]

_DISK = {errno.ENOSPC, errno.EROFS, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}


class BuildError(Exception):
    """A book could not be built; the message is what the author must see."""


class Built(NamedTuple):
    """A book that was built: how many pages, in what time, and the formulas that it drew first."""

    pages: int
    seconds: float
    drawn: formulas.Drawn


@dataclass(frozen=True)
class Task:
    """What it takes to build one language, in a process of its own.

    Attributes
    ----------
    key : str
        The language.
    notebooks : dict of str to Path
        Where the notebook of each of its pages is; of a page without a translation, the English.
    work : Path
        The folder for what is built.
    solutions : bool
        Whether the exercises keep their solutions.
    """

    key: str
    notebooks: dict[str, Path]
    work: Path
    solutions: bool

    @property
    def sources(self) -> Path:
        """Where Sphinx reads the notebooks: copies, for they come from more than one folder."""
        return self.work / "sources"

    @property
    def html(self) -> Path:
        """Where Sphinx writes the pages."""
        return self.work / "html"

    @property
    def lab(self) -> Path:
        """Where the notebooks are written that JupyterLab opens here."""
        return self.work / editions.LAB

    @property
    def config(self) -> Path:
        """The derived configuration."""
        return self.work / "_config.yml"

    @property
    def toc(self) -> Path:
        """The derived table of contents."""
        return self.work / "_toc.yml"

    @property
    def built(self) -> Path:
        """What the pages were built from; there only if they were built to the end."""
        return self.work / "built.json"

    @property
    def formulas(self) -> Path:
        """The formulas that were drawn for any of the languages."""
        return self.work.parent / "formulas.json"

    def stamp(self) -> dict[str, Any]:
        """Return what the pages were built from; nothing if they are not there, or not complete."""
        try:
            stamp = json.loads(self.built.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        there = self.html.is_dir()
        there = there and all((self.lab / f"{page}.ipynb").is_file() for page in self.notebooks)
        return stamp if isinstance(stamp, dict) and there else {}

    def start(self, frame: str) -> None:
        """Clear away what a build must not use again, and the stamp of the last one."""
        if self.stamp().get("frame") != frame:
            # Also after a build that failed or was stopped, which leaves no stamp: a page that was
            # read then is not read again, and what it was warned of would go unsaid.
            for name in ("html", editions.LAB, ".doctrees", "jupyter_execute"):
                shutil.rmtree(self.work / name, ignore_errors=True)
        self.built.unlink(missing_ok=True)

    def finish(self, stamp: dict[str, Any]) -> None:
        """Note what the pages were built from, once the build has come to its end."""
        write_if_changed(self.built, json.dumps(stamp).encode())


def prepare(
    course: editions.Course,
    key: str,
    shown: list[str],
    solutions: bool,
    published: repository.Repository | None = None,
) -> Task:
    """Write the derived configuration and table of contents of language `key`.

    Parameters
    ----------
    course : Course
        The course.
    key : str
        The language.
    shown : list of str
        The languages of the site.
    solutions : bool
        Whether the book has the solutions of the exercises.
    published : Repository, optional
        Where readers find the notebooks.
    """
    editions.ui(key)  # missing words are told now, and not when the other languages are built
    work = course.books(solutions) / key
    task = Task(key, course.notebooks(key), work, solutions)
    first = course.first_page
    if first not in course.editions[key].pages:
        raise BuildError(
            f"notebooks/{key}/{first}.ipynb is missing: run 'make notebooks', which makes it from "
            f"chapters/{key}/{first}.md"
        )
    _gather(task)
    config = course.derived_config(key, task.sources)
    config["sphinx"]["config"]["course_shown"] = shown
    config["sphinx"]["config"]["course_lab"] = str(task.lab)
    if published is not None:
        config["sphinx"]["config"]["course_repository"] = asdict(published)
        config["sphinx"]["config"]["course_on_colab"] = on_colab(course, published)
        config["sphinx"]["config"]["course_plain_branch"] = repository.plain_branch()
    # Which page is there in which language decides where the language menu of each page leads.
    config["course_pages"] = {k: list(course.editions[k].pages) for k in shown}
    for path, data in ((task.config, config), (task.toc, course.derived_toc(key))):
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
        write_if_changed(path, text.encode())
    return task


def on_colab(course: editions.Course, published: repository.Repository) -> bool:
    """Whether the stored notebooks, which Colab would open, can install the course there."""
    return published.same_as(repository.configured(course.config))


def _gather(task: Task) -> None:
    """Bring the notebooks of a language together; what did not change keeps its time."""
    wanted = {task.sources / f"{page}.ipynb": path for page, path in task.notebooks.items()}
    for path in sorted(task.sources.rglob("*")):
        if path.is_file() and path not in wanted:
            path.unlink()
    pages = {copied.as_posix(): path.read_bytes() for copied, path in wanted.items()}
    if not task.solutions:
        from solutions import without_solutions  # here, for most builds keep them

        pages = without_solutions(pages)
    for name, data in pages.items():
        write_if_changed(Path(name), data)


def build_language(task: Task) -> Built:
    """Build one language.

    It must have been started before (`Task.start`), and is finished by whoever knows that this has
    come to its end. A folder of an earlier build is used again as it is.

    Raises
    ------
    BuildError
        Jupyter Book warned of something, which is an error here, or failed.
    """
    started = time.perf_counter()
    log = task.work / "build.log"
    formulas.recall(task.formulas)
    with _output_to(log):
        from jupyter_book.sphinx import build_sphinx

        status = build_sphinx(
            str(task.sources),
            str(task.html),
            path_config=str(task.config),
            noconfig=True,
            confoverrides={
                "external_toc_path": str(task.toc),
                "latex_individualpages": False,
                "nitpicky": True,
            },
            warningiserror=True,
            keep_going=True,
        )
    if status:
        crashed = isinstance(status, BaseException)
        if crashed and (error := _of_the_disk(status)) is not None:
            raise error
        raise BuildError(f"{task.key} could not be built:\n{_said(log, task, crashed)}")
    pages = len(list(task.html.glob("*.html")))
    return Built(pages, time.perf_counter() - started, formulas.drawn_here())


def _of_the_disk(error: BaseException | None) -> OSError | None:
    """Return the error of a full or broken disk that another error was raised for, if any."""
    while error is not None and not (isinstance(error, OSError) and error.errno in _DISK):
        error = error.__cause__ or error.__context__
    return error


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what is printed to the file `log`."""
    with log.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        yield


def _said(log: Path, task: Task, crashed: bool) -> str:
    """Return the warnings and errors in a log, and its end if the build `crashed`."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8"))
    for page, path in task.notebooks.items():  # the author knows the notebook, not its copy
        text = text.replace(str(task.sources / f"{page}.ipynb"), str(path))
    lines = text.splitlines()
    said = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)]
    return "\n".join("  " + line for line in said + (lines[-12:] if crashed else []))
