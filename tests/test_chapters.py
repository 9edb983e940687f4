"""Reading chapters: what is found in a text, on which line, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import chapters
from course_project import BODY, chapter

FRONT = "---\ntitle: x\n---\n"  # three lines, so a body begins on line 4


def parse(body: str) -> chapters.Chapter:
    return chapters.parse(FRONT + body, Path("chapters/en/page.md"))


def found(body: str) -> list[tuple[int, str, bool]]:
    return [tuple(e.formula) for e in parse(body).elements if e.formula]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("One $a$,\ntwo $b$ and $c$.\n", [(4, "a", False), (5, "b", False), (5, "c", False)]),
        ("$$\na = b\n$$\n", [(5, "a = b", True)]),
        ("$$ a = b $$ (eq-a)\n", [(4, "a = b", True)]),
        ("```{math}\n:label: eq-a\n\na\n= b\n```\n", [(7, "a\n= b", True)]),
        ("```{math} a = b\n```\n", [(4, "a = b", True)]),
        (
            "\\begin{align}\na &= b\n\\end{align}\n",
            [(4, "\\begin{align}\na &= b\n\\end{align}", True)],
        ),
        ("A role {math}`a^2`.\n", [(4, "a^2", False)]),
        (":::{note}\n:class: tip\n\nThe $a$\n:::\n", [(7, "a", False)]),
        ("::::{note}\n:::{tip}\n$a$\n:::\n::::\n", [(6, "a", False)]),
        (":::{admonition} Why $a$?\n$b$\n:::\n", [(4, "a", False), (5, "b", False)]),
        ("```{figure} x.png\n:name: fig\n\nCaption $a$.\n```\n", [(7, "a", False)]),
        ("- one\n- > quoted\n  > $a$\n", [(6, "a", False)]),
        ("| x |\n|---|\n| 1 |\n| $a$ |\n", [(7, "a", False)]),
        ("Term\n: Means $a$.\n", [(5, "a", False)]),
        ("A formula $a\n, b$ and $c$.\n", [(4, "a\n, b", False), (5, "c", False)]),
        ("[link $a$](#x)\n", [(4, "a", False)]),
        (":::{prf:theorem} On $a$\n:label: thm\n\n$b$\n:::\n", [(4, "a", False), (7, "b", False)]),
        ("::::{prf:proof}\n:class: dropdown\n\n```{math}\na\n```\n::::\n", [(8, "a", True)]),
        (":::{solution} ex-a\n:class: dropdown\n\n$a$\n:::\n", [(7, "a", False)]),
        ("```{terms}\nmomentum\n: The $a$.\n```\n", [(6, "a", False)]),
    ],
)
def test_a_formula_is_found_on_its_line(body: str, expected: list[tuple[int, str, bool]]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "```{code-cell} python\nprint('$a$')\n```\n",
        "```python\n'$a$'\n```\n",
        "```{code-block} python\n'$a$'\n```\n",
        "Code `$a$`, a price of 5\\$ and 6\\$.\n",
        "<!-- $a$ -->\n",
    ],
)
def test_a_dollar_sign_elsewhere_is_no_formula(body: str) -> None:
    assert found(body) == []


def test_formulas_are_found_in_captions_of_code_cells() -> None:
    body = (
        "```{code-cell} python\n---\nmystnb:\n  figure:\n    name: fig-a\n    caption: |\n"
        "      First line.\n      Second $a$.\n  image:\n    alt: Words\n---\nf()\n```\n"
    )
    page = parse(body)
    assert found(body) == [(11, "a", False)]
    assert [(e.line, e.value) for e in page.of_kind("label", "alt")] == [
        (8, "fig-a"),
        (13, "Words"),
    ]


def test_formulas_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(FRONT + "A $\\beta$.\n", "utf-8")
    assert chapters.formulas(path) == [(4, "\\beta", False)]


def test_a_cell_knows_where_its_code_begins() -> None:
    page = chapters.parse(chapter("en", BODY), Path("chapters/en/page.md"))
    lines = page.text.split("\n")
    assert [cell.source.split("\n")[0] for cell in page.cells] == [
        lines[cell.code_line - 1] for cell in page.cells
    ]
    assert page.cells[0].tags == ("setup",)
    assert all(lines[cell.line - 1].startswith("```{code-cell}") for cell in page.cells)


def test_labels_references_and_citations_are_found() -> None:
    page = parse(
        "(sec-a)=\n## Title\n\n$$ a $$ (eq-a)\n\n"
        "See {eq}`eq-a`, {ref}`that <sec-a>`, [](other.md), {cite:t}`Goh2017`.\n"
    )
    assert [e.value for e in page.of_kind("label")] == ["sec-a", "eq-a"]
    assert [e.value for e in page.of_kind("reference")] == ["eq:eq-a", "ref:sec-a", "other.md"]
    assert [e.value for e in page.of_kind("citation")] == ["cite:t:Goh2017"]


def test_boxes_have_labels_and_refer_to_each_other() -> None:
    page = parse(
        ":::{prf:lemma}\n:label: lem-a\nSee {prf:ref}`thm-b` and [there](x.md).\n:::\n\n"
        ":::{exercise-start}\n:label: ex-a\n:::\n\n:::{solution} ex-a\n:label: sol-a\n\nNo.\n:::\n"
    )
    assert [(e.line, e.value) for e in page.of_kind("label")] == [
        (5, "lem-a"),
        (10, "ex-a"),
        (14, "sol-a"),
    ]
    assert [e.value for e in page.of_kind("reference")] == [
        "prf:ref:thm-b",
        "x.md",
        "exercise:ex-a",
    ]
    assert [e.value for e in page.of_kind("directive")] == [
        *("prf:lemma", "exercise-start", "solution")
    ]
    assert all("ex-a" not in e.value for e in page.of_kind("prose")), "a label is no prose"


def test_terms_and_names_of_the_library_are_keys_and_no_prose() -> None:
    page = parse("```{terms}\nmomentum\n: A definition.\n```\n\n```{api}\nd2l.ravine\n```\n")
    assert [(e.line, e.value) for e in page.of_kind("term")] == [
        (5, "momentum"),
        (10, "d2l.ravine"),
    ]
    assert [e.value for e in page.of_kind("prose")] == ["A definition."]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# Title\n", 1, "front matter"),
        ("---\na: 1\n# Title\n", 1, "never closed"),
        ("---\na: 1\nb: [1\n---\n", 3, "not YAML"),
        ("---\n- a\n---\n", 2, "mapping"),
        ("---\na: 1\ndatasets: mnist\n---\n", 3, "datasets must be a list"),
        (FRONT + "text\n\n```{code-cell} python\nx = 1\n", 6, "never closed"),
        (FRONT + ":::{note}\ntext\n", 4, "never closed"),
        (FRONT + ":::{note}\n```python\n:::\n", 5, "never closed"),
        (FRONT + "text\nmore $x text\n", 5, "opens no formula"),
        (FRONT + "text\n\n$$\nx\n\ntext\n", 6, "opens no formula"),
        (FRONT + "```{code-cell} python\n---\na: [1\n---\nx\n```\n", 6, "not YAML"),
        (FRONT + "```{code-cell} python\n:tags: setup\n\nx\n```\n", 5, "tags must be a list"),
    ],
)
def test_a_broken_chapter_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(chapters.ChapterError, match=message) as caught:
        chapters.parse(text, Path("/somewhere/chapters/en/page.md"))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"chapters/en/page.md:{line}: ")


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_bytes(FRONT.encode() + b"ok\n\xff\n")
    with pytest.raises(chapters.ChapterError, match="not UTF-8: byte 0xff") as caught:
        chapters.read(path)
    assert caught.value.line == 5


def test_english_comes_first_among_the_languages(tmp_path: Path) -> None:
    for name in ("zh", "en", "_drafts", ".hidden", "ar"):
        (tmp_path / "chapters" / name).mkdir(parents=True)
    assert chapters.languages(tmp_path) == ["en", "ar", "zh"]
