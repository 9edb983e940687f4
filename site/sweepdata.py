"""Train the networks behind the explorable map of MNIST, and store what its reader sees of them.

``make sweep-data`` runs this. It trains one network for each of 63 pairs of learning rate and
momentum, with the settings of the page on training, for 10,000 minibatches each, and writes
``d2lmini/explore/mnist_map.json``. The histories are kept in ``_build/sweep-data/``: a call that
was stopped goes on where it was, and one after the last run changes nothing. With one thread a
run depends on its seed and on the kind of processor alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from files import write_if_changed

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "d2lmini" / "explore" / "mnist_map.json"
KEPT = ROOT / "_build" / "sweep-data"

# Both η and 1 - β go in steps of 1, 2, 5: lines of equal η / (1 - β) pass through middles of cells.
ETAS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
BETAS = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99]
LAYERS = [784, 256, 256, 10]
SETTINGS: dict[str, Any] = {"batch_size": 100, "max_steps": 10_000, "smoothing": 0.99}
SEED = 1
TARGET_LOSS = 0.1
POINTS = (
    73  # of a curve, at equal factors; fewer, since the first of them are the same whole number
)


def moments(last: int) -> list[int]:
    """Return the minibatches after which a curve has a point, the last included.

    >>> moments(100)[:6], moments(100)[-1]
    ([1, 2, 3, 4, 5, 6], 100)
    """
    return [int(n) for n in np.unique(np.logspace(0, np.log10(last), POINTS).round())]


def rounded(value: float, digits: int = 3) -> float:
    """Return a number with as many significant digits as are stored.

    >>> rounded(0.0123456), rounded(2302.585)
    (0.0123, 2300.0)
    """
    return float(f"{value:.{digits}g}")


def summary(history: Any) -> dict[str, Any]:
    """Return what is stored of a run."""
    times = [n for n in moments(SETTINGS["max_steps"]) if n <= history.steps]
    return {
        "eta": history.eta,
        "beta": history.beta,
        "loss": [rounded(history.smoothed[n - 1]) for n in times],
        "reached": history.steps_to(TARGET_LOSS),
        "diverged": history.steps if history.diverged else None,
        "accuracy": None if history.diverged else round(history.accuracy, 4),
    }


def text(data: Any, runs: list[dict[str, Any]]) -> str:
    """Return the file: what was done, then one run a line."""
    about = {
        "about": "Training runs for d2lmini.explore.MnistMap, made by 'make sweep-data'",
        "data": data.name,
        "layers": LAYERS,
        **SETTINGS,
        "seed": SEED,
        "target": TARGET_LOSS,
        "guessing": rounded(np.log(data.n_classes)),
        "etas": ETAS,
        "betas": BETAS,
        "steps": moments(SETTINGS["max_steps"]),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
    rows = ",\n".join(json.dumps(run, separators=(",", ":")) for run in runs)
    return "{\n" + ",\n".join(lines) + f',\n"runs": [\n{rows}\n]\n}}\n'


def main(arguments: list[str] | None = None) -> int:
    """Train what is not there yet, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, help="runs at a time; by default one per core")
    options = parser.parse_args(arguments)

    import d2lmini as d2l

    data = d2l.load_mnist()
    if data.name != "MNIST":
        print(
            f"sweep-data needs MNIST itself, got {data.name}: connect to the network, or name "
            "a folder that holds it in D2LMINI_DATA",
            file=sys.stderr,
        )
        return 1
    result = d2l.sweep(
        lambda seed: d2l.mlp(LAYERS, seed=seed),
        data,
        eta=ETAS,
        beta=BETAS,
        seed=SEED,
        **SETTINGS,
        workers=options.jobs,
        folder=KEPT,
    )
    missing = [run for run in result.histories if run is None]
    if missing:
        print(f"{len(missing)} runs have no result: run it again", file=sys.stderr)
        return 1
    new = text(data, [summary(history) for history in result.histories])
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    write_if_changed(TARGET, new.encode())
    print(
        f"{TARGET.relative_to(ROOT)}: {len(result)} runs, {len(new.encode()) / 1000:.0f} kB,",
        "unchanged" if new == old else "written",
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
