"""The dialect converter: its traits, its settings, its picture, and its mathematics twice."""

from __future__ import annotations

import functools
import math
from dataclasses import asdict
from itertools import product

import numpy as np
import pytest
from traitlets import TraitError

import d2lmini as d2l
from d2lmini.dialects import D2L, EMA, Keras, Optax, PyTorch, Velocity, run
from d2lmini.explore import Dialects
from explorable_visit import frame

NAMES = ["D2L", "PyTorch", "Dampened", "Optax", "EMA", "Keras", "Velocity"]
SCHEDULES = ["constant", "drop", "warmup", "decay"]


# ------------------------------------------------------------------------------------- in Python


def test_settings_in_all_dialects_have_the_frameworks_own_names():
    converter = Dialects(dialect="PyTorch", eta=0.05, beta=0.75)
    assert [converter.setting(name) for name in NAMES] == [
        D2L(eta=0.05, beta=0.75),
        PyTorch(lr=0.05, momentum=0.75),
        PyTorch(lr=0.2, momentum=0.75, dampening=0.75),
        Optax(learning_rate=0.05, momentum=0.75),
        EMA(eta=0.2, beta=0.75),
        Keras(learning_rate=0.05, momentum=0.75),
        Velocity(epsilon=0.05, m=0.75),
    ]


@pytest.mark.parametrize("dialect", NAMES)
def test_the_typed_numbers_are_those_of_the_chosen_dialect(dialect):
    rate, momentum, *_ = asdict(
        Dialects(dialect=dialect, eta=0.25, beta=0.5).setting(dialect)
    ).values()
    assert (rate, momentum) == (0.25, 0.5)


@pytest.mark.parametrize("dialect", NAMES)
def test_with_a_constant_rate_all_paths_are_one_except_the_dampened(dialect):
    converter = Dialects(dialect=dialect, schedule="constant")
    for name in NAMES:
        same = (name == "Dampened") == (dialect == "Dampened")
        assert (converter.distance(name) < 1e-9) == same, name


def test_a_schedule_parts_those_that_hold_steps_from_those_that_hold_gradients():
    for schedule in SCHEDULES[1:]:
        converter = Dialects(schedule=schedule)
        together = [name for name in NAMES if converter.distance(name) < 1e-9]
        assert together == ["D2L", "PyTorch", "Optax", "EMA"], schedule
        converter.dialect = "Keras"
        assert converter.distance("Velocity") < 1e-9


def test_numbers_of_the_page_are_those_of_the_converter():
    f, drop = d2l.ravine(), [1] * 30 + [0.1] * 30
    converter = Dialects(when=30)
    keras = run(Keras(learning_rate=0.05, momentum=0.9), f.grad, (-5, -2), steps=60, schedule=drop)
    assert np.array_equal(converter.trace("Keras").x, keras.x)


def test_without_momentum_nothing_is_stored_and_nothing_parts():
    converter = Dialects(beta=0, schedule="drop")
    assert [converter.distance(name) for name in NAMES] == pytest.approx([0] * 7, abs=1e-12)


def test_warm_up_is_a_ramp_and_decay_comes_to_the_factor_after_as_many_steps():
    ramp = Dialects(schedule="warmup", factor=0.2, when=10).factors()
    assert ramp[[0, 5, 10, 59]] == pytest.approx([0.2, 0.6, 1, 1])
    decay = Dialects(schedule="decay", factor=0.2, when=10).factors()
    assert decay[[0, 10, 20]] == pytest.approx([1, 0.2, 0.04])
    assert Dialects(schedule="decay", factor=0).factors()[:2].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"eta": 2}, ["eta=2", "0 <= eta <= 1"]),
        ({"beta": 1}, ["beta=1", "0 <= beta <= 0.99", "never fade"]),
        ({"dialect": "Caffe"}, ["'Caffe'", "'PyTorch'", "'Keras'"]),
        ({"other": 3}, ["other=3"]),
        ({"schedule": "cosine"}, ["'cosine'", "'warmup'"]),
        ({"factor": -0.1}, ["factor=-0.1", "0 <= factor <= 1"]),
        ({"when": 60}, ["when=60", "1 <= when <= 59"]),
        ({"when": 2.5}, ["when=2.5", "whole number"]),
    ],
)
def test_bad_value_names_value_requirement_and_remedy(traits, words):
    with pytest.raises(TraitError) as caught:
        Dialects(**traits)
    for word in words:
        assert word in str(caught.value)


def test_unknown_dialect_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match="no dialect 'MXNet': use one of D2L, PyTorch"):
        Dialects().setting("MXNet")


def test_static_figure_at_extremes():
    cases = product((0, 1), (0, 0.99), SCHEDULES, (0, 1), (1, 59))
    for eta, beta, schedule, factor, when in [*cases][::3]:
        explorable = Dialects(
            dialect="EMA", eta=eta, beta=beta, schedule=schedule, factor=factor, when=when
        )
        assert len(explorable.figure().axes[0].lines) == 2
    assert "A: PyTorch" in Dialects()._repr_mimebundle_()["image/svg+xml"]


def test_sliders_are_those_of_rate_momentum_and_factor(each_language):
    row, figure = (explorable := Dialects()).panel.children
    assert figure is explorable
    assert [slider.value for slider in row.children] == [0.05, 0.9, 0.1]
    assert all("." not in slider.description for slider in row.children)


# ------------------------------------------------------------------------------------ in the page

browser = pytest.mark.browser


@pytest.fixture
def visit(explorable):
    """Return ``visit(fragment, code, **context options) -> page``."""
    return functools.partial(explorable, "dialects")


def status(tab):
    frame(tab)
    return tab.locator(".mmx p.status").inner_text()


def facts(tab):
    frame(tab)
    return tab.locator(".mmx dd").all_inner_texts()


def rows(tab):
    frame(tab)
    found = tab.locator(".mmx tbody tr")
    return [found.nth(i).locator("th, td").all_inner_texts() for i in range(found.count())]


def lines(tab, panel):
    """Return the two curves of a panel as the eye sees them."""
    frame(tab)
    found = tab.locator(".mmx .panels svg[role]").nth(panel).locator("g[clip-path] path[d^=M]")
    paths = found.evaluate_all("paths => paths.map((p) => p.getAttribute('d'))")
    return [path for path in paths if len(path) > 300 and "h0" not in path]


@browser
def test_first_picture_tells_where_and_why_they_part(visit):
    tab = visit()
    said = status(tab)
    assert said.startswith("From step 16 on they part: the velocity of PyTorch holds gradients")
    assert "that of Keras holds steps" in said
    assert "β = 0.9" in said
    converter = Dialects()
    far = np.linalg.norm(converter.trace("PyTorch").x - converter.trace("Keras").x, axis=1)
    assert facts(tab) == [f"{far.max():.3g}", str(far.argmax())]
    table = rows(tab)
    assert table[1] == ["A: PyTorch", "lr=0.05, momentum=0.9", "gradients", "0"]
    assert table[2][1] == "lr=0.5, momentum=0.9, dampening=0.9"
    assert table[4][1] == "eta=0.5, beta=0.9"
    assert table[5] == ["B: Keras", "learning_rate=0.05, momentum=0.9", "steps", f"{far.max():.3g}"]


@browser
def test_presets_make_them_one_stop_and_dampen(visit):
    tab = visit()
    tab.locator("[data-preset=same]").click()
    assert status(tab).startswith("One path: while η is constant")
    assert facts(tab) == ["0", "–"]
    _, one, other = lines(tab, 1)  # the first is the schedule
    assert one == other
    tab.locator("[data-preset=stop]").click()
    assert status(tab).startswith("From step 16 on they part")
    tab.locator("[data-preset=dampening]").click()
    assert "PyTorch does not dampen its first gradient" in status(tab)
    assert "10 times" in status(tab)
    tab.locator("[data-preset=reset]").click()
    assert status(tab).startswith("From step 16 on they part")


@browser
def test_choosing_dialects_and_schedule(visit):
    tab = visit()
    tab.get_by_label("B, compared with A").select_option("Velocity")
    assert "that of velocity form holds steps" in status(tab)
    tab.get_by_label("A, in whose terms").select_option("Keras")
    assert status(tab) == "One path, whatever η does: both velocities hold steps."
    tab.get_by_label("B, compared with A").select_option("Keras")
    assert status(tab).startswith("A and B are the same dialect")
    tab.get_by_label("A, in whose terms").select_option("EMA")
    assert rows(tab)[1][1] == "lr=0.005, momentum=0.9"
    tab.locator("[data-value=warmup]").click()
    assert status(tab).startswith("From step 2 on they part")
    tab.locator("[data-value=constant]").click()
    assert status(tab).startswith("One path: while η is constant")
    assert tab.locator(".mmx .grip").is_hidden()


@browser
def test_corner_of_the_schedule_is_dragged_in_both_directions(visit):
    tab = visit()
    at = tab.locator(".mmx .grip").bounding_box()
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 60, y - 60, steps=4)
    tab.mouse.up()
    n = int(status(tab).split()[2])
    assert n > 20
    factor = tab.get_by_label("factor on η", exact=True)
    first = float(factor.nth(0).input_value())
    assert 0.2 < first < 0.6
    tab.keyboard.press("ArrowRight")
    assert status(tab).startswith(f"From step {n + 1} on")
    tab.keyboard.press("ArrowUp")
    frame(tab)
    assert float(factor.nth(0).input_value()) == pytest.approx(first + 0.05)
    tab.keyboard.press("Home")
    assert status(tab).startswith("From step 16 on")


@browser
def test_corner_of_the_warm_up_moves_in_time_only(visit):
    tab = visit("schedule=warmup,factor=0.2,when=15")
    tab.locator(".mmx .grip").focus()
    for key in ("ArrowUp", "ArrowRight"):
        tab.keyboard.press(key)
    frame(tab)
    grip = tab.locator(".mmx .grip")
    assert grip.get_attribute("aria-valuetext") == "step 17, factor 0.2"


@browser
def test_sliders_at_their_ends(visit):
    tab = visit()
    tab.get_by_label("learning rate η", exact=True).first.press("Home")
    assert status(tab) == "With η = 0 nothing moves."
    tab.get_by_label("learning rate η", exact=True).first.press("End")
    tab.get_by_label("momentum β", exact=True).first.press("Home")
    assert status(tab).startswith("One path, whatever η does: with β = 0")
    text = tab.locator(".mmx").inner_html()
    assert "NaN" not in text
    assert "Infinity" not in text


@browser
def test_every_sentence_is_there_in_every_language(visit):
    for code in d2l.available_languages():
        tab = visit(code=code)
        for preset in ("same", "tenth", "stop", "dampening"):
            tab.locator(f"[data-preset={preset}]").click()
            assert "{" not in status(tab) + str(rows(tab))
            assert "undefined" not in tab.locator(".mmx").inner_text()


GRID = [
    {"dialect": a, "eta": eta, "beta": beta, "schedule": s, "factor": factor, "when": when}
    for a, eta, beta, s, factor, when in product(
        ["PyTorch", "EMA", "Dampened", "Velocity"],
        (0, 0.05, 1),
        (0, 0.9, 0.99),
        SCHEDULES,
        (0, 0.1, 1),
        (1, 15, 59),
    )
]


@browser
def test_javascript_and_python_compute_the_same(visit):
    cases = GRID[::17]  # coprime to the number of each parameter's values
    found = visit().evaluate(
        """([cases, names]) => {
          const { walk, rateIn, factors, gap } = momentumExplorables.dialects;
          const grad = (x) => [0.2 * x[0], 4 * x[1]];
          return cases.map((c) => { const scales = factors(c.schedule, c.factor, c.when);
            const rates = names.map((n) => rateIn(n, c.dialect, c.eta, c.beta));
            const paths = names.map((n, i) => walk(n, rates[i], c.beta, scales, grad, [-5, -2]));
            const own = paths[names.indexOf(c.dialect)];
            return { scales, rates, paths, far: paths.map((p) => gap(own, p).largest) }; }); }""",
        [cases, NAMES],
    )
    for case, js in zip(cases, found, strict=True):
        explorable = Dialects(**case)
        assert js["scales"] == pytest.approx(explorable.factors().tolist(), rel=1e-12, abs=1e-15)
        for name, rate, path, far in zip(NAMES, js["rates"], js["paths"], js["far"], strict=True):
            expected, *_ = asdict(explorable.setting(name)).values()
            assert rate == pytest.approx(expected, rel=1e-12), (case, name)
            trace = explorable.trace(name)
            scale = np.maximum.accumulate(np.abs(trace.x), axis=0)
            assert np.all(np.abs(np.array(path) - trace.x) <= 1e-9 * np.maximum(scale, 1)), case
            own = explorable.distance(name)
            size = np.abs(trace.x).max()
            assert math.isclose(far, own if own >= 1e-9 else 0, rel_tol=1e-9, abs_tol=1e-9 * size)


@pytest.mark.browser
def test_rounding_of_a_diverging_run_is_not_taken_for_a_difference(visit):
    tab = visit("eta=0.9,beta=0.7,schedule=constant")
    assert status(tab).startswith("One path")
