"""How fast the mathematics of the library is, beside what a reader would write first.

Each pair is measured in turns, so that a change of the machine's speed meets both sides:

- ``import d2lmini`` in a fresh Python, beside ``import numpy``, which it comes down to;
- `convergence_rate` on a map of eta and beta, beside ``numpy.linalg.eigvals`` on the batch of
  matrices (on a smaller map, both per point);
- `noisy_descent` for many paths at once, beside a Python loop over the paths (on fewer paths, both
  per path).

Usage: ``python benchmarks/bench_maths.py [--quick]``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import d2lmini as d2l

IMPORT_LIMIT = 0.3  # seconds
TARGETS = {"rates": 50.0, "paths": 100.0}  # how many times faster


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def pairs(
    ours: Callable[[], object], theirs: Callable[[], object], runs: int
) -> tuple[list[float], list[float]]:
    """Measure both in turns, after one run of each that does not count."""
    ours()
    theirs()
    times = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    return [a for a, _ in times], [b for _, b in times]


def importing(statement: str) -> Callable[[], object]:
    """Return the work of a fresh Python that imports something."""
    return lambda: subprocess.run([sys.executable, "-c", statement], check=True)


def rates(runs: int) -> dict[str, float]:
    """Compare the closed form on 1,000 x 1,000 with eigenvalues on 100 x 100, per point."""

    def grid(n: int) -> tuple[np.ndarray, np.ndarray]:
        return np.linspace(0.01, 1, n)[:, None], np.linspace(0, 0.99, n)

    def ours() -> object:
        eta, beta = grid(1000)
        return d2l.convergence_rate(4.0, eta=eta, beta=beta)

    def theirs() -> object:
        eta, beta = grid(100)
        matrices = d2l.iteration_matrix(4.0, eta=eta, beta=beta)
        return np.abs(np.linalg.eigvals(matrices)).max(axis=-1)

    eta, beta = grid(100)
    gap = np.abs(d2l.convergence_rate(4.0, eta=eta, beta=beta) - theirs()).max()
    if gap > 1e-7:
        raise SystemExit(f"the two sides differ by {gap:g}: nothing to compare")
    a, b = pairs(ours, theirs, runs)
    return {
        "seconds": statistics.median(a),
        "ratio": statistics.median(y * 100 / x for x, y in zip(a, b, strict=True)),
    }


def paths(runs: int) -> dict[str, float]:
    """Compare 2,000 paths of 300 steps in one call with 20 of them in a loop, per path."""
    f = d2l.ravine()
    steps, many, few = 300, 2000, 20

    def ours() -> object:
        return d2l.noisy_descent(
            f.grad, [-5, -2], eta=0.1, beta=0.9, sigma=1, steps=steps, paths=many, seed=0
        )

    def theirs() -> object:
        random = np.random.default_rng(0)
        ends = []
        for _ in range(few):
            x, v = np.array([-5.0, -2.0]), np.zeros(2)
            for _ in range(steps):
                g = f.grad(x) + random.standard_normal(2)
                v = 0.9 * v + g
                x = x - 0.1 * v
            ends.append(x)
        return np.array(ends)

    a, b = pairs(ours, theirs, runs)
    return {
        "seconds": statistics.median(a),
        "ratio": statistics.median(y * many / few / x for x, y in zip(a, b, strict=True)),
    }


def main() -> int:
    """Measure, print a table, add to _build/bench.json; 1 if a target was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two runs of each instead of seven")
    runs = 2 if parser.parse_args().quick else 7

    bare, full = pairs(importing("import numpy"), importing("import d2lmini"), runs)
    empty, _ = pairs(importing("pass"), importing("pass"), runs)
    figures = {
        "import_d2lmini_seconds": statistics.median(full) - statistics.median(empty),
        "import_numpy_seconds": statistics.median(bare) - statistics.median(empty),
        "rates": rates(runs),
        "paths": paths(runs),
    }
    rows = [
        ("import d2lmini", figures["import_d2lmini_seconds"], f"<= {IMPORT_LIMIT} s", ""),
        ("import numpy", figures["import_numpy_seconds"], "", ""),
    ]
    for key, text in (("rates", "rates, 1,000 x 1,000"), ("paths", "2,000 noisy paths x 300")):
        one = figures[key]
        rows.append((text, one["seconds"], f">= {TARGETS[key]:.0f} x", f"{one['ratio']:.0f} x"))
    print(f"{'':26}{'seconds':>9}{'ratio':>9}   target")
    for text, took, target, ratio in rows:
        print(f"{text:26}{took:9.3f}{ratio:>9}   {target}")

    path = Path(__file__).resolve().parents[1] / "_build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    bench = json.loads(path.read_text()) if path.is_file() else {}
    bench["maths"] = figures
    path.write_text(json.dumps(bench, indent=1, sort_keys=True) + "\n")
    missed = figures["import_d2lmini_seconds"] > IMPORT_LIMIT or any(
        figures[key]["ratio"] < target for key, target in TARGETS.items()
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
