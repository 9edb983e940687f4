"""The weights of past gradients: numbers in Python, and the same ones in the page."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Weights
from explorable_visit import frame, grips, slider, status

BETAS = [0, 0.1, 0.5, 0.9, 0.95, 0.99]


def test_three_sizes_are_those_of_the_library():
    for beta in BETAS:
        sizes = Weights(beta=beta).sizes()
        weights = d2l.weights(beta, 10_000)
        assert sizes["sum"] == pytest.approx(weights.sum())
        assert sizes["samples"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
        assert sizes["age"] == pytest.approx((np.arange(10_000) * weights).sum() / weights.sum())


def test_normalised_values_add_up_to_one():
    figure = Weights(beta=0.5, scale="normalised", bars=100)
    assert figure.values().sum() == pytest.approx(1)
    assert Weights(beta=0.5).values()[:3] == pytest.approx([1, 0.5, 0.25])


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.99", "never fade"]),
        ({"bars": 5}, ["bars=5", "10 <= bars <= 200"]),
        ({"bars": 12.5}, ["bars=12.5", "whole number"]),
        ({"scale": "median"}, ["'raw', 'normalised'", "scale='median'"]),
        ({"scale": 3}, ["scale=3"]),
        ({"age": -1}, ["age=-1", "count the steps"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Weights(**traits)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("beta", "bars", "scale"), [*product([0, 0.99], [10, 200], ["raw", "normalised"])]
)
def test_static_figure_at_the_ends(beta, bars, scale):
    svg = Weights(beta=beta, bars=bars, scale=scale)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg


# ---------------------------------------------------------------- in the page


@pytest.fixture
def view(explorable):
    return explorable("weights")


def told(view):
    frame(view)
    return view.locator(".mmx dd").all_inner_texts()


@pytest.mark.browser
def test_ten_nineteen_and_nine(view):
    assert told(view) == ["10.0", "19.0", "9.00"]
    assert status(view).startswith("A gradient of age 10 has the weight 0.349, 3.5 %")
    view.locator("[data-preset='0.5']").click()
    assert told(view) == ["2.00", "3.00", "1.00"]
    slider(view, "momentum β").press("Home")
    assert told(view) == ["1.00", "1.00", "0.00"]
    assert status(view) == "A gradient of age 10 has the weight 0, 0 % of the total."


@pytest.mark.browser
def test_what_is_not_shown_is_told(view):
    view.locator("[data-preset='0.99']").click()
    assert "67 % of the total belongs to gradients older than the 40 shown." in status(view)
    bars = slider(view, "bars")
    bars.press("End")
    assert "13 % of the total belongs to gradients older than the 200 shown." in status(view)


@pytest.mark.browser
def test_normalised_bars_look_alike_and_the_axis_tells_their_height(view):
    frame(view)
    axis = "[...document.querySelectorAll('.mmx svg text')].map(t => t.textContent)"
    bars = view.locator(".mmx svg g[clip-path] path").first.get_attribute("d")
    assert "1" in view.evaluate(axis)
    view.get_by_role("button", name="normalised").click()
    frame(view)
    assert "0.1" in view.evaluate(axis)
    assert "1" not in view.evaluate(axis)
    height = lambda d: float(d.split("Z")[1].split("V")[1].split("h")[0])  # noqa: E731 (the second bar's)
    other = view.locator(".mmx svg g[clip-path] path").first.get_attribute("d")
    assert height(other) == pytest.approx(height(bars), abs=0.5)
    assert told(view) == ["10.0", "19.0", "9.00"]


@pytest.mark.browser
def test_box_and_balance_point_share_their_middle(view):
    frame(view)
    box, triangle = view.evaluate(
        """() => { const r = e => document.querySelector(e).getBoundingClientRect();
          const b = r('.mmx svg path[stroke-dasharray]');
          const t = r('.mmx svg > g > path[transform]');
          return [b.left + b.width / 2, t.left + t.width / 2]; }"""
    )
    assert box == pytest.approx(triangle, abs=1)


@pytest.mark.browser
def test_dragging_along_the_bars_tells_each_weight(view):
    frame(view)
    grip = grips(view).first
    grip.focus()
    grip.press("Shift+ArrowLeft")
    assert status(view).startswith("A gradient of age 0 has the weight 1, 10 %")
    grip.press("ArrowRight")
    assert status(view).startswith("A gradient of age 1 has the weight 0.9, 9 %")


@pytest.mark.browser
def test_words_give_way_to_the_pictures_of_a_drag_and_are_right_when_it_ends(view):
    frame(view)
    before = status(view)
    bars = ".mmx svg g[clip-path] path"
    drawn = view.locator(bars).first.get_attribute("d")
    seen = view.evaluate(
        """async (bars) => {
          const beta = document.querySelector('input[type=range]');
          const text = () => document.querySelector('.mmx .status').textContent;
          const pointer = (type) => beta.dispatchEvent(new PointerEvent(type, { bubbles: true }));
          const next = () => new Promise(requestAnimationFrame);
          await next();
          const began = performance.now();
          pointer('pointerdown');
          for (const value of [0.5, 0.6, 0.7]) {
            beta.value = value;
            beta.dispatchEvent(new Event('input', { bubbles: true }));
            // A picture that takes longer than half a frame.
            for (const end = await next() + 12; performance.now() < end;);
          }
          await next();
          const found = { during: text(), took: performance.now() - began };
          found.drawn = document.querySelector(bars).getAttribute('d');
          pointer('pointerup');
          await next();
          await next();
          return { ...found, after: text() };
        }""",
        bars,
    )
    assert seen["drawn"] != drawn
    # Words that are late are written all the same.
    assert seen["during"] == before or seen["took"] > 100
    assert seen["after"] == "A gradient of age 10 has the weight 0.0282, 0.85 % of the total."


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(view):
    cases = [[b, n, s] for b, n, s in product(BETAS, [1, 40, 200], [False, True])]
    found = view.evaluate(
        """cases => { const { weights, sizes, unseen } = momentumExplorables.weights;
          return cases.map(([b, n, s]) =>
            [weights(b, n, s), Object.values(sizes(b)), unseen(b, n)]);
        }""",
        cases,
    )
    for (beta, n, normalised), (values, sizes, rest) in zip(cases, found, strict=True):
        expected = d2l.weights(beta, n) * (1 - beta if normalised else 1)
        assert values == pytest.approx(list(expected), rel=1e-9, abs=1e-300)
        assert sizes == pytest.approx(list(Weights(beta=beta).sizes().values()), rel=1e-9)
        assert rest == pytest.approx(1 - (1 - beta) * d2l.weights(beta, n).sum(), abs=1e-9)
