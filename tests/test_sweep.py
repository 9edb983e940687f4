"""Sweeps: the same numbers wherever they are computed, and what becomes of runs that fail.

The oracle is `d2l.train`, called in a loop. Sweeps that start processes are few, since each worker
has to import PyTorch.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import numpy as np
import psutil
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import d2lmini as d2l
from d2lmini import sweeps
from d2lmini.sweeps import Sweep, engines, folder, sweep
from d2lmini.sweeps.code import code_digest
from d2lmini.sweeps.folder import GrowingTable
from d2lmini.sweeps.result import Outcome, tabulate
from d2lmini.sweeps.runs import Run, runs_of

ROOT = Path(d2l.__file__).parents[1]


@pytest.fixture(autouse=True)
def memo_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("D2LMINI_CACHE", str(tmp_path / "memo"))
    return tmp_path / "memo"


def made_up(kind: str = "line", name: str = "made up") -> d2l.Dataset:
    """Return points of the unit square, with values or with three classes."""
    rng = np.random.default_rng(0)
    x = rng.random((280, 2), dtype=np.float32)
    y: Any = x[:, 0] - 2 * x[:, 1]
    if kind == "bands":
        y = np.minimum((x.sum(axis=1) * 1.5).astype(np.int64), 2)
    return d2l.Dataset(name, "random numbers", x[:230], y[:230], x[230:], y[230:])


def line_model(seed: int) -> nn.Module:
    return d2l.mlp([2, 1], seed=seed)


QUICK: dict[str, Any] = {"batch_size": 10, "max_steps": 40}
ALONE: dict[str, Any] = QUICK | {"workers": 1, "memo": False}


def assert_same_numbers(ours: d2l.History | None, theirs: d2l.History | None) -> None:
    """Compare to the last bit; only the seconds may differ."""
    assert ours is not None
    assert theirs is not None
    np.testing.assert_array_equal(ours.loss, theirs.loss)
    np.testing.assert_array_equal(ours.smoothed, theirs.smoothed)
    for name in ("steps", "eta", "beta", "data", "diverged"):
        assert getattr(ours, name) == getattr(theirs, name)
    for name in ("accuracy", "test_loss"):
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a == b or (math.isnan(a) and math.isnan(b))


class Noisy(nn.Module):
    """Draws random numbers in training, and its weights from the global random state."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.3), nn.Linear(8, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def in_a_loop(
    make_model: Callable[[int], nn.Module], data: d2l.Dataset, **options: Any
) -> list[d2l.History]:
    """Return what a sweep must be: one call of train after the other."""
    histories = []
    for eta in options.pop("eta"):
        for beta in options["beta"]:
            for seed in options["seed"]:
                with torch.random.fork_rng(devices=[]):
                    torch.manual_seed(seed)
                    model = make_model(seed)
                settings = options | {"beta": beta, "seed": seed}
                histories.append(d2l.train(model, data, eta=eta, memo=False, **settings))
    return histories


# Which runs


def test_the_seed_changes_fastest_and_eta_slowest() -> None:
    runs = runs_of(eta=np.array([0.1, 0.2]), beta=(0, 0.9), seed=range(1, 3), pairs=None)
    assert runs == [
        (0.1, 0.0, 1),
        (0.1, 0.0, 2),
        (0.1, 0.9, 1),
        (0.1, 0.9, 2),
        (0.2, 0.0, 1),
        (0.2, 0.0, 2),
        (0.2, 0.9, 1),
        (0.2, 0.9, 2),
    ]


def test_numbers_stand_for_sequences_of_one_and_generators_are_sequences() -> None:
    assert runs_of(eta=0.1, beta=None, seed=None, pairs=None) == [(0.1, 0.0, 0)]
    runs = runs_of(eta=np.float32(0.5), beta=(b / 2 for b in (0, 1)), seed=np.int64(3), pairs=None)
    assert runs == [(0.5, 0.0, 3), (0.5, 0.5, 3)]


def test_pairs_go_together_and_with_each_seed() -> None:
    runs = runs_of(eta=None, beta=None, seed=[1, 2], pairs=[(0.1, 0), (0.01, 0.9)])
    assert runs == [(0.1, 0.0, 1), (0.1, 0.0, 2), (0.01, 0.9, 1), (0.01, 0.9, 2)]


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({}, TypeError, "eta or pairs, got neither"),
        ({"eta": 0.1, "pairs": [(0.1, 0)]}, TypeError, "got both"),
        ({"eta": []}, ValueError, r"eta a number or a sequence of at least one, got shape \(0,\)"),
        ({"eta": [[0.1, 0.2]]}, ValueError, r"eta .* got shape \(1, 2\)"),
        ({"eta": "0.1"}, TypeError, "eta must hold real numbers, got '0.1'"),
        ({"eta": [0.1, float("nan")]}, ValueError, "eta must be finite"),
        ({"eta": [0.1, 0.1]}, ValueError, "each value of eta once, got 0.1 more than once"),
        ({"eta": [0.1, 0]}, ValueError, "eta > 0, got eta=0"),
        ({"eta": [0.1, 1e39]}, ValueError, "eta <= 3.403e[+]38"),
        ({"eta": 0.1, "beta": [0, 1]}, ValueError, "0 <= beta < 1, got beta=1"),
        ({"eta": 0.1, "seed": []}, ValueError, "at least one seed"),
        ({"eta": 0.1, "seed": [1, 1]}, ValueError, "each value of seed once, got 1"),
        ({"eta": 0.1, "seed": 0.5}, TypeError, "seed must be a whole number >= 0, got 0.5"),
        ({"eta": 0.1, "seed": [-1]}, ValueError, "seed must be a whole number >= 0"),
        ({"eta": 0.1, "seed": range(10**12)}, ValueError, "at most 1000000 runs"),
        ({"eta": 0.1, "seed": itertools.count()}, ValueError, "at most 1000000 runs"),
        ({"eta": np.arange(1, 2e3), "seed": range(999)}, ValueError, "got at least 1997001"),
        ({"eta": np.arange(1, 2e3), "beta": np.arange(999) / 999}, ValueError, "at most 1000000"),
        ({"pairs": [(0.1, 0.9, 1)]}, ValueError, r"of \(eta, beta\), got shape \(1, 3\)"),
        ({"pairs": [(0.1, 0), (0.1, 0)]}, ValueError, r"each value of pairs once"),
        ({"eta": 0.1, "batch_size": 1000}, ValueError, "batch_size <= 230"),
        ({"eta": 0.1, "smoothing": 1}, ValueError, "0 <= smoothing < 1"),
        ({"eta": 0.1, "workers": 0}, ValueError, "workers >= 1, got workers=0"),
        ({"eta": 0.1, "workers": 1.5}, TypeError, "workers must be a whole number"),
        ({"eta": 0.1, "client": object()}, TypeError, "distributed.Client .* got <object"),
        ({"eta": 0.1, "client": object(), "workers": 2}, TypeError, r"got both \(workers=2\)"),
        ({"eta": 0.1, "device": "nowhere"}, ValueError, "cannot use device='nowhere'"),
    ],
)
def test_an_argument_that_cannot_be_is_met_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    monkeypatch.setattr(sweeps, "_engine", lambda *args: pytest.fail("a run was started"))
    with pytest.raises(kind, match=message):
        sweep(line_model, made_up(), **options)


@pytest.mark.parametrize(
    ("make_model", "kind", "message"),
    [
        (nn.Linear(2, 1), TypeError, "a function that makes a model from a seed, got a Linear"),
        (lambda seed: None, TypeError, "return a torch.nn.Module, got NoneType for seed=3"),
        (lambda seed: d2l.mlp([4, 1], seed=seed), ValueError, "does not take the 2 features"),
        (lambda seed: d2l.mlp([2, 7], seed=seed), ValueError, "one output for each example"),
        (lambda seed: nn.Identity(), ValueError, "needs parameters"),
    ],
)
def test_a_model_that_cannot_be_is_met_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, make_model: Any, kind: type[Exception], message: str
) -> None:
    monkeypatch.setattr(sweeps, "_engine", lambda *args: pytest.fail("a run was started"))
    with pytest.raises(kind, match=message):
        sweep(make_model, made_up(), eta=0.1, seed=3)


def test_a_loss_that_cannot_be_is_met_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeps, "_engine", lambda *args: pytest.fail("a run was started"))
    with pytest.raises(ValueError, match="a tensor with one number"):
        sweep(line_model, made_up(), eta=0.1, loss=lambda outputs, targets: outputs - targets)


def test_a_model_that_cannot_be_sent_says_so() -> None:
    def make_model(seed: int) -> nn.Module:
        model = line_model(seed)
        model.steps = (step for step in range(3))  # type: ignore[assignment]
        return model

    with pytest.raises(TypeError, match=r"cannot be sent to a worker .*generators"):
        sweep(make_model, made_up(), eta=0.1, workers=1)


# The same numbers everywhere


def workers_of_this_process() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [
        child for child in children if "loky" in " ".join(child.cmdline()) and not is_tracker(child)
    ]


def is_tracker(process: psutil.Process) -> bool:
    """Say whether this is the one process that stays, to tidy up after this one."""
    return any("resource_tracker" in word for word in process.cmdline())


@pytest.fixture(scope="module")
def expected() -> list[d2l.History]:
    return in_a_loop(lambda seed: Noisy(), made_up("bands"), **GRID, **QUICK)


GRID: dict[str, Any] = {"eta": [0.1, 1e4], "beta": [0, 0.9], "seed": [1, 2]}


def test_one_process_gives_the_numbers_of_a_loop(expected: list[d2l.History]) -> None:
    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    runs = sweep(lambda seed: Noisy(), made_up("bands"), **GRID, **ALONE)
    for ours, theirs in zip(runs.histories, expected, strict=True):
        assert_same_numbers(ours, theirs)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == dtype


def test_processes_give_the_numbers_of_a_loop_and_print_nothing(
    expected: list[d2l.History], capfd: pytest.CaptureFixture[str]
) -> None:
    class Mine(Noisy):  # which no other process could import
        pass

    data = made_up("bands")
    unrelated = threading.Lock()  # which no process could be sent

    def make_model(seed: int) -> nn.Module:
        assert unrelated is not None
        return Mine()

    runs = sweep(make_model, data, **GRID, **QUICK, workers=2, memo=False)
    for ours, theirs in zip(runs.histories, expected, strict=True):
        assert_same_numbers(ours, theirs)
        assert ours is not None
        assert not ours.loss.flags.writeable
    assert capfd.readouterr() == ("", "")
    assert not workers_of_this_process()
    assert [tuple(row) for row in runs.table[["eta", "beta", "seed"]]] == [
        (eta, beta, seed) for eta in (0.1, 1e4) for beta in (0.0, 0.9) for seed in (1, 2)
    ]


def test_each_run_starts_from_fresh_weights_and_the_order_of_the_runs_is_of_no_account() -> None:
    forth = sweep(line_model, made_up(), eta=[0.1, 0.2, 0.3], seed=[1, 2], **ALONE)
    back = sweep(line_model, made_up(), eta=[0.3, 0.2, 0.1], seed=[2, 1], **ALONE)
    for eta in (0.1, 0.2, 0.3):
        for seed in (1, 2):
            assert_same_numbers(forth.history(eta=eta, seed=seed), back.history(eta=eta, seed=seed))


def test_settings_of_train_reach_train() -> None:
    options: dict[str, Any] = {
        "batch_size": 20,
        "epochs": 3,
        "until": 0.2,
        "loss": F.mse_loss,
        "smoothing": 0.5,
        "device": "cpu",
    }
    runs = sweep(line_model, made_up(), eta=0.1, beta=0.5, seed=4, workers=1, **options)
    theirs = d2l.train(line_model(4), made_up(), eta=0.1, beta=0.5, seed=4, memo=False, **options)
    assert_same_numbers(runs.history(), theirs)
    assert 1 < runs.history().steps < 3 * 11  # so that `until` did end it


def test_pytorchs_global_settings_reach_the_runs() -> None:
    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        assert torch.zeros(1).dtype == torch.float64
        return F.mse_loss(outputs, targets)

    package = engines.Package
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        sent = package.of(made_up(), {0: sweeps._pickled(line_model(0), loss)}, {"max_steps": 2})
    finally:
        torch.set_default_dtype(before)
    outcome = engines.perform(sent, Run(0.1, 0.0, 0))
    assert (outcome.status, outcome.error) == ("done", "")
    assert torch.get_default_dtype() == before


# The result


def history(steps: int, end: float, *, diverged: bool = False, **fields: Any) -> d2l.History:
    costs = np.linspace(2 * end, end, steps)
    known: dict[str, Any] = {"accuracy": None, "test_loss": end} | fields
    return d2l.History(
        costs, costs, steps, 0.1, 0.0, seconds=0.5, data="toy", diverged=diverged, **known
    )


@pytest.fixture
def mixed() -> Sweep:
    """Three learning rates with two seeds: one is fine, one half diverges, one half fails."""
    runs = [Run(eta, 0.0, seed) for eta in (0.2, 0.1, 0.3) for seed in (1, 2)]
    outcomes = [
        Outcome("done", history(4, 1.0)),
        Outcome("done", history(6, 0.5)),
        Outcome("done", history(3, 0.7)),
        Outcome("done", history(2, 0.9, diverged=True, test_loss=math.nan)),
        Outcome("error", error="ValueError: no, with a comma and\ta tab"),
        Outcome("done", history(4, 0.25)),
    ]
    return Sweep(tabulate(runs, outcomes), tuple(o.history for o in outcomes), "toy")


def test_the_table_says_what_the_histories_say(mixed: Sweep) -> None:
    table = mixed.table
    assert table["steps"].tolist() == [4, 6, 3, 2, 0, 4]
    assert table["loss"].tolist()[:4] == [1.0, 0.5, 0.7, math.inf]
    assert table["best_loss"][3] == 0.9
    assert table["diverged"].tolist() == [False, False, False, True, False, False]
    assert table["status"].tolist() == ["done"] * 4 + ["error", "done"]
    assert table["error"][4] == "ValueError: no, with a comma and\ta tab"
    for name in ("loss", "best_loss", "accuracy", "test_loss", "seconds"):
        assert math.isnan(table[name][4])
    assert np.isnan(table["accuracy"]).all()
    assert mixed.eta.tolist() == [0.2, 0.1, 0.3]  # in the order given
    assert mixed.best is not None
    assert (mixed.best["eta"], mixed.best["seed"]) == (0.3, 2)
    with pytest.raises(ValueError, match="read-only"):
        table["loss"][0] = 0


def test_a_cell_of_the_grid_is_inf_after_a_divergence_and_nan_without_a_result(
    mixed: Sweep,
) -> None:
    np.testing.assert_array_equal(mixed.grid("loss"), [[0.75], [np.inf], [np.nan]])
    np.testing.assert_array_equal(mixed.grid("diverged"), [[0.0], [0.5], [np.nan]])
    np.testing.assert_array_equal(mixed.grid("steps"), [[5.0], [2.5], [np.nan]])
    with pytest.raises(ValueError, match=r"one of the columns eta, .*seconds, got 'status'"):
        mixed.grid("status")
    with pytest.raises(ValueError, match="got 'los'"):
        mixed.grid("los")


def test_the_grid_of_pairs_is_nan_where_no_run_is() -> None:
    runs = sweep(line_model, made_up(), pairs=[(0.1, 0.5), (0.05, 0.9)], seed=[1, 2], **ALONE)
    loss = runs.grid("loss")
    assert np.isnan(loss).tolist() == [[False, True], [True, False]]
    assert loss[1, 1] == runs.table["loss"][2:].mean()
    assert "2 pairs of eta and beta x 2 seeds" in repr(runs)


def test_a_history_is_found_by_what_makes_it_unique(mixed: Sweep) -> None:
    assert mixed.history(eta=0.1, seed=1) is mixed.histories[2]
    assert mixed.history(eta=1 - 0.9, beta=0, seed=1) is mixed.histories[2]  # 0.09999999999999998
    with pytest.raises(ValueError, match=r"got eta=0.1, which 2 of 6 runs have: .*seed: 1, 2"):
        mixed.history(eta=0.1)
    with pytest.raises(ValueError, match=r"which 0 of 6 runs have: choose from eta: 0.2, 0.1, 0.3"):
        mixed.history(eta=0.15, seed=1)
    with pytest.raises(ValueError, match="got none, which 6 of 6"):
        mixed.history()
    with pytest.raises(ValueError, match=r"has no history: ValueError: no, .*d2lmini.train"):
        mixed.history(eta=0.3, seed=1)


def test_the_text_counts_what_went_wrong(mixed: Sweep) -> None:
    assert repr(mixed) == (
        "Sweep(toy: 6 runs, 3 eta x 1 beta x 2 seeds; 1 diverged, 1 without a result; "
        "best loss 0.25 at eta=0.3, beta=0, seed=2)"
    )


def test_what_is_saved_is_loaded(mixed: Sweep, tmp_path: Path) -> None:
    mixed.save(tmp_path / "runs.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.npz"]
    loaded = Sweep.load(tmp_path / "runs.npz")
    assert loaded.table.dtype == mixed.table.dtype
    assert repr(loaded.table) == repr(mixed.table)
    assert repr(loaded) == repr(mixed)
    for ours, theirs in zip(mixed.histories, loaded.histories, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            np.testing.assert_array_equal(ours.loss, theirs.loss)
            assert ours.accuracy is theirs.accuracy is None
            assert str(ours.test_loss) == str(theirs.test_loss)
            assert ours.diverged == theirs.diverged


def test_the_table_is_saved_as_text(mixed: Sweep, tmp_path: Path) -> None:
    mixed.save(tmp_path / "runs.csv")
    with open(tmp_path / "runs.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["eta"]) for row in rows] == mixed.table["eta"].tolist()
    assert [float(row["loss"]) for row in rows][:4] == mixed.table["loss"].tolist()[:4]
    assert rows[4]["error"] == mixed.table["error"][4]


def test_a_file_that_is_no_sweep_is_refused(mixed: Sweep, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in .csv or .npz, got '.*runs.txt'"):
        mixed.save(tmp_path / "runs.txt")
    path = tmp_path / "runs.npz"
    mixed.save(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"is damaged or was not written by Sweep.save"):
        Sweep.load(path)


def test_seeds_of_64_bits_stay_what_they_are() -> None:
    runs = sweep(line_model, made_up(), eta=0.1, seed=[2**64 - 1, 1], **ALONE)
    assert runs.table["seed"].tolist() == [2**64 - 1, 1]
    assert runs.history(seed=2**64 - 1) is runs.histories[0]


# Runs that diverge or fail


def test_a_run_that_diverges_is_a_row() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs = sweep(line_model, made_up(), eta=[0.1, 1e30], **ALONE)
    assert runs.table["diverged"].tolist() == [False, True]
    assert runs.table["status"].tolist() == ["done", "done"]
    assert runs.grid("loss")[1, 0] == math.inf


class Fragile(nn.Module):
    """Raises in training, from its second step on, for certain seeds."""

    def __init__(self, seed: int, bad: tuple[int, ...]) -> None:
        super().__init__()
        self.net, self.bad, self.steps = line_model(seed), seed in bad, 0

    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        if self.bad and self.steps > 1:
            raise RuntimeError("out of\nluck")
        return self.net(x)


def test_a_run_that_raises_is_a_row_with_its_error() -> None:
    with pytest.warns(RuntimeWarning, match=r"1 of 3 .*seed=2 \(RuntimeError: out of luck\)"):
        runs = sweep(lambda s: Fragile(s, (2,)), made_up(), eta=0.1, seed=[1, 2, 3], **ALONE)
    assert runs.table["status"].tolist() == ["done", "error", "done"]
    assert runs.table["error"].tolist() == ["", "RuntimeError: out of luck", ""]
    assert_same_numbers(
        runs.history(seed=3),
        d2l.train(line_model(3), made_up(), eta=0.1, seed=3, memo=False, **QUICK),
    )


def test_runs_that_all_fail_alike_are_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"all 2 runs of the sweep failed alike: .*out of luck"):
        sweep(lambda s: Fragile(s, (1, 2)), made_up(), eta=0.1, seed=[1, 2], **ALONE)


def test_what_every_run_warns_of_is_heard_once() -> None:
    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        warnings.warn("an odd loss", UserWarning, stacklevel=1)
        return F.mse_loss(outputs, targets)

    with pytest.warns(UserWarning, match="an odd loss") as caught:
        sweep(line_model, made_up(), eta=[0.1, 0.2], loss=loss, **ALONE)
    assert len(caught) == 1


SCRIPT_HEAD = """
import os, pathlib, signal, sys, time
import numpy as np
from torch import nn
from torch.nn import functional as F
import d2lmini as d2l

log = pathlib.Path(sys.argv[1])
x = np.random.default_rng(0).random((280, 2), dtype=np.float32)
y = x[:, 0] - 2 * x[:, 1]
data = d2l.Dataset("line", "made up", x[:230], y[:230], x[230:], y[230:])
main = os.getpid()
"""

# Without `if __name__ == "__main__":`, as people write scripts.
KILLED = (
    SCRIPT_HEAD
    + """
class Net(nn.Module):
    def __init__(self, seed):
        super().__init__()
        self.net, self.seed = d2l.mlp([2, 1], seed=seed), seed

    def forward(self, x):
        if self.seed in (1, 2) and os.getpid() != main:
            tries = len(list(log.glob(f"{self.seed}-*")))
            if self.seed == 1 or tries == 0:
                (log / f"{self.seed}-{tries}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return self.net(x)


runs = d2l.sweep(Net, data, eta=0.1, seed=range(5), max_steps=40, batch_size=10, workers=2)
runs.save(log / "runs.npz")
"""
)


def script(text: str, folder: Path, **options: Any) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(path), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )


def test_a_worker_that_dies_costs_its_run_alone(tmp_path: Path) -> None:
    """In a script without a guard, whose model no other process could import."""
    out, errors = (process := script(KILLED, tmp_path / "log")).communicate(timeout=300)
    assert process.returncode == 0, errors
    assert out == ""
    assert errors.count("Warning: ") == 1, errors  # and nothing of leaked semaphores
    assert "1 of 5 runs have no result, the first of them eta=0.1, beta=0, seed=1" in errors
    runs = Sweep.load(tmp_path / "log" / "runs.npz")
    assert runs.table["status"].tolist() == ["done", "worker died", "done", "done", "done"]
    assert "SIGKILL" in runs.table["error"][1]
    # Tried twice each, the second with success for one of them.
    assert sorted(p.name for p in (tmp_path / "log").glob("*-*")) == ["1-0", "1-1", "2-0"]
    for seed in (0, 2, 3, 4):
        theirs = d2l.train(line_model(seed), runs_data(), eta=0.1, seed=seed, memo=False, **QUICK)
        assert_same_numbers(runs.history(seed=seed), theirs)


def runs_data() -> d2l.Dataset:
    return made_up(name="line")


# Kept results


class Counting:
    """A loss that leaves a file behind for each process and run that it is called in."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        with open(Path(self.folder) / "calls", "a", encoding="utf-8") as file:
            file.write(".")
        return F.mse_loss(outputs, targets)

    @property
    def calls(self) -> int:
        path = Path(self.folder) / "calls"
        return path.stat().st_size if path.exists() else 0


def test_a_folder_is_used_where_nothing_changed(tmp_path: Path) -> None:
    loss, folder = Counting(tmp_path), tmp_path / "kept"
    options: dict[str, Any] = QUICK | {"workers": 1, "loss": loss, "folder": folder}
    first = sweep(line_model, made_up(), eta=[0.1, 0.2], **options)
    calls = loss.calls
    assert calls > 80
    again = sweep(line_model, made_up(), eta=[0.1, 0.2], **options)
    assert loss.calls == calls
    for ours, theirs in zip(first.histories, again.histories, strict=True):
        assert_same_numbers(ours, theirs)
    assert again.table["seconds"].tolist() == first.table["seconds"].tolist()
    more = sweep(line_model, made_up(), eta=[0.1, 0.2, 0.3], **options)  # computes what is new
    assert loss.calls - calls < 60
    theirs = d2l.train(line_model(0), made_up(), eta=0.3, loss=F.mse_loss, memo=False, **QUICK)
    assert_same_numbers(more.history(eta=0.3), theirs)
    assert len(list(folder.glob("*.memo"))) == 3


@pytest.mark.parametrize("change", ["data", "settings", "weights", "layer", "loss"])
def test_a_folder_is_not_used_where_something_changed(tmp_path: Path, change: str) -> None:
    def a_loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return F.mse_loss(outputs, targets)

    def other_loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return 3 * F.mse_loss(outputs, targets)

    other_loss.__qualname__ = a_loss.__qualname__  # as if it had been edited

    class Layer(nn.Module):
        def __init__(self, seed: int) -> None:
            super().__init__()
            self.net = line_model(seed)

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

    class Other(Layer):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * self.net(x)

    Other.__qualname__ = Layer.__qualname__

    def numbers(**changed: Any) -> Sweep:
        given: dict[str, Any] = {"make": Layer, "data": made_up(), "loss": a_loss, "max_steps": 20}
        given |= changed
        make, data = given.pop("make"), given.pop("data")
        return sweep(make, data, eta=0.1, batch_size=10, workers=1, **given)

    x = made_up().train_x
    y = made_up().train_y
    changed: dict[str, Any] = {
        "data": {"data": d2l.Dataset("made up", "random numbers", x[:200], y[:200], x, y)},
        "settings": {"max_steps": 21},
        "weights": {"make": lambda seed: Layer(seed + 1)},
        "layer": {"make": Other},
        "loss": {"loss": other_loss},
    }[change]
    numbers(folder=tmp_path)
    got, fresh = numbers(folder=tmp_path, **changed), numbers(**changed)
    assert len(list(tmp_path.glob("*.memo"))) == 2
    assert_same_numbers(got.history(), fresh.history())


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-1], lambda b: b[:40] + b"x" * 9])
def test_a_damaged_file_is_thrown_away_and_its_run_computed_again(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    options: dict[str, Any] = QUICK | {"eta": [0.1, 0.2], "folder": tmp_path, "workers": 1}
    first = sweep(line_model, made_up(), **options)
    path = sorted(tmp_path.glob("*.memo"))[0]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="was damaged and has been thrown away") as caught:
        again = sweep(line_model, made_up(), **options)
    assert len(caught) == 1
    for ours, theirs in zip(first.histories, again.histories, strict=True):
        assert_same_numbers(ours, theirs)
    sweep(line_model, made_up(), **options)  # without a warning: whole again


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_in_the_folder_grows_by_a_row_when_a_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = ALONE | {"folder": tmp_path, "eta": 0.1}
    sweep(line_model, made_up(), seed=2, **options)
    (other,) = tmp_path.glob("table-*.csv")  # of another sweep
    content = other.read_bytes()

    def table() -> Path:
        (found,) = set(tmp_path.glob("table-*.csv")) - {other}
        return found

    seen = []

    def looking(package: engines.Package, run: Run) -> Outcome:
        seen.append([(int(row["seed"]), row["status"]) for row in rows_of(table())])
        return perform(package, run)

    perform = engines.perform
    monkeypatch.setattr(engines, "perform", looking)
    with pytest.warns(RuntimeWarning, match="1 of 4"):
        runs = sweep(
            lambda seed: line_model(2) if seed == 2 else Fragile(seed, (3,)),
            made_up(),
            seed=[4, 3, 2, 1],
            **options,
        )
    kept, first, second = (2, "done"), (4, "done"), (3, "error")
    assert seen == [[kept], [kept, first], [kept, first, second]]
    runs.save(tmp_path / "saved.csv")
    assert table().read_bytes() == (tmp_path / "saved.csv").read_bytes()  # in order now
    assert other.read_bytes() == content


def test_a_row_that_a_full_disk_takes_a_part_of_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AlmostFull(io.FileIO):
        def write(self, content: Any) -> int:
            if len(content) == len(row):
                return super().write(content[:10])
            raise OSError(28, "No space left on device")

    table = GrowingTable(tmp_path, ["a run"])
    run, outcome = Run(0.1, 0.9, 1), Outcome("done", history(3, 0.5))
    table.write([run], {})
    table.add(run, outcome)
    before = table.path.read_bytes()
    row = before.splitlines(keepends=True)[-1]
    assert [(row["eta"], row["loss"]) for row in rows_of(table.path)] == [("0.1", "0.5")]
    monkeypatch.setattr(folder, "open", lambda path, *_, **__: AlmostFull(path, "a"), raising=False)
    with pytest.raises(OSError, match=r"cannot be kept in folder=.*No space left.*make room"):
        table.add(run, outcome)
    assert table.path.read_bytes() == before


def test_a_full_disk_is_an_error_that_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0
    sync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal written
        written += 1
        if written > 3:  # the table, and two results
            raise OSError(28, "No space left on device")
        sync(descriptor)

    options: dict[str, Any] = QUICK | {"eta": [0.1, 0.2, 0.3], "folder": tmp_path, "workers": 1}
    with monkeypatch.context() as patch:
        patch.setattr("d2lmini._files.os.fsync", full)
        with pytest.raises(OSError, match=r"cannot be kept in folder=.*No space left.*make room"):
            sweep(line_model, made_up(), **options)
    # And the lock.
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".memo", ""}
    assert len(list(tmp_path.glob("*.memo"))) == 2
    (table,) = tmp_path.glob("*.csv")
    assert [row["eta"] for row in rows_of(table)] == ["0.1", "0.2"]
    assert len(sweep(line_model, made_up(), **options)) == 3


def test_workers_that_wait_for_data_end_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_package: object, path: Path) -> None:
        assert len(workers_of_this_process()) == 2  # which load PyTorch meanwhile
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(joblib, "dump", full)
    with pytest.raises(OSError, match=r"cannot be put where the workers.*No space left"):
        sweep(line_model, made_up(), eta=[0.1, 0.2], workers=2, memo=False, **QUICK)
    assert not workers_of_this_process()
    assert not list(tmp_path.glob("d2lmini-sweep-*"))


def test_a_folder_that_cannot_be_made_is_met_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="sweep cannot write to folder="):
        sweep(lambda seed: Fragile(seed, (0,)), made_up(), eta=0.1, folder=tmp_path / "file")


def test_failures_are_not_kept(tmp_path: Path) -> None:
    bad = (2,)
    options: dict[str, Any] = ALONE | {"folder": tmp_path, "eta": 0.1, "seed": [1, 2]}
    with pytest.warns(RuntimeWarning, match="1 of 2"):
        sweep(lambda seed: Fragile(seed, bad), made_up(), **options)
    assert len(list(tmp_path.glob("*.memo"))) == 1


def test_what_train_remembers_needs_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = d2l.train(line_model(1), made_up(), eta=0.1, seed=1, **QUICK)
    monkeypatch.setattr(sweeps, "_engine", lambda *args: pytest.fail("a run was started"))
    runs = sweep(line_model, made_up(), eta=0.1, seed=1, **QUICK)
    assert_same_numbers(runs.history(), theirs)
    assert runs.history().seconds == theirs.seconds


STOPPED = (
    SCRIPT_HEAD
    + """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored

def loss(outputs, targets):
    (log / f"pid-{os.getpid()}").touch()
    if not (log / "go").exists():
        time.sleep(0.01)
    return F.mse_loss(outputs, targets)


runs = d2l.sweep(
    lambda seed: d2l.mlp([2, 1], seed=seed),
    data, eta=0.1, seed=range(12), max_steps=100, batch_size=10, loss=loss,
    workers=1 if (log / "go").exists() else 2, folder=log / "kept",
)
runs.save(log / "runs.npz")
runs.save(log / "runs.csv")
"""
)


def wait_until(true: Callable[[], bool], seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Dead, too, is a zombie that nobody has waited for.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_stopped_sweep_leaves_no_process_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped twice: by Ctrl-C, then by kill -9; what is left is done by one process."""
    log, temporary = tmp_path / "log", tmp_path / "temporary"
    temporary.mkdir()
    (log / "kept").mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(temporary))

    def kept() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (log / "kept").glob("*.memo")}

    for way in (signal.SIGINT, signal.SIGKILL):
        before = kept()
        process = script(STOPPED, log, start_new_session=True)
        # Two workers, and the script itself, where the first step is tried.
        wait_until(lambda: len(list(log.glob("pid-*"))) == 3)
        wait_until(lambda known=before: kept().keys() > known.keys())
        pids = [int(path.name[4:]) for path in log.glob("pid-*")]
        assert list(temporary.glob("d2lmini-sweep-*"))
        if way == signal.SIGINT:  # as a terminal does it: to all processes
            os.killpg(process.pid, way)
        else:
            process.kill()
        process.communicate(timeout=200)
        assert process.returncode != 0
        wait_until(lambda pids=pids: not any(map(is_alive, pids)))
        wait_until(lambda: not list(temporary.glob("d2lmini-sweep-*")))
        assert before.items() <= kept().items()  # the same files, as old as they were
        assert len(kept()) < 12
        (table,) = (log / "kept").glob("table-*.csv")
        # The row is written after the result, and so the last may be missing.
        assert 0 <= len(kept()) - len(rows := rows_of(table)) <= 1
        assert {row["status"] for row in rows} == {"done"}
        for path in log.glob("pid-*"):
            path.unlink()
    before = kept()
    (log / "go").touch()
    _, errors = (process := script(STOPPED, log)).communicate(timeout=300)
    assert process.returncode == 0, errors
    assert len(kept()) == 12
    assert before.items() <= kept().items()
    assert not list((log / "kept").glob("*.part"))
    (table,) = (log / "kept").glob("table-*.csv")
    assert table.read_bytes() == (log / "runs.csv").read_bytes()
    runs = Sweep.load(log / "runs.npz")
    for seed in range(12):
        theirs = d2l.train(
            line_model(seed),
            runs_data(),
            eta=0.1,
            seed=seed,
            batch_size=10,
            max_steps=100,
            loss=F.mse_loss,
            memo=False,
        )
        assert_same_numbers(runs.history(seed=seed), theirs)


SHARED = (
    SCRIPT_HEAD
    + """
model = lambda seed: d2l.mlp([2, 1], seed=seed)
runs = d2l.sweep(
    model, data, eta=0.1, seed=range(60), max_steps=100, batch_size=10, workers=1,
    folder=log.parent / "kept",
)
runs.save(log / "runs.npz")
"""
)


def test_two_sweeps_into_one_folder_do_no_harm(tmp_path: Path) -> None:
    """One in a process of its own, and when its first result is there, one in this process."""
    kept = tmp_path / "kept"
    process = script(SHARED, tmp_path / "a")
    wait_until(lambda: bool(list(kept.glob("*.memo"))) or process.poll() is not None)
    b = sweep(
        line_model,
        runs_data(),
        eta=0.1,
        seed=range(60),
        max_steps=100,
        batch_size=10,
        workers=1,
        folder=kept,
    )
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    a = Sweep.load(tmp_path / "a" / "runs.npz")
    for ours, theirs in zip(a.histories, b.histories, strict=True):
        assert_same_numbers(ours, theirs)
    assert len(list(kept.glob("*.memo"))) == 60
    assert not list(kept.glob("*.part"))
    (table,) = kept.glob("*.csv")  # one and the same sweep has one table
    assert [int(row["seed"]) for row in rows_of(table)] == list(range(60))


DIGEST = """
import torch
from torch import nn
from d2lmini.sweeps.code import code_digest
from d2lmini.sweeps.folder import GrowingTable

scale = {"a": 1.0, "b": {3, 1, 2, "x", "y", "z"}}

def helper(x):
    return x * scale["a"]

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_forward_hook(lambda *args: None)

    @property
    def width(self):
        return 2

    @staticmethod
    def twice(x):
        return 2 * helper(x)

    def forward(self, x):
        return self.twice(x) if str(x.dtype) in {"u", "v", "w", "torch.float32"} else x

if __name__ == "__main__":
    print(code_digest(Net()))
"""


def digest_of(text: str) -> str:
    names: dict[str, Any] = {"__name__": "written_by_somebody"}
    exec(text, names)
    return code_digest(names["Net"]())


def test_the_digest_of_code_is_the_same_in_each_process() -> None:
    # The hashes of texts, and with them the order of sets, differ from process to process.
    seeds = {"1", "2"} - {os.environ.get("PYTHONHASHSEED", "random")}
    run = subprocess.run(
        [sys.executable, "-c", "# a comment\n" + DIGEST],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": min(seeds)},
        check=True,
    )
    assert run.stdout.strip() == str(digest_of(DIGEST))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x * scale", "return x + scale"),
        ("2 * helper", "3 * helper"),
        ('"a": 1.0', '"a": 1.5'),
        ('"z"}', '"zz"}'),
        ('"torch.float32"}', '"torch.float64"}'),
        ("*args: None", "*args: args[1]"),
        ("self.twice(x) if", "self.helper(x) if"),
        ("@staticmethod", "@classmethod"),
    ],
)
def test_the_digest_of_code_changes_with_what_it_does(old: str, new: str) -> None:
    assert digest_of(DIGEST) == digest_of(DIGEST)
    assert old in DIGEST
    assert digest_of(DIGEST.replace(old, new)) != digest_of(DIGEST)


def test_the_digest_sees_defaults_closures_bases_and_attributes() -> None:
    def with_default(x: float, k: float = 1.0) -> float:
        return k * x

    def closed_over(k: float) -> Callable[[float], float]:
        return lambda x: k * x

    before = code_digest(with_default)
    with_default.__defaults__ = (2.0,)
    assert code_digest(with_default) != before
    assert code_digest(closed_over(1.0)) == code_digest(closed_over(1.0))
    assert code_digest(closed_over(1.0)) != code_digest(closed_over(2.0))
    assert code_digest(Fragile(0, ())) == code_digest(Fragile(0, ()))
    assert code_digest(Fragile(0, ())) != code_digest(Fragile(1, ()))
    assert code_digest([1, [2]]) != code_digest([1, 2])
    assert code_digest(nn.Dropout(0.1)) != code_digest(nn.Dropout(0.2))
    circle: list[Any] = []
    circle.append(circle)
    assert code_digest(circle) != code_digest([[]])


# On a cluster


@contextmanager
def a_cluster(n_workers: int, **options: Any) -> Iterator[Any]:
    """Yield a client of a cluster on this machine, on free ports."""
    dask = pytest.importorskip("dask", reason="the extra d2lmini[cluster]")
    distributed = pytest.importorskip("distributed", reason="the extra d2lmini[cluster]")
    # By default a run is tried four times, and each costs the start of a worker.
    with (
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": 1,
                # Else a test would wait for ever where Dask starts no other worker.
                "distributed.scheduler.no-workers-timeout": "200s",
                "distributed.comm.timeouts.connect": "200s",  # of a slow machine
                "distributed.comm.timeouts.tcp": "200s",
            }
        ),
        distributed.LocalCluster(n_workers=n_workers, dashboard_address=":0", **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with a_cluster(2, threads_per_worker=1) as client:
        yield client


def test_a_cluster_gives_the_numbers_of_a_loop(
    client: Any, expected: list[d2l.History], tmp_path: Path
) -> None:
    class Mine(Noisy):  # which no worker could import
        pass

    options = QUICK | {"client": client, "folder": tmp_path}
    runs = sweep(lambda seed: Mine(), made_up("bands"), **GRID, **options)
    for ours, theirs in zip(runs.histories, expected, strict=True):
        assert_same_numbers(ours, theirs)
        assert ours is not None
        assert not ours.loss.flags.writeable
    assert len(list(tmp_path.glob("*.memo"))) == len(runs)  # kept here, not where they ran
    with pytest.raises(TypeError, match=r"workers or client, got both \(workers=2\)"):
        sweep(line_model, made_up(), eta=0.1, client=client, workers=2)


class Spy:
    """A client that notes how many bytes it is given to send."""

    asynchronous = False

    def __init__(self, client: Any) -> None:
        self.client, self.sent = client, 0
        self.scatter, self.cancel = client.scatter, client.cancel

    def submit(self, function: Any, *arguments: Any, **options: Any) -> Any:
        for argument in arguments:
            if not hasattr(argument, "key"):  # which a future has
                self.sent += len(cloudpickle.dumps(argument))
        return self.client.submit(function, *arguments, **options)


def test_data_are_sent_to_a_cluster_once(client: Any) -> None:
    rng = np.random.default_rng(1)
    x = rng.random((150_000, 20), dtype=np.float32)  # 12 MB, for which a warning would be given
    y = x.sum(axis=1)
    data = d2l.Dataset("large", "made up", x, y, x[:10], y[:10])
    options: dict[str, Any] = {"eta": 0.1, "seed": range(12), "max_steps": 2, "memo": False}
    spy = Spy(client)
    runs = sweep(lambda seed: d2l.mlp([20, 1], seed=seed), data, client=spy, **options)
    assert (runs.table["status"] == "done").all()
    assert x.nbytes < spy.sent < 1.2 * x.nbytes


@contextmanager
def deaths(client: Any, folder: Path) -> Iterator[Callable[[], None]]:
    """Yield a function which kills the worker that it is called in, when this does not hang Dask.

    The nanny of a worker which dies before it has noticed that the worker started, as happens on a
    slow machine, gives up and starts no other one. The worker asks with a file, and it is removed.
    Where a nanny gives up nevertheless, and nobody is left, another one is started.
    """
    place = str(folder)

    def die() -> None:
        question = Path(place) / f"may {os.getpid()} die"
        question.touch()
        while question.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

    def answer() -> None:
        cluster, alone = client.cluster, 0.0
        while not over.wait(0.01):
            alone = 0.0 if cluster.scheduler.workers else alone or time.monotonic()
            if alone and time.monotonic() - alone > 20:
                cluster.scale(len(cluster.workers) + 1)
                alone = 0.0
            for nanny in [*cluster.workers.values()]:
                process = nanny.process
                if process is not None and process.status.name == "running":
                    (folder / f"may {process.pid} die").unlink(missing_ok=True)

    over = threading.Event()
    answering = threading.Thread(target=answer)
    answering.start()
    try:
        yield die
    finally:
        over.set()
        answering.join()


@pytest.mark.slow
def test_a_worker_of_a_cluster_that_dies_costs_its_run_alone(client: Any, tmp_path: Path) -> None:
    class Deadly(nn.Module):
        def __init__(self, seed: int, main: int, log: str, die: Callable[[], None]) -> None:
            super().__init__()
            self.net, self.seed, self.main, self.log = line_model(seed), seed, main, log
            self.die = die

        def forward(self, x: Tensor) -> Tensor:
            if self.seed in (1, 2) and os.getpid() != self.main:
                first = Path(self.log) / str(self.seed)
                if self.seed == 1 or not first.exists():
                    first.touch()
                    self.die()
            return self.net(x)

    with (
        deaths(client, tmp_path) as die,
        pytest.warns(RuntimeWarning, match=r"1 of 5 runs have no result.*seed=1"),
    ):
        runs = sweep(
            lambda seed: Deadly(seed, os.getpid(), str(tmp_path), die),
            made_up(),
            eta=0.1,
            seed=range(5),
            client=client,
            **QUICK,
        )
    assert runs.table["status"].tolist() == ["done", "worker died", "done", "done", "done"]
    for seed in (0, 2, 3, 4):
        theirs = d2l.train(line_model(seed), made_up(), eta=0.1, seed=seed, memo=False, **QUICK)
        assert_same_numbers(runs.history(seed=seed), theirs)


@pytest.mark.slow
def test_the_only_worker_may_die_with_all_that_it_had(tmp_path: Path) -> None:
    """The data and finished results are gone with it, and others wait in its queue."""

    class Deadly(nn.Module):
        def __init__(self, seed: int, main: int, die: Callable[[], None]) -> None:
            super().__init__()
            self.net, self.seed, self.main, self.die = line_model(seed), seed, main, die

        def forward(self, x: Tensor) -> Tensor:
            if self.seed == 1 and os.getpid() != self.main:
                self.die()
            return self.net(x)

    with (
        a_cluster(1, threads_per_worker=1) as client,
        deaths(client, tmp_path) as die,
        pytest.warns(RuntimeWarning, match=r"1 of 4 runs have no result.*seed=1"),
    ):
        runs = sweep(
            lambda seed: Deadly(seed, os.getpid(), die),
            made_up(),
            eta=0.1,
            seed=range(4),
            client=client,
            **QUICK,
        )
    assert runs.table["status"].tolist() == ["done", "worker died", "done", "done"]


def test_threads_of_one_worker_take_turns(expected: list[d2l.History]) -> None:
    with a_cluster(1, threads_per_worker=4, processes=False) as client:
        runs = sweep(
            lambda seed: Noisy(), made_up("bands"), **GRID, **QUICK, client=client, memo=False
        )
    for ours, theirs in zip(runs.histories, expected, strict=True):
        assert_same_numbers(ours, theirs)


def test_a_worker_decides_how_pytorch_is_loaded() -> None:
    """So it must not be there before, and what it brings is never looked through for garbage."""
    code = (
        "import gc, os, sys\n"
        "from d2lmini._worker import begin\n"
        "assert 'torch' not in sys.modules\n"
        "begin(os.getppid(), 'd2lmini.sweeps.engines')\n"
        "assert 'torch' in sys.modules\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 10 * len(gc.get_objects()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "True True\n"


def test_importing_sweeps_brings_in_neither_processes_nor_clusters() -> None:
    code = (
        "import sys, d2lmini as d2l\n"
        "assert callable(d2l.sweep)\n"
        "print(*{m.split('.')[0] for m in sys.modules} & {'joblib', 'dask', 'distributed'})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"
