"""How long the book takes: from nothing, after an edit, with nothing to do; and how large it is.

The builds are those of an author, ``python site/book.py`` in a process of its own, on a copy of
the notebooks, so what is in ``_build/`` stays as it is. Beside the build from nothing stand

likewise
    ``jupyter-book build`` of each language, one after another, with the settings and extensions of
    the course: the same pages, as one would make them without ``book.py``.
bare
    The same with Jupyter Book's own extensions and nothing of ours. That makes lesser pages, whose
    formulas are left to the reader's browser, from which the reference is missing, and whose
    figures to touch need other sites; it shows what ours cost.

Usage: ``python benchmarks/bench_book.py [--quick]``.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import yaml

import report
from measure import in_turns, seconds

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "vi"
CLEAN_LIMIT, EDIT_LIMIT, NOTHING_LIMIT = 25.0, 8.0, 1.0  # seconds, on two cores
BUILD = (sys.executable, "site/book.py")


def command(arguments: tuple[str, ...], folder: Path) -> None:
    """Run a command in `folder`, or end with what it said."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


def course(folder: Path) -> Path:
    """Copy what a build reads into `folder`."""
    pinned = [path.name for path in ROOT.glob("requirements*.txt")]
    for name in ("_config.yml", "_toc.yml", *pinned):
        shutil.copy(ROOT / name, folder)
    for name in ("chapters", "notebooks", "site"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edit(folder: Path, word: str) -> None:
    """Change one paragraph of one page of one language."""
    path = folder / "notebooks" / LANGUAGE / "ravine.ipynb"
    page = json.loads(path.read_text(encoding="utf-8"))
    cell = next(c for c in page["cells"] if c["cell_type"] == "markdown")
    cell["source"] = [*"".join(cell["source"]).splitlines(keepends=True), f"\n\nEdited {word}."]
    path.write_text(json.dumps(page, ensure_ascii=False, indent=1), encoding="utf-8")


def likewise(folder: Path) -> list[tuple[str, ...]]:
    """Prepare a build of each language with all of ours; return their commands.

    The course must have been built in `folder`: what each language is built from is copied.
    """
    commands = []
    for source in sorted(p for p in (folder / "_build" / "books").iterdir() if p.is_dir()):
        own = folder / "likewise" / source.name
        shutil.copytree(source / "sources", own / "sources")
        for name in ("_config.yml", "_toc.yml"):
            shutil.copy(source / name, own)
        commands.append(jupyter_book(own / "sources", own))
    return commands


def bare(folder: Path) -> list[tuple[str, ...]]:
    """Prepare a build of each language with nothing of ours; return their commands."""
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    toc = (folder / "_toc.yml").read_text(encoding="utf-8")
    languages = config.pop("languages")
    config["sphinx"] = {"config": {"bibtex_reference_style": "author_year"}}
    config["bibtex_bibfiles"] = [str(folder / "chapters" / "references.bib")]
    config["only_build_toc_files"] = True
    commands = []
    for language in sorted(languages):
        own = folder / "bare" / language
        own.mkdir(parents=True)
        text = yaml.safe_dump(config, allow_unicode=True)
        (own / "_config.yml").write_text(text, encoding="utf-8")
        (own / "_toc.yml").write_text(toc.replace("notebooks/en/", ""), encoding="utf-8")
        commands.append(jupyter_book(folder / "notebooks" / language, own))
    return commands


def jupyter_book(sources: Path, own: Path) -> tuple[str, ...]:
    """Return the command that builds a book from its sources, with the settings in a folder."""
    program = str(Path(sys.executable).parent / "jupyter-book")
    return (
        *(program, "build", str(sources), "--all", "--path-output", str(own)),
        *("--toc", str(own / "_toc.yml"), "--config", str(own / "_config.yml")),
    )


def measure(quick: bool) -> report.Found:
    """Return the rows, and sizes in kB."""
    with tempfile.TemporaryDirectory() as name:
        folder = course(Path(name))
        command(BUILD, folder)
        others = {"likewise": likewise(folder), "bare": bare(folder)}
        if quick:
            others = {name: commands[:1] for name, commands in others.items()}
        times = len(others["bare"])

        def ours() -> float:
            shutil.rmtree(folder / "_build", ignore_errors=True)
            return seconds(lambda: command(BUILD, folder))

        def other(name: str) -> float:
            for output in (folder / name).glob("*/_build"):
                shutil.rmtree(output)
            return seconds(lambda: [command(each, folder) for each in others[name]])

        rounds = 1 if quick else 3
        clean = in_turns(
            {"ours": ours, **{name: partial(other, name) for name in others}},
            rounds,
        )
        command(BUILD, folder)  # there again, whichever came last
        nothing = [seconds(lambda: command(BUILD, folder)) for _ in range(rounds)]
        edits = []
        for number in range(rounds):
            edit(folder, str(number))
            edits.append(seconds(lambda: command(BUILD, folder)))
        figures = sizes(folder / "_build" / "html")
        notebooks = list((folder / "notebooks").glob("*/*.ipynb"))
    rows = [
        *(
            report.compare(
                f"the site from nothing, {len(notebooks)} pages in four languages",
                f"{times} times `jupyter-book build`, {how}",
                clean["ours"],
                clean[name],
                unit="s",
                target=target,
            )
            for name, how, target in (
                ("likewise", "the same pages", 1.7),
                ("bare", "lesser pages, with nothing of ours", None),
            )
        ),
        report.within("the site from nothing", clean["ours"], unit="s", most=CLEAN_LIMIT),
        report.within("the site after the edit of one paragraph", edits, unit="s", most=EDIT_LIMIT),
        report.within("the site with nothing to do", nothing, unit="s", most=NOTHING_LIMIT),
    ]
    return rows, figures


def sizes(html: Path) -> dict[str, Any]:
    """Return what a reader's browser loads for a page with formulas and an explorable."""
    page = html / LANGUAGE / "ravine.html"
    shared = html / "_static"
    scripts = sorted((shared / "explore").glob("*.js"))
    return {
        "site [kB]": round(sum(p.stat().st_size for p in html.rglob("*") if p.is_file()) / 1000),
        "page, gzipped [kB]": round(len(gzip.compress(page.read_bytes())) / 1000, 1),
        "explorables' scripts, gzipped [kB]": round(
            sum(len(gzip.compress(p.read_bytes())) for p in scripts) / 1000, 1
        ),
        "mathematics: style sheet, gzipped [kB]": round(
            len(gzip.compress((shared / "katex" / "katex.min.css").read_bytes())) / 1000, 1
        ),
    }


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if a target was missed."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("book", lambda: measure(quick), quick=quick)


if __name__ == "__main__":
    sys.exit(main())
