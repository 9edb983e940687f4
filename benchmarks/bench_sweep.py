"""How much faster a sweep over MNIST is than one run after another, and how near to its limit.

Sixteen runs (784-256-256-10, minibatches of 100; four learning rates, two momenta, two seeds) are
computed by `d2l.sweep` on all processors, and by `d2l.train` in a loop; both must give the same
numbers. The limit is what the processors do of the matrix products alone, one process on each. What
starting the workers costs is in the figure of the sweep, and it costs the same however long the
runs are; the processes of the limit are there before it is measured.

Usage: ``python benchmarks/bench_sweep.py [--quick]``, with MNIST in D2LMINI_DATA or the cache.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable

import joblib
import numpy as np
import torch
from torch import nn

import report
from bench_mnist import SIZES, products
from d2lmini.data import load_mnist, mnist_available
from d2lmini.data.dataset import Dataset
from d2lmini.history import History
from d2lmini.sweeps import sweep
from d2lmini.training import mlp, train
from measure import in_turns

ETAS, BETAS, SEEDS = (0.003, 0.01, 0.03, 0.1), (0.0, 0.9), (1, 2)
RUNS = len(ETAS) * len(BETAS) * len(SEEDS)

Work = Callable[[Dataset, int], list[History | None]]


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


def products_rate(steps: int) -> float:
    """Return how many steps' matrix products one process does in a second."""
    torch.set_num_threads(1)
    products(None, 0.0, 50)  # warms up
    began = time.perf_counter()
    products(None, 0.0, steps)
    return steps / (time.perf_counter() - began)


def limit(cores: int, steps: int) -> float:
    """Return the steps per second of the matrix products alone, on all processors together."""
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        rates = joblib.Parallel(n_jobs=cores)(
            joblib.delayed(products_rate)(steps) for _ in range(cores)
        )
    return float(sum(rates))


def measure(quick: bool) -> report.Found:
    """Return the rows."""
    if not mnist_available():
        raise SystemExit("MNIST is neither in D2LMINI_DATA nor in the cache: nothing to measure")
    data = load_mnist()
    steps = 200 if quick else 3000
    cores = int(joblib.cpu_count())
    one_by_one(data, 1)  # warms up
    found: dict[str, list[History | None]] = {}

    def rate(work: Work) -> float:
        began = time.perf_counter()
        found[work.__name__] = work(data, steps)
        return RUNS * steps / (time.perf_counter() - began)

    rates = in_turns(
        {
            "sweep": lambda: rate(together),
            "loop": lambda: rate(one_by_one),
            "products": lambda: limit(cores, steps),
        },
        1 if quick else 3,
    )
    for ours, other in zip(found["together"], found["one_by_one"], strict=True):
        assert ours is not None
        assert other is not None
        np.testing.assert_array_equal(ours.loss, other.loss)
    rows = [
        report.compare(
            f"sweep of {RUNS} runs of {steps:,} steps",
            against,
            rates["sweep"],
            rates[name],
            unit="steps/s",
            target=target,
            more_is_better=True,
        )
        for name, against, target in (
            # The targets are those of two processors; more of them would be shared by 16 runs.
            ("loop", "one run after another", 0.9 * cores),
            ("products", f"the matrix products alone, on {cores} cores", 0.75),
        )
    ]
    return rows, {"steps of a run": steps}


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if a target was missed."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("sweep", lambda: measure(quick), quick=quick)


if __name__ == "__main__":
    sys.exit(main())
