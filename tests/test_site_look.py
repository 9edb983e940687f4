"""The look of the site in a real browser: fonts, keys, progress, and the pages around the book."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import editions
import frontpage
import release

ROOT = Path(__file__).resolve().parents[1]
COURSE = editions.load(ROOT)
LANGUAGES = list(COURSE.editions)
KILOBYTE = 1000

# Sums up by how much what is there moves while the page loads (Cumulative Layout Shift).
WATCH = """
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def http(built_site: Path, site_server: Callable[[Path], str]) -> str:
    """Return where the site is, on a server and in a folder of it, as a project's page would be."""
    return f"{site_server(built_site.parent)}/{built_site.name}"


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Yield ``new_page(…)``, a page with an empty memory; options are those of the context."""
    contexts = []

    def open_page(width: int = 1280, **options: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_loads_few_fonts_and_does_not_move(
    new_page: Callable[..., Any], http: str, language: str
) -> None:
    page = new_page()
    page.add_init_script(WATCH)
    fonts: dict[str, int] = {}

    def note(response: Any) -> None:
        if response.url.endswith((".woff2", ".ttf")):
            fonts[response.url] = int(response.headers["content-length"])

    page.on("response", note)
    page.goto(f"{http}/{language}/convergence.html", wait_until="load")
    page.evaluate("document.fonts.ready")
    ours = {url: size for url, size in fonts.items() if "/fonts/s" in url}
    assert ours
    assert all(url.startswith(http) for url in fonts)
    assert sum(ours.values()) <= 90 * KILOBYTE, ours
    assert not [url for url in fonts if "fontawesome" in url]
    # Labels have the name of the Vietnamese edition on every page; the text is another matter.
    assert any("serif-vietnamese" in url for url in ours) == (language == "vi")
    family = "Course Sans" if language == "zh" else "Course Serif"
    drawn = page.evaluate(
        "() => [...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)"
    )
    assert any(family in name for name in drawn)
    assert page.evaluate("shifted") < 0.1  # what web.dev calls good
    # Prose that can be read on any screen, and lines that are not too long.
    size, count = page.evaluate(
        """() => {
          const ps = [...document.querySelectorAll(".bd-article > section > section > p")];
          const p = ps.sort((a, b) => b.textContent.length - a.textContent.length)[0];
          const style = getComputedStyle(p);
          return [parseFloat(style.fontSize), p.getBoundingClientRect().width
            / parseFloat(style.fontSize)];
        }"""
    )
    assert size >= 16
    assert (30 if language == "zh" else 28) <= count <= (40 if language == "zh" else 38)


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keys_are_explained_in_the_readers_language(
    new_page: Callable[..., Any], http: str, language: str
) -> None:
    page = new_page()
    page.goto(f"{http}/{language}/ravine.html")
    dialog = page.locator(".mm-keys")
    assert not dialog.is_visible()
    page.keyboard.press("?")
    words = editions.ui(language)["course"]
    text = dialog.inner_text()
    names = (
        "shortcuts",
        "key_search",
        "key_previous",
        "key_next",
        "key_help",
        "keys_figures",
        "close",
    )
    assert all(words[name] in text for name in names)
    page.keyboard.press("ArrowRight")  # belongs to the list now
    assert page.url.endswith("ravine.html")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.locator(".mm-keys-open").click()
    dialog.locator(".mm-keys-close").click()
    assert not dialog.is_visible()


@pytest.mark.browser
def test_keys_turn_the_page_and_search_but_leave_figures_and_text_alone(
    new_page: Callable[..., Any], http: str
) -> None:
    page = new_page()
    page.goto(f"{http}/en/ravine.html")
    slider = page.locator(".mm-live [type=range]").first
    before = slider.input_value()
    slider.press("ArrowRight")
    assert slider.input_value() != before
    assert page.url.split("#")[0].endswith("ravine.html")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    box = page.locator("#pst-search-dialog input[type=search]")
    assert box.is_visible()
    box.press("?")
    box.press("ArrowRight")
    assert box.input_value() == "?"
    assert page.url.split("#")[0].endswith("ravine.html")
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    page.keyboard.press("Control+ArrowRight")
    assert page.url.split("#")[0].endswith("ravine.html")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/averages.html")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/ravine.html")


@pytest.mark.browser
def test_keys_can_be_switched_off_for_good(new_page: Callable[..., Any], http: str) -> None:
    page = new_page()
    page.goto(f"{http}/en/ravine.html")
    page.keyboard.press("?")
    page.locator(".mm-keys input").uncheck()
    page.keyboard.press("Escape")
    page.goto(f"{http}/en/ravine.html")
    page.keyboard.press("?")
    page.keyboard.press("/")
    assert page.locator("dialog[open]").count() == 0
    page.locator(".mm-keys-open").click()
    assert not page.locator(".mm-keys input").is_checked()


@pytest.mark.browser
def test_the_progress_line_needs_no_script(new_page: Callable[..., Any], http: str) -> None:
    page = new_page()
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(f"{http}/en/ravine.html")
    done = """() => new DOMMatrix(
      getComputedStyle(document.querySelector(".bd-main"), "::before").transform).a"""
    assert page.evaluate(done) < 0.01
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function(f"({done})() > 0.9")
    page.emulate_media(media="print")
    shown = "getComputedStyle(document.querySelector('.bd-main'), '::before').content"
    assert page.evaluate(shown) in ("none", "normal")


@pytest.mark.browser
def test_on_a_phone_every_control_of_the_header_can_be_touched(
    new_page: Callable[..., Any], http: str
) -> None:
    page = new_page(360, has_touch=True)
    page.goto(f"{http}/vi/ravine.html")
    header = page.locator(".bd-header-article")
    assert header.bounding_box()["height"] <= 64
    controls = header.locator("button:visible, a:visible, summary:visible")
    assert controls.count() >= 4
    for box in (controls.nth(number).bounding_box() for number in range(controls.count())):
        assert min(box["width"], box["height"]) >= 40
    assert (
        page.locator("article p").first.evaluate("p => parseFloat(getComputedStyle(p).fontSize)")
        >= 16
    )


# The first page


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_start_of_the_paths_can_be_moved(
    new_page: Callable[..., Any], http: str, built_site: Path, scheme: str
) -> None:
    page = new_page(reduced_motion="reduce")
    page.goto(f"{http}/index.html" if scheme == "http" else f"file://{built_site}/index.html")
    handle = page.locator(".ravine .handle")
    line = page.locator(".ravine .momentum polyline")
    still = frontpage.picture()
    assert f'points="{line.get_attribute("points")}"' in still, "what Python draws, drawn again"
    handle.press("ArrowRight")
    assert handle.get_attribute("aria-valuetext") == "(-4.9, -2)"
    assert line.get_attribute("points") not in still
    handle.press("Home")
    assert line.get_attribute("points") in still
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(5, 5)
    page.mouse.up()
    assert handle.get_attribute("aria-valuetext") == "(-5.6, 2.7)", "as far as it goes"
    assert handle.get_attribute("aria-label") == editions.ui("en")["course"]["drag"]


@pytest.mark.browser
def test_the_first_page_is_complete_without_scripts(
    new_page: Callable[..., Any], built_site: Path
) -> None:
    page = new_page(360, java_script_enabled=False, has_touch=True)
    page.goto(f"file://{built_site}/index.html")
    assert page.locator(".ravine .momentum polyline").is_visible()
    assert page.locator(".ravine .handle").count() == 0
    foot = page.locator("footer").inner_text()
    assert release.version() in foot
    assert "CC BY 4.0" in foot


def test_the_foot_of_the_first_page_links_the_sources_where_they_are_known() -> None:
    link = '<a href="https://example.org/course">example.org/course</a>'
    assert link not in frontpage.files(COURSE, LANGUAGES)["index.html"].decode()
    there = frontpage.files(COURSE, LANGUAGES, repository="https://example.org/course")
    assert link in there["index.html"].decode()


def test_the_date_is_that_of_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert release.date(tmp_path) == "", "no history, no date"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert release.date(tmp_path) == "2026-01-01"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ValueError, match=r"'yesterday' is no number of seconds.*unset it"):
        release.date(tmp_path)


# Addresses where there is no page


@pytest.mark.browser
@pytest.mark.parametrize(
    ("asked", "locale", "language"),
    [("nothing", "tr-TR", "tr"), ("vi/deep/down/nothing.html", "en-GB", "vi"), ("a/b", "fr", "en")],
)
def test_a_wrong_address_leads_to_the_course(
    new_page: Callable[..., Any],
    http: str,
    built_site: Path,
    asked: str,
    locale: str,
    language: str,
) -> None:
    page = new_page(locale=locale)
    body = (built_site / "404.html").read_text(encoding="utf-8")
    page.route(
        f"{http}/{asked}",
        lambda route: route.fulfill(status=404, body=body, content_type="text/html"),
    )
    refused = []
    page.on("console", lambda m: refused.append(m.text) if "Content Security" in m.text else None)
    page.goto(f"{http}/{asked}")
    first = page.locator("section").first
    assert first.locator("h1").inner_text() == editions.ui(language)["course"]["missing"]
    assert page.locator("html").get_attribute("lang") == COURSE.editions[language].tag
    assert page.locator("section").count() == len(LANGUAGES)
    page.wait_for_function(
        "top => [...document.links].every((link) => link.href.startsWith(top))", arg=f"{http}/"
    )
    first.locator("a").click()
    page.wait_for_url(f"{http}/{language}/index.html")
    assert refused == []


def test_a_published_address_is_written_into_the_page() -> None:
    import dataclasses

    import notfound

    config = {**COURSE.config, "html": {"baseurl": "https://example.org/course"}}
    published = dataclasses.replace(COURSE, config=config)
    page = notfound.files(published, LANGUAGES)["404.html"].decode()
    assert all(f'href="https://example.org/course/{key}/index.html"' in page for key in LANGUAGES)


# Pictures for other sites


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_card(built_site: Path, language: str) -> None:
    card = (built_site / "cards" / f"{language}.png").read_bytes()
    assert card[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", card[16:24]) == (1200, 630)
    assert len(card) <= 60 * KILOBYTE


def test_what_the_first_page_remembers_is_data() -> None:
    page = frontpage.files(COURSE, LANGUAGES)["index.html"].decode()
    said = page.split('id="words">')[1].split("</script>")[0]
    assert json.loads(said)["languages"].keys() == COURSE.editions.keys()
    # A strict security policy forbids scripts and styles inside of a page.
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=") + 1
