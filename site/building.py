"""Building the site: the languages that need it, side by side, then all of them together.

`book` decides whether anything is to be done, and imports this only then.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import multiprocessing
import signal
import sys
from collections.abc import Iterator
from functools import cached_property
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

import assemble
import editions
import formulas
import frontpage
import notfound
import onebook
import policy
import reference
import repository
import sitemap
import stamps
from errors import refused
from onebook import BuildError, Built, Task
from processes import end_with_parent

__all__ = ["Site"]

Result = Built | str  # what was built, or what went wrong


class Site:
    """The site of a course, on its way to being up to date.

    Parameters
    ----------
    course : Course
        The course.
    target : Path
        The folder of the site.
    shown : list of str
        Its languages.
    published : Repository or None
        Where readers find the notebooks.
    solutions : bool
        Whether the exercises keep their solutions.
    """

    def __init__(
        self,
        course: editions.Course,
        target: Path,
        shown: list[str],
        published: repository.Repository | None,
        solutions: bool,
    ) -> None:
        self.course = course
        self.target = target
        self.shown = shown
        self.published = published
        self.tasks = {
            key: onebook.prepare(course, key, shown, solutions, published) for key in shown
        }

    @cached_property
    def wanted_stamps(self) -> dict[str, dict[str, Any]]:
        """What the stamp of each language is when it is up to date."""
        return {
            key: {
                "frame": stamps.frame(self.course, key, (task.config, task.toc)),
                "content": stamps.content(self.course, task.sources),
                "shown": self.shown,
            }
            for key, task in self.tasks.items()
        }

    def stale(self, wanted: list[str]) -> list[str]:
        """Return the languages to be built, if those `wanted` are to be up to date.

        One that is not wanted is built only if it has to be: it is not complete, or its pages would
        lead to other languages than there are.
        """
        stale = []
        for key, task in self.tasks.items():
            stamp = task.stamp()
            needed = stamp.get("shown") != self.shown
            if needed or (key in wanted and stamp != self.wanted_stamps[key]):
                stale.append(key)
        return stale

    def update(self, wanted: list[str], jobs: int) -> tuple[int, int]:
        """Build what is stale, and put the site together; return how many files changed, of all.

        Raises
        ------
        BuildError
            A language could not be built. The site is as it was before.
        """
        _leave_garbage()
        stale = self.stale(wanted)
        self._build([self.tasks[key] for key in stale], jobs)
        fresh = [key for key in self.shown if key not in stale]
        if fresh:
            print(f"{', '.join(fresh)}: nothing to do", flush=True)
        course, shown, published = self.course, self.shown, self.published
        pages = frontpage.files(course, shown, repository=published.web if published else None)
        pages |= notfound.files(course, shown) | sitemap.files(course, shown)
        pages |= policy.files(notfound.inline())
        borrowed = {key: course.borrowed(key) for key in shown}
        site = assemble.collect({key: self.tasks[key].html for key in shown}, pages, borrowed)
        return assemble.assemble(self.target, site), len(site)

    def _build(self, tasks: list[Task], jobs: int) -> None:
        """Build `tasks`, some at a time; report each; raise for all that failed, at the end."""
        if not tasks:
            return
        print(f"Building {', '.join(task.key for task in tasks)} …", flush=True)
        for task in tasks:
            task.start(self.wanted_stamps[task.key]["frame"])
        failures = {}
        for number, (task, result) in enumerate(_run(self.course, tasks, jobs), start=1):
            if isinstance(result, str):
                failures[task.key] = result
                said = "failed"
            else:
                formulas.keep(task.formulas, result.drawn)
                task.finish(self.wanted_stamps[task.key])
                said = f"{result.pages} pages, {result.seconds:.1f} s"
            print(f"[{number}/{len(tasks)}] {task.key}: {said}", flush=True)
        if failures:
            chapters = [
                path
                for key in failures
                for path in sorted((self.course.root / "chapters" / key).glob("*.md"))
            ]
            # The author knows the line of the chapter, not that of the notebook.
            broken = [str(problem) for problem in formulas.check(chapters)]
            raise BuildError("\n".join([*broken, *failures.values()]))


def _run(course: editions.Course, tasks: list[Task], jobs: int) -> Iterator[tuple[Task, Result]]:
    """Yield each task with its result, as they finish.

    Each language has a process of its own, since Sphinx keeps a language's words for as long as
    the process lives.
    """
    if sys.platform == "linux":
        _import_what_each_needs(course, several=len(tasks) > 1)
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


def _import_what_each_needs(course: editions.Course, *, several: bool) -> None:
    """Import what builds the books, and read the library for several: a fork has it at once."""
    from jupyter_book import sphinx
    from sphinx.application import builtin_extensions

    settings = (course.config.get("sphinx") or {}).get("config") or {}
    for name in (sphinx.__name__, *builtin_extensions, *(settings.get("extensions") or ())):
        with contextlib.suppress(ImportError):  # Sphinx tells of it, and what to do
            importlib.import_module(name)
    if several:
        reference.read(reference.package_folder())


def _leave_garbage() -> None:
    """Do not look for circles of objects that nothing refers to.

    Trees of pages and of style sheets are such circles, and all of them are looked through again
    and again for a sixth of the time. A process ends before they are in anyone's way: 8 MB a page.
    """
    gc.disable()


def _work(sender: Connection, task: Task) -> None:
    """Build one language, and send what came of it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's way of ending this process
    end_with_parent()
    _leave_garbage()
    try:
        sender.send(onebook.build_language(task))
    except BuildError as error:
        sender.send(str(error))
    except KeyboardInterrupt:
        pass  # the parent was interrupted as well, and says so
    except OSError as error:  # of a write the system does not say to which file
        sender.send(f"{task.key} could not be built in {task.work}: {refused(error)}")
    except BaseException as error:
        sender.send(f"{task.key}: {type(error).__name__}: {error}")
        raise
