"""The built book in a real browser, from a server and from files, with nothing else to reach."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import chapters
import editions
from site_visit import overflow

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
COURSE = editions.load(ROOT)
LANGUAGES = list(COURSE.editions)
PAGES = [str(page) for page in COURSE.editions["en"].pages]
CHAPTERS = {page: chapters.read(ROOT / "chapters" / "en" / f"{page}.md") for page in PAGES}
FOLDED = [
    page
    for page in PAGES
    if any(
        element.value.startswith(("prf:", "exercise", "solution"))
        and "class dropdown" in element.detail
        for element in CHAPTERS[page].of_kind("directive")
    )
]
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@dataclass
class Visit:
    """A page in the browser, and what went wrong on the way."""

    page: Any
    base: str
    context: Any
    requests: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        """Open a page of the site, with its fonts, which it asks for when it is laid out."""
        self.page.goto(f"{self.base}/{path}", wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page

    def check(self) -> None:
        """Fail if anything was fetched from elsewhere, was missing, or complained."""
        assert [url for url in self.requests if not url.startswith((self.base, "data:"))] == []
        assert self.trouble == []


@pytest.fixture(params=["http", "file"])
def base(request: Any, built_site: Path, site_server: Callable[[Path], str]) -> str:
    """Return where the site is: on a server, or in a folder."""
    return site_server(built_site) if request.param == "http" else f"file://{built_site}"


@pytest.fixture
def http(built_site: Path, site_server: Callable[[Path], str]) -> str:
    """Return where the site is on a server, for what does not depend on it."""
    return site_server(built_site)


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Yield ``visit(base, …)``, which opens a browser that can reach the site and nothing else."""
    contexts = []

    def open_browser(base: str, size: dict[str, int] = WIDE, **options: Any) -> Visit:
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        made = Visit(context.new_page(), base, context)

        def note(message: Any) -> None:
            if message.type in ("error", "warning"):
                made.trouble.append(message.text)

        def failed(request: Any) -> None:
            # A browser gives up what it does not need any more, such as scripts it must not run.
            if "ERR_ABORTED" not in request.failure and request.failure != "csp":
                made.trouble.append(f"{request.failure} {request.url}")

        def answered(response: Any) -> None:
            if response.status >= 400:
                made.trouble.append(f"{response.status} {response.url}")

        context.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", note)
        made.page.on("pageerror", lambda error: made.trouble.append(str(error)))
        made.page.on("response", answered)
        made.page.on("requestfailed", failed)
        return made

    yield open_browser
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_of_the_site_need_no_server(
    visit: Callable[..., Visit], built_site: Path, language: str
) -> None:
    """Over http `test_site_sweep` looks at every page in every language, and at much more.

    Translations have the same templates: here each page comes in one language.
    """
    there = visit(f"file://{built_site}")
    first = LANGUAGES.index(language)
    for name in (*PAGES[first :: len(LANGUAGES)], "search"):
        page = there.go(f"{language}/{name}.html")
        fonts = page.evaluate(
            # Those that stand in while ours load are the system's, which may have none of them.
            """async () => (await document.fonts.ready, [...document.fonts]
              .filter((f) => !/, waiting/.test(f.family)).map((f) => f.status))"""
        )
        assert "loaded" in fonts
        assert "error" not in fonts
    there.go("index.html")
    there.check()


def test_the_language_menu_leads_to_the_same_page(visit: Callable[..., Visit], base: str) -> None:
    there = visit(base)
    name = "ravine"
    page = there.go(f"{LANGUAGES[0]}/{name}.html")
    for key in [*LANGUAGES[1:], LANGUAGES[0]]:
        # By keyboard: the menu is the browser's own.
        page.locator(".mm-languages > summary").press("Enter")
        link = page.locator(f'.mm-languages a[data-language="{key}"]')
        assert link.is_visible()
        link.press("Enter")
        page.wait_for_url(f"**/{key}/{name}.html")
        edition = COURSE.editions[key]
        assert page.locator("html").get_attribute("lang") == edition.tag
        assert edition.title in page.title()
        current = page.locator(".mm-languages a[aria-current]")
        assert current.get_attribute("hreflang") == edition.tag
    there.check()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_names_itself_in_every_language(built_site: Path, language: str) -> None:
    wanted = {key: edition.tag for key, edition in COURSE.editions.items()}
    for name in PAGES:
        text = (built_site / language / f"{name}.html").read_text("utf-8")
        menu = text[text.index('<details class="mm-languages">') :].split("</details>")[0]
        links = re.findall(r'<a href="([^"]*)" lang="([^"]*)" hreflang="([^"]*)"([^>]*)>', menu)
        assert {href: tag for href, _, tag, _ in links} == {
            f"../{key}/{name}.html": tag for key, tag in wanted.items()
        }
        assert [tag for _, _, tag, more in links if "aria-current" in more] == [wanted[language]]
        assert all((built_site / language / href).is_file() for href, *_ in links)


def test_the_menu_closes_on_escape_and_keeps_the_focus(
    visit: Callable[..., Visit], http: str
) -> None:
    page = visit(http).go("en/index.html")
    page.locator(".mm-languages > summary").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator(".mm-languages").get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_place_on_the_page_goes_along(visit: Callable[..., Visit], http: str) -> None:
    page = visit(http).go("en/ravine.html#fig-ravine-slow")
    page.locator(".mm-languages > summary").click()
    page.locator('.mm-languages a[data-language="vi"]').click()
    page.wait_for_url("**/vi/ravine.html#fig-ravine-slow")
    assert page.locator("#fig-ravine-slow").count() == 1


def test_the_language_menu_can_be_touched_on_a_phone(
    visit: Callable[..., Visit], http: str
) -> None:
    page = visit(http, PHONE, has_touch=True).go(f"vi/{PAGES[-1]}.html")
    page.locator(".mm-languages > summary").tap()
    box = page.locator(".mm-languages nav").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    heights = page.eval_on_selector_all(
        ".mm-languages a", "links => links.map(l => l.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


def test_no_line_begins_with_the_mark_behind_a_formula(
    visit: Callable[..., Visit], http: str
) -> None:
    there = visit(http)
    page = there.go("en/convergence.html")
    for width in (1280, 700, 360):
        page.set_viewport_size({"width": width, "height": 900})
        seen, torn = page.evaluate(TORN)
        assert seen > 100
        assert torn == [], width
    there.check()


TORN = """() => {
  const torn = [];
  const tied = [...document.querySelectorAll("article .mm-tied")]
    .filter((e) => e.getClientRects().length);
  for (const e of tied) {
    const bases = e.querySelectorAll(".katex-base");
    const mark = document.createRange();
    mark.selectNodeContents(e.lastChild);
    const end = bases[bases.length - 1].getBoundingClientRect().right;
    if (mark.getBoundingClientRect().left < end - 3) torn.push(e.textContent);
  }
  return [tied.length, torn];
}"""


def test_icons_are_drawn_without_the_fonts_and_scripts_of_the_theme(
    visit: Callable[..., Visit], http: str
) -> None:
    there = visit(http)
    page = there.go("en/ravine.html")
    page.evaluate("document.fonts.ready")
    assert not [url for url in there.requests if "fontawesome" in url]
    icons = page.eval_on_selector_all(
        ".fa-solid, .fas",
        """icons => icons.map(icon => {
          const style = getComputedStyle(icon, "::before");
          return [icon.className, style.maskImage.startsWith("url("), style.content];
        })""",
    )
    assert len(icons) > 8
    assert [name for name, masked, content in icons if not masked or content != '""'] == []
    there.check()


def test_the_list_of_pages_opens_on_a_phone(visit: Callable[..., Visit], http: str) -> None:
    there = visit(http, PHONE, has_touch=True)
    page = there.go("en/ravine.html")
    link = page.locator('.bd-docs-nav a[href="training.html"]').first
    assert not link.is_visible()
    page.locator(".primary-toggle").first.tap()
    link.wait_for(state="visible")
    link.tap()
    page.wait_for_url("**/en/training.html")
    there.check()


def test_a_wide_formula_can_be_scrolled_by_keyboard(visit: Callable[..., Visit], http: str) -> None:
    page = visit(http, PHONE).go("en/ravine.html")
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".mm-scroll")]
          .map(e => [e.scrollWidth > e.clientWidth + 1, e.tabIndex >= 0])"""
    )
    assert wide
    assert all(scrolls == focusable for scrolls, focusable in wide)


LUMINANCE = """selector => {
  const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = c => { const [r, g, b] = rgb(c).map(v => (v /= 255) <= 0.03928 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (c !== "rgba(0, 0, 0, 0)" && c !== "transparent") return c;
    }
    return "rgb(255, 255, 255)"; };
  return [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length).map(e => {
    const svg = e instanceof SVGElement;
    const a = light(getComputedStyle(e)[svg ? "fill" : "color"]), b = light(ground(e));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); });
}"""


def test_figures_change_with_the_theme(visit: Callable[..., Visit], http: str) -> None:
    page = visit(http, color_scheme="light").go("en/ravine.html")
    figure = page.locator("#fig-ravine-slow .mm-svg")
    colours = """svg => [...svg.querySelectorAll("path, text")].map(getComputedStyle)
      .map(style => style.stroke + style.fill)"""
    light = figure.evaluate(colours)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = figure.evaluate(colours)
    assert light != dark
    assert not any("rgb(194, 65, 12)" in colour for colour in dark), "the light colour on dark"


def test_the_choice_of_a_theme_is_kept(visit: Callable[..., Visit], http: str) -> None:
    there = visit(http, color_scheme="light")
    page = there.go("en/ravine.html")
    button = page.locator(".bd-header-article .theme-switch-button")
    for _ in range(3):
        button.click()
        if page.locator("html").get_attribute("data-theme") == "dark":
            break
    page = there.go("vi/training.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page = there.go("index.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"


ENGLISH = {
    *(w for s in ("sphinx", "booktheme", "browser") for w in editions.ui("vi")[s]),
    *(w for w in editions.ui("en")["course"].values() if len(w.strip()) > 5),
    *("Show the code", "Toggle", "Close", "Menu", "Copied", "Fullscreen", "Permalink", "Section"),
}


@pytest.mark.parametrize(
    ("language", "query"),
    [("en", "momentum"), ("vi", "động lượng"), ("tr", "gradyan"), ("zh", "动量"), ("zh", "学习率")],
)
def test_search_finds_words_of_the_language(
    visit: Callable[..., Visit], built_site: Path, language: str, query: str
) -> None:
    """From a folder; over http `test_site_sweep` searches, too."""
    there = visit(f"file://{built_site}")
    page = there.go(f"{language}/search.html?q={query}")
    page.locator("#search-results li a").first.wait_for(timeout=5000)
    # How many there are is said when all are listed.
    page.locator("#search-results .search-summary").filter(has_text=re.compile(r"\d")).wait_for()
    icon, field = (
        page.locator(f".bd-search-container .bd-search {name}").bounding_box()
        for name in ("i", "input")
    )
    assert icon is not None
    assert field is not None
    assert icon["x"] + icon["width"] <= field["x"], "the magnifying glass covers what is typed"
    found = page.locator("#search-results").inner_text()
    assert not re.search(r"\\(beta|eta|lambda)", found), "formulas are quoted with their source"
    if language != "en":
        assert "Search" not in found
    page.locator("#search-results li a").first.click()
    hide = "Hide Search Matches"
    wanted = editions.ui(language)["browser"].get(hide, hide)
    assert page.locator(".highlight-link").inner_text().strip() == wanted
    there.check()


def test_nothing_is_found_of_a_word_that_is_nowhere(visit: Callable[..., Visit], http: str) -> None:
    page = visit(http).go("zh/search.html?q=桃花源记")
    page.wait_for_function("document.querySelector('.search-summary').innerText.length > 0")
    assert page.locator("#search-results li").count() == 0
    expected = next(v for k, v in editions.ui("zh")["browser"].items() if "did not match" in k)
    assert page.locator(".search-summary").inner_text() == expected


def test_code_can_be_copied(visit: Callable[..., Visit], http: str) -> None:
    there = visit(http, permissions=["clipboard-read", "clipboard-write"])
    page = there.go("vi/ravine.html")
    block = page.locator(".cell_input .highlight:visible").first
    block.hover()
    button = block.locator(".mm-copy")
    button.click()
    page.wait_for_function("b => b.textContent !== courseWords.copy", arg=button.element_handle())
    assert button.inner_text() == editions.ui("vi")["course"]["copied"]
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()


def test_the_notebook_of_a_page_can_be_had(visit: Callable[..., Visit], http: str) -> None:
    page = visit(http).go("vi/ravine.html")
    page.locator(".mm-notebook > summary").click()
    with page.expect_download() as waiting:
        page.locator(".mm-download").click()
    assert waiting.value.suggested_filename == "ravine-vi.ipynb"
    saved = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert saved["nbformat"] == 4


@pytest.mark.parametrize(
    ("language", "scripts"), [*((key, True) for key in LANGUAGES), ("en", False)]
)
def test_the_menu_of_the_notebook_serves_keyboard_and_phone(
    visit: Callable[..., Visit], http: str, language: str, scripts: bool
) -> None:
    words = editions.ui(language)["course"]
    there = visit(http, PHONE, color_scheme="dark", java_script_enabled=scripts)
    page = there.go(f"{language}/training.html")
    menu = page.locator(".mm-notebook")
    summary = menu.locator("summary")
    size = summary.bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) >= 44
    assert summary.get_attribute("aria-label") == words["notebook"]
    summary.press("Enter")
    page.keyboard.press("Tab")
    assert menu.locator(".mm-download:focus").inner_text() == words["download"]
    assert words["run_here"] in menu.inner_text()
    assert "make lab" in menu.locator("code").inner_text()
    box = menu.locator("nav").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    for link in menu.locator("a").all():
        height = link.bounding_box()
        assert height is not None
        assert height["height"] >= 44
    if scripts:
        assert overflow(page) <= 0
        page.keyboard.press("Escape")
        assert menu.get_attribute("open") is None
    there.check()


# The first page


def cards(page: Any) -> list[str]:
    """Return the languages of the landing page, in the order shown."""
    keys: list[str] = page.eval_on_selector_all(
        ".languages li", "items => items.map(i => i.dataset.language)"
    )
    return keys


def test_the_landing_page_offers_every_language_in_its_own_words(
    visit: Callable[..., Visit], base: str
) -> None:
    there = visit(base, java_script_enabled=False)
    page = there.go("index.html")
    assert cards(page) == LANGUAGES
    for key, edition in COURSE.editions.items():
        card = page.locator(f'.languages li[data-language="{key}"]')
        assert card.get_attribute("lang") == edition.tag
        text = card.inner_text()
        assert edition.name in text
        assert edition.title in text
        assert edition.description in text
        card.locator("a").click()
        page.wait_for_url(f"**/{key}/index.html")
        page = there.go("index.html")
    assert page.locator("svg.ravine polyline").count() == 2
    there.check()


@pytest.mark.parametrize(("locale", "first"), [("vi-VN", "vi"), ("zh-TW", "zh"), ("fr-FR", "en")])
def test_the_browsers_language_comes_first_on_a_first_visit(
    visit: Callable[..., Visit], http: str, locale: str, first: str
) -> None:
    page = visit(http, locale=locale).go("index.html")
    assert cards(page)[0] == first
    assert sorted(cards(page)) == sorted(LANGUAGES)
    assert page.url.endswith("/index.html"), "nobody is sent anywhere unasked"
    assert page.locator("html").get_attribute("lang") == COURSE.editions[first].tag


def test_the_landing_page_offers_to_continue(visit: Callable[..., Visit], base: str) -> None:
    there = visit(base, locale="en-GB")
    there.go("tr/ravine.html")
    page = there.go("index.html")
    assert cards(page)[0] == "tr"
    first = page.locator(".languages li").first
    assert editions.ui("tr")["course"]["continue"] in first.inner_text()
    first.locator("a").click()
    page.wait_for_url("**/tr/ravine.html")
    there.check()


DISTRUSTED = [
    "no json",
    "null",
    '{"language": "xx", "page": "index.html"}',
    '{"language": "vi", "page": "javascript:alert(1)"}',
    '{"language": "vi", "page": "//example.org/"}',
    '{"language": "vi"}',
]


def test_what_is_remembered_is_not_trusted(visit: Callable[..., Visit], http: str) -> None:
    there = visit(http)
    page = there.go("index.html")
    for kept in DISTRUSTED:
        page.evaluate("kept => { localStorage.setItem('mm-course', kept); }", kept)
        page.reload()
        links = page.eval_on_selector_all(
            ".languages a", "links => links.map(l => l.getAttribute('href'))"
        )
        assert sorted(links) == sorted(f"{key}/index.html" for key in LANGUAGES), kept
    there.check()


@pytest.mark.parametrize("name", FOLDED)
def test_what_is_folded_unfolds_without_javascript_and_in_print(
    visit: Callable[..., Visit], http: str, name: str
) -> None:
    there = visit(http, java_script_enabled=False)
    page = there.go(f"en/{name}.html")
    box = page.locator("details.mm-box").first
    assert not box.locator(".mm-box-body").is_visible()
    summary = box.locator("summary")
    assert summary.bounding_box()["height"] >= 44
    summary.click()
    assert box.locator(".mm-box-body").is_visible()
    page = there.go(f"en/{name}.html")
    page.emulate_media(media="print")
    bodies = page.locator("details.mm-box .mm-box-body, details.sd-dropdown .sd-summary-content")
    assert all(bodies.nth(number).is_visible() for number in range(bodies.count()))
    there.check()


@pytest.mark.parametrize("language", [key for key in LANGUAGES if COURSE.borrowed(key)])
def test_a_page_in_english_says_so_in_the_language_of_the_edition(
    visit: Callable[..., Visit], http: str, language: str
) -> None:
    there = visit(http)
    for name in COURSE.borrowed(language):
        page = there.go(f"{language}/{name}.html")
        notice = page.locator("article .mm-borrowed")
        assert editions.ui(language)["course"]["untranslated"] in notice.inner_text()
        assert notice.evaluate("e => e.closest('[lang]').lang") == COURSE.editions[language].tag
        title = page.locator("article h1")
        assert title.evaluate("e => e.closest('[lang]').lang") == "en"
    there.check()


def test_code_in_the_text_leads_to_its_entry_in_the_reference(
    visit: Callable[..., Visit], base: str
) -> None:
    there = visit(base)
    page = there.go("en/glossary.html")
    page.locator("a.mm-code-link", has_text="d2l.convergence_rate").first.click()
    page.wait_for_url("**/en/api.html#d2l.convergence_rate")
    entry = page.locator('[id="d2l.convergence_rate"]')
    assert entry.locator("h3").is_visible()
    assert "lam, *, eta, beta=0.0" in entry.locator("h3").inner_text()
    there.check()


def test_the_page_is_fit_for_print(visit: Callable[..., Visit], http: str) -> None:
    page = visit(http, color_scheme="dark").go("en/ravine.html")
    page.emulate_media(media="print")
    assert not page.locator("#pst-primary-sidebar").is_visible()
    assert not page.locator(".mm-languages").is_visible()
    assert not page.locator(".mm-notebook").is_visible()
    assert page.locator("article h1").is_visible()
    assert page.locator(".mm-svg").first.is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    assert page.evaluate(LUMINANCE, "article p")[0] > 10
