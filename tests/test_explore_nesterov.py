"""Nesterov's method beside the heavy ball: traits, static figure, mathematics and words."""

from __future__ import annotations

import functools
import re
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets

import d2lmini as d2l
from d2lmini.explore import Nesterov
from explorable_visit import frame, until

BEST = {"eta": 1 / 9, "beta": 4 / 9}

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("eta", -0.01), ("eta", 0.17), ("beta", 0.96), ("start", -5.1), ("start", "left")],
        *[("steps", 0), ("steps", 201), ("ahead", "borrowed")],
    ],
)
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=rf"Nesterov needs .*{name}"):
        Nesterov(**{name: value})


@pytest.mark.parametrize("ahead", ["own", "same"])
def test_numbers_are_those_of_the_library(ahead):
    f = d2l.lessard_recht_packard()
    own = {"eta": 1 / 25, "beta": 2 / 3} if ahead == "own" else BEST
    heavy, looking = Nesterov(ahead=ahead).traces()
    assert np.array_equal(heavy.x, d2l.momentum(f.grad, 3.3, steps=45, **BEST).x)
    assert np.array_equal(looking.x, d2l.nesterov(f.grad, 3.3, steps=45, **own).x)


def test_ends_are_the_minimum_or_a_point_of_the_cycle():
    ends = Nesterov().ends([0, 3.3, 3.5])
    assert ends[[0, 2]] == pytest.approx(0, abs=1e-6)
    assert min(abs(ends[1] - p) for p in (-1.8024, 2.1159, 0.6465)) < 1e-4


@pytest.mark.parametrize(
    ("eta", "beta", "start", "ahead"),
    list(product([0, 1 / 9, 0.16], [0, 0.95], [-5, 0, 5], ["own", "same"])),
)
def test_static_figure_at_extremes(eta, beta, start, ahead):
    figure = Nesterov(eta=eta, beta=beta, start=start, ahead=ahead, steps=200).figure()
    assert len(figure.axes[0].lines) >= 2
    plt.close(figure)


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "nesterov")


def words(view):
    frame(view)
    return [text.replace("\xa0", " ") for text in view.locator(".mmx .status").all_inner_texts()]


@pytest.mark.browser
def test_presets_name_what_happens(visit):
    view = visit()
    own = "converges: |x| < 0.001 from step 3 on"
    assert words(view) == ["cycle of 3: −1.8024, 2.1159, 0.6465", own]
    for preset, heavy, ahead in [
        ("beside", "converges: |x| < 0.001 from step 37 on", own),
        ("four", "cycle of 4: −1.5942, −0.4333, 1.5864, 1.1014", own),
        ("same", "cycle of 3: −1.8024, 2.1159, 0.6465", "diverges: |x| > 1000 from step "),
        ("cycle", "cycle of 3: −1.8024, 2.1159, 0.6465", own),
    ]:
        view.locator(f"[data-preset={preset}]").click()
        told = words(view)
        assert told[0] == heavy
        assert told[1].startswith(ahead)
    view.locator("[data-preset=four]").click()
    view.locator("[data-preset=reset]").click()
    assert words(view)[0].startswith("cycle of 3")


@pytest.mark.browser
def test_nesterovs_numbers_are_chosen_and_shown(visit):
    view = visit()
    given = view.locator(".mmx .panels small")
    assert given.all_inner_texts() == ["η = 0.1111, β = 0.4444", "η = 0.04, β = 0.6667"]
    view.locator("[data-value=same]").click()
    assert words(view)[1].startswith("diverges")
    assert given.all_inner_texts() == ["η = 0.1111, β = 0.4444"] * 2
    assert view.locator("[data-value=same]").get_attribute("aria-pressed") == "true"
    view.locator("[data-value=own]").click()
    assert words(view)[1].startswith("converges")


@pytest.mark.browser
def test_dragging_the_start_makes_the_cycle_appear_and_disappear(visit):
    view = visit()
    grip = view.get_by_role("slider", name="start point")
    for key, start, heavy in [
        ("Shift+ArrowRight", "3.40", "cycle of 3"),
        ("Shift+ArrowRight", "3.50", "converges"),
        ("Home", "3.30", "cycle of 3"),
        ("ArrowLeft", "3.29", "cycle of 3"),
    ]:
        grip.press(key)
        assert words(view)[0].startswith(heavy)
        assert grip.get_attribute("aria-valuetext") == f"x = {start}"
    grip.press("Home")
    x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
    view.mouse.move(x, y)
    view.mouse.down()
    view.mouse.move(x - 90, y + 4, steps=4)
    view.mouse.up()
    assert words(view)[0].startswith("converges")
    wide = view.evaluate(
        "document.querySelector('.mmx > svg clipPath rect').getAttribute('width') - 8"
    )
    moved = float(grip.get_attribute("aria-valuenow"))
    assert moved == pytest.approx(3.3 - 90 * 10 / wide, abs=0.02)


def _blocks(view, k):
    """Return the ranges of starts that one kind has on the strip, in data."""
    left, width = view.evaluate(
        """() => { const r = document.querySelector('.mmx > svg clipPath rect');
          return [+r.getAttribute('x') + 4, +r.getAttribute('width') - 8]; }"""
    )
    d = view.locator(".mmx > svg[height='48'] > path").nth(k).get_attribute("d")
    edges = [(float(a), float(b)) for a, b in re.findall(r"M([\d.]+) 36v-\d+H([\d.]+)", d)]
    return [tuple(10.01 * (e - left) / width - 5.005 for e in pair) for pair in edges]


@pytest.mark.browser
def test_the_strip_agrees_with_the_sentence_and_with_python(visit):
    view = visit()
    cycle = _blocks(view, 0)
    grip = view.get_by_role("slider", name="start point")
    inside = lambda x: any(a <= x <= b for a, b in cycle)  # noqa: E731
    assert inside(3.3)
    assert not inside(3.5)
    starts = np.linspace(-5, 5, 101)
    away = [min(abs(s - e) for pair in cycle for e in pair) > 0.02 for s in starts]
    starts = starts[away]
    turns = np.abs(Nesterov().ends(starts)) > 0.1
    assert [inside(s) for s in starts] == turns.tolist()
    assert 0.05 < turns.mean() < 0.5
    grip.press("Home")
    legend = " ".join(view.locator(".mmx .head small:visible").all_inner_texts())
    shares = [int(n) for n in re.findall(r"(\d+)\s%", legend)]
    assert sum(shares) == 100
    assert shares[0] == pytest.approx(100 * sum(b - a for a, b in cycle) / 10, abs=1)


@pytest.mark.browser
def test_the_strip_is_refined_when_the_slider_rests(visit):
    view = visit()
    strip = view.locator(".mmx > svg[height='48'] > path").first
    slider = view.get_by_role("slider", name="heavy ball: η")
    # Everything that is drawn is noted: on a slow machine the slider rests before we look.
    view.evaluate(
        """(input) => {
          const strip = document.querySelector(".mmx > svg[height='48'] > path");
          globalThis.drawn = [];
          new MutationObserver(() => drawn.push(strip.getAttribute('d')))
            .observe(strip, { attributes: true, attributeFilter: ['d'] });
          input.value = 0.113; input.dispatchEvent(new Event('input', { bubbles: true })); }""",
        slider.element_handle(),
    )
    until(view, "new Set(drawn).size > 1")
    coarse, fine = view.evaluate("[drawn[0], drawn.at(-1)]")
    until(view, "location.hash.includes('eta=0.113')")
    view.reload()  # the same setting, from the link in the address: fine at once
    view.wait_for_selector("[data-live] .grip[transform]")
    frame(view)
    assert strip.get_attribute("d") == fine != coarse


@pytest.mark.browser
@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("eta=0", "stands still, since η = 0"),
        ("eta=0.16,beta=0", "diverges"),
        ("eta=0.155,beta=0.95", "(cycle|converges|undecided)"),
        ("eta=0.001,beta=0", "converges"),
        ("start=0", r"converges: \|x\| < 0.001 from step 0 on"),
        ("start=-5", "(cycle|converges)"),
    ],
)
def test_extremes_are_told(visit, setting, text):
    view = visit(setting)
    assert re.match(text, words(view)[0])
    assert not re.search("NaN|Infinity|undefined", view.locator(".mmx").inner_html())


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
    assert found == {tuple(sorted(["−1.8024", "2.1159", "0.6465", "0.001"]))}


# ---------------------------------------------------------------- the mathematics, twice

STARTS = [-5.0, -4.2, -1.3, 0.0, 0.7, 1.0, 1.5, 2.0, 3.3, 3.5, 5.0]
SETTINGS = [
    {"eta": eta, "beta": beta}
    for eta, beta in [(0, 0.5), (0.001, 0), (1 / 25, 2 / 3), (1 / 9, 4 / 9), (0.09, 0.9),
                      (0.12, 0.6), (0.14, 0.8), (0.15, 0.95), (0.16, 0), (0.16, 0.95)]
]  # fmt: skip


@pytest.mark.browser
def test_javascript_and_python_compute_the_same(visit):
    view = visit()
    f = d2l.lessard_recht_packard()
    places = np.linspace(-6, 6, 121)
    heights, slopes = view.evaluate(
        """x => { const { bowl, steepness } = momentumExplorables.nesterov;
          return [x.map(bowl), x.map(steepness)]; }""",
        places.tolist(),
    )
    assert heights == pytest.approx(f.value(places), rel=1e-12, abs=1e-12)
    assert slopes == pytest.approx(f.grad(places), rel=1e-12, abs=1e-12)
    cases = [
        {**setting, "start": start, "lookahead": lookahead, "steps": 200}
        for setting, start, lookahead in product(SETTINGS, STARTS, [False, True])
    ]
    paths = view.evaluate(
        """cases => { const { steepness } = momentumExplorables.nesterov;
          const { descend } = momentumExplorables.shared;
          return cases.map(c => descend(([x]) => [steepness(x)], [c.start], c).x.flat()); }""",
        cases,
    )
    for case, path in zip(cases, paths, strict=True):
        method = d2l.nesterov if case["lookahead"] else d2l.momentum
        trace = method(f.grad, case["start"], eta=case["eta"], beta=case["beta"], steps=200)
        n = min(len(path), len(trace.x))
        assert abs(len(path) - len(trace.x)) <= (1 if trace.overflowed else 0), case
        seen = np.array(path[:n], float)  # of a whole number JSON does not say that it is one
        assert seen == pytest.approx(trace.x[:n, 0], rel=1e-9, abs=1e-9), case


@pytest.mark.browser
def test_fates_are_where_python_runs_end(visit):
    f = d2l.lessard_recht_packard()
    cases = [
        {**setting, "start": start, "lookahead": lookahead}
        for setting, start, lookahead in product(SETTINGS[1:], STARTS, [False, True])
    ]
    fates = visit().evaluate("cases => cases.map(momentumExplorables.nesterov.fate)", cases)
    # All starts of a setting in one run, unless one of them overflows and ends it for all.
    together = {}
    for setting, method in product(SETTINGS[1:], [d2l.momentum, d2l.nesterov]):
        runs = method(f.grad, STARTS, steps=3000, **setting)
        if not runs.overflowed:
            for start, x in zip(STARTS, runs.x.T, strict=True):
                together[*setting.values(), start, method] = x
    seen = set()
    for case, fate in zip(cases, fates, strict=True):
        method = d2l.nesterov if case["lookahead"] else d2l.momentum
        eta, beta, start = case["eta"], case["beta"], case["start"]
        x = together.get((eta, beta, start, method))
        if x is None:
            x = method(f.grad, start, eta=eta, beta=beta, steps=3000).x[:, 0]
        seen.add(fate["kind"])
        if fate["kind"] == "converges":
            assert np.abs(x[fate["step"] :]).max() < 1e-3, case
            assert fate["step"] == 0 or abs(x[fate["step"] - 1]) >= 1e-3, case
        elif fate["kind"] == "diverges":
            assert abs(x[fate["step"]]) >= 1000 > abs(x[fate["step"] - 1]), case
        elif fate["kind"] == "cycle":
            n = len(fate["cycle"])
            assert n > 1
            assert sorted(x[-n:]) == pytest.approx(sorted(fate["cycle"]), abs=1e-5), case
            assert np.abs(x[-n:] - x[-2 * n : -n]).max() < 1e-5, case
            assert fate["cycle"][0] == min(fate["cycle"])
            shorter = [p for p in range(1, n) if n % p == 0]
            assert all(np.abs(x[-n:] - x[-n - p : -p]).max() > 1e-3 for p in shorter), case
    assert seen == {"cycle", "converges", "diverges"}


@pytest.mark.browser
def test_the_strip_is_the_fate_of_each_start(visit):
    """The strip stops earlier and is content with less; that must not change what it says."""
    different = visit().evaluate(
        """settings => { const { fate, strip } = momentumExplorables.nesterov;
          return settings.map(({ eta, beta }) => strip(eta, beta, 5).filter(
            (kind, k) => kind !== "slow"
              && kind !== fate({ eta, beta, start: (k - 100) / 20 }).kind).length); }""",
        SETTINGS[1:],
    )
    assert different == [0] * len(SETTINGS[1:])
