"""Training: the update against PyTorch's own, the loop, its bookkeeping and its memo.

Where a property does not depend on the data, it is tested on small made-up data.
"""

from __future__ import annotations

import copy
import io
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from d2lmini import _loop, sgd, training
from d2lmini.data import load_mnist, mnist_available
from d2lmini.data.dataset import Dataset
from d2lmini.training import History, mlp, sgd_momentum, train


@pytest.fixture(autouse=True)
def memo_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("D2LMINI_CACHE", str(tmp_path / "memo"))
    return tmp_path / "memo"


def made_up(n: int = 230, name: str = "made up") -> Dataset:
    """Return points of the unit square, of three classes in bands."""
    rng = np.random.default_rng(0)
    x = rng.random((n + 50, 2), dtype=np.float32)
    y = np.minimum((x.sum(axis=1) * 1.5).astype(np.int64), 2)
    return Dataset(name, "random numbers", x[:n], y[:n], x[n:], y[n:])


@pytest.fixture(scope="module")
def data() -> Dataset:
    return made_up()


def quick(model: nn.Module, data: Dataset, **options: Any) -> History:
    return train(model, data, **({"eta": 0.1, "batch_size": 20, "max_steps": 30} | options))


def weights(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach()


# The network


def test_mlp_draws_what_the_default_of_linear_draws() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = nn.Sequential(nn.Linear(7, 4), nn.ReLU(), nn.Linear(4, 3))
    model = mlp([7, 4, 3], seed=5)
    assert [type(layer) for layer in model] == [nn.Linear, nn.ReLU, nn.Linear]
    torch.testing.assert_close(weights(model), weights(expected), rtol=1e-6, atol=1e-7)
    x = torch.rand(6, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(x), expected(x))


def test_mlp_depends_on_its_seed_alone_and_leaves_the_global_state_alone() -> None:
    before = torch.get_rng_state()
    first = weights(mlp([5, 4, 2], seed=1))
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.rand(3)
        assert torch.equal(weights(mlp([5, 4, 2], seed=1)), first)
    assert not torch.equal(weights(mlp([5, 4, 2], seed=2)), first)


@pytest.mark.parametrize("sizes", [[], [3], [3, 0], [3, -1, 2]])
def test_mlp_refuses_impossible_sizes(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match=r"at least two sizes, all positive, got \["):
        mlp(sizes, seed=0)


# The update


@settings(deadline=None, max_examples=40)
@given(
    eta=st.floats(1e-4, 0.3),
    beta=st.one_of(st.just(0.0), st.floats(0.0, 0.999)),
    seed=st.integers(0, 1000),
)
def test_the_update_makes_the_trajectory_of_torchs_sgd(eta: float, beta: float, seed: int) -> None:
    ours = mlp([3, 4, 2], seed=seed).double()
    theirs = copy.deepcopy(ours)
    params = list(ours.parameters())
    states = [torch.zeros_like(p) for p in params]
    optimizer = torch.optim.SGD(theirs.parameters(), lr=eta, momentum=beta)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(20):
        x = torch.rand(8, 3, generator=generator, dtype=torch.float64)
        y = torch.randint(2, (8,), generator=generator)
        for model in (ours, theirs):
            model.zero_grad()
            F.cross_entropy(model(x), y).backward()
        sgd_momentum(params, states, eta=eta, beta=beta)
        optimizer.step()
        torch.testing.assert_close(weights(ours), weights(theirs), rtol=1e-12, atol=1e-14)


def test_twice_the_loss_is_twice_the_learning_rate() -> None:
    x = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    z = x.detach().clone().requires_grad_()
    v, w = torch.zeros_like(x), torch.zeros_like(z)
    for _ in range(10):
        x.grad = z.grad = None
        (x**4).sum().backward()
        (2 * z**4).sum().backward()
        sgd_momentum([x], [v], eta=0.02, beta=0.5)
        sgd_momentum([z], [w], eta=0.01, beta=0.5)
    torch.testing.assert_close(x, z, rtol=1e-12, atol=0.0)
    torch.testing.assert_close(2 * v, w, rtol=1e-12, atol=0.0)


def test_the_update_leaves_parameters_without_gradient_and_all_gradients_alone() -> None:
    x, frozen = torch.ones(2, requires_grad=True), torch.ones(2)
    x.grad = torch.tensor([1.0, 2.0])
    states = [torch.zeros(2), torch.zeros(2)]
    sgd_momentum([x, frozen], states, eta=0.5, beta=0.9)
    assert x.tolist() == [0.5, 0.0]
    assert frozen.tolist() == [1.0, 1.0]
    assert states[1].tolist() == [0.0, 0.0]
    assert x.grad.tolist() == [1.0, 2.0]


def test_without_momentum_the_two_lines_need_no_velocity() -> None:
    ours = mlp([3, 40, 2], seed=0)
    theirs = copy.deepcopy(ours)
    params, others = list(ours.parameters()), list(theirs.parameters())
    states = [torch.randn_like(p) for p in others]  # of steps before, to be forgotten
    for p, q in zip(params[:-1], others[:-1], strict=True):  # the last one has no gradient
        p.grad = q.grad = torch.randn_like(p).relu()
    sgd.descend(params, eta=0.3)
    sgd.update(others, states, eta=0.3, beta=0.0)
    assert torch.equal(weights(ours), weights(theirs))
    assert not torch.equal(weights(ours), weights(mlp([3, 40, 2], seed=0)))


def test_the_update_without_gradients_or_velocities_says_what_lacks() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"call loss.backward\(\) first"):
        sgd_momentum([x], [torch.zeros(2)], eta=0.1, beta=0.9)
    with pytest.raises(ValueError, match=r"one velocity for each parameter, got 0 for 1"):
        sgd_momentum([x], [], eta=0.1, beta=0.9)


# The loop


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_train_makes_the_steps_of_the_usual_loop(data: Dataset, beta: float) -> None:
    """Oracle: torch.optim.SGD over the same minibatches, in float64."""
    ours = mlp([2, 8, 3], seed=0).double()
    theirs = copy.deepcopy(ours)
    history = quick(ours, data, beta=beta, seed=3)

    x, y = torch.tensor(data.train_x, dtype=torch.float64), torch.tensor(data.train_y)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=beta)
    generator = torch.Generator().manual_seed(3)
    costs: list[float] = []
    while len(costs) < 30:
        order = torch.randperm(230, generator=generator)
        for start in range(0, 220, 20):  # ten examples are left over
            if len(costs) == 30:
                break
            chosen = order[start : start + 20]
            optimizer.zero_grad()
            cost = F.cross_entropy(theirs(x[chosen]), y[chosen])
            cost.backward()
            optimizer.step()
            costs.append(cost.item())
    np.testing.assert_allclose(history.loss, costs, rtol=1e-12)
    torch.testing.assert_close(weights(ours), weights(theirs), rtol=1e-12, atol=1e-14)
    guesses = theirs(torch.tensor(data.test_x, dtype=torch.float64)).argmax(dim=1).numpy()
    assert history.accuracy == (guesses == data.test_y).mean()
    assert (history.steps, history.eta, history.beta) == (30, 0.1, beta)
    assert (history.data, history.diverged, history.test_loss) == ("made up", False, None)
    assert f"30 steps, test accuracy {history.accuracy:.3f}" in repr(history)


def test_an_epoch_shows_each_example_once() -> None:
    data = made_up(60)
    like = torch.zeros(1)
    minibatches = _loop._minibatches(data, like, 20, 0)
    epochs = [
        np.sort(np.concatenate([next(minibatches)[0].numpy().copy() for _ in range(3)]), axis=0)
        for _ in range(2)
    ]
    for epoch in epochs:
        np.testing.assert_array_equal(epoch, np.sort(data.train_x, axis=0))


def test_the_smoothed_cost_is_the_weighted_mean_of_the_costs_so_far(data: Dataset) -> None:
    history = quick(mlp([2, 8, 3], seed=0), data, smoothing=0.8)
    for t in range(1, history.steps + 1):
        expected = np.average(history.loss[:t], weights=0.8 ** np.arange(t)[::-1])
        assert history.smoothed[t - 1] == pytest.approx(expected, rel=1e-12)
    none = quick(mlp([2, 8, 3], seed=0), data, smoothing=0.0)
    np.testing.assert_array_equal(none.smoothed, none.loss)


def test_until_stops_at_the_first_step_that_reaches_it(data: Dataset) -> None:
    history = quick(mlp([2, 8, 3], seed=0), data, beta=0.9, until=0.5, max_steps=5000)
    assert history.steps < 5000
    assert history.steps == history.steps_to(0.5)
    assert history.smoothed[-1] <= 0.5 < history.smoothed[:-1].min()
    assert history.steps_to(0.4) is None
    assert history.steps_to(history.smoothed[0]) == 1


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"max_steps": 7}, 7),
        ({"max_steps": 1000, "epochs": 2}, 22),
        ({"max_steps": 5, "epochs": 2}, 5),
        ({"max_steps": 1000, "epochs": 2, "until": 1e-9}, 22),
        ({"max_steps": 1000, "epochs": 1, "batch_size": 230}, 1),
    ],
)
def test_the_first_limit_that_is_reached_ends_the_run(
    data: Dataset, options: dict[str, Any], steps: int
) -> None:
    assert quick(mlp([2, 8, 3], seed=0), data, **options).steps == steps


def test_divergence_is_a_result_that_ends_with_the_last_finite_cost(data: Dataset) -> None:
    history = quick(mlp([2, 8, 3], seed=0), data, eta=1e30, max_steps=100)
    assert history.diverged
    assert 0 < history.steps < 100
    assert history.steps == len(history.loss) == len(history.smoothed)
    assert np.isfinite(history.loss).all()
    assert np.isfinite(history.smoothed).all()
    assert math.isnan(history.accuracy)
    assert "diverged" in repr(history)


def test_the_result_depends_on_the_arguments_alone(data: Dataset) -> None:
    def run(**options: Any) -> tuple[History, Tensor]:
        model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 3))
        nn.utils.vector_to_parameters(weights(mlp([2, 8, 3], seed=0)), model.parameters())
        return quick(model, data, memo=False, **options), weights(model)

    first = run()
    with torch.random.fork_rng(devices=[]):
        torch.rand(5)
        second = run()
    np.testing.assert_array_equal(first[0].loss, second[0].loss)
    assert torch.equal(first[1], second[1])
    other_order = run(seed=1)
    assert not np.array_equal(first[0].loss, other_order[0].loss)


def test_threads_random_state_and_modes_are_put_back(data: Dataset) -> None:
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    model.train()
    model[1].eval()
    threads = torch.get_num_threads()
    seen: list[int] = []
    state = torch.get_rng_state()
    quick(model, data, threads=2, callback=lambda *args: seen.append(torch.get_num_threads()))
    assert set(seen) == {2}
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert model[0].training
    assert not model[1].training

    def stop(step: int, cost: float, smoothed: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick(model, data, threads=threads + 1, callback=stop)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_frozen_parameters_stay_as_they_are(data: Dataset) -> None:
    model = mlp([2, 8, 3], seed=0)
    model[0].requires_grad_(False)
    before = [weights(layer).clone() for layer in (model[0], model[2])]
    quick(model, data)
    assert torch.equal(weights(model[0]), before[0])
    assert not torch.equal(weights(model[2]), before[1])


def test_the_callback_sees_each_step(data: Dataset) -> None:
    seen: list[tuple[int, float, float]] = []
    history = quick(mlp([2, 8, 3], seed=0), data, callback=lambda *args: seen.append(args))
    assert [step for step, _, _ in seen] == list(range(1, 31))
    np.testing.assert_array_equal([cost for _, cost, _ in seen], history.loss)
    np.testing.assert_array_equal([smoothed for _, _, smoothed in seen], history.smoothed)


def test_another_loss_is_used(data: Dataset) -> None:
    plain = quick(mlp([2, 8, 3], seed=0), data)
    doubled = quick(mlp([2, 8, 3], seed=0), data, loss=lambda z, y: 2 * F.cross_entropy(z, y))
    faster = quick(mlp([2, 8, 3], seed=0), data, eta=0.2)
    np.testing.assert_allclose(doubled.loss, 2 * faster.loss, rtol=1e-5)
    assert not np.allclose(doubled.loss, plain.loss)


def test_the_history_cannot_be_changed(data: Dataset) -> None:
    for memo in (True, True, False):  # kept, read, and neither
        history = quick(mlp([2, 8, 3], seed=0), data, memo=memo)
        with pytest.raises(ValueError, match="read-only"):
            history.smoothed[0] = 0
        with pytest.raises(AttributeError):
            history.steps = 0  # type: ignore[misc]


def test_the_progress_bar_is_silent_unless_on_a_terminal_or_asked_for(
    data: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick(mlp([2, 8, 3], seed=0), data, memo=False)
    assert capsys.readouterr() == ("", "")
    quick(mlp([2, 8, 3], seed=0), data, memo=False, progress=True)
    assert "made up" in capsys.readouterr().err

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    quick(mlp([2, 8, 3], seed=0), data, memo=False)
    assert terminal.getvalue() == ""  # a notebook's stream, which says so without being one
    monkeypatch.setattr(sys, "__stderr__", terminal)
    quick(mlp([2, 8, 3], seed=0), data, memo=False)
    assert "made up" in terminal.getvalue()
    shown = terminal.getvalue()
    quick(mlp([2, 8, 3], seed=0), data, memo=False, progress=False)
    assert terminal.getvalue() == shown


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eta": 0.0}, "eta > 0, got eta=0.0"),
        ({"eta": -0.1}, "eta > 0, got eta=-0.1"),
        ({"eta": math.nan}, "eta must be a finite number"),
        ({"eta": math.inf}, "eta must be a finite number"),
        ({"beta": 1.0}, "0 <= beta < 1, got beta=1.0: with beta >= 1 past gradients never fade"),
        ({"beta": -0.1}, "0 <= beta < 1, got beta=-0.1"),
        ({"batch_size": 0}, "batch_size >= 1, got batch_size=0"),
        ({"batch_size": 231}, "batch_size <= 230, the number of training examples of made up"),
        ({"epochs": 0}, "epochs >= 1, got epochs=0"),
        ({"max_steps": 0}, "max_steps >= 1, got max_steps=0"),
        ({"threads": 0}, "threads >= 1, got threads=0"),
        ({"until": 0.0}, "until > 0, got until=0.0"),
        ({"smoothing": 1.0}, "0 <= smoothing < 1, got smoothing=1.0"),
        ({"seed": -1}, "seed must be a whole number >= 0"),
    ],
)
def test_impossible_arguments_are_refused_by_name(
    data: Dataset, options: dict[str, Any], message: str
) -> None:
    model = mlp([2, 8, 3], seed=0)
    before = weights(model).clone()
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        quick(model, data, **options)
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize("options", [{"eta": "fast"}, {"batch_size": 2.5}, {"beta": None}])
def test_arguments_of_the_wrong_type_are_refused_by_name(
    data: Dataset, options: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(options))} must be"):
        quick(mlp([2, 8, 3], seed=0), data, **options)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (mlp([784, 8, 3], seed=0), r"does not take the 2 features of made up .*mlp\(\[2, ..., 3\]"),
        (mlp([2, 8, 2], seed=0), r"an output for each of the 3 classes .*got outputs of shape"),
        (nn.Flatten(), r"a model with parameters that require a gradient"),
        (mlp([2, 3], seed=0).requires_grad_(False), r"parameters that require a gradient"),
    ],
)
def test_a_model_that_does_not_fit_the_data_is_refused(
    data: Dataset, model: nn.Module, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        quick(model, data)


def anything() -> st.SearchStrategy[Any]:
    """What a reader may pass for a number."""
    numbers = st.one_of(
        st.floats(),
        st.floats(1e-6, 0.999),
        st.integers(-3, 300),
        st.sampled_from([10**30, 2**63, 2**64, -(10**30), 1e308, 5e-324, 3.5e38, math.nan]),
    )
    forms = st.sampled_from(
        [lambda n: n, lambda n: [n], lambda n: (n, n), lambda n: [[n]], np.array, np.float64]
    )
    odd = st.sampled_from([None, "fast", b"1", True, 1j, np.zeros((2, 2)), np.int64(3), {}, object])
    return st.one_of(numbers, st.builds(lambda f, n: f(n), forms, numbers), odd)


@settings(deadline=None, max_examples=300)
@given(
    name=st.sampled_from(
        ["eta", "beta", "batch_size", "epochs", "until", "max_steps", "seed", "smoothing"]
    ),
    value=anything(),
    regression=st.booleans(),
)
def test_any_argument_gives_a_history_or_an_error_that_names_it(
    name: str, value: Any, regression: bool
) -> None:
    data = made_up(40)
    model = mlp([2, 3], seed=0)
    if regression:
        y = data.train_x.sum(axis=1)
        data = Dataset("sums", "random numbers", data.train_x, y, data.train_x, y)
        model = mlp([2, 1], seed=0)
    options = {"eta": 0.1, "batch_size": 20, "epochs": 2, "memo": False} | {name: value}
    if name == "epochs":
        options["max_steps"] = 20
    try:
        history = train(model, data, **options)
    except (ValueError, TypeError) as error:
        assert re.match(rf"{name} must |train needs (0 <= )?{name} ", str(error))
        assert ": " in str(error)  # and a remedy
    else:
        assert history.diverged or np.isfinite(history.loss).all()
        assert len(history.loss) == history.steps <= 80


@pytest.mark.parametrize("threads", [1025, 10**9, 2**64])
def test_more_threads_than_any_machine_has_are_refused(data: Dataset, threads: int) -> None:
    with pytest.raises(ValueError, match=rf"train needs threads <= 1024, got threads={threads}"):
        quick(mlp([2, 8, 3], seed=0), data, threads=threads)


@pytest.mark.parametrize("device", ["cpu", "auto", torch.device("cpu")])
def test_the_device_is_chosen_or_given(data: Dataset, device: Any) -> None:
    usual, model = mlp([2, 8, 3], seed=0), mlp([2, 8, 3], seed=0)
    quick(usual, data, memo=False)
    quick(model, data, memo=False, device=device)
    torch.testing.assert_close(weights(model).cpu(), weights(usual))


@pytest.mark.parametrize("device", ["meta", "gpu", 3.5])
def test_a_device_that_is_not_there_is_an_error_with_a_remedy(data: Dataset, device: Any) -> None:
    with pytest.raises(ValueError, match=r"train cannot use device=.*choose device=\"cpu\""):
        quick(mlp([2, 8, 3], seed=0), data, device=device)


@pytest.mark.parametrize(
    ("sizes", "seed"),
    [([2.5, 3], 0), (["2", 3], 0), ([2, 3], 1.5), ([2, 3], -1), ([2, 3], 2**64), ([2, 3], None)],
)
def test_mlp_refuses_what_is_no_count_with_a_remedy(sizes: Any, seed: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"write for example mlp\(\[784, 256, 10\]"):
        mlp(sizes, seed=seed)


# The memo


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the runs that are computed and not read."""
    counted: list[str] = []
    run = _loop.run

    def counting(*args: Any, **options: Any) -> History:
        counted.append("run")
        return run(*args, **options)

    monkeypatch.setattr(training, "run", counting)
    return counted


def test_a_known_run_is_read_and_the_model_ends_trained(data: Dataset, runs: list[str]) -> None:
    def make() -> nn.Sequential:
        torch_layers = mlp([2, 8, 3], seed=0)
        return nn.Sequential(torch_layers[0], nn.BatchNorm1d(8), torch_layers[2])

    first_model, second_model = make(), make()
    first, second = quick(first_model, data), quick(second_model, data)
    assert len(runs) == 1
    np.testing.assert_array_equal(first.loss, second.loss)
    np.testing.assert_array_equal(first.smoothed, second.smoothed)
    assert first.loss.dtype == second.loss.dtype == np.float64
    for name in ("steps", "eta", "beta", "accuracy", "seconds", "data", "diverged"):
        assert getattr(first, name) == getattr(second, name)
    assert first_model.state_dict().keys() == second_model.state_dict().keys()
    for name, tensor in first_model.state_dict().items():
        assert torch.equal(tensor, second_model.state_dict()[name]), name
    assert all(p.grad is None for m in (first_model, second_model) for p in m.parameters())


@pytest.mark.parametrize("eta", [0.1, 1e30])
def test_a_divergence_is_kept_as_well(data: Dataset, runs: list[str], eta: float) -> None:
    histories = [quick(mlp([2, 8, 3], seed=0), data, eta=eta) for _ in range(2)]
    assert [h.diverged for h in histories] == [eta > 1] * 2
    assert len(runs) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"eta": 0.11},
        {"beta": 0.1},
        {"batch_size": 21},
        {"max_steps": 31},
        {"until": 1e-6},
        {"seed": 1},
        {"smoothing": 0.9},
        {"threads": 2},
        {"loss": F.multi_margin_loss},
        {"data": made_up(231)},
        {"data": made_up(name="other name")},
        {"model": mlp([2, 8, 3], seed=1)},
        {"model": mlp([2, 9, 3], seed=0)},
        {"model": mlp([2, 8, 3], seed=0).double()},
        {"model": nn.Sequential(*mlp([2, 8, 3], seed=0), nn.LeakyReLU(0.1))},
        {"model": nn.Sequential(*mlp([2, 8, 3], seed=0), nn.LeakyReLU(0.2))},
    ],
    # Numbered: the text of a function holds its address, which differs among test processes.
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_the_result_makes_it_another_run(
    data: Dataset, runs: list[str], change: dict[str, Any]
) -> None:
    quick(mlp([2, 8, 3], seed=0), data)
    quick(nn.Sequential(*mlp([2, 8, 3], seed=0), nn.LeakyReLU(0.15)), data)
    model = copy.deepcopy(change.get("model", mlp([2, 8, 3], seed=0)))
    options = {k: v for k, v in change.items() if k not in ("model", "data")}
    quick(model, change.get("data", data), **options)
    assert len(runs) == 3


def test_a_change_of_the_code_makes_it_another_run(
    data: Dataset, runs: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick(mlp([2, 8, 3], seed=0), data)
    edited = tmp_path / "sgd.py"
    edited.write_bytes(Path(str(sgd.__file__)).read_bytes() + b"\n# edited\n")
    monkeypatch.setattr(sgd, "__file__", str(edited))
    quick(mlp([2, 8, 3], seed=0), data)
    assert len(runs) == 2


class OwnLayer(nn.Linear):
    """A layer whose code a memo could not know."""


def test_runs_with_code_that_the_memo_cannot_know_are_always_computed(
    data: Dataset, runs: list[str], memo_folder: Path
) -> None:
    hooked = mlp([2, 8, 3], seed=0)
    hooked[0].register_forward_hook(lambda *args: None)
    own = nn.Sequential(OwnLayer(2, 8), nn.ReLU(), nn.Linear(8, 3))
    for _ in range(2):
        quick(hooked, data)
        quick(own, data)
        quick(mlp([2, 8, 3], seed=0), data, loss=lambda z, y: F.cross_entropy(z, y))
        quick(mlp([2, 8, 3], seed=0), data, loss=nn.CrossEntropyLoss(label_smoothing=0.1))
        quick(mlp([2, 8, 3], seed=0), data, callback=lambda *args: None)
        quick(mlp([2, 8, 3], seed=0), data, memo=False)
    assert len(runs) == 12
    assert not memo_folder.exists()


def test_a_damaged_entry_is_computed_again(
    data: Dataset, runs: list[str], memo_folder: Path
) -> None:
    first = quick(mlp([2, 8, 3], seed=0), data)
    (entry,) = memo_folder.glob("train-*.memo")
    entry.write_bytes(entry.read_bytes()[:-100])
    second = quick(mlp([2, 8, 3], seed=0), data)
    assert len(runs) == 2
    np.testing.assert_array_equal(first.loss, second.loss)


def test_without_a_writable_folder_the_run_is_computed_with_one_warning(
    data: Dataset, memo_folder: Path
) -> None:
    memo_folder.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match=r"cannot be kept in .*D2LMINI_CACHE") as caught:
        history = quick(mlp([2, 8, 3], seed=0), data)
    assert len(caught) == 1
    assert history.steps == 30


def test_two_processes_that_ask_for_the_same_run_compute_it_once(memo_folder: Path) -> None:
    script = (
        "import time\n"
        "import numpy as np\n"
        "from d2lmini import _loop, sgd, training\n"
        "from d2lmini.data.dataset import Dataset\n"
        "rng = np.random.default_rng(0)\n"
        "x = rng.random((100, 2), dtype=np.float32)\n"
        "y = (x[:, 0] > x[:, 1]).astype(np.int64)\n"
        "data = Dataset('toy', 'here', x, y, x, y)\n"
        "def run(*args, **options):\n"
        "    print('computed', flush=True)\n"
        "    time.sleep(0.5)\n"
        "    return _loop.run(*args, **options)\n"
        "training.run = run\n"
        "model = training.mlp([2, 4, 2], seed=0)\n"
        "training.train(model, data, eta=0.1, batch_size=10, max_steps=20)\n"
        "print(float(sum(p.sum() for p in model.parameters())))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(training.__file__).parents[1])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    outs = [p.communicate(timeout=120)[0].split() for p in processes]
    assert [p.returncode for p in processes] == [0, 0]
    assert sorted(len(out) for out in outs) == [1, 2]  # one of them computed
    assert outs[0][-1] == outs[1][-1]  # and both models are the same


@pytest.mark.parametrize("order", ["C", "F"])
def test_training_reads_the_data_where_they_are_and_leaves_them_alone(order: Any) -> None:
    """A copy of MNIST would be 188 MB for each run of a sweep."""
    x = np.asarray(np.random.default_rng(0).random((40, 3), dtype=np.float32), order=order)
    data = Dataset("line", "made up", x, x[:, 0], x[:5], x[:5, 0])
    before = x.copy()
    history = train(mlp([3, 1], seed=0), data, eta=0.1, beta=0.5, batch_size=10, max_steps=20)
    np.testing.assert_array_equal(x, before)
    assert history.steps == 20
    assert np.shares_memory(_loop._tensor(data.train_x).numpy(), x) == (order == "C")


# The experiment of the course


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    if not mnist_available():
        pytest.skip("MNIST is neither in D2LMINI_DATA nor in the cache folder")
    return load_mnist()


@pytest.mark.slow
def test_momentum_reaches_the_cost_of_a_tenth_in_a_fraction_of_the_minibatches(
    mnist: Dataset,
) -> None:
    """The run without momentum takes half a minute; its first 1,000 steps tell enough.

    The page has it whole, and a fair run with ten times the learning rate; nbval compares them.
    """
    momentum = train(mlp([784, 256, 256, 10], seed=0), mnist, eta=0.01, beta=0.9, until=0.1)
    plain = train(mlp([784, 256, 256, 10], seed=0), mnist, eta=0.01, max_steps=1000)
    assert momentum.steps_to(0.1) == pytest.approx(2940, abs=50)
    assert momentum.accuracy > 0.96
    assert plain.smoothed[-1] > 2 * momentum.smoothed[len(plain.smoothed) - 1]
