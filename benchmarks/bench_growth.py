"""How the cost grows: of the book with its pages and languages, of a sweep, of the map of rates.

Each is measured at several sizes, in turns, and a line is laid through the medians: what it costs
anyway, and what each further page, language, run or point costs. How far the medians are from the
line, and the power that the times of the sizes follow, say whether it is a line at all.

pages
    The English book with its chapters once, twice and three times: copies under other names, whose
    labels are renamed with them. From nothing, the processor's time.
languages
    The four languages of the course, two of them, one. From nothing, the processor's time.
runs
    `d2l.sweep` of short runs on MNIST, on all processors, in seconds of the clock.
points
    `convergence_rate` on a map of n x n, the processor's time.

Usage: ``python benchmarks/bench_growth.py [--quick] [--rounds 1]``; ``page.py`` plots it.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import report
from bench_book import BUILD, command, course
from bench_maths import closed_form
from bench_sweep import make_model
from d2lmini.data import load_mnist, mnist_available
from d2lmini.data.dataset import Dataset
from d2lmini.sweeps import sweep
from measure import Spread, childrens_seconds, cpu_seconds, in_turns, seconds

Measurements = dict[int, Callable[[], float]]  # by size

# Where a name is given in a notebook: of a box or a formula, of a place, of a figure.
_LABEL = re.compile(r':(?:label|name): *([\w-]+)|"\(([\w-]+)\)=|"name": "(fig-[\w-]+)"')


def curve(what: str, unit: str, times: dict[int, list[float]]) -> dict[str, Any]:
    """Return what is known of one growth: sizes, spreads, the line, and the power.

    Examples
    --------
    >>> found = curve("a sweep", "runs", {1: [3.0], 2: [5.0], 4: [9.0]})
    >>> round(found["fixed"], 6), round(found["each"], 6), round(found["departure"], 6)
    (1.0, 2.0, 0.0)
    >>> round(curve("a map", "points", {10: [1.0], 100: [10.0]})["exponent"], 6)
    1.0
    """
    sizes = sorted(times)
    spreads = [Spread.of(times[size]) for size in sizes]
    medians = np.array([spread.median for spread in spreads])
    each, fixed = np.polyfit(sizes, medians, 1)
    line = fixed + each * np.array(sizes)
    return {
        "what": what,
        "unit": unit,
        "sizes": sizes,
        "seconds": medians.tolist(),
        "low": [spread.low for spread in spreads],
        "high": [spread.high for spread in spreads],
        "fixed": float(fixed),
        "each": float(each),
        "departure": float(np.abs(medians / line - 1).max()),
        "exponent": float(np.polyfit(np.log(sizes), np.log(medians), 1)[0]),
    }


def chapters(toc: dict[str, Any]) -> list[str]:
    """Return the pages of the first part but the last, the exercises, whose answers are checked."""
    return [Path(entry["file"]).name for entry in toc["parts"][0]["chapters"]][:-1]


def multiplied(folder: Path, times: int) -> int:
    """Give the English book its chapters `times` times; return how many pages it has then."""
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    pages = chapters(toc)
    texts = {
        page: (folder / "notebooks" / "en" / f"{page}.ipynb").read_text(encoding="utf-8")
        for page in pages
    }
    labels = {a or b or c for text in texts.values() for a, b, c in _LABEL.findall(text)}
    # A label stands alone, a page with its ending: both are also words of the text.
    own = rf"(?<![\w-])(?:({'|'.join(labels)})(?![\w-])|({'|'.join(pages)})(?=\.(?:md|ipynb)))"
    for number in range(2, times + 1):
        for page, text in texts.items():
            copy = re.sub(own, rf"\g<0>-{number}", text)
            path = folder / "notebooks" / "en" / f"{page}-{number}.ipynb"
            path.write_text(copy, encoding="utf-8")
            toc["parts"][0]["chapters"].append({"file": f"notebooks/en/{page}-{number}"})
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    return len(list((folder / "notebooks" / "en").glob("*.ipynb")))


def building(folder: Path, *languages: str) -> float:
    """Return the processor's time of a build from nothing, one language after another."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return childrens_seconds(lambda: command((*BUILD, "--jobs", "1", "--lang", *languages), folder))


def pages(scratch: Path, copies: Sequence[int]) -> Measurements:
    """Return how to measure the English book with more and more chapters."""
    works: Measurements = {}
    for times in copies:
        folder = scratch / f"pages-{times}"
        folder.mkdir()
        works[multiplied(course(folder), times)] = partial(building, folder, "en")
    return works


def languages(scratch: Path) -> Measurements:
    """Return how to measure the book in one, two and four languages."""
    folder = scratch / "languages"
    folder.mkdir()
    config = yaml.safe_load((course(folder) / "_config.yml").read_text(encoding="utf-8"))
    keys = list(config["languages"])
    return {n: partial(building, folder, *keys[:n]) for n in (1, 2, len(keys))}


def runs(data: Dataset, counts: Sequence[int], steps: int) -> Measurements:
    """Return how to measure sweeps of more and more runs."""

    def work(count: int) -> float:
        etas = np.linspace(0.01, 0.05, count)
        return seconds(
            lambda: sweep(make_model, data, eta=etas, beta=0.9, max_steps=steps, memo=False)
        )

    return {count: partial(work, count) for count in counts}


def points(sides: Sequence[int]) -> Measurements:
    """Return how to measure maps of more and more points."""

    def work(side: int) -> float:
        closed_form(side)  # warms up
        # Many small maps take as long as one large one, which can be measured.
        repeats = max(1, 1_000_000 // side**2)
        return cpu_seconds(lambda: [closed_form(side) for _ in range(repeats)]) / repeats

    return {side**2: partial(work, side) for side in sides}


def measure(quick: bool, rounds: int) -> report.Found:
    """Return no rows: the curves."""
    rounds = 1 if quick else rounds
    with tempfile.TemporaryDirectory() as name:
        works = {
            ("the English book", "pages"): pages(Path(name), (1, 2) if quick else (1, 2, 3)),
            ("the book", "languages"): {} if quick else languages(Path(name)),
            ("`convergence_rate`", "points"): points((250, 500, 1000, 2000)),
        }
        if mnist_available():
            steps = 100 if quick else 600
            works[f"a sweep, runs of {steps} steps", "runs"] = runs(
                load_mnist(), (2, 4) if quick else (4, 8, 16), steps
            )
        curves = []
        for (what, unit), contenders in works.items():
            if contenders:
                named = {str(size): work for size, work in contenders.items()}
                times = in_turns(named, 7 if unit == "points" else rounds)
                found = curve(what, unit, {int(s): each for s, each in times.items()})
                curves.append(found)
                print(
                    f"{unit}: {max(found['fixed'], 0):.3g} s, and {found['each']:.3g} s each; "
                    f"at most {found['departure']:.0%} off the line; power {found['exponent']:.2f}",
                    flush=True,
                )
    return [], {"curves": curves}


def main() -> int:
    """Measure, and add to ``_build/bench.json``."""
    parser = report.arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of books and sweeps (default: 3)")
    options = parser.parse_args()
    return report.run("growth", lambda: measure(options.quick, options.rounds), quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())
