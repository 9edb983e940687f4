"""The noise floor against the covariance equation and against thousands of runs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l

SETTINGS = [
    (0.2, 0.4, 0.0),
    (4, 0.4, 0.0),
    (1, 0.1, 0.5),
    (4, 0.6, 0.5),
    (1, 0.2, 0.9),
    (4, 0.7, 0.8),
]


def stationary_covariance(lam: float, eta: float, beta: float, sigma: float) -> np.ndarray:
    """Solve C = R C Rᵀ + N for the covariance of (v, x), with N that of the noise."""
    matrix = d2l.iteration_matrix(lam, eta=eta, beta=beta)
    kick = sigma * np.array([1, -eta])
    system = np.eye(4) - np.kron(matrix, matrix)
    return np.linalg.solve(system, np.outer(kick, kick).ravel()).reshape(2, 2)


@pytest.mark.parametrize(("lam", "eta", "beta"), SETTINGS)
@pytest.mark.parametrize("sigma", [0.3, 1.0, 5.0])
def test_floor_solves_the_covariance_equation(
    lam: float, eta: float, beta: float, sigma: float
) -> None:
    expected = stationary_covariance(lam, eta, beta, sigma)[1, 1]
    floor = d2l.noise_floor(lam, eta=eta, beta=beta, sigma=sigma)
    assert floor == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("lam", "eta", "beta"), SETTINGS)
def test_simulation_settles_on_the_floor(lam: float, eta: float, beta: float) -> None:
    paths = 4000
    runs = d2l.noisy_descent(
        d2l.Quadratic([lam]).grad, 0, eta=eta, beta=beta, sigma=2, steps=250, paths=paths, seed=1
    )
    floor = d2l.noise_floor(lam, eta=eta, beta=beta, sigma=2)
    # The standard error of the variance of a Gaussian sample; three of them.
    assert abs(runs.variance[-1, 0] - floor) < 3 * floor * np.sqrt(2 / (paths - 1))
    assert abs(runs.mean[-1, 0]) < 4 * np.sqrt(floor / paths)


def test_the_mean_of_the_paths_is_the_run_without_noise() -> None:
    f = d2l.ravine()
    runs = d2l.noisy_descent(
        f.grad, [-5, -2], eta=0.3, beta=0.6, sigma=[1, 0.2], steps=60, paths=3000, seed=2
    )
    quiet = d2l.momentum(f.grad, [-5, -2], eta=0.3, beta=0.6, steps=60)
    error = np.sqrt(runs.variance / runs.paths)
    assert (np.abs(runs.mean - quiet.x) <= 5 * error + 1e-9).all()


def test_the_variance_grows_as_the_covariance_recursion_says() -> None:
    lam, eta, beta = 1.0, 0.1, 0.9
    runs = d2l.noisy_descent(
        d2l.Quadratic([lam]).grad, 4, eta=eta, beta=beta, sigma=1, steps=40, paths=20_000, seed=3
    )
    matrix, kick = d2l.iteration_matrix(lam, eta=eta, beta=beta), np.array([1, -eta])
    covariance = np.zeros((2, 2))
    for variance in runs.variance[1:, 0]:
        covariance = matrix @ covariance @ matrix.T + np.outer(kick, kick)
        assert variance == pytest.approx(covariance[1, 1], rel=4 * np.sqrt(2 / 19_999))


@pytest.mark.parametrize("beta", [0.0, 0.7])
def test_paths_without_noise_are_momentum(beta: float) -> None:
    f = d2l.ravine()
    runs = d2l.noisy_descent(
        f.grad, [-5, -2], eta=0.2, beta=beta, sigma=0, steps=30, paths=3, seed=0
    )
    quiet = d2l.momentum(f.grad, [-5, -2], eta=0.2, beta=beta, steps=30)
    for path in range(3):
        np.testing.assert_array_equal(runs.x[:, path], quiet.x)


def test_a_schedule_gives_each_step_its_rate() -> None:
    f = d2l.ravine()
    rates = 0.2 * 0.9 ** np.arange(30)
    runs = d2l.noisy_descent(
        f.grad, [-5, -2], eta=rates, beta=0.5, sigma=0, steps=30, paths=1, seed=0
    )
    quiet = d2l.momentum(f.grad, [-5, -2], eta=0.2, beta=0.5, steps=30, decay=0.9)
    np.testing.assert_allclose(runs.x[:, 0], quiet.x, rtol=1e-12)
    np.testing.assert_array_equal(runs.eta, rates)


def test_paths_run_on_other_functions_too() -> None:
    f = d2l.two_valleys()
    runs = d2l.noisy_descent(f.grad, 0, eta=0.1, beta=0.5, sigma=1, steps=200, paths=200, seed=0)
    assert runs.x.shape == (201, 200, 1)
    assert (runs.x[-1] > 1.5).any()  # some are shaken out of the shallow valley


def test_the_seed_decides_the_paths() -> None:
    def paths(seed: object) -> np.ndarray:
        grad = d2l.ravine().grad
        arguments = {"eta": 0.1, "beta": 0.5, "sigma": 1, "steps": 9, "paths": 4, "seed": seed}
        return d2l.noisy_descent(grad, [1, 1], **arguments).x  # type: ignore[arg-type]

    np.testing.assert_array_equal(paths(0), paths(0))
    np.testing.assert_array_equal(paths(0), paths(np.random.default_rng(0)))
    assert not np.array_equal(paths(0), paths(1))
    generator = np.random.default_rng(0)
    assert not np.array_equal(paths(generator), paths(generator))  # it goes on where it was


def test_divergence_ends_the_paths_at_the_last_finite_points() -> None:
    runs = d2l.noisy_descent(
        d2l.ravine().grad, [1, 1], eta=1.5, beta=0.5, sigma=1, steps=3000, paths=5, seed=0
    )
    assert runs.overflowed
    assert 100 < runs.steps < 3000
    assert len(runs.x) == runs.steps + 1 == len(runs.eta) + 1
    assert np.isfinite(runs.x).all()
    assert repr(runs) == f"NoisyPaths(paths=5, steps={runs.steps}, d=2, beta=0.5, overflowed)"
    assert runs.mean.shape == runs.variance.shape == (runs.steps + 1, 2)


def test_nothing_of_the_paths_can_be_changed() -> None:
    runs = d2l.noisy_descent(
        d2l.ravine().grad, [1, 1], eta=0.1, beta=0.5, sigma=1, steps=3, paths=1, seed=0
    )
    with pytest.raises(AttributeError):
        runs.beta = 1.0  # type: ignore[misc]
    for array in (runs.x, runs.eta, runs.sigma):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(ValueError, match=r"one path has no variance"):
        _ = runs.variance


def test_floor_without_a_stationary_state() -> None:
    floors = d2l.noise_floor([-1, 0, 1, 4], eta=0.6, beta=0.0, sigma=1)
    assert list(np.isinf(floors)) == [True, True, False, True]
    assert d2l.noise_floor(1, eta=0.1, beta=1, sigma=1) == np.inf
    assert d2l.noise_floor(1, eta=0, beta=0.5, sigma=1) == 0  # nothing moves
    assert d2l.noise_floor(1, eta=0.1, beta=0.5, sigma=0) == 0
    assert d2l.noise_floor(1, eta=0.1, sigma=1) == d2l.noise_floor(1, eta=0.1, beta=0, sigma=1)


def test_floor_of_extreme_numbers() -> None:
    plain = d2l.noise_floor(1, eta=0.1, beta=0.5, sigma=1)
    assert d2l.noise_floor(1e-150, eta=1e149, beta=0.5, sigma=1e-149) == pytest.approx(plain * 100)
    assert d2l.noise_floor(1, eta=0.1, beta=0.5, sigma=1e200) == np.inf
    assert d2l.noise_floor(1e-300, eta=1e-300, beta=0.5, sigma=1) == pytest.approx(1)
    assert d2l.noise_floor([0.2, 4], eta=np.full((3, 1), 0.1), sigma=1).shape == (3, 2)


def test_numbers_of_every_type_are_floats_to_the_floor() -> None:
    big, small = 10**30, 1e-31  # an integer beyond 64 bits
    assert d2l.noise_floor(big, eta=small, sigma=1) == d2l.noise_floor(1e30, eta=small, sigma=1)
    half = {"eta": np.float16(0.3), "beta": np.float16(0.7)}
    whole = {name: float(number) for name, number in half.items()}
    assert d2l.noise_floor(1, sigma=1, **half) == d2l.noise_floor(1, sigma=1, **whole)


def test_at_an_equal_effective_step_momentum_hardly_moves_the_floor() -> None:
    """For small steps the floor depends on eta / (1 - beta) alone: momentum is no averaging."""
    betas = np.array([0.0, 0.5, 0.9])
    floors = d2l.noise_floor(1, eta=0.001 * (1 - betas), beta=betas, sigma=1)
    np.testing.assert_allclose(floors, 0.0005, rtol=1e-3)


GOOD = {"x0": [1, 1], "eta": 0.1, "beta": 0.5, "sigma": 1, "steps": 3, "paths": 2, "seed": 0}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"eta": -0.1}, ValueError, r"eta must be >= 0, got -0\.1"),
        ({"eta": [0.1, 0.2]}, ValueError, r"one for each step, 3 in all, got shape \(2,\)"),
        ({"eta": "fast"}, TypeError, r"eta must hold real numbers"),
        ({"beta": 1}, ValueError, r"0 <= beta < 1, got beta=1"),
        ({"beta": -0.5}, ValueError, r"got beta=-0\.5"),
        ({"sigma": -1}, ValueError, r"sigma must be >= 0, got -1"),
        ({"sigma": [1, 2, 3]}, ValueError, r"one for each coordinate, 2 in all, got shape \(3,\)"),
        ({"sigma": np.nan}, ValueError, r"sigma must be finite"),
        ({"steps": -1}, ValueError, r"steps must be a whole number >= 0"),
        ({"paths": 0}, ValueError, r"paths must be >= 1, got paths=0"),
        ({"paths": 2.0}, TypeError, r"paths must be a whole number"),
        ({"paths": 10**12}, ValueError, r"would not fit in 2 GiB; run fewer"),
        ({"steps": 10**12}, ValueError, r"would not fit in 2 GiB"),
        ({"seed": None}, TypeError, r"seed must be a whole number >= 0.*default_rng\(0\)"),
        ({"seed": -1}, ValueError, r"seed must be a whole number >= 0"),
        ({"x0": [[1, 1]]}, ValueError, r"one point of shape \(d,\), got shape \(1, 2\)"),
        ({"x0": []}, ValueError, r"one point of shape \(d,\)"),
        ({"grad": 3}, TypeError, r"grad must be a function of x"),
        ({"grad": lambda x: None}, TypeError, r"grad must return an array of shape \(2, 2\)"),
        ({"grad": lambda x: "down"}, TypeError, r"grad must return an array of shape \(2, 2\)"),
        ({"grad": lambda x: x[0]}, ValueError, r"shape of x, \(2, 2\), got shape \(2,\)"),
    ],
)
def test_bad_arguments_are_named(change: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        d2l.noisy_descent(**{"grad": d2l.ravine().grad, **GOOD, **change})


def test_bad_arguments_of_the_floor_are_named() -> None:
    with pytest.raises(ValueError, match=r"sigma must be >= 0, got -1"):
        d2l.noise_floor(1, eta=0.1, sigma=-1)
    with pytest.raises(ValueError, match=r"eta must be >= 0"):
        d2l.noise_floor(1, eta=-0.1, sigma=1)
    with pytest.raises(ValueError, match=r"sigma must broadcast.*\(3,\) and \(2,\)"):
        d2l.noise_floor([1, 2], eta=0.1, sigma=[1, 2, 3])
    with pytest.raises(
        ValueError, match=r"^sigma must be finite, .* a standard deviation such as 1$"
    ):
        d2l.noise_floor(1, eta=0.1, sigma=np.nan)


anything = st.one_of(
    st.floats(),
    st.floats(0, 2),
    st.integers(),
    st.lists(st.floats(), max_size=2),
    st.lists(st.floats(0, 1), min_size=2, max_size=2).map(tuple),
    st.floats(0, 1).map(np.array),
    st.none(),
    st.text(max_size=2),
    st.just(10**400),
)


@given(lam=anything, eta=anything, beta=anything, sigma=anything)
@settings(max_examples=400, deadline=None)
def test_any_argument_gives_a_floor_or_a_clear_error(
    lam: object, eta: object, beta: object, sigma: object
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            floor = d2l.noise_floor(lam, eta=eta, beta=beta, sigma=sigma)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            assert str(error).startswith(("lam", "eta", "beta", "sigma"))
            assert ": " in str(error)
        else:
            assert (np.asarray(floor) >= 0).all()  # and no NaN


@given(eta=anything, beta=anything, sigma=anything, x0=anything, seed=anything)
@settings(max_examples=300, deadline=None)
def test_any_argument_gives_paths_or_a_clear_error(
    eta: object, beta: object, sigma: object, x0: object, seed: object
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            runs = d2l.noisy_descent(
                lambda x: 2 * x, x0, eta=eta, beta=beta, sigma=sigma, steps=5, paths=3, seed=seed
            )  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            assert str(error).startswith(("eta", "beta", "sigma", "x0", "seed"))
            assert ": " in str(error)
        else:
            assert np.isfinite(runs.x).all()
            assert not np.isnan(runs.mean).any()


# A random walk -----------------------------------------------------------------------------------


def test_random_walk_starts_at_zero_and_keeps_to_its_steps() -> None:
    walk = d2l.random_walk(steps=5000, seed=0)
    steps = np.diff(walk)
    assert walk.shape == (5001,)
    assert walk[0] == 0
    assert steps.min() >= -10 - 1e-9
    assert steps.max() <= 10 + 1e-9
    # Uniform: mean 0, variance 20² / 12.
    assert abs(steps.mean()) < 4 * np.sqrt(400 / 12 / 5000)
    assert steps.var() == pytest.approx(400 / 12, rel=0.05)
    assert steps.min() < -9.9
    assert steps.max() > 9.9


def test_random_walk_takes_its_range_and_its_seed() -> None:
    np.testing.assert_array_equal(d2l.random_walk(steps=4, low=2, high=2, seed=7), 2 * np.arange(5))
    assert d2l.random_walk(steps=0, seed=0).tolist() == [0]
    one, two = d2l.random_walk(steps=9, seed=1), d2l.random_walk(steps=9, seed=2)
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(one, d2l.random_walk(steps=9, seed=np.random.default_rng(1)))
    assert (np.diff(d2l.random_walk(steps=99, low=1, high=3, seed=0)) > 1 - 1e-9).all()


def test_a_walk_beyond_the_largest_float_goes_to_infinity_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        walk = d2l.random_walk(steps=3, low=1e308, high=1.5e308, seed=0)
        wide = d2l.random_walk(steps=1, low=-1.5e308, high=1.5e308, seed=0)
    assert list(np.isfinite(walk)) == [True, True, False, False]
    assert walk[-1] == np.inf
    # A range wider than the largest float is still one range: half of it, to the same place.
    assert wide[1] / 2 == pytest.approx(
        d2l.random_walk(steps=1, low=-7.5e307, high=7.5e307, seed=0)[1]
    )


def test_errors_of_the_walk_say_what_to_pass_instead() -> None:
    with pytest.raises(TypeError, match=r"^steps must .* got '9': pass for example steps=200$"):
        d2l.random_walk(steps="9", seed=0)  # type: ignore[arg-type]
    rest = r"a finite number with low <= high, got nan: pass for example low=-10, high=10$"
    for name in ("low", "high"):
        with pytest.raises(ValueError, match=rf"^{name} must be {rest}"):
            d2l.random_walk(steps=9, seed=0, **{name: np.nan})
    with pytest.raises(ValueError, match=r"^need low <= high, got low=2 and high=1: swap them$"):
        d2l.random_walk(steps=9, low=2, high=1, seed=0)


def test_smoothing_a_walk_trades_roughness_for_lag() -> None:
    walk = d2l.random_walk(steps=3000, seed=0)
    smooth = d2l.ema(walk, [0.5, 0.9, 0.99], debias=True)
    assert (np.diff(np.diff(smooth, axis=0).std(axis=0)) < 0).all()
    assert (np.diff(np.abs(smooth - walk[:, None]).mean(axis=0)) > 0).all()


@given(
    steps=st.one_of(st.integers(-2, 50), st.floats()), low=anything, high=anything, seed=anything
)
@settings(max_examples=200, deadline=None)
def test_any_argument_gives_a_walk_or_a_clear_error(
    steps: object, low: object, high: object, seed: object
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            walk = d2l.random_walk(steps=steps, low=low, high=high, seed=seed)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            assert str(error).startswith(("steps", "low", "high", "need", "seed"))
            assert ": " in str(error)
        else:
            assert walk.shape == (steps + 1,)  # type: ignore[operator]
            assert not np.isnan(walk).any()
