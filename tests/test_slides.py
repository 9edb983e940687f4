"""The decks: what is on a slide, and every slide of every deck in a real browser."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import chapters
import decks
import editions
import parity
import slides
from elements import SLIDE_MARKS
from explorable_visit import frame, until

ROOT = Path(__file__).resolve().parents[1]
COURSE = editions.load(ROOT)
MARKED = [
    page
    for page in COURSE.editions["en"].pages
    if chapters.read(ROOT / "chapters" / "en" / f"{page}.md").of_kind("slide")
]
# English entirely; each other deck in the translations by turns, since words fit themselves.
OTHERS = [key for key in COURSE.editions if key != "en"]
VISITED = [f"en/{name}" for name in MARKED]
VISITED += [f"{OTHERS[k % len(OTHERS)]}/{name}" for k, name in enumerate(MARKED)]
HEAD = "---\ntitle: x\n---\n# A\n\n"


@pytest.fixture(scope="session")
def folder(built_site):
    """Return ``_build/slides``, whose decks are those of the built book."""
    made = ROOT / "_build" / "slides"
    if not (made / "en" / "index.html").is_file():
        pytest.fail("there are no decks in _build/slides: run 'make slides' first")
    return made


def page(*sections):
    return (
        '<article class="bd-article"><section id="top"><h1>Top</h1>'
        + "".join(f'<section id="s{n}"><h2>S{n}</h2>{s}</section>' for n, s in enumerate(sections))
        + "</section></article>"
    )


def read(*sections):
    return decks.read(page(*sections), lambda target: f"book/{target}")


SAY = '<p>Prose. <span class="mm-slide">Shown.</span></p>'


def test_prose_is_for_the_speaker_and_only_the_marked_sentence_for_the_slide():
    _, slide = read(SAY).slides
    assert slide.title == "S0"
    assert "Shown." in slide.html
    assert "Prose." not in slide.html
    assert "Prose. " in slide.notes


def test_a_numbered_question_is_one_piece():
    marked = '<span class="mm-slide">{}</span>'
    question = f"<p>{marked.format('<strong>1.</strong> Given.')} {marked.format('Asked?')}</p>"
    assert read(question).slides[1].html.count("<p") == 1


def test_a_section_that_shows_nothing_has_no_slide():
    assert [s.title for s in read(SAY, "<p>Only prose.</p>", SAY).slides] == ["Top", "S0", "S2"]


@pytest.mark.parametrize(
    "hidden",
    [
        '<details class="mm-box mm-box-proof"><p>Secret</p></details>',
        '<div class="mm-box mm-box-solution"><p>Secret</p></div>',
        '<details class="sd-dropdown"><p>Secret</p></details>',
    ],
)
def test_proofs_solutions_and_answers_are_neither_shown_nor_noted(hidden):
    assert not any("Secret" in s.html + s.notes for s in read(SAY + hidden).slides)


def test_what_does_not_fit_goes_on_under_the_same_heading():
    assert [s.title for s in read(SAY * 10).slides] == ["Top", "S0", "S0"]


def test_marks_leave_a_block_out_and_begin_a_slide():
    formula = '<div class="math mm-equation{}"><span class="katex">x</span></div>'
    (_, first, second) = read(
        SAY + formula.format(" mm-no-slide") + SAY + formula.format(" mm-new-slide")
    ).slides
    assert "katex" not in first.html
    assert "katex" in second.html


def test_the_sentence_before_a_formula_goes_with_it_to_the_next_slide():
    formula = '<div class="math mm-equation"><span class="katex">x</span></div>'
    _, first, second = read(SAY * 6 + formula).slides
    assert first.html.count("Shown.") == 5
    assert second.html.count("Shown.") == 1


def test_links_lead_to_the_slide_that_shows_the_target_or_to_the_book():
    link = '<p><span class="mm-slide"><a href="#{0}">to</a> <a href="x.html#y">out</a></span></p>'
    target = '<div class="math mm-equation" id="eq"></div>'
    slide = read(target + link.format("eq") + link.format("gone")).slides[1]
    assert re.findall('href="([^"]*)"', slide.html) == [
        "#/2",
        "book/x.html#y",
        "book/#gone",
        "book/x.html#y",
    ]


def test_a_page_without_marks_has_no_deck():
    assert read("<p>Prose.</p>") is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("<!-- slde slide -->", "a block has no mark"),
        ("Words. <!-- new slide -->", "a line has no mark"),
        ("<!-- slide --> Words.", "stands at the end of a line"),
    ],
)
def test_a_mark_that_is_none_is_an_error_with_its_line(line, said):
    with pytest.raises(chapters.ChapterError, match=said) as caught:
        chapters.parse(f"{HEAD}{line}\n", Path("chapters/en/x.md"))
    assert caught.value.line == 6


@pytest.mark.parametrize(
    "other", ["One.\nTwo. <!-- slide -->\n\n$$x$$\n", "One.\nTwo.\n\n<!-- slide -->\n$$x$$\n"]
)
def test_a_translation_with_other_marks_is_reported(tmp_path, other):
    for language, text in (("en", "One. <!-- slide -->\nTwo.\n\n<!-- no slide -->\n$$x$$\n"),):
        (tmp_path / "chapters" / language).mkdir(parents=True)
        (tmp_path / "chapters" / language / "x.md").write_text(HEAD + text, "utf-8")
    english = chapters.read(tmp_path / "chapters" / "en" / "x.md")
    translated = chapters.parse(HEAD + other, tmp_path / "chapters" / "vi" / "x.md")
    assert any("slide mark" in found.message for found in parity.compare(english, translated))


def test_marks_are_said_to_be_what_they_are_in_the_guide():
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert all(f"`<!-- {mark} -->`" in guide for mark in SLIDE_MARKS)


def test_the_files_of_reveal_are_those_that_were_published():
    readme = (ROOT / "site" / "reveal" / "README.md").read_text("utf-8")
    sums = dict(re.findall(r"^\| `([\w.]+)` .*`([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    found = {p.name for p in (ROOT / "site" / "reveal").iterdir()} - {"README.md"}
    assert sums.keys() == found
    for name, wanted in sums.items():
        data = (ROOT / "site" / "reveal" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == wanted


@pytest.mark.parametrize("key", list(COURSE.editions))
def test_the_speakers_view_speaks_the_language(key):
    script = slides.speaker_view(key)
    words = editions.ui(key)["speaker"]
    assert words or key == "en"
    assert all(word.replace("'", "’") in script for word in words.values())
    assert not any(f">{english}<" in script for english in words)


def test_an_unknown_language_is_named(capsys):
    assert slides.main(["--lang", "xx"]) == 1
    assert "there is no language 'xx'" in capsys.readouterr().err


def test_there_is_a_deck_of_each_chapter_with_the_same_slides_in_each_language(folder):
    counts = {}
    for key in COURSE.editions:
        decks_of = [p for p in MARKED if (folder / key / f"{p}.html").is_file()]
        assert decks_of == MARKED
        counts[key] = [
            (folder / key / f"{p}.html").read_text("utf-8").count("<section") for p in MARKED
        ]
        index = (folder / key / "index.html").read_text("utf-8")
        assert all(f'href="{p}.html"' in index for p in MARKED)
    assert len({tuple(count) for count in counts.values()}) == 1
    assert min(counts["en"]) > 8


MEASURE = """() => [...document.querySelectorAll('.slides > section')].map((section, n) => {
  const reveal = document.querySelector('.reveal');
  reveal.classList.add('deck-measuring');
  const slide = section.firstElementChild, body = slide.querySelector('.deck-body');
  const box = slide.getBoundingClientRect();
  const over = [...body.children].filter((child) => {
    const r = child.getBoundingClientRect();
    return r.bottom > box.bottom + 1 || r.right > box.right + 1 || r.top < box.top - 1;
  }).length;
  const found = { n: n + 1, high: body.scrollHeight - body.clientHeight, over,
    fit: Math.min(...['--deck-fit', '--part-fit'].flatMap((name) => [body, ...body.querySelectorAll(
      '[style*="--part-fit"]')].map((e) => Number(e.style.getPropertyValue(name) || 1)))),
    heading: !!slide.querySelector('h1, h2'),
    empty: !section.matches('.deck-cover') && !body.children.length };
  reveal.classList.remove('deck-measuring');
  return found;
})"""


def open_deck(visit, folder, name, query="", **options):
    deck = visit(
        f"file://{folder}",
        f"{name}.html{query}",
        **({"viewport": {"width": 1280, "height": 720}} | options),
    )
    deck.set_default_timeout(60_000)
    until(deck, "document.documentElement.dataset.ready !== undefined", timeout=60)
    return deck


@pytest.mark.browser
@pytest.mark.parametrize("name", VISITED)
def test_every_slide_holds_what_is_on_it(visit, folder, name):
    deck = open_deck(visit, folder, name)
    measured = deck.evaluate(MEASURE)
    bad = [
        s
        for s in measured
        if s["high"] > 8 or s["over"] or s["fit"] < 0.6 or s["empty"] or not s["heading"]
    ]
    assert bad == []
    assert deck.locator(".mm-picture .mm-explorable:not([data-live])").count() == 0


@pytest.mark.browser
def test_a_slider_keeps_its_arrows_and_a_remote_control_turns_the_page(visit, folder):
    deck = open_deck(visit, folder, "vi/momentum")
    at = "Reveal.getState().indexh"
    deck.keyboard.press("ArrowRight")
    assert deck.evaluate(at) == 1
    slider = deck.locator("section.present .deck-sliders [type=range]").nth(1)
    slider.focus()
    before = slider.input_value()
    deck.keyboard.press("ArrowLeft")
    frame(deck)
    assert slider.input_value() != before
    assert deck.evaluate(at) == 1
    deck.keyboard.press("PageDown")
    assert deck.evaluate(at) == 2
    assert deck.locator(".navigate-right").get_attribute("aria-label") == "Trang sau"


@pytest.mark.browser
def test_a_point_follows_the_mouse_on_an_enlarged_slide(visit, folder, site_server):
    deck = visit(site_server(folder), "en/ravine.html#/2", viewport={"width": 1600, "height": 900})
    until(deck, "document.documentElement.dataset.ready !== undefined", timeout=60)
    grip = deck.locator("section.present .mmx .grip").first
    box = grip.locator("circle").last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    deck.mouse.move(x, y)
    deck.mouse.down()
    deck.mouse.move(x + 60, y - 20, steps=3)
    deck.mouse.up()
    frame(deck)
    after = grip.locator("circle").last.bounding_box()
    assert abs(after["x"] - box["x"] - 60) < 3
    assert abs(after["y"] - box["y"] + 20) < 3


@pytest.mark.browser
def test_print_has_one_page_for_each_slide(visit, folder):
    deck = open_deck(visit, folder, "tr/ravine", "?print-pdf", color_scheme="dark")
    until(deck, "document.querySelectorAll('.pdf-page').length > 0", timeout=60)
    counted = deck.evaluate(
        "[document.querySelectorAll('.pdf-page').length, Reveal.getTotalSlides()]"
    )
    assert counted[0] == counted[1]
    assert deck.evaluate("document.documentElement.dataset.theme") == "light"
