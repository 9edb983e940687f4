"""Explorables in a real JupyterLab: sliders, picture and Python traits move one another."""

from __future__ import annotations

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
    "import d2lmini as d2l\n"
    "from IPython.display import display\n"
    "from ipywidgets import FloatLogSlider\n"
    "made = {}\n"
    "def show(name):\n"
    "    made[name] = figure = getattr(d2l.explore, name)()\n"
    "    display(figure)\n"
    "def tell(name):\n"
    "    trait, slider = next(iter(made[name]._sliders.items()))\n"
    "    print(name, trait, getattr(made[name], trait), slider.value)\n"
    "def far(name):\n"
    "    trait, slider = next(iter(made[name]._sliders.items()))\n"
    "    ends = [slider.min, slider.max]\n"
    "    if isinstance(slider, FloatLogSlider):\n"
    "        ends = [slider.base**end for end in ends]\n"
    "    now = getattr(made[name], trait)\n"
    "    setattr(made[name], trait, max(ends, key=lambda end: abs(end - now)))\n",
    *(
        line
        for name in d2l.explore.__all__
        for line in (f'show("{name}")', f'tell("{name}")', f'far("{name}")', f'tell("{name}")')
    ),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Yield what makes the name of one of two notebooks its address."""
    with serving(tmp_path_factory.mktemp("lab"), {"explore": CELLS, "every": EVERY}) as address:
        yield address


@pytest.fixture
def open_notebook(browser, lab):
    """Return a function that opens a notebook whose kernel is ready; a script error fails."""
    contexts, errors = [], []

    def go(name):
        context = browser.new_context(viewport={"width": 1300, "height": 1800})
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda e: errors.append(str(e)))
        opened(page, lab(name))
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


def isclose(one, other):
    return float(one) == pytest.approx(float(other))


def tells(page, index, words):
    """Wait until a cell that is run prints these words."""
    run_until(page, index, lambda told: words in told)


def test_slider_picture_and_python_move_one_another(open_notebook):
    page = open_notebook("explore")
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


def test_dark_theme_of_lab_reaches_the_figure(open_notebook):
    page = open_notebook("explore")
    run(page, 0)
    circle = page.locator(".mmx .panels .head circle").first
    circle.wait_for()
    fill = "e => getComputedStyle(e).fill"
    assert circle.evaluate(fill) == "rgb(194, 65, 12)"
    page.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    assert circle.evaluate(fill) == "rgb(251, 146, 60)"


def test_every_explorable_is_joined_to_python(open_notebook):
    page = open_notebook("every")
    run(page, 0)
    for k, name in enumerate(d2l.explore.__all__):
        cell = 4 * k + 1
        run(page, cell)
        output = page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
        output.locator(".mmx svg").first.wait_for()
        assert output.locator(".mmx").count() == 1
        picture = output.locator(".mmx")
        before = picture.inner_html()

        # The slider moves the picture and the trait.
        handle = output.locator(".widget-slider .noUi-handle").first
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        figure = getattr(d2l.explore, name)()
        assert figure.panel.children  # which makes the sliders
        start = getattr(figure, next(iter(figure._sliders)))

        def reached(told, name=name, start=start):
            first, _, value, slider = told.split()
            return first == name and float(value) != start and isclose(value, slider)

        run_until(page, cell + 1, reached)

        # Python moves the slider and the picture.
        run(page, cell + 2)
        run_until(page, cell + 3, reached)
        until(page, lambda picture=picture, before=before: picture.inner_html() != before)

    # Each widget of a notebook has its own copy of the shared modules; their ids must differ.
    ids = page.evaluate("[...document.querySelectorAll('.mmx clipPath')].map(e => e.id)")
    assert len(ids) > len(d2l.explore.__all__)
    assert len({*ids}) == len(ids)
