"""Leaky averages against their sums written out, and their sizes against the weights."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l

BETAS = [0.0, 0.1, 0.5, 0.9, 0.99]


@pytest.mark.parametrize("beta", [*BETAS, 1.0])
def test_leaky_average_is_its_unrolled_sum(beta: float) -> None:
    g = np.random.default_rng(0).normal(size=40)
    expected = [sum(beta**k * g[t - k] for k in range(t + 1)) for t in range(40)]
    np.testing.assert_allclose(d2l.leaky_average(g, beta), expected, rtol=1e-12, atol=1e-14)


def test_leaky_average_is_the_velocity_of_momentum() -> None:
    f = d2l.ravine()
    trace = d2l.momentum(f.grad, [-5, -2], eta=0.3, beta=0.7, steps=30)
    np.testing.assert_array_equal(d2l.leaky_average(f.grad(trace.x[:-1]), 0.7), trace.v[1:])


def test_an_impulse_leaves_the_weights() -> None:
    impulse = np.zeros(40)
    impulse[0] = 1
    betas = np.array([0.0, 0.6, 0.9, 0.95, 1.0])
    expected = d2l.weights(betas, 40)
    assert expected.shape == (40, 5)
    np.testing.assert_allclose(d2l.leaky_average(impulse, betas), expected, rtol=1e-13)


def test_the_weights_of_the_course() -> None:
    np.testing.assert_allclose(d2l.weights(0.1, 3), [1, 0.1, 0.01], rtol=1e-15)
    np.testing.assert_allclose(d2l.weights(0.9, 4), [1, 0.9, 0.81, 0.729], rtol=1e-15)
    np.testing.assert_array_equal(d2l.weights(0, 3), [1, 0, 0])
    assert d2l.weights(0.9, 0).shape == (0,)
    assert d2l.weights([[0.9]], 3).shape == (3, 1, 1)


def test_beta_of_one_adds_up_and_of_zero_copies() -> None:
    g = np.arange(12.0).reshape(6, 2)
    np.testing.assert_array_equal(d2l.leaky_average(g, 1), np.cumsum(g, axis=0))
    np.testing.assert_array_equal(d2l.leaky_average(g, 0), g)
    np.testing.assert_array_equal(d2l.ema(g, 0, debias=True), g)


def test_a_sum_beyond_the_largest_float_is_infinite_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        v = d2l.leaky_average([-1e308, 1e308, 1e308, -1e308], [0.5, 1.0])
        run = d2l.leaky_average([1e308, 1e308, -1e308], 1)
    np.testing.assert_allclose(v[:, 0] / 1e308, [-1, 0.5, 1.25, -0.375])
    np.testing.assert_array_equal(v[:, 1] / 1e308, [-1, 0, 1, 0])
    np.testing.assert_array_equal(run, [1e308, np.inf, np.inf])


@pytest.mark.parametrize("beta", BETAS)
def test_ema_follows_its_recursion(beta: float) -> None:
    g = np.random.default_rng(1).normal(size=(30, 3))
    s = d2l.ema(g, beta)
    before = np.vstack([np.zeros(3), s[:-1]])
    np.testing.assert_allclose(s, beta * before + (1 - beta) * g, rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(s, (1 - beta) * d2l.leaky_average(g, beta), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("beta", [*BETAS, 1 - 1e-15])
def test_debiased_ema_is_the_mean_with_fading_weights(beta: float) -> None:
    g = np.random.default_rng(2).normal(size=25)
    expected = [
        np.average(g[: t + 1], weights=d2l.weights(beta, t + 1)[::-1]) for t in range(len(g))
    ]
    np.testing.assert_allclose(d2l.ema(g, beta, debias=True), expected, rtol=1e-10, atol=1e-12)


def test_debiasing_undoes_the_late_start() -> None:
    steady = np.full((50, 2), 3.0)
    raw, debiased = d2l.ema(steady, [0.9, 0.99]), d2l.ema(steady, [0.9, 0.99], debias=True)
    times = np.arange(1, 51)[:, None]
    np.testing.assert_allclose(raw, 3 * (1 - np.array([0.9, 0.99]) ** times), rtol=1e-12)
    np.testing.assert_allclose(debiased, 3, rtol=1e-13)


def test_debiasing_agrees_with_adam() -> None:
    """The first moment of Adam, divided by its bias correction."""
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle of this test")
    g = np.random.default_rng(3).normal(size=20)
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([x], betas=(0.9, 0.999))
    moments = []
    for t, slope in enumerate(g, start=1):
        x.grad = torch.tensor([slope], dtype=torch.float64)
        optimizer.step()
        moments.append(float(optimizer.state[x]["exp_avg"]) / (1 - 0.9**t))
    np.testing.assert_allclose(d2l.ema(g, 0.9, debias=True), moments, rtol=1e-12)


def test_averages_broadcast_over_beta() -> None:
    g = np.random.default_rng(4).normal(size=(20, 3))
    betas = np.array([[0.1], [0.9]])
    many = d2l.leaky_average(g, betas)
    assert many.shape == (20, 2, 3)
    for i, beta in enumerate(betas[:, 0]):
        np.testing.assert_array_equal(many[:, i], d2l.leaky_average(g, beta))
    assert d2l.ema(g[:, 0], [0.1, 0.5, 0.9, 0.99], debias=True).shape == (20, 4)
    assert d2l.leaky_average([], 0.9).shape == (0,)
    assert d2l.ema(np.zeros((0, 2)), 0.9, debias=True).shape == (0, 2)


@pytest.mark.parametrize("beta", BETAS)
def test_the_three_sizes_are_what_the_weights_say(beta: float) -> None:
    w = d2l.weights(beta, 5000)
    assert d2l.effective_samples(beta) == pytest.approx(w.sum())
    assert d2l.variance_effective_samples(beta) == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert d2l.mean_age(beta) == pytest.approx((w * np.arange(5000)).sum() / w.sum())


def test_sizes_broadcast_and_are_those_of_the_course() -> None:
    sizes = (d2l.effective_samples, d2l.variance_effective_samples, d2l.mean_age)
    assert [float(size(0.9)) for size in sizes] == pytest.approx([10, 19, 9])
    for size in sizes:
        assert np.shape(size(0.5)) == ()
        assert size([[0.1, 0.9]]).shape == (1, 2)


def test_variance_effective_size_is_what_averaging_does_to_noise() -> None:
    noise = np.random.default_rng(5).normal(size=(400, 20_000))
    variance = d2l.ema(noise, 0.9)[-1].var(ddof=1)
    expected = 1 / d2l.variance_effective_samples(0.9)
    assert abs(variance - expected) < 4 * expected * np.sqrt(2 / 19_999)


def test_mean_age_is_the_lag_behind_a_steady_rise() -> None:
    rise = np.arange(600.0)
    assert rise[-1] - d2l.ema(rise, 0.9)[-1] == pytest.approx(d2l.mean_age(0.9))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: d2l.leaky_average(3, 0.9), ValueError, r"g must be a sequence, got the number 3"),
        (
            lambda: d2l.leaky_average([1, np.nan], 0.9),
            ValueError,
            r"g must be finite, .*: pass a sequence such as \[1, 2, 3\]$",
        ),
        (lambda: d2l.leaky_average("abc", 0.9), TypeError, r"g must hold real numbers"),
        (lambda: d2l.leaky_average([1], 1.1), ValueError, r"0 <= beta <= 1, got beta=1\.1"),
        (lambda: d2l.leaky_average([1], -0.1), ValueError, r"got beta=-0\.1.*alternating"),
        (lambda: d2l.ema([1], 1), ValueError, r"0 <= beta < 1, got beta=1: nothing would fade"),
        (lambda: d2l.ema([1], [0.5, 2]), ValueError, r"got beta=2"),
        (lambda: d2l.ema([1], 0.5, debias="no"), TypeError, r"debias must be True or False"),
        (lambda: d2l.ema([[1, 2]], [0.1, 0.2, 0.3]), ValueError, r"shapes \(3,\) and \(2,\)"),
        (lambda: d2l.weights(0.9, -1), ValueError, r"n must be .* n=-1: pass for example n=40$"),
        (lambda: d2l.weights(0.9, 2.5), TypeError, r"n must be a whole number >= 0"),
        (lambda: d2l.weights(2, 3), ValueError, r"0 <= beta <= 1, got beta=2"),
        (lambda: d2l.effective_samples(1), ValueError, r"0 <= beta < 1, got beta=1"),
        (lambda: d2l.variance_effective_samples(1), ValueError, r"0 <= beta < 1, got beta=1"),
        (lambda: d2l.mean_age(1), ValueError, r"0 <= beta < 1, got beta=1"),
        (lambda: d2l.mean_age(None), TypeError, r"beta must hold real numbers"),
    ],
)
def test_bad_arguments_are_named(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()  # type: ignore[operator]


anything = st.one_of(
    st.floats(),
    st.integers(),
    st.lists(st.floats(), max_size=4),
    st.lists(st.floats(0, 1), max_size=2).map(tuple),
    st.lists(st.floats(-1e308, 1e308), min_size=3, max_size=3),
    st.lists(st.lists(st.floats(-9, 9), min_size=2, max_size=2), max_size=3),
    st.floats(0, 1).map(np.array),
    st.none(),
    st.text(max_size=2),
    st.just(10**400),
)


@given(g=anything, beta=anything, n=st.one_of(st.integers(-2, 9), st.floats(), st.none()))
@settings(max_examples=300, deadline=None)
def test_any_argument_gives_an_average_or_a_clear_error(g: object, beta: object, n: object) -> None:
    calls = [
        lambda: d2l.leaky_average(g, beta),  # type: ignore[arg-type]
        lambda: d2l.ema(g, beta),  # type: ignore[arg-type]
        lambda: d2l.ema(g, beta, debias=True),  # type: ignore[arg-type]
        lambda: d2l.weights(beta, n),  # type: ignore[arg-type]
        lambda: d2l.effective_samples(beta),  # type: ignore[arg-type]
        lambda: d2l.variance_effective_samples(beta),  # type: ignore[arg-type]
        lambda: d2l.mean_age(beta),  # type: ignore[arg-type]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in calls:
            try:
                result = np.asarray(call())
            except (ValueError, TypeError) as error:
                assert str(error).startswith(("g must", "beta must", "n must"))
                assert ": " in str(error)  # what to do
            else:
                assert result.dtype == np.float64
                assert not np.isnan(result).any()
