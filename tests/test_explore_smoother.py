"""The moving average of a random walk: numbers in Python, and the same ones in the page."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Smoother
from explorable_visit import frame, grips, link, rest, slider, status

BETAS = [0, 0.1, 0.5, 0.9, 0.97, 0.99, 0.999]


def test_walk_has_steps_between_minus_ten_and_ten():
    steps = np.concatenate([np.diff(Smoother(seed=seed).walk()) for seed in range(100)])
    assert abs(steps).max() < 10
    assert steps.var() == pytest.approx(100 / 3, rel=0.02)
    assert Smoother(start=-7).walk()[0] == -7
    assert len(Smoother().walk()) == 241


@pytest.mark.parametrize(("beta", "bias"), list(product(BETAS, ["kept", "corrected"])))
def test_average_is_the_weighted_sum_that_the_bars_show(beta, bias):
    figure = Smoother(beta=beta, bias=bias)
    y, s = figure.walk(), figure.average()
    for t in (0, 1, 20, 240):
        weights = (1 - beta) * d2l.weights(beta, t + 1)
        if bias == "corrected":
            weights = weights / weights.sum()
        assert s[t] == pytest.approx((weights * y[t::-1]).sum(), rel=1e-9)


def test_correction_removes_the_start_from_zero():
    kept, corrected = Smoother(beta=0.97), Smoother(beta=0.97, bias="corrected")
    assert kept.average()[0] == pytest.approx(0.03 * 60)
    assert corrected.average()[0] == pytest.approx(60)


def test_measured_numbers_agree_with_theory_over_many_walks():
    found = [Smoother(beta=0.9, seed=seed).numbers() for seed in range(200)]
    raw = np.mean([one.raw for one in found])
    assert raw == pytest.approx(100 / 3, rel=0.03)
    ratio = raw / np.mean([one.smoothed for one in found])
    assert ratio == pytest.approx(found[0].calmer_expected, rel=0.05) == 19
    # The best shift is the median age in whole steps, and not the mean age.
    shifts = [one.lag for one in found]
    assert np.median(shifts) == np.floor(found[0].lag_expected) == 6
    assert np.mean(shifts) == pytest.approx(6, abs=0.6)
    assert found[0].mean_age == pytest.approx(9)


def test_lag_finds_a_known_shift():
    figure = Smoother(beta=0)
    assert (figure.numbers().lag, figure.numbers().lag_expected) == (0, 0)
    assert figure.numbers().calmer == 1


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.999", "never moves"]),
        ({"beta": -0.1}, ["beta=-0.1"]),
        ({"seed": -1}, ["seed=-1", "0 <= seed <= 9999"]),
        ({"at": 241}, ["at=241", "0 <= at <= 240"]),
        ({"at": 1.5}, ["at=1.5", "whole number"]),
        ({"bias": "none"}, ["'kept', 'corrected'", "bias='none'"]),
        ({"start": 1e9}, ["start=1", "-200 <= start <= 200"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Smoother(**traits)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("beta", "bias"), list(product([0, 0.999], ["kept", "corrected"])))
def test_static_figure_at_the_ends(beta, bias):
    svg = Smoother(beta=beta, bias=bias, seed=9999)._repr_mimebundle_()["image/svg+xml"]
    assert f"β = {beta:g}" in svg


# ---------------------------------------------------------------- in the page

browser_test = pytest.mark.browser


@pytest.fixture
def view(explorable):
    return explorable("smoother")


def facts(view):
    frame(view)
    return view.locator(".mmx dd").all_inner_texts()


def legend(view):
    return view.locator(".mmx .head small").last.inner_text()


@browser_test
def test_sentence_and_numbers_at_the_beginning(view):
    expected = Smoother().numbers()
    assert status(view) == (
        f"At step 120 the average is {Smoother().average()[120]:.1f}. The newest value counts "
        "10 %; the mean age of what is in it, the triangle, is 9.0 steps."
    )
    assert facts(view) == [
        f"{expected.raw:.3g} → {expected.smoothed:.3g}",
        f"{expected.calmer:.3g} (theory 19)",
        f"{expected.lag} (theory 6.58)",
        "9",
    ]
    # What the page says of it.
    assert facts(view)[1:3] == ["19 (theory 19)", "6 (theory 6.58)"]
    assert view.locator(".mmx .head small").nth(2).inner_text() == "the same, 6 steps earlier"


@browser_test
def test_start_is_seen_and_corrected(view):
    view.locator("[data-preset=slow]").click()
    missing = 0.97**21
    assert f"{100 * missing:.0f} % is still the zero before the start." in status(view)
    assert "counts 3 %" in status(view)
    view.locator("[data-value=corrected]").click()
    assert "zero" not in status(view)
    assert f"counts {100 * 0.03 / (1 - missing):.1f} %" in status(view)
    value = Smoother(beta=0.97, bias="corrected").average()[20]
    assert f"the average is {value:.1f}." in status(view)


@browser_test
def test_marked_point_by_keyboard_by_drag_and_by_a_tap(view):
    grip = grips(view).first
    grip.focus()
    s = Smoother().average()
    for key, t in [("ArrowRight", 121), ("Shift+ArrowRight", 131), ("ArrowDown", 130)]:
        grip.press(key)
        frame(view)
        assert grip.get_attribute("aria-valuetext") == f"t = {t}, s = {s[t]:.1f}"
        assert status(view).startswith(f"At step {t} ")
    for _ in range(15):
        grip.press("Shift+ArrowRight")
    assert status(view).startswith("At step 240 ")
    grip.press("Home")
    assert status(view).startswith("At step 120 ")
    x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    view.mouse.move(x + 15, y)  # beside its centre: it must not jump there, nor when it is let go
    view.mouse.down()
    view.mouse.move(x - 85, y + 80, steps=3)
    rest(view)
    held = grip.get_attribute("aria-valuetext")
    view.mouse.up()
    frame(view)
    assert grip.get_attribute("aria-valuetext") == held
    moved = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    assert moved[0] == pytest.approx(x - 100, abs=3)  # to the nearest step, on the curve
    assert moved[1] != pytest.approx(y + 80, abs=3)
    chart = view.locator(".mmx svg[aria-label]").last.bounding_box()
    view.mouse.click(x + 60, chart["y"] + 20)
    frame(view)
    assert grip.evaluate("g => g.getScreenCTM().e") == pytest.approx(x + 60, abs=3)


@browser_test
def test_bars_dots_and_triangle_tell_the_same(view):
    for beta, t in [(0.9, 120), (0.5, 3), (0, 50), (0.999, 240)]:
        link(view, f"smoother:beta={beta},at={t}")
        bars = view.locator(".mmx path[stroke='var(--accent)']").first.get_attribute("d")
        dots = view.locator(".mmx path[fill='var(--accent)']").first.get_attribute("d")
        shown = sum(beta**k > 0.002 for k in range(t + 1))
        assert bars.count("M") == dots.count("M") == shown
        places = [
            [float(v) for v in part.replace("V", " ").split()] for part in bars[1:].split("M")
        ]
        heights = np.array([ground - top for _, ground, top in places])
        assert heights / heights[0] == pytest.approx(beta ** np.arange(shown), abs=5e-3)
        # The triangle stands where the bars balance.
        weights = d2l.weights(beta, t + 1)
        age = (weights * np.arange(t + 1)).sum() / weights.sum()
        x = float(
            view.locator(".mmx path[fill='var(--ink)']")
            .last.get_attribute("transform")[10:]
            .split()[0]
        )
        step = (places[0][0] - places[-1][0]) / max(shown - 1, 1)
        assert x == pytest.approx(places[0][0] - age * step, abs=1 + 0.01 * age * step)


@browser_test
def test_new_walk_moves_on_and_reset_brings_back(view):
    before = facts(view)
    view.locator("[data-preset=walk]").click()
    expected = Smoother(seed=178).numbers()
    assert facts(view)[0] == f"{expected.raw:.3g} → {expected.smoothed:.3g}" != before[0]
    view.locator("[data-preset=reset]").click()
    assert facts(view) == before
    link(view, "smoother:seed=9999")
    view.locator("[data-preset=walk]").click()
    zero = Smoother(seed=0).numbers()
    assert facts(view)[0] == f"{zero.raw:.3g} → {zero.smoothed:.3g}"


@browser_test
def test_memory_without_bound_stays_in_the_picture(view):
    slider(view, "memory β").press("End")
    found = facts(view)
    assert found[2] == "? (theory 693)"  # the walk is too short to tell
    assert found[3] == "999"
    assert not view.locator(".mmx .head small").nth(2).is_visible()
    slider(view, "memory β").press("Home")
    assert facts(view)[1:] == ["1 (theory 1)", "0 (theory 0)", "0"]


@browser_test
def test_javascript_and_python_compute_the_same(view):
    cases = [
        (seed, start, beta, bias)
        for seed, start in [(0, 60), (177, 0), (9999, -200)]
        for beta, bias in product(BETAS, ["kept", "corrected"])
    ]
    found = view.evaluate(
        """cases => { const { walk, smooth, jitter, lag } = momentumExplorables.smoother;
          return cases.map(([seed, start, beta, bias]) => { const y = walk(seed, start);
            const s = smooth(y, beta, bias === 'corrected');
            return [y, s, jitter(y), jitter(s), lag(y, s)]; }); }""",
        cases,
    )
    for (seed, start, beta, bias), (y, s, raw, smoothed, lag) in zip(cases, found, strict=True):
        figure = Smoother(seed=seed, start=start, beta=beta, bias=bias)
        numbers = figure.numbers()
        assert np.allclose(y, figure.walk(), rtol=1e-9, atol=1e-9)
        assert np.allclose(s, figure.average(), rtol=1e-9, atol=1e-9)
        assert raw == pytest.approx(numbers.raw, rel=1e-9)
        assert smoothed == pytest.approx(numbers.smoothed, rel=1e-9)
        assert lag == numbers.lag
    assert len({tuple(y) for y, *_ in found}) == 3


def test_titles_of_the_parts_differ():
    keys = [key for key in Smoother().labels if key.startswith("smoother.preset.")]
    texts = [Smoother().labels[key] for key in keys]
    assert all(a != b for a, b in pairwise(sorted(texts)))
