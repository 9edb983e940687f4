"""The figure of step lengths: what it shows, in every language."""

from __future__ import annotations

import re
import warnings
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

import d2lmini as d2l
from d2lmini.dialects import Keras, PyTorch, run
from d2lmini.palette import LIGHT

DROP = [1.0] * 40 + [0.1] * 40


def paths(steps: int = 80) -> dict:
    settings = [PyTorch(lr=0.1, momentum=0.9), Keras(learning_rate=0.1, momentum=0.9)]
    slope = np.ones_like
    return {
        type(s).__name__: run(s, slope, [0, 0], steps=steps, schedule=DROP[:steps])
        for s in settings
    }


def test_curves_are_the_closed_forms_of_an_even_slope() -> None:
    """Outside, η_t times the leaky sum of ones; inside, the leaky sum of the rates."""
    _, ax = d2l.subplots()
    drawn = d2l.plot_step_lengths(ax, paths())
    outside, inside = drawn.lines
    t = np.arange(1, 81)
    np.testing.assert_array_equal(outside.get_xdata(), t)
    slope = np.sqrt(2)  # the length of the gradient (1, 1)
    ones = (1 - 0.9**t) / (1 - 0.9)
    np.testing.assert_allclose(outside.get_ydata(), slope * 0.1 * np.array(DROP) * ones)
    rates = 0.1 * np.array(DROP)
    summed = [sum(rates[k] * 0.9 ** (n - k) for k in range(n + 1)) for n in range(80)]
    np.testing.assert_allclose(inside.get_ydata(), slope * np.array(summed))
    assert ax.get_ylim()[1] > np.max(outside.get_ydata())


@pytest.mark.parametrize("code", ["en", "vi", "tr", "zh"])
def test_words_are_in_the_language_in_use(code: str) -> None:
    d2l.use_language(code)
    try:
        fig, ax = d2l.subplots()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            d2l.plot_step_lengths(ax, paths())
            svg = fig.svg()
        words = {e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")}
        assert {d2l.label("axis.step"), d2l.label("axis.step_length"), "Keras"} <= words
    finally:
        d2l.use_language("en")
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(LIGHT.values())
    assert len(svg) < 60_000


def test_runs_are_told_apart_by_more_than_colour() -> None:
    _, ax = d2l.subplots()
    long = d2l.plot_step_lengths(ax, paths()).lines
    assert len({line.get_color() for line in long}) == 2
    assert len({line.get_linestyle() for line in long}) == 2
    _, ax = d2l.subplots()
    short = d2l.plot_step_lengths(ax, paths(20)).lines
    assert len({line.get_marker() for line in short}) == 2


def test_an_ordinary_trace_and_a_run_at_rest_can_be_drawn() -> None:
    _, ax = d2l.subplots()
    trace = d2l.momentum(d2l.ravine().grad, [-5, -2], eta=0.1, beta=0.5, steps=7)
    rest = d2l.gradient_descent(d2l.ravine().grad, [0, 0], eta=0.1, steps=3)
    moving, still = d2l.plot_step_lengths(ax, {"a": trace, "b": rest}).lines
    np.testing.assert_allclose(moving.get_ydata(), 0.1 * np.linalg.norm(trace.v[1:], axis=1))
    assert not np.any(still.get_ydata())


def test_step_lengths_name_what_is_wrong() -> None:
    _, ax = d2l.subplots()
    with pytest.raises(ValueError, match="plot_step_lengths has nothing to draw"):
        d2l.plot_step_lengths(ax, {})
    with pytest.raises(ValueError, match="'a' has no step to draw"):
        d2l.plot_step_lengths(ax, {"a": SimpleNamespace(x=np.zeros((1, 2)))})
    with pytest.raises(ValueError, match="steps too long for a float"):
        d2l.plot_step_lengths(ax, {"a": SimpleNamespace(x=np.array([[-1e308], [1e308]]))})
