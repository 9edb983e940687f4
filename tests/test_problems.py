"""Quadratics: values, gradients and closed forms, and what they refuse."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l

finite = st.floats(-1e3, 1e3)


def random_quadratic(seed: int, d: int = 4) -> d2l.Quadratic:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(d, d))
    return d2l.Quadratic(a @ a.T + 0.1 * np.eye(d), rng.normal(size=d), rng.normal())


def test_ravine_is_the_function_of_the_course() -> None:
    f = d2l.ravine()
    assert f.value([-5, -2]) == 10.5
    np.testing.assert_array_equal(f.grad([-5, -2]), [-1, -8])
    np.testing.assert_array_equal(f.eigenvalues, [0.2, 4])
    np.testing.assert_array_equal(f.minimizer, [0, 0])
    assert f.condition_number == 20
    assert f.minimum == 0


@pytest.mark.parametrize("seed", range(5))
def test_gradient_is_the_derivative_of_the_value(seed: int) -> None:
    f = random_quadratic(seed)
    x = np.random.default_rng(seed + 100).normal(size=f.dim)
    # Central differences are exact for a quadratic, up to rounding.
    slopes = [(f.value(x + e) - f.value(x - e)) / 2 for e in np.eye(f.dim)]
    np.testing.assert_allclose(f.grad(x), slopes, rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_minimizer_has_no_gradient_and_the_minimum_is_its_value(seed: int) -> None:
    f = random_quadratic(seed)
    np.testing.assert_allclose(f.grad(f.minimizer), 0, atol=1e-12 * np.abs(f.c).max() * 1e3)
    assert f.minimum == pytest.approx(float(f.value(f.minimizer)), rel=1e-9)
    for x in f.minimizer + np.random.default_rng(seed).normal(size=(20, f.dim)):
        assert f.value(x) > f.minimum


@pytest.mark.parametrize("seed", range(5))
def test_eigenvectors_diagonalise_the_curvature(seed: int) -> None:
    f = random_quadratic(seed)
    vectors = f.eigenvectors
    np.testing.assert_allclose(vectors @ np.diag(f.eigenvalues) @ vectors.T, f.Q, atol=1e-12 * 1e2)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(f.dim), atol=1e-12)
    assert (np.diff(f.eigenvalues) >= 0).all()


def test_diagonal_and_matrix_describe_the_same_function() -> None:
    short = d2l.Quadratic([4, 0.2, 1], [1, 2, 3], 5)
    full = d2l.Quadratic(np.diag([4, 0.2, 1]), [1, 2, 3], 5)
    x = np.random.default_rng(0).normal(size=(7, 3))
    np.testing.assert_allclose(short.value(x), full.value(x), rtol=1e-13)
    np.testing.assert_allclose(short.grad(x), full.grad(x), rtol=1e-13)
    np.testing.assert_allclose(short.eigenvalues, full.eigenvalues, rtol=1e-13)
    np.testing.assert_allclose(np.abs(short.eigenvectors), np.abs(full.eigenvectors), atol=1e-13)
    np.testing.assert_allclose(short.minimizer, full.minimizer, rtol=1e-13)


def test_diagonal_gradient_is_the_exact_product() -> None:
    """The stored outputs of the course hold bit for bit only if nothing is summed in between."""
    q, x = [0.1, 0.3], [0.7, -1.1]
    np.testing.assert_array_equal(d2l.Quadratic(q).grad(x), [0.1 * 0.7, 0.3 * -1.1])


def test_value_and_grad_broadcast_over_leading_axes() -> None:
    f = random_quadratic(1, d=2)
    x = np.random.default_rng(1).normal(size=(3, 5, 2))
    assert f.value(x).shape == (3, 5)
    assert f.grad(x).shape == (3, 5, 2)
    assert f.value(x)[2, 4] == pytest.approx(float(f.value(x[2, 4])))
    np.testing.assert_allclose(f.grad(x)[2, 4], f.grad(x[2, 4]))


def test_numbers_stand_for_problems_with_one_variable() -> None:
    f = d2l.Quadratic(2)
    assert f.value(3) == 9
    np.testing.assert_array_equal(f.grad(3), [6])
    np.testing.assert_array_equal(d2l.Quadratic([2], 4).minimizer, [-2])


def test_saddle_has_a_stationary_point_and_no_minimum() -> None:
    saddle = d2l.Quadratic([1, -1], [1, 1])
    np.testing.assert_array_equal(saddle.stationary, [-1, 1])
    for name in ("minimizer", "minimum"):
        with pytest.raises(ValueError, match=r"eigenvalue -1; all eigenvalues must be > 0"):
            getattr(saddle, name)
    with pytest.raises(ValueError, match=r"convex quadratic.*-1 to 1"):
        _ = saddle.condition_number


def test_flat_direction_is_named() -> None:
    trough = d2l.Quadratic([0, 1])
    assert trough.condition_number == np.inf
    with pytest.raises(ValueError, match=r"is flat in the direction of its eigenvalue 0"):
        _ = trough.minimizer
    with pytest.raises(ValueError, match=r"eigenvalue 0: give every direction"):
        _ = trough.stationary


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1, 2], [0, 1]],), r"Q must be symmetric.*\(Q \+ Q\.T\) / 2"),
        (([[1, 2, 3], [4, 5, 6]],), r"shape \(d,\) or \(d, d\), got shape \(2, 3\)"),
        ((np.zeros((2, 2, 2)),), r"got shape \(2, 2, 2\)"),
        (([],), r"at least one entry"),
        (([1, np.nan],), r"Q must be finite"),
        (([1, [2, 3]],), r"Q must be an array of numbers"),
        (([1, 2], [1, 2, 3]), r"c must have shape \(2,\).*got shape \(3,\)"),
        (([1, 2], [1, np.inf]), r"c must be finite"),
        (([1, 2], None, np.inf), r"b must be a finite number"),
    ],
)
def test_bad_values_are_named(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        d2l.Quadratic(*arguments)


@pytest.mark.parametrize("bad", ["steep", ["a", "b"], [1j], None, {}])
def test_what_is_not_a_number_is_a_type_error(bad: object) -> None:
    with pytest.raises(TypeError, match="Q must hold real numbers"):
        d2l.Quadratic(bad)  # type: ignore[arg-type]


def test_point_of_another_dimension_is_refused() -> None:
    for method in (d2l.ravine().value, d2l.ravine().grad):
        for x in ([1, 2, 3], 1.0):
            with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\)"):
                method(x)
        with pytest.raises(TypeError, match="2 numbers per point"):
            method("here")


@pytest.mark.parametrize("seed", range(5))
def test_the_eigenbasis_takes_the_function_apart(seed: int) -> None:
    f = random_quadratic(seed)
    x = np.random.default_rng(seed + 200).normal(size=(3, 5, f.dim))
    z = f.to_eigenbasis(x)
    assert z.shape == x.shape
    # The sum of d parabolas is the function; distances stay what they were.
    np.testing.assert_allclose(f.minimum + (f.eigenvalues * z**2).sum(-1) / 2, f.value(x))
    np.testing.assert_allclose(np.linalg.norm(z, axis=-1), np.linalg.norm(x - f.minimizer, axis=-1))
    np.testing.assert_allclose(f.from_eigenbasis(z), x)
    # The step of gradient descent multiplies each coordinate by its own factor.
    stepped = f.to_eigenbasis(x - 0.1 * f.grad(x))
    np.testing.assert_allclose(stepped, (1 - 0.1 * f.eigenvalues) * z, atol=1e-12)


@pytest.mark.parametrize("diagonal", [[4.0, 0.2, 1.0], [1.0, 1.0, 1.0], [3.0]])
def test_a_diagonal_and_its_matrix_have_one_eigenbasis(diagonal: list[float]) -> None:
    c = np.arange(1.0, 1.0 + len(diagonal))
    short, full = d2l.Quadratic(diagonal, c), d2l.Quadratic(np.diag(diagonal), c)
    x = np.random.default_rng(0).normal(size=(4, len(diagonal)))
    order = np.argsort(diagonal, kind="stable")
    expected = (x + c / diagonal)[:, order]
    np.testing.assert_allclose(short.to_eigenbasis(x), expected)
    np.testing.assert_allclose(np.abs(full.to_eigenbasis(x)), np.abs(expected))
    for f in (short, full):
        np.testing.assert_allclose(f.from_eigenbasis(f.to_eigenbasis(x)), x)


def test_the_eigenbasis_of_one_variable_takes_a_number() -> None:
    f = d2l.Quadratic(2, c=-6)
    np.testing.assert_array_equal(f.to_eigenbasis(5), [2])
    np.testing.assert_array_equal(f.from_eigenbasis(2), [5])


def test_the_eigenbasis_needs_a_stationary_point_and_points_that_fit() -> None:
    with pytest.raises(ValueError, match="eigenvalue 0"):
        d2l.Quadratic([0, 1]).to_eigenbasis([1, 1])
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\), got shape \(3,\)"):
        d2l.ravine().to_eigenbasis([1, 2, 3])
    with pytest.raises(ValueError, match=r"z must have shape \(\.\.\., 2\), got shape \(3,\)"):
        d2l.ravine().from_eigenbasis([1, 2, 3])


@pytest.mark.parametrize(
    "x",
    [
        np.array([1 + 1j, 2]),
        ["1", "2"],
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        [None, 1],
        np.array(["1", 2], dtype=object),
    ],
    ids=["complex", "text", "masked", "None", "text in an object array"],
)
def test_what_is_not_a_real_number_is_not_made_one(x: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match="x must hold real numbers"):
            d2l.ravine().grad(x)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="x0 must hold real numbers"):
            d2l.momentum(d2l.ravine().grad, x, eta=0.1, beta=0, steps=1)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="grad must return 2 real numbers"):
            d2l.momentum(lambda _: x, [1, 2], eta=0.1, beta=0, steps=1)


def test_overflow_is_a_value_and_no_warning() -> None:
    assert d2l.ravine().value([1e200, 1]) == np.inf
    assert d2l.Quadratic([1e300]).grad([1e300]) == np.inf


def test_nothing_of_a_quadratic_can_be_changed() -> None:
    f = d2l.ravine()
    with pytest.raises(AttributeError):
        f.b = 1.0  # type: ignore[misc]
    for array in (f.Q, f.c, f.eigenvalues, f.eigenvectors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_rounding_does_not_spoil_symmetry() -> None:
    a = np.random.default_rng(3).normal(size=(6, 6))
    q = np.linalg.inv(a @ a.T)  # symmetric only up to rounding
    f = d2l.Quadratic(q)
    np.testing.assert_array_equal(f.Q, f.Q.T)


def test_repr_can_be_read_back() -> None:
    f = d2l.Quadratic([0.2, 4], c=[1, 0], b=2)
    again = eval(repr(f), {"Quadratic": d2l.Quadratic})
    assert again.value([3, 4]) == f.value([3, 4])
    assert repr(d2l.ravine()) == "Quadratic([0.2, 4.0])"


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.floats(),
        st.lists(st.floats(), max_size=4),
        st.lists(st.lists(finite, min_size=2, max_size=2), min_size=2, max_size=2),
        st.text(max_size=3),
        st.integers(),
        st.none(),
    ),
    st.one_of(st.none(), st.lists(st.floats(), max_size=3)),
)
def test_any_argument_gives_a_function_or_a_clear_error(q: object, c: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            f = d2l.Quadratic(q, c)  # type: ignore[arg-type]
            f.value(np.ones(f.dim))
            assert f.grad(np.ones(f.dim)).shape == (f.dim,)
        except (ValueError, TypeError) as error:
            assert str(error).startswith(("Q must", "c must"))
