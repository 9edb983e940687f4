"""Every page of the site, visited once: its policy, its readers' screens, themes and tools.

One visit checks everything that holds for all pages, so that a further page costs one visit more:
nothing is fetched from elsewhere and nothing is missing, below any path; the policy of the site
forbids nothing that the page does; axe finds no barrier in either theme; nothing is lost on narrow
screens, enlarged, or with wider spacing of the text; and its figures move.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import pytest

import editions
from explorable_visit import frame, until
from site_visit import Watch, overflow
from test_site_browser import COURSE, ENGLISH, LANGUAGES, LUMINANCE, PAGES

pytestmark = pytest.mark.browser

WIDTHS = (1280, 700, 360, 320)  # 320 is 1280 enlarged four times

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
# What is hidden from tools, or is one picture to them, is of no interest to axe, and there are tens
# of thousands of elements of it: the letters of formulas, whose MathML is read, and the lines of
# figures. So axe comes last.
LEAVE_OUT = """() => {
  for (const e of document.querySelectorAll(".katex-html, svg[role=img] > *")) e.remove();
}"""

# The text has its width again in a wider window, and what can be scrolled is a stop of the Tab key.
WIDTH = '(document.querySelector(".bd-article") ?? document.querySelector("main")).clientWidth'
SETTLED = f"""width => {WIDTH} === width
  && [...document.querySelectorAll(".bd-article pre")].every(
    (e) => e.scrollWidth <= e.clientWidth + 1 || e.tabIndex === 0)"""

# Colours follow from tags, classes and what these stand in; of all that are alike in this, three
# are enough. What contains anything rarer stays.
ALIKE = """() => {
  for (const e of document.querySelectorAll(".katex-mathml")) e.remove();
  const kinds = new Map(), kept = new Map();
  const kind = (e) => {
    if (!kinds.has(e)) {
      const own = [e.tagName, e.getAttribute("class"), e.getAttribute("style")].join(" ");
      kinds.set(e, `${e === document.body ? "" : kind(e.parentElement)} > ${own}`);
    }
    return kinds.get(e);
  };
  const enough = (e) => (kept.get(kind(e)) ?? 0) >= 3;
  const walk = (parent) => {
    for (const e of [...parent.children]) {
      if (enough(e) && [...e.querySelectorAll("*")].every(enough)) e.remove();
      else { kept.set(kind(e), (kept.get(kind(e)) ?? 0) + 1); walk(e); }
    }
  };
  walk(document.body);
}"""

SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`body * { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-bottom: 2em !important; }
    .katex, .katex * { line-height: 1.2 !important; letter-spacing: normal !important;
    word-spacing: normal !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
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


def barriers(page: Any, options: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what axe finds on a page: the rule, and the first element which breaks it."""
    found = page.evaluate(
        "async (options) => (await axe.run(document, options)).violations"
        ".map((v) => [v.id, `${v.nodes[0].target} ${v.nodes[0].html.slice(0, 200)}`])",
        options,
    )
    return [(rule, element) for rule, element in found]


def theme(page: Any, name: str) -> None:
    """Show a page in a theme, at once."""
    page.evaluate("name => { document.documentElement.dataset.theme = name; }", name)


PLACES = [f"{language}/{name}" for language in LANGUAGES for name in (*PAGES, "search")]


@pytest.mark.parametrize("place", ["index", *PLACES])
def test_every_page_passes(browser: Any, strict_site: str, axe: str, place: str) -> None:
    language, _, name = place.rpartition("/")
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    try:
        watch = Watch(context, strict_site)
        page = context.new_page()
        query = f"?q={SEARCHED[language]}" if name == "search" else ""
        page.goto(f"{strict_site}{place}.html{query}", wait_until="load")
        if name == "search":
            page.locator("#search-results li a").first.wait_for()
        if language:
            in_the_book(page, language, name)
        theme(page, "dark")
        if language:
            ratios = page.evaluate(LUMINANCE, ".mm-svg text")
            assert min(ratios, default=21) >= 3
        theme(page, "light")
        move(page)
        width = page.evaluate(WIDTH)
        for narrow in WIDTHS:
            page.set_viewport_size({"width": narrow, "height": 740})
            assert overflow(page) <= 0, narrow
        page.evaluate(LEAVE_OUT)
        page.evaluate(axe)
        page.set_viewport_size({"width": 1280, "height": 900})
        until(page, lambda: page.evaluate(SETTLED, width))
        assert barriers(page, RULES) == []
        page.set_viewport_size({"width": 700, "height": 740})
        page.evaluate(SPACING)
        assert overflow(page) <= 0, "with wider spacing"
        assert page.evaluate(CUT) == []
        page.evaluate("document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1)")
        page.evaluate(ALIKE)
        page.set_viewport_size({"width": 1280, "height": 900})
        for name in ("light", "dark"):
            theme(page, name)
            assert barriers(page, COLOURS) == [], name
        assert watch.everything() == []
        unwanted = re.compile(r"fontawesome\.js|bootstrap\.js|\.ttf|mathjax", re.I)
        assert [url for url in watch.requests if unwanted.search(url)] == []
    finally:
        context.close()


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


def move(page: Any) -> None:
    """Move the first slider of each explorable, and see its figure change."""
    figures = page.locator(".mm-explorable")
    for number in range(figures.count()):
        figure = figures.nth(number)
        look = """e => e.querySelector(".mmx").innerText
            + [...e.querySelectorAll(".mmx svg, .mmx canvas")]
              .map(x => x.toDataURL?.() ?? x.outerHTML).join("")"""
        before = figure.evaluate(look)
        slider = figure.locator("input[type=range]").first
        value = slider.input_value()
        slider.press("Shift+ArrowLeft")
        if slider.input_value() == value:
            slider.press("Shift+ArrowRight")
        frame(page)
        assert figure.evaluate(look) != before, number


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


@pytest.mark.parametrize(("kind", "width"), [("http", 360), ("file", 1280)])
def test_every_page_can_be_read_without_javascript(
    browser: Any, strict_site: str, built_site: Any, kind: str, width: int
) -> None:
    base = strict_site if kind == "http" else f"{built_site.as_uri()}/"
    # Translations have the same templates: each page in one language, all languages in turn.
    places = [f"{LANGUAGES[n % len(LANGUAGES)]}/{name}" for n, name in enumerate(PAGES)]
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=False
    )
    try:
        watch = Watch(context, base)
        page = context.new_page()
        for place in places:
            page.goto(f"{base}{place}.html", wait_until="load")
            assert page.locator("article p").first.is_visible()
            formulas = page.locator("article .katex-html:visible")
            assert formulas.count() > 0 or page.locator("article .katex-html").count() == 0
            for figure in page.locator(".mm-svg").all():
                box = figure.bounding_box()
                assert box is not None
                assert box["width"] > 250
                assert box["height"] > 100
            # Nothing that asks to be pressed needs a script, but the button of a form.
            dead = page.locator("button:visible:not(form button), [onclick]")
            assert dead.count() == 0, dead.first.evaluate("e => e.outerHTML")
            page.locator(".mm-languages > summary").click()
            assert page.locator(".mm-languages a:visible").count() == len(LANGUAGES)
            folded = page.locator("article details > summary:visible").first
            if folded.count():
                folded.click()
                assert folded.evaluate("e => e.parentElement.open")
            to_pages = page.locator('a.primary-toggle[href="#pst-primary-sidebar"]')
            if width < 992:
                to_pages.click()
            link = page.locator('.bd-docs-nav a[href="glossary.html"], .bd-docs-nav a[href="#"]')
            assert link.first.is_visible()
            assert link.first.bounding_box()["x"] >= 0
        page.goto(f"{base}vi/search.html")
        said = editions.ui("vi")["sphinx"].get(
            "Please activate JavaScript to enable the search functionality.", "JavaScript"
        )
        assert said in page.locator(".bd-search-container").inner_text()
        assert [t for t in watch.trouble if "csp" not in t.lower()] == []
    finally:
        context.close()


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


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core."""
    base: Callable[..., Any] = pytest.importorskip(
        "axe_playwright_python.base", reason="axe is missing"
    ).AXE_SCRIPT
    return str(base)
