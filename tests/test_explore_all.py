"""What every explorable does, in a page like the book's, in a real browser with the network off.

What is special to one of them stands in ``test_explore_<name>.py``. The `state` that a module
exports, by trait what it may be, drives the tests here.
"""

from __future__ import annotations

import functools
import gzip
import io
import itertools
import json
import random
import re
import time

import numpy as np
import pytest
from PIL import Image

import d2lmini as d2l
from d2lmini.explore.base import Choice, Number, Numbers, Whole
from d2lmini.explore.scripts import classic_script, minified, names, shared_script
from explorable_page import HOST
from explorable_visit import frame, grips, link, look, until

CLASSES = [getattr(d2l.explore, name) for name in d2l.explore.__all__]
STEMS = {cls.__module__.rpartition(".")[2]: cls for cls in CLASSES}
LANGUAGES = d2l.available_languages()

every = pytest.mark.parametrize("name", sorted(STEMS))


@pytest.fixture
def visit(explorable, name):
    """Return ``visit(fragment, code, **context options) -> page`` of the explorable under test."""
    return functools.partial(explorable, name)


# Words which a picture must never show.
WRONG = re.compile(r"NaN|Infinity|undefined|null|\{\w*\}|\[object")

OUTSIDE = """() => [...document.querySelectorAll('.mmx svg')].flatMap(svg => {
  // What stands beside a drawing may stand there, as long as there is room.
  const { left, right } = document.querySelector('.mmx').getBoundingClientRect();
  const { top, bottom } = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('path, text, circle, rect, line, ellipse')].filter(e => {
    if (e.closest('clipPath, [clip-path], .swatch, .grip, [visibility=hidden]')) return false;
    const r = e.getBoundingClientRect();
    return r.width + r.height && (r.left < left - 9 || r.right > right + 9
      || r.top < top - 9 || r.bottom > bottom + 9);
  }).map(e => e.outerHTML.slice(0, 200)); })"""


def words(view):
    """Return all that the live figure says, attributes for screen readers included."""
    return view.evaluate(
        """() => { const root = document.querySelector('.mm-live');
          return [root.innerText, ...[...root.querySelectorAll('*')].flatMap(e =>
            [...e.attributes].map(a => a.value))].join('\\n'); }"""
    )


def settings(name, view, count, seed=0):
    """Return some `count` links, drawn from the ends and middles of all traits of `name`."""
    state = view.evaluate(f"momentumExplorables['{name}'].state")
    sizes = view.evaluate(
        f"""() => {{
          const states = [...document.querySelectorAll('script')].flatMap(s =>
            s.type.endsWith('state+json') ? Object.values(JSON.parse(s.textContent).state) : []);
          const own = states.find(s => (s.state._anywidget_id ?? '').includes('.{name}.')).state;
          const keys = {json.dumps(list(state))};
          return Object.fromEntries(keys.map(k => [k, [own[k]].flat().length]));
        }}"""
    )
    ends = {}
    for key, span in state.items():
        if isinstance(span[0], str):
            ends[key] = span
        else:
            ends[key] = ["~".join([str(v)] * sizes[key]) for v in (*span[:2], middle(span))]
    every_one = list(itertools.product(*ends.values()))
    draw = random.Random(f"{name}{seed}")
    chosen = draw.sample(every_one, min(count, len(every_one)))
    # Chance may pass over an end, but must not.
    for k, values in enumerate(ends.values()):
        for value in values:
            if value not in {choice[k] for choice in chosen}:
                chosen.append(draw.choice([choice for choice in every_one if choice[k] == value]))
    return [",".join(map("=".join, zip(ends, choice, strict=True))) for choice in chosen]


def middle(span):
    value = (span[0] + span[1]) / 2
    return span[0] + round((value - span[0]) / span[2]) * span[2] if len(span) > 2 else value


# ---------------------------------------------------------------- on the side of Python


def test_each_script_has_a_class_and_each_class_a_script():
    assert tuple(sorted(STEMS)) == names()


@every
def test_default_state_has_a_figure_and_a_line(name):
    figure = STEMS[name]()
    bundle = figure._repr_mimebundle_()
    assert "<svg" in bundle["image/svg+xml"]
    assert ">nan<" not in bundle["image/svg+xml"].lower()
    again = eval(bundle["text/plain"], {type(figure).__name__: type(figure)})
    assert repr(again) == bundle["text/plain"]
    assert again._repr_mimebundle_()["image/svg+xml"] == bundle["image/svg+xml"]


@every
def test_sliders_are_joined_to_traits_and_named(name):
    figure = STEMS[name]()
    sliders = figure.panel.children[0].children
    assert sliders, "no slider"
    assert all(slider.description for slider in sliders)
    # On the map of stored runs η and β are those of a cell, of which there are few.
    if name != "mnist_map":
        for trait in {"eta", "beta"} & set(figure.trait_names()):
            assert trait in figure._sliders, f"{trait} has no slider"


@every
def test_words_are_there_in_all_languages(name):
    found = {}
    for code in LANGUAGES:
        d2l.use_language(code)
        found[code] = STEMS[name]().labels
    d2l.use_language("en")
    own = {key for key in found["en"] if key.startswith(f"{name}.")}
    assert own
    for code in LANGUAGES:
        assert set(found[code]) == set(found["en"])


def test_scripts_are_light():
    """All together, gzipped, and the most that a page loads, file by file."""

    def weight(text):
        return len(gzip.compress(text.encode(), 9, mtime=0))

    common = [minified(HOST.read_text(encoding="utf-8")), shared_script()]
    own = {name: classic_script(name) for name in names()}
    assert weight("".join([*common, *own.values()])) <= 45 * 1024
    heaviest = ("basis", "modes", "phase", "stability")  # the page on convergence
    assert sum(map(weight, [*common, *(own[name] for name in heaviest)])) <= 28.5 * 1024


# ---------------------------------------------------------------- alive

browser_test = pytest.mark.browser


@browser_test
@every
def test_alive_once_as_a_file(name, visit):
    """Over http `test_site_sweep` sees each of them move, in the pages of the book."""
    view = visit()
    assert view.locator("[data-live]").count() == 1
    assert view.locator(".mmx").count() == 1
    assert view.locator(".mmx svg:visible").count() > 0
    assert view.locator(".mm-static:visible").count() == 0
    assert not WRONG.search(words(view)), WRONG.search(words(view))
    state = view.evaluate(f"momentumExplorables['{name}'].state")
    traits = STEMS[name].class_traits()
    assert state
    for key, span in state.items():
        trait = traits[key]
        if isinstance(trait, Choice):
            assert tuple(span) == trait.words
        elif isinstance(trait, Whole):
            assert span == [trait.low, trait.high, 1]
        else:
            assert isinstance(trait, Number | Numbers)
            assert span[:2] == [trait.low, trait.high]


@browser_test
@every
def test_each_slider_by_mouse_and_by_keyboard(name, visit):
    view = visit()
    sliders = view.locator("input[type=range]")
    for i in range(sliders.count()):
        slider = sliders.nth(i)
        slider.scroll_into_view_if_needed()
        seen = {look(view)}
        box = slider.bounding_box()
        for share in (0.2, 0.5):
            view.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
            seen.add(look(view))
        assert len(seen) > 1, f"slider {i} changes nothing"
        slider.press("Home")
        assert float(slider.input_value()) == pytest.approx(float(slider.get_attribute("min")))
        low = slider.get_attribute("aria-valuetext")
        slider.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") != low
        slider.press("ArrowLeft")
        assert slider.get_attribute("aria-valuetext") == low
        slider.press("End")
        assert float(slider.input_value()) == pytest.approx(float(slider.get_attribute("max")))
        view.locator("[data-preset=reset]").click()


@browser_test
@every
def test_a_number_can_be_typed_and_nonsense_is_not_taken(name, visit):
    view = visit()
    for k, (slider, box) in enumerate(
        zip(view.locator("input[type=range]").all(), view.locator(".mm-value").all(), strict=True)
    ):
        before = box.input_value()
        # All boxes are read by one function, which need not see all nonsense in each of them.
        for nonsense in ("", "abc", "1e999", "NaN") if k == 0 else ("abc",):
            box.fill(nonsense)
            box.press("Enter")
            assert box.input_value() == before, nonsense
        box.fill("1e9")
        box.press("Enter")
        assert float(slider.input_value()) == pytest.approx(float(slider.get_attribute("max")))
        box.fill("−1e9")
        box.press("Enter")
        assert float(slider.input_value()) == pytest.approx(float(slider.get_attribute("min")))
        assert box.get_attribute("aria-label")


@browser_test
@every
def test_presets_change_the_picture_and_reset_brings_it_back(name, visit):
    view = visit()
    live = view.locator(".mmx")
    look(view)
    first = live.screenshot()
    buttons = view.locator("[data-preset]")
    pictures = set()
    for i in range(buttons.count()):
        buttons.nth(i).click()
        pictures.add(look(view))
    assert len(pictures) > 1
    view.locator("[data-preset=reset]").click()
    view.mouse.move(0, 0)
    view.evaluate("document.activeElement.blur()")
    end = time.monotonic() + 30
    while (share := differing(first, live.screenshot())) > 0.002:
        assert time.monotonic() < end, f"{share:.1%} of the picture differ after the reset"


def differing(one, other):
    """Return the share of pixels which differ by more than the smoothing of edges does."""
    a, b = (np.asarray(Image.open(io.BytesIO(png)).convert("L"), float) for png in (one, other))
    return float(np.mean(np.abs(a - b) > 100)) if a.shape == b.shape else 1.0


@browser_test
@every
def test_choices_have_one_pressed_button(name, visit):
    view = visit()
    for group in view.locator(".choice").all():
        assert group.get_attribute("aria-label")
        for button in group.locator("button:enabled").all():
            button.click()
            frame(view)
            pressed = group.locator("[aria-pressed=true]")
            assert pressed.count() == 1
            assert pressed.get_attribute("data-value") == button.get_attribute("data-value")


@browser_test
@every
def test_each_grip_by_pointer_and_by_keyboard(name, visit):
    view = visit()
    for grip in grips(view).all():
        grip.scroll_into_view_if_needed()
        grip.focus()
        begin = grip.get_attribute("aria-valuetext")
        assert grip.get_attribute("aria-label")
        moved = {begin}
        for key in ("ArrowRight", "Shift+ArrowRight", "ArrowUp", "Shift+ArrowUp", "ArrowLeft",
                    "Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowDown"):  # fmt: skip
            grip.press(key)
            frame(view)
            moved.add(grip.get_attribute("aria-valuetext"))
        assert len(moved) > 2, "the arrows do not move it"
        grip.press("Home")
        frame(view)
        assert grip.get_attribute("aria-valuetext") == begin
        x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
        places = {begin}
        for dx, dy in ((40, -20), (-40, 20), (-60, -30)):
            view.mouse.move(x, y)
            view.mouse.down()
            view.mouse.move(x + dx, y + dy, steps=3)
            view.mouse.up()
            frame(view)
            places.add(grip.get_attribute("aria-valuetext"))
            grip.press("Home")
            frame(view)
        assert len(places) > 1, "it cannot be dragged"


@browser_test
@every
def test_grips_by_touch_while_the_page_stays(name, visit):
    size = {"width": 360, "height": 640}
    view = visit(has_touch=True, viewport=size)
    touch = view.context.new_cdp_session(view)
    for grip in grips(view).all():
        # Not at the edge of the window, where a finger's way would leave it.
        grip.evaluate("g => g.scrollIntoView({ block: 'center' })")
        frame(view)
        begin = grip.get_attribute("aria-valuetext")
        places = {begin}
        scroll = view.evaluate("scrollY")
        for dx, dy in ((60, -40), (-60, 40)):
            x, y = grip.evaluate("g => { const m = g.getScreenCTM(); return [m.e, m.f]; }")
            send = lambda kind, *points: touch.send(  # noqa: E731
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)}
            )
            send("touchStart", {"x": x, "y": y})
            for k in range(1, 6):
                send("touchMove", {"x": x + dx * k / 5, "y": y + dy * k / 5})
            send("touchEnd")
            frame(view)
            places.add(grip.get_attribute("aria-valuetext"))
        assert len(places) > 1
        assert view.evaluate("scrollY") == scroll


# ---------------------------------------------------------------- links to a setting


@browser_test
@every
def test_a_link_restores_a_setting(name, visit):
    view = visit()
    for fragment in settings(name, view, 4):
        link(view, f"{name}:{fragment}")
        view.locator(".mm-link button").click()
        assert parsed(view.evaluate("location.hash")) == parsed(f"#{name}:{fragment}")


def parsed(fragment):
    pairs = (part.split("=") for part in fragment.partition(":")[2].split(","))
    return {key: tuple(map(as_number, value.split("~"))) for key, value in pairs}


def as_number(word):
    try:
        return pytest.approx(float(word))
    except ValueError:
        return word


# ---------------------------------------------------------------- looks and access


COLLISIONS = """() => [...document.querySelectorAll('.mmx svg')].flatMap(svg => {
  const all = [...svg.querySelectorAll('text')].filter(e => e.textContent.trim()
    && !e.closest('[visibility=hidden]')).map(e => [e, e.getBoundingClientRect()]);
  return all.flatMap(([a, r], i) => all.slice(i + 1).filter(([b, q]) =>
    r.left < q.right - 2 && q.left < r.right - 2 && r.top < q.bottom - 4
    && q.top < r.bottom - 4).map(([b]) => [a.textContent, b.textContent])); })"""


@browser_test
@every
def test_both_themes_have_their_colours_and_no_barrier_and_texts_stand_apart(name, visit):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")

    def barriers(**options):
        found = axe.Axe().run(view, context=".mm-live", options=options).response["violations"]
        return [(v["id"], v["nodes"][0]["html"][:200]) for v in found]

    view = visit()
    assert view.evaluate(COLLISIONS) == []
    ink = "getComputedStyle(document.querySelector('.mmx')).color"
    canvas = "[...document.querySelectorAll('.mmx canvas')].map(c => c.toDataURL()).join()"
    assert view.evaluate(ink) == "rgb(31, 41, 55)"
    assert barriers() == []
    light = view.evaluate(canvas)
    view.evaluate("document.documentElement.dataset.theme = 'dark'")
    frame(view)
    assert view.evaluate(ink) == "rgb(229, 231, 235)"
    assert not light or view.evaluate(canvas) != light
    # Colours are all that a theme changes.
    assert barriers(runOnly={"type": "rule", "values": ["color-contrast"]}) == []


BEYOND = """() => [...document.querySelectorAll('.mm-live *')].filter(e => {
  if (e.children.length || e.closest('clipPath, [clip-path], .quiet')) return false;
  const r = e.getBoundingClientRect();
  return r.width && (r.right > innerWidth + 0.5 || r.left < -0.5); })
  .map(e => e.outerHTML.slice(0, 120))"""

TINY_TEXTS = """() => [...document.querySelectorAll('.mm-live text')]
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.textContent)"""

SMALL_TARGETS = """() => [...document.querySelectorAll('.mm-live button, .mm-live input, .grip')]
  .map(e => { const r = e.getBoundingClientRect();
    return [e.outerHTML.slice(0, 80), r.width, r.height]; })
  .filter(([, w, h]) => Math.min(w, h) < 44)"""

HELD = """() => [...document.querySelectorAll('.mm-live *')]
  .filter(e => getComputedStyle(e).touchAction === 'none' && !e.closest('.grip'))
  .map(e => e.outerHTML.slice(0, 80))"""


@browser_test
@every
@pytest.mark.parametrize("code", LANGUAGES)
def test_fits_small_screens_in_every_language_and_fingers(name, code, visit):
    view = visit(code=code, viewport={"width": 600, "height": 700}, has_touch=True)
    # The words are the same on all phones; what is narrow enough for 320 pixels has been stacked.
    for width in (600, 360, 320) if code == "en" else (600, 320):
        view.set_viewport_size({"width": width, "height": 700})
        frame(view)
        frame(view)
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.evaluate(BEYOND) == [], width
        assert view.evaluate(TINY_TEXTS) == []
        if width == 360:
            assert view.evaluate(SMALL_TARGETS) == []
            assert view.evaluate(HELD) == []
            assert code != "en" or view.evaluate(COLLISIONS) == []


@browser_test
@every
def test_at_200_percent_zoom_nothing_overflows(name, visit):
    # A zoom of 200 % halves the page's own pixels and doubles the device's.
    size = {"width": 600, "height": 450}
    view = visit(viewport=size, device_scale_factor=2)
    frame(view)
    assert view.evaluate("document.documentElement.scrollWidth") <= 600
    view.evaluate("document.documentElement.style.fontSize = '200%'")
    frame(view)
    assert view.evaluate("document.documentElement.scrollWidth") <= 600


@browser_test
@every
def test_what_does_not_change_is_not_written_again(name, visit):
    """To set an attribute or a text again costs a browser as much as to change it."""
    if name == "noise":
        pytest.skip("each picture begins with fewer of its random paths")
    view = visit()
    frame(view)
    written = view.evaluate(
        """async () => {
          const root = document.querySelector('.mmx');
          const next = () => new Promise(requestAnimationFrame);
          const records = [];
          const seen = new MutationObserver(found => records.push(...found));
          const all = { subtree: true, childList: true, characterData: true, attributes: true };
          seen.observe(root, all);
          // A change of theme draws everything anew; here no colour is another one.
          document.body.setAttribute('data-jp-theme-light', '');
          for (let i = 0; i < 3; i++) await next();
          return records.map(m => `${m.type} ${m.attributeName} ${m.target.nodeName}`);
        }"""
    )
    assert written == []


@browser_test
@every
def test_reduced_motion_has_no_motion(name, visit):
    view = visit(reduced_motion="reduce")
    view.locator("input[type=range]").first.press("ArrowLeft")
    frame(view)
    assert view.evaluate("document.getAnimations().length") == 0
    assert view.evaluate(
        """[...document.querySelectorAll('.mm-live *')]
          .every(e => getComputedStyle(e).transitionDuration === '0s')"""
    )


@browser_test
@every
def test_focus_is_seen_wherever_tab_leads(name, visit):
    view = visit()
    count = view.evaluate(
        """document.querySelectorAll('.mm-live button:enabled, .mm-live input,'
          + ' .mm-live [tabindex="0"]').length"""
    )
    seen = set()
    for _ in range(count):
        view.keyboard.press("Tab")
        inside, shown, text = view.evaluate(
            """() => { const e = document.activeElement;
            const ring = e.querySelector?.('.ring');
            const styles = [e, ...e.querySelectorAll('span')].map(x => getComputedStyle(x));
            const shown = ring ? getComputedStyle(ring).opacity === '1'
              : styles.some(c => c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) > 0);
            return [!!e.closest('.mm-live'), shown, e.outerHTML.slice(0, 100)]; }"""
        )
        assert inside, text
        assert shown, text
        seen.add(text)
    assert len(seen) > 1


@browser_test
@every
def test_print_and_no_javascript_show_the_static_figure(name, visit):
    view = visit()
    view.emulate_media(media="print")
    assert view.locator(".mm-static svg:visible").count() == 1
    assert view.locator(".mm-live:visible").count() == 0
    still = visit(alive=False, java_script_enabled=False)
    assert still.locator(".mm-static svg:visible").count() == 1


@browser_test
@every
def test_the_live_region_says_something_when_it_rests(name, visit):
    view = visit()
    until(view, "document.querySelector('.mmx .quiet').textContent.length > 10")
    before = view.evaluate("document.querySelector('.mmx .quiet').textContent")
    slider = view.locator("input[type=range]").first
    for _ in range(10):
        slider.press("Shift+ArrowLeft")
    until(view, f"document.querySelector('.mmx .quiet').textContent !== {json.dumps(before)}")


# ---------------------------------------------------------------- extremes and accidents


@browser_test
@every
@pytest.mark.parametrize("width", [1200, 360])
def test_extremes_stay_inside_and_are_told_in_words(name, width, visit):
    view = visit(viewport={"width": width, "height": 900})
    for setting in settings(name, view, 10, seed=width):
        link(view, f"{name}:{setting}")
        said = words(view)
        assert not WRONG.search(said), (setting, WRONG.search(said))
        assert view.evaluate(OUTSIDE) == [], setting
    # It is still alive, and comes back.
    view.locator("[data-preset=reset]").click()
    frame(view)
    assert not WRONG.search(words(view))


@browser_test
@every
def test_mounted_by_another_host_it_cleans_up_and_asks_for_known_words(name, visit):
    view = visit()
    result = view.evaluate(
        """async name => {
          const heard = new Map(), unknown = [];
          const states = [...document.querySelectorAll('script')].flatMap(s =>
            s.type.endsWith('state+json') ? Object.values(JSON.parse(s.textContent).state) : []);
          const own = states.find(s => (s.state._anywidget_id ?? '').includes(`.${name}.`)).state;
          const values = { ...own, labels: new Proxy(own.labels, { get: (all, key) => {
            if (typeof key === 'string' && !(key in all)) unknown.push(key);
            return all[key]; } }) };
          const model = { get: (k) => values[k], set: (k, v) => { values[k] = v; },
            save_changes() {},
            on: (n, f) => heard.set(n, new Set([...(heard.get(n) ?? []), f])),
            off: (n, f) => heard.get(n)?.delete(f) };
          const emit = (n) => [...(heard.get(n) ?? [])].forEach(f => f());
          const count = () => [...heard.values()].reduce((n, s) => n + s.size, 0);
          const el = document.createElement('div');
          document.querySelector('main').append(el);
          const close = momentumExplorables[name].render({ model, el });
          const during = count();
          await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
          const drawn = el.querySelectorAll('svg').length;
          emit('change:labels');          // Python may set everything: it is built anew
          const roots = el.querySelectorAll('.mmx').length;
          const again = count();
          close();
          await new Promise(r => setTimeout(r, 50));
          return [during > 0, drawn > 0, roots, again === during, count(), el.innerHTML, unknown];
        }""",
        name,
    )
    assert result == [True, True, 1, True, 0, "", []]
