"""Explorables in a page like the book's, in a real browser with the network off."""

from __future__ import annotations

import json
import math
import re
import time
from itertools import product

import ipywidgets as w
import numpy as np
import pytest

import d2lmini as d2l
from d2lmini.explore import Ravine
from explorable_page import STATE, VIEW, block, page, state_of, write_site

pytestmark = pytest.mark.browser

HERO = ".mm-explorable:first-of-type"


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Return a folder with pages of explorables, laid out like the built book."""
    folder = write_site(tmp_path_factory.mktemp("site"))
    for code in d2l.available_languages():
        d2l.use_language(code)
        hero, single = Ravine(eta=0.6, beta=0.5), Ravine(eta=0.4, methods=("gd",))
        html = page(block(hero) + block(single), state_of([hero, single]), lang=code)
        (folder / f"{code}.html").write_text(html, encoding="utf-8")
    d2l.use_language("en")
    return folder


@pytest.fixture(params=["http", "file"])
def address(request, pages, site_server):
    """Return the folder's address over http and as a file."""
    return site_server(pages) if request.param == "http" else pages.as_uri()


@pytest.fixture
def file_address(pages):
    return pages.as_uri()


class Watch:
    """What a page logs, throws and asks the network for; none of it is allowed."""

    def __init__(self, context, address):
        self.problems: list[str] = []
        host = re.match(r"\w+://[^/]*", address)[0]

        def route(route):
            if route.request.url.startswith((host, "data:")):
                route.continue_()
            else:
                self.problems.append(f"request: {route.request.url}")
                route.abort()

        context.route("**/*", route)

    def attach(self, page):
        page.on(
            "console",
            lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda e: self.problems.append(str(e)))


@pytest.fixture
def visit(browser):
    """Return ``visit(address, path, **context options) -> page``; a page with problems fails."""
    contexts, watches = [], []

    def go(address, path="en.html", *, quiet=True, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        watch = Watch(context, address)
        page = context.new_page()
        watch.attach(page)
        if quiet:
            watches.append(watch)
        page.watch = watch
        page.goto(f"{address}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert [w.problems for w in watches if w.problems] == []


def status(page, panel=0, box=0):
    """Return the words under a panel, after the frame in which they are drawn."""
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    return (
        page.locator(".mm-explorable")
        .nth(box)
        .locator(".mmx .status")
        .nth(panel)
        .inner_text()
        .replace("\xa0", " ")
    )


def drawn(page, box=0):
    """Return every path and transform of the live figure: what the eye sees."""
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    return page.locator(".mm-explorable").nth(box).locator(".mmx .panels").inner_html()


def until(page, expression, timeout=10):
    """Wait until an expression is true; Playwright's own waiting needs eval, which is forbidden."""
    end = time.monotonic() + timeout
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(20)


def slider(page, name, box=0):
    return page.locator(".mm-explorable").nth(box).get_by_label(name, exact=True)


# ---------------------------------------------------------------- alive, over http and as a file


def test_each_explorable_is_alive_once(address, visit):
    page = visit(address)
    page.wait_for_selector("[data-live]")
    assert page.locator("[data-live]").count() == 2
    assert page.locator(".mmx").count() == 2
    assert page.locator("input[type=range]").count() == 3
    assert page.locator(".mm-static:visible").count() == 0
    assert status(page) == (
        "diverges: every step multiplies x₂ by −1.40; after 20 steps x₂ = −1673.37"
    )
    assert status(page, 1) == "converges, ρ = 0.707 a step; loss after 20 steps: 1.8e−5"
    assert status(page, 0, 1) == "converges, ρ = 0.920 a step; loss after 20 steps: 0.089"


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
        assert page.locator("output").first.inner_text() == value
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


def test_beta_zero_makes_both_panels_equal(file_address, visit):
    page = visit(file_address, "en.html#ravine:eta=0.4,beta=0.5")
    hero = page.locator(".mm-explorable").first
    paths = "svgs => svgs.map(s => [...s.querySelectorAll('path')].map(p => p.getAttribute('d')))"
    assert status(page) != status(page, 1)
    slider(page, "momentum β").press("Home")
    assert status(page) == status(page, 1)
    left, right = hero.locator(".panels > div > svg").evaluate_all(paths)
    assert left == right


# ---------------------------------------------------------------- the start point


def grips(page):
    return page.locator(".mm-explorable").first.locator(".grip")


def centre(locator):
    return locator.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")


@pytest.mark.parametrize("panel", [0, 1])
def test_start_point_by_mouse_in_either_panel(file_address, visit, panel):
    page = visit(file_address, "en.html#ravine:eta=0.4")
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


def test_start_point_by_touch_while_the_page_stays(file_address, visit):
    page = visit(file_address, has_touch=True, viewport={"width": 360, "height": 640})
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


def test_everything_is_reached_by_tab_and_the_focus_is_seen(file_address, visit):
    page = visit(file_address)
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                const ring = e.querySelector?.('.ring'), span = e.querySelector?.('span');
                const seen = ring ? getComputedStyle(ring).opacity === '1'
                  : [s, span && getComputedStyle(span)].some(c => c && c.outlineStyle !== 'none'
                    && c.outlineStyle !== '' && parseFloat(c.outlineWidth) > 0);
                return [e.tagName, seen]; }"""
            )
        )
    tags = [tag for tag, _ in reached]
    # Two sliders, four presets, two grips, one link; then one, three, one and one.
    assert tags[:15] == [
        *["INPUT"] * 2, *["BUTTON"] * 4, *["g"] * 2, "BUTTON",
        "INPUT", *["BUTTON"] * 3, "g", "BUTTON",
    ]  # fmt: skip
    assert all(seen for _, seen in reached[:15])


# ---------------------------------------------------------------- links to a setting


def test_a_link_restores_a_setting(address, visit):
    page = visit(address, "en.html#ravine:eta=0.4,beta=0.25,start=3~1")
    assert slider(page, "learning rate η").get_attribute("aria-valuetext") == "0.4"
    assert slider(page, "momentum β").get_attribute("aria-valuetext") == "0.25"
    drawn(page)
    assert grips(page).first.get_attribute("aria-valuetext") == "x₁ = 3, x₂ = 1"


def test_the_second_of_a_kind_has_a_number(file_address, visit):
    page = visit(file_address, "en.html#ravine-2:eta=0.6")
    assert status(page, 0, 1).startswith("diverges")
    assert slider(page, "learning rate η", 0).get_attribute("aria-valuetext") == "0.6"


@pytest.mark.parametrize(
    ("fragment", "eta", "start"),
    [
        ("#ravine:eta=abc,beta=,start=1", "0.6", "x₁ = −5, x₂ = −2"),
        ("#ravine:eta=1e9,start=1~NaN", "1", "x₁ = −5, x₂ = −2"),
        ("#ravine:eta=-3,methods=x,labels=y", "0", "x₁ = −5, x₂ = −2"),
        ("#ravine:=,=,,~,%E0%A4%A", "0.6", "x₁ = −5, x₂ = −2"),
        ("#ravine-7:eta=0.1", "0.6", "x₁ = −5, x₂ = −2"),
        ("#ravine:eta=Infinity,start=1e999~0", "0.6", "x₁ = −5, x₂ = −2"),
    ],
)
def test_nonsense_in_a_link_is_passed_over(file_address, visit, fragment, eta, start):
    page = visit(file_address, "en.html" + fragment)
    drawn(page)
    assert slider(page, "learning rate η").get_attribute("aria-valuetext") == eta
    assert grips(page).first.get_attribute("aria-valuetext") == start


def test_the_address_follows_the_setting_and_reload_keeps_it(address, visit):
    page = visit(address)
    slider(page, "learning rate η").press("ArrowLeft")
    until(page, "location.hash === '#ravine:eta=0.59,beta=0.5,start=-5~-2'")
    page.reload()
    page.wait_for_selector("[data-live]")
    assert slider(page, "learning rate η").get_attribute("aria-valuetext") == "0.59"


def test_heading_anchors_still_work(address, visit):
    page = visit(address, "en.html#a-heading")
    assert page.evaluate("scrollY") > 100
    slider(page, "learning rate η").press("ArrowLeft")
    page.wait_for_timeout(600)  # longer than the address waits
    assert page.evaluate("location.hash") == "#a-heading"


def test_changing_only_the_fragment_sets_the_figure(file_address, visit):
    page = visit(file_address)
    page.evaluate("location.hash = '#ravine:eta=0.4'")
    until(
        page, "document.querySelector('input[type=range]').getAttribute('aria-valuetext') === '0.4'"
    )


def test_copy_link_gives_the_address_of_the_setting(pages, site_server, visit):
    page = visit(site_server(pages), permissions=["clipboard-read", "clipboard-write"])
    slider(page, "momentum β").press("Home")
    page.get_by_role("button", name="copy link to this setting").first.click()
    page.get_by_text("link copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("/en.html#ravine:eta=0.6,beta=0,start=-5~-2")
    assert copied == page.url


# ---------------------------------------------------------------- looks and access


def test_dark_theme_uses_the_colours_of_the_page(file_address, visit):
    page = visit(file_address)
    colour = "getComputedStyle(document.querySelector('.mmx .panels circle')).fill"
    assert page.evaluate(colour) == "rgb(194, 65, 12)"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate(colour) == "rgb(251, 146, 60)"


@pytest.mark.parametrize("code", ["en", "vi", "tr", "zh"])
@pytest.mark.parametrize("width", [320, 360, 600])
def test_nothing_is_wider_than_a_small_screen(file_address, visit, code, width):
    page = visit(file_address, f"{code}.html", viewport={"width": width, "height": 700})
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.mm-live *')].filter(e => {
          if (e.children.length || e.closest('clipPath, [clip-path], .quiet')) return false;
          const r = e.getBoundingClientRect();
          return r.width && (r.right > innerWidth + 0.5 || r.left < -0.5); })
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert outside == []


def test_panels_stand_side_by_side_or_one_above_the_other(file_address, visit):
    page = visit(file_address)
    tops = "[...document.querySelectorAll('.panels')][0].children"
    both = f"[...{tops}].map(e => e.getBoundingClientRect().top)"
    drawn(page)
    left, right = page.evaluate(both)
    assert left == right
    page.set_viewport_size({"width": 500, "height": 800})
    until(page, f"(() => {{ const [a, b] = {both}; return b > a + 100; }})()")


def test_at_200_percent_zoom_nothing_overflows(file_address, visit):
    # A zoom of 200 % halves the page's own pixels and doubles the device's.
    page = visit(file_address, viewport={"width": 600, "height": 450}, device_scale_factor=2)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 600
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 600


def test_targets_are_large_enough(file_address, visit):
    page = visit(file_address, viewport={"width": 360, "height": 700}, has_touch=True)
    drawn(page)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.mm-live button, .mm-live input, .grip')].map(e => {
          const r = e.getBoundingClientRect(); return [e.tagName, r.width, r.height]; })"""
    )
    assert len(sizes) == 15
    assert [s for s in sizes if min(s[1:]) < 44] == []


def test_only_the_grip_keeps_touches_from_scrolling(file_address, visit):
    page = visit(file_address)
    held = page.evaluate(
        """() => [...new Set([...document.querySelectorAll('.mm-live *')]
          .filter(e => getComputedStyle(e).touchAction === 'none')
          .map(e => e.getAttribute('class')))]"""
    )
    assert held == ["grip"]


def test_reduced_motion_has_no_motion(file_address, visit):
    page = visit(file_address, reduced_motion="reduce")
    slider(page, "learning rate η").press("ArrowLeft")
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate(
        """[...document.querySelectorAll('.mm-live *')]
          .every(e => getComputedStyle(e).transitionDuration === '0s')"""
    )


def test_forced_colours_keep_the_two_methods_apart(file_address, visit):
    page = visit(file_address, forced_colors="active")
    circles = page.locator(".mm-explorable").first.locator(".panels .head circle")
    fills = circles.evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert len({*fills}) == 2


def test_print_shows_the_static_figure_only(file_address, visit):
    page = visit(file_address)
    page.emulate_media(media="print")
    assert page.locator(".mm-static:visible").count() == 2
    assert page.locator(".mm-live:visible").count() == 0


def test_without_javascript_the_static_figure_stands(file_address, visit):
    page = visit(file_address, java_script_enabled=False)
    assert page.locator(".mm-static svg:visible").count() == 2


def test_live_region_speaks_when_a_drag_rests(file_address, visit):
    page = visit(file_address)
    until(page, "document.querySelector('.quiet').textContent.includes('diverges')")
    page.evaluate(
        """() => { globalThis.spoken = [];
          new MutationObserver(() => spoken.push(document.querySelector('.quiet').textContent))
            .observe(document.querySelector('.quiet'), {childList: true, characterData: true,
              subtree: true}); }"""
    )
    eta = slider(page, "learning rate η")
    eta.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    until(page, "spoken.length > 0")
    page.wait_for_timeout(700)
    spoken = page.evaluate("spoken")
    assert len(spoken) <= 2  # a text node replaced counts once or twice, twenty steps would be 20
    assert spoken[-1].replace("\xa0", " ").startswith("gradient descent: converges, ρ = 0.920")
    region = page.locator(".quiet").first
    assert (region.get_attribute("role"), region.get_attribute("aria-live")) == ("status", "polite")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier(file_address, visit, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    page = visit(file_address)
    page.evaluate("t => { document.documentElement.dataset.theme = t; }", theme)
    drawn(page)
    results = axe.Axe().run(page, context=".mm-live")
    assert [v["id"] for v in results.response["violations"]] == []


# ---------------------------------------------------------------- extremes and accidents

EXTREMES = [
    "eta=0,beta=0",
    "eta=0,beta=0.99",
    "eta=1,beta=0",
    "eta=1,beta=0.99",
    "eta=0.5,beta=0,start=0~1",
    "start=0~0",
    "start=0~-2,eta=1",
    "start=-100~100,eta=1",
    "eta=0.001,beta=0.99",
]


@pytest.mark.parametrize("fragment", EXTREMES)
def test_extremes_stay_inside_and_say_what_happens(file_address, visit, fragment):
    page = visit(file_address, f"en.html#ravine:{fragment}")
    html = drawn(page)
    assert "NaN" not in html
    assert "Infinity" not in html
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.mmx .panels svg')].flatMap(svg => {
          const b = svg.getBoundingClientRect();
          return [...svg.querySelectorAll('path, text, .grip circle:last-child')].filter(e => {
            if (e.closest('[visibility=hidden]')) return false;
            const r = e.getBoundingClientRect();
            return r.width + r.height && (r.left < b.left - 9 || r.right > b.right + 9
              || r.top < b.top - 9 || r.bottom > b.bottom + 9); }).map(e => e.outerHTML); })"""
    )
    assert outside == []
    for panel in (0, 1):
        words = status(page, panel)
        assert words
        assert "{" not in words
        assert "NaN" not in words


def test_sentences_for_the_borders(file_address, visit):
    page = visit(file_address, "en.html#ravine:start=0~0")
    assert status(page) == "starts at the minimizer and stays there"
    page = visit(file_address, "en.html#ravine:eta=0")
    assert status(page) == "stands still, since η = 0"
    page = visit(file_address, "en.html#ravine:eta=0.5")
    assert status(page) == "neither converges nor diverges: x₂ swings for ever, ρ = 1"
    page = visit(file_address, "en.html#ravine:eta=0.9,beta=0.5")
    assert status(page, 1).startswith("diverges: in the long run every step multiplies x₂ by −1.")


def test_a_path_that_leaves_says_at_which_step(file_address, visit):
    page = visit(file_address)
    drawn(page)
    text = page.locator(".panels > div > svg").first.locator("text", has_text="step")
    assert text.inner_html() == "step 2"


def broken(pages, name, body, state):
    (pages / name).write_text(page(body, state), encoding="utf-8")
    return name


def test_one_broken_explorable_does_not_take_the_others_with_it(pages, file_address, visit):
    good, bad, odd = Ravine(eta=0.6), Ravine(), Ravine()
    state = state_of([bad, odd, good])
    state["state"][bad.model_id]["state"]["lams"] = None  # render throws
    state["state"][odd.panel.model_id]["model_name"] = "TabModel"  # a widget we do not draw
    name = broken(pages, "broken.html", block(bad) + block(odd) + block(good), state)
    page = visit(file_address, name, quiet=False)
    page.wait_for_selector("[data-live]")
    assert page.locator("[data-live]").count() == 1
    assert page.locator(".mm-static:visible").count() == 2
    assert page.locator(".mm-live").count() == 1
    assert status(page, 0, 2).startswith("diverges")
    assert len(page.watch.problems) == 2


def test_unreadable_state_leaves_the_static_figures(pages, file_address, visit):
    hero = Ravine()
    text = page(block(hero), state_of([hero]))
    text = re.sub(rf'(<script type="{re.escape(STATE)}">).*?</script>', r"\1{oops</script>", text)
    (pages / "garbled.html").write_text(text, encoding="utf-8")
    view = visit(file_address, "garbled.html", quiet=False)
    assert view.locator(".mm-static:visible").count() == 1
    assert view.locator(".mm-live").count() == 0
    assert len(view.watch.problems) == 1


def test_plain_sliders_are_drawn_and_linked_in_both_directions(pages, file_address, visit):
    a = w.FloatLogSlider(value=0.01, base=10, min=-4, max=0, step=0.5, description="log")
    b = w.FloatSlider(value=0.5, min=0, max=1, step=0.1, description="first")
    c = w.FloatSlider(value=0.9, min=0, max=1, step=0.1, description="second")
    d = w.IntSlider(value=3, min=0, max=9, description="whole")
    w.jslink((b, "value"), (c, "value"))
    panel = w.VBox([a, b, c, d])

    class Panel:
        pass

    stand = Panel()
    stand.panel = panel
    view = json.dumps({"model_id": panel.model_id})
    body = f'<script type="{VIEW}">{view}</script>'
    (pages / "plain.html").write_text(page(body, state_of([stand])), encoding="utf-8")
    view = visit(file_address, "plain.html")

    def value(name):
        return view.get_by_label(name).get_attribute("aria-valuetext")

    assert (value("log"), value("first"), value("second"), value("whole")) == (
        "0.01", "0.50", "0.50", "3",
    )  # fmt: skip
    view.get_by_label("first").press("ArrowRight")
    assert value("second") == "0.60"
    view.get_by_label("second").press("ArrowLeft")
    assert value("first") == "0.50"
    view.get_by_label("log").press("ArrowRight")
    assert float(value("log")) == pytest.approx(0.0316, rel=0.01)
    view.get_by_label("whole").press("ArrowRight")
    assert value("whole") == "4"


def test_render_returns_a_cleanup_that_leaves_nothing(file_address, visit):
    page = visit(file_address)
    left = page.evaluate(
        """() => {
          const heard = new Map();
          const values = { eta: 0.4, beta: 0.5, start: [-5, -2], lams: [0.2, 4], steps: 20,
            methods: ["gd"], labels: new Proxy({}, { get: () => "word" }) };
          const model = { get: (k) => values[k], set: (k, v) => { values[k] = v; },
            save_changes() {},
            on: (n, f) => heard.set(n, new Set([...(heard.get(n) ?? []), f])),
            off: (n, f) => heard.get(n)?.delete(f) };
          const el = document.createElement('div');
          document.body.append(el);
          const close = momentumExplorables.ravine.render({ model, el });
          const during = [...heard.values()].reduce((n, s) => n + s.size, 0);
          close();
          return [during > 0, [...heard.values()].reduce((n, s) => n + s.size, 0), el.innerHTML];
        }"""
    )
    assert left == [True, 0, ""]


# ---------------------------------------------------------------- the mathematics, twice

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


def test_javascript_and_python_compute_the_same(file_address, visit):
    page = visit(file_address)
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


def test_closed_form_optimum(file_address, visit):
    page = visit(file_address)
    eta, beta = d2l.optimal_eta_beta(0.2, 4)
    found = page.evaluate("([l, e, b]) => momentumExplorables.ravine.rate(l, e, b)", [4, eta, beta])
    assert found == pytest.approx(math.sqrt(beta), rel=1e-7)
    slow = page.evaluate("momentumExplorables.ravine.rate(4, 0.6, 0.25)")
    assert slow == pytest.approx(0.859, abs=5e-4)


def test_numbers_are_written_alike_in_all_languages(file_address, visit):
    found = set()
    for code in d2l.available_languages():
        page = visit(file_address, f"{code}.html")
        found.add(tuple(re.findall(r"−?\d[\d.e−]*", status(page) + " " + status(page, 1))))
    first = found.pop()
    assert sorted(first) == sorted(("−1.40", "20", "−1673.37", "0.707", "20", "1.8e−5"))
    assert all(sorted(other) == sorted(first) for other in found)
