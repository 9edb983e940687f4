"""Run every benchmark, one after another: ``python benchmarks/run.py [name ...]``.

Each ``bench_<name>.py`` measures one part of the course, prints its table and adds its figures to
``_build/bench.json``. One after another, because two at a time would measure each other.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; the result is 1 if one missed a target or failed."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(known)}.")
        return 2
    failed = []
    for name in names or known:
        print(f"== {name}", flush=True)
        if subprocess.call([sys.executable, str(known[name])], cwd=HERE.parent):
            failed.append(name)
    if failed:
        print(f"Missed a target or failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
