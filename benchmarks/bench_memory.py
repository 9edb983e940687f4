"""How much memory a reader's Jupyter takes: the kernel of each page at its peak, and the server.

The English notebooks are executed from the first cell to the last, one after another, each in a
kernel of its own with one thread, as on Binder or on a class's JupyterHub; runs of training are
computed and not taken from the memo. A student has one server, and one kernel for each notebook
that is open.

Usage: ``python benchmarks/bench_memory.py [--quick]``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

import report
from measure import Spread

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "site"), str(ROOT / "tests")]

from execute import kernel_environment  # noqa: E402
from lab_server import serving  # noqa: E402

PAGES = ROOT / "notebooks" / "en"
# Of the kernel itself; in bytes on macOS, in units of 1024 elsewhere.
PEAK = """
import resource, sys
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def peak(path: Path) -> float:
    """Return the most memory that the kernel of a notebook took, in MB."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    with tempfile.TemporaryDirectory() as scratch:
        environment = kernel_environment(ROOT, Path(scratch))
        environment["D2LMINI_CACHE"] = str(Path(scratch) / "memo")
        environment["LOKY_MAX_CPU_COUNT"] = "1"
        client = NotebookClient(notebook, timeout=1800, kernel_name="python3")
        client.execute(cwd=str(PAGES), env=environment)
    return int(notebook.cells[-1].outputs[0].text) / 1e6


def server() -> float:
    """Return the memory of a JupyterLab server without a kernel, in MB."""
    with tempfile.TemporaryDirectory() as home, serving(Path(home), {}):
        below = psutil.Process(os.getpid()).children(recursive=True)
        return sum(process.memory_info().rss for process in below) / 1e6


def measure(quick: bool) -> report.Found:
    """Return the rows, and the peak of each page."""
    paths = [PAGES / "ravine.ipynb"] if quick else sorted(PAGES.glob("*.ipynb"))
    coded = [path for path in paths if '"code"' in path.read_text(encoding="utf-8")]
    peaks = {path.stem: peak(path) for path in coded}
    largest = max(peaks, key=lambda page: peaks[page])
    rows = [
        report.within("memory of JupyterLab's server", [server()], unit="MB"),
        report.within(
            f"memory of a kernel at its peak, the middle one of {len(peaks)} pages",
            [Spread.of(list(peaks.values())).median],
            unit="MB",
        ),
        report.within(
            f"memory of a kernel at its peak, the largest one ({largest})",
            [peaks[largest]],
            unit="MB",
        ),
    ]
    return rows, {"kernel at its peak, by page [MB]": {p: round(mb) for p, mb in peaks.items()}}


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("memory", lambda: measure(quick), quick=quick)


if __name__ == "__main__":
    sys.exit(main())
