"""How fast the mathematics of the library is, beside what a reader would write first.

- `convergence_rate` on a map of 1,000 x 1,000 pairs of eta and beta, beside
  ``numpy.linalg.eigvals`` on the batch of their matrices;
- `noisy_descent` for 2,000 paths at once, beside a Python loop over the paths (over 20 of them,
  whose time counts a hundredfold);
- the first use of the library in a fresh Python, beside ``import numpy``, which it comes down to.

What computes is single-threaded, so its processor's time is taken.

Usage: ``python benchmarks/bench_maths.py [--quick]``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np

import d2lmini as d2l
import report
from measure import cpu_seconds, in_turns, seconds

IMPORT_LIMIT = 0.3  # seconds, beyond those of an empty Python
MAP, STEPS, PATHS, FEW = 1000, 300, 2000, 20


def axes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return eta, down, and beta, along, for a map of n x n."""
    return np.linspace(0.01, 1, n)[:, None], np.linspace(0, 0.99, n)


def closed_form(n: int) -> np.ndarray:
    """Return the rates of a map, by the library."""
    eta, beta = axes(n)
    return np.asarray(d2l.convergence_rate(4.0, eta=eta, beta=beta))


def eigenvalues(n: int) -> np.ndarray:
    """Return the same rates by the eigenvalues of one matrix for each point."""
    eta, beta = axes(n)
    matrices = d2l.iteration_matrix(4.0, eta=eta, beta=beta)
    return np.asarray(np.abs(np.linalg.eigvals(matrices)).max(axis=-1))


def at_once(paths: int) -> np.ndarray:
    """Return where noisy paths end, by the library."""
    f = d2l.ravine()
    return d2l.noisy_descent(
        f.grad, [-5, -2], eta=0.1, beta=0.9, sigma=1, steps=STEPS, paths=paths, seed=0
    ).x[-1]


def one_by_one(paths: int) -> np.ndarray:
    """Return where noisy paths end, by a loop over the paths."""
    f, random = d2l.ravine(), np.random.default_rng(0)
    ends = []
    for _ in range(paths):
        x, v = np.array([-5.0, -2.0]), np.zeros(2)
        for _ in range(STEPS):
            g = f.grad(x) + random.standard_normal(2)
            v = 0.9 * v + g
            x = x - 0.1 * v
        ends.append(x)
    return np.array(ends)


def importing(statement: str) -> Callable[[], float]:
    """Return how to measure a fresh Python that imports something."""
    return lambda: seconds(lambda: subprocess.run([sys.executable, "-c", statement], check=True))


def warm(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Measure in turns, after one run of each that does not count."""
    for work in contenders.values():
        work()
    return in_turns(
        {name: lambda work=work: cpu_seconds(work) for name, work in contenders.items()}, rounds
    )


def check() -> None:
    """See that both sides of each pair compute the same thing."""
    # At a double root, eigenvalues lose half their digits.
    gap = np.abs(closed_form(100) - eigenvalues(100)).max()
    if gap > 1e-7:
        raise SystemExit(f"the rates of the two sides differ by {gap:g}: nothing to compare")
    spreads = [np.std(work(400), axis=0) for work in (at_once, one_by_one)]
    if not np.allclose(*spreads, rtol=0.25):
        raise SystemExit(f"the paths of the two sides spread by {spreads}: nothing to compare")


def measure(rounds: int) -> report.Found:
    """Return the rows."""
    check()
    rates = warm({"ours": lambda: closed_form(MAP), "eigvals": lambda: eigenvalues(MAP)}, rounds)
    paths = warm({"ours": lambda: at_once(PATHS), "loop": lambda: one_by_one(FEW)}, rounds)
    numpy, library = "import numpy", "import d2lmini; d2lmini.momentum"
    statements = ("pass", numpy, library)
    imports = in_turns({text: importing(text) for text in statements}, rounds)
    net = {
        text: [whole - bare for whole, bare in zip(imports[text], imports["pass"], strict=True)]
        for text in statements[1:]
    }
    rows = [
        report.compare(
            f"`convergence_rate` on {MAP:,} × {MAP:,}",
            "batched `np.linalg.eigvals`",
            rates["ours"],
            rates["eigvals"],
            unit="CPU s",
            target=50,
        ),
        report.compare(
            f"{PATHS:,} noisy paths × {STEPS} steps",
            "a Python loop over the paths",
            paths["ours"],
            [second * PATHS / FEW for second in paths["loop"]],
            unit="CPU s",
            target=100,
        ),
        report.compare(
            "`import d2lmini`, and the first use of `momentum`",
            "`import numpy`",
            net[library],
            net[numpy],
            unit="s",
        ),
        report.within(
            "`import d2lmini`, and the first use of `momentum`",
            net[library],
            unit="s",
            most=IMPORT_LIMIT,
        ),
    ]
    return rows, {}


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if a target was missed."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("maths", lambda: measure(2 if quick else 9), quick=quick)


if __name__ == "__main__":
    sys.exit(main())
