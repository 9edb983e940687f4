"""The phase portrait: its Python side, and what is special about it in a real browser."""

from __future__ import annotations

import functools
import itertools
import math
import re

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Phase
from explorable_visit import frame

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": -0.1}, ["eta=-0.1", "0 <= eta <= 4", "climb"]),
        ({"eta": 4.5}, ["eta=4.5", "everything diverges"]),
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.99", "never fade"]),
        ({"start": (0, 21)}, ["start[1]=21", "-20 <= start[1] <= 20", "minimizer"]),
        ({"start": 1}, ["start=1", "2 numbers"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Phase(**traits)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("eta", [0, 0.1, 1, 4])
@pytest.mark.parametrize("beta", [0, 0.99])
@pytest.mark.parametrize("start", [(0, 0), (20, -20)])
def test_static_figure_survives_extremes(eta, beta, start):
    svg = Phase(eta=eta, beta=beta, start=start)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg
    assert "nan" not in svg.lower().replace("dominant", "")


@pytest.mark.parametrize(("beta", "lines"), [(0.1, 2), (0.9, 0)])
def test_static_figure_has_the_eigenvectors_where_the_roots_are_real(beta, lines):
    ax = Phase(eta=0.1, beta=beta).figure().axes[0]
    straight = [line for line in ax.lines if abs(line.get_xydata()).max() == 1e3]
    assert len(straight) == lines
    matrix = d2l.iteration_matrix(1, eta=0.1, beta=beta)
    for line in straight:
        x, v = line.get_xydata()[1]
        turned = matrix @ [v, x]
        assert turned[0] * x == pytest.approx(turned[1] * v)


def test_orbit_is_that_of_the_library_and_of_the_powers_of_the_matrix():
    figure = Phase(eta=0.25, beta=0.85, start=(1.5, 0))
    run = d2l.momentum(d2l.Quadratic([1]).grad, 1.5, eta=0.25, beta=0.85, steps=12)
    np.testing.assert_allclose(figure.orbit(12), np.hstack([run.x, run.v]), atol=1e-12)
    figure.start = (-1, 2)
    matrix = d2l.iteration_matrix(1, eta=0.25, beta=0.85)
    v, x = np.linalg.matrix_power(matrix, 12) @ [2, -1]
    assert figure.orbit(12)[-1] == pytest.approx((x, v))
    assert figure.rate() == pytest.approx(math.sqrt(0.85))


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "phase")


def told(page):
    frame(page)
    return page.locator(".mmx .status").inner_text().replace("\xa0", " ")


def card(page):
    frame(page)
    return page.locator(".mmx .head").last.inner_text().replace("\xa0", " ").replace("\n", " ")


def preset(page, name):
    page.locator(f"[data-preset={name}]").click()


def names_of_lines(page):
    frame(page)
    return [t for t in page.locator(".mmx svg > g > text.halo").all_text_contents() if t]


@pytest.mark.browser
def test_first_picture_is_underdamped_and_says_so(visit):
    page = visit()
    assert told(page) == (
        "Underdamped: complex roots 0.900 ± 0.300i, so there is no line to creep along. The point "
        "circles the minimiser, once in 19.5 steps, and each step shrinks its circle by the "
        "factor √β = 0.949."
    )
    assert card(page) == "x, ηλ = 0.1: underdamped ρ = 0.949"
    assert names_of_lines(page) == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "pair", "regime", "says", "lines"),
    [
        ("over", (0.1, 0.1), "overdamped ρ = 0.887", "0.887 and 0.113", [0.887, 0.113]),
        ("critical", (0.1, (1 - 0.1**0.5) ** 2), "critically damped ρ = 0.684", "r = 0.684", None),
        ("gd", (0.1, 0), "overdamped ρ = 0.900", "multiplies x by 0.900", [0.9, 0]),
        ("alternating", (1.9, 0.04), "alternating ρ = 0.811", "in the end", [-0.811, -0.0493]),
        ("diverges", (3.5, 0.5), "diverges ρ = 1.707", "−1.707 is beyond −1", [-1.71, -0.293]),
    ],
)
def test_presets_name_the_regime_its_roots_and_its_lines(visit, name, pair, regime, says, lines):
    page = visit()
    preset(page, name)
    assert regime in card(page)
    assert says in told(page)
    seen = [float(text.removeprefix("r = ").replace("−", "-")) for text in names_of_lines(page)]
    if lines:
        assert seen == pytest.approx(lines)
    else:
        assert set(seen) == {0.684}
    roots = np.linalg.eigvals(d2l.iteration_matrix(1, eta=pair[0], beta=pair[1]))
    assert {round(v, 2) for v in seen} <= {round(float(r.real), 2) for r in roots}
    preset(page, "reset")
    assert told(page).startswith("Underdamped")


@pytest.mark.browser
def test_border_and_standstill_are_told(visit):
    page = visit("eta=2,beta=0")
    assert "multiplies x by −1.000" in told(page)
    slider = page.get_by_role("slider", name="stiffness ηλ")
    slider.focus()
    page.keyboard.press("Home")
    assert told(page) == "The position stands still, since η = 0."
    page.keyboard.press("End")
    page.get_by_role("slider", name="momentum β").focus()
    page.keyboard.press("End")
    assert told(page).startswith("Diverges: the root ")


@pytest.mark.browser
def test_dragging_the_start_draws_another_path(visit):
    page = visit()
    grip = page.locator(".mmx .grip")
    line = page.locator(".mmx svg path[stroke='var(--momentum)']").first
    before = line.get_attribute("d")
    box = grip.locator("circle").nth(2).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 90, steps=4)
    page.mouse.up()
    frame(page)
    text = grip.get_attribute("aria-valuetext")
    position, velocity = map(float, re.findall(r"= (−?[\d.]+)", text.replace("−", "-")))
    assert 0.5 < position < 1.5
    assert velocity > 0.5
    assert line.get_attribute("d") != before
    # The path beside it begins at the same position.
    grip.focus()
    page.keyboard.press("Home")
    frame(page)
    assert grip.get_attribute("aria-valuetext") == "x = 1.5, v = 0"
    assert line.get_attribute("d") == before
    page.keyboard.press("Shift+ArrowLeft")
    frame(page)
    assert grip.get_attribute("aria-valuetext") == "x = 0.5, v = 0"


@pytest.mark.browser
def test_start_outside_the_picture_makes_it_larger(visit):
    page = visit("eta=4,beta=0.99,start=20~-20")
    edge = page.locator(".mmx svg[role=group] rect").nth(1).bounding_box()
    dot = page.locator(".mmx .grip circle").nth(2).bounding_box()
    for side, size in (("x", "width"), ("y", "height")):
        assert edge[side] < dot[side]
        assert dot[side] + dot[size] < edge[side] + edge[size]
    assert page.locator(".mmx .grip").get_attribute("aria-valuetext") == "x = 20, v = −20"
    assert "NaN" not in page.locator(".mmx").inner_html()


CASES = [
    {"eta": eta, "beta": beta, "start": start}
    for eta, beta, start in itertools.product(
        (0, 1e-6, 0.1, 0.5, 1, 1.9, 2.5, 4), (0, 0.04, 0.3, 0.9, 0.99), ([1.5, 0], [-20, 7])
    )
]


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(visit):
    page = visit()
    js = page.evaluate(
        """cases => { const { orbit, matrix, flow, lines } = momentumExplorables.phase;
          return cases.map(({ eta, beta, start }) => ({
            orbit: orbit(start, matrix(eta, beta), 50),
            flow: flow(eta, beta, 1 / 8),
            lines: lines(eta, beta),
          })); }""",
        CASES,
    )
    for case, found in zip(CASES, js, strict=True):
        eta, beta = case["eta"], case["beta"]
        figure = Phase(**case)
        mine = figure.orbit(50)
        scale = np.maximum.accumulate(np.abs(mine).max(axis=1))[:, None]
        assert np.all(np.abs(np.array(found["orbit"]) - mine) <= 1e-9 * scale), case

        # Eight eighths of a step are a step; of two, where the roots are negative. (In JavaScript
        # the pair is x, v and in Python v, x.)
        matrix = d2l.iteration_matrix(1, eta=eta, beta=beta)
        roots = np.linalg.eigvals(matrix)
        whole = np.linalg.matrix_power(np.array(found["flow"]), 8)[::-1, ::-1]
        negative = not np.iscomplex(roots).any() and roots.real.min() < -1e-9
        if not np.allclose(roots, 0):  # a double root of 0 has no powers in between
            assert whole == pytest.approx(matrix @ matrix if negative else matrix, abs=1e-7), case

        real = not np.iscomplex(roots).any() or abs(roots.imag).max() < 1e-6
        assert bool(found["lines"]) == real, case
        for line in found["lines"]:
            along = np.array(line["along"])[::-1]
            assert matrix @ along == pytest.approx(line["root"] * along, abs=1e-9), case
            assert np.min(abs(roots - line["root"])) < 1e-6, case
    assert {len(found["lines"]) for found in js} == {0, 1, 2}


@pytest.mark.browser
def test_a_real_part_of_zero_is_written_as_zero(visit):
    assert "complex roots 0.000 ± 0.548i" in told(visit("eta=1.3,beta=0.3"))
