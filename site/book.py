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
import os
import sys
import time
from pathlib import Path

import assemble
import editions
import repository
import stamps
from errors import ChapterError, refused
from locking import exclusive
from onebook import BuildError, on_colab
from processes import interrupt_on_kill

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


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


def shown_languages(course: editions.Course, wanted: list[str], target: Path) -> list[str]:
    """Return the languages of the site: those asked for and those already there."""
    there = {key for key in course.editions if (target / key / "index.html").is_file()}
    return [key for key in course.editions if key in there or key in wanted]


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
    made_of = stamps.site(course, shown, published)
    stamp = stamps.SiteStamp(course.books(solutions) / "site.json", target)
    if stamp.holds(made_of):
        print(f"{', '.join(shown)}: nothing to do", flush=True)
        changed = "no file"
    else:
        import building  # here, for it imports for longer than all of the above takes

        site = building.Site(course, target, shown, published, solutions)
        written, files = site.update(wanted, jobs)
        if not site.stale(shown):  # else a language that was not asked for is still to be built
            stamp.write(made_of)
        changed = f"{written} of {files} files"
    print(f"{changed} changed, in {time.perf_counter() - started:.1f} s")
    return target / "index.html"


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
