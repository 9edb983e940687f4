"""Bring ``notebooks/`` up to date with ``chapters/``: ``python site/notebooks.py [--check]``.

One direction only: the chapter is the source, the notebook is made from it. A page whose code,
library or requirements changed is executed; one whose prose changed keeps its outputs; one where
nothing changed is left alone, to the byte.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

import chapters
import editions
from colab import TAG
from errors import ChapterError, Finding, refused
from execute import ExecutionError, Executor
from files import write_if_changed
from locking import exclusive
from needed_data import REMEDY, missing, turns
from pages import (
    Page,
    check_cells,
    compose,
    finish,
    flaws,
    serialize,
    stored,
    valid_outputs,
)
from processes import interrupt_on_kill
from repository import configured
from widgets import refresh_modules

__all__ = ["check", "main", "update"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Plan:
    """What is to be done with one page."""

    page: Page
    fingerprint: str
    execute: bool


@dataclass
class Report:
    """What a run did."""

    executed: int = 0
    written: int = 0
    failed: int = 0


def read_pages(root: Path, wanted: Sequence[str] = ()) -> tuple[list[Page], list[ChapterError]]:
    """Read the chapters, all or those named; broken ones come back as errors.

    Raises
    ------
    SystemExit
        If a name fits no chapter, or ``_config.yml`` cannot be used.
    """
    try:
        repository = configured(editions.settings(root))
    except editions.ConfigError as error:
        raise SystemExit(str(error)) from None
    pages: list[Page] = []
    errors: list[ChapterError] = []
    everything = [
        path for language in chapters.languages(root) for path in chapters.pages(root, language)
    ]
    for name in wanted:
        if not any(_named(path, name) for path in everything):
            known = ", ".join(f"{path.parent.name}/{path.stem}" for path in everything)
            raise SystemExit(f"there is no page {name!r}; there are: {known or 'none'}")
    for path in everything:
        if wanted and not any(_named(path, name) for name in wanted):
            continue
        try:
            chapter = chapters.read(path)
            check_cells(root, chapter)
            pages.append(Page(root, chapter, repository))
        except ChapterError as error:
            errors.append(error)
    return pages, errors


def _named(path: Path, name: str) -> bool:
    language, page = path.parent.name, path.stem
    return name in (language, page, f"{language}/{page}", f"chapters/{language}/{page}.md")


def plan(page: Page, *, force: bool) -> Plan:
    """Decide whether a page has to be executed."""
    mark = page.fingerprint
    stale = force or not valid_outputs(page, stored(page.path), mark)
    return Plan(page, mark, stale and bool(page.chapter.cells))


def renew(task: Plan, executor: Executor) -> bytes:
    """Make the bytes of a notebook, executing it if the plan says so.

    Raises
    ------
    ChapterError
        If it cannot be executed cleanly.
    """
    page = task.page
    if not task.execute:
        try:
            return serialize(compose(page, stored(page.path), task.fingerprint))
        except LookupError as error:
            raise ChapterError(page.path, 1, str(error)) from None
    _require_datasets(page)
    notebook = compose(page, None, task.fingerprint)
    executor.run(notebook, page.chapter.path, page.chapter.cells)
    found = flaws(notebook)
    if found:
        raise ExecutionError(page.chapter.path, 1, "; ".join(found))
    return serialize(finish(notebook))


def _require_datasets(page: Page) -> None:
    chapter = page.chapter
    line = next(
        (n for n, text in enumerate(chapter.text.split("\n"), 1) if text.startswith("datasets:")), 1
    )
    try:
        absent = missing(chapter.datasets, download=True)
    except LookupError as error:
        raise ChapterError(chapter.path, line, str(error)) from None
    if absent:
        raise ChapterError(
            chapter.path,
            line,
            f"the page changed and has to be executed again, which needs {' and '.join(absent)}: "
            f"{REMEDY}. The stored notebook is left as it is.",
        )


def update(root: Path, pages: Sequence[Page], *, force: bool, jobs: int) -> Report:
    """Renew the notebooks of the pages, several at a time, and say what was done with each.

    Raises
    ------
    KeyboardInterrupt
        When interrupted, after the kernels were ended; what is stored by then stays.
    """
    for left in (root / "notebooks").glob("*/.*.ipynb.*.tmp"):
        left.unlink()  # of a run that was killed while it wrote; we hold the lock, so nobody's
    report = Report()
    executor = Executor(root)

    def timed(task: Plan) -> tuple[bytes, float]:
        began = time.perf_counter()
        return renew(task, executor), time.perf_counter() - began

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            plans = in_good_order([plan(page, force=force) for page in pages])
            running = {pool.submit(timed, task): task for task in plans}
            for future in as_completed(running):
                _conclude(running[future], future, report)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            executor.stop()
            raise
    return report


def in_good_order(plans: Sequence[Plan]) -> list[Plan]:
    """Sort so that no process waits for another while there is other work."""
    ranks = turns(
        (task.page.chapter.page, task.execute and bool(task.page.chapter.datasets))
        for task in plans
    )
    return [task for _, task in sorted(zip(ranks, plans, strict=True), key=lambda pair: pair[0])]


def _conclude(task: Plan, future: Future[tuple[bytes, float]], report: Report) -> None:
    """Store what came out for one page, if anything did, and say what was done, if anything was."""
    try:
        data, seconds = future.result()
    except ChapterError as error:
        report.failed += 1
        _say(task, "FAILED")
        print(error, file=sys.stderr, flush=True)
        return
    new = not task.page.path.exists()
    written = write_if_changed(task.page.path, data)
    report.written += written
    report.executed += task.execute
    if task.execute:
        _say(task, "executed" if written or new else "executed, nothing changed", seconds)
    elif written:
        _say(task, "text updated", seconds)


def _say(task: Plan, what: str, seconds: float | None = None) -> None:
    took = "" if seconds is None else f"{seconds:6.1f} s"
    print(f"  {task.page.name:<20}{what:<26}{took}".rstrip(), flush=True)


def check(root: Path, pages: Sequence[Page]) -> list[Finding]:
    """Find what `update` would change, without executing or writing anything."""
    found = []
    for page in pages:
        problem = _problem(page)
        if problem:
            found.append(Finding(page.path, 1, f"{problem}: run make notebooks"))
    return found


def _problem(page: Page) -> str | None:
    notebook = stored(page.path)
    if notebook is None:
        return "not a notebook" if page.path.exists() else "missing"
    mark = page.fingerprint
    if not valid_outputs(page, notebook, mark):
        unfit = flaws(notebook)
        return unfit[0] if unfit else "its outputs were made by other code than there is now"
    try:
        expected = serialize(compose(page, notebook, mark))
    except LookupError as error:
        return str(error)
    if page.path.read_bytes() == expected:
        return None
    if _install_cells(notebook) != _install_cells(compose(page, notebook, mark)):
        return "on Colab it installs the course from elsewhere than _config.yml says"
    again = stored(page.path)
    assert again is not None
    if refresh_modules(again):
        return "the explorables' JavaScript changed since it was stored"
    return "its text differs from the chapter's"


def _install_cells(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if TAG in cell.metadata.get("tags", ())]


def orphans(root: Path) -> list[Finding]:
    """Notebooks that no chapter belongs to."""
    return [
        Finding(path, 1, "there is no chapter for it: delete it, or restore the chapter")
        for path in sorted((root / "notebooks").glob("*/*.ipynb"))
        if not (root / "chapters" / path.parent.name / f"{path.stem}.md").is_file()
    ]


def use_checkout(root: Path) -> None:
    """Let ``import d2lmini`` mean the one of this checkout."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "pages", nargs="*", metavar="LANG/PAGE", help="only these: vi/ravine, or vi, or ravine"
    )
    parser.add_argument("--force", action="store_true", help="execute also what is not stale")
    parser.add_argument("--check", action="store_true", help="only say what is not up to date")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="kernels at a time (default: cores)"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.jobs < 1:
        parser.error(f"--jobs needs at least 1, got {arguments.jobs}")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    arguments = _arguments(argv)
    root = arguments.root.resolve()
    use_checkout(root)
    if arguments.check:
        pages, errors = read_pages(root, arguments.pages)
        found = check(root, pages) + ([] if arguments.pages else orphans(root))
        _complain([*errors, *found])
        if errors or found:
            return 1
        print(f"{len(pages)} notebooks are up to date")
        return 0
    # `kill` ends the kernels like Ctrl-C does; their own sessions would survive us otherwise.
    interrupt_on_kill()
    began = time.perf_counter()
    try:
        with exclusive(root, "notebooks"):
            pages, errors = read_pages(root, arguments.pages)
            report = update(root, pages, force=arguments.force, jobs=arguments.jobs)
    except KeyboardInterrupt:
        print(
            "interrupted; the notebooks that were finished are stored, and the next run "
            "goes on from there",
            file=sys.stderr,
        )
        return 130
    except OSError as error:  # such as a full disk
        print(
            f"{refused(error)}; the notebooks that were finished are stored, and the next run "
            "goes on from there",
            file=sys.stderr,
        )
        return 1
    _complain([*errors, *([] if arguments.pages else orphans(root))])
    failed = report.failed + len(errors)
    print(
        f"{len(pages) + len(errors)} notebooks: {report.executed} executed, "
        f"{report.written} changed, {failed} failed, {time.perf_counter() - began:.1f} s"
    )
    return 1 if failed else 0


def _complain(problems: Iterable[object]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
