"""Energy of a run, and its picture: what is proved of it holds, and what is drawn is that."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini.palette import LIGHT

VALLEYS = d2l.two_valleys()
# The steepest change of slope between the two minima and the start, by brute force.
PLACES = np.linspace(-4, 5, 20_001)
LIPSCHITZ = float(np.abs(np.diff(VALLEYS.grad(PLACES)) / np.diff(PLACES)).max())


def roll(beta: float, eta: float = 0.01, steps: int = 1500, start: float = -3) -> d2l.Trace:
    return d2l.momentum(VALLEYS.grad, start, eta=eta, beta=beta, steps=steps)


# Energy -----------------------------------------------------------------------------------------


def test_energy_is_height_plus_half_the_inherited_speed_squared() -> None:
    f = d2l.ravine()
    trace = d2l.momentum(f.grad, [-5, -2], eta=0.3, beta=0.7, steps=30, decay=0.9)
    for t, found in enumerate(d2l.energy(trace, f)):
        x, v = trace.x[t], trace.v[t]
        height = 0.1 * x[0] ** 2 + 2 * x[1] ** 2
        assert found == pytest.approx(height + 0.3 * 0.9**t * 0.7 * (v @ v) / 2)


def test_gradient_descent_has_no_kinetic_energy() -> None:
    trace = d2l.gradient_descent(VALLEYS.grad, -2, eta=0.1, steps=50)
    np.testing.assert_array_equal(d2l.energy(trace, VALLEYS), VALLEYS.value(trace.x[:, 0]))


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 0.99),
    st.floats(0.01, 1),
    st.floats(-3.9, 4.5),
    st.sampled_from([1.0, 0.99]),
)
def test_small_steps_never_gain_energy(
    beta: float, share: float, start: float, decay: float
) -> None:
    eta = share * 2 * (1 - beta) / LIPSCHITZ
    trace = d2l.momentum(VALLEYS.grad, start, eta=eta, beta=beta, steps=400, decay=decay)
    assert np.abs(trace.x).max() < 5  # where LIPSCHITZ was measured
    energies = d2l.energy(trace, VALLEYS)
    assert (np.diff(energies) <= 1e-12).all()
    # Not even between two points is the run above what it had.
    along = np.linspace(trace.x[:-1, 0], trace.x[1:, 0], 9)
    assert (VALLEYS.value(along) <= energies[:-1] + 1e-12).all()


def test_large_steps_may_gain_energy() -> None:
    assert np.diff(d2l.energy(roll(0.9, eta=0.2), VALLEYS)).max() > 0.1


def test_energy_names_what_is_wrong() -> None:
    f, run = d2l.ravine(), roll(0.9, steps=3)
    with pytest.raises(TypeError, match="trace must be a Trace, got 3"):
        d2l.energy(3, f)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="f must be a Landscape or a Quadratic"):
        d2l.energy(run, VALLEYS.grad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="as many variables as the trace, got 2 and 1"):
        d2l.energy(run, f)
    ahead = d2l.nesterov(VALLEYS.grad, 1, eta=0.1, beta=0.5, steps=3)
    with pytest.raises(ValueError, match="got one of nesterov"):
        d2l.energy(ahead, VALLEYS)


def test_energy_of_a_run_that_overflows_is_infinite_without_a_warning() -> None:
    f = d2l.Quadratic([1])
    trace = d2l.momentum(f.grad, 1, eta=1e9, beta=0.5, steps=100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trace.overflowed
        assert np.isinf(d2l.energy(trace, f)[-1])


# Picture ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["en", "vi", "tr", "zh"])
def test_the_picture_speaks_every_language(code: str) -> None:
    d2l.use_language(code)
    try:
        fig, ax = d2l.subplots()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            d2l.plot_energy(ax, VALLEYS, roll(0.95), roll(0.975))
            svg = fig.svg()
        assert d2l.label("axis.energy") in svg
        assert d2l.label("point.start") in svg
    finally:
        d2l.use_language("en")


def test_runs_are_drawn_at_their_energy_above_the_graph() -> None:
    runs = [d2l.gradient_descent(VALLEYS.grad, -3, eta=0.01, steps=99), roll(0.95), roll(0.975)]
    _, ax = d2l.subplots()
    drawn = d2l.plot_energy(ax, VALLEYS, *runs)
    for line, run in zip(drawn.lines, runs, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), run.x[:, 0])
        np.testing.assert_array_equal(line.get_ydata(), d2l.energy(run, VALLEYS))
        assert (line.get_ydata() >= VALLEYS.value(run.x[:, 0])).all()
    graph: Any = drawn.marks[0]
    np.testing.assert_array_equal(graph.get_ydata(), VALLEYS.value(graph.get_xdata()))
    ends = [tuple(np.ravel(mark.get_data())) for mark in drawn.marks[1:4]]  # type: ignore[attr-defined]
    assert ends == [(run.x[-1, 0], d2l.energy(run, VALLEYS)[-1]) for run in runs]
    assert [line.get_color() for line in drawn.lines[:2]] == [LIGHT["gd"], LIGHT["momentum"]]
    assert len({(line.get_color(), str(line.get_linestyle())) for line in drawn.lines}) == 3


def test_the_whole_of_every_run_is_in_the_window() -> None:
    runs = [roll(0.95), roll(0.975, start=4.5)]
    _, ax = d2l.subplots()
    drawn = d2l.plot_energy(ax, VALLEYS, *runs)
    for line in drawn.lines:
        assert ax.get_xlim()[0] < min(line.get_xdata())
        assert max(line.get_xdata()) < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < min(line.get_ydata())
        assert max(line.get_ydata()) < ax.get_ylim()[1]
    assert [text.get_text() for text in drawn.texts] == ["start", "start"]


def test_the_picture_names_what_is_wrong() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="plot_energy has nothing to draw"):
        d2l.plot_energy(ax, VALLEYS)
    bowl = d2l.Quadratic([1])
    with pytest.raises(TypeError, match="f must be a Landscape"):
        d2l.plot_energy(ax, bowl, roll(0.9))  # type: ignore[arg-type]
    steep = d2l.lessard_recht_packard()
    wild = d2l.gradient_descent(steep.grad, 3, eta=1, steps=9)
    with pytest.raises(ValueError, match="take a smaller eta"):
        d2l.plot_energy(ax, steep, wild)
