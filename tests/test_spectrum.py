"""Rates in closed form against eigenvalues and against runs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l


def spectral_radius(lam: float, eta: float, beta: float) -> float:
    matrix = [[beta, lam], [-eta * beta, 1 - eta * lam]]
    return float(np.abs(np.linalg.eigvals(np.array(matrix))).max())


@pytest.mark.parametrize("lam", [-1.0, 0.0, 1e-3, 0.2, 1.0, 4.0, 19.0])
def test_rate_is_the_spectral_radius_of_the_iteration(lam: float) -> None:
    etas, betas = np.linspace(0, 2, 41), np.linspace(0, 1.2, 25)
    rates = d2l.convergence_rate(lam, eta=etas[:, None], beta=betas)
    expected = [[spectral_radius(lam, eta, beta) for beta in betas] for eta in etas]
    # Near a double root the eigenvalues of a matrix are good to sqrt(eps) only.
    np.testing.assert_allclose(rates, expected, rtol=1e-7)


@pytest.mark.parametrize("shape", [(400, 250), (3, 40_000), (50_000, 1), (7, 9, 1000), (5, 0)])
def test_a_map_has_the_rates_of_its_points_wherever_they_are(shape: tuple[int, ...]) -> None:
    """A large map is computed in blocks: each point is as if it were computed alone."""
    random = np.random.default_rng(0)
    eta, beta = random.uniform(0, 2, shape), random.uniform(0, 1.2, shape[-1:])
    beta[::3] = 0
    rates = d2l.convergence_rate(2.0, eta=eta, beta=beta)
    assert rates.shape == shape
    for point in map(tuple, random.integers(0, shape, (300 * bool(rates.size), len(shape)))):
        alone = d2l.convergence_rate(2.0, eta=eta[point], beta=beta[point[-1]])
        assert rates[point] == alone


def test_rate_of_gradient_descent_is_exact() -> None:
    lam, eta = np.array([-1.0, 0.1, 1, 10, 19]), 0.1
    np.testing.assert_array_equal(d2l.convergence_rate(lam, eta=eta), np.abs(1 - eta * lam))


@pytest.mark.parametrize(("eta", "beta"), [(0.4, 0.0), (0.6, 0.25), (0.6, 0.5), (0.1, 0.9)])
def test_rate_is_the_decay_that_a_run_shows(eta: float, beta: float) -> None:
    for lam in (0.2, 4.0):
        f = d2l.Quadratic([lam])
        trace = d2l.momentum(f.grad, 1.0, eta=eta, beta=beta, steps=400)
        # Of position and velocity together: the position alone passes through zero.
        size = np.hypot(trace.x[:, 0], eta * trace.v[:, 0])
        half = 200
        shown = (size[-1] / size[half]) ** (1 / (trace.steps - half))
        assert d2l.convergence_rate(lam, eta=eta, beta=beta) == pytest.approx(shown, rel=0.01)


@pytest.mark.parametrize("lam", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("beta", [1e-12, 0.1, 0.5, 0.9, 0.999999])
def test_rate_at_critical_damping_keeps_its_digits(lam: float, beta: float) -> None:
    root = math.sqrt(beta)
    for critical in ((1 - root) ** 2, (1 + root) ** 2):
        rate = d2l.convergence_rate(1.0, eta=critical, beta=beta)
        assert rate == pytest.approx(root, rel=1e-14)
        scaled = d2l.convergence_rate(lam, eta=critical / lam, beta=beta)
        # eta * lam is rounded here, and a double root moves with the square root of that.
        assert scaled == pytest.approx(root, rel=1e-7, abs=3e-8)


@pytest.mark.parametrize("beta", [1e-300, 1.4e-272, 1e-40, 1e-33, 1e-32, 1e-31, 1e-20])
def test_rate_with_hardly_any_momentum_is_not_rounded_away(beta: float) -> None:
    """For eta * lam = 1 the roots are a complex pair of size sqrt(beta), however small that is."""
    assert d2l.convergence_rate(1.0, eta=1.0, beta=beta) == pytest.approx(math.sqrt(beta), abs=0)


def test_underdamped_rate_depends_on_beta_alone() -> None:
    rates = d2l.convergence_rate(np.linspace(0.5, 3.5, 50), eta=1.0, beta=0.81)
    np.testing.assert_array_equal(rates, 0.9)


def test_converges_exactly_in_the_stable_region() -> None:
    beta = np.linspace(0, 0.99, 34)
    limit = 2 * (1 + beta)
    assert (d2l.convergence_rate(1.0, eta=limit * (1 - 1e-9), beta=beta) < 1).all()
    assert (d2l.convergence_rate(1.0, eta=limit * (1 + 1e-9), beta=beta) > 1).all()
    np.testing.assert_allclose(d2l.convergence_rate(0.0, eta=0.5, beta=beta), 1, rtol=1e-15)


def test_shapes_broadcast() -> None:
    assert np.shape(d2l.convergence_rate(0.2, eta=0.4)) == ()
    assert d2l.convergence_rate([0.2, 4], eta=0.4).shape == (2,)
    assert d2l.convergence_rate([[0.2], [4]], eta=np.ones(5), beta=0.5).shape == (2, 5)
    with pytest.raises(ValueError, match=r"must broadcast, got the shapes \(2,\), \(3,\)"):
        d2l.convergence_rate([1, 2], eta=[1, 2, 3])


def test_extreme_numbers_do_not_warn() -> None:
    assert d2l.convergence_rate(1e200, eta=1e200) == np.inf
    assert d2l.convergence_rate(1e200, eta=1e100, beta=0.5) == pytest.approx(1e300)
    assert d2l.convergence_rate(1e-300, eta=1e-300, beta=0.5) == pytest.approx(1)
    assert d2l.convergence_rate(1.0, eta=1.0, beta=1e300) == pytest.approx(1e300)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"eta": -0.1}, ValueError, r"eta must be >= 0, got -0\.1"),
        ({"beta": -0.1}, ValueError, r"beta must be >= 0, got -0\.1"),
        ({"eta": np.nan}, ValueError, r"eta must be finite"),
        ({"lam": [1, np.inf]}, ValueError, r"lam must be finite"),
        ({"beta": "big"}, TypeError, r"beta must hold real numbers"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        d2l.convergence_rate(**{"lam": 1.0, "eta": 0.1, **arguments})


def test_the_optima_of_the_course() -> None:
    eta = d2l.optimal_eta(0.2, 4)
    assert eta == pytest.approx(0.476190, abs=5e-7)
    np.testing.assert_allclose(d2l.convergence_rate([0.2, 4], eta=eta), 0.904762, atol=5e-7)
    eta, beta = d2l.optimal_eta_beta(0.2, 4)
    assert (eta, beta) == pytest.approx((0.667907, 0.402605), abs=5e-7)
    assert math.sqrt(beta) == pytest.approx(0.634512, abs=5e-7)
    # At a double root the rate moves with the square root of a rounding error in eta.
    rates = d2l.convergence_rate([0.2, 4], eta=eta, beta=beta)
    np.testing.assert_allclose(rates, 0.634512, atol=1e-6)


@pytest.mark.parametrize("ends", [(0.2, 4), (1, 1.5), (1e-3, 1), (3, 900)])
def test_no_other_setting_beats_the_optimum(ends: tuple[float, float]) -> None:
    lams = np.array(ends, dtype=float)
    best = d2l.convergence_rate(lams, eta=d2l.optimal_eta(*ends)).max()
    etas = np.linspace(0, 2.5 / ends[1], 401)
    assert (d2l.convergence_rate(lams[:, None], eta=etas).max(axis=0) >= best - 1e-12).all()

    eta, beta = d2l.optimal_eta_beta(*ends)
    betas = np.linspace(0, 0.999, 201)[:, None]
    rates = d2l.convergence_rate(
        lams[:, None, None], eta=np.linspace(0, 4 / ends[1], 201), beta=betas
    ).max(axis=0)
    assert (rates >= math.sqrt(beta) - 1e-12).all()
    assert d2l.convergence_rate(lams, eta=eta, beta=beta).max() == pytest.approx(
        math.sqrt(beta), rel=1e-6
    )


def test_one_curvature_is_solved_in_one_step() -> None:
    assert d2l.optimal_eta(4, 4) == 0.25
    assert d2l.optimal_eta_beta(4, 4) == (0.25, 0.0)


def test_optimal_beta_stays_below_one() -> None:
    _, beta = d2l.optimal_eta_beta(1e-200, 1e200)
    assert 0.999 < beta < 1


@pytest.mark.parametrize("function", [d2l.optimal_eta, d2l.optimal_eta_beta])
@pytest.mark.parametrize("ends", [(0, 1), (-1, 1), (4, 0.2), (math.nan, 1), (1, math.inf)])
def test_spectrum_must_be_positive_and_in_order(function: object, ends: tuple) -> None:
    with pytest.raises(ValueError, match=r"0 < lam_min <= lam_max"):
        function(*ends)  # type: ignore[operator]


@pytest.mark.parametrize("function", [d2l.optimal_eta, d2l.optimal_eta_beta])
def test_errors_of_the_optima_say_what_to_pass_instead(function: Callable) -> None:
    rest = r"0 < lam_min <= lam_max, got nan: pass the ends of the spectrum, such as 0\.2 and 4$"
    for name, ends in (("lam_min", (math.nan, 1)), ("lam_max", (1, math.nan))):
        with pytest.raises(ValueError, match=rf"^{name} must be a finite number with {rest}"):
            function(*ends)


@pytest.mark.parametrize("function", [d2l.optimal_eta, d2l.optimal_eta_beta])
def test_curvatures_too_small_for_an_optimum_are_named(function: Callable) -> None:
    tiny = math.nextafter(0, 1)
    assert np.isfinite(function(1e-300, 1e-300)).all()
    for ends in ((tiny, tiny), (tiny, 2 * tiny), (1e-310, 2e-310)):
        message = rf"^lam_min={ends[0]:g} is too small: the best eta is too large for a float$"
        with pytest.raises(ValueError, match=message):
            function(*ends)


@given(st.floats(), st.floats())
@settings(max_examples=300, deadline=None)
def test_any_ends_give_an_optimum_or_a_clear_error(low: float, high: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function in (d2l.optimal_eta, d2l.optimal_eta_beta):
            try:
                result = np.atleast_1d(function(low, high))
            except ValueError as error:
                assert "lam_m" in str(error)
            else:
                assert np.isfinite(result).all()
                assert (result >= 0).all()


@given(
    lam=st.floats(-1e9, 1e9),
    eta=st.floats(0, 1e9),
    beta=st.floats(0, 2),
)
@settings(max_examples=300, deadline=None)
def test_rate_is_a_root_of_the_characteristic_equation(lam: float, eta: float, beta: float) -> None:
    rate = float(d2l.convergence_rate(lam, eta=eta, beta=beta))
    assert rate >= math.sqrt(beta) * (1 - 1e-12)  # the product of the roots is beta
    s = 1 + beta - eta * lam
    if s * s > 4 * beta:  # real: the root has the sign of s
        r = math.copysign(rate, s)
        assert abs(r * r - s * r + beta) <= 1e-9 * max(r * r, beta, 1e-12)


# The matrix, the region, the kinds ---------------------------------------------------------------

GRID = {"eta": np.linspace(0, 2, 41)[:, None], "beta": np.linspace(0, 1.2, 25)}


@pytest.mark.parametrize("lam", [-1.0, 0.0, 1e-3, 0.2, 1.0, 4.0, 19.0])
def test_matrix_has_the_eigenvalues_that_the_rate_is_of(lam: float) -> None:
    matrices = d2l.iteration_matrix(lam, **GRID)
    assert matrices.shape == (41, 25, 2, 2)
    radii = np.abs(np.linalg.eigvals(matrices)).max(axis=-1)
    np.testing.assert_allclose(d2l.convergence_rate(lam, **GRID), radii, rtol=1e-7)
    determinants = np.broadcast_to(GRID["beta"], (41, 25))
    np.testing.assert_allclose(np.linalg.det(matrices), determinants, atol=1e-13)


@pytest.mark.parametrize(("eta", "beta"), [(0.4, 0.0), (0.6, 0.5), (0.1, 0.9), (1.7, 0.3)])
def test_matrix_makes_the_steps_of_a_run(eta: float, beta: float) -> None:
    f = d2l.Quadratic([3.0], [6.0])
    trace = d2l.momentum(f.grad, 1.5, eta=eta, beta=beta, steps=30)
    state = np.stack([trace.v[:, 0], trace.x[:, 0] - f.minimizer[0]], axis=-1)  # (31, 2)
    matrix = d2l.iteration_matrix(3.0, eta=eta, beta=beta)
    np.testing.assert_allclose(state[1:], state[:-1] @ matrix.T, rtol=1e-9, atol=1e-12)


def test_matrix_without_momentum_shows_no_negative_zero() -> None:
    matrix = d2l.iteration_matrix(4, eta=0.5, beta=0)
    assert not np.signbit(matrix[1, 0])
    np.testing.assert_array_equal(matrix, [[0, 4], [0, -1]])


@pytest.mark.parametrize("lam", [-1.0, 0.0, 1e-3, 0.2, 1.0, 4.0, 19.0])
def test_stable_is_where_the_rate_is_below_one(lam: float) -> None:
    etas = np.linspace(0, 2, 41)[:, None] + 1e-7  # off the border, where rounding decides
    betas = np.append(np.linspace(0, 0.95, 20), [1.05, 1.2])
    stable = d2l.is_stable(lam, eta=etas, beta=betas)
    # The rate is 1 along a flat direction, up to rounding.
    rates = d2l.convergence_rate(lam, eta=etas, beta=betas)
    np.testing.assert_array_equal(stable, rates < 1 - 1e-12)


def test_the_border_does_not_belong_to_the_stable_region() -> None:
    for beta in (0.0, 0.25, 0.5, 0.75):
        limit = 2 * (1 + beta)
        assert not d2l.is_stable(1, eta=limit, beta=beta)
        assert d2l.is_stable(1, eta=np.nextafter(limit, 0), beta=beta)
    assert not d2l.is_stable(1, eta=0)
    assert not d2l.is_stable(0, eta=1)
    assert not d2l.is_stable(1, eta=1, beta=1)
    assert not d2l.is_stable(1, eta=1, beta=1.5)
    assert d2l.is_stable(1, eta=1, beta=np.nextafter(1, 0))
    assert not d2l.is_stable(1, eta=2)  # beta is 0 unless given


def test_a_pull_too_small_or_too_large_for_a_float_is_judged_rightly() -> None:
    assert d2l.is_stable(1e-300, eta=1e-300)
    assert not d2l.is_stable(1e300, eta=1e300, beta=0.5)
    assert not d2l.is_stable(-1e300, eta=1e300, beta=0.5)
    assert d2l.damping(1e300, eta=1e300, beta=0.5) == "over"
    assert d2l.damping(-1e300, eta=1e300, beta=0.5) == "over"
    assert d2l.iteration_matrix(1e300, eta=1e300, beta=0.5)[1, 1] == -np.inf
    assert d2l.iteration_matrix(1, eta=1e300, beta=1e300)[1, 0] == -np.inf


@pytest.mark.parametrize("lam", [-1.0, 0.0, 0.2, 1.0, 4.0, 19.0])
def test_damping_tells_real_roots_from_complex_ones(lam: float) -> None:
    etas, betas = np.linspace(0, 2, 41)[:, None] + 1e-3, np.linspace(0.01, 1.97, 50)
    roots = np.linalg.eigvals(d2l.iteration_matrix(lam, eta=etas, beta=betas))
    complex_pair = np.abs(roots.imag).max(axis=-1) > 1e-7
    kinds = d2l.damping(lam, eta=etas, beta=betas)
    np.testing.assert_array_equal(kinds == "under", complex_pair)
    assert set(kinds.ravel()) <= {"over", "under"}


@pytest.mark.parametrize("lam", [1e-6, 0.2, 1.0, 4.0, 1e6])
@pytest.mark.parametrize("pull", [1e-9, 1e-4, 0.25, 0.5, 1.0, 1.7, 3.9])
def test_damping_is_critical_at_the_double_root_and_only_there(lam: float, pull: float) -> None:
    eta = pull / lam
    root = abs(1 - math.sqrt(eta * lam))
    assert d2l.damping(lam, eta=eta, beta=root**2) == "critical"
    assert d2l.damping(lam, eta=eta, beta=(root + 1e-9) ** 2) == "under"
    if root > 1e-9:
        assert d2l.damping(lam, eta=eta, beta=(root - 1e-9) ** 2) == "over"


def test_the_tolerance_of_critical_damping_is_the_documented_one() -> None:
    for beta in (0.04, 0.25, 0.81):
        root = math.sqrt(beta)
        edge = 1e-12 * (1 + root)
        for sign in (-1, 1):
            near, far = (1 - root + sign * share * edge for share in (0.9, 1.1))
            assert d2l.damping(1, eta=near**2, beta=beta) == "critical"
            assert d2l.damping(1, eta=far**2, beta=beta) == ("over" if sign < 0 else "under")
    # "No further than": with beta = 1 and sqrt(eta * lam) = 2e-12 both sides are equal to the bit.
    assert d2l.damping(1, eta=2e-12**2, beta=1) == "critical"
    assert d2l.damping(1, eta=np.nextafter(2e-12, 1) ** 2, beta=1) == "under"


@pytest.mark.parametrize("ends", [(0.2, 4), (1, 25), (1e-3, 1), (3, 900)])
def test_both_ends_are_critically_damped_at_the_optimum(ends: tuple[float, float]) -> None:
    eta, beta = d2l.optimal_eta_beta(*ends)
    assert list(d2l.damping(ends, eta=eta, beta=beta)) == ["critical", "critical"]
    inside = np.linspace(*ends, 9)[1:-1]
    assert set(d2l.damping(inside, eta=eta, beta=beta)) == {"under"}


def test_damping_of_a_flat_direction() -> None:
    """Its roots are 1 and beta."""
    kinds = d2l.damping(0, eta=0.3, beta=[0, 0.5, 1, 1.5])
    assert list(kinds) == ["over", "over", "critical", "over"]


@pytest.mark.parametrize("beta", [1 - 1e-13, 1.0, 1 + 1e-13])
def test_a_falling_direction_has_no_double_root(beta: float) -> None:
    """At the top of a hill one root grows and one shrinks, even where momentum does not fade."""
    roots = np.linalg.eigvals(d2l.iteration_matrix(-1, eta=0.5, beta=beta))
    assert sorted(roots) == pytest.approx([0.5, 2])
    assert d2l.damping(-1, eta=0.5, beta=beta) == "over"


def test_damping_shows_in_a_run() -> None:
    """Over-damped errors keep their sign; under-damped ones cross zero, again and again."""
    f = d2l.Quadratic([1.0])
    for beta, kind in ((0.2, "over"), (0.25, "critical"), (0.5, "under")):
        x = d2l.momentum(f.grad, 1.0, eta=0.25, beta=beta, steps=60).x[:, 0]
        assert d2l.damping(1, eta=0.25, beta=beta) == kind
        assert (np.diff(np.sign(x)) != 0).any() == (kind == "under")


def test_one_setting_gives_a_scalar_and_many_an_array() -> None:
    assert np.shape(d2l.is_stable(1, eta=1)) == np.shape(d2l.damping(1, eta=1, beta=0.5)) == ()
    assert isinstance(d2l.damping(1, eta=1, beta=0.5), str)
    assert d2l.iteration_matrix(1, eta=1, beta=0).shape == (2, 2)
    for function in (d2l.is_stable, d2l.damping):
        assert function([[0.2], [4]], eta=np.ones(5), beta=0.5).shape == (2, 5)
        with pytest.raises(ValueError, match=r"must broadcast, got the shapes \(2,\), \(3,\)"):
            function([1, 2], eta=[1, 2, 3], beta=0.5)


def test_a_map_of_a_million_rates_is_one_call() -> None:
    etas, betas = np.linspace(0, 1, 1000), np.linspace(0, 1, 1000)[:, None]
    rates = d2l.convergence_rate(4, eta=etas, beta=betas)
    assert rates.shape == (1000, 1000)
    for i, j in ((0, 0), (3, 998), (500, 500), (999, 17)):
        assert rates[i, j] == d2l.convergence_rate(4, eta=etas[j], beta=betas[i, 0])


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("lam", r"pass curvatures such as \[0\.2, 4\]"),
        ("eta", r"pass a learning rate such as 0\.4"),
        ("beta", r"pass a momentum such as 0\.9"),
    ],
)
def test_errors_say_what_to_pass_instead(name: str, remedy: str) -> None:
    for function in (d2l.iteration_matrix, d2l.convergence_rate, d2l.is_stable, d2l.damping):
        with pytest.raises(ValueError, match=rf"^{name} must be finite, got nan: {remedy}$"):
            function(**{"lam": 1, "eta": 1, "beta": 0.5, name: np.nan})


anything = st.one_of(
    st.floats(),
    st.integers(),
    st.lists(st.floats(), max_size=3),
    st.lists(st.floats(0, 2), min_size=2, max_size=2).map(tuple),
    st.floats(0, 3).map(np.array),
    st.floats(0, 3).map(lambda number: [[number], [1.0]]),
    st.none(),
    st.text(max_size=2),
    st.just(10**400),
)


@given(lam=anything, eta=anything, beta=anything)
@settings(max_examples=300, deadline=None)
def test_any_setting_gives_a_result_or_a_clear_error(
    lam: object, eta: object, beta: object
) -> None:
    functions = (d2l.convergence_rate, d2l.is_stable, d2l.damping, d2l.iteration_matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function in functions:
            try:
                result = np.asarray(function(lam, eta=eta, beta=beta))  # type: ignore[operator]
            except (ValueError, TypeError) as error:
                assert str(error).startswith(("lam", "eta", "beta"))
                assert ": " in str(error)  # what to do
            else:
                assert result.dtype.kind in "fbU"
                assert result.dtype.kind != "f" or not np.isnan(result).any()
