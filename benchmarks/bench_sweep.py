"""How much faster a sweep over MNIST is than one run after another, and than its limit.

Sixteen runs (784-256-256-10, minibatches of 100; four learning rates, two momenta, two seeds) are
computed by `d2l.sweep` on all processors, and by `d2l.train` in a loop.  The limit of the ratio is
the number of processors.  Both are measured in turns, and the ratio of each turn is taken, so that
a change of the machine's speed meets both; the median counts.  What starting the workers costs is
in the figure, and it costs the same however long the runs are.

Usage: ``python benchmarks/bench_sweep.py [--quick]``, with MNIST in D2LMINI_DATA or the cache.  It
prints a table and adds the figures to ``_build/bench.json``, under ``sweep``; the result is 1 if
the target is missed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import torch
from torch import nn

from d2lmini.data import load_mnist, mnist_available
from d2lmini.data.dataset import Dataset
from d2lmini.history import History
from d2lmini.sweeps import sweep
from d2lmini.training import mlp, train

SIZES = (784, 256, 256, 10)
ETAS, BETAS, SEEDS = (0.003, 0.01, 0.03, 0.1), (0.0, 0.9), (1, 2)
TARGET = 1.8  # on two processors


def make_model(seed: int) -> nn.Module:
    """Return the network of the course."""
    return mlp(SIZES, seed=seed)


def together(data: Dataset, steps: int) -> list[History | None]:
    """Compute the runs as a sweep."""
    runs = sweep(make_model, data, eta=ETAS, beta=BETAS, seed=SEEDS, max_steps=steps, memo=False)
    return list(runs.histories)


def one_by_one(data: Dataset, steps: int) -> list[History | None]:
    """Compute the runs in a loop."""
    return [
        train(make_model(s), data, eta=e, beta=b, seed=s, max_steps=steps, memo=False)
        for e, b, s in itertools.product(ETAS, BETAS, SEEDS)
    ]


def timed(
    work: Callable[[Dataset, int], list[History | None]], data: Dataset, steps: int
) -> tuple[float, list[History | None]]:
    """Return the seconds that the work took, and its result."""
    started = time.perf_counter()
    result = work(data, steps)
    return time.perf_counter() - started, result


def main() -> int:
    """Print the table, and add it to ``_build/bench.json``."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="shorter runs, and one turn only")
    parser.add_argument("--steps", type=int, help="minibatches of a run")
    quick = parser.parse_args().quick
    steps = parser.parse_args().steps or (200 if quick else 1500)
    if not mnist_available():
        print("MNIST is neither in D2LMINI_DATA nor in the cache folder: nothing to measure")
        return 1
    data = load_mnist()
    one_by_one(data, 1)  # warms up
    cores = int(joblib.cpu_count())
    turns = []
    for turn in range(1 if quick else 3):
        order = (together, one_by_one) if turn % 2 else (one_by_one, together)
        seconds, results = {}, {}
        for work in order:
            seconds[work.__name__], results[work.__name__] = timed(work, data, steps)
        for ours, theirs in zip(results["together"], results["one_by_one"], strict=True):
            assert ours is not None
            assert theirs is not None
            np.testing.assert_array_equal(ours.loss, theirs.loss)
        turns.append((seconds["together"], seconds["one_by_one"]))
    ratio = statistics.median(loop / ours for ours, loop in turns)
    target = TARGET if cores == 2 else 0.75 * cores
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    figures = {
        "one by one / sweep": round(ratio, 2),
        "sweep [s]": round(statistics.median(ours for ours, _ in turns), 1),
        "one by one [s]": round(statistics.median(loop for _, loop in turns), 1),
        "runs": len(ETAS) * len(BETAS) * len(SEEDS),
        "steps of a run": steps,
        "processors": cores,
        "load of the machine": round(load, 1),
        "torch": torch.__version__,
    }
    missed = ratio < target
    for name, value in figures.items():
        note = f"   >= {target:g}{'  MISSED' if missed else ''}" if "/" in name else ""
        print(f"{name:<24}{value:>14}{note}")
    path = Path(__file__).resolve().parents[1] / "_build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    report = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**report, "sweep": figures}, indent=2) + "\n")
    return int(missed and not quick)


if __name__ == "__main__":
    sys.exit(main())
