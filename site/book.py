"""Build the book: ``python site/book.py`` turns ``notebooks/<lang>/`` into ``_build/html/``.

One Jupyter Book per language, in parallel processes, with warnings as errors; nothing is executed.
A language whose pages and settings did not change is left alone. What is kept between builds
stands in ``_build/books/<lang>/``; a build that fails or is stopped leaves ``_build/html/`` as it
was, and the next one starts that language afresh.

With ``--solutions no`` the exercises lose their solutions. All of that stands in a folder of its
own, ``_build/without-solutions/``, so that neither edition is ever mistaken for the other, and a
teacher can keep both up to date.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

import yaml
from packaging.utils import canonicalize_name

import assemble
import editions
import formulas
import frontpage
import notfound
import policy
import repository
import sitemap
from errors import ChapterError, refused
from files import write_if_changed
from locking import exclusive
from processes import end_with_parent, interrupt_on_kill
from solutions import without_solutions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOCK = ROOT / "requirements.txt"

_DISK = {errno.ENOSPC, errno.EROFS, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}

Result = tuple[int, float] | str  # pages and seconds, or what went wrong


class BuildError(Exception):
    """A book could not be built; the message is what the author must see."""


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
    def config(self) -> Path:
        """The derived configuration."""
        return self.work / "_config.yml"

    @property
    def toc(self) -> Path:
        """The derived table of contents."""
        return self.work / "_toc.yml"

    @property
    def stamp(self) -> Path:
        """What the pages were built from; there only if they were built to the end."""
        return self.work / "built.json"


def _hash(paths: list[Path], *more: str) -> str:
    """Return a digest of the content of files, their names, and further texts."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    for text in more:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _packages() -> str:
    """Return the versions of the locked packages that are installed: another theme, other pages.

    What is installed besides, for JupyterLab or for the tests, has no part in the book.
    """
    lines = re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    names = {canonicalize_name(name) for name in lines}
    found = ((canonicalize_name(d.name), d.version) for d in distributions())
    return "\n".join(sorted(f"{name}=={version}" for name, version in found if name in names))


def frame(course: editions.Course, task: Task) -> str:
    """Return a digest of everything but the pages: where it differs, nothing is reused.

    Static files and explorables are not part of it. A change of theirs needs no page to be read
    again; `course_sphinx.note_changes` sees to it.
    """
    code = [*HERE.glob("*.py"), *HERE.glob("templates/*"), *HERE.glob("ui/*.json")]
    code += [p for p in _bibliographies(course) if p.is_file()]
    return _hash(code, task.config.read_text("utf-8"), task.toc.read_text("utf-8"), _packages())


def content(course: editions.Course, task: Task) -> str:
    """Return a digest of the pages, and of the files which the finished pages load."""
    import d2lmini

    package = Path(d2lmini.__file__).resolve().parent
    used = [*task.sources.rglob("*.ipynb"), *HERE.glob("static/**/*.*"), *HERE.glob("katex/**/*.*")]
    used += HERE.glob("fonts/*.*")
    used += [*package.rglob("*.py"), *package.glob("explore/*.*")]  # the reference; explorables
    used += [course.root / "chapters" / "glossary.csv"]
    return _hash([path for path in used if path.is_file()])


def _bibliographies(course: editions.Course) -> list[Path]:
    named = course.config.get("bibtex_bibfiles") or []
    return [course.root / name for name in ([named] if isinstance(named, str) else named)]


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


def tell_where_notebooks_run(
    course: editions.Course, published: repository.Repository | None
) -> None:
    """Print on which sites the pages offer their notebooks, and what the others lack."""
    if published is None:
        return
    sites = ["Binder"]
    there = f"{published.web}, branch {published.branch}"
    if published.colab(""):
        if repository.plain_branch():
            sites.append("Colab")
            there += f" (Colab: the plain ones, branch {repository.plain_branch()})"
        elif on_colab(course, published):
            sites.append("Colab")
        else:
            there += "; not on Colab, since repository: in _config.yml names another or none"
    print(f"The pages offer their notebooks on {' and '.join(sites)}, from {there}.", flush=True)


def _gather(task: Task) -> None:
    """Bring the notebooks of a language together; what did not change keeps its time."""
    wanted = {task.sources / f"{page}.ipynb": path for page, path in task.notebooks.items()}
    for path in sorted(task.sources.rglob("*")):
        if path.is_file() and path not in wanted:
            path.unlink()
    pages = {copied.as_posix(): path.read_bytes() for copied, path in wanted.items()}
    if not task.solutions:
        pages = without_solutions(pages)
    for name, data in pages.items():
        write_if_changed(Path(name), data)


def build_language(task: Task) -> tuple[int, float]:
    """Build one language; return the number of its pages and the seconds that it took.

    Its stamp must have been taken away before, and is written again by whoever knows that this
    has come to its end. A folder of an earlier build is used again as it is.

    Raises
    ------
    BuildError
        Jupyter Book warned of something, which is an error here, or failed.
    """
    started = time.perf_counter()
    log = task.work / "build.log"
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
    return len(list(task.html.glob("*.html"))), time.perf_counter() - started


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


def _stamp(task: Task) -> dict[str, Any]:
    """Return what the pages were built from; nothing if they are not there, or not complete."""
    try:
        stamp = json.loads(task.stamp.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and task.html.is_dir() else {}


def shown_languages(course: editions.Course, wanted: list[str], target: Path) -> list[str]:
    """Return the languages of the site: those asked for and those already there."""
    there = {key for key in course.editions if (target / key / "index.html").is_file()}
    return [key for key in course.editions if key in there or key in wanted]


def check_formulas(course: editions.Course, keys: list[str]) -> None:
    """Render the formulas of the chapters, for their messages name the line of the chapter.

    Raises
    ------
    BuildError
        A formula does not parse.
    """
    paths = [path for key in keys for path in sorted((course.root / "chapters" / key).glob("*.md"))]
    problems = formulas.check(paths)
    if problems:
        raise BuildError("\n".join(str(problem) for problem in problems))


def build(root: Path, wanted: list[str], jobs: int, solutions: bool = True) -> Path:
    """Bring the site of the course in `root` up to date, and return its first page.

    Parameters
    ----------
    root : Path
        The folder of ``_config.yml``.
    wanted : list of str
        Languages to bring up to date; none means all.
    jobs : int
        How many to build at a time.
    solutions : bool
        Whether the exercises keep their solutions; without, it is another site.

    Raises
    ------
    BuildError
        A language could not be built. The site is as it was before.
    """
    started = time.perf_counter()
    course = editions.load(root)
    unknown = [key for key in wanted if key not in course.editions]
    if unknown:
        raise BuildError(
            f"there is no language {unknown[0]!r}: _config.yml has {', '.join(course.editions)}"
        )
    target = course.site(solutions)
    assemble.recover(target)
    wanted = wanted or list(course.editions)
    shown = shown_languages(course, wanted, target)
    published = repository.find(root, course.config)
    tell_where_notebooks_run(course, published)
    tasks = {key: prepare(course, key, shown, solutions, published) for key in shown}
    digests = {key: (frame(course, task), content(course, task)) for key, task in tasks.items()}
    stale = []
    for key, task in tasks.items():
        stamp = _stamp(task)
        # A language that was not asked for is built only if it has to be: it is not complete, or
        # its pages would lead to other languages than there are.
        needed = stamp.get("shown") != shown
        changed = (stamp.get("frame"), stamp.get("content")) != digests[key]
        if needed or (key in wanted and changed):
            stale.append(key)
    check_formulas(course, stale)
    _build_all([tasks[key] for key in stale], digests, shown, jobs)
    fresh = [key for key in shown if key not in stale]
    if fresh:
        print(f"{', '.join(fresh)}: nothing to do", flush=True)
    pages = frontpage.files(course, shown, repository=published.web if published else None)
    pages |= notfound.files(course, shown) | sitemap.files(course, shown)
    pages |= policy.files(notfound.inline())
    borrowed = {key: course.borrowed(key) for key in shown}
    site = assemble.collect({key: tasks[key].html for key in shown}, pages, borrowed)
    written = assemble.assemble(target, site)
    print(f"{written} of {len(site)} files changed, in {time.perf_counter() - started:.1f} s")
    return target / "index.html"


def _build_all(
    tasks: list[Task], digests: dict[str, tuple[str, str]], shown: list[str], jobs: int
) -> None:
    """Build `tasks`, some at a time; report each; raise for all that failed, at the end."""
    if not tasks:
        return
    print(f"Building {', '.join(task.key for task in tasks)} …", flush=True)
    for task in tasks:
        _start(task, digests[task.key][0])
    failures = []
    for number, (task, result) in enumerate(_run(tasks, jobs), start=1):
        if isinstance(result, str):
            failures.append(result)
            print(f"[{number}/{len(tasks)}] {task.key}: failed", flush=True)
        else:
            pages, seconds = result
            frame_now, content_now = digests[task.key]
            stamp = {"frame": frame_now, "content": content_now, "shown": shown}
            write_if_changed(task.stamp, json.dumps(stamp).encode())
            print(f"[{number}/{len(tasks)}] {task.key}: {pages} pages, {seconds:.1f} s", flush=True)
    if failures:
        raise BuildError("\n".join(failures))


def _start(task: Task, frame_now: str) -> None:
    """Clear away what the build of `task` must not use again, and the stamp of the last one."""
    if _stamp(task).get("frame") != frame_now:
        # Also after a build that failed or was stopped, which leaves no stamp: a page that was
        # read then is not read again, and what it was warned of would go unsaid.
        for name in ("html", ".doctrees", "jupyter_execute"):
            shutil.rmtree(task.work / name, ignore_errors=True)
    task.stamp.unlink(missing_ok=True)


def _run(tasks: list[Task], jobs: int) -> Iterator[tuple[Task, Result]]:
    """Yield each task with its result, as they finish.

    Each language has a process of its own, since Sphinx keeps a language's words for as long as
    the process lives.
    """
    if sys.platform == "linux":
        # Import once what every language needs: a fork has it at once.
        import sphinxcontrib.bibtex  # noqa: F401

        context = multiprocessing.get_context("fork")
    else:
        context = multiprocessing.get_context("spawn")
    waiting = list(tasks)
    running: dict[Any, tuple[Task, Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                task = waiting.pop(0)
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(sender, task))
                process.start()
                sender.close()  # so that the end of the process is the end of the pipe
                running[receiver] = (task, process)
            for ready in wait(list(running)):
                task, process = running.pop(ready)
                try:
                    result: Result = cast(Connection, ready).recv()
                except EOFError:
                    process.join()
                    result = (
                        f"{task.key}: the build was killed (status {process.exitcode}); "
                        "where memory is short, JOBS=1 builds one language at a time"
                    )
                process.join()
                yield task, result
    finally:
        for _task, process in running.values():
            process.terminate()
            process.join()


def _work(sender: Connection, task: Task) -> None:
    """Build one language, and send what came of it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's way of ending this process
    end_with_parent()
    try:
        sender.send(build_language(task))
    except BuildError as error:
        sender.send(str(error))
    except KeyboardInterrupt:
        pass  # the parent was interrupted as well, and says so
    except OSError as error:  # of a write the system does not say to which file
        sender.send(f"{task.key} could not be built in {task.work}: {refused(error)}")
    except BaseException as error:
        sender.send(f"{task.key}: {type(error).__name__}: {error}")
        raise


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Build the book into _build/html/.")
    parser.add_argument(
        "--lang", nargs="+", default=[], metavar="KEY", help="only these (default: all)"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="languages at a time (default: cores)"
    )
    parser.add_argument(
        "--solutions", choices=("yes", "no"), default="yes", help="of the exercises (default: yes)"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of _config.yml")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {options.jobs}")
    interrupt_on_kill()  # `kill` is told of like Ctrl-C
    try:
        with exclusive(options.root, "book"):
            page = build(options.root, options.lang, options.jobs, options.solutions == "yes")
    except (BuildError, ChapterError, editions.ConfigError) as error:
        print(f"{error}\nThe book was not built.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{refused(error)}\nThe book was not built.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The site is as it was before.", file=sys.stderr)
        return 130
    shown = os.path.relpath(page)
    serve = "make serve" + ("" if options.solutions == "yes" else " SOLUTIONS=no")
    print(f"Open {shown if not shown.startswith('..') else page}, or run '{serve}'.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
