"""Functions of one variable: derivatives, minima, and the stories that they are there for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l

LANDSCAPES = [d2l.two_valleys(), d2l.lessard_recht_packard()]
CYCLE = (-1.8024, 2.1159, 0.6465)
names = pytest.mark.parametrize("f", LANDSCAPES, ids=lambda f: f.name)


@names
def test_slope_is_the_derivative_of_the_value(f: d2l.Landscape) -> None:
    x, h = np.linspace(-6, 6, 1001), 1e-5
    slopes = (f.value(x + h) - f.value(x - h)) / (2 * h)
    np.testing.assert_allclose(f.grad(x), slopes, atol=2e-4)


@names
def test_minima_are_all_the_places_where_the_slope_turns_up(f: d2l.Landscape) -> None:
    x = np.linspace(-9, 9, 180_002)  # none of these is a minimum itself
    turns = np.flatnonzero((f.grad(x[:-1]) < 0) & (f.grad(x[1:]) > 0))
    np.testing.assert_allclose(f.minima, (x[turns] + x[turns + 1]) / 2, atol=1e-4)
    np.testing.assert_allclose(f.grad(f.minima), 0, atol=1e-14)
    assert (
        f.minimizer == x[np.argmin(f.value(x))].round(4)
        or abs(f.minimizer - x[np.argmin(f.value(x))]) < 2e-4
    )
    assert (np.diff(f.minima) > 0).all()


def test_the_two_valleys_are_a_plateau_a_shallow_and_a_deep_one() -> None:
    f = d2l.two_valleys()
    shallow, deep = f.value(f.minima)
    assert deep < 2 * shallow < 0
    assert f.minimizer == f.minima[1]
    plateau = f.grad(np.linspace(-3.7, -2.5, 50))
    assert (plateau < 0).all()
    assert np.abs(plateau).max() < 0.02  # down to the right, but hardly
    between = f.value(np.linspace(*f.minima, 500))
    assert between.max() > shallow + 0.15  # a rim to get over
    # The walls: higher at both ends than anywhere on the way.
    assert f.value(-9) > 5
    assert f.value(9) > 5


def test_momentum_crosses_the_plateau_and_leaves_the_shallow_valley() -> None:
    f = d2l.two_valleys()
    ends = {
        beta: float(d2l.momentum(f.grad, -3, eta=0.2, beta=beta, steps=200).final[0])
        for beta in (0, 0.8, 0.9)
    }
    assert ends[0] < -2.8
    assert ends[0.8] == pytest.approx(f.minima[0], abs=0.15)
    assert ends[0.9] == pytest.approx(f.minima[1], abs=0.05)
    for beta in (0.8, 0.9):  # and there they stay
        later = d2l.momentum(f.grad, -3, eta=0.2, beta=beta, steps=3000).final
        assert later == pytest.approx(f.minima[int(beta > 0.85)], abs=1e-9)


def test_the_function_of_lessard_recht_and_packard() -> None:
    f = d2l.lessard_recht_packard()
    np.testing.assert_array_equal(
        f.grad([-1, 0, 0.5, 1, 1.5, 2, 3]), [-25, 0, 12.5, 25, 25.5, 26, 51]
    )
    below = np.nextafter([1.0, 2.0], 0)
    np.testing.assert_allclose(f.value(below), f.value([1, 2]), rtol=1e-14)  # continuous
    assert f.value(0) == 0
    curvature = np.diff(f.grad(np.linspace(-5, 5, 1001))) / 0.01
    assert curvature.min() > 1 - 1e-9
    assert curvature.max() < 25 + 1e-9
    assert d2l.optimal_eta_beta(1, 25) == pytest.approx((1 / 9, 4 / 9))


def test_the_best_heavy_ball_goes_round_in_a_cycle_of_three() -> None:
    f = d2l.lessard_recht_packard()
    trace = d2l.momentum(f.grad, 3.3, eta=1 / 9, beta=4 / 9, steps=3000)
    assert sorted(trace.x[-3:, 0]) == pytest.approx(sorted(CYCLE), abs=5e-5)
    np.testing.assert_allclose(trace.x[-3:], trace.x[-6:-3], atol=1e-12)
    last = [round(float(x), 4) for x in trace.x[-7:, 0]]
    place = last.index(CYCLE[0])
    assert tuple(last[place : place + 3]) == CYCLE  # in this order


def test_the_same_heavy_ball_converges_from_elsewhere() -> None:
    f = d2l.lessard_recht_packard()
    trace = d2l.momentum(f.grad, 3.5, eta=1 / 9, beta=4 / 9, steps=300)
    assert abs(trace.final[0]) < 1e-9


@pytest.mark.parametrize("start", [3.3, 3.5])
def test_nesterov_converges_from_both(start: float) -> None:
    f = d2l.lessard_recht_packard()
    # The usual setting for curvatures from 1 to 25: 1 / L and (sqrt κ - 1) / (sqrt κ + 1). With the
    # heavy ball's, Nesterov's method diverges where the curvature is 25.
    trace = d2l.nesterov(f.grad, start, eta=1 / 25, beta=2 / 3, steps=300)
    assert abs(trace.final[0]) < 1e-9


@names
def test_every_entry_is_a_position_of_its_own(f: d2l.Landscape) -> None:
    x = np.linspace(-3, 4, 12).reshape(3, 2, 2)
    for function in (f.value, f.grad):
        assert function(x).shape == (3, 2, 2)
        assert function(x)[1, 0, 1] == function(float(x[1, 0, 1]))
        np.testing.assert_array_equal(function(x.tolist()), function(x))
        assert np.shape(function(2)) == ()


@names
def test_nothing_of_a_landscape_can_be_changed(f: d2l.Landscape) -> None:
    with pytest.raises(AttributeError):
        f.name = "mine"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        f.minima[0] = 1


@names
@given(
    x=st.one_of(
        st.floats(),
        st.integers(),
        st.lists(st.floats(), max_size=4),
        st.text(max_size=3),
        st.none(),
        st.just(10**400),
        st.just([1, [2, 3]]),
        st.complex_numbers(),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_position_gives_a_value_or_a_clear_error(f: d2l.Landscape, x: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function in (f.value, f.grad):
            try:
                result = np.asarray(function(x))  # type: ignore[arg-type]
            except TypeError as error:
                assert str(error).startswith("x must hold real numbers")
            else:
                assert result.shape == np.shape(x)
                assert result.dtype == np.float64
                np.testing.assert_array_equal(np.isnan(result), np.isnan(np.asarray(x, float)))
