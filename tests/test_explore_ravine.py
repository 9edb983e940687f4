"""The ravine in a page like the book's: paths, sentences, and its mathematics beside Python's."""

from __future__ import annotations

import math
import re
from itertools import product

import numpy as np
import pytest

import d2lmini as d2l
from explorable_visit import drawn, grips, link, slider, status, until

pytestmark = pytest.mark.browser


@pytest.fixture
def address(ravines):
    """Return the folder's address; that http makes no difference, test_explore_host.py says."""
    return ravines.as_uri()


def test_slider_by_mouse_redraws(address, visit):
    page = visit(address)
    before = drawn(page)
    eta = slider(page, "learning rate η")
    box = eta.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    assert float(eta.input_value()) == pytest.approx(0.3, abs=0.03)
    assert re.match(r"converges, ρ = 0\.9\d\d", status(page))
    assert drawn(page) != before


def test_slider_by_keyboard(address, visit):
    page = visit(address)
    eta = slider(page, "learning rate η")
    eta.focus()
    for key, value in [
        ("ArrowLeft", "0.59"),
        ("ArrowRight", "0.6"),
        ("Shift+ArrowLeft", "0.5"),
        ("PageDown", "0.4"),
        ("Home", "0"),
        ("ArrowLeft", "0"),
        ("End", "1"),
    ]:
        page.keyboard.press(key)
        assert eta.get_attribute("aria-valuetext") == value
        assert page.locator(".mm-value").first.input_value() == value
    assert status(page).startswith("diverges")


def test_presets(address, visit):
    page = visit(address)
    hero = page.locator(".mm-explorable").first
    hero.locator("[data-preset=best_gd]").click()
    assert status(page).startswith("converges, ρ = 0.905 a step")
    assert slider(page, "learning rate η").get_attribute("aria-valuetext") == "0.4762"
    hero.locator("[data-preset=best_momentum]").click()
    assert status(page, 1).startswith("converges, ρ = 0.635 a step")
    assert slider(page, "momentum β").get_attribute("aria-valuetext") == "0.4026"
    hero.locator("[data-preset=diverging]").click()
    assert status(page).startswith("diverges: every step multiplies x₂ by −1.40")
    hero.locator("[data-preset=reset]").click()
    assert slider(page, "learning rate η").get_attribute("aria-valuetext") == "0.6"
    assert slider(page, "momentum β").get_attribute("aria-valuetext") == "0.5"


def test_beta_zero_makes_both_panels_equal(address, visit):
    page = visit(address, "en.html#ravine:eta=0.4,beta=0.5")
    hero = page.locator(".mm-explorable").first
    paths = "svgs => svgs.map(s => [...s.querySelectorAll('path')].map(p => p.getAttribute('d')))"
    assert status(page) != status(page, 1)
    slider(page, "momentum β").press("Home")
    assert status(page) == status(page, 1)
    left, right = hero.locator(".panels > div > svg").evaluate_all(paths)
    assert left == right


def centre(locator):
    return locator.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")


@pytest.mark.parametrize("panel", [0, 1])
def test_start_point_by_mouse_in_either_panel(address, visit, panel):
    page = visit(address, "en.html#ravine:eta=0.4")
    before = drawn(page)
    old = [centre(grips(page).nth(i)) for i in (0, 1)]
    x, y = old[panel]
    page.mouse.move(x + 5, y + 3)
    page.mouse.down()
    page.mouse.move(x + 65, y - 27, steps=4)
    page.mouse.up()
    assert drawn(page) != before
    new = [centre(grips(page).nth(i)) for i in (0, 1)]
    for (x0, y0), (x1, y1) in zip(old, new, strict=True):
        assert (x1 - x0, y1 - y0) == pytest.approx((60, -30), abs=0.5)
    assert grips(page).nth(0).get_attribute("aria-valuetext") == (
        grips(page).nth(1).get_attribute("aria-valuetext")
    )


def test_start_point_by_touch_while_the_page_stays(address, visit):
    page = visit(address, has_touch=True, viewport={"width": 360, "height": 640})
    grips(page).first.scroll_into_view_if_needed()
    x, y = centre(grips(page).first)
    scroll = page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    at = lambda dx, dy: [{"x": x + dx, "y": y + dy}]  # noqa: E731
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(15, -15)})
    for k in range(1, 6):
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": "touchMove", "touchPoints": at(15 + 10 * k, -15 - 8 * k)},
        )
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    drawn(page)
    moved = centre(grips(page).first)
    assert (moved[0] - x, moved[1] - y) == pytest.approx((50, -40), abs=1)
    assert page.evaluate("scrollY") == scroll


def test_start_point_by_keyboard(address, visit):
    page = visit(address)
    grip = grips(page).first
    grip.focus()
    for key, text in [
        ("ArrowRight", "x₁ = −4.9, x₂ = −2"),
        ("Shift+ArrowRight", "x₁ = −3.9, x₂ = −2"),
        ("ArrowUp", "x₁ = −3.9, x₂ = −1.9"),
        ("Shift+ArrowUp", "x₁ = −3.9, x₂ = −0.9"),
        ("ArrowDown", "x₁ = −3.9, x₂ = −1"),
        ("Home", "x₁ = −5, x₂ = −2"),
    ]:
        page.keyboard.press(key)
        drawn(page)
        assert grip.get_attribute("aria-valuetext") == text
    for _ in range(20):
        page.keyboard.press("Shift+ArrowLeft")
    drawn(page)
    assert grip.get_attribute("aria-valuetext") == "x₁ = −6, x₂ = −2"  # the edge of the picture


def test_panels_stand_side_by_side_or_one_above_the_other(address, visit):
    page = visit(address)
    tops = "[...document.querySelectorAll('.panels')][0].children"
    both = f"[...{tops}].map(e => e.getBoundingClientRect().top)"
    drawn(page)
    left, right = page.evaluate(both)
    assert left == right
    page.set_viewport_size({"width": 500, "height": 800})
    until(page, f"(() => {{ const [a, b] = {both}; return b > a + 100; }})()")


def test_forced_colours_keep_the_two_methods_apart(address, visit):
    page = visit(address, forced_colors="active")
    circles = page.locator(".mm-explorable").first.locator(".panels .head circle")
    fills = circles.evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert len({*fills}) == 2


def test_sentences_for_the_borders(address, visit):
    page = visit(address, "en.html#ravine:start=0~0")
    assert status(page) == "starts at the minimiser and stays there"
    link(page, "ravine:start=-5~-2,eta=0")
    assert status(page) == "stands still, since η = 0"
    link(page, "ravine:start=-5~-2,eta=0.5")
    assert status(page) == "neither converges nor diverges: x₂ swings for ever, ρ = 1"
    link(page, "ravine:start=-5~-2,eta=0.9,beta=0.5")
    assert status(page, 1).startswith("diverges: in the long run every step multiplies x₂ by −1.")


def test_a_path_that_leaves_says_at_which_step(address, visit):
    page = visit(address)
    drawn(page)
    text = page.locator(".panels > div > svg").first.locator("text", has_text="step")
    assert text.inner_html() == "step 2"


CASES = [
    {"eta": eta, "beta": beta, "lams": lams, "start": start, "steps": steps}
    for eta, beta, (lams, start, steps) in product(
        [0, 1e-3, 0.4, 0.4762, 0.5, 0.6, 0.6679, 1],
        [0, 0.25, 0.4026, 0.5, 0.9, 0.99, 0.999],
        [
            ([0.2, 4.0], [-5.0, -2.0], 20),
            ([3.0, 3.0], [1.0, -1.0], 50),
            ([0.2, 4.0], [0.0, 0.0], 5),
            ([0.001, 1000.0], [100.0, -100.0], 500),
        ],
    )
]


def test_javascript_and_python_compute_the_same(address, visit):
    page = visit(address)
    results = page.evaluate(
        """cases => { const { trajectory, rate, loss } = momentumExplorables.ravine;
          return cases.map(c => { const t = trajectory(c);
            return { x: t.x, overflowed: t.overflowed,
              rates: c.lams.map(l => rate(l, c.eta, c.beta)),
              losses: t.x.map(p => loss(p, c.lams)) }; }); }""",
        CASES,
    )
    assert sum(r["overflowed"] for r in results) > 10  # some of them do overflow
    for case, js in zip(CASES, results, strict=True):
        f = d2l.Quadratic(case["lams"])
        trace = d2l.momentum(
            f.grad, case["start"], eta=case["eta"], beta=case["beta"], steps=case["steps"]
        )
        x = np.array(js["x"], dtype=float)
        n = min(len(x), len(trace.x))
        assert js["overflowed"] == trace.overflowed, case
        # Just before the overflow the last point may be finite for one order of sums only.
        assert abs(len(x) - len(trace.x)) <= (1 if js["overflowed"] else 0), case
        scale = np.maximum.accumulate(np.abs(trace.x[:n]), axis=0)
        assert np.all(np.abs(x[:n] - trace.x[:n]) <= 1e-9 * np.maximum(scale, 1e-300)), case
        rates = d2l.convergence_rate(np.array(case["lams"]), eta=case["eta"], beta=case["beta"])
        # A double root doubles the relative error of its square root's argument, not more.
        assert js["rates"] == pytest.approx(list(rates), rel=1e-9, abs=1e-12), case
        with np.errstate(over="ignore"):
            losses = f.value(trace.x[:n])
        mine = [math.inf if v is None else v for v in js["losses"][:n]]
        assert mine == pytest.approx(list(losses), rel=1e-9, abs=1e-300), case


def test_closed_form_optimum(address, visit):
    page = visit(address)
    eta, beta = d2l.optimal_eta_beta(0.2, 4)
    found = page.evaluate("([l, e, b]) => momentumExplorables.ravine.rate(l, e, b)", [4, eta, beta])
    assert found == pytest.approx(math.sqrt(beta), rel=1e-7)
    slow = page.evaluate("momentumExplorables.ravine.rate(4, 0.6, 0.25)")
    assert slow == pytest.approx(0.859, abs=5e-4)


def test_numbers_are_written_alike_in_all_languages(address, visit):
    found = set()
    for code in d2l.available_languages():
        page = visit(address, f"{code}.html")
        found.add(tuple(re.findall(r"−?\d[\d.e−]*", status(page) + " " + status(page, 1))))
    first = found.pop()
    assert sorted(first) == sorted(("−1.40", "20", "−1673.37", "0.707", "20", "1.8e−5"))
    assert all(sorted(other) == sorted(first) for other in found)
