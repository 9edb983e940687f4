"""The PDF of the book, and the course without solutions."""

from __future__ import annotations

import doctest
import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pytest
from pypdf import PdfReader

import editions
import formulas
import onepage
import pdf
import printing
import small_course
from conftest import chromium_path
from solutions import without_solutions

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("module", ["chromium", "onepage", "pdf", "solutions", "weights"])
def test_examples_in_the_documentation_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


# Without solutions


def cut(*sources: str, code: str = "") -> list[str]:
    """Return the cells of a page without its solutions; `code` is a cell before the last one."""
    cells = [nbformat.v4.new_markdown_cell(source) for source in sources]
    if code:
        cells.insert(len(cells) - 1, nbformat.v4.new_code_cell(code))
    page = nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()
    read = nbformat.reads(without_solutions({"page": page})["page"].decode(), as_version=4)
    return [cell.source for cell in read.cells]


EXERCISE = ":::{exercise} One\n:label: ex-a\n\nWhy?\n:::\n\n:::{dropdown} Hint\nThink.\n:::\n"


def test_a_solution_goes_and_its_exercise_and_hint_stay() -> None:
    solution = ":::{solution} ex-a\n:class: dropdown\n\nSECRET\n\n```python\nSECRET\n```\n:::\n"
    assert cut(f"{EXERCISE}\n{solution}\nOn.")[0].split() == [
        *EXERCISE.split(),
        "On.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "::::{admonition} Both\nKept.\n\n:::{solution} ex-a\nSECRET\n:::\n::::",
        "````{solution} ex-a\n```{math}\nSECRET\n```\n````\nKept.",
        "- Kept.\n\n  :::{solution} ex-a\n  SECRET\n  :::",
    ],
)
def test_a_solution_is_found_wherever_it_stands(text: str) -> None:
    (left,) = cut(text)
    assert "Kept." in left
    assert "SECRET" not in left
    assert "solution" not in left


def test_a_solution_of_several_cells_goes_with_its_cells() -> None:
    begin = "Before.\n\n:::{solution-start} ex-a\n:label: sol-a\n:::\n\nSECRET"
    end = "SECRET\n\n:::{solution-end}\n:::\n\nAfter {ref}`sol-a`."
    assert cut(begin, end, code="SECRET") == ["Before.\n", "\nAfter {ref}`ex-a`."]


def test_what_led_to_a_solution_leads_to_its_exercise_also_from_another_page() -> None:
    def page(text: str) -> bytes:
        cells = [nbformat.v4.new_markdown_cell(text)]
        return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()

    done = without_solutions(
        {
            "a": page("{ref}`sol-a`, {ref}`this <sol-a>`, [that](#sol-a), {ref}`fig-a`"),
            "b": page(":::{solution} ex-a\n:label: sol-a\nSECRET\n:::"),
        }
    )
    assert json.loads(done["a"])["cells"][0]["source"] == [
        "{ref}`ex-a`, {ref}`this <ex-a>`, [that](#ex-a), {ref}`fig-a`"
    ]


# Pages become chapters


def chapter(body: str, base: str = "", page: str = "one") -> str:
    """Return the text of a page in the book."""
    text = f'<article class="bd-article">{body}</article>'
    return onepage.read_chapter(page, text, ["one", "two"], base, "Live & well").body


def test_identifiers_and_what_refers_to_them_change_together() -> None:
    body = chapter(
        '<h2 id="a" aria-labelledby="b c">x</h2><a href="#a">up</a><a href="two.html#d">on</a>'
        '<svg><clipPath id="w"></clipPath><g clip-path="url(#w)"><use href="#w"></use></g></svg>'
    )
    assert 'id="one--a" aria-labelledby="one--b one--c"' in body
    assert '<a href="#one--a">up</a><a href="#two--d">on</a>' in body
    assert '<clipPath id="one--w">' in body
    assert '<g clip-path="url(#one--w)"><use href="#one--w">' in body


def test_a_link_to_what_is_not_on_paper_is_text() -> None:
    links = '<a class="c" href="_sources/one.ipynb">file</a><a href="https://example.org/">out</a>'
    assert chapter(links) == '<a class="c">file</a><a href="https://example.org/">out</a>'
    there = 'href="https://example.org/vi/_sources/one.ipynb"'
    assert there in chapter(links, base="https://example.org/vi/")


def test_what_is_folded_is_open_and_scripts_and_permalinks_are_gone() -> None:
    body = chapter(
        '<details class="mm-box" id="p"><summary>Proof</summary>q</details><script>SECRET</script>'
        '<h1>T<a class="headerlink" href="#t">#</a></h1>'
    )
    assert '<details open class="mm-box" id="one--p">' in body
    assert body.endswith("<h1>T</h1>")
    assert "SECRET" not in body


def test_a_formula_has_its_tex_as_its_description() -> None:
    formula = formulas.render(r"x < \beta", display=False)
    body = chapter(f'<section id="s"><h1>The {formula}</h1><p>{formula}</p></section>')
    assert body.count('<span class="katex" role="img" aria-label="x &lt; \\beta">') == 2
    assert "<math" not in body
    assert "aria-hidden" not in body


def test_a_figure_to_touch_says_where_that_is() -> None:
    figure = (
        '<figure><div class="mm-explorable"><svg></svg></div><figcaption>Drag.</figcaption>'
        "</figure>"
        "<figure><svg></svg><figcaption>Still.</figcaption></figure>"
    )
    body = chapter(figure)
    assert 'Drag.<p class="mm-live-at">Live &amp; well</p></figcaption>' in body
    assert body.count("mm-live-at") == 1
    known = chapter(figure, base="https://example.org/vi/")
    assert '<a href="https://example.org/vi/one.html">Live &amp; well</a>' in known


# A book of hand-made pages


def site_page(key: str, name: str, number: int) -> str:
    """Return a page as the build leaves it, as far as the PDF looks at it: several paper pages."""
    words = small_course.WORDS[key]
    text = "".join(f"<p>{words['text'] * 6}</p>" for _ in range(12))
    title = f'<span class="section-number">{number}. </span>{words["page"]} “{name}” \\'
    return (
        '<link rel="stylesheet" href="../_static/book.css"/>'
        '<article class="bd-article"><!--course:text-->'
        f'<section id="first"><h1>{title}<a class="headerlink" href="#first">#</a></h1>{text}'
        '<p><a href="valley.html#more">there</a> <a href="later.html">later</a> '
        '<a href="https://example.org/">out</a> <a href="_sources/x.ipynb">file</a></p>'
        f'<section id="more"><h2>{words["start"]}</h2>{text}'
        '<div class="mm-scroll" style="overflow-x: auto"><span class="katex" style="white-space: '
        f'nowrap; font-size: 16px">{"long " * 24}END</span></div></section></section>'
        "<!--course:text ends--></article>"
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small course whose site has pages made by hand."""
    root = small_course.make(tmp_path_factory.mktemp("pdf"))
    html = root / "_build" / "html"
    (html / "_static").mkdir(parents=True)
    (html / "_static" / "book.css").write_text("body { font: 16px sans-serif }", "utf-8")
    for key in ("en", "vi"):
        (html / key).mkdir()
        for number, name in enumerate(("index", *small_course.PAGES)):
            (html / key / f"{name}.html").write_text(site_page(key, name, number), "utf-8")
    return root


def command(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Make a PDF of the course in `root`, as from the command line."""
    return subprocess.run(
        [sys.executable, str(ROOT / "site" / "pdf.py"), "--root", str(root), *arguments],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def book(course: Path, browser: Any) -> PdfReader:
    """Return the PDF of the Vietnamese edition; without a browser the tests are skipped."""
    done = command(course, "--lang", "vi", SOURCE_DATE_EPOCH="1760000000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "momentum-vi.pdf" in done.stdout
    return PdfReader(course / "_build" / "pdf" / "momentum-vi.pdf")


def titles(outline: list[Any]) -> list[str]:
    """Return the titles of the upper level of an outline."""
    return [item.title for item in outline if not isinstance(item, list)]


CHAPTERS = [f"{n}. Thung lũng “{p}” \\" for n, p in enumerate(("index", *small_course.PAGES))]


@pytest.mark.browser
def test_the_outline_is_the_contents_and_the_chapters(book: PdfReader) -> None:
    assert titles(book.outline) == ["Mục lục", *CHAPTERS]


@pytest.mark.browser
def test_the_contents_name_the_page_that_each_heading_stands_on(book: PdfReader) -> None:
    text = " ".join(book.pages[1].extract_text().split())
    assert "Mục lục" in text
    found = re.findall(r"(\d\. Thung lũng “\w+” \\)\s*(\d+)", text)
    assert [title for title, _ in found] == CHAPTERS
    numbers = [int(number) for _, number in found]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] - numbers[0] >= 8, "each chapter was to be longer than a page"
    for title, number in zip(CHAPTERS, numbers, strict=True):
        text = book.pages[number - 1].extract_text()
        assert text.count(title) == 2, "the chapter begins here, and its name stands above it"
        assert str(number) in text.splitlines(), "the page says that it is another one"


@pytest.mark.browser
def test_links_stay_within_the_document_or_leave_it_for_the_web(book: PdfReader) -> None:
    inner, outer = set(), set()
    for page in book.pages:
        for reference in page.get("/Annots", ()):
            link = reference.get_object()
            action = link.get("/A", {})
            if "/URI" in action:
                outer.add(action["/URI"])
            else:
                inner.add(str(link.get("/Dest", action.get("/D"))).lstrip("/"))
    assert inner <= {name.lstrip("/") for name in book.named_destinations}
    assert {"valley--more", "later", "index--first"} <= inner
    licence = "https://creativecommons.org/licenses/by/4.0/"
    assert outer == {"https://example.org/", licence}


@pytest.mark.browser
def test_it_says_what_it_is(book: PdfReader) -> None:
    assert book.metadata is not None
    assert book.metadata.title == "Động lượng trong tối ưu"
    assert book.metadata.author == editions.ui("vi")["course"]["authors"]
    assert str(book.metadata.creation_date)[:10] == "2025-10-09"
    root: Any = book.trailer["/Root"]
    assert root["/Lang"] == "vi"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    cover = book.pages[0].extract_text()
    assert "2025-10-09" in cover
    assert "Tiếng Việt" in cover


@pytest.mark.browser
def test_nothing_stands_out_of_the_page(book: PdfReader) -> None:
    text = "".join(page.extract_text() for page in book.pages)
    assert text.count("END") == len(CHAPTERS), "a wide formula was cut, not fitted"


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Return the fonts of a PDF, and whether each is in it."""
    found = {}
    for page in reader.pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font = reference.get_object()
            inner = font.get("/DescendantFonts", [font])[0].get_object()
            described = inner.get("/FontDescriptor", {}).get_object() if inner else {}
            name = str(font.get("/BaseFont", reference.idnum))
            drawn = font["/Subtype"] == "/Type3"  # its glyphs are drawings in the file itself
            found[name] = drawn or any(key.startswith("/FontFile") for key in described)
    return found


@pytest.mark.browser
def test_fonts_are_embedded_and_words_can_be_copied(book: PdfReader) -> None:
    assert fonts(book)
    assert all(fonts(book).values())
    assert "Một đoạn văn về động lượng." in book.pages[2].extract_text()


@pytest.mark.browser
def test_a_failure_names_the_remedy_and_leaves_the_earlier_pdf(
    course: Path,
    book: PdfReader,
    browser: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pdf, "launched", lambda: nullcontext(browser))
    folder = course / "_build" / "pdf"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    page = course / "_build" / "html" / "vi" / "later.html"
    text = page.read_text("utf-8")
    try:
        page.write_text(text.replace("<h2>", "<h2>\u0378"), "utf-8")
        assert pdf.main(["--root", str(course), "--lang", "vi"]) == 1
        said = capsys.readouterr().err
        assert "no font of this machine has \u0378 (1 characters)" in said
        assert "apt install fonts-noto-core" in said
        page.unlink()
        assert pdf.main(["--root", str(course), "--lang", "vi"]) == 1
        assert "later.html is missing: run 'make book' first" in capsys.readouterr().err
    finally:
        page.write_text(text, "utf-8")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--lang", "xx"], {}, "there is no language 'xx': _config.yml has en, vi"),
        (["--paper", "a3"], {}, "'a3'"),
        ([], {"SOURCE_DATE_EPOCH": "today"}, "SOURCE_DATE_EPOCH='today' is no number"),
        ([], {"COURSE_CHROMIUM": "/nowhere"}, "COURSE_CHROMIUM='/nowhere' is not a file"),
        (["--solutions", "no"], {}, "is missing: run 'make book SOLUTIONS=no' first"),
    ],
)
def test_what_cannot_be_used_is_named(
    course: Path,
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        assert pdf.main(["--root", str(course), *arguments]) == 1
    except SystemExit as stopped:  # by argparse
        assert stopped.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.browser
def test_paper_of_another_size(course: Path, browser: Any) -> None:
    printer = printing.Printer(browser, course / "_build" / "html")
    said = pdf.cover(editions.load(course), "en", solutions=False, paper="letter")
    text = onepage.compose([], [], said, {})
    sheet = PdfReader(io.BytesIO(printer.print(text, "en/book.html", "letter"))).pages[0]
    assert [round(side) for side in sheet.mediabox[2:]] == [612, 792]
    assert "Edition without solutions" in sheet.extract_text()


# The pages of the real book


@pytest.fixture
def printer(built_site: Path, browser: Any) -> printing.Printer:
    """Return what prints the book of this checkout."""
    return printing.Printer(browser, built_site)


WORD = {
    "vi": "tốc độ học",
    "zh": "学习率",
}


@pytest.mark.browser
@pytest.mark.parametrize("key", WORD)
def test_two_chapters_of_the_book_can_be_read_and_copied(
    printer: printing.Printer, key: str
) -> None:
    course = editions.load(ROOT)
    chapters, sheets = pdf.read(course, key, printer.site)
    said = pdf.cover(course, key, solutions=True, paper="a4")
    chosen = [chapter for chapter in chapters if chapter.page in ("index", "references")]
    printed = printer.print(onepage.compose(chosen, sheets, said, {}), f"{key}/book.html", "a4")
    reader = PdfReader(io.BytesIO(printed))
    assert titles(reader.outline)[1:] == [chapter.title for chapter in chosen]
    assert all(fonts(reader).values())
    assert any("CourseSans" in name for name in fonts(reader)), "drawn, not written as a font"
    text = "".join(page.extract_text() for page in reader.pages)
    assert re.sub(r"\s", "", WORD[key]) in re.sub(r"\s", "", text)
    assert re.sub(r"\W", "", course.editions[key].title) in re.sub(r"\W", "", text)
    assert not re.search("file:|course.invalid", text)


# What is typed


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize(
    ("typed", "environment", "lang"),
    [
        (
            ["LANG=vi", "SOLUTIONS=no", "PAPER=letter"],
            "tr_TR.UTF-8",
            '--lang "vi" --solutions "no"',
        ),
        ([], "vi", "--lang en"),
    ],
)
def test_the_language_is_that_of_the_command_line_not_of_the_locale(
    typed: list[str], environment: str, lang: str
) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "pdf", *typed],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "LANG": environment},
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if "site/pdf.py" in line]
    assert lang in line
    assert ('--paper "letter"' in line) == bool(typed)


def test_a_chromium_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_CHROMIUM", sys.executable)
    assert chromium_path() == sys.executable
