"""How fast the MNIST experiment of the course is, beside the usual loop and beside its limit.

Prints, for one thread: CPU seconds of the two runs of the page (784-256-256-10, minibatches of
100, eta = 0.01, until the smoothed cost is 0.1, without momentum and with beta = 0.9); steps per
second of `d2lmini.train`, of the loop that most tutorials show (a `DataLoader` and
`torch.optim.SGD`), and of the matrix products of a step alone, which no loop around them can beat.
The three are measured in turns, so that a change of the machine's speed meets all of them.

Usage: ``python benchmarks/bench_mnist.py [--quick]``, with MNIST in D2LMINI_DATA or the cache.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from d2lmini.data import load_mnist, mnist_available
from d2lmini.data.dataset import Dataset
from d2lmini.training import mlp, train

SIZES = (784, 256, 256, 10)
BATCH = 100
ETA = 0.01
SEED = 1
BUDGET = 60.0  # CPU seconds for the two runs


def ours(data: Dataset, beta: float, steps: int) -> None:
    """Train as the course does."""
    train(mlp(SIZES, seed=SEED), data, eta=ETA, beta=beta, max_steps=steps, memo=False)


def usual(data: Dataset, beta: float, steps: int) -> None:
    """Train as most tutorials do."""
    examples = TensorDataset(torch.tensor(data.train_x), torch.tensor(data.train_y))
    loader = DataLoader(examples, batch_size=BATCH, shuffle=True)
    model = mlp(SIZES, seed=SEED)
    optimizer = torch.optim.SGD(model.parameters(), lr=ETA, momentum=beta)
    costs: list[float] = []
    while True:
        for x, y in loader:
            optimizer.zero_grad()
            cost = F.cross_entropy(model(x), y)
            cost.backward()
            optimizer.step()
            costs.append(cost.item())
            if len(costs) == steps:
                return


def products(data: Dataset, beta: float, steps: int) -> None:
    """Do only the matrix products of a step: forward, for the weights, for the layer below."""
    weights = [p.detach() for p in mlp(SIZES, seed=SEED).parameters() if p.ndim == 2]
    inputs = [torch.rand(BATCH, n) for n in SIZES[:-1]]
    errors = [torch.rand(BATCH, n) for n in SIZES[1:]]
    for _ in range(steps):
        for depth, (w, x, e) in enumerate(zip(weights, inputs, errors, strict=True)):
            x @ w.T  # (100, n_out)
            e.T @ x  # (n_out, n_in)
            if depth:
                e @ w  # (100, n_in)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of all threads of this process that the work took."""
    before = time.process_time()
    work()
    return time.process_time() - before


def rates(data: Dataset, beta: float, steps: int, rounds: int) -> dict[str, list[float]]:
    """Return steps per CPU second of each contender, measured in turns."""
    contenders = {"d2lmini.train": ours, "DataLoader loop": usual, "matrix products": products}
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run(data, beta, 20)  # warms up
    for _ in range(rounds):
        for name, run in contenders.items():
            # What a run does once, such as copying the data, is no part of the time of a step.
            once = cpu_seconds(partial(run, data, beta, 1))
            whole = cpu_seconds(partial(run, data, beta, steps + 1))
            measured[name].append(steps / (whole - once))
    return measured


def main() -> int:
    """Print the table, and add it to ``_build/bench.json``."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="leave out the two whole runs")
    quick = parser.parse_args().quick
    if not mnist_available():
        print("MNIST is neither in D2LMINI_DATA nor in the cache folder: nothing to measure")
        return 1
    data = load_mnist()
    torch.set_num_threads(1)
    results: dict[str, object] = {"torch": torch.__version__}

    for beta in (0.0, 0.9):
        measured = rates(data, beta, steps=600, rounds=3)
        mine = measured["d2lmini.train"]
        print(f"beta = {beta}: steps per CPU second, and the ratio to d2lmini.train")
        for name, rate in measured.items():
            ratio = statistics.median(a / b for a, b in zip(rate, mine, strict=True))
            print(f"  {name:16} {statistics.median(rate):7.0f}  {ratio:5.2f}")
            results[f"beta={beta} {name}"] = {"steps/s": statistics.median(rate), "ratio": ratio}

    if not quick:
        total = 0.0
        for beta in (0.0, 0.9):
            model = mlp(SIZES, seed=SEED)
            before = time.process_time()
            history = train(
                model, data, eta=ETA, beta=beta, until=0.1, max_steps=40_000, seed=SEED, memo=False
            )
            seconds = time.process_time() - before
            total += seconds
            print(f"beta = {beta}: {history.steps} minibatches, {seconds:.1f} s of CPU")
            results[f"beta={beta} run"] = {"steps": history.steps, "cpu_s": seconds}
        verdict = "within" if total <= BUDGET else "OVER"
        print(f"both: {total:.1f} s of CPU, {verdict} the budget of {BUDGET:.0f} s")
        results["both runs cpu_s"] = total

    path = Path(__file__).resolve().parents[1] / "_build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    report = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**report, "mnist": results}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
