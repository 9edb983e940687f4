"""Trajectories against PyTorch's own optimizer, and what a run says about itself."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini.iterate import count_steps

RAVINE = d2l.ravine()
START = (-5, -2)

# One table of problems and starting points; every method runs on every row.
PROBLEMS: dict[str, tuple[Callable, list[float]]] = {
    "ravine": (RAVINE.grad, [-5.0, -2.0]),
    "coupled": (d2l.Quadratic([[2, 1], [1, 2]], [-3, 1]).grad, [4.0, -1.0]),
    "one variable": (d2l.Quadratic([3], [1]).grad, [2.0]),
    "many eigenvalues": (d2l.Quadratic(2.0 ** -np.arange(8)).grad, [1.0] * 8),
    "well": (lambda x: x * np.exp(-(x**2) / 2), [1.7, -0.4]),
}
SETTINGS = [(0.01, 0.0), (0.1, 0.0), (0.4, 0.0), (0.1, 0.5), (0.3, 0.25), (0.02, 0.9), (0.1, 0.99)]


def torch_sgd(
    grad: Callable, x0: list[float], eta: float, beta: float, steps: int, nesterov: bool = False
) -> np.ndarray:
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=eta, momentum=beta, nesterov=nesterov)
    path = [np.array(x0)]
    for _ in range(steps):
        x.grad = torch.from_numpy(np.array(grad(x.detach().numpy())))
        optimizer.step()
        path.append(x.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("eta", "beta"), SETTINGS)
def test_momentum_makes_the_steps_of_torch_sgd(problem: str, eta: float, beta: float) -> None:
    grad, x0 = PROBLEMS[problem]
    trace = d2l.momentum(grad, x0, eta=eta, beta=beta, steps=200)
    expected = torch_sgd(grad, x0, eta, beta, 200)
    scale = np.abs(expected).max(axis=1, keepdims=True)  # per step: paths shrink by decades
    assert (np.abs(trace.x - expected) <= 1e-12 * scale + 1e-15).all()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("eta", "beta"), [pair for pair in SETTINGS if pair[1] > 0])
def test_nesterov_makes_the_steps_of_torch_sgd(problem: str, eta: float, beta: float) -> None:
    grad, x0 = PROBLEMS[problem]
    trace = d2l.nesterov(grad, x0, eta=eta, beta=beta, steps=200)
    expected = torch_sgd(grad, x0, eta, beta, 200, nesterov=True)
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(trace.x - expected) <= 1e-12 * scale + 1e-15).all()
    assert trace.method == "nesterov"


@pytest.mark.parametrize("problem", PROBLEMS)
def test_nesterov_looks_ahead(problem: str) -> None:
    """His own form: the gradient where the velocity is about to lead, the step from where it is."""
    grad, x0 = PROBLEMS[problem]
    eta, beta = 0.05, 0.8
    trace = d2l.nesterov(grad, x0, eta=eta, beta=beta, steps=50)
    y, v = np.array(x0), np.zeros(len(x0))
    for x, velocity in zip(trace.x, trace.v, strict=True):
        ahead = y - eta * beta * v
        np.testing.assert_allclose(x, ahead, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(velocity, v, rtol=1e-10, atol=1e-13)
        v = beta * v + grad(ahead)
        y = y - eta * v


@pytest.mark.parametrize("problem", PROBLEMS)
def test_nesterov_without_memory_is_gradient_descent(problem: str) -> None:
    grad, x0 = PROBLEMS[problem]
    plain = d2l.gradient_descent(grad, x0, eta=0.1, steps=50, decay=0.9)
    still = d2l.nesterov(grad, x0, eta=0.1, beta=0, steps=50, decay=0.9)
    np.testing.assert_array_equal(plain.x, still.x)


def test_nesterov_decays_eta_after_each_step() -> None:
    t = d2l.nesterov(RAVINE.grad, START, eta=0.1, beta=0.5, steps=30, decay=0.95)
    g = RAVINE.grad(t.x[:-1])
    np.testing.assert_allclose(t.v[1:], 0.5 * t.v[:-1] + g, rtol=1e-12, atol=1e-15)
    etas = 0.1 * 0.95 ** np.arange(30)[:, None]
    np.testing.assert_allclose(t.x[1:], t.x[:-1] - etas * (g + 0.5 * t.v[1:]), rtol=1e-12)
    assert (t.eta, t.beta, t.decay, t.steps) == (0.1, 0.5, 0.95, 30)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_gradient_descent_is_momentum_without_memory(problem: str) -> None:
    grad, x0 = PROBLEMS[problem]
    plain = d2l.gradient_descent(grad, x0, eta=0.1, steps=50)
    still = d2l.momentum(grad, x0, eta=0.1, beta=0, steps=50)
    np.testing.assert_array_equal(plain.x, still.x)
    np.testing.assert_array_equal(plain.v, still.v)
    assert (plain.method, still.method) == ("gd", "momentum")
    assert plain.beta == still.beta == 0


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_trace_satisfies_the_update_rule(beta: float) -> None:
    t = d2l.momentum(RAVINE.grad, START, eta=0.1, beta=beta, steps=30, decay=0.95)
    assert t.x.shape == t.v.shape == (31, 2)
    np.testing.assert_array_equal(t.x[0], START)
    np.testing.assert_array_equal(t.v[0], 0)
    np.testing.assert_allclose(t.v[1:], beta * t.v[:-1] + RAVINE.grad(t.x[:-1]), rtol=1e-14)
    etas = 0.1 * 0.95 ** np.arange(30)[:, None]
    np.testing.assert_allclose(t.x[1:], t.x[:-1] - etas * t.v[1:], rtol=1e-12)
    assert (t.eta, t.beta, t.decay, t.steps) == (0.1, beta, 0.95, 30)
    np.testing.assert_array_equal(t.final, t.x[-1])


def test_the_numbers_of_the_course() -> None:
    slow = d2l.gradient_descent(RAVINE.grad, START, eta=0.4, steps=20)
    np.testing.assert_allclose(slow.final, [-0.943467, -0.000073], atol=5e-7)
    thrown = d2l.gradient_descent(RAVINE.grad, START, eta=0.6, steps=20)
    np.testing.assert_allclose(thrown.final, [-0.387814, -1673.37], rtol=3e-6)
    half = d2l.momentum(RAVINE.grad, START, eta=0.6, beta=0.5, steps=20)
    np.testing.assert_allclose(half.final, [0.007188, 0.002553], atol=5e-7)
    quarter = d2l.momentum(RAVINE.grad, START, eta=0.6, beta=0.25, steps=20)
    np.testing.assert_allclose(quarter.final, [-0.126340, -0.186632], atol=5e-7)


@pytest.mark.parametrize("start", [(-5, -2), [-5, -2], np.array([-5, -2]), np.float32([-5, -2])])
def test_any_sequence_of_numbers_is_a_start(start: object) -> None:
    trace = d2l.gradient_descent(RAVINE.grad, start, eta=0.4, steps=20)  # type: ignore[arg-type]
    assert trace.x.dtype == np.float64
    np.testing.assert_allclose(trace.final, [-0.943467, -0.000073], atol=5e-7)


@pytest.mark.parametrize("start", [4, 4.0, np.array(4), np.float32(4), [4]])
@pytest.mark.parametrize("shape", ["array", "float"])
def test_a_number_starts_a_run_in_one_variable(start: object, shape: str) -> None:
    grad = (lambda x: 2 * x) if shape == "array" else (lambda x: 2 * float(x[0]))
    trace = d2l.momentum(grad, start, eta=0.1, beta=0.5, steps=3)  # type: ignore[arg-type]
    assert trace.x.shape == (4, 1)
    assert trace.x[1, 0] == pytest.approx(3.2)


def test_a_gradient_may_return_its_one_number_in_any_shape() -> None:
    for steps in range(1, 40):
        runs = [
            d2l.momentum(grad, 4, eta=0.2, beta=0.95, steps=steps)
            for grad in (lambda x: 3 * x, lambda x: 3 * float(x[0]), lambda x: [[3 * x[0]]])
        ]
        for other in runs[1:]:
            np.testing.assert_array_equal(other.x, runs[0].x)
            np.testing.assert_array_equal(other.v, runs[0].v)
            assert other.diverged == runs[0].diverged == (abs(other.final[0]) > 4)


def test_hyperparameters_may_be_numpy_numbers() -> None:
    trace = d2l.momentum(
        RAVINE.grad, START, eta=np.float32(0.5), beta=np.array(0.25), steps=np.int64(3), decay=1
    )
    assert trace.steps == 3
    assert all(type(number) is float for number in (trace.eta, trace.beta, trace.decay))


def test_no_steps_leave_the_start() -> None:
    trace = d2l.gradient_descent(RAVINE.grad, START, eta=0.4, steps=0)
    np.testing.assert_array_equal(trace.x, [START])
    assert not trace.diverged


def test_no_steps_ask_for_no_gradient() -> None:
    def never(x: np.ndarray) -> np.ndarray:
        raise AssertionError("asked for a gradient")

    np.testing.assert_array_equal(d2l.nesterov(never, 3, eta=1, beta=0.5, steps=0).x, [[3]])


def test_one_gradient_is_taken_at_every_point_of_the_trace() -> None:
    seen = []

    def watched(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        return RAVINE.grad(x)

    trace = d2l.momentum(watched, START, eta=0.1, beta=0.5, steps=5)
    np.testing.assert_array_equal(seen, trace.x)


def test_decay_of_zero_allows_one_step() -> None:
    trace = d2l.gradient_descent(lambda x: x, 5, eta=2.5, steps=5, decay=0)
    np.testing.assert_array_equal(trace.x[:, 0], [5, -7.5, -7.5, -7.5, -7.5, -7.5])


# Divergence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eta", "beta", "steps", "diverged"),
    [
        (0.4, 0, 20, False),
        (0.49, 0, 20, False),
        (0.51, 0, 20, True),
        (0.6, 0, 5, True),
        (0.6, 0, 20, True),
        (0.6, 0.25, 20, False),
        (0.6, 0.5, 20, False),
        (0.6, 0.5, 2000, False),
        (0.8, 0.5, 20, True),  # beyond 2 (1 + beta) / lam = 0.75
        (0.0, 0.5, 20, False),
    ],
)
def test_diverged_tells_whether_the_run_ended_higher_than_it_began(
    eta: float, beta: float, steps: int, diverged: bool
) -> None:
    trace = d2l.momentum(RAVINE.grad, START, eta=eta, beta=beta, steps=steps)
    assert trace.diverged is diverged
    assert trace.diverged == (RAVINE.value(trace.final) > RAVINE.value(START))
    assert not trace.overflowed


@given(
    eta=st.floats(0, 3),
    beta=st.floats(0, 0.99),
    steps=st.integers(0, 60),
    start=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=2),
    lams=st.lists(st.floats(-3, 3), min_size=2, max_size=2),
)
@settings(max_examples=300, deadline=None)
def test_diverged_is_exact_for_quadratics(
    eta: float, beta: float, steps: int, start: list, lams: list
) -> None:
    f = d2l.Quadratic(lams, [0.5, -1])
    trace = d2l.momentum(f.grad, start, eta=eta, beta=beta, steps=steps)
    values = f.value(trace.x)
    if not np.isfinite(values).all():
        return
    change, size = values[-1] - values[0], np.abs(np.diff(values)).sum()
    # Where rounding decides, either answer is right.
    if abs(change) > 1e-6 * (size + np.abs(values).max()):
        assert trace.diverged == (change > 0)


def test_overflow_ends_the_trace_at_the_last_finite_point() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = d2l.gradient_descent(RAVINE.grad, START, eta=0.6, steps=5000)
    assert trace.diverged
    assert trace.overflowed
    assert 2000 < trace.steps < 2200  # 1.4 ** 2104 is about 1e307
    assert len(trace.x) == len(trace.v) == trace.steps + 1
    assert np.isfinite(trace.x).all()
    assert np.isfinite(trace.v).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_gradient_that_is_not_finite_is_a_divergence(bad: float) -> None:
    trace = d2l.gradient_descent(lambda x: x if x[0] > 1 else x * bad, 8, eta=0.5, steps=10)
    np.testing.assert_array_equal(trace.x[:, 0], [8, 4, 2, 1])
    assert trace.overflowed
    assert trace.diverged


@pytest.mark.parametrize("lam", [0.1, 0.3, 0.7, 1.1, 1.9, 2.3])
def test_bouncing_for_ever_at_one_height_is_no_divergence(lam: float) -> None:
    """For eta = 2 / lam the two sides of the valley take turns, up to rounding, up or down."""
    f = d2l.Quadratic([lam, 0])
    for start in (1.0, 1 / 3, 0.7, 0.1):
        for steps in (1, 2, 7, 50):
            trace = d2l.gradient_descent(f.grad, [start, 1], eta=2 / lam, steps=steps)
            assert np.abs(trace.x[:, 0]) == pytest.approx(start)
            assert not trace.diverged
            above, below = (  # by far less than a picture shows, by far more than rounding
                d2l.gradient_descent(f.grad, [start, 1], eta=share * 2 / lam, steps=steps)
                for share in (1 + 1e-7, 1 - 1e-7)
            )
            assert above.diverged
            assert not below.diverged


def test_height_is_compared_without_overflow() -> None:
    """Heights of 1e500 and 1e-500 are no floats, but which one is the higher is plain."""
    for start, eta, diverged in ((1, 11, True), (1e250, 0.9, False), (1e-250, 11, True)):
        trace = d2l.gradient_descent(lambda x: x, start, eta=eta, steps=250)
        assert not trace.overflowed
        assert trace.diverged == diverged


def test_crossing_a_plateau_is_no_divergence() -> None:
    def well(x: np.ndarray) -> np.ndarray:
        return x * np.exp(-(x**2) / 2)

    trace = d2l.gradient_descent(well, 4, eta=0.4, steps=555)
    assert np.abs(well(trace.final)) > 100 * np.abs(well(trace.x[0]))  # steeper than ever, and yet
    assert not trace.diverged


# Bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"beta": 1.2},
            ValueError,
            r"^momentum needs 0 <= beta < 1, got beta=1\.2: "
            r"with beta >= 1 past gradients never fade$",
        ),
        ({"beta": 1}, ValueError, r"got beta=1: with beta >= 1"),
        ({"beta": -0.1}, ValueError, r"got beta=-0\.1: with beta < 0"),
        ({"beta": math.nan}, ValueError, r"beta must be a finite number with 0 <= beta < 1"),
        ({"beta": "0.9"}, TypeError, r"beta must be a number with 0 <= beta < 1, got '0\.9'"),
        ({"beta": [0.5, 0.9]}, TypeError, r"beta must be one number"),
        ({"beta": None}, TypeError, r"beta must be a number"),
        ({"beta": True}, TypeError, r"beta must be a number"),
        ({"eta": -0.1}, ValueError, r"eta must be >= 0, got eta=-0\.1"),
        ({"eta": math.inf}, ValueError, r"eta must be a finite number"),
        ({"eta": 10**400}, ValueError, r"eta must be a finite number"),
        ({"eta": 1j}, TypeError, r"eta must be one number"),
        ({"steps": -1}, ValueError, r"steps must be a whole number >= 0, got steps=-1"),
        ({"steps": 20.0}, TypeError, r"steps must be a whole number >= 0, got 20\.0"),
        ({"steps": True}, TypeError, r"steps must be a whole number"),
        ({"steps": None}, TypeError, r"steps must be a whole number"),
        ({"decay": 1.1}, ValueError, r"decay must be between 0 and 1, got decay=1\.1"),
        ({"decay": -0.5}, ValueError, r"decay must be between 0 and 1, got decay=-0\.5"),
        ({"x0": [math.nan, 1]}, ValueError, r"x0 must be finite"),
        ({"x0": [[1, 2]]}, ValueError, r"one point of shape \(d,\), got shape \(1, 2\)"),
        ({"x0": []}, ValueError, r"one point of shape \(d,\)"),
        ({"x0": "origin"}, TypeError, r"x0 must hold real numbers"),
        ({"grad": None}, TypeError, r"grad must be a function of x"),
        (
            {"grad": RAVINE.value},
            ValueError,
            r"grad must return the shape of x, \(2,\), got shape \(\): a gradient has one entry "
            r"per coordinate \(was f passed in place of its gradient\?\)$",
        ),
        ({"grad": lambda x: "down"}, TypeError, r"grad must return 2 real numbers"),
        ({"grad": lambda x: None}, TypeError, r"grad must return 2 real numbers"),
    ],
)
def test_bad_arguments_are_named(change: dict, error: type[Exception], message: str) -> None:
    arguments = {"grad": RAVINE.grad, "x0": START, "eta": 0.1, "beta": 0.5, "steps": 3, **change}
    with pytest.raises(error, match=message):
        d2l.momentum(**arguments)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("beta", r"a finite number with 0 <= beta < 1, got nan: 0\.9 is a usual value"),
        ("eta", r"a finite number with eta >= 0, got nan: 0\.1 is a place to start"),
        ("decay", r"a finite number with 0 <= decay <= 1, got nan: decay=1 keeps eta as it is"),
    ],
)
def test_errors_say_what_to_pass_instead(name: str, message: str) -> None:
    arguments = {"eta": 0.1, "beta": 0.5, "steps": 3, "decay": 1, name: math.nan}
    with pytest.raises(ValueError, match=rf"^{name} must be {message}$"):
        d2l.nesterov(RAVINE.grad, START, **arguments)
    with pytest.raises(TypeError, match=r"got '-': pass for example steps=20$"):
        d2l.nesterov(RAVINE.grad, START, eta=0.1, beta=0.5, steps="-")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r": pass a starting point such as \[-5, -2\]$"):
        d2l.nesterov(RAVINE.grad, [math.nan], eta=0.1, beta=0.5, steps=3)


numbers = st.one_of(
    st.floats(), st.integers(), st.text(max_size=3), st.none(), st.booleans(), st.complex_numbers(),
    st.lists(st.floats(), max_size=2), st.just(10**400), st.just(np.float64("nan")),
)  # fmt: skip


@given(
    eta=numbers,
    beta=numbers,
    decay=numbers,
    x0=st.one_of(numbers, st.lists(st.floats(), max_size=3)),
    steps=st.one_of(st.integers(-5, 50), st.floats(), st.text(max_size=2)),
)
@settings(max_examples=300, deadline=None)
def test_any_argument_gives_a_trace_or_a_clear_error(
    eta: object, beta: object, decay: object, x0: object, steps: object
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            trace = d2l.momentum(
                lambda x: 2 * x,
                x0,
                eta=eta,
                beta=beta,
                steps=steps,
                decay=decay,  # type: ignore[arg-type]
            )
        except (ValueError, TypeError) as error:
            assert str(error).startswith(("eta", "beta", "momentum", "decay", "x0", "steps"))
            assert ": " in str(error)  # what to do
        else:
            assert np.isfinite(trace.x).all()
            assert isinstance(trace.diverged, bool)


@given(
    eta=st.floats(0, 1e308),
    beta=st.floats(0, 1, exclude_max=True),
    x0=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
    steps=st.integers(0, 30),
)
@settings(max_examples=300, deadline=None)
def test_huge_numbers_overflow_without_a_warning(
    eta: float, beta: float, x0: list, steps: int
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = d2l.momentum(RAVINE.grad, x0, eta=eta, beta=beta, steps=steps)
    assert np.isfinite(trace.x).all()
    assert np.isfinite(trace.v).all()
    assert trace.steps == steps or trace.overflowed


# The result -------------------------------------------------------------------------------------


def test_a_gradient_that_works_in_place_does_not_alter_the_trace() -> None:
    def careless(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    expected = d2l.gradient_descent(lambda x: 2 * x, [1, 2], eta=0.1, steps=5)
    trace = d2l.gradient_descent(careless, [1, 2], eta=0.1, steps=5)
    np.testing.assert_array_equal(trace.x, expected.x)


def test_nothing_of_a_trace_can_be_changed() -> None:
    trace = d2l.gradient_descent(RAVINE.grad, START, eta=0.4, steps=3)
    with pytest.raises(AttributeError):
        trace.diverged = True  # type: ignore[misc]
    for array in (trace.x, trace.v, trace.final):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_hyperparameters_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        d2l.gradient_descent(RAVINE.grad, START, 0.4, 20)  # type: ignore[misc]


def test_repr_is_short_and_says_how_it_ended() -> None:
    trace = d2l.momentum(RAVINE.grad, START, eta=0.8, beta=0.5, steps=3, decay=0.9)
    assert repr(trace).startswith("Trace(momentum, eta=0.8, beta=0.5, decay=0.9, steps=3, final=[")
    many = d2l.gradient_descent(lambda x: x, np.ones(9), eta=0.1, steps=1)
    assert repr(many) == "Trace(gd, eta=0.1, steps=1, final=[0.9, 0.9, 0.9, ...])"
    look = d2l.nesterov(lambda x: x, 1, eta=0.5, beta=0.5, steps=1)
    assert repr(look) == "Trace(nesterov, eta=0.5, beta=0.5, steps=1, final=[0.25])"
    three = d2l.gradient_descent(lambda x: x, np.ones(3), eta=0.5, steps=1)
    assert repr(three) == "Trace(gd, eta=0.5, steps=1, final=[0.5, 0.5, 0.5])"
    four = d2l.gradient_descent(lambda x: x, np.ones(4), eta=0.5, steps=1)
    assert repr(four) == "Trace(gd, eta=0.5, steps=1, final=[0.5, 0.5, 0.5, ...])"
    worse = d2l.gradient_descent(lambda x: x, 1, eta=3, steps=2)
    assert repr(worse) == "Trace(gd, eta=3, steps=2, final=[4], diverged)"


def test_errors_name_the_method_that_was_called() -> None:
    with pytest.raises(
        ValueError, match=r"^nesterov needs 0 <= beta < 1, got beta=1: with beta >="
    ):
        d2l.nesterov(RAVINE.grad, START, eta=0.1, beta=1, steps=3)
    with pytest.raises(
        ValueError, match=r"^nesterov needs 0 <= beta < 1, got beta=-0\.5: with beta <"
    ):
        d2l.nesterov(RAVINE.grad, START, eta=0.1, beta=-0.5, steps=3)


# By eigenmode -----------------------------------------------------------------------------------

SPINS = [
    d2l.Quadratic([4, 0.2, 1], [1, 2, 3]),
    d2l.Quadratic([[2, 1], [1, 2]], [-3, 1]),
    d2l.Quadratic([[1, 2, 0], [2, -1, 1], [0, 1, 3]], [0, 1, 0]),  # a saddle
]


@pytest.mark.parametrize("f", SPINS)
@pytest.mark.parametrize("method", [d2l.momentum, d2l.nesterov])
def test_each_eigenmode_goes_its_own_way(f: d2l.Quadratic, method: Callable) -> None:
    x0 = np.arange(f.dim) + 2.0
    errors = d2l.eigenmode_errors(method(f.grad, x0, eta=0.1, beta=0.6, steps=40), f)
    assert errors.shape == (41, f.dim)
    for i, lam in enumerate(f.eigenvalues):
        start = f.eigenvectors[:, i] @ (x0 - f.stationary)
        alone = method(d2l.Quadratic([lam]).grad, start, eta=0.1, beta=0.6, steps=40)
        # Each error is a sum, rounded as its largest term is: beside a mode that grows, too.
        tolerance = 1e-12 * errors.max()
        np.testing.assert_allclose(errors[:, i], np.abs(alone.x[:, 0]), rtol=1e-8, atol=tolerance)


@pytest.mark.parametrize("f", SPINS)
def test_the_eigenmodes_add_up_to_the_distance(f: d2l.Quadratic) -> None:
    trace = d2l.gradient_descent(f.grad, np.ones(f.dim), eta=0.1, steps=20)
    distance = np.linalg.norm(trace.x - f.stationary, axis=1)
    modes = np.linalg.norm(d2l.eigenmode_errors(trace, f), axis=1)
    np.testing.assert_allclose(modes, distance, rtol=1e-12)


def test_eigenmodes_of_gradient_descent_decay_by_their_own_factors() -> None:
    lams = 2.0 ** -np.arange(6)
    trace = d2l.gradient_descent(d2l.Quadratic(lams).grad, np.ones(6), eta=1.5, steps=30)
    expected = np.abs(1 - 1.5 * np.sort(lams)) ** np.arange(31)[:, None]
    np.testing.assert_allclose(
        d2l.eigenmode_errors(trace, d2l.Quadratic(lams)), expected, rtol=1e-9
    )


def test_what_has_no_eigenmodes_is_refused() -> None:
    trace = d2l.gradient_descent(RAVINE.grad, START, eta=0.4, steps=3)
    with pytest.raises(
        ValueError, match=r"as the trace, got 1 and 2: pass the function that was min\w+$"
    ):
        d2l.eigenmode_errors(trace, d2l.Quadratic([1]))
    with pytest.raises(ValueError, match=r"eigenvalue 0"):
        d2l.eigenmode_errors(trace, d2l.Quadratic([0, 1]))
    with pytest.raises(TypeError, match=r"f must be a Quadratic"):
        d2l.eigenmode_errors(trace, RAVINE.grad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"trace must be a Trace"):
        d2l.eigenmode_errors(trace.x, RAVINE)  # type: ignore[arg-type]


def test_more_steps_than_memory_could_hold_are_refused_at_once() -> None:
    # Asked on its own first: a limit that does not hold would fill the memory below.
    assert count_steps(10_000_000) == 10_000_000
    with pytest.raises(ValueError, match="steps must be at most"):
        count_steps(10_000_001)
    for method in (d2l.momentum, d2l.nesterov):
        with pytest.raises(ValueError, match=r"steps must be at most 10,000,000.*got 10,000,001"):
            method(RAVINE.grad, START, eta=0.1, beta=0.5, steps=10_000_001)
    with pytest.raises(ValueError, match=r"at most .*, got far more: pass for example steps=20$"):
        d2l.dialects.run(
            d2l.dialects.D2L(eta=0.1), RAVINE.grad, START, steps=10**5000, schedule=lambda t: 1.0
        )


@pytest.mark.parametrize("method", [d2l.momentum, d2l.nesterov])
def test_a_gradient_that_overflows_at_the_last_point_counts(method: Any) -> None:
    """No step is taken with it, and it says where the run was heading."""

    def cubic(x: np.ndarray) -> np.ndarray:
        return x**3  # warns where it overflows, which must not reach the reader

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = method(cubic, 1e20, eta=1, beta=0, steps=2)
    assert trace.steps == 2
    assert np.isfinite(trace.x).all()
    assert trace.overflowed
    assert trace.diverged


def test_messages_name_the_value_and_end_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"decay=2: .* each step, and decay=1 keeps eta as it is$"):
        d2l.momentum(RAVINE.grad, START, eta=0.1, beta=0.5, steps=1, decay=2)
    trace = d2l.momentum(RAVINE.grad, START, eta=0.1, beta=0.5, steps=1)
    with pytest.raises(TypeError, match="trace must be a Trace, got 'path'"):
        d2l.eigenmode_errors("path", RAVINE)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="f must be a Quadratic, got 'bowl'"):
        d2l.eigenmode_errors(trace, "bowl")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"grad must return 2 real numbers .* got 'steep'"):
        d2l.momentum(lambda _: "steep", START, eta=0.1, beta=0.5, steps=1)
