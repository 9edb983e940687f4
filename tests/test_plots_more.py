"""The figures of weights, rates over (η, β) and phase: what they show, and that they are SVG."""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import d2lmini as d2l
from d2lmini.palette import LIGHT

RAVINE = d2l.ravine()
BOWL = d2l.Quadratic([1])
ETAS, BETAS = np.linspace(0, 1, 101), np.linspace(0, 1, 121)
SVG = "{http://www.w3.org/2000/svg}"


def rates(f: d2l.Quadratic, etas: np.ndarray, betas: np.ndarray) -> np.ndarray:
    every = d2l.convergence_rate(f.eigenvalues, eta=etas[:, None], beta=betas[:, None, None])
    return every.max(axis=-1)


def roll(eta: float, beta: float, steps: int = 60, start: float = 4) -> d2l.Trace:
    return d2l.momentum(BOWL.grad, start, eta=eta, beta=beta, steps=steps)


def draw(kind: str) -> tuple[Any, Any]:
    fig, ax = d2l.subplots()
    if kind == "weights":
        return fig, d2l.plot_weights(ax, [0.95, 0.9, 0.6, 0])
    if kind == "normalised":
        return fig, d2l.plot_weights(ax, [0.95, 0.9, 0.6, 0.3, 0], n=20, normalised=True)
    if kind == "map":
        return fig, d2l.plot_rate_map(ax, ETAS, BETAS, rates(RAVINE, ETAS, BETAS), RAVINE)
    if kind == "fine map":
        etas, betas = np.linspace(0, 4, 601), np.linspace(0, 1, 501)
        return fig, d2l.plot_rate_map(ax, etas, betas, rates(BOWL, etas, betas), BOWL)
    if kind == "phase":
        return fig, d2l.plot_phase(ax, roll(0.1, 0.3), roll(0.1, 0.4675), roll(0.1, 0.9), rest=0)
    if kind == "long":
        return fig, d2l.plot_phase(ax, roll(0.1, 0.99, 3000))
    return fig, d2l.plot_phase(ax, roll(3.2, 0.5, 2000), rest=0)


KINDS = ["weights", "normalised", "map", "fine map", "phase", "long", "leaving"]


@functools.cache
def drawn(kind: str) -> str:
    """Return an English figure, drawn once for all tests."""
    return str(draw(kind)[0].svg())


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# The SVG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_figure_is_a_small_svg_with_words_in_it(kind: str, each_language: str) -> None:
    fig, _ = draw(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = fig.svg()
    assert len(svg.encode()) < 60_000
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "path", "use", "defs", "clipPath", "rect", "text"}
    keys = {
        "weights": ["axis.age", "axis.weight"],
        "normalised": ["axis.age", "axis.weight_normalised"],
        "map": ["axis.eta", "axis.beta", "rates.diverges"],
        "fine map": ["axis.eta", "axis.beta", "rates.diverges"],
        "phase": ["axis.position", "axis.velocity", "point.start", "point.minimizer"],
        "long": ["axis.position", "axis.velocity", "point.start"],
        "leaving": ["axis.position", "axis.velocity", "point.start", "point.minimizer"],
    }[kind]
    assert {d2l.label(key) for key in keys} <= set(words(svg))


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_is_of_the_palette(kind: str) -> None:
    svg = drawn(kind)
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(LIGHT.values())
    for element in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        assert "fill: #" in element.get("style", "")


@pytest.mark.parametrize("kind", KINDS)
def test_drawing_again_changes_no_byte(kind: str) -> None:
    assert draw(kind)[0].svg() == drawn(kind)


# Weights ----------------------------------------------------------------------------------------


def test_weights_are_the_powers_of_beta_with_their_sum() -> None:
    _, drawn = draw("weights")
    for line, stem, beta in zip(drawn.lines, drawn.marks, [0.95, 0.9, 0.6, 0], strict=True):
        x, y = line.get_data()
        np.testing.assert_allclose(y, beta ** np.arange(len(y)), rtol=1e-12)
        np.testing.assert_allclose(x, np.arange(len(x)), atol=0.45)
        assert line.get_label() == f"β = {beta:g}, sum {1 / (1 - beta):g}"
        np.testing.assert_array_equal(stem.get_xdata()[::3], x)
        np.testing.assert_array_equal(stem.get_ydata()[1::3], y)
        np.testing.assert_array_equal(stem.get_ydata()[0::3], 0)
    assert len({line.get_marker() for line in drawn.lines}) == 4
    assert drawn.lines[3].get_color() == LIGHT["gd"]
    assert LIGHT["gd"] not in {line.get_color() for line in drawn.lines[:3]}


def test_normalised_weights_add_up_to_one() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_weights(ax, [0.5, 0.3], n=200, normalised=True)
    for line in drawn.lines:
        # What is left out is too low to be seen.
        assert float(np.sum(line.get_ydata())) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("betas", [0.9, [0.9], (0.9,), np.array(0.9), np.array([0.9])])
def test_one_beta_may_be_written_in_any_way(betas: Any) -> None:
    _, ax = d2l.subplots()
    assert len(d2l.plot_weights(ax, betas).lines) == 1


@pytest.mark.parametrize(
    ("betas", "arguments", "error", "message"),
    [
        ([], {}, ValueError, "betas must be 1 to 5 momenta"),
        ([0.1] * 6, {}, ValueError, "betas must be 1 to 5 momenta"),
        ([[0.1]], {}, ValueError, "betas must be 1 to 5 momenta"),
        (1, {}, ValueError, "got beta=1: with beta >= 1"),
        ([0.5, -0.1], {}, ValueError, "got beta=-0.1"),
        (np.nan, {}, ValueError, "betas must be finite"),
        ("high", {}, TypeError, "betas must hold real numbers"),
        (0.9, {"n": 0}, ValueError, "n must be at least 1"),
        (0.9, {"n": 2.5}, TypeError, "n must be a whole number"),
    ],
)
def test_weights_name_what_is_wrong(betas: Any, arguments: dict, error: type, message: str) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_weights(ax, betas, **arguments)


# The map of rates -------------------------------------------------------------------------------


def test_along_the_curves_of_the_map_the_roots_are_double() -> None:
    _, drawn = draw("map")
    for line, lam in zip(drawn.lines, (0.2, 4), strict=True):
        eta, beta = (np.asarray(values, dtype=float) for values in line.get_data())
        seen = np.isfinite(beta)
        assert seen.sum() > 20
        eta, beta = eta[seen], beta[seen]
        np.testing.assert_allclose((1 + beta - eta * lam) ** 2, 4 * beta, atol=1e-9)


def test_the_star_of_the_map_is_the_fastest_of_its_pairs() -> None:
    _, drawn = draw("map")
    star = drawn.marks[-1]
    (eta,), (beta,) = star.get_data()
    best = float(d2l.convergence_rate(RAVINE.eigenvalues, eta=eta, beta=beta).max())
    assert best <= rates(RAVINE, ETAS, BETAS).min()
    assert star.get_label() == "best: η = 0.6679, β = 0.4026"


def test_a_star_out_of_the_map_is_not_drawn() -> None:
    fig, ax = d2l.subplots()
    etas = np.linspace(0, 0.3, 50)
    drawn = d2l.plot_rate_map(ax, etas, BETAS, rates(RAVINE, etas, BETAS), RAVINE)
    assert not any("best" in str(mark.get_label()) for mark in drawn.marks)
    assert "diverges" not in words(fig.svg())  # nothing in this range does


def test_the_lines_of_the_map_stand_at_the_rates_written_on_them() -> None:
    _, drawn = draw("map")
    assert {text.get_text() for text in drawn.texts} == {
        "ρ = 0.95", "ρ = 0.9", "ρ = 0.8", "ρ = 0.7", "diverges",
    }  # fmt: skip
    for text in drawn.texts:
        if text.get_text() != "diverges":
            eta, beta = text.xy
            rate = float(d2l.convergence_rate(RAVINE.eigenvalues, eta=eta, beta=beta).max())
            assert rate == pytest.approx(float(text.get_text()[4:]), abs=2e-3)
    lines = [mark for mark in drawn.marks if hasattr(mark, "levels") and len(mark.levels) == 1]
    for line in lines:
        points = np.concatenate([path.vertices for path in line.get_paths()])
        shifts = np.linspace(-0.01, 0.01, 5)  # a cell of the grid to either side
        found = d2l.convergence_rate(
            RAVINE.eigenvalues,
            eta=np.maximum(points[:, 0, None, None, None] + shifts[:, None, None], 0),
            beta=np.maximum(points[:, 1, None, None, None] + shifts[:, None], 0),
        ).max(axis=-1)
        assert (found.min(axis=(1, 2)) <= line.levels[0] + 1e-9).all()
        assert (found.max(axis=(1, 2)) >= line.levels[0] - 1e-9).all()


def test_the_border_of_the_map_is_where_it_stops_converging() -> None:
    _, ax = d2l.subplots()
    d2l.plot_rate_map(ax, ETAS, BETAS, rates(RAVINE, ETAS, BETAS), RAVINE)
    (border,) = (line for line in ax.lines if line.get_color() == LIGHT["gd"])
    ends = np.asarray(border.get_xydata())
    for share in (0.1, 0.5, 0.9):
        eta, beta = ends[0] * (1 - share) + ends[1] * share
        assert d2l.convergence_rate(4, eta=eta, beta=beta) == pytest.approx(1, abs=1e-7)
        assert d2l.convergence_rate(4, eta=eta * 0.99, beta=beta) < 1
        assert d2l.convergence_rate(4, eta=eta * 1.01, beta=beta) > 1


@pytest.mark.parametrize(
    ("etas", "betas", "table", "error", "message"),
    [
        ([0, 1], [0, 1], [1, 2], ValueError, r"shape \(betas, etas\) = \(2, 2\), got \(2,\)"),
        ([0, 1, 2], [0, 1], np.ones((3, 2)), ValueError, r"= \(2, 3\), got \(3, 2\)"),
        ([1, 0], [0, 1], np.ones((2, 2)), ValueError, "etas must be at least two numbers"),
        ([0, 1], [0.5], np.ones((1, 2)), ValueError, "betas must be at least two numbers"),
        ([-1, 1], [0, 1], np.ones((2, 2)), ValueError, "etas must be at least two numbers"),
        ([0, 1], [0, 2], np.ones((2, 2)), ValueError, "betas must not exceed 1, got 2"),
        ([0, 1], [0, 1], [[1, np.nan]] * 2, ValueError, "rates must be finite"),
        ([0, 1], [0, 1], [["a", "b"]] * 2, TypeError, "rates must hold real numbers"),
    ],
)
def test_the_map_names_what_is_wrong(
    etas: Any, betas: Any, table: Any, error: type, message: str
) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_rate_map(ax, etas, betas, table, RAVINE)


def test_the_map_needs_a_minimizer() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="no single minimum"):
        d2l.plot_rate_map(ax, [0, 1], [0, 1], np.ones((2, 2)), d2l.Quadratic([1, -1]))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=3),
    st.integers(2, 12),
    st.integers(2, 12),
    st.floats(1e-3, 1e3),
)
def test_any_spectrum_gives_a_map(lams: list[float], n: int, m: int, widest: float) -> None:
    f = d2l.Quadratic(lams)
    etas, betas = np.linspace(0, widest, n), np.linspace(0, 1, m)
    fig, ax = d2l.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.plot_rate_map(ax, etas, betas, rates(f, etas, betas), f)
        assert len(fig.svg()) < 60_000


# Phase ------------------------------------------------------------------------------------------


def test_phase_is_position_against_velocity() -> None:
    runs = [roll(0.1, 0.3), roll(0.1, 0.9)]
    _, ax = d2l.subplots()
    drawn = d2l.plot_phase(ax, *runs, rest=0)
    for line, run in zip(drawn.lines, runs, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), run.x[:, 0])
        np.testing.assert_array_equal(line.get_ydata(), run.v[:, 0])
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    for run in runs:
        points = np.concatenate([run.x, run.v], axis=1)
        assert ((points > limits[:, 0]) & (points < limits[:, 1])).all()
    assert [text.get_text() for text in drawn.texts] == ["start"]
    assert len({(line.get_marker(), line.get_color()) for line in drawn.lines}) == 2


def test_every_start_is_named_once() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_phase(ax, roll(0.1, 0.3), roll(0.1, 0.9), roll(0.1, 0.5, start=-3))
    assert [(text.get_text(), text.xy[0]) for text in drawn.texts] == [("start", -3), ("start", 4)]


def test_a_run_that_leaves_the_portrait_is_cut_with_the_step_at_which_it_left() -> None:
    run = roll(3.2, 0.5, 2000)
    _, ax = d2l.subplots()
    drawn = d2l.plot_phase(ax, run, rest=0)
    points = np.concatenate([run.x, run.v], axis=1)
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    inside = ((points >= limits[:, 0]) & (points <= limits[:, 1])).all(axis=1)
    step = int(np.flatnonzero(inside)[-1]) + 1
    assert drawn.texts[-1].get_text() == f"leaves at step {step}"
    np.testing.assert_array_equal(drawn.lines[0].get_xydata()[:-1], points[:step])


def test_gradient_descent_and_nesterov_have_portraits_too() -> None:
    _, ax = d2l.subplots()
    plain = d2l.gradient_descent(BOWL.grad, 4, eta=0.5, steps=9)
    ahead = d2l.nesterov(BOWL.grad, 4, eta=0.1, beta=0.9, steps=9)
    drawn = d2l.plot_phase(ax, plain, ahead)
    assert [line.get_color() for line in drawn.lines] == [LIGHT["gd"], LIGHT["nesterov"]]
    assert drawn.lines[1].get_label() == "Nesterov's method, η = 0.1, β = 0.9"


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize("start", [0, 5, -1e-9, 1e9, 1e300])
@pytest.mark.parametrize("rest", [None, 0, 3])
def test_any_start_gives_a_portrait(start: float, steps: int, rest: float | None) -> None:
    fig, ax = d2l.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.plot_phase(ax, roll(0.1, 0.5, steps, start), rest=rest)
        fig.svg()
    assert ax.get_xlim()[0] < start < ax.get_xlim()[1]


def test_phase_names_what_is_wrong() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="plot_phase has nothing to draw"):
        d2l.plot_phase(ax)
    flat = d2l.momentum(RAVINE.grad, (1, 1), eta=0.1, beta=0.5, steps=2)
    with pytest.raises(ValueError, match=r"d = 1, got d = 2 \(for d = 2 there is plot_trace\)"):
        d2l.plot_phase(ax, flat)
    with pytest.raises(TypeError, match="rest must be a number"):
        d2l.plot_phase(ax, roll(0.1, 0.5), rest="here")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rest must be a finite number"):
        d2l.plot_phase(ax, roll(0.1, 0.5), rest=np.inf)
