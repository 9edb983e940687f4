"""The landscape: its traits and its static figure, and its mathematics and words in a browser."""

from __future__ import annotations

import functools
import re
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

import d2lmini as d2l
from d2lmini.explore import Landscape
from explorable_visit import frame

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("eta", -0.01), ("eta", 1.01), ("beta", 1), ("decay", 0.9), ("decay", 1.01)],
        *[("start", -5), ("start", 5.1), ("at", -1), ("at", 2.5), ("steps", 0), ("steps", 3001)],
    ],
)
def test_values_out_of_range_are_refused_with_a_remedy(name, value):
    with pytest.raises(traitlets.TraitError, match=rf"Landscape needs .*{name}.*: \w+"):
        Landscape(**{name: value})


@pytest.mark.parametrize("beta", [0.9, 0.95, 0.975])
def test_numbers_are_those_of_the_library(beta):
    figure = Landscape(beta=beta)
    f = d2l.two_valleys()
    plain = d2l.gradient_descent(f.grad, -3, eta=0.01, steps=1500)
    heavy = d2l.momentum(f.grad, -3, eta=0.01, beta=beta, steps=1500)
    for mine, theirs in zip(figure.traces(), (plain, heavy), strict=True):
        assert np.array_equal(mine.x, theirs.x)
    for mine, theirs in zip(figure.energies(), (plain, heavy), strict=True):
        assert np.array_equal(mine, d2l.energy(theirs, f))


@pytest.mark.parametrize(
    ("eta", "beta", "start", "decay", "steps"),
    list(product([0, 1], [0, 0.995], [-4.5, 5], [0.95, 1], [1, 1500])),
)
def test_static_figure_at_extremes(eta, beta, start, decay, steps):
    figure = Landscape(eta=eta, beta=beta, start=start, decay=decay, steps=steps).figure()
    assert figure.axes[0].lines
    plt.close(figure)


def test_sliders_and_what_they_are_called(each_language):
    names = [slider.description for slider in Landscape().controls()]
    assert [name[-1] for name in names] == ["η", "β", "δ"]


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "landscape")


def words(view):
    frame(view)
    return [text.replace("\xa0", " ") for text in view.locator(".mmx .status").all_inner_texts()]


def facts(view):
    frame(view)
    return view.locator(".mmx dd").all_inner_texts()


DEEP = "from step 583 on (◇) its energy is lower than the rim between the valleys"


@pytest.mark.browser
def test_presets_tell_where_each_one_ends(visit):
    view = visit()
    still = "still on the plateau after 1500 steps, at x = −2.95"
    assert words(view) == [still, f"caught in the deep valley, at x = 2.60: {DEEP}"]
    for preset, text in [
        ("plateau", "still on the plateau after 1500 steps, at x = −2.36"),
        ("shallow", "caught in the shallow valley, at x = 0.03: from step 950 on (◇)"),
        ("decay", "still on the plateau after 1500 steps, at x = −2.59"),
        ("back", "caught in the shallow valley, at x = 0.03: from step 101 on (◇)"),
        ("deep", "caught in the deep valley, at x = 2.60: from step 583 on (◇)"),
    ]:
        view.locator(f"[data-preset={preset}]").click()
        assert words(view)[1].startswith(text)
    view.locator("[data-preset=reset]").click()
    assert words(view)[0] == still


@pytest.mark.browser
@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("eta=0", "stands still, since η = 0"),
        ("eta=1,beta=0.995", "runs away: out of the picture from step"),
        ("decay=0.998", "still on its way after 1500 steps, at x = −1.66"),
        ("eta=0.2,beta=0.9", "valleys; long steps make energy, and one of them adds 0.405"),
    ],
)
def test_extremes_are_told(visit, setting, text):
    view = visit(setting)
    assert text in words(view)[1]
    assert not re.search("NaN|Infinity|undefined", view.locator(".mmx").inner_html())


@pytest.mark.browser
def test_numbers_at_a_step_are_those_of_python(visit):
    view = visit("at=560")
    figure = Landscape()
    x, energy = figure.traces()[1].x[560, 0], figure.energies()[1][560]
    f = d2l.two_valleys().value(x)
    shown = [float(text.replace("−", "-")) for text in facts(view)]
    assert shown == pytest.approx([560, x, f, energy - f, energy], abs=5e-3)


@pytest.mark.browser
def test_start_is_dragged_along_the_curve_and_both_runs_follow(visit):
    view = visit()
    grip = view.get_by_role("slider", name="start point")
    before = words(view)
    x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    view.mouse.move(x, y)
    view.mouse.down()
    view.mouse.move(x + 130, y + 60, steps=4)
    view.mouse.up()
    frame(view)
    moved = float(grip.get_attribute("aria-valuenow"))
    wide = view.evaluate(
        "document.querySelector('.mmx > svg clipPath rect').getAttribute('width') - 8"
    )
    assert moved == pytest.approx(-3 + 130 * 10.5 / wide, abs=0.02)
    assert all(a != b for a, b in zip(before, words(view), strict=True))
    # It stays on the curve: the way down is the curve's.
    down = grip.evaluate("g => g.getScreenCTM().f") - y
    tall = view.locator(".mmx > svg clipPath rect").first.get_attribute("height")
    f = d2l.two_valleys()
    assert down == pytest.approx((f.value(-3) - f.value(moved)) * (float(tall) - 8) / 2.7, abs=1)
    grip.press("Home")
    assert words(view) == before
    grip.press("Shift+ArrowRight")
    frame(view)
    assert grip.get_attribute("aria-valuetext") == "x = −2.00"


@pytest.mark.browser
def test_time_is_dragged_down_and_the_balls_follow(visit):
    view = visit("at=300")
    clock = view.get_by_role("slider", name="step", exact=True)
    ball = view.locator(".mmx > svg").nth(0).locator("circle[r='7']")
    before, place = facts(view), ball.get_attribute("transform")
    for key, step in [
        ("ArrowDown", 310),
        ("ArrowRight", 320),
        ("ArrowUp", 310),
        ("ArrowLeft", 300),
    ]:
        clock.press(key)
        frame(view)
        assert clock.get_attribute("aria-valuenow") == str(step)
    assert facts(view) == before
    x, y = clock.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    view.mouse.move(x, y)
    view.mouse.down()
    view.mouse.move(x, y + 60, steps=3)
    view.mouse.up()
    frame(view)
    later = int(clock.get_attribute("aria-valuenow"))
    assert later > 600
    assert facts(view)[0] == str(later)
    assert ball.get_attribute("transform") != place
    for _ in range(20):
        clock.press("Shift+ArrowDown")
    assert facts(view)[0] == "1500"


@pytest.mark.browser
def test_the_pool_is_split_by_the_rim_when_the_energy_is_below_it(visit):
    """Before, it spans both valleys; afterwards only the one with the ball."""
    ends = {}
    for step in (570, 590):
        view = visit(f"at={step}")
        d = view.locator(".mmx > svg path[opacity='0.18']").get_attribute("d")
        ends[step] = min(float(pair.split()[0]) for pair in re.findall(r"[\d.]+ [\d.]+", d))
        rim = view.locator(".mmx > svg").nth(1).locator("path[stroke-dasharray='2 4']")
        place = float(re.match(r"M([\d.]+)", rim.get_attribute("d"))[1])
    assert ends[570] < place - 50
    assert place < ends[590]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 360])
def test_both_pictures_have_one_axis_of_position(visit, width):
    """What stands below another thing must stand exactly below it."""
    view = visit(viewport={"width": width, "height": 900})
    frame(view)
    spans = view.locator(".mmx > svg clipPath rect").evaluate_all(
        "all => all.map(r => [r.getAttribute('x'), r.getAttribute('width')])"
    )
    assert len(spans) == 2
    assert spans[0] == spans[1]


@pytest.mark.browser
def test_sentences_have_the_same_numbers_in_all_languages(visit):
    found = {
        tuple(sorted(re.findall(r"−?\d[\d.]*\d", " ".join(words(visit(code=code))))))
        for code in d2l.available_languages()
    }
    assert len(found) == 1
    assert {"1500", "−2.95", "2.60", "583"} <= set(found.pop())


# ---------------------------------------------------------------- the mathematics, twice

# Without the chaos of the longest steps, in which the last digit of an exponential decides.
CASES = [
    {"eta": eta, "beta": beta, "decay": decay, "start": start, "steps": steps}
    for (eta, beta, steps), decay, start in product(
        [(0, 0.9, 5), (0.01, 0, 1500), (0.01, 0.95, 1500), (0.01, 0.975, 1500),
         (0.005, 0.992, 1500), (0.2, 0.9, 200), (0.5, 0.5, 50), (0.5, 0.995, 20)],
        [0.95, 0.997, 1],
        [-4.5, -3, 0.5, 4.8],
    )
]  # fmt: skip


@functools.cache
def python_run(n):
    """Return the library's run of the n-th case, which two tests compare with JavaScript's."""
    case = dict(CASES[n])
    return d2l.momentum(d2l.two_valleys().grad, case.pop("start"), **case)


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(visit):
    view = visit()
    f = d2l.two_valleys()
    places = np.linspace(-8, 8, 161)
    heights, slopes, rim, floor = view.evaluate(
        """x => { const { height, slope, RIM, FLOOR } = momentumExplorables.landscape;
          return [x.map(height), x.map(slope), RIM, FLOOR]; }""",
        places.tolist(),
    )
    assert heights == pytest.approx(f.value(places), rel=1e-12, abs=1e-12)
    assert slopes == pytest.approx(f.grad(places), rel=1e-12, abs=1e-12)
    assert floor == pytest.approx(f.minima[1], abs=1e-12)
    assert abs(f.grad(rim)) < 1e-12
    assert f.minima[0] < rim < f.minima[1]

    runs = view.evaluate("cases => cases.map(momentumExplorables.landscape.run)", CASES)
    for n, (case, run) in enumerate(zip(CASES, runs, strict=True)):
        trace = python_run(n)
        assert run["x"] == pytest.approx(trace.x[:, 0], rel=1e-9, abs=1e-9), case
        assert run["energy"] == pytest.approx(d2l.energy(trace, f), rel=1e-9, abs=1e-9), case
        assert run["overflowed"] == trace.overflowed, case


@pytest.mark.browser
def test_outcomes_follow_from_the_energy(visit):
    """Python's own reading of the same runs: which side of the rim, and since when below it."""
    chosen = [n for n, case in enumerate(CASES) if case["steps"] == 1500]
    cases = [CASES[n] for n in chosen]
    told = visit().evaluate(
        """cases => { const { run, outcome } = momentumExplorables.landscape;
          return cases.map(c => outcome(run(c))); }""",
        cases,
    )
    f = d2l.two_valleys()
    rim = 0.90448208525946
    seen = set()
    for n, case, mine in zip(chosen, cases, told, strict=True):
        trace = python_run(n)
        energy = d2l.energy(trace, f)
        high = np.flatnonzero(energy >= f.value(rim))
        seen.add(mine["kind"])
        if mine["kind"] in ("shallow", "deep"):
            assert mine["step"] == (high[-1] + 1 if high.size else 0), case
            assert mine["kind"] == ("shallow" if trace.final[0] < rim else "deep"), case
        else:
            assert high[-1] == case["steps"], case
            flat = (np.abs(trace.x) > 1.75) & (np.abs(trace.x - 2.6) > 2)
            assert (mine["kind"] == "plateau") == flat.all(), case
    assert seen == {"plateau", "shallow", "deep", "on_way"}
