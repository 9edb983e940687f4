"""The modes: which direction is learned when, in Python and in a real browser."""

from __future__ import annotations

import functools
import math
import re
from itertools import product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.explore import Modes
from explorable_visit import frame

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": -0.1}, ["eta=-0.1", "0 <= eta <= 8"]),
        ({"eta": 9}, ["eta=9", "the steepest mode grows"]),
        ({"beta": 1}, ["beta=1", "never fade"]),
        ({"n": 0}, ["n=0", "1 <= n <= 12"]),
        ({"n": 2.5}, ["n=2.5", "whole number"]),
        ({"step": 10_001}, ["step=10001", "no more steps"]),
        ({"mode": 13}, ["mode=13", "1 is the steepest"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Modes(**traits)
    for word in words:
        assert word in str(caught.value)


def test_curvatures_halve():
    assert Modes(n=3).lams == (0.5, 0.25, 0.125)


def test_arrivals_are_the_last_crossings_of_the_library_s_runs():
    explorable = Modes(eta=7.3372, beta=0.8379)
    f = d2l.Quadratic(0.5 ** np.arange(1, 11))
    run = d2l.momentum(f.grad, np.ones(10), eta=7.3372, beta=0.8379, steps=1000)
    last = [int(np.flatnonzero(np.abs(x) > 0.01)[-1]) + 1 for x in run.x.T]
    assert explorable.arrivals()["momentum"] == tuple(last)


def test_a_mode_that_never_arrives_has_no_step():
    assert Modes(eta=4, n=2).arrivals()["gd"] == (None, 1)
    assert Modes(eta=0, n=2).arrivals()["momentum"] == (None, None)
    # It would need more than 40 000 steps, and stops counting at 10 000.
    assert Modes(eta=0.2, n=12).arrivals()["gd"][-1] is None


def test_a_run_beyond_float64_is_infinite():
    assert np.isinf(Modes(eta=8, beta=0, n=1).errors()["gd"][-1]).all()


@pytest.mark.parametrize(
    "traits", [{"eta": 8, "beta": 0.99, "n": 12}, {"eta": 0, "beta": 0, "n": 1}, {"eta": 2, "n": 1}]
)
def test_static_figure_survives_extremes(traits):
    svg = Modes(**traits)._repr_mimebundle_()["image/svg+xml"]
    assert "<svg" in svg
    assert "gradient descent" in svg
    assert "nan" not in svg.lower().replace("dominant", "")


def test_sliders_are_real_ones():
    row = Modes().panel.children[0].children
    assert [(s.min, s.max) for s in row] == [(0, 8), (0, 0.99), (1, 12)]


@pytest.mark.usefixtures("each_language")
def test_every_word_is_there():
    labels = Modes().labels
    words = "left learned whole converges diverges keeps bars counted promised picked"
    words += " best_gd best_momentum slowest edge mode step n"
    assert all(labels[f"modes.{word}"] for word in words.split())


# ---------------------------------------------------------------- the browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "modes")


def statuses(seen):
    """Return the sentences of both methods and of the mode that is picked."""
    frame(seen)
    return seen.locator(".mmx .status").all_inner_texts()


def facts(seen, panel):
    """Return what is left, how many modes are learned, and when the whole is, of one method."""
    frame(seen)
    return seen.locator(".mmx dl").nth(panel).locator("dd").all_inner_texts()


def rows(seen):
    """Return the table, one list of texts per mode that is shown."""
    frame(seen)
    return [
        row.locator("td").all_inner_texts()
        for row in seen.locator(".mmx table tr:visible").all()[2:]
    ]


def marked(seen):
    frame(seen)
    return seen.locator(".mmx table tr.on th").all_inner_texts()


def heads(seen):
    frame(seen)
    return seen.locator(".mmx .head small").all_inner_texts()


def expected(explorable):
    """Return the table that the library's runs give."""
    found = explorable.arrivals()
    table = []
    for i, lam in enumerate(explorable.lams):
        line = []
        for method, beta in (("gd", 0), ("momentum", explorable.beta)):
            rho = float(d2l.convergence_rate(lam, eta=explorable.eta, beta=beta))
            counted = found[method][i]
            line.append("–" if counted is None else str(counted))
            promised = max(1, math.ceil(math.log(0.01) / math.log(rho) - 1e-9)) if rho else 1
            line.append(str(promised))
        table.append(line)
    return table


@pytest.mark.browser
def test_first_picture_has_the_numbers_of_the_library(visit):
    seen = visit()
    assert rows(seen) == expected(Modes())
    assert facts(seen, 0) == ["20.6\xa0%", "5 / 10", "step 773"]
    assert facts(seen, 1) == ["0.196\xa0%", "9 / 10", "step 74"]
    assert statuses(seen) == [
        "converges, ρ = 0.9961 a step; slowest: mode 10",
        "converges, ρ = 0.9387 a step; slowest: mode 10",
        "mode 10, λ = 9.8e−4: ρ = 0.9961 with gradient descent, ρ = 0.9387 with momentum, "
        "overdamped",
    ]


@pytest.mark.browser
def test_presets(visit):
    seen = visit()
    press = lambda name: seen.locator(f"[data-preset={name}]").click()  # noqa: E731
    press("best_momentum")
    assert statuses(seen)[0].startswith("diverges, ρ = 2.6686 a step; fastest: mode 1")
    eta, beta = d2l.optimal_eta_beta(2**-10, 0.5)
    assert statuses(seen)[1].startswith(f"converges, ρ = {math.sqrt(beta):.4f}")
    run = Modes(eta=eta, beta=beta)
    assert [row[2] for row in rows(seen)] == [str(s) for s in run.arrivals()["momentum"]]
    press("best_gd")
    assert statuses(seen)[0].startswith("converges, ρ = 0.9961")
    press("slowest")
    assert statuses(seen)[2].endswith("critically damped")
    press("edge")
    assert statuses(seen)[0] == "never arrives: mode 1 keeps its size, ρ = 1"
    assert rows(seen)[0][:2] == ["–", "∞"]
    assert facts(seen, 0)[2] == "∞"
    press("reset")
    assert statuses(seen)[1].startswith("converges, ρ = 0.9387")


@pytest.mark.browser
def test_pointing_marks_step_and_mode_everywhere_and_leaving_takes_it_back(visit):
    seen = visit()
    before = seen.locator(".mmx canvas").first.evaluate("c => c.toDataURL()")
    box = seen.locator(".mmx svg[role=group]").nth(2).bounding_box()  # the bars
    seen.mouse.move(box["x"] + 41, box["y"] + 8 + 2.5 * 20)
    assert marked(seen) == ["λ₃"]
    assert heads(seen) == ["step 0", "step 0"]
    assert facts(seen, 0)[:2] == ["100\xa0%", "0 / 10"]
    assert statuses(seen)[2].startswith("mode 3, λ = 0.125")
    assert seen.locator(".mmx canvas").first.evaluate("c => c.toDataURL()") != before
    seen.mouse.move(5, 5)
    assert marked(seen) == ["λ₁₀"]
    assert heads(seen) == ["step 100", "step 100"]
    assert seen.locator(".mmx canvas").first.evaluate("c => c.toDataURL()") == before


@pytest.mark.browser
@pytest.mark.parametrize("panel", [0, 1])
def test_a_click_on_a_band_keeps_its_mode(visit, panel):
    seen = visit("mode=1,step=0")
    box = seen.locator(".mmx svg[role=group]").nth(panel).bounding_box()
    # The pile begins at 1 of 1.25, and each of ten modes has a tenth of it.
    seen.mouse.click(box["x"] + 42, box["y"] + 8 + 186 * (1 - 0.35 / 1.25))
    seen.mouse.move(5, 5)
    assert marked(seen) == ["λ₇"]


@pytest.mark.browser
def test_step_by_drag_and_by_keyboard(visit):
    seen = visit()
    grip = seen.locator(".mmx .grip").first
    x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    seen.mouse.move(x, y)
    seen.mouse.down()
    seen.mouse.move(x - 50, y, steps=4)
    seen.mouse.up()
    seen.mouse.move(5, 5)
    step = int(re.search(r"\d+", heads(seen)[0])[0])
    assert 20 < step < 50
    assert heads(seen)[0] == heads(seen)[1] == grip.get_attribute("aria-valuetext")
    grip.focus()
    seen.keyboard.press("Home")
    assert heads(seen)[1] == "step 100"
    seen.keyboard.press("ArrowLeft")
    assert heads(seen)[1] == "step 93"
    for _ in range(12):
        seen.keyboard.press("Shift+ArrowLeft")
        frame(seen)
    assert heads(seen) == ["step 0", "step 0"]
    seen.keyboard.press("ArrowRight")
    assert heads(seen) == ["step 1", "step 1"]
    for _ in range(25):
        seen.keyboard.press("Shift+ArrowRight")
        frame(seen)
    assert heads(seen) == ["step 10000", "step 10000"]


@pytest.mark.browser
def test_mode_by_keyboard(visit):
    seen = visit("n=4")
    assert marked(seen) == ["λ₄"]  # the tenth, of four
    grip = seen.locator(".mmx .grip").nth(2)
    grip.focus()
    for key, name in [("ArrowUp", "λ₃"), ("Shift+ArrowUp", "λ₁"), ("ArrowDown", "λ₂")]:
        seen.keyboard.press(key)
        assert marked(seen) == [name]
        assert grip.get_attribute("aria-valuetext").startswith(f"mode {' ₁₂₃'.index(name[1])}, λ =")


@pytest.mark.browser
@pytest.mark.parametrize("fragment", ["eta=0", "eta=8,beta=0", "eta=8,beta=0.99,n=12", "eta=2,n=1"])
def test_extremes_have_no_odd_numbers_and_stay_inside(visit, fragment):
    seen = visit(f"{fragment},step=10000")
    text = seen.locator(".mmx").inner_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    bad = "p => [...p.querySelectorAll('[d]')].some(e => /NaN|Inf/.test(e.getAttribute('d')))"
    assert not seen.locator(".mmx").evaluate(bad)
    assert seen.evaluate("document.documentElement.scrollWidth") <= 1200


CASES = [
    {"lam": lam, "eta": eta, "beta": beta}
    for lam, eta, beta in product(
        [2.0**-1, 2.0**-4, 2.0**-12],
        [0, 1e-3, 2, 3.9922, 4, 7.3372, 8],
        [0, 0.36, 0.8379, 0.879, 0.99],
    )
]


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(visit):
    seen = visit()
    results = seen.evaluate(
        """cases => { const { errors, error, arrival, promised } = momentumExplorables.modes;
          return cases.map(({ lam, eta, beta }) => { const e = errors(lam, eta, beta);
            return { first: [...e.slice(0, 400)].map(String), arrival: String(arrival(e)),
              alone: [0, 1, 7, 58, 399].map(t => String(error(lam, eta, beta, t))),
              promised: String(promised(lam, eta, beta)) }; }); }""",
        CASES,
    )
    compared = 0
    for case, js in zip(CASES, results, strict=True):
        lam, eta, beta = case.values()
        rho = float(d2l.convergence_rate(lam, eta=eta, beta=beta))
        steps = 400 if rho < 0.97 else 10_000  # 0.97 ** 400 is less than 1e-5
        run = d2l.momentum(d2l.Quadratic([lam]).grad, [1], eta=eta, beta=beta, steps=steps)
        error = np.full(steps + 1, np.inf)
        error[: run.steps + 1] = np.abs(run.x[:, 0])
        mine = np.array([float(v) for v in js["first"]])
        # Beyond 1e150 the JavaScript says infinite, and below 1e-12 zero.
        shown = (error[:400] < 1e150) & (error[:400] > 1e-140)
        scale = np.maximum.accumulate(error[:400])[shown]
        assert np.all(np.abs(mine[shown] - error[:400][shown]) <= 1e-9 * scale), case
        for t, alone in zip([0, 1, 7, 58, 399], map(float, js["alone"]), strict=True):
            # One step alone, by the powers of a matrix, which has no zero for what is small.
            largest = error[: t + 1].max()
            assert (
                alone == np.inf if error[t] > 1e150 else abs(alone - error[t]) <= 1e-9 * largest
            ), (case, t)
        compared += int(shown.sum())
        above = np.flatnonzero(error > 0.01)[-1] + 1
        assert float(js["arrival"]) == (above if above <= 10_000 else math.inf), case
        if rho >= 1 - 1e-12:
            assert js["promised"] == "Infinity", case
        else:
            t = int(js["promised"])
            assert rho**t <= 0.01 * (1 + 1e-6), case
            assert t == 1 or rho ** (t - 1) > 0.01 * (1 - 1e-6), case
    assert compared > 10_000
    assert any(js["arrival"] == "Infinity" for js in results)
