"""Explorables in a real JupyterLab: sliders, picture and Python traits move one another."""

from __future__ import annotations

import functools
import importlib.util

import pytest

import d2lmini as d2l
from explorable_visit import until
from lab_server import opened, run, run_until, serving

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("jupyterlab") is None,
        reason="JupyterLab is not installed: pip install jupyterlab",
    ),
]

CELLS = [
    "import d2lmini as d2l\n"
    "from IPython.display import display\n"
    "r = d2l.explore.Ravine(eta=0.4, beta=0.5)\n"
    "display(r)",
    'print("eta is", r.eta, "and start is", r.start)',
    "r.eta = 0.6; r.start = (-4, 1)",
    'print("eta is", r.eta, "and the slider", r.panel.children[0].children[0].value)',
]


# Every explorable, its first slider's trait printed, and then set to the farther end of its range.
EVERY = [
    "from ipywidgets import FloatLogSlider\n"
    "made = {name: getattr(d2l.explore, name)() for name in d2l.explore.__all__}\n"
    "for figure in made.values():\n"
    "    display(figure)\n",
    "for name, figure in made.items():\n"
    "    trait, slider = next(iter(figure._sliders.items()))\n"
    "    print(name, getattr(figure, trait), slider.value)\n",
    "for figure in made.values():\n"
    "    trait, slider = next(iter(figure._sliders.items()))\n"
    "    ends = [slider.min, slider.max]\n"
    "    if isinstance(slider, FloatLogSlider):\n"
    "        ends = [slider.base**end for end in ends]\n"
    "    now = getattr(figure, trait)\n"
    "    setattr(figure, trait, max(ends, key=lambda end: abs(end - now)))\n",
]
SHOW, TELL, FAR = range(len(CELLS), len(CELLS) + len(EVERY))


@pytest.fixture(scope="module")
def opened_once(browser, tmp_path_factory):
    """Yield a notebook whose kernel is ready, and the errors of its scripts."""
    errors = []
    with serving(tmp_path_factory.mktemp("lab"), {"explore": [*CELLS, *EVERY]}) as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1800})
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda e: errors.append(str(e)))
        opened(page, address("explore"))
        yield page, errors
        context.close()


@pytest.fixture
def page(opened_once):
    """Yield the notebook, of which each test runs the cells that it needs; a script error fails."""
    page, errors = opened_once
    errors.clear()
    yield page
    assert errors == []


def isclose(one, other):
    return float(one) == pytest.approx(float(other))


def tells(page, index, words):
    """Wait until a cell that is run prints these words."""
    run_until(page, index, lambda told: words in told)


def test_slider_picture_and_python_move_one_another(page):
    run(page, 0)
    figure = page.locator(".jp-CodeCell").first
    figure.locator(".mmx .panels svg circle").first.wait_for()
    assert figure.locator(".mmx").count() == 1
    status = figure.locator(".mmx .status").first
    status.filter(has_text="converges").wait_for()
    words = status.inner_text().replace("\xa0", " ")
    assert words == "converges, ρ = 0.920 a step; loss after 20 steps: 0.089"

    # The slider moves the picture and the trait.
    handle = figure.locator(".widget-slider .noUi-handle").first
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    status.filter(has_text="ρ = 0.910").wait_for()
    readout = figure.locator(".widget-readout").first
    assert readout.inner_text() == "0.45"
    tells(page, 1, "eta is 0.45 and start is (-5.0, -2.0)")

    # A key on the start point moves the trait too.
    grip = figure.locator(".mmx .grip").first
    grip.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert grip.get_attribute("aria-valuetext") is not None
    tells(page, 1, "start is (-4.0, -2.0)")

    # Python moves the slider and the picture.
    run(page, 2)
    status.filter(has_text="diverges: every step multiplies x₂ by −1.40").wait_for()
    readout.filter(has_text="0.6").wait_for()
    assert readout.inner_text() == "0.6"
    assert grip.get_attribute("aria-valuetext") == "x₁ = −4, x₂ = 1"
    tells(page, 3, "eta is 0.6 and the slider 0.6")

    # A preset between two steps of the slider is kept as it is (Lab's own readout rounds it).
    figure.locator("[data-preset=best_gd]").first.click()
    figure.locator(".mmx .head").first.filter(has_text="η = 0.4762").wait_for()
    status.filter(has_text="ρ = 0.905").wait_for()
    tells(page, 1, "eta is 0.476190476190476")


def test_dark_theme_of_lab_reaches_the_figure(page):
    run(page, 0)
    circle = page.locator(".mmx .panels .head circle").first
    circle.wait_for()
    fill = "e => getComputedStyle(e).fill"
    assert circle.evaluate(fill) == "rgb(194, 65, 12)"
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    assert circle.evaluate(fill) == "rgb(251, 146, 60)"
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'true')")


def test_every_explorable_is_joined_to_python(page):
    # The sliders that a figure of the same kind begins with.
    begin = {}
    for name in d2l.explore.__all__:
        figure = getattr(d2l.explore, name)()
        assert figure.panel.children  # which makes the sliders
        begin[name] = getattr(figure, next(iter(figure._sliders)))
    run(page, 0)  # the imports
    run(page, SHOW)
    outputs = page.locator(".jp-Notebook .jp-CodeCell").nth(SHOW).locator(".jp-OutputArea-child")
    pictures = {name: outputs.nth(k).locator(".mmx") for k, name in enumerate(begin)}
    for name, picture in pictures.items():
        picture.locator("svg").first.wait_for()
        assert picture.count() == 1, name

    def seen():
        return {name: picture.inner_html() for name, picture in pictures.items()}

    def left(values, told):
        """Whether all traits have other values than these, each that of its slider."""
        lines = [line.split() for line in told.splitlines()]
        assert [name for name, *_ in lines] == list(begin)
        return all(
            float(value) != values[name] and isclose(value, slider) for name, value, slider in lines
        )

    # The sliders move the pictures and the traits.
    before = seen()
    for k in range(len(begin)):
        outputs.nth(k).locator(".widget-slider .noUi-handle").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
    told = run_until(page, TELL, functools.partial(left, begin))
    until(page, lambda: all(look != before[name] for name, look in seen().items()))

    # Python moves the sliders and the pictures.
    before, moved = seen(), {line.split()[0]: float(line.split()[1]) for line in told.splitlines()}
    run(page, FAR)
    run_until(page, TELL, functools.partial(left, moved))
    until(page, lambda: all(look != before[name] for name, look in seen().items()))

    # Each widget of a notebook has its own copy of the shared modules; their ids must differ.
    ids = page.evaluate("[...document.querySelectorAll('.mmx clipPath')].map(e => e.id)")
    assert len(ids) > len(d2l.explore.__all__)
    assert len({*ids}) == len(ids)
