"""The basis: one run in x and along the eigenvectors, in Python and in a real browser."""

from __future__ import annotations

import functools
import math
import re
from itertools import product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Basis
from explorable_visit import frame

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": 1.5}, ["eta=1.5", "0 <= eta <= 1"]),
        ({"beta": 1}, ["beta=1", "never fade"]),
        ({"kappa": 0.5}, ["kappa=0.5", "over the smaller one"]),
        ({"angle": 270}, ["angle=270", "-180 <= angle <= 180"]),
        ({"start": (7, 0)}, ["start[0]=7", "-6 <= start[0] <= 6"]),
        ({"step": 31}, ["step=31", "no more steps"]),
        ({"coordinate": "y1"}, ["coordinate among 'x1', 'x2', 'z1', 'z2'", "'y1'"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Basis(**traits)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("beta", [0, 0.5, 0.9])
@pytest.mark.parametrize("angle", [-180, -120, -44, 0, 37, 44, 90, 170])
def test_the_two_ways_agree_and_the_library_has_the_same_basis_but_for_signs(angle, beta):
    explorable = Basis(angle=angle, beta=beta, eta=0.3)
    in_x, in_z = explorable.traces()
    f = explorable.functions[0]
    assert np.abs(in_x.x @ explorable.eigenvectors.T - in_z.x).max() < 1e-13
    found = f.to_eigenbasis(in_x.x)
    signs = np.sign(found[0] * in_z.x[0])
    assert np.abs(found * signs - in_z.x).max() < 1e-13
    if abs(angle) < 45:
        assert signs.tolist() == [1, 1]
    assert f.eigenvalues == pytest.approx(explorable.lams)


def test_page_s_tilted_ravine_is_this_one():
    explorable = Basis(angle=math.degrees(math.atan2(0.6, 0.8)))
    expected = np.array([[1.568, -1.824], [-1.824, 2.632]])
    assert np.allclose(explorable.functions[0].Q, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "traits",
    [
        {"eta": 0, "beta": 0.99, "kappa": 1000, "start": (6, 6)},
        {"eta": 1, "kappa": 1, "start": (0, 0), "angle": 180},
    ],
)
def test_static_figure_survives_extremes(traits):
    svg = Basis(**traits)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg
    assert "z₁" in svg
    assert "nan" not in svg.lower().replace("dominant", "")


def test_sliders_are_real_ones():
    assert [s.max for s in Basis().panel.children[0].children] == [1, 0.99, 3, 180]


@pytest.mark.usefixtures("each_language")
def test_every_word_is_there():
    labels = Basis().labels
    words = "angle x z follow step mixes factors rates gap best_gd best_momentum round"
    assert all(labels[f"basis.{word}"] for word in words.split())


# ---------------------------------------------------------------- the browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "basis")


def statuses(seen):
    """Return the sentences: of x, of z, and of the check."""
    frame(seen)
    return seen.locator(".mmx .status").all_inner_texts()


def grip(seen, name):
    index = {"x": 0, "wheel": 0, "z": 1}[name]
    locator = seen.locator(".mmx .panels > div").nth(index).locator(".grip")
    return locator.nth(1 if name == "x" else 0)


def centre(locator):
    return np.array(locator.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }"))


def drag(seen, locator, move):
    x, y = centre(locator)
    seen.mouse.move(x, y)
    seen.mouse.down()
    seen.mouse.move(x + move[0], y + move[1], steps=4)
    seen.mouse.up()
    seen.mouse.move(3, 3)
    frame(seen)


def drawn(seen, side):
    """Return what the eye sees of one side: every line, dot and label."""
    frame(seen)
    return seen.locator(".mmx .panels > div").nth(side).inner_html()


def numbers(text):
    """Return the numbers of a sentence."""
    return [float(v.replace("−", "-")) for v in re.findall(r"−?\d[\d.]*(?:e−\d+)?", text)]


@pytest.mark.browser
def test_first_picture_tells_factors_mixture_and_check(visit):
    seen = visit()
    mix, factors, check = statuses(seen)
    assert mix == "a mixture of z₁ and z₂: x₁ = 0.80 z₁ − 0.60 z₂, x₂ = 0.60 z₁ + 0.80 z₂"
    assert factors == "every step multiplies z₁ by 0.920 and z₂ by −0.600"
    assert numbers(check)[0] == 30
    assert 0 < numbers(check)[1] < 1e-14


@pytest.mark.browser
def test_turning_turns_the_left_picture_and_not_the_right_one(visit):
    seen = visit("coordinate=z1")
    left, right = drawn(seen, 0), drawn(seen, 1)
    drag(seen, grip(seen, "wheel"), (-120, -60))
    assert drawn(seen, 0) != left
    assert drawn(seen, 1) == right
    angle = numbers(grip(seen, "wheel").get_attribute("aria-valuetext"))[0]
    assert 40 < angle < 120
    wheel = grip(seen, "wheel")
    wheel.focus()
    seen.keyboard.press("ArrowRight")
    frame(seen)
    assert numbers(wheel.get_attribute("aria-valuetext")) == [angle + 1]
    seen.keyboard.press("Home")
    assert drawn(seen, 1) == right
    assert wheel.get_attribute("aria-valuetext") == "37°"


@pytest.mark.browser
def test_the_wheel_goes_round_and_round(visit):
    seen = visit("angle=179")
    wheel = grip(seen, "wheel")
    wheel.focus()
    for text in ("180°", "−179°", "−178°"):
        seen.keyboard.press("ArrowRight")
        frame(seen)
        assert wheel.get_attribute("aria-valuetext") == text


@pytest.mark.browser
@pytest.mark.parametrize("side", ["x", "z"])
def test_the_start_follows_in_the_other_panel(visit, side):
    seen = visit("angle=30")
    other = "z" if side == "x" else "x"
    before = centre(grip(seen, other))
    drag(seen, grip(seen, side), (40, -20))
    moved = centre(grip(seen, other)) - before
    phi = math.radians(-30 if side == "x" else 30)  # on a screen y grows downwards
    c, s = math.cos(phi), math.sin(phi)
    expected = [c * 40 + s * -20, -s * 40 + c * -20]
    assert moved == pytest.approx(expected, abs=0.6)
    z = numbers(grip(seen, "z").get_attribute("aria-valuetext"))
    x = numbers(grip(seen, "x").get_attribute("aria-valuetext"))
    assert np.hypot(*x) == pytest.approx(np.hypot(*z), abs=0.02)


@pytest.mark.browser
def test_sentences_of_momentum(visit):
    seen = visit("eta=0.6,beta=0.5")
    rates = [float(d2l.convergence_rate(lam, eta=0.6, beta=0.5)) for lam in (0.2, 4)]
    told = "in the long run: z₁ has ρ = {:.3f} a step, z₂ has ρ = {:.3f}"
    assert statuses(seen)[1] == told.format(*rates)
    seen.locator("[data-preset=best_momentum]").click()
    assert statuses(seen)[1] == told.format(0.6345, 0.6345).replace("0.634", "0.635")
    seen.locator("[data-preset=best_gd]").click()
    assert statuses(seen)[1] == "every step multiplies z₁ by 0.905 and z₂ by −0.905"
    seen.locator("[data-preset=round]").click()
    seen.locator("[data-preset=reset]").click()
    assert statuses(seen)[1] == "every step multiplies z₁ by 0.920 and z₂ by −0.600"


@pytest.mark.browser
def test_following_a_coordinate_marks_it_in_both_panels(visit):
    seen = visit()
    pressed = lambda: seen.locator(".choice [aria-pressed=true]").inner_text()  # noqa: E731
    assert pressed() == "z₁"
    marks = [drawn(seen, 0), drawn(seen, 1)]
    seen.locator(".choice [data-value=x2]").click()
    frame(seen)
    assert pressed() == "x₂"
    assert "x₂</text>" in drawn(seen, 0)
    assert "x₂</text>" in drawn(seen, 1)
    assert drawn(seen, 0) != marks[0]
    assert drawn(seen, 1) != marks[1]


@pytest.mark.browser
def test_pointing_at_a_step_of_one_panel_shows_it_in_the_other(visit):
    seen = visit("angle=30,step=20")
    rings = seen.locator(".mmx svg circle[r='6']")
    place = lambda i: np.array(  # noqa: E731
        [float(rings.nth(i).get_attribute(k)) for k in ("cx", "cy")]
    )
    frame(seen)
    before = [place(0), place(1)]
    start = centre(grip(seen, "z"))
    seen.mouse.move(start[0] - 26, start[1])  # nearer to the start than to any other step
    frame(seen)
    origin = seen.locator(".mmx .panels > div").nth(1).locator("svg[role=group]").first
    svg = origin.bounding_box()
    assert place(1) + np.array([svg["x"], svg["y"]]) == pytest.approx(start, abs=1)
    assert not np.allclose(place(0), before[0])
    seen.mouse.move(3, 3)
    frame(seen)
    assert np.allclose([place(0), place(1)], before)


@pytest.mark.browser
def test_step_and_coordinate_are_kept_by_a_click_in_a_chart(visit):
    seen = visit()
    chart = seen.locator(".mmx .panels svg[aria-label='z₁, z₂']")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    inner = box["width"] - 42
    seen.mouse.click(box["x"] + 30 + inner * 10 / 30, box["y"] + 8 + 126 / 2)
    seen.mouse.move(3, 3)
    frame(seen)
    steps = seen.locator(".mmx .panels .grip[aria-valuetext^=step]")
    assert {g.get_attribute("aria-valuetext") for g in steps.all()} == {"step 10"}
    assert seen.locator(".choice [aria-pressed=true]").inner_text() == "z₂"  # is at 0 by then


@pytest.mark.browser
@pytest.mark.parametrize(
    "fragment",
    ["eta=0", "eta=1,kappa=1000,start=6~6", "start=0~0,angle=-180", "beta=0.99,eta=1,kappa=1"],
)
def test_extremes_have_no_odd_numbers(visit, fragment):
    seen = visit(f"{fragment},step=30")
    text = seen.locator(".mmx").inner_text()
    assert "NaN" not in text
    assert "∞" not in text
    bad = "p => [...p.querySelectorAll('[d]')].some(e => /NaN|Inf/.test(e.getAttribute('d')))"
    assert not seen.locator(".mmx").evaluate(bad)
    assert 0 <= numbers(statuses(seen)[2])[1] < 1e-13


CASES = [
    {"eta": eta, "beta": beta, "kappa": kappa, "angle": angle, "start": start}
    for eta, beta, kappa, angle, start in product(
        [0, 0.3, 0.4762, 1],
        [0, 0.4026, 0.99],
        [1, 20, 1000],
        [-180, -37, 120],
        [[-5.0, -2.0], [0.0, 6.0]],
    )
]


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(visit):
    results = visit().evaluate("c => c.map(momentumExplorables.basis.ways)", CASES)
    turns = visit().evaluate("a => a.map(momentumExplorables.basis.eigenvectors)", [37, -120])
    assert turns[0] == pytest.approx(Basis(angle=37).eigenvectors, abs=1e-15)
    assert turns[1] == pytest.approx(Basis(angle=-120).eigenvectors, abs=1e-15)
    for case, js in zip(CASES, results, strict=True):
        explorable = Basis(**case)
        assert js["lams"] == pytest.approx(explorable.lams), case
        for mine, trace in zip((js["x"], js["z"]), explorable.traces(), strict=True):
            scale = np.maximum.accumulate(np.abs(trace.x).max(axis=1))[:, None]
            assert np.all(np.abs(np.array(mine) - trace.x) <= 1e-9 * (scale + 1e-12)), case
        assert js["gap"] < 1e-12, case
    assert max(js["gap"] for js in results) > 0


@pytest.mark.browser
@pytest.mark.parametrize("angle", [-180, -90, 0, 90, 180])
def test_a_quarter_turn_has_no_rounding_in_its_words(visit, angle):
    words = visit(f"angle={angle}").locator(".mmx p.status").first.inner_text()
    assert "e−" not in words
    assert "0.00" in words
