"""The figures of averages and of noise: what they show, and that they are small, stable SVG."""

from __future__ import annotations

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

SVG = "{http://www.w3.org/2000/svg}"
BOWL = d2l.Quadratic([1])
WALK = d2l.random_walk(steps=200, seed=0)


def noisy(beta: float = 0.9, *, eta: Any = 0.02, steps: int = 120, **other: Any) -> d2l.NoisyPaths:
    arguments = {"sigma": 1, "paths": 400, "seed": 0, **other}
    return d2l.noisy_descent(BOWL.grad, 3, eta=eta, beta=beta, steps=steps, **arguments)


def draw(kind: str) -> tuple[Any, Any]:
    fig, ax = d2l.subplots()
    if kind == "smoothing":
        averages = {f"β = {beta}": d2l.ema(WALK, beta) for beta in (0.9, 0.98)}
        return fig, d2l.plot_smoothing(ax, WALK, averages)
    if kind == "cloud":
        return fig, d2l.plot_cloud(ax, noisy(), floor=0.1)
    if kind == "plain cloud":
        return fig, d2l.plot_cloud(ax, noisy(0, eta=np.full(120, 0.1)), shown=0)
    runs = {"β = 0": noisy(0), "β = 0.5": noisy(0.5), "β = 0.9": noisy(0.9)}
    return fig, d2l.plot_mean_square(ax, runs, floors={"β = 0.9": 0.1, "β = 0": 0.01})


WORDS = {
    "smoothing": ["axis.step", "axis.value", "smoothing.raw"],
    "cloud": ["axis.step", "cloud.band", "cloud.floor"],
    "plain cloud": ["axis.step", "cloud.band"],
    "mean square": ["axis.step", "axis.mean_square"],
}


def texts(svg: str) -> set[str]:
    return {element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")}


# The SVG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WORDS)
def test_figure_is_a_small_svg_with_words_in_it(kind: str, each_language: str) -> None:
    fig, _ = draw(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = fig.svg()
    assert len(svg.encode()) < 60_000
    assert {d2l.label(key) for key in WORDS[kind]} <= texts(svg)


@pytest.mark.parametrize("kind", WORDS)
def test_every_colour_is_of_the_palette_and_drawing_again_changes_no_byte(kind: str) -> None:
    svg = draw(kind)[0].svg()
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(LIGHT.values())
    assert draw(kind)[0].svg() == svg


# Smoothing --------------------------------------------------------------------------------------


def test_smoothing_shows_the_sequence_and_its_averages() -> None:
    _, drawn = draw("smoothing")
    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), WALK)
    for line, beta in zip(drawn.lines[1:], (0.9, 0.98), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(201))
        np.testing.assert_array_equal(line.get_ydata(), d2l.ema(WALK, beta))
        assert line.get_label() == f"β = {beta}"
    assert len({(line.get_color(), str(line.get_linestyle())) for line in drawn.lines}) == 3


def test_the_first_step_may_be_one() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_smoothing(ax, [4, 2, 8], {"s": d2l.ema([4, 2, 8], 0.5)}, first=1)
    assert [list(line.get_xdata()) for line in drawn.lines] == [[1, 2, 3]] * 2


@pytest.mark.parametrize(
    ("y", "averages", "error", "message"),
    [
        ([1, 2], {}, ValueError, "plot_smoothing has nothing to draw"),
        ([1, 2], {str(i): [1, 2] for i in range(5)}, ValueError, "at most 4 averages, got 5"),
        ([1, 2], {"s": [1, 2, 3]}, ValueError, r"'s' must be as long as y.*\(3,\) and \(2,\)"),
        ([[1, 2]], {"s": [[1, 2]]}, ValueError, r"shape \(n,\), got shape \(1, 2\)"),
        ([], {"s": []}, ValueError, r"shape \(n,\), got shape \(0,\)"),
        ([1, np.nan], {"s": [1, 2]}, ValueError, "y must be finite"),
        ([1, 2], {"s": "ab"}, TypeError, "s must hold real numbers"),
    ],
)
def test_smoothing_names_what_is_wrong(y: Any, averages: Any, error: type, message: str) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_smoothing(ax, y, averages)


# The cloud --------------------------------------------------------------------------------------


def test_the_band_holds_nine_tenths_of_the_paths() -> None:
    _, ax = d2l.subplots()
    runs = noisy()
    drawn = d2l.plot_cloud(ax, runs)
    points = drawn.marks[0].get_paths()[0].vertices
    for step in (1, 40, 120):
        edge = points[points[:, 0] == step, 1]
        x = runs.x[step, :, 0]
        assert ((x >= edge.min()) & (x <= edge.max())).mean() == pytest.approx(0.9, abs=0.01)


def test_the_mean_and_single_paths_are_those_of_the_runs() -> None:
    runs = noisy()
    _, ax = d2l.subplots()
    drawn = d2l.plot_cloud(ax, runs, shown=2)
    np.testing.assert_allclose(drawn.lines[0].get_ydata(), runs.mean[:, 0])
    for j, line in enumerate(drawn.lines[1:]):
        np.testing.assert_array_equal(line.get_ydata(), runs.x[:, j, 0])
    assert len(drawn.lines) == 3


def test_in_the_long_run_the_band_ends_at_the_lines_of_the_floor() -> None:
    setting = {"eta": 0.1, "beta": 0.5, "sigma": 1}
    runs = noisy(0.5, eta=0.1, steps=150, paths=20_000)
    _, ax = d2l.subplots()
    drawn = d2l.plot_cloud(ax, runs, floor=d2l.noise_floor(1, **setting))
    edges = sorted(mark.get_ydata()[0] for mark in drawn.marks[1:])
    np.testing.assert_allclose(np.quantile(runs.x[-1, :, 0], [0.05, 0.95]), edges, rtol=0.04)


def test_a_cloud_has_the_colour_and_the_name_of_its_method() -> None:
    _, ax = d2l.subplots()
    plain, heavy = d2l.plot_cloud(ax, noisy(0)), d2l.plot_cloud(ax, noisy(0.9))
    assert plain.lines[0].get_color() == LIGHT["gd"]
    assert heavy.lines[0].get_color() == LIGHT["momentum"]
    assert heavy.lines[0].get_label() == "η = 0.02, β = 0.9: mean"
    schedule = d2l.plot_cloud(ax, noisy(0.9, eta=np.linspace(0.1, 0.01, 120)))
    assert schedule.lines[0].get_label() == "β = 0.9: mean"


def test_another_coordinate_may_be_drawn() -> None:
    f = d2l.ravine()
    runs = d2l.noisy_descent(
        f.grad, [-5, -2], eta=0.1, beta=0.5, sigma=1, steps=30, paths=50, seed=0
    )
    _, ax = d2l.subplots()
    drawn = d2l.plot_cloud(ax, runs, coordinate=1)
    np.testing.assert_allclose(drawn.lines[0].get_ydata(), runs.mean[:, 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"coordinate": 1}, ValueError, "coordinate must be below 1, got coordinate=1"),
        ({"coordinate": 0.5}, TypeError, "coordinate must be a whole number"),
        ({"floor": -1}, ValueError, "floor must be a variance >= 0, got floor=-1"),
        ({"floor": np.inf}, ValueError, "floor must be a finite number"),
        ({"shown": -1}, ValueError, "shown must be a whole number"),
    ],
)
def test_the_cloud_names_what_is_wrong(arguments: dict, error: type, message: str) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_cloud(ax, noisy(), **arguments)


def test_a_cloud_is_made_of_noisy_paths() -> None:
    _, ax = d2l.subplots()
    quiet = d2l.momentum(BOWL.grad, 3, eta=0.1, beta=0.5, steps=5)
    with pytest.raises(TypeError, match="what noisy_descent returned, got Trace"):
        d2l.plot_cloud(ax, quiet)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'a' is Trace"):
        d2l.plot_mean_square(ax, {"a": quiet})  # type: ignore[dict-item]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 400), st.integers(1, 5), st.floats(0, 0.99), st.floats(0, 5))
def test_any_runs_give_a_cloud_and_a_mean_square(
    steps: int, paths: int, beta: float, eta: float
) -> None:
    runs = noisy(beta, eta=eta, steps=steps, paths=paths)
    fig, (left, right) = d2l.subplots(1, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.plot_cloud(left, runs, floor=0)
        d2l.plot_mean_square(right, {"runs": runs})
        assert len(fig.svg()) < 120_000


# The mean square --------------------------------------------------------------------------------


def test_the_mean_square_is_that_of_the_paths() -> None:
    runs = noisy()
    _, ax = d2l.subplots()
    drawn = d2l.plot_mean_square(ax, {"β = 0.9": runs}, floors={"β = 0.9": 0.1})
    line = drawn.lines[0]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(121))
    expected = runs.mean[:, 0] ** 2 + runs.variance[:, 0] * (1 - 1 / runs.paths)
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert drawn.marks[0].get_ydata()[0] == 0.1
    assert drawn.marks[0].get_color() == line.get_color()
    assert ax.get_yscale() == "log"
    low, high = ax.get_ylim()
    assert low < np.min(line.get_ydata())
    assert high > np.max(line.get_ydata())


def test_curves_of_one_method_differ_in_more_than_colour() -> None:
    _, drawn = draw("mean square")
    assert [line.get_color() for line in drawn.lines] == [
        LIGHT["gd"],
        LIGHT["momentum"],
        LIGHT["accent"],
    ]
    assert drawn.lines[1].get_linestyle() != drawn.lines[2].get_linestyle()


def test_paths_that_start_at_the_minimum_leave_a_gap_there() -> None:
    runs = d2l.noisy_descent(BOWL.grad, 0, eta=0.1, beta=0.0, sigma=1, steps=20, paths=30, seed=0)
    _, ax = d2l.subplots()
    drawn = d2l.plot_mean_square(ax, {"β = 0": runs})
    heights = np.asarray(drawn.lines[0].get_ydata(), dtype=float)
    assert np.isnan(heights[0])
    assert np.isfinite(heights[1:]).all()


@pytest.mark.parametrize(
    ("floors", "coordinate", "message"),
    [
        ({"a": 0}, 0, "floor must be > 0 on a logarithmic axis, got floor=0"),
        ({"b": 0.1}, 0, "the floor 'b' belongs to no curve: use one of the labels 'a'"),
        ({}, 1, "coordinate must be below 1, got coordinate=1"),
    ],
)
def test_the_mean_square_names_what_is_wrong(floors: dict, coordinate: int, message: str) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match=message):
        d2l.plot_mean_square(ax, {"a": noisy()}, floors=floors, coordinate=coordinate)


def test_nothing_is_no_mean_square() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="plot_mean_square has nothing to draw"):
        d2l.plot_mean_square(ax, {})
