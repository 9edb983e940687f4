"""Run benchmarks, one after another: ``python benchmarks/run.py [--quick] [--page] [part ...]``.

Each ``bench_<part>.py`` measures one part of the course, prints its rows and puts them into
``_build/bench.json``, where those of the other parts stay. One after another, because two at a time
would measure each other. At the end, all that the file holds stands in one table.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import page
import report

HERE = Path(__file__).resolve().parent


def parts() -> dict[str, Path]:
    """Return the benchmarks that there are."""
    return {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}


def main(argv: list[str] | None = None) -> int:
    """Run the named parts, or all; the result is 1 if one missed a target or failed."""
    parser = report.arguments(__doc__)
    parser.add_argument("--page", action="store_true", help="renew benchmarks/README.md at the end")
    parser.add_argument("parts", nargs="*", metavar="part", help="only these (default: all)")
    options = parser.parse_args(argv)
    known = parts()
    unknown = [name for name in options.parts if name not in known]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    failed = []
    for name in options.parts or known:
        print(f"== {name}", flush=True)
        command = [sys.executable, str(known[name]), *(["--quick"] if options.quick else [])]
        if subprocess.call(command, cwd=HERE.parent):
            failed.append(name)
    kept = report.load()
    print(f"\n== all that {report.BENCH.relative_to(HERE.parent)} holds")
    print(report.table(kept, kept))
    if options.page:
        page.renew()
    if failed:
        print(f"Missed a target or failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
