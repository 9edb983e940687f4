"""The figure of distances: what it draws, and what it refuses."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import d2lmini as d2l
from d2lmini.palette import LIGHT


@pytest.mark.parametrize("code", ["en", "vi", "tr", "zh"])
def test_it_speaks_every_language(code: str) -> None:
    d2l.use_language(code)
    try:
        fig, ax = d2l.subplots()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            d2l.plot_distances(ax, {"β = 0.6": 0.5 ** np.arange(30)})
            assert d2l.label("axis.distance") in fig.svg()
    finally:
        d2l.use_language("en")


def test_each_run_is_a_curve_in_the_colour_of_its_method() -> None:
    runs = {"a": 0.9 ** np.arange(40), "b": 0.5 ** np.arange(20), "c": 0.7 ** np.arange(40)}
    _, ax = d2l.subplots()
    drawn = d2l.plot_distances(ax, runs, methods=("gd", "momentum", "nesterov"))
    for line, (name, curve) in zip(drawn.lines, runs.items(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve)
        assert line.get_label() == name
    assert [line.get_color() for line in drawn.lines] == [
        LIGHT["gd"],
        LIGHT["momentum"],
        LIGHT["nesterov"],
    ]


def test_runs_of_one_method_differ_in_colour_and_dashes() -> None:
    _, ax = d2l.subplots()
    drawn = d2l.plot_distances(ax, {name: 0.9 ** np.arange(9) for name in "abc"})
    assert len({line.get_color() for line in drawn.lines}) == 3
    assert [line.get_linestyle() for line in drawn.lines] == ["-", "--", "--"]


def test_the_window_spans_whole_decades_and_no_more_than_twelve() -> None:
    _, ax = d2l.subplots()
    d2l.plot_distances(ax, {"a": 5 * 0.5 ** np.arange(200)})
    assert ax.get_ylim() == (1e-11, 10)
    assert ax.get_xlim() == (0, 199)


def test_the_largest_distance_of_all_can_be_drawn() -> None:
    _, ax = d2l.subplots()
    d2l.plot_distances(ax, {"a": [1, np.finfo(float).max]})
    assert ax.get_ylim() == (1e296, 1e308)


def test_an_exact_zero_is_a_gap_without_a_warning() -> None:
    fig, ax = d2l.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = d2l.plot_distances(ax, {"a": [1, 0, 0.5], "b": [0, 0]})
        fig.svg()
    assert np.isnan(np.asarray(drawn.lines[0].get_ydata())[1])


@pytest.mark.parametrize(
    ("distances", "methods", "error", "message"),
    [
        ({}, None, ValueError, "plot_distances has nothing to draw"),
        ({"a": [1, -1]}, None, ValueError, r"distances\['a'\] must be distances >= 0"),
        ({"a": [[1, 2]]}, None, ValueError, r"got shape \(1, 2\)"),
        ({"a": []}, None, ValueError, r"got shape \(0,\)"),
        ({"a": [1, np.inf]}, None, ValueError, r"distances\['a'\] must be finite"),
        ({"a": ["x"]}, None, TypeError, r"distances\['a'\] must hold real numbers"),
        ({"a": [1]}, ("gd", "gd"), ValueError, "for each of the 1 runs"),
        ({"a": [1]}, ("adam",), ValueError, r"got \['adam'\]"),
    ],
)
def test_it_names_what_is_wrong(distances: Any, methods: Any, error: type, message: str) -> None:
    _, ax = d2l.subplots()
    with pytest.raises(error, match=message):
        d2l.plot_distances(ax, distances, methods=methods)
