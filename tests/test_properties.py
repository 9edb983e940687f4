"""Whatever is passed to the public functions: a right answer, or an error that says what to do."""

from __future__ import annotations

import inspect
import linecache
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini import dialects
from hostile_values import ODDITIES
from public_calls import CALLS, EXEMPT, Call

LIBRARY = Path(d2l.__file__).parent
SECONDS = 20  # of the processor's time, for one call: far more than the slowest on a slow machine


class Hang(Exception):
    """A call took too long."""


@contextmanager
def limited() -> Iterator[None]:
    """Interrupt what takes longer than `SECONDS` of the processor's time.

    The alarm rings again every second: an exception that is raised while a callback of the garbage
    collector or of a weak reference runs is swallowed there.
    """
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return

    def stop(*_: Any) -> None:
        raise Hang(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def complaint(call: Call, name: str, arguments: dict[str, Any]) -> str:
    """Make a call; return what is wrong with its result or its error, or nothing."""
    try:
        with warnings.catch_warnings(), limited():
            warnings.simplefilter("error")
            result = call.function(**arguments)
    except Exception as error:
        return complaint_about(error, call, name)
    try:
        call.check(arguments, result)
    except Exception as error:
        return f"returned {str(result)[:80]}, but {type(error).__name__}: {str(error)[:160]}"
    return ""


def complaint_about(error: Exception, call: Call, name: str) -> str:
    """Say what an error lacks: a kind that is documented, a `raise` of ours, a name, a remedy."""
    text = f"{type(error).__name__}: {str(error)[:160]}"
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    assert frame is not None
    file = frame.tb_frame.f_code.co_filename
    if name in call.own and not Path(file).is_relative_to(LIBRARY):
        return ""  # a function of the reader's own
    statement = linecache.getline(file, frame.tb_lineno).strip()
    if name in call.own and re.search(rf"\b{name}\(", statement):
        return ""  # likewise, where it could not even be called
    if type(error) not in call.raises:
        return text
    if not Path(file).is_relative_to(LIBRARY) or not statement.startswith("raise"):
        return f"from {Path(file).name}: {statement} | {text}"
    if not re.search(rf"\b{call.called.get(name, name)}\b", str(error)):
        return f"does not name {name}: {text}"
    if not re.search(": | or ", str(error)):
        return f"no remedy: {text}"
    return ""


def parameters() -> list[Any]:
    return [
        pytest.param(call, name, id=f"{public}-{name}")
        for public, call in CALLS.items()
        for name in call.base()
    ]


@pytest.mark.parametrize(("call", "name"), parameters())
def test_an_odd_argument_gives_a_right_answer_or_an_error_that_names_it(
    call: Call, name: str
) -> None:
    found = {
        kind: text
        for kind, make in ODDITIES.items()
        if (text := complaint(call, name, call.base() | {name: make()}))
    }
    assert not found, "\n".join(f"{kind}: {text}" for kind, text in found.items())


@pytest.mark.parametrize("public", [name for name, call in CALLS.items() if call.valid])
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_valid_call_gives_the_right_answer(public: str, data: st.DataObject) -> None:
    call = CALLS[public]
    drawn = {name: data.draw(strategy, label=name) for name, strategy in call.valid.items()}
    arguments = call.base() | drawn
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = call.function(**arguments)
        except ValueError as error:
            # Shapes that do not broadcast, and what is too small or too large in combination.
            assert re.search("broadcast|too (small|large)|needs momentum > 0", str(error))
            return
    call.check(arguments, result)


def anything() -> st.SearchStrategy[Any]:
    """Draw numbers of any size and kind, alone or in any shape, and what is no number."""
    entries = st.one_of(st.floats(), st.integers(), st.floats(0, 1), st.fractions(), st.decimals())
    return st.one_of(
        entries,
        st.lists(entries, max_size=3),
        st.lists(st.lists(st.floats(0, 2), min_size=2, max_size=2), max_size=3),
        st.lists(entries, max_size=3).map(tuple),
        st.floats().map(np.array),
        st.integers(-128, 127).map(np.int8),
        st.floats(width=16).map(np.float16),
        st.text(max_size=3),
        st.none(),
        st.booleans(),
    )


NUMERIC = [name for name in CALLS if not name.startswith(("plot_", "train", "subplots"))]


@pytest.mark.parametrize("public", NUMERIC)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_arguments_at_once_give_a_right_answer_or_a_clear_error(
    public: str, data: st.DataObject
) -> None:
    call = CALLS[public]
    arguments = call.base()
    for name in arguments:
        if name not in call.own and name not in call.small and data.draw(st.booleans()):
            arguments[name] = data.draw(anything(), label=name)
    words = "|".join(call.called.get(name, name) for name in arguments)
    found = complaint(call, f"({words})", arguments)
    assert not found


# What must hold between one call and another -----------------------------------------------------


def public_callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    for owner, prefix in ((d2l, ""), (dialects, "dialects.")):
        for name in owner.__all__:
            thing = getattr(owner, name)
            if not callable(thing):
                continue  # a submodule
            if inspect.isclass(thing):
                for attribute, value in vars(thing).items():
                    if inspect.isfunction(value) and not attribute.startswith("_"):
                        yield f"{prefix}{name}.{attribute}", value
            yield prefix + name, thing


def test_every_public_name_is_tested_with_odd_arguments() -> None:
    missing = []
    for name, thing in public_callables():
        if name in EXEMPT:
            continue
        needed = set(inspect.signature(thing).parameters) - {"self", "kwargs", "fields"}
        if name == "History":
            needed = {"loss", "smoothed"}  # the rest is only kept
        if needed and (name not in CALLS or not needed <= set(CALLS[name].base())):
            missing.append(name)
    assert not missing, f"add to tests/public_calls.py: {', '.join(missing)}"


def test_classes_are_numbered_from_zero() -> None:
    arguments = CALLS["Dataset"].base()
    with pytest.raises(ValueError, match=r"test_y needs classes from 0 on, got -1: "):
        d2l.Dataset(**arguments | {"test_y": arguments["test_y"] - 1})


def test_a_run_leaves_the_arrays_of_its_caller_as_they_were() -> None:
    cost = np.array([2.0, 1.0])
    options = {"steps": 2, "eta": 0.1, "beta": 0.0, "accuracy": None, "seconds": 1.0, "data": "toy"}
    history = d2l.History(loss=cost, smoothed=cost, **options)
    cost[0] = 5.0  # neither read-only now nor shared
    assert history.loss[0] == 2.0


def test_the_exempt_are_public_and_have_a_reason() -> None:
    names = {name for name, _ in public_callables()}
    assert set(EXEMPT) <= names
    assert all(EXEMPT.values())
    assert not set(EXEMPT) & set(CALLS)


RATES: list[Callable[..., Any]] = [
    d2l.convergence_rate,
    d2l.is_stable,
    d2l.damping,
    d2l.iteration_matrix,
]
some = st.floats(-20, 20)
rates = st.floats(0, 3)
momenta = st.floats(0, 1.5)


@pytest.mark.parametrize("function", RATES)
@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    lams=st.lists(some, min_size=1, max_size=3),
    etas=st.lists(rates, min_size=1, max_size=3),
    betas=st.lists(momenta, min_size=1, max_size=3),
)
def test_many_settings_at_once_are_each_of_them_alone(
    function: Callable[..., Any], lams: list[float], etas: list[float], betas: list[float]
) -> None:
    together = function(
        np.array(lams)[:, None, None], eta=np.array(etas)[:, None], beta=np.array(betas)
    )
    for i, lam in enumerate(lams):
        for j, eta in enumerate(etas):
            for k, beta in enumerate(betas):
                np.testing.assert_array_equal(
                    together[i, j, k], function(lam, eta=eta, beta=beta), strict=False
                )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(lam=some, eta=rates, beta=momenta, power=st.integers(-300, 300))
def test_only_the_product_of_rate_and_curvature_counts(
    lam: float, eta: float, beta: float, power: int
) -> None:
    scale = 2.0**power  # a power of two, so that nothing is rounded
    lam, eta = float(np.float32(lam)), float(np.float32(eta))
    for function in (d2l.convergence_rate, d2l.is_stable, d2l.damping):
        scaled = function(lam * scale, eta=eta / scale, beta=beta)
        assert scaled == function(lam, eta=eta, beta=beta)


def rotation(seed: int, d: int) -> np.ndarray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))
    return q * np.sign(np.diag(r))


@pytest.mark.parametrize("method", [d2l.gradient_descent, d2l.momentum, d2l.nesterov])
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    lams=st.lists(st.floats(0.05, 3), min_size=2, max_size=4),
    beta=st.floats(0, 0.95),
    seed=st.integers(0, 999),
)
def test_a_turned_and_shifted_problem_has_a_turned_and_shifted_run(
    method: Callable[..., Any], lams: list[float], beta: float, seed: int
) -> None:
    d = len(lams)
    random = np.random.default_rng(seed)
    turn, shift, start = rotation(seed, d), random.normal(size=d), random.normal(size=d)
    upright = d2l.Quadratic(lams)
    curvature = turn @ np.diag(lams) @ turn.T
    turned = d2l.Quadratic(curvature, -curvature @ shift)
    options = {"eta": 0.5, "steps": 30} | ({} if method is d2l.gradient_descent else {"beta": beta})
    straight = method(upright.grad, start, **options)
    tilted = method(turned.grad, turn @ start + shift, **options)
    np.testing.assert_allclose(tilted.x, straight.x @ turn.T + shift, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(tilted.v, straight.v @ turn.T, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(turned.eigenvalues, sorted(lams), atol=1e-12)
    np.testing.assert_allclose(turned.value(turn @ start + shift) - turned.minimum,
                               upright.value(start), atol=1e-11)  # fmt: skip


@pytest.mark.parametrize("method", [d2l.gradient_descent, d2l.momentum, d2l.nesterov])
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    lams=st.lists(st.floats(-1, 3), min_size=2, max_size=5),
    order=st.randoms(use_true_random=False),
    power=st.integers(-40, 40),
)
def test_coordinates_in_another_order_and_other_units_make_the_same_run(
    method: Callable[..., Any], lams: list[float], order: Any, power: int
) -> None:
    shuffled = list(range(len(lams)))
    order.shuffle(shuffled)
    start = np.linspace(-2, 3, len(lams))
    options = {"eta": 0.3, "steps": 25} | ({} if method is d2l.gradient_descent else {"beta": 0.75})
    run = method(d2l.Quadratic(lams).grad, start, **options)
    other = d2l.Quadratic([lams[i] for i in shuffled])
    again = method(other.grad, start[shuffled] * 2.0**power, **options)
    np.testing.assert_array_equal(again.x, run.x[:, shuffled] * 2.0**power)
    assert again.diverged == run.diverged


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    first=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8),
    beta=st.floats(0, 0.99),
    factor=st.floats(-100, 100),
)
def test_averages_are_linear_and_know_nothing_of_the_future(
    first: list[float], beta: float, factor: float
) -> None:
    g = np.array(first)
    size = 1e-12 * (1 + np.abs(g).max()) * 100 * (1 + abs(factor))
    for average in (d2l.leaky_average, d2l.ema):
        whole = average(g, beta)
        np.testing.assert_array_equal(whole[: len(g) // 2], average(g[: len(g) // 2], beta))
        np.testing.assert_allclose(average(factor * g, beta), factor * whole, rtol=0, atol=size)
    kernel = d2l.weights(beta, len(g))
    for t in range(len(g)):
        expected = kernel[: t + 1] @ g[: t + 1][::-1]
        assert d2l.leaky_average(g, beta)[t] == pytest.approx(expected, abs=size)


# Rates, optima and floors against grids, long runs and simulations -------------------------------


def test_no_setting_of_a_fine_grid_beats_the_optima() -> None:
    for low, high in ((0.2, 4.0), (1.0, 1.0), (1.0, 1.01), (1e-4, 1.0), (7.0, 5000.0)):
        ends = np.array([low, high])[:, None, None]
        # As fine near the optimum as far from it.
        best_eta, best_beta = d2l.optimal_eta_beta(low, high)
        near_eta = best_eta * np.linspace(0.9, 1.1, 201)
        etas = np.concatenate([np.linspace(0, 4 / high, 401), near_eta])
        near = np.clip(best_beta + np.linspace(-0.05, 0.05, 201), 0, 1)
        betas = np.concatenate([np.linspace(0, 1, 401), near])
        rates = d2l.convergence_rate(ends, eta=etas, beta=betas[:, None]).max(axis=0)
        assert rates.min() >= np.sqrt(best_beta) - 1e-12
        plain = d2l.convergence_rate(ends[:, :, 0], eta=etas).max(axis=0)
        kappa = high / low
        assert plain.min() >= (kappa - 1) / (kappa + 1) - 1e-12
        # Between the ends no curvature is slower.
        between = np.geomspace(low, high, 301)
        rates = d2l.convergence_rate(between, eta=best_eta, beta=best_beta)
        # At a double root a rounded product moves the rate by the root of its rounding.
        assert rates.max() <= np.sqrt(best_beta) + 1e-7


def test_the_rate_is_the_spectral_radius_on_a_fine_grid_with_its_double_roots() -> None:
    beta = np.linspace(0, 1.2, 121)
    root = np.sqrt(beta)
    for lam in (0.2, 1.0, 4.0):
        pull = np.concatenate([np.broadcast_to(np.linspace(0, 5, 201)[:, None], (201, 121)),
                               [(1 - root) ** 2, (1 + root) ** 2]])  # fmt: skip
        eta = pull / lam
        matrix = np.empty((*eta.shape, 2, 2))
        matrix[..., 0, 0], matrix[..., 0, 1] = beta, lam
        matrix[..., 1, 0], matrix[..., 1, 1] = -eta * beta, 1 - eta * lam
        radius = np.abs(np.linalg.eigvals(matrix)).max(axis=-1)
        np.testing.assert_allclose(
            d2l.convergence_rate(lam, eta=eta, beta=beta), radius, atol=1e-7, rtol=1e-7
        )


@pytest.mark.parametrize("beta", [5e-324, 1e-300, 1e-40, 1e-17, 1e-10])
def test_the_rate_at_a_step_that_fits_is_the_root_of_very_little_momentum(beta: float) -> None:
    assert d2l.convergence_rate(1.0, eta=1.0, beta=beta) == pytest.approx(np.sqrt(beta), rel=1e-14)


def test_the_mean_of_the_largest_floats_is_no_larger() -> None:
    beta = np.random.default_rng(0).random(2000)
    g = np.full((6, 1), np.finfo(np.float64).max)
    for debias in (False, True):
        assert np.isfinite(d2l.ema(g, beta, debias=debias)).all()


@pytest.mark.parametrize("beta", [0.0, 0.2, 0.5, 0.9, 0.97])
def test_the_rate_is_the_decay_of_a_long_run(beta: float) -> None:
    for pull in np.linspace(0.05, 2 * (1 + beta) * 0.98, 9):
        rate = float(d2l.convergence_rate(1.0, eta=pull, beta=beta))
        trace = d2l.momentum(lambda x: x, 1.0, eta=pull, beta=beta, steps=3000)
        size = np.hypot(trace.x[:, 0], pull * trace.v[:, 0])
        steps = np.arange(len(size))
        last = steps[size > 1e-280][-1]  # before it is lost among the subnormal numbers
        if rate < 1e-8 or last < 8:
            continue
        middle = last // 2
        shown = np.exp(np.log(size[last] / size[middle]) / (last - middle))
        # A swing leaves a factor between the two ends, of which the long root is taken.
        assert shown == pytest.approx(rate, rel=6 / (last - middle))


@pytest.mark.parametrize(
    ("lam", "eta", "beta"),
    [(0.2, 1.0, 0.5), (1.0, 0.1, 0.0), (1.0, 1.9, 0.0), (1.0, 0.5, 0.8), (4.0, 0.8, 0.7)],
)
@pytest.mark.parametrize("seed", [11, 12])
def test_the_floor_is_the_variance_of_a_simulation_within_its_standard_error(
    lam: float, eta: float, beta: float, seed: int
) -> None:
    paths = 20_000
    runs = d2l.noisy_descent(
        lambda x: lam * x, 0.0, eta=eta, beta=beta, sigma=1.5, steps=150, paths=paths, seed=seed
    )
    floor = d2l.noise_floor(lam, eta=eta, beta=beta, sigma=1.5)
    error = floor * np.sqrt(2 / (paths - 1))  # of the variance of so many normal numbers
    assert abs(runs.variance[-1, 0] - floor) <= 4 * error
