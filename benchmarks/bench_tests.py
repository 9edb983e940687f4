"""How long the whole of ``make test`` takes on a fresh checkout, with its environment installed.

The last commit is cloned into a folder of its own, where nothing has been built. What is not
committed yet is not measured; if the tests fail, there is no figure.

Usage: ``python benchmarks/bench_tests.py [--quick] [--target lint]``; ``--quick`` only runs the
formatter and the type checker, to see that it works.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import report
from measure import seconds

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 12.0  # minutes, on two cores


def measure(target: str) -> report.Found:
    """Return the row."""
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name) / "course"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(fresh)], check=True)
        # This environment instead of a new one, whose download is nothing that we could speed up.
        command = ["make", f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.dev", target]

        def work() -> None:
            done = subprocess.run(
                command,
                cwd=fresh,
                env={**os.environ, "PYTHONPATH": str(fresh)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                raise SystemExit(f"{done.stdout[-3000:]}\n'make {target}' failed: no figure")

        minutes = seconds(work) / 60
    most = LIMIT if target == "test" else None
    return [report.within(f"`make {target}`", [minutes], unit="min", most=most)], {}


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if it took too long."""
    parser = report.arguments(__doc__)
    parser.add_argument("--target", default="test", help="another target of the Makefile")
    options = parser.parse_args()
    target = "lint" if options.quick else options.target
    return report.run("tests", lambda: measure(target), quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())
