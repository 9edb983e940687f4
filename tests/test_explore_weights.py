"""The weights of past gradients: numbers in Python, and the same ones in the page."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Weights
from explorable_visit import frame, grips, link, slider, status

BETAS = [0, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999]
BARS = ".mmx svg g[clip-path] path[fill='var(--momentum)']"


def test_three_sizes_are_those_of_the_library():
    for beta in BETAS:
        sizes = Weights(beta=beta).sizes()
        weights = d2l.weights(beta, 40_000)
        assert sizes["sum"] == pytest.approx(weights.sum())
        assert sizes["samples"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
        assert sizes["age"] == pytest.approx((np.arange(40_000) * weights).sum() / weights.sum())


def test_normalised_values_add_up_to_one():
    figure = Weights(beta=0.5, scale="normalised", bars=100)
    assert figure.values().sum() == pytest.approx(1)
    assert Weights(beta=0.5).values()[:3] == pytest.approx([1, 0.5, 0.25])


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.999", "never fade"]),
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
    ("beta", "bars", "scale"), [*product([0, 0.999], [10, 200], ["raw", "normalised"])]
)
def test_static_figure_at_the_ends(beta, bars, scale):
    svg = Weights(beta=beta, bars=bars, scale=scale)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg


def test_static_figure_has_both_boxes_the_balance_point_and_what_is_beyond():
    (ax,) = Weights(beta=0.9).figure().axes
    full, same = ax.patches
    assert full.get_bbox().bounds == pytest.approx((-0.5, 0, 10, 1))
    assert same.get_bbox().bounds == pytest.approx((-0.5, 0, 19, 10 / 19))
    assert ax.lines[-1].get_xdata() == pytest.approx([9])
    words = {text.get_text().replace("\xa0", " ") for text in ax.texts}
    assert words == {"10 × 1 = 10", "19 × 0.526 = 10", "1.5 % →"}
    (ax,) = Weights(beta=0.99, scale="normalised").figure().axes
    words = {text.get_text().replace("\xa0", " ") for text in ax.texts}
    assert words == {"100 × 0.01 = 1", "199 × 0.00503 = 1", "67 % →"}
    assert all(line.get_xdata()[0] == 0 for line in ax.lines), "a triangle out of sight"


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
    assert status(view).startswith(
        "A gradient of age 10 has the weight 0.349, 3.5 % of the total;"
        " all newer ones together hold 65.1 %."
    )
    view.locator("[data-preset='0.5']").click()
    assert told(view) == ["2.00", "3.00", "1.00"]
    slider(view, "momentum β").press("Home")
    assert told(view) == ["1.00", "1.00", "0.00"]
    assert status(view) == (
        "A gradient of age 10 has the weight 0, 0 % of the total;"
        " all newer ones together hold 100 %."
    )


@pytest.mark.browser
def test_what_is_not_shown_is_told(view):
    link(view, "weights:beta=0.99,bars=40,scale=raw,age=10")
    assert "67 % of the total belongs to gradients older than the 40 shown." in status(view)
    bars = slider(view, "bars")
    bars.press("End")
    assert "13 % of the total belongs to gradients older than the 200 shown." in status(view)


@pytest.mark.browser
def test_normalised_bars_look_alike_and_the_axis_tells_their_height(view):
    frame(view)
    axis = "[...document.querySelectorAll('.mmx svg text')].map(t => t.textContent)"
    bars = view.locator(BARS).get_attribute("d")
    assert "1" in view.evaluate(axis)
    view.get_by_role("button", name="normalised").click()
    frame(view)
    assert "0.1" in view.evaluate(axis)
    assert "1" not in view.evaluate(axis)
    height = lambda d: float(d.split("Z")[1].split("V")[1].split("h")[0])  # noqa: E731 (the second bar's)
    other = view.locator(BARS).get_attribute("d")
    assert height(other) == pytest.approx(height(bars), abs=0.5)
    assert told(view) == ["10.0", "19.0", "9.00"]


# Where ages stand in the window, from the texts under the axis.
AGES = """(() => {
  const at = (age) => {
    const all = [...document.querySelectorAll('.mmx text[text-anchor=middle]')];
    const r = all.find(t => t.textContent === age).getBoundingClientRect();
    return r.left + r.width / 2; };
  return [at('0'), at('10')]; })()"""


def places(view):
    """Return the right ends of the two boxes, and the balance point, as ages."""
    frame(view)
    zero, ten = view.evaluate(AGES)
    found = view.evaluate(
        """() => [...['fill-opacity', 'stroke-dasharray'].map(look => document
            .querySelector(`.mmx g[clip-path] path[${look}]`).getBoundingClientRect().right),
          document.querySelectorAll('.mmx .grip')[1].getScreenCTM().e]"""
    )
    return [10 * (x - zero) / (ten - zero) for x in found]


def texts(view):
    frame(view)
    return {t.replace("\xa0", " ") for t in view.locator(".mmx svg text").all_text_contents()}


@pytest.mark.browser
def test_boxes_and_balance_point_stand_where_the_numbers_say(view):
    assert places(view) == pytest.approx([9.5, 18.5, 9], abs=0.1)
    assert {"10 × 1 = 10", "19 × 0.526 = 10", "mean age 9", "1.5 % →"} <= texts(view)
    link(view, "weights:beta=0.75,bars=40,scale=normalised,age=10")
    assert places(view) == pytest.approx([3.5, 6.5, 3], abs=0.1)
    assert {"4 × 0.25 = 1", "7 × 0.143 = 1", "mean age 3"} <= texts(view)
    assert not any("→" in text for text in texts(view))


@pytest.mark.browser
def test_the_balance_point_is_dragged_and_beta_follows(view):
    beta = slider(view, "momentum β")
    handle = grips(view).nth(1)
    handle.scroll_into_view_if_needed()
    x, y = handle.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    zero, ten = view.evaluate(AGES)
    view.mouse.move(x + 3, y + 2)
    view.mouse.down()
    for age, wanted in ((19, 0.95), (1, 0.5), (-30, 0), (500, 39 / 40)):
        view.mouse.move(zero + (ten - zero) * age / 10 + 3, y - 40, steps=2)
        frame(view)
        assert float(beta.input_value()) == pytest.approx(wanted, abs=1e-6)
    view.mouse.up()
    assert told(view) == ["40.0", "79.0", "39.0"]
    # Beside the handle, under the axis, a tap brings it there; above the axis it picks a bar.
    view.mouse.click(zero + (ten - zero) * 0.4, y)
    assert told(view) == ["5.00", "9.00", "4.00"]
    view.mouse.click(zero + (ten - zero) * 2.0, y - 80)
    assert told(view) == ["5.00", "9.00", "4.00"]
    assert status(view).startswith("A gradient of age 20 has the weight 0.0115, 0.23 %")


@pytest.mark.browser
def test_the_balance_point_by_keyboard_also_where_it_is_out_of_sight(view):
    frame(view)
    handle = grips(view).nth(1)
    handle.press("ArrowRight")
    assert told(view) == ["11.0", "21.0", "10.0"]
    assert handle.get_attribute("aria-valuetext") == "10, β = 0.9091"
    for _ in range(3):
        handle.press("Shift+ArrowRight")
    assert told(view)[2] == "40.0"
    assert "mean age 40 →" in texts(view)
    edge = handle.get_attribute("transform")
    handle.press("Shift+ArrowRight")
    assert told(view)[2] == "50.0"
    assert handle.get_attribute("transform") == edge
    for _ in range(7):
        handle.press("Shift+ArrowLeft")
    assert told(view) == ["1.00", "1.00", "0.00"]
    handle.press("Home")
    assert told(view) == ["10.0", "19.0", "9.00"]


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
    drawn = view.locator(BARS).get_attribute("d")
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
        BARS,
    )
    assert seen["drawn"] != drawn
    # Words that are late are written all the same.
    assert seen["during"] == before or seen["took"] > 100
    assert seen["after"] == (
        "A gradient of age 10 has the weight 0.0282, 0.85 % of the total;"
        " all newer ones together hold 97.2 %."
    )


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(view):
    cases = [[b, n, s] for b, n, s in product(BETAS, [1, 40, 200], [False, True])]
    found = view.evaluate(
        """cases => { const { weights, sizes, unseen, memory } = momentumExplorables.weights;
          return cases.map(([b, n, s]) =>
            [weights(b, n, s), Object.values(sizes(b)), unseen(b, n), memory(sizes(b).age)]);
        }""",
        cases,
    )
    for (beta, n, normalised), (values, sizes, rest, again) in zip(cases, found, strict=True):
        expected = d2l.weights(beta, n) * (1 - beta if normalised else 1)
        assert values == pytest.approx(list(expected), rel=1e-9, abs=1e-300)
        assert sizes == pytest.approx(list(Weights(beta=beta).sizes().values()), rel=1e-9)
        assert rest == pytest.approx(1 - (1 - beta) * d2l.weights(beta, n).sum(), abs=1e-9)
        assert again == pytest.approx(beta, abs=1e-9)
