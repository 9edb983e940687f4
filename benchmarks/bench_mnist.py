"""How fast the MNIST experiment of the course is, beside the usual loop and beside its limit.

For one thread: CPU seconds of the two runs of the page (784-256-256-10, minibatches of 100,
eta = 0.01, until the smoothed cost is 0.1, without momentum and with beta = 0.9); steps per CPU
second of `d2lmini.train`, of the loop that most tutorials show (a `DataLoader` and
`torch.optim.SGD`), and of the matrix products of a step alone, which no loop around them can beat.

Usage: ``python benchmarks/bench_mnist.py [--quick]``, with MNIST in D2LMINI_DATA or the cache.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import report
from d2lmini.data import load_mnist, mnist_available
from d2lmini.data.dataset import Dataset
from d2lmini.training import mlp, train
from measure import cpu_seconds, in_turns

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


def products(_data: Dataset | None, _beta: float, steps: int) -> None:
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


def rates(data: Dataset, beta: float, steps: int, rounds: int) -> dict[str, list[float]]:
    """Return steps per CPU second of each contender, measured in turns."""

    def rate(run: Callable[[Dataset, float, int], None]) -> float:
        # What a run does once, such as reading the data, is no part of the time of a step.
        once = cpu_seconds(partial(run, data, beta, 1))
        return steps / (cpu_seconds(partial(run, data, beta, steps + 1)) - once)

    contenders = {"ours": ours, "usual": usual, "products": products}
    for run in contenders.values():
        run(data, beta, 20)  # warms up
    return in_turns({name: partial(rate, run) for name, run in contenders.items()}, rounds)


def whole_run(data: Dataset, beta: float) -> float:
    """Return the CPU seconds of one of the two runs of the page."""
    model = mlp(SIZES, seed=SEED)
    return cpu_seconds(
        lambda: train(
            model, data, eta=ETA, beta=beta, until=0.1, max_steps=40_000, seed=SEED, memo=False
        )
    )


def measure(quick: bool) -> report.Found:
    """Return the rows."""
    if not mnist_available():
        raise SystemExit("MNIST is neither in D2LMINI_DATA nor in the cache: nothing to measure")
    data = load_mnist()
    torch.set_num_threads(1)
    rows = []
    for beta in (0.0, 0.9):
        rate = rates(data, beta, steps=100 if quick else 600, rounds=2 if quick else 7)
        for name, against, target in (
            ("usual", "`DataLoader` and `torch.optim.SGD`", 1.3),
            ("products", "the matrix products alone", None),
        ):
            rows.append(
                report.compare(
                    f"MNIST, one run, β = {beta:g}, one thread",
                    against,
                    rate["ours"],
                    rate[name],
                    unit="steps/s",
                    target=target,
                    more_is_better=True,
                )
            )
    if not quick:
        both = sum(whole_run(data, beta) for beta in (0.0, 0.9))
        rows.append(report.within("the two runs of the page", [both], unit="s", most=BUDGET))
    return rows, {}


def main() -> int:
    """Measure, print a table, add to ``_build/bench.json``; 1 if a target was missed."""
    quick = report.arguments(__doc__).parse_args().quick
    return report.run("mnist", lambda: measure(quick), quick=quick)


if __name__ == "__main__":
    sys.exit(main())
