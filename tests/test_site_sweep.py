"""Every page of the site, visited once: its policy, its readers' screens, themes and tools.

One visit checks everything that holds for all pages, so that a further page costs one visit more:
nothing is fetched from elsewhere and nothing is missing, below any path; the policy of the site
forbids nothing that the page does; axe finds no barrier in either theme; nothing is lost on narrow
screens, enlarged, or with wider spacing of the text; and its figures move.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import editions
from explorable_visit import frame, until
from site_visit import Watch, overflow
from test_site_browser import COURSE, ENGLISH, LANGUAGES, LUMINANCE, PAGES

pytestmark = pytest.mark.browser

NARROW = (360, 320, 700)  # 320 is 1280 enlarged four times

# Best practices beside the rules of WCAG 2.2 AA, among them: one h1, headings in order, landmarks,
# a skip link. What axe leaves out by default is asked for: the size of targets.
# Without a preload: that is axe fetching style sheets again, and styling the page for it.
CHEAP = {"preload": False, "resultTypes": ["violations"]}
BY_COLOUR = ["color-contrast", "link-in-text-block"]
RULES = {
    **CHEAP,
    "rules": {
        "target-size": {"enabled": True},
        # Takes a heading of a table that is a formula for empty: it does not read MathML.
        "empty-table-header": {"enabled": False},
        **{rule: {"enabled": False} for rule in BY_COLOUR},
    },
}
COLOURS = {**CHEAP, "runOnly": {"type": "rule", "values": BY_COLOUR}}
BARRIERS = """async (options) => (await axe.run(document, options)).violations
  .map((v) => [v.id, `${v.nodes[0].target} ${v.nodes[0].html.slice(0, 200)}`])"""
# Formulas, figures and code are one thing each to tools, and tens of thousands of elements. While
# axe looks at a page they are without their insides, but for the words of code and of what is read
# of a formula, which nobody sees.
OUTSIDE = """async (options) => {
  const read = (formula) => {
    const words = document.createElement("span");
    words.className = "katex-mathml";
    words.textContent = formula.querySelector("math").textContent;
    return words;
  };
  const words = (e) => e.matches("pre") ? [e.textContent] : e.matches("svg") ? [] : [read(e)];
  const emptied = [...document.querySelectorAll(".katex, svg[role=img], pre")]
    .filter((e) => !e.querySelector("[href], [tabindex]")).map((e) => [e, [...e.childNodes]]);
  for (const [e] of emptied) e.replaceChildren(...words(e));
  const found = await (BARRIERS)(options);
  for (const [e, inside] of emptied) e.replaceChildren(...inside);
  return found;
}""".replace("BARRIERS", BARRIERS)

# What can be scrolled is a stop of the Tab key.
SETTLED = """() => [...document.querySelectorAll(".bd-article pre")].every(
  (e) => e.scrollWidth <= e.clientWidth + 1 || e.tabIndex === 0)"""

# Whether an element can be told from its ground follows from colours and sizes, its own and those
# of what it stands in. Of all elements that are alike in this, in both themes, three are enough, be
# they on this page or on those that passed before; `known` says how many those were. What contains
# anything rarer stays. The answer is what stays, by kind.
ALIKE = """(known) => {
  for (const e of document.querySelectorAll(".katex, svg[role=img] > *")) e.remove();
  const hash = (...words) => {
    let [a, b] = [1, 2];
    for (const letter of words.join()) {
      a = Math.imul(a ^ letter.charCodeAt(0), 2654435761);
      b = Math.imul(b ^ letter.charCodeAt(0), 1597334677);
    }
    return `${a >>> 0} ${b >>> 0}`;
  };
  const all = [document.body, ...document.body.querySelectorAll("*")];
  const themed = (theme) => {
    document.documentElement.dataset.theme = theme;
    const seen = new Map();
    for (const e of all) {
      const style = getComputedStyle(e), size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
      const below = seen.get(e.parentElement) ?? {};
      const own = ["backgroundColor", "backgroundImage", "opacity", "position"]
        .map((name) => style[name]).join();
      const clear = own === "rgba(0, 0, 0, 0),none,1,static";
      const ground = clear ? below.ground : hash(below.ground, own);
      const ink = ["color", "fill", "fontWeight", "textDecorationLine"]
        .map((name) => style[name]).join() + large;
      seen.set(e, { ground, ink, kind: hash(ground, e.tagName, ink, below.ink) });
    }
    return (e) => seen.get(e).kind;
  };
  const [dark, light] = [themed("dark"), themed("light")];
  const kinds = new Map(all.map((e) => [e, `${dark(e)} ${light(e)}`]));
  const kept = new Map(Object.entries(known)), stays = [];
  const enough = (e) => (kept.get(kinds.get(e)) ?? 0) >= 3;
  const walk = (parent) => {
    for (const e of [...parent.children]) {
      if (enough(e) && [...e.querySelectorAll("*")].every(enough)) { e.remove(); continue; }
      kept.set(kinds.get(e), (kept.get(kinds.get(e)) ?? 0) + 1);
      stays.push(kinds.get(e));
      walk(e);
    }
  };
  walk(document.body);
  return stays;
}"""

SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`body * { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-bottom: 2em !important; }
    .katex, .katex * { line-height: 1.2 !important; letter-spacing: normal !important;
    word-spacing: normal !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# How well the text of figures can be read in the dark.
IN_THE_DARK = f"""(selector) => {{
  const {{ dataset }} = document.documentElement, before = dataset.theme;
  dataset.theme = "dark";
  const ratios = ({LUMINANCE})(selector);
  dataset.theme = before;
  return ratios;
}}"""
# Words that are cut off: their box hides what does not fit, and they do not.
CUT = """() => [...document.querySelectorAll("body *")].filter((e) => {
  if (e.closest("svg, .katex, [hidden], .visually-hidden, .sr-only, .quiet, .mm-languages__name")
    || e.closest("dialog:not([open])"))
    return false;
  const style = getComputedStyle(e);
  const hides = [style.overflowX, style.overflowY].some((o) => o === "hidden" || o === "clip");
  if (!hides || !e.getClientRects().length || e.clientHeight < 4) return false;
  const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return words && (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2);
}).map((e) => e.outerHTML.slice(0, 160))"""

MATHEMATICS = """async () => {
  await document.fonts.ready;
  const formulas = [...document.querySelectorAll("article .katex-html")]
    .filter((f) => f.getClientRects().length);
  const seen = document.querySelector("article").cloneNode(true);
  seen.querySelectorAll(".katex, pre, code, script, svg").forEach((e) => e.remove());
  return {
    boxes: formulas.map((f) => f.getBoundingClientRect()).map((r) => [r.width, r.height]),
    fonts: [...document.fonts].filter((f) => f.status === "loaded").map((f) => f.family),
    // Those that stand in while ours load are the system's, which may have none of them.
    failed: [...document.fonts].filter((f) => f.status === "error").map((f) => f.family)
      .filter((family) => !/, waiting/.test(family)),
    text: seen.textContent,
  };
}"""

# Every word and label around the text, and those which the build puts into the text.
CHROME = """() => {
  const seen = [];
  const page = document.body.cloneNode(true);
  const labels = ["title", "aria-label", "placeholder", "data-bs-title", "data-bs-original-title"];
  for (const e of page.querySelectorAll(labels.map(name => `[${name}]`).join()))
    if (!e.closest("article p, .mm-languages"))
      for (const name of labels) if (e.hasAttribute(name)) seen.push(e.getAttribute(name));
  const made = "article summary, article button, .admonition-title, .caption-number, .eqno a";
  for (const e of document.querySelectorAll(made)) seen.push(e.textContent);
  const others = "article, script, style, noscript, svg, [lang]:not(html), .bd-links, .page-toc li";
  for (const e of page.querySelectorAll(others)) e.remove();
  return [...seen, ...page.innerText.split("\\n")].map(s => s.trim()).filter(Boolean);
}"""


class Sweep:
    """A browser that goes through the pages, and what all of them have in common.

    Attributes
    ----------
    kinds : Counter of str
        The kinds of elements whose colours were found right, with how many there were.
    """

    def __init__(self, browser: Any, base: str, axe: str) -> None:
        self.base = base
        self.context = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
        )
        self.watch = Watch(self.context, base)
        # Each page is the first that this reader opens.
        self.context.add_init_script("try { localStorage.clear(); } catch { /* no page yet */ }")
        self.axe = axe
        self.kinds: Counter[str] = Counter()

    @contextmanager
    def visit(self, path: str) -> Iterator[Any]:
        """Yield a page of the site that has had no trouble yet."""
        self.watch.forget()
        page = self.context.new_page()
        try:
            page.goto(f"{self.base}{path}", wait_until="load")
            yield page
        finally:
            page.close()


@pytest.fixture(scope="session")
def sweep(browser: Any, strict_site: str) -> Iterator[Sweep]:
    """Yield the browser of this session for pages that are visited once."""
    base = pytest.importorskip("axe_playwright_python.base", reason="axe is missing")
    made = Sweep(browser, strict_site, base.AXE_SCRIPT)
    yield made
    made.context.close()


PLACES = [f"{language}/{name}" for language in LANGUAGES for name in (*PAGES, "search")]


@pytest.mark.parametrize("place", ["index", *PLACES])
def test_every_page_passes(sweep: Sweep, place: str) -> None:
    language, _, name = place.rpartition("/")
    query = f"?q={SEARCHED[language]}" if name == "search" else ""
    with sweep.visit(f"{place}.html{query}") as page:
        if name == "search":
            page.locator("#search-results li a").first.wait_for()
        if language:
            in_the_book(page, language, name)
            assert min(page.evaluate(IN_THE_DARK, ".mm-svg text"), default=21) >= 3
        move(page)
        assert overflow(page) <= 0
        until(page, SETTLED)
        page.evaluate(sweep.axe)
        assert page.evaluate(OUTSIDE, RULES) == []
        for width in NARROW:
            page.set_viewport_size({"width": width, "height": 740})
            assert overflow(page) <= 0, width
        page.evaluate(SPACING)
        assert overflow(page) <= 0, "with wider spacing"
        assert page.evaluate(CUT) == []
        assert sweep.watch.everything() == []
        unwanted = re.compile(r"fontawesome\.js|bootstrap\.js|\.ttf|mathjax", re.I)
        assert [url for url in sweep.watch.requests if unwanted.search(url)] == []
        # What a page says after this, without most of its elements, is not its fault.
        found = page.evaluate(ALIKE, sweep.kinds)
        page.evaluate("document.adoptedStyleSheets.pop()")  # of few elements, which costs little
        page.set_viewport_size({"width": 1280, "height": 900})
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            assert page.evaluate(BARRIERS, COLOURS) == [], theme
        sweep.kinds.update(found)


SEARCHED = {"en": "momentum", "vi": "động lượng", "tr": "gradyan", "zh": "动量"}


def in_the_book(page: Any, language: str, name: str) -> None:
    """Check what a page of the book is in its language: formulas, words around the text, menu."""
    edition = COURSE.editions[language]
    assert page.locator("html").get_attribute("lang") == edition.tag
    current = page.locator(".mm-languages a[aria-current]")
    assert current.get_attribute("hreflang") == edition.tag
    if name != "search":
        found = page.evaluate(MATHEMATICS)
        assert all(width > 2 and height > 4 for width, height in found["boxes"])
        assert found["failed"] == []
        assert any("KaTeX" in family for family in found["fonts"]) or not found["boxes"]
        assert not re.search(r"\$[^$\n]+\$|\\[a-zA-Z]{2,}|\\\(", found["text"]), "TeX in the text"
    if language != editions.SOURCE and name not in COURSE.borrowed(language):
        words = page.evaluate(CHROME)
        assert words
        assert {word for word in words if word in ENGLISH} == set()
        assert not [w for w in words if re.search(r"\b(Fig|Table|Show|Hide|Toggle|Link to)\b", w)]


LOOK = """() => [...document.querySelectorAll(".mm-explorable")].map((e) =>
  e.querySelector(".mmx").innerText + [...e.querySelectorAll(".mmx svg, .mmx canvas")]
    .map((x) => x.toDataURL?.() ?? x.outerHTML).join(""))"""


def move(page: Any) -> None:
    """Move the first slider of each explorable, and see its figure change."""
    count = page.evaluate(f"() => (globalThis.before = ({LOOK})()).length")
    for number in range(count):
        slider = page.locator(".mm-explorable").nth(number).locator("input[type=range]").first
        value = slider.input_value()
        slider.press("Shift+ArrowLeft")
        if slider.input_value() == value:
            slider.press("Shift+ArrowRight")
    frame(page)
    changed = page.evaluate(f"() => ({LOOK})().map((look, k) => look !== before[k])")
    assert changed == [True] * count


def answer(body: str, route: Any) -> None:
    """Give a page to a browser that asks for it."""
    route.fulfill(content_type="text/html", body=body)


@pytest.mark.parametrize("own_origin", [True, False], ids=["own origin", "no origin"])
def test_a_course_platform_can_show_pages_in_a_frame(
    browser: Any, strict_site: str, own_origin: bool
) -> None:
    """Without an origin of its own a frame may not store anything, which must not stop a page."""
    rights = "allow-scripts allow-forms" + (" allow-same-origin" if own_origin else "")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        watch = Watch(context, strict_site)
        outside = f"{strict_site}frame"
        for path in ("en/ravine.html", "zh/search.html?q=动量", "index.html"):
            platform = (
                f'<!doctype html><title>Platform</title><iframe sandbox="{rights}" '
                f'width="1200" height="800" src="{strict_site}{path}"></iframe>'
            )
            context.route(outside, functools.partial(answer, platform))
            page = context.new_page()
            page.goto(outside, wait_until="load")
            inside = page.frames[1]
            if "ravine" in path:
                inside.locator(".mm-explorable[data-live]").first.wait_for()
                move(inside)
                button = inside.locator(".theme-switch-button").first
                seen = set()
                for _ in range(3):
                    button.click()
                    seen.add(inside.evaluate("document.documentElement.dataset.theme"))
                assert seen == {"light", "dark"}
                fonts = inside.evaluate(MATHEMATICS)
                assert fonts["failed"] == []
                assert any("KaTeX" in family for family in fonts["fonts"])
            elif "search" in path:
                inside.locator("#search-results li a").first.wait_for()
            else:
                assert inside.locator(".languages li").count() == len(LANGUAGES)
            # Chromium's remark about the two rights together, which is the platform's business.
            trouble = [said for said in watch.everything() if "escape its sandboxing" not in said]
            assert trouble == [], path
            page.close()
    finally:
        context.close()


@pytest.mark.parametrize("kind", ["http", "file"])
def test_every_page_can_be_read_without_javascript(
    browser: Any, strict_site: str, built_site: Any, kind: str
) -> None:
    """Each page is loaded once, every other one as a file, and seen on two screens."""
    base = strict_site if kind == "http" else f"{built_site.as_uri()}/"
    # Translations have the same templates: each page in one language, all languages in turn.
    places = [f"{LANGUAGES[n % len(LANGUAGES)]}/{name}" for n, name in enumerate(PAGES)]
    context = browser.new_context(java_script_enabled=False)
    try:
        watch = Watch(context, base)
        page = context.new_page()
        # Neighbours go together, so that either way has pages of each language.
        for n, place in enumerate(places):
            if (n // 2 % 2 == 0) == (kind == "http"):
                page.set_viewport_size({"width": 1280, "height": 800})
                page.goto(f"{base}{place}.html", wait_until="load")
                without_javascript(page)
                page.set_viewport_size({"width": 360, "height": 800})
                without_javascript(page)
        page.goto(f"{base}vi/search.html")
        said = editions.ui("vi")["sphinx"].get(
            "Please activate JavaScript to enable the search functionality.", "JavaScript"
        )
        assert said in page.locator(".bd-search-container").inner_text()
        assert [t for t in watch.trouble if "csp" not in t.lower()] == []
    finally:
        context.close()


DRAWN = """() => {
  const boxes = (all) => [...document.querySelectorAll(all)].map((e) => e.getBoundingClientRect())
    .map((r) => [r.width, r.height]);
  return [boxes("article .katex-html"), boxes(".mm-svg")];
}"""


def without_javascript(page: Any) -> None:
    """Check that what a page offers is there and does something, on its present screen."""
    assert page.locator("article p").first.is_visible()
    formulas, figures = page.evaluate(DRAWN)
    assert not formulas or any(width and height for width, height in formulas)
    assert all(width > 250 and height > 100 for width, height in figures)
    # Nothing that asks to be pressed needs a script, but the button of a form.
    dead = page.locator("button:visible:not(form button), [onclick]")
    assert dead.count() == 0, dead.first.evaluate("e => e.outerHTML")
    menu = page.locator(".mm-languages > summary")
    languages = page.locator(".mm-languages a:visible")
    before = languages.count()  # on a second screen it stands open
    menu.click()
    assert {before, languages.count()} == {0, len(LANGUAGES)}
    folded = page.locator("article details:not([open]) > summary:visible").first
    if folded.count():
        element = folded.element_handle()
        element.click()
        assert element.evaluate("e => e.parentElement.open")
    to_pages = page.locator('a.primary-toggle[href="#pst-primary-sidebar"]')
    if page.viewport_size["width"] < 992:
        to_pages.click()
    link = page.locator('.bd-docs-nav a[href="glossary.html"], .bd-docs-nav a[href="#"]')
    assert link.first.is_visible()
    assert link.first.bounding_box()["x"] >= 0


def test_a_chapter_can_be_read_by_keyboard_alone(browser: Any, strict_site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        watch = Watch(context, strict_site)
        page = context.new_page()
        page.goto(f"{strict_site}en/ravine.html", wait_until="load")
        page.locator(".mm-explorable[data-live]").first.wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
        stops = walk(page)
        assert {"search", "page", "language", "slider", "fold", "next"} <= {
            stop for stop, _ in stops
        }
        assert [element for stop, element in stops if stop == "unseen"] == []
        order = [stop for stop, _ in stops]
        # The menu first, then what belongs to the text, the text, and what follows it.
        assert order.index("page") < order.index("language") < order.index("slider")
        assert order.index("slider") < order.index("next")

        page.keyboard.press("Control+k")
        page.keyboard.type("valley")
        page.keyboard.press("Enter")
        page.wait_for_url("**/en/search.html?q=valley*")
        page.locator("#search-results li a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/en/(?!search)"))
        page.goto(f"{strict_site}en/ravine.html", wait_until="load")
        page.locator(".right-next").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/en/averages.html")
        assert watch.everything() == []
    finally:
        context.close()


FOCUSED = """() => {
  const e = document.activeElement;
  if (e === document.body) return ["end", ""];
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const of = (e, way) => getComputedStyle(e)[way];
  // The ring is drawn on the element itself, on what stands for it, or as a shadow.
  // A point to drag shows a ring of its own, drawn as a shape.
  const ringed = e instanceof SVGElement || [e, e.parentElement, ...e.children].some((x) =>
    (of(x, "outlineStyle") !== "none" && parseFloat(of(x, "outlineWidth")) > 0)
    || of(x, "boxShadow") !== "none");
  const kinds = {
    search: ".search-button__button", slider: "input[type=range]",
    language: ".mm-languages summary",
    page: ".bd-docs-nav a", next: ".right-next", fold: "article summary",
  };
  const kind = Object.keys(kinds).find((name) => e.matches(kinds[name])) ?? "other";
  return [box.width && box.height && ringed && style.visibility !== "hidden" ? kind : "unseen",
    e.outerHTML.slice(0, 200)];
}"""


def walk(page: Any) -> list[tuple[str, str]]:
    """Return what the Tab key reaches, in order: its kind, or "unseen" where the eye loses it."""
    stops = []
    for _ in range(600):
        page.keyboard.press("Tab")
        kind, element = page.evaluate(FOCUSED)
        if kind == "end":
            return stops
        stops.append((kind, element))
    raise AssertionError("the Tab key never comes to the end of the page")
