"""How long the book takes: from nothing, after an edit, with nothing to do; and how large it is.

The builds are those of an author, ``python site/book.py`` in a process of its own, on a copy of
the notebooks, so what is in ``_build/`` stays as it is.  Each is repeated, and the best time
counts: other work on the machine only ever adds.  A plain ``jupyter-book build`` of one language
with Jupyter Book's own extensions stands beside it for comparison.

Run ``python benchmarks/bench_book.py``. It prints a table and adds the figures to
``_build/bench.json``, under ``book``; the result is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "vi"
CLEAN = "clean build, all languages [s]"
EDIT = "after an edit of one paragraph [s]"
TARGETS = {CLEAN: 25.0, EDIT: 8.0}  # on two cores


def timed(arguments: list[str], folder: Path) -> float:
    """Run a command in `folder`; return the seconds that it took."""
    started = time.perf_counter()
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
    return time.perf_counter() - started


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


def plain(folder: Path) -> list[str]:
    """Prepare a build of one language with nothing of ours; return its command."""
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    config.pop("languages", None)
    config["sphinx"] = {"config": {"bibtex_reference_style": "author_year"}}
    config["only_build_toc_files"] = True
    path = folder / "_plain.yml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    book = str(Path(sys.executable).parent / "jupyter-book")
    return [book, "build", ".", "--config", str(path), "--path-output", "plain", "--all"]


def measure(repeats: int) -> dict[str, Any]:
    """Return the figures: seconds and bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = course(Path(name))
        build = [sys.executable, "site/book.py"]

        def best(prepare: Callable[[int], None], command: list[str]) -> float:
            times = []
            for number in range(repeats):
                prepare(number)
                times.append(timed(command, folder))
            return round(min(times), 2)

        def clean(_: int) -> None:
            shutil.rmtree(folder / "_build", ignore_errors=True)

        figures: dict[str, Any] = {
            "languages": len(list((folder / "notebooks").iterdir())),
            "pages": len(list((folder / "notebooks" / LANGUAGE).glob("*.ipynb"))),
            "cores": os.cpu_count(),
            CLEAN: best(clean, build),
            "nothing to do [s]": best(lambda _: None, build),
            EDIT: best(lambda n: edit(folder, str(n)), build),
        }
        html = folder / "_build" / "html"
        figures |= sizes(html)
        figures["plain jupyter-book, one language [s]"] = best(lambda _: None, plain(folder))
        figures["all our languages / one plain one"] = round(
            figures[CLEAN] / figures["plain jupyter-book, one language [s]"],
            2,
        )
    return figures


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
    """Measure, print, and add to the report."""
    parser = argparse.ArgumentParser(description="Time the build of the book.")
    parser.add_argument("--repeats", type=int, default=3)
    figures = measure(parser.parse_args().repeats)
    missed = [name for name, limit in TARGETS.items() if figures[name] > limit]
    for name, value in figures.items():
        limit = f"   <= {TARGETS[name]:g}" if name in TARGETS else ""
        print(f"{name:<40}{value:>10}{limit}{'  MISSED' if name in missed else ''}")
    path = ROOT / "_build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(report | {"book": figures}, indent=2) + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
