"""How long the book takes: from nothing, after an edit, with nothing to do; and how large it is.

The builds are those of an author, ``python site/book.py`` in a process of its own, on a copy of
the notebooks, so what is in ``_build/`` stays as it is. Beside the build from nothing stands a
plain ``jupyter-book build`` of each language, one after another, with Jupyter Book's own extensions
and nothing of ours, from the same notebooks.

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
from pathlib import Path
from typing import Any

import yaml

import report
from measure import in_turns, seconds

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "vi"
CLEAN_LIMIT, EDIT_LIMIT = 25.0, 8.0  # seconds, on two cores
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
    for name in ("_config.yml", "_toc.yml"):
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


def plain(folder: Path) -> dict[str, tuple[str, ...]]:
    """Prepare a build of each language with nothing of ours; return their commands."""
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    toc = (folder / "_toc.yml").read_text(encoding="utf-8")
    languages = config.pop("languages")
    config["sphinx"] = {"config": {"bibtex_reference_style": "author_year"}}
    config["bibtex_bibfiles"] = [str(folder / "chapters" / "references.bib")]
    config["only_build_toc_files"] = True
    book = str(Path(sys.executable).parent / "jupyter-book")
    (folder / "plain").mkdir()
    path = folder / "plain" / "_config.yml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    commands = {}
    for language in languages:
        own = folder / "plain" / f"{language}.yml"
        own.write_text(toc.replace("notebooks/en/", ""), encoding="utf-8")
        commands[language] = (
            *(book, "build", f"notebooks/{language}", "--all"),
            *("--toc", str(own), "--config", str(path)),
            *("--path-output", f"plain/{language}"),
        )
    return commands


def measure(quick: bool) -> report.Found:
    """Return the rows, and sizes in kB."""
    with tempfile.TemporaryDirectory() as name:
        folder = course(Path(name))
        plainly = plain(folder)
        if quick:
            plainly = {LANGUAGE: plainly[LANGUAGE]}

        def ours() -> float:
            shutil.rmtree(folder / "_build", ignore_errors=True)
            return seconds(lambda: command(BUILD, folder))

        def usual() -> float:
            shutil.rmtree(folder / "_build", ignore_errors=True)
            for language in plainly:
                shutil.rmtree(folder / "plain" / language, ignore_errors=True)
            return seconds(lambda: [command(each, folder) for each in plainly.values()])

        rounds = 1 if quick else 3
        clean = in_turns({"plain": usual, "ours": ours}, rounds)
        command(BUILD, folder)  # there again, whichever came last
        nothing = [seconds(lambda: command(BUILD, folder)) for _ in range(rounds)]
        edits = []
        for number in range(rounds):
            edit(folder, str(number))
            edits.append(seconds(lambda: command(BUILD, folder)))
        figures = sizes(folder / "_build" / "html")
        notebooks = list((folder / "notebooks").glob("*/*.ipynb"))
    rows = [
        report.compare(
            f"the site from nothing, {len(notebooks)} pages in four languages",
            f"{len(plainly)} plain `jupyter-book build`, one after another",
            clean["ours"],
            clean["plain"],
            unit="s",
            target=1.7,
        ),
        report.within("the site from nothing", clean["ours"], unit="s", most=CLEAN_LIMIT),
        report.within("after the edit of one paragraph", edits, unit="s", most=EDIT_LIMIT),
        report.within("with nothing to do", nothing, unit="s"),
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
