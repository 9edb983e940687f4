"""The host of explorables in a page: links, several figures, broken ones, plain sliders."""

from __future__ import annotations

import json
import re

import ipywidgets as w
import pytest

from d2lmini.explore import Ravine
from explorable_page import STATE, VIEW, block, page, state_of
from explorable_visit import drawn, grips, slider, status, until

pytestmark = pytest.mark.browser


@pytest.fixture(params=["http", "file"])
def address(request, ravines, site_server):
    """Return the folder's address over http and as a file."""
    return site_server(ravines) if request.param == "http" else ravines.as_uri()


@pytest.fixture
def file_address(ravines):
    return ravines.as_uri()


def test_each_explorable_is_alive_once(address, visit):
    page = visit(address)
    page.wait_for_selector("[data-live]")
    assert page.locator("[data-live]").count() == 2
    assert page.locator(".mmx").count() == 2
    assert page.locator("input[type=range]").count() == 5
    assert page.locator(".mm-static:visible").count() == 0
    assert status(page) == (
        "diverges: every step multiplies x₂ by −1.40; after 20 steps x₂ = −1673.37"
    )
    assert status(page, 1) == "converges, ρ = 0.707 a step; loss after 20 steps: 1.8e−5"
    assert status(page, 0, 1) == "converges, ρ = 0.920 a step; loss after 20 steps: 0.089"


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
    until(page, "location.hash === '#ravine:eta=0.59,beta=0.5,kappa=20,start=-5~-2'")
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


def test_copy_link_gives_the_address_of_the_setting(ravines, site_server, visit):
    page = visit(site_server(ravines), permissions=["clipboard-read", "clipboard-write"])
    slider(page, "momentum β").press("Home")
    page.get_by_role("button", name="copy link to this setting").first.click()
    page.get_by_text("link copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("/en.html#ravine:eta=0.6,beta=0,kappa=20,start=-5~-2")
    assert copied == page.url


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


def broken(folder, name, body, state):
    (folder / name).write_text(page(body, state), encoding="utf-8")
    return name


def test_one_broken_explorable_does_not_take_the_others_with_it(ravines, file_address, visit):
    good, bad, odd = Ravine(eta=0.6), Ravine(), Ravine()
    state = state_of([bad, odd, good])
    state["state"][bad.model_id]["state"]["methods"] = None  # render throws
    state["state"][odd.panel.model_id]["model_name"] = "TabModel"  # a widget we do not draw
    name = broken(ravines, "broken.html", block(bad) + block(odd) + block(good), state)
    page = visit(file_address, name, quiet=False)
    page.wait_for_selector("[data-live]")
    assert page.locator("[data-live]").count() == 1
    assert page.locator(".mm-static:visible").count() == 2
    assert page.locator(".mm-live").count() == 1
    assert status(page, 0, 2).startswith("diverges")
    assert len(page.watch.problems) == 2


def test_unreadable_state_leaves_the_static_figures(ravines, file_address, visit):
    hero = Ravine()
    text = page(block(hero), state_of([hero]))
    text = re.sub(rf'(<script type="{re.escape(STATE)}">).*?</script>', r"\1{oops</script>", text)
    (ravines / "garbled.html").write_text(text, encoding="utf-8")
    view = visit(file_address, "garbled.html", quiet=False)
    assert view.locator(".mm-static:visible").count() == 1
    assert view.locator(".mm-live").count() == 0
    assert len(view.watch.problems) == 1


def test_plain_sliders_are_drawn_and_linked_in_both_directions(ravines, file_address, visit):
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
    (ravines / "plain.html").write_text(page(body, state_of([stand])), encoding="utf-8")
    view = visit(file_address, "plain.html")

    def value(name):
        return view.get_by_role("slider", name=name).get_attribute("aria-valuetext")

    assert (value("log"), value("first"), value("second"), value("whole")) == (
        "0.01", "0.50", "0.50", "3",
    )  # fmt: skip
    view.get_by_role("slider", name="first").press("ArrowRight")
    assert value("second") == "0.60"
    view.get_by_role("slider", name="second").press("ArrowLeft")
    assert value("first") == "0.50"
    view.get_by_role("slider", name="log").press("ArrowRight")
    assert float(value("log")) == pytest.approx(0.0316, rel=0.01)
    view.get_by_role("slider", name="whole").press("ArrowRight")
    assert value("whole") == "4"
