"""The plain notebooks: they say what the pages say, in a Markdown that every program reads."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import colab
import copies
import decks
import editions
import formulas
import plain
import plainbranch
from markdownmarks import emphasised, escape, tex_line
from plaininline import Inline, UnknownNode
from plainmarkdown import Writer
from repository import Repository

ROOT = Path(__file__).resolve().parents[1]
COURSE = editions.load(ROOT)
PAGES = [(key, page) for key, edition in COURSE.editions.items() for page in edition.pages]

# The reference is English in all languages, and long.
SAID_ELSEWHERE = {(language, "api") for language in COURSE.editions if language != editions.SOURCE}

# What every program that shows notebooks knows: CommonMark, tables, formulas between dollar signs.
MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, double_inline=True)
MARKDOWN.options["html"] = True


def plain_cells(site: Path, language: str, page: str) -> list[Any]:
    """Return the cells of a plain notebook of the built book, which is a valid one."""
    text = (site / language / editions.plain_notebook(page)).read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert not {"jupytext", "myst", "d2lmini"} & set(notebook.metadata)
    return list(notebook.cells)


def writer() -> Writer:
    """Return a writer of words, which needs no book."""
    return Writer(cast(Any, SimpleNamespace(config=None, env=None, srcdir="")))


def words_of(cells: list[Any]) -> list[str]:
    """Return the texts of a notebook."""
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


def without_code(text: str) -> str:
    """Return a Markdown text without what stands in it as code, between fences or ticks."""
    text = re.sub(r"^([> ]*)(`{3,})\w*\n.*?\n[> ]*\2$", "", text, flags=re.M | re.S)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


@pytest.mark.slow
@pytest.mark.parametrize(("language", "page"), PAGES, ids=lambda value: value)
def test_a_plain_notebook_has_the_cells_and_says_the_words_of_its_page(
    built_site: Path, language: str, page: str
) -> None:
    cells = plain_cells(built_site, language, page)
    path = ROOT / "notebooks" / language / f"{page}.ipynb"
    source = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4).cells
    assert colab.chapter_cells(cells) == colab.chapter_cells(source)
    assert len({cell.id for cell in cells}) == len(cells)

    texts = words_of(cells)
    for text in map(without_code, texts):
        assert not re.search(r"\{[\w:-]+\}`|^[> ]*(:::|```\{|\+\+\+|%|\(\S+\)=$)|<!--", text, re.M)
        assert not re.search(r"\\label|\\eqref", text)

    html = (built_site / language / f"{page}.html").read_text(encoding="utf-8")
    numbers = re.findall(r'<span class="eqno">\(([\d.]+)\)', html)
    assert re.findall(r"\\tag\{([\d.]+)\}", "\n".join(texts)) == numbers
    if (language, page) in SAID_ELSEWHERE:
        return
    there, cites = _said_on_page(html)
    here = "".join(_letters(_rendered(text)) for text in texts)
    assert here.startswith(there), _difference(here, there)
    assert (len(here) > len(there)) == cites, "at its end are the sources that it cites"


def _rendered(text: str) -> str:
    """Return what a reader sees of a Markdown text, without its formulas."""
    soup = BeautifulSoup(MARKDOWN.render(text), "html.parser")
    for formula in soup.select(".math"):
        formula.decompose()
    for summary in soup.select("summary"):  # programs draw the formulas there, but no Markdown
        summary.string = re.sub(r"\$[^$]+\$", "", summary.get_text())
    return soup.get_text()


def _said_on_page(html: str) -> tuple[str, bool]:
    """Return what a page says, without formulas and cells, and whether it cites something."""
    text = re.search("<!--course:text-->.*<!--course:text ends-->", html, re.S)
    assert text is not None
    soup = BeautifulSoup(decks._Sealed().seal(text[0]), "html.parser")
    for extra in soup.select(".eqno, .headerlink, script, .mm-borrowed, .citation > .label"):
        extra.decompose()
    for cell in soup.select("div.cell"):
        captions = [caption.get_text() for caption in cell.select("figcaption")]
        cell.replace_with(" ".join(captions))
    for classifier in soup.select(".classifier"):
        classifier.insert(0, ":")
    return _letters(soup.get_text()), bool(soup.select('a[href^="references.html#"]'))


def _letters(text: str) -> str:
    """Return a text without spaces, and without the brackets that only one of the two has."""
    return re.sub(r"[\s()（）]", "", text)


def _difference(here: str, there: str) -> str:
    at = next(k for k, (a, b) in enumerate(zip(here + " ", there + "  ", strict=False)) if a != b)
    return f"…{here[max(0, at - 40) : at + 40]}… instead of …{there[max(0, at - 40) : at + 40]}…"


@pytest.mark.slow
def test_the_formulas_parse_as_they_stand(built_site: Path) -> None:
    seen = 0
    for page in COURSE.editions["zh"].pages:
        for text in words_of(plain_cells(built_site, "zh", page)):
            parsed = MARKDOWN.parse(text)
            for math in (token for block in parsed for token in (block, *(block.children or ()))):
                if not math.type.startswith("math"):
                    continue
                assert "\n" not in math.content, "a quotation would put a > into it"
                if re.search(r"\\(tag|lt|[vV]ert|begin)\b", math.content):  # not as in the book
                    formulas.render(math.content, display=math.type != "math_inline")
                    seen += 1
    assert seen > 50


def test_cells_keep_their_order_and_those_that_the_page_hides_stay_in_front() -> None:
    kinds = ("markdown", "code", "code", "markdown", "code", "code")
    source = [{"cell_type": kind, "source": str(k)} for k, kind in enumerate(kinds)]
    notebook = {"cells": source, "metadata": {"kernelspec": {}, "jupytext": {}}}
    made = plain.with_text(notebook, ["a", "b", 2, "caption", "c", 4])
    shown = ["".join(cell["source"]) for cell in made["cells"]]
    assert shown == ["a\n\nb", "1", "2", "caption\n\nc", "4", "5"]
    assert made["metadata"] == {"kernelspec": {}}


def test_on_colab_it_installs_the_course_from_where_the_book_is_published() -> None:
    ada, bob = (Repository(f"https://github.com/{name}/course", "main") for name in ("ada", "bob"))
    notebook: dict[str, Any] = {"cells": [], "metadata": {}}
    plain.installing(notebook, bob)
    assert notebook["cells"] == [], "a page without code needs nothing"
    code = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": []}
    notebook["cells"] = [dict(colab.install_cell(ada)), code]
    plain.installing(notebook, None)
    assert "ada/course" in "".join(notebook["cells"][0]["source"])
    plain.installing(notebook, bob)
    assert "".join(notebook["cells"][0]["source"]) == colab.install_cell(bob).source
    assert notebook["cells"][1:] == [code]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1. a",
            "- a",
            "# a",
            "> a",
            "a\n- b",
            "a\n===",
            "*a*",
            "__a__",
            "`a`",
            "[a](b)",
            "[a]: b",
        ),
        *("<b>a</b>", "&lt;", "$a$ b", "~~a~~", "a\\\nb", "2023. a", "| a |\n|---|", "+ a", "---"),
    ],
)
def test_words_stay_words(text: str) -> None:
    node = nodes.paragraph("", text)
    html = MARKDOWN.render(writer()._paragraph(node))
    soup = BeautifulSoup(html, "html.parser")
    assert [tag.name for tag in soup.find_all(True)] == ["p"], html
    assert soup.get_text().split() == text.split()


@pytest.mark.parametrize("before", [" ", "词", "a", "（"])
@pytest.mark.parametrize("behind", [" ", "词", "a", "。"])
@pytest.mark.parametrize("text", ["词", "（词）", "$x$ 词", "“word”", "a."])
@pytest.mark.parametrize("mark", ["*", "**"])
def test_emphasis_is_read_wherever_it_stands(
    mark: str, text: str, before: str, behind: str
) -> None:
    html = MARKDOWN.render(f"x{before}{emphasised(mark, text, before, behind)}{behind}x")
    assert re.search(r"<(em|strong)>.*</\1>", html), html
    assert "*" not in html


def test_a_formula_stands_on_one_line_and_is_no_tag() -> None:
    assert tex_line("a % why\n<b") == r"a \lt b"
    assert tex_line(r"50\% < x") == r"50\% < x"
    assert escape("a_b _c_ x*y") == r"a_b \_c\_ x\*y"


@pytest.mark.parametrize(
    ("base", "target", "written"),
    [
        (
            "https://example.org/vi/",
            {"refuri": "noise.html#a"},
            "[b](https://example.org/vi/noise.html#a)",
        ),
        ("https://example.org/vi/", {"refid": "a"}, "b"),  # it is in the notebook
        ("", {"refuri": "noise.html#a"}, "b"),
        ("", {"refuri": "https://doi.org/10.1/a"}, "[b](https://doi.org/10.1/a)"),
    ],
)
def test_a_reference_is_a_link_where_it_leads_somewhere(
    base: str, target: dict[str, str], written: str
) -> None:
    paragraph = nodes.paragraph("", "", nodes.reference("", "b", **target))
    assert Inline(Path(), plain.on_site(base, "ravine.html")).line(paragraph) == written


@pytest.mark.slow
@pytest.mark.parametrize("language", COURSE.editions)
def test_in_jupyterlab_links_lead_to_the_notebooks_beside(built_site: Path, language: str) -> None:
    assert built_site.is_dir()
    notebooks = COURSE.lab_notebooks(language)
    led_to: dict[str, set[str]] = {}
    for page, path in notebooks.items():
        cells = nbformat.read(path, as_version=4).cells
        source = nbformat.read(COURSE.notebooks(language)[page], as_version=4).cells
        assert colab.chapter_cells(cells) == colab.chapter_cells(source)
        html = "".join(map(MARKDOWN.render, words_of(cells)))
        soup = BeautifulSoup(html, "html.parser")
        links = [str(link["href"]) for link in soup.select("a[href]")]
        led_to[page] = {link for link in links if not re.match(r"https?:|mailto:", link)}
    files = {path.name for path in notebooks.values()}
    assert set().union(*led_to.values()) <= files
    pages = COURSE.pages(language)
    for before, after in itertools.pairwise(pages):
        assert f"{after}.ipynb" in led_to[before]
        assert f"{before}.ipynb" in led_to[after]


@pytest.mark.slow
def test_binder_is_led_to_where_its_image_has_the_copies(
    built_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert built_site.is_dir()
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    copies.renew(COURSE, "zh", tmp_path / editions.COPIES)
    pages = COURSE.pages("zh")
    assert all((tmp_path / editions.copied_notebook("zh", page)).is_file() for page in pages)


def test_what_has_no_form_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownNode, match=r"^topic$"):
        writer()._block(nodes.topic())
    with pytest.raises(UnknownNode, match=r"^tab-set$"):
        writer()._block(nodes.container(design_component="tab-set"))


# The branch that Colab opens them from


WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository, which is the origin of the checkout ``work`` beside it."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    for command in (
        ["git", "init", "-q", "--bare", "remote"],
        ["git", "init", "-q", "-b", "main", "work"],
        ["git", "-C", "work", "remote", "add", "origin", "../remote"],
        ["git", "-C", "work", *WHO, "commit", "-q", "--allow-empty", "-m", "A course"],
        ["git", "-C", "work", "push", "-q", "origin", "main"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True)
    site = tmp_path / "work" / "_build" / "html"
    for language in ("en", "vi"):
        (site / language / editions.PLAIN_NOTEBOOKS).mkdir(parents=True)
        notebook = site / language / editions.plain_notebook("ravine")
        notebook.write_bytes(f"{language}\r\n".encode())
    return tmp_path / "remote"


def _publish(remote: Path) -> int:
    work = remote.parent / "work"
    return plainbranch.main(["--root", str(work), "--site", str(work / "_build" / "html")])


def _git(remote: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=remote, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_branch_holds_the_notebooks_of_the_last_build(
    remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plainbranch.VARIABLE, "notebooks")
    assert _publish(remote) == 0
    vietnamese = remote.parent / "work/_build/html/vi"
    (vietnamese / editions.plain_notebook("ravine")).write_text("changed")
    assert _publish(remote) == 0
    names = _git(remote, "ls-tree", "-r", "--name-only", "notebooks").split()
    assert names == ["en/ravine.ipynb", "vi/ravine.ipynb"]
    assert _git(remote, "show", "notebooks:vi/ravine.ipynb") == "changed"
    assert _git(remote, "rev-list", "--count", "notebooks").strip() == "1"
    assert _git(remote.parent / "work", "status", "--short").split() == ["??", "_build/"]


@pytest.mark.parametrize(
    ("branch", "said"), [("", "COURSE_NOTEBOOKS_BRANCH is not set"), ("docs", "holds readme")]
)
def test_a_branch_that_holds_anything_else_is_left_alone(
    remote: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    branch: str, said: str,
) -> None:  # fmt: skip
    work = remote.parent / "work"
    (work / "readme").write_text("mine")
    for command in (
        ["add", "readme"],
        ["commit", "-qm", "Mine"],
        ["push", "-q", "origin", "main:docs"],
    ):
        _git(work, *WHO, *command)
    before = _git(remote, "show-ref")
    monkeypatch.setenv(plainbranch.VARIABLE, branch)
    assert _publish(remote) == 1
    assert said in capsys.readouterr().err
    assert _git(remote, "show-ref") == before


def test_the_two_modules_agree_about_the_names() -> None:
    import repository

    assert plainbranch.FOLDER == editions.PLAIN_NOTEBOOKS
    assert plainbranch.VARIABLE == repository.PLAIN_BRANCH
